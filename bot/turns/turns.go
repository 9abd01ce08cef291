// Package turns is what channels do alike: wait longer each time, let what belongs together
// go one after another and the rest side by side, and go on with a message of which a part is
// out. It knows no platform and no message, and keeps nothing that outlives the process.
package turns

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Backoff gives growing waits with jitter, from First to Most.
type Backoff struct {
	First, Most time.Duration
	now         time.Duration
}

// Next gives the wait before the next try.
func (b *Backoff) Next() time.Duration {
	b.now = min(max(b.First, 2*b.now), b.Most)
	return b.now/2 + rand.N(b.now/2+1)
}

// Reset begins with First again.
func (b *Backoff) Reset() { b.now = 0 }

// Sleep waits, at most until the context ends; then it gives its error.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Insist repeats try until it works, with waits that pause makes; failed is told of each
// failure. Its error is the context's.
func Insist(ctx context.Context, pause func(context.Context, time.Duration) error, failed func(err error, again time.Duration), try func() error) error {
	wait := Backoff{First: 100 * time.Millisecond, Most: 10 * time.Second}
	for {
		err := try()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d := wait.Next()
		failed(err, d)
		if err := pause(ctx, d); err != nil {
			return err
		}
	}
}

// ByLane hands over a list: what is of one lane one after the other, until do fails, and
// at most so many lanes side by side. It returns when all is done.
func ByLane[T any](list []T, lane func(T) string, together int, do func(T) error) {
	var order []string
	queue := map[string][]T{}
	for _, x := range list {
		l := lane(x)
		if queue[l] == nil {
			order = append(order, l)
		}
		queue[l] = append(queue[l], x)
	}
	var (
		all   sync.WaitGroup
		slots = make(chan struct{}, together)
	)
	for _, l := range order {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			for _, x := range queue[l] {
				if do(x) != nil {
					return
				}
			}
		})
	}
	all.Wait()
}

// Begun remembers, by the key of a message, how far it is out where only a part of it is. It is
// lost with the process; then a part may come twice.
type Begun[P any] struct {
	mu   sync.Mutex
	keys map[string]P
}

// Of is how far a message is.
func (b *Begun[P]) Of(key string) P {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keys[key]
}

// Note keeps it; a message without a key is not kept.
func (b *Begun[P]) Note(key string, p P) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if key == "" {
		return
	}
	if b.keys == nil || len(b.keys) >= 1000 { // messages that were given up leave their keys
		b.keys = map[string]P{}
	}
	b.keys[key] = p
}

// End forgets a message that is out.
func (b *Begun[P]) End(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.keys, key)
}

// Len is how many messages are out in part.
func (b *Begun[P]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.keys)
}
