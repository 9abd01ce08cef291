package bolt

import (
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
	err = x.scan(journal, put64(nil, n), nil, backward, func(_, v []byte) (bool, error) {
		return false, open(journal, v, &last)
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

// steps reads the journal of a case.
func (x *tx) steps(n uint64) (list []storage.Record, err error) {
	err = x.scan(journal, put64(nil, n), nil, forward, func(_, v []byte) (bool, error) {
		var r storage.Record
		if err := open(journal, v, &r); err != nil {
			return false, err
		}
		list = append(list, r)
		return true, nil
	})
	return list, err
}
