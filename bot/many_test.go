package bot_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// bundled is a reminder that may leave with others.
func bundled(text string) flows.Say {
	say := flows.Say{To: person("li"), Class: flows.Work, Words: "remind", Vars: flows.Vars{"t": flows.Text(text)}, Bundle: true}
	say.Buttons = []flows.Button{{Words: "done", Choice: "done"}}
	return say
}

// Reminders of one reader leave as one message whose buttons say which case
// they are for, and no reminder is lost or told twice.
func TestBundle(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(bundled("催办"))))
	for range 3 {
		s.say("p1", "", "事情")
		s.pass(time.Minute)
	}
	s.told()
	s.pass(6 * time.Hour)
	got := s.toy.take()
	if l := lines(got); !slices.Equal(l, []string{"li: 0001 催办\n\n0002 催办\n\n0003 催办 [0001 办好] [0002 办好] [0003 办好]"}) {
		t.Fatalf("told %q", l)
	}
	if at := got[0].At.In(s.o.Settings.Zone).Format("15:04"); at != "14:30" {
		t.Errorf("it left at %s", at)
	}
	// Each button speaks to its own case.
	s.hear(s.pressed("li", "", got[0].Buttons[2][0].Data))
	if h := s.the("3").Heard; !slices.Contains(h, "chose") {
		t.Errorf("the third case heard %q", h)
	}
	s.pass(24 * time.Hour)
	s.told()
}

// What does not fit the message leaves in the next, once.
func TestBundleThatIsFull(t *testing.T) {
	for name, change := range map[string]func(*bot.Capabilities){
		"text":    func(c *bot.Capabilities) { c.Text = 30 },
		"buttons": func(c *bot.Capabilities) { c.Buttons = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil, toy(t, "toy", only(bundled("催办"))))
			change(&s.toy.caps)
			for range 8 {
				s.say("p1", "", "事情")
			}
			s.pass(6 * time.Hour)
			all := s.toy.take()
			if len(all) < 3 || len(all) > 6 {
				t.Errorf("%d messages", len(all))
			}
			seen, buttons := map[string]int{}, 0
			for _, a := range all {
				for _, l := range strings.Split(a.Text, "\n\n") {
					seen[l]++
				}
				n := 0
				for _, row := range a.Buttons {
					n += len(row)
				}
				if buttons += n; bot.Runes.Len(a.Text) > s.toy.caps.Text || n > s.toy.caps.Buttons {
					t.Errorf("a message of %d runes with %d buttons", bot.Runes.Len(a.Text), n)
				}
			}
			for i := range 8 {
				if l := fmt.Sprintf("%04d 催办", i+1); seen[l] != 1 {
					t.Errorf("%q was told %d times", l, seen[l])
				}
			}
			if buttons != 8 || len(seen) != 8 {
				t.Errorf("%d buttons, %d texts", buttons, len(seen))
			}
		})
	}
}

// One reminder that cannot be rendered takes no other with it.
func TestBundleWithABadOne(t *testing.T) {
	n := 0
	s := newStage(t, nil, toy(t, "toy", func(_ string, x note, e flows.Event) (note, []flows.Effect) {
		x.Stage = "filed"
		if _, opened := e.What.(flows.Opened); !opened {
			return x, nil
		}
		say := bundled("催办")
		if n++; n == 2 {
			say.Words = "bad"
		}
		return x, []flows.Effect{say}
	}))
	for range 3 {
		s.say("p1", "", "事情")
	}
	s.pass(6 * time.Hour)
	var all []string
	for _, a := range s.toy.take() {
		if a.To == "li" {
			all = append(all, strings.Split(a.Text, "\n\n")...)
		}
	}
	if !slices.Equal(all, []string{"0001 催办", "0003 催办"}) {
		t.Errorf("told %q", all)
	}
	if list := s.troubles(); len(list) != 1 || list[0].Case != "2" {
		t.Errorf("troubles %+v", list)
	}
}

// crowd opens a case with n followers who can all be reached.
func crowd(s *stage, n int) {
	s.Helper()
	s.say("p1", "", "事情")
	s.update(func(tx storage.Tx) error {
		for i := range n {
			id := fmt.Sprintf("f%04d", i)
			a := "toy:" + id
			if err := tx.PutPerson(storage.Person{ID: flows.PersonID(id), Consent: s.clock.Now(), Addresses: []string{a}, Reach: []string{a}}); err != nil {
				return err
			}
			if err := tx.PutEntry("1", flows.Entry{Key: id, Tag: "follower", Order: int64(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	s.toy.take()
}

// toAll tells every follower when a button is pressed.
func toAll(class flows.Class) rules {
	return func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		switch w := e.What.(type) {
		case flows.Chose:
			return n, []flows.Effect{tell(flows.To{Entries: "follower", Except: []flows.PersonID{"f0007"}}, class, w.Value)}
		case flows.Delivered:
			n.Heard = append(n.Heard, string(w.To)+" "+string(w.Outcome))
		}
		return n, nil
	}
}

// A Say to a thousand becomes rows batch by batch, in the order of the entries,
// once each, also if the process ends in the middle.
func TestSayToMany(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", toAll(flows.Personal)))
	crowd(s, 1000)
	s.hear(s.pressed("p1", "", "1/all=办好"))
	jobs := func() (n int) {
		s.view(func(tx storage.Tx) error {
			list, err := tx.JobsOf("1")
			n = len(list)
			return err
		})
		return n
	}
	if n := jobs(); n != 1 {
		t.Fatalf("at first there are %d rows, want one for all", n)
	}
	for i := range 2 {
		if n, _, err := s.b.Round(t.Context()); n != 1 || err != nil {
			t.Fatalf("round %d: %d %v", i, n, err)
		}
	}
	if n := jobs(); n < 200 || n > 500 {
		t.Errorf("after two rounds there are %d rows", n)
	}
	s.restart()
	s.drain()
	told := map[string]int{}
	for _, a := range s.toy.take() {
		told[a.To]++
		if a.Text != "办好" {
			t.Fatalf("%s was told %q", a.To, a.Text)
		}
	}
	for i := range 1000 {
		id, want := fmt.Sprintf("f%04d", i), 1
		if i == 7 {
			want = 0
		}
		if told[id] != want {
			t.Errorf("%s was told %d times", id, told[id])
		}
	}
	if n := jobs(); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// Where the platform allows so many a second, the rows that wait must not be
// written anew each time one of them leaves.
func TestSayToManyAtARate(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", toAll(flows.Personal)))
	s.toy.caps.PerSecond = 30
	c := &counting{Store: s.store}
	s.o.Store = c
	s.restart()
	crowd(s, 300)
	s.hear(s.pressed("p1", "", "1/all=办好"))
	start, rounds := s.clock.Now(), 0
	for len(s.toy.tries()) < 299 && rounds < 5000 {
		n, next, err := s.b.Round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if rounds++; n == 0 {
			s.clock.Set(next)
		}
	}
	took := s.clock.Now().Sub(start)
	if took < 8*time.Second || took > 12*time.Second {
		t.Errorf("299 messages at 30 a second took %v", took)
	}
	if c.asked > 4*299 {
		t.Errorf("%d rows were looked at for 299 messages", c.asked)
	}
}

// counting is a store that counts how often a claim looked at a row.
type counting struct {
	storage.Store
	asked int
}

func (c *counting) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return c.Store.Update(ctx, func(tx storage.Tx) error { return fn(countingTx{tx, c}) })
}

type countingTx struct {
	storage.Tx
	c *counting
}

func (t countingTx) Claim(now time.Time, owner string, lease time.Duration, n int, allow func(storage.Job) time.Time) ([]storage.Job, time.Time, error) {
	return t.Tx.Claim(now, owner, lease, n, func(j storage.Job) time.Time { t.c.asked++; return allow(j) })
}

// An invitation leaves at most once. One that was on its way when the process
// ended is shown to staff, whether it had left or not.
func TestInvitationOnce(t *testing.T) {
	for name, left := range map[string]bool{"before it left": false, "after it left": true} {
		t.Run(name, func(t *testing.T) {
			say := tell(person("li"), flows.Invitation, "周六学手机")
			s := newStage(t, nil, toy(t, "toy", only(say)))
			s.hear(s.said("p1", "", "事情"))
			s.toy.on(func(string, bot.Message) error {
				if !left {
					runtime.Goexit() // the process is gone; nothing after this line happens
				}
				return nil
			})
			o := s.o
			if left {
				o.Store = lasting(s.store, 2) // recovering and claiming are still kept
			}
			b, err := bot.New(o)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				b.Round(context.Background())
			}()
			<-done
			if n := len(s.toy.tries()); n != 1 {
				t.Fatalf("%d sends before the end", n)
			}
			s.toy.on(nil)
			s.toy.take()
			s.restart()
			s.pass(48 * time.Hour)
			s.told("chen: 有一条邀请不知道送到没有，没有再发。")
			if list := s.troubles(); len(list) != 1 || list[0].Kind != "unknown" || list[0].Case != "1" {
				t.Errorf("troubles %+v", list)
			}
		})
	}
}

// brittle is a store that breaks for good after so many Updates.
type brittle struct {
	storage.Store
	allow atomic.Int64
}

// lasting gives a store that breaks after n Updates.
func lasting(s storage.Store, n int64) *brittle {
	b := &brittle{Store: s}
	b.allow.Store(n)
	return b
}

func (b *brittle) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if b.allow.Add(-1) < 0 {
		return storage.ErrBroken
	}
	return b.Store.Update(ctx, fn)
}

// What had left when the store broke, and is no invitation, leaves once more.
func TestStatusAtLeastOnce(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "好"))))
	s.hear(s.said("p1", "", "事情"))
	o := s.o
	o.Store = lasting(s.store, 2)
	b, err := bot.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Round(t.Context()); !errors.Is(err, storage.ErrBroken) {
		t.Errorf("Round: %v", err)
	}
	s.restart()
	s.pass(time.Hour)
	s.told("li: 好", "li: 好")
}

// An unknown outcome of an invitation is shown, not repeated; Busy is no
// unknown outcome.
func TestInvitationUnknown(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Invitation, "周六学手机"))))
	answers := []error{bot.Busy{After: time.Minute}, errDown}
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "li" {
			err := answers[0]
			answers = answers[1:]
			return err
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.pass(48 * time.Hour)
	s.told("chen: 有一条邀请不知道送到没有，没有再发。")
	if list := s.troubles(); len(list) != 1 || list[0].Kind != "unknown" {
		t.Errorf("troubles %+v", list)
	}
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened", "delivered", "text refused"}) {
		t.Errorf("the rules heard %q", got)
	}
}

// Nobody gets more invitations in a week than the limit, and the next week
// begins anew.
func TestInvitationCap(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Invitation, "来"))))
	for range 4 {
		s.say("p1", "", "事情")
	}
	s.told("li: 来", "li: 来")
	for id, want := range map[flows.ID][]string{"2": {"opened"}, "3": {"opened", "delivered", "text capped"}, "4": {"opened", "delivered", "text capped"}} {
		if got := s.the(id).Heard; !slices.Equal(got, want) {
			t.Errorf("case %s heard %q", id, got)
		}
	}
	s.restart()
	s.say("p1", "", "事情")
	s.told()
	s.pass(7 * 24 * time.Hour)
	s.say("p1", "", "事情")
	s.told("li: 来")
}

// A row whose end cannot be kept is not taken up again at once, for ever.
func TestEndThatCannotBeKept(t *testing.T) {
	for name, class := range map[string]flows.Class{"status": flows.Personal, "invitation": flows.Invitation} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), class, "好"))))
			s.hear(s.said("p1", "", "事情"))
			sick := &sickly{Store: s.store}
			s.o.Store = sick
			s.restart()
			s.toy.on(func(string, bot.Message) error { sick.fail = 6; return nil })
			if _, _, err := s.b.Round(t.Context()); !errors.Is(err, storage.ErrDamaged) {
				t.Fatalf("Round: %v", err)
			}
			for range 20 {
				if _, _, err := s.b.Round(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(s.toy.tries()); n != 1 {
				t.Errorf("%d sends within the minute", n)
			}
			s.toy.on(nil)
			s.pass(48 * time.Hour)
			got := lines(s.toy.take())
			if class == flows.Invitation {
				if !slices.Equal(got, []string{"li: 好", "chen: 有一条邀请不知道送到没有，没有再发。"}) {
					t.Errorf("told %q", got)
				}
			} else if !slices.Equal(got, []string{"li: 好", "li: 好"}) {
				t.Errorf("told %q", got)
			}
		})
	}
}

// sickly is a store whose next Updates fail on a damaged record.
type sickly struct {
	storage.Store
	fail int
}

func (s *sickly) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if s.fail > 0 {
		s.fail--
		return storage.ErrDamaged
	}
	return s.Store.Update(ctx, fn)
}
