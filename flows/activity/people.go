package activity

import (
	"slices"
	"time"

	"linli/flows"
)

// Who comes: places, the row of those who wait, places that are kept for some time, and what
// each can have without asking anybody.

// mostTogether is how many may come together, and mostKids how many children with one of them.
const (
	mostTogether = 4
	mostKids     = 3
)

// until is the moment from which nobody can say any more that they do not come.
func (t *turn) until() time.Time { return t.At.Add(-t.e.Settings.Activities.Cancel) }

// answer is what somebody presses about coming.
func (t *turn) answer(w flows.Chose) {
	p, tag := t.mine()
	switch {
	case t.Stage != Open && w.Choice != "photo":
		t.closed()
	case w.Choice == "photo":
		t.photo(w.Value, p, tag)
	case w.Choice == "no":
		t.cancel(p, tag)
	case tag == TagHere:
		t.toast("here-already", nil)
	case t.e.By.Profile.Age == flows.Minor && w.Choice != "help":
		t.toast("minor", nil) // and nothing of it is kept
	case w.Choice == "ring":
		t.wantsRing(p, tag)
	case w.Choice == "help":
		t.helps(p, tag)
	case w.Choice == "take" && tag != TagHold:
		t.toast("late", nil)
	case (w.Choice == "come" || w.Choice == "kids" || w.Choice == "take") && t.clash():
	default:
		t.come(w, p, tag)
	}
}

// closed says why nothing can be answered any more.
func (t *turn) closed() {
	switch t.Stage {
	case Off:
		t.toast("is-off", nil)
	case Held:
		t.toast("has-begun", nil)
	case Offered, Draft:
		t.toast("not-yet", nil)
	default:
		t.toast("over", nil)
	}
}

// clash asks somebody who is at something else at that time which of the two they mean.
func (t *turn) clash() bool {
	for _, x := range t.e.Beside {
		if (x.Tag != TagYes && x.Tag != TagRing && x.Tag != TagHold) || x.Due.IsZero() {
			continue
		}
		// How long the other takes is not known here; nobody is at two within an hour and a half.
		if d := x.Due.Sub(t.At).Abs(); d >= usual*time.Minute {
			continue
		}
		t.reply("beside", flows.Vars{"other": flows.Text(x.Title), "other_at": flows.At(x.Due)}, flows.Button{Words: "b-both", Choice: "both"},
			flows.Button{Words: "b-drop-other", Vars: flows.Vars{"other": flows.Text(x.Title)}, Choice: "no", Case: x.Case.ID})
		return true
	}
	return false
}

// wanted is how many places a press is for.
func wanted(w flows.Chose, p Part) (seats, kids int, ok bool) {
	n := number(w.Value)
	switch w.Choice {
	case "come":
		if w.Value == "" {
			n = 1
		}
		return n, 0, n >= 1 && n <= mostTogether
	case "kids":
		if w.Value == "" {
			n = 1
		}
		return n + 1, n, n >= 1 && n <= mostKids
	}
	return max(1, p.Seats), p.Kids, true
}

// come gives the actor places, or a place in the row of those who wait.
func (t *turn) come(w flows.Chose, p Part, tag string) {
	seats, kids, ok := wanted(w, p)
	if !ok {
		t.toast("not-known", nil)
		return
	}
	if w.Choice == "come" && w.Value == "" && seated(tag) {
		t.toast("coming-already", nil)
		return
	}
	had := 0
	if seated(tag) {
		had = p.Seats
	}
	if seats-had > t.Left() {
		switch {
		case had > 0:
			t.toast("not-so-many", nil)
			return
		case tag == TagWait:
			p.Seats, p.Kids = seats, kids
			t.keep(TagWait, p)
			t.toast("waits-already", nil)
			return
		}
		p.Seats, p.Kids, p.At = seats, kids, t.e.At
		t.keep(TagWait, p)
		t.toast("waits", flows.Vars{"n": flows.Num(t.e.Counts[TagWait] + 1)})
		return
	}
	t.Seats += seats - had
	if tag != TagYes && tag != TagRing {
		t.sum(p, Sum{Yes: 1})
	}
	p.Seats, p.Kids, p.At, p.Until = seats, kids, t.e.At, time.Time{}
	if tag != TagRing {
		tag = TagYes
	}
	t.keep(tag, p)
	t.toast("coming", flows.Vars{"n": flows.Num(seats)})
	t.cardSoon()
	if seats < had {
		t.nextWaiting()
	}
	if t.e.By.Reachable {
		buttons := []flows.Button{{Words: "b-not", Choice: "no"}, {Words: "b-ring", Choice: "ring"}}
		if kids == 0 && seats == 1 {
			buttons = append(buttons, flows.Button{Words: "b-two", Choice: "come=2", Row: 1}, flows.Button{Words: "b-kid", Choice: "kids=1", Row: 1})
		}
		if t.Photos {
			buttons = append(buttons, flows.Button{Words: "b-photo", Choice: "photo=yes", Row: 2}, flows.Button{Words: "b-no-photo", Choice: "photo=no", Row: 2})
		}
		buttons = append(buttons, flows.Button{Words: "b-here", Choice: "here", Row: 3}, flows.Button{Words: "b-page", Link: "page", Row: 3})
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "comes", Vars: t.with(flows.Vars{"n": flows.Num(seats), "kids": flows.Num(kids)}), Reply: true, Slot: "mine", Buttons: buttons})
	}
}

// cancel is that somebody does not come.
func (t *turn) cancel(p Part, tag string) {
	switch {
	case tag == TagHere:
		t.toast("here-already", nil)
	case !t.e.At.Before(t.until()) && seated(tag):
		t.toast("too-late", nil)
	case seated(tag):
		t.leave(p, tag)
		p.At, p.Until = t.e.At, time.Time{}
		t.keep(TagNo, p)
		t.toast("not-coming", nil)
	default:
		p.At, p.Seats, p.Kids = t.e.At, 0, 0
		t.keep(TagNo, p)
		t.toast("not-coming", nil)
	}
}

// leave gives somebody's places on.
func (t *turn) leave(p Part, tag string) {
	t.Seats = max(0, t.Seats-p.Seats)
	if tag == TagYes || tag == TagRing {
		t.sum(p, Sum{Yes: -1})
	}
	t.cardSoon()
	t.nextWaiting()
}

// nextWaiting looks for who waits, if there is a place.
func (t *turn) nextWaiting() {
	if t.Stage == Open && t.Left() > 0 && t.e.Counts[TagWait] > 0 && t.e.At.Before(t.At) {
		t.do(flows.Next{Tag: TagWait, N: most})
	}
}

// offer keeps free places for those of the row whom they are enough for, in their order.
func (t *turn) offer(list []flows.Entry) {
	if t.Stage != Open {
		return
	}
	until := t.hold()
	if !until.After(t.e.At) {
		return
	}
	said := false
	for _, e := range list {
		p := data[Part](e.Data)
		if e.Tag != TagWait || p.Seats < 1 || p.Seats > t.Left() {
			continue
		}
		t.Seats += p.Seats
		p.Until = until
		t.put(e.Key, TagHold, p)
		t.do(flows.Say{To: flows.To{Person: flows.PersonID(e.Key)}, Class: flows.Personal, Words: "offer", Vars: t.with(flows.Vars{"until": flows.At(until), "n": flows.Num(p.Seats)}), Slot: "offer",
			Until: until, Buttons: []flows.Button{{Words: "b-take", Choice: "take"}, {Words: "b-leave", Choice: "no"}}})
		said = true
	}
	if said {
		t.do(t.wake(until, "holds"))
	}
}

// hold is until when a place that has become free is kept for whom it is offered to: until
// noon of the next day, less where it begins before, and never only over the night.
func (t *turn) hold() time.Time {
	set := t.e.Settings
	now, _ := set.Quiet(t.e.At)
	until := set.Activities.Hold.On(now.In(set.Zone).AddDate(0, 0, 1))
	if last := t.until(); until.After(last) {
		until = now.Add(t.At.Sub(now) / 3).Truncate(time.Minute)
	}
	return until
}

// expire gives places on whose time is over.
func (t *turn) expire(list []flows.Entry) {
	for _, e := range list {
		p := data[Part](e.Data)
		if e.Tag != TagHold || p.Until.After(t.e.At) {
			continue
		}
		t.Seats = max(0, t.Seats-p.Seats)
		p.Until = time.Time{}
		t.put(e.Key, TagNo, p)
		t.do(flows.Say{To: flows.To{Person: flows.PersonID(e.Key)}, Class: flows.Personal, Words: "offer-over", Vars: t.vars(), Slot: "offer", Tidy: true})
	}
	t.cardSoon()
	t.nextWaiting()
}

// wantsRing is that somebody wants to be reminded the day before.
func (t *turn) wantsRing(p Part, tag string) {
	switch {
	case tag != TagYes && tag != TagRing:
		t.toast("not-in", nil)
	case !t.e.At.Before(t.At.Add(-ringBefore)):
		t.toast("ring-late", nil)
	default:
		t.keep(TagRing, p)
		t.toast("ring", nil)
	}
}

// ringBefore is how long before the beginning those are reminded who have asked for it.
const ringBefore = 24 * time.Hour

// helps is that somebody lends a hand. Who helps takes no place.
func (t *turn) helps(p Part, tag string) {
	switch {
	case p.Help:
		t.toast("helps-already", nil)
		return
	case tag == TagHold:
		t.leave(p, tag)
		p.Seats, p.Kids = 0, 0
	case !seated(tag):
		p.Seats, p.Kids = 0, 0
	}
	if tag != TagYes && tag != TagRing {
		t.sum(p, Sum{Yes: 1})
		tag = TagYes
	}
	p.Help, p.At = true, t.e.At
	t.keep(tag, p)
	t.toast("helps", nil)
	t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "helper", Vars: t.with(flows.Vars{"name": flows.Text(t.e.By.Name)}), Bundle: true})
}

// photo is whether somebody may be in a picture.
func (t *turn) photo(v string, p Part, tag string) {
	if !t.Photos || tag == "" || t.Stage != Open && t.Stage != Held {
		t.toast("over", nil)
		return
	}
	p.Photo = v == "yes"
	t.keep(tag, p)
	if p.Photo {
		t.toast("photo", nil)
		return
	}
	t.toast("no-photo", nil)
}

// sum counts for the wording that somebody has read. Who was not invited counts for none.
func (t *turn) sum(p Part, x Sum) {
	if p.Arm == "" {
		return
	}
	all := map[string]Sum{}
	for k, v := range t.Sums {
		all[k] = v
	}
	k := sumKey(p.Age, p.Arm)
	v := all[k]
	all[k] = Sum{Sent: max(0, v.Sent+x.Sent), Yes: max(0, v.Yes+x.Yes), Came: max(0, v.Came+x.Came)}
	t.Sums = all // a new one: the old belongs to the state before this event
}

// why tells somebody why they were invited.
func (t *turn) why() {
	p, _ := t.mine()
	t.reply("why", t.Because(t.e.Settings, p, t.e.By.Profile), flows.Button{Words: "b-stop", Choice: "stop"})
}

// stop is one tap by which somebody gets no invitations any more, from nobody.
func (t *turn) stop() {
	p := t.e.By.Profile
	p.Often = flows.Never
	t.do(flows.Remember{Person: t.e.By.Person, Profile: &p})
	if part, tag := t.mine(); asked(tag) {
		part.At = t.e.At
		t.keep(TagNo, part)
	}
	t.toast("stopped", nil)
}

// joined is that another account has become the actor's.
func (t *turn) joined(old flows.Entry) {
	p := data[Part](old.Data)
	if t.e.Entry == nil {
		t.keep(old.Tag, p)
	} else if seated(old.Tag) && old.Tag != TagHere {
		t.leave(p, old.Tag)
	}
	t.do(flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true})
}

// erased lets go of a person, or of everybody who is no official.
func (t *turn) erased(w flows.Erased) {
	goes := func(p flows.PersonID) bool {
		if w.Person != "" {
			return p == w.Person
		}
		_, post := t.e.Settings.Official(p)
		return p != "" && !post
	}
	for _, p := range []*flows.PersonID{&t.By, &t.Runner, &t.Organiser, &t.Allowed} {
		if goes(*p) {
			*p = ""
		}
	}
	if t.By == "" {
		t.Name = ""
	}
	if t.Stage == Offered && t.By == "" {
		t.Stage = Gone
	}
	if t.Unsure != nil && goes(t.Unsure.By) {
		t.Unsure = nil
	}
	if w.Person == "" {
		t.Lists = nil
	}
	if w.Person == "" || t.e.Entry == nil {
		return
	}
	p, tag := t.mine()
	if seated(tag) && tag != TagHere && t.Stage == Open {
		t.leave(p, tag)
	}
}

// Own is what is held of a person.
func (s State) Own(p flows.PersonID) flows.Own {
	return flows.Own{Words: "own", Vars: flows.Vars{"title": flows.Text(s.Title), "at": flows.At(s.At)}}
}

// number reads a number, 0 if there is none.
func number(s string) int {
	n := 0
	for _, r := range flows.Digits(s) {
		if n = n*10 + int(r-'0'); n > 9999 {
			return 0
		}
	}
	return n
}

// tags are those of who was invited and has not answered, in order.
func (t *turn) asks() (tags []string) {
	for tag, n := range t.e.Counts {
		if asked(tag) && n > 0 {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}
