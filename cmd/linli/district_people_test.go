package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/hearing"
)

// What the people of a community do: they read what they are told and press or write, as
// people do, hours or days later.

// concern is something that comes before a hearing, or is meant to.
type concern struct {
	// What is to happen with it.
	text   string // the topic, or what is complained about
	from   string // "resident", "captain", "staff", "head", "followers", "discuss", "silent", "open"
	in     string // building; empty: the whole community
	target time.Time
	came   int    // who is to be there; 0: it is no meeting
	place  string // "xiao", "linli", "any", "link", "group"
	asks   bool   // several times are asked about
	review string // "ok", "no", "up"
	after  string // of "up": "finish", "resume"
	tasks  int    // decisions that somebody carries out
	with   map[string]bool
	// with: "moved", "weather", "objection", "stands", "nobody", "waived", "full", "owner", "paper",
	// "dissent", "late-answer", "returned", "overdue", "erased", "late-minutes", "late-review", "poll", "nobegin"

	// How it stands.
	no      int
	once    map[string]bool
	tries   int
	organ   flows.PersonID
	comers  []flows.PersonID
	said    map[flows.PersonID]string // what they have said in public of coming: "yes", "no"
	log     []coming
	marks   []string // what was said that must be in no record
	kept    []string // what was said that must be
	begun   time.Time
	ended   time.Time
	script  bool
	final   *hearing.State
	last    hearing.State
	items   []hearing.Item
	parts   map[flows.PersonID]hearing.Part
	askedUp int
}

// coming is an answer that was taken.
type coming struct {
	at   time.Time
	who  flows.PersonID
	what string // "yes", "wait", "no", "seat"
}

func (m *concern) is(what string) bool { return m.with[what] }

func (m *concern) first(what string) bool {
	if m.once[what] {
		return false
	}
	if m.once == nil {
		m.once = map[string]bool{}
	}
	m.once[what] = true
	return true
}

// busy keeps somebody from doing two things at a time.
func (c *yearTown) does(who flows.PersonID, when time.Time, do func()) {
	key := "busy/" + string(who)
	var try func()
	try = func() {
		if until, ok := c.busy[key]; ok && until.After(c.now) {
			c.at(until, try)
			return
		}
		c.busy[key] = c.now.Add(2 * time.Minute)
		do()
	}
	c.at(when, try)
}

// writes presses a button that asks for words, and writes them a minute later.
func (c *yearTown) writes(who flows.PersonID, p *posted, no int, label, text string, then func()) {
	if _, ok := c.press(who, "", p, no, label); !ok {
		return
	}
	c.at(c.now.Add(time.Minute), func() {
		c.say(who, "", text)
		if then != nil {
			then()
		}
	})
}

// of gives the concern of a number.
func (c *yearTown) of(no int) *concern {
	if no == 0 {
		return nil
	}
	if m := c.numbers[no]; m != nil {
		return m
	}
	s, _, ok := c.read(no)
	if !ok {
		return nil
	}
	for _, m := range c.matters {
		if m.no == 0 && (s.Topic == m.text && m.text != "" || m.from == "open" && s.Form == flows.Complaints && m.once["opened"]) {
			m.no = no
			c.numbers[no] = m
			return m
		}
	}
	// One that nobody planned: what was brought to a complaint meeting.
	m := &concern{no: no, review: "no", text: s.Topic, from: "raised", once: map[string]bool{}, with: map[string]bool{}, said: map[flows.PersonID]string{}}
	c.numbers[no] = m
	c.others = append(c.others, m)
	return m
}

// propose brings a concern up.
func (c *yearTown) propose(m *concern, at time.Time) {
	head, staff := c.official(flows.Head, 0), c.official(flows.Staff, 0)
	resident := c.dweller(m.in, c.rng.IntN(50))
	switch m.from {
	case "resident":
		c.does(resident, at, func() { c.say(resident, "", "议题："+m.text) })
	case "captain":
		who := c.official(flows.Staff, 0)
		for _, o := range c.settings.People {
			for _, p := range o.Posts {
				if p.Role == flows.Captain && p.Scope.Building == m.in {
					who = o.ID
				}
			}
		}
		c.does(who, at, func() { c.say(who, "", "议题："+m.text) })
	case "staff":
		c.does(staff, c.working(at), func() { c.say(staff, "", "议题："+m.text) })
	case "head":
		c.does(head, c.working(at), func() { c.say(head, "", "议题："+m.text) })
	case "open":
		c.does(staff, c.working(at), func() { m.first("opened"); c.say(staff, "", "吐槽大会") })
	case "followers":
		c.at(at, func() { m.first("said"); c.say(resident, m.group(), m.text); c.filed(m) })
	case "discuss", "silent":
		c.at(at, func() { c.say(resident, "", m.text); c.filed(m) })
	}
}

// filed finds the number that a demand has got.
func (c *yearTown) filed(m *concern) {
	for _, k := range c.cases(c.t, "demand") {
		if s, err := decoded[demand.State](k.Data); err == nil && s.Words == m.text && m.no == 0 && k.No > 0 {
			m.no = k.No
			c.numbers[k.No] = m
		}
	}
}

func (m *concern) group() string {
	switch m.in {
	case "3":
		return "b3"
	case "5":
		return "b5"
	case "1":
		return "east"
	}
	return "all"
}

// dweller is a resident of a building.
func (c *yearTown) dweller(building string, i int) flows.PersonID {
	list := c.dwellers(building)
	return list[i%len(list)]
}

func (c *yearTown) dwellers(building string) (list []flows.PersonID) {
	for _, p := range c.cast {
		if (building == "" || p.Home.Building == building) && c.gone[p.ID].IsZero() {
			list = append(list, p.ID)
		}
	}
	return list
}

// react is what somebody does about a message. It is called while the message is being
// delivered, so that it only plans.
func (c *yearTown) react(x *arrival) {
	if x.group() {
		c.reactGroup(x)
		return
	}
	who := x.person()
	if !c.gone[who].IsZero() {
		return
	}
	post := x.post
	_, official := c.settings.Official(who)
	for _, l := range x.labels { // reviewers get several lines in one message
		if no, ok := strings.CutSuffix(l, "同意议"); ok {
			n := x.no() // where there is one topic, the button names no number
			fmt.Sscanf(no, "%d", &n)
			c.at(c.now, func() { c.vet(who, post, n, no) })
		}
	}
	switch {
	case x.has("交给党组织审核"):
		c.does(who, c.now.Add(2*time.Minute), func() { c.press(who, "", post, 0, "交给党组织审核") })
		return
	case x.has("可以") && x.has("不行"):
		c.owner(who, post)
		return
	case strings.Contains(x.text, "怎么办好的？"):
		if !x.edit {
			c.does(who, c.now.Add(2*time.Minute), func() { c.press(who, "", post, 0, "不用说，就这样") })
		}
		return
	case strings.Contains(x.text, "要一张照片才算办好"):
		c.does(who, c.now.Add(2*time.Minute), func() { c.photo(who, "办好了") })
		return
	case x.has("发") && official:
		c.does(who, c.now.Add(3*time.Minute), func() { c.press(who, "", post, 0, "发") })
		return
	case x.has("满意") && x.has("基本满意") && !x.edit:
		if c.rng.IntN(10) < 6 {
			label := []string{"满意", "满意", "基本满意", "不满意"}[c.rng.IntN(4)]
			if strings.Contains(x.text, "您觉得怎么样？") {
				label = "满意"
			}
			c.does(who, c.awake(30*time.Hour), func() { c.press(who, "", post, x.no(), label) })
		}
		return
	}
	no := x.no()
	if no == 0 {
		return
	}
	c.at(c.now, func() {
		if m := c.of(no); m != nil {
			c.reactTo(m, who, x)
		}
		c.work(who, x)
	})
}

// vet is what a reviewer does about a topic.
func (c *yearTown) vet(who flows.PersonID, post *posted, no int, before string) {
	m := c.of(no)
	if m == nil || !m.first("vet") {
		return
	}
	label := func(s string) string { return before + s }
	at := c.working(c.now.Add(time.Duration(20+c.rng.IntN(600)) * time.Minute))
	if m.is("late-review") {
		at = c.working(c.now.AddDate(0, 0, 6))
	}
	c.does(who, at, func() {
		switch m.review {
		case "no":
			c.writes(who, post, no, label("不议"), "已经有别的办法，先不议", nil)
		case "up":
			c.writes(who, post, no, label("往上报"), "报给街道城管科", nil)
		default:
			c.press(who, "", post, no, label("同意议"))
		}
	})
}

// owner is who answers for a room.
func (c *yearTown) owner(who flows.PersonID, post *posted) {
	label := "可以"
	for _, m := range c.matters {
		if m.no > 0 && m.is("owner") && strings.Contains(post.text, fmt.Sprintf("%04d号", m.no)) && m.first("refused-room") {
			label = "不行"
		}
	}
	c.does(who, c.soon(), func() { c.press(who, "", post, 0, label) })
}

// work is what those do who have something to carry out.
func (c *yearTown) work(who flows.PersonID, x *arrival) {
	no, post := x.no(), x.post
	m := c.numbers[no]
	if m == nil {
		for _, o := range c.matters {
			if o.no == no {
				m = o
			}
		}
	}
	decided := strings.Contains(x.text, "议事会定的｜")
	key := fmt.Sprintf("%s/%04d/%d/%s", who, no, len(x.text), post.ref)
	switch {
	case x.has("提请议事") && !x.edit:
		c.does(who, c.soon(), func() { c.press(who, "", post, no, "提请议事") })
	case x.has("接单"):
		silent := m != nil && m.from == "silent" && !decided
		o, _ := c.settings.Official(who)
		property := slices.ContainsFunc(o.Posts, func(p flows.Post) bool { return p.Role == flows.Property })
		if silent && property || c.extra["accept/"+key] {
			return
		}
		c.extra["accept/"+key] = true
		if decided && m != nil && m.is("returned") && m.first("give back") {
			c.does(who, c.soon(), func() {
				c.press(who, "", post, no, "不归我")
				c.at(c.now.Add(time.Minute), func() {
					c.press(who, "", nil, no, "办不了，退回议事会")
					c.at(c.now.Add(time.Minute), func() { c.say(who, "", "这笔钱没有着落") })
				})
			})
			return
		}
		c.does(who, c.soon(), func() { c.press(who, "", post, no, "接单") })
	case x.has("还没有") && x.has("办好了"):
		if c.extra["wait2/"+key] {
			return
		}
		c.extra["wait2/"+key] = true
		c.does(who, c.soon(), func() { c.press(who, "", post, no, "还没有") })
		c.does(who, c.working(c.now.AddDate(0, 0, 3)), func() { c.press(who, "", nil, 0, "办好了") })
	case x.has("办好了"):
		if c.extra["done/"+key[:strings.LastIndex(key, "/")]+post.ref] {
			return
		}
		c.extra["done/"+key[:strings.LastIndex(key, "/")]+post.ref] = true
		if o := m; o != nil {
			if !decided {
				switch o.from {
				case "discuss":
					if o.first("discuss") {
						c.does(who, c.soon(), func() { c.writes(who, post, no, "要大家商量", "各家说法不一样，要坐下来说", nil) })
						return
					}
				case "silent":
					if o.first("wait") {
						c.does(who, c.soon(), func() { c.waits(who, post, no) })
						return
					}
				}
			}
		}
		at := c.working(c.now.Add(time.Duration(20+c.rng.IntN(40)) * time.Hour))
		if decided && m != nil && m.is("overdue") && m.first("overdue") {
			at = c.working(c.now.AddDate(0, 0, 24))
		}
		c.does(who, at, func() { c.press(who, "", post, no, "办好了") })
	}
}

// waits says that somebody waits for the property company.
func (c *yearTown) waits(who flows.PersonID, post *posted, no int) {
	c.press(who, "", post, no, "等别人")
	c.at(c.now.Add(time.Minute), func() {
		for _, p := range slices.Backward(c.posts["m/"+string(who)]) {
			if strings.Contains(p.text, "在等谁") {
				c.press(who, "", p, 0, "物业")
				break
			}
		}
		c.at(c.now.Add(time.Minute), func() { c.press(who, "", nil, 0, "明天") })
	})
}
