package storage

import (
	"bytes"
	"testing"
	"time"
)

// The root stands for everything of a day, and for the day before it.
func TestDayRoot(t *testing.T) {
	day := Day{Date: "2026-03-10", At: time.Unix(1_800_000_000, 0), Records: 3, Sum: []byte("sum"), Before: []byte("before")}
	day.Seal()
	if len(day.Root) != 32 {
		t.Fatalf("root %x", day.Root)
	}
	for what, change := range map[string]func(*Day){
		"date":             func(d *Day) { d.Date = "2026-03-11" },
		"time":             func(d *Day) { d.At = d.At.Add(time.Second) },
		"count":            func(d *Day) { d.Records++ },
		"sum":              func(d *Day) { d.Sum = []byte("sun") },
		"before":           func(d *Day) { d.Before = []byte("behind") },
		"no before":        func(d *Day) { d.Before = nil },
		"between the two":  func(d *Day) { d.Sum, d.Before = []byte("sumb"), []byte("efore") },
		"one in the other": func(d *Day) { d.Sum, d.Before = nil, []byte("sumbefore") },
	} {
		d := day
		change(&d)
		if d.Seal(); bytes.Equal(d.Root, day.Root) {
			t.Errorf("%s: the root is the same", what)
		}
	}
	again := day
	again.At, again.Parts = again.At.In(time.FixedZone("CST", 8*3600)), []byte("elsewhere")
	if again.Seal(); !bytes.Equal(again.Root, day.Root) {
		t.Error("the zone, or where the store keeps the records, is in the root")
	}
}

func TestDaySum(t *testing.T) {
	a, b := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	sum := func(chains ...[]byte) string {
		var s DaySum
		for _, c := range chains {
			s.Add(c)
		}
		if s.Records() != len(chains) {
			t.Errorf("%d records, want %d", s.Records(), len(chains))
		}
		return string(s.Sum())
	}
	seen := map[string]bool{}
	for _, chains := range [][][]byte{{}, {a}, {b}, {a, b}, {b, a}, {a, a}, {a, b, nil}, {nil}} {
		seen[sum(chains...)] = true
	}
	if len(seen) != 8 || sum() != "" {
		t.Errorf("%d different sums, want 8", len(seen))
	}
}

func TestDayInGroups(t *testing.T) {
	d := Day{Root: append([]byte{0x3f, 0x2a, 0x91, 0xc0, 0x77, 0xde, 0x04, 0xb8}, make([]byte, 24)...)}
	if d.Short() != "3F2A 91C0 77DE 04B8" || len(d.Full()) != 64+15 || d.Full()[:19] != d.Short() || (Day{}).Short() != "" {
		t.Errorf("%q %q", d.Short(), d.Full())
	}
}
