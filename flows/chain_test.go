package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMasked(t *testing.T) {
	for in, want := range map[string]string{
		"王姐 13912345678":         "王姐 139****5678",
		"王姐13912345678，2人":       "王姐139****5678，2人",
		"王姐 139 1234 5678":       "王姐 139****5678",
		"王姐 139-1234-5678":       "王姐 139****5678",
		"王姐 +86 139 1234 5678":   "王姐 139****5678",
		"王姐 +8613912345678":      "王姐 139****5678",
		"王姐 １３９１２３４５６７８":         "王姐 139****5678",
		"座机0471-1234567":         "座机****",
		"座机 04711234567":         "座机 ****",
		"身份证 15020419900101001X": "身份证 ****",
		"微信 12345678":            "微信 ****",
		"3-1-1802 王姐":            "3-1-1802 王姐",
		"13-1-1802 2人":           "13-1-1802 2人",
		"小2 8:30到":               "小2 8:30到",
		"":                       "",
	} {
		if got := Masked(in); got != want {
			t.Errorf("Masked(%q) = %q, want %q", in, got, want)
		}
		if once := Masked(in); Masked(once) != once {
			t.Errorf("%q is masked twice: %q", once, Masked(once))
		}
	}
}

func TestQuoted(t *testing.T) {
	if got := Quoted("  老李\n\u202e王姐\u200b  2人 ", 20); got != "老李 王姐 2人" {
		t.Errorf("%q", got)
	}
	if got := Quoted(strings.Repeat("龙", 30), 20); got != strings.Repeat("龙", 20)+"…" {
		t.Errorf("%q", got)
	}
}

const caseSeed = "00112233445566778899aabbccddeeff"

func pasteOf(lines ...string) Paste {
	var list []PasteLine
	for _, l := range lines {
		who, n, _ := strings.Cut(l, "#")
		p := PasteLine{Who: who, N: 1}
		if n != "" {
			_, _ = fmt.Sscan(n, &p.N)
		}
		list = append(list, p)
	}
	return NewPaste(caseSeed, list)
}

func TestPasteSince(t *testing.T) {
	for _, c := range []struct {
		was, now string
		want     Changes
	}{
		{"", "老李,王姐", Changes{First: true}},
		{"老李,王姐", "老李,王姐", Changes{Same: 2}},
		{"老李,王姐", "老李,王姐,小马", Changes{Same: 2, New: []int{2}}},
		{"老李,王姐,小马", "王姐,小马#2", Changes{Same: 2, Gone: 1, Other: []int{1}}},
		{"老李,王姐", "小马", Changes{New: []int{0}, Gone: 2}},
		{"王阿姨,王阿姨", "王阿姨", Changes{Same: 1, Gone: 1}},
		{"王阿姨", "王阿姨,王阿姨", Changes{Same: 1, New: []int{1}}},
		{" 老李。", "老 李", Changes{Same: 1}}, // people retype what they copy
		{"🌹", "🌹,🌻", Changes{Same: 1, New: []int{1}}},
		{"王姐 13912345678", "王姐 139****5678", Changes{Same: 1}}, // as Linli has written it back
		{strings.Repeat("龙", 300), strings.Repeat("龙", 100) + "…", Changes{Same: 1}},
	} {
		var was *Paste
		if c.was != "" {
			p := pasteOf(strings.Split(c.was, ",")...)
			was = &p
		}
		if d := cmp.Diff(c.want, pasteOf(strings.Split(c.now, ",")...).Since(was)); d != "" {
			t.Errorf("%q → %q: (-want +got)\n%s", c.was, c.now, d)
		}
	}
}

// What is kept of a list says nobody's name, is short, and is other in another case.
func TestPasteSaysNobody(t *testing.T) {
	p := pasteOf("王姐 13912345678", "老李#3")
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"王", "李", "139", "5678"} {
		if strings.Contains(string(b), w) {
			t.Errorf("%s is in %s", w, b)
		}
	}
	if len(b) > 60 {
		t.Errorf("%d bytes for two lines: %s", len(b), b)
	}
	other := NewPaste("ffeeddccbbaa99887766554433221100", []PasteLine{{Who: "王姐 13912345678", N: 1}, {Who: "老李", N: 3}})
	if p.Sums[0] == other.Sums[0] || p.Sums[1] == other.Sums[1] {
		t.Error("the same people are the same in every case")
	}
}

func TestGroupLists(t *testing.T) {
	var lists GroupLists
	add := func(chat ChatID, want Changes, lines ...string) {
		t.Helper()
		before := append(GroupLists{}, lists...)
		was := lists
		var got Changes
		var lost bool
		if lists, got, lost = lists.With(chat, pasteOf(lines...)); lost {
			t.Fatal("too many")
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v: (-want +got)\n%s", lines, d)
		}
		if d := cmp.Diff(before, append(GroupLists{}, was...)); d != "" {
			t.Errorf("the lists before were changed:\n%s", d)
		}
	}
	add("", Changes{First: true}, "老李", "王姐#3")
	add("", Changes{First: true}, "张三", "李四", "王五") // of another group
	if lists.Sum() != 7 || len(lists) != 2 {
		t.Errorf("%d of %d lists", lists.Sum(), len(lists))
	}
	add("", Changes{Same: 2, New: []int{2}}, "老李", "王姐#3", "小马")
	add("", Changes{Same: 2, Gone: 1}, "张三", "李四")
	if lists.Sum() != 7 || len(lists) != 2 {
		t.Errorf("%d of %d lists", lists.Sum(), len(lists))
	}
	add("", Changes{First: true}, "甲", "乙", "丙", "王姐#3") // of a third, in which somebody bears the same name
	lists = lists[:2]
	add("g1", Changes{Same: 2}, "张三", "李四") // Linli has come into that group
	add("g1", Changes{New: []int{0}, Gone: 2}, "赵六")
	add("g2", Changes{First: true}, "赵六") // the same name in another group is another person
	if len(lists) != 3 {
		t.Errorf("%d lists", len(lists))
	}
	for i := len(lists); i < MostGroupLists; i++ {
		add("", Changes{First: true}, fmt.Sprint("某人", i))
	}
	if next, _, lost := lists.With("", pasteOf("最后一个")); !lost || len(next) != MostGroupLists {
		t.Errorf("one more than may be: %v, %d", lost, len(next))
	}
}

func TestCalled(t *testing.T) {
	for _, c := range []struct {
		title, name string
		want        bool
	}{
		{"周四学吉他报名", "学吉他", true},
		{"太极拳", "太极拳晨练", true},
		{"学吉他\n自带琴", "学吉他", true},
		{"楼前装充电桩", "要不要在楼前装充电桩？", true},
		{"周六大扫除", "周六大扫除您家来不来？", true},
		{"要不要在楼前装充电桩，再不装就晚了，请大家", "要不要在楼前装充电桩，再不装就…", true},
		{"土鸡蛋", "学吉他", false},
		{"", "学吉他", false},
		{"学吉他", "", false},
		{"报名", "学吉他报名", false}, // says nothing
		{"拳", "太极拳", false},
		{"Yoga on Friday", "Yoga", true},
		{"email list", "AI", false},
	} {
		if got := (Chain{Title: c.title}).Called(c.name); got != c.want {
			t.Errorf("%q like %q: %v", c.title, c.name, got)
		}
	}
}

func TestAgain(t *testing.T) {
	c := Chain{Title: "0007 学吉他\n自带琴，问王姐 13912345678\n\n别迟到", Lines: []ChainLine{{N: 1, Text: "张大爷"}, {N: 1, Text: "老李 2人"}, {N: 7, Text: "王姐\n13912345678"}, {N: 9, Text: "老李 2人"}}}
	if got, want := c.Again(), "1. 张大爷\n2. 老李 2人\n3. 王姐 139****5678\n4. 老李 2人"; got != want {
		t.Errorf("%q", got)
	}
	if got, want := c.Above(func(l string) bool { return strings.HasPrefix(l, "0007") }), "自带琴，问王姐 139****5678\n别迟到"; got != want {
		t.Errorf("%q", got)
	}
	if got := c.Twice(); !slices.Equal(got, []int{4}) {
		t.Errorf("twice: %v", got)
	}
}

// A list is taken by its number, or because it answers a message; one that only is called like
// something is never more than a question.
func TestListFor(t *testing.T) {
	guitar := Similar{Case: CaseRef{ID: "1", No: 7}, Flow: ActivityFlow, Stage: "open", Title: "学吉他", Why: ByMatter}
	other := Similar{Case: CaseRef{ID: "2", No: 8}, Flow: ActivityFlow, Stage: "open", Title: "学吉他（二班）", Why: ByMatter}
	poll := Similar{Case: CaseRef{ID: "3", No: 9}, Flow: "poll", Stage: "open", Title: "要不要在楼前装充电桩？", Why: ByMatter}
	closed := Similar{Case: CaseRef{ID: "4", No: 10}, Flow: "poll", Stage: "closed", Title: "装长椅吗？", Why: ByNumber}
	demand := Similar{Case: CaseRef{ID: "5", No: 11}, Flow: "demand", Stage: "filed", Title: "学吉他", Why: ByNumber}
	hearing := Similar{Case: CaseRef{ID: "6", No: 12}, Flow: "hearing", Stage: "asking", Title: "楼道杂物", Why: ByNumber}
	child := Similar{Case: CaseRef{ID: "7", No: 12, Parent: "6"}, Flow: "poll", Stage: "closed", Title: "楼道杂物怎么清？", Why: ByNumber}
	all := []Similar{closed, demand, hearing, child, guitar, other, poll}
	for _, c := range []struct {
		title  string
		no     int
		recent ID
		older  bool
		want   string
		sure   bool
	}{
		{"学吉他", 7, "", false, "1", true},
		{"随便什么", 8, "", false, "2", true},
		{"学吉他", 0, "", false, "1 2", false},
		{"学吉他（二班）", 0, "", false, "1 2", false}, // one name stands in the other
		{"楼前装充电桩", 0, "", false, "3", false},
		{"楼前装充电桩", 99, "", false, "3", false}, // a number of nothing
		{"土鸡蛋", 0, "", false, "", false},
		{"土鸡蛋", 0, "1", false, "", false}, // who has just spoken of the one may send the list of another
		{"土鸡蛋", 0, "1", true, "1", true},
		{"", 10, "", false, "4", true}, // it says that its time is over
		{"", 11, "", false, "", false},
		{"", 12, "", false, "6", true}, // of those with one number the one that takes a list
	} {
		e := Event{What: Said{Direct: true, Recent: c.recent, Older: c.older}, Reading: Reading{Number: c.no, Chain: &Chain{Title: c.title}}, Similar: all}
		list, sure := ListFor(e)
		var ids []string
		for _, x := range list {
			ids = append(ids, string(x.Case.ID))
		}
		if got := strings.Join(ids, " "); got != c.want || sure != c.sure {
			t.Errorf("%+v: %q, sure %v", c, got, sure)
		}
	}
}
