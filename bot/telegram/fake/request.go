package fake

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

type object = map[string]any

// params are the parameters of a call, however they came. Nested values are
// JSON texts.
type params struct {
	text  map[string]string
	files map[string]upload
}

type upload struct {
	name string
	data []byte
}

// refusal is an error answer of the Bot API.
type refusal struct {
	code  int
	why   string
	extra object
}

func bad(why string) *refusal {
	return &refusal{code: http.StatusBadRequest, why: "Bad Request: " + why}
}
func forbidden(why string) *refusal {
	return &refusal{code: http.StatusForbidden, why: "Forbidden: " + why}
}

// ServeHTTP answers /bot<token>/<method> and /file/bot<token>/<path>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, download := strings.CutPrefix(r.URL.Path, "/file")
	rest, ok := strings.CutPrefix(rest, "/bot")
	token, method, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || !strings.Contains(token, ":") {
		answer(w, nil, &refusal{code: http.StatusNotFound, why: "Not Found"})
		return
	}
	if token != s.Token {
		answer(w, nil, &refusal{code: http.StatusUnauthorized, why: "Unauthorized"})
		return
	}
	if download {
		s.download(w, r, method)
		return
	}
	p, err := decode(r)
	if err != nil {
		answer(w, nil, bad(err.Error()))
		return
	}
	call := Call{Method: method, At: s.Now(), Params: p.text, Length: r.ContentLength,
		JSON: strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")}
	call.Chat, _ = strconv.ParseInt(p.text["chat_id"], 10, 64)
	for _, f := range p.files {
		call.Files = append(call.Files, f.name)
	}
	slices.Sort(call.Files)

	fault := s.fault(call)
	var result any
	var no *refusal
	s.linger(r, fault)
	switch fault.kind {
	case "before":
		s.record(call)
		panic(http.ErrAbortHandler)
	case "html":
		call.Code = http.StatusBadGateway
		s.record(call)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx "+r.URL.Path+"</body></html>")
		return
	case "refuse":
		no = &refusal{code: fault.code, why: fault.why}
		if fault.after > 0 {
			no.extra = object{"retry_after": fault.after}
			s.mu.Lock()
			s.waits[call.lane()] = s.Now().Add(time.Duration(fault.after) * time.Second)
			s.mu.Unlock()
		}
	default:
		if method == "getUpdates" {
			result, no = s.getUpdates(r.Context(), p)
		} else {
			result, no = s.execute(method, p)
		}
	}
	if fault.kind == "after" {
		s.record(call)
		panic(http.ErrAbortHandler)
	}
	call.Code = http.StatusOK
	if no != nil {
		call.Code, call.Why = no.code, no.why
	}
	s.record(call)
	if fault.kind == "garbage" {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"ok":true,"resu`)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	answer(w, result, no)
}

// fault takes what was ordered for this call.
func (s *Server) fault(c Call) Fault {
	s.mu.Lock()
	if s.Now().Before(s.waits[c.lane()]) {
		s.early++
	}
	if q := s.faults[c.Method]; len(q) > 0 {
		s.faults[c.Method] = q[1:]
		s.news.Ring()
		s.mu.Unlock()
		return q[0]
	}
	judge := s.Judge
	s.mu.Unlock()
	if judge == nil {
		return Fault{}
	}
	return judge(c)
}

// linger waits as long as a fault is slow.
func (s *Server) linger(r *http.Request, f Fault) {
	if f.slow <= 0 {
		return
	}
	timer := time.NewTimer(f.slow)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.closed:
	}
}

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	s.news.Ring()
}

// lane is what a retry_after is for: the chat, or the method.
func (c Call) lane() string {
	if c.Chat == 0 {
		return c.Method
	}
	return strconv.FormatInt(c.Chat, 10)
}

func (s *Server) execute(method string, p params) (any, *refusal) {
	do := methods[method]
	if do == nil {
		return nil, &refusal{code: http.StatusNotFound, why: "Not Found: method not found"}
	}
	for _, v := range p.text {
		if !utf8.ValidString(v) {
			return nil, bad("strings must be encoded in UTF-8")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result, no := do(s, p)
	s.news.Ring()
	return result, no
}

func answer(w http.ResponseWriter, result any, no *refusal) {
	w.Header().Set("Content-Type", "application/json")
	if no == nil {
		body, err := json.Marshal(object{"ok": true, "result": result})
		if err != nil {
			panic(err)
		}
		w.Write(body)
		return
	}
	w.WriteHeader(no.code)
	o := object{"ok": false, "error_code": no.code, "description": no.why}
	if no.extra != nil {
		o["parameters"] = no.extra
	}
	body, _ := json.Marshal(o)
	w.Write(body)
}

// decode reads a form of any encoding, JSON, or the query.
func decode(r *http.Request) (params, error) {
	p := params{text: map[string]string{}, files: map[string]upload{}}
	for k, v := range r.URL.Query() {
		p.text[k] = v[0]
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return p, err
		}
		var fields map[string]json.RawMessage
		if len(body) > 0 {
			if err := json.Unmarshal(body, &fields); err != nil {
				return p, err
			}
		}
		for k, v := range fields {
			var text string
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			p.text[k] = text
		}
	case "multipart/form-data":
		form, err := r.MultipartReader()
		if err != nil {
			return p, err
		}
		for {
			part, err := form.NextPart()
			if err == io.EOF {
				break
			}
			// A call without parameters is a form without any part.
			if err != nil && len(p.text)+len(p.files) == 0 && strings.Contains(err.Error(), "EOF") {
				break
			}
			if err != nil {
				return p, err
			}
			data, err := io.ReadAll(part)
			if err != nil {
				return p, err
			}
			if part.FileName() != "" {
				p.files[part.FormName()] = upload{part.FileName(), data}
			} else {
				p.text[part.FormName()] = string(data)
			}
		}
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return p, err
		}
		for k, v := range r.PostForm {
			p.text[k] = v[0]
		}
	}
	return p, nil
}

func (p params) number(name string) int64 {
	n, _ := strconv.ParseInt(p.text[name], 10, 64)
	return n
}

func (p params) flag(name string) bool {
	b, _ := strconv.ParseBool(strings.ToLower(p.text[name]))
	return b
}

// nested decodes a parameter that is JSON, if it is there.
func (p params) nested(name string, v any) *refusal {
	text := p.text[name]
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return bad("can't parse " + name + ": " + err.Error())
	}
	return nil
}
