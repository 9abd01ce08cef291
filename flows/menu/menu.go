// Package menu is the menu of a community (订单式): what residents wish there were, grouped
// into dishes with counts; what each has said of themself, by buttons, so that they are
// invited to what suits them; the list of activities, which is open to everybody; and the
// word that stops all invitations.
//
// It is one case that stands for as long as the community does, found under
// [flows.MenuKey]. Who has not agreed yet is asked first: that question is a small case of
// its own, which is forgotten with its answer.
//
// Whose wish is which, is in the entries: a person's own (key: the person, tag [TagOwn])
// and one for each dish (key: dish/person, tag: the dish), so that the tags count people.
// A resident's words are shown to nobody but staff until staff put them on the menu; only
// what the community's interests name by themselves is on it at once. The package invites
// nobody: that is the activity's. It must guess nothing of anybody, and keeps of a minor
// nothing but that they are one.
package menu

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

//go:embed words
var words embed.FS

// Dialogues are the plays of this flow, which are its tests and examples.
//
//go:embed dialogues
var Dialogues embed.FS

// Name is the flow's name.
const Name = flows.MenuFlow

// New gives the flow.
func New() (flows.Flow, error) { return flows.Define(Name, words, rules, hear) }

// Stages.
const (
	Served = "served" // the menu itself; it is never over
	Asking = "asking" // somebody is asked whether something of them may be kept
	Gone   = "gone"   // they have answered, or have not: nothing of the question is kept
)

// TagOwn is the tag of the entry that says what a person wishes; tagAsked that of who is
// asked whether they agree.
const (
	TagOwn   = "wishes"
	tagAsked = "reporter" // whom the engine forgets together with a case that is forgotten
)

const (
	maxDishes = 100
	maxOpen   = 40
	maxWishes = 8 // of a person
	maxSaid   = 4 // ways of saying a dish that are kept
	maxTitle  = 24
	page      = 100 // entries of a dish that are moved in one go
)

// State is what is kept of the menu, or of a question.
type State struct {
	Stage  string          `json:"stage"`
	Dishes []Dish          `json:"dishes,omitempty"`
	Made   int             `json:"made,omitempty"`   // dishes so far: an id is never used again
	Open   []Listing       `json:"open,omitempty"`   // soonest first
	Learnt map[string]Sums `json:"learnt,omitempty"` // by interest; "" is all together
	News   int             `json:"news,omitempty"`   // cards with new wishes that staff have been sent
	Card   Card            `json:"card,omitzero"`
	Who    flows.PersonID  `json:"who,omitempty"` // of a question: who is asked
	Want   *Want           `json:"want,omitempty"`
}

// Dish is what people wish for. One without a title is not on the menu: only staff see it,
// in the words of who has wished it.
type Dish struct {
	ID       string `json:"id"`
	Title    string `json:"title,omitempty"`    // given by staff, or a word of the community's interests
	Interest string `json:"interest,omitempty"` // of the settings
	Said     []Said `json:"said,omitempty"`     // how people have said it, for whoever says it again
	Into     string `json:"into,omitempty"`     // it is being put together with this one
	Off      bool   `json:"off,omitempty"`      // it is being taken away
}

// Said is a wish as somebody has said it. It goes with them.
type Said struct {
	Text string         `json:"text"`
	By   flows.PersonID `json:"by"`
}

// Wish is one of those in a person's own entry.
type Wish struct {
	Dish string    `json:"dish"`
	Text string    `json:"text,omitempty"` // in their words; empty where they have ticked it
	At   time.Time `json:"at"`
}

// Listing is an activity that is open to everybody.
type Listing struct {
	Case flows.ID `json:"case"`
	flows.Listed
}

// Card is the question "what would you like" in the groups.
type Card struct {
	N      int       `json:"n,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Dishes []string  `json:"dishes,omitempty"` // ids, or "+" and an interest nobody has wished yet
	Stale  bool      `json:"stale,omitempty"`  // a wake-up will count anew
}

// Want is what somebody would have kept of them.
type Want struct {
	What   string          `json:"what"` // name of what the menu is told: "wish", "likes", "mine", "start"
	Wish   *flows.WishLine `json:"wish,omitempty"`
	Agreed bool            `json:"agreed,omitempty"`
}

// Read gives the state of the menu.
func Read(c flows.Case) (s State, err error) {
	if c.Flow != Name {
		return s, fmt.Errorf("menu: case %s is of the flow %q", c.ID, c.Flow)
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		return s, fmt.Errorf("menu: case %s: %w", c.ID, err)
	}
	return s, nil
}

// Summary is the engine's view. The menu has neither number nor title: it is nobody's work.
func (s State) Summary() flows.Summary {
	sum := flows.Summary{Stage: s.Stage, Forget: s.Stage == Gone}
	if s.Stage == Served {
		sum.Matter = []string{flows.MenuKey}
	}
	return sum
}

// Public gives the dishes that are on the menu, most wished first. Counts are those of the
// case, by tag.
func (s State) Public(counts map[string]int) []Dish {
	return s.sorted(counts, func(d Dish) bool { return d.Title != "" })
}

func (s State) sorted(counts map[string]int, which func(Dish) bool) []Dish {
	out := slices.DeleteFunc(slices.Clone(s.Dishes), func(d Dish) bool { return !which(d) })
	slices.SortStableFunc(out, func(a, b Dish) int { return counts[b.ID] - counts[a.ID] })
	return out
}

// Dish gives the place of a dish, -1 if there is none.
func (s State) Dish(id string) int {
	return slices.IndexFunc(s.Dishes, func(d Dish) bool { return d.ID == id })
}

// words are what staff call a dish.
func (d Dish) words() string {
	if d.Title != "" || len(d.Said) == 0 {
		return d.Title
	}
	return d.Said[0].Text
}

// wishKey is the key of a person's wish of a dish; wisher takes the person out of it.
func wishKey(dish string, p flows.PersonID) string { return dish + "/" + string(p) }

func wisher(key string) flows.PersonID {
	_, p, _ := strings.Cut(key, "/")
	return flows.PersonID(p)
}

// Part is what the menu holds of somebody, for themself: their own words.
func (s State) Part(e flows.Entry) flows.Own {
	if s.Stage != Served {
		return flows.Own{}
	}
	var said []string
	for _, w := range data[[]Wish](e.Data) {
		text := w.Text
		if i := s.Dish(w.Dish); text == "" && i >= 0 {
			text = s.Dishes[i].Title
		}
		if text != "" {
			said = append(said, text)
		}
	}
	return flows.Own{Said: strings.Join(said, "、"), Words: "own", Vars: flows.Vars{"n": flows.Num(len(said))}}
}

// Keys gives the entries that rules want to see: of those whose wishes a step changes who
// do not speak in it.
func (s State) Keys(e flows.Event) (keys []string) {
	switch w := e.What.(type) {
	case flows.Told:
		if w.Name == "came" && w.From != "" {
			for _, p := range data[flows.Fulfilled](w.Data).People {
				if len(keys) < page {
					keys = append(keys, string(p))
				}
			}
		}
	case flows.Answered:
		if strings.HasPrefix(w.Name, "next:") {
			for _, n := range data[[]flows.Entry](w.Data) {
				keys = append(keys, string(wisher(n.Key)))
			}
		}
	}
	return keys
}

// Pass passes nobody over: the menu tells no homes.
func (s State) Pass(flows.Actor, *flows.Settings) []string { return nil }
