// Package dispatch is the flow of one piece of work on its way to the person
// who does it (派单): to the owner of its item in the building's grid, up the ladder if
// nobody takes it, back with the clause of the duty list if it is not theirs,
// until it is done. Its parent (a demand) tells the resident; this flow speaks only to
// people with the work, in their working hours, and never to the person or company
// complained about.
//
// What a social organisation or volunteers can do better is passed on to them, with the
// resident's consent where it is a household's own, see [Refer]; they read only what was agreed.
//
// A danger takes the same road without hours: the person on duty, the next one
// after three minutes, until somebody has said "我来处理".
package dispatch

import (
	"embed"
	"encoding/json"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// Dialogues are the plays of work that goes to partners, which are tests and examples.
//
//go:embed dialogues
var Dialogues embed.FS

// New gives the flow.
func New() (flows.Flow, error) { return flows.Define("dispatch", words, rules, nil) }

// Stages of a dispatch.
const (
	Sent     = "sent"     // 派单: on its way, nobody has taken it
	Taken    = "taken"    // 签收, 办理中
	Waiting  = "waiting"  // for the property company, the owners, a department
	Returned = "returned" // 退回
	Done     = "done"     // 办结
	Ended    = "ended"    // the resident withdrew it, or judged it
)

// State is what the flow keeps.
type State struct {
	Stage  string           `json:"stage"`
	Work   flows.Task       `json:"work"`
	Ladder []flows.PersonID `json:"ladder,omitempty"`
	Rung   int              `json:"rung"`           // who of the ladder is asked now
	Turn   int              `json:"turn"`           // grows with every new person asked: wakes of an older one are void
	Late   bool             `json:"late,omitempty"` // the one asked now was reminded
	Holder flows.PersonID   `json:"holder,omitempty"`
	Accept time.Time        `json:"accept,omitzero"` // until somebody has taken it
	Due    time.Time        `json:"due,omitzero"`    // until the resident hears
	Length flows.Span       `json:"length,omitzero"` // more time, chosen and waiting for its reason
	More   int              `json:"more,omitempty"`  // how often more time was taken
	Reason string           `json:"reason,omitempty"`
	Why    string           `json:"why,omitempty"` // words with the reason
	Await  flows.Role       `json:"await,omitempty"`
	Again  time.Time        `json:"again,omitzero"`   // Waiting: when it is asked whether they have answered
	Passed int              `json:"passed,omitempty"` // times it was handed on
	Loops  int              `json:"loops,omitempty"`  // a danger: times the whole ladder was called
	Watch  time.Time        `json:"watch,omitzero"`   // when the promise is looked after next
	Help   bool             `json:"help,omitempty"`
	Refer  Refer            `json:"refer,omitzero"`
	Talked bool             `json:"talked,omitempty"` // it ended because it comes before a hearing
	// Silent counts by role how often somebody was asked or waited for and has not answered.
	Silent map[flows.Role]int `json:"silent,omitempty"`
}

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	return flows.Summary{Stage: s.Stage, Done: s.Stage == Ended, Place: s.Work.Place, Item: s.Work.Item, Holder: s.holder(), Due: s.Due, Danger: s.Work.Danger}
}

func (s State) holder() flows.PersonID {
	if s.Holder != "" || s.Rung >= len(s.Ladder) {
		return s.Holder
	}
	return s.Ladder[s.Rung]
}

// open says that it is still to be done.
func (s State) open() bool { return s.Stage == Sent || s.Stage == Taken || s.Stage == Waiting }

type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

func (t *turn) tell(name string, n flows.TaskNews) {
	t.do(flows.Tell{Name: name, Data: flows.Data(n)})
}

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	left := t.left()
	switch w := e.What.(type) {
	case flows.Opened:
		t.Work = data[flows.Task](w.Data)
		t.sent()
	case flows.Chose:
		t.chose(w)
	case flows.Said:
		t.said(w)
	case flows.Told:
		t.told(w)
	case flows.Woke:
		if left {
			t.succeed()
		} else {
			t.woke(w)
		}
	case flows.Missed:
		t.unreached(w.Mark)
	case flows.Delivered:
		if w.Outcome == flows.Refused {
			t.unreached(w.Mark)
		}
	case flows.Erased:
		t.erased(w)
	}
	t.settle()
	t.cover()
	t.fromHearing()
	return t.State, t.effects
}

// discreet says that nobody may read it over the shoulder of who handles it.
func (t *turn) discreet() bool { return t.Work.Danger.Discreet() || t.Work.Item == "6-5" }

// cover keeps all that is said of a discreet matter off lock screens.
func (t *turn) cover() {
	for i, x := range t.effects {
		if say, ok := x.(flows.Say); ok && (t.discreet() || t.Work.Promised) { // what was promised names a door
			say.Neutral = true
			t.effects[i] = say
		}
	}
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

func (t *turn) item() flows.Item {
	it, ok := t.e.Settings.Item(t.Work.Item)
	if !ok {
		it, _ = t.e.Settings.Item("8-3")
	}
	return it
}

// sent begins: who is asked, and until when.
func (t *turn) sent() {
	t.Stage = Sent
	it, w := t.item(), t.Work
	t.Ladder = t.ladder()
	// What is promised by the clock (water, power, heat) cannot wait for Monday.
	t.Work.Urgent = w.Urgent || w.Due.IsZero() && it.Answer.Plain && it.Answer.Days*24*60+it.Answer.Minutes <= 24*60
	t.Due = t.promise()
	t.Accept = t.within(it.Accept)
	if w.Danger != "" {
		t.Due = t.e.At.Add(time.Hour)
	}
	if len(t.Ladder) == 0 {
		// Everybody who could be asked had it before, or is complained about.
		t.tell("sent", flows.TaskNews{Due: t.Due})
		t.do(flows.Say{To: flows.To{Role: flows.Secretary, Scope: flows.Everywhere, Except: t.barred()}, Class: t.class(), Words: "nobody", Vars: t.vars()})
		t.tell("nobody", flows.TaskNews{})
		return
	}
	t.tell("sent", flows.TaskNews{Who: t.Ladder[0], Due: t.Due})
	t.ask()
}

// promise is by when it is to be done: what was promised already, or the item's limit.
func (t *turn) promise() time.Time {
	if !t.Work.Due.IsZero() {
		return t.Work.Due.In(t.e.At.Location())
	}
	return round(t.e.Settings.Calendar.Add(t.e.At, t.item().Answer))
}

// within is the time by which somebody must have taken it: working time, or for
// what is urgent at most an hour of the day, any day.
func (t *turn) within(span flows.Span) time.Time {
	accept := round(t.e.Settings.Calendar.Add(t.e.At, span))
	if !t.Work.Urgent {
		return accept
	}
	from, _ := t.e.Settings.Quiet(t.e.At)
	if hour := round(from.Add(time.Hour)); hour.Before(accept) {
		return hour
	}
	return accept
}

// round gives times as people promise them: the next half hour.
func round(t time.Time) time.Time {
	return t.Add(30*time.Minute - time.Nanosecond).Truncate(30 * time.Minute)
}

// ask sends the card to the person whose turn it is.
func (t *turn) ask() {
	t.Turn++
	t.Late = false
	t.card(t.Ladder[t.Rung], "card")
	t.do(flows.Wake{At: t.acceptBy(), Name: t.wake("accept")})
	if t.Turn == 1 && t.Work.Danger == "" {
		t.watch(t.Due)
	}
}

func (t *turn) acceptBy() time.Time {
	if t.Work.Danger != "" {
		return t.e.At.Add(t.e.Settings.Limits.Page)
	}
	return t.Accept
}

// wake names a wake-up of this turn.
func (t *turn) wake(name string) string { return name + "-" + itoa(t.Turn) }

func itoa(n int) string { return string(flows.Data(n)) }

// card tells a person what is to be done, with the place, the words, the photo,
// both clocks, and what they can do.
func (t *turn) card(p flows.PersonID, words string) {
	say := flows.Say{
		To: flows.To{Person: p}, Class: t.class(), Words: words, Vars: t.vars(), Media: t.Work.Media, Slot: t.slot(p),
		Buttons: t.asking(),
	}
	if t.Work.Danger != "" {
		say.Words = "danger-card"
	} else if t.Work.Second && words == "card" {
		say.Words = "card-second-" + t.Work.Why
	}
	t.do(say)
}

func (t *turn) class() flows.Class {
	switch {
	case t.Work.Danger != "":
		return flows.Emergency
	case t.Work.Urgent && t.Stage == Sent:
		return flows.Personal // in the evening too, not at night
	}
	return flows.Work
}

// asking are the buttons before somebody has taken it.
func (t *turn) asking() []flows.Button {
	if t.Work.Danger != "" {
		return []flows.Button{{Words: "b-take-danger", Choice: "accept"}, {Words: "b-false", Choice: "false"}}
	}
	return []flows.Button{{Words: "b-accept", Choice: "accept"}, {Words: "b-notmine", Choice: "notmine"}, {Words: "b-help", Choice: "help"}}
}

// working are the buttons of who has taken it.
func (t *turn) working() []flows.Button {
	if t.Work.Danger != "" {
		return []flows.Button{{Words: "b-done-danger", Choice: "done"}, {Words: "b-false", Choice: "false"}}
	}
	bs := []flows.Button{{Words: "b-done", Choice: "done"}}
	if t.partnered() {
		return append(bs, flows.Button{Words: "b-ask", Choice: "ask"}, flows.Button{Words: "b-more", Choice: "more", Row: 1}, flows.Button{Words: "b-org-back", Choice: "giveback", Row: 1})
	}
	if !t.Work.Decided { // else there is nobody to ask
		bs = append(bs, flows.Button{Words: "b-ask", Choice: "ask"})
	}
	bs = append(bs, flows.Button{Words: "b-more", Choice: "more", Row: 1}, flows.Button{Words: "b-wait", Choice: "wait", Row: 1}, flows.Button{Words: "b-help", Choice: "help", Row: 1})
	if t.referable() && !t.kept() {
		bs = append(bs, flows.Button{Words: "b-refer", Choice: "refer", Row: 2})
	}
	if t.debatable() {
		bs = append(bs, flows.Button{Words: "b-discuss", Choice: "discuss", Row: 2}) // in one row with three others a small telephone cuts it
	}
	return bs
}

func (t *turn) vars() flows.Vars {
	return flows.Vars{
		"item": t.what(), "place": flows.Where(t.Work.Place), "text": flows.Text(t.Work.Text), "n": flows.Num(t.Work.People),
		"accept": flows.At(t.acceptBy()), "due": flows.At(t.Due), "who": flows.Who(t.holder()), "why": flows.Text(t.Why), "role": flows.Of(t.Await),
		"urgent": flows.Text(map[bool]string{true: "1"}[t.Work.Urgent]), "danger": flows.Text(string(t.Work.Danger)),
		"page":  flows.Num(int(t.e.Settings.Limits.Page.Minutes())),
		"photo": flows.Text(map[bool]string{true: "1"}[t.item().Photo]),
	}
}

func (t *turn) with(k string, v flows.Var) flows.Vars {
	vars := t.vars()
	vars[k] = v
	return vars
}

func (t *turn) toast(words string) {
	t.do(flows.Say{Toast: true, To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: words, Vars: t.vars()})
}

// reply answers the person who has just pressed or said something.
func (t *turn) reply(words string, vars flows.Vars, more ...flows.Button) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: words, Vars: vars, Buttons: more})
}

// next asks the next person of the ladder, and says whether there was one.
// Whoever has the card hears that it was passed on.
func (t *turn) next(has bool) bool {
	old := t.holder()
	if t.Rung+1 >= len(t.Ladder) {
		return false
	}
	t.Rung++
	now := t.holder()
	if t.Work.Danger == "" {
		t.Accept = t.within(t.e.Settings.Limits.Remind)
	}
	if t.Work.Danger == "" && has {
		t.do(flows.Say{To: flows.To{Person: old}, Class: flows.Work, Words: "passed", Vars: t.with("who", flows.Who(now)), Slot: t.slot(old)})
	}
	t.ask()
	t.tell("unanswered", flows.TaskNews{Who: now, Turn: t.Turn})
	return true
}

// unreached goes on at once where the one asked has no address, or blocked us.
func (t *turn) unreached(mark string) {
	if r := t.Refer; r.Who != "" && !r.Has && mark == t.slot(r.Who) {
		t.askPartner()
		return
	}
	if t.Stage != Sent || t.Loops > 0 || t.Rung >= len(t.Ladder) || mark != t.slot(t.Ladder[t.Rung]) {
		return
	}
	if t.Turn > 2 {
		// One event may move only so many cases: the rest of the ladder in steps of their own.
		t.do(flows.Wake{At: t.e.At, Name: t.wake("next")})
		return
	}
	if !t.next(false) {
		t.exhausted()
	}
}

// exhausted is when the whole ladder was asked and nobody took it.
func (t *turn) exhausted() {
	t.Loops++
	if t.Work.Danger == "" {
		// It stays with the last, and all staff see it, once each working day.
		t.do(flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere, Except: t.barred()}, Class: flows.Work, Words: "nobody", Vars: t.vars(), Bundle: true, Buttons: t.asking()[:1]},
			flows.Wake{At: t.e.Settings.Calendar.Add(t.e.At, flows.Span{Days: 1}), Name: t.wake("again")})
		if t.Loops == 1 {
			t.tell("nobody", flows.TaskNews{})
		}
		return
	}
	if t.Loops == 1 {
		t.tell("nobody", flows.TaskNews{})
	}
	if t.Loops > maxLoops {
		return // what stays open is on every list; calling on would not help
	}
	// From here on everybody is called at once, again and again.
	t.Turn++
	for _, p := range t.Ladder {
		t.card(p, "card")
	}
	t.do(flows.Wake{At: t.e.At.Add(2 * t.e.Settings.Limits.Page), Name: t.wake("accept")})
}

// maxLoops is how often everybody is called together for a danger nobody took:
// an hour.
const maxLoops = 10

// slot is the message of this work on a person's phone. A further call for a
// danger is a new message: a changed one makes no sound.
func (t *turn) slot(p flows.PersonID) string {
	if t.Loops > 0 && t.Work.Danger != "" {
		return "card-" + string(p) + "-" + itoa(t.Loops)
	}
	return "card-" + string(p)
}

// barred are those complained about.
func (t *turn) barred() []flows.PersonID {
	return append(t.e.Settings.Complained(t.Work.About, t.Work.Place), t.e.Settings.Complained(t.item().About, t.Work.Place)...)
}

func (t *turn) woke(w flows.Woke) {
	switch {
	case t.referWoke(w.Name):
	case w.Name == "due" && !t.Watch.IsZero() && !w.Due.Equal(t.Watch):
		// an older one: a later time was promised since
	case w.Name == "due" && t.open() && t.holder() != "" && !t.e.At.Before(t.Due):
		t.overdue()
	case w.Name == t.wake("accept") && t.Stage == Sent:
		t.late()
	case w.Name == t.wake("next") && t.Stage == Sent:
		t.unanswered()
		if !t.next(true) {
			t.exhausted()
		}
	case w.Name == t.wake("again") && t.Stage == Sent:
		t.exhausted()
	case w.Name == t.wake("await") && t.Stage == Waiting:
		t.reawait()
	}
}

// late reminds the one who has not answered, and says who is next.
func (t *turn) late() {
	if t.Work.Danger != "" {
		if !t.next(true) {
			t.exhausted()
		}
		return
	}
	t.Late = true
	after := t.within(t.e.Settings.Limits.Remind)
	vars := t.with("after", flows.At(after))
	vars["accept"] = flows.At(dueAt(t.e))
	bs := t.asking()[:1]
	words := "late-last"
	if t.Rung+1 < len(t.Ladder) {
		next := t.Ladder[t.Rung+1]
		vars["next"] = flows.Who(next)
		words = "late"
		bs = append(bs, flows.Button{Words: "b-pass", Vars: flows.Vars{"who": flows.Who(next)}, Choice: "pass=" + itoa(t.Rung+1)})
	}
	t.do(flows.Say{To: flows.To{Person: t.holder()}, Class: t.class(), Words: words, Vars: vars, Buttons: bs},
		flows.Wake{At: after, Name: t.wake("next")})
}

// dueAt is when the wake-up of this event was due.
func dueAt(e flows.Event) time.Time {
	if w, ok := e.What.(flows.Woke); ok {
		return w.Due
	}
	return e.At
}

// overdue is seen by the one who has it and by the supervisor, nobody else.
func (t *turn) overdue() {
	holder := t.holder()
	t.do(flows.Say{To: flows.To{Person: holder}, Class: flows.Work, Bundle: true, Words: "overdue", Vars: t.vars(), Buttons: t.buttons()},
		flows.Say{To: flows.To{Role: flows.Head, Scope: flows.Everywhere, Except: append(t.barred(), holder)}, Class: flows.Work, Bundle: true, Words: "overdue-head", Vars: t.vars()})
	t.watch(t.e.Settings.Calendar.Add(t.e.At, flows.Span{Days: 1}))
}

// watch looks after a promise just before the first reminders that leave when
// it has run out: who has promised a later time by then hears nothing.
func (t *turn) watch(due time.Time) {
	at := t.e.Settings.Bundled(due).Add(-time.Minute)
	if at.Before(t.e.At) {
		at = t.e.At
	}
	if !at.Equal(t.Watch) {
		t.Watch = at
		t.do(flows.Wake{At: at, Name: "due"})
	}
}

func (t *turn) buttons() []flows.Button {
	if t.Stage == Sent {
		return t.asking()
	}
	return t.working()
}
