package menu_test

import (
	"encoding/json"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/flowstest"
	"linli/flows/menu"
)

// guarded looks at every step of a play for what must hold whatever happens: nobody but staff
// reads a resident's words before staff have put them on the menu; who has stopped
// invitations has them stopped until they say otherwise; of a minor nothing is kept; and the
// journal is told nothing of what somebody has chosen.
func guarded(t *rapid.T, s flowstest.Step) {
	if s.Flow.Name != menu.Name {
		return
	}
	var before, after menu.State
	for raw, to := range map[*flows.Case]*menu.State{&s.Before: &before, &s.After: &after} {
		if len(raw.Data) > 0 {
			if err := json.Unmarshal(raw.Data, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	var secret []string
	for _, d := range slices.Concat(before.Dishes, after.Dishes) {
		listed := func(x menu.Dish) bool { return x.ID == d.ID && x.Title != "" }
		if d.Title == "" && !slices.ContainsFunc(before.Dishes, listed) && !slices.ContainsFunc(after.Dishes, listed) {
			for _, x := range d.Said {
				secret = append(secret, x.Text)
			}
		}
	}
	for _, eff := range s.Effects {
		switch eff := eff.(type) {
		case flows.Say:
			staff := eff.To.Role != "" || len(s.Event.By.Posts) > 0 && eff.To.Person == s.Event.By.Person
			own := eff.To.Person == s.Event.By.Person && own(s.Event)
			if e, ok := s.Event.Entries[string(eff.To.Person)]; ok && eff.Words == "off-told" && strings.Contains(string(e.Data), eff.Vars["text"].S) {
				own = true // in their own words
			}
			if !staff && !own {
				shown(t, s, eff, secret)
			}
			if eff.Class == flows.Invitation {
				t.Fatalf("the menu invites: %s", eff.Words)
			}
			for _, b := range eff.Buttons {
				name, value, _ := strings.Cut(b.Choice, "=")
				personal := []string{"age", "like", "with", "free", "often", "tick", "un", "lang", "here"}
				if value != "" && slices.Contains(personal, name) {
					t.Fatalf("the journal would keep %q", b.Choice)
				}
			}
		case flows.Remember:
			p := eff.Profile
			if p == nil {
				continue
			}
			if was := s.Event.By.Profile; was.Stopped() && !p.Stopped() && !resumes(s.Event) {
				t.Fatalf("invitations that were stopped come again after %#v", s.Event.What)
			}
			if p.Age == flows.Minor && (len(p.Likes)+len(p.Free)+len(p.Wishes) > 0 || p.Children || p.Channel != "") {
				t.Fatalf("of a minor is kept: %+v", p)
			}
		}
	}
}

// own says that what is said answers the actor about their own wish.
func own(e flows.Event) bool {
	switch w := e.What.(type) {
	case flows.Told:
		return w.Name == "wish" || w.Name == "mine" || w.Name == flows.Joined
	case flows.Opened:
		return true
	case flows.Chose:
		return w.Choice == "mine!" || w.Choice == "un!" || w.Choice == "agree"
	}
	return false
}

// resumes says that somebody has said that invitations may come again.
func resumes(e flows.Event) bool {
	switch w := e.What.(type) {
	case flows.Told:
		return w.Name == "start"
	case flows.Chose:
		return w.Choice == "start!" || w.Choice == "often!"
	}
	return false
}

// shown looks whether a text shows what it must not.
func shown(t *rapid.T, s flowstest.Step, say flows.Say, secret []string) {
	for _, lang := range flows.Languages {
		text, labels, err := flowstest.Render(s, say, lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range secret {
			for _, l := range append([]string{text}, labels...) {
				if len([]rune(x)) > 2 && strings.Contains(l, x) && !strings.Contains(l, "比如") && !strings.Contains(l, "such as") {
					t.Fatalf("%q shows somebody's words %q: %q", say.Words, x, l)
				}
			}
		}
	}
}
