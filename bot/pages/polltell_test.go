package pages

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// result is a poll that has ended, with so many votes for each option.
func (h *house) result(votes []int, change func(*poll.State)) flows.ID {
	h.t.Helper()
	n := 0
	for _, v := range votes {
		n += v
	}
	id := h.poll(func(s *poll.State) {
		s.Stage, s.Then = poll.Result, "12月5日议事会接着谈"
		s.Outcome = &poll.Outcome{At: h.at, Votes: votes, Voters: n, Enough: true, Ahead: []string{"A"}, Proof: strings.Repeat("ab12", 16), Ways: map[poll.How]int{poll.Tap: n - 3, poll.Paper: 3}}
		if change != nil {
			change(s)
		}
	})
	h.update(func(tx storage.Tx) error {
		k := 0
		for i, v := range votes {
			for range v {
				key := fmt.Sprintf("h/3/%d/%d", k/48+1, (k%48/4+1)*100+k%4+1)
				if err := tx.PutEntry(id, flows.Entry{Key: key, Tag: poll.Tag(poll.Letter(i), "3"), Data: flows.Data(poll.Vote{Choice: poll.Letter(i), At: h.at, How: poll.Tap})}); err != nil {
					return err
				}
				k++
			}
		}
		return nil
	})
	h.at = h.at.Add(25 * time.Hour)
	return id
}

// After the end the page says what came of it, and the receipts are there for
// everybody to find their own.
func TestResult(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "1", Room: "101"})
	h.lives("r2", "没投的", flows.Place{Building: "3", Unit: "2", Room: "1204"})
	id := h.result([]int{34, 11, 13}, func(s *poll.State) {
		s.Recounts = 1
		s.Outcome.By = map[string][]int{"": {4, 1, 1}, "5": {10, 5, 6}, "3": {20, 5, 6}}
	})
	s := h.state(id)
	everybody, mine := h.pollPath(id, ""), h.pollPath(id, "r1")
	page := h.page(everybody)
	h.has(page, "96户答了58户：要34，不要11，再商量13。", "这是摸底，不是决定。", "其中纸质表3张。", "接下来：12月5日议事会接着谈", "重新计票1次", s.Outcome.Proof, "<svg", "<table>", "3号楼", "其他楼合计")
	h.lacks(page, `name="v"`, "对结果有疑问", `name="code"`)
	if a, b, c := strings.Index(page, ">3号楼<"), strings.Index(page, ">5号楼<"), strings.Index(page, "其他楼合计"); a < 0 || a > b || b > c {
		t.Errorf("the buildings stand in the order %d %d %d", a, b, c)
	}
	h.has(h.page(mine), "您家这一票在里面", s.Receipt("h/3/1/101"), "核对我这一票", "对结果有疑问")

	list := h.page(everybody + "/receipts")
	found := regexp.MustCompile(`<li[^>]*>([A-Z0-9]{4}-[A-Z0-9]{4})</li>`).FindAllStringSubmatch(list, -1)
	var got []string
	for _, f := range found {
		got = append(got, f[1])
	}
	if len(got) != 58 || !slices.IsSorted(got) || !slices.Contains(got, s.Receipt("h/3/1/101")) {
		t.Errorf("the receipts are %d, in order %v", len(got), slices.IsSorted(got))
	}
	h.has(list, "现在有58张回执")
	h.has(h.page(mine+"/receipts"), "您这一票在里面", `class="own">`+s.Receipt("h/3/1/101"))
	h.has(h.page(h.pollPath(id, "r2")+"/receipts"), "您这一票不在里面")
	one := s.Receipt("h/3/1/101")
	for typed, words := range map[string]string{one: "在。这张", strings.ToLower(one[:4] + " " + one[5:]): "在。这张", "AAAA-AAAA": "不在。", "x": "这不像回执"} {
		h.has(h.ask("POST", everybody+"/receipts", url.Values{"receipt": {typed}}).Body, words)
	}

	h.has(h.ask("POST", mine+"/press", form("choice", "doubt")).Body, "role=\"status\"")
	if s := h.state(id); !slices.Contains(s.Doubts, "r1") {
		t.Errorf("the doubt has not arrived: %+v", s.Doubts)
	}
	for path, choice := range map[string]string{everybody: "doubt", mine: "extend=7"} {
		if a := h.ask("POST", path+"/press", form("choice", choice)); a.Status != 400 {
			t.Errorf("%s: %d", choice, a.Status)
		}
	}
}

// Where so few have voted that it would show how, nothing is broken down; nor where
// nobody has, or the poll was stopped.
func TestFew(t *testing.T) {
	h := build(t, "", nil)
	id := h.result([]int{2, 1, 0}, func(s *poll.State) { s.Outcome.Votes, s.Outcome.Ahead = nil, nil; s.Outcome.Ways = nil })
	page := h.page(h.pollPath(id, ""))
	h.has(page, "96户答了3户。", "不公布各项")
	h.lacks(page, "<svg", "<table>")
	h.at = h.at.Add(-25 * time.Hour)
	h.has(h.page(h.pollPath(h.result([]int{0, 0, 0}, func(s *poll.State) { s.Outcome.Ways = nil }), "")), "到时间没有人答。")
	h.at = h.at.Add(-25 * time.Hour)
	stopped := h.poll(func(s *poll.State) { s.Stage, s.Stopped, s.Why = poll.Closed, true, "问题写错了" })
	page = h.page(h.pollPath(stopped, ""))
	h.has(page, "已经停了", "问题写错了")
	h.lacks(page, `name="v"`)
}

// What only the owners can decide is said, with what that would need.
func TestNeed(t *testing.T) {
	h := build(t, "", nil)
	if len(h.settings.Polls.Reserved) == 0 {
		t.Fatal("nothing is reserved for the owners")
	}
	m := h.settings.Polls.Reserved[0]
	scope := flows.Scope{Building: "13"}
	page := h.page(h.pollPath(h.poll(func(s *poll.State) { s.Matter, s.Scope = m.ID, scope }), ""))
	owners := h.settings.RollOf(scope, flows.PerOwner)
	rule, _ := h.settings.PollRule(flows.ByOwners)
	h.has(page, m.Name["zh-CN"], "要业主共同决定", "须另外由业主正式表决", fmt.Sprintf("%d位业主里至少%d位", owners.Voters, rule.Turnout.Least(owners.Voters)), "人数和面积都要")
	h.lacks(h.page(h.pollPath(h.poll(nil), "")), "须另外由业主正式表决")

	for _, c := range []struct {
		enough, passed bool
		words          string
	}{{false, false, "参加的不够"}, {true, false, "没有通过"}, {true, true, "：通过。"}} {
		id := h.result([]int{3, 1, 0}, func(s *poll.State) {
			s.Force, s.Unit, s.Scope, s.Options, s.Roll = flows.ByOwners, flows.PerOwner, scope, []string{"同意", "不同意", "弃权"}, owners
			s.Outcome.Area, s.Outcome.AreaIn, s.Outcome.Enough, s.Outcome.Passed = []int{25532, 7620, 0}, 33152, c.enough, c.passed
		})
		h.has(h.page(h.pollPath(id, "")), c.words, "255.32", "依据：")
		h.at = h.at.Add(-25 * time.Hour)
	}
}

// A poll from the form on a captain's page to the result on everybody's, by the rules
// and the engine as they are.
func TestWholePoll(t *testing.T) {
	h := build(t, "", nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "liu", Name: "刘楼长", Addresses: []string{"telegram:9"}, Reach: []string{"telegram:9"}, Home: flows.Place{Building: "3", Unit: "1", Room: "201"}})
	})
	rounds := func() {
		for n, err := 1, error(nil); n > 0; {
			if n, _, err = h.bot.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	landed := h.follow(h.path("liu")+"/ask", form("line", "要不要在楼前装充电桩？要/不要/再商量，周五晚八点截止"))
	id := h.opened(landed.Path)
	h.ask("POST", landed.Path+"/press", form("choice", "send"))
	codes, err := h.bot.HomeCodes(t.Context(), flows.Scope{Building: "3"})
	if err != nil {
		t.Fatal(err)
	}
	everybody := h.pollPath(id, "")
	var receipts []string
	for i, letter := range []string{"A", "A", "B", "A", "C", "A"} {
		h.at = h.at.Add(time.Minute)
		code := codes[flows.Place{Building: "3", Unit: "2", Room: fmt.Sprintf("%d01", i+1)}]
		body := h.ask("POST", everybody, form("v", letter, "code", code)).Body
		receipts = append(receipts, regexp.MustCompile(`[A-Z2-9]{4}-[A-Z2-9]{4}`).FindAllString(regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(body, ""), 1)...)
		rounds()
	}
	h.has(h.page(everybody), "6户已答，共96户")
	h.at = h.state(id).Until.Add(time.Minute)
	rounds()
	h.has(h.page(everybody), "96户答了6户：要4，不要1，再商量1。", "这是摸底，不是决定。", h.state(id).Outcome.Proof)
	if len(receipts) != 6 {
		t.Fatalf("the receipts are %v", receipts)
	}
	h.has(h.page(everybody+"/receipts"), append(receipts, "现在有6张回执")...)
	// After the time for questions the votes are cut from their voters; receipts stay.
	h.at = h.at.Add(h.settings.Polls.Check + time.Hour)
	rounds()
	if s := h.state(id); s.Stage != poll.Closed || !s.Cut {
		t.Fatalf("it is %s, cut %v", s.Stage, s.Cut)
	}
	h.has(h.page(everybody+"/receipts"), append(receipts, "现在有6张回执")...)
	h.has(h.page(everybody), "要4，不要1，再商量1。")
}
