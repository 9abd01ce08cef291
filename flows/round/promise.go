package round

import (
	"cmp"
	"time"

	"linli/flows"
)

// What was promised on a visit: a record of its own, with a number, whose work is a task of
// who promised it. The words are in it and not in the plan, which is never over, so that they
// are kept no longer than those of any other case; for the same reason it is no child of it.

// soon is until when something is done for which no time was said.
var soon = flows.Span{Days: 3}

// word is what a promise tells the plan when it is kept.
type word struct {
	No  int `json:"no"`
	Row int `json:"row"`
}

// promisable gives a line where something may have been promised.
func (t *turn) promisable(n int) (Line, bool) {
	i := t.line(n)
	if i < 0 || t.Lines[i].How != Been && t.Lines[i].How != Called {
		t.toast("line-gone", nil)
		return Line{}, false
	}
	return t.Lines[i], true
}

func (t *turn) askPromise(n int) {
	if l, ok := t.promisable(n); ok {
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "promise-what", Vars: flows.Vars{"n": flows.Num(t.line(l.N) + 1)}, Expect: tag("promise", n)})
	}
}

// promises opens what was promised. Whose household it is, is known where they have said
// so themselves.
func (t *turn) promises(n int, m flows.Message) {
	l, ok := t.promisable(n)
	if !ok {
		return
	}
	text := cut(m.Text, 200)
	if text == "" {
		t.askPromise(n)
		return
	}
	s := t.e.Settings
	due := s.Calendar.Add(t.e.At, soon)
	if p := t.e.Reading.Plan; p != nil && len(p.Times) > 0 {
		at := p.Times[0].At.In(s.Zone)
		if p.Times[0].Day {
			at = s.Calendar.Hours[len(s.Calendar.Hours)-1].To.On(at)
		}
		if at.After(t.e.At) && at.Before(t.e.At.AddDate(1, 0, 0)) {
			due = at
		}
	}
	p := Promise{Plan: t.e.Case.ID, Text: text, Place: l.Place, By: t.e.By.Person, Due: due, Row: l.Row}
	if i := t.row(func(a Agreed) bool { return a.N == l.Row }); l.Kind == Visit && i >= 0 {
		p.Person = t.Agreed[i].Person
	}
	t.do(flows.Open{Flow: flows.RoundFlow, Apart: true, Data: flows.Data(start{&p})})
}

// promise begins a promise: its work is a task of who made it.
func (t *turn) promise(p Promise) {
	t.Stage, t.Promise = Promised, &p
	if p.Due.IsZero() {
		p.Due = t.e.Settings.Calendar.Add(t.e.At, soon)
	}
	if p.Person != "" {
		t.do(flows.Put{Entry: flows.Entry{Key: string(p.Person), Tag: "promised", Order: t.e.At.UnixMilli()}})
	}
	t.do(flows.Open{Flow: "dispatch", Data: flows.Data(flows.Task{
		Text: p.Text, Place: p.Place, People: 1, To: p.By, Due: p.Due, Decided: true, Promised: true,
	})})
}

// promised is what happens to a promise.
func (t *turn) promised() {
	p := t.Promise
	if p == nil {
		return
	}
	switch w := t.e.What.(type) {
	case flows.Told:
		if t.Stage == Promised && w.From != "" {
			t.jobSays(w.From, w.Name, data[flows.TaskNews](w.Data))
		}
		if w.Name == flows.Joined {
			if x := data[flows.Entry](w.Data); p.Person != "" && x.Key == string(p.Person) && t.e.By.Person != "" && x.Key != string(t.e.By.Person) {
				p.Person, x.Key = t.e.By.Person, string(t.e.By.Person)
				t.do(flows.Put{Entry: flows.Entry{Key: data[flows.Entry](w.Data).Key}, Delete: true}, flows.Put{Entry: x})
			}
		}
	case flows.Erased:
		if w.Person == "" || w.Person == p.Person {
			if p.Person != "" {
				t.do(flows.Put{Entry: flows.Entry{Key: string(p.Person)}, Delete: true})
			}
			p.Text, p.Result, p.Person, p.Place = "", "", "", p.Place.Public()
		}
	case flows.Chose:
		t.toast("ended", nil)
	}
}

// jobSays is what the task says.
func (t *turn) jobSays(from flows.ID, name string, n flows.TaskNews) {
	p := t.Promise
	if name == "sent" && p.Job == "" {
		p.Job = from
		if n.Who != "" {
			p.By = n.Who
		}
		return
	}
	if from != p.Job {
		return
	}
	over := false
	switch name {
	case "accepted", "unanswered":
		p.By = cmp.Or(n.Who, p.By)
	case "extended", "waiting":
		if !n.Due.IsZero() {
			p.Due = n.Due
		}
	case "done":
		over = true
		p.Result = cut(n.Text, 200)
		t.do(flows.Tell{Case: p.Plan, Name: "kept", Data: flows.Data(word{No: t.e.Case.No, Row: p.Row})})
		if p.Person != "" {
			t.do(flows.Say{To: flows.To{Person: p.Person}, Class: flows.Personal, Words: "promise-done", Vars: t.promiseVars(), Neutral: true})
		}
	case "returned":
		over = true
		p.Result = cut(n.Text, 200)
		t.staff("promise-returned", t.promiseVars())
	}
	if over {
		t.Stage = Over
		t.do(flows.Tell{Case: p.Job, Name: "closed", Data: flows.Data(flows.TaskUpdate{})})
	}
}

func (t *turn) promiseVars() flows.Vars {
	p := t.Promise
	return flows.Vars{"who": flows.Who(p.By), "text": flows.Text(p.Text), "result": flows.Text(p.Result), "place": flows.Where(p.Place), "due": flows.At(p.Due)}
}

// keptWord is the plan hearing that something promised is done: the next list says so,
// for whoever goes there to tell them.
func (t *turn) keptWord(w word) {
	if i := t.row(func(a Agreed) bool { return a.N == w.Row }); i >= 0 && w.No > 0 && w.Row > 0 && t.e.At.After(time.Time{}) {
		t.Agreed[i].Kept = w.No
	}
}
