package pages

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"linli/flows"
	"linli/flows/activity"
	"linli/flows/hearing"
	"linli/storage"
)

// The notice for the notice board is everybody's once it was sent: what, when, where, the
// second script, the square; the sheet for the door is for who runs it.
func TestActivityPaper(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.activity(func(s *activity.State) { s.About = flows.About{No: 412, Title: "晚上没地方去", People: 47} })
	h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 1})
	all := h.pages.ActivityLink(id, "", h.at)
	page := h.page(h.activityPath(id, "") + "/notice")
	h.has(page, "下班学吉他", "3月13日（周五） 19:30-21:00", "二楼邻里室（8号楼1单元201室）", "ᠠᠢᠯ", `lang="mn-Mong"`, "<span>12人</span>", "免费", "47户问过", "谁都可以来", "0473-0000000", "扫码报名", all, h.settings.Name)
	h.lacks(page, "王阿姨", "4821", "还剩5", "有7个", "{{")
	if !squareOf(t, page, all) || page != h.page(h.activityPath(id, "r1")+"/notice") {
		t.Error("the square is not that of everybody's page, or with a link of one's own it is another")
	}
	h.has(h.ask("GET", h.activityPath(id, "")+"/notice", nil, "Accept-Language", "en").Body, "Scan to sign up", "Friday 13 March 19:30-21:00")
	off := h.activity(func(s *activity.State) { s.Stage, s.Why = activity.Off, "刮大风" })
	h.has(h.page(h.activityPath(off, "")+"/notice"), "不办了，因为：刮大风")
	moved := h.activity(func(s *activity.State) { s.Moves, s.Why = 1, "下雨" })
	h.has(h.page(h.activityPath(moved, "")+"/notice"), "改了时间，因为：下雨")
	for who, status := range map[string]int{"": 403, "r1": 403, "feng": 403, "wu": 403, "li": 200, "chen": 200, "zhaos": 200} {
		if a := h.ask("GET", h.activityPath(id, who)+"/door", nil); a.Status != status || status == 403 && strings.Contains(a.Body, "4821<") {
			t.Errorf("the door for %q: %d", who, a.Status)
		}
	}
	door := h.page(h.activityPath(id, "li") + "/door")
	h.has(door, `<p class="digits">4821</p>`, "下班学吉他", "19:30-21:00", "二楼邻里室", "没有手机的")
	h.lacks(door, "王阿姨", "李网格")
	if !squareOf(t, door, all+"?code=4821") {
		t.Error("the square of the door is of something else")
	}
	for name, change := range map[string]func(*activity.State){"before it was sent": func(s *activity.State) { s.Stage, s.Sent, s.Code = activity.Draft, time.Time{}, "" }, "afterwards": func(s *activity.State) { s.Stage = activity.Closed }} {
		for _, sheet := range []string{"/door", "/notice"} {
			if a := h.ask("GET", h.activityPath(h.activity(change), "chen")+sheet, nil); a.Status != 404 {
				t.Errorf("%s %s: %d", sheet, name, a.Status)
			}
		}
	}
}

// The list is everybody's: what they can come to, by its time, hearings among it; nobody is named.
func TestActivityList(t *testing.T) {
	h := hall(t, "/c/x", nil)
	h.folk()
	first := h.activity(nil)
	h.joins(first, "r1", activity.TagYes, activity.Part{Seats: 1})
	h.activity(func(s *activity.State) { s.Title, s.At, s.Seats = "清理楼道", s.At.AddDate(0, 0, 3), 12 })
	h.hearing(func(s *hearing.State) { s.Topic = "路灯怎么修" }) // the Saturday between them
	h.activity(func(s *activity.State) {
		s.Title, s.Stage, s.Sent, s.Name = "还没发的", activity.Draft, time.Time{}, "王阿姨"
	})
	h.activity(func(s *activity.State) {
		s.Title, s.Stage, s.At = "上个月的", activity.Closed, s.At.AddDate(0, -1, 0)
	})
	h.activity(func(s *activity.State) { s.Title, s.Stage, s.At = "不办的", activity.Off, s.At.AddDate(0, 0, 5) })
	h.activity(func(s *activity.State) { s.Title, s.Stage = "早结束的", activity.After })
	page := h.page("/c/x/activities")
	h.has(page, "下班学吉他", "还剩5个位子", "清理楼道", "满了，可排队", "路灯怎么修", "不办的", "不办了", h.activityPath(first, ""), "https://linli.example/c/x/activities.ics", "webcal://linli.example/c/x/activities.ics", "?for=b/3")
	h.lacks(page, "还没发的", "上个月的", "早结束的", "王阿姨", "李大爷", "陈社区", "李网格", "80", "{{", "activities-")
	order := []string{"下班学吉他", "路灯怎么修", "清理楼道", "不办的"}
	if !slices.IsSortedFunc(order, func(a, b string) int { return cmp.Compare(strings.Index(page, a), strings.Index(page, b)) }) {
		t.Error("they do not stand in the order of their times")
	}
	h.lacks(h.page("/c/x/hearings"), "吉他")
	h.at = h.at.Add(fresh)
	h.has(h.ask("GET", "/c/x/activities", nil, "Accept-Language", "en").Body, "What is on", "places left: 5")
	h.has(hall(t, "", nil).page("/activities"), "现在没有活动")
}

// Activities in the calendar: by version, cancelled where they are off, and with hearings in one feed.
func TestActivityFeed(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.activity(nil)
	off := h.activity(func(s *activity.State) {
		s.Title, s.Stage, s.Why, s.Moves, s.Scope = "不办的", activity.Off, "刮大风", 1, flows.Scope{Building: "3"}
	})
	h.update(func(tx storage.Tx) error {
		return tx.Note(storage.Record{Case: off, At: h.at.Add(time.Hour), Event: "x", Kind: "said", Before: activity.Open, After: activity.Off})
	})
	h.activity(func(s *activity.State) { s.Title, s.At = "去年的", s.At.AddDate(-1, 0, 0) })
	h.activity(func(s *activity.State) { s.Title, s.Stage, s.Sent = "还没发的", activity.Draft, time.Time{} })
	met := h.hearing(nil)
	a := h.ask("GET", "/activities.ics", nil)
	all := h.read(a)
	uid := func(kind string, id flows.ID) string {
		return kind + "-" + string(id) + "@" + h.settings.Community + ".linli"
	}
	e, x := all[uid("activity", id)], all[uid("activity", off)]
	if len(all) != 3 || e == nil || x == nil || all[uid("hearing", met)] == nil {
		t.Fatalf("the feed has %v", all)
	}
	if from, err := e.GetStartAt(); err != nil || !from.Equal(time.Date(2026, 3, 13, 19, 30, 0, 0, h.settings.Zone)) {
		t.Errorf("it begins %v %v", from, err)
	}
	if to, err := e.GetEndAt(); err != nil || !to.Equal(time.Date(2026, 3, 13, 21, 0, 0, 0, h.settings.Zone)) {
		t.Errorf("it ends %v %v", to, err)
	}
	for what, got := range map[string][2]string{"status": {value(e, ics.ComponentPropertyStatus), "CONFIRMED"}, "place": {value(e, ics.ComponentPropertyLocation), "二楼邻里室（8号楼1单元201室）"}, "sequence": {value(e, ics.ComponentPropertySequence), "0"},
		"link": {value(e, ics.ComponentPropertyUrl), h.pages.ActivityLink(id, "", h.at)}, "off": {value(x, ics.ComponentPropertyStatus), "CANCELLED"}, "version of what is off": {value(x, ics.ComponentPropertySequence), "3"},
		"summary of what is off": {value(x, ics.ComponentPropertySummary), "取消：不办的"}} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, not %q", what, got[0], got[1])
		}
	}
	if s := value(e, ics.ComponentPropertyDescription); !strings.Contains(s, "免费") || strings.Contains(s, "还剩") {
		t.Errorf("it says %q", s)
	}
	h.lacks(a.Body, "王阿姨", "去年的", "还没发的", "4821")
	if only := h.read(h.ask("GET", "/activities.ics?for=b/5", nil)); len(only) != 1 || only[uid("activity", id)] == nil {
		t.Errorf("of building 5: %v", only)
	}
	if a := h.ask("GET", "/activities.ics?for=b/99", nil); a.Status != 404 {
		t.Errorf("of no building: %d", a.Status)
	}
	if one := h.read(h.ask("GET", h.activityPath(off, "r1")+"/event.ics", nil)); value(one[uid("activity", off)], ics.ComponentPropertyStatus) != "CANCELLED" {
		t.Errorf("one: %v", one)
	}
	if again := h.ask("GET", "/activities.ics", nil, "If-None-Match", a.Header.Get("ETag")); again.Status != 304 {
		t.Errorf("what has not changed: %d", again.Status)
	}
}

// Hours are certified to whose they are, as they were noted, and to nobody else.
func TestCertificate(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	my := h.path("r1")
	if a := h.ask("GET", my+"/served", nil); a.Status != 404 || !strings.Contains(a.Body, "还没有记下您的志愿服务") {
		t.Errorf("without hours: %d", a.Status)
	}
	h.lacks(h.page(my), "志愿证明")
	h.helped("r1", flows.Served{No: 9, What: "教吉他", At: h.at, Minutes: 45, By: "gone"}, flows.Served{No: 7, What: "清理楼道", At: h.at.AddDate(0, -2, 0), Minutes: 90, By: "chen"})
	h.has(h.page(my), "记下了您2次志愿服务", my+"/served")
	page := h.page(my + "/served")
	h.has(page, "志愿服务证明", "王阿姨在"+h.settings.Name+"参加志愿服务2次", "<td>0007</td><td>2026-01-11</td><td>清理楼道</td><td>1小时30分钟</td><td>陈社区</td>", "<td>0009</td>", "45分钟", "当时的工作人员", "合计2次，2小时15分钟。", "0473-0000000", "不写证件号码")
	h.lacks(page, "501", "{{", "telegram", "李大爷")
	if a, b := strings.Index(page, "清理楼道"), strings.Index(page, "教吉他"); a > b {
		t.Error("they do not stand in the order of their times")
	}
	h.lacks(h.page(h.path("r2")), "志愿服务")
	if a := h.ask("GET", h.path("r2")+"/served", nil); a.Status != 404 {
		t.Errorf("somebody else's: %d", a.Status)
	}
	h.at = h.at.Add(linkLife + time.Second)
	if a := h.ask("GET", my+"/served", nil); a.Status != 410 || strings.Contains(a.Body, "清理楼道") {
		t.Errorf("with an old link: %d", a.Status)
	}
}

// On one's own page there are the activities one has a part in, once, with what one has said.
func TestMyActivities(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id, other := h.activity(nil), h.activity(func(s *activity.State) { s.Title = "别人的活动" })
	h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 2})
	h.joins(other, "r2", activity.TagYes, activity.Part{Seats: 1})
	page := h.page(h.path("r1"))
	u, err := url.Parse(h.pages.ActivityLink(id, "r1", h.at))
	if err != nil {
		t.Fatal(err)
	}
	h.has(page, "我的活动", "下班学吉他", "您报了名，一共2个人", u.Path)
	h.lacks(page, "别人的活动")
	if n := strings.Count(page, "下班学吉他"); n != 1 {
		t.Errorf("it is there %d times", n)
	}
}
