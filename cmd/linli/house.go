package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"linli/bot"
	"linli/bot/telegram"
	"linli/bot/webchat"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// house is a running Linli: one community, its store, its engine, its channels.
type house struct {
	db       *bolt.DB
	store    storage.Store
	bot      *bot.Bot
	web      *webchat.Webchat   // nil where it is off
	telegram *telegram.Telegram // nil where it is off
	log      *slog.Logger
	demo     bool
	broken   chan error // a commit failed: nothing more may be accepted
	ready    atomic.Bool
}

// plan is what a house is built from.
type plan struct {
	settings *flows.Settings
	data     string // folder
	now      func() time.Time
	web      *webchat.Options  // nil: no web chat
	telegram *telegram.Options // nil: no Telegram
	log      *slog.Logger
}

// allFlows are the flows, in the order in which they hear.
func allFlows() ([]flows.Flow, error) {
	var out []flows.Flow
	for _, make := range []func() (flows.Flow, error){demand.New, dispatch.New} {
		f, err := make()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// later hands what channels hear to the engine, which is built after them.
type later struct{ bot atomic.Pointer[bot.Bot] }

func (l *later) Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error) {
	b := l.bot.Load()
	if b == nil {
		return bot.Answer{}, errors.New("not ready yet")
	}
	return received(ctx, b, in)
}

// build opens the store and wires everything together; it starts nothing.
func build(p plan) (*house, error) {
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	h := &house{log: p.log, broken: make(chan error, 1)}
	var err error
	h.db, err = bolt.Open(filepath.Join(p.data, "linli.db"), bolt.Options{Broken: func(err error) { h.broken <- err }})
	if err != nil {
		return nil, err
	}
	h.store = h.db.In(p.settings.Community)
	if err := h.furnish(p); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) furnish(p plan) error {
	fl, err := allFlows()
	if err != nil {
		return err
	}
	ears := &later{}
	var channels []bot.Channel
	if p.web != nil {
		o := *p.web
		h.demo = o.Demo != nil
		o.Dir, o.Receive, o.Now, o.Log, o.Door = p.data, ears, p.now, p.log, (*door)(h)
		if h.web, err = webchat.New(o); err != nil {
			return err
		}
		channels = append(channels, h.web)
	}
	if p.telegram != nil {
		o := *p.telegram
		o.Receive, o.Cursor, o.Log = ears, (*cursor)(h), p.log
		if h.telegram, err = telegram.New(o); err != nil {
			return err
		}
		channels = append(channels, h.telegram)
	}
	h.bot, err = bot.New(bot.Options{
		Store: h.store, Settings: p.settings, Flows: fl, Channels: channels, Reader: local.New(),
		Now: p.now, Media: filepath.Join(p.data, "media"), Log: p.log, Workers: 32,
	})
	if err != nil {
		return err
	}
	ears.bot.Store(h.bot)
	return nil
}

func (h *house) close() error {
	var err error
	if h.web != nil {
		err = h.web.Close()
	}
	return errors.Join(err, h.db.Close())
}

// handler serves the pages, the hooks and the two questions of a supervisor.
func (h *house) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		err := h.store.View(r.Context(), func(storage.Tx) error { return nil })
		if err != nil || !h.ready.Load() {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	if h.telegram != nil {
		mux.Handle("/hook/telegram", h.telegram)
	}
	if h.web != nil {
		mux.Handle("/", h.web.Handler())
		if !h.demo {
			mux.Handle("GET /{$}", http.RedirectHandler("/chat/", http.StatusFound))
		}
	}
	return mux
}

// grace is how long requests may take to end after the order to stop.
const grace = 8 * time.Second

// run serves until ctx ends or something breaks, then stops in order: no new
// requests, no new updates, the sends that are under way, the store.
func (h *house) run(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{Handler: h.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelWarn)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type part struct {
		name string
		err  error
	}
	ends := make(chan part, 4)
	n := 0
	start := func(name string, f func() error) { n++; go func() { ends <- part{name, f()} }() }
	engine, stopEngine := context.WithCancel(context.WithoutCancel(ctx))
	defer stopEngine()
	start("outbox", func() error { return h.bot.Run(engine) })
	start("http", func() error {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if h.web != nil {
		start("webchat", func() error { return quiet(h.web.Run(ctx)) })
	}
	if h.telegram != nil {
		start("telegram", func() error { return quiet(h.telegram.Run(ctx)) })
	}
	h.ready.Store(true)
	var failed error
	select {
	case <-ctx.Done():
	case err := <-h.broken:
		failed = fmt.Errorf("the store can take nothing more: %w", err)
	case p := <-ends:
		n--
		if p.err != nil {
			failed = fmt.Errorf("%s: %w", p.name, p.err)
		} else {
			failed = fmt.Errorf("%s ended", p.name)
		}
	}
	h.ready.Store(false)
	cancel()
	stopping, done := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer done()
	if err := srv.Shutdown(stopping); err != nil {
		srv.Close()
	}
	stopEngine()
	for ; n > 0; n-- {
		select {
		case p := <-ends:
			if p.err != nil && failed == nil {
				failed = fmt.Errorf("%s: %w", p.name, p.err)
			}
		case <-time.After(2 * grace):
			return errors.Join(failed, errors.New("some work did not end in time; it will be taken up again"))
		}
	}
	return failed
}

func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// door lets people into the web chat by a code.
type door house

func (d *door) Enter(ctx context.Context, code, address, name string) ([]string, error) {
	groups, err := d.bot.Enter(ctx, code, address, name)
	if errors.Is(err, bot.ErrCode) {
		return nil, webchat.ErrCode
	}
	for i := range groups {
		groups[i] = "g/" + groups[i]
	}
	return groups, err
}

// cursor keeps Telegram's offset in the store.
type cursor house

const cursorKey = "cursor/telegram"

func (c *cursor) Load(ctx context.Context) (offset int64, err error) {
	err = c.store.View(ctx, func(tx storage.Tx) error {
		raw, err := tx.Key(cursorKey)
		if errors.Is(err, storage.ErrNone) || len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &offset)
	})
	return offset, err
}

func (c *cursor) Save(ctx context.Context, offset int64) error {
	return c.store.Update(ctx, func(tx storage.Tx) error { return tx.PutKey(cursorKey, flows.Data(offset)) })
}
