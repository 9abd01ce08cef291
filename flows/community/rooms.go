package community

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"linli/flows"
)

// The rooms of the directory, and when they are open.

// maxSeats is the most a room of a community is believed to hold.
const maxSeats = 2000

// rooms reads the rooms in which people can meet.
func (b *builder) rooms() {
	for _, x := range b.dir.Rooms {
		b.unique("房间", x.Where, x.ID, placeID, func(id string) bool {
			return slices.ContainsFunc(b.s.Rooms, func(y flows.Room) bool { return y.ID == id })
		})
		if x.Name == "" {
			b.wrong(x.Of("name"), "房间%s没有写名称（name）", x.ID)
		}
		b.plain(x.Of("name"), "房间"+x.ID, x.Name)
		b.other(x.Of("other"), x.Name, x.Other)
		if x.Seats < 1 || x.Seats > maxSeats {
			b.wrong(x.Of("seats"), "%s能坐多少人（seats）要在1到%d之间，写的是%d", x.Name, maxSeats, x.Seats)
		}
		if x.Owner != "" && !slices.ContainsFunc(b.s.Bodies, func(y flows.Body) bool { return y.ID == x.Owner }) {
			b.wrong(x.Of("owner"), "%s写的单位“%s”不在单位（bodies）里", x.Name, x.Owner)
		}
		out := flows.Room{ID: x.ID, Name: x.Name, Other: x.Other, Seats: x.Seats, Owner: x.Owner}
		for _, h := range x.Hours {
			if h.To == 0 {
				continue // an unreadable one has been told
			}
			for _, other := range out.Hours {
				if meet(flows.OpenHours(h), other) {
					b.wrong(x.Of("hours"), "%s的开放时间“%s”和“%s”重叠", x.Name, openText(flows.OpenHours(h)), openText(other))
				}
			}
			out.Hours = append(out.Hours, flows.OpenHours(h))
		}
		switch {
		case x.Place == "":
			b.wrong(x.Of("where"), "%s没有写在哪儿（where）：楼-单元-室，或地点的编号", x.Name)
		case slices.ContainsFunc(b.s.Spots, func(y flows.Spot) bool { return y.ID == x.Place }):
			out.Where = flows.Place{Spot: x.Place}
		default:
			out.Where = b.placed(x.Of("where"), x.Name+"的位置", x.Place)
		}
		b.s.Rooms = append(b.s.Rooms, out)
	}
}

// meet says whether two opening hours share a minute.
func meet(a, b flows.OpenHours) bool {
	same := len(a.Days) == 0 || len(b.Days) == 0 || slices.ContainsFunc(a.Days, func(d time.Weekday) bool { return slices.Contains(b.Days, d) })
	return same && a.From < b.To && b.From < a.To
}

// openText writes opening hours as they are read.
func openText(o flows.OpenHours) string {
	return dayText(o.Days) + " " + o.From.String() + "-" + o.To.String()
}

// dayText writes days of the week as they are read.
func dayText(days []time.Weekday) string {
	if len(days) == 0 {
		return "每天"
	}
	var names []string
	for _, d := range days {
		names = append(names, weekdays[d])
	}
	return strings.Join(names, "、")
}

// longestName is the most runes a name in a second script may have: it stands on
// a card beside the Chinese one.
const longestName = 60

// other checks a name in a second script. Mongolian needs its own signs between
// letters, which must stay.
func (b *builder) other(line int, who, name string) {
	if name == "" {
		return
	}
	letters, han := false, false
	for _, r := range name {
		letters = letters || unicode.IsLetter(r)
		han = han || unicode.Is(unicode.Han, r)
	}
	switch {
	case !legible(name):
		b.wrong(line, "%s的另一种文字的名称（other）里有看不见的控制符，请重新输入", who)
	case !letters:
		b.wrong(line, "%s的另一种文字的名称（other）里没有文字", who)
	case len([]rune(name)) > longestName:
		b.wrong(line, "%s的另一种文字的名称（other）太长，最多%d个字符", who, longestName)
	case han:
		b.warn(line, "%s的另一种文字的名称（other）里有汉字，是不是写错了地方？", who)
	}
}

// plain checks what is shown as it is written: a name must not turn the line
// around in which it stands, nor break it.
func (b *builder) plain(line int, who string, names ...string) {
	for _, n := range names {
		if !legible(n) {
			b.wrong(line, "%s的名称里有看不见的控制符，请重新输入", who)
			return
		}
	}
}

// legible says that a text holds no control characters, none that reorder the
// text around them, and nothing a font has no sign for. The joiners and variation
// selectors of Mongolian are part of its letters.
func legible(text string) bool {
	for _, r := range text {
		switch {
		case r >= 0x180b && r <= 0x180f, r == 0x200c, r == 0x200d, r == 0x202f:
		case r == unicode.ReplacementChar, !unicode.IsGraphic(r):
			return false
		}
	}
	return true
}
