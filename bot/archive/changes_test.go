package archive

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// Every byte of every file: changed, taken out or doubled, with the manifest as it was and
// made to fit.
func TestEveryByte(t *testing.T) {
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := members(t, hold(t, t.TempDir(), p).write(t))
			n := 0
			for _, member := range names {
				data := files[member]
				for i := range data {
					if testing.Short() && i%7 != 0 {
						continue
					}
					var changed []byte
					switch i % 4 {
					case 0:
						changed = slices.Delete(slices.Clone(data), i, i+1)
					case 1:
						changed = slices.Insert(slices.Clone(data), i, data[i])
					default:
						changed = slices.Clone(data)
						changed[i] ^= 1 << (i % 7)
					}
					if bytes.Equal(changed, data) {
						continue
					}
					n++
					found(t, files, member, changed, fmt.Sprintf("byte %d", i))
				}
			}
			t.Logf("%d changes, all found", n)
		})
	}
}

// found fails where a change of a file is not noticed.
func found(t *testing.T, files map[string][]byte, member string, changed []byte, what string) {
	t.Helper()
	bad := maps.Clone(files)
	bad[member] = changed
	for _, fit := range []bool{false, true} {
		if fit {
			if member == nameManifest {
				return
			}
			bad = fitted(t, bad)
		}
		b := forged(t, bad)
		r, err := Verify(bytes.NewReader(b), int64(len(b)))
		if err == nil && r.Sound() {
			t.Errorf("%s: %s was changed (manifest made to fit: %t), and nobody noticed", member, what, fit)
		}
	}
}

// Every line: taken out, doubled, moved to the next place.
func TestEveryLine(t *testing.T) {
	if testing.Short() {
		t.Skip("every line of an archive: not in short runs")
	}
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			files := members(t, hold(t, t.TempDir(), p).write(t))
			for _, member := range names {
				lines := slices.Collect(bytes.Lines(files[member]))
				for i := range lines {
					without := slices.Delete(slices.Clone(lines), i, i+1)
					double := slices.Insert(slices.Clone(lines), i, lines[i])
					found(t, files, member, bytes.Join(without, nil), fmt.Sprintf("line %d taken out", i+1))
					found(t, files, member, bytes.Join(double, nil), fmt.Sprintf("line %d doubled", i+1))
					if i+1 < len(lines) && !bytes.Equal(lines[i], lines[i+1]) {
						moved := slices.Clone(lines)
						moved[i], moved[i+1] = moved[i+1], moved[i]
						found(t, files, member, bytes.Join(moved, nil), fmt.Sprintf("line %d moved", i+1))
					}
				}
			}
		})
	}
}

// Any file with the words of another archive, and any field of the roster with another value.
func TestEveryField(t *testing.T) {
	if testing.Short() {
		t.Skip("every field of an archive: not in short runs")
	}
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			files := members(t, hold(t, t.TempDir(), p).write(t))
			in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(files[nameRoster], []byte(withBOM))))
			lines, err := in.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for i := range lines {
				for j := range lines[i] {
					for _, value := range []string{"", "是", "A", "B", "h/1/1/101", "1.00", "纸质", lines[min(i+1, len(lines)-1)][j]} {
						if lines[i][j] == value {
							continue
						}
						was := lines[i][j]
						lines[i][j] = value
						found(t, files, nameRoster, table(lines), fmt.Sprintf("line %d, column %d made %q", i+1, j+1, value))
						lines[i][j] = was
					}
				}
			}
		})
	}
}

// A forger who makes several files fit each other is stopped by the journal; one who writes the
// journal anew as well, by the store.
func TestForger(t *testing.T) {
	h := hold(t, t.TempDir(), plans["secret, by household"])
	var c *contents
	read := func() {
		t.Helper()
		if err := h.store.View(ctx, func(tx storage.Tx) (err error) { c, err = gather(tx, h.set, h.id); return err }); err != nil {
			t.Fatal(err)
		}
	}
	for what, change := range map[string]func(){
		"votes moved to another option": func() {
			c.asked.Outcome.Votes = []int{c.asked.Outcome.Votes[0] + 1, c.asked.Outcome.Votes[1] - 1, c.asked.Outcome.Votes[2]}
		},
		"another question":        func() { c.asked.Question = "要不要砍树？" },
		"another end":             func() { c.asked.Until = c.asked.Until.AddDate(0, 0, 1) },
		"another force":           func() { c.asked.Force, c.asked.ForceName = flows.ByOwners, forceNames[flows.ByOwners] },
		"made a named one":        func() { c.asked.Named = true },
		"passed":                  func() { c.asked.Outcome.Passed = true },
		"somebody else has voted": func() { c.rows[0].voted, c.rows[0].receipt = true, "AAAA-AAAA" },
		"another time":            func() { c.rows[slices.IndexFunc(c.rows, row.isVoted)].at = c.asked.Sent.Add(time.Hour) },
		"another way": func() {
			i, j := slices.IndexFunc(c.rows, row.isVoted), slices.IndexFunc(c.rows, func(r row) bool { return r.voted && r.how == poll.Paper })
			c.rows[i].how, c.rows[j].how = c.rows[j].how, c.rows[i].how
		},
		"no proxy any more": func() {
			i := slices.IndexFunc(c.rows, func(r row) bool { return r.proxy != "" })
			c.rows[i].proxy = ""
			c.asked.Outcome.Proxies--
		},
		"somebody taken off the roster": func() {
			i := slices.IndexFunc(c.rows, func(r row) bool { return !r.voted })
			c.rows = slices.Delete(c.rows, i, i+1)
		},
	} {
		t.Run(what, func(t *testing.T) {
			read()
			change()
			b, err := c.zip() // everything that is worked out fits
			if err != nil {
				t.Fatal(err)
			}
			r := verify(t, b)
			if r.Sound() {
				t.Errorf("Verify finds nothing\n%s", r)
			}
			// Now with a proof of their own, and then with a journal that has it.
			c.asked.Proof = c.proof()
			if b, err = c.zip(); err != nil {
				t.Fatal(err)
			}
			if r := verify(t, b); r.Sound() {
				t.Errorf("Verify does not find that the journal has another proof\n%s", r)
			}
			var prev []byte
			for i := range c.journal {
				x := &c.journal[i]
				if strings.HasPrefix(x.Detail, "count ") {
					x.Detail = "count " + c.asked.Proof
				}
				storage.Seal(prev, x, []byte{byte(i), 1})
				prev = x.Chain
			}
			if b, err = c.zip(); err != nil {
				t.Fatal(err)
			}
			r = verify(t, b)
			against, err := Against(ctx, h.store, h.set, r.Held)
			if err != nil || against.Sound() {
				t.Errorf("an archive with a journal of its own (by itself sound: %t) is not found: %v\n%s", r.Sound(), err, against)
			}
		})
	}
	// What no sum is over is noted.
	read()
	c.asked.Rule.Source = "主任说的"
	b, err := c.zip()
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, b)
	against, err := Against(ctx, h.store, h.set, r.Held)
	if err != nil || !r.Sound() || !against.Sound() || len(against.Notes) != 1 || !strings.Contains(against.Notes[0], "readme.txt、poll.json") {
		t.Errorf("%v\n%s\n%s", err, r, against)
	}
}

func (r row) isVoted() bool { return r.voted }
