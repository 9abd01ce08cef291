package desk

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// One poll with all that belongs to it. Before the end it shows how many have
// voted; what they have voted it shows after the end only, as the rules have told it,
// and of nobody by itself.

// option is an option of a poll.
type option struct{ Letter, Text string }

// doing is what the visitor can do with a poll now.
type doing struct {
	Send           bool // it is before the sending
	Run            bool // people vote
	Check          bool // the result may be questioned
	Forces, Units  []choice
	Whoms          []choice
	Named, Special bool // what it is now
	MaySpecial     bool
	Extend         bool
	List           bool // it may be answered in a list (接龙)
	Hushed         bool
	Days           []string
	Roll           string // whom it goes to, in words
}

// about is one poll as its page shows it.
type about struct {
	asked
	State    poll.State
	Options  []option
	Needs    []string // what it needs to decide something
	Source   string
	Law      []string // what would be needed for the owners to decide it
	Starter  string
	Do       doing
	Result   *result
	Slips    bool // the visitor may put in votes
	Waiting  int  // slips that wait for a second person
	Paper    bool
	Archive  bool
	Lines    []line
	Told     []said
	Others   int // messages of which each went to one resident
	OthersNo int // of these, those that did not arrive
}

// found gives the poll of a request with what belongs to it, or storage.ErrNone where
// it is none or out of the visitor's sight.
func (d *Desk) found(r *http.Request, v *visitor) (storage.Dossier, poll.State, error) {
	o, err := d.desk.Case(r.Context(), v.polls(), flows.ID(r.PathValue("id")))
	if err != nil {
		return o, poll.State{}, err
	}
	s, err := poll.Read(o.Case)
	return o, s, err
}

func (d *Desk) poll(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showPoll(w, r, v, "")
}

func (d *Desk) showPoll(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	o, s, err := d.found(r, v)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-polls")
	p.Here, p.Notice = "/desk/polls", notice
	a := about{asked: p.poll(storage.Tallied{Case: o.Case, Counts: o.Counts}), State: s, Starter: p.Who(s.Starter)}
	for i, text := range s.Options {
		a.Options = append(a.Options, option{poll.Letter(i), text})
	}
	rule := s.TermsOf(p.Settings).Rule
	roll := s.Roll
	if s.Sent.IsZero() {
		roll = p.Settings.RollOf(s.Scope, s.Unit)
	}
	if a.Needs, err = p.needs(rule, s.Unit, s.Special, roll); err != nil {
		return err
	}
	a.Source = rule.Source
	if a.Law, err = p.law(s); err != nil {
		return err
	}
	asks := v.s.May(v.actor, flows.Poll, s.Scope)
	if asks { // whoever supervises only looks
		if a.Do, err = p.doing(s, roll); err != nil {
			return err
		}
	}
	if (s.Stage == poll.Result || s.Stage == poll.Closed) && s.Outcome != nil {
		if a.Result, err = p.result(s); err != nil {
			return err
		}
		a.Archive = d.o.Archive != nil && !o.Case.Bare
	}
	a.Slips = s.Stage == poll.Open && v.s.May(v.actor, flows.Slips, s.Scope)
	if a.Slips {
		a.Waiting = o.Counts[slipTag]
	}
	a.Paper = asks && s.Stage == poll.Open && d.o.HomeCodes != nil && d.o.Forms != nil
	a.Lines = p.pollLines(o)
	if a.Told, a.Others, a.OthersNo, err = d.toldOf(r, v, func(p flows.PersonID) bool { return p == s.Starter }, o.Case.ID); err != nil {
		return err
	}
	p.Data = a
	return p.render(w, http.StatusOK, "poll.html")
}

// needs says what a poll under a rule needs to decide something, in numbers where the
// voters are known; nothing for one that decides nothing.
func (p *page) needs(rule flows.PollRule, unit flows.VoteUnit, special bool, roll flows.Roll) (out []string, err error) {
	agree := rule.Agree
	if special && !rule.Special.Zero() {
		agree = rule.Special
	}
	add := func(key string, pairs ...any) {
		text, err2 := p.T(key+"-"+string(unit), pairs...)
		out, err = append(out, text), errors.Join(err, err2)
	}
	if !rule.Turnout.Zero() {
		switch share := rule.Turnout.In(p.Lang); {
		case roll.Voters == 0:
			add("need-turnout", "share", share)
		case unit == flows.PerOwner && roll.Area > 0:
			add("need-turnout-n", "share", share, "n", rule.Turnout.Least(roll.Voters), "area", rule.Turnout.Least(roll.Area))
		default:
			add("need-turnout-n", "share", share, "n", rule.Turnout.Least(roll.Voters))
		}
	}
	if !agree.Zero() {
		add("need-agree", "share", agree.In(p.Lang))
	}
	return out, err
}

// law says that a poll is about what only the owners can decide, and what that would
// need; nothing where the owners are asked, or it is about nothing of the kind.
func (p *page) law(s poll.State) ([]string, error) {
	m, ok := p.Settings.ReservedOf(s.Matter)
	if !ok || s.Force == flows.ByOwners {
		return nil, nil
	}
	text, err := p.T("poll-law", "matter", cmp.Or(m.Name[p.Lang], m.Name[flows.Languages[0]]), "source", m.Source)
	if err != nil {
		return nil, err
	}
	rule, ok := p.Settings.PollRule(flows.ByOwners)
	if !ok {
		return []string{text}, nil
	}
	needs, err := p.needs(rule, flows.PerOwner, m.Special, p.Settings.RollOf(s.Scope, flows.PerOwner))
	return append([]string{text}, needs...), err
}

// special says that by the settings more must agree to what a poll is about: then it
// cannot be made an ordinary matter.
func (p *page) special(s poll.State) bool {
	m, ok := p.Settings.ReservedOf(s.Matter)
	return ok && m.Special && s.Special
}

// doing gives what the visitor can do with a poll now.
func (p *page) doing(s poll.State, roll flows.Roll) (x doing, err error) {
	list := s.Named && !s.Disputed && s.Unit == flows.PerHousehold && (s.Force == flows.Sounding || s.Force == flows.Opinion)
	x = doing{Send: s.Stage == poll.Preview, Run: s.Stage == poll.Open, Check: s.Stage == poll.Result, Named: s.Named, Special: s.Special,
		MaySpecial: s.Force == flows.ByOwners && !p.special(s), Extend: s.Moved == 0, List: list, Hushed: s.Hushed}
	for _, n := range days {
		if k, _ := strconv.Atoi(n); float64(k*24) <= p.Settings.Polls.Extend.Hours() {
			x.Days = append(x.Days, n)
		}
	}
	x.Extend = x.Extend && len(x.Days) > 0
	if !x.Send {
		return x, nil
	}
	for _, f := range p.v.mayForce(&s.Scope) {
		x.Forces = append(x.Forces, choice{string(f), "force-" + string(f), f == s.Force})
	}
	rule, _ := p.Settings.PollRule(s.Force)
	for _, u := range rule.Units {
		x.Units = append(x.Units, choice{string(u), "unit-" + string(u), u == s.Unit})
	}
	for _, o := range p.v.asks() {
		x.Whoms = append(x.Whoms, choice{o.Word(), p.Settings.ScopeName(o, p.Lang), o == s.Scope})
	}
	if x.Roll = p.Settings.ScopeName(s.Scope, p.Lang); roll.Voters > 0 {
		n, err := p.T("turnout-"+string(s.Unit), "n", strconv.Itoa(roll.Voters))
		x.Roll += n
		return x, err
	}
	return x, nil
}

// pressPoll hands a button of a poll to the rules, and the sentence that belongs to it.
func (d *Desk) pressPoll(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.found(r, v)
	if err != nil {
		return err
	}
	if !v.s.May(v.actor, flows.Poll, s.Scope) {
		return errMay
	}
	id, choice, text := o.Case.ID, r.PostForm.Get("choice"), strings.Join(strings.Fields(r.PostForm.Get("text")), " ")
	if slices.Contains([]string{"force", "unit", "scope", "extend"}, choice) {
		choice += "=" + r.PostForm.Get(choice)
	}
	word, _, _ := strings.Cut(choice, "=")
	says := slices.Contains([]string{"extend", "stop", "then"}, word)
	if !known(choice) && choice != "stop" && choice != "then" {
		return errChoice
	}
	if says && (text == "" || utf8.RuneCountInString(text) > 200) {
		notice, err := d.page(r, v, "").T("poll-text-" + word)
		if err != nil {
			return err
		}
		return d.showPoll(w, r, v, notice)
	}
	toast, err := d.pressed(r, v, id, choice)
	if err != nil {
		return err
	}
	key := "poll-pressed-" + word
	if !d.words.Has(key) {
		key = "poll-pressed"
	}
	if says && toast == "" {
		said, err := d.answer(r, v, id, text)
		if err != nil {
			return err
		}
		if !said {
			key = "poll-text-unsaid"
		}
	}
	if word == "send" {
		if _, now, err := d.state(r, id); err != nil {
			return err
		} else if now.Stage == poll.Preview {
			key = "poll-not-sent" // the rules have said in the chat what is missing
		}
	}
	if toast == "" {
		if toast, err = d.page(r, v, "").T(key); err != nil {
			return err
		}
	}
	err = d.showPoll(w, r, v, toast)
	if errors.Is(err, storage.ErrNone) { // it was dropped
		return d.showPolls(w, r, v, toast)
	}
	return err
}

// answer says a sentence to a poll that has just asked the visitor for it. Nothing is
// said where it was not asked for: it would be taken for something else.
func (d *Desk) answer(r *http.Request, v *visitor, id flows.ID, text string) (said bool, err error) {
	if said, err = d.expects(r, v, id); err != nil || !said {
		return false, err
	}
	_, err = d.receive(r, v, "/text", bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: text}})
	return err == nil, err
}

// pollLines tells the journal of a poll, without the votes: that somebody voted, and
// when, is not for the desk.
func (p *page) pollLines(o storage.Dossier) (out []line) {
	slips := 0
	for _, rec := range o.Journal {
		word, value, _ := strings.Cut(rec.Detail, "=")
		if rec.Erased || rec.Kind == "chose" && word == "v!" {
			continue
		}
		key := p.pollKey(rec.Kind, word)
		stage := ""
		if rec.After != rec.Before && p.Words.Has("at-"+rec.After) {
			stage = "at-" + rec.After
		}
		if key == "" && stage == "" {
			continue
		}
		l := line{At: rec.At, Who: p.by(rec.By, matter{}), Stage: stage}
		if key == "pj-chose-slip" {
			// Of many that one person puts in, one line; for which households is not told here.
			if n := len(out) - 1; n >= 0 && slips > 0 && out[n].Who == l.Who && stage == "" {
				slips++
				out[n].At = rec.At
				out[n].What, _ = p.T(key, "n", slips)
				continue
			}
			slips = 1
			l.What, _ = p.T(key, "n", slips)
		} else {
			slips = 0
			if key != "" {
				l.What, _ = p.T(key, "n", value)
			}
		}
		out = append(out, l)
	}
	return out[max(0, len(out)-maxLines):]
}

// maxLines is how many steps of a poll one page tells.
const maxLines = 200

// pollKey gives the key of the words for a step of a poll; "" for what is of no use.
func (p *page) pollKey(kind, word string) string {
	if kind == "delivered" {
		word = word[strings.LastIndexByte(word, ' ')+1:]
	}
	if kind == "woke" && strings.HasPrefix(word, "end-") {
		word = "end"
	}
	if key := "pj-" + kind + "-" + strings.TrimSuffix(word, "!"); p.Words.Has(key) {
		return key
	}
	if kind == "opened" {
		return "pj-opened"
	}
	return ""
}

// toldOf gives what was said for a poll or a hearing: to groups and to people with a post
// each message, to residents each text that several got, with their number. What only one
// person got is theirs: of residents it is counted, of people with a post, who may
// live there too, the text is shown only where it is about their work.
func (d *Desk) toldOf(r *http.Request, v *visitor, works func(flows.PersonID) bool, id flows.ID) (out []said, others, lost int, err error) {
	if d.o.Told == nil {
		return nil, 0, 0, nil
	}
	list, err := d.o.Told(r.Context(), id)
	if err != nil {
		return nil, 0, 0, err
	}
	type kind struct {
		text, outcome string
		post          bool
	}
	n := map[kind]int{}
	resident := func(t bot.Told) bool {
		_, official := v.s.Official(t.Person)
		return t.Person != "" && !official
	}
	for _, t := range list {
		n[kind{t.Text, t.Outcome, !resident(t)}]++
	}
	for _, t := range list {
		bad := t.Outcome != string(flows.Confirmed)
		k := kind{t.Text, t.Outcome, !resident(t)}
		switch {
		case resident(t) && n[k] == 1:
			if others++; bad {
				lost++
			}
			continue
		case resident(t) && n[k] == 0:
			continue // told with the first
		case resident(t):
			if t.To, err = d.page(r, v, "").T("told-residents", "n", n[k]); err != nil {
				return nil, 0, 0, err
			}
			n[k] = 0
		case t.Person != "" && !works(t.Person) && n[k] < 2:
			t.Text = "" // of what they do as a resident there, perhaps
		}
		out = append(out, said{t, "outcome-" + t.Outcome, bad})
	}
	return out, others, lost, nil
}

// archive gives what is kept of a poll for good.
func (d *Desk) archive(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.found(r, v)
	if err != nil {
		return err
	}
	if d.o.Archive == nil || o.Case.Bare || s.Outcome == nil || s.Stage != poll.Result && s.Stage != poll.Closed {
		return storage.ErrNone
	}
	var b bytes.Buffer // whole, or not at all
	if err := d.o.Archive(r.Context(), o.Case.ID, &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=\"poll-%04d.zip\"", o.Case.No))
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = b.WriteTo(w) // the reader has gone
	return nil
}
