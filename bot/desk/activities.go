package desk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/menu"
	"linli/storage"
)

// The list of activities (活动), with what each of them waits for, and the form for a new one.

// maxActivities is how many activities the list shows, from the newest.
const maxActivities = 200

// activityStands are the lists of the page, in its order, and the stages that belong in each.
var activityStands = []struct {
	words  string
	stages []string
}{
	{"activities-offered", []string{activity.Offered}},
	{"activities-draft", []string{activity.Draft}},
	{"activities-open", []string{activity.Open}},
	{"activities-now", []string{activity.Held}},
	{"activities-after", []string{activity.After}},
	{"activities-past", []string{activity.Closed, activity.Off}},
}

func (d *Desk) activities(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showActivities(w, r, v, http.StatusOK, started{}, "")
}

func (d *Desk) showActivities(w http.ResponseWriter, r *http.Request, v *visitor, status int, f started, notice string) error {
	list, err := d.desk.Questions(r.Context(), v.activities(), false, maxActivities)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-activities")
	p.Here, p.Notice = "/desk/activities", notice
	by := map[string][]meet{}
	for _, t := range list {
		s, err := activity.Read(t.Case)
		if err != nil {
			return err
		}
		m, err := p.activityMeet(t, s)
		if err != nil {
			return err
		}
		by[s.Stage] = append(by[s.Stage], m)
	}
	wishes, _, err := d.wishes(r, v)
	if err != nil {
		return err
	}
	var out []lines
	for _, s := range activityStands {
		l := lines{Words: s.words}
		for _, stage := range s.stages {
			l.List = append(l.List, by[stage]...)
		}
		slices.SortStableFunc(l.List, func(a, b meet) int { return byDue(a.order, b.order) })
		if s.words == "activities-past" {
			slices.Reverse(l.List) // nothing is due any more: the last is looked for first
		}
		if len(l.List) > 0 {
			out = append(out, l)
		}
	}
	p.Data = struct {
		Convene bool
		New     started
		Lists   []lines
		Wishes  []dish
	}{v.may(flows.Convene), f, out, wishes}
	return p.render(w, status, "activities.html")
}

// activityHead is what every list and page says of an activity first.
func (p *page) activityHead(c flows.Case, s activity.State) meet {
	m := meet{ID: c.ID, Path: "/desk/activities/" + string(c.ID), Topic: s.Title, Form: "form-activity", Where: p.Settings.ScopeName(whole(s.Scope), p.Lang), Stage: "as-" + s.Stage, Over: c.Done, order: cmp.Or(s.At, c.Opened)}
	if s.Civic {
		m.Form = "form-civic"
	}
	if !p.Words.Has(m.Stage) {
		m.Stage = "stage-other" // of a version that is younger than this page
	}
	if c.No > 0 {
		m.No = flows.Spoken(c.No)
	}
	return m
}

// activityMeet is an activity as a list shows it. It names nobody who has no post.
func (p *page) activityMeet(t storage.Tallied, s activity.State) (meet, error) {
	m, x := p.activityHead(t.Case, s), says{p: p}
	if !s.At.IsZero() {
		x.add("hm-when", "t", p.When(s.At))
	}
	if place := s.Place(p.Settings); place != "" {
		x.add("hm-where", "where", place)
	}
	switch s.Stage {
	case activity.Offered:
		m.order = t.Opened
		x.add("am-offered", "t", p.When(t.Opened))
	case activity.Draft:
		lacks, err := p.activityLacks(s)
		if err != nil {
			return m, err
		}
		for _, l := range lacks {
			m.Lacks = append(m.Lacks, l.Text)
		}
	case activity.Open:
		x.add("am-open", "n", s.Total(everybody).Sent, "coming", s.Seats+s.Lines, "left", s.Left())
		if n := t.Counts[activity.TagWait]; n > 0 {
			x.add("am-wait", "n", n)
		}
		if s.Few && s.Seats+s.Lines < s.Least {
			x.add("am-few", "n", s.Seats+s.Lines, "of", s.Least)
		}
	case activity.Held:
		x.add("hm-came", "n", s.Came)
	case activity.After, activity.Closed:
		x.add("hm-came", "n", s.Came)
		if s.Stage == activity.After && !s.Hours {
			x.add("am-hours")
		}
	case activity.Off:
		x.add("hm-off", "why", s.Why)
	}
	if name := p.Who(s.Organiser); name != "" && !t.Done {
		x.add("am-organiser", "who", name)
	}
	m.Says = x.list
	return m, x.err
}

// soon gives the activities that are the visitor's matter today: those of the next seven
// days, and to the committee's people what was offered and waits for their word.
func (d *Desk) soon(r *http.Request, p *page, v *visitor) (out []meet, err error) {
	list, err := d.desk.Questions(r.Context(), v.activities(), true, maxActivities)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		s, err := activity.Read(t.Case)
		if err != nil {
			return nil, err
		}
		near := (s.Stage == activity.Open || s.Stage == activity.Held) && s.At.Before(flows.Clock(0).On(p.At.AddDate(0, 0, 8)))
		if !near && !(s.Stage == activity.Offered && v.convenes(s)) {
			continue
		}
		m, err := p.activityMeet(t, s)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b meet) int { return byDue(a.order, b.order) })
	return out, nil
}

func everybody(string, string) bool { return true }

// activityLacks is what is missing before it can be sent, in words.
func (p *page) activityLacks(s activity.State) (out []lack, err error) {
	if s.Stage != activity.Draft {
		return nil, nil
	}
	for _, l := range s.Lacks(p.Settings, p.At) {
		key := "al-" + string(l)
		if l == activity.NoRoom && s.Taken != "" {
			key = "al-taken"
		}
		if !p.Words.Has(key) {
			key = "lack-other"
		}
		text, err := p.T(key, "n", p.Settings.Activities.Most)
		if err != nil {
			return nil, err
		}
		out = append(out, lack{Text: text})
	}
	return out, nil
}

// offerMark is what is written to Linli for a new activity.
const offerMark = "活动："

// dish is what people wish for. One that is new is in somebody's words, and only for who
// decides whether it comes onto the menu.
type dish struct {
	ID, Text string
	N        int
	Few      bool // fewer than are shown apart
	New      bool
}

// wishes gives what stands on the menu, the most wished first, and which case the menu is; for
// who may convene also what is new.
func (d *Desk) wishes(r *http.Request, v *visitor) (out []dish, id flows.ID, err error) {
	staff := v.may(flows.Convene)
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		out = nil
		list, err := tx.Same(flows.MenuKey)
		if err != nil || len(list) == 0 {
			return err
		}
		id = list[0].ID
		s, err := menu.Read(list[0])
		if err != nil {
			return err
		}
		counts, err := tx.Tally(id)
		if err != nil {
			return err
		}
		for _, x := range s.Public(counts) {
			n := counts[x.ID]
			out = append(out, dish{ID: x.ID, Text: x.Title, N: n, Few: !staff && n < v.s.Activities.Small})
		}
		for _, x := range s.Dishes {
			if staff && x.Title == "" && x.Into == "" && !x.Off && len(x.Said) > 0 {
				out = append(out, dish{ID: x.ID, Text: x.Said[0].Text, N: counts[x.ID], New: true})
			}
		}
		return nil
	})
	return out, id, err
}

// pressMenu hands a button of a wish to the rules of the menu.
func (d *Desk) pressMenu(w http.ResponseWriter, r *http.Request, v *visitor, word string) error {
	list, id, err := d.wishes(r, v)
	if err != nil {
		return err
	}
	value := r.PostForm.Get("value")
	i := slices.IndexFunc(list, func(x dish) bool { return x.ID == value })
	if i < 0 || (word == "up") != list[i].New && word != "off" {
		return errChoice
	}
	toast, err := d.pressed(r, v, id, word+"="+value)
	if err != nil {
		return err
	}
	if toast, err = d.page(r, v, "").or(toast, "hd-done"); err != nil {
		return err
	}
	return d.showActivities(w, r, v, http.StatusOK, started{}, toast)
}

// offer hands a new activity to the rules as one line of text, as if the visitor had written
// it to Linli.
func (d *Desk) offer(w http.ResponseWriter, r *http.Request, v *visitor) error {
	if _, err := formOf(r); err != nil {
		return err
	}
	switch word := r.PostForm.Get("choice"); word {
	case "open", "up", "off":
		return d.pressMenu(w, r, v, word)
	}
	f := started{Text: strings.Join(strings.Fields(r.PostForm.Get("text")), " ")}
	text := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(f.Text, offerMark), "活动:"))
	if n := utf8.RuneCountInString(text); n < 2 || n > maxOffer {
		f.Wrong = "activity-wrong-line"
	} else if busy, err := d.expects(r, v, ""); err != nil {
		return err
	} else if busy {
		f.Wrong = "hearing-busy" // or the line would be taken for the answer that is waited for
	}
	if f.Wrong != "" {
		return d.showActivities(w, r, v, http.StatusUnprocessableEntity, f, "")
	}
	a, err := d.receive(r, v, "", bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: offerMark + text}})
	if err != nil {
		return err
	}
	c, _, err := d.activityOf(r, a.Opened)
	if errors.Is(err, storage.ErrNone) || err == nil && !v.activities().Sees(c) {
		f.Wrong = "activity-not-opened"
		return d.showActivities(w, r, v, http.StatusUnprocessableEntity, f, a.Toast)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, d.o.Base+"/desk/activities/"+string(c.ID), http.StatusSeeOther)
	return nil
}

// maxOffer is the longest line that describes an activity.
const maxOffer = 200

// activityOf reads an activity; storage.ErrNone if there is none of this id.
func (d *Desk) activityOf(r *http.Request, id flows.ID) (c flows.Case, s activity.State, err error) {
	if c, err = d.caseOf(r, id, activity.Name); err == nil {
		s, err = activity.Read(c)
	}
	return c, s, err
}

// served is how long somebody has helped at an activity, 0 if nothing is noted.
func served(p storage.Person, id flows.ID) time.Duration {
	for _, x := range p.Profile.Served {
		if x.Case == id {
			return time.Duration(x.Minutes) * time.Minute
		}
	}
	return 0
}
