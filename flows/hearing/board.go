package hearing

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// What is said about a hearing: the organiser's message, which is changed as it goes on,
// and how it stands for whoever asks.

// vars are the values that most texts are filled with. A time that is not set is not among
// them.
func (t *turn) vars() flows.Vars {
	s := t.e.Settings
	v := flows.Vars{
		"topic": flows.Text(t.Topic), "form": flows.Text(string(t.Form)), "stage": flows.Text(t.Stage), "scope": flows.In(t.Scope), "why": flows.Text(t.Why),
		"people": flows.Num(t.People), "changed": flows.Text(t.Changed), "code": flows.Text(""), "where": flows.Text(t.where()),
		"tasks": flows.Num(t.working()), "needed": flows.Num(len(t.Needed)), "kept": flows.Num(t.Kept), "slots": flows.Num(len(t.Slots)), "points": flows.Num(len(t.Points)), "agenda": flows.Text(t.pointList()),
		"link": flows.Text(t.Link), "group": flows.Text(""), "owner": flows.Text(t.ownerOf(t.Room)), "report": flows.Text(t.Report.To), "answer": flows.Text(t.Report.Answer), "refusal": flows.Text(t.Vetted.Why),
	}
	if t.Group != "" {
		g, _ := s.Group(t.Group)
		v["group"] = flows.Text(g.Name)
	}
	for k, p := range map[string]flows.PersonID{"organiser": t.Organiser, "chair": t.Chair, "vetter": t.Vetted.By} {
		if _, ok := s.Official(p); ok && (k != "vetter" || t.Report.To == "") {
			v[k] = flows.Who(p)
		}
	}
	for k, at := range map[string]flows.Time{"from": t.From, "to": t.To, "until": t.Until, "list_at": t.Vetted.List, "due": t.Vetted.Due, "next": t.Report.Next, "asked": t.Report.At, "minutes_due": t.Due, "noticed": t.Noticed} {
		if !at.IsZero() {
			v[k] = flows.At(at)
		}
	}
	if t.inRoom() {
		v["code"] = flows.Text(t.Code)
	}
	if t.Seats > 0 {
		open := t.Seats - t.Kept - (t.Taken.Seats - t.Taken.Kept)
		if t.Freed {
			open = t.Seats - t.Taken.Seats
		}
		v["seats"], v["left"] = flows.Num(t.Seats), flows.Num(max(0, open))
	}
	if f := t.Frozen; f != nil {
		v["objection"], v["objector"] = flows.Text(f.Why), flows.Who(f.By)
		if f.Reply != "" {
			v["response"] = flows.Text(f.Reply)
		}
	}
	for _, w := range t.Waived {
		if w.For.Equal(t.From) {
			v["waiver"], v["waived_by"] = flows.Text(w.Why), flows.Who(w.By)
		}
	}
	if t.At > 0 && t.At <= len(t.Points) {
		v["point"], v["n"] = flows.Text(t.Points[t.At-1].Text), flows.Num(t.At)
	}
	if t.e.Settings.Calendar.Missing(t.From) && !t.From.IsZero() {
		v["year"] = flows.Num(t.From.Year())
	}
	return v
}

// pointList is the agenda, one point a line.
func (s State) pointList() string {
	var w strings.Builder
	for i, p := range s.Points {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.WriteString(itoa(i+1) + ". " + p.Text)
	}
	return w.String()
}

// slot is the organiser's message.
func (t *turn) slot() string {
	if t.Shows == 0 {
		return "board"
	}
	return "board-" + itoa(t.Shows)
}

// board shows the organiser how it stands and what can be done: in the place of what was
// shown before, or below, where they have just written something.
func (t *turn) board(below bool) {
	if t.Organiser == "" || t.Stage == Offered || t.Stage == Gone {
		return
	}
	mine := t.e.By.Person == t.Organiser
	if below && mine {
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "board-below", Vars: t.vars(), Slot: t.slot(), Tidy: true, Reply: true})
		t.Shows++
	}
	say := t.boardSay(t.Organiser)
	say.Reply = mine
	t.do(say)
	if below && !mine && t.convenes(t.e.By) && t.Stage != Meeting {
		t.toast("noted-board", nil)
	}
	if t.Stage == Meeting && t.Chair != "" && t.Chair != t.Organiser {
		chair := t.boardSay(t.Chair)
		chair.Slot, chair.Reply = "chair-board", t.e.By.Person == t.Chair
		t.do(chair)
	}
}

// boardOnce shows it where the same step may have shown it before: the later is what is read.
func (t *turn) boardOnce() { t.board(false) }

func button(choice string) flows.Button { return flows.Button{Words: "b-" + choice, Choice: choice} }

// boardSay is the organiser's message.
func (t *turn) boardSay(p flows.PersonID) flows.Say {
	say := flows.Say{To: flows.To{Person: p}, Class: flows.Work, Words: "board-" + t.Stage, Vars: t.vars(), Slot: t.slot()}
	if t.Stage == Rating && t.working() == 0 {
		say.Words = "board-" + Tasks
	}
	if t.Stage == Meeting || t.Stage == Notice && !t.e.At.Before(t.From.Add(-time.Hour)) {
		say.Class = flows.Personal // meetings are held on Saturdays, too
	}
	row := 0
	add := func(choices ...string) {
		for _, c := range choices {
			b := button(c)
			b.Row = row
			say.Buttons = append(say.Buttons, b)
		}
		row++
	}
	page := func() {
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-page", Link: "page", Row: row})
		row++
	}
	switch t.Stage {
	case Waiting:
		add("topic", "drop")
	case Upward:
		if t.Report.Answer == "" {
			add("reply", "asked")
		} else {
			add("resume", "finish")
		}
	case Planning:
		t.slotsInto(say.Vars)
		add("times", "agenda", "attach")
		if len(t.Slots) > 0 {
			add("send")
		}
		add("where", "who", "scope")
		if t.Form != flows.Complaints {
			add("drop")
		}
	case Asking:
		t.slotsInto(say.Vars)
		add("list", "times")
	case Set:
		t.lacksInto(say.Vars)
		switch lacks := t.Lacks(t.e.Settings, t.e.At); {
		case len(lacks) == 0:
			add("publish")
		default:
			if slices.ContainsFunc(lacks, func(l Lack) bool { return l.What == "clear" }) {
				add("waive")
			}
			if slices.ContainsFunc(lacks, func(l Lack) bool { return l.What == "owner" }) {
				add("agreed")
			}
		}
		add("agenda", "times")
		add("where", "who", "scope")
	case Notice:
		say.Vars["coming"], say.Vars["proxies"], say.Vars["waiting"] = flows.Num(t.e.Counts[TagYes]), flows.Num(t.e.Counts[TagProxy]), flows.Num(t.e.Counts[TagWait])
		say.Vars["before"] = flows.Num(len(t.Before))
		if t.OwnerAsked {
			add("agreed")
		}
		if !t.e.At.Before(t.From.Add(-time.Hour)) {
			add("begin", "guest")
		}
		add("move", "where", "off")
		page()
	case Meeting:
		say.Vars["came"] = flows.Num(t.Came)
		if t.Form == flows.Complaints {
			add("complaint", "guest")
		} else {
			add("note", "hands", "poll")
			add("decide", "guest")
		}
		if t.At > 0 && t.At < len(t.Points) {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-point", Choice: "point=" + itoa(t.At+1), Row: row})
		}
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-end", Choice: "end", Row: row})
	case Minutes:
		for k, v := range t.recordVars() {
			say.Vars[k] = v
		}
		if p == t.Chair {
			add("confirm")
		} else {
			add("signed")
		}
		add("fix", "note", "decide")
		page()
	case Tasks, Rating:
		say.Vars["decided"], say.Vars["done"], say.Vars["tasks"] = flows.Text(t.decisionList()), flows.Num(t.finished()), flows.Num(t.working())
		open := 0
		for _, d := range t.Dissents {
			if d.Answered.IsZero() && !d.Left {
				open++
			}
		}
		say.Vars["open"] = flows.Num(open)
		page()
	case Off:
		add("again", "drop")
	}
	if t.Frozen != nil && len(say.Buttons) > 0 {
		say.Buttons = []flows.Button{button("respond")}
	}
	return say
}

// finished is how many of the tasks are done.
func (s State) finished() (n int) {
	for _, d := range s.Decisions {
		if d.Who != "" && d.How == "done" {
			n++
		}
	}
	return n
}

// slotsInto says of the times which rooms they have, and which are holidays.
func (t *turn) slotsInto(vars flows.Vars) {
	if len(t.Slots) == 0 {
		return
	}
	vars["list"] = t.dates()
	var rooms, without, holidays []string
	missing := 0
	for i, s := range t.Slots {
		switch {
		case !t.inRoom():
		case s.Room != "":
			rooms = append(rooms, itoa(i+1)+" "+t.roomName(s.Room))
		default:
			without = append(without, itoa(i+1))
		}
		if s.Taken == "taken" && !s.Free.IsZero() && vars["taken"].S == "" {
			vars["taken"], vars["taken_room"] = flows.Text(itoa(i+1)), flows.Text(t.roomName(s.Tried[0]))
			vars["free"] = flows.At(s.Free)
		}
		if s.Holiday {
			holidays = append(holidays, itoa(i+1))
		}
		if t.e.Settings.Calendar.Missing(s.From) {
			missing = s.From.Year()
		}
	}
	vars["rooms"], vars["roomless"], vars["holidays"] = flows.Text(strings.Join(rooms, "；")), flows.Text(strings.Join(without, "、")), flows.Text(strings.Join(holidays, "、"))
	if missing > 0 {
		vars["year"] = flows.Num(missing)
	}
}

// lacksVars are the words of what the notice lacks.
func (t *turn) lacksVars() flows.Vars {
	vars := flows.Vars{}
	t.lacksInto(vars)
	return vars
}

// lacksInto says what is missing of the notice, which rule says so, and who may waive it.
func (t *turn) lacksInto(vars flows.Vars) {
	for _, l := range t.Lacks(t.e.Settings, t.e.At) {
		vars["no_"+l.What] = flows.Text("1")
		vars["lacks"] = flows.Text("1")
		if l.What == "clear" {
			vars["clear_n"], vars["clear_has"], vars["clear_source"] = flows.Num(l.N), flows.Num(l.Has), flows.Text(l.Source)
			for k, v := range t.waivers() {
				vars[k] = v
			}
		}
	}
}

// look tells somebody how it stands, with what they can do.
func (t *turn) look() {
	p := t.e.By.Person
	if p == "" {
		return
	}
	known := p != "" && (p == t.Proposer || t.e.Entry != nil || t.convenes(t.e.By) || t.e.Settings.May(t.e.By, flows.Observe, t.Scope))
	public := !t.First.IsZero() || t.Stage == Asking || t.Report.Answer != ""
	if !known && !public || t.Stage == Offered && p != t.Proposer || t.Stage == Gone {
		t.toast("not-known-yet", nil)
		return
	}
	if p == t.Organiser {
		t.board(true)
		return
	}
	switch t.Stage {
	case Offered:
		t.do(t.offering()) // it has no number yet, and no page
	case Notice:
		say := t.invitation(flows.To{Person: p})
		say.Slot, say.Reply, say.Until = "", true, time.Time{} // they are asking now
		if t.present() && t.inRoom() {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-here", Choice: "here", Row: 2})
		}
		t.do(say)
	case Asking:
		say := t.asking(flows.To{Person: p})
		say.Slot, say.Reply, say.Until = "", true, time.Time{} // they are asking now
		t.do(say)
	default:
		buttons := []flows.Button{{Words: "b-page", Link: "page"}}
		if t.present() && t.inRoom() {
			buttons = append(buttons, flows.Button{Words: "b-here", Choice: "here"}, flows.Button{Words: "b-say-now", Choice: "say"})
		}
		switch {
		case t.watching() && t.Frozen != nil:
			buttons = append(buttons, flows.Button{Words: "b-lift", Choice: "lift"})
		case t.watching() && !t.over():
			buttons = append(buttons, flows.Button{Words: "b-object", Choice: "object"})
		}
		t.reply("look", nil, buttons...)
	}
}

// menu shows the organiser what can be chosen.
func (t *turn) menu(choice string) {
	s := t.e.Settings
	var bs []flows.Button
	add := func(words, text, choice string) {
		if len(bs) < 24 {
			bs = append(bs, flows.Button{Words: words, Vars: flows.Vars{"t": flows.Text(text)}, Choice: choice, Row: len(bs) / 2})
		}
	}
	switch choice {
	case "where":
		for _, r := range s.Rooms {
			add("b-text", r.Name, "room="+r.ID)
		}
		bs = append(bs, flows.Button{Words: "b-link", Choice: "link", Row: 20})
		for _, g := range s.Groups {
			add("b-in-group", g.Name, "group="+g.ID)
		}
	case "who":
		for _, p := range t.leaders() {
			o, _ := s.Official(p)
			add("b-chair", o.Name, "chair="+string(p))
		}
		for _, p := range t.Needed {
			if o, ok := s.Official(p); ok && p != t.Chair {
				add("b-unneed", o.Name, "unneed="+string(p))
			}
		}
		for _, o := range s.People {
			if !t.needs(o.ID) && slices.ContainsFunc(o.Posts, func(x flows.Post) bool { return x.Role != flows.OnDuty && s.Touches(x.Scope, t.Scope) }) {
				add("b-need", o.Name, "need="+string(o.ID))
			}
		}
	case "scope":
		for _, o := range append([]flows.Scope{flows.Everywhere, s.ScopeOf(t.Place)}, grids(s)...) {
			if o != t.Scope && s.May(t.e.By, flows.Convene, o) && !slices.ContainsFunc(bs, func(b flows.Button) bool { return b.Choice == "whom="+o.Word() }) {
				bs = append(bs, flows.Button{Words: "b-scope", Vars: flows.Vars{"scope": flows.In(o)}, Choice: "whom=" + o.Word(), Row: len(bs) / 2})
			}
		}
	}
	t.reply("menu-"+choice, nil, bs...)
}

func grids(s *flows.Settings) (list []flows.Scope) {
	for _, g := range s.Grids {
		list = append(list, flows.Scope{Grid: g.ID})
	}
	return list
}

// leaders are those who may chair it.
func (t *turn) leaders() (list []flows.PersonID) {
	for _, r := range []flows.Role{flows.Council, flows.Head, flows.Secretary, flows.Staff} {
		for _, p := range t.e.Settings.With(r, t.Scope) {
			if p != t.Chair && !slices.Contains(list, p) && len(list) < 8 {
				list = append(list, p)
			}
		}
	}
	return list
}
