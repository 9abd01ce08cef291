package community

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// What is built in, in numbers: a change of the file is meant.
func TestActivitiesThatAreBuiltIn(t *testing.T) {
	for _, text := range []string{"activities: {}", "activities:", "# "} { // nothing to change, nothing behind it, not there at all
		f, err := parse(t, "activities: {}", text)
		if err != nil {
			t.Fatal(err)
		}
		a := f.Settings.Activities
		interests := a.Interests
		a.Interests = nil
		if d := cmp.Diff(flows.Activities{
			Most: 25, Few: 2 * day, Remind: []time.Duration{96 * time.Hour, day}, Batch: 20 * time.Hour, Rate: 15,
			Hold: 12 * 60, Cancel: time.Hour, Small: 5, Urgent: []flows.Role{flows.Secretary, flows.Head},
		}, a); d != "" {
			t.Error(d)
		}
		if n := len(interests); n < 20 || n > 30 {
			t.Errorf("%d interests: too few to choose from, or too many to read", n)
		}
		for _, x := range interests {
			if x.Name["zh-CN"] == "" || x.Name["en"] == "" || len(x.Words) < 3 {
				t.Errorf("%+v", x)
			}
		}
	}
}

// A word of an interest that is a fault of the duty list would take a demand for a wish.
func TestInterestsAreNoFaults(t *testing.T) {
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Settings.Activities.Interests {
		for _, w := range x.Words {
			for _, it := range f.Settings.Items {
				if slices.Contains(it.Words, w) {
					t.Errorf("“%s” of interest %s is what people write of %s", w, x.ID, it.ID)
				}
			}
		}
	}
}

func TestActivitiesOfACommunity(t *testing.T) {
	f, err := parse(t, "activities: {}", `activities:
  most: 12
  hold: "18:00"
  remind: 48h
  small: 6
  urgent: 书记
  interests:
    - {id: taichi, none: true}
    - {id: music, more_words: [三弦, 四胡]}
    - {id: film, name: {zh: 看电影, en: Films}, words: [放电影]}
    - {id: archery, name: 射箭, words: [射箭, archery]}`)
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
	a := f.Settings.Activities
	if a.Most != 12 || a.Hold != 18*60 || a.Few != 2*day || !slices.Equal(a.Remind, []time.Duration{2 * day}) || !slices.Equal(a.Urgent, []flows.Role{flows.Secretary}) {
		t.Errorf("%+v", a)
	}
	if _, ok := f.Settings.Interest("taichi"); ok {
		t.Error("what is not offered can be ticked")
	}
	plain, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	music, _ := f.Settings.Interest("music")
	was, ok := plain.Settings.Interest("music")
	if !ok || !slices.Equal(music.Words, append(slices.Clone(was.Words), "三弦", "四胡")) || music.Name["en"] != "Music" {
		t.Errorf("%+v, was %+v", music, was)
	}
	if film, _ := f.Settings.Interest("film"); !slices.Equal(film.Words, []string{"放电影"}) || film.In("zh-CN") != "看电影" {
		t.Errorf("%+v", film)
	}
	if last := a.Interests[len(a.Interests)-1]; last.ID != "archery" || last.In("en") != "射箭" { // no other name is written
		t.Errorf("%+v", last)
	}
	taichi, _ := plain.Settings.Interest("taichi")
	film, _ := plain.Settings.Interest("film")
	if d := cmp.Diff([]string{
		"活动的最多几个名额（most）：25 → 12",
		"活动的开始前多久提醒（remind）：4d、1d → 2d",
		"活动的空出的名额留到第二天几点（hold）：12:00 → 18:00",
		"活动的少于几个人不单独说（small）：5 → 6",
		"活动的急的邀请谁点头（urgent）：书记、居委会主任 → 书记",
		"兴趣“乐器”的居民的说法：" + strings.Join(was.Words, "、") + " → " + strings.Join(music.Words, "、"),
		"去掉：兴趣“" + taichi.In("zh-CN") + "”",
		"兴趣“电影”的名称：电影（Films） → 看电影（Films）",
		"兴趣“电影”的居民的说法：" + strings.Join(film.Words, "、") + " → 放电影",
		"新增：兴趣“射箭”",
	}, told(t, f)); d != "" {
		t.Error(d)
	}
}

// Mistakes that a directory has alone, each with the line it is told at.
func TestMistakesInActivities(t *testing.T) {
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, "    - {id: own%d, name: 自己的%d, words: [自己的说法%d]}\n", i, i, i)
	}
	for name, c := range map[string]struct{ text, at, want string }{
		"no places":                {"most: 0", "  most:", "“most”要在2到500之间"},
		"a hall":                   {"most: 501", "  most:", "“most”要在2到500之间"},
		"too late to look":         {"few: 1h", "  few:", "“few”要在2小时到14天之间"},
		"everybody comes":          {"rate: 101", "  rate: 101", "“rate”要在1到100之间"},
		"four can be made out":     {"small: 2", "  small:", "“small”要在3到100之间"},
		"a batch a minute":         {"batch: 1m", "  batch:", "“batch”要在1小时到7天之间"},
		"no reminder at all":       {"remind: []", "  remind: []", "活动开始前的提醒（remind）要有1到3次，写了0次"},
		"the same twice":           {"remind: [24h, 24h]", "  remind: [24h", "从早的写到晚的"},
		"the property allows":      {"urgent: [property]", "  urgent:", "物业不能点头"},
		"who watches allows":       {"urgent: supervisor", "  urgent:", "监督委员会不能点头"},
		"more than can be read":    {"interests:\n" + many.String(), "  interests:", "兴趣（interests）要有1到40个"},
		"an interest twice":        {"interests:\n    - {id: a1, name: 甲, words: [甲事]}\n    - {id: a1}", "    - {id: a1}", "兴趣的编号“a1”写了两遍"},
		"a word of another":        {"interests:\n    - {id: music, words: [养猫]}", "    - {id: music", "“养猫”在兴趣“pets”里已经有了"},
		"in capitals":              {"interests:\n    - {id: music, more_words: [Guitar]}", "    - {id: music", "兴趣“music”的“Guitar”写了两遍"},
		"no such interest, not it": {"interests:\n    - {id: taiji, none: true}", "    - {id: taiji", "没有“taiji”这个兴趣"},
		"a name of another":        {"interests:\n    - {id: music, name: 电影}", "    - {id: music", "兴趣film已经叫“电影”，music要叫别的"},
	} {
		t.Run(name, func(t *testing.T) {
			pair := []string{"activities: {}", "activities:\n  " + c.text}
			_, err := parse(t, pair...)
			wrong, _ := err.(Mistakes)
			if len(wrong) != 1 || wrong[0].Line != lineOf(t, replaced(t, pair...), c.at) || !strings.Contains(wrong[0].Text, c.want) {
				t.Errorf("want %s at %q\ngot  %v", c.want, c.at, err)
			}
		})
	}
}

// A place that is kept until the middle of the night is kept for somebody who sleeps.
func TestHoldAtNightIsAWarning(t *testing.T) {
	for text, at := range map[string]string{"activities:\n  hold: \"7:00\"": "  hold:", "activities:\n  hold: \"23:00\"": "  hold:"} {
		f, err := parse(t, "activities: {}", text)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Warnings) != 1 || f.Warnings[0].Line != lineOf(t, replaced(t, "activities: {}", text), at) || !strings.Contains(f.Warnings[0].Text, "在不打扰的时段里") {
			t.Errorf("%s: %v", text, f.Warnings)
		}
	}
	f, err := parse(t, `morning: "8:30"`, `morning: "12:30"`, `bundles: ["8:30", "14:30"]`, `bundles: ["14:30"]`, "hearings: {}", "hearings: {review: 周三 14:00}")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0].Text, "12:00（hold）") { // told where the morning is written
		t.Error(f.Warnings)
	}
}
