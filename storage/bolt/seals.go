package bolt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"linli/storage"
)

// Holding the journal of a whole file to the days that were sealed.

// Sealed is a day of a community as Check found it.
type Sealed struct {
	Date    string
	Records int
	Root    []byte // as it is kept
	// Right says that the records which are there give this root, and that it goes
	// on from the one before.
	Right bool
}

// seals is what Check knows of the sealed days. The journal goes by once, in the
// order in which each day's records were added up.
type seals struct {
	days  []*counted      // in the order of their rows
	parts []dayPart       // in the order of the journal
	at    int             // the part that goes by
	torn  map[uint32]bool // communities a day of which cannot be read
	done  bool
}

type counted struct {
	storage.Day
	community uint32
	torn      bool
	sum       storage.DaySum // of what is there
	wrong     string
}

type dayPart struct {
	part
	day *counted
}

// begin reads the days. What cannot be read is said when their table goes by.
func (s *seals) begin(snap *snapshot) {
	s.torn = map[uint32]bool{}
	_ = snap.every(sealed, func(_ uint32, k, v []byte, sound bool) error {
		d := &counted{community: be32(k)}
		s.days = append(s.days, d)
		if !sound || json.Unmarshal(v, &d.Day) != nil || len(k) < 4 || d.Date != string(k[4:]) {
			d.torn, s.torn[d.community] = true, true
			return nil
		}
		for _, p := range partsOf(d.Parts) {
			s.parts = append(s.parts, dayPart{p, d})
		}
		return nil
	})
	slices.SortStableFunc(s.parts, func(a, b dayPart) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.from, b.from)) })
}

// add takes the next row of the journal; chain is nil of one that cannot be read,
// and its community 0. It says whether the row is in a day, or behind all days.
func (s *seals) add(community uint32, k, chain []byte) bool {
	n, seq := be64(k), tail(k)
	for s.at < len(s.parts) && (s.parts[s.at].n < n || s.parts[s.at].n == n && s.parts[s.at].to < seq) {
		s.at++
	}
	if s.at == len(s.parts) || s.parts[s.at].n != n {
		return true
	}
	p := s.parts[s.at]
	if seq < p.from {
		return s.torn[p.day.community]
	}
	if community == 0 || community == p.day.community {
		p.day.sum.Add(chain)
	}
	return true
}

// verdict says what is wrong with the day at a place of its table. It is asked
// after the journal went by.
func (s *seals) verdict(place int) string {
	s.finish()
	if place > len(s.days) {
		return ""
	}
	return s.days[place-1].wrong
}

func (s *seals) finish() {
	if s.done {
		return
	}
	s.done = true
	before := map[uint32]*counted{}
	for _, d := range s.days {
		last := before[d.community]
		before[d.community] = d
		again := d.Day
		again.Records, again.Sum = d.sum.Records(), d.sum.Sum()
		again.Seal()
		var follows []byte
		if last != nil {
			follows = last.Root
		}
		switch {
		case d.torn:
			d.wrong = "it is not what its table holds"
		case again.Records != d.Records || !bytes.Equal(again.Sum, d.Sum) || !bytes.Equal(again.Root, d.Root):
			d.wrong = "it is not what its records give"
		case (last == nil || !last.torn) && !bytes.Equal(d.Before, follows):
			d.wrong = "it does not follow the day before it"
		}
	}
}

// of gives the days of a community.
func (s *seals) of(community uint32) (list []Sealed) {
	s.finish()
	for _, d := range s.days {
		if d.community == community && !d.torn {
			list = append(list, Sealed{Date: d.Date, Records: d.Records, Root: d.Root, Right: d.wrong == ""})
		}
	}
	return list
}
