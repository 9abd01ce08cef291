package hearing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows"
)

// What people bring to a complaint meeting (吐槽大会): each becomes a demand or a topic, or is
// set aside by the organiser.

// sorted are the kinds of an Issue: what became of it.
const (
	toDemand = "demand"
	toTopic  = "topic"
	toNone   = "none"
)

// maxCollect is how many of the words said beforehand are taken up when a complaint meeting
// begins; a case may ask for 256 entries with one event.
const maxCollect = 200

// collect makes complaints of what was said beforehand, when a complaint meeting begins: what
// somebody wrote at home leads to something as well as what is said in the room.
func (t *turn) collect() {
	before := t.Before
	t.Before, t.Issue = nil, slices.Clone(t.Issue)
	for _, n := range before {
		x, ok := t.itemOf(n)
		if !ok || x.Gone {
			t.Before = append(t.Before, n)
			continue
		}
		x.Kind = "complaint"
		t.Issue = append(t.Issue, Issue{Item: n})
		t.putItem(n, x)
		t.sort(n, x)
	}
}

// complaint is what is brought to a complaint meeting: by whom, or put down by the
// organiser for somebody.
func (t *turn) complaint(text string, by flows.PersonID, ref string) {
	if t.Form != flows.Complaints || t.Stage != Meeting && t.Stage != Minutes {
		t.holds()
		return
	}
	r := t.e.Reading
	if ref != "" && r.Item == "" && r.Demand < t.e.Settings.Limits.Maybe {
		return // in a group people also say good evening
	}
	if t.full() {
		return
	}
	if by == "" {
		text = unnamed(text)
	}
	x := Item{Kind: "complaint", By: by, Text: text, At: t.e.At, Ref: ref}
	t.about(&x)
	n := t.item(x)
	if by != "" {
		part, tag := t.mine()
		part.Items = append(slices.Clone(part.Items), n)
		if tag == "" {
			tag, part.At = TagSpeak, t.e.At
		}
		t.keep(part, tag)
		if ref == "" {
			t.reply("said-complaint", nil, flows.Button{Words: "b-unsay", Choice: "unsay=" + itoa(n)})
		}
	}
	t.redraft()
	t.sort(n, x)
}

// about notes what something that was brought is about, and where, as it was read: a tap
// later makes a demand of it.
func (t *turn) about(x *Item) {
	r := t.e.Reading
	x.Matter, x.About, x.Where = r.Item, r.About, r.Place
	if x.Where.Room = ""; x.By != "" && !x.Where.Known() {
		x.Where.Building = t.e.By.Home.Building
	}
}

// sort asks whoever leads the meeting what is to become of something. Nobody is shown a
// complaint about themself.
func (t *turn) sort(n int, x Item) {
	buttons := []flows.Button{{Words: "b-file", Choice: "file=" + itoa(n)}}
	if t.debatable(x) {
		buttons = append(buttons, flows.Button{Words: "b-raise", Choice: "raise=" + itoa(n)})
	}
	buttons = append(buttons, flows.Button{Words: "b-skip", Choice: "skip=" + itoa(n)})
	t.do(flows.Say{To: flows.To{Person: t.sorter(x)}, Class: flows.Personal, Reply: true, Words: "brought", Slot: "brought-" + itoa(n),
		Vars: t.with(flows.Vars{"text": flows.Text(x.Text), "n": flows.Num(n)}), Buttons: buttons})
}

// sorter is who decides what becomes of something: the organiser, or where it is about them
// somebody else of the committee.
func (t *turn) sorter(x Item) flows.PersonID {
	about := t.e.Settings.Complained(x.About, x.Where)
	list := []flows.PersonID{t.Organiser, t.Chair}
	for _, r := range []flows.Role{flows.Head, flows.Secretary, flows.Staff} {
		list = append(list, t.e.Settings.With(r, flows.Everywhere)...)
	}
	for _, p := range list {
		if p != "" && !slices.Contains(about, p) {
			return p
		}
	}
	return t.Organiser
}

// unsorted closes the card of something that was taken back, or sorted.
func (t *turn) unsorted(n int, x Item, words string) {
	t.do(flows.Say{To: flows.To{Person: t.sorter(x)}, Class: flows.Personal, Reply: true, Words: words, Slot: "brought-" + itoa(n), Vars: t.with(flows.Vars{"n": flows.Num(n)}), Tidy: true})
}

// debatable says that something may come before a hearing: no complaint about a person,
// nothing of one household.
func (t *turn) debatable(x Item) bool {
	it, ok := t.e.Settings.Item(x.Matter)
	return flows.Aloud(x.About) && (!ok || flows.Aloud(it.About) && !it.Private && it.Level != flows.AtRoom)
}

// issue gives what was brought under a number and led to nothing yet.
func (t *turn) issue(n int) (x Item, i int) {
	x, ok := t.itemOf(n)
	i = slices.IndexFunc(t.Issue, func(s Issue) bool { return s.Item == n })
	if !ok || x.Gone || i < 0 || t.Issue[i].Kind != "" || slices.Contains(t.e.Settings.Complained(x.About, x.Where), t.e.By.Person) {
		t.toast("sorted-already", nil)
		return x, -1
	}
	t.Issue = slices.Clone(t.Issue)
	return x, i
}

// raise makes a topic of what was brought.
func (t *turn) raise(n int) {
	x, i := t.issue(n)
	if i < 0 {
		return
	}
	if !t.debatable(x) {
		t.toast("not-debatable", nil)
		return
	}
	t.Issue[i].Kind = toTopic
	t.do(flows.Open{Flow: Name, Apart: true, Data: flows.Data(flows.Topic{Text: unnamed(x.Text), Place: x.Where, Why: "open", By: t.e.By.Person, Author: x.By})})
	t.redraft()
	t.unsorted(n, x, "brought-topic")
	t.toast("raised", nil)
}

// unnamed takes away who is said to have said it, "孙大爷：东门口…".
func unnamed(text string) string {
	if who, rest, ok := strings.Cut(strings.Replace(text, ":", "：", 1), "："); ok && utf8.RuneCountInString(who) <= 8 && strings.TrimSpace(rest) != "" && !strings.ContainsAny(who, "0123456789") {
		return strings.TrimSpace(rest)
	}
	return text
}

// file makes a demand of what was brought.
func (t *turn) file(n int) {
	x, i := t.issue(n)
	if i < 0 {
		return
	}
	t.Issue[i].Kind = toDemand
	t.do(flows.Open{Flow: "demand", Apart: true, Data: flows.Data(flows.Brought{Meeting: t.e.Case.ID, Matter: x.Matter, About: x.About, Text: x.Text, Place: x.Where, By: x.By})})
	t.redraft()
	t.unsorted(n, x, "brought-filed")
	t.toast("filed", nil)
}

// skip sets aside what is nothing to be followed up.
func (t *turn) skip(n int) {
	x, i := t.issue(n)
	if i < 0 {
		return
	}
	t.Issue[i].Kind = toNone
	t.redraft()
	t.unsorted(n, x, "brought-none")
	t.toast("skipped", nil)
}

// open are the numbers of what was brought and led to nothing yet.
func (s State) open() (list []string) {
	for _, i := range s.Issue {
		if i.Kind == "" {
			list = append(list, itoa(i.Item))
		}
	}
	return list
}

// filed is the number of the demand that came of something.
func (t *turn) filed(from flows.ID, no int) {
	t.Issue = slices.Clone(t.Issue)
	for i := range t.Issue {
		if t.Issue[i].Kind == toDemand && t.Issue[i].Case == "" {
			t.Issue[i].Case, t.Issue[i].No = from, no
			t.redraft()
			return
		}
	}
}
