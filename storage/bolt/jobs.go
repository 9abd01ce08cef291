package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"linli/flows"
	"linli/storage"
)

// The outbox. A row stands in the table ready under its urgency and the time
// it is due if it has no lane or is the head of one: so a claim reads what it takes
// and what is in flight, however long the lanes are. While it is claimed it is due when
// its lease ends. The urgent have a part of the index to themselves: one that
// is far off does not stand before the ordinary ones.

const (
	urgent   = 0
	ordinary = 1
	claimed  = "c" // the value of a claimed row in ready
)

// due is when a row may be taken.
func due(j storage.Job) time.Time {
	if !j.Lease.IsZero() {
		return j.Lease
	}
	return j.At
}

// readyKey is the key of a row in ready: times sort by seconds, then by what is
// left.
func (x *tx) readyKey(j storage.Job) []byte {
	class := byte(ordinary)
	if j.Urgent {
		class = urgent
	}
	t := due(j)
	k := put64(append(x.here(21), class), uint64(t.Unix())^1<<63)
	return put64(put32(k, uint32(t.Nanosecond())), j.ID)
}

func readyTime(k []byte) time.Time {
	return time.Unix(int64(be64(k[5:])^1<<63), int64(be32(k[13:]))).UTC()
}

func (x *tx) laneKey(lane string) []byte { return putString(x.here(len(lane)+11), lane) }

func (x *tx) caseKey(id flows.ID) []byte { return putString(x.here(len(id)+11), id) }

// head gives the first row of a lane, 0 if it is empty. The key says all, so
// that a damaged row counts: passing over it would put the lane out of order.
func (x *tx) head(lane []byte) (id uint64, err error) {
	err = x.walk(lanes, lane, nil, forward, func(k, _ []byte, _ error) (bool, error) {
		id = tail(k)
		return false, nil
	})
	return id, err
}

// stands says whether a row is in ready.
func (x *tx) stands(j storage.Job) (bool, error) {
	_, err := x.get(ready, x.readyKey(j))
	if errors.Is(err, storage.ErrNone) {
		return false, nil
	}
	if isDamaged(err) {
		return true, nil
	}
	return err == nil, err
}

func (x *tx) makeReady(j storage.Job) error {
	var mark []byte
	if !j.Lease.IsZero() {
		mark = []byte(claimed)
	}
	return x.put(ready, x.readyKey(j), mark)
}

func (x *tx) AddJob(j storage.Job) (id uint64, err error) {
	if j.ID, err = x.count("job"); err != nil {
		return 0, err
	}
	if err := x.putJob(j); err != nil {
		return 0, err
	}
	// Somebody who answers in the same breath may put a row that is claimed
	// from its birth.
	for _, i := range x.places(j) {
		if i.table == ready {
			continue
		}
		if err := x.put(i.table, i.key, nil); err != nil {
			return 0, err
		}
	}
	if j.Lane != "" {
		if head, err := x.head(x.laneKey(j.Lane)); err != nil || head != j.ID {
			return j.ID, err
		}
	}
	return j.ID, x.makeReady(j)
}

func (x *tx) putJob(j storage.Job) error { return x.putRow(jobs, put64(nil, j.ID), j) }

func (x *tx) Job(id uint64) (j storage.Job, err error) {
	key := put64(nil, id)
	v, err := x.get(jobs, key)
	if err != nil {
		return j, err
	}
	return x.openJob(key, v)
}

func (x *tx) PutJob(j storage.Job) error {
	if err := x.writing(); err != nil {
		return err
	}
	old, err := x.Job(j.ID)
	if err != nil {
		return err
	}
	if j.Lane != old.Lane {
		return fmt.Errorf("bolt: job %d: a row stays in its lane", j.ID)
	}
	if j.Case != old.Case {
		if old.Case != "" {
			if err := x.del(jobsOf, put64(x.caseKey(old.Case), j.ID)); err != nil {
				return err
			}
		}
		if j.Case != "" {
			if err := x.put(jobsOf, put64(x.caseKey(j.Case), j.ID), nil); err != nil {
				return err
			}
		}
	}
	j.Owner, j.Lease = "", time.Time{}
	return x.replace(old, j)
}

// replace writes a row over its older self and moves it in ready and claims.
func (x *tx) replace(old, j storage.Job) error {
	stood, err := x.stands(old)
	if err != nil {
		return err
	}
	if stood {
		if err := x.del(ready, x.readyKey(old)); err != nil {
			return err
		}
		if err := x.makeReady(j); err != nil {
			return err
		}
	}
	if was, is := !old.Lease.IsZero(), !j.Lease.IsZero(); was != is {
		claim := put64(x.here(8), j.ID)
		if is {
			err = x.put(claims, claim, nil)
		} else {
			err = x.del(claims, claim)
		}
		if err != nil {
			return err
		}
	}
	return x.putJob(j)
}

func (x *tx) DropJob(id uint64) error {
	if err := x.writing(); err != nil {
		return err
	}
	j, err := x.Job(id)
	if isDamaged(err) {
		return x.giveUp(id)
	}
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	stood, err := x.stands(j)
	if err != nil {
		return err
	}
	gone := append(x.places(j), index{jobs, put64(nil, id)})
	if stood && j.Lane != "" {
		gone = append(gone, index{ready, x.readyKey(j)})
	}
	if err := x.reindex(gone, nil); err != nil {
		return err
	}
	if j.Lane == "" || !stood {
		return nil
	}
	return x.promote(x.laneKey(j.Lane))
}

// places lists the index rows of a row of the outbox but, if it has a lane, the
// one in ready.
func (x *tx) places(j storage.Job) (list []index) {
	if j.Lane == "" {
		list = append(list, index{ready, x.readyKey(j)})
	} else {
		list = append(list, index{lanes, put64(x.laneKey(j.Lane), j.ID)})
	}
	if j.Case != "" {
		list = append(list, index{jobsOf, put64(x.caseKey(j.Case), j.ID)})
	}
	if !j.Lease.IsZero() {
		list = append(list, index{claims, put64(x.here(8), j.ID)})
	}
	return list
}

// promote makes the first row of a lane ready.
func (x *tx) promote(lane []byte) error {
	next, err := x.head(lane)
	if err != nil || next == 0 {
		return err
	}
	heir, err := x.listed(next)
	if isDamaged(err) {
		return x.giveUp(next)
	}
	if err != nil {
		return err
	}
	return x.makeReady(heir)
}

// giveUp deletes a row that cannot be read, if an index says that it is the
// community's, and lets its lane go on.
func (x *tx) giveUp(id uint64) error {
	ours := false
	for _, t := range []table{ready, claims, jobsOf, lanes} {
		err := x.walk(t, x.here(0), nil, forward, func(k, _ []byte, _ error) (bool, error) {
			if tail(k) != id {
				return true, nil
			}
			ours = true
			k = bytes.Clone(k)
			if err := x.del(t, k); err != nil || t != lanes {
				return true, err
			}
			lane := k[:max(4, len(k)-8)]
			head, err := x.head(lane)
			if err != nil || head < id { // it was not the first
				return false, err
			}
			return false, x.promote(lane)
		})
		if err != nil {
			return err
		}
	}
	key := put64(nil, id)
	if _, err := x.peek(jobs, key); !ours || errors.Is(err, storage.ErrNone) {
		return nil
	}
	return x.del(jobs, key)
}

// listed reads a row that an index names.
func (x *tx) listed(id uint64) (storage.Job, error) {
	j, err := x.Job(id)
	if errors.Is(err, storage.ErrNone) {
		err = x.report(jobs, put64(nil, id))
	}
	return j, err
}

// list reads the rows that an index names under a prefix.
func (x *tx) list(t table, prefix []byte) (rows []storage.Job, err error) {
	err = x.scan(t, prefix, nil, forward, func(k, _ []byte) (bool, error) {
		j, err := x.listed(tail(k))
		if err != nil {
			return true, x.skip(jobs, put64(nil, tail(k)), err)
		}
		rows = append(rows, j)
		return true, nil
	})
	return rows, err
}

func (x *tx) Lane(lane string) ([]storage.Job, error) {
	if lane == "" {
		return nil, nil
	}
	return x.list(lanes, x.laneKey(lane))
}

func (x *tx) JobsOf(id flows.ID) ([]storage.Job, error) { return x.list(jobsOf, x.caseKey(id)) }

func (x *tx) Claimed() ([]storage.Job, error) { return x.list(claims, x.here(0)) }

func (x *tx) Claim(now time.Time, owner string, lease time.Duration, n int, allow func(storage.Job) time.Time) (rows []storage.Job, next time.Time, err error) {
	if err := x.writing(); err != nil {
		return nil, next, err
	}
	if lease <= 0 {
		return nil, next, errors.New("bolt: a claim needs a lease")
	}
	left := false
	for _, class := range []byte{urgent, ordinary} {
		// What is claimed or put off moves behind now, so the scan meets it
		// again only where it looks for the next time.
		err := x.walk(ready, append(x.here(1), class), nil, forward, func(k, v []byte, wrong error) (bool, error) {
			if wrong != nil {
				var err error
				if v, err = x.mended(k); v == nil || err != nil {
					return true, err
				}
			}
			at := readyTime(k)
			if at.After(now) && string(v) == claimed {
				return true, nil
			}
			if at.After(now) || len(rows) >= n {
				if !left || at.Before(next) {
					left, next = true, at
				}
				return false, nil
			}
			old, err := x.listed(tail(k))
			if isDamaged(err) {
				return true, x.giveUp(tail(k))
			}
			if err != nil {
				return false, err
			}
			j := old
			j.Owner, j.Lease = owner, now.Add(lease)
			if allow != nil {
				if later := allow(old); later.After(now) {
					j.At, j.Owner, j.Lease = later, "", time.Time{}
				}
			}
			if err := x.replace(old, j); err != nil {
				return false, err
			}
			if !j.Lease.IsZero() {
				rows = append(rows, j)
			}
			return true, nil
		})
		if err != nil {
			return nil, time.Time{}, err
		}
	}
	if left && next.IsZero() {
		next = now // a row without a time was always due
	}
	return rows, next, nil
}

// mended gives the value a damaged row of ready should have: its job tells. A
// row that has no such job is deleted, and gives nil.
func (x *tx) mended(k []byte) ([]byte, error) {
	j, err := x.Job(tail(k))
	switch {
	case len(k) != len(x.readyKey(j)):
		return nil, x.del(ready, bytes.Clone(k))
	case err == nil && bytes.Equal(x.readyKey(j), k) && !j.Lease.IsZero():
		return []byte(claimed), nil
	case err == nil && bytes.Equal(x.readyKey(j), k), isDamaged(err):
		return []byte{}, nil
	case err == nil, errors.Is(err, storage.ErrNone):
		return nil, x.del(ready, bytes.Clone(k))
	}
	return nil, err
}

func (x *tx) Jobs() (list []storage.Job, err error) {
	err = x.scan(jobs, nil, nil, forward, func(k, v []byte) (bool, error) {
		if j, err := x.openJob(k, v); err == nil {
			list = append(list, j)
		}
		return true, nil
	})
	return list, err
}

// openJob reads a row of the outbox. A row without a body was written as "null".
func (x *tx) openJob(k, v []byte) (j storage.Job, err error) {
	if err := x.open(jobs, k, v, &j); err != nil {
		return j, err
	}
	if string(j.Body) == "null" {
		j.Body = nil
	}
	return j, nil
}
