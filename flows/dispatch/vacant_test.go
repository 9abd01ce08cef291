package dispatch_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// changed is the example with some text replaced; pairs are old and new.
func changed(t *testing.T, pairs ...string) *community.File {
	t.Helper()
	text := strings.Replace(string(community.Example()), heIsThere, xuIsThere+heIsThere, 1)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the example does not contain %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	f, err := community.Parse("x.yaml", []byte(text), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	liIsThere  = "  - {id: li, name: 李网格, phone: \"0471-0000001\"}\n"
	heIsThere  = "  - {id: he, "
	xuIsThere  = "  - {id: xuwg, name: 徐网格, phone: \"0471-0000099\", posts: [station]}\n"
	liLeads    = "leader: li\n    stand_ins: [zhou]"
	xuLeads    = "leader: xuwg\n    stand_ins: [zhou]"
	liStandsIn = "stand_ins: [li]"
)

// What is open survives every change of the directory: the work of who has left
// goes on to whoever holds the post now, and what lies in a place, a group or
// under a line of the duty list that is gone is still brought to its end.
func TestOpenWorkSurvivesTheDirectory(t *testing.T) {
	const (
		lift   = "> 王阿姨@3号楼群: 3号楼2单元电梯又停了，老人下不了楼\n"
		dogs   = "> 王阿姨@3号楼群: 3号楼遛狗不牵绳没人管吗，吓着孩子了\n"
		gas    = "> 王阿姨@3号楼群: 3号楼2单元有煤气味，很浓\n"
		takes  = "> 李网格: [接单]\n"
		later  = "+ 72h\n"
		begins = "@ 2026-03-11 09:00\n"
	)
	for name, c := range map[string]struct {
		before string
		files  []string // replaced in the example while it is open
		erased flows.PersonID
		after  string
		told   []string // each must be seen afterwards
		untold string   // who must not hear anything of it any more
		holder flows.PersonID
	}{
		"the leader who has taken it leaves": {
			before: dogs + takes, files: []string{liIsThere, "", liLeads, xuLeads, liStandsIn, "stand_ins: [xuwg]"}, after: later,
			told: []string{"徐网格: 0001 遛狗不牵绳、宠物粪便｜3号楼 / 原话"}, untold: "李网格", holder: "xuwg",
		},
		"the leader who has taken it leaves and is erased": {
			before: dogs + takes, files: []string{liIsThere, "", liLeads, xuLeads, liStandsIn, "stand_ins: [xuwg]"}, erased: "li", after: later,
			told: []string{"徐网格: 0001 遛狗不牵绳、宠物粪便｜3号楼 / 原话"}, untold: "李网格", holder: "xuwg",
		},
		"the leader who was asked leaves": {
			before: dogs, files: []string{liIsThere, "", liLeads, xuLeads, liStandsIn, "stand_ins: [xuwg]"}, after: "+ 60h\n",
			told: []string{"徐网格: 0001 遛狗不牵绳、宠物粪便｜3号楼 / 原话"}, untold: "李网格",
		},
		"the leader has another post now": {
			before: dogs + takes, files: []string{liIsThere, strings.Replace(liIsThere, "}", ", posts: [station]}", 1), liLeads, xuLeads, liStandsIn, "stand_ins: [xuwg]"},
			after: "> 李网格: [办好了]\n> 李网格: 劝过了，办了犬证\n", told: []string{"王阿姨: 0001号办好了：劝过了，办了犬证。您觉得怎么样？"}, holder: "li",
		},
		"the only one of the company leaves": {
			before: lift + "> 冯物业: [接单]\n", files: []string{"  - {id: feng, name: 冯物业, phone: \"0471-0000010\", posts: [property]}\n", ""}, after: "+ 24h\n",
			told: []string{"李网格: 0001 电梯停运或故障｜3号楼2单元"}, untold: "冯物业",
		},
		"who comes later in the ladder leaves": {
			before: dogs, files: []string{"name: 周网格", "name: 周网格二", "  - {id: zhou,", "  - {id: zhou2,", "leader: zhou", "leader: zhou2", "[zhou]", "[zhou2]", "[zhou]", "[zhou2]"}, after: "+ 60h\n",
			told: []string{"陈社区: 0001 遛狗不牵绳"}, untold: "周网格",
		},
		"the person on duty leaves in a danger": {
			before: gas, files: []string{"  - {id: sun, name: 孙值班, phone: \"0471-0000005\", posts: [duty]}\n", "", "{person: sun, stand_ins: [qian]}", "{person: qian, stand_ins: [zhaos]}"}, after: "+ 4m\n",
			told: []string{"钱值班: 危险 0001"}, untold: "孙值班",
		},
		"the building is taken away": {
			before: dogs + takes, files: []string{"  - {id: 3, name: 3号楼, units: 2, floors: 12, per_floor: 4}\n", "", "buildings: [1, 2, 3, 4]", "buildings: [1, 2, 4]", "households: 318", "households: 222",
				"    home: 3-1-201           # 楼-单元-室 · building-unit-room\n    posts: [{role: captain, building: 3}]", "    posts: [{role: captain, building: 4}]", "name: 3号楼群, building: 3", "name: 3号楼群, grid: g1",
				", home: 3-2-501", "", ", home: 3-2-602", "", ", home: 3-1-1203", "", ", home: 3-2-302", "", ", home: 3-1-402", "", ", home: 3-1-402", "", ", home: 3-1-402", ""},
			after: "+ 72h\n> 李网格: [办好了]\n> 李网格: 劝过了\n", told: []string{"王阿姨: 0001号办好了：劝过了。您觉得怎么样？"}, holder: "li",
		},
		"the group is taken away": {
			before: dogs + takes, files: []string{"  - {id: b3, name: 3号楼群, building: 3}\n", "", "groups: [b3, east]}\n  - {id: zhang", "groups: [east]}\n  - {id: zhang", ", groups: [b3]}", "}", "groups: [b3, east]", "groups: [east]", ", groups: [b3]}", "}", ", groups: [b3]}", "}", ", groups: [b3]}", "}", ", groups: [b3]}", "}"},
			after: "> 李网格: [办好了]\n> 李网格: 劝过了\n> 王阿姨: [满意]\n", told: []string{"王阿姨: 0001号办好了：劝过了。您觉得怎么样？"}, holder: "li",
		},
		"the line of the duty list is taken away": {
			before: dogs + takes, files: nil, after: "+ 72h\n> 李网格: [办好了]\n> 李网格: 劝过了\n", told: []string{"王阿姨: 0001号办好了：劝过了。您觉得怎么样？"}, holder: "li",
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := changed(t)
			next := changed(t, c.files...).Settings
			db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			w := stage(t, db.In("example"), first)
			play(t, w, begins+c.before)
			work := theWork(t, db.In("example"))
			if name == "the line of the duty list is taken away" {
				s := *first.Settings
				s.Items = slices.DeleteFunc(slices.Clone(s.Items), func(it flows.Item) bool { return it.ID == work.Item })
				next = &s
			}
			w.Bot.SetSettings(next)
			if c.erased != "" {
				if _, err := w.Bot.Erase(t.Context(), c.erased, "asked"); err != nil {
					t.Fatal(err)
				}
			}
			told := play(t, w, c.after)
			for _, want := range c.told {
				if !slices.ContainsFunc(told, func(x dialogue.Told) bool { return strings.Contains(x.String(), want) }) {
					t.Errorf("not told: %s\n%s", want, written(told))
				}
			}
			for _, x := range told {
				if x.Name == c.untold && x.Mode != "改" {
					t.Errorf("told: %s", x)
				}
				if x.Name == c.untold && strings.Contains(x.Text, "原话") {
					t.Errorf("somebody who left sees what was said: %s", x)
				}
			}
			if got := theWork(t, db.In("example")).Holder; c.holder != "" && got != c.holder {
				t.Errorf("held by %s", got)
			}
			troubles, err := w.Bot.Troubles(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range troubles {
				t.Errorf("could not be done: %s %s", x.Kind, x.Why)
			}
		})
	}
}

// Somebody who has left cannot take work by an old button.
func TestWhoHasLeftTakesNothing(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := stage(t, db.In("example"), changed(t))
	play(t, w, "@ 2026-03-11 09:00\n> 王阿姨@3号楼群: 3号楼遛狗不牵绳没人管吗，吓着孩子了\n")
	w.Bot.SetSettings(changed(t, liIsThere, "", liLeads, xuLeads, liStandsIn, "stand_ins: [xuwg]").Settings)
	play(t, w, "> 李网格: [接单]\n")
	if c := theWork(t, db.In("example")); c.Stage != dispatch.Sent {
		t.Errorf("it is %s, held by %s", c.Stage, c.Holder)
	}
}

func TestNext(t *testing.T) {
	s := changed(t).Settings
	leaders := s.Items[slices.IndexFunc(s.Items, func(it flows.Item) bool { return it.Owner == flows.Leader })].ID
	raw := flows.Data(dispatch.State{Stage: dispatch.Taken, Holder: "li", Work: flows.Task{Item: leaders, Place: flows.Place{Building: "3"}}})
	at := time.Date(2026, 3, 11, 9, 0, 0, 0, s.Zone)
	if got := dispatch.Next(raw, s, at); got != "li" {
		t.Error("as it is:", got)
	}
	gone := changed(t, liIsThere, "", liLeads, xuLeads, liStandsIn, "stand_ins: [xuwg]").Settings
	if got := dispatch.Next(raw, gone, at); got != "xuwg" {
		t.Error("after the leader left:", got)
	}
	if got := dispatch.Next(raw, &flows.Settings{Zone: s.Zone}, at); got != "" {
		t.Error("where nobody is left:", got)
	}
}

func stage(t *testing.T, store storage.Store, f *community.File) *dialogue.World {
	t.Helper()
	d, err := demand.New()
	if err != nil {
		t.Fatal(err)
	}
	w, err := dispatch.New()
	if err != nil {
		t.Fatal(err)
	}
	world, err := dialogue.NewWorld(t.Context(), dialogue.Options{Store: store, Settings: f.Settings, Cast: bottest.Cast(f), Flows: []flows.Flow{d, w},
		Reader: local.New(), Media: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// play does what the lines say, and gives what people were told.
func play(t *testing.T, w *dialogue.World, text string) []dialogue.Told {
	t.Helper()
	p, err := dialogue.Parse("play", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	went, told, _, err := dialogue.Run(t.Context(), w, p)
	if err != nil {
		t.Fatalf("%v\n%s", err, went)
	}
	return told
}

func written(told []dialogue.Told) string {
	var out strings.Builder
	for _, x := range told {
		fmt.Fprintln(&out, x)
	}
	return out.String()
}

// theWork is the only dispatch there is.
func theWork(t *testing.T, store storage.Store) flows.Case {
	t.Helper()
	var out []flows.Case
	err := store.View(t.Context(), func(tx storage.Tx) (err error) {
		out, err = tx.Cases(10, func(c flows.Case) bool { return c.Flow == "dispatch" })
		return err
	})
	if err != nil || len(out) != 1 {
		t.Fatal(len(out), err)
	}
	return out[0]
}
