package desk

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"linli/bot/chart"
	"linli/flows"
	"linli/flows/poll"
)

// What came of a poll, as its rules have told it. Nothing here is counted anew, and
// nothing is broken down further than the rules have.

// result is what came of a poll.
type result struct {
	At       time.Time
	Chart    template.HTML
	Rows     []votes
	Hidden   bool // so few that the numbers would show how each has voted
	ByArea   bool
	Turnout  string
	AreaIn   int
	Letters  []string
	Places   []votes
	Ways     []way
	Proxies  int
	Says     []string // keys of the words for what it means
	Proof    string
	Recounts int
	Until    time.Time // it may be questioned until then
}

// votes are numbers of votes under a name.
type votes struct {
	Letter, Name string
	N            int
	Area         int
	Ahead        bool
	Each         []int // by option
}

// way is how many votes came in one way.
type way struct {
	Words string
	N     int
}

// ways are the ways in which votes come in, in the order of a page.
var ways = []poll.How{poll.Tap, poll.List, poll.Paper, poll.Phone}

// result gives what came of a poll that is over.
func (p *page) result(s poll.State) (*result, error) {
	o := s.Outcome
	x := &result{At: o.At, Hidden: len(o.Votes) == 0, ByArea: len(o.Area) > 0, Turnout: p.turnout(s, o.Voters), AreaIn: o.AreaIn, Proxies: o.Proxies, Proof: o.Proof, Recounts: s.Recounts}
	if s.Stage == poll.Result {
		x.Until = o.At.Add(p.Settings.Polls.Check)
	}
	c := flows.Chart{Of: s.Roll.Voters}
	for i, n := range o.Votes {
		if i >= len(s.Options) {
			break
		}
		v := votes{Letter: poll.Letter(i), Name: s.Options[i], N: n, Ahead: slices.Contains(o.Ahead, poll.Letter(i))}
		if i < len(o.Area) {
			v.Area = o.Area[i]
		}
		x.Rows, x.Letters = append(x.Rows, v), append(x.Letters, v.Letter)
		c.Bars = append(c.Bars, flows.Bar{Label: v.Letter, N: n})
	}
	if len(c.Bars) > 0 {
		svg, err := chart.SVG(c)
		if err != nil {
			return nil, err
		}
		x.Chart = template.HTML(svg) // nothing in it is from outside
	}
	if err := x.places(p, s); err != nil {
		return nil, err
	}
	for _, h := range ways {
		if n := o.Ways[h]; n > 0 {
			x.Ways = append(x.Ways, way{"way-" + string(h), n})
		}
	}
	x.Says = outcomeWords(p.Settings, s)
	return x, nil
}

// places breaks it down by building, as far as the rules have.
func (x *result) places(p *page, s poll.State) error {
	for b, each := range s.Outcome.By {
		name := p.Settings.PlaceName(flows.Place{Building: b}, p.Lang, false)
		if b == "" {
			rest, err := p.T("poll-rest")
			if err != nil {
				return err
			}
			name = rest
		}
		x.Places = append(x.Places, votes{Letter: b, Name: name, Each: each})
	}
	order := func(b string) int {
		i := slices.IndexFunc(p.Settings.Buildings, func(x flows.Building) bool { return x.ID == b })
		if i < 0 {
			return len(p.Settings.Buildings)
		}
		return i
	}
	slices.SortFunc(x.Places, func(a, b votes) int {
		return cmp.Or(cmp.Compare(order(a.Letter), order(b.Letter)), strings.Compare(a.Letter, b.Letter))
	})
	return nil
}

// outcomeWords gives the words for what an outcome means, never more than its force.
func outcomeWords(set *flows.Settings, s poll.State) (keys []string) {
	rule := s.TermsOf(set).Rule
	switch {
	case rule.Agree.Zero():
		keys = append(keys, "means-"+string(s.Force))
	case !s.Outcome.Enough:
		keys = append(keys, "means-too-few")
	case s.Outcome.Passed:
		keys = append(keys, "means-passed")
	default:
		keys = append(keys, "means-not-passed")
	}
	if len(s.Outcome.Ahead) > 1 {
		keys = append(keys, "means-tie")
	}
	return keys
}
