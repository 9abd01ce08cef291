package desk

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/poll"
	"linli/storage"
)

// poll keeps an open poll of building 3 as the flow would have.
func (h *house) poll(id string, change func(*poll.State)) flows.Case {
	h.t.Helper()
	now := h.clock.Now()
	s := poll.State{Stage: poll.Open, Starter: "li", Question: "要不要在楼前装充电桩？", Options: []string{"要", "不要", "再商量"}, Force: flows.Sounding,
		Unit: flows.PerHousehold, Scope: flows.Scope{Building: "3"}, Until: now.Add(58 * time.Hour), Roll: flows.Roll{Voters: 96}, Sent: now, Seed: strings.Repeat("a", 32)}
	if change != nil {
		change(&s)
	}
	c := flows.Case{ID: flows.ID(id), Flow: poll.Name, Opened: now, Data: flows.Data(s), Summary: s.Summary()}
	h.keep(&c, s.Starter, s.Stage)
	return c
}

// vote keeps the vote of a household.
func (h *house) vote(id, room, letter string, how poll.How) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		v := poll.Vote{Choice: letter, At: h.clock.Now(), How: how, By: flows.PersonID("r" + room)}
		if err := tx.PutEntry(flows.ID(id), flows.Entry{Key: "h/3/1/" + room, Tag: poll.Tag(letter, "3"), Data: flows.Data(v)}); err != nil {
			return err
		}
		return tx.Note(storage.Record{Case: flows.ID(id), At: h.clock.Now(), Event: "v" + room, Kind: "chose", By: v.By, Detail: "v!", Before: poll.Open, After: poll.Open})
	})
}

func (h *house) state(id string) (s poll.State) {
	h.t.Helper()
	h.view(func(tx storage.Tx) error {
		c, err := tx.Case(flows.ID(id))
		if err == nil {
			s, err = poll.Read(c)
		}
		return err
	})
	return s
}

// Polls are listed by how they stand, with the turnout; they are nobody's late work and
// no open demand.
func TestListOfPolls(t *testing.T) {
	h := build(t, "", nil)
	h.put("d1", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Who: "li"}, func(c *flows.Case) { c.Due = h.clock.Now().Add(48 * time.Hour) })
	h.poll("p1", nil)
	h.poll("p2", func(s *poll.State) { s.Question, s.Until = "楼道要不要刷白？", h.clock.Now().Add(2*time.Hour) })
	h.poll("p3", func(s *poll.State) {
		s.Question, s.Stage, s.Outcome = "门禁要不要换？", poll.Closed, &poll.Outcome{At: h.clock.Now(), Voters: 58, Votes: []int{34, 11, 13}}
	})
	h.poll("p4", func(s *poll.State) { s.Question, s.Stage, s.Sent = "还没发的？", poll.Preview, time.Time{} })
	for i, letter := range []string{"A", "B", "A"} {
		h.vote("p1", itoa(101+i), letter, poll.Tap)
	}
	li, chen, wu := h.session("li"), h.session("chen"), h.session("wu")
	page := h.page("/desk/polls", chen)
	h.has(page, "要不要在楼前装充电桩？", "3号楼", "摸底", "已答3/96户", "已答58/96户", "今天12点截止")
	h.hasNot(page, "还没发的？")
	if a, b := strings.Index(page, "楼道要不要刷白"), strings.Index(page, "要不要在楼前装充电桩"); a > b {
		t.Error("the poll that ends first does not stand first")
	}
	if a, b := strings.Index(page, "要不要在楼前装充电桩"), strings.Index(page, "门禁要不要换"); a > b {
		t.Error("a poll that is over stands before one that is open")
	}
	h.has(h.page("/desk/polls", li), "还没发的？")
	h.hasNot(h.page("/desk/polls", wu), "充电桩", "刷白", "门禁")
	h.has(h.page("/desk/", chen), "<b>2</b><span>征询中", "<b>1</b><span>未办结", "<b>0</b><span>超时")
	h.hasNot(h.page("/desk/", li), "充电桩")
	h.clock.Pass(100 * time.Hour) // whatever the rules have not ended yet is still no late work
	chen, li = h.session("chen"), h.session("li")
	h.has(h.page("/desk/", chen), "<b>1</b><span>超时", "<b>1</b><span>未办结")
	for _, show := range []string{"late", "open", "mine"} {
		h.hasNot(h.page("/desk/cases?show="+show, li), "充电桩")
	}
	h.has(h.page("/desk/cases?show=all", li), `href="/desk/polls/p1"`, "要不要在楼前装充电桩？")
	h.has(h.page("/desk/cases?show=all&q=充电桩", li), `href="/desk/polls/p1"`)
	h.has(h.page("/desk/cases?q=0002", li), `href="/desk/polls/p1"`)
	h.hasNot(h.page("/desk/cases?q=0002", h.session("wu")), "/desk/polls/p1")
	// The supervision committee sees what was sent, and nothing that was not.
	h.has(h.page("/desk/cases?show=all", h.session("du")), "/desk/polls/p1")
	h.hasNot(h.page("/desk/cases?show=all", h.session("du")), "/desk/polls/p4")
	if a := h.get("/desk/cases/p1", li); a.Status != 303 || a.Header.Get("Location") != "/desk/polls/p1" {
		t.Errorf("a poll among the cases: %d %s", a.Status, a.Header.Get("Location"))
	}
}

// A poll is there for who may ask all whom it asks, and before it is sent for its
// starter only.
func TestOthersPollsAreNotThere(t *testing.T) {
	h := build(t, "", nil)
	h.poll("b3", nil)
	own := h.current().Grids[0].ID // where li is leader and building 3 lies
	h.poll("own", func(s *poll.State) { s.Scope = flows.Scope{Grid: own} })
	h.poll("all", func(s *poll.State) { s.Scope = flows.Everywhere })
	h.poll("b9", func(s *poll.State) { s.Scope = flows.Scope{Building: "9"} }) // of the third grid, begun by li
	h.poll("draft", func(s *poll.State) { s.Stage, s.Sent, s.Starter = poll.Preview, time.Time{}, "chen" })
	h.poll("none", func(s *poll.State) { s.Scope = flows.Scope{} })
	h.put("d1", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}}, nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "broken", Flow: poll.Name, No: 99, Data: []byte(`{"stage":7}`), Summary: flows.Summary{Stage: poll.Open, Title: "坏的"}})
	})
	h.hasNot(h.page("/desk/cases?show=all", h.session("li"))+h.page("/desk/", h.session("li")), "/desk/polls/b9", "/desk/polls/all", "/desk/polls/draft")
	paths := []string{"", "/slips", "/paper", "/archive"}
	for who, sees := range map[flows.PersonID][]string{"li": {"b3", "own"}, "chen": {"b3", "all", "b9", "draft", "own"}, "zheng": {"b3", "all", "b9", "own"}, "wu": {"b9"}} {
		token := h.session(who)
		for _, id := range []string{"b3", "all", "b9", "draft", "none", "d1", "broken", "own", "never"} {
			for _, path := range paths {
				a := h.get("/desk/polls/"+id+path, token)
				want := 404
				if slices.Contains(sees, id) && (path == "" || path == "/slips" || path == "/paper" && id != "draft") {
					want = 200
				}
				if a.Status != want {
					t.Errorf("%s%s for %s: %d, want %d", id, path, who, a.Status, want)
				}
			}
			if a := h.ask("POST", "/desk/polls/"+id, token, url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"hush"}}); (a.Status == 200) != (h.get("/desk/polls/"+id, token).Status == 200) {
				t.Errorf("a button of %s for %s: %d", id, who, a.Status)
			}
			h.n++
		}
	}
}

// plain takes out of a page what differs each time.
func plain(page string) string {
	return formID.ReplaceAllString(page, "")
}

// pagesOf are all pages that show anything of a poll.
func (h *house) pagesOf(id string, who ...flows.PersonID) string {
	h.t.Helper()
	var b strings.Builder
	for _, p := range who {
		token := h.session(p)
		for _, path := range []string{"/desk/polls/" + id, "/desk/polls/" + id + "/slips", "/desk/polls", "/desk/", "/desk/cases?show=all", "/desk/troubles"} {
			b.WriteString("== " + path + "\n" + plain(h.get(path, token).Body) + "\n")
		}
	}
	return b.String()
}

// Before the end no page depends on how anybody has voted: with any votes of the same
// households every page is the same, byte for byte.
func TestNoPageTellsVotesBeforeTheEnd(t *testing.T) {
	rooms := []string{"101", "102", "201", "202", "301", "1001"}
	shows := func(stage string, letters []string) string {
		h := build(t, "", nil)
		h.poll("p1", func(s *poll.State) {
			s.Stage = stage
			if stage == poll.Counting {
				s.Count = &poll.Counted{Votes: make([]int, 3), By: map[string][]int{"3": make([]int, 3)}}
				for _, l := range letters {
					s.Count.Votes[l[0]-'A']++
					s.Count.By["3"][l[0]-'A']++
				}
			}
		})
		for i, room := range rooms {
			h.vote("p1", room, letters[i], []poll.How{poll.Tap, poll.Paper, poll.Phone}[i%3])
		}
		h.update(func(tx storage.Tx) error {
			return tx.PutEntry("p1", flows.Entry{Key: "slip/h/3/2/501", Tag: slipTag,
				Data: flows.Data(map[string]any{"by": "li", "letter": letters[0], "how": "paper"})})
		})
		return h.pagesOf("p1", "li", "chen", "evil")
	}
	for _, stage := range []string{poll.Open, poll.Counting} {
		same := shows(stage, []string{"A", "A", "A", "A", "A", "A"})
		if !strings.Contains(same, "6/96户") || !strings.Contains(same, "2-501") || !strings.Contains(same, "1-1001 <small>电话") {
			t.Fatalf("%s: the pages do not show what they should\n%s", stage, same)
		}
		for _, letters := range [][]string{{"B", "B", "B", "B", "B", "B"}, {"A", "B", "C", "A", "B", "C"}, {"C", "A", "B", "B", "A", "C"}, {"B", "A", "A", "A", "A", "A"}} {
			if got := shows(stage, letters); got != same {
				t.Errorf("%s: the pages differ with the votes %v:\n%s", stage, letters, difference(same, got))
			}
		}
	}
}

// After the end the pages show what came of it, and depend on nothing else: whoever of
// the same households has voted what.
func TestResultTellsNobodysVote(t *testing.T) {
	rooms := []string{"101", "102", "201", "202", "301", "1001", "1101"}
	shows := func(letters string) string {
		h := build(t, "", nil)
		h.poll("p1", func(s *poll.State) {
			s.Stage = poll.Result
			s.Outcome = &poll.Outcome{At: h.clock.Now(), Votes: []int{3, 2, 2}, Voters: 7, Ways: map[poll.How]int{poll.Tap: 5, poll.Paper: 2}, Proof: strings.Repeat("ab", 32), Ahead: []string{"A"}, Enough: true}
		})
		for i, room := range rooms {
			h.vote("p1", room, letters[i:i+1], poll.Tap)
		}
		return h.pagesOf("p1", "li", "chen")
	}
	same := shows("AAABBCC")
	for _, letters := range []string{"BBCCAAA", "ABCABCA", "CACABAB"} {
		if got := shows(letters); got != same {
			t.Errorf("the pages differ with the votes %s:\n%s", letters, difference(same, got))
		}
	}
}

// difference gives the lines in which two texts differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			out = append(out, "- "+x[i], "+ "+y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines\n%s", len(x), len(y), strings.Join(out, "\n"))
}

// The result says what it means and no more; of few votes it says no numbers.
func TestResultOfAPoll(t *testing.T) {
	h := build(t, "", nil)
	chen := h.session("chen")
	end := func(id string, change func(*poll.State)) string {
		h.poll(id, func(s *poll.State) {
			s.Stage = poll.Result
			s.Outcome = &poll.Outcome{At: h.clock.Now(), Votes: []int{34, 11, 13}, Voters: 58, Ways: map[poll.How]int{poll.Tap: 40, poll.Paper: 12, poll.Phone: 6}, Proxies: 2,
				By: map[string][]int{"3": {20, 5, 6}, "": {14, 6, 7}}, Proof: strings.Repeat("ab", 32), Ahead: []string{"A"}, Enough: true}
			change(s)
		})
		return h.page("/desk/polls/"+id, chen)
	}
	page := end("sound", func(*poll.State) {})
	h.has(page, "这是摸底，不是决定", "<svg", `<td class="n"><b>34</b></td>`, "58/96户", "手机 40", "纸质 12", "电话 6", "<dd>2</dd>", strings.Repeat("ab", 32), "其他楼合计", "再数一遍", "/desk/polls/sound/archive")
	h.hasNot(page, "通过了", "接龙 ")
	h.has(end("few", func(s *poll.State) { s.Outcome = &poll.Outcome{At: h.clock.Now(), Voters: 3, Enough: true} }), "各项票数不公布", "3/96户")
	h.change(func(s *flows.Settings) {
		s.Polls.Forces = []flows.PollRule{{Force: flows.ByOwners, Start: []flows.Role{flows.Staff}, Units: []flows.VoteUnit{flows.PerOwner}, Source: "民法典第278条",
			Turnout: flows.Share{Num: 2, Den: 3}, Agree: flows.Share{Num: 1, Den: 2, Over: true}, Special: flows.Share{Num: 3, Den: 4}}}
	})
	owners := func(s *poll.State) {
		s.Force, s.Unit, s.Roll = flows.ByOwners, flows.PerOwner, flows.Roll{Voters: 90, Area: 900000}
		s.Outcome.Area, s.Outcome.AreaIn = []int{400000, 90000, 110000}, 600000
	}
	page = end("passed", func(s *poll.State) { owners(s); s.Outcome.Passed = true })
	h.has(page, "通过了", "6000平方米", "58/90位业主", "面积2/3以上且人数2/3以上的业主参加，至少60位、6000平方米", "参加的面积里过半数、参加的人数里过半数同意", "民法典第278条")
	h.has(end("not", func(s *poll.State) { owners(s) }), "没有通过")
	h.has(end("special", func(s *poll.State) { owners(s); s.Special = true }), "3/4以上、参加的人数里3/4以上同意")
	h.has(end("small", func(s *poll.State) { owners(s); s.Outcome.Enough = false }), "这次表决不作数")
}

// A poll about what only the owners decide says so, with the numbers.
func TestPollThatCannotDecideSaysSo(t *testing.T) {
	h := build(t, "", nil)
	h.change(func(s *flows.Settings) {
		s.Polls.Forces = []flows.PollRule{{Force: flows.Sounding, Start: []flows.Role{flows.Staff}, Units: []flows.VoteUnit{flows.PerHousehold}, Source: "惯例"},
			{Force: flows.ByOwners, Units: []flows.VoteUnit{flows.PerOwner}, Source: "民法典第278条", Turnout: flows.Share{Num: 2, Den: 3}, Agree: flows.Share{Num: 1, Den: 2, Over: true}}}
		s.Polls.Reserved = []flows.Reserved{{ID: "278-8", Name: map[string]string{"zh-CN": "改变共有部分的用途"}, Source: "民法典第278条第8项"}}
	})
	h.poll("p1", func(s *poll.State) { s.Matter = "278-8" })
	h.has(h.page("/desk/polls/p1", h.session("chen")), "摸底，不算表决", "“改变共有部分的用途”由业主共同决定（民法典第278条第8项）", "2/3以上的业主参加")
}

// What stands in the journal of votes is not told; what was done with the poll is.
func TestJournalOfAPoll(t *testing.T) {
	h := build(t, "", nil)
	h.poll("p1", nil)
	h.vote("p1", "501", "A", poll.Tap)
	note := func(kind, by, detail, before, after string) {
		h.update(func(tx storage.Tx) error {
			return tx.Note(storage.Record{Case: "p1", At: h.clock.Now(), Event: detail + by, Kind: kind, By: flows.PersonID(by), Detail: detail, Before: before, After: after})
		})
	}
	note("chose", "li", "send", poll.Preview, poll.Open)
	note("told", "r1", "home", poll.Open, poll.Open)
	note("chose", "chen", "slip!", poll.Open, poll.Open)
	note("chose", "chen", "slip!", poll.Open, poll.Open)
	note("chose", "li", "extend=3", poll.Open, poll.Open)
	note("delivered", "", "voted refused", poll.Open, poll.Open)
	page := h.page("/desk/polls/p1", h.session("chen"))
	h.has(page, "点了发送", "录了纸质、电话票，2次", "要延长3天", "有一条消息对方收不到")
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, "")
	for _, word := range []string{"v!", "r501", "点了按钮", "居民 ", "confirmed"} {
		if strings.Contains(text, word) {
			t.Errorf("the page says %q", word)
		}
	}
}

// What was said for a poll is told without what is one resident's own.
func TestToldOfAPoll(t *testing.T) {
	at := time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)
	told := []bot.Told{{At: at, To: "3号楼群", Outcome: "confirmed", Text: "请投票"}, {At: at, To: "居民", Person: "r1", Outcome: "confirmed", Text: "还差您家一票"},
		{At: at, To: "居民", Person: "r2", Outcome: "confirmed", Text: "还差您家一票"}, {At: at, To: "居民", Person: "r3", Outcome: "confirmed", Text: "您家的票改了"},
		{At: at, To: "居民", Person: "r4", Outcome: "refused", Text: "回执ABCD-EFGH"}, {At: at, To: "王敏（网格员）", Person: "li", Outcome: "confirmed", Text: "已发出"},
		{At: at, To: "陈社区（社区）", Person: "chen", Outcome: "confirmed", Text: "陈家的票改了"}}
	h := build(t, "", nil)
	h.desk.o.Told = func(ctx context.Context, id flows.ID) ([]bot.Told, error) { return told, nil }
	h.poll("p1", nil)
	page := h.page("/desk/polls/p1", h.session("zheng"))
	h.has(page, "3号楼群", "请投票", "居民（2人，一样的话）", "还差您家一票", "已发出", "另有2条", "其中1条没送到")
	h.hasNot(page, "您家的票改了", "ABCD-EFGH", "陈家的票改了")
}
