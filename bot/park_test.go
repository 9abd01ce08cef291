package bot_test

import (
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

// A rule that fails parks its message where staff see it; everybody else, and
// the same chat, goes on.
func TestRuleThatPanics(t *testing.T) {
	boom := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if o, ok := e.What.(flows.Opened); ok {
			if strings.Contains(o.Said.Message.Text, "坏") {
				panic("王阿姨 said " + o.Said.Message.Text)
			}
			n.Stage = "filed"
			return n, []flows.Effect{tell(person(e.By.Person), flows.Personal, "记下了")}
		}
		return n, nil
	}
	s := newStage(t, nil, toy(t, "toy", boom))
	bad := s.said("p1", "g3", "事情坏了，电话"+private)
	s.hear(bad)
	s.drain()
	s.told("chen: 有一条消息我没处理好，请您看一眼，别漏了：\n事情坏了，电话" + private)
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "parked" || list[0].Text != bad.Message.Text || list[0].Chat != "g" {
		t.Fatalf("troubles %+v", list)
	}
	if !strings.HasPrefix(list[0].Why, "park_test.go:") {
		t.Errorf("why: %q names no line of the rule", list[0].Why)
	}
	if want := s.clock.Now().Add(30 * 24 * time.Hour); !list[0].Until.Equal(want) {
		t.Errorf("kept until %v, want %v", list[0].Until, want)
	}
	// It is marked as heard: the platform may bring it as often as it likes.
	s.hear(bad)
	s.hear(bad)
	s.drain()
	s.told()
	if n := len(s.troubles()); n != 1 {
		t.Errorf("%d troubles after three deliveries", n)
	}
	// The same speaker, the same chat, another chat.
	s.say("p1", "g3", "事情二")
	s.say("p2", "", "事情三")
	s.told("p1: 记下了", "p2: 记下了")
	// Nothing of the failed step was kept.
	s.view(func(tx storage.Tx) error {
		cases, err := tx.Cases(10, nil)
		if len(cases) != 2 {
			t.Errorf("%d cases, want 2", len(cases))
		}
		return err
	})
	// Staff read it on request, nobody else does.
	s.say("chen", "", "/trouble")
	s.say("p2", "", "/trouble")
	s.told("chen: 有一条消息我没处理好，请您看一眼，别漏了：\n事情坏了，电话"+private+" [再试] [知道了]", "p2: 这个要社区工作人员才能用。")
}

// hear may fail as well, and an error of a flow parks as a panic does.
func TestHearThatPanics(t *testing.T) {
	hear := func(e flows.Event) []flows.Effect { panic("no") }
	f, err := flows.Define("toy", toyWords, func(_ string, n note, _ flows.Event) (note, []flows.Effect) { return n, nil }, hear)
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil, f)
	s.say("p1", "", "随便"+private)
	if list := s.troubles(); len(list) != 1 || list[0].Text != "随便"+private {
		t.Errorf("troubles %+v", list)
	}
}

// A danger is paged along the duty list, though the rules fail, and though the
// reader fails as well.
func TestDangerThoughRulesFail(t *testing.T) {
	for name, found := range map[string]func(r *reader){
		"found": func(r *reader) { r.danger = func(string) flows.Danger { return flows.Gas } },
		"the reader fails": func(r *reader) {
			r.danger = func(string) flows.Danger { return flows.Gas }
			r.read = func(string, prompts.Context) flows.Reading { panic("dictionary " + private) }
		},
		"the search fails": func(r *reader) { r.danger = func(string) flows.Danger { panic("list " + private) } },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil, toy(t, "toy", func(string, note, flows.Event) (note, []flows.Effect) { panic("rule") }))
			found(s.read)
			s.at(3, 0)
			s.say("p1", "g3", "事：煤气味"+private)
			got := lines(s.toy.take())
			for i, who := range []string{"sun", "qian", "chen"} {
				if len(got) != 4 || got[i] != who+": 可能有危险，请马上看：\n事：煤气味"+private {
					t.Fatalf("told:\n%s", strings.Join(got, "\n"))
				}
			}
			if !strings.HasPrefix(got[3], "g3: 如有危险，请先到安全的地方，马上打119、110或120，燃气打0471-0000000。") {
				t.Errorf("the group is told %q", got[3])
			}
			if list := s.troubles(); len(list) != 1 || list[0].Kind != "parked" {
				t.Errorf("troubles %+v", list)
			}
		})
	}
}

// What is nobody's business leaves no word in the group.
func TestDiscreetDangerThoughRulesFail(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(string, note, flows.Event) (note, []flows.Effect) { panic("rule") }))
	s.read.danger = func(string) flows.Danger { return flows.Suicide }
	s.say("p1", "g3", "事：不想活了")
	for _, a := range s.toy.take() {
		if a.To == "g3" || a.To != "chen" && !a.Neutral {
			t.Errorf("%s was told %q (neutral: %v)", a.To, a.Text, a.Neutral)
		}
	}
	s.say("p1", "", "事：不想活了")
	if got := lines(s.toy.take()); !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, "p1: 如有危险") }) {
		t.Errorf("in private nobody answers: %q", got)
	}
}

// What the reader fails on is read by staff, and by no log.
func TestReaderThatPanics(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(flows.To{Chat: "g"}, flows.Notice, "好"))))
	s.read.read = func(string, prompts.Context) flows.Reading { panic("dictionary " + private) }
	s.say("p1", "g3", "事"+private)
	s.told("chen: 有一条消息我没处理好，请您看一眼，别漏了：\n事" + private)
}

// A circle of Tells is a fault of the rules: it is parked, not endless.
func TestCircleIsParked(t *testing.T) {
	circle := func(id string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			if w.Parent != "" {
				return n, []flows.Effect{flows.Tell{Name: "again"}}
			}
			return n, []flows.Effect{flows.Open{Flow: "toy"}}
		case flows.Told:
			return n, []flows.Effect{flows.Tell{Case: w.From, Name: "again"}}
		}
		return n, nil
	}
	s := newStage(t, nil, toy(t, "toy", circle))
	s.say("p1", "", "事情")
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "parked" || list[0].Text != "事情" {
		t.Fatalf("troubles %+v", list)
	}
	s.view(func(tx storage.Tx) error {
		cases, err := tx.Cases(10, nil)
		if len(cases) != 0 {
			t.Errorf("the circle left %d cases", len(cases))
		}
		return err
	})
}

// A rule that fails on a wake-up ends the row, and the case still answers.
func TestWakeThatPanics(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage = "filed"
			return n, []flows.Effect{flows.Wake{At: e.At.Add(time.Hour), Name: "boom"}, flows.Wake{At: e.At.Add(2 * time.Hour), Name: "fine"}}
		case flows.Woke:
			if w.Name == "boom" {
				panic(private)
			}
			return n, []flows.Effect{tell(person("li"), flows.Work, w.Name)}
		}
		return n, nil
	}
	s := newStage(t, nil, toy(t, "toy", r))
	s.say("p1", "", "事情")
	s.pass(3 * time.Hour)
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "parked" || list[0].Case != "1" {
		t.Errorf("troubles %+v", list)
	}
	s.pass(24 * time.Hour)
	got := lines(s.toy.take())
	for _, want := range []string{"li: fine", "chen: 有一条消息我没处理好，请您看一眼，别漏了："} {
		if !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("%q was not told: %q", want, got)
		}
	}
}

// A state that cannot be read any more is an error of the flow.
func TestStateThatCannotBeRead(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	s.say("p1", "", "事情")
	s.update(func(tx storage.Tx) error {
		c, err := tx.Case("1")
		if err != nil {
			return err
		}
		c.Data = []byte(fmt.Sprintf(`{"stage":%s}`, private))
		return tx.PutCase(c)
	})
	s.hear(s.pressed("p1", "", "1/also"))
	s.drain()
	list := s.troubles()
	if len(list) != 1 || list[0].Kind != "parked" {
		t.Fatalf("troubles %+v", list)
	}
}

// Words about violence or self-harm that could not be dealt with are read by the
// people on duty, and stand in no list.
func TestParkedWordsThatAreDiscreet(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(string, note, flows.Event) (note, []flows.Effect) { panic("rule") }))
	s.read.danger = func(string) flows.Danger { return flows.Violence }
	s.say("p1", "g3", "事：他打我")
	duty := 0
	for _, a := range s.toy.take() {
		if a.To == "sun" || a.To == "qian" {
			duty++
			continue
		}
		if a.To == "chen" && strings.Contains(a.Text, "可能有危险") {
			continue // the third of the duty ladder
		}
		if strings.Contains(a.Text, "打我") || a.To == "g3" {
			t.Errorf("%s was told %q", a.To, a.Text)
		}
	}
	if list := s.troubles(); duty != 2 || len(list) != 1 || list[0].Text != "" || !list[0].Discreet || len(list[0].Body) == 0 {
		t.Errorf("%d on duty were told, troubles are %+v", duty, list)
	}
}

// A complaint about the staff that could not be dealt with is read by the
// secretary, not by whom it is about.
func TestParkedComplaintAboutStaff(t *testing.T) {
	s := newStage(t, func(o *bot.Options) {
		o.Settings.People = append(o.Settings.People, flows.Official{ID: "zhao", Name: "赵书记", Posts: []flows.Post{{Role: flows.Secretary, Scope: flows.Everywhere}}})
	}, toy(t, "toy", func(string, note, flows.Event) (note, []flows.Effect) { panic("rule") }))
	s.read.read = func(string, prompts.Context) flows.Reading { return flows.Reading{Demand: 1, About: flows.Staff} }
	s.say("p1", "g3", "事：社区的人态度不好")
	for _, a := range s.toy.take() {
		if has := strings.Contains(a.Text, "态度不好"); has != (a.To == "zhao") {
			t.Errorf("%s was told %q", a.To, a.Text)
		}
	}
	s.say("chen", "", "/trouble")
	for _, a := range s.toy.take() {
		if strings.Contains(a.Text, "态度不好") {
			t.Errorf("%s reads %q", a.To, a.Text)
		}
	}
	if list := s.troubles(); len(list) != 1 || list[0].Text != "" {
		t.Errorf("troubles are %+v", list)
	}
}
