package dispatch_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/purchase"
)

// Plays of a neighbour dispute, a leak, an old resident who needs care, and of partners that
// do and do not take it.
func TestReferDialogues(t *testing.T) {
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), withPartners(t)...)
}

// withPartners are the flows in which work goes to partners.
func withPartners(t *testing.T) []flows.Flow {
	return flowstest.Flows(t, demand.New, dispatch.New, purchase.New)
}

// crowded is the example in which far more goes to partners: also what is public, and people
// speak for them about whom there are complaints.
func crowded(s *flows.Settings) *flows.Settings {
	c := *s
	c.Partners.Services = slices.Clone(s.Partners.Services)
	c.Partners.Services[0].Items = []string{"5-1", "5-3", "1-2", "8-3", "6-5", "8-1", "2-6"} // the last but one in vain
	c.Partners.Services[3].Items = []string{"2-6", "1-2", "8-3", "7-1"}
	c.Partners.List = slices.Clone(s.Partners.List)
	c.Partners.List = append(c.Partners.List, flows.Partner{ID: "wuye2", Name: "物业义工队", Offers: []string{"mediation", "repair"}, Scope: flows.Everywhere, People: []flows.PersonID{"feng", "zhou", "chen"}})
	return &c
}

// letters are the texts of what is said, all vars included.
func letters(t *rapid.T, st flowstest.Step, say flows.Say) string {
	var all []string
	for _, lang := range flows.Languages {
		text, labels, err := flowstest.Render(st, say, lang)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text, strings.Join(labels, " "))
	}
	all = append(all, string(flows.Data(say.Vars)))
	return strings.Join(all, " ")
}

// A partner hears nothing of a danger, of what is discreet, or of a complaint about a person; it
// never reads the resident's words, photos or exact place before they have agreed that it
// does; who is complained about is never asked; and who has declined is not asked again.
func TestPartnersReadOnlyWhatWasAgreed(t *testing.T) {
	f, example := example(t)
	s := crowded(example)
	o := options(s)
	seen := map[string]int{}
	o.Begin = func(t *rapid.T) json.RawMessage {
		w := flows.Task{Item: rapid.SampledFrom([]string{"5-1", "5-3", "5-3", "2-6", "7-1", "1-2", "1-2", "8-3", "6-5", "8-1"}).Draw(t, "item"), People: 1,
			Text: flowstest.Rare, Media: []flows.Media{{Kind: "photo", Remote: "f1"}},
			Place: flows.Place{Building: rapid.SampledFrom([]string{"3", "5"}).Draw(t, "building"), Unit: "1", Room: flowstest.Rooms[0]},
			About: rapid.SampledFrom([]flows.Role{"", "", "", "", "", "", flows.Property, flows.Leader, flows.Staff}).Draw(t, "about")}
		if rapid.IntRange(0, 9).Draw(t, "dangerous") == 0 {
			w.Danger = rapid.SampledFrom([]flows.Danger{flows.Violence, flows.Suicide, flows.Gas}).Draw(t, "danger")
		}
		return flows.Data(w)
	}
	o.Check = func(t *rapid.T, st flowstest.Step) {
		if st.Flow.Name != "dispatch" {
			return
		}
		was, now := state(t, st.Before), state(t, st.After)
		it, _ := st.Settings.Item(now.Work.Item)
		barred := complained(st.Settings, now.Work)
		for _, eff := range st.Effects {
			if tell, ok := eff.(flows.Tell); ok && (tell.Name == "refer" || tell.Name == "need") {
				seen[tell.Name]++
				if now.Work.Danger != "" || now.Work.Item == "6-5" || now.Work.Item == "8-1" || !flows.Aloud(now.Work.About) {
					t.Fatalf("%s of %s %s, about %q", tell.Name, now.Work.Danger, now.Work.Item, now.Work.About)
				}
				if strings.ContainsAny(string(tell.Data), flowstest.Rare) {
					t.Fatalf("%s tells words: %s", tell.Name, tell.Data)
				}
			}
			say, ok := eff.(flows.Say)
			p, speaks := st.Settings.SpeaksFor(say.To.Person)
			// Who has a post besides hears of the work as such.
			if official, _ := st.Settings.Official(say.To.Person); !ok || !speaks || len(official.Posts) > 0 && official.Posts[0].Role != flows.Org && say.To.Person != now.Refer.Who {
				continue
			}
			if now.Work.Danger != "" || now.Work.Item == "6-5" || now.Work.Item == "8-1" || !flows.Aloud(now.Work.About) {
				if !say.Toast {
					t.Fatalf("%s hears %q of %s %s, about %q", say.To.Person, say.Words, now.Work.Danger, now.Work.Item, now.Work.About)
				}
				continue
			}
			if say.Words == "org-card" {
				seen["asked"]++
				if slices.Contains(barred, say.To.Person) {
					t.Fatalf("%s is asked about a complaint about them", say.To.Person)
				}
				if slices.Contains(was.Work.Declined, p.ID) {
					t.Fatalf("%s has declined and is asked again", p.ID)
				}
				if it.Private && !slices.Contains(now.Refer.Yes, p.ID) {
					t.Fatalf("%s is asked about %s before the resident has agreed", p.ID, it.ID)
				}
				st.Past.Memory["tries"]++
				st.Past.Memory[p.ID]++
			}
			if say.Words == "org-taken" {
				seen["taken"]++
			}
			yes := slices.Contains(now.Refer.Yes, p.ID) || slices.Contains(was.Refer.Yes, p.ID)
			text := letters(t, st, say)
			if yes {
				seen["agreed"]++
				continue
			}
			for _, room := range flowstest.Rooms {
				if strings.Contains(text, room) {
					t.Fatalf("%s reads a room in %q: %s", say.To.Person, say.Words, text)
				}
			}
			if say.Words != "answered" && (strings.ContainsAny(text, flowstest.Rare) || len(say.Media) > 0) && now.Work.Text != "" && now.Work.Text != now.Why && strings.Contains(text, now.Work.Text) {
				t.Fatalf("%s reads the words in %q: %s", say.To.Person, say.Words, text)
			}
			if say.Words != "answered" && len(say.Media) > 0 {
				t.Fatalf("%s sees a photo with %q", say.To.Person, say.Words)
			}
		}
		if now.Refer.Has && now.Holder == now.Refer.Who && (slices.Contains(barred, now.Holder) || now.Work.Danger != "") {
			t.Fatalf("%s has a complaint about them, or a danger", now.Holder)
		}
	}
	flowstest.Run(t, s, f, o)
	rapid.Check(t, func(rt *rapid.T) {
		for range 40 {
			busy(rt, s, f, o.Begin(rt), o.Check)
		}
	})
	for _, what := range []string{"refer", "need", "asked", "taken", "agreed"} {
		if seen[what] == 0 && !testing.Short() { // a short run may not come to what is rare
			t.Errorf("no play has come to %q: %v", what, seen)
		}
	}
	t.Log(seen)
}

// busy plays one dispatch among people who mostly do what they are asked to, so that much comes
// to partners; check looks at every step.
func busy(t *rapid.T, s *flows.Settings, f flows.Flow, begin json.RawMessage, check func(*rapid.T, flowstest.Step)) {
	c := flows.Case{ID: "2", Flow: "dispatch", Parent: "1", No: 412}
	now := time.Date(2026, 3, 9, 9, 0, 0, 0, s.Zone)
	var wakes []flows.Woke
	past := &flowstest.Past{Cases: map[flows.ID]bool{"1": true, "2": true}, Memory: map[string]int{}}
	n := 0
	step := func(by flows.PersonID, w flows.What) {
		n++
		e := flows.Event{ID: strconv.Itoa(n), At: now, What: w, Settings: s}
		if by != "" {
			o, _ := s.Official(by)
			e.By = flows.Actor{Person: by, Posts: o.Posts, Consent: true, Reachable: true}
		}
		after, effects, err := f.Step(c, e)
		if err != nil {
			t.Fatal(err)
		}
		e.Case = flows.CaseRef{ID: c.ID, No: c.No, Parent: c.Parent}
		check(t, flowstest.Step{Flow: f, Settings: s, Before: c, After: after, Event: e, Effects: effects, Past: past})
		c = after
		for _, eff := range effects {
			if x, ok := eff.(flows.Wake); ok {
				wakes = append(wakes, flows.Woke{Name: x.Name, Due: x.At})
			}
		}
	}
	step("", flows.Opened{Parent: "1", Data: begin})
	anybody := rapid.Custom(func(t *rapid.T) flows.PersonID { return rapid.SampledFrom(s.People).Draw(t, "person").ID })
	for range rapid.IntRange(5, 30).Draw(t, "steps") {
		st := state(t, c)
		holder, r := c.Holder, st.Refer
		if rapid.IntRange(0, 9).Draw(t, "somebody else") == 0 {
			holder = anybody.Draw(t, "who")
		}
		question := flows.Referral{N: r.N, Partners: r.Left, Service: r.Service}
		press := func(by flows.PersonID, choice, v string) { step(by, flows.Chose{Choice: choice, Value: v}) }
		switch rapid.SampledFrom([]string{"accept", "accept", "refer", "refer", "agreed", "agreed", "kept", "unheard", "yes", "yes", "no", "no", "back", "done", "wake", "wake", "need",
			"takeover", "moved", "ask", "answer", "more", "people", "missed", "withdrawn", "erased", "clause"}).Draw(t, "act") {
		case "accept":
			press(holder, "accept", "")
		case "refer":
			press(holder, "refer", "")
			press(holder, "refer", rapid.SampledFrom(s.Partners.Services).Draw(t, "service").ID+"."+rapid.SampledFrom(s.Partners.List).Draw(t, "partner").ID)
		case "agreed":
			step("", flows.Told{From: "1", Name: "agreed", Data: flows.Data(question)})
		case "kept":
			step("", flows.Told{From: "1", Name: "kept", Data: flows.Data(question)})
		case "unheard":
			step("", flows.Told{From: "1", Name: "unheard", Data: flows.Data(question)})
		case "yes":
			press(r.Who, "take", strconv.Itoa(r.N))
		case "no":
			press(r.Who, "cannot", strconv.Itoa(r.N))
		case "back":
			press(holder, "giveback", "")
		case "done":
			press(holder, "done", "plain")
		case "need":
			press(holder, "need", rapid.SampledFrom(s.Partners.Services).Draw(t, "service").ID)
		case "takeover":
			press("chen", "takeover", "")
		case "moved":
			step("", flows.Told{From: "1", Name: "moved", Data: flows.Data(flows.TaskUpdate{Place: flowstest.AnyPlace(t, s)})})
		case "ask":
			press(holder, "ask", "")
			step(holder, flows.Said{Tag: "question", Message: flows.Message{Text: "几点在家"}, Direct: true})
		case "answer":
			step("", flows.Told{From: "1", Name: "answer", Data: flows.Data(flows.TaskUpdate{Text: flowstest.Rare})})
		case "more":
			step("", flows.Told{From: "1", Name: "more", Data: flows.Data(flows.TaskUpdate{Text: flowstest.Rare + flowstest.Rooms[0], Media: []flows.Media{{Kind: "photo", Remote: "f2"}}})})
		case "people":
			step("", flows.Told{From: "1", Name: "people", Data: flows.Data(flows.TaskUpdate{People: 3})})
		case "missed":
			step("", flows.Missed{Mark: "card-" + string(r.Who)})
		case "withdrawn":
			step("", flows.Told{From: "1", Name: "withdrawn"})
		case "erased":
			step("", flows.Erased{Person: "r1"})
		case "clause":
			press(holder, "clause", "5-3")
		case "wake":
			if len(wakes) > 0 {
				w := rapid.SampledFrom(wakes).Draw(t, "wake")
				if w.Due.After(now) {
					now = w.Due
				}
				step("", w)
			}
		}
	}
}

// What a partner that has the work cannot do: hand it on, put it before others, or give it
// back under a line of the duty list.
func TestPartnerHasOnlyItsOwnButtons(t *testing.T) {
	f, s := example(t)
	st := dispatch.State{Stage: dispatch.Taken, Holder: "lv", Ladder: []flows.PersonID{"li"}, Work: flows.Task{Item: "5-3", Place: flows.Place{Building: "3", Unit: "2", Room: "501"}, Text: "原话", People: 1},
		Refer: dispatch.Refer{N: 1, Service: "mediation", From: "li", Partner: "chunhui", Who: "lv", Has: true, Yes: []string{"chunhui"}}}
	c := flows.Case{ID: "2", Flow: "dispatch", Parent: "1", No: 412, Data: flows.Data(st)}
	for _, choice := range []string{"notmine", "to=zhou", "back", "class=5", "clause=5-3", "plain", "help", "takeover", "wait", "for=station", "when=1", "discuss", "refer", "refer=xinqing", "need=mediation", "agree", "pass=1"} {
		name, v, _ := strings.Cut(choice, "=")
		o, _ := s.Official("lv")
		after, effects, err := f.Step(c, flows.Event{ID: "e", By: flows.Actor{Person: "lv", Posts: o.Posts}, What: flows.Chose{Choice: name, Value: v}, Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		if string(after.Data) != string(c.Data) || len(effects) != 1 || effects[0].(flows.Say).Words != "org-not" {
			t.Errorf("%s: %+v", choice, effects)
		}
	}
}

// turns plays one dispatch step by step; each gives what was said and told, by its words and name.
func turns(t *testing.T, s *flows.Settings, f flows.Flow, begin flows.Task) func(by flows.PersonID, w flows.What) []string {
	t.Helper()
	c := flows.Case{ID: "2", Flow: "dispatch", Parent: "1", No: 412}
	now := time.Date(2026, 3, 9, 9, 0, 0, 0, s.Zone)
	step := func(by flows.PersonID, w flows.What) (said []string) {
		t.Helper()
		o, _ := s.Official(by)
		after, effects, err := f.Step(c, flows.Event{ID: "e", At: now, By: flows.Actor{Person: by, Posts: o.Posts, Reachable: true}, What: w, Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		c = after
		for _, eff := range effects {
			switch eff := eff.(type) {
			case flows.Say:
				line := string(eff.To.Person) + string(eff.To.Role) + " " + eff.Words
				for _, b := range eff.Buttons {
					if strings.HasPrefix(b.Choice, "refer=") || strings.HasPrefix(b.Choice, "need=") {
						line += " " + b.Choice
					}
				}
				said = append(said, line)
			case flows.Tell:
				said = append(said, "→ "+eff.Name)
			}
		}
		return said
	}
	step("", flows.Opened{Parent: "1", Data: flows.Data(begin)})
	return step
}

func taps(choice string) flows.Chose {
	name, v, _ := strings.Cut(choice, "=")
	return flows.Chose{Choice: name, Value: v}
}

// Who has declined is neither offered nor asked again, in this round or a later one; nor is
// whoever it is about, or has had it.
func TestWhoIsOffered(t *testing.T) {
	f, s := example(t)
	c := *s
	c.Partners.Services = slices.Clone(s.Partners.Services)
	c.Partners.Services[0].Items = []string{"5-3", "1-2"}
	c.Partners.List = append(slices.Clone(s.Partners.List), flows.Partner{ID: "wuye2", Name: "物业义工队", Offers: []string{"mediation"}, Scope: flows.Everywhere, People: []flows.PersonID{"feng"}},
		flows.Partner{ID: "gone", Name: "没有人的队", Offers: []string{"mediation"}, Scope: flows.Everywhere, People: []flows.PersonID{"nobody"}},
		flows.Partner{ID: "far", Name: "9号楼队", Offers: []string{"mediation"}, Scope: flows.Scope{Building: "9"}, People: []flows.PersonID{"tian"}})
	s = &c
	home := flows.Place{Building: "3", Unit: "2", Room: "501"}
	offered := func(w flows.Task) string {
		t.Helper()
		w.Place, w.Text, w.People = home, "原话", 1
		step := turns(t, s, f, w)
		step("chen", taps("accept"))
		return strings.Join(step("chen", taps("refer")), ";")
	}
	for name, x := range map[string]struct {
		work flows.Task
		want string
	}{
		"a dispute":                  {flows.Task{Item: "5-3"}, "chen refer-whom refer=mediation.chunhui refer=mediation.xinqing refer=mediation.wuye2 refer=counselling.xinqing"},
		"declined in a round before": {flows.Task{Item: "5-3", Declined: []string{"chunhui"}}, "chen refer-whom refer=mediation.xinqing refer=mediation.wuye2 refer=counselling.xinqing"},
		"had it before":              {flows.Task{Item: "5-3", Except: []flows.PersonID{"mei"}}, "chen refer-whom refer=mediation.chunhui refer=mediation.wuye2"},
		"about the company":          {flows.Task{Item: "5-3", About: flows.Property}, "chen refer-whom refer=mediation.chunhui refer=mediation.xinqing refer=counselling.xinqing"},
		"about a person":             {flows.Task{Item: "5-3", About: flows.Leader}, "chen now-taken"},
		"decided at a hearing":       {flows.Task{Item: "5-3", Decided: true}, "chen now-taken-decided"},
		"violence":                   {flows.Task{Item: "6-5"}, "chen now-taken"},
		"the company's own":          {flows.Task{Item: "1-2"}, "chen refer-whom refer=mediation.chunhui refer=mediation.xinqing"}, // whose work it is anyway, it does not come to as a volunteer
		"nothing fits":               {flows.Task{Item: "3-1"}, "chen now-taken"},
		"not wanted":                 {flows.Task{Item: "5-3", Kept: true}, "chen refer-kept"},
		"not wanted, but public":     {flows.Task{Item: "1-2", Kept: true}, "chen refer-whom refer=mediation.chunhui refer=mediation.xinqing"},
	} {
		if got := offered(x.work); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}

	agreed := flows.Told{From: "1", Name: "agreed", Data: flows.Data(flows.Referral{N: 1, Partners: []string{"chunhui", "xinqing"}})}
	step := turns(t, s, f, flows.Task{Item: "5-3", Place: home, Text: "原话", People: 1})
	want := func(got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	want(step("li", taps("refer")), "li first-accept")
	step("li", taps("accept"))
	want(step("wu", taps("refer")), "wu not-your-grid")
	want(step("li", taps("refer=mediation.far")), "li refer-gone")
	want(step("li", taps("refer=mediation.chunhui")), "li refer-asking", "→ refer")
	want(step("li", taps("refer=mediation.xinqing")), "li refer-pending")
	want(step("", agreed), "lv org-card", "li refer-asked")
	want(step("", agreed)) // the same answer, brought twice
	want(step("mei", taps("take=2")), "mei org-over")
	want(step("lv", taps("cannot=2")), "lv org-declined", "→ declined", "mei org-card", "li refer-asked")
	want(step("li", taps("refer=mediation.chunhui")), "li refer-pending")
	want(step("mei", taps("take=3")), "mei org-taken", "li passed", "li refer-asked", "→ accepted")
	want(step("li", taps("done")), "li now-taken")
	want(step("mei", taps("giveback")), "mei org-declined", "→ declined", "li org-gave-back", "li card-taken", "→ accepted")
	want(step("mei", taps("done=plain")), "mei not-your-grid")
	want(step("li", taps("refer=mediation.chunhui")), "li refer-gone")
	want(step("li", taps("refer")), "li refer-whom refer=mediation.wuye2")
	// What is done meanwhile takes the question back.
	want(step("li", taps("refer=mediation.wuye2")), "li refer-asking", "→ refer")
	want(step("", flows.Told{From: "1", Name: "agreed", Data: flows.Data(flows.Referral{N: 4, Partners: []string{"wuye2"}})}), "feng org-card", "li refer-asked")
	want(step("li", taps("done=plain")), "li card-done", "li done-what", "→ done", "feng org-over")
}

// A public matter goes without asking, with the building and without the words; what the
// resident sends later does not follow.
func TestPublicMatterGoesWithoutWords(t *testing.T) {
	f, s := example(t)
	c := *s
	c.Partners.Services = slices.Clone(s.Partners.Services)
	c.Partners.Services[0].Items = []string{"1-2"}
	step := turns(t, &c, f, flows.Task{Item: "1-2", Place: flows.Place{Building: "3", Unit: "2", Room: "501"}, Text: "原话", People: 1})
	step("chen", taps("accept"))
	for _, x := range []struct {
		got, want []string
	}{
		{step("chen", taps("refer=mediation.chunhui")), []string{"lv org-card", "chen refer-asked"}},
		{step("lv", taps("take=1")), []string{"lv org-taken", "chen passed", "chen refer-asked", "→ accepted"}},
		{step("", flows.Told{From: "1", Name: "more", Data: flows.Data(flows.TaskUpdate{Text: "又说", Media: []flows.Media{{Kind: "photo", Remote: "f"}}})}), []string{"lv org-taken"}},
	} {
		if !slices.Equal(x.got, x.want) {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}

// With the resident goes what they have agreed to: whoever was asked is asked no more, and a
// partner that has the work reads nothing of them. Of somebody who spoke for a partner and
// has no post any more, no id is left.
func TestErasedWithPartners(t *testing.T) {
	f, s := example(t)
	base := dispatch.State{Stage: dispatch.Taken, Holder: "li", Ladder: []flows.PersonID{"li"}, Work: flows.Task{Item: "5-3", Place: flows.Place{Building: "3", Unit: "2", Room: "501"}, Text: "原话", People: 1},
		Refer: dispatch.Refer{N: 2, Service: "mediation", From: "li", Partner: "chunhui", Who: "lv", Yes: []string{"chunhui"}}}
	erase := func(s *flows.Settings, st dispatch.State, who flows.PersonID) (string, []flows.Effect) {
		t.Helper()
		c := flows.Case{ID: "2", Flow: "dispatch", Parent: "1", No: 412, Data: flows.Data(st)}
		after, effects, err := f.Step(c, flows.Event{ID: "e", At: time.Date(2026, 3, 9, 9, 0, 0, 0, s.Zone), What: flows.Erased{Person: who}, Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		return string(after.Data), effects
	}
	data, effects := erase(s, base, "r1")
	if strings.Contains(data, "lv") || strings.Contains(data, "chunhui") || !slices.ContainsFunc(effects, func(e flows.Effect) bool {
		say, ok := e.(flows.Say)
		return ok && say.To.Person == "lv" && say.Words == "org-over" && say.Tidy
	}) {
		t.Errorf("%s %+v", data, effects)
	}
	base.Holder, base.Refer.Has = "lv", true
	_, effects = erase(s, base, "r1")
	for _, e := range effects {
		if say, ok := e.(flows.Say); ok && say.To.Person == "lv" && (say.Vars["place"].Place.Room != "" || say.Vars["told"].S != "") {
			t.Errorf("%+v", say)
		}
	}
	c := *s
	c.Partners.List = nil
	c.People = slices.DeleteFunc(slices.Clone(s.People), func(o flows.Official) bool { return o.ID == "lv" })
	if data, _ = erase(&c, base, "lv"); strings.Contains(data, `"lv"`) {
		t.Error(data)
	}
}
