// Package flowstest is what every flow must keep to, whatever happens: the
// suite plays it at random, with everything that can happen to a case in any order
// and by anybody, and looks at each step.
//
// A play is a small engine in memory: cases, entries, wake-ups, children that
// answer within the step, people nobody can write to. It does what package bot
// does where rules can see it, and nothing else: no outbox, no quiet hours, no
// platform. It is for tests only, and it must not know any flow.
package flowstest

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"linli/flows"
)

// Options say what the suite cannot know of a flow.
type Options struct {
	// With are the flows whose cases this one opens or tells. Their cases are
	// played and looked at in the same way.
	With []flows.Flow
	// Begin draws what another case, a record with a number, opens one with. A
	// flow that hears needs none: its cases begin with what is said.
	Begin func(*rapid.T) json.RawMessage
	// Tell draws what another case may tell this one, besides what the flows
	// of With tell it.
	Tell func(*rapid.T) (name string, data json.RawMessage)
	// Reading draws what the reader made of something said; nil draws any.
	Reading func(*rapid.T) flows.Reading
	// Cast changes a resident of the play, as they are at its beginning; may be nil.
	Cast func(*rapid.T, *flows.Actor)
	// Check looks at every step of every case, besides what the suite looks at.
	Check func(*rapid.T, Step)
}

// Step is one event of a case with what came of it.
type Step struct {
	Flow     flows.Flow
	Settings *flows.Settings
	Before   flows.Case
	After    flows.Case // with its number, if it has one now
	Event    flows.Event
	Effects  []flows.Effect
	Past     *Past
}

// Past is what has happened in the case before the step.
type Past struct {
	Texts  []string                         // what people have said in the play, this step's words included
	People []flows.Actor                    // everybody in the play
	Cases  map[flows.ID]bool                // every case that is or was there
	Told   map[flows.PersonID]map[Slot]bool // which messages of this case a person has
	Memory map[string]int                   // for checks that count
}

// Slot is a message of a case.
type Slot string

// Run plays a flow at random in a community:
//
//   - the same state and the same event give the same state and the same effects,
//     and neither the event nor the settings are changed by the rules;
//   - a case that is done stays done and keeps its stage; it is forgotten only
//     before it has a number, and a number stays;
//   - an event moves no more cases than the engine allows;
//   - every effect survives being written and read, names what it needs, and
//     no wake-up lies in the past;
//   - every text and every button has words in every language, with all values;
//   - buttons fit into what platforms carry;
//   - a person who is erased, or everybody who is no official, is neither in the
//     state nor in that of the children, by id, words or room;
//   - the state stays small, and nothing panics.
func Run(t *testing.T, settings *flows.Settings, f flows.Flow, o Options) {
	t.Helper()
	before, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(rt, settings, f, o)
		p.begin()
		rt.Repeat(p.actions())
	})
	after, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("the rules have changed the settings")
	}
}
