package poll_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/poll"
)

// What somebody could try who wants to know how others have voted, or wants another
// result than the votes give.

func (b *table) official(id flows.PersonID) flows.Actor {
	b.T.Helper()
	o, ok := b.Settings.Official(id)
	if !ok {
		b.T.Fatalf("no official %s", id)
	}
	return flows.Actor{Person: id, Posts: o.Posts, Home: o.Home, Consent: true, Reachable: true}
}

// after brings an event some minutes after the sending, and gives the words said to the
// actor.
func (b *table) after(minutes int, by flows.Actor, w flows.What, r flows.Reading) []string {
	b.T.Helper()
	st := b.state()
	from := st.Sent
	if from.IsZero() {
		from = st.Until.Add(-58 * time.Hour)
	}
	b.said = nil
	chat := flows.Chat{ID: "g1", Group: true, Scope: flows.Scope{Building: "3"}}
	if said, ok := w.(flows.Told); ok && said.Said != nil && said.Said.Direct {
		chat = flows.Chat{ID: "~x"}
	}
	b.does(flows.Event{At: from.Add(time.Duration(minutes) * time.Minute), By: by, What: w, Reading: r, Chat: chat, Seed: "00112233445566778899aabbccddeeff"})
	var words []string
	for _, s := range b.said {
		if s.To.Person == by.Person {
			words = append(words, s.Words)
		}
	}
	return words
}

func (b *table) press(minutes int, by flows.Actor, choice string) []string {
	b.T.Helper()
	word, value, _ := strings.Cut(choice, "=")
	return b.after(minutes, by, flows.Chose{Choice: word, Value: value}, flows.Reading{})
}

func (b *table) slip(minutes int, value string) {
	b.T.Helper()
	b.press(minutes, b.official("liu"), "slip!="+value)
	b.press(minutes+1, b.official("chen"), "slip!="+value)
}

func (b *table) vote(key string) (v poll.Vote) {
	b.T.Helper()
	if e, ok := b.Entries[key]; ok {
		if err := json.Unmarshal(e.Data, &v); err != nil {
			b.T.Fatal(err)
		}
	}
	return v
}

// What a poll needs, who may vote and how few are not broken down stays as it was
// when it was sent, whatever is changed in the settings meanwhile.
func TestTermsStay(t *testing.T) {
	s := settings(t)
	b := open(t, s, func(st *poll.State) {
		st.Stage, st.Sent, st.Force, st.Unit, st.Options = poll.Preview, time.Time{}, flows.ByOwners, flows.PerOwner, []string{"同意", "不同意", "弃权"}
		st.Scope, st.Starter = flows.Scope{Building: "13"}, "chen"
	})
	b.press(0, b.official("chen"), "send")
	if st := b.state(); st.Stage != poll.Open {
		t.Fatalf("it was not sent: %s", st.Stage)
	}
	live := b.Settings
	weak := *live
	weak.Polls.Floor, weak.Polls.Proxies, weak.Polls.Forces = 1, 9, slices.Clone(live.Polls.Forces)
	for i := range weak.Polls.Forces {
		if f := &weak.Polls.Forces[i]; f.Force == flows.ByOwners {
			f.Source, f.Proof, f.Tenants, f.Turnout = "", false, true, flows.Share{Num: 1, Den: 100}
		}
	}
	b.Settings = &weak
	home := func(room string) flows.Place { return flows.Place{Building: "13", Unit: "1", Room: room} }
	b.press(10, flows.Actor{Person: "r1", Home: home("101"), Reachable: true}, "v!=A")
	b.press(11, flows.Actor{Person: "r2", Home: home("202"), Proven: true}, "v!=A")
	if n := poll.Turnout(b.Counts()); n != 0 {
		t.Errorf("with weaker settings %d votes came in that the poll did not allow: %v", n, b.Entries)
	}
	b.press(12, flows.Actor{Person: "r3", Home: home("102"), Proven: true}, "v!=A")
	st := b.close()
	if o := st.Outcome; o.Voters != 1 || o.Enough || o.Passed {
		t.Errorf("one of five is enough after the rule was changed: %+v", o)
	}
	b.Settings = live
	b.press(4000, b.official("chen"), "recount")
	b.countAll()
	if n := b.state().Recounts; n != 1 {
		t.Error("counted again under other settings it is another result")
	}
}

// Nobody lowers the floor for votes that are in.
func TestFloorStays(t *testing.T) {
	s := settings(t)
	b := open(t, s, func(st *poll.State) { st.Stage, st.Sent = poll.Preview, time.Time{} })
	b.press(0, b.official("liu"), "send")
	for i := range 3 {
		b.press(1+i, resident(i), "v!=A")
	}
	low := *s
	low.Polls.Floor = 1
	b.Settings = &low
	if o := b.close().Outcome; o.Voters != 3 || len(o.Votes) > 0 || len(o.Ahead) > 0 {
		t.Errorf("three votes are broken down: %+v", o)
	}
}

// Who puts in a paper, or lives with somebody, learns nothing of what they have chosen:
// the message about it comes whether it differs or not.
func TestToldWhateverWasChosen(t *testing.T) {
	seen := map[string]string{}
	for _, letter := range []string{"A", "B", "C"} {
		b := open(t, settings(t), nil)
		b.press(1, resident(0), "v!="+letter)
		var told []string
		note := func() {
			for _, s := range b.said {
				told = append(told, fmt.Sprint(s.To.Person, " ", s.Words))
			}
		}
		b.press(5, b.official("liu"), "slip!=3/1/101;A;paper;;")
		note()
		b.press(6, b.official("chen"), "slip!=3/1/101;A;paper;;")
		note()
		b.press(7, resident(4), "v!=A")
		note()
		b.press(8, resident(0), "v!=A")
		note()
		seen[strings.Join(told, "\n")] = letter
	}
	if len(seen) != 1 {
		t.Errorf("what is said shows how they voted: %q", seen)
	}
	for told := range seen {
		for _, words := range []string{"r0 changed-paper", "r4 changed-home"} {
			if !strings.Contains(told, words) {
				t.Errorf("%s was not said:\n%s", words, told)
			}
		}
	}
}

// A list that nobody sees is no list: in private only who answers for the building
// hands one on.
func TestListInPrivate(t *testing.T) {
	s := settings(t)
	var lines []flows.ChainLine
	for i := range 4 {
		lines = append(lines, flows.ChainLine{N: i + 1, Place: flows.Place{Unit: "1", Room: fmt.Sprintf("%d01", i+1)}, Rest: "要"})
	}
	list := flows.Reading{Number: 1, Chain: &flows.Chain{Lines: lines}}
	for who, want := range map[flows.PersonID]int{"r0": 0, "tang": 0, "liu": 4, "chen": 4} {
		b := open(t, s, func(st *poll.State) { st.Named = true })
		by := resident(0)
		if who != "r0" {
			by = b.official(who)
		}
		words := b.after(5, by, flows.Told{Name: "chain", Said: &flows.Said{Direct: true}}, list)
		if n := poll.Turnout(b.Counts()); n != want || len(words) == 0 {
			t.Errorf("%s in private: %d votes, want %d; they hear %v", who, n, want, words)
		}
		if who == "r0" && !slices.Equal(words, []string{"list-group"}) {
			t.Errorf("%s hears %v", who, words)
		}
	}
}

// A list with the number of a poll of another building does nothing there.
func TestListOfAnotherGroup(t *testing.T) {
	s := settings(t)
	f, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	for building, want := range map[string]int{"3": 1, "5": 0} {
		e := flows.Event{What: flows.Said{Message: flows.Message{Text: "#接龙"}}, Chat: flows.Chat{ID: "g", Group: true, Scope: flows.Scope{Building: building}}, Settings: s,
			Reading: flows.Reading{Number: 1, Chain: &flows.Chain{}}, Similar: []flows.Similar{{Case: flows.CaseRef{ID: "1", No: 1}, Flow: poll.Name, Stage: poll.Open, Place: flows.Place{Building: "3"}, Why: flows.ByNumber}}}
		if got := len(f.Hear(e)); got != want {
			t.Errorf("a list in the group of building %s: %d effects, want %d", building, got, want)
		}
	}
}

// How somebody has voted in secret is not kept longer than it is needed: neither in a
// poll that was taken back, nor where it was never counted.
func TestNothingStaysUncounted(t *testing.T) {
	for _, stop := range []bool{true, false} {
		b := open(t, settings(t), nil)
		for i := range 6 {
			b.press(1+i, resident(i), "v!="+poll.Letter(i%3))
		}
		b.press(10, flows.Actor{Person: "r50", Reachable: true}, "v!=B")
		b.press(11, b.official("liu"), "slip!=3/1/901;B;paper;;")
		// One who waits with a new home, and has voted for the old one.
		b.press(12, resident(7), "v!=B")
		moved := resident(7)
		moved.Home = flows.Place{}
		b.press(13, moved, "v!=C")
		if stop {
			b.press(20, b.official("liu"), "stop")
			b.after(21, b.official("liu"), flows.Said{Message: flows.Message{Text: "问错了"}, Tag: "why-stop", Direct: true}, flows.Reading{})
			if !b.state().Stopped {
				t.Fatal("it was not stopped")
			}
		} else {
			b.close()
			b.does(flows.Event{At: b.state().Until.AddDate(0, 0, 3), What: flows.Woke{Name: "check"}})
		}
		for n := 0; b.state().Count != nil && n < 100; n++ {
			b.does(flows.Event{At: b.state().Until, What: flows.Woke{Name: "count"}})
		}
		st := b.state()
		if st.Stage != poll.Closed || !st.Cut {
			t.Errorf("stopped %v: it is %s, cut %v", stop, st.Stage, st.Cut)
		}
		for k, e := range b.Entries {
			var v struct{ Choice, Letter string }
			_ = json.Unmarshal(e.Data, &v)
			if strings.HasPrefix(e.Tag, "v/") && !strings.HasPrefix(e.Tag, "v//") || v.Choice != "" || v.Letter != "" {
				t.Errorf("stopped %v: of %s there is still %s %s", stop, k, e.Tag, e.Data)
			}
		}
		if e := b.Entries["r7"]; e.Tag != "voter" {
			t.Errorf("stopped %v: whose vote that of 401 is, nobody knows any more: %+v", stop, e)
		}
	}
}

// Who asked for the poll can vote in it, before their door is known too.
func TestWhoAskedVotes(t *testing.T) {
	b := open(t, settings(t), func(st *poll.State) { st.Wish = "r60" })
	b.Entries["r60"] = flows.Entry{Key: "r60", Tag: "wish"}
	who := flows.Actor{Person: "r60", Reachable: true, Consent: true, Home: flows.Place{Building: "3"}}
	b.press(1, who, "v!=A")
	who.Home = flows.Place{Building: "3", Unit: "1", Room: "501"}
	b.after(2, who, flows.Told{Name: flows.HomeChanged}, flows.Reading{})
	if n := poll.Turnout(b.Counts()); n != 1 {
		t.Errorf("the vote of who asked is lost: %v", b.Entries)
	}
}

// Nobody makes an ordinary matter of one to which, by the settings, more must agree.
func TestSpecialStaysSpecial(t *testing.T) {
	b := open(t, settings(t), func(st *poll.State) {
		st.Stage, st.Sent, st.Force, st.Unit, st.Options = poll.Preview, time.Time{}, flows.ByOwners, flows.PerOwner, []string{"同意", "不同意", "弃权"}
		st.Scope, st.Starter, st.Matter, st.Special = flows.Scope{Building: "13"}, "chen", "278-6", true
	})
	if words := b.press(0, b.official("chen"), "special"); !b.state().Special || !slices.Contains(words, "special-matter") {
		t.Errorf("special: %v, said %v", b.state().Special, words)
	}
}

// Options that cannot be told apart, by eye or by letter, are not sent.
func TestOptionsThatLookTheSame(t *testing.T) {
	for _, options := range [][]string{{"同意", "同\u200b意"}, {"Yes", "yes"}, {"要", "\u202e要"}, {"B", "A"}, {"x", "a"}} {
		b := open(t, settings(t), func(st *poll.State) { st.Stage, st.Sent = poll.Preview, time.Time{} })
		b.after(0, b.official("liu"), flows.Said{Tag: flows.ExpectLine, Direct: true}, flows.Reading{Poll: &flows.PollLine{Question: "选哪个？", Options: options, Until: b.state().Until}})
		b.press(1, b.official("liu"), "send")
		if st := b.state(); st.Stage == poll.Open {
			t.Errorf("%+q was sent", st.Options)
		}
	}
	b := open(t, settings(t), func(st *poll.State) { st.Stage, st.Sent = poll.Preview, time.Time{} })
	b.after(0, b.official("liu"), flows.Said{Tag: flows.ExpectLine, Direct: true}, flows.Reading{Poll: &flows.PollLine{Question: "选哪个？", Options: []string{"A", "B"}, Until: b.state().Until}})
	b.press(1, b.official("liu"), "send")
	if st := b.state(); st.Stage != poll.Open {
		t.Errorf("A and B, in this order, were not sent: %s", st.Stage)
	}
}

// The reason for another end is never taken for that of taking the poll back, though
// both were asked for.
func TestReasonsAreNotMixed(t *testing.T) {
	b := open(t, settings(t), nil)
	b.press(1, b.official("liu"), "extend=1")
	var tag string
	for _, s := range b.said {
		tag += s.Expect
	}
	b.press(2, b.official("chen"), "stop")
	until := b.state().Until
	b.after(3, b.official("liu"), flows.Said{Message: flows.Message{Text: "好多人周末才回来"}, Tag: tag, Direct: true}, flows.Reading{})
	if st := b.state(); st.Stage != poll.Open || !st.Until.Equal(until.AddDate(0, 0, 1)) {
		t.Errorf("it is %s until %s", st.Stage, st.Until)
	}
}

// Two accounts of one person have one vote from when they are joined.
func TestJoinedAccounts(t *testing.T) {
	join := func(b *table, minutes int, from flows.PersonID, to flows.Actor) {
		if e, ok := b.Entries[string(from)]; ok {
			b.after(minutes, to, flows.Told{Name: flows.Joined, Data: flows.Data(e)}, flows.Reading{})
		}
	}
	at := func(id flows.PersonID, room string) flows.Actor {
		return flows.Actor{Person: id, Reachable: true, Consent: true, Home: flows.Place{Building: "3", Unit: "1", Room: room}}
	}
	for _, c := range []struct {
		name string
		unit flows.VoteUnit
		play func(b *table)
		want string
	}{
		{"each for another home", flows.PerHousehold, func(b *table) {
			b.press(1, at("r1", "101"), "v!=A")
			b.press(2, at("r2", "201"), "v!=A")
			join(b, 3, "r2", at("r1", "101"))
		}, "h/3/1/101 A r1"},
		{"only the other has voted, and now this one for another home", flows.PerHousehold, func(b *table) {
			b.press(1, at("r2", "201"), "v!=A")
			join(b, 2, "r2", at("r1", "101"))
			b.press(3, at("r1", "101"), "v!=B")
		}, "h/3/1/101 B r1"},
		{"for one home", flows.PerHousehold, func(b *table) {
			b.press(1, at("r1", "101"), "v!=A")
			b.press(2, at("r2", "101"), "v!=B")
			join(b, 3, "r2", at("r1", "101"))
		}, "h/3/1/101 B r1"},
		{"per person, the later", flows.PerPerson, func(b *table) {
			b.press(1, at("r1", "101"), "v!=A")
			b.press(2, at("r2", "101"), "v!=B")
			join(b, 3, "r2", at("r1", "101"))
		}, "r1 B r1"},
		{"per person, the earlier", flows.PerPerson, func(b *table) {
			b.press(1, at("r2", "101"), "v!=A")
			b.press(2, at("r1", "101"), "v!=B")
			join(b, 3, "r2", at("r1", "101"))
		}, "r1 B r1"},
		{"per person, only the other", flows.PerPerson, func(b *table) {
			b.press(1, at("r2", "101"), "v!=C")
			join(b, 3, "r2", at("r1", "101"))
		}, "r1 C r1"},
		{"one that waits for its home", flows.PerHousehold, func(b *table) {
			b.press(1, flows.Actor{Person: "r2", Reachable: true}, "v!=C")
			join(b, 2, "r2", at("r1", "101"))
			b.after(3, at("r1", "101"), flows.Told{Name: flows.HomeChanged}, flows.Reading{})
		}, "h/3/1/101 C r1"},
	} {
		b := open(t, settings(t), func(st *poll.State) { st.Unit, st.Named = c.unit, false })
		c.play(b)
		var got []string
		for k, e := range b.Entries {
			if strings.HasPrefix(e.Tag, "v/") {
				v := b.vote(k)
				got = append(got, fmt.Sprint(k, " ", v.Choice, " ", v.By))
			}
			if k == "r2" {
				t.Errorf("%s: there is still something under the old id: %+v", c.name, e)
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: the votes are %s, want %s", c.name, s, c.want)
		}
	}
	// After the end nothing of what was counted changes.
	b := open(t, settings(t), func(st *poll.State) { st.Unit = flows.PerPerson })
	for i := range 6 {
		b.press(i, resident(i), "v!=A")
	}
	st := b.close()
	join(b, 4000, "r2", resident(1))
	b.press(4001, resident(3), "doubt")
	b.countAll()
	if after := b.state(); after.Recounts != 1 || st.Outcome.Voters != 6 {
		t.Error("counted again after two accounts were joined it is another result")
	}
}

// Where something is decided, people hear that the roster has changed while others voted.
func TestRollThatChanged(t *testing.T) {
	s := settings(t)
	for _, c := range []struct {
		force   flows.Force
		changed bool
		want    int
	}{{flows.ByOwners, true, 2}, {flows.ByOwners, false, 0}, {flows.Sounding, true, 0}} {
		b := open(t, s, func(st *poll.State) {
			st.Force, st.Unit, st.Scope, st.Starter = c.force, flows.PerHousehold, flows.Scope{Building: "13"}, "chen"
			if c.force == flows.ByOwners {
				st.Unit, st.Options = flows.PerOwner, []string{"同意", "不同意", "弃权"}
			}
		})
		if c.changed {
			other := *s
			other.Households = slices.Clone(s.Households)
			for i := range other.Households[:2] {
				other.Households[i].Owner = "one"
			}
			other.Households = other.Households[:len(other.Households)-1]
			b.Settings = &other
		}
		b.close()
		n := 0
		for _, say := range b.said {
			if say.Words == "roll-changed" {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s, roster changed %v: %d hear of it, want %d", c.force, c.changed, n, c.want)
		}
	}
}

// A poll goes to nobody but those for whom its starter answers, and to no place that is
// none, whatever is pressed.
func TestForgedScope(t *testing.T) {
	for _, value := range []string{"", "b/", "b/99", "g/", "g/none", "b/5", "c", "x"} {
		b := open(t, settings(t), func(st *poll.State) { st.Stage, st.Sent = poll.Preview, time.Time{} })
		was := b.state().Scope
		by := "chen"
		if value == "b/5" || value == "c" {
			by = "liu" // captain of building 3
		}
		b.press(0, b.official(flows.PersonID(by)), "scope="+value)
		if st := b.state(); st.Scope != was {
			t.Errorf("%s has made %q of it: %+v", by, value, st.Scope)
		}
	}
}

// A list of something else is none of this poll, though its lines read like votes.
func TestListOfSomethingElse(t *testing.T) {
	lines := []flows.ChainLine{{N: 1, Place: flows.Place{Unit: "1", Room: "101"}, Rest: "要两箱鸡蛋"}}
	for _, c := range []struct {
		title  string
		number int
		recent flows.ID
		want   int
	}{
		{"土鸡蛋团购 30元一板", 0, "", 0}, {"", 0, "", 0}, {"要", 0, "", 0}, {"土鸡蛋", 7, "", 0}, {"土鸡蛋", 0, "9", 0},
		{"要不要在楼前装充电桩", 0, "", 1}, {"楼前装充电桩", 0, "", 1}, {"随便", 1, "", 1}, {"", 0, "1", 1},
	} {
		b := open(t, settings(t), func(st *poll.State) { st.Named = true })
		b.after(5, resident(0), flows.Told{Name: "chain", Said: &flows.Said{Recent: c.recent}}, flows.Reading{Number: c.number, Chain: &flows.Chain{Title: c.title, Lines: lines}})
		if n := poll.Turnout(b.Counts()); n != c.want {
			t.Errorf("%+v: %d votes", c, n)
		}
		if len(b.said) > 0 && c.want == 0 {
			t.Errorf("%+v: somebody is told %v", c, b.said)
		}
	}
}
