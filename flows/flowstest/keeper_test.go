package flowstest_test

import (
	"encoding/json"
	"testing"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

// votes is the smallest flow whose entries are not only those of persons.
type votes struct {
	Stage string `json:"stage"`
}

func (v votes) Summary() flows.Summary {
	return flows.Summary{Stage: v.Stage, Done: v.Stage == "done", Numbered: true, Matter: map[bool][]string{true: {flows.PollMatter}}[v.Stage == "open"]}
}

func household(a flows.Actor) string {
	return "h/" + a.Home.Building + "/" + a.Home.Unit + "/" + a.Home.Room
}

func (v votes) Keys(e flows.Event) []string { return []string{household(e.By)} }

func (v votes) Pass(a flows.Actor, _ *flows.Settings) []string { return []string{household(a)} }

// A play gives a flow what it asks for: its entries, page by page too, the month, the
// seed, who has moved; and what its ballots and links bring back is pressed.
func TestPlayOfAKeeper(t *testing.T) {
	settings := flowstest.Example(t, demand.DutyList())
	words := flowstest.Words("ask: '{{.q}}'\nhere: 私下说\nremind: 还没投\n")
	seen := map[string]int{}
	f, err := flows.Define("votes", words, func(_ string, v votes, e flows.Event) (votes, []flows.Effect) {
		if e.Seed != "" {
			seen["seed"]++
		}
		if e.Begun > 0 {
			seen["begun"]++
		}
		switch w := e.What.(type) {
		case flows.Opened:
			v.Stage = "open"
			return v, []flows.Effect{
				flows.Put{Entry: flows.Entry{Key: flows.BegunKey(e.By.Person), Tag: "by", Order: e.At.Unix()}},
				flows.Put{Entry: flows.Entry{Key: "one", Tag: "voter"}}, flows.Put{Entry: flows.Entry{Key: "two", Tag: "voter"}},
				flows.Say{To: flows.To{Nearest: flows.Everywhere}, Class: flows.Notice, Words: "ask", Vars: flows.Vars{"q": flows.Text("要不要？")}, Slot: "ask",
					Ballot: &flows.Ballot{Words: "ask", Options: []string{"要", "不要"}, Choice: "v!"}, Buttons: []flows.Button{{Words: "here", Link: "private"}}},
			}
		case flows.Chose:
			if v.Stage != "open" || e.By.Person == "" {
				return v, nil
			}
			seen[w.Choice+"="+w.Value]++
			if w.Choice == "v!" && e.By.Home.Room != "" {
				if _, again := e.Entries[household(e.By)]; again {
					seen["again"]++
				}
				return v, []flows.Effect{
					flows.Put{Entry: flows.Entry{Key: household(e.By), Tag: "v/" + w.Value + "/"}},
					flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "voter"}},
					flows.Say{To: flows.To{Homes: flows.Everywhere}, Class: flows.Notice, Words: "remind", Receipt: "home"},
					flows.Next{Tag: "voter", N: 1}, flows.Seal{Sum: "1"},
				}
			}
		case flows.Answered:
			if seen["pages"]++; w.After != "" {
				seen["more"]++
				return v, []flows.Effect{flows.Next{Tag: "voter", N: 1, After: w.After}}
			}
		case flows.Told:
			if w.Name == flows.HomeChanged {
				seen["home"]++
				if e.By.Proven {
					seen["proven"]++
				}
			}
		case flows.Delivered:
			if w.Mark == "home" {
				seen["told at home"]++
			}
		}
		return v, nil
	}, func(e flows.Event) []flows.Effect {
		for _, s := range e.Similar {
			if s.Flow == "votes" && (e.Reading.Chain != nil || e.Reading.Poll != nil || e.Reading.Slip != nil) && s.Why == flows.ByMatter {
				seen["met"]++
			}
		}
		s := e.What.(flows.Said)
		return []flows.Effect{flows.Open{Flow: "votes", Said: &s, Data: json.RawMessage(`{}`)}}
	})
	if err != nil {
		t.Fatal(err)
	}
	missing := func() (list []string) {
		for _, what := range []string{"seed", "begun", "v!=A", "v!=B", "v!=", "open=", "again", "pages", "more", "home", "proven", "told at home", "met"} {
			if seen[what] == 0 {
				list = append(list, what)
			}
		}
		return list
	}
	// Plays are drawn: where they are few, some more may be needed until all has happened.
	for n := 0; n == 0 || n < 50 && len(missing()) > 0; n++ {
		flowstest.Run(t, settings, f, flowstest.Options{})
	}
	if m := missing(); len(m) > 0 {
		t.Errorf("in all plays there was no %q: %v", m, seen)
	}
}
