package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

type filedAt struct {
	id    flows.ID
	until time.Time
}

// maxText is how many bytes of a message are read; what is longer is cut.
const maxText = flows.LongestText

// Receive takes one thing that a channel heard. When it returns nil, it is kept
// and will be dealt with, whatever happens to the process; the channel may
// acknowledge it. It is safe to hand the same thing over again. An error means
// "try again": something that can never be dealt with is parked and gives nil.
// Events of one chat must be handed over one after another.
func (b *Bot) Receive(ctx context.Context, in Inbound) (Answer, error) {
	if len(in.Keys) == 0 {
		return Answer{}, errors.New("receive: an inbound without a key")
	}
	began := time.Now() // how long it took is not a matter of the community's clock
	in = clean(in)
	if err := b.refresh(ctx); err != nil {
		return Answer{}, fmt.Errorf("receive: %w", err)
	}
	at := b.clock()
	h, err := b.look(ctx, in, at)
	if err != nil {
		return Answer{}, fmt.Errorf("receive: %w", err)
	}
	var answer Answer
	if b.crowds(&h, at) {
		err, answer.Kept = b.hearLater(ctx, &h, at), true
	} else {
		answer, err = b.take(ctx, &h, at, 0)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("receive: %w", err)
	}
	b.watch.Heard(in.Channel, in.Kind, time.Since(began))
	b.Nudge()
	return answer, nil
}

// take reads and hears something. Job is the row in which it has waited, 0 for
// what a channel has just brought.
func (b *Bot) take(ctx context.Context, h *heard, at time.Time, job uint64) (answer Answer, err error) {
	b.read(h)
	if h.fault != "" && h.reading.Danger == "" && h.From.Person {
		// Nobody knows what it says: staff read it. A danger goes on without the rest.
		return Answer{Kept: true}, b.park(ctx, *h, at, h.fault, job)
	}
	err = caught(func() error {
		return b.store.Update(ctx, func(tx storage.Tx) error {
			prior, seen, err := b.fresh(tx, h.Inbound, at, job)
			if err != nil {
				return err
			}
			if seen {
				// Delivered again, perhaps because the end of the first time was not known.
				h.kept, h.opened, answer.Toast = readMark(prior)
				if silentPress(h.Press) {
					answer.Toast = b.whisperOf(h.Keys)
				}
				if h.turn != nil {
					h.turn.CancelAt(at) // it was counted the first time
				}
				answer.Says, err = b.leaving(tx, h)
				return err
			}
			st := &step{b: b, tx: tx, at: at, s: h.settings, event: h.Keys[0], in: h}
			if err := b.hear(st, h); err != nil {
				return err
			}
			if err := st.tellHomes(); err != nil {
				return err
			}
			if err := st.settle(); err != nil {
				return err
			}
			answer.Toast = st.toast
			if answer.Says, err = b.leaving(tx, h); err != nil {
				return err
			}
			h.kept, h.opened = st.kept, st.opened
			toast := st.toast
			if silentPress(h.Press) {
				b.whispers(h.Keys, toast, at)
				toast = ""
			}
			if job == 0 && (st.kept || st.toast != "") {
				for _, k := range h.Keys { // it may come again under any of them
					if err := tx.Answer(k, at, mark(st.opened, toast)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
	if h.leaves {
		b.stale.Store(true) // also where the end of the commit is not known
	}
	var fault *panicked
	parked := err != nil // or it is an error after all
	if errors.As(err, &fault) {
		b.log.Error("a rule failed, the message is parked", "channel", h.Channel, "fault", fault.where)
		err = b.park(ctx, *h, at, fault.where, job)
	} else if errors.Is(err, errRules) {
		b.log.Error("a rule failed, the message is parked", "channel", h.Channel, "why", err.Error())
		err = b.park(ctx, *h, at, "rules", job)
	} else if errors.Is(err, storage.ErrDamaged) {
		b.log.Error("a record is damaged, the message is parked", "channel", h.Channel, "err", err)
		err = b.parkDamaged(ctx, *h, at, job)
	}
	if err != nil {
		return Answer{}, err
	}
	b.recall(*h, at)
	answer.Opened, answer.Kept = h.opened, h.kept || parked
	return answer, nil
}

// leaving counts, on a channel with windows, the messages that may leave at once to where
// something was said.
func (b *Bot) leaving(tx storage.Tx, h *heard) (n int, err error) {
	c, ok := b.channels[h.Channel]
	if !ok || c.Capabilities().PushWindow == 0 || h.Chat.Group || h.As != "" {
		return 0, nil
	}
	for _, end := range []string{"!", ""} {
		lane, err := tx.Lane(h.Channel + ":" + h.Chat.Address + end)
		if err != nil {
			return 0, err
		}
		for _, j := range lane {
			b.mu.Lock()
			over := b.out[j.ID]
			b.mu.Unlock()
			if j.Kind == "send" && !j.At.After(b.clock()) && !over {
				n++
			}
		}
	}
	return n, nil
}

// fresh marks something as heard, and says whether it has been before: by its
// names, or because the row in which it waited is gone.
func (b *Bot) fresh(tx storage.Tx, in Inbound, at time.Time, job uint64) (prior []byte, seen bool, err error) {
	if job == 0 {
		return b.once(tx, in, at)
	}
	there, err := live(tx, job)
	if err != nil || !there {
		return nil, true, err
	}
	return nil, false, tx.DropJob(job)
}

// heard is an inbound with what is known around it.
type heard struct {
	Inbound
	settings *flows.Settings
	chat     flows.Chat
	known    bool // the chat is in the store
	person   storage.Person
	reading  flows.Reading
	fault    string // where the reader failed
	kept     bool   // something of it was kept: it is no fragment any more
	opened   flows.ID
	turn     *rate.Reservation // the speaker's, see crowds
	crowd    *crowd            // how fast they speak
	leaves   bool              // it changed who is on leave
	came     string            // by which code its speaker came, see scene.go
	listened bool              // its voice note is not to be heard by a machine (again)
}

// who is the address of the speaker with its channel.
func (h *heard) who() string { return h.Channel + ":" + h.From.Address }

// look finds the chat and the speaker, without writing anything.
func (b *Bot) look(ctx context.Context, in Inbound, at time.Time) (heard, error) {
	h := heard{Inbound: in, settings: b.Settings()}
	err := b.store.View(ctx, func(tx storage.Tx) error { return b.find(tx, &h) })
	if errors.Is(err, storage.ErrDamaged) {
		err = nil // it is read all the same: it may be about a danger
	}
	return h, err
}

// find looks up chat and speaker. Where a record is damaged, they are left as
// those of strangers.
func (b *Bot) find(tx storage.Tx, h *heard) error {
	address, err := movedTo(tx, h.Channel+":"+h.Chat.Address)
	if err != nil {
		return err
	}
	h.person = storage.Person{}
	if !h.Chat.Group {
		c, err := cameBy(tx, address)
		if err != nil {
			return err
		}
		h.came = c.Scene
	}
	chat, err := tx.ChatAt(address)
	if h.known = err == nil; !h.known {
		chat = b.newChat(h, address)
	}
	if h.chat = chat; err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if h.As != "" {
		o, post := h.settings.Official(h.As)
		if !post {
			// Who was forgotten meanwhile is nobody, and does not come back by a page left open.
			if h.person, err = tx.Person(h.As); errors.Is(err, storage.ErrNone) {
				h.person, err = storage.Person{}, nil
			}
			return err
		}
		h.person, err = b.official(tx, o)
		return err
	}
	h.person, err = tx.PersonAt(h.who())
	if errors.Is(err, storage.ErrNone) {
		h.person, err = storage.Person{}, nil
		for _, o := range h.settings.People {
			for _, a := range o.Addresses {
				if a == h.who() {
					// A person with a post whose account the directory names.
					if h.person, err = b.official(tx, o); err != nil {
						return err
					}
				}
			}
		}
	}
	return err
}

// newChat is a chat as it is before anything of it was kept. A private chat
// is never a row: its id is its address.
func (b *Bot) newChat(h *heard, address string) flows.Chat {
	c := flows.Chat{Address: address, Group: h.Chat.Group, Title: h.Chat.Name, Lang: h.settings.Lang}
	if !c.Group {
		c.ID = flows.ChatID("~" + address)
		return c
	}
	c.Scope = flows.Everywhere
	for _, g := range h.settings.Groups {
		for _, a := range g.Addresses {
			if a == address {
				c.Directory, c.Scope = g.ID, g.Scope
				if g.Lang != "" {
					c.Lang = g.Lang
				}
			}
		}
	}
	return c
}

// official is the person of a post as the store knows them.
func (b *Bot) official(tx storage.Tx, o flows.Official) (storage.Person, error) {
	p, err := tx.Person(o.ID)
	if errors.Is(err, storage.ErrNone) {
		return storage.Person{ID: o.ID, Name: o.Name, Lang: o.Lang, Home: o.Home}, nil
	}
	return p, err
}

// read makes the reading of the words, outside the transaction. A fault in
// the reader must not hide a danger, and a fault in the search for danger is
// itself treated as one.
func (b *Bot) read(h *heard) {
	if h.Kind != Said && h.Kind != Edited {
		return
	}
	c := prompts.Context{At: b.clock(), Scope: h.chat.Scope, Home: h.where(), Direct: !h.chat.Group, Settings: h.settings}
	if !h.chat.Group {
		c.Scope = flows.Scope{}
	}
	b.mu.Lock()
	if f := b.talk[h.talkKey()]; h.Kind == Said && c.At.Before(f.until) {
		c.Before = append([]string(nil), f.texts...)
		if h.Message.Text != "" && c.At.Sub(f.sent) < pictureFirst {
			h.Message.Media = append(slices.Clone(f.media), h.Message.Media...)
		}
	}
	b.mu.Unlock()
	danger := flows.Unknown
	if err := caught(func() error { danger = b.reader.Danger(h.Message.Text); return nil }); err != nil {
		b.log.Error("the search for danger failed", "channel", h.Channel)
		danger = flows.Unknown
	}
	if err := caught(func() error { h.reading = b.reader.Read(h.Message.Text, c); return nil }); err != nil {
		b.log.Error("the reader failed", "channel", h.Channel)
		h.reading, h.fault = flows.Reading{}, err.Error()
	}
	if danger != "" { // what only the joined fragments say, Read has found
		h.reading.Danger = danger
	}
}

func (h *heard) talkKey() string { return h.Channel + ":" + h.Chat.Address + "\x00" + h.From.Address }

// mark is what is kept with the name of an inbound that led to something: the
// case it opened and the notice it was answered with. For chatter nothing is.
func mark(opened flows.ID, toast string) []byte { return []byte(string(opened) + "\x00" + toast) }

func readMark(m []byte) (kept bool, opened flows.ID, toast string) {
	id, toast, kept := strings.Cut(string(m), "\x00")
	return kept, flows.ID(id), toast
}

// once marks all names of an inbound as seen.
func (b *Bot) once(tx storage.Tx, in Inbound, at time.Time) (prior []byte, seen bool, err error) {
	for _, k := range in.Keys {
		p, was, err := tx.Once(k, at, nil)
		if err != nil {
			return nil, false, err
		}
		if was {
			seen = true
			if len(p) > 0 {
				prior = p
			}
		}
	}
	return prior, seen, nil
}

// hear decides where an inbound belongs. It runs inside the transaction and
// looks at chat and speaker again, because look saw an older state.
func (b *Bot) hear(st *step, h *heard) error {
	if err := b.find(st.tx, h); err != nil {
		return err
	}
	st.chat, st.person, st.reading = h.chat, &h.person, h.reading
	if err := st.opens(h, false); err != nil {
		return err
	}
	switch h.Kind {
	case Joined:
		return b.joined(st, h)
	case Removed:
		return b.removed(st, h)
	case Left:
		return b.left(st, h)
	case Migrated:
		return b.migrated(st, h)
	case Powers:
		return b.powers(st, h)
	case Picked:
		return b.picked(st, h)
	case Undelivered:
		return b.undelivered(st, h)
	case Came, Reacted, Ignored:
		return nil // nothing follows from it, and nothing of it is kept
	}
	if h.Kind == Entered {
		return b.entered(st, h)
	}
	if err := b.lastHeard(st, h); err != nil {
		return err
	}
	if h.As != "" && h.person.ID == "" {
		return st.brief(House, "button-gone", nil)
	}
	if !h.From.Person {
		return nil // a channel, an anonymous admin, another bot: never somebody's report
	}
	if h.chat.Group && !h.known {
		// Linli was in the group before it could hear of it.
		if err := b.introduce(st, h); err != nil {
			return err
		}
	}
	if err := b.reach(st, h); err != nil {
		return err
	}
	st.by = b.actor(h)
	if err := st.number(h); err != nil {
		return err
	}
	if h.Kind == Pressed {
		return b.pressed(st, h)
	}
	if h.form() {
		return b.filledIn(st, h)
	}
	if unread(h) {
		return st.tellUnread(h)
	}
	if done, err := b.command(st, h); done || err != nil {
		return err
	}
	return b.said(st, h)
}

// actor is the speaker as rules see them.
func (b *Bot) actor(h *heard) flows.Actor {
	a := actorOf(h.person, h.settings)
	if a.Name == "" {
		a.Name = h.From.Name
	}
	if c, ok := b.channels[h.Channel]; ok && (c.Capabilities().WritesFirst || !h.chat.Group) {
		a.Reachable = true
	}
	a.Consent = a.Consent || h.agrees()
	return a
}

// actorOf is somebody as rules see them who does nothing at the moment.
func actorOf(p storage.Person, s *flows.Settings) flows.Actor {
	a := flows.Actor{Person: p.ID, Name: p.Name, Consent: !p.Consent.IsZero(), Proven: !p.Proven.IsZero(), Reachable: len(p.Reach) > 0, Home: p.Home, Profile: p.Profile}
	if o, ok := s.Official(p.ID); ok {
		a.Posts, a.Consent = o.Posts, true // who holds a post has agreed to it with the committee
	}
	return a
}

// reach notes that a known person may be written to at this address.
func (b *Bot) reach(st *step, h *heard) error {
	p := &h.person
	if p.ID == "" || h.As != "" {
		return nil
	}
	changed := false
	if !slices.Contains(p.Addresses, h.who()) {
		p.Addresses, changed = append(p.Addresses, h.who()), true
	}
	c := b.channels[h.Channel]
	if (!h.chat.Group || c != nil && c.Capabilities().WritesFirst) && !slices.Contains(p.Reach, h.who()) {
		p.Reach, changed, st.newly = append(p.Reach, h.who()), true, true
	}
	if !changed {
		return nil
	}
	return st.tx.PutPerson(*p)
}

// pressed takes a button: "case/choice" or "case/choice=value".
func (b *Bot) pressed(st *step, h *heard) error {
	if h.Press == "" && h.Message.Text != "" {
		return st.houseSay(h, "numbers-which", nil)
	}
	id, choice, ok := strings.Cut(h.Press, "/")
	if !ok || len(h.Press) > 64 || !utf8.ValidString(h.Press) {
		return st.brief(House, "button-unknown", nil)
	}
	if name, own := strings.CutPrefix(id, "~"); own {
		choice, value, _ := strings.Cut(choice, "=")
		return b.pressedHouse(st, h, name, choice, value)
	}
	c, err := st.tx.Case(flows.ID(id))
	if errors.Is(err, storage.ErrNone) {
		return st.brief(House, "button-gone", nil)
	}
	if err != nil {
		return err
	}
	choice, value, _ := strings.Cut(choice, "=")
	if err := st.need(h); err != nil {
		return err
	}
	return st.run(c, flows.Chose{Choice: choice, Value: value})
}
