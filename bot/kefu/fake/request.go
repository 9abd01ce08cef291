package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// access is the token that calls are made with.
type access struct {
	value string
	until time.Time
	dead  int // the code it is answered with
}

// refusal is an answer with an errcode.
type refusal struct {
	code int
	why  string
}

// Codes of refusals. [D] is what the documentation lists (path/90313) or the facts name; of
// those with [U] it is not known that the platform gives just this one here.
var (
	noToken    = &refusal{41001, "access_token missing"}                           // [D]
	noSuchCall = &refusal{40035, "invalid parameter"}                              // [U]
	notPost    = &refusal{43002, "require POST method"}                            // [D]
	noJSON     = &refusal{47001, "data format error"}                              // [U]
	noAccount  = &refusal{95004, "open_kfid not exist"}                            // [D]
	noPerson   = &refusal{40096, "invalid external userid"}                        // [D]
	tooMany    = &refusal{95001, "send msg count limit"}                           // [D]
	tooLate    = &refusal{95002, "send msg time limit"}                            // [D]
	noPush     = &refusal{95007, "invalid msgtoken"}                               // [D]
	tooOften   = &refusal{45009, "api freq out of limit"}                          // [D]
	notNow     = &refusal{95018, "send msg session status invalid"}                // [D]
	noChange   = &refusal{95016, "not allow change session status"}                // [U]
	noMedia    = &refusal{40007, "invalid media_id"}                               // [D]
	noFile     = &refusal{40004, "invalid media type"}                             // [D]
	tooLarge   = &refusal{40009, "invalid image size"}                             // [D]
	tooLoud    = &refusal{40010, "invalid voice size"}                             // [U]
	noCode     = &refusal{40058, "invalid Request Parameter: code"}                // [U]
	used       = &refusal{40058, "invalid Request Parameter: msgid is not unique"} // [U] neither number nor words are known
)

func lacks(field string) *refusal {
	return &refusal{40058, "invalid Request Parameter: missing " + field} // [U]
}
func wrong(field string) *refusal {
	return &refusal{40058, "invalid Request Parameter: " + field} // [U]
}

// serve answers one call.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/cgi-bin/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	method := strings.TrimPrefix(path, "kf/")
	call := Call{Method: method, At: s.Now(), Query: map[string]string{}}
	for k, v := range r.URL.Query() {
		call.Query[k] = v[0]
	}
	var body []byte
	var err error
	if method != "media/upload" {
		if body, err = io.ReadAll(r.Body); err != nil {
			return
		}
		_ = json.Unmarshal(body, &call.Fields)
	}
	fault := s.fault(call)
	if fault.slow > 0 {
		timer := time.NewTimer(fault.slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		case <-s.closed:
		}
	}
	switch fault.kind {
	case "before":
		s.record(call)
		panic(http.ErrAbortHandler)
	case "html":
		s.record(call)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html><body>502 "+r.URL.String()+"</body></html>")
		return
	}
	var (
		result object
		data   []byte
		no     *refusal
	)
	if fault.kind == "refuse" {
		no = &refusal{fault.code, fault.why}
	} else {
		result, data, no = s.do(path, r, body, call)
	}
	if no != nil {
		call.Code = no.code
	}
	s.record(call)
	if fault.hold != nil {
		select {
		case <-fault.hold:
		case <-r.Context().Done():
		case <-s.closed:
		}
	}
	switch {
	case fault.kind == "after":
		panic(http.ErrAbortHandler)
	case fault.kind == "garbage":
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"errcode":0,"errm`)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case data != nil:
		w.Header().Set("Content-Type", http.DetectContentType(data))
		w.Header().Set("Content-Disposition", `attachment; filename="media"`)
		w.Write(data)
		return
	}
	answer := object{"errcode": 0, "errmsg": "ok"}
	if no != nil {
		answer = object{"errcode": no.code, "errmsg": fmt.Sprintf("%s, hint: [1761875715499301309318952], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=%d", no.why, no.code)}
		if no.code == 60020 {
			answer["errmsg"] = no.why
		}
	}
	maps.Copy(answer, result)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	json.NewEncoder(w).Encode(answer)
}

// do carries a call out; the answer is fields or a file.
func (s *Server) do(path string, r *http.Request, body []byte, call Call) (object, []byte, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.news.Ring()
	if s.foreign != "" {
		return nil, nil, &refusal{60020, "not allow to access from your ip, hint: [1761875715499301309318952], from ip: " + s.foreign + ", more info at https://open.work.weixin.qq.com/devtool/query?e=60020"}
	}
	if path == "gettoken" {
		result, no := s.getToken(call)
		return result, nil, no
	}
	if no := s.admit(call.Query["access_token"]); no != nil {
		return nil, nil, no
	}
	switch path {
	case "media/get":
		data, no := s.mediaGet(call.Query["media_id"])
		return nil, data, no
	case "media/upload":
		result, no := s.mediaUpload(r, call.Query["type"])
		return result, nil, no
	}
	do := methods[path]
	if do == nil {
		return nil, nil, noSuchCall
	}
	if r.Method != http.MethodPost {
		return nil, nil, notPost
	}
	if call.Fields == nil {
		return nil, nil, noJSON
	}
	result, no := do(s, body)
	return result, nil, no
}

// fault takes what was ordered for this call.
func (s *Server) fault(c Call) Fault {
	s.mu.Lock()
	if q := s.faults[c.Method]; len(q) > 0 {
		s.faults[c.Method] = q[1:]
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

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	s.news.Ring()
}

// getToken gives the same token while it is valid.
func (s *Server) getToken(call Call) (object, *refusal) {
	switch {
	case call.Query["corpid"] != CorpID:
		return nil, &refusal{40013, "invalid corpid"}
	case call.Query["corpsecret"] != Secret:
		return nil, &refusal{40001, "invalid credential"}
	}
	now := s.Now()
	if s.token.value == "" || s.token.dead != 0 || !now.Before(s.token.until) {
		s.tokens++
		s.token = access{value: s.next("at-") + "-" + strings.Repeat("x", 20), until: now.Add(tokenLife)}
	}
	return object{"access_token": s.token.value, "expires_in": int(s.token.until.Sub(now) / time.Second)}, nil
}

// admit checks the token of a call.
func (s *Server) admit(token string) *refusal {
	switch {
	case token == "":
		return noToken
	case token != s.token.value:
		return &refusal{40014, "invalid access_token"}
	case s.token.dead != 0:
		return &refusal{s.token.dead, "invalid access_token"}
	case !s.Now().Before(s.token.until):
		return &refusal{42001, "access_token expired"}
	}
	return nil
}

// read decodes the body of a call. A number where a text belongs is refused, as the
// platform says of it "wrong json format".
func read[T any](body []byte) (v T, no *refusal) {
	if err := json.Unmarshal(body, &v); err != nil {
		if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) {
			return v, wrong(t.Field)
		}
		return v, noJSON
	}
	return v, nil
}
