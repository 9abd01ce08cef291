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
	"linli/prompts/local"
	"linli/storage"
)

// learns gives all that somebody is told who makes up buttons for a case and asks
// for its number.
func (h home) learns(who string, id flows.ID, number string) (told []string) {
	h.Helper()
	h.toy.take()
	for _, choice := range []string{"", "x", "also", "withdraw", "confirm", "publish", "restored", "yes", "same", "b=3", "rate=good", "again"} {
		if a := h.hear(h.pressed(who, "", string(id)+"/"+choice)); a.Toast != "" && !slices.Contains(told, a.Toast) {
			told = append(told, a.Toast)
		}
	}
	h.by(who, who, "", number)
	for _, a := range h.toy.take() {
		if a.To == who {
			told = append(told, a.Text)
		}
	}
	h.view(func(tx storage.Tx) error {
		list, err := tx.Tally(id)
		if list["follower"] > 0 {
			told = append(told, "a part in it")
		}
		return err
	})
	return told
}

// Whoever a complaint is about, and whoever must not hear of what is discreet or
// private, learns nothing of it by a made-up button, nor by its number.
func TestNumberAndButtonAreNoWayIn(t *testing.T) {
	for _, x := range []struct {
		name, text string
		hidden     []string
		shown      []string
	}{
		{"about the leader", "我们3号楼网格员打电话从来不接，态度太差了，要投诉他", []string{"li", "feng", "p9"}, []string{"zheng", "chen"}},
		{"about the staff", "3号楼的，社区工作人员态度太差，跑了好几趟没办成，要投诉", []string{"chen", "feng", "p9"}, []string{"zheng"}},
		{"about the property company", "3号楼几个月没人打扫，物业只收钱不办事，要投诉物业", []string{"feng"}, []string{"chen"}},
		{"violence", "老公打我，救命", []string{"li", "feng", "chen", "p9"}, []string{"sun", "zheng"}},
		{"of a household", "家里水管漏水，3号楼2单元501", []string{"p9"}, []string{"li"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := keeping(t)
			h.T = t
			h.by("p1", "王", "", x.text)
			if x.name != "violence" {
				h.tap("p1", "登记")
			}
			if !slices.ContainsFunc(h.stages(), func(s string) bool { return strings.HasPrefix(s, "1 demand 1 ") }) {
				t.Fatalf("nothing was filed: %q", h.stages())
			}
			quiet := []string{"这是问说话的那位的。", "这个要社区工作人员来点。"}
			for _, who := range x.hidden {
				for _, s := range h.learns(who, "1", "0001") {
					if !slices.Contains(quiet, s) {
						t.Errorf("%s learns %q", who, s)
					}
				}
			}
			if strings.HasPrefix(x.name, "about") {
				// Nor by complaining in the same words: it is filed as if it were the first.
				h.toy.take()
				h.by(x.hidden[0], "x", "", x.text)
				for _, a := range h.toy.take() {
					if a.To == x.hidden[0] && strings.Contains(a.Text, "0001") {
						t.Errorf("%s learns %q", x.hidden[0], a.Text)
					}
				}
				if len(h.learns(x.hidden[0], "1", "0001")) > len(quiet) {
					t.Errorf("%s has come into the case", x.hidden[0])
				}
			}
			for _, who := range x.shown {
				if got := strings.Join(h.learns(who, "1", "0001"), "\n"); !strings.Contains(got, "0001号") {
					t.Errorf("%s, who may know, learns %q", who, got)
				}
			}
		})
	}
}

// Who withdraws what they agreed to has nothing filed of what waited for a yes.
func TestWithdrawnBeforeStaffLooked(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	h.by("p1", "王", "g3", "2单元这灯忽明忽暗的靐靐")
	draft := func() bool {
		return slices.ContainsFunc(h.stages(), func(s string) bool { return strings.HasSuffix(s, " draft") })
	}
	if !draft() {
		t.Fatalf("there is no draft: %q", h.stages())
	}
	id := h.owner("p1")
	if err := h.b.Withdraw(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.pass(2 * time.Second)
	h.tap("chen", "登记")
	if draft() || len(h.stages()) != 2 {
		t.Errorf("filed without consent: %q", h.stages())
	}
	if err := h.db.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := h.holding("靐靐"); len(got) > 0 {
		t.Errorf("the words are kept: %q", got)
	}
	// Who has nothing else is forgotten altogether, as before.
	h.by("p2", "李", "", "5号楼1单元下水道堵了")
	h.tap("p2", "登记")
	h.tap("p2", "撤回")
	if err := h.b.Withdraw(t.Context(), h.owner("p2")); err != nil {
		t.Fatal(err)
	}
	if m, err := h.b.Mine(t.Context(), id); err != nil || !m.Consent.IsZero() || len(m.Cases) != 1 {
		t.Errorf("of the first is held %+v, %v", m, err)
	}
}

// Of an account that was asked whether it wants to join in, and did not answer,
// nothing is known when the offer is over.
func TestAskedAndNotAnswered(t *testing.T) {
	const stranger, neighbour = "p66554433", "p22113344"
	h := keeping(t)
	h.by("p1", "王", "g3", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	for _, who := range []string{stranger, neighbour} {
		h.by(who, "李", "g3", "3号楼2单元下水道堵了")
	}
	h.tap(neighbour, "我也是")
	h.by(stranger, "李", "g3", "3号楼2单元下水道还堵着") // is not asked twice
	asked := 0
	for _, a := range h.toy.take() {
		if a.To == stranger && a.Edit == "" {
			asked++
		}
	}
	if asked != 1 || len(h.holding(stranger)) == 0 {
		t.Errorf("asked %d times; while the offer stands, where is known: %d", asked, len(h.holding(stranger)))
	}
	h.pass(70 * time.Minute)
	if err := h.db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.holding(stranger); len(got) > 0 {
		t.Errorf("of who did not answer is kept %q", got)
	}
	h.tap("feng", "接单")
	h.tap("feng", "办好了")
	h.tap("feng", "不用说，就这样")
	told := lines(h.toy.take())
	if !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, neighbour+": ") }) {
		t.Errorf("who said yes hears nothing: %q", told)
	}
}

// What is said to somebody of what nobody else may know is covered, also when they
// ask for it, and when it comes together with other things.
func TestCoveredOnTheLockScreen(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "老公打我，救命")
	h.tap("sun", "我来处理")
	h.by("p1", "王", "", "我的事")
	h.tap("sun", "处理完了")
	h.by("p1", "王", "", "我的数据")
	h.tap("p1", "拷一份")
	h.by("p2", "李", "", "3号楼2单元下水道堵了")
	h.tap("p2", "登记")
	h.by("p2", "李", "", "我的事")
	n := 0
	for _, a := range h.toy.take() {
		discreet := a.To == "sun" || a.To == "p1" && !strings.HasPrefix(a.Text, "我这里留着")
		if a.Neutral != discreet && (discreet || a.To == "p2") {
			t.Errorf("covered %v: %s: %s", a.Neutral, a.To, a.Text)
		}
		n++
	}
	if n < 8 {
		t.Errorf("only %d messages: the test tests nothing", n)
	}
}

func TestCoveredInABundle(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if _, ok := e.What.(flows.Opened); !ok {
			return n, nil
		}
		n.Stage = "filed"
		one, two := tell(person("li"), flows.Work, "一"), tell(person("li"), flows.Work, "二")
		one.Bundle, two.Bundle, two.Neutral = true, true, true
		return n, []flows.Effect{one, two}
	}))
	s.say("p1", "", "事")
	s.pass(24 * time.Hour)
	got := s.toy.take()
	if len(got) != 1 || got[0].Text != "一\n\n二" || !got[0].Neutral {
		t.Errorf("told %q, covered %v", lines(got), len(got) > 0 && got[0].Neutral)
	}
}

// Who waits for the same is told how it ends, and not where the other lives nor what
// was written to them.
func TestFollowerLearnsNothingOfTheReporter(t *testing.T) {
	for _, end := range [][2]string{{"不归我", "王阿姨家501自己的管子"}, {"办好了", "王阿姨家501通了"}} {
		h := keeping(t)
		h.by("p1", "王", "g3", "3号楼2单元501下水道堵了")
		h.tap("p1", "登记")
		h.by("p2", "李", "g3", "3号楼2单元下水道堵了")
		h.tap("p2", "我也是")
		h.tap("feng", "接单")
		h.tap("feng", end[0])
		if end[0] == "不归我" {
			h.tap("feng", "不属于社区")
			h.tap("feng", "清单里没有")
		}
		h.toy.take()
		h.by("feng", "冯", "", end[1])
		told := 0
		for _, a := range h.toy.take() {
			if a.To != "p2" && a.To != "g3" {
				continue
			}
			if strings.Contains(a.Text, "501") || strings.Contains(a.Text, "王阿姨") {
				t.Errorf("%s: %s is told %q", end[0], a.To, a.Text)
			}
			told++
		}
		if told == 0 {
			t.Errorf("%s: nobody is told: the test tests nothing", end[0])
		}
	}
}

// guessing is a reader that is not sure whether it heard of violence.
type guessing struct {
	careful
	l flows.Limits
}

func (g guessing) Read(text string, x prompts.Context) flows.Reading {
	if strings.Contains(text, "她家") {
		return flows.Reading{Item: "6-5", Demand: (g.l.Maybe + g.l.Sure) / 2, Place: flows.Place{Building: "3"}}
	}
	return g.careful.Read(text, x)
}

// What may be violence is looked at by one person and not by all staff.
func TestDraftOfViolenceIsForTheHead(t *testing.T) {
	h := keeping(t)
	h.o.Reader = guessing{careful{local.New()}, h.o.Settings.Limits}
	h.restart()
	h.by("p1", "王", "", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	h.toy.take()
	h.by("p1", "王", "g3", "她家天天有动静")
	told := h.toy.take()
	if len(told) != 1 || told[0].To != "zheng" || !told[0].Neutral {
		t.Errorf("told %q", lines(told))
	}
}

// Of somebody who is erased no word is left in what could not be told to the people
// on duty when the rules had failed on it.
func TestEraseWhatDutyCouldNotBeTold(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(string, note, flows.Event) (note, []flows.Effect) { panic("a fault") }))
	s.read.danger = func(string) flows.Danger { return flows.Violence }
	s.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r9", Name: "王", Consent: s.clock.Now(), Addresses: []string{"toy:p1"}, Reach: []string{"toy:p1"}})
	})
	s.toy.on(func(to string, _ bot.Message) error {
		switch to {
		case "sun":
			return bot.Refused{Why: "on purpose"} // a dead letter
		case "qian":
			return bot.Busy{After: time.Hour} // waits
		}
		return nil
	})
	s.say("p1", "", "事情：靐靐打我")
	kept := func() (n int) {
		for _, x := range s.troubles() {
			n += strings.Count(string(x.Body)+x.Text, "靐靐打我")
		}
		s.view(func(tx storage.Tx) error {
			jobs, err := tx.Jobs()
			for _, j := range jobs {
				n += strings.Count(string(j.Body), "靐靐打我")
			}
			return err
		})
		return n
	}
	if kept() != 3 {
		t.Fatalf("kept in %d places: the test tests something else", kept())
	}
	if _, err := s.b.Erase(t.Context(), "r9", "asked"); err != nil || kept() != 0 {
		t.Errorf("%v; kept in %d places", err, kept())
	}
}

// A danger in the edit of what somebody said before they were erased is heard, and is
// theirs: they can be told, and erased from it again.
func TestDangerInAnEditAfterErasing(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "g3", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	h.by("p2", "李", "g3", "3号楼2单元下水道堵了")
	h.tap("p2", "我也是")
	ref := ""
	h.view(func(tx storage.Tx) error {
		for i := range h.n + 1 {
			if id, err := tx.Ref("g", fmt.Sprint("m", i)); err == nil && id == "1" && ref == "" {
				ref = fmt.Sprint("m", i)
			}
		}
		return nil
	})
	if _, err := h.b.Erase(t.Context(), h.owner("p1"), "asked"); err != nil || ref == "" {
		t.Fatalf("%v; the message is %q", err, ref)
	}
	in := h.said("p1", "g3", "3号楼2单元闻到煤气味，靐靐")
	in.Kind, in.Message.Ref = bot.Edited, ref
	h.hear(in)
	h.pass(2 * time.Second)
	h.tap("sun", "我来处理")
	h.tap("sun", "处理完了")
	id := h.owner("p1")
	if id == "" {
		t.Fatalf("it is nobody's: %q", h.stages())
	}
	if _, err := h.b.Erase(t.Context(), id, "asked"); err != nil {
		t.Fatal(err)
	}
	if err := h.db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.holding("靐靐"); len(got) > 0 {
		t.Errorf("kept: %q", got)
	}
}
