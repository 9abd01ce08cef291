package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// What it costs to invite ten thousand: who, when, with which words, within all limits.
//
//	go test -run - -bench Invite ./cmd/linli
//
// What the choice alone costs is BenchmarkChoose of flows.

// BenchmarkInvite is ten thousand residents of one community and one batch of
// invitations for 25 places, from the tap to the entries that say who reads which words, on Bolt.
func BenchmarkInvite(b *testing.B) {
	const people = 10000
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		b.Fatal(err)
	}
	all, err := allFlows()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		db, err := bolt.Open(filepath.Join(b.TempDir(), "linli.db"), bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		store := db.In("example")
		w, err := dialogue.NewWorld(b.Context(), dialogue.Options{Store: store, Settings: file.Settings, Cast: bottest.Cast(file), Flows: all, Reader: local.New(), Media: b.TempDir(),
			Start: time.Date(2026, 12, 1, 10, 0, 0, 0, file.Settings.Zone)})
		if err != nil {
			b.Fatal(err)
		}
		err = store.Update(b.Context(), func(tx storage.Tx) error {
			for i := range people {
				a := fmt.Sprintf("play:m/p%d", i)
				if err := tx.PutPerson(storage.Person{ID: flows.PersonID(fmt.Sprintf("p%d", i)), Consent: w.Now(), Addresses: []string{a}, Reach: []string{a},
					Home: flows.Place{Building: fmt.Sprint(1 + i%12), Unit: "1", Room: "101"}, Profile: flows.Profile{Age: flows.Young, Likes: []string{"music"}}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Say(b.Context(), "陈社区", "", dialogue.Line{Text: "活动：学吉他，12月10日19:30，东门，25人，免费"}); err != nil {
			b.Fatal(err)
		}
		var id flows.ID
		if err := store.View(b.Context(), func(tx storage.Tx) error {
			list, err := tx.Cases(10, func(c flows.Case) bool { return c.Flow == activity.Name })
			if len(list) == 1 {
				id = list[0].ID
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if err := w.Press(b.Context(), "陈社区", "", "", string(id)+"/change"); err != nil {
			b.Fatal(err)
		}
		if err := w.Say(b.Context(), "陈社区", "", dialogue.Line{Text: "地点：东门"}); err != nil {
			b.Fatal(err)
		}
		w.Seen()
		in := bot.Inbound{Channel: "play", Keys: []string{"send"}, At: w.Now(), Kind: bot.Pressed, Chat: bot.Peer{Address: "m/chen", Name: "陈社区"},
			From: bot.Peer{Address: "m/chen", Name: "陈社区", Person: true}, Press: string(id) + "/send"}
		b.StartTimer()
		if _, err := w.Bot.Receive(b.Context(), in); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		n := 0
		if err := store.View(b.Context(), func(tx storage.Tx) error {
			tags, err := tx.Tally(id)
			for _, k := range tags {
				n += k
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if n < 100 {
			b.Fatalf("%d invitations: %v", n, w.Seen())
		}
		b.ReportMetric(float64(n), "invitations")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/batch")
}
