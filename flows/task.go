package flows

import "time"

// What a case that needs work done (a demand, later the decision of a hearing)
// and the dispatch that gets it done say to each other.

// Task is what a dispatch is opened with.
type Task struct {
	Item    string     `json:"item,omitempty"`
	Place   Place      `json:"place,omitzero"`
	Text    string     `json:"text"`
	Media   []Media    `json:"media,omitempty"`
	People  int        `json:"people"` // how many have said it
	Urgent  bool       `json:"urgent,omitempty"`
	Danger  Danger     `json:"danger,omitempty"`
	About   Role       `json:"about,omitempty"`   // whom it complains about
	Except  []PersonID `json:"except,omitempty"`  // who had it before
	Second  bool       `json:"second,omitempty"`  // a second look: by the committee
	Why     string     `json:"why,omitempty"`     // of a second look: "returned", "bad", "talk" (no hearing takes it)
	To      PersonID   `json:"to,omitempty"`      // who is to do it, before anybody of the ladder
	Due     time.Time  `json:"due,omitzero"`      // by when it was promised; zero: by the item's limit
	Decided bool       `json:"decided,omitempty"` // by a hearing, whose number it bears
	// Promised, besides Decided, says that it was promised on a visit and by no hearing.
	Promised bool `json:"promised,omitempty"`
	// Declined are the partners that were asked about it in vain, see [Referral]; Kept says
	// that the resident does not want it passed on to any.
	Declined []string `json:"declined,omitempty"`
	Kept     bool     `json:"kept,omitempty"`
}

// TaskUpdate is what the dispatch is told later: "people", "more", "answer",
// "unasked", "moved", "withdrawn", "closed" (of work that goes on: it comes before a hearing).
type TaskUpdate struct {
	Place  Place    `json:"place,omitzero"`
	Text   string   `json:"text,omitempty"`
	Media  []Media  `json:"media,omitempty"`
	People int      `json:"people,omitempty"`
	By     PersonID `json:"by,omitempty"`
}

// TaskNews is what the dispatch tells: "sent", "accepted", "unanswered",
// "nobody", "placed", "question", "extended", "waiting", "returned", "done",
// "false", "discuss" (who has it would put it before a hearing, Text says why), "silent"
// (Role was asked or waited for and has not answered, the Turn-th time of this work).
// "nobody": everybody was asked, and nobody has taken it.
type TaskNews struct {
	Who    PersonID  `json:"who,omitempty"`
	Turn   int       `json:"turn,omitempty"` // of "unanswered": grows with every person asked
	Due    time.Time `json:"due,omitzero"`
	Text   string    `json:"text,omitempty"`
	Reason string    `json:"reason,omitempty"` // key of the reason for more time
	Role   Role      `json:"role,omitempty"`   // who is waited for
	Clause string    `json:"clause,omitempty"` // of the duty list
	Media  []Media   `json:"media,omitempty"`
}
