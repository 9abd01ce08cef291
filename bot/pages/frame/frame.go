// Package frame is what every page of Linli has, whatever stands on it: how it says
// words and what went wrong, the headers that keep it from being framed, sniffed or
// told to run something, the style sheet, the wall against requests that other
// sites make, and the counting of attempts.
//
// It must know nothing of cases and people, and must never let a text become
// markup: pages are made with html/template only, and need no script.
package frame

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

//go:embed static
var static embed.FS

// policy lets a page load our own style sheet and pictures, send forms to us, and
// nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// PolicyWith is the policy of a page that needs one thing more.
func PolicyWith(more string) string { return policy + "; " + more }

// Secure puts a handler behind the wall against other sites' requests, limits what
// a form may hold, and sets the headers that every answer has. Files, which may be nil, says
// how many bytes of files a request may bring besides.
func Secure(h http.Handler, files func(*http.Request) int64) http.Handler {
	wall := http.NewCrossOriginProtection()
	wall.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "这个表单是从别的网站发来的，没有收下。请打开我们自己的页面再点。\nThis form came from another site and was not taken. Please use our own page.\n")
	}))
	h = wall.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		// Nothing is told to other sites. With "no-referrer" browsers that know no
		// Sec-Fetch-Site would call the origin of our own forms "null", and the wall
		// could not tell them from those of others.
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Permissions-Policy", "geolocation=(), microphone=(), camera=()")
		head.Set("Cache-Control", "no-store")
		most := int64(maxForm)
		if files != nil {
			most += files(r)
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		h.ServeHTTP(w, r)
	})
}

// maxForm is the most bytes of a form.
const maxForm = 64 << 10

var (
	// ErrForm says that a form cannot be read.
	ErrForm = errors.New("the form cannot be read")
	// ErrLarge says that a form is larger than any of ours.
	ErrLarge = errors.New("the form is too large")
)

// patience is how long a form may take to come in, patienceForFiles one with files.
var (
	patience         = 30 * time.Second
	patienceForFiles = 3 * time.Minute
)

// inMemory is how much of the files of a form is in memory; the rest is on the disk until
// the request is over.
const inMemory = 1 << 20

// Parse reads the form of a request; the error is ErrForm or ErrLarge.
func Parse(w http.ResponseWriter, r *http.Request) error {
	files := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/")
	if r.Method == http.MethodPost {
		c := http.NewResponseController(w)
		wait := patience
		if files {
			wait = patienceForFiles
		}
		_ = c.SetReadDeadline(time.Now().Add(wait)) // of a connection; a recorder has none
		defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	}
	var err error
	if files {
		err = r.ParseMultipartForm(inMemory)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), errors.Is(err, multipart.ErrMessageTooLarge):
		return ErrLarge
	case err != nil:
		return ErrForm
	}
	for _, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) {
				return ErrForm
			}
		}
	}
	return nil
}

// File is what a parsed form brings in a field for a file; empty where nothing was chosen.
func File(r *http.Request, name string) ([]byte, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 {
		return nil, nil
	}
	f, err := r.MultipartForm.File[name][0].Open()
	if err != nil {
		return nil, ErrForm
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, ErrForm
	}
	return data, nil
}

// Render writes a page, or nothing if it cannot be made.
func Render(w http.ResponseWriter, status int, pages *template.Template, name string, data any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the reader has gone
	return nil
}

// Static serves the file of the style sheet, the script or the mark that {name} names; a
// browser asks each time and mostly hears that nothing changed.
func Static(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	data, err := fs.ReadFile(static, path.Join("static", path.Base(name)))
	if err != nil {
		return fs.ErrNotExist
	}
	sum := sha256.Sum256(data)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	switch path.Ext(name) {
	case ".svg":
		w.Header().Set("Content-Type", "image/svg+xml")
	case ".js":
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return nil
}

// Lang is the language that a browser asks for, or the community's.
func Lang(r *http.Request, otherwise string) string {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		if lang, ok := Known(tag); ok {
			return lang
		}
	}
	lang, _ := Known(otherwise)
	return lang
}

// Known gives the language of our words that a tag names ("en-GB": "en"); if
// there is none, the default.
func Known(tag string) (lang string, ok bool) {
	main, _, _ := strings.Cut(strings.ToLower(tag), "-")
	for _, l := range flows.Languages {
		if m, _, _ := strings.Cut(strings.ToLower(l), "-"); m == main {
			return l, true
		}
	}
	return flows.Languages[0], false
}

// Name makes a name fit to be kept and shown: no signs that are not seen, no line
// ends, at most so many runes. ok is false if nothing is left or it is too long.
func Name(s string, runes int) (name string, ok bool) {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u180e', r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return s, s != "" && utf8.RuneCountInString(s) <= runes
}

// Random is 256 random bits as text that fits into a URL and a cookie.
func Random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Visitor is the address that attempts are counted by: of IPv6 the part that a
// household has to itself. Behind a proxy of ours it is the last that the proxy
// names.
func Visitor(r *http.Request, proxied bool) string {
	addr := r.RemoteAddr
	if h, _, err := net.SplitHostPort(addr); err == nil {
		addr = h
	}
	if all := r.Header.Values("X-Forwarded-For"); proxied && len(all) > 0 {
		last := all[len(all)-1]
		addr = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return "unknown"
	}
	bits := 64
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		bits = 32
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// Limit counts attempts: N by each key and All by all keys together, in a stretch
// of Per that begins with the first one. It is safe for concurrent use.
type Limit struct {
	N, All int
	Per    time.Duration

	mu   sync.Mutex
	seen map[string]stretch
	all  stretch
}

// stretch is how often something was tried since its beginning.
type stretch struct {
	n     int
	since time.Time
}

func (s stretch) over(now time.Time, per time.Duration) bool {
	return now.Sub(s.since) >= per || now.Before(s.since)
}

// Try counts one attempt; if there were too many, again says when the next one is
// looked at.
func (l *Limit) Try(key string, now time.Time) (again time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all.over(now, l.Per) {
		l.all = stretch{since: now}
		maps.DeleteFunc(l.seen, func(_ string, s stretch) bool { return s.over(now, l.Per) })
	}
	if l.seen == nil {
		l.seen = map[string]stretch{}
	}
	mine := l.seen[key]
	if mine.over(now, l.Per) {
		mine = stretch{since: now}
	}
	switch {
	case mine.n >= l.N:
		return mine.since.Add(l.Per), false
	case l.all.n >= l.All: // so that the map stays small as well
		return l.all.since.Add(l.Per), false
	}
	mine.n++
	l.all.n++
	l.seen[key] = mine
	return time.Time{}, true
}

// Back takes an attempt back that is not to count.
func (l *Limit) Back(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if mine := l.seen[key]; mine.n > 0 {
		mine.n--
		l.seen[key] = mine
		l.all.n = max(0, l.all.n-1)
	}
}
