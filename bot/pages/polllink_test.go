package pages

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/poll"
)

// A link opens one poll for one person, in one form, for as long as somebody may ask;
// what is changed in it opens nothing, and neither kind of link opens the other's pages.
func TestPollLinks(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	id := h.poll(nil)
	path := h.pollPath(id, "r1")
	token := strings.TrimPrefix(path, "/poll/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			bad := slices.Clone(raw)
			bad[i] ^= bit
			if a := h.ask("GET", "/poll/"+base64.RawURLEncoding.EncodeToString(bad), nil); a.Status != 404 {
				t.Fatalf("byte %d changed: %d", i, a.Status)
			}
		}
	}
	mine := strings.TrimPrefix(h.path("r1"), "/my/")
	for _, bad := range []string{"/poll/" + token + "A", "/poll/" + token[:len(token)-1], "/poll/" + mine, "/my/" + token, "/my/" + token + "/copy", "/poll/", "/poll/" + token + "/x"} {
		if a := h.ask("GET", bad, nil); a.Status != 404 {
			t.Errorf("%.20q: %d", bad, a.Status)
		}
	}
	other := build(t, "", func(o *Options) { o.Key = []byte(strings.Repeat("o", 32)) })
	other.poll(nil)
	if a := other.ask("GET", path, nil); a.Status != 404 {
		t.Errorf("in another community: %d", a.Status)
	}
	// A link to what is no poll, to nobody, to what has not been sent.
	h.resident("r5", "别人", "别人的话")
	for _, bad := range []string{h.pollPath("cr5", "r1"), h.pollPath("999", "r1"), h.pollPath(id, "r77")} {
		if a := h.ask("GET", bad, nil); a.Status == 200 || strings.Contains(a.Body, "别人的话") {
			t.Errorf("%s: %d", bad, a.Status)
		}
		if a := h.ask("POST", bad, form("v", "A")); a.Status == 200 {
			t.Errorf("%s is voted with: %d", bad, a.Status)
		}
	}
	if _, err := h.person("r77"); err == nil {
		t.Error("a link has made a person")
	}
	preview := h.poll(func(s *poll.State) { s.Stage, s.Sent, s.Seed = poll.Preview, time.Time{}, "" })
	for _, who := range []string{"", "r1"} {
		if a := h.ask("GET", h.pollPath(preview, who), nil); a.Status != 404 || strings.Contains(a.Body, "充电桩") {
			t.Errorf("a preview is shown: %d", a.Status)
		}
	}
	if l := build(t, "", func(o *Options) { o.PublicURL = "" }).pages.PollLink("1", "r1", h.at); l != "" {
		t.Errorf("a link without an address: %q", l)
	}

	end := h.state(id).Until.Add(h.settings.Polls.Check + afterwards)
	h.at = end
	h.page(path)
	h.at = end.Add(time.Second)
	for _, rt := range h.pages.routes() {
		if !strings.HasPrefix(rt.path, "/poll/") {
			continue
		}
		if a := h.ask(rt.method, strings.Replace(rt.path, "/poll/{token}", path, 1), form("v", "A", "choice", "doubt")); a.Status != 410 || !strings.Contains(a.Body, "已经关了") {
			t.Errorf("%s %s after the end: %d", rt.method, rt.path, a.Status)
		}
	}
	x := h.settings.Polls
	h.at = h.at.Add(x.Longest + x.Extend)
	if a := h.ask("GET", path, nil); a.Status != 410 {
		t.Errorf("long after: %d", a.Status)
	}
}
