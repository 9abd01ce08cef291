package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"go.etcd.io/bbolt"

	"linli/storage"
	"linli/storage/storagetest"
)

func openIn(t testing.TB, dir string, o Options) *DB {
	t.Helper()
	db, err := Open(filepath.Join(dir, "linli.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, dir string) storagetest.Keeper { return openIn(t, dir, Options{}) })
}

func TestFileIsPrivate(t *testing.T) {
	dir := t.TempDir()
	openIn(t, dir, Options{})
	info, err := os.Stat(filepath.Join(dir, "linli.db"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode())
	}
}

func TestSecondOpen(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	if _, err := Open(filepath.Join(dir, "linli.db"), Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir, Options{})
}

func TestForeignFile(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	edit(t, db, dir, func(b *bbolt.Tx) error { return b.DeleteBucket(settings.name()) })
	if _, err := Open(filepath.Join(dir, "linli.db"), Options{}); err == nil {
		t.Error("a file without our settings was opened")
	}
	if err := os.WriteFile(filepath.Join(dir, "text"), bytes.Repeat([]byte("no database\n"), 4000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "text"), Options{}); err == nil {
		t.Error("a text file was opened")
	}
}

// edit closes the file and changes it behind the store's back.
func edit(t *testing.T, db *DB, dir string, fn func(*bbolt.Tx) error) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := bbolt.Open(filepath.Join(dir, "linli.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if err := raw.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "linli.db"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFull(t *testing.T) {
	dir := t.TempDir()
	told := make(chan error, 1)
	db := openIn(t, dir, Options{MaxSize: 2 << 20, Broken: func(err error) { told <- err }})
	s := db.In("a")
	block := bytes.Repeat([]byte("x"), 64<<10)
	put := func(i int, v []byte) error {
		return s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey(fmt.Sprint("block/", i), v) })
	}
	n := 0
	for ; n < 100; n++ {
		if err := put(n, block); err != nil {
			if !errors.Is(err, storage.ErrFull) || errors.Is(err, storage.ErrBroken) {
				t.Fatalf("block %d: got %v, want storage.ErrFull", n, err)
			}
			break
		}
	}
	if n == 0 || n == 100 {
		t.Fatalf("full after %d blocks", n)
	}
	count := func() (have int) {
		t.Helper()
		err := s.View(t.Context(), func(tx storage.Tx) error {
			all, err := tx.Keys("block/")
			have = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return have
	}
	if have := count(); have != n {
		t.Errorf("%d blocks after %d were accepted", have, n)
	}
	// There is space again once something is deleted.
	for i := range 4 {
		if err := put(i, nil); err != nil {
			t.Fatalf("deleting from a full file: %v", err)
		}
	}
	if err := put(n, block); err != nil {
		t.Fatalf("after deleting: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openIn(t, dir, Options{})
	s = db.In("a")
	if have := count(); have != n-3 {
		t.Errorf("%d blocks after opening again, want %d", have, n-3)
	}
	select {
	case err := <-told:
		t.Errorf("a full disk was reported as broken: %v", err)
	default:
	}
}

func TestFullErrors(t *testing.T) {
	for _, err := range []error{
		&os.PathError{Op: "write", Path: "linli.db", Err: syscall.ENOSPC},
		&os.PathError{Op: "write", Path: "linli.db", Err: syscall.EDQUOT},
		fmt.Errorf("file resize error: %s", &os.PathError{Op: "truncate", Path: "linli.db", Err: syscall.ENOSPC}),
	} {
		if !full(err) {
			t.Errorf("%v does not count as full", err)
		}
	}
	for _, err := range []error{
		&os.PathError{Op: "write", Path: "linli.db", Err: syscall.EIO},
		fmt.Errorf("file sync error: %s", syscall.ENOSPC), // a failed sync is not tried again
		errors.New("file resize error: bad file descriptor"),
	} {
		if full(err) {
			t.Errorf("%v counts as full", err)
		}
	}
}

func TestBroken(t *testing.T) {
	dir := t.TempDir()
	var under *os.File
	told := make(chan error, 8)
	db := openIn(t, dir, Options{
		Broken: func(err error) { told <- err },
		openFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			under = f
			return f, err
		},
	})
	s := db.In("a")
	put := func(name string) error {
		return s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey(name, []byte("x")) })
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	under.Close() // the disk goes away
	if err := put("at"); !errors.Is(err, storage.ErrBroken) {
		t.Errorf("the update that met the failure: %v", err)
	}
	for range 3 {
		if err := put("after"); !errors.Is(err, storage.ErrBroken) {
			t.Errorf("a later update: %v", err)
		}
	}
	if err := s.View(t.Context(), func(storage.Tx) error { return nil }); !errors.Is(err, storage.ErrBroken) {
		t.Errorf("a later view: %v", err)
	}
	if err := <-told; !errors.Is(err, storage.ErrBroken) {
		t.Errorf("told %v", err)
	}
	db.Close()
	if len(told) != 0 {
		t.Error("Broken was called twice")
	}
	db = openIn(t, dir, Options{})
	err := db.In("a").View(t.Context(), func(tx storage.Tx) error {
		all, err := tx.Keys("")
		if len(all) != 1 || all["before"] == nil {
			t.Errorf("kept %v", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClose(t *testing.T) {
	db := openIn(t, t.TempDir(), Options{})
	s := db.In("a")
	inside, free := make(chan bool), make(chan bool)
	results := make(chan error, 2)
	go func() {
		results <- s.Update(context.Background(), func(tx storage.Tx) error {
			close(inside)
			<-free
			return tx.PutKey("one", nil)
		})
	}()
	<-inside
	waiting := &request{in: s.(*store), fn: func(storage.Tx) error { return nil }, done: make(chan struct{})}
	if err := db.enqueue(waiting); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	for !isClosed(db) {
	}
	if err := s.Update(t.Context(), func(storage.Tx) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("an update after close: %v", err)
	}
	close(free)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-results; err != nil {
		t.Errorf("the update under way: %v", err)
	}
	<-waiting.done
	if waiting.err != nil {
		t.Errorf("the update that waited: %v", waiting.err)
	}
	if err := s.View(t.Context(), func(storage.Tx) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("a view after close: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func isClosed(db *DB) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.closed
}

// An update whose caller gave up while it was waiting is not run; one that
// runs already is not abandoned.
func TestGivingUp(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(filepath.Join(dir, "linli.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		s := db.In("a")
		ctx, cancel := context.WithCancel(context.Background())
		free := make(chan bool)
		first, second := make(chan error, 1), make(chan error, 1)
		go func() {
			first <- s.Update(ctx, func(tx storage.Tx) error {
				<-free
				return tx.PutKey("first", []byte("x"))
			})
		}()
		synctest.Wait()
		run := false
		go func() {
			second <- s.Update(ctx, func(storage.Tx) error { run = true; return nil })
		}()
		synctest.Wait()
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("the waiting one: %v", err)
		}
		close(free)
		if err := <-first; err != nil {
			t.Errorf("the running one: %v", err)
		}
		if err := s.Update(context.Background(), func(tx storage.Tx) error { _, err := tx.Key("first"); return err }); err != nil {
			t.Error(err)
		}
		if run {
			t.Error("the one that was given up ran")
		}
	})
}

// What waits together is committed together, and a bad closure in the middle
// takes nobody with it.
func TestOneCommitForAll(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(filepath.Join(dir, "linli.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		s := db.In("a")
		free := make(chan bool)
		results := make(chan error, 101)
		go func() {
			results <- s.Update(context.Background(), func(tx storage.Tx) error { <-free; return tx.PutKey("first", []byte("x")) })
		}()
		synctest.Wait()
		before := db.at()
		for i := range 100 {
			go func() {
				defer func() {
					if p := recover(); p != nil {
						results <- fmt.Errorf("panic: %v", p)
					}
				}()
				results <- s.Update(context.Background(), func(tx storage.Tx) error {
					n, err := tx.Count("n")
					if err == nil && i%10 == 3 {
						panic("three")
					}
					return errors.Join(err, tx.PutKey(fmt.Sprint("n/", n), fmt.Append(nil, i)))
				})
			}()
		}
		synctest.Wait()
		close(free)
		failed := 0
		for range 101 {
			if err := <-results; err != nil {
				failed++
			}
		}
		if failed != 10 {
			t.Errorf("%d failed, want 10", failed)
		}
		if commits := db.at() - before; commits != 2 {
			t.Errorf("%d commits for 101 updates, want 2", commits)
		}
		err = s.View(context.Background(), func(tx storage.Tx) error {
			all, err := tx.Keys("n/")
			if len(all) != 90 || all["n/90"] == nil {
				t.Errorf("%d keys", len(all))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTxIsOver(t *testing.T) {
	s := openIn(t, t.TempDir(), Options{}).In("a")
	var kept storage.Tx
	for name, run := range map[string]func(context.Context, func(storage.Tx) error) error{"update": s.Update, "view": s.View} {
		if err := run(t.Context(), func(tx storage.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Key("k"); !errors.Is(err, errOver) {
			t.Errorf("%s: reading afterwards: %v", name, err)
		}
		if _, err := kept.Keys(""); !errors.Is(err, errOver) {
			t.Errorf("%s: listing afterwards: %v", name, err)
		}
		if err := kept.PutKey("k", []byte("x")); !errors.Is(err, errOver) {
			t.Errorf("%s: writing afterwards: %v", name, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	s := openIn(t, t.TempDir(), Options{}).In("a")
	long := string(bytes.Repeat([]byte("k"), bbolt.MaxKeySize))
	err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey(long, []byte("x")) })
	if err == nil || errors.Is(err, storage.ErrBroken) {
		t.Errorf("a key that is too long: %v", err)
	}
	if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("k", []byte("x")) }); err != nil {
		t.Errorf("the next update: %v", err)
	}
}
