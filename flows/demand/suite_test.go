package demand_test

import (
	"testing"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/purchase"
)

// needs is the flow in which it is noted what nobody does.
func needs(t *testing.T) flows.Flow { return flowstest.Flows(t, purchase.New)[0] }

// both are the two flows that stand for one demand, and the example community.
func both(t *testing.T) (d, w flows.Flow, s *flows.Settings) {
	all := flowstest.Flows(t, demand.New, dispatch.New)
	return all[0], all[1], flowstest.Example(t, demand.DutyList())
}

func TestSuite(t *testing.T) {
	d, w, s := both(t)
	o := flowstest.Options{With: []flows.Flow{w, hearing(t), needs(t)}, Tell: anyNews}
	t.Run("example", func(t *testing.T) { flowstest.Run(t, s, d, o) })
	t.Run("quarrelsome", func(t *testing.T) { flowstest.Run(t, quarrelsome(s), d, o) })
	t.Run("few posts", func(t *testing.T) { flowstest.Run(t, few(s), d, o) })
}

// few is the community in which hardly a post is filled, and nothing is on the
// roster: as it is in the first week.
func few(s *flows.Settings) *flows.Settings {
	c := *s
	c.People, c.Roster, c.Groups = nil, nil, s.Groups[:1]
	for _, o := range s.People {
		if len(c.People) == 0 || o.Posts[0].Role == flows.Secretary {
			c.People = append(c.People, o)
		}
	}
	return &c
}
