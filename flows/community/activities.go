package community

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/flows/community/strict"
)

// The rules for activities and invitations: those every community begins with, what
// one changes, and the interests people can tick.

//go:embed activities.yaml
var activitiesText []byte

// activitiesName is what mistakes call the rules that are built in.
const activitiesName = "activities.yaml"

// offered are the rules for activities that are built in.
type offered struct {
	activities activities // without interests
	interests  []interest
	wrong      Mistakes
}

var builtinActivities = sync.OnceValue(func() (o offered) {
	page := strict.Open(activitiesName, activitiesText)
	page.Decode(&o.activities)
	for _, n := range o.activities.Interests {
		var x interest
		page.DecodeNode(n, &x)
		o.interests = append(o.interests, x)
	}
	o.activities.Interests, o.wrong = nil, page.Mistakes
	return o
})

// activities reads the rules for activities, which were laid over those that are built in.
func (b *builder) activities() {
	built := builtinActivities()
	b.others = append(b.others, built.wrong...)
	a := b.dir.Activities
	b.s.Activities = flows.Activities{
		Most: a.Most, Few: time.Duration(a.Few), Batch: time.Duration(a.Batch), Rate: a.Rate,
		Hold: flows.Clock(a.Hold), Cancel: time.Duration(a.Cancel), Small: a.Small,
		Remind: b.reminders(a.Where, "活动开始前", a.Remind),
	}
	for _, n := range []struct {
		key            string
		v, least, most int
	}{{"most", a.Most, 2, 500}, {"rate", a.Rate, 1, 100}, {"small", a.Small, 3, 100}} {
		if n.v < n.least || n.v > n.most {
			b.note(a.Where, n.key, "活动的“%s”要在%d到%d之间，写的是%d", n.key, n.least, n.most, n.v)
		}
	}
	for _, n := range []struct {
		key         string
		v           duration
		least, most time.Duration
		words       string
	}{
		{"few", a.Few, 2 * time.Hour, 14 * day, "2小时到14天"}, {"batch", a.Batch, time.Hour, 7 * day, "1小时到7天"},
		{"cancel", a.Cancel, 10 * time.Minute, 7 * day, "10分钟到7天"},
	} {
		if time.Duration(n.v) < n.least || time.Duration(n.v) > n.most {
			b.note(a.Where, n.key, "活动的“%s”要在%s之间", n.key, n.words)
		}
	}
	if l := b.dir.Limits; a.Hold <= l.Morning || a.Hold > l.Evening {
		line := a.Of("hold")
		if a.File != b.page.File || !a.Has("hold") {
			line = l.Of("morning")
		}
		b.warn(line, "空出的名额留到 %s（hold），在不打扰的时段里：早上才发的，来不及回话", flows.Clock(a.Hold))
	}
	for _, x := range a.Urgent {
		switch r := flows.Role(x); {
		case r == "": // an unknown one has been told
		case slices.Contains(b.s.Activities.Urgent, r):
			b.note(a.Where, "urgent", "急的邀请谁点头（urgent）里%s写了两遍", r.In("zh-CN"))
		case !b.s.May(flows.Actor{Posts: []flows.Post{{Role: r, Scope: flows.Everywhere}}}, flows.Announce, flows.Everywhere):
			b.note(a.Where, "urgent", "急的邀请（urgent）：%s不能点头，只有社区、主任、书记可以", r.In("zh-CN"))
		default:
			b.s.Activities.Urgent = append(b.s.Activities.Urgent, r)
		}
	}
	b.interests(built.interests)
}

// mostInterests is how many can be ticked: more is no choice.
const mostInterests = 40

// interests lays the community's own over those that are built in.
func (b *builder) interests(built []interest) {
	list := overlaid(b, built, b.dir.Activities.Interests, func(x interest) string { return x.ID },
		func(_ interest, line int) {
			b.wrong(line, "activities 的 interests 里有一条没有写编号（id）")
		},
		func(x interest) {
			b.wrong(x.Of("id"), "兴趣的编号“%s”写了两遍", x.ID)
		})
	words, names := map[string]interest{}, map[string]interest{}
	for _, x := range list {
		if x.None {
			if !slices.ContainsFunc(built, func(y interest) bool { return y.ID == x.ID }) {
				b.note(x.Where, "id", "没有“%s”这个兴趣，不用写 none", x.ID)
			}
			continue
		}
		x.Words = slices.Concat(x.Words, x.MoreWords)
		b.interest(x, names, words)
		b.s.Activities.Interests = append(b.s.Activities.Interests, flows.Interest{ID: x.ID, Name: x.Name.byLanguage(), Words: x.Words})
	}
	if n := len(b.s.Activities.Interests); n < 1 || n > mostInterests {
		b.note(b.dir.Activities.Where, "interests", "兴趣（interests）要有1到%d个，现在是%d个", mostInterests, n)
	}
}

// interest checks what one interest needs; names and words hold those of the ones before.
func (b *builder) interest(x interest, names, words map[string]interest) {
	switch name := strings.ToLower(x.Name.ZH); {
	case name == "":
		b.note(x.Where, "name", "兴趣“%s”没有写名称（name）", x.ID)
	case names[name].ID != "":
		own, other := b.owned(x, names[name])
		b.note(own.Where, "name", "兴趣%s已经叫“%s”，%s要叫别的", other.ID, x.Name.ZH, own.ID)
	case utf8.RuneCountInString(name) > 8:
		b.note(x.Where, "name", "兴趣“%s”的名称太长，按钮上最多8个字", x.ID)
	default:
		names[name] = x
	}
	if !latinID.MatchString(x.ID) {
		b.note(x.Where, "id", "兴趣的编号（id）要用小写拉丁字母开头的短词，比如 chess，写的是“%s”", x.ID)
	}
	if len(x.Words) == 0 {
		b.note(x.Where, "words", "兴趣“%s”没有写居民怎么说（words）", x.ID)
	}
	for _, w := range x.Words {
		key := strings.ToLower(strings.TrimSpace(w))
		switch first, twice := words[key]; {
		case utf8.RuneCountInString(key) < 2:
			b.note(x.Where, firstOf(x.Where, "more_words", "words"), "兴趣“%s”的“%s”太短，会到处碰上", x.ID, w)
		case twice && first.ID == x.ID:
			b.note(x.Where, firstOf(x.Where, "more_words", "words"), "兴趣“%s”的“%s”写了两遍", x.ID, w)
		case twice:
			own, other := b.owned(x, first)
			b.note(own.Where, firstOf(own.Where, "more_words", "words"), "“%s”在兴趣“%s”里已经有了，一个说法只能归一个", w, other.ID)
		}
		words[key] = x
	}
}

// owned gives of two interests that cannot both be so the one that the community has
// written, or the later one, and the other.
func (b *builder) owned(later, first interest) (own, other interest) {
	if later.File != b.page.File && first.File == b.page.File {
		return first, later
	}
	return later, first
}
