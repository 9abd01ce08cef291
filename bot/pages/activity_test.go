package pages

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/activity"
	"linli/storage"
)

// activity makes an activity for everybody on the Friday evening that people answer to. Change
// may make it another one.
func (h *house) activity(change func(*activity.State)) flows.ID {
	h.t.Helper()
	s := activity.State{Stage: activity.Open, By: "chen", Organiser: "chen", Runner: "li", Title: "下班学吉他", Interest: "music", At: time.Date(2026, 3, 13, 19, 30, 0, 0, h.settings.Zone), Minutes: 90,
		Room: "linli", Booked: true, Least: 5, Most: 12, Cost: "免费", Scope: flows.Everywhere, Sent: h.at, Seats: 7, Code: "4821", Batch: 1,
		Sums: map[string]activity.Sum{"young/a": {Sent: 80, Yes: 12}}}
	if change != nil {
		change(&s)
	}
	return h.numbered(activity.Name, s)
}

// joins lets somebody have an entry in an activity.
func (h *house) joins(id flows.ID, who, tag string, p activity.Part) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		return tx.PutEntry(id, flows.Entry{Key: who, Tag: tag, Order: h.at.UnixMilli(), Data: flows.Data(p)})
	})
}

// likes lets somebody have said something of themself.
func (h *house) likes(id string, change func(*flows.Profile)) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		p, err := tx.Person(flows.PersonID(id))
		if err != nil {
			return err
		}
		change(&p.Profile)
		return tx.PutPerson(p)
	})
}

// helped notes volunteer hours.
func (h *house) helped(id string, list ...flows.Served) {
	h.likes(id, func(p *flows.Profile) { p.Served = append(p.Served, list...) })
}

func (h *house) activityPath(id flows.ID, person string) string {
	h.t.Helper()
	u, err := url.Parse(h.pages.ActivityLink(id, flows.PersonID(person), h.at))
	if err != nil || u.Host != "linli.example" || !strings.Contains(u.Path, "/activity/") {
		h.t.Fatalf("the link is %v %v", u, err)
	}
	return u.Path
}

var activityStages = []string{activity.Offered, activity.Draft, activity.Open, activity.Held, activity.After, activity.Closed, activity.Off}

// Every stage has a page in both languages, for everybody, for one, for who runs it; what was
// not sent yet is nobody's but theirs who have to do with it; and no page tells of anybody else.
func TestActivityStages(t *testing.T) {
	says := map[string][2]string{activity.Open: {"还剩5个位子", "5 left"}, activity.Held: {"正在办", "On now"}, activity.After: {"办完了", "Over"}, activity.Off: {"不办了，因为：刮大风", "because 刮大风"}}
	for i, lang := range flows.Languages {
		for _, stage := range activityStages {
			t.Run(lang+"/"+stage, func(t *testing.T) {
				h := hall(t, "", nil)
				h.folk()
				id := h.activity(func(s *activity.State) {
					s.Stage, s.By, s.Name = stage, "r2", "李大爷"
					switch stage {
					case activity.Offered, activity.Draft:
						s.Sent, s.Code = time.Time{}, ""
					case activity.Off:
						s.Why = "刮大风"
					}
				})
				h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 2, Kids: 1})
				h.joins(id, "r2", activity.TagWait, activity.Part{Seats: 1})
				h.joins(id, "r3", "ask-1-young-a", activity.Part{Why: flows.ByLike, Interest: "music"})
				h.update(func(tx storage.Tx) error {
					p, err := tx.Person("r1")
					p.Lang = lang
					return firstOf(err, tx.PutPerson(p))
				})
				for _, who := range []string{"", "r1", "r2", "li", "chen"} {
					a := h.ask("GET", h.activityPath(id, who), nil, "Accept-Language", lang)
					if unsent := stage == activity.Offered || stage == activity.Draft; unsent && (who == "" || who == "r1") {
						if a.Status != 404 || strings.Contains(a.Body, "吉他") {
							t.Errorf("what was not sent is shown to %q: %d", who, a.Status)
						}
						continue
					}
					if a.Status != 200 {
						t.Fatalf("%q: %d\n%s", who, a.Status, a.Body)
					}
					h.has(a.Body, "下班学吉他")
					h.lacks(a.Body, "王阿姨", "李大爷", "赵奶奶", "501室", "1101室", "room 501", "room 1101", "{{", "map[", "%!", "&lt;nil", "<no value>", "act-", ">4821<", "=4821", "young")
					if who == "" {
						h.has(a.Body, `<html lang="`+lang+`"`, says[stage][i])
						h.lacks(a.Body, "<form", "80", "/door")
					}
				}
			})
		}
	}
}

// The page says what people need to know, and offers to each what the rules take from them now.
func TestActivityPage(t *testing.T) {
	h := hall(t, "/c/x", nil)
	h.folk()
	id := h.activity(func(s *activity.State) {
		s.About = flows.About{No: 412, Title: "晚上没地方去", People: 47}
	})
	all, mine := h.activityPath(id, ""), h.activityPath(id, "r1")
	page := h.page(all)
	h.has(page, "活动 · 编号 0001", "谁都可以来。", "47户问过“晚上没地方去”（0412）。", "<dt>时间</dt><dd>3月13日（周五） 19:30-21:00", "二楼邻里室（8号楼1单元201室）", "ᠠᠢᠯ", "12人，还剩5个位子", "免费", "网格员李网格", "不拉群、不拍合影，提前1小时可取消",
		"发编号0001", all+"/event.ics", all+"/notice")
	h.lacks(page, "<form", "/door", "4821")
	page = h.page(all + "?code=4821")
	h.has(page, "签到数字：4821", "写这四位数字")
	h.lacks(page, "<form")

	buttons := func(who string) (out []string) {
		for _, part := range strings.Split(h.page(h.activityPath(id, who)), `name="choice" value="`)[1:] {
			choice, _, _ := strings.Cut(part, `"`)
			out = append(out, choice)
		}
		return out
	}
	is := func(what string, want ...string) {
		t.Helper()
		if got := buttons("r1"); !slices.Equal(got, want) {
			t.Errorf("%s: %v\nnot %v", what, got, want)
		}
	}
	is("who came by themself", "come", "help", "come=2", "come=3", "come=4", "kids=1", "kids=2", "kids=3")
	h.joins(id, "r1", "ask-1-young-a", activity.Part{Why: flows.ByLike, Interest: "music"})
	is("who was invited", "come", "no", "help", "come=2", "come=3", "come=4", "kids=1", "kids=2", "kids=3", "stop")
	h.has(h.page(mine), "为什么给您发", "您选了“乐器”", "别人看不到")
	h.likes("r1", func(p *flows.Profile) { p.Often = flows.Never })
	is("who wants none", "come", "no", "help", "come=2", "come=3", "come=4", "kids=1", "kids=2", "kids=3")
	h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 1})
	is("who comes", "no", "ring", "help", "come=2", "come=3", "come=4", "kids=1", "kids=2", "kids=3")
	h.has(h.page(mine), "您报了名。")
	h.joins(id, "r1", activity.TagRing, activity.Part{Seats: 3, Kids: 2, Help: true})
	is("who comes with two children", "no", "come=1", "come=2", "come=3", "come=4", "kids=1", "kids=3")
	h.has(h.page(mine), "一共3个人（带2个孩子），前一天提醒您", "您来帮忙")
	h.joins(id, "r1", activity.TagWait, activity.Part{Seats: 2})
	is("who waits", "no", "help")
	h.has(h.page(mine), "您在排队，要2个位子")
	h.joins(id, "r1", activity.TagHold, activity.Part{Seats: 1, Until: h.at.Add(26 * time.Hour)})
	is("for whom a place is kept", "take", "no")
	h.has(h.page(mine), "给您留到明天12点")
	h.joins(id, "r1", activity.TagNo, activity.Part{})
	is("who does not come", "come", "help", "come=2", "come=3", "come=4", "kids=1", "kids=2", "kids=3")
	h.joins(id, "r1", activity.TagYes, activity.Part{Help: true})
	h.has(h.page(mine), "您来帮忙，不占位子")
	h.lacks(h.page(mine), "您报了名")
	h.lacks(h.page(mine), `name="code"`, "/door", `action="`+mine+`/walk"`)
	for _, who := range []string{"chen", "li"} {
		page := h.page(h.activityPath(id, who))
		h.has(page, "/door")
		h.lacks(page, "没有手机的来了几位") // not days before
	}
	h.lacks(h.page(h.activityPath(id, "feng")), "/door")

	// Other circumstances.
	h.joins(id, "r1", activity.TagNo, activity.Part{})
	id = h.activity(func(s *activity.State) { s.Seats = 12 })
	is("a full one", "wait", "help")
	h.has(h.page(h.activityPath(id, "r1")), "满了，可以排队")
	id = h.activity(func(s *activity.State) { s.Seats, s.Lines = 9, 1 })
	is("two places are left", "come", "help", "come=2", "kids=1")
	id = h.activity(func(s *activity.State) { s.Children, s.Photos, s.Minutes = true, true, 60 })
	is("with children", "help", "kids=1", "kids=2", "kids=3")
	h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 2, Kids: 1})
	is("with children and pictures", "no", "ring", "help", "kids=2", "kids=3", "photo=yes")
	h.has(h.page(h.activityPath(id, "r1")), "只拍同意的人", "家长在场", "拍照时不拍您")
	other := id
	id = h.activity(func(s *activity.State) { s.At, s.Title = s.At.Add(time.Hour), "同一晚的事" })
	is("two in one evening", "both", "no")
	h.has(h.page(h.activityPath(id, "r1")), "您报了下班学吉他（3月13日（周五）19:30）", h.activityPath(other, "r1"))
	h.lives("r7", "小明", flows.Place{Building: "3"})
	h.likes("r7", func(p *flows.Profile) { p.Age = flows.Minor })
	page = h.page(h.activityPath(id, "r7"))
	h.has(page, "未满18岁请家长报名")
	h.lacks(page, `value="come"`)
	h.joins(other, "r1", activity.TagNo, activity.Part{})
	h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 1})
	h.at = time.Date(2026, 3, 13, 20, 0, 0, 0, h.settings.Zone) // half an hour before
	is("in the last hour", "help", "come=2", "come=3", "come=4", "kids=1", "kids=2", "kids=3")
	h.has(h.page(h.activityPath(id, "r1")), "不能取消了", `name="code"`)
	id = h.activity(func(s *activity.State) { s.Stage = activity.After })
	is("afterwards")
	h.joins(id, "r1", activity.TagHere, activity.Part{Seats: 1})
	is("who was there", "liked!=good", "liked!=fair", "liked!=bad")
	h.joins(id, "r1", activity.TagHere, activity.Part{Seats: 1, Said: "good"})
	is("the second question", "liked!=good", "liked!=fair", "liked!=bad", "again!=yes", "again!=no")
	h.has(h.page(h.activityPath(id, "r1")), "您觉得：好。")
	id = h.activity(func(s *activity.State) { s.Stage = activity.Held })
	if got := buttons("li"); !slices.Equal(got, []string{"end"}) {
		t.Errorf("who runs it: %v", got)
	}
	deafened := build(t, "", func(o *Options) { o.Receive = nil })
	deafened.folk()
	deafened.lacks(deafened.page(deafened.activityPath(deafened.activity(nil), "r1")), "<form")
}

// A link opens one activity for one person, in one form; what is changed in it opens nothing,
// and no link opens pages of another kind. Everybody's has no end, one's own has.
func TestActivityLinks(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.activity(nil)
	path := h.activityPath(id, "r1")
	token := strings.TrimPrefix(path, "/activity/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := slices.Clone(raw)
		bad[i] ^= 1
		if a := h.ask("GET", "/activity/"+base64.RawURLEncoding.EncodeToString(bad), nil); a.Status != 404 {
			t.Fatalf("byte %d changed: %d", i, a.Status)
		}
	}
	as := func(path, from, to string) string { return strings.Replace(path, from, to, 1) }
	met := h.hearing(nil)
	for _, bad := range []string{"/activity/" + token + "A", as(path, "/activity/", "/hearing/"), as(h.hearingPath(met, "r1"), "/hearing/", "/activity/"), "/my/" + token, "/my/" + token + "/served", "/activity/", "/activity/" + token + "/x",
		as(h.path("r1"), "/my/", "/activity/"), "/activity/AAAA/door", h.activityPath(met, "r1"), h.activityPath("999", "r1"), h.activityPath(id, "r77")} {
		if a := h.ask("GET", bad, nil); a.Status == 200 || a.Status >= 500 || strings.Contains(a.Body, "充电桩") {
			t.Errorf("%.30q: %d", bad, a.Status)
		}
	}
	all := h.activityPath(id, "")
	h.at = h.at.Add(activityLife + time.Second)
	if h.activityPath(id, "") != all {
		t.Error("everybody's link changes with the time")
	}
	if a := h.ask("GET", path, nil); a.Status != 410 {
		t.Errorf("after half a year: %d", a.Status)
	}
	h.page(all)
	h.update(func(tx storage.Tx) error {
		c, err := tx.Case(id)
		c.Bare, c.Done = true, true
		return firstOf(err, tx.PutCase(c))
	})
	if a := h.ask("GET", all, nil); a.Status != 410 || strings.Contains(a.Body, "吉他") {
		t.Errorf("of a case that was emptied: %d", a.Status)
	}
	if l := build(t, "", func(o *Options) { o.PublicURL = "" }).pages.ActivityLink("1", "r1", h.at); l != "" {
		t.Errorf("a link without an address: %q", l)
	}
}

// Whatever somebody has written into an activity stays text.
func TestActivityIsNoMarkup(t *testing.T) {
	shape := func(s string) map[string]string {
		h := hall(t, "", nil)
		h.lives("r1", s, flows.Place{Building: "3"})
		write := func(x *activity.State) {
			x.Title, x.Cost, x.Where, x.Room, x.Why, x.Moves = s, s, s, "", s, 1
			x.About = flows.About{No: 3, Title: s, People: 9}
		}
		open, off := h.activity(write), h.activity(func(x *activity.State) { write(x); x.Stage = activity.Off })
		h.joins(open, "r1", activity.TagYes, activity.Part{Seats: 1})
		h.helped("r1", flows.Served{No: 7, What: s, At: h.at, Minutes: 90, By: "chen"})
		return map[string]string{"open": h.page(h.activityPath(open, "r1")), "off": h.page(h.activityPath(off, "")), "code": h.page(h.activityPath(open, "") + "?code=" + url.QueryEscape(s) + "&said=" + url.QueryEscape(s)),
			"notice": h.page(h.activityPath(open, "") + "/notice"), "off notice": h.page(h.activityPath(off, "") + "/notice"), "door": h.page(h.activityPath(open, "chen") + "/door"), "list": h.page("/activities"), "mine": h.page(h.path("r1")),
			"served": h.page(h.path("r1") + "/served"), "digits": h.ask("POST", h.activityPath(open, "r1")+"/here", form("code", s)).Body, "walk": h.ask("POST", h.activityPath(open, "chen")+"/walk", form("text", s)).Body}
	}
	noMarkup(t, shape, `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</h1></span><script>`, `{{.}}`, `<!--`)
}
