package flows

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMoments(t *testing.T) {
	now := on(t, "2026-11-27 09:00") // a Friday
	for at, want := range map[string][4]string{
		"2026-11-27 18:00": {"今天18点", "今天18点前", "18:00 today", "by 18:00 today"},
		"2026-11-28 08:30": {"明天8点30分", "明天8点30分前", "08:30 tomorrow", "by 08:30 tomorrow"},
		"2026-11-30 10:00": {"周一10点", "周一10点前", "Monday 10:00", "by Monday 10:00"},
		"2026-12-03 19:30": {"周四19点30分", "周四19点30分前", "Thursday 19:30", "by Thursday 19:30"},
		"2026-12-04 10:00": {"12月4日10点", "12月4日10点前", "4 December 10:00", "by 4 December 10:00"}, // a week on, the weekday would say today's
		"2026-12-05 15:00": {"12月5日15点", "12月5日15点前", "5 December 15:00", "by 5 December 15:00"},
		"2026-11-26 18:00": {"11月26日18点", "11月26日18点前", "26 November 18:00", "by 26 November 18:00"}, // yesterday
		"2026-11-27 00:00": {"今天0点", "今天0点前", "00:00 today", "by 00:00 today"},
		"2026-11-27 09:05": {"今天9点5分", "今天9点5分前", "09:05 today", "by 09:05 today"},
	} {
		x := on(t, at)
		got := [4]string{Moment(x, now, "zh-CN"), By(x, now, "zh-CN"), Moment(x, now, "en"), By(x, now, "en")}
		if got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
	if got := Moment(on(t, "2026-11-28 00:10"), on(t, "2026-11-27 23:50"), "zh-CN"); got != "明天0点10分" {
		t.Error("over midnight:", got)
	}
	if got := Day(on(t, "2026-03-11 09:00"), "zh-CN") + " " + Day(on(t, "2026-03-11 09:00"), "en"); got != "3月11日（周三） Wednesday 11 March" {
		t.Error(got)
	}
	for no, want := range map[int]string{7: "0007", 412: "0412", 9999: "9999", 12345: "12345"} {
		if Spoken(no) != want {
			t.Errorf("%d is spoken %s", no, Spoken(no))
		}
	}
}

func words(zh, en string) fstest.MapFS {
	return fstest.MapFS{"words/zh-CN.yaml": {Data: []byte(zh)}, "words/en.yaml": {Data: []byte(en)}}
}

func TestRender(t *testing.T) {
	s := village()
	now := on(t, "2026-11-27 09:00")
	vars := Vars{"t": At(on(t, "2026-11-27 18:00").UTC()), "p": Where(Place{Building: "3", Unit: "2", Room: "501"}), "i": ItemVar("1"), "w": Who("li"),
		"n": Num(0), "s": Text("<b>"), "r": Of(Property), "o": Of(Owners), "z": Text("")}
	for text, want := range map[string][2]string{
		"{{no}}": {"0412", "0412"}, "{{by .t}}": {"今天18点前", "by 18:00 today"}, "{{at .t}}": {"今天18点", "18:00 today"}, "{{day .t}}": {"11月27日（周五）", "Friday 27 November"},
		"{{place .p}}": {"3号楼2单元", "3号楼 unit 2"}, "{{exactly .p}}": {"3号楼2单元501室", "3号楼 unit 2 room 501"}, "{{building .p}}": {"3号楼", "3号楼"},
		"{{item .i}}": {"电梯停运", "lift stopped"}, "{{kind .i}}": {"电梯的事", "电梯的事"}, // where a language is missing, Chinese
		"{{name .w}}": {"李", "李"}, "{{post .w}}": {"网格员李", "grid leader 李"}, "{{phone .w}}": {"1", "1"},
		"{{role .r}}": {"物业", "property company"}, "{{body .r}}": {"好物业", "好物业"}, "{{body .o}}": {"业委会", "owners' committee"},
		"{{.n}}": {"0", "0"}, "{{.s}}": {"<b>", "<b>"}, "{{.z}}": {"", ""}, "{{community}}": {"小村", "小村"}, "{{if more .n 0}}x{{end}}": {"", ""},
	} {
		quoted := fmt.Sprintf("k: %q\n", text)
		w, err := ReadWords(words(quoted, quoted))
		if err != nil {
			t.Fatal(err)
		}
		for i, lang := range Languages {
			got, err := w.Render(lang, "k", vars, 412, now.UTC(), s)
			if err != nil || got != want[i] {
				t.Errorf("%s %s: %q %v, want %q", lang, text, got, err, want[i])
			}
		}
	}

	w, err := ReadWords(words("k: 一 {{no}}\nv: 'a{{.x}}{{place .x}}{{item .x}}{{name .x}}{{with .x.S}}no{{end}}b'\n", "k: one {{no}}\nv: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Render("mn", "k", nil, 1, now, s); got != "一 0001" {
		t.Error("an unknown language:", got)
	}
	if _, err := w.Render("en", "nope", nil, 1, now, s); err == nil {
		t.Error("a text that is not there was rendered")
	}
	if got, err := w.Render("zh-CN", "v", nil, 1, now, s); err != nil || got != "ab" {
		t.Errorf("values that are not there: %q %v", got, err)
	}
	if !w.Has("k") || w.Has("x") || strings.Join(w.Keys(), " ") != "k v" {
		t.Error(w.Keys())
	}
}

func TestReadWordsRefuses(t *testing.T) {
	for name, dir := range map[string]fstest.MapFS{
		"a missing file":            {"words/zh-CN.yaml": {Data: []byte("k: x")}},
		"a key only in Chinese":     words("k: x\nl: y", "k: x"),
		"a key only in English":     words("k: x", "k: x\nl: y"),
		"a template that is broken": words("k: '{{by'", "k: x"),
		"an unknown function":       words("k: '{{shout .x}}'", "k: x"),
		"no texts":                  words("- a", "k: x"),
	} {
		if _, err := ReadWords(dir); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func TestEveryRoleHasAName(t *testing.T) {
	for _, r := range []Role{Resident, Captain, Leader, OnDuty, Staff, Head, Secretary, Property, Owners, Station, Department, Supervisor, Reviewer, Council} {
		if r.In("zh-CN") == "" || r.In("en") == "" {
			t.Errorf("%s has no name", r)
		}
	}
}
