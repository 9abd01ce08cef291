package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"linli/flows"
	"linli/storage"
)

// forger changes a closed file below everything that keeps it honest: each row it
// writes has a checksum that is right.
type forger struct{ b *bbolt.Tx }

type forged struct {
	key []byte
	r   storage.Record
}

// journal gives the records of a community.
func (f forger) journal(community uint32) (list []forged) {
	_ = (&snapshot{bolt: f.b}).every(journal, func(c uint32, k, v []byte, sound bool) error {
		var r storage.Record
		if x := (&tx{snap: &snapshot{bolt: f.b}}); c == community && sound && x.open(journal, k, v, &r) == nil {
			list = append(list, forged{bytes.Clone(k), r})
		}
		return nil
	})
	return list
}

func (f forger) days(community uint32) (list []storage.Day) {
	list, _ = all[storage.Day](&tx{snap: &snapshot{bolt: f.b}, community: community}, sealed)
	return list
}

func (f forger) put(t table, community uint32, key []byte, v any) error {
	body, err := (&snapshot{}).encode(v)
	if err != nil {
		return err
	}
	return f.b.Bucket(t.name()).Put(key, seal(t, community, key, body))
}

func (f forger) del(t table, key []byte) error { return f.b.Bucket(t.name()).Delete(key) }

func (f forger) putDay(community uint32, d storage.Day) error {
	return f.put(sealed, community, append(put32(nil, community), d.Date...), d)
}

// rechain writes the journal of one case anew, so that its chain is right.
func (f forger) rechain(community uint32, n uint64, list []storage.Record) error {
	var prev []byte
	for i, r := range list {
		r.Seq, r.Erased = i+1, false
		storage.Seal(prev, &r, bytes.Repeat([]byte{7}, 16))
		prev = r.Chain
		if err := f.put(journal, community, put64(put64(nil, n), uint64(r.Seq)), r); err != nil {
			return err
		}
	}
	for k, _ := f.b.Bucket(journal.name()).Cursor().Seek(put64(put64(nil, n), uint64(len(list)+1))); bytes.HasPrefix(k, put64(nil, n)); {
		if err := f.del(journal, bytes.Clone(k)); err != nil {
			return err
		}
		k, _ = f.b.Bucket(journal.name()).Cursor().Seek(put64(put64(nil, n), uint64(len(list)+1)))
	}
	return nil
}

// reseal makes every day of a community right again.
func (f forger) reseal(community uint32) error {
	var before []byte
	for _, d := range f.days(community) {
		var sum storage.DaySum
		for _, p := range partsOf(d.Parts) {
			for _, j := range f.journal(community) {
				if n, seq := be64(j.key), tail(j.key); n == p.n && p.from <= seq && seq <= p.to {
					sum.Add(j.r.Chain)
				}
			}
		}
		d.Records, d.Sum, d.Before = sum.Records(), sum.Sum(), before
		d.Seal()
		if err := f.putDay(community, d); err != nil {
			return err
		}
		before = d.Root
	}
	return nil
}

// caseOf gives the records of one case.
func caseOf(list []forged, n uint64) (of []storage.Record) {
	for _, j := range list {
		if be64(j.key) == n {
			of = append(of, j.r)
		}
	}
	return of
}

// forge changes a closed file.
func forge(path string, fn func(forger) error) error {
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	return errors.Join(file.Update(func(b *bbolt.Tx) error { return fn(forger{b}) }), file.Close())
}

// threeDays is a file of two communities with days of the same dates: a has three, b
// one. The roots are those of a, as somebody wrote them down.
func threeDays(t *testing.T) (path string, roots map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	a, roots := db.In("a"), map[string][]byte{}
	for i, date := range []string{"2026-03-10", "2026-03-11", "2026-03-12"} {
		for _, id := range []flows.ID{"k1", "k2", "k1", flows.ID(fmt.Sprint("only", i))} {
			err := a.Update(t.Context(), func(tx storage.Tx) error {
				return tx.Note(storage.Record{Case: id, At: worldTime, By: "p1", Before: "open", After: date})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		err := a.Update(t.Context(), func(tx storage.Tx) error { return sealDay(tx, date, worldTime) })
		if err != nil {
			t.Fatal(err)
		}
	}
	b := db.In("b")
	err := b.Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(tx.Note(storage.Record{Case: "k1", After: "open"}), sealDay(tx, "2026-03-10", worldTime))
	})
	err2 := a.Update(t.Context(), func(tx storage.Tx) error { return tx.Note(storage.Record{Case: "k1", After: "today"}) })
	if err := errors.Join(err, err2, db.Close()); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "linli.db")
	r, err := Check(path)
	if err != nil || !r.Sound() || len(r.Communities[0].Days) != 3 || len(r.Communities[1].Days) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, d := range r.Communities[0].Days {
		if d.Records != 4 || !d.Right {
			t.Fatalf("%+v", d)
		}
		roots[d.Date] = d.Root
	}
	return path, roots
}

// wrong gives the days of a that are not what they were.
func wrong(t *testing.T, path string) (dates []string) {
	t.Helper()
	r, err := Check(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Communities {
		for _, d := range c.Days {
			if c.Community == "b" && !d.Right {
				t.Errorf("a day of b is wrong: %+v", d)
			}
			if c.Community == "a" && !d.Right {
				dates = append(dates, d.Date)
			}
		}
	}
	if len(dates) > 0 && r.Sound() {
		t.Error("a wrong day, and nothing is damaged")
	}
	return dates
}

// Whoever can write to the file can make rows, checksums and chains right. The day
// whose records they changed is not.
func TestTamperedDays(t *testing.T) {
	const a = 1
	one := func(f forger) uint64 { return be64(f.journal(a)[0].key) } // the case k1: two records of each day, one of today
	for what, test := range map[string]struct {
		change func(forger) error
		want   []string
	}{
		"nothing": {func(forger) error { return nil }, nil},
		"a record changed": {func(f forger) error {
			list := caseOf(f.journal(a), one(f))
			list[2].By = "p2"
			return f.rechain(a, one(f), list)
		}, []string{"2026-03-10", "2026-03-11", "2026-03-12"}}, // the salts are new, so are all chains
		"the last record of a day changed": {func(f forger) error {
			list := caseOf(f.journal(a), one(f))
			r := list[5]
			r.After = "2026-03-99"
			storage.Seal(list[4].Chain, &r, r.Salt)
			return f.put(journal, a, put64(put64(nil, one(f)), 6), r)
		}, []string{"2026-03-12"}},
		"a record taken out": {func(f forger) error {
			list := caseOf(f.journal(a), one(f))
			return f.rechain(a, one(f), slices.Delete(list, 2, 3))
		}, []string{"2026-03-10", "2026-03-11", "2026-03-12"}},
		"the only record of a case taken out": {func(f forger) error {
			for _, j := range f.journal(a) {
				if j.r.Case == "only1" {
					return f.del(journal, j.key)
				}
			}
			return errors.New("it is not there")
		}, []string{"2026-03-11"}},
		"a record put in": {func(f forger) error {
			list := caseOf(f.journal(a), one(f))
			return f.rechain(a, one(f), slices.Insert(list, 1, list[0]))
		}, []string{"2026-03-10", "2026-03-11", "2026-03-12"}},
		"two cases changed places": {func(f forger) error {
			var keys [][]byte
			var rows []storage.Record
			for _, j := range f.journal(a) {
				if j.r.Case == "only0" || j.r.Case == "only1" {
					keys, rows = append(keys, j.key), append(rows, j.r)
				}
			}
			return errors.Join(f.put(journal, a, keys[0], rows[1]), f.put(journal, a, keys[1], rows[0]))
		}, []string{"2026-03-10", "2026-03-11"}},
		"a record of another community in its place": {func(f forger) error {
			j := f.journal(a)[1]
			return f.put(journal, 2, j.key, j.r)
		}, []string{"2026-03-10"}},
		"a record added today": {func(f forger) error {
			list := caseOf(f.journal(a), one(f))
			r := storage.Record{Case: "k1", Seq: len(list) + 1, At: worldTime, After: "open"}
			storage.Seal(list[len(list)-1].Chain, &r, make([]byte, 16))
			return f.put(journal, a, put64(put64(nil, one(f)), uint64(r.Seq)), r)
		}, nil}, // it will be of the day that is sealed next
		"a day with another root": {func(f forger) error {
			d := f.days(a)[1]
			d.Root[0]++
			return f.putDay(a, d)
		}, []string{"2026-03-11", "2026-03-12"}},
		"a day sealed anew": {func(f forger) error {
			d := f.days(a)[1]
			d.At = d.At.Add(time.Second)
			d.Seal()
			return f.putDay(a, d)
		}, []string{"2026-03-12"}},
		"a day that counts less": {func(f forger) error {
			d := f.days(a)[2]
			d.Records--
			return f.putDay(a, d)
		}, []string{"2026-03-12"}},
		"a day gone":         {func(f forger) error { return f.del(sealed, append(put32(nil, a), "2026-03-11"...)) }, []string{"2026-03-12"}},
		"the first day gone": {func(f forger) error { return f.del(sealed, append(put32(nil, a), "2026-03-10"...)) }, []string{"2026-03-11"}},
		"a day under another date": {func(f forger) error {
			d := f.days(a)[2]
			d.Date = "2026-03-13"
			return errors.Join(f.del(sealed, append(put32(nil, a), "2026-03-12"...)), f.putDay(a, d))
		}, []string{"2026-03-13"}},
		"a day put in": {func(f forger) error {
			d := storage.Day{Date: "2026-03-13", At: worldTime}
			d.Seal()
			return f.putDay(a, d)
		}, []string{"2026-03-13"}},
		"a day that leaves a record out": {func(f forger) error {
			d := f.days(a)[2]
			parts := partsOf(d.Parts)
			d.Parts = nil
			var prev uint64
			for _, p := range parts[:len(parts)-1] {
				d.Parts, prev = putPart(d.Parts, prev, p), p.n
			}
			return f.putDay(a, d)
		}, []string{"2026-03-12"}},
	} {
		t.Run(what, func(t *testing.T) {
			path, _ := threeDays(t)
			if err := forge(path, test.change); err != nil {
				t.Fatal(err)
			}
			if got := wrong(t, path); !slices.Equal(got, test.want) {
				t.Errorf("wrong are %v, want %v", got, test.want)
			}
		})
	}
}

// A record that no day has, between records that days have, is found even where
// whoever did it sealed all days anew.
func TestRecordBetweenDays(t *testing.T) {
	path, _ := threeDays(t)
	err := forge(path, func(f forger) error {
		d := f.days(1)[0]
		parts := partsOf(d.Parts)
		parts[0].to-- // k1 loses its second record
		d.Parts = nil
		var prev uint64
		for _, p := range parts {
			d.Parts, prev = putPart(d.Parts, prev, p), p.n
		}
		return errors.Join(f.putDay(1, d), f.reseal(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(path)
	if err != nil || len(r.Damages) != 1 || r.Damages[0].Table != "journal" || r.Damages[0].Place != 2 {
		t.Errorf("%+v, %v", r.Damages, err)
	}
}

// A day that cannot be read is a damage of its own, and not one of the day after it.
func TestDamagedDay(t *testing.T) {
	path, _ := threeDays(t)
	err := forge(path, func(f forger) error {
		return f.b.Bucket(sealed.name()).Put(append(put32(nil, 1), "2026-03-11"...), []byte("not what it was"))
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(path)
	if err != nil || len(r.Damages) != 1 || r.Damages[0].Table != string(sealed.name()) || r.Damages[0].Place != 2 {
		t.Errorf("%v, %v", r.Damages, err)
	}
	if days := r.Communities[0].Days; len(days) != 2 || !days[0].Right || !days[1].Right {
		t.Errorf("the other days: %+v", days)
	}
}

// Who seals all days anew leaves a file that is right in itself. What somebody wrote
// down tells.
func TestAllDaysForged(t *testing.T) {
	path, roots := threeDays(t)
	err := forge(path, func(f forger) error {
		n := be64(f.journal(1)[0].key)
		list := caseOf(f.journal(1), n)
		list[3].After = "nothing happened"
		return errors.Join(f.rechain(1, n, list), f.reseal(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(path)
	if err != nil || !r.Sound() {
		t.Fatalf("the forgery is not good enough: %v, %v", r.Damages, err)
	}
	for _, d := range r.Communities[0].Days {
		if bytes.Equal(d.Root, roots[d.Date]) {
			t.Errorf("%s has the root that was written down", d.Date)
		}
	}
}

// A file of before the days were sealed: all that was noted is of the first one.
func TestFirstSeal(t *testing.T) {
	dir := unpack(t)
	db := openIn(t, dir, Options{})
	before, err := db.Heads(t.Context())
	if err != nil || len(before) != 1 || before[0].Records < 3 {
		t.Fatal(before, err)
	}
	err = db.In("example").Update(t.Context(), func(tx storage.Tx) error { return sealDay(tx, "2026-03-10", worldTime) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := Check(filepath.Join(dir, "linli.db"))
	if err != nil || !r.Sound() || len(r.Communities[0].Days) != 1 || r.Communities[0].Days[0].Records != before[0].Records {
		t.Errorf("%+v, %v", r, err)
	}
}

// The power goes at the commit of a seal: the day is there or it is not, and sealed
// again it is what it was.
func TestSealInterrupted(t *testing.T) {
	dir := t.TempDir()
	var under *os.File
	db := openIn(t, dir, Options{openFile: func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		f, err = os.OpenFile(name, flag, mode)
		under = f
		return f, err
	}})
	s := db.In("a")
	err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.Note(storage.Record{Case: "k1", After: "open"}) })
	if err != nil {
		t.Fatal(err)
	}
	var ready storage.Day
	err = s.View(t.Context(), func(tx storage.Tx) (err error) { ready, _, err = tx.Unsealed(); return err })
	ready.Date, ready.At = "2026-03-10", worldTime
	if err := errors.Join(err, under.Close()); err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx storage.Tx) error { _, err := tx.SealDay(ready); return err })
	if !errors.Is(err, storage.ErrBroken) {
		t.Fatalf("got %v, want storage.ErrBroken", err)
	}
	db.Close()
	db = openIn(t, dir, Options{})
	s = db.In("a")
	err = s.Update(t.Context(), func(tx storage.Tx) error {
		if _, err := tx.SealedDay(""); !errors.Is(err, storage.ErrNone) {
			return fmt.Errorf("half a day: %v", err)
		}
		d, _, err := tx.Unsealed()
		if !bytes.Equal(d.Sum, ready.Sum) || d.Records != 1 {
			t.Errorf("after the crash: %+v", d)
		}
		return errors.Join(err, sealDay(tx, "2026-03-10", worldTime))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if got := wrong(t, filepath.Join(dir, "linli.db")); got != nil {
		t.Error(got)
	}
}

// TestDaysOfAnyHistory plays notes, seals, erasures, drops and restarts of two
// communities in any order. What was written down stays true; then one thing is
// forged, and it is found.
func TestDaysOfAnyHistory(t *testing.T) {
	root, plays, forgeries := t.TempDir(), 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		plays++
		path := filepath.Join(root, fmt.Sprint(plays, ".db"))
		defer os.Remove(path)
		open := func() *DB {
			db, err := Open(path, Options{})
			if err != nil {
				rt.Fatal(err)
			}
			db.file().NoSync = true
			return db
		}
		db := open()
		defer func() { db.Close() }()
		names := []string{"a", "b"}
		roots, noted := map[string]map[string][]byte{"a": {}, "b": {}}, map[string]int{} // as written down; since the last seal
		dates := map[string]int{}
		// Each step is about one community.
		step := func(what string, fn func(name string, tx storage.Tx) error) func(*rapid.T) {
			return func(rt *rapid.T) {
				name := rapid.SampledFrom(names).Draw(rt, what)
				if err := db.In(name).Update(t.Context(), func(tx storage.Tx) error { return fn(name, tx) }); err != nil {
					rt.Fatal(err)
				}
			}
		}
		id := func() flows.ID { return rapid.SampledFrom([]flows.ID{"k1", "k2", "k3", "k4"}).Draw(rt, "case") }
		rt.Repeat(map[string]func(*rapid.T){
			"note": step("note", func(name string, tx storage.Tx) error {
				noted[name]++
				by := rapid.SampledFrom([]flows.PersonID{"王", "李"}).Draw(rt, "by")
				// At says nothing of the day.
				at := worldTime.Add(time.Duration(rapid.IntRange(-50, 50).Draw(rt, "hours")) * time.Hour)
				c := id()
				return errors.Join(tx.Note(storage.Record{Case: c, At: at, By: by, After: "open"}), tx.PutCase(flows.Case{ID: c}))
			}),
			"seal": step("seal", func(name string, tx storage.Tx) error {
				dates[name] += rapid.IntRange(1, 3).Draw(rt, "days")
				date := worldTime.AddDate(0, 0, dates[name]).Format(time.DateOnly)
				if err := sealDay(tx, date, worldTime); err != nil {
					return err
				}
				d, err := tx.SealedDay(date)
				if d.Records != noted[name] {
					rt.Errorf("%d records were sealed, want %d", d.Records, noted[name])
				}
				roots[name][date], noted[name] = d.Root, 0
				return err
			}),
			"erase": step("erase", func(_ string, tx storage.Tx) error {
				return tx.EraseRecords(id(), func(r storage.Record) bool { return r.By == "王" })
			}),
			"drop": step("drop", func(_ string, tx storage.Tx) error { return tx.DropCase(id()) }),
			"restart": func(rt *rapid.T) {
				if err := db.Close(); err != nil {
					rt.Fatal(err)
				}
				db = open()
			},
		})
		if err := db.Close(); err != nil {
			rt.Fatal(err)
		}
		r, err := Check(path)
		if err != nil || !r.Sound() {
			rt.Fatalf("an honest file: %v, %v", r.Damages, err)
		}
		holds := func(r Report) bool {
			for _, c := range r.Communities {
				if len(c.Days) < len(roots[c.Community]) {
					return false
				}
				for _, d := range c.Days {
					if !d.Right || !bytes.Equal(d.Root, roots[c.Community][d.Date]) {
						return false
					}
				}
			}
			return r.Sound()
		}
		if !holds(r) {
			rt.Fatalf("an honest file does not hold what was written down: %+v", r.Communities)
		}
		forgedOne := false
		if err := forge(path, func(f forger) (err error) { forgedOne, err = forgeOne(rt, f); return err }); err != nil {
			rt.Fatal(err)
		}
		if forgedOne {
			forgeries++
		}
		if r, err := Check(path); forgedOne && (err != nil || holds(r)) {
			rt.Fatalf("a forgery was not found (%v)", err)
		}
	})
	if forgeries < plays/4 {
		t.Errorf("only %d of %d plays had something to forge", forgeries, plays)
	}
}

// forgeOne changes one thing that is sealed, as well as can be done, if there is any.
func forgeOne(rt *rapid.T, f forger) (done bool, err error) {
	community := rapid.SampledFrom([]uint32{1, 2}).Draw(rt, "whose")
	days := f.days(community)
	ends := map[uint64]uint64{}
	for _, d := range days {
		for _, p := range partsOf(d.Parts) {
			ends[p.n] = max(ends[p.n], p.to)
		}
	}
	all := f.journal(community)
	old := slices.DeleteFunc(slices.Clone(all), func(j forged) bool { return tail(j.key) > ends[be64(j.key)] })
	if len(days) == 0 {
		return false, nil
	}
	smart := rapid.Bool().Draw(rt, "and all days after it")
	finish := func(err error) (bool, error) {
		if err == nil && smart {
			err = f.reseal(community)
		}
		return true, err
	}
	if len(old) == 0 || rapid.IntRange(0, 2).Draw(rt, "what") == 0 {
		d := rapid.SampledFrom(days).Draw(rt, "day")
		switch rapid.IntRange(0, 5).Draw(rt, "of the day") {
		case 0:
			return true, f.del(sealed, append(put32(nil, community), d.Date...))
		case 1:
			d.Records++
			return true, f.putDay(community, d)
		case 2:
			d.At = d.At.Add(time.Hour)
			return finish(f.putDay(community, d))
		case 3:
			d.Root[rapid.IntRange(0, 31).Draw(rt, "byte")] ^= 1
			return true, f.putDay(community, d)
		case 4:
			d.Before = bytes.Repeat([]byte{1}, 32)
			d.Seal()
			return true, f.putDay(community, d)
		default:
			d.Date += "x"
			return finish(f.putDay(community, d))
		}
	}
	at := rapid.IntRange(0, len(old)-1).Draw(rt, "record")
	n, seq := be64(old[at].key), int(tail(old[at].key))
	list := caseOf(all, n)
	switch rapid.IntRange(0, 4).Draw(rt, "of the record") {
	case 0: // without mending the chain
		old[at].r.After, old[at].r.Erased = "forged", false
		return true, f.put(journal, community, old[at].key, old[at].r)
	case 1:
		return finish(f.rechain(community, n, slices.Delete(list, seq-1, seq)))
	case 2:
		return finish(f.rechain(community, n, slices.Insert(list, seq-1, storage.Record{Case: list[0].Case, After: "forged"})))
	case 3:
		list[seq-1].After = "forged"
		return finish(f.rechain(community, n, list))
	default: // as if it had been erased, with another chain
		r := storage.Erase(list[seq-1])
		r.Chain[0] ^= 1
		return true, f.put(journal, community, old[at].key, r)
	}
}
