// Package round is the flow of rounds and visits (巡查、走访): each grid has a plan, a case of
// its own found under [flows.RoundKey], that gives its leader one short list a week, a few
// places to look at and a few households to visit or to call. A tap or a line of words says
// what came of each; what is found becomes a demand, what was promised a task.
//
// It asks little. What was not done stands in the next list; at the end of the week there is
// one reminder, and nothing else. It must not rank anybody, must not ask for a photo or for
// where somebody was, and counts nothing by person.
//
// Who is visited because they are in difficulty has agreed to it: they have said so
// themselves, or somebody with a post has put it in with their yes, and it is known who and
// when. No reason is ever kept. It ends with a word, with the consent, with the person; only
// who goes, who stands in and the staff see it, and no group hears of it.
package round

import (
	"embed"
	"slices"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// Dialogues are the plays of this flow.
//
//go:embed dialogues
var Dialogues embed.FS

// New defines the flow. A community with rounds has a plan for each of its grids.
func New() (flows.Flow, error) {
	f, err := flows.Define(flows.RoundFlow, words, rules, hear)
	return f.Standing(func(s *flows.Settings) (keys []string) {
		for _, g := range s.Grids {
			if !s.Rounds.Off() {
				keys = append(keys, flows.RoundKey(g.ID))
			}
		}
		return keys
	}), err
}

// Stages.
const (
	Kept     = "kept"     // the plan of a grid
	Ended    = "ended"    // the grid is in the directory no more
	Promised = "promised" // something was promised on a visit, and is to be done
	Over     = "over"     // it is done, or cannot be
	Gone     = "gone"     // opened for nothing: forgotten
)

// Kinds of a line.
const (
	Spot  = "spot"  // a place to look at
	Visit = "visit" // somebody who has agreed to it
	Door  = "door"  // a household in turn
)

// How a line was done.
const (
	OK     = "ok"     // looked at, nothing found
	Found  = "found"  // something was found
	Been   = "been"   // visited
	Out    = "out"    // nobody at home
	Called = "called" // by telephone
)

// Line is one line of the week's list.
type Line struct {
	N     int         `json:"n"` // never used twice in a plan
	Kind  string      `json:"kind"`
	Place flows.Place `json:"place"`
	Look  string      `json:"look,omitempty"` // of a spot: what is looked at
	Row   int         `json:"row,omitempty"`  // of a visit: Agreed.N
	Phone bool        `json:"phone,omitempty"`
	How   string      `json:"how,omitempty"`  // empty: open
	No    int         `json:"no,omitempty"`   // of the demand that the finding became
	Kept  int         `json:"kept,omitempty"` // of what was promised there and is done since
}

// Agreed is a household that has agreed to be visited, or called.
type Agreed struct {
	N      int            `json:"n"`
	Person flows.PersonID `json:"person,omitempty"` // who has said so themself; empty: somebody with a post has put it in
	Place  flows.Place    `json:"place"`
	Phone  bool           `json:"phone,omitempty"` // only by telephone
	By     flows.PersonID `json:"by,omitempty"`    // who has put it in
	At     time.Time      `json:"at"`              // when it was said
	Seen   time.Time      `json:"seen,omitzero"`   // when their turn was last
	Out    bool           `json:"out,omitempty"`   // then nobody was at home, for the first time
	Kept   int            `json:"kept,omitempty"`  // the number of something promised that is done: to be told next time
}

// Week is what is kept of a list that is over: numbers.
type Week struct {
	From  time.Time `json:"from"`
	Asked int       `json:"asked"`
	Spots int       `json:"spots"` // looked at
	Homes int       `json:"homes"` // visited, called, or nobody at home
	Found int       `json:"found"`
}

// Promise is something promised on a visit.
type Promise struct {
	Plan   flows.ID       `json:"plan"`
	Text   string         `json:"text,omitempty"`
	Place  flows.Place    `json:"place"`
	Person flows.PersonID `json:"person,omitempty"`
	By     flows.PersonID `json:"by,omitempty"`
	Due    time.Time      `json:"due"`
	Row    int            `json:"row,omitempty"`
	Job    flows.ID       `json:"job,omitempty"`
	Result string         `json:"result,omitempty"`
}

// State is what the flow keeps.
type State struct {
	Stage  string         `json:"stage"`
	Grid   string         `json:"grid,omitempty"`
	Next   time.Time      `json:"next,omitzero"`   // when the next list is made
	Remind time.Time      `json:"remind,omitzero"` // when who goes is reminded of this one
	Week   int            `json:"week,omitempty"`  // how many lists there were
	From   time.Time      `json:"from,omitzero"`   // of this week's list
	Until  time.Time      `json:"until,omitzero"`
	Walker flows.PersonID `json:"walker,omitempty"` // who goes this week; empty: nobody
	Vacant bool           `json:"vacant,omitempty"` // staff know that nobody goes
	Idle   int            `json:"idle,omitempty"`   // how many lists in a row nobody has ticked anything of
	Mute   flows.PersonID `json:"mute,omitempty"`   // of whom staff know that no card reaches them
	Lines  []Line         `json:"lines,omitempty"`
	Last   int            `json:"last,omitempty"`  // Line.N of the newest
	Turn   int            `json:"turn,omitempty"`  // how many places have had their turn
	Doors  int            `json:"doors,omitempty"` // how many households have
	Agreed []Agreed       `json:"agreed,omitempty"`
	Rows   int            `json:"rows,omitempty"`  // Agreed.N of the newest
	Never  []flows.Place  `json:"never,omitempty"` // households that want nobody at the door
	Weeks  []Week         `json:"weeks,omitempty"` // those before, newest last

	Promise *Promise `json:"promise,omitempty"` // of a case that is one
}

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{Stage: s.Stage}
	switch s.Stage {
	case Kept:
		sum.Matter, sum.Holder = []string{flows.RoundKey(s.Grid)}, s.Walker
	case Ended:
		sum.Done = true
	case Promised, Over:
		sum.Numbered, sum.Done = true, s.Stage == Over
		if s.Promise != nil {
			sum.Place, sum.Holder, sum.Due = s.Promise.Place.Public(), s.Promise.By, s.Promise.Due
		}
	default:
		sum.Done, sum.Forget = true, true
	}
	return sum
}

// Open counts the lines that are still to be done: households and places.
func (s State) Open() (homes, spots int) {
	for _, l := range s.Lines {
		switch {
		case l.How != "":
		case l.Kind == Spot:
			spots++
		default:
			homes++
		}
	}
	return homes, spots
}

// Own is what a plan holds of somebody, for themself.
func (s State) Own(p flows.PersonID) flows.Own {
	if x := s.Promise; x != nil && x.Person == p && p != "" {
		return flows.Own{Words: "own-" + s.Stage, Vars: flows.Vars{"who": flows.Who(x.By), "text": flows.Text(x.Text), "due": flows.At(x.Due)}}
	}
	i := slices.IndexFunc(s.Agreed, func(a Agreed) bool { return a.Person == p && p != "" })
	if i < 0 {
		return flows.Own{}
	}
	a := s.Agreed[i]
	return flows.Own{Words: "own", Vars: flows.Vars{"at": flows.At(a.At), "place": flows.Where(a.Place), "phone": flag(a.Phone)}}
}

// Takes are the tags under which words are taken from a form: what was found, what was
// promised, who has agreed.
func (s State) Takes() []string {
	if s.Stage != Kept {
		return nil
	}
	tags := []string{"put"}
	for _, l := range s.Lines {
		switch {
		case l.Kind == Spot && l.How == "":
			tags = append(tags, tag("found", l.N))
		case l.How == Been || l.How == Called:
			tags = append(tags, tag("promise", l.N))
		}
	}
	return tags
}

// Keys and Pass are those of a [flows.Keeper]: a plan is one to hear who moves house and
// whose accounts become one.
func (s State) Keys(flows.Event) []string { return nil }

func (s State) Pass(flows.Actor, *flows.Settings) []string { return nil }

// line gives the place of a line in the list, -1 where it is not in this week's.
func (s State) line(n int) int {
	return slices.IndexFunc(s.Lines, func(l Line) bool { return l.N == n })
}

// row gives the place of a household that has agreed.
func (s State) row(is func(Agreed) bool) int { return slices.IndexFunc(s.Agreed, is) }

// flag is a value that texts ask for with {{if .x.S}}.
func flag(on bool) flows.Var {
	if on {
		return flows.Text("1")
	}
	return flows.Var{}
}
