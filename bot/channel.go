package bot

import (
	"context"
	"fmt"
	"time"

	"linli/flows"
)

// Channel is a way to people: Telegram, the web chat, later those of WeChat.
// What a channel hears it hands to [Bot.Receive], and acknowledges to its
// platform only after that has returned nil. A channel that serves webhooks is
// also an http.Handler; one that polls or keeps sockets has Run(ctx).
type Channel interface {
	// Name is the part of an address before the colon.
	Name() string
	Capabilities() Capabilities
	// Send delivers one message to the address (without the channel's name) and
	// gives the platform's reference of it, which names it inside the chat; behind
	// "@" it may carry where in the chat that is, and before that behind "!" the id
	// of the poll that it asks, by which votes come back. Errors are Busy, Closed, Gone or
	// Refused where the platform says so; any other error means that the outcome
	// is not known and the message may be sent again. No error text may carry a token
	// or the message.
	Send(ctx context.Context, address string, m Message) (ref string, err error)
}

// Fetcher is a channel that can get a photo or a voice note by its remote name.
type Fetcher interface {
	// Fetch reads at most limit bytes; a larger file is Refused.
	Fetch(ctx context.Context, remote string, limit int64) ([]byte, error)
}

// Capabilities is what a channel can do, as data.
type Capabilities struct {
	ReadsGroup  bool // hears what is said in a group without being mentioned
	PostsGroup  bool
	MentionOnly bool
	HumanTap    bool // a person must confirm each send
	WritesFirst bool // may write to a person who never wrote to it in private
	// PushWindow says how long after what a person did one may write to them at most; 0:
	// always. How long it is each time, and for how many messages, says Inbound.Window.
	PushWindow time.Duration
	Confirms   bool    // the platform says later that a message it took did not arrive, see Undelivered
	Edits      bool    // can change a message it has sent
	Buttons    int     // most buttons in a message; 0: none
	Handover   bool    // a person of the committee can take over a private conversation there
	Toastless  bool    // no brief notice can answer a press there
	DataBytes  int     // most bytes of Button.Data
	Text       int     // most units of a message's text
	Unit       Unit    // what Text counts
	PerSecond  float64 // messages in all; 0: no limit
	PerChat    float64 // messages a second to one private chat
	PerGroup   float64 // messages a minute to one group
	Reacts     bool    // can put a sign on somebody's message
	Pins       bool    // can pin a message in a group
	Photos     bool    // can send photos
	Voices     bool    // can send voice notes
	Polls      bool    // groups there have polls of their own, with room for what is said at Poll
	// VoiceForms are the endings of the voice notes that it takes (".amr", ".mp3"), see
	// [Extension]; empty: every one.
	VoiceForms []string
}

// Unit is how a platform counts the length of a text.
type Unit int

const (
	Runes Unit = iota
	UTF16
	Bytes
)

// Len counts a text as the platform does.
func (u Unit) Len(s string) int {
	switch u {
	case Bytes:
		return len(s)
	case UTF16:
		n := 0
		for _, r := range s {
			if r >= 0x10000 {
				n++
			}
			n++
		}
		return n
	}
	n := 0
	for range s {
		n++
	}
	return n
}

// Message is what a channel delivers: one text that fits its limits.
type Message struct {
	Key     string // the same for every attempt at this send: for platforms with idempotency keys
	Text    string
	Buttons [][]Button
	Photos  []Photo
	Voices  []Photo // voice notes, in the form in which they came
	Edit    string  // reference of the message to change instead of sending a new one
	Quote   string  // reference of the message this answers
	Near    string  // reference of a message in whose topic this belongs, without answering it
	React   string  // a sign to put on the message Quote, instead of sending something
	Pin     bool    // keep it at the top of the group, where that is possible
	Silent  bool    // without a sound
	Neutral bool    // keep Text off the lock screen
	Poll    *Poll   // asked in the platform's own form, instead of Text; no button of it brings anything back
	// StopPoll ends the poll of the message Edit; its buttons are then Buttons, and
	// nothing else of it changes. One that has ended already, or is gone, has ended.
	StopPoll bool
}

// Poll is a question with 2 to PollOptions options, of which everybody may choose
// one, change it and take it back, and everybody sees who has chosen what. What they
// do comes back as [Picked].
type Poll struct {
	Question string
	Options  []string
}

// What a poll of a channel has room for, in characters.
const (
	PollQuestion = 300
	PollOption   = 100
	PollOptions  = 12
)

// Button is a button as a channel shows it. One with a URL opens it and brings
// nothing back.
type Button struct{ Label, Data, URL string }

// The signs of Message.React.
const (
	SignHeard = "heard" // filed
	SignDone  = "done"
)

// Outsider is a channel that can knock at the door of a person whose window is shut: by a
// form of a few fields that the platform has approved (模板消息, 订阅通知).
type Outsider interface {
	// Knock tells somebody of a message in the platform's own form, with the address of
	// a page where there is more. Errors are those of Send; Closed says that this person
	// cannot be knocked for.
	Knock(ctx context.Context, address string, f Form) (ref string, err error)
}

// Form is what a message says where only a few short fields have room. A channel cuts
// what is too long for a field.
type Form struct {
	Key  string    // the same for every attempt, see Message.Key
	No   string    // the number of the matter, "" where it has none
	What string    // what it is about, one line
	At   time.Time // when it happened
	URL  string    // where there is more; empty: nowhere
}

// Linker is a channel with links that begin a private conversation with Linli
// and bring a word along, as if the person had said "/start word". The word has 1
// to 64 letters, digits, "_" or "-". Empty while the channel cannot say.
type Linker interface{ Link(word string) string }

// Photo is a picture, or a voice note, to send along.
type Photo struct {
	Name    string
	Data    []byte
	Seconds int // length of a voice note, if known
}

// Inbound is one thing that a channel heard.
type Inbound struct {
	Channel string
	Keys    []string // names it may be delivered under again; any of them seen before means it was
	At      time.Time
	Kind    Kind
	Chat    Peer // where; for a private chat its Address is the person's
	From    Peer
	Message flows.Message
	Press   string // Button.Data of a press
	Poll    string // Picked: the platform's id of the poll, as it stood in the reference; Chat may be empty
	Picks   []int  // Picked: the options now chosen, from 0; none where a vote was taken back
	Title   string // of the chat, for a join
	To      string // Migrated: the new address
	Reads   bool   // Powers: Linli hears everything that is said in the group
	Admin   bool   // Powers: it is an admin there
	// Window is how long, and with how many messages, this lets Linli write to its speaker
	// at Chat; zero where it changes nothing, or the channel has no windows. A new window
	// takes the place of the old one of its kind; one of another kind stays beside it.
	Window Window
	// Scene says of Entered which code, or which link, has led the person here: what
	// [Bot.Scene] or the printer of the code wrote into it. Of Said it is where the form was
	// put up that brings the words: they are about that place, and nobody is greeted.
	Scene string
	// Agrees says of Said that the button by which it was sent files it: who sends it agrees
	// to be kept with it, and is not asked again. A channel sets it of a form that says so only.
	Agrees bool
	Ref    string // Undelivered: the reference that Send gave
	Loss   Loss   // Undelivered: why
	// As is who it is where the channel has made sure of that itself (the desk,
	// the pages); the address is then no account of theirs.
	As flows.PersonID
	// Answers is, of something said with As, the case and the tag that it answers ("12/say"),
	// as if the case had asked for it: a form of a page brings its words without a button
	// before. The case must take words under this tag (flows.Taker). Words about a danger
	// answer nothing, and are heard as such; without As, Answers means nothing.
	Answers string
}

// Kind is what happened.
type Kind string

const (
	Said     Kind = "said"
	Edited   Kind = "edited"
	Pressed  Kind = "pressed"
	Picked   Kind = "picked"   // somebody chose in a poll of the platform's own, see Poll and Picks
	Joined   Kind = "joined"   // Linli was added to the group
	Removed  Kind = "removed"  // or taken out of it, or blocked by the person
	Left     Kind = "left"     // a member left the group
	Came     Kind = "came"     // a member came into it
	Powers   Kind = "powers"   // what Linli may do in the group has changed, see Reads and Admin
	Migrated Kind = "migrated" // the group has a new address and is the same, see To
	Reacted  Kind = "reacted"  // somebody put a sign on a message, or took it off
	Entered  Kind = "entered"  // a person came to Linli's private conversation: by a code, a link, a menu; see Scene
	// Undelivered: a message that Send had handed over did not arrive, see Ref and Loss.
	Undelivered Kind = "undelivered"
	Ignored     Kind = "ignored" // known, of no use; only its keys are kept
)

// Window is a time in which so many messages may be sent to somebody. What opens it gives
// it its name: "said", "tapped".
type Window struct {
	Kind     string
	For      time.Duration
	Messages int // 0: as many as one likes
}

// Peer is a chat or a speaker as the platform names it.
type Peer struct {
	Address string // without the channel's name
	Name    string
	Group   bool // a chat of several
	Person  bool // a speaker who is a person: not a bot, a channel, an anonymous admin
	Lang    string
}

// Loss is why a message did not arrive that a platform had taken.
type Loss struct {
	Closed bool // the window was shut, see [Closed]; another way may be open
	Gone   bool // the address takes none any more, see [Gone]
	Why    string
}

// Answer is what Receive gives back.
type Answer struct {
	Toast  string   // the brief notice to show, of a press
	Opened flows.ID // the case that this opened, also where it is delivered again
	Kept   bool     // something followed from it; not kept is what says nothing to anybody here
	Says   int      // messages to the chat of the inbound that it led to and that may leave at once
}

// Busy says: not now, try after so long.
type Busy struct{ After time.Duration }

// Closed says that the channel's window for this person is shut; another way
// may be open.
type Closed struct{ Why string }

// Gone says that this address will never take a message again: blocked, left.
type Gone struct{ Why string }

// Refused says that the platform will never take this message.
type Refused struct{ Why string }

func (e Busy) Error() string    { return fmt.Sprintf("busy, try after %s", e.After) }
func (e Closed) Error() string  { return "window closed: " + e.Why }
func (e Gone) Error() string    { return "recipient gone: " + e.Why }
func (e Refused) Error() string { return "refused: " + e.Why }

// Halted says that the platform takes nothing of Linli until a person has put something
// right (an address that is not on its list, a right that is missing). Fix says what, in the
// language of the staff.
type Halted struct{ Why, Fix string }

func (e Halted) Error() string { return "channel halted: " + e.Why }

// Moved says that the chat has a new address; the message was not sent.
type Moved struct{ Address string }

func (e Moved) Error() string { return "chat moved" }
