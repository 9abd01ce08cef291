package bot_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"linli/bot"
	"linli/storage"
	"linli/storage/bolt"
)

// days gives all sealed days, oldest first.
func (s *stage) days() (list []storage.Day) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		list = nil
		last, err := tx.SealedDay("")
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		t, _ := time.Parse(time.DateOnly, last.Date)
		for {
			d, err := tx.SealedDay(t.Format(time.DateOnly))
			if errors.Is(err, storage.ErrNone) {
				return nil
			}
			list = append([]storage.Day{d}, list...)
			t = t.AddDate(0, 0, -1)
		}
	})
	return list
}

// wantDays checks how many records each day has, from the first on.
func (s *stage) wantDays(first string, records ...int) {
	s.Helper()
	list := s.days()
	if len(list) != len(records) || list[0].Date != first {
		s.Fatalf("days: %+v, want %d from %s", list, len(records), first)
	}
	var before []byte
	for i, d := range list {
		if d.Records != records[i] || !bytes.Equal(d.Before, before) {
			s.Errorf("%s: %d records, want %d", d.Date, d.Records, records[i])
		}
		before = d.Root
	}
}

// records counts what is in the journal of all cases.
func (s *stage) records() (n int) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		n = 0
		all, err := tx.Cases(1000, nil)
		for _, c := range all {
			rs, err := tx.Journal(c.ID)
			if err != nil {
				return err
			}
			n += len(rs)
		}
		return err
	})
	return n
}

func TestSealDays(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	seal := func() {
		t.Helper()
		if err := s.b.SealDays(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	seal() // on the first day there is nothing before it
	s.wantDays("2026-03-10", 0)
	s.say("p1", "", "事情一")
	s.say("p1", "", "事情二")
	wednesday := s.records()
	seal()
	s.wantDays("2026-03-10", 0) // the day is not over
	s.clock.Set(time.Date(2026, 3, 11, 23, 59, 59, 0, s.o.Settings.Zone))
	seal()
	s.wantDays("2026-03-10", 0)
	// In UTC it is still Wednesday then.
	s.clock.Set(time.Date(2026, 3, 12, 0, 0, 0, 0, s.o.Settings.Zone))
	seal()
	seal()
	s.wantDays("2026-03-10", 0, wednesday)

	// Linli is not there from Thursday on, and comes back on Sunday.
	s.say("p1", "", "事情三")
	thursday := s.records() - wednesday
	s.clock.Set(time.Date(2026, 3, 15, 9, 0, 0, 0, s.o.Settings.Zone))
	s.restart()
	seal()
	s.wantDays("2026-03-10", 0, wednesday, thursday, 0, 0)
	if thursday == 0 || wednesday <= thursday {
		t.Fatal("nothing was noted")
	}

	// A clock that was put back seals nothing, and loses nothing.
	s.clock.Set(time.Date(2026, 3, 13, 9, 0, 0, 0, s.o.Settings.Zone))
	s.say("p1", "", "事情四")
	seal()
	s.wantDays("2026-03-10", 0, wednesday, thursday, 0, 0)
	s.clock.Set(time.Date(2026, 3, 16, 0, 30, 0, 0, s.o.Settings.Zone))
	seal()
	s.wantDays("2026-03-10", 0, wednesday, thursday, 0, 0, s.records()-wednesday-thursday)
}

// failsOnce lets the first Update fail after its commit, or before.
type failsOnce struct {
	storage.Store
	committed bool
	failed    *bool
}

var errFails = errors.New("it failed")

func (f failsOnce) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if *f.failed {
		return f.Store.Update(ctx, fn)
	}
	*f.failed = true
	if !f.committed {
		return errFails
	}
	return errors.Join(f.Store.Update(ctx, fn), errFails)
}

// A seal that failed, wherever it did, is made up for by the next one.
func TestSealFails(t *testing.T) {
	for what, committed := range map[string]bool{"before its commit": false, "after its commit": true} {
		t.Run(what, func(t *testing.T) {
			s := newStage(t, nil, toy(t, "toy", only()))
			s.say("p1", "", "事情")
			n, failed := s.records(), false
			o := s.o
			o.Store = failsOnce{s.store, committed, &failed}
			b, err := bot.New(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.SealDays(t.Context()); !errors.Is(err, errFails) {
				t.Fatalf("got %v", err)
			}
			if err := b.SealDays(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.wantDays("2026-03-10", n)
		})
	}
}

// tells says when a day was sealed.
type tells struct {
	storage.Store
	sealed chan string
}

func (w tells) Update(ctx context.Context, fn func(storage.Tx) error) error {
	var was, is string
	err := w.Store.Update(ctx, func(tx storage.Tx) error {
		d, _ := tx.SealedDay("")
		was = d.Date
		err := fn(tx)
		d, _ = tx.SealedDay("")
		is = d.Date
		return err
	})
	if err == nil && was != is {
		w.sealed <- is
	}
	return err
}

// While Linli runs a day is sealed when it is over, not an hour after.
func TestMidnight(t *testing.T) {
	sealed := make(chan string, 10)
	s := newStage(t, func(o *bot.Options) { o.Store = tells{o.Store, sealed} }, toy(t, "toy", only()))
	s.clock.Set(time.Date(2026, 3, 11, 23, 50, 0, 0, s.o.Settings.Zone))
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.b.Run(ctx) }()
	minute := time.NewTicker(10 * time.Millisecond) // Run looks at the clock once in a minute, or when it is nudged
	defer minute.Stop()
	limit := time.After(30 * time.Second)
	want := func(date string) {
		t.Helper()
		for {
			select {
			case got := <-sealed:
				if got != date {
					t.Errorf("sealed %s, want %s", got, date)
				}
				return
			case <-minute.C:
				s.b.Nudge()
			case <-limit:
				t.Fatalf("%s was not sealed", date)
			}
		}
	}
	want("2026-03-10") // at the start, what is over
	s.clock.Set(time.Date(2026, 3, 12, 0, 0, 1, 0, s.o.Settings.Zone))
	want("2026-03-11")
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// People are forgotten, cases expire, the file is rewritten: the days stay what they
// were.
func TestDaysOutliveErasure(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了，501的靐靐")
	h.tap("p1", "登记")
	h.drain()
	h.clock.Set(h.clock.Now().Add(day))
	if err := h.b.SealDays(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, n := h.days(), h.records()
	if len(before) != 1 || before[0].Records != n || n == 0 {
		t.Fatalf("%+v of %d", before, n)
	}
	h.update(func(tx storage.Tx) error {
		all, err := tx.Cases(100, nil)
		for _, c := range all {
			c.Done, c.Ended = true, h.clock.Now()
			err = errors.Join(err, tx.PutCase(c))
		}
		return err
	})
	var wang storage.Person
	h.view(func(tx storage.Tx) (err error) { wang, err = tx.PersonAt("toy:p1"); return err })
	if e, err := h.b.Erase(t.Context(), wang.ID, "asked"); err != nil || e.Records == 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	h.sweep(500)
	h.sweep(1)
	if n := h.records(); n != 0 {
		t.Fatalf("%d records are left, so nothing expired", n)
	}
	if err := h.db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "linli.db")
	if err := h.db.BackupTo(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	r, err := bolt.Check(copied)
	if err != nil || !r.Sound() || r.Communities[0].Erased == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if d := r.Communities[0].Days[0]; !d.Right || d.Records != n || !bytes.Equal(d.Root, before[0].Root) {
		t.Errorf("the first day is %+v, was %+v", d, before[0])
	}
	if got := len(r.Communities[0].Days); got != 502 {
		t.Errorf("%d days", got)
	}
}
