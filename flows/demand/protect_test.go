package demand_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

func state(t *rapid.T, c flows.Case) demand.State {
	var s demand.State
	if len(c.Data) == 0 {
		return s
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// says gives what a step said, without the notices that only whoever
// pressed sees.
func says(st flowstest.Step) []flows.Say {
	var out []flows.Say
	for _, eff := range st.Effects {
		if say, ok := eff.(flows.Say); ok && !say.Toast {
			out = append(out, say)
		}
	}
	return out
}

func toGroup(say flows.Say) bool { return say.To.Chat != "" || !say.To.Groups.Zero() }

// watch plays the demand with its dispatches and looks at every step of the demand.
func watch(t *testing.T, items []string, check func(*rapid.T, flowstest.Step)) {
	d, w, s := both(t)
	ours := func(t *rapid.T, st flowstest.Step) {
		if st.Flow.Name == d.Name {
			check(t, st)
		}
	}
	flowstest.Run(t, quarrelsome(s), d, flowstest.Options{With: []flows.Flow{w, hearing(t), needs(t)}, Check: ours, Tell: anyNews, Reading: func(t *rapid.T) flows.Reading {
		r := flowstest.AnyReading(t, s)
		if len(items) > 0 {
			r.Item = rapid.SampledFrom(items).Draw(t, "one of")
		}
		return r
	}})
}

// What happens inside a household, and what somebody must never find out, is in
// no group: no line, no question, no instruction.
func TestPrivateMattersAreInNoGroup(t *testing.T) {
	check := func(t *rapid.T, st flowstest.Step) {
		now := state(t, st.After)
		it, _ := st.Settings.Item(now.Item)
		if !it.Private && !now.Danger.Discreet() {
			return
		}
		for _, say := range says(st) {
			if toGroup(say) {
				t.Fatalf("a group hears %q of %q %s, in %s", say.Words, now.Item, now.Danger, now.Stage)
			}
		}
	}
	t.Run("any", func(t *testing.T) { watch(t, nil, check) })
	t.Run("private", func(t *testing.T) { watch(t, []string{"5-1", "5-2", "6-5", "8-1", "7-2"}, check) })
}

// household finds what leads to a household: a unit, a floor, a room.
var household = regexp.MustCompile(`(?i)[0-9]+ *(单元|层|室)|(unit|floor|room) +[0-9]+`)

// A group never reads who reported something, where in the building they live, or
// their words.
func TestGroupNeverReadsWhoWhereOrWords(t *testing.T) {
	watch(t, nil, func(t *rapid.T, st flowstest.Step) {
		for _, say := range says(st) {
			if !toGroup(say) {
				continue
			}
			for _, lang := range flows.Languages {
				text, labels, err := flowstest.Render(st, say, lang)
				if err != nil {
					t.Fatal(err)
				}
				if m := household.FindString(text); m != "" && say.Words != "notice" { // an outage of a unit is published by staff
					t.Fatalf("%q tells a group %q: %s", say.Words, m, text)
				}
				if say.Words != "where-unit" { // asks with all units of the building on buttons
					text += strings.Join(labels, " ")
				}
				for _, room := range flowstest.Rooms {
					if strings.Contains(text, room) {
						t.Fatalf("%q tells a group a room: %s", say.Words, text)
					}
				}
				for _, a := range st.Past.People {
					if len(a.Posts) == 0 && strings.Contains(text, a.Name) {
						t.Fatalf("%q tells a group who it was: %s", say.Words, text)
					}
				}
				for _, words := range st.Past.Texts {
					r := []rune(words)
					for i := 0; i+4 <= len(r); i++ {
						if part := string(r[i : i+4]); strings.ContainsAny(part, flowstest.Rare) && strings.Contains(text, part) {
							t.Fatalf("%q quotes somebody to a group: %s", say.Words, text)
						}
					}
				}
			}
		}
	})
}

// Of a danger nothing waits for a morning.
func TestDangerIsAlwaysUrgent(t *testing.T) {
	watch(t, nil, func(t *rapid.T, st flowstest.Step) {
		now := state(t, st.After)
		if now.Danger == "" {
			return
		}
		for _, say := range says(st) {
			if say.Class != flows.Emergency {
				t.Fatalf("of a danger, %q is only %s (%s after %s)", say.Words, say.Class, now.Stage, flows.Kind(st.Event.What))
			}
		}
	})
}

// What somebody must never find out is kept off the lock screen of whom it is
// told to, and has no followers.
func TestDiscreetDangerShowsNothing(t *testing.T) {
	watch(t, []string{"6-5", ""}, func(t *rapid.T, st flowstest.Step) {
		now := state(t, st.After)
		if !now.Danger.Discreet() {
			return
		}
		for _, eff := range st.Effects {
			switch eff := eff.(type) {
			case flows.Put:
				if eff.Entry.Tag == "follower" {
					t.Fatalf("%s follows %s", eff.Entry.Key, now.Danger)
				}
			case flows.Say:
				if !eff.Toast && !eff.Neutral && slices.ContainsFunc([]string{"danger-" + string(now.Danger)}, func(w string) bool { return w == eff.Words }) {
					t.Fatalf("%q shows on the lock screen", eff.Words)
				}
			}
		}
	})
}
