package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

func (c *yearTown) hasButton(address string, no int, label string) bool {
	for _, p := range c.posts[address] {
		if p.by == "" && strings.HasPrefix(p.text, fmt.Sprintf("%04d", no)) {
			for _, b := range p.buttons {
				if b.Label == label && b.Data != "" {
					return true
				}
			}
		}
	}
	return false
}

func (c *yearTown) tag(id flows.ID, p flows.PersonID) (tag string) {
	_ = c.store.View(c.t.Context(), func(tx storage.Tx) error {
		e, err := tx.Entry(id, string(p))
		tag = e.Tag
		return err
	})
	return tag
}

// invited is whether somebody comes.
func (c *yearTown) invited(m *concern, who flows.PersonID, where string, x *arrival) {
	if m.said[who] != "" || !m.first("invited/"+string(who)+where) {
		return
	}
	post := x.post
	_, official := c.settings.Official(who)
	coming := slices.Contains(m.comers, who)
	within := 50 * time.Hour
	if strings.Contains(x.text, "您来不来？") {
		within = 20 * time.Hour
	}
	roll := c.rng.IntN(100)
	switch {
	case m.is("nobody") && !official:
	case coming:
		c.does(who, c.awake(within), func() { c.answers(m, who, where, post, "来") })
		if roll < 25 {
			c.does(who, c.awake(within), func() {
				c.writes(who, post, m.no, "先说两句", fmt.Sprintf("会前先说：%s的事拖了很久", m.text), nil)
			})
		}
	case official && roll < 60:
		c.does(who, c.awake(within), func() { c.answers(m, who, where, post, "来") })
	case !official && roll < 12:
		c.does(who, c.awake(within), func() { c.answers(m, who, where, post, "不来") })
	case !official && roll < 15 && !m.is("full"):
		c.does(who, c.awake(within), func() {
			if s, _, ok := c.read(m.no); ok && s.Stage == hearing.Notice {
				c.writes(who, post, m.no, "请人代", "我女儿去", nil)
				m.said[who] = "proxy"
			}
		})
	}
}

// answers presses whether somebody comes, and keeps what they were told.
func (c *yearTown) answers(m *concern, who flows.PersonID, where string, post *posted, label string) {
	s, _, ok := c.read(m.no)
	if !ok || s.Stage != hearing.Notice {
		return
	}
	no := m.no
	if label == "坐留的位子" {
		no = 0 // of that message, which names no number
	}
	toast, ok := c.press(who, where, post, no, label)
	switch {
	case !ok:
	case strings.Contains(toast, "等您"):
		m.said[who] = "yes"
		m.log = append(m.log, coming{c.now, who, "yes"})
	case strings.Contains(toast, "您不来"):
		m.said[who] = "no"
		m.log = append(m.log, coming{c.now, who, "no"})
	case strings.Contains(toast, "候补"):
		m.said[who] = "wait"
		m.log = append(m.log, coming{c.now, who, "wait"})
	case toast == "":
		m.said[who] = "wait"
		m.log = append(m.log, coming{c.now, who, "wait"}) // the answer says which seats there are still
		if m.first("kept seat") {
			c.does(who, c.now.Add(3*time.Minute), func() { c.answers(m, who, "", nil, "坐留的位子") })
		}
	}
}

// reactGroup is what people do about a message in a group.
func (c *yearTown) reactGroup(x *arrival) {
	group := strings.TrimPrefix(x.address, "g/")
	no := x.no()
	if i := strings.Index(x.text, "（"); no == 0 && i >= 0 { // of a demand
		fmt.Sscanf(x.text[i+len("（"):], "%d", &no)
	}
	if no == 0 {
		return
	}
	c.at(c.now, func() {
		if x.has("我也是") {
			for _, o := range c.matters {
				if o.from == "followers" && o.group() == group && o.once["said"] && o.first("also") {
					for i, p := range c.dwellers(o.in) {
						if i < 11 {
							c.does(p, c.awake(9*time.Hour), func() { c.press(p, group, x.post, no, "我也是") })
						}
					}
				}
			}
			return
		}
		m := c.of(no)
		if m == nil {
			return
		}
		switch {
		case x.has("来") && x.has("不来") && !x.edit && strings.Contains(x.text, "。请"): // the notice
			if m.first(fmt.Sprintf("notice/%s", x.post.ref)) {
				c.noticed(m, group, x)
			}
		case x.has("我要发言") && m.begunIn(c):
			for i, p := range m.comers {
				if m.first("speaks" + string(p)) {
					c.does(p, c.now.Add(time.Duration(1+i)*time.Minute), func() {
						c.press(p, group, x.post, no, "我要发言")
						c.at(c.now.Add(time.Duration(5+i)*time.Minute), func() {
							text := fmt.Sprintf("会上第%d个说：%s，先从一层开始", i+1, m.text)
							if !c.gone[p].IsZero() {
								return
							}
							m.kept = append(m.kept, text)
							c.say(p, group, text)
						})
					})
				}
			}
			for _, p := range c.dwellers(m.in) {
				if !slices.Contains(m.comers, p) && m.first("chatter") {
					c.at(c.now.Add(11*time.Minute), func() { c.murmur(m, p, group, "没点发言的人插话") })
				}
			}
		}
	})
}

func (m *concern) begunIn(c *yearTown) bool {
	s, _, ok := c.read(m.no)
	return ok && s.Stage == hearing.Meeting
}

// murmur says something that must be in no record.
func (c *yearTown) murmur(m *concern, p flows.PersonID, group, what string) {
	text := fmt.Sprintf("%s，%d楼水仙花开了", what, 100+c.rng.IntN(900))
	m.marks = append(m.marks, text)
	c.say(p, group, text)
}

// noticed is what follows an announcement: who is going to come, and what becomes of it.
func (c *yearTown) noticed(m *concern, group string, x *arrival) {
	s, _, ok := c.read(m.no)
	if !ok || s.Stage != hearing.Notice || !m.first(fmt.Sprintf("noticed/%d", s.Version)) {
		return
	}
	if len(m.comers) == 0 && m.came > 0 {
		pool := c.dwellers(s.Scope.Building)
		if s.Scope.Building == "" {
			pool = c.dwellers("")
		}
		c.rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		n := m.came * (30 + c.rng.IntN(40)) / 100
		if m.is("full") {
			n = 14
		}
		m.comers = slices.Clone(pool[:min(n, len(pool))])
	}
	// Who is not told by themself answers in the group.
	for _, p := range m.comers {
		c.does(p, c.awake(60*time.Hour), func() {
			if m.said[p] == "" {
				c.answers(m, p, group, x.post, "来")
			}
		})
	}
	organ := s.Organiser
	if m.is("moved") && m.first("moves") {
		c.does(organ, c.working(c.now.Add(20*time.Hour)), func() {
			to := s.From.AddDate(0, 0, 2)
			c.writes(organ, nil, m.no, "改日子", fmt.Sprintf("改到%s%d:%02d，那天停电", c.date(to), s.From.Hour(), s.From.Minute()), nil)
		})
	}
	if m.is("erased") && len(m.comers) > 0 && m.first("erased") {
		p := m.comers[0]
		at := s.From.Add(-30 * time.Hour)
		c.does(p, at, func() {
			c.say(p, "", "我的数据")
			c.at(c.now.Add(time.Minute), func() {
				c.press(p, "", nil, 0, "删除我的资料")
				c.at(c.now.Add(time.Minute), func() {
					c.press(p, "", nil, 0, "删除")
					c.gone[p] = c.now
				})
			})
		})
	}
	if m.place == "group" && len(m.comers) > 0 {
		p := m.comers[len(m.comers)-1]
		c.at(s.From.Add(-20*time.Minute), func() { c.murmur(m, p, m.group(), "还没开始就说") })
	}
}

// checkIn says the code that hangs at the door.
func (c *yearTown) checkIn(m *concern, p flows.PersonID) {
	s, k, ok := c.read(m.no)
	if !ok || s.Stage != hearing.Notice && s.Stage != hearing.Meeting || s.Came >= m.came || c.tag(k.ID, p) != hearing.TagYes {
		return
	}
	if !c.hasButton("m/"+string(p), m.no, "签到") {
		c.at(c.now.Add(12*time.Minute), func() {
			if c.hasButton("m/"+string(p), m.no, "签到") {
				c.writes(p, nil, m.no, "签到", s.Code, nil)
			}
		})
		return
	}
	c.writes(p, nil, m.no, "签到", s.Code, nil)
}
