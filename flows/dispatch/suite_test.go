package dispatch_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/purchase"
)

// example is the flow in the example community.
func example(t *testing.T) (flows.Flow, *flows.Settings) {
	return flowstest.Flows(t, dispatch.New)[0], flowstest.Example(t, demand.DutyList())
}

// options are what a dispatch is opened with and told by a demand.
func options(s *flows.Settings) flowstest.Options {
	needs, err := purchase.New()
	if err != nil {
		panic(err)
	}
	return flowstest.Options{
		With: []flows.Flow{needs},
		Begin: func(t *rapid.T) json.RawMessage {
			r := flowstest.AnyReading(t, s)
			w := flows.Task{Item: r.Item, Place: r.Place, Text: flowstest.Rare, People: 1, Urgent: r.Urgent, Danger: r.Danger, About: r.About}
			if rapid.IntRange(0, 3).Draw(t, "second") == 0 && w.Danger == "" {
				w.Second, w.Why = true, rapid.SampledFrom([]string{"returned", "bad"}).Draw(t, "why")
				w.Except = []flows.PersonID{rapid.SampledFrom(s.People).Draw(t, "before").ID}
			}
			switch rapid.IntRange(0, 5).Draw(t, "of a hearing") {
			case 0:
				w = flows.Task{Place: flows.Place{Building: r.Place.Building, Spot: r.Place.Spot}, Text: "楼前装4个充电桩", Decided: true}
				if rapid.Bool().Draw(t, "of an item") {
					w.Item = r.Item
				}
				fallthrough
			case 1:
				w.To = rapid.SampledFrom(s.People).Draw(t, "to").ID
				if rapid.Bool().Draw(t, "promised") {
					w.Due = time.Date(2026, 3, rapid.IntRange(1, 40).Draw(t, "day"), 18, 0, 0, 0, s.Zone)
				}
			case 2:
				if w.Second {
					w.Why = "talk"
				}
			}
			return flows.Data(w)
		},
		Tell: func(t *rapid.T) (string, json.RawMessage) {
			name := rapid.SampledFrom([]string{"people", "more", "answer", "moved", "moved", "withdrawn", "closed", "nothing", "agreed", "kept", "unheard"}).Draw(t, "told")
			switch name {
			case "agreed", "kept", "unheard":
				r := flows.Referral{N: rapid.IntRange(0, 4).Draw(t, "question")}
				for _, p := range s.Partners.List {
					if rapid.Bool().Draw(t, "to "+p.ID) {
						r.Partners = append(r.Partners, p.ID)
					}
				}
				return name, flows.Data(r)
			}
			u := flows.TaskUpdate{People: rapid.IntRange(0, 3).Draw(t, "people")}
			switch name {
			case "moved":
				u.Place = flowstest.AnyPlace(t, s)
			case "more", "answer":
				u.Text = rapid.SampledFrom([]string{"", flowstest.Rare}).Draw(t, "text")
				u.Media = []flows.Media{{Kind: "photo", Remote: rapid.SampledFrom([]string{"f1", "f2"}).Draw(t, "file")}}
			}
			return name, flows.Data(u)
		},
	}
}

func TestSuite(t *testing.T) {
	f, s := example(t)
	t.Run("example", func(t *testing.T) { flowstest.Run(t, s, f, options(s)) })
	few := few(s)
	t.Run("few posts", func(t *testing.T) { flowstest.Run(t, few, f, options(few)) })
}

// few is the community in which only one grid leader and the secretary are
// there, and nobody is on the roster: as it is in the first week.
func few(s *flows.Settings) *flows.Settings {
	c := *s
	c.People, c.Roster = nil, nil
	for _, o := range s.People {
		if len(c.People) == 0 || o.Posts[0].Role == flows.Secretary {
			c.People = append(c.People, o)
		}
	}
	return &c
}
