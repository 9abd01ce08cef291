package purchase

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// turn is one step of a need: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	switch w := e.What.(type) {
	case flows.Opened:
		t.Stage, t.Service = Noted, strings.TrimPrefix(w.Key, flows.PurchaseKey(""))
		x, _ := e.Settings.Service(t.Service)
		if t.Name = x.In(flows.Languages[0]); x.ID == "" {
			t.Name = t.Service
		}
	case flows.Told:
		if w.Name == "need" {
			t.need(data[flows.Need](w.Data))
		}
	case flows.Chose:
		t.chose(w)
	case flows.Said:
		if w.Tag == "why" {
			t.refused(w.Message.Text)
		}
	case flows.Woke:
		t.woke(w)
	case flows.Missed:
		if t.Stage == Asked && w.Mark == t.slot() {
			t.unasked()
		}
	case flows.Erased:
		t.erased(w)
	}
	return t.State, t.effects
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

func (t *turn) rules() flows.Partners { return t.e.Settings.Partners }

func (t *turn) vars() flows.Vars {
	x, ok := t.e.Settings.Service(t.Service)
	zh, en := t.Name, t.Name
	if ok {
		zh, en = x.In("zh-CN"), x.In("en")
	}
	people, cases := t.Count(t.e.At, t.rules().Period)
	return flows.Vars{"zh": flows.Text(zh), "en": flows.Text(en), "n": flows.Num(people), "cases": flows.Num(cases), "nos": flows.Text(t.numbers()),
		"days": flows.Num(int(t.rules().Period.Hours() / 24)), "least": flows.Num(t.rules().Least), "role": flows.Of(t.approver()), "who": flows.Who(t.Who),
		"again": flows.At(t.Again), "why": flows.Text(t.Reason)}
}

// shown is how many numbers of cases a card names.
const shown = 8

// numbers are those of the cases that count now, the newest first.
func (t *turn) numbers() string {
	var out []string
	for _, c := range slices.Backward(t.Cases) {
		if c.At.After(t.e.At.Add(-t.rules().Period)) && len(out) <= shown {
			out = append(out, flows.Spoken(c.No))
		}
	}
	if len(out) > shown {
		out[shown] = "…"
	}
	return strings.Join(out, "、")
}

// approver is the role that approves: where it was put before somebody already, theirs.
func (t *turn) approver() flows.Role {
	if t.Stage == Asked && t.Role != "" {
		return t.Role
	}
	return t.e.Settings.Approvers()
}

// need counts a case in which nobody was found, and tells who had it how that stands.
func (t *turn) need(n flows.Need) {
	if n.No <= 0 || t.done() {
		return
	}
	t.add(n, t.e.At)
	if n.By != "" && !slices.Contains(t.By, n.By) && len(t.By) < mostBy {
		t.By = append(slices.Clone(t.By), n.By)
	}
	if people, _ := t.Count(t.e.At, t.rules().Period); t.Stage == Noted && people >= t.rules().Least {
		t.put()
	}
	if n.By == "" {
		return
	}
	say := flows.Say{To: flows.To{Person: n.By}, Class: flows.Work, Reply: n.By == t.e.By.Person, Words: "now-" + t.Stage, Vars: t.vars(), Slot: "need"}
	if t.Stage == Noted && t.may() && n.By == t.e.By.Person {
		say.Buttons = []flows.Button{{Words: "b-now", Choice: "now"}}
	}
	t.do(say)
}

func (t *turn) done() bool { return t.Stage == Refused || t.Stage == Bought }

// may says whether the actor may put it before who approves, and say that it is there.
func (t *turn) may() bool { return t.e.Settings.May(t.e.By, flows.Review, flows.Everywhere) }

// approves says whether the actor approves.
func (t *turn) approves() bool {
	return slices.ContainsFunc(t.e.By.Posts, func(p flows.Post) bool {
		return slices.Contains(t.rules().Approve, p.Role) && p.Scope == flows.Everywhere
	})
}

func (t *turn) slot() string { return "ask-" + strconv.Itoa(t.Card) }

// put brings it before who approves.
func (t *turn) put() {
	t.Role = t.e.Settings.Approvers()
	t.Card++
	t.Stage = Asked
	if t.Role == "" {
		t.unasked()
		return
	}
	t.ask(false)
}

// ask is the card with all they need to know; remind it once more.
func (t *turn) ask(again bool) {
	n := strconv.Itoa(t.Card)
	t.Again = t.e.Settings.Calendar.Add(t.e.At, flows.Span{Days: 5})
	t.do(flows.Say{To: flows.To{Role: t.Role, Scope: flows.Everywhere}, Class: flows.Work, Bundle: again, Words: "ask", Vars: t.vars(), Slot: t.slot(),
		Buttons: []flows.Button{{Words: "b-yes", Choice: "yes=" + n}, {Words: "b-no", Choice: "no=" + n}, {Words: "b-later", Choice: "later=" + n}}},
		flows.Wake{At: t.Again, Name: "look"})
}

// unasked is when nobody can be asked: it goes back, and staff hear so.
func (t *turn) unasked() {
	t.Stage, t.Role, t.Again = Later, "", t.e.At.Add(t.rules().Again)
	t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "no-approver", Vars: t.vars()},
		flows.Wake{At: t.Again, Name: "look"})
}

func (t *turn) toast(words string) {
	t.do(flows.Say{Toast: true, To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: words, Vars: t.vars()})
}

func (t *turn) chose(w flows.Chose) {
	switch {
	case t.e.By.Person == "":
	case w.Choice == "now" || w.Choice == "bought":
		t.moved(w.Choice)
	case !t.approves():
		t.toast("not-yours")
	case t.Stage != Asked || w.Value != strconv.Itoa(t.Card):
		t.toast("now-" + t.Stage)
	case w.Choice == "yes":
		t.decide(Agreed)
	case w.Choice == "later":
		t.Again = t.e.At.Add(t.rules().Again)
		t.decide(Later)
		t.do(flows.Wake{At: t.Again, Name: "look"})
	case w.Choice == "no":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "why", Vars: t.vars(), Expect: "why", For: 24 * time.Hour})
	default:
		t.toast("now-" + t.Stage)
	}
}

// moved takes what staff may say: put it before who approves now, or that the service is
// there.
func (t *turn) moved(choice string) {
	switch {
	case !t.may():
		t.toast("not-yours")
	case choice == "now" && (t.Stage == Noted || t.Stage == Later) && len(t.Cases) > 0:
		t.put()
		t.toast("now-" + t.Stage)
	case choice == "bought" && t.Stage == Agreed:
		t.Stage = Bought
		t.toast("now-" + t.Stage)
		if role := t.approver(); role != "" { // nothing is left to press
			t.do(flows.Say{To: flows.To{Role: role, Scope: flows.Everywhere}, Class: flows.Work, Tidy: true, Words: "now-" + t.Stage, Vars: t.vars(), Slot: t.slot()})
		}
		t.tellBack()
	default:
		t.toast("now-" + t.Stage)
	}
}

// longest is how much of a reason is kept, in runes.
const longest = 300

// refused takes the reason for which it is not bought.
func (t *turn) refused(why string) {
	if r := []rune(why); len(r) > longest {
		why = string(r[:longest])
	}
	switch {
	case t.Stage != Asked || !t.approves():
		return
	case strings.TrimSpace(why) == "":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "why", Vars: t.vars(), Expect: "why", For: 24 * time.Hour})
		return
	}
	t.Reason = strings.TrimSpace(why)
	t.decide(Refused)
}

// decide notes what was decided, changes the card, and tells back.
func (t *turn) decide(stage string) {
	role := t.Role
	t.Stage, t.Role, t.Who, t.At = stage, "", t.e.By.Person, t.e.At
	if stage == Agreed || stage == Refused {
		t.Again = time.Time{}
	}
	if role == "" {
		role = t.approver()
	}
	if role != "" {
		say := flows.Say{To: flows.To{Role: role, Scope: flows.Everywhere}, Class: flows.Work, Reply: true, Words: "now-" + stage, Vars: t.vars(), Slot: t.slot()}
		if stage == Agreed {
			say.Buttons = []flows.Button{{Words: "b-bought", Choice: "bought"}}
		}
		t.do(say)
	}
	t.tellBack()
}

// tellBack tells those who had the work what has become of it.
func (t *turn) tellBack() {
	for _, p := range t.By {
		if p == t.e.By.Person || !t.here(p) {
			continue
		}
		t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Work, Words: "now-" + t.Stage, Vars: t.vars()}) // a changed message makes no sound
	}
}

func (t *turn) here(p flows.PersonID) bool {
	_, ok := t.e.Settings.Official(p)
	return ok
}

// woke looks again: who was asked is reminded, what was to wait is put before them once more.
func (t *turn) woke(w flows.Woke) {
	if w.Name != "look" || t.Again.IsZero() || !w.Due.Equal(t.Again) || t.e.At.Before(t.Again) {
		return // an older one
	}
	people, _ := t.Count(t.e.At, t.rules().Period)
	switch {
	case t.Stage == Asked:
		t.ask(true)
	case t.Stage == Later && people > 0:
		t.put()
	case t.Stage == Later:
		t.Again = t.e.At.Add(t.rules().Again)
		t.do(flows.Wake{At: t.Again, Name: "look"})
	}
}

// erased lets go of somebody: only who has, or had, a post is named here.
func (t *turn) erased(w flows.Erased) {
	goes := func(p flows.PersonID) bool { return (w.Person == "" || p == w.Person) && p != "" && !t.here(p) }
	t.By = slices.DeleteFunc(slices.Clone(t.By), goes)
	if goes(t.Who) {
		t.Who, t.Reason = "", ""
	}
}
