package bolt

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"linli/flows"
	"linli/storage"
)

// number gives a case's number in the file, ErrNone if nothing was ever kept for it.
func (x *tx) number(id flows.ID) (uint64, error) {
	v, err := x.get(numbers, named(x, id))
	return be64(v), err
}

// numbered gives a case its number in the file if it has none.
func (x *tx) numbered(id flows.ID) (uint64, error) {
	if id == "" {
		return 0, errors.New("bolt: a case needs an id")
	}
	n, err := x.number(id)
	if !errors.Is(err, storage.ErrNone) {
		return n, err
	}
	if n, err = x.count("case"); err != nil {
		return 0, err
	}
	return n, x.put(numbers, named(x, id), put64(nil, n))
}

func (x *tx) Case(id flows.ID) (c flows.Case, err error) {
	n, err := x.number(id)
	if err != nil {
		return c, err
	}
	return c, x.row(cases, put64(nil, n), &c)
}

func (x *tx) PutCase(c flows.Case) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.numbered(c.ID)
	if err != nil {
		return err
	}
	var old flows.Case
	err = x.row(cases, put64(nil, n), &old)
	fresh := errors.Is(err, storage.ErrNone)
	if err != nil && !fresh {
		return err
	}
	for _, m := range c.Matter {
		if strings.Contains(m, "\x00") {
			return fmt.Errorf("bolt: case %s: a matter key has a zero byte", c.ID)
		}
	}
	was, is := x.indexed(old, n), x.indexed(c, n)
	if fresh {
		was = nil
	}
	if err := x.reindex(was, is); err != nil {
		return err
	}
	return x.putRow(cases, put64(nil, n), c)
}

// index is a row of an index.
type index struct {
	table table
	key   []byte
}

// indexed lists the index rows of a case.
func (x *tx) indexed(c flows.Case, n uint64) []index {
	list := []index{{recent, put64(x.here(8), n)}}
	if c.No != 0 {
		list = append(list, index{spoken, put64(put64(x.here(16), uint64(c.No)), n)})
	}
	if !c.Done {
		for _, m := range c.Matter {
			if m != "" {
				list = append(list, index{matters, put64(append(append(x.here(len(m)+9), m...), 0), n)})
			}
		}
	}
	return list
}

func (x *tx) reindex(was, is []index) error {
	same := func(i index) func(index) bool {
		return func(o index) bool { return o.table == i.table && bytes.Equal(o.key, i.key) }
	}
	for _, i := range was {
		if !slices.ContainsFunc(is, same(i)) {
			if err := x.del(i.table, i.key); err != nil {
				return err
			}
		}
	}
	for _, i := range is {
		if !slices.ContainsFunc(was, same(i)) {
			if err := x.put(i.table, i.key, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *tx) DropCase(id flows.ID) error {
	if err := x.writing(); err != nil {
		return err
	}
	n, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		n, err = 0, nil // it may have keys and rows of the outbox all the same
	}
	if err != nil {
		return err
	}
	if n != 0 {
		if err := x.dropNumbered(n); err != nil {
			return err
		}
	}
	if id != "" {
		if err := x.clear(keys, named(x, "case/"+string(id)+"/")); err != nil {
			return err
		}
	}
	rows, err := x.JobsOf(id)
	if err != nil {
		return err
	}
	for _, j := range rows {
		if err := x.DropJob(j.ID); err != nil {
			return err
		}
	}
	return nil
}

// dropNumbered deletes what lies under a case's number, and erases its journal.
func (x *tx) dropNumbered(n uint64) error {
	at := put64(nil, n)
	var c flows.Case
	err := x.row(cases, at, &c)
	if err == nil {
		if err := x.reindex(x.indexed(c, n), nil); err != nil {
			return err
		}
		err = x.del(cases, at)
	}
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	err = x.scan(refsOf, at, nil, forward, func(k, _ []byte) (bool, error) {
		return true, x.del(refs, append(x.here(len(k)), k[8:]...))
	})
	if err != nil {
		return err
	}
	for _, t := range []table{refsOf, entries, ranks, tallies} {
		if err := x.clear(t, at); err != nil {
			return err
		}
	}
	rs, err := x.steps(n)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if err := x.putRow(journal, put64(at, uint64(r.Seq)), storage.Erase(r)); err != nil {
			return err
		}
	}
	return nil
}

// clear deletes the rows of a table whose key begins with prefix.
func (x *tx) clear(t table, prefix []byte) error {
	return x.scan(t, prefix, nil, forward, func(k, _ []byte) (bool, error) {
		return true, x.del(t, bytes.Clone(k))
	})
}

func (x *tx) Same(matter string) ([]flows.Case, error) {
	if matter == "" || strings.Contains(matter, "\x00") {
		return nil, nil
	}
	found := map[uint64]bool{}
	err := x.scan(matters, named(x, matter), nil, forward, func(k, _ []byte) (bool, error) {
		found[tail(k)] = true
		return true, nil
	})
	// What is a beginning of the key lies before it. From each place in the
	// key the scan finds the next row; where that row leaves the key, no shorter
	// beginning is left, and the scan goes on behind that place.
	for i := 1; i < len(matter) && err == nil; {
		next := len(matter)
		err = x.scan(matters, x.here(0), named(x, matter[:i]), forward, func(k, _ []byte) (bool, error) {
			m := string(k[4 : len(k)-9])
			shared := common(m, matter)
			switch {
			case shared == len(m) && shared < len(matter):
				found[tail(k)] = true
				return true, nil
			case shared < len(m) && shared < len(matter) && m[shared] < matter[shared]:
				next = max(i, shared) + 1
			}
			return false, nil
		})
		i = next
	}
	if err != nil {
		return nil, err
	}
	list := make([]flows.Case, 0, len(found))
	order := make([]uint64, 0, len(found))
	for n := range found {
		order = append(order, n)
	}
	slices.Sort(order)
	for _, n := range order {
		var c flows.Case
		if err := x.pointed(cases, put64(nil, n), &c); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b flows.Case) int { return cmp.Compare(a.No, b.No) })
	return list, nil
}

func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (x *tx) Numbered(no int) (list []flows.Case, err error) {
	err = x.scan(spoken, put64(x.here(8), uint64(no)), nil, forward, func(k, _ []byte) (bool, error) {
		var c flows.Case
		if err := x.pointed(cases, put64(nil, tail(k)), &c); err != nil {
			return false, err
		}
		list = append(list, c)
		return true, nil
	})
	return list, err
}

func (x *tx) Cases(n int, keep func(flows.Case) bool) (list []flows.Case, err error) {
	if n <= 0 {
		return nil, nil
	}
	err = x.scan(recent, x.here(0), nil, backward, func(k, _ []byte) (bool, error) {
		var c flows.Case
		if err := x.pointed(cases, put64(nil, tail(k)), &c); err != nil {
			return false, err
		}
		if keep == nil || keep(c) {
			list = append(list, c)
		}
		return len(list) < n, nil
	})
	return list, err
}

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
	if err := x.unlist(n, e.Key); err != nil {
		return err
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
	if err := x.unlist(n, key); err != nil {
		return err
	}
	return x.del(entries, append(put64(nil, n), key...))
}

// unlist takes an entry out of the order and the tally, if it is there.
func (x *tx) unlist(n uint64, key string) error {
	var old flows.Entry
	err := x.row(entries, append(put64(nil, n), key...), &old)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := x.del(ranks, rank(n, old)); err != nil {
		return err
	}
	return x.tally(n, old.Tag, -1)
}

func (x *tx) tally(n uint64, tag string, by int) error {
	key := append(put64(nil, n), tag...)
	v, err := x.get(tallies, key)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	count := int(be64(v)) + by
	if count == 0 {
		return x.del(tallies, key)
	}
	return x.put(tallies, key, put64(nil, uint64(count)))
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
		if err := x.pointed(entries, append(put64(nil, no), k[len(prefix)+8:]...), &e); err != nil {
			return false, err
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
	err = x.scan(tallies, put64(nil, n), nil, forward, func(k, v []byte) (bool, error) {
		counts[string(k[8:])] = int(be64(v))
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
	case !errors.Is(err, storage.ErrNone):
		return err
	}
	if err := x.put(refs, message(x.here(0), chat, ref), []byte(id)); err != nil {
		return err
	}
	return x.put(refsOf, message(put64(nil, n), chat, ref), nil)
}

func (x *tx) CasesWith(key string, n int) ([]flows.Case, error) {
	var wrong error
	list, err := x.Cases(n, func(c flows.Case) bool {
		_, err := x.Entry(c.ID, key)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			wrong = err
		}
		return err == nil
	})
	return list, errors.Join(err, wrong)
}

func (x *tx) EraseRecords(id flows.ID, of func(storage.Record) bool) error {
	n, err := x.number(id)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	rs, err := x.steps(n)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if r.Erased || !of(r) {
			continue
		}
		if err := x.putRow(journal, put64(put64(nil, n), uint64(r.Seq)), storage.Erase(r)); err != nil {
			return err
		}
	}
	return nil
}
