package weixin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linli/bot"
	"linli/bot/bottest"
)

// counted counts how often do is run.
func counted(do func() error) (func() error, *atomic.Int32) {
	n := new(atomic.Int32)
	return func() error { n.Add(1); return do() }, n
}

func TestRenewOnce(t *testing.T) {
	d := newDesk(t)
	do, runs := counted(caller(handles["企业微信"](d.Tokens)))
	if err := d.Set("_jsapi_ticket_ww1", "TICKET", time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := d.Renew(t.Context(), do); err != nil || runs.Load() != 1 {
		t.Fatalf("%v, %d runs", err, runs.Load())
	}
	d.kill()
	runs.Store(0)
	if err := d.Renew(t.Context(), do); err != nil || runs.Load() != 2 {
		t.Fatalf("%v, %d runs", err, runs.Load())
	}
	if given, _ := d.counts(); given != 2 {
		t.Errorf("%d tokens", given)
	}
	if d.Get("_jsapi_ticket_ww1") != "TICKET" {
		t.Error("the ticket went with the token")
	}
	// Within the pause a second one is not dropped, after it it is.
	d.kill()
	runs.Store(0)
	if err := d.Renew(t.Context(), do); Code(err) != 42001 || runs.Load() != 1 {
		t.Errorf("%v, %d runs", err, runs.Load())
	}
	if _, ok := Verdict(d.Renew(t.Context(), do)).(bot.Busy); !ok {
		t.Error("it is not put off")
	}
	d.clock.Pass(pause)
	runs.Store(0)
	if err := d.Renew(t.Context(), do); err != nil || runs.Load() != 2 {
		t.Errorf("%v, %d runs", err, runs.Load())
	}
	if given, _ := d.counts(); given != 3 {
		t.Errorf("%d tokens", given)
	}
}

// Whatever each of the three codes means there: no third run, and no loop over many calls.
func TestRenewNeverLoops(t *testing.T) {
	for _, code := range []int{40001, 40014, 42001} {
		d := newDesk(t)
		d.refuse = fmt.Sprintf(`{"errcode":%d,"errmsg":"hidden"}`, code)
		do, runs := counted(caller(handles["公众号"](d.Tokens)))
		for i := range 100 {
			err := d.Renew(t.Context(), do)
			if Code(err) != code || strings.Contains(err.Error(), "hidden") {
				t.Fatal(err)
			}
			if i == 0 && runs.Load() != 2 {
				t.Errorf("%d runs", runs.Load())
			}
		}
		if given, calls := d.counts(); given != 2 || calls != 101 {
			t.Errorf("%d: %d tokens for %d calls", code, given, calls)
		}
	}
	for name, err := range map[string]error{"other code": errors.New("x : errcode=45015 , errmsg=x"), "no code": errors.New("x"), "token refused": errors.New("get access_token error : errcode=40001 , errormsg=x")} {
		d := newDesk(t)
		do, runs := counted(func() error { return err })
		if got := d.Renew(t.Context(), do); got == nil || runs.Load() != 1 {
			t.Errorf("%s: %v, %d runs", name, got, runs.Load())
		}
	}
}

// Of all who fail with the same token one gets another, though they ask by different handles.
func TestRenewTogether(t *testing.T) {
	const many = 50
	d := newDesk(t)
	makers := []func() error{caller(handles["企业微信"](d.Tokens)), caller(handles["企业微信"](d.Tokens))}
	if err := d.Renew(t.Context(), makers[0]); err != nil {
		t.Fatal(err)
	}
	d.kill()
	var failed, all sync.WaitGroup
	failed.Add(many)
	for i := range many {
		all.Go(func() {
			runs := 0
			err := d.Renew(t.Context(), func() error {
				runs++
				err := makers[i%2]()
				if runs == 1 {
					failed.Done()
					failed.Wait() // everybody has the old token, and has failed with it
				}
				return err
			})
			if err != nil || runs != 2 {
				t.Errorf("%v, %d runs", err, runs)
			}
		})
	}
	all.Wait()
	if given, calls := d.counts(); given != 2 || calls != 1+2*many {
		t.Errorf("%d tokens, %d calls", given, calls)
	}
}

// With no token at all one gets it, and who cannot have one is not one of many to ask.
func TestFirstToken(t *testing.T) {
	const many = 50
	for name, deny := range map[string]string{"given": "", "denied": `{"errcode":40164,"errmsg":"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist hint: [hidden]"}`} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.deny = deny
			makers := []func() error{caller(handles["公众号"](d.Tokens)), caller(handles["公众号"](d.Tokens))}
			together := func() {
				var all sync.WaitGroup
				for i := range many {
					all.Go(func() {
						err := d.Renew(t.Context(), makers[i%2])
						if deny == "" && err != nil {
							t.Error(err)
						}
						if halted, ok := Verdict(err).(bot.Halted); deny != "" && (!ok || !strings.Contains(halted.Fix, "203.0.113.9") || strings.Contains(halted.Why, "hidden")) {
							t.Errorf("%v", err)
						}
					})
				}
				all.Wait()
			}
			together()
			if given, _ := d.counts(); given != 1 {
				t.Errorf("asked %d times", given)
			}
			d.clock.Pass(pause)
			together()
			want := 1
			if deny != "" {
				want = 2
			}
			if given, _ := d.counts(); given != want {
				t.Errorf("asked %d times after a pause", given)
			}
			// Once it is put right, it works at the next try.
			denied := deny != ""
			deny, d.platform.deny = "", ""
			d.clock.Pass(pause)
			together()
			if given, calls := d.counts(); denied && (given != 3 || calls != many) {
				t.Errorf("asked %d times, %d calls", given, calls)
			}
		})
	}
}

// A platform that cannot be reached is tried by one; the others wait, for nothing of theirs
// was sent.
func TestNoPlatform(t *testing.T) {
	d := newDesk(t)
	if err := Connect(Lines{Work: "http://127.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	do, runs := counted(caller(handles["企业微信"](d.Tokens)))
	var op *net.OpError
	if err := d.Renew(t.Context(), do); !errors.As(err, &op) {
		t.Errorf("%v", err)
	}
	d.clock.Pass(3 * time.Second)
	if err := d.Renew(t.Context(), do); err != (bot.Busy{After: pause - 3*time.Second}) || runs.Load() != 1 {
		t.Errorf("%v, %d runs", err, runs.Load())
	}
	d.clock.Pass(pause)
	if err := d.Renew(t.Context(), do); !errors.As(err, &op) || runs.Load() != 2 {
		t.Errorf("%v, %d runs", err, runs.Load())
	}
	// Who gave up says nothing about the platform.
	d.restart()
	if err := d.Renew(t.Context(), func() error { d.Get("_access_token_"); return context.Canceled }); err != context.Canceled {
		t.Error(err)
	}
	if err := d.Renew(t.Context(), func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// The reason why there was no token is forgotten as soon as there is one, however it came.
func TestReasonForgotten(t *testing.T) {
	d := newDesk(t)
	d.deny = `{"errcode":40164,"errmsg":"invalid ip"}`
	do := caller(handles["企业微信"](d.Tokens))
	if err := d.Renew(t.Context(), do); Code(err) != 40164 {
		t.Fatal(err)
	}
	d.platform.deny = ""
	if err := do(); err != nil { // put right, and asked for by somebody else
		t.Fatal(err)
	}
	if err := d.Delete("gowechat_work__access_token_ww1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Renew(t.Context(), do); err != nil {
		t.Error(err)
	}
}

// When the dead token was dropped and none came, a restart does not find the dead one.
func TestDroppedForGood(t *testing.T) {
	d := newDesk(t)
	do := caller(handles["企业微信"](d.Tokens))
	if err := d.Renew(t.Context(), do); err != nil || d.shelf.Len() != 1 {
		t.Fatalf("%v, %d on the shelf", err, d.shelf.Len())
	}
	d.kill()
	d.platform.deny = `{"errcode":-1,"errmsg":"busy"}`
	if err := d.Renew(t.Context(), do); Code(err) != -1 || d.shelf.Len() != 0 {
		t.Errorf("%v, %d on the shelf", err, d.shelf.Len())
	}
}

// What follows runs without a network, in a time of its own.

func aside(t *testing.T, f func(t *testing.T, tokens *Tokens)) {
	synctest.Test(t, func(t *testing.T) { f(t, NewTokens(&bottest.Shelf{}, "x")) })
}

const key = "_access_token_"

func TestRenewWaiting(t *testing.T) {
	// Who waits for a token goes on as soon as it is there, not when it has been used.
	aside(t, func(t *testing.T, tokens *Tokens) {
		used := make(chan struct{})
		go func() {
			_ = tokens.Renew(t.Context(), func() error {
				tokens.Get(key)
				time.Sleep(time.Second)
				_ = tokens.Set(key, "T", time.Hour)
				<-used
				return nil
			})
		}()
		synctest.Wait()
		start := time.Now()
		if err := tokens.Renew(t.Context(), func() error { return nil }); err != nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		close(used)
		synctest.Wait()
	})
	// A token that lay on the shelf lets them through as well.
	aside(t, func(t *testing.T, tokens *Tokens) {
		_ = tokens.Set(key, "T", time.Hour)
		again := NewTokens(tokens.shelf, "x")
		used := make(chan struct{})
		go func() { _ = again.Renew(t.Context(), func() error { again.Get(key); <-used; return nil }) }()
		synctest.Wait()
		if err := again.Renew(t.Context(), func() error { return nil }); err != nil {
			t.Error(err)
		}
		close(used)
	})
	// Who will not wait need not.
	aside(t, func(t *testing.T, tokens *Tokens) {
		used := make(chan struct{})
		go func() { _ = tokens.Renew(t.Context(), func() error { <-used; return nil }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := tokens.Renew(ctx, func() error { t.Error("run"); return nil }); err != context.DeadlineExceeded {
			t.Error(err)
		}
		close(used)
		synctest.Wait()
	})
	// Who falls over does not keep the others waiting.
	aside(t, func(t *testing.T, tokens *Tokens) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is gone")
				}
			}()
			_ = tokens.Renew(t.Context(), func() error { tokens.Get(key); panic("x") })
		}()
		if err := tokens.Renew(t.Context(), func() error { return nil }); err != nil {
			t.Error(err)
		}
	})
	// Calls that need no token of ours do not queue for one.
	aside(t, func(t *testing.T, tokens *Tokens) {
		if err := tokens.Renew(t.Context(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		var met, all sync.WaitGroup
		met.Add(2)
		for range 2 {
			all.Go(func() {
				_ = tokens.Renew(t.Context(), func() error { met.Done(); met.Wait(); return nil })
			})
		}
		all.Wait()
	})
}

// A call that began with a token which another has replaced meanwhile does not drop the new
// one.
func TestRenewLate(t *testing.T) {
	aside(t, func(t *testing.T, tokens *Tokens) {
		given := 0
		use := func() string {
			if s, ok := tokens.Get(key).(string); ok {
				return s
			}
			given++
			_ = tokens.Set(key, fmt.Sprint("T", given), time.Hour)
			return fmt.Sprint("T", given)
		}
		expired := errors.New("x : errcode=42001 , errmsg=x")
		do := func() error {
			if use() == "T1" {
				return expired
			}
			return nil
		}
		use()
		go func() {
			runs := 0
			if err := tokens.Renew(t.Context(), func() error {
				runs++
				token := use()
				if runs == 1 {
					time.Sleep(time.Minute) // longer than the pause
				}
				if token == "T1" {
					return expired
				}
				return nil
			}); err != nil || runs != 2 {
				t.Errorf("%v, %d runs", err, runs)
			}
		}()
		synctest.Wait()
		if err := tokens.Renew(t.Context(), do); err != nil || given != 2 {
			t.Errorf("%v, %d tokens", err, given)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if given != 2 {
			t.Errorf("%d tokens", given)
		}
	})
	// Nor one that took the place of an old one at its end.
	aside(t, func(t *testing.T, tokens *Tokens) {
		given := 0
		use := func() {
			if tokens.Get(key) == nil {
				given++
				_ = tokens.Set(key, fmt.Sprint("T", given), time.Hour)
			}
		}
		use()
		runs := 0
		go func() {
			_ = tokens.Renew(t.Context(), func() error {
				use()
				if runs++; runs == 1 {
					time.Sleep(2 * time.Hour)
					return errors.New("x : errcode=42001 , errmsg=x")
				}
				return nil
			})
		}()
		synctest.Wait()
		time.Sleep(90 * time.Minute)
		if err := tokens.Renew(t.Context(), func() error { use(); return nil }); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if given != 2 || runs != 2 {
			t.Errorf("%d tokens, %d runs", given, runs)
		}
	})
}
