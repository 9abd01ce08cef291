package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"linli/bot"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// How many messages a second the whole engine takes durably, beside what the
// file itself can do with the same bytes in the same run:
//
//	go test -run - -bench . -benchtime 3s ./cmd/linli
//
// Everything is real but the platform, which takes every message at once.

// A town large enough that a run does not meet the same matter too often.
const (
	benchGrids     = 40
	benchBuildings = 400
	benchUnits     = 5
	benchMembers   = 16 // of a group, who write
	benchSay       = 4  // of so many reports one opens a case, the others follow it
)

// swallow is a platform that takes everything.
type swallow struct{ sent atomic.Int64 }

func (*swallow) Name() string { return "swallow" }
func (*swallow) Capabilities() bot.Capabilities {
	return bot.Capabilities{ReadsGroup: true, PostsGroup: true, Edits: true, Buttons: 100, DataBytes: 64, Text: 4096, Unit: bot.UTF16}
}
func (s *swallow) Send(context.Context, string, bot.Message) (string, error) {
	return fmt.Sprint(s.sent.Add(1)), nil
}

func benchSettings(b *testing.B) *flows.Settings {
	b.Helper()
	f, err := community.Read("../../flows/community/example.yaml", demand.DutyList())
	if err != nil {
		b.Fatal(err)
	}
	s := *f.Settings
	s.Version += " and larger"
	s.Limits.Burst = 1 << 30 // a bench has few people, who speak without end
	s.Grids, s.Buildings, s.Spots = nil, nil, nil
	for i := range benchGrids {
		id := fmt.Sprintf("g%d", i+1)
		leader := flows.Official{ID: flows.PersonID("leader" + id), Name: fmt.Sprintf("网格员%d", i+1), Posts: []flows.Post{{Role: flows.Leader, Scope: flows.Scope{Grid: id}}}}
		s.People = append(s.People, leader)
		s.Grids = append(s.Grids, flows.Grid{ID: id, Name: fmt.Sprintf("第%d网格", i+1), Households: 300, Leader: leader.ID})
	}
	for i := range benchBuildings {
		x := flows.Building{ID: fmt.Sprint(i + 1), Name: fmt.Sprintf("%d号楼", i+1), Grid: s.Grids[i%benchGrids].ID, Floors: 12, PerFloor: 4}
		for u := range benchUnits {
			x.Units = append(x.Units, fmt.Sprint(u+1))
		}
		s.Buildings = append(s.Buildings, x)
	}
	return &s
}

// bench is an engine with its people.
type bench struct {
	engine   *bot.Bot
	store    storage.Store
	channel  *swallow
	settings *flows.Settings
	stop     func()
}

// weekday is a Monday in working hours: the cards leave at once.
var weekday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))

// benchWith is what a bench has besides, or instead of, its own.
type benchWith struct {
	channel bot.Channel // heard beside the platform of the bench, by ears
	ears    *later
	address func(i int) string                // of person i there
	wrap    func(storage.Store) storage.Store // around the store
}

func newBench(b *testing.B, with ...benchWith) *bench {
	b.Helper()
	var more benchWith
	for _, w := range with {
		more = w
	}
	db, err := bolt.Open(filepath.Join(b.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	x := &bench{store: db.In("example"), channel: &swallow{}, settings: benchSettings(b)}
	fl, err := allFlows()
	if err != nil {
		b.Fatal(err)
	}
	if more.wrap != nil {
		x.store = more.wrap(x.store)
	}
	channels := []bot.Channel{x.channel}
	if more.channel != nil {
		channels = append(channels, more.channel)
	}
	began := time.Now()
	x.engine, err = bot.New(bot.Options{Store: x.store, Settings: x.settings, Flows: fl, Channels: channels, Reader: local.New(),
		Now: func() time.Time { return weekday.Add(time.Since(began)) }, Workers: 32})
	if err != nil {
		b.Fatal(err)
	}
	err = x.store.Update(b.Context(), func(tx storage.Tx) error {
		known := func(id flows.PersonID, address string) error {
			address = x.channel.Name() + ":" + address
			return tx.PutPerson(storage.Person{ID: id, Name: string(id), Consent: weekday, Addresses: []string{address}, Reach: []string{address}})
		}
		for _, o := range x.settings.People {
			if err := known(o.ID, string(o.ID)); err != nil {
				return err
			}
		}
		for i := range 256 * benchMembers {
			if err := known(flows.PersonID(fmt.Sprintf("p%d", i)), fmt.Sprint(i)); err != nil {
				return err
			}
		}
		for i := 0; i < 256 && more.address != nil; i++ {
			p := storage.Person{ID: flows.PersonID(fmt.Sprintf("h%d", i)), Consent: weekday, Addresses: []string{more.address(i)}, Reach: []string{more.address(i)}}
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if more.ears != nil {
		more.ears.bot.Store(x.engine)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- x.engine.Run(ctx) }()
	x.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}
	// The first message of a group introduces Linli; that is not what is measured.
	for chat := range 256 {
		if _, err := x.engine.Receive(b.Context(), x.inbound(-1, chat, "早上好")); err != nil {
			b.Fatal(err)
		}
	}
	return x
}

func (x *bench) inbound(i, chat int, text string) bot.Inbound {
	at, from := fmt.Sprintf("-100%d", chat), fmt.Sprint(chat*benchMembers+(i+benchMembers)%benchMembers)
	return bot.Inbound{
		Channel: x.channel.Name(), Keys: []string{fmt.Sprintf("u/%d/%d", chat, i), fmt.Sprintf("m/%s/%d", at, i)}, At: weekday, Kind: bot.Said,
		Chat: bot.Peer{Address: at, Name: "居民群", Group: true}, From: bot.Peer{Address: from, Name: "居民" + from, Person: true},
		Message: flows.Message{Ref: fmt.Sprint(i), Text: text},
	}
}

// kinds are what people write.
var kinds = []struct {
	name string
	text func(x *bench, i int) string
}{
	{"chatter", func(_ *bench, i int) string { return chatter[i%len(chatter)] }},
	{"demand", func(x *bench, i int) string {
		n := i / benchSay // the matter
		at := x.settings.Buildings[n%benchBuildings]
		form := wrong[n/(benchBuildings*benchUnits)%len(wrong)].first
		return fmt.Sprintf(form, at.Name+at.Units[n/benchBuildings%benchUnits]+"单元", i)
	}},
}

var crowds = []int{1, 64, 256}

func BenchmarkDurable(b *testing.B) {
	for _, kind := range kinds {
		for _, chats := range crowds {
			b.Run(fmt.Sprintf("%s/chats=%d", kind.name, chats), func(b *testing.B) {
				x := newBench(b)
				defer x.stop()
				before := x.cases(b)
				took := make([][]time.Duration, chats)
				var next atomic.Int64
				var all sync.WaitGroup
				b.ResetTimer()
				for chat := range chats {
					all.Go(func() {
						for {
							i := int(next.Add(1)) - 1
							if i >= b.N {
								return
							}
							in := x.inbound(i, chat, kind.text(x, i))
							began := time.Now()
							if _, err := x.engine.Receive(context.Background(), in); err != nil {
								b.Error(err)
								return
							}
							took[chat] = append(took[chat], time.Since(began))
						}
					})
				}
				all.Wait()
				b.StopTimer()
				figures(b, slices.Concat(took...))
				b.ReportMetric(float64(x.channel.sent.Load())/float64(b.N), "sent/msg") // by then
				// What is measured is what was meant: a case for every so many reports.
				most := len(wrong) * benchBuildings * benchUnits
				want := 0
				if kind.name == "demand" {
					want = min((b.N+benchSay-1)/benchSay, most)
				}
				if got := x.cases(b) - before; got != want {
					b.Errorf("%d messages made %d cases, want %d", b.N, got, want)
				}
			})
		}
	}
}

func figures(b *testing.B, took []time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}

func (x *bench) cases(b *testing.B) int {
	b.Helper()
	n := 0
	err := x.store.View(b.Context(), func(tx storage.Tx) error {
		_, err := tx.Cases(1, func(c flows.Case) bool {
			if c.Flow == "demand" {
				n++
			}
			return false
		})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkBareBolt is what the file takes without an engine: the rows of such
// messages with their bytes, under keys that grow, so many messages to a
// transaction, nothing read, understood, encoded or indexed.
func BenchmarkBareBolt(b *testing.B) {
	for _, kind := range kinds {
		rows := measured(b, kind.text)
		for _, events := range crowds {
			b.Run(fmt.Sprintf("%s/events=%d", kind.name, events), func(b *testing.B) {
				db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{InitialMmapSize: 1 << 30, NoStatistics: true})
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				var took []time.Duration
				bytes, row := 0, uint64(0)
				for _, r := range rows {
					for _, v := range r {
						bytes += len(v.value)
					}
				}
				b.ResetTimer()
				for i := 0; i < b.N; i += events {
					began := time.Now()
					err := db.Update(func(tx *bbolt.Tx) error {
						for j := i; j < min(i+events, b.N); j++ {
							for _, r := range rows[j%len(rows)] {
								bucket, err := tx.CreateBucketIfNotExists([]byte(r.table))
								if err != nil {
									return err
								}
								bucket.FillPercent = 0.9
								row++
								if err := bucket.Put(binary.BigEndian.AppendUint64(nil, row), r.value); err != nil {
									return err
								}
							}
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(began))
				}
				b.StopTimer()
				figures(b, took)
				b.ReportMetric(float64(bytes)/float64(len(rows)), "B/msg")
			})
		}
	}
}

// written is a row that a message writes.
type written struct {
	table string
	value []byte
}

// measured gives the rows that the engine writes for each of a few hundred
// messages, as long as they are.
func measured(b *testing.B, text func(*bench, int) string) (rows [][]written) {
	x := newBench(b)
	defer x.stop()
	fl, err := allFlows()
	if err != nil {
		b.Fatal(err)
	}
	scale := &weighing{Store: x.store}
	engine, err := bot.New(bot.Options{Store: scale, Settings: x.settings, Flows: fl, Channels: []bot.Channel{x.channel}, Reader: local.New(), Now: func() time.Time { return weekday }})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 400 {
		scale.rows = nil
		if _, err := engine.Receive(b.Context(), x.inbound(i, i%64, text(x, i))); err != nil {
			b.Fatal(err)
		}
		rows = append(rows, scale.rows)
	}
	return rows
}

// weighing is a store that notes what is written to it.
type weighing struct {
	storage.Store
	rows []written
}

func (w *weighing) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return w.Store.Update(ctx, func(tx storage.Tx) error { return fn(&weighed{tx, w}) })
}

type weighed struct {
	storage.Tx
	on *weighing
}

func (w *weighed) note(table string, v any) {
	value, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was about to be kept
	}
	w.on.rows = append(w.on.rows, written{table, value})
}

func (w *weighed) Once(name string, at time.Time, answer []byte) ([]byte, bool, error) {
	w.note("marks", name)
	return w.Tx.Once(name, at, answer)
}
func (w *weighed) PutKey(name string, value []byte) error {
	w.note("keys", name+string(value))
	return w.Tx.PutKey(name, value)
}
func (w *weighed) PutChat(c flows.Chat) error           { w.note("chats", c); return w.Tx.PutChat(c) }
func (w *weighed) PutPerson(p storage.Person) error     { w.note("people", p); return w.Tx.PutPerson(p) }
func (w *weighed) PutCase(c flows.Case) error           { w.note("cases", c); return w.Tx.PutCase(c) }
func (w *weighed) Note(r storage.Record) error          { w.note("journal", r); return w.Tx.Note(r) }
func (w *weighed) AddJob(j storage.Job) (uint64, error) { w.note("jobs", j); return w.Tx.AddJob(j) }
func (w *weighed) PutJob(j storage.Job) error           { w.note("jobs", j); return w.Tx.PutJob(j) }
func (w *weighed) PutEntry(id flows.ID, e flows.Entry) error {
	w.note("entries", e)
	return w.Tx.PutEntry(id, e)
}
func (w *weighed) PutRef(chat flows.ChatID, ref string, id flows.ID) error {
	w.note("refs", string(chat)+ref+string(id))
	return w.Tx.PutRef(chat, ref, id)
}

// BenchmarkSync is what the disk takes: four kilobytes written over
// themselves, and synced.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "page"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	var took []time.Duration
	for i := 0; i < b.N; i++ {
		began := time.Now()
		page[0] = byte(i)
		if _, err := f.WriteAt(page, 0); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	figures(b, took)
}
