package community

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"linli/flows"
	"linli/flows/community/strict"
)

// The rules for hearings: those every community begins with, what one changes, and
// who may review a topic.

//go:embed hearings.yaml
var hearingsText []byte

// hearingsName is what mistakes call the rules that are built in.
const hearingsName = "hearings.yaml"

// hearings in what is built in keep where they stand, so that a mistake there is
// told of that file.
var builtinHearings = sync.OnceValues(func() (h hearings, wrong Mistakes) {
	page := strict.Open(hearingsName, hearingsText)
	page.Decode(&h)
	return h, page.Mistakes
})

// hearings reads the rules for hearings, which were laid over those that are built in.
func (b *builder) hearings() {
	_, wrong := builtinHearings()
	b.others = append(b.others, wrong...)
	h := b.dir.Hearings
	out := flows.Hearings{
		Review: flows.WeekTime(h.Review), Answer: flows.Span(h.Answer), Again: time.Duration(h.Again), Followers: h.Followers, Silences: h.Silences,
		Ask: time.Duration(h.Ask), Length: time.Duration(h.Length), Reserved: h.Reserved, Release: time.Duration(h.Release), Rate: h.Rate,
		Agree: flows.Share(h.Agree), AgreeBy: h.AgreeBy,
	}
	for _, n := range []struct {
		key            string
		v, least, most int
	}{{"followers", h.Followers, 0, 500}, {"silences", h.Silences, 0, 10}, {"reserved", h.Reserved, 0, 50}, {"rate", h.Rate, 1, 30}} {
		if n.v < n.least || n.v > n.most {
			b.note(h.Where, n.key, "议事会的“%s”要在%d到%d之间，写的是%d", n.key, n.least, n.most, n.v)
		}
	}
	for _, n := range []struct {
		key         string
		v           duration
		least, most time.Duration
		words       string
	}{
		{"again", h.Again, day, 365 * day, "1天到365天"}, {"ask", h.Ask, time.Hour, 14 * day, "1小时到14天"},
		{"length", h.Length, 15 * time.Minute, 12 * time.Hour, "15分钟到12小时"}, {"release", h.Release, time.Hour, 7 * day, "1小时到7天"},
	} {
		if time.Duration(n.v) < n.least || time.Duration(n.v) > n.most {
			b.note(h.Where, n.key, "议事会的“%s”要在%s之间", n.key, n.words)
		}
	}
	if h.Answer.Days > 30 || h.Answer.Minutes > 30*24*60 {
		b.note(h.Where, "answer", "审议题最多30个工作日内答复（answer）")
	}
	if l := b.dir.Limits; h.Review.At < flows.Clock(l.Morning) || h.Review.At >= flows.Clock(l.Evening) {
		line := h.Of("review")
		if h.File != b.page.File || !h.Has("review") {
			line = l.Of("morning")
		}
		b.warn(line, "审议题的时间 %s（review）落在不打扰的时段里：清单要等到早上才发", weekText(flows.WeekTime(h.Review)))
	}
	out.Remind = b.reminders(h.Where, "开会前", h.Remind)
	out.Clear = b.term("clear", "通知和开会之间隔几个净天", h.Clear, 30)
	out.Publish = b.term("publish", "开完会几个工作日内公布记录", h.Publish, 30)
	out.Dissent = b.term("dissent", "几个工作日内答复不同意的人", h.Dissent, 60)
	switch {
	case !out.Agree.Zero() && h.AgreeBy == "":
		b.note(h.Where, "agree", "议事会写了举手多少算同意（agree），却没有写来源（agree_by）：哪部法、哪一条，谁定的")
	case out.Agree.Zero() && h.AgreeBy != "":
		b.note(h.Where, "agree_by", "议事会写了来源（agree_by），却没有写举手多少算同意（agree）")
	}
	b.s.Hearings = out
}

// reminders reads how long before something people are reminded of it.
func (b *builder) reminders(w strict.Where, before string, written []duration) (out []time.Duration) {
	for i, d := range written {
		out = append(out, time.Duration(d))
		switch {
		case time.Duration(d) < time.Hour || time.Duration(d) > 30*day:
			b.note(w, "remind", "%s多久提醒（remind）要在1小时到30天之间", before)
		case i > 0 && d >= written[i-1]:
			b.note(w, "remind", "%s多久提醒（remind）要从早的写到晚的，比如 [96h, 24h]", before)
		}
	}
	if len(written) < 1 || len(written) > 3 {
		b.note(w, "remind", "%s的提醒（remind）要有1到3次，写了%d次", before, len(written))
	}
	return out
}

// term reads a number that needs a source.
func (b *builder) term(key, what string, t term, most int) flows.Term {
	out := flows.Term{N: t.Days, Source: t.Source}
	if t.Days < 0 || t.Days > most {
		b.note(t.Where, "days", "%s（%s 里的 days）要在0到%d之间，写的是%d", what, key, most, t.Days)
	}
	if t.Days > 0 && t.Source == "" {
		b.warn(t.Of("source"), "%s（%s）写了%d天，却没有写来源（source）：没有来源的不执行", what, key, t.Days)
	}
	for _, x := range t.Waive {
		switch r := flows.Role(x); {
		case r == "": // an unknown one has been told
		case slices.Contains(out.Waive, r):
			b.note(t.Where, "waive", "%s（%s）：谁可以免（waive）里%s写了两遍", what, key, r.In("zh-CN"))
		case !b.deals(r):
			b.note(t.Where, "waive", "%s（%s）：%s不能免，只有办议事会和审议题的人可以", what, key, r.In("zh-CN"))
		default:
			out.Waive = append(out.Waive, r)
		}
	}
	return out
}

// deals says whether a role has to do with preparing hearings.
func (b *builder) deals(r flows.Role) bool {
	a := flows.Actor{Posts: []flows.Post{{Role: r, Scope: flows.Everywhere}}}
	return b.s.May(a, flows.Convene, flows.Everywhere) || b.s.May(a, flows.Vet, flows.Everywhere)
}

// reviewers finds those who would review what they watch over.
func (b *builder) reviewers() {
	for _, p := range b.dir.People {
		at := func(r flows.Role) (post, bool) {
			i := slices.IndexFunc(p.Posts, func(x post) bool { return flows.Role(x.Role) == r })
			if i < 0 {
				return post{}, false
			}
			return p.Posts[i], true
		}
		x, reviews := at(flows.Reviewer)
		if reviews && (x.Grid != "" || x.Building != "") {
			b.wrong(x.Line, "%s的职务“%s”不能只管一个网格或一栋楼：议题是全社区的", p.Name, flows.Reviewer.In("zh-CN"))
		}
		if _, watches := at(flows.Supervisor); !watches {
			continue
		}
		if reviews {
			b.wrong(x.Line, "%s既在%s，又是%s：监督的人不能审议题", p.Name, flows.Supervisor.In("zh-CN"), flows.Reviewer.In("zh-CN"))
		}
		if x, ok := at(flows.Secretary); ok {
			if len(b.s.Reviewers()) == 0 {
				b.wrong(x.Line, "%s既是%s，又在%s，别人都不审议题：监督的人不能审议题，请另写一位%s（reviewer）", p.Name, flows.Secretary.In("zh-CN"), flows.Supervisor.In("zh-CN"), flows.Reviewer.In("zh-CN"))
				continue
			}
			b.warn(x.Line, "%s既是%s，又在%s：监督的人不能审议题，议题由别人审", p.Name, flows.Secretary.In("zh-CN"), flows.Supervisor.In("zh-CN"))
		}
	}
}

var weekForm = regexp.MustCompile(`^(?:每)?(\S+?)\s*(\d{1,2}[:：]\d{2})$`)

// UnmarshalText reads "周三 9:00".
func (w *weekTime) UnmarshalText(b []byte) error {
	m := weekForm.FindStringSubmatch(string(b))
	if m == nil {
		return fmt.Errorf("要写成 周三 9:00 的样子，写的是“%s”", b)
	}
	var day weekday
	if err := day.UnmarshalText([]byte(m[1])); err != nil {
		return err
	}
	at, err := parseClock(m[2])
	if err != nil {
		return err
	}
	*w = weekTime{Day: time.Weekday(day), At: at}
	return nil
}

// weekText writes a time of the week as it is read.
func weekText(w flows.WeekTime) string { return weekdays[w.Day] + " " + w.At.String() }

func (w weekTime) MarshalText() ([]byte, error) { return []byte(weekText(flows.WeekTime(w))), nil }

// MarshalText writes a share as it is read.
func (s share) MarshalText() ([]byte, error) {
	switch {
	case s.Num == 0:
		return nil, nil
	case s.Over:
		return fmt.Appendf(nil, "过%d/%d", s.Num, s.Den), nil
	}
	return fmt.Appendf(nil, "%d/%d", s.Num, s.Den), nil
}
