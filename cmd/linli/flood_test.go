package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/telegram/fake"
	"linli/storage"
)

// One person sends a thousand messages in a second into a group while the others
// go on talking. All of them are kept, and read in their turn; staff hear of it once;
// the others hardly notice; and a danger, whoever says it, is on the phone of
// the person on duty at once. Quiet rounds and floods take turns on the same
// process, so that both are measured on the same machine.
func TestFlood(t *testing.T) {
	w := newTown(t)
	f := &flood{town: w, t: t, said: map[int64]string{}, meter: newMeter(t)}
	w.secrets.Said(longTalk[:40]...)
	w.secrets.Said("刷屏第100条，来顶一个", "单元门坏了，关不上，没人修")
	rounds, length := 2, 3*time.Second
	if testing.Short() {
		rounds, length = 1, 2*time.Second
	}
	p := w.serve(t, 1)
	f.meter.between(t, w.site)
	f.round(length, false) // everything is warm
	f.meter.reset()
	var calm, busy spread[time.Duration]
	for range rounds {
		f.round(length, false)
		calm = append(calm, f.meter.of(f.flooders)...)
		f.meter.reset()
		f.round(length, true)
		busy = append(busy, f.meter.of(f.flooders)...)
		f.meter.reset()
	}
	w.stop(t, p)
	f.check()
	ratio := float64(busy.at(.99)) / float64(calm.at(.99))
	t.Logf("webhook: %d floods; one is taken in %s, staff know after %s (medians)", len(f.flooders), f.taken.at(.5).Round(time.Millisecond), f.warned.at(.5).Round(time.Millisecond))
	t.Logf("webhook, accepting the others: quiet median %s p99 %s (%d); flood median %s p99 %s (%d); p99 is %.2f times as long",
		calm.at(.5).Round(10*time.Microsecond), calm.at(.99).Round(10*time.Microsecond), len(calm),
		busy.at(.5).Round(10*time.Microsecond), busy.at(.99).Round(10*time.Microsecond), len(busy), ratio)
	if ratio > 4 && busy.at(.99) > 500*time.Millisecond { // below that it is the machine, not a wait for the flood
		t.Errorf("the others' p99 is %.2f times as long during a flood", ratio)
	}
	t.Logf("webhook, a demand said during a flood: its speaker is asked within %s (longest of %d)", f.asked.at(1).Round(time.Millisecond), len(f.asked))
	t.Logf("webhook, danger to the phone on duty, from its arrival: by another %s, by the flooder %s (longest of %d)",
		f.others.at(1).Round(time.Millisecond), f.own.at(1).Round(time.Millisecond), len(f.own))
	for _, d := range append(slices.Clone(f.others), f.own...) {
		if d > 15*time.Second { // one that waited for the flood would take half an hour
			t.Errorf("a danger took %s to the phone on duty", d)
		}
	}

	f.others, f.own, f.taken, f.meter = nil, nil, nil, nil
	p = w.serve(t, 0)
	f.round(length, true)
	w.stop(t, p)
	f.check()
	t.Logf("polling: a flood is taken in %s; danger to the phone on duty, from the moment it was said: by another %s, by the flooder %s",
		f.taken.at(1).Round(time.Millisecond), f.others.at(1).Round(time.Millisecond), f.own.at(1).Round(time.Millisecond))
	if f.others.at(1) > 15*time.Second || f.own.at(1) > 15*time.Second {
		t.Error("a danger took too long to the phone on duty")
	}
}

const thousand = 1000

// flood is what is done to a town.
type flood struct {
	*town
	t        *testing.T
	meter    *meter // nil when polling
	flooders []*fake.User
	said     map[int64]string // text by update, of the flooders
	updates  []int64          // of everybody
	n        int
	warned   spread[time.Duration] // how long until staff knew
	taken    spread[time.Duration] // how long until all of a flood was accepted
	others   spread[time.Duration] // a danger said by somebody else, until it was on a phone
	own      spread[time.Duration] // one said by the flooder
	asked    spread[time.Duration] // what somebody else wants, until they were asked about it
}

// round lets others talk for a while, in all groups, and one flood a group if there
// is to be a flood.
func (f *flood) round(length time.Duration, flooded bool) {
	t, began := f.t, time.Now()
	say := func(u *fake.User, g *fake.Group, text string) fake.Said {
		s := f.tg.Say(u, g.ID, text)
		f.updates = append(f.updates, s.Update)
		return s
	}
	var dangers []danger
	var wants fake.Said
	var wanted time.Time
	at := f.groups[(len(f.flooders)+8)%townGroups]
	if flooded {
		i := len(f.flooders)
		g, u := f.groups[i], f.homes[i][500]
		f.flooders, began = append(f.flooders, u), time.Now()
		for n := range thousand {
			if n == thousand/2 {
				there := f.groups[(i+6)%townGroups]
				dangers = append(dangers,
					f.danger(say, f.homes[(i+6)%townGroups][501], there, (i+6)%townGroups+1),
					f.danger(say, u, g, i+1))
				wanted = time.Now()
				wants = say(f.homes[(i+8)%townGroups][502], at, fmt.Sprintf("%d号楼单元门坏了，关不上，没人修", (i+8)%townGroups+1))
			}
			s := say(u, g, fmt.Sprintf("刷屏第%d条，来顶一个", n))
			f.said[s.Update] = fmt.Sprintf("刷屏第%d条，来顶一个", n)
		}
	}
	const each = 20 * time.Millisecond
	next := time.NewTicker(each)
	defer next.Stop()
	for time.Since(began) < length {
		<-next.C
		f.n++
		g := f.n % townGroups
		say(f.homes[g][f.n/townGroups%400], f.groups[g], longTalk[f.n%40])
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := f.tg.Wait(ctx, func() bool { return f.tg.Pending() == 0 }); err != nil {
		t.Fatalf("%d messages were not taken", f.tg.Pending())
	}
	if !flooded {
		return
	}
	if err := f.tg.Wait(ctx, func() bool { return len(f.warnings()) >= len(f.flooders) }); err != nil {
		t.Fatalf("staff were told %d times of %d who flooded", len(f.warnings()), len(f.flooders))
	}
	f.warned = append(f.warned, f.warnings()[len(f.flooders)-1].At.Sub(began))
	f.taken = append(f.taken, f.meter.last(f.flooders[len(f.flooders)-1].ID, began))
	err := f.tg.Wait(ctx, func() bool {
		return slices.ContainsFunc(f.tg.Sent(at.ID), func(m fake.Message) bool {
			if m.ReplyTo != wants.Message {
				return false
			}
			f.asked = append(f.asked, m.At.Sub(wanted))
			return true
		})
	})
	if err != nil {
		t.Error("nobody asked whether to file what somebody wants")
	}
	for i, d := range dangers {
		from := d.at
		if f.meter != nil {
			from = f.meter.arrived(d.update)
		}
		at := f.onDuty(ctx, d.text)
		if at.IsZero() {
			continue
		}
		took := at.Sub(from)
		if i == 0 {
			f.others = append(f.others, took)
		} else {
			f.own = append(f.own, took)
		}
	}
}

// danger is one that was said.
type danger struct {
	text   string
	update int64
	at     time.Time
}

func (f *flood) danger(say func(*fake.User, *fake.Group, string) fake.Said, u *fake.User, g *fake.Group, building int) danger {
	text := fmt.Sprintf("%d号楼1单元楼道里好浓的煤气味，第%d回了", building, len(f.flooders))
	f.secrets.Said(text)
	return danger{text, say(u, g, text).Update, time.Now()}
}

// onDuty waits until a text is on the phone of the person on duty and says since when.
func (f *flood) onDuty(ctx context.Context, text string) (at time.Time) {
	err := f.tg.Wait(ctx, func() bool {
		for _, m := range f.tg.Sent(f.posts["sun"].ID) {
			if strings.Contains(m.Text, text) {
				at = m.At
			}
		}
		return !at.IsZero()
	})
	if err != nil {
		f.t.Errorf("the person on duty did not hear of: %s", text)
	}
	return at
}

// check: everything was heard, nothing was read that had to wait, and staff know.
func (f *flood) check() {
	t := f.t
	t.Helper()
	look(t, f.site, func(tx storage.Tx) {
		for _, u := range f.updates {
			if _, seen, err := tx.Once(fmt.Sprintf("u/%d", u), time.Now(), nil); err != nil {
				t.Fatal(err)
			} else if !seen {
				t.Errorf("update %d was confirmed, and never heard of", u)
			}
		}
		waits := map[string][]string{} // texts in their order, by speaker
		for _, j := range must[[]storage.Job](t)(tx.Jobs()) {
			if j.Kind != "hear" {
				continue
			}
			in, err := decoded[bot.Inbound](j.Body)
			if err != nil {
				t.Fatal(err)
			}
			waits[in.From.Address] = append(waits[in.From.Address], in.Message.Text)
		}
		for i, u := range f.flooders {
			got := waits[fmt.Sprint(u.ID)]
			delete(waits, fmt.Sprint(u.ID))
			if len(got) < thousand-150 || len(got) > thousand {
				t.Errorf("flood %d: %d of a thousand wait to be read", i, len(got))
				continue
			}
			for n, text := range got {
				if want := fmt.Sprintf("刷屏第%d条，来顶一个", thousand-len(got)+n); text != want {
					t.Errorf("flood %d: %q waits where %q should", i, text, want)
					break
				}
			}
		}
		for who, texts := range waits {
			t.Errorf("%d messages of %s wait, who did not flood", len(texts), who)
		}
		if list := must[[]storage.Trouble](t)(tx.Troubles()); len(list) > 0 {
			t.Errorf("troubles: %+v", list)
		}
	})
	if n := len(f.warnings()); n != len(f.flooders) {
		t.Errorf("staff were told %d times of %d who flooded", n, len(f.flooders))
	}
}

// warnings are what staff were told of floods.
func (f *flood) warnings() []fake.Message {
	return slices.DeleteFunc(f.tg.Sent(f.posts["chen"].ID), func(m fake.Message) bool { return !strings.Contains(m.Text, "连发") })
}

// meter stands between Telegram and the binary's webhook and takes the time of
// every update.
type meter struct {
	url  string
	mu   sync.Mutex
	to   http.Handler
	took []taken
}

type taken struct {
	update, from int64
	began, ended time.Time
	status       int
}

func newMeter(t *testing.T) *meter {
	m := &meter{}
	front := httptest.NewServer(m)
	t.Cleanup(front.Close)
	m.url = front.URL + "/hook/telegram"
	return m
}

// between has Telegram deliver through the meter from now on.
func (m *meter) between(t *testing.T, h *site) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), quick)
	defer cancel()
	set := func() bool {
		return slices.ContainsFunc(h.tg.Calls("setWebhook"), func(c fake.Call) bool { return c.Code == http.StatusOK })
	}
	if err := h.tg.Wait(ctx, set); err != nil {
		t.Fatalf("the webhook: %v", err)
	}
	h.mu.Lock()
	to := must[*url.URL](t)(url.Parse(h.hook))
	h.mu.Unlock()
	proxy := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
	}}
	m.mu.Lock()
	m.to = proxy
	m.mu.Unlock()
	form := url.Values{"url": {m.url}, "secret_token": {"secret-of-a-test"}}
	resp, err := http.PostForm(h.front.URL+"/bot"+fake.Token+"/setWebhook", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("setWebhook: %s", resp.Status)
	}
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var u struct {
		ID      int64 `json:"update_id"`
		Message struct {
			From struct {
				ID int64 `json:"id"`
			} `json:"from"`
		} `json:"message"`
	}
	if err := json.Unmarshal(body, &u); err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	m.mu.Lock()
	to := m.to
	m.mu.Unlock()
	status := &noted{ResponseWriter: w, status: http.StatusOK}
	began := time.Now()
	to.ServeHTTP(status, r)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took = append(m.took, taken{u.ID, u.Message.From.ID, began, time.Now(), status.status})
}

// noted remembers the status that was answered.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

func (m *meter) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took = nil
}

// of is how long the messages of those took who did not flood, and none of which
// was refused.
func (m *meter) of(flooders []*fake.User) (list spread[time.Duration]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range m.took {
		if x.from != 0 && !slices.ContainsFunc(flooders, func(u *fake.User) bool { return u.ID == x.from }) {
			list = append(list, x.ended.Sub(x.began))
		}
	}
	return list
}

// last is how long after a time the last message of somebody was accepted.
func (m *meter) last(from int64, since time.Time) (took time.Duration) {
	if m == nil {
		return time.Since(since)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range m.took {
		if x.from == from && x.status == http.StatusOK {
			took = max(took, x.ended.Sub(since))
		}
	}
	return took
}

// arrived is when Telegram brought an update.
func (m *meter) arrived(update int64) (at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range m.took {
		if x.update == update && at.IsZero() {
			at = x.began
		}
	}
	return at
}
