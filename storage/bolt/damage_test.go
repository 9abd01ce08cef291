package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"linli/flows"
	"linli/storage"
)

// Each byte of a row is flipped in the file; what is read is then damaged, or
// left out, and never something else.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	c := flows.Case{ID: "k1", No: 412, Flow: "demand", Summary: flows.Summary{Stage: "open-since-spring", Matter: []string{"lift/3/"}}}
	err := db.In("a").Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(tx.PutCase(c), tx.PutKey("cursor", []byte("a-value-to-damage")))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole := read(t, dir)
	none := func(n int, err error) error {
		if err == nil && n == 0 {
			return storage.ErrDamaged // left out, as it should be
		}
		return err
	}
	for _, row := range []struct {
		words string
		read  func(storage.Tx) error
	}{
		{"a-value-to-damage", func(tx storage.Tx) error { _, err := tx.Key("cursor"); return err }},
		{"a-value-to-damage", func(tx storage.Tx) error { m, err := tx.Keys(""); return none(len(m), err) }},
		{"open-since-spring", func(tx storage.Tx) error { _, err := tx.Case("k1"); return err }},
		{"open-since-spring", func(tx storage.Tx) error { l, err := tx.Cases(1, nil); return none(len(l), err) }},
		{"open-since-spring", func(tx storage.Tx) error { l, err := tx.Same("lift/"); return none(len(l), err) }},
		{"open-since-spring", func(tx storage.Tx) error { l, err := tx.Numbered(412); return none(len(l), err) }},
	} {
		// Old pages of the file still hold copies; all of them are damaged.
		for i := range len(row.words) {
			bad, n := bytes.Clone(whole), 0
			for at := 0; ; n++ {
				next := bytes.Index(whole[at:], []byte(row.words))
				if next < 0 {
					break
				}
				bad[at+next+i] ^= 1 << (i % 8)
				at += next + 1
			}
			if n == 0 {
				t.Fatalf("%q is not in the file", row.words)
			}
			if err := os.WriteFile(filepath.Join(dir, "linli.db"), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			var told []error
			db := openIn(t, dir, Options{Damaged: func(err error) { told = append(told, err) }})
			for range 2 {
				if err := db.In("a").View(t.Context(), row.read); !errors.Is(err, storage.ErrDamaged) {
					t.Errorf("byte %d of %q: got %v; want storage.ErrDamaged", i, row.words, err)
				}
			}
			if len(told) != 1 || !errors.Is(told[0], storage.ErrDamaged) || strings.Contains(told[0].Error(), "cursor") {
				t.Errorf("byte %d of %q: told %v", i, row.words, told)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A sound row in the wrong place is damage too: the checksum knows its key.
func TestMisplacedRow(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	err := db.In("a").Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(tx.PutKey("one", []byte("1")), tx.PutKey("two", []byte("2")), tx.PutCase(flows.Case{ID: "k1"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	one, two := append(put32(nil, 1), "one"...), append(put32(nil, 1), "two"...)
	edit(t, db, dir, func(b *bbolt.Tx) error {
		k := b.Bucket(keys.name())
		return errors.Join(k.Put(one, bytes.Clone(k.Get(two))), b.Bucket(cases.name()).Delete(put64(nil, 1)))
	})
	told := 0
	db = openIn(t, dir, Options{Damaged: func(error) { told++ }})
	view := func(fn func(storage.Tx) error) error { return db.In("a").View(t.Context(), fn) }
	if err := view(func(tx storage.Tx) error { _, err := tx.Key("one"); return err }); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("the row of another key: %v", err)
	}
	err = view(func(tx storage.Tx) error {
		all, err := tx.Keys("")
		if len(all) != 1 || string(all["two"]) != "2" {
			t.Errorf("in a list: %q", all)
		}
		list, err2 := tx.Cases(1, nil)
		if len(list) != 0 {
			t.Errorf("an index without its row: %v", list)
		}
		return errors.Join(err, err2)
	})
	if err != nil || told != 2 {
		t.Errorf("%v, told of %d", err, told)
	}
}

// world is a community with three of everything.
func world(tx storage.Tx) error {
	var all []error
	add := func(err error) { all = append(all, err) }
	add(tx.DropMarks(worldTime.AddDate(0, 0, -9)))
	for i := range 3 {
		id, n := flows.ID(fmt.Sprint("k", i)), fmt.Sprint(i)
		add(tx.PutCase(flows.Case{ID: id, No: 100 + i, Flow: "demand", Summary: flows.Summary{Matter: []string{"lift/", "smell/" + n}}}))
		for _, who := range []string{"p0", "p1", "p2"} {
			add(tx.PutEntry(id, flows.Entry{Key: who, Tag: map[bool]string{true: "yes", false: "no"}[who == "p"+n], Order: int64(i)}))
		}
		add(tx.PutRef("c"+flows.ChatID(n), "m"+n, id))
		add(tx.PutKey("case/"+string(id)+"/digest", []byte("secret")))
		add(tx.PutKey("word/"+n, []byte("secret")))
		add(tx.Note(storage.Record{Case: id, After: "open"}))
		add(tx.Note(storage.Record{Case: id, After: "done"}))
		add(tx.PutPerson(storage.Person{ID: flows.PersonID("p" + n), Name: "secret", Addresses: []string{"tg:" + n, "web:" + n}}))
		add(tx.PutChat(flows.Chat{ID: flows.ChatID("c" + n), Address: "tg:-" + n}))
		_, err := tx.AddTrouble(storage.Trouble{Kind: "dead", Text: "secret"})
		add(err)
		_, _, err = tx.Once("m"+n, worldTime, []byte("secret"))
		add(err)
		for _, j := range []storage.Job{{Lane: "x" + n, Case: id}, {Lane: "x" + n}, {Case: id, Urgent: true}, {Lane: "y", Lease: worldTime}} {
			j.At, j.Body = worldTime.Add(-time.Minute), []byte(`"secret"`)
			_, err := tx.AddJob(j)
			add(err)
		}
	}
	add(sealDay(tx, "2026-03-10", worldTime))
	return errors.Join(all...)
}

// sealDay seals what is not sealed yet.
func sealDay(tx storage.Tx, date string, at time.Time) error {
	d, _, err := tx.Unsealed()
	if err != nil {
		return err
	}
	d.Date, d.At = date, at
	_, err = tx.SealDay(d)
	return err
}

var worldTime = time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)

// TestOneDamagedRow damages each row of a community in turn, in the file. All
// that can be known without the row stays known, work goes on, everything can be
// dropped, and nothing of it is left.
func TestOneDamagedRow(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, Options{})
	if err := db.In("a").Update(t.Context(), world); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole := read(t, dir)
	places := rowsIn(t, filepath.Join(dir, "linli.db"))
	tried := map[table]bool{}
	for _, p := range places {
		switch p.table {
		case settings, communities, counters: // what all the rest hangs on
			continue
		}
		tried[p.table] = true
		t.Run(fmt.Sprintf("%s/%d", p.table.name(), p.row), func(t *testing.T) {
			bad := spoil(t, whole, p)
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "linli.db"), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := Check(filepath.Join(dir, "linli.db"))
			if err != nil || report.Sound() || report.Damages[0].Table != string(p.table.name()) && !slices.ContainsFunc(report.Damages, func(d Damage) bool { return d.Table == string(p.table.name()) && d.Place == p.row }) {
				t.Errorf("Check: %v, %v", report.Damages, err)
			}
			told := map[string]int{}
			var mu sync.Mutex
			db := openIn(t, dir, Options{Damaged: func(err error) { mu.Lock(); told[err.Error()]++; mu.Unlock() }})
			s := db.In("a")
			if err := s.View(t.Context(), func(tx storage.Tx) error { return lists(t, tx, p.table) }); err != nil {
				t.Errorf("reading: %v", err)
			}
			if err := s.Update(t.Context(), func(tx storage.Tx) error { return goOn(t, tx, p.table) }); err != nil {
				t.Errorf("going on: %v", err)
			}
			if err := s.Update(t.Context(), dropAll); err != nil {
				t.Errorf("dropping: %v", err)
			}
			left(t, db)
			if len(told) == 0 {
				t.Error("nobody was told")
			}
			for what, n := range told {
				if n != 1 || strings.Contains(what, "secret") || strings.Contains(what, "tg:") {
					t.Errorf("told %d times: %s", n, what)
				}
			}
		})
	}
	if want := int(tables) - 3 + 1; len(tried) != want { // and a day of marks
		t.Errorf("%d tables were damaged, want %d", len(tried), want)
	}
}

// lists reads everything: at most one thing may be missing.
func lists(t *testing.T, tx storage.Tx, bad table) error {
	count := func(what string, n, want int, err error) {
		t.Helper()
		if n < want-1 || n > want || err != nil {
			t.Errorf("%s: %d of %d (%v)", what, n, want, err)
		}
	}
	m, err := tx.Keys("")
	count("keys", len(m), 6, err)
	cs, err := tx.Chats()
	count("chats", len(cs), 3, err)
	ps, err := tx.People()
	count("people", len(ps), 3, err)
	list, err := tx.Cases(9, nil)
	count("cases", len(list), 3, err)
	list, err = tx.Same("lift/")
	count("same", len(list), 3, err)
	js, err := tx.Jobs()
	count("jobs", len(js), 12, err)
	js, err = tx.Lane("y")
	count("lane y", len(js), 3, err)
	js, err = tx.Claimed()
	count("claimed", len(js), 3, err)
	ts, err := tx.Troubles()
	count("troubles", len(ts), 3, err)
	if d, err := tx.SealedDay(""); (err != nil || d.Records != 6) && bad != sealed {
		t.Errorf("the last day: %+v, %v", d, err)
	}
	for i := range 3 {
		id, n := flows.ID(fmt.Sprint("k", i)), fmt.Sprint(i)
		list, err := tx.CasesWith("p"+n, 9)
		count("cases with", len(list), 3, err)
		list, err = tx.Numbered(100 + i)
		count("numbered", len(list), 1, err)
		list, err = tx.Same("smell/" + n)
		count("same", len(list), 1, err)
		js, err := tx.Lane("x" + n)
		count("lane", len(js), 2, err)
		yes, _, err := tx.Entries(id, "yes", "", 9)
		count("entries", len(yes), 1, err)
		no, _, err := tx.Entries(id, "no", "", 9)
		count("entries", len(no), 2, err)
		tally, err := tx.Tally(id)
		if err != nil || tally["yes"] != 1 || tally["no"] != 2 {
			t.Errorf("tally: %v, %v", tally, err)
		}
		rs, err := tx.Journal(id)
		count("journal", len(rs), 2, err)
		js, err = tx.JobsOf(id)
		count("jobs of", len(js), 2, err)
		for _, a := range []string{"tg:" + n, "web:" + n} {
			if p, err := tx.PersonAt(a); (err != nil || p.Name != "secret") && bad != people {
				t.Errorf("person: %v", err)
			}
		}
		if c, err := tx.ChatAt("tg:-" + n); (err != nil || string(c.ID) != "c"+n) && bad != chats {
			t.Errorf("chat: %v", err)
		}
		if _, err := tx.Case(id); err != nil && bad != cases {
			t.Errorf("case: %v", err)
		}
	}
	return nil
}

// goOn does the work of a day.
func goOn(t *testing.T, tx storage.Tx, bad table) error {
	add := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	sent := map[string][]uint64{}
	total := 0
	for {
		rows, _, err := tx.Claim(worldTime.Add(time.Hour), "w", time.Minute, 2, nil)
		add(err)
		if len(rows) == 0 {
			break
		}
		for _, j := range rows {
			total++
			if l := sent[j.Lane]; j.Lane != "" && len(l) > 0 && l[len(l)-1] > j.ID {
				t.Errorf("lane %s: %d after %v", j.Lane, j.ID, l)
			}
			sent[j.Lane] = append(sent[j.Lane], j.ID)
			if total%2 == 0 { // some are put off first
				j.At = worldTime
				add(tx.PutJob(j))
			}
			add(tx.DropJob(j.ID))
		}
	}
	if total < 11 || total == 11 && bad != jobs {
		t.Errorf("%d rows were sent", total)
	}
	for i := range 3 {
		id, n := flows.ID(fmt.Sprint("k", i)), fmt.Sprint(i)
		if _, seen, err := tx.Once("m"+n, worldTime, nil); !seen || err != nil {
			t.Errorf("a mark was forgotten (%v)", err)
		}
		before, err := tx.Journal(id)
		add(err)
		add(tx.Note(storage.Record{Case: id, After: "again"}))
		rs, err := tx.Journal(id)
		add(err)
		if len(rs) != len(before)+1 || rs[len(rs)-1].Seq != 3 {
			t.Errorf("journal: %+v", rs)
		}
		if bad != journal && storage.Verify(rs) != nil {
			t.Error(storage.Verify(rs))
		}
		add(tx.PutCase(flows.Case{ID: id, No: 100 + i, Summary: flows.Summary{Matter: []string{"lift/"}}}))
		add(tx.PutEntry(id, flows.Entry{Key: "p" + n, Tag: "no"}))
		tally, err := tx.Tally(id)
		add(err)
		if tally["yes"] != 0 || tally["no"] != 3 {
			t.Errorf("tally: %v", tally)
		}
		add(tx.PutRef("c"+flows.ChatID(n), "m"+n, id))
		add(tx.PutChat(flows.Chat{ID: flows.ChatID("c" + n), Address: "tg:-1" + n}))
		add(tx.PutPerson(storage.Person{ID: flows.PersonID("p" + n), Name: "secret", Addresses: []string{"tg:" + n, "tg:1" + n}}))
		if _, err := tx.PersonAt("web:" + n); !errors.Is(err, storage.ErrNone) && !errors.Is(err, storage.ErrDamaged) {
			t.Errorf("an address that was given up: %v", err)
		}
		p, err := tx.PersonAt("tg:1" + n)
		add(err)
		if string(p.ID) != "p"+n {
			t.Errorf("person %+v", p)
		}
		_, err = tx.AddJob(storage.Job{Lane: "x" + n, Case: id, At: worldTime})
		add(err)
	}
	add(tx.DropMarks(worldTime.AddDate(0, 0, 1)))
	add(sealDay(tx, "2026-03-11", worldTime))
	d, err := tx.SealedDay("")
	add(err)
	if want := map[bool]int{true: 9, false: 3}[bad == sealed]; d.Date != "2026-03-11" || d.Records != want && bad != numbers {
		t.Errorf("the next day: %+v, want %d records", d, want)
	}
	return nil
}

// dropAll erases the community.
func dropAll(tx storage.Tx) error {
	var all []error
	for i := range 3 {
		n := fmt.Sprint(i)
		all = append(all, tx.DropCase(flows.ID("k"+n)), tx.DropPerson(flows.PersonID("p"+n)), tx.DropTrouble(uint64(i+1)), tx.PutKey("word/"+n, nil),
			tx.DropRefs(flows.ChatID("c"+n)))
	}
	return errors.Join(all...)
}

// left checks that the file holds nothing of what was dropped.
func left(t *testing.T, db *DB) {
	t.Helper()
	err := db.file().View(func(b *bbolt.Tx) error {
		for t2 := range tables {
			err := b.Bucket(t2.name()).ForEach(func(k, v []byte) error {
				switch t2 {
				case settings, communities, counters, numbers, watermarks, chats, chatsAt, sealed:
					return nil
				case journal:
					if bytes.Contains(v, []byte("salt")) {
						t.Errorf("a record was not erased: %s", v[8:])
					}
					return nil
				}
				t.Errorf("table %s still has %q", t2.name(), k)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// place is a row of a file.
type place struct {
	table      table
	row        int // from 1
	key, value []byte
}

// spoil changes one byte of a row's value in a file. Bolt writes the value
// behind its key; old pages may have copies.
func spoil(t *testing.T, whole []byte, p place) []byte {
	t.Helper()
	bad, there := bytes.Clone(whole), append(bytes.Clone(p.key), p.value...)
	for at := 0; ; {
		next := bytes.Index(whole[at:], there)
		if next < 0 {
			if at == 0 {
				t.Fatalf("row %d of table %s is not in the file", p.row, p.table.name())
			}
			return bad
		}
		bad[at+next+len(p.key)+p.row%len(p.value)] ^= 0x10
		at += next + 1
	}
}

// rowsIn lists the rows of a closed file.
func rowsIn(t *testing.T, path string) (list []place) {
	t.Helper()
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = file.View(func(b *bbolt.Tx) error {
		of := (&snapshot{bolt: b}).days()
		for t2 := range tables {
			of = append(of, t2)
		}
		for _, t2 := range of {
			row := 0
			if b.Bucket(t2.name()) == nil { // in an old file
				continue
			}
			err := b.Bucket(t2.name()).ForEach(func(k, v []byte) error {
				row++
				list = append(list, place{t2, row, bytes.Clone(k), bytes.Clone(v)})
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
