package hearing

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// From a topic to its review: who proposed it, what the reviewers say, and what is
// reported upward and comes back.

func (t *turn) opened(w flows.Opened) {
	t.Opened, t.Seed, t.Form = t.e.At, t.e.Seed, flows.Hearing
	if len(w.Data) > 0 {
		t.brought(data[flows.Topic](w.Data), w.Parent)
		return
	}
	topic := t.e.Reading.Topic
	if topic == nil || t.e.By.Person == "" {
		t.Stage = Gone
		return
	}
	t.Topic, t.Place = t.topicOf(topic.Text), flows.Place{Building: t.e.Reading.Place.Building, Spot: t.e.Reading.Place.Spot}
	t.Scope = t.e.Settings.ScopeOf(t.Place)
	may := t.e.Settings.May(t.e.By, flows.Convene, t.Scope)
	switch {
	case topic.Open && !may:
		t.Stage = Gone
		t.reply("open-by-staff", nil)
	case topic.Open:
		t.Form, t.Place, t.Scope = flows.Complaints, flows.Place{}, flows.Everywhere
		t.Organiser = t.e.By.Person
		t.plan()
		if p := t.e.Reading.Plan; p != nil && len(p.Times) > 0 {
			t.times()
		}
	case t.Topic == "":
		t.Stage = Gone
		t.reply("topic-what", nil)
	case !flows.Aloud(t.e.Reading.About):
		t.Stage = Gone
		t.reply("not-debatable", nil)
	case len(t.e.By.Posts) == 0:
		t.offer()
	default:
		t.Proposer = t.e.By.Person
		if may {
			t.Organiser = t.Proposer
		}
		t.put(t.Proposer, TagAsked)
		t.waiting()
	}
}

// topicOf makes a topic of words: one line, without a closing mark.
func (t *turn) topicOf(text string) string {
	return strings.TrimRight(line(text, maxTopic), "。.!！ ")
}

// brought is a topic that another case brings.
func (t *turn) brought(topic flows.Topic, parent flows.ID) {
	t.Topic, t.Item, t.Place, t.People, t.Why = t.topicOf(topic.Text), topic.Item, topic.Place, topic.People, topic.Why
	t.Place.Room, t.Place.Unit, t.Place.Floor = "", "", 0
	t.Scope = t.e.Settings.ScopeOf(t.Place)
	if topic.Form != "" {
		t.Form = topic.Form
	}
	if parent != "" {
		t.Cases = []flows.CaseRef{{ID: parent, No: t.e.Case.No}}
	}
	if t.Proposer = topic.Author; t.Proposer != "" {
		t.put(t.Proposer, TagAsked)
	}
	if o, ok := t.e.Settings.Official(topic.By); ok && t.e.Settings.May(flows.Actor{Person: o.ID, Posts: o.Posts}, flows.Convene, t.Scope) {
		t.Organiser = topic.By
	}
	if t.Form == flows.ThreeSided {
		// It is the residents' committee that calls the others to one table: nothing to be reviewed.
		t.plan()
	} else {
		t.waiting()
	}
	t.news("review", flows.TopicNews{Due: t.Vetted.Due})
}

// retract takes back a topic of one's own, while nobody has said yes to it.
func (t *turn) retract() {
	if t.e.By.Person != t.Proposer || t.Stage != Waiting && t.Stage != Review {
		t.holds()
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "retracted", Vars: t.vars(), Slot: "offer", Reply: true})
	t.retracted()
}

// retracted ends a topic that was taken back: its words are gone.
func (t *turn) retracted() {
	t.Stage, t.Topic, t.Points = Closed, "", nil
	t.news("off", flows.TopicNews{})
	t.board(false)
}

// offer gives a resident their topic back: the tap is the consent to hand it on.
func (t *turn) offer() {
	t.Stage, t.Proposer = Offered, t.e.By.Person
	until := t.e.At.Add(max(t.e.Settings.Limits.Offer, time.Minute))
	t.put(t.Proposer, TagAsked)
	say := t.offering()
	say.Slot, say.Until = "offer", until
	t.do(say, t.wake(until, "offer"))
}

// offering asks the proposer whether the topic is to be handed on.
func (t *turn) offering() flows.Say {
	return flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "offer", Vars: t.vars(), Reply: true,
		Buttons: []flows.Button{{Words: "b-propose", Choice: "propose=yes"}, {Words: "b-leave", Choice: "propose=no"}}}
}

// proposed is the answer to the offer.
func (t *turn) proposed(yes bool) {
	switch {
	case t.Stage != Offered || t.e.By.Person != t.Proposer:
		t.holds()
	case !yes:
		t.Stage = Gone
		t.do(flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "dropped", Vars: t.vars(), Slot: "offer", Reply: true})
	default:
		consent := true
		t.do(flows.Remember{Person: t.Proposer, Consent: &consent})
		t.waiting()
	}
}

// put makes somebody one of those who are told. It must not be used for who may have an
// entry already.
func (t *turn) put(p flows.PersonID, tag string) {
	if p != "" {
		t.do(flows.Put{Entry: flows.Entry{Key: string(p), Tag: tag, Order: t.e.At.UnixMilli(), Data: flows.Data(Part{At: t.e.At})}})
	}
}

// enlist makes people some of those who are told, but those who are so already.
func (t *turn) enlist(people []flows.PersonID) {
	if t.over() {
		return
	}
	var seen []flows.PersonID
	for _, p := range people[:min(len(people), 100)] {
		if _, there := t.e.Entries[string(p)]; !there && !slices.Contains(seen, p) {
			seen = append(seen, p)
			t.put(p, TagAsked)
		}
	}
	if t.Stage == Notice && t.e.At.Before(t.From) { // the others were invited when it was announced
		for _, p := range seen {
			t.do(t.invitation(flows.To{Person: p}))
		}
	}
}

// waiting is until the day on which the reviewers get their list.
func (t *turn) waiting() {
	h := t.e.Settings.Hearings
	t.Stage = Waiting
	t.Vetted = Vetted{List: h.Review.Next(t.e.At)}
	for range 8 { // one list a week: on a holiday there is none
		if t.e.Settings.Calendar.Working(t.Vetted.List) {
			break
		}
		t.Vetted.List = h.Review.Next(t.Vetted.List)
	}
	t.Vetted.Due = t.e.Settings.Calendar.Add(t.Vetted.List, h.Answer)
	if t.Organiser == "" {
		t.Organiser = t.someone()
	}
	t.do(t.wake(t.listLeaves(), "review"), t.wake(t.e.At.AddDate(0, 0, 7), "weekly-1"))
	if t.Proposer != "" {
		say := flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "proposed", Vars: t.vars(), Reply: t.e.By.Person == t.Proposer}
		if t.Proposer == t.Organiser {
			t.board(true)
			return
		}
		if _, post := t.e.Settings.Official(t.Proposer); !post {
			say.Slot = "offer" // in place of the question
		}
		say.Buttons = []flows.Button{{Words: "b-retract", Choice: "retract"}}
		t.do(say)
	}
	t.board(false)
}

// listLeaves is just before the reminders leave with which the list is one message: the last
// of the day's times that is not after that of the list.
func (t *turn) listLeaves() time.Time {
	leaves := t.Vetted.List
	for _, c := range t.e.Settings.Limits.Bundles {
		if at := c.On(t.Vetted.List); !at.After(t.Vetted.List) {
			leaves = at.Add(-time.Minute)
		}
	}
	return leaves
}

// review puts it on the reviewers' list: what goes to one of them at the same time is one
// message, see Say.Bundle.
func (t *turn) review() {
	if t.Frozen != nil {
		return // when it is lifted
	}
	list := t.e.Settings.Reviewers()
	t.Stage = Review
	if due := t.e.Settings.Calendar.Add(t.e.At, t.e.Settings.Hearings.Answer); t.Vetted.Due.Before(due) {
		t.Vetted.Due = due
	}
	t.do(t.wake(t.Vetted.Due, "vet"))
	missed := t.e.At.After(t.listLeaves().Add(time.Minute)) // the machine was off, or an objection has been lifted
	for _, p := range list {
		say := t.vetting(p, "vet")
		say.Bundle = !missed // else it would wait for the next of the day's times
		t.do(say)
	}
	if len(list) == 0 {
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "vet-nobody", Vars: t.vars()})
	}
	t.board(false)
}

// vetting is the line of a topic on the list.
func (t *turn) vetting(p flows.PersonID, words string) flows.Say {
	return flows.Say{To: flows.To{Person: p}, Class: flows.Work, Words: words, Vars: t.vars(), Bundle: true, Buttons: []flows.Button{
		{Words: "b-accept", Choice: "rev=ok"}, {Words: "b-refuse", Choice: "rev=no"}, {Words: "b-upward", Choice: "rev=up"}}}
}

// unvetted reminds those who have not answered, and lets the head know; once.
func (t *turn) unvetted() {
	list := t.e.Settings.Reviewers()
	for _, p := range list {
		t.do(t.vetting(p, "vet-late"))
	}
	t.do(flows.Say{To: flows.To{Role: flows.Head, Scope: flows.Everywhere, Except: list}, Class: flows.Work, Words: "vet-overdue", Vars: t.vars(), Bundle: true})
}

// reviewed is a reviewer's answer.
func (t *turn) reviewed(v string) {
	switch {
	case !slices.Contains(t.e.Settings.Reviewers(), t.e.By.Person):
		t.toast("not-reviewer", nil)
	case t.Stage != Review && t.Stage != Waiting:
		t.toast("vetted-already", nil)
	case t.Frozen != nil:
		t.toast("frozen", nil)
	case t.own():
		t.toast("vet-own", nil)
	case v == "ok":
		t.vettedBy()
		t.toast("vetted-ok", nil)
		t.tellProposer("accepted")
		t.plan()
	case v == "no":
		t.ask("refuse", "ask-refuse", true)
	case v == "up":
		t.ask("upward", "ask-upward", true)
	default:
		t.holds()
	}
}

// own says that the topic is the actor's, and that somebody else could review it.
func (t *turn) own() bool {
	by := t.e.By.Person
	return (by == t.Proposer || by == t.Organiser) && len(t.e.Settings.Reviewers()) > 1
}

func (t *turn) vettedBy() { t.Vetted.By, t.Vetted.At = t.e.By.Person, t.e.At }

// vet takes the words of a reviewer: why not, or to whom it is reported.
func (t *turn) vet(tag, text string) {
	switch {
	case !slices.Contains(t.e.Settings.Reviewers(), t.e.By.Person):
		t.toast("not-reviewer", nil)
		return
	case t.Stage != Review && t.Stage != Waiting:
		t.reply("vetted-already", nil)
		return
	case t.Frozen != nil:
		t.reply("frozen", nil)
		return
	case t.own():
		t.reply("vet-own", nil)
		return
	}
	t.vettedBy()
	if tag == "refuse" {
		t.Stage, t.Vetted.Why = Refused, text
		t.reply("refused-done", nil)
		t.tellProposer("refused")
		t.news("refused", flows.TopicNews{Text: text})
		t.boardOnce()
		return
	}
	t.Report = Report{To: text, At: t.e.At, Next: t.e.At.Add(max(t.e.Settings.Hearings.Again, 24*time.Hour))}
	if p := t.e.Reading.Plan; p != nil && p.Rest != "" {
		t.Report.To = line(p.Rest, longest)
	}
	for _, said := range []string{"报给", "报到", "上报给", "上报"} {
		t.Report.To = strings.TrimPrefix(t.Report.To, said)
	}
	if w := t.firstTime(); !w.At.IsZero() && w.At.After(t.e.At) {
		t.Report.Next = w.At
	}
	t.Report.Next = t.morning(t.Report.Next)
	t.Stage = Upward
	t.reply("upward-done", nil)
	t.do(t.wake(t.Report.Next, "upward-0"))
	t.tellProposer("upward")
	t.news("upward", flows.TopicNews{Text: t.Report.To, At: t.Report.Next})
	t.board(false)
}

// firstTime is the first time that the words name.
func (t *turn) firstTime() (w flows.When) {
	if p := t.e.Reading.Plan; p != nil && len(p.Times) > 0 {
		w = p.Times[0]
	}
	return w
}

// morning is the beginning of the working day of t, or the next.
func (t *turn) morning(at time.Time) time.Time {
	at = t.e.Settings.Calendar.Next(flows.Clock(0).On(at.In(t.e.At.Location())))
	if !at.After(t.e.At) {
		at = t.e.Settings.Calendar.Next(flows.Clock(0).On(t.e.At.AddDate(0, 0, 1)))
	}
	return at
}

// askAgain lets the organiser know that it is time to ask.
func (t *turn) askAgain() {
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "upward-ask", Vars: t.vars(), Buttons: upwardButtons})
}

var upwardButtons = []flows.Button{{Words: "b-reply", Choice: "reply"}, {Words: "b-asked", Choice: "asked"}}

// askedAgain notes that it was asked after, and that there is no answer yet.
func (t *turn) askedAgain() {
	if t.Report.Answer != "" {
		t.holds()
		return
	}
	t.Report.Times++
	t.Report.Next = t.morning(t.e.At.Add(max(t.e.Settings.Hearings.Again, 24*time.Hour)))
	t.do(t.wake(t.Report.Next, "upward-"+itoa(t.Report.Times)))
	t.board(true)
}

// answered is what came from above. Who proposed it and who asked about it hear it, and
// the groups.
func (t *turn) answered(text string) {
	first := t.Report.Answer == ""
	t.Report.Answer, t.Report.Back = text, t.e.At
	if first {
		t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "answered", Vars: t.vars(), Slot: "answered"})
	} else {
		t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "answered", Vars: t.vars(), Slot: "answered", Tidy: true})
	}
	t.tellProposer("answered")
	t.news("answered", flows.TopicNews{Text: text})
	t.board(true)
}

// resume lets a matter of government that came back be talked over after all.
func (t *turn) resume() {
	if t.Report.Answer == "" {
		t.toast("no-answer-yet", nil)
		return
	}
	t.tellProposer("resumed")
	t.plan()
}

// finish closes what was answered from above.
func (t *turn) finish() {
	if t.Report.Answer == "" {
		t.toast("no-answer-yet", nil)
		return
	}
	t.news("over", flows.TopicNews{Text: t.Report.Answer})
	t.Stage = Closed
	t.board(true)
}

// drop ends it before it was held.
func (t *turn) drop() {
	t.free(-1)
	if t.Stage == Asking {
		say := flows.Say{Class: flows.Personal, Words: "times-off", Vars: t.vars(), Slot: "times"}
		for _, to := range []flows.To{{Nearest: t.Scope}, {Entries: TagAsked, Except: t.organising()}} {
			if say.To = to; !to.Nearest.Zero() {
				say.Class = flows.Notice
			}
			t.do(say)
		}
		t.Until = time.Time{}
	}
	t.Stage = Closed
	t.tellProposer("dropped-off")
	t.news("off", flows.TopicNews{Text: t.Changed})
	t.tidyTimes()
	t.board(t.e.By.Person != "")
}

// attach brings in a demand that is about the same.
func (t *turn) attach() {
	for _, x := range t.e.Similar {
		if x.Flow != "demand" || x.Why != flows.ByNumber || x.Case.No == 0 {
			continue
		}
		if slices.ContainsFunc(t.Cases, func(c flows.CaseRef) bool { return c.ID == x.Case.ID }) {
			t.reply("attached-already", flows.Vars{"other": flows.Num(x.Case.No)})
			return
		}
		if len(t.Cases) >= 50 {
			break
		}
		t.Attaching = flows.CaseRef{ID: x.Case.ID, No: x.Case.No}
		// It says who asked about it; one that must not be talked over says nothing.
		t.do(flows.Tell{Case: x.Case.ID, Name: "review", Data: flows.Data(flows.TopicNews{No: t.e.Case.No})})
		t.reply("attaching", flows.Vars{"other": flows.Num(x.Case.No)})
		return
	}
	t.reply("attach-none", nil)
}

// attached is a demand that has said who asked about it.
func (t *turn) attached(from flows.ID) {
	if from == "" || from != t.Attaching.ID {
		return
	}
	ref := t.Attaching
	t.Attaching = flows.CaseRef{}
	t.Cases = append(slices.Clone(t.Cases), ref)
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "attached", Reply: true, Vars: t.with(flows.Vars{"other": flows.Num(ref.No)})})
}

// news tells the demands it is about.
func (t *turn) news(name string, n flows.TopicNews) {
	n.No = t.e.Case.No
	for _, c := range t.Cases {
		t.do(flows.Tell{Case: c.ID, Name: name, Data: flows.Data(n)})
	}
}

// tellProposer tells who proposed it how it stands, unless they prepare it themself.
func (t *turn) tellProposer(words string) {
	if t.Proposer == "" || t.Proposer == t.Organiser {
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "proposer-" + words, Vars: t.vars(), Reply: t.e.By.Person == t.Proposer})
}
