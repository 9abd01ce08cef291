// Package fake is a Telegram Bot API server for tests: strict where the real
// one is, with people and groups that a test can let speak and press, and with
// faults to order. It keeps everything in memory and never leaves loopback.
//
// It answers the methods a bot of ours calls and refuses what Telegram
// refuses: texts and button data that are too long, edits that change
// nothing, chats it does not know, people who never pressed Start, topics that
// are closed, signs that a group does not allow, polls that are too long. Any number
// of goroutines may use it; the bot may run in another process.
//
// It is for tests only and must not be imported by anything else. Where it is
// quicker than the real one (a resent webhook waits milliseconds) or laxer (a
// webhook may be plain http) the field or method says so.
package fake

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/bot/bottest/wake"
)

// Token is the bot's token with a server from New.
const Token = "110201543:AAFakeTokenOfATestBot-1234567890_ab"

// Server is the whole of Telegram. Set exported fields before the first call.
type Server struct {
	Token    string
	Username string           // of the bot
	ReadsAll bool             // privacy mode is off: the bot hears groups where it is no admin
	Now      func() time.Time // for dates, expiry and limits
	Limits   bool             // 30 messages a second in all, 1 to a chat, 20 a minute to a group
	Judge    func(Call) Fault // asked for every call that no Fail applies to; may be nil
	// Resend is how long to wait before a webhook is tried again, the first
	// time (0) up. Telegram waits 0, 2, 4, 8 … 120 s; by default it is 0 and
	// then 50 ms, doubled up to 2 s.
	Resend func(attempt int) time.Duration

	test *httptest.Server
	news wake.Bell // rings whenever something happens

	mu      sync.Mutex
	closed  chan struct{}
	users   map[int64]*User
	groups  map[int64]*Group
	chats   map[int64]*history
	files   map[string]*file
	presses map[string]*press
	calls   []Call
	faults  map[string][]Fault
	waits   map[string]time.Time // until when the bot was told to wait, see Call.lane
	early   int
	serial  int64
	limits  limits
	menus   map[string][]Command

	nextUpdate int64
	pending    []*queued
	allowed    []string
	poller     *poller
	lastOffset int64
	lastAsked  time.Time
	hook       hook
}

// Call is one call that the bot made.
type Call struct {
	Method string
	At     time.Time
	Chat   int64             // 0 if the call names none
	Params map[string]string // nested values as JSON
	Files  []string          // names of the files it carried
	JSON   bool              // the body was JSON, not a form
	Length int64             // Content-Length, -1 if there was none
	Code   int               // HTTP status of the answer, 0 if the connection was closed
	Why    string            // description of a refusal
}

// New makes a server with no people. It is an http.Handler; Start gives it an
// address.
func New() *Server {
	return &Server{
		Token:    Token,
		Username: "linli_test_bot",
		ReadsAll: true,
		Now:      time.Now,
		Resend: func(n int) time.Duration {
			if n == 0 {
				return 0
			}
			return min(50*time.Millisecond<<min(n-1, 6), 2*time.Second)
		},
		closed:     make(chan struct{}),
		users:      map[int64]*User{},
		groups:     map[int64]*Group{},
		chats:      map[int64]*history{},
		files:      map[string]*file{},
		presses:    map[string]*press{},
		faults:     map[string][]Fault{},
		waits:      map[string]time.Time{},
		menus:      map[string][]Command{},
		serial:     5_000_000_000,
		nextUpdate: 730_000_001,
	}
}

// Start listens on loopback and gives the address for telegram.Options.APIURL.
func (s *Server) Start() string {
	s.test = httptest.NewServer(s)
	return s.test.URL
}

// Close ends all deliveries and, if it was started, the listening.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.closed:
		s.mu.Unlock()
		return
	default:
	}
	close(s.closed)
	s.hook.generation++
	s.news.Ring()
	s.mu.Unlock()
	s.hook.running.Wait()
	if s.test != nil {
		s.test.CloseClientConnections()
		s.test.Close()
	}
}

// BotID is the bot's own id.
func (s *Server) BotID() int64 {
	head, _, _ := strings.Cut(s.Token, ":")
	id, _ := strconv.ParseInt(head, 10, 64)
	return id
}

// Wait returns when cond is true. It asks again whenever something happened
// at the server; cond may use every method of it.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	return s.news.Wait(ctx, cond)
}

// Calls are the calls made so far, of one method or of all ("").
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	if method == "" {
		return slices.Clone(s.calls)
	}
	var found []Call
	for _, c := range s.calls {
		if c.Method == method {
			found = append(found, c)
		}
	}
	return found
}

// Early counts calls to a chat that came before the time the bot was told to
// wait for was over.
func (s *Server) Early() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.early
}

// Fault is what goes wrong with a call. The zero Fault is none.
type Fault struct {
	kind  string
	after int
	code  int
	why   string
	slow  time.Duration
}

var (
	// BadGateway answers 502 with a page of HTML.
	BadGateway = Fault{kind: "html"}
	// CloseBefore closes the connection, and nothing was done.
	CloseBefore = Fault{kind: "before"}
	// CloseAfter does what was asked and closes the connection instead of answering.
	CloseAfter = Fault{kind: "after"}
	// Garbage does what was asked and breaks the answer off.
	Garbage = Fault{kind: "garbage"}
)

// TooMany answers 429 with retry_after.
func TooMany(seconds int) Fault {
	return Fault{kind: "refuse", code: http.StatusTooManyRequests, after: seconds,
		why: fmt.Sprintf("Too Many Requests: retry after %d", seconds)}
}

// Refuse answers with an error of the Bot API.
func Refuse(code int, why string) Fault { return Fault{kind: "refuse", code: code, why: why} }

// Fail makes the next n calls of a method go wrong; calls of Fail for the same
// method queue up. Two names are no methods: "download" is the download of
// files, and "webhook" loses the answer to a delivery, whatever the fault.
func (s *Server) Fail(method string, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.faults[method] = append(s.faults[method], f)
	}
}

// Failing is how many ordered faults of a method are left.
func (s *Server) Failing(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults[method])
}
