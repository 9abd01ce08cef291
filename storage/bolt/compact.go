package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"linli/storage"
)

// Compaction: without it Bolt keeps the bytes of what was deleted.

// beside is what the name of the file a compaction is writing ends with. One
// that is found when the file is opened was left by a crash.
const beside = ".compact"

// Compact rewrites the file without the bytes of what was deleted, which Bolt
// keeps until it needs their pages, and gives the space back. The file stays in
// use: Updates wait (up to ten seconds for each gigabyte), Views go on. A crash
// at any moment leaves the old file or the new one, each complete.
//
// After an error other than storage.ErrBroken the store goes on, with the old
// file as it was unless it was only the closing of that one that failed; the
// error matches storage.ErrFull if there was no room for two files. The context
// is heeded until the copy begins, and before it takes the place of the old
// file. Compact returns when the last View of the old file has ended, so a View
// must not call it. It does not wipe the disk blocks of the old file, and it
// needs a system on which an open file can be renamed.
func (db *DB) Compact(ctx context.Context) error {
	if !db.compacting.TryLock() {
		return errors.New("bolt: the file is being compacted already")
	}
	defer db.compacting.Unlock()
	old, err := db.replaceFile(ctx)
	if err != nil {
		return err
	}
	if err := old.Close(); err != nil {
		return fmt.Errorf("bolt: compact: closing the old file: %w", err)
	}
	return nil
}

// replaceFile puts a compact copy in the place of the file, and gives the old
// one, which Views may still use.
func (db *DB) replaceFile(ctx context.Context) (old *bbolt.DB, err error) {
	select {
	case db.turn <- struct{}{}:
		defer func() { <-db.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := db.broken(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	closed := db.closed
	db.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	old = db.file()
	fresh, err := db.copyTo(db.path+beside, old)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = os.Rename(db.path+beside, db.path)
	}
	if err != nil {
		if fresh != nil {
			fresh.Close()
		}
		os.Remove(db.path + beside)
		if full(err) {
			return nil, fmt.Errorf("%w: compact: %w", storage.ErrFull, err)
		}
		return nil, fmt.Errorf("bolt: compact: %w", err)
	}
	err = db.options.step("renamed")
	if err == nil {
		err = syncFolder(filepath.Dir(db.path))
	}
	if err != nil {
		// A power cut could bring the old file back, without what would be
		// acknowledged from here on.
		fresh.Close()
		return nil, db.breakDown(fmt.Errorf("compact: %w", err))
	}
	db.open.Store(fresh)
	return old, nil
}

// copyTo writes what is in a file to another one, and syncs it. The copy is
// locked as long as it is open, like every file of ours.
func (db *DB) copyTo(path string, from *bbolt.DB) (fresh *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer caught(&err)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if fresh, err = openBolt(path, db.options, func(*os.File) {}); err != nil {
		return nil, err
	}
	fresh.NoSync = true // one sync at the end does
	if err := bbolt.Compact(fresh, from, 16<<20); err != nil {
		return fresh, err
	}
	if err := db.options.step("copied"); err != nil {
		return fresh, err
	}
	fresh.NoSync = false
	if err := fresh.Sync(); err != nil {
		return fresh, err
	}
	return fresh, db.options.step("synced")
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
