package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// The page of a poll: what is asked, what it binds, how many have answered; before
// the end a form to vote with, after it what came of it.

var (
	errPollLink = errors.New("pages: no such poll")
	errPollOver = errors.New("pages: the poll's pages are closed")
	errPollYet  = errors.New("pages: the poll has not begun")
	errReceive  = errors.New("pages: not received")
)

// seen is a poll with what its pages need to know of their reader.
type seen struct {
	flows.Case
	poll.State
	Rule    flows.PollRule // what it needs
	Turnout int
	person  storage.Person // of the link; zero where it is everybody's
	key     string         // the reader's vote is the entry of this key; "" where that is not known
	vote    flows.Entry    // that entry
	in      bool           // it is there
	pending bool           // what they have pressed waits for their home
	outside bool           // the reader has no vote here
}

// load reads the poll of a link. An error says why its pages are not open to the
// reader.
func (p *Pages) load(ctx context.Context, who *reader) (v seen, err error) {
	if p.o.Store == nil {
		return v, errPollLink
	}
	set := p.o.Settings()
	err = p.o.Store.View(ctx, func(tx storage.Tx) (err error) {
		if v.Case, err = tx.Case(who.of); errors.Is(err, storage.ErrNone) || err == nil && v.Bare {
			return errPollOver
		}
		if err != nil {
			return err
		}
		if v.State, err = poll.Read(v.Case); err != nil {
			return err
		}
		counts, err := tx.Tally(v.ID)
		if err != nil {
			return err
		}
		v.Turnout = poll.Turnout(counts)
		if who.person == "" {
			return nil
		}
		if v.person, err = personOf(tx, set, who.person); err != nil {
			return err
		}
		return voteOf(tx, set, &v)
	})
	if err != nil {
		return v, err
	}
	v.Rule = v.TermsOf(set).Rule
	switch {
	case v.Sent.IsZero() && (who.person == "" || who.person != v.Starter):
		return v, errPollYet
	case !v.Sent.IsZero() && p.o.Now().After(v.Until.Add(set.Polls.Check+afterwards)):
		return v, errPollOver
	}
	return v, nil
}

// personOf gives somebody as the engine knows them: ErrNone for who is neither kept
// nor in the directory.
func personOf(tx storage.Tx, set *flows.Settings, id flows.PersonID) (storage.Person, error) {
	x, err := tx.Person(id)
	if o, ok := set.Official(id); ok && errors.Is(err, storage.ErrNone) {
		return storage.Person{ID: o.ID, Name: o.Name, Lang: o.Lang, Home: o.Home}, nil
	}
	return x, err
}

// voteOf finds the vote that is a person's.
func voteOf(tx storage.Tx, set *flows.Settings, v *seen) error {
	own, err := tx.Entry(v.ID, string(v.person.ID))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	v.pending = own.Tag == "pending"
	if own.Tag == "voter" {
		var mark struct{ Key string }
		if err := json.Unmarshal(own.Data, &mark); err != nil {
			return fmt.Errorf("pages: poll %s: entry: %w", v.ID, err)
		}
		v.key = mark.Key
	}
	if v.key == "" {
		keys := v.Pass(actorOf(set, v.person), set)
		if len(keys) == 0 {
			return nil
		}
		if keys[0] == flows.BegunKey(v.Starter) {
			v.outside = true
			return nil
		}
		v.key = keys[0]
	}
	if v.vote, err = tx.Entry(v.ID, v.key); errors.Is(err, storage.ErrNone) {
		return nil
	}
	v.in = err == nil && poll.Turnout(map[string]int{v.vote.Tag: 1}) == 1
	return err
}

// actorOf is somebody as rules see them.
func actorOf(set *flows.Settings, x storage.Person) flows.Actor {
	a := flows.Actor{Person: x.ID, Home: x.Home, Proven: !x.Proven.IsZero()}
	if o, ok := set.Official(x.ID); ok {
		a.Posts = o.Posts
	}
	return a
}

// voting says whether votes are taken.
func (v *seen) voting(now time.Time) bool { return v.Stage == poll.Open && now.Before(v.Until) }

// coded says that the reader's vote needs the code that was brought to their door.
func (v *seen) coded() bool {
	return v.person.ID == "" || v.Rule.Proof && v.person.Proven.IsZero()
}

// homeless says that the reader's vote cannot be counted before they have said where
// they live.
func (v *seen) homeless() bool {
	if v.Unit == flows.PerPerson {
		return v.person.Home.Building == "" && !(v.Force == flows.Sounding && v.Scope.Community)
	}
	return v.person.Home.Building == "" || v.person.Home.Room == ""
}

// option is one of the options.
type option struct{ Letter, Text string }

// pollPage is what the page of a poll shows.
type pollPage struct {
	Path     string // of the pages of this poll
	Question string
	Force    string
	First    string // whose vote it is, whether it is shown, until when
	Facts    []string
	Need     []string // what a decision would need
	Turnout  string
	Standing string // how it stands, where neither the form nor a result says so
	Options  []option
	Wrong    string // what was wrong with a form

	Voting  bool   // the form is there
	Coded   bool   // it asks for the code that was brought to the door
	Code    string // as it was given
	Home    bool   // first the reader must say where they live
	Only    string // the building in which they must, if it is only one
	Mine    string // whether the reader's vote is in
	In      bool
	Back    bool // and can be taken back
	Receipt string

	Result *result
	Doubt  bool // the result can be questioned
	Send   bool // the starter looks at it before it is sent
	Paper  bool
}

func (p *Pages) poll(w http.ResponseWriter, r *http.Request, who *reader) error {
	return p.showPoll(w, r, who, "", func(d *pollPage) {
		if code := r.URL.Query().Get("code"); d.Coded && len(code) <= maxCode {
			d.Code = code // of the square on the paper
		}
	})
}

// showPoll shows the page of a poll, with a notice of what was just done. Change
// may alter what it shows, and may be nil; where something is wrong the status says so.
func (p *Pages) showPoll(w http.ResponseWriter, r *http.Request, who *reader, notice string, change func(*pollPage)) error {
	v, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	s := p.pollSheet(r, who, &v)
	data, err := p.pollPage(s, who, &v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if change != nil {
		if change(data); data.Wrong != "" {
			status = http.StatusBadRequest
		}
	}
	s.Notice, s.Data = notice, data
	return frame.Render(w, status, sheets, "poll.html", s)
}

// pollSheet begins a page about a poll.
func (p *Pages) pollSheet(r *http.Request, who *reader, v *seen) *sheet {
	s := p.sheet(r, who, bot.Mine{Lang: v.person.Lang}, "poll-title")
	s.Sheet = "poll.css"
	return s
}

// path is that of the pages of a reader's poll.
func (p *Pages) path(who *reader) string { return p.o.Base + "/poll/" + who.token }

// pollPage makes what the page of a poll shows to its reader.
func (p *Pages) pollPage(s *sheet, who *reader, v *seen) (*pollPage, error) {
	t := newTellPoll(s, v)
	if v.Sent.IsZero() {
		v.Roll = s.Settings.RollOf(v.Scope, v.Unit)
	}
	out := &pollPage{Path: p.path(who), Question: v.Question, Force: t.say("force-"+string(v.Force), nil), First: t.first(), Facts: t.facts(), Need: t.need(), Only: v.Scope.Building}
	for i, x := range v.Options {
		out.Options = append(out.Options, option{poll.Letter(i), x})
	}
	person := who.person != ""
	out.Paper = v.Stage == poll.Open && p.mayPrint(who.person, v)
	switch {
	case v.Stage == poll.Asked || v.Stage == poll.Preview:
		out.Standing = t.say("poll-unsent", nil)
		out.Send = v.Stage == poll.Preview && p.o.Receive != nil
	case v.Stopped:
		out.Standing = t.say("poll-stopped", flows.Vars{"why": flows.Text(v.Why)})
	case v.voting(p.o.Now()):
		if out.Turnout = t.turnout(); v.Hushed {
			out.Turnout = ""
		}
		if out.Standing = t.say("poll-hidden", nil); v.Named {
			out.Standing = t.say("poll-hidden-named", nil)
		}
		out.Coded = v.coded()
		out.Voting = !v.outside && p.o.Receive != nil && (!out.Coded || p.o.EnterHome != nil)
		out.Home = person && !out.Coded && v.homeless()
	case v.Outcome != nil:
		out.Result = t.result()
		out.Doubt = person && v.Stage == poll.Result && p.o.Receive != nil
	default:
		out.Turnout, out.Standing = t.turnout(), t.say("poll-counting", nil)
	}
	switch {
	case !person || v.Sent.IsZero() || v.Stopped:
	case v.in:
		out.Back = out.Voting && !out.Coded && v.Unit == flows.PerPerson
		out.In, out.Mine, out.Receipt = true, t.say("poll-in-"+string(v.Unit), nil), v.Receipt(v.key)
	case v.outside:
		out.Mine = t.say("poll-outside", flows.Vars{"scope": flows.In(v.Scope)})
	case v.pending && out.Voting:
		out.Mine = t.say("poll-pending", nil)
	case v.Stage == poll.Open:
		out.Mine = t.say("poll-out-"+string(v.Unit), nil)
	default:
		out.Mine = t.say("poll-missed-"+string(v.Unit), nil)
	}
	return out, t.err
}

// mayPrint says whether somebody gets the paper form: who sent the poll, and who may
// put in what comes back on it.
func (p *Pages) mayPrint(id flows.PersonID, v *seen) bool {
	set := p.o.Settings()
	o, ok := set.Official(id)
	return ok && (id == v.Starter || set.May(flows.Actor{Person: id, Posts: o.Posts}, flows.Slips, v.Scope))
}
