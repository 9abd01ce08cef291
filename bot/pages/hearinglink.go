package pages

import (
	"time"

	"linli/flows"
)

// hearingLinks are the links of hearings.
var hearingLinks = sealed{version: 3, label: "linli hearing pages\x00", wrong: errHearingLink, over: errHearingOver}

// hearingLife is how long a person's own link to a hearing is good: from a topic to the
// last task a year is much. What everybody may open has no end of its own, so that the
// square on a notice and the address in a calendar stay the same; its pages close when
// the case is emptied.
const hearingLife = 366 * 24 * time.Hour

// HearingLink gives the address of a hearing's pages: those of a person, or, where person
// is empty, those that everybody may open. "" where the pages' own address is not known.
// For the organiser, the chair and who may convene a hearing "/door" behind it is the sheet for
// the door and "/signin" the one to sign; "/notice" is everybody's.
func (p *Pages) HearingLink(id flows.ID, person flows.PersonID, now time.Time) string {
	return p.public(id, p.hearingPath(id, person, now))
}

func (p *Pages) hearingPath(id flows.ID, person flows.PersonID, now time.Time) string {
	return p.lasting(hearingLinks, "/hearing/", id, person, now.Add(hearingLife))
}
