package hearing

import (
	"slices"

	"linli/flows"
)

// What was decided becomes work: each decision with a person and a date is a dispatch of
// its own under the hearing's number. When all is done, people judge it.

// tasks opens the work.
func (t *turn) tasks() {
	for _, d := range t.Decisions {
		if d.Who != "" {
			t.task(d)
		}
	}
}

func (t *turn) task(d Decision) {
	t.do(flows.Open{Flow: "dispatch", Data: flows.Data(flows.Task{
		Place: t.Place, Text: d.Text, People: max(1, t.Came), To: d.Who, Due: d.Due, Decided: true,
	})})
}

// taskSays is what the work on a decision says.
func (t *turn) taskSays(from flows.ID, name string, n flows.TaskNews) {
	i := slices.IndexFunc(t.Decisions, func(d Decision) bool { return d.Job == from && from != "" })
	if name == "sent" && i < 0 {
		// They are opened one after the other, and each says so at once.
		if i = slices.IndexFunc(t.Decisions, func(d Decision) bool { return d.Who != "" && d.Job == "" }); i >= 0 {
			t.Decisions = slices.Clone(t.Decisions)
			t.Decisions[i].Job, t.Decisions[i].How, t.Decisions[i].At = from, "sent", t.e.At
		}
		return
	}
	if i < 0 || t.Stage != Tasks && t.Stage != Minutes {
		return
	}
	t.Decisions = slices.Clone(t.Decisions)
	d := &t.Decisions[i]
	if d.How == "done" {
		return
	}
	switch name {
	case "accepted":
		d.How, d.Who, d.At = "taken", n.Who, t.e.At
	case "unanswered":
		d.How, d.Who = "late", n.Who
	case "extended", "waiting":
		if !n.Due.IsZero() {
			d.Due = n.Due
		}
	case "returned":
		d.How, d.Said, d.At = "returned", line(n.Text, longest), t.e.At
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "task-returned", Slot: "task-" + itoa(i),
			Vars: t.with(flows.Vars{"decision": flows.Text(d.Text), "doer": flows.Who(n.Who), "text": flows.Text(d.Said)}), Buttons: []flows.Button{{Words: "b-retask", Choice: "retask=" + itoa(i)}}})
	case "done":
		d.How, d.Said, d.At = "done", line(n.Text, longest), t.e.At
		t.do(flows.Tell{Case: d.Job, Name: "closed", Data: flows.Data(flows.TaskUpdate{})})
		t.settle()
	}
}

// retask gives returned work to somebody else.
func (t *turn) retask(i int, _ string) {
	if i < 0 || i >= len(t.Decisions) || t.Decisions[i].How != "returned" {
		t.reply("holds", nil)
		return
	}
	p, w := t.e.Reading.Plan, t.firstTime()
	if p == nil || len(p.People) == 0 {
		t.again("retask-"+itoa(i), "decide-who", nil)
		return
	}
	t.Decisions = slices.Clone(t.Decisions)
	d := &t.Decisions[i]
	if due := t.byEnd(w); !w.At.IsZero() && due.After(t.e.At) {
		d.Due = due
	} else if !d.Due.After(t.e.At) {
		t.again("retask-"+itoa(i), "decide-when", nil)
		return
	}
	t.do(flows.Tell{Case: d.Job, Name: "closed", Data: flows.Data(flows.TaskUpdate{})})
	d.Who, d.Job, d.How, d.Said = p.People[0], "", "", ""
	t.task(*d)
	t.board(true)
}

// settle goes on to the judging when nothing is left to be done.
func (t *turn) settle() {
	if t.Stage != Tasks || slices.ContainsFunc(t.Decisions, func(d Decision) bool { return d.Who != "" && d.How != "done" }) ||
		slices.ContainsFunc(t.Dissents, func(d Dissent) bool { return d.Answered.IsZero() && !d.Left }) {
		return
	}
	t.Stage, t.Done = Rating, t.e.At
	days := max(1, t.e.Settings.Hearings.Rate)
	if t.working() == 0 { // nothing to judge, but time to disagree
		days = max(days, t.e.Settings.Hearings.Dissent.Days())
	}
	t.do(t.wake(t.e.At.AddDate(0, 0, days), "rate"))
	t.news("over", flows.TopicNews{Text: t.decisionList()})
	vars := t.with(flows.Vars{"decided": flows.Text(t.decisionList()), "n": flows.Num(t.working()), "days": flows.Num(days)})
	if t.working() > 0 {
		buttons := []flows.Button{{Words: "b-good", Choice: "rate!=good"}, {Words: "b-fair", Choice: "rate!=fair"}, {Words: "b-bad", Choice: "rate!=bad"}}
		t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "group-done", Vars: vars, Slot: "done", Buttons: []flows.Button{{Words: "b-page", Link: "page"}}})
		for _, tag := range []string{TagHere, TagYes, TagProxy, TagSpeak, TagAsked} {
			t.do(flows.Say{To: flows.To{Entries: tag, Except: t.leading()}, Class: flows.Personal, Words: "done", Vars: vars, Slot: "done", Buttons: buttons})
		}
	}
	t.board(false)
}

// leading are who prepares and who leads it: they know, and do not judge themselves.
func (s State) leading() (list []flows.PersonID) {
	for _, p := range []flows.PersonID{s.Organiser, s.Chair} {
		if p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// working is how many decisions led to work.
func (s State) working() (n int) {
	for _, d := range s.Decisions {
		if d.Who != "" {
			n++
		}
	}
	return n
}

// rate is how somebody judges it. They may change it until the time is over; how each has
// judged nobody is shown.
func (t *turn) rate(v string) {
	part, tag := t.mine()
	count := func(v string, by int) bool {
		switch v {
		case "good":
			t.Rated.Good = max(0, t.Rated.Good+by)
		case "fair":
			t.Rated.Fair = max(0, t.Rated.Fair+by)
		case "bad":
			t.Rated.Bad = max(0, t.Rated.Bad+by)
		default:
			return false
		}
		return true
	}
	if t.Stage != Rating || t.working() == 0 || tag == "" || slices.Contains(t.leading(), t.e.By.Person) {
		t.holds()
		return
	}
	if !count(v, 1) {
		t.holds()
		return
	}
	count(part.Rate, -1)
	part.Rate = v
	t.keep(part, tag)
	t.toast("rated", nil)
}

// close ends it. Those who answer for it and those who supervise it see the sum.
func (t *turn) close() {
	if slices.ContainsFunc(t.Dissents, func(d Dissent) bool { return d.Answered.IsZero() && !d.Left }) {
		t.do(t.wake(t.e.At.AddDate(0, 0, 1), "rate")) // who does not agree has an answer first
		return
	}
	t.Stage = Closed
	if t.Rated != (Ratings{}) {
		vars := t.with(flows.Vars{"good": flows.Num(t.Rated.Good), "fair": flows.Num(t.Rated.Fair), "bad": flows.Num(t.Rated.Bad)})
		seen := []flows.PersonID{t.Organiser}
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "rated-sum", Vars: vars})
		for _, r := range []flows.Role{flows.Secretary, flows.Supervisor} {
			t.do(flows.Say{To: flows.To{Role: r, Scope: flows.Everywhere, Except: slices.Clone(seen)}, Class: flows.Work, Words: "rated-sum", Vars: vars, Bundle: true})
			seen = append(seen, t.e.Settings.With(r, flows.Everywhere)...)
		}
	}
	t.boardOnce()
}
