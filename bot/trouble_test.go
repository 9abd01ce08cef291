package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// breaking is a flow that fails while broken says so.
func breaking(t *testing.T, broken *bool) flows.Flow {
	return toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if *broken {
			panic("rule")
		}
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage = "filed"
			return n, []flows.Effect{tell(person("li"), flows.Personal, w.Said.Message.Text), flows.Wake{At: e.At.Add(time.Hour), Name: "later"}}
		case flows.Woke:
			return n, []flows.Effect{tell(person("li"), flows.Personal, "到点")}
		}
		return n, nil
	})
}

// A parked message is heard again when staff say so, once, and parked again if
// it still cannot be dealt with.
func TestRetryParked(t *testing.T) {
	broken := true
	s := newStage(t, nil, breaking(t, &broken))
	in := s.said("p1", "", "事情")
	s.hear(in)
	s.drain()
	s.toy.take()
	id := s.troubles()[0].ID
	for _, by := range []flows.PersonID{"li", "r1", "", "nobody"} {
		if err := s.b.Retry(t.Context(), id, by); !errors.Is(err, bot.ErrNotYours) {
			t.Errorf("%q may retry: %v", by, err)
		}
		if err := s.b.Dismiss(t.Context(), id, by); !errors.Is(err, bot.ErrNotYours) {
			t.Errorf("%q may dismiss: %v", by, err)
		}
	}
	if err := s.b.Retry(t.Context(), id, "chen"); err != nil {
		t.Fatal(err)
	}
	s.drain()
	again := s.troubles()
	if len(again) != 1 || again[0].ID == id || again[0].Text != "事情" {
		t.Fatalf("troubles %+v", again)
	}
	s.toy.take()
	broken = false
	if err := s.b.Retry(t.Context(), again[0].ID, "chen"); err != nil {
		t.Fatal(err)
	}
	if err := s.b.Retry(t.Context(), again[0].ID, "chen"); !errors.Is(err, storage.ErrNone) {
		t.Errorf("a second time: %v", err)
	}
	s.pass(time.Minute) // those that were kept for later are read one after another
	s.told("li: 事情")
	s.hear(in) // the platform brings it once more
	s.drain()
	s.told()
	if n := len(s.troubles()); n != 0 {
		t.Errorf("%d troubles are left", n)
	}
}

// An event on which a rule failed goes to its case again; who did it is in the journal.
func TestRetryEvent(t *testing.T) {
	broken := false
	s := newStage(t, nil, breaking(t, &broken))
	s.say("p1", "", "事情")
	broken = true
	s.pass(2 * time.Hour)
	s.toy.take()
	list := s.troubles()
	if len(list) != 1 || list[0].Case != "1" {
		t.Fatalf("troubles %+v", list)
	}
	broken = false
	if err := s.b.Retry(t.Context(), list[0].ID, "chen"); err != nil {
		t.Fatal(err)
	}
	s.drain()
	s.told("li: 到点")
	s.view(func(tx storage.Tx) error {
		j, err := tx.Journal("1")
		if !slices.ContainsFunc(j, func(r storage.Record) bool { return r.Kind == "retried" && r.By == "chen" && r.Detail == "parked" }) {
			t.Errorf("journal %+v", j)
		}
		return err
	})
}

// A dead letter leaves again, to where its reader can be told now.
func TestRetryDeadLetter(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "单子"))))
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "li" {
			return bot.Gone{Why: "blocked"}
		}
		return nil
	})
	s.say("p1", "", "事情")
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "dead" {
		t.Fatalf("troubles %+v", list)
	}
	if err := s.b.Retry(t.Context(), list[0].ID, "chen"); !errors.Is(err, bot.ErrNoRetry) {
		t.Errorf("with nowhere to send it: %v", err)
	}
	if n := len(s.troubles()); n != 1 {
		t.Errorf("%d troubles after a retry that could not be", n)
	}
	s.say("li2", "", "/start "+code(s, "person", "li"))
	s.toy.take()
	if err := s.b.Retry(t.Context(), list[0].ID, "chen"); err != nil {
		t.Fatal(err)
	}
	s.drain()
	s.told("li2: 单子")
	if n := len(s.troubles()); n != 0 {
		t.Errorf("%d troubles are left", n)
	}
}

// An invitation that may have arrived is only sent again by who knows it.
func TestRetryInvitation(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Invitation, "来吗"))))
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "li" {
			return errDown
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.toy.on(nil)
	s.toy.take()
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "unknown" {
		t.Fatalf("troubles %+v", list)
	}
	if err := s.b.Retry(t.Context(), list[0].ID, "chen"); !errors.Is(err, bot.ErrUnsure) {
		t.Errorf("without a word of warning: %v", err)
	}
	s.drain()
	s.told()
	s.say("chen", "", "没办成的")
	ask := button(s, s.toy.take(), "chen", "再试")
	press(s, "chen", ask)
	got := s.toy.take()
	if l := lines(got); !slices.Equal(l, []string{"chen: 这条邀请可能已经送到。再发，对方也许会收到两次。 [还是再发] [不发了]"}) {
		t.Fatalf("told %q", l)
	}
	if a := press(s, "li", button(s, got, "chen", "还是再发")); a.Toast != "这个要社区工作人员才能用。" {
		t.Errorf("pressed by another: %q", a.Toast)
	}
	if a := press(s, "chen", button(s, got, "chen", "还是再发")); a.Toast != "好，再试一次。" {
		t.Errorf("toast %q", a.Toast)
	}
	s.told("li: 来吗")
	if a := press(s, "chen", ask); a.Toast != "这件已经处理过了。" {
		t.Errorf("pressed again: %q", a.Toast)
	}
}

// The list in the chat puts aside what was seen, with its text.
func TestSeen(t *testing.T) {
	broken := true
	s := newStage(t, nil, breaking(t, &broken))
	for range 12 {
		s.say("p1", "", "事情"+private)
	}
	s.toy.take()
	s.say("chen", "", "/trouble")
	got := s.toy.take()
	if l := lines(got); len(l) != 11 || !strings.HasSuffix(l[0], "事情"+private+" [再试] [知道了]") || l[10] != "chen: 还有2件，处理完这些再发“没办成的”。" {
		t.Fatalf("told %q", l)
	}
	if a := press(s, "chen", got[0].Buttons[0][1].Data); a.Toast != "好，放下了。" {
		t.Errorf("toast %q", a.Toast)
	}
	if n := len(s.troubles()); n != 11 {
		t.Errorf("%d troubles", n)
	}
	broken = false
	if a := press(s, "chen", got[1].Buttons[0][0].Data); a.Toast != "好，再试一次。" {
		t.Errorf("toast %q", a.Toast)
	}
	s.told("li: 事情" + private)
	for _, raw := range []string{"~t/retry=x", "~t/what=3", "~t/retry", "~x/y"} {
		if a := press(s, "chen", raw); a.Toast != "这个按钮认不出来。" {
			t.Errorf("%s: %q", raw, a.Toast)
		}
	}
}

// An invitation that was being sent when the process ended is shown to staff, and
// its case hears of it.
func TestInvitationAtACrash(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Invitation, "来吗"))))
	s.hear(s.said("p1", "", "事情"))
	s.update(func(tx storage.Tx) error { // as a process that ended while sending
		_, _, err := tx.Claim(s.clock.Now(), "linli", time.Minute, 10, nil)
		return err
	})
	s.restart()
	s.drain()
	s.pass(10 * time.Minute)
	for _, l := range lines(s.toy.take()) {
		if strings.HasPrefix(l, "li:") {
			t.Errorf("told %q", l)
		}
	}
	if list := s.troubles(); len(list) != 1 || list[0].Kind != "unknown" || list[0].Case != "1" {
		t.Errorf("troubles %+v", list)
	}
	if h := s.the("1").Heard; !slices.Contains(h, "text refused") {
		t.Errorf("the case heard %q", h)
	}
}

// damaged is a store in which the records at some addresses cannot be read.
type damaged struct {
	storage.Store
	at map[string]bool
}

type damagedTx struct {
	storage.Tx
	at map[string]bool
}

func (d *damaged) in(fn func(storage.Tx) error) func(storage.Tx) error {
	return func(tx storage.Tx) error { return fn(damagedTx{tx, d.at}) }
}

func (d damagedTx) ChatAt(address string) (flows.Chat, error) {
	if d.at["chat "+address] {
		return flows.Chat{}, storage.ErrDamaged
	}
	return d.Tx.ChatAt(address)
}

func (d damagedTx) PersonAt(address string) (storage.Person, error) {
	if d.at["person "+address] {
		return storage.Person{}, storage.ErrDamaged
	}
	return d.Tx.PersonAt(address)
}

func (d damagedTx) Person(id flows.PersonID) (storage.Person, error) {
	if d.at["person toy:"+string(id)] {
		return storage.Person{}, storage.ErrDamaged
	}
	return d.Tx.Person(id)
}

func (d *damaged) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return d.Store.Update(ctx, d.in(fn))
}

func (d *damaged) View(ctx context.Context, fn func(storage.Tx) error) error {
	return d.Store.View(ctx, d.in(fn))
}

// A message whose chat or speaker cannot be read is shown to staff instead of
// being refused for ever; a danger is called out all the same, and small talk is
// not kept for it.
func TestDamagedRecord(t *testing.T) {
	for what, at := range map[string]string{"chat": "chat toy:g3", "speaker": "person toy:p1"} {
		t.Run(what, func(t *testing.T) {
			var store *damaged
			s := newStage(t, func(o *bot.Options) {
				store = &damaged{o.Store, map[string]bool{}}
				o.Store = store
			}, toy(t, "toy", only(tell(person("li"), flows.Personal, "单子"))))
			s.read.read = func(text string, _ prompts.Context) flows.Reading {
				if strings.HasPrefix(text, "事") {
					return flows.Reading{Demand: 1}
				}
				return flows.Reading{}
			}
			s.o.Settings.Limits.Maybe = 0.4
			store.at[at] = true
			store.at["person toy:qian"] = true // and one of those who are to be told
			in := s.said("p1", "g3", "事情"+private)
			s.hear(in)
			s.hear(in)
			s.drain()
			s.told("chen: 有一条消息我没处理好，请您看一眼，别漏了：\n事情" + private)
			s.say("p1", "g3", "吃了吗13900139000")
			s.told()
			list := s.troubles()
			if len(list) != 1 {
				t.Fatalf("troubles %+v", list)
			}
			s.nowhere("13900139000")
			s.read.danger = func(string) flows.Danger { return flows.Gas }
			s.say("p1", "g3", "煤气味")
			got := lines(s.toy.take())
			for _, want := range []string{"sun: 可能有危险", "chen: 可能有危险", "g3: 如有危险"} {
				if !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, want) }) {
					t.Errorf("%q was not told: %q", want, got)
				}
			}
			// When it is repaired, it can be heard.
			s.read.danger = nil
			clear(store.at)
			if err := s.b.Retry(t.Context(), list[0].ID, "chen"); err != nil {
				t.Fatal(err)
			}
			s.drain()
			s.told("li: 单子")
		})
	}
}
