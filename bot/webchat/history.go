package webchat

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// person is a member as kept.
type person struct {
	Name   string   `json:"name"`
	Role   string   `json:"role,omitempty"`
	Lang   string   `json:"lang,omitempty"`
	Groups []string `json:"groups,omitempty"` // "g/…"
	Guest  bool     `json:"guest,omitempty"`  // came by a report, without a code of the committee's
}

func (p person) chats(id string) []string {
	return append([]string{"m/" + id}, p.Groups...)
}

// session is kept under the hash of its token.
type session struct {
	Member string    `json:"member"`
	Made   time.Time `json:"made"`
}

// file says in which chat a file may be seen and as what it is served.
type file struct {
	Chat string `json:"chat"`
	Type string `json:"type"`
}

var (
	errNoChat   = errors.New("webchat: no such chat for this member")
	errNoLine   = errors.New("webchat: no such message")
	errNoMember = errors.New("webchat: no such member")
	errNoFile   = errors.New("webchat: no such file")
)

var buckets = []string{"lines", "changes", "keys", "unheard", "members", "sessions", "groups", "files", "meta"}

// history is the file in which the platform keeps chats, members and sessions.
//
//	lines/<chat>/<id>  the lines      changes/<rev>    where the line of that change is
//	keys/<day>/<key>   seen names     unheard/<key>    what the receiver has not taken yet
type history struct {
	path     string
	use      sync.RWMutex // held to write while db is exchanged
	db       *bbolt.DB
	files    string
	keepN    int
	keepFor  time.Duration
	keepMine time.Duration
}

const version = "1"

func openHistory(o Options) (*history, error) {
	h := &history{path: filepath.Join(o.Dir, "webchat.db"), files: filepath.Join(o.Dir, "webchat-files"), keepN: o.KeepN, keepFor: o.KeepFor, keepMine: o.KeepMine}
	if err := os.MkdirAll(h.files, 0o700); err != nil {
		return nil, wrap("history folder", err)
	}
	// What a compaction left when it was interrupted.
	if err := os.Remove(h.path + compacting); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, wrap("history file", err)
	}
	if err := h.open(); err != nil {
		return nil, err
	}
	err := h.db.Update(func(t *bbolt.Tx) error {
		for _, b := range buckets {
			if _, err := t.CreateBucketIfNotExists([]byte(b)); err != nil {
				return err
			}
		}
		meta := t.Bucket([]byte("meta"))
		if v := meta.Get([]byte("version")); v != nil && string(v) != version {
			return fmt.Errorf("written by another version (%q)", v)
		}
		return meta.Put([]byte("version"), []byte(version))
	})
	if err != nil {
		return nil, errors.Join(wrap("history file", err), h.db.Close())
	}
	return h, nil
}

func (h *history) open() (err error) {
	h.db, err = bbolt.Open(h.path, 0o600, &bbolt.Options{Timeout: 2 * time.Second})
	return wrap("history file", err)
}

func (h *history) Close() error {
	h.use.Lock()
	defer h.use.Unlock()
	if h.db == nil {
		return nil // a compaction could not open it again
	}
	return wrap("history file", h.db.Close())
}

type tx struct {
	*bbolt.Tx
	drop *[]string // files to delete after the commit
}

// update runs fn in a transaction; files of dropped lines go after its commit.
func (h *history) update(fn func(tx) error) error {
	h.use.RLock()
	defer h.use.RUnlock()
	if h.db == nil {
		return errShut
	}
	var drop []string
	if err := h.db.Update(func(t *bbolt.Tx) error { drop = drop[:0]; return fn(tx{t, &drop}) }); err != nil {
		return err
	}
	for _, name := range drop {
		// What stays behind is found by the next sweep.
		_ = os.Remove(filepath.Join(h.files, name))
	}
	return nil
}

func (h *history) view(fn func(tx) error) error {
	h.use.RLock()
	defer h.use.RUnlock()
	if h.db == nil {
		return errShut
	}
	return h.db.View(func(t *bbolt.Tx) error { return fn(tx{t, nil}) })
}

func (t tx) bucket(name string) *bbolt.Bucket { return t.Bucket([]byte(name)) }

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func lineKey(id string) []byte {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != id {
		return nil
	}
	return key(n)
}

func read[T any](b *bbolt.Bucket, k []byte, none error) (T, error) {
	var v T
	raw := b.Get(k)
	if raw == nil {
		return v, none
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, wrap("history record", err)
	}
	return v, nil
}

func write(b *bbolt.Bucket, k []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return wrap("history record", err)
	}
	return b.Put(k, raw)
}

// put writes a line, new if it has no ID, under the next revision.
func (t tx) put(l *Line) error {
	changes := t.bucket("changes")
	lines, err := t.bucket("lines").CreateBucketIfNotExists([]byte(l.Chat))
	if err != nil {
		return err
	}
	if l.ID != "" {
		if err := changes.Delete(key(l.Rev)); err != nil {
			return err
		}
	}
	if l.Rev, err = changes.NextSequence(); err != nil {
		return err
	}
	if l.ID == "" {
		l.ID = strconv.FormatUint(l.Rev, 10)
	}
	k := lineKey(l.ID)
	if err := write(lines, k, l); err != nil {
		return err
	}
	return changes.Put(key(l.Rev), append(k, l.Chat...))
}

func (t tx) line(chat, id string) (Line, error) {
	lines, k := t.bucket("lines").Bucket([]byte(chat)), lineKey(id)
	if lines == nil || k == nil {
		return Line{}, errNoLine
	}
	return read[Line](lines, k, errNoLine)
}

// newest gives the last n lines of a chat before a line (0: the end), the
// oldest first.
func (t tx) newest(chat string, before uint64, n int) ([]Line, error) {
	b := t.bucket("lines").Bucket([]byte(chat))
	if b == nil {
		return nil, nil
	}
	var lines []Line
	c := b.Cursor()
	k, v := c.Last()
	if before > 0 {
		if k, _ = c.Seek(key(before)); k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
	}
	for ; k != nil && len(lines) < n; k, v = c.Prev() {
		var l Line
		if err := json.Unmarshal(v, &l); err != nil {
			return nil, wrap("history record", err)
		}
		lines = append(lines, l)
	}
	slices.Reverse(lines)
	return lines, nil
}

// since gives up to n lines of the chats that changed after a revision, and the
// revision to go on from.
func (t tx) since(rev uint64, chats map[string]bool, n int) (lines []Line, last uint64, err error) {
	last = rev
	c := t.bucket("changes").Cursor()
	for k, v := c.Seek(key(rev + 1)); k != nil && len(lines) < n; k, v = c.Next() {
		last = binary.BigEndian.Uint64(k)
		chat := string(v[8:])
		if !chats[chat] {
			continue
		}
		l, err := read[Line](t.bucket("lines").Bucket([]byte(chat)), v[:8], errNoLine)
		if err != nil {
			return nil, 0, err
		}
		lines = append(lines, l)
	}
	return lines, last, nil
}

// dropFiles forgets files; they are deleted after the commit.
func (t tx) dropFiles(names []string) error {
	for _, f := range names {
		*t.drop = append(*t.drop, f)
		if err := t.bucket("files").Delete([]byte(f)); err != nil {
			return err
		}
	}
	return nil
}

// dropLine deletes a line with its change and its files.
func (t tx) dropLine(l Line) error {
	if err := t.dropFiles(l.files()); err != nil {
		return err
	}
	if err := t.bucket("changes").Delete(key(l.Rev)); err != nil {
		return err
	}
	return t.bucket("lines").Bucket([]byte(l.Chat)).Delete(lineKey(l.ID))
}

// dropIf deletes what drop says of a bucket; a cursor must not delete as it goes.
func (t tx) dropIf(bucket string, drop func(raw []byte) bool) error {
	var old [][]byte
	b := t.bucket(bucket)
	if err := b.ForEach(func(k, v []byte) error {
		if drop(v) {
			old = append(old, bytes.Clone(k))
		}
		return nil
	}); err != nil {
		return err
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// most is how many lines of a chat are kept and shown; a private chat has a
// bound too, so that a play that runs for ever does not fill the disk.
func (h *history) most(chat string) int {
	if _, ok := group(chat); ok {
		return h.keepN
	}
	return 10 * h.keepN
}

// trim drops what a chat keeps no longer.
func (h *history) trim(t tx, chat string, now time.Time) error {
	b := t.bucket("lines").Bucket([]byte(chat))
	if b == nil {
		return nil
	}
	keep, most := h.keepMine, h.most(chat)
	if _, ok := group(chat); ok {
		keep = h.keepFor
	}
	lines, err := t.newest(chat, 0, 1<<30)
	if err != nil {
		return err
	}
	for i, l := range lines {
		if len(lines)-i <= most {
			if now.Sub(l.At) <= keep {
				break
			}
			if now.Sub(l.Anew) <= keep {
				continue // a notice that has just become the beginning of the meeting
			}
		}
		if err := t.dropLine(l); err != nil {
			return err
		}
	}
	return nil
}

// seen gives what was kept under a name, if it was.
func (t tx) seen(name string) []byte {
	keys := t.bucket("keys")
	c := keys.Cursor()
	for day, _ := c.Last(); day != nil; day, _ = c.Prev() {
		if v := keys.Bucket(day).Get([]byte(name)); v != nil {
			return bytes.Clone(v)
		}
	}
	return nil
}

// see keeps a name until its day is dropped.
func (t tx) see(name, value string, now time.Time) error {
	day, err := t.bucket("keys").CreateBucketIfNotExists([]byte(now.UTC().Format(time.DateOnly)))
	if err != nil {
		return err
	}
	return day.Put([]byte(name), []byte(value))
}

func (t tx) member(id string) (person, error) {
	return read[person](t.bucket("members"), []byte(id), errNoMember)
}

func (t tx) putMember(id string, p person) error { return write(t.bucket("members"), []byte(id), p) }

// groupName gives the name of a group ("g/…"), and whether it is known.
func (t tx) groupName(address string) (string, bool) {
	v := t.bucket("groups").Get([]byte(address))
	return string(v), v != nil
}

func (t tx) addGroup(address, name string) error {
	id, ok := group(address)
	if !ok || id == "" {
		return fmt.Errorf("webchat: %q is no group", address)
	}
	if name == "" {
		if _, ok := t.groupName(address); ok {
			return nil
		}
		name = id
	}
	return t.bucket("groups").Put([]byte(address), []byte(name))
}

// settle writes the groups and members that come from outside.
func (h *history) settle(groups []Group, members []Member) error {
	return wrap("members", h.update(func(t tx) error {
		for _, g := range groups {
			if err := t.addGroup("g/"+g.ID, g.Name); err != nil {
				return err
			}
		}
		for _, m := range members {
			p := person{Name: m.Name, Role: m.Role}
			for _, g := range m.Groups {
				if err := t.addGroup("g/"+g, ""); err != nil {
					return err
				}
				p.Groups = append(p.Groups, "g/"+g)
			}
			if err := t.putMember(m.ID, p); err != nil {
				return err
			}
		}
		return nil
	}))
}

// sweep drops everything that is older than it may be, and files nobody knows.
func (h *history) sweep(now time.Time) error {
	known := map[string]bool{}
	err := h.update(func(t tx) error {
		var chats, old [][]byte
		if err := t.bucket("lines").ForEachBucket(func(k []byte) error { chats = append(chats, bytes.Clone(k)); return nil }); err != nil {
			return err
		}
		for _, c := range chats {
			if err := h.trim(t, string(c), now); err != nil {
				return err
			}
		}
		first := now.Add(-h.keepMine - 24*time.Hour).UTC().Format(time.DateOnly)
		if err := t.bucket("keys").ForEachBucket(func(k []byte) error {
			if string(k) < first {
				old = append(old, bytes.Clone(k))
			}
			return nil
		}); err != nil {
			return err
		}
		for _, k := range old {
			if err := t.bucket("keys").DeleteBucket(k); err != nil {
				return err
			}
		}
		if err := t.dropIf("sessions", func(v []byte) bool {
			var s session
			return json.Unmarshal(v, &s) != nil || now.Sub(s.Made) > sessionFor
		}); err != nil {
			return err
		}
		return t.bucket("files").ForEach(func(k, _ []byte) error { known[string(k)] = true; return nil })
	})
	if err == nil {
		err = h.dropGuests()
	}
	if err != nil {
		return wrap("sweep", err)
	}
	entries, err := os.ReadDir(h.files)
	if err != nil {
		return wrap("sweep", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		// A young one may belong to a post that is being stored now.
		if err == nil && !known[e.Name()] && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(h.files, e.Name()))
		}
	}
	return nil
}
