package pages

import (
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
	to := h.led(path, form)
	if !strings.HasPrefix(to, "/poll/") {
		h.t.Fatalf("it leads to %q", to)
	}
	return landed{to, h.page(to)}
}

// opened is the poll that a path is about.
func (h *house) opened(path string) flows.ID {
	h.t.Helper()
	id, _, err := h.pages.unseal(pollLinks, path[strings.LastIndexByte(path, '/')+1:])
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
	over := h.poll(func(s *poll.State) { s.Stage, s.Question, s.Outcome = poll.Result, "没投过的？", &poll.Outcome{} })
	h.update(func(tx storage.Tx) error { // what they pressed never counted
		return tx.PutEntry(over, flows.Entry{Key: "r1", Tag: "pending", Data: flows.Data(struct{ Choice string }{"A"})})
	})
	my := h.path("r1")
	page := h.page(my)
	h.has(page, "要不要在楼前装充电桩？", "正在投", "去投")
	h.lacks(page, "五号楼的事", "还没发的", "没投过的", "已投")
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
