package webchat

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

//go:embed pages static
var embedded embed.FS

// pages are the templates; each Webchat has a copy that knows its Base.
var pages = template.Must(template.New("").Funcs(template.FuncMap{"base": func() string { return "" }}).ParseFS(embedded, "pages/*.html"))

// Handler serves the chat under Base/chat/, its parts under Base/static/, and in
// the demo the demo page at /. It wants requests with their whole path.
func (w *Webchat) Handler() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(pattern, func(rw http.ResponseWriter, r *http.Request) {
			if err := h(rw, r); err != nil {
				w.fail(rw, r, err)
			}
		})
	}
	route("GET /static/{name}", static)
	route("GET /chat/{$}", w.room)
	route("POST /chat/enter", w.enter)
	route("POST /chat/leave", w.leave)
	route("POST /chat/report", w.report)
	route("GET /chat/live", w.live)
	route("GET /chat/lines", w.lines)
	route("GET /chat/file/{name}", w.file)
	route("POST /chat/post", w.post)
	route("POST /chat/press", w.press)
	if w.o.Demo != nil {
		route("GET /{$}", w.demo)
		route("POST /demo/play", w.play)
		route("POST /demo/skip", w.skip)
	}
	return secure(w.Demo(http.NewCrossOriginProtection().Handler(http.StripPrefix(w.o.Base, mux))))
}

// secure sets the headers that every answer has.
func secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		head := rw.Header()
		head.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Permissions-Policy", "geolocation=(self), microphone=(self), camera=()")
		head.Set("Cache-Control", "no-store")
		h.ServeHTTP(rw, r)
	})
}

var (
	errSession = errors.New("webchat: no session")
	errForm    = errors.New("webchat: the form cannot be read")
	errMany    = errors.New("webchat: too many attempts")
	errPlay    = errors.New("webchat: no such example")
)

// answers is what each error is over HTTP; the page has words for the code.
// What is not here is 500.
var answers = []struct {
	err    error
	status int
	code   string
}{
	{errSession, http.StatusUnauthorized, "session"},
	{errNoMember, http.StatusForbidden, "chat"},
	{errNoChat, http.StatusForbidden, "chat"},
	{errNotOwn, http.StatusForbidden, "own"},
	{errNoLine, http.StatusNotFound, "gone"},
	{errNoFile, http.StatusNotFound, "gone"},
	{errPlay, http.StatusNotFound, "gone"},
	{errLarge, http.StatusRequestEntityTooLarge, "large"},
	{errLong, http.StatusRequestEntityTooLarge, "long"},
	{errType, http.StatusUnsupportedMediaType, "type"},
	{errMany, http.StatusTooManyRequests, "many"},
	{errReceive, http.StatusServiceUnavailable, "later"},
	{errEmpty, http.StatusBadRequest, "empty"},
	{errID, http.StatusBadRequest, "form"},
	{errPoint, http.StatusBadRequest, "form"},
	{errButton, http.StatusBadRequest, "form"},
	{errForm, http.StatusBadRequest, "form"},
}

func (w *Webchat) fail(rw http.ResponseWriter, r *http.Request, err error) {
	status, code := http.StatusInternalServerError, "later"
	for _, a := range answers {
		if errors.Is(err, a.err) {
			status, code = a.status, a.code
			break
		}
	}
	if status >= 500 {
		w.log.WarnContext(r.Context(), "request failed", "path", r.Pattern, "err", err)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		rw.Header().Set("Retry-After", "5")
	}
	reply(rw, status, map[string]string{"error": code})
}

func reply(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v) // the reader has gone
}

func (w *Webchat) render(rw http.ResponseWriter, status int, page string, data any) error {
	var b bytes.Buffer
	if err := w.pages.ExecuteTemplate(&b, page, data); err != nil {
		return wrap("page", err)
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = b.WriteTo(rw)
	return nil
}

// static serves the embedded parts; a browser asks each time and mostly hears
// that nothing changed.
func static(rw http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	data, err := fs.ReadFile(embedded, path.Join("static", path.Base(name)))
	if err != nil {
		return errNoFile
	}
	sum := sha256.Sum256(data)
	rw.Header().Set("Cache-Control", "no-cache")
	rw.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	switch path.Ext(name) { // not from the machine's own table of types
	case ".js":
		rw.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	case ".css":
		rw.Header().Set("Content-Type", "text/css; charset=utf-8")
	case ".svg":
		rw.Header().Set("Content-Type", "image/svg+xml")
	}
	http.ServeContent(rw, r, name, time.Time{}, bytes.NewReader(data))
	return nil
}

// viewer is who asks: a member by their session, in the demo anybody.
type viewer struct {
	member  string
	session []byte // hash of the token
	all     bool   // the demo page sees every chat
}

// who finds out who asks. In the demo it is said by "as", in a form or the
// query.
func (w *Webchat) who(r *http.Request, as string) (viewer, error) {
	if w.o.Demo != nil {
		return viewer{member: as, all: as == ""}, nil
	}
	c, err := r.Cookie(cookie)
	if err != nil {
		return viewer{}, errSession
	}
	sum := sha256.Sum256([]byte(c.Value))
	v := viewer{session: sum[:]}
	err = w.h.view(func(t tx) error {
		s, err := t.session(v.session, w.o.Now())
		v.member = s.Member
		return err
	})
	return v, err
}

// chats gives the chats that a viewer may read now.
func (t tx) chats(v viewer, now time.Time) ([]string, error) {
	if v.all {
		var all []string
		if err := t.bucket("groups").ForEach(func(k, _ []byte) error { all = append(all, string(k)); return nil }); err != nil {
			return nil, err
		}
		return all, t.bucket("members").ForEach(func(k, _ []byte) error { all = append(all, "m/"+string(k)); return nil })
	}
	if v.session != nil {
		if _, err := t.session(v.session, now); err != nil {
			return nil, err
		}
	}
	p, err := t.member(v.member)
	if err != nil {
		return nil, err
	}
	return p.chats(v.member), nil
}

// post takes what a member says: a form with id, chat and text, and what
// belongs to it.
func (w *Webchat) post(rw http.ResponseWriter, r *http.Request) error {
	if w.o.Demo == nil {
		if _, err := w.who(r, ""); err != nil {
			return err // before anything of it is read: nobody's megabytes
		}
	}
	limit := int64(64 << 10)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		limit += maxPhoto
	}
	r.Body = http.MaxBytesReader(rw, r.Body, limit)
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return tooLarge(err)
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	v, err := w.speaker(r)
	if err != nil {
		return err
	}
	o := PostOptions{ID: r.PostFormValue("id"), Reply: r.PostFormValue("reply"), Edit: r.PostFormValue("edit")}
	if o.ID == "" {
		return errID // without it a repeated request would be a second message
	}
	if s := r.PostFormValue("seconds"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 600 {
			return errForm
		}
		o.Seconds = n
	}
	if lat, lon := r.PostFormValue("lat"), r.PostFormValue("lon"); lat != "" || lon != "" {
		p := flows.Point{}
		var err1, err2 error
		p.Lat, err1 = strconv.ParseFloat(lat, 64)
		p.Lon, err2 = strconv.ParseFloat(lon, 64)
		if err1 != nil || err2 != nil {
			return errPoint
		}
		o.Point = &p
	}
	if o.Photo, err = part(r, "photo", maxPhoto); err != nil {
		return err
	}
	if o.Voice, err = part(r, "voice", maxVoice); err != nil {
		return err
	}
	ref, err := w.Post(r.Context(), v.member, r.PostFormValue("chat"), r.PostFormValue("text"), o)
	if err != nil {
		return err
	}
	reply(rw, http.StatusOK, map[string]string{"ref": ref})
	return nil
}

// part reads an uploaded file; nil if there is none.
func part(r *http.Request, name string, limit int64) ([]byte, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	files := r.MultipartForm.File[name]
	if len(files) == 0 {
		return nil, nil
	}
	if files[0].Size > limit {
		return nil, errLarge
	}
	f, err := files[0].Open()
	if err != nil {
		return nil, errForm
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, errForm
	}
	if len(data) == 0 {
		return nil, errEmpty
	}
	return data, nil
}

func tooLarge(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return errLarge
	}
	return errForm
}

func (w *Webchat) press(rw http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	if err := r.ParseMultipartForm(64 << 10); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return tooLarge(err)
	}
	v, err := w.speaker(r)
	if err != nil {
		return err
	}
	o := PressOptions{ID: r.PostFormValue("id"), Message: r.PostFormValue("message")}
	if o.ID == "" || o.Message == "" {
		return errForm
	}
	a, err := w.PressData(r.Context(), v.member, r.PostFormValue("chat"), r.PostFormValue("data"), o)
	if err != nil {
		return err
	}
	reply(rw, http.StatusOK, map[string]string{"toast": a.Toast})
	return nil
}

// speaker is who speaks in a parsed form; they may do so only so often.
func (w *Webchat) speaker(r *http.Request) (viewer, error) {
	as := r.PostFormValue("as")
	if as == "" {
		as = r.URL.Query().Get("as")
	}
	v, err := w.who(r, as)
	if err != nil {
		return v, err
	}
	if w.o.Demo == nil && !w.posts.ok(v.member, time.Now()) {
		return v, errMany
	}
	return v, nil
}

// file serves a photo or a voice note to those who may read its chat.
func (w *Webchat) file(rw http.ResponseWriter, r *http.Request) error {
	v, err := w.who(r, r.URL.Query().Get("as"))
	if err != nil {
		return err
	}
	f, m, err := w.open(r.PathValue("name"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.h.view(func(t tx) error { return t.may(v, m.Chat, w.o.Now()) }); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", m.Type)
	rw.Header().Set("Content-Disposition", "inline")
	if m.Type == amr {
		rw.Header().Set("Content-Disposition", `attachment; filename="voice.amr"`)
	}
	rw.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	rw.Header().Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(rw, r, "", time.Time{}, f)
	return nil
}

// may is nil if the viewer may read the chat.
func (t tx) may(v viewer, chat string, now time.Time) error {
	chats, err := t.chats(v, now)
	if err == nil && !slices.Contains(chats, chat) {
		err = errNoChat
	}
	return err
}

// loopback says whether a Host header names this machine.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// visitor is the address that attempts are counted by.
func (w *Webchat) visitor(r *http.Request) string {
	addr := r.RemoteAddr
	if h, _, err := net.SplitHostPort(addr); err == nil {
		addr = h
	}
	if all := r.Header.Values("X-Forwarded-For"); w.o.Proxied && len(all) > 0 {
		last := all[len(all)-1]
		addr = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	bits := 64 // a household has so much of the net to itself
	if ip = ip.Unmap(); ip.Is4() {
		bits = 32
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return fmt.Sprint(ip)
	}
	return p.String()
}
