// Package room keeps a room of the directory (邻里室, 活动室) for meetings: a room is a
// case of its own, found under [flows.RoomKey], that is told which meeting wants it when
// and answers, so that no two meetings can be in it at a time. See [flows.Booking] for what
// is said between the two.
//
// It asks the body whose room it is, once, when a meeting is fixed; nobody is asked about
// times that are only being thought of. It must not know what a meeting is about, and keeps
// nobody's name. A room that nobody wants is no case at all.
package room

import (
	"embed"
	"slices"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// New defines the flow.
func New() (flows.Flow, error) { return flows.Define(flows.RoomFlow, words, rules, nil) }

// Stages.
const (
	Kept = "kept" // somebody wants it, or is about to
	Gone = "gone" // nobody does: the case is forgotten
)

// Longest is the most time for which a meeting may have a room.
const Longest = 24 * time.Hour

// State is what is kept of a room.
type State struct {
	Stage    string   `json:"stage"`
	Room     string   `json:"room"` // id in the directory
	Bookings []Booked `json:"bookings,omitempty"`
	Cards    int      `json:"cards,omitempty"` // how often its owner was asked
}

// Booked is a time that a meeting has, or holds until its date is fixed: what two times of
// one meeting have in common is no clash, only one of them will be.
type Booked struct {
	Case  flows.ID   `json:"case"`
	Slot  int        `json:"slot"`
	From  time.Time  `json:"from"`
	To    time.Time  `json:"to"`
	No    int        `json:"no,omitempty"`    // of the meeting
	Card  int        `json:"card,omitempty"`  // by which the owner was asked, from 1; 0: nobody was
	Owner flows.Role `json:"owner,omitempty"` // who was asked
	Asked bool       `json:"asked,omitempty"` // and has not answered
}

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{Stage: s.Stage, Forget: s.Stage == Gone}
	if s.Stage == Kept {
		sum.Matter = []string{flows.RoomKey(s.Room)}
	}
	return sum
}

// clash gives when the last of the other meetings ends that are in the room in a time;
// zero: there is none. One that begins when another ends is no clash.
func (s State) clash(id flows.ID, from, to time.Time) (until time.Time) {
	for _, b := range s.Bookings {
		if b.Case != id && b.From.Before(to) && from.Before(b.To) && b.To.After(until) {
			until = b.To
		}
	}
	return until
}

// find gives the place of a booking, -1 if there is none.
func (s State) find(is func(Booked) bool) int { return slices.IndexFunc(s.Bookings, is) }
