package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"linli/flows"
)

func TestMetrics(t *testing.T) {
	in, wang, _ := livedIn(t)
	h := in.houses[0]
	setClock(in, atNight)
	if _, err := in.backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := in.meters.of("dongqu")
	w.Sent("telegram", flows.Emergency, "confirmed", 2*time.Second)
	w.Sent("telegram", flows.Work, "gone", time.Second)
	w.Troubled("dead")
	s := httptest.NewServer(in.handler())
	t.Cleanup(s.Close)
	n, body, _ := visits(t, s.URL).get("/metrics")
	if n != http.StatusOK {
		t.Fatal(n, body)
	}
	for _, want := range []string{
		`linli_sent_total{channel="telegram",class="emergency",community="dongqu",outcome="confirmed"} 1`,
		`linli_sent_total{channel="telegram",class="work",community="dongqu",outcome="gone"} 1`,
		`linli_sent_delay_seconds_count{channel="telegram",class="emergency",community="dongqu"} 1`,
		`linli_trouble_total{community="dongqu",kind="dead"} 1`,
		`linli_trouble_waiting{community="dongqu"} 0`,
		`linli_channel_up{channel="webchat",community="dongqu"} 1`,
		`linli_backup_age_seconds 0`, `linli_state_unread 0`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("not told: %s", want)
		}
	}
	for _, want := range []string{`linli_heard_total\{channel="webchat",community="dongqu",kind="said"\} [1-9]`, `linli_store_bytes [1-9]`, `linli_outbox_rows\{community="dongqu",kind="wake"\} [1-9]`} {
		if !regexp.MustCompile(want).MatchString(body) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, secret := range []string{wang, "王阿姨", "电梯", h.store0(t)} {
		if strings.Contains(body, secret) {
			t.Errorf("%q is told", secret)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

// store0 is the address of somebody the store knows.
func (h *house) store0(t *testing.T) string {
	t.Helper()
	found, err := h.find(t.Context(), "王阿姨")
	if err != nil || len(found) != 1 || len(found[0].Addresses) == 0 {
		t.Fatal(found, err)
	}
	return found[0].Addresses[0]
}

func TestWhoMayReadMetrics(t *testing.T) {
	const token = "a-token-of-a-test"
	in := &installation{config: &Config{Metrics: Metrics{Token: NewSecret(token)}}}
	h := in.guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	try := func(from string, headers ...string) int {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = from
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, x := range []struct {
		name    string
		from    string
		headers []string
		proxied bool
		want    int
	}{
		{"this machine", "127.0.0.1:5", nil, false, 200},
		{"this machine, IPv6", "[::1]:5", nil, false, 200},
		{"another one", "192.0.2.1:5", nil, false, 401},
		{"another one with the token", "192.0.2.1:5", []string{"Authorization", "Bearer " + token}, false, 200},
		{"a wrong token", "127.0.0.1:5", []string{"Authorization", "Bearer x"}, false, 401},
		{"an empty token", "192.0.2.1:5", []string{"Authorization", "Bearer "}, false, 401},
		{"through a proxy on this machine", "127.0.0.1:5", []string{"X-Forwarded-For", "192.0.2.1"}, false, 401},
		{"where a proxy is configured", "127.0.0.1:5", nil, true, 401},
		{"where a proxy is configured, with the token", "127.0.0.1:5", []string{"Authorization", "Bearer " + token}, true, 200},
	} {
		in.config.TrustedProxy = x.proxied
		if got := try(x.from, x.headers...); got != x.want {
			t.Errorf("%s: %d, want %d", x.name, got, x.want)
		}
	}
	in.config.TrustedProxy, in.config.Metrics.Token = false, Secret{}
	if got := try("192.0.2.1:5", "Authorization", "Bearer "); got != 401 {
		t.Error("no token is as good as the right one")
	}
}
