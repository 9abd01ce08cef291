package dispatch

import (
	"maps"
	"slices"

	"linli/flows"
)

// What a partner may read of the work.

// outside are the texts that read otherwise for a partner.
var outside = map[string]string{"card-taken": "org-taken", "card-done": "org-done"}

// shield keeps from a partner what the resident has not agreed to pass on: their words, their
// photos, and where exactly they live. It goes through all that was said in the step, so that
// no text can be forgotten.
func (t *turn) shield() {
	kept := t.effects[:0:0]
	for _, x := range t.effects {
		say, ok := x.(flows.Say)
		partner := t.partnerOf(say.To.Person)
		if !ok || partner == "" {
			kept = append(kept, x)
			continue
		}
		if words := outside[say.Words]; words != "" {
			say.Words = words
		}
		if sv, _ := t.e.Settings.Service(t.Refer.Service); sv.Quiet {
			say.Neutral = true
		}
		yes := slices.Contains(t.Refer.Yes, partner) && !slices.Contains(t.Work.Declined, partner)
		if say.Words == "media" && !yes {
			continue
		}
		if !yes {
			vars := flows.Vars{}
			for k, v := range say.Vars {
				if v.Place != nil {
					v = flows.Where(v.Place.Public())
				}
				if k == "text" && say.Words != "answered" { // what they answer, they say to who has asked
					v = flows.Var{}
				}
				vars[k] = v
			}
			say.Vars = vars
			if say.Words != "answered" {
				say.Media = nil
			}
		} else if say.Vars != nil {
			say.Vars = maps.Clone(say.Vars)
			say.Vars["told"] = flows.Text("1")
		}
		kept = append(kept, say)
	}
	t.effects = kept
}

// partnerOf is the partner for which somebody has to do with this work, and for which alone;
// "" of anybody else. Who is asked for one, or has it, remains so when the directory changes.
func (t *turn) partnerOf(p flows.PersonID) string {
	if p != "" && p == t.Refer.Who {
		return t.Refer.Partner
	}
	x, ok := t.e.Settings.SpeaksFor(p)
	o, _ := t.e.Settings.Official(p)
	if !ok || p == t.Refer.From || slices.Contains(t.Ladder, p) || t.e.Settings.May(flows.Actor{Person: p, Posts: o.Posts}, flows.Review, flows.Everywhere) {
		return ""
	}
	return x.ID
}
