package main

import (
	"fmt"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/hearing"
)

// reactTo is what somebody does about a message of a hearing.
func (c *yearTown) reactTo(m *concern, who flows.PersonID, x *arrival) {
	no, post := m.no, x.post
	tag := fmt.Sprintf("/%s/%d", post.ref, m.tries)
	switch {
	case x.has("写时间") && strings.Contains(x.text, "点[写时间]，"):
		m.organ = who
		if m.first("plan" + tag) {
			c.does(who, c.soon(), func() { c.plan(m, who) })
		}
	case x.has("发出去问"):
		m.organ = who
		if strings.Contains(x.text, "没有合适的房间") && m.tries < 8 {
			if m.first("retime" + tag) {
				c.does(who, c.now.Add(4*time.Minute), func() { c.times(m, who) })
			}
			return
		}
		if m.first("send" + tag) {
			c.does(who, c.now.Add(5*time.Minute), func() { c.press(who, "", post, no, "发出去问") })
		}
	case strings.Contains(x.text, "时间收完了"):
		for _, l := range x.labels {
			if strings.HasPrefix(l, "定") && m.first("slot"+tag) {
				c.does(who, c.soon(), func() { c.press(who, "", post, no, l) })
			}
		}
	case x.has("都来不了") && !x.edit:
		_, official := c.settings.Official(who)
		if (official && c.rng.IntN(10) < 7 || c.rng.IntN(10) < 3) && m.first("tick"+string(who)+tag) {
			l := x.labels[c.rng.IntN(max(1, len(x.labels)-1))]
			c.does(who, c.awake(20*time.Hour), func() { c.press(who, "", post, no, l) })
		}
	case x.has("发公告"):
		if m.first("publish" + tag) {
			c.does(who, c.soon2(), func() { c.press(who, "", post, no, "发公告") })
		}
	case x.has("准许提前") && m.is("waived"):
		if m.first("waive" + tag) {
			c.does(who, c.now.Add(6*time.Minute), func() { c.writes(who, post, no, "准许提前", "等不到下周", nil) })
		}
	case x.has("准许提前"):
		if m.first("retime2" + tag) {
			m.tries++
			c.does(who, c.soon2(), func() { c.times(m, who) })
		}
	case x.has("已经说好"):
		if m.first("agreed" + tag) { // the owner of the room was telephoned
			c.does(who, c.working(c.now.Add(26*time.Hour)), func() {
				if s, _, ok := c.read(no); ok && s.OwnerAsked {
					c.press(who, "", post, no, "已经说好")
				}
			})
		}
	case strings.Contains(x.text, "借不成了"):
		if m.first("elsewhere" + tag) {
			m.place = "link"
			c.does(who, c.now.Add(8*time.Minute), func() {
				c.press(who, "", nil, no, "地点")
				c.at(c.now.Add(time.Minute), func() { c.writes(who, nil, 0, "网上开会", "腾讯会议 345-678-901", nil) })
			})
		}
	case strings.Contains(x.text, "缺“时”"), strings.Contains(x.text, "缺“地”"):
		if m.place != "link" && m.first("lack"+tag) {
			m.tries++
			c.does(who, c.now.Add(9*time.Minute), func() { c.times(m, who) })
		}
	case x.has("开始"):
		c.opens(m, who, x)
	case x.has("结束") && x.has("登记没有手机的"):
		if s, _, ok := c.read(no); ok && s.Organiser == who && !m.script {
			m.script = true
			m.begun = s.Begun
			c.meeting(m, who, s)
		}
	case x.has("确认公布"):
		if m.is("paper") {
			return
		}
		at := c.soon2()
		if m.is("late-minutes") {
			at = c.working(c.now.AddDate(0, 0, 7))
		}
		if m.is("dissent") || m.is("overdue") { // at night, when nobody else is to be told of it
			at = flows.Clock(22*60 + 10).On(c.now)
		}
		if m.first("confirm" + tag) {
			c.does(who, at, func() { c.press(who, "", post, no, "确认公布") })
		}
	case x.has("主持人签过字了") && m.is("paper"):
		if m.first("signed" + tag) {
			c.does(who, c.soon(), func() { c.press(who, "", post, no, "主持人签过字了") })
		}
	case x.has("答复"):
		at := c.soon()
		if m.is("late-answer") {
			at = c.working(c.now.AddDate(0, 0, 10))
		}
		if m.first("answer" + post.ref) {
			c.does(who, at, func() { c.writes(who, post, no, "答复", "记下来了，下个月再看一次，不行就改", nil) })
		}
	case x.has("换人办"):
		if m.first("retask" + tag) {
			c.does(who, c.soon(), func() {
				c.writes(who, post, no, "换人办", fmt.Sprintf("%s，%s前", c.nameOf(c.official(flows.Staff, 0)), c.date(c.working(c.now.AddDate(0, 0, 9)))), nil)
			})
		}
	case x.has("提异议") && strings.Contains(x.text, "公告发了") && (m.is("objection") || m.is("stands")):
		if m.first("object") {
			c.does(who, c.soon(), func() { c.writes(who, post, no, "提异议", "公告里没有写租户也能来", nil) })
		}
	case x.has("回应"):
		if m.first("respond") {
			at := c.soon()
			if m.is("stands") {
				at = c.working(m.meets(c).Add(20 * time.Hour))
			}
			c.does(who, at, func() { c.writes(who, post, no, "回应", "租户的通知补贴到每个单元门口了", nil) })
		}
	case x.has("解除"):
		if m.first("lift") {
			c.does(who, c.soon2(), func() { c.press(who, "", post, no, "解除") })
		}
	case x.has("有答复了") || x.has("问过了，还没有"):
		if strings.Contains(x.text, "该去问了") && m.first("ask"+tag) {
			m.askedUp++
			n := m.askedUp
			c.does(who, c.soon(), func() {
				if n < 3 {
					c.press(who, "", post, no, "问过了，还没有")
				} else {
					c.writes(who, post, no, "有答复了", "下半年安排，先划线", nil)
				}
			})
		}
	case x.has("现在可以议了"):
		if m.first("resume" + tag) {
			label := "到此为止"
			if m.after == "resume" {
				label = "现在可以议了"
			}
			c.does(who, c.soon(), func() { c.press(who, "", post, no, label) })
		}
	case x.has("另定日子"):
		if !m.first("again" + post.ref) {
			return
		}
		label := "另定日子"
		if m.came == 0 {
			label = "不开了"
		}
		m.script = false
		m.tries++
		m.target = c.now.AddDate(0, 0, 9)
		c.does(who, c.soon(), func() {
			if s, _, ok := c.read(no); ok && s.Frozen != nil { // first it must be cleared up
				c.does(who, c.working(c.now.AddDate(0, 0, 2)), func() { c.press(who, "", nil, no, label) })
				return
			}
			c.press(who, "", post, no, label)
		})
	case x.has("登记成诉求"): // what somebody brought themself
		if m.first("sort" + post.ref) {
			label := "登记成诉求"
			if strings.Contains(x.text, "占道") {
				label = "当成议题"
			}
			c.does(who, c.now.Add(5*time.Minute), func() { c.press(who, "", post, 0, label) })
		}
	case x.has("来") && x.has("不来"):
		c.invited(m, who, "", x)
	case strings.Contains(x.text, "空出一个位子"):
		m.log = append(m.log, coming{c.now, who, "seat"})
	case strings.Contains(x.text, "等您来：") && m.is("full") && m.said[who] == "yes" && m.first("gives back"+fmt.Sprint(len(m.log)%2)):
		c.does(who, flows.Clock(22*60+c.rng.IntN(90)).On(c.now), func() { c.answers(m, who, "", post, "不来") })
	case x.has("不同意") && m.is("dissent") && strings.Contains(x.text, "会议记录公布了"):
		if _, official := c.settings.Official(who); !official && m.first("dissent") {
			c.does(who, c.awake(20*time.Hour), func() { c.writes(who, post, no, "不同意", "白天没有人在家，改到晚上", nil) })
		}
	}
}

// soon2 is as soon, within the same working day where that goes.
func (c *yearTown) soon2() time.Time {
	return c.working(c.now.Add(time.Duration(2+c.rng.IntN(40)) * time.Minute))
}

func (m *concern) meets(c *yearTown) time.Time {
	s, _, _ := c.read(m.no)
	if s.From.IsZero() {
		return c.now
	}
	return s.From
}

// date writes a day as people do.
func (c *yearTown) date(t time.Time) string { return fmt.Sprintf("%d月%d日", t.Month(), t.Day()) }

// plan prepares a meeting: where, who, and when.
func (c *yearTown) plan(m *concern, who flows.PersonID) {
	switch {
	case m.place == "link" && m.first("where"):
		c.press(who, "", nil, m.no, "地点")
		c.at(c.now.Add(time.Minute), func() {
			c.writes(who, nil, 0, "网上开会", "腾讯会议 123-456-789", func() { c.does(who, c.now.Add(3*time.Minute), func() { c.chair(m, who) }) })
		})
	case m.place == "group" && m.first("where"):
		c.press(who, "", nil, m.no, "地点")
		c.at(c.now.Add(time.Minute), func() {
			c.press(who, "", nil, 0, "在"+c.people["g/"+m.group()]+"里")
			c.does(who, c.now.Add(3*time.Minute), func() { c.chair(m, who) })
		})
	default:
		c.chair(m, who)
	}
}

func (c *yearTown) chair(m *concern, who flows.PersonID) {
	if !m.is("paper") || !m.first("chair") {
		c.times(m, who)
		return
	}
	c.press(who, "", nil, m.no, "主持和必到的人")
	c.at(c.now.Add(time.Minute), func() {
		c.press(who, "", nil, 0, c.nameOf(c.official(flows.Council, 1))+"主持")
		c.does(who, c.now.Add(3*time.Minute), func() { c.times(m, who) })
	})
}

// times writes when it could be.
func (c *yearTown) times(m *concern, who flows.PersonID) {
	wait := 6
	if m.asks && m.tries == 0 {
		wait = 9
	}
	if m.is("waived") && m.tries == 0 {
		wait = 2
	}
	first := c.working(c.now.AddDate(0, 0, 1)).AddDate(0, 0, wait)
	if first.Before(m.target) && !m.is("waived") {
		first = m.target
	}
	var list []string
	n := 1
	if m.asks && m.tries == 0 {
		n = 2 + c.rng.IntN(2)
	}
	clocks := []string{"15:00", "10:00", "19:00", "14:30", "9:00", "16:00"}
	if wd := first.Weekday(); wd == time.Saturday || wd == time.Sunday {
		clocks = []string{"15:00", "10:00", "9:30", "14:00", "16:00"}
	}
	for i := range n {
		day := first.AddDate(0, 0, i)
		clock := clocks[(m.tries+c.rng.IntN(2)+i)%len(clocks)]
		if (day.Weekday() == time.Saturday || day.Weekday() == time.Sunday) && clock == "19:00" {
			clock = "15:00"
		}
		if m.is("same hour") && m.tries == 0 {
			clock = "15:00"
		}
		if m.place == "group" && !m.is("waived") {
			clock = "20:30"
		}
		list = append(list, c.date(day)+clock)
	}
	text := strings.Join(list, "、")
	switch m.place {
	case "xiao":
		text += "，小议事室"
	case "linli":
		text += "，二楼邻里室"
	}
	m.tries++
	c.writes(who, nil, m.no, "写时间", text, nil)
}

// opens begins a meeting, or does one of the things that keep it from being held.
func (c *yearTown) opens(m *concern, who flows.PersonID, x *arrival) {
	s, _, ok := c.read(m.no)
	if !ok || s.Stage != hearing.Notice || who != s.Organiser {
		return
	}
	if !m.first(fmt.Sprintf("begin/%d", s.Version)) {
		return
	}
	if m.is("nobegin") && m.first("forgot") {
		return // nobody begins it; Linli asks, and calls it not held in the end
	}
	at := s.From.Add(time.Duration(-8+c.rng.IntN(16)) * time.Minute)
	if m.is("weather") && m.first("weather") {
		c.does(who, c.now.Add(3*time.Minute), func() { c.writes(who, nil, m.no, "取消", "大风红色预警", nil) })
		return
	}
	c.does(who, at, func() { c.press(who, "", nil, m.no, "开始") })
	for i, p := range m.comers {
		if m.said[p] != "yes" || s.Link != "" || s.Group != "" {
			continue
		}
		c.does(p, s.From.Add(time.Duration(-20+i*2)*time.Minute), func() { c.checkIn(m, p) })
	}
}

// tableStep is something that who leads a meeting puts down.
type tableStep struct {
	gap   time.Duration
	label string
	text  func() string // "": it is left out; nil: nothing is asked
}

// meeting is how it goes, from its beginning to its end.
func (c *yearTown) meeting(m *concern, who flows.PersonID, s hearing.State) {
	fixed := func(s string) func() string { return func() string { return s } }
	var steps []tableStep
	add := func(gap int, label, text string) {
		steps = append(steps, tableStep{gap: time.Duration(gap) * time.Minute, label: label, text: fixed(text)})
	}
	empty := m.is("nobody") && m.first("was empty")
	if !empty && m.came > 0 {
		if s.Form == flows.Complaints {
			add(10, "记一条反映", fmt.Sprintf("孙大爷：%s号楼1单元下水道又堵了", []string{"3", "5", "1"}[c.rng.IntN(3)]))
			add(10, "记一条反映", fmt.Sprintf("赵大娘：东门口第%d个摊子晚上占道", 1+c.rng.IntN(9)))
		} else {
			add(10, "记一条", fmt.Sprintf("一位老人：%s，轮椅过不去", m.text))
			add(20, "记举手", fmt.Sprintf("赞成%d 反对%d", max(1, m.came*2/3), m.came/5))
			doers := []flows.PersonID{c.official(flows.Property, 0), c.official(flows.Staff, 0), c.settings.Grids[0].Leader, c.settings.Grids[1].Leader}
			for i := range m.tasks {
				doer := doers[c.rng.IntN(len(doers))]
				if m.is("returned") && i == 0 {
					doer = c.official(flows.Station, 0)
				}
				days := 8 + c.rng.IntN(8)
				steps = append(steps, tableStep{gap: 6 * time.Minute, label: "记决定", text: func() string {
					return fmt.Sprintf("第%d步先清一遍再贴通知，%s，%s前", i+1, c.nameOf(doer), c.date(c.working(c.now.AddDate(0, 0, days))))
				}})
			}
			if m.tasks == 0 {
				add(6, "记决定", "先观察一个月")
			}
			if m.is("poll") {
				add(5, "发起投票", "长椅放哪儿？门口/花坛边，3天后晚八点截止")
			}
		}
		steps = append(steps, tableStep{gap: 15 * time.Minute, label: "登记没有手机的", text: func() string {
			s, _, _ := c.read(m.no)
			var names []string
			for i := range m.came - s.Came {
				names = append(names, string([]rune("邹窦章苏潘葛奚范彭郎鲁韦昌苗凤花方俞任柳")[i%20])+[]string{"大爷", "大娘", "师傅", "大姐"}[i/20%4])
			}
			return strings.Join(names, "、")
		}})
	}
	steps = append(steps, tableStep{gap: 10 * time.Minute, label: "结束"})
	// Whoever is there says something themself.
	if !empty && s.Group == "" && m.came > 0 {
		for i, p := range m.comers {
			if i < 2 && m.said[p] == "yes" {
				c.does(p, c.now.Add(time.Duration(12+i*7)*time.Minute), func() {
					if c.hasButton("m/"+string(p), m.no, "说一句") {
						c.writes(p, nil, m.no, "说一句", fmt.Sprintf("我是%d年搬来的，%s最好春天办", 2001+i, m.text), nil)
					}
				})
			}
		}
	}
	end := s.To.Add(time.Duration(-20+c.rng.IntN(30)) * time.Minute)
	c.goOn(m, who, steps, end)
}

// goOn does one step after the other.
func (c *yearTown) goOn(m *concern, who flows.PersonID, steps []tableStep, end time.Time) {
	if len(steps) == 0 {
		return
	}
	x := steps[0]
	at := c.now.Add(x.gap)
	if len(steps) == 1 && at.Before(end) {
		at = end
	}
	c.does(who, at, func() {
		s, _, ok := c.read(m.no)
		if !ok || s.Stage != hearing.Meeting {
			return
		}
		if s.Frozen != nil {
			c.at(c.now.Add(15*time.Minute), func() { c.goOn(m, who, steps, end) })
			return
		}
		text := ""
		if x.text != nil {
			text = x.text()
		}
		switch {
		case x.text == nil:
			c.press(who, "", nil, m.no, x.label)
		case text == "":
		default:
			c.writes(who, nil, m.no, x.label, text, nil)
		}
		if x.label == "结束" {
			m.ended = c.now
			if s.Group != "" && len(m.comers) > 0 {
				c.at(c.now.Add(9*time.Minute), func() { c.murmur(m, m.comers[0], s.Group, "散会以后说") })
			}
		}
		c.at(c.now.Add(90*time.Second), func() { c.goOn(m, who, steps[1:], end) })
	})
}
