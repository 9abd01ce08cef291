package turns

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	b := Backoff{First: time.Second, Most: 30 * time.Second}
	want := time.Second
	for i := range 10 {
		if d := b.Next(); d < want/2 || d > want {
			t.Errorf("wait %d is %s, want %s to %s", i, d, want/2, want)
		}
		want = min(2*want, 30*time.Second)
	}
	b.Reset()
	if d := b.Next(); d > time.Second {
		t.Errorf("after a reset %s", d)
	}
}

// It is tried until it works, with a pause after each failure, and no longer than the
// context lasts.
func TestInsist(t *testing.T) {
	var pauses []time.Duration
	pause := func(ctx context.Context, d time.Duration) error { pauses = append(pauses, d); return ctx.Err() }
	n, told := 0, 0
	err := Insist(t.Context(), pause, func(error, time.Duration) { told++ }, func() error {
		if n++; n < 4 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || n != 4 || len(pauses) != 3 || told != 3 {
		t.Errorf("%v after %d tries, %d pauses, %d times told", err, n, len(pauses), told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Insist(ctx, pause, func(error, time.Duration) {}, func() error { cancel(); return errors.New("never") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("it slept until %v", err)
	}
}

// A lane keeps its order and ends where something fails; the others go on, so many at a time.
func TestByLane(t *testing.T) {
	var list []string
	for i := range 20 {
		for _, lane := range []string{"a", "b", "c"} {
			list = append(list, fmt.Sprint(lane, i))
		}
	}
	var mu sync.Mutex
	got := map[string][]string{}
	inside, most := 0, 0
	ByLane(list, func(s string) string { return s[:1] }, 2, func(s string) error {
		mu.Lock()
		inside++
		most = max(most, inside)
		got[s[:1]] = append(got[s[:1]], s)
		mu.Unlock()
		time.Sleep(time.Microsecond)
		mu.Lock()
		inside--
		mu.Unlock()
		if s == "b5" {
			return errors.New("no")
		}
		return nil
	})
	for lane, want := range map[string]int{"a": 20, "b": 6, "c": 20} {
		for i, s := range got[lane] {
			if s != fmt.Sprint(lane, i) {
				t.Errorf("%s: %q", lane, got[lane])
				break
			}
		}
		if len(got[lane]) != want {
			t.Errorf("%d of lane %s, want %d", len(got[lane]), lane, want)
		}
	}
	if most > 2 {
		t.Errorf("%d lanes at a time", most)
	}
}

func TestBegun(t *testing.T) {
	var b Begun[int]
	b.Note("", 9)
	b.Note("k", 2)
	if b.Of("k") != 2 || b.Of("") != 0 || b.Of("x") != 0 || b.Len() != 1 {
		t.Errorf("%d %d %d, %d kept", b.Of("k"), b.Of(""), b.Of("x"), b.Len())
	}
	b.End("k")
	if b.Of("k") != 0 || b.Len() != 0 {
		t.Error("it does not end")
	}
	for i := range 2500 {
		b.Note(fmt.Sprint(i), i)
	}
	if n := b.Len(); n > 1000 || b.Of("2499") != 2499 {
		t.Errorf("%d are kept, the last is %d", n, b.Of("2499"))
	}
}
