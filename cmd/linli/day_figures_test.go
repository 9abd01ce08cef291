package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// place is anything that is more exact than a building.
var place = regexp.MustCompile(`[0-9一二三四五六七八九十]\s*(单元|层|室|门)|[0-9]+-[0-9]+-[0-9]+`)

// name is how a chat is called.
func (d *day) name(chat int64) string {
	if n := d.names[chat]; n != "" {
		return n
	}
	for _, u := range d.heads {
		if u.ID == chat {
			return u.First
		}
	}
	return ""
}

// busy is what everybody is who did more than talk.
func (d *day) busy() map[int64]string {
	out := map[int64]string{}
	for _, x := range d.agains {
		out[x.user.ID] = "follower"
	}
	for _, x := range d.wishes {
		out[x.user.ID] = "reporter"
		if x.refuse {
			out[x.user.ID] = "refused"
		}
	}
	for _, u := range d.posts {
		out[u.ID] = d.office(u.ID)
	}
	return out
}

// spread is a list of which the least, the middle and the most are told.
type spread[T int | time.Duration] []T

func (s spread[T]) at(q float64) T {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(s)-1, int(q*float64(len(s))))]
}

// table is what was counted, as lines for people to read.
func (d *day) table(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	counts := func(list spread[int]) string {
		return fmt.Sprintf("%3d | %3d | %3d | %3d", len(list), list.at(0), list.at(.5), list.at(1))
	}
	line("%d messages of %d residents in %d groups, in %s", d.messages, townResidents, len(d.groups), d.length)
	line("")
	line("| messages got on the day | how many | least | median | most |")
	line("|---|---|---|---|---|")
	var groups spread[int]
	for _, g := range d.groups {
		groups = append(groups, d.tg.SentCount(g.ID)-d.before[g.ID])
	}
	line("| group | %s |", counts(groups))
	busy := d.busy()
	for _, role := range []struct{ id, name string }{
		{"reporter", "resident who reported"}, {"follower", "resident who has the same"}, {"refused", "resident who refused"},
		{"leader", "grid leader"}, {"property", "property company"}, {"duty", "person on duty"}, {"staff", "staff and others with a post"},
	} {
		var list spread[int]
		for user, is := range busy {
			if is == role.id {
				list = append(list, d.tg.SentCount(user)-d.before[user])
			}
		}
		line("| %s | %s |", role.name, counts(list))
	}
	var rest spread[int]
	for _, list := range d.homes {
		for _, u := range list {
			if busy[u.ID] == "" {
				rest = append(rest, d.tg.SentCount(u.ID)-d.before[u.ID])
			}
		}
	}
	line("| everybody else | %s |", counts(rest))
	line("")
	var asked, card spread[time.Duration]
	var danger time.Duration
	for _, x := range d.wishes {
		from := x.said
		if !x.agreed.IsZero() {
			asked, from = append(asked, x.asked.Sub(x.said)), x.agreed
		}
		switch {
		case x.danger:
			danger = x.card.Sub(x.said)
		case !x.refuse:
			card = append(card, x.card.Sub(from))
		}
	}
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	line("from a message to the question whether to file it: median %s, p99 %s, most %s (%d)", ms(asked.at(.5)), ms(asked.at(.99)), ms(asked.at(1)), len(asked))
	line("from the agreement, or the message of who has agreed before, to the phone of who is to do it: median %s, p99 %s, most %s (%d)", ms(card.at(.5)), ms(card.at(.99)), ms(card.at(1)), len(card))
	line("from the danger to the phone of the person on duty: %s", ms(danger))
	signs, shared, edits := 0, 0, 0
	for _, c := range d.tg.Calls("")[d.calls:] {
		switch {
		case c.Code != 200:
		case c.Method == "setMessageReaction":
			signs++
		case strings.HasPrefix(c.Method, "edit"):
			edits++
		case c.Method == "sendMessage" && c.Chat < 0 && strings.Count(c.Params["reply_markup"], "/also") > 1:
			shared++
		}
	}
	line("signs put on messages: %d; messages changed in place: %d; group messages that carry several lines: %d", signs, edits, shared)
	h := d.taken
	line("of %d lines of talk the reader took for more: %d filed (of people who had agreed before), %d asked about, %d shown to staff, %d taken for a danger",
		len(d.chat), len(h.filed), len(h.offered), len(h.drafts), len(h.dangers))
	return out.String()
}
