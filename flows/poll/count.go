package poll

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"linli/flows"
)

// What is counted, and how one can check it later.

// Tag is the tag of a vote: of its option, and of the building of who voted ("" if it
// is not known). Cut votes have no option.
func Tag(letter, building string) string { return "v/" + letter + "/" + building }

// voteTag takes a tag apart; ok is false for what is no vote.
func voteTag(tag string) (letter, building string, ok bool) {
	rest, ok := strings.CutPrefix(tag, "v/")
	if !ok {
		return "", "", false
	}
	letter, building, ok = strings.Cut(rest, "/")
	return letter, building, ok
}

// Turnout is how many have voted, by the number of entries of each tag.
func Turnout(counts map[string]int) (n int) {
	for tag, k := range counts {
		if _, _, ok := voteTag(tag); ok {
			n += k
		}
	}
	return n
}

// VoteTags gives the tags of votes among those of entries, in order.
func VoteTags(counts map[string]int) []string {
	tags := slices.Sorted(maps.Keys(counts))
	return slices.DeleteFunc(tags, func(t string) bool { _, _, ok := voteTag(t); return !ok })
}

var letters = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// ErasedKey begins the key of a counted vote whose voter has had themself erased; behind
// it stands the receipt.
const ErasedKey = "x/"

// Receipt is what a voter is given: it says that a vote with this key is in, and
// nothing of how it was cast. Nobody can make it who does not know the poll's seed.
func (s State) Receipt(key string) string {
	if r, ok := strings.CutPrefix(key, ErasedKey); ok {
		return r
	}
	sum := sha256.Sum256([]byte("linli receipt\x00" + s.Seed + "\x00" + key))
	r := letters.EncodeToString(sum[:5])
	return r[:4] + "-" + r[4:]
}

// Stub is what the proof holds of a vote that was counted (存根): its receipt, whose
// it is, when and how it was cast, and for whom; how it was cast only where that may be
// shown. It is the same after the votes of a secret poll were cut from their voters.
func (s State) Stub(receipt, key, building string, v Vote) string {
	letter, at, how := v.Cast()
	stub := fmt.Sprintf("%s %q %q %d %s %q", receipt, key, building, at.Unix(), how, v.Proxy)
	if s.Named {
		stub += fmt.Sprintf(" %s %d", letter, v.Area)
	}
	return stub
}

// Proof is the sum over an outcome and the stubs of all votes in it, in any
// order: hex SHA-256. The journal keeps it with the step that ended the counting. When
// that was is not in it, so that a recount comes to the same.
func Proof(s State, o Outcome, stubs []string) string {
	h := sha256.New()
	line := func(name string, v any) { fmt.Fprintf(h, "%s=%v\n", name, v) }
	line("linli poll", 1)
	line("question", fmt.Sprintf("%q", s.Question))
	line("options", fmt.Sprintf("%q", s.Options))
	line("force", s.Force)
	line("unit", s.Unit)
	line("named", s.Named)
	line("scope", fmt.Sprintf("%v %q %q", s.Scope.Community, s.Scope.Grid, s.Scope.Building))
	line("matter", fmt.Sprintf("%q %v", s.Matter, s.Special))
	line("sent", s.Sent.Unix())
	line("until", s.Until.Unix())
	line("moved", fmt.Sprintf("%d %q", s.Moved, s.Why))
	line("roll", fmt.Sprint(s.Roll.Voters, s.Roll.Area, " ", s.Roll.Sum))
	line("votes", o.Votes)
	line("area", o.Area)
	line("voters", o.Voters)
	line("area_in", o.AreaIn)
	for _, how := range slices.Sorted(maps.Keys(o.Ways)) {
		line("way "+string(how), o.Ways[how])
	}
	line("proxies", o.Proxies)
	line("enough", fmt.Sprint(o.Enough, o.Passed, o.Ahead))
	for _, r := range slices.Sorted(slices.Values(stubs)) {
		_, _ = io.WriteString(h, r+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// outcome makes what is told of what was counted.
func outcome(s State, c Counted, rule flows.PollRule, floor int, at flows.Time) Outcome {
	o := Outcome{At: at, Ways: c.Ways, Proxies: c.Proxies, Votes: c.Votes, Area: c.Area}
	for i, n := range c.Votes {
		o.Voters += n
		if c.Area != nil {
			o.AreaIn += c.Area[i]
		}
	}
	o.Enough = rule.Turnout.Zero() || rule.Turnout.Met(o.Voters, s.Roll.Voters) && (s.Unit != flows.PerOwner || rule.Turnout.Met(o.AreaIn, s.Roll.Area))
	if need := s.need(rule); !need.Zero() && o.Enough && len(c.Votes) > 0 {
		o.Passed = need.Met(c.Votes[0], o.Voters) && (s.Unit != flows.PerOwner || need.Met(c.Area[0], o.AreaIn))
	}
	most := 0
	for i, n := range c.Votes {
		switch {
		case n == 0 || n < most:
		case n > most:
			most, o.Ahead = n, []string{Letter(i)}
		default:
			o.Ahead = append(o.Ahead, Letter(i))
		}
	}
	o.By = split(c.By, len(s.Options), floor)
	if formal := !rule.Turnout.Zero() || !rule.Agree.Zero(); !s.Named && !formal && o.Voters < floor {
		o.Votes, o.Area, o.Ahead, o.By = nil, nil, nil, nil // so few that it would show how each has voted
	}
	return o
}

// need is the part of those who took part that must agree.
func (s State) need(rule flows.PollRule) flows.Share {
	if s.Special && !rule.Special.Zero() {
		return rule.Special
	}
	return rule.Agree
}

// split gives the votes by building, where that shows nobody's: buildings with
// fewer votes than the floor are put together, and where that is still too few
// the next smallest is put to them, so that none can be worked out from the others.
func split(by map[string][]int, options, floor int) map[string][]int {
	sum := func(v []int) (n int) {
		for _, x := range v {
			n += x
		}
		return n
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(sum(by[a]), sum(by[b])), cmp.Compare(a, b))
	})
	rest := make([]int, options)
	out := map[string][]int{}
	for _, b := range names {
		if n := sum(rest); b == "" || sum(by[b]) < floor || n > 0 && n < floor {
			for i, v := range by[b] {
				rest[i] += v
			}
			continue
		}
		out[b] = by[b]
	}
	if n := sum(rest); n > 0 {
		if n < floor {
			return nil
		}
		out[""] = rest
	}
	if len(out) < 2 {
		return nil
	}
	return out
}
