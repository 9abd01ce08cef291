package hearing

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// The minutes: drafted from the record by template, each sentence with what it rests on;
// confirmed by the chair, published within a fixed time, and answered where somebody does
// not agree. Better words for them have a place in State.Prose; no sentence stands in it that
// the draft does not hold.

// minutes begins the time in which they must be out.
func (t *turn) minutes() {
	t.Stage = Minutes
	n := t.e.Settings.Hearings.Publish.Days()
	if n > 0 {
		t.Due = t.e.Settings.Calendar.Add(t.e.At, flows.Span{Days: n})
		if warn := t.e.Settings.Calendar.Next(flows.Clock(0).On(t.Due)); warn.After(t.e.At) {
			t.do(t.wake(warn, "minutes-0"))
		}
		t.do(t.wake(t.Due, "minutes-1"))
	}
	t.draft()
	t.board(true)
	t.toChair()
	t.reword()
}

// toChair asks the chair to confirm, where somebody else prepares it.
func (t *turn) toChair() {
	if t.Chaired != "" && t.Chaired != t.Organiser {
		t.do(flows.Say{To: flows.To{Person: t.Chaired}, Class: flows.Work, Words: "minutes-chair", Vars: t.recordVars(), Slot: "minutes", Buttons: []flows.Button{
			{Words: "b-confirm", Choice: "confirm"}, {Words: "b-fix", Choice: "fix"}, {Words: "b-page", Link: "page"}}})
	}
}

// redraft drafts again what has changed since the end of the meeting.
func (t *turn) redraft() {
	if t.Stage != Minutes {
		return
	}
	before := t.wording()
	if t.draft(); t.wording() != before {
		t.reword()
	}
}

// draft writes the minutes from the record.
func (t *turn) draft() { t.Draft = t.Lines(t.where()) }

// Lines are the minutes by template. Where is the name of the room.
func (s State) Lines(where string) (out []Line) {
	add := func(words string, vars flows.Vars, rests ...string) {
		out = append(out, Line{Words: words, Vars: vars, Rests: rests})
	}
	item := func(words string, n int, more ...string) {
		out = append(out, Line{Words: words, Item: n, Rests: append([]string{"item/" + itoa(n)}, more...)})
	}
	open := flows.Vars{"form": flows.Text(string(s.Form)), "topic": flows.Text(s.Topic), "begun": flows.At(s.Begun), "ended": flows.At(s.Ended), "scope": flows.In(s.Scope)}
	switch {
	case s.Group != "":
		open["group"] = flows.Text("1")
	case s.Link != "":
		open["link"] = flows.Text("1")
	default:
		open["room"] = flows.Text(where)
	}
	add("m-opened", open, "notice", "record")
	if !s.Noticed.IsZero() {
		add("m-notice", flows.Vars{"noticed": flows.At(s.Noticed), "days": flows.Num(ClearDays(s.Noticed, s.From))}, "notice")
	}
	for _, w := range s.Waived {
		if w.For.Equal(s.From) {
			add("m-waived", flows.Vars{"who": flows.Who(w.By), "why": flows.Text(w.Why)}, "waiver")
		}
	}
	if s.Chaired != "" {
		vars := flows.Vars{"chair": flows.Who(s.Chaired)}
		if s.Organiser != "" {
			vars["organiser"] = flows.Who(s.Organiser)
		}
		add("m-chair", vars, "record")
	}
	add("m-came", flows.Vars{"came": flows.Num(s.Came), "guests": flows.Num(s.Guests)}, "signin")
	if len(s.Before) > 0 {
		add("m-before", flows.Vars{"n": flows.Num(len(s.Before))}, "record")
		for _, n := range s.Before {
			item("m-item", n)
		}
	}
	for i, p := range s.Points {
		if p.Begun.IsZero() && len(p.Items) == 0 {
			add("m-point-skipped", flows.Vars{"n": flows.Num(i + 1), "point": flows.Text(p.Text)}, "record")
			continue
		}
		add("m-point", flows.Vars{"n": flows.Num(i + 1), "point": flows.Text(p.Text)}, "notice")
		for _, n := range p.Items {
			item("m-item", n)
		}
		if h := p.Hands; h != nil {
			vars := flows.Vars{"for": flows.Num(h.For), "against": flows.Num(h.Against), "abstain": flows.Num(h.Abstain)}
			if h.NeedBy != "" && !h.Need.Zero() {
				vars["need"], vars["need_by"] = flows.PartOf(h.Need), flows.Text(h.NeedBy)
				if h.Need.Met(h.For, h.For+h.Against+h.Abstain) {
					vars["enough"] = flows.Text("1")
				}
			}
			out = append(out, Line{Words: "m-hands", Vars: vars,
				Rests: []string{"hands/" + itoa(i+1), "item/" + itoa(h.Item)}})
		}
		if p.Poll != nil && p.Poll.Result != "" {
			add("m-poll", flows.Vars{"text": flows.Text(p.Poll.Result)}, "poll/"+string(p.Poll.Case))
		}
	}
	if n := s.followed(); n > 0 {
		add("m-brought", flows.Vars{"n": flows.Num(n)}, "record")
	}
	// What somebody has complained about stands with its number only: the words are for who
	// handles it.
	for _, i := range s.Issue {
		vars := flows.Vars{"n": flows.Num(i.Item)}
		switch i.Kind {
		case toDemand:
			vars["other"] = flows.Num(i.No)
			add("m-item-demand", vars, "item/"+itoa(i.Item))
		case toTopic:
			add("m-item-topic", vars, "item/"+itoa(i.Item))
		}
	}
	if len(s.Decisions) == 0 && s.Form != flows.Complaints {
		add("m-undecided", nil, "record")
	}
	for _, d := range s.Decisions {
		vars := flows.Vars{"decision": flows.Text(d.Text)}
		if d.Who != "" {
			vars["doer"], vars["until"] = flows.Who(d.Who), flows.At(d.Due)
		}
		if d.Clause != "" {
			vars["clause"] = flows.Text(d.Clause)
		}
		out = append(out, Line{Words: "m-decision", Vars: vars, Rests: []string{"item/" + itoa(d.Item)}})
	}
	for _, o := range s.Objected {
		add("m-objection", flows.Vars{"who": flows.Who(o.By), "why": flows.Text(o.Why), "reply": flows.Text(o.Reply)}, "objection")
	}
	return out
}

// recordVars are the numbers of the record, for the message with which the minutes are
// confirmed.
func (t *turn) recordVars() flows.Vars {
	said := len(t.Before)
	for _, p := range t.Points {
		said += len(p.Items)
	}
	v := t.vars()
	v["came"], v["said"], v["decisions"], v["issues"] = flows.Num(t.Came), flows.Num(said), flows.Num(len(t.Decisions)), flows.Num(t.followed())
	v["decided"], v["unsorted"] = flows.Text(t.decisionList()), flows.Text(strings.Join(t.open(), "、"))
	if slices.ContainsFunc(t.Decisions, func(d Decision) bool { return d.Clause != "" }) {
		v["clause"] = flows.Text("1")
	}
	if !t.Due.IsZero() {
		v["due"] = flows.At(t.Due)
	}
	return v
}

// followed is how much was brought and not set aside.
func (s State) followed() (n int) {
	for _, i := range s.Issue {
		if i.Kind != toNone {
			n++
		}
	}
	return n
}

// decisionList are the decisions one a line.
func (t *turn) decisionList() string {
	w := ""
	for i, d := range t.Decisions {
		if i > 0 {
			w += "\n"
		}
		w += itoa(i+1) + ". " + d.Text
		if o, ok := t.e.Settings.Official(d.Who); ok {
			w += "（" + o.Name + "，" + d.Due.In(t.e.At.Location()).Format("1月2日") + "前）"
		}
	}
	return w
}

// fix corrects the minutes: what was drafted stays, and what is right stands below.
func (t *turn) fix(text string) {
	if len(t.Fixes) >= 20 {
		t.reply("said-much", nil)
		return
	}
	t.Fixes = append(slices.Clone(t.Fixes), Fix{Text: text, By: t.e.By.Person, At: t.e.At})
	t.board(true)
}

// confirm publishes the minutes. The chair confirms them; one who has no telephone has
// signed them on paper, and the organiser says so.
func (t *turn) confirm(paper bool) {
	by := t.e.By.Person
	if !paper && by != t.Chaired {
		t.toast("chair-confirms", nil)
		return
	}
	if open := t.open(); len(open) > 0 {
		t.toast("sort-first", flows.Vars{"list": flows.Text(strings.Join(open, "、"))})
		return
	}
	t.Signed = Signature{Chair: t.Chaired, At: t.e.At}
	if paper {
		t.Signed.By = by
	}
	before := t.wording()
	t.draft()
	if t.Better != "" || t.wording() != before {
		t.unword() // words that nobody has said yes to, or that are about another draft
	}
	t.Stage, t.Published = Tasks, t.e.At
	t.do(flows.Seal{Sum: t.Sum()})
	vars := t.recordVars()
	if t.Chaired != t.Organiser && t.Chaired != "" {
		t.do(flows.Say{To: flows.To{Person: t.Chaired}, Class: flows.Work, Words: "minutes-out", Vars: vars, Slot: "minutes", Tidy: true})
	}
	page := flows.Button{Words: "b-page", Link: "page", Row: 1}
	t.do(flows.Say{To: flows.To{Nearest: t.Scope}, Class: flows.Notice, Words: "group-published", Vars: vars, Buttons: []flows.Button{{Words: "b-dissent", Choice: "dissent"}, page}, Slot: "published"})
	for _, tag := range []string{TagHere, TagYes, TagProxy, TagSpeak, TagAsked} {
		t.do(flows.Say{To: flows.To{Entries: tag, Except: t.leading()}, Class: flows.Personal, Words: "published", Vars: vars, Buttons: []flows.Button{{Words: "b-dissent", Choice: "dissent"}, page}, Slot: "published"})
	}
	t.watched("watch-minutes")
	t.tasks()
	due := time.Time{}
	for _, d := range t.Decisions {
		if d.Due.After(due) {
			due = d.Due
		}
	}
	t.news("decided", flows.TopicNews{Text: t.decisionList(), Due: due})
	t.board(true)
	t.settle()
}

// Sum is the sum over what was published, which the journal keeps: hex SHA-256 of the
// sentences and the corrections. What people have said themselves is not in it, because it
// can be taken back.
func (s State) Sum() string {
	sum := sha256.Sum256(flows.Data(struct {
		Lines []Line `json:"lines"`
		Fixes []Fix  `json:"fixes"`
	}{s.Draft, s.Fixes}))
	return hex.EncodeToString(sum[:])
}

// unpublished reminds those who have to confirm; when the time is over, the head and the
// supervisors know.
func (t *turn) unpublished(n int) {
	people := []flows.PersonID{t.Organiser}
	if t.Chaired != t.Organiser && t.Chaired != "" {
		people = append(people, t.Chaired)
	}
	words := "minutes-soon"
	if n > 0 {
		words = "minutes-late"
	}
	for _, p := range people {
		t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Work, Words: words, Vars: t.recordVars(), Bundle: true, Buttons: []flows.Button{{Words: "b-board", Choice: "board"}}})
	}
	if n > 0 {
		for _, r := range []flows.Role{flows.Head, flows.Supervisor} {
			t.do(flows.Say{To: flows.To{Role: r, Scope: flows.Everywhere, Except: people}, Class: flows.Work, Words: "minutes-overdue", Vars: t.recordVars(), Bundle: true})
		}
	}
}

// disputing says whether somebody can say that they do not agree.
func (t *turn) disputing() bool {
	return (t.Stage == Tasks || t.Stage == Rating) && !t.outside()
}

// dissent is somebody who does not agree: they get an answer, which is tracked.
func (t *turn) dissent(text string) {
	part, tag := t.mine()
	switch {
	case !t.disputing():
		t.reply("holds", nil)
		return
	case t.full():
		return
	case len(part.Items) >= maxSaid:
		t.reply("said-much", nil)
		return
	}
	due := t.e.Settings.Calendar.Add(t.e.At, flows.Span{Days: max(1, t.e.Settings.Hearings.Dissent.Days())})
	n := t.item(Item{Kind: "dissent", By: t.e.By.Person, Where: flows.Place{Building: t.e.By.Home.Building}, Text: text, At: t.e.At})
	t.Dissents = append(slices.Clone(t.Dissents), Dissent{Item: n, At: t.e.At, Due: due})
	part.Items = append(slices.Clone(part.Items), n)
	if tag == "" {
		tag, part.At = TagSpeak, t.e.At
	}
	t.keep(part, tag)
	t.do(t.wake(due, "dissent-"+itoa(n)))
	t.reply("dissent-in", flows.Vars{"due": flows.At(due)}, flows.Button{Words: "b-undissent", Choice: "undissent=" + itoa(n)})
	t.do(t.dissentCard(n, text, due, "dissent-card"))
}

// dissentCard asks the organiser for an answer.
func (t *turn) dissentCard(n int, text string, due time.Time, words string) flows.Say {
	return flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: words, Slot: "dissent-" + itoa(n),
		Vars: t.with(flows.Vars{"text": flows.Text(text), "due": flows.At(due)}), Buttons: []flows.Button{{Words: "b-answer", Choice: "answer=" + itoa(n)}}}
}

// dissentOf is the place of one that waits for its answer, -1 if none does.
func (s State) dissentOf(n int) int {
	return slices.IndexFunc(s.Dissents, func(d Dissent) bool { return d.Item == n && d.Answered.IsZero() && !d.Left })
}

// dissentDue reminds the organiser of an answer, and lets the supervisors know.
func (t *turn) dissentDue(i int) {
	vars := t.with(flows.Vars{"due": flows.At(t.Dissents[i].Due)})
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "dissent-due", Vars: vars, Bundle: true, Buttons: []flows.Button{{Words: "b-answer", Choice: "answer=" + itoa(t.Dissents[i].Item)}}})
	t.do(flows.Say{To: flows.To{Role: flows.Supervisor, Scope: flows.Everywhere, Except: []flows.PersonID{t.Organiser}}, Class: flows.Work, Words: "dissent-overdue", Vars: vars, Bundle: true})
}

// answerTo answers somebody who does not agree.
func (t *turn) answerTo(n int, text string) {
	i := t.dissentOf(n)
	x, ok := t.itemOf(n)
	if i < 0 || !ok || x.Kind != "dissent" {
		t.reply("answered-already", nil)
		return
	}
	x.Reply = text
	t.putItem(n, x)
	t.Dissents = slices.Clone(t.Dissents)
	t.Dissents[i].Answered = t.e.At
	t.do(flows.Say{To: flows.To{Person: x.By}, Class: flows.Personal, Words: "dissent-answer", Vars: t.with(flows.Vars{"text": flows.Text(text)})},
		flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "dissent-answered", Vars: t.vars(), Slot: "dissent-" + itoa(n), Reply: t.e.By.Person == t.Organiser})
	if t.e.By.Person != t.Organiser {
		t.reply("dissent-answered", nil)
	}
	t.settle()
}

// undissent takes it back.
func (t *turn) undissent(value string) {
	n := number(value)
	i := t.dissentOf(n)
	x, ok := t.itemOf(n)
	if i < 0 || !ok || x.By != t.e.By.Person {
		t.toast("not-said", nil)
		return
	}
	t.Dissents = slices.Clone(t.Dissents)
	t.Dissents[i].Left = true
	t.putItem(n, Item{Kind: x.Kind, At: x.At, Gone: true})
	t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "dissent-gone", Vars: t.vars(), Slot: "dissent-" + itoa(n), Tidy: true})
	t.toast("unsaid", nil)
	t.settle()
}
