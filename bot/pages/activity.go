package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/activity"
	"linli/storage"
)

// The page of an activity: what it is, when and where, how many places are left; for who has
// a link of their own the buttons that the messages have, and why they were invited.

var (
	errActivityLink = errors.New("pages: no such activity")
	errActivityOver = errors.New("pages: the activity's pages are closed")
	errActivityYet  = errors.New("pages: the activity is not so far yet")
	errActivityRun  = errors.New("pages: they do not run this activity")
)

// joined is an activity with what its pages need to know of their reader.
type joined struct {
	activity.State
	row    flows.Case
	person storage.Person // of the link; zero where it is everybody's
	tag    string         // of the reader's entry; "" where there is none
	part   activity.Part
	leads  bool      // the reader may prepare it, or runs it
	beside *joined   // what the reader is at instead at that time
	called time.Time // when it was called off; only in lists
}

// loadActivity reads the activity of a link. An error says why its pages are not open to the
// reader.
func (p *Pages) loadActivity(ctx context.Context, who *reader) (v joined, err error) {
	if p.o.Store == nil {
		return v, errActivityLink
	}
	set := p.o.Settings()
	err = p.o.Store.View(ctx, func(tx storage.Tx) (err error) {
		v = joined{}
		if v.row, err = caseOf(tx, who.of, activity.Name, activityLinks); err != nil {
			return err
		}
		if v.State, err = activity.Read(v.row); err != nil || who.person == "" {
			return err
		}
		if v.person, err = personOf(tx, set, who.person); err != nil {
			return err
		}
		if v.tag, err = partOf(tx, v.row, who.person, &v.part); err != nil {
			return err
		}
		v.leads = who.person == v.Runner || set.May(actorOf(set, v.person), flows.Convene, v.whom())
		return v.findBeside(tx)
	})
	switch {
	case err != nil:
		return v, err
	case v.Stage == activity.Gone:
		return v, errActivityOver
	case v.Sent.IsZero() && !v.leads && (who.person == "" || who.person != v.By):
		return v, errActivityYet
	}
	return v, nil
}

// mostBeside is among how many cases of the reader it is looked for what they are at.
const mostBeside = 200

// findBeside looks for what else the reader has said yes to at that time, while they have not
// answered here.
func (v *joined) findBeside(tx storage.Tx) error {
	if v.Stage != activity.Open || activity.Seated(v.tag) && v.tag != activity.TagHold {
		return nil
	}
	cases, err := tx.CasesWith(string(v.person.ID), mostBeside)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.Flow != activity.Name || c.ID == v.row.ID || c.Done || c.Due.IsZero() || c.Due.Sub(v.At).Abs() >= activity.Together {
			continue
		}
		x := joined{row: c, person: v.person}
		if x.tag, err = partOf(tx, c, v.person.ID, &x.part); err != nil {
			return err
		}
		if x.tag != activity.TagYes && x.tag != activity.TagRing && x.tag != activity.TagHold {
			continue
		}
		if x.State, err = activity.Read(c); err != nil {
			return err
		}
		v.beside = &x
		return nil
	}
	return nil
}

// whom is the scope of the activity; where none is set yet, the whole community.
func (v *joined) whom() flows.Scope {
	if v.Scope.Zero() {
		return flows.Everywhere
	}
	return v.Scope
}

// over says that it is over or called off.
func (v *joined) over() bool {
	return v.Stage == activity.After || v.Stage == activity.Closed || v.Stage == activity.Off
}

// activityPage is what the page of an activity shows.
type activityPage struct {
	Path     string
	Title    string
	No       string
	Standing string
	Asked    string // what it is about, and how many have asked for it
	Items    []sixth
	Wrong    string // what was wrong with a form
	Written  string // what was written into a form that was not taken
	Code     string // of the door, as it came with the link
	Private  string // the way to the private conversation, on everybody's page
	How      string // what to write to Linli instead

	Own *taking // what the reader can do; nil on everybody's page

	Notice, Door, Event bool // which sheets there are
}

// taking is the part of the page that is the reader's.
type taking struct {
	Mine    []string // what they have answered
	Note    string   // what is to be known before they answer
	Other   string   // the page of what they are at instead
	Buttons []button // the first is the one most will want
	Many    []button // how many come
	Kids    []button // with how many children
	Photo   []button
	Here    bool
	Liked   []button
	Again   []button
	Runs    bool // they run it: how many came without a telephone
	End     bool
	Why     string
	Stop    bool
}

func (p *Pages) activity(w http.ResponseWriter, r *http.Request, who *reader) error {
	return p.showActivity(w, r, who, func(d *activityPage) {
		if code := r.URL.Query().Get("code"); doorCode(code) {
			d.Code = code // of the square at the door
		}
	})
}

// showActivity shows the page of an activity. Change may alter what it shows; where
// something is wrong the status says so.
func (p *Pages) showActivity(w http.ResponseWriter, r *http.Request, who *reader, change func(*activityPage)) error {
	v, err := p.loadActivity(r.Context(), who)
	if err != nil {
		return err
	}
	s := p.activitySheet(r, who, &v)
	data, err := p.activityPage(s, who, &v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if change(data); data.Wrong != "" {
		status = http.StatusBadRequest
	}
	s.Notice, s.Data = p.told.get(r, who.token, p.o.Now()), data
	return frame.Render(w, status, sheets, "activity.html", s)
}

// activitySheet begins a page about an activity.
func (p *Pages) activitySheet(r *http.Request, who *reader, v *joined) *sheet {
	s := p.sheet(r, who, bot.Mine{Lang: v.person.Lang}, "act-title")
	s.Sheet = "hearing.css"
	return s
}

// activityPage makes what the page of an activity shows to its reader.
func (p *Pages) activityPage(s *sheet, who *reader, v *joined) (*activityPage, error) {
	t := p.tellActivity(s, v)
	out := &activityPage{Path: p.o.Base + "/activity/" + who.token, Title: v.Title, Standing: t.standing(), Asked: t.asked(), Items: t.items()}
	if v.row.No > 0 {
		out.No = flows.Spoken(v.row.No)
	}
	sent := !v.Sent.IsZero() && !v.At.IsZero()
	out.Event, out.Notice = sent, sent && v.Stage == activity.Open
	if who.person == "" {
		if !v.over() {
			if p.o.Private != nil {
				out.Private = p.o.Private(v.row.ID)
			}
			if out.No != "" {
				out.How = t.say("act-how", flows.Vars{"no": flows.Text(out.No)})
			}
		}
	} else {
		out.Own = t.own(p.o.Receive != nil)
		out.Door = v.leads && v.Code != "" && (v.Stage == activity.Open || v.Stage == activity.Held)
	}
	return out, t.err
}

// own makes the part of the page that is the reader's: what the rules take from them now.
func (t *tellActivity) own(takes bool) *taking {
	v, now := t.v, t.s.At
	out := &taking{Mine: t.mine()}
	if activity.Asked(v.tag) || v.part.Why != "" {
		out.Why = t.flow("why", v.Because(t.s.Settings, v.part, v.person.Profile))
	}
	if !takes {
		return out
	}
	out.Stop = out.Why != "" && !v.person.Profile.Stopped()
	out.Runs = v.leads && v.Present(now)
	out.End = v.leads && v.Stage == activity.Held
	minor := v.person.Profile.Age == flows.Minor
	if v.Stage == activity.Open && !v.Sent.IsZero() && !minor {
		t.answers(out, now)
	}
	if minor && v.Stage == activity.Open {
		out.Note = t.flow("minor", nil)
	}
	out.Here = v.Code != "" && v.Present(now) && v.tag != activity.TagHere
	if v.Photos && v.tag != "" && v.tag != activity.TagNo && (v.Stage == activity.Open || v.Stage == activity.Held) {
		if v.part.Photo {
			out.Photo = []button{{"photo=no", t.flow("b-no-photo", nil)}}
		} else {
			out.Photo = []button{{"photo=yes", t.flow("b-photo", nil)}}
		}
	}
	if v.tag == activity.TagHere && v.Stage == activity.After {
		for _, x := range []string{"good", "fair", "bad"} {
			out.Liked = append(out.Liked, button{"liked!=" + x, t.flow("b-"+x, nil)})
		}
		if v.part.Said != "" {
			out.Again = []button{{"again!=yes", t.flow("b-again", nil)}, {"again!=no", t.flow("b-enough", nil)}}
		}
	}
	return out
}

// answers are the buttons by which the reader says whether they come, and with whom.
func (t *tellActivity) answers(out *taking, now time.Time) {
	v := t.v
	add := func(choice, words string) {
		out.Buttons = append(out.Buttons, button{choice, t.flow(words, nil)})
	}
	early := now.Before(v.Until(t.s.Settings))
	free := v.Left()
	switch {
	case v.tag == activity.TagHere:
		return
	case v.tag == activity.TagHold:
		free += v.part.Seats
		if t.clash(out) {
			add("both", "b-both")
		} else {
			add("take", "b-take")
		}
		add("no", "b-leave")
		return
	case activity.Seated(v.tag):
		free += v.part.Seats
		if early {
			add("no", "b-not")
		} else {
			out.Note = t.flow("too-late", v.Vars(t.s.Settings))
		}
		if v.tag != activity.TagRing && v.Rings(now) {
			add("ring", "b-ring")
		}
	case v.tag == activity.TagWait:
		add("no", "b-not-wait")
	case t.clash(out):
		add("both", "b-both")
		add("no", "b-no")
		return
	case free == 0:
		out.Buttons = append(out.Buttons, button{"wait", t.say("act-wait", nil)})
	case !v.Children:
		add("come", "b-come")
	}
	if activity.Asked(v.tag) {
		add("no", "b-no")
	}
	if !v.part.Help {
		add("help", "b-help")
	}
	if v.tag == activity.TagWait || free == 0 {
		return
	}
	from := 2
	if activity.Seated(v.tag) {
		from = 1 // or fewer than they had said
	}
	for n := from; n <= min(free, activity.MostTogether) && !v.Children; n++ {
		if n != v.part.Seats || v.part.Kids > 0 || !activity.Seated(v.tag) {
			out.Many = append(out.Many, button{fmt.Sprintf("come=%d", n), t.say("act-many-n", flows.Vars{"n": flows.Num(n)})})
		}
	}
	for n := 1; n <= activity.MostKids && n < free; n++ {
		if n != v.part.Kids || !activity.Seated(v.tag) {
			out.Kids = append(out.Kids, button{fmt.Sprintf("kids=%d", n), t.say("act-kids-n", flows.Vars{"n": flows.Num(n)})})
		}
	}
}

// clash says that the reader is at something else at that time, and what.
func (t *tellActivity) clash(out *taking) bool {
	x := t.v.beside
	if x == nil {
		return false
	}
	vars := t.v.Vars(t.s.Settings)
	vars["other"], vars["other_at"] = flows.Text(x.Title), flows.At(x.At)
	out.Note = t.say("act-beside", vars)
	out.Other = t.p.activityPath(x.row.ID, t.v.person.ID, t.p.o.Now())
	return true
}
