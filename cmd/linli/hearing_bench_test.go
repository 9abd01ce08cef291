package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// What it costs to find a time for many, with all that the house does for a press:
//
//	go test -run - -bench ScheduleHouse ./cmd/linli
//
// What the rules alone cost is BenchmarkSchedule of flows/hearing.

const scheduled = 500 // people

// BenchmarkScheduleHouse is five hundred people who each press one of twenty times, on Bolt, one
// press after another and many at once, to the proposal being told.
func BenchmarkScheduleHouse(b *testing.B) {
	for _, at := range []int{1, 64} {
		b.Run(fmt.Sprintf("at=%d", at), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w, id, until, stop := asksTimes(b)
				b.StartTimer()
				var next atomic.Int64
				var all sync.WaitGroup
				for range at {
					all.Go(func() {
						for i := next.Add(1) - 1; i < scheduled; i = next.Add(1) - 1 {
							who := fmt.Sprintf("p%d", i)
							in := bot.Inbound{Channel: "play", Keys: []string{fmt.Sprint("tick/", i)}, At: w.Now(), Kind: bot.Pressed, Chat: bot.Peer{Address: "g/b3", Name: "3号楼群", Group: true},
								From: bot.Peer{Address: "m/" + who, Name: who, Person: true}, Message: flows.Message{Ref: "1"}, Press: fmt.Sprintf("%s/tick=%d", id, int(i)*7%hearing.SlotCap)}
							if _, err := w.Bot.Receive(context.Background(), in); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
				if err := w.Advance(b.Context(), until.Add(time.Minute)); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				told := false
				for _, x := range w.Seen() {
					told = told || x.Name == "陈社区" && strings.Contains(x.Text, "时间收完了")
				}
				if !told {
					b.Fatal("the proposal was not told")
				}
				stop(b)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/scheduling")
		})
	}
}

// asksTimes is a house with five hundred residents of building 3 who are asked about twenty times.
func asksTimes(b *testing.B) (w *dialogue.World, id flows.ID, until time.Time, stop func(*testing.B)) {
	b.Helper()
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		b.Fatal(err)
	}
	var all []flows.Flow
	for _, make := range []func() (flows.Flow, error){poll.New, hearing.New, demand.New, dispatch.New, room.New, purchase.New} {
		f, err := make()
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, f)
	}
	db, err := bolt.Open(filepath.Join(b.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	cast := bottest.Cast(file)
	for i := range scheduled {
		cast = append(cast, dialogue.Person{ID: flows.PersonID(fmt.Sprintf("p%d", i)), Name: fmt.Sprintf("p%d", i), Home: flows.Place{Building: "3", Unit: "1", Room: "101"}, Consent: true})
	}
	store := db.In("example")
	ctx := b.Context()
	w, err = dialogue.NewWorld(ctx, dialogue.Options{Store: store, Settings: file.Settings, Cast: cast, Flows: all, Reader: local.New(), Media: b.TempDir(),
		Start: time.Date(2026, 12, 1, 10, 0, 0, 0, file.Settings.Zone)})
	if err != nil {
		b.Fatal(err)
	}
	do := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	state := func() (st hearing.State) {
		b.Helper()
		do(store.View(ctx, func(tx storage.Tx) error {
			list, err := tx.Cases(100, func(c flows.Case) bool { return c.Flow == hearing.Name })
			for _, c := range list {
				id = c.ID
				if st, err = hearing.Read(c); err != nil {
					return err
				}
			}
			return err
		}))
		return st
	}
	do(w.Say(ctx, "陈社区", "", dialogue.Line{Text: "议题：3号楼前装不装充电桩"}))
	state()
	do(w.Advance(ctx, w.Now().AddDate(0, 0, 1)))
	do(w.Press(ctx, "韩审核", "", "", string(id)+"/rev=ok"))
	do(w.Press(ctx, "陈社区", "", "", string(id)+"/times"))
	var words []string
	for i := range hearing.SlotCap {
		words = append(words, time.Date(2026, 12, 8+i/4, 9+3*(i%4), 0, 0, 0, file.Settings.Zone).Format("1月2日15点"))
	}
	do(w.Say(ctx, "陈社区", "", dialogue.Line{Text: strings.Join(words, "，")}))
	do(w.Press(ctx, "陈社区", "", "", string(id)+"/send"))
	st := state()
	if st.Stage != hearing.Asking || len(st.Slots) != hearing.SlotCap {
		b.Fatalf("it is %s with %d times", st.Stage, len(st.Slots))
	}
	w.Seen()
	return w, id, st.Until, func(b *testing.B) {
		b.Helper()
		n := 0
		for _, x := range state().Slots {
			n += x.Others + len(x.Needed)
		}
		if n != scheduled {
			b.Fatalf("%d have a time", n)
		}
		do(db.Close())
	}
}
