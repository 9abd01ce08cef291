package purchase_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/purchase"
)

func settings(t testing.TB) *flows.Settings { return flowstest.Example(t, demand.DutyList()) }

func flow(t testing.TB) flows.Flow { return flowstest.Flows(t, purchase.New)[0] }

// work is the least that needs something.
type work struct {
	Stage string `json:"stage"`
}

func (w work) Summary() flows.Summary { return flows.Summary{Stage: w.Stage, Numbered: true} }

// works is a flow that needs whatever its buttons say.
func works(t testing.TB) flows.Flow {
	t.Helper()
	words := flowstest.Words("board: 事\nb: 要\n")
	f, err := flows.Define("work", words, func(_ string, w work, e flows.Event) (work, []flows.Effect) {
		w.Stage = "open"
		if _, missed := e.What.(flows.Missed); missed {
			return w, nil
		}
		var bs []flows.Button
		for _, x := range e.Settings.Partners.Services {
			bs = append(bs, flows.Button{Words: "b", Choice: "need=" + x.ID})
		}
		out := []flows.Effect{flows.Say{To: flows.To{Person: "li"}, Class: flows.Work, Words: "board", Buttons: bs}}
		if c, ok := e.What.(flows.Chose); ok && c.Choice == "need" && e.Case.No > 0 {
			if _, known := e.Settings.Service(c.Value); known {
				out = append(out, flows.Tell{Flow: flows.PurchaseFlow, Key: flows.PurchaseKey(c.Value), Name: "need",
					Data: flows.Data(flows.Need{Service: c.Value, No: e.Case.No, People: 1 + len(e.By.Posts), By: e.By.Person})})
			}
		}
		return w, out
	}, func(e flows.Event) []flows.Effect {
		if _, ok := e.What.(flows.Said); ok {
			return []flows.Effect{flows.Open{Flow: "work"}}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSuite(t *testing.T) {
	s := settings(t)
	alone := *s
	alone.People = s.People[:1] // a leader, and nobody who approves
	for name, set := range map[string]*flows.Settings{"example": s, "nobody approves": &alone} {
		t.Run(name, func(t *testing.T) {
			flowstest.Run(t, set, works(t), flowstest.Options{With: []flows.Flow{flow(t)}, Check: check})
		})
	}
}

// check: a need is decided only by who approves, says no resident's words, and counts each
// case once.
func check(t *rapid.T, st flowstest.Step) {
	if st.Flow.Name != flows.PurchaseFlow {
		return
	}
	var was, now purchase.State
	for c, s := range map[*flows.Case]*purchase.State{&st.Before: &was, &st.After: &now} {
		if len(c.Data) == 0 {
			continue
		}
		if err := json.Unmarshal(c.Data, s); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[int]bool{}
	for _, c := range now.Cases {
		if seen[c.No] || c.People < 1 {
			t.Fatalf("the case %d is counted twice, or of nobody: %+v", c.No, now.Cases)
		}
		seen[c.No] = true
	}
	if was.Stage == now.Stage {
		return
	}
	switch now.Stage {
	case purchase.Agreed, purchase.Refused:
		if was.Stage != purchase.Asked || !st.Event.By.Holds(st.Settings.Partners.Approve...) {
			t.Fatalf("from %s to %s by %+v", was.Stage, now.Stage, st.Event.By)
		}
	case purchase.Bought:
		if was.Stage != purchase.Agreed || !st.Settings.May(st.Event.By, flows.Review, flows.Everywhere) {
			t.Fatalf("from %s to %s by %+v", was.Stage, now.Stage, st.Event.By)
		}
	}
	if now.Stage == purchase.Refused && strings.TrimSpace(now.Reason) == "" {
		t.Fatal("not bought, and nobody knows why")
	}
}
