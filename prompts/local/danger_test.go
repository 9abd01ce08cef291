package local

import (
	"os"
	"strings"
	"testing"

	"linli/flows"
)

// lines gives the cases of a file in testdata: tab-separated fields. A line
// without a tab goes on with the case before it.
func lines(t testing.TB, file string, fields int) [][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, l := range strings.Split(strings.TrimRight(string(raw), "\n"), "\n") {
		switch f := strings.Split(l, "\t"); {
		case strings.HasPrefix(l, "#"):
		case len(f) == fields:
			out = append(out, f)
		case len(f) == 1 && len(out) > 0:
			last := out[len(out)-1]
			last[fields-1] += "\n" + l
		default:
			t.Fatalf("%s: %q has %d fields, want %d", file, l, len(f), fields)
		}
	}
	return out
}

func TestDanger(t *testing.T) {
	cases := lines(t, "danger.txt", 2)
	r := New()
	var yes, no int
	for _, c := range cases {
		want := flows.Danger(c[0])
		if want == "-" {
			want, no = "", no+1
		} else {
			yes++
		}
		if got := r.Danger(c[1]); got != want {
			t.Errorf("Danger(%q) = %q, want %q", c[1], got, want)
		}
	}
	if yes < 75 || no < 75 {
		t.Errorf("the table has %d dangers and %d others, want 75 of each", yes, no)
	}
}

// What a keyboard, a phone or fright puts between the runes must not hide a danger.
func TestDangerDisguised(t *testing.T) {
	r := New()
	for text, want := range map[string]flows.Danger{"着火了": flows.Fire, "煤气味": flows.Gas, "电梯困人": flows.Lift, "不想活了": flows.Suicide, "老公打我": flows.Violence, "晕倒了": flows.Medical, "走丢了": flows.Lost} {
		for _, between := range []string{" ", "  ", "　", "\u200b", "\u200d\ufeff", "\u2060", "\u202e", "\n", ".", "·", "*", "，", "。", "🔥", "\u0301", "\u00ad", "_"} {
			s := strings.Join(strings.Split(text, ""), between)
			if got := r.Danger(s); got != want {
				t.Errorf("Danger(%q) = %q, want %q", s, got, want)
			}
		}
		for _, around := range []string{"[大哭][大哭]%", "%!!!!!!", "@物业 %", "3号楼2单元%", "%\n%\n%", "啊啊啊%", "\xff\xfe%\xff", "大家好，%，快"} {
			s := strings.ReplaceAll(around, "%", text)
			if got := r.Danger(s); got != want {
				t.Errorf("Danger(%q) = %q, want %q", s, got, want)
			}
		}
	}
}
