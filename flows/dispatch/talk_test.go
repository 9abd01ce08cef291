package dispatch_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
)

// day is a Wednesday morning.
func day(s *flows.Settings) time.Time { return time.Date(2026, 3, 11, 9, 0, 0, 0, s.Zone) }

// does brings an event to a case, by default a person with a post.
func does(t *testing.T, f flows.Flow, s *flows.Settings, c flows.Case, e flows.Event) (dispatch.State, flows.Case, []flows.Effect) {
	t.Helper()
	e.ID, e.Settings = "e", s
	if e.At.IsZero() {
		e.At = day(s)
	}
	if o, ok := s.Official(e.By.Person); ok {
		e.By.Posts = o.Posts
	}
	c, effects, err := f.Step(c, e)
	if err != nil {
		t.Fatal(err)
	}
	var state dispatch.State
	if err := json.Unmarshal(c.Data, &state); err != nil {
		t.Fatal(err)
	}
	return state, c, effects
}

func begin(t *testing.T, f flows.Flow, s *flows.Settings, w flows.Task) (dispatch.State, flows.Case, []flows.Effect) {
	t.Helper()
	return does(t, f, s, flows.Case{ID: "2", Flow: "dispatch", Parent: "1", No: 12}, flows.Event{What: flows.Opened{Parent: "1", Data: flows.Data(w)}})
}

func press(by flows.PersonID, choice string) flows.Event {
	choice, value, _ := strings.Cut(choice, "=")
	return flows.Event{By: flows.Actor{Person: by, Consent: true}, What: flows.Chose{Choice: choice, Value: value}}
}

// told are the words that are said, with the names of what the parent is told.
func told(effects []flows.Effect) (all []string) {
	for _, e := range effects {
		switch e := e.(type) {
		case flows.Say:
			all = append(all, e.Words)
		case flows.Tell:
			all = append(all, "→"+e.Name)
		}
	}
	return all
}

func newsOf(t *testing.T, effects []flows.Effect, name string) (all []flows.TaskNews) {
	t.Helper()
	for _, e := range effects {
		if x, ok := e.(flows.Tell); ok && x.Name == name {
			var n flows.TaskNews
			if err := json.Unmarshal(x.Data, &n); err != nil {
				t.Fatal(err)
			}
			all = append(all, n)
		}
	}
	return all
}

func choicesOf(effects []flows.Effect) (all []string) {
	for _, e := range effects {
		if say, ok := e.(flows.Say); ok {
			for _, b := range say.Buttons {
				all = append(all, b.Choice)
			}
		}
	}
	return all
}

var decision = flows.Task{Place: flows.Place{Building: "3"}, Text: "3号楼前装4个充电桩，物业管", To: "feng", Decided: true}

// Who was chosen is asked first, or who stands in; then it goes up as always.
func TestTo(t *testing.T) {
	f, s := example(t)
	away := func(by flows.PersonID, ids ...flows.PersonID) *flows.Settings {
		c := *s
		c.People = slices.Clone(s.People)
		for i := range c.People {
			if slices.Contains(ids, c.People[i].ID) {
				c.People[i].Leave = []flows.Leave{{From: flows.Clock(0).On(day(s)), To: flows.Clock(0).On(day(s)), By: by}}
			}
		}
		return &c
	}
	for name, x := range map[string]struct {
		s      *flows.Settings
		change func(*flows.Task)
		want   []flows.PersonID
	}{
		"chosen":                {s, nil, []flows.PersonID{"feng", "li", "zhou", "chen", "zheng", "zhaos"}},
		"of the ladder":         {s, func(w *flows.Task) { w.To = "chen" }, []flows.PersonID{"chen", "li", "zhou", "zheng", "zhaos"}},
		"on leave":              {away("he", "feng"), nil, []flows.PersonID{"he", "li", "zhou", "chen", "zheng", "zhaos"}},
		"on leave, no stand-in": {away("", "feng"), nil, []flows.PersonID{"li", "zhou", "chen", "zheng", "zhaos"}},
		"both on leave":         {away("he", "feng", "he"), nil, []flows.PersonID{"li", "zhou", "chen", "zheng", "zhaos"}},
		"complained about":      {s, func(w *flows.Task) { w.About = flows.Property }, []flows.PersonID{"li", "zhou", "chen", "zheng", "zhaos"}},
		"had it before":         {s, func(w *flows.Task) { w.Except = []flows.PersonID{"feng"} }, []flows.PersonID{"li", "zhou", "chen", "zheng", "zhaos"}},
		"has left":              {s, func(w *flows.Task) { w.To = "nobody" }, []flows.PersonID{"li", "zhou", "chen", "zheng", "zhaos"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := decision
			if x.change != nil {
				x.change(&w)
			}
			state, _, effects := begin(t, f, x.s, w)
			if !slices.Equal(state.Ladder, x.want) {
				t.Errorf("asks %q", state.Ladder)
			}
			if n := newsOf(t, effects, "sent"); len(n) != 1 || n[0].Who != x.want[0] {
				t.Errorf("sent: %+v", n)
			}
		})
	}
}

// What was promised before stays the promise, whatever the item says.
func TestDue(t *testing.T) {
	f, s := example(t)
	w := decision
	w.Item, w.Due = "1-1", day(s).AddDate(0, 0, 20)
	state, c, effects := begin(t, f, s, w)
	if !state.Due.Equal(w.Due) || state.Work.Urgent {
		t.Errorf("due %s, urgent %t", state.Due, state.Work.Urgent)
	}
	if n := newsOf(t, effects, "sent"); len(n) != 1 || !n[0].Due.Equal(w.Due) {
		t.Errorf("sent: %+v", n)
	}
	if state, _, _ = does(t, f, s, c, press("feng", "accept")); !state.Due.Equal(w.Due) {
		t.Errorf("due %s once it is taken", state.Due)
	}
	w.Item = "2-1" // promised by the clock, so that it is urgent otherwise
	if state, _, _ := begin(t, f, s, w); !state.Due.Equal(w.Due) || state.Work.Urgent {
		t.Errorf("due %s, urgent %t", state.Due, state.Work.Urgent)
	}
	w.Item, w.Due = "1-1", time.Time{}
	if state, _, _ := begin(t, f, s, w); !state.Due.Equal(day(s).Add(6 * time.Hour)) { // four hours of work, over noon
		t.Errorf("due %s by the item", state.Due)
	}
}

// What a hearing has decided says so, by its words and not as an item it is not; nobody
// of the residents waits for an answer, and it goes back with a reason only.
func TestDecided(t *testing.T) {
	f, s := example(t)
	w := decision
	w.Due = time.Date(2026, 3, 31, 18, 0, 0, 0, s.Zone)
	_, c, effects := begin(t, f, s, w)
	read := func(effects []flows.Effect) (all []string) {
		for _, e := range effects {
			if say, ok := e.(flows.Say); ok {
				text, err := f.Words.Render("zh-CN", say.Words, say.Vars, 12, day(s), s)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, text)
			}
		}
		return all
	}
	if got := strings.Join(read(effects), "\n"); got != "0012 议事会定的｜3号楼前装4个充电桩，物业管｜3号楼\n明天18点前接单，3月31日18点前办好。" {
		t.Errorf("card: %s", got)
	}
	_, c, effects = does(t, f, s, c, press("feng", "accept"))
	if got := strings.Join(read(effects), "\n"); got != "0012 议事会定的｜3号楼前装4个充电桩，物业管｜3号楼\n冯物业已接，3月31日18点前办好。" {
		t.Errorf("taken: %s", got)
	}
	if got := choicesOf(effects); !slices.Equal(got, []string{"done", "more", "wait", "help"}) {
		t.Errorf("can do %q", got)
	}
	for _, choice := range []string{"ask", "discuss"} {
		if _, _, effects := does(t, f, s, c, press("feng", choice)); !slices.Equal(told(effects), []string{"now-taken-decided"}) {
			t.Errorf("%s: %q", choice, told(effects))
		}
	}
	_, _, effects = does(t, f, s, c, press("feng", "notmine"))
	if got := choicesOf(effects); got[len(got)-1] != "plain" || slices.Contains(got, "back") {
		t.Errorf("not mine: %q", got)
	}
	for _, choice := range []string{"back", "class=2", "clause=2-6", "plain"} {
		state, c, effects := does(t, f, s, c, press("feng", choice))
		if state.Stage != dispatch.Taken || !slices.Equal(told(effects), []string{"back-why"}) {
			t.Errorf("%s: %s, %q", choice, state.Stage, told(effects))
		}
		e := press("feng", "")
		e.What = flows.Said{Tag: "why", Message: flows.Message{Text: "电不够"}, Direct: true}
		state, _, effects = does(t, f, s, c, e)
		if n := newsOf(t, effects, "returned"); state.Stage != dispatch.Returned || len(n) != 1 || n[0].Clause != "" || n[0].Text != "电不够" {
			t.Errorf("%s: %s, %+v", choice, state.Stage, n)
		}
	}
	late := flows.Event{At: w.Due.AddDate(0, 0, 2), What: flows.Woke{Name: "due", Due: s.Bundled(w.Due).Add(-time.Minute)}}
	if _, _, effects = does(t, f, s, c, late); !slices.Equal(told(effects), []string{"overdue-decided", "overdue-head-decided"}) || strings.Contains(strings.Join(read(effects), ""), "居民") {
		t.Errorf("late: %q", read(effects))
	}
	if _, gone, _ := does(t, f, s, c, flows.Event{What: flows.Erased{Person: "r1"}}); !strings.Contains(string(gone.Data), "充电桩") {
		t.Error("the decision went with a resident")
	}
	if _, gone, _ := does(t, f, s, c, flows.Event{What: flows.Erased{}}); strings.Contains(string(gone.Data), "充电桩") {
		t.Error("the decision stays for ever")
	}
	_, c, _ = does(t, f, s, c, press("feng", "done"))
	e := press("feng", "")
	e.What = flows.Said{Tag: "done", Message: flows.Message{Text: "装好了"}, Direct: true}
	if _, _, effects = does(t, f, s, c, e); !slices.Contains(told(effects), "card-done-decided") || len(newsOf(t, effects, "done")) != 1 {
		t.Errorf("done: %q", told(effects))
	}
	// A long decision is cut where an item would stand, not on its card.
	w.Text = strings.Repeat("充", 60)
	_, _, effects = begin(t, f, s, w)
	if got := strings.Join(read(effects), ""); !strings.Contains(got, w.Text) {
		t.Errorf("card: %s", got)
	}
	_, c, _ = begin(t, f, s, w)
	_, _, effects = does(t, f, s, c, press("feng", "to=li"))
	if got := read(effects); len(got) != 2 || strings.Contains(got[0], w.Text) || !strings.Contains(got[0], "充充…") {
		t.Errorf("passed: %q", got)
	}
}

// Who has the work, whose turn it is, and staff can say that it must be talked over; then
// it is out of their hands when the parent says so.
func TestDiscuss(t *testing.T) {
	f, s := example(t)
	w := flows.Task{Item: "1-2", Place: flows.Place{Building: "3", Unit: "2"}, Text: "灯不亮", People: 1}
	_, fresh, effects := begin(t, f, s, w)
	if slices.Contains(choicesOf(effects), "discuss") {
		t.Error("it is offered before somebody has looked at it")
	}
	_, _, effects = does(t, f, s, fresh, press("feng", "notmine"))
	if !slices.Contains(choicesOf(effects), "discuss") {
		t.Errorf("not mine: %q", choicesOf(effects))
	}
	_, taken, effects := does(t, f, s, fresh, press("feng", "accept"))
	if !slices.Contains(choicesOf(effects), "discuss") {
		t.Errorf("taken: %q", choicesOf(effects))
	}
	why := func(by flows.PersonID, text string) flows.Event {
		e := press(by, "")
		e.What = flows.Said{Tag: "discuss", Message: flows.Message{Text: text}, Direct: true}
		return e
	}
	for name, x := range map[string]struct {
		c    flows.Case
		by   flows.PersonID
		asks []string
		then []string
	}{
		"whose turn it is": {fresh, "feng", []string{"discuss-why"}, []string{"→discuss"}},
		"who has it":       {taken, "feng", []string{"discuss-why"}, []string{"→discuss"}},
		"staff":            {taken, "chen", []string{"discuss-why"}, []string{"discuss-told", "→discuss"}},
		"who comes later":  {fresh, "li", []string{"not-your-grid"}, []string{"now-taken"}},
		"a resident":       {taken, "r1", []string{"not-your-grid"}, []string{"now-taken"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, effects := does(t, f, s, x.c, press(x.by, "discuss")); !slices.Equal(told(effects), x.asks) {
				t.Errorf("asked %q", told(effects))
			}
			state, c, effects := does(t, f, s, x.c, why(x.by, "要一起定"))
			if !slices.Equal(told(effects), x.then) || state.Stage == dispatch.Ended {
				t.Errorf("then %q, %s", told(effects), state.Stage)
			}
			if n := newsOf(t, effects, "discuss"); len(n) == 1 && (n[0].Who != x.by || n[0].Text != "要一起定") {
				t.Errorf("%+v", n)
			}
			if strings.Contains(string(c.Data), "要一起定") {
				t.Errorf("it stays: %s", c.Data)
			}
		})
	}
	_, passed, _ := does(t, f, s, fresh, press("feng", "pass=1"))
	if _, _, effects := does(t, f, s, passed, press("feng", "discuss")); !slices.Equal(told(effects), []string{"now-sent"}) {
		t.Errorf("who has handed it on: %q", told(effects))
	}
	if _, _, effects := does(t, f, s, taken, why("feng", "")); !slices.Equal(told(effects), []string{"discuss-why"}) {
		t.Errorf("without words: %q", told(effects))
	}
	for name, w := range map[string]flows.Task{
		"danger": {Danger: flows.Gas, Place: w.Place}, "private": {Item: "2-6", Place: w.Place}, "violence": {Item: "6-5", Place: w.Place},
		"decided": decision, "about the leader": {Item: "1-2", Place: w.Place, About: flows.Leader},
	} {
		state, c, _ := begin(t, f, s, w)
		by := state.Ladder[0]
		_, c, one := does(t, f, s, c, press(by, "accept"))
		_, c, two := does(t, f, s, c, press(by, "notmine"))
		_, c, three := does(t, f, s, c, press(by, "discuss"))
		_, _, four := does(t, f, s, c, why(by, "要一起定"))
		if all := slices.Concat(one, two, three, four); slices.Contains(choicesOf(all), "discuss") || slices.Contains(told(all), "→discuss") || slices.Contains(told(all), "discuss-why") {
			t.Errorf("%s: %q", name, told(all))
		}
	}
	// Whom it complains about says nothing about it, also with another post that might.
	two := *s
	two.People = append(slices.Clone(s.People), flows.Official{ID: "fu", Name: "付物业", Posts: []flows.Post{{Role: flows.Property, Scope: flows.Everywhere}, {Role: flows.Staff, Scope: flows.Everywhere}}})
	_, c, _ := begin(t, f, &two, flows.Task{Item: "4-1", Place: w.Place, People: 1})
	if _, _, effects := does(t, f, &two, c, why("fu", "要一起定")); !slices.Equal(told(effects), []string{"now-taken"}) {
		t.Errorf("complained about: %q", told(effects))
	}
	state, c, effects := does(t, f, s, taken, flows.Event{What: flows.Told{From: "1", Name: "closed", Data: []byte("{}")}})
	if state.Stage != dispatch.Ended || !state.Talked || !slices.Equal(told(effects), []string{"card-talked"}) || len(choicesOf(effects)) > 0 {
		t.Errorf("%s, %q with %q", state.Stage, told(effects), choicesOf(effects))
	}
	if _, _, effects = does(t, f, s, c, press("feng", "done")); !slices.Equal(told(effects), []string{"now-talked"}) {
		t.Errorf("afterwards: %q", told(effects))
	}
	_, c, _ = does(t, f, s, taken, press("feng", "done=plain"))
	if state, _, effects := does(t, f, s, c, flows.Event{What: flows.Told{From: "1", Name: "closed", Data: []byte("{}")}}); state.Talked || len(effects) > 0 {
		t.Errorf("what was done ends as before: %q", told(effects))
	}
}

// A silence is counted once for each time the company was waited for, and once where none of
// its people took the work in time; not where they could not be reached.
func TestSilent(t *testing.T) {
	f, s := example(t)
	leads := flows.Task{Item: "3-1", Place: flows.Place{Building: "3", Unit: "2"}, People: 1}
	state, c, _ := begin(t, f, s, leads)
	by := state.Ladder[0]
	for _, choice := range []string{"accept", "wait", "for=property", "when=2"} {
		state, c, _ = does(t, f, s, c, press(by, choice))
	}
	again := state.Again
	if state.Stage != dispatch.Waiting || again.IsZero() {
		t.Fatalf("%s until %s", state.Stage, again)
	}
	press2 := func(c flows.Case, at time.Time, choice string) (dispatch.State, flows.Case, []flows.TaskNews) {
		e := press(by, choice)
		e.At = at
		state, c, effects := does(t, f, s, c, e)
		return state, c, newsOf(t, effects, "silent")
	}
	if _, _, n := press2(c, again.Add(-time.Minute), "nothing"); len(n) > 0 {
		t.Errorf("before its time: %+v", n)
	}
	_, c, n := press2(c, again, "nothing")
	if len(n) != 1 || n[0].Role != flows.Property || n[0].Turn != 1 {
		t.Fatalf("%+v", n)
	}
	if _, _, n := press2(c, again, "nothing"); len(n) > 0 {
		t.Errorf("pressed twice: %+v", n)
	}
	state, c, _ = press2(c, again, "when=1")
	if _, _, n := press2(c, again, "nothing"); len(n) > 0 {
		t.Errorf("the old button: %+v", n)
	}
	if _, _, n = press2(c, state.Again, "nothing"); len(n) != 1 || n[0].Turn != 2 {
		t.Errorf("the second time: %+v", n)
	}

	// The owner of a lamp is the company: its time passes, and it goes on to the leader.
	state, c, _ = begin(t, f, s, flows.Task{Item: "1-2", Place: leads.Place, People: 1})
	if state.Ladder[0] != "feng" || state.Ladder[1] != "li" {
		t.Fatal(state.Ladder)
	}
	woke := func(c flows.Case, name string) (dispatch.State, flows.Case, []flows.TaskNews) {
		state, c, effects := does(t, f, s, c, flows.Event{At: day(s).Add(5 * time.Hour), What: flows.Woke{Name: name, Due: day(s).Add(5 * time.Hour)}})
		return state, c, newsOf(t, effects, "silent")
	}
	if _, _, n := woke(c, "next-1"); len(n) > 0 {
		t.Errorf("who could not be reached was not asked: %+v", n) // the rest of the ladder in steps of their own
	}
	_, late, _ := woke(c, "accept-1")
	state, next, n := woke(late, "next-1")
	if len(n) != 1 || n[0].Role != flows.Property || n[0].Turn != 1 || state.Rung != 1 {
		t.Errorf("rung %d, %+v", state.Rung, n)
	}
	_, next, _ = woke(next, "accept-2")
	if _, _, n := woke(next, "next-2"); len(n) > 0 {
		t.Errorf("the leader is no company: %+v", n)
	}
	_, _, effects := does(t, f, s, late, press("feng", "pass=1"))
	if n := newsOf(t, effects, "silent"); len(n) > 0 {
		t.Errorf("who hands it on has answered: %+v", n)
	}
	_, _, effects = does(t, f, s, c, flows.Event{What: flows.Missed{Mark: "card-feng"}})
	if n := newsOf(t, effects, "silent"); len(n) > 0 || !slices.Contains(told(effects), "→unanswered") {
		t.Errorf("who could not be reached was not asked: %q", told(effects))
	}
	_, _, effects = does(t, f, s, c, flows.Event{What: flows.Told{From: c.Parent, Name: "unasked", Data: flows.Data(flows.TaskUpdate{})}})
	if slices.ContainsFunc(effects, func(x flows.Effect) bool { _, say := x.(flows.Say); return say }) {
		t.Errorf("nobody holds it, and somebody hears of a question: %q", told(effects))
	}
	// Two of the company: one silence, when the second has let it pass, too.
	two := *s
	two.People = append(slices.Clone(s.People), flows.Official{ID: "fu", Name: "付物业", Posts: []flows.Post{{Role: flows.Property, Scope: flows.Everywhere}}})
	s = &two
	state, c, _ = begin(t, f, s, flows.Task{Item: "1-2", Place: leads.Place, People: 1})
	if state.Ladder[1] != "fu" {
		t.Fatal(state.Ladder)
	}
	_, c, _ = woke(c, "accept-1")
	_, c, n = woke(c, "next-1")
	if len(n) > 0 {
		t.Errorf("somebody of the company is still asked: %+v", n)
	}
	_, c, _ = woke(c, "accept-2")
	if _, _, n = woke(c, "next-2"); len(n) != 1 || n[0].Turn != 1 {
		t.Errorf("%+v", n)
	}
}

// That nobody has taken it is told once.
func TestNobody(t *testing.T) {
	f, s := example(t)
	_, c, _ := begin(t, f, s, flows.Task{Item: "1-2", Place: flows.Place{Building: "3"}, People: 1})
	n, state := 0, dispatch.State{}
	for range 40 {
		for _, name := range []string{"accept", "next", "again"} {
			if err := json.Unmarshal(c.Data, &state); err != nil {
				t.Fatal(err)
			}
			var effects []flows.Effect
			_, c, effects = does(t, f, s, c, flows.Event{What: flows.Woke{Name: name + "-" + string(flows.Data(state.Turn)), Due: day(s)}})
			n += len(newsOf(t, effects, "nobody"))
		}
	}
	if n != 1 || state.Loops < 3 {
		t.Errorf("told %d times in %d rounds", n, state.Loops)
	}
	w := flows.Task{Item: "1-2", Place: flows.Place{Building: "3"}, Except: []flows.PersonID{"feng", "li", "zhou", "chen", "zheng", "zhaos"}}
	if _, _, effects := begin(t, f, s, w); len(newsOf(t, effects, "nobody")) != 1 {
		t.Errorf("nobody is left: %q", told(effects))
	}
}

// Whatever happens, what is nobody else's business, or was decided, is never put before a
// hearing, and of what was decided no card says that a resident waits.
func TestDiscussProtects(t *testing.T) {
	f, s := example(t)
	o := options(s)
	o.Check = func(t *rapid.T, st flowstest.Step) {
		now := state(t, st.After)
		it, ok := st.Settings.Item(now.Work.Item)
		if !ok {
			it, _ = st.Settings.Item("8-3")
		}
		private := now.Work.Decided || now.Work.Danger != "" || it.Private || it.Level == flows.AtRoom
		for _, eff := range st.Effects {
			switch eff := eff.(type) {
			case flows.Tell:
				if eff.Name == "discuss" && (private || slices.Contains(complained(st.Settings, now.Work), st.Event.By.Person)) {
					t.Fatalf("%s would discuss %+v", st.Event.By.Person, now.Work)
				}
			case flows.Say:
				if private && slices.ContainsFunc(eff.Buttons, func(b flows.Button) bool { return b.Choice == "discuss" }) {
					t.Fatalf("%q offers to discuss %+v", eff.Words, now.Work)
				}
				if text, _, err := flowstest.Render(st, eff, "zh-CN"); now.Work.Decided && (err != nil || strings.Contains(text, "原话") || strings.Contains(text, "答复")) {
					t.Fatalf("%q says of a decision: %s %v", eff.Words, text, err)
				}
				if now.Work.Decided && slices.ContainsFunc(eff.Buttons, func(b flows.Button) bool { return strings.HasPrefix(b.Choice, "clause") }) {
					t.Fatalf("%q offers clauses of the duty list", eff.Words)
				}
			}
		}
	}
	flowstest.Run(t, s, f, o)
}
