package weixin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCallbackReplay(t *testing.T) {
	for _, plain := range []bool{true, false} {
		for _, first := range []int{200, 503} {
			t.Run(fmt.Sprintf("plain %t, first %d", plain, first), func(t *testing.T) {
				b := newBooth(t, plain)
				callback := b.sealed
				if plain {
					callback = b.plain
				}
				stamp := b.stamp()
				if first == 503 {
					b.take = func(*Message) ([]byte, error) { return nil, errors.New("disk is full") }
				}
				if w := b.do(callback(stamp, "n", message(words))); w.Code != first {
					t.Fatal(w.Code)
				}
				b.take = nil
				if w := b.do(callback(stamp, "n", message("forged"))); w.Code != 403 {
					t.Errorf("other body: %d", w.Code)
				}
				if len(b.taken) != 1 {
					t.Fatalf("%d taken", len(b.taken))
				}
				b.now = b.now.Add(9 * time.Minute)
				if w := b.do(callback(stamp, "n", message(words))); w.Code != 200 || len(b.taken) != 2 || b.taken[1].Content != words {
					t.Errorf("the same again: %d, %d taken", w.Code, len(b.taken))
				}
				if !plain {
					// The platform may encrypt its second try anew.
					again := b.around(stamp, "n", b.crypt.seal([randomBytes]byte{9}, []byte(message(words))))
					if w := b.do(again); w.Code != 200 || len(b.taken) != 3 {
						t.Errorf("encrypted anew: %d, %d taken", w.Code, len(b.taken))
					}
				}
				// Later the signature is of no use at all.
				b.now = b.now.Add(2 * time.Minute)
				n := len(b.taken)
				if w := b.do(callback(stamp, "n", message(words))); w.Code != 403 || len(b.taken) != n {
					t.Errorf("eleven minutes later: %d", w.Code)
				}
			})
		}
	}
}

// The digits of a timestamp and a nonce, cut at another place, bear the same signature.
func TestCallbackCutElsewhere(t *testing.T) {
	b := newBooth(t, true)
	first, second := b.plain(b.stamp(), "00", message(words)), b.plain("0"+b.stamp(), "0", message("forged"))
	if must(url.ParseQuery(first.query)).Get("signature") != must(url.ParseQuery(second.query)).Get("signature") {
		t.Fatal("they are signed apart")
	}
	if w := b.do(first); w.Code != 200 {
		t.Fatal(w.Code)
	}
	if w := b.do(second); w.Code != 403 || len(b.taken) != 1 {
		t.Errorf("%d, %d taken", w.Code, len(b.taken))
	}
}

// A signature is remembered while it is good for anything: one from a clock ahead of ours,
// until twenty minutes later. And no longer, nor more than so many.
func TestNonces(t *testing.T) {
	var n nonces
	at := time.Unix(1_700_000_000, 0)
	a, b := [32]byte{1}, [32]byte{2}
	for range 2 {
		if !n.same("s", a, at) {
			t.Error("the first body does not stay")
		}
	}
	if n.same("s", b, at) {
		t.Error("another body takes its place")
	}
	n.same("t", a, at.Add(20*time.Minute))
	if n.same("s", b, at.Add(20*time.Minute)) {
		t.Error("forgotten while it could still be used")
	}
	n.same("u", a, at.Add(21*time.Minute))
	if len(n.sums) != 2 || len(n.queue) != 2 {
		t.Errorf("%d, %d kept", len(n.sums), len(n.queue))
	}
	for i := range 3 * mostNonces {
		n.same(strconv.Itoa(i), a, at.Add(22*time.Minute))
	}
	if len(n.sums) != mostNonces || len(n.queue) != mostNonces {
		t.Errorf("%d, %d kept of many", len(n.sums), len(n.queue))
	}
	if n.same(strconv.Itoa(3*mostNonces-1), b, at) || n.same(strconv.Itoa(2*mostNonces), b, at) {
		t.Error("not the oldest went first")
	}
	if !n.same(strconv.Itoa(2*mostNonces-1), b, at) {
		t.Error("the oldest did not go")
	}
}

// Whoever takes messages may fail, or fall; the next try is taken.
func TestCallbackFailures(t *testing.T) {
	for name, fail := range map[string]func(*Message) ([]byte, error){
		"error":            func(m *Message) ([]byte, error) { return nil, errors.New("store: full") },
		"error and reply":  func(m *Message) ([]byte, error) { return []byte("x"), errors.New("store: full") },
		"panic":            func(m *Message) ([]byte, error) { panic(m.Content) },
		"panic with error": func(m *Message) ([]byte, error) { panic(errors.New(m.Content)) },
		"index":            func(m *Message) ([]byte, error) { var x []int; x[len(m.Content)]++; return nil, nil },
		"abort":            func(m *Message) ([]byte, error) { panic(http.ErrAbortHandler) },
	} {
		b := newBooth(t, false)
		b.take = fail
		w := b.do(b.sealed(b.stamp(), "n", message(words)))
		if w.Code != 503 || strings.Contains(w.Body.String(), "x") {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
		b.taken = nil
		b.quiet(name, w)
		if strings.HasPrefix(name, "panic") && !strings.Contains(b.log.String(), "panic at replay_test.go:") {
			t.Errorf("%s: the log does not say where: %s", name, &b.log)
		}
		b.take = nil
		if w := b.do(b.sealed(b.stamp(), "n", message(words))); w.Code != 200 || len(b.taken) != 1 {
			t.Errorf("%s: again: %d", name, w.Code)
		}
	}
}

// The platform hangs up after five seconds; what has begun is finished.
func TestCallbackHungUp(t *testing.T) {
	b := newBooth(t, false)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	b.Envelope.Take = func(ctx context.Context, m *Message) ([]byte, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("no end")
		}
		return nil, ctx.Err()
	}
	r := b.sealed(b.stamp(), "n", message(words))
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(r.method, "/callback?"+r.query, strings.NewReader(r.body)).WithContext(gone))
	if w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
}

func TestCallbackLogIsShort(t *testing.T) {
	b := newBooth(t, false)
	for range 500 {
		b.do(request{"POST", "", message(words)})
		b.do(b.sealed("1600000000", "n", message(words)))
		b.do(b.sealed(b.stamp(), "n", message(words)).with("msg_signature", "x"))
	}
	if n := strings.Count(b.log.String(), "\n"); n == 0 || n > 3 {
		t.Errorf("%d lines", n)
	}
	before := b.log.Len()
	b.now = b.now.Add(time.Minute)
	b.do(b.sealed(b.stamp(), "n", message(words)).with("msg_signature", "x"))
	if b.log.Len() == before {
		t.Error("it is never said again")
	}
}

// Many at once, over real connections.
func TestCallbackAtOnce(t *testing.T) {
	b := newBooth(t, false)
	srv := httptest.NewServer(b)
	defer srv.Close()
	var wg sync.WaitGroup
	for i := range 64 {
		r := b.sealed(b.stamp(), strconv.Itoa(i/2), message(strconv.Itoa(i/2)))
		wg.Go(func() {
			resp, err := http.Post(srv.URL+"/?"+r.query, "text/xml", strings.NewReader(r.body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Error(resp.StatusCode)
			}
		})
	}
	wg.Wait()
	if len(b.taken) != 64 {
		t.Errorf("%d taken", len(b.taken))
	}
}

// Whatever comes, nothing is taken but what bears the signature, and nothing falls over.
