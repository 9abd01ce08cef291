package local

import (
	_ "embed"

	"linli/flows"
)

//go:embed words/danger.txt
var dangerFile string

// kinds are the kinds of danger, the one to act on first when a message holds
// several: what can kill everybody, then what must stay discreet.
var kinds = []flows.Danger{flows.Fire, flows.Gas, flows.Lift, flows.Suicide, flows.Violence, flows.Collapse, flows.Medical, flows.Lost}

// alarm is the lexicon of dangers with its classes by what they do.
type alarm struct {
	*lexicon
	kind  []flows.Danger // by class: what a hit of it is
	stops []flows.Danger // by class: what an overlap with it is not; "*" for all
	role  struct{ cond, no, noNot, topic, past, recent, now, drill, drillNot, lesson, news, here, over, overNot int }
}

var alarms = func() *alarm {
	a := &alarm{lexicon: parse(dangerFile)}
	a.kind = make([]flows.Danger, len(a.classes))
	a.stops = make([]flows.Danger, len(a.classes))
	for _, k := range kinds {
		a.kind[a.class(string(k))] = k
		a.stops[a.class(string(k)+"-not")] = k
	}
	a.stops[a.class("not")] = "*"
	c := &a.role
	for name, at := range map[string]*int{
		"if": &c.cond, "no": &c.no, "no-not": &c.noNot, "topic": &c.topic, "past": &c.past, "recent": &c.recent, "now": &c.now,
		"drill": &c.drill, "drill-not": &c.drillNot, "lesson": &c.lesson, "news": &c.news, "here": &c.here, "over": &c.over, "over-not": &c.overNot,
	} {
		*at = a.class(name)
	}
	return a
}()

// lasting says that a danger of yesterday is one of today unless somebody says
// that it ended.
func lasting(d flows.Danger) bool {
	return d == flows.Gas || d == flows.Lost || d == flows.Violence || d == flows.Suicide || d == flows.Collapse
}

// danger gives the emergency a message reports, if any, with the runes that say so.
func danger(t text) (found flows.Danger, start, end int) {
	a := alarms
	hits := a.heard(&t)
	best := len(kinds)
	for i, h := range hits {
		k := a.kind[h.class]
		if k == "" || a.excused(&t, hits, i, k) {
			continue
		}
		for rank, x := range kinds[:best] {
			if x == k {
				best, found, start, end = rank, k, h.start, h.end
				break
			}
		}
	}
	return found, start, end
}

// heard gives the hits in t, without those words of doubt that an exception
// covers: "不是演练" is no drill, "有没有" no denial.
func (a *alarm) heard(t *text) []hit {
	all := a.find(t)
	out := all[:0:0]
	for _, h := range all {
		not := -1
		switch h.class {
		case a.role.no:
			not = a.role.noNot
		case a.role.drill:
			not = a.role.drillNot
		case a.role.over:
			not = a.role.overNot
		}
		if not < 0 || !covered(all, not, h) {
			out = append(out, h)
		}
	}
	return out
}

// excused says that the i-th hit only looks like a danger.
func (a *alarm) excused(t *text, hits []hit, i int, k flows.Danger) bool {
	h, c := hits[i], &a.role
	var drill, lesson, news, here, over, past, now bool
	for _, x := range hits {
		switch {
		case a.stops[x.class] == k || a.stops[x.class] == "*":
			// What begins inside the gap of an exception is a matter of its own:
			// "物业快来，孩子不见了" is not "物业不见了".
			if x.start < h.end && h.start < x.end && (h.start < x.first || h.start >= x.last) {
				return true
			}
			continue
		case h.hard:
			continue
		}
		switch x.class {
		case c.cond:
			if x.end <= h.start && t.same(x.start, h.start, soft) && !(k == flows.Suicide && fear(t, x)) {
				return true
			}
		case c.no:
			if x.end == h.start || x.end+1 == h.start && t.stop[h.start] == 0 && t.stop[x.end] == 0 {
				return true
			}
		case c.topic:
			if x.start >= h.end && x.start <= h.end+8 && t.same(h.start, x.start, soft) {
				return true
			}
		case c.past:
			past = past || x.end <= h.start && t.same(x.start, h.start, sentence)
		case c.recent:
			past = past || !lasting(k) && x.end <= h.start && t.same(x.start, h.start, sentence)
		case c.now:
			now = now || x.end > h.end || x.end <= h.start && t.same(x.start, h.start, sentence)
		case c.drill:
			drill = true
		case c.lesson:
			lesson = true
		case c.news:
			news = true
		case c.here:
			here = true
		case c.over:
			over = over || x.start >= h.start
		}
	}
	if h.hard {
		return false
	}
	return drill || lesson || over || (news || t.link || t.header) && !here || past && !now
}

// fear says that a condition only voices worry: "怕他想不开" is a report.
func fear(t *text, x hit) bool {
	return t.has(x.start, "怕") || t.has(x.start, "担心") || t.has(x.start, "害怕") || t.has(x.start, "生怕")
}

// covered says that an exception of a class lies over x.
func covered(hits []hit, class int, x hit) bool {
	for _, y := range hits {
		if y.class == class && y.start < x.end && x.start < y.end {
			return true
		}
	}
	return false
}
