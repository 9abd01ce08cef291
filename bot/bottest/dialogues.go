package bottest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

var update = flag.Bool("update", false, "write the dialogues down as they went")

// Dialogues plays every dialogue that matches glob in the example community and
// compares what people were told. Then it plays each again with every message
// delivered three times, and once per transaction with that transaction failing before
// and after its commit: people must be told the same things, once. Nobody's words,
// name or number may come into a log line or into the reason of a trouble.
func Dialogues(t *testing.T, glob string, duty []byte, fl ...flows.Flow) {
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues match %s", glob)
	}
	file, err := community.Parse("example.yaml", community.Example(), duty)
	if err != nil {
		t.Fatal(err)
	}
	reader := local.New()
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := dialogue.Parse(filepath.Base(name), src)
		if err != nil {
			t.Fatal(err)
		}
		var unsure []string // whose invitation may have arrived or not, in the last replay
		play := func(t *testing.T, o dialogue.Options, wrap func(storage.Store) storage.Store) (string, []dialogue.Told, []dialogue.Mismatch) {
			t.Helper()
			db, err := bolt.Open(filepath.Join(quick(t), "linli.db"), bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			o.Store, o.Settings, o.Flows, o.Reader, o.Media = db.In("example"), file.Settings, fl, reader, t.TempDir()
			if wrap != nil {
				o.Store = wrap(o.Store)
			}
			o.Cast, o.Start = Cast(file), p.Start(file.Settings.Zone)
			secrets := NewSecrets(spoken(p)...)
			o.Log = secrets.Logger(t)
			w, err := dialogue.NewWorld(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			went, told, diff, stopped := dialogue.Run(t.Context(), w, p)
			troubles, err := w.Bot.Troubles(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			unsure = nil
			for _, x := range troubles {
				if x.Kind == "unknown" {
					unsure = append(unsure, invited(file, x))
				}
				if found := secrets.In(x.Why); len(found) > 0 {
					t.Errorf("a trouble says %q: %s", found, x.Why)
				}
			}
			if stopped != nil && !slices.ContainsFunc(unsure, func(name string) bool { return strings.Contains(stopped.Error(), ": "+name+" has no button") }) {
				t.Fatalf("%v\nso far:\n%s", stopped, went)
			}
			if stopped != nil {
				told = nil // it cannot go on: the invitation did not arrive, and staff see it
			}
			return went, told, diff
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			count := &failing{at: -1}
			went, told, diff := play(t, dialogue.Options{}, count.wrap)
			if *update {
				if err := os.WriteFile(name, []byte(went), 0o644); err != nil {
					t.Fatal(err)
				}
			} else {
				for _, d := range diff {
					t.Errorf("%s:%d: %s", name, d.Line, d.Text)
				}
			}
			first := told
			want := tally(told)
			t.Run("thrice", func(t *testing.T) {
				_, told, _ := play(t, dialogue.Options{Thrice: true}, nil)
				compare(t, want, tally(told))
			})
			t.Run("faults", func(t *testing.T) {
				if testing.Short() {
					t.Skip("every transaction failing: not in short runs")
				}
				n := int(count.n.Load())
				for _, i := range points(n) {
					for _, after := range []bool{false, true} {
						f := &failing{at: int64(i), after: after}
						_, told, _ := play(t, dialogue.Options{Tries: 3}, f.wrap)
						if !f.hit.Load() {
							t.Fatalf("transaction %d never came", i)
						}
						// An invitation leaves at most once: where nobody knows whether it has arrived it
						// is not sent again, and staff see it.
						if len(unsure) > 1 {
							t.Errorf("transaction %d of %d failed: %d invitations are in doubt", i, n, len(unsure))
						}
						if told == nil {
							continue
						}
						if want, got := tally(but(first, unsure)), tally(but(told, unsure)); !maps.Equal(want, got) {
							t.Errorf("transaction %d of %d failed (after commit: %v):", i, n, after)
							compare(t, want, got)
							return
						}
					}
				}
			})
		})
	}
}

// longPlay is how many transactions a play may have for each of them to fail once; of a longer
// one so many fail as are in few, evenly over the play. With LINLI_FAULTS=all it is each.
const (
	longPlay = 40
	few      = 20
)

// points gives the transactions of a play that are to fail.
func points(n int) (list []int) {
	step := 1.0
	if n > longPlay && os.Getenv("LINLI_FAULTS") != "all" {
		step = float64(n) / few
	}
	for at := 0.0; int(at) < n; at += step {
		list = append(list, int(at))
	}
	return list
}

// quick is a folder in memory where there is one: a replay of every transaction
// waits for thousands of commits, and none of them is tried for durability here.
func quick(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "linli-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Cast is the residents of a directory as a play knows them.
func Cast(f *community.File) []dialogue.Person {
	var out []dialogue.Person
	for _, m := range f.Cast {
		out = append(out, dialogue.Person{ID: flows.PersonID(m.ID), Name: m.Name, Home: m.Home, Consent: m.Consent, Lang: m.Lang})
	}
	return out
}

// invited is the name of who an invitation was for that may have arrived.
func invited(f *community.File, x storage.Trouble) string {
	var row struct {
		Address string `json:"address"`
	}
	_ = json.Unmarshal(x.Body, &row) // what cannot be read is for nobody
	for _, p := range f.Settings.People {
		if row.Address == "play:m/"+string(p.ID) {
			return p.Name
		}
	}
	for _, p := range f.Cast {
		if row.Address == "play:m/"+p.ID {
			return p.Name
		}
	}
	return ""
}

// but gives what was told to others than those whose invitation is in doubt, without what
// staff are told of it.
func but(told []dialogue.Told, unsure []string) (out []dialogue.Told) {
	for _, x := range told {
		if len(unsure) > 0 {
			x.Text = anyNumber.ReplaceAllString(x.Text, "N") // how many were invited is told with one less
		}
		if len(unsure) == 0 || !slices.Contains(unsure, x.Name) && !strings.Contains(x.Text, "有一条邀请不知道送到没有") {
			out = append(out, x)
		}
	}
	return out
}

var anyNumber = regexp.MustCompile(`[0-9]+`)

// tally counts what people were told, whatever the order.
func tally(told []dialogue.Told) map[string]int {
	out := map[string]int{}
	for _, t := range told {
		out[t.String()]++
	}
	return out
}

func compare(t *testing.T, want, got map[string]int) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			t.Errorf("told %d times instead of %d: %s", got[k], want[k], k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if want[k] == 0 {
			t.Errorf("told %d times instead of never: %s", got[k], k)
		}
	}
}

// failing is a store in which one Update fails, before or after its commit.
type failing struct {
	storage.Store
	at    int64
	after bool
	n     atomic.Int64
	hit   atomic.Bool
}

var errFault = errors.New("a fault on purpose")

func (f *failing) wrap(s storage.Store) storage.Store { f.Store = s; return f }

func (f *failing) Update(ctx context.Context, fn func(storage.Tx) error) error {
	mine := f.n.Add(1)-1 == f.at
	if !mine {
		return f.Store.Update(ctx, fn)
	}
	f.hit.Store(true)
	if !f.after {
		return fmt.Errorf("before the commit: %w", errFault)
	}
	if err := f.Store.Update(ctx, fn); err != nil {
		return err
	}
	return fmt.Errorf("after the commit: %w", errFault)
}
