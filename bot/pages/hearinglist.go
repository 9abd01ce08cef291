package pages

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// Which hearings there are: of the community, for everybody, once they are announced;
// and of a person, on their own page.

// maxHearings is how many hearings of the past the page shows.
const maxHearings = 100

// known is a list that everybody may ask for, and calendars do so day and night: it is read
// anew when it is older than fresh.
type known[T any] struct {
	mu   sync.Mutex
	at   time.Time
	list []T
}

const fresh = 20 * time.Second

// get gives the list; nobody may change it.
func (k *known[T]) get(now time.Time, read func() ([]T, error)) ([]T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age := now.Sub(k.at); !k.at.IsZero() && age >= 0 && age < fresh {
		return k.list, nil
	}
	list, err := read()
	if err != nil {
		return nil, err
	}
	k.at, k.list = now, list
	return list, nil
}

// happening is something that people come to, as lists and calendars show it.
type happening interface {
	lasts() (from, to time.Time)
	whom() flows.Scope
	on() bool   // it is going on
	past() bool // it is over, whatever the time
	listed(p *Pages, s *sheet) (listed, error)
	entry(p *Pages, s *sheet) (dated, error)
}

func (v *heard) lasts() (from, to time.Time) { return v.From, cmp.Or(v.To, v.From) }

func (v *heard) on() bool { return v.Stage == hearing.Meeting }

func (v *heard) past() bool { return false }

func (v *heard) listed(p *Pages, s *sheet) (listed, error) {
	t := p.tellHearing(s, v)
	x := t.inList("")
	return x, t.err
}

// announcedOnes gives the hearings that were announced, by their time.
func (p *Pages) announcedOnes(ctx context.Context) ([]heard, error) {
	if p.o.Store == nil {
		return nil, nil
	}
	return p.hearingsNow.get(p.o.Now(), func() (list []heard, err error) {
		err = p.o.Store.View(ctx, func(tx storage.Tx) error {
			cases, err := tx.Cases(maxHearings, func(c flows.Case) bool {
				return c.Flow == hearing.Name && !c.Bare && !slices.Contains([]string{hearing.Offered, hearing.Waiting, hearing.Review, hearing.Gone}, c.Stage)
			})
			if err != nil {
				return err
			}
			for _, c := range cases {
				v := heard{row: c}
				if v.State, err = hearing.Read(c); err != nil {
					return err
				}
				if !v.announced() {
					continue
				}
				if v.Stage == hearing.Off {
					if v.called, err = calledOff(tx, c.ID, hearing.Off); err != nil {
						return err
					}
				}
				list = append(list, v)
			}
			return nil
		})
		slices.SortStableFunc(list, func(a, b heard) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.row.No, b.row.No)) })
		return list, err
	})
}

// hearingsKnown gives them for a list or a calendar.
func (p *Pages) hearingsKnown(ctx context.Context) (out []happening, err error) {
	list, err := p.announcedOnes(ctx)
	for i := range list {
		out = append(out, &list[i])
	}
	return out, err
}

// calledOff is when a case came to the stage in which it is off, by its journal.
func calledOff(tx storage.Tx, id flows.ID, off string) (at time.Time, err error) {
	records, err := tx.Journal(id)
	for _, r := range records {
		if r.After == off && r.Before != off {
			at = r.At
		}
	}
	return at, err
}

// listed is a hearing in a list.
type listed struct {
	No, Topic, Form, Stage string
	Time, Where, Whom      string
	Path                   string
	Over                   bool
	Said, Mine             string // what the reader has said, and answered
}

// inList is a hearing for a list, with the link of a person, if there is one.
func (t *tellHearing) inList(person flows.PersonID) listed {
	v := t.v
	out := listed{Topic: t.topic(), Form: t.form(), Stage: t.say("hear-short-"+v.Stage, nil), Over: v.ended() || v.Stage == hearing.Off,
		Time: t.span(v.From, v.To), Where: t.place().Text, Path: t.p.hearingPath(v.row.ID, person, t.p.o.Now())}
	if v.row.No > 0 {
		out.No = flows.Spoken(v.row.No)
	}
	if v.Frozen != nil {
		out.Stage = t.say("hear-short-frozen", nil)
	}
	if !v.Scope.Zero() {
		out.Whom = t.s.Settings.ScopeName(v.Scope, t.s.Lang)
	}
	return out
}

// hearings shows everybody which hearings come and which there were.
func (p *Pages) hearings(w http.ResponseWriter, r *http.Request, _ *reader) error {
	return p.list(w, r, p.hearingsKnown, "hearings", true)
}

// list shows everybody what comes, and what there was where past says so. Words is the name
// of the page, of its feed, and what the keys of its words begin with.
func (p *Pages) list(w http.ResponseWriter, r *http.Request, known func(context.Context) ([]happening, error), words string, past bool) error {
	all, err := known(r.Context())
	if err != nil {
		return err
	}
	s := p.sheet(r, nil, bot.Mine{}, words+"-title")
	s.Sheet = "hearing.css"
	data := struct {
		Words      string
		Next, Past []listed
		Feed       string       // where the calendar is read
		Subscribe  template.URL // the same for a calendar that takes such links
		Buildings  []flows.Building
	}{Words: words, Feed: p.o.Base + "/" + words + ".ics", Buildings: s.Settings.Buildings}
	if host, ok := strings.CutPrefix(p.o.PublicURL, "https://"); ok {
		data.Feed, data.Subscribe = p.o.PublicURL+data.Feed, template.URL("webcal://"+host+data.Feed)
	} else if p.o.PublicURL != "" {
		data.Feed = p.o.PublicURL + data.Feed
	}
	for _, v := range all {
		x, err := v.listed(p, s)
		if err != nil {
			return err
		}
		if _, to := v.lasts(); v.on() || to.After(s.At) && !v.past() {
			data.Next = append(data.Next, x)
		} else if past {
			data.Past = append(data.Past, x)
		}
	}
	slices.Reverse(data.Past)
	s.Data = data
	return frame.Render(w, http.StatusOK, sheets, "hearings.html", s)
}

// hearingsOf gives the hearings a person has a part in, newest first, and says which
// cases these are.
func (p *Pages) hearingsOf(ctx context.Context, s *sheet, m bot.Mine) (list []listed, cases []flows.ID, err error) {
	if p.o.Store == nil {
		return nil, nil, nil
	}
	var found []heard
	err = p.o.Store.View(ctx, func(tx storage.Tx) error {
		open, err := tx.Same(hearing.Key)
		if err != nil {
			return err
		}
		with, err := tx.CasesWith(string(m.Person), maxPolls)
		if err != nil {
			return err
		}
		for _, c := range append(with, open...) {
			if c.Flow != hearing.Name || slices.Contains(cases, c.ID) {
				continue
			}
			v := heard{row: c}
			if c.Bare {
				cases = append(cases, c.ID)
				continue
			}
			if v.State, err = hearing.Read(c); err != nil {
				return err
			}
			v.person.ID = m.Person
			if err := v.partOf(tx); err != nil {
				return err
			}
			if v.tag == "" && m.Person != v.Organiser && m.Person != v.Chair && m.Person != v.Proposer {
				continue
			}
			if cases = append(cases, c.ID); v.Stage != hearing.Gone {
				found = append(found, v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(found, func(a, b heard) int { return b.row.Opened.Compare(a.row.Opened) })
	for i := range found {
		t := p.tellHearing(s, &found[i])
		x := t.inList(m.Person)
		if t.err != nil {
			return nil, nil, t.err
		}
		if j := slices.IndexFunc(m.Cases, func(c bot.MyCase) bool { return c.ID == found[i].row.ID }); j >= 0 && m.Cases[j].Said != x.Topic {
			x.Said = m.Cases[j].Said
		}
		list = append(list, x)
	}
	return list, cases, nil
}
