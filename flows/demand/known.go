package demand

import (
	"time"

	"linli/flows"
)

// A known outage (停水, 停电, 停暖): one case, one notice, and everyone who
// writes becomes a follower. Staff announce it, see how it will read, and
// publish it with one tap.

func (t *turn) notice() {
	t.Stage = Preview
	t.Until = t.e.Reading.Until
	if t.Until.IsZero() || !t.Until.After(t.e.At) {
		t.Until = t.e.At.Add(24 * time.Hour)
	}
	wait := t.e.At.Add(12 * time.Hour)
	if t.Until.Before(wait) {
		wait = t.Until
	}
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Work, Reply: true, Words: "notice-preview", Vars: t.vars(), Slot: "notice",
		Buttons: []flows.Button{{Words: "b-publish", Choice: "publish"}, {Words: "b-discard", Choice: "discard"}}},
		flows.Wake{At: wait, Name: "notice"})
}

func (t *turn) published(yes, staff bool) {
	switch {
	case !staff:
		t.toast("not-yours", nil)
		return
	case t.Stage != Preview, yes && !t.Until.After(t.e.At): // too late, or it is over already
		t.holds()
		return
	}
	words := "notice-published"
	if !yes {
		t.Stage = Gone
		words = "notice-discarded"
	}
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Work, Reply: true, Words: words, Vars: t.vars(), Slot: "notice"})
	if !yes {
		return
	}
	t.Stage = Known
	// The one who announces it is not the one who suffers it.
	t.do(flows.Put{Entry: flows.Entry{Key: string(t.Reporter)}, Delete: true},
		flows.Put{Entry: flows.Entry{Key: string(t.Reporter), Tag: "announcer"}})
	t.do(flows.Say{To: flows.To{Groups: t.scope()}, Class: flows.Notice, Reply: true, Words: "notice", Vars: t.vars(), Slot: "line"},
		flows.Wake{At: t.Until, Name: "until"})
}

func (t *turn) scope() flows.Scope { return t.e.Settings.ScopeOf(t.Place) }

// ended asks staff whether it is over.
func (t *turn) ended() {
	t.Stage = Ended
	t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Personal, Words: "notice-ended", Vars: t.vars(), Slot: t.endSlot(),
		Buttons: []flows.Button{{Words: "b-restored", Choice: "restored"}, {Words: "b-notyet", Choice: "notyet"}}})
}

// endSlot is a new message for every time it is asked: a changed one makes no
// sound.
func (t *turn) endSlot() string { return "ended-" + t.Until.Format("0102-1504") }

func (t *turn) restored(yes, staff bool) {
	switch {
	case !staff:
		t.toast("not-yours", nil)
		return
	case t.Stage != Ended && t.Stage != Known:
		t.holds()
		return
	}
	if !yes {
		// It takes longer: it is asked again in two hours, and who follows it hears so once.
		old := t.endSlot()
		t.Stage, t.Until = Known, t.e.At.Add(2*time.Hour)
		t.toast("notice-longer", nil)
		t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Reply: true, Words: "notice-longer", Vars: t.vars(), Slot: old})
		if !t.Late {
			t.tellFollowers("notice-longer-followers", nil)
		}
		t.Late = true
		t.do(flows.Wake{At: t.Until, Name: "until"})
		return
	}
	t.Stage = Closed
	t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Reply: true, Words: "notice-over", Vars: t.vars(), Slot: t.endSlot()})
	t.tellFollowers("restored", nil)
	t.do(flows.Say{To: flows.To{Groups: t.scope()}, Class: flows.Notice, Words: "group-restored", Vars: t.vars(), Slot: "end"})
}
