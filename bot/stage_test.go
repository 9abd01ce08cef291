package bot_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
	"linli/storage/bolt"
)

// private stands in texts and names of these tests: no log line may hold it.
const private = "13800138000"

// arrived is a message on the platform.
type arrived struct {
	To string
	bot.Message
	Ref string
	At  time.Time
}

// platform is a channel in memory that does what it is told.
type platform struct {
	name  string
	caps  bot.Capabilities
	clock *bottest.Clock

	mu    sync.Mutex
	tried []arrived
	sent  []arrived
	n     int                                  // how many were sent
	do    func(to string, m bot.Message) error // nil: everything arrives
}

func (p *platform) Name() string                   { return p.name }
func (p *platform) Capabilities() bot.Capabilities { return p.caps }

func (p *platform) Send(_ context.Context, to string, m bot.Message) (string, error) {
	p.mu.Lock()
	do := p.do
	p.tried = append(p.tried, arrived{To: to, Message: m, At: p.clock.Now()})
	p.mu.Unlock()
	if do != nil {
		if err := do(to, m); err != nil {
			return "", err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ref := m.Edit
	if ref == "" {
		p.n++
		ref = fmt.Sprintf("%s-%d", p.name, p.n)
		if m.Poll != nil {
			ref += fmt.Sprintf("!q%d@t", p.n)
		}
	}
	p.sent = append(p.sent, arrived{To: to, Message: m, Ref: ref, At: p.clock.Now()})
	return ref, nil
}

func (p *platform) on(do func(to string, m bot.Message) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.do = do
}

// take gives what arrived since the last call.
func (p *platform) take() []arrived {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.sent
	p.sent = nil
	return out
}

func (p *platform) tries() []arrived {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tried)
}

// lines are messages as "address: text [label]", changed ones with a star.
func lines(all []arrived) []string {
	var out []string
	for _, a := range all {
		s := a.To + ": " + a.Text
		if a.Edit != "" {
			s = a.To + "*: " + a.Text
		}
		for _, row := range a.Buttons {
			for _, b := range row {
				s += " [" + b.Label + "]"
			}
		}
		out = append(out, s)
	}
	return out
}

// reader finds what a test says it finds.
type reader struct {
	read   func(text string, c prompts.Context) flows.Reading
	danger func(text string) flows.Danger
}

func (r *reader) Read(text string, c prompts.Context) flows.Reading {
	if r.read == nil {
		return flows.Reading{}
	}
	return r.read(text, c)
}

func (r *reader) Danger(text string) flows.Danger {
	if r.danger == nil {
		return ""
	}
	return r.danger(text)
}

// note is the state of the flows of these tests.
type note struct {
	Stage  string         `json:"stage,omitempty"`
	Heard  []string       `json:"heard,omitempty"` // what happened to it
	Words  string         `json:"words,omitempty"`
	Forget bool           `json:"forget,omitempty"`
	Matter string         `json:"matter,omitempty"`
	Holder flows.PersonID `json:"holder,omitempty"`
}

func (n note) Summary() flows.Summary {
	s := flows.Summary{Stage: n.Stage, Forget: n.Forget, Done: n.Forget, Numbered: n.Stage == "filed", Holder: n.Holder}
	if n.Matter != "" {
		s.Matter = []string{n.Matter}
	}
	return s
}

var toyWords = fstest.MapFS{
	"words/zh-CN.yaml": {Data: []byte("text: '{{.t}}'\nremind: '{{no}} {{.t}}'\ndone: 办好\nalso: 我也是\nbad: '{{at .t}}'\n")},
	"words/en.yaml":    {Data: []byte("text: 'EN {{.t}}'\nremind: '{{no}} {{.t}}'\ndone: Done\nalso: Me too\nbad: '{{at .t}}'\n")},
}

// rules are those of a toy flow.
type rules func(id string, n note, e flows.Event) (note, []flows.Effect)

// toy defines a flow that opens a case for what begins with "事".
func toy(t *testing.T, name string, r rules) flows.Flow {
	t.Helper()
	f, err := flows.Define(name, toyWords, func(id string, n note, e flows.Event) (note, []flows.Effect) {
		n.Heard = append(n.Heard, flows.Kind(e.What))
		return r(id, n, e)
	}, func(e flows.Event) []flows.Effect {
		s := e.What.(flows.Said)
		if !strings.HasPrefix(s.Message.Text, "事") {
			return nil
		}
		return []flows.Effect{flows.Open{Flow: name, Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// tell is a Say of plain words.
func tell(to flows.To, class flows.Class, text string) flows.Say {
	return flows.Say{To: to, Class: class, Words: "text", Vars: flows.Vars{"t": flows.Text(text)}}
}

func person(id flows.PersonID) flows.To { return flows.To{Person: id} }

// settings are those of a community with one group, two people on duty and one
// of staff.
func settings() *flows.Settings {
	zone := time.FixedZone("CST", 8*3600)
	return &flows.Settings{
		Version: "1", Community: "toy", Name: "小社区", Lang: "zh-CN", Zone: zone,
		Calendar: flows.Calendar{Zone: zone, Hours: []flows.Hours{{From: 8*60 + 30, To: 12 * 60}, {From: 14 * 60, To: 18 * 60}}},
		Phones:   flows.Phones{Police: "110", Fire: "119", Ambulance: "120", Gas: "0471-0000000"},
		Limits: flows.Limits{
			Offer: time.Hour, Join: 10 * time.Minute, Parked: 30 * 24 * time.Hour, Invites: 2,
			Morning: 8*60 + 30, Evening: 21*60 + 30, Bundles: []flows.Clock{8*60 + 30, 14*60 + 30},
		},
		Buildings: []flows.Building{{ID: "3", Name: "3号楼", Grid: "g1"}},
		Grids:     []flows.Grid{{ID: "g1", Name: "第一网格", Leader: "li"}},
		People: []flows.Official{
			{ID: "li", Name: "李网格", Posts: []flows.Post{{Role: flows.Leader, Scope: flows.Scope{Grid: "g1"}}}},
			{ID: "sun", Name: "孙值班", Posts: []flows.Post{{Role: flows.OnDuty, Scope: flows.Everywhere}}},
			{ID: "qian", Name: "钱值班", Posts: []flows.Post{{Role: flows.OnDuty, Scope: flows.Everywhere}}},
			{ID: "chen", Name: "陈社区", Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}},
			{ID: "feng", Name: "冯物业", Posts: []flows.Post{{Role: flows.Property, Scope: flows.Everywhere}}},
		},
		Groups: []flows.Group{{ID: "b3", Name: "3号楼群", Scope: flows.Scope{Building: "3"}, Addresses: []string{"toy:g3"}}},
		Roster: []flows.Shift{{Person: "sun", StandIns: []flows.PersonID{"qian"}}},
	}
}

// stage is an engine over a real store with everything around it in a test's
// hands.
type stage struct {
	*testing.T
	db    *bolt.DB
	store storage.Store
	clock *bottest.Clock
	toy   *platform
	read  *reader
	b     *bot.Bot
	o     bot.Options
	log   *bottest.Log
	n     int
}

// newStage sets the stage on a Wednesday at nine. What is said on it must
// never be in the log.
func newStage(t *testing.T, change func(*bot.Options), fl ...flows.Flow) *stage {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, db: db, store: db.In("toy"), read: &reader{}, log: &bottest.Log{}}
	set := settings()
	s.clock = bottest.NewClock(time.Date(2026, 3, 11, 9, 0, 0, 0, set.Zone))
	s.toy = &platform{name: "toy", clock: s.clock, caps: bot.Capabilities{
		ReadsGroup: true, PostsGroup: true, WritesFirst: true, Edits: true, Buttons: 100, DataBytes: 64, Text: 4000, Photos: true,
	}}
	s.o = bot.Options{
		Store: s.store, Settings: set, Flows: fl, Channels: []bot.Channel{s.toy}, Reader: s.read, Now: s.clock.Now, Secret: []byte("the same in all tests"),
		Log: s.log.Logger(t, private),
	}
	if change != nil {
		change(&s.o)
	}
	s.restart()
	t.Cleanup(func() {
		db.Close()
		for _, bad := range []string{private, "王阿姨", "李网格", "陈社区"} {
			if strings.Contains(s.log.String(), bad) {
				t.Errorf("the log holds %q:\n%s", bad, s.log)
			}
		}
	})
	s.update(func(tx storage.Tx) error {
		for _, o := range set.People {
			a := "toy:" + string(o.ID)
			if err := tx.PutPerson(storage.Person{ID: o.ID, Name: o.Name, Consent: s.clock.Now(), Addresses: []string{a}, Reach: []string{a}}); err != nil {
				return err
			}
		}
		return tx.PutChat(flows.Chat{ID: "g", Address: "toy:g3", Group: true, Directory: "b3", Title: "3号楼群", Scope: flows.Scope{Building: "3"}, Introduced: s.clock.Now()})
	})
	return s
}

// restart ends the process and begins another one on the same store.
func (s *stage) restart() {
	s.Helper()
	b, err := bot.New(s.o)
	if err != nil {
		s.Fatal(err)
	}
	s.b = b
}

func (s *stage) update(fn func(tx storage.Tx) error) {
	s.Helper()
	if err := s.store.Update(context.Background(), fn); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) view(fn func(tx storage.Tx) error) {
	s.Helper()
	if err := s.store.View(context.Background(), fn); err != nil {
		s.Fatal(err)
	}
}

// said is something said: who and where are addresses, where "" for private.
func (s *stage) said(who, where, text string) bot.Inbound {
	s.n++
	in := bot.Inbound{
		Channel: "toy", Keys: []string{fmt.Sprintf("k%d", s.n)}, At: s.clock.Now(), Kind: bot.Said,
		From:    bot.Peer{Address: who, Name: "王阿姨" + private, Person: true},
		Chat:    bot.Peer{Address: cmp.Or(where, who), Group: where != ""},
		Message: flows.Message{Ref: fmt.Sprintf("m%d", s.n), Text: text},
	}
	if where != "" {
		in.Chat.Name = "3号楼群"
	}
	return in
}

func (s *stage) pressed(who, where, data string) bot.Inbound {
	in := s.said(who, where, "")
	in.Kind, in.Press = bot.Pressed, data
	return in
}

// hear hands something over, and carries out nothing.
func (s *stage) hear(in bot.Inbound) bot.Answer {
	s.Helper()
	a, err := s.b.Receive(s.Context(), in)
	if err != nil {
		s.Fatal(err)
	}
	return a
}

// say says something and carries out what is due.
func (s *stage) say(who, where, text string) bot.Answer {
	s.Helper()
	a := s.hear(s.said(who, where, text))
	s.drain()
	return a
}

// drain carries out all that is due now and says when the next is.
func (s *stage) drain() (next time.Time) {
	s.Helper()
	for range 20000 {
		n, next, err := s.b.Round(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		if n == 0 {
			return next
		}
	}
	s.Fatal("the outbox does not come to an end")
	return next
}

// pass lets time pass; what becomes due happens at its own time.
func (s *stage) pass(d time.Duration) {
	s.Helper()
	to := s.clock.Now().Add(d)
	for range 100000 {
		next := s.drain()
		if next.IsZero() || next.After(to) {
			s.clock.Set(to)
			s.drain()
			return
		}
		if next.After(s.clock.Now()) {
			s.clock.Set(next)
		}
	}
	s.Fatal("the outbox does not come to an end")
}

// at sets the clock to a time of the day on which the stage was set.
func (s *stage) at(hour, minute int) {
	s.Helper()
	now := s.clock.Now()
	s.clock.Set(time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, now.Location()))
}

func (s *stage) troubles() []storage.Trouble {
	s.Helper()
	list, err := s.b.Troubles(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return list
}

// the gives the state of a case.
func (s *stage) the(id flows.ID) (n note) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		return json.Unmarshal(c.Data, &n)
	})
	return n
}

// told checks what arrived since the last call.
func (s *stage) told(want ...string) {
	s.Helper()
	if got := lines(s.toy.take()); !slices.Equal(got, want) {
		s.Errorf("told:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// only answers a rule with effects when a case is opened.
func only(effects ...flows.Effect) rules {
	return func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if _, opened := e.What.(flows.Opened); opened {
			n.Stage = "filed"
			return n, effects
		}
		if d, ok := e.What.(flows.Delivered); ok {
			n.Heard = append(n.Heard, d.Mark+" "+string(d.Outcome))
		}
		if m, ok := e.What.(flows.Missed); ok {
			n.Heard = append(n.Heard, m.Mark)
		}
		return n, nil
	}
}

var errDown = errors.New("the platform is down")
