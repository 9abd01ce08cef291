package bot_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"linli/bot"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/prompts/local"
	"linli/storage"
)

// Fifty people report one lift at the same moment, each to Linli itself: it is
// one case with one dispatch, one reporter and forty-nine followers, whether they
// agreed long ago or tap at the same moment too.
func TestOneLift(t *testing.T) {
	for name, consent := range map[string]bool{"known": true, "new": false} {
		t.Run(name, func(t *testing.T) { oneLift(t, consent) })
	}
}

func oneLift(t *testing.T, consent bool) {
	settings := flowstest.Example(t, demand.DutyList())
	s := newStage(t, func(o *bot.Options) { o.Settings, o.Reader = settings, local.New() }, flowstest.Flows(t, demand.New, dispatch.New)...)
	const n = 50
	if consent {
		s.update(func(tx storage.Tx) error {
			for i := range n {
				a := fmt.Sprintf("toy:p%d", i)
				if err := tx.PutPerson(storage.Person{ID: flows.PersonID(fmt.Sprintf("x%d", i)), Consent: s.clock.Now(), Addresses: []string{a}, Reach: []string{a}}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var in []bot.Inbound
	for i := range n {
		in = append(in, s.said(fmt.Sprintf("p%d", i), "", "3号楼2单元电梯又停了"))
	}
	together := func(all []bot.Inbound) {
		t.Helper()
		var wait sync.WaitGroup
		for _, x := range all {
			for range 2 { // and each is delivered twice
				wait.Go(func() {
					if _, err := s.b.Receive(context.Background(), x); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		s.drain()
	}
	together(in)
	if !consent {
		var taps []bot.Inbound
		for _, a := range s.toy.take() {
			for _, row := range a.Buttons {
				for _, b := range row {
					if b.Label == "登记" {
						taps = append(taps, s.pressed(a.To, "", b.Data))
					}
				}
			}
		}
		if len(taps) != n {
			t.Fatalf("%d offers for %d people", len(taps), n)
		}
		together(taps)
	}
	s.view(func(tx storage.Tx) error {
		open := map[string]int{}
		cases, err := tx.Cases(1000, nil)
		if err != nil {
			return err
		}
		for _, c := range cases {
			open[c.Flow]++
			if c.Flow != "demand" {
				continue
			}
			tally, err := tx.Tally(c.ID)
			if err != nil {
				return err
			}
			if tally["reporter"] != 1 || tally["follower"] != n-1 || c.No != 1 || c.Item == "" {
				t.Errorf("case %d (%s): %v", c.No, c.Item, tally)
			}
		}
		if open["demand"] != 1 || open["dispatch"] != 1 {
			t.Errorf("cases %v", open)
		}
		return nil
	})
	asked, receipts := 0, map[string]int{}
	for _, a := range s.toy.take() {
		switch {
		case strings.HasPrefix(a.To, "p") && a.Edit == "" && (strings.HasPrefix(a.Text, "记下了") || strings.Contains(a.Text, "算上您")):
			receipts[a.To]++
		case a.To == "feng" && a.Edit == "":
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the property company was asked %d times", asked)
	}
	for i := range n {
		if who := fmt.Sprintf("p%d", i); receipts[who] > 1 || consent && receipts[who] != 1 {
			t.Errorf("%s had %d receipts", who, receipts[who])
		}
	}
	if len(s.troubles()) != 0 {
		t.Errorf("troubles %+v", s.troubles())
	}
}
