package community

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// All that people call a building by its number is one spelling: no alias of
// something else may be among it.
func TestSpellingsThatMeanTheSame(t *testing.T) {
	for _, a := range []string{"3号楼", "三号楼", "3栋", "三栋", "3幢", "三幢", "3#", "3#楼", "３＃楼", "3 号 楼", "第三栋", "3座", "三号", "3号住宅楼"} {
		if _, err := parse(t, "aliases: [东大门, 小区东门]", `aliases: ["`+a+`"]`); err == nil || !strings.Contains(err.Error(), "既可以指3号楼（3），又可以指东门（gate）") {
			t.Errorf("%s: %v", a, err)
		}
	}
	for _, a := range []string{"33栋", "三十号楼", "三单元", "3", "老三楼"} {
		if _, err := parse(t, "aliases: [东大门, 小区东门]", `aliases: ["`+a+`"]`); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestRoomsAndSecondNames(t *testing.T) {
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	s := f.Settings
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	want := []flows.Room{
		{ID: "linli", Name: "二楼邻里室", Other: "ᠠᠢᠯ ᠤᠨ ᠲᠠᠰᠤᠯᠭ\u180eᠠ", Seats: 40, Owner: "fuwuzhan", Where: flows.Place{Building: "8", Unit: "1", Floor: 2, Room: "201"},
			Hours: []flows.OpenHours{{Days: week, From: 8*60 + 30, To: 21 * 60}, {Days: []time.Weekday{time.Saturday, time.Sunday}, From: 9 * 60, To: 18 * 60}}},
		{ID: "xiao", Name: "小议事室", Seats: 12, Where: flows.Place{Building: "8", Unit: "1"}},
	}
	if d := cmp.Diff(want, s.Rooms); d != "" {
		t.Error(d)
	}
	twelve := "12 ᠳ\u180bᠤᠭᠠᠷ ᠪᠠᠶᠢᠰᠢᠩ"
	if got := s.PlaceName(flows.Place{Building: "12", Unit: "1"}, "zh-CN", false); got != "12号楼（"+twelve+"）1单元" {
		t.Error(got)
	}
	if got := s.PlaceName(flows.Place{Spot: "garage"}, "zh-CN", false); got != "地下车库（ᠭᠠᠷᠠᠰᠢ）" {
		t.Error(got)
	}
	day := 24 * time.Hour
	if d := cmp.Diff(flows.Keep{Words: 180 * day, Media: 90 * day, Danger: 1095 * day, Sent: 190 * day, Cases: 1095 * day, Idle: 730 * day}, s.Limits.Keep); d != "" {
		t.Error(d)
	}
	before, rest, _ := strings.Cut(string(Example()), "limits:")
	_, after, _ := strings.Cut(rest, "grids:")
	if f, err = Parse("x.yaml", []byte(before+"grids:"+after), shipped(t)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s.Limits, f.Settings.Limits); d != "" {
		t.Error("what the example writes is not the default:", d)
	}
	f, err = parse(t, "idle: 730d", "idle: 永远")
	if err != nil || f.Settings.Limits.Keep.Idle != 0 {
		t.Error(f, err)
	}
}

// What Mongolian needs between its letters stays; what turns a line around, or
// cannot be seen, does not.
func TestLegible(t *testing.T) {
	for text, want := range map[string]bool{
		"ᠳ\u180bᠤᠭᠠᠷ": true, "ᠲᠠᠰᠤᠯᠭ\u180eᠠ": true, "ᠨ\u202fᠦ": true, "娜仁·其木格": true, "قازاق": true, "བོད": true, "꠰": true, "": true,
		"a\u202eb": false, "a\u2066b": false, "a\u200fb": false, "a\u200bb": false, "a\nb": false, "a\x00b": false, "a\ufeffb": false, "a\ufffdb": false, "a\ue000b": false,
	} {
		if legible(text) != want {
			t.Errorf("%+q: %v", text, !want)
		}
	}
}

func TestAcross(t *testing.T) {
	text := string(Example())
	real := []string{text[strings.Index(text, "cast:"):], ""} // no dummies and no cast
	for _, n := range []string{"0471-0000000", "0472-0000000", "0473-0000000", "0474-0000001", "0474-0000002", "0474-0000003", "0474-0000004", "0474-0000005"} {
		real = append(real, n, strings.Replace(n, "00000", "12345", 1))
	}
	for n := range 20 {
		real = append(real, fmt.Sprintf("0471-00000%02d", n+1), fmt.Sprintf("0471-12345%02d", n+1))
	}
	file := func(name, id string, pairs ...string) *File {
		t.Helper()
		f, err := Parse(name, []byte(replaced(t, append(append([]string{"id: example ", "id: " + id + " ", "name: 示例社区（虚构）", "name: " + id, "example: true", "#"}, real...), pairs...)...)), shipped(t))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	a := file("a.yaml", "aa", "{id: b3, name: 3号楼群,", "{id: b3, name: 3号楼群, addresses: [telegram:-1],")
	b := file("b.yaml", "bb", "{id: east, name: 东区群,", "{id: east, name: 东区群, addresses: [telegram:-1],")
	wrong := Across([]*File{a, nil, b})
	if len(wrong) != 1 || wrong[0].File != "b.yaml" || !strings.Contains(wrong[0].Text, "群“东区群”的账号“telegram:-1”在a.yaml里已经是“3号楼群”的了") {
		t.Error(wrong)
	}
	if w := Mistakes(b.Warnings).Error(); !strings.Contains(w, "李网格在aa的名册里也有") || strings.Contains(w, "0471") {
		t.Error(w)
	}
	if w := Across([]*File{a, a}); len(w) > 0 || len(a.Warnings) > 0 {
		t.Error("a directory and itself:", w, a.Warnings)
	}
}
