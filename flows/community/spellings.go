package community

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"

	"linli/flows/community/strict"
)

var numbered = regexp.MustCompile(`^(\d{1,3})(号楼|栋|幢|座)?$`)

// usual gives the ways in which people write a numbered building: 3号楼, 三号楼,
// 3栋, 三栋, 3幢, 三幢, 3#, 3#楼. A name that is no number has only itself.
func usual(name string) []string {
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	n, _ := strconv.Atoi(m[1])
	d, c := strconv.Itoa(n), chinese(n)
	return []string{d + "号楼", c + "号楼", d + "栋", c + "栋", d + "幢", c + "幢", d + "#", d + "#楼"}
}

// chinese writes 1 to 999 in characters: 三, 十二, 二十, 一百零五.
func chinese(n int) string {
	digits := []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	switch {
	case n < 10:
		return digits[n]
	case n < 20:
		return "十" + rest(n-10, chinese)
	case n < 100:
		return digits[n/10] + "十" + rest(n%10, chinese)
	}
	s := digits[n/100] + "百"
	switch r := n % 100; {
	case r == 0:
		return s
	case r < 10:
		return s + "零" + digits[r]
	default:
		return s + digits[r/10] + "十" + rest(r%10, chinese)
	}
}

func rest(n int, f func(int) string) string {
	if n == 0 {
		return ""
	}
	return f(n)
}

// spellings adds the usual ones to the buildings and finds what could mean two
// places: a demand sent to the wrong grid is found out last.
func (b *builder) spellings() {
	type owner struct {
		name  string
		where strict.Where
	}
	owned := map[string]owner{}
	claim := func(spelling, key string, o owner) {
		k := meaning(spelling)
		if first, taken := owned[k]; taken && first.name != o.name {
			b.wrong(o.where.Of(key), "“%s”既可以指%s，又可以指%s，会派错网格", spelling, first.name, o.name)
			return
		}
		owned[k] = o
	}
	for i := range b.s.Buildings {
		x, w := &b.s.Buildings[i], b.dir.Buildings[i]
		o := owner{x.Name + "（" + x.ID + "）", w.Where}
		claim(x.Name, "name", o)
		x.Aliases = nil
		for _, a := range w.Aliases {
			if a == "" {
				b.wrong(w.Of("aliases"), "%s的别名里有一个是空的", x.Name)
				continue
			}
			claim(a, "aliases", o)
			x.Aliases = append(x.Aliases, a)
		}
		auto := usual(x.Name)
		if auto == nil {
			auto = usual(x.ID)
			if !strings.HasPrefix(x.Name, x.ID) {
				auto = nil // "阳光苑" with the id 3 is not called 3号楼
			}
		}
		for _, a := range auto {
			claim(a, "id", o)
			if a != x.Name && !slices.Contains(x.Aliases, a) {
				x.Aliases = append(x.Aliases, a)
			}
		}
	}
	for i, x := range b.s.Spots {
		o := owner{x.Name + "（" + x.ID + "）", b.dir.Spots[i].Where}
		claim(x.Name, "name", o)
		for _, a := range x.Aliases {
			if a == "" {
				b.wrong(o.where.Of("aliases"), "%s的别名里有一个是空的", x.Name)
				continue
			}
			claim(a, "aliases", o)
		}
	}
	for i, x := range b.s.Rooms {
		claim(x.Name, "name", owner{x.Name + "（" + x.ID + "）", b.dir.Rooms[i].Where})
	}
}

var numberedHouse = regexp.MustCompile(`^第?(\d{1,3}|[零一二三四五六七八九十百]{1,6})(?:号住宅楼|号楼|号栋|号幢|号|栋楼|栋|幢|座|#楼|#)$`)

// meaning brings spellings that mean the same place to one form: all that
// number a building do, whichever word and digits they use.
func meaning(s string) string {
	k := fold(s)
	m := numberedHouse.FindStringSubmatch(k)
	if m == nil {
		return k
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		if n = numerals[m[1]]; n == 0 {
			return k
		}
	}
	return strconv.Itoa(n) + "号楼"
}

// numerals are the numbers of buildings as they are written in characters.
var numerals = func() map[string]int {
	m := map[string]int{}
	for n := 1; n < 1000; n++ {
		m[chinese(n)] = n
	}
	return m
}()

// fold brings spellings that people take for the same to one form.
func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(width.Fold.String(s), " ", ""))
}
