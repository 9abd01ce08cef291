package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"linli/storage"
)

// Backup writes a copy of the file as it is at one moment, while it stays in
// use. The copy is a file that [Open] opens and [Check] checks. It has the free
// pages too, and with them bytes of what was deleted, unless [DB.Compact] went
// before.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.broken(); err != nil {
		return err
	}
	b, err := db.view()
	if err != nil {
		return fmt.Errorf("bolt: backup: %w", err)
	}
	defer b.Rollback()
	if _, err := b.WriteTo(until{ctx, w}); err != nil {
		return fmt.Errorf("bolt: backup: %w", cmp.Or(ctx.Err(), err)) // Bolt does not wrap what the writer said
	}
	return nil
}

// BackupTo is Backup to a path. What was there is replaced when the copy is
// complete and durable, and stays if there is an error.
func (db *DB) BackupTo(ctx context.Context, path string) (err error) {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("bolt: backup: %w", err)
	}
	err = db.Backup(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		os.Remove(part)
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// until is a writer that fails when the context is over.
type until struct {
	ctx context.Context
	w   io.Writer
}

func (u until) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}

// Stats are figures of an open file.
type Stats struct {
	Bytes     int64 // of the file
	FreeBytes int64 // of its pages that hold nothing that counts; Compact gives them back
	Waiting   int   // Updates that have not begun
}

// Stats is cheap: it reads no rows. FreeBytes is as of the last Update.
func (db *DB) Stats() (s Stats, err error) {
	db.mu.Lock()
	s.Waiting = len(db.waiting)
	db.mu.Unlock()
	b, err := db.view()
	if err != nil {
		return Stats{}, fmt.Errorf("bolt: stats: %w", err)
	}
	defer b.Rollback()
	s.FreeBytes = int64(b.DB().Stats().FreeAlloc)
	on, err := os.Stat(db.path)
	if err != nil {
		return Stats{}, fmt.Errorf("bolt: stats: %w", err)
	}
	s.Bytes = on.Size()
	return s, nil
}

// Communities lists those that ever wrote, by name.
func (db *DB) Communities(ctx context.Context) (names []string, err error) {
	err = db.read(ctx, func(x *tx) error {
		list, err := x.communities()
		for _, c := range list {
			names = append(names, c.name)
		}
		return err
	})
	return names, err
}

// member is a community of the file.
type member struct {
	name   string
	number uint32
}

func (x *tx) communities() (list []member, err error) {
	err = x.scan(communities, []byte("="), nil, forward, func(k, v []byte) (bool, error) {
		list = append(list, member{string(k[1:]), be32(v)})
		return true, nil
	})
	return list, err
}

// read runs fn on a snapshot of the file, in the name of no community.
func (db *DB) read(ctx context.Context, fn func(*tx) error) error {
	none := &store{db: db}
	none.number.Store(^uint32(0))
	return none.View(ctx, func(t storage.Tx) error { return fn(t.(*tx)) })
}
