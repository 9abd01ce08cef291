package bolt

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"linli/flows"
	"linli/storage"
)

// number gives a case's number in the file, ErrNone if nothing was ever kept for it.
func (x *tx) number(id flows.ID) (uint64, error) {
	v, err := x.get(numbers, named(x, id))
	if !isDamaged(err) {
		return be64(v), err
	}
	lost, n := err, uint64(0)
	err = x.scan(recent, x.here(0), nil, backward, func(k, _ []byte) (bool, error) {
		var c flows.Case
		if x.row(cases, put64(nil, tail(k)), &c) == nil && c.ID == id {
			n = tail(k)
		}
		return n == 0, nil
	})
	if err == nil && n == 0 {
		err = lost
	}
	return n, err
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
	if isDamaged(err) {
		err = cmp.Or(x.unindex(n), storage.ErrNone)
	}
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

// unindex takes a case that cannot be read out of the indexes.
func (x *tx) unindex(n uint64) error {
	for _, t := range []table{recent, spoken, matters} {
		if err := x.sweep(t, x.here(0), n); err != nil {
			return err
		}
	}
	return nil
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
	return x.walk(jobsOf, x.caseKey(id), nil, forward, func(k, _ []byte, _ error) (bool, error) {
		if err := x.DropJob(tail(k)); err != nil {
			return false, err
		}
		return true, x.del(jobsOf, bytes.Clone(k))
	})
}

// dropNumbered deletes what lies under a case's number, and erases its journal.
func (x *tx) dropNumbered(n uint64) error {
	at := put64(nil, n)
	var c flows.Case
	err := x.row(cases, at, &c)
	switch {
	case err == nil:
		err = x.reindex(x.indexed(c, n), nil)
	case isDamaged(err):
		err = x.unindex(n)
	case errors.Is(err, storage.ErrNone):
		err = nil
	}
	if err != nil {
		return err
	}
	if err := x.del(cases, at); err != nil {
		return err
	}
	err = x.walk(refsOf, at, nil, forward, func(k, _ []byte, _ error) (bool, error) {
		return true, x.del(refs, append(x.here(len(k)), k[8:]...))
	})
	if err != nil {
		return err
	}
	err = x.walk(entries, at, nil, forward, func(k, _ []byte, _ error) (bool, error) {
		return true, x.del(casesOf, x.entryKey(string(k[8:]), n))
	})
	if err != nil {
		return err
	}
	for _, t := range []table{refsOf, entries, ranks, tallies} {
		if err := x.clear(t, at); err != nil {
			return err
		}
	}
	return x.erase(n, func(storage.Record) bool { return true })
}

// clear deletes the rows of a table whose key begins with prefix.
func (x *tx) clear(t table, prefix []byte) error {
	return x.walk(t, prefix, nil, forward, func(k, _ []byte, _ error) (bool, error) {
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
	var list []flows.Case
	for _, n := range slices.Sorted(maps.Keys(found)) {
		if list, err = x.join(list, n); err != nil {
			return nil, err
		}
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

// join adds the case with a number in the file to a list, if it can be read.
func (x *tx) join(list []flows.Case, n uint64) ([]flows.Case, error) {
	var c flows.Case
	key := put64(nil, n)
	if err := x.pointed(cases, key, &c); err != nil {
		return list, x.skip(cases, key, err)
	}
	return append(list, c), nil
}

func (x *tx) Numbered(no int) (list []flows.Case, err error) {
	err = x.scan(spoken, put64(x.here(8), uint64(no)), nil, forward, func(k, _ []byte) (bool, error) {
		list, err = x.join(list, tail(k))
		return true, err
	})
	return list, err
}

func (x *tx) Cases(n int, keep func(flows.Case) bool) (list []flows.Case, err error) {
	if n <= 0 {
		return nil, nil
	}
	err = x.scan(recent, x.here(0), nil, backward, func(k, _ []byte) (bool, error) {
		before := len(list)
		list, err = x.join(list, tail(k))
		if len(list) > before && keep != nil && !keep(list[before]) {
			list = list[:before]
		}
		return len(list) < n, err
	})
	return list, err
}

func (x *tx) CasesWith(key string, n int) (list []flows.Case, err error) {
	if n <= 0 {
		return nil, nil
	}
	prefix := x.entryKey(key, 0)
	err = x.scan(casesOf, prefix[:len(prefix)-8], nil, backward, func(k, _ []byte) (bool, error) {
		// An entry may be there before its case.
		if _, err := x.peek(cases, put64(nil, tail(k))); errors.Is(err, storage.ErrNone) {
			return true, nil
		}
		list, err = x.join(list, tail(k))
		return len(list) < n, err
	})
	return list, err
}
