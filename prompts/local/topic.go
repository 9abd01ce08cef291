package local

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows"
)

// longestTopic is how many runes a topic has at most.
const longestTopic = 200

// longestCall is how many runes a message has that asks for a meeting without a mark: a
// letter of complaint may ask for one at its end, and is one all the same.
const longestCall = 160

// The patterns are matched with a message in its normal form in which "，" stands for a
// comma or a colon, "。" for the end of a sentence and " " for anything less.
const (
	greeting = `(?:(?:您好|你好|大家好|各位好|各位邻居|各位街坊|书记好|主任好|邻里|hello|hi)[，。 ]?)?`
	asks     = `(?:我们|我|咱们|本人|居民|能不能请|可不可以请)?(?:也|还|再|强烈|诚恳)?(?:建议|提议|能不能|能否|可不可以|可否|是否可以|是不是可以|是不是该|希望能|希望|申请|请求|恳请|盼望|想请|麻烦|要求|要不|应该|应当|想要|请|想)(?:能|可以|请)?`
	held     = `(?:召开|组织召开|组织|召集|举行|举办|开|办|搞)(?:一个|一次|一场|个|次|场|下)?`
	body     = `(?:居民|小区|社区|楼栋|全楼|单元|三方|业主|党群|民主)?(?:议事会|议事协商会|协商会|协商议事会|座谈会|听证会|恳谈会|碰头会|圆桌会|讨论会)`
	talks    = `(?:一起)?(?:议一议|议议|议一下|商量一下|商量商量|商量|商议|讨论一下|讨论讨论|讨论|谈一谈|谈谈|说一说|说说|聊一聊|聊聊|协商一下|协商|研究一下|研究研究|研究|合计合计|议)`
	weigh    = `(?:议一议|议议|议一下|商议一下)`
	everyone = `(?:大家伙|大家|大伙|街坊们|邻居们|各位邻居|街坊邻居|居民代表)(?:一起|一块儿|都|来|一起来|坐下来|坐一起)*`
	assembly = held + `(?:` + body + talks + `|` + body + `|(?:会议|会|个会)` + talks + `)`
	matter   = `[，。 ]*(.*)$`
	tail     = `(?:[一]?下)?(?:吧|吗|嘛|呢|呗|么|啊|好吗|行吗|行不行|可以吗|好不好|怎么样)?[，。 ]*(?:谢谢大家|谢谢了|谢谢|谢了|辛苦了|拜托了)?[，。 ]*$`
)

var (
	// topicMark is a mark at the head; the group is what follows.
	topicMark = regexp.MustCompile(`^` + greeting + `(?:我的|新|居民|社区|协商|申报|上报|提交|建议)?(?:#?议题|提议|提案|topic|proposal)(?:建议|申报)?[0-9一二]?[，。 ]`)
	// meetingMark is the name of a meeting; a colon or a bracket must close it.
	meetingMark = regexp.MustCompile(`^` + greeting + `#?(?:居民|社区|小区|楼栋)?(?:议事会议题|议事会|议事协商会|协商议事会|听证会|hearing)[，。 ]`)
	// bringing somebody says that they have a topic.
	bringing  = regexp.MustCompile(`^` + greeting + `(?:我们|我|咱们|本人)?(?:这里|这边|也)?(?:想要|想|要|来|申请)?(?:给议事会|向议事会|给社区)?(?:提出|提交|提|报|申报|有)(?:一个|1个|个|一条|一)(?:新)?(?:居民|协商|议事会|的)*(?:议题|提议|提案|议事会的题目)(?:想|要|请|给)?` + matter)
	proposing = regexp.MustCompile(`^` + greeting + `(?:我们|我|本人)(?:想|要)?(?:在这里|在此)?提议` + matter)
	// callFirst asks for a meeting, and then says about what.
	callFirst = regexp.MustCompile(`^` + greeting + asks + `([^，。]{0,10}?)(?:` + assembly + `|` + weigh + `|` + everyone + talks + `)` + matter)
	justHold  = regexp.MustCompile(`^` + greeting + `(?:来)?(?:召开|组织|开|办)(?:一个|一次|一场|个|次|场)` + body + talks + matter)
	letUs     = regexp.MustCompile(`^` + greeting + `(?:请|让)?` + everyone + weigh + matter)
	// about has the matter in the middle: 就楼前停车的事开个议事会.
	about = regexp.MustCompile(`^` + greeting + `(?:` + asks + `([^，。]{0,6}?))?(?:就|针对|关于|围绕|对于|对)(.{2,60}?)[，。 ]?(?:` + asks + `([^，。]{0,8}?))?(?:` + assembly + `|` + weigh + `)` + tail)
	// callLast says the matter, and then asks for a meeting.
	callLast  = regexp.MustCompile(`^` + greeting + `(.{2,}?)[，。 ]?(?:` + asks + `([^，。]{0,10}?)(?:` + assembly + `|` + weigh + `|` + everyone + talks + `|(?:拿到|放到|提到|提交|提交到|上|列入|报到)(?:居民|社区)?(?:议事会|议题)(?:上)?` + talks + `?)|(?:请|让)?` + everyone + talks + `)` + tail)
	inEnglish = regexp.MustCompile(`^` + greeting + `(?:please |can we |could we |may we |can you |could you |let us |let，s |i would like to |i，d like to |we would like to |i want to |i propose to |we should )(?:please )?(?:hold|have|call|arrange|organise|organize) (?:a |an )?(?:residents，? )?(?:hearing|meeting)(?: together)? (?:about|on|over|regarding|to discuss|to talk about|to talk over|for) (.+)$|^` + greeting + `(?:i would like to |i，d like to |i want to )(?:propose|suggest|raise) a topic[，。 ]*(?:for (?:a|the next) hearing)?[，。 ]*(.+)$`)

	// openMark and openCall are of a complaint meeting, 居民吐槽大会.
	openMark = regexp.MustCompile(`^` + greeting + `#?(?:居民|小区|社区|业主|邻里)?(?:吐槽大会|吐槽会|complaints? meeting|open meeting)(?:([，。 ].*)|$)`)
	openSoon = regexp.MustCompile(`^` + greeting + `(?:居民|小区|社区|业主|邻里)?(?:吐槽大会|吐槽会)`)
	openCall = regexp.MustCompile(`^` + greeting + `(?:` + asks + `([^，。]{0,8}?)|我们|咱们|社区|来|该)?` + held + `(?:[^，。]{0,4}?)(?:吐槽大会|吐槽会)(?:吧|吗|呗|嘛)?` + matter)

	// standing asks how a meeting stands, or tells of one.
	standing  = regexp.MustCompile(`什么时候|啥时候|何时|几点开|几点(?:$|[，。])|哪天|哪一天|多会儿|在哪|哪里开|开了没|开了吗|开没开|开过|开完|定了没|定了吗|有结果|结果(?:呢|怎么|出来)|怎么样了|怎么说|通过了|通过没|批了|审了|取消|改期|还开|没开|没下文|上次|昨天|怎么报名|报名|怎么提|怎么写|怎么申请|是什么|去不了|来不了|不去|参加不了`)
	asksFirst = regexp.MustCompile(`^(?:会|是|我|还)?(?:什么时候|啥时候|何时|几点|哪天|哪一天|多会儿|在哪|开了没|开了吗|开没开|开过|定了|有结果|结果|怎么样|怎么说|通过了|通过没|批了|审了|取消|改期|还开|没开|没下文|怎么报名|报名|怎么提|怎么写|怎么申请|是什么|去不了|来不了|不去|参加不了)`)
	// others are words before a call that make another thing of it.
	others = []string{"问", "通知", "告诉", "参加", "转告", "提醒", "知道", "不", "别", "来", "去", "说"}
	// goesOn begins what is no matter: 开议事会的时候小声点.
	goesOn = []string{"的", "了", "时", "前", "后", "完", "室", "场", "员", "吗", "没", "过", "上", "通知", "时间", "地点", "名单", "记录", "纪要", "结果", "成员", "代表", "主任", "是", "不", "人", "制度", "规则"}
)

// topicLine is what topic finds.
type topicLine struct {
	*flows.TopicLine
	marked bool // with a mark of its own: no poll, whatever else it says
}

// topicWords says that a message may hold a topic: what costs something is only done then.
func topicWords(raw string) bool {
	if strings.ContainsAny(raw, "议議槽") || strings.ContainsAny(raw, "会會") && strings.ContainsAny(raw, "开開组組召办辦搞举舉") || strings.Contains(raw, "提案") ||
		(strings.Contains(raw, "大家") || strings.Contains(raw, "大伙") || strings.Contains(raw, "邻居们")) && (strings.Contains(raw, "商量") || strings.Contains(raw, "讨论") || strings.Contains(raw, "討論")) {
		return true
	}
	for _, w := range []string{"topic", "hearing", "meeting", "proposal"} {
		for i := 0; i+len(w) <= len(raw); i++ {
			if raw[i]|0x20 == w[0] && strings.EqualFold(raw[i:i+len(w)], w) {
				return true
			}
		}
	}
	return false
}

// topic reads that somebody wants something talked over before a hearing.
func (d *directory) topic(w *written, plan *flows.Appointment) (topicLine, bool) {
	line, byteOf := w.line()
	// from gives what stands from a byte of the line on, to up to it.
	from := func(at int) string {
		i, _ := slices.BinarySearch(byteOf, at)
		if i >= len(w.r) {
			return ""
		}
		return w.raw[w.begin(i):]
	}
	upTo := func(at int) string {
		i, _ := slices.BinarySearch(byteOf, at)
		return w.raw[:w.end(i)]
	}
	found := func(s string, marked bool) (topicLine, bool) {
		if s = topicText(s); utf8.RuneCountInString(s) < 2 {
			return topicLine{}, false
		}
		return topicLine{&flows.TopicLine{Text: s}, marked}, true
	}
	if m := topicMark.FindStringIndex(line); m != nil {
		if rest := line[m[1]:]; stands(rest) {
			return topicLine{}, false
		}
		return found(from(m[1]), true)
	}
	if m := meetingMark.FindStringIndex(line); m != nil {
		i, _ := slices.BinarySearch(byteOf, m[1])
		if i < len(w.r) && i > 0 && strings.ContainsAny(w.raw[w.end(i):w.begin(i)], ":：】]\n—#＃") && !stands(line[m[1]:]) {
			return found(from(m[1]), true)
		}
	}
	if t, ok := d.open(line, plan); ok {
		return t, true
	}
	if strings.Contains(line, "吐槽") || len(w.r) > longestCall {
		return topicLine{}, false
	}
	if m := bringing.FindStringSubmatchIndex(line); m != nil && !begun(line[m[2]:]) && !stands(line[m[2]:]) {
		return found(from(m[2]), true)
	}
	if m := proposing.FindStringSubmatchIndex(line); m != nil && !begun(line[m[2]:]) && !stands(line[m[2]:]) {
		return found(from(m[2]), true)
	}
	for _, p := range []*regexp.Regexp{about, callFirst, justHold, letUs, callLast, inEnglish} {
		m := p.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		group := func(k int) string {
			if 2*k+1 >= len(m) || m[2*k] < 0 {
				return ""
			}
			return line[m[2*k]:m[2*k+1]]
		}
		last := len(m)/2 - 1
		switch p {
		case about:
			if other(group(1)) || other(group(3)) || stands(line) {
				continue
			}
			return found(strings.TrimPrefix(upTo(m[5]), upTo(m[4])), false)
		case callLast:
			if other(group(2)) || standing.MatchString(line[m[3]:]) {
				continue
			}
			if s := topicText(upTo(m[3])); utf8.RuneCountInString(s) > 1 {
				return found(strings.TrimPrefix(s, topicText(upTo(m[2]))), false)
			}
		case inEnglish:
			if m[2] < 0 {
				m[2] = m[4]
			}
			return found(from(m[2]), false)
		default:
			if p == callFirst && other(group(1)) || begun(group(last)) || standing.MatchString(line[:m[2*last]]) || stands(group(last)) {
				continue
			}
			if t, ok := found(from(m[2*last]), false); ok {
				return t, true
			}
		}
	}
	return topicLine{}, false
}

// open reads a complaint meeting, to which everybody brings their own topics.
func (d *directory) open(line string, plan *flows.Appointment) (topicLine, bool) {
	rest := ""
	if m := openMark.FindStringSubmatchIndex(line); m != nil {
		if m[2] >= 0 {
			rest = line[m[2]:]
		}
	} else if m := openCall.FindStringSubmatchIndex(line); m != nil && (m[2] < 0 || !other(line[m[2]:m[3]])) && !begun(line[m[4]:]) {
		rest = line[m[4]:]
	} else if m := openSoon.FindStringIndex(line); m != nil && plan != nil && len(plan.Times) > 0 && strings.HasPrefix(line[m[1]:], string(normal(plan.Times[0].Words).r[:1])) {
		rest = line[m[1]:]
	} else {
		return topicLine{}, false
	}
	if standing.MatchString(rest) || strings.Contains(rest, "好看") {
		return topicLine{}, false
	}
	out := &flows.TopicLine{Open: true}
	if rest = strings.Trim(rest, "，。 "); rest == "" {
		return topicLine{out, true}, true
	}
	// What is no time and no room may say what it is about.
	if plan != nil {
		rest = plan.Rest
	}
	w := write(rest)
	more, byteOf := w.line()
	if m := openWords.FindStringIndex(more); m != nil {
		i, _ := slices.BinarySearch(byteOf, m[1])
		if rest = ""; i < len(w.r) {
			rest = w.raw[w.begin(i):]
		}
	}
	out.Text = topicText(talkFirst.ReplaceAllString(topicText(rest), ""))
	return topicLine{out, true}, true
}

// openWords are the words for a complaint meeting with what stands before them.
var openWords = regexp.MustCompile(`^.*?(?:吐槽大会|吐槽会|complaints? meeting|open meeting)(?:吧|吗|呗|嘛)?[，。 ]*`)

var talkFirst = regexp.MustCompile(`^` + talks)

// stands says that a text is only a question how a meeting stands.
func stands(s string) bool {
	return utf8.RuneCountInString(s) <= 16 && asksFirst.MatchString(s)
}

// begun says that a text only goes on with the word before it.
func begun(s string) bool {
	return slices.ContainsFunc(goesOn, func(w string) bool { return strings.HasPrefix(s, w) })
}

func other(s string) bool {
	return slices.ContainsFunc(others, func(w string) bool { return strings.Contains(s, w) })
}

// line gives a text with a mark for every boundary, and the byte at which each rune stands.
func (t *text) line() (string, []int) {
	var b strings.Builder
	byteOf := make([]int, len(t.r))
	for i, r := range t.r {
		if i > 0 {
			switch t.stop[i] {
			case soft:
				b.WriteByte(' ')
			case comma:
				b.WriteString("，")
			case sentence:
				b.WriteString("。")
			}
		}
		byteOf[i] = b.Len()
		b.WriteRune(r)
	}
	// A mark may be all there is.
	b.WriteString("。")
	return b.String(), byteOf
}

// topicText makes one line of a topic: no marks around it, no thanks behind.
func topicText(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for more := true; more; {
		s = strings.TrimRight(strings.TrimLeftFunc(s, func(r rune) bool { return edge(r) || strings.ContainsRune("】]）)！!？?。~～", r) }), " 。.!！？?~～，,、；;：:…—")
		more = false
		for _, w := range []string{"谢谢大家", "谢谢了", "谢谢", "谢了", "辛苦了", "拜托了", "拜托", "感谢"} {
			if rest, ok := strings.CutSuffix(s, w); ok && !strings.HasSuffix(rest, "说") && !strings.HasSuffix(rest, "声") {
				s, more = rest, true
				break
			}
		}
	}
	if utf8.RuneCountInString(s) > longestTopic {
		s = strings.TrimSpace(head(s, longestTopic))
	}
	return s
}
