package demand

import (
	"slices"

	"linli/flows"
)

// What is said to the reporter, the followers and the group. The group hears
// the number, the kind of place and what happens by when: never a name, a unit
// or a quote, and nothing at all where the place alone would show who spoke.

func (t *turn) vars() flows.Vars {
	return flows.Vars{
		"item": flows.ItemVar(t.Item), "place": flows.Where(t.Place), "who": flows.Who(t.Who), "due": flows.At(t.Due),
		"talk": sign(t.Hearing != ""), "set": sign(t.Talk.How == "set"), "settled": sign(t.Talk.How == "decided"), "meet": flows.At(t.Talk.At), "where": flows.Text(t.Talk.Where), "news": flows.Text(t.Talk.Text),
		"n": flows.Num(t.people()), "until": flows.At(t.Until), "result": flows.Text(t.Result), "danger": flows.Text(string(t.Danger)), "clause": flows.Text(t.Clause),
	}
}

// sign is a value that is there or not.
func sign(there bool) flows.Var {
	if there {
		return flows.Text("1")
	}
	return flows.Var{}
}

func (t *turn) with(k string, v flows.Var) flows.Vars {
	vars := t.vars()
	vars[k] = v
	return vars
}

// toast answers the button the actor has just pressed.
func (t *turn) toast(words string, vars flows.Vars) {
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	t.do(flows.Say{Toast: true, To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: all})
}

// reply answers the actor in private.
func (t *turn) reply(words string, vars flows.Vars) {
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: t.class(), Words: words, Vars: all, Reply: true})
}

// tellReporter tells the reporter something; reply if it answers what they have
// just done.
func (t *turn) tellReporter(words string, vars flows.Vars, reply bool, more ...flows.Button) {
	if t.Reporter == "" {
		return
	}
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: t.class(), Words: words, Vars: all, Reply: reply && t.e.By.Person == t.Reporter,
		Buttons: more})
}

// tellFollowers tells everybody who follows it.
func (t *turn) tellFollowers(words string, vars flows.Vars) {
	if t.e.Counts["follower"] == 0 {
		return
	}
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	// Where exactly it was said from, and what was written to who said it, is not theirs.
	all["place"], all["text"], all["result"] = flows.Where(flows.Place{Building: t.Place.Building, Unit: t.Place.Unit, Spot: t.Place.Spot}), flows.Var{}, flows.Var{}
	t.do(flows.Say{To: flows.To{Entries: "follower"}, Class: t.class(), Words: words, Vars: all})
}

// tellReturned says why it comes back; the reporter may ask for other eyes.
func (t *turn) tellReturned() {
	t.tellReporter(t.returnedWords(), t.returnedVars(), true, flows.Button{Words: "b-again", Choice: "again"})
}

func (t *turn) returnedWords() string {
	if t.Clause == "" {
		return "returned-plain"
	}
	return "returned"
}

func (t *turn) returnedVars() flows.Vars {
	return flows.Vars{"by": flows.ItemVar(t.Clause), "text": flows.Text(t.Result)}
}

// receipt is the first of the four things: filed.
func (t *turn) receipt() {
	if t.Reporter == "" {
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Reply: true, Words: t.receiptWords(), Vars: t.vars(), Slot: "receipt",
		Greet: !t.mute(), Near: t.Ref,
		Buttons: []flows.Button{{Words: "b-move", Choice: "move"}, {Words: "b-withdraw", Choice: "withdraw"}}})
}

func (t *turn) receiptWords() string {
	switch {
	case t.Who == "" || t.Due.IsZero():
		return "receipt-nobody"
	case t.Behalf:
		return "receipt-behalf"
	}
	return "receipt"
}

func (t *turn) discreet() bool {
	return t.Danger.Discreet() || t.Item == "6-5"
}

// secret says that nobody hears of it but the reporter and whoever handles it.
func (t *turn) secret() bool { return t.discreet() || t.item().Private }

// cover keeps all that is said to people of a discreet matter off their lock screens.
func (t *turn) cover() {
	for i, x := range t.effects {
		if say, ok := x.(flows.Say); ok && t.discreet() && say.To.Chat == "" && say.To.Groups.Zero() {
			say.Neutral = true
			t.effects[i] = say
		}
	}
}

// mute says that no group may hear of it: matters of a household, of violence,
// of self-harm; a place so exact that it shows who spoke; a complaint about a
// person; a case told to Linli in private.
func (t *turn) mute() bool {
	it := t.item()
	if t.Group == "" || it.Private || t.discreet() || it.Level == flows.AtRoom {
		return true
	}
	if t.Place.Room != "" {
		return true
	}
	if b, ok := t.e.Settings.Building(t.Place.Building); ok {
		if b.Households > 0 && b.Households < t.e.Settings.Limits.FloorMin {
			return true
		}
		if t.Place.Floor != 0 {
			n, known := b.OnFloor[t.Place.Floor]
			if !known {
				n = b.PerFloor // unknown counts as nobody else there
			}
			return n < t.e.Settings.Limits.FloorMin
		}
	}
	return false
}

// groupLine says in the group that it is filed, once; later it changes the
// same message: the count.
func (t *turn) groupLine(n int) {
	if t.mute() || t.Danger != "" || t.Stage != Filed && t.Stage != Known && t.Stage != Talked {
		return // what is done, or over, promises nothing any more
	}
	words := "group-filed"
	switch t.Stage {
	case Known:
		words = "group-known"
	case Talked:
		words = "group-talked"
	}
	t.Talk.Line = t.Stage == Talked || t.Talk.How == "set"
	t.do(flows.Say{To: flows.To{Chat: t.Group}, Class: flows.Notice, Reply: true, Words: words, Vars: t.with("n", flows.Num(n)), Slot: "line",
		Near: t.Ref, Digest: true, Buttons: []flows.Button{{Words: "b-also", Choice: "also"}}})
}

// sign puts a sign on the message in the group that began it: who wrote it sees
// that it was heard, and nobody is named.
func (t *turn) sign(sign string) { t.signOn(t.Ref, sign) }

func (t *turn) signOn(ref, sign string) {
	if t.mute() || t.Danger != "" || ref == "" {
		return
	}
	t.do(flows.Say{To: flows.To{Chat: t.Group}, Class: flows.Notice, Reply: true, React: sign, Quote: ref})
}

// groupSay tells the group something new, and takes the button off the line.
func (t *turn) groupSay(words string) {
	if t.mute() || t.Danger != "" {
		return
	}
	t.do(flows.Say{To: flows.To{Chat: t.Group}, Class: flows.Notice, Words: words, Vars: t.vars(), Slot: "end", Near: t.Ref, Digest: true})
}

// tidy takes the buttons off the receipt and the group's line once there is
// nothing left to press.
func (t *turn) tidy() {
	t.tidyReceipt()
	if !t.mute() && t.Danger == "" {
		t.do(flows.Say{To: flows.To{Chat: t.Group}, Class: flows.Notice, Tidy: true, Words: "group-over", Vars: t.vars(), Slot: "line"})
	}
}

func (t *turn) tidyReceipt() {
	if t.Reporter != "" && t.Danger == "" {
		t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Tidy: true, Words: t.receiptWords(), Vars: t.vars(), Slot: "receipt"})
	}
}

// hidden says that the actor must not learn of it, whatever button they make up or
// number they ask for: whom it is about; of what is discreet all but who reported or
// handles it, the head, and the person on duty; of what is private all but who may see it.
func (t *turn) hidden() bool {
	by, s := t.e.By.Person, t.e.Settings
	switch {
	case by != "" && by == t.Reporter || t.e.Entry != nil:
		return false
	case slices.Contains(t.subjects(), by):
		return true
	case t.discreet():
		duty := s.DutyLadder(t.e.At)
		return by != t.Who && !slices.Contains(s.With(flows.Head, flows.Everywhere), by) && !(len(duty) > 0 && duty[0] == by)
	}
	return (t.secret() || t.item().Level == flows.AtRoom) && !s.May(t.e.By, flows.See, t.scope())
}

// holds answers a button that comes too late with what holds now.
func (t *turn) holds() {
	if t.hidden() {
		t.toast("not-asked", nil)
		return
	}
	t.toast("now-"+t.stageWords(), nil)
}

// stageWords is the ending of the texts that say how it stands.
func (t *turn) stageWords() string {
	switch t.Stage {
	case Filed:
		if t.Taken {
			return "taken"
		}
		return "filed"
	case Danger:
		if t.Taken {
			return "danger-taken"
		}
		return "danger"
	case Talked:
		if t.Talk.How != "" {
			return "talked-" + t.Talk.How
		}
	}
	return t.Stage
}
