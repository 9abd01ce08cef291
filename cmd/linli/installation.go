package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"linli/bot/official"
	"linli/storage"
	"linli/storage/bolt"
)

// installation is a running Linli: one file, and a house for every community.
// The houses share the file, the process and the listener, and nothing else.
type installation struct {
	data   string // folder
	db     *bolt.DB
	houses []*house
	config *Config // nil in the demo
	meters *meters
	log    *slog.Logger
	now    func() time.Time
	broken chan error // a commit failed: nothing more may be accepted
	ready  atomic.Bool
	care   care
}

// build opens the store and wires everything together; it starts nothing.
func build(ctx context.Context, data string, log *slog.Logger, plans ...plan) (_ *installation, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	in := &installation{data: data, log: log, now: time.Now, broken: make(chan error, 1), meters: newMeters()}
	in.db, err = bolt.Open(filepath.Join(data, "linli.db"), bolt.Options{
		Broken:  func(err error) { in.broken <- err },
		Damaged: func(err error) { log.Error("a row of the store is damaged: see linli verify", "err", err) },
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, in.close())
		}
	}()
	if err := connect(plans); err != nil {
		return nil, err
	}
	if err := in.moveIn(ctx, plans); err != nil {
		return nil, err
	}
	for _, p := range plans {
		id := p.file.Settings.Community
		p.alone = len(plans) == 1
		hlog := log
		if !p.alone {
			hlog = log.With("community", id)
		}
		h, err := furnish(ctx, p, filepath.Join(data, id), in.db.In(id), in.meters.of(id), hlog)
		if err != nil {
			return nil, err
		}
		in.houses = append(in.houses, h)
	}
	in.meters.watch(in)
	return in, nil
}

func (in *installation) close() error {
	var err error
	for _, h := range in.houses {
		err = errors.Join(err, h.close())
	}
	return errors.Join(err, in.db.Close())
}

// house finds a community by its id; "" finds the only one.
func (in *installation) house(id string) (*house, error) {
	if id == "" && len(in.houses) == 1 {
		return in.houses[0], nil
	}
	var ids []string
	for _, h := range in.houses {
		if h.id == id {
			return h, nil
		}
		ids = append(ids, h.id)
	}
	if id == "" {
		return nil, fmt.Errorf("有%d个社区，请用 --community 说明是哪一个：%s", len(ids), join(ids))
	}
	return nil, fmt.Errorf("没有“%s”这个社区，有：%s", id, join(ids))
}

// handler serves the pages, the hooks and the questions of a supervisor.
func (in *installation) handler() http.Handler {
	mux := http.NewServeMux()
	in.supervise(mux)
	for _, h := range in.houses {
		h.mount(mux)
	}
	if len(in.houses) > 1 {
		mux.HandleFunc("GET /{$}", in.front)
	}
	return in.provesDomain(mux)
}

// supervise adds what those ask who look after the machine.
func (in *installation) supervise(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !in.ready.Load() || in.answers(r.Context()) != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", in.guarded(in.meters.handler()))
}

// answers says whether the store does.
func (in *installation) answers(ctx context.Context) error {
	return in.houses[0].store.View(ctx, func(storage.Tx) error { return nil })
}

// grace is how long requests may take to end after the order to stop.
const grace = 8 * time.Second

// doors are the listeners of an installation.
type doors struct {
	http    net.Listener
	plain   http.Handler // what http serves; nil: everything
	https   net.Listener // nil where Linli does not speak TLS itself
	tls     *tls.Config
	control net.Listener // nil: no other command can ask this process
}

// part is something that runs until it is told to end.
type part struct {
	name string
	err  error
	ours *house // whose channel it was; nil: everybody needs it
}

func (in *installation) server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(in.log.Handler(), slog.LevelWarn)}
}

// run serves until ctx ends or something breaks, then stops in order: no new
// requests, no new updates, the sends that are under way, the store.
func (in *installation) run(ctx context.Context, d doors) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := make(chan part, 8+6*len(in.houses))
	n := 0
	start := func(name string, ours *house, f func() error) {
		n++
		go func() { ends <- part{name, f(), ours} }()
	}
	engine, stopEngine := context.WithCancel(context.WithoutCancel(ctx))
	defer stopEngine()
	var servers []*http.Server
	serve := func(name string, srv *http.Server, ln net.Listener) {
		servers = append(servers, srv)
		start(name, nil, func() error {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	all := in.handler()
	if d.https != nil {
		serve("https", in.server(hsts(all)), tls.NewListener(d.https, d.tls))
	}
	if d.plain == nil {
		d.plain = all
	}
	serve("http", in.server(d.plain), d.http)
	if d.control != nil {
		serve("control", in.server(in.deeds()), d.control)
	}
	for _, h := range in.houses {
		start("outbox", nil, func() error { return h.bot.Run(engine) })
		if h.web != nil {
			start("webchat", h, func() error { return quiet(h.web.Run(ctx)) })
		}
		if h.telegram != nil {
			start("telegram", h, func() error { return quiet(h.telegram.Run(ctx)) })
		}
		if h.official != nil {
			start(official.Name, h, func() error { return quiet(h.official.Run(ctx)) })
		}
		if h.kefu != nil {
			start(kefuName, h, func() error { return quiet(h.kefu.Run(ctx)) })
		}
	}
	if in.config != nil {
		start("maintenance", nil, func() error { return in.maintain(ctx) })
	}
	in.ready.Store(true)
	var failed error
	for failed == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case err := <-in.broken:
			failed = fmt.Errorf("the store can take nothing more: %w", err)
		case p := <-ends:
			n--
			if p.err == nil && ctx.Err() == nil {
				p.err = errors.New("ended")
			}
			switch {
			case p.err == nil:
			case p.ours != nil && len(in.houses) > 1:
				p.ours.ways.down(p.name, p.err)
				p.ours.log.Error("a channel of this community does not work; the others go on", "channel", p.name, "err", p.err)
			default:
				failed = fmt.Errorf("%s: %w", p.name, p.err)
			}
		}
	}
	in.ready.Store(false)
	cancel()
	stopping, done := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer done()
	for _, srv := range servers {
		if err := srv.Shutdown(stopping); err != nil {
			srv.Close()
		}
	}
	stopEngine()
	for ; n > 0; n-- {
		select {
		case p := <-ends:
			if p.err != nil && failed == nil && (p.ours == nil || len(in.houses) == 1) {
				failed = fmt.Errorf("%s: %w", p.name, p.err)
			}
		case <-time.After(2 * grace):
			return errors.Join(failed, errors.New("some work did not end in time; it will be taken up again"))
		}
	}
	return failed
}

// welcome opens the groups of the web chats, and on the first day gives the one
// who installs it the code that lets the first member of staff in.
func (in *installation) welcome(ctx context.Context, stdout io.Writer) error {
	for _, h := range in.houses {
		if err := h.openGroups(ctx, h.settings()); err != nil {
			return err
		}
		staff, err := h.bot.Unbound(ctx)
		if err != nil {
			return err
		}
		if len(staff) == 0 {
			continue
		}
		code, err := h.bot.NewCode(ctx, "person", string(staff[0]))
		if err != nil {
			return err
		}
		o, _ := h.settings().Official(staff[0])
		fmt.Fprintf(stdout, "%s还没有人绑定账号。请%s私下对机器人发：\n  /start %s\n", h.settings().Name, o.Name, code)
		if h.web != nil {
			fmt.Fprintf(stdout, "或在网页 %s/chat/ 上用这个码进入：%s\n", h.base, code)
		}
		fmt.Fprintln(stdout, "之后由这位工作人员用“/code 姓名或群名”给别人取码。这个码7天内有效，只能用一次。")
	}
	return nil
}

func join(list []string) string { return strings.Join(list, "、") }
