package hearing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows"
)

// What people bring to a complaint meeting (吐槽大会): each becomes a demand or a topic.

// complaint is what is brought to a complaint meeting: by whom, or put down by the
// organiser for somebody.
func (t *turn) complaint(text string, by flows.PersonID) {
	if t.Form != flows.Complaints || t.Stage != Meeting && t.Stage != Minutes {
		t.holds()
		return
	}
	if t.full() {
		return
	}
	// What it is about and where, as it was read: a tap later makes a demand of it.
	x := Item{Kind: "complaint", By: by, Text: text, At: t.e.At, Matter: t.e.Reading.Item, Where: t.e.Reading.Place}
	if x.Where.Room = ""; by != "" && !x.Where.Known() {
		x.Where.Building = t.e.By.Home.Building
	}
	n := t.item(x)
	if by != "" {
		part, tag := t.mine()
		part.Items = append(slices.Clone(part.Items), n)
		if tag == "" {
			tag, part.At = TagSpeak, t.e.At
		}
		t.keep(part, tag)
		t.reply("said-complaint", nil, flows.Button{Words: "b-unsay", Choice: "unsay=" + itoa(n)})
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Reply: true, Words: "brought", Vars: t.with(flows.Vars{"text": flows.Text(text), "n": flows.Num(n)}), Buttons: sortButtons(n)})
		return
	}
	t.redraft()
	t.reply("brought", flows.Vars{"text": flows.Text(text), "n": flows.Num(n)}, append(sortButtons(n), flows.Button{Words: "b-undo", Choice: "undo=" + itoa(n), Row: 1})...)
}

func sortButtons(n int) []flows.Button {
	return []flows.Button{{Words: "b-file", Choice: "file=" + itoa(n)}, {Words: "b-raise", Choice: "raise=" + itoa(n)}}
}

// issue gives what was brought under a number and led to nothing yet.
func (t *turn) issue(n int) (x Item, i int) {
	x, ok := t.itemOf(n)
	i = slices.IndexFunc(t.Issue, func(s Issue) bool { return s.Item == n })
	if !ok || x.Gone || i < 0 || t.Issue[i].Kind != "" {
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
	t.Issue[i].Kind = "topic"
	t.do(flows.Open{Flow: Name, Apart: true, Data: flows.Data(flows.Topic{Text: unnamed(x.Text), Place: x.Where, Why: "open", By: t.e.By.Person})})
	t.redraft()
	t.toast("raised", nil)
}

// unnamed takes away who is said to have said it, "孙大爷：东门口…": a topic is for everybody
// to read.
func unnamed(text string) string {
	if who, rest, ok := strings.Cut(text, "："); ok && utf8.RuneCountInString(who) <= 8 && strings.TrimSpace(rest) != "" {
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
	t.Issue[i].Kind = "demand"
	t.do(flows.Open{Flow: "demand", Apart: true, Data: flows.Data(flows.Brought{Meeting: t.e.Case.ID, Matter: x.Matter, Text: x.Text, Place: x.Where, By: x.By})})
	t.redraft()
	t.toast("filed", nil)
}

// filed is the number of the demand that came of something.
func (t *turn) filed(from flows.ID, no int) {
	t.Issue = slices.Clone(t.Issue)
	for i := range t.Issue {
		if t.Issue[i].Kind == "demand" && t.Issue[i].Case == "" {
			t.Issue[i].Case, t.Issue[i].No = from, no
			t.redraft()
			return
		}
	}
}
