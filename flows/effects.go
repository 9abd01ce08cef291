package flows

import (
	"encoding/json"
	"fmt"
	"time"
)

// Effect is something rules want done: one of Say, Put, Next, Wake, Ask, Open,
// Tell, Seal, Remember, Find. Put, Next, Open, Tell, Seal, Remember and Find happen in the transaction
// of the step; Say, Wake and Ask are rows of the outbox.
type Effect interface{ effect() string }

// Class says how much a message may disturb. The engine's policy (quiet hours,
// lanes, caps) goes by it.
type Class string

const (
	Emergency  Class = "emergency"  // at any hour, before everything else
	Personal   Class = "personal"   // about the reader's own case: waits for the morning
	Work       Class = "work"       // about the reader's work: waits for working hours
	Notice     Class = "notice"     // to a group or to many: waits for the morning
	Invitation Class = "invitation" // capped per person and week, at most once
)

type (
	// Say tells something to people. Words is a key of the flow's words; the
	// text is rendered in each reader's language when the row leaves, its data
	// frozen at the step.
	Say struct {
		To      To       `json:"to"`
		Class   Class    `json:"class"`
		Words   string   `json:"words"`
		Vars    Vars     `json:"vars,omitempty"`
		Buttons []Button `json:"buttons,omitempty"`
		Media   []Media  `json:"media,omitempty"`
		// Slot names a message of this case in one chat: a later Say with the
		// same slot edits it, or posts anew where the platform cannot.
		Slot string `json:"slot,omitempty"`
		// Reply says that this answers what the reader has just done; it may
		// leave at any hour (silently at night).
		Reply bool `json:"reply,omitempty"`
		// Toast is a brief notice shown with the button that was pressed. It is
		// only for the actor of the event and is not kept.
		Toast bool `json:"toast,omitempty"`
		// Quote is the reference of the message in a group that this answers.
		Quote string `json:"quote,omitempty"`
		// Near is the reference of a message in a group in whose topic this belongs.
		// Unlike Quote it does not show whom it answers.
		Near string `json:"near,omitempty"`
		// React puts a sign ("heard", "done") on the message Quote instead of
		// saying something; Words is empty then. Where a platform has no such signs,
		// nothing happens.
		React string `json:"react,omitempty"`
		// Digest lets a line to a group share a message with the lines of other
		// cases that come shortly after each other, because a group takes only so many.
		Digest bool `json:"digest,omitempty"`
		// Greet offers a reader who cannot be told in private, once and in the group
		// where they have just spoken (at Near), to begin a private conversation. It
		// must not be set where the group must not see that they spoke.
		Greet bool `json:"greet,omitempty"`
		// Expect says that the reader's next message belongs to this case,
		// under this tag, for as long as For says (an hour if zero).
		Expect string        `json:"expect,omitempty"`
		For    time.Duration `json:"for,omitempty"`
		// Bundle lets the engine put it together with other reminders of the
		// same reader, twice a day.
		Bundle bool `json:"bundle,omitempty"`
		// Neutral keeps the matter off a lock screen: the first message says
		// only that something came, and a tap shows it.
		Neutral bool `json:"neutral,omitempty"`
		// Receipt asks for Delivered{Confirmed} under this mark.
		Receipt string `json:"receipt,omitempty"`
		// Tidy only changes the message of the slot, to take away buttons that
		// say nothing any more: where there is none to change, nothing is said.
		Tidy bool `json:"tidy,omitempty"`
		// Along says that only its Media are to be shown: if a message of this case that
		// shows them all has still to leave for the same reader, nothing is said.
		Along bool `json:"along,omitempty"`
		// Allowed is who has allowed, by name, that an invitation passes the limits of a
		// person's week; empty: nobody has.
		Allowed PersonID `json:"allowed,omitempty"`
		// Unkept says that nothing of its text is kept once it has left: words of people stand
		// in it who have no part in the case.
		Unkept bool `json:"unkept,omitempty"`
		// Until is when it is too late to be said; zero for never.
		Until Time `json:"until,omitzero"`
		// Ballot is a question that platforms with polls of their own ask in that form,
		// instead of text and buttons. A later Say of the same slot without one ends it.
		Ballot *Ballot `json:"ballot,omitempty"`
		// Chart is shown as a picture with the text.
		Chart *Chart `json:"chart,omitempty"`
	}
	// Put writes an entry of this case, or deletes the one with its key.
	Put struct {
		Entry  Entry `json:"entry"`
		Delete bool  `json:"delete,omitempty"`
	}
	// Next asks for the first N entries of a tag by order, or for those after a
	// cursor; they come back at once as Answered{Name: "next:" + Tag, Data: []Entry} with
	// the cursor to go on with.
	Next struct {
		Tag   string `json:"tag"`
		N     int    `json:"n"`
		After string `json:"after,omitempty"`
	}
	// Wake asks for Woke{Name} at a time.
	Wake struct {
		At   time.Time `json:"at"`
		Name string    `json:"name"`
	}
	// Ask asks something outside (a language model, a fetch) by the name of
	// the answerer; the answer comes as Answered{Name}.
	Ask struct {
		Name string          `json:"name"`
		Data json.RawMessage `json:"data,omitempty"`
	}
	// Open opens a case of a flow as a child of this one; from Hear, a case
	// of its own.
	Open struct {
		Flow string          `json:"flow"`
		Data json.RawMessage `json:"data,omitempty"`
		Said *Said           `json:"said,omitempty"`
		// Apart makes it a case of its own, with a number of its own: no child of this one.
		Apart bool `json:"apart,omitempty"`
	}
	// Tell tells another case something. Case "" is the parent; with Key it is the open
	// case of Flow that is found under this key (Summary.Matter), and where there is none, a
	// new one that is opened with it, see [Opened].
	Tell struct {
		Case ID              `json:"case,omitempty"`
		Flow string          `json:"flow,omitempty"`
		Key  string          `json:"key,omitempty"`
		Name string          `json:"name"`
		Data json.RawMessage `json:"data,omitempty"`
		Said *Said           `json:"said,omitempty"`
	}
	// Seal has the journal keep a word with the record of this step: a sum by which
	// it can be shown later what was known then. Nobody's words, nobody's choice.
	Seal struct {
		Sum string `json:"sum"`
	}
	// Remember keeps what a person has said of themself: the tap that is the
	// consent, where they live, the language they read, what they would like.
	Remember struct {
		Person  PersonID `json:"person"`
		Consent *bool    `json:"consent,omitempty"`
		Home    *Place   `json:"home,omitempty"`
		Lang    string   `json:"lang,omitempty"`
		Profile *Profile `json:"profile,omitempty"` // instead of the one before, but for Served and Came
		// These are added to the profile, also by whom they do not speak of: at what they
		// were, and what they have done as a volunteer (with no minutes: have not).
		Came   string  `json:"came,omitempty"`
		Served *Served `json:"served,omitempty"`
		// Wishes are the ids of all dishes they wish for, as the menu has it, instead of
		// those in the profile: a dish that is merged with another, or comes true, is told by
		// the menu alone.
		Wishes *[]string `json:"wishes,omitempty"`
	}
	// Find asks whom to invite: of the residents who have agreed and can be written to,
	// those whom [Choose] takes and who have no entry in this case; they come back at once
	// as Answered{Name: "found", Data: []Found}, best first, at most N.
	Find struct {
		Who Invitees `json:"who"`
		N   int      `json:"n"` // at most 200
	}
)

func (Say) effect() string      { return "say" }
func (Put) effect() string      { return "put" }
func (Next) effect() string     { return "next" }
func (Wake) effect() string     { return "wake" }
func (Ask) effect() string      { return "ask" }
func (Open) effect() string     { return "open" }
func (Tell) effect() string     { return "tell" }
func (Seal) effect() string     { return "seal" }
func (Remember) effect() string { return "remember" }
func (Find) effect() string     { return "find" }

// To names readers symbolically; the engine looks them up. Exactly one of its
// parts is used; a zero To, or a role with a zero scope, selects nobody.
type To struct {
	Person  PersonID   `json:"person,omitempty"`
	Role    Role       `json:"role,omitempty"`
	Scope   Scope      `json:"scope,omitzero"`    // of the role
	Chat    ChatID     `json:"chat,omitempty"`    // the group itself
	Groups  Scope      `json:"groups,omitzero"`   // every group whose scope touches this one
	Group   string     `json:"group,omitempty"`   // the group with this id of the directory, on every platform it is on
	Nearest Scope      `json:"nearest,omitzero"`  // the groups that lie within this one; where there are none, the smallest that hold it
	Entries string     `json:"entries,omitempty"` // the people who have an entry of this tag
	All     bool       `json:"all,omitempty"`     // with Homes: nobody is passed over
	Homes   Scope      `json:"homes,omitzero"`    // the residents who have agreed and live here, but those whom the state passes over, see [Keeper]
	Except  []PersonID `json:"except,omitempty"`
}

// Zero says that it selects nobody.
func (t To) Zero() bool {
	return t.Person == "" && (t.Role == "" || t.Scope.Zero()) && t.Chat == "" && t.Groups.Zero() && t.Group == "" && t.Nearest.Zero() && t.Entries == "" && t.Homes.Zero()
}

// Button is one thing a reader can do. Choice comes back as Chose.Choice, what
// stands behind "=" in it as Chose.Value. Together with the case's id it must
// fit the 64 bytes that platforms allow.
type Button struct {
	Words  string `json:"words"`
	Vars   Vars   `json:"vars,omitempty"`
	Choice string `json:"choice"`
	Row    int    `json:"row,omitempty"` // buttons of the same row stand side by side
	// Link makes it lead somewhere instead of coming back: "private" to the private
	// conversation with Linli, about this case; "page" to the page of this case, in private
	// that of the reader. Choice is empty then. Where there is no such place, there is no button.
	Link string `json:"link,omitempty"`
	// Case is the case it speaks to, or about which it leads somewhere, where that is not the
	// one that says it. Its words say which case that is.
	Case ID `json:"case,omitempty"`
}

// ExpectNothing as Say.Expect says that the case waits for no words of the reader any more.
const ExpectNothing = "-"

// Tags of Say.Expect of which the engine knows what answers them: everything else is no
// answer and goes its own way.
const (
	ExpectLine = "line" // the line of a poll
	ExpectHome = "home" // where the reader lives: never a demand
)

// Ballot is a question with its options.
type Ballot struct {
	Words   string   `json:"words"`   // text of the question, filled from Say.Vars
	Options []string `json:"options"` // two or more
	Choice  string   `json:"choice"`  // comes back as Chose.Choice, with the letter of the option ("A") as Value, "" where a vote was taken back
}

// Chart is a picture of numbers: bars under Latin letters. What the letters stand
// for is said in the text.
type Chart struct {
	Bars []Bar `json:"bars"`
	Of   int   `json:"of,omitempty"` // what all bars together could be at most; 0: not known
}

// Bar is one of them.
type Bar struct {
	Label string `json:"label"` // "A"
	N     int    `json:"n"`
}

// Vars are the values that words are filled with.
type Vars map[string]Var

// Var is one value of a text, kept in a form that can be rendered in any
// language later: exactly one field is set.
type Var struct {
	S      string   `json:"s,omitempty"`
	N      *int     `json:"n,omitempty"`
	T      Time     `json:"t,omitzero"`
	Place  *Place   `json:"p,omitempty"`
	Item   string   `json:"i,omitempty"`
	Person PersonID `json:"w,omitempty"`
	Role   Role     `json:"r,omitempty"`
	Scope  *Scope   `json:"o,omitempty"`
	Share  *Share   `json:"h,omitempty"`
	Dates  []Time   `json:"d,omitempty"`
}

// Text, Num, At, Where, Item and Who make values for words.
func Text(s string) Var     { return Var{S: s} }
func Num(n int) Var         { return Var{N: &n} }
func At(t time.Time) Var    { return Var{T: t} }
func Where(p Place) Var     { return Var{Place: &p} }
func ItemVar(id string) Var { return Var{Item: id} }
func Who(p PersonID) Var    { return Var{Person: p} }
func Of(r Role) Var         { return Var{Role: r} }
func In(s Scope) Var        { return Var{Scope: &s} }
func PartOf(s Share) Var    { return Var{Share: &s} }
func Dates(t ...Time) Var   { return Var{Dates: t} }

type envelope struct {
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// MarshalEffect writes an effect with its kind.
func MarshalEffect(e Effect) ([]byte, error) { return seal(e.effect(), e) }

// MarshalWhat writes an event's content with its kind.
func MarshalWhat(w What) ([]byte, error) { return seal(w.what(), w) }

func seal(kind string, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return json.Marshal(envelope{kind, b})
}

// UnmarshalEffect reads what MarshalEffect wrote.
func UnmarshalEffect(b []byte) (Effect, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("effect: %w", err)
	}
	switch e.Kind {
	case "say":
		return open[Say](e)
	case "put":
		return open[Put](e)
	case "next":
		return open[Next](e)
	case "wake":
		return open[Wake](e)
	case "ask":
		return open[Ask](e)
	case "open":
		return open[Open](e)
	case "tell":
		return open[Tell](e)
	case "seal":
		return open[Seal](e)
	case "remember":
		return open[Remember](e)
	case "find":
		return open[Find](e)
	}
	return nil, fmt.Errorf("effect: unknown kind %q", e.Kind)
}

// UnmarshalWhat reads what MarshalWhat wrote.
func UnmarshalWhat(b []byte) (What, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	switch e.Kind {
	case "opened":
		return open[Opened](e)
	case "said":
		return open[Said](e)
	case "chose":
		return open[Chose](e)
	case "woke":
		return open[Woke](e)
	case "answered":
		return open[Answered](e)
	case "told":
		return open[Told](e)
	case "delivered":
		return open[Delivered](e)
	case "missed":
		return open[Missed](e)
	case "erased":
		return open[Erased](e)
	}
	return nil, fmt.Errorf("event: unknown kind %q", e.Kind)
}

func open[T any](e envelope) (T, error) {
	var v T
	if err := json.Unmarshal(e.Body, &v); err != nil {
		return v, fmt.Errorf("%s: %w", e.Kind, err)
	}
	return v, nil
}

// Data writes a value for Open, Tell or Ask. The values are the flow's own
// plain structs, so that it cannot fail.
func Data(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("flows.Data(%T): %v", v, err))
	}
	return b
}
