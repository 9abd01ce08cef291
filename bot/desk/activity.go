package desk

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/activity"
	"linli/storage"
)

// One activity: what people will read, what is missing, who comes, and what came of it. Who
// comes is named to the committee's people and to who runs it, and to nobody else.

// wording is what some of those who are invited read.
type wording struct {
	Words string // key of the words for whom it is
	Text  string
	Other []string // the same in other languages
}

// comer is somebody who comes, as who runs it sees them.
type comer struct {
	Key     string // of the entry
	Name    string
	Home    string
	Words   string // key of the words for what they have answered
	Seats   int
	Kids    int
	Help    bool
	Photo   bool
	Ring    bool
	Here    bool
	Minutes int // as noted
	Tick    bool
	Hours   bool // what they have done can be put down
	tag     string
	at      time.Time
}

// gathering is one activity as its page shows it.
type gathering struct {
	meet
	State     activity.State
	Leads     bool
	By        string
	Organiser string
	Runner    string
	Allowed   string
	Place     string
	Scope     string
	Ages      string
	Missing   []lack
	Reads     []wording
	Card      wording
	Board     string
	People    []comer
	Counts    []answered
	Steps     []line
	Told      []said
	Others    int
	OthersNo  int
	Links     []where
	Code      string
	Do        deeds
}

// leadsActivity says whether the visitor may see names: who may convene there, and who runs it.
func (v *visitor) leadsActivity(s activity.State) bool {
	return v.convenes(s) || s.Runner != "" && s.Runner == v.actor.Person
}

func (v *visitor) convenes(s activity.State) bool {
	return v.s.May(v.actor, flows.Convene, whole(s.Scope))
}

// joined gives the activity of a request with what belongs to it, or storage.ErrNone where it
// is none or out of the visitor's sight.
func (d *Desk) joined(r *http.Request, v *visitor) (storage.Dossier, activity.State, error) {
	o, err := d.desk.Case(r.Context(), v.activities(), flows.ID(r.PathValue("id")))
	if err != nil {
		return o, activity.State{}, err
	}
	s, err := activity.Read(o.Case)
	return o, s, err
}

func (d *Desk) activity(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showActivity(w, r, v, http.StatusOK, "", sent{})
}

func (d *Desk) showActivity(w http.ResponseWriter, r *http.Request, v *visitor, status int, notice string, back sent) error {
	o, s, err := d.joined(r, v)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-activities")
	p.Here, p.Notice = "/desk/activities", notice
	x := gathering{meet: p.activityHead(o.Case, s), State: s, Leads: v.leadsActivity(s), Organiser: p.Who(s.Organiser), Runner: p.Who(s.Runner), Allowed: p.Who(s.Allowed), Place: s.Place(p.Settings), Ages: p.ages(s)}
	if x.Runner == "" && s.Runner != "" {
		x.Runner = p.words("case-resident")
	}
	if x.Leads {
		if x.By = p.Who(s.By); x.By == "" {
			x.By = s.Name
		}
		if x.Runner, err = d.runner(r, p, s); err != nil {
			return err
		}
	}
	if x.Missing, err = p.activityLacks(s); err != nil {
		return err
	}
	if x.Reads, x.Card, x.Board, err = d.texts(p, o.Case, s); err != nil {
		return err
	}
	for _, tag := range []string{activity.TagYes, activity.TagRing, activity.TagWait, activity.TagHold, activity.TagHere, activity.TagNo} {
		if n := o.Counts[tag]; n > 0 {
			x.Counts = append(x.Counts, answered{Words: "ag-" + tag, N: n})
		}
	}
	if x.Leads {
		if x.People, err = d.comers(r, p, o.Case, s); err != nil {
			return err
		}
		if x.Told, x.Others, x.OthersNo, err = d.toldOf(r, v, v.doesFor(s), o.Case.ID); err != nil {
			return err
		}
		if s.Stage == activity.Open || s.Stage == activity.Held {
			x.Code = s.Code
		}
	}
	x.Steps = p.steps(o, "as-", "aj-")
	x.Links = d.activityPrinted(p, o.Case.ID, s, x.Leads)
	x.Do = p.activityDeeds(s, back)
	p.Data = x
	return p.render(w, status, "activity.html")
}

// runner names who does it with the people, also one without a post.
func (d *Desk) runner(r *http.Request, p *page, s activity.State) (string, error) {
	if name := p.Who(s.Runner); name != "" {
		return name, nil
	}
	return d.name(r, s.Runner)
}

// ages is for which age bands it is, in words.
func (p *page) ages(s activity.State) string {
	var out []string
	for _, a := range flows.Bands {
		if slices.Contains(s.Ages, a) {
			out = append(out, p.words("age-"+string(a)))
		}
	}
	return strings.Join(out, p.words("comma"))
}

// texts are what people read, word for word: those who are invited, the group, and who
// answers for it.
func (d *Desk) texts(p *page, c flows.Case, s activity.State) (reads []wording, card wording, board string, err error) {
	vars := s.Vars(p.Settings)
	for k, v := range s.Numbers(p.Settings) {
		vars[k] = v
	}
	if !p.v.leadsActivity(s) {
		delete(vars, "code")
	}
	say := func(lang, key string) string {
		text, bad := d.reads.Render(lang, key, vars, c.No, p.At, p.Settings)
		err = errors.Join(err, bad)
		if c.No == 0 {
			text = strings.TrimPrefix(text, flows.Spoken(0)+" ") // it gets one when it is sent
		}
		return text
	}
	in := func(words, key string) wording {
		own, _ := frame.Known(p.Settings.Lang)
		x := wording{Words: words, Text: say(own, key)}
		for _, lang := range flows.Languages {
			if lang != own {
				x.Other = append(x.Other, say(lang, key))
			}
		}
		return x
	}
	if !s.At.IsZero() && s.Most > 0 && (s.Stage == activity.Draft || s.Stage == activity.Open) {
		for _, w := range s.Wordings() {
			reads = append(reads, in("aw-"+cmp.Or(w.Audience, "own"), w.Words))
		}
		card = in("aw-card", "card")
	}
	if key := map[string]string{activity.Open: "board", activity.Held: "board-held", activity.After: "board-after", activity.Closed: "board-after", activity.Off: "board-off"}[s.Stage]; key != "" {
		board = say(p.Lang, key)
	}
	return reads, card, board, err
}

// comers are those who come, who wait and who have been there, by name.
func (d *Desk) comers(r *http.Request, p *page, c flows.Case, s activity.State) (out []comer, err error) {
	tags := []string{activity.TagHere, activity.TagYes, activity.TagRing, activity.TagHold, activity.TagWait}
	entries, err := d.desk.Entries(r.Context(), c.ID, tags)
	if err != nil {
		return nil, err
	}
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		out = nil
		for _, e := range entries {
			var part activity.Part
			if err := json.Unmarshal(e.Data, &part); err != nil {
				return err
			}
			who, err := tx.Person(flows.PersonID(e.Key))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			x := comer{Key: e.Key, Name: cmp.Or(p.Who(who.ID), who.Name), Words: "ag-" + e.Tag, Seats: part.Seats, Kids: part.Kids, Help: part.Help, Photo: part.Photo, Here: e.Tag == activity.TagHere, tag: e.Tag, at: part.At,
				Minutes: int(served(who, c.ID).Minutes())}
			if who.Home.Building != "" {
				x.Home = p.Settings.PlaceName(flows.Place{Building: who.Home.Building}, p.Lang, false)
			}
			x.Tick = !x.Here && (s.Present(p.At) || s.Stage == activity.After)
			x.Hours = x.Here && (s.Stage == activity.Held || s.Stage == activity.After) && p.v.convenes(s)
			out = append(out, x)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b comer) int {
		return cmp.Or(slices.Index(tags, a.tag)-slices.Index(tags, b.tag), a.at.Compare(b.at), strings.Compare(a.Name, b.Name))
	})
	return out, err
}

// doesFor says whose messages of an activity are about their work.
func (v *visitor) doesFor(s activity.State) func(flows.PersonID) bool {
	work := []flows.PersonID{s.Organiser, s.Runner, s.Allowed}
	for _, role := range append([]flows.Role{flows.Staff, flows.Head}, v.s.Activities.Urgent...) {
		work = append(work, v.s.With(role, flows.Everywhere)...)
	}
	return func(p flows.PersonID) bool { return p != "" && slices.Contains(work, p) }
}

// activityPrinted gives what can be printed of an activity and taken into a calendar.
func (d *Desk) activityPrinted(p *page, id flows.ID, s activity.State, leads bool) (out []where) {
	open := s.Stage == activity.Open || s.Stage == activity.Held
	if leads && (open || s.Stage == activity.After) {
		out = append(out, where{"print-names", p.Base + "/desk/activities/" + string(id) + "/names"})
	}
	if d.o.ActivityPath == nil || !open {
		return out
	}
	base := d.o.ActivityPath(id, p.v.actor.Person)
	if base == "" {
		return out
	}
	if s.Stage == activity.Open {
		out = append(out, where{"print-board", base + "/notice"})
	}
	if leads && s.Code != "" {
		out = append(out, where{"print-door", base + "/door"})
	}
	return append(out, where{"print-ics", base + "/event.ics"}, where{"print-page", base})
}

// blankNames are how many empty lines the list of names has for who comes without a word.
const blankNames = 8

// names is the list of who comes, to print for who runs it.
func (d *Desk) names(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.joined(r, v)
	switch {
	case err != nil:
		return err
	case !v.leadsActivity(s):
		return errMay
	case s.Stage != activity.Open && s.Stage != activity.Held && s.Stage != activity.After:
		return storage.ErrNone
	}
	p := d.page(r, v, "print-names")
	people, err := d.comers(r, p, o.Case, s)
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(x comer) bool { return x.tag == activity.TagWait })
	p.Data = struct {
		meet
		Time   string
		Place  string
		Photos bool
		People []comer
		Blank  []struct{}
	}{p.activityHead(o.Case, s), p.When(s.At), s.Place(p.Settings), s.Photos, people, make([]struct{}, blankNames)}
	return p.render(w, http.StatusOK, "names.html")
}
