package desk

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/flows/activity"
	"linli/storage"
)

// What can be done with an activity at the desk: one table of who may press and write what in
// which stage. It only says what fits; the rules decide.

// step is something that can be done with an activity.
type step struct {
	choice string // what is pressed; of a list, what stands before the "="
	stages []string
	runner bool   // also for who runs it
	tag    string // under which the words come that it needs; "" for a button
	list   func(*page, activity.State) []choice
	look   string // "main", "grave"
	lines  int    // of the field for the words; 0: one
	useful func(*page, activity.State) bool
}

var (
	drafted = []string{activity.Draft}
	opened  = []string{activity.Open}
)

// activitySteps is the table, in the order of the page. Ticks and hours stand with the names.
var activitySteps = []step{
	{choice: "agree", stages: []string{activity.Offered}, look: "main"},
	{choice: "refuse", stages: []string{activity.Offered}, tag: "refuse"},
	{choice: "send", stages: drafted, look: "main", useful: func(p *page, s activity.State) bool { return len(s.Lacks(p.Settings, p.At)) == 0 }},
	{choice: "use", stages: drafted, look: "main", useful: func(_ *page, s activity.State) bool { return s.Model != "" }},
	{choice: "agreed", stages: []string{activity.Draft, activity.Open}, useful: func(_ *page, s activity.State) bool { return s.Owner && s.Booked }},
	{choice: "more", stages: opened, useful: func(_ *page, s activity.State) bool { return s.Left() > 0 }},
	{choice: "keep", stages: opened, useful: func(_ *page, s activity.State) bool { return s.Few && s.Least > 0 }},
	{choice: "list", stages: opened, useful: func(_ *page, s activity.State) bool { return s.Left() > 0 }},
	{choice: "compare", stages: drafted, useful: func(_ *page, s activity.State) bool { return s.Text != "" }},
	{choice: "plain", stages: drafted, useful: func(_ *page, s activity.State) bool { return s.Text != "" || s.Model != "" }},
	{choice: "model", stages: drafted, useful: func(_ *page, s activity.State) bool { return s.Model == "" && s.Title != "" }},
	{choice: "kids-only", stages: drafted},
	{choice: "photos", stages: drafted},
	{choice: "civic", stages: drafted},
	{choice: "allow", stages: []string{activity.Draft, activity.Open}, useful: func(_ *page, s activity.State) bool { return s.Allowed == "" }},
	{choice: "hours=all", stages: []string{activity.After}, look: "main", useful: func(_ *page, s activity.State) bool { return !s.Hours }},
	{choice: "change", stages: drafted, tag: "line"},
	{choice: "own", stages: drafted, tag: "own", lines: 3},
	{choice: "whom", stages: drafted, list: wholeOf},
	{choice: "age", stages: drafted, list: agesOf},
	{choice: "walk", stages: []string{activity.Open, activity.Held}, tag: "walk", runner: true, useful: func(p *page, s activity.State) bool { return s.Present(p.At) }},
	{choice: "move", stages: opened, tag: "move"},
	{choice: "off", stages: opened, tag: "off", look: "grave"},
	{choice: "end", stages: []string{activity.Held}, runner: true, look: "grave"},
	{choice: "drop", stages: drafted, look: "grave"},
}

func wholeOf(p *page, s activity.State) (out []choice) {
	for _, o := range p.v.asksBy(flows.Convene) {
		out = append(out, choice{o.Word(), p.Settings.ScopeName(o, p.Lang), o == whole(s.Scope)})
	}
	return out
}

func agesOf(p *page, _ activity.State) (out []choice) {
	for _, a := range flows.Bands {
		if a != flows.Minor { // minors come with a parent
			out = append(out, choice{Value: string(a), Words: p.words("age-" + string(a))})
		}
	}
	return append(out, choice{Value: "all", Words: p.words("age-all")})
}

// does says whether the visitor may take a step.
func (v *visitor) does(a step, s activity.State) bool {
	return v.convenes(s) || a.runner && v.leadsActivity(s)
}

// activityDeeds gives what the visitor can do with an activity now.
func (p *page) activityDeeds(s activity.State, back sent) (out deeds) {
	for _, a := range activitySteps {
		if !slices.Contains(a.stages, s.Stage) || !p.v.does(a, s) || a.useful != nil && !a.useful(p, s) {
			continue
		}
		words := "ab-" + strings.ReplaceAll(a.choice, "=", "-")
		if set := map[string]bool{"kids-only": s.Children, "photos": s.Photos, "civic": s.Civic, "compare": s.Compare}; set[a.choice] {
			words += "-not" // it is so: pressed again, it is not
		}
		k := deed{Choice: a.choice, Words: words, How: words + "-how", Look: a.look, Says: a.tag != "", Lines: a.lines}
		if a.list != nil {
			if k.List = a.list(p, s); len(k.List) == 0 {
				continue
			}
		}
		if k.Open = k.Says && back.choice == a.choice; k.Open {
			k.Text = back.text
		}
		switch {
		case k.Look == "grave" && !k.Says:
			out.Grave = append(out.Grave, k)
		case k.Says || k.List != nil:
			out.Others = append(out.Others, k)
		default:
			out.Buttons = append(out.Buttons, k)
		}
	}
	return out
}

// maxHours is the most minutes that somebody can have helped at one activity.
const maxHours = 24 * 60

// pressActivity hands a button of an activity to the rules, or the words that it needs, as
// the answer to what they would ask for.
func (d *Desk) pressActivity(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.joined(r, v)
	if err != nil {
		return err
	}
	word, value := r.PostForm.Get("choice"), r.PostForm.Get("value")
	var a step
	switch word {
	case "in": // of who is on the list
		a = step{choice: word, runner: true, list: func(*page, activity.State) []choice { return nil }}
	case "hours": // of one of them
		n, err := strconv.Atoi(strings.TrimSpace(r.PostForm.Get("minutes")))
		if err != nil || n < 0 || n > maxHours {
			notice, err := d.page(r, v, "").T("ad-minutes", "n", maxHours)
			if err != nil {
				return err
			}
			if !v.convenes(s) {
				return errMay
			}
			return d.showActivity(w, r, v, http.StatusUnprocessableEntity, notice, sent{})
		}
		a = step{choice: word, list: func(*page, activity.State) []choice { return nil }}
		value += ":" + strconv.Itoa(n)
	default:
		i := slices.IndexFunc(activitySteps, func(a step) bool { return a.choice == word })
		if i < 0 {
			return errChoice
		}
		a = activitySteps[i]
	}
	if !v.does(a, s) {
		return errMay
	}
	press := word
	if a.list != nil {
		if !named(value) {
			return errChoice
		}
		press += "=" + value
	}
	in, text, ok := handed(r, o.Case.ID, press, a.tag, a.lines)
	if !ok {
		notice, err := d.noWords(r, v)
		if err != nil {
			return err
		}
		return d.showActivity(w, r, v, http.StatusUnprocessableEntity, notice, sent{word, value, text})
	}
	got, err := d.receive(r, v, "", in)
	if err != nil {
		return err
	}
	_, now, err := d.activityOf(r, o.Case.ID)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	key, back := "hd-done", sent{}
	if err == nil && reflect.DeepEqual(now, s) {
		// The rules have said why, here or in the chat; what was written is not lost.
		key, back = "hd-nothing", sent{word, value, text}
	}
	toast, err := d.page(r, v, "").or(got.Toast, key)
	if err != nil {
		return err
	}
	err = d.showActivity(w, r, v, http.StatusOK, toast, back)
	if errors.Is(err, storage.ErrNone) { // it was dropped
		return d.showActivities(w, r, v, http.StatusOK, started{}, toast)
	}
	return err
}
