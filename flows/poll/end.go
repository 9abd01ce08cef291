package poll

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// The end: votes are counted page by page, the result is told once, may be
// questioned and counted again, and at last secret votes are cut from their voters.

// perPage is how many votes are counted in one step.
const perPage = 500

// end begins the counting. Votes that come from now on are too late.
func (t *turn) end() {
	t.Stage = Counting
	t.compareRoll()
	t.begin(false)
}

// compareRoll lets people know, where something is decided, that the roster is another
// than when the poll was sent: one owner may be two in it, or two one.
func (t *turn) compareRoll() {
	rule, now := t.rule(), t.e.Settings.RollOf(t.Scope, t.Unit)
	if now == t.Roll || t.Unit == flows.PerPerson || rule.Turnout.Zero() && t.need(rule).Zero() {
		return
	}
	vars := t.vars()
	vars["now"] = flows.Num(now.Voters)
	say := flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: "roll-changed", Vars: vars}
	t.do(say)
	say.To = flows.To{Role: flows.Secretary, Scope: flows.Everywhere, Except: []flows.PersonID{t.Starter}}
	t.do(say)
}

func (t *turn) begin(again bool) {
	t.Count = &Counted{Tags: VoteTags(t.e.Counts), Votes: make([]int, len(t.Options)), By: map[string][]int{}, Ways: map[How]int{}, Again: again}
	if t.Unit == flows.PerOwner {
		t.Count.Area = make([]int, len(t.Options))
	}
	t.countOn()
}

// countOn asks for the next page, or ends the counting.
func (t *turn) countOn() {
	c := *t.Count
	if len(c.Tags) > 0 {
		n := perPage
		if c.Cutting {
			n = perPage / 5 // each is written anew
		}
		t.do(flows.Next{Tag: c.Tags[0], N: n, After: c.After})
		return
	}
	t.Count = nil
	switch {
	case c.Cutting:
		t.Cut, t.Stage = !t.Named, Closed
		if !t.Stopped {
			t.board()
		}
		if t.Unsealed {
			t.reseal()
		}
	case c.Sealing:
		o := *t.Outcome
		o.Proof = Proof(t.State, o, c.Stubs)
		t.Outcome = &o
		t.do(flows.Seal{Sum: o.Proof})
		if c.Again {
			t.begin(true)
		}
	case c.Again:
		t.counted(c)
	default:
		t.tellResult(c)
	}
}

// answered brings a page of votes.
func (t *turn) answered(w flows.Answered) {
	if t.Count == nil || len(t.Count.Tags) == 0 || w.Name != "next:"+t.Count.Tags[0] {
		return
	}
	c := *t.Count
	letter, building, _ := voteTag(c.Tags[0])
	i := t.Option(letter)
	// The state must not change under who holds the one before.
	c.Votes, c.Area, c.By, c.Ways = slices.Clone(c.Votes), slices.Clone(c.Area), maps.Clone(c.By), maps.Clone(c.Ways)
	if c.By == nil {
		c.By = map[string][]int{}
	}
	if c.Ways == nil {
		c.Ways = map[How]int{}
	}
	by := slices.Clone(c.By[building])
	if by == nil {
		by = make([]int, len(t.Options))
	}
	for _, e := range data[[]flows.Entry](w.Data) {
		if c.Cutting {
			t.cut(e, building)
			continue
		}
		v := data[Vote](e.Data)
		c.Stubs = append(c.Stubs, t.Stub(t.Receipt(e.Key), e.Key, building, v))
		if i < 0 || c.Sealing {
			continue
		}
		_, _, how := v.Cast()
		c.Votes[i]++
		if c.Area != nil {
			c.Area[i] += v.Area
		}
		by[i]++
		c.Ways[how]++
		if v.Proxy != "" {
			c.Proxies++
		}
	}
	if !c.Cutting && !c.Sealing && i >= 0 {
		c.By[building] = by
	}
	if c.After = w.After; c.After == "" {
		c.Tags = c.Tags[1:]
	}
	t.Count = &c
	t.do(flows.Wake{At: t.e.At, Name: "count"})
}

// tellResult tells what came of it.
func (t *turn) tellResult(c Counted) {
	o := outcome(t.State, c, t.rule(), t.terms().Floor, t.e.At)
	o.Proof = Proof(t.State, o, c.Stubs)
	t.Stage, t.Outcome = Result, &o
	t.do(flows.Seal{Sum: o.Proof})
	t.over("ballot-over")
	say := t.resultSay()
	if t.Outcome.Voters > 0 {
		say.Buttons = []flows.Button{{Words: "b-mine", Choice: "mine"}, {Words: "b-doubt", Choice: "doubt"}}
	}
	say.Buttons = append(say.Buttons, flows.Button{Words: "b-page", Link: "page", Row: 1})
	t.everyone(say)
	t.board()
	if t.e.Case.Parent != "" {
		t.do(flows.Tell{Name: "polled", Data: flows.Data(flows.Polled{Text: t.short(say.Vars["list"].S)})})
	}
	t.do(flows.Wake{At: t.e.At.Add(t.e.Settings.Polls.Check), Name: "check"})
}

// short is the result in one line, for the minutes of the meeting that asked.
func (t *turn) short(list string) string {
	n := strconv.Itoa(t.Outcome.Voters) + "票"
	if list == "" {
		return t.Question + n + "，少于" + strconv.Itoa(t.terms().Floor) + "票，不分开说"
	}
	return t.Question + list + "，共" + n
}

// resultSay is the result in words and as a picture.
func (t *turn) resultSay() flows.Say {
	o := t.Outcome
	vars := t.vars()
	say := flows.Say{Class: flows.Notice, Words: "result", Vars: vars}
	vars["in"] = flows.Num(o.Voters)
	rule := t.rule()
	switch {
	case o.Voters == 0:
		say.Words = "result-none"
		return say
	case len(o.Votes) == 0:
		vars["floor"] = flows.Num(t.terms().Floor)
		say.Words = "result-few"
		return say
	case !rule.Turnout.Zero() || !t.need(rule).Zero():
		say.Words = "result-formal"
		vars["turnout"], vars["need"], vars["source"] = flows.PartOf(rule.Turnout), flows.PartOf(t.need(rule)), flows.Text(rule.Source)
		if rule.Turnout.Zero() {
			delete(vars, "turnout")
		}
		if t.Unit == flows.PerOwner {
			vars["area"], vars["area_in"], vars["area_for"] = flows.Num(t.Roll.Area), flows.Num(o.AreaIn), flows.Num(o.Area[0])
		}
		vars["for"] = flows.Num(o.Votes[0])
		if o.Enough {
			vars["enough"] = flows.Text("1")
		}
		if o.Passed {
			vars["passed"] = flows.Text("1")
		}
	}
	var list []string
	chart := &flows.Chart{Of: t.Roll.Voters}
	for i, n := range o.Votes {
		list = append(list, Letter(i)+" "+t.Options[i]+" "+string(flows.Data(n)))
		chart.Bars = append(chart.Bars, flows.Bar{Label: Letter(i), N: n})
	}
	vars["list"] = flows.Text(strings.Join(list, "，"))
	if len(o.Ahead) > 1 {
		var tied []string
		for _, l := range o.Ahead {
			tied = append(tied, l+" "+t.Options[t.Option(l)])
		}
		vars["tied"] = flows.Text(strings.Join(tied, "、"))
	}
	if t.Roll.Voters > 0 && o.Voters*2 < t.Roll.Voters {
		vars["half"] = flows.Text("1")
	}
	if m, ok := t.e.Settings.ReservedOf(t.Matter); ok && t.Force != flows.ByOwners {
		vars["clause"] = flows.Text(m.Source)
	}
	say.Chart = chart
	return say
}

// doubt has the votes counted again, for somebody who may have voted here.
func (t *turn) doubt() {
	p := t.e.By.Person
	v := t.voter(t.e.By)
	switch {
	case p == "":
	case t.Stage == Closed:
		t.toast("too-late", t.vars())
	case t.Stage != Result:
		t.toast("over", nil)
	case t.e.Entry == nil && v.key == "":
		t.toast("unfit-elsewhere", flows.Vars{"scope": flows.In(t.Scope)})
	case slices.Contains(t.Doubts, p):
		t.toast("doubted", t.vars())
	default:
		t.Doubts = append(t.Doubts[:len(t.Doubts):len(t.Doubts)], p)
		t.toast("recounting", nil)
		t.recount()
	}
}

func (t *turn) recount() {
	if t.Count == nil {
		t.begin(true)
	}
}

// counted is the end of a recount.
func (t *turn) counted(c Counted) {
	o := outcome(t.State, c, t.rule(), t.terms().Floor, t.Outcome.At)
	vars := t.vars()
	vars["in"], vars["proof"] = flows.Num(o.Voters), flows.Text(t.Outcome.Proof[:min(8, len(t.Outcome.Proof))])
	words := "recount-same"
	if Proof(t.State, o, c.Stubs) == t.Outcome.Proof {
		t.Recounts++
	} else {
		words = "recount-other"
		t.do(flows.Say{To: flows.To{Role: flows.Secretary, Scope: flows.Everywhere}, Class: flows.Work, Words: "recount-alarm", Vars: vars})
	}
	vars["n"] = flows.Num(t.Recounts)
	for _, p := range t.Doubts {
		t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Personal, Words: words, Vars: vars, Slot: "recount"})
	}
	t.do(flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: words, Vars: vars, Slot: "recount"})
}

// reseal makes the proof anew, from the votes as they are now: whose household is gone
// from their vote has another stub than before.
func (t *turn) reseal() {
	again := false
	if t.Count != nil {
		if again = t.Count.Again; t.Count.Cutting {
			t.Unsealed = true // when the cut is through
			return
		}
	}
	t.Unsealed = false
	t.Count = &Counted{Tags: VoteTags(t.e.Counts), Sealing: true, Again: again}
	t.countOn()
}

// settle ends the time in which the result may be questioned. What somebody chose
// and what was never counted goes, and of secret votes how they were cast.
func (t *turn) settle() {
	if t.Count != nil {
		t.do(flows.Wake{At: t.e.At.Add(time.Hour), Name: "check"})
		return
	}
	t.Doubts, t.Lines = nil, nil
	var tags []string
	if !t.Named {
		tags = slices.DeleteFunc(VoteTags(t.e.Counts), func(tag string) bool { l, _, _ := voteTag(tag); return l == "" })
	}
	for _, tag := range []string{pending, half} {
		if t.e.Counts[tag] > 0 {
			tags = append(tags, tag)
		}
	}
	t.Count = &Counted{Tags: tags, Cutting: true}
	t.countOn()
}

// cut takes from a vote how it was cast: that somebody has voted is all that is left.
func (t *turn) cut(e flows.Entry, building string) {
	if e.Tag == pending {
		if m := data[mark](e.Data); m.Key != "" { // for whom they have voted before
			t.do(flows.Put{Entry: flows.Entry{Key: e.Key, Tag: "voter", Data: flows.Data(mark{Key: m.Key})}})
			return
		}
	}
	if e.Tag == pending || e.Tag == half {
		t.do(flows.Put{Entry: flows.Entry{Key: e.Key}, Delete: true})
		return
	}
	v := data[Vote](e.Data)
	_, at, how := v.Cast()
	t.do(flows.Put{Entry: flows.Entry{Key: e.Key, Tag: Tag("", building),
		Data: flows.Data(Vote{At: at, How: how, By: v.By, Entered: v.Entered, Proxy: v.Proxy, Area: v.Area})}})
}
