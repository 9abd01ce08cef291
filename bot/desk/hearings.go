package desk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// The list of hearings (议事会、吐槽大会), with what each of them waits for, and the form for a
// new one.

// meet is a hearing in a list. It names nobody who has no post.
type meet struct {
	ID     flows.ID
	Path   string
	No     string
	Topic  string
	Form   string // key of its words
	Where  string // whom it is for
	Stage  string // key of its words
	Frozen bool
	Over   bool
	Says   []string // what is to be known of it now, in words
	Lacks  []string // what it still needs, in words
	Tasks  []task
	order  time.Time // of its list: the oldest due first
}

// task is something that was decided, and who does it.
type task struct {
	N    int // from 0
	Text string
	Who  string
	Due  time.Time
	How  string // key of the words for how it stands
	Late bool
	Said string
	Poll string
}

// maxHearings is how many hearings the list shows, from the newest.
const maxHearings = 200

// stands are the lists of the page, in its order, and the stages that belong in each.
var stands = []struct {
	words  string
	stages []string
}{
	{"hearings-review", []string{hearing.Waiting, hearing.Review}},
	{"hearings-upward", []string{hearing.Upward}},
	{"hearings-planning", []string{hearing.Planning, hearing.Asking, hearing.Off}},
	{"hearings-coming", []string{hearing.Set, hearing.Notice}},
	{"hearings-now", []string{hearing.Meeting}},
	{"hearings-minutes", []string{hearing.Minutes}},
	{"hearings-tasks", []string{hearing.Tasks, hearing.Rating}},
	{"hearings-past", []string{hearing.Closed, hearing.Refused}},
}

// coming says that a hearing has a time, and that it is not over.
func coming(s hearing.State) bool {
	return s.Stage == hearing.Set || s.Stage == hearing.Notice || s.Stage == hearing.Meeting
}

// lines is a list of hearings under a heading.
type lines struct {
	Words string
	List  []meet
}

// started is what somebody has put into the form for a new hearing.
type started struct{ Text, Wrong string }

func (d *Desk) hearings(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showHearings(w, r, v, http.StatusOK, started{}, "")
}

func (d *Desk) showHearings(w http.ResponseWriter, r *http.Request, v *visitor, status int, f started, notice string) error {
	list, err := d.desk.Questions(r.Context(), v.hearings(), false, maxHearings)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-hearings")
	p.Here, p.Notice = "/desk/hearings", notice
	objected := lines{Words: "hearings-objected"}
	by := map[string][]meet{}
	for _, t := range list {
		m, s, err := d.meet(r, p, t)
		if err != nil {
			return err
		}
		switch {
		case m.Frozen:
			m.order = s.Frozen.At
			objected.List = append(objected.List, m)
		default:
			by[s.Stage] = append(by[s.Stage], m)
		}
	}
	var out []lines
	add := func(l lines) {
		slices.SortStableFunc(l.List, func(a, b meet) int { return byDue(a.order, b.order) })
		if len(l.List) > 0 {
			out = append(out, l)
		}
	}
	add(objected)
	for _, s := range stands {
		l := lines{Words: s.words}
		for _, stage := range s.stages {
			l.List = append(l.List, by[stage]...)
		}
		add(l)
		if n := len(out) - 1; s.words == "hearings-past" && n >= 0 && out[n].Words == s.words {
			slices.Reverse(out[n].List) // nothing is due any more: the last is looked for first
		}
	}
	p.Data = struct {
		Convene bool
		New     started
		Lists   []lines
	}{v.may(flows.Convene), f, out}
	return p.render(w, status, "hearings.html")
}

// byDue orders by time, what has none last.
func byDue(a, b time.Time) int {
	switch {
	case a.IsZero() != b.IsZero():
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// says gathers sentences; the first that there are no words for is the error of all.
type says struct {
	p    *page
	list []string
	err  error
}

func (s *says) add(key string, pairs ...any) {
	text, err := s.p.T(key, pairs...)
	s.list, s.err = append(s.list, text), errors.Join(s.err, err)
}

// head is what every list and page says of a hearing first.
func (p *page) head(c flows.Case, s hearing.State) meet {
	m := meet{ID: c.ID, Path: "/desk/hearings/" + string(c.ID), Topic: s.Topic, Form: "form-" + cmp.Or(string(s.Form), string(flows.Hearing)), Where: p.Settings.ScopeName(p.v.forWhom(s), p.Lang),
		Stage: "hs-" + s.Stage, Frozen: s.Frozen != nil && !c.Done, Over: c.Done, order: c.Due}
	if !p.Words.Has(m.Form) {
		m.Form = "form-hearing"
	}
	if !p.Words.Has(m.Stage) {
		m.Stage = "stage-other" // of a version that is younger than this page
	}
	if c.No > 0 {
		m.No = flows.Spoken(c.No)
	}
	return m
}

// meet is a hearing as a list shows it: one line of what it waits for.
func (d *Desk) meet(r *http.Request, p *page, t storage.Tallied) (meet, hearing.State, error) {
	s, err := hearing.Read(t.Case)
	if err != nil {
		return meet{}, s, err
	}
	m, x := p.head(t.Case, s), says{p: p}
	if m.Frozen {
		x.add("hm-objected", "t", p.When(s.Frozen.At), "who", p.Who(s.Frozen.By), "why", s.Frozen.Why)
	}
	switch s.Stage {
	case hearing.Waiting, hearing.Review:
		m.order = s.Vetted.Due
		if s.Stage == hearing.Waiting && !s.Vetted.List.IsZero() {
			x.add("hm-list", "t", p.When(s.Vetted.List))
		}
		if !s.Vetted.Due.IsZero() {
			x.add("hm-review", "t", s.Vetted.Due)
		}
	case hearing.Upward:
		m.order = s.Report.Next
		x.add("hm-upward", "to", s.Report.To)
		if !m.order.IsZero() {
			x.add("hm-again", "t", m.order)
		}
	case hearing.Planning, hearing.Asking, hearing.Off:
		if m.order.IsZero() {
			m.order = s.Opened
		}
		if name := p.Who(s.Organiser); name != "" {
			x.add("hm-organiser", "who", name)
		}
		if s.Stage == hearing.Asking && !s.Until.IsZero() {
			x.add("hm-asking", "t", p.When(s.Until))
		}
		if s.Stage == hearing.Off && s.Changed != "" {
			x.add("hm-off", "why", s.Changed)
		}
	case hearing.Set, hearing.Notice, hearing.Meeting:
		m.order = s.From
		err = d.near(r, p, t, s, &m, &x)
	case hearing.Minutes:
		m.order = s.Due
		x.add("hm-chair", "who", p.Who(s.Chair))
		if !s.Due.IsZero() {
			x.add("hm-minutes", "t", s.Due)
		}
	case hearing.Tasks, hearing.Rating:
		m.Tasks = p.tasks(s)
		if s.Stage == hearing.Rating {
			x.add("hm-rating", "n", s.Rated.Good+s.Rated.Fair+s.Rated.Bad)
		}
	default:
		m.order = cmp.Or(t.Ended, s.From, s.Opened)
		if s.Stage == hearing.Refused && s.Vetted.Why != "" {
			x.add("hm-refused", "why", s.Vetted.Why)
		}
		if !m.order.IsZero() {
			x.add("hm-past", "t", p.When(m.order))
		}
	}
	if p.overdue(s, m.order) {
		x.add("late")
	}
	m.Says = x.list
	return m, s, errors.Join(err, x.err)
}

// overdue says that what a hearing waits for was promised for an earlier time.
func (p *page) overdue(s hearing.State, due time.Time) bool {
	switch s.Stage {
	case hearing.Review, hearing.Upward, hearing.Minutes:
		return !due.IsZero() && due.Before(p.At) && s.Frozen == nil
	}
	return false
}

// near says of a hearing that has a time what it still needs, how many days are left, how
// many seats, and who has not answered without whom it makes little sense.
func (d *Desk) near(r *http.Request, p *page, t storage.Tallied, s hearing.State, m *meet, x *says) error {
	if !s.From.IsZero() {
		x.add("hm-when", "t", p.When(s.From))
	}
	if place := p.place(s); place != "" {
		x.add("hm-where", "where", place)
	}
	if s.Stage == hearing.Meeting {
		x.add("hm-came", "n", s.Came)
		return nil
	}
	text, err := p.days(s)
	if err != nil {
		return err
	}
	if text != "" {
		x.list = append(x.list, text)
	}
	lacks, err := p.lacks(s)
	if err != nil {
		return err
	}
	for _, l := range lacks {
		m.Lacks = append(m.Lacks, l.Text)
	}
	switch {
	case s.Stage == hearing.Set:
	case s.Seats > 0:
		x.add("hm-seats", "n", s.Taken.Seats, "of", s.Seats)
		if n := t.Counts[hearing.TagWait]; n > 0 {
			x.add("hm-wait", "n", n)
		}
	default:
		x.add("hm-yes", "n", s.Taken.Seats)
	}
	silent, err := d.silent(r, t.ID, s)
	if err != nil || len(silent) == 0 || s.Stage == hearing.Set {
		return err
	}
	x.add("hm-silent", "who", p.names(silent))
	return nil
}

// silent gives those without whom it makes little sense and who have not said whether they
// come.
func (d *Desk) silent(r *http.Request, id flows.ID, s hearing.State) ([]flows.PersonID, error) {
	answers, err := d.desk.Answers(r.Context(), id, s.Needed)
	if err != nil {
		return nil, err
	}
	said := []string{hearing.TagYes, hearing.TagNo, hearing.TagProxy, hearing.TagWait, hearing.TagHere}
	return slices.DeleteFunc(slices.Clone(s.Needed), func(q flows.PersonID) bool {
		return slices.ContainsFunc(answers, func(a storage.Answer) bool { return a.Person == q && slices.Contains(said, a.Tag) })
	}), nil
}

// names writes people with a post by name; others by what they are, once.
func (p *page) names(list []flows.PersonID) string {
	var out []string
	for _, id := range list {
		name := p.Who(id)
		if name == "" {
			name = p.words("case-resident")
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, p.words("comma"))
}

// place is where a hearing is held, in words; "" while nobody has said it.
func (p *page) place(s hearing.State) string {
	var out []string
	if room, ok := p.Settings.Room(s.Room); ok {
		out = append(out, room.Name)
	} else if s.Room != "" {
		out = append(out, s.Room)
	}
	if g, ok := p.Settings.Group(s.Group); ok {
		out = append(out, g.Name)
	}
	if s.Link != "" {
		out = append(out, p.words("hd-video"))
	}
	return strings.Join(out, p.words("comma"))
}

// tasks gives what was decided, with who does it.
func (p *page) tasks(s hearing.State) (out []task) {
	for i, x := range s.Decisions {
		k := task{N: i, Text: x.Text, Who: p.Who(x.Who), Due: x.Due, Said: x.Said}
		if x.Who != "" {
			k.How = "how-" + cmp.Or(x.How, "new")
			if !p.Words.Has(k.How) {
				k.How = "how-new"
			}
			k.Late = x.How != "done" && !x.Due.IsZero() && x.Due.Before(p.At)
		}
		out = append(out, k)
	}
	return out
}

// propose hands a new topic, or a new complaint meeting, to the rules as one line of text,
// as if the visitor had written it to Linli.
func (d *Desk) propose(w http.ResponseWriter, r *http.Request, v *visitor) error {
	if _, err := formOf(r); err != nil {
		return err
	}
	f := started{Text: strings.Join(strings.Fields(r.PostForm.Get("text")), " ")}
	line := complaints
	switch r.PostForm.Get("kind") {
	case "topic":
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(f.Text, topicMark), "议题:"))
		if n := utf8.RuneCountInString(text); n < 4 || n > maxTopic {
			f.Wrong = "hearing-wrong-topic"
		}
		line = topicMark + text
	case "open":
	default:
		return errChoice
	}
	if f.Wrong == "" {
		busy, err := d.expects(r, v, "")
		if err != nil {
			return err
		}
		if busy {
			f.Wrong = "hearing-busy" // or the line would be taken for the answer that is waited for
		}
	}
	if f.Wrong != "" {
		return d.showHearings(w, r, v, http.StatusUnprocessableEntity, f, "")
	}
	a, err := d.receive(r, v, "", bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: line}})
	if err != nil {
		return err
	}
	c, _, err := d.hearingOf(r, a.Opened)
	switch {
	case errors.Is(err, storage.ErrNone):
		f.Wrong = "hearing-not-opened"
		return d.showHearings(w, r, v, http.StatusUnprocessableEntity, f, a.Toast)
	case err != nil:
		return err
	case !v.hearings().Sees(c):
		notice, err := d.page(r, v, "").T("hearing-opened")
		if err != nil {
			return err
		}
		return d.showHearings(w, r, v, http.StatusOK, started{}, notice)
	}
	http.Redirect(w, r, d.o.Base+"/desk/hearings/"+string(c.ID), http.StatusSeeOther)
	return nil
}

// What is written to Linli for a new hearing.
const (
	topicMark  = "议题："
	complaints = "吐槽大会"
	maxTopic   = 100
)

// hearingOf reads a hearing; storage.ErrNone if there is none of this id.
func (d *Desk) hearingOf(r *http.Request, id flows.ID) (c flows.Case, s hearing.State, err error) {
	if c, err = d.caseOf(r, id, hearing.Name); err == nil {
		s, err = hearing.Read(c)
	}
	return c, s, err
}

// caseOf reads a case of a flow; storage.ErrNone if there is none of this id.
func (d *Desk) caseOf(r *http.Request, id flows.ID, flow string) (c flows.Case, err error) {
	if id == "" {
		return c, storage.ErrNone
	}
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) (err error) { c, err = tx.Case(id); return err })
	if err == nil && c.Flow != flow {
		err = storage.ErrNone
	}
	return c, err
}

// week gives the hearings that are the visitor's matter today: those of the next seven
// days, the topics that wait for them as a reviewer, and what they object to.
func (d *Desk) week(r *http.Request, p *page, v *visitor) (week, vet, stand []meet, err error) {
	list, err := d.desk.Questions(r.Context(), v.hearings(), true, maxHearings)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, t := range list {
		s, err := hearing.Read(t.Case)
		if err != nil {
			return nil, nil, nil, err
		}
		near := coming(s) && s.From.Before(flows.Clock(0).On(p.At.AddDate(0, 0, 8)))
		mine := s.Stage == hearing.Review && v.part(s, reviewers)
		objects := s.Frozen != nil && v.part(s, supervisors)
		if !near && !mine && !objects {
			continue
		}
		m, _, err := d.meet(r, p, t)
		if err != nil {
			return nil, nil, nil, err
		}
		switch {
		case objects:
			m.order = s.Frozen.At
			stand = append(stand, m)
		case mine:
			vet = append(vet, m)
		default:
			week = append(week, m)
		}
	}
	for _, l := range [][]meet{week, vet, stand} {
		slices.SortStableFunc(l, func(a, b meet) int { return byDue(a.order, b.order) })
	}
	return week, vet, stand, nil
}
