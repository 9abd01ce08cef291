package dialogue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// Person is somebody who may speak in a play, besides the people with a post.
type Person struct {
	ID      flows.PersonID
	Name    string
	Home    flows.Place
	Consent bool
	Lang    string
}

// Options are what a World is made of.
type Options struct {
	Store    storage.Store
	Settings *flows.Settings
	Cast     []Person
	Flows    []flows.Flow
	Reader   prompts.Reader
	Media    string
	Start    time.Time // zero: a Wednesday morning
	Thrice   bool      // deliver everything three times
	Log      *slog.Logger
	Tries    int // how often a step that fails is tried again; 1 if 0
}

// World is a stage of its own: a store, a chat platform in memory and a clock
// that only Advance moves.
type World struct {
	o        Options
	Bot      *bot.Bot
	now      time.Time
	settings *flows.Settings
	out      []Told
	posts    map[string][]post // by address
	names    map[string]string // address by name
	people   map[string]string // name by address
	n        int
	given    []post // every message as it was when it came, for presses of buttons that are gone
	far      bool   // Linli cannot write to anybody first
	polls    bool   // the platform has polls of its own
	lane     *lane  // a second platform
	links    bool   // links lead to the private chat, and to pages
}

// Told is something somebody saw.
type Told struct {
	Name   string // of a person or a group
	Mode   string // "", 改 (changed), 弹 (notice after a press)
	Text   string
	Labels []string
	Silent bool
}

// String writes it as a line of a play, without the "< ".
func (t Told) String() string {
	var w strings.Builder
	w.WriteString(t.Name)
	if t.Mode != "" {
		w.WriteString(" (" + t.Mode + ")")
	}
	w.WriteString(": " + strings.ReplaceAll(t.Text, "\n", " / "))
	for _, l := range t.Labels {
		w.WriteString(" [" + l + "]")
	}
	return w.String()
}

// post is one message on the platform.
type post struct {
	ref, by string
	text    string
	buttons []bot.Button
	poll    *bot.Poll
	ended   bool
}

// NewWorld makes a stage with the people of the community on it, all of them
// with an account.
func NewWorld(ctx context.Context, o Options) (*World, error) {
	w := &World{o: o, now: o.Start, settings: o.Settings, posts: map[string][]post{}, names: map[string]string{}, people: map[string]string{}}
	if w.now.IsZero() {
		w.now = time.Date(2026, 3, 11, 9, 0, 0, 0, o.Settings.Zone)
	}
	if o.Tries == 0 {
		w.o.Tries = 1
	}
	name := func(address, name string) {
		w.names[name], w.people[address] = address, name
	}
	for _, p := range o.Settings.People {
		name("m/"+string(p.ID), p.Name)
	}
	for _, p := range o.Cast {
		name("m/"+string(p.ID), p.Name)
	}
	for _, g := range o.Settings.Groups {
		name("g/"+g.ID, g.Name)
	}
	w.lane = newLane(w)
	var err error
	w.Bot, err = bot.New(bot.Options{Store: o.Store, Settings: o.Settings, Flows: o.Flows, Channels: []bot.Channel{w, w.lane}, Reader: o.Reader,
		Now: func() time.Time { return w.now }, Media: o.Media, Log: o.Log, Link: w.page,
		Secret: []byte("what is played again says the same")})
	if err != nil {
		return nil, err
	}
	return w, w.again(func() error { return Populate(ctx, o.Store, o.Settings, o.Cast, "play", w.now) })
}

// Populate gives everybody of a community an account on a channel whose
// addresses are m/<person> and g/<group>, as if they had come by a code long ago.
func Populate(ctx context.Context, store storage.Store, s *flows.Settings, cast []Person, channel string, at time.Time) error {
	return store.Update(ctx, func(tx storage.Tx) error {
		keep := func(p storage.Person) error {
			if _, err := tx.Person(p.ID); err == nil {
				return nil
			} else if !errors.Is(err, storage.ErrNone) {
				return err
			}
			a := channel + ":m/" + string(p.ID)
			p.Addresses, p.Reach = []string{a}, []string{a}
			return tx.PutPerson(p)
		}
		for _, o := range s.People {
			if err := keep(storage.Person{ID: o.ID, Name: o.Name, Lang: o.Lang, Home: o.Home, Consent: at}); err != nil {
				return err
			}
		}
		for _, p := range cast {
			sp := storage.Person{ID: p.ID, Name: p.Name, Lang: p.Lang, Home: p.Home}
			if p.Consent {
				sp.Consent = at
				if err := keep(sp); err != nil {
					return err
				}
			}
		}
		for _, g := range s.Groups {
			a := channel + ":g/" + g.ID
			if _, err := tx.ChatAt(a); err == nil {
				continue
			} else if !errors.Is(err, storage.ErrNone) {
				return err
			}
			if err := tx.PutChat(flows.Chat{ID: flows.ChatID(channel + "-" + g.ID), Address: a, Group: true, Directory: g.ID, Title: g.Name, Scope: g.Scope, Lang: g.Lang, Introduced: at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// again tries a step as a platform would.
func (w *World) again(f func() error) (err error) {
	for range w.o.Tries {
		if err = f(); err == nil {
			return nil
		}
	}
	return err
}

// Now is the world's clock.
func (w *World) Now() time.Time { return w.now }

// Name, Capabilities, Send and Fetch make the world a channel.
func (w *World) Name() string { return "play" }

func (w *World) Capabilities() bot.Capabilities {
	return bot.Capabilities{ReadsGroup: true, PostsGroup: true, WritesFirst: !w.far, Edits: true, Buttons: 100, DataBytes: 64, Text: 4000, Photos: true, Voices: true, Polls: w.polls}
}

func (w *World) Send(_ context.Context, address string, m bot.Message) (string, error) {
	name, ok := w.people[address]
	if !ok {
		return "", bot.Gone{Why: "nobody here has this address"}
	}
	if m.StopPoll {
		return m.Edit, w.stop(address, name, m)
	}
	t := Told{Name: name, Text: m.Text, Silent: m.Silent}
	if m.Poll != nil {
		if err := fits(*m.Poll); err != nil {
			return "", err
		}
		t.Text = "〔投票〕" + m.Poll.Question
		for i, o := range m.Poll.Options {
			t.Text += fmt.Sprintf(" %c.%s", 'A'+i, o)
		}
	}
	if len(m.Photos) > 0 {
		t.Text += fmt.Sprintf("（附照片%d张）", len(m.Photos))
	}
	if len(m.Voices) > 0 {
		t.Text += "（附语音）"
	}
	var err error
	var flat []bot.Button
	if t.Labels, flat, err = w.flat(m); err != nil {
		return "", err
	}
	if c := w.Capabilities(); c.Unit.Len(m.Text) > c.Text || len(flat) > c.Buttons {
		return "", bot.Refused{Why: "the text is too long, or there are too many buttons"}
	}
	w.given = append(w.given, post{text: m.Text, buttons: flat})
	list := w.posts[address]
	for i := range list {
		if m.Edit != "" && list[i].ref == m.Edit && list[i].by == "" {
			if list[i].text == m.Text && fmt.Sprint(list[i].buttons) == fmt.Sprint(flat) {
				return m.Edit, nil
			}
			list[i].text, list[i].buttons = m.Text, flat
			t.Mode = "改"
			w.out = append(w.out, t)
			return m.Edit, nil
		}
	}
	w.n++
	p := post{ref: strconv.Itoa(w.n), text: m.Text, buttons: flat, poll: m.Poll}
	if m.Poll != nil {
		p.ref += "!p" + p.ref
	}
	w.posts[address] = append(list, p)
	w.out = append(w.out, t)
	return p.ref, nil
}

// Fetch gives a small picture whose bytes depend on its name.
func (w *World) Fetch(_ context.Context, remote string, _ int64) ([]byte, error) {
	return []byte("\x89PNG\r\n" + remote), nil
}

func (w *World) address(name string) (string, error) {
	a, ok := w.names[name]
	if !ok {
		return "", fmt.Errorf("the directory has no %q", name)
	}
	return a, nil
}

func (w *World) peers(who, where string) (from, chat bot.Peer, err error) {
	a, err := w.address(who)
	if err != nil {
		return from, chat, err
	}
	from = bot.Peer{Address: a, Name: who, Person: true}
	for _, p := range w.o.Cast {
		if p.Name == who {
			from.Lang = p.Lang
		}
	}
	if where == "" {
		return from, bot.Peer{Address: a, Name: who}, nil
	}
	g, err := w.address(where)
	return from, bot.Peer{Address: g, Name: where, Group: true}, err
}

// receive hands an inbound over, three times where that is wanted, and carries
// out what follows.
func (w *World) receive(ctx context.Context, in bot.Inbound) error {
	times := 1
	if w.o.Thrice {
		times = 3
	}
	if in.At = w.now; in.Channel == "" {
		in.Channel = w.by(in.From, in.Chat, false)
	}
	if in.Channel == laneName {
		w.lane.opens(&in)
	}
	for range times {
		var answer bot.Answer
		if err := w.again(func() (err error) { answer, err = w.Bot.Receive(ctx, in); return err }); err != nil {
			return err
		}
		if answer.Toast != "" {
			t := Told{Name: in.From.Name, Mode: "弹", Text: answer.Toast}
			if len(w.out) == 0 || w.out[len(w.out)-1].String() != t.String() {
				w.out = append(w.out, t)
			}
		}
	}
	return w.drain(ctx)
}

// drain carries out all that is due now.
func (w *World) drain(ctx context.Context) error {
	for range 10000 {
		var n int
		if err := w.again(func() (err error) { n, _, err = w.Bot.Round(ctx); return err }); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
	return errors.New("the outbox does not come to an end")
}

// Say says something.
func (w *World) Say(ctx context.Context, who, where string, l Line) error {
	from, chat, err := w.peers(who, where)
	if err != nil {
		return err
	}
	in := bot.Inbound{Channel: w.by(from, chat, l.Lane), Kind: bot.Said, From: from, Chat: chat, Message: flows.Message{Text: l.Text, Forwarded: l.Forward}}
	w.n++
	ref := strconv.Itoa(w.n)
	in.Keys = []string{"play/" + ref}
	if l.Edit {
		in.Kind = bot.Edited
		for _, p := range w.posts[chat.Address] {
			if p.by == who {
				ref = p.ref
			}
		}
	}
	if l.Reply {
		for _, p := range w.posts[chat.Address] {
			if p.by == "" {
				in.Message.ReplyTo = p.ref
			}
		}
	}
	in.Message.Ref = ref
	if l.Photo {
		in.Message.Media = append(in.Message.Media, flows.Media{Kind: "photo", Remote: "photo-" + ref, Channel: in.Channel})
	}
	if l.Voice {
		in.Message.Media = append(in.Message.Media, flows.Media{Kind: "voice", Remote: "voice-" + ref, Channel: in.Channel, Seconds: 7})
	}
	if l.Point {
		in.Message.Point = &flows.Point{Lat: 40.65, Lon: 109.84}
	}
	if !l.Edit {
		w.posts[chat.Address] = append(w.posts[chat.Address], post{ref: ref, by: who, text: l.Text})
	}
	return w.receive(ctx, in)
}

// Press presses a button.
func (w *World) Press(ctx context.Context, who, where, label, raw string) error {
	from, chat, err := w.peers(who, where)
	if err != nil {
		return err
	}
	data, link := raw, ""
	if label != "" {
		for _, p := range w.posts[chat.Address] {
			for _, b := range p.buttons {
				if b.Label == label {
					data, link = b.Data, b.URL
				}
			}
		}
		if done, err := w.follow(ctx, who, link); done {
			return err
		}
		if data == "" {
			return fmt.Errorf("%s has no button [%s]", who, label)
		}
	} else if home, code := strings.CutPrefix(raw, "码 "); code {
		// The code of the letter that was brought to a home.
		var letter string
		err := w.again(func() (err error) {
			letter, err = w.Bot.NewCode(ctx, "home", strings.ReplaceAll(home, "-", "/"))
			return err
		})
		if err != nil {
			return err
		}
		return w.Say(ctx, who, where, Line{Text: "/start " + letter})
	} else if data, err = w.forged(raw); err != nil {
		return err
	}
	w.n++
	return w.receive(ctx, bot.Inbound{Kind: bot.Pressed, Keys: []string{fmt.Sprintf("press/%d", w.n)}, From: from, Chat: chat, Press: data})
}

// forged finds what somebody would have to send to press a button of another
// person's message: the newest on any phone for that number and choice.
func (w *World) forged(raw string) (string, error) {
	no, choice, _ := strings.Cut(raw, "/")
	for i := len(w.given) - 1; i >= 0; i-- {
		for _, b := range w.given[i].buttons {
			if strings.Contains(w.given[i].text, no) && strings.HasSuffix(b.Data, "/"+choice) {
				return b.Data, nil
			}
		}
	}
	return raw, nil // a button that never was
}

// Leave leaves a group.
func (w *World) Leave(ctx context.Context, who, where string) error {
	from, chat, err := w.peers(who, where)
	if err != nil {
		return err
	}
	w.n++
	return w.receive(ctx, bot.Inbound{Kind: bot.Left, Keys: []string{fmt.Sprintf("leave/%d", w.n)}, From: from, Chat: chat})
}

// Advance lets time pass; what becomes due happens at its own time.
func (w *World) Advance(ctx context.Context, to time.Time) error {
	if to.Before(w.now) {
		return fmt.Errorf("the clock cannot go back to %s", to.Format("2006-01-02 15:04"))
	}
	for range 100000 {
		var n int
		var next time.Time
		if err := w.again(func() (err error) { n, next, err = w.Bot.Round(ctx); return err }); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if next.IsZero() || next.After(to) {
			w.now = to
			return w.drain(ctx)
		}
		if next.After(w.now) {
			w.now = next
		}
	}
	return errors.New("the outbox does not come to an end")
}

// Seen gives what people saw since the last call.
func (w *World) Seen() []Told {
	out := w.out
	w.out = nil
	return out
}
