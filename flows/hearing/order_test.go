package hearing_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/hearing"
)

// Whatever people do, and in whatever order.

// parts are the entries of people.
func (b *table) parts() map[flows.PersonID]hearing.Part {
	out := map[flows.PersonID]hearing.Part{}
	for k := range b.Entries {
		if !strings.Contains(k, "/") {
			out[flows.PersonID(k)], _ = b.partOf(flows.PersonID(k))
		}
	}
	return out
}

// Seats: never more are taken than there are, but by people who have come without one; the
// count is that of the entries; who waits first has a seat first.
func TestSeats(t *testing.T) {
	s := house(t)
	rapid.Check(t, func(t *rapid.T) {
		st := announced(s, hearing.Notice)
		st.Seats = rapid.IntRange(1, 6).Draw(t, "seats")
		st.Kept, st.Taken = rapid.IntRange(0, st.Seats/2).Draw(t, "kept"), hearing.Taken{}
		b := sits(t, s, st)
		at := december(s, 12, 14, 10)
		gone := 0 // who was there, and was let go of
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			at = at.Add(time.Second)
			who := resident(rapid.IntRange(1, 9).Draw(t, "who"))
			before := b.Counts()
			_, was := b.partOf(who.Person)
			var row []string // those who wait, in the order in which they came to wait
			for k, e := range b.Entries {
				if e.Tag == hearing.TagWait {
					row = append(row, k)
				}
			}
			slices.SortFunc(row, func(x, y string) int { return cmp.Compare(b.Entries[x].Order, b.Entries[y].Order) })
			what := rapid.SampledFrom([]string{"come", "come", "nocome", "kept", "proxy", "here", "in", "release", "erase", "join"}).Draw(t, "what")
			switch what {
			case "here":
				b.press(at, who, "here=4821")
			case "in":
				b.press(at, b.official("chen"), "in="+string(who.Person))
			case "proxy":
				if was == hearing.TagHere {
					continue // see [TestProxyOfWhoIsThere]
				}
				b.write(at, who, "proxy", "我女儿", flows.Reading{})
			case "release":
				b.does(flows.Event{At: at, What: flows.Woke{Name: "release-1"}})
			case "erase":
				if was == hearing.TagHere {
					gone++
				}
				b.does(flows.Event{At: at, What: flows.Erased{Person: who.Person}})
			case "join":
				from := resident(rapid.IntRange(1, 9).Draw(t, "from"))
				if from.Person != who.Person {
					b.joins(at, from.Person, who)
				}
			default:
				b.press(at, who, what)
			}
			st, n := b.state(), b.Counts()
			if taken := n[hearing.TagYes] + n[hearing.TagProxy] + n[hearing.TagHere] + gone; st.Taken.Seats != taken {
				t.Fatalf("%s by %s: %d seats are taken, the entries say %d: %v", what, who.Person, st.Taken.Seats, taken, b.Entries)
			}
			if n[hearing.TagYes]+n[hearing.TagProxy] > st.Seats {
				t.Fatalf("%s by %s: %d have a seat of %d", what, who.Person, n[hearing.TagYes]+n[hearing.TagProxy], st.Seats)
			}
			kept := 0
			for p, x := range b.parts() {
				if _, tag := b.partOf(p); x.Reserved && (tag == hearing.TagYes || tag == hearing.TagProxy || tag == hearing.TagHere) {
					kept++
				}
			}
			if kept > st.Kept || st.Taken.Kept > st.Kept || gone == 0 && what != "join" && st.Taken.Kept < kept {
				t.Fatalf("%s by %s: %d of %d kept seats are taken, the entries say %d", what, who.Person, st.Taken.Kept, st.Kept, kept)
			}
			if came := n[hearing.TagHere] + gone; st.Came != came {
				t.Fatalf("%s by %s: %d came, the entries say %d", what, who.Person, st.Came, came)
			}
			// Of those who waited and have a seat now without having done anything, none came later
			// than one who still waits.
			waits := false
			for _, k := range row {
				if k == string(who.Person) || what == "join" || what == "in" {
					continue
				}
				_, tag := b.partOf(flows.PersonID(k))
				if waits && tag == hearing.TagYes {
					t.Fatalf("%s by %s: %s has a seat before others who waited longer: %v", what, who.Person, k, row)
				}
				waits = waits || tag == hearing.TagWait
			}
			if what == "nocome" && (was == hearing.TagYes || was == hearing.TagProxy) && len(row) > 0 && n[hearing.TagHere] == 0 && before[hearing.TagWait] == n[hearing.TagWait] &&
				st.Taken.Seats-st.Taken.Kept < st.Seats-st.Kept && !st.Freed {
				t.Fatalf("a seat is free, and nobody of %v has it", row)
			}
		}
	})
}

// worse is what speaks against a time, by its rule in words: no room, then a holiday.
func worse(st hearing.State, x hearing.Slot) int {
	n := 0
	if x.Room == "" && st.Link == "" && st.Group == "" {
		n = 2
	}
	if x.Holiday {
		n++
	}
	return n
}

// better is the order of two times by the rule in words.
func better(st hearing.State, i, k int) bool {
	a, b := st.Slots[i], st.Slots[k]
	switch {
	case len(a.Needed) != len(b.Needed):
		return len(a.Needed) > len(b.Needed)
	case a.Others+a.Listed != b.Others+b.Listed:
		return a.Others+a.Listed > b.Others+b.Listed
	case worse(st, a) != worse(st, b):
		return worse(st, a) < worse(st, b)
	case !a.From.Equal(b.From):
		return a.From.Before(b.From)
	}
	return i < k
}

// ticks plays the asking of times: what stands at each is what the entries say.
func ticks(t *testing.T, needed bool) {
	s := house(t)
	rapid.Check(t, func(t *rapid.T) {
		st := begun(s, hearing.Planning)
		if !needed {
			st.Needed = []flows.PersonID{"jiang", "chen", "liu"}
		}
		b := sits(t, s, st)
		at := december(s, 3, 10, 0)
		plan := func() {
			var list []time.Time
			for range rapid.IntRange(2, 20).Draw(t, "times") {
				list = append(list, december(s, 8, 9, 0).Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "hour"))*time.Hour))
			}
			times(b, at, list...)
			b.press(at, b.official("chen"), "send")
		}
		plan()
		people := []flows.Actor{b.official("jiang"), b.official("liu"), b.official("feng")}
		for i := 1; i <= 9; i++ {
			people = append(people, resident(i))
		}
		acts := []string{"tick", "tick", "tick", "tick", "none", "erase", "join"}
		if needed {
			acts = append(acts, "need", "unneed", "times")
		}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			at = at.Add(time.Second)
			who := rapid.SampledFrom(people).Draw(t, "who")
			what := rapid.SampledFrom(acts).Draw(t, "what")
			switch what {
			case "tick":
				b.press(at, who, "tick="+strconv.Itoa(rapid.IntRange(0, 20).Draw(t, "slot")))
			case "none":
				b.press(at, who, "none")
			case "need", "unneed":
				b.press(at, b.official("chen"), what+"="+string(rapid.SampledFrom(people[:3]).Draw(t, "whom").Person))
			case "times":
				plan()
			case "erase", "join":
				who = resident(rapid.IntRange(1, 9).Draw(t, "resident"))
				from := resident(rapid.IntRange(1, 9).Draw(t, "from"))
				if what == "erase" {
					b.does(flows.Event{At: at, What: flows.Erased{Person: who.Person}})
				} else if from.Person != who.Person {
					b.joins(at, from.Person, who)
				}
			}
			st := b.state()
			for i, x := range st.Slots {
				var needed []flows.PersonID
				others := 0
				for p, part := range b.parts() {
					switch {
					case part.Ticks&(1<<i) == 0 || part.Round != st.Round: // of earlier times
					case slices.Contains(st.Needed, p):
						needed = append(needed, p)
					default:
						others++
					}
				}
				got := slices.Sorted(slices.Values(x.Needed))
				slices.Sort(needed)
				if !slices.Equal(got, needed) || x.Others != others {
					t.Fatalf("%s by %s: at time %d there are %v and %d others, the entries say %v and %d", what, who.Person, i, got, x.Others, needed, others)
				}
			}
		}
		st = b.state()
		for i := range st.Slots {
			if rapid.Bool().Draw(t, "no room") {
				st.Slots[i].Room = ""
			}
			st.Slots[i].Holiday, st.Slots[i].Listed = rapid.Bool().Draw(t, "holiday"), rapid.IntRange(0, 2).Draw(t, "listed")
		}
		order := st.Best()
		if sorted := slices.Sorted(slices.Values(order)); len(sorted) != len(st.Slots) || len(sorted) > 0 && (sorted[0] != 0 || sorted[len(sorted)-1] != len(sorted)-1) || len(slices.Compact(sorted)) != len(order) {
			t.Fatalf("%d times in the order %v", len(st.Slots), order)
		}
		for n := 1; n < len(order); n++ {
			if better(st, order[n], order[n-1]) {
				t.Fatalf("%v: %+v is better than %+v", order, st.Slots[order[n]], st.Slots[order[n-1]])
			}
		}
	})
}

func TestTicks(t *testing.T) { ticks(t, false) }

// Also of those who are needed, of those who are needed from now on, and when other times
// are written.
func TestTicksOfNeeded(t *testing.T) { ticks(t, true) }

func TestClearDays(t *testing.T) {
	zone := house(t).Zone
	naive := func(notice, meeting time.Time) (n int) {
		date := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
		if date(meeting) <= date(notice) {
			return 0
		}
		for d := notice.AddDate(0, 0, 1); date(d) != date(meeting); d = d.AddDate(0, 0, 1) {
			n++
		}
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		notice := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Add(time.Duration(rapid.Int64Range(0, 3*365*86400).Draw(t, "notice")) * time.Second)
		meeting := notice.Add(time.Duration(rapid.Int64Range(-3*86400, 400*86400).Draw(t, "later")) * time.Second)
		if rapid.Bool().Draw(t, "in another zone") {
			meeting = meeting.UTC()
		}
		if got, want := hearing.ClearDays(notice, meeting), naive(notice, meeting); got != want {
			t.Fatalf("from %s to %s there are %d clear days, counted %d", notice, meeting, want, got)
		}
	})
}

// rests looks whether a line of the minutes rests on something that is there.
func rests(b *table, st hearing.State, l hearing.Line) error {
	if len(l.Rests) == 0 {
		return fmt.Errorf("%s rests on nothing", l.Words)
	}
	for _, r := range l.Rests {
		what, num, _ := strings.Cut(r, "/")
		n, _ := strconv.Atoi(num)
		ok := false
		switch what {
		case "record", "signin":
			ok = !st.Begun.IsZero()
		case "notice":
			ok = !st.Noticed.IsZero()
		case "waiver":
			ok = len(st.Waived) > 0
		case "objection":
			ok = len(st.Objected) > 0
		case "hands":
			ok = n >= 1 && n <= len(st.Points) && st.Points[n-1].Hands != nil
		case "poll":
			ok = slices.ContainsFunc(st.Points, func(p hearing.Point) bool {
				return p.Poll != nil && string(p.Poll.Case) == num && p.Poll.Result != ""
			})
		case "item":
			x, there := b.itemOf(n)
			kinds := map[string][]string{"m-item": {"before", "said", "complaint"}, "m-item-demand": {"complaint"}, "m-item-topic": {"complaint"}, "m-hands": {"hands"}, "m-decision": {"decision"}}
			ok = there && n >= 1 && n <= st.Last && slices.Contains(kinds[l.Words], x.Kind) && (l.Words != "m-hands" && l.Words != "m-decision" || !x.Gone)
		}
		if !ok {
			return fmt.Errorf("%s rests on %s, which is not there", l.Words, r)
		}
	}
	return nil
}

// The record: what was taken back, and whoever was let go of, leaves no words; each sentence
// of the minutes rests on something, and each opinion stands in them once; the judgements
// are those of the entries.
func TestRecord(t *testing.T) {
	s := house(t)
	f, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom([]flows.Form{flows.Hearing, flows.Complaints, flows.ThreeSided}).Draw(t, "form")
		st := announced(s, hearing.Notice)
		st.Form, st.Proposer = form, ""
		if form == flows.Complaints {
			st.Topic, st.Points = "", nil
		}
		if rapid.Bool().Draw(t, "waived") {
			st.Waived = []hearing.Waiver{{What: "clear", By: "zheng", At: december(s, 4, 9, 0), Why: "台风要来"}}
		}
		if rapid.Bool().Draw(t, "objected") {
			st.Objected = []hearing.Objection{{By: "xu", At: december(s, 5, 9, 0), Why: "没有贴", Reply: "贴了", Lifted: december(s, 6, 9, 0)}}
		}
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 1:
			st.Room, st.Group = "", "b3"
		case 2:
			st.Room, st.Link = "", "https://meet.example/1"
		}
		b := sits(t, s, st)
		for i := 1; i <= 4; i++ {
			b.part(resident(i).Person, hearing.TagAsked, hearing.Part{})
		}
		chen, jiang := b.official("chen"), b.official("jiang")
		at := december(s, 12, 14, 50)
		owner := map[string]flows.PersonID{} // of words
		var left []string                    // words that must not be anywhere any more
		rated := map[string]int{}            // judgements of people who were let go of
		words := 0
		fresh := func(p flows.PersonID) string {
			words++
			w := fmt.Sprintf("第%d句话，%s说的", words, p)
			owner[w] = p
			return w
		}
		drop := func(p flows.PersonID, only func(string) bool) {
			for _, w := range slices.Sorted(maps.Keys(owner)) {
				if owner[w] == p && only(w) {
					left = append(left, w)
					delete(owner, w)
				}
			}
		}
		any := func(string) bool { return true }
		for range rapid.IntRange(5, 60).Draw(t, "events") {
			at = at.Add(time.Minute)
			who := resident(rapid.IntRange(1, 6).Draw(t, "who"))
			st := b.state()
			_, had := b.partOf(who.Person)
			mine := b.parts()[who.Person].Items
			switch what := rapid.IntRange(0, 19).Draw(t, "what"); what {
			case 0, 1, 2:
				b.write(at, who, "say", fresh(who.Person), flows.Reading{})
			case 3:
				w := fresh(who.Person)
				b.write(at, who, "proxy", w, flows.Reading{})
				if p, _ := b.partOf(who.Person); p.Proxy == w { // the one before is replaced
					drop(who.Person, func(x string) bool { return x != w && strings.HasPrefix(x, "代") })
					delete(owner, w)
					b.press(at, who, "nocome")
					left = append(left, w)
				}
			case 4, 5:
				if len(mine) > 0 {
					n := rapid.SampledFrom(mine).Draw(t, "item")
					x, _ := b.itemOf(n)
					if x.Kind == "dissent" {
						b.press(at, who, "undissent="+strconv.Itoa(n))
					} else {
						b.press(at, who, "unsay="+strconv.Itoa(n))
					}
					if y, _ := b.itemOf(n); y.Gone {
						drop(who.Person, func(w string) bool { return w == x.Text })
					} else if there := func(i hearing.Issue) bool { return i.Item == n && (i.Kind == "demand" || i.Kind == "topic") }; x.Kind != "dissent" && !slices.ContainsFunc(st.Issue, there) {
						t.Fatalf("%s took back %d, and it is still there", who.Person, n)
					}
				}
			case 6:
				b.press(at, who, rapid.SampledFrom([]string{"named", "unnamed"}).Draw(t, "named"))
			case 7:
				if had != "" && rapid.IntRange(0, 3).Draw(t, "really") == 0 {
					if r := b.parts()[who.Person].Rate; r != "" {
						rated[r]++
					}
					b.does(flows.Event{At: at, What: flows.Erased{Person: who.Person}})
					drop(who.Person, any)
				}
			case 8:
				from := resident(rapid.IntRange(1, 6).Draw(t, "from"))
				if from.Person != who.Person && b.Entries[string(from.Person)].Key != "" {
					b.joins(at, from.Person, who)
					for w, p := range owner {
						if p == from.Person {
							owner[w] = who.Person
						}
					}
				}
			case 9:
				if form != flows.Complaints { // see [TestNoteWithoutAgenda]
					b.write(at, chen, "note", "一位老人说的", flows.Reading{})
				}
			case 10:
				b.write(at, chen, "hands", "赞成3 反对1", flows.Reading{})
			case 11:
				b.write(at, chen, "decide", "装四个", flows.Reading{})
			case 12:
				b.press(at, chen, "undo="+strconv.Itoa(rapid.IntRange(1, max(1, st.Last)).Draw(t, "undo")))
			case 13:
				b.write(at, chen, "guest", "赵大娘、孙大爷", flows.Reading{})
			case 14:
				b.press(at, chen, rapid.SampledFrom([]string{"point=1", "point=2", "poll"}).Draw(t, "point"))
			case 15:
				b.write(at, chen, "poll", "要不要", flows.Reading{Poll: &flows.PollLine{Question: "要不要？", Options: []string{"要", "不要"}}})
				b.does(flows.Event{At: at, What: flows.Told{From: "55", Name: "polling", Data: flows.Data(flows.Polled{})}})
				b.does(flows.Event{At: at, What: flows.Told{From: "55", Name: "polled", Data: flows.Data(flows.Polled{Text: "要3不要1"})}})
			case 16:
				if len(st.Issue) > 0 {
					b.press(at, chen, rapid.SampledFrom([]string{"raise", "file"}).Draw(t, "kind")+"="+strconv.Itoa(rapid.SampledFrom(st.Issue).Draw(t, "issue").Item))
					b.does(flows.Event{At: at, What: flows.Told{From: "66", Name: "filed", Data: flows.Data(flows.TopicNews{No: 12})}})
				}
			case 17:
				switch st.Stage {
				case hearing.Notice:
					b.press(at, chen, "begin")
				case hearing.Meeting:
					b.press(at, chen, "end")
				case hearing.Minutes:
					b.press(at, jiang, "confirm")
				}
			case 18:
				b.write(at, who, "dissent", fresh(who.Person), flows.Reading{})
			case 19:
				b.press(at, who, "rate="+rapid.SampledFrom([]string{"good", "fair", "bad"}).Draw(t, "rate"))
			}
			record(t, b, left, rated)
			if st := b.state(); st.Stage == hearing.Minutes || st.Stage == hearing.Tasks || st.Stage == hearing.Rating {
				if st.Draft == nil {
					t.Fatal("there is no draft")
				}
				minutes(t, b, f, s)
			}
		}
	})
}

// record looks at the words that must not be there, and at the judgements.
func record(t *rapid.T, b *table, left []string, rated map[string]int) {
	t.Helper()
	all := string(b.Case.Data)
	for _, e := range b.Entries {
		all += string(e.Data)
	}
	for _, w := range left {
		if strings.Contains(all, w) {
			t.Fatalf("%q is still there: %s", w, all)
		}
	}
	sums := maps.Clone(rated)
	for _, p := range b.parts() {
		sums[p.Rate]++
	}
	if r := b.state().Rated; r != (hearing.Ratings{Good: sums["good"], Fair: sums["fair"], Bad: sums["bad"]}) {
		t.Fatalf("the judgements are %+v, the entries say %v", r, sums)
	}
}

// minutes looks at the sentences.
func minutes(t *rapid.T, b *table, f flows.Flow, s *flows.Settings) {
	t.Helper()
	st := b.state()
	lines := st.Lines("二楼邻里室")
	times := map[int]int{}
	for _, l := range lines {
		if err := rests(b, st, l); err != nil {
			t.Fatal(err)
		}
		if l.Item > 0 {
			times[l.Item]++
		}
		for _, lang := range flows.Languages {
			text, err := f.Words.Render(lang, l.Words, l.Vars, 12, b.state().Ended, s)
			if err != nil || text == "" || strings.Contains(text, "<no value>") {
				t.Fatalf("%s %s: %q %v", lang, l.Words, text, err)
			}
		}
	}
	for n := 1; n <= st.Last; n++ {
		x, ok := b.itemOf(n)
		if !ok {
			t.Fatalf("item %d is not there", n)
		}
		want := 0
		if k := x.Kind; !x.Gone && (k == "before" || k == "said") { // the words of a complaint are for who handles it
			want = 1
		}
		if times[n] != want && !x.Gone || times[n] > 1 {
			t.Fatalf("item %d (%s, gone %v) stands in the minutes %d times: %s", n, x.Kind, x.Gone, times[n], jsonOf(lines))
		}
	}
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
