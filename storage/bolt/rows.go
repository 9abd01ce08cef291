package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sort"
	"time"

	"go.etcd.io/bbolt"

	"linli/storage"
)

// table is a bucket of the file. Those of the days come after the fixed ones.
type table int

const (
	settings    table = iota // of the file: the schema
	communities              // name → number
	counters                 // community, name → last value; those of community 0 are the file's
	keys                     // community, name → value
	watermarks               // community → the first day whose marks count
	chats                    // community, id → Chat
	chatsAt                  // community, address → id
	people                   // community, id → Person
	peopleAt                 // community, address → id
	numbers                  // community, case id → case number in the file; stays when the case is dropped
	cases                    // case number → Case
	recent                   // community, case number
	spoken                   // community, the number people say, case number
	matters                  // community, matter key, 0, case number; of cases that are not done
	entries                  // case number, key → Entry
	ranks                    // case number, tag, order, key
	tallies                  // case number, tag → count
	refs                     // community, chat, ref → case id
	refsOf                   // case number, chat, ref
	journal                  // case number, seq → Record
	jobs                     // id → Job
	lanes                    // community, lane, id
	ready                    // community, urgency, time, id → whether it is claimed; rows without lane and heads
	claims                   // community, id
	jobsOf                   // community, case id, id
	troubles                 // community, id → Trouble
	casesOf                  // community, entry key, case number
	sealed                   // community, date → Day
	tables                   // how many there are
	days        table = 1000 // and on: marks of a day since 1970; community, name → answer
)

var names = [tables]string{
	"linli", "communities", "counters", "keys", "watermarks", "chats", "chats at", "people", "people at",
	"numbers", "cases", "recent", "spoken", "matters", "entries", "ranks", "tallies", "refs", "refs of",
	"journal", "jobs", "lanes", "ready", "claims", "jobs of", "troubles", "cases of",
	"sealed days",
}

const dayPrefix = "marks "

func (t table) name() []byte {
	if t >= days {
		return fmt.Appendf(nil, "%s%08d", dayPrefix, int(t-days))
	}
	return []byte(names[t])
}

// counted says that the keys of a table are counters of the file, so that the
// community stands in front of the value.
func (t table) counted() bool {
	switch t {
	case cases, entries, ranks, tallies, refsOf, journal, jobs:
		return true
	}
	return false
}

// appended says that new keys of a table are its last ones.
func (t table) appended() bool { return t == cases || t == journal || t == jobs || t == recent }

// dayOf gives the table for the marks of a moment.
func dayOf(at time.Time) table {
	day := at.Unix() / 86400
	return days + table(max(0, min(day, 99_999_999)))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(t table, key, rest []byte) uint32 {
	c := crc32.Update(uint32(t)+1, castagnoli, key)
	return crc32.Update(c, castagnoli, rest)
}

// seal makes a row's value: checksum, community where the key lacks it, payload.
func seal(t table, community uint32, key, payload []byte) []byte {
	v := make([]byte, 4, 8+len(payload))
	if t.counted() {
		v = binary.BigEndian.AppendUint32(v, community)
	}
	v = append(v, payload...)
	binary.BigEndian.PutUint32(v, checksum(t, key, v[4:]))
	return v
}

// unseal gives the payload of a row. What belongs to another community is not
// there. A page may turn out to be unreadable here only.
func unseal(t table, community uint32, key, v []byte) (payload []byte, err error) {
	defer caught(&err)
	owner, payload, sound := opened(t, key, v)
	switch {
	case !sound:
		return nil, rowDamaged(t, key)
	case t.counted() && owner != community:
		return nil, storage.ErrNone
	}
	return payload, nil
}

// opened takes a row's value apart, and says whether it is what was written.
// The community is 0 where it stands in the key.
func opened(t table, key, v []byte) (community uint32, payload []byte, sound bool) {
	if len(v) < 4 || binary.BigEndian.Uint32(v) != checksum(t, key, v[4:]) {
		return 0, nil, false
	}
	if !t.counted() {
		return 0, v[4:], true
	}
	if len(v) < 8 {
		return 0, nil, false
	}
	return be32(v[4:]), v[8:], true
}

// layer is what a closure wrote to one table, by key. A nil value deletes.
type layer struct {
	table   table
	dropped bool // the table was dropped before these rows were written
	rows    []row
}

type row struct{ key, value []byte }

func (l *layer) find(key []byte) (int, bool) {
	i := sort.Search(len(l.rows), func(i int) bool { return bytes.Compare(l.rows[i].key, key) >= 0 })
	return i, i < len(l.rows) && bytes.Equal(l.rows[i].key, key)
}

func (l *layer) put(key, value []byte) {
	// New keys mostly come in order.
	if n := len(l.rows); n == 0 || bytes.Compare(l.rows[n-1].key, key) < 0 {
		l.rows = append(l.rows, row{key, value})
		return
	}
	i, there := l.find(key)
	if there {
		l.rows[i].value = value
		return
	}
	l.rows = slices.Insert(l.rows, i, row{key, value})
}

// snapshot is a Bolt transaction with its buckets at hand.
type snapshot struct {
	bolt    *bbolt.Tx
	report  func(error) // of a damaged row; may be nil
	buckets [tables]*bbolt.Bucket
	marked  []table // the days in the file, oldest first
	listed  bool    // marked is known

	// A batch runs hundreds of small closures: what each of them needs for a
	// moment is used again by the next.
	spare   []*layer
	text    bytes.Buffer
	encoder *json.Encoder
}

// encode writes a value as JSON; the bytes are good until the next call.
func (s *snapshot) encode(v any) ([]byte, error) {
	if s.encoder == nil {
		s.encoder = json.NewEncoder(&s.text)
	}
	s.text.Reset()
	err := s.encoder.Encode(v)
	return bytes.TrimSuffix(s.text.Bytes(), []byte("\n")), err
}

// reuse takes back the layers of a closure that is over.
func (s *snapshot) reuse(layers []*layer) {
	for _, l := range layers {
		if cap(l.rows) > 64 {
			continue
		}
		clear(l.rows)
		l.rows, l.dropped = l.rows[:0], false
		s.spare = append(s.spare, l)
	}
}

func (s *snapshot) bucket(t table) *bbolt.Bucket {
	if t >= days {
		return s.bolt.Bucket(t.name())
	}
	if s.buckets[t] == nil {
		b := s.bolt.Bucket(t.name())
		if t.appended() {
			b.FillPercent = 0.9
		}
		s.buckets[t] = b
	}
	return s.buckets[t]
}

// days lists the days that have marks in the file, oldest first.
func (s *snapshot) days() []table {
	if !s.listed {
		c := s.bolt.Cursor()
		for k, _ := c.Seek([]byte(dayPrefix)); bytes.HasPrefix(k, []byte(dayPrefix)); k, _ = c.Next() {
			var day int
			if _, err := fmt.Sscanf(string(k[len(dayPrefix):]), "%d", &day); err == nil {
				s.marked = append(s.marked, days+table(day))
			}
		}
		s.listed = true
	}
	return s.marked
}

// apply writes an overlay to the transaction.
func (s *snapshot) apply(layers []*layer) error {
	for _, l := range layers {
		if l.table >= days {
			s.listed, s.marked = false, nil
			if l.dropped && s.bolt.Bucket(l.table.name()) != nil {
				if err := s.bolt.DeleteBucket(l.table.name()); err != nil {
					return err
				}
			}
			if len(l.rows) > 0 {
				if _, err := s.bolt.CreateBucketIfNotExists(l.table.name()); err != nil {
					return err
				}
			}
		}
		if len(l.rows) == 0 {
			continue
		}
		b := s.bucket(l.table)
		for _, r := range l.rows {
			var err error
			if r.value == nil {
				err = b.Delete(r.key)
			} else {
				err = b.Put(r.key, r.value)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// tx is storage.Tx: one closure's view of a transaction. The methods that
// storage.Tx asks for are in the files named after their nouns.
type tx struct {
	snap      *snapshot
	community uint32
	view      bool // nothing may be written
	over      bool // the closure has returned
	layers    []*layer
}

var (
	errView = errors.New("bolt: a view cannot write")
	errOver = errors.New("bolt: the transaction is over")
)

// writing says whether a writing method may go on.
func (x *tx) writing() error {
	if x.over {
		return errOver
	}
	if x.view {
		return errView
	}
	return nil
}

func (x *tx) layer(t table) *layer {
	for _, l := range x.layers {
		if l.table == t {
			return l
		}
	}
	return nil
}

func (x *tx) own(t table) *layer {
	l := x.layer(t)
	if l == nil {
		if n := len(x.snap.spare); n > 0 {
			l, x.snap.spare = x.snap.spare[n-1], x.snap.spare[:n-1]
		} else {
			l = &layer{rows: make([]row, 0, 4)}
		}
		l.table = t
		x.layers = append(x.layers, l)
	}
	return l
}

// get gives the payload of a row, which is only good until the closure
// returns and must not be changed.
func (x *tx) get(t table, key []byte) ([]byte, error) {
	v, err := x.peek(t, key)
	if isDamaged(err) {
		x.report(t, key)
	}
	return v, err
}

func (x *tx) peek(t table, key []byte) ([]byte, error) {
	if x.over {
		return nil, errOver
	}
	if l := x.layer(t); l != nil {
		if i, there := l.find(key); there {
			if l.rows[i].value == nil {
				return nil, storage.ErrNone
			}
			return unseal(t, x.community, key, l.rows[i].value)
		}
		if l.dropped {
			return nil, storage.ErrNone
		}
	}
	v, err := x.below(t, key)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, storage.ErrNone
	}
	return unseal(t, x.community, key, v)
}

// below reads a row from the file.
func (x *tx) below(t table, key []byte) (v []byte, err error) {
	defer caught(&err)
	if b := x.snap.bucket(t); b != nil {
		v = b.Get(key)
	}
	return v, nil
}

// put writes a row. The key must not be changed afterwards.
func (x *tx) put(t table, key, payload []byte) error {
	if err := x.writing(); err != nil {
		return err
	}
	if len(key) > bbolt.MaxKeySize {
		return fmt.Errorf("bolt: a key of table %s is too long (%d bytes)", t.name(), len(key))
	}
	if len(payload) > bbolt.MaxValueSize-8 {
		return fmt.Errorf("bolt: a row of table %s is too large (%d bytes)", t.name(), len(payload))
	}
	x.own(t).put(key, seal(t, x.community, key, payload))
	return nil
}

func (x *tx) del(t table, key []byte) error {
	if err := x.writing(); err != nil {
		return err
	}
	x.own(t).put(key, nil)
	return nil
}

// drop empties a table of a day at once.
func (x *tx) drop(t table) {
	l := x.own(t)
	l.dropped, l.rows = true, nil
}
