// Package flows is the vocabulary of Linli: what happens in a community, as
// values. A case (one piece of work) moves by rules, and rules are pure:
//
//	rules(id, state, event) → (state, effects)
//
// There is no clock here, no storage, no network and no randomness: time is
// Event.At, and everything else that rules need to know (who speaks, what was
// read out of the words, which open cases may be the same matter, the
// settings of the community) comes inside the event. What rules want done in
// the world comes back as effects, which the engine (package bot) keeps as rows
// in the same transaction and carries out afterwards.
//
// Flows imports no other package of this module, and nothing in it may block.
package flows

import (
	"encoding/json"
	"time"
)

type (
	// ID names a case inside its community. It is short, because buttons
	// carry it, and it is never shown: people hear the number ([Case].No).
	ID string
	// PersonID names a person inside a community: the id of the directory
	// for people with a post, "r" and a number for residents.
	PersonID string
	// ChatID names a chat by an id of ours, because platforms change theirs.
	ChatID string
)

// Case is one piece of work (件): a demand, a dispatch, later a hearing, a
// poll, an activity. Data is the flow's own state as JSON.
type Case struct {
	ID     ID              `json:"id"`
	Flow   string          `json:"flow"`
	Parent ID              `json:"parent,omitempty"` // the case that opened this one
	No     int             `json:"no,omitempty"`     // the number people say on the phone, 0 until filed; a child has its parent's
	Opened time.Time       `json:"opened"`
	Ended  time.Time       `json:"ended,omitzero"` // when it was done; zero also for what was done under the first version
	Bare   bool            `json:"bare,omitempty"` // its time is over: the words and the people in it are gone
	Data   json.RawMessage `json:"data,omitempty"`
	Summary
}

// Summary is what the engine must know of a state without understanding it.
type Summary struct {
	Stage    string   `json:"stage"`
	Done     bool     `json:"done,omitempty"`     // closed: stays closed, is found no more as the same matter
	Forget   bool     `json:"forget,omitempty"`   // never became a record: the engine deletes it with all it held
	Numbered bool     `json:"numbered,omitempty"` // has become a record: gets its number if it has none
	Matter   []string `json:"matter,omitempty"`   // keys under which an open case is found as the same matter, see [MatterKey]
	Place    Place    `json:"place,omitzero"`
	Item     string   `json:"item,omitempty"`
	Holder   PersonID `json:"holder,omitempty"` // whose turn it is, for lists
	Due      Time     `json:"due,omitzero"`     // when the next promise runs out, for lists
	Danger   Danger   `json:"danger,omitempty"` // of an emergency: nobody in it is erased before it is over, and it is kept by a time of its own
	Title    string   `json:"title,omitempty"`  // what lists call it, where it is about no item; no resident's words
}

// Time is time.Time; the alias keeps omitzero fields short.
type Time = time.Time

// State is what a flow keeps of a case between two events.
type State interface{ Summary() Summary }

// Event is something that happened to a case. It carries everything its rules
// may know.
type Event struct {
	ID       string    // unique; the journal keeps it
	At       time.Time // when it happened, in the community's zone
	By       Actor     // who did it; zero for the house itself (a wake-up, another case)
	What     What
	Case     CaseRef          // the case the event is for; zero in Hear
	Reading  Reading          // what the reader made of the words, if there are words
	Chat     Chat             // where it was said or pressed; zero if nowhere
	Entry    *Entry           // the actor's own entry of this case; with Erased that of the person
	Entries  map[string]Entry // those that the state has asked for with this event, see [Keeper]
	Begun    int              // how many cases of this flow the actor has begun in this calendar month, see [BegunKey]
	Seed     string           // of the case: 32 hex digits that nobody outside can foresee, the same in all its events
	Similar  []Similar
	Beside   []Similar // what else of this flow is open in which the actor has a part, where the state asks for it, see [Sharer]
	Settings *Settings
	Counts   map[string]int // number of entries of this case by tag, as of before this event
}

// CaseRef is what rules may know of the row their state lives in.
type CaseRef struct {
	ID     ID
	No     int
	Parent ID
}

// Actor is the person behind an event.
type Actor struct {
	Person    PersonID `json:"person,omitempty"`
	Name      string   `json:"name,omitempty"`
	Posts     []Post   `json:"posts,omitempty"` // the posts held now, from the directory
	Consent   bool     `json:"consent,omitempty"`
	Proven    bool     `json:"proven,omitempty"`    // Home was made sure of by a code that was brought to it
	Reachable bool     `json:"reachable,omitempty"` // has an address of their own to which we may write
	Home      Place    `json:"home,omitzero"`
	Profile   Profile  `json:"profile,omitzero"` // what they have said of themself, see [Profile]
}

// Holds says whether the actor has any of the roles.
func (a Actor) Holds(roles ...Role) bool {
	for _, p := range a.Posts {
		for _, r := range roles {
			if p.Role == r {
				return true
			}
		}
	}
	return false
}

// What is the kind of an event with its content: one of the types below.
type What interface{ what() string }

type (
	// Opened is the first event of a case. Parent is empty for a case heard
	// in a chat; then Said holds the words.
	Opened struct {
		Parent ID              `json:"parent,omitempty"`
		Key    string          `json:"key,omitempty"` // under which it is to be found, see [Tell]
		Data   json.RawMessage `json:"data,omitempty"`
		Said   *Said           `json:"said,omitempty"`
	}
	// Said is a message for this case. Tag is the expectation it answers
	// (Say.Expect), empty for one that belongs here for another reason.
	Said struct {
		Message Message `json:"message"`
		Tag     string  `json:"tag,omitempty"`
		Edited  bool    `json:"edited,omitempty"` // a new wording of a message heard before
		Direct  bool    `json:"direct,omitempty"` // written to Linli itself, not in a group
		Recent  ID      `json:"recent,omitempty"` // the case this speaker opened here a moment ago, or whose message is replied to
		Older   bool    `json:"older,omitempty"`  // with Recent: because of a reply or an edit, not because of the time
		Here    ID      `json:"here,omitempty"`   // the case last filed in this chat, a moment ago
	}
	// Chose is a button pressed. Choice is the button's, Value what it adds. Of a
	// Choice that ends in "!" (a vote) the journal keeps no Value.
	Chose struct {
		Choice string `json:"choice"`
		Value  string `json:"value,omitempty"`
	}
	// Woke is a wake-up that is due. None is ever cancelled: rules look at
	// the stage.
	Woke struct {
		Name string    `json:"name"`
		Due  time.Time `json:"due"`
	}
	// Answered brings the result of an Ask or a Next; of a Next with the cursor
	// behind the last entry, "" at the end.
	Answered struct {
		Name   string          `json:"name"`
		Data   json.RawMessage `json:"data,omitempty"`
		After  string          `json:"after,omitempty"`
		Failed string          `json:"failed,omitempty"`
	}
	// Told is a word from another case, or from Hear. If a person caused it in
	// the same step, Event.By, Chat and Reading are still theirs. One named
	// [HomeChanged] is from the engine: By lives elsewhere than before, or it was made sure of.
	// So is one named [Joined].
	Told struct {
		From ID              `json:"from,omitempty"`
		Name string          `json:"name"`
		Data json.RawMessage `json:"data,omitempty"`
		Said *Said           `json:"said,omitempty"`
	}
	// Delivered says how a Say ended. Confirmed comes only where the Say asked
	// for a receipt; the other outcomes come always.
	Delivered struct {
		Mark    string   `json:"mark,omitempty"` // Say.Receipt, or its slot, or its words
		To      PersonID `json:"to,omitempty"`
		Outcome Outcome  `json:"outcome"`
	}
	// Missed says that a Say selected nobody: the post is vacant, or nobody
	// who holds it has an address.
	Missed struct {
		Mark string `json:"mark"`
	}
	// Erased asks a case to let go of a person: their words, photos, name, exact
	// place, and their id. Person "" means everybody who is no official, because the
	// time for which such a case keeps people is over. The rules take it out of the
	// state. Where words, photos or a place went with it, the engine brings the same
	// event to the children of the case, which were opened with them; it also takes
	// care of entries, journal, rows and files. After it the state must hold nothing
	// of the person, but that somebody with a post did the work.
	Erased struct {
		Person PersonID `json:"person,omitempty"`
	}
)

func (Opened) what() string    { return "opened" }
func (Said) what() string      { return "said" }
func (Chose) what() string     { return "chose" }
func (Woke) what() string      { return "woke" }
func (Answered) what() string  { return "answered" }
func (Told) what() string      { return "told" }
func (Delivered) what() string { return "delivered" }
func (Missed) what() string    { return "missed" }
func (Erased) what() string    { return "erased" }

// HomeChanged is what an open case is told in which a person has an entry, when
// their home has changed or was made sure of; By is as they are now.
const HomeChanged = "home"

// Joined is what an open case is told whose entries are not only those of persons (see
// [Keeper]), when another account has become one of By's: Data is the [Entry] that was
// under its old id. The rules put it, and what belongs to it, under that of By, or leave
// it where it is: the engine still finds it there to erase it.
const Joined = "joined"

// BegunKey is the key of the entry by which a case says who began it: entries of
// that key whose Order lies in a month (Unix seconds) are what Event.Begun counts.
func BegunKey(p PersonID) string { return "by/" + string(p) }

// Kind names the kind of an event, for the journal.
func Kind(w What) string {
	if w == nil {
		return ""
	}
	return w.what()
}

// Outcome is how a message to one address ended.
type Outcome string

const (
	Confirmed Outcome = "confirmed" // the platform took it
	Refused   Outcome = "refused"   // it will never take it, or the person left
	Expired   Outcome = "expired"   // its time ran out before it could leave
	Capped    Outcome = "capped"    // a limit of messages for this person stood against it
)

// Message is what somebody said, as far as rules see it.
type Message struct {
	Ref       string  `json:"ref,omitempty"` // the platform's own id of it inside its chat
	Text      string  `json:"text,omitempty"`
	Media     []Media `json:"media,omitempty"`
	Point     *Point  `json:"point,omitempty"`
	ReplyTo   string  `json:"reply_to,omitempty"`
	Forwarded bool    `json:"forwarded,omitempty"` // somebody else's words: never the forwarder's own report
	Album     string  `json:"album,omitempty"`     // the platform's name of the photos that were sent together
}

// Media is a photo or a voice note. Remote is the platform's name of it, Hash
// the SHA-256 under which it lies in data/media once it has been fetched.
type Media struct {
	Kind    string `json:"kind"` // "photo" or "voice"; "video" and "other" cannot be read here
	Remote  string `json:"remote,omitempty"`
	Channel string `json:"channel,omitempty"` // the channel that can fetch Remote
	Hash    string `json:"hash,omitempty"`
	Seconds int    `json:"seconds,omitempty"` // length of a voice note
}

// Point is a location in degrees (WGS 84).
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Chat is a place where people talk: a group, or the private conversation of
// one person with Linli.
type Chat struct {
	ID         ChatID    `json:"id"`
	Address    string    `json:"address"` // channel:rest
	Group      bool      `json:"group,omitempty"`
	Directory  string    `json:"directory,omitempty"` // id of the group in the directory, empty while nobody bound it
	Title      string    `json:"title,omitempty"`
	Scope      Scope     `json:"scope,omitzero"` // whom the group is for
	Lang       string    `json:"lang,omitempty"`
	Introduced time.Time `json:"introduced,omitzero"`
	Left       bool      `json:"left,omitempty"` // Linli is no longer in it
	Deaf       bool      `json:"deaf,omitempty"` // Linli hears only what is addressed to it: no admin, and the platform keeps the rest from it
}

// Entry is one person's part in a case: a follower, later a vote or a sign-up.
// It is not in the case's state, so that the ten-thousandth costs what the
// first did.
type Entry struct {
	Key   string          `json:"key"` // a PersonID where To.Entries is to reach the person
	Tag   string          `json:"tag"`
	Order int64           `json:"order,omitempty"`
	Data  json.RawMessage `json:"data,omitempty"`
}

// Similar is an open case that may be the same matter as what was just read.
type Similar struct {
	Case  CaseRef
	Flow  string
	Stage string
	Item  string
	Place Place
	Exact bool   // same item, same place; otherwise one of the two places is less exact
	Mine  bool   // the actor has an entry of it already
	Tag   string // the tag of that entry
	Title string // what lists call it
	Due   Time   // only of Event.Beside
	Why   Link
}

// Link says how a case came to be among the similar ones.
type Link string

const (
	ByMatter Link = "matter" // same item and place, see Settings.MatterKey
	ByDanger Link = "danger" // same danger in the same building
	ByNumber Link = "number" // its number was named
	ByRecent Link = "recent" // it is Said.Recent
	ByHere   Link = "here"   // it is Said.Here
	ByHeld   Link = "held"   // a meeting that is held in this group just now, see [HeldIn]
)

// Reading is what the reader made of a message. It proposes; rules decide.
type Reading struct {
	Demand float64      `json:"demand,omitempty"` // calibrated probability that somebody wants something done, 0 to 1
	Item   string       `json:"item,omitempty"`   // id in the duty list
	Place  Place        `json:"place,omitzero"`
	Urgent bool         `json:"urgent,omitempty"` // more than an ordinary case (water running, an elder cut off), short of danger
	Danger Danger       `json:"danger,omitempty"`
	About  Role         `json:"about,omitempty"`  // whom it complains about: leader, property, captain, staff …
	Number int          `json:"number,omitempty"` // a case number named in it, "0412"
	Status bool         `json:"status,omitempty"` // asks how a case stands, "0412怎么样了"
	Also   bool         `json:"also,omitempty"`   // "我也是", "我家也这样"
	Behalf bool         `json:"behalf,omitempty"` // "代报", "替楼上张奶奶问"
	Notice bool         `json:"notice,omitempty"` // announces an outage that is known, "明天9点到18点停水"
	Until  Time         `json:"until,omitzero"`   // the end of what Notice announces
	More   bool         `json:"more,omitempty"`   // by itself no demand, but adds to one: a place, a floor, a correction
	Why    string       `json:"why,omitempty"`    // the words that decided, for staff; never logged
	Poll   *PollLine    `json:"poll,omitempty"`   // asks many a question, "要不要…？要/不要，周五晚八点截止"
	Chain  *Chain       `json:"chain,omitempty"`  // a list to which people add themselves (接龙)
	Slip   *Slip        `json:"slip,omitempty"`   // a vote on paper or by telephone that somebody puts in, "0012 3-1-501 要 纸质"
	Topic  *TopicLine   `json:"topic,omitempty"`  // a topic for a hearing, "议题：3号楼前装不装充电桩"
	Wish   *WishLine    `json:"wish,omitempty"`   // of what is written to Linli itself: something there should be, "想学吉他"
	Visit  *VisitLine   `json:"visit,omitempty"`  // of the same: visits, and the week's list of who makes them
	Offer  *OfferLine   `json:"offer,omitempty"`  // of the same: an activity, "活动：学吉他，周四19:30，12人"
	Plan   *Appointment `json:"plan,omitempty"`   // of what is written to Linli itself: which times, rooms and people with a post it names; nil: none
}

// Danger is a kind of emergency (危险). It is found by a word list with
// exceptions, never by a model.
type Danger string

const (
	Gas      Danger = "gas"
	Fire     Danger = "fire"
	Lift     Danger = "lift"     // somebody is trapped
	Suicide  Danger = "suicide"  // somebody wants to die
	Violence Danger = "violence" // domestic violence, abuse, a fight
	Medical  Danger = "medical"
	Collapse Danger = "collapse" // something falls or has fallen, a live wire, a broken main
	Lost     Danger = "lost"     // a child or an elder is missing
	Unknown  Danger = "unknown"  // a rule failed on a text that may be one of these
)

// Discreet says that a danger must leave no trace in any group: no echo, no
// followers, a neutral text on the lock screen, a named handler only.
func (d Danger) Discreet() bool { return d == Suicide || d == Violence }
