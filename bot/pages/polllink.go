package pages

import (
	"time"

	"linli/flows"
)

// pollLinks are the links of polls: good until nobody asks any more.
var pollLinks = sealed{version: 2, label: "linli poll pages\x00", wrong: errPollLink, over: errPollOver}

// afterwards is how long the pages of a poll are open when its result may be
// questioned no more.
const afterwards = 30 * 24 * time.Hour

// PollLink gives the address of a poll's pages: those of a person, or, where person
// is empty, those that everybody may open. "" where the pages' own address is not
// known. It opens them from now for as long as a poll that begins now can take; the
// pages close earlier, a while after the poll's own end.
func (p *Pages) PollLink(id flows.ID, person flows.PersonID, now time.Time) string {
	if p.o.PublicURL == "" || id == "" {
		return ""
	}
	return p.o.PublicURL + p.pollPath(id, person, now)
}

func (p *Pages) pollPath(id flows.ID, person flows.PersonID, now time.Time) string {
	x := p.o.Settings().Polls
	return p.o.Base + "/poll/" + p.seal(pollLinks, id, person, now.Add(x.Longest+x.Extend+x.Check+afterwards))
}
