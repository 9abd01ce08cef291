package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"
)

// standingFlow is a flow with a case for each grid, and those that a test adds.
func standingFlow(t *testing.T, name string, more func() []string) flows.Flow {
	return toy(t, name, func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if w, ok := e.What.(flows.Opened); ok {
			n.Stage, n.Matter = "kept", w.Key
			if strings.HasSuffix(w.Key, "bad") {
				panic("a rule that fails")
			}
			return n, []flows.Effect{tell(person("li"), flows.Work, "开始 "+w.Key)}
		}
		return n, nil
	}).Standing(func(s *flows.Settings) (keys []string) {
		for _, g := range s.Grids {
			keys = append(keys, "#"+name+"/"+g.ID)
		}
		return append(keys, more()...)
	})
}

// stood gives the keys under which cases are, in the order of their ids.
func (s *stage) stood() (keys []string) {
	s.view(func(tx storage.Tx) error {
		all, err := tx.Cases(1000, func(flows.Case) bool { return true })
		for _, c := range all {
			keys = append(keys, strings.Join(c.Matter, " "))
		}
		return err
	})
	slices.Sort(keys)
	return keys
}

func (s *stage) stands(want ...string) {
	s.Helper()
	if got := s.stood(); !slices.Equal(got, want) {
		s.Fatalf("there stands %q, want %q", got, want)
	}
}

// What must stand is opened once, whoever begins, however often, and hears nothing of it
// when it is there.
func TestStanding(t *testing.T) {
	none := func() []string { return nil }
	s := newStage(t, nil, standingFlow(t, "toy", none))
	s.drain()
	s.stands("#toy/g1")
	s.told("li: 开始 #toy/g1")
	for range 3 {
		s.restart()
		s.drain()
	}
	s.stands("#toy/g1")
	s.told()
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened"}) {
		t.Errorf("the case heard %q", got)
	}

	next := *settings()
	next.Version, next.Grids = "2", []flows.Grid{{ID: "g1", Leader: "li"}, {ID: "g2", Leader: "li"}}
	s.b.SetSettings(&next)
	s.b.SetSettings(&next)
	s.drain()
	s.stands("#toy/g1", "#toy/g2")
	s.told("li: 开始 #toy/g2")
}

// One that a word has opened before is not opened a second time, and one of another flow
// under the same key is another.
func TestStandingIsFoundByWords(t *testing.T) {
	var asked []string
	s := newStage(t, nil, standingFlow(t, "toy", func() []string { return asked }), toy(t, "other", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if w, ok := e.What.(flows.Opened); ok && w.Said != nil {
			n.Stage, n.Matter = "filed", "#x"
			return n, []flows.Effect{flows.Tell{Flow: "toy", Key: "#x", Name: "come"}}
		}
		return n, nil
	}))
	s.o.Flows[0], s.o.Flows[1] = s.o.Flows[1], s.o.Flows[0]
	s.restart()
	s.say("p1", "g3", "事情")
	s.drain()
	s.stands("#toy/g1", "#x", "#x")
	asked = []string{"#x"}
	s.restart()
	s.drain()
	s.stands("#toy/g1", "#x", "#x")
}

// A rule that fails on one keeps no other from beginning.
func TestStandingRuleFails(t *testing.T) {
	s := newStage(t, nil, standingFlow(t, "toy", func() []string { return []string{"#bad", "#good"} }),
		standingFlow(t, "torn", func() []string { panic("no keys") }))
	s.drain()
	s.stands("#good", "#toy/g1")
}

// torn is a store whose transactions fail from one on, before or after their commit.
type torn struct {
	storage.Store
	n, at int
	after bool
}

var errTorn = errors.New("the process ends here")

func (d *torn) Update(ctx context.Context, f func(storage.Tx) error) error {
	d.n++
	switch {
	case d.n == d.at && d.after:
		return errors.Join(d.Store.Update(ctx, f), errTorn)
	case d.n >= d.at:
		return errTorn
	}
	return d.Store.Update(ctx, f)
}

// Killed at any transaction of the beginning, the next process ends what it began: each
// once, and each said once.
func TestStandingKilled(t *testing.T) {
	keys := func() []string { return []string{"#a", "#b"} }
	want := []string{"#a", "#b", "#toy/g1"}
	for at := 1; at <= 5; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(at, after), func(t *testing.T) {
				s := newStage(t, nil, standingFlow(t, "toy", keys))
				s.o.Store = &torn{Store: s.store, at: at, after: after}
				s.restart()
				for range 3 {
					if _, _, err := s.b.Round(t.Context()); err != nil {
						break
					}
				}
				s.o.Store = s.store
				s.restart()
				s.drain()
				s.stands(want...)
				var said []string
				for _, x := range s.toy.tries() {
					said = append(said, x.Text)
				}
				slices.Sort(said)
				said = slices.Compact(said) // a send in flight may come twice
				if len(said) != len(want) {
					t.Errorf("said %q", said)
				}
			})
		}
	}
}

// Of a case that is never over, what was said and what happened go by their own time.
func TestStandingFades(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage, n.Matter = "kept", w.Key
			return n, []flows.Effect{tell(person("li"), flows.Work, "第一张单子"), flows.Wake{At: e.At.AddDate(0, 0, 20), Name: "next"}}
		case flows.Woke:
			return n, []flows.Effect{tell(person("li"), flows.Work, "第二张单子")}
		}
		return n, nil
	}).Standing(func(*flows.Settings) []string { return []string{"#toy/g1"} }))
	s.o.Settings.Limits.Keep = flows.Keep{Words: 30 * day, Sent: 60 * day, Cases: 40 * day}
	s.restart()
	s.drain()
	kept := func() (said []string, records int) {
		s.view(func(tx storage.Tx) error {
			sent, err := tx.Keys("case/1/sent/")
			for _, raw := range sent {
				for _, text := range []string{"第一张", "第二张"} {
					if strings.Contains(string(raw), text) {
						said = append(said, text)
					}
				}
			}
			journal, err2 := tx.Journal("1")
			for _, r := range journal {
				if !r.Erased {
					records++
				}
			}
			return errors.Join(err, err2)
		})
		slices.Sort(said)
		return said, records
	}
	look := func(days int, want []string, records int) {
		t.Helper()
		s.pass(time.Duration(days) * day)
		if err := s.b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if said, n := kept(); !slices.Equal(said, want) || n != records {
			t.Errorf("%d days later there is %q and %d records, want %q and %d", days, said, n, want, records)
		}
	}
	look(25, []string{"第一张", "第二张"}, 2)
	look(10, []string{"第二张"}, 2)
	look(10, []string{"第二张"}, 1)
	look(30, nil, 0)
	s.stands("#toy/g1")
}
