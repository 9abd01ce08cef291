package bolt

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"hash"

	"linli/storage"
)

// Head stands for all journals of a community at a moment. Published day by
// day it shows later that no record was changed and none was taken from an end.
// Erasing records, or dropping a case, leaves it as it is.
type Head struct {
	Community string
	Cases     int // that have a journal
	Records   int
	// Sum is SHA-256 over the last Chain of each case, in the order in which the
	// store first heard of the cases.
	Sum []byte
	// Unreadable is how many cases are not in Sum because their last record is
	// damaged.
	Unreadable int
}

// Heads gives the head of each community that ever wrote, by name. It reads the
// whole journal.
func (db *DB) Heads(ctx context.Context) (list []Head, err error) {
	err = db.read(ctx, func(x *tx) error {
		all, err := x.communities()
		if err != nil {
			return err
		}
		sums := heads{}
		err = x.snap.every(journal, func(community uint32, k, v []byte, sound bool) error {
			sums.add(community, k, v, sound)
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		sums.end()
		for _, c := range all {
			h := sums.of[c.number]
			if h == nil {
				h = &head{sum: sha256.New()}
			}
			list = append(list, h.give(c.name))
		}
		return nil
	})
	return list, err
}

// heads sums up the journal as its rows go by.
type heads struct {
	of        map[uint32]*head
	community uint32 // of the case that goes by
	number    uint64 // of that case
	last      []byte // record
	sound     bool
}

type head struct {
	Head
	sum hash.Hash
}

func (s *heads) add(community uint32, k, v []byte, sound bool) {
	if n := be64(k); n != s.number {
		s.end()
		s.number, s.community = n, 0
	}
	if sound {
		s.community = community // a damaged row does not say whose it is; its neighbours do
		s.get().Records++
	}
	s.last, s.sound = v, sound
}

func (s *heads) get() *head {
	if s.of == nil {
		s.of = map[uint32]*head{}
	}
	h := s.of[s.community]
	if h == nil {
		h = &head{sum: sha256.New()}
		s.of[s.community] = h
	}
	return h
}

// end closes the case that went by last.
func (s *heads) end() {
	if s.number == 0 {
		return
	}
	h := s.get()
	h.Cases++
	var r storage.Record
	if !s.sound || json.Unmarshal(s.last, &r) != nil || len(r.Chain) != sha256.Size {
		h.Unreadable++
		return
	}
	h.sum.Write(r.Chain)
}

func (h *head) give(community string) Head {
	h.Head.Community, h.Head.Sum = community, h.sum.Sum(nil)
	return h.Head
}
