package demand

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"linli/flows"
)

// chose answers a button. What each may be pressed by is decided here; a button
// that comes too late says what holds now.
func (t *turn) chose(w flows.Chose) {
	by := t.e.By
	if by.Person == "" {
		return
	}
	mine := by.Person == t.Reporter
	staff := t.e.Settings.May(by, flows.Confirm, flows.Everywhere) && !slices.Contains(t.subjects(), by.Person)
	switch w.Choice {
	case "also":
		t.also()
	case "withdraw":
		t.withdraw()
	case "confirm", "dismiss":
		t.confirmed(w.Choice == "confirm", staff)
	case "publish", "discard":
		t.published(w.Choice == "publish", staff)
	case "restored", "notyet":
		t.restored(w.Choice == "restored", staff)
	case "allow", "keep":
		t.passed(w.Choice == "allow", w.Value)
	case "convene", "noconvene":
		t.mooted(w.Choice == "convene", w.Value)
	case "yes", "no", "same", "other", "b", "u", "spot", "page", "move", "rate", "again":
		if !mine {
			t.toast("not-asked", nil)
			return
		}
		t.mine(w)
	default:
		t.holds()
	}
}

// mine answers the reporter's own buttons.
func (t *turn) mine(w flows.Chose) {
	switch w.Choice {
	case "yes":
		if t.Stage != Offered {
			t.holds()
			return
		}
		yes := true
		t.do(flows.Remember{Person: t.Reporter, Consent: &yes})
		t.endOffer("offer-yes")
		t.file()
	case "no":
		if t.Stage != Offered {
			t.holds()
			return
		}
		t.Stage = Gone
		t.endOffer("offer-no")
	case "same":
		if t.Stage != Which {
			t.holds()
			return
		}
		if !slices.ContainsFunc(t.e.Similar, func(x flows.Similar) bool { return x.Case.ID == t.Like.ID }) {
			t.Other = true // it has been closed since it was asked
			t.endAsk("asked-other")
			t.file()
			return
		}
		t.Stage = Gone
		t.endAsk("asked-same")
		t.do(flows.Tell{Case: t.Like.ID, Name: "same", Said: t.own()})
	case "other":
		if t.Stage != Which {
			t.holds()
			return
		}
		t.Other = true
		t.endAsk("asked-other")
		t.file()
	case "move":
		if !t.open() {
			t.holds()
			return
		}
		t.Choosing, t.Page = "place", 0
		t.askBuilding("where-move")
	case "b", "u", "spot", "page":
		t.placed(w)
	case "rate":
		t.rated(w.Value)
	case "again":
		if t.Stage != Returned {
			t.holds()
			return
		}
		t.again("returned")
	}
}

// endOffer takes the buttons off the offer.
func (t *turn) endOffer(words string) {
	t.do(flows.Say{To: t.mouth(), Class: flows.Personal, Reply: true, Words: words, Slot: "offer", Vars: t.vars()})
}

func (t *turn) endAsk(words string) {
	t.do(flows.Say{To: t.mouth(), Class: t.class(), Reply: true, Words: words, Slot: "ask", Vars: t.with("place", flows.Where(t.aloud()))})
}

// placed takes a place chosen by buttons: building, then unit.
func (t *turn) placed(w flows.Chose) {
	asking := t.Stage == Placing || t.Choosing == "place" || t.Danger != "" && t.open()
	if !asking {
		t.holds()
		return
	}
	s := t.e.Settings
	p := t.Place
	switch {
	case w.Choice == "page":
		n, err := strconv.Atoi(w.Value)
		if err != nil || n < 0 || n*shown > len(s.Buildings)+len(s.Spots) || t.Asking == "" {
			t.holds()
			return
		}
		t.Page = n
		t.askBuilding(t.Asking)
		return
	case w.Value == "?":
		t.Asked = true
	case w.Choice == "spot":
		if !slices.ContainsFunc(s.Spots, func(x flows.Spot) bool { return x.ID == w.Value }) {
			t.toast("not-there", nil)
			return
		}
		p = flows.Place{Spot: w.Value}
	case w.Choice == "b":
		if _, ok := s.Building(w.Value); !ok {
			t.toast("not-there", nil)
			return
		}
		if p.Building != w.Value {
			p = flows.Place{Building: w.Value}
		}
		p.Unit = ""
	case w.Choice == "u":
		b, _ := s.Building(p.Building)
		if !slices.Contains(b.Units, w.Value) {
			t.toast("not-there", nil)
			return
		}
		p.Unit = w.Value
	}
	if t.Stage == Placing {
		t.Place = p
		t.file()
		if t.Stage != Placing {
			t.endPlace()
		}
		return
	}
	if b, ok := s.Building(p.Building); ok && w.Choice == "b" && w.Value != "?" && len(b.Units) > 1 {
		t.Choosing = "place"
		t.Place = p
		t.askUnit(b)
		t.toJob("moved", flows.TaskUpdate{Place: p, Text: t.Words, People: t.people()})
		return
	}
	t.Choosing, t.Place = "", p
	t.endPlace()
	t.toJob("moved", flows.TaskUpdate{Place: p, Text: t.Words, People: t.people()})
}

func (t *turn) endPlace() {
	if t.Place.Known() {
		t.endAsk("asked-place")
		return
	}
	t.endAsk("asked-unsure")
}

// rated is the reporter's judgement: 满意, 基本满意, 不满意. Not satisfied opens it
// again, for different eyes.
func (t *turn) rated(v string) {
	if t.Stage != Done || !slices.Contains([]string{"good", "fair", "bad"}, v) {
		t.holds()
		return
	}
	t.Rated = v
	// The answer stands where the question was, without its buttons.
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Reply: true, Words: "rated-" + v, Vars: t.vars(), Slot: t.doneSlot()})
	if v == "bad" {
		t.Back++
		t.again("bad")
		t.moot()
		return
	}
	t.Stage = Closed
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Reply: true, Words: "rated", Vars: t.vars(), Expect: "line", For: 30 * time.Minute})
	t.toJob("closed", flows.TaskUpdate{})
}

// doneSlot is the message that asks for the judgement, one for each round.
func (t *turn) doneSlot() string { return fmt.Sprintf("done-%d", t.Rounds) }

// again sends it out a second time, to somebody who has not had it.
func (t *turn) again(why string) {
	if t.Who != "" && !slices.Contains(t.Past, t.Who) {
		t.Past = append(t.Past, t.Who)
	}
	t.Stage, t.Nobody = Filed, false
	if why != "bad" {
		t.Rated = "" // what was not right has been asked
	}
	t.Rounds++
	t.dispatch(why)
}

// confirmed ends a draft.
func (t *turn) confirmed(file, staff bool) {
	switch {
	case !staff:
		t.toast("not-yours", nil)
		return
	case t.Stage != Draft:
		t.holds()
		return
	}
	words := "draft-filed"
	if !file {
		t.Stage = Gone
		words = "draft-dismissed"
	}
	t.do(flows.Say{To: t.desk(), Class: t.work(), Reply: true, Words: words, Slot: "draft", Vars: t.vars()})
	switch {
	case file && t.Danger != "":
		t.danger()
	case file:
		t.file()
	}
}

// woke answers the clock. None of these is ever cancelled, so that each looks
// at the stage.
func (t *turn) woke(w flows.Woke) {
	switch {
	case w.Name == "offer" && t.Stage == Offered:
		t.Stage = Gone
		t.endOffer("offer-over")
	case w.Name == "draft" && t.Stage == Draft, w.Name == "notice" && t.Stage == Preview:
		t.Stage = Gone
	case w.Name == "place" && t.Stage == Placing:
		t.Asked = true // somebody of the committee will ask
		t.file()
	case w.Name == "which" && t.Stage == Which:
		t.Other = true
		t.file()
	case w.Name == "until" && t.Stage == Known:
		t.ended()
	case w.Name == "concerned" && t.Talk.After != "" && t.Hearing != "":
		t.nextPage()
	case w.Name == "rate" && (t.Stage == Done || t.Stage == Returned) && !t.e.At.Before(t.Until):
		t.Stage = Closed
		t.toJob("closed", flows.TaskUpdate{})
	}
}

// told takes what the dispatch says, and what others say about the matter.
func (t *turn) told(w flows.Told) {
	f := data[flows.TaskNews](w.Data)
	switch w.Name {
	case "same":
		t.same(w.Said)
		return
	case "also":
		t.alsoSaid()
		return
	case "more":
		if w.Said != nil {
			t.more(*w.Said)
		}
		return
	case "status":
		if t.hidden() {
			return // as if there were none
		}
		t.reply("now-"+t.stageWords(), nil)
		return
	case "reached":
		t.reached()
		return
	case "activity":
		t.about(w.From)
		t.announced(w)
		return
	case "sent":
		t.Job, t.Who, t.Due, t.Turn = w.From, f.Who, f.Due, 0
	}
	if t.heard(w) || w.From != t.Job || !t.open() {
		return // an earlier round, or one that is over
	}
	switch w.Name {
	case "sent":
		t.sent(f)
	case "accepted":
		t.Taken, t.Who, t.Nobody = true, f.Who, false
		if t.Danger != "" {
			t.tellReporter("danger-taken", nil, false)
			t.tellFollowers("danger-taken", nil)
		}
	case "placed":
		t.Who, t.Due = f.Who, f.Due
		if t.Danger == "" && t.Choosing == "" {
			t.tellReporter("moved", nil, true)
		}
	case "unanswered":
		if f.Turn < t.Turn {
			return // the one asked then was out of reach, and the next was asked before this came
		}
		t.Who, t.Turn = f.Who, f.Turn
		switch {
		case t.Danger != "":
			t.tellReporter("danger-next", nil, false)
		case t.Sent.Equal(t.e.At) && t.Rounds == 0:
			t.receipt() // the first one asked cannot be reached: the receipt has not left yet
		}
	case "nobody":
		if t.Danger != "" {
			t.tellReporter("danger-nobody", nil, false)
			return
		}
		t.Nobody = true
		t.moot()
	case "silent":
		if f.Role == flows.Property {
			t.Silent++
			t.moot()
		}
	case "discuss":
		t.discuss(f)
	case "refer", "unrefer", "declined":
		t.referred(w)
	case "question":
		if t.Reporter == "" {
			return // has left the matter to those who follow it
		}
		t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Words: "question", Expect: "answer", For: 72 * time.Hour,
			Vars: t.with("text", flows.Text(f.Text))})
	case "extended":
		t.Due, t.Late = f.Due, true
		t.tellReporter("extended-"+f.Reason, flows.Vars{"text": flows.Text(f.Text)}, false)
		t.tellFollowers("extended-followers", nil)
	case "waiting":
		t.Due, t.Late = f.Due, true
		t.tellReporter("waiting", flows.Vars{"role": flows.Of(f.Role)}, false)
		t.tellFollowers("extended-followers", nil)
	case "returned":
		t.returned(f)
	case "done":
		t.done(f)
	case "false":
		t.Stage = Closed
		t.tellReporter("danger-false", nil, false)
	}
}

// returned is when who has the work says that it is not theirs to do. Where a hearing
// talks it over as well, that goes on.
func (t *turn) returned(f flows.TaskNews) {
	t.Stage, t.Clause, t.Who = Returned, f.Clause, f.Who
	t.Back++
	if t.Hearing != "" {
		t.lay()
		t.tellTalked()
		return
	}
	t.Until = t.e.At.AddDate(0, 0, t.e.Settings.Limits.Rate)
	t.Result = cut(f.Text)
	t.tellReturned()
	t.tellFollowers(t.returnedWords(), t.returnedVars())
	t.tidy()
	t.do(flows.Wake{At: t.Until, Name: "rate"})
	t.moot()
}

// sent says who has it and until when: now it can be promised.
func (t *turn) sent(f flows.TaskNews) {
	t.Sent = t.e.At
	t.tellMeeting(t.e.Case.No)
	switch {
	case t.Danger != "":
		return // the resident has heard what to do; the next word is a person's
	case t.Rounds > 0:
		t.tellReporter("sent-again", nil, true, nil...)
		if t.Rated == "bad" {
			t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Reply: true, Words: "what-bad", Vars: t.vars(), Expect: "line", For: 24 * time.Hour})
		}
		if t.Talk.Line {
			t.groupLine(t.people()) // it said that it would be talked over
		}
	case !t.Receipt:
		t.Receipt = true
		t.receipt()
		t.sign("heard")
		t.groupLine(t.people())
	}
}

// done is the fourth of the things a reporter hears; the reporter judges.
func (t *turn) done(f flows.TaskNews) {
	t.Who, t.Result = f.Who, cut(f.Text)
	switch {
	case t.Danger != "":
		t.Stage = Closed
		t.tellReporter("danger-done", nil, false)
		t.tellFollowers("danger-done", nil)
		return
	case t.Reporter == "":
		t.Stage = Closed
		t.tellFollowers("done-followers", nil)
		t.groupSay("group-done")
		t.tidy()
		return
	}
	t.Stage = Done
	t.Until = t.e.At.AddDate(0, 0, t.e.Settings.Limits.Rate)
	t.tellDone(f.Media)
	t.tellFollowers("done-followers", nil)
	t.sign("done")
	t.groupSay("group-done")
	t.tidy()
	t.do(flows.Wake{At: t.Until, Name: "rate"})
}

// tellDone asks the reporter to judge.
func (t *turn) tellDone(media []flows.Media) {
	words := "done"
	if t.Result == "" {
		words = "done-plain"
	}
	t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Words: words, Vars: t.vars(), Media: media, Slot: t.doneSlot(),
		Buttons: []flows.Button{{Words: "b-good", Choice: "rate=good"}, {Words: "b-fair", Choice: "rate=fair"}, {Words: "b-bad", Choice: "rate=bad"}}})
}

// reached is somebody of this case whom Linli could not write to until now: they
// get what they would have been told.
func (t *turn) reached() {
	switch {
	case t.e.Entry == nil:
		return
	case t.e.By.Person != t.Reporter:
		t.reply("now-"+t.stageWords(), nil)
	case t.Stage == Offered && t.secret():
		t.offer()
	case t.Stage == Filed && t.Receipt && !t.Taken && !t.Late && t.Rounds == 0:
		t.receipt()
	case t.Stage == Done:
		t.tellDone(nil)
	case t.Stage == Returned:
		t.tellReturned()
	default:
		t.reply("now-"+t.stageWords(), nil)
	}
}

// alsoSaid is "我也是" written instead of tapped: the words are the wish, the
// tap is the consent.
func (t *turn) alsoSaid() {
	if t.mute() || t.discreet() || t.hidden() || !t.open() && t.Stage != Done {
		return // what is not filed yet, or is over, nobody can join
	}
	t.same(nil)
}

// missed notes that somebody could not be reached.
func (t *turn) missed(w flows.Missed) {
	switch {
	case w.Mark == "offer" && t.Stage == Offered:
		t.Stage = Gone
	case w.Mark == t.mootSlot() && t.Moot != "":
		t.unasked()
	case w.Mark == t.passSlot() && t.Pass.Open:
		t.unpassed()
	case w.Mark == "question":
		t.toJob("unasked", flows.TaskUpdate{}) // who has asked must not wait for an answer
	case w.Mark == "ask" && t.Stage == Placing:
		t.Asked = true // somebody of the committee will ask
		t.file()
	case w.Mark == "ask" && t.Stage == Which:
		t.Other = true
		t.file()
	}
}
