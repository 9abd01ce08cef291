// Package webchat is the web chat of Linli: a small chat platform of its own
// (groups, and a private chat of every member with Linli) and the channel to
// it. It needs no account anywhere, so it is the default channel, and the page
// on which the demo is played.
//
// Addresses, without the channel's name: a member's private chat with Linli is
// "m/<member>", a group is "g/<group>".
//
// As a platform it keeps what people wrote, for a few days and in a file of its
// own; as a channel it knows nothing of cases and rules. It must not answer
// anybody by itself, must not show a chat to somebody who is not in it, and
// must not let a text become markup: pages get texts as JSON and set them as
// text. Nothing that a member wrote goes to a log or into an error.
package webchat

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"linli/bot"
)

// Name is the channel's name in addresses.
const Name = "webchat"

// Receiver takes what was heard; a nil error means that it is durable.
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Door redeems an entry code or an invitation for an address
// ("webchat:m/<member>") and tells which groups ("g/…") the member is in now.
// A code that is not good is ErrCode; any other error means that the door does
// not work at the moment.
type Door interface {
	Enter(ctx context.Context, code, address, name string) (groups []string, err error)
}

// ErrCode says that there is no such entry code, or that it is used up.
var ErrCode = errors.New("webchat: entry code is not good")

// Options are what a web chat is built with.
type Options struct {
	Dir     string           // folder of webchat.db and of the folder webchat-files
	Base    string           // what stands before every path, like "/c/dongqu"; empty: nothing
	Receive Receiver         // may come later, see SetReceiver
	Door    Door             // nil: nobody can enter
	Groups  []Group          // names of groups; a group that is not among them is called by its id
	Now     func() time.Time // in the community's zone: pages show its times as they are
	Demo    *Demo            // nil outside the demo
	// Scene reads the code of a building or a group, at which something can be reported; nil:
	// nothing can.
	Scene    func(code string) (scene string, ok bool)
	Secure   bool // behind a proxy that speaks TLS: cookies are for TLS only
	Proxied  bool // the last X-Forwarded-For is the visitor's address
	Log      *slog.Logger
	KeepN    int           // most messages of a group; 0: 500
	KeepFor  time.Duration // how long a group keeps them; 0: 7 days
	KeepMine time.Duration // how long a private chat does; 0: 30 days
}

// Group is a group of the web chat.
type Group struct{ ID, Name string }

// Demo is what the demo page shows. In the demo there are no sessions: whoever
// can open the page speaks as any member, so it answers on loopback only.
type Demo struct {
	Community string
	Members   []Member
	Groups    []Group
	Plays     []Play
	Desk      bool // whoever mounts the chat answers POST /demo/desk with the desk of the staff
	// Play plays an example at reading speed, through Post and Press, until it
	// has ended or ctx is done.
	Play  func(ctx context.Context, name string) error
	Skip  func(time.Duration) // moves the example's clock on
	Clock func() time.Time
}

// Member is a person of the demo.
type Member struct {
	ID, Name string
	Note     string   // 68岁，3号楼2单元
	Role     string   // as flows.Role.In says it
	Groups   []string // ids
	Phone    bool     // is shown with a phone at the right
}

// Play is an example that can be played.
type Play struct{ Name, Title string }

// Webchat is the platform and the channel. It is safe for concurrent use.
type Webchat struct {
	o         Options
	h         *history
	door      Door
	pages     *template.Template
	log       *slog.Logger
	receive   atomic.Pointer[Receiver]
	bell      bell
	turns     [64]sync.Mutex // of chats
	seed      maphash.Seed
	entries   limit // attempts at the door, by address
	posts     limit // posts and presses, by member
	guests    limit // new guests, by address
	allGuests limit
	closing   context.Context
	close     context.CancelFunc
	playing   stage
}

var (
	_ bot.Channel = (*Webchat)(nil)
	_ bot.Fetcher = (*Webchat)(nil)
)

// New opens the history in o.Dir.
func New(o Options) (*Webchat, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.KeepN == 0 {
		o.KeepN = 500
	}
	if o.KeepFor == 0 {
		o.KeepFor = 7 * 24 * time.Hour
	}
	if o.KeepMine == 0 {
		o.KeepMine = 30 * 24 * time.Hour
	}
	h, err := openHistory(o)
	if err != nil {
		return nil, err
	}
	w := &Webchat{
		o: o, h: h, door: o.Door, log: o.Log.With("channel", Name),
		seed: maphash.MakeSeed(), entries: limit{n: 10, per: time.Minute},
		posts: limit{n: 60, per: time.Minute}, guests: limit{n: guestsEach, per: guestsIn}, allGuests: limit{n: guestsAll, per: allIn},
	}
	if w.pages, err = pages.Clone(); err != nil {
		return nil, errors.Join(wrap("pages", err), h.Close())
	}
	w.pages.Funcs(template.FuncMap{"base": func() string { return o.Base }})
	w.closing, w.close = context.WithCancel(context.Background())
	w.bell.ch = make(chan struct{})
	if o.Receive != nil {
		w.SetReceiver(o.Receive)
	}
	groups := o.Groups
	var members []Member
	if o.Demo != nil {
		groups, members = append(groups, o.Demo.Groups...), o.Demo.Members
	}
	if err := h.settle(groups, members); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	if err := h.sweep(o.Now()); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return w, nil
}

// SetReceiver says who is told what is heard. Until then posts fail, and are
// sent again by the browser.
func (w *Webchat) SetReceiver(r Receiver) { w.receive.Store(&r) }

// Close ends all live connections and closes the history.
func (w *Webchat) Close() error {
	w.close()
	return w.h.Close()
}

// Run hands over again what was stored and not yet taken by the receiver (the
// sender's phone may have been switched off since), and drops what is older
// than it may be. It returns when ctx is done.
func (w *Webchat) Run(ctx context.Context) error {
	again, sweep := time.NewTicker(10*time.Second), time.NewTicker(time.Hour)
	defer again.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.closing.Done():
			return nil
		case <-again.C:
			w.again(ctx)
		case <-sweep.C:
			if err := w.h.sweep(w.o.Now()); err != nil {
				w.log.ErrorContext(ctx, "old messages not dropped", "err", err)
			}
		}
	}
}

// Name is the channel's name.
func (w *Webchat) Name() string { return Name }

// Capabilities are those of the browser pages of this package.
func (w *Webchat) Capabilities() bot.Capabilities {
	return bot.Capabilities{
		ReadsGroup: true, PostsGroup: true, WritesFirst: true, Edits: true, Photos: true, Voices: true,
		Buttons: maxButtons, DataBytes: maxData, Text: maxText, Unit: bot.Runes,
	}
}

// Demo guards a handler of the demo: it refuses requests for another host than
// this machine, so that no page elsewhere can reach it by a name of its own
// that leads here. Outside the demo it gives h back as it is.
func (w *Webchat) Demo(h http.Handler) http.Handler {
	if w.o.Demo == nil {
		return h
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.Error(rw, "the demo answers on this machine only: open it as localhost", http.StatusForbidden)
			return
		}
		h.ServeHTTP(rw, r)
	})
}

// Groups tells which groups a member is in from now on; live pages follow at
// once.
func (w *Webchat) Groups(member string, groups []string) error {
	err := w.h.update(func(t tx) error {
		m, err := t.member(member)
		if err != nil {
			return err
		}
		m.Groups = groups
		for _, g := range groups {
			if err := t.addGroup(g, ""); err != nil {
				return err
			}
		}
		return t.putMember(member, m)
	})
	w.bell.ring()
	return err
}

// Seats gives the groups ("g/…") a member is in, and whether the member is known.
func (w *Webchat) Seats(member string) (groups []string, known bool, err error) {
	err = w.h.view(func(t tx) error {
		m, err := t.member(member)
		if errors.Is(err, errNoMember) {
			return nil
		}
		groups, known = m.Groups, err == nil
		return err
	})
	return groups, known, err
}

// OpenGroup makes a group, or gives it another name.
func (w *Webchat) OpenGroup(id, name string) error {
	return wrap("group", w.h.update(func(t tx) error { return t.addGroup("g/"+id, name) }))
}

// History gives what a chat holds, the oldest first.
func (w *Webchat) History(chat string) ([]Line, error) {
	var lines []Line
	err := w.h.view(func(t tx) (err error) {
		lines, err = t.newest(chat, 0, w.h.most(chat))
		return err
	})
	return lines, err
}

// bell wakes everybody who looks at a chat. They read what is new from the
// history, so that a slow connection neither loses anything nor holds up others.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait gives a channel that is closed by the next ring. Take it before reading.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.ch)
	b.ch = make(chan struct{})
}

// limit counts tries by key in a window of time.
type limit struct {
	n   int
	per time.Duration

	mu    sync.Mutex
	since time.Time
	seen  map[string]int
}

// ok counts one more try. Time is the wall clock's: a demo's clock may jump.
func (l *limit) ok(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= l.per || now.Before(l.since) || l.seen == nil {
		l.since, l.seen = now, map[string]int{}
	}
	if len(l.seen) > 100_000 {
		return false // a flood from everywhere: memory stays bounded
	}
	l.seen[key]++
	return l.seen[key] <= l.n
}

// back takes a try back that is not to count.
func (l *limit) back(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[key] > 0 {
		l.seen[key]--
	}
}

func member(address string) (string, bool) { return strings.CutPrefix(address, "m/") }
func group(address string) (string, bool)  { return strings.CutPrefix(address, "g/") }

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("webchat: %s: %w", what, err)
}
