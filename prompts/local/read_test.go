package local

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/prompts"

	"github.com/google/go-cmp/cmp"
)

func TestPlace(t *testing.T) {
	r, s := New(), town()
	cases := lines(t, "place.txt", 3)
	if len(cases) < 60 {
		t.Fatalf("%d cases, want 60", len(cases))
	}
	for _, c := range cases {
		ctx := prompts.Context{At: noon, Settings: s}
		switch c[1] {
		case "3":
			ctx.Scope.Building = "3"
		case "direct":
			ctx.Direct = true
			fallthrough
		case "home":
			ctx.Home = flows.Place{Building: "5", Unit: "2", Floor: 7, Room: "701"}
		}
		p := r.Read(c[2], ctx).Place
		got := fmt.Sprintf("%s/%s/%d/%s/%s", p.Building, p.Unit, p.Floor, p.Room, p.Spot)
		f := strings.Split(c[0], "/")
		for len(f) < 5 {
			f = append(f, "")
		}
		if i := strings.IndexByte(f[3], '@'); i >= 0 {
			f[3], f[4] = f[3][:i], f[3][i+1:]
		}
		if f[2] == "" {
			f[2] = "0"
		}
		if want := strings.Join(f, "/"); got != want {
			t.Errorf("Read(%q) in %s: place %s, want %s", c[2], c[1], got, want)
		}
	}
}

func TestItem(t *testing.T) {
	r, s := New(), town()
	for _, c := range lines(t, "item.txt", 3) {
		got := r.Read(c[2], prompts.Context{At: noon, Settings: s})
		about := flows.Role(strings.TrimPrefix(c[1], "-"))
		if got.Item != c[0] || got.About != about {
			t.Errorf("Read(%q): item %q about %q, want %q about %q (%s)", c[2], got.Item, got.About, c[0], about, got.Why)
		}
	}
}

func TestFlags(t *testing.T) {
	r, s := New(), town()
	for _, c := range lines(t, "flags.txt", 2) {
		got := r.Read(c[1], prompts.Context{At: noon, Settings: s})
		var set []string
		if got.Number != 0 {
			set = append(set, "n="+strconv.Itoa(got.Number))
		}
		for _, f := range []struct {
			name string
			on   bool
		}{{"status", got.Status}, {"also", got.Also}, {"behalf", got.Behalf}, {"urgent", got.Urgent}, {"more", got.More}, {"notice", got.Notice}} {
			if f.on {
				set = append(set, f.name)
			}
		}
		if len(set) == 0 {
			set = []string{"-"}
		}
		if got := strings.Join(set, " "); got != c[0] {
			t.Errorf("Read(%q): %s, want %s", c[1], got, c[0])
		}
	}
}

func TestUntil(t *testing.T) {
	r, s := New(), town()
	for _, c := range lines(t, "until.txt", 2) {
		got := r.Read(c[1], prompts.Context{At: noon, Settings: s})
		until := "-"
		if !got.Until.IsZero() {
			until = got.Until.Format("2006-01-02 15:04")
			if _, off := got.Until.Zone(); off != 8*3600 {
				t.Errorf("Read(%q): the end is not in the zone of the moment", c[1])
			}
		}
		if !got.Notice || until != c[0] {
			t.Errorf("Read(%q): notice %v until %s, want %s", c[1], got.Notice, until, c[0])
		}
	}
}

// What is said in pieces is read together, and only what completes a demand is one.
func TestFragments(t *testing.T) {
	r, s := New(), town()
	lift := flows.Place{Building: "3", Unit: "2"}
	for _, c := range []struct {
		before []string
		text   string
		want   flows.Reading // Demand: 1 for sure, 0 for below maybe
	}{
		{nil, "3号楼2单元", flows.Reading{Place: lift, More: true}},
		{[]string{"3号楼2单元"}, "电梯又坏了", flows.Reading{Demand: 1, Item: "1-1", Place: lift}},
		{[]string{"3号楼2单元", "电梯又坏了"}, "有老人下不来", flows.Reading{Item: "1-1", Place: lift, Urgent: true, More: true}},
		{[]string{"电梯又坏了"}, "3号楼2单元", flows.Reading{Item: "1-1", Place: lift, More: true}},
		{[]string{"3号楼2单元电梯"}, "坏了三天了", flows.Reading{Demand: 1, Item: "1-1", Place: lift}},
		{[]string{"3号楼", "2单元"}, "楼道灯不亮", flows.Reading{Demand: 1, Item: "1-2", Place: lift}},
		{[]string{"3号楼1单元电梯坏了"}, "不对，是2单元", flows.Reading{Item: "1-1", Place: lift, More: true}},
		{[]string{"3号楼2单元电梯坏了"}, "谢谢", flows.Reading{}},
		{[]string{"3号楼2单元电梯坏了"}, "哈哈哈", flows.Reading{}},
		{[]string{"5号楼停电了"}, "3号楼2单元电梯也坏了", flows.Reading{Demand: 1, Item: "1-1", Place: lift}},
		{[]string{"大家好", "3号楼2单元"}, "下水道堵了", flows.Reading{Demand: 1, Item: "2-5", Place: lift}},
		{[]string{"电梯停了", "3号楼2单元"}, "有人困里面了", flows.Reading{Danger: flows.Lift, Item: "1-1", Place: lift}},
		{[]string{"5号楼着火了"}, "3号楼2单元", flows.Reading{Place: lift, More: true}},
	} {
		got := r.Read(c.text, prompts.Context{At: noon, Settings: s, Before: c.before})
		got.Why = ""
		switch {
		case got.Danger != "" || got.Demand < 0.4:
			got.Demand = 0
		case got.Demand >= 0.75:
			got.Demand = 1
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%q then %q: (-want +got)\n%s", c.before, c.text, d)
		}
	}
}

// More words that speak for a demand never make it less likely.
func TestDemandGrows(t *testing.T) {
	r, s := New(), town()
	ctx := prompts.Context{At: noon, Settings: s}
	for _, steps := range [][]string{
		{"电梯", "电梯坏了", "电梯又坏了", "3号楼电梯又坏了", "3号楼电梯又坏了，能不能派人修"},
		{"垃圾", "垃圾没人清", "垃圾三天没人清", "5号楼垃圾三天没人清", "5号楼垃圾三天没人清，谁来管管"},
	} {
		last := -1.0
		for _, text := range steps {
			got := r.Read(text, ctx).Demand
			if got < last {
				t.Errorf("Read(%q).Demand = %.2f, less than with fewer words (%.2f)", text, got, last)
			}
			last = got
		}
		ctx.Direct = true
		if got := r.Read(steps[1], ctx).Demand; got <= r.Read(steps[1], prompts.Context{At: noon, Settings: s}).Demand {
			t.Errorf("Read(%q) counts no more when written to Linli", steps[1])
		}
		ctx.Direct = false
	}
}

func TestWhy(t *testing.T) {
	got := New().Read("3号楼电梯又坏了，谁来管管", prompts.Context{At: noon, Settings: town()})
	for _, w := range []string{"电梯", "坏了", "谁来管"} {
		if !strings.Contains(got.Why, w) {
			t.Errorf("Why = %q, want %q in it", got.Why, w)
		}
	}
}

// Two communities, and two versions of one, are read each by its own directory.
func TestSettings(t *testing.T) {
	r, one, two := New(), town(), town()
	two.Buildings = two.Buildings[:2]
	if got := r.Read("5号楼没水", prompts.Context{At: noon, Settings: one}).Place.Building; got != "5" {
		t.Errorf("building %q, want 5", got)
	}
	if got := r.Read("5号楼没水", prompts.Context{At: noon, Settings: two}).Place.Building; got != "" {
		t.Errorf("building %q in a community without it", got)
	}
	one.Version, one.Buildings = "2", one.Buildings[:2]
	if got := r.Read("5号楼没水", prompts.Context{At: noon, Settings: one}).Place.Building; got != "" {
		t.Errorf("building %q by the tables of an older version", got)
	}
	if got := r.Read("5号楼没水", prompts.Context{At: noon}); got.Place.Building != "" || got.Item != "" {
		t.Errorf("%+v without settings", got)
	}
	for range 2 * most {
		r.Read("没水", prompts.Context{At: noon, Settings: &flows.Settings{Version: "x"}})
	}
	if len(r.tables) > most {
		t.Errorf("%d tables are held, want at most %d", len(r.tables), most)
	}
}

func TestLong(t *testing.T) {
	r, s := New(), town()
	for _, text := range []string{
		strings.Repeat("电梯坏了，", 700_000), strings.Repeat("煤气", 1_700_000), strings.Repeat("\xff", 10<<20), strings.Repeat("ﷺ", 3_000_000),
		strings.Repeat("3-2-", 2_500_000), strings.Repeat("@", 10<<20), strings.Repeat("[", 10<<20), strings.Repeat("十", 3_000_000), strings.Repeat("我家的孩子", 600_000), strings.Repeat("a\u0301", 3_000_000), strings.Repeat("不是演练着火没有", 500_000), strings.Repeat("没有着火", 500_000), strings.Repeat("物业不管网格员态度差", 500_000), strings.Repeat("3号楼501", 700_000), strings.Repeat("明天9点到18点停水预计8点恢复", 400_000), strings.Repeat("0412号 ", 700_000),
	} {
		begin := time.Now()
		got := r.Read(text, prompts.Context{At: noon, Settings: s, Before: []string{text, text}})
		r.Danger(text)
		took := time.Since(begin)
		t.Logf("%v for %q…", took, head(text, 8))
		bounded(t, got)
	}
}

func bounded(t *testing.T, got flows.Reading) {
	t.Helper()
	if !(got.Demand >= 0 && got.Demand <= 1) {
		t.Errorf("Demand = %v", got.Demand)
	}
	if len(got.Why) > 1000 || len(got.Place.Room) > 8 || got.Number < 0 || got.Number > 99999 {
		t.Errorf("out of bounds: %+v", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range []string{"talk.txt", "place.txt"} {
		for _, c := range lines(f, file, 3) {
			f.Add(c[2], "3号楼2单元")
		}
	}
	for _, c := range lines(f, "until.txt", 2) {
		f.Add(c[1], "电梯")
	}
	f.Add("\xff\xfe\u202e3\u200b号楼", "")
	r, s := New(), town()
	f.Fuzz(func(t *testing.T, text, before string) {
		got := r.Read(text, prompts.Context{At: noon, Settings: s, Before: []string{before}, Home: flows.Place{Building: "3", Unit: "2"}, Direct: len(before)%2 == 0})
		bounded(t, got)
		if b := got.Place.Building; b != "" {
			if _, ok := s.Building(b); !ok {
				t.Errorf("building %q is invented", b)
			}
		}
		if got.Item != "" {
			if _, ok := s.Item(got.Item); !ok {
				t.Errorf("item %q is invented", got.Item)
			}
		}
		if again := r.Read(text, prompts.Context{At: noon, Settings: s, Before: []string{before}, Home: flows.Place{Building: "3", Unit: "2"}, Direct: len(before)%2 == 0}); !cmp.Equal(got, again) {
			t.Errorf("read twice: %+v, %+v", got, again)
		}
		if own := r.Danger(text); own != "" && got.Danger != own {
			t.Errorf("Danger %q, Read %q", own, got.Danger)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	r, s := New(), town()
	c := prompts.Context{At: noon, Settings: s}
	var texts []string
	for _, x := range lines(b, "talk.txt", 3) {
		texts = append(texts, x[2])
	}
	r.Read("", c)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		r.Read(texts[i%len(texts)], c)
	}
}

func BenchmarkDanger(b *testing.B) {
	r := New()
	var texts []string
	for _, x := range lines(b, "danger.txt", 2) {
		texts = append(texts, x[1])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Danger(texts[i%len(texts)])
	}
}

// When and how something goes wrong is no thing: of a line of the duty list it says nothing
// unless what is wrong stands with it.
func TestWordsBesideAProblem(t *testing.T) {
	r, s := New(), shipped(t)
	for text, want := range map[string]string{
		"地下车库有人一直抽烟": "", "半夜总有人按门铃": "", "家里的猫丢了": "",
		"电闸一直跳": "2-2", "又一直跳闸": "2-2", "家里没电了": "2-2", "家里一直没水": "2-1", "下雨就漏": "1-4", "半夜楼上吵": "5-1", "东西被偷了": "6-3",
	} {
		if got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true}).Item; got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
