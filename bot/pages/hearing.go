package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// The page of a hearing: what it is about, how it stands, the six items of its notice;
// before it forms to answer with, in it the points, after it the minutes and what was done.

var (
	errHearingLink = errors.New("pages: no such hearing")
	errHearingOver = errors.New("pages: the hearing's pages are closed")
	errHearingYet  = errors.New("pages: the hearing is not so far yet")
	errHearingRun  = errors.New("pages: they do not lead this hearing")
)

// heard is a hearing with what its pages need to know of their reader.
type heard struct {
	hearing.State
	row    flows.Case
	person storage.Person // of the link; zero where it is everybody's
	tag    string         // of the reader's entry; "" where there is none
	part   hearing.Part
	items  map[int]hearing.Item // those that stand on the page, and the reader's own
	leads  bool                 // the reader prepares or leads it, or may
	watch  bool                 // the reader supervises it
	called time.Time            // when it was called off; only in lists
}

// loadHearing reads the hearing of a link. An error says why its pages are not open
// to the reader.
func (p *Pages) loadHearing(ctx context.Context, who *reader) (v heard, err error) {
	if p.o.Store == nil {
		return v, errHearingLink
	}
	set := p.o.Settings()
	err = p.o.Store.View(ctx, func(tx storage.Tx) (err error) {
		if v.row, err = caseOf(tx, who.of, hearing.Name, hearingLinks); err != nil {
			return err
		}
		if v.State, err = hearing.Read(v.row); err != nil {
			return err
		}
		if who.person != "" {
			if v.person, err = personOf(tx, set, who.person); err != nil {
				return err
			}
			if err := v.partOf(tx); err != nil {
				return err
			}
			a := actorOf(set, v.person)
			v.leads = len(a.Posts) > 0 && (a.Person == v.Organiser || a.Person == v.Chair || set.May(a, flows.Convene, v.whom()))
			v.watch = set.May(a, flows.Object, v.whom())
		}
		return v.readItems(tx)
	})
	switch {
	case err != nil:
		return v, err
	case v.Stage == hearing.Gone:
		return v, errHearingOver
	case v.Stage == hearing.Offered && (who.person == "" || who.person != v.Proposer):
		return v, errHearingYet
	}
	return v, nil
}

// whom is the scope of the hearing; where none is set yet, the whole community.
func (v *heard) whom() flows.Scope {
	if v.Scope.Zero() {
		return flows.Everywhere
	}
	return v.Scope
}

// partOf reads what the reader has answered.
func (v *heard) partOf(tx storage.Tx) (err error) {
	v.tag, err = partOf(tx, v.row, v.person.ID, &v.part)
	return err
}

func (v *heard) decode(data json.RawMessage, to any) error { return decodeOf(v.row, data, to) }

// caseOf reads the case of a link of a kind; one that is not there any more, or was emptied, is over.
func caseOf(tx storage.Tx, id flows.ID, flow string, k sealed) (flows.Case, error) {
	c, err := tx.Case(id)
	switch {
	case errors.Is(err, storage.ErrNone) || err == nil && c.Bare:
		err = k.over
	case err == nil && c.Flow != flow:
		err = k.wrong
	}
	return c, err
}

// partOf reads what somebody has an entry of in a case; the tag is "" where there is none.
func partOf(tx storage.Tx, c flows.Case, person flows.PersonID, to any) (tag string, err error) {
	own, err := tx.Entry(c.ID, string(person))
	if errors.Is(err, storage.ErrNone) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return own.Tag, decodeOf(c, own.Data, to)
}

func decodeOf(c flows.Case, data json.RawMessage, to any) error {
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, to); err != nil {
		return fmt.Errorf("pages: %s %s: entry: %w", c.Flow, c.ID, err)
	}
	return nil
}

// readItems reads the items whose words the reader may see.
func (v *heard) readItems(tx storage.Tx) error {
	want := slices.Clone(v.part.Items)
	if v.drafted() {
		for _, l := range v.Draft {
			if want = append(want, l.Item); l.Item == 0 {
				want = append(want, numbers(l.Rests, "item")...)
			}
		}
	}
	for _, d := range v.Dissents {
		want = append(want, d.Item)
	}
	v.items = map[int]hearing.Item{}
	for _, n := range want {
		if _, there := v.items[n]; n <= 0 || there {
			continue
		}
		e, err := tx.Entry(v.row.ID, hearing.ItemKey(n))
		if errors.Is(err, storage.ErrNone) {
			continue
		}
		if err != nil {
			return err
		}
		var x hearing.Item
		if err := v.decode(e.Data, &x); err != nil {
			return err
		}
		v.items[n] = x
	}
	return nil
}

// drafted says that the reader may read the minutes: when they are out everybody, before
// that who leads it and who supervises it.
func (v *heard) drafted() bool {
	return len(v.Draft) > 0 && (!v.Published.IsZero() || v.leads || v.watch)
}

// numbers are the numbers of "kind/3" among some words.
func numbers(list []string, kind string) (out []int) {
	for _, x := range list {
		if k, n, ok := strings.Cut(x, "/"); ok && k == kind {
			if i, err := strconv.Atoi(n); err == nil {
				out = append(out, i)
			}
		}
	}
	return out
}

// hearingPage is what the page of a hearing shows.
type hearingPage struct {
	Path     string // of the pages of this hearing
	Topic    string
	Form     string
	No       string
	Standing string
	Why      string   // of a refusal
	Frozen   []string // what stands against it
	Six      []sixth
	Notes    []string // what changed, what was waived, who leads it
	Lifted   []string // what stood against it
	Wrong    string   // what was wrong with a form

	Points  []point
	Minutes *minutes
	Tasks   []task
	Issues  []string
	Ratings string

	Private string            // the way to the private conversation, on everybody's page
	Code    string            // of the door, as it came with the link
	Written map[string]string // what was written into a form that was not taken, by its tag

	Own *own // what the reader can do; nil on everybody's page

	Notice, Door, Event bool // which sheets there are
}

// own is the part of the page that is the reader's.
type own struct {
	Propose bool
	Slots   []slot // times to tick
	Mine    string // what the reader has answered of coming
	Seats   string
	Come    []button
	Proxy   bool
	Here    bool   // the code can be typed in
	Say     string // label of what can be said; "" where nothing can
	SayHint string // what becomes of it
	Named   bool
	Name    string
	Said    []spoken
	Rename  bool
	Dissent bool
	Against []spoken // where the reader does not agree, with the answers
	Rate    bool
	Rated   string
}

type button struct{ Choice, Words string }

// spoken is something that the reader has said.
type spoken struct {
	Text, Note string
	Back       string // the choice that takes it back; "" where it cannot be
}

// slot is a time that the reader can tick.
type slot struct {
	I           int
	Text, Notes string
	On          bool
}

func (p *Pages) hearing(w http.ResponseWriter, r *http.Request, who *reader) error {
	return p.showHearing(w, r, who, "", func(d *hearingPage) {
		if code := r.URL.Query().Get("code"); doorCode(code) {
			d.Code = code // of the square at the door
		}
	})
}

// showHearing shows the page of a hearing, with a notice of what was just done. Change
// may alter what it shows, and may be nil; where something is wrong the status says so.
func (p *Pages) showHearing(w http.ResponseWriter, r *http.Request, who *reader, notice string, change func(*hearingPage)) error {
	v, err := p.loadHearing(r.Context(), who)
	if err != nil {
		return err
	}
	s := p.hearingSheet(r, who, &v)
	data, err := p.hearingPage(s, who, &v)
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
	return frame.Render(w, status, sheets, "hearing.html", s)
}

// hearingSheet begins a page about a hearing.
func (p *Pages) hearingSheet(r *http.Request, who *reader, v *heard) *sheet {
	s := p.sheet(r, who, bot.Mine{Lang: v.person.Lang}, "hearing-title")
	s.Sheet = "hearing.css"
	return s
}

// hearingPage makes what the page of a hearing shows to its reader.
func (p *Pages) hearingPage(s *sheet, who *reader, v *heard) (*hearingPage, error) {
	t := p.tellHearing(s, v)
	out := &hearingPage{Path: p.o.Base + "/hearing/" + who.token, Topic: t.topic(), Form: t.form(), Standing: t.standing(), Frozen: t.frozen(),
		Notes: t.notes(), Lifted: t.lifted(), Points: t.points()}
	if v.row.No > 0 {
		out.No = flows.Spoken(v.row.No)
	}
	for _, x := range t.six() {
		if x.Text != "" || len(x.Lines) > 0 {
			out.Six = append(out.Six, x)
		}
	}
	if v.Stage == hearing.Refused && v.Vetted.Why != "" && (v.tag != "" || who.person != "" && who.person == v.Proposer || v.leads || v.watch) {
		out.Why = v.Vetted.Why // for those who have something to do with it, not for everybody
	}
	if v.drafted() {
		out.Minutes = t.minutes()
	}
	if !v.Published.IsZero() || v.leads || v.watch {
		out.Tasks, out.Issues = t.tasks(), t.issues()
	}
	if v.Stage == hearing.Closed {
		out.Ratings = t.ratings()
	}
	out.Notice, out.Event = v.announced(), v.announced() && !v.From.IsZero()
	if who.person == "" {
		if p.o.Private != nil && !v.ended() {
			out.Private = p.o.Private(v.row.ID)
		}
	} else {
		out.Own = t.own(p.o.Receive != nil)
		out.Door = v.leads && v.Code != "" && v.announced() && !v.ended()
	}
	return out, t.err
}

// announced says that there is a notice of it.
func (v *heard) announced() bool { return !v.Noticed.IsZero() && !v.From.IsZero() }

// ended says that nothing more can be done about it on its page.
func (v *heard) ended() bool {
	return v.Stage == hearing.Closed || v.Stage == hearing.Refused || v.Stage == hearing.Gone
}

// doorOpens is how long before the beginning people can check in, by the rules.
const doorOpens = time.Hour

// outside says that the meeting is for others than the reader.
func (v *heard) outside(set *flows.Settings) bool {
	_, post := set.Official(v.person.ID)
	return v.person.Home.Building != "" && v.tag == "" && !post && !set.Contains(v.whom(), flows.Scope{Building: v.person.Home.Building})
}

// own makes the part of the page that is the reader's: what the rules take from them now.
func (t *tellHearing) own(takes bool) *own {
	v, now := t.v, t.s.At
	out := &own{Propose: takes && v.Stage == hearing.Offered, Named: v.part.Named, Name: v.person.Name}
	t.ownSaid(out, takes)
	out.Rename = takes && len(out.Said) > 0 && v.person.Name != "" && !v.ended()
	if v.announced() {
		out.Mine = t.coming()
	}
	if v.part.Rate != "" {
		out.Rated = t.say("hear-rated-"+v.part.Rate, nil)
	}
	in := func(stages ...string) bool { return slices.Contains(stages, v.Stage) }
	out.Seats = t.seats()
	if !in(hearing.Notice, hearing.Meeting) {
		out.Seats = ""
	}
	if !takes || v.outside(t.s.Settings) {
		return out
	}
	if in(hearing.Asking) && (v.Until.IsZero() || now.Before(v.Until)) {
		out.Slots = t.slots()
	}
	if in(hearing.Notice, hearing.Meeting) {
		out.Come, out.Proxy = t.answers(), v.tag != hearing.TagHere
		out.Here = v.Code != "" && v.tag != hearing.TagHere && (in(hearing.Meeting) || !now.Before(v.From.Add(-doorOpens)))
	}
	if in(hearing.Meeting) && v.Group != "" && !slices.Contains([]string{hearing.TagSpeak, hearing.TagYes, hearing.TagHere}, v.tag) {
		out.Come = append(out.Come, button{"speak", t.say("hear-speak", nil)})
	}
	switch {
	case in(hearing.Meeting):
		out.Say, out.SayHint = t.say("hear-say-now", nil), t.say("hear-say-hint-now", nil)
		if v.At > 0 && v.At <= len(v.Points) {
			out.Say = t.say("hear-say-point", flows.Vars{"point": flows.Text(v.Points[v.At-1].Text)})
		}
	case in(hearing.Planning, hearing.Asking, hearing.Set, hearing.Notice):
		out.Say, out.SayHint = t.say("hear-say", nil), t.say("hear-say-hint", nil)
	}
	out.Dissent = in(hearing.Tasks, hearing.Rating) && !v.Published.IsZero()
	out.Rate = in(hearing.Rating)
	return out
}

// ownSaid is what the reader has said, and where they do not agree.
func (t *tellHearing) ownSaid(out *own, takes bool) {
	v := t.v
	for _, n := range v.part.Items {
		x, ok := v.items[n]
		if !ok || x.By != v.person.ID || x.Kind == "dissent" {
			continue
		}
		y := spoken{Text: x.Text}
		if x.Gone {
			y.Text, y.Note = "", t.say("hear-gone-own", nil)
		} else if takes {
			y.Back = "unsay=" + strconv.Itoa(n)
		}
		out.Said = append(out.Said, y)
	}
	for _, d := range v.Dissents {
		x, ok := v.items[d.Item]
		if !ok || x.By != v.person.ID || x.Gone || d.Left {
			continue
		}
		y := spoken{Text: x.Text}
		if x.Reply != "" {
			y.Note = t.say("hear-answer", flows.Vars{"reply": flows.Text(x.Reply)})
		} else if !d.Due.IsZero() {
			y.Note = t.say("hear-answer-due", flows.Vars{"due": flows.At(d.Due)})
		}
		if takes && x.Reply == "" {
			y.Back = "undissent=" + strconv.Itoa(d.Item)
		}
		out.Against = append(out.Against, y)
	}
}
