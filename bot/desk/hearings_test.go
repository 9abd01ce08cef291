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
	"linli/flows/hearing"
	"linli/storage"
)

// stages of a hearing that lists and pages show.
var held = []string{hearing.Waiting, hearing.Review, hearing.Upward, hearing.Planning, hearing.Asking, hearing.Set, hearing.Notice, hearing.Meeting, hearing.Minutes,
	hearing.Tasks, hearing.Rating, hearing.Off, hearing.Closed, hearing.Refused}

// reached says whether a stage is one of some.
func reached(stage string, some ...string) bool { return slices.Contains(some, stage) }

// hearing keeps a hearing of building 3 in a stage as the flow would have, with all that
// belongs to the stage: what residents answered and said, and who they are.
func (h *house) hearing(id, stage string, change func(*hearing.State)) flows.Case {
	h.t.Helper()
	now := h.clock.Now()
	s := hearing.State{Stage: stage, Form: flows.Hearing, Topic: "3号楼前装不装充电桩", Place: flows.Place{Building: "3"}, Scope: flows.Scope{Building: "3"}, Why: "followers", People: 7,
		Proposer: "r1", Opened: now.Add(-40 * 24 * time.Hour), Organiser: "chen", Chair: "zheng", Needed: []flows.PersonID{"zheng", "feng", "liu", "r1"}, Seed: "5eed5eed5eed5eed",
		Vetted: hearing.Vetted{List: now.Add(-24 * time.Hour), Due: now.Add(50 * time.Hour)}}
	from := time.Date(2026, 3, 15, 15, 0, 0, 0, now.Location()) // a Sunday
	switch stage {
	case hearing.Upward:
		s.Report = hearing.Report{To: "街道城管科", At: now.Add(-30 * 24 * time.Hour), Next: now.Add(48 * time.Hour), Times: 1}
	case hearing.Asking, hearing.Planning:
		s.Until = now.Add(24 * time.Hour)
		s.Slots = []hearing.Slot{{From: from, To: from.Add(2 * time.Hour), Room: "linli", Needed: []flows.PersonID{"zheng"}, Others: 3},
			{From: from.Add(28 * time.Hour), To: from.Add(30 * time.Hour), Room: "xiao", Needed: []flows.PersonID{"zheng", "feng", "r1"}, Others: 9, Listed: 2, Holiday: true},
			{From: from.Add(48 * time.Hour), Taken: "taken", Free: from.Add(50 * time.Hour)}}
	}
	if reached(stage, hearing.Set, hearing.Notice, hearing.Meeting, hearing.Minutes, hearing.Tasks, hearing.Rating, hearing.Off, hearing.Closed) {
		s.From, s.To, s.Room, s.Booked = from, from.Add(2*time.Hour), "linli", true
		s.Points = []hearing.Point{{Text: "装不装"}, {Text: "装在哪", Poll: &hearing.Polled{Case: "p-" + flows.ID(id), Result: "要34，不要11"}}}
	}
	if reached(stage, hearing.Notice, hearing.Meeting, hearing.Minutes, hearing.Tasks, hearing.Rating, hearing.Off, hearing.Closed) {
		s.Noticed, s.First, s.Version, s.Seats, s.Kept, s.Code = now.Add(-2*time.Hour), now.Add(-2*time.Hour), 1, 40, 8, "4821"
		s.Taken = hearing.Taken{Seats: 23, Kept: 2}
		s.Waived = []hearing.Waiver{{What: "clear", By: "zheng", At: now.Add(-3 * time.Hour), Why: "下周要停水"}}
		s.Last = 1
	}
	if reached(stage, hearing.Meeting, hearing.Minutes, hearing.Tasks, hearing.Rating, hearing.Closed) {
		s.Begun, s.At, s.Came, s.Guests, s.Last = now.Add(-time.Hour), 2, 31, 2, 9
		s.Points[0].Begun, s.Points[0].Items, s.Before = s.Begun, []int{2, 3, 9}, []int{1}
		s.Points[0].Hands = &hearing.Hands{For: 12, Against: 3, Abstain: 1, Item: 4, By: "chen"}
		s.Decisions = []hearing.Decision{{Text: "楼前装4个充电桩", Item: 5, Who: "feng", Due: now.Add(9 * 24 * time.Hour), How: "taken"}, {Text: "写一份用电须知", Item: 5, Who: "li", Due: now.Add(-time.Hour), How: "returned", Said: "没有打印机"},
			{Text: "每月看一次"}}
		s.Objected = []hearing.Objection{{By: "du", At: now.Add(-4 * 24 * time.Hour), Why: "公告没有贴满三天", Reply: "已经补贴", Lifted: now.Add(-3 * 24 * time.Hour)}}
	}
	if reached(stage, hearing.Minutes, hearing.Tasks, hearing.Rating, hearing.Closed) {
		s.Ended, s.Due = now, now.Add(6*24*time.Hour)
		s.Draft = append(s.Lines("二楼邻里室"), hearing.Line{Words: "no-words-of-this-name", Rests: []string{"chair"}})
		s.Fixes = []hearing.Fix{{Text: "应是12人赞成", By: "zheng", At: now}}
	}
	if reached(stage, hearing.Tasks, hearing.Rating, hearing.Closed) {
		s.Signed, s.Published = hearing.Signature{Chair: "zheng", By: "chen", At: now}, now
		s.Dissents = []hearing.Dissent{{Item: 7, At: now, Due: now.Add(72 * time.Hour)}, {Item: 8, At: now, Left: true}}
		s.Rated = hearing.Ratings{Good: 5, Fair: 2, Bad: 1}
	}
	switch stage {
	case hearing.Off:
		s.Changed = "会议室漏水"
	case hearing.Refused:
		s.Vetted.By, s.Vetted.At, s.Vetted.Why = "ping", now, "上个月刚议过"
	}
	if change != nil {
		change(&s)
	}
	c := flows.Case{ID: flows.ID(id), Flow: hearing.Name, Opened: s.Opened, Data: flows.Data(s), Summary: s.Summary()}
	h.keep(&c, s.Proposer, hearing.Waiting)
	if reached(stage, hearing.Waiting, hearing.Review, hearing.Upward, hearing.Refused) {
		return c
	}
	for who, tag := range map[string]string{"r1": hearing.TagYes, "r2": hearing.TagYes, "r3": hearing.TagProxy, "r4": hearing.TagNo, "r5": hearing.TagAsked, "liu": hearing.TagYes, "feng": hearing.TagAsked} {
		h.entry(id, who, tag, hearing.Part{Proxy: "我儿子小强", Items: []int{1}, Reserved: true, Rate: "bad"})
	}
	place := flows.Place{Building: "3", Unit: "2", Room: "501"}
	for n, it := range map[int]hearing.Item{
		1: {Kind: "before", By: "r2", Where: place, Text: "请离窗户远一点", Read: true},
		2: {Kind: "said", Point: 1, By: "r1", Name: "自愿留名的人", Where: place, Text: "我家老人下楼不便"},
		3: {Kind: "said", Point: 1, By: "r3", Name: "收回的名字", Where: place, Text: "收回的话", Gone: true}, // even if it were still there
		4: {Kind: "hands", Point: 1, By: "chen", Text: "赞成12 反对3 弃权1"},
		5: {Kind: "decision", Point: 1, By: "chen", Text: "楼前装4个充电桩，冯物业"},
		6: {Kind: "complaint", Point: 0, Where: place, Text: "路灯三个星期不亮"},
		7: {Kind: "dissent", Point: -1, By: "r4", Where: place, Text: "离我家窗户太近"},
		8: {Kind: "dissent", Point: -1, By: "r3", Text: "收回的话", Gone: true},
		9: {Kind: "said", Point: 1, By: "r5", Text: "没有住址的话"},
	} {
		if n > s.Last {
			continue
		}
		it.At = now
		h.entry(id, hearing.ItemKey(n), hearing.ItemTag(it.Point), it)
	}
	h.entry(id, "g/0001", "guest", hearing.Item{Kind: "guest", Name: "没带手机的张大爷"})
	return c
}

func (h *house) entry(id, key, tag string, data any) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		return tx.PutEntry(flows.ID(id), flows.Entry{Key: key, Tag: tag, Order: h.clock.Now().UnixMilli(), Data: flows.Data(data)})
	})
}

// neighbours are the residents who have a part in it.
func (h *house) neighbours() {
	for i, b := range []string{"3", "3", "4", "3", "4"} {
		id := "r" + itoa(i+1)
		h.resident(id, "姓名不公开"+itoa(i+1), b)
		h.update(func(tx storage.Tx) error {
			p, err := tx.Person(flows.PersonID(id))
			p.Addresses = append(p.Addresses, "paper:1380013800"+itoa(i))
			if err != nil {
				return err
			}
			return tx.PutPerson(p)
		})
	}
}

// observers are all posts that see hearings.
var observers = []flows.PersonID{"li", "chen", "zheng", "zhaos", "du", "ping", "yi", "evil"}

// The list shows each hearing once, where it belongs, with what it waits for, the oldest due
// first.
func TestListOfHearings(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	h.change(func(s *flows.Settings) {
		s.Hearings.Clear = flows.Term{N: 5, Source: "某某办法第11条", Waive: []flows.Role{flows.Head}}
	})
	for i, stage := range held {
		h.hearing("h-"+stage, stage, func(s *hearing.State) { s.Topic = "议题之" + itoa(i) + stage })
	}
	h.hearing("second", hearing.Review, func(s *hearing.State) { s.Topic, s.Vetted.Due = "更早要答复的", h.clock.Now().Add(-time.Hour) })
	h.hearing("stopped", hearing.Notice, func(s *hearing.State) {
		s.Topic, s.Frozen = "停着的", &hearing.Objection{By: "du", At: h.clock.Now(), Why: "没有请租户"}
	})
	h.hearing("secret", hearing.Offered, func(s *hearing.State) { s.Topic = "还没交上来的" })
	h.hearing("never", hearing.Gone, func(s *hearing.State) { s.Topic = "没有成为议题的" })
	page := h.page("/desk/hearings", h.session("chen"))
	h.hasNot(page, "还没交上来的", "没有成为议题的")
	order := []string{">有异议，停着的<", "/desk/hearings/stopped", ">等审核的议题<", "/desk/hearings/second", "/desk/hearings/h-waiting", "/desk/hearings/h-review", ">上报了，等回音<", "h-upward", ">筹备中<", "h-planning", ">定了时间的<", "h-set", "h-notice",
		">正在开<", "h-meeting", ">等出记录<", "h-minutes", ">正在落实<", "h-tasks", "h-rating", ">开过的、不议的<", "h-closed", "h-refused"}
	at := 0
	for _, w := range order {
		i := strings.Index(page[at:], w)
		if i < 0 {
			t.Fatalf("%q does not stand behind what is before it:\n%s", w, page)
		}
		at += i
	}
	for _, stage := range held {
		if n := strings.Count(page, `href="/desk/hearings/h-`+stage+`"`); n != 1 {
			t.Errorf("the one in %q stands there %d times", stage, n)
		}
	}
	h.has(page, "杜监督今天10点提出：没有请租户", "周五12点前要答复", "昨天10点发出", "报给街道城管科", "周五10点再问", "约时间到明天10点", "原因：会议室漏水", "周日15点", "二楼邻里室", "座位23/40",
		"<span>必到的还没答：郑主任、冯物业</span>", "还缺：公告天数不够，规定5个净天，现在公告只有3个", "公告净天数3天，离开会还有3个整天", "到了31人", "等郑主任确认", "周二10点前公布", "楼前装4个充电桩", "冯物业", "退回来了", "已有8人评议", "不议的原因：上个月刚议过", "超时")
	h.change(func(s *flows.Settings) { s.Hearings.Clear.N = 3 })
	page = h.page("/desk/hearings", h.session("chen"))
	h.has(page, "3月11日（周三）以前要公告：规定3个净天，现在公告有3个")
	h.hasNot(page, "公告天数不够")
	h.change(func(s *flows.Settings) { s.Hearings.Clear = flows.Term{N: 3} }) // without a source it does not hold
	h.has(h.page("/desk/hearings", h.session("chen")), "社区没有填公告要几个净天，现在公告有3个净天")
}

// What a notice still needs is said with the rule that asks for it and who may waive it.
func TestWhatANoticeStillNeeds(t *testing.T) {
	h := build(t, "", nil)
	h.change(func(s *flows.Settings) {
		s.Hearings.Clear = flows.Term{N: 5, Source: "某某办法第11条", Waive: []flows.Role{flows.Head, flows.Secretary}}
	})
	h.hearing("h1", hearing.Set, func(s *hearing.State) {
		s.Topic, s.Points, s.Form, s.Chair, s.Room, s.OwnerAsked = "", nil, "", "", "", true
	})
	for token, who := range map[string]bool{h.session("du"): false, h.session("chen"): false, h.session("zheng"): true} {
		page := h.page("/desk/hearings/h1", token)
		h.has(page, "<b>议什么、订好的地点、议程、会的形式</b>", "<b>主持人</b>", "<b>房间是借的，对方还没有答应</b>", "公告六项：事、时、地、人、内容、形式，缺一项不能发。", "公告天数不够，规定5个净天，现在公告只有3个", "某某办法第11条", "可以说明原因不等的：居委会主任、书记。")
		h.hasNot(page, "以后的开会时间", "请哪些人")
		if got := strings.Contains(page, `value="waive"`); got != who {
			t.Errorf("the clear days can be waived: %v, want %v", got, who)
		}
	}
	h.hearing("h2", hearing.Set, func(s *hearing.State) { s.Form, s.Topic, s.Points = flows.Complaints, "", nil })
	page := h.page("/desk/hearings/h2", h.session("chen"))
	h.hasNot(page, "议什么", "公告六项")
	h.has(page, "吐槽大会")
	h.hearing("h3", hearing.Set, func(s *hearing.State) {
		s.Waived = []hearing.Waiver{{What: "clear", By: "zheng", At: h.clock.Now(), Why: "下周停水", For: s.From}}
	})
	h.has(h.page("/desk/hearings/h3", h.session("zheng")), "规定公告5个净天，现在还有3个，已说明原因不等", "没等够天数", "郑主任", "下周停水")
	h.hasNot(h.page("/desk/hearings/h3", h.session("zheng")), `value="waive"`, "公告天数不够")
}

// Every stage has a page, in both languages, for every post that may see it; and a page says
// nothing in the words of machines.
func TestPagesOfEveryStage(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	machine := regexp.MustCompile(`[a-z]+-[a-z]+|no-words|\bhs-|\bi/0|<no value>|%!|\{\{`)
	tags := regexp.MustCompile(`(?s)<[^>]*>`)
	for _, form := range []flows.Form{flows.Hearing, flows.Complaints, flows.ThreeSided} {
		for _, stage := range held {
			for _, frozen := range []bool{false, true} {
				id := fmt.Sprint(form, stage, frozen)
				h.hearing(id, stage, func(s *hearing.State) {
					s.Form = form
					if frozen {
						s.Frozen = &hearing.Objection{By: "du", At: h.clock.Now(), Why: "没有请租户", Reply: "补请了"}
					}
				})
				who := observers
				if frozen || form != flows.Hearing {
					who = []flows.PersonID{"chen", "du", "yi"}
				}
				for _, who := range who {
					for _, lang := range flows.Languages {
						h.update(func(tx storage.Tx) error {
							p, err := tx.Person(who)
							if err != nil {
								return err
							}
							p.Lang = lang
							return tx.PutPerson(p)
						})
						page := h.page("/desk/hearings/"+id, h.session(who))
						want := map[string][2]string{hearing.Upward: {"再问", "asked after"}, hearing.Minutes: {"依据：", "rests on"}, hearing.Tasks: {"楼前装4个充电桩", "in hand"}, hearing.Meeting: {"举手：赞成12", "Hands: for 12"}, hearing.Planning: {"建议这个时间", "Proposed because"}}[stage]
						if w := want[slices.Index(flows.Languages, lang)]; !strings.Contains(page, w) {
							t.Errorf("%s for %s in %s does not say %q", id, who, lang, w)
						}
						if lang != flows.Languages[0] {
							continue
						}
						text := tags.ReplaceAllString(page, "")
						if m := machine.FindString(text); m != "" {
							t.Errorf("%s for %s says %q", id, who, m)
						}
					}
				}
			}
		}
	}
}

// No page of hearings names a resident, but who has agreed to it for the record; nor their
// door, number, account, nor what they answered in their own words.
func TestHearingsTellNobodysName(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	at := h.clock.Now()
	h.desk.o.Told = func(context.Context, flows.ID) ([]bot.Told, error) {
		return []bot.Told{{At: at, To: "3号楼群", Outcome: "confirmed", Text: "请来开会"}, {At: at, To: "居民", Person: "r1", Outcome: "confirmed", Text: "周日等您"}, {At: at, To: "居民", Person: "r2", Outcome: "confirmed", Text: "周日等您"},
			{At: at, To: "居民", Person: "r3", Outcome: "refused", Text: "您说的记下了"}, {At: at, To: "陈社区（社区）", Person: "chen", Outcome: "confirmed", Text: "筹备单"}, {At: at, To: "刘楼长（楼栋长）", Person: "liu", Outcome: "confirmed", Text: "您说了来"}}, nil
	}
	for _, stage := range held {
		h.hearing(stage, stage, nil)
		for who, detail := range map[string]string{"r1": "come", "r2": "rate=bad", "r3": "say", "r4": "in=r2", "chen": "in=r2"} {
			h.update(func(tx storage.Tx) error {
				return tx.Note(storage.Record{Case: flows.ID(stage), At: at, Event: who, Kind: "chose", By: flows.PersonID(who), Detail: detail, Before: stage, After: stage})
			})
		}
	}
	for _, who := range observers {
		token := h.session(who)
		all := h.page("/desk/hearings", token) + h.page("/desk/", token)
		for _, stage := range held {
			page := h.page("/desk/hearings/"+stage, token)
			all += page
			if leads := slices.Contains([]flows.PersonID{"chen", "zheng", "zhaos", "evil"}, who); strings.Contains(plain(page), "4821") != (leads && reached(stage, hearing.Notice, hearing.Meeting)) {
				t.Errorf("%s in %s: the code stands there or does not", who, stage)
			}
			if tells := strings.Contains(page, "请来开会"); tells != (who != "ping" && who != "yi") {
				t.Errorf("%s in %s: what was said to whom is told: %v", who, stage, tells)
			}
			if strings.Contains(page, "您说了来") || strings.Contains(page, "您说的记下了") {
				t.Errorf("%s in %s: what one person was told is shown", who, stage)
			}
		}
		h.hasNot(plain(all), "收回的话", "收回的名字", ">r5<", "姓名不公开", "13800138", "paper:", "我儿子", "张大爷</", "没带手机的张大爷", "501", "5eed", `"r1"`, `"r2"`, "=r2", "不满意</span>")
		if who == "chen" {
			h.has(all, "自愿留名的人", "3号楼一位居民", "<b>一位居民</b>", "没有住址的话", "周日等您", "居民（2人，一样的话）", "另有1条", "筹备单", "满意 5、基本满意 2、不满意 1")
		}
	}
	page := h.page("/desk/hearings/minutes", h.session("du"))
	h.has(page, "在二楼邻里室开了居民议事会", "提前3个净天", "到会31人，其中2人", "<blockquote><b>3号楼一位居民</b> 请离窗户远一点</blockquote>", "<blockquote><b>自愿留名的人</b> 我家老人下楼不便</blockquote>", "<blockquote>已收回或删去，不留原话</blockquote>", "赞成12，反对3，弃权1",
		"依据：公告、会上的记录", "依据：签到", "依据：记录第2条", "依据：第1点举手、记录第4条", "依据：异议", "（这一句用旧版本写的，读不出来）", "依据：主持人")
	page = h.page("/desk/hearings/notice", h.session("chen"))
	h.has(page, "<dt>来</dt><dd>3人：刘楼长<br><span class=\"small\">3号楼 2</span>", "<dt>请人代</dt><dd>1人<br><span class=\"small\">4号楼 1</span>", "<dt>不来</dt><dd>1人", "<dt>还没答</dt><dd>2人", "会前说的", "请离窗户远一点", "（会上念了）")
}

// A hearing is there for who sees hearings in the part of the community it is for, and for
// who is in its chair or prepares it; the demand it came from only for who may see that.
func TestOthersHearingsAreNotThere(t *testing.T) {
	h := build(t, "", nil)
	h.put("d3", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "没地方充电"}, nil)
	h.put("d9", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "9"}, Words: "没地方充电"}, nil)
	h.put("about", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, About: flows.Leader}, nil)
	grid := h.current().Grids[0].ID
	refs := func(s *hearing.State) {
		s.Cases = []flows.CaseRef{{ID: "d3", No: 1}, {ID: "d9", No: 2}, {ID: "about", No: 3}, {ID: "gone", No: 4}}
	}
	h.hearing("b3", hearing.Notice, refs)
	h.hearing("own", hearing.Notice, func(s *hearing.State) { s.Scope = flows.Scope{Grid: grid} })
	h.hearing("all", hearing.Notice, func(s *hearing.State) { s.Scope = flows.Everywhere })
	h.hearing("b9", hearing.Notice, func(s *hearing.State) { s.Scope, s.Organiser = flows.Scope{Building: "9"}, "" })
	h.hearing("chair", hearing.Notice, func(s *hearing.State) { s.Scope, s.Chair = flows.Everywhere, "li" })
	h.hearing("nobody", hearing.Waiting, func(s *hearing.State) { s.Scope, s.Place, s.Organiser = flows.Scope{}, flows.Place{}, "" })
	h.hearing("offered", hearing.Offered, nil)
	c := h.hearing("child", hearing.Notice, nil)
	h.poll("p1", nil)
	h.update(func(tx storage.Tx) error {
		c.Parent, c.No = "d3", 1
		err := tx.PutCase(flows.Case{ID: "broken", Flow: hearing.Name, No: 99, Data: []byte(`{"stage":7}`), Summary: flows.Summary{Stage: hearing.Notice, Title: "坏的"}})
		if err == nil {
			err = tx.PutCase(c)
		}
		return err
	})
	everything := []string{"b3", "own", "all", "b9", "chair", "nobody", "child"}
	for who, sees := range map[flows.PersonID][]string{"li": {"b3", "own", "chair", "child"}, "wu": {"b9"}, "chen": everything, "du": everything, "ping": everything, "yi": everything} {
		token := h.session(who)
		list := h.page("/desk/hearings", token)
		for _, id := range []string{"b3", "own", "all", "b9", "chair", "nobody", "child", "offered", "broken", "p1", "d3", "none"} {
			want := 404
			if slices.Contains(sees, id) {
				want = 200
			}
			if a := h.get("/desk/hearings/"+id, token); a.Status != want {
				t.Errorf("%s for %s: %d, want %d", id, who, a.Status, want)
			}
			if in := strings.Contains(list, `href="/desk/hearings/`+id+`"`); in != (want == 200) {
				t.Errorf("%s is in the list of %s: %v", id, who, in)
			}
			if a := h.ask("POST", "/desk/hearings/"+id, token, url.Values{"form": {h.newForm()}, "choice": {"begin"}, "value": {"1"}}); (a.Status == 404) != (want == 404) {
				t.Errorf("a button of %s for %s: %d", id, who, a.Status)
			}
		}
	}
	page := h.page("/desk/hearings/b3", h.session("chen"))
	h.has(page, `href="/desk/cases/d3">0001`, `href="/desk/cases/d9">0002`, `href="/desk/cases/about">0003`, "0004")
	page = h.page("/desk/hearings/b3", h.session("li"))
	h.has(page, `href="/desk/cases/d3"`, "0002", "0004")
	h.hasNot(page, "/desk/cases/d9", "/desk/cases/about", "/desk/cases/gone")
	h.hasNot(h.page("/desk/hearings/b3", h.session("yi")), "/desk/cases/")
	// The demand leads to it, and tells nothing of what is done there.
	h.desk.o.Told = func(_ context.Context, id flows.ID) ([]bot.Told, error) {
		return []bot.Told{{To: "谁", Person: "r1", Outcome: "confirmed", Text: "对" + string(id) + "说的"}}, nil
	}
	page = h.page("/desk/cases/d3", h.session("chen"))
	h.has(page, `href="/desk/hearings/child"`, "为这件事开的会", "对d3说的")
	h.hasNot(page, "对child说的", "提出议题")
	if a := h.get("/desk/cases/b3", h.session("chen")); a.Status != 303 || a.Header.Get("Location") != "/desk/hearings/b3" {
		t.Errorf("a hearing among the cases: %d %s", a.Status, a.Header.Get("Location"))
	}
	h.has(h.page("/desk/cases?show=all", h.session("chen")), `href="/desk/hearings/b3"`)
	for _, show := range []string{"late", "open", "mine"} {
		h.hasNot(h.page("/desk/cases?show="+show, h.session("chen")), "/desk/hearings/")
	}
}

// The journal of a hearing tells what was done, folds what many did alike, and tells what
// became of its tasks.
func TestJournalOfAHearing(t *testing.T) {
	h := build(t, "", nil)
	c := h.hearing("h1", hearing.Tasks, nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "t1", Flow: "dispatch", Parent: "h1", No: c.No, Summary: flows.Summary{Stage: "taken"}})
	})
	n := 0
	note := func(id flows.ID, kind, by, detail, before, after string) {
		n++
		h.update(func(tx storage.Tx) error {
			return tx.Note(storage.Record{Case: id, At: h.clock.Now(), Event: itoa(n), Kind: kind, By: flows.PersonID(by), Detail: detail, Before: before, After: after})
		})
	}
	note("h1", "chose", "ping", "rev=ok", hearing.Review, hearing.Planning)
	note("h1", "said", "chen", "times", hearing.Planning, hearing.Planning)
	for i := range 5 {
		note("h1", "chose", "r"+itoa(i), []string{"come", "nocome"}[i%2], hearing.Notice, hearing.Notice)
	}
	note("h1", "chose", "r7", "rate=bad", hearing.Rating, hearing.Rating)
	note("h1", "said", "r8", "dissent", hearing.Tasks, hearing.Tasks)
	note("h1", "said", "chen", "answer-7", hearing.Tasks, hearing.Tasks)
	note("h1", "woke", "", "remind-1.0", hearing.Notice, hearing.Notice)
	note("h1", "woke", "", "vet", hearing.Notice, hearing.Notice) // it was reviewed in time
	note("h1", "delivered", "", "invite refused", hearing.Notice, hearing.Notice)
	note("h1", "delivered", "", "invite confirmed", hearing.Notice, hearing.Notice)
	note("h1", "chose", "chen", "some-new-choice=1", hearing.Tasks, hearing.Tasks)
	note("t1", "chose", "feng", "accept", "sent", "taken")
	page := h.page("/desk/hearings/h1", h.session("du"))
	_, page, _ = strings.Cut(page, "经过")
	page, _, _ = strings.Cut(page, "对谁说了什么")
	text := strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
	for _, w := range []string{"平审核 审核同意 筹备中", "陈社区 写了候选时间", "居民 答了来不来，5次", "居民 做了评议", "居民 说不同意", "陈社区 答复了不同意的人", "发提醒", "有一条消息对方收不到", "冯物业 接单"} {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in the journal: %s", w, text)
		}
	}
	for _, w := range []string{"bad", "不满意", "nocome", "r7", "confirmed", "some-new", "过了审核期限"} {
		if strings.Contains(text, w) {
			t.Errorf("%q is in the journal: %s", w, text)
		}
	}
}

// What is printed is offered where there is something to print, and where there are pages.
func TestPrintedOfAHearing(t *testing.T) {
	h := build(t, "", nil)
	h.hearing("p", hearing.Planning, nil)
	h.hearing("n", hearing.Notice, nil)
	chen, yi := h.session("chen"), h.session("yi")
	page := h.page("/desk/hearings/n", chen)
	h.has(page, `href="/hearing/n-of-chen/notice"`, `href="/hearing/n-of-chen/door"`, `href="/hearing/n-of-chen/signin"`, `href="/hearing/n-of-chen/event.ics"`)
	page = h.page("/desk/hearings/n", yi)
	h.has(page, `href="/hearing/n-of-yi/notice"`, `href="/hearing/n-of-yi/event.ics"`)
	h.hasNot(page, "/door", "/signin")
	h.hasNot(h.page("/desk/hearings/p", chen), "/hearing/")
	for _, f := range []func(flows.ID, flows.PersonID) string{nil, func(flows.ID, flows.PersonID) string { return "" }} {
		h.desk.o.HearingPath = f
		h.hasNot(h.page("/desk/hearings/n", chen), `href="/hearing/`, `href="/notice"`, "event.ics")
	}
}
