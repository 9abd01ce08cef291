package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"linli/storage"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// The days of marks that nobody looks for are gone from the file, and only
// those.
func TestMarksAreDroppedWhole(t *testing.T) {
	db := openIn(t, t.TempDir(), Options{})
	noon := time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)
	for _, community := range []string{"a", "b"} {
		for day := range 3 {
			err := db.In(community).Update(t.Context(), func(tx storage.Tx) error {
				_, _, err := tx.Once(fmt.Sprint(day), noon.AddDate(0, 0, day), nil)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func() (n int) {
		db.file().View(func(b *bbolt.Tx) error { n = len((&snapshot{bolt: b}).days()); return nil })
		return n
	}
	for _, step := range []struct {
		community string
		before    int
		want      int
	}{{"a", 2, 3}, {"b", 1, 2}, {"b", 2, 1}, {"b", 9, 1}, {"a", 9, 0}} {
		err := db.In(step.community).Update(t.Context(), func(tx storage.Tx) error { return tx.DropMarks(noon.AddDate(0, 0, step.before)) })
		if err != nil {
			t.Fatal(err)
		}
		if got := left(); got != step.want {
			t.Errorf("after %s dropped %d days: %d left, want %d", step.community, step.before, got, step.want)
		}
	}
}

// A claim reads what it takes, not the lanes behind it.
func TestClaimIsCheap(t *testing.T) {
	db := openIn(t, t.TempDir(), Options{})
	s := db.In("a")
	err := s.Update(t.Context(), func(tx storage.Tx) error {
		for i := range 3000 {
			if _, err := tx.AddJob(storage.Job{Lane: fmt.Sprint(i % 3), Urgent: i%2 == 0}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = db.file().View(func(b *bbolt.Tx) error {
		return b.Bucket(ready.name()).ForEach(func(_, v []byte) error { n++; return nil })
	})
	if err != nil || n != 3 {
		t.Errorf("%d rows are ready for 3 lanes (%v)", n, err)
	}
}

func TestDropLeavesNoRows(t *testing.T) {
	db := openIn(t, t.TempDir(), Options{})
	s := db.In("a")
	for i := range 20 {
		err := s.Update(t.Context(), func(tx storage.Tx) error { return accept(tx, i, time.Unix(1_800_000_000, 0)) })
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(t.Context(), func(tx storage.Tx) error {
			if _, _, err := tx.Claim(time.Unix(1_900_000_000, 0), "w", time.Minute, 1, nil); err != nil {
				return err
			}
			return tx.DropCase(caseID(i))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := db.file().View(func(b *bbolt.Tx) error {
		for t2 := range tables {
			switch t2 {
			case settings, communities, counters, numbers, journal:
				continue
			}
			if k, _ := b.Bucket(t2.name()).Cursor().First(); k != nil {
				t.Errorf("table %s still has rows", t2.name())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadyKeyRoundTrip(t *testing.T) {
	x := &tx{community: 7}
	for _, at := range []time.Time{{}, time.Unix(-1, 999_999_999), time.Unix(0, 0), time.Date(2026, 3, 11, 9, 0, 0, 123456789, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got := readyTime(x.readyKey(storage.Job{ID: 1, At: at})); !got.Equal(at) {
			t.Errorf("%v came back as %v", at, got)
		}
	}
	early, late := x.readyKey(storage.Job{ID: 9}), x.readyKey(storage.Job{ID: 1, At: time.Unix(0, 0)})
	if bytes.Compare(early, late) >= 0 || binary.BigEndian.Uint32(early) != 7 {
		t.Error("times before 1970 do not come first")
	}
}
