package weixin

import (
	"context"
	"errors"
	"time"

	"linli/bot"
)

// pause is how long after a token was dropped, or could not be had, no other is asked for.
// A platform that is asked again and again shuts the account out (45009).
const pause = 10 * time.Second

// renewal is what Tokens knows of the access token besides its value.
type renewal struct {
	turn    int       // which token it is: one more whenever one is dropped or had
	dropped time.Time // when one was last dropped
	failed  time.Time // when none was to be had
	why     error     // and why; nil since one was had
	alone   *attempt  // who is getting one; nil: nobody
	idle    bool      // the last who was to get one had no use for it
}

// attempt is a call that is alone at getting a token.
type attempt struct {
	turn    int
	asked   bool          // it found none, and so asked for one
	found   bool          // or found one on the shelf
	settled chan struct{} // closed when others need not wait any longer
}

// Renew runs do, which makes a call with the token of this account. Where the platform says
// that the token is no good any more, it is dropped and do is run once more, with a fresh
// one, and never a third time. Of any number who fail with the same token one gets a fresh
// one, and the others use it. Where no token is held, one gets it and the others wait.
//
// For a few seconds after a token was dropped no other one is; and after none could be had
// none is asked for, and everybody is given the platform's reason, or Busy. So a platform
// that refuses everything is not asked more often for it.
//
// Errors are cleaned, see [Clean]. do must not call Renew.
func (t *Tokens) Renew(ctx context.Context, do func() error) error {
	turn, alone, err := t.enter(ctx)
	if err != nil {
		return err
	}
	first := Clean(t.run(alone, do))
	if !expired(first) {
		return first
	}
	if alone != nil {
		t.mu.Lock()
		turn = alone.turn
		t.mu.Unlock()
	}
	if alone, err = t.again(ctx, turn, first); err != nil {
		return err
	}
	return Clean(t.run(alone, do))
}

// enter waits until a token is held, or makes the caller the one to get it.
func (t *Tokens) enter(ctx context.Context) (turn int, alone *attempt, err error) {
	if err := t.quiet(ctx); err != nil {
		return 0, nil, err
	}
	defer t.mu.Unlock()
	alone, err = t.next()
	return t.turn, alone, err
}

// again says how who failed with the token of a turn may try once more, or that it is of no
// use.
func (t *Tokens) again(ctx context.Context, turn int, first error) (*attempt, error) {
	if err := t.quiet(ctx); err != nil {
		return nil, err
	}
	if t.turn != turn {
		defer t.mu.Unlock()
		return t.next()
	}
	if !t.dropped.IsZero() && t.now().Sub(t.dropped) < pause {
		t.mu.Unlock()
		return nil, first
	}
	t.turn++
	t.dropped = t.now()
	alone := t.begin()
	var dead []string
	for key, e := range t.held {
		if isToken(key) && e.Value != "" {
			t.held[key] = entry{}
			dead = append(dead, key)
		}
	}
	t.mu.Unlock()
	for _, key := range dead {
		t.forget(ctx, key)
	}
	return alone, nil
}

// quiet locks t.mu when nobody is getting a token.
func (t *Tokens) quiet(ctx context.Context) error {
	for {
		t.mu.Lock()
		if t.alone == nil {
			return nil
		}
		settled := t.alone.settled
		t.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next lets through where there is a token, or makes the caller the one to get it; t.mu is
// held and nobody is getting one.
func (t *Tokens) next() (*attempt, error) {
	if _, ok := t.token(); ok || t.idle {
		return nil, nil
	}
	if rest := pause - t.now().Sub(t.failed); t.why != nil && rest > 0 {
		if told(t.why) != nil {
			return nil, t.why
		}
		return nil, bot.Busy{After: rest} // nobody was asked, so nothing was sent
	}
	return t.begin(), nil
}

func (t *Tokens) begin() *attempt {
	t.alone = &attempt{turn: t.turn, settled: make(chan struct{})}
	return t.alone
}

// run runs do. If the caller is the one to get a token, it then says what came of it.
func (t *Tokens) run(alone *attempt, do func() error) (err error) {
	if alone == nil {
		return do()
	}
	panicked := true
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		_, ok := t.token()
		switch {
		case !ok && alone.asked && !panicked && err != nil && !errors.Is(err, context.Canceled):
			t.why, t.failed = Clean(err), t.now()
		case !alone.asked && !alone.found:
			t.idle = true
		}
		t.settle(alone)
	}()
	err = do()
	panicked = false
	return err
}

// sought notes that the library looked for a token; t.mu is held.
func (t *renewal) sought(found bool) {
	t.idle = false
	if a := t.alone; a != nil {
		a.asked, a.found = a.asked || !found, a.found || found
		if found {
			t.settle(a)
		}
	}
}

// got notes that there is a fresh token; t.mu is held. Who waits for it need not wait for
// what it is used for.
func (t *renewal) got() {
	t.turn++
	t.why = nil
	if a := t.alone; a != nil {
		a.turn = t.turn
		t.settle(a)
	}
}

// settle lets those through who wait for an attempt; t.mu is held.
func (t *renewal) settle(a *attempt) {
	if t.alone == a {
		close(a.settled)
		t.alone = nil
	}
}

// forget takes a token off the shelf that was dropped, unless there is another one by now.
func (t *Tokens) forget(ctx context.Context, key string) {
	t.write.Lock()
	defer t.write.Unlock()
	t.mu.Lock()
	dead := t.held[key].Value == ""
	t.mu.Unlock()
	if dead {
		t.save(ctx, key, entry{})
	}
}
