package flowstest_test

import (
	"testing"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

// gathering is a flow that is held in a group, opens others apart, and finds its hall by a
// key.
type gathering struct {
	Stage string   `json:"stage"`
	Group string   `json:"group,omitempty"`
	Other flows.ID `json:"other,omitempty"`
}

func (g gathering) Summary() flows.Summary {
	s := flows.Summary{Stage: g.Stage, Numbered: true}
	if g.Group != "" {
		s.Matter = []string{"#gathering/", flows.HeldIn(g.Group)}
	}
	return s
}

// Takes gives the tags that a form may bring.
func (g gathering) Takes() []string { return []string{"say"} }

// hall is what is found by its key.
type hall struct {
	Stage string `json:"stage"`
	Key   string `json:"key"`
	N     int    `json:"n"`
}

func (h hall) Summary() flows.Summary {
	s := flows.Summary{Stage: h.Stage, Done: h.Stage == "done"}
	if !s.Done {
		s.Matter = []string{h.Key}
	}
	return s
}

// A play does with cases apart, cases under a key, buttons of other cases, meetings in a
// group and forms what the engine does.
func TestPlayOfAMeeting(t *testing.T) {
	settings := flowstest.Example(t, demand.DutyList())
	words := flowstest.Words("text: 会\n")
	seen := map[string]int{}
	halls, err := flows.Define("hall", words, func(id string, h hall, e flows.Event) (hall, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			if h.Stage, h.Key = "open", w.Key; w.Key != "#hall/1" || w.Parent != "" || e.Case.No != 0 {
				seen["wrong"]++
			}
			seen["hall opened"]++
		case flows.Told:
			if h.N++; h.N == 2 {
				seen["found again"]++
			}
			if h.N == 3 {
				h.Stage = "done"
			}
			return h, []flows.Effect{flows.Tell{Case: w.From, Name: "yours"}}
		case flows.Chose:
			if w.Choice == "shut" && w.Value == "1" {
				seen["pressed"]++
			}
		}
		return h, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := flows.Define("gathering", words, func(_ string, g gathering, e flows.Event) (gathering, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			if g.Stage = "open"; w.Data != nil {
				if seen["apart"]++; w.Parent != "" || e.Case.Parent != "" || e.Case.No != 0 {
					seen["wrong"]++
				}
				return g, nil
			}
			g.Group = e.Chat.Directory
			return g, []flows.Effect{flows.Open{Flow: "gathering", Data: flows.Data(1), Apart: true}, flows.Tell{Flow: "hall", Key: "#hall/1", Name: "want"}}
		case flows.Told:
			if w.Name == "yours" && w.From != "" {
				g.Other = w.From
				return g, []flows.Effect{flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "text",
					Buttons: []flows.Button{{Words: "text", Choice: "shut=1", Case: g.Other}, {Words: "text", Choice: "over=1"}, {Words: "text", Link: "page", Case: g.Other}}}}
			}
		case flows.Said:
			if w.Tag == "say" && w.Direct && e.Reading.Danger == "" {
				seen["form"]++
			}
		}
		return g, nil
	}, func(e flows.Event) []flows.Effect {
		for _, x := range e.Similar {
			if x.Why == flows.ByHeld && e.Chat.Group {
				seen["held"]++
				return []flows.Effect{flows.Tell{Flow: "hall", Key: "#hall/1", Name: "heard"}}
			}
		}
		s := e.What.(flows.Said)
		return []flows.Effect{flows.Open{Flow: "gathering", Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	missing := func() (list []string) {
		for _, what := range []string{"hall opened", "found again", "pressed", "apart", "form", "held"} {
			if seen[what] == 0 {
				list = append(list, what)
			}
		}
		return list
	}
	for n := 0; n == 0 || n < 50 && len(missing()) > 0; n++ {
		flowstest.Run(t, settings, f, flowstest.Options{With: []flows.Flow{halls}})
	}
	if m := missing(); len(m) > 0 || seen["wrong"] > 0 {
		t.Errorf("in all plays there was no %q: %v", m, seen)
	}
}
