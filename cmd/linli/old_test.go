package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

var updateOld = flag.Bool("update-old", false, "write testdata/old anew with this version: only before its first release")

// TestOldData opens the data file of every version that was ever in use, on a
// copy: everything is there, the journals verify, and work goes on.
func TestOldData(t *testing.T) {
	if *updateOld {
		writeOld(t, "v1")
	}
	files, err := filepath.Glob("testdata/old/*.db.gz")
	if err != nil || len(files) == 0 {
		t.Fatal("no data of an older version")
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "linli.db")
			gunzip(t, name, path)
			db, err := bolt.Open(path, bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			store := db.In("example")
			stages := map[string]int{}
			due := 0
			err = store.View(t.Context(), func(tx storage.Tx) error {
				cases, err := tx.Cases(1000, nil)
				if err != nil {
					return err
				}
				for _, c := range cases {
					stages[c.Flow+" "+c.Stage]++
					records, err := tx.Journal(c.ID)
					if err != nil {
						return err
					}
					if err := storage.Verify(records); err != nil {
						t.Errorf("journal of case %s: %v", c.ID, err)
					}
					jobs, err := tx.JobsOf(c.ID)
					if err != nil {
						return err
					}
					due += len(jobs)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"demand filed", "demand returned", "demand known", "demand danger", "demand draft", "demand offered", "demand placing",
				"dispatch sent", "dispatch taken", "dispatch waiting", "dispatch returned"} {
				if stages[want] == 0 {
					t.Errorf("no case is %q: %v", want, stages)
				}
			}
			if due == 0 {
				t.Error("no row of the outbox is left")
			}
			goOn(t, store)
		})
	}
}

// goOn lets a week pass over an old store: every wake-up and every message of
// it must still make sense to today's rules.
func goOn(t *testing.T, store storage.Store) {
	t.Helper()
	w := world(t, store, time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC))
	if err := w.Advance(t.Context(), time.Date(2026, 3, 18, 12, 0, 0, 0, w.Now().Location())); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Seen()); n < 10 {
		t.Errorf("only %d messages in a week", n)
	}
	troubles, err := w.Bot.Troubles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range troubles {
		t.Errorf("could not be done: %s %s", x.Kind, x.Why)
	}
}

func world(t *testing.T, store storage.Store, start time.Time) *dialogue.World {
	t.Helper()
	f, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	fl, err := allFlows()
	if err != nil {
		t.Fatal(err)
	}
	start = start.In(f.Settings.Zone)
	if start.Hour() != 9 {
		start = flows.Clock(9 * 60).On(start)
	}
	w, err := dialogue.NewWorld(context.Background(), dialogue.Options{Store: store, Settings: f.Settings, Cast: cast(f), Flows: fl, Reader: local.New(),
		Media: t.TempDir(), Start: start})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func gunzip(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeOld plays testdata/old/<name>.txt and keeps the file it leaves.
func writeOld(t *testing.T, name string) {
	t.Helper()
	src, err := os.ReadFile("testdata/old/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	p, err := dialogue.Parse(name, src)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "linli.db")
	db, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := world(t, db.In("example"), time.Date(2026, 3, 11, 1, 0, 0, 0, time.UTC))
	if went, _, _, err := dialogue.Run(t.Context(), w, p); err != nil {
		t.Fatalf("%v\n%s", err, went)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/old/"+name+".db.gz", out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
