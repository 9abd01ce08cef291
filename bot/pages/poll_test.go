package pages

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// poll opens a poll to building 3, by its captain, that ends in a day. Change may
// make it another one.
func (h *house) poll(change func(*poll.State)) flows.ID {
	h.t.Helper()
	scope := flows.Scope{Building: "3"}
	s := poll.State{Stage: poll.Open, Starter: "liu", Question: "要不要在楼前装充电桩？", Options: []string{"要", "不要", "再商量"}, Force: flows.Sounding,
		Unit: flows.PerHousehold, Scope: scope, Roll: h.settings.RollOf(scope, flows.PerHousehold), Sent: h.at, Until: h.at.Add(24 * time.Hour), Seed: strings.Repeat("5eed", 8)}
	if change != nil {
		change(&s)
	}
	var id flows.ID
	h.update(func(tx storage.Tx) error {
		n, err := tx.Count("case")
		if err != nil {
			return err
		}
		id = flows.ID(fmt.Sprint(n))
		no, err := tx.Count("number")
		if err != nil {
			return err
		}
		if err := tx.PutCase(flows.Case{ID: id, Flow: poll.Name, No: no, Opened: h.at, Data: flows.Data(s), Summary: s.Summary()}); err != nil {
			return err
		}
		return tx.PutEntry(id, flows.Entry{Key: flows.BegunKey("liu"), Tag: "by", Order: h.at.Unix()})
	})
	return id
}

// lives makes a resident with a home.
func (h *house) lives(id, name string, home flows.Place) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: flows.PersonID(id), Name: name, Home: home, Consent: h.at, Addresses: []string{"telegram:" + id}, Reach: []string{"telegram:" + id}})
	})
}

// pollPath is the link of a poll without the host; person may be empty.
func (h *house) pollPath(id flows.ID, person string) string {
	h.t.Helper()
	u, err := url.Parse(h.pages.PollLink(id, flows.PersonID(person), h.at))
	if err != nil || u.Host != "linli.example" || !strings.Contains(u.Path, "/poll/") {
		h.t.Fatalf("the link is %v %v", u, err)
	}
	return u.Path
}

// state is the poll as it is kept.
func (h *house) state(id flows.ID) (s poll.State) {
	h.t.Helper()
	err := h.store.View(h.t.Context(), func(tx storage.Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		s, err = poll.Read(c)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// votes are the tags of the entries of a poll that are votes, by key.
func (h *house) votes(id flows.ID) map[string]string {
	h.t.Helper()
	out := map[string]string{}
	err := h.store.View(h.t.Context(), func(tx storage.Tx) error {
		counts, err := tx.Tally(id)
		if err != nil {
			return err
		}
		for _, tag := range poll.VoteTags(counts) {
			list, _, err := tx.Entries(id, tag, "", 1000)
			if err != nil {
				return err
			}
			for _, e := range list {
				out[e.Key] = tag
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// form is a filled form with a name of its own.
func form(pairs ...string) url.Values {
	v := url.Values{"form": {frame.Random()[:32]}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func (h *house) lacks(page string, words ...string) {
	h.t.Helper()
	for _, w := range words {
		if strings.Contains(page, w) {
			h.t.Errorf("%q is on the page\n%s", w, page)
		}
	}
}

// Somebody with a link of their own votes, changes it, takes it back; the page says
// that it is in, and never how.
func TestVote(t *testing.T) {
	for _, base := range []string{"", "/c/x"} {
		t.Run("base"+base, func(t *testing.T) {
			h := build(t, base, nil)
			h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
			id := h.poll(nil)
			path, receipt := h.pollPath(id, "r1"), h.state(id).Receipt("h/3/2/501")
			if !strings.HasPrefix(path, base+"/poll/") {
				t.Fatalf("the link is %s", path)
			}
			page := h.page(path)
			h.has(page, "要不要在楼前装充电桩？", "摸底，不算业主表决", "每户一票，不公开谁投什么，明天10点截止。", "问的是3号楼，共96户", "租户也算", "0户已答，共96户", "您家这一票还没有投", `action="`+path+`"`, base+"/pages/poll.css")
			h.lacks(page, receipt, `name="code"`, "/paper", "checked")

			same := form("v", "A")
			first := h.ask("POST", path, same)
			h.at = h.at.Add(time.Minute)
			if first.Status != 200 {
				t.Fatalf("a vote: %d\n%s", first.Status, first.Body)
			}
			h.has(first.Body, "收到了，这一票在里面", "您家这一票在里面", receipt, "1户已答，共96户")
			if got := h.votes(id); len(got) != 1 || got["h/3/2/501"] != poll.Tag("A", "3") {
				t.Fatalf("the votes are %v", got)
			}
			second := h.ask("POST", path, form("v", "B"))
			if got := h.votes(id)["h/3/2/501"]; got != poll.Tag("B", "3") {
				t.Fatalf("changed to %s", got)
			}
			h.at = h.at.Add(time.Minute)
			again := h.ask("POST", path, same) // sent twice: one event, of a while ago
			if got := h.votes(id)["h/3/2/501"]; again.Status != 200 || got != poll.Tag("B", "3") {
				t.Fatalf("an old form again: %d, %s", again.Status, got)
			}
			h.has(again.Body, "您家这一票在里面")
			if a := h.ask("POST", path, form("v", "back")); a.Status != 400 {
				t.Errorf("one of a household takes its vote back: %d", a.Status)
			}

			// Nothing that a page says depends on what was chosen.
			if a, b := first.shape(), second.shape(); a != b {
				t.Errorf("a vote for A and one for B can be told apart:\n%s\n---\n%s", a, b)
			}
			for _, bad := range []url.Values{form("v", "D"), form("v", ""), form(), form("v", "AA"), form("v", "A=B")} {
				if a := h.ask("POST", path, bad); a.Status != 400 || !strings.Contains(a.Body, "还没有选") {
					t.Errorf("%v: %d", bad, a.Status)
				}
			}
			for _, bad := range []url.Values{{"v": {"A"}}, {"v": {"A"}, "form": {"x"}}, {"v": {"A"}, "form": {strings.Repeat("Z", 32)}}} {
				if a := h.ask("POST", path, bad); a.Status != 400 {
					t.Errorf("%v: %d", bad, a.Status)
				}
			}
			if got := h.votes(id); len(got) != 1 || got["h/3/2/501"] != poll.Tag("B", "3") {
				t.Errorf("a form that is none of ours was counted: %v", got)
			}

			h.at = h.at.Add(25 * time.Hour)
			late := h.ask("POST", path, form("v", "A"))
			h.lacks(late.Body, "收到了，这一票在里面", `name="v"`)
			if got := h.votes(id); len(got) != 1 || got["h/3/2/501"] != poll.Tag("B", "3") {
				t.Errorf("a vote after the end: %v", got)
			}
		})
	}
}

// Where each person has a vote of their own, they may take it back.
func TestTakeBack(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	id := h.poll(func(s *poll.State) { s.Unit, s.Roll = flows.PerPerson, flows.Roll{} })
	path := h.pollPath(id, "r1")
	h.has(h.page(path), "0人已答", "您这一票还没有投")
	h.has(h.ask("POST", path, form("v", "A")).Body, "您这一票在里面", `value="back"`, "1人已答")
	h.at = h.at.Add(time.Minute)
	h.has(h.ask("POST", path, form("v", "back")).Body, "已经收回", "您这一票还没有投", "0人已答")
	if got := h.votes(id); len(got) != 0 {
		t.Fatalf("taken back, there is %v", got)
	}
}

var changing = regexp.MustCompile(`value="[0-9a-f]{32}"|\d+户已答|改成这一项|投这一票`)

// shape is an answer without what changes from one to the next.
func (a answer) shape() string {
	a.Header.Del("Date")
	a.Header.Del("Content-Length")
	return fmt.Sprint(a.Status, a.Header, changing.ReplaceAllString(a.Body, "…"))
}

// A poll in which one may see who voted for what has a toast that names it: the page
// does not repeat it.
func TestNamedSaysNothing(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	path := h.pollPath(h.poll(func(s *poll.State) { s.Named = true }), "r1")
	h.has(h.page(path), "公开谁投什么")
	a := h.ask("POST", path, form("v", "A"))
	h.at = h.at.Add(time.Minute)
	b := h.ask("POST", path, form("v", "C"))
	h.has(a.Body, "收到了，这一票在里面")
	if a.shape() != b.shape() {
		t.Errorf("they can be told apart:\n%s\n---\n%s", a.Body, b.Body)
	}
}

// Before the end no page shows how it stands, nor how many have answered where that
// is kept back.
func TestNoResultBeforeTheEnd(t *testing.T) {
	look := func(options ...string) string {
		h := build(t, "", nil)
		id := h.poll(func(s *poll.State) { s.Hushed = true })
		for i, o := range options {
			who := fmt.Sprintf("r%d", i)
			h.lives(who, "居民", flows.Place{Building: "3", Unit: "1", Room: fmt.Sprintf("%d01", i+1)})
			h.ask("POST", h.pollPath(id, who), form("v", o))
		}
		if len(h.votes(id)) != len(options) {
			t.Fatal("the votes are not in")
		}
		h.lives("x", "旁人", flows.Place{Building: "3", Unit: "2", Room: "1201"})
		var all []string
		for _, who := range []string{"", "x", "liu"} {
			path := h.pollPath(id, who)
			for _, part := range []string{"", "/receipts"} {
				all = append(all, changing.ReplaceAllString(h.page(path+part), "…"))
			}
		}
		return strings.Join(all, "\n")
	}
	one, other := look("A", "A", "A", "A", "A", "A"), look("B", "C", "B")
	if one != other {
		t.Error("from the pages one can tell how it stands")
	}
}

// Everybody's link asks for the code that was brought to the door, counts wrong ones,
// and gives the household a page of its own.
func TestCode(t *testing.T) {
	h := build(t, "", nil)
	id := h.poll(nil)
	codes, err := h.bot.HomeCodes(t.Context(), flows.Scope{Building: "3"})
	if err != nil || len(codes) != 96 {
		t.Fatalf("%d codes: %v", len(codes), err)
	}
	code := codes[flows.Place{Building: "3", Unit: "1", Room: "602"}]
	path := h.pollPath(id, "")
	h.has(h.page(path), "表上的码", `name="code"`)
	h.has(h.page(path+"?code="+code), `value="`+code+`"`)
	if a := h.ask("POST", path, form("v", "A")); a.Status != 400 || !strings.Contains(a.Body, "请输入送到您家的表上的码") {
		t.Errorf("without a code: %d", a.Status)
	}
	if a := h.ask("POST", path, form("code", code)); a.Status != 400 || !strings.Contains(a.Body, "还没有选") || !strings.Contains(a.Body, code) {
		t.Errorf("without a choice: %d", a.Status)
	}
	a := h.ask("POST", path, form("v", "A", "code", strings.ToLower(code)))
	h.has(a.Body, "收到了，这一票在里面", h.state(id).Receipt("h/3/1/602"))
	if got := h.votes(id)["h/3/1/602"]; got != poll.Tag("A", "3") {
		t.Fatalf("the vote is %q", got)
	}
	own := regexp.MustCompile(`action="(/poll/[^"]+)"`).FindStringSubmatch(a.Body)
	if own == nil || own[1] == path {
		t.Fatalf("the household has no page of its own: %v", own)
	}
	h.has(h.ask("POST", own[1], form("v", "C")).Body, "这一票在里面")
	if got := h.votes(id)["h/3/1/602"]; got != poll.Tag("C", "3") {
		t.Fatalf("changed to %q", got)
	}
	h.at = h.at.Add(time.Minute)
	h.has(h.ask("POST", path, form("v", "B", "code", code)).Body, "这一票在里面") // the form once more
	if got := h.votes(id); got["h/3/1/602"] != poll.Tag("B", "3") || len(got) != 1 {
		t.Fatalf("by the same code again: %v", got)
	}
	for i := range 5 {
		if a := h.ask("POST", path, form("v", "A", "code", "AAAAA-AAAAA")); a.Status != 400 || !strings.Contains(a.Body, "这个码不对") {
			t.Errorf("wrong code %d: %d", i, a.Status)
		}
	}
	if a := h.ask("POST", path, form("v", "A", "code", code)); !strings.Contains(a.Body, "错的次数太多") || a.Header.Get("Retry-After") == "" {
		t.Errorf("after five wrong codes: %d", a.Status)
	}
	if got := h.votes(id); got["h/3/1/602"] != poll.Tag("B", "3") || len(got) != 1 {
		t.Errorf("after wrong codes: %v", got)
	}
}

// A vote that only counts from a home that was made sure of needs the code, with a
// link of one's own as well.
func TestProofNeedsCode(t *testing.T) {
	h := build(t, "", nil)
	rule, ok := h.settings.PollRule(flows.ByOwners)
	if !ok || !rule.Proof {
		t.Fatal("a decision of the owners needs no proof")
	}
	scope := flows.Scope{Building: "13"}
	id := h.poll(func(s *poll.State) {
		s.Force, s.Unit, s.Scope, s.Options = rule.Force, rule.Units[0], scope, []string{"同意", "不同意", "弃权"}
		s.Roll = h.settings.RollOf(scope, s.Unit)
	})
	home := flows.Place{Building: "13", Unit: "1", Room: "102"}
	h.lives("r1", "白叔", home)
	path := h.pollPath(id, "r1")
	h.has(h.page(path), `name="code"`, "业主共同决定", "2/3以上", "4位")
	codes, err := h.bot.HomeCodes(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	h.has(h.ask("POST", path, form("v", "A", "code", codes[home])).Body, "这一票在里面")
	if got := h.votes(id); len(got) != 1 {
		t.Errorf("the votes are %v", got)
	}
}

// Who has not said where they live says it on the page; the vote that waited counts.
func TestHome(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{})
	id := h.poll(nil)
	path := h.pollPath(id, "r1")
	page := h.page(path)
	h.has(page, "先说一下您住哪一户", `value="3" selected`)
	h.lacks(page, `name="v"`)
	h.ask("POST", path, form("v", "A")) // from an older page
	if got := h.votes(id); len(got) != 0 {
		t.Fatalf("a vote without a home: %v", got)
	}
	h.has(h.page(path), "您选的先留着")
	for _, bad := range []url.Values{{"building": {"3"}, "unit": {"1"}}, {"building": {""}, "room": {"501"}}, {"building": {"3"}, "unit": {"9"}, "room": {"501"}}, {"building": {"3"}, "unit": {"1"}, "room": {"<b>"}}, {"building": {"3"}, "unit": {"1"}, "room": {"9901"}}} {
		if a := h.ask("POST", path+"/home", bad); a.Status != 400 || !strings.Contains(a.Body, "没有记下") {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	h.has(h.ask("POST", path+"/home", url.Values{"building": {"3"}, "unit": {"1"}, "room": {"701"}}).Body, "您家这一票在里面")
	if got := h.votes(id); got["h/3/1/701"] != poll.Tag("A", "3") {
		t.Errorf("the votes are %v", got)
	}
	// The link is not for moving somebody.
	h.ask("POST", path+"/home", url.Values{"building": {"3"}, "unit": {"2"}, "room": {"801"}})
	if p, _ := h.person("r1"); p.Home.Room != "701" {
		t.Errorf("moved to %+v", p.Home)
	}
	h.lives("r9", "外楼的人", flows.Place{Building: "5", Unit: "1", Room: "101"})
	other := h.page(h.pollPath(id, "r9"))
	h.has(other, "登记的住处不在里面")
	h.lacks(other, `name="v"`)
}

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
	h.has(page, "96户答了58户：要34，不要11，再商量13。", "这是摸底，不是决定。", "其中纸质表3。", "接下来：12月5日议事会接着谈", "重新计票1次", s.Outcome.Proof, "<svg", "<table>", "3号楼", "其他楼合计")
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

// A link opens one poll for one person, in one form, for as long as somebody may ask;
// what is changed in it opens nothing, and neither kind of link opens the other's pages.
func TestPollLinks(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	id := h.poll(nil)
	path := h.pollPath(id, "r1")
	token := strings.TrimPrefix(path, "/poll/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			bad := slices.Clone(raw)
			bad[i] ^= bit
			if a := h.ask("GET", "/poll/"+base64.RawURLEncoding.EncodeToString(bad), nil); a.Status != 404 {
				t.Fatalf("byte %d changed: %d", i, a.Status)
			}
		}
	}
	mine := strings.TrimPrefix(h.path("r1"), "/my/")
	for _, bad := range []string{"/poll/" + token + "A", "/poll/" + token[:len(token)-1], "/poll/" + mine, "/my/" + token, "/my/" + token + "/copy", "/poll/", "/poll/" + token + "/x"} {
		if a := h.ask("GET", bad, nil); a.Status != 404 {
			t.Errorf("%.20q: %d", bad, a.Status)
		}
	}
	other := build(t, "", func(o *Options) { o.Key = []byte(strings.Repeat("o", 32)) })
	other.poll(nil)
	if a := other.ask("GET", path, nil); a.Status != 404 {
		t.Errorf("in another community: %d", a.Status)
	}
	// A link to what is no poll, to nobody, to what has not been sent.
	h.resident("r5", "别人", "别人的话")
	for _, bad := range []string{h.pollPath("cr5", "r1"), h.pollPath("999", "r1"), h.pollPath(id, "r77")} {
		if a := h.ask("GET", bad, nil); a.Status == 200 || strings.Contains(a.Body, "别人的话") {
			t.Errorf("%s: %d", bad, a.Status)
		}
		if a := h.ask("POST", bad, form("v", "A")); a.Status == 200 {
			t.Errorf("%s is voted with: %d", bad, a.Status)
		}
	}
	if _, err := h.person("r77"); err == nil {
		t.Error("a link has made a person")
	}
	preview := h.poll(func(s *poll.State) { s.Stage, s.Sent, s.Seed = poll.Preview, time.Time{}, "" })
	for _, who := range []string{"", "r1"} {
		if a := h.ask("GET", h.pollPath(preview, who), nil); a.Status != 404 || strings.Contains(a.Body, "充电桩") {
			t.Errorf("a preview is shown: %d", a.Status)
		}
	}
	if l := build(t, "", func(o *Options) { o.PublicURL = "" }).pages.PollLink("1", "r1", h.at); l != "" {
		t.Errorf("a link without an address: %q", l)
	}

	end := h.state(id).Until.Add(h.settings.Polls.Check + afterwards)
	h.at = end
	h.page(path)
	h.at = end.Add(time.Second)
	for _, rt := range h.pages.routes() {
		if !strings.HasPrefix(rt.path, "/poll/") {
			continue
		}
		if a := h.ask(rt.method, strings.Replace(rt.path, "/poll/{token}", path, 1), form("v", "A", "choice", "doubt")); a.Status != 410 || !strings.Contains(a.Body, "已经关了") {
			t.Errorf("%s %s after the end: %d", rt.method, rt.path, a.Status)
		}
	}
	x := h.settings.Polls
	h.at = h.at.Add(x.Longest + x.Extend)
	if a := h.ask("GET", path, nil); a.Status != 410 {
		t.Errorf("long after: %d", a.Status)
	}
}

// Who may send a poll writes it on a page, sees it, and sends it or drops it there.
func TestAsk(t *testing.T) {
	h := build(t, "", nil)
	my := h.path("liu")
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "liu", Name: "刘楼长", Addresses: []string{"telegram:9"}, Reach: []string{"telegram:9"}, Home: flows.Place{Building: "3", Unit: "1", Room: "201"}})
	})
	h.has(h.page(my), my+"/ask")
	h.has(h.page(my+"/ask"), `name="question"`, `name="day"`, `name="line"`)
	for _, bad := range []url.Values{form(), form("question", "装不装"), form("question", "装不装", "day", "2026-03-14", "hour", "x"), form("question", "装不装", "option", "装", "day", "2026-03-14", "hour", "20"),
		form("question", "装？不装", "day", "2026-03-14", "hour", "20"), form("line", strings.Repeat("长", 1000))} {
		if a := h.ask("POST", my+"/ask", bad); a.Status != 400 || !strings.Contains(a.Body, `role="alert"`) {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	unread := h.ask("POST", my+"/ask", form("line", "今天天气不错"))
	if unread.Status != 400 || !strings.Contains(unread.Body, "没有看懂") || !strings.Contains(unread.Body, "今天天气不错") {
		t.Errorf("what is no question: %d\n%s", unread.Status, unread.Body)
	}
	fields := form("question", "要不要在楼前装充电桩", "day", "2026-03-13", "hour", "20")
	fields["option"] = []string{"要", "不要", "再商量", "", "", ""}
	for name, f := range map[string]url.Values{"fields": fields, "line": form("line", "要不要在楼前装充电桩？要/不要/再商量，周五晚八点截止")} {
		a := h.follow(my+"/ask", f)
		h.has(a.Body, "要不要在楼前装充电桩？", "周五20点截止", "只有您看得到", "共96户", `value="send"`)
		path := a.Path
		id := h.opened(path)
		s := h.state(id)
		want := time.Date(2026, 3, 13, 20, 0, 0, 0, h.settings.Zone)
		if s.Stage != poll.Preview || s.Starter != "liu" || !s.Until.Equal(want) || !slices.Equal(s.Options, []string{"要", "不要", "再商量"}) {
			t.Fatalf("%s: opened is %+v", name, s)
		}
		if again := h.follow(my+"/ask", f); h.opened(again.Path) != id {
			t.Errorf("%s: sent twice, there are two polls", name)
		}
		if name == "line" {
			h.has(h.ask("POST", path+"/press", form("choice", "drop")).Body, "没有发，也不留着")
			if a := h.ask("GET", path, nil); a.Status != 410 {
				t.Errorf("dropped, it is still there: %d", a.Status)
			}
			continue
		}
		send := h.ask("POST", path+"/press", form("choice", "send"))
		h.has(send.Body, "0户已答，共96户", "/paper")
		if s := h.state(id); s.Stage != poll.Open {
			t.Errorf("not sent: %s", s.Stage)
		}
		h.has(h.page(h.pollPath(id, "")), "摸底")
	}
	// Who holds no such post has no form.
	h.resident("r1", "王阿姨", "电梯又停了")
	h.lacks(h.page(h.path("r1")), "/ask")
	if a := h.ask("POST", h.path("r1")+"/ask", form("line", "要不要装？要/不要，周五晚八点截止")); a.Status != 403 {
		t.Errorf("a resident: %d", a.Status)
	}
}

// landed is the page to which a form has led.
type landed struct{ Path, Body string }

// follow sends a form and gives the page it leads to.
func (h *house) follow(path string, form url.Values) landed {
	h.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(h.t.Context(), "POST", h.srv.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/poll/") {
		body, _ := io.ReadAll(resp.Body)
		h.t.Fatalf("%d, to %q\n%s", resp.StatusCode, to, body)
	}
	return landed{to, h.page(to)}
}

// opened is the poll that a path is about.
func (h *house) opened(path string) flows.ID {
	h.t.Helper()
	id, _, err := h.pages.openPoll(path[strings.LastIndexByte(path, '/')+1:])
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// What a person's own page lists of polls.
func TestMyPolls(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	id := h.poll(nil)
	h.poll(func(s *poll.State) { s.Scope, s.Question = flows.Scope{Building: "5"}, "五号楼的事？" })
	h.poll(func(s *poll.State) { s.Stage, s.Sent, s.Question = poll.Preview, time.Time{}, "还没发的？" })
	my := h.path("r1")
	page := h.page(my)
	h.has(page, "要不要在楼前装充电桩？", "正在投", "去投")
	h.lacks(page, "五号楼的事", "还没发的", "已投")
	link := regexp.MustCompile(`href="(/poll/[^"]+)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("no link")
	}
	h.ask("POST", link[1], form("v", "A"))
	page = h.page(my)
	h.has(page, "已投，回执"+h.state(id).Receipt("h/3/2/501"), "还没有您报过")
	if strings.Count(page, "要不要在楼前装充电桩？") != 1 {
		t.Error("it is listed twice")
	}
}

// The paper form is for who sent the poll and who puts votes in; with codes each
// household has one of its own.
func TestPaper(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	id := h.poll(nil)
	for who, status := range map[string]int{"": 403, "r1": 403, "tang": 403, "feng": 403, "liu": 200, "chen": 200} {
		if a := h.ask("GET", h.pollPath(id, who)+"/paper", nil); a.Status != status {
			t.Errorf("%q: %d", who, a.Status)
		}
	}
	page := h.page(h.pollPath(id, "liu") + "/paper")
	h.has(page, "要不要在楼前装充电桩？", "摸底，不算业主表决", "A 要", "C 再商量", "单元", "签名", "日期", "3月12日（周四）10:00前", "刘楼长", "0473-0000000", "两位工作人员", "录入的两位工作人员看得到", h.pages.PollLink(id, "", h.at), "<svg")
	h.lacks(page, "多户一张", h.pages.PollLink(id, "liu", h.at))
	named := h.poll(func(s *poll.State) { s.Named = true })
	page = h.page(h.pollPath(named, "liu") + "/paper")
	h.has(page, "多户一张", "楼-单元-室", "公开谁投什么")
	h.lacks(page, "录入的两位工作人员看得到")

	codes := map[flows.Place]string{{Building: "3", Unit: "2", Room: "1001"}: "CCCCC-22222", {Building: "3", Unit: "2", Room: "901"}: "BBBBB-22222", {Building: "3", Unit: "1", Room: "1201"}: "AAAAA-22222"}
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	if err := h.pages.Forms(w, r, named, codes); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	at := func(s string) int { return strings.Index(body, s) }
	if a, b, c := at("3号楼1单元1201室"), at("3号楼2单元901室"), at("3号楼2单元1001室"); a < 0 || a > b || b > c || at("AAAAA-22222") < a || at("AAAAA-22222") > b {
		t.Errorf("the forms stand at %d %d %d", a, b, c)
	}
	if strings.Contains(body, "多户一张") || strings.Count(body, `class="form"`) != 3 {
		t.Error("there is a list with codes, or not one form for each")
	}
}

// Whatever somebody has written into a poll stays text.
func TestPollIsNoMarkup(t *testing.T) {
	shape := func(s string) map[string]string {
		h := build(t, "", nil)
		h.lives("r1", s, flows.Place{Building: "3", Unit: "1", Room: "101"})
		write := func(x *poll.State) {
			x.Question, x.Options, x.Then, x.Why, x.Moved = s, []string{s, s + "2", s + "3"}, s, s, 1
			if x.Outcome != nil {
				x.Outcome.Ahead, x.Outcome.Proof = []string{"A", "B"}, s
			}
		}
		open := h.poll(write)
		out := map[string]string{"open": h.page(h.pollPath(open, "r1")), "code": h.page(h.pollPath(open, "") + "?code=" + url.QueryEscape(s)), "paper": h.page(h.pollPath(open, "liu") + "/paper"),
			"mine": h.page(h.path("r1")), "look": h.ask("POST", h.pollPath(open, "r1")+"/receipts", url.Values{"receipt": {s}}).Body,
			"wrong": h.ask("POST", h.pollPath(open, ""), form("v", "A", "code", s)).Body}
		my := h.path("liu")
		f := form("question", s, "line", s)
		f["option"] = []string{s}
		out["ask"] = h.ask("POST", my+"/ask", f).Body
		out["result"] = h.page(h.pollPath(h.result([]int{9, 9, 1}, write), "r1"))
		return out
	}
	elements := func(page string) string {
		var all []string
		for _, m := range element.FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
		return strings.Join(all, " ")
	}
	plain := shape("字")
	for _, s := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</svg></option><script>`, `{{.}}`, `<!--`} {
		for name, page := range shape(s) {
			if got, want := elements(page), elements(plain[name]); got != want {
				t.Errorf("%s with %q has\n%s\nnot\n%s", name, s, got, want)
			}
		}
	}
}
