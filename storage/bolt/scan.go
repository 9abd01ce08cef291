package bolt

import (
	"bytes"
	"errors"

	"go.etcd.io/bbolt"

	"linli/storage"
)

// direction of a scan.
type direction bool

const (
	forward  direction = false
	backward direction = true
)

// scan visits the rows of a table whose key begins with prefix, in the order of
// their keys, until visit says false; those that are damaged are left out. A forward scan
// begins after the key given (nil: at the first). Key and value are good until
// the closure returns. Visit may write: rows it puts ahead of the scan are visited.
func (x *tx) scan(t table, prefix, after []byte, way direction, visit func(key, value []byte) (bool, error)) error {
	return x.walk(t, prefix, after, way, func(key, value []byte, err error) (bool, error) {
		if err != nil {
			return true, nil
		}
		return visit(key, value)
	})
}

// walk is scan for who must not pass over damaged rows: those come without a
// value and with their error, and have been reported.
func (x *tx) walk(t table, prefix, after []byte, way direction, visit func(key, value []byte, err error) (bool, error)) error {
	if x.over {
		return errOver
	}
	m := merge{x: x, t: t, prefix: prefix, back: way == backward, last: after}
	if err := m.start(); err != nil {
		return err
	}
	for {
		key, value, err := m.next()
		if err != nil || key == nil {
			return err
		}
		payload, err := unseal(t, x.community, key, value)
		if errors.Is(err, storage.ErrNone) {
			continue
		}
		if isDamaged(err) {
			x.report(t, key)
		} else if err != nil {
			return err
		}
		if more, err := visit(key, payload, err); err != nil || !more {
			return err
		}
	}
}

// every visits the rows of a table that are in the file, whosever they are. The
// community is 0 where it stands in the key, and where the row is not sound.
func (s *snapshot) every(t table, visit func(community uint32, key, value []byte, sound bool) error) (err error) {
	defer caught(&err)
	b := s.bucket(t)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		community, payload, sound := opened(t, k, v)
		if err := visit(community, k, payload, sound); err != nil {
			return err
		}
	}
	return nil
}

// merge goes through a table of the file and the overlay above it at once.
type merge struct {
	x        *tx
	t        table
	prefix   []byte
	back     bool
	last     []byte // the key that was given last
	cursor   *bbolt.Cursor
	key, val []byte // where the cursor stands
}

func (m *merge) start() (err error) {
	if l := m.x.layer(m.t); l != nil && l.dropped {
		return nil
	}
	defer caught(&err)
	b := m.x.snap.bucket(m.t)
	if b == nil {
		return nil
	}
	m.cursor = b.Cursor()
	switch {
	case m.back:
		end := successor(m.prefix)
		if end != nil {
			m.key, m.val = m.cursor.Seek(end)
		}
		if m.key == nil {
			m.key, m.val = m.cursor.Last()
		} else {
			m.key, m.val = m.cursor.Prev()
		}
	case m.last != nil:
		m.key, m.val = m.cursor.Seek(m.last)
		if bytes.Equal(m.key, m.last) {
			m.key, m.val = m.cursor.Next()
		}
	default:
		m.key, m.val = m.cursor.Seek(m.prefix)
	}
	return nil
}

func (m *merge) step() (err error) {
	defer caught(&err)
	if m.back {
		m.key, m.val = m.cursor.Prev()
	} else {
		m.key, m.val = m.cursor.Next()
	}
	return nil
}

// next gives the next row that was not deleted, a nil key at the end.
func (m *merge) next() (key, value []byte, err error) {
	for {
		low := m.key
		if !bytes.HasPrefix(low, m.prefix) {
			low = nil
		}
		// The overlay is searched anew each time, because visit may have written.
		high := m.above()
		order := 1
		switch {
		case low == nil && high == nil:
			return nil, nil, nil
		case high == nil:
			order = -1
		case low != nil:
			order = bytes.Compare(low, high.key)
			if m.back {
				order = -order
			}
		}
		if order < 0 {
			key, value = low, m.val
		} else {
			key, value = high.key, high.value
		}
		m.last = key
		if order <= 0 {
			if err := m.step(); err != nil {
				return nil, nil, err
			}
		}
		if value != nil {
			return key, value, nil
		}
	}
}

// above gives the next row of the overlay.
func (m *merge) above() *row {
	l := m.x.layer(m.t)
	if l == nil || len(l.rows) == 0 {
		return nil
	}
	var i int
	if m.back {
		if m.last != nil {
			i, _ = l.find(m.last)
		} else if end := successor(m.prefix); end != nil {
			i, _ = l.find(end)
		} else {
			i = len(l.rows)
		}
		i--
	} else if m.last != nil {
		var there bool
		if i, there = l.find(m.last); there {
			i++
		}
	} else {
		i, _ = l.find(m.prefix)
	}
	if i < 0 || i >= len(l.rows) || !bytes.HasPrefix(l.rows[i].key, m.prefix) {
		return nil
	}
	return &l.rows[i]
}

// successor gives the first key after all that begin with prefix, nil if there
// is none.
func successor(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
