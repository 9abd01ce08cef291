package model

import (
	"container/list"
	"sync"
	"time"
)

// breaker leaves a server alone that keeps failing: after so many failures in a row for a
// while; then one call may try, and the rest wait for how it ends.
type breaker struct {
	mu     sync.Mutex
	fails  int
	until  time.Time
	trying bool
}

const (
	failures = 5
	resting  = 5 * time.Minute
)

// allow says whether a call may leave now. Who was allowed says well, ill or let.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails < failures {
		return true
	}
	if b.trying || now.Before(b.until) {
		return false
	}
	b.trying = true
	return true
}

// well: the server has answered, whatever it said.
func (b *breaker) well() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails, b.trying = 0, false
}

// ill: it has not.
func (b *breaker) ill(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails++; b.fails >= failures {
		b.until = now.Add(resting)
	}
	b.trying = false
}

// let: no call was made after all.
func (b *breaker) let() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}

// remembered is how many answers the cache holds.
const remembered = 256

// cache holds answers that were good, masked as they came, in memory only.
type cache struct {
	mu    sync.Mutex
	by    map[[32]byte]*list.Element
	order *list.List // newest first
}

type answer struct {
	key  [32]byte
	text string
}

func (c *cache) get(key [32]byte) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.by[key]
	if !ok {
		return "", false
	}
	c.order.MoveToFront(e)
	return e.Value.(answer).text, true
}

func (c *cache) put(key [32]byte, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by, c.order = map[[32]byte]*list.Element{}, list.New()
	}
	if e, ok := c.by[key]; ok {
		c.order.Remove(e)
	}
	c.by[key] = c.order.PushFront(answer{key, text})
	if c.order.Len() > remembered {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.by, last.Value.(answer).key)
	}
}
