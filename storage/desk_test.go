package storage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/storage"
	"linli/storage/bolt"
)

var noon = time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC)

var town = &flows.Settings{
	Zone:      time.UTC,
	Grids:     []flows.Grid{{ID: "g1", Leader: "li"}, {ID: "g2", Leader: "wu"}},
	Buildings: []flows.Building{{ID: "1", Name: "1号楼", Grid: "g1"}, {ID: "2", Name: "2号楼", Grid: "g1"}, {ID: "9", Name: "9号楼", Grid: "g2"}},
	Items:     []flows.Item{{ID: "1-1", Name: map[string]string{"zh-CN": "电梯停运", "en": "Lift out"}}, {ID: "2-1", Name: map[string]string{"zh-CN": "漏水"}}},
	Groups:    []flows.Group{{ID: "b1", Name: "1号楼群", Scope: flows.Scope{Building: "1"}}, {ID: "all", Name: "大群", Scope: flows.Everywhere}},
}

func all(flows.Case) bool { return true }

func sight(scopes ...flows.Scope) storage.Sight {
	return storage.Sight{Settings: town, Scopes: scopes, Person: "me", Keep: all}
}

func desk(t testing.TB) (storage.Desk, func(func(storage.Tx) error)) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := db.In("town")
	return storage.Desk{Store: s}, func(f func(storage.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(list []flows.Case) string {
	var out []string
	for _, c := range list {
		out = append(out, string(c.ID))
	}
	return strings.Join(out, " ")
}

// A case is seen by whose part of the community it lies in, and by who has it in
// hand; a sight that is not whole sees nothing.
func TestSight(t *testing.T) {
	c := func(building string, holder flows.PersonID) flows.Case {
		return flows.Case{Summary: flows.Summary{Place: flows.Place{Building: building}, Holder: holder}}
	}
	g1, b1 := flows.Scope{Grid: "g1"}, flows.Scope{Building: "1"}
	for _, x := range []struct {
		name string
		g    storage.Sight
		c    flows.Case
		want bool
	}{
		{"everywhere", sight(flows.Everywhere), c("9", ""), true},
		{"everywhere, no place", sight(flows.Everywhere), c("", ""), true},
		{"own grid", sight(g1), c("1", ""), true},
		{"another grid", sight(g1), c("9", ""), false},
		{"one of two grids", sight(g1, flows.Scope{Grid: "g2"}), c("9", ""), true},
		{"own building", sight(b1), c("1", ""), true},
		{"the building beside", sight(b1), c("2", ""), false},
		{"no place", sight(g1), c("", ""), false},
		{"a building nobody knows", sight(g1), c("77", ""), false},
		{"in hand", sight(g1), c("9", "me"), true},
		{"in another's hand", sight(g1), c("9", "you"), false},
		{"no scope", sight(), c("1", "me"), false},
		{"a zero scope", sight(flows.Scope{}), c("1", "me"), false},
		{"nothing kept", storage.Sight{Settings: town, Scopes: []flows.Scope{flows.Everywhere}, Person: "me"}, c("1", "me"), false},
		{"kept from them", storage.Sight{Settings: town, Scopes: []flows.Scope{flows.Everywhere}, Person: "me", Keep: func(flows.Case) bool { return false }}, c("1", "me"), false},
		{"zero", storage.Sight{}, c("1", ""), false},
	} {
		if got := x.g.Sees(x.c); got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
}

// Page by page one gets what one may see, each once, newest first.
func TestCasesPageByPage(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, update := desk(t)
		n := rapid.IntRange(0, 30).Draw(rt, "cases")
		var want []string
		buildings := []string{"1", "2", "9", ""}
		for i := range n {
			b := rapid.SampledFrom(buildings).Draw(rt, "building")
			child, no := rapid.Bool().Draw(rt, "child"), rapid.IntRange(0, 2).Draw(rt, "numbered")
			c := flows.Case{ID: flows.ID(fmt.Sprint("c", i)), Flow: "demand", No: no, Opened: noon, Summary: flows.Summary{Stage: "filed", Place: flows.Place{Building: b}}}
			if child {
				c.Parent = "p"
			}
			update(func(tx storage.Tx) error { return tx.PutCase(c) })
			if !child && no > 0 && (b == "1" || b == "2") {
				want = append([]string{string(c.ID)}, want...)
			}
		}
		size := rapid.IntRange(1, 7).Draw(rt, "page")
		var got []string
		cursor := flows.ID("")
		for turn := 0; ; turn++ {
			page, next, err := d.Cases(t.Context(), sight(flows.Scope{Grid: "g1"}), storage.Filter{}, "zh-CN", cursor, size)
			if err != nil || len(page) > size || turn > n+1 {
				rt.Fatalf("%d cases, %v", len(page), err)
			}
			for _, c := range page {
				got = append(got, string(c.ID))
			}
			if cursor = next; next == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestFilters(t *testing.T) {
	d, update := desk(t)
	put := func(id string, no int, change func(*flows.Case)) {
		c := flows.Case{ID: flows.ID(id), Flow: "demand", No: no, Opened: noon, Summary: flows.Summary{Stage: "filed", Item: "1-1", Place: flows.Place{Building: "1", Unit: "2"}, Holder: "me", Due: noon.Add(time.Hour)}}
		change(&c)
		update(func(tx storage.Tx) error { return tx.PutCase(c) })
	}
	put("open", 1, func(c *flows.Case) {})
	put("late", 1002, func(c *flows.Case) { c.Due = noon.Add(-time.Hour); c.Holder = "li" })
	put("rating", 3, func(c *flows.Case) { c.Due = noon.Add(-time.Hour); c.Stage = "done" })
	put("closed", 4, func(c *flows.Case) { c.Done = true; c.Item = "2-1"; c.Due = noon.Add(-time.Hour) })
	put("far", 5, func(c *flows.Case) { c.Place.Building = "9"; c.Holder = "" })
	put("draft", 0, func(c *flows.Case) { c.Stage = storage.StageDraft })
	put("child", 1, func(c *flows.Case) { c.Parent = "open" })
	g := sight(flows.Scope{Grid: "g1"})
	for _, x := range []struct {
		name string
		f    storage.Filter
		want string
	}{
		{"all", storage.Filter{}, "closed rating late open"},
		{"open", storage.Filter{Open: true}, "rating late open"},
		{"late", storage.Filter{Late: noon}, "late"},
		{"mine", storage.Filter{Mine: true}, "open"},
		{"number", storage.Filter{Text: "1002"}, "late"},
		{"spoken number", storage.Filter{Text: "0001"}, "open"},
		{"number of another grid", storage.Filter{Text: "0005"}, ""},
		{"number of nothing", storage.Filter{Text: "0099"}, ""},
		{"item", storage.Filter{Text: "漏"}, "closed"},
		{"item in English", storage.Filter{Text: "LIFT"}, "rating late open"},
		{"place", storage.Filter{Text: "2单元"}, "closed rating late open"},
		{"nothing", storage.Filter{Text: "9号楼"}, ""},
	} {
		list, _, err := d.Cases(t.Context(), g, x.f, "zh-CN", "", 50)
		if got := ids(list); err != nil || got != x.want {
			t.Errorf("%s: %q, want %q %v", x.name, got, x.want, err)
		}
	}
	if list, err := d.Drafts(t.Context(), g, 10); err != nil || ids(list) != "draft" {
		t.Errorf("drafts: %s %v", ids(list), err)
	}
	st, err := d.Stand(t.Context(), g, noon)
	if err != nil || st.Drafts != 1 || st.Open != 3 || st.Late != 1 || st.Mine != 1 || ids(st.Turn) != "open" {
		t.Errorf("standing: %+v %v", st, err)
	}
	// A cursor whose case is gone begins anew rather than showing nothing.
	if list, _, err := d.Cases(t.Context(), g, storage.Filter{}, "zh-CN", "never", 1); err != nil || ids(list) != "closed" {
		t.Errorf("after a case that is gone: %s %v", ids(list), err)
	}
	for _, g := range []storage.Sight{{}, sight(), sight(flows.Scope{})} {
		list, _, err := d.Cases(t.Context(), g, storage.Filter{}, "zh-CN", "", 10)
		drafts, err2 := d.Drafts(t.Context(), g, 10)
		if st, err3 := d.Stand(t.Context(), g, noon); len(list)+len(drafts)+st.Open+st.Drafts != 0 || errors.Join(err, err2, err3) != nil {
			t.Errorf("a sight of nothing sees %s %s %+v", ids(list), ids(drafts), st)
		}
	}
}

func TestDossier(t *testing.T) {
	d, update := desk(t)
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	place := flows.Place{Building: "1"}
	update(func(tx storage.Tx) error {
		return errors.Join(
			tx.PutCase(flows.Case{ID: "a", Flow: "demand", No: 7, Summary: flows.Summary{Stage: "filed", Place: place}}),
			tx.PutCase(flows.Case{ID: "w1", Flow: "dispatch", No: 7, Parent: "a", Summary: flows.Summary{Stage: "ended", Done: true}}),
			tx.PutCase(flows.Case{ID: "w2", Flow: "dispatch", No: 7, Parent: "a", Summary: flows.Summary{Stage: "sent", Place: place}}),
			tx.PutCase(flows.Case{ID: "x", Flow: "dispatch", No: 7, Parent: "else", Summary: flows.Summary{Stage: "sent"}}),
			tx.PutEntry("a", flows.Entry{Key: "r1", Tag: "follower"}), tx.PutEntry("a", flows.Entry{Key: "r2", Tag: "follower"}),
			tx.Note(storage.Record{Case: "a", At: at(0), Kind: "opened", After: "filed"}),
			tx.Note(storage.Record{Case: "w1", At: at(1), Kind: "opened", After: "sent"}),
			tx.Note(storage.Record{Case: "a", At: at(3), Kind: "told", After: "filed"}),
			tx.Note(storage.Record{Case: "w1", At: at(2), Kind: "chose", After: "taken"}),
			tx.Note(storage.Record{Case: "x", At: at(2), Kind: "chose", After: "sent"}))
	})
	o, err := d.Case(t.Context(), sight(flows.Scope{Grid: "g1"}), "a")
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, r := range o.Journal {
		steps = append(steps, string(r.Case)+"/"+r.Kind)
	}
	if got := strings.Join(steps, " "); got != "a/opened w1/opened w1/chose a/told" || ids(o.Children) != "w1 w2" || o.Counts["follower"] != 2 {
		t.Errorf("journal %s, children %s, %v", got, ids(o.Children), o.Counts)
	}
	for _, x := range []struct {
		g  storage.Sight
		id flows.ID
	}{{sight(flows.Scope{Grid: "g2"}), "a"}, {sight(flows.Everywhere), "w2"}, {sight(flows.Everywhere), "never"}, {storage.Sight{}, "a"}} {
		if o, err := d.Case(t.Context(), x.g, x.id); !errors.Is(err, storage.ErrNone) || o.Case.ID != "" {
			t.Errorf("%s with %v: %v %v", x.id, x.g.Scopes, o.Case.ID, err)
		}
	}
}

func TestTroublesAndGroups(t *testing.T) {
	d, update := desk(t)
	update(func(tx storage.Tx) error {
		var errs []error
		for _, x := range []storage.Trouble{{Text: "first"}, {Text: "of a case", Case: "w"}, {Text: "of what is gone", Case: "gone"}} {
			_, err := tx.AddTrouble(x)
			errs = append(errs, err)
		}
		return errors.Join(append(errs,
			tx.PutCase(flows.Case{ID: "a", No: 1, Summary: flows.Summary{Stage: "secret"}}),
			tx.PutCase(flows.Case{ID: "w", No: 1, Parent: "a", Summary: flows.Summary{Stage: "sent"}}),
			tx.PutChat(flows.Chat{ID: "1", Address: "x:1", Group: true, Directory: "b1"}),
			tx.PutChat(flows.Chat{ID: "2", Address: "x:2", Group: true, Title: "不认得"}),
			tx.PutKey("heard/1", []byte(fmt.Sprint(noon.Unix()))))...)
	})
	texts := func(g storage.Sight) string {
		list, err := d.Troubles(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, x := range list {
			out = append(out, x.Text)
		}
		return strings.Join(out, ", ")
	}
	open := sight(flows.Everywhere)
	if got := texts(open); got != "of what is gone, of a case, first" {
		t.Errorf("troubles: %s", got)
	}
	open.Keep = func(c flows.Case) bool { return c.Stage != "secret" }
	if got := texts(open); got != "of what is gone, first" {
		t.Errorf("troubles without those of a hidden case: %s", got)
	}
	if got := texts(sight(flows.Scope{Grid: "g1"})) + texts(storage.Sight{}); got != "" {
		t.Errorf("a leader sees troubles: %s", got)
	}
	names := func(g storage.Sight) string {
		list, err := d.Groups(context.Background(), g)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, x := range list {
			out = append(out, fmt.Sprint(x.Group.Name, x.Chat.Title, x.Last.Unix() == noon.Unix()))
		}
		return strings.Join(out, ", ")
	}
	if got := names(sight(flows.Everywhere)); got != "1号楼群true, 大群false, 不认得false" {
		t.Errorf("groups: %s", got)
	}
	if got := names(sight(flows.Scope{Grid: "g1"})); got != "1号楼群true" {
		t.Errorf("groups of a grid: %s", got)
	}
	if got := names(storage.Sight{}); got != "" {
		t.Errorf("groups of nobody: %s", got)
	}
}

func BenchmarkStand(b *testing.B) {
	d, update := desk(b)
	data := flows.Data(map[string]string{"words": strings.Repeat("电梯又停了", 20), "stage": "closed"})
	update(func(tx storage.Tx) error {
		for i := range 10_000 {
			if err := tx.PutCase(flows.Case{ID: flows.ID(fmt.Sprint(i)), Flow: "demand", No: i + 1, Opened: noon, Data: data, Summary: flows.Summary{Stage: "closed", Done: i%20 != 0, Place: flows.Place{Building: "1"}}}); err != nil {
				return err
			}
		}
		return nil
	})
	b.Run("stand", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Stand(b.Context(), sight(flows.Everywhere), noon); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := d.Cases(b.Context(), sight(flows.Everywhere), storage.Filter{Open: true}, "zh-CN", "", 30); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A poll is seen by its scope where the sight says what that is, is never late nor
// open work, and is among all cases and under its title.
func TestPollsAreNobodysWork(t *testing.T) {
	d, update := desk(t)
	update(func(tx storage.Tx) error {
		for _, c := range []flows.Case{
			{ID: "d1", Flow: "demand", No: 1, Summary: flows.Summary{Stage: "filed", Holder: "me", Item: "1-1", Place: flows.Place{Building: "1"}, Due: noon.Add(-time.Hour)}},
			{ID: "p1", Flow: "poll", No: 2, Summary: flows.Summary{Stage: "open", Holder: "me", Title: "要不要充电桩？", Due: noon.Add(-time.Hour)}},
			{ID: "p2", Flow: "poll", No: 3, Summary: flows.Summary{Stage: "closed", Done: true, Holder: "me", Title: "要不要刷白？"}},
			{ID: "p3", Flow: "poll", Summary: flows.Summary{Stage: "preview", Holder: "me", Title: "还没发"}},
		} {
			if err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return tx.PutEntry("p1", flows.Entry{Key: "h/1/1/101", Tag: "v/A/1"})
	})
	g := sight(flows.Everywhere)
	st, err := d.Stand(t.Context(), g, noon)
	if err != nil || st.Open != 1 || st.Late != 1 || st.Mine != 1 || ids(st.Turn) != "d1" || ids(st.Questions) != "p3 p1" {
		t.Errorf("%+v %v", st, err)
	}
	for name, x := range map[string]struct {
		f    storage.Filter
		want string
	}{"all": {storage.Filter{}, "p2 p1 d1"}, "open": {storage.Filter{Open: true}, "d1"}, "late": {storage.Filter{Late: noon}, "d1"}, "mine": {storage.Filter{Mine: true}, "d1"},
		"title": {storage.Filter{Text: "充电"}, "p1"}, "number": {storage.Filter{Text: "0003"}, "p2"}} {
		list, _, err := d.Cases(t.Context(), g, x.f, "zh-CN", "", 10)
		if err != nil || ids(list) != x.want {
			t.Errorf("%s: %q %v", name, ids(list), err)
		}
	}
	g.Flow = "poll"
	list, err := d.Questions(t.Context(), g, false, 10)
	if err != nil || len(list) != 3 || list[2].Counts["v/A/1"] != 1 {
		t.Errorf("%+v %v", list, err)
	}
	if list, err = d.Questions(t.Context(), g, true, 10); err != nil || len(list) != 2 || list[0].ID != "p3" {
		t.Errorf("that are not over: %+v %v", list, err)
	}
	g = sight(flows.Scope{Grid: "g1"})
	g.Person = ""
	g.Scope = func(c flows.Case) flows.Scope {
		return map[flows.ID]flows.Scope{"p1": {Building: "2"}, "p2": {Grid: "g2"}, "p3": flows.Everywhere}[c.ID]
	}
	g.Flow = "poll"
	if list, err = d.Questions(t.Context(), g, false, 10); err != nil || len(list) != 1 || list[0].ID != "p1" {
		t.Errorf("of the first grid: %+v %v", list, err)
	}
}

// A sight of one flow sees its cases also where another case has opened them, and no
// others; any other sight sees them only with that one. What somebody has in hand besides
// they see wherever it is.
func TestSightOfOneFlow(t *testing.T) {
	d, update := desk(t)
	update(func(tx storage.Tx) error {
		for _, c := range []flows.Case{
			{ID: "d1", Flow: "demand", No: 1, Summary: flows.Summary{Stage: "filed", Place: flows.Place{Building: "1"}}},
			{ID: "h1", Flow: "hearing", No: 1, Parent: "d1", Summary: flows.Summary{Stage: "notice", Title: "议题", Place: flows.Place{Building: "1"}}},
			{ID: "h2", Flow: "hearing", No: 2, Summary: flows.Summary{Stage: "closed", Done: true, Title: "议题", Place: flows.Place{Building: "9"}}},
			{ID: "h3", Flow: "hearing", No: 3, Parent: "d3", Summary: flows.Summary{Stage: "set", Title: "议题", Place: flows.Place{Building: "9"}}},
			{ID: "t1", Flow: "dispatch", No: 3, Parent: "h3", Summary: flows.Summary{Stage: "sent"}},
		} {
			if err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return tx.PutEntry("h1", flows.Entry{Key: "r1", Tag: "yes"})
	})
	g := sight(flows.Scope{Grid: "g1"})
	see := func(g storage.Sight) string {
		list, err := d.Questions(t.Context(), g, false, 10)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range list {
			out = append(out, string(c.ID))
			if _, err := d.Case(t.Context(), g, c.ID); err != nil {
				t.Errorf("%s is in the list and not there: %v", c.ID, err)
			}
		}
		return strings.Join(out, " ")
	}
	if got := see(g); got != "" {
		t.Errorf("without a flow: %q", got)
	}
	if _, err := d.Case(t.Context(), g, "h1"); !errors.Is(err, storage.ErrNone) {
		t.Errorf("a child without a flow: %v", err)
	}
	g.Flow = "hearing"
	if got := see(g); got != "h1" {
		t.Errorf("of the first grid: %q", got)
	}
	for _, id := range []flows.ID{"d1", "h2", "h3", "t1"} {
		if _, err := d.Case(t.Context(), g, id); !errors.Is(err, storage.ErrNone) {
			t.Errorf("%s: %v", id, err)
		}
	}
	g.Mine = func(c flows.Case) bool { return c.ID == "h3" }
	if got := see(g); got != "h3 h1" {
		t.Errorf("with what they have in hand: %q", got)
	}
	if o, err := d.Case(t.Context(), g, "h3"); err != nil || ids(o.Children) != "t1" {
		t.Errorf("%+v %v", o.Children, err)
	}
	if list, err := d.Questions(t.Context(), g, true, 10); err != nil || len(list) != 2 || list[1].Counts["yes"] != 1 {
		t.Errorf("%+v %v", list, err)
	}
	g.Keep = func(flows.Case) bool { return false }
	if got := see(g); got != "" {
		t.Errorf("kept from them: %q", got)
	}
}

// Answers say who has answered how and in which building they live, and nothing else of
// them.
func TestAnswers(t *testing.T) {
	d, update := desk(t)
	update(func(tx storage.Tx) error {
		if err := tx.PutCase(flows.Case{ID: "h", Flow: "hearing"}); err != nil {
			return err
		}
		for id, tag := range map[string]string{"r1": "yes", "r2": "no", "li": "yes", "g/0001": "here", "gone": "yes"} {
			if err := tx.PutEntry("h", flows.Entry{Key: id, Tag: tag, Data: []byte(`{"proxy":"不公开的名字"}`)}); err != nil {
				return err
			}
		}
		for _, id := range []flows.PersonID{"r1", "r2", "li"} {
			if err := tx.PutPerson(storage.Person{ID: id, Name: "姓名", Home: flows.Place{Building: "2", Room: "501"}, Addresses: []string{"x:" + string(id)}}); err != nil {
				return err
			}
		}
		return nil
	})
	some, err := d.Answers(t.Context(), "h", []flows.PersonID{"li", "nobody", "r2"})
	if want := "[{li yes 2} {r2 no 2}]"; err != nil || fmt.Sprint(some) != want {
		t.Errorf("%v %v, want %s", some, err, want)
	}
	every, err := d.AllAnswers(t.Context(), "h", []string{"yes", "here"})
	if want := "[{g/0001 here } {gone yes } {li yes 2} {r1 yes 2}]"; err != nil || fmt.Sprint(every) != want {
		t.Errorf("%v %v, want %s", every, err, want)
	}
}

// Entries of several tags come all, by key, whatever their tags are.
func TestEntriesByKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, update := desk(t)
		n := rapid.IntRange(0, 40).Draw(rt, "n")
		if rapid.IntRange(0, 9).Draw(rt, "many") == 0 {
			n += 700 // more than a page
		}
		var want []string
		update(func(tx storage.Tx) error {
			if err := tx.PutCase(flows.Case{ID: "p", Flow: "poll"}); err != nil {
				return err
			}
			for i := range n {
				tag := rapid.SampledFrom([]string{"v/A/1", "v/B/1", "v/A/2", "other"}).Draw(rt, "tag")
				key := fmt.Sprintf("h/%04d", (i*7919)%10000)
				if err := tx.PutEntry("p", flows.Entry{Key: key, Tag: tag, Order: int64(i % 3)}); err != nil {
					return err
				}
				if tag != "other" {
					want = append(want, key)
				}
			}
			return nil
		})
		slices.Sort(want)
		list, err := d.Entries(t.Context(), "p", []string{"v/A/1", "v/A/2", "v/B/1"})
		if err != nil {
			rt.Fatal(err)
		}
		var got []string
		for _, e := range list {
			got = append(got, e.Key)
		}
		if !slices.Equal(got, want) {
			rt.Errorf("%d entries, want %d", len(got), len(want))
		}
	})
}
