package community

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// shipped reads the duty list that comes with the demand flow.
func shipped(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../demand/dutylist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// replaced is the example with some text replaced; pairs are old and new.
func replaced(t *testing.T, pairs ...string) string {
	t.Helper()
	text := string(Example())
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the example does not contain %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func parse(t *testing.T, pairs ...string) (*File, error) {
	t.Helper()
	return Parse("社区.yaml", []byte(replaced(t, pairs...)), shipped(t))
}

func TestExampleHasNoMistakesAndNoWarnings(t *testing.T) {
	f, err := Parse("example.yaml", Example(), shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Warnings) > 0 {
		t.Errorf("warnings:\n%s", Mistakes(f.Warnings))
	}
	s := f.Settings
	if !s.Example || !strings.Contains(s.Name, "虚构") {
		t.Error("the example does not say that it is one")
	}
	got := map[string]int{"classes": len(s.Classes), "items": len(s.Items), "grids": len(s.Grids), "buildings": len(s.Buildings), "spots": len(s.Spots), "people": len(s.People), "groups": len(s.Groups), "cast": len(f.Cast)}
	want := map[string]int{"classes": 8, "items": 34, "grids": 3, "buildings": 13, "spots": 2, "people": 20, "groups": 2, "cast": 13}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, s.Zone)
	lift, _ := s.Item("1-1")
	if d := cmp.Diff([]flows.PersonID{"feng", "li", "zhou", "chen", "zheng", "zhaos"}, s.Ladder(lift, flows.Place{Building: "3", Unit: "2"}, "", at)); d != "" {
		t.Error("who is asked for a lift:", d)
	}
	if d := cmp.Diff([]flows.PersonID{"sun", "qian", "chen", "zheng", "zhaos"}, s.DutyLadder(at)); d != "" {
		t.Error("who is paged:", d)
	}
	if d := cmp.Diff([]flows.Post{{Role: flows.Leader, Scope: flows.Scope{Grid: "g1"}}}, s.People[0].Posts); d != "" {
		t.Error("who leads a grid holds the post:", d)
	}
	for _, m := range f.Cast {
		if m.ID == "lin" {
			if d := cmp.Diff(Member{ID: "lin", Name: "小林", Age: 26, Home: flows.Place{Building: "3", Unit: "1", Floor: 12, Room: "1203"}, Consent: true, Groups: []string{"b3", "east"}, Lang: "zh-CN"}, m); d != "" {
				t.Error(d)
			}
		}
	}
}

// The duty list is for people first: every line speaks both languages, is
// promised in a time, and has enough words to be heard by.
func TestShippedDutyList(t *testing.T) {
	f, err := Parse("example.yaml", Example(), shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range f.Settings.Items {
		if it.Name["en"] == "" || it.Kind["zh-CN"] == "" || it.Kind["en"] == "" {
			t.Errorf("%s: a name or kind is missing in a language", it.ID)
		}
		if len(it.Words) < 10 || len(it.Words) > 32 {
			t.Errorf("%s: %d words", it.ID, len(it.Words))
		}
		if it.Source == "" {
			t.Errorf("%s: no source for its limits", it.ID)
		}
		if it.Photo && it.ID != "1-4" && it.ID != "3-2" {
			t.Errorf("%s: asks for a photo", it.ID)
		}
		if it.Level == flows.AtRoom != it.Private {
			t.Errorf("%s: level %s, private %v", it.ID, it.Level, it.Private)
		}
	}
}

// Each marked line of the file must be told, with its text, and nothing else.
func TestEveryMistakeAtOnce(t *testing.T) {
	const name = "testdata/mistakes.yaml"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(name, data, shipped(t))
	wrong, ok := err.(Mistakes)
	if !ok || f != nil {
		t.Fatalf("file %v, error %T %v", f, err, err)
	}
	type line struct{ told, wanted []string }
	lines := map[int]*line{}
	at := func(n int) *line {
		if lines[n] == nil {
			lines[n] = &line{}
		}
		return lines[n]
	}
	n := 0
	for i, text := range strings.Split(string(data), "\n") {
		for _, want := range strings.Split(text, "#! ")[1:] {
			at(i + 1).wanted = append(at(i+1).wanted, strings.TrimSpace(want))
			n++
		}
	}
	for _, m := range wrong {
		if m.File != name {
			t.Errorf("another file: %s", m)
		}
		at(m.Line).told = append(at(m.Line).told, m.Text)
	}
	for i, l := range lines {
		for _, want := range l.wanted {
			hit := false
			for j, told := range l.told {
				if strings.Contains(told, want) {
					l.told = append(l.told[:j:j], l.told[j+1:]...)
					hit = true
					break
				}
			}
			if !hit {
				t.Errorf("line %d: nothing said of %q, only %q", i, want, l.told)
			}
		}
		for _, told := range l.told {
			t.Errorf("line %d: said %q", i, told)
		}
	}
	t.Logf("%d mistakes", n)
	if !strings.Contains(err.Error(), fmt.Sprintf("%s:2: 社区编号", name)) {
		t.Errorf("the form of a mistake is not file:line: sentence:\n%s", err)
	}
}

// lineOf gives the line on which a text stands first.
func lineOf(t *testing.T, text, part string) int {
	t.Helper()
	before, _, ok := strings.Cut(text, part)
	if !ok {
		t.Fatalf("the file does not contain %q", part)
	}
	return strings.Count(before, "\n") + 1
}

func TestSingleMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		pairs    []string // replaced in the example
		at, want string   // a text on the line, and what is said of it
	}{
		"no gas number":     {[]string{`  gas: "0471-0000000"`, `#`}, "phones:", "没有写燃气抢修电话"},
		"dummy numbers":     {[]string{"example: true", "#"}, "  gas:", "“0471-0000000”还是示例里的假号码"},
		"nobody in office":  {[]string{"posts: [staff]", "posts: [duty]", "posts: [head]", "posts: [duty]", "[secretary, duty, reviewer]", "[duty, reviewer]"}, "people:", "社区、主任、书记一个人都没有"},
		"no secretary":      {[]string{"[secretary, duty, reviewer]", "[duty, reviewer]"}, "people:", "没有人担任书记，8-2没人办"},
		"tab":               {[]string{"  police:", "\tpolice:"}, "\tpolice", "这一行附近写法不对"},
		"second document":   {[]string{"cast:", "---\ncast:"}, "---\n", "一个文件里只能写一份"},
		"alias":             {[]string{"stand_ins: [zhou]", "stand_ins: &x [zhou]"}, "&x", "不能用 & 和 * 引用"},
		"list for a value":  {[]string{"name: 第一网格", "name: [第一网格]"}, "[第一网格]", "“name”只能写一个值"},
		"value for a list":  {[]string{"items: []", "items: {}"}, "items: {}", "“items”要写成清单"},
		"word for a list":   {[]string{"lang: zh-CN", "roster: x"}, "roster: x", "“roster”要写成清单"},
		"sums":              {[]string{"households: 318", "households: 319"}, "households: 319", "网格g1写的是319户，它的楼加起来是318户"},
		"overlap of a spot": {[]string{"aliases: [东大门, 小区东门]", "aliases: [三栋]"}, "[三栋]", "“三栋”既可以指3号楼（3），又可以指东门（gate）"},
		"overlap in width":  {[]string{"[东塔, 东边塔楼]", "[地 库]"}, "地下车库,", "“地库”既可以指11号楼（11），又可以指地下车库（garage）"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, c.pairs...)
			want := fmt.Sprintf("社区.yaml:%d: %s", lineOf(t, replaced(t, c.pairs...), c.at), c.want)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %s\ngot  %v", want, err)
			}
		})
	}
	for name, data := range map[string]string{"empty": "", "comment only": "# nothing\n", "no mapping": "- a\n", "word": "hallo"} {
		if _, err := Parse("x.yaml", []byte(data), shipped(t)); err == nil {
			t.Errorf("%s: no mistake", name)
		} else if !strings.HasPrefix(err.Error(), "x.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		pairs    []string
		at, want string
	}{
		"small grid":           {[]string{"households: 318", "households: 294", "id: 1, name: 1号楼, units: 3", "id: 1, name: 1号楼, units: 2"}, "households: 294", "网格g1只有294户"},
		"empty roster":         {[]string{"  - {person: sun, stand_ins: [qian]}", "#"}, "roster:", "值班表：每天0:00到24:00没有人值班"},
		"gap at night":         {[]string{"person: sun, stand_ins", `person: sun, from: "7:00", to: "22:30", stand_ins`}, "roster:", "值班表：每天0:00到7:00没有人值班"},
		"free weekend":         {[]string{"person: sun, stand_ins", `person: sun, days: [周一, 周二, 周三, 周四, 周五, 周六], stand_ins`}, "roster:", "值班表：周日0:00到24:00没有人值班"},
		"over midnight":        {[]string{"person: sun, stand_ins", `person: sun, days: [周一], from: "18:00", to: "8:00", stand_ins`}, "roster:", "值班表：周一0:00到18:00没有人值班"},
		"no property":          {[]string{"posts: [property]", "posts: [staff]"}, "people:", "物业没有人在用邻里：1-1、1-2"},
		"house count":          {[]string{"floors: 12, per_floor: 4}\n  - {id: 4", "floors: 12, per_floor: 3, households: 96}\n  - {id: 4"}, "per_floor: 3, households: 96", "3号楼写的是96户，按单元、楼层和每层户数算是72户"},
		"person for what":      {[]string{"posts: [property]}", "posts: [property]}\n  - {id: xyz, name: 某某}"}, "某某", "某某没有职务"},
		"duty no phone":        {[]string{`name: 孙值班, phone: "0471-0000005"`, "name: 孙值班"}, "{person: sun", "孙值班在值班表上，但没有写电话"},
		"namesakes":            {[]string{"posts: [property]}", "posts: [property]}\n  - {id: li2, name: 李网格, posts: [staff]}"}, "id: li2", "有两个人都叫李网格（li、li2）：取绑定码时要写编号"},
		"leave, nobody":        {[]string{"    stand_ins: [zhou]       #", "    #", "{id: li, name: 李网格,", "{id: li, leave: [{from: 2026-12-01, to: 2026-12-03}], name: 李网格,"}, "{id: li,", "李网格请假没有写谁替"},
		"kept for ever":        {[]string{"words: 180d", "words: 永远", "cases: 1095d", "cases: forever"}, "    words:", "原话、照片或不再来的人写的是永远留着"},
		"Chinese, again":       {[]string{"other: ᠭᠠᠷᠠᠰᠢ", "other: 车库"}, "id: garage", "地下车库的另一种文字的名称（other）里有汉字"},
		"review at night":      {[]string{"hearings: {}", "hearings:\n  review: 周三 22:00"}, "  review: 周三 22:00", "审议题的时间 周三 22:00（review）落在不打扰的时段里"},
		"review too early":     {[]string{`morning: "8:30"`, `morning: "9:30"`, `bundles: ["8:30", "14:30"]`, `bundles: ["9:30"]`}, "  morning:", "审议题的时间 周三 9:00（review）落在不打扰的时段里"},
		"no source":            {[]string{"hearings: {}", `hearings: {clear: {days: 7, source: ""}}`}, "hearings: {", "通知和开会之间隔几个净天（clear）写了7天，却没有写来源（source）：没有来源的不执行"},
		"secretary supervises": {[]string{"posts: [secretary, duty, reviewer]", "posts: [secretary, duty, supervisor]"}, "id: zhaos", "赵书记既是书记，又在监督委员会：监督的人不能审议题，议题由别人审"},
		"body no phone":        {[]string{`name: 城管, phone: "0474-0000003"`, "name: 城管"}, "城管", "城管没有写电话"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parse(t, c.pairs...)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("社区.yaml:%d: %s", lineOf(t, replaced(t, c.pairs...), c.at), c.want)
			if !strings.Contains(Mistakes(f.Warnings).Error(), want) {
				t.Errorf("want %s\ngot  %v", want, f.Warnings)
			}
		})
	}
}

func TestRosterWithoutGaps(t *testing.T) {
	f, err := parse(t, "  - {person: sun, stand_ins: [qian]}", `  - {person: sun, from: "18:00", to: "8:30"}
  - {person: qian, from: "8:30", to: "18:00"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Warnings) > 0 {
		t.Error(f.Warnings)
	}
}

// The gaps that are found are those in which nobody but the committee's own
// people is paged.
func TestGapsAgreeWithTheLadder(t *testing.T) {
	f, err := parse(t, "  - {person: sun, stand_ins: [qian]}", `  - {person: sun, days: [周一, 周五], from: "22:00", to: "6:30"}
  - {person: qian, days: [周三]}`)
	if err != nil {
		t.Fatal(err)
	}
	week := make([]bool, 7*24*60)
	for _, sh := range f.Settings.Roster {
		cover(week, sh)
	}
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, f.Settings.Zone)
	for m := range week {
		onDuty := f.Settings.DutyLadder(monday.Add(time.Duration(m) * time.Minute))[0] != "chen"
		if onDuty != week[m] {
			t.Fatalf("minute %d of the week: covered %v, paged %v", m, week[m], onDuty)
		}
	}
}

func TestUsualSpellings(t *testing.T) {
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := f.Settings.Building("12")
	if d := cmp.Diff([]string{"十二号楼", "12栋", "十二栋", "12幢", "十二幢", "12#", "12#楼"}, b.Aliases); d != "" {
		t.Error(d)
	}
	for n, want := range map[int]string{1: "一", 10: "十", 11: "十一", 20: "二十", 35: "三十五", 100: "一百", 105: "一百零五", 110: "一百一十", 118: "一百一十八", 999: "九百九十九"} {
		if got := chinese(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if usual("阳光苑") != nil {
		t.Error("a name that is no number got spellings")
	}
}

func TestItemsOfTheCommunity(t *testing.T) {
	f, err := parse(t, "items: []", `items:
  - {id: 1-1, answer: 2h, more_words: [梯子趴窝了]}
  - {id: 1-2, words: [灯灭了]}
  - {id: 1-6, name: 儿童滑梯损坏, words: [滑梯坏了], owner: 物业, level: community, accept: 4h, answer: 3d}`)
	if err != nil {
		t.Fatal(err)
	}
	lift, _ := f.Settings.Item("1-1")
	if lift.Answer != (flows.Span{Minutes: 120}) || lift.Accept != (flows.Span{Minutes: 120}) || lift.Owner != flows.Property {
		t.Errorf("%+v", lift)
	}
	if n := len(lift.Words); lift.Words[0] != "电梯坏了" || lift.Words[n-1] != "梯子趴窝了" {
		t.Error("words were not added:", lift.Words)
	}
	if light, _ := f.Settings.Item("1-2"); len(light.Words) != 1 || light.Name["en"] == "" {
		t.Errorf("%+v", light)
	}
	slide, ok := f.Settings.Item("1-6")
	if !ok || slide.Class != "1" || slide.Kind["zh-CN"] != "儿童滑梯损坏的事" || slide.Owner != flows.Property {
		t.Errorf("%+v", slide)
	}
}

func TestDutyListMistakesNameTheirOwnFile(t *testing.T) {
	duty := strings.Replace(string(shipped(t)), "owner: property", "owner: propperty", 1)
	duty = strings.Replace(duty, "id: 1-2", "id: 2-2", 1)
	_, err := Parse("x.yaml", Example(), []byte(duty))
	for _, want := range []string{fmt.Sprintf("dutylist.yaml:%d: ", lineOf(t, duty, "propperty")) + "“owner”：没有“propperty”这个职务", "编号“2-2”不在第1类", "编号“2-2”写了两遍"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s\ngot  %v", want, err)
		}
	}
	if _, err := Parse("x.yaml", Example(), nil); err == nil || !strings.Contains(err.Error(), "dutylist.yaml: 文件是空的") {
		t.Error(err)
	}
}

func TestVersion(t *testing.T) {
	version := func(dir, duty string) string {
		f, err := Parse("x.yaml", []byte(dir), []byte(duty))
		if err != nil {
			t.Fatal(err)
		}
		return f.Settings.Version
	}
	dir, duty := string(Example()), string(shipped(t))
	first := version(dir, duty)
	if first != version(dir, duty) || len(first) != 12 {
		t.Error("not stable:", first)
	}
	if first == version(dir+"\n", duty) || first == version(dir, duty+"\n") {
		t.Error("a change leaves the version as it was")
	}
	if first == version(strings.Replace(dir, "李网格", "季网格", 1), duty) || first == version(dir, strings.Replace(duty, "电梯坏了", "电梯怀了", 1)) {
		t.Error("a change of the same length leaves the version as it was")
	}
}

func TestHolidaysBesideTheFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "dir.yaml")
	put := func(name, text string) {
		t.Helper()
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("dir.yaml", string(Example()))
	f, err := Read(path, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	before := f.Settings.Version
	december := time.Date(2026, 12, 1, 9, 0, 0, 0, f.Settings.Zone)
	if w := f.WarningsAt(december); len(w) != 1 || !strings.Contains(w[0].Text, "2027年") {
		t.Error("nothing said of the missing year:", w)
	}
	if w := f.WarningsAt(december.AddDate(0, -3, 0)); len(w) != 0 {
		t.Error("warned too early:", w)
	}

	put("holidays/2027.yaml", "year: 2027\nsource: 试验\nholidays:\n  - {name: 元旦, from: 01-01, to: 01-03}\n")
	if f, err = Read(path, shipped(t)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{2026, 2027}, f.Years()); d != "" {
		t.Error(d)
	}
	if len(f.WarningsAt(december)) != 0 || f.Settings.Version == before {
		t.Error("the new year changed nothing")
	}

	put("elsewhere/2028.yaml", "year: 2028\n")
	put("dir.yaml", "holidays: elsewhere\n"+string(Example()))
	if f, err = Read(path, shipped(t)); err != nil || f.Settings.Calendar.Missing(time.Date(2028, 5, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("the named folder was not read:", err)
	}

	put("elsewhere/2029.yaml", `year: 2030
holidays:
  - {name: 春节, from: 02-30, to: 03-01}
  - {name: 国庆, from: 10-07, to: 10-01}
  - {name: 元旦, from: 01-01, work: [01-02]}
  - {name: 中秋, from: 09-13, to: 09-14, work: [09-14]}
`)
	_, err = Read(path, shipped(t))
	for _, want := range []string{"2029.yaml:1: 文件名是2029年", ":3: 春节：日期要写成", ":4: 国庆：放假的最后一天早于第一天", ":5: 元旦：调休上班的01-02不是周末", ":6: 09-14既写了放假又写了上班"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s\ngot  %v", want, err)
		}
	}

	put("dir.yaml", "holidays: nowhere\n"+string(Example()))
	if _, err = Read(path, shipped(t)); err == nil || !strings.Contains(err.Error(), "dir.yaml:1: 放假安排的文件夹“nowhere”读不到") {
		t.Error(err)
	}
	if _, err := Read(filepath.Join(folder, "none.yaml"), shipped(t)); !os.IsNotExist(unwrap(err)) {
		t.Error(err)
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return err
}

func TestValues(t *testing.T) {
	for text, want := range map[string]flows.Span{
		"2h": {Minutes: 120}, "30m": {Minutes: 30}, "3d": {Days: 3}, "1d4h": {Days: 1, Minutes: 240}, "24h clock": {Minutes: 1440, Plain: true},
	} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err != nil || flows.Span(s) != want {
			t.Errorf("%s: %+v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "clock", "0h", "0d", "-1h", "2 h", "2h3d", "1.5h", "24 h clock", "sofort"} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is no span: %+v", text, s)
		}
	}
	for text, want := range map[string]flows.Clock{"8:30": 510, "08:30": 510, "0:00": 0, "24:00": 1440, "8：30": 510} {
		var c clock
		if err := c.UnmarshalText([]byte(text)); err != nil || flows.Clock(c) != want {
			t.Errorf("%s: %d, %v", text, c, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	duty := []byte(`classes: [{id: "1", name: a, items: [{id: 1-1, name: b, words: [cc], owner: leader, level: unit, accept: 1h, answer: 1d}]}]`)
	f.Add(Example())
	b, _ := os.ReadFile("testdata/mistakes.yaml")
	f.Add(b)
	f.Add([]byte("grids: [{}]\nbuildings: [{}]\npeople: [{}, {id: x, leave: [{}]}]\nspots: [{}]\nroster: [{}]\ngroups: [{}]\nitems: [{}, 3, null]\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Parse("x.yaml", data, duty)
		if (got == nil) == (err == nil) {
			t.Fatalf("file %v and error %v", got, err)
		}
	})
}
