package demand

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// A matter that is a household's own goes to somebody outside of the committee only when
// the resident has said yes to it, by name (个人信息保护法 23): here they are asked, and what
// they answered is kept as long as the case is. They can take it back.

// Pass is how it stands with passing the work on to a partner.
type Pass struct {
	N        int      `json:"n,omitempty"`        // of the dispatch's question
	Round    int      `json:"round,omitempty"`    // in which it was asked
	Partners []string `json:"partners,omitempty"` // ids of those named to the resident
	Service  string   `json:"service,omitempty"`
	Open     bool     `json:"open,omitempty"` // the resident has not answered
	Given    []Given  `json:"given,omitempty"`
	Kept     bool     `json:"kept,omitempty"`     // they do not want it passed on
	Declined []string `json:"declined,omitempty"` // partners that will not do it
}

// Given is a consent as it was given.
type Given struct {
	Partners []string  `json:"partners"`
	At       time.Time `json:"at"`
	Back     time.Time `json:"back,omitzero"` // when it was taken back
}

// given says that a consent holds now.
func (p Pass) given() bool { return len(p.Given) > 0 && p.Given[len(p.Given)-1].Back.IsZero() }

func (t *turn) passSlot() string { return "pass-" + t.passWord() }

// passWord names the question in its buttons: of an older one they say nothing.
func (t *turn) passWord() string { return strconv.Itoa(t.Pass.Round) + "-" + strconv.Itoa(t.Pass.N) }

// referred takes what the dispatch says about partners.
func (t *turn) referred(w flows.Told) {
	r, p := data[flows.Referral](w.Data), &t.Pass
	switch w.Name {
	case "declined":
		for _, id := range r.Partners {
			if !slices.Contains(p.Declined, id) {
				p.Declined = append(slices.Clone(p.Declined), id)
			}
		}
	case "unrefer":
		if p.Open && r.N == p.N {
			p.Open = false
			t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Tidy: true, Words: "pass-over", Vars: t.passVars(), Slot: t.passSlot()})
		}
	case "refer":
		p.N, p.Round, p.Partners, p.Service = r.N, t.Rounds, r.Partners, r.Service
		if t.Reporter == "" || t.Behalf || t.discreet() || t.Danger != "" || p.Kept {
			t.unpassed() // there is nobody to ask (who has filed it for another cannot agree for them), or it must not be passed on
			return
		}
		p.Open = true
		x, _ := t.e.Settings.Service(p.Service)
		t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Words: "pass", Vars: t.passVars(), Slot: t.passSlot(), Neutral: x.Quiet,
			Buttons: []flows.Button{{Words: "b-pass-yes", Choice: "allow=" + t.passWord()}, {Words: "b-pass-no", Choice: "keep=" + t.passWord()}}})
	}
}

// unpassed tells the dispatch that the resident cannot be asked.
func (t *turn) unpassed() {
	t.Pass.Open = false
	t.toPartners("unheard")
}

func (t *turn) toPartners(name string) {
	if t.Job != "" {
		t.do(flows.Tell{Case: t.Job, Name: name, Data: flows.Data(flows.Referral{N: t.Pass.N, Partners: t.Pass.Partners, Service: t.Pass.Service})})
	}
}

// passVars name those to whom it would go, with their numbers, and what they would do.
func (t *turn) passVars() flows.Vars {
	vars, s := t.vars(), t.e.Settings
	var names []string
	for _, id := range t.Pass.Partners {
		x, ok := s.Partner(id)
		if !ok {
			continue
		}
		name := x.Name
		if x.Phone != "" {
			name += "（" + x.Phone + "）"
		}
		names = append(names, name)
	}
	x, _ := s.Service(t.Pass.Service)
	if len(names) > 0 {
		vars["next"] = flows.Text(strings.Join(names[1:], "、"))
		names = names[:1]
	}
	vars["orgs"], vars["zh"], vars["en"] = flows.Text(strings.Join(names, "、")), flows.Text(x.In("zh-CN")), flows.Text(x.In("en"))
	return vars
}

// passed is the resident's answer, or that they have thought better of it.
func (t *turn) passed(yes bool, word string) {
	p := &t.Pass
	switch {
	case t.Reporter == "" || t.e.By.Person != t.Reporter:
		t.toast("not-asked", nil)
		return
	case word != t.passWord() || !t.open() || !p.Open && (yes || !p.given()):
		t.holds()
		return
	}
	say := flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Personal, Reply: true, Slot: t.passSlot(), Vars: t.passVars()}
	switch {
	case yes:
		p.Given = append(slices.Clone(p.Given), Given{Partners: p.Partners, At: t.e.At})
		say.Words, say.Buttons = "pass-yes", []flows.Button{{Words: "b-pass-back", Choice: "keep=" + word}}
	case p.Open:
		p.Kept = true
		say.Words = "pass-no"
	default:
		p.Given = slices.Clone(p.Given)
		p.Given[len(p.Given)-1].Back = t.e.At
		p.Kept = true
		say.Words = "pass-back"
	}
	p.Open = false
	t.do(say)
	t.toPartners(map[bool]string{true: "agreed", false: "kept"}[yes])
}
