package bolt_test

import (
	"path/filepath"
	"testing"

	"linli/storage/bolt"
	"linli/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, dir string) storagetest.Keeper {
		db, err := bolt.Open(filepath.Join(dir, "linli.db"), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}
