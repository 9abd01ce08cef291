package pages

import (
	"time"

	"linli/flows"
)

// activityLinks are the links of activities.
var activityLinks = sealed{version: 4, label: "linli activity pages\x00", wrong: errActivityLink, over: errActivityOver}

// activityLife is how long a person's own link to an activity is good. What everybody may
// open has no end of its own, as with hearings.
const activityLife = 180 * 24 * time.Hour

// ActivityLink gives the address of an activity's pages: those of a person, or, where person
// is empty, those that everybody may open. "" where the pages' own address is not known.
// For the committee's people and who runs it "/door" behind it is the sheet for the door;
// "/notice" is everybody's.
func (p *Pages) ActivityLink(id flows.ID, person flows.PersonID, now time.Time) string {
	return p.public(id, p.activityPath(id, person, now))
}

func (p *Pages) activityPath(id flows.ID, person flows.PersonID, now time.Time) string {
	return p.lasting(activityLinks, "/activity/", id, person, now.Add(activityLife))
}
