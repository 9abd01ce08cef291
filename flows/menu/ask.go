package menu

import (
	"time"

	"linli/flows"
)

// The question to who has not agreed yet. It is held for as long as an offer is, and then
// nothing of it is left.

// ask puts the question.
func (t *turn) ask(want Want) {
	t.Stage, t.Who = Asking, t.e.By.Person
	want.Agreed = false
	if want.Wish != nil {
		line := *want.Wish
		line.Text = clean(line.Text)
		want.Wish = &line
	}
	t.Want = &want
	until := t.e.At.Add(max(t.e.Settings.Limits.Offer, time.Minute))
	vars, words := flows.Vars{}, "ask-likes"
	if want.What == "wish" && want.Wish != nil {
		words, vars["text"] = "ask-wish", flows.Text(want.Wish.Text)
	}
	t.do(flows.Put{Entry: flows.Entry{Key: string(t.Who), Tag: tagAsked}},
		flows.Say{To: flows.To{Person: t.Who}, Class: flows.Personal, Words: words, Vars: vars, Slot: "ask", Reply: true, Until: until,
			Buttons: []flows.Button{{Words: "b-yes", Choice: "agree=yes"}, {Words: "b-no", Choice: "agree=no"}}},
		flows.Wake{At: until, Name: "ask"})
}

// asking is what happens to a question.
func (t *turn) asking() {
	if t.Stage != Asking {
		return
	}
	switch w := t.e.What.(type) {
	case flows.Chose:
		switch {
		case t.e.By.Person == "" || w.Choice != "agree":
		case t.e.By.Person != t.Who:
			t.toast("not-yours", nil)
		case w.Value == "yes" && t.Want != nil:
			yes := true
			want := *t.Want
			want.Agreed = true
			t.do(flows.Remember{Person: t.Who, Consent: &yes},
				flows.Say{To: flows.To{Person: t.Who}, Class: flows.Personal, Words: "ask-yes", Slot: "ask", Reply: true},
				flows.Tell{Flow: Name, Key: flows.MenuKey, Name: want.What, Data: flows.Data(want)})
			t.forget()
		default:
			t.do(flows.Say{To: flows.To{Person: t.Who}, Class: flows.Personal, Words: "ask-no", Slot: "ask", Reply: true})
			t.forget()
		}
	case flows.Woke:
		if w.Name == "ask" {
			t.do(flows.Say{To: flows.To{Person: t.Who}, Class: flows.Personal, Words: "ask-no", Slot: "ask", Tidy: true})
			t.forget()
		}
	case flows.Told:
		if old := data[flows.Entry](w.Data); w.Name == flows.Joined && old.Tag == tagAsked && t.e.By.Person != "" {
			t.Who = t.e.By.Person
			t.do(flows.Put{Entry: flows.Entry{Key: old.Key}, Delete: true}, flows.Put{Entry: flows.Entry{Key: string(t.Who), Tag: tagAsked}})
		}
	case flows.Erased:
		if w.Person == t.Who || w.Person == "" {
			t.forget()
		}
	}
}

func (t *turn) forget() { t.Stage, t.Who, t.Want = Gone, "", nil }
