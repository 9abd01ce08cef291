package desk

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/purchase"
	"linli/storage"
)

// The page of the partners (社会组织、志愿队伍): who there is and what they offer, and the
// needs that nobody serves, with what was decided. It prints as a list of needs (购买服务需求单).
// No resident is on it: numbers of cases and of people are all that a need holds.

// org is a partner in the list.
type org struct {
	Name, Phone, From, Where string
	Team                     bool
	Offers                   []string
	People                   []string
}

// wish is a need in the list.
type wish struct {
	ID            flows.ID
	Service       string
	Stage         string // key of its words
	People, Cases int
	Nos           []string
	Who, Reason   string
	At, Again     time.Time
	Role          string // before whom it is
	Decide, Now   bool   // what the visitor can do
	Bought, Over  bool
}

// needs is how far the visitor sees what is needed: it is the whole community's.
func (v *visitor) needs() storage.Sight {
	return storage.Sight{Settings: v.s, Scopes: v.scopes(flows.Observe), Flow: flows.PurchaseFlow, Keep: func(c flows.Case) bool {
		_, err := purchase.Read(c)
		return err == nil
	}}
}

// maxNeeds is how many needs the list shows, from the newest.
const maxNeeds = 100

func (d *Desk) partners(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showPartners(w, r, v, "")
}

func (d *Desk) showPartners(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	list, err := d.desk.Questions(r.Context(), v.needs(), false, maxNeeds)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-partners")
	p.Here, p.Notice = "/desk/partners", notice
	data := struct {
		Open, Over []wish
		List       []org
		Days       int
	}{Days: int(v.s.Partners.Period.Hours() / 24)}
	for _, t := range list {
		switch x := p.need(t.Case); {
		case x.Over:
			data.Over = append(data.Over, x)
		default:
			data.Open = append(data.Open, x)
		}
	}
	for _, x := range v.s.Partners.List {
		o := org{Name: x.Name, Phone: x.Phone, From: x.From, Team: x.Team, Where: v.s.ScopeName(x.Scope, p.Lang)}
		for _, id := range x.Offers {
			if k, ok := v.s.Service(id); ok {
				o.Offers = append(o.Offers, k.In(p.Lang))
			}
		}
		for _, id := range x.People {
			if who, ok := v.s.Official(id); ok {
				o.People = append(o.People, who.Name)
			}
		}
		data.List = append(data.List, o)
	}
	p.Data = data
	return p.render(w, http.StatusOK, "partners.html")
}

// need is a need as the list shows it.
func (p *page) need(c flows.Case) wish {
	s, _ := purchase.Read(c) // in sight it can be read
	x := wish{ID: c.ID, Service: s.Name, Stage: "need-" + s.Stage, Reason: s.Reason, At: s.At, Again: s.Again, Over: c.Done}
	if k, ok := p.Settings.Service(s.Service); ok {
		x.Service = k.In(p.Lang)
	}
	x.People, x.Cases = s.Count(p.At, p.Settings.Partners.Period)
	for _, c := range s.Cases {
		if c.At.After(p.At.Add(-p.Settings.Partners.Period)) {
			x.Nos = append(x.Nos, flows.Spoken(c.No))
		}
	}
	if o, ok := p.Settings.Official(s.Who); ok {
		x.Who = o.Name
	}
	if s.Stage == purchase.Asked {
		x.Role = s.Role.In(p.Lang)
		x.Decide = p.v.actor.Holds(p.Settings.Partners.Approve...)
	}
	staff := p.Settings.May(p.v.actor, flows.Review, flows.Everywhere)
	x.Now = staff && (s.Stage == purchase.Noted || s.Stage == purchase.Later)
	x.Bought = staff && s.Stage == purchase.Agreed
	return x
}

// pressNeed is a button of a need, or why it is not bought.
func (d *Desk) pressNeed(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, err := d.desk.Case(r.Context(), v.needs(), flows.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	s, err := purchase.Read(o.Case)
	if err != nil {
		return err
	}
	p := d.page(r, v, "")
	x := p.need(o.Case)
	choice, text := r.PostForm.Get("choice"), strings.Join(strings.Fields(r.PostForm.Get("text")), " ")
	var a bot.Answer
	switch {
	case choice == "now" && x.Now, choice == "bought" && x.Bought:
		a, err = d.receive(r, v, "", bot.Inbound{Kind: bot.Pressed, Press: string(o.Case.ID) + "/" + choice})
	case (choice == "yes" || choice == "later") && x.Decide:
		a, err = d.receive(r, v, "", bot.Inbound{Kind: bot.Pressed, Press: string(o.Case.ID) + "/" + choice + "=" + strconv.Itoa(s.Card)})
	case choice == "no" && x.Decide && (text == "" || utf8.RuneCountInString(text) > 200):
		notice, err := p.T("need-why")
		if err != nil {
			return err
		}
		return d.showPartners(w, r, v, notice)
	case choice == "no" && x.Decide:
		a, err = d.receive(r, v, "", bot.Inbound{Kind: bot.Said, Answers: string(o.Case.ID) + "/why", Message: flows.Message{Text: text}})
	default:
		if choice != "now" && choice != "bought" && choice != "yes" && choice != "later" && choice != "no" {
			return errChoice
		}
		return errMay
	}
	if err != nil {
		return err
	}
	if a.Toast == "" {
		if a.Toast, err = p.T("need-pressed"); err != nil {
			return err
		}
	}
	return d.showPartners(w, r, v, a.Toast)
}
