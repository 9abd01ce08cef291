package demand_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

var updateOld = flag.Bool("update-old", false, "keep cases as this version leaves them, where they hold something that none of their stage does; here and in ../dispatch")

// pressed are the buttons of a demand that somebody may still have on the phone.
var pressed = []string{"also", "withdraw", "confirm", "dismiss", "publish", "discard", "restored", "notyet", "yes", "no", "same", "other",
	"move", "b=3", "b=?", "u=2", "u=?", "spot=gate", "rate=good", "rate=fair", "rate=bad", "again"}

// Cases of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	d, w, s := both(t)
	if *updateOld {
		for flow, folder := range map[string]string{"demand": "testdata/old", "dispatch": "../dispatch/testdata/old"} {
			write(t, folder, flow, d, w)
		}
	}
	flowstest.Old(t, s, d, flowstest.Options{With: []flows.Flow{w}}, "testdata/old/*.json", pressed...)
}

// There is an old case of every stage but the one in which nothing is kept.
func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{demand.Offered, demand.Draft, demand.Placing, demand.Which, demand.Preview, demand.Filed, demand.Known, demand.Ended,
		demand.Danger, demand.Returned, demand.Done, demand.Closed, demand.Withdrawn} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}

// write keeps cases of a flow as the dialogues leave them: for each stage as many
// as it takes to have every value once. What was kept before is not touched.
func write(t *testing.T, folder, flow string, fl ...flows.Flow) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	fresh := func(k flowstest.Kept) (yes bool) {
		for _, h := range k.Holds() {
			yes = yes || !have[k.Case.Stage+h]
			have[k.Case.Stage+h] = true
		}
		return yes
	}
	names, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		var k flowstest.Kept
		if err := json.Unmarshal(b, &k); err != nil {
			t.Fatal(err)
		}
		fresh(k)
	}
	plays, err := filepath.Glob("dialogues/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(plays)
	for _, file := range plays {
		title := strings.TrimSuffix(filepath.Base(file), ".txt")
		played(t, file, fl, func(k flowstest.Kept) {
			if k.Case.Flow != flow || !fresh(k) {
				return
			}
			name := filepath.Join(folder, k.Case.Stage+"-"+title+".json")
			for n := 2; ; n++ {
				if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
					break
				}
				name = filepath.Join(folder, fmt.Sprintf("%s-%s-%d.json", k.Case.Stage, title, n))
			}
			b, err := json.MarshalIndent(k, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, append(b, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// played plays a dialogue and shows every case after every line.
func played(t *testing.T, name string, fl []flows.Flow, show func(flowstest.Kept)) {
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dialogue.Parse(filepath.Base(name), src)
	if err != nil {
		t.Fatal(err)
	}
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store := db.In("example")
	w, err := dialogue.NewWorld(t.Context(), dialogue.Options{Store: store, Settings: file.Settings, Cast: bottest.Cast(file), Flows: fl,
		Reader: local.New(), Media: t.TempDir(), Start: p.Start(file.Settings.Zone)})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range p.Acts {
		if err := dialogue.Do(t.Context(), w, a); err != nil {
			t.Logf("%s:%d: %v", name, a.Line, err)
			return
		}
		err := store.View(t.Context(), func(tx storage.Tx) error {
			cases, err := tx.Cases(100, nil)
			if err != nil {
				return err
			}
			for _, c := range cases {
				k := flowstest.Kept{At: w.Now(), Case: c}
				for _, tag := range []string{"reporter", "follower", "announcer"} {
					page, _, err := tx.Entries(c.ID, tag, "", 100)
					if err != nil {
						return err
					}
					k.Entries = append(k.Entries, page...)
				}
				jobs, err := tx.JobsOf(c.ID)
				if err != nil {
					return err
				}
				for _, j := range jobs {
					if j.Kind == "wake" {
						var body struct{ Name string }
						if err := json.Unmarshal(j.Body, &body); err != nil {
							return err
						}
						k.Wakes = append(k.Wakes, flows.Woke{Name: body.Name, Due: j.At})
					}
				}
				show(k)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
