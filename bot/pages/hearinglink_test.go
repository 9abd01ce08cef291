package pages

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// A link opens one hearing for one person, in one form; what is changed in it opens
// nothing, and no link opens pages of another kind. Everybody's has no end, one's own has.
func TestHearingLinks(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.hearing(nil)
	path := h.hearingPath(id, "r1")
	token := strings.TrimPrefix(path, "/hearing/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			bad := slices.Clone(raw)
			bad[i] ^= bit
			if a := h.ask("GET", "/hearing/"+base64.RawURLEncoding.EncodeToString(bad), nil); a.Status != 404 {
				t.Fatalf("byte %d changed: %d", i, a.Status)
			}
		}
	}
	poll := h.pollPath(h.poll(nil), "r1")
	asPoll := strings.Replace(h.hearingPath("2", "r1"), "/hearing/", "/poll/", 1)
	for _, bad := range []string{"/hearing/" + token + "A", "/hearing/" + token[:len(token)-1], strings.Replace(poll, "/poll/", "/hearing/", 1), asPoll, "/my/" + token, "/hearing/", "/hearing/" + token + "/x",
		"/hearing/" + strings.Repeat("A", 400), "/hearing/%00", "/hearing/AAAA/door", "/hearing/AAAA/event.ics", "/hearing/" + strings.TrimPrefix(h.path("r1"), "/my/")} {
		if a := h.ask("GET", bad, nil); a.Status != 404 {
			t.Errorf("%.30q: %d", bad, a.Status)
		}
	}
	h.resident("r5", "别人", "别人的话")
	for _, bad := range []string{h.hearingPath("cr5", "r1"), h.hearingPath("999", "r1"), h.hearingPath(id, "r77")} {
		if a := h.ask("GET", bad, nil); a.Status == 200 || strings.Contains(a.Body, "别人的话") {
			t.Errorf("%s: %d", bad, a.Status)
		}
		if a := h.ask("POST", bad+"/press", form("choice", "come")); a.Status == 200 {
			t.Errorf("%s is pressed with: %d", bad, a.Status)
		}
	}
	if l := build(t, "", func(o *Options) { o.PublicURL = "" }).pages.HearingLink("1", "r1", h.at); l != "" {
		t.Errorf("a link without an address: %q", l)
	}
	all := h.hearingPath(id, "")
	h.at = h.at.Add(hearingLife + time.Second)
	if h.hearingPath(id, "") != all {
		t.Error("everybody's link changes with the time")
	}
	if a := h.ask("GET", path, nil); a.Status != 410 {
		t.Errorf("after a year: %d", a.Status)
	}
	h.page(all)
	h.update(func(tx storage.Tx) error {
		c, err := tx.Case(id)
		c.Bare, c.Done = true, true
		return firstOf(err, tx.PutCase(c))
	})
	if a := h.ask("GET", all, nil); a.Status != 410 || strings.Contains(a.Body, "充电桩") {
		t.Errorf("of a case that was emptied: %d", a.Status)
	}
}

// Whatever somebody has written into a hearing stays text.
func TestHearingIsNoMarkup(t *testing.T) {
	shape := func(s string) map[string]string {
		h := hall(t, "", nil)
		h.folk()
		h.lives("r1", s, flows.Place{Building: "3", Unit: "2", Room: "501"})
		write := func(x *hearing.State) {
			x.Topic, x.Changed, x.Prose, x.Version = s, s, s, 2
			for i := range x.Points {
				x.Points[i].Text = s
			}
			for i := range x.Decisions {
				x.Decisions[i].Text, x.Decisions[i].Said = s, s
			}
			x.Waived = []hearing.Waiver{{What: "clear", By: "zhaos", At: h.at, Why: s, For: x.From}}
			x.Frozen = &hearing.Objection{By: "zhaos", At: h.at, Why: s, Reply: s}
		}
		open := h.hearing(write)
		done := h.hearing(func(x *hearing.State) { finished(h)(x); write(x) })
		h.record(done)
		for _, n := range []int{1, 2, 9} {
			h.item(done, n, hearing.Item{Kind: "said", By: "r1", Name: s, Text: s, At: h.at})
		}
		out := map[string]string{"open": h.page(h.hearingPath(open, "r1")), "code": h.page(h.hearingPath(open, "") + "?code=" + url.QueryEscape(s)), "done": h.page(h.hearingPath(done, "r1")),
			"notice": h.page(h.hearingPath(open, "") + "/notice"), "door": h.page(h.hearingPath(open, "chen") + "/door"), "signin": h.page(h.hearingPath(open, "chen") + "/signin"),
			"list": h.page("/hearings"), "mine": h.page(h.path("r1")),
			"wrong": h.ask("POST", h.hearingPath(open, "r1")+"/say", form("tag", "say", "text", strings.Repeat(s, 600))).Body, "digits": h.ask("POST", h.hearingPath(open, "r1")+"/here", form("code", s)).Body}
		return out
	}
	noMarkup(t, shape, `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</textarea></span><script>`, `{{.}}`, `<!--`)
}
