package bot_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// Run carries everything out with many workers: what is of one lane in order,
// each once, while some sends fail, and ends when it is told to with nothing
// half done.
func TestRun(t *testing.T) {
	const people, each = 20, 10
	var all []flows.Effect
	for i := range each {
		for p := range people {
			all = append(all, tell(person(flows.PersonID(fmt.Sprintf("f%d", p))), flows.Personal, fmt.Sprint(i)))
		}
	}
	s := newStage(t, func(o *bot.Options) { o.Workers = 8 }, toy(t, "toy", only(all...)))
	s.update(func(tx storage.Tx) error {
		for p := range people {
			id := fmt.Sprintf("f%d", p)
			if err := tx.PutPerson(storage.Person{ID: flows.PersonID(id), Consent: s.clock.Now(), Reach: []string{"toy:" + id}, Addresses: []string{"toy:" + id}}); err != nil {
				return err
			}
		}
		return nil
	})
	var n atomic.Int64
	done := make(chan struct{})
	arrived := atomic.Int64{}
	s.toy.on(func(string, bot.Message) error {
		switch k := n.Add(1); {
		case k%17 == 0:
			return bot.Busy{After: 0}
		case k%29 == 0:
			panic("the channel")
		}
		if arrived.Add(1) == people*each {
			close(done)
		}
		return nil
	})
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.b.Run(ctx) }()
	s.hear(s.said("p1", "", "事情"))
	limit := time.After(30 * time.Second)
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case <-limit:
			t.Fatalf("%d of %d messages arrived", arrived.Load(), people*each)
		default:
			// Time goes on, so that what is in back-off comes round.
			s.clock.Set(s.clock.Now().Add(100 * time.Millisecond))
			s.b.Nudge()
			if _, err := s.b.Receive(t.Context(), s.said(fmt.Sprintf("p%d", 2+s.n%500), "g3", "吃了吗")); err != nil {
				t.Fatal(err)
			}
		}
	}
	end()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	next := map[string]int{}
	for _, a := range s.toy.take() {
		if a.Text != fmt.Sprint(next[a.To]) {
			t.Fatalf("%s was told %s after %d", a.To, a.Text, next[a.To]-1)
		}
		next[a.To]++
	}
	s.view(func(tx storage.Tx) error {
		claimed, err := tx.Claimed()
		if len(claimed) != 0 {
			t.Errorf("%d rows are still claimed", len(claimed))
		}
		jobs, err2 := tx.JobsOf("1")
		if len(jobs) != 0 {
			t.Errorf("%d rows are left", len(jobs))
		}
		return errors.Join(err, err2)
	})
}

// A store that can take nothing more ends Run with its error.
func TestRunEndsWithTheStore(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "好"))))
	s.hear(s.said("p1", "", "事情"))
	s.o.Store = lasting(s.store, 3)
	s.restart()
	ended := make(chan error, 1)
	go func() { ended <- s.b.Run(t.Context()) }()
	select {
	case err := <-ended:
		if !errors.Is(err, storage.ErrBroken) {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Run goes on without a store")
	}
}
