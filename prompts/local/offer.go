package local

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
)

const (
	count     = `([0-9]{1,4}|[一二两三四五六七八九十百]{1,4})`
	heads     = `个?(?:人|位|名)`
	places    = `(?:个?(?:人|位|名)(?:额)?|个?(?:名额|位子|位置|座位|座))`
	bareLeft  = `(?:^|[，。 ])`
	bareRight = `(?:$|[，。 ])`
)

var (
	// offerMark is a mark at the head; a colon, a bracket or a line's end closes the first.
	offerMark = regexp.MustCompile(`^` + greeting + `#?(?:社区|小区|居民|邻里|志愿|公益|周末)?(?:活动预告|活动通知|新活动|活动|activity|event)(?:[，。 ]|$)`)
	offerCall = regexp.MustCompile(`^` + greeting + `(?:我们|我|咱们)?(?:想|要|来|打算|准备|申请|请帮我|帮我)?(?:办|开|搞|组织|发起|发布|发|新建)(?:一个|1个|个|一场|一次|场|次)?(?:新)?活动[，。 ]`)
	// asksOf asks about activities, or tells of one.
	asksOf = regexp.MustCompile(`^(?:都|还)?(?:有哪些|有什么|有啥|是什么|什么时候|啥时候|几点|在哪|怎么报名|怎么参加|报名|还有吗|取消了?吗|结束了|多少钱|太少|太多|很好|不错|取消)`)

	least = []*regexp.Regexp{
		regexp.MustCompile(`(?:最少|至少|不少于|起码|最低|少于|满|够)(?:要|得|需)?，?` + count + heads + `?(?:及?以上)?(?:才|就|即可?|起|就能|可)?(?:开班|成行|成团|开课|开|办|取消)?`),
		regexp.MustCompile(count + heads + `(?:(?:起|以上)(?:开班|成行|成团|开课|开)?|(?:才|就|即)?(?:开班|成行|成团|开课|开))` + bareRight),
		regexp.MustCompile(`\b(?:at least|min|minimum|no fewer than)[，. ]{0,2}(\d{1,4})(?: (?:people|persons|participants))?`),
	}
	// fromTo gives both: "5到12人".
	fromTo = regexp.MustCompile(`(?:限|共|招)?` + count + `(?:-|到|至|~)` + count + `个?(?:人|位|名)`)
	atMost = []*regexp.Regexp{
		regexp.MustCompile(`(?:最多|限额|限报|限|上限|名额|人数|不超过|只收|招募|招|一共|共|容纳|可坐)(?:是|为|要|收)?，?` + count + places + `?(?:以内|为限)?`),
		regexp.MustCompile(bareLeft + count + places + bareRight),
		regexp.MustCompile(`(?:^|[^0-9])()([0-9]{1,3})` + places + bareRight),
		regexp.MustCompile(`\b(?:at most|max|maximum|up to|limit(?:ed to)?)[，. ]{0,2}(\d{1,4})(?: (?:people|places|persons|participants|seats))?`),
		regexp.MustCompile(`\b(\d{1,4}) (?:people|places|persons|participants|seats)\b`),
	}
	cost = regexp.MustCompile(`(?:费用|收费|报名费|价格|cost|fee|price)?(?:是|为)?，?(?:全程|完全|all )?(?:免费|不收费|不要钱|不花钱|\baa(?:制|\b)|费用自理|自费|free of charge|\bfree\b)(?:参加)?` +
		`|(?:每人|一人|人均|费用|收费|报名费|材料费|场地费|门票|票价|成本|押金|cost|fee|price)?(?:每人)?(?:是|为|约)?，?(?:[0-9]{1,4}(?:\.[0-9]{1,2})?(?:元|块)钱?|[一二两三四五六七八九十百]{1,4}(?:元钱?|块钱))(?:(?:/|每|一)?(?:个?人|位|次|节))?|\b[0-9]{1,4}(?:\.[0-9]{1,2})? ?(?:yuan|rmb|cny)\b(?: (?:each|per person|a person))?`)
	lasts = regexp.MustCompile(`(?:时长|为时|历时|全程|大约|大概|约|共|每次|一次)?，?(?:(半)个?(?:小时|钟头)|([0-9]{1,2}(?:\.[0-9])?|[一二两三四五六七八九十]{1,2})个?(半)?(?:小时|钟头)(半)?(?:` + count + `分钟?)?|` + count + `分钟|\b([0-9]{1,2}(?:\.[0-9])?) ?(?:hours?|hrs?|h)\b|\b([0-9]{1,3}) ?(?:minutes|minute|mins|min)\b)(?:左右|上下)?`)
	label = regexp.MustCompile(`^(?i:费用|收费|报名费|价格|cost|fee|price)(?:是|为)?[：:，, ]+`)
	tied  = regexp.MustCompile(`(?:(?:结合|关于|对应|针对|回应|响应|根据|来自|about|for|on|re)[， ]?#?第?([0-9]{1,5})(?:号|件)|(?:结合|关于|对应|针对|回应|响应|根据|来自|about|for|on|re)[， ]?#?(0[0-9]{3})|` + bareLeft + `#?(0[0-9]{3})号?|#([0-9]{1,5})号?)(?:的?(?:诉求|议题|议事会|反映的事|反映|那件事|的事|事))?`)
	// notTied is behind a number that is a place: 结合3号楼.
	notTied = regexp.MustCompile(`^(?:楼|栋|幢|单元|院|室|房|[0-9])`)

	civic = regexp.MustCompile(`清理|清扫|清洁|打扫|扫雪|除雪|铲雪|扫除|捡垃圾|捡拾|拾捡|净滩|环保|巡逻|巡查|平安夜巡|夜巡|义务|义工|志愿|公益|植树|种树|护绿|除草|消防演练|逃生演练|历史|讲古|老故事|老照片|老地名|格里|口述|村史|社区史|整治|议事|clean|patrol|litter|volunteer|history|tree planting`)
)

// offer reads an activity in one line, which begins with a mark. Time, rooms and people
// are those of the plan; what is neither read there nor here stays in the title.
func (d *directory) offer(w *written, s *seen, at time.Time) *flows.OfferLine {
	line, byteOf := w.line()
	m := offerMark.FindStringIndex(line)
	if m != nil {
		if i := runeAt(byteOf, m[1]); i < len(w.r) && !strings.Contains(line[:m[1]], "#") && !strings.ContainsAny(w.raw[w.end(i):w.begin(i)], ":：】]）)\n—#＃") {
			m = nil
		}
	}
	if m == nil {
		if m = offerCall.FindStringIndex(line); m == nil {
			return d.part(w, line, at)
		}
	}
	if i := runeAt(byteOf, m[1]); i >= len(w.r) || asksOf.MatchString(line[m[1]:]) {
		return nil
	}
	o := offered{planned: planned{written: w, d: d, at: at, cut: make([]bool, len(w.r))}}
	o.take(0, runeAt(byteOf, m[1]))
	o.times()
	o.lay()
	out := o.numbers()
	o.rooms() // after the numbers, which may stand beside a room: 邻里室12人
	o.people()
	o.vague()
	times := len(o.plan.Times)
	if out.Minutes == 0 && times > 0 {
		out.Minutes = howLong(o.plan.Times[0].Words, at)
	}
	out.Title = strings.Trim(o.rest(), hems)
	out.Civic = civic.MatchString(strings.ToLower(out.Title))
	if out.Title == "" && times == 0 && out.Most+out.Least == 0 {
		return nil
	}
	if s.troubled && times == 0 && out.Most+out.Least+out.Minutes == 0 && out.Cost == "" {
		return nil // something is wrong, and nothing is offered
	}
	return out
}

// partOf says that a line may be a part of an activity.
var partOf = regexp.MustCompile(`[人位名元块]|小时|钟头|分钟|免费|不收费|people|places|seats|hour|minute|free`)

// mostPart is how long such a line is at most, in runes.
const mostPart = 60

// part reads a line that is nothing but a part of an activity, as somebody writes it who
// changes one: "12人，最少5人，免费". It has no title.
func (d *directory) part(w *written, line string, at time.Time) *flows.OfferLine {
	if len(w.r) > mostPart || !partOf.MatchString(line) {
		return nil
	}
	o := offered{planned: planned{written: w, d: d, at: at, cut: make([]bool, len(w.r))}}
	o.times()
	o.lay()
	out := o.numbers()
	o.rooms()
	o.people()
	if out.Most+out.Least+out.Minutes == 0 && out.Cost == "" || out.Number > 0 || strings.Trim(strings.NewReplacer("改成", "", "改为", "", "改到", "").Replace(o.rest()), hems) != "" {
		return nil
	}
	return out
}

// offered is an offer while its numbers are taken out.
type offered struct {
	planned
	line   string
	byteOf []int // by byte of line: the rune that stands there
}

// lay writes the line of what is left, with a mark where something was taken out.
func (o *offered) lay() {
	var b strings.Builder
	put := func(s string, i int) {
		for range len(s) {
			o.byteOf = append(o.byteOf, i)
		}
		b.WriteString(s)
	}
	marked := true
	for i, r := range o.r {
		switch {
		case o.cut[i] || o.stop[i] == comma:
			if !marked {
				put("，", i)
			}
			marked = true
		case o.stop[i] == sentence:
			put("。", i)
		case o.stop[i] == soft:
			put(" ", i)
		}
		if !o.cut[i] {
			put(string(r), i)
			marked = false
		}
	}
	o.byteOf = append(o.byteOf, len(o.r))
	o.line = b.String()
}

// runeAt gives the first rune that stands at a byte of a line or behind it.
func runeAt(byteOf []int, at int) int {
	i, _ := slices.BinarySearch(byteOf, at)
	return i
}

// find takes the first match of a pattern out that is good and that nothing was taken out
// of. A first group that is empty says where it begins.
func (o *offered) find(p *regexp.Regexp, good func(m []string, before, after string) bool) {
	for from := 0; from < len(o.line); {
		m := p.FindStringSubmatchIndex(o.line[from:])
		if m == nil {
			return
		}
		groups := make([]string, len(m)/2)
		for k := range groups {
			if m[2*k] >= 0 {
				groups[k] = o.line[from+m[2*k] : from+m[2*k+1]]
			}
		}
		begin := m[0]
		if len(m) > 4 && m[2] >= 0 && m[2] == m[3] && m[4] >= 0 {
			begin = m[2]
		}
		// The marks around it are no part of it.
		whole := o.line[from+begin : from+m[1]]
		first := from + m[1] - len(strings.TrimLeft(whole, "，。 "))
		last := max(first, from+begin+len(strings.TrimRight(whole, "，。 ")))
		i, j := o.byteOf[first], o.byteOf[last]
		if i < j && !slices.Contains(o.cut[i:j], true) && good(groups, o.line[:first], o.line[last:]) {
			o.take(i, j)
			return
		}
		_, n := utf8.DecodeRuneInString(o.line[from+m[0]:])
		from += m[0] + n
	}
}

// numbers takes the numbers out.
func (o *offered) numbers() *flows.OfferLine {
	out := &flows.OfferLine{}
	o.find(tied, func(m []string, _, after string) bool {
		out.Number = amount(m[1:]...)
		if notTied.MatchString(after) {
			out.Number = 0
		}
		return out.Number > 0
	})
	o.find(lasts, func(m []string, before, after string) bool {
		if strings.HasSuffix(before, "提前") || strings.HasSuffix(before, "前") || oneOf(after, "前", "内", "后", "以") {
			return false
		}
		out.Minutes = minutes(m)
		return out.Minutes > 0
	})
	o.find(cost, func(m []string, before, after string) bool {
		i, j := o.byteOf[len(before)], o.byteOf[len(o.line)-len(after)]
		out.Cost = strings.Trim(label.ReplaceAllString(o.words(i, j), ""), hems)
		return true
	})
	o.find(fromTo, func(m []string, _, _ string) bool {
		a, b := amount(m[1]), amount(m[2])
		if a <= 0 || b < a {
			return false
		}
		out.Least, out.Most = a, b
		return true
	})
	for _, p := range least {
		if out.Least == 0 {
			o.find(p, func(m []string, _, _ string) bool { out.Least = amount(m[1:]...); return out.Least > 0 })
		}
	}
	for _, p := range atMost {
		if out.Most == 0 {
			o.find(p, func(m []string, _, _ string) bool { out.Most = amount(m[1:]...); return out.Most > 0 })
		}
	}
	return out
}

// amount gives the first number among some words, 0 if there is none.
func amount(words ...string) int {
	for _, s := range words {
		if s == "" {
			continue
		}
		t := normal(s)
		if len(t.r) == 0 || !digit(t.r[0]) && !numeral(t.r[0]) {
			return 0
		}
		if n, _, end, ok := t.number(0); ok && end == len(t.r) && n < 100_000 {
			return n
		}
		return 0
	}
	return 0
}

// minutes reads a length of time out of the groups of lasts.
func minutes(m []string) int {
	hours := func(s string) float64 {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
		return float64(amount(s))
	}
	n := 0
	switch {
	case m[1] != "":
		n = 30
	case m[2] != "":
		n = int(hours(m[2])*60 + 0.5)
		if m[3] != "" || m[4] != "" {
			n += 30
		}
		n += amount(m[5])
	case m[6] != "":
		n = amount(m[6])
	case m[7] != "":
		n = int(hours(m[7])*60 + 0.5)
	case m[8] != "":
		n = amount(m[8])
	}
	if n > 24*60 {
		return 0
	}
	return n
}

// howLong gives the length of a time that is written with its end: 19:30-21:00, 下午三点到五点.
func howLong(words string, at time.Time) int {
	t := normal(words)
	list := t.stamps(at, &meeting)
	if len(list) != 2 || list[0].hour < 0 || list[1].hour < 0 {
		return 0
	}
	clock := func(s stamp) int { return s.time.Hour()*60 + s.time.Minute() }
	n := clock(list[1]) - clock(list[0])
	if n <= 0 {
		n += 12 * 60
	}
	return max(0, n)
}

const (
	can = `(?:可以|能够|能|愿意|乐意|会|想|来|要)`
	// pupils are whom somebody would teach.
	pupils = `(?:大家伙?|大伙|邻居们?|街坊们?|居民们?|老人们?|老年人|` + kids + `|年轻人|新手)`
	mine   = `(?:我们|我爱人|我老公|我老婆|我妈妈?|我爸爸?|我儿子|我女儿|我|本人|俺)`
)

var (
	teachKnown = regexp.MustCompile(`(?:^|[，。])` + mine + `(?:` + how + `|` + partOfDay + `)*` + can + `(?:` + can + `|` + how + `|` + partOfDay + `|免费|义务|在社区|给|为)*(?:教|辅导|指导|带领?着?|帮)(?:` + pupils + `|一起|学|一下|怎么)*((?:` + does + `|` + some + `)*` + liked + `(?:课|入门|基础|` + liked + `|和|、)*)(?:` + pupils + `|吗|吧|的|呢|啊|呀|，|谢谢)*(?:$|[，。])`)
	teachOther = regexp.MustCompile(`(?:^|[，。])` + mine + `(?:` + how + `|` + partOfDay + `)*(?:可以|能够|能|愿意|乐意)(?:` + can + `|` + how + `|` + partOfDay + `|免费|义务|在社区|给|为)*教(?:` + pupils + `|一起|学|一下)*([^，。训育你他她它谁不会室师材` + liked + `][^，。` + liked + `]{0,7}?)(?:吗|吧|的|呢|啊|呀)*(?:$|[，。])`)
	// teachSince says before what they can: 我会弹吉他，可以教大家.
	teachSince = regexp.MustCompile(`(?:^|[，。])` + mine + `(?:` + how + `)*会((?:` + does + `|` + some + `)*` + liked + `)，?(?:` + mine + `)?(?:` + how + `)*(?:可以|能够|能|愿意|乐意)(?:` + how + `|` + partOfDay + `|免费|义务)*教(?:` + pupils + `|一下)*(?:吗|吧|的|呢|啊|呀)*(?:$|[，。])`)
	teachEn    = regexp.MustCompile(`(?:^|[，。])(?:i|my (?:wife|husband|son|daughter)) (?:can|could|would like to|would be happy to|am happy to|am willing to) (?:also )?teach (?:people |neighbours |children |kids |others |how to |to )*([a-z` + liked + `][a-z \-` + liked + `]{0,30}?)(?: (?:for free|in the evenings?|at weekends?|on weekends?|to (?:children|kids|neighbours|others)))*(?:$|[，。])`)
	notTaught  = regexp.MustCompile(`训|怎么投诉|做人|规矩|him|her|them|you|lesson`)
)

// teaches reads what somebody says they could teach: "我可以教吉他".
func (d *directory) teaches(w *written, s *seen) *flows.OfferLine {
	if len(w.r) < 3 || len(w.r) > longestWish || w.link || w.all {
		return nil
	}
	if l := string(w.r); !strings.ContainsAny(l, "教带帮导") && !strings.Contains(l, "teach") {
		return nil
	}
	l := d.leisure(w)
	for _, p := range []*regexp.Regexp{teachKnown, teachSince, teachOther, teachEn} {
		m := p.FindStringSubmatchIndex(l.line)
		if m == nil || notTaught.MatchString(l.line[m[2]:m[3]]) || l.complains(m) {
			continue
		}
		if p == teachOther && (s.reading.Item != "" || foreign.MatchString(l.line[m[2]:m[3]])) {
			continue
		}
		title := cleaned(l.piece(m[2], m[3]))
		if title == "" {
			continue
		}
		out := &flows.OfferLine{Title: title, Teach: true}
		if i := strings.Index(w.raw, "免费"); i >= 0 {
			out.Cost = "免费"
		}
		return out
	}
	return nil
}
