package hearing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
)

// The meeting: point by point what was said, hands, polls, decisions. It has a beginning
// and an end, and in a group only what is said between them by people who have said that
// they want to speak is kept.

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// due is shortly before the meeting should begin: what is still stopped is called off.
func (t *turn) due() {
	if t.Frozen != nil {
		t.Changed = t.Frozen.Why
		t.callOff()
		return
	}
	if t.Organiser != "" {
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "board-below", Vars: t.vars(), Slot: t.slot(), Tidy: true})
		t.Shows++
	}
	t.board(false)
}

// begin opens the meeting.
func (t *turn) begin() {
	if t.e.At.Before(t.From.Add(-time.Hour)) {
		t.toast("begin-early", nil)
		return
	}
	t.Stage, t.Begun = Meeting, t.e.At
	if len(t.Points) > 0 {
		t.At = 1
		t.Points = slices.Clone(t.Points)
		t.Points[0].Begun = t.e.At
	}
	buttons := []flows.Button{{Words: "b-say-now", Choice: "say"}}
	if t.inRoom() {
		buttons = append(buttons, flows.Button{Words: "b-here", Choice: "here"})
	}
	t.overwrite(t.Version, "notice-begun", append(buttons, flows.Button{Words: "b-page", Link: "page"})...)
	if t.Group != "" {
		t.toGroup("begun")
	}
	t.board(true)
}

// toGroup says something in the group in which the meeting is held.
func (t *turn) toGroup(words string) {
	t.do(flows.Say{To: flows.To{Group: t.Group}, Class: flows.Notice, Reply: true, Words: "group-" + words, Vars: t.vars(),
		Buttons: []flows.Button{{Words: "b-speak", Choice: "speak"}}})
}

// speak says that somebody wants to speak in the group: from now on what they say in it
// is kept.
func (t *turn) speak() {
	if t.Stage != Meeting || t.Group == "" {
		t.holds()
		return
	}
	part, tag := t.mine()
	if tag != TagHere {
		t.arrive(string(t.e.By.Person), part, tag)
	}
	t.toast("speak", nil)
}

// heard is something said in the group in which the meeting is held, by who has a part in
// it.
func (t *turn) heard(w flows.Said) {
	part, tag := t.mine()
	may := tag == TagHere
	if t.Stage != Meeting || !may || t.Frozen != nil || t.e.Chat.Directory != t.Group {
		return
	}
	text := line(w.Message.Text, longest)
	if text == "" {
		return
	}
	if w.Edited {
		for _, n := range part.Items {
			if x, ok := t.itemOf(n); ok && !x.Gone && x.Ref != "" && x.Ref == w.Message.Ref {
				x.Text = text
				t.putItem(n, x)
				return
			}
		}
		return
	}
	if len(part.Items) >= maxSaid || t.Last >= maxItems {
		return
	}
	t.sayWords(text, w.Message.Ref)
	t.do(flows.Say{To: flows.To{Chat: t.e.Chat.ID}, Class: flows.Notice, Reply: true, React: "heard", Quote: w.Message.Ref})
}

// point goes on to a point of the agenda.
func (t *turn) point(n int) {
	if n < 1 || n > len(t.Points) {
		t.holds()
		return
	}
	t.At = n
	t.Points = slices.Clone(t.Points)
	if t.Points[n-1].Begun.IsZero() {
		t.Points[n-1].Begun = t.e.At
	}
	if t.Group != "" {
		t.toGroup("point")
	}
	t.board(false)
}

// now is the point that is being talked about, nil if there is none.
func (t *turn) now() *Point {
	if t.At < 1 || t.At > len(t.Points) {
		return nil
	}
	t.Points = slices.Clone(t.Points)
	return &t.Points[t.At-1]
}

// full says that the record takes no more.
func (t *turn) full() bool {
	if t.Last >= maxItems {
		t.reply("said-much", nil)
		return true
	}
	return false
}

// note is what somebody has said, put down by the organiser.
func (t *turn) note(text string) {
	if t.full() {
		return
	}
	n := t.item(Item{Kind: "said", Point: t.At, Text: text, At: t.e.At})
	t.redraft()
	t.reply("noted", flows.Vars{"n": flows.Num(n)}, flows.Button{Words: "b-undo", Choice: "undo=" + itoa(n)}, flows.Button{Words: "b-note", Choice: "note"})
}

var (
	handsFor     = regexp.MustCompile(`(?:赞成|同意|支持|for|yes)\D{0,3}(\d{1,4})`)
	handsAgainst = regexp.MustCompile(`(?:反对|不同意|不赞成|against|no)\D{0,3}(\d{1,4})`)
	handsAbstain = regexp.MustCompile(`(?:弃权|abstain)\D{0,3}(\d{1,4})`)
	notAgainst   = regexp.MustCompile(`不同意|不赞成`)
)

// readHands reads "赞成12 反对3 弃权1", in any order.
func readHands(text string) (h Hands, ok bool) {
	text = strings.ToLower(wide(text))
	find := func(re *regexp.Regexp, s string) (int, bool) {
		m := re.FindStringSubmatch(s)
		if m == nil {
			return 0, false
		}
		return number(m[1]), true
	}
	var yes, no, rest bool
	h.Against, no = find(handsAgainst, text)
	h.Abstain, rest = find(handsAbstain, text)
	h.For, yes = find(handsFor, notAgainst.ReplaceAllString(text, "反对"))
	return h, yes || no || rest
}

// wide turns digits of full width into plain ones.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, s)
}

// hands takes the hands that were counted on the point that is on.
func (t *turn) hands(text string) {
	h, ok := readHands(text)
	p := t.now()
	switch {
	case p == nil:
		t.holds()
		return
	case !ok:
		t.again("hands", "hands-unread", nil)
		return
	case t.full():
		return
	}
	h.By = t.e.By.Person
	h.Item = t.item(Item{Kind: "hands", Point: t.At, Text: itoa(h.For) + "/" + itoa(h.Against) + "/" + itoa(h.Abstain), At: t.e.At})
	t.now().Hands = &h
	t.redraft()
	vars := flows.Vars{"for": flows.Num(h.For), "against": flows.Num(h.Against), "abstain": flows.Num(h.Abstain)}
	if there := t.Came; h.For+h.Against+h.Abstain > there && there > 0 {
		vars["more"] = flows.Num(there)
	}
	t.reply("hands-in", vars, flows.Button{Words: "b-hands", Choice: "hands"}, flows.Button{Words: "b-decide", Choice: "decide"})
}

// poll opens a poll on the point that is on: its starter sees the preview.
func (t *turn) poll() {
	p := t.now()
	if p == nil || t.e.Reading.Poll == nil {
		t.again("poll", "poll-unread", nil)
		return
	}
	p.Poll = &Polled{}
	t.do(flows.Open{Flow: "poll", Data: flows.Data(flows.Asked{Scope: t.Scope, Force: flows.Opinion})})
}

// polled is what a poll says that was opened here.
func (t *turn) polled(from flows.ID, name string, p flows.Polled) {
	t.Points = slices.Clone(t.Points)
	for i := range t.Points {
		x := t.Points[i].Poll
		if x == nil || x.Case != from && (x.Case != "" || name != "polling") {
			continue
		}
		t.Points[i].Poll = &Polled{Case: from, Result: line(p.Text, longest)}
		if name == "polled" {
			t.redraft()
			t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "poll-result", Vars: t.with(flows.Vars{"text": flows.Text(t.Points[i].Poll.Result)}), Slot: "polled-" + itoa(i)})
		}
		return
	}
}

// decide takes what was decided: what, who does it, by when. Without a person and a date
// there is nothing to be done.
func (t *turn) decide(text string) {
	d := Decision{Text: text}
	p := t.e.Reading.Plan
	if p != nil && len(p.People) > 0 {
		d.Who = p.People[0]
		w := last(text, p.Times)
		if !w.At.IsZero() {
			d.Due = t.byEnd(w)
		}
		d.Text = t.what(text, w, d.Who)
	}
	switch {
	case d.Text == "":
		t.again("decide", "decide-what", nil)
		return
	case d.Who == "" && p != nil && slices.ContainsFunc(p.Times, func(w flows.When) bool { return deadline(text, w) }):
		t.again("decide", "decide-who", nil)
		return
	case d.Who != "" && (d.Due.IsZero() || !d.Due.After(t.e.At)):
		t.again("decide", "decide-when", nil)
		return
	case len(t.Decisions) >= 20 || t.full():
		t.reply("said-much", nil)
		return
	}
	d.Item = t.item(Item{Kind: "decision", Point: t.At, Text: d.Text, At: t.e.At})
	t.Decisions = append(slices.Clone(t.Decisions), d)
	t.redraft()
	vars := flows.Vars{"decision": flows.Text(d.Text)}
	if d.Who != "" {
		vars["doer"], vars["until"] = flows.Who(d.Who), flows.At(d.Due)
	}
	t.reply("decided", vars, flows.Button{Words: "b-undo", Choice: "undo=" + itoa(d.Item)}, flows.Button{Words: "b-decide", Choice: "decide"})
}

// last is the time by which something is to be done: the last that is called one, "12月20日
// 前", else the last at all.
func last(text string, times []flows.When) (w flows.When) {
	for _, x := range times {
		if deadline(text, x) || !deadline(text, w) {
			w = x
		}
	}
	return w
}

// what is what was decided, without the parts that say who does it and by when: those that
// say nothing else.
func (t *turn) what(text string, w flows.When, who flows.PersonID) string {
	o, _ := t.e.Settings.Official(who)
	says := func(part, words string) bool {
		return words != "" && strings.Contains(part, words) && utf8.RuneCountInString(part) <= utf8.RuneCountInString(words)+4
	}
	var kept []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，,；;", r) }) {
		part = strings.TrimSpace(part)
		role := false
		for _, x := range o.Posts {
			role = role || says(part, x.Role.In(flows.Languages[0]))
		}
		if part != "" && !says(part, w.Words) && !says(part, o.Name) && !role {
			kept = append(kept, strings.TrimRight(part, "。. "))
		}
	}
	return strings.Join(kept, "，")
}

// deadline says that words name the end of a time, "12月20日前": then somebody is to have
// done it by then.
func deadline(text string, w flows.When) bool {
	return w.Day && (strings.HasSuffix(w.Words, "前") || strings.Contains(text, w.Words+"前") || strings.Contains(text, w.Words+"之前") || strings.Contains(text, w.Words+"以前"))
}

// byEnd is the end of the working day that words name, or the clock time they name.
func (t *turn) byEnd(w flows.When) time.Time {
	if !w.Day {
		return w.At
	}
	hours := t.e.Settings.Calendar.Hours
	return hours[len(hours)-1].To.On(w.At.In(t.e.At.Location()))
}

// undo strikes out what the organiser has put down. What people have said themselves only
// they can take back.
func (t *turn) undo(n int) {
	x, ok := t.itemOf(n)
	if !ok || x.By != "" || x.Gone {
		t.toast("not-undone", nil)
		return
	}
	switch x.Kind {
	case "guest":
		t.Came, t.Guests = max(0, t.Came-1), max(0, t.Guests-1)
	case "hands":
		t.Points = slices.Clone(t.Points)
		for i := range t.Points {
			if h := t.Points[i].Hands; h != nil && h.Item == n {
				t.Points[i].Hands = nil
			}
		}
	case "decision":
		t.Decisions = slices.DeleteFunc(slices.Clone(t.Decisions), func(d Decision) bool { return d.Item == n })
	case "complaint":
		if slices.ContainsFunc(t.Issue, func(i Issue) bool { return i.Item == n && i.Kind != "" }) {
			t.toast("not-undone", nil)
			return
		}
		t.Issue = slices.DeleteFunc(slices.Clone(t.Issue), func(i Issue) bool { return i.Item == n })
	}
	t.putItem(n, Item{Kind: x.Kind, Point: x.Point, At: x.At, Gone: true})
	t.redraft()
	t.toast("undone", nil)
}

// complaint is what is brought to a complaint meeting: by whom, or put down by the
// organiser for somebody.
func (t *turn) complaint(text string, by flows.PersonID) {
	if t.Form != flows.Complaints || t.Stage != Meeting && t.Stage != Minutes {
		t.holds()
		return
	}
	if t.full() {
		return
	}
	// What it is about and where, as it was read: a tap later makes a demand of it.
	x := Item{Kind: "complaint", By: by, Text: text, At: t.e.At, Matter: t.e.Reading.Item, Where: t.e.Reading.Place}
	if x.Where.Room = ""; by != "" && !x.Where.Known() {
		x.Where.Building = t.e.By.Home.Building
	}
	n := t.item(x)
	if by != "" {
		part, tag := t.mine()
		part.Items = append(slices.Clone(part.Items), n)
		if tag == "" {
			tag, part.At = TagSpeak, t.e.At
		}
		t.keep(part, tag)
		t.reply("said-complaint", nil, flows.Button{Words: "b-unsay", Choice: "unsay=" + itoa(n)})
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Reply: true, Words: "brought", Vars: t.with(flows.Vars{"text": flows.Text(text), "n": flows.Num(n)}), Buttons: sortButtons(n)})
		return
	}
	t.redraft()
	t.reply("brought", flows.Vars{"text": flows.Text(text), "n": flows.Num(n)}, append(sortButtons(n), flows.Button{Words: "b-undo", Choice: "undo=" + itoa(n), Row: 1})...)
}

func sortButtons(n int) []flows.Button {
	return []flows.Button{{Words: "b-file", Choice: "file=" + itoa(n)}, {Words: "b-raise", Choice: "raise=" + itoa(n)}}
}

// issue gives what was brought under a number and led to nothing yet.
func (t *turn) issue(n int) (x Item, i int) {
	x, ok := t.itemOf(n)
	i = slices.IndexFunc(t.Issue, func(s Issue) bool { return s.Item == n })
	if !ok || x.Gone || i < 0 || t.Issue[i].Kind != "" {
		t.toast("sorted-already", nil)
		return x, -1
	}
	t.Issue = slices.Clone(t.Issue)
	return x, i
}

// raise makes a topic of what was brought.
func (t *turn) raise(n int) {
	x, i := t.issue(n)
	if i < 0 {
		return
	}
	t.Issue[i].Kind = "topic"
	t.do(flows.Open{Flow: Name, Apart: true, Data: flows.Data(flows.Topic{Text: unnamed(x.Text), Place: x.Where, Why: "open", By: t.e.By.Person})})
	t.redraft()
	t.toast("raised", nil)
}

// unnamed takes away who is said to have said it, "孙大爷：东门口…": a topic is for everybody
// to read.
func unnamed(text string) string {
	if who, rest, ok := strings.Cut(text, "："); ok && utf8.RuneCountInString(who) <= 8 && strings.TrimSpace(rest) != "" {
		return strings.TrimSpace(rest)
	}
	return text
}

// file makes a demand of what was brought.
func (t *turn) file(n int) {
	x, i := t.issue(n)
	if i < 0 {
		return
	}
	t.Issue[i].Kind = "demand"
	t.do(flows.Open{Flow: "demand", Apart: true, Data: flows.Data(flows.Brought{Meeting: t.e.Case.ID, Matter: x.Matter, Text: x.Text, Place: x.Where, By: x.By})})
	t.redraft()
	t.toast("filed", nil)
}

// filed is the number of the demand that came of something.
func (t *turn) filed(from flows.ID, no int) {
	t.Issue = slices.Clone(t.Issue)
	for i := range t.Issue {
		if t.Issue[i].Kind == "demand" && t.Issue[i].Case == "" {
			t.Issue[i].Case, t.Issue[i].No = from, no
			t.redraft()
			return
		}
	}
}

// end closes the meeting: the minutes are drafted. A meeting to which nobody came was
// none.
func (t *turn) end() {
	t.Ended = t.e.At
	t.free(-1)
	if t.Group != "" {
		t.toGroup("ended")
		for i, eff := range t.effects {
			if say, ok := eff.(flows.Say); ok && say.Words == "group-ended" {
				say.Buttons = nil
				t.effects[i] = say
			}
		}
	}
	if t.Came == 0 && t.nothingSaid() {
		t.Stage, t.Changed = Off, ""
		t.Begun, t.Ended, t.At = time.Time{}, time.Time{}, 0
		t.tellProposer("nobody-came")
		t.do(t.wake(t.e.At.AddDate(0, 0, 14), "off-"+itoa(t.Version)))
		t.board(true)
		return
	}
	t.minutes()
}

func (t *turn) nothingSaid() bool {
	return len(t.Decisions) == 0 && len(t.Issue) == 0 && !slices.ContainsFunc(t.Points, func(p Point) bool { return len(p.Items) > 0 || p.Hands != nil })
}

// late asks the organiser about a meeting that nobody has begun, or nobody has ended.
func (t *turn) late() {
	switch t.Stage {
	case Notice:
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Personal, Words: "late-begin", Vars: t.vars(),
			Buttons: []flows.Button{{Words: "b-begin", Choice: "begin"}, {Words: "b-off", Choice: "off"}}})
	case Meeting:
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Personal, Words: "late-end", Vars: t.vars(), Buttons: []flows.Button{{Words: "b-end", Choice: "end"}}})
	}
}

// final ends what nobody has ended half a day later: nothing more of the group is kept.
func (t *turn) final() {
	switch {
	case t.Stage == Meeting:
		t.end()
	case t.Stage == Notice:
		t.Changed = ""
		t.Stage = Off
		t.free(-1)
		t.overwrite(t.Version, "notice-off")
		t.do(t.wake(t.e.At.AddDate(0, 0, 14), "off-"+itoa(t.Version)))
		t.board(false)
	}
}
