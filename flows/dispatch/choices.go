package dispatch

import (
	"slices"
	"strconv"
	"time"

	"linli/flows"
)

// What somebody with the work can say by buttons besides "taken" and "done":
// not mine, more time, waiting for others, help.

// lengths are the spans offered for more time and for asking again.
var lengths = []struct {
	words string
	span  flows.Span
}{{"b-1d", flows.Span{Days: 1}}, {"b-2d", flows.Span{Days: 2}}, {"b-3d", flows.Span{Days: 3}}, {"b-5d", flows.Span{Days: 5}}}

var reasons = []string{"parts", "expert", "weather", "other"}

func days(choice string) []flows.Button {
	var bs []flows.Button
	for _, l := range lengths {
		bs = append(bs, flows.Button{Words: l.words, Choice: choice + strconv.Itoa(l.span.Days)})
	}
	return bs
}

func span(v string) (flows.Span, bool) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 5 {
		return flows.Span{}, false
	}
	return flows.Span{Days: n}, true
}

// moreTime: until when, then why. The second time staff must agree.
func (t *turn) moreTime(w flows.Chose) {
	switch w.Choice {
	case "more":
		t.reply("more-until", t.vars(), days("until=")...)
	case "until":
		s, ok := span(w.Value)
		if !ok {
			t.holds()
			return
		}
		t.Length = s
		var bs []flows.Button
		for i, r := range reasons {
			bs = append(bs, flows.Button{Words: "b-" + r, Choice: "reason=" + r, Row: i / 2})
		}
		t.reply("more-why", t.vars(), bs...)
	case "reason":
		if t.Length.Zero() || !slices.Contains(reasons, w.Value) {
			t.holds()
			return
		}
		if w.Value == "other" {
			t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: "more-other", Vars: t.vars(), Expect: "reason"})
			return
		}
		t.Why = ""
		t.extend(w.Value)
	}
}

func (t *turn) extend(reason string) {
	t.Reason = reason
	if t.More >= t.e.Settings.Limits.Extend {
		due := t.e.Settings.Calendar.Add(t.e.At, t.Length)
		t.reply("more-asked", t.vars())
		t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: append(t.barred(), t.Holder)}, Class: flows.Work, Words: "more-agree-" + reason, Slot: "agree-" + itoa(t.More),
			Vars: t.with("due", flows.At(due)), Buttons: []flows.Button{{Words: "b-agree", Choice: "agree"}, {Words: "b-refuse", Choice: "refuse"}}})
		return
	}
	t.extended()
}

func (t *turn) extended() {
	t.Due = t.e.Settings.Calendar.Add(t.e.At, t.Length)
	t.Length = flows.Span{}
	t.More++
	t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: "more-done", Vars: t.vars()})
	t.watch(t.Due)
	t.tell("extended", flows.TaskNews{Who: t.Holder, Due: t.Due, Reason: t.Reason, Text: t.Why})
}

// agreed is the answer of staff to a second wish for more time.
func (t *turn) agreed(yes bool) {
	if t.Length.Zero() || t.Stage == Sent || !t.e.Settings.May(t.e.By, flows.Review, flows.Everywhere) || t.e.By.Person == t.Holder {
		t.holds()
		return
	}
	words := "agree-yes"
	if !yes {
		words = "agree-no"
	}
	vars := t.with("due", flows.At(t.e.Settings.Calendar.Add(t.e.At, t.Length)))
	t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: append(t.barred(), t.Holder)}, Class: flows.Work, Reply: true, Words: words, Slot: "agree-" + itoa(t.More), Vars: vars})
	if yes {
		t.extended()
		return
	}
	t.Length = flows.Span{}
	t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Words: "more-refused", Vars: t.vars()})
}

// bodies are those one can wait for; never the one complained about.
func (t *turn) bodies() []flows.Role {
	var out []flows.Role
	for _, r := range []flows.Role{flows.Property, flows.Owners, flows.Station, flows.Department} {
		b, ok := t.e.Settings.Body(r, "")
		if ok && !b.None && r != t.Work.About && r != t.item().About {
			out = append(out, r)
		}
	}
	return out
}

// waitFor: for whom, then when to ask again.
func (t *turn) waitFor(w flows.Chose) {
	switch w.Choice {
	case "wait":
		var bs []flows.Button
		for i, r := range t.bodies() {
			bs = append(bs, flows.Button{Words: "b-body", Vars: flows.Vars{"role": flows.Of(r)}, Choice: "for=" + string(r), Row: i / 2})
		}
		t.reply("wait-whom", t.vars(), bs...)
	case "for":
		r := flows.Role(w.Value)
		if !slices.Contains(t.bodies(), r) {
			t.holds()
			return
		}
		t.Await = r
		t.reply("wait-when", t.vars(), days("when=")...)
	case "when":
		s, ok := span(w.Value)
		if !ok || t.Await == "" {
			t.holds()
			return
		}
		t.Stage = Waiting
		t.Due = t.e.Settings.Calendar.Add(t.e.At, s)
		t.Turn++
		t.Again = t.morning(t.Due)
		t.do(flows.Wake{At: t.Again, Name: t.wake("await")})
		t.watch(t.Due)
		t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Reply: true, Words: "wait-done", Vars: t.vars()})
		t.tell("waiting", flows.TaskNews{Who: t.Holder, Due: t.Due, Role: t.Await})
	case "nothing":
		if t.Stage != Waiting {
			t.holds()
			return
		}
		if !t.Again.IsZero() && !t.e.At.Before(t.Again) { // else it is the button of an earlier time
			t.silent(t.Await)
		}
		t.Stage, t.Again = Taken, time.Time{}
		t.reply("wait-when", t.vars(), days("when=")...)
	}
}

// morning is the beginning of the working day of t.
func (t *turn) morning(at time.Time) time.Time {
	return t.e.Settings.Calendar.Next(flows.Clock(0).On(at))
}

// reawait asks whether those waited for have answered.
func (t *turn) reawait() {
	t.do(flows.Say{To: flows.To{Person: t.Holder}, Class: flows.Work, Words: "await", Vars: t.vars(),
		Buttons: []flows.Button{{Words: "b-done", Choice: "done"}, {Words: "b-nothing", Choice: "nothing"}}})
}

// maxPassed is how often work may be handed on before the committee keeps it.
const maxPassed = 2

// notMine: to somebody else, or back with the clause of the duty list.
func (t *turn) notMine(w flows.Chose) {
	if t.Work.Decided && slices.Contains([]string{"back", "class", "clause"}, w.Choice) {
		w.Choice = "plain" // the duty list says nothing about what a hearing has decided
	}
	switch w.Choice {
	case "notmine":
		var bs []flows.Button
		for i, p := range t.others() {
			bs = append(bs, flows.Button{Words: "b-to", Vars: flows.Vars{"who": flows.Who(p)}, Choice: "to=" + string(p), Row: i / 2})
		}
		switch {
		case t.Work.Decided:
			back := flows.Button{Words: "b-back-decided", Choice: "plain", Row: 20}
			if t.Work.Promised {
				back.Words = "b-back-promised"
			}
			bs = append(bs, back)
		default:
			bs = append(bs, flows.Button{Words: "b-back", Choice: "back", Row: 20})
		}
		if t.mayDiscuss() {
			bs = append(bs, flows.Button{Words: "b-discuss", Choice: "discuss", Row: 21})
		}
		t.reply("notmine", t.vars(), bs...)
	case "to":
		p := flows.PersonID(w.Value)
		if !slices.Contains(t.others(), p) {
			t.holds()
			return
		}
		t.handTo(p)
	case "back":
		// The item it was filed under is offered first, then those that are not the community's.
		var bs []flows.Button
		for _, it := range t.e.Settings.Items {
			if it.Outside || it.ID == t.Work.Item {
				bs = append(bs, flows.Button{Words: "b-clause", Vars: flows.Vars{"item": flows.ItemVar(it.ID), "id": flows.Text(it.ID)}, Choice: "clause=" + it.ID, Row: len(bs)})
			}
		}
		for i, c := range t.e.Settings.Classes {
			bs = append(bs, flows.Button{Words: "b-class", Vars: flows.Vars{"t": flows.Text(c.ID)}, Choice: "class=" + c.ID, Row: 40 + i/3})
		}
		bs = append(bs, flows.Button{Words: "b-noclause", Choice: "plain", Row: 60})
		t.reply("back-clause", t.vars(), bs...)
	case "class":
		var bs []flows.Button
		for _, it := range t.e.Settings.Items {
			if it.Class == w.Value {
				bs = append(bs, flows.Button{Words: "b-clause", Vars: flows.Vars{"item": flows.ItemVar(it.ID), "id": flows.Text(it.ID)}, Choice: "clause=" + it.ID, Row: len(bs)})
			}
		}
		t.reply("back-clause", t.vars(), bs...)
	case "clause":
		if _, ok := t.e.Settings.Item(w.Value); !ok {
			t.holds()
			return
		}
		t.back(w.Value, "")
	case "plain":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "back-why", Vars: t.vars(), Expect: "why"})
	}
}

// others are the people it may be handed to: the rest of the ladder, the other
// owners. Nobody complained about, nobody who had it.
func (t *turn) others() []flows.PersonID {
	s := t.e.Settings
	cand := slices.Clone(t.Ladder)
	if t.Passed < maxPassed {
		for _, r := range []flows.Role{flows.Leader, flows.Property, flows.Station, flows.Department} {
			cand = append(cand, s.With(r, s.ScopeOf(t.Work.Place))...)
		}
	}
	barred := t.barred()
	var out []flows.PersonID
	for _, p := range cand {
		if p != t.e.By.Person && !slices.Contains(out, p) && !slices.Contains(barred, p) && !slices.Contains(t.Work.Except, p) {
			out = append(out, p)
		}
	}
	return out[:min(len(out), 8)]
}

func (t *turn) handTo(p flows.PersonID) {
	by := t.e.By.Person
	t.Passed++
	t.Stage, t.Holder, t.Length = Sent, "", flows.Span{} // who asked for more time has it no more
	t.Work.Except = append(t.Work.Except, by)
	// Who was asked before is not asked again; it goes on with who comes after.
	without := func(l []flows.PersonID) []flows.PersonID {
		return slices.DeleteFunc(slices.Clone(l), func(x flows.PersonID) bool { return x == by || x == p })
	}
	asked := min(t.Rung+1, len(t.Ladder))
	before := without(t.Ladder[:asked])
	t.Ladder, t.Rung = slices.Concat(before, []flows.PersonID{p}, without(t.Ladder[asked:])), len(before)
	t.Accept = t.within(t.item().Accept)
	t.do(flows.Say{To: flows.To{Person: by}, Class: flows.Work, Reply: true, Words: "passed", Vars: t.with("who", flows.Who(p)), Slot: t.slot(by)})
	t.ask()
	t.tell("unanswered", flows.TaskNews{Who: p, Turn: t.Turn})
}

// back returns it: the resident hears the clause, where to go instead, and may
// ask for a second look.
func (t *turn) back(clause, why string) {
	t.Stage, t.Holder = Returned, t.e.By.Person
	t.edit("card-returned")
	t.tell("returned", flows.TaskNews{Who: t.Holder, Clause: clause, Text: why})
}

// help calls the committee to the side of who has it.
func (t *turn) help() {
	t.toast("help-asked")
	if t.Help {
		return
	}
	t.Help = true
	t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: append(t.barred(), t.e.By.Person)}, Class: flows.Work, Words: "help", Slot: "help",
		Vars: t.with("who", flows.Who(t.e.By.Person)), Buttons: []flows.Button{{Words: "b-takeover", Choice: "takeover"}}})
}

// takeover puts the work into the hands of staff.
func (t *turn) takeover() {
	by := t.e.By.Person
	if !t.e.Settings.May(t.e.By, flows.Review, flows.Everywhere) || by == t.Holder {
		t.holds()
		return
	}
	old := t.holder()
	t.Stage, t.Holder = Taken, by
	t.Turn++
	t.edit("card-taken")
	if old != "" && old != by {
		t.do(flows.Say{To: flows.To{Person: old}, Class: flows.Work, Words: "passed", Vars: t.vars(), Slot: t.slot(old)})
	}
	t.tell("accepted", flows.TaskNews{Who: by, Due: t.Due})
}
