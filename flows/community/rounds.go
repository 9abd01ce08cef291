package community

import (
	_ "embed"
	"slices"
	"sync"
	"unicode/utf8"

	"linli/flows"
	"linli/flows/community/strict"
)

// The rules for rounds and visits: those every community begins with, what one changes,
// and what is looked at.

//go:embed rounds.yaml
var roundsText []byte

// roundsName is what mistakes call the rules that are built in.
const roundsName = "rounds.yaml"

// walked are the rules for rounds that are built in.
type walked struct {
	rounds rounds // without what is looked at
	looks  []look
	wrong  Mistakes
}

var builtinRounds = sync.OnceValue(func() (o walked) {
	page := strict.Open(roundsName, roundsText)
	page.Decode(&o.rounds)
	for _, n := range o.rounds.Looks {
		var x look
		page.DecodeNode(n, &x)
		o.looks = append(o.looks, x)
	}
	o.rounds.Looks, o.wrong = nil, page.Mistakes
	return o
})

// rounds reads the rules for rounds, which were laid over those that are built in.
func (b *builder) rounds() {
	built := builtinRounds()
	b.others = append(b.others, built.wrong...)
	r := b.dir.Rounds
	b.s.Rounds = flows.Rounds{Plan: flows.WeekTime(r.Plan), Spots: r.Spots, Visits: r.Visits, Doors: r.Doors}
	for _, n := range []struct {
		key string
		v   int
	}{{"spots", r.Spots}, {"visits", r.Visits}, {"doors", r.Doors}} {
		// More than that is no list that asks little, and no card that can be read.
		if n.v < 0 || n.v > 7 {
			b.note(r.Where, n.key, "走访巡查的“%s”要在0到7之间，写的是%d", n.key, n.v)
		}
	}
	b.looks(built.looks)
	if at := r.Plan.At; !slices.ContainsFunc(b.dir.Hours, func(h hours) bool { return at >= h.From && at < h.To }) {
		b.warn(b.lineOf(r.Where, "plan"), "走访巡查的时间 %s（plan）不在上班时间里：单子要等到上班才发", weekText(b.s.Rounds.Plan))
	}
	if r.Spots > 0 && len(b.s.Rounds.Looks) == 0 {
		b.note(r.Where, "looks", "走访巡查要看%d处，却没有写看什么（looks）", r.Spots)
	}
}

// lineOf gives the line of a key in the community's file, or where what it changes begins.
func (b *builder) lineOf(w strict.Where, key string) int {
	if w.File == b.page.File && w.Has(key) {
		return w.Of(key)
	}
	return b.dir.Of("hours")
}

// mostLooks is how many kinds of things can be looked at.
const mostLooks = 20

// looks lays the community's own over those that are built in.
func (b *builder) looks(built []look) {
	list := overlaid(b, built, b.dir.Rounds.Looks, func(x look) string { return x.ID },
		func(_ look, line int) { b.wrong(line, "rounds 的 looks 里有一条没有写编号（id）") },
		func(x look) { b.wrong(x.Of("id"), "巡查的编号“%s”写了两遍", x.ID) })
	for _, x := range list {
		known := slices.ContainsFunc(built, func(y look) bool { return y.ID == x.ID })
		switch n := utf8.RuneCountInString(x.Name.ZH); {
		case x.None && !known:
			b.note(x.Where, "id", "巡查里没有“%s”，不用写 none", x.ID)
			continue
		case x.None:
			continue
		case n == 0:
			b.note(x.Where, "name", "巡查的“%s”没有写名称（name）", x.ID)
		case n > 20:
			b.note(x.Where, "name", "巡查的“%s”的名称太长，最多20个字", x.ID)
		}
		if !latinID.MatchString(x.ID) {
			b.note(x.Where, "id", "巡查的编号（id）要用小写拉丁字母开头的短词，比如 lane，写的是“%s”", x.ID)
		}
		if _, ok := b.s.Item(x.Item); x.Item != "" && !ok {
			b.note(x.Where, "item", "巡查的“%s”：职责清单里没有%s", x.ID, x.Item)
		}
		out := flows.Look{ID: x.ID, Name: x.Name.byLanguage(), Item: x.Item, Building: x.In != "spot", Spot: x.In != "building"}
		if x.In != "" && x.In != "spot" && x.In != "building" {
			b.note(x.Where, "in", "巡查的“%s”：in 写 building（楼里）或 spot（不在楼里的地方），写的是“%s”", x.ID, x.In)
		}
		b.s.Rounds.Looks = append(b.s.Rounds.Looks, out)
	}
	if n := len(b.s.Rounds.Looks); n > mostLooks {
		b.note(b.dir.Rounds.Where, "looks", "巡查看的（looks）最多%d样，现在是%d样", mostLooks, n)
	}
}
