package bot_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"linli/flows"
	"linli/storage"
)

// filing opens a case whose state and entries name the reporter, and tells them
// of everything that is chosen.
type filing struct {
	Stage    string         `json:"stage"`
	Reporter flows.PersonID `json:"reporter"`
	By       []flows.PersonID
	To       flows.PersonID // who has the receipt
}

func (f filing) Summary() flows.Summary {
	return flows.Summary{Stage: f.Stage, Numbered: true, Holder: f.Reporter}
}

func filings(t *testing.T) flows.Flow {
	f, err := flows.Define("toy", toyWords, func(_ string, n filing, e flows.Event) (filing, []flows.Effect) {
		yes := true
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage, n.Reporter = "filed", e.By.Person
			return n, []flows.Effect{
				flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "reporter"}},
				flows.Remember{Person: e.By.Person, Consent: &yes},
				flows.Say{To: person(e.By.Person), Class: flows.Personal, Words: "text", Vars: flows.Vars{"t": flows.Text("收到")}, Slot: "receipt", Receipt: "got"},
			}
		case flows.Delivered:
			n.To = w.To
		case flows.Chose:
			if n.By = append(n.By, e.By.Person); w.Choice == "also" {
				return n, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "follower"}}}
			}
			if e.By.Person == n.Reporter {
				return n, []flows.Effect{tell(person(n.Reporter), flows.Personal, "您的"+w.Choice)}
			}
		}
		return n, nil
	}, func(e flows.Event) []flows.Effect {
		s := e.What.(flows.Said)
		if !strings.HasPrefix(s.Message.Text, "事") {
			return nil
		}
		return []flows.Effect{flows.Open{Flow: "toy", Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func selfCode(s *stage, who, ask string) string {
	s.Helper()
	s.toy.take()
	s.say(who, "", ask)
	got := lines(s.toy.take())
	c := typed.FindString(strings.Join(got, ""))
	if len(got) != 1 || c == "" {
		s.Fatalf("told %q", got)
	}
	return c
}

// join lets an account use a code of another, and say that it asked for it.
func join(s *stage, who, code string) {
	s.Helper()
	s.say(who, "", "/start "+code)
	for _, a := range s.toy.take() {
		for _, row := range a.Buttons {
			if len(row) == 2 && row[0].Label == "是我要的" {
				s.hear(s.pressed(who, "", row[0].Data))
				s.drain()
				return
			}
		}
	}
	s.Fatalf("%s was not asked", who)
}

// Two accounts of one resident become one person who has a part in all that
// either had, as if it had always been one.
func TestTwoAccountsOfOnePerson(t *testing.T) {
	s := newStage(t, nil, filings(t))
	s.say("p1", "", "事情一") // r1
	s.say("p2", "", "事情二") // r2
	s.say("p2", "", "事情三")
	s.say("p3", "", "事情四") // r3, somebody else
	s.hear(s.pressed("p2", "", "1/also"))
	s.hear(s.pressed("p1", "", "3/also")) // r1 follows what r2 reported
	s.toy.take()
	c := selfCode(s, "p1", "绑定另一个账号")
	s.hear(s.said("p2", "", "事情五")) // its receipt has not left yet
	join(s, "p2", c)                // with the receipt it is asked
	s.told("p1: 您的另一个账号绑定好了。能给您发消息的地方：toy。不是您本人绑的，请马上告诉社区。",
		"p2: 绑定好了，这个账号也是您的了。能给您发消息的地方：toy。想先发到这里，就发“以后发到这里”。")
	s.view(func(tx storage.Tx) error {
		for _, a := range []string{"toy:p1", "toy:p2"} {
			if p, err := tx.PersonAt(a); err != nil || p.ID != "r1" || !slices.Equal(p.Reach, []string{"toy:p1", "toy:p2"}) || p.Consent.IsZero() {
				t.Errorf("at %s is %+v, %v", a, p, err)
			}
		}
		if _, err := tx.Person("r2"); !errors.Is(err, storage.ErrNone) {
			t.Errorf("the other person is still there: %v", err)
		}
		for id, tag := range map[flows.ID]string{"1": "reporter", "2": "reporter", "3": "reporter", "5": "reporter"} {
			if e, err := tx.Entry(id, "r1"); err != nil || e.Tag != tag {
				t.Errorf("case %s: %+v, %v", id, e, err)
			}
			if _, err := tx.Entry(id, "r2"); !errors.Is(err, storage.ErrNone) {
				t.Errorf("case %s still has a part of the other: %v", id, err)
			}
			c, err := tx.Case(id)
			if err != nil || c.Holder != "r1" || strings.Contains(string(c.Data), "r2") && id != "1" {
				t.Errorf("case %s is %s held by %s, %v", id, c.Data, c.Holder, err)
			}
		}
		if e, err := tx.Entry("4", "r3"); err != nil || e.Tag != "reporter" {
			t.Errorf("somebody else's: %+v, %v", e, err)
		}
		return nil
	})
	s.view(func(tx storage.Tx) error {
		c, err := tx.Case("5")
		if !strings.Contains(string(c.Data), `"To":"r1"`) {
			t.Errorf("the receipt of the fifth went to %s", c.Data)
		}
		return err
	})
	// What p2 reported is p1's now, and is told where they want to be told.
	s.hear(s.pressed("p1", "", "2/x"))
	s.drain()
	s.told("p1: 您的x")
	s.say("p2", "", "以后发到这里")
	s.told("p2: 好，以后先发到这里。能给您发消息的地方：toy。")
	s.hear(s.pressed("p1", "", "2/y"))
	s.drain()
	s.told("p2: 您的y")
	s.say("p2", "", "/start "+c) // once
	s.told("p2: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
}

// Who has a post and a resident's account besides keeps the id of the post; two
// posts are two persons; strangers and one's own account are no new persons.
// A case whose entries are not only those of persons puts together itself what two
// accounts have in it; one that is over keeps it as it was counted.
func TestAccountsInKeepers(t *testing.T) {
	var told []string
	s := newStage(t, nil, filings(t), boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Chose:
			if w.Choice == "end" {
				b.Stage = "done"
			}
		case flows.Told:
			var old flows.Entry
			if err := json.Unmarshal(w.Data, &old); err != nil {
				t.Error(err)
			}
			own := ""
			if e.Entry != nil {
				own = e.Entry.Tag
			}
			told = append(told, strings.Join([]string{w.Name, string(e.Case.ID), old.Key, old.Tag, string(e.By.Person), own}, " "))
			return b, []flows.Effect{flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true}}
		}
		return b, nil
	}))
	s.say("p1", "", "事情") // r1
	s.say("p2", "", "事情") // r2
	s.say("p1", "", "票")  // 3
	s.say("p1", "", "票")  // 4
	s.put("3", "r1", "voter", 0)
	s.put("3", "r2", "voter", 0)
	s.put("4", "r2", "voter", 0)
	s.hear(s.pressed("p1", "", "4/end"))
	join(s, "p2", selfCode(s, "p1", "绑定另一个账号"))
	if want := []string{"joined 3 r2 voter r1 voter"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	s.view(func(tx storage.Tx) error {
		if e, err := tx.Entry("3", "r1"); err != nil || e.Tag != "voter" {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := tx.Entry("3", "r2"); !errors.Is(err, storage.ErrNone) {
			t.Errorf("what the rules have deleted is there: %v", err)
		}
		if e, err := tx.Entry("4", "r2"); err != nil || e.Tag != "voter" {
			t.Errorf("of a case that is over: %+v, %v", e, err)
		}
		return nil
	})
}

func TestAccountsThatAreNotTwoResidents(t *testing.T) {
	s := newStage(t, nil, filings(t))
	s.say("p1", "", "/link")
	s.told("p1: 我这里还没有您的事。先登记过一件事，再绑定另一个账号。")
	s.say("p1", "", "事情")
	s.toy.take()
	// Whose code an account with a post is made to tap does not get the post.
	c := selfCode(s, "p1", "/code 自己")
	join(s, "li", c)
	s.told("li: 这个账号有职务。要再加一个账号，请用这个账号发“绑定另一个账号”，把码发到另一个账号里用。")
	if p := s.ownerOf("p1"); p != "r1" {
		t.Errorf("p1 is an account of %s", p)
	}
	join(s, "p1", selfCode(s, "li", "/link"))
	s.toy.take()
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		e, err2 := tx.Entry("1", "li")
		if p.ID != "li" || e.Tag != "reporter" || !slices.Contains(p.Addresses, "toy:li") {
			t.Errorf("%+v with %+v", p, e)
		}
		return errors.Join(err, err2)
	})
	c = selfCode(s, "li", "/link")
	join(s, "chen", c)
	s.told("chen: 这两个账号各有各的职务，不能合成一个人。要换账号，请社区用“/code 姓名”重新发绑定码。")
	c = selfCode(s, "li", "/link")
	s.say("li", "", "/start "+c)
	s.told("li: 这个账号已经是您的了。")
	// An account nobody knows is only added.
	older, c := selfCode(s, "li", "/link"), selfCode(s, "li", "/link")
	s.say("p9", "", "/start "+older)
	s.told("p9: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	s.say("p9", "g3", "/start "+c) // never in a group
	s.toy.take()
	s.say("p9", "", "/start "+c) // and never after it was seen in one
	s.told("p9: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	join(s, "p9", selfCode(s, "li", "/link"))
	s.toy.take()
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p9")
		if p.ID != "li" || p.Reach[0] == "toy:p9" {
			t.Errorf("at the address is %+v", p)
		}
		return err
	})
	// Who is being forgotten is joined to nobody.
	s.say("p7", "", "事情")
	s.toy.take()
	c = selfCode(s, "li", "/link")
	s.update(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p7")
		if err != nil {
			return err
		}
		return tx.PutKey("erasing/"+string(p.ID), []byte(`{"why":"asked"}`))
	})
	join(s, "p7", c)
	s.told("p7: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	s.say("p8", "", "/here")
	s.told("p8: 我这里还没有您的事，不用设置。有要修、要办、要帮的事，直接跟我说。")
}

func (s *stage) ownerOf(address string) (id flows.PersonID) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:" + address)
		id = p.ID
		return err
	})
	return id
}

// A code in a link that somebody else has sent joins nobody by being tapped: the
// account is asked, and whoever says no ends the code.
func TestCodeOfSomebodyElse(t *testing.T) {
	s := newStage(t, nil, filings(t))
	s.say("thief", "", "事情一")
	s.say("victim", "", "事情二")
	s.toy.take()
	c := selfCode(s, "thief", "/link")
	apart := func() {
		t.Helper()
		if a, b := s.ownerOf("thief"), s.ownerOf("victim"); a != "r1" || b != "r2" {
			t.Fatalf("the thief is %s, the victim %s", a, b)
		}
	}
	for range 2 { // asked as often as it is tapped
		s.say("victim", "", "/start "+strings.ReplaceAll(c, "-", ""))
		got := s.toy.take()
		if len(got) != 1 || len(got[0].Buttons) != 1 || len(got[0].Buttons[0]) != 2 || !strings.Contains(got[0].Text, "别人给的码") {
			t.Fatalf("told %q", lines(got))
		}
		apart()
	}
	plain := strings.ReplaceAll(c, "-", "")
	for _, press := range []string{"~self/yes=ABCDEFGHJK", "~self/maybe=" + plain, "~self/yes"} {
		s.hear(s.pressed("victim", "", press))
		s.drain()
		apart()
	}
	s.hear(s.pressed("victim", "g3", "~self/yes="+plain))
	s.drain()
	apart()
	s.toy.take()
	s.hear(s.pressed("victim", "", "~self/no="+plain))
	s.drain()
	s.told("victim: 好，什么都没有变，这个码作废了。")
	s.hear(s.pressed("victim", "", "~self/yes="+plain))
	s.drain()
	s.told("victim: 这个绑定码不对，或已用过、已过期。请向社区再要一个。")
	apart()
}

// What somebody was told under the id of the other account is theirs to have a copy of.
func TestCopyOfTwoAccounts(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	h.by("p2", "王", "", "5号楼1单元下水道堵了")
	h.tap("p2", "登记")
	join(h.stage, "p2", selfCode(h.stage, "p1", "/link"))
	text, err := h.b.Copy(t.Context(), h.owner("p1"))
	if err != nil || !strings.Contains(string(text), "告诉过您（2026年3月11日）：记下了，0001号") || !strings.Contains(string(text), "告诉过您（2026年3月11日）：记下了，0002号") {
		t.Errorf("the copy, %v:\n%s", err, text)
	}
}
