package flows

import "slices"

// Verb is something a person may do with what lies in a scope.
type Verb string

const (
	Confirm  Verb = "confirm"  // confirm or dismiss a draft
	Take     Verb = "take"     // accept, return, extend, finish work in the scope
	Behalf   Verb = "behalf"   // file for somebody else
	Announce Verb = "announce" // publish a known outage
	See      Verb = "see"      // see a case with its words and who reported it
	Review   Verb = "review"   // decide on a disputed return, take a reopened case
	Invite   Verb = "invite"   // hand out codes that bind a person or a group
	Trouble  Verb = "trouble"  // see parked messages and dead letters, and try them again
	Enter    Verb = "enter"    // come to the desk at all
	Change   Verb = "change"   // put another version of the directory in force
	Poll     Verb = "poll"     // ask the residents of the scope
	Slips    Verb = "slips"    // put in votes on paper and by telephone
	Convene  Verb = "convene"  // prepare, hold and close a hearing
	Vet      Verb = "vet"      // decide whether a topic comes before a hearing
	Object   Verb = "object"   // object to how a hearing is done, which stops it
	Visit    Verb = "visit"    // see and tick the rounds of the scope, and who agreed to be visited
	Observe  Verb = "observe"  // see hearings and polls with their course
)

var may = map[Verb][]Role{
	Confirm:  {Staff, Head, Secretary},
	Take:     {Leader, Property, Owners, Station, Department, Staff, Head, Secretary},
	Behalf:   {Captain, Leader, Station, Staff, Head, Secretary},
	Announce: {Staff, Head, Secretary},
	See:      {Leader, Staff, Head, Secretary, Supervisor},
	Review:   {Staff, Head, Secretary},
	Invite:   {Staff, Head, Secretary},
	Trouble:  {Staff, Head, Secretary},
	Enter:    {Leader, Staff, Head, Secretary, Supervisor, Reviewer, Council},
	Change:   {Staff, Head, Secretary},
	Poll:     {Captain, Leader, Staff, Head, Secretary},
	Slips:    {Captain, Leader, Staff, Head, Secretary},
	Convene:  {Staff, Head, Secretary},
	Vet:      {Reviewer, Secretary},
	Object:   {Supervisor},
	Visit:    {Leader, Staff, Head, Secretary},
	Observe:  {Supervisor, Reviewer, Council, Leader, Staff, Head, Secretary},
}

// May says whether somebody may do a thing with all that lies in a scope. It is
// the only place where this is decided, for rules, pages and interfaces alike. A
// zero scope is nobody's, so that nothing may be done with it.
func (s *Settings) May(a Actor, v Verb, scope Scope) bool {
	return slices.ContainsFunc(a.Posts, func(p Post) bool {
		return slices.Contains(may[v], p.Role) && s.Contains(p.Scope, scope)
	})
}
