package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/flows"
	"linli/flows/community"
	"linli/storage"
)

// directory is a community's directory through time: the versions in its store,
// one of which is in force, and the file beside them. What stands in the file
// is a proposal: it comes into force when somebody who has seen its differences says so.
// Only the first file a store meets is taken as it is.
type directory struct {
	store storage.Store
	read  func() (*community.File, error) // the file as it stands now
	now   func() time.Time

	// Changed is told the settings of a version that comes into force while
	// Linli runs; may be nil.
	Changed func(*flows.Settings)

	putting sync.Mutex // one version after the other
	mu      sync.Mutex
	n       int
	force   *community.File
}

// edition is a version of the directory as the store keeps it.
type edition struct {
	N    int            `json:"n"`
	At   time.Time      `json:"at"`
	By   flows.PersonID `json:"by,omitempty"` // empty: at the machine itself
	Note string         `json:"note,omitempty"`
	Text string         `json:"text"`
}

// The keys in the store.
const (
	directoryNow  = "directory/now"  // the number of the version in force
	directoryFile = "directory/file" // which text of the file was taken last: one that has not changed proposes nothing
	directoryRoot = "directory/"     // and a number: that version
)

var (
	// errChanged says that what somebody agreed to is not what would be applied.
	errChanged = errors.New("名册在您看过以后又变了，请再看一遍不同之处")
	// errOutdated says that the version in force was found good by an earlier
	// program and is not by this one.
	errOutdated = errors.New("正在用的名册现在通不过检查；改好文件，用 linli directory apply --yes 换上")
	// errNothing says that there is nothing to apply.
	errNothing = errors.New("文件和正在用的名册没有不同")
)

// loadDirectory gives the directory in force in a store, whose community must be
// that of the file. read reads the file anew each time. An empty store, or one
// of the time before there were versions, takes the file as version 1.
//
// While the file has mistakes, last (nil: there is none) stands for it, so that what
// is in force goes on.
func loadDirectory(ctx context.Context, store storage.Store, last *community.File, read func() (*community.File, error), now func() time.Time) (*directory, error) {
	d := &directory{store: store, read: read, now: now}
	f, wrong := read()
	if wrong != nil {
		if f = last; f == nil {
			return nil, wrong
		}
	}
	at, err := d.current(ctx)
	if errors.Is(err, storage.ErrNone) {
		if wrong != nil {
			return nil, wrong
		}
		return d, d.put(ctx, f, 0, textMark(f), edition{Note: "第一次启动时的文件"})
	}
	if err != nil {
		return nil, err
	}
	d.n = at.N
	if d.force, err = f.Like(at.name(), []byte(at.Text)); err != nil {
		return nil, fmt.Errorf("%w：\n%w", errOutdated, err)
	}
	return d, nil
}

// File is the directory in force.
func (d *directory) File() *community.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.force
}

// Pending gives what would change if the file came into force: lines for people,
// and the version that Apply must be given; no lines where nothing would. A
// file with mistakes is an error of type [community.Mistakes].
func (d *directory) Pending(ctx context.Context) (lines []string, version string, err error) {
	f, err := d.read()
	if err != nil {
		return nil, "", err
	}
	seen, err := d.key(ctx, directoryFile)
	if err != nil || string(seen) == textMark(f) {
		return nil, "", err
	}
	force := d.File()
	if len(community.Differences(force.Settings, f.Settings)) == 0 {
		return nil, "", nil
	}
	if lines, err = d.changes(ctx, force, f); err != nil {
		return nil, "", err
	}
	lost, err := d.undone(ctx, string(seen), force, f)
	if len(lost) > 0 {
		lines = append(lines, "注意：文件不知道它上次换上以后的这些改动，换上就没有了；想保留，先用 linli directory export 取出来，在它上面改："+strings.Join(lost, "；"))
	}
	return lines, f.Settings.Version, err
}

// undone gives the differences that only take back what came into force by other
// ways since the file was taken last; seen is the mark of its text then.
func (d *directory) undone(ctx context.Context, seen string, force, f *community.File) ([]string, error) {
	list, err := d.history(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if mark(e.Text) != seen {
			continue
		}
		base, err := force.Like(e.name(), []byte(e.Text))
		if err != nil {
			return nil, nil // what an older program took is no measure any more
		}
		back := community.Differences(force.Settings, base.Settings)
		var out []string
		for _, x := range community.Differences(force.Settings, f.Settings) {
			if slices.Contains(back, x) {
				out = append(out, x.String())
			}
		}
		return out, nil
	}
	return nil, nil
}

// fromFile is the note of a version that came from the file.
const fromFile = "按文件换上"

// Apply brings the file into force, if it still is the version that was shown.
// Who may do that (flows.Change) is for the caller to check.
func (d *directory) Apply(ctx context.Context, version string, by flows.PersonID) error {
	f, err := d.read()
	if err != nil {
		return err
	}
	if version == "" || f.Settings.Version != version {
		return errChanged
	}
	d.mu.Lock()
	n := d.n
	d.mu.Unlock()
	return d.put(ctx, f, n, textMark(f), edition{By: by, Note: fromFile})
}

// changes are the differences with what they mean for open cases, as lines.
func (d *directory) changes(ctx context.Context, from, to *community.File) ([]string, error) {
	var lines []string
	for _, x := range community.Differences(from.Settings, to.Settings) {
		lines = append(lines, x.String())
	}
	more, err := consequences(ctx, d.store, from.Settings, to.Settings, d.now())
	return append(lines, more...), err
}

// textMark tells one text of the file from another, whatever the duty list and
// the holidays beside it are.
func textMark(f *community.File) string { return mark(string(f.Text())) }

func mark(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// put stores a version after the n-th and brings it into force. file is the
// mark of the file's text that it holds, or "" to leave that as it is.
func (d *directory) put(ctx context.Context, f *community.File, n int, file string, e edition) error {
	d.putting.Lock()
	defer d.putting.Unlock()
	if force := d.File(); force != nil && f.Settings.Community != force.Settings.Community {
		return fmt.Errorf("社区编号不能改：正在用的是“%s”，新的是“%s”", force.Settings.Community, f.Settings.Community)
	}
	e.N, e.At, e.Text = n+1, d.now(), string(f.Text())
	packed, err := pack(e)
	if err != nil {
		return err
	}
	err = d.store.Update(ctx, func(tx storage.Tx) error {
		now, err := tx.Key(directoryNow)
		switch {
		case errors.Is(err, storage.ErrNone):
		case err != nil:
			return err
		}
		if string(now) != "" && string(now) != strconv.Itoa(n) {
			return errChanged
		}
		if err := tx.PutKey(directoryRoot+strconv.Itoa(e.N), packed); err != nil {
			return err
		}
		if file != "" {
			if err := tx.PutKey(directoryFile, []byte(file)); err != nil {
				return err
			}
		}
		return tx.PutKey(directoryNow, []byte(strconv.Itoa(e.N)))
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.n, d.force = e.N, f
	d.mu.Unlock()
	if d.Changed != nil {
		d.Changed(f.Settings)
	}
	return nil
}

// key reads a key; nil if there is none.
func (d *directory) key(ctx context.Context, name string) (value []byte, err error) {
	err = d.store.View(ctx, func(tx storage.Tx) error {
		v, err := tx.Key(name)
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		value = v
		return err
	})
	return value, err
}

// current gives the version in force, storage.ErrNone if there never was one.
func (d *directory) current(ctx context.Context) (edition, error) {
	now, err := d.key(ctx, directoryNow)
	if err != nil {
		return edition{}, err
	}
	n, err := strconv.Atoi(string(now))
	if len(now) == 0 || err != nil {
		return edition{}, storage.ErrNone
	}
	return d.edition(ctx, n)
}

// edition gives the n-th version, storage.ErrNone if there is none.
func (d *directory) edition(ctx context.Context, n int) (edition, error) {
	raw, err := d.key(ctx, directoryRoot+strconv.Itoa(n))
	if err != nil {
		return edition{}, err
	}
	if raw == nil {
		return edition{}, fmt.Errorf("名册没有第%d版: %w", n, storage.ErrNone)
	}
	e, err := unpack(raw)
	if err != nil {
		return edition{}, fmt.Errorf("名册第%d版读不出来: %w", n, err)
	}
	return e, nil
}

// history gives the versions that are kept, the newest first.
func (d *directory) history(ctx context.Context) ([]edition, error) {
	at, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	out := []edition{at}
	for n := at.N - 1; n > 0; n-- {
		e, err := d.edition(ctx, n)
		if errors.Is(err, storage.ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// forget deletes the earlier versions that name somebody who is in the directory
// no more, and says how many. Versions are kept to explain what was done, and
// to go back; neither is worth the name of who asked to be forgotten.
func (d *directory) forget(ctx context.Context, id flows.PersonID) (int, error) {
	if _, in := d.File().Settings.Official(id); in {
		return 0, nil
	}
	return d.discard(ctx, id, func(e edition) bool {
		f, err := d.File().Like(e.name(), []byte(e.Text))
		if err != nil {
			return true // it cannot be told whom it names
		}
		_, named := f.Settings.Official(id)
		return named || e.By == id
	})
}

// discard deletes the earlier versions for which old says so. Of the one in
// force it only takes away who applied it, if that is by.
func (d *directory) discard(ctx context.Context, by flows.PersonID, old func(edition) bool) (int, error) {
	d.putting.Lock()
	defer d.putting.Unlock()
	list, err := d.history(ctx)
	if err != nil {
		return 0, err
	}
	var gone []int
	for _, e := range list[1:] {
		if old(e) {
			gone = append(gone, e.N)
		}
	}
	at := list[0]
	unsign := by != "" && at.By == by
	if len(gone) == 0 && !unsign {
		return 0, nil
	}
	return len(gone), d.store.Update(ctx, func(tx storage.Tx) error {
		for _, n := range gone {
			if err := tx.PutKey(directoryRoot+strconv.Itoa(n), nil); err != nil {
				return err
			}
		}
		if !unsign {
			return nil
		}
		at.By = ""
		packed, err := pack(at)
		if err != nil {
			return err
		}
		return tx.PutKey(directoryRoot+strconv.Itoa(at.N), packed)
	})
}

// expire deletes the earlier versions that were replaced longer ago than cases
// are kept: nothing is left that they would explain.
func (d *directory) expire(ctx context.Context) (int, error) {
	keep := d.File().Settings.Limits.Keep.Cases
	if keep == 0 {
		return 0, nil
	}
	list, err := d.history(ctx)
	if err != nil {
		return 0, err
	}
	replaced := map[int]time.Time{}
	for i, e := range list[1:] {
		replaced[e.N] = list[i].At
	}
	return d.discard(ctx, "", func(e edition) bool { return replaced[e.N].Before(d.now().Add(-keep)) })
}

func (e edition) name() string { return fmt.Sprintf("名册第%d版", e.N) }

func pack(e edition) ([]byte, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if err := json.NewEncoder(z).Encode(e); err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	return buf.Bytes(), nil
}

func unpack(raw []byte) (e edition, err error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return e, err
	}
	// A version was at most as long as a directory file may be when it was kept.
	if err = json.NewDecoder(io.LimitReader(z, 64<<20)).Decode(&e); err != nil {
		return e, err
	}
	return e, z.Close()
}
