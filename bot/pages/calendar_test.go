package pages

import (
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// read reads a calendar back; each event by its UID.
func (h *house) read(a answer) map[string]*ics.VEvent {
	h.t.Helper()
	if a.Status != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/calendar; charset=utf-8") || a.Header.Get("ETag") == "" {
		h.t.Fatalf("a calendar: %d %v\n%s", a.Status, a.Header, a.Body)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(a.Body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			h.t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	cal, err := ics.ParseCalendar(strings.NewReader(a.Body))
	if err != nil {
		h.t.Fatal(err)
	}
	method := ""
	for _, p := range cal.CalendarProperties {
		if p.IANAToken == "METHOD" {
			method = p.Value
		}
	}
	if method != "PUBLISH" {
		h.t.Errorf("the method is %q", method)
	}
	out := map[string]*ics.VEvent{}
	for _, e := range cal.Events() {
		if out[e.Id()] != nil {
			h.t.Errorf("%s is there twice", e.Id())
		}
		out[e.Id()] = e
	}
	return out
}

func value(e *ics.VEvent, p ics.ComponentProperty) string {
	if x := e.GetProperty(p); x != nil {
		return x.Value
	}
	return ""
}

// A hearing as an event: its times, its place, its version, and nobody's name.
func TestEvent(t *testing.T) {
	h := hall(t, "/c/x", nil)
	h.folk()
	id := h.hearing(func(s *hearing.State) {
		s.Version, s.Topic = 3, "装不装；在哪, 谁管\nBEGIN:VEVENT"
		s.Noticed = h.at.Add(-time.Hour)
	})
	h.record(id)
	a := h.ask("GET", h.hearingPath(id, "")+"/event.ics", nil)
	events := h.read(a)
	e := events["hearing-"+string(id)+"@"+h.settings.Community+".linli"]
	if len(events) != 1 || e == nil {
		t.Fatalf("the events are %v", events)
	}
	from, err := e.GetStartAt()
	to, err2 := e.GetEndAt()
	want := time.Date(2026, 3, 14, 15, 0, 0, 0, h.settings.Zone)
	if firstOf(err, err2) != nil || !from.Equal(want) || !to.Equal(want.Add(2*time.Hour)) {
		t.Errorf("it is from %v to %v: %v", from, to, firstOf(err, err2))
	}
	changed, err := e.GetLastModifiedAt()
	if err != nil || !changed.Equal(h.at.Add(-time.Hour)) {
		t.Errorf("changed %v: %v", changed, err)
	}
	if got := value(e, ics.ComponentPropertySequence); got != "6" {
		t.Errorf("the sequence is %q", got)
	}
	if got := value(e, ics.ComponentPropertyStatus); got != "CONFIRMED" {
		t.Errorf("the status is %q", got)
	}
	if got := value(e, ics.ComponentPropertyUrl); got != h.pages.HearingLink(id, "", h.at) {
		t.Errorf("the address is %q", got)
	}
	if got := value(e, ics.ComponentPropertySummary); !strings.Contains(got, "居民议事会：装不装；在哪, 谁管") {
		t.Errorf("the summary is %q", got)
	}
	if got := value(e, ics.ComponentPropertyLocation); got != "二楼邻里室（8号楼1单元201室）" {
		t.Errorf("the place is %q", got)
	}
	for _, x := range []string{"事：", "时：3月14日（周六） 15:00-17:00", "地：", "人：3号楼的住户", "内容：装不装；装在哪里；谁来管", "形式：", "电话：0473-0000000"} {
		if got := value(e, ics.ComponentPropertyDescription); !strings.Contains(got, x) {
			t.Errorf("%q is not in the description %q", x, got)
		}
	}
	plain := strings.ReplaceAll(a.Body, "\r\n ", "")
	h.lacks(plain, "王阿姨", "李大爷", "郑主任", "陈社区", "ORGANIZER", "ATTENDEE", "让出车位")
	if own := h.ask("GET", h.hearingPath(id, "r1")+"/event.ics", nil); own.Body != a.Body {
		t.Error("with a link of one's own it is another")
	}
	if again := h.ask("GET", h.hearingPath(id, "")+"/event.ics", nil, "If-None-Match", a.Header.Get("ETag")); again.Status != 304 || again.Body != "" {
		t.Errorf("not changed: %d", again.Status)
	}
	for _, change := range []func(*hearing.State){func(s *hearing.State) { s.Noticed = time.Time{} }, func(s *hearing.State) { s.Stage, s.From = hearing.Planning, time.Time{} }} {
		if x := h.ask("GET", h.hearingPath(h.hearing(change), "")+"/event.ics", nil); x.Status != 404 {
			t.Errorf("of what is not announced: %d", x.Status)
		}
	}
}

// The feed has all that were announced and are not long past; one that is off is called so,
// under the same name, with the time at which that was.
func TestFeed(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	near := h.hearing(nil)
	all := h.hearing(func(s *hearing.State) { s.Scope = flows.Everywhere })
	far := h.hearing(func(s *hearing.State) { s.Scope = flows.Scope{Building: "5"} })
	grid := h.hearing(func(s *hearing.State) { s.Scope = flows.Scope{Grid: "g1"} })
	h.hearing(func(s *hearing.State) { s.Noticed, s.Stage = time.Time{}, hearing.Set })
	h.hearing(func(s *hearing.State) {
		s.From, s.To, s.Stage = s.From.AddDate(0, 0, -70), s.To.AddDate(0, 0, -70), hearing.Closed
	})
	recent := h.hearing(func(s *hearing.State) {
		s.From, s.To, s.Stage = s.From.AddDate(0, 0, -50), s.To.AddDate(0, 0, -50), hearing.Closed
	})
	uid := func(id flows.ID) string { return "hearing-" + string(id) + "@" + h.settings.Community + ".linli" }
	check := func(query string, want ...flows.ID) answer {
		t.Helper()
		a := h.ask("GET", "/hearings.ics"+query, nil)
		got := h.read(a)
		for _, id := range want {
			if got[uid(id)] == nil {
				t.Errorf("%s has no %s", query, id)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s has %d events", query, len(got))
		}
		return a
	}
	first := check("", near, all, far, grid, recent)
	check("?for=b/3", near, all, grid, recent)
	check("?for=b/5", all, far)
	check("?for=g/g1", near, all, grid, recent)
	for _, bad := range []string{"b/99", "b/", "g/x", "x", "b", "c/1", "%00", "b/3/4"} {
		if a := h.ask("GET", "/hearings.ics?for="+bad, nil); a.Status != 404 {
			t.Errorf("for %q: %d", bad, a.Status)
		}
	}
	if a := h.ask("GET", "/hearings.ics", nil, "If-None-Match", first.Header.Get("ETag")); a.Status != 304 {
		t.Errorf("not changed: %d", a.Status)
	}

	h.at = h.at.Add(time.Hour)
	h.update(func(tx storage.Tx) error {
		c, err := tx.Case(near)
		if err != nil {
			return err
		}
		s, err := hearing.Read(c)
		s.Stage, s.Changed, s.Version = hearing.Off, "刮大风", 2
		c.Data, c.Summary = flows.Data(s), s.Summary()
		return firstOf(err, tx.PutCase(c), tx.Note(storage.Record{Case: near, At: h.at, Event: "e1", Kind: "said", Before: hearing.Notice, After: hearing.Off}),
			tx.Note(storage.Record{Case: near, At: h.at.Add(time.Minute), Event: "e2", Kind: "chose", Before: hearing.Off, After: hearing.Off}))
	})
	a := h.ask("GET", "/hearings.ics", nil, "If-None-Match", first.Header.Get("ETag"))
	e := h.read(a)[uid(near)]
	if a.Header.Get("ETag") == first.Header.Get("ETag") || e == nil {
		t.Fatal("what is off is not in the feed")
	}
	changed, err := e.GetLastModifiedAt()
	if got := value(e, ics.ComponentPropertyStatus); got != "CANCELLED" || value(e, ics.ComponentPropertySequence) != "5" || err != nil || !changed.Equal(h.at) {
		t.Errorf("it is %s, %s, changed %v: %v", got, value(e, ics.ComponentPropertySequence), changed, err)
	}
	if got := value(e, ics.ComponentPropertySummary); !strings.HasPrefix(got, "取消：") {
		t.Errorf("it is called %q", got)
	}
	one := h.read(h.ask("GET", h.hearingPath(near, "")+"/event.ics", nil))[uid(near)]
	if one == nil || value(one, ics.ComponentPropertyStatus) != "CANCELLED" || value(one, ics.ComponentPropertyLastModified) != value(e, ics.ComponentPropertyLastModified) {
		t.Error("the event says something else than the feed")
	}
	if en := h.ask("GET", "/hearings.ics", nil, "Accept-Language", "en"); en.Header.Get("Vary") != "Accept-Language" || !strings.Contains(en.Body, "Called off") {
		t.Error("the feed is not in English")
	}
}
