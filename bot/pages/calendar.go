package pages

import (
	"bytes"
	"cmp"
	"context"
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

// Hearings and activities as calendars read them (iCalendar, RFC 5545): one, and a feed of
// all that everybody may come to. They name nobody.

// errScope says that there is no such part of the community.
var errScope = errors.New("pages: no such part of the community")

// feedPast is how long something that is over stays in the feed.
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
	return p.calendar(w, r, p.sheet(r, nil, bot.Mine{Lang: v.person.Lang}, "hearings-title"), []happening{&v}, "linli-"+flows.Spoken(v.row.No)+".ics")
}

// hearingFeed is all hearings that were announced.
func (p *Pages) hearingFeed(w http.ResponseWriter, r *http.Request, _ *reader) error {
	return p.feed(w, r, p.hearingsKnown, "hearings-title")
}

// feed is all that is in a list, of all the community or with ?for=b/3 of what touches a
// part of it.
func (p *Pages) feed(w http.ResponseWriter, r *http.Request, known func(context.Context) ([]happening, error), title string) error {
	scope := flows.Everywhere
	if word := r.URL.Query().Get("for"); word != "" {
		if scope = flows.ScopeOfWord(word); p.o.Settings().ScopeName(scope, "") == "" || !p.o.Settings().Contains(flows.Everywhere, scope) || !p.there(scope) {
			return errScope
		}
	}
	all, err := known(r.Context())
	if err != nil {
		return err
	}
	var list []happening
	for _, v := range all {
		if _, to := v.lasts(); to.After(p.o.Now().Add(-feedPast)) && p.o.Settings().Touches(scope, v.whom()) {
			list = append(list, v)
		}
	}
	return p.calendar(w, r, p.sheet(r, nil, bot.Mine{}, title), list, "linli.ics")
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

// calendar writes what happens as a calendar. What has not changed is not sent again.
func (p *Pages) calendar(w http.ResponseWriter, r *http.Request, s *sheet, list []happening, name string) error {
	title, err := s.T(s.Title)
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
	for _, x := range list {
		e, err := x.entry(p, s)
		if err != nil {
			return err
		}
		e.add(cal, s)
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

// dated is what stands in a calendar.
type dated struct {
	id       string
	changed  time.Time
	number   int // a calendar takes only what has a higher one
	off      bool
	from, to time.Time
	summary  string
	where    string
	lines    []string
	url      string
}

// add puts it into a calendar.
func (d dated) add(cal *ics.Calendar, s *sheet) {
	e := cal.AddEvent(d.id + "@" + s.Settings.Community + ".linli")
	e.SetDtStampTime(d.changed)
	e.SetLastModifiedAt(d.changed)
	e.SetSequence(d.number)
	e.SetStartAt(d.from)
	e.SetEndAt(cmp.Or(d.to, d.from))
	status := ics.ObjectStatusConfirmed
	if d.off {
		status = ics.ObjectStatusCancelled
	}
	e.SetStatus(status)
	e.SetSummary(d.summary)
	if d.where != "" {
		e.SetLocation(d.where)
	}
	e.SetDescription(strings.Join(d.lines, "\n"))
	if d.url != "" {
		e.SetURL(d.url)
	}
	e.SetTimeTransparency(ics.TransparencyOpaque)
}

// calls gives the lines of what something is about, and where it is.
func (t *telling) calls(items []sixth) (lines []string, where string) {
	for _, x := range items {
		text := x.Text
		if len(x.Lines) > 0 {
			text = strings.TrimSpace(text + " " + strings.Join(x.Lines, t.say("hear-semi", nil)))
		}
		if x.URL != "" {
			text += " " + x.URL
		}
		if x.Key == "place" {
			where = text
		}
		lines = append(lines, t.say("hear-event-line", flows.Vars{"label": flows.Text(x.Label), "text": flows.Text(text)}))
	}
	if office := t.s.Office(); office != "" {
		lines = append(lines, t.say("hear-office", flows.Vars{"phone": flows.Text(office)}))
	}
	return lines, where
}

// entry is a hearing in a calendar.
func (v *heard) entry(p *Pages, s *sheet) (dated, error) {
	t := p.tellHearing(s, v)
	d := dated{id: "hearing-" + string(v.row.ID), changed: v.Noticed, number: 2 * v.Version, off: v.Stage == hearing.Off, from: v.From, to: v.To, summary: t.form(),
		url: p.HearingLink(v.row.ID, "", p.o.Now())}
	if v.called.After(d.changed) {
		d.changed = v.called
	}
	if d.off || v.Stage == hearing.Closed && v.Published.IsZero() {
		d.number++ // calling a date off is a change of it, too
	}
	if v.Topic != "" {
		d.summary = t.say("hear-event", flows.Vars{"form": flows.Text(t.form()), "topic": flows.Text(v.Topic)})
	}
	if d.off {
		d.summary = t.say("hear-event-off", flows.Vars{"summary": flows.Text(d.summary)})
		d.lines = append(d.lines, t.say("hear-stage-off", flows.Vars{"why": flows.Text(v.Changed)}))
	}
	lines, where := t.calls(t.six())
	d.lines, d.where = append(d.lines, lines...), where
	return d, t.err
}
