package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"linli/flows"
	"linli/storage"
)

func caseID(i int) flows.ID { return flows.ID(fmt.Sprintf("k%x", i)) }

// accept writes what a typical message that opens a case leaves behind.
func accept(tx storage.Tx, i int, now time.Time) error {
	if _, seen, err := tx.Once(fmt.Sprint("telegram:update:", i), now, nil); seen || err != nil {
		return fmt.Errorf("message %d: seen %v: %w", i, seen, err)
	}
	id := caseID(i)
	c := flows.Case{ID: id, Flow: "demand", No: i + 1, Opened: now, Data: state, Summary: flows.Summary{
		Stage: "waiting", Matter: []string{fmt.Sprintf("drain/%d/2/", i%500)}, Item: "drain", Place: flows.Place{Building: "3", Unit: "2"},
		Holder: "wang", Due: now.Add(time.Hour),
	}}
	if err := tx.PutCase(c); err != nil {
		return err
	}
	if err := tx.Note(storage.Record{Case: id, At: now, Event: "opened", Kind: "said", By: "r12", After: "waiting", Settings: "17"}); err != nil {
		return err
	}
	for _, lane := range []string{"telegram:1001", "telegram:1002"} {
		if _, err := tx.AddJob(storage.Job{Kind: "send", Case: id, Lane: fmt.Sprint(lane, i%200), At: now, Body: text}); err != nil {
			return err
		}
	}
	return nil
}

var (
	state = json.RawMessage(`{"data":"` + strings.Repeat("x", 300) + `"}`)
	text  = json.RawMessage(`{"text":"` + strings.Repeat("x", 120) + `"}`)
)

// bare gives the rows that accept leaves in the file, without their indexes,
// so that the bare loop writes the same bytes.
func bare(b *testing.B) (values [5][]byte) {
	db := openIn(b, b.TempDir(), Options{})
	err := db.In("a").Update(context.Background(), func(tx storage.Tx) error { return accept(tx, 1, time.Unix(1_800_000_000, 0)) })
	if err != nil {
		b.Fatal(err)
	}
	err = db.file().View(func(t *bbolt.Tx) error {
		values[0] = make([]byte, 4) // the mark
		for i, table := range []table{cases, journal, jobs} {
			_, v := t.Bucket(table.name()).Cursor().First()
			values[i+1] = append([]byte(nil), v...)
		}
		values[4] = values[3]
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return values
}

// backlog is how many messages a benchmark accepts before, off the clock, the
// outbox is drained and the cases are closed, as happens to them in life: the
// indexes of the outbox and of open cases are small.
const backlog = 2048

// BenchmarkUpdate accepts messages of so many chats, each waiting for its
// answer before it says more.
func BenchmarkUpdate(b *testing.B) {
	for _, chats := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("chats=%d", chats), func(b *testing.B) {
			db := openIn(b, b.TempDir(), Options{})
			s, commits := db.In("a"), 0
			now := time.Unix(1_800_000_000, 0)
			b.ResetTimer()
			for from := 0; from < b.N; from += backlog {
				to := min(from+backlog, b.N)
				before := db.at()
				var next atomic.Int64
				next.Store(int64(from))
				var wg sync.WaitGroup
				for range chats {
					wg.Go(func() {
						for i := int(next.Add(1)) - 1; i < to; i = int(next.Add(1)) - 1 {
							if err := s.Update(context.Background(), func(tx storage.Tx) error { return accept(tx, i, now) }); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				commits += db.at() - before
				if err := s.Update(context.Background(), func(tx storage.Tx) error { return drain(tx, from, to) }); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
			b.ReportMetric(float64(b.N)/float64(commits), "msgs/commit")
		})
	}
}

func drain(tx storage.Tx, from, to int) error {
	for i := from; i < to; i++ {
		rows, err := tx.JobsOf(caseID(i))
		if err != nil {
			return err
		}
		for _, j := range rows {
			if err := tx.DropJob(j.ID); err != nil {
				return err
			}
		}
		c, err := tx.Case(caseID(i))
		if err != nil {
			return err
		}
		c.Done = true
		if err := tx.PutCase(c); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkBareBolt is what Bolt itself takes: the same bytes under counters as
// keys, so many events to a transaction, nothing read, encoded or indexed.
func BenchmarkBareBolt(b *testing.B) {
	values := bare(b)
	for _, events := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{InitialMmapSize: room(), NoStatistics: true})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			b.ResetTimer()
			for i := 0; i < b.N; i += events {
				err := db.Update(func(t *bbolt.Tx) error {
					for n, v := range values {
						bucket, err := t.CreateBucketIfNotExists([]byte{byte(n)})
						if err != nil {
							return err
						}
						bucket.FillPercent = 0.9
						for j := i; j < min(i+events, b.N); j++ {
							if err := bucket.Put(put64(nil, uint64(j)), v); err != nil {
								return err
							}
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}

// BenchmarkSeal seals a day of 40 new cases and 200 records, behind a year of
// such days; bytes/day is what a day takes in the file.
func BenchmarkSeal(b *testing.B) {
	db := openIn(b, b.TempDir(), Options{})
	db.file().NoSync = true // the history, not the seals
	s := db.In("a")
	const history, fresh, steps = 365, 40, 200
	day := func(i int) {
		err := s.Update(b.Context(), func(tx storage.Tx) error {
			for j := range steps {
				// Four in five are steps of new cases, one of cases of the last hundred days.
				n := i*fresh + j%fresh
				if j%5 == 4 {
					n = max(0, n-fresh*(j%100))
				}
				if err := tx.Note(storage.Record{Case: caseID(n), At: time.Unix(1_800_000_000, 0), Event: "e12345", Kind: "chose", By: "p1", Before: "open", After: "done", Settings: "v1"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	first := time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)
	size, i := 0, 0
	seal := func() (d storage.Day) {
		err := s.View(b.Context(), func(tx storage.Tx) (err error) { d, _, err = tx.Unsealed(); return err })
		d.Date, d.At = first.AddDate(0, 0, i).Format(time.DateOnly), first
		err2 := s.Update(b.Context(), func(tx storage.Tx) (err error) { d, err = tx.SealDay(d); return err })
		if err := errors.Join(err, err2); err != nil || d.Records != steps {
			b.Fatal(d.Records, err)
		}
		i++
		return d
	}
	for i < history {
		day(i)
		d := seal()
		text, _ := (&snapshot{}).encode(d)
		size += len(text) + 18 // key and checksum
	}
	db.file().NoSync = false
	for b.Loop() {
		b.StopTimer()
		day(i)
		b.StartTimer()
		seal()
	}
	path := db.path
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if r, err := Check(path); err != nil || !r.Sound() {
		b.Fatal(err, r.Damages)
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/check")
	b.ReportMetric(float64(size)/history, "bytes/day")
}
