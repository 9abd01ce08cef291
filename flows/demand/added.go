package demand

import (
	"fmt"
	"linli/flows"
	"slices"
	"strings"
)

// What people add to a case after its first words: an answer, another wording, a
// place, more photos.

// said takes what the reporter says for this case: an answer to a question, a
// new wording, a line with the rating.
func (t *turn) said(w flows.Said) {
	if w.Edited {
		t.edited(w)
		return
	}
	if w.Tag != "" && t.e.By.Person != t.Reporter {
		t.reply("now-"+t.stageWords(), nil) // they were asked, and have left it to others since
		return
	}
	switch w.Tag {
	case "answer":
		t.add(w.Message)
		t.toJob("answer", flows.TaskUpdate{Text: w.Message.Text, Media: w.Message.Media})
		t.reply("thanks-answer", nil)
	case "line":
		t.add(w.Message)
		if t.Rated == "bad" {
			t.toJob("more", flows.TaskUpdate{Text: t.Words, Media: t.Media, People: t.people()})
		}
		t.reply("thanks-line", nil)
	default:
		t.more(w)
	}
}

// edited takes a new wording of the message the case was opened with, or of
// something added later.
func (t *turn) edited(w flows.Said) {
	r := t.e.Reading
	text := cut(w.Message.Text)
	mine := t.Reporter != "" && t.e.By.Person == t.Reporter // who was let go of is nobody's reporter
	if !mine {
		t.rephrased(text)
	} else if sameRef(w.Message.Ref, t.Ref) && t.First != "" && text != t.First {
		t.Words = cut(strings.Replace(t.Words, t.First, text, 1))
		t.First = text
	} else if !strings.Contains(t.Words, text) {
		t.add(w.Message)
	} else {
		return
	}
	if r.Danger != "" && t.Danger == "" {
		// What was an ordinary matter has become dangerous: that is a case of its own.
		t.do(flows.Open{Flow: "demand", Data: flows.Data(Start{Mode: "danger"}), Said: &w})
		return
	}
	if !mine {
		return
	}
	t.corrected(r.Place)
	t.toJob("more", flows.TaskUpdate{Text: t.Words, People: t.people()})
}

// sameRef says that two references name one message: where it stands, behind "@",
// is not always told.
func sameRef(a, b string) bool {
	a, _, _ = strings.Cut(a, "@")
	b, _, _ = strings.Cut(b, "@")
	return a == b
}

// corrected takes another place than the one that is filed.
func (t *turn) corrected(p flows.Place) bool {
	if !p.Known() && p.Unit == "" && p.Floor == 0 && p.Room == "" {
		return false
	}
	if p.Building == "" && p.Spot == "" {
		p.Building = t.Place.Building
	}
	if p.Building == t.Place.Building && p.Unit == "" {
		p.Unit = t.Place.Unit
	}
	if p == t.Place || p.Known() && p.Building == t.Place.Building && p.Unit == t.Place.Unit && p.Floor == 0 && p.Room == "" {
		return false
	}
	t.Place = p
	if t.Stage == Placing {
		t.file()
		return true
	}
	if t.open() {
		t.toJob("moved", flows.TaskUpdate{Place: p, Text: t.Words, People: t.people()})
	}
	return true
}

// more takes a further message of the reporter, or of somebody else who adds to
// the matter.
func (t *turn) more(w flows.Said) {
	if t.e.By.Person != t.Reporter {
		if t.Danger != "" && t.open() {
			t.instruct(t.e.By.Person, t.e.By.Reachable, t.e.Chat, w.Message.Ref)
			if !t.secret() {
				t.follow(&w)
			}
		}
		return
	}
	if !t.add(w.Message) {
		return
	}
	r := t.e.Reading
	t.Urgent = t.Urgent || r.Urgent
	if t.Stage == Placing || t.Stage == Offered || t.Stage == Which || t.Stage == Draft {
		if r.Place.Known() || r.Place.Unit != "" {
			t.Place = r.Place.Within(t.Place)
			if t.Stage == Placing {
				t.file()
			}
		}
		return
	}
	t.fetch()
	if t.Danger != "" && !t.Place.Known() && r.Place.Known() {
		t.Place = r.Place
		t.toJob("moved", flows.TaskUpdate{Place: t.Place, Text: t.Words, People: t.people()})
		return
	}
	if t.corrected(r.Place) && t.Job != "" {
		return // who has the work answers it
	}
	if t.open() {
		t.toJob("more", flows.TaskUpdate{Text: t.Words, Media: t.Media, People: t.people()})
		if t.Album != "" && w.Message.Album == t.Album {
			return // one more of the photos that came with the first message
		}
		t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: t.class(), Words: "added", Vars: t.vars(), Reply: true, Slot: "added"})
	}
}

// longest is how much text a case keeps, in runes.
const longest = 2000

func cut(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), longest)])
}

// add keeps a further message with the words of the case.
func (t *turn) add(m flows.Message) bool {
	changed := false
	if m.Text != "" && !strings.Contains(t.Words, m.Text) && len([]rune(t.Words)) < longest {
		if t.Words != "" {
			t.Words += "／"
		}
		t.Words = cut(t.Words + m.Text)
		changed = true
	}
	for _, x := range m.Media {
		if !slices.ContainsFunc(t.Media, func(y flows.Media) bool { return y.Remote == x.Remote }) && len(t.Media) < 10 {
			t.Media, changed = append(t.Media, x), true
		}
	}
	if m.Point != nil {
		t.Point, changed = m.Point, true
		t.Words = cut(t.Words + fmt.Sprintf("（位置 %.5f,%.5f）", m.Point.Lat, m.Point.Lon))
	}
	return changed
}
