package hearing

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// What those who convene a hearing may do with it, and when.

// duties are the choices of whoever convenes a hearing, with the stages in which each
// makes sense.
var duties = map[string][]string{
	"lead":      {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Off},
	"board":     {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Rating, Off},
	"topic":     {Waiting},
	"whom":      {Planning, Asking, Set},
	"chair":     {Planning, Asking, Set, Notice},
	"need":      {Planning, Asking, Set},
	"unneed":    {Planning, Asking, Set},
	"attach":    {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting},
	"times":     {Planning, Asking, Set},
	"send":      {Planning},
	"list":      {Asking},
	"slot":      {Planning, Asking, Set},
	"where":     {Planning, Asking, Set, Notice},
	"who":       {Planning, Asking, Set},
	"scope":     {Planning, Asking, Set},
	"room":      {Planning, Asking, Set, Notice},
	"link":      {Planning, Asking, Set, Notice},
	"group":     {Planning, Asking, Set, Notice},
	"agreed":    {Set, Notice},
	"agenda":    {Planning, Asking, Set},
	"waive":     {Set, Notice},
	"publish":   {Set},
	"move":      {Notice},
	"off":       {Notice},
	"again":     {Off},
	"drop":      {Waiting, Planning, Asking, Set, Off},
	"begin":     {Notice},
	"point":     {Meeting},
	"note":      {Meeting, Minutes},
	"hands":     {Meeting, Minutes},
	"poll":      {Meeting},
	"decide":    {Meeting, Minutes},
	"undo":      {Meeting, Minutes},
	"in":        {Notice, Meeting},
	"guest":     {Notice, Meeting, Minutes},
	"complaint": {Meeting, Minutes},
	"raise":     {Meeting, Minutes, Tasks},
	"file":      {Meeting, Minutes, Tasks},
	"skip":      {Meeting, Minutes, Tasks},
	"end":       {Meeting},
	"fix":       {Minutes},
	"confirm":   {Minutes},
	"signed":    {Minutes},
	"answer":    {Tasks, Rating},
	"retask":    {Tasks},
	"reply":     {Upward},
	"asked":     {Upward},
	"resume":    {Upward},
	"finish":    {Upward},
	"respond":   {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Rating, Off},
}

// halted are the duties that an objection stands against: those that bring the hearing
// further. What only notes what is, or makes it less, goes on.
var halted = []string{"send", "slot", "publish", "move", "begin", "point", "hands", "poll", "decide", "confirm", "signed", "raise", "file", "skip", "resume"}

// Fits says whether a choice of those who convene, review or supervise makes sense as the
// hearing stands. Who may make it the rules decide.
func (s State) Fits(choice string) bool {
	word, _, _ := strings.Cut(choice, "=")
	switch word {
	case "rev":
		return (s.Stage == Review || s.Stage == Waiting) && s.Frozen == nil
	case "object":
		return !s.over() && s.Stage != Offered && s.Frozen == nil
	case "lift", "respond":
		return !s.over() && s.Frozen != nil
	}
	return slices.Contains(duties[word], s.Stage) && (s.Frozen == nil || !slices.Contains(halted, word))
}

// worded are the duties that need words: the tag under which they come.
var worded = []string{"topic", "attach", "times", "link", "agenda", "waive", "move", "off", "note", "hands", "poll", "decide", "guest", "complaint", "fix", "reply", "respond"}

// ask waits for the actor's words, if it may be at all.
func (t *turn) ask(tag, words string, may bool) {
	if !may {
		t.holds()
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: t.vars(), Reply: true, Expect: tag, For: 24 * time.Hour})
}

// convenes says whether somebody prepares and leads this hearing: its organiser, its
// chair, or who may convene one here.
func (t *turn) convenes(a flows.Actor) bool {
	return a.Person != "" && len(a.Posts) > 0 && (a.Person == t.Organiser || a.Person == t.Chair || t.e.Settings.May(a, flows.Convene, t.Scope))
}

// watching says that the actor supervises, and is not the one who is watched.
func (t *turn) watching() bool {
	return t.e.Settings.May(t.e.By, flows.Object, t.Scope) && !slices.Contains(t.leading(), t.e.By.Person)
}

// duty says whether the actor may do what a choice asks for, now, and answers if not.
func (t *turn) duty(choice string) bool {
	stages, known := duties[choice]
	switch {
	case !known:
		t.holds()
	case choice == "waive" && t.mayWaive(t.e.By) && slices.Contains(stages, t.Stage):
		return true
	case !t.convenes(t.e.By):
		t.toast("not-yours", nil)
	case !slices.Contains(stages, t.Stage), choice == "respond" && t.Frozen == nil, choice == "complaint" && t.Form != flows.Complaints:
		t.holds()
	case t.Frozen != nil && slices.Contains(halted, choice):
		t.toast("frozen", nil)
	default:
		return true
	}
	return false
}

// lead is a button of who convenes it.
func (t *turn) lead(w flows.Chose) {
	if !t.duty(w.Choice) {
		return
	}
	if slices.Contains(worded, w.Choice) {
		if w.Choice == "waive" && !t.mayWaive(t.e.By) {
			vars := t.waivers()
			t.toast("waive-whom", vars)
			if t.Stage == Set {
				t.askWaiver(t.From, t.lacksVars())
			}
			return
		}
		t.ask(w.Choice, "ask-"+w.Choice, true)
		return
	}
	n, err := strconv.Atoi(w.Value)
	switch w.Choice {
	case "where", "who", "scope":
		t.menu(w.Choice)
	case "lead":
		t.Organiser = t.e.By.Person
		t.board(true)
	case "board":
		t.board(true)
	case "whom":
		t.whom(w.Value)
	case "chair":
		t.chair(flows.PersonID(w.Value))
	case "need", "unneed":
		t.need(flows.PersonID(w.Value), w.Choice == "need")
	case "send":
		t.send()
	case "list":
		t.writeList()
	case "slot":
		t.pick(n, err == nil)
	case "room":
		t.place(w.Value)
	case "group":
		t.inGroup(w.Value)
	case "agreed":
		t.agreed()
	case "publish":
		t.publish()
	case "again":
		t.plan()
	case "drop":
		t.drop()
	case "begin":
		t.begin()
	case "point":
		t.point(n)
	case "undo":
		t.undo(n)
	case "in":
		t.checkIn(flows.PersonID(w.Value))
	case "raise":
		t.raise(n)
	case "file":
		t.file(n)
	case "skip":
		t.skip(n)
	case "end":
		t.end()
	case "confirm":
		t.confirm(false)
	case "signed":
		t.confirm(true)
	case "answer":
		t.askAbout("answer", n, t.dissentOf(n) >= 0)
	case "retask":
		t.askAbout("retask", n, err == nil && n >= 0 && n < len(t.Decisions) && t.Decisions[n].How == "returned")
	case "asked":
		t.askedAgain()
	case "resume":
		t.resume()
	case "finish":
		t.finish()
	}
}

// askAbout waits for words about one of several.
func (t *turn) askAbout(tag string, n int, may bool) {
	t.ask(tag+"-"+strconv.Itoa(n), "ask-"+tag, may)
}
