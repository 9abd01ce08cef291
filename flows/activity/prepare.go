package activity

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// From a line to what people will read: what is missing, the room, the wording, and the tap
// that sends it.

// usual is how long something takes where nobody says so, in minutes.
const usual = 90

var offerButtons = []flows.Button{{Words: "b-agree", Choice: "agree"}, {Words: "b-refuse", Choice: "refuse"}}

func (t *turn) opened(w flows.Opened) {
	o := data[flows.Offer](w.Data)
	t.By, t.Runner, t.Scope, t.Minutes = t.e.By.Person, t.e.By.Person, flows.Everywhere, usual
	t.Dish, t.Title, t.Interest, t.Wished, t.Rate, t.Shown = o.Dish, line(o.Title, maxTitle), o.Interest, o.Wished, o.Rate, o.Shown
	t.Name = t.e.By.Name
	t.write()
	if t.By == "" || t.Title == "" && o.Dish == "" {
		t.Stage = Gone
		if t.By != "" {
			t.reply("unread", nil)
		}
		return
	}
	if r := t.e.Reading.Offer; r != nil && r.Number > 0 {
		t.find(r.Number)
	} else if o.About != "" {
		t.Case = o.About
		t.do(flows.Tell{Case: t.Case, Name: "activity", Data: flows.Data(flows.Listed{})})
	}
	t.do(flows.Wake{At: t.e.At.AddDate(0, 0, 30), Name: "draft"})
	if !t.runs(t.e.By) {
		t.Stage = Offered
		t.do(flows.Wake{At: t.e.Settings.Calendar.Add(t.e.At, flows.Span{Days: 3}), Name: "waits"})
		t.reply("offered", nil)
		t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: []flows.PersonID{t.By}}, Class: flows.Work, Words: "offer-card", Vars: t.with(flows.Vars{"by_name": flows.Text(t.Name)}), Slot: "offer-card", Buttons: offerButtons})
		return
	}
	t.Stage, t.Organiser = Draft, t.By
	t.board()
	t.room()
}

// find looks for the case whose number was written.
func (t *turn) find(no int) {
	for _, x := range t.e.Similar {
		if x.Case.No == no && x.Why == flows.ByNumber && (x.Flow == "demand" || x.Flow == "hearing") {
			t.Case = x.Case.ID
			t.do(flows.Tell{Case: t.Case, Name: "activity", Data: flows.Data(flows.Listed{})})
			return
		}
	}
}

// isAbout is what the case it is about says of itself. One that may not be told is not named.
func (t *turn) isAbout(from flows.ID, a flows.About) {
	if from != t.Case {
		return
	}
	if t.About = a; a.People == 0 {
		t.Case = ""
	}
	if t.Stage == Draft {
		t.board()
	}
}

// write takes over what a line says; what it leaves open stays.
func (t *turn) write() (read bool) {
	r, plan := t.e.Reading.Offer, t.e.Reading.Plan
	if r != nil {
		read = true
		title, where := placed(r.Title)
		if where != "" {
			t.freeRoom()
			t.Room, t.Where = "", where
		}
		t.Title = cmp.Or(line(title, maxTitle), t.Title)
		t.Least, t.Most = cmp.Or(r.Least, t.Least), cmp.Or(r.Most, t.Most)
		t.Cost, t.Minutes = cmp.Or(line(r.Cost, 20), t.Cost), cmp.Or(r.Minutes, t.Minutes)
		t.Civic = t.Civic || r.Civic
	}
	if plan != nil {
		for _, x := range plan.Times {
			if !x.Day {
				t.At, t.Booked, read = x.At, false, true
				break
			}
		}
		if len(plan.Rooms) > 0 {
			t.freeRoom()
			t.Room, t.Where, read = plan.Rooms[0], "", true
		}
		if len(plan.People) > 0 {
			t.Runner, read = plan.People[0], true
		}
	}
	if p := t.e.Reading.Place; r != nil && p.Spot != "" && t.Room == "" {
		t.Where = t.e.Settings.PlaceName(flows.Place{Spot: p.Spot}, t.e.Settings.Lang, false)
		t.outOfTitle(p.Spot)
	}
	if w := t.e.Reading.Wish; t.Interest == "" && w != nil {
		t.Interest = w.Interest
	}
	if t.Interest == "" {
		t.Interest = t.interestIn(t.Title)
	}
	if t.Most > 0 && t.Least == 0 {
		t.Least = (t.Most + 2) / 3
	}
	return read
}

// outOfTitle takes the words of a spot out of the title: "学吉他，东门广场" is "学吉他", at "东门广场".
func (t *turn) outOfTitle(spot string) {
	var names []string
	for _, s := range t.e.Settings.Spots {
		if s.ID == spot {
			names = append([]string{s.Name}, s.Aliases...)
		}
	}
	var rest []string
	for i, part := range strings.FieldsFunc(t.Title, func(r rune) bool { return strings.ContainsRune("，,、", r) }) {
		part = strings.TrimSpace(part)
		if i > 0 && slices.ContainsFunc(names, func(name string) bool { return strings.Contains(part, name) }) {
			t.Where = line(part, 30)
			continue
		}
		rest = append(rest, part)
	}
	t.Title = strings.Join(rest, "，")
}

// placed finds a place that is no room, "地点：东门广场", and gives the words without it.
func placed(text string) (rest, where string) {
	for _, mark := range []string{"地点：", "地点:", "place:", "Place:"} {
		before, after, ok := strings.Cut(text, mark)
		if !ok {
			continue
		}
		end := strings.IndexAny(after, "，,；;。")
		if end < 0 {
			end = len(after)
		}
		return strings.Trim(before, "，,；;。 ") + after[end:], line(after[:end], 30)
	}
	return text, ""
}

// interestIn is the interest that a title names.
func (t *turn) interestIn(title string) string {
	for _, x := range t.e.Settings.Activities.Interests {
		for _, w := range x.Words {
			if w != "" && strings.Contains(strings.ToLower(title), strings.ToLower(w)) {
				return x.ID
			}
		}
	}
	return ""
}

// prepared is a button of the committee's people.
func (t *turn) prepared(w flows.Chose) {
	switch t.Stage {
	case Offered:
		switch w.Choice {
		case "agree":
			t.agreed()
		case "refuse":
			t.ask("refuse", "ask-refuse", nil)
		default:
			t.toast("over", nil)
		}
	case Draft:
		t.drafting(w)
	case Open, Held, After:
		t.goesOn(w)
	default:
		t.toast("over", nil)
	}
}

// agreed takes over what somebody has offered.
func (t *turn) agreed() {
	t.Stage, t.Organiser = Draft, t.e.By.Person
	t.offerer("agreed")
	t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: []flows.PersonID{t.Organiser}}, Class: flows.Work, Words: "offer-taken", Vars: t.vars(), Slot: "offer-card", Tidy: true})
	t.toast("agreed-toast", nil)
	t.board()
	t.room()
}

func (t *turn) refused(why string) {
	if t.Stage != Offered || why == "" {
		t.reply("over", nil)
		return
	}
	t.Why = why
	t.offerer("refused")
	t.reply("refused-done", nil)
	t.Stage = Gone
}

// drafting is a button of the preview.
func (t *turn) drafting(w flows.Chose) {
	switch w.Choice {
	case "change":
		t.ask("line", "ask-line", nil)
		return
	case "who":
		t.whom()
		return
	case "own":
		t.ask("own", "ask-own", nil)
		return
	case "send":
		t.send()
		return
	case "drop":
		t.drop()
		t.toast("dropped", nil)
		return
	case "whom":
		if scope := flows.ScopeOfWord(w.Value); scope.Zero() || !t.e.Settings.May(t.e.By, flows.Convene, scope) {
			t.toast("not-known", nil)
			return
		} else {
			t.Scope = scope
		}
	case "age":
		t.age(flows.Age(w.Value))
	case "kids-only":
		t.Children = !t.Children
	case "photos":
		t.Photos = !t.Photos
	case "civic":
		t.Civic = !t.Civic
	case "model":
		if t.At.IsZero() || t.Place(t.e.Settings) == "" {
			t.toast("not-ready", nil)
			return
		}
		t.do(flows.Ask{Name: "wording", Data: flows.Data(t.task())})
		t.toast("model-asked", nil)
		return
	case "use":
		if t.Model == "" {
			t.toast("over", nil)
			return
		}
		t.Text, t.Model, t.ByModel = t.Model, "", true
	case "plain":
		t.Text, t.Model, t.Compare, t.ByModel = "", "", false, false
	case "compare":
		t.Compare = !t.Compare && t.Text != ""
	case "agreed":
		t.Owner = false
	case "allow":
		t.allow()
		return
	case "board":
	default:
		t.toast("over", nil)
		return
	}
	t.board()
}

// age lets an age band in, or out.
func (t *turn) age(a flows.Age) {
	switch {
	case !slices.Contains(flows.Bands, a) || a == flows.Minor: // minors come with a parent
		t.Ages = nil
	case slices.Contains(t.Ages, a):
		t.Ages = slices.DeleteFunc(slices.Clone(t.Ages), func(x flows.Age) bool { return x == a })
	default:
		t.Ages = append(slices.Clone(t.Ages), a)
	}
}

// allow lets it pass the limits of a week, by the name of who may say so; somebody else asks them.
func (t *turn) allow() {
	set := t.e.Settings
	if t.e.By.Holds(set.Activities.Urgent...) {
		t.Allowed = t.e.By.Person
		t.toast("allowed", nil)
		t.board()
		return
	}
	for _, r := range set.Activities.Urgent {
		if len(set.With(r, flows.Everywhere)) > 0 {
			t.do(flows.Say{To: flows.To{Role: r, Scope: flows.Everywhere}, Class: flows.Work, Words: "allow-card", Vars: t.vars(), Slot: "allow-card",
				Buttons: []flows.Button{{Words: "b-allow", Choice: "allow"}}})
			t.toast("allow-asked", nil)
			return
		}
	}
	t.toast("allow-nobody", nil)
}

// changed takes another line, or a part of one.
func (t *turn) changed() {
	if t.Stage != Draft {
		t.reply("over", nil)
		return
	}
	was := t.Room
	text := ""
	if w, ok := t.e.What.(flows.Said); ok {
		text = line(w.Message.Text, maxLine)
	}
	read := t.write()
	if _, where := placed(text); where != "" && t.Room == was {
		t.freeRoom()
		t.Room, t.Where, read = "", where, true
	}
	if !read {
		t.ask("line", "line-unread", nil)
		return
	}
	t.board()
	t.room()
}

// ownWords are those of staff, instead of the template.
func (t *turn) ownWords(text string) {
	if t.Stage != Draft || text == "" {
		t.reply("over", nil)
		return
	}
	t.Text, t.Model, t.ByModel = line(text, 120), "", false
	t.board()
}

// task is what a model is told when it drafts the wording: the facts, and nobody's name.
func (t *turn) task() flows.WordingTask {
	where := t.Place(t.e.Settings)
	if r, ok := t.e.Settings.Room(t.Room); ok {
		where = r.Name
	}
	// How many places are left changes, and is said behind its words.
	return flows.WordingTask{Title: t.Title, When: t.At, Where: where, Not: t.nots(), Audience: t.audienceOf(flows.Age("")), Lang: t.e.Settings.Lang}
}

// nots is what it is not, as the invitation says it.
func (t *turn) nots() []string {
	if t.Photos {
		return []string{"拉群"}
	}
	return []string{"拉群", "拍合影"}
}

// drafted is what a model has written. Nobody but who looks at the preview reads it before they
// have said yes to it.
func (t *turn) drafted(w flows.Answered) {
	d := data[flows.WordingDraft](w.Data)
	if t.Stage != Draft || w.Failed != "" || d.Text == "" {
		if t.Stage == Draft {
			t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "model-none", Vars: t.vars()})
		}
		return
	}
	t.Model = line(d.Text, 120)
	t.board()
}

// room asks for the room, once it is known when.
func (t *turn) room() {
	if t.Room == "" || t.At.IsZero() || t.Booked {
		return
	}
	t.Taken = ""
	t.book(t.At)
}

func (t *turn) book(at time.Time) {
	t.do(flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(t.Room), Name: "book", Data: flows.Data(flows.Booking{Room: t.Room, Slot: flows.TheMeeting,
		From: at, To: at.Add(time.Duration(t.Minutes) * time.Minute), No: t.e.Case.No})})
}

// freeRoom gives the room back.
func (t *turn) freeRoom() {
	if t.Room != "" && t.Booked {
		t.do(flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(t.Room), Name: "free", Data: flows.Data(flows.Booking{Room: t.Room, Slot: flows.TheMeeting})})
	}
	t.Booked, t.Owner, t.Taken = false, false, ""
}

// roomSays is what a room answers.
func (t *turn) roomSays(name string, b flows.Booking) {
	if b.Room != t.Room {
		return
	}
	switch name {
	case "booked":
		t.Taken = ""
		if !t.Later.IsZero() && b.From.Equal(t.Later) {
			t.Booked, t.Owner = true, b.Asked
			t.apply()
			return
		}
		if b.From.Equal(t.At) {
			was := t.Owner
			t.Booked, t.Owner = true, b.Asked
			if t.Stage == Open && was != t.Owner {
				return
			}
		}
	case "taken":
		if !t.Later.IsZero() {
			t.Later = time.Time{}
			t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "room-taken", Vars: t.with(flows.Vars{"taken": flows.Text(cmp.Or(b.Why, "taken"))}), Reply: t.e.By.Person == t.Organiser})
			return
		}
		t.Booked, t.Taken = false, cmp.Or(b.Why, "taken")
	case "lost":
		t.Booked, t.Owner, t.Taken = false, false, "owner"
		if t.Stage == Open {
			t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "room-lost", Vars: t.vars()})
			return
		}
	}
	if t.Stage == Draft {
		t.board()
	}
}

// drop lets go of what nobody has seen yet.
func (t *turn) drop() {
	t.freeRoom()
	if t.Stage == Draft && t.Organiser != "" {
		t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "dropped", Vars: t.vars(), Slot: "board", Tidy: true})
	}
	t.Stage = Gone
}
