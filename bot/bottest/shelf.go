package bottest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"linli/bot/bottest/wake"
)

// Shelf is a shelf of the WeChat channels, in memory. It outlives what a test builds on it.
// Any number of goroutines may use it; set the fields while nobody does.
type Shelf struct {
	// Now is the time after which a value is of no use and not given any more; nil: all are.
	Now func() time.Time
	// Fail, if set, is asked first whether a Load, or a Save, fails.
	Fail func(save bool, name string) error

	saved  wake.Bell
	mu     sync.Mutex
	values map[string]shelved
}

type shelved struct {
	value []byte
	until time.Time
}

// Load gives what was saved under the name, nothing where nothing was.
func (s *Shelf) Load(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fail != nil {
		if err := s.Fail(false, name); err != nil {
			return nil, err
		}
	}
	if x := s.values[name]; s.Now == nil || s.Now().Before(x.until) {
		return x.value, nil
	}
	return nil, nil
}

// Save keeps a value for as long as it is told; a nil value takes it away.
func (s *Shelf) Save(_ context.Context, name string, value []byte, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fail != nil {
		if err := s.Fail(true, name); err != nil {
			return err
		}
	}
	defer s.saved.Ring()
	if value == nil {
		delete(s.values, name)
		return nil
	}
	if until.IsZero() {
		return errors.New("for how long")
	}
	if s.values == nil {
		s.values = map[string]shelved{}
	}
	s.values[name] = shelved{bytes.Clone(value), until}
	return nil
}

// Len is how many values it holds.
func (s *Shelf) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

// Wait returns when cond is true, which is asked again after each Save.
func (s *Shelf) Wait(ctx context.Context, cond func() bool) error { return s.saved.Wait(ctx, cond) }
