package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// shutter is a platform with windows. With knocks it has forms for who cannot be written to.
type shutter struct {
	*platform
	forms []bot.Form
	fails error
	media string // folder of the engine's files
}

// outside is a shutter that can knock.
type outside struct{ *shutter }

func (o outside) Knock(_ context.Context, to string, f bot.Form) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails != nil {
		return "", o.fails
	}
	o.forms = append(o.forms, f)
	return fmt.Sprintf("form-%d", len(o.forms)), nil
}

// onWX makes something said happen on the channel "wx", where it opens a window.
func onWX(in bot.Inbound, messages int) bot.Inbound {
	in.Channel, in.Window = "wx", bot.Window{Kind: "said", For: 48 * time.Hour, Messages: messages}
	return in
}

// telling is a flow in which "事 p1 personal 3" tells somebody three things.
func telling(t *testing.T, more ...flows.Button) flows.Flow {
	return toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n, _ = only()("", n, e)
		n.Stage = "filed"
		w, ok := e.What.(flows.Opened)
		if !ok {
			return n, nil
		}
		var out []flows.Effect
		if f := strings.Fields(w.Said.Message.Text); len(f) == 4 {
			for i := range len(f[3]) {
				say := tell(person(flows.PersonID(f[1])), flows.Class(f[2]), f[3][i:i+1])
				say.Receipt, say.Buttons = "r"+f[3][i:i+1], more
				out = append(out, say)
			}
		}
		return n, out
	})
}

// wxStage has a resident r1 who has just spoken on "wx" and may be told so many things.
func wxStage(t *testing.T, knocks bool, messages int, fl flows.Flow, change func(*bot.Capabilities)) (*stage, *shutter) {
	t.Helper()
	wx := &shutter{}
	s := newStage(t, func(o *bot.Options) {
		wx.platform = &platform{name: "wx", caps: bot.Capabilities{PushWindow: 48 * time.Hour, Confirms: true, Buttons: 10, Toastless: true, Handover: true, DataBytes: 64, Text: 400, Photos: true}}
		if change != nil {
			change(&wx.caps)
		}
		wx.media = t.TempDir()
		o.Media = wx.media
		var ch bot.Channel = wx.platform
		if knocks {
			ch = outside{wx}
		}
		o.Channels = append(o.Channels, ch)
	}, fl)
	wx.clock = s.clock
	s.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r1", Consent: s.clock.Now(), Addresses: []string{"wx:o1"}, Reach: []string{"wx:o1"}})
	})
	s.hear(onWX(s.said("o1", "", "事"), messages))
	s.drain()
	wx.take()
	s.toy.take()
	return s, wx
}

// A message that has no room in the window waits as a task for staff, and leaves by itself
// when its reader speaks, once.
func TestWindowIsUsedUp(t *testing.T) {
	s, wx := wxStage(t, false, 5, telling(t), nil)
	s.say("li", "", "事 r1 personal abcdefg")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b", "o1: c", "o1: d", "o1: e"}) {
		t.Errorf("told %q", got)
	}
	if n := len(wx.tries()); n != 5 {
		t.Errorf("the platform was asked %d times, it takes 5", n)
	}
	list := s.troubles()
	if len(list) != 2 || list[0].Kind != "unreached" {
		t.Fatalf("troubles %+v", list)
	}
	if got := s.the("2").Heard; !slices.Contains(got, "re confirmed") || !slices.Contains(got, "rf refused") {
		t.Errorf("the rules heard %q", got)
	}
	s.pass(6 * time.Hour)
	if got := lines(s.toy.take()); len(got) != 1 || !strings.Contains(got[0], "0002号") || !strings.Contains(got[0], "chen") {
		t.Errorf("staff hear %q", got)
	}
	again := onWX(s.said("o1", "", "在吗"), 5)
	s.hear(again)
	s.drain()
	s.hear(again) // the platform brings it once more
	s.drain()
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: f", "o1: g"}) {
		t.Errorf("after they spoke: %q", got)
	}
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("what was told is still a task: %+v", list)
	}
	s.hear(onWX(s.said("o1", "", "喂"), 5))
	s.drain()
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("told once more: %q", got)
	}
}

// After 48 hours the platform is not even asked. A restart opens no window.
func TestWindowEnds(t *testing.T) {
	s, wx := wxStage(t, false, 5, telling(t), nil)
	s.pass(48*time.Hour - time.Second)
	s.say("li", "", "事 r1 personal a")
	s.restart()
	s.say("li", "", "事 r1 personal b")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b"}) {
		t.Errorf("told %q", got)
	}
	s.pass(time.Second)
	s.say("li", "", "事 r1 personal c")
	s.restart()
	s.say("li", "", "事 r1 personal d")
	if n := len(wx.tries()); n != 2 {
		t.Errorf("the platform was asked %d times", n)
	}
	if n := len(s.troubles()); n != 2 {
		t.Errorf("%d troubles, want 2", n)
	}
}

// A message that the platform did not take uses nothing up; one that it took, did, also
// if the process ended over it.
func TestWindowCounts(t *testing.T) {
	s, wx := wxStage(t, false, 2, telling(t), nil)
	busy := true
	wx.on(func(string, bot.Message) error {
		if busy {
			return bot.Busy{After: time.Minute}
		}
		return nil
	})
	s.say("li", "", "事 r1 personal a")
	s.pass(5 * time.Minute)
	busy = false
	s.pass(5 * time.Minute)
	s.say("li", "", "事 r1 personal b")
	s.say("li", "", "事 r1 personal c")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b"}) {
		t.Errorf("told %q", got)
	}
}

// The last message of a window is for its reader's own matter.
func TestNoticeLeavesTheLast(t *testing.T) {
	s, wx := wxStage(t, false, 2, telling(t), nil)
	s.say("li", "", "事 r1 notice xy")
	s.say("li", "", "事 r1 personal p")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: x", "o1: p"}) {
		t.Errorf("told %q", got)
	}
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "missed" {
		t.Errorf("troubles %+v", list)
	}
	s.pass(24 * time.Hour)
	s.told() // nobody runs after one of many who missed a notice
	s.say("chen", "", "没办成的")
	if got := lines(s.toy.take()); len(got) != 2 || !strings.Contains(got[1], "1条通知") {
		t.Errorf("staff who ask hear %q", got)
	}
	s.hear(onWX(s.said("o1", "", "在"), 5))
	s.drain()
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: y"}) {
		t.Errorf("after they spoke: %q", got)
	}
}

// A shorter window stands beside a longer one, and is used first.
func TestTwoWindows(t *testing.T) {
	s, wx := wxStage(t, false, 2, telling(t), nil)
	tap := onWX(s.said("o1", "", "在"), 0)
	tap.Kind, tap.Window = bot.Entered, bot.Window{Kind: "tapped", For: time.Minute, Messages: 4}
	s.hear(tap)
	s.drain()
	greeting := len(wx.take())
	if greeting != 1 {
		t.Fatalf("greeted with %d messages", greeting)
	}
	s.say("li", "", "事 r1 personal abc") // the rest of the minute
	s.say("li", "", "事 r1 personal de")
	s.say("li", "", "事 r1 personal f")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a", "o1: b", "o1: c", "o1: d", "o1: e"}) {
		t.Errorf("told %q", got)
	}
}

// Without buttons the choices are numbers, and a number means those of the last message.
func TestNumbers(t *testing.T) {
	var pressed []string
	base := telling(t, flows.Button{Words: "done", Choice: "done"}, flows.Button{Words: "also", Choice: "also=1"})
	fl := toy(t, "toy", func(id string, n note, e flows.Event) (note, []flows.Effect) {
		if w, ok := e.What.(flows.Chose); ok {
			pressed = append(pressed, w.Choice+"="+w.Value)
			return n, []flows.Effect{flows.Say{To: person(e.By.Person), Toast: true, Words: "text", Vars: flows.Vars{"t": flows.Text("好")}}}
		}
		c, effects, err := base.Step(flows.Case{ID: "1", Flow: "toy", Data: flows.Data(n)}, e)
		if err != nil {
			t.Fatal(err)
		}
		_ = c
		n.Stage = "filed"
		return n, effects
	})
	s, wx := wxStage(t, false, 9, fl, func(c *bot.Capabilities) { c.Buttons = 0 })
	say := func(text string) {
		s.hear(onWX(s.said("o1", "", text), 9))
		s.drain()
	}
	s.say("li", "", "事 r1 personal a")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a\n\n回一个数字就行：\n1 办好\n2 我也是"}) {
		t.Errorf("told %q", got)
	}
	say("123") // words
	if got := wx.take(); len(got) > 0 || len(pressed) > 0 {
		t.Errorf("pressed %q, told %q", pressed, lines(got))
	}
	s.read.danger = func(string) flows.Danger { return flows.Fire }
	say("2") // whatever a number may mean, it is no choice if it may be a danger
	s.read.danger = nil
	wx.take()
	if len(pressed) > 0 {
		t.Errorf("pressed %q", pressed)
	}
	say("３") // none of them
	if got := lines(wx.take()); len(got) != 1 || len(pressed) > 0 {
		t.Errorf("pressed %q, told %q", pressed, got)
	}
	say("２。")
	if !slices.Equal(pressed, []string{"also=1"}) {
		t.Errorf("pressed %q", pressed)
	}
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: 好"}) {
		t.Errorf("the press is answered with %q", got)
	}
	say("1") // the last message asked nothing
	if len(pressed) != 1 {
		t.Errorf("pressed %q", pressed)
	}
}

// Who comes by a code is greeted once, and asked for no building.
func TestEntered(t *testing.T) {
	s, wx := wxStage(t, false, 9, telling(t), nil)
	var home flows.Place
	s.read.read = func(_ string, c prompts.Context) flows.Reading { home = c.Home; return flows.Reading{} }
	enter := func(who, scene string) {
		in := onWX(s.said(who, "", ""), 5)
		in.Kind, in.Scene = bot.Entered, scene
		s.hear(in)
		s.drain()
	}
	enter("o2", bot.SceneBuilding("3"))
	got := lines(wx.take())
	if len(got) != 1 || !strings.Contains(got[0], "小社区") || !strings.Contains(got[0], "您扫的是3号楼的码") {
		t.Errorf("greeted with %q", got)
	}
	enter("o2", bot.SceneBuilding("3"))
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("greeted again: %q", got)
	}
	s.hear(onWX(s.said("o2", "", "电梯停了"), 5))
	if home != (flows.Place{Building: "3"}) {
		t.Errorf("read as somebody from %+v", home)
	}
	s.hear(onWX(s.said("o3", "", "电梯停了"), 5))
	if home != (flows.Place{}) {
		t.Errorf("somebody else is read as from %+v", home)
	}
	enter("o2", bot.SceneGroup("b3"))
	if got := lines(wx.take()); len(got) != 1 || !strings.Contains(got[0], "“3号楼群”") {
		t.Errorf("greeted with %q", got)
	}
	for _, scene := range []string{"b-99", "g-", "x", strings.Repeat("b-3", 90)} {
		enter("o2", scene)
	}
	if got := lines(wx.take()); len(got) != 0 {
		t.Errorf("greeted for a code that is none: %q", got)
	}
	s.pass(25 * time.Hour)
	enter("o2", "")
	if got := lines(wx.take()); len(got) != 1 {
		t.Errorf("after a day: %q", got)
	}
}

// How many messages will leave at once is known when something was heard, also when it is
// brought again.
func TestSays(t *testing.T) {
	s, _ := wxStage(t, false, 9, toy(t, "toy", only(tell(flows.To{Chat: "~wx:o1"}, flows.Personal, "一"), tell(flows.To{Chat: "~wx:o1"}, flows.Personal, "二"))), nil)
	in := onWX(s.said("o1", "", "事"), 9)
	if a := s.hear(in); a.Says != 2 {
		t.Errorf("%d messages, want 2", a.Says)
	}
	if a := s.hear(in); a.Says != 2 {
		t.Errorf("brought again: %d messages, want 2", a.Says)
	}
	s.drain()
	if a := s.hear(in); a.Says != 0 {
		t.Errorf("when they have left: %d", a.Says)
	}
	if a := s.hear(onWX(s.said("o1", "", "哦"), 9)); a.Says != 0 {
		t.Errorf("small talk leads to %d messages", a.Says)
	}
}

// The notice that answers a secret choice may be said as a message, and stays with no case.
func TestSilentChoiceIsNotKept(t *testing.T) {
	fl := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		if _, ok := e.What.(flows.Chose); ok {
			return n, []flows.Effect{flows.Say{To: person(e.By.Person), Toast: true, Words: "text", Vars: flows.Vars{"t": flows.Text("记下了：不要")}}}
		}
		return n, nil
	})
	s, wx := wxStage(t, false, 9, fl, nil)
	for _, choice := range []string{"vote!=B", "vote=B"} {
		in := onWX(s.pressed("o1", "", "1/"+choice), 9)
		s.hear(in)
		s.drain()
	}
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: 记下了：不要", "o1: 记下了：不要"}) {
		t.Errorf("told %q", got)
	}
	kept := 0
	s.view(func(tx storage.Tx) error {
		all, err := tx.Keys("case/1/sent/")
		for _, raw := range all {
			kept += strings.Count(string(raw), "不要")
		}
		return err
	})
	if kept != 1 {
		t.Errorf("%d notices are kept with the case, want the one that is no secret", kept)
	}
}

// What comes late opens its window from when it was said.
func TestHeardLate(t *testing.T) {
	s, wx := wxStage(t, false, 1, telling(t), nil)
	s.pass(50 * time.Hour)
	in := onWX(s.said("o1", "", "在"), 5)
	in.At = s.clock.Now().Add(-47 * time.Hour)
	s.hear(in)
	s.drain()
	s.say("li", "", "事 r1 personal a")
	s.pass(time.Hour)
	s.say("li", "", "事 r1 personal b")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: a"}) {
		t.Errorf("told %q", got)
	}
}

// By which code somebody came is known for a while; of a stranger as long as one may write to them.
func TestSceneEnds(t *testing.T) {
	s, _ := wxStage(t, false, 9, telling(t), nil)
	for _, who := range []string{"o1", "o9"} {
		in := onWX(s.said(who, "", ""), 5)
		in.Kind, in.Scene = bot.Entered, bot.SceneBuilding("3")
		s.hear(in)
	}
	s.drain()
	left := func() (n int) {
		if err := s.b.Sweep(s.Context()); err != nil {
			t.Fatal(err)
		}
		s.view(func(tx storage.Tx) error {
			all, err := tx.Keys("")
			for name := range all {
				if strings.HasPrefix(name, "scene/") || strings.HasPrefix(name, "window/") {
					n++
				}
			}
			return err
		})
		return n
	}
	if n := left(); n != 4 {
		t.Errorf("%d are kept, want both of both", n)
	}
	s.pass(49 * time.Hour)
	if n := left(); n != 1 {
		t.Errorf("after two days %d are kept, want the scene of who is known", n)
	}
	s.pass(91 * 24 * time.Hour)
	if n := left(); n != 0 {
		t.Errorf("after three months %d are kept", n)
	}
}

// What a platform cannot take of a message is not left out in silence.
func TestLeftOut(t *testing.T) {
	hash := strings.Repeat("a", 64)
	fl := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		w, ok := e.What.(flows.Opened)
		if !ok {
			return n, nil
		}
		say := tell(person("r1"), flows.Personal, "办好了")
		for _, kind := range strings.Fields(w.Said.Message.Text)[1:] {
			say.Media = append(say.Media, flows.Media{Kind: kind, Hash: hash})
		}
		return n, []flows.Effect{say}
	})
	s, wx := wxStage(t, false, 9, fl, func(c *bot.Capabilities) { c.Photos = false })
	for said, want := range map[string]string{"事 voice": "一段语音", "事 photo": "照片，", "事 photo voice": "照片和一段语音"} {
		s.say("li", "", said)
		if got := lines(wx.take()); len(got) != 1 || !strings.HasPrefix(got[0], "o1: 办好了\n（还附了"+want) {
			t.Errorf("%s: %q", said, got)
		}
	}
	s.say("li", "", "事 .")
	if got := lines(wx.take()); !slices.Equal(got, []string{"o1: 办好了"}) {
		t.Errorf("without files: %q", got)
	}
}
