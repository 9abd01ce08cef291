package bot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// A message the platform will never take is given up, shown to staff, and the
// rules hear of it.
func TestDeadLetter(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "您的事"+private))))
	s.toy.on(func(to string, m bot.Message) error {
		if to == "li" {
			return bot.Refused{Why: "no"}
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.pass(6 * time.Hour) // the next bundle
	s.told("chen: 有一条消息送不出去（0001号）。请电话联系当事人。")
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "dead" || list[0].Case != "1" || !strings.Contains(list[0].Why, "no") {
		t.Errorf("troubles %+v", list)
	}
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened", "delivered", "text refused"}) {
		t.Errorf("the rules heard %q", got)
	}
	if n := len(s.toy.tries()); n != 2 {
		t.Errorf("%d sends, want 2: a refused one is not repeated", n)
	}
}

// What cannot be rendered is a dead letter too, not an endless row.
func TestWordsThatFail(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(
		flows.Say{To: person("li"), Class: flows.Personal, Words: "bad"},
		flows.Say{To: person("li"), Class: flows.Personal, Words: "missing"},
		flows.Say{To: person("li"), Class: flows.Personal, Words: "text", Vars: flows.Vars{"t": flows.Text("好")}},
		flows.Say{To: person("li"), Class: flows.Personal, Words: "text", Vars: flows.Vars{"t": flows.Text("x")}, Buttons: []flows.Button{{Words: "also", Choice: strings.Repeat("c", 63)}}},
	)))
	s.say("p1", "", "事情")
	s.told("li: 好")
	if list := s.troubles(); len(list) != 3 {
		t.Errorf("%d troubles, want 3", len(list))
	}
}

// Busy is waited for as the platform says, as often as it says, and counts as
// no attempt.
func TestBusy(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "好"))))
	n := 0
	s.toy.on(func(string, bot.Message) error {
		if n++; n <= 60 {
			return bot.Busy{After: 17 * time.Second}
		}
		return nil
	})
	start := s.clock.Now()
	s.say("p1", "", "事情")
	s.pass(16 * time.Second)
	if n != 1 {
		t.Errorf("%d sends within the wait", n)
	}
	s.pass(time.Hour)
	s.told("li: 好")
	tries := s.toy.tries()
	if len(tries) != 61 || len(s.troubles()) != 0 {
		t.Fatalf("%d sends, troubles %+v", len(tries), s.troubles())
	}
	if got := tries[60].At.Sub(start); got != 60*17*time.Second {
		t.Errorf("it arrived after %v", got)
	}
}

// An outcome that is not known is tried again, later and later, under the same
// key, until it is given up.
func TestBackOff(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "好"))))
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "li" {
			return errDown
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.pass(30 * time.Minute)
	tries := s.toy.tries()
	if len(tries) < 8 || len(tries) > 14 {
		t.Errorf("%d attempts in half an hour", len(tries))
	}
	for i, a := range tries {
		if a.Key != tries[0].Key || a.Key == "" || a.Text != "好" {
			t.Errorf("attempt %d has the key %q, the first %q", i, a.Key, tries[0].Key)
		}
		if i > 1 && a.At.Sub(tries[i-1].At) < tries[i-1].At.Sub(tries[i-2].At) {
			t.Errorf("attempt %d came %v after the one before, that one %v", i, a.At.Sub(tries[i-1].At), tries[i-1].At.Sub(tries[i-2].At))
		}
	}
	if len(s.troubles()) != 0 {
		t.Errorf("given up after %d attempts", len(tries))
	}
	s.pass(7 * 24 * time.Hour)
	if list := s.troubles(); len(list) != 1 || list[0].Kind != "dead" {
		t.Errorf("troubles after a week: %+v", list)
	}
	if got := s.toy.tries(); len(got) > 60 {
		t.Errorf("%d attempts in a week", len(got))
	}
}

// A channel that panics is one whose outcome is not known.
func TestChannelThatPanics(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "好"))))
	first := true
	s.toy.on(func(string, bot.Message) error {
		if first {
			first = false
			panic("王阿姨")
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told()
	s.pass(10 * time.Second)
	s.told("li: 好")
}

// Somebody who has left an address is written to at another one of theirs; who
// has none cannot be reached, and staff are told.
func TestGone(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n, _ = only()("", n, e)
		if _, ok := e.What.(flows.Opened); ok {
			return n, []flows.Effect{tell(person("li"), flows.Personal, "一"), tell(person("li"), flows.Personal, "二"), tell(flows.To{Chat: "g"}, flows.Notice, "群")}
		}
		return n, nil
	}
	s := newStage(t, nil, toy(t, "toy", r))
	s.update(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		if err != nil {
			return err
		}
		p.Reach, p.Addresses = []string{"toy:li", "toy:li2"}, []string{"toy:li", "toy:li2"}
		return tx.PutPerson(p)
	})
	gone := map[string]bool{"li": true, "g3": true}
	s.toy.on(func(to string, _ bot.Message) error {
		if gone[to] {
			return bot.Gone{Why: "blocked"}
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told("li2: 一", "li2: 二", "chen: 我已不在群“3号楼群”里，听不到那边的话了。")
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		if !slices.Equal(p.Reach, []string{"toy:li2"}) {
			t.Errorf("reached at %v", p.Reach)
		}
		if c, err := tx.Chat("g"); err != nil || !c.Left {
			t.Errorf("the group is still there: %+v %v", c, err)
		}
		return err
	})
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles %+v", list)
	}
	gone["li2"] = true
	s.say("p1", "", "事情")
	s.told()
	if list := s.troubles(); len(list) != 2 {
		t.Errorf("%d troubles, want 2", len(list))
	}
	if got := s.the("2").Heard; !slices.Contains(got, "text refused") {
		t.Errorf("the rules heard %q", got)
	}
}

// Where every window is shut, a message does not go round in a circle.
func TestClosedEverywhere(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "好"))))
	s.update(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		if err != nil {
			return err
		}
		p.Reach, p.Addresses = []string{"toy:li", "toy:li2"}, []string{"toy:li", "toy:li2"}
		return tx.PutPerson(p)
	})
	shut := map[string]bool{"li": true}
	s.toy.on(func(to string, _ bot.Message) error {
		if shut[to] {
			return bot.Closed{Why: "48 hours"}
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told("li2: 好")
	shut["li2"] = true
	s.say("p1", "", "事情")
	s.told()
	if n := len(s.toy.tries()); n != 4 {
		t.Errorf("%d sends, want one to each address each time", n)
	}
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		if len(p.Reach) != 2 {
			t.Errorf("a window that is shut for now took an address: %v", p.Reach)
		}
		return err
	})
}

// A group that has a new address takes its messages along, in order.
func TestMoved(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(
		tell(flows.To{Chat: "g"}, flows.Notice, "一"), tell(flows.To{Chat: "g"}, flows.Notice, "二"),
		tell(flows.To{Chat: "g"}, flows.Emergency, "急"), tell(flows.To{Chat: "g"}, flows.Notice, "三"),
	)))
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "g3" {
			return bot.Moved{Address: "g3000"}
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told("g3000: 急", "g3000: 一", "g3000: 二", "g3000: 三")
	s.view(func(tx storage.Tx) error {
		c, err := tx.ChatAt("toy:g3000")
		if c.ID != "g" {
			t.Errorf("at the new address is %+v", c)
		}
		return err
	})
	s.say("p1", "g3000", "事情")
	if got := s.toy.take(); len(got) != 4 || got[0].To != "g3000" {
		t.Errorf("later told %q", lines(got))
	}
}

// A text too long for one message leaves in parts; a part that arrived is not
// repeated when a later one fails, and the buttons come with the last.
func TestSplit(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "第%d条：3号楼2单元电梯。", i)
	}
	long := b.String()
	say := tell(person("li"), flows.Personal, long)
	say.Buttons = []flows.Button{{Words: "also", Choice: "also"}}
	s := newStage(t, nil, toy(t, "toy", only(say, tell(person("li"), flows.Personal, "后面"))))
	s.toy.caps.Text = 100
	n := 0
	s.toy.on(func(string, bot.Message) error {
		if n++; n == 2 || n == 3 || n == 5 {
			return errDown
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.pass(time.Minute)
	var text strings.Builder
	keys := map[string]bool{}
	got := s.toy.take()
	for i, a := range got[:len(got)-1] {
		if c := bot.Runes.Len(a.Text); c > 100 || c < 50 && i < len(got)-2 {
			t.Errorf("part %d has %d runes", i, c)
		}
		if last := i == len(got)-2; (len(a.Buttons) == 1) != last {
			t.Errorf("part %d has %d rows of buttons", i, len(a.Buttons))
		}
		if keys[a.Key] {
			t.Errorf("part %d has the key of another", i)
		}
		keys[a.Key] = true
		text.WriteString(a.Text)
	}
	if text.String() != long {
		t.Errorf("the parts are\n%s\nwant\n%s", text.String(), long)
	}
	if got[len(got)-1].Text != "后面" {
		t.Errorf("then came %q", got[len(got)-1].Text)
	}
}

// A slot is a message that changes: in its row while that has not left, on the
// platform afterwards; on a platform that cannot change messages a new one comes.
func TestSlot(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		switch w := e.What.(type) {
		case flows.Opened:
			n.Words = "1"
		case flows.Chose:
			n.Words = w.Value
		default:
			return n, nil
		}
		say := tell(flows.To{Chat: "g"}, flows.Notice, n.Words+"户")
		say.Slot = "line"
		return n, []flows.Effect{say}
	}
	for name, edits := range map[string]bool{"edits": true, "posts anew": false} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil, toy(t, "toy", r))
			s.toy.caps.Edits = edits
			s.hear(s.said("p1", "g3", "事情"))
			s.hear(s.pressed("p2", "g3", "1/n=2"))
			s.hear(s.pressed("p3", "g3", "1/n=3"))
			s.drain()
			s.told("g3: 3户")
			s.hear(s.pressed("p4", "g3", "1/n=4"))
			s.drain()
			if edits {
				s.told("g3*: 4户")
			} else {
				s.told("g3: 4户")
			}
			s.hear(s.pressed("p5", "g3", "1/n=5"))
			s.drain()
			tries := s.toy.tries()
			if a := tries[len(tries)-1]; edits && a.Edit != "toy-1" {
				t.Errorf("the change is of %q", a.Edit)
			}
			// An attempt whose outcome is not known must not swallow the newer
			// text behind its key.
			s.toy.on(func(string, bot.Message) error { return errDown })
			s.hear(s.pressed("p6", "g3", "1/n=6"))
			s.drain()
			s.toy.on(nil)
			s.hear(s.pressed("p7", "g3", "1/n=7"))
			s.pass(time.Minute)
			tries = s.toy.tries()
			a, b := tries[len(tries)-2], tries[len(tries)-1]
			if a.Text != "6户" || b.Text != "7户" || a.Key == b.Key {
				t.Errorf("%q under the key %q, then %q under %q", a.Text, a.Key, b.Text, b.Key)
			}
		})
	}
}

// A changed text that is too long for one message does not overwrite its own
// beginning.
func TestSlotTooLong(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		text := "短"
		if _, ok := e.What.(flows.Chose); ok {
			text = strings.Repeat("长", 15)
		}
		say := tell(person("li"), flows.Personal, text)
		say.Slot = "card"
		return n, []flows.Effect{say}
	}
	s := newStage(t, nil, toy(t, "toy", r))
	s.toy.caps.Text = 10
	s.say("p1", "", "事情")
	s.told("li: 短")
	s.hear(s.pressed("li", "", "1/x"))
	s.drain()
	s.told("li*: "+strings.Repeat("长", 10), "li: "+strings.Repeat("长", 5))
}

// An emergency does not wait behind an ordinary message that is in back-off.
func TestUrgentLane(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "平常"), tell(person("li"), flows.Personal, "平常二"), tell(person("li"), flows.Emergency, "急"))))
	s.toy.on(func(_ string, m bot.Message) error {
		if m.Text == "平常" && len(s.toy.tries()) < 6 {
			return errDown
		}
		return nil
	})
	s.say("p1", "", "事情")
	s.told("li: 急")
	s.pass(time.Hour)
	s.told("li: 平常", "li: 平常二")
	if first := s.toy.tries()[0]; first.Text != "急" {
		t.Errorf("the first to leave is %q", first.Text)
	}
}

// The rate a platform allows is kept, and the urgent go first.
func TestRates(t *testing.T) {
	var all []flows.Effect
	for i := range 20 {
		all = append(all, tell(flows.To{Chat: "g"}, flows.Notice, fmt.Sprint(i)))
	}
	s := newStage(t, nil, toy(t, "toy", only(append(all, tell(flows.To{Chat: "g"}, flows.Emergency, "急"))...)))
	s.toy.caps.PerGroup = 20
	s.say("p1", "", "事情")
	s.pass(30 * time.Second)
	if got := len(s.toy.tries()); got < 10 || got > 15 {
		t.Errorf("%d messages in half a minute, 20 a minute are allowed", got)
	}
	if first := s.toy.tries()[0].Text; first != "急" {
		t.Errorf("first of all left %q", first)
	}
	s.pass(2 * time.Minute)
	if got := len(s.toy.tries()); got != 21 {
		t.Errorf("%d messages in all", got)
	}
}

// Quiet hours and working hours hold back by class; what answers somebody does
// not wait for the morning, but makes no noise.
func TestHours(t *testing.T) {
	reply := tell(person("feng"), flows.Personal, "答")
	reply.Reply = true
	s := newStage(t, nil, toy(t, "toy", only(
		tell(person("li"), flows.Emergency, "急"), tell(person("sun"), flows.Personal, "自己的"), tell(person("chen"), flows.Work, "活"),
		tell(flows.To{Chat: "g"}, flows.Notice, "通知"), tell(person("qian"), flows.Invitation, "邀请"), reply,
	)))
	s.at(22, 0)
	s.say("p1", "", "事情")
	got := s.toy.take()
	if l := lines(got); !slices.Equal(l, []string{"li: 急", "feng: 答"}) {
		t.Fatalf("at night: %q", l)
	}
	if got[0].Silent || !got[1].Silent {
		t.Errorf("silent: the emergency %v, the answer %v", got[0].Silent, got[1].Silent)
	}
	s.pass(10*time.Hour + 29*time.Minute)
	s.told()
	s.pass(time.Minute)
	l := lines(s.toy.take())
	slices.Sort(l)
	if !slices.Equal(l, []string{"chen: 活", "g3: 通知", "qian: 邀请", "sun: 自己的"}) {
		t.Errorf("in the morning: %q", l)
	}
	// At noon people rest from work, and nothing else.
	s.at(13, 0)
	s.say("p1", "", "事情")
	if l := lines(s.toy.take()); slices.Contains(l, "chen: 活") || len(l) != 5 {
		t.Errorf("at noon: %q", l)
	}
	s.pass(time.Hour)
	s.told("chen: 活")
	// An answer that is late waits like everything else.
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "feng" {
			return bot.Busy{After: 11 * time.Minute}
		}
		return nil
	})
	s.at(23, 0)
	s.say("p1", "", "事情")
	s.toy.take()
	s.toy.on(nil)
	s.pass(time.Hour)
	s.told()
}

// What is too late to be said is not said, and the rules hear that.
func TestExpired(t *testing.T) {
	say := tell(person("li"), flows.Work, "今天的")
	s := newStage(t, nil)
	_ = s
	say.Until = time.Date(2026, 3, 11, 20, 0, 0, 0, s.clock.Now().Location())
	s = newStage(t, nil, toy(t, "toy", only(say)))
	s.at(19, 0)
	s.say("p1", "", "事情")
	s.pass(24 * time.Hour)
	s.told()
	if got := s.the("1").Heard; !slices.Contains(got, "text expired") {
		t.Errorf("the rules heard %q", got)
	}
}

// A receipt that was asked for comes once the message is out.
func TestReceipt(t *testing.T) {
	say := tell(person("li"), flows.Personal, "好")
	say.Receipt = "card"
	s := newStage(t, nil, toy(t, "toy", only(say, tell(person("li"), flows.Personal, "二"))))
	s.toy.on(func(string, bot.Message) error {
		if len(s.toy.tries()) == 1 {
			return errors.New("lost")
		}
		return nil
	})
	s.say("p1", "", "事情")
	if got := s.the("1").Heard; len(got) != 1 {
		t.Errorf("before it is out the rules heard %q", got)
	}
	s.pass(time.Minute)
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened", "delivered", "card confirmed"}) {
		t.Errorf("the rules heard %q", got)
	}
}
