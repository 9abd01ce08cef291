package hearing_test

import (
	"fmt"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/hearing"
)

// What it costs to find a time for many, by the rules alone, and to draft long minutes:
//
//	go test -run - -bench 'Schedule|Draft' ./flows/hearing
//
// What it costs with all that the house does for a press is BenchmarkScheduleHouse of
// cmd/linli.

const many = 500

// twenty are as many times as may be asked about.
func twenty(s *flows.Settings) (list []time.Time) {
	for i := range hearing.SlotCap {
		list = append(list, december(s, 8+i/4, 9+3*(i%4), 0))
	}
	return list
}

// wish is a time that suits somebody, the k-th of theirs.
func wish(i, k int) int { return (i*7 + k*(1+i%3)) % hearing.SlotCap }

// BenchmarkSchedule is all presses of five hundred people, each at so many of twenty
// times, and the proposal.
func BenchmarkSchedule(b *testing.B) {
	s := house(b)
	for _, each := range []int{1, 5} {
		b.Run(fmt.Sprintf("ticks=%d", each), func(b *testing.B) {
			ready := sits(b, s, begun(s, hearing.Planning))
			times(ready, december(s, 3, 10, 0), twenty(s)...)
			ready.press(december(s, 3, 10, 5), ready.official("chen"), "send")
			at, until := december(s, 3, 11, 0), ready.state().Until
			var c flows.Case
			for b.Loop() {
				c = ready.Case
				entries := map[string]flows.Entry{}
				for i := range many {
					by := resident(i)
					for k := range each {
						e := flows.Event{At: at, By: by, What: flows.Chose{Choice: "tick", Value: fmt.Sprint(wish(i, k))}, Seed: seed, Settings: s}
						if own, ok := entries[string(by.Person)]; ok {
							e.Entry = &own
						}
						if _, err := ready.Flow.Keys(c, e); err != nil {
							b.Fatal(err)
						}
						var effects []flows.Effect
						var err error
						if c, effects, err = ready.Flow.Step(c, e); err != nil {
							b.Fatal(err)
						}
						for _, x := range effects {
							if put, ok := x.(flows.Put); ok {
								entries[put.Entry.Key] = put.Entry
							}
						}
					}
				}
				var err error
				if c, _, err = ready.Flow.Step(c, flows.Event{At: until, What: flows.Woke{Name: "asking"}, Seed: seed, Settings: s}); err != nil {
					b.Fatal(err)
				}
			}
			st, err := hearing.Read(c)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for _, x := range st.Slots {
				n += x.Others + len(x.Needed)
			}
			if st.Stage != hearing.Planning || n != many*each {
				b.Fatalf("it is %s with %d ticks", st.Stage, n)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/scheduling")
		})
	}
}

// BenchmarkScheduleProposal is the proposal alone, of five hundred people's ticks.
func BenchmarkScheduleProposal(b *testing.B) {
	s := house(b)
	ready := sits(b, s, begun(s, hearing.Planning))
	times(ready, december(s, 3, 10, 0), twenty(s)...)
	ready.press(december(s, 3, 10, 5), ready.official("chen"), "send")
	for i := range many {
		ready.press(december(s, 3, 11, 0), resident(i), fmt.Sprint("tick=", wish(i, 0)))
	}
	e := flows.Event{At: ready.state().Until, What: flows.Woke{Name: "asking"}, Seed: seed, Settings: s}
	for b.Loop() {
		if c, _, err := ready.Flow.Step(ready.Case, e); err != nil || c.Stage != hearing.Planning {
			b.Fatalf("%s %v", c.Stage, err)
		}
	}
}

// BenchmarkDraft is the minutes of a long meeting: four hundred things said.
func BenchmarkDraft(b *testing.B) {
	s := house(b)
	x, _ := scene(b, s, "meeting")
	st := x.state()
	st.Last, st.Before, st.Points[0].Items, st.Points[1].Items, st.Came = 400, nil, nil, nil, 200
	for n := 1; n <= 400; n++ {
		switch {
		case n <= 100:
			st.Before = append(st.Before, n)
		default:
			p := &st.Points[n%2]
			p.Items = append(p.Items, n)
		}
	}
	b.Run("lines", func(b *testing.B) {
		for b.Loop() {
			if n := len(st.Lines("二楼邻里室")); n < 400 {
				b.Fatalf("%d lines", n)
			}
		}
	})
	b.Run("end", func(b *testing.B) {
		c := flows.Case{ID: "1", Flow: hearing.Name, No: 1, Data: flows.Data(st), Summary: st.Summary()}
		e := flows.Event{At: december(s, 12, 17, 0), By: x.official("chen"), What: flows.Chose{Choice: "end"}, Seed: seed, Settings: s}
		size := 0
		for b.Loop() {
			after, _, err := x.Flow.Step(c, e)
			if err != nil || after.Stage != hearing.Minutes {
				b.Fatalf("%s %v", after.Stage, err)
			}
			size = len(after.Data)
		}
		b.ReportMetric(float64(size)/1024, "KB/state")
	})
}
