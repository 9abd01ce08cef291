package pages

import (
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"linli/bot/chart"
	"linli/flows"
	"linli/flows/poll"
)

// A poll in words: what it binds, whose vote it is, what came of it.

// telling says things about one case. What can not be said is kept as err, and the
// page is not shown.
type telling struct {
	s   *sheet
	no  int // of the case
	err error
}

func (t *telling) say(key string, vars flows.Vars) string {
	return t.sayIn(t.s.Words, key, vars)
}

// sayIn says it with other words than those of the pages.
func (t *telling) sayIn(words flows.Words, key string, vars flows.Vars) string {
	text, err := words.Render(t.s.Lang, key, vars, t.no, t.s.At, t.s.Settings)
	if t.err == nil {
		t.err = err
	}
	return text
}

// tellPoll says things about one poll.
type tellPoll struct {
	telling
	v *seen
}

func newTellPoll(s *sheet, v *seen) *tellPoll { return &tellPoll{telling{s: s, no: v.No}, v} }

// first is what everybody should read before they vote.
func (t *tellPoll) first() string {
	vars := flows.Vars{"unit": flows.Text(t.say("vote-"+string(t.v.Unit), nil)), "until": flows.At(t.v.Until)}
	key := "poll-first"
	if t.v.Named {
		key += "-named"
	}
	if t.v.Until.IsZero() {
		key += "-open"
	}
	return t.say(key, vars)
}

// facts are whom it asks, who sees what, by which rule.
func (t *tellPoll) facts() (out []string) {
	v, unit := t.v, string(t.v.Unit)
	vars := flows.Vars{"scope": flows.In(v.Scope), "n": flows.Num(v.Roll.Voters), "until": flows.At(v.Until), "why": flows.Text(v.Why), "starter": flows.Who(v.Starter), "source": flows.Text(v.Rule.Source)}
	whom := "poll-whom-" + unit
	if v.Roll.Voters == 0 {
		whom = "poll-whom"
	}
	out = append(out, t.say(whom, vars))
	if v.Unit != flows.PerOwner && v.Rule.Tenants {
		out = append(out, t.say("poll-tenants", nil))
	}
	if v.Named {
		out = append(out, t.say("poll-named", nil))
	} else {
		out = append(out, t.say("poll-secret", nil))
	}
	if v.Moved > 0 && v.Why != "" {
		out = append(out, t.say("poll-moved", vars))
	}
	if _, ok := t.s.Settings.Official(v.Starter); ok {
		out = append(out, t.say("poll-starter", vars))
	}
	if v.Rule.Source != "" {
		out = append(out, t.say("poll-source", vars))
	}
	return out
}

// need says what this poll needs to count, or, if it touches what only the owners
// can decide and is no decision of theirs, what such a decision would need.
func (t *tellPoll) need() (out []string) {
	v, set := t.v, t.s.Settings
	rule, roll := v.Rule, v.Roll
	if x, ok := set.ReservedOf(v.Matter); ok && v.Force != flows.ByOwners {
		name := x.Name[t.s.Lang]
		if name == "" {
			name = x.Name[flows.Languages[0]]
		}
		out = append(out, t.say("need-reserved", flows.Vars{"matter": flows.Text(name), "source": flows.Text(x.Source)}))
		if rule, ok = set.PollRule(flows.ByOwners); !ok {
			return out
		}
		return append(out, t.shares(rule, x.Special, flows.PerOwner, set.RollOf(v.Scope, flows.PerOwner), "need-owners")...)
	}
	if v.Force == flows.Assembly || v.Force == flows.ByOwners {
		out = t.shares(rule, v.Special, v.Unit, roll, "need-this")
	}
	return out
}

// shares says how many must take part and how many of those must agree.
func (t *tellPoll) shares(rule flows.PollRule, special bool, unit flows.VoteUnit, roll flows.Roll, head string) (out []string) {
	agree := rule.Agree
	if special && !rule.Special.Zero() {
		agree = rule.Special
	}
	if rule.Turnout.Zero() && agree.Zero() {
		return nil
	}
	out = append(out, t.say(head, nil))
	if !rule.Turnout.Zero() {
		key, vars := "need-turnout-"+string(unit), flows.Vars{"share": flows.PartOf(rule.Turnout), "scope": flows.In(t.v.Scope)}
		if roll.Voters == 0 && unit == flows.PerOwner && t.v.Unit == flows.PerHousehold && t.v.Roll.Voters > 0 {
			// Who owns what is not listed there: households give the size.
			key, roll = "need-turnout-homes", flows.Roll{Voters: t.v.Roll.Voters}
		}
		if roll.Voters > 0 {
			vars["all"], vars["n"] = flows.Num(roll.Voters), flows.Num(rule.Turnout.Least(roll.Voters))
		}
		if roll.Area > 0 {
			vars["area"], vars["part"] = flows.Num(roll.Area), flows.Num(rule.Turnout.Least(roll.Area))
		}
		out = append(out, t.say(key, vars))
	}
	if !agree.Zero() {
		out = append(out, t.say("need-agree-"+string(unit), flows.Vars{"share": flows.PartOf(agree)}))
	}
	return out
}

// turnout is how many have answered, and never what.
func (t *tellPoll) turnout() string {
	return t.answered("turnout", t.v.Turnout)
}

func (t *tellPoll) answered(key string, n int) string {
	key += "-" + string(t.v.Unit)
	if t.v.Roll.Voters == 0 {
		key += "-open"
	}
	return t.say(key, flows.Vars{"n": flows.Num(n), "all": flows.Num(t.v.Roll.Voters)})
}

// result is what came of a poll.
type result struct {
	Lines []string
	Chart template.HTML
	Rows  []count // by option; empty where so few have voted that nothing is said
	Areas bool
	Of    string // whose votes they are, for the head of a column
	By    []split
	Next  []string
	Proof string
}

// count is the number of an option.
type count struct {
	option
	N    int
	Area string
}

// split is the numbers of a building.
type split struct {
	Name  string
	Votes []int
}

// result says what came of it.
func (t *tellPoll) result() *result {
	v, o := t.v, t.v.Outcome
	out := &result{Proof: o.Proof, Of: t.say("of-"+string(v.Unit), nil)}
	first := t.answered("answered", o.Voters)
	if o.Voters == 0 {
		out.Lines = append(out.Lines, t.say("result-none", nil))
	} else if len(o.Votes) == 0 {
		out.Lines = append(out.Lines, first+t.say("result-end", nil), t.say("result-few", nil))
	} else {
		var parts []string
		bars := flows.Chart{Of: v.Roll.Voters}
		for i, n := range o.Votes {
			bars.Bars = append(bars.Bars, flows.Bar{Label: poll.Letter(i), N: n})
			row := count{option: option{poll.Letter(i), v.Options[i]}, N: n}
			if i < len(o.Area) {
				row.Area, out.Areas = t.area(o.Area[i]), true
			}
			out.Rows = append(out.Rows, row)
			parts = append(parts, t.say("result-part", flows.Vars{"option": flows.Text(v.Options[i]), "n": flows.Num(n)}))
		}
		if svg, err := chart.SVG(bars); err == nil { // else the numbers stand in the table
			out.Chart = template.HTML(svg) // our own, with nothing in it but letters and numbers
		}
		out.Lines = append(out.Lines, first+t.say("result-colon", nil)+strings.Join(parts, t.say("result-comma", nil))+t.say("result-end", nil))
		if len(o.Ahead) > 1 {
			var same []string
			for _, l := range o.Ahead {
				if i := v.Option(l); i >= 0 {
					same = append(same, v.Options[i])
				}
			}
			out.Lines = append(out.Lines, t.say("result-tie", flows.Vars{"options": flows.Text(strings.Join(same, t.s.between()))}))
		}
	}
	out.Lines = append(out.Lines, t.meaning())
	if line := t.ways(); line != "" {
		out.Lines = append(out.Lines, line)
	}
	out.By = t.byBuilding()
	if v.Then != "" {
		out.Next = append(out.Next, t.say("result-then", flows.Vars{"then": flows.Text(v.Then)}))
	}
	if v.Stage == poll.Result {
		out.Next = append(out.Next, t.say("result-check", flows.Vars{"until": flows.At(v.Until.Add(t.s.Settings.Polls.Check))}))
	}
	if v.Recounts > 0 {
		out.Next = append(out.Next, t.say("result-recounts", flows.Vars{"n": flows.Num(v.Recounts)}))
	}
	return out
}

// meaning says what the numbers bind.
func (t *tellPoll) meaning() string {
	v := t.v
	agree := v.Rule.Agree
	if v.Special && !v.Rule.Special.Zero() {
		agree = v.Rule.Special
	}
	key := "meaning-" + string(v.Force)
	if v.Force == flows.Assembly || v.Force == flows.ByOwners {
		switch o := v.Outcome; {
		case !o.Enough:
			key = "meaning-few"
		case agree.Zero():
			key = "meaning-open"
		case len(o.Votes) == 0:
			key = "meaning-open"
		case o.Passed:
			key = "meaning-passed"
		default:
			key = "meaning-failed"
		}
	}
	return t.say(key, flows.Vars{"share": flows.PartOf(v.Rule.Turnout), "agree": flows.PartOf(agree), "first": flows.Text(v.Options[0])})
}

// ways says how many did not vote with a telephone of their own.
func (t *tellPoll) ways() string {
	o, parts := t.v.Outcome, []string(nil)
	for _, how := range []poll.How{poll.Paper, poll.Phone, poll.List} {
		if n := o.Ways[how]; n > 0 {
			parts = append(parts, t.say("way-"+string(how), flows.Vars{"n": flows.Num(n)}))
		}
	}
	if o.Proxies > 0 {
		parts = append(parts, t.say("way-proxy", flows.Vars{"n": flows.Num(o.Proxies)}))
	}
	if len(parts) == 0 {
		return ""
	}
	return t.say("result-ways", flows.Vars{"ways": flows.Text(strings.Join(parts, t.say("result-comma", nil)))})
}

// byBuilding are the numbers of the buildings that are shown alone, in the order of
// the directory, and last those of the others.
func (t *tellPoll) byBuilding() (out []split) {
	by, set := t.v.Outcome.By, t.s.Settings
	names := slices.Collect(maps.Keys(by))
	at := func(id string) int {
		if i := slices.IndexFunc(set.Buildings, func(b flows.Building) bool { return b.ID == id }); i >= 0 && id != "" {
			return i
		}
		return len(set.Buildings)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := at(a) - at(b); d != 0 {
			return d
		}
		return -strings.Compare(a, b) // "" is last
	})
	for _, id := range names {
		name := set.PlaceName(flows.Place{Building: id}, t.s.Lang, false)
		if id == "" {
			name = t.say("result-others", nil)
		}
		out = append(out, split{name, by[id]})
	}
	return out
}

func (t *tellPoll) area(n int) string { return strconv.FormatFloat(float64(n)/100, 'f', -1, 64) }
