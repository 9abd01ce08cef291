package hearing_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/hearing"
)

// table is an engine as small as can be: one hearing with its entries, and rooms that
// are always free, or never.
type table struct {
	flowstest.Table
	effects []flows.Effect // of the last event, with what followed from it
	taken   bool           // rooms are never free
	moves   int            // how many cases the last event has moved
}

// house is the example community with a second person of the staff, and with a secretary
// who does not review.
func house(t rapid.TB) *flows.Settings {
	t.Helper()
	s := flowstest.Example(t, demand.DutyList())
	s.People = append(slices.Clone(s.People), flows.Official{ID: "lu", Name: "陆社区", Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}})
	for i, p := range s.People {
		if p.ID == "zhaos" {
			s.People[i].Posts = []flows.Post{{Role: flows.Secretary, Scope: flows.Everywhere}}
		}
	}
	return s
}

// december is a moment of December 2026.
func december(s *flows.Settings, day, hour, minute int) time.Time {
	return time.Date(2026, 12, day, hour, minute, 0, 0, s.Zone)
}

const seed = "00112233445566778899aabbccddeeff"

// rules are the flow; reading its words takes longer than most tests.
var rules = sync.OnceValues(hearing.New)

// sits puts a hearing on the table.
func sits(t rapid.TB, s *flows.Settings, st hearing.State) *table {
	t.Helper()
	f, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	return &table{Table: flowstest.NewTable(t, s, f, flows.Case{ID: "1", Flow: hearing.Name, No: 1, Data: flows.Data(st), Summary: st.Summary()})}
}

func (b *table) state() hearing.State {
	b.T.Helper()
	st, err := hearing.Read(b.Case)
	if err != nil {
		b.T.Fatal(err)
	}
	return st
}

// part puts somebody's part on the table.
func (b *table) part(p flows.PersonID, tag string, x hearing.Part) {
	b.Entries[string(p)] = flows.Entry{Key: string(p), Tag: tag, Order: int64(len(b.Entries)), Data: flows.Data(x)}
}

// item puts a line of the record on the table.
func (b *table) item(n, tag int, x hearing.Item) {
	b.Entries[hearing.ItemKey(n)] = flows.Entry{Key: hearing.ItemKey(n), Tag: hearing.ItemTag(tag), Order: int64(n), Data: flows.Data(x)}
}

func (b *table) partOf(p flows.PersonID) (x hearing.Part, tag string) {
	b.T.Helper()
	e, ok := b.Entries[string(p)]
	if !ok {
		return x, ""
	}
	if err := json.Unmarshal(e.Data, &x); err != nil {
		b.T.Fatal(err)
	}
	return x, e.Tag
}

func (b *table) itemOf(n int) (x hearing.Item, ok bool) {
	b.T.Helper()
	e, ok := b.Entries[hearing.ItemKey(n)]
	if !ok {
		return x, false
	}
	if err := json.Unmarshal(e.Data, &x); err != nil {
		b.T.Fatal(err)
	}
	return x, true
}

// does brings an event and what follows from it.
func (b *table) does(e flows.Event) {
	b.T.Helper()
	b.effects, b.moves = nil, 0
	b.step(e)
}

func (b *table) step(e flows.Event) {
	b.T.Helper()
	e.Seed = seed
	effects := b.Step(e)
	b.moves++
	b.effects = append(b.effects, effects...)
	for _, x := range effects {
		switch x := x.(type) {
		case flows.Put:
			b.Put(x)
		case flows.Next:
			all := slices.DeleteFunc(slices.Collect(maps.Values(b.Entries)), func(n flows.Entry) bool { return n.Tag != x.Tag })
			slices.SortFunc(all, func(a, b flows.Entry) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Key, b.Key)) })
			b.again(e, flows.Answered{Name: "next:" + x.Tag, Data: flows.Data(all[:min(x.N, len(all))])})
		case flows.Tell:
			if x.Flow == flows.RoomFlow && x.Name == "book" {
				b.moves++ // the room
				b.again(e, flows.Told{From: "900", Name: map[bool]string{false: "booked", true: "taken"}[b.taken], Data: x.Data})
			}
		}
	}
	switch w := e.What.(type) {
	case flows.Erased:
		delete(b.Entries, string(w.Person)) // the engine's part
	}
}

func (b *table) again(e flows.Event, w flows.What) {
	e.What = w
	b.step(e)
}

// says are what was said with the last event.
func (b *table) says() (list []flows.Say) {
	for _, x := range b.effects {
		if say, ok := x.(flows.Say); ok {
			list = append(list, say)
		}
	}
	return list
}

// heard are the words that somebody was told with the last event.
func (b *table) heard(p flows.PersonID) (words []string) {
	for _, say := range b.says() {
		if say.To.Person == p {
			words = append(words, say.Words)
		}
	}
	return words
}

func (b *table) press(at time.Time, by flows.Actor, choice string) {
	b.T.Helper()
	word, value, _ := strings.Cut(choice, "=")
	b.does(flows.Event{At: at, By: by, What: flows.Chose{Choice: word, Value: value}})
}

func (b *table) write(at time.Time, by flows.Actor, tag, text string, r flows.Reading) {
	b.T.Helper()
	b.does(flows.Event{At: at, By: by, What: flows.Said{Message: flows.Message{Text: text}, Tag: tag, Direct: true}, Reading: r})
}

// joins makes one of two accounts, as the engine does.
func (b *table) joins(at time.Time, old flows.PersonID, by flows.Actor) {
	b.T.Helper()
	if e, ok := b.Entries[string(old)]; ok {
		b.does(flows.Event{At: at, By: by, What: flows.Told{Name: flows.Joined, Data: flows.Data(e)}})
	}
}

func (b *table) official(id flows.PersonID) flows.Actor {
	b.T.Helper()
	o, ok := b.Settings.Official(id)
	if !ok {
		b.T.Fatalf("no official %s", id)
	}
	return flows.Actor{Person: id, Name: o.Name, Posts: o.Posts, Home: o.Home, Consent: true, Reachable: true}
}

func resident(i int) flows.Actor {
	return flows.Actor{Person: flows.PersonID(fmt.Sprintf("r%d", i)), Name: fmt.Sprintf("住户%d", i), Consent: true, Reachable: true,
		Home: flows.Place{Building: "3", Unit: "1", Room: fmt.Sprintf("%d01", 1+i%12)}}
}

// begun is a hearing of building 3 on the way, prepared by chen, led by jiang.
func begun(s *flows.Settings, stage string) hearing.State {
	return hearing.State{
		Stage: stage, Form: flows.Hearing, Topic: "楼前装不装充电桩", Scope: flows.Scope{Building: "3"}, Place: flows.Place{Building: "3"}, Proposer: "r9",
		Opened: december(s, 1, 10, 0), Seed: seed, Organiser: "chen", Chair: "jiang", Needed: []flows.PersonID{"jiang", "chen", "r9", "liu"},
		Points: []hearing.Point{{Text: "装不装"}, {Text: "装在哪儿"}},
	}
}

// announced is one whose notice is out: Saturday, 12 December, three in the afternoon.
func announced(s *flows.Settings, stage string) hearing.State {
	st := begun(s, stage)
	st.From, st.To, st.Room, st.Booked = december(s, 12, 15, 0), december(s, 12, 17, 0), "linli", true
	st.Noticed, st.First, st.Version, st.Code = december(s, 4, 10, 0), december(s, 4, 10, 0), 1, "4821"
	st.Seats, st.Kept, st.Taken = 40, 6, hearing.Taken{Seats: 2}
	return st
}
