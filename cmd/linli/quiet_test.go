package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

// The tokens and secrets that tests use are among what is looked for.
func TestTokensArePlanted(t *testing.T) {
	for _, x := range []string{fake.Token, "secret-of-a-test"} {
		if bottest.NewSecrets().In(x) == nil {
			t.Errorf("%q is not planted", x)
		}
	}
}

// Telegram fails in every way it knows, some of which show the token to whoever
// prints the error, while people say what is nobody else's business. The binary writes
// down that something failed, and nothing of that.
func TestQuietAboutFaults(t *testing.T) {
	h := newSite(t)
	for _, c := range h.config {
		putText(t, c, strings.Replace(textOf(t, c), "level: info", "level: debug", 1))
	}
	var sends atomic.Int64
	faults := []fake.Fault{fake.BadGateway, fake.CloseBefore, fake.Garbage, fake.CloseAfter, fake.TooMany(1), fake.Refuse(403, "Forbidden: bot was blocked by the user")}
	h.tg.Judge = func(c fake.Call) fake.Fault {
		if !strings.HasPrefix(c.Method, "send") && !strings.HasPrefix(c.Method, "edit") {
			return fake.Fault{}
		}
		if n := sends.Add(1); n%2 == 1 {
			return faults[n/2%int64(len(faults))]
		}
		return fake.Fault{}
	}
	for _, method := range []string{"getMe", "deleteWebhook", "setWebhook", "getUpdates"} {
		h.tg.Fail(method, 1, fake.BadGateway)
		h.tg.Fail(method, 1, fake.CloseBefore) // without what a library takes out of the errors of sends
	}
	g := h.tg.AddGroup("3号楼群")
	for round := range 2 {
		p := h.serve(t, round)
		for i := range 12 {
			u := h.tg.AddUser(residentName(100*round + i))
			text := fmt.Sprintf("%d号楼%d单元下水道堵了，我家住201，电话留的是我儿子的", i+1, round+1)
			h.secrets.Names(u.First)
			h.secrets.Said(text)
			h.tg.Say(u, g.ID, text)
			h.tg.Say(u, u.ID, text+"，谁来看看")
			h.tg.Say(u, u.ID, "看看这个", fake.Photo(picture))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		failed := func() bool {
			return h.tg.Pending() == 0 && strings.Count(p.log(), "could not be sent") >= 3
		}
		if err := h.tg.Wait(ctx, failed); err != nil {
			t.Errorf("round %d: %d messages pending, and the log tells of %d sends that failed", round, h.tg.Pending(), strings.Count(p.log(), "could not be sent"))
		}
		cancel()
		h.stop(t, p) // which looks through all that was written
	}
}
