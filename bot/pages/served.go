package pages

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/storage"
)

// The certificate of a volunteer's hours (志愿证明), for themself to print: what was noted, no
// more and no less, and no number of an identity card.

var errServed = errors.New("pages: no volunteer hours")

// served is what the certificate shows.
type served struct {
	Head, No string
	Name     string
	Lead     string
	Rows     []service
	Total    string
	Check    string
	Day      string
}

// service is one time somebody has helped.
type service struct{ Day, What, No, Time, By string }

// certificate shows a person the hours they have given as a volunteer.
func (p *Pages) certificate(w http.ResponseWriter, r *http.Request, who *reader) error {
	person, err := p.known(r, who.person)
	if err != nil {
		return err
	}
	list := slices.Clone(person.Profile.Served)
	if len(list) == 0 {
		return errServed
	}
	s := p.sheet(r, who, bot.Mine{Lang: person.Lang}, "cert-title")
	t := &telling{s: s}
	slices.SortStableFunc(list, func(a, b flows.Served) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.No, b.No)) })
	data := &served{Head: t.say("cert-title", nil), Name: person.Name, Day: s.At.Format("2006-01-02")}
	sum := 0
	for _, x := range list {
		row := service{Day: x.At.In(s.Settings.Zone).Format("2006-01-02"), What: x.What, Time: t.long(x.Minutes), By: t.say("cert-by-former", nil)}
		if x.No > 0 {
			row.No = flows.Spoken(x.No)
		}
		if o, ok := s.Settings.Official(x.By); ok {
			row.By = o.Name
			if len(o.Posts) > 0 {
				row.By = t.say("cert-by", flows.Vars{"who": flows.Who(x.By)})
			}
		}
		sum += x.Minutes
		data.Rows = append(data.Rows, row)
	}
	data.Lead = t.say("cert-lead", flows.Vars{"name": flows.Text(person.Name), "community": flows.Text(s.Community()), "n": flows.Num(len(list))})
	data.Total = t.say("cert-total", flows.Vars{"n": flows.Num(len(list)), "time": flows.Text(t.long(sum))})
	data.Check = t.say("cert-check", flows.Vars{"phone": flows.Text(s.Office())})
	if t.err != nil {
		return t.err
	}
	s.Data = data
	return frame.Render(w, http.StatusOK, sheets, "served.html", s)
}

// long writes how long something took.
func (t *telling) long(minutes int) string {
	return t.say("cert-long", flows.Vars{"hours": flows.Num(minutes / 60), "minutes": flows.Num(minutes % 60)})
}

// known reads what is kept of a person.
func (p *Pages) known(r *http.Request, id flows.PersonID) (x storage.Person, err error) {
	if p.o.Store == nil {
		return x, storage.ErrNone
	}
	err = p.o.Store.View(r.Context(), func(tx storage.Tx) (err error) { x, err = personOf(tx, p.o.Settings(), id); return err })
	return x, err
}
