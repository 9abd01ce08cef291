package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A backup is a folder named after its time, with a snapshot of linli.db and,
// for every community, its media and its web chat. Files that never change are
// linked where the file system can, so that fourteen backups of the same photo
// take the room of one.

// backupName is how the folder of a backup is called, in the time of the first
// community.
const backupName = "2006-01-02_150405"

// unfinished ends the name of a folder that is being filled.
const unfinished = ".part"

// backupDeed is "linli backup".
func backupDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("backup: unexpected argument %q", args[0])
	}
	in.care.Lock()
	defer in.care.Unlock()
	dir, err := in.backup(ctx)
	if err != nil {
		return fmt.Errorf("备份没有做成：%w", err)
	}
	gone, err := in.prune()
	fmt.Fprintf(out, "备份好了，查过没有坏：%s\n", dir)
	if len(gone) > 0 {
		fmt.Fprintf(out, "删掉了%d份旧的，留着%d份。\n", len(gone), in.config.Backup.Keep)
	}
	return err
}

// zone is the one in which the installation tells its own times.
func (in *installation) zone() *time.Location { return in.houses[0].settings().Zone }

// backup makes a backup and gives its folder. Who calls it holds in.care.
func (in *installation) backup(ctx context.Context) (string, error) {
	root := in.config.Backup.Dir
	to := filepath.Join(root, in.now().In(in.zone()).Format(backupName))
	part := to + unfinished
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", err
	}
	if err := in.sweepParts(); err != nil {
		return "", err
	}
	if err := in.fill(ctx, part); err != nil {
		return "", errors.Join(err, os.RemoveAll(part))
	}
	if err := syncTree(part); err != nil {
		return "", err
	}
	if err := os.Rename(part, to); err != nil {
		return "", err
	}
	return to, syncDir(root)
}

// fill writes a backup into a folder and looks whether it is good.
func (in *installation) fill(ctx context.Context, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	// The rows first: a file comes before the row that names it.
	path := filepath.Join(dir, "linli.db")
	if err := in.db.BackupTo(ctx, path); err != nil {
		return err
	}
	if err := sound(path); err != nil {
		return err
	}
	for _, h := range in.houses {
		to := filepath.Join(dir, h.id)
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		if h.web != nil {
			names, err := h.web.Backup(filepath.Join(to, "webchat.db"))
			if err != nil {
				return err
			}
			if err := os.Mkdir(filepath.Join(to, "webchat-files"), 0o700); err != nil {
				return err
			}
			for _, n := range names {
				err := keepFile(filepath.Join(h.dir, "webchat-files", n), filepath.Join(to, "webchat-files", n))
				if err != nil && !errors.Is(err, fs.ErrNotExist) { // dropped meanwhile
					return err
				}
			}
		}
		if err := keepTree(ctx, filepath.Join(h.dir, "media"), filepath.Join(to, "media")); err != nil {
			return err
		}
	}
	return nil
}

// keepTree keeps the files of a folder of folders.
func keepTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no photo yet, or dropped meanwhile
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.Mkdir(filepath.Join(to, rel), 0o700)
		}
		if strings.HasSuffix(path, unfinished) {
			return nil // being fetched
		}
		if err := keepFile(path, filepath.Join(to, rel)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// keepFile links a file that never changes, or copies it where that is not
// possible.
func keepFile(from, to string) error {
	if err := os.Link(from, to); err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Sync(), dst.Close())
}

// syncTree makes the names in a folder and all below it durable.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = syncDir(path)
		}
		return err
	})
}

// backups gives the folders of finished backups, the newest first.
func backups(root string) (dirs []string, err error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if _, err := time.Parse(backupName, e.Name()); err == nil && e.IsDir() {
			dirs = append(dirs, filepath.Join(root, e.Name()))
		}
	}
	slices.Sort(dirs)
	slices.Reverse(dirs)
	return dirs, err
}

// newestBackup says when the newest backup was made.
func newestBackup(root string, zone *time.Location) (time.Time, bool) {
	dirs, err := backups(root)
	if err != nil || len(dirs) == 0 {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(backupName, filepath.Base(dirs[0]), zone)
	return at, err == nil
}

// prune removes the backups beyond those that are kept, and gives their names.
func (in *installation) prune() (gone []string, err error) {
	dirs, err := backups(in.config.Backup.Dir)
	if err != nil || len(dirs) <= in.config.Backup.Keep {
		return nil, err
	}
	for _, d := range dirs[in.config.Backup.Keep:] {
		if err := os.RemoveAll(d); err != nil {
			return gone, err
		}
		gone = append(gone, filepath.Base(d))
	}
	return gone, nil
}

// sweepParts removes what backups left that were interrupted.
func (in *installation) sweepParts() error {
	left, err := filepath.Glob(filepath.Join(in.config.Backup.Dir, "????-??-??_??????"+unfinished))
	for _, d := range left {
		err = errors.Join(err, os.RemoveAll(d))
	}
	return err
}
