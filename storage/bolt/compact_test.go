package bolt

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"linli/flows"
	"linli/storage"
)

const canary = "删掉的话-canary"

// fill writes some hundred rows and deletes most of them; what is deleted has
// the canary in it.
func fill(t *testing.T, s storage.Store) {
	t.Helper()
	update := func(fn func(storage.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		id := flows.ID(fmt.Sprint("k", i))
		update(func(tx storage.Tx) error {
			_, err := tx.AddJob(storage.Job{Case: id, Lane: "x", Body: fmt.Appendf(nil, `{"text":"%s %d"}`, canary, i)})
			_, err2 := tx.AddTrouble(storage.Trouble{Text: canary})
			return errors.Join(err, err2,
				tx.PutCase(flows.Case{ID: id, No: i, Data: fmt.Appendf(nil, `{"text":"%s"}`, canary)}),
				tx.PutKey(fmt.Sprint("kept/", i), bytes.Repeat([]byte{byte(i)}, 3000)),
				tx.PutPerson(storage.Person{ID: flows.PersonID(id), Name: canary}),
				tx.Note(storage.Record{Case: id, Detail: canary, After: "open"}))
		})
	}
	for i := range 40 {
		id := flows.ID(fmt.Sprint("k", i))
		update(func(tx storage.Tx) error {
			return errors.Join(tx.DropCase(id), tx.DropPerson(flows.PersonID(id)), tx.DropTrouble(uint64(i+1)))
		})
	}
}

// kept checks that what fill left is there.
func kept(t *testing.T, s storage.Store) {
	t.Helper()
	err := s.View(context.Background(), func(tx storage.Tx) error {
		all, err := tx.Keys("kept/")
		for i := range 40 {
			if !bytes.Equal(all[fmt.Sprint("kept/", i)], bytes.Repeat([]byte{byte(i)}, 3000)) {
				t.Errorf("row %d is not what it was", i)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestCompactForgets(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	s := db.In("a")
	fill(t, s)
	before, err := db.Stats()
	if err != nil || before.FreeBytes == 0 {
		t.Fatalf("%+v, %v", before, err)
	}
	if !bytes.Contains(read(t, dir), []byte(canary)) {
		t.Fatal("what was deleted has left the file by itself: this test shows nothing")
	}
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(read(t, dir), []byte(canary)) {
		t.Error("what was deleted is still in the file")
	}
	after, err := db.Stats()
	if err != nil || after.FreeBytes >= before.FreeBytes {
		t.Errorf("%d bytes free of %d, before %d of %d (%v)", after.FreeBytes, after.Bytes, before.FreeBytes, before.Bytes, err)
	}
	kept(t, s)
	if names := files(t, dir); len(names) != 1 {
		t.Errorf("left beside it: %v", names)
	}
	info, err := os.Stat(filepath.Join(dir, "linli.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// It is still locked, and what is written now is found in it.
	if _, err := Open(filepath.Join(dir, "linli.db"), Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("after", []byte("x")) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Compact(t.Context()); err != nil {
		t.Fatalf("the second time: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, dir, Options{}).In("a")
	kept(t, s)
	if err := s.View(t.Context(), func(tx storage.Tx) error { _, err := tx.Key("after"); return err }); err != nil {
		t.Error(err)
	}
}

// Compactions under Updates and Views that never stop: nothing is lost, nobody
// gets an error, every View sees one moment.
func TestCompactWhileInUse(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	s := db.In("a")
	fill(t, s)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	var counts [4]int
	for w := range counts {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := s.Update(context.Background(), func(tx storage.Tx) error {
					n, err := tx.Count(fmt.Sprint("w", w))
					if n != counts[w]+1 {
						t.Errorf("writer %d: counted %d after %d", w, n, counts[w])
					}
					return errors.Join(err, tx.PutKey(fmt.Sprint("w/", w), []byte(strconv.Itoa(n))))
				})
				if err != nil {
					t.Errorf("update: %v", err)
					return
				}
				counts[w]++
			}
		})
		wg.Go(func() {
			last := 0
			for ctx.Err() == nil {
				err := s.View(context.Background(), func(tx storage.Tx) error {
					one, err := tx.Keys("w/")
					two, err2 := tx.Key(fmt.Sprint("w/", w))
					if err2 == nil && !bytes.Equal(one[fmt.Sprint("w/", w)], two) {
						t.Error("the snapshot moved")
					}
					n, _ := strconv.Atoi(string(two))
					if n < last {
						t.Errorf("a later view saw %d after %d", n, last)
					}
					last = n
					return err
				})
				if err != nil {
					t.Errorf("view: %v", err)
					return
				}
			}
		})
	}
	for range 8 {
		if err := db.Compact(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	kept(t, s)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, dir, Options{}).In("a")
	for w, n := range counts {
		if n == 0 {
			t.Errorf("writer %d never came to write", w)
		}
		err := s.View(t.Context(), func(tx storage.Tx) error {
			v, err := tx.Key(fmt.Sprint("w/", w))
			if string(v) != strconv.Itoa(n) {
				t.Errorf("writer %d: %s in the file after %d", w, v, n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// A View that began before goes on with the old file; writers do not wait for it.
func TestCompactWaitsForViews(t *testing.T) {
	db := openIn(t, t.TempDir(), Options{})
	s := db.In("a")
	fill(t, s)
	inside, free, done := make(chan bool), make(chan bool), make(chan error, 2)
	go func() {
		done <- s.View(context.Background(), func(tx storage.Tx) error {
			close(inside)
			<-free
			_, err := tx.Key("new")
			if !errors.Is(err, storage.ErrNone) {
				t.Errorf("the snapshot has what came later: %v", err)
			}
			_, err = tx.Key("kept/1")
			return err
		})
	}()
	<-inside
	old, compacted := db.file(), make(chan error, 1)
	go func() { compacted <- db.Compact(context.Background()) }()
	for db.file() == old {
		runtime.Gosched()
	}
	if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("new", []byte("x")) }); err != nil {
		t.Error(err)
	}
	select {
	case err := <-compacted:
		t.Errorf("it did not wait for the view: %v", err)
	default:
	}
	if err := db.Compact(t.Context()); err == nil {
		t.Error("two compactions at once")
	}
	close(free)
	if err := errors.Join(<-done, <-compacted); err != nil {
		t.Error(err)
	}
}

// The disk is full, or fails, before the new file takes the place of the old:
// everything goes on.
func TestCompactFails(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for what, test := range map[string]struct {
		ctx  context.Context
		with func(db *DB)
		want error
	}{
		"no room in the file": {t.Context(), func(db *DB) { db.options.MaxSize = 64 << 10 }, storage.ErrFull},
		"no room on the disk": {t.Context(), func(db *DB) {
			db.options.openFile = func(_ string, flag int, mode os.FileMode) (*os.File, error) {
				return os.OpenFile("/dev/full", os.O_RDWR, 0)
			}
		}, storage.ErrFull},
		"the copy goes away": {t.Context(), func(db *DB) {
			var copied *os.File
			db.options.openFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
				copied, err = os.OpenFile(name, flag, mode)
				return copied, err
			}
			db.options.step = func(at string) error {
				if at == "copied" {
					return copied.Close()
				}
				return nil
			}
		}, nil},
		"an error at the end": {t.Context(), func(db *DB) {
			db.options.step = func(at string) error { return map[string]error{"synced": fs.ErrPermission}[at] }
		}, fs.ErrPermission},
		"given up": {gone, func(db *DB) {}, context.Canceled},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			db := openIn(t, dir, Options{Broken: func(err error) { t.Errorf("broken: %v", err) }})
			s := db.In("a")
			fill(t, s)
			options := db.options
			test.with(db)
			err := db.Compact(test.ctx)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if names := files(t, dir); len(names) != 1 {
				t.Errorf("left beside it: %v", names)
			}
			kept(t, s)
			if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("after", []byte("x")) }); err != nil {
				t.Errorf("an update afterwards: %v", err)
			}
			db.options = options
			if err := db.Compact(t.Context()); err != nil {
				t.Errorf("when there is room again: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			kept(t, openIn(t, dir, Options{}).In("a"))
		})
	}
}

// When the name may or may not have changed for good, nothing is accepted.
func TestCompactFailsAfterTheRename(t *testing.T) {
	dir := t.TempDir()
	told := make(chan error, 1)
	db := openIn(t, dir, Options{Broken: func(err error) { told <- err }})
	s := db.In("a")
	fill(t, s)
	db.options.step = func(at string) error { return map[string]error{"renamed": fs.ErrInvalid}[at] }
	if err := db.Compact(t.Context()); !errors.Is(err, storage.ErrBroken) {
		t.Errorf("got %v", err)
	}
	if err := s.Update(t.Context(), func(storage.Tx) error { return nil }); !errors.Is(err, storage.ErrBroken) {
		t.Errorf("an update: %v", err)
	}
	if err := <-told; !errors.Is(err, storage.ErrBroken) {
		t.Errorf("told %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	kept(t, openIn(t, dir, Options{}).In("a"))
	if err := db.Compact(t.Context()); err == nil {
		t.Error("a closed file was compacted")
	}
}

// At each step the folder is copied as a crash would leave it: it opens, and is
// complete. A half-written copy beside the file is removed.
func TestCompactCrash(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	s := db.In("a")
	fill(t, s)
	var crashed []string
	db.options.step = func(at string) error {
		to := filepath.Join(t.TempDir(), at)
		crashed = append(crashed, to)
		return os.CopyFS(to, os.DirFS(dir))
	}
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half")
	if err := os.CopyFS(half, os.DirFS(crashed[0])); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(half, "linli.db"+beside), 5000); err != nil {
		t.Fatal(err)
	}
	if len(crashed) != 3 {
		t.Fatalf("steps: %v", crashed)
	}
	for _, dir := range append(crashed, half) {
		if r, err := Check(filepath.Join(dir, "linli.db")); err != nil || !r.Sound() {
			t.Errorf("%s: %v, %v", filepath.Base(dir), r.Damages, err)
		}
		db := openIn(t, dir, Options{})
		kept(t, db.In("a"))
		if names := files(t, dir); len(names) != 1 {
			t.Errorf("%s: %v", filepath.Base(dir), names)
		}
		if err := db.Compact(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestCompactKilled kills a process that writes and compacts all the time:
// nothing that it had said was written is missing.
func TestCompactKilled(t *testing.T) {
	if dir := os.Getenv("LINLI_COMPACT_CHILD"); dir != "" {
		writeUntilKilled(dir)
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	fill(t, db.In("a"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	last := 0
	for round := 1; round <= 5; round++ {
		child := exec.Command(os.Args[0], "-test.run=^TestCompactKilled$")
		child.Env = append(os.Environ(), "LINLI_COMPACT_CHILD="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 40*round && lines.Scan(); n++ {
			last, _ = strconv.Atoi(lines.Text())
		}
		child.Process.Kill()
		for lines.Scan() { // said before it died
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				last = n
			}
		}
		child.Wait()
		db := openIn(t, dir, Options{})
		kept(t, db.In("a"))
		err = db.In("a").View(t.Context(), func(tx storage.Tx) error {
			v, err := tx.Key("last")
			if n, _ := strconv.Atoi(string(v)); n < last {
				t.Errorf("round %d: %d in the file after %d was said", round, n, last)
			}
			return err
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if last < 100 {
		t.Errorf("only %d updates in all", last)
	}
}

func writeUntilKilled(dir string) {
	db, err := Open(filepath.Join(dir, "linli.db"), Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		for {
			if err := db.Compact(context.Background()); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}()
	for {
		var n int
		err := db.In("a").Update(context.Background(), func(tx storage.Tx) (err error) {
			n, err = tx.Count("n")
			return errors.Join(err, tx.PutKey("last", []byte(strconv.Itoa(n))))
		})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}
