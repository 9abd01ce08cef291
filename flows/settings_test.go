package flows

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// village is a community of two grids, small enough to be read at a glance.
func village() *Settings {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, china) }
	post := func(r Role, s Scope) []Post { return []Post{{r, s}} }
	return &Settings{
		Name: "小村", Zone: china, Calendar: calendar(),
		Limits: Limits{Morning: 8*60 + 30, Evening: 21*60 + 30, Bundles: []Clock{8*60 + 30, 14*60 + 30}},
		Items: []Item{
			{ID: "1", Owner: Property, Level: AtUnit, Name: map[string]string{"zh-CN": "电梯停运", "en": "lift stopped"}, Kind: map[string]string{"zh-CN": "电梯的事"}},
			{ID: "2", Owner: Leader, Level: AtBuilding},
			{ID: "3", Owner: Leader, Level: AtRoom, Private: true},
			{ID: "4", Owner: Station, Level: AtCommunity},
			{ID: "5", Owner: Head, About: Leader, Level: AtRoom},
			{ID: "6", Owner: Staff, About: Property, Level: AtBuilding},
			{ID: "7", Owner: Secretary, About: Staff, Level: AtRoom},
			{ID: "8", Owner: Owners, Level: AtBuilding},
			{ID: "9", Owner: "", Level: AtBuilding},
			{ID: "10", Owner: Captain, Level: AtBuilding},
		},
		Grids:     []Grid{{ID: "east", Leader: "li", StandIns: []PersonID{"zhou"}}, {ID: "west", Leader: "zhou", StandIns: []PersonID{"li"}}},
		Buildings: []Building{{ID: "3", Name: "3号楼", Grid: "east", Units: []string{"1", "2"}}, {ID: "5", Name: "5号楼", Other: "ᠲᠠᠪᠤ", Grid: "west"}, {ID: "9", Name: "9号楼"}},
		Spots:     []Spot{{ID: "gate", Name: "东门", Grid: "east"}},
		People: []Official{
			{ID: "li", Name: "李", Phone: "1", Posts: post(Leader, Scope{Grid: "east"}), Leave: []Leave{{day(10), day(11), "liu"}, {day(12), day(12), ""}, {day(13), day(13), "zhou"}}},
			{ID: "zhou", Name: "周", Posts: post(Leader, Scope{Grid: "west"}), Leave: []Leave{{day(13), day(13), "li"}}},
			{ID: "liu", Name: "刘", Posts: post(Captain, Scope{Building: "3"})},
			{ID: "feng", Name: "冯", Posts: post(Property, Everywhere)},
			{ID: "far", Name: "远", Posts: post(Property, Scope{Building: "5"})},
			{ID: "he", Name: "何", Posts: post(Station, Everywhere)},
			{ID: "chen", Name: "陈", Posts: post(Staff, Everywhere)},
			{ID: "zheng", Name: "郑", Posts: post(Head, Everywhere)},
			{ID: "zhao", Name: "赵", Posts: []Post{{Secretary, Everywhere}, {OnDuty, Everywhere}}},
		},
		Roster: []Shift{
			{Person: "zhao", From: 18 * 60, To: 8 * 60, Days: []time.Weekday{time.Friday}},
			{Person: "feng", StandIns: []PersonID{"li", "chen"}, From: 8 * 60, To: 18 * 60},
			{Person: "he", Days: []time.Weekday{time.Sunday}},
		},
		Bodies: []Body{{ID: "wuye", Role: Property, Name: "好物业"}, {ID: "owners", Role: Owners, Name: "没有成立", None: true}},
	}
}

func ids(text string) []PersonID {
	var out []PersonID
	for _, f := range strings.Fields(text) {
		out = append(out, PersonID(f))
	}
	return out
}

func TestLadder(t *testing.T) {
	s := village()
	b3, b5, gate, nowhere := Place{Building: "3", Unit: "2"}, Place{Building: "5"}, Place{Spot: "gate"}, Place{}
	usual := "2026-11-23 10:00"
	for _, c := range []struct {
		name, item string
		place      Place
		about      Role
		at, want   string
	}{
		{"property, then the leader who presses", "1", b3, "", usual, "feng li zhou chen zheng zhao"},
		{"a building with a man of its own", "1", b5, "", usual, "feng far zhou li chen zheng zhao"},
		{"the leader of the grid", "2", b3, "", usual, "li zhou chen zheng zhao"},
		{"the leader of the other grid", "2", b5, "", usual, "zhou li chen zheng zhao"},
		{"a spot", "2", gate, "", usual, "li zhou chen zheng zhao"},
		{"no owner written", "9", b3, "", usual, "li zhou chen zheng zhao"},
		{"nobody knows where", "2", nowhere, "", usual, "chen zheng zhao"},
		{"a building in no grid", "2", Place{Building: "9"}, "", usual, "chen zheng zhao"},
		{"the station", "4", b3, "", usual, "he chen zheng zhao"},
		{"owners who do not exist", "8", b3, "", usual, "li zhou chen zheng zhao"},
		{"a captain", "10", b3, "", usual, "liu chen zheng zhao"},
		{"about the leader, by nature", "5", b3, "", usual, "zheng chen zhao"},
		{"about the leader, by its words", "2", b3, Leader, usual, "zhou chen zheng zhao"},
		{"about a leader, nobody knows which", "2", nowhere, Leader, usual, "chen zheng zhao"},
		{"about property", "6", b5, "", usual, "chen zheng zhao"},
		{"property's own item, complaining of property", "1", b3, Property, usual, "li zhou chen zheng zhao"},
		{"about staff", "7", b3, "", usual, "zhao zheng"},
		{"about a captain", "10", b3, Captain, usual, "chen zheng zhao"},
		{"leave with a stand-in", "2", b3, "", "2026-11-10 10:00", "liu zhou chen zheng zhao"},
		{"the last day of leave, at night", "2", b3, "", "2026-11-11 23:59", "liu zhou chen zheng zhao"},
		{"leave without a stand-in", "2", b3, "", "2026-11-12 10:00", "zhou chen zheng zhao"},
		{"both away, each for the other", "2", b3, "", "2026-11-13 10:00", "chen zheng zhao"},
		{"back from leave", "2", b3, "", "2026-11-14 00:00", "li zhou chen zheng zhao"},
		{"a stand-in whom it is about", "2", b3, Captain, "2026-11-10 10:00", "zhou chen zheng zhao"},
	} {
		t.Run(c.name, func(t *testing.T) {
			it, ok := s.Item(c.item)
			if !ok {
				t.Fatal("no item", c.item)
			}
			if d := cmp.Diff(ids(c.want), s.Ladder(it, c.place, c.about, on(t, c.at))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDutyLadder(t *testing.T) {
	s := village()
	for at, want := range map[string]string{
		"2026-11-23 10:00": "feng li chen zheng zhao",
		"2026-11-23 08:00": "feng li chen zheng zhao",
		"2026-11-23 18:00": "chen zheng zhao",         // the shift is over
		"2026-11-27 18:00": "zhao chen zheng",         // Friday evening
		"2026-11-28 07:59": "zhao chen zheng",         // the night that began on Friday
		"2026-11-28 08:00": "feng li chen zheng zhao", // Saturday morning
		"2026-11-28 18:00": "chen zheng zhao",         // Saturday evening is not in the roster
		"2026-11-27 07:00": "chen zheng zhao",         // before work on Friday is still Thursday's night
		"2026-11-29 03:00": "he chen zheng zhao",      // all of Sunday
		"2026-11-29 10:00": "feng li chen he zheng zhao",
		"2026-11-10 10:00": "feng liu chen zheng zhao", // the stand-in is away, and has one
	} {
		if d := cmp.Diff(ids(want), s.DutyLadder(on(t, at))); d != "" {
			t.Errorf("%s: %s", at, d)
		}
	}
	if d := cmp.Diff(ids("he chen zheng zhao"), s.DutyLadder(time.Date(2026, 11, 28, 17, 0, 0, 0, time.UTC))); d != "" {
		t.Error("the roster was read in another zone:", d)
	}
}

func TestMay(t *testing.T) {
	s := village()
	actor := func(id PersonID) Actor { o, _ := s.Official(id); return Actor{Person: id, Posts: o.Posts} }
	b3, b5, east := Scope{Building: "3"}, Scope{Building: "5"}, Scope{Grid: "east"}
	for _, c := range []struct {
		who   PersonID
		verb  Verb
		scope Scope
		want  bool
	}{
		{"li", Take, b3, true}, {"li", Take, east, true}, {"li", Take, b5, false}, {"li", Take, Everywhere, false}, {"li", Take, Scope{}, false},
		{"li", Confirm, b3, false}, {"li", See, b3, true}, {"li", See, b5, false},
		{"liu", Behalf, b3, true}, {"liu", Behalf, b5, false}, {"liu", Behalf, east, false}, {"liu", See, b3, false}, {"liu", Take, b3, false},
		{"feng", Take, b5, true}, {"feng", See, b3, false}, {"far", Take, b3, false},
		{"chen", Confirm, Everywhere, true}, {"chen", Trouble, b3, true}, {"zheng", Invite, Everywhere, true}, {"zhao", Review, b5, true},
		{"nobody", See, b3, false}, {"chen", "erase", b3, false}, {"chen", See, Scope{}, false},
	} {
		if got := s.May(actor(c.who), c.verb, c.scope); got != c.want {
			t.Errorf("%s may %s in %+v: %v", c.who, c.verb, c.scope, got)
		}
	}
}

func TestScopes(t *testing.T) {
	s := village()
	b3, b5, b9 := Scope{Building: "3"}, Scope{Building: "5"}, Scope{Building: "9"}
	east, west := Scope{Grid: "east"}, Scope{Grid: "west"}
	all := []Scope{Everywhere, east, west, b3, b5, b9, {}, {Building: "none"}}
	inside := map[[2]Scope]bool{{east, b3}: true, {west, b5}: true}
	for _, a := range all {
		for _, b := range all {
			want := !a.Zero() && !b.Zero() && (a == b || a == Everywhere || inside[[2]Scope{a, b}])
			if got := s.Contains(a, b); got != want {
				t.Errorf("%+v contains %+v: %v", a, b, got)
			}
			if got, want := s.Touches(a, b), s.Contains(a, b) || s.Contains(b, a); got != want {
				t.Errorf("%+v touches %+v: %v", a, b, got)
			}
		}
	}
	for p, want := range map[Place]Scope{{Building: "3", Room: "1"}: b3, {Spot: "gate"}: east, {}: Everywhere, {Spot: "nowhere"}: Everywhere} {
		if got := s.ScopeOf(p); got != want {
			t.Errorf("scope of %+v: %+v", p, got)
		}
	}
	if got := s.With(Property, Scope{}); got != nil {
		t.Error("a zero scope selects", got)
	}
}

func TestQuietAndBundled(t *testing.T) {
	s := village()
	for at, until := range map[string]string{
		"2026-11-23 08:29": "2026-11-23 08:30", "2026-11-23 00:00": "2026-11-23 08:30", "2026-11-23 21:30": "2026-11-24 08:30",
		"2026-12-31 23:00": "2027-01-01 08:30", "2026-11-23 08:30": "", "2026-11-23 21:29": "",
	} {
		got, quiet := s.Quiet(on(t, at))
		want := on(t, at)
		if until != "" {
			want = on(t, until)
		}
		if quiet != (until != "") || !got.Equal(want) {
			t.Errorf("%s: %v until %s", at, quiet, got)
		}
	}
	for at, want := range map[string]string{
		"2026-11-23 08:00": "2026-11-23 08:30", "2026-11-23 08:30": "2026-11-23 14:30", "2026-11-23 15:00": "2026-11-24 08:30",
		"2026-11-27 15:00": "2026-11-30 08:30", "2026-02-14 15:00": "2026-02-24 08:30",
	} {
		if got := s.Bundled(on(t, at)); !got.Equal(on(t, want)) {
			t.Errorf("%s: leaves at %s, want %s", at, got, want)
		}
	}
}

func TestPlaceName(t *testing.T) {
	s := village()
	for _, c := range []struct {
		p                  Place
		zh, zhExact, en, x string
	}{
		{Place{Building: "3", Unit: "2", Floor: 5, Room: "501"}, "3号楼2单元", "3号楼2单元501室", "3号楼 unit 2", "3号楼 unit 2 room 501"},
		{Place{Building: "3", Floor: 5}, "3号楼", "3号楼5层", "3号楼", "3号楼 floor 5"},
		{Place{Building: "5"}, "5号楼（ᠲᠠᠪᠤ）", "5号楼（ᠲᠠᠪᠤ）", "5号楼（ᠲᠠᠪᠤ）", "5号楼（ᠲᠠᠪᠤ）"},
		{Place{Spot: "gate"}, "东门", "东门", "东门", "东门"},
		{Place{}, "", "", "", ""},
		{Place{Building: "77"}, "77号楼", "77号楼", "77号楼", "77号楼"}, // gone from the directory
		{Place{Building: "tower"}, "tower", "tower", "tower", "tower"},
	} {
		got := []string{s.PlaceName(c.p, "zh-CN", false), s.PlaceName(c.p, "zh-CN", true), s.PlaceName(c.p, "en", false), s.PlaceName(c.p, "en", true)}
		if d := cmp.Diff([]string{c.zh, c.zhExact, c.en, c.x}, got); d != "" {
			t.Error(d)
		}
	}
}

func TestMatterKey(t *testing.T) {
	s := village()
	flat := Place{Building: "3", Unit: "2", Floor: 5, Room: "501"}
	for _, c := range []struct {
		item string
		p    Place
		want string
	}{
		{"1", flat, "1/3/2/"}, {"1", Place{Building: "3"}, "1/3/"}, {"1", Place{}, ""}, {"1", Place{Spot: "gate"}, "1/@gate/"},
		{"2", flat, "2/3/"}, {"4", flat, "4/"}, {"4", Place{}, "4/"}, {"none", flat, ""},
		{"3", flat, "3/3/2/501/"}, {"3", Place{Building: "5", Room: "501"}, "3/5//501/"},
		// A private matter whose room is not known is nobody else's.
		{"3", Place{Building: "3", Unit: "2"}, ""}, {"3", Place{Building: "3"}, ""}, {"3", Place{Spot: "gate"}, ""}, {"3", Place{}, ""},
	} {
		if got := s.MatterKey(c.item, c.p); got != c.want {
			t.Errorf("%s at %+v: %q, want %q", c.item, c.p, got, c.want)
		}
	}
	if strings.HasPrefix(s.MatterKey("1", Place{Building: "31"}), s.MatterKey("1", Place{Building: "3"})) {
		t.Error("building 31 is found as building 3")
	}
}

func TestDangerKey(t *testing.T) {
	s := village()
	for _, c := range []struct {
		d    Danger
		p    Place
		want string
	}{
		{Gas, Place{Building: "3", Unit: "2"}, "!gas/3/"}, {Fire, Place{}, ""}, {Violence, Place{Building: "3"}, ""}, {Medical, Place{Building: "3"}, ""}, {"", Place{Building: "3"}, ""},
	} {
		if got := s.DangerKey(c.d, c.p); got != c.want {
			t.Errorf("%s at %+v: %q", c.d, c.p, got)
		}
	}
}

func TestWithin(t *testing.T) {
	home := Place{Building: "3", Unit: "2", Floor: 5, Room: "501"}
	for said, want := range map[Place]Place{
		{}:                          home,
		{Building: "3"}:             home,
		{Building: "5"}:             {Building: "5"},
		{Spot: "gate"}:              {Spot: "gate"},
		{Building: "3", Unit: "1"}:  {Building: "3", Unit: "1"},
		{Building: "3", Floor: 9}:   {Building: "3", Unit: "2", Floor: 9},
		{Unit: "2"}:                 {Building: "3", Unit: "2"},
		{Building: "3", Room: "77"}: {Building: "3", Unit: "2", Room: "77"},
	} {
		if got := said.Within(home); got != want {
			t.Errorf("%+v at home: %+v, want %+v", said, got, want)
		}
	}
}

func TestScopeWords(t *testing.T) {
	for _, o := range []Scope{Everywhere, {Grid: "g1"}, {Building: "3"}, {Building: "3/东"}} {
		if got := ScopeOfWord(o.Word()); got != o {
			t.Errorf("%q is read as %+v", o.Word(), got)
		}
	}
	for _, w := range []string{"", "x", "b", "b/", "g/", "cc", "x/3"} {
		if got := ScopeOfWord(w); !got.Zero() {
			t.Errorf("%q is read as %+v", w, got)
		}
	}
}
