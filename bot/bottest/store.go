package bottest

import (
	"path/filepath"
	"testing"

	"linli/storage"
	"linli/storage/bolt"
)

// Store gives a new store of a community, a real one on the disk, which is gone with the
// test.
func Store(t testing.TB, community string) storage.Store {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db.In(community)
}
