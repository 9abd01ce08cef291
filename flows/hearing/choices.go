package hearing

// What people press and write. Pages and the desk use the same words as the messages, and
// the rules decide who may. A choice that asks for words (→) makes the next message of who
// pressed it its answer, under the tag that stands behind; a page brings them at once.
//
//	everybody
//	  propose=yes, propose=no   whether what they proposed is handed on; retract: not after all
//	  tick!=2                   slot 2 (from 0) suits, or does not any more; none: no slot does
//	  paste=yes, paste=no       whether the list they have pasted is of this hearing; paste=swap: it is that of the
//	                            same group as the one before, though it is like none
//	  come, nocome              whether they come; proxy → "proxy": somebody speaks for them
//	  kept                      comes, to one of the seats that are kept
//	  say → "say"               what they want to say: beforehand, or in the meeting to the point that is on
//	  unsay=3                   takes back item 3, which is theirs
//	  speak                     wants to speak in the group in which the meeting is held: the tap is the consent
//	  named, unnamed            whether their name may stand with what they said
//	  here!=4821                is there; the code hangs at the door. here → "here"
//	  dissent → "dissent"       does not agree with what was decided; undissent=9 takes it back
//	  rate!=good, fair, bad      how it was carried out
//	  open, look                shows how it stands
//	reviewers
//	  rev=ok; rev=no → "refuse"; rev=up → "upward": "报给街道城管科，12月20日前问"
//	the organiser, and who may convene a hearing
//	  lead                      takes over the preparation; board shows how it stands; agreed: the owner of the room has said yes
//	  topic → "topic"; whom=b/3; chair=zheng; need=feng, unneed=feng; attach → "attach": the number of a demand
//	  times → "times": "下周六下午三点或周日晚上七点"; send: asks people; slot=1: this one it is
//	  list                      the times as a list in the group (接龙)
//	  where, who, scope         show what can be chosen
//	  room=linli; link → "link"; group=b3: the group it is held in, by its id in the directory
//	  agenda → "agenda": one point a line
//	  waive → "waive": why the clear days are waived; publish
//	  move → "move": "改到周日15点，刮大风"; off → "off": why; again: plans another date; drop: not at all
//	  begin; point=2; note → "note": what somebody said; hands → "hands": "赞成12 反对3 弃权1"; poll → "poll": a poll in one line
//	  decide → "decide": "楼前装4个充电桩，冯物业，12月20日前"; undo=7: strikes out item 7
//	  in=r12: checks in somebody who comes; guest → "guest": names, for who has no telephone; end
//	  complaint → "complaint": of a complaint meeting, for somebody; everybody else's own is "say"
//	  raise=5: item 5 of a complaint meeting becomes a topic; file=5: a demand; skip=5: neither
//	  fix → "fix"; confirm: as the chair; signed: the chair has signed on paper
//	  answer=9 → "answer-9": an answer to who does not agree; retask=1 → "retask-1": somebody else, another date
//	  reply → "reply": what came from above; asked: it was asked after again; resume: now it can be talked over; finish
//	  respond → "respond": to an objection
//	supervisors
//	  object → "object": why; lift

// SlotCap is the most times that people are asked about.
const SlotCap = 20
