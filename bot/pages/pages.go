// Package pages is what a resident can see of their own in a browser, behind a
// signed link that Linli gives them in their private chat: their cases (我的事), and
// what is held of them (我的数据), to copy, to correct, to withdraw from, to delete. The
// register of deletions is there for everybody. Polls have links of their own, see
// [Pages.PollLink]: to vote, to check a receipt, to see what came of it. So have hearings, see
// [Pages.HearingLink]: to say which time suits, to come, to speak, to read the minutes and what
// was done; which hearings there are is everybody's, as a page and as a calendar. Activities are
// like them ([Pages.ActivityLink]): to come, to wait for a place, to lend a hand, to check in.
// The code of a building or a group ([Pages.ReportLink]) leads to a page on which something
// there can be reported; it is for everybody and names nobody.
//
// A link opens the pages of one person for an hour; there is nothing else to know
// or to guess. The pages work without a script; only a report page may run one, for the card that it
// brings when it is shared in WeChat. They must change nothing on a GET,
// must show nobody anything of another person, and must log neither a link nor what
// stands on a page. No page and no header may tell how somebody has voted, not even
// the page that answers the vote; nor how a poll stands before its end. No page of a
// hearing may name a resident who has not agreed to it, nor show what somebody has said
// before the minutes are out; no page of an activity may tell anybody else who was invited,
// comes or stayed away.
package pages

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/activity"
	"linli/storage"
)

//go:embed sheets words
var embedded embed.FS

var sheets = template.Must(template.ParseFS(embedded, "sheets/*.html"))

// linkLife is how long a link is good.
const linkLife = time.Hour

// Data is what can be known of and done for one person; bot.Bot is one. A person
// of whom nothing is held is storage.ErrNone.
type Data interface {
	Mine(ctx context.Context, p flows.PersonID) (bot.Mine, error)
	Correct(ctx context.Context, p flows.PersonID, c bot.Correction) error
	Withdraw(ctx context.Context, p flows.PersonID) error
}

// Receiver takes what was pressed or written; a nil error means that it is durable.
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Photos keeps what is sent along with a report. bot.Refused says that it is no photo.
type Photos interface {
	KeepPhoto(ctx context.Context, data []byte) (flows.Media, error)
	DropPhoto(ctx context.Context, m flows.Media) error // where nothing followed from the report
}

// Options are what the pages are built from. Settings, Key and Data are needed.
type Options struct {
	Base      string // path before "/my/", "" or "/c/x"
	PublicURL string // "https://…", before Base, in links; empty: no links are given
	Key       []byte // at least 32 random bytes, see [Key]; a new key ends all links
	Settings  func() *flows.Settings
	Data      Data
	// Copy gives all that is held of a person, as a text in UTF-8.
	Copy func(ctx context.Context, p flows.PersonID) ([]byte, error)
	// Erase deletes a person; waiting says how many emergencies go on in which they
	// have a part and that are let go of afterwards.
	Erase     func(ctx context.Context, p flows.PersonID) (waiting int, err error)
	Deletions func(ctx context.Context) ([]bot.Deletion, error) // oldest first
	Store     storage.Store                                     // where polls are read; nil: no pages of polls
	Receive   Receiver                                          // who takes votes; nil: polls can only be looked at
	Photos    Photos                                            // who keeps what is sent along with a report; nil: reports bring none
	// EnterHome finds out who lives where a code was brought to on paper; bot.ErrCode
	// says that it is no good. Visitor is what wrong codes are counted by; may be nil.
	EnterHome func(ctx context.Context, code, visitor string) (flows.PersonID, error)
	// HearingWords are the texts of the flow of hearings, in which its minutes are.
	HearingWords flows.Words
	// Private gives links that begin the private conversation with Linli about a case,
	// "" where there is none; may be nil.
	Private func(id flows.ID) string
	// OAuth tells by whom a page was opened in WeChat; nil: nobody is known there.
	OAuth *OAuth
	// Report is the path behind Base of who takes a report from those whose account is not
	// known, with the fields code, form, text, unit, name and photo; "": nobody does.
	Report string
	// Ways are the other ways to Linli for a scene, as far as there are any; may be nil.
	Ways func(ctx context.Context, scene string) ([]Way, error)
	// Card signs the address of a page for the card that it brings when it is shared in
	// WeChat; nil: there is none.
	Card    func(ctx context.Context, page string) (Card, error)
	Proxied bool // the last X-Forwarded-For is the visitor's address
	Now     func() time.Time
	Log     *slog.Logger
}

// Pages serves the residents' pages of one community. It is safe for concurrent use.
type Pages struct {
	o             Options
	words         flows.Words
	activityWords flows.Words // of the flow of activities: a page has the buttons that its messages have
	wrong         frame.Limit // codes tried, by visitor
	doors         frame.Limit // wrong codes of the door, by person
	told          asides      // what was said to who pressed something
	gone          once        // to the platform and back
	reports       frame.Limit // by account

	hearingsNow   known[heard]
	activitiesNow known[joined]
}

// New builds the pages.
func New(o Options) (*Pages, error) {
	if o.Settings == nil || o.Data == nil || len(o.Key) < keyLen {
		return nil, errors.New("pages: settings, data and a key of 32 bytes are needed")
	}
	words, err := flows.ReadWords(embedded)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	does, err := activity.New()
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Pages{o: o, words: words, activityWords: does.Words, wrong: frame.Limit{N: 5, All: 1500, Per: time.Hour},
		doors: frame.Limit{N: 10, All: 5000, Per: time.Hour}, reports: frame.Limit{N: 20, All: 3000, Per: reportsIn}}, nil
}

// Key gives the key of a community's links. It is made at the first call and kept
// in the store.
func Key(ctx context.Context, store storage.Store) (key []byte, err error) {
	err = store.Update(ctx, func(tx storage.Tx) error {
		var err error
		if key, err = tx.Key(keyName); err == nil && len(key) == keyLen || err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		key = make([]byte, keyLen)
		_, _ = rand.Read(key) // never fails
		return tx.PutKey(keyName, key)
	})
	if err != nil {
		return nil, fmt.Errorf("pages: key: %w", err)
	}
	return key, nil
}

const (
	keyName = "pages/key"
	keyLen  = 32
)

// version begins every token and is part of what is signed, so that another form
// of links can never be taken for this one.
const version = 1

// Link gives the address of a person's pages, good for an hour; "" where the pages'
// own address is not known.
func (p *Pages) Link(person flows.PersonID, now time.Time) string {
	if p.o.PublicURL == "" || person == "" {
		return ""
	}
	return p.o.PublicURL + p.o.Base + "/my/" + p.token(person, now.Add(linkLife))
}

// token is base64url of: version, expiry (Unix seconds, 8 bytes), MAC (32 bytes),
// person.
func (p *Pages) token(person flows.PersonID, until time.Time) string {
	head := binary.BigEndian.AppendUint64([]byte{version}, uint64(until.Unix()))
	b := append(append(head, p.mac(head, string(person))...), person...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (p *Pages) mac(head []byte, person string) []byte {
	h := hmac.New(sha256.New, p.o.Key)
	h.Write([]byte("linli my pages\x00"))
	h.Write(head)
	h.Write([]byte(person))
	return h.Sum(nil)
}

const headLen = 1 + 8

// open reads a token: errLink if it is none of ours, errOver if its time is over.
func (p *Pages) open(token string) (flows.PersonID, error) {
	if len(token) > 300 {
		return "", errLink
	}
	// Strict: one link has one form only.
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) <= headLen+sha256.Size || b[0] != version {
		return "", errLink
	}
	head, sum, person := b[:headLen], b[headLen:headLen+sha256.Size], string(b[headLen+sha256.Size:])
	if !hmac.Equal(sum, p.mac(head, person)) {
		return "", errLink
	}
	if until := time.Unix(int64(binary.BigEndian.Uint64(head[1:])), 0); !p.o.Now().Before(until) {
		return "", errOver
	}
	return flows.PersonID(person), nil
}

// route is one page or form. Its handler gets who the link is for; "" where the
// page is everybody's.
type route struct {
	method, path string
	serve        func(http.ResponseWriter, *http.Request, *reader) error
}

func (p *Pages) routes() []route {
	return []route{
		{"GET", "/pages/{name}", func(w http.ResponseWriter, r *http.Request, _ *reader) error { return frame.Static(w, r) }},
		{"GET", "/r/{code}", p.report},
		{"POST", "/r/{code}", p.reported},
		{"GET", "/r/{code}/done", p.reportDone},
		{"GET", "/r/{code}/paper", p.reportPaper},
		{"GET", "/r/{code}/{picture}", p.squareOf},
		{"GET", "/wx/mine", p.myWeChat},
		{"GET", "/wx/back", p.back},
		{"GET", "/deletions", p.deletions},
		{"GET", "/board", p.board},
		{"GET", "/board/{day}", p.board},
		{"GET", "/my/{token}", p.mine},
		{"GET", "/my/{token}/copy", p.copy},
		{"GET", "/my/{token}/delete", p.sure},
		{"POST", "/my/{token}/delete", p.erase},
		{"POST", "/my/{token}/correct", p.correct},
		{"POST", "/my/{token}/withdraw", p.withdraw},
		{"GET", "/my/{token}/ask", p.ask},
		{"POST", "/my/{token}/ask", p.asked},
		{"GET", "/poll/{token}", p.poll},
		{"POST", "/poll/{token}", p.vote},
		{"POST", "/poll/{token}/home", p.home},
		{"POST", "/poll/{token}/press", p.press},
		{"GET", "/poll/{token}/receipts", p.receipts},
		{"POST", "/poll/{token}/receipts", p.look},
		{"GET", "/poll/{token}/paper", p.paper},
		{"GET", "/hearings", p.hearings},
		{"GET", "/hearings.ics", p.hearingFeed},
		{"GET", "/hearing/{token}", p.hearing},
		{"GET", "/hearing/{token}/times", p.hearing},
		{"GET", "/hearing/{token}/press", p.hearing},
		{"GET", "/hearing/{token}/say", p.hearing},
		{"GET", "/hearing/{token}/here", p.hearing},
		{"POST", "/hearing/{token}/times", p.tick},
		{"POST", "/hearing/{token}/press", p.pressHearing},
		{"POST", "/hearing/{token}/say", p.sayHearing},
		{"POST", "/hearing/{token}/here", p.checkIn},
		{"GET", "/hearing/{token}/notice", p.notice},
		{"GET", "/hearing/{token}/door", p.doorSheet},
		{"GET", "/hearing/{token}/signin", p.signIn},
		{"GET", "/hearing/{token}/event.ics", p.event},
		{"GET", "/my/{token}/served", p.certificate},
		{"GET", "/activities", p.activities},
		{"GET", "/activities.ics", p.activityFeed},
		{"GET", "/activity/{token}", p.activity},
		{"GET", "/activity/{token}/press", p.activity},
		{"GET", "/activity/{token}/here", p.activity},
		{"GET", "/activity/{token}/walk", p.activity},
		{"POST", "/activity/{token}/press", p.pressActivity},
		{"POST", "/activity/{token}/here", p.enterActivity},
		{"POST", "/activity/{token}/walk", p.walkActivity},
		{"GET", "/activity/{token}/notice", p.activityNotice},
		{"GET", "/activity/{token}/door", p.activityDoor},
		{"GET", "/activity/{token}/event.ics", p.activityEvent},
	}
}

// reader is whose pages are open.
type reader struct {
	person flows.PersonID // empty: everybody's
	token  string
	of     flows.ID // the case whose pages are open; empty: those under /my/
}

// Handler serves the pages under Base: "/my/", "/poll/", "/hearing/", "/hearings",
// "/hearings.ics", "/activity/", "/activities", "/activities.ics", "/r/", "/wx/", "/deletions", "/board" and their parts under "/pages/".
func (p *Pages) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range p.routes() {
		mux.HandleFunc(rt.method+" "+p.o.Base+rt.path, func(w http.ResponseWriter, r *http.Request) {
			if err := p.serve(w, r, rt); err != nil {
				p.fail(w, r, err)
			}
		})
	}
	mux.HandleFunc(p.o.Base+"/my/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errLink) })
	mux.HandleFunc(p.o.Base+"/r/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errReport) })
	mux.HandleFunc(p.o.Base+"/wx/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errWay) })
	mux.HandleFunc(p.o.Base+"/poll/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errPollLink) })
	mux.HandleFunc(p.o.Base+"/hearing/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errHearingLink) })
	mux.HandleFunc(p.o.Base+"/activity/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errActivityLink) })
	return frame.Secure(mux, func(r *http.Request) int64 {
		if r.Method == http.MethodPost && p.o.Photos != nil && strings.HasPrefix(r.URL.Path, p.o.Base+"/r/") {
			return maxPhoto
		}
		return 0
	})
}

func (p *Pages) serve(w http.ResponseWriter, r *http.Request, rt route) error {
	err := frame.Parse(w, r)
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	if errors.Is(err, frame.ErrLarge) && strings.HasPrefix(rt.path, "/r/") {
		return errPhoto
	}
	if err != nil {
		return err
	}
	who := &reader{token: r.PathValue("token")}
	switch {
	case strings.HasPrefix(rt.path, "/poll/"):
		who.of, who.person, err = p.unseal(pollLinks, who.token)
	case strings.HasPrefix(rt.path, "/hearing/"):
		who.of, who.person, err = p.unseal(hearingLinks, who.token)
	case strings.HasPrefix(rt.path, "/activity/"):
		who.of, who.person, err = p.unseal(activityLinks, who.token)
	case who.token != "":
		who.person, err = p.open(who.token)
	}
	if err != nil {
		return err
	}
	return rt.serve(w, r, who)
}

var (
	errLink  = errors.New("pages: no such link")
	errOver  = errors.New("pages: the link is over")
	errPhoto = errors.New("pages: the photo is too large")
	errMine  = errors.New("pages: a name or a place that cannot be")
)

var answers = frame.Answers{
	{errReport, http.StatusNotFound, "report"},
	{errPhoto, http.StatusRequestEntityTooLarge, "photo"},
	{errWay, http.StatusForbidden, "way"},
	{errWho, http.StatusBadGateway, "who"},
	{errPollLink, http.StatusNotFound, "poll"},
	{errPollOver, http.StatusGone, "poll-over"},
	{errPollYet, http.StatusNotFound, "poll-yet"},
	{errAsk, http.StatusForbidden, "ask"},
	{errHearingLink, http.StatusNotFound, "hearing"},
	{errHearingOver, http.StatusGone, "hearing-over"},
	{errHearingYet, http.StatusNotFound, "hearing-yet"},
	{errHearingRun, http.StatusForbidden, "hearing-run"},
	{errActivityLink, http.StatusNotFound, "activity"},
	{errActivityOver, http.StatusGone, "activity-over"},
	{errActivityYet, http.StatusNotFound, "activity-yet"},
	{errActivityRun, http.StatusForbidden, "activity-run"},
	{errServed, http.StatusNotFound, "served"},
	{errScope, http.StatusNotFound, "scope"},
	{errReceive, http.StatusServiceUnavailable, "later"},
	{errLink, http.StatusNotFound, "link"},
	{errOver, http.StatusGone, "over"},
	{storage.ErrNone, http.StatusNotFound, "nothing"},
	{fs.ErrNotExist, http.StatusNotFound, "link"},
	{bot.ErrWhat, http.StatusBadRequest, "form"},
	{bot.ErrPost, http.StatusForbidden, "post"},
	{errMine, http.StatusBadRequest, "form"},
	{frame.ErrForm, http.StatusBadRequest, "form"},
	{frame.ErrLarge, http.StatusRequestEntityTooLarge, "form"},
}

func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, code := answers.Of(err)
	if status >= 500 {
		p.o.Log.WarnContext(r.Context(), "request failed", "path", r.Pattern, "err", err)
	}
	s := p.sheet(r, nil, bot.Mine{}, "err-title")
	s.Data = "err-" + code
	if err := frame.Render(w, status, sheets, "error.html", s); err != nil {
		p.o.Log.ErrorContext(r.Context(), "no page for an error", "err", err)
	}
}

// sheet is one of the pages.
type sheet struct {
	frame.Page
	My    string // path of the person's pages; "" where it is everybody's
	Sheet string // name of a style sheet besides that of all pages
}

func (p *Pages) sheet(r *http.Request, who *reader, m bot.Mine, title string) *sheet {
	s := p.o.Settings()
	out := &sheet{Page: frame.Page{Words: p.words, Settings: s, At: p.o.Now().In(s.Zone), Lang: frame.Lang(r, s.Lang), Base: p.o.Base, Title: title}}
	if m.Lang != "" {
		out.Lang, _ = frame.Known(m.Lang)
	}
	if who != nil && who.person != "" && who.of == "" {
		out.My = p.o.Base + "/my/" + who.token
	}
	return out
}

// Office is the community's telephone.
func (s *sheet) Office() string { return s.Settings.Phones.Office }

// Day writes a date.
func (s *sheet) Day(t time.Time) string {
	t = t.In(s.Settings.Zone)
	if t.Year() != s.At.Year() {
		return t.Format(time.DateOnly)
	}
	return flows.Day(t, s.Lang)
}

// Number writes a case's number as people say it.
func (s *sheet) Number(no int) string { return flows.Spoken(no) }

// Item is the name of an item of the duty list.
func (s *sheet) Item(id string) string {
	it, ok := s.Settings.Item(id)
	if !ok {
		return ""
	}
	if n := it.Name[s.Lang]; n != "" {
		return n
	}
	return it.Name[flows.Languages[0]]
}

// Place writes a place with its room: it is the reader's own.
func (s *sheet) Place(pl flows.Place) string { return s.Settings.PlaceName(pl, s.Lang, true) }

// Role is what a post is called.
func (s *sheet) Role(r flows.Role) string { return r.In(s.Lang) }

// Buildings are those one can live in.
func (s *sheet) Buildings() []flows.Building { return s.Settings.Buildings }

// maxDeletions is how many lines of the register one page shows.
const maxDeletions = 400

// deletions shows the register to everybody.
func (p *Pages) deletions(w http.ResponseWriter, r *http.Request, _ *reader) error {
	var list []bot.Deletion
	if p.o.Deletions != nil {
		var err error
		if list, err = p.o.Deletions(r.Context()); err != nil {
			return err
		}
	}
	list = slices.Clone(list[max(0, len(list)-maxDeletions):])
	slices.Reverse(list)
	s := p.sheet(r, nil, bot.Mine{}, "deletions-title")
	s.Data = list
	return frame.Render(w, http.StatusOK, sheets, "deletions.html", s)
}
