package fake

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// request is a call as its method sees it.
type request struct {
	r    *http.Request
	body []byte
	file *upload
	to   string // openid that the call named
}

type upload struct {
	name string
	data []byte
}

// method is one call of the platform. It runs with the lock held.
type method struct {
	verb  string
	free  bool // asks for no token of the account
	right bool // only accounts that are verified have it
	do    func(s *Server, q *request) (any, *refusal)
}

var methods = map[string]method{
	"/cgi-bin/token":                             {http.MethodGet, true, false, (*Server).plainToken},
	"/cgi-bin/stable_token":                      {http.MethodPost, true, false, (*Server).stableToken},
	"/cgi-bin/getcallbackip":                     {http.MethodGet, false, false, (*Server).callers},
	"/cgi-bin/message/custom/send":               {http.MethodPost, false, true, (*Server).custom},
	"/cgi-bin/message/template/send":             {http.MethodPost, false, true, (*Server).template},
	"/cgi-bin/message/subscribe/bizsend":         {http.MethodPost, false, true, (*Server).bizsend},
	"/cgi-bin/template/get_all_private_template": {http.MethodGet, false, true, (*Server).templates},
	"/wxaapi/newtmpl/gettemplate":                {http.MethodGet, false, true, (*Server).notices},
	"/cgi-bin/menu/create":                       {http.MethodPost, false, true, (*Server).createMenu},
	"/cgi-bin/menu/get":                          {http.MethodGet, false, true, (*Server).getMenu},
	"/cgi-bin/qrcode/create":                     {http.MethodPost, false, true, (*Server).createQR},
	"/cgi-bin/media/upload":                      {http.MethodPost, false, true, (*Server).uploadMedia},
	"/cgi-bin/media/get":                         {http.MethodGet, false, true, (*Server).getMedia},
	"/cgi-bin/ticket/getticket":                  {http.MethodGet, false, true, (*Server).ticket},
	"/sns/oauth2/access_token":                   {http.MethodGet, true, true, (*Server).oauth},
}

// raw is an answer that is no JSON.
type raw struct {
	kind string
	data []byte
}

// ServeHTTP answers the calls of the account.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, ok := methods[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	q, err := read(r)
	call := Call{Path: r.URL.Path, At: s.Now(), Body: string(q.body)}
	f := s.fault(r.URL.Path)
	if f.slow > 0 {
		timer := time.NewTimer(f.slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
	switch f.kind {
	case "before":
		call.Code = -2
		s.record(call)
		panic(http.ErrAbortHandler)
	case "html":
		call.Code = -2
		s.record(call)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html><body>502 Bad Gateway "+r.URL.RequestURI()+"</body></html>")
		return
	}
	var answer any
	var refused *refusal
	switch {
	case f.kind == "refuse":
		refused = no(f.code, f.why)
	case r.Method != m.verb:
		refused = no(43002, "require POST method")
		if m.verb == http.MethodGet {
			refused = no(43001, "require GET method")
		}
	case err != nil:
		refused = no(47001, "data format error")
	default:
		s.mu.Lock()
		if refused = s.enter(m, r); refused == nil {
			answer, refused = m.do(s, q)
		}
		s.news.Ring()
		s.mu.Unlock()
	}
	call.To = q.to
	if refused != nil {
		call.Code, call.Why = refused.code, refused.why
	}
	if f.kind == "after" {
		call.Code = -2
		s.record(call)
		panic(http.ErrAbortHandler)
	}
	s.record(call)
	if f.kind == "garbage" {
		io.WriteString(w, "<xml>"+call.Body+"</xml>")
		return
	}
	if file, is := answer.(raw); is && refused == nil {
		w.Header().Set("Content-Type", file.kind)
		w.Header().Set("Content-Disposition", `attachment; filename="media"`)
		w.Write(file.data)
		return
	}
	// An error comes as JSON with the status 200, also where a file was asked for.
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	if strings.HasPrefix(r.URL.Path, "/cgi-bin/media/get") || strings.HasPrefix(r.URL.Path, "/sns/") {
		w.Header().Set("Content-Type", "text/plain")
	}
	if refused != nil {
		s.mu.Lock()
		answer = object{"errcode": refused.code, "errmsg": refused.why + s.rid()}
		s.mu.Unlock()
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	w.Write(body)
}

// enter says whether the account may make a call at all; the lock is held.
func (s *Server) enter(m method, r *http.Request) *refusal {
	if s.Barred != "" && r.URL.Path != "/sns/oauth2/access_token" {
		return no(40164, "invalid ip "+s.Barred+" ipv6 ::ffff:"+s.Barred+", not in whitelist")
	}
	if !m.free {
		token := r.URL.Query().Get("access_token")
		until, ok := s.tokens[token]
		switch {
		case token == "":
			return no(41001, "access_token missing")
		case !ok && s.Dead != 0:
			return no(s.Dead, "access_token expired")
		case !ok:
			return no(40001, "invalid credential, access_token is invalid or not latest")
		case !s.Now().Before(until):
			return no(42001, "access_token expired")
		}
	}
	if m.right && s.Unverified {
		return no(48001, "api unauthorized")
	}
	return nil
}

// fault takes what was ordered for a path.
func (s *Server) fault(path string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.faults[path]
	if len(q) == 0 {
		return Fault{}
	}
	s.faults[path] = q[1:]
	return q[0]
}

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	s.news.Ring()
}

// read takes the body of a call, JSON or a form with one file.
func read(r *http.Request) (*request, error) {
	q := &request{r: r}
	if r.Method == http.MethodGet {
		return q, nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		form, err := r.MultipartReader()
		if err != nil {
			return q, err
		}
		for {
			part, err := form.NextPart()
			if err == io.EOF {
				return q, nil
			}
			if err != nil {
				return q, err
			}
			data, err := io.ReadAll(part)
			if err != nil {
				return q, err
			}
			if part.FormName() == "media" && part.FileName() != "" {
				q.file = &upload{part.FileName(), data}
			}
		}
	}
	var err error
	q.body, err = io.ReadAll(r.Body)
	if err == nil && (!utf8.Valid(q.body) || !json.Valid(q.body)) {
		err = io.ErrUnexpectedEOF
	}
	return q, err
}

// into decodes the body; unknown fields are the platform's to ignore.
func (q *request) into(v any) *refusal {
	if err := json.Unmarshal(q.body, v); err != nil {
		return no(47001, "data format error")
	}
	return nil
}
