package kefu

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/kefu/fake"
	"linli/bot/weixin"
)

// shelf is what the channel keeps.
type shelf struct{ bottest.Shelf }

func (s *shelf) cursor() string {
	v, _ := s.Load(context.Background(), name+"/"+fake.Account+"/cursor")
	return string(v)
}

// stage is a platform, the channel, and who listens to it.
type stage struct {
	t      *testing.T
	server *fake.Server
	kefu   *Kefu
	ears   *bottest.Ears
	shelf  *shelf
	clock  *bottest.Clock
	log    *bottest.Log
	hook   *httptest.Server
	now    atomic.Pointer[Kefu] // whom the hook leads to
	end    func()               // ends Run and waits for it
	pauses *pauses
}

// pauses keeps the waits of the channel; they cost no time. With a clock, that is moved on.
type pauses struct {
	mu    sync.Mutex
	all   []time.Duration
	clock *bottest.Clock
}

func (p *pauses) wait(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	p.all = append(p.all, d)
	p.mu.Unlock()
	if p.clock != nil {
		p.clock.Pass(d)
	}
	return ctx.Err()
}

func (p *pauses) list() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, server: fake.New(), ears: &bottest.Ears{Ignored: true, Once: true}, clock: bottest.NewClock(time.Now()), log: &bottest.Log{}, pauses: &pauses{}}
	s.server.Now = s.clock.Now
	s.shelf = &shelf{bottest.Shelf{Now: s.clock.Now}}
	at := s.server.Start()
	if err := weixin.Connect(weixin.Lines{Work: at, Timeout: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	s.build(s.ears)
	t.Cleanup(func() {
		s.stop()
		s.hook.Close()
		s.server.Close()
		if s.ears.Beside() {
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
		Receive: r, Shelf: s.shelf, Now: s.clock.Now, Log: s.log.Logger(s.t),
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
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	if s.shelf.Wait(ctx, func() bool { return s.server.Pending(s.shelf.cursor()) == 0 }) != nil {
		s.t.Fatalf("%d messages lie behind the cursor; log:\n%s", s.server.Pending(s.shelf.cursor()), s.log)
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
