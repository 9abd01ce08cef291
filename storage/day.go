package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
	"time"
)

// ErrSealed says that a day cannot be sealed as it was asked: it or a later one
// has been sealed, or another one since it was made ready.
var ErrSealed = errors.New("storage: the day has been sealed")

// Day is a day of a community's journal, sealed (每日校验值). Its Root stands for
// all that was noted since the day before it was sealed, and for the Root of that
// day: who has written one Root down can tell later that nothing of that day, or of
// any before it, was changed, taken out, put in or moved.
//
// A record belongs to the day whose seal finds it, whatever its At says, so that a
// day which was sealed never gets another one. Erasing records, and dropping cases,
// changes no Root, for what is hashed is the Chain of each record.
type Day struct {
	Date    string    `json:"date"` // "2026-11-22", in the community's zone
	At      time.Time `json:"at"`   // when it was sealed
	Records int       `json:"records"`
	Sum     []byte    `json:"sum,omitempty"`    // of the records, see DaySum; none where there are none
	Parts   []byte    `json:"parts,omitempty"`  // which records they are, as the store writes it
	Before  []byte    `json:"before,omitempty"` // Root of the day that was sealed before; none for the first
	Root    []byte    `json:"root"`
}

// Seal fills Root from Date, At, Records, Sum and Before.
func (d *Day) Seal() {
	b := append(make([]byte, 0, 160), "linli day 1"...)
	field := func(v []byte) { b = append(binary.AppendUvarint(b, uint64(len(v))), v...) }
	field([]byte(d.Date))
	field(binary.BigEndian.AppendUint64(nil, uint64(d.At.Unix())))
	field(binary.BigEndian.AppendUint64(nil, uint64(d.Records)))
	field(d.Sum)
	field(d.Before)
	sum := sha256.Sum256(b)
	d.Root = sum[:]
}

// shortDigits are those of a root that are read aloud: to meet them again by trying
// takes 2^64 attempts.
const shortDigits = 16

// Short is the beginning of the root, as it is read aloud and compared on paper:
// "3F2A 91C0 77DE 04B8".
func (d Day) Short() string { return Groups(d.Root[:min(len(d.Root), shortDigits/2)]) }

// Full is the whole root in the same form.
func (d Day) Full() string { return Groups(d.Root) }

// Groups writes bytes as hexadecimal digits in fours.
func Groups(b []byte) string {
	digits := strings.ToUpper(hex.EncodeToString(b))
	var out strings.Builder
	for i, r := range digits {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// DaySum adds the records of a day up: SHA-256 over their Chains, in the order of
// the cases as the store first heard of them, and in each case by Seq. The zero value
// is ready.
type DaySum struct {
	n   int
	sum hash.Hash
}

// Add takes the Chain of the next record; of one that cannot be read, none.
func (s *DaySum) Add(chain []byte) {
	if s.sum == nil {
		s.sum = sha256.New()
	}
	var b [sha256.Size]byte
	if len(chain) == len(b) {
		copy(b[:], chain)
	}
	s.sum.Write(b[:])
	s.n++
}

// Records is how many were added.
func (s *DaySum) Records() int { return s.n }

// Sum is that of the records added, none where there are none.
func (s *DaySum) Sum() []byte {
	if s.sum == nil {
		return nil
	}
	return s.sum.Sum(nil)
}
