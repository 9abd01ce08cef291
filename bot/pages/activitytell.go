package pages

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/activity"
	"linli/storage"
)

// An activity in words, in lists and in calendars.

// tellActivity says things about one activity.
type tellActivity struct {
	telling
	p *Pages
	v *joined
}

func (p *Pages) tellActivity(s *sheet, v *joined) *tellActivity {
	return &tellActivity{telling{s: s, no: v.row.No}, p, v}
}

// flow says something in the words of the messages.
func (t *tellActivity) flow(key string, vars flows.Vars) string {
	return t.sayIn(t.p.activityWords, key, vars)
}

// standing says how it stands.
func (t *tellActivity) standing() string {
	v := t.v
	vars := v.Vars(t.s.Settings)
	if v.Stage == activity.Open && v.Left() == 0 {
		return t.say("act-stage-full", vars)
	}
	if v.Stage == activity.Open && v.Moves > 0 && v.Why != "" {
		return t.say("act-stage-moved", vars)
	}
	return t.say("act-stage-"+v.Stage, vars)
}

// asked is what it is about, and how many have asked for it.
func (t *tellActivity) asked() string {
	vars := t.v.Vars(t.s.Settings)
	if _, ok := vars["asked"]; !ok {
		return ""
	}
	return t.say("act-asked", vars)
}

// items are what people need to know, those of which something is known.
func (t *tellActivity) items() (out []sixth) {
	v := t.v
	vars := v.Vars(t.s.Settings)
	add := func(x sixth) {
		if x.Text != "" {
			x.Label = t.say("act-item-"+x.Key, nil)
			out = append(out, x)
		}
	}
	add(sixth{Key: "time", Text: t.span(v.At, v.End())})
	add(t.place())
	if v.Most > 0 {
		key := "act-places"
		if v.Stage == activity.Open {
			key = "act-places-left"
		}
		add(sixth{Key: "places", Text: t.say(key, vars)})
	}
	add(sixth{Key: "cost", Text: v.Cost})
	if who := t.post(v.Runner); who.Person != "" {
		add(sixth{Key: "runner", Text: t.say("act-runner", flows.Vars{"who": who})})
	}
	if v.Stage == activity.Open {
		add(sixth{Key: "not", Text: t.say("act-not", vars)})
	}
	return out
}

// place is where it is.
func (t *tellActivity) place() sixth {
	if t.v.Room != "" {
		return t.room(t.v.Room)
	}
	return sixth{Key: "place", Text: t.v.Where}
}

// mine is what the reader has answered, in words.
func (t *tellActivity) mine() (out []string) {
	v := t.v
	vars := flows.Vars{"n": flows.Num(v.part.Seats), "kids": flows.Num(v.part.Kids), "until": when(v.part.Until)}
	switch v.tag {
	case activity.TagYes, activity.TagRing, activity.TagHere, activity.TagWait, activity.TagHold, activity.TagNo:
		if key := "act-mine-" + v.tag; v.part.Seats > 0 || !v.part.Help {
			out = append(out, t.say(key, vars))
		} else if v.tag == activity.TagHere {
			out = append(out, t.say("act-mine-here", flows.Vars{"n": flows.Num(1)}))
		}
	}
	if v.part.Help && v.tag != activity.TagNo {
		out = append(out, t.say("act-mine-help", nil))
	}
	if v.Photos && v.tag != "" && v.tag != activity.TagNo && !activity.Asked(v.tag) {
		key := "act-mine-no-photo"
		if v.part.Photo {
			key = "act-mine-photo"
		}
		out = append(out, t.say(key, nil))
	}
	if v.part.Said != "" {
		out = append(out, t.say("act-mine-said", flows.Vars{"said": flows.Text(t.flow("b-"+v.part.Said, nil))}))
	}
	return out
}

func (v *joined) lasts() (from, to time.Time) { return v.At, v.End() }

func (v *joined) on() bool { return v.Stage == activity.Held }

func (v *joined) past() bool { return v.over() && v.Stage != activity.Off }

// inList is an activity for a list, with the link of a person, if there is one.
func (t *tellActivity) inList(person flows.PersonID) listed {
	v := t.v
	x := listed{Topic: v.Title, Form: t.say("act-form", nil), Time: t.span(v.At, v.End()), Where: t.place().Text, Over: v.over(),
		Stage: t.say("act-short-"+v.Stage, v.Vars(t.s.Settings)), Path: t.p.activityPath(v.row.ID, person, t.p.o.Now())}
	if v.row.No > 0 {
		x.No = flows.Spoken(v.row.No)
	}
	if v.Scope.Community || v.Scope.Zero() {
		return x
	}
	x.Whom = t.s.Settings.ScopeName(v.Scope, t.s.Lang)
	return x
}

func (v *joined) listed(p *Pages, s *sheet) (listed, error) {
	t := p.tellActivity(s, v)
	x := t.inList("")
	return x, t.err
}

// entry is an activity in a calendar.
func (v *joined) entry(p *Pages, s *sheet) (dated, error) {
	t := p.tellActivity(s, v)
	d := dated{id: "activity-" + string(v.row.ID), changed: v.Sent, number: 2 * v.Moves, off: v.Stage == activity.Off, from: v.At, to: v.End(), summary: v.Title,
		url: p.ActivityLink(v.row.ID, "", p.o.Now())}
	if v.called.After(d.changed) {
		d.changed = v.called
	}
	if d.off {
		d.number++
		d.summary = t.say("hear-event-off", flows.Vars{"summary": flows.Text(d.summary)})
		d.lines = append(d.lines, t.standing())
	}
	// How many places are left changes from hour to hour: it is read on the page.
	items := slices.DeleteFunc(t.items(), func(x sixth) bool { return x.Key == "places" })
	lines, where := t.calls(items)
	d.lines, d.where = append(d.lines, lines...), where
	return d, t.err
}

// activityEvent is one activity for a calendar.
func (p *Pages) activityEvent(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.loadActivity(r.Context(), who)
	if err != nil {
		return err
	}
	if v.Sent.IsZero() || v.At.IsZero() {
		return errActivityYet
	}
	if v.Stage == activity.Off {
		err := p.o.Store.View(r.Context(), func(tx storage.Tx) (err error) {
			v.called, err = calledOff(tx, v.row.ID, activity.Off)
			return err
		})
		if err != nil {
			return err
		}
	}
	return p.calendar(w, r, p.sheet(r, nil, bot.Mine{Lang: v.person.Lang}, "activities-title"), []happening{&v}, "linli-"+flows.Spoken(v.row.No)+".ics")
}

// maxActivities is how many activities lists and the calendar show, from the newest.
const maxActivities = 200

// activitiesKnown gives all that was sent, and the hearings that were announced, by their time.
func (p *Pages) activitiesKnown(ctx context.Context) ([]happening, error) {
	out, err := p.hearingsKnown(ctx)
	if err != nil || p.o.Store == nil {
		return nil, err
	}
	list, err := p.activitiesNow.get(p.o.Now(), func() (list []joined, err error) {
		err = p.o.Store.View(ctx, func(tx storage.Tx) error {
			cases, err := tx.Cases(maxActivities, func(c flows.Case) bool {
				return c.Flow == activity.Name && !c.Bare && !slices.Contains([]string{activity.Offered, activity.Draft, activity.Gone}, c.Stage)
			})
			if err != nil {
				return err
			}
			for _, c := range cases {
				v := joined{row: c}
				if v.State, err = activity.Read(c); err != nil {
					return err
				}
				if v.Sent.IsZero() || v.At.IsZero() {
					continue
				}
				if v.Stage == activity.Off {
					if v.called, err = calledOff(tx, c.ID, activity.Off); err != nil {
						return err
					}
				}
				list = append(list, v)
			}
			return nil
		})
		return list, err
	})
	for i := range list {
		out = append(out, &list[i])
	}
	slices.SortStableFunc(out, func(a, b happening) int {
		x, _ := a.lasts()
		y, _ := b.lasts()
		return cmp.Compare(x.Unix(), y.Unix())
	})
	return out, err
}

// activities shows everybody what they can come to.
func (p *Pages) activities(w http.ResponseWriter, r *http.Request, _ *reader) error {
	return p.list(w, r, p.activitiesKnown, "activities", false)
}

func (p *Pages) activityFeed(w http.ResponseWriter, r *http.Request, _ *reader) error {
	return p.feed(w, r, p.activitiesKnown, "activities-title")
}

// activitiesOf gives the activities a person has a part in, newest first, and says which
// cases these are.
func (p *Pages) activitiesOf(ctx context.Context, s *sheet, person flows.PersonID) (list []listed, cases []flows.ID, err error) {
	if p.o.Store == nil {
		return nil, nil, nil
	}
	var found []joined
	err = p.o.Store.View(ctx, func(tx storage.Tx) error {
		with, err := tx.CasesWith(string(person), maxActivities)
		if err != nil {
			return err
		}
		for _, c := range with {
			if c.Flow != activity.Name {
				continue
			}
			if cases = append(cases, c.ID); c.Bare {
				continue
			}
			v := joined{row: c}
			if v.State, err = activity.Read(c); err != nil {
				return err
			}
			if v.tag, err = partOf(tx, c, person, &v.part); err != nil {
				return err
			}
			if v.tag != activity.TagSeen && !v.Sent.IsZero() {
				found = append(found, v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(found, func(a, b joined) int { return b.At.Compare(a.At) })
	for i := range found {
		t := p.tellActivity(s, &found[i])
		x := t.inList(person)
		if mine := t.mine(); len(mine) > 0 {
			x.Mine = mine[0]
		}
		if t.err != nil {
			return nil, nil, t.err
		}
		list = append(list, x)
	}
	return list, cases, nil
}
