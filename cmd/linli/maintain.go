package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"linli/flows"
	"linli/storage"
)

// What Linli does for its own files, at night and when it is told to.

// care is held by whoever copies or rewrites files: one at a time.
type care = sync.Mutex

// settleIn is how long after the start an overdue backup waits: the first
// minutes belong to the people.
const settleIn = 10 * time.Minute

// worthIt is the part of the file that must be free before it is rewritten.
const worthIt = 0.25

// maintain makes the nightly round until ctx ends.
func (in *installation) maintain(ctx context.Context) error {
	soonest := in.now().Add(settleIn)
	for {
		at := in.nextRound()
		if at.Before(soonest) {
			at = soonest
		}
		timer := time.NewTimer(at.Sub(in.now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		if in.now().Before(at) {
			continue // the clock was put back
		}
		in.round(ctx)
		soonest = in.now().Add(time.Hour)
	}
}

// nextRound is the first time of the configuration's hour after the newest
// backup; it may have passed.
func (in *installation) nextRound() time.Time {
	last, ok := newestBackup(in.config.Backup.Dir, in.zone())
	if !ok {
		return time.Time{}
	}
	return in.config.Backup.At.after(last.In(in.zone()))
}

// after gives the next time after t at which a clock shows d.
func (d Daily) after(t time.Time) time.Time {
	next := flows.Clock(d).On(t)
	if !next.After(t) {
		next = flows.Clock(d).On(t.AddDate(0, 0, 1))
	}
	return next
}

// round makes the backup, drops old ones, and rewrites files where that is
// worth it. What fails is said, and done the next time.
func (in *installation) round(ctx context.Context) {
	in.care.Lock()
	defer in.care.Unlock()
	began := time.Now()
	if dir, err := in.backup(ctx); err != nil {
		in.log.Error("no backup was made", "err", err)
	} else {
		in.log.Info("backup made", "folder", dir, "took", time.Since(began).Round(time.Millisecond))
		if _, err := in.prune(); err != nil {
			in.log.Error("old backups were not removed", "err", err)
		}
	}
	for _, h := range in.houses {
		if err := (*drawer)(h).sweep(ctx); err != nil {
			h.log.Error("what is over was not removed", "err", err)
		}
		if h.list == nil {
			continue
		}
		if _, err := h.list.expire(ctx); err != nil {
			h.log.Error("old versions of the directory were not removed", "err", err)
		}
	}
	size, free, err := in.size()
	erased, err2 := in.erasedSince(ctx)
	if err := errors.Join(err, err2); err != nil {
		in.log.Error("the file's state is not known", "err", err)
		return
	}
	if !erased && float64(free) < worthIt*float64(size) {
		return
	}
	began = time.Now()
	if err := in.compact(ctx); err != nil {
		in.log.Error("the files were not compacted", "err", err)
		return
	}
	now, _, _ := in.size()
	in.log.Info("files compacted", "before", size, "now", now, "took", time.Since(began).Round(time.Millisecond))
}

// size gives the bytes of linli.db, and how many of them are free.
func (in *installation) size() (size, free int64, err error) {
	s, err := in.db.Stats()
	return s.Bytes, s.FreeBytes, err
}

// compact writes linli.db and the web chats anew, so that nothing is left of
// what was deleted. Who calls it holds in.care.
func (in *installation) compact(ctx context.Context) error {
	marks := map[*house]int{}
	for _, h := range in.houses {
		n, err := h.deletions(ctx)
		if err != nil {
			return err
		}
		marks[h] = n
	}
	if err := in.db.Compact(ctx); err != nil {
		return err
	}
	for _, h := range in.houses {
		if h.web != nil {
			if err := h.web.Compact(); err != nil {
				return err
			}
		}
		if err := h.store.Update(ctx, func(tx storage.Tx) error { return tx.PutKey(compactedKey, flows.Data(marks[h])) }); err != nil {
			return err
		}
	}
	return nil
}

// compactedKey keeps how much the register of deletions said when the file was
// last rewritten.
const compactedKey = "compacted/deletions"

// deletions is how many records the register of deletions counts.
func (h *house) deletions(ctx context.Context) (n int, err error) {
	list, err := h.bot.Deletions(ctx)
	for _, d := range list {
		n += d.N
	}
	return n, err
}

// erasedSince says whether somebody was erased since the last compaction.
func (in *installation) erasedSince(ctx context.Context) (bool, error) {
	for _, h := range in.houses {
		n, err := h.deletions(ctx)
		if err != nil {
			return false, err
		}
		then := 0
		err = h.store.View(ctx, func(tx storage.Tx) error {
			raw, err := tx.Key(compactedKey)
			if errors.Is(err, storage.ErrNone) {
				return nil
			}
			if err != nil {
				return err
			}
			return json.Unmarshal(raw, &then)
		})
		if err != nil {
			return false, err
		}
		if n != then {
			return true, nil
		}
	}
	return false, nil
}

// compactDeed is "linli compact".
func compactDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("compact: unexpected argument %q", args[0])
	}
	in.care.Lock()
	defer in.care.Unlock()
	before, _, err := in.size()
	if err != nil {
		return err
	}
	if err := in.compact(ctx); err != nil {
		return fmt.Errorf("没有压缩成，文件还是原来的：%w", err)
	}
	now, _, err := in.size()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "压缩好了：%s 变成 %s。\n", bytesOf(before), bytesOf(now))
	return nil
}

// bytesOf is a size for people.
func bytesOf(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", (n+1023)>>10)
}
