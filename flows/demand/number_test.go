package demand_test

import (
	"testing"

	"linli/flows"
	"linli/flows/demand"
)

// What a demand has led to (a hearing, a poll) bears its number too: who asks by the number
// is answered by the demand, also where the words name its place and item; another matter
// of the same item that is no demand is joined by nobody.
func TestNumberIsTheDemands(t *testing.T) {
	_, _, s := both(t)
	by := flows.Actor{Person: "r1", Consent: true, Reachable: true}
	own := flows.Similar{Case: flows.CaseRef{ID: "1", No: 12}, Flow: "demand", Stage: demand.Filed, Exact: true, Mine: true}
	child := flows.Similar{Case: flows.CaseRef{ID: "3", No: 12, Parent: "1"}, Flow: "hearing", Stage: "review", Exact: true, Mine: true, Why: flows.ByNumber}
	with := func(x flows.Similar, why flows.Link) flows.Similar { x.Why = why; return x }
	alone := with(child, flows.ByNumber)
	alone.Case.No = 14
	for name, x := range map[string]struct {
		similar []flows.Similar
		reading flows.Reading
		want    flows.ID
	}{
		"by number":               {[]flows.Similar{with(own, flows.ByNumber), child}, flows.Reading{Number: 12, Status: true}, "1"},
		"by its place and number": {[]flows.Similar{with(own, flows.ByMatter), child}, flows.Reading{Number: 12, Status: true}, "1"},
		"of no demand":            {[]flows.Similar{with(own, flows.ByMatter), alone}, flows.Reading{Number: 14, Status: true}, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			effects := demand.Hear(flows.Event{By: by, Reading: x.reading, Similar: x.similar, Settings: s,
				What: flows.Said{Message: flows.Message{Text: "怎么样了"}, Direct: true}})
			if len(effects) != 1 {
				t.Fatalf("effects %+v", effects)
			}
			if tell, ok := effects[0].(flows.Tell); !ok || tell.Name != "status" || tell.Case != x.want {
				t.Errorf("%+v, want %q", effects[0], x.want)
			}
		})
	}
	// Perhaps a demand, while a meeting on the same item is open: staff still look at it.
	meeting := with(child, flows.ByMatter)
	effects := demand.Hear(flows.Event{By: by, Reading: flows.Reading{Demand: s.Limits.Maybe}, Similar: []flows.Similar{meeting}, Settings: s,
		What: flows.Said{Message: flows.Message{Text: "电梯好像不太对"}}, Chat: flows.Chat{Group: true}})
	if len(effects) != 1 {
		t.Errorf("a draft beside a meeting: %+v", effects)
	}
}
