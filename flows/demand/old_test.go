package demand_test

import (
	"flag"
	"path/filepath"
	"testing"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

var updateOld = flag.Bool("update-old", false, "keep cases as this version leaves them, where they hold something that none of their stage does; here and in ../dispatch")

// pressed are the buttons of a demand that somebody may still have on the phone.
var pressed = []string{"also", "withdraw", "confirm", "dismiss", "publish", "discard", "restored", "notyet", "yes", "no", "same", "other",
	"move", "b=3", "b=?", "u=2", "u=?", "spot=gate", "rate=good", "rate=fair", "rate=bad", "again",
	"convene=followers", "convene=silent", "noconvene=nobody", "convene=returned", "allow=0-1", "keep=0-1"}

// Cases of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	d, w, s := both(t)
	if *updateOld {
		for flow, folder := range map[string]string{"demand": "testdata/old", "dispatch": "../dispatch/testdata/old"} {
			bottest.KeepOld(t, folder, flow, demand.DutyList(), d, w)
			folder, err := filepath.Abs(folder)
			if err != nil {
				t.Fatal(err)
			}
			t.Run("plays with a stand-in", func(t *testing.T) {
				t.Chdir("testdata/plays")
				bottest.KeepOld(t, folder, flow, demand.DutyList(), d, w, hearing(t))
			})
		}
	}
	flowstest.Old(t, s, d, flowstest.Options{With: []flows.Flow{w, hearing(t), needs(t)}, Tell: anyNews}, "testdata/old/*.json", pressed...)
}

// There is an old case of every stage but the one in which nothing is kept.
func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{demand.Offered, demand.Draft, demand.Placing, demand.Which, demand.Preview, demand.Filed, demand.Known, demand.Ended,
		demand.Danger, demand.Talked, demand.Returned, demand.Done, demand.Closed, demand.Withdrawn} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}
