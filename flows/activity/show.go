package activity

import (
	"slices"
	"time"

	"linli/flows"
)

// What pages show of an activity besides messages: the same words, filled in the same way.

// Vars are the values of every text of an activity.
func (s State) Vars(set *flows.Settings) flows.Vars { return s.still(set, time.Time{}).vars() }

// Numbers are those of an activity: how many of whom were invited, said yes and came. A group
// of fewer people than the settings allow is not among them.
func (s State) Numbers(set *flows.Settings) flows.Vars { return s.still(set, time.Time{}).numbers() }

// Present says whether people can check in at a time.
func (s State) Present(now time.Time) bool { return s.still(nil, now).present() }

// Until is the moment from which nobody can say any more that they do not come.
func (s State) Until(set *flows.Settings) time.Time { return s.still(set, time.Time{}).until() }

// Rings says whether somebody who asks for it at a time is reminded the day before.
func (s State) Rings(now time.Time) bool { return now.Before(s.At.Add(-ringBefore)) }

// still is the state with nothing happening to it.
func (s State) still(set *flows.Settings, at time.Time) *turn {
	return &turn{State: s, e: flows.Event{Settings: set, At: at}}
}

// MostTogether is how many may come together, and MostKids how many children with one of them.
const (
	MostTogether = mostTogether
	MostKids     = mostKids
)

// Together is how close to each other two activities are that nobody is at both of.
const Together = usual * time.Minute

// Asked says that who has an entry of this tag was invited and has not answered.
func Asked(tag string) bool { return asked(tag) }

// Seated says that who has an entry of this tag has places, or has them kept.
func Seated(tag string) bool { return seated(tag) }

// Wording is what some of those who are invited read.
type Wording struct {
	Words    string // key of the flow's words
	Audience string // "young", "elder", "children", "all"; empty: everybody
	Arm      string // "a": the template, "b": words of staff
}

// Wordings are all that are sent, or would be if it were sent now.
func (s State) Wordings() (out []Wording) {
	t := s.still(nil, time.Time{})
	if s.Text == "" || s.Compare {
		ages := s.Ages
		if len(ages) == 0 {
			ages = []flows.Age{flows.Young, flows.Elder, flows.Middle}
		}
		seen := map[string]bool{}
		for _, a := range ages {
			if who := t.audienceOf(a); !seen[who] {
				seen[who] = true
				out = append(out, Wording{"invite-" + who, who, "a"})
			}
		}
	}
	if s.Text != "" {
		out = append(out, Wording{"invite-own", "", "b"})
	}
	return out
}

// Because are the values of the words "why": for what reason somebody was invited.
func (s State) Because(set *flows.Settings, p Part, who flows.Profile) flows.Vars {
	vars := flows.Vars{"why": flows.Text(string(p.Why)), "interest": flows.Text(p.Interest)}
	if free := set.FreeAt(s.At); slices.Contains(who.Free, free) {
		vars["free"] = flows.Text(string(free))
	}
	return vars
}
