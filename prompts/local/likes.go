package local

import (
	"regexp"
	"strings"

	"linli/flows"
	"linli/prompts"
)

// likes are the interests of a community, by the words people have for them.
type likes struct {
	words trie
	ids   []string // by word
}

func compileLikes(s *flows.Settings) likes {
	x := likes{words: newTrie()}
	for _, in := range s.Activities.Interests {
		for _, word := range in.Words {
			if t := normal(word); len(t.r) > 1 {
				x.words.add(t.r, len(x.ids))
				x.ids = append(x.ids, in.ID)
			}
		}
	}
	return x
}

// liked stands in a [leisure] for the words of an interest.
const liked = "\ue000"

// leisure is a message in which every name of an interest is one rune, so that a
// pattern can say where one must stand. A comma is "，", the end of a sentence "。".
type leisure struct {
	*written
	line string
	at   []int // by byte of line: the rune of the message that stands there
	list []like
}

// like is an interest named by the runes from start to end.
type like struct {
	id         string
	start, end int
}

// leisure finds the interests. With whom somebody would come is not what they would like:
// 带孩子 names an interest only where nothing else does, see [likes.with].
func (d *directory) leisure(w *written) leisure {
	l := leisure{written: w}
	var b strings.Builder
	put := func(s string, i int) {
		b.WriteString(s)
		for range len(s) {
			l.at = append(l.at, i)
		}
	}
	for i := 0; i < len(w.r); {
		switch {
		case i == 0 || w.stop[i] <= soft:
		case w.stop[i] == comma:
			put("，", i)
		default:
			put("。", i)
		}
		if id, end := d.likes.longest(&w.text, i); end > 0 && !company(w.part(i, end)) {
			l.list = append(l.list, like{id, i, end})
			put(liked, i)
			i = end
			continue
		}
		put(string(w.r[i]), i)
		i++
	}
	l.at = append(l.at, len(w.r))
	l.line = b.String()
	return l
}

// longest gives the interest that the longest word at rune i names.
func (x *likes) longest(t *text, i int) (id string, end int) {
	if len(x.ids) == 0 {
		return "", 0
	}
	x.words.at(t.r, i, func(k, to int) {
		if to > end && t.whole(i, to) {
			id, end = x.ids[k], to
		}
	})
	return id, end
}

// with gives the interest of those who come with somebody.
func (x *likes) with(t *text) string {
	for i := range t.r {
		if id, end := x.longest(t, i); end > 0 && company(t.part(i, end)) {
			return id
		}
	}
	return ""
}

// piece gives what was written from byte i to byte j of the line.
func (l *leisure) piece(i, j int) string {
	from, to := l.at[i], l.at[j]
	if i >= j || from >= to {
		return ""
	}
	return l.raw[l.begin(from):l.end(to)]
}

// leisure finds what a message says about activities. What it says about them is no demand.
func (s *seen) leisure(w *written, d *directory, c prompts.Context) {
	r := &s.reading
	if r.Slip != nil || r.Notice {
		return
	}
	if r.Offer = d.offer(w, s, c.At); r.Offer != nil {
		r.Poll, r.Chain, r.Topic = nil, nil, nil
		if r.Offer.Number > 0 {
			r.Number = r.Offer.Number
		}
	} else if r.Poll == nil && r.Chain == nil && r.Topic == nil && !r.Status && !r.Also {
		if r.Offer = d.teaches(w, s); r.Offer == nil {
			r.Wish = d.wish(w, s, len(c.Before) > 0, maybe(c.Settings))
		}
	}
	if r.Offer != nil || r.Wish != nil {
		r.Item, r.About, r.Demand, r.More, r.Urgent = "", "", min(r.Demand, 0.15), false, false
	}
}

func maybe(s *flows.Settings) float64 {
	if s == nil || s.Limits.Maybe == 0 {
		return 0.4
	}
	return s.Limits.Maybe
}

const (
	partOfDay = `(?:下班以后|下班之后|下班后|下了班|下班|上班之余|工作之余|工作日|晚上|晚间|晚饭后|傍晚|夜里|夜间|周末|双休日|周[一二三四五六日天]|星期[一二三四五六日天]|礼拜[一二三四五六日天]|节假日|放假|假期|寒假|暑假|暑期|白天|上午|下午|早上|早晨|中午|平时|平常|闲暇时?|业余时间|有空|有时间|没事|冬天|夏天|每周|每天|每个月|每月|定期|的?时候|时间|以后|之后|后|里|的)`
	kids      = `(?:孩子们?|小孩子?|娃娃?|宝宝|小朋友们?|儿子|女儿|孙子|孙女|小孙子|小孙女|外孙女?)`
	// withKids is company.
	withKids = `(?:(?:带上?|带着|陪着?|和|跟|与|同|领着?)(?:我家|我|自己|家里)?的?(?:两个|俩|1个)?` + kids + `|亲子)`
)

var companion = regexp.MustCompile(`^(?:` + withKids + `|带娃|亲子活动)$`)

// company says that words only say with whom.
func company(s string) bool { return companion.MatchString(s) }

var (
	evenings = regexp.MustCompile(`下了?班|上班之余|工作之余|晚上|晚间|晚饭后|傍晚|夜里|夜间|夜校|夜跑|after (?:work|hours)|evening|at night`)
	weekends = regexp.MustCompile(`周末|双休日|周六|周日|周天|星期六|星期日|星期天|礼拜六|礼拜天|礼拜日|节假日|weekend|saturday|sunday`)
	daytime  = regexp.MustCompile(`白天|上午|下午|日间|早上|早晨|daytime|during the day|morning|afternoon`)
	// busy says when they have no time.
	busy    = regexp.MustCompile(`(?:白天|平时|平常|工作日|上午|下午)(?:我|都|也|还|要|得|在)*(?:上班|没空|没时间|没有时间|工作|忙)`)
	holiday = regexp.MustCompile(`(?:周末|双休日|周[六日天]|星期[六日天]|礼拜[六日天]|节假日|weekend|saturday|sunday)s?的? ?$`)
	little  = regexp.MustCompile(kids + `|亲子|带娃|遛娃|绘本|\b(?:kid|kids|child|children|son|sons|daughter|daughters|toddler|toddlers|family)\b`)
)

// free gives the part of the week that words name, "" where they name several or none.
func free(line string) flows.Free {
	line, off := busy.ReplaceAllString(line, ""), busy.MatchString(line)
	w, e, d := weekends.MatchString(line), evenings.FindStringIndex(line), daytime.FindStringIndex(line)
	for _, x := range [][]int{e, d} {
		if w && x != nil && !holiday.MatchString(line[:x[0]]) {
			return "" // evenings or weekends
		}
	}
	switch {
	case w:
		return flows.Weekends
	case e != nil && d != nil:
		return ""
	case e != nil || off:
		return flows.Evenings
	case d != nil:
		return flows.Daytime
	}
	return ""
}
