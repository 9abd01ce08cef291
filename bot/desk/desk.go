// Package desk is the committee's desk in a browser: drafts to confirm, cases
// with their journal and what was said of them to whom, polls, hearings, activities, what could not
// be done, the groups, the directory. It works without a script and on an old phone.
//
// The desk is a channel: what a button there does to a case is an event of the
// logged-in person, so that rules decide as they do about a button in a chat. Who may
// open which page [flows.Settings.May] decides, by the posts that are in force
// at that moment. People come in by a code they are given in a chat that is bound to
// them; there are no passwords.
//
// It must not change a case by itself, must not show a complaint to whom it
// is about nor a discreet danger to others than its handler, the head and the person on
// duty, must change nothing on a GET, and must log nobody's words.
package desk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/hearing"
	"linli/storage"
)

//go:embed pages words
var embedded embed.FS

var pages = template.Must(template.New("").ParseFS(embedded, "pages/*.html"))

// Name is the channel's name in addresses.
const Name = "desk"

// Receiver takes what was pressed; a nil error means that it is durable.
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Troubles is what can be done about what could not be done; bot.Bot is one. What
// is not there any more is storage.ErrNone, what may have arrived bot.ErrUnsure until
// somebody says that it may come twice (SendAgain), what is too late bot.ErrNoRetry.
type Troubles interface {
	Retry(ctx context.Context, id uint64, by flows.PersonID) error
	SendAgain(ctx context.Context, id uint64, by flows.PersonID) error
	Dismiss(ctx context.Context, id uint64, by flows.PersonID) error
}

// Directory is the directory as it waits to be put in force.
type Directory interface {
	// Pending gives how it differs from the one in force, one sentence a line,
	// and its version; no lines: it does not differ. An error is shown: it says what is wrong with it.
	Pending(ctx context.Context) (lines []string, version string, err error)
	// Apply puts the version that was shown in force; it fails if another one waits by now.
	Apply(ctx context.Context, version string, by flows.PersonID) error
}

// Options are what a desk is built from. Settings, Store, Receive and Login are
// needed; without one of the others its page says that there is nothing.
type Options struct {
	Base     string // path before "/desk/", "" or "/c/x"
	Settings func() *flows.Settings
	Store    storage.Store
	Receive  Receiver
	// Login redeems a code for the person it was given to; bot.ErrCode if it is
	// not good. It must use the code up in the same step.
	Login     func(ctx context.Context, code, visitor string) (flows.PersonID, error)
	Told      func(ctx context.Context, id flows.ID) ([]bot.Told, error)     // what was sent for a case
	Photo     func(ctx context.Context, hash string) ([]byte, error)         // a photo or voice note; fs.ErrNotExist
	NewCode   func(ctx context.Context, kind, target string) (string, error) // as bot.NewCode
	Deletions func(ctx context.Context) ([]bot.Deletion, error)              // oldest first
	Troubles  Troubles
	Poster    Poster
	Directory Directory
	Model     Model // the language model
	// HomeCodes makes a code for each household of a scope, by which it proves, on the
	// form that is brought to it, that it lives there; Forms writes these forms as a page to
	// print. Without both of them there are none.
	HomeCodes func(ctx context.Context, scope flows.Scope) (map[flows.Place]string, error)
	Forms     func(w http.ResponseWriter, r *http.Request, id flows.ID, codes map[flows.Place]string) error
	Archive   func(ctx context.Context, id flows.ID, w io.Writer) error // writes what is kept of a poll for good, as zip
	// HearingPath is where somebody finds the page of a hearing, with Base; below it are
	// what is printed of it (notice, door, signin) and event.ics. "" or nil: there is none.
	HearingPath func(id flows.ID, who flows.PersonID) string
	// ActivityPath is the same of an activity; below it are notice, door and event.ics.
	ActivityPath func(id flows.ID, who flows.PersonID) string
	Secure       bool // behind a proxy that speaks TLS: cookies are for TLS only
	Proxied      bool // the last X-Forwarded-For is the visitor's address
	Now          func() time.Time
	Log          *slog.Logger
}

// Desk serves the pages of one community. It is safe for concurrent use.
type Desk struct {
	o     Options
	desk  storage.Desk
	words flows.Words
	said  flows.Words // of the flow of hearings: the sentences of minutes are in them
	reads flows.Words // of the flow of activities: what people read
	wrong frame.Limit // attempts at the door, by visitor
}

// New builds a desk.
func New(o Options) (*Desk, error) {
	if o.Settings == nil || o.Store == nil || o.Receive == nil || o.Login == nil {
		return nil, errors.New("desk: settings, a store, a receiver and a login are needed")
	}
	words, err := flows.ReadWords(embedded)
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	h, err := hearing.New()
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	does, err := activity.New()
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("channel", Name)
	return &Desk{o: o, desk: storage.Desk{Store: o.Store}, words: words, said: h.Words, reads: does.Words,
		wrong: frame.Limit{N: 5, All: 300, Per: time.Hour}}, nil
}

// EnterPath is the path, with the base, of the page on which a code is redeemed.
// Opening it uses nothing up.
func EnterPath(base, code string) string {
	return base + "/desk/enter?code=" + template.URLQueryEscaper(code)
}

// route is one page or form of the desk, and what somebody must be allowed to
// open it.
type route struct {
	method, path string
	verb         flows.Verb // "" is open to everybody
	serve        func(http.ResponseWriter, *http.Request, *visitor) error
}

// routes is the table of all that the desk serves. Where a route is about one
// case, its handler asks for that case within the sight of the visitor.
func (d *Desk) routes() []route {
	return []route{
		{"GET", "/desk/static/{name}", "", func(w http.ResponseWriter, r *http.Request, _ *visitor) error { return frame.Static(w, r) }},
		{"GET", "/desk/enter", "", d.door},
		{"POST", "/desk/enter", "", d.enter},
		{"GET", "/desk/{$}", flows.Enter, d.today},
		{"POST", "/desk/leave", flows.Enter, d.leave},
		{"GET", "/desk/sessions", flows.Enter, d.sessions},
		{"POST", "/desk/sessions", flows.Enter, d.endSessions},
		{"GET", "/desk/drafts", flows.Confirm, d.drafts},
		{"POST", "/desk/drafts/{id}", flows.Confirm, d.confirm},
		{"GET", "/desk/cases", flows.See, d.cases},
		{"GET", "/desk/cases/{id}", flows.See, d.dossier},
		{"POST", "/desk/cases/{id}", flows.See, d.press},
		{"GET", "/desk/cases/{id}/media/{hash}", flows.See, d.media},
		{"GET", "/desk/polls", watch, d.polls},
		{"GET", "/desk/polls/new", flows.Poll, d.newPoll},
		{"POST", "/desk/polls", flows.Poll, d.ask},
		{"GET", "/desk/polls/{id}", watch, d.poll},
		{"POST", "/desk/polls/{id}", flows.Poll, d.pressPoll},
		{"GET", "/desk/polls/{id}/slips", flows.Slips, d.slips},
		{"POST", "/desk/polls/{id}/slips", flows.Slips, d.enterSlip},
		{"GET", "/desk/polls/{id}/paper", flows.Poll, d.paper},
		{"POST", "/desk/polls/{id}/paper", flows.Poll, d.print},
		{"GET", "/desk/polls/{id}/archive", watch, d.archive},
		{"GET", "/desk/hearings", flows.Observe, d.hearings},
		{"POST", "/desk/hearings", flows.Convene, d.propose},
		{"GET", "/desk/hearings/{id}", flows.Observe, d.hearing},
		{"POST", "/desk/hearings/{id}", flows.Observe, d.pressHearing},
		{"GET", "/desk/partners", flows.Observe, d.partners},
		{"POST", "/desk/partners/{id}", flows.Review, d.pressNeed},
		{"GET", "/desk/rounds", flows.Visit, d.rounds},
		{"GET", "/desk/rounds/{id}", flows.Visit, d.round},
		{"POST", "/desk/rounds/{id}", flows.Visit, d.pressRound},
		{"GET", "/desk/activities", flows.Observe, d.activities},
		{"POST", "/desk/activities", flows.Convene, d.offer},
		{"GET", "/desk/activities/{id}", flows.Observe, d.activity},
		{"POST", "/desk/activities/{id}", flows.Observe, d.pressActivity},
		{"GET", "/desk/activities/{id}/names", flows.Observe, d.names},
		{"GET", "/desk/troubles", flows.Trouble, d.troubles},
		{"POST", "/desk/troubles/{id}", flows.Trouble, d.trouble},
		{"GET", "/desk/unreached", flows.Trouble, d.unreached},
		{"POST", "/desk/unreached", flows.Trouble, d.posted},
		{"GET", "/desk/calls", flows.Trouble, d.calls},
		{"GET", "/desk/groups", flows.Invite, d.groups},
		{"POST", "/desk/groups/{id}", flows.Invite, d.groupCode},
		{"GET", "/desk/directory", flows.Change, d.directory},
		{"POST", "/desk/directory", flows.Change, d.apply},
		{"GET", "/desk/deletions", flows.Enter, d.deletions},
	}
}

// Handler serves the desk under Base + "/desk/".
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range d.routes() {
		mux.HandleFunc(rt.method+" "+d.o.Base+rt.path, func(w http.ResponseWriter, r *http.Request) {
			if err := d.serve(w, r, rt); err != nil {
				d.fail(w, r, err)
			}
		})
	}
	mux.HandleFunc(d.o.Base+"/desk/", func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, storage.ErrNone)
	})
	return frame.Secure(mux, nil)
}

func (d *Desk) serve(w http.ResponseWriter, r *http.Request, rt route) error {
	if err := frame.Parse(w, r); err != nil {
		return err
	}
	if rt.verb == "" {
		return rt.serve(w, r, nil)
	}
	v, err := d.visitor(r)
	if errors.Is(err, errSession) && rt.method == "GET" && rt.path == "/desk/{$}" {
		return d.door(w, r, nil)
	}
	if err != nil {
		return err
	}
	if !v.may(rt.verb) {
		return errMay
	}
	return rt.serve(w, r, v)
}

var (
	errSession = errors.New("desk: nobody is logged in")
	errMay     = errors.New("desk: not for this post")
	errReceive = errors.New("desk: not received")
	errChoice  = errors.New("desk: no such choice")
)

var answers = frame.Answers{
	{errSession, http.StatusUnauthorized, "session"},
	{errMay, http.StatusForbidden, "may"},
	{bot.ErrNotYours, http.StatusForbidden, "may"},
	{storage.ErrNone, http.StatusNotFound, "gone"},
	{fs.ErrNotExist, http.StatusNotFound, "gone"},
	{frame.ErrLarge, http.StatusRequestEntityTooLarge, "large"},
	{frame.ErrForm, http.StatusBadRequest, "form"},
	{errChoice, http.StatusBadRequest, "form"},
	{errReceive, http.StatusServiceUnavailable, "later"},
}

func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, code := answers.Of(err)
	if status >= 500 {
		d.o.Log.WarnContext(r.Context(), "request failed", "path", r.Pattern, "err", err)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	p := d.page(r, nil, "err-title")
	if v, err := d.visitor(r); err == nil && code != "may" {
		p = d.page(r, v, "err-title")
	}
	p.Data = "err-" + code
	if err := frame.Render(w, status, pages, "error.html", p); err != nil {
		d.o.Log.ErrorContext(r.Context(), "no page for an error", "err", err)
	}
}

// page is a page of the desk, with its menu.
type page struct {
	frame.Page
	v    *visitor // nil for somebody who is not logged in
	Here string   // path of the page in the menu
}

// page begins a page for a visitor, nil for somebody who is not logged in.
func (d *Desk) page(r *http.Request, v *visitor, title string) *page {
	s := d.o.Settings()
	p := &page{v: v, Page: frame.Page{Words: d.words, Settings: s, At: d.o.Now().In(s.Zone), Lang: frame.Lang(r, s.Lang), Base: d.o.Base, Title: title}}
	if v != nil {
		p.Settings, p.Lang = v.s, v.lang
	}
	return p
}

func (p *page) render(w http.ResponseWriter, status int, name string) error {
	return frame.Render(w, status, pages, name, p)
}

// Me is the name of who looks, with the post.
func (p *page) Me() string {
	if p.v == nil {
		return ""
	}
	o, _ := p.Settings.Official(p.v.actor.Person)
	if len(o.Posts) == 0 {
		return o.Name
	}
	return o.Name + " · " + o.Posts[0].Role.In(p.Lang)
}

// link is an entry of the menu.
type link struct{ Path, Words string }

// Menu gives the pages that the visitor may open.
func (p *page) Menu() []link {
	all := []struct {
		verb flows.Verb
		link
	}{
		{flows.Enter, link{"/desk/", "nav-today"}},
		{flows.Confirm, link{"/desk/drafts", "nav-drafts"}},
		{flows.See, link{"/desk/cases", "nav-cases"}},
		{watch, link{"/desk/polls", "nav-polls"}},
		{flows.Observe, link{"/desk/hearings", "nav-hearings"}},
		{flows.Observe, link{"/desk/activities", "nav-activities"}},
		{flows.Observe, link{"/desk/partners", "nav-partners"}},
		{flows.Visit, link{"/desk/rounds", "nav-rounds"}},
		{flows.Trouble, link{"/desk/troubles", "nav-troubles"}},
		{flows.Trouble, link{"/desk/calls", "nav-calls"}},
		{flows.Invite, link{"/desk/groups", "nav-groups"}},
		{flows.Change, link{"/desk/directory", "nav-directory"}},
		{flows.Enter, link{"/desk/deletions", "nav-deletions"}},
	}
	var out []link
	for _, l := range all {
		if p.v != nil && p.v.may(l.verb) {
			out = append(out, l.link)
		}
	}
	return out
}

// When writes a time as people say it.
func (p *page) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.Settings.Zone)
	if t.Before(p.At) && t.Format(time.DateOnly) == p.At.AddDate(0, 0, -1).Format(time.DateOnly) {
		s, err := p.T("yesterday", "clock", flows.Hour(t, t, p.Lang))
		if err == nil {
			return s
		}
	}
	return flows.Moment(t, p.At, p.Lang)
}

// Day is today's date.
func (p *page) Day() string { return flows.Day(p.At, p.Lang) }

// Next counts from one.
func (p *page) Next(i int) int { return i + 1 }

// With gives a part of a page the page and its own value.
func (p *page) With(v any) struct {
	P *page
	V any
} {
	return struct {
		P *page
		V any
	}{p, v}
}

// Outcome says how a message ended, also where there are no words for it yet.
func (p *page) Outcome(key string) (string, error) {
	if !p.Words.Has(key) {
		key = "outcome-unknown"
	}
	return p.T(key)
}

// Who names a person as the desk may: an official by name, nobody else.
func (p *page) Who(id flows.PersonID) string {
	o, _ := p.Settings.Official(id)
	return o.Name
}

// FormID names a form, so that a form sent twice is one event.
func (p *page) FormID() string { return frame.Random()[:32] }

// formOf gives the name of the form that was sent, so that a form sent twice is one event.
func formOf(r *http.Request) (string, error) {
	form := r.PostForm.Get("form")
	if len(form) != 32 || slices.ContainsFunc([]byte(form), func(c byte) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') }) {
		return "", frame.ErrForm
	}
	return form, nil
}

// pressed hands a button of a case to the rules, as the visitor, and gives the
// notice to show.
func (d *Desk) pressed(r *http.Request, v *visitor, id flows.ID, choice string) (string, error) {
	a, err := d.receive(r, v, "", bot.Inbound{Kind: bot.Pressed, Press: string(id) + "/" + choice})
	return a.Toast, err
}

// receive hands something to the rules as the visitor's. Step tells the events of one
// form apart; for the first one it is empty.
func (d *Desk) receive(r *http.Request, v *visitor, step string, in bot.Inbound) (bot.Answer, error) {
	form, err := formOf(r)
	if err != nil {
		return bot.Answer{}, err
	}
	me := string(v.actor.Person)
	peer := bot.Peer{Address: me, Name: v.actor.Name, Person: true, Lang: v.lang}
	in.Channel, in.Keys, in.At, in.Chat, in.From, in.As = Name, []string{"desk/" + me + "/" + form + step}, d.o.Now(), peer, peer, v.actor.Person
	a, err := d.o.Receive.Receive(r.Context(), in)
	if err != nil {
		return bot.Answer{}, fmt.Errorf("%w: %w", errReceive, err)
	}
	return a, nil
}

// number reads an id of the store from the path.
func number(r *http.Request) (uint64, error) {
	n, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, storage.ErrNone
	}
	return n, nil
}

// pick is a list of which one can be taken, with its button.
type pick struct {
	P          *page
	Path, Name string
	List       []choice
	Keys       bool // Words are keys of words
}

// Select makes a list of which one can be taken.
func (p *page) Select(path, name string, list []choice, keys bool) pick {
	return pick{p, path, name, list, keys}
}
