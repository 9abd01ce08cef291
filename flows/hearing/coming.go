package hearing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// Who comes, who waits for a seat, what people say beforehand, and who is there.

// coming says whether answers are taken.
func (t *turn) coming() bool { return t.Stage == Notice || t.Stage == Meeting }

// outside says that the meeting is for others than the actor.
func (t *turn) outside() bool {
	b := t.e.By.Home.Building
	return b != "" && t.e.Entry == nil && len(t.e.By.Posts) == 0 && !t.e.Settings.Contains(t.Scope, flows.Scope{Building: b})
}

// answer is whether somebody comes.
func (t *turn) answer(choice string) {
	part, tag := t.mine()
	switch {
	case !t.coming():
		t.holds()
		return
	case t.outside():
		t.toast("outside", nil)
		return
	case tag == TagHere:
		t.toast("here-already", nil)
		return
	}
	part.At, part.Proxy = t.e.At, ""
	switch choice {
	case "nocome":
		t.leaveSeat(part, tag)
		part.Reserved = false
		t.keep(part, TagNo)
		t.toast("not-coming", nil)
	case "kept":
		if tag == TagYes {
			t.toast("coming", nil)
			return
		}
		if t.Freed || t.Kept == 0 || t.Taken.Kept >= t.Kept {
			t.seat(part, tag, TagYes)
			return
		}
		t.leaveSeat(part, tag)
		part.Reserved = true
		t.Taken.Seats, t.Taken.Kept = t.Taken.Seats+1, t.Taken.Kept+1
		t.keep(part, TagYes)
		t.toast("coming", nil)
	default:
		if tag == TagYes {
			t.toast("coming", nil)
			return
		}
		t.seat(part, tag, TagYes)
	}
}

// seated says that a tag takes a seat.
func seated(tag string) bool { return tag == TagYes || tag == TagProxy }

// room says whether a seat that is for everybody is free.
func (t *turn) freeSeat() bool {
	if t.Seats == 0 {
		return true
	}
	if t.Freed {
		return t.Taken.Seats < t.Seats
	}
	return t.Taken.Seats-t.Taken.Kept < t.Seats-t.Kept
}

// seat gives the actor a seat, or a place in the row of those who wait.
func (t *turn) seat(part Part, was, tag string) {
	if seated(was) { // they change who sits there
		t.keep(part, tag)
		t.toast("coming", nil)
		return
	}
	if !t.freeSeat() {
		t.keep(part, TagWait)
		if t.Kept > t.Taken.Kept && !t.Freed {
			t.reply("full-kept", nil, flows.Button{Words: "b-kept", Choice: "kept"}, flows.Button{Words: "b-nocome", Choice: "nocome"})
			return
		}
		t.toast("full", nil)
		return
	}
	t.Taken.Seats++
	t.keep(part, tag)
	t.toast("coming", nil)
}

// leaveSeat gives back the seat of somebody, and asks for who waits.
func (t *turn) leaveSeat(part Part, tag string) {
	if !seated(tag) {
		return
	}
	t.Taken.Seats = max(0, t.Taken.Seats-1)
	if part.Reserved {
		t.Taken.Kept = max(0, t.Taken.Kept-1)
	}
	t.nextWaiting()
}

// nextWaiting asks for the first of those who wait, if there is a seat.
func (t *turn) nextWaiting() {
	if t.freeSeat() && t.e.Counts[TagWait] > 0 && t.coming() {
		t.do(flows.Next{Tag: TagWait, N: 1})
	}
}

// promote gives the first of those who wait a seat.
func (t *turn) promote(list []flows.Entry) {
	if len(list) == 0 || !t.freeSeat() || !t.coming() {
		return
	}
	e := list[0]
	t.Taken.Seats++
	t.do(flows.Put{Entry: flows.Entry{Key: e.Key, Tag: TagYes, Order: t.e.At.UnixMilli(), Data: e.Data}},
		flows.Say{To: flows.To{Person: flows.PersonID(e.Key)}, Class: flows.Personal, Words: "seat", Vars: t.vars(), Until: t.From,
			Buttons: []flows.Button{{Words: "b-nocome", Choice: "nocome"}, {Words: "b-page", Link: "page"}}})
	if t.freeSeat() && t.e.Counts[TagWait] > 1 {
		t.do(flows.Next{Tag: TagWait, N: 1})
	}
}

// release opens the seats that were kept to everybody.
func (t *turn) release() {
	t.Freed = true
	t.nextWaiting()
}

// proxy is who speaks for the actor.
func (t *turn) proxy(text string) {
	part, tag := t.mine()
	switch {
	case !t.coming():
		t.reply("holds", nil)
		return
	case t.outside():
		t.reply("outside", nil)
		return
	case tag == TagHere:
		t.reply("here-already", nil)
		return
	}
	part.At, part.Proxy = t.e.At, line(text, maxTopic)
	t.seat(part, tag, TagProxy)
}

// speaking says whether something said is taken now.
func (t *turn) speaking() bool {
	switch t.Stage {
	case Planning, Asking, Set, Notice, Meeting:
		return true
	}
	return false
}

// sayWords takes what somebody has said: beforehand, to be read out, or in the meeting to
// the point that is being talked about.
func (t *turn) sayWords(text, ref string) {
	part, tag := t.mine()
	if !t.speaking() {
		t.reply("holds", nil)
		return
	}
	if t.outside() {
		t.reply("outside", nil)
		return
	}
	if len(part.Items) >= maxSaid || t.Last >= maxItems {
		t.reply("said-much", nil)
		return
	}
	if t.Form == flows.Complaints && t.Stage == Meeting {
		t.complaint(text, t.e.By.Person, ref)
		return
	}
	item := Item{Kind: "before", By: t.e.By.Person, Where: flows.Place{Building: t.e.By.Home.Building}, Text: text, At: t.e.At, Ref: ref}
	if part.Named {
		item.Name = t.e.By.Name
	}
	switch {
	case t.Stage == Meeting:
		item.Kind, item.Point = "said", t.At
	case t.Form == flows.Complaints:
		t.about(&item)
	}
	n := t.item(item)
	part.Items = append(slices.Clone(part.Items), n)
	if tag == "" {
		tag, part.At = TagSpeak, t.e.At
	}
	t.keep(part, tag)
	if ref != "" {
		return // a sign on the message says so
	}
	buttons := []flows.Button{{Words: "b-unsay", Choice: "unsay=" + itoa(n)}}
	if !part.Named {
		buttons = append(buttons, flows.Button{Words: "b-named", Choice: "named"})
	} else {
		buttons = append(buttons, flows.Button{Words: "b-unnamed", Choice: "unnamed"})
	}
	t.reply("said-"+item.Kind, nil, buttons...)
}

// item puts a line of the record, and gives its number.
func (t *turn) item(x Item) int {
	t.Last++
	n := t.Last
	switch {
	case x.Kind == "before":
		t.Before = append(slices.Clone(t.Before), n)
	case x.Kind == "complaint":
		t.Issue = append(slices.Clone(t.Issue), Issue{Item: n})
	case x.Kind == "said" && x.Point > 0 && x.Point <= len(t.Points):
		t.Points = slices.Clone(t.Points)
		p := &t.Points[x.Point-1]
		p.Items = append(slices.Clone(p.Items), n)
	}
	t.do(flows.Put{Entry: flows.Entry{Key: ItemKey(n), Tag: ItemTag(x.tag()), Order: int64(n), Data: flows.Data(x)}})
	return n
}

// tag is the point under which an item is found, see [ItemTag].
func (x Item) tag() int {
	if x.Kind == "dissent" {
		return -1
	}
	return x.Point
}

// itemOf is an item the rules were given with the event.
func (t *turn) itemOf(n int) (x Item, ok bool) {
	e, ok := t.e.Entries[ItemKey(n)]
	return data[Item](e.Data), ok
}

func (t *turn) putItem(n int, x Item) {
	if x.Kind != "dissent" && len(t.Draft) > 0 {
		t.unword() // what is said here now is not what they were made of
	}
	t.do(flows.Put{Entry: flows.Entry{Key: ItemKey(n), Tag: ItemTag(x.tag()), Order: int64(n), Data: flows.Data(x)}})
}

// unsay takes back what somebody has said: nothing of it is left. Where it is published
// already, that there was something stays.
func (t *turn) unsay(value string) {
	n := number(value)
	x, ok := t.itemOf(n)
	if !ok || x.By != t.e.By.Person || x.Gone || x.Kind == "dissent" {
		t.toast("not-said", nil)
		return
	}
	if i := slices.IndexFunc(t.Issue, func(s Issue) bool { return s.Item == n }); i >= 0 && (t.Issue[i].Kind == toDemand || t.Issue[i].Kind == toTopic) {
		t.toast("unsay-there", nil) // it is a case of its own by now, and is taken back there
		return
	}
	part, tag := t.mine()
	t.strike(n, x)
	if tag != "" {
		part.Items = slices.DeleteFunc(slices.Clone(part.Items), func(k int) bool { return k == n })
		t.keep(part, tag)
	}
	t.toast("unsaid", nil)
}

// strike takes the words of an item away, and before the minutes are published the item.
func (t *turn) strike(n int, x Item) {
	t.putItem(n, Item{Kind: x.Kind, Point: x.Point, At: flows.Clock(0).On(x.At), Gone: true})
	if x.Kind == "complaint" && !x.Gone {
		t.unsorted(n, x, "brought-gone")
	}
	if !t.Published.IsZero() {
		return
	}
	not := func(k int) bool { return k == n }
	t.Before = slices.DeleteFunc(slices.Clone(t.Before), not)
	t.Points = slices.Clone(t.Points)
	for i := range t.Points {
		t.Points[i].Items = slices.DeleteFunc(slices.Clone(t.Points[i].Items), not)
	}
	t.Issue = slices.DeleteFunc(slices.Clone(t.Issue), func(s Issue) bool { return s.Item == n && s.Kind == "" })
	t.redraft()
}

// named lets a name stand with what somebody has said, or takes it away.
func (t *turn) named(yes bool) {
	part, tag := t.mine()
	if tag == "" || len(part.Items) == 0 || t.over() {
		t.holds()
		return
	}
	part.Named = yes
	for _, n := range part.Items {
		x, ok := t.itemOf(n)
		if !ok || x.Gone || x.By != t.e.By.Person || x.Kind == "dissent" { // nobody is shown who does not agree
			continue
		}
		if x.Name = ""; yes {
			x.Name = t.e.By.Name
		}
		t.putItem(n, x)
	}
	t.keep(part, tag)
	if yes {
		t.toast("named", flows.Vars{"name": flows.Text(t.e.By.Name)})
		return
	}
	t.toast("unnamed", nil)
}

// present says whether people can check in: from an hour before the beginning.
func (t *turn) present() bool {
	return t.Stage == Meeting || t.Stage == Notice && !t.e.At.Before(t.From.Add(-time.Hour))
}

// mostTries is how often somebody may say a wrong code.
const mostTries = 5

// here checks in who says the code that hangs at the door.
func (t *turn) here(said string) {
	part, tag := t.mine()
	switch {
	case !t.present():
		t.toast("holds", nil)
	case tag == TagHere:
		t.toast("here-already", nil)
	case t.Group != "":
		t.holds() // who wants to speak in the group is there
	case part.Tries >= mostTries:
		t.toast("code-many", nil)
	case flows.Digits(said) != t.Code || t.Code == "":
		part.Tries++
		t.keep(part, cmp.Or(tag, TagSpeak))
		t.toast("code-wrong", nil)
	default:
		t.arrive(string(t.e.By.Person), part, tag)
		t.toast("here", nil)
	}
}

// arrive notes that somebody is there.
func (t *turn) arrive(key string, part Part, was string) {
	if !seated(was) {
		t.Taken.Seats++
	}
	part.Was, part.At = was, t.e.At
	t.Came++
	t.do(flows.Put{Entry: flows.Entry{Key: key, Tag: TagHere, Order: t.e.At.UnixMilli(), Data: flows.Data(part)}})
}

// checkIn notes for the organiser that somebody is there who has said that they come.
func (t *turn) checkIn(p flows.PersonID) {
	e, ok := t.e.Entries[string(p)]
	switch {
	case !t.present() || !ok || e.Tag == TagHere || t.Group != "" || strings.Contains(e.Key, "/"):
		t.holds()
	default:
		t.arrive(e.Key, data[Part](e.Data), e.Tag)
		t.toast("checked-in", nil)
	}
}

// guests are people without a telephone, whom the organiser puts down by the names of the
// sheet.
func (t *turn) guests(text string) {
	names := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、，,；;\n\t ", r) })
	if !t.present() && t.Stage != Minutes || t.Last+len(names) > maxItems {
		t.holds()
		return
	}
	n := 0
	for _, name := range names {
		if name = line(name, 20); name != "" {
			t.item(Item{Kind: "guest", Name: name, At: t.e.At})
			n++
		}
	}
	t.Came, t.Guests = t.Came+n, t.Guests+n
	if t.Stage == Minutes {
		t.draft()
	}
	t.reply("guests-in", flows.Vars{"n": flows.Num(n)})
}

// away takes back that people are there, where the date they have come to is another one: they
// have said that they come.
func (t *turn) away(list []flows.Entry, after string) {
	for _, e := range list {
		part := data[Part](e.Data)
		tag := part.Was
		if !seated(tag) {
			tag = TagYes // the seat that they have taken stays theirs
		}
		part.Was = ""
		t.Came = max(0, t.Came-1)
		t.do(flows.Put{Entry: flows.Entry{Key: e.Key, Tag: tag, Order: e.Order, Data: flows.Data(part)}})
	}
	if after != "" {
		t.do(flows.Next{Tag: TagHere, N: 100, After: after})
	}
}
