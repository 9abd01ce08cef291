package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/official"
	officialfake "linli/bot/official/fake"
	"linli/bot/telegram"
	"linli/storage"
)

// How many callbacks a second are taken durably, from the first byte of the request to the
// platform's "ok": verified, decrypted, parsed, committed. WeChat's beside Telegram's:
//
//	go test -run - -bench Callback -benchtime 3s ./cmd/linli

// mute is a channel that hears as it does, and whose sends all arrive.
type mute struct {
	bot.Channel
	n atomic.Int64
}

func (m *mute) Send(context.Context, string, bot.Message) (string, error) {
	return fmt.Sprint(m.n.Add(1)), nil
}

// shelfless is a Shelf and a Cursor that keep nothing: nothing is asked of the platform here.
type shelfless struct{}

func (shelfless) Load(context.Context, string) ([]byte, error)          { return nil, nil }
func (shelfless) Save(context.Context, string, []byte, time.Time) error { return nil }

// hooked is an engine behind the callback of a channel, with the requests of its platform.
type hooked struct {
	*bench
	hook    http.Handler
	request func(person, n int, text string) *http.Request
}

const hookSecret = "hook_secret_of_a_bench"

// hookOf puts a channel before an engine.
func hookOf(b *testing.B, name string, wrap func(storage.Store) storage.Store) *hooked {
	b.Helper()
	x := &hooked{}
	ears := &later{}
	var ch bot.Channel
	var address func(i int) string
	switch name {
	case "telegram":
		tg, err := telegram.New(telegram.Options{Token: "7:abc", Mode: telegram.Webhook, Secret: hookSecret, Receive: ears})
		if err != nil {
			b.Fatal(err)
		}
		ch, x.hook = tg, tg
		address = func(i int) string { return fmt.Sprint("telegram:", 1000+i) }
		x.request = func(person, n int, text string) *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(fmt.Sprintf(
				`{"update_id":%d,"message":{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private","first_name":"x"},"from":{"id":%d,"is_bot":false,"first_name":"x","language_code":"zh"},"text":%q}}`,
				n+1, n+1, time.Now().Unix(), 1000+person, 1000+person, text)))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", hookSecret)
			return r
		}
	case "official":
		platform := officialfake.New()
		oa, err := official.New(official.Options{AppID: officialfake.AppID, Secret: officialfake.Secret, Token: officialfake.Token, AESKey: officialfake.AESKey, Receive: ears, Shelf: shelfless{}})
		if err != nil {
			b.Fatal(err)
		}
		ch, x.hook = oa, oa
		openid := func(i int) string { return fmt.Sprintf("oBenchBenchBenchBenchBe%05d", i) }
		address = func(i int) string { return "official:" + openid(i) }
		x.request = func(person, n int, text string) *http.Request {
			body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content><MsgId>%d</MsgId></xml>",
				officialfake.Self, openid(person), time.Now().Unix(), text, 6_000_000_000_000_000_000+n)
			q, sealed := platform.Sign(openid(person), body)
			r := httptest.NewRequest(http.MethodPost, "/hook?"+q.Encode(), strings.NewReader(sealed))
			r.Header.Set("Content-Type", "text/xml")
			return r
		}
	}
	x.bench = newBench(b, benchWith{channel: &mute{Channel: ch}, ears: ears, address: address, wrap: wrap})
	return x
}

func BenchmarkCallback(b *testing.B) {
	for _, kind := range kinds {
		for _, people := range crowds {
			if testing.Short() && (people != 64 || kind.name != "demand") {
				continue // each has to be furnished first
			}
			for _, name := range []string{"telegram", "official"} {
				b.Run(fmt.Sprintf("%s/people=%d/%s", kind.name, people, name), func(b *testing.B) {
					x := hookOf(b, name, nil)
					defer x.stop()
					figures(b, x.load(b, people, b.N, kind.text))
				})
			}
		}
	}
}

// load brings n callbacks, one after another of each person, and gives how long each took.
func (x *hooked) load(b *testing.B, people, n int, text func(*bench, int) string) []time.Duration {
	b.Helper()
	requests := make([]*http.Request, n)
	for i := range requests {
		requests[i] = x.request(i%people, i, text(x.bench, i))
	}
	took := make([][]time.Duration, people)
	var refused atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for p := range people {
		all.Go(func() {
			for i := p; i < n; i += people {
				w := httptest.NewRecorder()
				began := time.Now()
				x.hook.ServeHTTP(w, requests[i])
				took[p] = append(took[p], time.Since(began))
				if w.Code != http.StatusOK {
					refused.Add(1)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	if n := refused.Load(); n > 0 {
		b.Errorf("%d callbacks were not taken", n)
	}
	return slices.Concat(took...)
}

// slowDisk is a store on a disk that makes one commit after another, each as slow as it is. Who
// comes while one is being made is in the next, as the store itself does it.
type slowDisk struct {
	storage.Store
	each time.Duration
	slow atomic.Bool // once the house is furnished

	mu   sync.Mutex
	next chan struct{} // closed when the commit is made that has not begun
	free time.Time     // when the disk has made all that was begun
}

func (s *slowDisk) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if !s.slow.Load() {
		return s.Store.Update(ctx, fn)
	}
	s.mu.Lock()
	if s.next == nil {
		mine := make(chan struct{})
		s.next = mine
		begins := max(0, time.Until(s.free))
		s.free = time.Now().Add(begins + s.each)
		time.AfterFunc(begins, func() {
			s.mu.Lock()
			s.next = nil // it begins: who comes now is too late for it
			s.mu.Unlock()
			time.AfterFunc(s.each, func() { close(mine) })
		})
	}
	made := s.next
	s.mu.Unlock()
	<-made
	return s.Store.Update(ctx, fn)
}

// BenchmarkCallbackSlowDisk brings 256 callbacks at once onto a disk that needs a
// second for each commit; the platform hangs up after five. The last figure is the slowest of all.
func BenchmarkCallbackSlowDisk(b *testing.B) {
	for _, name := range []string{"telegram", "official"} {
		b.Run(name, func(b *testing.B) {
			disk := &slowDisk{each: time.Second}
			x := hookOf(b, name, func(s storage.Store) storage.Store { disk.Store = s; return disk })
			defer x.stop()
			disk.slow.Store(true)
			defer disk.slow.Store(false) // before it stops
			took := x.load(b, 256, 256*b.N, kinds[1].text)
			figures(b, took)
			b.ReportMetric(slices.Max(took).Seconds(), "slowest-s")
		})
	}
}
