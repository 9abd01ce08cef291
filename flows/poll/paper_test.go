package poll_test

import (
	"slices"
	"testing"

	"linli/flows"
	"linli/flows/poll"
)

// A paper that was put in wrongly can be put right by who lives there, on the same day
// too; and it stands before what was pressed earlier on the day on which it was signed.
func TestPaperCanBeAnswered(t *testing.T) {
	for name, press := range map[string]int{"before": 60, "after": 300} {
		b := open(t, settings(t), nil)
		if press < 240 {
			b.press(press, resident(0), "v!=B")
		}
		b.slip(240, "3/1/101;A;paper;2026-12-02;")
		if press > 240 {
			b.press(press, resident(0), "v!=B")
		}
		want := map[string]string{"before": "A", "after": "B"}[name]
		if got, _, _ := b.vote("h/3/1/101").Cast(); got != want {
			t.Errorf("pressed %s the paper: %s counts, want %s", name, got, want)
		}
	}
}

// Of a home that is let the owner votes on paper where tenants have no vote.
func TestOwnerOfWhatIsLet(t *testing.T) {
	b := open(t, settings(t), func(st *poll.State) {
		st.Force, st.Unit, st.Options, st.Scope, st.Starter = flows.ByOwners, flows.PerOwner, []string{"同意", "不同意", "弃权"}, flows.Scope{Building: "13"}, "chen"
	})
	both := func(minutes int, value string) {
		b.press(minutes, b.official("chen"), "slip!="+value)
		b.press(minutes+1, b.official("zheng"), "slip!="+value)
	}
	both(1, "13/1/202;A;phone;;")
	if n := poll.Turnout(b.Counts()); n != 0 {
		t.Error("whoever answered the telephone has voted for the owner")
	}
	both(5, "13/1/202;A;paper;;")
	if n := poll.Turnout(b.Counts()); n != 1 {
		t.Errorf("the owner's paper does not count: %v", b.Entries)
	}
}

// For how many a household votes is counted by the votes as they stand: one that was
// replaced is not among them.
func TestProxiesThatWereReplaced(t *testing.T) {
	s := settings(t)
	s.Polls.Proxies = 1
	b := open(t, s, nil)
	count := func() (n int) {
		for _, room := range []string{"101", "201", "301", "401"} {
			if b.vote("h/3/1/"+room).Proxy != "" {
				n++
			}
		}
		return n
	}
	b.slip(1, "3/1/101;A;paper;;3/1/901")
	b.slip(5, "3/1/101;B;paper;;3/1/901") // put right: it is still one
	b.slip(9, "3/1/201;A;paper;;3/1/901")
	if n := count(); n != 1 {
		t.Fatalf("it votes for %d, may for 1", n)
	}
	b.press(20, resident(0), "v!=C")
	b.slip(30, "3/1/201;A;paper;;3/1/901")
	b.slip(40, "3/1/301;A;paper;;3/1/901")
	if n := count(); n != 1 || b.vote("h/3/1/201").Proxy == "" {
		t.Errorf("after one has voted themself it votes for %d: %v", n, b.Entries)
	}
	if o := b.close().Outcome; o.Proxies != 1 {
		t.Errorf("%d by proxy are told", o.Proxies)
	}
}

// A paper older than what was pressed is not called counted.
func TestPaperThatIsOlder(t *testing.T) {
	b := open(t, settings(t), nil)
	b.press(2000, resident(0), "v!=B")
	b.press(2001, b.official("liu"), "slip!=3/1/101;A;paper;2026-12-02;")
	if words := b.press(2002, b.official("chen"), "slip!=3/1/101;A;paper;2026-12-02;"); !slices.Equal(words, []string{"slip-older"}) {
		t.Errorf("the second hears %v", words)
	}
	b.press(2003, b.official("liu"), "slip!=3/1/201;A;paper;2026-12-02;")
	if words := b.press(2004, b.official("chen"), "slip!=3/1/201;A;paper;2026-12-02;"); !slices.Equal(words, []string{"slip-second"}) {
		t.Errorf("the second hears %v", words)
	}
}
