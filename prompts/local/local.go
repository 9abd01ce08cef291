// Package local is the embedded reader: Chinese neighbourhood talk, and a
// little English, read with word lists and a linear score. It needs no network
// and no model, and it is always asked first.
//
// A message goes through one normal form ([normal]: NFKC, no invisible
// characters, simplified script, no spaces between Chinese words), then through
// lists of patterns (words/*.txt, all written by hand) and a scanner for places.
// The lists are data: whoever wants the reader to know a new way of saying
// something adds a line there.
//
// The package keeps nothing of what it reads, writes no log, and decides
// nothing: it proposes a [flows.Reading] with the words that led to it.
package local

import (
	"slices"
	"strings"
	"sync"

	"linli/flows"
	"linli/prompts"
)

var _ prompts.Reader = (*Reader)(nil)

// Reader reads one message at a time. It is safe for concurrent use; all it
// holds are tables compiled from Settings it has seen.
type Reader struct {
	mu     sync.RWMutex
	tables map[*flows.Settings]*directory
}

// most bounds the number of Settings whose tables are held: a few hundred
// communities in one process, a new version of each now and then.
const most = 512

// New gives a reader.
func New() *Reader { return &Reader{tables: map[*flows.Settings]*directory{}} }

// directory gives the tables of a Settings, compiled at first sight.
func (r *Reader) directory(s *flows.Settings) *directory {
	if s == nil {
		return nowhere()
	}
	r.mu.RLock()
	d := r.tables[s]
	r.mu.RUnlock()
	if d != nil && d.version == s.Version {
		return d
	}
	d = compile(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tables) >= most {
		clear(r.tables) // old versions would otherwise stay for ever
	}
	r.tables[s] = d
	return d
}

// Danger looks only for an emergency.
func (r *Reader) Danger(text string) flows.Danger {
	d, _, _ := danger(normal(text))
	return d
}

// Read reads one message in its context. It never fails: what it cannot read
// has a Demand near 0 and nothing else.
func (r *Reader) Read(text string, c prompts.Context) flows.Reading {
	d := r.directory(c.Settings)
	own := view(text, d, c)
	var topic topicLine
	var w *written
	if c.Direct {
		whole := write(proper(text, longest))
		w = &whole
		own.reading.Plan = d.plan(w, c.At)
		if own.reading.Danger == "" && topicWords(text) {
			topic, _ = d.topic(w, own.reading.Plan)
		}
	}
	if own.reading.Danger == "" {
		own.many(text, topic, d, c)
		if c.Direct {
			own.leisure(w, d, c)
			own.reading.Visit = d.visit(text, own.said.Place)
		}
	}
	out := own.reading
	if whole := out.Poll != nil || out.Chain != nil || out.Slip != nil || out.Topic != nil || out.Wish != nil || out.Offer != nil || out.Visit != nil; len(c.Before) > 0 && !whole && own.joins() {
		r.join(&out, own, text, d, c)
	}
	if out.Place.Zero() || !own.adds() || own.said.place() {
		out.Place = d.fill(out.Place, own, c)
	}
	if out.Danger != "" {
		out.More = false
	}
	return out
}

// many finds what a message says about a question that is put to many.
func (s *seen) many(text string, topic topicLine, d *directory, c prompts.Context) {
	r := &s.reading
	list, marked := d.chain(text, c.Scope.Building)
	if !c.Direct || marked {
		if r.Chain = list; list != nil {
			r.Number = chainNumber(list.Title)
		}
		return
	}
	if vote, n := d.slip(text, c.At); vote != nil {
		r.Slip, r.Number, r.More = vote, n, false
		if !s.troubled {
			r.Demand = min(r.Demand, 0.15)
		}
		return
	}
	// "议题：要不要装？要/不要" is a topic, "能不能大家商量一下：要/不要，周五截止" a poll.
	if topic.marked {
		r.Topic = topic.TopicLine
		return
	}
	// Three numbered lines without the mark may be the options of a poll.
	if !r.Notice && (list == nil || !slices.ContainsFunc(list.Lines, func(l flows.ChainLine) bool { return l.Place.Room != "" })) {
		r.Poll = poll(text, c.At)
	}
	if r.Poll == nil && list != nil {
		r.Chain, r.Number = list, chainNumber(list.Title)
	}
	if r.Poll == nil && r.Chain == nil && !r.Notice {
		r.Topic = topic.TopicLine
	}
}

// join completes a fragment with what the same speaker wrote just before.
func (r *Reader) join(out *flows.Reading, own seen, text string, d *directory, c prompts.Context) {
	before := strings.Join(c.Before[max(0, len(c.Before)-joined):], "\n")
	all := view(before+"\n"+text, d, c)
	if out.Item == "" {
		out.Item, out.About = all.reading.Item, all.reading.About
	}
	if !own.said.elsewhere {
		out.Place = own.said.Place
		if !all.said.elsewhere {
			out.Place = own.said.Place.Within(all.said.Place)
			if out.Place.Zero() {
				out.Place = all.said.Place
			}
		}
	}
	if out.Danger == "" {
		// Only a danger that this message completes: an earlier one was found when it was said.
		if earlier, _, _ := danger(normal(before)); earlier == "" {
			out.Danger = all.reading.Danger
		}
	}
	if all.reading.Demand <= out.Demand {
		return
	}
	// Where the earlier words were a demand without this message, this one only adds to it.
	first := view(before, d, c).reading.Demand
	if first < sure(c.Settings) || !own.adds() {
		out.Demand, out.Why = all.reading.Demand, all.reading.Why
		out.More = false
	}
}

// joined is how many earlier fragments are read together with a message.
const joined = 6

func sure(s *flows.Settings) float64 {
	if s == nil || s.Limits.Sure == 0 {
		return 0.75
	}
	return s.Limits.Sure
}
