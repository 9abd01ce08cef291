package desk

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/flowstest"
	"linli/flows/menu"
	"linli/flows/room"
	"linli/prompts/local"
	"linli/storage"
)

var activityStages = []string{activity.Offered, activity.Draft, activity.Open, activity.Held, activity.After, activity.Closed, activity.Off}

// activity keeps an activity for building 3 in a stage as the flow would have, with who comes.
func (h *house) activity(id, stage string, change func(*activity.State)) flows.Case {
	h.t.Helper()
	now := h.clock.Now()
	s := activity.State{Stage: stage, By: "r9", Name: "姓名不公开9", Organiser: "chen", Runner: "li", Title: "下班学吉他", Interest: "music", At: time.Date(2026, 3, 13, 19, 30, 0, 0, now.Location()), Minutes: 90,
		Room: "linli", Booked: true, Least: 5, Most: 12, Cost: "免费", Scope: flows.Scope{Building: "3"}, Wished: 9}
	if stage == activity.Offered {
		s.Organiser = ""
	}
	if reached(stage, activity.Open, activity.Held, activity.After, activity.Closed, activity.Off) {
		s.Sent, s.Code, s.Seats, s.Batch = now.Add(-time.Hour), "4821", 7, 2
		s.Sums = map[string]activity.Sum{"young/a": {Sent: 80, Yes: 14, Came: 12}, "elder/a": {Sent: 3, Yes: 1, Came: 1}, "/a": {Sent: 20, Yes: 2}}
	}
	if reached(stage, activity.After, activity.Closed) {
		s.Came, s.Walked, s.Liked, s.Again = 17, 4, [3]int{9, 2, 1}, [2]int{10, 1}
	}
	if stage == activity.Off {
		s.Why = "刮大风"
	}
	if change != nil {
		change(&s)
	}
	c := flows.Case{ID: flows.ID(id), Flow: activity.Name, Opened: now.Add(-48 * time.Hour), Data: flows.Data(s), Summary: s.Summary()}
	h.keep(&c, s.By, activity.Draft)
	if reached(stage, activity.Offered, activity.Draft) {
		return c
	}
	h.entry(id, "r1", activity.TagYes, activity.Part{Seats: 3, Kids: 2, Arm: "a", Age: flows.Young})
	h.entry(id, "r2", activity.TagRing, activity.Part{Seats: 1, Help: true, Photo: true})
	h.entry(id, "r3", activity.TagWait, activity.Part{Seats: 1})
	h.entry(id, "r4", activity.TagNo, activity.Part{})
	h.entry(id, "r5", "ask-1-young-a", activity.Part{Why: flows.ByLike})
	if reached(stage, activity.Held, activity.After, activity.Closed) {
		h.entry(id, "r2", activity.TagHere, activity.Part{Seats: 1, Help: true, Said: "bad"})
	}
	return c
}

// The list shows each activity once, where it belongs, with what it waits for.
func TestListOfActivities(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	for i, stage := range activityStages {
		h.activity("a-"+stage, stage, func(s *activity.State) { s.Title = "活动之" + itoa(i) })
	}
	h.activity("lacks", activity.Draft, func(s *activity.State) { s.Title, s.At, s.Most = "缺东西的", time.Time{}, 0 })
	h.activity("few", activity.Open, func(s *activity.State) { s.Title, s.Seats, s.Few = "人少的", 2, true })
	h.activity("gone", activity.Gone, func(s *activity.State) { s.Title = "没有办的" })
	page := h.page("/desk/activities", h.session("du"))
	at := 0
	for _, w := range []string{">等答复办不办的<", "a-offered", ">还没发的<", "a-draft", ">正在报名<", "a-open", ">正在办<", "a-held", ">办完了，等收尾<", "a-after", ">办过的、不办的<", "a-closed"} {
		i := strings.Index(page[at:], w)
		if i < 0 {
			t.Fatalf("%q does not stand behind what is before it:\n%s", w, page)
		}
		at += i
	}
	for _, stage := range activityStages {
		if n := strings.Count(page, `href="/desk/activities/a-`+stage+`"`); n != 1 {
			t.Errorf("the one in %q stands there %d times", stage, n)
		}
	}
	h.has(page, "没写几号几点", "没写最多几人", "请了103人，来7个位子，还剩5个", "1家排队", "人少：来2人，最少要5人", "到了17人", "志愿时间还没记", "原因：刮大风", "陈社区负责", "周五19点30分")
	h.hasNot(page, "没有办的", "姓名不公开", "<form")
	h.has(h.page("/desk/activities", h.session("chen")), "办一个活动", "看看样子")
	h.has(h.page("/desk/cases?show=all", h.session("chen")), `href="/desk/activities/a-open"`)
	if a := h.get("/desk/cases/a-open", h.session("chen")); a.Status != 303 || a.Header.Get("Location") != "/desk/activities/a-open" {
		t.Errorf("an activity among the cases: %d %s", a.Status, a.Header.Get("Location"))
	}
}

// Today shows the activities of the week, and what waits for a word to who may give it.
func TestActivitiesOfToday(t *testing.T) {
	h := build(t, "", nil)
	h.activity("near", activity.Open, nil)
	h.activity("far", activity.Open, func(s *activity.State) { s.At = s.At.AddDate(0, 0, 20) })
	h.activity("offered", activity.Offered, nil)
	h.activity("draft", activity.Draft, nil)
	h.activity("over", activity.After, nil)
	for who, want := range map[flows.PersonID]string{"chen": "offered near", "du": "near", "li": "near", "wu": ""} {
		page := h.page("/desk/", h.session(who))
		var got []string
		for _, id := range []string{"offered", "near", "far", "draft", "over"} {
			if strings.Contains(page, `href="/desk/activities/`+id+`"`) {
				got = append(got, id)
			}
		}
		if strings.Join(got, " ") != want || strings.Contains(page, "本周活动") != (want != "") {
			t.Errorf("%s: %v, want %s", who, got, want)
		}
	}
}

// Every stage has a page, in both languages, for every post that may see it; it says nothing in
// the words of machines, and names residents only to who has the activity in hand.
func TestActivityTellsNobodysName(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	h.resident("r9", "姓名不公开9", "3")
	at := h.clock.Now()
	h.desk.o.Told = func(context.Context, flows.ID) ([]bot.Told, error) {
		return []bot.Told{{At: at, To: "3号楼群", Outcome: "confirmed", Text: "请来学吉他"}, {At: at, To: "陈社区（社区）", Person: "chen", Outcome: "confirmed", Text: "姓名不公开2愿意来帮忙"}, {At: at, To: "居民", Person: "r1", Outcome: "confirmed", Text: "您报了名"}}, nil
	}
	machine := regexp.MustCompile(`[a-z]+-[a-z]+|<no value>|%!|\{\{|map\[`)
	tags := regexp.MustCompile(`(?s)<[^>]*>`)
	for _, stage := range activityStages {
		h.activity(stage, stage, nil)
		for who, detail := range map[string]string{"r1": "come=3", "r2": "help", "chen": "in=r2", "r4": "liked"} {
			h.update(func(tx storage.Tx) error {
				return tx.Note(storage.Record{Case: flows.ID(stage), At: at, Event: who, Kind: "chose", By: flows.PersonID(who), Detail: detail, Before: stage, After: stage})
			})
		}
		for _, who := range observers {
			for _, lang := range flows.Languages {
				h.update(func(tx storage.Tx) error {
					p, err := tx.Person(who)
					p.Lang = lang
					if err != nil {
						return err
					}
					return tx.PutPerson(p)
				})
				page := h.page("/desk/activities/"+stage, h.session(who))
				text := tags.ReplaceAllString(page, "")
				if m := machine.FindString(text); m != "" && lang == flows.Languages[0] && !strings.HasPrefix(m, "no-") {
					if i := strings.Index(text, m); !strings.Contains("sign-up", m) {
						t.Errorf("%s for %s says %q: %s", stage, who, m, text[max(0, i-60):min(len(text), i+60)])
					}
				}
				leads := slices.Contains([]flows.PersonID{"chen", "zheng", "zhaos", "evil", "li"}, who)
				if named := strings.Contains(page, "姓名不公开"); named != leads && (leads && reached(stage, activity.Open, activity.Held, activity.After) || !leads) {
					t.Errorf("%s for %s in %s: names stand there: %v", stage, who, lang, named)
				}
				if coded := strings.Contains(text, "4821"); coded != (leads && reached(stage, activity.Open, activity.Held)) {
					t.Errorf("%s for %s: the code stands there: %v", stage, who, coded)
				}
				if !leads {
					h.hasNot(page, "开2愿意来帮忙", `name="choice"`, "/names", "/door")
				}
				h.hasNot(page, "13800138", "paper:", "=r2", `="bad"`, "您报了名<")
			}
		}
	}
}

// Numbers are said in words as the board says them; few people never stand apart, and what is
// sent is shown word for word, to each kind of reader.
func TestWhatPeopleReadOfAnActivity(t *testing.T) {
	h := build(t, "", nil)
	h.activity("after", activity.After, nil)
	page := h.page("/desk/activities/after", h.session("du"))
	h.has(page, "来了17人（4位没有手机）", "请了103人，说来的17人，来了13人", "青年80人里来了12人", "好9，一般2，不好1；还想来的10人")
	h.hasNot(page, "老人3人")
	h.activity("draft", activity.Draft, nil)
	page = h.page("/desk/activities/draft", h.session("chen"))
	h.has(page, "大家会读到", "给青年的", "下班学吉他？3月13日（周五）19:30，二楼邻里室", "还剩12个位子。不拉群、不拍合影", "给老人的", "慢慢来，不考试", "给其他人的", "发到群里的", "谁都可以来", `value="send"`)
	h.hasNot(page, "给带孩子的", "您写的", "还不能发")
	for name, x := range map[string]struct {
		change     func(*activity.State)
		has, lacks string
	}{
		"children": {func(s *activity.State) { s.Children = true }, "带孩子一起下班学吉他", "给青年的"},
		"young":    {func(s *activity.State) { s.Ages = []flows.Age{flows.Young} }, "给青年的", "给老人的"},
		"own":      {func(s *activity.State) { s.Text = "周四晚上弹琴去" }, "<blockquote>周四晚上弹琴去", "给青年的"},
		"both":     {func(s *activity.State) { s.Text, s.Compare = "周四晚上弹琴去", true }, "各发一半", "还不能发"},
		"drafted":  {func(s *activity.State) { s.Model = "机器写的一段" }, "机器起草，没有人点头以前不会用", "您写的"},
		"lacks":    {func(s *activity.State) { s.Most = 400 }, "最多25人，人多就分两次办", `value="send"`},
	} {
		h.activity(name, activity.Draft, x.change)
		page := h.page("/desk/activities/"+name, h.session("chen"))
		h.has(page, x.has)
		h.hasNot(page, x.lacks)
	}
}

// The list of names is for who has it in hand, and is printed without what they need not know.
func TestNamesOfAnActivity(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	h.activity("o", activity.Open, func(s *activity.State) { s.Photos = true })
	page := h.page("/desk/activities/o/names", h.session("li")) // who runs it
	h.has(page, "活动名单", "姓名不公开1", "含2个孩子", "姓名不公开2", "来帮忙", "print.css", "用完收好")
	h.hasNot(page, "姓名不公开3", "姓名不公开4", "姓名不公开5", "13800138", "501")
	if n := strings.Count(page, "<tr>"); n != 1+2+blankNames {
		t.Errorf("the list has %d lines", n)
	}
	for who, want := range map[flows.PersonID]int{"du": 403, "ping": 403, "wu": 404, "zheng": 200} {
		if a := h.get("/desk/activities/o/names", h.session(who)); a.Status != want {
			t.Errorf("%s: %d, want %d", who, a.Status, want)
		}
	}
	h.activity("d", activity.Draft, nil)
	if a := h.get("/desk/activities/d/names", h.session("chen")); a.Status != 404 {
		t.Errorf("of what was not sent: %d", a.Status)
	}
}

// In each stage everybody is offered what fits, by the part they have.
func TestWhatFitsAnActivity(t *testing.T) {
	h := build(t, "", func(o *Options) { o.Receive = &ear{} })
	h.neighbours()
	h.clock.Pass(57 * time.Hour)                   // half an hour before it begins
	for stage, want := range map[string][2]string{ // organiser, runner
		activity.Offered: {"agree refuse", ""},
		activity.Draft:   {"model kids-only photos civic allow change own whom age drop", ""},
		activity.Open:    {"more list allow walk move off in in in", "walk in in in"},
		activity.Held:    {"walk end hours in in", "walk end in in"},
		activity.After:   {"hours=all hours in in", "in in"},
		activity.Closed:  {"", ""},
		activity.Off:     {"", ""},
	} {
		h.activity(stage, stage, nil)
		for i, who := range []flows.PersonID{"chen", "li"} {
			if got := strings.Join(offered(h.page("/desk/activities/"+stage, h.session(who))), " "); got != want[i] {
				t.Errorf("%s for %s:\n%s\nnot\n%s", stage, who, got, want[i])
			}
		}
		for _, who := range []flows.PersonID{"du", "ping", "yi"} {
			if got := offered(h.page("/desk/activities/"+stage, h.session(who))); len(got) > 0 {
				t.Errorf("%s for %s: %v", stage, who, got)
			}
		}
	}
}

// A button is handed on as the visitor's, words under the tag that the rules wait for; what is
// none of theirs, or no button, is not.
func TestActivityPressed(t *testing.T) {
	n := &ear{}
	h := build(t, "", func(o *Options) { o.Receive = n })
	h.neighbours()
	h.activity("o", activity.Open, nil)
	h.activity("d", activity.Draft, nil)
	h.activity("f", activity.After, nil)
	chen, li := h.session("chen"), h.session("li")
	press := func(id, token string, pairs ...string) answer {
		f := url.Values{"form": {h.newForm()}}
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return h.ask("POST", "/desk/activities/"+id, token, f)
	}
	for want, a := range map[string]answer{
		"chosen by chen: d/send":             press("d", chen, "choice", "send"),
		"chosen by chen: d/whom=b/3":         press("d", chen, "choice", "whom", "value", "b/3"),
		"chosen by chen: d/age=young":        press("d", chen, "choice", "age", "value", "young"),
		"said by chen: d/line: 周五19:30， 12人": press("d", chen, "choice", "change", "text", " 周五19:30，\n12人 "),
		"said by chen: o/move: 改到周日15点，下雨":   press("o", chen, "choice", "move", "text", "改到周日15点，下雨"),
		"said by chen: o/off: 下雨":            press("o", chen, "choice", "off", "text", "下雨"),
		"chosen by chen: f/hours=all":        press("f", chen, "choice", "hours=all"),
		"chosen by chen: f/hours=r2:45":      press("f", chen, "choice", "hours", "value", "r2", "minutes", "45"),
		"chosen by li: o/in=r1":              press("o", li, "choice", "in", "value", "r1"),
		"said by li: o/walk: 6":              press("o", li, "choice", "walk", "text", "6"),
	} {
		want = strings.Replace(want, "chosen", string(bot.Pressed), 1)
		want = strings.Replace(want, "said", string(bot.Said), 1)
		if !slices.Contains(n.seen, want) || a.Status != 200 {
			t.Errorf("%q is not among %q: %d", want, n.seen, a.Status)
		}
	}
	before := len(n.seen)
	for what, x := range map[string]struct {
		a    answer
		want int
	}{
		"no choice":               {press("o", chen, "choice", "come"), 400},
		"a list without a value":  {press("d", chen, "choice", "whom"), 400},
		"a value that is no name": {press("o", chen, "choice", "in", "value", "r1/x y"), 400},
		"no words":                {press("o", chen, "choice", "off", "text", "  "), 422},
		"too many words":          {press("o", chen, "choice", "off", "text", strings.Repeat("长", longest+1)), 422},
		"no minutes":              {press("f", chen, "choice", "hours", "value", "r2", "minutes", "-3"), 422},
		"too many minutes":        {press("f", chen, "choice", "hours", "value", "r2", "minutes", "99999"), 422},
		"hours by who runs it":    {press("f", li, "choice", "hours", "value", "r2", "minutes", "45"), 403},
		"off by who runs it":      {press("o", li, "choice", "off", "text", "下雨"), 403},
		"a supervisor":            {press("o", h.session("du"), "choice", "in", "value", "r1"), 403},
		"no form":                 {h.ask("POST", "/desk/activities/o", chen, url.Values{"choice": {"more"}}), 400},
		"another grid's":          {press("o", h.session("wu"), "choice", "in", "value", "r1"), 404},
	} {
		if x.a.Status != x.want {
			t.Errorf("%s: %d, want %d", what, x.a.Status, x.want)
		}
	}
	if len(n.seen) != before {
		t.Errorf("handed on: %q", n.seen[before:])
	}
	h.has(press("o", chen, "choice", "off", "text", "没收下的话").Body, "没有变化", "没收下的话")
}

// Whatever somebody has written into an activity stays text.
func TestActivityMarkup(t *testing.T) {
	element := regexp.MustCompile(`<(/?[a-zA-Z!][^\s>/]*)`)
	shape := func(s string) string {
		h := build(t, "", nil)
		h.neighbours()
		h.resident("r1", s, "3")
		out := ""
		for _, stage := range activityStages {
			h.activity(stage, stage, func(x *activity.State) {
				x.Title, x.Cost, x.Why, x.Text, x.Model, x.Name, x.Where, x.Room = s, s, s, s, s, s, s, ""
				x.About = flows.About{No: 1, Title: s, People: 7}
			})
			out += h.page("/desk/activities/"+stage, h.session("chen"))
		}
		out += h.page("/desk/activities", h.session("chen")) + h.page("/desk/activities/"+activity.Open+"/names", h.session("chen"))
		out += h.ask("POST", "/desk/activities", h.session("chen"), url.Values{"form": {h.newForm()}, "text": {strings.Repeat(s, 300)}}).Body
		var all []string
		for _, m := range element.FindAllStringSubmatch(out, -1) {
			all = append(all, m[1])
		}
		return strings.Join(all, " ")
	}
	plain := shape("字")
	for _, s := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</blockquote></textarea><script>`, `{{.}}`} {
		if got := shape(s); got != plain {
			t.Errorf("%q becomes markup", s)
		}
	}
}

// What is printed is offered where there is something to print, to who may have it.
func TestPrintedOfAnActivity(t *testing.T) {
	h := build(t, "", func(o *Options) {
		o.ActivityPath = func(id flows.ID, who flows.PersonID) string { return "/activity/" + string(id) + "-of-" + string(who) }
	})
	h.activity("o", activity.Open, nil)
	h.activity("d", activity.Draft, nil)
	h.has(h.page("/desk/activities/o", h.session("chen")), `href="/activity/o-of-chen/notice"`, `href="/activity/o-of-chen/door"`, `href="/activity/o-of-chen/event.ics"`, `href="/desk/activities/o/names"`)
	page := h.page("/desk/activities/o", h.session("du"))
	h.has(page, `href="/activity/o-of-du/notice"`)
	h.hasNot(page, "/door", "/names")
	h.hasNot(h.page("/desk/activities/d", h.session("chen")), `href="/activity/`, "/names")
}

// From a line to the numbers at the desk, with the rules as they are.
func TestWholeActivityAtTheDesk(t *testing.T) {
	var b *bot.Bot
	h := build(t, "", func(o *Options) {
		fl := flowstest.Flows(t, activity.New, menu.New, room.New)
		var err error
		if b, err = bot.New(bot.Options{Store: o.Store, Settings: o.Settings(), Flows: fl, Channels: []bot.Channel{paper{}}, Reader: local.New(), Now: o.Now}); err != nil {
			t.Fatal(err)
		}
		o.Receive, o.Told = b, b.ToldOf
	})
	h.neighbours()
	h.update(func(tx storage.Tx) error {
		for _, id := range []flows.PersonID{"r1", "r2", "r4"} {
			p, err := tx.Person(id)
			if err != nil {
				return err
			}
			p.Profile = flows.Profile{Age: flows.Young, Likes: []string{"music"}}
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		return nil
	})
	rounds := func() {
		for n, err := 1, error(nil); n > 0; {
			if n, _, err = b.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	rounds() // what must stand is there
	token := h.session("chen")
	a := h.ask("POST", "/desk/activities", token, url.Values{"form": {h.newForm()}, "text": {"学吉他，3月20日19:30，12人，最少2人，免费"}})
	if a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/desk/activities/") {
		t.Fatalf("a new one: %d %s\n%s", a.Status, a.Header.Get("Location"), a.Body)
	}
	path := a.Header.Get("Location")
	press := func(pairs ...string) string {
		t.Helper()
		f := url.Values{"form": {h.newForm()}}
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		a := h.ask("POST", path, token, f)
		rounds()
		if a.Status != 200 {
			t.Fatalf("%v: %d\n%s", pairs, a.Status, a.Body)
		}
		return a.Body
	}
	h.has(h.page(path, token), "学吉他", "没写在哪儿", "3月20日")
	h.has(press("choice", "change", "text", "地点：东门广场"), "东门广场", "大家会读到", `value="send"`)
	h.has(press("choice", "own", "text", "下班弹会儿琴"), "下班弹会儿琴", "您写的")
	h.has(press("choice", "plain"), "给青年的")
	h.has(press("choice", "photos"), "现场不拍照")
	press("choice", "send")
	h.has(h.page(path, token), "正在报名", "请了3人", "签到码", "对谁说了什么")
}

// The menu of wishes stands with its counts beside the activities; what is new is in somebody's
// words and for who decides about it, and few are not counted for the others.
func TestWishesAtTheDesk(t *testing.T) {
	n := &ear{}
	h := build(t, "", func(o *Options) { o.Receive = n })
	s := menu.State{Stage: menu.Served, Dishes: []menu.Dish{{ID: "d1", Title: "学吉他", Interest: "music"}, {ID: "d2", Title: "夜跑"}, {ID: "d3", Said: []menu.Said{{Text: "居民的原话", By: "r1"}}}, {ID: "d4", Off: true, Said: []menu.Said{{Text: "去掉的", By: "r1"}}}}}
	h.update(func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "m", Flow: menu.Name, Opened: h.clock.Now(), Data: flows.Data(s), Summary: s.Summary()})
	})
	for i := range 9 {
		h.entry("m", "d1/r"+itoa(i), "d1", nil)
	}
	h.entry("m", "d2/r1", "d2", nil)
	page := h.page("/desk/activities", h.session("chen"))
	h.has(page, "大家想要的", "学吉他", "9人", "夜跑", "1人", "居民的原话", ">新的<", `value="open"`, `value="up"`)
	h.hasNot(page, "去掉的")
	page = h.page("/desk/activities", h.session("du"))
	h.has(page, "学吉他", "9人", "夜跑", "人还少")
	h.hasNot(page, "居民的原话", `name="choice"`, ">1人<")
	press := func(who flows.PersonID, pairs ...string) int {
		f := url.Values{"form": {h.newForm()}}
		for i := 0; i+1 < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return h.ask("POST", "/desk/activities", h.session(who), f).Status
	}
	for _, x := range []struct {
		who           flows.PersonID
		choice, value string
		want          int
	}{{"chen", "open", "d1", 200}, {"chen", "up", "d3", 200}, {"chen", "off", "d2", 200}, {"chen", "open", "d3", 400}, {"chen", "up", "d1", 400}, {"chen", "open", "d9", 400}, {"chen", "open", "", 400}, {"chen", "into", "d1", 422}, {"du", "open", "d1", 403}, {"li", "off", "d1", 403}} {
		if got := press(x.who, "choice", x.choice, "value", x.value); got != x.want {
			t.Errorf("%s by %s of %q: %d, want %d", x.choice, x.who, x.value, got, x.want)
		}
	}
	if want := []string{string(bot.Pressed) + " by chen: m/open=d1", string(bot.Pressed) + " by chen: m/up=d3", string(bot.Pressed) + " by chen: m/off=d2"}; !slices.Equal(n.seen, want) {
		t.Errorf("handed on %q", n.seen)
	}
}
