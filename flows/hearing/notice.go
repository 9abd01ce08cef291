package hearing

import (
	"slices"
	"strconv"
	"time"

	"linli/flows"
)

// The notice (公告): six items, and so many clear days before the meeting. What is missing
// is said with the rule that asks for it and who may waive it. Then the changes of what was
// announced: moved, called off.

// Lack is something that keeps a notice from being published.
type Lack struct {
	What   string       // "matter", "time", "place", "people", "content", "form", "clear", "owner", "chair"
	N      int          // of "clear": how many days there must be
	Has    int          // and how many there are
	Source string       // where the rule comes from; empty: the six items of a notice, which nobody can waive
	Waive  []flows.Role // who may waive it
}

// Lacks gives what is missing of a notice that is published at a time, in the order of the
// six items.
func (s State) Lacks(set *flows.Settings, at time.Time) (list []Lack) {
	room, known := set.Room(s.Room)
	_, group := set.Group(s.Group)
	held := s.Link != "" || group || known && s.Booked && room.Open(s.From, s.To)
	for _, x := range []struct {
		what string
		ok   bool
	}{
		{"matter", s.Topic != "" || s.Form == flows.Complaints}, {"time", s.From.After(at)}, {"place", held},
		{"people", there(set, s.Scope)}, {"content", len(s.Points) > 0 || s.Form == flows.Complaints},
		{"form", s.Form != ""}, {"chair", s.Chair != ""},
	} {
		if !x.ok {
			list = append(list, Lack{What: x.what})
		}
	}
	if s.OwnerAsked {
		list = append(list, Lack{What: "owner"})
	}
	// What is published at night is read in the morning.
	if leaves, _ := set.Quiet(at); !s.From.IsZero() {
		if rule := set.Hearings.Clear; ClearDays(leaves, s.From) < rule.Days() && !s.waived("clear") {
			list = append(list, Lack{What: "clear", N: rule.N, Has: ClearDays(leaves, s.From), Source: rule.Source, Waive: rule.Waive})
		}
	}
	return list
}

// there says that the directory has a scope.
func there(set *flows.Settings, o flows.Scope) bool {
	if o.Building != "" {
		_, ok := set.Building(o.Building)
		return ok
	}
	return o.Community || slices.ContainsFunc(set.Grids, func(g flows.Grid) bool { return g.ID == o.Grid && g.ID != "" })
}

// ClearDays are the whole days between two days: neither the day of the notice nor that of
// the meeting counts (净天数).
func ClearDays(notice, meeting time.Time) int {
	meeting = meeting.In(notice.Location())
	from, to := flows.Clock(12*60).On(notice), flows.Clock(12*60).On(meeting)
	return max(0, int((to.Sub(from)+12*time.Hour)/(24*time.Hour))-1)
}

// waived says that a rule was waived for this date: a waiver of another one does not hold.
func (s State) waived(what string) bool {
	return slices.ContainsFunc(s.Waived, func(w Waiver) bool { return w.What == what && w.For.Equal(s.From) })
}

// mayWaive says whether somebody may waive the clear days.
func (t *turn) mayWaive(a flows.Actor) bool {
	return a.Holds(t.e.Settings.Hearings.Clear.Waive...)
}

// waivers names who may.
func (t *turn) waivers() flows.Vars {
	v := flows.Vars{}
	for i, r := range t.e.Settings.Hearings.Clear.Waive {
		if i < 2 {
			v["role"+itoa(i+1)] = flows.Of(r)
		}
	}
	return v
}

// askWaiver asks who may waive the clear days whether they do: once for each date.
func (t *turn) askWaiver(date time.Time, vars flows.Vars) {
	if _, short := vars["clear_n"]; !short || t.mayWaive(t.e.By) {
		return // they have the button themselves
	}
	vars["at"] = flows.At(date)
	for _, r := range t.e.Settings.Hearings.Clear.Waive {
		t.do(flows.Say{To: flows.To{Role: r, Scope: t.Scope, Except: []flows.PersonID{t.e.By.Person}}, Class: flows.Work, Words: "waiver-asked", Vars: t.with(vars),
			Slot: t.slotWaiver(date), Buttons: []flows.Button{{Words: "b-waive", Choice: "waive"}, {Words: "b-page", Link: "page"}}})
	}
}

// slotWaiver is the place of the question for a waiver of a date.
func (t *turn) slotWaiver(date time.Time) string {
	return "waiver-" + date.UTC().Format("20060102T1504")
}

// waive lets the meeting be announced later than the rule asks for. It is recorded, and
// stands in the notice.
func (t *turn) waive(why string) {
	if !t.mayWaive(t.e.By) {
		t.toast("waive-whom", t.waivers())
		return
	}
	date := t.From
	if t.Stage == Notice {
		date = t.Wanted
	}
	if date.IsZero() || !slices.ContainsFunc(State{From: date, Waived: t.Waived}.Lacks(t.e.Settings, t.e.At), func(l Lack) bool { return l.What == "clear" }) {
		t.reply("waive-needless", nil)
		return
	}
	t.Waived = append(t.Waived[:len(t.Waived):len(t.Waived)], Waiver{What: "clear", By: t.e.By.Person, At: t.e.At, Why: why, For: date})
	t.reply("waived", nil)
	for _, r := range t.e.Settings.Hearings.Clear.Waive {
		t.do(flows.Say{To: flows.To{Role: r, Scope: t.Scope}, Class: flows.Work, Words: "waiver-given", Vars: t.with(flows.Vars{"at": flows.At(date), "who": flows.Who(t.e.By.Person)}), Slot: t.slotWaiver(date), Tidy: true})
	}
	if t.Stage == Notice {
		t.do(flows.Say{To: flows.To{Person: t.Organiser, Except: []flows.PersonID{t.e.By.Person}}, Class: flows.Work, Words: "waiver-move", Vars: t.with(flows.Vars{"at": flows.At(date), "who": flows.Who(t.e.By.Person)}), Slot: "move-waived", Buttons: []flows.Button{{Words: "b-move", Choice: "move"}}})
	}
	t.boardOnce()
}

// publish announces it, if nothing is missing.
func (t *turn) publish() {
	if lacks := t.Lacks(t.e.Settings, t.e.At); len(lacks) > 0 {
		t.board(true)
		t.askWaiver(t.From, t.lacksVars())
		return
	}
	t.enlist(t.Needed)
	t.Stage, t.Noticed, t.Version = Notice, t.leaves(), t.Version+1
	t.Later, t.LaterRoom, t.Wanted = time.Time{}, "", time.Time{}
	if t.First.IsZero() {
		t.First = t.Noticed
	}
	t.seats()
	t.Code = code(t.Seed, t.Version)
	t.hosts()
	t.nextWaiting() // the room may be a larger one than the last
	t.do(t.announcement("notice"), t.invitation(flows.To{Entries: TagAsked}), t.invitation(flows.To{Entries: TagSpeak}))
	t.inviteHomes("invite-home")
	if t.Version > 1 { // those who had said that they come to an earlier date
		for _, tag := range []string{TagYes, TagProxy, TagWait} {
			say := t.invitation(flows.To{Entries: tag, Except: t.leading()})
			say.Words = "set-anew"
			t.do(say)
		}
	}
	t.watched("watch-notice")
	t.clocks()
	t.news("set", flows.TopicNews{At: t.From, Where: t.where()})
	t.board(false)
}

// leaves is when what is published now can be read: not at night.
func (t *turn) leaves() time.Time {
	at, _ := t.e.Settings.Quiet(t.e.At)
	return at
}

// hosts are who prepares and who leads it: they come, and are not asked.
func (t *turn) hosts() {
	for i, p := range []flows.PersonID{t.Organiser, t.Chair} {
		if p == "" || i > 0 && p == t.Organiser {
			continue
		}
		e, was := t.e.Entries[string(p)]
		if seated(e.Tag) {
			continue
		}
		part := data[Part](e.Data)
		if !was {
			part.At = t.e.At
		}
		t.Taken.Seats++
		t.do(flows.Put{Entry: flows.Entry{Key: string(p), Tag: TagYes, Order: t.e.At.UnixMilli(), Data: flows.Data(part)}})
	}
}

// seats are those of the room, with a part of them kept.
func (t *turn) seats() {
	t.Seats, t.Kept, t.Freed = 0, 0, false
	if r, ok := t.e.Settings.Room(t.Room); ok && t.inRoom() {
		t.Seats = r.Seats
		t.Kept = r.Seats * t.e.Settings.Hearings.Reserved / 100
	}
}

// code is the number by which people check in: four digits that nobody can foresee.
func code(seed string, version int) string {
	at := (version * 4) % 24
	if len(seed) < at+8 {
		return "1000"
	}
	n, _ := strconv.ParseUint(seed[at:at+8], 16, 32)
	return strconv.Itoa(1000 + int(n%9000))
}

// where is the place, in words.
func (t *turn) where() string {
	switch {
	case t.Group != "":
		g, _ := t.e.Settings.Group(t.Group)
		return g.Name
	case t.Link != "":
		return t.Link
	}
	if t.Stage == Notice && !t.Booked {
		return "" // it was lost, and another one is being found
	}
	return t.roomName(t.Room)
}

// slotNotice is the message of the notice: a new one for every date.
func (t *turn) slotNotice(version int) string { return "notice-" + itoa(version) }

// announcement is the notice in the groups.
func (t *turn) announcement(words string) flows.Say {
	return flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: words, Vars: t.vars(), Slot: t.slotNotice(t.Version),
		Buttons: append(t.comingButtons(), flows.Button{Words: "b-private", Link: "private", Row: 2})}
}

func (t *turn) comingButtons() []flows.Button {
	return []flows.Button{{Words: "b-come", Choice: "come"}, {Words: "b-nocome", Choice: "nocome"}, {Words: "b-proxy", Choice: "proxy"},
		{Words: "b-say", Choice: "say", Row: 1}, {Words: "b-page", Link: "page", Row: 1}}
}

// invitation is the notice for one reader. Who has asked about the matter hears of their own
// case; everybody else is invited, and not more often than they want.
func (t *turn) invitation(to flows.To) flows.Say {
	say := flows.Say{To: to, Class: flows.Personal, Words: "invite", Vars: t.vars(), Slot: t.slotNotice(t.Version), Buttons: t.comingButtons(), Until: t.From}
	if !to.Homes.Zero() {
		say.Class, say.Words = flows.Invitation, "invite-home"
	}
	return say
}

// clocks sets what is to happen before, at and after this date.
func (t *turn) clocks() {
	v, h := itoa(t.Version), t.e.Settings.Hearings
	for i, d := range h.Remind {
		if at := t.From.Add(-d); at.After(t.e.At.Add(12 * time.Hour)) {
			t.do(t.wake(at, "remind-"+v+"."+itoa(i)))
		}
	}
	if at := t.From.Add(-h.Release); t.Kept > 0 && at.After(t.e.At) {
		t.do(t.wake(at, "release-"+v))
	}
	t.do(t.wake(t.From.Add(-30*time.Minute), "start-"+v), t.wake(t.To.Add(2*time.Hour), "late-"+v), t.wake(t.To.Add(12*time.Hour), "final-"+v))
}

// remind tells those who come when and where, and the first time those who have not
// answered.
func (t *turn) remind(first bool) {
	if t.inRoom() && !t.Booked || !t.e.At.Before(t.From) {
		return // nobody can say where, or it is too late
	}
	buttons := []flows.Button{{Words: "b-nocome", Choice: "nocome"}}
	if t.inRoom() {
		buttons = append(buttons, flows.Button{Words: "b-here", Choice: "here"})
	}
	buttons = append(buttons, flows.Button{Words: "b-page", Link: "page"})
	for _, tag := range []string{TagYes, TagProxy} {
		t.do(flows.Say{To: flows.To{Entries: tag}, Class: flows.Personal, Words: "remind", Vars: t.vars(), Until: t.From, Buttons: buttons})
	}
	if !first {
		return
	}
	say := t.invitation(flows.To{Entries: TagAsked})
	say.Words, say.Slot = "remind-asked", ""
	t.do(say)
	t.inviteHomes("remind-asked")
}

// inviteHomes invites those who live there, but who has answered or was asked by themself.
// The three sides meet in the open, but it is they who are asked.
func (t *turn) inviteHomes(words string) {
	if t.Form == flows.ThreeSided {
		return
	}
	say := t.invitation(flows.To{Homes: t.Scope, Except: t.Needed})
	if say.Words != words {
		say.Words, say.Slot = words, ""
	}
	t.do(say)
}

// everybody tells all whom the hearing concerns something, each once: the groups, and by
// themselves those who have answered or were asked.
func (t *turn) everybody(words string, buttons ...flows.Button) {
	say := flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "group-" + words, Vars: t.vars(), Buttons: buttons, Slot: words + "-" + itoa(t.Version) + "-" + itoa(len(t.Objected))}
	// What would only be read after the meeting has begun leaves at once, silently.
	if until, quiet := t.e.Settings.Quiet(t.e.At); quiet && t.From.After(t.e.At) && !t.From.After(until.Add(time.Hour)) {
		say.Reply = true
	}
	t.do(say)
	for _, tag := range []string{TagYes, TagProxy, TagWait, TagAsked, TagSpeak, TagNo} {
		if tag == TagNo && words != "moved" {
			continue // they do not come anyhow
		}
		say.To, say.Class, say.Words = flows.To{Entries: tag, Except: t.organising()}, flows.Personal, words
		t.do(say)
	}
}

// organising is the organiser, as those who need not be told.
func (t *turn) organising() []flows.PersonID {
	if t.Organiser == "" {
		return nil
	}
	return []flows.PersonID{t.Organiser}
}

// overwrite changes the notice, wherever it stands: its buttons are over, but for those given.
func (t *turn) overwrite(version int, words string, buttons ...flows.Button) {
	say := flows.Say{Class: flows.Notice, Words: words, Vars: t.vars(), Slot: t.slotNotice(version), Tidy: true, Buttons: buttons}
	for _, to := range []flows.To{{Nearest: t.Scope}, {Homes: t.Scope, All: true}, {Entries: TagYes}, {Entries: TagProxy}, {Entries: TagWait}, {Entries: TagAsked}, {Entries: TagNo}} {
		say.To = to
		t.do(say)
	}
}

// move asks for another date: the words name it and say why.
func (t *turn) move(text string) {
	w := t.firstTime()
	why := ""
	if p := t.e.Reading.Plan; p != nil {
		why = line(p.Rest, longest)
	}
	later := State{Form: t.Form, Topic: t.Topic, Scope: t.Scope, Points: t.Points, Chair: t.Chair, Waived: t.Waived, Link: "-", From: w.At}
	switch {
	case w.At.IsZero() || w.Day || !w.At.After(t.e.At):
		t.again("move", "move-unread", nil)
		return
	case why == "":
		t.again("move", "move-why", flows.Vars{"at": flows.At(w.At)})
		return
	}
	if lacks := slices.DeleteFunc(later.Lacks(t.e.Settings, t.e.At), func(l Lack) bool { return l.What != "clear" }); len(lacks) > 0 {
		t.Wanted = w.At
		vars := t.waivers()
		vars["n"], vars["has"], vars["at"] = flows.Num(lacks[0].N), flows.Num(lacks[0].Has), flows.At(w.At)
		asked := t.waivers()
		asked["clear_n"], asked["clear_has"], asked["clear_source"] = vars["n"], vars["has"], flows.Text(lacks[0].Source)
		t.askWaiver(w.At, asked)
		t.reply("move-clear", vars, flows.Button{Words: "b-waive", Choice: "waive"}, flows.Button{Words: "b-move", Choice: "move"})
		return
	}
	t.Changed = why
	to := w.At.Add(t.To.Sub(t.From))
	room := t.Room
	if p := t.e.Reading.Plan; len(p.Rooms) > 0 {
		room = p.Rooms[0]
	}
	if t.inRoom() && room != "" {
		t.Later, t.LaterRoom = w.At, room
		t.book(room, flows.TheMeeting, w.At, to)
		return
	}
	t.From, t.To = w.At, to
	t.moved()
}

// moved tells everybody of another date.
func (t *turn) moved() {
	t.Noticed, t.Version, t.Freed, t.Wanted = t.leaves(), t.Version+1, false, time.Time{}
	if t.Seats > 0 || t.inRoom() {
		t.seats()
	}
	t.sendAway()
	t.nextWaiting()
	t.overwrite(t.Version-1, "notice-moved")
	t.everybody("moved", t.comingButtons()...)
	t.inviteHomes("invite-home")
	t.clocks()
	t.news("set", flows.TopicNews{At: t.From, Where: t.where()})
	t.board(true)
}

// sendAway asks for those who have checked in already.
func (t *turn) sendAway() {
	if t.Came > 0 {
		t.do(flows.Next{Tag: TagHere, N: 100})
	}
}

// off calls it off.
func (t *turn) off(why string) {
	t.Changed = why
	t.callOff()
}

func (t *turn) callOff() {
	t.free(-1)
	t.Stage = Off
	t.sendAway()
	t.overwrite(t.Version, "notice-off")
	t.everybody("off")
	t.do(t.wake(t.e.At.AddDate(0, 0, 14), "off-"+itoa(t.Version)))
	t.board(true)
}
