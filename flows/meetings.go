package flows

import (
	"slices"
	"time"
)

// Meetings: what people say about them, the community's rules for them, and what cases
// and rooms say to each other about them.

// HeldIn is the key (Summary.Matter) under which a meeting is found that is held in a
// group just now: what is said there belongs to it ([ByHeld]). Group is the id of the
// group in the directory (Chat.Directory): one that is on two platforms is one group.
func HeldIn(group string) string { return "#held/" + group }

// TopicLine is a topic for a hearing in one line: "议题：3号楼前装不装充电桩". Text has no
// mark before it and none behind.
type TopicLine struct {
	Text string `json:"text,omitempty"`
	Open bool   `json:"open,omitempty"` // 吐槽大会: no topic, but a meeting to which everybody brings theirs
}

// Appointment is what words say about when, where and with whom: "下周六下午三点或周日晚上七点，
// 二楼邻里室，冯物业". Where nothing of the kind is in the words, there is none.
type Appointment struct {
	Times  []When     `json:"times,omitempty"`  // in the order of the words; one in the past is given as written
	Unread []string   `json:"unread,omitempty"` // words that stand for a time and could not be read as one
	Rooms  []string   `json:"rooms,omitempty"`  // ids
	People []PersonID `json:"people,omitempty"` // people with a post, by their name, or by the post where one person holds it
	Rest   string     `json:"rest,omitempty"`   // the words without all these
}

// When is a time that words name. Day says that they name only the day; then At is its
// midnight.
type When struct {
	At    time.Time `json:"at"`
	Day   bool      `json:"day,omitempty"`
	Words string    `json:"words"`
}

// Hearings are the community's rules for hearings (居民议事会、吐槽大会).
type Hearings struct {
	Review    WeekTime        // when the reviewers get their list
	Answer    Span            // from then until they must have answered
	Again     time.Duration   // a matter of government: it is asked after again so much later
	Followers int             // from so many people on Linli suggests to talk a matter over; 0: never
	Silences  int             // so many silences of the property company lead to a three-sided meeting; 0: never
	Ask       time.Duration   // how long people may say which time suits them
	Length    time.Duration   // of a meeting, where nobody says otherwise
	Clear     Term            // N clear days between the notice and the day of the meeting
	Publish   Term            // the minutes are out N working days after the meeting
	Dissent   Term            // who disagreed has an answer N working days later
	Reserved  int             // of a hundred seats so many are kept for tenants, elders and people with disabilities
	Release   time.Duration   // before the beginning: those not taken are free for everybody
	Remind    []time.Duration // before the beginning, those who come are reminded; the first of these also those who have not answered
	Rate      int             // days in which people may judge what was done with the decisions
	Agree     Share           // of the hands that were counted; by it a point is called agreed; zero: the chair says what came of it
	AgreeBy   string          // where that comes from
}

// Term is a number that a rule of hearings sets, where it comes from, and who may waive
// it. Without a source it does not hold, whatever N is.
type Term struct {
	N      int
	Source string
	Waive  []Role
}

// Days gives N where there is a source for it, else 0.
func (t Term) Days() int {
	if t.Source == "" {
		return 0
	}
	return t.N
}

// WeekTime is a time of the week.
type WeekTime struct {
	Day time.Weekday
	At  Clock
}

// Next gives the first such time after t.
func (w WeekTime) Next(t time.Time) time.Time {
	at := w.At.On(t.AddDate(0, 0, (int(w.Day)-int(t.Weekday())+7)%7))
	if !at.After(t) {
		at = w.At.On(at.AddDate(0, 0, 7))
	}
	return at
}

// Room gives a room of the directory.
func (s *Settings) Room(id string) (Room, bool) {
	i := slices.IndexFunc(s.Rooms, func(r Room) bool { return r.ID == id })
	if i < 0 {
		return Room{}, false
	}
	return s.Rooms[i], true
}

// Open says whether a room is open for the whole of a time. One without hours
// always is; a time over midnight is in none that has hours.
func (r Room) Open(from, to time.Time) bool {
	if len(r.Hours) == 0 || !to.After(from) {
		return to.After(from)
	}
	for at := from; at.Before(to); { // from one of its hours into the next
		i := slices.IndexFunc(r.Hours, func(h OpenHours) bool {
			day := len(h.Days) == 0 || slices.Contains(h.Days, from.Weekday())
			return day && !at.Before(h.From.On(from)) && at.Before(h.To.On(from))
		})
		if i < 0 {
			return false
		}
		at = r.Hours[i].To.On(from)
	}
	return true
}

// Reviewers gives who decides whether a topic comes before a hearing: the Party
// committee's reviewers, or the secretary where there are none. Nobody who supervises
// is among them, and nobody twice.
func (s *Settings) Reviewers() []PersonID {
	for _, r := range []Role{Reviewer, Secretary} {
		list := slices.DeleteFunc(s.With(r, Everywhere), func(p PersonID) bool {
			o, _ := s.Official(p)
			return Actor{Posts: o.Posts}.Holds(Supervisor) // wherever
		})
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// Topic is what a hearing is opened with by another case, which is its parent then.
type Topic struct {
	Text   string   `json:"text"` // what is to be talked over, in one line; no resident's words
	Item   string   `json:"item,omitempty"`
	Place  Place    `json:"place,omitzero"`
	People int      `json:"people,omitempty"` // how many have asked about it
	Form   Form     `json:"form,omitempty"`
	Why    string   `json:"why,omitempty"`    // why it should be talked over: "followers", "returned", "nobody", "silent", "asked"
	By     PersonID `json:"by,omitempty"`     // who has said yes to it
	Author PersonID `json:"author,omitempty"` // whose words Text is, where it is somebody's
}

// Debatable says whether a matter may come before a hearing at all: no emergency, nothing
// that is one household's own, no complaint about a person of the community. About is whom it
// complains about.
func Debatable(it Item, d Danger, about Role) bool {
	return Aloud(about) && Aloud(it.About) && d == "" && !it.Private && it.Level != AtRoom && it.ID != ""
}

// Aloud says that a complaint about a role may be talked over before others: it is about
// nobody in person.
func Aloud(about Role) bool {
	switch about {
	case Captain, Leader, OnDuty, Staff, Head, Secretary, Supervisor, Reviewer, Council:
		return false
	}
	return true
}

// Form is what kind of meeting it is.
type Form string

const (
	Hearing    Form = "hearing" // 居民议事会, on a topic that was reviewed
	Complaints Form = "open"    // 居民吐槽大会: the date is fixed, the topics are free
	ThreeSided Form = "three"   // 三方碰头会: the property company, the owners' committee, the residents' committee
)

// TopicNews is what a hearing tells the cases it is about:
//
//	review    it waits for the reviewers (answered with "concerned", see [Concerned])
//	refused   it is not talked over; Text says why
//	upward    it was reported upward, to Text; At is when it is asked after again
//	answered  what came from there is in Text
//	set       it is talked over At, at Where
//	off       it is not talked over; Text says why
//	decided   Text says what was decided; there are tasks until Due, if it is set
//	over      all of it is done
type TopicNews struct {
	No    int       `json:"no,omitempty"` // of the hearing
	Text  string    `json:"text,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Due   time.Time `json:"due,omitzero"`
	Where string    `json:"where,omitempty"` // a room or a group, by its name
}

// Concerned is what a case tells a hearing under the name "concerned": some of the
// people who asked about its matter and may be told of the hearing.
type Concerned struct {
	People []PersonID `json:"people"` // at most 100
}

// Booking is what a room is told and what it answers. A room is a case of its own,
// found under [RoomKey], so that no two meetings can be in it.
//
// It is told "book" (the same case and Slot again: another time instead of the one before,
// which stays where the new one cannot be had), "free", and with Slot -1 "free" of all. It
// answers "booked" or "taken" with the Booking, Taken then says until when; if its owner
// says no later, or it cannot be had any more, "lost".
type Booking struct {
	Room  string    `json:"room"`
	Slot  int       `json:"slot,omitempty"`
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
	No    int       `json:"no,omitempty"`    // of the meeting, as people call it; 0: none yet
	Taken time.Time `json:"taken,omitzero"`  // another meeting is in it until then
	Why   string    `json:"why,omitempty"`   // of "taken": "taken", "closed" (not open then), "gone" (not in the directory); of "lost": "owner"
	Asked bool      `json:"asked,omitempty"` // of "booked": its owner is being asked
}

// TheMeeting is the Slot of the meeting itself: those below it are times that are only
// possible, and hold the room until one of them is chosen.
const TheMeeting = 100

// RoomKey is the key of the case that a room is, see [Tell].
func RoomKey(id string) string { return "#room/" + id }

// RoomFlow is the name of the flow of rooms.
const RoomFlow = "room"

// Brought is what a demand is opened with that was brought to a complaint meeting: it is a
// case of its own, and tells the meeting "filed" with its number (TopicNews.No) once it has
// one. By is empty where the organiser has put it down for somebody. What was found on a
// round is brought to the grid's plan in the same way.
type Brought struct {
	Meeting ID       `json:"meeting"`
	Matter  string   `json:"matter,omitempty"` // item of the duty list
	About   Role     `json:"about,omitempty"`  // whom it complains about
	Text    string   `json:"text"`
	Media   []Media  `json:"media,omitempty"`
	Place   Place    `json:"place,omitzero"`
	By      PersonID `json:"by,omitempty"`
}
