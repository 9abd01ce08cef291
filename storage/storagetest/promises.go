package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"
)

// mess writes a row of every kind, so that what a failed closure leaves behind
// is seen wherever it is.
func mess(tx storage.Tx) error {
	if _, _, err := tx.Once("mess", noon, nil); err != nil {
		return err
	}
	if _, err := tx.Count("mess"); err != nil {
		return err
	}
	if _, err := tx.AddJob(storage.Job{Kind: "say", Case: "mess", Lane: "mess", At: noon}); err != nil {
		return err
	}
	if _, err := tx.AddTrouble(storage.Trouble{Kind: "mess"}); err != nil {
		return err
	}
	if _, err := tx.SealDay(storage.Day{Date: "2026-03-10", At: noon}); err != nil {
		return err
	}
	return errors.Join(
		tx.PutKey("mess", []byte("x")),
		tx.PutChat(flows.Chat{ID: "mess", Address: "web:mess"}),
		tx.PutPerson(storage.Person{ID: "mess", Addresses: []string{"web:mess"}}),
		tx.PutCase(flows.Case{ID: "mess", No: 99, Summary: flows.Summary{Matter: []string{"mess/"}}}),
		tx.PutEntry("mess", flows.Entry{Key: "mess", Tag: "mess"}),
		tx.PutRef("mess", "mess", "mess"),
		tx.Note(storage.Record{Case: "mess", After: "mess"}),
	)
}

// clean checks that nothing of a mess is there, for a reader and for a writer.
func clean(t *testing.T, s storage.Store) {
	t.Helper()
	empty(t, s)
	sentinel := errors.New("only looking")
	err := s.Update(context.Background(), func(tx storage.Tx) error {
		if _, seen, err := tx.Once("mess", noon, nil); seen || err != nil {
			t.Errorf("the mark is there (%v)", err)
		}
		if n, err := tx.Count("mess"); n != 1 || err != nil {
			t.Errorf("the counter stands at %d (%v)", n, err)
		}
		if rows, next, err := tx.Claim(at(60), "w", time.Minute, 9, nil); len(rows) != 0 || !next.IsZero() || err != nil {
			t.Errorf("rows are due: %v, %v (%v)", rows, next, err)
		}
		return sentinel
	})
	if !errors.Is(err, sentinel) {
		t.Fatalf("update: %v", err)
	}
}

// empty checks that a community has no rows of a mess.
func empty(t *testing.T, s storage.Store) {
	t.Helper()
	lacks(t, s, "key", func(tx storage.Tx) ([]byte, error) { return tx.Key("mess") })
	lacks(t, s, "chat", func(tx storage.Tx) (flows.Chat, error) { return tx.Chat("mess") })
	lacks(t, s, "chat by address", func(tx storage.Tx) (flows.Chat, error) { return tx.ChatAt("web:mess") })
	lacks(t, s, "person", func(tx storage.Tx) (storage.Person, error) { return tx.Person("mess") })
	lacks(t, s, "person by address", func(tx storage.Tx) (storage.Person, error) { return tx.PersonAt("web:mess") })
	lacks(t, s, "case", func(tx storage.Tx) (flows.Case, error) { return tx.Case("mess") })
	lacks(t, s, "entry", func(tx storage.Tx) (flows.Entry, error) { return tx.Entry("mess", "mess") })
	lacks(t, s, "ref", func(tx storage.Tx) (flows.ID, error) { return tx.Ref("mess", "mess") })
	lacks(t, s, "sealed day", func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay("2026-03-10") })
	lacks(t, s, "last sealed day", func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay("") })
	none(t, s, "unsealed", func(tx storage.Tx) (int, error) { d, _, err := tx.Unsealed(); return d.Records, err })
	none(t, s, "keys", func(tx storage.Tx) (int, error) { l, err := tx.Keys(""); return len(l), err })
	none(t, s, "chats", func(tx storage.Tx) (int, error) { l, err := tx.Chats(); return len(l), err })
	none(t, s, "people", func(tx storage.Tx) (int, error) { l, err := tx.People(); return len(l), err })
	none(t, s, "same", func(tx storage.Tx) (int, error) { l, err := tx.Same("mess/"); return len(l), err })
	none(t, s, "numbered", func(tx storage.Tx) (int, error) { l, err := tx.Numbered(99); return len(l), err })
	none(t, s, "cases", func(tx storage.Tx) (int, error) { l, err := tx.Cases(9, nil); return len(l), err })
	none(t, s, "entries", func(tx storage.Tx) (int, error) { l, _, err := tx.Entries("mess", "mess", "", 9); return len(l), err })
	none(t, s, "tally", func(tx storage.Tx) (int, error) { l, err := tx.Tally("mess"); return len(l), err })
	none(t, s, "lane", func(tx storage.Tx) (int, error) { l, err := tx.Lane("mess"); return len(l), err })
	none(t, s, "jobs", func(tx storage.Tx) (int, error) { l, err := tx.JobsOf("mess"); return len(l), err })
	none(t, s, "claims", func(tx storage.Tx) (int, error) { l, err := tx.Claimed(); return len(l), err })
	none(t, s, "journal", func(tx storage.Tx) (int, error) { l, err := tx.Journal("mess"); return len(l), err })
	none(t, s, "troubles", func(tx storage.Tx) (int, error) { l, err := tx.Troubles(); return len(l), err })
}

func none(t *testing.T, s storage.Store, what string, length func(storage.Tx) (int, error)) {
	t.Helper()
	if n := ask(t, s, length); n != 0 {
		t.Errorf("%s: %d there, want none", what, n)
	}
}

func failing(t *testing.T, k Keeper) {
	s := k.In("a")
	own := errors.New("no")
	err := s.Update(context.Background(), func(tx storage.Tx) error {
		if err := mess(tx); err != nil {
			t.Errorf("writing: %v", err)
		}
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("got %v, want the closure's own error", err)
	}
	clean(t, s)

	func() {
		defer func() {
			if p := recover(); p != own {
				t.Errorf("recovered %v, want what the closure panicked with", p)
			}
		}()
		s.Update(context.Background(), func(tx storage.Tx) error {
			if err := mess(tx); err != nil {
				t.Errorf("writing: %v", err)
			}
			panic(own)
		})
		t.Error("the panic was swallowed")
	}()
	clean(t, s)

	// A closure may end its goroutine, as a failing test does.
	gone := make(chan bool)
	go func() {
		returned := false
		defer func() { gone <- !returned }()
		s.Update(context.Background(), func(tx storage.Tx) error {
			if err := mess(tx); err != nil {
				t.Errorf("writing: %v", err)
			}
			runtime.Goexit()
			return nil
		})
		returned = true
	}()
	if !<-gone {
		t.Error("an update whose closure ended its goroutine returned")
	}
	clean(t, s)
	update(t, s, func(tx storage.Tx) error { return tx.PutKey("k", nil) })
}

func together(t *testing.T, k Keeper) {
	s := k.In("a")
	const people, each = 32, 12
	own := errors.New("no")
	var (
		mu   sync.Mutex
		got  []int
		want []string
		wg   sync.WaitGroup
	)
	for p := range people {
		wg.Go(func() {
			for i := range each {
				name, kind := fmt.Sprintf("%d/%d", p, i), (p+i)%4
				seen := 0
				panicked, err := try(func() error {
					return s.Update(context.Background(), func(tx storage.Tx) (err error) {
						// Everyone reads and writes the same rows.
						if seen, err = tx.Count("all"); err != nil {
							return err
						}
						if err := tx.PutKey("last", []byte(name)); err != nil {
							return err
						}
						if err := tx.PutKey("done/"+name, []byte(name)); err != nil {
							return err
						}
						if err := tx.PutEntry("k1", flows.Entry{Key: name, Tag: "t", Order: int64(seen)}); err != nil {
							return err
						}
						if err := tx.Note(storage.Record{Case: "k1", At: noon, After: name}); err != nil {
							return err
						}
						switch kind {
						case 1:
							return own
						case 2:
							panic(name)
						}
						return nil
					})
				})
				mu.Lock()
				switch {
				case kind == 1 && !errors.Is(err, own):
					t.Errorf("%s: got %v, want its own error", name, err)
				case kind == 2 && panicked != name:
					t.Errorf("%s: got panic %v, want its own", name, panicked)
				case kind%3 == 0 && (err != nil || panicked != nil):
					t.Errorf("%s: got %v, panic %v", name, err, panicked)
				case kind%3 == 0:
					got, want = append(got, seen), append(want, name)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	for i, n := range got {
		if n != i+1 {
			t.Fatalf("the %d updates that went through counted to %d at place %d", len(got), n, i+1)
		}
	}
	done := ask(t, s, func(tx storage.Tx) (map[string][]byte, error) { return tx.Keys("done/") })
	if len(done) != len(want) {
		t.Errorf("%d keys, want %d", len(done), len(want))
	}
	for _, name := range want {
		if string(done["done/"+name]) != name {
			t.Errorf("%s is missing", name)
		}
	}
	equal(t, "tally", ask(t, s, func(tx storage.Tx) (map[string]int, error) { return tx.Tally("k1") }), map[string]int{"t": len(want)})
	page := ask(t, s, func(tx storage.Tx) ([]flows.Entry, error) {
		page, _, err := tx.Entries("k1", "t", "", 10_000)
		return page, err
	})
	rs := ask(t, s, func(tx storage.Tx) ([]storage.Record, error) { return tx.Journal("k1") })
	if err := storage.Verify(rs); err != nil {
		t.Error(err)
	}
	if len(page) != len(want) || len(rs) != len(want) {
		t.Fatalf("%d entries and %d records, want %d", len(page), len(rs), len(want))
	}
	for i := range rs {
		if rs[i].After != page[i].Key {
			t.Fatalf("step %d is %s in the journal and %s by its counter: they were not one after another", i+1, rs[i].After, page[i].Key)
		}
	}
}

func try(fn func() error) (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, fn()
}

func cancelled(t *testing.T, k Keeper) {
	s := k.In("a")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	run := false
	err := s.Update(ctx, func(storage.Tx) error { run = true; return nil })
	if !errors.Is(err, context.Canceled) || run {
		t.Errorf("update: got %v, run %v", err, run)
	}
	err = s.View(ctx, func(storage.Tx) error { run = true; return nil })
	if !errors.Is(err, context.Canceled) || run {
		t.Errorf("view: got %v, run %v", err, run)
	}
}

func ownWrites(t *testing.T, k Keeper) {
	s := k.In("a")
	update(t, s, func(tx storage.Tx) error {
		return errors.Join(tx.PutKey("a", []byte("old")), tx.PutKey("c", []byte("old")), tx.PutKey("e", []byte("old")))
	})
	update(t, s, func(tx storage.Tx) error {
		if err := errors.Join(tx.PutKey("b", []byte("new")), tx.PutKey("c", nil), tx.PutKey("e", []byte("new")), tx.PutKey("f", []byte("x")), tx.PutKey("f", nil)); err != nil {
			return err
		}
		if _, err := tx.Key("c"); !errors.Is(err, storage.ErrNone) {
			t.Errorf("a deleted key: %v", err)
		}
		all, err := tx.Keys("")
		equal(t, "keys", all, map[string][]byte{"a": []byte("old"), "b": []byte("new"), "e": []byte("new")})
		// The reader's copy is its own.
		copy(all["e"], "XXX")
		v, err2 := tx.Key("e")
		equal(t, "key", v, []byte("new"))
		return errors.Join(err, err2)
	})
}

func view(t *testing.T, k Keeper) {
	s := k.In("a")
	update(t, s, func(tx storage.Tx) error { return tx.PutKey("k", []byte("before")) })
	inside, ahead := make(chan bool), make(chan bool)
	go func() {
		<-inside
		update(t, s, func(tx storage.Tx) error { return tx.PutKey("k", []byte("after")) })
		close(ahead)
	}()
	err := s.View(context.Background(), func(tx storage.Tx) error {
		one, err := tx.Key("k")
		if err != nil {
			return err
		}
		close(inside)
		<-ahead
		two, err := tx.Key("k")
		if string(one) != "before" || string(two) != "before" {
			t.Errorf("the snapshot moved from %q to %q", one, two)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "afterwards", ask(t, s, func(tx storage.Tx) ([]byte, error) { return tx.Key("k") }), []byte("after"))

	own := errors.New("no")
	if err := s.View(context.Background(), func(storage.Tx) error { return own }); !errors.Is(err, own) {
		t.Errorf("got %v, want the closure's own error", err)
	}
	for name, write := range map[string]func(storage.Tx) error{
		"PutKey":     func(tx storage.Tx) error { return tx.PutKey("k", []byte("x")) },
		"PutKey nil": func(tx storage.Tx) error { return tx.PutKey("none", nil) },
		"Once":       func(tx storage.Tx) error { _, _, err := tx.Once("m", noon, nil); return err },
		"Answer":     func(tx storage.Tx) error { return tx.Answer("m", noon, nil) },
		"DropMarks":  func(tx storage.Tx) error { return tx.DropMarks(noon) },
		"Count":      func(tx storage.Tx) error { _, err := tx.Count("n"); return err },
		"PutChat":    func(tx storage.Tx) error { return tx.PutChat(flows.Chat{ID: "c"}) },
		"PutPerson":  func(tx storage.Tx) error { return tx.PutPerson(storage.Person{ID: "p"}) },
		"DropPerson": func(tx storage.Tx) error { return tx.DropPerson("none") },
		"PutCase":    func(tx storage.Tx) error { return tx.PutCase(flows.Case{ID: "k"}) },
		"DropCase":   func(tx storage.Tx) error { return tx.DropCase("none") },
		"PutEntry":   func(tx storage.Tx) error { return tx.PutEntry("k", flows.Entry{Key: "p"}) },
		"DropEntry":  func(tx storage.Tx) error { return tx.DropEntry("none", "none") },
		"PutRef":     func(tx storage.Tx) error { return tx.PutRef("c", "m", "k") },
		"AddJob":     func(tx storage.Tx) error { _, err := tx.AddJob(storage.Job{}); return err },
		"PutJob":     func(tx storage.Tx) error { return tx.PutJob(storage.Job{ID: 1}) },
		"DropJob":    func(tx storage.Tx) error { return tx.DropJob(1) },
		"Claim":      func(tx storage.Tx) error { _, _, err := tx.Claim(noon, "w", time.Minute, 1, nil); return err },
		"Note":       func(tx storage.Tx) error { return tx.Note(storage.Record{Case: "k"}) },
		"EraseRecords": func(tx storage.Tx) error {
			return tx.EraseRecords("none", func(storage.Record) bool { return true })
		},
		"SealDay":     func(tx storage.Tx) error { _, err := tx.SealDay(storage.Day{Date: "2026-03-10", At: noon}); return err },
		"DropRefs":    func(tx storage.Tx) error { return tx.DropRefs("none") },
		"AddTrouble":  func(tx storage.Tx) error { _, err := tx.AddTrouble(storage.Trouble{}); return err },
		"DropTrouble": func(tx storage.Tx) error { return tx.DropTrouble(1) },
	} {
		if err := s.View(context.Background(), write); err == nil || errors.Is(err, storage.ErrNone) {
			t.Errorf("%s in a view: got %v, want a refusal", name, err)
		}
	}
}

func apart(t *testing.T, k Keeper) {
	a, b := k.In("a"), k.In("b")
	var row uint64
	update(t, a, mess)
	rows := ask(t, a, func(tx storage.Tx) ([]storage.Job, error) { return tx.Lane("mess") })
	row = rows[0].ID
	empty(t, b)
	lacks(t, b, "row by id", func(tx storage.Tx) (storage.Job, error) { return tx.Job(row) })

	// The same names in b, and everything of b dropped: a stays as it was.
	update(t, b, mess)
	update(t, b, func(tx storage.Tx) error {
		got, _, err := tx.Claim(at(60), "w", time.Minute, 9, nil)
		if len(got) != 1 || got[0].ID == row {
			t.Errorf("b claimed %v", got)
		}
		if err := tx.PutJob(storage.Job{ID: row, Kind: "stolen"}); !errors.Is(err, storage.ErrNone) {
			t.Errorf("b wrote a row of a: %v", err)
		}
		ts, err2 := tx.Troubles()
		return errors.Join(err, err2, tx.DropJob(row), tx.DropCase("mess"), tx.DropPerson("mess"), tx.PutKey("mess", nil),
			tx.DropMarks(at(3*24*60)), tx.DropTrouble(ts[0].ID), tx.DropTrouble(ts[0].ID-1))
	})
	equal(t, "row", ask(t, a, func(tx storage.Tx) (storage.Job, error) { return tx.Job(row) }).Kind, "say")
	equal(t, "rows of the case", len(ask(t, a, func(tx storage.Tx) ([]storage.Job, error) { return tx.JobsOf("mess") })), 1)
	equal(t, "key", ask(t, a, func(tx storage.Tx) ([]byte, error) { return tx.Key("mess") }), []byte("x"))
	equal(t, "person", ask(t, a, func(tx storage.Tx) (storage.Person, error) { return tx.PersonAt("web:mess") }).ID, flows.PersonID("mess"))
	equal(t, "same", ids(ask(t, a, func(tx storage.Tx) ([]flows.Case, error) { return tx.Same("mess/") })), "mess")
	equal(t, "tally", ask(t, a, func(tx storage.Tx) (map[string]int, error) { return tx.Tally("mess") }), map[string]int{"mess": 1})
	equal(t, "ref", ask(t, a, func(tx storage.Tx) (flows.ID, error) { return tx.Ref("mess", "mess") }), flows.ID("mess"))
	equal(t, "troubles", len(ask(t, a, storage.Tx.Troubles)), 1)
	rs := ask(t, a, func(tx storage.Tx) ([]storage.Record, error) { return tx.Journal("mess") })
	if len(rs) != 1 || rs[0].Erased {
		t.Errorf("the journal of a: %+v", rs)
	}
	update(t, a, func(tx storage.Tx) error {
		_, seen, err := tx.Once("mess", noon, nil)
		if !seen {
			t.Error("b dropped the marks of a")
		}
		n, err2 := tx.Count("mess")
		if n != 2 {
			t.Errorf("the counter of a stands at %d", n)
		}
		rows, _, err3 := tx.Claim(at(60), "w", time.Minute, 9, nil)
		if len(rows) != 1 || rows[0].ID != row {
			t.Errorf("a claimed %v", rows)
		}
		return errors.Join(err, err2, err3)
	})
	update(t, b, func(tx storage.Tx) error {
		_, seen, err := tx.Once("mess", noon, nil)
		if seen {
			t.Error("b still has the marks it dropped")
		}
		return err
	})
}
