package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

var ctx = context.Background()

func (h *held) write(t failer) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(ctx, h.store, h.set, h.id, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verify(t failer, b []byte) Report {
	t.Helper()
	r, err := Verify(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// members takes an archive apart.
func members(t failer, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// forged packs files anew as another program would.
func forged(t failer, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// fitted makes the manifest fit the files again.
func fitted(t failer, files map[string][]byte) map[string][]byte {
	t.Helper()
	files = maps.Clone(files)
	var m manifest
	if err := strict(files[nameManifest], &m); err != nil {
		t.Fatal(err)
	}
	for i, f := range m.Files {
		m.Files[i].Bytes, m.Files[i].Sha256 = len(files[f.Name]), sumOf(files[f.Name])
	}
	b, err := indented(m)
	if err != nil {
		t.Fatal(err)
	}
	files[nameManifest] = b
	return files
}

var plans = map[string]plan{
	"secret, by household":          {unit: flows.PerHousehold, listed: true, buildings: 3, rooms: 8, voters: 15, options: plain3, choose: third},
	"named, by household, extended": {unit: flows.PerHousehold, named: true, listed: true, buildings: 2, rooms: 6, voters: 9, options: plain3, choose: third, moved: true},
	"secret, by owner":              {unit: flows.PerOwner, listed: true, buildings: 2, rooms: 10, voters: 9, options: plain3, choose: third},
	"named, by owner":               {unit: flows.PerOwner, named: true, listed: true, buildings: 2, rooms: 10, voters: 9, options: plain3, choose: third},
	"secret, by person, no roster":  {unit: flows.PerPerson, buildings: 3, rooms: 4, voters: 11, options: plain3, choose: third},
	"few":                           {unit: flows.PerHousehold, listed: true, buildings: 1, rooms: 6, voters: 3, options: plain3, choose: third},
	"nobody":                        {unit: flows.PerHousehold, buildings: 1, rooms: 6, options: plain3, choose: third},
}

func TestSound(t *testing.T) {
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			h := hold(t, t.TempDir(), p)
			b := h.write(t)
			if r := verify(t, b); !r.Sound() || len(r.Done) < 9 {
				t.Errorf("\n%s", r)
			} else if slices.ContainsFunc(r.Notes, func(s string) bool { return strings.Contains(s, "压缩包") }) {
				t.Errorf("its own zip is taken for another's: %s", r)
			}
			if again := h.write(t); !bytes.Equal(b, again) {
				t.Error("the same state gave other bytes")
			}
			r, err := Against(ctx, h.store, h.set, verify(t, b).Held)
			if err != nil || !r.Sound() || len(r.Notes) > 0 || len(r.Done) != 2 {
				t.Errorf("%v\n%s", err, r)
			}
			if packed := verify(t, forged(t, members(t, b))); !packed.Sound() || len(packed.Notes) == 0 {
				t.Errorf("packed again by another program:\n%s", packed)
			}
		})
	}
}

func TestAgainstLater(t *testing.T) {
	h := hold(t, t.TempDir(), plans["secret, by household"])
	held := verify(t, h.write(t)).Held
	err := h.store.Update(ctx, func(tx storage.Tx) error {
		return tx.Note(storage.Record{Case: h.id, At: h.state.Until.AddDate(0, 0, 7), Event: "e", Kind: "woke", Detail: "check", Before: poll.Result, After: poll.Closed})
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Against(ctx, h.store, h.set, held)
	if err != nil || !r.Sound() || !strings.Contains(r.String(), "又有了1条") {
		t.Errorf("%v\n%s", err, r)
	}
	// The roster is another one: it can no longer be said who could have voted.
	h.set.Households = h.set.Households[1:]
	after := h.write(t)
	if r := verify(t, after); !r.Sound() || !strings.Contains(r.String(), "名册在发出之后改过") {
		t.Errorf("\n%s", r)
	}
	if r, err := Against(ctx, h.store, h.set, held); err != nil || !r.Sound() || !strings.Contains(r.String(), "roster.csv") {
		t.Errorf("%v\n%s", err, r)
	}
	// After the time for which words are kept, the journal is left.
	if err := h.store.Update(ctx, func(tx storage.Tx) error { return tx.DropCase(h.id) }); err != nil {
		t.Fatal(err)
	}
	if r, err := Against(ctx, h.store, h.set, held); err != nil || !r.Sound() || !strings.Contains(r.String(), "只剩流水") {
		t.Errorf("%v\n%s", err, r)
	}
	held.Community = "xiqu"
	if r, err := Against(ctx, h.store, h.set, held); err != nil || r.Sound() {
		t.Errorf("%v\n%s", err, r)
	}
}

// Of a secret poll nothing in the archive depends on who has voted for what.
func TestSecretIsSecret(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := plans["secret, by household"]
		n := rapid.IntRange(0, 24).Draw(rt, "voters")
		choices := make([]int, n)
		for i := range choices {
			choices[i] = rapid.IntRange(0, 2).Draw(rt, "choice")
		}
		others := rapid.Permutation(choices).Draw(rt, "others")
		p.voters = n
		var archives [2]map[string][]byte
		for i, list := range [][]int{choices, others} {
			p.choose = func(v int) int { return list[v] }
			dir, err := os.MkdirTemp(t.TempDir(), "")
			if err != nil {
				rt.Fatal(err)
			}
			archives[i] = members(rt, hold(rt, dir, p).write(rt))
		}
		for _, name := range names {
			if name != nameJournal && name != nameManifest && !bytes.Equal(archives[0][name], archives[1][name]) { // those two have random salts
				rt.Fatalf("%s tells who has voted for what", name)
			}
		}
	})
}

func TestJournalThatShows(t *testing.T) {
	h := hold(t, t.TempDir(), plans["secret, by household"])
	err := h.store.Update(ctx, func(tx storage.Tx) error {
		return tx.Note(storage.Record{Case: h.id, At: h.state.Until, Event: "e", Kind: "chose", By: "r1", Detail: "v!=A"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(ctx, h.store, h.set, h.id, io.Discard); !errors.Is(err, errShows) {
		t.Error(err)
	}
}

func TestNothingToWrite(t *testing.T) {
	h := hold(t, t.TempDir(), plans["few"])
	if err := Write(ctx, h.store, h.set, "99", io.Discard); !errors.Is(err, ErrNoPoll) {
		t.Error(err)
	}
	put := func(s poll.State) {
		t.Helper()
		err := h.store.Update(ctx, func(tx storage.Tx) error {
			return tx.PutCase(flows.Case{ID: h.id, Flow: poll.Name, No: 12, Data: flows.Data(s), Summary: s.Summary()})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	open := h.state
	open.Stage, open.Outcome = poll.Open, nil
	put(open)
	if err := Write(ctx, h.store, h.set, h.id, io.Discard); !errors.Is(err, ErrNoResult) {
		t.Error(err)
	}
	put(h.state)
	keys, _, _ := voterKeys(plans["few"], h.set)
	err := h.store.Update(ctx, func(tx storage.Tx) error {
		for _, k := range keys {
			if err := tx.DropEntry(h.id, k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(ctx, h.store, h.set, h.id, io.Discard); !errors.Is(err, ErrTooLate) {
		t.Error(err)
	}
}

// Whose vote was made nameless is in no list, and it is said that the sum cannot be made again.
func TestErasedVoter(t *testing.T) {
	p := plans["secret, by household"]
	h := hold(t, t.TempDir(), p)
	keys, building, _ := voterKeys(p, h.set)
	err := h.store.Update(ctx, func(tx storage.Tx) error {
		e, err := tx.Entry(h.id, keys[3])
		if err != nil {
			return err
		}
		e.Key = poll.ErasedKey + h.state.Receipt(keys[3])
		return errors.Join(tx.DropEntry(h.id, keys[3]), tx.PutEntry(h.id, flows.Entry{Key: e.Key, Tag: poll.Tag("A", building[keys[3]]), Data: e.Data}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, h.write(t)); len(r.Wrong) != 1 || !strings.Contains(r.Wrong[0], "计票指纹不同") {
		t.Errorf("a vote without its household, and the proof of before:\n%s", r)
	}
	// The rules make the proof anew then.
	err = h.store.Update(ctx, func(tx storage.Tx) error {
		e, err := tx.Entry(h.id, poll.ErasedKey+h.state.Receipt(keys[3]))
		if err != nil {
			return err
		}
		var v poll.Vote
		if err := json.Unmarshal(e.Data, &v); err != nil {
			return err
		}
		h.stubs[3] = h.state.Stub(h.state.Receipt(keys[3]), e.Key, building[keys[3]], v)
		o := *h.state.Outcome
		o.Proof = poll.Proof(h.state, o, h.stubs)
		h.state.Outcome = &o
		c, err := tx.Case(h.id)
		if err != nil {
			return err
		}
		c.Data = flows.Data(h.state)
		return errors.Join(tx.PutCase(c), tx.Note(storage.Record{Case: h.id, At: o.At.Add(time.Hour), Event: "j9", Kind: "woke", Detail: "count " + o.Proof, Before: poll.Result, After: poll.Result, Settings: "v1"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, h.write(t)); !r.Sound() || !strings.Contains(r.String(), "有1位投票人在计票以后要求删除资料") {
		t.Errorf("\n%s", r)
	}
}

func TestNotAnArchive(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("PK\x03\x04"), []byte("no zip at all"), forged(t, map[string][]byte{"a.txt": []byte("b")})} {
		if _, err := Verify(bytes.NewReader(b), int64(len(b))); !errors.Is(err, ErrNotArchive) {
			t.Errorf("%.10q: %v", b, err)
		}
	}
	h := hold(t, t.TempDir(), plans["few"])
	whole := h.write(t)
	files := members(t, whole)
	files["readme.html"] = []byte("<p>")
	if r := verify(t, forged(t, files)); r.Sound() {
		t.Error("a file more is not noticed")
	}
	for _, name := range names[1:] {
		files := members(t, whole)
		delete(files, name)
		if b := forged(t, files); true {
			if r, err := Verify(bytes.NewReader(b), int64(len(b))); err == nil && r.Sound() {
				t.Errorf("%s is missing, and nobody noticed", name)
			}
		}
	}
	newer := members(t, whole)
	newer[namePoll] = bytes.Replace(newer[namePoll], []byte(`"format": 1`), []byte(`"format": 2`), 1)
	if r := verify(t, forged(t, newer)); r.Sound() || !strings.Contains(r.String(), "用新的程序查") {
		t.Errorf("\n%s", r)
	}
}

// What people have written is no formula in Excel, and comes back as it was.
func TestFormulas(t *testing.T) {
	p := plans["secret, by household"]
	p.options = []string{`=HYPERLINK("http://x","要")`, "+1", "'@要"}
	files := members(t, hold(t, t.TempDir(), p).write(t))
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(files[nameCounts], []byte(withBOM))))
	lines, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range p.options {
		if got := lines[i+1][1]; got != "'"+o || plain(got) != o {
			t.Errorf("%q stands in the table as %q", o, got)
		}
	}
	if !bytes.HasPrefix(files[nameRoster], []byte("\xef\xbb\xbf")) {
		t.Error("Excel will take the roster for another encoding")
	}
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.StringMatching(`[=+\-@＝'A-C一,"\n ]{0,6}`).Draw(rt, "value")
		lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(table([][]string{{v, "x"}}), []byte(withBOM)))).ReadAll()
		if err != nil || plain(lines[0][0]) != v || strings.HasPrefix(lines[0][0], "=") {
			rt.Fatalf("%q: %q, %v", v, lines, err)
		}
	})
}

// A building in which few have voted is in no line of its own, nor can it be worked out.
func TestTurnoutFloor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		floor := rapid.IntRange(1, 8).Draw(rt, "floor")
		c := &contents{asked: asked{Floor: floor, Unit: flows.PerHousehold}}
		all := 0
		for b := range rapid.IntRange(1, 6).Draw(rt, "buildings") {
			for v := range rapid.IntRange(0, 12).Draw(rt, "voters") {
				c.rows = append(c.rows, row{key: fmt.Sprintf("h/%d/1/%d", b+1, v), building: fmt.Sprint(b + 1), voted: true, listed: true})
				all++
			}
		}
		lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(c.turnout(), []byte(withBOM)))).ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		sum := 0
		for _, l := range lines[1 : len(lines)-1] {
			var n int
			fmt.Sscan(l[2], &n)
			if sum += n; n > 0 && n < floor {
				rt.Fatalf("%d in %q, fewer than %d", n, l[0], floor)
			}
		}
		if total := lines[len(lines)-1][2]; total != fmt.Sprint(all) || sum != all && sum != 0 {
			rt.Fatalf("%d have voted, the lines say %d and %s", all, sum, total)
		}
	})
}

func TestNatural(t *testing.T) {
	got := []string{"h/12/1/101", "h/3/2/101", "h/3/1/1201", "h/3/1/501", "h/3/1/0501", "o/K1", "r10", "r9"}
	slices.SortFunc(got, natural)
	want := []string{"h/3/1/0501", "h/3/1/501", "h/3/1/1201", "h/3/2/101", "h/12/1/101", "o/K1", "r9", "r10"}
	if !slices.Equal(got, want) {
		t.Error(got)
	}
}

// BenchmarkArchive writes and verifies a poll with 10,000 votes.
func BenchmarkArchive(b *testing.B) {
	h := hold(b, b.TempDir(), plan{unit: flows.PerPerson, buildings: 10, rooms: 1000, voters: 10000, options: plain3, choose: third})
	var out []byte
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			out = h.write(b)
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if r := verify(b, out); !r.Sound() {
				b.Fatal(r)
			}
		}
	})
}
