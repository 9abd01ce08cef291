package demand

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// What is better talked over by everybody than done by one (议事): when Linli suggests it,
// who may put it before a hearing, and what the hearing says about it afterwards.
//
// Where the suggestion comes from many people or from a silent property company, the
// work goes on beside the hearing and the demand stays where it is; [State.Hearing] says that
// it is also talked over. Where nobody does the work, or who does it says that it cannot
// be done so, the work ends and the demand is [Talked].
//
// A hearing is told who has asked, for it to invite them. It is never told their words,
// and never anything of a matter that is one household's own.

// Talk is how it stands with the hearing, as the hearing has told it.
type Talk struct {
	How   string    `json:"how,omitempty"`   // "set", "upward", "answered", "decided"; empty: it waits for the reviewers
	Text  string    `json:"text,omitempty"`  // who was asked, what they answered, what was decided
	At    time.Time `json:"at,omitzero"`     // when it meets, is asked again, is to be done; until then when the reviewers answer
	Where string    `json:"where,omitempty"` // it meets
	After string    `json:"after,omitempty"` // behind which follower the hearing is told of more
	Line  bool      `json:"line,omitempty"`  // the group's line says that it is talked over
}

// Reasons for which Linli suggests a hearing, the weightiest first. The hearing hears
// them under the same names, see [flows.Topic].
const (
	bySilence   = "silent"    // the property company has not answered, again and again
	byNobody    = "nobody"    // everybody was asked, and nobody has taken it
	byReturns   = "returned"  // it comes back: returned, or done and not well
	byFollowers = "followers" // so many have the same
	byWork      = "asked"     // who has the work asks for it; nothing that Linli suggests
)

// returns is from how many returns and bad ratings on a matter is one that comes back.
const returns = 2

// debatable says that this is a matter for a hearing at all.
func (t *turn) debatable() bool {
	return !t.secret() && flows.Debatable(t.item(), t.Danger, t.About)
}

// reasons are those that hold now and were not put to staff yet.
func (t *turn) reasons() (all []string) {
	h := t.e.Settings.Hearings
	for _, x := range []struct {
		why   string
		holds bool
	}{
		{bySilence, h.Silences > 0 && t.Silent >= h.Silences},
		{byNobody, t.Nobody},
		{byReturns, t.Back >= returns},
		{byFollowers, h.Followers > 0 && t.people()+t.joined >= h.Followers},
	} {
		if x.holds && !slices.Contains(t.Mooted, x.why) {
			all = append(all, x.why)
		}
	}
	return all
}

// mootable says that the matter is one with which staff may go before a hearing now.
func (t *turn) mootable() bool {
	return (t.Stage == Filed || t.Stage == Returned) && t.Hearing == "" && t.debatable()
}

// moot suggests a hearing to staff, once for each reason, and never two suggestions at a
// time.
func (t *turn) moot() {
	all := t.reasons()
	if len(all) == 0 || t.Moot != "" || !t.mootable() {
		return
	}
	t.Moot = all[0]
	t.Mooted = append(slices.Clone(t.Mooted), t.Moot)
	t.do(flows.Say{To: t.conveners(), Class: flows.Work, Words: "moot-" + t.Moot, Vars: t.mootVars(), Slot: t.mootSlot(), Buttons: []flows.Button{
		{Words: "b-convene", Choice: "convene=" + t.Moot}, {Words: "b-noconvene", Choice: "noconvene=" + t.Moot}}})
}

func (t *turn) mootSlot() string { return "moot-" + t.Moot }

func (t *turn) mootVars() flows.Vars {
	vars := t.with("by", flows.Who(t.e.By.Person))
	vars["n"], vars["back"], vars["times"], vars["role"] = flows.Num(t.people()+t.joined), flows.Num(t.Back), flows.Num(t.Silent), flows.Of(flows.Property)
	return vars
}

// conveners are who may put it before a hearing: the staff, or the head and the secretary
// where there are none. Never whom it is about.
func (t *turn) conveners(except ...flows.PersonID) flows.To {
	to := flows.To{Scope: flows.Everywhere, Except: append(t.subjects(), except...)}
	for _, to.Role = range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
		if slices.ContainsFunc(t.e.Settings.With(to.Role, flows.Everywhere), func(p flows.PersonID) bool { return !slices.Contains(to.Except, p) }) {
			break
		}
	}
	return to
}

// mooted is the answer to a suggestion. A refusal stands for every reason that holds
// then: who gave it knows how the matter stands.
func (t *turn) mooted(yes bool, why string) {
	by := t.e.By
	switch {
	case !t.e.Settings.May(by, flows.Convene, t.scope()) || slices.Contains(t.subjects(), by.Person):
		t.toast("not-yours", nil)
		return
	case t.Moot == "" || why != t.Moot || !t.mootable():
		t.holds()
		return
	}
	words := "moot-yes"
	switch {
	case !yes:
		words = "moot-no"
		t.Mooted = append(slices.Clone(t.Mooted), t.reasons()...)
	case why == bySilence:
		words = "moot-three"
	}
	t.do(flows.Say{To: t.conveners(), Class: flows.Work, Reply: true, Words: words, Vars: t.mootVars(), Slot: t.mootSlot()})
	t.Moot = ""
	if yes {
		t.convene(why, by.Person)
	}
}

// unmoot takes the buttons off a suggestion that has come to nothing: the matter is over,
// or before a hearing already.
func (t *turn) unmoot() {
	if t.Moot == "" || t.mootable() && (t.Moot != byNobody || t.Nobody) {
		return
	}
	t.do(flows.Say{To: t.conveners(), Class: flows.Work, Tidy: true, Words: "moot-over", Vars: t.mootVars(), Slot: t.mootSlot()})
	t.Moot = ""
}

// unasked is when nobody could be asked: it is suggested again when there is reason to.
func (t *turn) unasked() {
	t.Mooted = slices.DeleteFunc(slices.Clone(t.Mooted), func(why string) bool { return why == t.Moot })
	t.Moot = ""
}

// discuss is who has the work saying that it must be talked over. Staff read why; in the
// topic stand no words of anybody's.
func (t *turn) discuss(f flows.TaskNews) {
	if t.Stage != Filed || !t.debatable() {
		return
	}
	vars := t.with("text", flows.Text(plain(f.Text)))
	vars["by"] = flows.Who(f.Who)
	t.do(flows.Say{To: t.conveners(f.Who), Class: flows.Work, Words: "moot-asked", Vars: vars})
	t.convene(byWork, f.Who)
}

// convene puts it before a hearing.
func (t *turn) convene(why string, by flows.PersonID) {
	before := t.Hearing != ""
	if t.Stage == Returned || why == byNobody || why == byReturns || why == byWork {
		t.lay()
	}
	if before {
		t.tellTalked() // who waits for it has heard only of the work that has ended now
		return
	}
	topic := flows.Topic{Text: t.topic(), Item: t.Item, Place: t.Place.Public(), People: t.people(), Form: flows.Hearing, Why: why, By: by}
	if why == bySilence {
		topic.Form = flows.ThreeSided
	}
	t.do(flows.Open{Flow: "hearing", Data: flows.Data(topic)})
}

// topic is the matter in a line, made of its item and its building.
func (t *turn) topic() string {
	s := t.e.Settings
	name := t.item().Name
	return strings.TrimSpace(s.PlaceName(t.Place.Public(), s.Lang, false) + " " + cmp.Or(name[s.Lang], name[flows.Languages[0]]))
}

// lay ends the work: it is talked over instead.
func (t *turn) lay() {
	t.Stage, t.Taken, t.Choosing = Talked, false, ""
	t.toJob("closed", flows.TaskUpdate{})
	t.Job = ""
	t.groupLine(t.people())
}

// tellTalked tells those who wait for it that it is talked over now.
func (t *turn) tellTalked() { t.tellAll("now-" + t.stageWords()) }

// tellAll tells the reporter and all who follow it what anybody may know of a hearing.
func (t *turn) tellAll(words string) {
	t.tellReporter(words, nil, false)
	t.tellFollowers(words, nil)
}

// heard takes what a hearing says, and says whether this was such a word.
func (t *turn) heard(w flows.Told) bool {
	n := data[flows.TopicNews](w.Data)
	n.Text = plain(n.Text)
	switch w.Name {
	case "review", "set", "refused", "off", "upward", "answered", "decided", "over":
	default:
		return false
	}
	goes := t.Stage == Filed || t.Stage == Returned || t.Stage == Talked
	if w.From == "" || !goes && t.Stage != Done || !t.debatable() {
		return true
	}
	if t.Hearing == "" && (w.Name == "review" || w.Name == "set") {
		t.before(w.From, n)
	}
	if w.From != t.Hearing {
		return true
	}
	switch w.Name {
	case "review":
		t.concerned(t.Reporter)
		t.do(flows.Next{Tag: "follower", N: page})
	case "refused", "off":
		t.undiscussed(w.Name, n)
	case "over":
		t.carriedOut(n)
	default:
		t.Talk.How, t.Talk.Text, t.Talk.At, t.Talk.Where = w.Name, n.Text, n.At, n.Where
		if w.Name == "decided" {
			t.Talk.At = n.Due
		}
		switch {
		case !goes: // who reported it judges what was done just now
		case w.Name == "set", w.Name == "decided":
			t.groupLine(t.people()) // who is concerned is told by the hearing itself
		default:
			t.tellAll("now-talked-" + t.Talk.How)
		}
	}
	return true
}

// plain is a text to be put into a sentence.
func plain(s string) string { return strings.TrimRight(cut(s), "。.!！ \n") }

// before notes the hearing it comes before: its own, or one that has taken it along.
func (t *turn) before(id flows.ID, n flows.TopicNews) {
	t.Hearing, t.Talk = id, Talk{At: n.Due, Line: t.Talk.Line}
	if t.Stage == Returned {
		t.lay() // nobody does the work
	}
	if t.Stage == Talked {
		t.tellTalked()
	}
}

// page is how many followers a hearing is told of at a time.
const page = 100

// concerned tells the hearing of people who asked about the matter.
func (t *turn) concerned(people ...flows.PersonID) {
	people = slices.DeleteFunc(people, func(p flows.PersonID) bool { return p == "" })
	if t.Hearing != "" && len(people) > 0 {
		t.do(flows.Tell{Case: t.Hearing, Name: "concerned", Data: flows.Data(flows.Concerned{People: people})})
	}
}

// paged takes a page of the followers. The next one comes in a step of its own: one event
// may move only so many cases.
func (t *turn) paged(list []flows.Entry, after string) {
	t.Talk.After = ""
	if t.Hearing == "" {
		return
	}
	var people []flows.PersonID
	for _, x := range list {
		people = append(people, flows.PersonID(x.Key))
	}
	t.concerned(people...)
	if t.Talk.After = after; after != "" {
		t.do(flows.Wake{At: t.e.At, Name: "concerned"})
	}
}

func (t *turn) nextPage() {
	t.do(flows.Next{Tag: "follower", N: page, After: t.Talk.After})
}

// undiscussed is when no hearing takes it. Where the work has gone on beside it, nobody but
// the group has heard of one; else somebody of the committee looks at it again.
func (t *turn) undiscussed(how string, n flows.TopicNews) {
	stage, line := t.Stage, t.Talk.Line
	t.Hearing, t.Talk = "", Talk{Line: line, Text: n.Text}
	switch {
	case stage == Talked:
		t.tellAll("talk-" + how)
		t.again("talk")
	case stage == Filed && line:
		t.groupLine(t.people())
	}
	t.Talk.Text = ""
}

// carriedOut ends what was talked over: all that was decided is done, or answered from above.
// Those who asked have been told by the hearing, and judge it there: nobody is asked twice.
// Where work goes on beside it, that has an end and a rating of its own.
func (t *turn) carriedOut(n flows.TopicNews) {
	text := cmp.Or(n.Text, t.Talk.Text)
	t.Hearing, t.Talk = "", Talk{}
	if t.Stage != Talked {
		return
	}
	t.Stage, t.Result = Closed, cut(text)
	t.tidy()
}
