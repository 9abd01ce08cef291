package desk

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// What has been done with a case, told from its journal.

// line is a step of a case in words that whoever works in a committee knows.
type line struct {
	At    time.Time
	Who   string
	What  string
	Stage string // key of the words of the stage the case came to; empty: it stayed
}

// lines tells the journal of a case and its children. What one event did to a
// case and its children is one line: the case's own stage, and the words for what
// a person did rather than for what the cases said to each other.
func (p *page) lines(o storage.Dossier, m matter) []line {
	var out []line
	var event string
	best := 0
	for _, rec := range o.Journal {
		own := rec.Case == o.Case.ID
		stage := ""
		if own && rec.After != rec.Before && p.Words.Has("stage-"+rec.After) {
			stage = "stage-" + rec.After
		}
		key, rank := p.told(rec)
		if rec.Erased || key == "" && stage == "" {
			continue
		}
		if rec.Event == "" || rec.Event != event || len(out) == 0 {
			out, best, event = append(out, line{At: rec.At}), 0, rec.Event
		}
		l := &out[len(out)-1]
		if l.Who == "" {
			l.Who = p.by(rec.By, m)
		}
		if stage != "" {
			l.Stage = stage
		}
		if text, err := p.T(key); err == nil && rank > best {
			l.What, best = text, rank
		}
	}
	return out
}

// told gives the key of the words for a step, and how much they say; "" for what
// is of no use to anybody (a message that arrived, a wake-up that led to nothing).
func (p *page) told(rec storage.Record) (key string, rank int) {
	word, _, _ := strings.Cut(rec.Detail, "=")
	switch rec.Kind {
	case "chose", "opened", "said":
		rank = 3
	case "told", "missed":
		rank = 2
	default:
		rank = 1
	}
	if rec.Kind == "delivered" {
		word = rec.Detail[strings.LastIndexByte(rec.Detail, ' ')+1:]
	} else if i := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLower(r) }); i >= 0 {
		word = word[:i] // the rest counts the rounds
	}
	if rec.Kind == "woke" && idle(rec, word) {
		return "", 0
	}
	for _, k := range []string{"j-" + rec.Kind + "-" + word, "j-" + rec.Kind} {
		if p.Words.Has(k) {
			return k, rank
		}
	}
	return "", rank
}

// wakes are the stages in which a wake-up does something: what it was for has been done by
// then otherwise, and nothing is late. Of a name that is not here it can not be told.
var wakes = map[string][]string{
	"accept": {"sent"}, "next": {"sent"}, "again": {"sent"}, "await": {"waiting"},
	"review": {hearing.Waiting}, "vet": {hearing.Review}, "upward": {hearing.Upward}, "asking": {hearing.Asking},
	"remind": {hearing.Notice}, "release": {hearing.Notice}, "minutes": {hearing.Minutes},
}

// idle says that a wake-up came to a case that needed it no more.
func idle(rec storage.Record, name string) bool {
	in, ok := wakes[name]
	return ok && !slices.Contains(in, rec.Before)
}

// by names who did a step: people with a post by name, residents by the part they
// have in the case.
func (p *page) by(id flows.PersonID, m matter) string {
	key := "by-resident"
	switch o, ok := p.Settings.Official(id); {
	case id == "":
		return "" // the house itself
	case ok:
		return o.Name
	case id == m.Reporter:
		key = "by-reporter"
	}
	s, err := p.T(key)
	if err != nil {
		return ""
	}
	return s
}
