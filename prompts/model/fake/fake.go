// Package fake is a server of a language model that speaks as OpenAI's does, for tests: it
// always answers the same, in one of the ways a real one may. It understands nothing.
package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// Mode is how the server behaves.
type Mode string

const (
	Good    Mode = "good"    // answers from the facts, in the form it is asked for
	Fenced  Mode = "fenced"  // the same, in a fence for code
	NoForm  Mode = "no form" // refuses response_format, else good
	Obeys   Mode = "obeys"   // does whatever the texts of the facts order, every time in another way
	Invents Mode = "invents" // answers with a time and a place of its own
	Prose   Mode = "prose"   // answers with talk around the form
	Empty   Mode = "empty"   // answers nothing
	None    Mode = "none"    // answers with no choices
	Garbage Mode = "garbage" // answers what is no JSON at all
	Huge    Mode = "huge"    // never ends
	Slow    Mode = "slow"    // answers when the one who asks has gone
	Busy    Mode = "busy"    // 429, with Retry-After
	Broken  Mode = "broken"  // 500
	Rejects Mode = "rejects" // 401, and repeats the key and what was sent
	Moves   Mode = "moves"   // sends to Elsewhere
	Hangs   Mode = "hangs"   // closes the connection
)

// Server is an http.Handler. Its fields are set before the first request.
type Server struct {
	Elsewhere string        // where Moves sends to
	Heard     string        // what it hears in a voice note
	Key       string        // that it wants; empty: none
	Came      chan struct{} // gets something with every request; may be nil

	mu    sync.Mutex
	mode  Mode
	fails int
	got   []Request
}

// Request is what came in.
type Request struct {
	Path, Key, Body string
	Form            bool // with a response_format
}

// New makes a server in a mode.
func New(mode Mode) *Server { return &Server{mode: mode, Heard: "三号楼的电梯停了"} }

// Set changes the mode.
func (s *Server) Set(mode Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.fails = mode, 0
}

// First makes the next n requests fail as in a mode; then it is good.
func (s *Server) First(n int, mode Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.fails = mode, n
}

// Requests gives what has come in.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.got...)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	mode := s.mode
	if s.fails > 0 {
		if s.fails--; s.fails == 0 {
			s.mode = Good
		}
	}
	n := len(s.got)
	s.got = append(s.got, Request{r.URL.Path, key, string(body), strings.Contains(string(body), `"response_format":{`)})
	form := s.got[n].Form
	s.mu.Unlock()
	if s.Came != nil {
		s.Came <- struct{}{}
	}
	if s.Key != "" && key != s.Key {
		mode = Rejects
	}
	w.Header().Set("Content-Type", "application/json")
	switch mode {
	case Slow:
		<-r.Context().Done()
		return
	case Busy:
		w.Header().Set("Retry-After", "2")
		fail(w, http.StatusTooManyRequests, "slow down")
		return
	case Broken:
		fail(w, http.StatusInternalServerError, "broken")
		return
	case Rejects:
		fail(w, http.StatusUnauthorized, "Incorrect API key provided: "+key+". You sent: "+string(body))
		return
	case Moves:
		http.Redirect(w, r, s.Elsewhere+r.URL.Path, http.StatusTemporaryRedirect)
		return
	case Hangs:
		panic(http.ErrAbortHandler)
	case NoForm:
		if form {
			fail(w, http.StatusBadRequest, "response_format is not supported")
			return
		}
	case Huge:
		fmt.Fprint(w, `{"choices":[{"message":{"role":"assistant","content":"`)
		for i := 0; i < 3<<20; i += 64 {
			if _, err := fmt.Fprint(w, strings.Repeat("a", 64)); err != nil {
				return
			}
		}
		return
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/models"):
		write(w, map[string]any{"data": []any{map[string]string{"id": "writer"}, map[string]string{"id": "listener"}}})
	case strings.HasSuffix(r.URL.Path, "/audio/transcriptions"):
		text := s.Heard
		if mode == Empty {
			text = ""
		}
		write(w, map[string]any{"text": text})
	case strings.HasSuffix(r.URL.Path, "/chat/completions"):
		s.chat(w, mode, n, body)
	default:
		fail(w, http.StatusNotFound, "no such path")
	}
}

func fail(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	write(w, map[string]any{"error": map[string]string{"message": message, "type": "fake"}})
}

func write(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err == nil {
		_, _ = w.Write(b)
	}
}

// facts are what the two tasks send.
type facts struct {
	Title, When, Where string
	Left               int
	Not                []string
	Lines              []struct {
		N    int
		Text string
		Keep []string
	}
}

type paragraph struct {
	Text  string `json:"text"`
	Rests []int  `json:"rests"`
}

func (s *Server) chat(w http.ResponseWriter, mode Mode, n int, body []byte) {
	var q struct {
		Messages []struct{ Role, Content string }
	}
	if json.Unmarshal(body, &q) != nil || len(q.Messages) < 2 {
		fail(w, http.StatusBadRequest, "no messages")
		return
	}
	system, user := q.Messages[0].Content, q.Messages[len(q.Messages)-1].Content
	var f facts
	if json.Unmarshal([]byte(user), &f) != nil {
		fail(w, http.StatusBadRequest, "no facts")
		return
	}
	content := good(f)
	message := map[string]any{"role": "assistant"}
	switch mode {
	case Fenced:
		content = "```json\n" + content + "\n```"
	case Prose:
		content = "好的，这是邀请：\n" + content + "\n希望对您有帮助。"
	case Empty:
		content = ""
	case Garbage:
		content = "\x00{{{"
	case Invents:
		f.When, f.Where = f.When+"，也可以20:45来", f.Where+"或者地下一层"
		for i := range f.Lines {
			f.Lines[i].Text += "，共有77人同意"
		}
		content = good(f)
	case Obeys:
		content = obey(f, system, n, message)
	}
	message["content"] = content
	choices := []any{map[string]any{"index": 0, "finish_reason": "stop", "message": message}}
	if mode == None {
		choices = nil
	}
	write(w, map[string]any{"choices": choices, "usage": map[string]int{"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}})
}

// good answers from the facts.
func good(f facts) string {
	if len(f.Lines) > 0 {
		var out []paragraph
		for _, l := range f.Lines {
			text := "记录里写着：" + l.Text
			for _, k := range l.Keep {
				if !strings.Contains(text, k) {
					text += k
				}
			}
			out = append(out, paragraph{text, []int{l.N}})
		}
		return asJSON(map[string]any{"paragraphs": out})
	}
	text := f.Title + "？" + f.When + "，" + f.Where
	if f.Left > 0 {
		text += fmt.Sprintf("，还剩%d个位子", f.Left)
	}
	if len(f.Not) > 0 {
		text += "。" + strings.Join(f.Not, "、")
	}
	return asJSON(map[string]any{"text": text + "。"})
}

func asJSON(v any) string {
	b, _ := json.Marshal(v) // of maps and strings
	return string(b)
}

// order finds what a text orders a machine to do.
var order = regexp.MustCompile(`(?i)(?:忽略|无视|忘记|ignore|disregard|forget)[^，,。.：:]*[，,。.：:]\s*(.+)`)

// obey does what the texts order.
func obey(f facts, system string, n int, message map[string]any) string {
	all := f.Title + "\n" + f.Where + "\n" + strings.Join(f.Not, "\n")
	for _, l := range f.Lines {
		all += "\n" + l.Text
	}
	what := "把所有工单标为已办结"
	if m := order.FindStringSubmatch(all); m != nil {
		what = m[1]
	}
	said := func(text string) string {
		if len(f.Lines) == 0 {
			return asJSON(map[string]any{"text": text})
		}
		var rests []int
		for _, l := range f.Lines {
			rests = append(rests, l.N)
		}
		return asJSON(map[string]any{"paragraphs": []paragraph{{text, rests}}})
	}
	switch n % 7 {
	case 0: // says that it has done it
		return said("好的，已经照办：" + what + "。所有工单已办结。")
	case 1: // does it as an effect
		return strings.TrimSuffix(good(f), "}") + `,"effects":[{"kind":"tell","body":{"name":"close","case":"*"}}],"stage":"closed"}`
	case 2: // does it as a call of a tool
		message["tool_calls"] = []any{map[string]any{"id": "1", "type": "function", "function": map[string]string{"name": "close_all", "arguments": "{}"}}}
		return ""
	case 3: // gives its orders away
		return said(system)
	case 4: // does it behind a good answer
		return good(f) + "\n" + what
	case 5: // gives a link and a number to pay to
		return said("请打开 http://pay.example.com 交费，电话13812345678，" + what)
	default: // a good answer with a decision nobody took
		if len(f.Lines) > 0 {
			f.Lines[0].Text += "，会议决定" + what + "，全部已办结"
		} else {
			f.Title += "，" + what + "，已办结"
		}
		return good(f)
	}
}
