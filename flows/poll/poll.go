// Package poll is the flow of a question put to many (征询、投票): a building captain
// or staff write it in one line, see a preview, and send it with a tap; people answer
// by a button, on a page, on paper, by telephone or in a list (接龙), and all of it is one
// count; it ends by itself and says in words what came of it.
//
// A poll always says what it can bind: a sounding binds nobody, an opinion goes
// before a hearing, a vote of the residents' assembly and a decision of the owners
// need what the settings say, with their source. It never makes more of a number
// than that.
//
// Whose one vote it is (a person's, a household's, an owner's) is the key of an
// entry; of two votes with one key the later cast counts, whatever way and order they
// came in. The tags of the entries count the votes, so that the ten-thousandth costs what
// the first did. The package must show nobody how somebody else voted, must show no
// result before the end, and must not break down what few have answered.
package poll

import (
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// Dialogues are the plays of this flow, which are its tests and examples: files of
// dialogues/*.txt, see package dialogue.
//
//go:embed dialogues
var Dialogues embed.FS

// Name is the flow's name.
const Name = "poll"

// New gives the flow.
func New() (flows.Flow, error) { return flows.Define(Name, words, rules, hear) }

// Stages of a poll.
const (
	Asked    = "asked"    // a resident has asked a captain to send it
	Preview  = "preview"  // its starter looks at it
	Open     = "open"     // people vote
	Counting = "counting" // the time is over, votes are being counted
	Result   = "result"   // told; may be questioned
	Closed   = "closed"   // may be questioned no more
	Gone     = "gone"     // was never sent: nothing of it is kept
)

// State is what the flow keeps of a poll. Votes are entries, not here.
type State struct {
	Stage    string           `json:"stage"`
	Starter  flows.PersonID   `json:"starter,omitempty"` // who sends it, by a post
	Wish     flows.PersonID   `json:"wish,omitempty"`    // the resident who asked for it
	Question string           `json:"question"`
	Options  []string         `json:"options"`
	Force    flows.Force      `json:"force"`
	Unit     flows.VoteUnit   `json:"unit"`
	Named    bool             `json:"named,omitempty"` // 记名: how somebody voted may be shown; else secret
	Scope    flows.Scope      `json:"scope"`
	Until    time.Time        `json:"until"`
	Matter   string           `json:"matter,omitempty"`  // id of the matter of the owners that it touches, see flows.Reserved
	Special  bool             `json:"special,omitempty"` // more must agree, see flows.PollRule
	Then     string           `json:"then,omitempty"`    // what happens next, in the starter's words
	Roll     flows.Roll       `json:"roll,omitzero"`     // who may vote, as of the sending
	Sent     time.Time        `json:"sent,omitzero"`
	Terms    *Terms           `json:"terms,omitempty"`    // nil before the sending
	Moved    int              `json:"moved,omitempty"`    // times the end was moved
	Why      string           `json:"why,omitempty"`      // the reason for that
	Shows    int              `json:"shows,omitempty"`    // times the preview was shown anew, below what its starter wrote
	Later    time.Time        `json:"later,omitzero"`     // the new end, waiting for its reason
	Seed     string           `json:"seed,omitempty"`     // of the receipts
	Hushed   bool             `json:"hushed,omitempty"`   // the turnout is not shown before the end
	Private  bool             `json:"private,omitempty"`  // no group to send it to: those who live there were asked one by one
	Shown    time.Time        `json:"shown,omitzero"`     // when the group last saw the turnout
	Stale    bool             `json:"stale,omitempty"`    // a wake-up will show it anew
	Reminded bool             `json:"reminded,omitempty"` // those who have not voted were, once
	Disputed bool             `json:"disputed,omitempty"` // 有争议: no 接龙
	Lines    []Line           `json:"lines,omitempty"`    // the list in the group, as it stands
	Unsure   *Unsure          `json:"unsure,omitempty"`   // a list of which nobody has said yet that it is of this poll
	Stopped  bool             `json:"stopped,omitempty"`  // taken back by who sent it: nothing was counted
	Count    *Counted         `json:"count,omitempty"`    // the counting under way
	Doubts   []flows.PersonID `json:"doubts,omitempty"`   // who asked for it, of a recount
	Recounts int              `json:"recounts,omitempty"` // recounts that gave the same
	Outcome  *Outcome         `json:"outcome,omitempty"`
	Cut      bool             `json:"cut,omitempty"`      // secret votes were cut from their voters
	Unsealed bool             `json:"unsealed,omitempty"` // the proof is to be made anew
	Anon     int              `json:"anon,omitempty"`     // counted votes of people who have had themselves erased since: their entries name no household
}

// Terms are the community's rules for a poll as they were when it was sent: nobody can
// change what it needs, or who may vote, while people vote or after.
type Terms struct {
	Rule    flows.PollRule `json:"rule"`
	Floor   int            `json:"floor"`
	Proxies int            `json:"proxies,omitempty"`
}

// TermsOf gives the rules for a poll: those of its sending, and before it, and of one
// that an earlier version sent, those of the settings.
func (s State) TermsOf(set *flows.Settings) Terms {
	if s.Terms != nil {
		return *s.Terms
	}
	r, _ := set.PollRule(s.Force)
	return Terms{Rule: r, Floor: set.Polls.Floor, Proxies: set.Polls.Proxies}
}

// Vote is the data of an entry whose key is a voter (see Keys of this package) and
// whose tag is [Tag] of its option and building.
type Vote struct {
	Choice  string           `json:"choice,omitempty"` // letter of the option, "A"; empty for one that stands only in the list, and after the cut of a secret poll
	At      time.Time        `json:"at,omitzero"`      // when it was cast: pressed, or signed
	How     How              `json:"how,omitempty"`
	By      flows.PersonID   `json:"by,omitempty"`      // who pressed; empty for paper and telephone
	Entered []flows.PersonID `json:"entered,omitempty"` // the two who put it in
	Proxy   string           `json:"proxy,omitempty"`   // key of the household that voted for this one
	Area    int              `json:"area,omitempty"`    // in 1/100 m², per owner
	Chain   string           `json:"chain,omitempty"`   // letter that the list last showed for this voter
	ChainAt time.Time        `json:"chain_at,omitzero"` // when that was first seen
	Before  *Vote            `json:"before,omitempty"`  // while people vote: what somebody else had cast for the same voter; it counts again if this one is taken out
}

// Line is a line of the list in the group (接龙). Who writes it shows it to everybody.
type Line struct {
	Place  flows.Place `json:"place"`
	Letter string      `json:"letter"`
	Pasted bool        `json:"pasted,omitempty"` // it stood in the list that was last pasted in private
}

// Unsure is a list that is called like this poll and does not bear its number: what is needed
// to count it if who has sent it says that it is, for an hour.
type Unsure struct {
	By flows.PersonID `json:"by"`
	At time.Time      `json:"at"`
	reading
}

// Cast gives the option a vote counts for, when that was said, and how: of what was
// cast for itself and what stands in the list, the later.
func (v Vote) Cast() (letter string, at time.Time, how How) {
	if v.Chain != "" && (v.Choice == "" || v.ChainAt.After(v.At)) {
		return v.Chain, v.ChainAt, List
	}
	return v.Choice, v.At, v.How
}

// weight orders votes cast at the same moment, so that none depends on which came
// in first: what two people have put in before what one has pressed.
func (v Vote) weight() string {
	n := map[How]string{Paper: "3", Phone: "2", Tap: "1"}[v.How]
	return n + v.Choice + string(v.By)
}

// later gives, of two votes of one voter, the one that counts, with what the list shows.
func later(a, b Vote) Vote {
	chain, since := a.Chain, a.ChainAt
	if b.ChainAt.After(since) {
		chain, since = b.Chain, b.ChainAt
	}
	if b.Choice != "" && (a.Choice == "" || b.At.After(a.At) || b.At.Equal(a.At) && b.weight() > a.weight()) {
		a = b
	}
	a.Chain, a.ChainAt = chain, since
	return a
}

// How a vote came in.
type How string

const (
	Tap   How = "tap"   // a button, a native poll, a page
	List  How = "list"  // 接龙
	Paper How = "paper" // 纸质
	Phone How = "phone" // 电话
)

// Counted is a counting, page by page.
type Counted struct {
	Tags    []string         `json:"tags,omitempty"` // still to be counted
	After   string           `json:"after,omitempty"`
	Votes   []int            `json:"votes"`
	Area    []int            `json:"area,omitempty"`
	By      map[string][]int `json:"by,omitempty"` // building → votes by option
	Ways    map[How]int      `json:"ways,omitempty"`
	Proxies int              `json:"proxies,omitempty"`
	Stubs   []string         `json:"stubs,omitempty"`   // see [State.Stub]
	Again   bool             `json:"again,omitempty"`   // a recount
	Cutting bool             `json:"cutting,omitempty"` // no counting: secret votes are being cut from their voters
	Sealing bool             `json:"sealing,omitempty"` // nor this: the proof is made anew, because somebody was let go of
}

// Outcome is what came of it. It is told and never changed.
type Outcome struct {
	At      time.Time        `json:"at"`
	Votes   []int            `json:"votes"`             // by option; empty where fewer than the floor voted in secret
	Area    []int            `json:"area,omitempty"`    // by option, in 1/100 m², per owner
	Voters  int              `json:"voters"`            // how many voted
	AreaIn  int              `json:"area_in,omitempty"` // the area of those
	By      map[string][]int `json:"by,omitempty"`      // building → votes by option; only where none is below the floor
	Ways    map[How]int      `json:"ways,omitempty"`    // votes by the way they came in
	Proxies int              `json:"proxies,omitempty"`
	Enough  bool             `json:"enough"`           // as many took part as the rule asks for, or no rule does
	Passed  bool             `json:"passed,omitempty"` // per assembly and owners: decided
	Ahead   []string         `json:"ahead,omitempty"`  // letters of the options with the most votes
	Proof   string           `json:"proof"`            // see [Proof]; the journal keeps it
}

// Read gives the state of a poll.
func Read(c flows.Case) (s State, err error) {
	if c.Flow != Name {
		return s, fmt.Errorf("poll: case %s is of the flow %q", c.ID, c.Flow)
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		return s, fmt.Errorf("poll: case %s: %w", c.ID, err)
	}
	return s, nil
}

// Summary is the engine's view.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{
		Stage: s.Stage, Done: s.Stage == Closed, Forget: s.Stage == Gone, Title: title(s.Question),
		Numbered: !s.Sent.IsZero(), Holder: s.Starter, Place: flows.Place{Building: s.Scope.Building},
	}
	if s.Stage == Open {
		sum.Due, sum.Matter = s.Until, []string{Matter}
	}
	return sum
}

// Matter is the key under which open polls are found.
const Matter = "#poll/"

// title is a question as lists show it.
func title(q string) string {
	r := []rune(q)
	if len(r) > 24 {
		return string(r[:24]) + "…"
	}
	return q
}

// Letter names an option: 0 is "A".
func Letter(i int) string { return string(rune('A' + i)) }

// Option gives the index of a letter, -1 if there is none.
func (s State) Option(letter string) int {
	if len(letter) != 1 || letter[0] < 'A' || int(letter[0]-'A') >= len(s.Options) {
		return -1
	}
	return int(letter[0] - 'A')
}
