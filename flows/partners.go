package flows

import (
	"slices"
	"time"
)

// Partners (社会组织、志愿队伍): who besides the committee can do what people need, what a
// dispatch asks the case above it before it passes anything on, and what becomes of a need
// that nobody serves (购买服务需求单).

// Org is the post of who speaks for a partner. It is held by being named there, and lets
// nobody into anything: they hear of what they are asked to do, and of nothing else.
const Org Role = "org" // 社会组织、志愿队伍

// Partners are the community's partners and its rules for asking them.
type Partners struct {
	Services []Service
	List     []Partner
	Answer   Span          // until one who is asked has answered
	Consent  time.Duration // until the resident has answered whether it may be passed on
	Tries    int           // how many are asked about one case before it comes back
	Period   time.Duration // over which the people are counted who needed what nobody serves
	Least    int           // from so many people it is put before who approves
	Again    time.Duration // "wait": it is put before them again after this
	Approve  []Role        // who approves that a service is bought; the first of them that anybody holds
}

// Service is a kind of service (服务种类): mediation, care at home.
type Service struct {
	ID    string
	Name  map[string]string // by language: "调解"
	Items []string          // of the duty list, to which it is offered
	Quiet bool              // nobody reads over a shoulder that somebody needs it, and it is passed on only with consent
}

// Partner is a social organisation or a team of volunteers. One that works in several
// communities stands in the directory of each, and so do those who speak for it.
type Partner struct {
	ID     string
	Name   string
	Team   bool     // a team of volunteers (志愿队伍), no registered organisation
	Offers []string // ids of [Partners.Services]
	Scope  Scope    // where it comes
	From   string   // the community or place it comes from, in words; empty: from here
	Phone  string
	People []PersonID // who speak for it; the first who is there is asked
}

// In gives the name of a service in a language.
func (x Service) In(lang string) string { return Interest{ID: x.ID, Name: x.Name}.In(lang) }

// Service gives a kind of service of the settings.
func (s *Settings) Service(id string) (Service, bool) {
	i := slices.IndexFunc(s.Partners.Services, func(x Service) bool { return x.ID == id })
	if i < 0 {
		return Service{}, false
	}
	return s.Partners.Services[i], true
}

// ServicesFor gives the kinds of service that are offered to an item. Nothing that is as
// discreet as violence, and no complaint about a person, is ever for others than the committee.
func (s *Settings) ServicesFor(item Item) (out []Service) {
	if item.ID == "" || item.ID == "6-5" || !Aloud(item.About) {
		return nil
	}
	for _, x := range s.Partners.Services {
		if slices.Contains(x.Items, item.ID) {
			out = append(out, x)
		}
	}
	return out
}

// Partner gives a partner of the directory.
func (s *Settings) Partner(id string) (Partner, bool) {
	i := slices.IndexFunc(s.Partners.List, func(x Partner) bool { return x.ID == id })
	if i < 0 {
		return Partner{}, false
	}
	return s.Partners.List[i], true
}

// Offering gives the partners that do a kind of service where a place is, in the order
// of the directory.
func (s *Settings) Offering(service string, p Place) (out []Partner) {
	for _, x := range s.Partners.List {
		if slices.Contains(x.Offers, service) && s.Contains(x.Scope, s.ScopeOf(p.Public())) {
			out = append(out, x)
		}
	}
	return out
}

// SpeaksFor gives the partner that somebody speaks for.
func (s *Settings) SpeaksFor(p PersonID) (Partner, bool) {
	i := slices.IndexFunc(s.Partners.List, func(x Partner) bool { return p != "" && slices.Contains(x.People, p) })
	if i < 0 {
		return Partner{}, false
	}
	return s.Partners.List[i], true
}

// Approvers gives the role that approves that a service is bought: the first that
// anybody holds; "" if nobody does.
func (s *Settings) Approvers() Role {
	for _, r := range s.Partners.Approve {
		if len(s.With(r, Everywhere)) > 0 {
			return r
		}
	}
	return ""
}

// Referral is what a dispatch tells the case above it about passing the work on to a
// partner: "refer" asks whether the resident agrees, and is answered with "agreed", "kept"
// (they do not, or not any more) or "unheard" (they cannot be asked); "unrefer" says that it
// does not matter any more. "declined" names partners that will not do it: none of
// them is asked about the same case again.
type Referral struct {
	N        int      `json:"n,omitempty"`        // which of the dispatch's questions it is
	Partners []string `json:"partners,omitempty"` // ids: to whom it may go, in order
	Service  string   `json:"service,omitempty"`
}

// PurchaseFlow is the name of the flow of needs that nobody serves.
const PurchaseFlow = "purchase"

// PurchaseKey is the key of the case in which the need of a kind of service is noted, see [Tell].
func PurchaseKey(service string) string { return "#purchase/" + service }

// Need is what is told there under the name "need". It names no resident.
type Need struct {
	Service string   `json:"service"`
	No      int      `json:"no"`     // of the demand: each is counted once
	People  int      `json:"people"` // who have asked for it
	By      PersonID `json:"by"`     // who had the work, and hears what becomes of it
}
