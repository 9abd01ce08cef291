package demand

import (
	"strconv"
	"time"

	"linli/flows"
)

// turn is one step of a demand: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
	joined  int // followers that this event has brought
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

// rules is the flow.
func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	if asks := t.Stage == Offered || t.Stage == Placing || t.Stage == Which; !asks && e.By.Person != "" && e.By.Person == t.Reporter && e.By.Reachable {
		t.Private = true // has written to Linli since; what is asked now is answered where it was asked
	}
	switch w := e.What.(type) {
	case flows.Opened:
		t.opened(w)
	case flows.Said:
		t.said(w)
	case flows.Chose:
		t.chose(w)
	case flows.Woke:
		t.woke(w)
	case flows.Told:
		t.told(w)
	case flows.Answered:
		if w.Name == "fetch" && w.Failed == "" {
			t.fetched(data[flows.Media](w.Data))
		}
		if w.Name == "next:follower" {
			t.paged(data[[]flows.Entry](w.Data), w.After)
		}
	case flows.Missed:
		t.missed(w)
	case flows.Erased:
		t.erased(w)
	}
	t.unmoot()
	t.Key = t.key()
	t.cover()
	return t.State, t.effects
}

func (t *turn) key() string {
	if t.Danger != "" {
		return t.e.Settings.DangerKey(t.Danger, t.Place)
	}
	return t.e.Settings.MatterKey(t.Item, t.Place)
}

func (t *turn) item() flows.Item {
	it, ok := t.e.Settings.Item(t.Item)
	if !ok {
		it, _ = t.e.Settings.Item("8-3")
		it.ID = t.Item
	}
	return it
}

func (t *turn) opened(w flows.Opened) {
	if b := data[flows.Brought](w.Data); b.Meeting != "" {
		t.brought(b)
		return
	}
	start := data[Start](w.Data)
	r := t.e.Reading
	t.At, t.Reporter, t.Private = t.e.At, t.e.By.Person, t.e.By.Reachable
	t.Item, t.Place, t.Danger, t.Urgent, t.About = r.Item, r.Place, r.Danger, r.Urgent, r.About
	if t.Item == "" && t.Danger == "" {
		t.Item = "8-3"
	}
	if it := t.item(); t.About == "" {
		t.About = it.About
	}
	if w.Said != nil {
		m := w.Said.Message
		t.Words, t.First, t.Media, t.Point, t.Ref = cut(m.Text), cut(m.Text), m.Media, m.Point, m.Ref
		t.Album = m.Album
		if !w.Said.Direct {
			t.Group = t.e.Chat.ID
		}
		// Who has a post and no home here speaks for somebody else.
		t.Behalf = w.Said.Direct && mayFile(t.e) && start.Mode == "file" && (r.Behalf || t.e.By.Home.Zero())
	}
	if start.Like != "" {
		for _, x := range t.e.Similar {
			if x.Case.ID == start.Like {
				t.Like = x.Case
			}
		}
	}
	t.put("reporter", t.Reporter, "")
	switch start.Mode {
	case "danger":
		t.danger()
	case "draft":
		t.draft()
	case "notice":
		t.notice()
	default:
		if !t.e.By.Consent {
			t.offer()
			return
		}
		t.file()
	}
}

// offer gives the words back to the speaker: the tap is the consent. Until then
// they are held for an hour, and nobody else sees them.
func (t *turn) offer() {
	t.Stage = Offered
	l := t.e.Settings.Limits
	t.do(flows.Say{
		To: t.mouth(), Class: flows.Personal, Words: "offer", Reply: true, Slot: "offer", Quote: t.quote(),
		Greet: !t.discreet(), Near: t.Ref, Vars: flows.Vars{"item": flows.ItemVar(t.Item)}, Until: t.e.At.Add(l.Offer),
		Buttons: []flows.Button{{Words: "b-file", Choice: "yes"}, {Words: "b-no", Choice: "no"}},
	}, flows.Wake{At: t.e.At.Add(l.Offer), Name: "offer"})
}

// mouth is where the speaker can be asked: in private where that is possible,
// else where they spoke, unless no group may hear of it.
func (t *turn) mouth() flows.To {
	if t.Private || t.Group == "" || t.secret() {
		return flows.To{Person: t.Reporter}
	}
	return flows.To{Chat: t.Group}
}

// aloud is the place as it may be said to the mouth: a group hears no more than
// the building.
func (t *turn) aloud() flows.Place {
	if t.mouth().Chat == "" {
		return t.Place
	}
	return flows.Place{Building: t.Place.Building, Spot: t.Place.Spot}
}

func (t *turn) quote() string {
	if t.mouth().Chat == "" {
		return ""
	}
	return t.Ref
}

// draft asks staff about what the reader is not sure of.
func (t *turn) draft() {
	t.Stage = Draft
	if t.Danger != "" {
		t.Item = ""
	}
	t.do(flows.Say{
		To: t.desk(), Class: t.work(), Words: "draft", Slot: "draft", Media: t.Media,
		Vars:    flows.Vars{"text": flows.Text(t.Words), "item": flows.ItemVar(t.Item), "place": flows.Where(t.Place), "danger": flows.Text(string(t.Danger))},
		Buttons: []flows.Button{{Words: "b-file", Choice: "confirm"}, {Words: "b-dismiss", Choice: "dismiss"}},
	}, flows.Wake{At: t.e.At.AddDate(0, 0, 7), Name: "draft"})
}

// desk is who looks at drafts: the staff, the secretary where the matter is about
// the staff themselves, or the head where nobody else may hear of it.
func (t *turn) desk() flows.To {
	to := flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: t.subjects()}
	if t.About == flows.Staff || t.item().About == flows.Staff {
		to.Role = flows.Secretary
	} else if t.discreet() && t.Danger == "" && len(t.e.Settings.With(flows.Head, flows.Everywhere)) > 0 {
		to.Role = flows.Head // a danger is for whoever is there
	}
	return to
}

// subjects are the people it is about.
func (t *turn) subjects() []flows.PersonID {
	return append(t.e.Settings.Complained(t.About, t.Place), t.e.Settings.Complained(t.item().About, t.Place)...)
}

// file makes a record of it, unless something is missing or it is open already.
func (t *turn) file() {
	it := t.item()
	for _, x := range t.e.Similar {
		if x.Why != flows.ByMatter || x.Flow != "demand" || x.Case.ID == t.e.Case.ID || it.Level == flows.AtRoom || complained(t.e, x) {
			continue
		}
		if x.Exact {
			// Filed by somebody else since the question was asked: one matter, one case.
			t.Stage = Gone
			t.do(flows.Tell{Case: x.Case.ID, Name: "same", Said: t.own()})
			t.tellMeeting(x.Case.No)
			return
		}
		if !t.Other && t.Like.ID == "" {
			t.Like = x.Case
		}
	}
	if t.Like.ID != "" && !t.Other {
		t.Stage = Which
		t.do(flows.Say{To: t.mouth(), Class: flows.Personal, Words: "which", Reply: true, Slot: "ask", Quote: t.quote(),
			Vars:    flows.Vars{"no": flows.Num(t.Like.No), "item": flows.ItemVar(t.Item), "place": flows.Where(t.aloud())},
			Buttons: []flows.Button{{Words: "b-same", Choice: "same"}, {Words: "b-other", Choice: "other"}},
		}, flows.Wake{At: t.e.At.Add(time.Hour), Name: "which"})
		return
	}
	if !t.Place.Known() && !t.Asked && it.Level != flows.AtCommunity {
		t.Stage = Placing
		t.askBuilding("where")
		t.do(flows.Wake{At: t.e.At.Add(time.Hour), Name: "place"})
		return
	}
	if b, ok := t.e.Settings.Building(t.Place.Building); ok && t.Place.Unit == "" && len(b.Units) > 1 && it.Level == flows.AtUnit && !t.Asked {
		t.Stage = Placing
		t.askUnit(b)
		t.do(flows.Wake{At: t.e.At.Add(time.Hour), Name: "place"})
		return
	}
	t.Stage = Filed
	t.fetch()
	t.dispatch("")
}

// own is the message the case was opened with, to be handed to another one.
func (t *turn) own() *flows.Said {
	return &flows.Said{Message: flows.Message{Text: t.Words, Media: t.Media, Point: t.Point, Ref: t.Ref}, Direct: t.Group == ""}
}

// fetch has the photos and voice notes brought in, now that they may be kept.
func (t *turn) fetch() {
	for _, m := range t.Media {
		if m.Hash == "" && m.Remote != "" {
			t.do(flows.Ask{Name: "fetch", Data: flows.Data(m)})
		}
	}
}

func (t *turn) fetched(m flows.Media) {
	for i := range t.Media {
		if t.Media[i].Remote == m.Remote {
			t.Media[i] = m
		}
	}
}

// shown is how many places are offered at a time: channels bound the number of
// buttons, and people the number they read.
const shown = 15

// askBuilding asks which building, by buttons: those of the group's own part of
// the community first, then the rest, then places that are in no building.
func (t *turn) askBuilding(words string) {
	s := t.e.Settings
	var own, rest, bs []flows.Button
	for _, b := range s.Buildings {
		x := flows.Button{Words: "b-text", Vars: flows.Vars{"t": flows.Text(b.Name)}, Choice: "b=" + b.ID}
		if t.e.Chat.Group && s.Touches(t.e.Chat.Scope, flows.Scope{Building: b.ID}) {
			own = append(own, x)
		} else {
			rest = append(rest, x)
		}
	}
	all := append(own, rest...)
	for _, p := range s.Spots {
		all = append(all, flows.Button{Words: "b-text", Vars: flows.Vars{"t": flows.Text(p.Name)}, Choice: "spot=" + p.ID})
	}
	from := min(t.Page*shown, max(0, len(all)-1))
	page := all[from:min(from+shown, len(all))]
	for i, x := range page {
		x.Row = i / 3
		bs = append(bs, x)
	}
	if len(all) > shown {
		next := t.Page + 1
		if next*shown >= len(all) {
			next = 0
		}
		bs = append(bs, flows.Button{Words: "b-others", Choice: "page=" + strconv.Itoa(next), Row: 50})
	}
	bs = append(bs, flows.Button{Words: "b-unsure", Choice: "b=?", Row: 50})
	t.Asking = words
	t.do(flows.Say{To: t.mouth(), Class: t.class(), Words: words, Reply: true, Slot: "ask", Quote: t.quote(), Buttons: bs,
		Vars: flows.Vars{"item": flows.ItemVar(t.Item)}})
}

func (t *turn) askUnit(b flows.Building) {
	var bs []flows.Button
	for _, u := range b.Units {
		bs = append(bs, flows.Button{Words: "b-unit", Vars: flows.Vars{"t": flows.Text(u)}, Choice: "u=" + u})
	}
	bs = append(bs, flows.Button{Words: "b-unsure", Choice: "u=?", Row: 1})
	t.do(flows.Say{To: t.mouth(), Class: t.class(), Words: "where-unit", Reply: true, Slot: "ask", Quote: t.quote(), Buttons: bs,
		Vars: flows.Vars{"place": flows.Where(flows.Place{Building: b.ID})}})
}

// work is the class of what staff are to do.
func (t *turn) work() flows.Class {
	if t.Danger != "" {
		return flows.Emergency
	}
	return flows.Work
}

func (t *turn) class() flows.Class {
	if t.Danger != "" {
		return flows.Emergency
	}
	return flows.Personal
}

// dispatch opens the work. The answer "sent" brings who has it and until when.
func (t *turn) dispatch(why string) {
	t.Taken, t.Receipt = false, why != ""
	t.do(flows.Open{Flow: "dispatch", Data: flows.Data(flows.Task{
		Item: t.Item, Place: t.Place, Text: t.Words, Media: t.Media, People: t.people(), Urgent: t.Urgent, Danger: t.Danger, About: t.About,
		Except: t.Past, Second: why != "", Why: why, Declined: t.Pass.Declined, Kept: t.Pass.Kept,
	})})
}

// people is how many have said it: the reporter and the followers.
func (t *turn) people() int { return 1 + t.e.Counts["follower"] }

func (t *turn) put(tag string, p flows.PersonID, text string) {
	if p == "" {
		return
	}
	t.do(flows.Put{Entry: flows.Entry{Key: string(p), Tag: tag, Order: t.e.At.UnixMilli(), Data: flows.Data(wrote{Text: text})}})
}

// wrote is what an entry keeps of a person: their own words.
type wrote struct {
	Text string `json:"text,omitempty"`
}

// toJob tells the dispatch that has it.
func (t *turn) toJob(name string, u flows.TaskUpdate) {
	if t.Job != "" {
		t.do(flows.Tell{Case: t.Job, Name: name, Data: flows.Data(u)})
	}
}
