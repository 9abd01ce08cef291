package poll

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	return utf8.RuneCountInString(flows.Bare(c.Title)) >= 4 && c.Called(t.Question)
}

// chain reads a list that somebody has sent.
func (t *turn) chain(c flows.Chain, w flows.Said) {
	if w.Direct {
		t.pasted(c, w)
		return
	}
	switch {
	case !t.ours(c, w), t.Stage != Open || !t.e.At.Before(t.Until):
		return
	case !t.mayList():
		if t.e.By.Reachable {
			t.reply("no-list", t.vars())
		}
		return
	}
	r := t.read(c, false)
	for _, l := range r.Lines {
		t.listed(l)
	}
	if len(r.unread) > 0 {
		// In the group nobody is corrected; who sent the poll can ask them.
		vars := t.vars()
		vars["unread"] = flows.Text(strings.Join(r.unread, "、"))
		t.do(flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: "list-unread", Vars: vars, Slot: "unread", Bundle: false})
	}
}

// reading is what was read in a list: votes, and whose line could not be read.
type reading struct {
	Lines  []Line        `json:"lines,omitempty"`
	Others []flows.Place `json:"others,omitempty"` // households whose choice could not be read
	Part   bool          `json:"part,omitempty"`   // not all of the list is in it
	unread []string
}

// read reads the lines of a list. One that was pasted in private is read only for the buildings
// whose lists the actor may hand on.
func (t *turn) read(c flows.Chain, private bool) (r reading) {
	for _, l := range c.Lines[:min(len(c.Lines), maxLines)] {
		place := t.within(l.Place)
		h, ok := t.e.Settings.Household(place)
		letter := t.optionIn(l.Rest)
		ok = ok && t.e.Settings.Contains(t.Scope, flows.Scope{Building: h.Building}) && t.ofHousehold(h).key != "" && (!private || t.relays(h.Building))
		switch {
		case ok && letter != "":
			r.Lines = append(r.Lines, Line{Place: h.Place(), Letter: letter})
			continue
		case ok:
			r.Others = append(r.Others, h.Place())
		}
		r.unread = append(r.unread, fmt.Sprint(l.N))
	}
	if n := len(c.Lines); n > maxLines {
		r.unread = append(r.unread, fmt.Sprintf("%d–%d", c.Lines[maxLines].N, c.Lines[n-1].N))
	}
	r.Part = c.Partial() || c.Cut || len(c.Lines) > maxLines
	return r
}

// relays says whether the actor may hand on, in private, what stands in a group of a
// building. Nobody else sees what is written there, and it could be anything.
func (t *turn) relays(building string) bool {
	return t.leads(t.e.By) || t.e.Settings.May(t.e.By, flows.Slips, flows.Scope{Building: building})
}

// listed takes one line. A line that was there before is no new vote, so that what
// somebody has pressed since then stays. It says whether there was room for it.
func (t *turn) listed(line Line) bool {
	h, ok := t.e.Settings.Household(line.Place)
	if !ok {
		return false
	}
	i := t.lineOf(line.Place)
	switch {
	case i >= 0 && t.Lines[i].Letter == line.Letter:
		return true
	case i >= 0:
		t.Lines = slices.Clone(t.Lines)
		t.Lines[i].Letter = line.Letter
	case len(t.Lines) < maxLines:
		t.Lines = append(t.Lines[:len(t.Lines):len(t.Lines)], line)
	default:
		return false
	}
	t.cast(t.ofHousehold(h), Vote{Chain: line.Letter, ChainAt: t.e.At})
	return true
}

// lineOf is where a household stands in the list, -1 if it does not.
func (t *turn) lineOf(p flows.Place) int {
	return slices.IndexFunc(t.Lines, func(l Line) bool { return l.Place == p })
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
	t.toast("list-sent", nil) // where there is no group, what follows says so
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "list", Vars: t.listVars()})
}

// listVars are the values of the list as it is written.
func (t *turn) listVars() flows.Vars {
	var w strings.Builder
	for i, l := range t.Lines {
		fmt.Fprintf(&w, "%d. %s %s\n", i+1, t.door(l.Place), t.Options[t.Option(l.Letter)])
	}
	vars := t.vars()
	vars["lines"] = flows.Text(strings.TrimSpace(w.String()))
	vars["first"] = flows.Text(t.Options[0])
	vars["next"] = flows.Num(len(t.Lines) + 1)
	vars["n"] = flows.Num(len(t.Lines))
	if other := Turnout(t.e.Counts) + t.turned - len(t.Lines); other > 0 {
		vars["other"] = flows.Num(other)
	}
	return vars
}

// door is a household as it stands in the list.
func (t *turn) door(p flows.Place) string {
	home := p.Unit + "-" + p.Room
	if t.Scope.Building == "" {
		home = p.Building + "-" + home
	}
	return strings.Trim(strings.ReplaceAll(home, "--", "-"), "-")
}
