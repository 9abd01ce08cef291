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

// Where the ladder could lose a message, or say it twice.

// speaks lets the resident of wxStage speak, and gives what they hear of what had waited.
func speaks(s *stage, wx *shutter, who string) []string {
	s.Helper()
	s.hear(onWX(s.said(who, "", "在"), 5))
	s.drain()
	return lines(wx.take())
}

func fails(s *stage, ref string, why bot.Loss) {
	s.Helper()
	in := s.said("o1", "", "")
	in.Channel, in.Kind, in.Ref, in.Loss = "wx", bot.Undelivered, ref, why
	s.hear(in)
	s.drain()
}

// The last message of a window is tried again in that window, also where nobody knows what
// became of the first try, and after a restart.
func TestLastOfAWindow(t *testing.T) {
	for _, down := range []error{bot.Busy{After: time.Minute}, errDown} {
		s, wx := wxStage(t, true, 1, telling(t), nil)
		broken := true
		wx.on(func(string, bot.Message) error {
			if broken {
				return down
			}
			return nil
		})
		s.say("li", "", "事 r1 personal a")
		s.restart()
		broken = false
		s.pass(5 * time.Minute)
		if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a"}) || len(wx.forms) > 0 {
			t.Errorf("after %v: told %q, %d forms", down, got, len(wx.forms))
		}
		s.say("li", "", "事 r1 personal b")
		if got := wx.take(); len(got) > 0 || len(wx.forms) != 1 {
			t.Errorf("after %v the window has more than it had: %q", down, lines(got))
		}
	}
}

// A question whose form did not arrive is one task, and is asked once.
func TestFormOfAQuestionFails(t *testing.T) {
	s, wx := wxStage(t, true, 1, telling(t, flows.Button{Words: "done", Choice: "done"}), nil)
	s.say("li", "", "事 r1 personal ab")
	wx.take()
	fails(s, "form-1", bot.Loss{Closed: true, Why: "no longer follows"})
	if n := len(s.troubles()); n != 1 {
		t.Errorf("%d tasks", n)
	}
	if got := speaks(s, wx, "o1"); !slices.Equal(got, []string{"o1: b [办好]"}) {
		t.Errorf("asked %q", got)
	}
	if got := speaks(s, wx, "o1"); len(got) > 0 {
		t.Errorf("asked again %q", got)
	}
}

// What failed is told also when the platform could say so only after an outage, or in parts, or
// for several in one message.
func TestFailsLate(t *testing.T) {
	s, wx := wxStage(t, false, 9, telling(t), nil)
	s.say("li", "", "事 r1 personal a")
	ref := wx.take()[0].Ref
	s.pass(40 * time.Hour)
	if err := s.b.Sweep(s.Context()); err != nil {
		t.Fatal(err)
	}
	fails(s, ref, bot.Loss{Closed: true, Why: "48 hours"}) // at night
	s.pass(8 * time.Hour)
	if n := len(s.troubles()); n != 1 {
		t.Errorf("%d tasks after a day and more, want 1", n)
	}
}

func TestPartsFail(t *testing.T) {
	fl := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		if w, ok := e.What.(flows.Opened); ok && strings.Contains(w.Said.Message.Text, "长") {
			return n, []flows.Effect{tell(person("r1"), flows.Personal, "甲甲甲甲甲甲甲甲甲甲乙乙乙乙乙乙乙乙乙乙")}
		}
		return n, nil
	})
	s, wx := wxStage(t, false, 9, fl, func(c *bot.Capabilities) { c.Text = 10 })
	s.say("li", "", "事 长")
	parts := wx.take()
	if len(parts) != 2 {
		t.Fatalf("%q", lines(parts))
	}
	for _, p := range parts {
		fails(s, p.Ref, bot.Loss{Closed: true, Why: "later"})
	}
	if n := len(s.troubles()); n != 1 {
		t.Errorf("%d tasks for one message", n)
	}
	if got := speaks(s, wx, "o1"); !slices.Equal(got, []string{"o1: 甲甲甲甲甲甲甲甲甲甲", "o1: 乙乙乙乙乙乙乙乙乙乙"}) {
		t.Errorf("told %q", got)
	}
}

func TestBundleFails(t *testing.T) {
	fl := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		w, ok := e.What.(flows.Opened)
		if !ok || !strings.Contains(w.Said.Message.Text, "两") {
			return n, nil
		}
		var out []flows.Effect
		for _, x := range []string{"甲", "乙"} {
			say := tell(person("r1"), flows.Notice, x)
			say.Bundle = true
			out = append(out, say)
		}
		return n, out
	})
	s, wx := wxStage(t, true, 9, fl, nil)
	s.say("li", "", "事 两")
	s.pass(8 * time.Hour)
	sent := wx.take()
	if len(sent) != 1 || sent[0].Text != "甲\n\n乙" {
		t.Fatalf("%q", lines(sent))
	}
	fails(s, sent[0].Ref, bot.Loss{Closed: true, Why: "later"})
	s.pass(time.Hour)
	var all []string
	for _, f := range wx.forms {
		all = append(all, f.What)
	}
	slices.Sort(all)
	if !slices.Equal(all, []string{"乙", "甲"}) {
		t.Errorf("told by form %q", all)
	}
}

// What failed in the evening does not stand before an answer until the morning; and what had
// waited leaves when its reader speaks, at whatever hour.
func TestFailsInTheEvening(t *testing.T) {
	s, wx := wxStage(t, false, 9, telling(t), nil)
	s.at(21, 0)
	s.hear(onWX(s.said("o1", "", "在"), 9))
	s.say("li", "", "事 r1 personal a")
	sent := wx.take()
	s.at(22, 0)
	fails(s, sent[0].Ref, bot.Loss{Closed: true, Why: "later"})
	if n := len(s.troubles()); n > 1 {
		t.Errorf("%d tasks", n)
	}
	s.hear(onWX(s.said("o1", "", "/lang zh"), 9))
	s.drain()
	if got := lines(wx.take()); !slices.ContainsFunc(got, func(x string) bool { return strings.Contains(x, "中文") }) {
		t.Errorf("who speaks at ten is answered with %q", got)
	}
	s, wx = wxStage(t, false, 1, telling(t), nil)
	s.say("li", "", "事 r1 personal ab")
	wx.take()
	s.at(23, 0)
	if got := speaks(s, wx, "o1"); !slices.Equal(got, []string{"o1: b"}) {
		t.Errorf("who speaks at eleven hears %q", got)
	}
}

// Somebody with two such accounts hears what waited at the one where they speak.
func TestWaitsOnBoth(t *testing.T) {
	s, wx := wxStage(t, false, 0, telling(t), nil)
	s.update(func(tx storage.Tx) error {
		p, err := tx.Person("r1")
		p.Reach, p.Addresses = append(p.Reach, "wx:o2"), append(p.Addresses, "wx:o2")
		return errors.Join(err, tx.PutPerson(p))
	})
	s.pass(49 * time.Hour)
	s.say("li", "", "事 r1 personal a")
	if n := len(s.troubles()); n != 1 {
		t.Fatalf("%d tasks", n)
	}
	if got := speaks(s, wx, "o1"); !slices.Equal(got, []string{"o1: a"}) {
		t.Errorf("at the first %q", got)
	}
	if got := speaks(s, wx, "o2"); len(got) > 0 || len(s.troubles()) > 0 {
		t.Errorf("at the second %q, %d tasks", got, len(s.troubles()))
	}
}

// An old failure shuts no window that was opened since.
func TestOldFailure(t *testing.T) {
	s, wx := wxStage(t, false, 5, telling(t), nil)
	s.say("li", "", "事 r1 personal a")
	ref := wx.take()[0].Ref
	s.pass(time.Hour)
	s.hear(onWX(s.said("o1", "", "在"), 5))
	fails(s, ref, bot.Loss{Closed: true, Why: "earlier"})
	s.say("li", "", "事 r1 personal b")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b"}) || len(s.troubles()) > 0 {
		t.Errorf("told %q, %d tasks", got, len(s.troubles()))
	}
}

// What answered a moment that is over is kept nowhere: it may name a stranger, or say what
// was chosen in secret.
func TestMomentIsOver(t *testing.T) {
	fl := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		if _, ok := e.What.(flows.Chose); ok {
			return n, []flows.Effect{flows.Say{To: person(e.By.Person), Toast: true, Words: "text", Vars: flows.Vars{"t": flows.Text("记下了：不要")}}}
		}
		return n, nil
	})
	s, wx := wxStage(t, true, 5, fl, nil)
	wx.on(func(string, bot.Message) error { return bot.Closed{Why: "now it is shut"} })
	s.hear(onWX(s.pressed("o1", "", "1/vote!=B"), 5))
	in := s.said("stranger", "", "")
	in.Channel, in.Kind = "wx", bot.Entered // no window
	s.hear(in)
	s.hear(onWX(s.said("stranger2", "", "/help"), 5))
	s.drain()
	if len(wx.forms) > 0 || len(s.troubles()) > 0 {
		t.Errorf("%d forms, troubles %+v", len(wx.forms), s.troubles())
	}
}

// A number means what stood in a message, never what a form has told.
func TestNumbersAfterAForm(t *testing.T) {
	var pressed []string
	base := telling(t, flows.Button{Words: "done", Choice: "done"})
	fl := toy(t, "toy", func(id string, n note, e flows.Event) (note, []flows.Effect) {
		if _, ok := e.What.(flows.Chose); ok {
			pressed = append(pressed, id)
			return n, nil
		}
		_, effects, err := base.Step(flows.Case{ID: "1", Flow: "toy", Data: flows.Data(n)}, e)
		n.Stage = "filed"
		if err != nil {
			t.Fatal(err)
		}
		return n, effects
	})
	s, wx := wxStage(t, true, 1, fl, func(c *bot.Capabilities) { c.Buttons = 0 })
	s.say("li", "", "事 r1 personal a")
	s.say("li", "", "事 r1 personal b")
	if len(wx.forms) != 1 {
		t.Fatalf("%d forms", len(wx.forms))
	}
	s.hear(onWX(s.said("o1", "", "1"), 5))
	if fmt.Sprint(pressed) != "[2]" {
		t.Errorf("1 was pressed in %v, want the case that showed it", pressed)
	}
}
