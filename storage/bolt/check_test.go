package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"linli/flows"
	"linli/storage"
)

// two fills two communities; the file is closed.
func two(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	db := openIn(t, dir, Options{})
	for _, community := range []string{"zz", "a"} {
		if err := db.In(community).Update(t.Context(), world); err != nil {
			t.Fatal(err)
		}
	}
	err := db.In("a").Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(tx.DropCase("k1"), tx.DropPerson("p1"))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "linli.db")
}

func TestCheckCounts(t *testing.T) {
	dir, path := two(t)
	before := read(t, dir)
	r, err := Check(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, read(t, dir)) {
		t.Error("the file was changed")
	}
	heads, err := openIn(t, dir, Options{}).Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Schema: schema, Bytes: int64(len(before)), Communities: []Held{
		{Community: "a", Chats: 3, People: 2, Cases: 2, Entries: 6, Records: 6, Erased: 2, Jobs: 10, Troubles: 3, Head: heads[0], Days: r.Communities[0].Days},
		{Community: "zz", Chats: 3, People: 3, Cases: 3, Entries: 9, Records: 6, Jobs: 12, Troubles: 3, Head: heads[1], Days: r.Communities[1].Days},
	}}
	if d := cmp.Diff(want, r); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for _, c := range r.Communities {
		if len(c.Days) != 1 || c.Days[0].Date != "2026-03-10" || c.Days[0].Records != 6 || !c.Days[0].Right {
			t.Errorf("%s: %+v", c.Community, c.Days)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	dir, path := two(t)
	db := openIn(t, dir, Options{})
	if _, err := Check(path); !errors.Is(err, ErrInUse) {
		t.Errorf("in use: %v", err)
	}
	edit(t, db, dir, func(b *bbolt.Tx) error {
		return b.Bucket(settings.name()).Put(schemaKey, seal(settings, 0, schemaKey, put32(nil, schema+1)))
	})
	if _, err := Check(path); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	if _, err := Check(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("not there: %v", err)
	}
	for name, body := range map[string][]byte{"empty": nil, "text": bytes.Repeat([]byte("no database\n"), 4000)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(path); err == nil {
			t.Errorf("%s: no error", name)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, body) {
			t.Errorf("%s was changed (%v)", name, err)
		}
	}
}

// Rows whose checksum is right and that are wrong all the same.
func TestCheckFindsLies(t *testing.T) {
	record := func(b *bbolt.Tx, change func(*storage.Record)) error {
		table := b.Bucket(journal.name())
		k, v := table.Cursor().First()
		x := &tx{snap: &snapshot{bolt: b}, community: be32(v[4:])}
		var r storage.Record
		if err := x.row(journal, bytes.Clone(k), &r); err != nil {
			return err
		}
		change(&r)
		body, err := x.snap.encode(r)
		return errors.Join(err, table.Put(bytes.Clone(k), seal(journal, x.community, k, body)))
	}
	first := func(b *bbolt.Tx, t table) error {
		k, _ := b.Bucket(t.name()).Cursor().First()
		return b.Bucket(t.name()).Delete(bytes.Clone(k))
	}
	for what, test := range map[string]struct {
		table  table
		change func(b *bbolt.Tx) error
	}{
		"a record of the journal changed": {journal, func(b *bbolt.Tx) error { return record(b, func(r *storage.Record) { r.After = "closed" }) }},
		"a record left the chain":         {journal, func(b *bbolt.Tx) error { return record(b, func(r *storage.Record) { r.Chain[3]++ }) }},
		"a record is gone":                {journal, func(b *bbolt.Tx) error { return first(b, journal) }},
		"a case is gone":                  {recent, func(b *bbolt.Tx) error { return first(b, cases) }},
		"an index row is gone":            {entries, func(b *bbolt.Tx) error { return first(b, casesOf) }},
		"a person's address is gone":      {people, func(b *bbolt.Tx) error { return first(b, peopleAt) }},
		"a lane has lost a row":           {jobs, func(b *bbolt.Tx) error { return first(b, lanes) }},
		"a tally is wrong": {tallies, func(b *bbolt.Tx) error {
			k, v := b.Bucket(tallies.name()).Cursor().First()
			return b.Bucket(tallies.name()).Put(bytes.Clone(k), seal(tallies, be32(v[4:]), k, put64(nil, 77)))
		}},
		"a community has lost its name": {chats, func(b *bbolt.Tx) error { return first(b, communities) }},
	} {
		t.Run(what, func(t *testing.T) {
			dir, path := two(t)
			edit(t, openIn(t, dir, Options{}), dir, test.change)
			r, err := Check(path)
			if err != nil || r.Sound() {
				t.Fatalf("nothing was found (%v)", err)
			}
			if r.Damages[0].Table != string(test.table.name()) && !strings.Contains(fmt.Sprint(r.Damages), fmt.Sprintf("table %q", test.table.name())) {
				t.Errorf("found %v, not in table %q", r.Damages, test.table.name())
			}
		})
	}
}

// contents gives every row of a file.
func contents(path string) (all string, err error) {
	file, _, err := openToRead(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var b strings.Builder
	err = file.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(k, v []byte) error {
				fmt.Fprintf(&b, "%s %x %x\n", name, k, v)
				return nil
			})
		})
	})
	return b.String(), err
}

// TestAnyDamage damages a file in hundreds of ways. The process lives, nothing
// damaged is served, nothing of what stands in the file gets into a report, and what
// Check calls sound is what was written.
func TestAnyDamage(t *testing.T) {
	if racing {
		t.Skip("a damaged page makes bbolt read beside it, where memory of another goroutine may be")
	}
	dir, path := two(t)
	whole := read(t, dir)
	want, err := contents(path)
	if err != nil {
		t.Fatal(err)
	}
	used := len(bytes.TrimRight(whole, "\x00")) // the file is longer than what was written to it
	pages := (used + 4095) / 4096
	found := 0
	damages := 0
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // see Check: small tables are copied to the heap
	for seed := range uint64(400) {
		if seed%50 == 0 {
			runtime.GC() // between two files nothing points anywhere
		}
		random := rand.New(rand.NewPCG(seed, 17))
		bad := bytes.Clone(whole)
		switch seed % 4 {
		case 0:
			bad[random.IntN(used)] ^= 1 << random.IntN(8)
		case 1:
			clear(bad[random.IntN(used/512)*512:][:512])
		case 2:
			bad = bad[:random.IntN(used)]
		case 3:
			a, b := random.IntN(pages), random.IntN(pages)
			copy(bad[a*4096:][:4096], whole[b*4096:])
		}
		if bytes.Equal(bad, whole) {
			continue
		}
		damages++
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Check(path)
		if err == nil && r.Sound() {
			if got, err := contents(path); got != want || err != nil {
				t.Errorf("seed %d: a changed file was called sound (%v)", seed, err)
			}
		} else {
			found++
		}
		if text := fmt.Sprint(r.Damages, err); strings.Contains(text, "secret") || strings.Contains(text, "tg:") {
			t.Errorf("seed %d: the report quotes the file: %s", seed, text)
		}
		db, err := Open(path, Options{})
		if err != nil {
			continue
		}
		err = db.In("zz").View(t.Context(), func(tx storage.Tx) error {
			var all []error
			people, err := tx.People()
			all = append(all, err)
			for _, p := range people {
				if p.Name != "secret" {
					t.Errorf("seed %d: a person became %+v", seed, p)
				}
			}
			cases, err := tx.Cases(9, nil)
			all = append(all, err)
			for _, c := range cases {
				if c.Flow != "demand" {
					t.Errorf("seed %d: a case became %+v", seed, c)
				}
			}
			_, err = tx.Jobs()
			return errors.Join(append(all, err)...)
		})
		if err != nil && !errors.Is(err, storage.ErrDamaged) {
			t.Errorf("seed %d: %v", seed, err)
		}
		db.Close()
	}
	t.Logf("%d of %d damages were found", found, damages)
	if found < damages/3 || found == damages {
		t.Errorf("%d of %d damages were found: this test shows nothing", found, damages)
	}
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	s := db.In("a")
	fill(t, s)
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, []byte("an older backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.BackupTo(gone, to); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != "an older backup" {
		t.Errorf("a backup that failed left %.20q (%v)", b, err)
	}
	// What is written while the copy is made is not in it, and does not wait.
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Backup(ctx, &duringWrite{do: cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up on the way: %v", err)
	}
	slow := &duringWrite{do: func() {
		if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("later", []byte("x")) }); err != nil {
			t.Error(err)
		}
	}}
	if err := db.Backup(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), func(tx storage.Tx) error { _, err := tx.Key("later"); return err }); err != nil {
		t.Fatal("nothing was written during the backup")
	}
	if err := db.BackupTo(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if names := files(t, filepath.Dir(to)); len(names) != 1 {
		t.Errorf("left beside it: %v", names)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	stream := filepath.Join(t.TempDir(), "linli.db")
	if err := os.WriteFile(stream, slow.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	heads, err := db.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for path, later := range map[string]error{to: nil, stream: storage.ErrNone} {
		r, err := Check(path) // while the other file is in use
		if err != nil || !r.Sound() || len(r.Communities) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		if d := cmp.Diff(heads[0], r.Communities[0].Head); d != "" {
			t.Errorf("the head of the copy:\n%s", d)
		}
		copied, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		kept(t, copied.In("a"))
		err = copied.In("a").View(t.Context(), func(tx storage.Tx) error { _, err := tx.Key("later"); return err })
		if !errors.Is(err, later) {
			t.Errorf("what was written during the backup: %v, want %v", err, later)
		}
		copied.Close()
	}
	if err := db.Backup(t.Context(), failing{}); err == nil {
		t.Errorf("a writer that fails: %v", err)
	}
}

// duringWrite does something at its first write.
type duringWrite struct {
	bytes.Buffer
	do func()
}

func (d *duringWrite) Write(p []byte) (int, error) {
	if d.Len() == 0 {
		d.do()
	}
	return d.Buffer.Write(p)
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestHeads(t *testing.T) {
	db := openIn(t, t.TempDir(), Options{})
	heads := func() []Head {
		t.Helper()
		list, err := db.Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	update := func(community string, fn func(storage.Tx) error) {
		t.Helper()
		if err := db.In(community).Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	if list := heads(); len(list) != 0 {
		t.Errorf("heads of an empty file: %v", list)
	}
	update("b", func(tx storage.Tx) error { return tx.PutKey("k", nil) })
	for _, community := range []string{"b", "a"} {
		for i := range 6 {
			update(community, func(tx storage.Tx) error {
				return tx.Note(storage.Record{Case: flows.ID(fmt.Sprint("k", i%3)), By: "p1", After: "open"})
			})
		}
	}
	first := heads()
	if len(first) != 2 || first[0].Community != "a" || first[0].Cases != 3 || first[0].Records != 6 || len(first[0].Sum) != 32 || bytes.Equal(first[0].Sum, first[1].Sum) {
		t.Fatalf("%+v", first)
	}
	update("a", func(tx storage.Tx) error {
		return errors.Join(tx.DropCase("k1"), tx.EraseRecords("k2", func(storage.Record) bool { return true }), tx.PutCase(flows.Case{ID: "k9"}))
	})
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first, heads()); d != "" {
		t.Errorf("after erasure and compaction:\n%s", d)
	}
	update("a", func(tx storage.Tx) error { return tx.Note(storage.Record{Case: "k1", After: "again"}) })
	if now := heads(); bytes.Equal(now[0].Sum, first[0].Sum) || !bytes.Equal(now[1].Sum, first[1].Sum) {
		t.Errorf("after a step of a: %+v", now)
	}
	names, err := db.Communities(t.Context())
	if d := cmp.Diff([]string{"a", "b"}, names); d != "" || err != nil {
		t.Errorf("communities: %v %s", err, d)
	}
}

// Where the last record of a case is damaged, the head says so.
func TestHeadOfDamage(t *testing.T) {
	dir, path := two(t)
	whole := read(t, dir)
	for _, p := range rowsIn(t, path) {
		if p.table != journal {
			continue
		}
		if err := os.WriteFile(path, spoil(t, whole, p), 0o600); err != nil {
			t.Fatal(err)
		}
		db := openIn(t, dir, Options{})
		heads, err := db.Heads(t.Context())
		if err != nil || len(heads) != 2 {
			t.Fatalf("%+v, %v", heads, err)
		}
		if got, want := heads[0].Unreadable+heads[1].Unreadable, map[bool]int{true: 1}[tail(p.key) == 2]; got != want {
			t.Errorf("record %d: %d are unreadable, want %d", tail(p.key), got, want)
		}
		if got := heads[0].Records + heads[1].Records; got != 11 {
			t.Errorf("%d records", got)
		}
		db.Close()
	}
}

// A file that was replaced between its opening and its locking is nobody's.
func TestOpenOfReplacedFile(t *testing.T) {
	dir, path := two(t)
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, read(t, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, Options{openFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag, mode)
		return f, errors.Join(err, os.Rename(other, path))
	}})
	if !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	openIn(t, dir, Options{})
}

// A link to the file stays a link.
func TestCompactThroughLink(t *testing.T) {
	dir, path := two(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	db, err := Open(link, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Compact(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v (%v)", info.Mode(), err)
	}
	if err := openIn(t, dir, Options{}).In("a").View(t.Context(), func(tx storage.Tx) error { _, err := tx.Case("k0"); return err }); err != nil {
		t.Error(err)
	}
}
