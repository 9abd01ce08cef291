package poll

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// A list that is pasted to Linli in private, where it hears no group: what is new in it, and
// the list written back for the group to go on with. Nobody else sees what stands there, so that
// only who answers for a building hands on its list.

const (
	// unsureFor is how long a list waits for who has sent it to say that it is of this poll.
	unsureFor = time.Hour
	// maxKeys is of how many entries the rules see the votes with one event.
	maxKeys = 250
	// maxDoors is how many households an answer names.
	maxDoors = 20
)

// pasted takes a list that was written to Linli itself.
func (t *turn) pasted(c flows.Chain, w flows.Said) {
	switch {
	case t.Stage != Open || !t.e.At.Before(t.Until):
		t.reply("ended", nil)
	case !t.mayList():
		t.reply("no-list", t.vars())
	case !t.collects():
		t.reply("list-group", t.vars(), t.voting()...)
	case !flows.Bears(t.e, w):
		r := t.read(c, true)
		t.Unsure = &Unsure{By: t.e.By.Person, At: t.e.At, reading: r}
		vars := t.vars()
		vars["n"] = flows.Num(len(r.Lines))
		vars["unread"] = flows.Text(strings.Join(r.unread, "、"))
		t.reply("list-is", vars, flows.Button{Words: "b-paste", Choice: "paste=yes"}, flows.Button{Words: "b-no-paste", Choice: "paste=no"})
		t.do(flows.Wake{At: t.e.At.Add(unsureFor), Name: "paste"})
	default:
		vars := flows.Vars{}
		if c.Others > 0 {
			vars["others"] = flows.Num(c.Others)
		}
		t.take(t.read(c, true), vars)
	}
}

// collects says whether the actor may hand on the list of any building that is asked.
func (t *turn) collects() bool {
	if t.leads(t.e.By) {
		return true
	}
	for _, b := range t.e.Settings.Buildings {
		if t.e.Settings.Contains(t.Scope, flows.Scope{Building: b.ID}) && t.relays(b.ID) {
			return true
		}
	}
	return false
}

// confirmed is whether a list without a number is of this poll.
func (t *turn) confirmed(yes bool) {
	u := t.Unsure
	switch {
	case u == nil || u.By != t.e.By.Person || t.Stage != Open || !t.e.At.Before(t.Until) || !t.mayList() || !t.collects():
		t.toast("list-gone", nil)
	case yes:
		t.take(u.reading, flows.Vars{"sure": flows.Text("yes")})
	default:
		t.Unsure = nil
		t.toast("list-not", nil)
	}
}

// take counts what was read in a list, says what has changed, and writes the list back. Who
// stands in it no more has taken their line out: what they have pressed themselves counts again.
func (t *turn) take(r reading, vars flows.Vars) {
	t.Unsure = nil
	was := t.Lines
	seen, in := map[flows.Place]bool{}, map[string]bool{}
	for _, l := range r.Lines {
		seen[l.Place], in[l.Place.Building] = true, true
	}
	for _, p := range r.Others {
		seen[p], in[p.Building] = true, true
	}
	var fresh, other, gone []string
	read := 0
	for _, l := range r.Lines {
		i := t.lineOf(l.Place)
		had := i >= 0 && t.Lines[i].Letter == l.Letter
		switch {
		case !t.listed(l):
			r.unread = append(r.unread, t.door(l.Place))
			continue
		case i < 0:
			fresh = append(fresh, t.door(l.Place))
		case !had:
			other = append(other, t.door(l.Place))
		}
		read++
	}
	// A list that has nothing in common with what was pasted of its building is another one.
	same := map[string]bool{}
	for _, l := range was {
		same[l.Place.Building] = same[l.Place.Building] || l.Pasted && seen[l.Place]
	}
	kept := 0
	for _, l := range was {
		b := l.Place.Building
		switch {
		case !l.Pasted || seen[l.Place] || !in[b] || !t.relays(b):
		case r.Part, !same[b], !t.unlisted(l.Place):
			kept++
		default:
			gone = append(gone, t.door(l.Place))
		}
	}
	t.Lines = slices.Clone(t.Lines)
	for i := range t.Lines {
		t.Lines[i].Pasted = t.Lines[i].Pasted || seen[t.Lines[i].Place]
	}
	for k, v := range t.vars() {
		vars[k] = v
	}
	vars["n"] = flows.Num(read)
	vars["unread"] = flows.Text(strings.Join(r.unread, "、"))
	if len(was) > 0 {
		vars["new"], vars["new_n"] = doors(fresh), flows.Num(len(fresh))
		vars["other"], vars["other_n"] = doors(other), flows.Num(len(other))
		if len(fresh)+len(other)+len(gone) == 0 {
			vars["same"] = flows.Text("yes")
		}
	}
	vars["gone"], vars["gone_n"] = doors(gone), flows.Num(len(gone))
	if kept > 0 {
		vars["kept"] = flows.Num(kept)
	}
	t.forCopy("list-read", vars)
	t.forCopy("list-copy", t.listVars())
}

// doors are households, as an answer names them.
func doors(list []string) flows.Var {
	return flows.Text(strings.Join(list[:min(len(list), maxDoors)], "、"))
}

// forCopy says something to the actor that stands in a group, and is not kept twice.
func (t *turn) forCopy(words string, vars flows.Vars) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Reply: true, Unkept: true})
}

// unlisted takes a household out of the list.
func (t *turn) unlisted(p flows.Place) bool {
	h, ok := t.e.Settings.Household(p)
	if !ok {
		return false
	}
	v := t.ofHousehold(h)
	vote, ok := t.held(v.key)
	if !ok {
		return false // more than can be seen at a time: the next paste takes it out
	}
	i := t.lineOf(p)
	t.Lines = append(t.Lines[:i:i], t.Lines[i+1:]...)
	was, _, _ := vote.Cast()
	vote.Chain, vote.ChainAt = "", time.Time{}
	letter, _, _ := vote.Cast()
	switch {
	case letter == "":
		t.do(flows.Put{Entry: flows.Entry{Key: v.key}, Delete: true})
	case letter == none:
		t.do(flows.Put{Entry: flows.Entry{Key: v.key, Tag: takenBack, Data: flows.Data(vote)}})
	default:
		t.do(flows.Put{Entry: flows.Entry{Key: v.key, Tag: Tag(letter, v.building), Data: flows.Data(vote)}})
	}
	if was != "" && was != none && (letter == "" || letter == none) {
		t.turned--
		t.turnoutSoon(Turnout(t.e.Counts) + t.turned)
	}
	return true
}

// listHere gives the list to who wanted it in a group, because Linli is in none there.
func (t *turn) listHere() {
	who := t.e.By.Person
	if who == "" {
		who = t.Starter
	}
	t.toast("list-here", nil)
	for _, words := range []string{"list-nowhere", "list-copy"} {
		t.do(flows.Say{To: flows.To{Person: who}, Class: flows.Personal, Words: words, Vars: t.listVars(), Reply: true, Unkept: true})
	}
}

// chainKeys are the votes that a list may change: of those who stand in it, and where it was
// pasted of those who stood in the one before.
func (t *turn) chainKeys(c flows.Chain, pasted bool) (keys []string) {
	for _, l := range c.Lines[:min(len(c.Lines), maxLines)] {
		if h, ok := t.e.Settings.Household(t.within(l.Place)); ok {
			keys = append(keys, t.ofHousehold(h).key)
		}
	}
	if pasted {
		keys = append(keys, t.lineKeys(t.Lines)...)
	}
	return keys
}

// lineKeys are the votes of lines.
func (t *turn) lineKeys(list []Line) (keys []string) {
	for _, l := range list {
		if h, ok := t.e.Settings.Household(l.Place); ok {
			keys = append(keys, t.ofHousehold(h).key)
		}
	}
	return keys
}
