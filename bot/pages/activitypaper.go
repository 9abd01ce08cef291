package pages

import (
	"net/http"

	"linli/flows/activity"
)

// What is printed for an activity: the notice for the notice board, and the sheet for the door
// with the code by which people check in. Neither names a resident.

// sheets of paper show the items without what a browser is for.
func (t *tellActivity) printed() (out []printed) {
	for _, x := range t.items() {
		if x.Key == "places" {
			x.Text = t.say("act-places", t.v.Vars(t.s.Settings)) // how many are left is on the page
		}
		out = append(out, printed{x, script(x.Other)})
	}
	return out
}

// activityNotice is what hangs on the notice board.
func (p *Pages) activityNotice(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.loadActivity(r.Context(), who)
	if err != nil {
		return err
	}
	if v.Sent.IsZero() || v.At.IsZero() || v.Stage != activity.Open && v.Stage != activity.Off {
		return errActivityYet
	}
	s := p.activitySheet(r, who, &v)
	t := p.tellActivity(s, &v)
	data := &hearingPaper{Head: v.Title, Six: t.printed(), How: t.say("act-scan", nil), Day: s.Day(v.Sent)}
	if v.Stage == activity.Off {
		data.Off = t.standing()
	} else {
		if x := t.asked(); x != "" {
			data.Notes = append(data.Notes, x)
		}
		if v.Moves > 0 && v.Why != "" {
			data.Notes = append(data.Notes, t.standing())
		}
		data.Notes = append(data.Notes, t.say("act-notice-all", nil))
	}
	return p.printSheet(w, &t.telling, data, p.ActivityLink(v.row.ID, "", p.o.Now()), "notice.html", "")
}

// activityDoor is what hangs at the door.
func (p *Pages) activityDoor(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.loadActivity(r.Context(), who)
	switch {
	case err != nil:
		return err
	case !v.leads:
		return errActivityRun
	case v.Code == "" || v.Stage != activity.Open && v.Stage != activity.Held:
		return errActivityYet
	}
	s := p.activitySheet(r, who, &v)
	t := p.tellActivity(s, &v)
	place := t.place()
	data := &hearingPaper{Head: t.say("act-form", nil), Code: v.Code, Topic: v.Title, Time: t.span(v.At, v.End()), Six: []printed{{place, script(place.Other)}},
		How: t.say("act-door-how-plain", nil), Else: t.say("act-door-none", nil)}
	if p.o.PublicURL != "" {
		data.How = t.say("act-door-how", nil)
	}
	return p.printSheet(w, &t.telling, data, p.ActivityLink(v.row.ID, "", p.o.Now()), "door.html", "?code="+v.Code)
}
