package storagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/storage"
)

const time1 = time.Minute

// add puts rows and gives their ids.
func add(t fataler, s storage.Store, rows ...storage.Job) (list []uint64) {
	t.Helper()
	update(t, s, func(tx storage.Tx) error {
		for _, j := range rows {
			id, err := tx.AddJob(j)
			if err != nil {
				return err
			}
			list = append(list, id)
		}
		return nil
	})
	return list
}

// claim takes rows for a minute and gives their ids.
func claim(t fataler, s storage.Store, now time.Time, n int) (list []uint64, next time.Time) {
	t.Helper()
	update(t, s, func(tx storage.Tx) error {
		rows, due, err := tx.Claim(now, "w", time1, n, nil)
		next = due
		for _, j := range rows {
			list = append(list, j.ID)
		}
		return err
	})
	return list, next
}

func jobs(t *testing.T, k Keeper) {
	s := k.In("a")
	id := add(t, s, storage.Job{ID: 99, Kind: "b", At: at(2), Case: "k1"}, storage.Job{Kind: "a", At: at(1), Case: "k1"}, storage.Job{Kind: "c", At: at(3), Body: json.RawMessage(`{"a":1}`)})
	if id[0] >= id[1] || id[1] >= id[2] {
		t.Fatalf("ids do not grow: %v", id)
	}
	got, next := claim(t, s, at(0), 9)
	equal(t, "before all", got, []uint64{})
	equal(t, "next", next, at(1))
	got, next = claim(t, s, at(2), 1)
	equal(t, "the first by time", got, id[1:2])
	equal(t, "next", next, at(2))
	got, next = claim(t, s, at(2), 9)
	equal(t, "what is left and due", got, id[:1])
	equal(t, "next", next, at(3))
	_, next = claim(t, s, at(2), 9)
	equal(t, "next while others are claimed", next, at(3))

	equal(t, "of the case", len(ask(t, s, func(tx storage.Tx) ([]storage.Job, error) { return tx.JobsOf("k1") })), 2)
	update(t, s, func(tx storage.Tx) error {
		j, err := tx.Job(id[0])
		if err != nil {
			return err
		}
		j.At, j.Attempts, j.Case, j.Body = at(7), 2, "k2", json.RawMessage(`[2]`)
		return errors.Join(tx.PutJob(j), tx.DropJob(id[1]))
	})
	j := ask(t, s, func(tx storage.Tx) (storage.Job, error) { return tx.Job(id[0]) })
	equal(t, "replaced", j, storage.Job{ID: id[0], Kind: "b", Case: "k2", At: at(7), Attempts: 2, Body: json.RawMessage(`[2]`)})
	equal(t, "of the old case", len(ask(t, s, func(tx storage.Tx) ([]storage.Job, error) { return tx.JobsOf("k1") })), 0)
	equal(t, "of the new case", len(ask(t, s, func(tx storage.Tx) ([]storage.Job, error) { return tx.JobsOf("k2") })), 1)
	equal(t, "claims", len(ask(t, s, storage.Tx.Claimed)), 0)
	got, next = claim(t, s, at(6), 9)
	equal(t, "due", got, id[2:])
	equal(t, "next", next, at(7))
	if more := add(t, s, storage.Job{}); more[0] <= id[2] {
		t.Errorf("row %d after row %d", more[0], id[2])
	}
}

func allJobs(t *testing.T, k Keeper) {
	s := k.In("a")
	add(t, k.In("b"), storage.Job{Kind: "other"})
	id := add(t, s, storage.Job{Lane: "x", At: at(9)}, storage.Job{Lane: "x", Urgent: true, Body: json.RawMessage(`[1]`)}, storage.Job{Case: "k1"}, storage.Job{})
	claim(t, s, noon, 1)
	update(t, s, func(tx storage.Tx) error { return tx.DropJob(id[2]) })
	all := ask(t, s, storage.Tx.Jobs)
	var want []storage.Job
	for _, n := range []uint64{id[0], id[1], id[3]} {
		want = append(want, ask(t, s, func(tx storage.Tx) (storage.Job, error) { return tx.Job(n) }))
	}
	equal(t, "in the order of their ids", all, want)
	if all[0].Body != nil || all[2].Body != nil {
		t.Errorf("no body came back as %q and %q", all[0].Body, all[2].Body)
	}
	add(t, k.In("b"), storage.Job{})
	update(t, s, func(tx storage.Tx) error {
		_, err := tx.AddJob(storage.Job{Kind: "own"})
		rows, err2 := tx.Jobs()
		if len(rows) != 4 || rows[3].Kind != "own" {
			t.Errorf("inside the transaction: %+v", rows)
		}
		return errors.Join(err, err2)
	})
}

func lanes(t *testing.T, k Keeper) {
	s := k.In("a")
	id := add(t, s,
		storage.Job{Lane: "x", At: at(5)}, // the head is late, and all wait for it
		storage.Job{Lane: "x", At: at(1)},
		storage.Job{Lane: "x", At: at(20), Urgent: true},
		storage.Job{Lane: "xy", At: at(6)},
	)
	lane := func() (list []uint64) {
		t.Helper()
		for _, j := range ask(t, s, func(tx storage.Tx) ([]storage.Job, error) { return tx.Lane("x") }) {
			list = append(list, j.ID)
		}
		return list
	}
	equal(t, "lane", lane(), id[:3])
	got, next := claim(t, s, at(4), 9)
	equal(t, "the head is not due", got, []uint64{})
	equal(t, "next", next, at(5))
	got, next = claim(t, s, at(10), 9)
	equal(t, "the heads", got, []uint64{id[0], id[3]})
	equal(t, "nothing is unclaimed but behind", next, time.Time{})
	got, _ = claim(t, s, at(10), 9)
	equal(t, "the lane waits for the claim", got, []uint64{})

	// Put off: the lane still waits.
	update(t, s, func(tx storage.Tx) error {
		j, err := tx.Job(id[0])
		j.At = at(12)
		return errors.Join(err, tx.PutJob(j))
	})
	got, next = claim(t, s, at(11), 9)
	equal(t, "head in back-off", got, []uint64{id[3]}) // whose lease has run out
	equal(t, "next", next, at(12))
	update(t, s, func(tx storage.Tx) error { return tx.DropJob(id[0]) })
	got, next = claim(t, s, at(11), 9)
	equal(t, "the next of the lane", got, id[1:2])
	equal(t, "next", next, time.Time{})
	update(t, s, func(tx storage.Tx) error { return tx.DropJob(id[1]) })
	_, next = claim(t, s, at(11), 9)
	equal(t, "at its own time", next, at(20))
	equal(t, "lane", lane(), id[2:3])

	// A row from the middle goes: the head stays.
	more := add(t, s, storage.Job{Lane: "x"}, storage.Job{Lane: "x"})
	update(t, s, func(tx storage.Tx) error { return tx.DropJob(more[0]) })
	equal(t, "lane", lane(), []uint64{id[2], more[1]})
	err := s.Update(t.Context(), func(tx storage.Tx) error {
		j, err := tx.Job(more[1])
		if err != nil {
			return err
		}
		j.Lane = "y"
		return tx.PutJob(j)
	})
	if err == nil {
		t.Error("a row changed its lane")
	}
}

func urgent(t *testing.T, k Keeper) {
	s := k.In("a")
	id := add(t, s,
		storage.Job{At: at(0)},
		storage.Job{At: at(2), Urgent: true},
		storage.Job{At: at(1), Urgent: true},
		storage.Job{At: at(600), Urgent: true},
		storage.Job{At: at(60)},
	)
	got, next := claim(t, s, at(0), 1)
	equal(t, "an urgent row that is not due does not block", got, id[:1])
	equal(t, "next", next, at(1))
	ordinary := add(t, s, storage.Job{At: at(-5)})
	got, next = claim(t, s, at(3), 2)
	equal(t, "urgent first", got, []uint64{id[2], id[1]})
	equal(t, "an older ordinary one is next", next, at(-5))
	// The lease of the first has run out by now.
	got, next = claim(t, s, at(3), 9)
	equal(t, "then the ordinary", got, []uint64{ordinary[0], id[0]})
	equal(t, "next", next, at(60))
	update(t, s, func(tx storage.Tx) error {
		j, err := tx.Job(id[4])
		j.Urgent = true
		return errors.Join(err, tx.PutJob(j), tx.DropJob(id[0]), tx.DropJob(id[1]), tx.DropJob(id[2]), tx.DropJob(ordinary[0]))
	})
	got, next = claim(t, s, at(700), 1)
	equal(t, "made urgent later", got, id[4:])
	equal(t, "next", next, at(600))
}

func leases(t *testing.T, k Keeper) {
	s := k.In("a")
	id := add(t, s, storage.Job{Lane: "x", At: at(0)})
	take := func(now time.Time, owner string) (rows []storage.Job) {
		t.Helper()
		update(t, s, func(tx storage.Tx) (err error) {
			rows, _, err = tx.Claim(now, owner, 10*time.Minute, 9, nil)
			return err
		})
		return rows
	}
	rows := take(at(0), "one")
	if len(rows) != 1 || rows[0].Owner != "one" || !rows[0].Lease.Equal(at(10)) {
		t.Fatalf("claimed %+v", rows)
	}
	equal(t, "claims", ask(t, s, storage.Tx.Claimed), rows)
	equal(t, "while it is claimed", take(at(10).Add(-time.Second), "two"), []storage.Job{})
	rows = take(at(10), "two")
	if len(rows) != 1 || rows[0].ID != id[0] || rows[0].Owner != "two" || !rows[0].At.Equal(at(0)) {
		t.Fatalf("after the lease: %+v", rows)
	}
	equal(t, "claims", ask(t, s, storage.Tx.Claimed), rows)
	update(t, s, func(tx storage.Tx) error { return tx.PutJob(rows[0]) })
	equal(t, "a row that was put is free", len(take(at(10), "three")), 1)
	update(t, s, func(tx storage.Tx) error { return tx.DropJob(id[0]) })
	equal(t, "claims", ask(t, s, storage.Tx.Claimed), []storage.Job{})
	equal(t, "a dropped row is gone", take(at(100), "four"), []storage.Job{})

	born := add(t, s, storage.Job{At: at(0), Owner: "reply", Lease: at(30)})
	equal(t, "claimed from its birth", take(at(29), "w"), []storage.Job{})
	equal(t, "its claim", len(ask(t, s, storage.Tx.Claimed)), 1)
	if rows := take(at(30), "w"); len(rows) != 1 || rows[0].ID != born[0] {
		t.Errorf("when its lease has run out: %+v", rows)
	}
	if err := s.Update(t.Context(), func(tx storage.Tx) error { _, _, err := tx.Claim(at(99), "w", 0, 1, nil); return err }); err == nil {
		t.Error("a claim without a lease was given")
	}
}

func allow(t *testing.T, k Keeper) {
	s := k.In("a")
	id := add(t, s, storage.Job{Lane: "x", At: at(0)}, storage.Job{Lane: "x", At: at(0)}, storage.Job{At: at(1)}, storage.Job{At: at(2)})
	var asked []uint64
	var got []uint64
	var next time.Time
	take := func(now time.Time, n int, allow func(storage.Job) time.Time) {
		t.Helper()
		asked, got = nil, nil
		update(t, s, func(tx storage.Tx) error {
			rows, due, err := tx.Claim(now, "w", 10*time.Minute, n, func(j storage.Job) time.Time {
				asked = append(asked, j.ID)
				return allow(j)
			})
			next = due
			for _, j := range rows {
				got = append(got, j.ID)
			}
			return err
		})
	}
	take(at(3), 1, func(j storage.Job) time.Time {
		if j.Lane == "x" {
			return at(30)
		}
		return at(-1) // not later: allowed
	})
	equal(t, "asked", asked, []uint64{id[0], id[2]})
	equal(t, "one put off, one claimed", got, id[2:3])
	equal(t, "next", next, at(2))
	take(at(29), 9, func(storage.Job) time.Time { return time.Time{} })
	equal(t, "the lane waits", got, []uint64{id[3], id[2]})
	equal(t, "next", next, at(30))
	j := ask(t, s, func(tx storage.Tx) (storage.Job, error) { return tx.Job(id[0]) })
	if !j.At.Equal(at(30)) || j.Owner != "" || !j.Lease.IsZero() {
		t.Errorf("a row that was put off: %+v", j)
	}
	take(at(30), 9, func(storage.Job) time.Time { return at(31) })
	equal(t, "put off again", got, []uint64{})
	equal(t, "next", next, at(31))
}

// queue is the outbox as one would write it on paper.
type queue struct{ rows []storage.Job }

func (q *queue) find(id uint64) int {
	return slices.IndexFunc(q.rows, func(j storage.Job) bool { return j.ID == id })
}

func (q *queue) head(j storage.Job) bool {
	first := slices.IndexFunc(q.rows, func(o storage.Job) bool { return o.Lane == j.Lane })
	return j.Lane == "" || q.rows[first].ID == j.ID
}

func (q *queue) due(j storage.Job) time.Time {
	if !j.Lease.IsZero() {
		return j.Lease
	}
	return j.At
}

func (q *queue) claim(now time.Time, owner string, lease time.Duration, n int, allow func(storage.Job) time.Time) (got []storage.Job, next time.Time) {
	var ready []storage.Job
	for _, j := range q.rows {
		if q.head(j) && !q.due(j).After(now) {
			ready = append(ready, j)
		}
	}
	slices.SortFunc(ready, func(a, b storage.Job) int {
		if a.Urgent != b.Urgent {
			return map[bool]int{true: -1, false: 1}[a.Urgent]
		}
		if c := q.due(a).Compare(q.due(b)); c != 0 {
			return c
		}
		return int(a.ID) - int(b.ID)
	})
	for _, j := range ready {
		if len(got) >= n {
			break
		}
		row := &q.rows[q.find(j.ID)]
		if later := allow(j); later.After(now) {
			row.At, row.Owner, row.Lease = later, "", time.Time{}
			continue
		}
		row.Owner, row.Lease = owner, now.Add(lease)
		got = append(got, *row)
	}
	for _, j := range q.rows {
		running := !j.Lease.IsZero() && j.Lease.After(now)
		if q.head(j) && !running && (next.IsZero() || q.due(j).Before(next)) {
			next = q.due(j)
		}
	}
	return got, next
}

func (q *queue) where(keep func(storage.Job) bool) (list []storage.Job) {
	for _, j := range q.rows {
		if keep(j) {
			list = append(list, j)
		}
	}
	return list
}

func jobsModel(t *testing.T, k Keeper) {
	communities := 0
	rapid.Check(t, func(t *rapid.T) {
		communities++
		s := k.In(fmt.Sprint("jobs", communities))
		var q queue
		now := noon
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			return now.Add(time.Duration(rapid.IntRange(-3, 6).Draw(t, "minutes")) * time.Minute)
		})
		lane := rapid.SampledFrom([]string{"", "", "x", "xy", "y"})
		subject := rapid.SampledFrom([]flows.ID{"", "k1", "k2"})
		pick := func(t *rapid.T) int {
			if len(q.rows) == 0 {
				t.Skip("no rows")
			}
			return rapid.IntRange(0, len(q.rows)-1).Draw(t, "row")
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				update(t, s, func(tx storage.Tx) (err error) {
					for range rapid.IntRange(1, 3).Draw(t, "rows") {
						j := storage.Job{Lane: lane.Draw(t, "lane"), Case: subject.Draw(t, "case"), Urgent: rapid.Bool().Draw(t, "urgent"), At: moment.Draw(t, "at")}
						if j.ID, err = tx.AddJob(j); err != nil {
							return err
						}
						q.rows = append(q.rows, j)
					}
					return nil
				})
			},
			"claim": func(t *rapid.T) {
				n, lease := rapid.IntRange(0, 4).Draw(t, "n"), time.Duration(rapid.IntRange(1, 4).Draw(t, "lease"))*time.Minute
				later := map[uint64]time.Time{}
				for _, j := range q.rows {
					if rapid.IntRange(0, 3).Draw(t, "put off") == 0 {
						later[j.ID] = moment.Draw(t, "until")
					}
				}
				allow := func(j storage.Job) time.Time { return later[j.ID] }
				want, due := q.claim(now, "w", lease, n, allow)
				update(t, s, func(tx storage.Tx) error {
					got, next, err := tx.Claim(now, "w", lease, n, allow)
					equal(t, "claimed", got, want)
					equal(t, "next", next, due)
					return err
				})
			},
			"put": func(t *rapid.T) {
				j := &q.rows[pick(t)]
				j.At, j.Case, j.Urgent = moment.Draw(t, "at"), subject.Draw(t, "case"), rapid.Bool().Draw(t, "urgent")
				j.Attempts++
				update(t, s, func(tx storage.Tx) error { return tx.PutJob(*j) })
				j.Owner, j.Lease = "", time.Time{}
			},
			"drop": func(t *rapid.T) {
				i := pick(t)
				update(t, s, func(tx storage.Tx) error { return tx.DropJob(q.rows[i].ID) })
				q.rows = slices.Delete(q.rows, i, i+1)
			},
			"drop a case": func(t *rapid.T) {
				id := subject.Filter(func(id flows.ID) bool { return id != "" }).Draw(t, "case")
				update(t, s, func(tx storage.Tx) error { return tx.DropCase(id) })
				q.rows = slices.DeleteFunc(q.rows, func(j storage.Job) bool { return j.Case == id })
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(-1, 5).Draw(t, "minutes")) * time.Minute)
			},
			"": func(t *rapid.T) {
				for _, l := range []string{"x", "xy", "y"} {
					equal(t, "lane "+l, ask(t, s, func(tx storage.Tx) ([]storage.Job, error) { return tx.Lane(l) }),
						q.where(func(j storage.Job) bool { return j.Lane == l }))
				}
				for _, id := range []flows.ID{"k1", "k2"} {
					equal(t, "rows of "+string(id), ask(t, s, func(tx storage.Tx) ([]storage.Job, error) { return tx.JobsOf(id) }),
						q.where(func(j storage.Job) bool { return j.Case == id }))
				}
				equal(t, "claims", ask(t, s, storage.Tx.Claimed), q.where(func(j storage.Job) bool { return !j.Lease.IsZero() }))
			},
		})
	})
}
