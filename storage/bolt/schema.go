package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"linli/storage"
)

// schema is the version of the rows this package writes.
//
//	1: the first
//	2: the table "cases of"
//	3: polls: their cases, and what is known of a home. The tables are those of 2, which
//	   would park the one and lose the other
//	4: the table "sealed days"
const schema = 4

// since is the schema a table came with.
func (t table) since() uint32 {
	switch t {
	case casesOf:
		return 2
	case sealed:
		return 4
	}
	return 1
}

var schemaKey = []byte("schema")

// schemaOf gives the schema of a file, 0 for an empty one. It fails if the file
// is not ours, is newer than this package, or lacks a table.
func schemaOf(b *bbolt.Tx) (uint32, error) {
	if k, _ := b.Cursor().First(); k == nil {
		return 0, nil
	}
	v, err := (&tx{snap: &snapshot{bolt: b}}).get(settings, schemaKey)
	switch {
	case errors.Is(err, storage.ErrNone):
		return 0, errors.New("not a file of Linli")
	case err != nil:
		return 0, err
	case len(v) != 4 || be32(v) == 0:
		return 0, storage.ErrDamaged
	case be32(v) > schema:
		return 0, fmt.Errorf("%w (schema %d, this one knows %d)", storage.ErrNewer, be32(v), schema)
	}
	for t := range tables {
		if t.since() <= be32(v) && b.Bucket(t.name()) == nil {
			return 0, fmt.Errorf("%w: table %s is missing", storage.ErrDamaged, t.name())
		}
	}
	return be32(v), nil
}

// settle gives an empty file its tables and brings an older one up to date, in
// one transaction: a file is of one schema or of the other, never between them.
func settle(file *bbolt.DB, step func(string) error) error {
	var version uint32
	err := file.View(func(b *bbolt.Tx) (err error) { version, err = schemaOf(b); return err })
	if err != nil || version == schema {
		return err
	}
	return file.Update(func(b *bbolt.Tx) error {
		for t := range tables {
			if t.since() > version {
				if _, err := b.CreateBucket(t.name()); err != nil {
					return err
				}
			}
		}
		if version == 1 {
			if err := indexEntries(b); err != nil {
				return err
			}
		}
		if err := b.Bucket(settings.name()).Put(schemaKey, seal(settings, 0, schemaKey, binary.BigEndian.AppendUint32(nil, schema))); err != nil {
			return err
		}
		return step("settled")
	})
}

// indexEntries fills the table "cases of" from the entries. A damaged entry is
// left out: nobody can say whose it is.
func indexEntries(b *bbolt.Tx) error {
	index := b.Bucket(casesOf.name())
	return b.Bucket(entries.name()).ForEach(func(k, v []byte) error {
		if len(k) < 8 || len(v) < 8 || be32(v) != checksum(entries, k, v[4:]) {
			return nil
		}
		x := &tx{community: be32(v[4:])}
		key := x.entryKey(string(k[8:]), be64(k))
		return index.Put(key, seal(casesOf, x.community, key, nil))
	})
}

// entryKey is the key of an entry in the table "cases of".
func (x *tx) entryKey(key string, n uint64) []byte {
	return put64(putString(x.here(len(key)+11), key), n)
}
