package demand_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
	"linli/flows/demand"
)

// What a demand says of itself to an activity about its matter, and whom it tells that the
// activity takes place: nobody, of what is a household's own, discreet, or about a person.
func TestActivityAboutIt(t *testing.T) {
	d, _, s := both(t)
	at := time.Date(2026, 3, 11, 9, 0, 0, 0, s.Zone)
	sent := flows.Listed{No: 415, Title: "楼道大清理", At: at.Add(72 * time.Hour), Where: "3号楼前"}
	where := flows.Place{Building: "3", Unit: "2", Room: "501"}
	base := demand.State{Stage: demand.Filed, Item: "4-1", Place: where, Words: "原话", Reporter: "r1", Private: true, At: at, Job: "2"}
	for name, x := range map[string]struct {
		change func(*demand.State)
		listed flows.Listed
		about  flows.About
		said   []string
	}{
		"being prepared":   {about: flows.About{No: 412, Item: "4-1", Place: flows.Place{Building: "3"}, People: 3}},
		"announced":        {listed: sent, about: flows.About{No: 412, Item: "4-1", Place: flows.Place{Building: "3"}, People: 3}, said: []string{"r1", "follower"}},
		"announced before": {listed: sent, change: func(s *demand.State) { s.Announced = []flows.ID{"9"} }, about: flows.About{No: 412, Item: "4-1", Place: flows.Place{Building: "3"}, People: 3}},
		"it is over":       {listed: flows.Listed{Title: "x", At: at.Add(-time.Hour)}, about: flows.About{No: 412, Item: "4-1", Place: flows.Place{Building: "3"}, People: 3}},
		"done":             {listed: sent, change: func(s *demand.State) { s.Stage = demand.Done }, about: flows.About{No: 412, Item: "4-1", Place: flows.Place{Building: "3"}, People: 3}, said: []string{"r1", "follower"}},
		"nobody's":         {listed: sent, change: func(s *demand.State) { s.Reporter = "" }, about: flows.About{No: 412, Item: "4-1", Place: flows.Place{Building: "3"}, People: 3}, said: []string{"follower"}},
		"a household's":    {listed: sent, change: func(s *demand.State) { s.Item = "5-3" }},
		"violence":         {listed: sent, change: func(s *demand.State) { s.Item = "6-5" }},
		"a danger":         {listed: sent, change: func(s *demand.State) { s.Stage, s.Danger = demand.Danger, flows.Suicide }},
		"about a person":   {listed: sent, change: func(s *demand.State) { s.About = flows.Leader }},
		"not filed":        {listed: sent, change: func(s *demand.State) { s.Stage = demand.Offered }},
		"withdrawn":        {listed: sent, change: func(s *demand.State) { s.Stage = demand.Withdrawn }},
	} {
		t.Run(name, func(t *testing.T) {
			state := base
			if x.change != nil {
				x.change(&state)
			}
			c := flows.Case{ID: "1", Flow: "demand", No: 412, Data: flows.Data(state)}
			e := flows.Event{ID: "e", At: at, What: flows.Told{From: "9", Name: "activity", Data: flows.Data(x.listed)}, Settings: s, Counts: map[string]int{"follower": 2}}
			after, effects, err := d.Step(c, e)
			if err != nil {
				t.Fatal(err)
			}
			var got flows.About
			var said []string
			for _, eff := range effects {
				switch eff := eff.(type) {
				case flows.Tell:
					if err := json.Unmarshal(eff.Data, &got); err != nil || eff.Case != "9" || eff.Name != "about" {
						t.Fatal(eff, err)
					}
				case flows.Say:
					said = append(said, string(eff.To.Person)+eff.To.Entries)
					if eff.Class != flows.Notice || len(eff.Buttons) != 1 || eff.Buttons[0].Case != "9" || eff.Buttons[0].Choice != "look" {
						t.Errorf("%+v", eff)
					}
					text, err := d.Words.Render("zh-CN", eff.Words, eff.Vars, 412, at, s)
					if want := "0412号的事：3月14日（周六）09:00，3号楼前，楼道大清理，想来的点“看看”。"; text != want || err != nil {
						t.Error(text, err)
					}
				}
			}
			if d := cmp.Diff(x.about, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(x.said, said); d != "" {
				t.Error(d)
			}
			if _, again, err := d.Step(after, e); err != nil || len(again) != 1 {
				t.Error("told once more, it says more than what it is about:", again, err)
			}
		})
	}
}

// The consent to pass it on is kept with who was named and when; it can be taken back, and
// an older button says nothing.
func TestPassing(t *testing.T) {
	d, _, s := both(t)
	at := time.Date(2026, 3, 11, 9, 0, 0, 0, s.Zone)
	c := flows.Case{ID: "1", Flow: "demand", No: 412, Data: flows.Data(demand.State{Stage: demand.Filed, Item: "5-3", Place: flows.Place{Building: "3"}, Words: "原话", Reporter: "r1", Private: true, At: at, Job: "2"})}
	step := func(by flows.PersonID, w flows.What) (demand.State, []flows.Effect) {
		t.Helper()
		after, effects, err := d.Step(c, flows.Event{ID: "e", At: at, By: flows.Actor{Person: by, Consent: true, Reachable: true}, What: w, Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		c = after
		var st demand.State
		if err := json.Unmarshal(c.Data, &st); err != nil {
			t.Fatal(err)
		}
		return st, effects
	}
	ask := flows.Told{From: "2", Name: "refer", Data: flows.Data(flows.Referral{N: 1, Partners: []string{"xinqing"}, Service: "counselling"})}
	_, effects := step("", ask)
	say := effects[0].(flows.Say)
	if say.Words != "pass" || say.To.Person != "r1" || !say.Neutral || say.Class != flows.Personal {
		t.Fatalf("%+v", say)
	}
	if st, effects := step("r2", flows.Chose{Choice: "allow", Value: "0-1"}); len(st.Pass.Given) > 0 || effects[0].(flows.Say).Words != "not-asked" {
		t.Error("somebody else has agreed for the reporter")
	}
	if st, _ := step("r1", flows.Chose{Choice: "allow", Value: "0-7"}); len(st.Pass.Given) > 0 {
		t.Error("an unknown question was answered")
	}
	at = at.Add(time.Hour)
	st, effects := step("r1", flows.Chose{Choice: "allow", Value: "0-1"})
	if d := cmp.Diff([]demand.Given{{Partners: []string{"xinqing"}, At: at}}, st.Pass.Given); d != "" {
		t.Error(d)
	}
	if tell := effects[1].(flows.Tell); tell.Name != "agreed" || tell.Case != "2" {
		t.Errorf("%+v", tell)
	}
	at = at.Add(time.Hour)
	st, effects = step("r1", flows.Chose{Choice: "keep", Value: "0-1"})
	if !st.Pass.Kept || !st.Pass.Given[0].Back.Equal(at) || effects[1].(flows.Tell).Name != "kept" {
		t.Errorf("%+v %+v", st.Pass, effects)
	}
	if _, effects := step("", ask); len(effects) != 1 || effects[0].(flows.Tell).Name != "unheard" {
		t.Errorf("asked again after a no: %+v", effects)
	}
	if st, _ = step("", flows.Told{From: "2", Name: "declined", Data: flows.Data(flows.Referral{Partners: []string{"xinqing"}})}); !cmp.Equal(st.Pass.Declined, []string{"xinqing"}) {
		t.Error(st.Pass.Declined)
	}
	// It goes on for other eyes: they know whom not to ask.
	step("", flows.Told{From: "2", Name: "returned", Data: flows.Data(flows.TaskNews{Who: "li", Clause: "5-3"})})
	_, effects = step("r1", flows.Chose{Choice: "again"})
	var task flows.Task
	for _, eff := range effects {
		if o, ok := eff.(flows.Open); ok {
			if err := json.Unmarshal(o.Data, &task); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !task.Kept || !cmp.Equal(task.Declined, []string{"xinqing"}) {
		t.Errorf("%+v", task)
	}
	// Who cannot be asked has not agreed; nor is a danger ever passed on.
	for name, state := range map[string]demand.State{
		"another":  {Stage: demand.Filed, Item: "5-3", Job: "2", At: at, Reporter: "liu", Behalf: true},
		"nobody":   {Stage: demand.Filed, Item: "5-3", Job: "2", At: at},
		"violence": {Stage: demand.Filed, Item: "6-5", Job: "2", At: at, Reporter: "r1"},
		"danger":   {Stage: demand.Danger, Danger: flows.Violence, Job: "2", At: at, Reporter: "r1"},
	} {
		c.Data = flows.Data(state)
		if _, effects := step("", ask); len(effects) != 1 || effects[0].(flows.Tell).Name != "unheard" {
			t.Errorf("%s: %+v", name, effects)
		}
	}
}
