package storagetest

import (
	"bytes"
	"errors"
	"testing"

	"linli/flows"
	"linli/storage"
)

// sealing seals what is not sealed yet.
func sealing(date string) func(storage.Tx) error {
	return func(tx storage.Tx) error {
		d, _, err := tx.Unsealed()
		if err != nil {
			return err
		}
		d.Date, d.At = date, noon
		_, err = tx.SealDay(d)
		return err
	}
}

func unsealed(t fataler, s storage.Store) (d storage.Day, last string) {
	t.Helper()
	d = ask(t, s, func(tx storage.Tx) (d storage.Day, err error) { d, last, err = tx.Unsealed(); return d, err })
	return d, last
}

func sealedDays(t *testing.T, k Keeper) {
	a, b := k.In("a"), k.In("b")
	note := func(s storage.Store, ids ...flows.ID) {
		t.Helper()
		for _, id := range ids {
			update(t, s, func(tx storage.Tx) error {
				return tx.Note(storage.Record{Case: id, At: noon, By: "王", After: "open"})
			})
		}
	}
	day := func(s storage.Store, date string) storage.Day {
		t.Helper()
		return ask(t, s, func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay(date) })
	}
	if d, last := unsealed(t, a); d.Records != 0 || last != "" || d.Before != nil {
		t.Errorf("of nothing: %+v after %q", d, last)
	}
	lacks(t, a, "the last day", func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay("") })

	note(a, "k1", "k2", "k1")
	note(b, "k1")
	// What is noted after a day was made ready is not of it.
	ready, last := unsealed(t, a)
	if ready.Records != 3 || last != "" {
		t.Fatalf("made ready: %+v after %q", ready, last)
	}
	note(a, "k1", "k3")
	ready.Date, ready.At = "2026-03-10", noon
	var first storage.Day
	update(t, a, func(tx storage.Tx) (err error) { first, err = tx.SealDay(ready); return err })
	equal(t, "the first day", day(a, "2026-03-10"), first)
	equal(t, "the last day", day(a, ""), first)
	again := first
	if again.Seal(); first.Records != 3 || len(first.Root) != 32 || !bytes.Equal(again.Root, first.Root) || first.Before != nil {
		t.Errorf("the first day: %+v", first)
	}
	lacks(t, b, "a day of a", func(tx storage.Tx) (storage.Day, error) { return tx.SealedDay("2026-03-10") })

	// Nothing is sealed twice, or over a day that is sealed.
	for what, d := range map[string]storage.Day{
		"the same date": {Date: "2026-03-10", At: noon, Before: first.Root},
		"before it":     {Date: "2026-03-09", At: noon, Before: first.Root},
		"made before":   {Date: "2026-03-11", At: noon, Records: 3, Sum: ready.Sum, Parts: ready.Parts},
	} {
		err := a.Update(t.Context(), func(tx storage.Tx) error { _, err := tx.SealDay(d); return err })
		if !errors.Is(err, storage.ErrSealed) {
			t.Errorf("%s: got %v, want storage.ErrSealed", what, err)
		}
	}
	for _, date := range []string{"", "10. 3. 2026"} {
		if err := a.Update(t.Context(), sealing(date)); err == nil || errors.Is(err, storage.ErrSealed) {
			t.Errorf("the date %q: %v", date, err)
		}
	}

	// Letting go of people and cases changes no day, sealed or not.
	before, last := unsealed(t, a)
	if before.Records != 2 || last != "2026-03-10" || !bytes.Equal(before.Before, first.Root) {
		t.Errorf("what waited: %+v after %q", before, last)
	}
	update(t, a, func(tx storage.Tx) error {
		return errors.Join(tx.DropCase("k2"), tx.DropCase("k3"), tx.EraseRecords("k1", func(r storage.Record) bool { return r.Seq > 1 }))
	})
	after, _ := unsealed(t, a)
	equal(t, "what is not sealed, after erasure", after, before)

	// A day without records, and what comes after it.
	update(t, a, sealing("2026-03-11"))
	second := day(a, "")
	update(t, a, sealing("2026-03-13"))
	third := day(a, "")
	if third.Records != 0 || third.Sum != nil || !bytes.Equal(third.Before, second.Root) || bytes.Equal(third.Root, second.Root) {
		t.Errorf("an empty day: %+v", third)
	}
	note(a, "k2")
	if d, last := unsealed(t, a); d.Records != 1 || last != "2026-03-13" {
		t.Errorf("a step of a case that was dropped: %+v after %q", d, last)
	}

	// The other community has had its own all the time.
	update(t, b, sealing("2026-03-10"))
	if d := day(b, ""); d.Records != 1 || d.Before != nil || bytes.Equal(d.Root, first.Root) {
		t.Errorf("the day of b: %+v", d)
	}
	equal(t, "the first day", day(a, "2026-03-10"), first)
	// In one transaction, what it has just noted is seen.
	update(t, b, func(tx storage.Tx) error {
		return errors.Join(tx.Note(storage.Record{Case: "k9", At: noon, After: "open"}), sealing("2026-03-12")(tx))
	})
	if d := day(b, ""); d.Records != 1 {
		t.Errorf("noted and sealed at once: %+v", d)
	}
}
