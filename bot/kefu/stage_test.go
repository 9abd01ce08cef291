package kefu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/kefu/fake"
	"linli/bot/weixin"
)

// ears is a Receiver that remembers what it was told, and like the engine takes what has a
// key once. judge, if set, decides on each message first.
type ears struct {
	mu     sync.Mutex
	judge  func(in bot.Inbound) error
	heard  []bot.Inbound
	tries  int
	known  map[string]bool
	twice  int // handed over again after it was taken
	news   chan struct{}
	inside map[string]int
	broken bool // two at the same time of one person
}

func newEars() *ears {
	return &ears{news: make(chan struct{}, 1), inside: map[string]int{}, known: map[string]bool{}}
}

func (e *ears) Receive(_ context.Context, in bot.Inbound) (bot.Answer, error) {
	e.mu.Lock()
	who := in.Chat.Address
	e.tries++
	e.inside[who]++
	e.broken = e.broken || who != "" && e.inside[who] > 1
	judge := e.judge
	e.mu.Unlock()
	var err error
	if judge != nil {
		err = judge(in)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inside[who]--
	if err != nil {
		return bot.Answer{}, err
	}
	if e.known[in.Keys[0]] {
		e.twice++
		return bot.Answer{}, nil
	}
	e.known[in.Keys[0]] = true
	e.heard = append(e.heard, in)
	select {
	case e.news <- struct{}{}:
	default:
	}
	return bot.Answer{}, nil
}

func (e *ears) all() []bot.Inbound {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// texts are the words heard, in order; other kinds show as "<kind>".
func (e *ears) texts() []string { return texts(e.all()) }

func texts(all []bot.Inbound) (out []string) {
	for _, in := range all {
		switch {
		case in.Kind == bot.Said:
			out = append(out, in.Message.Text)
		case in.Kind == bot.Pressed:
			out = append(out, "<"+in.Press+">")
		default:
			out = append(out, "<"+string(in.Kind)+">")
		}
	}
	return out
}

func (e *ears) wait(t *testing.T, n int) []bot.Inbound {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if got := e.all(); len(got) >= n {
			return got
		}
		select {
		case <-e.news:
		case <-limit:
			t.Fatalf("heard %d of %d: %q", len(e.all()), n, e.texts())
		}
	}
}

// shelf is a weixin.Shelf in memory, which keeps what it is given for as long as it is told.
type shelf struct {
	mu    sync.Mutex
	now   func() time.Time
	items map[string]kept
	fail  func(name string) error // asked before a Save
	saved []string
	news  chan struct{} // closed at the next Save
}

func (s *shelf) changed() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

type kept struct {
	value []byte
	until time.Time
}

func (s *shelf) Load(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x, ok := s.items[name]; ok && s.now().Before(x.until) {
		return x.value, nil
	}
	return nil, nil
}

func (s *shelf) Save(_ context.Context, name string, value []byte, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(name); err != nil {
			return err
		}
	}
	s.saved = append(s.saved, name)
	close(s.news)
	s.news = make(chan struct{})
	if value == nil {
		delete(s.items, name)
		return nil
	}
	s.items[name] = kept{bytes.Clone(value), until}
	return nil
}

func (s *shelf) cursor() string {
	v, _ := s.Load(context.Background(), name+"/"+fake.Account+"/cursor")
	return string(v)
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	add time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.add)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add += d
}

// logbook keeps what was logged.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// stage is a platform, the channel, and who listens to it.
type stage struct {
	t      *testing.T
	server *fake.Server
	kefu   *Kefu
	ears   *ears
	shelf  *shelf
	clock  *clock
	log    *logbook
	hook   *httptest.Server
	now    atomic.Pointer[Kefu] // whom the hook leads to
	end    func()               // ends Run and waits for it
	pauses *pauses
}

// pauses keeps the waits of the channel; they cost no time. With a clock, that is moved on.
type pauses struct {
	mu    sync.Mutex
	all   []time.Duration
	clock *clock
}

func (p *pauses) wait(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	p.all = append(p.all, d)
	p.mu.Unlock()
	if p.clock != nil {
		p.clock.move(d)
	}
	return ctx.Err()
}

func (p *pauses) list() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, server: fake.New(), ears: newEars(), clock: &clock{}, log: &logbook{}, pauses: &pauses{}}
	s.server.Now = s.clock.now
	s.shelf = &shelf{now: s.clock.now, items: map[string]kept{}, news: make(chan struct{})}
	at := s.server.Start()
	if err := weixin.Connect(weixin.Lines{Work: at, Timeout: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	s.build(s.ears)
	t.Cleanup(func() {
		s.stop()
		s.hook.Close()
		s.server.Close()
		if s.ears.broken {
			t.Error("two things of one person were handed over at the same time")
		}
		s.discreet(s.log.String())
	})
	return s
}

// build makes the channel, as at the start of a process.
func (s *stage) build(r Receiver) {
	s.t.Helper()
	k, err := New(options(s, r))
	if err != nil {
		s.t.Fatal(err)
	}
	k.pause = s.pauses.wait
	s.kefu = k
	s.now.Store(k)
	if s.hook == nil {
		s.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.now.Load().ServeHTTP(w, r) }))
		s.server.Hook(s.hook.URL)
	}
}

func options(s *stage, r Receiver) Options {
	return Options{
		CorpID: fake.CorpID, Secret: fake.Secret, Token: fake.Token, AESKey: fake.AESKey, Account: fake.Account,
		Receive: r, Shelf: s.shelf, Now: s.clock.now, Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// run starts the worker.
func (s *stage) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	k := s.kefu
	go func() { ended <- k.Run(ctx) }()
	s.end = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}
}

func (s *stage) stop() {
	if s.end != nil {
		s.end()
		s.end = nil
	}
}

// await waits for something at the server.
func (s *stage) await(what string, cond func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if s.server.Wait(ctx, cond) != nil {
		s.t.Fatalf("waited in vain for %s; log:\n%s", what, s.log.String())
	}
}

// synced waits until the cursor stands behind everything.
func (s *stage) synced() {
	s.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		news := s.shelf.changed()
		n := s.server.Pending(s.shelf.cursor())
		if n == 0 {
			return
		}
		select {
		case <-news:
		case <-limit:
			s.t.Fatalf("%d messages lie behind the cursor; log:\n%s", n, s.log.String())
		}
	}
}

// words that a log or an error must not have.
var planted = []string{fake.Secret, "access_token=", "at-1000", "王阿姨家的事", "13800138000", "ENCApHxn"}

func (s *stage) discreet(text string) {
	s.t.Helper()
	for _, bad := range planted {
		if strings.Contains(text, bad) {
			i := strings.Index(text, bad)
			s.t.Errorf("%q shows: …%s", bad, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// send sends with a key of its own.
func (s *stage) send(to *fake.Person, m bot.Message) (string, error) {
	if m.Key == "" {
		m.Key = fmt.Sprintf("%d.test", time.Now().UnixNano())
	}
	ref, err := s.kefu.Send(s.t.Context(), to.ID, m)
	if err != nil {
		s.discreet(err.Error())
	}
	return ref, err
}

var errStore = errors.New("the store is busy")
