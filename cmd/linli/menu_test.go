package main

import (
	"log/slog"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/webchat"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/storage"
)

// Everything the menu offers is answered.
func TestMenuIsUnderstood(t *testing.T) {
	f, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, f.Settings.Zone)
	in, err := build(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler), plan{file: f, now: func() time.Time { return at }, web: &webchat.Options{}})
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	h := in.houses[0]
	rows := func() (n int) {
		err := h.store.View(t.Context(), func(tx storage.Tx) error {
			all, err := tx.Jobs()
			n = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range append(commandMenu(), commandMenu()[0]) {
		before := rows()
		_, err := h.bot.Receive(t.Context(), bot.Inbound{Channel: webchat.Name, Keys: []string{c.Word + time.Now().String()}, Kind: bot.Said,
			Chat: bot.Peer{Address: "m/p1"}, From: bot.Peer{Address: "m/p1", Name: "小林", Person: true}, Message: flows.Message{Ref: "1", Text: "/" + c.Word}})
		if err != nil {
			t.Fatal(err)
		}
		if rows() == before {
			t.Errorf("/%s is not answered", c.Word)
		}
		if c.Text["zh-CN"] == "" || c.Text["en"] == "" {
			t.Errorf("/%s says nothing", c.Word)
		}
	}
}
