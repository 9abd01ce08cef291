package pages

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
)

// Hearings as calendars read them (iCalendar, RFC 5545): one, and a feed of all that were
// announced. They name nobody.

// errScope says that there is no such part of the community.
var errScope = errors.New("pages: no such part of the community")

// feedPast is how long a hearing stays in the feed.
const feedPast = 60 * 24 * time.Hour

// event is one hearing for a calendar.
func (p *Pages) event(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.loadHearing(r.Context(), who)
	if err != nil {
		return err
	}
	if !v.announced() {
		return errHearingYet
	}
	if v.Stage == hearing.Off { // when it was called off stands in the list of all
		list, err := p.announcedOnes(r.Context())
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.row.ID == v.row.ID {
				v.called = x.called
			}
		}
	}
	return p.calendar(w, r, p.sheet(r, nil, bot.Mine{Lang: v.person.Lang}, "hearings-title"), []heard{v}, "linli-"+flows.Spoken(v.row.No)+".ics")
}

// feed is all hearings that were announced, of all the community or with ?for=b/3 of those
// that touch a part of it.
func (p *Pages) feed(w http.ResponseWriter, r *http.Request, _ *reader) error {
	scope := flows.Everywhere
	if word := r.URL.Query().Get("for"); word != "" {
		if scope = flows.ScopeOfWord(word); p.o.Settings().ScopeName(scope, "") == "" || !p.o.Settings().Contains(flows.Everywhere, scope) || !p.there(scope) {
			return errScope
		}
	}
	all, err := p.announcedOnes(r.Context())
	if err != nil {
		return err
	}
	var list []heard
	for _, v := range all {
		if v.To.After(p.o.Now().Add(-feedPast)) && p.o.Settings().Touches(scope, v.whom()) {
			list = append(list, v)
		}
	}
	return p.calendar(w, r, p.sheet(r, nil, bot.Mine{}, "hearings-title"), list, "linli.ics")
}

// there says whether a scope is one of the directory.
func (p *Pages) there(scope flows.Scope) bool {
	set := p.o.Settings()
	if scope.Building != "" {
		_, ok := set.Building(scope.Building)
		return ok
	}
	for _, g := range set.Grids {
		if g.ID == scope.Grid {
			return true
		}
	}
	return scope.Community
}

// calendar writes hearings as a calendar. What has not changed is not sent again.
func (p *Pages) calendar(w http.ResponseWriter, r *http.Request, s *sheet, list []heard, name string) error {
	title, err := s.T("hearings-title")
	if err != nil {
		return err
	}
	cal := ics.NewCalendarFor("Linli")
	cal.SetMethod(ics.MethodPublish)
	cal.SetCalscale("GREGORIAN")
	cal.SetXWRCalName(s.Community() + " " + title)
	cal.SetXWRTimezone(s.Settings.Zone.String())
	cal.SetRefreshInterval("PT1H", ics.WithValue("DURATION"))
	cal.SetXPublishedTTL("PT1H")
	for i := range list {
		if err := p.addEvent(cal, s, &list[i]); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLine("\r\n")); err != nil {
		return err
	}
	sum := sha256.Sum256(b.Bytes())
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8; method=PUBLISH")
	h.Set("Content-Disposition", `inline; filename="`+name+`"`)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	h.Set("Cache-Control", "private, no-cache") // kept by who asks, and asked for again
	h.Set("Vary", "Accept-Language")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b.Bytes()))
	return nil
}

// addEvent puts a hearing into a calendar.
func (p *Pages) addEvent(cal *ics.Calendar, s *sheet, v *heard) error {
	t := p.tellHearing(s, v)
	changed := v.Noticed
	if v.called.After(changed) {
		changed = v.called
	}
	e := cal.AddEvent("hearing-" + string(v.row.ID) + "@" + s.Settings.Community + ".linli")
	e.SetDtStampTime(changed)
	e.SetLastModifiedAt(changed)
	// A calendar takes only what has a higher number: calling a date off is a change of it, too.
	number := 2 * v.Version
	if v.Stage == hearing.Off || v.Stage == hearing.Closed && v.Published.IsZero() {
		number++
	}
	e.SetSequence(number)
	e.SetStartAt(v.From)
	e.SetEndAt(cmp.Or(v.To, v.From))
	summary := t.form()
	if v.Topic != "" {
		summary = t.say("hear-event", flows.Vars{"form": flows.Text(t.form()), "topic": flows.Text(v.Topic)})
	}
	var lines []string
	if v.Stage == hearing.Off {
		e.SetStatus(ics.ObjectStatusCancelled)
		summary = t.say("hear-event-off", flows.Vars{"summary": flows.Text(summary)})
		lines = append(lines, t.say("hear-stage-off", flows.Vars{"why": flows.Text(v.Changed)}))
	} else {
		e.SetStatus(ics.ObjectStatusConfirmed)
	}
	e.SetSummary(summary)
	for _, x := range t.six() {
		text := x.Text
		if len(x.Lines) > 0 {
			text = strings.TrimSpace(text + " " + strings.Join(x.Lines, t.say("hear-semi", nil)))
		}
		if x.URL != "" {
			text += " " + x.URL
		}
		if x.Key == "place" {
			e.SetLocation(text)
		}
		lines = append(lines, t.say("hear-event-line", flows.Vars{"label": flows.Text(x.Label), "text": flows.Text(text)}))
	}
	if office := s.Office(); office != "" {
		lines = append(lines, t.say("hear-office", flows.Vars{"phone": flows.Text(office)}))
	}
	e.SetDescription(strings.Join(lines, "\n"))
	if url := p.HearingLink(v.row.ID, "", p.o.Now()); url != "" {
		e.SetURL(url)
	}
	e.SetTimeTransparency(ics.TransparencyOpaque)
	return t.err
}
