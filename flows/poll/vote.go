package poll

import (
	"slices"
	"time"

	"linli/flows"
)

// One vote: whose it is, whether it counts, and what becomes of an earlier one.

// voter is whose vote somebody's is.
type voter struct {
	key      string
	building string
	area     int
	why      string // where there is none: "home", "code", "elsewhere", "tenant", "unlisted"
}

// voter gives whose vote the actor's is, as things are known of them now.
func (t *turn) voter(a flows.Actor) voter {
	s, rule, in := t.e.Settings, t.rule(), flows.Scope{Building: a.Home.Building}
	if a.Home.Building != "" && !s.Contains(t.Scope, in) {
		return voter{why: "elsewhere"}
	}
	if t.Unit == flows.PerPerson {
		// Who is in the building's own group is taken to live there, for what binds nobody.
		here := t.Scope.Community || t.e.Chat.Group && s.Contains(t.Scope, t.e.Chat.Scope) || t.e.Chat.ID == ""
		switch {
		case rule.Proof && !a.Proven:
			return voter{why: "code"}
		case a.Home.Building == "" && (t.Force != flows.Sounding || !here):
			return voter{why: "home"}
		}
		return voter{key: string(a.Person), building: a.Home.Building}
	}
	if a.Home.Building == "" || a.Home.Room == "" {
		if rule.Proof {
			return voter{why: "code"}
		}
		return voter{why: "home"}
	}
	h, ok := s.Household(a.Home)
	switch {
	case !ok:
		return voter{why: "unlisted"}
	case rule.Proof && !a.Proven:
		return voter{why: "code"}
	}
	return t.ofHousehold(h)
}

// ofHousehold gives the vote that a household has.
func (t *turn) ofHousehold(h flows.Household) voter {
	if h.Let && !t.rule().Tenants {
		return voter{why: "tenant"}
	}
	if t.Unit != flows.PerOwner {
		return voter{key: h.Key(), building: h.Building}
	}
	own := t.e.Settings.Owned(h.OwnerKey(), t.Scope)
	if len(own) == 0 {
		return voter{why: "unlisted"} // the building is not on the roster
	}
	v := voter{key: h.OwnerKey(), building: own[0].Building}
	for _, x := range own {
		v.area += x.Area
	}
	return v
}

// mark is what a person's own entry says: for whom they have voted, or what waits
// for their home.
type mark struct {
	Key    string    `json:"key,omitempty"`
	Choice string    `json:"choice,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// pending is the tag of a press that waits for its home.
const pending = "pending"

func isVote(tag string) bool {
	_, _, ok := voteTag(tag)
	return ok
}

// former is for whom the actor has voted before, "" if for nobody or for themself.
func (t *turn) former() string {
	if own := t.e.Entry; own != nil && (own.Tag == "voter" || own.Tag == pending) {
		return data[mark](own.Data).Key
	}
	return ""
}

// leave takes out what the actor has voted for a household that is not theirs any
// more.
func (t *turn) leave(now string) {
	if key := t.former(); key != "" && key != now {
		if old, ok := t.held(key); ok && old.By == t.e.By.Person {
			t.remove(key, old)
		}
	}
}

// held is the vote of an entry.
func (t *turn) held(key string) (v Vote, ok bool) {
	e, ok := t.e.Entries[key]
	if _, _, is := voteTag(e.Tag); !ok || !is && e.Tag != takenBack {
		return v, false
	}
	return data[Vote](e.Data), true
}

// vote is an option pressed, "" for a vote taken back.
func (t *turn) vote(letter string) {
	switch {
	case t.e.By.Person == "":
	case t.Stage == Preview || t.Stage == Asked:
		t.toast("not-begun", nil)
	case t.Stage != Open || !t.e.At.Before(t.Until):
		t.toast("ended", nil)
	case letter == "":
		t.takeBack()
	case t.Option(letter) < 0:
		t.toast("no-option", nil)
	default:
		v := t.voter(t.e.By)
		if v.why != "" {
			t.unfit(v.why, letter)
			return
		}
		t.cast(v, Vote{Choice: letter, At: t.e.At, How: Tap, By: t.e.By.Person})
		t.thank(v, letter)
	}
}

// unfit says why a press is no vote. One that waits only for the home is held.
func (t *turn) unfit(why, letter string) {
	switch why {
	case "home", "code", "unlisted":
		if own := t.e.Entry; own == nil || !isVote(own.Tag) { // else it is a vote itself, which stands
			t.do(flows.Put{Entry: flows.Entry{Key: string(t.e.By.Person), Tag: pending, Data: flows.Data(mark{Key: t.former(), Choice: letter, At: t.e.At})}})
		}
		t.askHome(why)
		if t.e.By.Reachable {
			t.toast("one-more", nil)
		} else {
			t.toast("one-more-open", nil)
		}
	default:
		t.toast("unfit-"+why, flows.Vars{"scope": flows.In(t.Scope)})
	}
}

// askHome asks where somebody lives, in private.
func (t *turn) askHome(why string) {
	if !t.e.By.Reachable {
		return
	}
	vars := t.vars()
	switch why {
	case "home", "unlisted":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "ask-" + why, Vars: vars, Slot: "home", Reply: true, Expect: flows.ExpectHome, For: 24 * time.Hour})
	case "code":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "ask-code", Vars: vars, Slot: "home", Reply: true})
	}
}

// homeSaid is where somebody lives, in their words.
func (t *turn) homeSaid(flows.Said) {
	home := t.e.Reading.Place
	if home.Building == "" {
		home.Building = t.Scope.Building
	}
	h, ok := t.e.Settings.Household(home)
	switch {
	case t.Stage != Open:
		t.reply("ended", nil)
	case !ok:
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "ask-unlisted", Vars: t.vars(), Slot: "home", Reply: true, Expect: flows.ExpectHome, For: 24 * time.Hour})
	default:
		// The engine tells us back that the home has changed; the vote that waits counts then.
		yes, place := true, h.Place()
		t.do(flows.Remember{Person: t.e.By.Person, Consent: &yes, Home: &place})
	}
}

// homeChanged looks anew at the vote of somebody who lives elsewhere than before,
// or whose home was made sure of.
func (t *turn) homeChanged() {
	if t.e.Entry == nil || t.Stage != Open {
		return
	}
	m := data[mark](t.e.Entry.Data)
	v := t.voter(t.e.By)
	letter, _, isVote := voteTag(t.e.Entry.Tag)
	switch {
	case t.e.Entry.Tag == pending && v.why == "":
		if m.At.Before(t.Until) && t.e.At.Before(t.Until) {
			t.cast(v, Vote{Choice: m.Choice, At: m.At, How: Tap, By: t.e.By.Person})
			t.thank(v, m.Choice)
		}
	case t.e.Entry.Tag == pending && (v.why == "elsewhere" || v.why == "tenant"):
		t.leave("")
		t.do(flows.Put{Entry: flows.Entry{Key: t.e.Entry.Key}, Delete: true})
		t.reply("unfit-"+v.why, flows.Vars{"scope": flows.In(t.Scope)})
	case t.e.Entry.Tag == pending:
		t.askHome(v.why)
	case t.e.Entry.Tag == "voter" && m.Key != v.key:
		t.leave(v.key)
		t.do(flows.Put{Entry: flows.Entry{Key: t.e.Entry.Key}, Delete: true})
		t.movedOut(v)
	case isVote && v.why != "":
		t.do(flows.Put{Entry: flows.Entry{Key: t.e.Entry.Key}, Delete: true})
		t.movedOut(v)
	case isVote && letter != "":
		old := data[Vote](t.e.Entry.Data)
		t.do(flows.Put{Entry: flows.Entry{Key: v.key, Tag: Tag(letter, v.building), Data: flows.Data(old)}})
	}
}

// movedOut tells somebody that their vote is no longer in, and asks again where they
// may vote from the new home.
func (t *turn) movedOut(v voter) {
	vars := t.vars()
	if v.why == "" {
		say := t.ballot(flows.To{Person: t.e.By.Person})
		say.Words, say.Reply, say.Class = "moved-in", true, flows.Personal
		t.do(say)
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: "moved-out", Vars: vars, Reply: true, Slot: "poll"})
}

// cast keeps a vote, if it is the later of those with its key, and says whether it is
// the one that counts.
func (t *turn) cast(v voter, n Vote) (counts bool) {
	n.Area = v.area
	old, had := t.held(v.key)
	vote := n
	if had {
		vote = later(old, n)
		vote.Area, vote.Before = v.area, before(old, n, vote)
	}
	letter, _, _ := vote.Cast()
	tag := Tag(letter, v.building)
	if letter == none {
		tag = takenBack
	}
	t.do(flows.Put{Entry: flows.Entry{Key: v.key, Tag: tag, Data: flows.Data(vote)}})
	switch {
	case vote.Proxy != "":
		t.do(flows.Put{Entry: proxied(v.key, vote.Proxy)})
	case old.Proxy != "":
		t.do(flows.Put{Entry: flows.Entry{Key: proxied(v.key, "").Key}, Delete: true})
	}
	if n.By != "" && v.key != string(n.By) {
		if n.By == t.e.By.Person {
			t.leave(v.key)
		}
		t.do(flows.Put{Entry: flows.Entry{Key: string(n.By), Tag: "voter", Data: flows.Data(mark{Key: v.key})}})
	}
	// In secret it is told whatever was chosen: that it was told, or not, would show how
	// the two differ, to who has put a paper in and to who lives with them.
	other := vote.By != old.By
	if t.Named {
		was, _, _ := old.Cast()
		other = was != letter
	}
	if had && other && old.By != "" && old.By != n.By {
		words := "changed-home"
		if n.How == Paper || n.How == Phone {
			words = "changed-paper"
		}
		t.do(flows.Say{To: flows.To{Person: old.By}, Class: flows.Personal, Words: words, Vars: t.vars(), Slot: "changed"})
	}
	if was, _, _ := old.Cast(); !had || was == none {
		t.turned++
	}
	if letter == none {
		t.turned--
	}
	if t.turned != 0 {
		t.turnoutSoon(Turnout(t.e.Counts) + t.turned)
	}
	return letter == n.Choice && vote.At.Equal(n.At) && vote.How == n.How && vote.By == n.By
}

// before is what counts again if a vote is taken out that was made of an old one and a
// new one: the latest of what others have cast. Nobody can undo the vote of a household by
// claiming to live there and to move away.
func before(old, n, vote Vote) (b *Vote) {
	for _, x := range []*Vote{old.Before, &old, &n} {
		if x == nil || x.Choice == "" || x.By == vote.By && x.How == vote.How || b != nil && !x.At.After(b.At) {
			continue
		}
		c := *x
		c.Chain, c.ChainAt, c.Before = "", time.Time{}, nil
		b = &c
	}
	return b
}

// turnoutSoon has the group see the turnout: now, or ten minutes after it last did.
func (t *turn) turnoutSoon(n int) {
	switch next := t.Shown.Add(10 * time.Minute); {
	case t.Hushed || t.Stale || t.Private:
	case !t.e.At.Before(next):
		t.showTurnout(n)
	default:
		t.Stale = true
		t.do(flows.Wake{At: next, Name: "turnout"})
	}
}

// thank answers a vote. How it was cast is said only where that is shown anyway.
func (t *turn) thank(v voter, letter string) {
	vars := t.vars()
	vars["receipt"] = flows.Text(t.Receipt(v.key))
	words := "voted"
	if t.Named {
		words, vars["option"] = "voted-named", flows.Text(t.Options[t.Option(letter)])
	}
	t.toast(words, vars)
}

// none is the choice of who has taken their vote back, takenBack the tag of it.
const (
	none      = "-"
	takenBack = "out"
)

// takeBack takes the actor's own vote out. That is kept like a vote, because it may be
// heard before the one it takes back.
func (t *turn) takeBack() {
	if v := t.voter(t.e.By); t.Unit == flows.PerPerson && v.why == "" {
		t.cast(v, Vote{Choice: none, At: t.e.At, How: Tap, By: t.e.By.Person})
		t.toast("taken-back", t.vars())
	}
}

// remove takes out what somebody has cast; what stands in the list, and what somebody
// else had cast before, stays.
func (t *turn) remove(key string, old Vote) {
	rest := Vote{}
	if old.Before != nil {
		rest = *old.Before
	}
	rest.Chain, rest.ChainAt, rest.Area = old.Chain, old.ChainAt, old.Area
	letter, _, _ := rest.Cast()
	if letter == "" {
		t.do(flows.Put{Entry: flows.Entry{Key: key}, Delete: true})
		return
	}
	_, building, _ := voteTag(t.e.Entries[key].Tag)
	t.do(flows.Put{Entry: flows.Entry{Key: key, Tag: Tag(letter, building), Data: flows.Data(rest)}})
}

// mine tells somebody whether their vote is in, and nothing of how it was cast.
func (t *turn) mine() {
	v := t.voter(t.e.By)
	key := v.key
	if former := t.former(); former != "" {
		key = former
	}
	if v, ok := t.held(key); !ok || v.Choice == none {
		if t.e.Entry != nil && t.e.Entry.Tag == pending && t.Stage == Open {
			t.toast("not-in-yet", nil)
			return
		}
		t.toast("not-in", nil)
		return
	}
	t.toast("in", flows.Vars{"receipt": flows.Text(t.Receipt(key))})
}

// Keys gives the entries that rules want to see with an event: the votes that it may
// change.
func (s State) Keys(e flows.Event) (keys []string) {
	t := &turn{State: s, e: e}
	add := func(k ...string) {
		for _, x := range k {
			if x != "" && !slices.Contains(keys, x) {
				keys = append(keys, x)
			}
		}
	}
	add(t.voter(e.By).key)
	if e.Entry != nil {
		add(data[mark](e.Entry.Data).Key)
	}
	switch w := e.What.(type) {
	case flows.Chose:
		if slip, ok := readSlip(w.Value, e.Settings); w.Choice == "slip!" && ok {
			add(t.slipKeys(slip)...)
		}
		if w.Choice == "paste" && s.Unsure != nil {
			add(t.lineKeys(s.Unsure.Lines)...)
			add(t.lineKeys(s.Lines)...)
		}
	case flows.Told:
		if w.Name == flows.Joined {
			old := data[flows.Entry](w.Data)
			add(old.Key, data[mark](old.Data).Key)
		}
		if r := e.Reading.Slip; w.Name == "slip" && r != nil {
			add(t.slipKeys(*r)...)
		}
		if c := e.Reading.Chain; w.Name == "chain" && c != nil {
			add(t.chainKeys(*c, w.Said != nil && w.Said.Direct)...)
		}
	case flows.Said:
		if c := e.Reading.Chain; c != nil && w.Edited && w.Direct {
			add(t.chainKeys(*c, true)...)
		}
	}
	return keys[:min(len(keys), maxKeys)]
}

// Pass gives whom no reminder is for: who has voted, or has no vote here.
func (s State) Pass(a flows.Actor, set *flows.Settings) []string {
	t := &turn{State: s, e: flows.Event{Settings: set}}
	if v := t.voter(a); v.why == "elsewhere" || v.why == "tenant" {
		return []string{flows.BegunKey(s.Starter)} // that is always there
	} else if v.key != "" {
		return []string{v.key}
	}
	return nil
}
