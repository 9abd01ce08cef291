package poll

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/flows"
)

func TestFewAreNotBrokenDown(t *testing.T) {
	for _, c := range []struct {
		what string
		by   map[string][]int
		want map[string][]int
	}{
		{"two large buildings", map[string][]int{"1": {5, 3}, "2": {4, 4}}, map[string][]int{"1": {5, 3}, "2": {4, 4}}},
		{"one is small: it would be what is left of the sum", map[string][]int{"1": {5, 3}, "2": {1, 0}}, nil},
		{"one is small among three", map[string][]int{"1": {5, 3}, "2": {1, 0}, "3": {4, 2}}, map[string][]int{"1": {5, 3}, "": {5, 2}}},
		{"small ones together", map[string][]int{"1": {5, 3}, "2": {2, 1}, "3": {1, 2}}, map[string][]int{"1": {5, 3}, "": {3, 3}}},
		{"a home that is not known", map[string][]int{"1": {5, 3}, "": {4, 2}}, map[string][]int{"1": {5, 3}, "": {4, 2}}},
		{"one building", map[string][]int{"1": {5, 3}}, nil},
		{"nobody", nil, nil},
	} {
		if d := cmp.Diff(c.want, split(c.by, 2, 5)); d != "" {
			t.Errorf("%s:\n%s", c.what, d)
		}
	}
}

func TestNoFewCanBeWorkedOut(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		floor := rapid.IntRange(3, 9).Draw(rt, "floor")
		by := map[string][]int{}
		total := []int{0, 0, 0}
		for range rapid.IntRange(0, 8).Draw(rt, "buildings") {
			b := rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5", "6"}).Draw(rt, "building")
			if by[b] != nil {
				continue
			}
			v := []int{rapid.IntRange(0, 6).Draw(rt, "a"), rapid.IntRange(0, 6).Draw(rt, "b"), rapid.IntRange(0, 3).Draw(rt, "c")}
			by[b] = v
			for i := range v {
				total[i] += v[i]
			}
		}
		out := split(by, 3, floor)
		rest := append([]int{}, total...)
		for b, v := range out {
			n := v[0] + v[1] + v[2]
			if n > 0 && n < floor {
				rt.Errorf("%q with %d votes is shown", b, n)
			}
			for i := range v {
				rest[i] -= v[i]
			}
		}
		if out != nil && rest[0]+rest[1]+rest[2] != 0 {
			rt.Errorf("the parts leave %v, which would be somebody's", rest)
		}
	})
}

// Civil Code art. 278: two thirds of heads and of area take part; of those more than
// half of both, or three quarters of a special matter.
func TestOwnersNeedHeadsAndArea(t *testing.T) {
	rule := flows.PollRule{Turnout: flows.Share{Num: 2, Den: 3}, Agree: flows.Share{Num: 1, Den: 2, Over: true}, Special: flows.Share{Num: 3, Den: 4}}
	s := State{Unit: flows.PerOwner, Options: []string{"同意", "不同意", "弃权"}, Roll: flows.Roll{Voters: 9, Area: 90000}}
	for _, c := range []struct {
		what           string
		special        bool
		votes, area    []int
		enough, passed bool
	}{
		{"exactly two thirds of both, more than half for it", false, []int{4, 2, 0}, []int{40000, 20000, 0}, true, true},
		{"half is not more than half", false, []int{3, 3, 0}, []int{40000, 20000, 0}, true, false},
		{"half of the area", false, []int{4, 2, 0}, []int{30000, 30000, 0}, true, false},
		{"heads are enough, area is not", false, []int{6, 0, 0}, []int{59999, 0, 0}, false, false},
		{"area is enough, heads are not", false, []int{5, 0, 0}, []int{80000, 0, 0}, false, false},
		{"who abstains takes part", false, []int{4, 0, 3}, []int{40000, 0, 30000}, true, true},
		{"special: exactly three quarters", true, []int{6, 2, 0}, []int{60000, 20000, 0}, true, true},
		{"special: less of the area", true, []int{6, 2, 0}, []int{59000, 21000, 0}, true, false},
		{"special: more than half is not enough", true, []int{5, 3, 0}, []int{50000, 30000, 0}, true, false},
	} {
		s.Special = c.special
		o := outcome(s, Counted{Votes: c.votes, Area: c.area}, rule, 5, time.Time{})
		if o.Enough != c.enough || o.Passed != c.passed {
			t.Errorf("%s: enough %v, passed %v", c.what, o.Enough, o.Passed)
		}
	}
}

func TestReceiptsSayNothing(t *testing.T) {
	a, b := State{Seed: "aa"}, State{Seed: "bb"}
	if a.Receipt("h/3/1/501") == b.Receipt("h/3/1/501") {
		t.Error("the receipt of a household is the same in every poll")
	}
	if r := a.Receipt("h/3/1/501"); len(r) != 9 || r[4] != '-' || r != a.Receipt("h/3/1/501") || r == a.Receipt("h/3/1/502") {
		t.Errorf("the receipt is %q", r)
	}
	if r := a.Receipt("x/ABCD-EFGH"); r != "ABCD-EFGH" {
		t.Errorf("who was let go of has another receipt: %s", r)
	}
}

func TestProofHoldsEverything(t *testing.T) {
	s := State{Question: "要不要", Options: []string{"要", "不要"}, Force: flows.Sounding, Unit: flows.PerHousehold, Scope: flows.Scope{Building: "3"}, Until: time.Unix(1000, 0)}
	o := Outcome{Votes: []int{2, 1}, Voters: 3}
	is := Proof(s, o, []string{"a", "b", "c"})
	if is != Proof(s, o, []string{"c", "a", "b"}) {
		t.Error("another order has another proof")
	}
	for what, other := range map[string]string{
		"a vote": func() string { o := o; o.Votes = []int{1, 2}; return Proof(s, o, []string{"a", "b", "c"}) }(),
		"a stub": Proof(s, o, []string{"a", "b", "d"}), "one less": Proof(s, o, []string{"a", "b"}),
		"the question": func() string { s := s; s.Question = "要不要？"; return Proof(s, o, []string{"a", "b", "c"}) }(),
		"the end":      func() string { s := s; s.Until = time.Unix(1001, 0); return Proof(s, o, []string{"a", "b", "c"}) }(),
	} {
		if is == other {
			t.Errorf("%s can be changed", what)
		}
	}
}
