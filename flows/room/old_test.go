package room_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"linli/flows"
	"linli/flows/flowstest"
)

var updateOld = flag.Bool("update-old", false, "keep rooms as this version leaves them, where there are none of the name")

// Rooms of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	if *updateOld {
		keepOld(t)
	}
	flowstest.Old(t, settings(t), flow(t), flowstest.Options{With: []flows.Flow{meetings(t)}}, "testdata/old/*.json", "yes=1", "no=1", "yes=2", "no=2")
}

// keepOld writes down rooms whose states hold all that a state can.
func keepOld(t *testing.T) {
	thought := newPlay(t, "linli")
	thought.book("11", 0, thought.at(5, 15), thought.at(5, 17), 412)
	thought.book("11", 1, thought.at(6, 15), thought.at(6, 17), 412)
	thought.book("12", 0, thought.at(5, 10), thought.at(5, 12), 0)
	asked := newPlay(t, "linli")
	asked.book("11", flows.TheMeeting, asked.at(5, 15), asked.at(5, 17), 412)
	asked.book("12", flows.TheMeeting, asked.at(6, 15), asked.at(6, 17), 413)
	answered := newPlay(t, "linli")
	answered.book("11", flows.TheMeeting, answered.at(5, 15), answered.at(5, 17), 412)
	answered.happens(flows.Chose{Choice: "yes", Value: "1"}, "he")
	for name, p := range map[string]*play{"thought-of": thought, "asked": asked, "answered": answered} {
		file := filepath.Join("testdata/old", "kept-"+name+".json")
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			continue // once written, it is never changed
		}
		b, err := json.MarshalIndent(flowstest.Kept{At: p.now, Case: p.c}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll("testdata/old", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
