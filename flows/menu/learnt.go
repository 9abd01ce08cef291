package menu

import (
	"maps"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// What the menu has learnt of activities that are over: numbers by interest, nobody's name.
// With every 30 days that pass, what was there counts a tenth less, so that after half a year
// about half of it is left, and after two years less than a tenth.

// Sums are the numbers of an interest.
type Sums struct {
	Invited float64        `json:"invited"`
	Yes     float64        `json:"yes"`
	Came    float64        `json:"came"`
	Arms    map[string]Arm `json:"arms,omitempty"` // by wording
	At      time.Time      `json:"at"`             // up to when it has faded
}

// Arm is one of the wordings that are compared.
type Arm struct {
	Sent float64 `json:"sent"`
	Yes  float64 `json:"yes"`
}

const (
	maxLearnt = 40
	maxArms   = 4
	month     = 30 * 24 * time.Hour
	longAgo   = 60 // months after which nothing is left
)

// Faded gives the numbers as of a time.
func (s Sums) Faded(now time.Time) Sums {
	f := 1.0
	n := 0
	for ; now.Sub(s.At) >= month && n < longAgo; n++ {
		f *= 0.9
		s.At = s.At.Add(month)
	}
	if n == longAgo {
		return Sums{At: now}
	}
	if n == 0 {
		return s
	}
	s.Invited, s.Yes, s.Came = s.Invited*f, s.Yes*f, s.Came*f
	arms := map[string]Arm{}
	for k, a := range s.Arms {
		arms[k] = Arm{a.Sent * f, a.Yes * f}
	}
	s.Arms = arms
	return s
}

// learn adds the numbers of an activity that is over, to its interest and to all together.
func (t *turn) learn(l flows.Learnt) {
	sane := func(n int) float64 { return float64(min(max(n, 0), 100000)) }
	all := maps.Clone(t.Learnt)
	if all == nil {
		all = map[string]Sums{}
	}
	keys := []string{""}
	if _, ok := t.e.Settings.Interest(l.Interest); ok && l.Interest != "" && len(all) < maxLearnt {
		keys = append(keys, l.Interest)
	}
	for _, k := range keys {
		s, ok := all[k]
		if !ok {
			s.At = t.e.At
		}
		s = s.Faded(t.e.At)
		s.Invited, s.Yes, s.Came = s.Invited+sane(l.Invited), s.Yes+sane(l.Yes), s.Came+sane(l.Came)
		arms := maps.Clone(s.Arms)
		for _, name := range slices.Sorted(maps.Keys(l.Arms)) {
			if arms == nil {
				arms = map[string]Arm{}
			}
			if _, known := arms[name]; name != "" && len(name) <= 32 && (known || len(arms) < maxArms) && clean(name) == strings.TrimSpace(name) {
				a := l.Arms[name]
				arms[name] = Arm{arms[name].Sent + sane(a.Sent), arms[name].Yes + sane(a.Yes)}
			}
		}
		s.Arms = arms
		all[k] = s
	}
	t.Learnt = all
}

// Prior gives what is expected of an activity of an interest: of a hundred who are invited,
// and of a hundred who say yes, so many come. 0 is "nothing learnt yet": of the interest
// and of all together there are fewer people than are ever shown apart.
func (s State) Prior(interest string, now time.Time, small int) (rate, shown int) {
	small = max(small, 1)
	for _, k := range []string{interest, ""} {
		x, ok := s.Learnt[k]
		if !ok {
			continue
		}
		x = x.Faded(now)
		if rate == 0 && x.Invited >= float64(small) {
			rate = share(x.Came, x.Invited)
		}
		if shown == 0 && x.Yes >= float64(small) {
			shown = share(x.Came, x.Yes)
		}
	}
	return rate, shown
}

// share gives a of b in a hundred: at least 1, because 0 is "not known", at most 100.
func share(a, b float64) int { return min(max(int(100*a/b+0.5), 1), 100) }
