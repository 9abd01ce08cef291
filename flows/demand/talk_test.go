package demand_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

// The same plays as those of the house, with a stand-in for the hearing.
func TestTalkedDialogues(t *testing.T) {
	d, w, _ := both(t)
	bottest.Dialogues(t, "testdata/plays/dialogues/*.txt", demand.DutyList(), d, w, hearing(t))
}

var chen = flows.Actor{Person: "chen", Consent: true, Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}}

// lamp is a demand that a hearing may be about, with its dispatch.
func lamp(change func(*demand.State)) func(*demand.State) {
	return func(s *demand.State) {
		s.Item, s.Place, s.Due = "1-2", flows.Place{Building: "3", Unit: "2"}, time.Date(2026, 3, 12, 10, 0, 0, 0, time.UTC)
		if change != nil {
			change(s)
		}
	}
}

func topicOf(t *testing.T, effects []flows.Effect) (all []flows.Topic) {
	t.Helper()
	for _, e := range effects {
		if o, ok := e.(flows.Open); ok && o.Flow == "hearing" {
			var topic flows.Topic
			if err := json.Unmarshal(o.Data, &topic); err != nil {
				t.Fatal(err)
			}
			all = append(all, topic)
		}
	}
	return all
}

func toldOf(name string, v any) flows.Event {
	return flows.Event{What: flows.Told{From: "2", Name: name, Data: flows.Data(v)}}
}

// What brings Linli to suggest a hearing, and how the matter stands then.
func TestSuggests(t *testing.T) {
	d, _, all := both(t)
	s := quarrelsome(all)
	s.Hearings.Silences = 2
	join := flows.Event{By: flows.Actor{Person: "r2", Consent: true, Reachable: true}, What: flows.Told{Name: "same"}}
	bad := flows.Event{By: flows.Actor{Person: "r1", Consent: true}, What: flows.Chose{Choice: "rate", Value: "bad"}}
	silent := toldOf("silent", flows.TaskNews{Role: flows.Property, Turn: 1})
	for name, x := range map[string]struct {
		change func(*demand.State)
		e      flows.Event
		why    string
	}{
		"so many followers":                  {nil, join, "followers"},
		"suggested before":                   {func(s *demand.State) { s.Mooted = []string{"followers"} }, join, ""},
		"another suggestion is open":         {func(s *demand.State) { s.Moot, s.Nobody = "nobody", true }, join, ""},
		"before a hearing already":           {func(s *demand.State) { s.Hearing = "9" }, join, ""},
		"in one household":                   {func(s *demand.State) { s.Item = "2-6" }, join, ""},
		"of violence":                        {func(s *demand.State) { s.Item = "6-5" }, join, ""},
		"a danger":                           {func(s *demand.State) { s.Stage, s.Danger = demand.Danger, flows.Gas }, join, ""},
		"a known outage":                     {func(s *demand.State) { s.Stage = demand.Known }, join, ""},
		"about the leader":                   {func(s *demand.State) { s.About = flows.Leader }, join, ""},
		"about the property company":         {func(s *demand.State) { s.About = flows.Property }, join, "followers"},
		"returned once":                      {nil, toldOf("returned", flows.TaskNews{Who: "feng"}), ""},
		"returned twice":                     {func(s *demand.State) { s.Back = 1 }, toldOf("returned", flows.TaskNews{Who: "feng"}), "returned"},
		"not satisfied once":                 {func(s *demand.State) { s.Stage = demand.Done }, bad, ""},
		"not satisfied, returned before":     {func(s *demand.State) { s.Stage, s.Back = demand.Done, 1 }, bad, "returned"},
		"nobody takes it":                    {nil, toldOf("nobody", flows.TaskNews{}), "nobody"},
		"the company is silent once":         {nil, silent, ""},
		"the company is silent again":        {func(s *demand.State) { s.Silent = 1 }, silent, "silent"},
		"somebody else is silent":            {func(s *demand.State) { s.Silent = 1 }, toldOf("silent", flows.TaskNews{Role: flows.Station, Turn: 2}), ""},
		"the weightiest reason comes first":  {func(s *demand.State) { s.Silent, s.Back = 1, 3 }, silent, "silent"},
		"what an earlier round says is over": {func(s *demand.State) { s.Job = "3" }, toldOf("nobody", flows.TaskNews{}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			state, _, effects := does(t, d, s, on(t, d, lamp(x.change)), x.e)
			var got []string
			for _, e := range effects {
				if say, ok := e.(flows.Say); ok && strings.HasPrefix(say.Words, "moot-") && !say.Tidy {
					got = append(got, say.Words)
					if say.To.Role != flows.Staff || len(say.Buttons) != 2 || slices.Contains(flowstest.Readers(s, say.To), "feng") {
						t.Errorf("asked: %+v with %+v", say.To, say.Buttons)
					}
				}
			}
			var want []string
			if x.why != "" {
				want = []string{"moot-" + x.why}
			}
			if !slices.Equal(got, want) {
				t.Errorf("suggested %q, want %q (%q)", got, want, told(effects))
			}
			if x.why != "" && (state.Moot != x.why || !slices.Contains(state.Mooted, x.why)) {
				t.Errorf("open %q of %q", state.Moot, state.Mooted)
			}
		})
	}
}

// Who may say yes, what the hearing is opened with, and which work goes on.
func TestConvenes(t *testing.T) {
	d, _, s := both(t)
	for why, goesOn := range map[string]bool{"followers": true, "silent": true, "nobody": false, "returned": false} {
		t.Run(why, func(t *testing.T) {
			c := on(t, d, lamp(func(s *demand.State) {
				s.Moot, s.Mooted, s.Nobody, s.Silent, s.Back = why, []string{why}, true, 5, 5
			}))
			press := func(by flows.Actor, choice string) (demand.State, []flows.Effect) {
				state, _, effects := does(t, d, s, c, flows.Event{By: by, What: flows.Chose{Choice: choice, Value: why}, Counts: map[string]int{"follower": 4}})
				return state, effects
			}
			for _, by := range []flows.Actor{{Person: "r1", Consent: true}, {Person: "r7"}, {Person: "li", Posts: []flows.Post{{Role: flows.Leader, Scope: flows.Scope{Grid: "g1"}}}}} {
				if state, effects := press(by, "convene"); state.Moot != why || len(topicOf(t, effects)) > 0 {
					t.Errorf("%s may", by.Person)
				}
			}
			state, effects := press(chen, "convene")
			want := flows.Topic{Text: "3号楼 楼道灯不亮", Item: "1-2", Place: flows.Place{Building: "3"}, People: 5, Form: flows.Hearing, Why: why, By: "chen"}
			if why == "silent" {
				want.Form = flows.ThreeSided
			}
			if got := topicOf(t, effects); len(got) != 1 || got[0] != want {
				t.Errorf("opened with %+v", got)
			}
			closed := slices.Contains(told(effects), "→closed")
			if goesOn && (state.Stage != demand.Filed || state.Job != "2" || closed) {
				t.Errorf("%s, work %q, closed %t", state.Stage, state.Job, closed)
			}
			if !goesOn && (state.Stage != demand.Talked || state.Job != "" || !closed || len(state.Summary().Matter) != 1) {
				t.Errorf("%s, work %q, closed %t", state.Stage, state.Job, closed)
			}
			if state.Moot != "" {
				t.Errorf("%q is still open", state.Moot)
			}
			// Whoever says no has seen what else speaks for it.
			state, effects = press(chen, "noconvene")
			if state.Moot != "" || len(topicOf(t, effects)) > 0 || !slices.Contains(state.Mooted, "silent") || !slices.Contains(state.Mooted, "returned") || state.Stage != demand.Filed {
				t.Errorf("refused: %+v", state)
			}
		})
	}
	// Somebody has taken it after all: nobody needs to talk over who might.
	open := on(t, d, lamp(func(s *demand.State) { s.Moot, s.Mooted, s.Nobody = "nobody", []string{"nobody"}, true }))
	state, _, effects := does(t, d, s, open, toldOf("accepted", flows.TaskNews{Who: "li"}))
	if state.Moot != "" || state.Nobody || !slices.Equal(told(effects), []string{"moot-over"}) || !effects[0].(flows.Say).Tidy {
		t.Errorf("open %q, %q", state.Moot, told(effects))
	}
	// Who could not be asked is asked when there is reason again.
	if state, _, _ = does(t, d, s, open, flows.Event{What: flows.Missed{Mark: "moot-nobody"}}); state.Moot != "" || len(state.Mooted) > 0 {
		t.Errorf("open %q of %q", state.Moot, state.Mooted)
	}
	// A button of a suggestion that is answered, or of another one, opens nothing.
	c := on(t, d, lamp(func(s *demand.State) { s.Mooted = []string{"silent"} }))
	if _, _, effects := does(t, d, s, c, flows.Event{By: chen, What: flows.Chose{Choice: "convene", Value: "silent"}}); !slices.Equal(told(effects), []string{"now-filed"}) {
		t.Errorf("%q", told(effects))
	}
}

// before is a demand that is before hearing 9.
func before(t *testing.T, d flows.Flow, change func(*demand.State)) flows.Case {
	return on(t, d, lamp(func(s *demand.State) {
		s.Stage, s.Hearing, s.Job, s.Taken = demand.Talked, "9", "", false
		if change != nil {
			change(s)
		}
	}))
}

func says9(name string, n flows.TopicNews) flows.Event {
	return flows.Event{What: flows.Told{From: "9", Name: name, Data: flows.Data(n)}, Counts: map[string]int{"follower": 1}}
}

// What people hear of what the hearing says, and where it leaves the matter.
func TestHearingSays(t *testing.T) {
	d, _, s := both(t)
	at := time.Date(2026, 3, 21, 15, 0, 0, 0, time.UTC)
	beside := func(s *demand.State) { s.Stage, s.Job, s.Taken = demand.Filed, "2", true }
	for name, x := range map[string]struct {
		change func(*demand.State)
		e      flows.Event
		stage  string
		told   []string
	}{
		"set":                  {nil, says9("set", flows.TopicNews{At: at, Where: "邻里室"}), demand.Talked, []string{"group-talked"}},
		"set beside the work":  {beside, says9("set", flows.TopicNews{At: at}), demand.Filed, []string{"group-filed"}},
		"set, of a household":  {func(s *demand.State) { s.Place.Room = "501" }, says9("set", flows.TopicNews{At: at}), demand.Talked, nil},
		"refused":              {nil, says9("refused", flows.TopicNews{Text: "不用议"}), demand.Filed, []string{"talk-refused", "talk-refused"}},
		"refused beside":       {beside, says9("refused", flows.TopicNews{Text: "不用议"}), demand.Filed, nil},
		"off":                  {nil, says9("off", flows.TopicNews{}), demand.Filed, []string{"talk-off", "talk-off"}},
		"off beside, was said": {func(s *demand.State) { beside(s); s.Talk = demand.Talk{How: "set", Line: true} }, says9("off", flows.TopicNews{}), demand.Filed, []string{"group-filed"}},
		"upward":               {nil, says9("upward", flows.TopicNews{Text: "街道", At: at}), demand.Talked, []string{"now-talked-upward", "now-talked-upward"}},
		"upward, without when": {nil, says9("upward", flows.TopicNews{}), demand.Talked, []string{"now-talked-upward", "now-talked-upward"}},
		"answered":             {beside, says9("answered", flows.TopicNews{Text: "明年"}), demand.Filed, []string{"now-talked-answered", "now-talked-answered"}},
		"decided":              {nil, says9("decided", flows.TopicNews{Text: "装灯", Due: at}), demand.Talked, []string{"group-talked"}},
		"decided, rated now":   {func(s *demand.State) { s.Stage = demand.Done }, says9("decided", flows.TopicNews{}), demand.Done, nil},
		"over":                 {nil, says9("over", flows.TopicNews{Text: "装好了。"}), demand.Closed, []string{"receipt", "group-over"}},
		"over beside":          {beside, says9("over", flows.TopicNews{}), demand.Filed, nil},
		"over, nobody left":    {func(s *demand.State) { s.Reporter = "" }, says9("over", flows.TopicNews{}), demand.Closed, []string{"group-over"}},
		"over, rated now":      {func(s *demand.State) { s.Stage = demand.Done }, says9("over", flows.TopicNews{}), demand.Done, nil},
		"of another hearing":   {nil, flows.Event{What: flows.Told{From: "8", Name: "over"}}, demand.Talked, nil},
		"withdrawn":            {func(s *demand.State) { s.Stage = demand.Withdrawn }, says9("over", flows.TopicNews{}), demand.Withdrawn, nil},
		"became private":       {func(s *demand.State) { s.Item = "2-6" }, says9("decided", flows.TopicNews{}), demand.Talked, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := before(t, d, x.change)
			state, after, effects := does(t, d, s, c, x.e)
			if got := slices.DeleteFunc(told(effects), func(w string) bool { return w == "" }); state.Stage != x.stage || !slices.Equal(got, x.told) {
				t.Errorf("%s, told %q, want %s %q", state.Stage, got, x.stage, x.told)
			}
			for _, e := range effects {
				say, ok := e.(flows.Say)
				if !ok || say.React != "" {
					continue
				}
				for _, lang := range flows.Languages {
					if text, err := d.Words.Render(lang, say.Words, say.Vars, 1, noon(s), s); err != nil || text == "" {
						t.Errorf("%s in %s: %q %v", say.Words, lang, text, err)
					}
				}
			}
			if name == "refused" && (len(opens(effects)) != 1 || state.Hearing != "" || state.Rounds != 1 || !slices.Contains(state.Past, "feng")) {
				t.Errorf("looked at again: %+v", state)
			}
			if name == "over" && (state.Result != "装好了" || state.Hearing != "") {
				t.Errorf("it was done: %q, before %q", state.Result, state.Hearing)
			}
			if after.Stage == demand.Talked && (after.Holder != "" || !after.Due.IsZero() || !after.Numbered) {
				t.Errorf("on the lists as %+v", after.Summary)
			}
		})
	}
}

// noon is when what was said is read.
func noon(s *flows.Settings) time.Time { return time.Date(2026, 3, 11, 12, 0, 0, 0, s.Zone) }

func opens(effects []flows.Effect) (all []flows.Task) {
	for _, e := range effects {
		if o, ok := e.(flows.Open); ok && o.Flow == "dispatch" {
			var w flows.Task
			_ = json.Unmarshal(o.Data, &w)
			all = append(all, w)
		}
	}
	return all
}

// A hearing is told of everybody who asked, page by page, and of who comes later; one that
// takes along what is private is told of nobody.
func TestConcerned(t *testing.T) {
	d, _, s := both(t)
	people := func(effects []flows.Effect) (all []flows.PersonID) {
		for _, e := range effects {
			if x, ok := e.(flows.Tell); ok && x.Name == "concerned" {
				var c flows.Concerned
				if err := json.Unmarshal(x.Data, &c); err != nil || x.Case != "9" || len(c.People) > 100 {
					t.Errorf("%+v %v", x, err)
				}
				all = append(all, c.People...)
			}
		}
		return all
	}
	c := on(t, d, lamp(nil)) // a hearing of others takes it along
	state, c, effects := does(t, d, s, c, says9("review", flows.TopicNews{No: 7}))
	if got := people(effects); state.Hearing != "9" || state.Stage != demand.Filed || !slices.Equal(got, []flows.PersonID{"r1"}) {
		t.Fatalf("%s before %q, told of %q", state.Stage, state.Hearing, got)
	}
	if len(effects) != 2 || effects[1] != (flows.Next{Tag: "follower", N: 100}) {
		t.Fatalf("asks for %+v", effects)
	}
	state, c, effects = does(t, d, s, c, flows.Event{What: flows.Answered{Name: "next:follower", Data: flows.Data(crowd(100, 100)), After: "x"}})
	if got := people(effects); len(got) != 100 || len(effects) != 2 || effects[1] != (flows.Wake{At: time.Date(2026, 3, 11, 10, 0, 0, 0, s.Zone), Name: "concerned"}) {
		t.Fatalf("%d people, then %+v", len(got), effects[1:])
	}
	_, c, effects = does(t, d, s, c, flows.Event{What: flows.Woke{Name: "concerned"}})
	if len(effects) != 1 || effects[0] != (flows.Next{Tag: "follower", N: 100, After: "x"}) {
		t.Fatalf("goes on with %+v", effects)
	}
	state, c, effects = does(t, d, s, c, flows.Event{What: flows.Answered{Name: "next:follower", Data: flows.Data(crowd(200, 7))}})
	if got := people(effects); len(got) != 7 || len(effects) != 1 || state.Talk.After != "" {
		t.Fatalf("%d people, cursor %q", len(got), state.Talk.After)
	}
	for _, e := range []flows.Event{{What: flows.Told{Name: "same"}}, {What: flows.Chose{Choice: "also"}}} {
		e.By = flows.Actor{Person: "r5", Consent: true, Reachable: true}
		if _, _, effects := does(t, d, s, c, e); !slices.Equal(people(effects), []flows.PersonID{"r5"}) {
			t.Errorf("who comes later: %q", told(effects))
		}
	}
	for name, change := range map[string]func(*demand.State){
		"private":   func(s *demand.State) { s.Item = "2-6" },
		"violence":  func(s *demand.State) { s.Item = "6-5" },
		"danger":    func(s *demand.State) { s.Stage, s.Danger = demand.Danger, flows.Gas },
		"withdrawn": func(s *demand.State) { s.Stage = demand.Withdrawn },
		"another":   func(s *demand.State) { s.Hearing = "8" },
	} {
		if state, _, effects := does(t, d, s, on(t, d, lamp(change)), says9("review", flows.TopicNews{})); state.Hearing == "9" || len(effects) > 0 {
			t.Errorf("%s: before %q, %q", name, state.Hearing, told(effects))
		}
	}
	// What was returned and is taken along is talked over now.
	state, _, effects = does(t, d, s, on(t, d, lamp(func(s *demand.State) { s.Stage = demand.Returned })), says9("review", flows.TopicNews{}))
	if got := told(effects); state.Stage != demand.Talked || !slices.Contains(got, "now-talked") || !slices.Contains(got, "→closed") {
		t.Errorf("%s, %q", state.Stage, got)
	}
}

// While it is talked over people add to it, join it and go, as to any other matter.
func TestTalkedGoesOn(t *testing.T) {
	d, _, s := both(t)
	r1 := flows.Actor{Person: "r1", Consent: true, Reachable: true}
	for name, x := range map[string]struct {
		change func(*demand.State)
		e      flows.Event
		stage  string
		told   []string
	}{
		"asked how it stands":  {nil, flows.Event{By: r1, What: flows.Told{Name: "status"}}, demand.Talked, []string{"now-talked"}},
		"the same again":       {nil, flows.Event{By: flows.Actor{Person: "r2", Consent: true, Reachable: true}, What: flows.Told{Name: "same"}}, demand.Talked, []string{`put r2 {}`, "following-talked", "group-talked", "→concerned"}},
		"withdrawn":            {nil, flows.Event{By: r1, What: flows.Chose{Choice: "withdraw"}}, demand.Withdrawn, []string{"withdrawn", "group-withdrawn", "receipt", "group-over"}},
		"withdrawn from":       {nil, flows.Event{By: r1, What: flows.Chose{Choice: "withdraw"}, Counts: map[string]int{"follower": 1}}, demand.Talked, []string{"put r1 ", "withdrawn-others", "receipt"}},
		"erased":               {func(s *demand.State) { s.Talk.Text = "甲" }, flows.Event{What: flows.Erased{Person: "r1"}}, demand.Withdrawn, []string{"group-withdrawn", "receipt", "group-over"}},
		"another place":        {nil, flows.Event{By: r1, What: flows.Told{Name: "more", Said: &flows.Said{Message: flows.Message{Text: "是1单元"}}}, Reading: flows.Reading{Place: flows.Place{Unit: "1"}}}, demand.Talked, []string{"added"}},
		"again, too late":      {nil, flows.Event{By: r1, What: flows.Chose{Choice: "again"}}, demand.Talked, []string{"now-talked"}},
		"what the work says":   {func(s *demand.State) { s.Job = "" }, toldOf("done", flows.TaskNews{Who: "feng"}), demand.Talked, nil},
		"returned beside":      {func(s *demand.State) { s.Stage, s.Job = demand.Filed, "2" }, toldOf("returned", flows.TaskNews{Who: "feng", Text: "不归我"}), demand.Talked, []string{"→closed", "group-talked", "now-talked"}},
		"discussed beside":     {func(s *demand.State) { s.Stage, s.Job = demand.Filed, "2" }, toldOf("discuss", flows.TaskNews{Who: "feng", Text: "要定规矩。"}), demand.Talked, []string{"moot-asked", "→closed", "group-talked", "now-talked"}},
		"told in time, for it": {func(s *demand.State) { s.Stage = demand.Filed; s.Job = "2" }, flows.Event{By: r1, What: flows.Told{Name: "status"}}, demand.Filed, []string{"now-filed"}},
	} {
		t.Run(name, func(t *testing.T) {
			state, c, effects := does(t, d, s, before(t, d, x.change), x.e)
			if got := told(effects); state.Stage != x.stage || !slices.Equal(got, x.told) {
				t.Errorf("%s, told %q, want %s %q", state.Stage, got, x.stage, x.told)
			}
			if slices.Contains(told(effects), "→closed") != (name == "returned beside" || name == "discussed beside") {
				t.Errorf("%q", told(effects))
			}
			if len(topicOf(t, effects)) > 0 {
				t.Error("a second hearing")
			}
			if name == "erased" && strings.Contains(string(c.Data), "甲") {
				t.Errorf("left: %s", c.Data)
			}
			for _, e := range effects {
				if say, ok := e.(flows.Say); ok && say.Words == "now-filed" {
					text, err := d.Words.Render("zh-CN", say.Words, say.Vars, 1, noon(s), s)
					if err != nil || !strings.Contains(text, "议事会") {
						t.Errorf("%q %v", text, err)
					}
				}
			}
		})
	}
}

// talkPlay plays the demand with its dispatches and hearings, in a community in which there
// are few to be asked and little is needed for a hearing.
func talkPlay(t *testing.T, check func(*rapid.T, flowstest.Step)) {
	d, w, all := both(t)
	s := quarrelsome(all)
	s.People = slices.DeleteFunc(slices.Clone(s.People), func(o flows.Official) bool {
		return !slices.Contains([]flows.PersonID{"li", "feng", "chen"}, o.ID)
	})
	flowstest.Run(t, s, d, flowstest.Options{With: []flows.Flow{w, hearing(t), needs(t)}, Check: check, Tell: anyNews, Reading: func(t *rapid.T) flows.Reading {
		if rapid.IntRange(0, 7).Draw(t, "anything") == 0 {
			return flowstest.AnyReading(t, s)
		}
		return flows.Reading{Demand: 1, Item: rapid.SampledFrom([]string{"1-2", "1-2", "3-5"}).Draw(t, "item"), Place: flows.Place{Building: "3", Unit: "2", Room: rapid.SampledFrom([]string{"", flowstest.Rooms[0]}).Draw(t, "room")}}
	}})
}

// anyNews is what some hearing may say.
func anyNews(t *rapid.T) (string, json.RawMessage) {
	return rapid.SampledFrom(news).Draw(t, "news"), flows.Data(flows.TopicNews{Text: rapid.SampledFrom([]string{"", "已经有别的办法"}).Draw(t, "text")})
}

// No hearing learns of what is one household's own, or reads anybody's words or where
// exactly they live; nobody is asked about one who may not be, nothing is suggested twice;
// and where the matter is talked over nobody goes on working at it.
func TestTalkProtects(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of plays: not in short runs")
	}
	seen := map[string]int{}
	check := func(t *rapid.T, st flowstest.Step) {
		if st.Flow.Name != "demand" {
			return
		}
		was, now := state(t, st.Before), state(t, st.After)
		it, ok := st.Settings.Item(now.Item)
		if !ok {
			it, _ = st.Settings.Item("8-3")
		}
		private := it.Private || it.Level == flows.AtRoom || now.Danger != "" || now.Item == "6-5"
		subjects := append(st.Settings.Complained(now.About, now.Place), st.Settings.Complained(it.About, now.Place)...)
		closed := false
		for _, eff := range st.Effects {
			switch eff := eff.(type) {
			case flows.Open:
				if eff.Flow != "hearing" {
					continue
				}
				var topic flows.Topic
				if err := json.Unmarshal(eff.Data, &topic); err != nil {
					t.Fatal(err)
				}
				seen["opened "+topic.Why]++
				o, _ := st.Settings.Official(topic.By)
				switch {
				case private:
					t.Fatalf("a hearing about %q %s", now.Item, now.Danger)
				case topic.Place != (flows.Place{Building: now.Place.Building, Spot: now.Place.Spot}):
					t.Fatalf("a hearing knows %+v", topic.Place)
				case topic.Text == "" || strings.ContainsAny(string(eff.Data), flowstest.Rare):
					t.Fatalf("a topic with somebody's words: %s", eff.Data)
				case was.Hearing != "":
					t.Fatalf("a second hearing beside %s", was.Hearing)
				case topic.Why != "asked" && !st.Settings.May(flows.Actor{Person: o.ID, Posts: o.Posts}, flows.Convene, st.Settings.ScopeOf(now.Place)):
					t.Fatalf("%s has convened it", topic.By)
				case slices.Contains(subjects, topic.By):
					t.Fatalf("%s has convened a hearing about a complaint about them", topic.By)
				case (topic.Form == flows.ThreeSided) != (topic.Why == "silent"):
					t.Fatalf("%s because of %s", topic.Form, topic.Why)
				}
			case flows.Tell:
				closed = closed || eff.Name == "closed" && eff.Case == was.Job
				if eff.Name != "concerned" {
					continue
				}
				var c flows.Concerned
				if err := json.Unmarshal(eff.Data, &c); err != nil || private || len(c.People) == 0 || len(c.People) > 100 || eff.Case != now.Hearing {
					t.Fatalf("told of %q: %q, private %t, %v", eff.Case, c.People, private, err)
				}
				seen["concerned"]++
			case flows.Say:
				if !strings.HasPrefix(eff.Words, "moot-") {
					continue
				}
				for _, p := range flowstest.Readers(st.Settings, eff.To) {
					if slices.Contains(subjects, p) {
						t.Fatalf("%s reads %q of a complaint about them", p, eff.Words)
					}
				}
				if len(eff.Buttons) == 0 {
					continue
				}
				seen[eff.Words]++
				if private || was.Moot != "" || slices.Contains(was.Mooted, now.Moot) || now.Hearing != "" {
					t.Fatalf("%q of %q %s, open %q of %q, before %q", eff.Words, now.Item, now.Danger, was.Moot, was.Mooted, now.Hearing)
				}
			}
		}
		if now.Stage == demand.Talked {
			seen["talked "+now.Talk.How]++
			if now.Job != "" || was.Stage != demand.Talked && was.Job != "" && !closed {
				t.Fatalf("%s, and %q goes on working (closed %t)", now.Stage, now.Job, closed)
			}
		}
	}
	missing := func() (list []string) {
		for _, what := range []string{"moot-followers", "moot-silent", "moot-nobody", "opened asked", "opened followers", "opened nobody", "concerned", "talked ", "talked set"} {
			if seen[what] == 0 {
				list = append(list, what)
			}
		}
		return list
	}
	// Plays are drawn: some more may be needed until all has happened.
	for n := 0; n == 0 || n < 2000 && len(missing()) > 0; n++ {
		talkPlay(t, check)
	}
	if m := missing(); len(m) > 0 {
		t.Errorf("in all plays there was no %q: %v", m, seen)
	}
	t.Log(seen)
}
