package local

import (
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/prompts"
)

// household is a home as a piece of a text names it.
type household struct {
	flows.Place
	start, end int // runes, with 室 or 户
}

// household finds the first home a text names. here is the building that is
// talked of, and may be empty. Where no building is named it stays open, and
// what names one the directory does not have is no home.
func (d *directory) household(t *text, here string) (household, bool) {
	sp := spans(t)
	if len(sp) == 0 {
		return household{}, false
	}
	// Only what is written in one piece: of "3-1-501，替3-1-502" the first.
	n := 1
	for n < len(sp) && sp[n].part > sp[n-1].part && t.touches(sp[n-1].end, sp[n].start) {
		n++
	}
	sp = sp[:n]
	h := household{start: sp[0].start, end: sp[n-1].end}
	for i := max(0, sp[0].start-12); i < sp[0].start; i++ {
		d.names.at(t.r, i, func(id, end int) {
			if x := d.named[id]; x.building >= 0 && h.Building == "" && end <= sp[0].start && t.touches(end, sp[0].start) {
				h.start, h.Building = i, d.settings.Buildings[x.building].ID
			}
		})
	}
	for _, s := range sp {
		switch s.part {
		case house:
			id, ok := d.building(s.value, here)
			if !s.sure && n == 2 && sp[1].part == room {
				id, h.Unit, ok = d.pair(s.value, here) // 1-501
			}
			if !ok || h.Building != "" && h.Building != id {
				return household{}, false
			}
			h.Building = id
		case unit:
			h.Unit = s.value
		case floor:
			h.Floor = s.n
		case room:
			h.Room = s.value
			h.end = t.closed(s.end)
		}
	}
	d.check(&h.Place)
	return h, true
}

// touches says that nothing but a dash, a slash or a space lies between two runes.
func (t *text) touches(i, j int) bool {
	return i <= j && strings.Trim(t.part(i, j), "-/ 的") == "" && t.same(i, j+1, sentence)
}

// building gives the building a number stands for.
func (d *directory) building(value, here string) (string, bool) {
	of := d.numbers[value]
	for _, i := range of {
		if id := d.settings.Buildings[i].ID; len(of) == 1 || id == here {
			return id, true
		}
	}
	return "", false
}

// pair reads the 1 of "1-501". It is the unit where there is such a unit, and
// stays open where the building that is talked of is called 1 as well; else it
// is a building. ok is false where it is neither.
func (d *directory) pair(value, here string) (building, unit string, ok bool) {
	id, is := d.building(value, here)
	if b, known := d.settings.Building(here); known {
		switch in := slices.Contains(b.Units, value); {
		case id == here:
			return here, "", true
		case in:
			return here, value, true
		case is:
			return id, "", true
		}
		return "", "", false
	}
	if b, known := d.settings.Building(id); known && len(b.Units) == 0 {
		return id, "", true
	}
	if slices.ContainsFunc(d.settings.Buildings, func(b flows.Building) bool { return slices.Contains(b.Units, value) }) {
		return "", value, true
	}
	return id, "", is
}

// leads and trails are what stands around a home that somebody gives.
var (
	leads  = []string{"我家是住在", "我家住在", "我家是", "我家住", "我家在", "我是住在", "我住在", "我住的是", "我住", "我家", "我是", "我在", "家住在", "家住", "家在", "住在", "本人住在", "本人住", "俺家", "住址", "房号", "地址", "门牌号", "门牌", "是", "住", "在", "i live in ", "i live at ", "we live in "}
	trails = []string{"业主", "住户", "居民", "室", "户", "房", "的", "谢谢", "吧", "啊", "呢"}
)

// home reads a message that is nothing but somebody's home: "1单元501", "1-501",
// "3 1 501", "501". Written to Linli itself it answers a question. The place is
// zero where it names a building that is not there.
func (d *directory) home(t *text, c prompts.Context) (flows.Place, bool) {
	if len(t.r) < 3 || len(t.r) > 24 || t.question || t.link {
		return flows.Place{}, false
	}
	i := 0
	for _, w := range leads {
		if t.has(i, w) {
			i += runes(w)
			break
		}
	}
	if p, ok := d.bareHome(t, i, c.Home.Building); ok {
		return p, true
	}
	h, ok := d.household(t, c.Home.Building)
	if ok {
		return h.Place, h.Room != "" && h.start == i && t.trails(h.end)
	}
	// Who lives in a building nobody knows must not be taken to live in their own.
	sp := spans(t)
	n := len(sp)
	return flows.Place{}, n > 1 && sp[0].part == house && sp[0].start == i && sp[n-1].part == room && t.trails(t.closed(sp[n-1].end))
}

// trails says that nothing of weight follows from rune i on.
func (t *text) trails(i int) bool {
	for i < len(t.r) {
		k := slices.IndexFunc(trails, func(w string) bool { return t.has(i, w) })
		if k < 0 {
			return false
		}
		i += runes(trails[k])
	}
	return true
}

// bareHome reads one to three bare numbers from rune i to the end, however they
// are set apart: "501", "1 501", "3/1/501".
func (d *directory) bareHome(t *text, i int, here string) (flows.Place, bool) {
	var n [3]int
	k := 0
	for ; i < len(t.r); k++ {
		if k == len(n) || !digit(t.r[i]) && !numeral(t.r[i]) {
			return flows.Place{}, false
		}
		v, digits, end, ok := t.number(i)
		// 0412 is the number of a case.
		if !ok || v == 0 || digits == 0 && v >= 100 || digits > 1 && value(t.r[i]) == 0 || t.r[i] == '0' {
			return flows.Place{}, false
		}
		n[k], i = v, end
		if i < len(t.r) {
			if strings.ContainsRune(" /-.", t.r[i]) {
				i++
			} else if t.stop[i] == 0 || t.stop[i] >= sentence {
				return flows.Place{}, false
			}
		}
	}
	if k == 0 || !d.roomlike(n[k-1]) {
		return flows.Place{}, false
	}
	p := flows.Place{Room: strconv.Itoa(n[k-1])}
	ok := true
	switch k {
	case 2:
		p.Building, p.Unit, ok = d.pair(strconv.Itoa(n[0]), here)
	case 3:
		p.Unit = strconv.Itoa(n[1])
		p.Building, ok = d.building(strconv.Itoa(n[0]), here)
	}
	d.check(&p)
	return p, ok && p.Room != ""
}

// roomlike says that a bare number may be that of a room, and is none of those
// that everybody calls.
func (d *directory) roomlike(n int) bool {
	switch n {
	case 110, 112, 114, 119, 120, 122:
		return false
	}
	most := 16
	for _, b := range d.settings.Buildings {
		most = max(most, b.PerFloor)
	}
	return n > 100 && n < 6100 && n%100 >= 1 && n%100 <= most
}
