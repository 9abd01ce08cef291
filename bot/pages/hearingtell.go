package pages

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/hearing"
)

// A hearing in words: what it is about, how it stands, when and where it is, what came
// of the points.

// tellHearing says things about one hearing.
type tellHearing struct {
	telling
	p *Pages
	v *heard
}

func (p *Pages) tellHearing(s *sheet, v *heard) *tellHearing {
	return &tellHearing{telling{s: s, no: v.row.No}, p, v}
}

// topic is what it is about, in one line.
func (t *tellHearing) topic() string {
	if t.v.Topic == "" {
		return t.say("hear-topic-"+t.formKey(), nil)
	}
	return t.v.Topic
}

func (t *tellHearing) formKey() string {
	switch f := t.v.Form; f {
	case flows.Complaints, flows.ThreeSided:
		return string(f)
	}
	return string(flows.Hearing)
}

// form is what kind of meeting it is, in words.
func (t *tellHearing) form() string { return t.say("hear-form-"+t.formKey(), nil) }

// post gives somebody with a post for words; of who holds none nothing, so that no
// resident's name can come onto a page this way.
func (t *telling) post(id flows.PersonID) flows.Var {
	if _, ok := t.s.Settings.Official(id); !ok {
		return flows.Var{}
	}
	return flows.Who(id)
}

// when gives a time for words; one that is not set is none.
func when(at time.Time) flows.Var {
	if at.IsZero() {
		return flows.Var{}
	}
	return flows.At(at)
}

// standing says how it stands.
func (t *tellHearing) standing() string {
	v := t.v
	due := v.row.Due
	vars := flows.Vars{}
	switch v.Stage {
	case hearing.Waiting:
		due = v.Vetted.List
	case hearing.Review:
		if !v.Vetted.Due.IsZero() {
			due = v.Vetted.Due
		}
	case hearing.Upward:
		due, vars["to"] = v.Report.Next, flows.Text(v.Report.To)
		if v.Report.Answer != "" {
			return t.say("hear-stage-answered", flows.Vars{"to": flows.Text(v.Report.To), "answer": flows.Text(v.Report.Answer)})
		}
	case hearing.Asking:
		due = v.Until
	case hearing.Notice:
		due = v.From
	case hearing.Meeting:
		due = time.Time{}
		if v.At > 0 && v.At <= len(v.Points) {
			vars["point"], vars["n"] = flows.Text(v.Points[v.At-1].Text), flows.Num(v.At)
		}
	case hearing.Minutes:
		due = v.Due
	case hearing.Off:
		vars["why"] = flows.Text(v.Changed)
	case hearing.Rating:
		vars["tasks"] = flows.Num(len(v.tasksOf()))
	case hearing.Tasks:
		if len(v.tasksOf()) == 0 {
			return t.say("hear-stage-published", nil)
		}
	}
	vars["due"] = when(due)
	return t.say("hear-stage-"+v.Stage, vars)
}

// tasksOf are the decisions of which something is to be done.
func (v *heard) tasksOf() (list []hearing.Decision) {
	for _, d := range v.Decisions {
		if d.Who != "" || d.How != "" {
			list = append(list, d)
		}
	}
	return list
}

// frozen says what stands against it.
func (t *tellHearing) frozen() (out []string) {
	o := t.v.Frozen
	if o == nil {
		return nil
	}
	vars := flows.Vars{"who": t.post(o.By), "at": when(o.At), "why": flows.Text(o.Why), "reply": flows.Text(o.Reply)}
	out = append(out, t.say("hear-frozen", vars), t.say("hear-frozen-why", vars))
	if o.Reply != "" {
		out = append(out, t.say("hear-frozen-reply", vars))
	}
	return out
}

// lifted says what stood against it.
func (t *tellHearing) lifted() (out []string) {
	for _, o := range t.v.Objected {
		out = append(out, t.say("hear-lifted", flows.Vars{"who": t.post(o.By), "at": when(o.At), "why": flows.Text(o.Why), "reply": flows.Text(o.Reply), "lifted": when(o.Lifted)}))
	}
	return out
}

// sixth is one of the six items of a notice (事、时、地、人、内容、形式).
type sixth struct {
	Key, Label string
	Other      string // the name in a second script, where the directory has one
	Text       string
	Lines      []string
	URL        string
}

// six gives all six, also those that are empty yet.
func (t *tellHearing) six() []sixth {
	v := t.v
	out := []sixth{{Key: "matter", Text: t.topic()}, {Key: "time", Text: t.span(v.From, v.To)}, t.place(), t.people(), {Key: "content"}, {Key: "form", Text: t.form()}}
	for _, x := range v.Points {
		out[4].Lines = append(out[4].Lines, x.Text)
	}
	if len(v.Points) == 0 && v.Form == flows.Complaints {
		out[4].Text = t.say("hear-content-open", nil)
	}
	switch {
	case v.Group != "":
		out[5].Text += t.say("hear-way-group", nil)
	case v.Link != "":
		out[5].Text += t.say("hear-way-link", nil)
	case v.Room != "":
		out[5].Text += t.say("hear-way-room", nil)
	}
	for i := range out {
		out[i].Label = t.say("hear-six-"+out[i].Key, nil)
	}
	return out
}

// full says that none of the six items is empty.
func full(six []sixth) bool {
	return len(six) == 6 && !slices.ContainsFunc(six, func(x sixth) bool { return x.Text == "" && len(x.Lines) == 0 })
}

// span writes from when until when: "12月5日（周六） 15:00-17:00".
func (t *telling) span(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	from, to = from.In(t.s.Settings.Zone), to.In(t.s.Settings.Zone)
	out := t.s.Day(from) + " " + from.Format("15:04")
	switch {
	case !to.After(from):
		return out
	case to.YearDay() == from.YearDay() && to.Year() == from.Year():
		return out + "-" + to.Format("15:04") // no line ends in it
	}
	return out + t.say("hear-until", nil) + t.s.Day(to) + " " + to.Format("15:04")
}

// place is where it is.
func (t *tellHearing) place() sixth {
	v, out := t.v, sixth{Key: "place"}
	switch {
	case v.Group != "":
		g, ok := t.s.Settings.Group(v.Group)
		if !ok {
			g.Name = v.Group
		}
		out.Text, out.Other = t.say("hear-place-group", flows.Vars{"group": flows.Text(g.Name)}), g.Other
	case v.Link != "":
		if out.Text = t.say("hear-place-link", nil); strings.HasPrefix(v.Link, "https://") || strings.HasPrefix(v.Link, "http://") {
			out.URL = v.Link
		} else {
			out.Lines = []string{v.Link}
		}
	case v.Room != "":
		return t.room(v.Room)
	}
	return out
}

// room is a room of the directory with where it is. One that is there no more keeps its
// id: somebody may know it.
func (t *telling) room(id string) sixth {
	set := t.s.Settings
	out := sixth{Key: "place", Text: id}
	r, ok := set.Room(id)
	if !ok {
		return out
	}
	out.Text, out.Other = r.Name, r.Other
	if where, other := t.plain(r.Where); where != "" {
		out.Text = t.say("hear-place-room", flows.Vars{"room": flows.Text(r.Name), "where": flows.Text(where)})
		if other != "" {
			out.Other = strings.TrimSpace(other + "  " + out.Other)
		}
	}
	return out
}

// plain is the name of a place without its name in a second script, and that.
func (t *telling) plain(pl flows.Place) (name, other string) {
	set := t.s.Settings
	name = set.PlaceName(pl, t.s.Lang, true)
	if b, ok := set.Building(pl.Building); ok {
		other = b.Other
	}
	for _, x := range set.Spots {
		if x.ID == pl.Spot && pl.Spot != "" {
			other = x.Other
		}
	}
	if other != "" {
		name = strings.Replace(name, "（"+other+"）", "", 1)
	}
	return name, other
}

// people says whom it is for.
func (t *tellHearing) people() sixth {
	scope := t.v.Scope
	if scope.Zero() {
		return sixth{Key: "people"}
	}
	name, other := t.s.Settings.ScopeName(scope, t.s.Lang), ""
	if scope.Building != "" {
		name, other = t.plain(flows.Place{Building: scope.Building})
	}
	return sixth{Key: "people", Text: t.say("hear-people-"+t.formKey(), flows.Vars{"scope": flows.Text(name)}), Other: other}
}

// notes say what changed, what was waived, by which rule, and who leads it.
func (t *tellHearing) notes() (out []string) {
	v, set := t.v, t.s.Settings
	if v.moved() {
		out = append(out, t.say("hear-changed", flows.Vars{"why": flows.Text(v.Changed)}))
	}
	waived := t.waivers()
	if out = append(out, waived...); v.announced() {
		out = append(out, t.say("hear-noticed", flows.Vars{"at": when(v.Noticed)}))
		if n := set.Hearings.Clear; n.Days() > 0 && len(waived) == 0 && hearing.ClearDays(v.Noticed.In(set.Zone), v.From) >= n.Days() {
			out = append(out, t.say("hear-clear", flows.Vars{"n": flows.Num(n.Days()), "source": flows.Text(n.Source)}))
		}
	}
	if v.People > 1 {
		out = append(out, t.say("hear-asked", flows.Vars{"n": flows.Num(v.People)}))
	}
	if who := t.post(v.Proposer); who.Person != "" {
		out = append(out, t.say("hear-proposer", flows.Vars{"who": who}))
	} else if v.Proposer != "" {
		out = append(out, t.say("hear-proposer-resident", nil))
	}
	if who := t.post(v.Chair); who.Person != "" {
		out = append(out, t.say("hear-chair", flows.Vars{"who": who}))
	}
	if who := t.post(v.Organiser); who.Person != "" {
		out = append(out, t.say("hear-organiser", flows.Vars{"who": who}))
	}
	if !v.Ended.IsZero() {
		out = append(out, t.say("hear-came", flows.Vars{"n": flows.Num(v.Came), "guests": flows.Num(v.Guests)}))
	}
	return out
}

// moved says that time or place have changed after the notice, and why.
func (v *heard) moved() bool {
	return v.Changed != "" && v.Version > 1 && v.announced() && v.Stage != hearing.Off
}

// waivers say which rules were waived for the date that stands, by whom and why.
func (t *tellHearing) waivers() (out []string) {
	for _, x := range t.v.Waived {
		if !x.For.Equal(t.v.From) {
			continue
		}
		key := "hear-waived"
		if x.What == "clear" {
			key = "hear-waived-clear"
		}
		out = append(out, t.say(key, flows.Vars{"who": t.post(x.By), "at": when(x.At), "why": flows.Text(x.Why), "n": flows.Num(t.s.Settings.Hearings.Clear.Days())}))
	}
	return out
}

// slots are the times that people are asked about.
func (t *tellHearing) slots() (out []slot) {
	for i, x := range t.v.Slots[:min(len(t.v.Slots), hearing.SlotCap)] {
		y := slot{I: i, Text: t.span(x.From, x.To), On: t.v.part.Ticks&(1<<i) != 0}
		var notes []string
		if x.Room != "" {
			notes = append(notes, t.room(x.Room).Text)
		}
		if x.Holiday {
			notes = append(notes, t.say("hear-holiday", nil))
		}
		if x.Taken != "" {
			notes = append(notes, t.say("hear-taken", nil))
		}
		if n := len(x.Needed) + x.Others + x.Listed; n > 0 {
			notes = append(notes, t.say("hear-can", flows.Vars{"n": flows.Num(n)}))
		}
		y.Notes = strings.Join(notes, t.say("hear-semi", nil))
		out = append(out, y)
	}
	return out
}

// seats says how many are left.
func (t *tellHearing) seats() string {
	v := t.v
	if v.Seats == 0 {
		return ""
	}
	kept := max(0, v.Kept-v.Taken.Kept)
	if v.Freed {
		kept = 0
	}
	left := max(0, v.Seats-v.Taken.Seats-kept)
	key := "hear-seats"
	if left == 0 {
		key = "hear-seats-none"
	}
	return t.say(key, flows.Vars{"n": flows.Num(left), "kept": flows.Num(kept)})
}

// coming says what the reader has answered.
func (t *tellHearing) coming() string {
	if t.v.outside(t.s.Settings) {
		return t.say("hear-outside", flows.Vars{"scope": flows.In(t.v.Scope)})
	}
	switch v := t.v; v.tag {
	case hearing.TagYes, hearing.TagHere:
		key := "hear-mine-" + v.tag
		if v.tag == hearing.TagYes && v.part.Reserved {
			key = "hear-mine-kept"
		}
		return t.say(key, nil)
	case hearing.TagProxy:
		return t.say("hear-mine-proxy", flows.Vars{"proxy": flows.Text(v.part.Proxy)})
	case hearing.TagNo, hearing.TagWait:
		return t.say("hear-mine-"+v.tag, nil)
	case hearing.TagAsked, hearing.TagSpeak, "":
		if v.Stage == hearing.Notice {
			return t.say("hear-mine-asked", nil)
		}
	}
	return ""
}

// answers are the buttons by which the reader says whether they come.
func (t *tellHearing) answers() (out []button) {
	v := t.v
	if v.tag == hearing.TagHere {
		return nil
	}
	if v.tag != hearing.TagYes && v.tag != hearing.TagWait {
		out = append(out, button{"come", t.say("hear-come", nil)})
	}
	if v.Kept > v.Taken.Kept && !v.Freed && v.tag != hearing.TagYes && !v.part.Reserved {
		out = append(out, button{"kept", t.say("hear-kept", nil)})
	}
	if v.tag != hearing.TagNo {
		out = append(out, button{"nocome", t.say("hear-nocome", nil)})
	}
	return out
}

// point is a point of the agenda with what came of it.
type point struct {
	N    int
	Text string
	Now  bool
	Of   []string
	URL  string // of the poll that is held on it
}

// points are those of the agenda, once the meeting has begun.
func (t *tellHearing) points() (out []point) {
	v := t.v
	if v.Begun.IsZero() {
		return nil
	}
	for i, x := range v.Points {
		y := point{N: i + 1, Text: x.Text, Now: v.Stage == hearing.Meeting && v.At == i+1}
		if h := x.Hands; h != nil {
			y.Of = append(y.Of, t.hands(h))
		}
		if q := x.Poll; q != nil {
			if q.Result != "" {
				y.Of = append(y.Of, t.say("hear-polled", flows.Vars{"result": flows.Text(q.Result)}))
			} else {
				y.Of = append(y.Of, t.say("hear-polling", nil))
			}
			if q.Case != "" {
				y.URL = t.p.pollPath(q.Case, "", t.p.o.Now())
			}
		}
		out = append(out, y)
	}
	return out
}

func (t *tellHearing) hands(h *hearing.Hands) string {
	return t.say("hear-hands", flows.Vars{"for": flows.Num(h.For), "against": flows.Num(h.Against), "abstain": flows.Num(h.Abstain)})
}

// ratings are how people judge it, by numbers only.
func (t *tellHearing) ratings() string {
	r := t.v.Rated
	if r == (hearing.Ratings{}) {
		return ""
	}
	return t.say("hear-ratings", flows.Vars{"good": flows.Num(r.Good), "fair": flows.Num(r.Fair), "bad": flows.Num(r.Bad)})
}

// where is a building in words: "3号楼".
func (t *telling) where(pl flows.Place) string {
	return t.s.Settings.PlaceName(flows.Place{Building: pl.Building, Spot: pl.Spot}, t.s.Lang, false)
}
