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
	var all []flows.Flow
	for _, make := range []func() (flows.Flow, error){demand.New, dispatch.New, purchase.New} {
		f, err := make()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), all...)
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
		for range 10 {
			busy(rt, s, f, o.Begin(rt), o.Check)
		}
	})
	for _, what := range []string{"refer", "need", "asked", "taken", "agreed"} {
		if seen[what] == 0 {
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
			press(r.Who, "org-yes", strconv.Itoa(r.N))
		case "no":
			press(r.Who, "org-no", strconv.Itoa(r.N))
		case "back":
			press(holder, "org-back", "")
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
