// Package bolt keeps Linli in one BoltDB file: the store for a community, a
// district, or a machine full of them.
//
// # One writer
//
// Updates that come at the same time go to one goroutine, which takes whatever
// is waiting, runs the closures one after another in one Bolt transaction and
// syncs once for all of them. It never waits for more to come. Each closure
// writes to an overlay of its own, which is applied when it returns nil, so
// that one that fails or panics leaves nothing behind and disturbs no other. A
// closure must not call Update itself and must not wait for another one: it
// holds the only writer.
//
// # Rows
//
// Every row carries a CRC-32C over its table, its key and its value, because
// Bolt has no checksum of pages; a row that does not match is reported as
// damaged. A row begins with the number of its community: in its key, or, where the
// key is a counter, in front of its value. Rows written with every message have
// counters of the file as keys (cases, journal, jobs), because scattered
// keys cost a page each; the indexes beside them are small, and those of the
// outbox are drained all the time. What is deleted in mass (the marks of
// deliveries) lies in buckets of a day that are dropped whole.
//
// The package must not know what a flow or a channel does with a row, and must
// not acknowledge anything before it is synced.
package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"linli/storage"
)

// ErrInUse says that another process has the file open.
var ErrInUse = errors.New("another Linli is using this file")

// errClosed says that the file was closed by this process.
var errClosed = errors.New("bolt: the file is closed")

// schema is the version of the rows this package writes.
const schema = 1

// patience is how long Open waits for another process that is just ending.
const patience = 300 * time.Millisecond

// Options say how to open a file. The zero value is right for most.
type Options struct {
	// MaxSize is the most bytes the file may grow to (give or take 4 MB),
	// 0 for no limit. Beyond it an Update fails with storage.ErrFull.
	MaxSize int
	// Broken is called once, in a goroutine of its own, when a commit failed
	// for another reason than a full disk: the process must end then.
	Broken func(error)

	openFile func(string, int, os.FileMode) (*os.File, error) // for tests of failing disks
}

// DB is an open file. It is safe for concurrent use.
type DB struct {
	file *bbolt.DB
	tell func(error)
	fail atomic.Pointer[error] // why nothing more is accepted

	mu      sync.Mutex
	wake    *sync.Cond
	waiting []*request
	closed  bool
	ended   chan struct{} // the writer has gone

	shut     sync.Once
	shutFail error
}

// Open opens or makes a file, readable by its owner only. It fails with
// [ErrInUse] if another process has it open, and with storage.ErrNewer if a newer
// Linli wrote it, before anything is changed.
func Open(path string, o Options) (*DB, error) {
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: patience, MaxSize: o.MaxSize, InitialMmapSize: room(), OpenFile: o.openFile, NoStatistics: true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("bolt: %s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("bolt: %s: %w", path, err)
	}
	file.AllocSize = 4 << 20
	if err := settle(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("bolt: %s: %w", path, err)
	}
	db := &DB{file: file, tell: o.Broken, ended: make(chan struct{})}
	db.wake = sync.NewCond(&db.mu)
	go db.write()
	return db, nil
}

// room is how much address space to take for the file at once. Where it grows
// beyond that, the writer waits until every View has ended, so there should be
// plenty; it is no memory. Windows would make the file as large.
func room() int {
	switch {
	case runtime.GOOS == "windows":
		return 0
	case bits.UintSize == 32:
		return 64 << 20
	}
	return 1 << 30
}

// settle checks the schema of a file, or gives an empty one its tables.
func settle(file *bbolt.DB) error {
	fresh := false
	err := file.View(func(b *bbolt.Tx) error {
		if k, _ := b.Cursor().First(); k == nil {
			fresh = true
			return nil
		}
		version, err := (&tx{snap: &snapshot{bolt: b}}).get(settings, []byte("schema"))
		switch {
		case errors.Is(err, storage.ErrNone):
			return errors.New("not a file of Linli")
		case err != nil:
			return err
		case len(version) != 4:
			return storage.ErrDamaged
		case binary.BigEndian.Uint32(version) > schema:
			return fmt.Errorf("%w (schema %d, this one knows %d)", storage.ErrNewer, binary.BigEndian.Uint32(version), schema)
		}
		for t := range tables {
			if b.Bucket(t.name()) == nil {
				return fmt.Errorf("%w: table %s is missing", storage.ErrDamaged, t.name())
			}
		}
		return nil
	})
	if err != nil || !fresh {
		return err
	}
	return file.Update(func(b *bbolt.Tx) error {
		for t := range tables {
			if _, err := b.CreateBucket(t.name()); err != nil {
				return err
			}
		}
		return b.Bucket(settings.name()).Put([]byte("schema"), seal(settings, 0, []byte("schema"), binary.BigEndian.AppendUint32(nil, schema)))
	})
}

// In gives the store of a community. Its Close does nothing: the file is
// shared, and [DB.Close] closes it.
func (db *DB) In(community string) storage.Store {
	return &store{db: db, community: community}
}

// Close waits for the Updates that were accepted, then closes the file. Views
// that are under way are waited for too.
func (db *DB) Close() error {
	db.shut.Do(func() {
		db.mu.Lock()
		db.closed = true
		db.mu.Unlock()
		db.wake.Signal()
		<-db.ended
		db.shutFail = db.file.Close()
	})
	return db.shutFail
}

// store is one community of a file.
type store struct {
	db        *DB
	community string
	number    atomic.Uint32 // of the community, 0 until it is known to be in the file
}

func (s *store) Close() error { return nil }
