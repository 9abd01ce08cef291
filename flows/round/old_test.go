package round_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/flowstest"
)

var updateOld = flag.Bool("update-old", false, "keep plans as this version leaves them, where there are none of the name")

func flowsTime(s *flows.Settings) time.Time { return time.Date(2026, 3, 9, 9, 0, 0, 0, s.Zone) }

// Plans of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	if *updateOld {
		keepOld(t)
	}
	s := plays(t)
	flowstest.Old(t, s, flow(t), flowstest.Options{With: others(t), Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }}, "testdata/old/*.json",
		"ok=1", "found=1", "been=3", "out=3", "called=3", "promise=3", "never=3", "drop=1", "stop", "no", "agree!=home;3/1/501")
}

// keepOld writes down cases whose states hold all that a state can.
func keepOld(t *testing.T) {
	week := newPlay(t, "g1")
	week.agrees("r1", flows.Place{Building: "3", Unit: "1", Room: "501"})
	week.agrees("r2", flows.Place{Building: "4", Unit: "2", Room: "302"})
	week.happens(flows.Told{Name: "put", Data: flows.Data(flows.VisitLine{Place: flows.Place{Building: "1", Unit: "1", Room: "101"}, Phone: true})}, "li")
	week.happens(flows.Told{Name: "put", Data: flows.Data(flows.VisitLine{Place: flows.Place{Building: "2", Unit: "1", Room: "101"}, Stop: true})}, "li")
	week.toMonday()
	ticked := newPlay(t, "g1")
	*ticked = *week
	ticked.tick(0, "ok")
	ticked.finds(1, "消防通道堵了", 7)
	ticked.tick(2, "out")
	ticked.tick(3, "been")
	vacant := newPlay(t, "g1")
	*vacant = *ticked
	vacant.s = settings(t)
	vacant.s.Grids[0].Leader, vacant.s.Grids[0].StandIns = "gone", nil
	vacant.toMonday()
	promised := newPlay(t, "g1")
	*promised = *ticked
	for name, p := range map[string]*play{"week": week, "ticked": ticked, "vacant": vacant} {
		p.write(name, p.c)
	}
	promised.promise(3, "帮问低保")
	promised.write("promised", *promised.child)
	over := promised.child
	over.Stage = "promised"
	c, _, err := promised.f.Step(*over, flows.Event{ID: "e", At: promised.now, Case: flows.CaseRef{No: 9}, What: flows.Told{From: "88", Name: "done", Data: flows.Data(flows.TaskNews{Who: "li", Text: "问好了"})}, Settings: promised.s})
	if err != nil {
		t.Fatal(err)
	}
	promised.write("over", c)
}

func (p *play) write(name string, c flows.Case) {
	p.Helper()
	file := filepath.Join("testdata/old", "kept-"+name+".json")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return // once written, it is never changed
	}
	k := flowstest.Kept{At: p.now, Case: c}
	if c.ID == p.c.ID {
		for _, e := range p.entries {
			k.Entries = append(k.Entries, e)
		}
		k.Wakes = p.wakes
	}
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		p.Fatal(err)
	}
	if err := os.MkdirAll("testdata/old", 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		p.Fatal(err)
	}
}
