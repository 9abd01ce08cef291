package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
	"linli/prompts"
	"linli/prompts/model/fake"
)

func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// other makes the task a new one, so that the cache does not know it.
func other(i int) flows.WordingTask {
	t := guitar
	t.Title = "下班学" + strings.Repeat("琴", i+1)
	return t
}

func TestTriesAgain(t *testing.T) {
	for _, c := range []struct {
		mode  fake.Mode
		fails int
		calls int
		ok    bool
	}{
		{fake.Broken, 1, 2, true}, {fake.Broken, 2, 3, true}, {fake.Broken, 3, 3, false},
		{fake.Busy, 2, 3, true}, {fake.Hangs, 1, 2, true}, {fake.Rejects, 1, 1, false},
	} {
		s := staged(t, fake.Good)
		s.srv.First(c.fails, c.mode)
		_, err := s.Wording(t.Context(), guitar)
		if n := len(s.srv.Requests()); (err == nil) != c.ok || n != c.calls && c.mode != fake.Hangs || n < c.calls || len(s.waited) != max(0, c.calls-1) {
			t.Errorf("%s %d: %v after %d requests, waited %v", c.mode, c.fails, err, n, s.waited)
		}
		if got := s.book.last(t); got.Tries != c.calls || len(s.book.calls) != 1 {
			t.Errorf("%s %d: %d tries in the book, %d calls", c.mode, c.fails, got.Tries, len(s.book.calls))
		}
		for i, d := range s.waited {
			if c.mode == fake.Busy && (d < 2*time.Second || d > 3*time.Second) {
				t.Errorf("waited %v where the server asked for 2 s", d)
			}
			if c.mode == fake.Broken && (d < 250*time.Millisecond<<i || d > 750*time.Millisecond<<i) {
				t.Errorf("waited %v before try %d", d, i+2)
			}
		}
	}
	// Who asks to wait for longer than there is time is not waited for.
	s := staged(t, fake.Busy, func(o *Options) { o.Limit = time.Second })
	if _, err := s.Wording(t.Context(), guitar); err == nil || len(s.srv.Requests()) != 1 || len(s.waited) != 0 {
		t.Error(err, len(s.srv.Requests()), s.waited)
	}
}

func TestRetryAfter(t *testing.T) {
	for head, want := range map[string]time.Duration{"3": 3 * time.Second, "": 0, "-1": 0, "soon": 0, "999999999": 24 * time.Hour, noon.Add(time.Minute).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"): time.Minute} {
		if got := asked(head, noon); got != want {
			t.Errorf("%q: %v, want %v", head, got, want)
		}
	}
	seen := map[time.Duration]bool{}
	for range 4 {
		seen[pause(1, 0)] = true
	}
	if len(seen) == 1 {
		t.Error("two that failed together try together")
	}
}

func TestTimeLimit(t *testing.T) {
	s := staged(t, fake.Slow, func(o *Options) { o.Limit = 30 * time.Millisecond })
	began := time.Now()
	if _, err := s.Wording(t.Context(), guitar); err == nil || s.book.last(t).End != prompts.Slow {
		t.Errorf("%v %+v", err, s.book.last(t))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Error("took", took)
	}
	if c := s.book.last(t); c.Use.Tokens == 0 || s.book.days["2026-11-23"].Tokens != c.Use.Tokens {
		t.Error("what may have been used is not counted", c.Use)
	}
}

func TestBudgetOfTheDay(t *testing.T) {
	for _, most := range []prompts.Use{{Tokens: 2000}, {Money: 9000}, {Calls: 3}} {
		s := staged(t, fake.Good, func(o *Options) { o.Day = most })
		n := 0
		for ; n < 100; n++ {
			if _, err := s.Wording(t.Context(), other(n)); err != nil {
				break
			}
		}
		if n == 0 || n == 100 || s.book.last(t).End != prompts.Spent || s.book.last(t).Sent != "" || len(s.srv.Requests()) != n {
			t.Fatalf("%+v: %d calls, %+v", most, n, s.book.last(t))
		}
		if used := s.book.days["2026-11-23"]; !used.Within(most) {
			t.Errorf("%+v used of %+v", used, most)
		}
		// Somebody who starts again finds the same book.
		again, err := New(s.o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Wording(t.Context(), other(n)); err == nil {
			t.Error("a new start has a new budget")
		}
		// The day ends at midnight in the community, not in Greenwich.
		s.now = time.Date(2026, 11, 23, 23, 59, 59, 0, noon.Location())
		if _, err := s.Wording(t.Context(), other(n)); err == nil {
			t.Error("the budget came back before midnight")
		}
		s.now = s.now.Add(time.Second)
		if _, err := s.Wording(t.Context(), other(n)); err != nil {
			t.Error("no budget on the next day:", err)
		}
	}
}

func TestBreaker(t *testing.T) {
	s := staged(t, fake.Broken)
	for i := 0; s.book.calls == nil || s.book.last(t).End != prompts.Resting; i++ {
		if _, err := s.Wording(t.Context(), other(i)); err == nil || i > failures {
			t.Fatal("it does not rest", i, err)
		}
	}
	n := len(s.srv.Requests())
	if n != failures {
		t.Errorf("%d requests before it rests, want %d", n, failures)
	}
	s.srv.Set(fake.Good)
	s.now = s.now.Add(resting - time.Second)
	if _, err := s.Wording(t.Context(), guitar); err == nil || len(s.srv.Requests()) != n {
		t.Error("it does not rest long enough")
	}
	s.now = s.now.Add(2 * time.Second)
	if _, err := s.Wording(t.Context(), guitar); err != nil || len(s.srv.Requests()) != n+1 {
		t.Error("it rests for ever", err)
	}
	if _, err := s.Wording(t.Context(), other(90)); err != nil {
		t.Error("it did not recover", err)
	}
}

// After the rest one may try; if it fails, the rest begins again.
func TestBreakerLetsOneTry(t *testing.T) {
	var b breaker
	for range failures {
		if !b.allow(noon) {
			t.Fatal("rests too early")
		}
		b.ill(noon)
	}
	later := noon.Add(resting)
	if b.allow(noon) || !b.allow(later) || b.allow(later) {
		t.Fatal("not exactly one may try")
	}
	b.let()
	if !b.allow(later) {
		t.Fatal("a try that was not made counts")
	}
	b.ill(later)
	if b.allow(later.Add(resting-1)) || !b.allow(later.Add(resting)) {
		t.Fatal("the rest did not begin again")
	}
	b.well()
	for range 2 {
		if !b.allow(noon) {
			t.Fatal("it still rests")
		}
	}
}

func TestCache(t *testing.T) {
	s := staged(t, fake.Good)
	first, err := s.Wording(t.Context(), guitar)
	if err != nil {
		t.Fatal(err)
	}
	used := s.book.days["2026-11-23"]
	again, err := s.Wording(t.Context(), guitar)
	if err != nil || again != first || len(s.srv.Requests()) != 1 || s.book.last(t).End != prompts.Cached || s.book.days["2026-11-23"] != used {
		t.Errorf("%v %+v, %d requests", err, s.book.last(t), len(s.srv.Requests()))
	}
	// Two that differ only in what is masked share an answer, each with its own.
	a, b := hearing, hearing
	a.Lines = []flows.MinutesLine{{Text: "电话13812345678"}}
	b.Lines = []flows.MinutesLine{{Text: "电话13987654321"}}
	x, err := s.Minutes(t.Context(), a)
	y, err2 := s.Minutes(t.Context(), b)
	if err != nil || err2 != nil || len(s.srv.Requests()) != 2 || !strings.Contains(x.Text, "13812345678") || !strings.Contains(y.Text, "13987654321") {
		t.Errorf("%q %q %v %v", x.Text, y.Text, err, err2)
	}
	s.tasks["wording"] = task{"wording", "2", s.tasks["wording"].text}
	if _, err := s.Wording(t.Context(), guitar); err != nil || len(s.srv.Requests()) != 3 {
		t.Error("a new prompt has old answers", err)
	}
	s.srv.Set(fake.Invents)
	_, _ = s.Wording(t.Context(), other(1))
	_, _ = s.Wording(t.Context(), other(1))
	if len(s.srv.Requests()) != 5 {
		t.Error("a wrong answer is remembered")
	}
	var c cache
	for i := range remembered + 10 {
		c.put(sha256.Sum256([]byte{byte(i), byte(i >> 8)}), "x")
	}
	if len(c.by) != remembered || c.order.Len() != remembered {
		t.Error("the cache grows", len(c.by))
	}
}

func TestAtOnce(t *testing.T) {
	s := staged(t, fake.Slow, func(o *Options) { o.Limit = time.Minute })
	s.srv.Came = make(chan struct{}, 8)
	ctx, cancel := context.WithCancel(t.Context())
	ends := make(chan error)
	for i := range atOnce {
		go func() { _, err := s.Wording(ctx, other(i)); ends <- err }()
	}
	for range atOnce {
		<-s.srv.Came
	}
	if _, err := s.Wording(t.Context(), other(9)); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	cancel()
	for range atOnce {
		if err := <-ends; !errors.Is(err, ErrNone) {
			t.Error(err)
		}
	}
	s.srv.Set(fake.Good)
	if _, err := s.Wording(t.Context(), other(9)); err != nil {
		t.Error(err)
	}
}

// What is sent goes to the server that was named and to no other.
func TestNoOtherHost(t *testing.T) {
	thief := fake.New(fake.Good)
	elsewhere := httptest.NewServer(thief)
	defer elsewhere.Close()
	s := staged(t, fake.Moves)
	s.srv.Elsewhere = elsewhere.URL
	if _, err := s.Wording(t.Context(), guitar); err == nil || len(thief.Requests()) > 0 || s.book.last(t).End != prompts.Refused {
		t.Errorf("%v, %d requests elsewhere, %s", err, len(thief.Requests()), s.book.last(t).End)
	}
	if _, err := s.Transcribe(t.Context(), flows.VoiceTask{Hash: "x"}); err == nil || len(thief.Requests()) > 0 {
		t.Error("a voice note went elsewhere")
	}
}

var update = flag.Bool("update", false, "write testdata/versions.txt anew")

// A prompt that changes has another version, or old answers would be taken for new ones.
func TestVersions(t *testing.T) {
	list, err := readTasks()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, x := range list {
		sum := sha256.Sum256([]byte(x.text))
		lines = append(lines, x.name+" "+x.version+" "+hex.EncodeToString(sum[:8]))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	const file = "testdata/versions.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("a prompt was changed: give it another version, then -update\n%s", d)
	}
}
