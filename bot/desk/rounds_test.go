package desk

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/round"
	"linli/storage"
)

// walk puts a plan of the first grid into the store, under an id of its own and no key.
func (h *house) walk(id string) flows.Case {
	h.t.Helper()
	now := h.clock.Now()
	s := round.State{Stage: round.Kept, Grid: "g1", Week: 1, From: now, Until: now.Add(48 * time.Hour), Walker: "li", Next: now.Add(200 * time.Hour), Last: 3, Rows: 2,
		Lines: []round.Line{
			{N: 1, Kind: round.Spot, Place: flows.Place{Building: "3"}, Look: "lane"},
			{N: 2, Kind: round.Visit, Place: flows.Place{Building: "3", Unit: "1", Room: "402"}, Row: 1},
			{N: 3, Kind: round.Door, Place: flows.Place{Building: "1", Unit: "1", Room: "101"}},
		},
		Agreed: []round.Agreed{
			{N: 1, Person: "r1", Place: flows.Place{Building: "3", Unit: "1", Room: "402"}, At: now},
			{N: 2, By: "li", Place: flows.Place{Building: "4", Unit: "1", Room: "301"}, At: now, Phone: true},
		}}
	c := flows.Case{ID: flows.ID(id), Flow: flows.RoundFlow, Opened: now, Data: flows.Data(s), Summary: s.Summary()}
	c.Matter = nil // the plan that stands is another one
	h.update(func(tx storage.Tx) error { return tx.PutCase(c) })
	return c
}

func (h *house) roundState(id string) (s round.State) {
	h.t.Helper()
	h.view(func(tx storage.Tx) error {
		c, err := tx.Case(flows.ID(id))
		if err == nil {
			s, err = roundOf(c)
		}
		return err
	})
	return s
}

func (h *house) tickRound(id string, who flows.PersonID, form url.Values) answer {
	h.t.Helper()
	h.n++
	form.Set("form", strings.Repeat("0", 26)+itoa(200000+h.n))
	return h.ask("POST", "/desk/rounds/"+id, h.session(who), form)
}

// The sentence of each grid, its list, and who has agreed; what staff tick for a leader
// without a telephone reaches the rules.
func TestRounds(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "3")
	h.walk("p1")
	chen := h.session("chen")
	list := h.page("/desk/rounds", chen)
	h.has(list, "第一网格还有2户1处没走", "李网格走", `href="/desk/rounds/p1"`)
	page := h.page("/desk/rounds/p1", chen)
	h.has(page, "☐ 3号楼：消防通道", "☐ 3号楼1单元402室：约好的走访", "☐ 1号楼1单元101室：走访", "4号楼1单元301室", "李网格问过、记的，只打电话", "本人说的")
	h.hasNot(page, "王阿姨", "%", "排名")

	h.tickRound("p1", "chen", url.Values{"choice": {"been"}, "n": {"2"}})
	if s := h.roundState("p1"); s.Lines[1].How != round.Been {
		t.Errorf("staff have ticked, and it is not noted: %+v", s.Lines)
	}
	h.has(h.page("/desk/rounds", chen), "第一网格还有1户1处没走")

	if a := h.tickRound("p1", "chen", url.Values{"choice": {"found"}, "n": {"1"}, "text": {"消防通道停了车"}}); a.Status != 200 {
		t.Fatalf("found: %d", a.Status)
	}
	if s := h.roundState("p1"); s.Lines[0].How != round.Found || s.Lines[0].No == 0 {
		t.Errorf("what was found has no number: %+v", s.Lines)
	}
	h.tickRound("p1", "chen", url.Values{"choice": {"promise"}, "n": {"2"}, "text": {"帮问低保，周五前"}})
	h.has(h.page("/desk/rounds/p1", chen), "答应了还没办好的", "帮问低保，周五前")

	h.tickRound("p1", "chen", url.Values{"choice": {"put"}, "text": {"2-1-301同意走访"}})
	h.has(h.page("/desk/rounds/p1", chen), "2号楼1单元301室", "陈社区问过、记的")
	h.tickRound("p1", "chen", url.Values{"choice": {"drop"}, "n": {"1"}})
	if s := h.roundState("p1"); len(s.Agreed) != 2 || s.Agreed[0].Person != "" {
		t.Errorf("who wants no visits any more is still there: %+v", s.Agreed)
	}

	for _, bad := range []url.Values{{"choice": {"found"}, "n": {"9"}, "text": {"x"}}, {"choice": {"ok"}, "n": {"x"}}, {"choice": {"week"}, "n": {"1"}}, {"choice": {"agree!"}, "n": {"1"}}} {
		if a := h.tickRound("p1", "chen", bad); a.Status != 400 {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
}

// A plan is seen by its leader, who stands in and the staff, and by nobody else: not even in
// the list of cases, which is for more.
func TestRoundsAreForFewEyes(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "3")
	h.walk("p1")
	for who, want := range map[flows.PersonID]int{"li": 200, "chen": 200, "zheng": 200, "zhaos": 200, "zhou": 404, "wu": 404, "liu": 403, "feng": 403, "du": 403, "ping": 403, "yi": 403} {
		if a := h.get("/desk/rounds/p1", h.session(who)); a.Status != want {
			t.Errorf("%s: %d, want %d", who, a.Status, want)
		}
		if a := h.get("/desk/cases/p1", h.session(who)); a.Status == 200 {
			t.Errorf("%s sees it among the cases", who)
		}
		if a := h.get("/desk/cases?stage=all", h.session(who)); strings.Contains(a.Body, "p1") || strings.Contains(a.Body, "402室") {
			t.Errorf("%s sees it in the list of cases", who)
		}
	}
	// While zhou stands in for li, the list is theirs, too.
	h.update(func(tx storage.Tx) error {
		c, err := tx.Case("p1")
		if err != nil {
			return err
		}
		s, err := roundOf(c)
		if err != nil {
			return err
		}
		s.Walker = "zhou"
		c.Data, c.Holder = flows.Data(s), "zhou"
		return tx.PutCase(c)
	})
	if a := h.get("/desk/rounds/p1", h.session("zhou")); a.Status != 200 {
		t.Errorf("who stands in: %d", a.Status)
	}
	if a := h.get("/desk/rounds/p1", h.session("wu")); a.Status != 404 {
		t.Errorf("a third leader: %d", a.Status)
	}
}
