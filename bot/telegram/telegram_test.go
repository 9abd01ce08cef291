package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

// bookmark is a Cursor in memory.
type bookmark struct {
	mu    sync.Mutex
	at    int64
	fail  int
	saved []int64
	check func(int64)
}

func (b *bookmark) Load(context.Context) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at, nil
}

func (b *bookmark) Save(_ context.Context, at int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail > 0 {
		b.fail--
		return errors.New("disk is busy")
	}
	if b.check != nil {
		b.check(at)
	}
	b.at, b.saved = at, append(b.saved, at)
	return nil
}

func (b *bookmark) now() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

// stage is a channel in front of a fake Telegram.
type stage struct {
	*testing.T
	server *fake.Server
	ears   *bottest.Ears
	cursor *bookmark
	log    *bottest.Log
	tg     *Telegram
	waits  chan time.Duration // every pause the channel took; they cost no time

	stop    func()
	stopped chan error
}

const hookSecret = "Hook_secret-4711"

func newStage(t *testing.T, mode string) *stage {
	s := &stage{T: t, server: fake.New(), ears: &bottest.Ears{Ignored: true}, cursor: &bookmark{}, log: &bottest.Log{}, waits: make(chan time.Duration, 10000)}
	url := s.server.Start()
	t.Cleanup(s.server.Close)
	var err error
	s.tg, err = New(Options{
		Token: fake.Token, APIURL: url, Mode: mode, Secret: hookSecret, Receive: s.ears, Cursor: s.cursor, Wait: 2 * time.Second,
		Log: s.log.Logger(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.tg.pause = func(ctx context.Context, d time.Duration) error {
		select {
		case s.waits <- d:
		default:
		}
		return ctx.Err()
	}
	if mode == Webhook {
		hook := httptest.NewServer(s.tg)
		t.Cleanup(hook.Close)
		s.tg.options.PublicURL = hook.URL + "/hook/telegram"
	}
	t.Cleanup(func() {
		if strings.Contains(s.log.String(), strings.SplitN(fake.Token, ":", 2)[1]) {
			t.Error("the token is in the log")
		}
	})
	return s
}

func (s *stage) run() {
	ctx, cancel := context.WithCancel(s.Context())
	s.stopped = make(chan error, 1)
	go func() { s.stopped <- s.tg.Run(ctx) }()
	once := sync.OnceFunc(func() {
		cancel()
		if err := <-s.stopped; err != nil {
			s.Errorf("Run: %v", err)
		}
	})
	s.stop = once
	s.Cleanup(once)
}

func (s *stage) await(what string, cond func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 20*time.Second)
	defer cancel()
	if err := s.server.Wait(ctx, cond); err != nil {
		s.Fatalf("waiting for %s: %v\n%s", what, err, s.log)
	}
}

// polled waits until the channel has asked for updates, so that the server
// knows which kinds it wants.
func (s *stage) polled() {
	s.Helper()
	s.await("deleteWebhook", func() bool { return len(s.server.Calls("deleteWebhook")) > 0 })
}

func TestNewRefuses(t *testing.T) {
	good := Options{Token: fake.Token, Receive: &bottest.Ears{}, Cursor: &bookmark{}}
	for name, change := range map[string]func(*Options){
		"no token":         func(o *Options) { o.Token = "" },
		"token with space": func(o *Options) { o.Token = "123:ABC\n" },
		"token of words":   func(o *Options) { o.Token = "mytoken" },
		"number too long":  func(o *Options) { o.Token = "9999999999999999999:A" },
		"odd address":      func(o *Options) { o.APIURL = "ftp://127.0.0.1" },
		"address no host":  func(o *Options) { o.APIURL = "http://" },
		"user in address":  func(o *Options) { o.APIURL = "http://a:b@127.0.0.1" },
		"no receiver":      func(o *Options) { o.Receive = nil },
		"no cursor":        func(o *Options) { o.Cursor = nil },
		"mode":             func(o *Options) { o.Mode = "both" },
		"no secret":        func(o *Options) { o.Mode = Webhook },
		"secret form":      func(o *Options) { o.Mode, o.Secret = Webhook, "with space" },
		"long secret":      func(o *Options) { o.Mode, o.Secret = Webhook, bot.Secret(strings.Repeat("a", 257)) },
	} {
		o := good
		change(&o)
		_, err := New(o)
		if err == nil {
			t.Errorf("%s: New took it", name)
			continue
		}
		if o.Token != "" && strings.Contains(err.Error(), string(o.Token)) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
	if _, err := New(good); err != nil {
		t.Errorf("good options: %v", err)
	}
}

func TestCheck(t *testing.T) {
	s := newStage(t, Polling)
	s.server.ReadsAll = false
	name, all, err := s.tg.Check(t.Context())
	if name != "linli_test_bot" || all || err != nil {
		t.Errorf("Check = %q, %v, %v", name, all, err)
	}
	s.server.Fail("getMe", 1, fake.Refuse(http.StatusUnauthorized, "Unauthorized"))
	if _, _, err := s.tg.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "token is not accepted") {
		t.Errorf("Check with a wrong token: %v", err)
	}
}

// The token must be in no text that leaves the package, whatever goes wrong.
func TestTokenIsNeverShown(t *testing.T) {
	s := newStage(t, Polling)
	secret := strings.SplitN(fake.Token, ":", 2)[1]
	look := func(what string, v any) {
		t.Helper()
		for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if text := fmt.Sprintf(form, v); strings.Contains(text, secret) {
				t.Errorf("%s printed with %s shows the token: %s", what, form, text)
			}
		}
		for err, _ := v.(error); err != nil; err = errors.Unwrap(err) {
			if text := fmt.Sprintf("%+v", err); strings.Contains(text, secret) {
				t.Errorf("%s wraps an error that shows the token: %s", what, text)
			}
		}
	}
	look("Telegram", s.tg)
	look("Options", Options{Token: fake.Token, Secret: bot.Secret(secret)})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	everything := func(what string, ctx context.Context, tg *Telegram) {
		_, _, err := tg.Check(ctx)
		look(what+" Check", err)
		if err == nil {
			t.Errorf("%s: Check went well", what)
		}
		_, err = tg.Send(ctx, "1", bot.Message{Text: "x"})
		look(what+" Send", err)
		_, err = tg.Send(ctx, "1", bot.Message{Text: "x", Edit: "1"})
		look(what+" edit", err)
		_, err = tg.Send(ctx, "1", bot.Message{Text: "x", Photos: []bot.Photo{{Data: []byte("p")}}})
		look(what+" photo", err)
		_, err = tg.Send(ctx, "1", bot.Message{Poll: &bot.Poll{Question: "x", Options: []string{"y", "z"}}})
		look(what+" poll", err)
		_, err = tg.Send(ctx, "1", bot.Message{Edit: "1!5", StopPoll: true})
		look(what+" end of a poll", err)
		_, err = tg.Fetch(ctx, "f", 10)
		look(what+" Fetch", err)
		_, err = tg.wire.download(ctx, "photos/1.jpg", 10)
		look(what+" download", err)
		_, err = tg.getUpdates(ctx, 0)
		look(what+" getUpdates", err)
		tg.answer(ctx, "press", "toast") // looks at the log in the end
	}
	everything("cancelled", ctx, s.tg)
	s.server.Inject("x", "message", 1) // so that no call for updates has to wait
	for _, f := range []fake.Fault{fake.BadGateway, fake.CloseBefore, fake.Garbage, fake.Refuse(500, "at /bot"+fake.Token+"/x"), fake.Refuse(401, "token "+fake.Token)} {
		for _, method := range []string{"getMe", "sendMessage", "editMessageText", "sendPhoto", "sendPoll", "stopPoll", "getFile", "getUpdates", "answerCallbackQuery", "download"} {
			s.server.Fail(method, 1, f)
		}
		everything(fmt.Sprintf("fault %v", f), t.Context(), s.tg)
	}
	// A redirect to another host must not be followed with the token.
	var reached bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer wrong.Close()
	for what, url := range map[string]string{"redirect": wrong.URL, "nobody": "http://127.0.0.1:1", "not http": "https://" + strings.TrimPrefix(wrong.URL, "http://")} {
		tg, err := New(Options{Token: fake.Token, APIURL: url, Receive: s.ears, Cursor: s.cursor, Log: s.tg.log})
		if err != nil {
			t.Fatal(err)
		}
		everything(what, t.Context(), tg)
	}
	if reached {
		t.Error("a redirect was followed")
	}
}
