// Package wake lets a test wait for what others do: for a condition that is asked
// again whenever something has happened, and not every so many milliseconds.
//
// It is apart from bottest for the fake platforms, which may run without a test. Like them
// it is for tests only.
package wake

import (
	"context"
	"sync"
)

// Bell is rung when something has happened. Any number of goroutines may ring it and wait
// for it. The zero value is ready.
type Bell struct {
	mu   sync.Mutex
	next chan struct{} // closed when it rings; nil if nobody waits
}

// Ring wakes everybody who waits.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Next is closed when the bell rings the next time. Who looks at something takes it before
// they look, so that nothing that happens in between is missed.
func (b *Bell) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

// Wait returns when cond is true, which is asked first and then after each ring, or with
// the error of ctx when that ends.
func (b *Bell) Wait(ctx context.Context, cond func() bool) error {
	for {
		next := b.Next()
		if cond() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
