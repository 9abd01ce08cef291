package dispatch

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// asked says whether the actor is, or was, one of those asked, or may take
// anything as staff. Somebody complained about is never one of them.
func (t *turn) asked() bool {
	by := t.e.By.Person
	if by == "" || slices.Contains(t.barred(), by) || !t.here(by) {
		return false
	}
	if by == t.Holder || slices.Contains(t.Ladder[:min(t.Rung+1, len(t.Ladder))], by) {
		return true
	}
	if t.Work.Danger != "" && slices.Contains(t.Ladder, by) {
		return true
	}
	return t.e.Settings.May(t.e.By, flows.Review, flows.Everywhere)
}

// holds answers a press that changes nothing with what holds now.
func (t *turn) holds() {
	switch t.Stage {
	case Taken, Waiting:
		if t.Work.Danger != "" {
			t.toast("danger-by")
			return
		}
		t.toast("now-taken")
	case Ended:
		if t.Talked {
			t.toast("now-talked")
			return
		}
		t.toast("now-ended")
	default:
		t.toast("now-" + t.Stage)
	}
}

func (t *turn) chose(w flows.Chose) {
	if t.referChose(w) {
		return
	}
	if !t.asked() {
		t.toast("not-your-grid")
		return
	}
	if !t.open() {
		t.holds()
		return
	}
	if t.Work.Danger != "" && !slices.Contains([]string{"accept", "done", "false"}, w.Choice) {
		t.holds() // nothing else was offered
		return
	}
	switch w.Choice {
	case "accept":
		t.accept()
		return
	case "pass":
		// Handed to the next of the ladder by the one who is reminded.
		if t.Stage != Sent || w.Value != itoa(t.Rung+1) || !t.next(true) {
			t.holds()
		}
		return
	case "notmine", "to", "back", "clause", "class", "plain":
		t.notMine(w)
		return
	case "discuss":
		t.discuss()
		return
	case "help":
		t.help()
		return
	case "takeover":
		t.takeover()
		return
	case "false":
		if t.Work.Danger == "" {
			t.holds()
			return
		}
		t.Holder = t.e.By.Person
		t.Stage = Ended
		t.edit("card-false")
		t.tell("false", flows.TaskNews{Who: t.Holder})
		return
	case "agree", "refuse":
		t.agreed(w.Choice == "agree")
		return
	}
	if t.Stage == Sent || t.e.By.Person != t.Holder {
		if t.Stage == Sent {
			t.toast("first-accept")
		} else {
			t.holds()
		}
		return
	}
	switch w.Choice {
	case "ask":
		if t.Work.Decided {
			t.holds()
			return
		}
		t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: "ask-what", Vars: t.vars(), Expect: "question"})
	case "more", "until", "reason":
		t.moreTime(w)
	case "wait", "for", "when", "nothing":
		t.waitFor(w)
	case "done":
		t.finish(w)
	default:
		t.holds()
	}
}

func (t *turn) accept() {
	switch t.Stage {
	case Taken, Waiting:
		t.holds()
		return
	}
	first := t.holder()
	t.Stage, t.Holder = Taken, t.e.By.Person
	t.Turn++
	t.edit("card-taken")
	if t.Work.Danger != "" {
		for _, p := range t.Ladder {
			if p != t.Holder {
				t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Emergency, Words: "danger-by", Vars: t.vars(), Slot: t.slot(p)})
			}
			if p == first {
				break
			}
		}
	} else if first != t.Holder && first != "" {
		t.do(flows.Say{To: flows.To{Person: first}, Class: flows.Work, Words: "now-taken", Vars: t.vars(), Slot: t.slot(first)})
	}
	t.tell("accepted", flows.TaskNews{Who: t.Holder, Due: t.Due})
}

// edit puts the card of the actor into its new state.
func (t *turn) edit(words string) {
	say := flows.Say{To: flows.To{Person: t.e.By.Person}, Class: t.class(), Reply: true, Words: words, Vars: t.vars(),
		Slot: t.slot(t.e.By.Person)}
	if t.open() {
		say.Buttons = t.working()
	} else {
		say.Expect = flows.ExpectNothing // what they write next is about something else
	}
	if t.Work.Danger != "" {
		switch words {
		case "card-taken":
			say.Words = "danger-mine"
		case "card-done":
			say.Words = "danger-over"
		}
	}
	t.do(say)
}

// longest is how much of an answer is kept, in runes.
const longest = 2000

// said takes the words that a button asked for.
func (t *turn) said(w flows.Said) {
	m := w.Message
	if r := []rune(m.Text); len(r) > longest {
		m.Text = string(r[:longest])
	}
	if !t.open() || t.e.By.Person != t.Holder && w.Tag != "why" && w.Tag != "discuss" {
		return
	}
	switch w.Tag {
	case "question":
		t.questioned("asked")
		t.tell("question", flows.TaskNews{Who: t.Holder, Text: m.Text})
	case "reason":
		t.Why = m.Text
		t.extend("other")
	case "done":
		t.finished(m)
	case "why":
		t.back("", m.Text)
	case "discuss":
		t.discussed(m.Text)
	}
}

// questioned says what became of a question to the resident: one message for each,
// so that who cannot be asked is not said to have been.
func (t *turn) questioned(words string) {
	t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: words, Vars: t.vars(), Slot: "asked-" + itoa(int(t.e.At.UnixMilli()))})
}

// finish asks for a word or a voice note; a photo only where the item needs one.
func (t *turn) finish(w flows.Chose) {
	switch {
	case t.Work.Danger != "":
		t.finished(flows.Message{})
	case w.Value == "plain" && !t.item().Photo:
		t.finished(flows.Message{})
	default:
		var bs []flows.Button
		words := "done-photo"
		if !t.item().Photo {
			words = "done-what"
			bs = []flows.Button{{Words: "b-plain", Choice: "done=plain"}}
		}
		t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: words, Vars: t.vars(), Buttons: bs, Expect: "done", For: 12 * time.Hour, Slot: t.howSlot()})
	}
}

// howSlot is the question how it was done.
func (t *turn) howSlot() string { return "how-" + string(t.Holder) }

func (t *turn) finished(m flows.Message) {
	if t.item().Photo && t.Work.Danger == "" && !slices.ContainsFunc(m.Media, func(x flows.Media) bool { return x.Kind == "photo" }) {
		t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: "done-photo", Vars: t.vars(), Expect: "done", For: 12 * time.Hour})
		return
	}
	t.Stage = Done
	t.edit("card-done")
	t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: t.class(), Reply: true, Tidy: true, Words: "done-what", Vars: t.vars(), Slot: t.howSlot()})
	for _, x := range m.Media {
		if x.Hash == "" && x.Remote != "" {
			t.do(flows.Ask{Name: "fetch", Data: flows.Data(x)})
		}
	}
	t.tell("done", flows.TaskNews{Who: t.Holder, Text: strings.TrimRight(m.Text, "。.!！ \n"), Media: m.Media})
}

// told takes what the parent says.
func (t *turn) told(w flows.Told) {
	if t.referTold(w) {
		return
	}
	u := data[flows.TaskUpdate](w.Data)
	switch w.Name {
	case "withdrawn", "closed":
		if t.Stage == Ended {
			return
		}
		was := t.Stage
		if w.Name == "closed" && t.open() && t.Work.Danger == "" {
			t.talked()
		}
		t.Stage = Ended
		if w.Name == "withdrawn" && was != Done && was != Returned && t.holder() != "" {
			t.do(flows.Say{To: flows.To{Person: t.holder()}, Class: t.class(), Words: "card-withdrawn", Vars: t.vars(), Slot: t.slot(t.holder())})
		}
		return
	}
	if !t.open() {
		return
	}
	if u.People > 0 {
		t.Work.People = u.People
	}
	switch w.Name {
	case "people":
		t.refresh()
	case "more":
		if u.Text != "" && u.Text != t.Work.Text {
			t.Work.Text = u.Text
		}
		have := len(t.Work.Media)
		t.Work.Media = merge(t.Work.Media, u.Media)
		t.refresh()
		if added := t.Work.Media[have:]; len(added) > 0 && t.holder() != "" {
			// A changed message shows no new photo, so it comes as one of its own.
			t.do(flows.Say{To: flows.To{Person: t.holder()}, Class: t.class(), Words: "media", Vars: t.vars(), Media: added, Along: true})
		}
	case "unasked":
		if t.Holder != "" { // who asked may have handed it on since
			t.questioned("unasked")
		}
	case "answer":
		if t.holder() == "" {
			return
		}
		t.do(flows.Say{To: flows.To{Person: t.holder()}, Class: t.class(), Words: "answered", Vars: t.with("text", flows.Text(u.Text)), Media: u.Media})
	case "moved":
		t.moved(u)
	}
}

func merge(have, add []flows.Media) []flows.Media {
	for _, m := range add {
		if !slices.ContainsFunc(have, func(x flows.Media) bool { return x.Remote == m.Remote }) {
			have = append(have, m)
		}
	}
	return have
}

// refresh shows on the card what has become known.
func (t *turn) refresh() {
	p := t.holder()
	if p == "" {
		return
	}
	words := "card"
	switch {
	case t.Work.Danger != "" && t.Stage != Sent:
		words = "danger-mine"
	case t.Work.Danger != "":
		words = "danger-card"
	case t.Stage != Sent:
		words = "card-taken"
	case t.Work.Second:
		words = "card-second-" + t.Work.Why
	}
	t.do(flows.Say{To: flows.To{Person: p}, Class: t.class(), Words: words, Vars: t.vars(), Media: t.Work.Media, Slot: t.slot(p),
		Buttons: t.buttons()})
}

// moved takes another place: if it lies in another grid, somebody else is asked.
func (t *turn) moved(u flows.TaskUpdate) {
	old := t.holder()
	t.Work.Place = u.Place
	if u.Text != "" {
		t.Work.Text = u.Text
	}
	if t.Work.Danger != "" {
		t.refresh()
		t.tell("placed", flows.TaskNews{Who: old, Due: t.Due})
		return
	}
	if rest := t.Rung + 1; rest < len(t.Ladder) { // there, it may be about who would have been next
		barred := t.barred()
		t.Ladder = slices.Concat(t.Ladder[:rest], slices.DeleteFunc(slices.Clone(t.Ladder[rest:]), func(p flows.PersonID) bool { return slices.Contains(barred, p) }))
	}
	ladder := t.e.Settings.Ladder(t.item(), u.Place, t.Work.About, t.e.At)
	ladder = slices.DeleteFunc(ladder, func(p flows.PersonID) bool { return slices.Contains(t.Work.Except, p) || !t.here(p) })
	if t.Work.To != "" {
		ladder = nil // who does it was chosen, wherever it is
	}
	if len(ladder) > 0 && slices.Contains(t.barred(), old) {
		t.Stage, t.Holder = Sent, "" // there, it is a complaint about whoever has it
	}
	if t.Stage != Sent || len(ladder) == 0 || ladder[0] == old || t.Rung > 0 && slices.Contains(ladder, old) {
		t.refresh()
		t.tell("placed", flows.TaskNews{Who: old, Due: t.Due})
		return
	}
	if old == "" {
		t.Due = t.promise() // nobody had it: it begins now
	} else {
		t.do(flows.Say{To: flows.To{Person: old}, Class: flows.Work, Words: "passed", Vars: t.with("who", flows.Who(ladder[0])), Slot: t.slot(old)})
	}
	t.Ladder, t.Rung, t.Accept = ladder, 0, t.within(t.item().Accept)
	t.tell("placed", flows.TaskNews{Who: ladder[0], Due: t.Due})
	t.ask()
}
