package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"linli/storage"
)

// The days of the journal that were sealed. Nothing of it stands on the way of a
// message: a record lies where its case is, and a day says from which to which of
// each case it has.

// part is the records of one case that belong to a day.
type part struct{ n, from, to uint64 }

// putPart writes a part behind one whose case has the number prev.
func putPart(b []byte, prev uint64, p part) []byte {
	b = binary.AppendUvarint(b, p.n-prev)
	b = binary.AppendUvarint(b, p.from)
	return binary.AppendUvarint(b, p.to-p.from)
}

// partsOf reads what putPart wrote, as far as it can be read.
func partsOf(b []byte) (list []part) {
	var prev uint64
	for len(b) > 0 {
		var v [3]uint64
		for i := range v {
			n, used := binary.Uvarint(b)
			if used <= 0 {
				return list
			}
			v[i], b = n, b[used:]
		}
		prev += v[0]
		list = append(list, part{prev, v[1], v[1] + v[2]})
	}
	return list
}

func (x *tx) Unsealed() (d storage.Day, last string, err error) {
	ends := map[uint64]uint64{} // of each case, the last record that is sealed
	err = x.walk(sealed, x.here(0), nil, forward, func(k, v []byte, err error) (bool, error) {
		last, d.Before = string(k[4:]), nil
		var one storage.Day
		if err != nil || x.open(sealed, k, v, &one) != nil {
			return true, nil // what it had is sealed again, unless a later day goes on behind it
		}
		d.Before = one.Root
		for _, p := range partsOf(one.Parts) {
			ends[p.n] = max(ends[p.n], p.to)
		}
		return true, nil
	})
	if err != nil {
		return d, "", err
	}
	// A case keeps its number when it is dropped.
	err = x.scan(numbers, x.here(0), nil, forward, func(_, v []byte) (bool, error) {
		if n := be64(v); ends[n] == 0 {
			ends[n] = 0
		}
		return true, nil
	})
	if err != nil {
		return d, "", err
	}
	more := x.behind(journal)
	var sum storage.DaySum
	var prev uint64
	for _, n := range slices.Sorted(maps.Keys(ends)) {
		var p part
		if there, err := more(n, ends[n]); err != nil {
			return d, "", err
		} else if !there {
			continue
		}
		err := x.walk(journal, put64(nil, n), put64(put64(nil, n), ends[n]), forward, func(k, v []byte, err error) (bool, error) {
			var r storage.Record
			if err != nil || x.open(journal, k, v, &r) != nil {
				r.Chain = nil
			}
			sum.Add(r.Chain)
			if p.to = tail(k); p.from == 0 {
				p.from = p.to
			}
			return true, nil
		})
		if err != nil {
			return d, "", err
		}
		if p.from != 0 {
			p.n = n
			d.Parts, prev = putPart(d.Parts, prev, p), n
		}
	}
	d.Records, d.Sum = sum.Records(), sum.Sum()
	return d, last, nil
}

// behind gives a question: whether a table may have a row of n after the one given.
// It is for who asks about thousands of which hardly any has one.
func (x *tx) behind(t table) func(n, after uint64) (bool, error) {
	if x.layer(t) != nil || x.snap.bucket(t) == nil {
		return func(uint64, uint64) (bool, error) { return true, nil }
	}
	c := x.snap.bucket(t).Cursor()
	var key [16]byte
	return func(n, after uint64) (there bool, err error) {
		defer caught(&err)
		k, _ := c.Seek(put64(put64(key[:0], n), after+1))
		return be64(k) == n, nil
	}
}

func (x *tx) SealDay(d storage.Day) (storage.Day, error) {
	if err := x.writing(); err != nil {
		return d, err
	}
	if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
		return d, errors.New("bolt: a day needs a date")
	}
	var last string
	var before []byte
	err := x.walk(sealed, x.here(0), nil, backward, func(k, v []byte, err error) (bool, error) {
		var one storage.Day
		if last = string(k[4:]); err == nil && x.open(sealed, k, v, &one) == nil {
			before = one.Root
		}
		return false, nil
	})
	if err != nil {
		return d, err
	}
	if d.Date <= last || !bytes.Equal(d.Before, before) {
		return d, storage.ErrSealed
	}
	d.Seal()
	return d, x.putRow(sealed, named(x, d.Date), d)
}

func (x *tx) SealedDay(date string) (d storage.Day, err error) {
	if date != "" {
		return d, x.row(sealed, named(x, date), &d)
	}
	err = x.scan(sealed, x.here(0), nil, backward, func(k, v []byte) (bool, error) {
		d = storage.Day{}
		return x.open(sealed, k, v, &d) != nil, nil
	})
	if err == nil && d.Date == "" {
		err = storage.ErrNone
	}
	return d, err
}
