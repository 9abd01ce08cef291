// Package demand is the flow of a demand (诉求): what a resident says is broken,
// missing or unbearable, from the first word until the resident has judged the
// work. It hears, offers, files, keeps followers together, tells the reporter
// the four things (filed, something needed, takes longer, done) and the group what is safe
// for a group, and closes.
//
// It decides who may hear what; who does the work is the flow of dispatch's.
// It never tells a group a name, a unit, a quote; it never answers an emergency with
// anything but the numbers and the person on duty.
//
// Stages and their words follow the practice of 12345 hotlines: 待确认 draft, 登记 filed,
// 待补充 placing, 办理中 (in dispatch), 议事中 talked, 退回 returned, 办结待评 done, 评价 closed,
// 重办 again.
package demand

import (
	"embed"
	"encoding/json"
	"slices"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

//go:embed dutylist.yaml
var dutyList []byte

// Dialogues are the plays of this flow, which are its tests and the examples of
// the demo.
//
//go:embed dialogues
var Dialogues embed.FS

// DutyList is the default duty list (职责清单) as YAML: 8 classes of items with
// owner, limits and words. A community's directory may change lines of it.
func DutyList() []byte { return dutyList }

// New gives the flow.
func New() (flows.Flow, error) { return flows.Define("demand", words, rules, Hear) }

// Stages of a demand.
const (
	Offered   = "offered"   // 征询: the speaker is asked whether to file it
	Draft     = "draft"     // 待确认: staff are asked
	Placing   = "placing"   // 待补充: which building, which unit
	Which     = "which"     // is it the same as one that is open?
	Preview   = "preview"   // a notice of a known outage, before it is published
	Filed     = "filed"     // 登记, with dispatch
	Known     = "known"     // a known outage: one case, one notice
	Ended     = "ended"     // its time is over: is it really?
	Danger    = "danger"    // paged
	Talked    = "talked"    // 议事中: before a hearing, and nobody works at it meanwhile
	Returned  = "returned"  // 退回, with the clause
	Done      = "done"      // 办结待评
	Closed    = "closed"    // 评价
	Withdrawn = "withdrawn" // 撤回
	Gone      = "gone"      // never became a record
)

// Start says how a case begins; Hear decides it.
type Start struct {
	Mode string   `json:"mode"` // file, draft, notice, danger
	Like flows.ID `json:"like,omitempty"`
}

// State is what the flow keeps of a demand.
type State struct {
	Stage    string         `json:"stage"`
	Item     string         `json:"item,omitempty"`
	Place    flows.Place    `json:"place,omitzero"`
	Words    string         `json:"words,omitempty"` // what the reporter wrote, with what they added
	First    string         `json:"first,omitempty"` // the message that opened it, to be replaced by its edit
	Media    []flows.Media  `json:"media,omitempty"`
	Album    string         `json:"album,omitempty"` // the photos that were sent together with the first message
	Point    *flows.Point   `json:"point,omitempty"`
	Reporter flows.PersonID `json:"reporter,omitempty"`
	Left     flows.PersonID `json:"left,omitempty"`    // whose words these are, who left it to those who follow it
	Behalf   bool           `json:"behalf,omitempty"`  // filed by a captain or staff for somebody else
	Private  bool           `json:"private,omitempty"` // the reporter can be written to
	Group    flows.ChatID   `json:"group,omitempty"`   // where it was said; empty if said to Linli itself
	Ref      string         `json:"ref,omitempty"`
	Danger   flows.Danger   `json:"danger,omitempty"`
	Urgent   bool           `json:"urgent,omitempty"`
	About    flows.Role     `json:"about,omitempty"`
	At       time.Time      `json:"at"`
	Like     flows.CaseRef  `json:"like,omitzero"`
	Choosing string         `json:"choosing,omitempty"` // "place" while the reporter corrects the place
	Page     int            `json:"page,omitempty"`     // of the places offered
	Asking   string         `json:"asking,omitempty"`   // the words with which the place is asked for
	Other    bool           `json:"other,omitempty"`    // "not the same matter" was said
	Asked    bool           `json:"asked,omitempty"`    // the place was asked for and nobody answered

	Job     flows.ID         `json:"job,omitempty"`  // the dispatch that has it now
	Who     flows.PersonID   `json:"who,omitempty"`  // who is to answer, or handled it last
	Turn    int              `json:"turn,omitempty"` // of the dispatch: how many were asked
	Due     time.Time        `json:"due,omitzero"`
	Taken   bool             `json:"taken,omitempty"` // somebody has accepted it
	Late    bool             `json:"late,omitempty"`  // it takes longer than was first promised
	Sent    time.Time        `json:"sent,omitzero"`   // the last dispatch
	Rounds  int              `json:"rounds,omitempty"`
	Past    []flows.PersonID `json:"past,omitempty"` // who handled it in earlier rounds
	Receipt bool             `json:"receipt,omitempty"`
	Clause  string           `json:"clause,omitempty"` // of the return
	Rated   string           `json:"rated,omitempty"`
	Until   time.Time        `json:"until,omitzero"`    // of a known outage
	Result  string           `json:"result,omitempty"`  // what was said when it was done, or returned
	Meeting flows.ID         `json:"meeting,omitempty"` // the complaint meeting to which it was brought
	Key     string           `json:"key,omitempty"`     // matter key

	Hearing flows.ID `json:"hearing,omitempty"` // before which it comes; the work may go on beside it
	Talk    Talk     `json:"talk,omitzero"`
	Moot    string   `json:"moot,omitempty"`   // why a hearing was suggested to staff, who have not answered
	Mooted  []string `json:"mooted,omitempty"` // for which reasons one was suggested: never twice for one
	Back    int      `json:"back,omitempty"`   // how often it came back: returned, or not well done
	Silent  int      `json:"silent,omitempty"` // how often the property company has not answered
	Nobody  bool     `json:"nobody,omitempty"` // everybody was asked, and nobody has taken it

	Pass      Pass       `json:"pass,omitzero"`
	Announced []flows.ID `json:"announced,omitempty"` // activities about it, of which everybody concerned has heard
}

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{Stage: s.Stage, Place: s.Place, Item: s.Item, Holder: s.Who, Due: s.Due, Danger: s.Danger}
	switch s.Stage {
	case Closed, Withdrawn:
		sum.Done, sum.Numbered = true, true
	case Gone:
		sum.Done, sum.Forget = true, true
	case Filed, Known, Ended, Danger, Returned, Done:
		sum.Numbered = true
	case Talked:
		sum.Numbered = true
		sum.Holder, sum.Due = "", time.Time{} // what was promised is the hearing's now
	}
	if s.Key != "" && sum.Numbered && !sum.Done && s.Stage != Done && s.Stage != Returned {
		sum.Matter = []string{s.Key}
	}
	return sum
}

// open says that it is still to be brought to an end.
func (s State) open() bool {
	return s.Stage == Filed || s.Stage == Known || s.Stage == Ended || s.Stage == Danger || s.Stage == Talked
}

// Hear decides what a message that belongs to no case is: the beginning of a
// demand, something about an open one, or chatter, of which nothing is kept.
func Hear(e flows.Event) []flows.Effect {
	said, ok := e.What.(flows.Said)
	if !ok {
		return nil
	}
	r, l := e.Reading, e.Settings.Limits
	begin := func(mode string, like flows.ID) []flows.Effect {
		return []flows.Effect{flows.Open{Flow: "demand", Data: flows.Data(Start{Mode: mode, Like: like}), Said: &said}}
	}
	tell := func(name string, id flows.ID) []flows.Effect {
		return []flows.Effect{flows.Tell{Case: id, Name: name, Said: &said}}
	}
	if said.Message.Forwarded {
		// Somebody else's words: never the forwarder's own report. People with a post may hand
		// them over; staff then look at them.
		if said.Direct && mayFile(e) && (r.Demand >= l.Maybe || r.Danger != "") {
			return begin("draft", "")
		}
		return nil
	}
	if r.Danger != "" {
		for _, x := range e.Similar {
			if x.Flow == "demand" && x.Stage == Danger && (x.Why == flows.ByDanger || x.Why == flows.ByRecent && x.Mine) {
				return tell("more", x.Case.ID)
			}
		}
		return begin("danger", "")
	}
	if x, ok := numbered(e); ok && (r.Status || r.Number > 0 && said.Direct && r.Demand < l.Maybe) {
		if x.Mine || said.Direct && e.Settings.May(e.By, flows.See, e.Settings.ScopeOf(x.Place)) {
			return tell("status", x.Case.ID)
		}
		return nil
	}
	recent, mine := find(e, flows.ByRecent)
	mine = mine && recent.Mine && recent.Flow == "demand"
	if r.Status && mine {
		return tell("status", recent.Case.ID)
	}
	if r.Also && !mine {
		if recent.Flow == "demand" && said.Older {
			return tell("also", recent.Case.ID)
		}
		if here, ok := find(e, flows.ByHere); ok && here.Flow == "demand" {
			return tell("also", here.Case.ID)
		}
		return nil
	}
	if mine {
		wordless := said.Message.Text == "" && (len(said.Message.Media) > 0 || said.Message.Point != nil)
		same := r.Item == "" || r.Item == recent.Item || recent.Item == ""
		about := r.Demand >= l.Maybe || r.Place.Known() || r.Place.Unit != ""
		if wordless || r.More || said.Edited && same && about || said.Older && r.Demand >= l.Maybe ||
			same && r.Demand >= l.Maybe && r.Place.Within(recent.Place) == recent.Place {
			return tell("more", recent.Case.ID)
		}
	}
	if it, ok := e.Settings.Item(r.Item); r.Notice && ok && !it.Private && e.Settings.May(e.By, flows.Announce, flows.Everywhere) {
		return begin("notice", "")
	}
	threshold := l.Sure
	if said.Direct {
		threshold = l.Maybe // who writes to Linli itself means it
	}
	if r.Demand >= threshold || said.Direct && r.Behalf && r.Item != "" {
		return heard(e, begin, tell)
	}
	if r.Demand >= l.Maybe && e.By.Consent {
		for _, x := range e.Similar {
			if x.Why != flows.ByMatter || x.Flow != "demand" || !x.Exact {
				continue
			}
			if x.Stage == Known {
				return tell("same", x.Case.ID)
			}
			return nil // it is open: nobody needs to look whether it is a demand
		}
		return begin("draft", "")
	}
	return nil
}

// heard begins a demand, or joins the speaker to the one that is open.
func heard(e flows.Event, begin, tell func(string, flows.ID) []flows.Effect) []flows.Effect {
	var like flows.ID
	for _, x := range e.Similar {
		if x.Why != flows.ByMatter || x.Flow != "demand" || complained(e, x) {
			continue
		}
		if x.Exact {
			if it, _ := e.Settings.Item(x.Item); it.Level != flows.AtRoom || x.Mine {
				return tell("same", x.Case.ID)
			}
			continue
		}
		if it, _ := e.Settings.Item(x.Item); like == "" && it.Level != flows.AtRoom {
			like = x.Case.ID
		}
	}
	return begin("file", like)
}

// complained says that an open case is a complaint about the actor, who must not find
// out by complaining in the same words.
func complained(e flows.Event, x flows.Similar) bool {
	it, _ := e.Settings.Item(x.Item)
	return slices.Contains(e.Settings.Complained(it.About, x.Place), e.By.Person)
}

// mayFile says whether the actor may file for somebody else: a captain for
// the building, a leader for the grid, staff for everybody.
func mayFile(e flows.Event) bool {
	for _, p := range e.By.Posts {
		if e.Settings.May(e.By, flows.Behalf, p.Scope) {
			return true
		}
	}
	return false
}

// numbered is the case whose number was said. What was opened from a demand bears its
// number, too; the demand answers for it.
func numbered(e flows.Event) (flows.Similar, bool) {
	for _, x := range e.Similar {
		if x.Flow == "demand" && x.Case.No > 0 && x.Case.No == e.Reading.Number {
			return x, true // it may be there for another reason as well
		}
	}
	return find(e, flows.ByNumber)
}

func find(e flows.Event, why flows.Link) (flows.Similar, bool) {
	for _, x := range e.Similar {
		if x.Why == why {
			return x, true
		}
	}
	if said, ok := e.What.(flows.Said); ok {
		id := said.Recent
		if why == flows.ByHere {
			id = said.Here
		}
		for _, x := range e.Similar {
			if id != "" && x.Case.ID == id && (why == flows.ByHere || why == flows.ByRecent) {
				return x, true // it is also there for another reason
			}
		}
	}
	return flows.Similar{}, false
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}
