package desk

import (
	"encoding/json"
	"slices"
	"time"

	"linli/flows"
	"linli/flows/activity"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/storage"
)

// Who sees which case. Every page asks here, so that none can show more than another.

// matter is what the desk reads of the state of a case, whichever flow keeps
// it: the fields that demand and dispatch write under these names.
type matter struct {
	Words    string         `json:"words"`
	Media    []flows.Media  `json:"media"`
	Reporter flows.PersonID `json:"reporter"`
	Behalf   bool           `json:"behalf"`
	Urgent   bool           `json:"urgent"`
	Danger   flows.Danger   `json:"danger"`
	About    flows.Role     `json:"about"`
	Taken    bool           `json:"taken"`
	Result   string         `json:"result"`
	Clause   string         `json:"clause"`
	Rated    string         `json:"rated"`
	Until    time.Time      `json:"until"`
	Work     flows.Task     `json:"work"` // of a dispatch
}

// read gives what a case is about; ok is false if its state cannot be read, and
// then nobody may see it.
func read(c flows.Case) (m matter, ok bool) {
	if len(c.Data) == 0 {
		return m, true
	}
	if json.Unmarshal(c.Data, &m) != nil {
		return matter{}, false
	}
	if m.Danger == "" {
		m.Danger = m.Work.Danger
	}
	if m.About == "" {
		m.About = m.Work.About
	}
	return m, true
}

// violence is the item of the duty list (家庭暴力) that is as discreet as a danger.
const violence = "6-5"

// sight is how far the visitor sees now.
func (v *visitor) sight() storage.Sight {
	return storage.Sight{Settings: v.s, Person: v.actor.Person, Scopes: v.scopes(flows.See), Keep: v.keeps, Scope: v.scope}
}

// polls is how far the visitor sees polls now: who may ask there, and who sees the cases
// there. That they began one does not help them who may do neither any more.
func (v *visitor) polls() storage.Sight {
	return storage.Sight{Settings: v.s, Scopes: append(v.scopes(flows.Poll), v.scopes(flows.See)...), Keep: v.seesPoll, Scope: v.scope, Flow: poll.Name}
}

// hearings is how far the visitor sees hearings now. Who prepares one or is in the
// chair sees it wherever it is.
func (v *visitor) hearings() storage.Sight {
	return storage.Sight{Settings: v.s, Person: v.actor.Person, Scopes: v.scopes(flows.Observe), Keep: v.seesHearing, Mine: v.chairs, Scope: v.scope, Flow: hearing.Name}
}

// scope is the part of the community that a case is about.
func (v *visitor) scope(c flows.Case) flows.Scope {
	switch c.Flow {
	case poll.Name:
		s, err := poll.Read(c)
		if err != nil {
			return flows.Scope{}
		}
		return s.Scope
	case hearing.Name:
		s, err := hearing.Read(c)
		if err != nil {
			return flows.Scope{}
		}
		return v.forWhom(s)
	case activity.Name:
		s, err := activity.Read(c)
		if err != nil {
			return flows.Scope{}
		}
		return whole(s.Scope)
	}
	return v.s.ScopeOf(c.Place)
}

// forWhom is whom a hearing is for; while nobody has said it, that of its place.
func (v *visitor) forWhom(s hearing.State) flows.Scope {
	if s.Scope.Zero() {
		return v.s.ScopeOf(s.Place)
	}
	return s.Scope
}

// seesPoll says whether a poll may be shown to the visitor: who may ask all whom it
// asks, or sees all cases there; before it is sent only who is to send it.
func (v *visitor) seesPoll(c flows.Case) bool {
	s, err := poll.Read(c)
	if err != nil || !v.s.May(v.actor, flows.Poll, s.Scope) && !v.s.May(v.actor, flows.See, s.Scope) {
		return false
	}
	return !s.Sent.IsZero() || s.Starter != "" && s.Starter == v.actor.Person
}

// seesHearing says whether a hearing may be shown to who sees hearings there: one that
// its proposer has not handed on yet is nobody's but theirs.
func (v *visitor) seesHearing(c flows.Case) bool {
	s, err := hearing.Read(c)
	return err == nil && s.Stage != "" && s.Stage != hearing.Offered && s.Stage != hearing.Gone
}

// chairs says whether the visitor is in the chair of a hearing.
func (v *visitor) chairs(c flows.Case) bool {
	s, err := hearing.Read(c)
	return err == nil && s.Chair != "" && s.Chair == v.actor.Person
}

// activities is how far the visitor sees activities now. Who runs one sees it wherever it is.
func (v *visitor) activities() storage.Sight {
	return storage.Sight{Settings: v.s, Person: v.actor.Person, Scopes: v.scopes(flows.Observe), Keep: v.seesActivity, Mine: v.runs, Scope: v.scope, Flow: activity.Name}
}

// seesActivity says whether an activity may be shown to who sees activities there.
func (v *visitor) seesActivity(c flows.Case) bool {
	s, err := activity.Read(c)
	return err == nil && s.Stage != "" && s.Stage != activity.Gone
}

// runs says whether the visitor runs an activity.
func (v *visitor) runs(c flows.Case) bool {
	s, err := activity.Read(c)
	return err == nil && s.Runner != "" && s.Runner == v.actor.Person
}

// whole is the whole community, where nobody has said whom something is for.
func whole(s flows.Scope) flows.Scope {
	if s.Zero() {
		return flows.Everywhere
	}
	return s
}

// keeps says whether a case, wherever it is, may be shown to the visitor: never
// a complaint to whom it is about, and what somebody must never find out only to who
// handles it, the head, and the person on duty.
func (v *visitor) keeps(c flows.Case) bool {
	switch c.Flow {
	case poll.Name:
		return v.seesPoll(c)
	case hearing.Name:
		return v.seesHearing(c)
	case activity.Name:
		return v.seesActivity(c)
	case flows.RoundFlow:
		return false // it has pages of its own, for fewer eyes
	}
	m, ok := read(c)
	if !ok {
		return false
	}
	it, _ := v.s.Item(c.Item)
	for _, about := range []flows.Role{m.About, it.About} {
		if slices.Contains(v.s.Complained(about, c.Place), v.actor.Person) {
			return false
		}
	}
	if !m.Danger.Discreet() && c.Item != violence {
		return true
	}
	if c.Holder == v.actor.Person || slices.Contains(v.s.With(flows.Head, flows.Everywhere), v.actor.Person) {
		return true
	}
	duty := v.s.DutyLadder(v.now)
	return len(duty) > 0 && duty[0] == v.actor.Person
}
