package local

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows"
)

// longestWish is how many runes a message has that is a wish: who writes more wants
// something done, or tells a story.
const longestWish = 70

// A wish is read by a grammar, and not by what it mentions: between "想" and the name of an
// interest, and behind it, nothing may stand that the patterns do not know. "希望跳舞的小声点"
// mentions an interest and is a demand, which must never be lost.
const (
	who = `(?:我们家|我们几个|我们|我家|我和我?|我跟我?|我自己|我|俺们?|咱们家?|咱|本人|自己|家里人?|` + kids + `|老伴儿?|老公|老婆|爱人|我?妈妈?|我?爸爸?|老人家?|老年人|奶奶|爷爷|年轻人|上班族|打工人|租户|大家|邻居们?|街坊们?|几个|一帮|一群|朋友|姐妹们?|家人|一家人|全家|刚退休的?|退休了?|刚搬来的?|新搬来的?|新来的|好多人|很多人|不少人|有人)`
	how = `(?:特别|很|也|还|都|一直|就|真的|真|最近|有点儿?|非常|挺|超级|超|好|只|现在|早就|老|倒是|更|最|比较|主要|突然|忽然|一起|其实)`

	wants = `(?:想要|想着|想|希望能?|盼望着?|盼着?|期待|期盼|求|建议|提议|能不能|能否|可不可以|可否|是否可以|是不是可以|要是能|如果能|要不|不如|有没有人|有没有|有没|有无|有谁|谁会|谁能)`
	// has needs a question behind it.
	has = `(?:还有人|还有|都有|有人|有什么|有哪些|有些什么|有)`
	// leads stand before what is wished for, and say nothing of it; hold does, too.
	leadIn = `(?:能够|能|可以|可|会|有机会|有人|有谁|有地方|有个地方|有什么|有些|有个|有1个|有一个|有|找个地方|找个人|找个|找人|找些人|找伴儿?|找|约人|约|组队|结伴|咱们社区里?|我们社区里?|社区里?|居委会|居委|咱们?|你们|咱们小区里?|小区里?|邻里|这里|这儿|这边|多一些|多些|多|再|也|常|经常|在|去|来|给|让|为|请老师|请人|请个老师|请|周围|附近|家门口|就近|一起|大伙|居民们?|业主|免费|便宜点?的?|简单的?|入门的?|0基础的?|零基础的?|专门|适合(?:` + who + `)(?:参加|玩|做|学)?的?|面向(?:` + who + `)的?|` + partOfDay + `|` + withKids + `|` + who + `)`
	hold   = `(?:组建|组个|组|成立|开办|办起?|组织起?|开设|开展|开|举办|举行|安排|设立|设|搞|弄|教教|教一教|教|带带|带|讲讲|讲一讲|讲|培训|辅导|放映?|播放?|普及)`
	some   = `(?:一个|1个|几个|个|一些|些|一点儿?|点儿?|一次|1次|几次|次|一场|1场|场|几场|一期|期|一门|门|几节|一节|节|一堂|堂|一支|支|一届|届|一下|什么|这样的|类似的?|正规的?|好的)`
	does   = `(?:学学|学习一下|学习学习|学习|学一下|学一学|学会|学着|学[养种修]|学|练练|练一练|练习|练|玩玩|玩一玩|玩儿?|打打|打|跳跳|跳|做做|做|参加|参与|加入|报个名|报|听听|听|看看|看|唱唱|唱|弹弹|弹|吹|拉|写写|写|画|读读|读|下|上|骑|爬|试试|试一?下|尝试|体验一?下?|聊聊|聊|交流一?下?|认识|怎么|如何|用|在家)`
	tails  = `(?:课程|课堂|公开课|体验课|课|夜校|兴趣班|培训班|提高班|基础班|入门班|暑假班|班|培训|讲座|沙龙|活动|社团|社群|社|团体|团|兴趣小组|小组|组|俱乐部|友谊赛|比赛|联赛|大赛|赛|联谊|工作坊|体验|训练营|营|队伍|队|搭子|伙伴们?|同伴|伴儿?|同好|分享会|分享|交流会|交流|聚会|会|角|展|日|夜|节|晚会|专场|基础|入门|0基础|零基础|初级|技巧|技术|知识|常识|技能|方法|手艺|老师|教练|的地方|的人|的场所|地方|人|玩玩|玩|练习|练|学学|学|什么的|之类的?|啥的|等等|等|一下|吗|么|嘛|呢|吧|啊|呀|呗|哦|哈|啦|没有|没|不|可以吗|行吗|行不行|好吗|好不好|怎么样|如何|能行吗|都行|都可以|都好|就好了?|就更好了?|就太好了|多好|该多好|也行|也可以|也好|能去|可以去|能参加|可以参加|参加|给大家|谢谢了?|多谢|拜托了?|感谢|或者|或|和|跟|以及|还有|` + liked + `|` + does + `|一个|几次|` + partOfDay + `|` + withKids + `|` + who + `)`

	opens   = `(?:^|[，。])(?:您好|你好|大家好|请问一?下?|问一?下|邻里|书记好|主任好)?(?:社区里?|小区里?|咱们社区|我们社区|咱们小区|我们小区|这里|这儿|附近)?`
	from    = `((?:` + who + `|` + partOfDay + `|` + how + `|` + withKids + `)*)`
	lead    = `((?:` + leadIn + `|` + hold + `|` + some + `)*)`
	core    = `((?:` + does + `|` + some + `|` + withKids + `|` + partOfDay + `|大家|一起|自己)*` + liked + `(?:` + tails + `)*)`
	wishEnd = `(?:$|[，。])`
	unnamed = `([^，。` + liked + `]{1,8})`
)

var (
	// Groups 1 and 2 may hold when and with whom, 3 is what is wished for.
	wishNamed = regexp.MustCompile(opens + from + wants + lead + core + wishEnd)
	wishHas   = regexp.MustCompile(opens + from + has + lead + core + wishEnd)
	// wishKeen is 对摄影感兴趣.
	wishKeen = regexp.MustCompile(opens + from + `对()` + core + `(?:` + how + `)*(?:感|有)兴趣`)
	// wishPlain has no word for wishing: 下班后能去的健身, 周末带孩子徒步, 学吉他.
	wishPlain   = regexp.MustCompile(`^((?:` + partOfDay + `|` + withKids + `|` + kids + `|我)*)((?:能去的?|可以去的?|能参加的?|可以参加的?|适合(?:` + who + `)(?:参加|玩|做|学)?的?|一起|去|来|玩|的|大家)*)` + core + `。?$`)
	plainEnough = regexp.MustCompile(`^学|能去|可以去|能参加|可以参加|适合|下了?班|` + withKids + `|(?:课|班|活动|社团|俱乐部|小组)。?$`)
	// wishLearn and the two after it name something that is no interest of the community.
	wishLearn  = regexp.MustCompile(opens + from + wants + lead + `((?:学学|学习|学一学|学一下|学会|学)(?:怎么|如何|一下|点儿?|一点儿?|一些|些)?` + unnamed + `)(?:` + tails + `)*` + wishEnd)
	wishTaught = regexp.MustCompile(opens + from + `(?:有没有人?|有没|有无|有谁|谁会|谁能|希望有人|求人?)` + `((?:会|能|可以|来|` + partOfDay + `)*)教(?:我们?|大家|` + kids + `)*(` + unnamed + `)(?:的人|的老师|的地方|的|课|老师)+(?:吗|么|呢|啊)?` + wishEnd)
	wishHeld   = regexp.MustCompile(opens + from + wants + `((?:` + leadIn + `)*` + hold + `(?:` + leadIn + `|` + some + `)*)(` + unnamed + `(?:公开课|体验课|课程|课|夜校|兴趣班|培训班|讲座|沙龙|工作坊|社团|俱乐部|比赛|兴趣小组|训练营|分享会|运动会|联谊会))(?:` + tails + `)*` + wishEnd)
	// wishOut is 有没有周末带孩子能去的地方.
	wishOut = regexp.MustCompile(opens + from + `(?:` + wants + `|` + has + `)` + lead + `((?:` + does + `|` + some + `|` + withKids + `|` + partOfDay + `|出去|出门|能去的?|可以去的?|能参加的?|可以参加的?|能玩的?|可以玩的?|适合(?:` + who + `)(?:参加|玩|做|学)?的?)*(?:活动|地方|去处|项目|玩))(?:的|` + tails + `)*` + wishEnd)

	learns    = regexp.MustCompile(`^学[校生费区位历期前籍童员分]`)
	foreign   = regexp.MustCompile(`证|手续|申请|补贴|补助|津贴|社保|医保|低保|政策|维权|物业|业委会|社区|小区|邻居|楼|电梯|停车|车位|垃圾|孩子的?$|老师$|好$|乖$|校|^[他她你它]|[他她你]们|托管|招聘|听证|议事|协商|业主|居民|会议`)
	otherThan = regexp.MustCompile(`修|清理|清运|打扫|拆|换|装|增设|加装|处理|解决|管管|管一管|小声|安静|小点声|声音|吵|扰|别|不要|不许|不让|不准|禁止|停|关掉|关上|关了|投诉|反映|举报|漏|坏|堵|臭|脏|危险|受不了|难受|失眠|睡|催|赔|退款|退钱|收费太|报警`)
	kept      = strings.NewReplacer("特别", "", "别的", "", "分别", "", "级别", "", "性别", "", "停下", "", "关于", "", "有关", "")
	saidWhen  = regexp.MustCompile(partOfDay + `|` + withKids)
	asked     = regexp.MustCompile(`(?:吗|么|没有|没|不|呢)。?$`)

	wishEnglish = regexp.MustCompile(`(?:^|[，。 ])(?:(?:i，d|i would|we，d|we would|my (?:son|daughter|kids?|children|wife|husband|mother|father) would) (?:really |also |both )?(?:like|love)(?: to)?|(?:i|we|my (?:son|daughter|kids?|children|wife|husband|mother|father)) (?:really |also )?(?:wants?|hopes?|wish|wishes) to|(?:is|are) there (?:any |a |an |some )?|(?:could|can) (?:we|you|somebody|someone|the community) (?:please )?(?:have|organi[sz]e|hold|start|offer|set up|arrange|run|do|teach)(?: us)?|(?:i，m|i am|we are|we，re) (?:very |really )?interested in|anyone (?:up )?for|how about) ?([a-z0-9 \-]{0,40}?(?:` + liked + `|\blearn(?:ing)? (?:how )?(?:to )?[a-z]{3})[a-z0-9 \-` + liked + `]{0,50})(?:$|[，。])`)
	notWished   = regexp.MustCompile(`\b(?:fix|fixed|fixing|repair|repaired|broken|stop|stopped|noise|noisy|loud|quiet|remove|complain|not|no|report|know|ask|buy|sell|borrow|rent|cancel|sign up|why|when does|dirty|leak|lost|turn off|turn down|learn (?:why|when|who|what|where|whether|if|about (?:the|my|your)))\b`)
	article     = regexp.MustCompile(`^(?:to |a |an |some |any )+`)
	questions   = []string{"为什么", "为啥", "几点", "什么时候开始", "多少钱", "报名", "取消"}
)

// wish reads what somebody would like there to be: "想学吉他", "周末带孩子徒步". A message that
// says of anything that it is wrong, or asks for work to be done, is none, whatever
// interests it names; where it names none, it must not look like a demand either.
func (d *directory) wish(w *written, s *seen, before bool, maybe float64) *flows.WishLine {
	if len(w.r) < 3 || len(w.r) > longestWish || w.link || w.all {
		return nil
	}
	l := d.leisure(w)
	if len(l.list) == 0 && !strings.ContainsAny(l.line, "学教课班玩") && !strings.Contains(l.line, "活动") && !strings.Contains(l.line, "地方") && !strings.Contains(l.line, "learn") {
		return nil
	}
	m, named, held := l.wished(before)
	if m == nil || m[6] >= m[7] {
		return nil
	}
	if !named && (s.reading.Demand >= maybe && !held || s.reading.Item != "" || s.said.place()) || l.complains(m) {
		return nil
	}
	out := &flows.WishLine{Free: free(l.whole()), Children: little.MatchString(string(w.r))}
	for _, x := range l.list {
		if x.start >= l.at[m[6]] && x.end <= l.at[m[7]] {
			out.Interest = x.id
			break
		}
	}
	if out.Interest == "" && out.Children {
		out.Interest = d.likes.with(&w.text)
	}
	var parts []string
	for _, g := range [2]int{2, 4} {
		for _, t := range saidWhen.FindAllStringIndex(l.line[max(m[g], 0):max(m[g+1], 0)], -1) {
			if p := l.piece(m[g]+t[0], m[g]+t[1]); !slices.Contains(parts, p) && !slices.Contains(idleTimes, p) {
				parts = append(parts, p)
			}
		}
	}
	text := cleaned(l.piece(m[6], m[7]))
	if text == "" {
		return nil
	}
	out.Text = strings.Join(parts, "") + text
	return out
}

// idleTimes say nothing by themselves.
var idleTimes = []string{"的", "时候", "的时候", "时间", "以后", "之后", "后", "里", "平时", "平常", "没事", "有空", "有时间"}

// wished finds the words; group 3 is what is wished for. named says that it is an
// interest, held that somebody is to hold a course or the like.
func (l *leisure) wished(before bool) (m []int, named, held bool) {
	if len(l.list) > 0 {
		for _, p := range []*regexp.Regexp{wishNamed, wishKeen} {
			if m := p.FindStringSubmatchIndex(l.line); m != nil {
				return m, true, false
			}
		}
		if m := wishHas.FindStringSubmatchIndex(l.line); m != nil && (l.question || asked.MatchString(l.line[:m[1]])) {
			return m, true, false
		}
		if m := wishPlain.FindStringSubmatchIndex(l.line); m != nil && !before && plainEnough.MatchString(l.line) {
			// All of it is what they would like.
			return []int{m[0], m[1], 0, 0, 0, 0, m[2], m[7]}, true, false
		}
	}
	if m := wishEnglish.FindStringSubmatchIndex(l.line); m != nil && !notWished.MatchString(l.line) {
		i := m[2] + len(article.FindString(l.line[m[2]:m[3]]))
		return []int{m[0], m[1], 0, 0, 0, 0, i, m[3]}, strings.Contains(l.line[i:m[3]], liked), false
	}
	for _, p := range []*regexp.Regexp{wishLearn, wishTaught, wishHeld} {
		m := p.FindStringSubmatchIndex(l.line)
		if m == nil {
			continue
		}
		if x := l.line[m[6]:m[7]]; strings.Contains(l.line[m[0]:m[1]], liked) || learns.MatchString(x) || foreign.MatchString(x) || utf8.RuneCountInString(x) < 2 {
			continue
		}
		return m[:8], false, p == wishHeld
	}
	if m := wishOut.FindStringSubmatchIndex(l.line); m != nil {
		x := l.line[m[0]:m[1]]
		with := takesKids.MatchString(x)
		if wishWord.MatchString(x) || l.question || asked.MatchString(x) {
			if with || free(x) != "" && strings.HasSuffix(l.line[m[6]:m[7]], "活动") {
				return m[:8], false, false
			}
		}
	}
	return nil, false, false
}

var (
	takesKids = regexp.MustCompile(withKids + `|适合(?:我家|我的|我)?` + kids)
	// wishWord tells 有没有 from 有, which needs a question mark.
	wishWord = regexp.MustCompile(`^` + opens + from + wants)
)

// whole is the line with the words of the interests.
func (l *leisure) whole() string {
	s, _ := l.text.line()
	return s
}

// complains says that something is wrong, or to be done, besides what the interests are called.
func (l *leisure) complains(m []int) bool {
	for _, h := range keep(talk.find(&l.written.text)) {
		switch h.class {
		case as.problem, as.grave, as.plea, as.urgent, as.flood, as.appeal, as.blame, as.blameHard, as.status, as.reported, as.solved:
			if !slices.ContainsFunc(l.list, func(x like) bool { return x.start < h.end && h.start < x.end }) {
				return true
			}
		}
	}
	return otherThan.MatchString(kept.Replace(l.line)) || slices.ContainsFunc(questions, func(q string) bool { return strings.Contains(l.line, q) })
}

var (
	politeEnd = regexp.MustCompile(`(?:[吗么嘛呢吧啊呀呗哦哈啦没不的]|的(?:老师|人)|没有|可以吗|行吗|行不行|好吗|好不好|怎么样|如何|就好了?|就更好了?|就太好了|多好|该多好|谢谢了?|多谢|拜托了?|感谢|please|thanks|thank you)$`)
	looseHead = regexp.MustCompile(`^(?:参加|加入|一个|1个|个|一些|些|一点儿?|点儿?|一次|次|一场|场|一下|什么|教)`)
)

// cleaned takes off what is only said politely.
func cleaned(s string) string {
	s = strings.Trim(strings.Join(strings.Fields(s), " "), hems)
	for {
		x := strings.Trim(looseHead.ReplaceAllString(politeEnd.ReplaceAllString(s, ""), ""), hems)
		if x == s || utf8.RuneCountInString(x) < 2 {
			return s
		}
		s = x
	}
}
