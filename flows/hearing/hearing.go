// Package hearing is the flow of what needs talking over (居民议事会、居民吐槽大会、三方碰头会):
// from a topic to the tasks that were decided, in due form. Somebody proposes; the Party committee's
// reviewers accept, refuse with a reason or report it upward; the residents' committee finds
// a time and a place, gives notice and invites; the deliberation committee hears; what was said
// becomes minutes that the chair confirms; what was decided becomes tasks (package dispatch); the
// supervision committee sees all of it and may stop it.
//
// One case is one hearing. It bears the number of the demand it came from, if it came from
// one. Who comes and what was said are entries, see [Part] and [Item]; the state is the form.
//
// What a form asks for (clear days, when minutes are out) comes from the settings with its
// source, and where nobody has filled one in, nothing is made up. The package must not
// publish a notice in which one of the six items is empty, must not name anybody who
// has not agreed to it, must not keep what is said in a group before the meeting begins, after
// it ends, or by somebody who has not said that they want to speak in it.
package hearing

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

// Dialogues are the plays of this flow, which are its tests and examples: files of
// dialogues/*.txt, see package dialogue.
//
//go:embed dialogues
var Dialogues embed.FS

// Name is the flow's name.
const Name = "hearing"

// Key is the key under which all hearings are found that are not over.
const Key = flows.HearingMatter

// New gives the flow.
func New() (flows.Flow, error) { return flows.Define(Name, words, rules, hear) }

// Stages of a hearing.
const (
	Offered  = "offered"  // 征询: who proposed it is asked whether to hand it on
	Waiting  = "waiting"  // 待审: for the day on which the reviewers get their list
	Review   = "review"   // 审核: the reviewers have it
	Upward   = "upward"   // 上报: a matter of government, its answer is waited for
	Planning = "planning" // 筹备: time, place, people
	Asking   = "asking"   // 约时间: people say which time suits them
	Set      = "set"      // 定了: time and place, not announced yet
	Notice   = "notice"   // 公告: announced, people answer
	Meeting  = "meeting"  // 开会
	Minutes  = "minutes"  // 整理记录: drafted, for the chair to confirm
	Tasks    = "tasks"    // 落实: published, what was decided is being done
	Rating   = "rating"   // 评议: done, people judge it
	Off      = "off"      // 取消或延期: announced, and then called off; may be planned again
	Closed   = "closed"   // 结束
	Refused  = "refused"  // 不议
	Gone     = "gone"     // never was a topic
)

// State is what the flow keeps of a hearing.
type State struct {
	Stage    string          `json:"stage"`
	Form     flows.Form      `json:"form"`
	Topic    string          `json:"topic,omitempty"`  // 事, in one line; of a complaint meeting empty
	Item     string          `json:"item,omitempty"`   // of the duty list, of the demand it came from
	Place    flows.Place     `json:"place,omitzero"`   // what it is about
	Scope    flows.Scope     `json:"scope"`            // 人: whom it is for
	Why      string          `json:"why,omitempty"`    // see flows.Topic
	People   int             `json:"people,omitempty"` // how many have asked about the matter
	Proposer flows.PersonID  `json:"proposer,omitempty"`
	Cases    []flows.CaseRef `json:"cases,omitempty"` // the demands it is about, the parent first
	Opened   time.Time       `json:"opened"`
	Vetted   Vetted          `json:"vetted,omitzero"`
	Report   Report          `json:"report,omitzero"`

	Attaching  flows.CaseRef    `json:"attaching,omitzero"` // a demand that was asked whether it can be talked over
	Organiser  flows.PersonID   `json:"organiser,omitempty"`
	Chair      flows.PersonID   `json:"chair,omitempty"`
	Needed     []flows.PersonID `json:"needed,omitempty"` // without whom it makes little sense
	Slots      []Slot           `json:"slots,omitempty"`
	Round      int              `json:"round,omitempty"`  // grows with every new list of times
	Lists      flows.GroupLists `json:"lists,omitempty"`  // of Asking: the lists of the groups as they were last seen, nobody's words
	Unsure     *Unsure          `json:"unsure,omitempty"` // of Asking: a list of which nobody has said yet that it is of this hearing
	Until      time.Time        `json:"until,omitzero"`   // of Asking
	Room       string           `json:"room,omitempty"`   // 地: of the directory
	Link       string           `json:"link,omitempty"`   // or of a video meeting
	Group      string           `json:"group,omitempty"`  // or in this group of the directory
	From       time.Time        `json:"from,omitzero"`    // 时
	To         time.Time        `json:"to,omitzero"`
	Booked     bool             `json:"booked,omitempty"`
	OwnerAsked bool             `json:"owner_asked,omitempty"` // the room is another body's, which has not answered
	Points     []Point          `json:"points,omitempty"`      // 内容: the agenda
	Waived     []Waiver         `json:"waived,omitempty"`
	Noticed    time.Time        `json:"noticed,omitzero"`     // when it was announced, for this date
	First      time.Time        `json:"first,omitzero"`       // when it was announced first
	Wanted     time.Time        `json:"wanted,omitzero"`      // another date that needs a waiver first
	LaterRoom  string           `json:"later_room,omitempty"` // with Later: the room that is asked for
	Later      time.Time        `json:"later,omitzero"`       // the new time, while the room is asked for it
	Version    int              `json:"version,omitempty"`    // of time and place: grows when they change after the notice
	Changed    string           `json:"changed,omitempty"`    // why they changed, or why it is off
	Seats      int              `json:"seats,omitempty"`      // 0: as many as come
	Kept       int              `json:"kept,omitempty"`       // of these, kept for those who need them
	Freed      bool             `json:"freed,omitempty"`      // seats that were kept are free for everybody
	Taken      Taken            `json:"taken,omitzero"`
	Row        int64            `json:"row,omitempty"`  // counts those who wait for a seat, so that the first of them is the first
	Code       string           `json:"code,omitempty"` // by which people check in, four digits
	Seed       string           `json:"seed,omitempty"`

	Chaired   flows.PersonID `json:"chaired,omitempty"` // who was in the chair
	Begun     time.Time      `json:"begun,omitzero"`
	Ended     time.Time      `json:"ended,omitzero"`
	At        int            `json:"at,omitempty"`     // the point being talked about, from 1; 0: none yet
	Last      int            `json:"last,omitempty"`   // number of the last item
	Before    []int          `json:"before,omitempty"` // items said beforehand
	Came      int            `json:"came,omitempty"`   // who was there, see also Guests
	Guests    int            `json:"guests,omitempty"` // of these, put down by the organiser
	Decisions []Decision     `json:"decisions,omitempty"`
	Issue     []Issue        `json:"issue,omitempty"`     // of a complaint meeting: what it led to
	Prose     string         `json:"prose,omitempty"`     // the minutes in better words, confirmed by the chair; empty: by template
	ProseBy   string         `json:"prose_by,omitempty"`  // the machine that wrote them
	Better    string         `json:"better,omitempty"`    // better words that the chair has not answered
	BetterBy  string         `json:"better_by,omitempty"` // the machine that wrote them
	Reworded  int            `json:"reworded,omitempty"`  // how often better words were taken away, or asked for
	Fixes     []Fix          `json:"fixes,omitempty"`     // corrections by who confirmed the minutes
	Due       time.Time      `json:"due,omitzero"`        // by when the minutes must be out
	Draft     []Line         `json:"draft,omitempty"`     // the minutes, see [Line]; set when the meeting ends
	Signed    Signature      `json:"signed,omitzero"`
	Published time.Time      `json:"published,omitzero"`
	Dissents  []Dissent      `json:"dissents,omitempty"`
	Rated     Ratings        `json:"rated,omitzero"`
	Done      time.Time      `json:"done,omitzero"` // all tasks

	Frozen   *Objection  `json:"frozen,omitempty"`   // what stands against it now
	Objected []Objection `json:"objected,omitempty"` // what stood against it, and was lifted
	Shows    int         `json:"shows,omitempty"`    // times the organiser's message was shown anew
}

// Unsure is a list that is called like this hearing and does not bear its number: what is needed
// to count it if who has sent it says that it is, for an hour.
type Unsure struct {
	By    flows.PersonID `json:"by"`
	At    time.Time      `json:"at"`
	Paste flows.Paste    `json:"paste"`
}

// Vetted is what the reviewers have said.
type Vetted struct {
	List time.Time      `json:"list,omitzero"` // when they get their list
	Due  time.Time      `json:"due,omitzero"`  // by when they must have answered
	By   flows.PersonID `json:"by,omitempty"`
	At   time.Time      `json:"at,omitzero"`
	Why  string         `json:"why,omitempty"` // of a refusal
}

// Report is what was reported upward.
type Report struct {
	To     string    `json:"to,omitempty"`    // who was asked, in words
	At     time.Time `json:"at,omitzero"`     // when
	Next   time.Time `json:"next,omitzero"`   // when it is asked after again
	Times  int       `json:"times,omitempty"` // how often it was asked after
	Answer string    `json:"answer,omitempty"`
	Back   time.Time `json:"back,omitzero"` // when the answer came
}

// Slot is a time that is possible, with the place that would be taken then.
type Slot struct {
	From    time.Time        `json:"from"`
	To      time.Time        `json:"to"`
	Room    string           `json:"room,omitempty"`
	Tried   []string         `json:"tried,omitempty"`   // rooms that cannot be had then
	Taken   string           `json:"taken,omitempty"`   // why the room cannot be had, see flows.Booking
	Free    time.Time        `json:"free,omitzero"`     // when another meeting in it ends
	Needed  []flows.PersonID `json:"needed,omitempty"`  // who of those who are needed can come
	Others  int              `json:"others,omitempty"`  // how many others can
	Listed  int              `json:"listed,omitempty"`  // how many the lists of the groups say besides
	Holiday bool             `json:"holiday,omitempty"` // a public holiday
}

// Point is a point of the agenda.
type Point struct {
	Text  string    `json:"text"`
	Hands *Hands    `json:"hands,omitempty"`
	Poll  *Polled   `json:"poll,omitempty"`
	Begun time.Time `json:"begun,omitzero"`
	Items []int     `json:"items,omitempty"` // what was said on it, in order
}

// Hands are the hands that were counted.
type Hands struct {
	For     int            `json:"for"`
	Against int            `json:"against"`
	Abstain int            `json:"abstain,omitempty"`
	Item    int            `json:"item"`
	By      flows.PersonID `json:"by"`
	Need    flows.Share    `json:"need,omitzero"`     // what the community's rule asked for; zero: there was none
	NeedBy  string         `json:"need_by,omitempty"` // where that rule comes from
}

// Polled is a poll that was held on a point.
type Polled struct {
	Case   flows.ID `json:"case,omitempty"`
	Result string   `json:"result,omitempty"` // in words; empty while it runs
}

// Waiver is a rule that was waived, by whom and why.
type Waiver struct {
	What string         `json:"what"` // "clear"
	By   flows.PersonID `json:"by"`
	At   time.Time      `json:"at"`
	Why  string         `json:"why"`
	For  time.Time      `json:"for"` // the date it was waived for
}

// Taken is how many have answered, beside the tags of the entries: seats are counted here,
// because one answer may take more than one.
type Taken struct {
	Seats int `json:"seats,omitempty"` // all that are taken
	Kept  int `json:"kept,omitempty"`  // of these, those kept for who needs them
}

// Decision is what was decided, with the task that comes of it.
type Decision struct {
	Text   string         `json:"text"`
	Item   int            `json:"item"`          // number of the item it stands in
	Who    flows.PersonID `json:"who,omitempty"` // who does it; empty: nothing is to be done
	Due    time.Time      `json:"due,omitzero"`
	Clause string         `json:"clause,omitempty"` // only the owners can decide it, by this clause: here it is an opinion
	Job    flows.ID       `json:"job,omitempty"`
	How    string         `json:"how,omitempty"`  // how it stands: "sent", "taken", "late", "returned", "done"
	Said   string         `json:"said,omitempty"` // what was said when it was done, or returned
	At     time.Time      `json:"at,omitzero"`    // when that was
}

// Issue is what was brought to a complaint meeting and led to a case.
type Issue struct {
	Item int      `json:"item"`
	Case flows.ID `json:"case,omitempty"`
	No   int      `json:"no,omitempty"`
	Kind string   `json:"kind"` // what became of it: "demand", "topic", "none"; empty: nothing yet
}

// Fix is a correction of the minutes.
type Fix struct {
	Text string         `json:"text"`
	By   flows.PersonID `json:"by"`
	At   time.Time      `json:"at"`
}

// Signature says who has confirmed the minutes, and whether on paper, before whom.
type Signature struct {
	Chair flows.PersonID `json:"chair,omitempty"`
	By    flows.PersonID `json:"by,omitempty"` // who put it in, of one on paper
	At    time.Time      `json:"at,omitzero"`
}

// Line is a sentence of the minutes: a text of this flow, and what it rests on.
type Line struct {
	Words string     `json:"words"`
	Vars  flows.Vars `json:"vars,omitempty"`
	Item  int        `json:"item,omitempty"`  // an opinion or a decision: its own words stand in this item
	Rests []string   `json:"rests,omitempty"` // "notice", "waiver", "signin", "item/3", "hands/2", "poll/12", "objection", "chair"
}

// Dissent is somebody who does not agree with what was decided. What they wrote, and who
// they are, is an entry of the number Item.
type Dissent struct {
	Item     int       `json:"item"`
	At       time.Time `json:"at"`
	Due      time.Time `json:"due,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	Left     bool      `json:"left,omitempty"` // taken back, or the person is not kept any more
}

// Ratings are how people judge it.
type Ratings struct {
	Good int `json:"good,omitempty"`
	Fair int `json:"fair,omitempty"`
	Bad  int `json:"bad,omitempty"`
}

// Objection is what the supervision committee has against it.
type Objection struct {
	By     flows.PersonID `json:"by"`
	At     time.Time      `json:"at"`
	Why    string         `json:"why"`
	Reply  string         `json:"reply,omitempty"` // of the residents' committee
	Lifted time.Time      `json:"lifted,omitzero"`
}

// Part is the data of an entry whose key is a person and whose tag is one of the tags
// below: what they have said of coming.
type Part struct {
	Round    int       `json:"round,omitempty"`    // of the times that Ticks are about
	Ticks    uint32    `json:"ticks,omitempty"`    // bit i: slot i suits them
	Reserved bool      `json:"reserved,omitempty"` // has one of the seats that are kept; why is not kept
	Proxy    string    `json:"proxy,omitempty"`    // who speaks for them, in their words
	Items    []int     `json:"items,omitempty"`    // what they have said
	Named    bool      `json:"named,omitempty"`    // their name may stand in the minutes
	Tries    int       `json:"tries,omitempty"`    // codes that were wrong
	Rate     string    `json:"rate,omitempty"`
	Was      string    `json:"was,omitempty"` // of "here": the tag before
	At       time.Time `json:"at,omitzero"`
}

// Tags of entries of people.
const (
	TagAsked = "asked" // concerned: is told and invited, and has not answered
	TagYes   = "yes"   // comes
	TagProxy = "proxy" // somebody speaks for them
	TagNo    = "no"    // does not come
	TagWait  = "wait"  // would come, and waits for a seat
	TagHere  = "here"  // is there, or was
	TagSpeak = "speak" // has only said something
)

// ItemKey is the key of the entry of an item: "i/0003".
func ItemKey(n int) string { return fmt.Sprintf("i/%04d", n) }

// ItemTag is the tag of the items of a point, from 1; 0 is what was said beforehand, and
// -1 what somebody says who does not agree.
func ItemTag(point int) string { return fmt.Sprintf("i%d", point) }

// Item is the data of an entry with such a key: a line of the record.
type Item struct {
	Kind   string         `json:"kind"`            // "before", "said", "hands", "decision", "note", "complaint", "dissent", "guest"
	Point  int            `json:"point,omitempty"` // of the agenda, from 1; 0: none
	By     flows.PersonID `json:"by,omitempty"`    // whose words these are; empty: put down by the organiser
	Name   string         `json:"name,omitempty"`  // of who agreed to be named, or of a guest
	Where  flows.Place    `json:"where,omitzero"`  // their building
	Text   string         `json:"text,omitempty"`
	At     time.Time      `json:"at"`
	About  flows.Role     `json:"about,omitempty"`  // of "complaint": whom it is about
	Matter string         `json:"matter,omitempty"` // of "complaint": item of the duty list
	Read   bool           `json:"read,omitempty"`   // of "before": was read out
	Gone   bool           `json:"gone,omitempty"`   // taken back: no words are left
	Ref    string         `json:"ref,omitempty"`    // of the message in the group
	Reply  string         `json:"reply,omitempty"`  // of "dissent"
}

// Read gives the state of a hearing.
func Read(c flows.Case) (s State, err error) {
	if c.Flow != Name {
		return s, fmt.Errorf("hearing: case %s is of the flow %q", c.ID, c.Flow)
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		return s, fmt.Errorf("hearing: case %s: %w", c.ID, err)
	}
	return s, nil
}

// over says that nothing more will come of it.
func (s State) over() bool { return s.Stage == Closed || s.Stage == Refused || s.Stage == Gone }

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{
		Stage: s.Stage, Done: s.over(), Forget: s.Stage == Gone, Numbered: s.Stage != Offered && s.Stage != Gone && s.Stage != "",
		Holder: s.Organiser, Place: s.Place, Item: s.Item, Title: s.title(),
	}
	if sum.Done || !sum.Numbered {
		return sum
	}
	sum.Matter = []string{Key}
	if s.Stage == Meeting && s.Group != "" {
		sum.Matter = append(sum.Matter, flows.HeldIn(s.Group))
	}
	switch s.Stage {
	case Upward:
		sum.Due = s.Report.Next
	case Asking:
		sum.Due = s.Until
	case Set, Notice, Meeting:
		sum.Due = s.From
	case Minutes:
		sum.Due = s.Due
	case Tasks:
		for _, d := range s.Decisions {
			if d.How != "done" && !d.Due.IsZero() && (sum.Due.IsZero() || d.Due.Before(sum.Due)) {
				sum.Due = d.Due
			}
		}
	}
	return sum
}

// title is what lists call it.
func (s State) title() string {
	r := []rune(s.Topic)
	switch {
	case s.Form == flows.Complaints:
		return "居民吐槽大会"
	case len(r) > 24:
		return string(r[:24]) + "…"
	case len(r) == 0:
		return "议题"
	}
	return s.Topic
}

// needs says whether somebody is among those who are needed.
func (s State) needs(p flows.PersonID) bool { return p != "" && slices.Contains(s.Needed, p) }
