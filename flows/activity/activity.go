// Package activity is the flow of something people do together (活动): a course, a walk, a
// clean-up, an evening on this place's history. Somebody offers it in a line; staff look at
// what people will read and send it; those whom it suits are invited, a few at a time, until
// it is full; who comes has a place, who does not gives it on; afterwards two questions are
// asked, and numbers are left.
//
// Whom it suits, people have said themselves ([flows.Profile]); [flows.Find] chooses, and
// everybody can read why they were chosen. A group sees how many places are left, never who
// was chosen, who comes or who stayed away. Someone who has answered is reminded only if they
// have asked for it. No-shows are a number by which more or fewer are invited, never a mark on
// a person.
//
// One person's part (invited, comes, waits) is an entry under their id, see the tags. The
// package must tell nobody's name to anybody but the people who run the activity.
package activity

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// Dialogues are the plays of this flow, which are its tests and examples: files of
// dialogues/*.txt, see package dialogue.
//
//go:embed dialogues
var Dialogues embed.FS

// Name is the flow's name.
const Name = flows.ActivityFlow

// New gives the flow.
func New() (flows.Flow, error) { return flows.Define(Name, words, rules, hear) }

// Stages.
const (
	Offered = "offered" // somebody who may not send it would do it: staff say yes or no
	Draft   = "draft"   // its organiser looks at it
	Open    = "open"    // people are invited and answer
	Held    = "held"    // it has begun
	After   = "after"   // it is over; two questions are asked, hours are confirmed
	Closed  = "closed"
	Off     = "off"  // called off after it was sent
	Gone    = "gone" // never sent: nothing of it is kept
)

// Tags of the entries. Who was invited and has not answered is under a tag of their batch,
// see [askTag].
const (
	TagYes  = "yes"  // comes
	TagRing = "ring" // comes, and wants to be reminded the day before
	TagWait = "wait" // in the row of those who wait for a place
	TagHold = "hold" // a place that became free is kept for them for some time
	TagNo   = "no"
	TagHere = "here" // was there
	TagSeen = "seen" // has pressed something else, or tried a code
)

// askTag is the tag of who was invited in a batch with a wording: "ask-2-young-b". Its
// parts are how the same words reach all of a kind with one Say.
func askTag(batch int, audience, arm string) string {
	return fmt.Sprintf("ask-%d-%s-%s", batch, audience, arm)
}

// asked says that a tag is one of those who were invited and have not answered.
func asked(tag string) bool { return strings.HasPrefix(tag, "ask-") }

// seated says that a tag takes places.
func seated(tag string) bool {
	return tag == TagYes || tag == TagRing || tag == TagHold || tag == TagHere
}

// State is what the flow keeps. Who comes is in the entries.
type State struct {
	Stage     string           `json:"stage"`
	By        flows.PersonID   `json:"by,omitempty"`        // who has offered it
	Name      string           `json:"name,omitempty"`      // of who has offered it, for staff
	Organiser flows.PersonID   `json:"organiser,omitempty"` // who answers for it, of the committee
	Runner    flows.PersonID   `json:"runner,omitempty"`    // who does it with the people
	Title     string           `json:"title"`
	Interest  string           `json:"interest,omitempty"`
	Dish      string           `json:"dish,omitempty"` // of the menu
	Wished    int              `json:"wished,omitempty"`
	Rate      int              `json:"rate,omitempty"`  // of a hundred invited so many came, as the menu has learnt; 0: nothing yet
	Shown     int              `json:"shown,omitempty"` // of a hundred who had said yes so many came; 0: nothing yet
	At        time.Time        `json:"at,omitzero"`
	Minutes   int              `json:"minutes,omitempty"`
	Room      string           `json:"room,omitempty"`  // id in the directory
	Where     string           `json:"where,omitempty"` // in words, where it is no room
	Booked    bool             `json:"booked,omitempty"`
	Owner     bool             `json:"owner,omitempty"` // the room's owner was asked and has not answered
	Taken     string           `json:"taken,omitempty"` // why the room cannot be had
	Least     int              `json:"least,omitempty"`
	Most      int              `json:"most,omitempty"`
	Cost      string           `json:"cost,omitempty"`
	Scope     flows.Scope      `json:"scope,omitzero"`
	Ages      []flows.Age      `json:"ages,omitempty"`
	Children  bool             `json:"children,omitempty"` // it is for people with children
	Photos    bool             `json:"photos,omitempty"`   // pictures are taken, of who agrees
	Civic     bool             `json:"civic,omitempty"`
	Case      flows.ID         `json:"case,omitempty"`  // the demand or hearing it is about
	About     flows.About      `json:"about,omitzero"`  // what that one has said of itself
	Text      string           `json:"text,omitempty"`  // words of staff instead of the template
	Model     string           `json:"model,omitempty"` // a machine's words, which nobody has said yes to
	ByModel   bool             `json:"by_model,omitempty"`
	Compare   bool             `json:"compare,omitempty"` // both wordings are sent, half and half
	Allowed   flows.PersonID   `json:"allowed,omitempty"` // who has let it pass the limits of a week
	Sent      time.Time        `json:"sent,omitzero"`
	Batch     int              `json:"batch,omitempty"`
	Seats     int              `json:"seats,omitempty"`
	Lines     int              `json:"lines,omitempty"`  // places that who stands in the lists of the groups takes
	Lists     flows.GroupLists `json:"lists,omitempty"`  // those lists as they were last seen, nobody's words
	Unsure    *Unsure          `json:"unsure,omitempty"` // one of which nobody has said yet that it is of this activity
	Few       bool             `json:"few,omitempty"`    // its organiser was told that there are too few
	Code      string           `json:"code,omitempty"`   // hangs at the door
	Came      int              `json:"came,omitempty"`   // people
	Walked    int              `json:"walked,omitempty"`
	Sums      map[string]Sum   `json:"sums,omitempty"` // by [sumKey]
	Liked     [3]int           `json:"liked,omitzero"` // good, fair, bad
	Again     [2]int           `json:"again,omitzero"` // would come again, would not
	Hours     bool             `json:"hours,omitempty"`
	Moves     int              `json:"moves,omitempty"` // how often it was moved
	Later     time.Time        `json:"later,omitzero"`  // the time to which it is moved if the room can be had
	Why       string           `json:"why,omitempty"`   // it was moved or called off
	Shows     time.Time        `json:"shows,omitzero"`  // when the group last saw how many places are left
	Stale     bool             `json:"stale,omitempty"`
}

// Unsure is a list that is called like this activity and does not bear its number: what is needed
// to count it if who has sent it says that it is, for an hour.
type Unsure struct {
	By    flows.PersonID `json:"by"`
	At    time.Time      `json:"at"`
	Paste flows.Paste    `json:"paste"`
}

// Sum counts those whom one wording was sent to of one age band.
type Sum struct {
	Sent int `json:"sent,omitempty"`
	Yes  int `json:"yes,omitempty"`
	Came int `json:"came,omitempty"`
}

// sumKey is the key of a sum: "young/b".
func sumKey(age flows.Age, arm string) string { return string(age) + "/" + arm }

// Part is the data of an entry: one person's part.
type Part struct {
	Seats    int       `json:"seats,omitempty"` // places they take, children among them
	Kids     int       `json:"kids,omitempty"`
	Age      flows.Age `json:"age,omitempty"`
	Arm      string    `json:"arm,omitempty"` // wording; empty: was not invited
	Why      flows.Why `json:"why,omitempty"`
	Interest string    `json:"interest,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Until    time.Time `json:"until,omitzero"` // TagHold: how long
	Help     bool      `json:"help,omitempty"` // lends a hand
	Photo    bool      `json:"photo,omitempty"`
	Tries    int       `json:"tries,omitempty"`
	Rang     bool      `json:"rang,omitempty"`
	Said     string    `json:"said,omitempty"` // what they have answered to the first question
	Again    string    `json:"again,omitempty"`
}

// Read gives the state of an activity.
func Read(c flows.Case) (s State, err error) {
	if c.Flow != Name {
		return s, fmt.Errorf("activity: case %s is of the flow %q", c.ID, c.Flow)
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		return s, fmt.Errorf("activity: case %s: %w", c.ID, err)
	}
	return s, nil
}

// Matter is the key under which open activities are found.
const Matter = flows.ActivityMatter

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{Stage: s.Stage, Done: s.Stage == Closed || s.Stage == Off, Forget: s.Stage == Gone, Title: s.Title,
		Numbered: !s.Sent.IsZero(), Holder: s.Organiser, Place: flows.Place{Building: s.Scope.Building}}
	if s.Stage == Open || s.Stage == Held {
		sum.Due, sum.Matter = s.At, []string{Matter}
	}
	return sum
}

// End is when it is over.
func (s State) End() time.Time { return s.At.Add(time.Duration(s.Minutes) * time.Minute) }

// Left is how many places are left.
func (s State) Left() int { return max(0, s.Most-s.Seats-s.Lines) }

// Total adds up the sums that a test lets through.
func (s State) Total(of func(age, arm string) bool) (t Sum) {
	for k, x := range s.Sums {
		if age, arm, _ := strings.Cut(k, "/"); of(age, arm) {
			t.Sent, t.Yes, t.Came = t.Sent+x.Sent, t.Yes+x.Yes, t.Came+x.Came
		}
	}
	return t
}

// Lack is something that is missing before it can be sent.
type Lack string

// What may be missing.
const (
	NoTitle Lack = "title"
	NoTime  Lack = "time"
	TooSoon Lack = "soon"
	NoPlace Lack = "place"
	NoRoom  Lack = "room"  // it cannot be had then
	Waiting Lack = "owner" // its owner has not said yes
	NoSize  Lack = "size"
	TooMany Lack = "many"
	TooFew  Lack = "least" // more are needed than can come
	Small   Lack = "small" // the room seats fewer
	NoWhom  Lack = "whom"
)

// Lacks gives what is missing at a time.
func (s State) Lacks(set *flows.Settings, now time.Time) (out []Lack) {
	add := func(when bool, l Lack) {
		if when {
			out = append(out, l)
		}
	}
	r, room := set.Room(s.Room)
	add(s.Title == "", NoTitle)
	add(s.At.IsZero(), NoTime)
	add(!s.At.IsZero() && s.At.Before(now.Add(set.Activities.Cancel+time.Hour)), TooSoon)
	add(s.Room == "" && s.Where == "", NoPlace)
	add(s.Room != "" && !s.At.IsZero() && !s.Booked, NoRoom)
	add(s.Booked && s.Owner, Waiting)
	add(s.Most == 0, NoSize)
	add(s.Most > set.Activities.Most, TooMany)
	add(s.Least > s.Most && s.Most > 0, TooFew)
	add(room && r.Seats > 0 && s.Most > r.Seats, Small)
	add(s.Scope.Zero(), NoWhom)
	return out
}

// Place is where it is, as people call it.
func (s State) Place(set *flows.Settings) string {
	r, ok := set.Room(s.Room)
	switch {
	case s.Room == "":
		return s.Where
	case !ok:
		return s.Room
	case r.Other != "":
		return r.Name + "（" + r.Other + "）"
	}
	return r.Name
}
