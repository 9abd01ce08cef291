package poll

import (
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// Votes on paper and by telephone: two people put them in, each without seeing
// what the other has put in.

// slip is what one of them has put in, until the other has.
type slip struct {
	By     flows.PersonID `json:"by"`
	At     time.Time      `json:"at"`
	Letter string         `json:"letter"`
	How    How            `json:"how"`
	Signed time.Time      `json:"signed,omitzero"`
	Proxy  string         `json:"proxy,omitempty"` // key of a household
}

// half is the tag of a slip that one person has put in and the other has not.
const half = "slip"

func slipKey(voter string) string { return "slip/" + voter }

// proxied is the entry by which is counted for how many a household votes.
func proxied(voter, by string) flows.Entry {
	return flows.Entry{Key: "proxy/" + voter, Tag: proxyTag(by)}
}

func proxyTag(by string) string { return "proxy/" + by }

// readSlip reads the value of a button: household, letter, "paper" or "phone", the
// day it was signed or nothing, the household of the proxy or nothing
// ("3/1/501;A;paper;2026-11-20;3/1/502").
func readSlip(v string, s *flows.Settings) (out flows.Slip, ok bool) {
	parts := strings.Split(v, ";")
	if len(parts) != 5 || parts[2] != string(Paper) && parts[2] != string(Phone) {
		return out, false
	}
	place := func(x string) (flows.Place, bool) {
		p := strings.Split(x, "/")
		if len(p) != 3 {
			return flows.Place{}, false
		}
		return flows.Place{Building: p[0], Unit: p[1], Room: p[2]}, true
	}
	if out.Place, ok = place(parts[0]); !ok {
		return out, false
	}
	out.Choice, out.Paper = parts[1], parts[2] == string(Paper)
	if parts[3] != "" {
		day, err := time.ParseInLocation(time.DateOnly, parts[3], s.Zone)
		if err != nil {
			return out, false
		}
		out.Signed = day
	}
	if parts[4] != "" {
		out.Proxy, ok = place(parts[4])
	}
	return out, ok
}

// within fills the building in where the poll is for one.
func (t *turn) within(p flows.Place) flows.Place {
	if p.Building == "" {
		p.Building = t.Scope.Building
	}
	return p
}

// slipKeys are the entries that a slip may touch.
func (t *turn) slipKeys(w flows.Slip) (keys []string) {
	if h, ok := t.e.Settings.Household(t.within(w.Place)); ok {
		if v := t.ofPaper(h, w.Paper); v.key != "" {
			keys = append(keys, v.key, slipKey(v.key))
		}
	}
	return keys
}

// slip takes what one person has put in.
func (t *turn) slip(w flows.Slip) {
	s := t.e.Settings
	place := t.within(w.Place)
	h, ok := s.Household(place)
	vars := t.vars()
	vars["home"] = flows.Where(place)
	switch {
	case t.e.By.Person == "" || !s.May(t.e.By, flows.Slips, flows.Scope{Building: place.Building}):
		t.toast("not-yours", flows.Vars{"scope": flows.In(t.Scope)})
		return
	case t.Stage != Open || !t.e.At.Before(t.Until):
		t.toast("ended", nil)
		return
	case t.Unit == flows.PerPerson:
		t.toast("slip-person", nil)
		return
	case !ok || !s.Contains(t.Scope, flows.Scope{Building: h.Building}):
		t.toast("slip-unlisted", vars)
		return
	}
	v := t.ofPaper(h, w.Paper)
	letter := t.letterOf(w.Choice)
	now := slip{By: t.e.By.Person, At: t.e.At, Letter: letter, How: Phone, Signed: w.Signed}
	if w.Paper {
		now.How = Paper
	}
	switch {
	case v.why != "":
		t.toast("slip-"+v.why, vars)
		return
	case letter == "":
		t.toast("slip-option", vars)
		return
	case w.Signed.After(t.e.At), !w.Signed.IsZero() && w.Signed.Before(flows.Clock(0).On(t.Sent)):
		t.toast("slip-day", vars)
		return
	}
	if w.Proxy.Room != "" {
		p, ok := s.Household(t.within(w.Proxy))
		if !ok || p.Key() == h.Key() || !s.Contains(t.Scope, flows.Scope{Building: p.Building}) {
			t.toast("slip-proxy", vars)
			return
		}
		most := t.terms().Proxies
		if old, _ := t.held(v.key); old.Proxy != p.Key() && t.e.Counts[proxyTag(p.Key())] >= most {
			vars["n"] = flows.Num(most)
			t.toast("slip-proxies", vars)
			return
		}
		now.Proxy = p.Key()
	}
	first, waits := t.slipOf(v.key)
	switch {
	case !waits || first.By == now.By:
		t.do(flows.Put{Entry: flows.Entry{Key: slipKey(v.key), Tag: half, Data: flows.Data(now)}})
		t.toast("slip-first", vars)
	case first.Letter != now.Letter || first.How != now.How || !first.Signed.Equal(now.Signed) || first.Proxy != now.Proxy:
		t.do(flows.Put{Entry: flows.Entry{Key: slipKey(v.key)}, Delete: true})
		t.toast("slip-clash", vars)
		t.do(flows.Say{To: flows.To{Person: first.By}, Class: flows.Work, Words: "slip-clash", Vars: vars})
	default:
		t.do(flows.Put{Entry: flows.Entry{Key: slipKey(v.key)}, Delete: true})
		both := []flows.PersonID{first.By, now.By}
		slices.Sort(both)
		if t.cast(v, Vote{Choice: letter, At: now.when(first), How: now.How, Entered: both, Proxy: now.Proxy}) {
			t.toast("slip-second", vars)
		} else {
			t.toast("slip-older", vars)
		}
	}
}

// ofPaper gives the vote of a household that stands on a slip. Who has signed a paper
// two people have looked at: it may be the owner, where tenants have no vote.
func (t *turn) ofPaper(h flows.Household, paper bool) voter {
	if paper {
		h.Let = false
	}
	return t.ofHousehold(h)
}

// when is the moment from which a slip counts: for paper the end of the day it was
// signed, so that it stands before what was pressed earlier on that day; but never later
// than the first of the two put it in, so that who finds a wrong one can press again.
func (n slip) when(first slip) time.Time {
	at := n.At
	if first.At.Before(at) {
		at = first.At
	}
	if n.How == Paper && !n.Signed.IsZero() {
		if end := n.Signed.AddDate(0, 0, 1).Add(-time.Second); end.Before(at) {
			return end
		}
	}
	return at
}

func (t *turn) slipOf(key string) (slip, bool) {
	e, ok := t.e.Entries[slipKey(key)]
	if !ok || e.Tag != half {
		return slip{}, false
	}
	return data[slip](e.Data), true
}

// letterOf gives the letter of an option as people write it, "" if it is none.
func (t *turn) letterOf(s string) string {
	s = strings.TrimSpace(s)
	for i, o := range t.Options {
		if strings.EqualFold(s, o) || strings.EqualFold(s, Letter(i)) {
			return Letter(i)
		}
	}
	return ""
}
