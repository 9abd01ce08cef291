// Package fake is the 微信客服 part of qyapi.weixin.qq.com for tests: strict where the real
// one is, with residents who can speak, press and come by a link, people of the committee who
// take a conversation over, and faults to order. It keeps everything in memory and never
// leaves loopback.
//
// It refuses what the platform refuses: a token that is not its own, fields that are missing,
// texts that are too long, a menu of eleven entries, people it does not know, a sixth message,
// one after 48 hours, one while somebody of the committee talks, a msgid that was used. Any
// number of goroutines may use it.
//
// It is for tests only and must not be imported by anything else. Where what the real one
// does is not known, a comment says so with [U].
package fake

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"time"

	"linli/bot/bottest/wake"
)

// What the account is called with a server from New.
const (
	CorpID  = "ww5823bf96d3bd56c7"
	Secret  = "Sn1-fakeSecretOfTheApp_0123456789abcdefghij"
	Token   = "fakeCallbackToken"
	AESKey  = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	Account = "wkAJ2GCAAASSm4FhToWMFea0xAFfd3Q"
)

// What the platform holds to.
const (
	tokenLife   = 2 * time.Hour
	pushLife    = 10 * time.Minute   // of the token of a callback
	kept        = 3 * 24 * time.Hour // messages, files
	window      = 48 * time.Hour     // after what a person said
	inWindow    = 5                  // messages in it
	welcomeLife = 20 * time.Second
	bareCalls   = 20 // sync_msg without a callback's token, a minute; [U] how many it is
)

// Server is the platform. Set exported fields before the first call, and later by Set.
type Server struct {
	Now    func() time.Time // for tokens, windows and what is too old
	Judge  func(Call) Fault // asked for every call that no Fail applies to; may be nil
	Times  int              // how often each callback is brought; 0: once
	Quiet  bool             // no callbacks are brought at all
	Silent bool             // what a window does not allow is taken and fails later, by msg_send_fail
	// Repeats answers a msgid that was used like the first time. The documentation says
	// that it is an error.
	Repeats bool
	// Resend is how long to wait before a callback is brought again, which is done twice.
	Resend func(attempt int) time.Duration

	test *httptest.Server
	news wake.Bell // rings whenever something happens

	mu      sync.Mutex
	closed  chan struct{}
	serial  int
	calls   []Call
	faults  map[string][]Fault
	later   []int // fail types of the next sends
	foreign string
	token   access
	tokens  int // gettoken calls that made a new one
	bare    []time.Time
	hold    int // pages without messages to give
	people  map[string]*Person
	log     []entry
	pushes  map[string]time.Time // tokens of callbacks
	files   map[string]file
	codes   map[string]code
	ids     map[string]bool // msgids that were used
	hook    hook
}

// entry is what sync_msg gives.
type entry struct {
	at   time.Time
	item object
}

// Call is one call that was made.
type Call struct {
	Method string // the path behind /cgi-bin/, without "kf/"
	At     time.Time
	Fields object // of the body
	Query  map[string]string
	Code   int // errcode of the answer; 0 also where the connection was closed
}

// Text is a field of the body, "" if there is none.
func (c Call) Text(name string) string {
	s, _ := c.Fields[name].(string)
	return s
}

type object = map[string]any

// New makes a server with no people. It is an http.Handler; Start gives it an address.
func New() *Server {
	return &Server{
		Now:    time.Now,
		Resend: func(int) time.Duration { return 20 * time.Millisecond },
		closed: make(chan struct{}),
		faults: map[string][]Fault{},
		people: map[string]*Person{},
		pushes: map[string]time.Time{},
		files:  map[string]file{},
		codes:  map[string]code{},
		ids:    map[string]bool{},
	}
}

// Set changes fields while calls are made.
func (s *Server) Set(change func(*Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// Start listens on loopback and gives the address that stands for qyapi.weixin.qq.com.
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
	s.news.Ring()
	s.mu.Unlock()
	s.hook.running.Wait()
	if s.test != nil {
		s.test.CloseClientConnections()
		s.test.Close()
	}
}

// Wait returns when cond is true. It asks again whenever something happened at the server;
// cond may use every method of it.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	return s.news.Wait(ctx, cond)
}

// next makes a name that was not used before; the lock is held.
func (s *Server) next(kind string) string {
	s.serial++
	return kind + strconv.Itoa(100_000+s.serial)
}

// Calls are the calls made so far, of one method or of all ("").
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c Call) bool { return method != "" && c.Method != method })
}

// Tokens counts the access tokens that were made.
func (s *Server) Tokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// Pending counts what lies behind a cursor, all of it for "".
func (s *Server) Pending(cursor string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := place(cursor)
	if !ok {
		at = 0
	}
	return len(s.log) - at
}

// Fault is what goes wrong with a call. The zero Fault is none.
type Fault struct {
	kind string
	code int
	why  string
	slow time.Duration
	hold <-chan struct{}
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
	// Busy is the platform's −1.
	Busy = Refuse(-1, "system busy")
)

// Refuse answers with an errcode, and nothing was done.
func Refuse(code int, why string) Fault { return Fault{kind: "refuse", code: code, why: why} }

// Slow answers after so long.
func Slow(d time.Duration) Fault { return Fault{slow: d} }

// Held does what was asked, and answers when the channel is closed.
func Held(until <-chan struct{}) Fault { return Fault{hold: until} }

// Fail makes the next n calls of a method go wrong; calls of Fail for the same method queue
// up. "callback" is no method: it loses the answer to a callback, whatever the fault.
func (s *Server) Fail(method string, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.faults[method] = append(s.faults[method], f)
	}
}

// FailLater takes the next n messages and says afterwards, by msg_send_fail, that they did
// not arrive.
func (s *Server) FailLater(n, failType int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.later = append(s.later, failType)
	}
}

// KillToken makes the access token one that is answered with the code, 40014 or 42001, until
// a new one is asked for.
func (s *Server) KillToken(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token.dead = code
}

// Foreign makes all calls come from an address that is not on the list; "" ends that.
func (s *Server) Foreign(ip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.foreign = ip
}

// HoldBack gives the next n pages without a message and with has_more.
func (s *Server) HoldBack(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold += n
}

// ServeHTTP answers /cgi-bin/….
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }
