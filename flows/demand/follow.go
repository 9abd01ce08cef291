package demand

import (
	"linli/flows"
)

// Followers: the same matter, said by others.

// same takes somebody who reported what is open already.
func (t *turn) same(w *flows.Said) {
	by := t.e.By
	if by.Person == t.Reporter {
		if w != nil {
			t.more(*w)
		}
		return
	}
	if t.e.Entry != nil {
		return // they follow it already, and know
	}
	if !by.Consent {
		// Nothing they said is kept before the tap. In the group the line with
		// "我也是" is there to be tapped; where they can be asked in private, they are.
		if by.Reachable {
			t.do(flows.Say{To: flows.To{Person: by.Person}, Class: t.class(), Reply: true, Words: "offer-follow",
				Vars: t.vars(), Slot: "follow", Until: t.e.At.Add(t.e.Settings.Limits.Offer), Buttons: []flows.Button{{Words: "b-also", Choice: "also"}}})
		}
		return
	}
	t.follow(w)
}

// follow makes the actor a follower.
func (t *turn) follow(w *flows.Said) {
	by := t.e.By
	if by.Person == "" || by.Person == t.Reporter || t.e.Entry != nil {
		return
	}
	text := ""
	if w != nil && !w.Message.Forwarded {
		text = w.Message.Text
	}
	t.put("follower", by.Person, text)
	n := t.people() + 1
	t.joined++
	words := "following"
	switch t.Stage {
	case Known:
		words = "following-known"
	case Talked:
		words = "following-talked"
	}
	if t.Danger == "" { // in a danger they have just been told what to do
		t.do(flows.Say{To: flows.To{Person: by.Person}, Class: flows.Personal, Reply: true, Words: words, Vars: t.with("n", flows.Num(n)), Slot: "receipt"})
	}
	if w != nil && !w.Direct && t.e.Chat.ID == t.Group {
		t.signOn(w.Message.Ref, "heard")
	}
	t.groupLine(n)
	t.toJob("people", flows.TaskUpdate{People: n, Text: text})
	t.concerned(by.Person)
	t.moot()
}

// rephrased takes a new wording of somebody who only follows it: it stays with
// their entry, and goes with them.
func (t *turn) rephrased(text string) {
	if x := t.e.Entry; x != nil && x.Tag == "follower" {
		t.do(flows.Put{Entry: flows.Entry{Key: x.Key, Tag: x.Tag, Order: x.Order, Data: flows.Data(wrote{Text: text})}})
	}
}

// also is the button "我也是".
func (t *turn) also() {
	by := t.e.By
	yes := true
	switch {
	case !t.open() && t.Stage != Done || t.secret() || t.hidden():
		t.holds()
	case by.Person == t.Reporter:
		t.toast("yours", nil)
	case t.e.Entry != nil:
		t.toast("following-already", flows.Vars{"n": flows.Num(t.people())})
	default:
		n := t.people() + 1
		t.put("follower", by.Person, "")
		t.do(flows.Remember{Person: by.Person, Consent: &yes})
		t.joined++
		words := "following-toast"
		switch {
		case !by.Reachable && !t.mute():
			words = "following-toast-group" // they cannot be told in private
		case t.Stage == Talked:
			words = "following-talked"
		}
		t.toast(words, flows.Vars{"n": flows.Num(n)})
		t.groupLine(n)
		t.toJob("people", flows.TaskUpdate{People: n})
		t.concerned(by.Person)
		t.moot()
	}
}

// withdraw takes the reporter out: the case ends, or goes on for those who
// follow it.
func (t *turn) withdraw() {
	switch t.e.By.Person {
	case t.Reporter:
	case t.Left:
		t.toast("withdrawn-others", nil)
		return
	default:
		t.toast("not-asked", nil)
		return
	}
	if !t.open() && t.Stage != Placing && t.Stage != Which {
		t.holds()
		return
	}
	if t.Stage == Placing || t.Stage == Which {
		t.Stage = Gone
		t.toast("not-filed", nil)
		return
	}
	if t.e.Counts["follower"] > 0 {
		t.do(flows.Put{Entry: flows.Entry{Key: string(t.Reporter)}, Delete: true})
		t.tellReporter("withdrawn-others", nil, true)
		t.tidyReceipt()
		t.Left, t.Reporter, t.Private = t.Reporter, "", false
		return
	}
	t.Stage = Withdrawn
	t.tellReporter("withdrawn", nil, true)
	t.groupSay("group-withdrawn")
	t.tidy()
	t.toJob("withdrawn", flows.TaskUpdate{})
}
