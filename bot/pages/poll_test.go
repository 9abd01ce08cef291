package pages

import (
	"fmt"
	"net/url"
	"regexp"
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
	id := h.numbered(poll.Name, s)
	h.update(func(tx storage.Tx) error {
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

var formName = regexp.MustCompile(`value="[0-9a-f]{32}"`)

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
				all = append(all, formName.ReplaceAllString(h.page(path+part), "…"))
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
	noMarkup(t, shape, `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</svg></option><script>`, `{{.}}`, `<!--`)
}
