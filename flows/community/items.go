package community

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"linli/flows"
	"linli/flows/community/strict"
)

// duties reads the duty list and lays the community's own lines over it: a line
// with an id of the list changes what it names and leaves the rest, one with a
// new id is added to the class its id begins with.
func (b *builder) duties(duty []byte) {
	list := strict.Open(dutyName, duty)
	var d dutyList
	list.Decode(&d)
	var items []item
	classes := map[string]bool{}
	for _, c := range d.Classes {
		if classes[c.ID] || c.ID == "" {
			list.Mistake(c.Line, "类别的编号“%s”空着或写了两遍", c.ID)
		}
		classes[c.ID] = true
		b.s.Classes = append(b.s.Classes, flows.ItemClass{ID: c.ID, Name: c.Name.byLanguage()})
		for _, it := range c.Items {
			if class(it.ID) != c.ID {
				list.Mistake(it.Of("id"), "编号“%s”不在第%s类，要写成 %s-1 的样子", it.ID, c.ID, c.ID)
			}
			if indexOf(items, it.ID) >= 0 {
				list.Mistake(it.Of("id"), "编号“%s”写了两遍", it.ID)
			}
			if len(it.MoreWords) > 0 {
				list.Mistake(it.Of("more_words"), "more_words 只在社区文件里用，这里直接写 words")
			}
			items = append(items, it)
		}
	}
	items = b.overlay(items, classes)
	words := map[string]item{}
	for _, it := range items {
		note := list.Mistake
		if it.File == b.page.File {
			note = b.page.Mistake
		}
		check(it, words, note)
		b.s.Items = append(b.s.Items, flows.Item{
			ID: it.ID, Class: class(it.ID), Name: it.Name.byLanguage(), Kind: kind(it), Words: it.Words,
			Owner: flows.Role(it.Owner), Body: it.Body, About: flows.Role(it.About),
			Accept: flows.Span(it.Accept), Answer: flows.Span(it.Answer), Level: flows.Level(it.Level),
			Photo: it.Photo, Private: it.Private, Outage: it.Outage, Outside: it.Outside,
			Elsewhere: it.Elsewhere.byLanguage(), Source: it.Source,
		})
	}
	b.items = items
	b.others = append(b.others, list.Mistakes...)
}

func (b *builder) overlay(items []item, classes map[string]bool) []item {
	seen := map[string]bool{}
	for _, node := range b.dir.Items {
		if node == nil { // an empty one, which has been told
			continue
		}
		var own item
		quiet := strict.Page{File: b.page.File} // its mistakes are told when the line is read for good
		quiet.DecodeNode(node, &own)
		if own.ID == "" {
			b.wrong(node.Line, "清单里的一条没有写编号（id）")
			continue
		}
		if seen[own.ID] {
			b.wrong(own.Of("id"), "编号“%s”写了两遍", own.ID)
			continue
		}
		seen[own.ID] = true
		i := indexOf(items, own.ID)
		if i < 0 {
			if !classes[class(own.ID)] {
				b.wrong(own.Of("id"), "编号“%s”不属于任何一类；现有的类：%s", own.ID, strings.Join(slices.Sorted(maps.Keys(classes)), "、"))
				continue
			}
			items = append(items, item{})
			i = len(items) - 1
		}
		line := items[i]
		line.Words = slices.Clone(line.Words)
		b.page.DecodeNode(node, &line)
		line.Words = append(line.Words, line.MoreWords...)
		items[i] = line
	}
	return items
}

// check looks at one line of the duty list by itself; words holds those of the
// lines before.
func check(it item, words map[string]item, wrong func(int, string, ...any)) {
	name := it.ID
	if it.Name.ZH == "" {
		wrong(it.Of("name"), "%s没有写名称（name）", name)
	}
	if it.Owner == "" && !it.Outside && !it.Has("owner") {
		wrong(it.Of("owner"), "%s没有写由谁办（owner）", name)
	}
	if it.Outside && it.Elsewhere.ZH == "" {
		wrong(it.Of("outside"), "%s不归社区办，要写明该去哪儿（elsewhere）", name)
	}
	if it.Owner != "" && it.Owner == it.About {
		wrong(it.Of("about"), "%s是对%s的意见，不能由%s自己办", name, flows.Role(it.About).In("zh-CN"), flows.Role(it.Owner).In("zh-CN"))
	}
	if it.Level == "" && !it.Has("level") {
		wrong(it.Of("level"), "%s没有写什么算同一件事（level）", name)
	}
	if flows.Span(it.Accept).Zero() && !it.Has("accept") {
		wrong(it.Of("accept"), "%s没有写接单时限（accept）", name)
	}
	switch {
	case flows.Span(it.Answer).Zero() && it.Has("answer"): // an unreadable one has been told
	case flows.Span(it.Answer).Zero():
		wrong(it.Of("answer"), "%s没有写答复时限（answer）", name)
	case it.Accept.Plain == it.Answer.Plain && (it.Accept.Days > it.Answer.Days || it.Accept.Days == it.Answer.Days && it.Accept.Minutes > it.Answer.Minutes):
		wrong(it.Of("answer"), "%s的答复时限短于接单时限", name)
	}
	if len(it.Words) == 0 {
		wrong(it.Of("words"), "%s没有写居民怎么说（words）", name)
	}
	for _, w := range it.Words {
		key := strings.ToLower(strings.TrimSpace(w))
		switch first, twice := words[key]; {
		case len([]rune(key)) < 2:
			wrong(it.Of("words"), "%s的“%s”太短，会到处碰上", name, w)
		case twice && first.ID == it.ID:
			wrong(it.Of("words"), "%s的“%s”写了两遍", name, w)
		case twice:
			wrong(it.Of("words"), "“%s”在%s里已经有了，一个说法只能归一条", w, first.ID)
		}
		words[key] = it
	}
}

// owners checks that every line finds somebody.
func (b *builder) owners() {
	held := map[flows.Role]bool{}
	for _, o := range b.s.People {
		for _, p := range o.Posts {
			held[p.Role] = true
		}
	}
	if !held[flows.Staff] && !held[flows.Head] && !held[flows.Secretary] {
		b.wrong(b.dir.Of("people"), "社区、主任、书记一个人都没有：没人接的事最后无处可去")
	}
	told := map[flows.Role]bool{}
	for _, it := range b.items {
		r := flows.Role(it.Owner)
		line := it.Of("owner")
		if it.File != b.page.File {
			line = b.dir.Of("people")
		}
		known := slices.ContainsFunc(b.s.Bodies, func(x flows.Body) bool { return x.Role == r && (it.Body == "" || x.ID == it.Body) })
		if it.Body != "" && !known {
			b.wrong(it.Of("body"), "%s要交给“%s”，但单位（bodies）里没有它", it.ID, it.Body)
			continue
		}
		if r == "" || held[r] || told[r] {
			continue
		}
		told[r] = true
		var ids []string
		for _, x := range b.items {
			if x.Owner == it.Owner {
				ids = append(ids, x.ID)
			}
		}
		which := strings.Join(ids, "、")
		if known {
			b.warn(line, "%s没有人在用邻里：%s会转给网格员或社区去联系", r.In("zh-CN"), which)
		} else {
			b.wrong(line, "没有人担任%s，%s没人办", r.In("zh-CN"), which)
		}
	}
}

func kind(it item) map[string]string {
	k := it.Kind.byLanguage()
	if k == nil {
		k = map[string]string{"zh-CN": it.Name.ZH + "的事"}
		if it.Name.EN != "" {
			k["en"] = strings.ToLower(it.Name.EN)
		}
	}
	return k
}

// class gives the class an item's id begins with: "3" of "3-7".
func class(id string) string {
	c, n, ok := strings.Cut(id, "-")
	if !ok || c == "" || n == "" {
		return fmt.Sprintf("?%s", id)
	}
	return c
}

func indexOf(items []item, id string) int {
	return slices.IndexFunc(items, func(x item) bool { return x.ID == id })
}
