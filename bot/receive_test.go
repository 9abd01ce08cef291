package bot_test

import (
	"context"
	"encoding/json"
	"errors"
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

// What is delivered three times, under any of its names, happens once, and the
// press gets its notice each time.
func TestDeliveredThrice(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		if _, ok := e.What.(flows.Chose); ok {
			say := tell(flows.To{}, flows.Personal, "已算上您")
			say.Toast = true
			return n, []flows.Effect{say, tell(flows.To{Chat: "g"}, flows.Notice, "两户")}
		}
		return n, []flows.Effect{tell(flows.To{Chat: "g"}, flows.Notice, "记下了")}
	}
	s := newStage(t, nil, toy(t, "toy", r))
	in := s.said("p1", "g3", "事情")
	press := s.pressed("p2", "g3", "1/also")
	for _, keys := range [][]string{{"u/1", "m/1"}, {"u/1", "m/1"}, {"u/2", "m/1"}} {
		in.Keys = keys
		s.hear(in)
	}
	s.drain()
	s.told("g3: 记下了")
	for _, keys := range [][]string{{"u/3", "c/1"}, {"u/3", "c/1"}, {"u/4", "c/1"}} {
		press.Keys = keys
		if a := s.hear(press); a.Toast != "已算上您" {
			t.Errorf("under %v the press is answered with %q", keys, a.Toast)
		}
	}
	s.drain()
	s.told("g3: 两户")
	if h := s.the("1").Heard; !slices.Equal(h, []string{"opened", "chose"}) {
		t.Errorf("the case heard %q", h)
	}
	if _, err := s.b.Receive(t.Context(), bot.Inbound{Channel: "toy", Kind: bot.Said}); err == nil {
		t.Error("something without a key was taken")
	}
	if n := len(s.troubles()); n != 0 {
		t.Errorf("%d troubles", n)
	}
}

// What a speaker said a moment ago is read together with the next, each thing
// once, and nothing that led to a case.
func TestFragments(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	var before [][]string
	s.read.read = func(_ string, c prompts.Context) flows.Reading {
		before = append(before, c.Before)
		return flows.Reading{}
	}
	one := s.said("p1", "g3", "3号楼2单元")
	for _, keys := range [][]string{{"u/1", "m/1"}, {"u/1", "m/1"}, {"u/2", "m/1"}} {
		one.Keys = keys
		s.hear(one)
	}
	s.hear(s.said("p2", "g3", "吃了吗"))
	filed := s.said("p1", "g3", "事情")
	for _, keys := range [][]string{{"u/5", "m/5"}, {"u/6", "m/5"}} {
		filed.Keys = keys
		s.hear(filed)
	}
	s.hear(s.said("p1", "g3", "谢谢"))
	s.clock.Set(s.clock.Now().Add(11 * time.Minute))
	s.hear(s.said("p1", "g3", "再见"))
	want := [][]string{nil, {"3号楼2单元"}, {"3号楼2单元"}, nil, {"3号楼2单元"}, nil, nil, nil}
	for i := range want {
		if !slices.Equal(before[i], want[i]) {
			t.Errorf("message %d was read after %q, want %q", i+1, before[i], want[i])
		}
	}
}

// Who is no person is nobody's reporter: a channel, an anonymous admin, a bot.
func TestNoPerson(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(flows.To{Chat: "g"}, flows.Notice, "记下了"))))
	s.read.danger = func(string) flows.Danger { return flows.Gas }
	for _, kind := range []bot.Kind{bot.Said, bot.Edited, bot.Pressed} {
		in := s.said("-1001", "g3", "事情")
		in.Kind, in.From.Person, in.Press = kind, false, "1/also"
		s.hear(in)
	}
	ignored := s.said("p1", "g3", "事情")
	ignored.Kind = bot.Ignored
	s.hear(ignored)
	s.drain()
	s.told()
	s.nobody()
}

// nobody says that no resident, no case and no text was kept.
func (s *stage) nobody() {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		people, err := tx.People()
		if err != nil {
			return err
		}
		for _, p := range people {
			if _, post := s.o.Settings.Official(p.ID); !post {
				s.Errorf("kept %s", p.ID)
			}
		}
		cases, err := tx.Cases(10, nil)
		if len(cases) > 0 {
			s.Errorf("%d cases", len(cases))
		}
		return err
	})
}

// Chatter leaves nothing; once it is edited into a demand it is one.
func TestChatterAndItsEdit(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(flows.To{Chat: "g"}, flows.Notice, "记下了"))))
	in := s.said("p1", "g3", "吃了吗")
	s.hear(in)
	s.drain()
	s.told()
	s.nobody()
	s.nowhere("吃了吗")
	edit := in
	edit.Kind, edit.Keys = bot.Edited, []string{"e1"}
	edit.Message.Text = "还没吃"
	s.hear(edit)
	s.nobody()
	edit.Keys, edit.Message.Text = []string{"e2"}, "事情"
	s.hear(edit)
	s.drain()
	s.told("g3: 记下了")
	// A further edit belongs to the case, and so does an answer to the message.
	edit.Keys, edit.Message.Text = []string{"e3"}, "别的"
	s.hear(edit)
	if h := s.the("1").Heard; !slices.Equal(h, []string{"opened", "said"}) {
		t.Errorf("the case heard %q", h)
	}
}

// nowhere says that no getter of the store gives a text.
func (s *stage) nowhere(text string) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		look := func(what string, v any, err error) {
			s.Helper()
			if err != nil && !errors.Is(err, storage.ErrNone) {
				s.Errorf("%s: %v", what, err)
			}
			if body, _ := json.Marshal(v); strings.Contains(string(body), text) {
				s.Errorf("%s holds %q: %s", what, text, body)
			}
		}
		keys, err := tx.Keys("")
		look("keys", keys, err)
		for name, v := range keys {
			if strings.Contains(string(v), text) {
				s.Errorf("the key %s holds %q", name, text)
			}
		}
		chats, err := tx.Chats()
		look("chats", chats, err)
		people, err := tx.People()
		look("people", people, err)
		troubles, err := tx.Troubles()
		look("troubles", troubles, err)
		claimed, err := tx.Claimed()
		look("claimed", claimed, err)
		cases, err := tx.Cases(1000, nil)
		look("cases", cases, err)
		for i := range 20 {
			id := flows.ID(fmt.Sprint(i))
			c, err := tx.Case(id)
			look("case", c, err)
			jobs, err := tx.JobsOf(id)
			look("rows of a case", jobs, err)
			journal, err := tx.Journal(id)
			look("journal", journal, err)
			for _, tag := range []string{"reporter", "follower"} {
				page, _, err := tx.Entries(id, tag, "", 100)
				look("entries", page, err)
			}
			j, err := tx.Job(uint64(i))
			look("row", j, err)
		}
		for _, lane := range []string{"toy:p1", "toy:p1!", "toy:g3", "toy:g3!", "toy:chen", "toy:li"} {
			l, err := tx.Lane(lane)
			look("lane "+lane, l, err)
		}
		for i := range s.n + 1 {
			id, err := tx.Ref("g", fmt.Sprint("m", i))
			look("ref", id, err)
		}
		return nil
	})
}

// offering holds the words until the reporter taps, and forgets them if not.
func offering(_ string, n note, e flows.Event) (note, []flows.Effect) {
	yes := true
	switch w := e.What.(type) {
	case flows.Opened:
		n.Stage, n.Words = "offered", w.Said.Message.Text
		ask := tell(person(e.By.Person), flows.Personal, "要登记吗："+n.Words)
		ask.Slot, ask.Buttons = "offer", []flows.Button{{Words: "also", Choice: "yes"}, {Words: "done", Choice: "no"}}
		wait := tell(person("li"), flows.Work, n.Words)
		wait.Bundle = true
		return n, []flows.Effect{
			flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "reporter", Data: flows.Data(n.Words)}},
			ask, wait, flows.Wake{At: e.At.Add(time.Hour), Name: "offer"}, flows.Ask{Name: "model", Data: flows.Data(n.Words)},
		}
	case flows.Chose:
		if w.Choice == "yes" {
			n.Stage = "filed"
			return n, []flows.Effect{flows.Remember{Person: e.By.Person, Consent: &yes}}
		}
		if w.Choice != "no" {
			return n, nil
		}
	case flows.Woke:
		if n.Stage != "offered" {
			return n, nil
		}
	default:
		return n, nil
	}
	n.Stage, n.Forget, n.Words = "gone", true, ""
	gone := tell(person(e.By.Person), flows.Personal, "没有登记。")
	gone.Slot, gone.Reply = "offer", true
	return n, []flows.Effect{gone}
}

// A case that is forgotten leaves nothing of the speaker's words in the store,
// and not the speaker either.
func TestForget(t *testing.T) {
	words := "事情" + private + "漏水"
	for name, end := range map[string]func(s *stage){
		"refused":  func(s *stage) { s.hear(s.pressed("p1", "g3", "1/no")) },
		"too late": func(s *stage) { s.clock.Set(s.clock.Now().Add(61 * time.Minute)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(o *bot.Options) {
				o.Answer = map[string]bot.Answerer{"model": func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, errDown }}
			}, toy(t, "toy", offering))
			s.say("p1", "g3", words)
			if got := lines(s.toy.take()); !slices.Equal(got, []string{"p1: 要登记吗：" + words + " [我也是] [办好]"}) {
				t.Fatalf("told %q", got)
			}
			if !strings.Contains(s.the("1").Words, private) {
				t.Fatal("the words were not held, so that this proves nothing")
			}
			end(s)
			s.drain()
			s.nowhere("漏水")
			s.nowhere(private)
			s.nobody()
			for _, l := range lines(s.toy.take()) {
				if strings.HasPrefix(l, "li: ") {
					t.Errorf("told afterwards: %q", l)
				}
			}
			s.pass(48 * time.Hour)
			if l := lines(s.toy.take()); len(l) != 0 {
				t.Errorf("told much later: %q", l)
			}
			// Pressing what is gone says so and keeps nobody.
			if a := s.hear(s.pressed("p1", "g3", "1/yes")); a.Toast != "这件事已经不在了。" {
				t.Errorf("a press on it is answered with %q", a.Toast)
			}
			s.nobody()
		})
	}
}

// A case that is forgotten while one of its messages is on the way.
func TestForgottenOnTheWay(t *testing.T) {
	for name, outcome := range map[string]error{"sent": nil, "busy": bot.Busy{After: time.Second}, "unknown": errDown, "refused": bot.Refused{Why: "no"}, "gone": bot.Gone{Why: "no"}} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil, toy(t, "toy", offering))
			s.hear(s.said("p1", "g3", "事情"+private))
			s.toy.on(func(_ string, m bot.Message) error {
				if strings.HasPrefix(m.Text, "要登记吗") {
					s.hear(s.pressed("p1", "g3", "1/no"))
					return outcome
				}
				return nil
			})
			s.pass(2 * time.Hour)
			s.nowhere(private)
			s.nobody()
		})
	}
}

// A dead letter of a case that is forgotten goes with it.
func TestForgetTakesTroubles(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", offering))
	s.toy.on(func(to string, _ bot.Message) error {
		if to == "p1" {
			return bot.Refused{Why: "no"}
		}
		return nil
	})
	s.say("p1", "", "事情"+private)
	if list := s.troubles(); len(list) != 1 || !strings.Contains(string(list[0].Body), private) {
		t.Fatalf("troubles %+v", list)
	}
	s.toy.on(nil)
	s.hear(s.pressed("p1", "", "1/no"))
	s.drain()
	s.nowhere(private)
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles %+v", list)
	}
}

// Who agreed is kept; who did not, and stands in no case, is not.
func TestConsent(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", offering))
	s.say("p1", "g3", "事情")
	s.hear(s.pressed("p2", "g3", "1/look"))
	s.hear(s.pressed("p3", "g3", "nonsense"))
	s.hear(s.pressed("p3", "g3", "77/also"))
	s.hear(s.pressed("p1", "g3", "1/yes"))
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		if err != nil || p.Consent.IsZero() || p.Name == "" {
			t.Errorf("the reporter is %+v, %v", p, err)
		}
		for _, who := range []string{"p2", "p3"} {
			if p, err := tx.PersonAt("toy:" + who); !errors.Is(err, storage.ErrNone) {
				t.Errorf("%s was kept: %+v, %v", who, p, err)
			}
		}
		return nil
	})
}

// Names are kept without what could hide or turn them; texts are bounded and
// valid, whatever a platform sends.
func TestClean(t *testing.T) {
	var name, text string
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if w, ok := e.What.(flows.Opened); ok {
			name, text = e.By.Name, w.Said.Message.Text
		}
		return n, nil
	}))
	sixty := strings.Repeat("阿卜杜拉·", 12)
	for given, want := range map[string]string{
		sixty: sixty,
		"  李\u200b雷\u202e\u2066\ufeff\x00\n ": "李雷",
		strings.Repeat("名", 500):              strings.Repeat("名", 100),
		"\xff\xfe":                            "\uFFFD\uFFFD",
	} {
		in := s.said("p1", "", "事情")
		in.From.Name = given
		s.hear(in)
		if name != want {
			t.Errorf("%q became %q", given, name)
		}
	}
	for given, want := range map[string]string{
		"事情" + strings.Repeat("楼", 20000): "事情" + strings.Repeat("楼", 16<<10/3-2),
		"事\xff\xfe情":                      "事\uFFFD情",
		"事\u200d👨\u200d👩\u202e":           "事\u200d👨\u200d👩\u202e",
	} {
		s.hear(s.said("p1", "", given))
		if text != want {
			t.Errorf("a text of %d bytes became one of %d", len(given), len(text))
		}
	}
	for _, press := range []string{strings.Repeat("x", 70) + "/y", "nonsense"} {
		if a := s.hear(s.pressed("p3", "", press)); a.Toast != "这个按钮认不出来。" {
			t.Errorf("the button %q is answered with %q", press, a.Toast)
		}
	}
}

// Nobody is selected by a role without a scope, by nothing, by a person nobody
// knows or who cannot be reached; the rules hear that they missed.
func TestMissed(t *testing.T) {
	named := func(to flows.To, slot string) flows.Say {
		say := tell(to, flows.Personal, "x")
		say.Slot = slot
		return say
	}
	s := newStage(t, nil, toy(t, "toy", only(
		named(flows.To{}, "zero"), named(flows.To{Role: flows.Staff}, "no scope"), named(flows.To{Role: flows.Owners, Scope: flows.Everywhere}, "no such post"),
		named(person("nobody"), "nobody"), named(flows.To{Chat: "nowhere"}, "no chat"), named(person("feng"), "no address"),
		named(flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: []flows.PersonID{"chen"}}, "excepted"),
		named(flows.To{Groups: flows.Scope{Building: "99"}}, "no group"),
	)))
	s.update(func(tx storage.Tx) error {
		p, err := tx.Person("feng")
		if err != nil {
			return err
		}
		p.Reach = nil
		return tx.PutPerson(p)
	})
	s.say("p1", "", "事情")
	s.told()
	want := []string{"opened"}
	for _, m := range []string{"zero", "no scope", "no such post", "nobody", "no chat", "no address", "excepted", "no group"} {
		want = append(want, "missed", m)
	}
	if got := s.the("1").Heard; !slices.Equal(got, want) {
		t.Errorf("the rules heard\n%q\nwant\n%q", got, want)
	}
}

// A rule that remembers somebody who is not kept is a fault of the rule: the
// platform must not be asked to try again for ever.
func TestRememberNobody(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(flows.Remember{Person: "r99", Lang: "en"})))
	s.say("p1", "", "事情")
	if list := s.troubles(); len(list) != 1 || list[0].Kind != "parked" {
		t.Errorf("troubles %+v", list)
	}
}
