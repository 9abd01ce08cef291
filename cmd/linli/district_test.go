package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/prompts/local"
	"linli/storage/bolt"
)

// A year of a district: so many communities, meetings and people as the study counted in
// one of them (practice.md §0), each community with the real engine, flows and reader, all of
// them in one file. People press and write as they would, hours and days later; the clock
// jumps from one thing to the next. Afterwards every promise is held against what people were
// told and against the file.
//
// LINLI_YEAR=1 plays the whole year, a larger number so many of its communities; else a small
// district is played. LINLI_YEAR_FILE names a file for the table.
func TestYear(t *testing.T) {
	t.Parallel()
	communities, meetings, people := 3, 24, 371
	if os.Getenv("LINLI_YEAR") != "" {
		communities, meetings, people = 42, 338, 5223
	} else if testing.Short() {
		t.Skip("a year of a small district")
	}
	began := time.Now()
	d := newDistrict(t, communities, meetings, people)
	defer d.db.Close()
	for k, plan := range d.plans {
		if n := number(t, "LINLI_YEAR", 1); n > 1 && k >= n {
			break
		}
		d.live(t, k, plan)
	}
	took := time.Since(began)
	d.rest(t)
	d.report(t, took)
}

// district is what is played.
type district struct {
	db     *bolt.DB
	path   string
	reader *local.Reader
	plans  [][]*concern
	houses []*yearTown
	kept   promises
	want   [2]int
}

// in memory where there is such a folder: what is tried here is not durability.
func fastDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "linli-year-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func newDistrict(t *testing.T, communities, meetings, people int) *district {
	t.Helper()
	d := &district{reader: local.New(), kept: promises{}, want: [2]int{meetings, people}}
	d.path = filepath.Join(fastDir(t), "linli.db")
	db, err := bolt.Open(d.path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d.db = db
	d.plans = yearPlans(communities, meetings, people)
	return d
}

// live lets a community live through its year.
func (d *district) live(t *testing.T, k int, plan []*concern) {
	c := newYearTown(t, d.db, d.reader, k+1, 36, yearStart)
	c.matters = plan
	d.houses = append(d.houses, c)
	for _, m := range plan {
		before := 24
		if m.review == "up" {
			before = 60
		}
		at := m.target.AddDate(0, 0, -before)
		if m.is("same hour") && m != plan[0] { // on another day of the same week
			at = at.AddDate(0, 0, c.rng.IntN(3))
		}
		if m.is("waived") {
			at = m.target.AddDate(0, 0, -12)
		}
		if at.Before(c.now) {
			at = c.now.AddDate(0, 0, 1)
		}
		at = flows.Clock(9*60 + c.rng.IntN(9*60)).On(at.In(c.settings.Zone))
		if m.from == "silent" || m.from == "discuss" || m.from == "followers" {
			at = flows.Clock(9*60 + c.rng.IntN(60)).On(c.working(at))
		}
		c.propose(m, at)
	}
	c.pass(time.Date(yearLong+1, 3, 20, 0, 0, 0, 0, c.settings.Zone))
	c.morning()
	c.check(&d.kept)
}

// rest closes the file and reads all of it.
func (d *district) rest(t *testing.T) {
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := bolt.Check(d.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Damages {
		d.kept.broken(11, "%s", x)
	}
	for _, h := range r.Communities {
		d.kept.held(11)
		if len(h.Days) == 0 {
			d.kept.broken(11, "%s: no day was sealed", h.Community)
		}
		for _, x := range h.Days {
			d.kept.held(11)
			if !x.Right {
				d.kept.broken(11, "%s: the seal of %s is not right", h.Community, x.Date)
			}
		}
	}
}

// report says what was counted, and fails for each promise that was not kept.
func (d *district) report(t *testing.T, took time.Duration) {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	var meetings, people, checked, guests, messages, edits, groups, presses, toasts int
	var perMeeting, perResident spread[int]
	kinds := map[string]int{}
	stages := map[string]int{}
	for _, c := range d.houses {
		presses, toasts = presses+c.presses, toasts+c.toasts
		resident := map[string]int{}
		for _, p := range c.cast {
			resident["m/"+string(p.ID)] = 0
		}
		of := map[int]int{}
		for _, x := range c.told {
			if x.edit {
				edits++
				continue
			}
			messages++
			if x.group() {
				groups++
			}
			if _, is := resident[x.address]; is {
				resident[x.address]++
			}
			of[x.no()]++
		}
		for _, n := range resident {
			perResident = append(perResident, n)
		}
		for _, m := range append(slices.Clone(c.matters), c.others...) {
			if m.final == nil {
				stages["not over: "+m.last.Stage]++
				t.Logf("%s %04d %s %v %s: not over, %q, frozen %v", c.id, m.no, m.from, slices.Sorted(maps.Keys(m.with)), m.text, m.last.Stage, m.last.Frozen != nil)
				continue
			}
			stages[m.final.Stage]++
			for what, n := range c.went(m) {
				kinds[what] += n
			}
			if !m.final.Ended.IsZero() {
				meetings++
				people += m.final.Came
				guests += m.final.Guests
				checked += m.final.Came - m.final.Guests
				perMeeting = append(perMeeting, of[m.no])
				if m.final.Came != m.came {
					t.Logf("%s %04d %s %v: %d came, %d were to", c.id, m.no, m.from, slices.Sorted(maps.Keys(m.with)), m.final.Came, m.came)
				}
			}
		}
		if testing.Verbose() && len(c.missed) > 0 {
			t.Logf("%s: %d buttons were not there: %q", c.id, len(c.missed), c.missed[:min(5, len(c.missed))])
		}
	}
	info, err := os.Stat(d.path)
	if err != nil {
		t.Fatal(err)
	}
	line("| a year of the district | |")
	line("| --- | --- |")
	line("| communities | %d |", len(d.houses))
	line("| meetings | %d |", meetings)
	line("| people who came | %d (%d by the code or a tap, %d on the sheet) |", people, checked, guests)
	line("| messages sent | %d (%d of them to groups), %d changed, %d notices after a press, %d presses |", messages, groups, edits, toasts, presses)
	line("| messages of a meeting's number | median %d, most %d |", perMeeting.at(.5), perMeeting.at(1))
	line("| messages to a resident in the year | median %d, most %d |", perResident.at(.5), perResident.at(1))
	line("| how the hearings ended | %v |", stages)
	line("| what they were like | %s |", listed(kinds))
	line("| time | %s |", took.Round(100*time.Millisecond))
	line("| the file | %.1f MB |", float64(info.Size())/1e6)
	line("")
	line("| promise | held up | broken |")
	line("| --- | --- | --- |")
	for i, p := range promiseNames {
		k := d.kept[i+1]
		line("| %d %s | %d | %d |", i+1, p, k.held, len(k.broken))
	}
	t.Log("\n" + out.String())
	for i := range promiseNames {
		for n, b := range d.kept[i+1].broken {
			if n == 12 {
				t.Errorf("promise %d: and %d more", i+1, len(d.kept[i+1].broken)-n)
				break
			}
			t.Errorf("promise %d: %s", i+1, b)
		}
		if d.kept[i+1].held == 0 {
			t.Errorf("promise %d was never put to the test", i+1)
		}
	}
	if len(d.houses) == len(d.plans) && (meetings != d.want[0] || people != d.want[1]) {
		t.Errorf("%d meetings with %d people, want %d and %d", meetings, people, d.want[0], d.want[1])
	}
	if len(d.houses) == 42 {
		for _, what := range mustHappen {
			if kinds[what] == 0 {
				t.Errorf("in the whole year it never happened: %s", what)
			}
		}
	}
	if file := os.Getenv("LINLI_YEAR_FILE"); file != "" {
		putText(t, file, out.String())
	}
}

// listed are counts in words, by name.
func listed(counts map[string]int) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(list, ", ")
}
