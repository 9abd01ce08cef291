// Package storagetest is the suite that every store must pass: the nouns of
// storage.Tx and the promises of package storage, checked through the
// interface only. It must not know how a store keeps its rows.
package storagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"linli/flows"
	"linli/storage"
)

// Keeper is an open place where several communities are kept.
type Keeper interface {
	In(community string) storage.Store
	Close() error
}

// Run checks a store. Open opens what is kept under dir, and makes it if there
// is nothing; after Close it is called again for the same dir and must find
// what was written. It fails the test itself if it cannot.
func Run(t *testing.T, open func(t *testing.T, dir string) Keeper) {
	tests := []struct {
		name string
		run  func(t *testing.T, k Keeper)
	}{
		{"a closure that fails leaves no trace", failing},
		{"many at once", together},
		{"a cancelled update is not run", cancelled},
		{"reading what one wrote", ownWrites},
		{"a view", view},
		{"communities apart", apart},
		{"every field comes back", fields},
		{"keys", keys},
		{"once", once},
		{"dropping marks", dropMarks},
		{"count", count},
		{"chats", chats},
		{"people", people},
		{"cases", cases},
		{"same matter", same},
		{"same matter against a model", sameModel},
		{"cases with an entry", casesWith},
		{"entries", entries},
		{"entries against a model", entriesModel},
		{"refs", refs},
		{"journal", journal},
		{"erasing records", eraseRecords},
		{"sealed days", sealedDays},
		{"dropping a case", dropCase},
		{"troubles", troubles},
		{"jobs", jobs},
		{"all jobs", allJobs},
		{"lanes", lanes},
		{"urgent jobs", urgent},
		{"leases", leases},
		{"allow", allow},
		{"jobs against a model", jobsModel},
		{"nothing there", nothing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k := open(t, t.TempDir())
			defer func() {
				if err := k.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			test.run(t, k)
		})
	}
	t.Run("opening again", func(t *testing.T) { again(t, open) })
}

// noon is when the plays of the suite begin. Stores may round to microseconds.
var noon = time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// fataler is a test or a play of rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func update(t fataler, s storage.Store, fn func(storage.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// ask reads one value in a view.
func ask[T any](t fataler, s storage.Store, fn func(storage.Tx) (T, error)) (v T) {
	t.Helper()
	err := s.View(context.Background(), func(tx storage.Tx) (err error) {
		v, err = fn(tx)
		return err
	})
	if err != nil {
		t.Fatalf("view: %v", err)
	}
	return v
}

// lacks checks that a read gives ErrNone.
func lacks[T any](t fataler, s storage.Store, what string, fn func(storage.Tx) (T, error)) {
	t.Helper()
	err := s.View(context.Background(), func(tx storage.Tx) error {
		_, err := fn(tx)
		return err
	})
	if !errors.Is(err, storage.ErrNone) {
		t.Fatalf("%s: got %v, want storage.ErrNone", what, err)
	}
}

// equal compares; empty and nil lists are the same.
func equal(t fataler, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// full makes a value none of whose fields is zero, so that a field a store
// forgets is seen. The seed makes two of them differ.
func full[T any](seed int) T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), &seed)
	return v
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * time.Second)))
		return
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, *n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("字%d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n%255 + 1))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	default:
		panic("storagetest: cannot fill " + v.Type().String())
	}
}

func fields(t *testing.T, k Keeper) {
	s := k.In("a")
	c, chat, person := full[flows.Case](1), full[flows.Chat](2), full[storage.Person](3)
	entry, trouble, job, record := full[flows.Entry](4), full[storage.Trouble](5), full[storage.Job](6), full[storage.Record](7)
	job.Owner, job.Lease = "", time.Time{}
	record.Erased, record.Case, record.Seq = false, c.ID, 1
	update(t, s, func(tx storage.Tx) (err error) {
		if job.ID, err = tx.AddJob(job); err != nil {
			return err
		}
		if trouble.ID, err = tx.AddTrouble(trouble); err != nil {
			return err
		}
		return errors.Join(tx.PutCase(c), tx.PutChat(chat), tx.PutPerson(person), tx.PutEntry(c.ID, entry), tx.Note(record))
	})
	equal(t, "case", ask(t, s, func(tx storage.Tx) (flows.Case, error) { return tx.Case(c.ID) }), c)
	equal(t, "chat", ask(t, s, func(tx storage.Tx) (flows.Chat, error) { return tx.Chat(chat.ID) }), chat)
	equal(t, "person", ask(t, s, func(tx storage.Tx) (storage.Person, error) { return tx.Person(person.ID) }), person)
	equal(t, "entry", ask(t, s, func(tx storage.Tx) (flows.Entry, error) { return tx.Entry(c.ID, entry.Key) }), entry)
	equal(t, "job", ask(t, s, func(tx storage.Tx) (storage.Job, error) { return tx.Job(job.ID) }), job)
	equal(t, "troubles", ask(t, s, storage.Tx.Troubles), []storage.Trouble{trouble})
	rs := ask(t, s, func(tx storage.Tx) ([]storage.Record, error) { return tx.Journal(c.ID) })
	if len(rs) != 1 {
		t.Fatalf("journal: %d records, want 1", len(rs))
	}
	record.Salt, record.Commitment, record.Chain = rs[0].Salt, rs[0].Commitment, rs[0].Chain
	equal(t, "record", rs[0], record)

	var claimed []storage.Job
	update(t, s, func(tx storage.Tx) (err error) {
		claimed, _, err = tx.Claim(at(60), "w", time.Minute, 1, nil)
		return err
	})
	job.Owner, job.Lease = "w", at(61)
	equal(t, "claimed job", claimed, []storage.Job{job})
	equal(t, "claims", ask(t, s, storage.Tx.Claimed), []storage.Job{job})
}

func again(t *testing.T, open func(t *testing.T, dir string) Keeper) {
	dir := t.TempDir()
	k := open(t, dir)
	var first uint64
	update(t, k.In("a"), func(tx storage.Tx) (err error) {
		if _, _, err := tx.Once("m", noon, []byte("yes")); err != nil {
			return err
		}
		if _, err := tx.Count("n"); err != nil {
			return err
		}
		if first, err = tx.AddJob(storage.Job{Kind: "say", Lane: "x", At: at(1)}); err != nil {
			return err
		}
		return errors.Join(
			tx.PutKey("k", []byte("v")),
			tx.PutChat(flows.Chat{ID: "c", Address: "web:1"}),
			tx.PutPerson(storage.Person{ID: "p", Addresses: []string{"web:2"}}),
			tx.PutCase(flows.Case{ID: "k1", No: 7, Summary: flows.Summary{Matter: []string{"lift/3/"}}}),
			tx.PutEntry("k1", flows.Entry{Key: "p", Tag: "reporter"}),
			tx.PutRef("c", "m1", "k1"),
			tx.Note(storage.Record{Case: "k1", At: noon, After: "open"}),
		)
	})
	update(t, k.In("a"), sealing("2026-03-10"))
	day := ask(t, k.In("a"), func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay("") })
	update(t, k.In("b"), func(tx storage.Tx) error { return tx.PutKey("k", []byte("other")) })
	if err := k.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}

	k = open(t, dir)
	defer k.Close()
	s := k.In("a")
	equal(t, "key", ask(t, s, func(tx storage.Tx) ([]byte, error) { return tx.Key("k") }), []byte("v"))
	equal(t, "key of b", ask(t, k.In("b"), func(tx storage.Tx) ([]byte, error) { return tx.Key("k") }), []byte("other"))
	equal(t, "chat", ask(t, s, func(tx storage.Tx) (flows.Chat, error) { return tx.ChatAt("web:1") }).ID, flows.ChatID("c"))
	equal(t, "person", ask(t, s, func(tx storage.Tx) (storage.Person, error) { return tx.PersonAt("web:2") }).ID, flows.PersonID("p"))
	equal(t, "same", ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Same("lift/") })), "k1")
	equal(t, "numbered", ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Numbered(7) })), "k1")
	equal(t, "tally", ask(t, s, func(tx storage.Tx) (map[string]int, error) { return tx.Tally("k1") }), map[string]int{"reporter": 1})
	equal(t, "ref", ask(t, s, func(tx storage.Tx) (flows.ID, error) { return tx.Ref("c", "m1") }), flows.ID("k1"))
	update(t, s, func(tx storage.Tx) error {
		prior, seen, err := tx.Once("m", at(1), nil)
		if !seen || string(prior) != "yes" {
			t.Errorf("the mark: got %q, %v", prior, seen)
		}
		if err != nil {
			return err
		}
		n, err := tx.Count("n")
		if n != 2 {
			t.Errorf("the counter goes on with %d", n)
		}
		if err != nil {
			return err
		}
		id, err := tx.AddJob(storage.Job{Kind: "say", Lane: "x"})
		if id <= first {
			t.Errorf("job %d comes after job %d", id, first)
		}
		if err != nil {
			return err
		}
		rows, _, err := tx.Claim(at(2), "w", time.Minute, 9, nil)
		if len(rows) != 1 || rows[0].ID != first {
			t.Errorf("claimed %v, want job %d", rows, first)
		}
		return errors.Join(err, tx.Note(storage.Record{Case: "k1", At: at(1), Before: "open", After: "done"}))
	})
	rs := ask(t, s, func(tx storage.Tx) ([]storage.Record, error) { return tx.Journal("k1") })
	if err := storage.Verify(rs); err != nil || len(rs) != 2 {
		t.Errorf("journal of %d records: %v", len(rs), err)
	}
	equal(t, "sealed day", ask(t, s, func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay("2026-03-10") }), day)
	if d, last := unsealed(t, s); last != "2026-03-10" || d.Records != 1 || !bytes.Equal(d.Before, day.Root) {
		t.Errorf("after %s %d records are not sealed", last, d.Records)
	}
}

// ids writes the ids of cases in a row.
func ids(list []flows.Case) string {
	s := ""
	for i, c := range list {
		if i > 0 {
			s += " "
		}
		s += string(c.ID)
	}
	return s
}
