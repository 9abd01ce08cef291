package poll

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// turn is one step of a poll: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
	turned  int // how many more have voted than Event.Counts says
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	switch w := e.What.(type) {
	case flows.Opened:
		t.opened(w)
	case flows.Chose:
		t.chose(w)
	case flows.Said:
		t.said(w)
	case flows.Told:
		t.told(w)
	case flows.Woke:
		t.woke(w)
	case flows.Answered:
		t.answered(w)
	case flows.Missed:
		t.missed(w)
	case flows.Erased:
		t.erased(w)
	}
	if t.Stage != Open {
		t.Unsure = nil
	}
	return t.State, t.effects
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

// chose is a button. What it may do depends on the stage; one of an earlier stage
// that is still on somebody's phone is answered, and does nothing.
func (t *turn) chose(w flows.Chose) {
	switch w.Choice {
	case "v!":
		t.vote(w.Value)
	case "open":
		t.look()
	case "printed":
		// Forms with the codes of all households: it is only for the journal.
	case "mine":
		t.mine()
	case "doubt":
		t.doubt()
	case "slip!":
		if slip, ok := readSlip(w.Value, t.e.Settings); ok {
			t.slip(slip)
		} else {
			t.toast("slip-unread", nil)
		}
	case "paste":
		t.confirmed(w.Value == "yes")
	case "wish":
		t.wished(w.Value)
	case "take", "decline":
		t.wishAnswered(w.Choice == "take")
	default:
		t.lead(w)
	}
}

// lead is a button of who sends the poll.
func (t *turn) lead(w flows.Chose) {
	if !t.leads(t.e.By) {
		t.toast("not-yours", flows.Vars{"scope": flows.In(t.Scope)})
		return
	}
	switch t.Stage {
	case Preview:
		t.prepare(w)
	case Open:
		t.run(w)
	case Result:
		if w.Choice == "recount" {
			t.recount()
			t.toast("recounting", nil)
		} else {
			t.toast("over", nil)
		}
	default:
		t.toast("over", nil)
	}
}

// leads says whether somebody may do with this poll what its starter may: they are
// the starter, or could have sent it themself.
func (t *turn) leads(a flows.Actor) bool {
	return a.Person != "" && (a.Person == t.Starter && len(a.Posts) > 0 || t.maySend(a, t.Force, t.Scope))
}

// maySend says whether somebody may send a poll of a force to a scope.
func (t *turn) maySend(a flows.Actor, force flows.Force, scope flows.Scope) bool {
	rule, ok := t.e.Settings.PollRule(force)
	return ok && slices.ContainsFunc(a.Posts, func(p flows.Post) bool {
		return slices.Contains(rule.Start, p.Role) && t.e.Settings.Contains(p.Scope, scope)
	})
}

func (t *turn) said(w flows.Said) {
	switch w.Tag {
	case flows.ExpectLine:
		t.rewritten(w)
	case "then":
		t.thenSaid(w)
	case "why":
		t.whySaid(w)
	case "why-stop":
		t.stopSaid(w)
	case flows.ExpectHome:
		t.homeSaid(w)
	case "":
		if c := t.e.Reading.Chain; c != nil && w.Edited && w.Direct {
			t.chain(*c, w)
		}
	}
}

func (t *turn) told(w flows.Told) {
	switch w.Name {
	case flows.HomeChanged:
		t.homeChanged()
	case flows.Joined:
		t.joined(data[flows.Entry](w.Data))
	case "slip":
		if r := t.e.Reading.Slip; r != nil {
			t.slip(*r)
		} else {
			t.reply("slip-unread", nil)
		}
	case "chain":
		if c := t.e.Reading.Chain; c != nil && w.Said != nil {
			t.chain(*c, *w.Said)
		}
	case "status":
		t.status()
	}
}

func (t *turn) woke(w flows.Woke) {
	switch {
	case w.Name == "offer" && t.Stage == Asked && t.Starter == "" && t.Sent.IsZero():
		t.unanswered()
	case w.Name == "directory":
		t.succeed()
	case w.Name == "preview" && t.Stage == Preview:
		t.Stage = Gone
	case w.Name == "turnout" && t.Stage == Open:
		t.Stale = false
		t.showTurnout(Turnout(t.e.Counts))
	case w.Name == "paste" && t.Unsure != nil && !t.e.At.Before(t.Unsure.At.Add(unsureFor)):
		t.Unsure = nil
	case w.Name == "remind" && t.Stage == Open && !t.Reminded && t.e.At.Before(t.Until):
		t.remind()
	case w.Name == endOf(t.Until) && t.Stage == Open:
		t.end()
	case w.Name == "count" && t.Count != nil:
		t.countOn()
	case w.Name == "check" && t.Stage == Result:
		t.settle()
	}
}

// succeed finds who leads the poll now that its starter holds no post any more: what
// nobody has seen yet is dropped.
func (t *turn) succeed() {
	if _, there := t.e.Settings.Official(t.Starter); there || t.Starter == "" {
		return
	}
	if t.Stage == Preview {
		t.Stage = Gone
		return
	}
	for _, role := range []flows.Role{flows.Captain, flows.Leader, flows.Staff, flows.Head, flows.Secretary} {
		for _, id := range t.e.Settings.With(role, t.Scope) {
			if o, ok := t.e.Settings.Official(id); ok && t.maySend(flows.Actor{Person: id, Posts: o.Posts}, t.Force, t.Scope) {
				t.Starter = id
				t.board()
				return
			}
		}
	}
}

// endOf names the wake-up at the end, so that one of an end that was moved is void.
func endOf(until time.Time) string { return "end-" + strconv.FormatInt(until.Unix(), 10) }

func (t *turn) missed(w flows.Missed) {
	switch {
	case w.Mark == "poll" && t.Stage == Open && !t.Private:
		// There is no group: who lives there is asked one by one.
		t.Private = true
		t.do(t.ballot(flows.To{Homes: t.Scope}))
	case w.Mark == "list" && t.Stage == Open:
		t.listHere()
	case w.Mark == "list-nowhere" && t.Stage == Open:
		t.toast("list-lost", nil)
	case w.Mark == "wish":
		t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "wish-card", Slot: "wish-staff",
			Vars: t.vars(), Buttons: wishButtons})
	}
}

func (t *turn) terms() Terms { return t.TermsOf(t.e.Settings) }

// rule is that of the poll's force.
func (t *turn) rule() flows.PollRule { return t.terms().Rule }

// toast shows the actor a brief notice.
func (t *turn) toast(words string, vars flows.Vars) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Toast: true})
}

// reply answers the actor in private.
func (t *turn) reply(words string, vars flows.Vars, buttons ...flows.Button) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Reply: true, Buttons: buttons})
}

// hear takes what is said to Linli about polls: a new one, a vote on paper, a list, a
// question how one stands.
func hear(e flows.Event) []flows.Effect {
	w, ok := e.What.(flows.Said)
	r := e.Reading
	if !ok || r.Danger != "" || (w.Edited || w.Message.Forwarded) && !(w.Direct && r.Chain != nil) {
		return nil // a list is other people's words whoever sends it
	}
	switch {
	case r.Slip != nil && w.Direct:
		if x, ok := named(e); ok {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "slip"}}
		}
	case r.Chain != nil && w.Direct:
		if list, _ := flows.ListFor(e); len(list) == 1 && list[0].Flow == Name {
			return []flows.Effect{flows.Tell{Case: list[0].Case.ID, Name: "chain", Said: &w}}
		}
	case r.Chain != nil:
		if x, ok := listed(e); ok {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "chain", Said: &w}}
		}
	case r.Poll != nil && w.Direct:
		return []flows.Effect{flows.Open{Flow: Name, Said: &w}}
	case r.Number > 0 && w.Direct && unreadSlip(w.Message.Text) && len(e.By.Posts) > 0:
		if x, ok := named(e); ok {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "slip"}}
		}
	case r.Status && w.Direct:
		if x, ok := named(e); ok {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "status"}}
		}
	}
	return nil
}

// unreadSlip says that a text was meant as a vote that somebody puts in, though the
// reader found none in it: a door that is not there, a word too many.
func unreadSlip(text string) bool {
	return strings.Contains(text, "纸质") || strings.Contains(text, "电话") || strings.Contains(text, "委托")
}

// named is the poll whose number was said.
func named(e flows.Event) (flows.Similar, bool) {
	for _, x := range e.Similar {
		if x.Flow == Name && x.Why == flows.ByNumber {
			return x, true
		}
	}
	return flows.Similar{}, false
}

// listed is the poll that a list is about: the one whose number it bears, or the
// message of which it answers, or the only one that is open here.
func listed(e flows.Event) (flows.Similar, bool) {
	if x, ok := named(e); ok {
		return x, !e.Chat.Group || x.Place.Building == "" || e.Settings.Touches(e.Chat.Scope, flows.Scope{Building: x.Place.Building})
	}
	var here []flows.Similar
	for _, x := range e.Similar {
		if x.Flow != Name || x.Stage != Open {
			continue
		}
		if x.Why == flows.ByRecent {
			return x, true
		}
		if !e.Chat.Group || x.Place.Building == "" || e.Settings.Touches(e.Chat.Scope, flows.Scope{Building: x.Place.Building}) {
			here = append(here, x)
		}
	}
	if len(here) != 1 {
		return flows.Similar{}, false
	}
	return here[0], true
}
