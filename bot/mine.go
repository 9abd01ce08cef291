package bot

import (
	"time"

	"linli/flows"
)

// What is held of a person, for themself (我的数据): in the chat and on their page
// the same thing is shown and the same things can be done.

// Mine is what is held of one person. It is for nobody's eyes but theirs.
type Mine struct {
	Person    flows.PersonID
	Name      string // as they call themselves
	Lang      string
	Home      flows.Place
	Consent   time.Time // zero: they have not agreed, or have withdrawn it
	Seen      time.Time
	Posts     []flows.Post // of the directory; these belong to the committee
	Addresses []string     // channels only ("telegram"), never the account itself
	Cases     []MyCase     // newest first
	Until     time.Time    // when they are forgotten if they are not heard again; zero: never
}

// MyCase is a case in which a person has a part.
type MyCase struct {
	ID     flows.ID
	No     int
	Part   string // tag of their entry: reporter, follower
	Stage  string
	Done   bool
	Item   string
	Place  flows.Place
	Opened time.Time
	Said   string    // their own words in it
	Media  int       // how many photos and voice notes of theirs
	Line   string    // how it stands, in their language
	Forget time.Time // when their words in it are deleted at the latest; zero: not yet known
}

// Correction is what a person may put right of what is held of them; nil leaves it.
type Correction struct {
	Name *string
	Lang *string
	Home *flows.Place
}
