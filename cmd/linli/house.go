package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"linli/bot"
	"linli/bot/desk"
	"linli/bot/kefu"
	"linli/bot/official"
	"linli/bot/pages"
	"linli/bot/telegram"
	"linli/bot/webchat"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/hearing"
	"linli/flows/menu"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
	"linli/flows/round"
	"linli/prompts/local"
	"linli/storage"
)

// house is one community of an installation: its part of the store, its
// engine, its channels, its folder. It knows nothing of the others.
type house struct {
	id       string
	base     string // what stands before its paths, empty if it is alone
	dir      string // its folder
	store    storage.Store
	list     *directory // nil where the directory is fixed, as in the demo
	bot      *bot.Bot
	web      *webchat.Webchat   // nil where it is off
	telegram *telegram.Telegram // nil where it is off
	official *official.Official // nil where it is off
	kefu     *kefu.Kefu         // nil where it is off
	appID    string             // of the public account
	qr       bool               // which may make codes
	account  string             // of the customer service
	corpID   string             // whose it is
	desk     *desk.Desk
	calls    bot.Calls               // to a language model, if there is one
	answers  map[string]bot.Answerer // what it answers to
	pages    *pages.Pages
	now      func() time.Time
	log      *slog.Logger
	demo     bool
	ways     ways
}

// plan is what a house is built from.
type plan struct {
	file     *community.File                 // as it was read at start
	read     func() (*community.File, error) // reads it again; nil: the directory is fixed
	base     string
	public   string // where people reach the installation; empty: not known
	secure   bool   // cookies are for TLS only
	proxied  bool   // the last X-Forwarded-For is the visitor's address
	now      func() time.Time
	web      *webchat.Options  // nil: no web chat
	telegram *telegram.Options // nil: no Telegram
	wechat   wechat
	model    Model // off in the demo
	alone    bool  // a channel that cannot work ends the program
}

// allFlows are the flows, in the order in which they hear.
func allFlows() ([]flows.Flow, error) {
	var out []flows.Flow
	for _, make := range []func() (flows.Flow, error){poll.New, hearing.New, menu.New, activity.New, round.New, demand.New, dispatch.New, room.New, purchase.New} {
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

// furnish wires a house together in its folder; it starts nothing.
func furnish(ctx context.Context, p plan, dir string, store storage.Store, watch bot.Watch, log *slog.Logger) (h *house, err error) {
	s := p.file.Settings
	h = &house{id: s.Community, base: p.base, dir: dir, store: store, now: p.now, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if p.read != nil {
		if h.list, err = loadDirectory(ctx, store, p.file, p.read, p.now); err != nil {
			return h, err
		}
		s = h.list.File().Settings
	}
	fl, err := allFlows()
	if err != nil {
		return h, err
	}
	ears := &later{}
	var channels []bot.Channel
	if p.web != nil {
		o := *p.web
		h.demo = o.Demo != nil
		o.Dir, o.Base, o.Receive, o.Now, o.Log, o.Door = dir, p.base, ears, p.now, log, (*door)(h)
		o.Secure, o.Proxied = p.secure, p.proxied
		if p.public != "" {
			o.Scene = h.scene
		}
		for _, g := range s.Groups {
			o.Groups = append(o.Groups, webchat.Group{ID: g.ID, Name: g.Name})
		}
		if h.web, err = webchat.New(o); err == nil {
			channels = append(channels, h.web)
		} else if err = h.fail(p, webchat.Name, err); err != nil {
			return h, err
		}
	}
	if p.telegram != nil {
		o := *p.telegram
		o.Receive, o.Cursor, o.Commands, o.Log = ears, (*cursor)(h), commandMenu(), log
		if h.telegram, err = telegram.New(o); err == nil {
			channels = append(channels, h.telegram)
		} else if err = h.fail(p, "telegram", err); err != nil {
			return h, err
		}
	}
	wx, err := h.openWeChat(p, ears)
	if err != nil {
		return h, err
	}
	channels = append(channels, wx...)
	if h.answers, err = h.ask(ctx, p); err != nil {
		return h, err
	}
	h.bot, err = bot.New(bot.Options{
		Store: store, Settings: s, Flows: fl, Channels: channels, Reader: local.New(),
		Now: p.now, Media: filepath.Join(dir, "media"), Watch: watch, Log: log, Workers: 32, Answer: h.answers, Away: p.model.away(),
		Link: func(page string, who flows.PersonID, word string) string { return h.link(p, page, who, word) },
	})
	if err != nil {
		return h, err
	}
	if err := h.rooms(ctx, p, ears); err != nil {
		return h, err
	}
	ears.bot.Store(h.bot)
	if h.list != nil {
		h.list.Changed = func(s *flows.Settings) { h.changed(context.WithoutCancel(ctx), s) }
	}
	return h, nil
}

// fail notes that a channel does not work. Where the community is alone that is
// the end; else the others go on.
func (h *house) fail(p plan, channel string, err error) error {
	if p.alone {
		return err
	}
	h.ways.down(channel, err)
	h.log.Error("a channel of this community does not work; the others go on", "channel", channel, "err", err)
	return nil
}

func (h *house) close() error {
	if h.web == nil {
		return nil
	}
	return h.web.Close()
}

// settings are those in force.
func (h *house) settings() *flows.Settings { return h.bot.Settings() }

// mount puts the pages and the hooks of the community where they belong.
func (h *house) mount(mux *http.ServeMux) {
	if h.telegram != nil {
		mux.Handle(h.base+"/hook/telegram", h.telegram)
	}
	h.mountWeChat(mux)
	h.mountRooms(mux)
	if h.web != nil {
		mux.Handle(h.base+"/", h.web.Handler())
		if !h.demo {
			mux.Handle("GET "+h.base+"/{$}", http.RedirectHandler(h.base+"/chat/", http.StatusFound))
		}
	}
}

// follow says in the log what of the directory's file is not in force yet, and
// takes up what is brought into force while Linli runs.
func (h *house) follow(ctx context.Context) {
	if h.list == nil {
		return
	}
	if err := h.bot.Handover(ctx); err != nil { // it may have been changed while Linli did not run
		h.log.Error("the work of those who left was not handed over", "err", err)
	}
	lines, _, err := h.list.Pending(ctx)
	if err != nil {
		h.log.Warn("the directory's file cannot be compared with what is in force", "err", err)
	}
	if len(lines) > 0 {
		h.log.Warn("the directory's file has changes that are not in force: see linli directory", "lines", len(lines))
	}
}

// changed brings another version of the directory into force while people talk.
func (h *house) changed(ctx context.Context, s *flows.Settings) {
	before := h.settings()
	h.bot.SetSettings(s)
	if err := h.bot.Handover(ctx); err != nil {
		h.log.Error("the work of those who left was not handed over", "err", err)
	}
	if err := h.openGroups(ctx, before); err != nil {
		h.log.Error("the web chat does not follow the directory", "err", err)
	}
}

// openGroups opens the groups of the web chat, and puts those with a post into
// the groups their post is about.
func (h *house) openGroups(ctx context.Context, before *flows.Settings) error {
	if h.web == nil {
		return nil
	}
	s := h.settings()
	for _, g := range s.Groups {
		if err := h.web.OpenGroup(g.ID, g.Name); err != nil {
			return err
		}
		if err := h.bot.OpenGroup(ctx, webchat.Name+":g/"+g.ID, g.ID); err != nil {
			return err
		}
	}
	return h.seatOfficials(ctx, before, s)
}

// ways remembers which channels of a house do not work, and why.
type ways struct {
	mu  sync.Mutex
	why map[string]string
}

func (w *ways) down(channel string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why == nil {
		w.why = map[string]string{}
	}
	w.why[channel] = err.Error()
}

// off gives why a channel does not work, "" if it does.
func (w *ways) off(channel string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why[channel]
}

func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
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
