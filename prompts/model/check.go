package model

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Checking what came back: nothing may stand in it that the facts do not hold, and nothing
// that the house does not say. What fails is not mended: the flow goes on without it.

// wrong says in one word why a text is not taken; the desk has a sentence for each. It holds
// nothing of the text.
type wrong struct{ why string }

func (w wrong) Error() string { return "model: the answer does not hold: " + w.why }

// unsaid are words that no text of the house holds, whatever the facts are: see the house's tone.
var unsaid = []string{
	"亲，", "亲们", "亲爱的", "宝子", "家人们", "小伙伴", "尽快", "马上联系", "24小时内", "赶快", "快来", "赶紧", "抓紧", "机不可失", "不容错过", "不要错过", "千万别", "敬请", "欢迎广大", "踊跃", "积极参与",
	"共建", "共治", "共享", "携手", "美好家园", "温馨", "精彩", "丰富多彩", "满满", "火热", "惊喜", "福利", "空巢", "孤寡", "弱势", "深表歉意", "给您带来不便", "作为AI", "作为一个", "语言模型", "人工智能", "抱歉", "无法满足", "扫码", "二维码", "点击", "加微信", "转发", "关注公众号",
	"dear residents", "hurry", "don't miss", "do not miss", "exciting", "amazing", "asap", "as soon as possible", "as an ai", "language model", "click", "we apologise", "we apologize", "sorry for", "together we",
}

// told are words that may stand in an answer only if they stand in the facts: they promise
// something, or say when.
var told = []string{
	"免费", "赠", "奖", "礼品", "礼物", "名额", "先到先得", "额满", "包教", "包会", "报销", "补贴", "退费", "保险", "政府", "街道", "公安", "警察", "物业", "书记", "主任", "专家", "名师", "教练", "志愿者", "合影", "直播", "录像", "拍照",
	"今天", "明天", "后天", "昨天", "今晚", "明晚", "本周", "下周", "这周", "周末", "每周", "每天", "每月", "上午", "中午", "下午", "早上", "傍晚", "凌晨", "半夜",
	"周一", "周二", "周三", "周四", "周五", "周六", "周日", "星期", "礼拜", "已办结", "已处理", "已解决", "已通知", "必须", "罚款", "负责",
	"free of charge", "for free", "prize", "gift", "refund", "police", "government", "today", "tomorrow", "tonight", "weekend", "every week", "every day", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "morning", "noon", "afternoon", "resolved", "closed all", "must",
}

var (
	links  = regexp.MustCompile(`(?i)(?:https?|ftp|file|data|javascript|tg|weixin)\s*[:：]|//|www\.|\b[a-z0-9\-]+\.(?:com|cn|net|org|io|top|xyz|info|me|cc|site|shop|vip|app|dev|ai)\b|@[a-z0-9_]{3,}`)
	clocks = regexp.MustCompile(`[0-9]{1,2}[:：][0-9]{2}`)
	digits = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?`)
	// A Chinese number counts as one where something is counted with it, or where it is long.
	counted = regexp.MustCompile(`([零〇一二两三四五六七八九十百千万半]+)\s*(?:点|时|分|刻|人|位|个|名|号|楼|层|栋|幢|单元|室|月|日|天|年|元|块|次|户|票|周岁|岁|小时|分钟|场|期|节|折|倍)`)
	rooms   = regexp.MustCompile(`[\p{Han}]{2}(?:室|厅|广场|公园|中心|活动站|门口|礼堂|操场|食堂|学校|小学|中学|医院|商场|超市|图书馆|体育馆|球场|大厅|花园|服务站|地下一层|车库)`)
	markup  = regexp.MustCompile("[<>{}\\[\\]`*#|\\\\_~^=]")
	titled  = regexp.MustCompile(`[` + surnames + `](?:[\p{Han}]{0,2}?)(?:阿姨|大爷|大妈|大叔|奶奶|爷爷|叔叔|老师|师傅|先生|女士|小姐|医生|大夫|警官|经理|队长|网格员)`)
	orders  = regexp.MustCompile(`(?i)(?:忽略|无视|忘记|忘掉|覆盖).{0,8}(?:指令|规则|要求|提示|设定)|(?:系统|开发者)(?:提示|指令|消息)|ignore .{0,20}(?:instruction|rule|prompt)|system prompt|developer mode|jailbreak`)
)

// check holds an answer against the facts it was made from.
type check struct {
	facts string // all of them, folded
	shape string // of them, the signs that join and part letters
	nums  map[string]bool
	names []string // known ones, which must not appear unless the facts hold them
	from  int      // runes at least
	to    int      // runes at most
}

func newCheck(facts, names []string, from, to int) check {
	c := check{names: names, from: from, to: to}
	c.facts = plain(strings.Join(facts, "\n"))
	for _, r := range strings.Join(facts, "") {
		if shaping(r) {
			c.shape += string(r)
		}
	}
	c.nums = numbers(c.facts)
	return c
}

// plain is a text as it is compared: folded, in small letters, one space between words.
func plain(s string) string {
	s, _, _ = fold(s)
	return strings.Join(strings.Fields(strings.ToLower(s)), " ")
}

// numbers are the values of all numbers in a text.
func numbers(s string) map[string]bool {
	out := map[string]bool{}
	for _, n := range digits.FindAllString(s, -1) {
		out[value(n)] = true
	}
	for _, m := range counted.FindAllStringSubmatch(s, -1) {
		if v, ok := chinese(m[1]); ok {
			out[strconv.Itoa(v)] = true
		}
	}
	return out
}

// value writes a number without leading zeros.
func value(n string) string {
	t := strings.TrimLeft(n, "0")
	if t == "" || t[0] == '.' {
		return "0" + t
	}
	return t
}

// chinese reads a number in Chinese numerals; false for what is no plain number ("半").
func chinese(s string) (int, bool) {
	value := map[rune]int{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	unit := map[rune]int{'十': 10, '百': 100, '千': 1000}
	total, last, plain := 0, 0, 0
	units := false
	for _, r := range s {
		if v, ok := value[r]; ok {
			last, plain = v, plain*10+v
			continue
		}
		u, ok := unit[r]
		if !ok {
			return 0, false
		}
		units = true
		total, last = total+max(last, 1)*u, 0
	}
	if !units {
		return plain, true // "二〇二六"
	}
	return total + last, true
}

// hold says why an answer does not hold, nil if it does.
func (c check) hold(text string) error {
	n := utf8.RuneCountInString(text)
	switch {
	case n < c.from:
		return wrong{"short"}
	case n > c.to:
		return wrong{"long"}
	case strings.ContainsAny(text, "!！"):
		return wrong{"exclaims"}
	case strings.ContainsRune(text, utf8.RuneError) || strings.ContainsFunc(text, func(r rune) bool { return hidden(r) && !strings.ContainsRune(c.shape, r) }):
		return wrong{"unseen"}
	case markup.MatchString(text):
		return wrong{"markup"}
	}
	t := plain(text)
	if links.MatchString(t) {
		return wrong{"link"}
	}
	if orders.MatchString(t) {
		return wrong{"order"}
	}
	for _, w := range unsaid {
		if strings.Contains(t, w) {
			return wrong{"tone"}
		}
	}
	for _, w := range told {
		if strings.Contains(t, w) && !strings.Contains(c.facts, w) {
			return wrong{"untold"}
		}
	}
	for v := range numbers(t) {
		if !c.nums[v] {
			return wrong{"number"}
		}
	}
	for _, x := range clocks.FindAllString(t, -1) {
		if !strings.Contains(c.facts, strings.ReplaceAll(x, "：", ":")) {
			return wrong{"time"}
		}
	}
	for _, m := range counted.FindAllStringSubmatch(t, -1) {
		if _, ok := chinese(m[1]); !ok && !strings.Contains(c.facts, m[0]) {
			return wrong{"number"}
		}
	}
	for _, x := range slices.Concat(rooms.FindAllString(t, -1), titled.FindAllString(t, -1)) {
		if !strings.Contains(c.facts, x) {
			return wrong{"name"}
		}
	}
	for _, name := range c.names {
		if p := plain(name); utf8.RuneCountInString(p) >= 2 && strings.Contains(t, p) && !strings.Contains(c.facts, p) {
			return wrong{"name"}
		}
	}
	return nil
}

// shaping says of a sign that nobody sees that it gives letters their form, as Mongolian and
// Persian need it: where the facts have it, an answer may.
func shaping(r rune) bool {
	return r >= '\u180b' && r <= '\u180f' || r == '\u200c' || r == '\u200d'
}

// hidden says of a sign that it is not seen, or is no plain text.
func hidden(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.So, r))
}
