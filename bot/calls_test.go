package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
	"linli/storage/bolt"
)

// What a day has used is known after a restart; calls go when their time is over.
func TestCallsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "linli.db")
	open := func() (*bolt.DB, bot.Calls) {
		db, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db, bot.Calls{Store: db.In("x"), Keep: time.Hour}
	}
	db, calls := open()
	ctx, most := t.Context(), prompts.Use{Tokens: 100, Money: 50}
	take := func(day string, u prompts.Use, want bool) {
		t.Helper()
		if ok, err := calls.Take(ctx, day, u, most); err != nil || ok != want {
			t.Errorf("%s %+v: %v %v", day, u, ok, err)
		}
	}
	take("2026-11-23", prompts.Use{Calls: 1, Tokens: 60, Money: 10}, true)
	take("2026-11-23", prompts.Use{Calls: 1, Tokens: 41, Money: 1}, false)
	take("2026-11-23", prompts.Use{Calls: 1, Tokens: 1, Money: 41}, false)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, calls = open()
	defer db.Close()
	take("2026-11-23", prompts.Use{Calls: 1, Tokens: 41}, false)
	take("2026-11-24", prompts.Use{Calls: 1, Tokens: 100}, true)
	if err := calls.Correct(ctx, "2026-11-23", prompts.Use{Tokens: -30}); err != nil {
		t.Fatal(err)
	}
	take("2026-11-23", prompts.Use{Calls: 1, Tokens: 41}, true)
	if used, err := calls.Used(ctx, "2026-11-23"); err != nil || used != (prompts.Use{Calls: 2, Tokens: 71, Money: 10}) {
		t.Errorf("%+v %v", used, err)
	}
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range 502 {
		if err := calls.Note(ctx, prompts.Call{At: at.Add(time.Duration(i) * time.Minute), Task: fmt.Sprint(i), Sent: "s", Got: "g"}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := calls.List(ctx, 600)
	if err != nil || len(list) != 500 || list[0].Task != "501" || list[499].Task != "2" {
		t.Errorf("%d calls, %v", len(list), err)
	}
	if list, err := calls.List(ctx, 3); err != nil || len(list) != 3 || list[2].Task != "499" {
		t.Error(list, err)
	}
}

// The sweep drops the calls whose time is over, and an erased person's words are in none.
func TestCallsGo(t *testing.T) {
	st := newStage(t, nil, toy(t, "toy", func(_ string, n note, _ flows.Event) (note, []flows.Effect) { return n, nil }))
	calls := bot.Calls{Store: st.store, Keep: time.Hour}
	for i := range 3 {
		if err := calls.Note(t.Context(), prompts.Call{At: st.clock.Now().Add(time.Duration(i) * time.Minute), Task: "minutes", Sent: "说的话", Got: "写的话", Use: prompts.Use{Tokens: 7}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := calls.Take(t.Context(), "2026-03-11", prompts.Use{Calls: 1}, prompts.Use{}); err != nil {
		t.Fatal(err)
	}
	st.clock.Set(st.clock.Now().Add(time.Hour + 90*time.Second))
	if err := st.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := calls.List(t.Context(), 9)
	if err != nil || len(list) != 1 || list[0].Sent == "" {
		t.Fatalf("%+v %v", list, err)
	}
	st.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r1", Addresses: []string{"toy:wang"}})
	})
	if _, err := st.b.Erase(t.Context(), "r1", "asked"); err != nil {
		t.Fatal(err)
	}
	list, err = calls.List(t.Context(), 9)
	if err != nil || len(list) != 1 || list[0].Sent+list[0].Got != "" || list[0].Use.Tokens != 7 {
		t.Fatalf("%+v %v", list, err)
	}
	if used, err := calls.Used(t.Context(), "2026-03-11"); err != nil || used.Calls != 1 {
		t.Error("what a day has used is gone too early", used, err)
	}
	st.clock.Set(st.clock.Now().Add(70 * 24 * time.Hour))
	if err := st.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err = calls.List(t.Context(), 9)
	if used, err2 := calls.Used(t.Context(), "2026-03-11"); err != nil || err2 != nil || len(list) != 0 || used.Calls != 0 {
		t.Error(list, used, err, err2)
	}
}

func TestOnce(t *testing.T) {
	full := errors.New("full")
	for _, c := range []struct {
		err  error
		busy bool
	}{{nil, false}, {full, true}, {errors.New("13812345678"), false}} {
		_, err := bot.Once(func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, c.err }, full)(t.Context(), nil)
		var busy bot.Busy
		var refused bot.Refused
		if errors.As(err, &busy) != c.busy || (c.err != nil && !c.busy) != errors.As(err, &refused) || err != nil && strings.Contains(err.Error(), "138") {
			t.Errorf("%v: %v", c.err, err)
		}
	}
}
