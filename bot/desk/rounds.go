package desk

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/round"
	"linli/storage"
)

// The pages of rounds and visits (走访巡查): for each grid a sentence that says what is left of
// the week, and its list, to be printed for who has no telephone and ticked for them. Who has
// agreed to be visited is shown to who goes, who stands in and the staff, and to nobody else.
// Nothing is counted by person.

// rounds is how far the visitor sees plans and promises now.
func (v *visitor) rounds() storage.Sight {
	return storage.Sight{Settings: v.s, Person: v.actor.Person, Scopes: v.scopes(flows.Visit), Flow: flows.RoundFlow,
		Keep:  func(c flows.Case) bool { _, err := roundOf(c); return err == nil },
		Scope: func(c flows.Case) flows.Scope { return v.walks(c) }}
}

// walks is the grid that a plan, or a promise, is of.
func (v *visitor) walks(c flows.Case) flows.Scope {
	s, err := roundOf(c)
	if err != nil {
		return flows.Scope{}
	}
	if s.Promise == nil {
		return flows.Scope{Grid: s.Grid}
	}
	g, _ := v.s.GridOf(c.Place)
	return flows.Scope{Grid: g.ID}
}

func roundOf(c flows.Case) (s round.State, err error) {
	err = json.Unmarshal(c.Data, &s)
	return s, err
}

// walk is the plan of a grid in the list.
type walk struct {
	ID     flows.ID
	Name   string
	Says   string
	Walker string
	Until  time.Time
	Lines  []walked
	Agreed []visit
	Owed   []owed
	Left   int
}

// walked is a line of the week's list.
type walked struct {
	N     int
	Text  string
	Open  bool
	Spot  bool
	Heard bool // something may have been promised there
}

// visit is a household that has agreed.
type visit struct {
	N     int
	Place string
	Says  string // who has said so, and how they are reached
	At    time.Time
}

// owed is something promised that is still to be done.
type owed struct {
	No, Text, Place, Who string
	Due                  time.Time
}

// maxGrids is how many plans and promises the list looks at.
const maxGrids = 500

func (d *Desk) rounds(w http.ResponseWriter, r *http.Request, v *visitor) error {
	list, err := d.desk.Questions(r.Context(), v.rounds(), true, maxGrids)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-rounds")
	p.Here = "/desk/rounds"
	var all []walk
	for _, g := range v.s.Grids {
		for _, t := range list {
			if s, err := roundOf(t.Case); err == nil && s.Promise == nil && s.Grid == g.ID {
				x, err := p.walk(t.Case, s, nil)
				if err != nil {
					return err
				}
				all = append(all, x)
			}
		}
	}
	p.Data = struct {
		List []walk
		Off  bool
	}{all, v.s.Rounds.Off()}
	return p.render(w, http.StatusOK, "rounds.html")
}

// walk is a plan as a page shows it.
func (p *page) walk(c flows.Case, s round.State, promises []storage.Tallied) (x walk, err error) {
	homes, spots := s.Open()
	x = walk{ID: c.ID, Name: p.Settings.ScopeName(flows.Scope{Grid: s.Grid}, p.Lang), Until: s.Until, Left: homes + spots}
	if o, ok := p.Settings.Official(s.Walker); ok {
		x.Walker = o.Name
	}
	key := "round-left"
	switch {
	case len(s.Lines) == 0:
		key = "round-none"
	case homes+spots == 0:
		key = "round-done"
	}
	if x.Says, err = p.T(key, "grid", x.Name, "homes", homes, "spots", spots); err != nil {
		return x, err
	}
	for _, l := range s.Lines {
		x.Lines = append(x.Lines, walked{N: l.N, Text: round.Reads(p.Settings, l, p.Lang), Open: l.How == "", Spot: l.Kind == round.Spot, Heard: l.How == round.Been || l.How == round.Called})
	}
	for _, a := range s.Agreed {
		y := visit{N: a.N, Place: p.Settings.PlaceName(a.Place, p.Lang, true), At: a.At}
		says := "visit-own"
		name := ""
		if a.Person == "" {
			says = "visit-put"
			if o, ok := p.Settings.Official(a.By); ok {
				name = o.Name
			}
		}
		if y.Says, err = p.T(says, "who", name); err != nil {
			return x, err
		}
		if a.Phone {
			phone, err := p.T("visit-phone")
			if err != nil {
				return x, err
			}
			y.Says += phone
		}
		x.Agreed = append(x.Agreed, y)
	}
	for _, t := range promises {
		q, err := roundOf(t.Case)
		if err != nil || q.Promise == nil || q.Promise.Plan != c.ID {
			continue
		}
		y := owed{No: flows.Spoken(t.No), Text: q.Promise.Text, Place: p.Settings.PlaceName(q.Promise.Place, p.Lang, true), Due: q.Promise.Due}
		if o, ok := p.Settings.Official(q.Promise.By); ok {
			y.Who = o.Name
		}
		x.Owed = append(x.Owed, y)
	}
	return x, nil
}

// plan gives the plan of a request, in sight of the visitor.
func (d *Desk) plan(r *http.Request, v *visitor) (flows.Case, round.State, error) {
	o, err := d.desk.Case(r.Context(), v.rounds(), flows.ID(r.PathValue("id")))
	if err != nil {
		return flows.Case{}, round.State{}, err
	}
	s, err := roundOf(o.Case)
	if err == nil && (s.Promise != nil || o.Case.Done) {
		err = storage.ErrNone
	}
	return o.Case, s, err
}

func (d *Desk) round(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showRound(w, r, v, "")
}

func (d *Desk) showRound(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	c, s, err := d.plan(r, v)
	if err != nil {
		return err
	}
	list, err := d.desk.Questions(r.Context(), v.rounds(), true, maxGrids)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-rounds")
	p.Here, p.Notice = "/desk/rounds", notice
	x, err := p.walk(c, s, list)
	if err != nil {
		return err
	}
	p.Data = x
	return p.render(w, http.StatusOK, "round.html")
}

// pressRound is a tick, what was found or promised, or a household that has agreed.
func (d *Desk) pressRound(w http.ResponseWriter, r *http.Request, v *visitor) error {
	c, s, err := d.plan(r, v)
	if err != nil {
		return err
	}
	choice, text := r.PostForm.Get("choice"), strings.Join(strings.Fields(r.PostForm.Get("text")), " ")
	n, number := strconv.Atoi(r.PostForm.Get("n"))
	var a bot.Answer
	switch {
	case slices.Contains([]string{round.OK, round.Been, round.Out, round.Called, "drop", "never"}, choice) && number == nil:
		a, err = d.receive(r, v, "", bot.Inbound{Kind: bot.Pressed, Press: string(c.ID) + "/" + choice + "=" + strconv.Itoa(n)})
	case (choice == "found" || choice == "promise" || choice == "put") && (text == "" || utf8.RuneCountInString(text) > 200):
		notice, err := d.page(r, v, "").T("round-text")
		if err != nil {
			return err
		}
		return d.showRound(w, r, v, notice)
	case choice == "put", (choice == "found" || choice == "promise") && number == nil:
		tag := choice
		if choice != "put" {
			tag += "-" + strconv.Itoa(n)
		}
		if !slices.Contains(s.Takes(), tag) {
			return errChoice
		}
		a, err = d.receive(r, v, "", bot.Inbound{Kind: bot.Said, Answers: string(c.ID) + "/" + tag, Message: flows.Message{Text: text}})
	default:
		return errChoice
	}
	if err != nil {
		return err
	}
	if a.Toast == "" {
		if a.Toast, err = d.page(r, v, "").T("round-pressed"); err != nil {
			return err
		}
	}
	return d.showRound(w, r, v, a.Toast)
}
