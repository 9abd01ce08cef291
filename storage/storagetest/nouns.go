package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"
)

func keys(t *testing.T, k Keeper) {
	s := k.In("a")
	update(t, s, func(tx storage.Tx) error {
		return errors.Join(tx.PutKey("a/1", []byte("1")), tx.PutKey("a/2", []byte("2")), tx.PutKey("b", []byte{}), tx.PutKey("a", []byte{0}))
	})
	equal(t, "by prefix", ask(t, s, func(tx storage.Tx) (map[string][]byte, error) { return tx.Keys("a/") }),
		map[string][]byte{"a/1": []byte("1"), "a/2": []byte("2")})
	if v := ask(t, s, func(tx storage.Tx) ([]byte, error) { return tx.Key("b") }); v == nil || len(v) != 0 {
		t.Errorf("an empty value came back as %v", v)
	}
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.PutKey("a/1", nil), tx.PutKey("none", nil)) })
	lacks(t, s, "a deleted key", func(tx storage.Tx) ([]byte, error) { return tx.Key("a/1") })
	equal(t, "by prefix", ask(t, s, func(tx storage.Tx) (map[string][]byte, error) { return tx.Keys("a") }),
		map[string][]byte{"a/2": []byte("2"), "a": {0}})
}

func once(t *testing.T, k Keeper) {
	s := k.In("a")
	mark := func(minutes int, answer string) (prior string, seen bool) {
		t.Helper()
		update(t, s, func(tx storage.Tx) error {
			p, was, err := tx.Once("update:1", at(minutes), []byte(answer))
			prior, seen = string(p), was
			return err
		})
		return prior, seen
	}
	if prior, seen := mark(0, "first"); seen || prior != "" {
		t.Errorf("a new mark: got %q, %v", prior, seen)
	}
	for _, minutes := range []int{0, 1, 3 * 24 * 60, -3 * 24 * 60} { // the clock may jump
		if prior, seen := mark(minutes, "again"); !seen || prior != "first" {
			t.Errorf("%d minutes later: got %q, %v", minutes, prior, seen)
		}
	}
	update(t, s, func(tx storage.Tx) error {
		if _, seen, err := tx.Once("update:2", noon, nil); seen || err != nil {
			t.Errorf("another name: %v, %v", seen, err)
		}
		if _, seen, err := tx.Once("update:2", noon, nil); !seen || err != nil {
			t.Errorf("seen in this transaction: %v, %v", seen, err)
		}
		return tx.Answer("update:2", noon, []byte("later"))
	})
	update(t, s, func(tx storage.Tx) error {
		p, seen, err := tx.Once("update:2", at(5), nil)
		if !seen || string(p) != "later" {
			t.Errorf("the answer that was given: %q, %v", p, seen)
		}
		return err
	})
	err := s.Update(context.Background(), func(tx storage.Tx) error { return tx.Answer("none", noon, nil) })
	if err == nil {
		t.Error("an answer without a mark was taken")
	}
}

func dropMarks(t *testing.T, k Keeper) {
	s := k.In("a")
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	update(t, s, func(tx storage.Tx) error {
		for n := range 10 {
			if _, _, err := tx.Once(fmt.Sprint(n), day(n), []byte{byte(n)}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx storage.Tx) error { return tx.DropMarks(day(4)) })
	// The day of the limit itself is not over.
	seen := func(want string) {
		t.Helper()
		var got []byte
		only := errors.New("only looking")
		err := s.Update(context.Background(), func(tx storage.Tx) error {
			for n := range 10 {
				_, was, err := tx.Once(fmt.Sprint(n), day(9), nil)
				if err != nil {
					return err
				}
				got = append(got, map[bool]byte{true: 'x', false: '.'}[was])
			}
			return only
		})
		if !errors.Is(err, only) {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("marks left %s, want %s", got, want)
		}
	}
	seen("....xxxxxx")
	update(t, s, func(tx storage.Tx) error { return tx.DropMarks(day(2)) }) // the clock jumped back
	seen("....xxxxxx")
	update(t, s, func(tx storage.Tx) error {
		// A late message of a day that was dropped is still seen once only.
		if _, was, err := tx.Once("late", day(1), nil); was || err != nil {
			t.Errorf("late: %v, %v", was, err)
		}
		return tx.DropMarks(day(4))
	})
	update(t, s, func(tx storage.Tx) error {
		_, was, err := tx.Once("late", day(1), nil)
		if !was {
			t.Error("a late mark was lost")
		}
		return err
	})
	update(t, s, func(tx storage.Tx) error {
		if _, _, err := tx.Once("same tx", day(9), nil); err != nil {
			return err
		}
		if err := tx.DropMarks(day(20)); err != nil {
			return err
		}
		_, was, err := tx.Once("same tx", day(21), nil)
		if was {
			t.Error("a mark outlived its day in the transaction that made it")
		}
		return err
	})
	seen("..........")
}

func count(t *testing.T, k Keeper) {
	s := k.In("a")
	for want := 1; want <= 3; want++ {
		update(t, s, func(tx storage.Tx) error {
			n, err := tx.Count("number")
			other, err2 := tx.Count(fmt.Sprint("other", want))
			if n != want || other != 1 {
				t.Errorf("got %d and %d, want %d and 1", n, other, want)
			}
			return errors.Join(err, err2)
		})
	}
}

func chats(t *testing.T, k Keeper) {
	s := k.In("a")
	one, two := flows.Chat{ID: "1", Address: "tg:-1", Group: true, Title: "三号楼"}, flows.Chat{ID: "2", Address: "tg:-2"}
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.PutChat(one), tx.PutChat(two)) })
	at := func(address string) func(storage.Tx) (flows.Chat, error) {
		return func(tx storage.Tx) (flows.Chat, error) { return tx.ChatAt(address) }
	}
	equal(t, "at its address", ask(t, s, at("tg:-1")), one)
	one.Address = "tg:-100"
	update(t, s, func(tx storage.Tx) error { return tx.PutChat(one) })
	lacks(t, s, "the old address", at("tg:-1"))
	equal(t, "the new address", ask(t, s, at("tg:-100")), one)
	// The address changes hands before its old owner is told.
	two.Address = "tg:-100"
	update(t, s, func(tx storage.Tx) error { return tx.PutChat(two) })
	one.Address = "tg:-3"
	update(t, s, func(tx storage.Tx) error { return tx.PutChat(one) })
	equal(t, "the address taken over", ask(t, s, at("tg:-100")), two)
	lacks(t, s, "the address given up", at("tg:-2"))
	equal(t, "all", ask(t, s, storage.Tx.Chats), []flows.Chat{one, two})
}

func people(t *testing.T, k Keeper) {
	s := k.In("a")
	p := storage.Person{ID: "r1", Name: "王阿姨", Addresses: []string{"tg:1", "web:1"}}
	q := storage.Person{ID: "r2", Addresses: []string{"tg:2"}}
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.PutPerson(p), tx.PutPerson(q)) })
	at := func(address string) func(storage.Tx) (storage.Person, error) {
		return func(tx storage.Tx) (storage.Person, error) { return tx.PersonAt(address) }
	}
	equal(t, "at one address", ask(t, s, at("tg:1")), p)
	equal(t, "at the other", ask(t, s, at("web:1")), p)
	p.Addresses = []string{"web:1", "kf:1"}
	update(t, s, func(tx storage.Tx) error { return tx.PutPerson(p) })
	lacks(t, s, "an address given up", at("tg:1"))
	equal(t, "at the new one", ask(t, s, at("kf:1")), p)
	equal(t, "all", ask(t, s, storage.Tx.People), []storage.Person{p, q})
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.DropPerson("r1"), tx.DropPerson("none")) })
	lacks(t, s, "a dropped person", func(tx storage.Tx) (storage.Person, error) { return tx.Person("r1") })
	lacks(t, s, "an address of a dropped person", at("web:1"))
	equal(t, "all", ask(t, s, storage.Tx.People), []storage.Person{q})
}

func refs(t *testing.T, k Keeper) {
	s := k.In("a")
	ref := func(chat flows.ChatID, ref string) func(storage.Tx) (flows.ID, error) {
		return func(tx storage.Tx) (flows.ID, error) { return tx.Ref(chat, ref) }
	}
	update(t, s, func(tx storage.Tx) error {
		return errors.Join(tx.PutRef("c", "1", "k1"), tx.PutRef("c", "2", "k2"), tx.PutRef("c1", "", "k3"), tx.PutRef("d", "1", "k1"))
	})
	equal(t, "ref", ask(t, s, ref("c", "1")), flows.ID("k1"))
	equal(t, "another message", ask(t, s, ref("c", "2")), flows.ID("k2"))
	equal(t, "names that run together", ask(t, s, ref("c1", "")), flows.ID("k3"))
	lacks(t, s, "another chat", ref("d", "2"))
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.PutRef("c", "1", "k2"), tx.DropCase("k1")) })
	equal(t, "a ref that was moved before its first case went", ask(t, s, ref("c", "1")), flows.ID("k2"))
	lacks(t, s, "a ref of the dropped case", ref("d", "1"))
	update(t, s, func(tx storage.Tx) error { return tx.DropCase("k2") })
	lacks(t, s, "a moved ref of a dropped case", ref("c", "1"))
	update(t, s, func(tx storage.Tx) error {
		return errors.Join(tx.PutRef("c", "5", "k5"), tx.PutRef("c1", "5", "k5"), tx.PutRef("c", "6", "k6"), tx.DropRefs("c"), tx.DropRefs("none"))
	})
	lacks(t, s, "a ref of a chat that was untied", ref("c", "5"))
	lacks(t, s, "another", ref("c", "6"))
	equal(t, "the chat beside it", ask(t, s, ref("c1", "5")), flows.ID("k5"))
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.PutRef("c", "5", "k6"), tx.DropCase("k5")) })
	equal(t, "a ref tied anew", ask(t, s, ref("c", "5")), flows.ID("k6"))
}

func journal(t *testing.T, k Keeper) {
	s := k.In("a")
	read := func(id flows.ID) []storage.Record {
		t.Helper()
		return ask(t, s, func(tx storage.Tx) ([]storage.Record, error) { return tx.Journal(id) })
	}
	for i := range 12 {
		update(t, s, func(tx storage.Tx) error {
			return errors.Join(
				tx.Note(storage.Record{Case: "k1", Seq: 77, At: at(i), Event: fmt.Sprint(i), After: "open"}),
				tx.Note(storage.Record{Case: "k1", At: at(i), Event: fmt.Sprint(i, "b"), After: "open"}),
				tx.Note(storage.Record{Case: "k2", At: at(i), After: "open"}),
			)
		})
	}
	one, two := read("k1"), read("k2")
	if len(one) != 24 || len(two) != 12 {
		t.Fatalf("%d and %d records, want 24 and 12", len(one), len(two))
	}
	if err := errors.Join(storage.Verify(one), storage.Verify(two)); err != nil {
		t.Error(err)
	}
	if one[3].Event != "1b" && one[3].Event != "1 b" || !one[3].At.Equal(at(1)) {
		t.Errorf("the fourth record: %+v", one[3])
	}
	for i, r := range one {
		if len(r.Salt) < 16 || i > 0 && bytes.Equal(r.Salt, one[i-1].Salt) {
			t.Fatalf("record %d has no salt of its own", r.Seq)
		}
	}
	head := one[23].Chain
	update(t, s, func(tx storage.Tx) error { return tx.DropCase("k1") })
	erased := read("k1")
	if err := storage.VerifyTo(head, erased); err != nil {
		t.Errorf("after the case was dropped: %v", err)
	}
	for i, r := range erased {
		equal(t, "an erased record", r, storage.Erase(one[i]))
	}
	equal(t, "the other case", read("k2"), two)
	// What comes after goes on with the chain.
	update(t, s, func(tx storage.Tx) error { return tx.Note(storage.Record{Case: "k1", At: noon, After: "dropped"}) })
	if more := read("k1"); len(more) != 25 || storage.Verify(more) != nil {
		t.Errorf("%d records: %v", len(more), storage.Verify(more))
	}
}

func eraseRecords(t *testing.T, k Keeper) {
	a, b := k.In("a"), k.In("b")
	for i := range 6 {
		for _, s := range []storage.Store{a, b} {
			update(t, s, func(tx storage.Tx) error {
				by := flows.PersonID([]string{"王", "李"}[i%2])
				return errors.Join(tx.Note(storage.Record{Case: "k1", At: at(i), By: by, After: "open"}), tx.Note(storage.Record{Case: "k2", At: at(i), By: by, After: "open"}))
			})
		}
	}
	read := func(s storage.Store, id flows.ID) []storage.Record {
		t.Helper()
		return ask(t, s, func(tx storage.Tx) ([]storage.Record, error) { return tx.Journal(id) })
	}
	before, beside, other := read(a, "k1"), read(a, "k2"), read(b, "k1")
	update(t, a, func(tx storage.Tx) error {
		return errors.Join(
			tx.EraseRecords("k1", func(r storage.Record) bool { return r.By == "王" }),
			tx.EraseRecords("none", func(storage.Record) bool { return true }),
			tx.Note(storage.Record{Case: "k1", At: at(9), After: "erased"}),
		)
	})
	after := read(a, "k1")
	if err := storage.Verify(after); err != nil || len(after) != 7 {
		t.Fatalf("%d records: %v", len(after), err)
	}
	for i, r := range before {
		if r.By == "王" {
			r = storage.Erase(r)
		}
		equal(t, "record", after[i], r)
	}
	update(t, a, func(tx storage.Tx) error {
		return tx.EraseRecords("k1", func(r storage.Record) bool {
			if r.Erased {
				t.Errorf("record %d was asked about when it was erased", r.Seq)
			}
			return false
		})
	})
	equal(t, "nothing more was erased", read(a, "k1"), after)
	equal(t, "the case beside it", read(a, "k2"), beside)
	equal(t, "the same case of another community", read(b, "k1"), other)
}

func troubles(t *testing.T, k Keeper) {
	s := k.In("a")
	var first, second uint64
	update(t, s, func(tx storage.Tx) (err error) {
		if first, err = tx.AddTrouble(storage.Trouble{ID: 5, Kind: "dead", Why: "gone"}); err != nil {
			return err
		}
		second, err = tx.AddTrouble(storage.Trouble{Kind: "parked"})
		return err
	})
	if first == second {
		t.Fatalf("two troubles with the id %d", first)
	}
	update(t, s, func(tx storage.Tx) error { return errors.Join(tx.DropTrouble(first), tx.DropTrouble(first)) })
	left := ask(t, s, storage.Tx.Troubles)
	if len(left) != 1 || left[0].ID != second || left[0].Kind != "parked" {
		t.Errorf("left: %+v", left)
	}
}

// nothing asks for what is not there, and passes zero values.
func nothing(t *testing.T, k Keeper) {
	s := k.In("a")
	empty(t, s)
	update(t, s, func(tx storage.Tx) error { return tx.PutKey("k", []byte("v")) })
	empty := func(what string, n int, err error) {
		t.Helper()
		if n != 0 || err != nil {
			t.Errorf("%s: got %d, %v", what, n, err)
		}
	}
	update(t, s, func(tx storage.Tx) error {
		for what, err := range map[string]error{
			"Key":        third(tx.Key("")),
			"Chat":       third(tx.Chat("")),
			"ChatAt":     third(tx.ChatAt("")),
			"Person":     third(tx.Person("")),
			"PersonAt":   third(tx.PersonAt("")),
			"Case":       third(tx.Case("")),
			"Entry":      third(tx.Entry("", "")),
			"Ref":        third(tx.Ref("", "")),
			"Job":        third(tx.Job(0)),
			"Job far":    third(tx.Job(1 << 63)),
			"PutJob":     tx.PutJob(storage.Job{}),
			"PutJob far": tx.PutJob(storage.Job{ID: 4711}),
		} {
			if !errors.Is(err, storage.ErrNone) {
				t.Errorf("%s of nothing: got %v, want storage.ErrNone", what, err)
			}
		}
		for what, err := range map[string]error{
			"DropPerson": tx.DropPerson(""), "DropCase": tx.DropCase(""), "DropEntry": tx.DropEntry("", ""),
			"DropJob": tx.DropJob(0), "DropTrouble": tx.DropTrouble(0), "PutKey": tx.PutKey("none", nil),
			"DropMarks": tx.DropMarks(time.Time{}), "EraseRecords": tx.EraseRecords("", func(storage.Record) bool { return true }),
		} {
			if err != nil {
				t.Errorf("%s of nothing: %v", what, err)
			}
		}
		for what, err := range map[string]error{
			"PutChat": tx.PutChat(flows.Chat{}), "PutPerson": tx.PutPerson(storage.Person{}), "PutCase": tx.PutCase(flows.Case{}),
			"PutEntry": tx.PutEntry("", flows.Entry{}), "PutRef": tx.PutRef("c", "m", ""), "Note": tx.Note(storage.Record{}),
		} {
			if err == nil {
				t.Errorf("%s without an id was taken", what)
			}
		}
		if _, _, err := tx.Once("", noon, nil); err == nil {
			t.Error("a mark without a name was taken")
		}
		same, err := tx.Same("")
		empty("Same", len(same), err)
		numbered, err := tx.Numbered(0)
		empty("Numbered", len(numbered), err)
		for _, n := range []int{-1, 0, 5} {
			cases, err := tx.Cases(n, nil)
			empty("Cases", len(cases), err)
			cases, err = tx.CasesWith("", n)
			empty("CasesWith", len(cases), err)
			page, next, err := tx.Entries("k1", "", "", n)
			empty("Entries", len(page)+len(next), err)
			rows, due, err := tx.Claim(noon, "", time.Minute, n, nil)
			empty("Claim", len(rows), err)
			if !due.IsZero() {
				t.Errorf("nothing is due at %v", due)
			}
		}
		lane, err := tx.Lane("")
		empty("Lane", len(lane), err)
		rows, err := tx.JobsOf("")
		empty("JobsOf", len(rows), err)
		rs, err := tx.Journal("")
		empty("Journal", len(rs), err)
		return nil
	})
	// A row of zero values is a row: due at any time, without lane or case.
	update(t, s, func(tx storage.Tx) error {
		id, err := tx.AddJob(storage.Job{})
		if err != nil {
			return err
		}
		if _, next, err := tx.Claim(noon, "", time.Minute, 0, nil); next.IsZero() || next.After(noon) || err != nil {
			t.Errorf("the zero row is due at %v (%v)", next, err)
		}
		rows, _, err := tx.Claim(noon, "", time.Minute, 5, nil)
		if len(rows) != 1 || rows[0].ID != id {
			t.Errorf("claimed %v, want row %d", rows, id)
		}
		return err
	})
}

func third[T any](_ T, err error) error { return err }
