package hearing

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"linli/flows"
)

// Better words for the minutes: a machine is asked for them, the chair reads them before
// anybody else and says whether they stand. Nobody waits for them, and where none come, or
// the chair says nothing, the minutes are the sentences of the draft. What somebody takes
// back takes the words with it that were made of it.

// mostRewords is how often one hearing asks.
const mostRewords = 4

// reword asks for better words for the draft, instead of those there may be. At a complaint
// meeting nobody's words are in the minutes, and there is nothing to be put better.
func (t *turn) reword() {
	t.unword()
	if t.Form == flows.Complaints || t.Reworded >= mostRewords || len(t.Draft) == 0 {
		return
	}
	t.do(flows.Ask{Name: "minutes", Data: flows.Data(flows.MinutesTask{Case: t.e.Case.ID, Sum: t.wording()})})
}

// unword takes the better words away.
func (t *turn) unword() {
	if t.Better != "" {
		t.do(flows.Say{To: flows.To{Person: t.reader()}, Class: flows.Work, Words: "prose-gone", Vars: t.vars(), Slot: "prose", Tidy: true})
	}
	t.Better, t.BetterBy, t.Prose, t.ProseBy = "", "", "", ""
	t.Reworded++
}

// wording names the draft that better words are asked for: it changes with its sentences,
// and whenever words of somebody that stand in it have changed.
func (s State) wording() string {
	sum := sha256.Sum256(flows.Data(s.Draft))
	return hex.EncodeToString(sum[:12]) + "/" + strconv.Itoa(s.Reworded)
}

// reader is who reads better words first: the chair, or who prepares the hearing.
func (t *turn) reader() flows.PersonID {
	if t.Chaired != "" {
		return t.Chaired
	}
	return t.Organiser
}

// reworded shows better words to the one who confirms the minutes.
func (t *turn) reworded(w flows.Answered) {
	d := data[flows.MinutesDraft](w.Data)
	if w.Failed != "" || d.Text == "" || t.Stage != Minutes || d.Sum != t.wording() || t.reader() == "" {
		return
	}
	t.Better, t.BetterBy = d.Text, d.Model
	t.do(flows.Say{To: flows.To{Person: t.reader()}, Class: flows.Work, Words: "prose-offer", Vars: t.with(flows.Vars{"text": flows.Text(d.Text)}), Slot: "prose",
		Buttons: []flows.Button{{Words: "b-prose-use", Choice: "prose=yes"}, {Words: "b-prose-leave", Choice: "prose=no", Row: 1}}})
}

// prose is what the chair says of them.
func (t *turn) prose(yes bool) {
	switch {
	case t.e.By.Person != t.reader():
		t.toast("chair-confirms", nil)
		return
	case t.Better == "" || t.Stage != Minutes:
		t.holds()
		return
	}
	words := "prose-left"
	if yes {
		words = "prose-used"
		t.Prose, t.ProseBy = t.Better, t.BetterBy
	}
	t.Better, t.BetterBy = "", ""
	t.do(flows.Say{To: flows.To{Person: t.reader()}, Class: flows.Work, Words: words, Vars: t.vars(), Slot: "prose", Reply: true})
}
