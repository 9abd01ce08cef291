package wake

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// Who waits looks at once, and after every ring, and not in between.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bell
		asked, want := 0, 1
		cond := func() bool { asked++; return asked >= want }
		if err := b.Wait(t.Context(), cond); err != nil || asked != 1 {
			t.Errorf("asked %d times at once: %v", asked, err)
		}
		asked, want = 0, 3
		done := make(chan error)
		go func() { done <- b.Wait(t.Context(), cond) }()
		for n := range 2 {
			synctest.Wait()
			if asked != n+1 {
				t.Errorf("asked %d times after %d rings", asked, n)
			}
			b.Ring()
		}
		if err := <-done; err != nil || asked != 3 {
			t.Errorf("asked %d times: %v", asked, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Wait(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was given up: %v", err)
		}
	})
}

// What happens while somebody looks is not missed.
func TestRingWhileLooking(t *testing.T) {
	var b Bell
	asked := 0
	if err := b.Wait(t.Context(), func() bool {
		if asked++; asked == 1 {
			b.Ring()
		}
		return asked == 2
	}); err != nil {
		t.Error(err)
	}
}
