package pages

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"linli/flows"
	"linli/flows/hearing"
)

var modules = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-`)

// squareOf says whether the square of a page is that of a text: module by module as the
// library makes it.
func squareOf(t *testing.T, page, text string) bool {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	black := map[[2]int]bool{}
	for _, m := range modules.FindAllStringSubmatch(page, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		for i := range n {
			black[[2]int{x + i - 4, y - 4}] = true
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if black[[2]int{x, y}] != code.Black(x, y) {
				return false
			}
		}
	}
	return len(black) > 0
}

// The printed notice has all six items, the second script above the Chinese, the office's
// number and the square of everybody's page; where one is missing there is no notice.
func TestNoticeSheet(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.hearing(func(s *hearing.State) { s.Scope = flows.Scope{Building: "12"} })
	all := h.pages.HearingLink(id, "", h.at)
	path := h.hearingPath(id, "")
	page := h.page(path + "/notice")
	h.has(page, "居民议事会公告", ">事<", ">时<", ">地<", ">人<", ">内容<", ">形式<", "3号楼前装不装充电桩", "3月14日（周六） 15:00-17:00", "二楼邻里室（8号楼1单元201室）",
		"12号楼的住户，租户也算", "<li>装不装</li>", "<li>装在哪里</li>", "<li>谁来管</li>", "居民议事会，当面开", "0473-0000000", "（盖章）", "3月11日（周三）打印", h.settings.Name, all, "print.css", "4个位子")
	h.lacks(page, "王阿姨", "李大爷", "：4821", "=4821", ">4821", "0471-", "还没有公告，先别贴", "（ᠠᠢᠯ", "（12 ᠳ")
	for _, x := range [][2]string{{"ᠠᠢᠯ", "二楼邻里室"}, {"12 ᠳ", "12号楼的住户"}} {
		if a, b := strings.Index(page, x[0]), strings.Index(page, x[1]); a < 0 || a > b {
			t.Errorf("the second script stands at %d, the Chinese at %d", a, b)
		}
	}
	h.has(page, `lang="mn-Mong"`, `dir="auto"`)
	if !squareOf(t, page, all) || squareOf(t, page, all+"x") {
		t.Error("the square is not that of everybody's page")
	}
	if page != h.page(h.hearingPath(id, "r1")+"/notice") {
		t.Error("with a link of one's own it is another")
	}
	en := h.ask("GET", path+"/notice", nil, "Accept-Language", "en").Body
	h.has(en, "Notice of a residents&#39; hearing", "Saturday 14 March 15:00-17:00", "Telephone: 0473-0000000", "(stamp)")

	for name, change := range map[string]func(*hearing.State){
		"matter": nil, "time": func(s *hearing.State) { s.From = time.Time{} }, "place": func(s *hearing.State) { s.Room = "" }, "people": func(s *hearing.State) { s.Scope = flows.Scope{} },
		"content": func(s *hearing.State) { s.Points = nil }, "notice": func(s *hearing.State) { s.Noticed = time.Time{} },
	} {
		if change == nil {
			continue
		}
		lacks := h.hearing(change)
		if a := h.ask("GET", h.hearingPath(lacks, "")+"/notice", nil); a.Status != 404 || strings.Contains(a.Body, "充电桩") {
			t.Errorf("without %s: %d", name, a.Status)
		}
	}
	set := h.hearing(func(s *hearing.State) { s.Stage, s.Noticed = hearing.Set, time.Time{} })
	h.has(h.page(h.hearingPath(set, "chen")+"/notice"), "还没有公告，先别贴")
	off := h.hearing(func(s *hearing.State) { s.Stage, s.Changed, s.Version = hearing.Off, "刮大风", 1 })
	h.has(h.page(h.hearingPath(off, "")+"/notice"), "这次会取消：刮大风")
	moved := h.hearing(func(s *hearing.State) {
		s.Changed, s.Version = "刮大风", 2
		s.Waived = []hearing.Waiver{{What: "clear", By: "zhaos", At: h.at, Why: "停电很急", For: s.From}}
	})
	h.has(h.page(h.hearingPath(moved, "")+"/notice"), "有变动，因为：刮大风", "停电很急", "赵书记")
	h.lacks(h.page(h.hearingPath(off, "")+"/notice"), "有变动", "可以请人代")
	night := h.hearing(func(s *hearing.State) { s.From, s.To = s.From.Add(8*time.Hour), s.To.Add(8*time.Hour) })
	h.has(h.page(h.hearingPath(night, "")+"/notice"), "3月14日（周六） 23:00至3月15日（周日） 01:00")
	open := h.hearing(func(s *hearing.State) { s.Form, s.Topic, s.Points = flows.Complaints, "", nil })
	h.has(h.page(h.hearingPath(open, "")+"/notice"), "居民吐槽大会公告", "有什么说什么", "当场提，当场记")
}

// The sheets for the door and to sign are for who leads it: the code with its square, and
// buildings without names, rooms and numbers.
func TestDoorAndSignIn(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	h.lives("r4", "钱叔叔", flows.Place{Building: "12", Unit: "1", Room: "1602"})
	id := h.hearing(nil)
	h.part(id, "r1", hearing.TagYes, hearing.Part{})
	h.part(id, "r2", hearing.TagNo, hearing.Part{})
	h.part(id, "r3", hearing.TagProxy, hearing.Part{Proxy: "我女儿小赵"})
	h.part(id, "r4", hearing.TagYes, hearing.Part{})
	h.item(id, 1, hearing.Item{Kind: "before", By: "r2", Text: "别人的话"})
	for who, status := range map[string]int{"": 403, "r1": 403, "feng": 403, "li": 403, "zheng": 200, "chen": 200, "zhaos": 200} {
		for _, sheet := range []string{"/door", "/signin"} {
			if a := h.ask("GET", h.hearingPath(id, who)+sheet, nil); a.Status != status || status == 403 && strings.Contains(a.Body, ">4821<") {
				t.Errorf("%s for %q: %d", sheet, who, a.Status)
			}
		}
	}
	door := h.page(h.hearingPath(id, "chen") + "/door")
	all := h.pages.HearingLink(id, "", h.at)
	h.has(door, `<p class="digits">4821</p>`, "3号楼前装不装充电桩", "3月14日（周六） 15:00-17:00", "找会务登记")
	h.lacks(door, "王阿姨", "陈社区")
	if !squareOf(t, door, all+"?code=4821") {
		t.Error("the square of the door is of something else")
	}
	if u, err := url.Parse(all); err != nil || !strings.Contains(h.page(u.Path+"?code=4821"), "：4821") {
		t.Error("the address of the door does not fill in the code")
	}
	sheet := h.page(h.hearingPath(id, "chen") + "/signin")
	h.has(sheet, "签到表", "<td>1</td><td>3号楼</td>", "<td>2</td><td>3号楼（请人代）</td>", "<td>3</td><td>12号楼")
	h.lacks(sheet, "王阿姨", "李大爷", "赵奶奶", "钱叔叔", "小赵", "501室", "1602室", "0471-", "单元")
	if n := strings.Count(sheet, "<tr>"); n != 1+3+blankNames {
		t.Errorf("the sheet has %d lines", n)
	}
	for name, change := range map[string]func(*hearing.State){
		"before the notice": func(s *hearing.State) { s.Noticed, s.Stage = time.Time{}, hearing.Set },
		"after the end":     func(s *hearing.State) { s.Stage = hearing.Closed },
	} {
		path := h.hearingPath(h.hearing(change), "chen")
		for _, sheet := range []string{"/door", "/signin"} {
			if a := h.ask("GET", path+sheet, nil); a.Status != 404 {
				t.Errorf("%s %s: %d", sheet, name, a.Status)
			}
		}
	}
}

// The list of hearings is everybody's and has only what was announced.
func TestHearingList(t *testing.T) {
	h := hall(t, "/c/x", nil)
	h.folk()
	h.hearing(nil)
	h.hearing(func(s *hearing.State) {
		s.Topic, s.From, s.To = "路灯", s.From.AddDate(0, 0, 1), s.To.AddDate(0, 0, 1)
	})
	h.hearing(func(s *hearing.State) {
		s.Topic, s.Stage, s.Noticed = "还没有公告的事", hearing.Set, time.Time{}
	})
	h.hearing(func(s *hearing.State) {
		s.Topic, s.Stage, s.Noticed, s.From = "被拒绝的事", hearing.Refused, time.Time{}, time.Time{}
	})
	h.hearing(func(s *hearing.State) {
		s.Topic, s.Stage, s.Frozen = "停下的事", hearing.Notice, &hearing.Objection{By: "zhaos", At: h.at, Why: "x"}
	})
	past := h.hearing(func(s *hearing.State) {
		s.Topic, s.Stage, s.From, s.To = "去年的事", hearing.Closed, s.From.AddDate(0, -1, 0), s.To.AddDate(0, -1, 0)
	})
	page := h.page("/c/x/hearings")
	h.has(page, "3号楼前装不装充电桩", "路灯", "去年的事", "先停下", h.hearingPath(past, ""), "https://linli.example/c/x/hearings.ics", "webcal://linli.example/c/x/hearings.ics", "hearings.ics?for=b/3")
	h.lacks(page, "还没有公告的事", "被拒绝的事", "王阿姨", "陈社区", "郑主任")
	order := []string{"3号楼前装不装充电桩", "路灯", "去年的事"}
	if !slices.IsSortedFunc(order, func(a, b string) int { return cmp.Compare(strings.Index(page, a), strings.Index(page, b)) }) {
		t.Error("they do not stand in the order of their times")
	}
	if a, b := strings.Index(page, "开过的"), strings.Index(page, "去年的事"); a < 0 || a > b || a < strings.Index(page, "路灯") {
		t.Error("the past does not stand under the past")
	}
	h.at = h.at.Add(fresh)
	h.has(h.ask("GET", "/c/x/hearings", nil, "Accept-Language", "en").Body, "Into your calendar", "announced", "halted")
	h.has(hall(t, "", nil).page("/hearings"), "现在没有公告要开的会")
}

// On one's own page there are the hearings one has a part in, once.
func TestMyHearings(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.hearing(nil)
	h.part(id, "r1", hearing.TagYes, hearing.Part{})
	other := h.hearing(func(s *hearing.State) { s.Topic, s.Proposer = "别人的议题", "r2" })
	h.part(other, "r2", hearing.TagYes, hearing.Part{})
	mine := h.hearing(func(s *hearing.State) {
		s.Topic, s.Stage, s.Noticed, s.From = "我提的议题", hearing.Review, time.Time{}, time.Time{}
	})
	page := h.page(h.path("r1"))
	h.has(page, "3号楼前装不装充电桩", "已公告", h.hearingPath(id, "r1"), "我提的议题", "审核中", h.hearingPath(mine, "r1"))
	h.lacks(page, "别人的议题")
	if n := strings.Count(page, "3号楼前装不装充电桩"); n != 1 {
		t.Errorf("it is there %d times", n)
	}
}
