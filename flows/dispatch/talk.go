package dispatch

import (
	"slices"
	"strings"

	"linli/flows"
)

// What has to do with hearings: work that must be talked over, work that a hearing has
// decided, and the silences that lead to one.

// debatable says that it may be put before a hearing: what one has decided was there.
func (t *turn) debatable() bool {
	return !t.Work.Decided && !t.discreet() && flows.Debatable(t.item(), t.Work.Danger, t.Work.About)
}

// mayDiscuss says whether the actor can say that it must be talked over: whose turn it is,
// who has it, and staff.
func (t *turn) mayDiscuss() bool {
	return t.open() && t.debatable() && t.asked() && (t.e.By.Person == t.holder() || t.e.Settings.May(t.e.By, flows.Review, flows.Everywhere))
}

// discuss asks for one line why.
func (t *turn) discuss() {
	if !t.mayDiscuss() {
		t.holds()
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "discuss-why", Vars: t.vars(), Expect: "discuss"})
}

// discussed hands the wish to the parent, which opens a hearing and says so at once
// ("closed"). To who has the work their card is the answer.
func (t *turn) discussed(why string) {
	switch {
	case !t.mayDiscuss():
		t.reply("now-taken", t.vars())
	case why == "":
		t.discuss()
	default:
		if t.e.By.Person != t.holder() {
			t.reply("discuss-told", t.vars())
		}
		t.tell("discuss", flows.TaskNews{Who: t.e.By.Person, Text: why})
	}
}

// talked takes the work out of the hands of who has it: it comes before a hearing.
func (t *turn) talked() {
	t.Talked = true
	if p := t.holder(); p != "" {
		t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Work, Reply: t.e.By.Person == p, Words: "card-talked", Vars: t.vars(), Slot: t.slot(p)})
	}
}

// silent notes that a role has not answered.
func (t *turn) silent(r flows.Role) {
	n := t.Silent[r] + 1
	all := map[flows.Role]int{r: n}
	for k, v := range t.Silent {
		if k != r {
			all[k] = v
		}
	}
	t.Silent = all // a new one: the old belongs to the state before this event
	t.tell("silent", flows.TaskNews{Role: r, Turn: n})
}

// unanswered counts a silence where the property company's people were asked, the last of
// them has let the time pass, and it goes on to somebody else. Who could not be reached
// (see unreached) was not asked.
func (t *turn) unanswered() {
	if t.Late && t.Work.Danger == "" && t.company(t.Rung) && !t.company(t.Rung+1) {
		t.silent(flows.Property)
	}
}

// company says that somebody of the ladder belongs to the property company.
func (t *turn) company(rung int) bool {
	if rung >= len(t.Ladder) {
		return false
	}
	o, _ := t.e.Settings.Official(t.Ladder[rung])
	return slices.ContainsFunc(o.Posts, func(p flows.Post) bool { return p.Role == flows.Property })
}

// what is what the work is called: its item, or what was decided, cut to a line.
func (t *turn) what() flows.Var {
	if !t.Work.Decided {
		return flows.ItemVar(t.Work.Item)
	}
	if r := []rune(t.Work.Text); len(r) > called {
		return flows.Text(string(r[:called-1]) + "…")
	}
	return flows.Text(t.Work.Text)
}

// called is how many runes of a decision stand where else an item does.
const called = 30

// decided are the texts that read otherwise where a hearing has decided the work: no
// resident waits for an answer, and the hearing's page shows what becomes of it.
var decided = []string{"card", "card-taken", "card-done", "overdue", "overdue-head", "now-taken", "now-done", "more-until", "more-done", "more-refused", "wait-done"}

// fromHearing gives work that a hearing has decided, or that was promised on a visit, the
// texts it has for it.
func (t *turn) fromHearing() {
	for i, x := range t.effects {
		if say, ok := x.(flows.Say); ok && t.Work.Decided && slices.Contains(decided, say.Words) {
			say.Words += "-decided"
			if t.Work.Promised {
				say.Words = strings.TrimSuffix(say.Words, "decided") + "promised"
			}
			t.effects[i] = say
		}
	}
}
