package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/activity"
	"linli/flows/hearing"
	"linli/storage"
)

// The pages of hearings are served where Linli runs, with the words of the flow, and a
// button of a hearing leads to them.
func TestHearingsAreServed(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, func(c string) string { return "public_url: https://linli.example\n" + c }))
	base, _ := running(t, in)
	who, h := visits(t, base), in.houses[0]
	now := h.now()
	s := hearing.State{Stage: hearing.Tasks, Form: flows.Hearing, Topic: "装不装充电桩", Scope: flows.Everywhere, Organiser: "chen", Chair: "chen", Room: "xiao", Points: []hearing.Point{{Text: "装不装"}},
		From: now.Add(-time.Hour), To: now, Begun: now.Add(-time.Hour), Ended: now, Noticed: now.AddDate(0, 0, -4), Version: 1, Published: now}
	s.Draft = s.Lines("小议事室")
	err := h.store.Update(t.Context(), func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "900", Flow: hearing.Name, No: 900, Opened: now, Data: flows.Data(s), Summary: s.Summary()})
	})
	if err != nil {
		t.Fatal(err)
	}
	link := h.link(plan{public: "https://linli.example", now: h.now}, hearing.Name, "", "900")
	u, err := url.Parse(h.pages.HearingLink("900", "", now))
	if link == "" || err != nil || !strings.HasSuffix(link, u.Path) {
		t.Fatalf("the button leads to %q, the page is %q: %v", link, u, err)
	}
	for path, words := range map[string]string{u.Path: "主持：陈社区", u.Path + "/notice": "居民议事会公告", u.Path + "/event.ics": "BEGIN:VEVENT", "/hearings": "装不装充电桩", "/hearings.ics": "BEGIN:VEVENT"} {
		if n, body, _ := who.get(path); n != 200 || !strings.Contains(body, words) {
			t.Errorf("%s: %d", path, n)
		}
	}
	if n, body, _ := who.get("/hearing/AAAA"); n != 404 || !strings.Contains(body, "这个链接打不开") {
		t.Errorf("a link that is none: %d", n)
	}
}

// So are those of activities.
func TestActivitiesAreServed(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, func(c string) string { return "public_url: https://linli.example\n" + c }))
	base, _ := running(t, in)
	who, h := visits(t, base), in.houses[0]
	now := h.now()
	s := activity.State{Stage: activity.Open, Title: "下班学吉他", Organiser: "chen", At: now.Add(48 * time.Hour), Minutes: 90, Where: "东门广场", Most: 12, Scope: flows.Everywhere, Sent: now, Code: "4821"}
	err := h.store.Update(t.Context(), func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "901", Flow: activity.Name, No: 901, Opened: now, Data: flows.Data(s), Summary: s.Summary()})
	})
	if err != nil {
		t.Fatal(err)
	}
	link := h.link(plan{public: "https://linli.example", now: h.now}, activity.Name, "", "901")
	u, err := url.Parse(h.pages.ActivityLink("901", "", now))
	if link == "" || err != nil || !strings.HasSuffix(link, u.Path) {
		t.Fatalf("the button leads to %q, the page is %q: %v", link, u, err)
	}
	for path, words := range map[string]string{u.Path: "还剩12个位子", u.Path + "/notice": "扫码报名", u.Path + "/event.ics": "BEGIN:VEVENT", "/activities": "下班学吉他", "/activities.ics": "BEGIN:VEVENT"} {
		if n, body, _ := who.get(path); n != 200 || !strings.Contains(body, words) {
			t.Errorf("%s: %d", path, n)
		}
	}
	if n, body, _ := who.get("/activity/AAAA"); n != 404 || !strings.Contains(body, "这个链接打不开") {
		t.Errorf("a link that is none: %d", n)
	}
}
