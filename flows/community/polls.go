package community

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"linli/flows"
	"linli/flows/community/strict"
)

// The rules for polls: those every community begins with, and what one changes.

//go:embed polls.yaml
var pollsText []byte

// pollsName is what mistakes call the rules that are built in.
const pollsName = "polls.yaml"

// lawful are the rules for polls that are built in.
type lawful struct {
	polls    polls // without forces and matters
	forces   []pollRule
	reserved []reserved
	wrong    Mistakes
}

var builtinPolls = sync.OnceValue(func() (l lawful) {
	page := strict.Open(pollsName, pollsText)
	page.Decode(&l.polls)
	for _, n := range l.polls.Forces {
		var r pollRule
		page.DecodeNode(n, &r)
		l.forces = append(l.forces, r)
	}
	for _, n := range l.polls.Reserved {
		var r reserved
		page.DecodeNode(n, &r)
		l.reserved = append(l.reserved, r)
	}
	l.polls.Where, l.polls.Forces, l.polls.Reserved, l.wrong = strict.Where{}, nil, nil, page.Mistakes
	return l
})

// polls reads the rules for polls and lays the community's own over those that
// are built in: a force or a matter that is known changes what is written of it.
func (b *builder) polls() {
	p, built := b.dir.Polls, builtinPolls()
	b.others = append(b.others, built.wrong...)
	b.s.Polls = flows.Polls{
		Month: p.Month, Floor: p.Floor, Options: p.Options, Shortest: time.Duration(p.Shortest), Longest: time.Duration(p.Longest),
		Days: p.Days, Close: flows.Clock(p.Close), Remind: time.Duration(p.Remind), Extend: time.Duration(p.Extend), Proxies: p.Proxies, Check: time.Duration(p.Check),
	}
	for _, n := range []struct {
		key            string
		v, least, most int
	}{{"month", p.Month, 0, 31}, {"floor", p.Floor, 3, 100}, {"options", p.Options, 2, 10}, {"days", p.Days, 1, 60}, {"proxies", p.Proxies, 0, 5}} {
		if n.v < n.least || n.v > n.most {
			b.wrong(p.Of(n.key), "“%s”要在%d到%d之间，写的是%d", n.key, n.least, n.most, n.v)
		}
	}
	for _, n := range []struct {
		key         string
		v           duration
		least, most time.Duration
		words       string
	}{
		{"shortest", p.Shortest, 10 * time.Minute, 7 * day, "10分钟到7天"}, {"longest", p.Longest, day, 90 * day, "1天到90天"},
		{"remind", p.Remind, time.Hour, 7 * day, "1小时到7天"}, {"extend", p.Extend, time.Hour, 30 * day, "1小时到30天"}, {"check", p.Check, day, 30 * day, "1天到30天"},
	} {
		if time.Duration(n.v) < n.least || time.Duration(n.v) > n.most {
			b.wrong(p.Of(n.key), "投票的“%s”要在%s之间", n.key, n.words)
		}
	}
	switch usual := time.Duration(p.Days) * day; {
	case p.Shortest > p.Longest:
		b.wrong(p.Of("shortest"), "投票最短的时间（shortest）比最长的（longest）还长")
	case p.Days >= 1 && usual > time.Duration(p.Longest):
		b.wrong(p.Of("days"), "没写截止时间时投%d天（days），超过了最长的时间（longest）", p.Days)
	case p.Days >= 1 && usual < time.Duration(p.Shortest):
		b.wrong(p.Of("days"), "没写截止时间时投%d天（days），短于最短的时间（shortest）", p.Days)
	}
	if l := b.dir.Limits; p.Close < l.Morning || p.Close >= l.Evening {
		line := p.Of("close")
		if !p.Has("close") {
			line = l.Of("evening")
		}
		b.warn(line, "投票截止的时间 %s（close）落在不打扰的时段里：结果要等到早上才发", flows.Clock(p.Close))
	}
	b.forces(built)
	b.reserved(built)
}

const day = 24 * time.Hour

// overlaid lays the nodes of the directory over what is built in; id gives what
// a node is about, "" where that is not written.
func overlaid[T any](b *builder, built []T, nodes []*yaml.Node, id func(T) string, none func(T, int), twice func(T)) []T {
	out := slices.Clone(built)
	var seen []string
	for _, node := range nodes {
		if node == nil { // an empty one, which has been told
			continue
		}
		var own T
		quiet := strict.Page{File: b.page.File} // its mistakes are told when it is read for good
		quiet.DecodeNode(node, &own)
		k := id(own)
		i := slices.IndexFunc(out, func(x T) bool { return id(x) == k })
		switch {
		case k == "":
			b.page.DecodeNode(node, &own)
			none(own, node.Line)
			continue
		case slices.Contains(seen, k):
			twice(own)
			continue
		case i < 0:
			var fresh T
			out, i = append(out, fresh), len(out)
		}
		seen = append(seen, k)
		b.page.DecodeNode(node, &out[i])
	}
	return out
}

// note notes a mistake in the file a rule stands in.
func (b *builder) note(w strict.Where, key, format string, args ...any) {
	if w.File == b.page.File {
		b.wrong(w.Of(key), format, args...)
		return
	}
	b.others = append(b.others, Mistake{File: w.File, Line: w.Of(key), Text: fmt.Sprintf(format, args...)})
}

func (b *builder) forces(built lawful) {
	rules := overlaid(b, built.forces, b.dir.Polls.Forces, func(r pollRule) string { return string(r.Force) },
		func(r pollRule, line int) {
			if !r.Has("force") { // an unknown one has been told
				b.wrong(line, "polls 的 forces 里有一条没有写是哪一种投票（force）：sound 摸底、opinion 协商意见、assembly 居民会议表决、owners 业主共同决定")
			}
		},
		func(r pollRule) {
			b.wrong(r.Of("force"), "投票“%s”写了两遍", forceNames[flows.Force(r.Force)])
		})
	for _, r := range rules {
		out := flows.PollRule{Force: flows.Force(r.Force), Tenants: r.Tenants, Proof: r.Proof, Turnout: flows.Share(r.Turnout), Agree: flows.Share(r.Agree), Special: flows.Share(r.Special), Source: r.Source}
		for _, x := range r.Start {
			out.Start = append(out.Start, flows.Role(x))
		}
		for _, x := range r.Units {
			out.Units = append(out.Units, flows.VoteUnit(x))
		}
		b.force(r, out)
		b.s.Polls.Forces = append(b.s.Polls.Forces, out)
	}
}

// force checks what a poll of one force needs.
func (b *builder) force(r pollRule, out flows.PollRule) {
	name := forceNames[out.Force]
	for i, x := range out.Start {
		switch {
		case x == "": // an unknown one has been told
		case slices.Contains(out.Start[:i], x):
			b.note(r.Where, "start", "%s：%s写了两遍", name, x.In("zh-CN"))
		case !b.s.May(flows.Actor{Posts: []flows.Post{{Role: x, Scope: flows.Everywhere}}}, flows.Poll, flows.Everywhere):
			b.note(r.Where, "start", "%s：%s不能发投票", name, x.In("zh-CN"))
		}
	}
	for i, u := range out.Units {
		switch {
		case slices.Contains(out.Units[:i], u):
			b.note(r.Where, "units", "%s：“%s”写了两遍", name, u)
		case (u == flows.PerOwner) != (out.Force == flows.ByOwners) && u != "":
			b.note(r.Where, "units", "%s：一票算谁的（units），业主共同决定只能写 owner，别的只能写 household 或 person", name)
		}
	}
	if len(out.Units) == 0 {
		b.note(r.Where, "units", "%s没有写一票算谁的（units）", name)
	}
	decides := out.Force == flows.Assembly || out.Force == flows.ByOwners
	some := !out.Turnout.Zero() || !out.Agree.Zero() || !out.Special.Zero()
	switch {
	case some && !decides:
		b.note(r.Where, firstOf(r.Where, "turnout", "agree", "special"), "%s不作决定，不能写多少人同意才算（turnout、agree、special）", name)
	case some && r.Source == "":
		b.note(r.Where, firstOf(r.Where, "source", "turnout", "agree", "special"), "%s写了多少才算，却没有写来源（source）：哪部法、哪一条，谁定的", name)
	case decides && r.Source != "" && out.Agree.Zero():
		b.note(r.Where, firstOf(r.Where, "agree", "source"), "%s写了来源，却没有写多少同意才算通过（agree）", name)
	case out.Force != flows.ByOwners && !out.Special.Zero():
		b.note(r.Where, "special", "%s没有特别事项，special 只用于业主共同决定", name)
	}
	if out.Force != flows.ByOwners {
		return
	}
	if out.Tenants {
		b.note(r.Where, "tenants", "%s：租户不是业主，不能投（tenants: false）", name)
	}
	for _, x := range []struct {
		key    string
		v, law flows.Share
	}{{"turnout", out.Turnout, flows.Share{Num: 2, Den: 3}}, {"agree", out.Agree, flows.Share{Num: 1, Den: 2, Over: true}}, {"special", out.Special, flows.Share{Num: 3, Den: 4}}} {
		if r.Source != "" && below(x.v, x.law) {
			b.note(r.Where, x.key, "%s的“%s”不能低于民法典第二百七十八条的%s", name, x.key, x.law.In("zh-CN"))
		}
	}
}

// below says whether a share asks for less than another.
func below(a, b flows.Share) bool {
	if a.Zero() {
		return true
	}
	x, y := a.Num*b.Den, b.Num*a.Den
	return x < y || x == y && b.Over && !a.Over
}

func firstOf(w strict.Where, keys ...string) string {
	for _, k := range keys {
		if w.Has(k) {
			return k
		}
	}
	return keys[0]
}

func (b *builder) reserved(built lawful) {
	list := overlaid(b, built.reserved, b.dir.Polls.Reserved, func(r reserved) string { return r.ID },
		func(_ reserved, line int) {
			b.wrong(line, "业主共同决定的事项（reserved）里有一条没有写编号（id）")
		},
		func(r reserved) { b.wrong(r.Of("id"), "事项的编号“%s”写了两遍", r.ID) })
	words := map[string]reserved{}
	for _, r := range list {
		if !matterID.MatchString(r.ID) {
			b.note(r.Where, "id", "事项的编号“%s”只能用短的拉丁字母、数字和横线", r.ID)
		}
		if r.Name.ZH == "" {
			b.note(r.Where, "name", "事项%s没有写名称（name）", r.ID)
		}
		if r.Source == "" {
			b.note(r.Where, "source", "事项%s没有写来源（source）", r.ID)
		}
		r.Words = slices.Concat(r.Words, r.MoreWords)
		for _, w := range r.Words {
			switch first, twice := words[w]; {
			case len([]rune(w)) < 2:
				b.note(r.Where, firstOf(r.Where, "more_words", "words"), "事项%s的“%s”太短，会到处碰上", r.ID, w)
			case twice && r.File != b.page.File: // the community has written a word of another matter
				b.note(first.Where, firstOf(first.Where, "more_words", "words"), "“%s”在事项%s里已经有了", w, r.ID)
			case twice:
				b.note(r.Where, firstOf(r.Where, "more_words", "words"), "“%s”在事项%s里已经有了", w, first.ID)
			}
			words[w] = r
		}
		b.s.Polls.Reserved = append(b.s.Polls.Reserved, flows.Reserved{ID: r.ID, Name: r.Name.byLanguage(), Words: r.Words, Special: r.Special, Source: r.Source})
	}
}

var matterID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,15}$`)

// The values of the part, each read from one plain text.
type (
	force    flows.Force
	voteUnit flows.VoteUnit
	share    flows.Share
)

var forceNames = map[flows.Force]string{flows.Sounding: "摸底", flows.Opinion: "协商意见", flows.Assembly: "居民会议表决", flows.ByOwners: "业主共同决定"}

var unitNames = map[flows.VoteUnit]string{flows.PerHousehold: "户", flows.PerPerson: "人", flows.PerOwner: "业主"}

func (f *force) UnmarshalText(b []byte) error {
	var known []string
	for _, x := range []flows.Force{flows.Sounding, flows.Opinion, flows.Assembly, flows.ByOwners} {
		if string(x) == string(b) || forceNames[x] == string(b) {
			*f = force(x)
			return nil
		}
		known = append(known, string(x)+" "+forceNames[x])
	}
	return fmt.Errorf("没有“%s”这种投票，可以写：%s", b, strings.Join(known, "、"))
}

func (u *voteUnit) UnmarshalText(b []byte) error {
	for x, name := range unitNames {
		if string(x) == string(b) || name == string(b) {
			*u = voteUnit(x)
			return nil
		}
	}
	return fmt.Errorf("一票只能算 household（户）、person（人）或 owner（业主）的，写的是“%s”", b)
}

var shareForm = regexp.MustCompile(`^(过|超过|over |more than |>)? ?(\d{1,3})/(\d{1,3})(以上)?$`)

// UnmarshalText reads "2/3" (at least), "过1/2" and "over 1/2" (more than),
// "过半数" and "" (no rule).
func (s *share) UnmarshalText(b []byte) error {
	switch string(b) {
	case "":
		*s = share{}
		return nil
	case "过半", "过半数":
		*s = share{Num: 1, Den: 2, Over: true}
		return nil
	}
	m := shareForm.FindStringSubmatch(string(b))
	if m == nil || m[1] != "" && m[4] != "" {
		return fmt.Errorf("要写成 2/3（三分之二以上）或 过1/2（超过一半），写的是“%s”", b)
	}
	num, _ := strconv.Atoi(m[2])
	den, _ := strconv.Atoi(m[3])
	if num == 0 || num > den || num == den && m[1] != "" {
		return fmt.Errorf("没有“%s”这样的比例", b)
	}
	*s = share{Num: num, Den: den, Over: m[1] != ""}
	return nil
}
