package round_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/round"
)

func settings(t testing.TB) *flows.Settings { return flowstest.Example(t, demand.DutyList()) }

func flow(t testing.TB) flows.Flow { return flowstest.Flows(t, round.New)[0] }

// piece is the least that a demand and a dispatch do where a round can see it.
type piece struct {
	Stage string         `json:"stage"`
	Who   flows.PersonID `json:"who,omitempty"`
}

func (p piece) Summary() flows.Summary {
	return flows.Summary{Stage: p.Stage, Numbered: true, Done: p.Stage == "over", Holder: p.Who}
}

// others stand for the flows that a round opens cases of: the real ones are in the dialogues.
func others(t testing.TB) []flows.Flow {
	t.Helper()
	words := flowstest.Words("card: 单\nb: 按\n")
	define := func(name string, rules func(string, piece, flows.Event) (piece, []flows.Effect)) flows.Flow {
		f, err := flows.Define(name, words, rules, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return []flows.Flow{
		define("demand", func(_ string, p piece, e flows.Event) (piece, []flows.Effect) {
			if w, ok := e.What.(flows.Opened); ok {
				var b flows.Brought
				if json.Unmarshal(w.Data, &b) != nil || b.Meeting == "" || b.By == "" || !b.Place.Known() {
					panic("a demand that cannot be filed")
				}
				p.Stage = "filed"
				return p, []flows.Effect{flows.Tell{Case: b.Meeting, Name: "filed", Data: flows.Data(flows.TopicNews{No: 4})}}
			}
			return p, nil
		}),
		define("dispatch", func(_ string, p piece, e flows.Event) (piece, []flows.Effect) {
			tell := func(name string) flows.Effect {
				return flows.Tell{Name: name, Data: flows.Data(flows.TaskNews{Who: p.Who, Due: e.At})}
			}
			switch w := e.What.(type) {
			case flows.Opened:
				var task flows.Task
				if json.Unmarshal(w.Data, &task) != nil || task.To == "" || task.Text == "" || task.Due.Before(e.At) || !task.Promised {
					panic("a task that nobody can do")
				}
				p.Stage, p.Who = "sent", task.To
				return p, []flows.Effect{tell("sent"), flows.Say{To: flows.To{Person: p.Who}, Class: flows.Work, Words: "card",
					Buttons: []flows.Button{{Words: "b", Choice: "done"}, {Words: "b", Choice: "returned"}, {Words: "b", Choice: "extended"}}}}
			case flows.Chose:
				if p.Stage == "sent" && slices.Contains([]string{"done", "returned", "extended"}, w.Choice) {
					return p, []flows.Effect{tell(w.Choice)}
				}
			case flows.Told:
				if w.Name == "closed" {
					p.Stage = "over"
				}
			case flows.Erased:
				if p.Who == w.Person {
					p.Who = ""
				}
			}
			return p, nil
		}),
	}
}

// plays are settings in which the residents of a play live at doors that are there.
func plays(t testing.TB) *flows.Settings {
	s := settings(t)
	for i := range s.Buildings {
		s.Buildings[i].Floors, s.Buildings[i].PerFloor, s.Buildings[i].OnFloor = 99, 99, nil
	}
	s.Rounds.Spots, s.Rounds.Visits, s.Rounds.Doors = 2, 2, 2
	return s
}

// reading draws what a reader may find in words about visits.
func reading(t *rapid.T, s *flows.Settings) flows.Reading {
	r := flowstest.AnyReading(t, s)
	r.Danger = "" // a danger is another flow's
	if rapid.IntRange(0, 3).Draw(t, "visits") == 0 {
		return r
	}
	v := &flows.VisitLine{
		Stop: rapid.IntRange(0, 4).Draw(t, "stop") == 0, Phone: rapid.Bool().Draw(t, "phone"), Told: rapid.IntRange(0, 4).Draw(t, "told") == 0,
	}
	switch rapid.IntRange(0, 2).Draw(t, "where") {
	case 0:
		v.Place = flowstest.AnyPlace(t, s)
	case 1:
		b := rapid.SampledFrom(s.Buildings[:4]).Draw(t, "building")
		v.Place = flows.Place{Building: b.ID, Unit: b.Units[0], Room: rapid.SampledFrom(append(flowstest.Rooms, "101", "102")).Draw(t, "room")}
	}
	if rapid.IntRange(0, 4).Draw(t, "ticks") == 0 {
		v.Ticks = []flows.Tick{{N: rapid.IntRange(0, 8).Draw(t, "line"), How: rapid.SampledFrom([]string{"ok", "found", "been", "out", "called", "x"}).Draw(t, "how")}}
	}
	r.Visit = v
	if rapid.IntRange(0, 3).Draw(t, "time") == 0 {
		r.Plan = &flows.Appointment{Times: []flows.When{{At: flowsTime(s).AddDate(0, 0, rapid.IntRange(-5, 30).Draw(t, "day")), Day: rapid.Bool().Draw(t, "whole day")}}}
	}
	return r
}

func TestSuite(t *testing.T) {
	f, s := flow(t), plays(t)
	flowstest.Run(t, s, f, flowstest.Options{With: others(t), Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }, Check: func(rt *rapid.T, st flowstest.Step) {
		if st.Flow.Name == flows.RoundFlow {
			sound(rt, st)
		}
	}})
}

// sound looks at what holds after every step, whatever happened: a list is as short as the
// community says, every line is there once, nobody is visited who has not agreed, and nothing
// goes to a group or to anybody but who goes, the staff and the person themself.
func sound(t interface{ Fatalf(string, ...any) }, st flowstest.Step) {
	var s round.State
	if err := json.Unmarshal(st.After.Data, &s); err != nil {
		t.Fatalf("%v", err)
	}
	kinds, lines := map[string]int{}, map[int]bool{}
	for _, l := range s.Lines {
		if lines[l.N] {
			t.Fatalf("line %d is there twice", l.N)
		}
		lines[l.N] = true
		kinds[l.Kind]++
		if l.Kind == round.Visit {
			ok := false
			for _, a := range s.Agreed {
				ok = ok || a.N == l.Row && a.Place == l.Place
			}
			if !ok {
				t.Fatalf("a visit to %+v, where nobody has agreed: %+v", l.Place, s.Agreed)
			}
		}
	}
	r := st.Settings.Rounds
	if kinds[round.Spot] > r.Spots || kinds[round.Visit] > r.Visits || kinds[round.Door] > r.Doors {
		t.Fatalf("a week of %v", kinds)
	}
	for _, a := range s.Agreed {
		if (a.Person == "") == (a.By == "") || a.At.IsZero() {
			t.Fatalf("nobody knows who has said so, or when: %+v", a)
		}
	}
	for _, eff := range st.Effects {
		say, ok := eff.(flows.Say)
		if !ok {
			continue
		}
		to := say.To
		if say.Words == "card" && !say.Reply && !say.Neutral {
			t.Fatalf("a list with doors can be read on a locked telephone")
		}
		if to.Chat != "" || !to.Groups.Zero() || to.Group != "" || !to.Nearest.Zero() || !to.Homes.Zero() || to.Entries != "" {
			t.Fatalf("%q is said to more than one: %+v", say.Words, to)
		}
		if to.Person == st.Event.By.Person && to.Person != "" {
			continue
		}
		own := to.Person != "" && s.Promise != nil && to.Person == s.Promise.Person || say.Words == "visit-moved"
		if to.Person != "" && !own {
			if o, post := st.Settings.Official(to.Person); !post || len(o.Posts) == 0 {
				t.Fatalf("%q is said to %q", say.Words, to.Person)
			}
		}
		if own && !say.Neutral {
			t.Fatalf("%q can be read on a locked telephone", say.Words)
		}
		if to.Role != "" && to.Role != flows.Staff {
			t.Fatalf("%q is said to the role %s", say.Words, to.Role)
		}
	}
}
