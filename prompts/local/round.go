package local

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/flows"
)

// longestVisit is how many runes a message has that is about visits and nothing else.
const longestVisit = 60

// The patterns are matched with what is left of a message, in the form of [text.line],
// when the household that it names is taken out.
const (
	visitCourtesy = `(?:您好|你好|你们好|麻烦|请|谢谢|谢谢了|好的|嗯|hello|hi|thanks|thank you|please)`
	visitComing   = `(?:(?:可以|能|能不能|希望|想|想请|请|麻烦|欢迎|愿意)?(?:你们|您|网格员|社区|社区的人|有人|人|网格员同志)?(?:可以|能|能不能)?(?:常|经常|有空|有空了|定期|隔段时间|平时)?(?:来|过来|上门)(?:家里|我家)?(?:看看|看望|看一看|瞧瞧|走访|坐坐)(?:我们|我|一下|老人|我家|我们家|老两口)?` +
		`|(?:我们|我|本人|我家)?(?:也)?(?:同意|愿意|要|想要|接受|参加)(?:你们)?(?:上门|来人|定期)?(?:走访|探访|看望)` +
		`|(?:you can |you may |i would like you to |i，d like you to )?(?:please )?(?:visit me|come (?:and|to) see me|come and visit me)|i agree to (?:be visited|visits)|visits are fine)`
	visitRinging = `(?:(?:可以|能|能不能|希望|请|麻烦|就)?(?:你们|网格员|社区|有人)?(?:可以|能|常|经常|有空|定期|平时)?(?:给我|给我家)?打(?:个)?电话(?:给我|问问我|问问|问候|问一下|看看|联系)(?:我|我们|就行|就好)?|(?:给我)?打电话就(?:行|好|可以)|(?:我们|我|本人)?(?:同意|愿意)(?:你们)?打电话(?:问候|询问|问问)?` +
		`|(?:please )?(?:call me|phone me)(?: every few weeks| now and then| sometimes)?|calls only|i agree to calls)`
	visitEnding = `(?:(?:以后|今后|从今天起)?(?:不用|不要|别|不需要|停止|取消|不想要|不要再|不用再|别再)(?:再)?(?:来)?(?:走访|探访|看望我|看望|来看我|看我|上门看我|来看望)(?:我|我们|我家)?|(?:以后|今后)?(?:不用|不要|别|不用再|别再)(?:再)?打电话(?:问候|问我|来问|走访|给我)` +
		`|(?:please )?(?:no more|stop the|stop) (?:visits|visiting me|calls)(?: and calls)?|do(?: not|n，t) visit me(?: any more)?|no visits)`
	visitAgreed = `(?:家|户|那户|这户|住户|的住户|老人|的老人|人家)*(?:已经|都|也|说)?(?:同意|愿意|可以|要)(?:了)?(?:上门|来人|定期)?(?:走访|探访|看望|被走访)|(?:has |have )?agree(?:s|d)? to (?:visits|be visited)`
	visitRung   = `(?:家|户|那户|这户|住户|的住户|老人|的老人|人家)*(?:已经|都|也|说)?(?:同意|愿意|可以|要)(?:了)?(?:只)?打电话|(?:has |have )?agree(?:s|d)? to calls`
	visitAfter  = `(?:吗|吧|了|啊|呀|呗|就行|就好|好吗|行吗|可以吗|不)*`
	tickDone    = `(没问题|没事|正常|都好|好的|有问题|去过|走过|看过没问题|看过|没人在家|没人|不在家|没在家|打过电话|打了电话|打电话了|looked at|fine|ok|wrong|something wrong|visited|been|nobody home|nobody at home|not at home|called)(?:了|的)?`
)

var (
	visitSelf  = regexp.MustCompile(`^(?:` + visitCourtesy + `[，。 ]*)*` + visitComing + visitAfter + `[，。 ]*(?:` + visitCourtesy + `[，。 ]*)*$`)
	visitPhone = regexp.MustCompile(`^(?:` + visitCourtesy + `[，。 ]*)*` + visitRinging + visitAfter + `[，。 ]*(?:` + visitCourtesy + `[，。 ]*)*$`)
	visitStop  = regexp.MustCompile(`^(?:` + visitCourtesy + `[，。 ]*)*` + visitEnding + visitAfter + `[，。 ]*(?:` + visitCourtesy + `[，。 ]*)*$`)
	visitTold  = regexp.MustCompile(`^(?:` + visitAgreed + `)` + visitAfter + `[，。 ]*$`)
	phoneTold  = regexp.MustCompile(`^(?:` + visitRung + `)` + visitAfter + `[，。 ]*$`)
	tickLine   = regexp.MustCompile(`^(?:第?(?:\d{1,2}[号条和， ]*)+` + tickDone + `[，。 ]*)+$`)
	tickOne    = regexp.MustCompile(`((?:\d{1,2}[号条和， ]*)+)` + tickDone)
	tickAll    = regexp.MustCompile(`^(?:今天|这周|本周|都|全部|全|已经|的)*(?:看过|走完|去过|走过|看完)(?:了|一遍|，| |都|全部)*(?:没问题|没事|正常)?(?:了)?[，。 ]*$|^(?:all )(?:done|fine|visited)[，。 ]*$`)
	// englishHome is a household in English words, which are read elsewhere.
	englishHome = regexp.MustCompile(`(?:building|block) (\w+)[，。 ]*(?:unit|entrance) \w+[，。 ]*(?:room|door|flat|apartment|apt)[，。 ]*\w+`)
	ordinal     = regexp.MustCompile(`\d{1,2}`)
	tickWays    = map[string]string{
		"没问题": "ok", "没事": "ok", "正常": "ok", "都好": "ok", "好的": "ok", "看过没问题": "ok", "看过": "ok", "looked at": "ok", "fine": "ok", "ok": "ok",
		"有问题": "found", "wrong": "found", "something wrong": "found",
		"去过": "been", "走过": "been", "visited": "been", "been": "been",
		"没人在家": "out", "没人": "out", "不在家": "out", "没在家": "out", "nobody home": "out", "nobody at home": "out", "not at home": "out",
		"打过电话": "called", "打了电话": "called", "打电话了": "called", "called": "called",
	}
)

// visitWords says that a message may be about visits: what costs something is only done
// then.
func visitWords(raw string) bool {
	if utf8.RuneCountInString(head(raw, longestVisit+1)) > longestVisit {
		return false
	}
	low := strings.ToLower(raw)
	for _, w := range []string{"访", "訪", "看看", "看望", "看我", "看一看", "瞧瞧", "坐坐", "电话", "電話", "没问题", "沒問題", "有问题", "有問題", "没事", "正常", "在家", "没人", "沒人", "过了", "過了", "看过", "看過", "去过", "去過", "走过", "走完", "看完",
		"visit", "see me", "call", "phone me", "fine", "ok", "nobody", "been", "done", "wrong", "not at home", "looked at"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// visit reads what somebody says about visits, for themself or for a household, and what
// they say of the list of a week. It is nothing where the message says more than that. Read
// is the place that was found in it.
func (d *directory) visit(raw string, read flows.Place) *flows.VisitLine {
	if !visitWords(raw) {
		return nil
	}
	w := write(proper(raw, longestVisit))
	line, byteOf := w.line()
	if m := ticks(line); len(m) > 0 {
		return &flows.VisitLine{Ticks: m}
	}
	out := &flows.VisitLine{}
	first := false
	if h, ok := d.householdFrom(&w, 0, ""); ok && h.Room != "" && h.Building != "" {
		end := len(line)
		if h.end < len(byteOf) {
			end = byteOf[h.end]
		}
		out.Place, first = h.Place, h.start == 0
		line = strings.Trim(line[:byteOf[h.start]], "，。 ") + "，" + strings.Trim(line[end:], "，。 ")
		line = strings.Trim(line, "，。 ")
		line = strings.TrimPrefix(line, "室")
		line = strings.TrimPrefix(line, "的")
	} else if m := englishHome.FindStringSubmatchIndex(line); m != nil && read.Room != "" {
		out.Place, first = read, m[0] == 0
		if out.Place.Building == "" {
			out.Place.Building = line[m[2]:m[3]]
		}
		line = strings.Trim(strings.Trim(line[:m[0]], "，。 ")+"，"+strings.Trim(line[m[1]:], "，。 "), "，。 ")
	}
	line = strings.Trim(line, "，。 ")
	for _, begin := range []string{"我住在", "我住", "我家在", "住在", "i live in", "i live at"} {
		if i := strings.LastIndex(line, begin); out.Place.Room != "" && i >= 0 && i+len(begin) == len(line) {
			line = strings.Trim(line[:i], "，。 ")
		}
	}
	switch {
	case visitStop.MatchString(line):
		out.Stop = true
	case first && visitTold.MatchString(line):
		out.Told = true
	case first && phoneTold.MatchString(line):
		out.Told, out.Phone = true, true
	case visitPhone.MatchString(line):
		out.Phone = true
	case visitSelf.MatchString(line):
	case !first && (visitTold.MatchString(line) || phoneTold.MatchString(line)):
		out.Phone = phoneTold.MatchString(line)
	default:
		return nil
	}
	return out
}

// ticks reads "1没问题，3没人在家" and "都看过了".
func ticks(line string) (list []flows.Tick) {
	switch {
	case tickAll.MatchString(line):
		list = []flows.Tick{{How: "ok"}}
		if !strings.Contains(line, "看") && !strings.Contains(line, "fine") {
			list = append(list, flows.Tick{How: "been"})
		}
	case tickLine.MatchString(line):
		for _, m := range tickOne.FindAllStringSubmatch(line, -1) {
			for _, n := range ordinal.FindAllString(m[1], -1) {
				if k, err := strconv.Atoi(n); err == nil && k > 0 {
					list = append(list, flows.Tick{N: k, How: tickWays[m[2]]})
				}
			}
		}
	}
	return list
}
