package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"linli/bot"
)

// What is dropped is gone from the chats at once, and from the file with the
// next compaction: Bolt keeps the old bytes in pages that are free.

// Forget drops the member of an address ("m/<member>") with the private chat, the
// sessions and everything they wrote in groups. Somebody who is not known, or
// an address that is no member's, is forgotten already. What they wrote may be
// found in free pages of the file until [Webchat.Compact].
func (w *Webchat) Forget(ctx context.Context, address string) error {
	id, ok := member(address)
	if !ok || ctx.Err() != nil {
		return ctx.Err()
	}
	err := w.h.forget(id)
	w.bell.ring()
	return err
}

// Compact writes the history anew without what was dropped. Everybody waits
// meanwhile. Where it fails the history goes on as it was.
func (w *Webchat) Compact() error { return wrap("compact", w.h.compact()) }

// Backup writes a snapshot of the history to a new file and gives the names
// of the files it refers to, which are in webchat-files.
func (w *Webchat) Backup(path string) (files []string, err error) {
	err = w.h.view(func(t tx) error {
		if err := t.CopyFile(path, 0o600); err != nil {
			return err
		}
		return t.bucket("files").ForEach(func(k, _ []byte) error { files = append(files, string(k)); return nil })
	})
	return files, wrap("backup", err)
}

// syncFolder makes a rename durable.
func syncFolder(of string) error {
	d, err := os.Open(filepath.Dir(of))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// compacting ends the name of the file that a compaction writes.
const compacting = ".compacting"

// errShut says that the history could not be opened again after a compaction.
var errShut = errors.New("webchat: the history is closed")

func (h *history) compact() error {
	h.use.Lock()
	defer h.use.Unlock()
	if h.db == nil {
		return errShut
	}
	to := h.path + compacting
	next, err := bbolt.Open(to, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	err = bbolt.Compact(next, h.db, 1<<20)
	if err == nil {
		err = next.Sync()
	}
	if err := errors.Join(err, next.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	if err := h.db.Close(); err != nil {
		return err
	}
	h.db = nil
	err = os.Rename(to, h.path)
	if err == nil {
		err = syncFolder(h.path)
	}
	return errors.Join(err, h.open())
}

// forget drops a member and all that is theirs.
func (h *history) forget(id string) error {
	return wrap("forget", h.update(func(t tx) error {
		var mine []Line
		lines := t.bucket("lines")
		err := lines.ForEachBucket(func(chat []byte) error {
			return lines.Bucket(chat).ForEach(func(_, v []byte) error {
				var l Line
				if err := json.Unmarshal(v, &l); err != nil {
					return err
				}
				if l.From == id || l.Chat == "m/"+id {
					mine = append(mine, l)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		for _, l := range mine {
			if err := t.dropLine(l); err != nil {
				return err
			}
		}
		for bucket, theirs := range map[string]func(raw []byte) bool{
			"sessions": func(raw []byte) bool {
				var s session
				return json.Unmarshal(raw, &s) == nil && s.Member == id
			},
			"unheard": func(raw []byte) bool {
				var in bot.Inbound
				return json.Unmarshal(raw, &in) == nil && in.From.Address == "m/"+id
			},
		} {
			if err := t.dropIf(bucket, theirs); err != nil {
				return err
			}
		}
		// The names under which their posts were seen carry their id.
		keys := t.bucket("keys")
		if err := keys.ForEachBucket(func(day []byte) error { return dropPrefix(keys.Bucket(day), "w/"+id+"/", "e/"+id+"/", "s/m/"+id+"/") }); err != nil {
			return err
		}
		if err := lines.DeleteBucket([]byte("m/" + id)); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return err
		}
		return t.bucket("members").Delete([]byte(id))
	}))
}

func dropPrefix(b *bbolt.Bucket, prefixes ...string) error {
	var old [][]byte
	for _, p := range prefixes {
		for c, k := b.Cursor(), []byte(nil); ; {
			if k == nil {
				k, _ = c.Seek([]byte(p))
			} else {
				k, _ = c.Next()
			}
			if k == nil || !bytes.HasPrefix(k, []byte(p)) {
				break
			}
			old = append(old, bytes.Clone(k))
		}
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
