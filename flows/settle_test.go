package flows_test

import (
	"slices"
	"testing"
	"time"

	"linli/flows"
)

func TestSettled(t *testing.T) {
	now := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	got := flows.Settled([]flows.Effect{flows.Tell{Name: "a"}, flows.Say{Words: "now"}, flows.Say{Words: "late", Until: now.Add(-time.Second)}, flows.Next{Tag: "x"},
		flows.Say{Words: "in time", Until: now}, flows.Wake{Name: "w"}}, now)
	var order []string
	for _, x := range got {
		switch x := x.(type) {
		case flows.Say:
			order = append(order, x.Words)
		case flows.Tell:
			order = append(order, x.Name)
		case flows.Next:
			order = append(order, x.Tag)
		case flows.Wake:
			order = append(order, x.Name)
		}
	}
	if want := []string{"now", "in time", "w", "a", "x"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
	for in, want := range map[string]string{"９７1２": "9712", "码 8-4": "84", "没有": "", "": ""} {
		if got := flows.Digits(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
