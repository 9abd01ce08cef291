package desk

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// What can be done with a hearing at the desk: one table of who may press and write what
// in which stage. It only says what fits; the rules decide.

// role is a part that somebody has in a hearing.
type role int

const (
	leaders     role = iota // who prepares and leads it, and who may convene one there
	chairs                  // who is in the chair
	reviewers               // who decides whether it is talked over
	supervisors             // who may stop it
	waivers                 // who may waive the clear days
)

// part says whether the visitor has a part in a hearing.
func (v *visitor) part(s hearing.State, x role) bool {
	me, whom := v.actor.Person, v.forWhom(s)
	switch x {
	case leaders:
		return me == s.Organiser || me == s.Chair || v.s.May(v.actor, flows.Convene, whom)
	case chairs:
		return me == s.Chair
	case reviewers:
		return slices.Contains(v.s.Reviewers(), me)
	case supervisors:
		return v.s.May(v.actor, flows.Object, whom)
	case waivers:
		return slices.ContainsFunc(v.actor.Posts, func(p flows.Post) bool {
			return slices.Contains(v.s.Hearings.Clear.Waive, p.Role) && v.s.Contains(p.Scope, whom)
		})
	}
	return false
}

// act is something that can be done with a hearing.
type act struct {
	choice string // what is pressed; of a list, what stands before the "="
	who    role
	tag    string                   // under which the words come that it needs; "" for a button
	list   func(*deciding) []choice // what it can be done to
	form   flows.Form               // only with a meeting of this form
	look   string                   // "main", "grave"
	lines  int                      // of the field for the words; 0: one
}

// acts is the table, in the order of the page.
var acts = []act{
	{choice: "respond", who: leaders, tag: "respond", look: "main"},
	{choice: "lift", who: supervisors, look: "main"},
	{choice: "rev=ok", who: reviewers, look: "main"},
	{choice: "rev=no", who: reviewers, tag: "refuse"},
	{choice: "rev=up", who: reviewers, tag: "upward"},
	{choice: "reply", who: leaders, tag: "reply", look: "main"},
	{choice: "asked", who: leaders},
	{choice: "resume", who: leaders},
	{choice: "finish", who: leaders},
	{choice: "topic", who: leaders, tag: "topic"},
	{choice: "publish", who: leaders, look: "main"},
	{choice: "waive", who: waivers, tag: "waive"},
	{choice: "agreed", who: leaders},
	{choice: "times", who: leaders, tag: "times"},
	{choice: "send", who: leaders, look: "main"},
	{choice: "slot", who: leaders, list: slotsOf},
	{choice: "list", who: leaders},
	{choice: "agenda", who: leaders, tag: "agenda", lines: 5},
	{choice: "room", who: leaders, list: roomsOf},
	{choice: "link", who: leaders, tag: "link"},
	{choice: "group", who: leaders, list: groupsOf},
	{choice: "begin", who: leaders, look: "main"},
	{choice: "move", who: leaders, tag: "move"},
	{choice: "off", who: leaders, tag: "off", look: "grave"},
	{choice: "again", who: leaders, look: "main"},
	{choice: "point", who: leaders, list: pointsOf},
	{choice: "note", who: leaders, tag: "note", lines: 2},
	{choice: "complaint", who: leaders, tag: "complaint", lines: 2, form: flows.Complaints},
	{choice: "hands", who: leaders, tag: "hands"},
	{choice: "decide", who: leaders, tag: "decide", lines: 2},
	{choice: "poll", who: leaders, tag: "poll"},
	{choice: "in", who: leaders, list: comersOf},
	{choice: "guest", who: leaders, tag: "guest", lines: 2},
	{choice: "undo", who: leaders, list: strikable},
	{choice: "raise", who: leaders, list: complaintsOf, form: flows.Complaints},
	{choice: "file", who: leaders, list: complaintsOf, form: flows.Complaints},
	{choice: "skip", who: leaders, list: complaintsOf, form: flows.Complaints},
	{choice: "end", who: leaders, look: "grave"},
	{choice: "confirm", who: chairs, look: "main"},
	{choice: "fix", who: leaders, tag: "fix", lines: 2},
	{choice: "signed", who: leaders},
	{choice: "answer", who: leaders, tag: "answer", list: dissentsOf, lines: 2, look: "main"},
	{choice: "retask", who: leaders, tag: "retask", list: returnedOf},
	{choice: "whom", who: leaders, list: scopesOf},
	{choice: "chair", who: leaders, list: chairsOf},
	{choice: "need", who: leaders, list: othersOf},
	{choice: "unneed", who: leaders, list: neededOf},
	{choice: "attach", who: leaders, tag: "attach"},
	{choice: "lead", who: leaders},
	{choice: "drop", who: leaders, look: "grave"},
	{choice: "object", who: supervisors, tag: "object", look: "grave", lines: 2},
}

// fits says whether something can be done with a hearing as it stands.
func (a act) fits(s hearing.State) bool {
	return (a.form == "" || a.form == s.Form) && s.Fits(a.choice)
}

// deciding is what the lists of what something can be done to are made of.
type deciding struct {
	p       *page
	s       hearing.State
	x       *talk
	answers []storage.Answer
}

// deed is something the visitor can do now, as the page shows it.
type deed struct {
	Choice, Words, How, Look string
	Says                     bool   // it needs words
	Text                     string // that were not taken; the form stands open
	Open                     bool
	Lines                    int
	List                     []choice
}

// deeds are what the visitor can do now, in the order of the table: buttons, behind them
// lists with a button and forms with a field for words, and at the end what cannot be taken
// back, each behind a question.
type deeds struct{ Buttons, Others, Grave []deed }

// Any says that there is something.
func (x deeds) Any() bool { return len(x.Buttons)+len(x.Others)+len(x.Grave) > 0 }

// deeds gives what the visitor can do with a hearing now.
func (d *Desk) deeds(r *http.Request, p *page, id flows.ID, s hearing.State, x talk) (out deeds, err error) {
	in := &deciding{p: p, s: s, x: &x}
	if s.Stage == hearing.Notice || s.Stage == hearing.Meeting {
		var posts []flows.PersonID
		for _, o := range p.Settings.People {
			posts = append(posts, o.ID)
		}
		if in.answers, err = d.desk.Answers(r.Context(), id, posts); err != nil {
			return out, err
		}
	}
	for _, a := range acts {
		if !a.fits(s) || !p.v.part(s, a.who) || !useful(a, p, s) {
			continue
		}
		k := deed{Choice: a.choice, Words: a.label(), How: a.label() + "-how", Look: a.look, Says: a.tag != "", Lines: a.lines}
		if a.choice == "send" && !s.Until.IsZero() {
			k.Look = "" // everybody has been asked once: now a time is chosen
		}
		if a.list != nil {
			if k.List = a.list(in); len(k.List) == 0 {
				continue
			}
		}
		if k.Open = k.Says && x.Back.choice == a.choice; k.Open {
			k.Text = x.Back.text
			for i := range k.List {
				k.List[i].On = k.List[i].Value == x.Back.value
			}
		}
		switch {
		case k.Look == "grave" && !k.Says:
			out.Grave = append(out.Grave, k)
		case k.Says || k.List != nil:
			out.Others = append(out.Others, k)
		default:
			out.Buttons = append(out.Buttons, k)
		}
	}
	return out, nil
}

// useful leaves out what would do nothing as it stands.
func useful(a act, p *page, s hearing.State) bool {
	switch a.choice {
	case "lead":
		return s.Organiser != p.v.actor.Person
	case "agreed":
		return s.OwnerAsked
	case "send":
		return len(s.Slots) > 0
	case "waive":
		return p.short(s)
	}
	return true
}

func (a act) label() string { return "hb-" + strings.ReplaceAll(a.choice, "=", "-") }

func slotsOf(in *deciding) (out []choice) {
	for _, x := range in.x.Slots {
		if x.Taken == "" {
			out = append(out, choice{Value: strconv.Itoa(x.N), Words: in.p.When(x.When), On: x.Best})
		}
	}
	return out
}

func roomsOf(in *deciding) (out []choice) {
	for _, r := range in.p.Settings.Rooms {
		name := r.Name
		if r.Seats > 0 {
			name += in.p.words("room-seats", "n", r.Seats)
		}
		out = append(out, choice{r.ID, name, r.ID == in.s.Room})
	}
	return out
}

func groupsOf(in *deciding) (out []choice) {
	for _, g := range in.p.Settings.Groups {
		out = append(out, choice{g.ID, g.Name, g.ID == in.s.Group})
	}
	return out
}

func scopesOf(in *deciding) (out []choice) {
	for _, o := range in.p.v.asksBy(flows.Convene) {
		out = append(out, choice{o.Word(), in.p.Settings.ScopeName(o, in.p.Lang), o == in.s.Scope})
	}
	return out
}

// posts are the people with a post, but those who supervise.
func posts(in *deciding, keep func(flows.PersonID) bool) (out []choice) {
	watch := in.p.Settings.With(flows.Supervisor, flows.Everywhere)
	for _, o := range in.p.Settings.People {
		if len(o.Posts) == 0 || slices.Contains(watch, o.ID) || !keep(o.ID) {
			continue
		}
		out = append(out, choice{string(o.ID), o.Name + " · " + o.Posts[0].Role.In(in.p.Lang), o.ID == in.s.Chair})
	}
	return out
}

func chairsOf(in *deciding) []choice {
	return posts(in, func(flows.PersonID) bool { return true })
}

func othersOf(in *deciding) []choice {
	return posts(in, func(id flows.PersonID) bool { return !slices.Contains(in.s.Needed, id) })
}

func neededOf(in *deciding) []choice {
	return posts(in, func(id flows.PersonID) bool { return slices.Contains(in.s.Needed, id) })
}

// comersOf are those with a post who have been invited and are not there yet. Residents
// check in themselves, or are put down as guests: their names are not for a page.
func comersOf(in *deciding) (out []choice) {
	for _, a := range in.answers {
		if a.Tag == hearing.TagYes || a.Tag == hearing.TagProxy || a.Tag == hearing.TagAsked || a.Tag == hearing.TagWait || a.Tag == hearing.TagNo {
			out = append(out, choice{Value: string(a.Person), Words: in.p.Who(a.Person)})
		}
	}
	return out
}

func pointsOf(in *deciding) (out []choice) {
	for _, x := range in.x.Points {
		out = append(out, choice{strconv.Itoa(x.N), strconv.Itoa(x.N) + " " + short(x.Text), x.N == in.s.At+1})
	}
	return out
}

// strikable are the lines of the record that can be struck out.
func strikable(in *deciding) (out []choice) {
	add := func(list []piece) {
		for _, x := range list {
			if !x.Gone {
				out = append(out, choice{Value: strconv.Itoa(x.N), Words: strconv.Itoa(x.N) + " " + short(x.Text)})
			}
		}
	}
	for _, pt := range in.x.Points {
		add(pt.Said)
	}
	add(in.x.Else)
	slices.SortFunc(out, func(a, b choice) int { return numbered(b.Value) - numbered(a.Value) }) // the last is mostly meant
	return out
}

func numbered(s string) int { n, _ := strconv.Atoi(s); return n }

// complaintsOf are what was brought to a complaint meeting and led to nothing yet.
func complaintsOf(in *deciding) (out []choice) {
	add := func(list []piece) {
		for _, x := range list {
			if x.Kind == "item-complaint" && !x.Gone && !slices.ContainsFunc(in.s.Issue, func(i hearing.Issue) bool { return i.Item == x.N && i.Kind != "" }) {
				out = append(out, choice{Value: strconv.Itoa(x.N), Words: strconv.Itoa(x.N) + " " + short(x.Text)})
			}
		}
	}
	add(in.x.Else)
	for _, pt := range in.x.Points {
		add(pt.Said)
	}
	return out
}

func dissentsOf(in *deciding) (out []choice) {
	for _, x := range in.x.Differs {
		if !x.Left && x.Answered.IsZero() {
			out = append(out, choice{Value: strconv.Itoa(x.N), Words: strconv.Itoa(x.N) + " " + short(x.Text)})
		}
	}
	return out
}

func returnedOf(in *deciding) (out []choice) {
	for i, x := range in.s.Decisions {
		if x.How == "returned" {
			out = append(out, choice{Value: strconv.Itoa(i), Words: short(x.Text)})
		}
	}
	return out
}

// short is the beginning of a text, for a list.
func short(s string) string {
	if r := []rune(s); len(r) > 24 {
		return string(r[:24]) + "…"
	}
	return s
}

// longest are the most characters of words for a hearing.
const longest = 1000

// sent is what was sent in a form and not taken.
type sent struct{ choice, value, text string }

// pressHearing hands a button of a hearing to the rules, or the words that it needs, as
// the answer to what they would ask for.
func (d *Desk) pressHearing(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.heard(r, v)
	if err != nil {
		return err
	}
	word, value := r.PostForm.Get("choice"), r.PostForm.Get("value")
	i := slices.IndexFunc(acts, func(a act) bool { return a.choice == word })
	if i < 0 {
		return errChoice
	}
	a := acts[i]
	if !v.part(s, a.who) {
		return errMay
	}
	if a.list != nil && !named(value) {
		return errChoice
	}
	press, tag := word, a.tag
	if a.list != nil {
		press += "=" + value
		if tag != "" {
			tag += "-" + value
		}
	}
	in, text, ok := handed(r, o.Case.ID, press, tag, a.lines)
	if !ok {
		notice, err := d.noWords(r, v)
		if err != nil {
			return err
		}
		return d.showHearing(w, r, v, http.StatusUnprocessableEntity, notice, sent{word, value, text})
	}
	got, err := d.receive(r, v, "", in)
	if err != nil {
		return err
	}
	c, _, err := d.hearingOf(r, o.Case.ID)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	key, back := "hd-done", sent{}
	switch now, bad := hearing.Read(c); {
	case word == "poll" && err == nil:
		key = "hd-poll-sent"
	case err == nil && bad == nil && same(now, s):
		// The rules have said why, here or in the chat; what was written is not lost.
		key, back = "hd-nothing", sent{word, value, text}
	}
	toast, err := d.page(r, v, "").or(got.Toast, key)
	if err != nil {
		return err
	}
	err = d.showHearing(w, r, v, http.StatusOK, toast, back)
	if errors.Is(err, storage.ErrNone) { // it was dropped
		return d.showHearings(w, r, v, http.StatusOK, started{}, toast)
	}
	return err
}

// or is what the rules have said, or the words of a key where they said nothing.
func (p *page) or(toast, key string) (string, error) {
	if toast != "" {
		return toast, nil
	}
	return p.T(key)
}

// handed is what a form brings: a press, or the words under a tag; ok is false where these are
// missing or too many. Where the field is of one line, the words are.
func handed(r *http.Request, id flows.ID, press, tag string, lines int) (in bot.Inbound, text string, ok bool) {
	if tag == "" {
		return bot.Inbound{Kind: bot.Pressed, Press: string(id) + "/" + press}, "", true
	}
	if text = strings.TrimSpace(r.PostForm.Get("text")); lines < 2 {
		text = strings.Join(strings.Fields(text), " ")
	}
	in = bot.Inbound{Kind: bot.Said, Answers: string(id) + "/" + tag, Message: flows.Message{Text: text}}
	return in, text, text != "" && utf8.RuneCountInString(text) <= longest
}

// noWords is the notice for words that are missing or too many.
func (d *Desk) noWords(r *http.Request, v *visitor) (string, error) {
	if _, err := formOf(r); err != nil {
		return "", err
	}
	return d.page(r, v, "").T("hd-no-words", "n", longest)
}

// same says that nothing has changed but how often the organiser was shown it.
func same(a, b hearing.State) bool {
	a.Shows, b.Shows = 0, 0
	return reflect.DeepEqual(a, b)
}

// named says whether a value can stand in a button.
func named(value string) bool {
	return value != "" && len(value) <= 40 && !strings.ContainsAny(value, "=;~ \t\r\n")
}

// Deeds gives the part of a page with what can be done the page and its path.
func (p *page) Deeds(path string, do deeds) struct {
	P    *page
	Path string
	Do   deeds
} {
	return struct {
		P    *page
		Path string
		Do   deeds
	}{p, path, do}
}
