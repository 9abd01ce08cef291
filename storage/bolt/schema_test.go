package bolt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"linli/flows"
	"linli/storage"
)

// oldFile is the data file of the first version, as it was in use.
const oldFile = "../../cmd/linli/testdata/old/v1.db.gz"

func unpack(t *testing.T) (dir string) {
	t.Helper()
	packed, err := os.ReadFile(oldFile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "linli.db"), body, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// version reads the schema of a closed file.
func version(t *testing.T, dir string) (n uint32) {
	t.Helper()
	file, err := bbolt.Open(filepath.Join(dir, "linli.db"), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = file.View(func(b *bbolt.Tx) (err error) { n, err = schemaOf(b); return err })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// indexed checks that the table "cases of" says what the entries say.
func wantIndexed(t *testing.T, db *DB) (found int) {
	t.Helper()
	s := db.In("example")
	err := s.View(t.Context(), func(tx storage.Tx) error {
		all, err := tx.Cases(10_000, nil)
		if err != nil {
			return err
		}
		who := map[string][]flows.ID{} // newest first, as all is
		for _, c := range all {
			tally, err := tx.Tally(c.ID)
			if err != nil {
				return err
			}
			for tag := range tally {
				page, _, err := tx.Entries(c.ID, tag, "", 10_000)
				if err != nil {
					return err
				}
				for _, e := range page {
					who[e.Key] = append(who[e.Key], c.ID)
					found++
				}
			}
		}
		for key, want := range who {
			list, err := tx.CasesWith(key, 10_000)
			if err != nil {
				return err
			}
			same := len(list) == len(want)
			for i := range list {
				same = same && list[i].ID == want[i]
			}
			if !same {
				t.Errorf("an entry in %d cases is found in %d", len(want), len(list))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestFirstVersion(t *testing.T) {
	dir := unpack(t)
	if n := version(t, dir); n != 1 {
		t.Fatalf("the file of the first version has schema %d", n)
	}
	if r, err := Check(filepath.Join(dir, "linli.db")); err != nil || !r.Sound() || r.Schema != 1 {
		t.Errorf("before: %+v, %v", r, err)
	}
	for range 2 {
		db := openIn(t, dir, Options{})
		if n := wantIndexed(t, db); n < 3 {
			t.Fatalf("only %d entries", n)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if n := version(t, dir); n != schema {
			t.Errorf("schema %d after Open", n)
		}
	}
	if r, err := Check(filepath.Join(dir, "linli.db")); err != nil || !r.Sound() {
		t.Errorf("after: %+v, %v", r, err)
	}
}

// A file of the second version gets the tables it lacks, and is what it was.
func TestSecondVersion(t *testing.T) {
	dir := unpack(t)
	openIn(t, dir, Options{}).Close()
	path := filepath.Join(dir, "linli.db")
	file, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = file.Update(func(b *bbolt.Tx) error {
		return errors.Join(b.DeleteBucket(sealed.name()), b.Bucket(settings.name()).Put(schemaKey, seal(settings, 0, schemaKey, put32(nil, 2))))
	})
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	before, err := Check(path)
	if err != nil || !before.Sound() || before.Schema != 2 {
		t.Fatalf("before: %+v, %v", before, err)
	}
	db := openIn(t, dir, Options{})
	if n := wantIndexed(t, db); n < 3 {
		t.Errorf("only %d entries", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := Check(path)
	if err != nil || !after.Sound() || after.Schema != schema {
		t.Fatalf("after: %+v, %v", after, err)
	}
	after.Schema, after.Bytes = before.Schema, before.Bytes
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("the file holds something else now:\n%s", d)
	}
}

// A migration that is interrupted, by an error or by the disk going away at its
// commit, leaves the old file, and is done the next time.
func TestMigrationInterrupted(t *testing.T) {
	var under *os.File
	open := func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		f, err = os.OpenFile(name, flag, mode)
		under = f
		return f, err
	}
	for what, stop := range map[string]func(string) error{
		"error":   func(string) error { return errors.New("the power went") },
		"no disk": func(string) error { return under.Close() },
	} {
		t.Run(what, func(t *testing.T) {
			dir := unpack(t)
			if _, err := Open(filepath.Join(dir, "linli.db"), Options{openFile: open, step: stop}); err == nil {
				t.Fatal("it was not interrupted")
			}
			if n := version(t, dir); n != 1 {
				t.Fatalf("schema %d after an interrupted migration", n)
			}
			if n := wantIndexed(t, openIn(t, dir, Options{})); n < 3 {
				t.Fatalf("only %d entries", n)
			}
		})
	}
}

// A damaged entry does not stop the migration.
func TestMigrationOfDamage(t *testing.T) {
	dir := unpack(t)
	path := filepath.Join(dir, "linli.db")
	whole := read(t, dir)
	for _, p := range rowsIn(t, path) {
		if p.table == entries {
			if err := os.WriteFile(path, spoil(t, whole, p), 0o600); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	openIn(t, dir, Options{})
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	edit(t, db, dir, func(b *bbolt.Tx) error {
		return b.Bucket(settings.name()).Put([]byte("schema"), seal(settings, 0, []byte("schema"), put32(nil, schema+1)))
	})
	before := read(t, dir)
	if _, err := Open(filepath.Join(dir, "linli.db"), Options{}); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("got %v, want storage.ErrNewer", err)
	}
	if !bytes.Equal(before, read(t, dir)) {
		t.Error("a refused file was changed")
	}
}
