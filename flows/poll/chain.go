package poll

import (
	"fmt"
	"strings"
	"unicode"

	"linli/flows"
)

// The list that people copy and add themselves to (接龙). It shows everybody what
// each has chosen, so it is only for polls that say so beforehand and about which nobody
// quarrels; whoever answers in private never stands in it.

// maxLines is how many lines of a list are read and kept: of as many the rules can see
// the votes.
const maxLines = 200

// mayList says whether this poll may go through a list.
func (t *turn) mayList() bool {
	return t.Stage == Open && t.Named && t.Unit == flows.PerHousehold && !t.Disputed && (t.Force == flows.Sounding || t.Force == flows.Opinion)
}

// ours says that a list is about this poll: it bears its number, answers it, or is
// called like it. Groups have lists of everything, eggs among them.
func (t *turn) ours(c flows.Chain, w flows.Said) bool {
	if t.e.Case.No > 0 && t.e.Reading.Number == t.e.Case.No || w.Recent != "" && w.Recent == t.e.Case.ID {
		return true
	}
	title, question := bare(c.Title), bare(t.Question)
	return len([]rune(title)) >= 4 && (strings.Contains(question, title) || strings.Contains(title, question))
}

// bare is a text without anything but its letters and numbers.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// chain reads a list that somebody has sent.
func (t *turn) chain(c flows.Chain, w flows.Said) {
	switch {
	case !t.ours(c, w):
		if w.Direct {
			t.reply("list-which", t.vars())
		}
		return
	case t.Stage != Open || !t.e.At.Before(t.Until):
		if w.Direct {
			t.reply("ended", nil)
		}
		return
	case !t.mayList():
		if t.e.By.Reachable {
			t.reply("no-list", t.vars())
		}
		return
	}
	if w.Direct && len(t.e.By.Posts) == 0 {
		t.reply("list-group", t.vars())
		return
	}
	var unread []string
	read := 0
	for _, l := range c.Lines[:min(len(c.Lines), maxLines)] {
		place := t.within(l.Place)
		h, ok := t.e.Settings.Household(place)
		letter := t.optionIn(l.Rest)
		if !ok || letter == "" || w.Direct && !t.relays(h.Building) || !t.e.Settings.Contains(t.Scope, flows.Scope{Building: h.Building}) || t.ofHousehold(h).key == "" {
			unread = append(unread, fmt.Sprint(l.N))
			continue
		}
		read++
		t.listed(h, letter)
	}
	vars := t.vars()
	vars["n"] = flows.Num(read)
	if n := len(c.Lines); n > maxLines {
		unread = append(unread, fmt.Sprintf("%d–%d", c.Lines[maxLines].N, c.Lines[n-1].N))
	}
	vars["unread"] = flows.Text(strings.Join(unread, "、"))
	switch {
	case w.Direct:
		t.reply("list-read", vars)
	case len(unread) > 0:
		// In the group nobody is corrected; who sent the poll can ask them.
		t.do(flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: "list-unread", Vars: vars, Slot: "unread", Bundle: false})
	}
}

// relays says whether the actor may hand on, in private, what stands in a group of a
// building. Nobody else sees what is written there, and it could be anything.
func (t *turn) relays(building string) bool {
	return t.leads(t.e.By) || t.e.Settings.May(t.e.By, flows.Slips, flows.Scope{Building: building})
}

// listed takes one line. A line that was there before is no new vote, so that what
// somebody has pressed since then stays.
func (t *turn) listed(h flows.Household, letter string) {
	v := t.ofHousehold(h)
	i := -1
	for k, l := range t.Lines {
		if l.Place == h.Place() {
			i = k
		}
	}
	switch {
	case i >= 0 && t.Lines[i].Letter == letter:
		return
	case i >= 0:
		lines := append([]Line{}, t.Lines...)
		lines[i].Letter = letter
		t.Lines = lines
	case len(t.Lines) < maxLines:
		t.Lines = append(t.Lines[:len(t.Lines):len(t.Lines)], Line{Place: h.Place(), Letter: letter})
	default:
		return
	}
	t.cast(v, Vote{Chain: letter, ChainAt: t.e.At})
}

// optionIn finds the one option that a line of a list names: as a word of its own, or
// the longest that is in it.
func (t *turn) optionIn(rest string) string {
	if l := t.letterOf(rest); l != "" {
		return l
	}
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) }) {
		if l := t.letterOf(word); l != "" {
			return l
		}
	}
	best, letter := 0, ""
	for i, o := range t.Options {
		if n := len(o); strings.Contains(rest, o) && n > best {
			best, letter = n, Letter(i)
		}
	}
	return letter
}

// writeChain puts the list into the group for it to go on with.
func (t *turn) writeChain() {
	if !t.mayList() {
		t.toast("no-list", t.vars())
		return
	}
	var w strings.Builder
	for i, l := range t.Lines {
		home := strings.Trim(l.Place.Building+"-"+l.Place.Unit+"-"+l.Place.Room, "-")
		if t.Scope.Building != "" {
			home = strings.Trim(l.Place.Unit+"-"+l.Place.Room, "-")
		}
		fmt.Fprintf(&w, "%d. %s %s\n", i+1, strings.ReplaceAll(home, "--", "-"), t.Options[t.Option(l.Letter)])
	}
	vars := t.vars()
	vars["lines"] = flows.Text(strings.TrimSpace(w.String()))
	vars["first"] = flows.Text(t.Options[0])
	vars["next"] = flows.Num(len(t.Lines) + 1)
	vars["n"] = flows.Num(len(t.Lines))
	if other := Turnout(t.e.Counts) - len(t.Lines); other > 0 {
		vars["other"] = flows.Num(other)
	}
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "list", Vars: vars})
	t.toast("list-sent", nil)
}
