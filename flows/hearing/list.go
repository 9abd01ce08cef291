package hearing

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// The times as a list that people go on with (接龙): who can come when. Linli reads it in a group
// that it hears; out of any other, whoever prepares the hearing pastes it in private, and gets it
// back. It names nobody whom Linli knows, so that its numbers stand beside those of the buttons,
// and nothing of it is kept but these.

const (
	// unsureFor is how long a list waits for who has sent it to say that it is of this hearing.
	unsureFor = time.Hour
	// shownNew is how many new lines are named in an answer.
	shownNew = 10
)

// writeList writes the times into the group as a list.
func (t *turn) writeList() {
	if !t.e.At.Before(t.Until) {
		t.holds()
		return
	}
	t.toast("list-sent", nil) // where there is no group, what follows says so
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "list", Vars: t.with(flows.Vars{"list": t.dates()}), Until: t.Until})
}

// listHere gives the list to who wanted it in a group, because Linli is in none there.
func (t *turn) listHere() {
	who := cmp.Or(t.e.By.Person, t.Organiser)
	t.toast("list-here", nil)
	t.do(flows.Say{To: flows.To{Person: who}, Class: flows.Personal, Words: "list-nowhere", Vars: t.vars(), Reply: true})
	t.copyFor(who, flows.Vars{"next": flows.Num(1)})
}

// copyFor gives somebody the list to paste into the group.
func (t *turn) copyFor(p flows.PersonID, vars flows.Vars) {
	vars["list"] = t.dates()
	t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Personal, Words: "list-copy", Vars: t.with(vars), Reply: true, Unkept: true, Until: t.Until})
}

// chain takes a list that somebody has sent.
func (t *turn) chain(c flows.Chain, w flows.Said) {
	c.Lines = t.people(c)
	paste := t.paste(c)
	if !w.Direct {
		if t.Stage != Asking || !t.e.Chat.Group || !t.e.Settings.Touches(t.e.Chat.Scope, t.Scope) {
			return
		}
		if lists, _, lost := t.Lists.With(t.e.Chat.ID, paste); !lost {
			t.Lists, t.Unsure = lists, nil
			t.countLists()
			t.toast("list-read", flows.Vars{"n": flows.Num(chose(paste))})
		}
		return
	}
	vars := flows.Vars{"lines": flows.Num(len(c.Lines)), "n": flows.Num(chose(paste))}
	switch {
	case !t.convenes(t.e.By):
		if t.Stage != Asking || t.outside() {
			t.look()
			return
		}
		t.reply("list-other", nil, t.asking(flows.To{Person: t.e.By.Person}).Buttons...)
	case t.Stage != Asking || !t.e.At.Before(t.Until):
		t.holds()
	case len(c.Lines) == 0:
		t.reply("list-empty", nil)
	case c.Partial():
		t.reply("list-part", flows.Vars{"n": flows.Num(c.Lines[0].N)})
	case !flows.Bears(t.e, w):
		t.Unsure = &Unsure{By: t.e.By.Person, At: t.e.At, Paste: paste}
		t.reply("list-is", vars, flows.Button{Words: "b-paste", Choice: "paste=yes"}, flows.Button{Words: "b-no-paste", Choice: "paste=no"})
		t.do(t.wake(t.e.At.Add(unsureFor), "paste"))
	default:
		t.took(c, paste, vars)
	}
}

// people are the lines of a list in which somebody stands: the times themselves are none.
func (t *turn) people(c flows.Chain) (list []flows.ChainLine) {
	for _, l := range c.Lines[:min(len(c.Lines), flows.MostChainLines)] {
		if strings.TrimSpace(l.Text) != "" && !t.isTime(l.Text) {
			list = append(list, l)
		}
	}
	return list
}

// isTime says that a line is one of the times, as Linli writes them.
func (t *turn) isTime(line string) bool {
	return slices.ContainsFunc(t.Slots, func(s Slot) bool {
		return slices.ContainsFunc(flows.Languages, func(lang string) bool {
			before, ok := strings.CutSuffix(strings.TrimSpace(line), flows.Date(s.From.In(t.e.Settings.Zone), lang))
			return ok && (before == "" || timed.MatchString(before))
		})
	})
}

// timed stands before a time as Linli writes it.
var timed = regexp.MustCompile(`^(?:时间|Time )\d{1,2}[：:] ?$`)

// paste is what is kept of a list: of each line which times it has chosen, as bits.
func (t *turn) paste(c flows.Chain) flows.Paste {
	var lines []flows.PasteLine
	for _, l := range c.Lines {
		text := cmp.Or(l.Rest, l.Text)
		all, mask := strings.Contains(text, "都行") || strings.Contains(text, "都可以"), 0
		for i := range t.Slots {
			if all || choosesSlot(text, i+1) {
				mask |= 1 << i
			}
		}
		who := flows.Masked(l.Text) // as it is written back
		if m := chosenSlots.FindStringSubmatchIndex(strings.TrimSpace(who)); m != nil {
			who = strings.TrimSpace(who)[:m[2]]
		}
		who = strings.NewReplacer("都行", "", "都可以", "").Replace(who)
		lines = append(lines, flows.PasteLine{Who: cmp.Or(strings.TrimSpace(who), l.Text), N: mask})
	}
	return flows.NewPaste(t.e.Seed, lines)
}

// chose is how many lines have chosen a time.
func chose(p flows.Paste) (n int) {
	for _, mask := range p.N {
		if mask != 0 {
			n++
		}
	}
	return n
}

// countLists counts what the lists say.
func (t *turn) countLists() {
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.Slots[i].Listed = 0
		for _, list := range t.Lists {
			for _, mask := range list.N {
				if mask&(1<<i) != 0 {
					t.Slots[i].Listed++
				}
			}
		}
	}
}

// took counts a list that who prepares the hearing has pasted, says what is in it, and writes
// it back.
func (t *turn) took(c flows.Chain, p flows.Paste, vars flows.Vars) {
	if c.Others > 0 {
		vars["others"] = flows.Num(c.Others)
	}
	if c.Cut || len(c.Lines) >= flows.MostChainLines {
		vars["cut"] = flows.Text("yes")
	}
	var unread []string
	for i, mask := range p.N {
		if mask == 0 {
			unread = append(unread, itoa(i+1))
		}
	}
	vars["unread"] = flows.Text(strings.Join(unread[:min(len(unread), 20)], "、"))
	changes, ok := t.counts(p, vars)
	if !ok {
		return
	}
	var news []string
	for _, i := range changes.New {
		if len(news) < shownNew {
			news = append(news, flows.Quoted(c.Lines[i].Text, 20))
		}
	}
	vars["new"] = flows.Text(strings.Join(news, "、"))
	t.saidRead(vars)
	own := func(l string) bool {
		return strings.HasPrefix(l, flows.Spoken(t.e.Case.No)) || t.isTime(l)
	}
	t.copyFor(t.e.By.Person, flows.Vars{"lines": flows.Text(c.Again()), "above": flows.Text(c.Above(own)), "next": flows.Num(len(c.Lines) + 1)})
}

// counts takes a list into account and adds to the values of an answer what has changed. It is
// not ok if there are too many lists, and answers that.
func (t *turn) counts(p flows.Paste, vars flows.Vars) (flows.Changes, bool) {
	before := len(t.Lists)
	lists, changes, lost := t.Lists.With("", p)
	if t.Unsure = nil; lost {
		t.reply("list-many", flows.Vars{"n": flows.Num(flows.MostGroupLists)})
		return changes, false
	}
	t.Lists = lists
	t.countLists()
	switch {
	case !changes.First:
		vars["new_n"], vars["gone"], vars["other"] = flows.Num(len(changes.New)), flows.Num(changes.Gone), flows.Num(len(changes.Other))
		if len(changes.New)+changes.Gone+len(changes.Other) == 0 {
			vars["same"] = flows.Text("yes")
		}
	case before > 0:
		vars["strange"] = flows.Text("yes")
	}
	var sums []string
	for i, s := range t.Slots {
		sums = append(sums, fmt.Sprintf("%d: %d", i+1, s.Listed))
	}
	vars["sums"] = flows.Text(strings.Join(sums, ", "))
	return changes, true
}

// saidRead says what was read in a list that was pasted. People's words stand in it.
func (t *turn) saidRead(vars flows.Vars) {
	say := flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "list-told", Vars: t.with(vars), Reply: true, Unkept: true}
	if vars["strange"].S != "" {
		say.Buttons = []flows.Button{{Words: "b-swap", Choice: "paste=swap"}}
	}
	t.do(say)
}

// confirmed is what somebody says of a list they have pasted: one without a number is of this
// hearing, or is not; one that is like none before is not that of another group.
func (t *turn) confirmed(answer string) {
	u, n := t.Unsure, len(t.Lists)
	switch {
	case !t.convenes(t.e.By) || t.Stage != Asking || !t.e.At.Before(t.Until):
		t.toast("list-gone", nil)
	case answer == "swap" && n > 1 && t.Lists[n-1].Chat == "" && t.Lists[n-2].Chat == "":
		t.Lists = append(t.Lists[:n-2:n-2], t.Lists[n-1])
		t.countLists()
		t.toast("list-swapped", nil)
	case answer == "swap" || u == nil || u.By != t.e.By.Person:
		t.toast("list-gone", nil)
	case answer != "yes":
		t.Unsure = nil
		t.toast("list-not", nil)
	default:
		vars := flows.Vars{"lines": flows.Num(len(u.Paste.N)), "n": flows.Num(chose(u.Paste)), "sure": flows.Text("yes")}
		if _, ok := t.counts(u.Paste, vars); ok {
			t.saidRead(vars)
		}
	}
}

// chosenSlots are the numbers at the end of a line: what stands before them may be a door.
var chosenSlots = regexp.MustCompile(`(?:^|[^0-9])((?:\d{1,2}[\s、，,和]*)+)$`)

// choosesSlot says that a line of a list names a time by its number: "张三 1、3".
func choosesSlot(text string, n int) bool {
	m := chosenSlots.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return false
	}
	return slices.Contains(strings.FieldsFunc(m[1], func(r rune) bool { return r < '0' || r > '9' }), itoa(n))
}
