package bolt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"

	"linli/flows"
	"linli/storage"
)

// What is tied to a case: entries, with their indexes, and messages of chats.

// rank is the index key of an entry: its tag, its order, its key. What follows
// the tag is the cursor.
func rank(n uint64, e flows.Entry) []byte {
	return append(put64(putString(put64(nil, n), e.Tag), uint64(e.Order)^1<<63), e.Key...)
}

func (x *tx) Entry(id flows.ID, key string) (e flows.Entry, err error) {
	n, err := x.number(id)
	if err != nil {
		return e, err
	}
	return e, x.row(entries, append(put64(nil, n), key...), &e)
}

func (x *tx) PutEntry(id flows.ID, e flows.Entry) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.numbered(id)
	if err != nil {
		return err
	}
	there, err := x.unlist(n, e.Key)
	if err != nil {
		return err
	}
	if !there {
		if err := x.put(casesOf, x.entryKey(e.Key, n), nil); err != nil {
			return err
		}
	}
	if err := x.put(ranks, rank(n, e), nil); err != nil {
		return err
	}
	if err := x.tally(n, e.Tag, 1); err != nil {
		return err
	}
	return x.putRow(entries, append(put64(nil, n), e.Key...), e)
}

func (x *tx) DropEntry(id flows.ID, key string) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := x.unlist(n, key); err != nil {
		return err
	}
	if err := x.del(casesOf, x.entryKey(key, n)); err != nil {
		return err
	}
	return x.del(entries, append(put64(nil, n), key...))
}

// unlist takes an entry out of the order and the tally, if it is there.
func (x *tx) unlist(n uint64, key string) (there bool, err error) {
	var old flows.Entry
	err = x.row(entries, append(put64(nil, n), key...), &old)
	switch {
	case isDamaged(err):
		return true, x.unrank(n, key)
	case errors.Is(err, storage.ErrNone):
		return false, nil
	case err != nil:
		return false, err
	}
	if err := x.del(ranks, rank(n, old)); err != nil {
		return false, err
	}
	return true, x.tally(n, old.Tag, -1)
}

// unrank is unlist for an entry that cannot be read: its place is looked for.
func (x *tx) unrank(n uint64, key string) error {
	return x.walk(ranks, put64(nil, n), nil, forward, func(k, _ []byte, _ error) (bool, error) {
		tag, rest := cutString(k[8:])
		if len(rest) < 8 || string(rest[8:]) != key {
			return true, nil
		}
		if err := x.del(ranks, bytes.Clone(k)); err != nil {
			return false, err
		}
		return true, x.tally(n, tag, -1)
	})
}

// tally counts an entry that was put into the order, or taken out of it.
func (x *tx) tally(n uint64, tag string, by int) error {
	key := append(put64(nil, n), tag...)
	v, err := x.get(tallies, key)
	count := int(be64(v)) + by
	if isDamaged(err) {
		count, err = x.recount(n, tag)
	}
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if count == 0 {
		return x.del(tallies, key)
	}
	return x.put(tallies, key, put64(nil, uint64(count)))
}

// recount counts the entries of a tag one by one.
func (x *tx) recount(n uint64, tag string) (count int, err error) {
	err = x.walk(ranks, putString(put64(nil, n), tag), nil, forward, func(_, _ []byte, _ error) (bool, error) {
		count++
		return true, nil
	})
	return count, err
}

func (x *tx) Entries(id flows.ID, tag, cursor string, n int) (page []flows.Entry, next string, err error) {
	no, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		return nil, "", nil
	}
	if err != nil || n <= 0 {
		return nil, "", err
	}
	prefix := putString(put64(nil, no), tag)
	var after []byte
	if cursor != "" {
		last, err := hex.DecodeString(cursor)
		if err != nil || len(last) < 8 {
			return nil, "", errors.New("bolt: entries: not a cursor")
		}
		after = append(bytes.Clone(prefix), last...)
	}
	more := false
	err = x.scan(ranks, prefix, after, forward, func(k, _ []byte) (bool, error) {
		if len(page) == n {
			more = true
			return false, nil
		}
		var e flows.Entry
		key := append(put64(nil, no), k[len(prefix)+8:]...)
		if err := x.pointed(entries, key, &e); err != nil {
			return true, x.skip(entries, key, err)
		}
		page = append(page, e)
		return true, nil
	})
	if err != nil {
		return nil, "", err
	}
	if more {
		next = hex.EncodeToString(rank(no, page[n-1])[len(prefix):])
	}
	return page, next, nil
}

func (x *tx) Tally(id flows.ID) (map[string]int, error) {
	counts := map[string]int{}
	n, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		return counts, nil
	}
	if err != nil {
		return nil, err
	}
	err = x.walk(tallies, put64(nil, n), nil, forward, func(k, v []byte, err error) (bool, error) {
		tag, count := string(k[8:]), int(be64(v))
		if err != nil { // a wrong result would be worse than a slow one
			if count, err = x.recount(n, tag); err != nil || count == 0 {
				return true, err
			}
		}
		counts[tag] = count
		return true, nil
	})
	return counts, err
}

// message is the part of a key that names a message of a chat.
func message(k []byte, chat flows.ChatID, ref string) []byte {
	return append(putString(k, chat), ref...)
}

func (x *tx) Ref(chat flows.ChatID, ref string) (flows.ID, error) {
	v, err := x.get(refs, message(x.here(0), chat, ref))
	return flows.ID(v), err
}

func (x *tx) PutRef(chat flows.ChatID, ref string, id flows.ID) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.numbered(id)
	if err != nil {
		return err
	}
	old, err := x.Ref(chat, ref)
	switch {
	case err == nil && old == id:
		return nil
	case err == nil:
		was, err := x.number(old)
		if err != nil {
			return err
		}
		if err := x.del(refsOf, message(put64(nil, was), chat, ref)); err != nil {
			return err
		}
	case !errors.Is(err, storage.ErrNone) && !isDamaged(err):
		return err
	}
	if err := x.put(refs, message(x.here(0), chat, ref), []byte(id)); err != nil {
		return err
	}
	return x.put(refsOf, message(put64(nil, n), chat, ref), nil)
}

func (x *tx) DropRefs(chat flows.ChatID) error {
	if err := x.writing(); err != nil {
		return err
	}
	of := map[string]flows.ID{}
	prefix := message(x.here(0), chat, "")
	err := x.walk(refs, prefix, nil, forward, func(k, v []byte, _ error) (bool, error) {
		of[string(k[len(prefix):])] = flows.ID(v) // "" of a damaged row
		return true, nil
	})
	if err != nil {
		return err
	}
	for ref, id := range of {
		n, err := x.number(id)
		if err != nil && id != "" {
			return err
		}
		if err := x.del(refsOf, message(put64(nil, n), chat, ref)); err != nil {
			return err
		}
		if err := x.del(refs, slices.Concat(prefix, []byte(ref))); err != nil {
			return err
		}
	}
	return nil
}
