package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/storage"
)

func cases(t *testing.T, k Keeper) {
	s := k.In("a")
	put := func(c flows.Case) {
		t.Helper()
		update(t, s, func(tx storage.Tx) error { return tx.PutCase(c) })
	}
	for i := range 30 {
		put(flows.Case{ID: flows.ID(fmt.Sprintf("k%02d", (i*7)%30)), Opened: at(i), Flow: []string{"demand", "dispatch"}[i%2]})
	}
	list := func(n int, keep func(flows.Case) bool) []flows.Case {
		t.Helper()
		return ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Cases(n, keep) })
	}
	equal(t, "newest first", ids(list(3, nil)), "k23 k16 k09")
	equal(t, "of a flow", ids(list(2, func(c flows.Case) bool { return c.Flow == "demand" })), "k16 k02")
	equal(t, "all", len(list(99, nil)), 30)

	put(flows.Case{ID: "k00", Opened: at(0), No: 12, Summary: flows.Summary{Stage: "open"}})
	put(flows.Case{ID: "k50", Opened: at(50), No: 12, Parent: "k00"})
	put(flows.Case{ID: "k51", Opened: at(51), No: 13})
	numbered := func(no int) string {
		t.Helper()
		return ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Numbered(no) }))
	}
	equal(t, "numbered", numbered(12), "k00 k50")
	put(flows.Case{ID: "k00", No: 14})
	equal(t, "a number given up", numbered(12), "k50")
	equal(t, "a number taken", numbered(14), "k00")
	equal(t, "a case put again stays in its place", ids(list(99, nil)[30:]), "k07 k00")
}

func same(t *testing.T, k Keeper) {
	s := k.In("a")
	put := func(id flows.ID, no int, done bool, matter ...string) {
		t.Helper()
		update(t, s, func(tx storage.Tx) error {
			return tx.PutCase(flows.Case{ID: id, No: no, Summary: flows.Summary{Done: done, Matter: matter}})
		})
	}
	found := func(matter string) string {
		t.Helper()
		return ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Same(matter) }))
	}
	put("unit2", 5, false, "drain/3/2/")
	put("whole", 3, false, "drain/3/", "smell/3/")
	put("unit1", 4, false, "drain/3/1/", "drain/3/1/502/")
	put("lift", 2, false, "lift/3/")
	put("closed", 1, true, "drain/3/2/")
	equal(t, "less exact and equal, by number", found("drain/3/2/"), "whole unit2")
	equal(t, "more exact and equal", found("drain/3/"), "whole unit1 unit2")
	equal(t, "deeper than all", found("drain/3/1/502/x/"), "whole unit1")
	equal(t, "another building", found("drain/31/"), "")
	equal(t, "its second key", found("smell/"), "whole")
	put("unit2", 5, true, "drain/3/2/")
	equal(t, "one was closed", found("drain/3/2/"), "whole")
	put("whole", 3, false, "smell/3/")
	equal(t, "one lost its key", found("drain/3/2/"), "")
}

func sameModel(t *testing.T, k Keeper) {
	communities := 0
	rapid.Check(t, func(t *rapid.T) {
		communities++
		s := k.In(fmt.Sprint("same", communities))
		word := rapid.OneOf(rapid.StringMatching(`[ab]{1,4}`), rapid.StringMatching(`[ab]{1,2}é?/?`))
		model := map[flows.ID]flows.Case{}
		for i := range rapid.IntRange(1, 8).Draw(t, "puts") {
			c := flows.Case{ID: flows.ID(rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}).Draw(t, "id")), No: i + 1}
			c.Matter = rapid.SliceOfN(word, 0, 3).Draw(t, "matter")
			c.Done = rapid.IntRange(0, 4).Draw(t, "done") == 0
			drop := rapid.IntRange(0, 9).Draw(t, "drop") == 0
			update(t, s, func(tx storage.Tx) error {
				if drop {
					return tx.DropCase(c.ID)
				}
				return tx.PutCase(c)
			})
			if delete(model, c.ID); !drop {
				model[c.ID] = c
			}
		}
		for range 10 {
			m := word.Draw(t, "asked")
			var want []flows.Case
			for _, c := range model {
				if !c.Done && slices.ContainsFunc(c.Matter, func(x string) bool { return strings.HasPrefix(x, m) || strings.HasPrefix(m, x) }) {
					want = append(want, c)
				}
			}
			slices.SortFunc(want, func(a, b flows.Case) int { return a.No - b.No })
			equal(t, m, ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Same(m) }), want)
		}
	})
}

func casesWith(t *testing.T, k Keeper) {
	a, b := k.In("a"), k.In("b")
	with := func(s storage.Store, key string, n int) string {
		t.Helper()
		return ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.CasesWith(key, n) }))
	}
	for i := range 12 {
		id := flows.ID(fmt.Sprintf("k%02d", (i*7)%12)) // newest is not last by id
		for _, s := range []storage.Store{a, b} {
			update(t, s, func(tx storage.Tx) error {
				err := tx.PutCase(flows.Case{ID: id, Opened: at(i)})
				if i%2 == 0 {
					err = errors.Join(err, tx.PutEntry(id, flows.Entry{Key: "p1", Tag: "yes"}))
				}
				if i%3 == 0 {
					err = errors.Join(err, tx.PutEntry(id, flows.Entry{Key: "p10", Tag: "yes"}))
				}
				return err
			})
		}
	}
	equal(t, "newest first", with(a, "p1", 3), "k10 k08 k06")
	equal(t, "all", with(a, "p1", 99), "k10 k08 k06 k04 k02 k00")
	equal(t, "a key that begins like it", with(a, "p10", 99), "k03 k06 k09 k00")
	equal(t, "a beginning of the key", with(a, "p", 99), "")
	update(t, a, func(tx storage.Tx) error {
		err := errors.Join(
			tx.PutEntry("k10", flows.Entry{Key: "p1", Tag: "no", Order: 3}), // still there under another tag
			tx.DropEntry("k08", "p1"),
			tx.DropCase("k06"),
			tx.PutEntry("k01", flows.Entry{Key: "p1"}), // an old case gets one late: its place is its own
			tx.PutEntry("unborn", flows.Entry{Key: "p1"}),
		)
		list, err2 := tx.CasesWith("p1", 99)
		equal(t, "inside the transaction", ids(list), "k10 k01 k04 k02 k00")
		return errors.Join(err, err2)
	})
	equal(t, "after changes", with(a, "p1", 99), "k10 k01 k04 k02 k00")
	equal(t, "of the dropped case", with(a, "p10", 99), "k03 k09 k00")
	equal(t, "another community", with(b, "p1", 99), "k10 k08 k06 k04 k02 k00")
	update(t, a, func(tx storage.Tx) error {
		return errors.Join(tx.PutEntry("k08", flows.Entry{Key: "p1"}), tx.PutCase(flows.Case{ID: "k10", No: 5}))
	})
	equal(t, "put again", with(a, "p1", 3), "k10 k08 k01")
	equal(t, "the case as it is now", ask(t, a, func(tx storage.Tx) ([]flows.Case, error) { return tx.CasesWith("p1", 1) })[0].No, 5)
}

func entries(t *testing.T, k Keeper) {
	s := k.In("a")
	update(t, s, func(tx storage.Tx) error {
		return errors.Join(
			tx.PutEntry("k1", flows.Entry{Key: "p2", Tag: "wait", Order: 2}),
			tx.PutEntry("k1", flows.Entry{Key: "p1", Tag: "wait", Order: 2}),
			tx.PutEntry("k1", flows.Entry{Key: "p3", Tag: "wait", Order: -1}),
			tx.PutEntry("k1", flows.Entry{Key: "p4", Tag: "come", Order: 1}),
			tx.PutEntry("k1", flows.Entry{Key: "p5", Tag: "waiter", Order: 1}),
			tx.PutEntry("k2", flows.Entry{Key: "p6", Tag: "wait", Order: 1}),
		)
	})
	pages := func(id flows.ID, tag string, n int) string {
		t.Helper()
		return walk(t, s, id, tag, n)
	}
	equal(t, "in order", pages("k1", "wait", 9), "p3 p1 p2|")
	equal(t, "page by page", pages("k1", "wait", 2), "p3 p1|p2|")
	equal(t, "no empty page at the end", pages("k1", "wait", 3), "p3 p1 p2|")
	equal(t, "one by one", pages("k1", "wait", 1), "p3|p1|p2|")
	equal(t, "another case", pages("k2", "wait", 9), "p6|")
	equal(t, "unknown tag", pages("k1", "none", 9), "|")
	tally := func(id flows.ID) map[string]int {
		t.Helper()
		return ask(t, s, func(tx storage.Tx) (map[string]int, error) { return tx.Tally(id) })
	}
	equal(t, "tally", tally("k1"), map[string]int{"wait": 3, "come": 1, "waiter": 1})
	update(t, s, func(tx storage.Tx) error {
		return errors.Join(tx.PutEntry("k1", flows.Entry{Key: "p1", Tag: "come", Order: 0}), tx.DropEntry("k1", "p5"), tx.DropEntry("k1", "none"))
	})
	equal(t, "one entry per key", pages("k1", "wait", 9)+pages("k1", "come", 9), "p3 p2|p1 p4|")
	equal(t, "tally", tally("k1"), map[string]int{"wait": 2, "come": 2})
	lacks(t, s, "a dropped entry", func(tx storage.Tx) (flows.Entry, error) { return tx.Entry("k1", "p5") })
	err := s.View(t.Context(), func(tx storage.Tx) error { _, _, err := tx.Entries("k1", "wait", "?", 1); return err })
	if err == nil {
		t.Error("a cursor of no meaning was taken")
	}
}

// walk reads a tag page by page.
func walk(t fataler, s storage.Store, id flows.ID, tag string, n int) string {
	t.Helper()
	var b strings.Builder
	for cursor := ""; ; {
		next := ""
		page := ask(t, s, func(tx storage.Tx) (page []flows.Entry, err error) {
			page, next, err = tx.Entries(id, tag, cursor, n)
			return page, err
		})
		for i, e := range page {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(e.Key)
		}
		b.WriteByte('|')
		if next == "" {
			return b.String()
		}
		if next == cursor {
			t.Fatalf("the cursor stands still at %q", cursor)
		}
		cursor = next
	}
}

func entriesModel(t *testing.T, k Keeper) {
	communities := 0
	rapid.Check(t, func(t *rapid.T) {
		communities++
		s := k.In(fmt.Sprint("entries", communities))
		model := map[string]flows.Entry{}
		tags := []string{"", "a", "ab"}
		// Several puts in one transaction and in several: the overlay and the
		// file must give one list.
		for range rapid.IntRange(1, 4).Draw(t, "updates") {
			update(t, s, func(tx storage.Tx) error {
				for range rapid.IntRange(1, 8).Draw(t, "puts") {
					e := flows.Entry{
						Key: rapid.StringMatching(`[ab]{1,2}`).Draw(t, "key"), Tag: rapid.SampledFrom(tags).Draw(t, "tag"),
						Order: rapid.Int64Range(-2, 2).Draw(t, "order"),
					}
					if rapid.IntRange(0, 3).Draw(t, "drop") == 0 {
						delete(model, e.Key)
						if err := tx.DropEntry("k1", e.Key); err != nil {
							return err
						}
						continue
					}
					model[e.Key] = e
					if err := tx.PutEntry("k1", e); err != nil {
						return err
					}
					page, _, err := tx.Entries("k1", e.Tag, "", 100)
					if err != nil {
						return err
					}
					equal(t, "inside", page, ordered(model, e.Tag))
				}
				return nil
			})
		}
		n := rapid.IntRange(1, 4).Draw(t, "page")
		counts := map[string]int{}
		for _, tag := range tags {
			var want strings.Builder
			list := ordered(model, tag)
			for i, e := range list {
				counts[tag]++
				want.WriteString(e.Key)
				switch {
				case i == len(list)-1:
				case i%n == n-1:
					want.WriteByte('|')
				default:
					want.WriteByte(' ')
				}
			}
			equal(t, "pages of "+tag, walk(t, s, "k1", tag, n), want.String()+"|")
		}
		equal(t, "tally", ask(t, s, func(tx storage.Tx) (map[string]int, error) { return tx.Tally("k1") }), counts)
	})
}

func ordered(model map[string]flows.Entry, tag string) (list []flows.Entry) {
	for _, e := range model {
		if e.Tag == tag {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b flows.Entry) int {
		if a.Order != b.Order {
			return int(a.Order - b.Order)
		}
		return strings.Compare(a.Key, b.Key)
	})
	return list
}

func dropCase(t *testing.T, k Keeper) {
	s := k.In("a")
	var mine, behind, other uint64
	update(t, s, func(tx storage.Tx) (err error) {
		for _, id := range []flows.ID{"k1", "k10"} {
			err = errors.Join(err,
				tx.PutCase(flows.Case{ID: id, No: 9, Summary: flows.Summary{Matter: []string{"lift/"}}}),
				tx.PutEntry(id, flows.Entry{Key: "p", Tag: "t"}),
				tx.PutRef("c", "of "+string(id), id),
				tx.PutKey("case/"+string(id)+"/digest", []byte("x")),
				tx.Note(storage.Record{Case: id, After: "open"}),
			)
		}
		if err != nil {
			return err
		}
		if mine, err = tx.AddJob(storage.Job{Case: "k1", Lane: "l", At: noon}); err != nil {
			return err
		}
		if behind, err = tx.AddJob(storage.Job{Case: "k10", Lane: "l", At: at(5)}); err != nil {
			return err
		}
		other, err = tx.AddJob(storage.Job{Case: "k1", Urgent: true, At: noon})
		return err
	})
	update(t, s, func(tx storage.Tx) error {
		if _, _, err := tx.Claim(noon, "w", time1, 1, nil); err != nil { // a row in flight goes too
			return err
		}
		return tx.DropCase("k1")
	})
	lacks(t, s, "case", func(tx storage.Tx) (flows.Case, error) { return tx.Case("k1") })
	lacks(t, s, "entry", func(tx storage.Tx) (flows.Entry, error) { return tx.Entry("k1", "p") })
	lacks(t, s, "ref", func(tx storage.Tx) (flows.ID, error) { return tx.Ref("c", "of k1") })
	lacks(t, s, "row", func(tx storage.Tx) (storage.Job, error) { return tx.Job(mine) })
	lacks(t, s, "row", func(tx storage.Tx) (storage.Job, error) { return tx.Job(other) })
	equal(t, "page", walk(t, s, "k1", "t", 9), "|")
	equal(t, "tally", ask(t, s, func(tx storage.Tx) (map[string]int, error) { return tx.Tally("k1") }), map[string]int{})
	equal(t, "claims", len(ask(t, s, storage.Tx.Claimed)), 0)
	equal(t, "same", ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Same("lift/") })), "k10")
	equal(t, "numbered", ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Numbered(9) })), "k10")
	equal(t, "cases", ids(ask(t, s, func(tx storage.Tx) ([]flows.Case, error) { return tx.Cases(9, nil) })), "k10")
	equal(t, "keys", ask(t, s, func(tx storage.Tx) (map[string][]byte, error) { return tx.Keys("case/") }), map[string][]byte{"case/k10/digest": []byte("x")})
	equal(t, "the case beside it", ask(t, s, func(tx storage.Tx) (flows.ID, error) { return tx.Ref("c", "of k10") }), flows.ID("k10"))
	equal(t, "its entries", walk(t, s, "k10", "t", 9), "p|")
	update(t, s, func(tx storage.Tx) error {
		rows, next, err := tx.Claim(at(4), "w", time1, 9, nil)
		if len(rows) != 0 || !next.Equal(at(5)) {
			t.Errorf("claimed %v, next %v", rows, next)
		}
		rows, _, err2 := tx.Claim(at(5), "w", time1, 9, nil)
		if len(rows) != 1 || rows[0].ID != behind {
			t.Errorf("the row behind did not move up: %v", rows)
		}
		return errors.Join(err, err2)
	})
}
