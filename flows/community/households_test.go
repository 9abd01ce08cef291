package community

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

func TestHouseholds(t *testing.T) {
	f, err := parse(t, "households:                 #", `households:
  - {home: 13-1-302, area: 76.2}
  - {home: 11-1-1203, area: "100", owner: 业17}
  - {home: 11-1-501, area: 89.5㎡, owner: 业17, let: true}
#`, "\n  - {home: 13-1-302, area: 76.20}", "")
	if err != nil {
		t.Fatal(err)
	}
	s := f.Settings
	if d := cmp.Diff([]flows.Household{
		{Building: "11", Unit: "1", Room: "501", Area: 8950, Owner: "业17", Let: true},
		{Building: "11", Unit: "1", Room: "1203", Area: 10000, Owner: "业17"},
		{Building: "13", Unit: "1", Room: "101", Area: 8956, Owner: "o1"},
		{Building: "13", Unit: "1", Room: "102", Area: 7620},
		{Building: "13", Unit: "1", Room: "201", Area: 8956, Owner: "o1"},
		{Building: "13", Unit: "1", Room: "202", Area: 7620, Let: true},
		{Building: "13", Unit: "1", Room: "301", Area: 8956},
		{Building: "13", Unit: "1", Room: "302", Area: 7620},
	}, s.Households); d != "" {
		t.Error(d)
	}
	if want := "11号楼是100户，户册里写了2户"; !strings.Contains(Mistakes(f.Warnings).Error(), want) || len(f.Warnings) != 1 {
		t.Errorf("want %s, got %v", want, f.Warnings)
	}
	same(t, f)
	if r := s.RollOf(flows.Scope{Building: "13"}, flows.PerOwner); r.Voters != 5 || r.Area != 3*8956+3*7620 {
		t.Errorf("%+v", r)
	}
	// A building of which nothing else is known has as many households as are listed.
	f, err = parse(t, "units: 1, floors: 3, per_floor: 2}", "units: 1}")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := f.Settings.Building("13"); b.Households != 6 || len(f.Warnings) > 0 {
		t.Error(b, f.Warnings)
	}
}

func TestWarningsOfPolls(t *testing.T) {
	for name, c := range map[string]struct {
		pairs    []string
		at, want string // want "": no warning at all
	}{
		"as it is":            {nil, "", ""},
		"no roll":             {[]string{"units: 2, floors: 12, per_floor: 4}", "units: 2}"}, "- id: liu", "3号楼有楼栋长，但不知道有多少户"},
		"the number will do":  {[]string{"units: 2, floors: 12, per_floor: 4}", "units: 2, households: 96}"}, "", ""},
		"no area":             {[]string{"{home: 13-1-302, area: 76.20}", "{home: 13-1-302}"}, "households:      ", "户册里没有一栋楼的面积是写全的"},
		"no area, none asked": {[]string{"{home: 13-1-302, area: 76.20}", "{home: 13-1-302}", "polls: {}", "polls: {forces: [{force: owners, start: []}]}\n#"}, "", ""},
		"in part":             {[]string{"  - {home: 13-1-302, area: 76.20}\n", ""}, "  - {id: 13,", "13号楼是6户，户册里写了5户"},
		"late":                {[]string{"polls: {}", "polls:\n  close: \"21:30\"\n#"}, `  close: "21:30"`, "投票截止的时间 21:30（close）落在不打扰的时段里"},
		"early evening":       {[]string{`evening: "21:30"`, `evening: "19:00"`}, "  evening:", "投票截止的时间 20:00"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parse(t, c.pairs...)
			if err != nil {
				t.Fatal(err)
			}
			got := Mistakes(f.Warnings).Error()
			if c.want == "" {
				if got != "" {
					t.Error(got)
				}
				return
			}
			if want := fmt.Sprintf("社区.yaml:%d: %s", lineOf(t, replaced(t, c.pairs...), c.at), c.want); !strings.Contains(got, want) {
				t.Errorf("want %s\ngot  %s", want, got)
			}
		})
	}
}

// A code is never a name or a number of somebody's, and what looks like one is not
// told again.
func TestOwnersCodes(t *testing.T) {
	for _, code := range []string{"o17", "A-003", "业17", "业主17", "17", "dev", "甲3", "x_1", "12345", ""} {
		if p := codeProblem(code); p != "" {
			t.Errorf("%s %s", code, p)
		}
	}
	for _, code := range []string{"张三", "欧阳小明", "张三1", "张", "业主张三", "13812345678", "0471-1234567", "152801199001011234", "o 17", "o/17", "娜仁·其木格", "ᠪᠠᠶᠢ", "a;b", "Zhang San", strings.Repeat("x", 25)} {
		switch p := codeProblem(code); {
		case p == "":
			t.Errorf("%s may be a code", code)
		case strings.Contains(p, code):
			t.Errorf("%s is told: %s", code, p)
		}
	}
}

func TestAreaAsWritten(t *testing.T) {
	for text, want := range map[string]area{"89.56": 8956, "89.5": 8950, "89": 8900, "89.50": 8950, "89.5600": 8956, "0.01": 1, "2000": 200000, "89.56㎡": 8956, "89 平方米": 8900} {
		var a area
		if err := a.UnmarshalText([]byte(text)); err != nil || a != want {
			t.Errorf("%q: %d %v", text, a, err)
		}
	}
	for _, text := range []string{"0", "0.00", "-1", "2000.01", "9000000", "89.567", "1e3", "约90", ".5", "89,56", "８９", ""} {
		a := area(7)
		if err := a.UnmarshalText([]byte(text)); err == nil || a != 7 {
			t.Errorf("%q is read as %d", text, a)
		}
	}
}

// manyHouseholds is the example with a register of n households in ten buildings.
func manyHouseholds(tb testing.TB, n int) string {
	tb.Helper()
	text := string(Example())
	var w strings.Builder
	from := strings.Index(text, "households:                 #")
	to := strings.Index(text, "groups:                     #")
	w.WriteString(text[:from] + "households:\n")
	for i := range n {
		fmt.Fprintf(&w, "  - {home: %d-1-%d, area: %d.%02d, owner: o%d}\n", i%10+1, 100*(i/10%6+1)+i/60+1, 60+i%80, i%100, i*9/10)
	}
	text = w.String() + text[to:]
	if from < 0 || to < from {
		tb.Fatal("the example has another form")
	}
	return text
}

func TestManyHouseholds(t *testing.T) {
	const n = 3000
	f, err := Parse("x.yaml", []byte(manyHouseholds(t, n)), shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.Settings.Households); got != n || !slices.IsSortedFunc(f.Settings.Households, flows.Household.Compare) {
		t.Fatalf("%d households", got)
	}
	for _, h := range f.Settings.Households {
		if got, ok := f.Settings.Household(h.Place()); !ok || got != h {
			t.Fatalf("%+v is found as %+v", h, got)
		}
	}
	// However many change, a building is one line.
	none, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	d := Differences(none.Settings, f.Settings)
	if len(d) != 11 {
		t.Errorf("%d lines: %v", len(d), d)
	}
	for _, x := range d {
		if len([]rune(x.String())) > 200 {
			t.Error(x)
		}
	}
	same(t, f)
}

func BenchmarkReadThreeThousandHouseholds(b *testing.B) {
	text := []byte(manyHouseholds(b, 3000))
	duty := shipped(b)
	for b.Loop() {
		if _, err := Parse("x.yaml", text, duty); err != nil {
			b.Fatal(err)
		}
	}
}
