package poll_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/prompts"
	"linli/prompts/local"
)

var lists = local.New()

// pastes brings a list in private, or in the group, some minutes after the sending.
func (b *table) pastes(minutes int, who flows.PersonID, group bool, text string) []string {
	b.T.Helper()
	at := time.Date(2026, 12, 2, 10, 0, 0, 0, b.Settings.Zone)
	r := lists.Read(text, prompts.Context{At: at, Settings: b.Settings, Direct: !group, Scope: map[bool]flows.Scope{true: {Building: "3"}}[group]})
	if r.Chain == nil {
		b.T.Fatalf("no list: %q", text)
	}
	by := resident(0)
	if who != "r0" {
		by = b.official(who)
	}
	return b.after(minutes, by, flows.Told{Name: "chain", Said: &flows.Said{Direct: !group, Message: flows.Message{Text: text}}}, r)
}

// text is what was said with some words.
func (b *table) text(words string) string {
	b.T.Helper()
	for _, say := range b.said {
		if say.Words == words {
			out, err := b.Flow.Words.Render("zh-CN", words, say.Vars, 1, say.Until, b.Settings)
			if err != nil {
				b.T.Fatal(err)
			}
			return out
		}
	}
	b.T.Fatalf("%q was not said", words)
	return ""
}

func (b *table) says(words string, want ...string) {
	b.T.Helper()
	text := b.text(words)
	for _, w := range want {
		if plain, not := strings.CutPrefix(w, "!"); strings.Contains(text, plain) == not {
			b.T.Errorf("%q: %s", w, text)
		}
	}
}

// cast is the option that a household of building 3 is counted for, "" if it is not.
func (b *table) cast(home string) string {
	letter, _, _ := b.vote("h/3/" + home).Cast()
	return letter
}

// The list of a poll grows by pastes; who has taken their line out is counted no more by the
// list, and by what they have pressed again.
func TestPastedList(t *testing.T) {
	b := open(t, settings(t), func(st *poll.State) { st.Named = true })
	b.press(1, resident(0), "v!=A") // of 1-101
	b.pastes(5, "liu", false, "#接龙\n0001 充电桩\n1. 1-101 不要\n2. 1-201 要\n2、1-301 要\n7. 老李 要")
	b.says("list-read", "读到3户", "第7行", "!多了", "!少了")
	b.says("list-copy", "1. 1-101 不要\n2. 1-201 要\n3. 1-301 要\n4.", "!老李", "!另有")
	if b.cast("1/101") != "B" || b.cast("1/201") != "A" || poll.Turnout(b.Counts()) != 3 {
		t.Errorf("%v", b.votes())
	}
	b.press(10, flows.Actor{Person: "r77", Consent: true, Reachable: true, Home: flows.Place{Building: "3", Unit: "2", Room: "1204"}}, "v!=C") // in private
	b.pastes(15, "liu", false, "#接龙\n0001\n1. 1-101 不要\n2. 1-201 不要\n3. 1-301 要\n4. 2-401 再商量")
	b.says("list-read", "读到4户", "多了1户：2-401", "改了的1户：1-201", "!少了")
	b.says("list-copy", "群内4户，另有1户私下答了")
	b.pastes(20, "liu", false, "#接龙\n0001\n2. 1-201 不要\n4. 2-401 再商量")
	b.says("list-read", "少了2户：1-101、1-301")
	b.says("list-copy", "群内2户，另有2户私下答了", "1. 1-201 不要\n2. 2-401 再商量\n3.")
	if b.cast("1/101") != "A" {
		t.Errorf("what 1-101 has pressed does not count again: %v", b.votes())
	}
	if b.cast("1/301") != "" || poll.Turnout(b.Counts()) != 4 {
		t.Errorf("1-301 is counted though nobody has voted there: %v", b.votes())
	}
	b.pastes(25, "liu", false, "#接龙\n0001\n1. 1-201 不要\n2. 2-401 再商量")
	b.says("list-read", "和上次一样")
	// It comes back.
	b.pastes(30, "liu", false, "#接龙\n0001\n1. 1-201 不要\n2. 2-401 再商量\n3. 1-301 要")
	b.says("list-read", "多了1户：1-301")
	if b.cast("1/301") != "A" {
		t.Errorf("%v", b.votes())
	}
}

// Nobody's line is taken out by a list it cannot stand in: one of another building, one that
// has nothing in common with what was pasted, the end of one, or one that a group shows itself.
func TestPastedListTakesOutNobodyElse(t *testing.T) {
	s := settings(t)
	whole := func() *table {
		b := open(t, s, func(st *poll.State) { st.Named, st.Scope, st.Starter = true, flows.Scope{Grid: "g1"}, "li" })
		b.pastes(5, "li", false, "#接龙\n0001\n1. 3-1-101 要\n2. 3-1-201 要\n3. 4-1-101 要\n4. 4-1-201 要")
		if n := poll.Turnout(b.Counts()); n != 4 {
			t.Fatalf("%d votes", n)
		}
		return b
	}
	for name, c := range map[string]struct {
		who, text string
		want      int
		says      string
	}{
		"another building": {"li", "#接龙\n0001\n1. 3-1-101 要", 3, "少了1户：3-1-201"},
		"another group":    {"li", "#接龙\n0001\n1. 3-1-901 要\n2. 4-1-101 要", 4, "还按原来的算"},
		"the captain":      {"liu", "#接龙\n0001\n1. 3-1-101 要\n2. 4-1-101 不要", 3, "第2行"},
		"its end":          {"li", "#接龙\n0001\n3. 4-1-101 要", 4, "还按原来的算"},
		"one unread":       {"li", "#接龙\n0001\n1. 3-1-101 要\n2. 3-1-201 随便吧\n3. 4-1-101 要\n4. 4-1-201 要", 4, "第2行"},
	} {
		b := whole()
		b.pastes(10, flows.PersonID(c.who), false, c.text)
		if n := poll.Turnout(b.Counts()); n != c.want || !strings.Contains(b.text("list-read"), c.says) {
			t.Errorf("%s: %d votes, want %d; %s", name, n, c.want, b.text("list-read"))
		}
		if name == "another building" && strings.Contains(b.text("list-read"), "还按原来的算") {
			t.Errorf("nobody has asked about the other building: %s", b.text("list-read"))
		}
	}
	b := open(t, s, func(st *poll.State) { st.Named = true })
	b.pastes(5, "r0", true, "#接龙\n0001\n1. 1-101 要\n2. 1-201 要")
	b.pastes(10, "liu", false, "#接龙\n0001\n1. 1-301 要")
	b.pastes(15, "liu", false, "#接龙\n0001\n1. 1-401 要\n2. 1-301 要")
	if n := poll.Turnout(b.Counts()); n != 4 {
		t.Errorf("%d votes", n)
	}
	b.says("list-copy", "1. 1-101 要\n2. 1-201 要\n3. 1-301 要\n4. 1-401 要\n5.")
}

// A list without the number counts only if its sender says that it is of this poll.
func TestPastedListWithoutNumber(t *testing.T) {
	const text = "#接龙\n楼前装充电桩\n1. 1-101 要\n2. 1-201 不要"
	b := open(t, settings(t), func(st *poll.State) { st.Named = true })
	if words := b.pastes(5, "liu", false, text); !slices.Equal(words, []string{"list-is"}) || len(b.Entries) > 0 {
		t.Fatalf("said %v, %v", words, b.Entries)
	}
	if words := b.press(6, b.official("chen"), "paste=yes"); !slices.Equal(words, []string{"list-gone"}) {
		t.Errorf("somebody else answers: %v", words)
	}
	if words := b.press(6, b.official("liu"), "paste=no"); !slices.Equal(words, []string{"list-not"}) || b.state().Unsure != nil {
		t.Errorf("said %v, %+v", words, b.state().Unsure)
	}
	b.pastes(7, "liu", false, text)
	b.press(8, b.official("liu"), "paste=yes")
	b.says("list-copy", "0001", "1. 1-101 要\n2. 1-201 不要\n3.")
	if b.cast("1/101") != "A" || b.cast("1/201") != "B" || b.state().Unsure != nil {
		t.Errorf("%v", b.votes())
	}
	b.pastes(9, "liu", false, text)
	b.after(80, flows.Actor{}, flows.Woke{Name: "paste"}, flows.Reading{})
	if b.state().Unsure != nil {
		t.Error("it is still kept after an hour")
	}
	b.pastes(81, "liu", false, text)
	b.after(82, flows.Actor{}, flows.Erased{Person: ""}, flows.Reading{})
	if b.state().Unsure != nil || b.state().Lines != nil {
		t.Errorf("%+v", b.state())
	}
}

// Of a list that is longer than the rules can see the votes of, the rest is said not to count,
// and no more entries are asked for than there may be.
func TestPastedListOfThreeHundred(t *testing.T) {
	s := settings(t)
	b := open(t, s, func(st *poll.State) { st.Named, st.Scope, st.Starter = true, flows.Scope{Grid: "g1"}, "li" })
	var w strings.Builder
	w.WriteString("#接龙\n0001\n")
	n := 0
	for _, building := range []string{"1", "2", "3", "4"} {
		for door := range 3 * 12 * 4 {
			home := flows.Place{Building: building, Unit: fmt.Sprint(1 + door%3), Room: fmt.Sprintf("%d%02d", 1+door/12, 1+door/3%4)}
			if _, ok := s.Household(home); ok && n < 300 {
				n++
				fmt.Fprintf(&w, "%d. %s-%s-%s 要\n", n, home.Building, home.Unit, home.Room)
			}
		}
	}
	if n < 300 {
		t.Fatalf("there are only %d households", n)
	}
	b.pastes(5, "li", false, w.String())
	b.says("list-read", "读到200户", "201–300")
	if got := poll.Turnout(b.Counts()); got != 200 {
		t.Errorf("%d votes", got)
	}
	keys, err := b.Flow.Keys(b.Case, flows.Event{By: b.official("li"), What: flows.Told{Name: "chain", Said: &flows.Said{Direct: true}}, Settings: s,
		Reading: flows.Reading{Number: 1, Chain: &flows.Chain{Lines: lists.Read(w.String(), prompts.Context{At: b.state().Sent, Settings: s, Direct: true}).Chain.Lines[100:300]}}})
	if err != nil || len(keys) > 256 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

// Where Linli is in no group, who wanted the list there gets it.
func TestListNowhere(t *testing.T) {
	b := open(t, settings(t), func(st *poll.State) { st.Named = true })
	b.pastes(5, "liu", false, "#接龙\n0001\n1. 1-101 要")
	b.press(6, b.official("liu"), "chain")
	b.after(6, b.official("liu"), flows.Missed{Mark: "list"}, flows.Reading{})
	b.says("list-nowhere", "群里我发不了")
	b.says("list-copy", "#接龙\n0001", "1. 1-101 要\n2.")
	if words := b.after(6, b.official("liu"), flows.Missed{Mark: "list-nowhere"}, flows.Reading{}); !slices.Equal(words, []string{"list-lost"}) {
		t.Errorf("said %v", words)
	}
}
