// Package purchase is the flow of a need that nobody serves (购买服务需求单): what kind of
// service, how many people have asked for it lately, who approves that it is bought, and
// what they have said. There is one case for each kind, found under [flows.PurchaseKey];
// dispatches tell it what they could find nobody for.
//
// It counts, puts the sum before who approves, and tells back what they decide. It buys
// nothing, names no resident, and knows no words of theirs: numbers of cases and of people
// are all it keeps.
package purchase

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// New defines the flow.
func New() (flows.Flow, error) { return flows.Define(flows.PurchaseFlow, words, rules, nil) }

// Stages of a need.
const (
	Noted   = "noted"   // 已记：fewer people than it takes
	Asked   = "asked"   // 待批：before who approves
	Later   = "later"   // 再等
	Agreed  = "agreed"  // 同意购买
	Refused = "refused" // 不买
	Bought  = "bought"  // 已到位
)

// State is what is kept of a need.
type State struct {
	Stage   string           `json:"stage"`
	Service string           `json:"service"` // id of the settings
	Name    string           `json:"name"`    // of the service, as it was called when the need was first noted
	Cases   []Case           `json:"cases,omitempty"`
	By      []flows.PersonID `json:"by,omitempty"`     // who had the work, and hears what becomes of it
	Card    int              `json:"card,omitempty"`   // how often it was put before who approves: buttons of an older one are void
	Role    flows.Role       `json:"role,omitempty"`   // who approves, as it was put before them
	Again   time.Time        `json:"again,omitzero"`   // when it is looked at again
	Who     flows.PersonID   `json:"who,omitempty"`    // who has decided
	At      time.Time        `json:"at,omitzero"`      // when
	Reason  string           `json:"reason,omitempty"` // why it is not bought
}

// Case is a case in which it was needed.
type Case struct {
	No     int       `json:"no"`
	At     time.Time `json:"at"`
	People int       `json:"people"`
}

// Most are the cases of which a need keeps the numbers, and the people who hear of it.
const (
	mostCases = 300
	mostBy    = 20
)

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{Stage: s.Stage, Done: s.Stage == Refused || s.Stage == Bought, Title: "购买服务：" + s.Name}
	if !sum.Done {
		sum.Matter = []string{flows.PurchaseKey(s.Service)}
	}
	return sum
}

// Count gives how many people, in how many cases, have needed it in a time before now.
func (s State) Count(now time.Time, period time.Duration) (people, cases int) {
	for _, c := range s.Cases {
		if c.At.After(now.Add(-period)) {
			people, cases = people+c.People, cases+1
		}
	}
	return people, cases
}

// Takes gives the tags under which it takes words from a form: why it is not bought.
func (s State) Takes() []string {
	if s.Stage == Asked {
		return []string{"why"}
	}
	return nil
}

// Read gives the state of a case of this flow.
func Read(c flows.Case) (s State, err error) {
	if c.Flow != flows.PurchaseFlow {
		return s, fmt.Errorf("a case of %q is no need", c.Flow)
	}
	if len(c.Data) > 0 {
		err = json.Unmarshal(c.Data, &s)
	}
	return s, err
}

// add counts a case, once.
func (s *State) add(n flows.Need, at time.Time) bool {
	if slices.ContainsFunc(s.Cases, func(c Case) bool { return c.No == n.No }) {
		return false
	}
	s.Cases = append(slices.Clone(s.Cases), Case{No: n.No, At: at, People: max(1, n.People)})
	if len(s.Cases) > mostCases {
		s.Cases = s.Cases[len(s.Cases)-mostCases:]
	}
	return true
}
