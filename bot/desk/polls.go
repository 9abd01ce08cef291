package desk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// The list of polls (征询、投票), and the form for a new one.

// asked is a poll in a list. It holds nothing of how people vote.
type asked struct {
	ID       flows.ID
	No       string
	Question string
	Where    string
	Force    string // key of its words
	Stage    string // key of its words
	Until    time.Time
	Turnout  string // how many have voted, in words; empty before it is sent
	Open     bool   // people vote
	Mine     bool   // not sent yet
	Over     bool
}

// forces are the forces in the order of what they bind.
var forces = []flows.Force{flows.Sounding, flows.Opinion, flows.Assembly, flows.ByOwners}

// units are whose one vote it can be.
var units = []flows.VoteUnit{flows.PerHousehold, flows.PerPerson, flows.PerOwner}

// poll is a poll as a list shows it.
func (p *page) poll(t storage.Tallied) asked {
	s, err := poll.Read(t.Case)
	if err != nil {
		return asked{ID: t.ID}
	}
	a := asked{
		ID: t.ID, Question: s.Question, Where: p.Settings.ScopeName(s.Scope, p.Lang), Force: "force-" + string(s.Force), Stage: "at-" + s.Stage, Until: s.Until,
		Open: s.Stage == poll.Open, Mine: s.Sent.IsZero(), Over: s.Stage == poll.Closed,
	}
	if s.Stopped {
		a.Stage = "at-stopped"
	}
	if t.No > 0 {
		a.No = flows.Spoken(t.No)
	}
	switch {
	case a.Mine || s.Stopped:
	case s.Outcome != nil:
		a.Turnout = p.turnout(s, s.Outcome.Voters)
	default:
		a.Turnout = p.turnout(s, poll.Turnout(t.Counts))
	}
	return a
}

// turnout says how many have voted, of how many if that is known: "58/96户".
func (p *page) turnout(s poll.State, n int) string {
	of := ""
	if s.Roll.Voters > 0 {
		of = "/" + strconv.Itoa(s.Roll.Voters)
	}
	text, err := p.T("turnout-"+string(s.Unit), "n", strconv.Itoa(n)+of)
	if err != nil {
		return ""
	}
	return text
}

// maxPolls is how many polls the list shows, from the newest.
const maxPolls = 200

func (d *Desk) polls(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showPolls(w, r, v, "")
}

func (d *Desk) showPolls(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	all, err := d.desk.Questions(r.Context(), v.polls(), false, maxPolls)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-polls")
	p.Here, p.Notice = "/desk/polls", notice
	data := struct {
		Ask              bool
		Mine, Open, Over []asked
	}{Ask: v.may(flows.Poll)}
	for _, t := range all {
		switch a := p.poll(t); {
		case a.Mine:
			data.Mine = append(data.Mine, a)
		case a.Open:
			data.Open = append(data.Open, a)
		default:
			data.Over = append(data.Over, a)
		}
	}
	slices.SortStableFunc(data.Open, func(a, b asked) int { return a.Until.Compare(b.Until) })
	slices.SortStableFunc(data.Over, func(a, b asked) int { return b.Until.Compare(a.Until) })
	p.Data = data
	return p.render(w, http.StatusOK, "polls.html")
}

// choice is one of several in a form.
type choice struct {
	Value, Words string
	On           bool
}

// question is what somebody has put into the form for a new poll.
type question struct {
	Text, Options, Until, Whom, Force, Unit, Named string
	Wrong                                          string // key of the words for what is missing
	Whoms, Forces, Units                           []choice
	MinUntil                                       string
	Most                                           int // most options
}

// minute is how a browser writes a day with its time.
const minute = "2006-01-02T15:04"

// form fills what the visitor may choose from.
func (p *page) form(q question) question {
	v, s := p.v, p.Settings
	for _, o := range v.asks() {
		q.Whoms = append(q.Whoms, choice{o.Word(), s.ScopeName(o, p.Lang), o.Word() == q.Whom})
	}
	for _, f := range v.mayForce(nil) {
		q.Forces = append(q.Forces, choice{string(f), "force-" + string(f), string(f) == q.Force})
	}
	q.Units = []choice{{"", "unit-usual", q.Unit == ""}}
	for _, u := range units {
		q.Units = append(q.Units, choice{string(u), "unit-" + string(u), string(u) == q.Unit})
	}
	if q.Until == "" {
		q.Until = s.Polls.Close.On(p.At.AddDate(0, 0, max(1, s.Polls.Days))).Format(minute)
	}
	q.MinUntil, q.Most = p.At.Format(minute), s.Polls.Options
	return q
}

// asks gives whom the visitor may ask: of each of their posts the whole first, then
// its grids, then its buildings.
func (v *visitor) asks() []flows.Scope { return v.asksBy(flows.Poll) }

// asksBy gives the scopes in which the visitor may do something, in the same order.
func (v *visitor) asksBy(verb flows.Verb) (list []flows.Scope) {
	all := []flows.Scope{flows.Everywhere}
	for _, g := range v.s.Grids {
		all = append(all, flows.Scope{Grid: g.ID})
	}
	for _, b := range v.s.Buildings {
		all = append(all, flows.Scope{Building: b.ID})
	}
	for _, o := range all {
		if v.s.May(v.actor, verb, o) {
			list = append(list, o)
		}
	}
	return list
}

// mayForce gives the forces of which the visitor may send a poll to a scope, or, where
// it is nil, anywhere.
func (v *visitor) mayForce(scope *flows.Scope) (list []flows.Force) {
	for _, f := range forces {
		rule, ok := v.s.PollRule(f)
		if ok && slices.ContainsFunc(v.actor.Posts, func(p flows.Post) bool {
			return slices.Contains(rule.Start, p.Role) && (scope == nil || v.s.Contains(p.Scope, *scope))
		}) {
			list = append(list, f)
		}
	}
	return list
}

// newPoll shows the form for a new poll.
func (d *Desk) newPoll(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showForm(w, r, v, http.StatusOK, question{}, "")
}

func (d *Desk) showForm(w http.ResponseWriter, r *http.Request, v *visitor, status int, q question, notice string) error {
	p := d.page(r, v, "poll-new")
	p.Here, p.Notice, p.Data = "/desk/polls", notice, p.form(q)
	return p.render(w, status, "pollnew.html")
}

// marks end a question, and stand between what a line is made of: they cannot be
// part of an option.
const marks = "?？/／、，,；;：:|｜\n\r\t"

// read takes the form; wrong is the key of the words for what is missing.
func (q question) read(s *flows.Settings, now time.Time) (text string, options []string, until time.Time, wrong string) {
	text = strings.TrimRight(strings.Join(strings.Fields(q.Text), " "), "?？。.!！ ")
	if text == "" || strings.ContainsAny(text, "?？") || utf8.RuneCountInString(text) > 100 {
		return "", nil, until, "poll-wrong-question"
	}
	for l := range strings.Lines(q.Options) {
		if l = strings.Join(strings.Fields(l), " "); l == "" {
			continue
		}
		if strings.ContainsAny(l, marks) || utf8.RuneCountInString(l) > 20 {
			return "", nil, until, "poll-wrong-option"
		}
		options = append(options, l)
	}
	if len(options) == 1 || s.Polls.Options > 0 && len(options) > s.Polls.Options {
		return "", nil, until, "poll-wrong-options"
	}
	until, err := time.ParseInLocation(minute, q.Until, s.Zone)
	if err != nil || !until.After(now) {
		return "", nil, until, "poll-wrong-until"
	}
	return text, options, until, ""
}

// sentence makes one line of what was asked, as a captain would write it. Whom it is
// for is pressed afterwards: a building in the line would be read as part of the question.
func sentence(s *flows.Settings, text string, options []string, until, now time.Time) string {
	var b strings.Builder
	b.WriteString(text + "？")
	if len(options) > 0 {
		b.WriteString(strings.Join(options, "/") + "，")
	}
	until = until.In(s.Zone)
	if until.Year() != now.In(s.Zone).Year() {
		b.WriteString(strconv.Itoa(until.Year()) + "年")
	}
	b.WriteString(until.Format("1月2日15:04") + "截止")
	return b.String()
}

// ask hands a new poll to the rules as one line of text, as if the visitor had
// written it to Linli, and presses what else they have chosen.
func (d *Desk) ask(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f := r.PostForm
	q := question{Text: f.Get("text"), Options: f.Get("options"), Until: f.Get("until"), Whom: f.Get("whom"), Force: f.Get("force"), Unit: f.Get("unit"), Named: f.Get("named")}
	if _, err := formOf(r); err != nil {
		return err
	}
	text, options, until, wrong := q.read(v.s, v.now)
	if !slices.ContainsFunc(v.asks(), func(o flows.Scope) bool { return o.Word() == q.Whom }) {
		wrong = cmp.Or(wrong, "poll-wrong-whom")
	}
	if wrong == "" {
		busy, err := d.expects(r, v, "")
		if err != nil {
			return err
		}
		if busy {
			wrong = "poll-busy" // or the line would be taken for the answer that is waited for
		}
	}
	if wrong != "" {
		q.Wrong = wrong
		return d.showForm(w, r, v, http.StatusUnprocessableEntity, q, "")
	}
	line := sentence(v.s, text, options, until, v.now)
	a, err := d.receive(r, v, "", bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: line}})
	if err != nil {
		return err
	}
	c, s, err := d.state(r, a.Opened)
	if errors.Is(err, storage.ErrNone) {
		q.Wrong = "poll-not-opened"
		return d.showForm(w, r, v, http.StatusUnprocessableEntity, q, a.Toast)
	}
	if err != nil {
		return err
	}
	for _, x := range []struct{ choice, has string }{
		{"force=" + q.Force, "force=" + string(s.Force)}, {"scope=" + q.Whom, "scope=" + s.Scope.Word()},
		{"unit=" + q.Unit, "unit=" + string(s.Unit)}, {q.Named, secrecy(s)},
	} {
		if s.Stage != poll.Preview || x.choice == x.has || x.choice == "" || strings.HasSuffix(x.choice, "=") || !known(x.choice) {
			continue
		}
		if _, err := d.receive(r, v, "/"+x.choice, bot.Inbound{Kind: bot.Pressed, Press: string(c.ID) + "/" + x.choice}); err != nil {
			return err
		}
	}
	http.Redirect(w, r, d.o.Base+"/desk/polls/"+string(c.ID), http.StatusSeeOther)
	return nil
}

func secrecy(s poll.State) string {
	if s.Named {
		return "named"
	}
	return "secret"
}

// state reads a poll; storage.ErrNone if there is none of this id.
func (d *Desk) state(r *http.Request, id flows.ID) (c flows.Case, s poll.State, err error) {
	if id == "" {
		return c, s, storage.ErrNone
	}
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) (err error) { c, err = tx.Case(id); return err })
	if err == nil && c.Flow != poll.Name {
		err = storage.ErrNone
	}
	if err == nil {
		s, err = poll.Read(c)
	}
	return c, s, err
}

// expects says whether the visitor's next message would be taken as the answer to
// something that was asked of them: of this case, or, where it is empty, of any.
func (d *Desk) expects(r *http.Request, v *visitor, id flows.ID) (yes bool, err error) {
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		p, err := tx.Person(v.actor.Person)
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		yes = p.Expect.Case != "" && v.now.Before(p.Expect.Until) && (id == "" || p.Expect.Case == id)
		return err
	})
	return yes, err
}

// known says whether a choice is one that the desk has buttons for.
func known(choice string) bool {
	word, value, has := strings.Cut(choice, "=")
	switch word {
	case "send", "drop", "named", "secret", "special", "disputed", "hush", "chain", "recount":
		return !has
	case "force":
		return slices.Contains(forces, flows.Force(value))
	case "unit":
		return slices.Contains(units, flows.VoteUnit(value))
	case "extend":
		return slices.Contains(days, value)
	case "scope":
		return value != "" && len(value) <= 40 && !strings.ContainsAny(value, "=;")
	}
	return false
}

// days by which the end of a poll can be moved.
var days = []string{"1", "3", "7"}
