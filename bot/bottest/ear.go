package bottest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"linli/bot"
)

// ear is the receiver of the suite.
type ear struct {
	mu     sync.Mutex
	tries  []bot.Inbound
	taken  []bot.Inbound
	fail   int // how many of the next are not taken
	toast  string
	came   chan struct{}
	inside map[string]bool // chats that are being heard
	twice  bool            // one was heard twice at the same time
}

var errBusy = errors.New("the store is busy")

func (e *ear) Receive(_ context.Context, in bot.Inbound) (bot.Answer, error) {
	e.mu.Lock()
	e.twice = e.twice || e.inside[in.Chat.Address]
	e.inside[in.Chat.Address] = true
	e.mu.Unlock()
	runtime.Gosched() // whoever else would come in does so now
	defer func() {
		select {
		case e.came <- struct{}{}:
		default:
		}
	}()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.inside, in.Chat.Address)
	e.tries = append(e.tries, in)
	if e.fail > 0 {
		e.fail--
		return bot.Answer{}, errBusy
	}
	if in.Kind != bot.Ignored {
		e.taken = append(e.taken, in)
	}
	return bot.Answer{Toast: e.toast}, nil
}

func (e *ear) heard() []bot.Inbound {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.taken)
}

func (e *ear) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.taken, e.tries = nil, nil
}

// wait waits until n things were taken.
func (e *ear) wait(t *testing.T, n int) []bot.Inbound {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		if got := e.heard(); len(got) >= n {
			return got
		}
		select {
		case <-e.came:
		case <-limit:
			t.Fatalf("heard %d of %d", len(e.heard()), n)
		}
	}
}
