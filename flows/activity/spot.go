package activity

import (
	"cmp"
	"strings"
	"time"

	"linli/flows"
)

// There, and after: who is there, the two questions, what helpers have done, and the numbers
// from which the menu learns.

// mostTries is how often somebody may say a wrong code.
const mostTries = 5

// present says whether people can check in: from an hour before until it is over.
func (t *turn) present() bool {
	return t.Stage == Held || t.Stage == Open && !t.e.At.Before(t.At.Add(-time.Hour))
}

// here checks in who says the code that hangs at the door.
func (t *turn) here(w flows.Chose) {
	if w.Choice == "here" {
		if !t.present() {
			t.toast("here-later", nil)
			return
		}
		t.ask("here", "ask-here", nil)
		return
	}
	t.code(w.Value)
}

func (t *turn) code(said string) {
	p, tag := t.mine()
	switch {
	case !t.present():
		t.toast("here-later", nil)
	case tag == TagHere:
		t.toast("here-already", nil)
	case p.Tries >= mostTries:
		t.toast("code-many", nil)
	case flows.Digits(said) != t.Code || t.Code == "":
		p.Tries++
		t.keep(cmp.Or(tag, TagSeen), p)
		t.toast("code-wrong", nil)
	default:
		t.arrive(t.e.By.Person, p, tag)
		t.toast("here", nil)
	}
}

// arrive notes that somebody is there, with whom they bring.
func (t *turn) arrive(who flows.PersonID, p Part, tag string) {
	if !seated(tag) {
		if !p.Help {
			p.Seats = max(1, p.Seats)
		}
		t.Seats += p.Seats
		t.sum(p, Sum{Yes: 1})
	}
	p.At, p.Until = t.e.At, time.Time{}
	t.Came += max(1, p.Seats)
	t.sum(p, Sum{Came: 1})
	t.put(string(who), TagHere, p)
	if t.Interest != "" {
		t.do(flows.Remember{Person: who, Came: t.Interest})
	}
	if t.Dish != "" {
		t.menu("came", flows.Fulfilled{Dish: t.Dish, People: []flows.PersonID{who}}) // their wish has come true
	}
}

// onSpot is a button of who runs it.
func (t *turn) onSpot(w flows.Chose) {
	switch w.Choice {
	case "in":
		e, ok := t.e.Entries[w.Value]
		if !ok || !t.present() && t.Stage != After || e.Tag == TagHere {
			t.toast("over", nil)
			return
		}
		t.arrive(flows.PersonID(e.Key), data[Part](e.Data), e.Tag)
		t.toast("checked-in", nil)
	case "walk":
		t.ask("walk", "ask-walk", nil)
	case "end":
		if t.Stage != Held {
			t.toast("over", nil)
			return
		}
		t.end()
		t.toast("ended", nil)
	}
}

// walked is how many have come without a telephone.
func (t *turn) walked(text string) {
	n := number(text)
	if t.Stage != Held && t.Stage != Open && t.Stage != After || n > 500 || flows.Digits(text) == "" {
		t.ask("walk", "walk-unread", nil)
		return
	}
	t.Came += n - t.Walked
	t.Walked = n
	t.reply("walked", flows.Vars{"n": flows.Num(n)})
	t.board()
}

// begin is its beginning: who still waits hears that it is nothing this time.
func (t *turn) begin() {
	if t.Stage != Open {
		return
	}
	t.Stage = Held
	for _, tag := range []string{TagWait, TagHold} {
		if t.e.Counts[tag] > 0 {
			t.do(flows.Say{To: flows.To{Entries: tag}, Class: flows.Personal, Words: "not-this-time", Vars: t.vars()})
		}
	}
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "card-begun", Vars: t.vars(), Slot: "card", Tidy: true})
	t.menu("ended", t.listed())
	if t.Runner != "" && t.Runner != t.Organiser {
		t.do(flows.Say{To: flows.To{Person: t.Runner}, Class: flows.Personal, Words: "run", Vars: t.vars(), Until: t.End().Add(30 * time.Minute),
			Buttons: []flows.Button{{Words: "b-walk", Choice: "walk"}, {Words: "b-end", Choice: "end"}}})
	}
	t.board()
}

// end asks those who were there the first of two questions.
func (t *turn) end() {
	if t.Stage != Held {
		return
	}
	t.Stage = After
	if t.e.Counts[TagHere] > 0 {
		t.do(flows.Say{To: flows.To{Entries: TagHere}, Class: flows.Personal, Words: "liked", Vars: t.vars(), Slot: "liked", Until: t.e.At.AddDate(0, 0, 3),
			Buttons: []flows.Button{{Words: "b-good", Choice: "liked!=good"}, {Words: "b-fair", Choice: "liked!=fair"}, {Words: "b-bad", Choice: "liked!=bad"}}})
	}
	t.do(t.wake(t.e.At.AddDate(0, 0, 4), "over"))
	t.board()
}

// rated is an answer to one of the questions.
func (t *turn) rated(w flows.Chose) {
	p, tag := t.mine()
	if tag != TagHere || t.Stage != After && t.Stage != Held {
		t.toast("over", nil)
		return
	}
	marks := map[string]int{"good": 1, "fair": 2, "bad": 3}
	switch w.Choice {
	case "liked!":
		n := marks[w.Value]
		if n == 0 {
			t.toast("not-known", nil)
			return
		}
		if was := marks[p.Said]; was > 0 {
			t.Liked[was-1] = max(0, t.Liked[was-1]-1)
		}
		t.Liked[n-1]++
		p.Said = w.Value
		t.keep(TagHere, p)
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "again", Vars: t.vars(), Reply: true, Slot: "liked",
			Buttons: []flows.Button{{Words: "b-again", Choice: "again!=yes"}, {Words: "b-enough", Choice: "again!=no"}}})
	case "again!":
		if w.Value != "yes" && w.Value != "no" {
			t.toast("not-known", nil)
			return
		}
		if p.Again != "" {
			t.Again[at(p.Again)] = max(0, t.Again[at(p.Again)]-1)
		}
		t.Again[at(w.Value)]++
		p.Again = w.Value
		t.keep(TagHere, p)
		t.thanks(p)
	case "hand":
		prof := t.e.By.Profile
		prof.Helps = w.Value == "yes"
		t.do(flows.Remember{Person: t.e.By.Person, Profile: &prof})
		if prof.Helps {
			t.toast("hand-yes", nil)
			return
		}
		t.toast("hand-no", nil)
	}
}

func at(again string) int {
	if again == "yes" {
		return 0
	}
	return 1
}

// thanks closes the two questions. Who has come more than once is asked, once in all, whether
// they would lend a hand.
func (t *turn) thanks(p Part) {
	prof := t.e.By.Profile
	if p.Again == "yes" && !p.Help && !prof.Helps && prof.Offered.IsZero() && len(prof.Came) > 1 {
		prof.Offered = t.e.At
		t.do(flows.Remember{Person: t.e.By.Person, Profile: &prof},
			flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "hand", Vars: t.vars(), Reply: true, Slot: "liked",
				Buttons: []flows.Button{{Words: "b-hand", Choice: "hand=yes"}, {Words: "b-no-hand", Choice: "hand=no"}}})
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "thanks", Vars: t.vars(), Reply: true, Slot: "liked"})
}

// hours confirms what helpers have done: "all" of who was there for the whole time, or one of
// them with other minutes; none takes it back.
func (t *turn) hours(v string) {
	if v == "all" {
		t.Hours = true
		if _, post := t.e.Settings.Official(t.Runner); t.Runner != "" && !post {
			t.served(t.Runner, t.Minutes)
		}
		t.do(flows.Next{Tag: TagHere, N: most})
		t.toast("hours", nil)
		t.board()
		return
	}
	who, minutes, ok := strings.Cut(v, ":")
	e, part := t.e.Entries[who]
	if n := number(minutes); !ok || !part || e.Tag != TagHere || n > 24*60 {
		t.toast("not-known", nil)
	} else {
		t.served(flows.PersonID(who), n)
		t.toast("hours", nil)
	}
}

// helpers are those of who was there who have lent a hand.
func (t *turn) helpers(list []flows.Entry) {
	for _, e := range list {
		if p := data[Part](e.Data); p.Help && flows.PersonID(e.Key) != t.Runner {
			t.served(flows.PersonID(e.Key), t.Minutes)
		}
	}
}

func (t *turn) served(who flows.PersonID, minutes int) {
	t.do(flows.Remember{Person: who, Served: &flows.Served{Case: t.e.Case.ID, No: t.e.Case.No, What: t.Title, At: t.At, Minutes: minutes, By: t.e.By.Person}})
	if minutes > 0 {
		t.do(flows.Say{To: flows.To{Person: who}, Class: flows.Personal, Words: "served", Vars: t.with(flows.Vars{"minutes": flows.Num(minutes)}), Slot: "served"})
	}
}

// close ends it: the menu learns from the numbers.
func (t *turn) close() {
	if t.Stage != After {
		return
	}
	t.Stage = Closed
	all := t.Total(func(string, string) bool { return true })
	arms := map[string]flows.Arm{}
	if t.Compare {
		for _, arm := range []string{"a", "b"} {
			x := t.Total(func(_, is string) bool { return is == arm })
			arms[arm] = flows.Arm{Sent: x.Sent, Yes: x.Yes}
		}
	}
	t.menu("learnt", flows.Learnt{Dish: t.Dish, Interest: t.Interest, Invited: all.Sent, Yes: all.Yes, Came: all.Came, Arms: arms})
	t.board()
}
