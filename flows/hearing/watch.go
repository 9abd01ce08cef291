package hearing

import (
	"slices"

	"linli/flows"
)

// Supervision: the supervision committee sees all of it and may object. An objection stops
// what would bring the hearing further until it is lifted.

// watched lets those who supervise know what has been done, where they are not the ones who
// do it, and how to object.
func (t *turn) watched(words string) {
	t.do(flows.Say{To: flows.To{Role: flows.Supervisor, Scope: t.Scope, Except: t.leading()}, Class: flows.Work, Words: words, Vars: t.vars(), Slot: words + "-" + itoa(t.Version),
		Buttons: []flows.Button{{Words: "b-object", Choice: "object"}, {Words: "b-page", Link: "page"}}})
}

// object is what the supervision committee has against it: nothing goes on before it is
// lifted, and everybody sees why.
func (t *turn) object(why string) {
	if !t.watching() || t.Frozen != nil || t.over() {
		t.reply("holds", nil)
		return
	}
	t.Frozen = &Objection{By: t.e.By.Person, At: t.e.At, Why: why}
	t.reply("objected", nil)
	buttons := []flows.Button{{Words: "b-respond", Choice: "respond"}}
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "objection", Vars: t.vars(), Buttons: buttons, Slot: t.slotObjection()})
	t.do(flows.Say{To: flows.To{Role: flows.Secretary, Scope: flows.Everywhere, Except: []flows.PersonID{t.Organiser, t.e.By.Person}}, Class: flows.Work, Words: "objection", Vars: t.vars(), Buttons: buttons, Slot: t.slotObjection()})
	if t.Chair != t.Organiser && t.Stage == Meeting {
		t.do(flows.Say{To: flows.To{Person: t.Chair}, Class: flows.Work, Words: "objection", Vars: t.vars(), Slot: t.slotObjection()})
	}
	if t.Stage == Notice || t.Stage == Meeting {
		t.everybody("frozen")
	}
}

func (t *turn) slotObjection() string { return "objection-" + itoa(len(t.Objected)) }

// respond is what the residents' committee answers.
func (t *turn) respond(text string) {
	if t.Frozen == nil {
		t.reply("holds", nil)
		return
	}
	f := *t.Frozen
	f.Reply = text
	t.Frozen = &f
	t.reply("responded", nil)
	t.do(flows.Say{To: flows.To{Role: flows.Supervisor, Scope: flows.Everywhere}, Class: flows.Work, Words: "response", Vars: t.vars(), Slot: t.slotObjection(), Buttons: []flows.Button{{Words: "b-lift", Choice: "lift"}}})
}

// lift ends an objection. Any supervisor can, and nobody else; where nobody supervises any
// more, the secretary can.
func (t *turn) lift() {
	orphan := len(t.e.Settings.With(flows.Supervisor, t.Scope)) == 0 && t.e.By.Holds(flows.Secretary)
	if !t.watching() && !orphan {
		t.toast("not-supervisor", nil)
		return
	}
	if t.Frozen == nil {
		t.holds()
		return
	}
	slot := t.slotObjection()
	f := *t.Frozen
	f.Lifted = t.e.At
	t.Objected, t.Frozen = append(slices.Clone(t.Objected), f), nil
	t.redraft()
	t.toast("lifted", nil)
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "lifted-card", Vars: t.vars(), Slot: slot})
	if t.Stage == Notice && t.From.After(t.e.At) || t.Stage == Meeting {
		t.everybody("unfrozen", t.comingButtons()[:1]...)
	}
	if t.Stage == Waiting && !t.e.At.Before(t.listLeaves()) {
		t.review()
		return
	}
	t.board(false)
}

// weekly looks once a week after what stands still: whose turn it is hears of it, and from the
// second week on the head.
func (t *turn) weekly(n int) {
	if t.over() || t.Stage == Offered {
		return
	}
	t.do(t.wake(t.e.At.AddDate(0, 0, 7), "weekly-"+itoa(n+1)))
	still := false
	switch t.Stage {
	case Review:
		if t.e.At.After(t.Vetted.Due.AddDate(0, 0, 3)) {
			t.unvetted()
		}
		return
	case Upward:
		still = t.Report.Answer != "" || t.e.At.After(t.Report.Next.AddDate(0, 0, 1))
	case Planning, Set:
		still = true
	case Minutes:
		if t.Due.IsZero() || t.e.At.After(t.Due.AddDate(0, 0, 3)) {
			t.unpublished(1)
		}
		return
	case Waiting, Tasks:
		still = t.Frozen != nil
	}
	if !still {
		return
	}
	buttons := []flows.Button{{Words: "b-board", Choice: "board"}}
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "still", Vars: t.vars(), Bundle: true, Buttons: buttons})
	if n > 1 {
		t.do(flows.Say{To: flows.To{Role: flows.Head, Scope: flows.Everywhere, Except: t.organising()}, Class: flows.Work, Words: "still", Vars: t.vars(), Bundle: true, Buttons: buttons})
	}
	if t.Frozen != nil {
		t.do(flows.Say{To: flows.To{Role: flows.Supervisor, Scope: t.Scope}, Class: flows.Work, Words: "still", Vars: t.vars(), Bundle: true, Buttons: []flows.Button{{Words: "b-lift", Choice: "lift"}}})
	}
}
