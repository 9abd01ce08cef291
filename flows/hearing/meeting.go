package hearing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

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
	if t.inRoom() && !t.Booked {
		t.Changed = "房间借不成"
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
	if slices.ContainsFunc(t.Lacks(t.e.Settings, t.Noticed), func(l Lack) bool { return l.What == "place" }) {
		t.toast("begin-place", nil)
		return
	}
	t.Stage, t.Begun, t.Chaired = Meeting, t.e.At, t.Chair
	if len(t.Points) > 0 {
		t.At = 1
		t.Points = slices.Clone(t.Points)
		t.Points[0].Begun = t.e.At
	}
	if t.Form == flows.Complaints {
		t.collect()
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
	before := t.Last
	if t.sayWords(text, w.Message.Ref); t.Last == before {
		return // nothing of it was kept
	}
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
	if t.Form == flows.Complaints {
		t.complaint(text, "", "")
		return
	}
	if t.full() {
		return
	}
	n := t.item(Item{Kind: "said", Point: t.At, Text: unnamed(text), At: t.e.At})
	t.redraft()
	t.reply("noted", flows.Vars{"n": flows.Num(n)}, flows.Button{Words: "b-undo", Choice: "undo=" + itoa(n)}, flows.Button{Words: "b-note", Choice: "note"})
}

var (
	handWords = regexp.MustCompile(`不同意|不赞成|不支持|反对|同意|赞成|支持|弃权|against|abstain|for|yes|no`)
	handMarks = regexp.MustCompile(`\d{1,4}|` + handWords.String())
)

// readHands reads "赞成12 反对3 弃权1" or "12人赞成，3人反对", in any order. Where a number is
// nobody's, or something is said twice, it is not understood.
func readHands(text string) (h Hands, ok bool) {
	marks := handMarks.FindAllString(strings.ToLower(wide(text)), -1)
	if len(marks) == 0 || len(marks)%2 != 0 {
		return h, false
	}
	seen := map[*int]bool{}
	for i := 0; i < len(marks); i += 2 {
		word, n := marks[i], marks[i+1]
		if handWords.MatchString(n) {
			word, n = n, word
		}
		if handWords.MatchString(n) || !handWords.MatchString(word) {
			return Hands{}, false
		}
		to := &h.For
		switch word {
		case "不同意", "不赞成", "不支持", "反对", "against", "no":
			to = &h.Against
		case "弃权", "abstain":
			to = &h.Abstain
		}
		if seen[to] {
			return Hands{}, false
		}
		seen[to], *to = true, number(n)
	}
	return h, true
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
	if r := t.e.Settings.Hearings; r.AgreeBy != "" {
		h.Need, h.NeedBy = r.Agree, r.AgreeBy
	}
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
		t.Points = slices.Clone(t.Points)
		for i := range t.Points {
			t.Points[i].Begun = time.Time{}
		}
		t.Begun, t.Ended, t.At, t.Chaired = time.Time{}, time.Time{}, 0, ""
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
		t.callOff()
	}
}
