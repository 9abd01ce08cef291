package desk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// One hearing with all that belongs to it. It names who has a post, and of others who has
// agreed to be named; the rest are their building.

// where is a link to another page.
type where struct{ Words, Path string }

// slot is a time that is possible.
type slot struct {
	N      int // from 0
	When   time.Time
	Room   string
	Can    string // who of those who are needed
	Needed int
	Others int
	Taken  string // key of the words for why the room cannot be had
	Free   time.Time
	Day    bool // a public holiday
	Best   bool // proposed: the most of those who are needed, then the most others
}

// answered is how many have answered in one way, those with a post by name and the others
// by building.
type answered struct {
	Words string // key
	N     int
	Posts string
	Homes []homed
}

// homed is how many live in a building.
type homed struct {
	Name string
	N    int
}

// talk is one hearing as its page shows it.
type talk struct {
	meet
	State     hearing.State
	Title     string
	Why       string // key of the words for why it is to be talked over
	From      []where
	Proposer  string
	Organiser string
	Chair     string
	Needed    string
	Silent    string // who of those who are needed has not answered
	Vetted    string // who has reviewed it
	Place     string
	Slots     []slot
	Notice    []lack
	Days      string
	Waived    []piece
	Asked     []answered
	Guests    int
	Before    []piece
	Points    []point
	Else      []piece // of no point
	Tasks     []task
	Issues    []where
	Lines     []recorded
	Differs   []differs
	Steps     []line
	Told      []said
	Others    int
	OthersNo  int
	Tells     bool // what was said to whom is for the visitor
	Links     []where
	Code      string
	Do        deeds
	Back      sent
}

// heard gives the hearing of a request with what belongs to it, or storage.ErrNone where
// it is none or out of the visitor's sight.
func (d *Desk) heard(r *http.Request, v *visitor) (storage.Dossier, hearing.State, error) {
	o, err := d.desk.Case(r.Context(), v.hearings(), flows.ID(r.PathValue("id")))
	if err != nil {
		return o, hearing.State{}, err
	}
	s, err := hearing.Read(o.Case)
	return o, s, err
}

func (d *Desk) hearing(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showHearing(w, r, v, http.StatusOK, "", sent{})
}

func (d *Desk) showHearing(w http.ResponseWriter, r *http.Request, v *visitor, status int, notice string, back sent) error {
	o, s, err := d.heard(r, v)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-hearings")
	p.Here, p.Notice = "/desk/hearings", notice
	x := talk{meet: p.head(o.Case, s), State: s, Back: back, Organiser: p.Who(s.Organiser), Chair: p.Who(s.Chair), Needed: p.names(s.Needed), Place: p.place(s), Tasks: p.tasks(s)}
	if x.Title = s.Topic; x.Title == "" {
		if x.Title, err = p.T(x.Form); err != nil {
			return err
		}
	}
	if x.From, err = d.origins(r, v, s); err != nil {
		return err
	}
	x.Proposer = p.Who(s.Proposer)
	if x.Proposer == "" && s.Proposer != "" {
		if x.Proposer, err = p.T("case-resident"); err != nil {
			return err
		}
	}
	if key := "why-talk-" + s.Why; s.Why != "" && p.Words.Has(key) {
		x.Why = key
	}
	x.Vetted = p.Who(s.Vetted.By)
	if x.Notice, err = p.lacks(s); err != nil {
		return err
	}
	if x.Days, err = p.days(s); err != nil {
		return err
	}
	for _, w := range s.Waived {
		x.Waived = append(x.Waived, piece{Kind: "waived-" + w.What, Who: p.Who(w.By), Text: w.Why, At: w.At})
	}
	x.Slots = p.slots(s)
	items, err := d.items(r, o.Case.ID, s)
	if err != nil {
		return err
	}
	p.record(&x, s, items, v)
	if x.Asked, err = d.asked(r, p, o.Case.ID, s, o.Counts); err != nil {
		return err
	}
	silent, err := d.silent(r, o.Case.ID, s)
	if err != nil {
		return err
	}
	if s.Stage == hearing.Notice {
		x.Silent = p.names(silent)
	}
	x.Guests = s.Guests
	if x.Lines, err = d.minutes(p, s, o.Case.No, items); err != nil {
		return err
	}
	if x.Issues, err = d.issues(r, p, s); err != nil {
		return err
	}
	x.Steps = p.steps(o, "hs-", "hj-")
	if x.Tells = v.s.May(v.actor, flows.See, v.forWhom(s)); x.Tells {
		if x.Told, x.Others, x.OthersNo, err = d.toldOf(r, v, v.worksOn(s), o.Case.ID); err != nil {
			return err
		}
	}
	leads := v.part(s, leaders)
	x.Links = d.printed(p, o.Case.ID, s, leads)
	if leads && (s.Stage == hearing.Notice || s.Stage == hearing.Meeting) {
		x.Code = s.Code
	}
	if x.Do, err = d.deeds(r, p, o.Case.ID, s, x); err != nil {
		return err
	}
	p.Data = x
	return p.render(w, status, "hearing.html")
}

// origins gives the demands that a hearing is about, with a link where the visitor may see
// them.
func (d *Desk) origins(r *http.Request, v *visitor, s hearing.State) (out []where, err error) {
	sight := v.sight()
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		out = nil
		for _, ref := range s.Cases {
			x := where{Words: flows.Spoken(ref.No)}
			c, err := tx.Case(ref.ID)
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			if err == nil && c.Parent == "" && sight.Sees(c) {
				x.Path = "/desk/cases/" + string(c.ID)
			}
			if ref.No > 0 || x.Path != "" {
				out = append(out, x)
			}
		}
		return nil
	})
	return out, err
}

// issues gives what a complaint meeting led to, with a link where the visitor may see it.
func (d *Desk) issues(r *http.Request, p *page, s hearing.State) (out []where, err error) {
	v := p.v
	sees := map[string]struct {
		sight storage.Sight
		path  string
	}{"demand": {v.sight(), "/desk/cases/"}, "topic": {v.hearings(), "/desk/hearings/"}}
	var x says
	x.p = p
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		out, x.list = nil, nil
		for _, i := range s.Issue {
			no := ""
			if i.No > 0 {
				no = flows.Spoken(i.No)
			}
			if i.Kind == "" {
				continue // nobody has said yet what becomes of it
			}
			x.add("issue-"+i.Kind, "n", i.Item, "no", no)
			link := where{Words: x.list[len(x.list)-1]}
			c, err := tx.Case(i.Case)
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			if k, ok := sees[i.Kind]; err == nil && ok && k.sight.Sees(c) {
				link.Path = k.path + string(c.ID)
			}
			out = append(out, link)
		}
		return nil
	})
	return out, errors.Join(err, x.err)
}

// printed gives what can be printed of a hearing and taken into a calendar.
func (d *Desk) printed(p *page, id flows.ID, s hearing.State, leads bool) (out []where) {
	if d.o.HearingPath == nil || s.From.IsZero() || s.Stage == hearing.Closed || s.Stage == hearing.Off {
		return nil
	}
	base := d.o.HearingPath(id, p.v.actor.Person)
	if base == "" {
		return nil
	}
	out = append(out, where{"print-notice", base + "/notice"})
	if leads {
		out = append(out, where{"print-door", base + "/door"}, where{"print-signin", base + "/signin"})
	}
	return append(out, where{"print-ics", base + "/event.ics"})
}

// slots gives the times that are possible, those that suit best first, and which of them is
// proposed once people have said what suits them.
func (p *page) slots(s hearing.State) (out []slot) {
	for k, i := range s.Best() {
		x := s.Slots[i]
		row := slot{N: i, When: x.From, Can: p.names(x.Needed), Needed: len(x.Needed), Others: x.Others + x.Listed, Free: x.Free, Day: x.Holiday}
		row.Best = k == 0 && len(s.Slots) > 1 && s.Stage == hearing.Planning && !s.Until.IsZero()
		if room, ok := p.Settings.Room(x.Room); ok {
			row.Room = room.Name
		}
		if x.Taken != "" && x.Room == "" {
			if row.Taken = "taken-" + x.Taken; !p.Words.Has(row.Taken) {
				row.Taken = "taken-taken"
			}
		}
		out = append(out, row)
	}
	return out
}

// asked gives who has answered how.
func (d *Desk) asked(r *http.Request, p *page, id flows.ID, s hearing.State, counts map[string]int) (out []answered, err error) {
	tags := []string{hearing.TagYes, hearing.TagProxy, hearing.TagWait, hearing.TagNo, hearing.TagHere}
	list, err := d.desk.AllAnswers(r.Context(), id, tags)
	if err != nil {
		return nil, err
	}
	for _, tag := range append(tags, hearing.TagAsked) {
		if counts[tag] == 0 {
			continue
		}
		a := answered{Words: "tag-" + tag, N: counts[tag]}
		var posts []flows.PersonID
		homes := map[string]int{}
		for _, x := range list {
			if x.Tag != tag {
				continue
			}
			if _, ok := p.Settings.Official(x.Person); ok {
				posts = append(posts, x.Person)
			} else if x.Building != "" {
				homes[x.Building]++
			}
		}
		slices.Sort(posts)
		a.Posts = p.names(posts)
		for b, n := range homes {
			a.Homes = append(a.Homes, homed{p.Settings.PlaceName(flows.Place{Building: b}, p.Lang, false), n})
		}
		slices.SortFunc(a.Homes, func(a, b homed) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Name, b.Name)) })
		out = append(out, a)
	}
	return out, nil
}

// worksOn says whose messages of a hearing are about their work.
func (v *visitor) worksOn(s hearing.State) func(flows.PersonID) bool {
	work := append([]flows.PersonID{s.Organiser, s.Chair}, v.s.Reviewers()...)
	for _, x := range s.Decisions {
		work = append(work, x.Who)
	}
	work = append(work, v.s.With(flows.Supervisor, flows.Everywhere)...)
	return func(p flows.PersonID) bool { return p != "" && slices.Contains(work, p) }
}

// steps tells the journal of a hearing and of the tasks that came of it. Of many that do
// the same one after another there is one line; what they have answered is not told.
//
// The keys of the words for the stages and for the steps begin with stages and did.
func (p *page) steps(o storage.Dossier, stages, did string) (out []line) {
	same := map[flows.ID]flows.Case{}
	for _, c := range o.Children {
		same[c.ID] = c
	}
	last, n := "", 0 // what the line before says, and how often
	for _, rec := range o.Journal {
		if rec.Erased {
			continue
		}
		key, stage := "", ""
		if rec.Case == o.Case.ID {
			key = p.stepKey(rec, did)
			if rec.After != rec.Before && p.Words.Has(stages+rec.After) {
				stage = stages + rec.After
			}
		} else if same[rec.Case].Flow == "dispatch" {
			key, _ = p.told(rec)
		}
		if key == "" && stage == "" {
			continue
		}
		l := line{At: rec.At, Who: p.by(rec.By, matter{}), What: p.words(key), Stage: stage}
		if now := l.Who + " " + l.What; stage == "" && now == last && rec.Case == o.Case.ID {
			n++
			out[len(out)-1].At = rec.At
			out[len(out)-1].What = p.words("hj-times", "what", l.What, "n", n)
			continue
		} else if last, n = now, 1; stage != "" {
			last = ""
		}
		out = append(out, l)
	}
	return out[max(0, len(out)-maxLines):]
}

// words gives the words of a key that is surely there, for where it stands within others.
func (p *page) words(key string, pairs ...any) string {
	if key == "" {
		return ""
	}
	text, _ := p.T(key, pairs...)
	return text
}

// stepKey gives the key of the words for a step; "" for what is of no use.
func (p *page) stepKey(rec storage.Record, did string) string {
	word, value, _ := strings.Cut(rec.Detail, "=")
	switch rec.Kind {
	case "delivered":
		word = rec.Detail[strings.LastIndexByte(rec.Detail, ' ')+1:]
	case "woke", "said", "told", "missed":
		if word, _, _ = strings.Cut(word, "-"); rec.Kind == "woke" && idle(rec, word) {
			return ""
		}
	case "chose":
		if word == "rev" {
			word += "-" + value
		}
	}
	if rec.Kind == "opened" {
		return did + "opened"
	}
	for _, key := range []string{did + rec.Kind + "-" + word, did + rec.Kind} {
		if p.Words.Has(key) {
			return key
		}
	}
	return ""
}
