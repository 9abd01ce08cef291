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
// damaged, and costs no more than itself. A row begins with the number of its community: in its key, or, where the
// key is a counter, in front of its value. Rows written with every message have
// counters of the file as keys (cases, journal, jobs), because scattered
// keys cost a page each; the indexes beside them are small, and those of the
// outbox are drained all the time. What is deleted in mass (the marks of
// deliveries) lies in buckets of a day that are dropped whole.
//
// # Files
//
// [Open] brings an older file up to date in one transaction. Bolt keeps what was
// deleted until it needs the page, so erasure is complete only when [DB.Compact]
// has put a new file in the place of the old one. [DB.Backup] copies the file
// while it is in use, [Check] reads a copy from end to end, and [DB.Heads] gives what
// to publish so that the journal can be held to it later. The same is done day by day
// for each community (storage.Day): a day keeps from which to which record of each
// case it has, some hundred bytes, and Check makes its root anew from the journal.
//
// The package must not know what a flow or a channel does with a row, and must
// not acknowledge anything before it is synced.
package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
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
	// Damaged is called once in a process for each row that was found damaged;
	// the error names its table and never what is in it. It must return soon
	// and must not use the store.
	Damaged func(error)

	openFile func(string, int, os.FileMode) (*os.File, error) // for tests of failing disks
	step     func(string) error                               // for tests of crashes
}

// DB is an open file. It is safe for concurrent use.
type DB struct {
	path    string
	options Options
	open    atomic.Pointer[bbolt.DB]
	tell    func(error)
	damaged func(error)
	fail    atomic.Pointer[error] // why nothing more is accepted

	// turn is held by who writes to the file or puts another in its place.
	turn       chan struct{}
	compacting sync.Mutex // held as long as there may be two files open

	mu      sync.Mutex
	wake    *sync.Cond
	waiting []*request
	closed  bool
	told    map[string]bool // damaged rows
	ended   chan struct{}   // the writer has gone

	shut     sync.Once
	shutFail error
}

// Open opens or makes a file, readable by its owner only, and brings an older one
// up to date. It fails with [ErrInUse] if another process has it open, and with
// storage.ErrNewer if a newer Linli wrote it, before anything is changed.
func Open(path string, o Options) (*DB, error) {
	if o.openFile == nil {
		o.openFile = os.OpenFile
	}
	if o.step == nil {
		o.step = func(string) error { return nil }
	}
	db := &DB{options: o, tell: o.Broken, damaged: o.Damaged, turn: make(chan struct{}, 1), told: map[string]bool{}, ended: make(chan struct{})}
	file, err := db.begin(path)
	if err != nil {
		return nil, fmt.Errorf("bolt: %s: %w", path, err)
	}
	db.open.Store(file)
	db.wake = sync.NewCond(&db.mu)
	go db.write()
	return db, nil
}

// begin opens the file of a DB.
func (db *DB) begin(path string) (*bbolt.DB, error) {
	var held *os.File
	file, err := openBolt(path, db.options, func(f *os.File) { held = f })
	if err != nil {
		return nil, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	err = func() (err error) {
		defer caught(&err)
		// Where a compaction elsewhere has just put another file in the place of
		// this one, what is open here is nobody's file any more.
		if err := inPlace(held, path); err != nil {
			return err
		}
		if err := settle(file, db.options.step); err != nil {
			return err
		}
		if db.path, err = filepath.EvalSymlinks(path); err != nil { // a rename must not replace a link
			return err
		}
		if err := os.Remove(db.path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Bolt counts its free pages when a transaction to write ends.
		b, err := file.Begin(true)
		if err != nil {
			return err
		}
		return b.Rollback()
	}()
	switch {
	case errors.Is(err, errPage): // Bolt may hold a lock that its Close would wait for
		return nil, errors.Join(err, abandon(held))
	case err != nil:
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// openBolt opens a file of Bolt to be written, and locks it.
func openBolt(path string, o Options, opened func(*os.File)) (file *bbolt.DB, err error) {
	file, err = openGuarded(path, &bbolt.Options{Timeout: patience, MaxSize: o.MaxSize, InitialMmapSize: room()},
		func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := o.openFile(name, flag, mode)
			opened(f)
			return f, err
		})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, err
	}
	file.AllocSize = 4 << 20
	return file, nil
}

// openGuarded is bbolt.Open with an error in place of a panic, or of the end of
// the process, where a page it reads is damaged.
func openGuarded(path string, o *bbolt.Options, open func(string, int, os.FileMode) (*os.File, error)) (file *bbolt.DB, err error) {
	var held *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if errors.Is(err, errPage) && held != nil {
			abandon(held)
		}
	}()
	defer caught(&err)
	o.OpenFile = func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
		held, err = open(name, flag, mode)
		return held, err
	}
	return bbolt.Open(path, 0o600, o)
}

// inPlace says whether a path still leads to an open file.
func inPlace(f *os.File, path string) error {
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, there) {
		return ErrInUse
	}
	return nil
}

// file gives the file that is in use now; Compact puts another in its place.
func (db *DB) file() *bbolt.DB { return db.open.Load() }

// view begins a transaction that reads.
func (db *DB) view() (*bbolt.Tx, error) {
	for {
		file := db.file()
		b, err := file.Begin(false)
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			return b, err
		}
		if file == db.file() {
			return nil, errClosed
		}
	}
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

// In gives the store of a community. Its Close does nothing: the file is
// shared, and [DB.Close] closes it.
func (db *DB) In(community string) storage.Store {
	return &store{db: db, community: community}
}

// Close waits for the Updates that were accepted and for a compaction, then closes the file. Views
// that are under way are waited for too.
func (db *DB) Close() error {
	db.shut.Do(func() {
		db.mu.Lock()
		db.closed = true
		db.mu.Unlock()
		db.wake.Signal()
		<-db.ended
		db.compacting.Lock()
		defer db.compacting.Unlock()
		db.shutFail = db.file().Close()
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
