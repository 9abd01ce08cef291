package poll_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/poll"
)

// table is an engine as small as can be: one poll with its entries.
type table struct {
	flowstest.Table
	said  []flows.Say
	wakes []flows.Wake
}

func settings(t rapid.TB) *flows.Settings {
	t.Helper()
	s := flowstest.Example(t, demand.DutyList())
	s.Polls.Proxies = 2
	return s
}

// open is a poll that was sent to building 3 on a Wednesday at ten, until Friday at eight
// in the evening.
func open(t rapid.TB, s *flows.Settings, change func(*poll.State)) *table {
	t.Helper()
	f, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	st := poll.State{
		Stage: poll.Open, Starter: "liu", Question: "要不要在楼前装充电桩？", Options: []string{"要", "不要", "再商量"}, Force: flows.Sounding,
		Unit: flows.PerHousehold, Scope: flows.Scope{Building: "3"}, Seed: "00112233445566778899aabbccddeeff",
		Sent: time.Date(2026, 12, 2, 10, 0, 0, 0, s.Zone), Until: time.Date(2026, 12, 4, 20, 0, 0, 0, s.Zone),
	}
	if change != nil {
		change(&st)
	}
	st.Roll = s.RollOf(st.Scope, st.Unit)
	return &table{Table: flowstest.NewTable(t, s, f, flows.Case{ID: "1", Flow: poll.Name, No: 1, Data: flows.Data(st), Summary: st.Summary()})}
}

// does brings an event and what follows from it.
func (b *table) does(e flows.Event) {
	effects := b.Step(e)
	for _, x := range effects {
		switch x := x.(type) {
		case flows.Put:
			b.Put(x)
		case flows.Say:
			b.said = append(b.said, x)
		case flows.Wake:
			b.wakes = append(b.wakes, x)
		case flows.Next:
			page, after := b.page(x)
			b.does(flows.Event{At: e.At, What: flows.Answered{Name: "next:" + x.Tag, Data: flows.Data(page), After: after}})
		}
	}
	if w, ok := e.What.(flows.Erased); ok {
		delete(b.Entries, string(w.Person)) // the engine's part
	}
}

// page gives entries as the store does: by key, two at a time, so that pages matter.
func (b *table) page(x flows.Next) (page []flows.Entry, after string) {
	var keys []string
	for k, e := range b.Entries {
		if e.Tag == x.Tag && k > x.After {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys[:min(2, len(keys))] {
		page = append(page, b.Entries[k])
	}
	if len(keys) > 2 {
		after = keys[1]
	}
	return page, after
}

// close lets the time run out and the votes be counted.
func (b *table) close() poll.State {
	b.T.Helper()
	st := b.state()
	b.does(flows.Event{At: st.Until, What: flows.Woke{Name: fmt.Sprintf("end-%d", st.Until.Unix()), Due: st.Until}})
	b.countAll()
	return b.state()
}

func (b *table) countAll() {
	for n := 0; b.state().Count != nil; n++ {
		if n > 1000 {
			b.T.Fatal("the counting does not come to an end")
		}
		b.does(flows.Event{At: b.state().Until, What: flows.Woke{Name: "count"}})
	}
}

func (b *table) state() poll.State {
	b.T.Helper()
	st, err := poll.Read(b.Case)
	if err != nil {
		b.T.Fatal(err)
	}
	return st
}

func resident(i int) flows.Actor {
	// Twelve people in four flats, so that most have family who votes, too.
	return flows.Actor{Person: flows.PersonID(fmt.Sprintf("r%d", i)), Consent: true, Reachable: true,
		Home: flows.Place{Building: "3", Unit: "1", Room: fmt.Sprintf("%d01", 1+i%4)}}
}

// act is something that happens while people vote, at its own moment.
type act struct {
	at    time.Time
	by    flows.Actor
	what  flows.What
	read  flows.Reading
	chain bool // lists come in the order in which they were sent, by the one chat they are in
	nth   int  // of those at the same moment
}

// drawActs draws votes: good ones, of strangers, of options that are none, too late,
// on paper by one or by two, and lists.
func drawActs(t *rapid.T, s *flows.Settings, st poll.State) (acts []act) {
	at := func() time.Time { // whole minutes: two at one moment happen
		return st.Sent.Add(time.Duration(rapid.IntRange(0, 58*60+10).Draw(t, "minute")) * time.Minute)
	}
	letters := []string{"A", "B", "C", "A", "B", "D", "", "AA"}
	for range rapid.IntRange(1, 25).Draw(t, "acts") {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0: // a stranger, or somebody of another building
			by := flows.Actor{Person: "r99", Home: flows.Place{Building: "5", Unit: "1", Room: "101"}}
			if rapid.Bool().Draw(t, "nowhere") {
				by.Home = flows.Place{}
			}
			acts = append(acts, act{at: at(), by: by, what: flows.Chose{Choice: "v!", Value: "A"}})
		case 1, 2: // on paper: both put it in, one after the other
			when, room := at(), fmt.Sprintf("%d01", rapid.IntRange(1, 4).Draw(t, "room"))
			value := fmt.Sprintf("3/1/%s;%s;paper;2026-12-0%d;", room, rapid.SampledFrom(letters[:4]).Draw(t, "paper"), rapid.IntRange(2, 4).Draw(t, "signed"))
			for i, id := range []flows.PersonID{"liu", "chen"} {
				o, _ := s.Official(id)
				acts = append(acts, act{at: when.Add(time.Duration(i) * time.Second), by: flows.Actor{Person: id, Posts: o.Posts, Home: o.Home}, what: flows.Chose{Choice: "slip!", Value: value}})
			}
		case 3:
			if !st.Named {
				continue
			}
			var lines []flows.ChainLine
			for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
				lines = append(lines, flows.ChainLine{N: i + 1, Place: flows.Place{Unit: "1", Room: fmt.Sprintf("%d01", i+1)}, Rest: rapid.SampledFrom(st.Options).Draw(t, "line")})
			}
			acts = append(acts, act{at: at(), by: resident(0), what: flows.Told{Name: "chain", Said: &flows.Said{}}, read: flows.Reading{Number: 1, Chain: &flows.Chain{Lines: lines}}, chain: true})
		default:
			acts = append(acts, act{at: at(), by: resident(rapid.IntRange(0, 11).Draw(t, "who")), what: flows.Chose{Choice: "v!", Value: rapid.SampledFrom(letters[:7]).Draw(t, "letter")}})
		}
	}
	return acts
}

func playActs(b *table, acts []act) {
	for i, a := range acts {
		b.does(flows.Event{ID: fmt.Sprint(i), At: a.at, By: a.by, What: a.what, Reading: a.read, Chat: flows.Chat{ID: "g1", Group: true, Scope: flows.Scope{Building: "3"}}})
	}
}

// what of the table stays the same: who has voted, and how.
func (b *table) votes() map[string]string {
	out := map[string]string{}
	for k, e := range b.Entries {
		if !strings.HasPrefix(e.Tag, "v/") {
			continue
		}
		var v poll.Vote
		if err := json.Unmarshal(e.Data, &v); err != nil {
			b.T.Fatal(err)
		}
		letter, at, how := v.Cast()
		out[k] = fmt.Sprint(e.Tag, " ", letter, at.Unix(), how)
	}
	return out
}

func TestOrderDoesNotMatter(t *testing.T) {
	s := settings(t)
	rapid.Check(t, func(rt *rapid.T) {
		named := rapid.Bool().Draw(rt, "named")
		change := func(st *poll.State) { st.Named = named }
		a, b := open(rt, s, change), open(rt, s, change)
		acts := drawActs(rt, s, a.state())
		slices.SortStableFunc(acts, func(x, y act) int { return x.at.Compare(y.at) })
		for i := range acts {
			acts[i].nth = i
		}
		playActs(a, acts)

		mixed := rapid.Permutation(acts).Draw(rt, "order")
		for _, x := range acts { // now and then one is heard again
			if c, ok := x.what.(flows.Chose); ok && c.Choice == "v!" && rapid.IntRange(0, 4).Draw(rt, "again") == 0 {
				mixed = append(mixed, x)
			}
		}
		inOrder(mixed)
		playActs(b, mixed)
		if d := cmp.Diff(a.votes(), b.votes()); d != "" {
			rt.Fatalf("another order counts otherwise:\n%s", d)
		}
		x, y := a.close(), b.close()
		if d := cmp.Diff(x.Outcome, y.Outcome); d != "" {
			rt.Fatalf("another order tells otherwise:\n%s", d)
		}
	})
}

// inOrder brings lists, and the two who put in one paper, into the order in which they were:
// lists come through one chat, and which slips belong together the two decide.
func inOrder(acts []act) {
	var at []int
	var some []act
	for i, a := range acts {
		if c, ok := a.what.(flows.Chose); a.chain || ok && c.Choice == "slip!" {
			at, some = append(at, i), append(some, a)
		}
	}
	slices.SortFunc(some, func(x, y act) int {
		if c := x.at.Compare(y.at); c != 0 {
			return c
		}
		return x.nth - y.nth
	})
	for i, k := range at {
		acts[k] = some[i]
	}
}

func TestNobodyIsCountedTwice(t *testing.T) {
	s := settings(t)
	rapid.Check(t, func(rt *rapid.T) {
		unit := rapid.SampledFrom([]flows.VoteUnit{flows.PerHousehold, flows.PerPerson}).Draw(rt, "unit")
		named := rapid.Bool().Draw(rt, "named")
		b := open(rt, s, func(st *poll.State) { st.Unit, st.Named = unit, named })
		acts := drawActs(rt, s, b.state())
		playActs(b, acts)
		may := map[string]bool{}
		for _, a := range acts {
			if !a.at.Before(b.state().Until) {
				continue
			}
			switch w := a.what.(type) {
			case flows.Chose:
				if w.Choice == "slip!" {
					may["h/"+strings.SplitN(w.Value, ";", 2)[0]] = true
				} else if h := a.by.Home; h.Building == "3" && unit == flows.PerHousehold {
					may["h/3/"+h.Unit+"/"+h.Room] = true
				} else if unit == flows.PerPerson {
					may[string(a.by.Person)] = true
				}
			case flows.Told:
				for _, l := range a.read.Chain.Lines {
					may["h/3/"+l.Place.Unit+"/"+l.Place.Room] = true
				}
			}
		}
		for k := range b.votes() {
			if !may[k] {
				rt.Errorf("%s has a vote that nobody cast", k)
			}
		}
		if unit == flows.PerHousehold && len(b.votes()) > 4 {
			rt.Errorf("four flats have %d votes", len(b.votes()))
		}
		voters := len(b.votes())
		st := b.close()
		sum := 0
		for _, n := range st.Outcome.Votes {
			sum += n
		}
		if st.Outcome.Voters != voters || len(st.Outcome.Votes) > 0 && sum != voters {
			rt.Errorf("%d have voted, the result says %d of %v", voters, st.Outcome.Voters, st.Outcome.Votes)
		}
		if !named && voters < s.Polls.Floor && len(st.Outcome.Votes) > 0 {
			rt.Errorf("%d secret votes are broken down", voters)
		}
		// A recount comes to the same.
		b.does(flows.Event{At: st.Outcome.At, By: resident(1), What: flows.Chose{Choice: "doubt"}, Chat: flows.Chat{ID: "g1", Group: true, Scope: flows.Scope{Building: "3"}}})
		b.countAll()
		if after := b.state(); after.Recounts != 1 || after.Outcome.Proof != st.Outcome.Proof {
			rt.Errorf("counted again: %d times the same", after.Recounts)
		}
	})
}

// A long list changes no vote that was cast later than its line was first seen.
func TestLongList(t *testing.T) {
	s := settings(t)
	b := open(t, s, func(st *poll.State) { st.Named = true })
	var lines []flows.ChainLine
	for floor := 1; floor <= 12; floor++ {
		for unit := 1; unit <= 2; unit++ {
			for door := 1; door <= 4; door++ {
				lines = append(lines, flows.ChainLine{N: len(lines) + 1, Place: flows.Place{Unit: fmt.Sprint(unit), Room: fmt.Sprintf("%d%02d", floor, door)}, Rest: "要"})
			}
		}
	}
	send := func(minutes int) {
		b.does(flows.Event{At: b.state().Sent.Add(time.Duration(minutes) * time.Minute), By: resident(0), What: flows.Told{Name: "chain", Said: &flows.Said{}},
			Reading: flows.Reading{Number: 1, Chain: &flows.Chain{Lines: lines}}, Chat: flows.Chat{ID: "g1", Group: true, Scope: flows.Scope{Building: "3"}}})
	}
	send(1)
	last := flows.Actor{Person: "r77", Home: flows.Place{Building: "3", Unit: "2", Room: "1204"}}
	b.does(flows.Event{At: b.state().Sent.Add(2 * time.Minute), By: last, What: flows.Chose{Choice: "v!", Value: "B"}})
	send(3)
	if n := poll.Turnout(b.Counts()); n != 96 {
		t.Errorf("96 lines are %d votes", n)
	}
	if o := b.close().Outcome; fmt.Sprint(o.Votes) != "[95 1 0]" {
		t.Errorf("counted %v", o.Votes)
	}
}

// A starter who holds no post any more is followed by somebody who may send such a poll.
func TestStarterLeaves(t *testing.T) {
	s := settings(t)
	b := open(t, s, nil)
	other := *s
	other.People = slices.DeleteFunc(slices.Clone(s.People), func(o flows.Official) bool { return o.ID == "liu" })
	b.Settings = &other
	b.does(flows.Event{At: b.state().Sent.Add(time.Hour), What: flows.Woke{Name: "directory"}})
	if id := b.state().Starter; id != "li" {
		t.Errorf("the poll is led by %q", id)
	}
	if n := len(b.said); n != 1 || b.said[0].To.Person != "li" {
		t.Errorf("said %+v", b.said)
	}
}
