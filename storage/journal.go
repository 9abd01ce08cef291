package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// ErrBrokenChain says that a journal is not what was written: a record was
// changed, taken out, put in, moved, or the end is missing.
var ErrBrokenChain = errors.New("storage: the journal was tampered with")

// Seal closes a record whose other fields are set: it fills Salt, Commitment
// and Chain. Prev is the Chain of the record before it in the same case, nil
// for the first; salt must be random and used once, because it is all that keeps a
// guess at an erased record from being checked against its commitment.
func Seal(prev []byte, r *Record, salt []byte) {
	r.Salt = bytes.Clone(salt)
	r.Commitment = commitment(*r)
	r.Chain = link(prev, r.Seq, r.Commitment)
}

// Erase gives what is left of a record when its case is erased: its place in
// the chain, and nothing that it said.
func Erase(r Record) Record {
	return Record{Seq: r.Seq, Erased: true, Commitment: bytes.Clone(r.Commitment), Chain: bytes.Clone(r.Chain)}
}

// Verify checks the records of one case from the first on, in order. It finds
// every record that was changed, taken out, put in or moved. It cannot see that
// records are missing at the end: that takes the head somebody remembered, and
// [VerifyTo].
func Verify(rs []Record) error {
	var prev []byte
	for i, r := range rs {
		if r.Seq != i+1 {
			return fmt.Errorf("%w: record %d stands at place %d", ErrBrokenChain, r.Seq, i+1)
		}
		if r.Erased {
			// Marking a record as erased must not be a way to give it other words.
			if !reflect.DeepEqual(r, Erase(r)) {
				return fmt.Errorf("%w: record %d is erased and still says something", ErrBrokenChain, r.Seq)
			}
		} else if !bytes.Equal(r.Commitment, commitment(r)) {
			return fmt.Errorf("%w: record %d does not match its commitment", ErrBrokenChain, r.Seq)
		}
		if !bytes.Equal(r.Chain, link(prev, r.Seq, r.Commitment)) {
			return fmt.Errorf("%w: record %d does not follow the one before it", ErrBrokenChain, r.Seq)
		}
		prev = r.Chain
	}
	return nil
}

// VerifyTo is Verify for a journal whose last Chain was remembered elsewhere:
// it also finds records missing at the end, or added to it.
func VerifyTo(head []byte, rs []Record) error {
	if err := Verify(rs); err != nil {
		return err
	}
	var last []byte
	if len(rs) > 0 {
		last = rs[len(rs)-1].Chain
	}
	if !bytes.Equal(last, head) {
		return fmt.Errorf("%w: it does not end where it should", ErrBrokenChain)
	}
	return nil
}

// commitment hashes the salt and what a record says. Each field is written as
// its number, its length and its bytes, an empty one not at all, so that a
// field added later leaves old commitments as they are. Numbers are never used
// again.
func commitment(r Record) []byte {
	b := make([]byte, 0, 256)
	field := func(number byte, value string) {
		if value != "" {
			b = append(b, number)
			b = binary.AppendUvarint(b, uint64(len(value)))
			b = append(b, value...)
		}
	}
	field(1, string(r.Salt))
	field(2, string(r.Case))
	field(3, string(binary.AppendUvarint(nil, uint64(r.Seq))))
	// Two stores may give one moment back in different zones.
	field(4, r.At.UTC().Format(time.RFC3339Nano))
	field(5, r.Event)
	field(6, r.Kind)
	field(7, string(r.By))
	field(8, r.Detail)
	field(9, r.Before)
	field(10, r.After)
	field(11, r.Settings)
	sum := sha256.Sum256(b)
	return sum[:]
}

func link(prev []byte, seq int, commitment []byte) []byte {
	b := make([]byte, 0, 2*sha256.Size+8)
	b = append(b, prev...)
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	b = append(b, commitment...)
	sum := sha256.Sum256(b)
	return sum[:]
}
