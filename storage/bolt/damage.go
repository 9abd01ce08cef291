package bolt

import (
	"errors"
	"fmt"
	"hash/crc32"

	"linli/storage"
)

// A row that does not match its checksum costs what it said and no more. What
// lists, leaves it out; what writes over it or drops it, works, and finds by
// searching what the row would have told; the row of the outbox that cannot be
// read is given up, so that its lane goes on. Each is reported once. A page that
// cannot be read is another matter: what lies behind it is unknown, so whatever
// meets it fails.

// errPage is the damage of a page of the file.
var errPage = fmt.Errorf("%w: a page cannot be read", storage.ErrDamaged)

// rowDamaged is the error for a row. The key is given as a checksum: it may be
// somebody's address.
func rowDamaged(t table, key []byte) error {
	return fmt.Errorf("%w: table %q, row %08x", storage.ErrDamaged, t.name(), crc32.Checksum(key, castagnoli))
}

// isDamaged says that an error is about one row and not about more.
func isDamaged(err error) bool { return errors.Is(err, storage.ErrDamaged) && !errors.Is(err, errPage) }

// caught turns a panic into the error of a damaged page, for Bolt answers one
// with a panic.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errPage, p)
	}
}

// mostReports is how many damaged rows are told of; by then there is more wrong.
const mostReports = 10_000

// report tells of a damaged row unless it has been told of.
func (db *DB) report(err error) {
	if db.damaged == nil {
		return
	}
	db.mu.Lock()
	told := db.told[err.Error()] || len(db.told) >= mostReports
	if !told {
		db.told[err.Error()] = true
	}
	db.mu.Unlock()
	if !told {
		db.damaged(err)
	}
}

func (x *tx) report(t table, key []byte) error {
	err := rowDamaged(t, key)
	if x.snap.report != nil {
		x.snap.report(err)
	}
	return err
}

// skip says whether a list can go on without a row: it was damaged, or an index
// named what is not there. Any other error ends the list.
func (x *tx) skip(t table, key []byte, err error) error {
	if isDamaged(err) || errors.Is(err, storage.ErrNone) {
		x.report(t, key)
		return nil
	}
	return err
}

// sweep deletes the rows under a prefix whose key ends with a number.
func (x *tx) sweep(t table, prefix []byte, number uint64) error {
	return x.walk(t, prefix, nil, forward, func(k, _ []byte, _ error) (bool, error) {
		if tail(k) != number {
			return true, nil
		}
		return true, x.del(t, append([]byte(nil), k...))
	})
}
