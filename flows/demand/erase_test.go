package demand_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/demand"
)

// on is a demand of r1 that is filed, in a group, with a dispatch.
func on(t *testing.T, d flows.Flow, change func(*demand.State)) flows.Case {
	t.Helper()
	s := demand.State{Stage: demand.Filed, Item: "2-5", Place: flows.Place{Building: "3", Unit: "2", Room: "501"}, Words: "甲的话", First: "甲的话",
		Media: []flows.Media{{Kind: "photo", Remote: "f"}}, Point: &flows.Point{Lat: 1}, Reporter: "r1", Private: true, Group: "g", Ref: "m1",
		At: time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC), Job: "2", Who: "feng", Result: "甲在家"}
	if change != nil {
		change(&s)
	}
	return flows.Case{ID: "1", Flow: "demand", No: 1, Data: flows.Data(s), Summary: s.Summary()}
}

// does brings an event to a case.
func does(t *testing.T, d flows.Flow, s *flows.Settings, c flows.Case, e flows.Event) (demand.State, flows.Case, []flows.Effect) {
	t.Helper()
	e.ID, e.At, e.Settings = "e", time.Date(2026, 3, 11, 10, 0, 0, 0, s.Zone), s
	c, effects, err := d.Step(c, e)
	if err != nil {
		t.Fatal(err)
	}
	var state demand.State
	if err := json.Unmarshal(c.Data, &state); err != nil {
		t.Fatal(err)
	}
	return state, c, effects
}

// told are the words that are said, with the names of what other cases are told.
func told(effects []flows.Effect) (all []string) {
	for _, e := range effects {
		switch e := e.(type) {
		case flows.Say:
			all = append(all, e.Words)
		case flows.Tell:
			all = append(all, "→"+e.Name)
		case flows.Put:
			all = append(all, "put "+e.Entry.Key+" "+string(e.Entry.Data))
		}
	}
	return all
}

func TestErased(t *testing.T) {
	d, _, s := both(t)
	gone := flows.Event{What: flows.Erased{Person: "r1"}}
	follower := &flows.Entry{Key: "r2", Tag: "follower"}
	for name, x := range map[string]struct {
		change func(*demand.State)
		e      flows.Event
		stage  string
		place  flows.Place
		words  bool
		told   []string
	}{
		"alone": {e: gone, stage: demand.Withdrawn, place: flows.Place{Building: "3"}, told: []string{"receipt-nobody", "→withdrawn"}},
		"alone, of a place that shows nobody": {e: gone, stage: demand.Withdrawn, change: func(s *demand.State) { s.Place.Room = "" }, place: flows.Place{Building: "3"},
			told: []string{"group-withdrawn", "receipt-nobody", "group-over", "→withdrawn"}},
		"with followers":      {e: flows.Event{What: gone.What, Counts: map[string]int{"follower": 1}}, stage: demand.Filed, place: flows.Place{Building: "3", Unit: "2"}},
		"a follower":          {e: flows.Event{What: flows.Erased{Person: "r2"}, Entry: follower, Counts: map[string]int{"follower": 1}}, stage: demand.Filed, words: true, place: flows.Place{Building: "3", Unit: "2", Room: "501"}, told: []string{"→people"}},
		"somebody else":       {e: flows.Event{What: flows.Erased{Person: "r9"}}, stage: demand.Filed, words: true, place: flows.Place{Building: "3", Unit: "2", Room: "501"}},
		"who has left it":     {change: func(s *demand.State) { s.Reporter, s.Left = "", "r1" }, e: gone, stage: demand.Filed, place: flows.Place{Building: "3", Unit: "2"}},
		"a draft":             {change: func(s *demand.State) { s.Stage = demand.Draft }, e: gone, stage: demand.Gone, place: flows.Place{Building: "3"}, told: []string{"draft-dismissed"}},
		"waits for judgement": {change: func(s *demand.State) { s.Stage = demand.Done }, e: gone, stage: demand.Closed, place: flows.Place{Building: "3"}, told: []string{"→closed"}},
		"closed":              {change: func(s *demand.State) { s.Stage = demand.Closed }, e: flows.Event{What: flows.Erased{}}, stage: demand.Closed, place: flows.Place{Building: "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			state, c, effects := does(t, d, s, on(t, d, x.change), x.e)
			if state.Stage != x.stage || state.Place != x.place {
				t.Errorf("%s at %+v", state.Stage, state.Place)
			}
			if got := told(effects); !slices.Equal(got, x.told) {
				t.Errorf("told %q, want %q", got, x.told)
			}
			if has := strings.Contains(string(c.Data), "甲") || strings.Contains(string(c.Data), "r1") || state.Media != nil || state.Point != nil || state.Ref != ""; has != x.words {
				t.Errorf("left: %s", c.Data)
			}
			if state.Who != "feng" {
				t.Errorf("who did it is %q", state.Who)
			}
		})
	}
}

// What a follower rewords stays with their entry, and whoever has left a case
// adds nothing to it.
func TestWordsOfOthers(t *testing.T) {
	d, _, s := both(t)
	r2 := flows.Actor{Person: "r2", Consent: true}
	w := flows.Said{Message: flows.Message{Ref: "m2", Text: "乙的话"}, Edited: true}
	state, _, effects := does(t, d, s, on(t, d, nil), flows.Event{By: r2, What: w, Entry: &flows.Entry{Key: "r2", Tag: "follower"}, Reading: flows.Reading{Place: flows.Place{Building: "5"}}})
	if got := told(effects); state.Words != "甲的话" || state.Place.Building != "3" || !slices.Equal(got, []string{`put r2 {"text":"乙的话"}`}) {
		t.Errorf("words %q at %+v, %q", state.Words, state.Place, got)
	}
	state, _, effects = does(t, d, s, on(t, d, func(s *demand.State) { s.Reporter, s.Left = "", "r1" }),
		flows.Event{By: flows.Actor{Person: "r1"}, What: flows.Said{Message: flows.Message{Text: "又一句"}, Tag: "answer", Direct: true}})
	if got := told(effects); state.Words != "甲的话" || !slices.Equal(got, []string{"now-filed"}) {
		t.Errorf("words %q, %q", state.Words, got)
	}
}
