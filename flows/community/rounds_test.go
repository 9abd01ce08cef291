package community

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// What is built in, in numbers: a change of the file is meant.
func TestRoundsThatAreBuiltIn(t *testing.T) {
	for _, text := range []string{"rounds: {}", "rounds:", "# "} {
		f, err := parse(t, "rounds: {}", text)
		if err != nil {
			t.Fatal(err)
		}
		r := f.Settings.Rounds
		for i := range r.Looks {
			r.Looks[i].Name = nil
		}
		if d := cmp.Diff(flows.Rounds{
			Plan: flows.WeekTime{Day: time.Monday, At: 9 * 60}, Spots: 2, Visits: 2, Doors: 1,
			Looks: []flows.Look{{ID: "lane", Item: "6-2", Building: true, Spot: true}, {ID: "stairs", Item: "3-2", Building: true}, {ID: "ebikes", Item: "6-1", Building: true}, {ID: "doors", Item: "1-3", Building: true}},
		}, r); d != "" {
			t.Error(d)
		}
	}
}

func TestRoundsOfACommunity(t *testing.T) {
	f, err := parse(t, "rounds: {}", `rounds:
  plan: 周三 7:30
  spots: 1
  visits: 0
  doors: 0
  looks:
    - {id: ebikes, none: true}
    - {id: lane, in: building}
    - {id: wells, name: {zh: 井盖, en: manhole covers}, in: spot}`)
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
	r := f.Settings.Rounds
	if r.Plan != (flows.WeekTime{Day: time.Wednesday, At: 7*60 + 30}) || r.Spots != 1 || r.Visits != 0 || r.Doors != 0 || r.Off() {
		t.Errorf("%+v", r)
	}
	var looks []string
	for _, l := range r.Looks {
		s := l.ID
		if l.Building {
			s += " building"
		}
		if l.Spot {
			s += " spot"
		}
		looks = append(looks, s)
	}
	if d := cmp.Diff([]string{"lane building", "stairs building", "doors building", "wells spot"}, looks); d != "" {
		t.Error(d)
	}
	if w := Mistakes(f.Warnings).Error(); len(f.Warnings) != 1 || !strings.Contains(w, "走访巡查的时间 周三 7:30（plan）不在上班时间里") {
		t.Error(w)
	}
	if d := cmp.Diff([]string{
		"走访巡查的每周什么时候发单子（plan）：周一 9:00 → 周三 7:30",
		"走访巡查的一周看几处（spots）：2 → 1",
		"走访巡查的一周走访同意了的几户（visits）：2 → 0",
		"走访巡查的一周再挨门走几户（doors）：1 → 0",
		"巡查看的“消防通道”的在哪儿看：楼里和别的地方 → 楼里",
		"去掉：巡查看的“电动车上楼、飞线充电”",
		"新增：巡查看的“井盖”",
	}, told(t, f)); d != "" {
		t.Error(d)
	}
}
