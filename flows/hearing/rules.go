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
		if w.Name == "minutes" {
			t.reworded(w)
			break
		}
		switch list := data[[]flows.Entry](w.Data); {
		case w.Name == "next:"+TagWait:
			t.promote(list)
		case w.Name == "next:"+TagHere && t.Begun.IsZero():
			t.away(list, w.After)
		}
	case flows.Missed:
		t.missed(w)
	case flows.Erased:
		t.erased(w)
	}
	if t.Stage != Asking {
		t.Lists, t.Unsure = nil, nil // they are needed no more
	}
	return t.State, flows.Settled(t.effects, e.At)
}

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

// chose is a button. One of an earlier stage that is still on somebody's phone is
// answered, and does nothing.
func (t *turn) chose(w flows.Chose) {
	if t.e.By.Person == "" {
		return
	}
	// Of a choice that ends in "!" the journal keeps no value: how somebody judges, the code.
	w.Choice = strings.TrimSuffix(w.Choice, "!")
	switch w.Choice {
	case "propose":
		t.proposed(w.Value == "yes")
	case "retract":
		t.retract()
	case "tick", "none":
		t.tick(w)
	case "paste":
		t.confirmed(w.Value)
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
	case "prose":
		t.prose(w.Value == "yes")
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

// said takes the words that something was waiting for.
func (t *turn) said(w flows.Said) {
	text := line(w.Message.Text, longest)
	if t.e.By.Person == "" || w.Tag == "" && !w.Edited {
		return
	}
	if c := t.e.Reading.Chain; c != nil && w.Edited && w.Tag == "" && w.Direct {
		t.chain(*c, w)
		return
	}
	if w.Edited && w.Tag == "" {
		t.heard(w)
		return
	}
	tag, num, _ := strings.Cut(w.Tag, "-")
	n, _ := strconv.Atoi(num)
	if tag != "say" {
		text = strings.TrimRight(text, "。.！! ") // it stands in sentences of ours
	}
	if text == "" {
		t.reply("say-words", nil)
		return
	}
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
		t.tellProposer("topic")
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
		t.complaint(text, "", "")
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
		t.attached(w.From)
		t.enlist(data[flows.Concerned](w.Data).People)
	case "booked", "taken", "lost":
		t.roomSays(w.Name, data[flows.Booking](w.Data))
	case "heard":
		if w.Said != nil {
			t.heard(*w.Said)
		}
	case "chain":
		if c := t.e.Reading.Chain; c != nil {
			said := flows.Said{} // in a group nobody's message is tied to it
			if w.Said != nil {
				said = *w.Said
			}
			t.chain(*c, said)
		}
	case "status":
		t.look()
	case "activity":
		t.tellActivity(w.From)
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
	case "paste":
		if t.Unsure != nil && !t.e.At.Before(t.Unsure.At.Add(unsureFor)) {
			t.Unsure = nil
		}
	case "hold":
		if (t.Stage == Planning || t.Stage == Asking) && n < len(t.Slots) && t.Slots[n].Room == "" {
			t.hold(n)
		}
	case "weekly":
		t.weekly(n)
	case "off":
		if t.Stage == Off && n == t.Version {
			t.drop()
		}
	case "directory":
		t.succeed()
	}
}

func (t *turn) missed(w flows.Missed) {
	switch {
	case w.Mark == "vet" && t.Stage == Review:
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "vet-unreached", Vars: t.vars()})
	case w.Mark == "list" && t.Stage == Asking:
		t.listHere()
	case w.Mark == "list-nowhere" && t.Stage == Asking:
		t.toast("list-lost", nil)
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
	if _, there := t.e.Settings.Official(t.Chair); !there && t.Begun.IsZero() {
		t.Chair = t.Organiser
	}
	gone := func(p flows.PersonID) bool {
		_, there := t.e.Settings.Official(p)
		return !there && p != t.Proposer
	}
	t.Needed = slices.DeleteFunc(slices.Clone(t.Needed), gone)
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.Slots[i].Needed = slices.DeleteFunc(slices.Clone(t.Slots[i].Needed), gone)
	}
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
