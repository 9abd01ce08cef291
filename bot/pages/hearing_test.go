package pages

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// minuteWords stand for the words of the flow in which minutes are.
func minuteWords(t *testing.T) flows.Words {
	t.Helper()
	w, err := flows.ReadWords(fstest.MapFS{
		"words/zh-CN.yaml": {Data: []byte("m-opened: 开了{{.topic}}的会。\nm-item: \"{{if has .where}}{{.where}}的{{end}}一位住户说\"\nm-decision: 定下来：{{.decision}}\nm-hands: 举了手。\n")},
		"words/en.yaml":    {Data: []byte("m-opened: A meeting on {{.topic}}.\nm-item: A resident said\nm-decision: \"Decided: {{.decision}}\"\nm-hands: Hands were counted.\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// hall is a house with the words of minutes, whose pages hand to ear what is done on them;
// nil takes nothing.
func hall(t *testing.T, base string, ear Receiver) *house {
	t.Helper()
	return build(t, base, func(o *Options) {
		o.HearingWords = minuteWords(t)
		if o.Receive = ear; ear == nil {
			o.Receive = deaf{}
		}
	})
}

type deaf struct{}

func (deaf) Receive(context.Context, bot.Inbound) (bot.Answer, error) { return bot.Answer{}, nil }

// hearing makes a hearing of building 3 that is announced for the Saturday. Change may make
// it another one.
func (h *house) hearing(change func(*hearing.State)) flows.ID {
	h.t.Helper()
	from := time.Date(2026, 3, 14, 15, 0, 0, 0, h.settings.Zone)
	s := hearing.State{Stage: hearing.Notice, Form: flows.Hearing, Topic: "3号楼前装不装充电桩", Scope: flows.Scope{Building: "3"}, People: 7, Proposer: "r1",
		Opened: h.at, Vetted: hearing.Vetted{List: h.at.Add(24 * time.Hour), Due: h.at.Add(72 * time.Hour), By: "zhaos", At: h.at},
		Organiser: "chen", Chair: "zheng", Room: "linli", From: from, To: from.Add(2 * time.Hour), Booked: true,
		Points:  []hearing.Point{{Text: "装不装"}, {Text: "装在哪里"}, {Text: "谁来管"}},
		Noticed: h.at, First: h.at, Version: 1, Seats: 40, Kept: 4, Taken: hearing.Taken{Seats: 12, Kept: 1}, Code: "4821", Seed: strings.Repeat("5eed", 8)}
	if change != nil {
		change(&s)
	}
	return h.numbered(hearing.Name, s)
}

// part lets somebody have an entry in a hearing.
func (h *house) part(id flows.ID, who, tag string, p hearing.Part) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		return tx.PutEntry(id, flows.Entry{Key: who, Tag: tag, Data: flows.Data(p)})
	})
}

// item puts a line of the record.
func (h *house) item(id flows.ID, n int, x hearing.Item) {
	h.t.Helper()
	h.update(func(tx storage.Tx) error {
		return tx.PutEntry(id, flows.Entry{Key: hearing.ItemKey(n), Tag: hearing.ItemTag(x.Point), Order: int64(n), Data: flows.Data(x)})
	})
}

func (h *house) hearingPath(id flows.ID, person string) string {
	h.t.Helper()
	u, err := url.Parse(h.pages.HearingLink(id, flows.PersonID(person), h.at))
	if err != nil || u.Host != "linli.example" || !strings.Contains(u.Path, "/hearing/") {
		h.t.Fatalf("the link is %v %v", u, err)
	}
	return u.Path
}

// finished makes a hearing with minutes of which everything is there: items of three
// people, one who has agreed to be named, one who has taken theirs back.
func finished(h *house) func(*hearing.State) {
	return func(s *hearing.State) {
		begun := s.From
		s.Stage, s.Begun, s.Ended, s.Came, s.Guests, s.Last = hearing.Tasks, begun, s.To, 12, 3, 8
		s.Points[0].Hands = &hearing.Hands{For: 9, Against: 2, Abstain: 1, Item: 5, By: "chen"}
		s.Points[1].Poll = &hearing.Polled{Case: "77", Result: "东头58，西头20"}
		s.Decisions = []hearing.Decision{
			{Text: "楼前装4个充电桩", Item: 6, Who: "feng", Due: begun.AddDate(0, 0, 20), How: "taken", At: begun},
			{Text: "画出车位", Item: 7, Who: "li", Due: begun.AddDate(0, 0, 5), How: "done", Said: "已画好", At: begun.AddDate(0, 0, 3)},
			{Text: "秋天再看一次", Item: 8}}
		s.Draft = []hearing.Line{{Words: "m-opened", Vars: flows.Vars{"topic": flows.Text(s.Topic)}, Rests: []string{"notice", "record"}},
			{Words: "m-item", Item: 1, Rests: []string{"item/1"}}, {Words: "m-item", Item: 2, Rests: []string{"item/2"}}, {Words: "m-item", Item: 3, Rests: []string{"item/3"}},
			{Words: "m-hands", Rests: []string{"hands/1", "item/5", "poll/77"}}, {Words: "m-decision", Vars: flows.Vars{"decision": flows.Text("楼前装4个充电桩")}, Rests: []string{"item/6", "signin", "chair", "notice"}}}
		s.Fixes = []hearing.Fix{{Text: "是4个，不是5个", By: "zheng", At: s.To}}
		s.Signed, s.Published = hearing.Signature{Chair: "zheng", By: "chen", At: s.To}, s.To.Add(time.Hour)
		s.Dissents = []hearing.Dissent{{Item: 9, At: s.To, Due: s.To.AddDate(0, 0, 5), Answered: s.To.AddDate(0, 0, 1)}, {Item: 10, At: s.To, Due: s.To.AddDate(0, 0, 5)}, {Item: 11, At: s.To, Left: true}}
		s.Objected = []hearing.Objection{{By: "zhaos", At: begun, Why: "签到表没有贴", Reply: "已贴", Lifted: begun}}
		h.at = s.To.AddDate(0, 0, 4)
	}
}

func (h *house) record(id flows.ID) {
	at := h.at.AddDate(0, 0, -4)
	place := flows.Place{Building: "3", Unit: "2", Room: "501"}
	h.item(id, 1, hearing.Item{Kind: "said", Point: 1, By: "r1", Where: place, Text: "充电要有人管", At: at})
	h.item(id, 2, hearing.Item{Kind: "said", Point: 1, By: "r2", Name: "李大爷", Where: place, Text: "我家愿意让出车位", At: at})
	h.item(id, 3, hearing.Item{Kind: "said", Point: 1, At: at, Gone: true, By: "r3"})
	h.item(id, 9, hearing.Item{Kind: "dissent", By: "r1", Where: place, Text: "离窗户太近", At: at, Reply: "会挪到东头"})
	h.item(id, 10, hearing.Item{Kind: "dissent", By: "r2", Where: place, Text: "费用没有说清", At: at})
	h.item(id, 11, hearing.Item{Kind: "dissent", At: at, Gone: true})
	h.part(id, "r1", hearing.TagHere, hearing.Part{Items: []int{1, 9}, Was: hearing.TagYes})
	h.part(id, "r2", hearing.TagHere, hearing.Part{Items: []int{2, 10}, Named: true})
}

func (h *house) folk() {
	home := flows.Place{Building: "3", Unit: "2", Room: "501"}
	h.lives("r1", "王阿姨", home)
	h.lives("r2", "李大爷", home)
	h.lives("r3", "赵奶奶", flows.Place{Building: "3", Unit: "1", Room: "1101"})
}

// Every stage has a page, in both languages, for everybody and for one; and none of them
// shows a name, a room or words that are not for its reader.
func TestHearingStages(t *testing.T) {
	stages := []string{hearing.Offered, hearing.Waiting, hearing.Review, hearing.Upward, hearing.Planning, hearing.Asking, hearing.Set, hearing.Notice, hearing.Meeting,
		hearing.Minutes, hearing.Tasks, hearing.Rating, hearing.Off, hearing.Closed, hearing.Refused}
	says := map[string][2]string{
		hearing.Waiting: {"等党组织审核，明天10点交给审核的人", "10:00 tomorrow"}, hearing.Review: {"等党组织审核，周六10点前答复", "by Saturday 10:00"},
		hearing.Upward: {"已报给街道城管科，12月20日9点再去问", "reported to 街道城管科"}, hearing.Asking: {"正在问大家哪个时间合适，明天10点截止", "until 10:00 tomorrow"},
		hearing.Off: {"这次不开了，因为：刮大风", "because 刮大风"}, hearing.Meeting: {"在谈第2项：装在哪里", "at point 2"}, hearing.Refused: {"不上会", "does not come before"},
		hearing.Minutes: {"正在整理记录，周一18点前公布", "by Monday 18:00"}, hearing.Rating: {"请评一评", "say how it was"},
	}
	for i, lang := range flows.Languages {
		for _, stage := range stages {
			t.Run(lang+"/"+stage, func(t *testing.T) {
				h := hall(t, "", nil)
				h.folk()
				id := h.hearing(func(s *hearing.State) {
					if slices.Contains([]string{hearing.Tasks, hearing.Rating, hearing.Closed}, stage) {
						finished(h)(s)
					}
					s.Stage = stage
					switch stage {
					case hearing.Offered, hearing.Waiting, hearing.Review, hearing.Upward, hearing.Planning, hearing.Asking, hearing.Refused:
						s.From, s.To, s.Noticed, s.Version, s.Code = time.Time{}, time.Time{}, time.Time{}, 0, ""
						s.Until = h.at.Add(24 * time.Hour)
						s.Report = hearing.Report{To: "街道城管科", Next: time.Date(2026, 12, 20, 9, 0, 0, 0, h.settings.Zone)}
						s.Slots = []hearing.Slot{{From: h.at.Add(99 * time.Hour), To: h.at.Add(101 * time.Hour), Room: "linli", Others: 3, Listed: 2}, {From: h.at.Add(120 * time.Hour), To: h.at.Add(122 * time.Hour), Holiday: true}}
						s.Vetted.Why = "要找房管局"
					case hearing.Set:
						s.Noticed, s.Version = time.Time{}, 0
					case hearing.Meeting:
						s.Begun, s.At = s.From, 2
					case hearing.Off:
						s.Changed = "刮大风"
					case hearing.Minutes:
						s.Draft = []hearing.Line{{Words: "m-item", Item: 1, Rests: []string{"item/1"}}}
						s.Due = time.Date(2026, 3, 16, 18, 0, 0, 0, h.settings.Zone)
					}
				})
				h.record(id)
				h.update(func(tx storage.Tx) error {
					p, err := tx.Person("r1")
					p.Lang = lang
					return firstOf(err, tx.PutPerson(p))
				})
				for _, who := range []string{"", "r1"} {
					a := h.ask("GET", h.hearingPath(id, who), nil, "Accept-Language", lang)
					if stage == hearing.Offered && who == "" {
						if a.Status != 404 || strings.Contains(a.Body, "充电桩") {
							t.Errorf("what was only offered is everybody's: %d", a.Status)
						}
						continue
					}
					if a.Status != 200 {
						t.Fatalf("%q: %d\n%s", who, a.Status, a.Body)
					}
					h.has(a.Body, `<html lang="`+lang+`"`, "3号楼前装不装充电桩", says[stage][i])
					h.lacks(a.Body, "李大爷的", "赵奶奶", "501室", "1101室", "room 501", "room 1101", "费用没有说清", "{{", "map[", "%!", "&lt;nil")
					if who == "" {
						h.lacks(a.Body, "<form", "王阿姨", "离窗户太近", "要找房管局")
						if !slices.Contains([]string{hearing.Tasks, hearing.Rating, hearing.Closed}, stage) {
							h.lacks(a.Body, "充电要有人管", "李大爷", "我家愿意让出车位")
						}
					}
				}
			})
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// The page of what is announced has all six items and how many seats are left; who has a
// link of their own finds the forms there, others do not.
func TestHearingNotice(t *testing.T) {
	h := hall(t, "/c/x", nil)
	h.folk()
	id := h.hearing(func(s *hearing.State) {
		s.Version, s.Changed = 2, "下雨"
		s.Waived = []hearing.Waiver{{What: "clear", By: "zhaos", At: h.at, Why: "停电很急", For: s.From}, {What: "clear", By: "zhaos", At: h.at, Why: "上一次的", For: s.From.AddDate(0, 0, -7)}}
	})
	mine, all := h.hearingPath(id, "r1"), h.hearingPath(id, "")
	page := h.page(all)
	h.has(page, "居民议事会 · 编号 0001", "<dt>事</dt><dd>3号楼前装不装充电桩", "<dt>时</dt><dd>3月14日（周六） 15:00-17:00", "<dt>地</dt><dd><span", "二楼邻里室（8号楼1单元201室）", "ᠠᠢᠯ", "<dt>人</dt><dd>3号楼的住户，租户也算", "<li>装在哪里</li>",
		"<dt>形式</dt><dd>居民议事会，当面开", "有变动，因为：下雨", "赵书记", "停电很急", "主持：居委会主任郑主任", "会务：陈社区", "由居民提出", "有7人问过", all+"/event.ics", all+"/notice")
	h.lacks(page, "<form", "还没有答", "上一次的", "/door", "/signin", "：4821", "=4821", ">4821", `"4821`)
	page = h.page(mine)
	h.has(page, "还有25个位子，另外给租户、老人和行动不便的人留了3个", "您还没有答来不来", `value="come"`, `value="nocome"`, `value="kept"`, `value="proxy"`, "先说两句", "可以写我的名字（王阿姨）", `action="`+mine+`/say"`)
	h.lacks(page, `name="code"`, "/door", "：4821", "=4821", ">4821", `"4821`)
	h.has(h.page(h.hearingPath(id, "chen")), "/door", "/signin")
	h.has(h.page(h.hearingPath(id, "zheng")), "/door") // the chair
	h.lacks(h.page(h.hearingPath(id, "feng")), "/door")

	for tag, x := range map[string]struct {
		p     hearing.Part
		words string
		lacks string
	}{
		hearing.TagYes:   {hearing.Part{}, "您说了来。", `value="come"`},
		hearing.TagNo:    {hearing.Part{}, "您说了不来。", `value="nocome"`},
		hearing.TagWait:  {hearing.Part{}, "您在排队", `value="come"`},
		hearing.TagProxy: {hearing.Part{Proxy: "我女儿"}, "您请人代：我女儿", "还没有答"},
		hearing.TagHere:  {hearing.Part{}, "您已签到。", `value="nocome"`},
		hearing.TagSpeak: {hearing.Part{}, "您还没有答来不来", "您说了"},
	} {
		h.part(id, "r1", tag, x.p)
		h.has(h.page(mine), x.words)
		h.lacks(h.page(mine), x.lacks)
	}
	h.part(id, "r1", hearing.TagYes, hearing.Part{Reserved: true})
	h.has(h.page(mine), "留出来的位子")
	h.lacks(h.page(mine), `value="kept"`)

	h.lacks(h.page(h.hearingPath(h.hearing(nil), "")), "会前公示满") // two days only
	early := h.hearing(func(s *hearing.State) { s.Noticed = s.Noticed.Add(-24 * time.Hour) })
	h.has(h.page(h.hearingPath(early, "")), "会前公示满3整天，依据：")
	full := h.hearing(func(s *hearing.State) { s.Taken = hearing.Taken{Seats: 36, Kept: 0} })
	h.has(h.page(h.hearingPath(full, "r1")), "位子满了，只剩给租户、老人和行动不便的人留的4个")
	free := h.hearing(func(s *hearing.State) { s.Taken, s.Freed = hearing.Taken{Seats: 36, Kept: 0}, true })
	h.has(h.page(h.hearingPath(free, "r1")), "还有4个位子。")
	any := h.hearing(func(s *hearing.State) { s.Seats, s.Kept = 0, 0 })
	h.lacks(h.page(h.hearingPath(any, "r1")), "个位子", "位子满了")

	h.lives("r9", "外楼的人", flows.Place{Building: "5", Unit: "1", Room: "101"})
	page = h.page(h.hearingPath(id, "r9"))
	h.has(page, "登记的住处不在里面")
	h.lacks(page, "<form")

	video := h.hearing(func(s *hearing.State) { s.Link = "https://meet.example/x" })
	h.has(h.page(h.hearingPath(video, "")), `<a href="https://meet.example/x"`, "视频开")
	bad := h.hearing(func(s *hearing.State) { s.Link = "javascript:alert(1)" })
	h.lacks(h.page(h.hearingPath(bad, "")), "href=\"javascript")
	chat := h.hearing(func(s *hearing.State) { s.Group, s.Stage, s.Begun, s.At = "b3", hearing.Meeting, s.From, 1 })
	h.has(h.page(h.hearingPath(chat, "r1")), "在群里：3号楼群", `value="speak"`, "对“装不装”说两句", `name="code"`)
	h.part(chat, "r1", hearing.TagSpeak, hearing.Part{})
	h.lacks(h.page(h.hearingPath(chat, "r1")), `value="speak"`)
}

// What stands against it is everybody's to read, with the answer; afterwards too.
func TestHearingFrozen(t *testing.T) {
	h := hall(t, "", nil)
	id := h.hearing(func(s *hearing.State) {
		s.Frozen = &hearing.Objection{By: "r1", At: h.at, Why: "公告没有贴到2单元", Reply: "今天补贴"}
	})
	page := h.page(h.hearingPath(id, ""))
	h.has(page, "监督委员会3月11日（周三）提出异议，这件事先停在这一步", "公告没有贴到2单元", "今天补贴")
	lifted := h.hearing(func(s *hearing.State) {
		s.Objected = []hearing.Objection{{By: "zhaos", At: h.at, Why: "公告没有贴到2单元", Reply: "已补", Lifted: h.at}}
	})
	h.has(h.page(h.hearingPath(lifted, "")), "赵书记3月11日（周三）提出过异议：公告没有贴到2单元。答复：已补。3月11日（周三）撤销。")
}

// In the meeting the points stand there with hands and polls, and no opinions.
func TestHearingMeeting(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.hearing(func(s *hearing.State) {
		s.Stage, s.Begun, s.At = hearing.Meeting, s.From, 2
		s.Points[0].Hands = &hearing.Hands{For: 9, Against: 2, Abstain: 1, By: "chen"}
		s.Points[1].Poll = &hearing.Polled{Case: "77"}
	})
	h.record(id)
	page := h.page(h.hearingPath(id, ""))
	h.has(page, "举手：赞成9，反对2，弃权1", `aria-current="step"`, "正在投票", "/poll/")
	h.lacks(page, "充电要有人管", "我家愿意让出车位")
	if n := strings.Count(page, `aria-current="step"`); n != 1 {
		t.Errorf("%d points are on", n)
	}
	mine := h.page(h.hearingPath(id, "r1"))
	h.has(mine, "对“装在哪里”说两句", "充电要有人管", `value="unsay=1"`)
	h.lacks(mine, "我家愿意让出车位", `value="unsay=2"`, "undissent")
}

// After it: each sentence with what it rests on, named only who has agreed to it; what is to
// be done until it is done; who does not agree and whether they have an answer.
func TestHearingMinutes(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.hearing(finished(h))
	h.record(id)
	all := h.hearingPath(id, "")
	page := h.page(all)
	h.has(page, "开了3号楼前装不装充电桩的会。", "<blockquote>充电要有人管</blockquote>", "<blockquote>我家愿意让出车位</blockquote>", "—— 李大爷，3号楼", "（本人撤回了一条）",
		"是纸上签的字，由陈社区录入", "是4个，不是5个", "楼前装4个充电桩", "冯物业，4月3日15点前办好", "正在办", "3月17日（周二）办好了", "<blockquote>已画好</blockquote>", "只是定下，没有要办的",
		"签到：12人，其中会务登记3人", "会上记录第1条，3月14日（周六）17:00", "会上记录第3条（本人撤回）", "第1项举手：赞成9，反对2，弃权1（陈社区数的）", "投票：东头58，西头20", "会上的记录", "会上记录第6条",
		"第1位不同意，", "会挪到东头", "第2位不同意，", "提出过异议：签到表没有贴。答复：已贴。", "到了12人，其中3人没有用手机", h.hearingPath(id, "")+"/notice")
	h.lacks(page, "王阿姨", "赵奶奶", "501室", "离窗户太近", "费用没有说清", "第3位不同意", "<form", "不满意")
	// Every mark leads to its source, every source is there once, and is of what it says.
	marks := regexp.MustCompile(`href="#s(\d+)"`).FindAllStringSubmatch(page, -1)
	if len(marks) != 12 || strings.Count(page, `<li id="s`) != 11 {
		t.Errorf("there are %d marks", len(marks))
	}
	if n := strings.Count(page, "3号楼的一位住户说"); n != 1 {
		t.Errorf("%d are told by their building", n)
	}
	for _, m := range marks {
		if strings.Count(page, `id="s`+m[1]+`"`) != 1 {
			t.Errorf("source %s is there %d times", m[1], strings.Count(page, `id="s`+m[1]+`"`))
		}
	}
	first := regexp.MustCompile(`(?s)开了3号楼前装不装充电桩的会。(.*?)</p>`).FindStringSubmatch(page)[1]
	n := regexp.MustCompile(`#s(\d+)`).FindStringSubmatch(first)[1]
	if !regexp.MustCompile(`(?s)id="s` + n + `">.{0,200}公告`).MatchString(page) {
		t.Errorf("the first sentence rests on %s, which is not the notice", n)
	}

	mine := h.page(h.hearingPath(id, "r1"))
	h.has(mine, "离窗户太近", "答复：会挪到东头", "我不同意定下的", `value="unsay=1"`)
	h.lacks(mine, "费用没有说清", `value="undissent=10"`, `value="undissent=9"`, `value="unsay=9"`, `name="v"`, "rate!=")
	two := h.page(h.hearingPath(id, "r2"))
	h.has(two, "费用没有说清", `value="undissent=10"`, "答复您", "这些话不要写我的名字")
	h.lacks(two, "离窗户太近")

	rated := h.hearing(func(s *hearing.State) { finished(h)(s); s.Stage = hearing.Rating })
	h.has(h.page(h.hearingPath(rated, "r1")), `value="rate!=good"`, "基本满意")
	closed := h.hearing(func(s *hearing.State) {
		finished(h)(s)
		s.Stage, s.Rated = hearing.Closed, hearing.Ratings{Good: 8, Fair: 2, Bad: 1}
		s.Prose = "居民说了很多。\n\n最后定了。"
	})
	h.part(closed, "r1", hearing.TagHere, hearing.Part{Rate: "bad"})
	page = h.page(h.hearingPath(closed, ""))
	h.has(page, "满意8，基本满意2，不满意1", "<p>居民说了很多。</p>", "<p>最后定了。</p>", "一句一句的记录和出处")
	h.lacks(page, "您评的是")
	h.has(h.page(h.hearingPath(closed, "r1")), "您评的是不满意")

	open := h.hearing(func(s *hearing.State) {
		finished(h)(s)
		s.Form, s.Topic = flows.Complaints, ""
		s.Issue = []hearing.Issue{{Item: 1, Kind: "demand", No: 413}, {Item: 2, Kind: "topic"}, {Item: 3}}
	})
	h.has(h.page(h.hearingPath(open, "")), "居民吐槽大会：有什么说什么", "第1条：登记为诉求0413", "第2条：交去做议题", "第3条：还没有定")
}

// A draft is for who leads it and who supervises it.
func TestHearingDraft(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	set := *h.settings
	set.People = append(slices.Clone(set.People), flows.Official{ID: "jian", Name: "简监督", Posts: []flows.Post{{Role: flows.Supervisor, Scope: flows.Everywhere}}})
	h.pages.o.Settings = func() *flows.Settings { return &set }
	id := h.hearing(func(s *hearing.State) { finished(h)(s); s.Stage, s.Published = hearing.Minutes, time.Time{} })
	h.record(id)
	for who, sees := range map[string]bool{"": false, "r1": false, "r2": false, "feng": false, "li": false, "chen": true, "zheng": true, "jian": true} {
		page := h.page(h.hearingPath(id, who))
		if got := strings.Contains(page, "这是草稿") && strings.Contains(page, "我家愿意让出车位") && strings.Contains(page, "画出车位"); got != sees {
			t.Errorf("%q sees the draft: %v", who, got)
		}
		if !sees && (strings.Contains(page, "画出车位") || who != "r2" && strings.Contains(page, "我家愿意让出车位")) {
			t.Errorf("%q sees some of it", who)
		}
	}
}

// Why a topic is refused is for who has something to do with it.
func TestHearingRefused(t *testing.T) {
	h := hall(t, "", nil)
	h.folk()
	id := h.hearing(func(s *hearing.State) {
		s.Stage, s.Noticed, s.From, s.Vetted.Why = hearing.Refused, time.Time{}, time.Time{}, "要找房管局"
	})
	h.part(id, "r2", hearing.TagAsked, hearing.Part{})
	for who, sees := range map[string]bool{"": false, "r1": true, "r2": true, "r3": false, "chen": true} {
		if got := strings.Contains(h.page(h.hearingPath(id, who)), "要找房管局"); got != sees {
			t.Errorf("%q: %v", who, got)
		}
	}
}
