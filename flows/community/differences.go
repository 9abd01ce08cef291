package community

import (
	"fmt"
	"slices"
	"strings"

	"linli/flows"
)

// How two versions of a directory differ, for those who bring one into force.

// Difference is one thing that is otherwise in another version of a directory.
type Difference struct {
	What   string // "第一网格的网格员"; "新增" and "去掉" for what is there in one of the two only
	Before string // in words; empty where nothing is written
	After  string
}

const (
	added   = "新增"
	removed = "去掉"
)

func (d Difference) String() string {
	switch d.What {
	case added:
		return d.What + "：" + d.After
	case removed:
		return d.What + "：" + d.Before
	}
	or := func(s string) string {
		if s == "" {
			return "（没有写）"
		}
		return s
	}
	return d.What + "：" + or(d.Before) + " → " + or(d.After)
}

// Differences gives all that is otherwise in to, for people: every part of the
// settings but their version. None means that the two say the same.
func Differences(from, to *flows.Settings) []Difference {
	c := &comparison{from: from, to: to}
	c.fields("", c.general(from), c.general(to))
	c.items()
	c.places()
	c.people()
	c.polls()
	c.hearings()
	c.activities()
	c.rounds()
	c.partners()
	c.register()
	return c.out
}

// comparison is a comparison that is being made.
type comparison struct {
	from, to *flows.Settings
	out      []Difference
}

// value is a part of the settings: what it is called, and what it is, in words
// and, where two things may be called alike, for sure.
type value struct {
	label, text, exact string
}

func plain(label, text string) value { return value{label, text, text} }

func number(label string, n int) value {
	if n == 0 {
		return value{label: label}
	}
	return plain(label, fmt.Sprint(n))
}

func yes(label string, v bool) value {
	if v {
		return plain(label, "是")
	}
	return plain(label, "否")
}

func list[T ~string](label string, v []T) value {
	var text []string
	for _, x := range v {
		text = append(text, string(x))
	}
	return value{label, strings.Join(text, "、"), fmt.Sprintf("%q", text)}
}

// fields compares the parts of one thing.
func (c *comparison) fields(of string, before, after []value) {
	for i, b := range before {
		a := after[i]
		if a.exact == b.exact {
			continue
		}
		if a.text == b.text { // called alike and yet not the same
			a.text, b.text = a.text+"（"+a.exact+"）", b.text+"（"+b.exact+"）"
		}
		what := b.label
		if of != "" {
			what = of + "的" + b.label
		}
		c.out = append(c.out, Difference{what, b.text, a.text})
	}
}

// thing says how things of one kind are compared.
type thing[T any] struct {
	what   string
	id     func(T) string
	name   func(T) string
	brief  func(T) string // what a new one is, beside its name; may be nil
	fields func(T) []value
}

// compare compares two lists of things with ids. Their order counts: people are
// asked in it, and buttons stand in it.
func compare[T any](c *comparison, k thing[T], before, after []T) {
	find := func(in []T, id string) int { return slices.IndexFunc(in, func(x T) bool { return k.id(x) == id }) }
	var left, right []string
	for _, b := range before {
		i := find(after, k.id(b))
		if i < 0 {
			c.out = append(c.out, Difference{What: removed, Before: k.called(b, false)})
			continue
		}
		left = append(left, k.id(b))
		c.fields(k.called(b, false), k.fields(b), k.fields(after[i]))
	}
	for _, a := range after {
		if find(before, k.id(a)) < 0 {
			c.out = append(c.out, Difference{What: added, After: k.called(a, true)})
			continue
		}
		right = append(right, k.id(a))
	}
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			b, a := before[find(before, left[i])], after[find(after, right[i])]
			c.out = append(c.out, Difference{k.what + "的先后", "先是" + k.called(b, false), "先是" + k.called(a, false)})
			break
		}
	}
}

func (k thing[T]) called(x T, brief bool) string {
	name := k.name(x)
	if name == "" {
		name = k.what + k.id(x)
	}
	if brief && k.brief != nil {
		if more := k.brief(x); more != "" {
			name += "（" + more + "）"
		}
	}
	return name
}

// who names people as they are called now, or were last.
func (c *comparison) who(label string, ids ...flows.PersonID) value {
	v := value{label: label, exact: fmt.Sprintf("%q", ids)}
	for i, id := range ids {
		if i > 0 {
			v.text += "、"
		}
		v.text += c.person(id)
	}
	return v
}

func (c *comparison) person(id flows.PersonID) string {
	for _, s := range []*flows.Settings{c.to, c.from} {
		if o, ok := s.Official(id); ok && o.Name != "" {
			return o.Name
		}
	}
	return string(id)
}

func (c *comparison) grid(id string) string {
	for _, s := range []*flows.Settings{c.to, c.from} {
		for _, g := range s.Grids {
			if g.ID == id && g.Name != "" {
				return g.Name
			}
		}
	}
	return id
}

func (c *comparison) building(id string) string {
	for _, s := range []*flows.Settings{c.to, c.from} {
		if b, ok := s.Building(id); ok && b.Name != "" {
			return b.Name
		}
	}
	return id
}

func (c *comparison) body(id string) string {
	for _, s := range []*flows.Settings{c.to, c.from} {
		for _, b := range s.Bodies {
			if b.ID == id && b.Name != "" {
				return b.Name
			}
		}
	}
	return id
}

func (c *comparison) scope(s flows.Scope) string {
	var parts []string
	if s.Community {
		parts = append(parts, "全社区")
	}
	if s.Grid != "" {
		parts = append(parts, c.grid(s.Grid))
	}
	if s.Building != "" {
		parts = append(parts, c.building(s.Building))
	}
	return strings.Join(parts, "、")
}

func (c *comparison) place(label string, p flows.Place) value {
	text := c.building(p.Building)
	if p.Spot != "" {
		text += p.Spot
		for _, s := range []*flows.Settings{c.from, c.to} {
			for _, x := range s.Spots {
				if x.ID == p.Spot {
					text = x.Name
				}
			}
		}
	}
	if p.Unit != "" {
		text += p.Unit + "单元"
	}
	switch {
	case p.Room != "":
		text += p.Room + "室"
	case p.Floor != 0:
		text += fmt.Sprintf("%d层", p.Floor)
	}
	return value{label, text, fmt.Sprintf("%+v", p)}
}
