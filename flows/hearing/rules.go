package hearing

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

// turn is one step of a hearing: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

// wake asks for a wake-up, at once where its time is past: the house may have slept.
func (t *turn) wake(at time.Time, name string) flows.Wake {
	if at.Before(t.e.At) {
		at = t.e.At
	}
	return flows.Wake{At: at, Name: name}
}

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	switch w := e.What.(type) {
	case flows.Opened:
		t.opened(w)
	case flows.Chose:
		t.chose(w)
	case flows.Said:
		t.said(w)
	case flows.Told:
		t.told(w)
	case flows.Woke:
		t.woke(w)
	case flows.Answered:
		if w.Name == "next:"+TagWait {
			t.promote(data[[]flows.Entry](w.Data))
		}
	case flows.Missed:
		t.missed(w)
	case flows.Erased:
		t.erased(w)
	}
	// What other cases answer comes within the step, and is the newer: it must be said after
	// what is said here.
	slices.SortStableFunc(t.effects, func(a, b flows.Effect) int { return after(a) - after(b) })
	return t.State, t.effects
}

// after is 1 for effects that another case, or a list of entries, answers.
func after(e flows.Effect) int {
	switch e.(type) {
	case flows.Tell, flows.Open, flows.Next:
		return 1
	}
	return 0
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

// duties are the choices of whoever convenes a hearing, with the stages in which each
// makes sense.
var duties = map[string][]string{
	"lead":      {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Off},
	"board":     {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Rating, Off},
	"topic":     {Waiting},
	"whom":      {Planning, Asking, Set},
	"chair":     {Planning, Asking, Set, Notice, Meeting, Minutes},
	"need":      {Planning, Asking, Set},
	"unneed":    {Planning, Asking, Set},
	"attach":    {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting},
	"times":     {Planning, Asking, Set},
	"send":      {Planning},
	"list":      {Asking},
	"slot":      {Planning, Asking, Set},
	"where":     {Planning, Asking, Set},
	"who":       {Planning, Asking, Set},
	"scope":     {Planning, Asking, Set},
	"room":      {Planning, Asking, Set},
	"link":      {Planning, Asking, Set},
	"group":     {Planning, Asking, Set},
	"agreed":    {Set, Notice},
	"agenda":    {Planning, Asking, Set},
	"waive":     {Set, Notice},
	"publish":   {Set},
	"move":      {Notice},
	"off":       {Notice},
	"again":     {Off},
	"drop":      {Waiting, Planning, Asking, Set, Off},
	"begin":     {Notice},
	"point":     {Meeting},
	"note":      {Meeting, Minutes},
	"hands":     {Meeting, Minutes},
	"poll":      {Meeting},
	"decide":    {Meeting, Minutes},
	"undo":      {Meeting, Minutes},
	"in":        {Notice, Meeting},
	"guest":     {Notice, Meeting, Minutes},
	"complaint": {Meeting, Minutes},
	"raise":     {Meeting, Minutes, Tasks},
	"file":      {Meeting, Minutes, Tasks},
	"end":       {Meeting},
	"fix":       {Minutes},
	"confirm":   {Minutes},
	"signed":    {Minutes},
	"answer":    {Tasks, Rating},
	"retask":    {Tasks},
	"reply":     {Upward},
	"asked":     {Upward},
	"resume":    {Upward},
	"finish":    {Upward},
	"respond":   {Waiting, Review, Upward, Planning, Asking, Set, Notice, Meeting, Minutes, Tasks, Rating, Off},
}

// halted are the duties that an objection stands against: those that bring the hearing
// further. What only notes what is, or makes it less, goes on.
var halted = []string{"send", "slot", "publish", "move", "begin", "point", "hands", "poll", "decide", "confirm", "signed", "raise", "file", "resume"}

// Fits says whether a choice of those who convene, review or supervise makes sense as the
// hearing stands. Who may make it the rules decide.
func (s State) Fits(choice string) bool {
	word, _, _ := strings.Cut(choice, "=")
	switch word {
	case "rev":
		return (s.Stage == Review || s.Stage == Waiting) && s.Frozen == nil
	case "object":
		return !s.over() && s.Stage != Offered && s.Frozen == nil
	case "lift", "respond":
		return !s.over() && s.Frozen != nil
	}
	return slices.Contains(duties[word], s.Stage) && (s.Frozen == nil || !slices.Contains(halted, word))
}

// worded are the duties that need words: the tag under which they come.
var worded = []string{"topic", "attach", "times", "link", "agenda", "waive", "move", "off", "note", "hands", "poll", "decide", "guest", "complaint", "fix", "reply", "respond"}

// chose is a button. One of an earlier stage that is still on somebody's phone is
// answered, and does nothing.
func (t *turn) chose(w flows.Chose) {
	if t.e.By.Person == "" {
		return
	}
	switch w.Choice {
	case "propose":
		t.proposed(w.Value == "yes")
	case "tick", "none":
		t.tick(w)
	case "come", "nocome", "kept":
		t.answer(w.Choice)
	case "proxy":
		t.ask("proxy", "ask-proxy", t.coming())
	case "say":
		t.ask("say", "ask-say", t.speaking())
	case "unsay":
		t.unsay(w.Value)
	case "speak":
		t.speak()
	case "named", "unnamed":
		t.named(w.Choice == "named")
	case "here":
		if w.Value == "" {
			t.ask("here", "ask-here", t.present())
		} else {
			t.here(w.Value)
		}
	case "dissent":
		t.ask("dissent", "ask-dissent", t.disputing())
	case "undissent":
		t.undissent(w.Value)
	case "rate":
		t.rate(w.Value)
	case "open", "look":
		t.look()
	case "rev":
		t.reviewed(w.Value)
	case "object":
		t.ask("object", "ask-object", t.watching() && t.Frozen == nil && !t.over())
	case "lift":
		t.lift()
	default:
		t.lead(w)
	}
}

// ask waits for the actor's words, if it may be at all.
func (t *turn) ask(tag, words string, may bool) {
	if !may {
		t.holds()
		return
	}
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: t.vars(), Reply: true, Expect: tag, For: 24 * time.Hour})
}

// convenes says whether somebody prepares and leads this hearing: its organiser, its
// chair, or who may convene one here.
func (t *turn) convenes(a flows.Actor) bool {
	return a.Person != "" && len(a.Posts) > 0 && (a.Person == t.Organiser || a.Person == t.Chair || t.e.Settings.May(a, flows.Convene, t.Scope))
}

// watching says that the actor supervises.
func (t *turn) watching() bool { return t.e.Settings.May(t.e.By, flows.Object, t.Scope) }

// duty says whether the actor may do what a choice asks for, now, and answers if not.
func (t *turn) duty(choice string) bool {
	stages, known := duties[choice]
	switch {
	case !known:
		t.holds()
	case choice == "waive" && t.mayWaive(t.e.By) && slices.Contains(stages, t.Stage):
		return true
	case !t.convenes(t.e.By):
		t.toast("not-yours", nil)
	case !slices.Contains(stages, t.Stage):
		t.holds()
	case t.Frozen != nil && slices.Contains(halted, choice):
		t.toast("frozen", nil)
	default:
		return true
	}
	return false
}

// lead is a button of who convenes it.
func (t *turn) lead(w flows.Chose) {
	if !t.duty(w.Choice) {
		return
	}
	if slices.Contains(worded, w.Choice) {
		if w.Choice == "waive" && !t.mayWaive(t.e.By) {
			t.toast("waive-whom", t.waivers())
			return
		}
		t.ask(w.Choice, "ask-"+w.Choice, true)
		return
	}
	n, err := strconv.Atoi(w.Value)
	switch w.Choice {
	case "where", "who", "scope":
		t.menu(w.Choice)
	case "lead":
		t.Organiser = t.e.By.Person
		t.board(true)
	case "board":
		t.board(true)
	case "whom":
		t.whom(w.Value)
	case "chair":
		t.chair(flows.PersonID(w.Value))
	case "need", "unneed":
		t.need(flows.PersonID(w.Value), w.Choice == "need")
	case "send":
		t.send()
	case "list":
		t.writeList()
	case "slot":
		t.pick(n, err == nil)
	case "room":
		t.place(w.Value)
	case "group":
		t.inGroup(w.Value)
	case "agreed":
		t.OwnerAsked = false
		t.board(false)
	case "publish":
		t.publish()
	case "again":
		t.plan()
	case "drop":
		t.drop()
	case "begin":
		t.begin()
	case "point":
		t.point(n)
	case "undo":
		t.undo(n)
	case "in":
		t.checkIn(flows.PersonID(w.Value))
	case "raise":
		t.raise(n)
	case "file":
		t.file(n)
	case "end":
		t.end()
	case "confirm":
		t.confirm(false)
	case "signed":
		t.confirm(true)
	case "answer":
		t.askAbout("answer", n, t.dissentOf(n) >= 0)
	case "retask":
		t.askAbout("retask", n, err == nil && n >= 0 && n < len(t.Decisions) && t.Decisions[n].How == "returned")
	case "asked":
		t.askedAgain()
	case "resume":
		t.resume()
	case "finish":
		t.finish()
	}
}

// askAbout waits for words about one of several.
func (t *turn) askAbout(tag string, n int, may bool) {
	t.ask(tag+"-"+strconv.Itoa(n), "ask-"+tag, may)
}

// said takes the words that something was waiting for.
func (t *turn) said(w flows.Said) {
	text := line(w.Message.Text, longest)
	if t.e.By.Person == "" || w.Tag == "" {
		return
	}
	if text == "" {
		t.reply("say-words", nil)
		return
	}
	tag, num, _ := strings.Cut(w.Tag, "-")
	n, _ := strconv.Atoi(num)
	switch tag {
	case "proxy":
		t.proxy(text)
		return
	case "say":
		t.sayWords(text, "")
		return
	case "here":
		t.here(strings.TrimSpace(text))
		return
	case "dissent":
		t.dissent(text)
		return
	case "refuse", "upward":
		t.vet(tag, text)
		return
	case "object":
		t.object(text)
		return
	}
	if !t.duty(tag) {
		return
	}
	switch tag {
	case "topic":
		t.Topic = t.topicOf(text)
		t.board(true)
	case "attach":
		t.attach()
	case "times":
		t.times()
	case "link":
		t.atLink(text)
	case "agenda":
		t.agenda(w.Message.Text)
	case "waive":
		t.waive(text)
	case "move":
		t.move(text)
	case "off":
		t.off(text)
	case "note":
		t.note(text)
	case "hands":
		t.hands(text)
	case "poll":
		t.poll()
	case "decide":
		t.decide(text)
	case "guest":
		t.guests(w.Message.Text)
	case "complaint":
		t.complaint(text, "")
	case "fix":
		t.fix(text)
	case "answer":
		t.answerTo(n, text)
	case "retask":
		t.retask(n, text)
	case "reply":
		t.answered(text)
	case "respond":
		t.respond(text)
	}
}

// told is a word from another case, or something heard that is about this one.
func (t *turn) told(w flows.Told) {
	switch w.Name {
	case "concerned":
		t.enlist(data[flows.Concerned](w.Data).People)
	case "booked", "taken", "lost":
		t.roomSays(w.Name, data[flows.Booking](w.Data))
	case "heard":
		if w.Said != nil {
			t.heard(*w.Said)
		}
	case "chain":
		if c := t.e.Reading.Chain; c != nil {
			t.listSaid(*c)
		}
	case "status":
		t.look()
	case flows.Joined:
		t.joined(data[flows.Entry](w.Data))
	case "filed":
		t.filed(w.From, data[flows.TopicNews](w.Data).No)
	case "polling", "polled":
		t.polled(w.From, w.Name, data[flows.Polled](w.Data))
	default:
		t.taskSays(w.From, w.Name, data[flows.TaskNews](w.Data))
	}
}

// woke answers the clock. None of these is ever cancelled: those of a date bear the
// version of the date.
func (t *turn) woke(w flows.Woke) {
	name, num, _ := strings.Cut(w.Name, "-")
	n, _ := strconv.Atoi(num)
	switch name {
	case "offer":
		if t.Stage == Offered {
			t.Stage = Gone
			t.do(flows.Say{To: flows.To{Person: t.Proposer}, Class: flows.Personal, Words: "dropped", Vars: t.vars(), Slot: "offer", Tidy: true})
		}
	case "review":
		if t.Stage == Waiting {
			t.review()
		}
	case "vet":
		if t.Stage == Review {
			t.unvetted()
		}
	case "upward":
		if t.Stage == Upward && n == t.Report.Times && t.Report.Answer == "" {
			t.askAgain()
		}
	case "asking":
		if t.Stage == Asking && !t.e.At.Before(t.Until) {
			t.propose()
		}
	case "remind":
		v, i, _ := strings.Cut(num, ".")
		if version, _ := strconv.Atoi(v); t.Stage == Notice && version == t.Version && t.Frozen == nil {
			t.remind(i == "0")
		}
	case "release":
		if t.Stage == Notice && n == t.Version && t.Kept > 0 && !t.Freed {
			t.release()
		}
	case "start":
		if t.Stage == Notice && n == t.Version {
			t.due()
		}
	case "late":
		if n == t.Version {
			t.late()
		}
	case "final":
		if n == t.Version {
			t.final()
		}
	case "minutes":
		if t.Stage == Minutes {
			t.unpublished(n)
		}
	case "dissent":
		if i := t.dissentOf(n); i >= 0 {
			t.dissentDue(i)
		}
	case "rate":
		if t.Stage == Rating {
			t.close()
		}
	case "off":
		if t.Stage == Off && n == t.Version {
			t.drop()
		}
	case "directory":
		t.succeed()
	}
}

func (t *turn) missed(w flows.Missed) {
	if w.Mark == "vet" && t.Stage == Review {
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "vet-unreached", Vars: t.vars()})
	}
}

// succeed finds who prepares or leads it now, where somebody holds no post any more.
func (t *turn) succeed() {
	if t.over() {
		return
	}
	if _, there := t.e.Settings.Official(t.Organiser); !there {
		if t.Organiser = t.someone(); t.Organiser != "" {
			t.board(true)
		}
	}
	if _, there := t.e.Settings.Official(t.Chair); !there {
		t.Chair = t.Organiser
	}
	t.Needed = slices.DeleteFunc(slices.Clone(t.Needed), func(p flows.PersonID) bool {
		_, there := t.e.Settings.Official(p)
		return !there && p != t.Proposer
	})
}

// someone is who prepares a hearing where nobody has taken it: the first of the staff who
// is there.
func (t *turn) someone() flows.PersonID {
	for _, r := range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
		for _, p := range t.e.Settings.With(r, flows.Everywhere) {
			if _, away := t.e.Settings.Away(p, t.e.At); !away {
				return p
			}
		}
	}
	return ""
}

// hear takes what is said to Linli about hearings, and what is said in a group in which
// one is held.
func hear(e flows.Event) []flows.Effect {
	w, ok := e.What.(flows.Said)
	if !ok || e.Reading.Danger != "" || w.Message.Forwarded {
		return nil
	}
	for _, x := range e.Similar {
		// What somebody says who has no part in it is nobody's business here: it leaves nothing.
		if x.Why == flows.ByHeld && x.Flow == Name && x.Mine && !w.Direct {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "heard", Said: &w}}
		}
	}
	if w.Edited {
		return nil
	}
	named := func(name string) []flows.Effect {
		for _, x := range e.Similar {
			if x.Flow == Name && x.Why == flows.ByNumber {
				return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: name}}
			}
		}
		return nil
	}
	switch {
	case e.Reading.Topic != nil && w.Direct:
		return []flows.Effect{flows.Open{Flow: Name, Said: &w}}
	case e.Reading.Chain != nil:
		return named("chain")
	case e.Reading.Status && w.Direct && !mineFirst(e):
		return named("status")
	}
	return nil
}

// mineFirst says that the number is also that of a demand the actor may ask about: then
// that answers.
func mineFirst(e flows.Event) bool {
	return slices.ContainsFunc(e.Similar, func(x flows.Similar) bool {
		return x.Flow != Name && x.Why == flows.ByNumber && x.Mine
	})
}

// Keys are the entries that rules want to see with an event: those of people who are to be
// told, and what the actor has said.
func (s State) Keys(e flows.Event) (keys []string) {
	people := func(list []flows.PersonID) {
		for _, p := range list {
			keys = append(keys, string(p))
		}
	}
	own := func(entry *flows.Entry) {
		if entry != nil {
			for _, n := range data[Part](entry.Data).Items {
				keys = append(keys, ItemKey(n))
			}
		}
	}
	switch w := e.What.(type) {
	case flows.Chose:
		n, err := strconv.Atoi(w.Value)
		switch w.Choice {
		case "send", "publish":
			people(s.Needed)
			people([]flows.PersonID{s.Organiser, s.Chair})
		case "in":
			keys = append(keys, w.Value)
		case "undo", "raise", "file", "unsay", "undissent":
			if err == nil && n > 0 {
				keys = append(keys, ItemKey(n))
			}
		case "named", "unnamed":
			own(e.Entry)
		}
	case flows.Said:
		if tag, num, ok := strings.Cut(w.Tag, "-"); ok && tag == "answer" {
			if n, err := strconv.Atoi(num); err == nil && n > 0 {
				keys = append(keys, ItemKey(n))
			}
		}
	case flows.Told:
		switch w.Name {
		case "concerned":
			people(data[flows.Concerned](w.Data).People)
		case "heard":
			if w.Said != nil && w.Said.Edited {
				own(e.Entry)
			}
		case flows.Joined:
			own(e.Entry)
			old := data[flows.Entry](w.Data)
			own(&old)
		}
	case flows.Erased:
		own(e.Entry)
	}
	return keys[:min(len(keys), 256)]
}

// Takes are the tags under which words are taken now. Who may bring them the rules decide.
func (s State) Takes() []string {
	tags := []string{"proxy", "say", "here", "dissent", "refuse", "upward", "object"}
	for _, tag := range worded {
		if slices.Contains(duties[tag], s.Stage) {
			tags = append(tags, tag)
		}
	}
	for _, d := range s.Dissents {
		if d.Answered.IsZero() && !d.Left {
			tags = append(tags, "answer-"+itoa(d.Item))
		}
	}
	for i, d := range s.Decisions {
		if d.How == "returned" {
			tags = append(tags, "retask-"+itoa(i))
		}
	}
	return tags
}

// Pass says that who has answered is not asked again.
func (s State) Pass(a flows.Actor, _ *flows.Settings) []string { return []string{string(a.Person)} }

// Own is what a hearing holds of a person, for themself.
func (s State) Own(p flows.PersonID) flows.Own {
	o := flows.Own{Words: "own", Vars: flows.Vars{"topic": flows.Text(s.Topic), "form": flows.Text(string(s.Form))}}
	if p != "" && p == s.Proposer {
		o.Said = s.Topic
	}
	return o
}

const (
	longest  = 500 // runes of something said
	maxTopic = 200
	maxItems = 400 // of one meeting
	maxSaid  = 40  // of one person
)

// line makes a text one line of at most n runes, without signs that nobody sees.
func line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r != '\u200d' && unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > n {
		return string([]rune(s)[:n])
	}
	return s
}

// toast shows the actor a brief notice.
func (t *turn) toast(words string, vars flows.Vars) {
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	if t.e.By.Person != "" {
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: all, Toast: true})
	}
}

// reply answers the actor in private.
func (t *turn) reply(words string, vars flows.Vars, buttons ...flows.Button) {
	all := t.vars()
	for k, v := range vars {
		all[k] = v
	}
	if t.e.By.Person != "" {
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: all, Reply: true, Buttons: buttons})
	}
}

// holds answers what comes too late, or too early, with how it stands.
func (t *turn) holds() { t.toast("holds", nil) }
