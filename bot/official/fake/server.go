// Package fake is the platform of public accounts of WeChat for tests: api.weixin.qq.com
// as one account sees it, strict where the real one is, with residents that a test can let
// follow, speak, scan and tap, and with faults to order. It keeps everything in memory and
// never leaves loopback.
//
// It answers the methods that the channel calls and refuses what the platform refuses: a
// token that is old, a person whom the account does not know, a sixth message in a
// window and one outside of it, a text that is too long, fields of a template that do not
// fit. Its envelope is its own, so that two that were written apart understand each other.
// Any number of goroutines may use it.
//
// It is for tests only and must not be imported by anything else. Where it is quicker or
// laxer than the platform the field or method says so. What is marked [U] is not documented.
package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"linli/bot/bottest/wake"
)

// The account of a server from New.
const (
	AppID  = "wx2c2769f8efd9abc2"
	Secret = "0f4e5d6c7b8a99887766554433221100"
	Token  = "spamtest"
	AESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	Self   = "gh_7f083739789a" // the account as callbacks name it
)

// Server is the whole of the platform. Set exported fields before the first call.
type Server struct {
	AppID, Secret, Token, AESKey string
	Now                          func() time.Time

	Plain      bool   // callbacks are not encrypted
	Unverified bool   // the account has no right but to answer (48001)
	Sandbox    bool   // a test account: takes no menus in conversations (40200)
	Barred     string // an IP address: it is not on the account's list (40164)
	Dead       int    // the code for a token that is no good: 40001 if 0, or 40014, 42001
	Astray     bool   // notices are taken and do not arrive
	Nameless   bool   // a 订阅通知 is given no number when it is taken
	Endless    bool   // laxer: windows never shut
	OldHand    bool   // laxer: somebody who does not follow may be written to

	// Hook is where callbacks go to, as it stands in the account's console; nil: the
	// account has none. Each comes as a request of its own, over no network.
	Hook http.Handler
	// HookURL is the same as an address on loopback; it is used where Hook is nil.
	HookURL string
	// Tries is how often a callback is brought at most. Between the tries of one the platform
	// waits for as long as it takes to hang up; here the next follows at once.
	Tries int
	// Patience is how long a callback may take.
	Patience time.Duration
	// Anew signs, and encrypts, each try anew; otherwise they are the same to the byte. [U]
	Anew bool
	// Drop, asked for each answer to a callback, says that it was lost on the way.
	Drop func(try int) bool

	Templates map[string][]string // approved forms: 模板消息 by id, with their fields
	Notices   map[string][]string // 订阅通知, the same
	Callers   []string            // addresses that callbacks come from

	test *httptest.Server
	news wake.Bell // rings whenever something happens

	mu      sync.Mutex
	closed  bool
	users   map[string]*User
	calls   []Call
	faults  map[string][]Fault
	tokens  map[string]time.Time // until when each is good
	stable  string
	asked   int
	tickets map[string]bool // of the JS-SDK
	media   map[string]file
	codes   map[string]*code
	qrs     map[string]string // scene by the link in the code
	menu    json.RawMessage
	menus   int
	knocks  map[string]int64 // msgid by openid and client_msg_id
	serial  int64
	pushes  int // callbacks brought, each try counted
	pending int
	broken  int // answers to callbacks that a person sees as a fault of the account
	lines   map[string]chan func()
	lost    []func(tries int) // callbacks that nobody has taken
	running sync.WaitGroup
}

// Call is one call that the account made.
type Call struct {
	Path string
	At   time.Time
	To   string // openid, if the call names one
	Body string // what was sent, without files
	Code int    // errcode of the answer; -2 where there was none
	Why  string
}

// New makes a server on which nobody follows the account. It is an http.Handler; Start
// gives it an address.
func New() *Server {
	return &Server{
		AppID: AppID, Secret: Secret, Token: Token, AESKey: AESKey,
		Now: time.Now, Tries: 3, Patience: 5 * time.Second,
		Callers: []string{"101.226.103.0/25"},
		users:   map[string]*User{}, faults: map[string][]Fault{}, tokens: map[string]time.Time{}, tickets: map[string]bool{},
		media: map[string]file{}, codes: map[string]*code{}, qrs: map[string]string{}, knocks: map[string]int64{}, lines: map[string]chan func(){},
		serial: 6_054_768_590_064_000_000,
	}
}

// Start listens on loopback and gives the address for weixin.Lines.Official.
func (s *Server) Start() string {
	s.test = httptest.NewServer(s)
	return s.test.URL
}

// Close ends the listening and waits for the callbacks under way.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	for _, line := range s.lines {
		close(line)
	}
	s.news.Ring()
	s.mu.Unlock()
	s.running.Wait()
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

// Calls are the calls made so far, to one path or to all ("").
func (s *Server) Calls(path string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c Call) bool { return path != "" && c.Path != path })
}

// Asked is how often the account has asked for a token.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Kill ends every token there is, as when the secret is reset or another program has taken
// over: calls with them fail with the code Dead.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens, s.stable = map[string]time.Time{}, ""
}

// Pushes is how often callbacks were brought, each try counted; Pending how many are still
// to be brought; Broken how many people saw that the account "is out of order".
func (s *Server) Pushes() int  { s.mu.Lock(); defer s.mu.Unlock(); return s.pushes }
func (s *Server) Pending() int { s.mu.Lock(); defer s.mu.Unlock(); return s.pending }
func (s *Server) Broken() int  { s.mu.Lock(); defer s.mu.Unlock(); return s.broken }

// Menu is the menu as it was created last, and how often one was.
func (s *Server) Menu() (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.menu), s.menus
}

// Fault is what goes wrong with a call. The zero Fault is none.
type Fault struct {
	kind string
	code int
	why  string
	slow time.Duration
}

var (
	// Busy answers -1.
	Busy = Refuse(-1, "system error")
	// BadGateway answers 502 with a page of HTML.
	BadGateway = Fault{kind: "html"}
	// CloseBefore closes the connection, and nothing was done.
	CloseBefore = Fault{kind: "before"}
	// CloseAfter does what was asked and closes the connection instead of answering.
	CloseAfter = Fault{kind: "after"}
	// Garbage does what was asked and answers with what is no JSON.
	Garbage = Fault{kind: "garbage"}
)

// Refuse answers with a code of the platform.
func Refuse(code int, why string) Fault { return Fault{kind: "refuse", code: code, why: why} }

// Slow answers after so long, or when the caller has gone.
func Slow(d time.Duration) Fault { return Fault{kind: "slow", slow: d} }

// Fail makes the next n calls to a path go wrong; calls of Fail for the same path queue up.
func (s *Server) Fail(path string, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.faults[path] = append(s.faults[path], f)
	}
}

type object = map[string]any

// refusal is an error answer of the platform.
type refusal struct {
	code int
	why  string
}

func no(code int, why string) *refusal { return &refusal{code, why} }

// serialNumber is the next number; the lock is held.
func (s *Server) serialNumber() int64 {
	s.serial++
	return s.serial
}

// rid is the tail of every error text of the platform.
func (s *Server) rid() string {
	return fmt.Sprintf(" rid: %08x-%08x-%08x", s.Now().Unix(), s.serialNumber()&0xffffffff, 0x1f2e3d4c)
}

// openidLike makes an openid: 28 letters and digits that begin with "o".
func (s *Server) openidLike() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789_-"
	n := uint64(s.serialNumber())
	b := []byte("oFake6")
	for len(b) < 28 {
		n = n*6364136223846793005 + 1442695040888963407
		b = append(b, letters[(n>>33)%uint64(len(letters))])
	}
	return string(b)
}

// Secrets are what no error and no log may show.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []string{s.Secret, s.AESKey}
	for t := range s.tokens {
		all = append(all, t)
	}
	for t := range s.tickets {
		all = append(all, t)
	}
	return all
}

func hasPrefix(s string, any ...string) bool {
	return slices.ContainsFunc(any, func(p string) bool { return strings.HasPrefix(s, p) })
}
