package local

import (
	"fmt"
	"strconv"
	"strings"
)

// A lexicon finds the patterns of a word file in a text. A file has sections
//
//	[class weight more]
//
// and below them patterns separated by spaces. In a pattern {a|b} stands for
// either, … for up to 6 runes inside one sentence, …… for up to 14, _ for a
// space, ^ and $ for the beginning and the end of the message, and a leading !
// marks it hard: see the file for what that means there. A line that begins
// with # is a comment.
type lexicon struct {
	classes  []class
	patterns []pattern
	trie
}

type class struct {
	name         string
	weight, more float64 // what the first hit adds to a score, and each further one
}

type pattern struct {
	class      int
	parts      [][]rune
	gaps       []int // before parts[i+1]
	hard       bool
	start, end bool
}

// hit is a pattern found: runes from start to end.
type hit struct {
	pattern    int
	class      int
	start, end int
	first      int // where the first part ends
	last       int // where the last part begins
	hard       bool
}

// trie finds which of many literals begin at a rune. One map over (node, rune)
// is small and quick enough: most runes of a text lead nowhere from the root.
type trie struct {
	next map[uint64]int32
	out  [][]int32 // by node: what ends here
	root [1 << 16 / 64]uint64
}

func newTrie() trie { return trie{next: map[uint64]int32{}, out: make([][]int32, 1)} }

func (t *trie) add(word []rune, id int) {
	if len(word) == 0 {
		return
	}
	t.root[uint16(word[0])>>6] |= 1 << (uint16(word[0]) & 63)
	n := int32(0)
	for _, r := range word {
		k := uint64(n)<<32 | uint64(r)
		m, ok := t.next[k]
		if !ok {
			m = int32(len(t.out))
			t.out = append(t.out, nil)
			t.next[k] = m
		}
		n = m
	}
	t.out[n] = append(t.out[n], int32(id))
}

// at calls found for every literal that begins at rune i of r.
func (t *trie) at(r []rune, i int, found func(id, end int)) {
	if t.root[uint16(r[i])>>6]&(1<<(uint16(r[i])&63)) == 0 {
		return
	}
	n := int32(0)
	for j := i; j < len(r); j++ {
		m, ok := t.next[uint64(n)<<32|uint64(r[j])]
		if !ok {
			return
		}
		n = m
		for _, id := range t.out[n] {
			found(int(id), j+1)
		}
	}
}

// parse reads a word file. The files are part of the program: a fault in one
// is a fault of the program.
func parse(file string) *lexicon {
	l := &lexicon{trie: newTrie()}
	for n, line := range strings.Split(file, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			l.section(n, line)
			continue
		}
		if len(l.classes) == 0 {
			panic(fmt.Sprintf("line %d stands before any section", n+1))
		}
		for _, w := range strings.Fields(line) {
			for _, p := range expand(w) {
				l.add(n, p)
			}
		}
	}
	return l
}

func (l *lexicon) section(n int, line string) {
	f := strings.Fields(strings.Trim(line, "[]"))
	c := class{name: f[0]}
	for i, v := range []*float64{&c.weight, &c.more} {
		if len(f) > i+1 {
			x, err := strconv.ParseFloat(f[i+1], 64)
			if err != nil {
				panic(fmt.Sprintf("line %d: %v", n+1, err))
			}
			*v = x
		}
	}
	l.classes = append(l.classes, c)
}

func (l *lexicon) add(n int, w string) {
	p := pattern{class: len(l.classes) - 1}
	w, p.hard = strings.CutPrefix(w, "!")
	w, p.start = strings.CutPrefix(w, "^")
	w, p.end = strings.CutSuffix(w, "$")
	w = strings.ReplaceAll(strings.ReplaceAll(w, "_", " "), "……", "\x00")
	for w != "" {
		i := strings.IndexAny(w, "\x00…")
		if i < 0 {
			i = len(w)
		}
		if i == 0 {
			panic(fmt.Sprintf("line %d: a pattern may not begin or end with a gap, nor have two", n+1))
		}
		p.parts = append(p.parts, []rune(w[:i]))
		w = w[i:]
		if rest, ok := strings.CutPrefix(w, "\x00"); ok {
			w = rest
			p.gaps = append(p.gaps, 14)
		} else if rest, ok := strings.CutPrefix(w, "…"); ok {
			w = rest
			p.gaps = append(p.gaps, 6)
		}
	}
	if len(p.parts) == 0 || len(p.gaps) >= len(p.parts) {
		panic(fmt.Sprintf("line %d: a pattern without words", n+1))
	}
	l.trie.add(p.parts[0], len(l.patterns))
	l.patterns = append(l.patterns, p)
}

// expand writes out {a|b}.
func expand(w string) []string {
	i := strings.IndexByte(w, '{')
	j := strings.IndexByte(w, '}')
	if i < 0 || j < i {
		return []string{w}
	}
	var out []string
	for _, a := range strings.Split(w[i+1:j], "|") {
		for _, rest := range expand(w[j+1:]) {
			out = append(out, w[:i]+a+rest)
		}
	}
	return out
}

// find gives all hits in t in the order of their beginnings.
func (l *lexicon) find(t *text) []hit {
	var out []hit
	var i int
	visit := func(id, end int) {
		p := &l.patterns[id]
		if p.start && i != 0 || !t.whole(i, end) {
			return
		}
		first, last := end, i
		for k, part := range p.parts[1:] {
			if end = t.follow(end, p.gaps[k], part); end < 0 {
				return
			}
			last = end - len(part)
		}
		if p.end && end != len(t.r) {
			return
		}
		out = append(out, hit{id, p.class, i, end, first, last, p.hard})
	}
	for ; i < len(t.r); i++ {
		l.at(t.r, i, visit)
	}
	return out
}

// whole says that the literal from i to j runs over no comma and, where it is
// Latin, begins and ends with a word.
func (t *text) whole(i, j int) bool {
	if !t.same(i, j-1, comma) {
		return false
	}
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	if i > 0 && t.stop[i] == 0 && letter(t.r[i]) && letter(t.r[i-1]) {
		return false
	}
	return j >= len(t.r) || t.stop[j] > 0 || !letter(t.r[j-1]) || !letter(t.r[j])
}

// follow gives the end of part where it begins within gap runes after i in the
// same sentence, else -1.
func (t *text) follow(i, gap int, part []rune) int {
	for k := i; k <= i+gap && k+len(part) <= len(t.r); k++ {
		if k > 0 && t.stop[k] >= sentence {
			return -1
		}
		if t.r[k] != part[0] {
			continue
		}
		n := 1
		for n < len(part) && t.r[k+n] == part[n] {
			n++
		}
		if n == len(part) && t.whole(k, k+n) {
			return k + n
		}
	}
	return -1
}

// class gives the index of a class by its name.
func (l *lexicon) class(name string) int {
	for i, c := range l.classes {
		if c.name == name {
			return i
		}
	}
	panic("no class " + name)
}
