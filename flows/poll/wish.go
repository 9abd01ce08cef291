package poll

import "linli/flows"

// A resident cannot send a poll, but may ask the captain of their building for one.
// The captain is not told who asked.

var wishButtons = []flows.Button{{Words: "b-take", Choice: "take"}, {Words: "b-decline", Choice: "decline"}}

// asked offers a resident to hand their question on.
func (t *turn) asked(place flows.Place) {
	building := place.Building
	if building == "" {
		building = t.e.By.Home.Building
	}
	if building == "" {
		t.Stage = Gone
		t.reply("wish-where", nil)
		return
	}
	t.Stage, t.Wish, t.Scope = Asked, t.e.By.Person, flows.Scope{Building: building}
	vars := t.vars()
	if who := t.e.Settings.With(flows.Captain, t.Scope); len(who) > 0 {
		vars["who"] = flows.Who(who[0])
	}
	limit := t.e.At.Add(t.e.Settings.Limits.Offer)
	t.do(flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-offer", Vars: vars, Slot: "wish", Reply: true, Until: limit,
		Buttons: []flows.Button{{Words: "b-wish", Choice: "wish=yes"}, {Words: "b-no-wish", Choice: "wish=no"}}},
		flows.Wake{At: limit, Name: "offer"}, flows.Put{Entry: flows.Entry{Key: string(t.Wish), Tag: "wish"}})
}

// wished is the resident's answer: the tap is the consent.
func (t *turn) wished(answer string) {
	switch {
	case t.e.By.Person != t.Wish || t.Wish == "" || t.Stage != Asked || !t.Shown.IsZero():
		t.toast("over", nil)
	case answer != "yes":
		t.Stage = Gone
		t.do(flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-dropped", Slot: "wish", Reply: true})
	default:
		yes, vars := true, t.vars()
		if who := t.e.Settings.With(flows.Captain, t.Scope); len(who) > 0 {
			vars["who"] = flows.Who(who[0])
		}
		t.Shown = t.e.At // handed on
		t.do(
			flows.Remember{Person: t.Wish, Consent: &yes},
			flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-on", Vars: vars, Slot: "wish", Reply: true},
			flows.Say{To: flows.To{Role: flows.Captain, Scope: t.Scope, Except: []flows.PersonID{t.Wish}}, Class: flows.Work, Words: "wish-card", Vars: t.vars(), Slot: "wish-card", Receipt: "wish", Buttons: wishButtons},
			flows.Wake{At: t.e.At.AddDate(0, 0, 3), Name: "offer"},
		)
	}
}

// unanswered ends what was not handed on in time, or not taken up.
func (t *turn) unanswered() {
	if t.Shown.IsZero() {
		t.Stage = Gone
		t.do(flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-dropped", Slot: "wish", Tidy: true})
		return
	}
	if t.e.At.Before(t.Shown.AddDate(0, 0, 3)) {
		return // that was the wake-up of the offer
	}
	t.Stage = Gone
	t.do(flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-silent", Vars: t.vars(), Slot: "wish-end"},
		flows.Say{To: flows.To{Role: flows.Captain, Scope: t.Scope}, Class: flows.Work, Words: "wish-over", Vars: t.vars(), Slot: "wish-card", Tidy: true})
}

// wishAnswered is what the captain says to it.
func (t *turn) wishAnswered(take bool) {
	switch {
	case t.Stage != Asked || t.Shown.IsZero():
		t.toast("over", nil)
	case !t.maySend(t.e.By, t.Force, t.Scope):
		t.toast("not-yours", flows.Vars{"scope": flows.In(t.Scope)})
	case take && t.spent():
		t.toast("spent", flows.Vars{"n": flows.Num(t.e.Settings.Polls.Month)})
	case take:
		t.Stage, t.Starter, t.Shown = Preview, t.e.By.Person, flows.Time{}
		t.preview()
		t.do(flows.Say{To: flows.To{Role: flows.Captain, Scope: t.Scope}, Class: flows.Work, Words: "wish-taken", Vars: t.vars(), Slot: "wish-card", Tidy: true},
			flows.Wake{At: t.e.At.AddDate(0, 0, 7), Name: "preview"})
	default:
		t.Stage = Gone
		t.do(flows.Say{To: flows.To{Role: flows.Captain, Scope: t.Scope}, Class: flows.Work, Words: "wish-declined-card", Vars: t.vars(), Slot: "wish-card", Reply: true},
			flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-declined", Vars: t.vars(), Slot: "wish-end"})
	}
}
