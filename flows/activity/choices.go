package activity

// What people press and write. Pages and the desk use the same words as the messages, and
// the rules decide who may. A choice that asks for words (→) makes the next message of who
// pressed it its answer, under the tag that stands behind; a page brings them at once.
//
//	everybody
//	  look                      shows what it is, with the buttons
//	  come, come=3              comes; so many come together, at most 4
//	  kids=2                    comes with so many children, at most 3
//	  both                      comes although they have another one at that time
//	  wait, no                  wants to wait for a place; does not come (any more)
//	  take                      takes the place that is kept for them
//	  ring, help                is reminded the day before; lends a hand
//	  photo=yes, photo=no       whether they may be in a picture
//	  why, stop                 why they were invited; no invitations any more
//	  paste=yes, paste=no       whether the list they have pasted is of this activity; paste=swap: it is that of the
//	                            same group as the one before, though it is like none
//	  here!=4821                is there; the code hangs at the door. here → "here"
//	  liked!=good, fair, bad; again!=yes, no; hand=yes, no
//	staff, and who runs it where it says so (*)
//	  agree, refuse → "refuse"  of what somebody has offered
//	  change → "line": "周四19:30，小议事室，12人"; who; whom=b/3, whom=c; age=young; kids-only; photos
//	  own → "own": words instead of the template; model: a machine drafts them; use, plain, compare
//	  agreed                    the owner of the room has said yes
//	  send, drop; allow         it may pass the limits of a week: by name
//	  move → "move": "改到周日15点，下雨"; off → "off": why; more: another batch now; keep: it takes place with few
//	  list                      the group's list (接龙)
//	  in=r12 *, walk → "walk" *: how many have come without a telephone; end *
//	  hours=all, hours=r12:90   what helpers have done; 0 minutes: was not there
//	  board
