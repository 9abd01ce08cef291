package activity

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// turn is one step of an activity: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
	tidy    bool // its organiser is told in other words what the board says, which only changes
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	switch w := e.What.(type) {
	case flows.Opened:
		t.opened(w)
	case flows.Chose:
		t.chose(w)
	case flows.Said:
		t.said(w)
	case flows.Told:
		t.told(w)
	case flows.Woke:
		t.woke(w)
	case flows.Answered:
		t.answered(w)
	case flows.Delivered:
		t.delivered(w)
	case flows.Missed:
		t.missed(w)
	case flows.Erased:
		t.erased(w)
	}
	if t.Stage != Open {
		t.Lists, t.Unsure = nil, nil // it is needed no more
	}
	return t.State, flows.Settled(t.effects, e.At)
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

// runs says whether somebody may do with this activity what the committee's people may.
func (t *turn) runs(a flows.Actor) bool {
	scope := t.Scope
	if scope.Zero() {
		scope = flows.Everywhere
	}
	return t.e.Settings.May(a, flows.Convene, scope)
}

// leads says whether somebody may do what is left to who runs it on the spot.
func (t *turn) leads(a flows.Actor) bool {
	return t.runs(a) || a.Person != "" && a.Person == t.Runner
}

// chose is a button. What it may do depends on the stage; one of an earlier stage that is
// still on somebody's phone is answered, and does nothing.
func (t *turn) chose(w flows.Chose) {
	if t.e.By.Person == "" {
		return
	}
	switch w.Choice {
	case "look":
		t.look()
	case "come", "kids", "both", "wait", "no", "take", "ring", "help", "photo":
		t.answer(w)
	case "paste":
		t.confirmed(w.Value)
	case "why":
		t.why()
	case "stop":
		t.stop()
	case "here!", "here":
		t.here(w)
	case "liked!", "again!", "hand":
		t.rated(w)
	case "in", "walk", "end":
		if !t.leads(t.e.By) {
			t.toast("not-yours", nil)
			return
		}
		t.onSpot(w)
	default:
		if !t.runs(t.e.By) {
			t.toast("not-yours", nil)
			return
		}
		t.prepared(w)
	}
}

func (t *turn) said(w flows.Said) {
	text := line(w.Message.Text, maxLine)
	if w.Tag == "here" {
		t.code(text)
		return
	}
	if w.Tag == "" {
		if c := t.e.Reading.Chain; c != nil && w.Edited && w.Direct {
			t.chain(*c, w)
		}
		return
	}
	if w.Tag == "walk" {
		if t.leads(t.e.By) {
			t.walked(text)
		}
		return
	}
	if !t.runs(t.e.By) {
		t.reply("not-yours", nil)
		return
	}
	switch w.Tag {
	case "line":
		t.changed()
	case "own":
		t.ownWords(text)
	case "refuse":
		t.refused(text)
	case "move":
		t.moved(text)
	case "off":
		t.calledOff(text)
	}
}

// Takes are the tags under which words are taken from a form.
func (s State) Takes() []string {
	switch s.Stage {
	case Offered:
		return []string{"refuse"}
	case Draft:
		return []string{"line", "own"}
	case Open:
		return []string{"move", "off", "here", "walk"}
	case Held:
		return []string{"here", "walk"}
	case After:
		return []string{"walk"}
	}
	return nil
}

func (t *turn) told(w flows.Told) {
	switch w.Name {
	case "booked", "taken", "lost":
		t.roomSays(w.Name, data[flows.Booking](w.Data))
	case "about":
		t.isAbout(w.From, data[flows.About](w.Data))
	case "chain":
		if c := t.e.Reading.Chain; c != nil && w.Said != nil {
			t.chain(*c, *w.Said)
		}
	case "status":
		t.look()
	case flows.Joined:
		t.joined(data[flows.Entry](w.Data))
	}
}

func (t *turn) woke(w flows.Woke) {
	name, n, _ := strings.Cut(w.Name, "-")
	if n != "" && n != strconv.Itoa(t.Moves) && name != "directory" {
		return // of a time it was moved from
	}
	switch name {
	case "draft":
		if t.Stage == Offered {
			t.offerer("offer-lapsed")
		}
		if t.Stage == Draft || t.Stage == Offered {
			t.drop()
		}
	case "waits":
		if t.Stage == Offered {
			t.do(flows.Say{To: flows.To{Role: flows.Head, Scope: flows.Everywhere}, Class: flows.Work, Words: "offer-card", Vars: t.with(flows.Vars{"by_name": flows.Text(t.Name)}), Slot: "offer-head", Buttons: offerButtons})
		}
	case "batch":
		t.batches()
	case "few":
		t.few()
	case "remind":
		t.remind()
	case "ring":
		t.ring()
	case "holds":
		if t.Stage == Open && t.e.Counts[TagHold] > 0 {
			t.do(flows.Next{Tag: TagHold, N: most})
		}
	case "places":
		t.Stale = false
		t.card()
	case "paste":
		if t.Unsure != nil && !t.e.At.Before(t.Unsure.At.Add(unsureFor)) {
			t.Unsure = nil
		}
	case "begin":
		t.begin()
	case "end":
		t.end()
	case "over":
		t.close()
	case "directory":
		t.succeed()
	}
}

func (t *turn) answered(w flows.Answered) {
	switch w.Name {
	case "found":
		t.found(data[[]flows.Found](w.Data))
	case "next:" + TagWait:
		t.offer(data[[]flows.Entry](w.Data))
	case "next:" + TagHold:
		t.expire(data[[]flows.Entry](w.Data))
	case "next:" + TagHere:
		t.helpers(data[[]flows.Entry](w.Data))
	case "wording":
		t.drafted(w)
	}
}

// missed is a Say that selected nobody.
func (t *turn) missed(w flows.Missed) {
	switch {
	case w.Mark == "list" && t.Stage == Open:
		t.listHere()
	case w.Mark == "list-nowhere" && t.Stage == Open:
		t.toast("list-lost", nil)
	case w.Mark == "card" && t.Stage == Open && t.Sent.Equal(t.e.At):
		t.do(flows.Say{To: t.organisers(), Class: flows.Work, Words: "card-nowhere", Vars: t.vars(), Reply: t.e.By.Person == t.Organiser})
	}
	if w.Mark == "offer-card" && t.Stage == Offered {
		t.do(flows.Say{To: flows.To{Role: flows.Head, Scope: flows.Everywhere}, Class: flows.Work, Words: "offer-card", Vars: t.with(flows.Vars{"by_name": flows.Text(t.Name)}), Slot: "offer-head", Buttons: offerButtons})
	}
}

// succeed finds who answers for it now that its organiser holds no post any more.
func (t *turn) succeed() {
	if _, there := t.e.Settings.Official(t.Organiser); there || t.Organiser == "" {
		return
	}
	for _, role := range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
		if list := t.e.Settings.With(role, flows.Everywhere); len(list) > 0 {
			t.Organiser = list[0]
			t.board()
			return
		}
	}
}

// Keys gives the entries that rules want to see with an event.
func (s State) Keys(e flows.Event) (keys []string) {
	switch w := e.What.(type) {
	case flows.Chose:
		switch w.Choice {
		case "in":
			keys = append(keys, w.Value)
		case "hours":
			who, _, _ := strings.Cut(w.Value, ":")
			keys = append(keys, who)
		}
	case flows.Delivered:
		keys = append(keys, string(w.To))
	case flows.Told:
		if w.Name == flows.Joined {
			keys = append(keys, data[flows.Entry](w.Data).Key)
		}
	}
	return slices.DeleteFunc(keys, func(k string) bool { return k == "" || k == "all" })
}

// Pass gives whom nothing is told because they live somewhere.
func (s State) Pass(a flows.Actor, _ *flows.Settings) []string { return []string{string(a.Person)} }

// Beside says that the rules want to know, with this event, at what else of this kind the
// actor is.
func (s State) Beside(e flows.Event) bool {
	w, ok := e.What.(flows.Chose)
	return ok && (w.Choice == "come" || w.Choice == "kids" || w.Choice == "take")
}

// mine is the actor's part, with its tag.
func (t *turn) mine() (Part, string) {
	if t.e.Entry == nil {
		return Part{Age: t.e.By.Profile.Age}, ""
	}
	return data[Part](t.e.Entry.Data), t.e.Entry.Tag
}

// put keeps somebody's part.
func (t *turn) put(key, tag string, p Part) {
	t.do(flows.Put{Entry: flows.Entry{Key: key, Tag: tag, Order: p.At.UnixMilli(), Data: flows.Data(p)}})
}

// keep keeps the actor's own part.
func (t *turn) keep(tag string, p Part) { t.put(string(t.e.By.Person), tag, p) }

// toast shows the actor a brief notice.
func (t *turn) toast(words string, vars flows.Vars) {
	if t.e.By.Person == "" {
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: t.with(vars), Toast: true})
}

// organisers are who answers for it, or the staff while nobody does.
func (t *turn) organisers() flows.To {
	if t.Organiser == "" {
		return flows.To{Role: flows.Staff, Scope: flows.Everywhere}
	}
	return flows.To{Person: t.Organiser}
}

// offerer tells who has offered it something.
func (t *turn) offerer(words string) {
	if t.By != "" {
		t.do(flows.Say{To: flows.To{Person: t.By}, Class: flows.Personal, Words: words, Vars: t.vars()})
	}
}

// reply answers the actor in private.
func (t *turn) reply(words string, vars flows.Vars, buttons ...flows.Button) {
	if t.e.By.Person == "" {
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: t.with(vars), Reply: true, Buttons: buttons})
}

// ask asks the actor for words.
func (t *turn) ask(tag, words string, vars flows.Vars) {
	if t.e.By.Person == "" {
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: t.with(vars), Reply: true, Expect: tag})
}

// wake asks for a wake-up that is void once the activity is moved.
func (t *turn) wake(at time.Time, name string) flows.Wake {
	if at.Before(t.e.At) {
		at = t.e.At
	}
	return flows.Wake{At: at, Name: name + "-" + strconv.Itoa(t.Moves)}
}

const (
	maxLine  = 300 // runes of what somebody writes
	maxTitle = 40
	most     = 200 // entries looked at in one step
)

// line is a text in one line, cut.
func line(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > n {
		r = r[:n]
	}
	return string(r)
}

// hear takes what is said to Linli about activities: a new one, a list, how one stands.
func hear(e flows.Event) []flows.Effect {
	w, ok := e.What.(flows.Said)
	r := e.Reading
	if !ok || r.Danger != "" || (w.Edited || w.Message.Forwarded) && !(w.Direct && r.Chain != nil) {
		return nil // a list is other people's words whoever sends it
	}
	switch {
	case r.Offer != nil && r.Offer.Title != "" && w.Direct:
		return []flows.Effect{flows.Open{Flow: Name, Said: &w}}
	case r.Chain != nil && w.Direct:
		return pasted(e, w)
	case r.Chain != nil:
		if x, ok := named(e); ok {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "chain", Said: &w}}
		}
	case r.Status && w.Direct:
		if x, ok := named(e); ok {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "status"}}
		}
	}
	return nil
}

// named is the activity whose number was said, or to whose message an answer was written.
func named(e flows.Event) (flows.Similar, bool) {
	for _, x := range e.Similar {
		if x.Flow == Name && (x.Why == flows.ByNumber || x.Why == flows.ByRecent) {
			return x, true
		}
	}
	return flows.Similar{}, false
}
