package local

import (
	_ "embed"
	"math"
	"strings"

	"linli/flows"
	"linli/prompts"
)

//go:embed words/talk.txt
var talkFile string

// talk is the lexicon of talk, with its classes by name.
var talk = parse(talkFile)

// as are the classes of talk that decide something by themselves.
var as = struct {
	problem, problemNot, grave, ask, appeal, since, civic, things, plea, solved, solvedNot, past, pastNot, official, officialNot, others, othersNot, suppose, supposeNot,
	also, status, reported, behalf, behalfNot, urgent, urgentNot, flood, add, room, unit, building, property, propertyNot, blame, blameHard int
}{
	talk.class("problem"), talk.class("problem-not"), talk.class("grave"), talk.class("ask"), talk.class("appeal"), talk.class("since"), talk.class("civic"), talk.class("things"), talk.class("plea"),
	talk.class("solved"), talk.class("solved-not"), talk.class("past"), talk.class("past-not"), talk.class("official"), talk.class("official-not"),
	talk.class("others"), talk.class("others-not"), talk.class("suppose"), talk.class("suppose-not"),
	talk.class("also"), talk.class("status"), talk.class("reported"), talk.class("behalf"), talk.class("behalf-not"),
	talk.class("urgent"), talk.class("urgent-not"), talk.class("flood"), talk.class("add"), talk.class("room"), talk.class("unit"), talk.class("building"),
	talk.class("property"), talk.class("property-not"), talk.class("blame"), talk.class("blame-hard"),
}

// unless pairs a class with the one whose overlap cancels its hits.
var unless = map[int]int{
	as.problem: as.problemNot, as.solved: as.solvedNot, as.past: as.pastNot, as.official: as.officialNot, as.others: as.othersNot, as.suppose: as.supposeNot,
	as.behalf: as.behalfNot, as.urgent: as.urgentNot, as.flood: as.urgentNot, as.property: as.propertyNot,
}

// roles are the people one complains about, by class.
var roles = map[int]flows.Role{
	talk.class("leader"): flows.Leader, as.property: flows.Property, talk.class("captain"): flows.Captain,
	talk.class("staff"): flows.Staff, talk.class("owners"): flows.Owners,
}

// The weights of what is no class of words.
const (
	bias       = -2.35
	withItem   = 2.0 // a line of the duty list with what is wrong
	withWord   = 0.9 // a word of the duty list that names no problem
	withThing  = 0.4 // a thing of the duty list alone
	troubled   = 1.2 // such a thing, and a problem anywhere
	wanted     = 1.5 // such a word, and a question after it: 开证明要什么材料
	implied    = 1.2 // the list's words say what is wrong, ours do not
	petition   = 1.2 // a wrong or an appeal, in the words of a town
	withPlace  = 0.7
	toLinli    = 0.8 // written to Linli itself
	asking     = 0.2 // a question mark
	calling    = 0.5 // @ somebody whose work it is
	toAll      = -1.5
	linked     = -2.0
	decorated  = -0.3 // each sticker or emoji, at most three
	loose      = -1.0 // a problem, but of nothing a community has
	short      = -1.5 // fewer than four runes and no item
	firstParty = 0.3  // 我家, 我们楼
)

// seen is a message read by itself.
type seen struct {
	reading    flows.Reading
	said       said
	mine       bool // 我家, 我们楼: the home is meant
	unit, room bool // … as exactly as that
	content    bool
	troubled   bool
}

// joins says that a message is worth reading together with what came before it.
func (s seen) joins() bool {
	lacks := s.reading.Item == "" || !s.said.Known()
	return lacks && s.content
}

// adds says that it is no demand by itself but adds to one.
func (s seen) adds() bool { return s.reading.More }

// view reads a message by itself.
func view(raw string, d *directory, c prompts.Context) seen {
	t := normal(raw)
	b := bare(&t)
	hits := keep(talk.find(&t))
	var s seen
	r := &s.reading
	r.Danger, _, _ = danger(t)
	s.said = d.locate(&t, c.Scope)
	r.Place = s.said.Place

	count := make([]int, len(talk.classes))
	for i, h := range hits {
		if !repeated(hits[:i], h) {
			count[h.class]++
		}
	}
	s.troubled = count[as.problem]+count[as.grave] > 0
	home := false
	if c.Direct && !s.troubled && count[as.ask] == 0 {
		if p, ok := d.home(&t, c); ok {
			s.said, home = said{Place: p, elsewhere: p.Zero(), spans: max(1, s.said.spans)}, true
			r.Place = p
		}
	}
	best, thing, scores := d.items.find(&b, s.troubled)
	if count[as.problemNot] > 0 && !s.troubled {
		best.item, thing.item = -1, -1 // "没电话" is no power cut
	}
	if best.item >= 0 {
		r.Item = d.items.ids[best.item]
	}
	r.Number = t.caseNumber(count[as.status] > 0)
	r.Status = count[as.status] > 0 && (r.Number > 0 || count[as.reported] > 0)
	r.Also = count[as.also] > 0
	r.Behalf = count[as.behalf] > 0
	r.Urgent = count[as.urgent]+count[as.flood] > 0
	s.room, s.unit = count[as.room] > 0, count[as.unit] > 0
	s.mine = s.room || s.unit || count[as.building] > 0
	r.Notice, r.Until = notice(&t, hits, c.At)
	x := score(&t, &s, best, count, c.Direct)
	d.blame(&t, &s, hits, best, thing, scores, &x)
	r.Demand = 1 / (1 + math.Exp(-x))
	switch {
	case r.Notice || t.marks == 0:
		r.Demand = min(r.Demand, 0.05)
	case r.Status:
		r.Demand = min(r.Demand, 0.15)
	case r.Also && best.item < 0 && !s.troubled:
		r.Demand = min(r.Demand, 0.1)
	case home:
		r.Demand = min(r.Demand, 0.15) // an answer
	case c.Direct && !best.full && !s.troubled && s.said.place() && count[as.ask]+count[as.urgent] == 0 && len(t.r)-t.covered() <= 2:
		r.Demand = min(r.Demand, 0.3)
	}
	r.More = s.more(&t, hits, count)
	s.content = r.Item != "" || s.said.place() || r.More || s.troubled || count[as.ask] > 0 || r.Urgent || r.Danger != ""
	r.Why = why(&t, hits, best)
	return s
}

// keep drops the hits that an exception covers.
func keep(hits []hit) []hit {
	out := hits[:0:0]
	for _, h := range hits {
		if not, ok := unless[h.class]; ok && covered(hits, not, h) {
			continue
		}
		out = append(out, h)
	}
	return out
}

// repeated says that the words of h lie inside those of an earlier hit of the
// same class, or hold them: 没人管 and 不管 count once where they overlap.
func repeated(before []hit, h hit) bool {
	for _, x := range before {
		if x.class == h.class && (x.pattern == h.pattern || x.start < h.end && h.start < x.end) {
			return true
		}
	}
	return false
}

// score gives the log-odds that somebody wants something done.
func score(t *text, s *seen, best found, count []int, direct bool) float64 {
	x := bias
	for i, n := range count {
		if n > 0 {
			x += talk.classes[i].weight + float64(min(n-1, 3))*talk.classes[i].more
		}
	}
	switch {
	case best.item >= 0 && best.full && s.troubled:
		x += withItem
	case best.item >= 0 && best.full:
		x += withItem + implied
	case best.item >= 0 && s.troubled:
		x += troubled
	case best.item >= 0 && best.word && count[as.ask] > 0:
		x += withWord + wanted
	case best.item >= 0 && best.word:
		x += withWord
	case best.item >= 0:
		x += withThing
	case s.troubled && count[as.things] > 0:
		x += troubled
	case s.troubled && count[as.civic] == 0 && !s.said.place() && !s.mine:
		x += loose
	}
	if count[as.civic] > 0 && count[as.grave]+count[as.appeal]+count[as.plea] > 0 || count[as.appeal] > 0 && s.troubled {
		x += petition
	}
	if s.said.place() {
		x += withPlace
	}
	if s.mine {
		x += firstParty
	}
	if direct {
		x += toLinli
	}
	if t.question {
		x += asking
	}
	if t.asked {
		x += calling
	}
	if t.all {
		x += toAll
	}
	if t.link {
		x += linked
	}
	x += decorated * float64(min(t.stickers, 3))
	if t.marks < 4 && best.item < 0 {
		x += short
	}
	return x
}

// blame finds whom a message mainly complains about. A thing that is broken is
// the matter, whoever was asked in vain; only where somebody's conduct is, or
// nothing else is, the complaint is about them.
func (d *directory) blame(t *text, s *seen, hits []hit, best, thing found, scores []float64, x *float64) {
	r := &s.reading
	var role flows.Role
	hard := false
	for _, h := range hits {
		who, ok := roles[h.class]
		if !ok {
			continue
		}
		for _, y := range hits {
			if y.class != as.blame && y.class != as.blameHard {
				continue
			}
			near := y.start >= h.end && y.start-h.end <= 12 && t.same(h.start, y.start, sentence) ||
				y.end <= h.start && h.start-y.end <= 4 && t.same(y.start, h.start, comma)
			if near && (role == "" || !hard && y.class == as.blameHard) {
				role, hard = who, y.class == as.blameHard
			}
		}
	}
	if thing.item >= 0 && !hard {
		r.Item = d.items.ids[thing.item]
		return
	}
	if role == "" {
		if best.item >= 0 && best.full {
			r.About = d.items.about[best.item]
		}
		return
	}
	r.About = role
	if !s.troubled {
		*x += talk.classes[as.problem].weight
	}
	*x += withWord
	if i := d.items.aboutRole(role, scores); i >= 0 {
		r.Item = d.items.ids[i]
	}
}

// more says that a message only makes sense with another: a place, "有老人",
// "不对，是2单元".
func (s *seen) more(t *text, hits []hit, count []int) bool {
	r := &s.reading
	if len(t.r) == 0 || len(t.r) > 24 || t.link || count[as.status] > 0 || r.Notice || r.Also || r.Danger != "" || t.question {
		return false
	}
	for i, n := range count {
		// Thanks, jokes and sales add to nothing; a clock or a "又" is no chatter.
		if n > 0 && talk.classes[i].weight < -1.1 {
			return false
		}
	}
	if count[as.problem]+count[as.ask] > 0 && (r.Item != "" || !s.said.place() && count[as.urgent]+count[as.add] == 0) {
		return false
	}
	if r.Item != "" && count[as.urgent]+count[as.add] == 0 {
		return false
	}
	if r.Demand >= 0.4 && count[as.add] == 0 && count[as.urgent] == 0 {
		return false
	}
	if count[as.add] > 0 {
		return s.said.place() || count[as.urgent] > 0 || added(t, hits)
	}
	if count[as.urgent] > 0 {
		return true
	}
	return s.said.place() && len(t.r)-t.covered() <= 4
}

// added says that the message begins with a word that adds, and not just with "在".
func added(t *text, hits []hit) bool {
	for _, h := range hits {
		if h.class == as.add && h.end-h.start > 1 {
			return true
		}
	}
	return false
}

// covered counts the runes of a text that its places take.
func (t *text) covered() int {
	n := 0
	for _, s := range spans(t) {
		n += s.end - s.start
	}
	return n
}

// why gives the words that decided, for staff.
func why(t *text, hits []hit, best found) string {
	var w []string
	if best.item >= 0 {
		w = append(w, best.why)
	}
	for i, h := range hits {
		if len(w) >= 6 {
			break
		}
		if talk.classes[h.class].weight != 0 && h.class != as.civic && !repeated(hits[:i], h) {
			if p := t.part(h.start, h.end); len(w) == 0 || w[0] != p {
				w = append(w, p)
			}
		}
	}
	return strings.Join(w, " ")
}
