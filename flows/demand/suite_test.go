package demand_test

import (
	"testing"

	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/purchase"
)

// needs is the flow in which it is noted what nobody does.
func needs(t *testing.T) flows.Flow {
	t.Helper()
	f, err := purchase.New()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// both are the two flows that stand for one demand, and the example community.
func both(t *testing.T) (d, w flows.Flow, s *flows.Settings) {
	t.Helper()
	d, err := demand.New()
	if err != nil {
		t.Fatal(err)
	}
	if w, err = dispatch.New(); err != nil {
		t.Fatal(err)
	}
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	return d, w, file.Settings
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
