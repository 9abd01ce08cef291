package dispatch

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// Work that a partner can do better (转介): who has it asks one of those that offer what
// fits, and keeps it until somebody there has said yes. What is a household's own is passed
// on only after the resident has agreed, to the partners that were named to them; anything
// else goes without their words, and with no more of the place than the building.
//
// Two are asked at most, then it comes back. What nobody does becomes a need that is noted.

// Refer is how it stands with the partners.
type Refer struct {
	N       int            `json:"n,omitempty"`       // of questions asked, to the resident or a partner: buttons and wakes of an older one are void
	Service string         `json:"service,omitempty"` // what is wanted of them
	From    flows.PersonID `json:"from,omitempty"`    // with whom the work is, or was before a partner took it
	Left    []string       `json:"left,omitempty"`    // partners still to be asked, in order
	Asking  bool           `json:"asking,omitempty"`  // the resident is being asked
	Partner string         `json:"partner,omitempty"` // that is being asked, or has it
	Who     flows.PersonID `json:"who,omitempty"`     // of it
	Has     bool           `json:"has,omitempty"`     // it has the work
	Until   time.Time      `json:"until,omitzero"`    // to answer
	Yes     []string       `json:"yes,omitempty"`     // to which the resident has agreed
	Needs   []string       `json:"needs,omitempty"`   // kinds of service for which a need was noted
}

// offer is a partner that may be asked, for what, and who of it.
type offer struct {
	flows.Partner
	service string
	who     flows.PersonID
}

// word names it in a button.
func (o offer) word() string { return o.service + "." + o.ID }

// referable says that partners may have to do with it at all: never with a danger, with what
// is discreet, or with a complaint about a person.
func (t *turn) referable() bool {
	return t.Work.Danger == "" && !t.discreet() && !t.Work.Decided && flows.Aloud(t.Work.About) && len(t.services()) > 0
}

func (t *turn) services() []flows.Service {
	it, ok := t.e.Settings.Item(t.Work.Item)
	if !ok {
		return nil
	}
	return t.e.Settings.ServicesFor(it)
}

// offers are the partners that could be asked now, and for what; none that was asked before.
func (t *turn) offers(only string) (out []offer) {
	if !t.referable() {
		return nil
	}
	for _, x := range t.services() {
		if only != "" && x.ID != only {
			continue
		}
		for _, p := range t.e.Settings.Offering(x.ID, t.Work.Place) {
			who := t.speaker(p)
			if who == "" || slices.Contains(t.Work.Declined, p.ID) {
				continue
			}
			out = append(out, offer{p, x.ID, who})
		}
	}
	return out
}

// speaker is who is asked of a partner: the first who is there, whom it is not about, and to
// whom it does not come in another post.
func (t *turn) speaker(p flows.Partner) flows.PersonID {
	barred := slices.Concat(t.barred(), t.Work.Except, t.Ladder)
	for _, who := range p.People {
		if _, away := t.e.Settings.Away(who, t.e.At); !away && t.here(who) && who != t.Holder && who != t.Refer.From && !slices.Contains(barred, who) {
			return who
		}
	}
	return ""
}

// partnered says that a partner has the work.
func (t *turn) partnered() bool { return t.Refer.Has && t.Holder != "" && t.Holder == t.Refer.Who }

// consented says whether the resident is to be asked first.
func (t *turn) consented(service string) bool {
	it := t.item()
	x, _ := t.e.Settings.Service(service)
	return it.Private || it.Level == flows.AtRoom || x.Quiet
}

// kept says that the resident does not want it passed on, and would have to.
func (t *turn) kept() bool {
	return t.Work.Kept && !slices.ContainsFunc(t.services(), func(x flows.Service) bool { return !t.consented(x.ID) })
}

// partnering is what a partner that has the work can do with it, and what a partner that is
// asked can say; all else is not theirs.
var partnering = []string{"done", "ask", "more", "until", "reason", "giveback"}

// referChose takes what has to do with partners, and says whether it was that.
func (t *turn) referChose(w flows.Chose) bool {
	by := t.e.By.Person
	switch {
	case w.Choice == "take" || w.Choice == "cannot":
		switch {
		case by == "" || !t.open() || by != t.Refer.Who || t.Refer.Has || w.Value != itoa(t.Refer.N):
			t.toast("org-over")
		case w.Choice == "take":
			t.orgTakes()
		default:
			t.orgSays("org-declined")
			t.declined()
		}
		return true
	case by != "" && by == t.Holder && t.partnered() && t.open():
		if !slices.Contains(partnering, w.Choice) {
			t.toast("org-not")
			return true
		}
		if w.Choice == "giveback" {
			t.orgSays("org-declined")
			t.comesBack("org-gave-back")
			return true
		}
		return false
	}
	switch w.Choice {
	case "giveback":
		t.toast("org-over")
		return true
	case "refer", "need":
	default:
		return false
	}
	switch {
	case by == "" || !t.asked():
		t.toast("not-your-grid")
	case t.Stage == Sent && t.open():
		t.toast("first-accept")
	case !t.open() || by != t.Holder || !t.referable():
		t.holds()
	case w.Choice == "need":
		t.need(w.Value)
	case t.Refer.Asking || t.Refer.Who != "":
		t.toast("refer-pending")
	case t.kept():
		t.reply("refer-kept", t.vars())
	case w.Value == "":
		t.referWhom()
	default:
		t.referTo(w.Value)
	}
	return true
}

// mostOffers is how many partners are offered at a time.
const mostOffers = 6

// referWhom shows which partners offer what fits, or that there is none.
func (t *turn) referWhom() {
	s := t.e.Settings
	var bs []flows.Button
	for i, o := range t.offers("") {
		if i == mostOffers {
			break
		}
		x, _ := s.Service(o.service)
		bs = append(bs, flows.Button{Words: "b-org", Vars: flows.Vars{"org": flows.Text(o.Name), "zh": flows.Text(x.In("zh-CN")), "en": flows.Text(x.In("en")), "from": flows.Text(o.From)},
			Choice: "refer=" + o.word(), Row: i})
	}
	if len(bs) == 0 {
		bs = t.needs("")
		t.reply("refer-none", t.with("ask", flows.Text(map[bool]string{true: "1"}[len(bs) > 0])), bs...)
		return
	}
	t.reply("refer-whom", t.vars(), bs...)
}

// needs are the kinds of service, or the one that was wanted, that can still be noted as needed.
func (t *turn) needs(only string) (bs []flows.Button) {
	for i, x := range t.services() {
		if i < mostOffers && !slices.Contains(t.Refer.Needs, x.ID) && (only == "" || only == x.ID) {
			bs = append(bs, flows.Button{Words: "b-need", Vars: flows.Vars{"zh": flows.Text(x.In("zh-CN")), "en": flows.Text(x.In("en"))}, Choice: "need=" + x.ID, Row: i})
		}
	}
	return bs
}

// need notes what nobody does.
func (t *turn) need(service string) {
	if !slices.ContainsFunc(t.services(), func(x flows.Service) bool { return x.ID == service }) {
		t.holds()
		return
	}
	if slices.Contains(t.Refer.Needs, service) {
		t.toast("need-noted")
		return
	}
	t.Refer.Needs = append(slices.Clone(t.Refer.Needs), service)
	t.do(flows.Tell{Flow: flows.PurchaseFlow, Key: flows.PurchaseKey(service), Name: "need",
		Data: flows.Data(flows.Need{Service: service, No: t.e.Case.No, People: max(1, t.Work.People), By: t.e.By.Person})})
}

// referTo asks one partner, and the next that fits if that one will not. A resident who is
// to be asked first is asked about both at once.
func (t *turn) referTo(word string) {
	all := t.offers("")
	i := slices.IndexFunc(all, func(o offer) bool { return o.word() == word })
	if i < 0 {
		t.toast("refer-gone")
		return
	}
	r := &t.Refer
	id := all[i].ID
	r.Service, r.From, r.Left = all[i].service, t.Holder, []string{id}
	for _, o := range t.offers(r.Service) {
		if o.ID != id && len(r.Left) < max(1, t.e.Settings.Partners.Tries) {
			r.Left = append(r.Left, o.ID)
		}
	}
	if !t.consented(r.Service) || !slices.ContainsFunc(r.Left, func(x string) bool { return !slices.Contains(r.Yes, x) }) {
		t.askPartner()
		return
	}
	if t.Work.Kept {
		r.stop()
		t.reply("refer-kept", t.vars())
		return
	}
	r.N++
	r.Asking = true
	r.Until = t.e.At.Add(t.e.Settings.Partners.Consent)
	t.do(flows.Say{To: flows.To{Person: r.From}, Class: flows.Work, Reply: true, Words: "refer-asking", Vars: t.referVars(), Slot: "refer"},
		flows.Wake{At: r.Until, Name: "consent-" + itoa(r.N)},
		flows.Tell{Name: "refer", Data: flows.Data(flows.Referral{N: r.N, Partners: r.Left, Service: r.Service})})
}

// stop forgets who was to be asked, or was.
func (r *Refer) stop() {
	r.Left, r.Asking, r.Partner, r.Who, r.Has, r.Until = nil, false, "", "", false, time.Time{}
}

func (t *turn) referVars() flows.Vars {
	vars := t.vars()
	r, s := t.Refer, t.e.Settings
	x, _ := s.Service(r.Service)
	vars["zh"], vars["en"] = flows.Text(x.In("zh-CN")), flows.Text(x.In("en"))
	vars["until"], vars["org"] = flows.At(r.Until), flows.Text(t.orgName(r.Partner))
	var names []string
	for _, id := range r.Left {
		names = append(names, t.orgName(id))
	}
	vars["orgs"] = flows.Text(strings.Join(names, "、"))
	return vars
}

// orgName is what a partner is called.
func (t *turn) orgName(id string) string {
	p, _ := t.e.Settings.Partner(id)
	return p.Name
}

// askPartner asks the next one; where there is none left, the work stays where it is, and
// who has it hears so.
func (t *turn) askPartner() {
	r := &t.Refer
	r.Asking, r.Partner, r.Who, r.Has = false, "", "", false
	for len(r.Left) > 0 && r.Who == "" {
		id := r.Left[0]
		r.Left = slices.Clone(r.Left[1:])
		if i := slices.IndexFunc(t.offers(r.Service), func(o offer) bool { return o.ID == id }); i >= 0 && (!t.consented(r.Service) || slices.Contains(r.Yes, id)) {
			r.Partner, r.Who = id, t.offers(r.Service)[i].who
		}
	}
	from := flows.Say{To: flows.To{Person: r.From}, Class: flows.Work, Reply: t.e.By.Person == r.From}
	if r.Who == "" {
		from.Words, from.Vars, from.Buttons = "refer-nobody", t.referVars(), t.needs(r.Service)
		from.Vars["ask"] = flows.Text(map[bool]string{true: "1"}[len(from.Buttons) > 0])
		t.do(from)
		r.stop()
		return
	}
	r.N++
	r.Until = t.within(t.e.Settings.Partners.Answer)
	n := itoa(r.N)
	t.do(flows.Wake{At: r.Until, Name: "org-" + n},
		flows.Say{To: flows.To{Person: r.Who}, Class: flows.Work, Words: "org-card", Vars: t.referVars(), Media: t.Work.Media, Slot: t.slot(r.Who),
			Buttons: []flows.Button{{Words: "b-org-yes", Choice: "take=" + n}, {Words: "b-org-no", Choice: "cannot=" + n}}})
	from.Words, from.Vars, from.Slot = "refer-asked", t.referVars(), "refer"
	t.do(from)
}

// orgTakes gives the work to the partner that was asked.
func (t *turn) orgTakes() {
	old := t.Holder
	t.Stage, t.Holder, t.Refer.Has, t.Refer.Left = Taken, t.Refer.Who, true, nil
	t.Again, t.Length, t.Help = time.Time{}, flows.Span{}, false
	t.Turn++
	t.edit("card-taken")
	t.do(flows.Say{To: flows.To{Person: old}, Class: flows.Work, Words: "passed", Vars: t.vars(), Slot: t.slot(old)},
		flows.Say{To: flows.To{Person: old}, Class: flows.Work, Tidy: true, Words: "refer-asked", Vars: t.referVars(), Slot: "refer"})
	t.tell("accepted", flows.TaskNews{Who: t.Holder, Due: t.Due})
}

// orgSays changes the card of the partner that is asked, or has the work, and takes its
// buttons away.
func (t *turn) orgSays(words string) {
	who := t.Refer.Who
	t.do(flows.Say{To: flows.To{Person: who}, Class: flows.Work, Reply: t.e.By.Person == who, Tidy: t.e.By.Person != who, Words: words, Vars: t.vars(), Slot: t.slot(who),
		Expect: map[bool]string{true: flows.ExpectNothing}[t.e.By.Person == who]})
}

// declined strikes a partner out for good, and asks the next.
func (t *turn) declined() {
	t.strike(t.Refer.Partner)
	t.askPartner()
}

func (t *turn) strike(id string) {
	t.Work.Declined = append(slices.Clone(t.Work.Declined), id)
	t.do(flows.Tell{Name: "declined", Data: flows.Data(flows.Referral{Partners: []string{id}})})
}

// comesBack gives the work back to whom it was with.
func (t *turn) comesBack(words string) {
	from, vars := t.Refer.From, t.referVars()
	var bs []flows.Button
	if words == "org-gave-back" && len(t.offers(t.Refer.Service)) == 0 {
		bs = t.needs(t.Refer.Service)
	}
	t.strike(t.Refer.Partner)
	t.Refer.stop()
	t.Stage, t.Holder, t.Length = Taken, from, flows.Span{}
	t.Turn++
	if !t.here(from) || slices.Contains(t.barred(), from) {
		t.succeed()
		return
	}
	t.do(flows.Say{To: flows.To{Person: from}, Class: flows.Work, Words: words, Vars: vars, Buttons: bs},
		flows.Say{To: flows.To{Person: from}, Class: flows.Work, Words: "card-taken", Vars: t.vars(), Media: t.Work.Media, Slot: t.slot(from), Buttons: t.working()})
	t.tell("accepted", flows.TaskNews{Who: from, Due: t.Due})
}

// referTold takes what the resident has said, through the case above.
func (t *turn) referTold(w flows.Told) bool {
	if w.Name != "agreed" && w.Name != "kept" && w.Name != "unheard" {
		return false
	}
	x, r := data[flows.Referral](w.Data), &t.Refer
	mine := t.open() && x.N == r.N && r.Asking
	// What they must act on is a message of its own: a changed one makes no sound.
	from := flows.Say{To: flows.To{Person: r.From}, Class: flows.Work, Vars: t.referVars()}
	switch {
	case w.Name == "agreed" && mine:
		r.Yes = append(slices.Clone(r.Yes), x.Partners...)
		t.askPartner()
	case w.Name == "unheard" && mine:
		r.stop()
		from.Words = "refer-unheard"
		t.do(from)
	case w.Name == "kept":
		t.Work.Kept, r.Yes = true, nil
		switch {
		case !t.open():
		case mine:
			r.stop()
			from.Words = "refer-no"
			t.do(from)
		case t.partnered():
			t.orgSays("org-kept")
			t.comesBack("refer-no")
		case r.Who != "":
			t.orgSays("org-kept")
			r.stop()
			from.Words = "refer-no"
			t.do(from)
		}
	}
	return true
}

// referWoke is when the time to answer is over, for the resident or for a partner.
func (t *turn) referWoke(name string) bool {
	r := &t.Refer
	switch {
	case !t.open() || t.e.At.Before(r.Until):
		return false
	case name == "consent-"+itoa(r.N) && r.Asking:
		t.do(flows.Tell{Name: "unrefer", Data: flows.Data(flows.Referral{N: r.N})},
			flows.Say{To: flows.To{Person: r.From}, Class: flows.Work, Words: "refer-unheard", Vars: t.referVars()})
		r.stop()
		return true
	case name == "org-"+itoa(r.N) && r.Who != "" && !r.Has:
		t.orgSays("org-late")
		t.declined()
		return true
	}
	return false
}

// unreferred lets go of what the resident has agreed to, with the resident: whoever is asked
// is asked no more, and who has the work reads their words no more.
func (t *turn) unreferred() {
	r := &t.Refer
	r.Yes = nil
	switch {
	case r.Has || r.Who == "" && !r.Asking:
	case r.Who != "":
		t.orgSays("org-over")
		r.stop()
	default:
		r.stop()
	}
}

// settle looks after the step whether what was begun with partners still holds: the work may
// be done, withdrawn, or in other hands, or it is about whom it was to go to.
func (t *turn) settle() {
	r := &t.Refer
	switch {
	case r.Has && (!t.open() || t.Holder != r.Who):
		if t.open() {
			r.stop()
		}
	case r.Asking && (!t.open() || t.Stage == Sent || t.Holder != r.From || !t.referable()):
		t.do(flows.Tell{Name: "unrefer", Data: flows.Data(flows.Referral{N: r.N})})
		r.stop()
	case r.Who == "" || r.Has:
	case !t.open() || t.Stage == Sent || t.Holder != r.From || !t.referable():
		t.orgSays("org-over")
		r.stop()
	case !t.here(r.Who) || slices.Contains(t.barred(), r.Who):
		t.orgSays("org-over")
		t.declined()
	}
	t.shield()
}
