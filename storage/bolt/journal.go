package bolt

import (
	"bytes"
	"crypto/rand"
	"errors"

	"linli/flows"
	"linli/storage"
)

func (x *tx) Note(r storage.Record) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.numbered(r.Case)
	if err != nil {
		return err
	}
	var last storage.Record
	err = x.walk(journal, put64(nil, n), nil, backward, func(k, v []byte, err error) (bool, error) {
		if err != nil || x.open(journal, k, v, &last) != nil {
			// The case goes on, and Verify shows for ever where its chain was cut.
			last = storage.Record{Seq: int(tail(k))}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	var salt [16]byte
	rand.Read(salt[:])
	r.Seq, r.Erased = last.Seq+1, false
	storage.Seal(last.Chain, &r, salt[:])
	return x.putRow(journal, put64(put64(nil, n), uint64(r.Seq)), r)
}

func (x *tx) Journal(id flows.ID) ([]storage.Record, error) {
	n, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return x.steps(n)
}

// EraseRecords erases damaged records too; Verify shows where they were.
func (x *tx) EraseRecords(id flows.ID, of func(storage.Record) bool) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	return x.erase(n, of)
}

func (x *tx) erase(n uint64, of func(storage.Record) bool) error {
	return x.walk(journal, put64(nil, n), nil, forward, func(k, v []byte, err error) (bool, error) {
		var r storage.Record
		switch {
		case err != nil || x.open(journal, k, v, &r) != nil:
			r = storage.Record{Seq: int(tail(k))}
		case r.Erased || !of(r):
			return true, nil
		}
		return true, x.putRow(journal, bytes.Clone(k), storage.Erase(r))
	})
}

// steps reads the journal of a case.
func (x *tx) steps(n uint64) (list []storage.Record, err error) {
	err = x.scan(journal, put64(nil, n), nil, forward, func(k, v []byte) (bool, error) {
		var r storage.Record
		if x.open(journal, k, v, &r) == nil {
			list = append(list, r)
		}
		return true, nil
	})
	return list, err
}
