package dispatch_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
)

func state(t *rapid.T, c flows.Case) dispatch.State {
	var s dispatch.State
	if len(c.Data) == 0 {
		return s
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// complained gives the people that the work is a complaint about.
func complained(s *flows.Settings, w flows.Task) []flows.PersonID {
	it, _ := s.Item(w.Item)
	return append(s.Complained(w.About, w.Place), s.Complained(it.About, w.Place)...)
}

// A complaint is never shown to, nor handed to, whom it is about.
func TestComplaintIsKeptFromWhomItIsAbout(t *testing.T) {
	f, s := example(t)
	o := options(s)
	o.Begin = func(t *rapid.T) json.RawMessage {
		w := flows.Task{Place: flowstest.AnyPlace(t, s), Text: flowstest.Rare, People: 1}
		w.Item = rapid.SampledFrom([]string{"8-1", "8-2", "4-1", "1-1", "3-2", "7-3", ""}).Draw(t, "item")
		w.About = rapid.SampledFrom([]flows.Role{flows.Leader, flows.Property, flows.Staff, flows.Station, flows.Head, flows.Secretary, ""}).Draw(t, "about")
		if rapid.IntRange(0, 3).Draw(t, "dangerous") == 0 {
			w.Danger = flows.Violence
		}
		return flows.Data(w)
	}
	o.Check = func(t *rapid.T, st flowstest.Step) {
		now := state(t, st.After)
		barred := complained(st.Settings, now.Work)
		for _, eff := range st.Effects {
			say, ok := eff.(flows.Say)
			if !ok {
				continue
			}
			if say.To.Chat != "" || !say.To.Groups.Zero() {
				t.Fatalf("%q is said to a group", say.Words)
			}
			for _, p := range flowstest.Readers(st.Settings, say.To) {
				switch {
				case !slices.Contains(barred, p):
				case say.Toast && say.Words == "not-your-grid" && p == st.Event.By.Person:
				case say.Words == "passed" && len(say.Buttons) == 0 && st.Before.Holder == p:
					// The place was corrected, so that it is about somebody who has the card: it is taken back.
				default:
					t.Fatalf("%s is told %q of a complaint about them (%s, about %q, item %s)", p, say.Words, now.Stage, now.Work.About, now.Work.Item)
				}
			}
			for _, b := range say.Buttons {
				choice, v, _ := strings.Cut(b.Choice, "=")
				if choice == "pass" {
					n, err := strconv.Atoi(v)
					if err != nil || n >= len(now.Ladder) {
						t.Fatalf("a button passes it to %q", v)
					}
					v = string(now.Ladder[n])
				}
				if (choice == "to" || choice == "pass") && slices.Contains(barred, flows.PersonID(v)) {
					t.Fatalf("a button hands a complaint to %s, whom it is about", v)
				}
				if choice == "for" && (flows.Role(v) == now.Work.About) {
					t.Fatalf("a complaint about %s waits for them", v)
				}
			}
		}
	}
	flowstest.Run(t, s, f, o)
}

// Whoever is complained about can do nothing with it, whatever they press.
func TestWhomItIsAboutCanDoNothing(t *testing.T) {
	f, s := example(t)
	o := options(s)
	o.Begin = func(t *rapid.T) json.RawMessage {
		return flows.Data(flows.Task{Item: rapid.SampledFrom([]string{"8-1", "8-2", "4-1", "1-1"}).Draw(t, "item"), Place: flowstest.AnyPlace(t, s), Text: flowstest.Rare, People: 1,
			About: rapid.SampledFrom([]flows.Role{flows.Leader, flows.Property, flows.Staff}).Draw(t, "about")})
	}
	o.Check = func(t *rapid.T, st flowstest.Step) {
		if _, press := st.Event.What.(flows.Chose); !press || !slices.Contains(complained(st.Settings, state(t, st.Before).Work), st.Event.By.Person) {
			return
		}
		if string(st.Before.Data) != string(st.After.Data) {
			t.Fatalf("%s moved a complaint about them: %s → %s", st.Event.By.Person, st.Before.Stage, st.After.Stage)
		}
	}
	flowstest.Run(t, s, f, o)
}

// A danger goes out at once, at any hour: no text about it waits for a morning.
func TestDangerIsAlwaysUrgent(t *testing.T) {
	f, s := example(t)
	o := options(s)
	o.Begin = func(t *rapid.T) json.RawMessage {
		return flows.Data(flows.Task{Place: flowstest.AnyPlace(t, s), Text: flowstest.Rare, People: 1,
			Danger: rapid.SampledFrom([]flows.Danger{flows.Gas, flows.Violence, flows.Lost, flows.Unknown}).Draw(t, "danger")})
	}
	o.Check = func(t *rapid.T, st flowstest.Step) {
		for _, eff := range st.Effects {
			if say, ok := eff.(flows.Say); ok && !say.Toast && say.Class != flows.Emergency {
				t.Fatalf("of a danger, %q is only %s (%s after %s)", say.Words, say.Class, st.After.Stage, flows.Kind(st.Event.What))
			}
		}
	}
	flowstest.Run(t, s, f, o)
}

// Going up the ladder asks each person once. Only where the place changes, or
// somebody hands it to another, does it begin again; and for a danger that nobody
// took, everybody is called together.
func TestLadderAsksEachPersonOnce(t *testing.T) {
	f, s := example(t)
	o := options(s)
	tell := o.Tell
	o.Tell = func(t *rapid.T) (string, json.RawMessage) {
		name, data := tell(t)
		if name == "moved" {
			name = "nothing"
		}
		return name, data
	}
	o.Check = func(t *rapid.T, st flowstest.Step) {
		now := state(t, st.After)
		for i, p := range now.Ladder {
			if slices.Contains(now.Ladder[:i], p) {
				t.Fatalf("%s stands in the ladder twice: %v", p, now.Ladder)
			}
		}
		if now.Turn == state(t, st.Before).Turn && len(st.Before.Data) > 0 || now.Loops > 0 {
			return // nobody new was asked
		}
		for _, eff := range st.Effects {
			say, ok := eff.(flows.Say)
			if !ok || !slices.ContainsFunc(say.Buttons, func(b flows.Button) bool { return b.Choice == "accept" }) {
				continue
			}
			if w, ok := st.Event.What.(flows.Chose); ok && w.Choice == "to" {
				st.Past.Memory[string(say.To.Person)] = 1
				continue
			}
			st.Past.Memory[string(say.To.Person)]++
			if st.Past.Memory[string(say.To.Person)] > 1 {
				t.Fatalf("%s is asked a second time (%v, rung %d)", say.To.Person, now.Ladder, now.Rung)
			}
		}
	}
	flowstest.Run(t, s, f, o)
}
