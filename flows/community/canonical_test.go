package community

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/flows"
)

// same reads a directory as it is written anew: it says the same, and written
// once more it is the same text.
func same(t rapid.TB, f *File) {
	t.Helper()
	text := f.Canonical()
	again, err := f.Like("again.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d := Differences(f.Settings, again.Settings); len(d) > 0 {
		t.Errorf("%v\n%s", d, text)
	}
	a, b := *f.Settings, *again.Settings
	a.Version, b.Version = "", ""
	if d := cmp.Diff(a, b, cmp.Comparer(func(x, y *time.Location) bool { return x.String() == y.String() })); d != "" {
		t.Errorf("%s\n%s", d, text)
	}
	if d := cmp.Diff(f.Cast, again.Cast); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(string(text), string(again.Canonical())); d != "" {
		t.Error(d)
	}
}

func TestCanonicalSaysTheSame(t *testing.T) {
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
	f, err = parse(t, "items: []", `items:
  - {id: 1-1, answer: 2h, more_words: [梯子趴窝了]} # 说明
  - {id: 1-6, name: {zh: 儿童滑梯损坏, en: Slide broken}, words: [滑梯坏了], owner: 物业, level: community, accept: 4h, answer: 24h clock}`,
		"posts: [staff]}", "posts: [staff, {role: station, grid: g2}], lang: en, addresses: [telegram:7], leave: [{from: 2026-12-01, to: 2026-12-03, by: zheng}]}",
		"  - {person: sun, stand_ins: [qian]}", `  - {person: sun, stand_ins: [qian], days: [周一], from: "18:00", to: "8:30"}`,
		"units: 1, floors: 25", "units: [甲], floors: 25", "remind: 1h", "remind: 1d4h30m", "page: 3m", "page: 2m30s", "idle: 730d", "idle: 永远")
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
}

// word is a text as people write it, with all that could be taken for YAML.
var word = rapid.Custom(func(t *rapid.T) string {
	s := rapid.StringOfN(rapid.RuneFrom([]rune("东南西北楼门街社区ABCxyz0123456789:-#'\"{}[]&*!|>%@`,？、。 ~=")), 1, 12, -1).Draw(t, "word")
	return "名" + strings.TrimSpace(s)
})

// random is a valid directory of any size.
var random = rapid.Custom(func(t *rapid.T) directory {
	d := defaults()
	d.ID, d.Name, d.Example = "any", word.Draw(t, "name"), rapid.Bool().Draw(t, "example")
	d.Phones.Gas = "0471-1234567"
	d.Limits.Rate = rapid.IntRange(1, 30).Draw(t, "rate")
	d.Limits.Offer = duration(time.Duration(rapid.IntRange(1, 5000).Draw(t, "offer")) * time.Minute)
	d.Polls.Month, d.Polls.Close = rapid.IntRange(0, 31).Draw(t, "month"), clock(rapid.IntRange(0, 24*60).Draw(t, "close"))
	d.Limits.Keep.Cases = rapid.SampledFrom([]keeping{0, days(1095), days(3650)}).Draw(t, "cases")
	d.Hearings.Review = weekTime{Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), At: flows.Clock(rapid.IntRange(0, 24*60).Draw(t, "review"))}
	d.Hearings.Remind = rapid.SampledFrom([][]duration{{duration(time.Hour)}, {duration(36 * time.Hour), duration(90 * time.Minute)}, {duration(9 * day), duration(2 * day), duration(day)}}).Draw(t, "reminders")
	d.Hearings.Clear = term{Days: rapid.IntRange(0, 30).Draw(t, "clear"), Source: rapid.SampledFrom([]string{"", "某街道：答复 #3"}).Draw(t, "source"), Waive: rapid.SampledFrom([][]role{nil, {"head"}, {"staff", "secretary", "reviewer"}}).Draw(t, "waive")}
	if rapid.Bool().Draw(t, "hands") {
		d.Hearings.Agree, d.Hearings.AgreeBy = share{Num: 2, Den: 3, Over: rapid.Bool().Draw(t, "over")}, "某街道"
	}
	d.Activities.Most, d.Activities.Hold = rapid.IntRange(2, 500).Draw(t, "places"), clock(rapid.IntRange(0, 24*60).Draw(t, "hold"))
	d.Activities.Urgent = rapid.SampledFrom([][]role{nil, {"head"}, {"staff", "secretary"}}).Draw(t, "urgent")
	d.Bodies = []body{{ID: "wuye", Role: "property", Name: word.Draw(t, "body"), None: true}}
	for _, r := range []role{"staff", "head", "secretary", "station", "property"} {
		d.People = append(d.People, person{ID: "p" + string(r), Name: word.Draw(t, "person") + string(r), Posts: []post{{Role: r}}})
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "grids") {
		id := fmt.Sprintf("g%d", i)
		d.People = append(d.People, person{ID: "l" + id, Name: word.Draw(t, "leader") + id, Phone: rapid.SampledFrom([]string{"", "0471-1234567", "+8613800138000"}).Draw(t, "phone")})
		g := grid{ID: id, Name: word.Draw(t, "grid"), Leader: "l" + id}
		if rapid.Bool().Draw(t, "stand-in") {
			g.StandIns = []string{"pstaff", "phead"}
		}
		for j := range rapid.IntRange(1, 4).Draw(t, "buildings") {
			b := building{ID: fmt.Sprintf("%dx%d", i, j), Households: rapid.IntRange(0, 90).Draw(t, "households")}
			b.Name = word.Draw(t, "building") + b.ID
			if rapid.Bool().Draw(t, "alias") {
				b.Aliases = []string{"又名" + b.ID}
				b.Other = "ᠪᠠᠶᠢᠰᠢᠩ"
			}
			if rapid.Bool().Draw(t, "units") {
				b.Units = []string{"1", "甲"}
				d.Groups = append(d.Groups, group{ID: "q" + strings.ToLower(b.ID), Name: word.Draw(t, "group"), Building: b.ID})
				d.Rooms = append(d.Rooms, room{ID: "f" + b.ID, Name: "房间" + b.ID, Seats: 1 + j, Owner: "wuye", Place: b.ID + "-甲",
					Hours: []openHours{{Days: []time.Weekday{time.Weekday(j)}, From: 60, To: 24 * 60}}})
			}
			for k := range rapid.IntRange(0, 3).Draw(t, "doors") {
				h := household{Home: fmt.Sprintf("%s-%d", b.ID, 101+k), Area: area(rapid.IntRange(0, maxArea).Draw(t, "area")),
					Owner: rapid.SampledFrom([]string{"", "o1", "17", "业2", "1e3", "true", "null"}).Draw(t, "owner"), Let: rapid.Bool().Draw(t, "let")}
				if b.Units != nil {
					h.Home = fmt.Sprintf("%s-甲-%d", b.ID, 101+k)
				}
				d.Households = append(d.Households, h)
			}
			if rapid.Bool().Draw(t, "where") {
				b.Grid = id
			} else {
				g.Buildings = append(g.Buildings, b.ID)
			}
			d.Buildings = append(d.Buildings, b)
		}
		d.Grids = append(d.Grids, g)
		if rapid.Bool().Draw(t, "shift") {
			d.Roster = append(d.Roster, shift{Person: "l" + id, StandIns: []string{"pstaff"}, Days: []weekday{weekday(i)}, From: clock(60 * i), To: clock(8*60 + i)})
		}
	}
	return d
})

func TestAnyDirectorySurvivesBeingWritten(t *testing.T) {
	duty := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		text := canonical(random.Draw(t, "directory"))
		f, err := Parse("any.yaml", text, duty)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if string(f.Text()) != string(text) {
			t.Fatal("its text is another")
		}
		same(t, f)
	})
}
