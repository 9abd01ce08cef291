package activity

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// Sending: the group, and those whom it suits, a few at a time until it is full; what becomes
// of it when it is moved or called off.

// send makes it public.
func (t *turn) send() {
	if lacks := t.Lacks(t.e.Settings, t.e.At); len(lacks) > 0 {
		t.toast("not-ready", nil)
		t.board()
		return
	}
	t.Stage, t.Sent = Open, t.e.At
	t.Code = strconv.Itoa(1000 + int(t.lot("code")%9000))
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "card", Vars: t.vars(), Slot: "card", Buttons: cardButtons, Until: t.At})
	t.Shows = t.e.At
	if t.Case != "" {
		t.do(flows.Tell{Case: t.Case, Name: "activity", Data: flows.Data(t.listed())})
	}
	t.menu("listed", t.listed())
	t.clocks()
	t.toast("sent", nil)
	t.board()
	t.batches()
}

// lot is a number that nobody can foresee, the same for a word whenever it is asked for.
func (t *turn) lot(word string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.e.Seed)) // never fails
	_, _ = h.Write([]byte(word))
	return h.Sum64()
}

// clocks sets what is to happen before, at and after this date.
func (t *turn) clocks() {
	a := t.e.Settings.Activities
	if at := t.At.Add(-a.Few); at.After(t.e.At) {
		t.do(t.wake(at, "few"))
	}
	for _, d := range a.Remind {
		// Whoever was invited less than a day before is not reminded so soon.
		if at := t.At.Add(-d); at.After(t.e.At.Add(24 * time.Hour)) {
			t.do(t.wake(at, "remind"))
		}
	}
	if at := t.At.Add(-ringBefore); at.After(t.e.At) {
		t.do(t.wake(at, "ring"))
	}
	t.do(t.wake(t.At, "begin"), t.wake(t.End().Add(30*time.Minute), "end"))
}

// batch looks for the next who may be invited. How many depends on how many places are left
// and on what came of earlier invitations; who had said yes and stayed away makes it more.
func (t *turn) batch() {
	if t.Stage != Open || t.Left() == 0 || !t.e.At.Before(t.until()) {
		return
	}
	a := t.e.Settings.Activities
	rate := t.Rate
	if rate == 0 {
		rate = a.Rate
	}
	want := t.Left()
	if t.Shown > 0 && t.Shown < 100 {
		want = (want*100 + t.Shown - 1) / t.Shown
	}
	n := min(most, max(5, want*100/max(5, rate)))
	t.do(flows.Find{Who: t.invitees(), N: n})
}

// batches invites the next, and goes on doing so, also while it is full: somebody may give a
// place back.
func (t *turn) batches() {
	if next := t.e.At.Add(t.e.Settings.Activities.Batch); t.Stage == Open && next.Before(t.until()) {
		t.do(t.wake(next, "batch"))
	}
	t.batch()
}

func (t *turn) invitees() flows.Invitees {
	in := flows.Invitees{Scope: t.Scope, Dish: t.Dish, Ages: t.Ages, Children: t.Children, Free: t.e.Settings.FreeAt(t.At), Urgent: t.Allowed != "", Seed: t.e.Seed}
	if t.Interest != "" {
		in.Interests = []string{t.Interest}
	}
	return in
}

// audienceOf is whom the words are for.
func (t *turn) audienceOf(a flows.Age) string {
	switch {
	case t.Children:
		return "children"
	case a == flows.Young:
		return "young"
	case a == flows.Elder:
		return "elder"
	}
	return "all"
}

// arm is the wording that somebody reads: "a" is the template, "b" the words of staff. Where
// the two are compared, a lot decides, so that nothing but the words differs.
func (t *turn) arm(p flows.PersonID) string {
	switch {
	case t.Text == "":
		return "a"
	case t.Compare && t.lot(string(p))%2 == 0:
		return "a"
	}
	return "b"
}

// found invites those who were found: one Say for all who read the same words.
func (t *turn) found(list []flows.Found) {
	if t.Stage != Open || len(list) == 0 {
		return // whom a limit stands against this week may be free in the next
	}
	t.Batch++
	type way struct{ audience, arm string }
	var ways []way
	seen := map[way]bool{}
	for _, f := range list {
		w := way{t.audienceOf(f.Age), t.arm(f.Person)}
		if !seen[w] {
			seen[w] = true
			ways = append(ways, w)
		}
		p := Part{Age: f.Age, Arm: w.arm, Why: f.Why, Interest: f.Interest, At: t.e.At}
		t.sum(p, Sum{Sent: 1})
		t.put(string(f.Person), askTag(t.Batch, w.audience, w.arm), p)
	}
	for _, w := range ways {
		t.do(t.invitation(flows.To{Entries: askTag(t.Batch, w.audience, w.arm)}, w.audience, w.arm))
	}
	t.board()
}

// invitation is what somebody reads whom it suits.
func (t *turn) invitation(to flows.To, audience, arm string) flows.Say {
	words := "invite-" + audience
	if arm == "b" {
		words = "invite-own"
		if t.ByModel {
			words = "invite-model"
		}
	}
	buttons := []flows.Button{{Words: "b-come", Choice: "come"}, {Words: "b-no", Choice: "no"}}
	if t.Children {
		buttons = []flows.Button{{Words: "b-kid", Choice: "kids=1"}, {Words: "b-kids", Choice: "kids=2"}, {Words: "b-no", Choice: "no"}}
	}
	buttons = append(buttons, flows.Button{Words: "b-why", Choice: "why", Row: 1})
	return flows.Say{To: to, Class: flows.Invitation, Words: words, Vars: t.vars(), Slot: "invite", Allowed: t.Allowed, Until: t.until(), Buttons: buttons}
}

// delivered is how an invitation ended that did not arrive: whom a limit stood against may be
// found another day, whom nothing reaches may not.
func (t *turn) delivered(w flows.Delivered) {
	e, ok := t.e.Entries[string(w.To)]
	if w.Mark != "invite" || w.Outcome == flows.Confirmed || !ok || !asked(e.Tag) {
		return
	}
	p := data[Part](e.Data)
	t.sum(p, Sum{Sent: -1})
	if w.Outcome == flows.Refused {
		t.put(e.Key, TagSeen, Part{At: t.e.At})
		return
	}
	t.do(flows.Put{Entry: flows.Entry{Key: e.Key}, Delete: true})
}

// remind tells those who were invited and have not answered how many places are left.
func (t *turn) remind() {
	if t.Stage != Open || t.Left() == 0 || !t.e.At.Before(t.until()) {
		return
	}
	for _, tag := range t.asks() {
		say := t.invitation(flows.To{Entries: tag}, "all", "a")
		say.Words, say.Slot = "remind", ""
		t.do(say)
	}
}

// ring reminds those who have asked for it.
func (t *turn) ring() {
	if t.Stage == Open && t.e.At.Before(t.At) {
		t.do(flows.Say{To: flows.To{Entries: TagRing}, Class: flows.Personal, Words: "ringing", Vars: t.vars(), Until: t.At,
			Buttons: []flows.Button{{Words: "b-not", Choice: "no"}, {Words: "b-here", Choice: "here"}, {Words: "b-page", Link: "page"}}})
	}
}

// few tells who answers for it that there are too few, while there is time to do something.
func (t *turn) few() {
	if t.Stage != Open || t.Few || t.Seats+t.Lines >= t.Least {
		return
	}
	t.Few = true
	t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "few", Vars: t.vars(), Slot: "few",
		Buttons: []flows.Button{{Words: "b-more", Choice: "more"}, {Words: "b-move", Choice: "move"}, {Words: "b-off", Choice: "off", Row: 1}, {Words: "b-keep", Choice: "keep", Row: 1}}})
}

var cardButtons = []flows.Button{{Words: "b-come", Choice: "come"}, {Words: "b-look", Choice: "look"}}

// cardSoon has the group, and the menu, see how many places are left: now, or ten minutes
// after they last did.
func (t *turn) cardSoon() {
	switch next := t.Shows.Add(10 * time.Minute); {
	case t.Stage != Open || t.Stale:
	case !t.e.At.Before(next):
		t.card()
	default:
		t.Stale = true
		t.do(t.wake(next, "places"))
	}
}

func (t *turn) card() {
	if t.Stage != Open {
		return
	}
	t.Shows = t.e.At
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "card", Vars: t.vars(), Slot: "card", Tidy: true, Buttons: cardButtons})
	t.menu("listed", t.listed())
	t.board()
}

// listed is what stands in the open list of all activities.
func (t *turn) listed() flows.Listed {
	return flows.Listed{No: t.e.Case.No, Title: t.Title, At: t.At, Where: t.Place(t.e.Settings), Left: t.Left(), Dish: t.Dish, Scope: t.Scope}
}

func (t *turn) menu(name string, v any) {
	t.do(flows.Tell{Flow: flows.MenuFlow, Key: flows.MenuKey, Name: name, Data: flows.Data(v)})
}

// goesOn is a button of the committee's people once it was sent.
func (t *turn) goesOn(w flows.Chose) {
	switch {
	case w.Choice == "board":
		t.board()
	case w.Choice == "hours" && (t.Stage == After || t.Stage == Held):
		t.hours(w.Value)
	case t.Stage != Open:
		t.toast("over", nil)
	case w.Choice == "move":
		t.ask("move", "ask-move", nil)
	case w.Choice == "off":
		t.ask("off", "ask-off", nil)
	case w.Choice == "more":
		t.batch()
		t.toast("more", nil)
	case w.Choice == "keep":
		t.Least = 0
		t.toast("kept", nil)
		t.board()
	case w.Choice == "list":
		t.list()
	case w.Choice == "allow":
		t.allow()
	case w.Choice == "agreed":
		t.Owner = false
		t.board()
	default:
		t.toast("over", nil)
	}
}

// moved takes another time, with its reason.
func (t *turn) moved(text string) {
	plan := t.e.Reading.Plan
	if t.Stage != Open {
		t.reply("over", nil)
		return
	}
	var at time.Time
	if plan != nil {
		for _, x := range plan.Times {
			if !x.Day {
				at = x.At
			}
		}
	}
	if !at.After(t.e.At.Add(time.Hour)) {
		t.ask("move", "move-unread", nil)
		return
	}
	why := line(strings.TrimLeft(plan.Rest, "改到，, 。"), maxTitle)
	if why == "" {
		t.ask("move", "move-why", flows.Vars{"later": flows.At(at)})
		return
	}
	t.Later, t.Why = at, why
	if t.Room != "" {
		t.book(at)
		return
	}
	t.apply()
}

// apply is another time of what was sent: whoever comes, waits or was invited hears of it once.
func (t *turn) apply() {
	t.At, t.Later, t.Few, t.Stale, t.Unsure = t.Later, time.Time{}, false, false, nil
	t.Moves++
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "card-moved", Vars: t.vars(), Slot: "card", Buttons: cardButtons, Until: t.At})
	t.everybody("moved", []flows.Button{{Words: "b-stays", Choice: "look"}, {Words: "b-not", Choice: "no"}})
	t.menu("listed", t.listed())
	t.clocks()
	t.board()
	t.batches()
}

// everybody tells all who have an answer in, and all who were invited, something, each once.
func (t *turn) everybody(words string, buttons []flows.Button) {
	for _, tag := range append([]string{TagYes, TagRing, TagHold, TagWait}, t.asks()...) {
		if t.e.Counts[tag] > 0 {
			t.do(flows.Say{To: flows.To{Entries: tag}, Class: flows.Personal, Words: words, Vars: t.vars(), Buttons: buttons})
		}
	}
	if _, post := t.e.Settings.Official(t.Runner); t.Runner != "" && t.Runner != t.Organiser && post {
		t.do(flows.Say{To: flows.To{Person: t.Runner}, Class: flows.Work, Words: words, Vars: t.vars()})
	} else if t.Runner != "" && t.Runner != t.Organiser {
		t.do(flows.Say{To: flows.To{Person: t.Runner}, Class: flows.Personal, Words: words, Vars: t.vars()})
	}
}

// calledOff calls it off, with its reason.
func (t *turn) calledOff(why string) {
	if t.Stage != Open || why == "" {
		t.reply("over", nil)
		return
	}
	t.freeRoom()
	t.Stage, t.Why = Off, line(why, maxTitle)
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "card-off", Vars: t.vars(), Slot: "card"})
	t.everybody("off", nil)
	t.menu("ended", t.listed())
	t.reply("off-done", nil)
	t.board()
}
