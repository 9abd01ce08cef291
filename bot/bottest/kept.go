package bottest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/flowstest"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// KeepOld keeps cases of a flow in a folder as the dialogues of the working directory
// leave them, to be read by every later version: for each stage as many as it takes to have
// every value once. What was kept before is not touched.
func KeepOld(t *testing.T, folder, flow string, duty []byte, fl ...flows.Flow) {
	t.Helper()
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
		played(t, file, duty, fl, func(k flowstest.Kept) {
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
func played(t *testing.T, name string, duty []byte, fl []flows.Flow, show func(flowstest.Kept)) {
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dialogue.Parse(filepath.Base(name), src)
	if err != nil {
		t.Fatal(err)
	}
	file, err := community.Parse("example.yaml", community.Example(), duty)
	if err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store := db.In("example")
	w, err := dialogue.NewWorld(t.Context(), dialogue.Options{Store: store, Settings: file.Settings, Cast: Cast(file), Flows: fl,
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
				tags, err := tx.Tally(c.ID)
				if err != nil {
					return err
				}
				for _, tag := range slices.Sorted(maps.Keys(tags)) {
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
