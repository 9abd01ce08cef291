package round

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"linli/flows"
)

// turn is one step: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

// start is what a case of this flow is opened with that is no plan.
type start struct {
	Promise *Promise `json:"promise,omitempty"`
}

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	// The slices are changed in place from here on; those of the state before are not ours.
	t.Lines, t.Agreed, t.Never, t.Weeks = slices.Clone(s.Lines), slices.Clone(s.Agreed), slices.Clone(s.Never), slices.Clone(s.Weeks)
	if s.Promise != nil {
		p := *s.Promise
		t.Promise = &p
	}
	if w, ok := e.What.(flows.Opened); ok {
		t.opened(w)
		return t.State, t.effects
	}
	switch s.Stage {
	case Kept:
		t.kept()
	case Promised, Over:
		t.promised()
	case Ended:
		if w, ok := e.What.(flows.Chose); ok && w.Choice != "" {
			t.toast("ended", nil)
		}
	}
	return t.State, t.effects
}

func (t *turn) opened(w flows.Opened) {
	if p := data[start](w.Data).Promise; p != nil && p.Text != "" && p.Plan != "" {
		t.promise(*p)
		return
	}
	grid, ok := strings.CutPrefix(w.Key, flows.RoundKey(""))
	if _, there := t.grid(grid); !ok || !there {
		t.Stage = Gone
		return
	}
	t.Stage, t.Grid = Kept, grid
	t.plan()
}

// kept is what happens to the plan of a grid.
func (t *turn) kept() {
	switch w := t.e.What.(type) {
	case flows.Chose:
		t.chose(w)
	case flows.Said:
		t.said(w)
	case flows.Woke:
		t.woke(w)
	case flows.Told:
		t.told(w)
	case flows.Missed:
		t.unreached(w.Mark)
	case flows.Delivered:
		if w.Outcome == flows.Refused {
			t.unreached(w.Mark)
		}
	case flows.Erased:
		t.erased(w)
	}
}

func (t *turn) told(w flows.Told) {
	switch w.Name {
	case "filed":
		t.filed(w)
	case "kept":
		t.keptWord(data[word](w.Data))
	case "ask":
		t.ask(data[flows.VisitLine](w.Data))
	case "stop":
		t.stop()
	case "put":
		t.put(data[flows.VisitLine](w.Data))
	case "ticks":
		t.ticks(data[flows.VisitLine](w.Data).Ticks)
	case flows.HomeChanged:
		t.moved()
	case flows.Joined:
		t.joined(data[flows.Entry](w.Data))
	}
}

// mine says that the actor may see and tick this list: who goes, the leader of the grid,
// the staff.
func (t *turn) mine() bool {
	by := t.e.By
	return by.Person != "" && (t.e.Settings.May(by, flows.Visit, t.scope()) || by.Person == t.Walker && len(by.Posts) > 0)
}

func (t *turn) chose(w flows.Chose) {
	switch w.Choice {
	case "agree!", "no", "stop":
		t.answers(w)
		return
	}
	if !t.mine() {
		t.toast("not-yours", nil)
		return
	}
	n, err := strconv.Atoi(w.Value)
	if err != nil {
		t.toast("line-gone", nil)
		return
	}
	switch w.Choice {
	case OK, Found, Been, Out, Called:
		t.tick(n, w.Choice)
	case "promise":
		t.askPromise(n)
	case "never":
		t.never(n)
	case "drop":
		t.drop(n)
	default:
		t.toast("line-gone", nil)
	}
}

func (t *turn) said(w flows.Said) {
	if w.Tag == "" || w.Edited {
		return
	}
	if !t.mine() {
		t.toast("not-yours", nil)
		return
	}
	if w.Tag == "put" {
		v := flows.VisitLine{Place: t.e.Reading.Place}
		if x := t.e.Reading.Visit; x != nil {
			v.Phone = x.Phone
			if v.Stop = x.Stop; x.Place.Room != "" {
				v.Place = x.Place
			}
		}
		t.put(v)
		return
	}
	what, number, _ := strings.Cut(w.Tag, "-")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil:
	case what == "found":
		t.found(n, w.Message)
	case what == "promise":
		t.promises(n, w.Message)
	}
}

func (t *turn) scope() flows.Scope { return flows.Scope{Grid: t.Grid} }

func (t *turn) grid(id string) (flows.Grid, bool) {
	i := slices.IndexFunc(t.e.Settings.Grids, func(g flows.Grid) bool { return g.ID == id && id != "" })
	if i < 0 {
		return flows.Grid{}, false
	}
	return t.e.Settings.Grids[i], true
}

// toast answers a press without a message.
func (t *turn) toast(words string, vars flows.Vars) {
	if t.e.By.Person != "" {
		t.do(flows.Say{Toast: true, To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: words, Vars: vars})
	}
}

// reply answers the person who has just pressed or said something.
func (t *turn) reply(words string, vars flows.Vars, more ...flows.Button) {
	if t.e.By.Person != "" {
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Reply: true, Words: words, Vars: vars, Buttons: more})
	}
}

// staff tells those who staff the desk, or the head where there are none.
func (t *turn) staff(words string, vars flows.Vars) {
	to := flows.To{Scope: flows.Everywhere}
	for _, to.Role = range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
		if len(t.e.Settings.With(to.Role, flows.Everywhere)) > 0 {
			break
		}
	}
	t.do(flows.Say{To: to, Class: flows.Work, Words: words, Vars: vars, Neutral: t.Promise != nil}) // a promise names a door
}

func tag(name string, n int) string { return name + "-" + strconv.Itoa(n) }

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

// cut bounds what somebody has written to what a card can show.
func cut(s string, n int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
