package demand_test

import (
	"slices"
	"strings"
	"testing"

	"linli/flows"
	"linli/flows/demand"
)

// Who can be written to at last gets what they would have been told, with what
// there is to press.
func TestReached(t *testing.T) {
	d, _, s := both(t)
	for name, x := range map[string]struct {
		change func(*demand.State)
		want   string
		press  string
	}{
		"filed":       {func(x *demand.State) { x.Receipt = true }, "receipt-nobody", "withdraw"},
		"taken":       {func(x *demand.State) { x.Receipt, x.Taken = true, true }, "now-taken", ""},
		"takes long":  {func(x *demand.State) { x.Receipt, x.Late = true, true }, "now-filed", ""},
		"done":        {func(x *demand.State) { x.Stage = demand.Done }, "done", "rate=good"},
		"done, plain": {func(x *demand.State) { x.Stage, x.Result = demand.Done, "" }, "done-plain", "rate=good"},
		"returned":    {func(x *demand.State) { x.Stage, x.Clause = demand.Returned, "2-6" }, "returned", "again"},
		"closed":      {func(x *demand.State) { x.Stage = demand.Closed }, "now-closed", ""},
		"withdrawn":   {func(x *demand.State) { x.Stage = demand.Withdrawn }, "now-withdrawn", ""},
		"danger":      {func(x *demand.State) { x.Stage, x.Danger = demand.Danger, flows.Fire }, "now-danger", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := on(t, d, x.change)
			_, _, effects := does(t, d, s, c, flows.Event{By: flows.Actor{Person: "r1", Consent: true, Reachable: true},
				Entry: &flows.Entry{Key: "r1", Tag: "reporter"}, What: flows.Told{Name: "reached"}})
			if got := told(effects); !slices.Equal(got, []string{x.want}) {
				t.Fatalf("told %q, want %q", got, x.want)
			}
			say := effects[0].(flows.Say)
			var choices []string
			for _, b := range say.Buttons {
				choices = append(choices, b.Choice)
			}
			if say.To.Person != "r1" || (x.press == "") != (len(choices) == 0) || x.press != "" && !slices.Contains(choices, x.press) {
				t.Errorf("to %+v with %q", say.To, choices)
			}
		})
	}
}

// A message is the same wherever it is said to stand.
func TestEditedInATopic(t *testing.T) {
	d, _, s := both(t)
	for _, ref := range []string{"m1", "m1@5"} {
		c := on(t, d, func(x *demand.State) { x.Ref = "m1@5" })
		state, _, _ := does(t, d, s, c, flows.Event{By: flows.Actor{Person: "r1", Consent: true}, What: flows.Said{Edited: true, Message: flows.Message{Ref: ref, Text: "乙的话"}}})
		if state.Words != "乙的话" {
			t.Errorf("edited as %s it reads %q", ref, state.Words)
		}
	}
}

// An edit of chatter is no part of the case its speaker has just reported.
func TestEditedChatter(t *testing.T) {
	d, _, s := both(t)
	for text, want := range map[string]bool{"早上好": false, "3号楼2单元": true} {
		e := flows.Event{Settings: s, By: flows.Actor{Person: "r1", Consent: true}, What: flows.Said{Edited: true, Recent: "1", Message: flows.Message{Ref: "m0", Text: text}},
			Similar: []flows.Similar{{Case: flows.CaseRef{ID: "1", No: 1}, Flow: "demand", Stage: demand.Filed, Item: "2-5", Place: flows.Place{Building: "3"}, Mine: true, Exact: true, Why: flows.ByRecent}}}
		if want {
			e.Reading.Place = flows.Place{Building: "3", Unit: "2"}
		}
		if got := len(d.Hear(e)) > 0; got != want {
			t.Errorf("%q is taken: %t", text, got)
		}
	}
}

// What is asked in a group ends there, also if the speaker has come to Linli since.
func TestOfferEndsWhereItWasMade(t *testing.T) {
	d, _, s := both(t)
	c := on(t, d, func(x *demand.State) { x.Stage, x.Private, x.Job = demand.Offered, false, "" })
	_, _, effects := does(t, d, s, c, flows.Event{By: flows.Actor{Person: "r1", Reachable: true}, What: flows.Chose{Choice: "no"}})
	for _, e := range effects {
		if say, ok := e.(flows.Say); ok && say.Slot == "offer" && say.To.Chat != "g" {
			t.Errorf("the offer ends at %+v", say.To)
		}
	}
	if len(effects) == 0 {
		t.Error("the offer stays as it is")
	}
}

// Who has gone out of a case and left it to others hears that, at every press.
func TestWithdrawnTwice(t *testing.T) {
	d, _, s := both(t)
	c := on(t, d, nil)
	press := flows.Event{By: flows.Actor{Person: "r1", Consent: true}, What: flows.Chose{Choice: "withdraw"}, Counts: map[string]int{"follower": 1}}
	_, c, effects := does(t, d, s, c, press)
	if got := strings.Join(told(effects), " "); !strings.Contains(got, "withdrawn-others receipt") {
		t.Errorf("first: %s", got)
	}
	_, _, effects = does(t, d, s, c, press)
	if got := told(effects); !slices.Equal(got, []string{"withdrawn-others"}) || !effects[0].(flows.Say).Toast {
		t.Errorf("second: %q", got)
	}
}

// Who follows by saying it in the group sees that they were heard; a message of
// another group is none of this one.
func TestFollowerIsHeard(t *testing.T) {
	d, _, s := both(t)
	for group, want := range map[flows.ChatID]bool{"g": true, "east": false} {
		c := on(t, d, func(x *demand.State) { x.Place.Room = "" })
		said := &flows.Said{Message: flows.Message{Ref: "m7", Text: "乙的话"}}
		_, _, effects := does(t, d, s, c, flows.Event{By: flows.Actor{Person: "r2", Consent: true, Reachable: true}, Chat: flows.Chat{ID: group, Group: true},
			What: flows.Told{Name: "same", Said: said}})
		signed := slices.ContainsFunc(effects, func(e flows.Effect) bool {
			say, ok := e.(flows.Say)
			return ok && say.React != "" && say.Quote == "m7" && say.To.Chat == "g"
		})
		if signed != want {
			t.Errorf("said in %s: signed %t", group, signed)
		}
	}
}
