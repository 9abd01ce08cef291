package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// morning is when somebody of the staff looks at what lies about.
func (c *yearTown) morning() {
	var booked []hearing.State
	defer func() {
		for i, a := range booked {
			for _, b := range booked[i+1:] {
				if a.Room == b.Room && a.From.Before(b.To) && b.From.Before(a.To) {
					c.clashes = append(c.clashes, fmt.Sprintf("%s: %s is booked twice for %s", c.id, a.Room, a.From))
				}
			}
		}
	}()
	for _, m := range append(slices.Clone(c.matters), c.others...) {
		if m.no == 0 || m.final != nil {
			continue
		}
		s, k, ok := c.read(m.no)
		if !ok {
			continue
		}
		m.last = s
		if s.Seats > 0 && (s.Taken.Seats > s.Seats || s.Taken.Kept > s.Kept) {
			c.crowded = append(c.crowded, fmt.Sprintf("%s %04d: %d of %d seats", c.id, m.no, s.Taken.Seats, s.Seats))
		}
		if s.Booked && (s.Stage == hearing.Set || s.Stage == hearing.Notice) {
			booked = append(booked, s)
		}
		if s.Stage == hearing.Closed || s.Stage == hearing.Refused {
			c.finish(m, s, k.ID)
			continue
		}
		if s.Organiser == "" || !slices.Contains([]string{hearing.Planning, hearing.Set, hearing.Off}, s.Stage) || s.Frozen != nil {
			continue
		}
		// Nothing has come of it for days: they ask how it stands, and go on.
		if m.once[fmt.Sprintf("stuck/%s/%d/%s", s.Stage, m.tries, c.now.AddDate(0, 0, -3).Format("01-02"))] {
			m.tries++
			organ := s.Organiser
			c.does(organ, c.soon(), func() { c.say(organ, "", fmt.Sprintf("%04d怎么样了", m.no)) })
		}
		m.first(fmt.Sprintf("stuck/%s/%d/%s", s.Stage, m.tries, c.now.Format("01-02")))
	}
}

// finish keeps a hearing that is over, before its words are deleted.
func (c *yearTown) finish(m *concern, s hearing.State, id flows.ID) {
	m.final, m.parts = &s, map[flows.PersonID]hearing.Part{}
	err := c.store.View(c.t.Context(), func(tx storage.Tx) error {
		tally, err := tx.Tally(id)
		if err != nil {
			return err
		}
		for tag := range tally {
			page, _, err := tx.Entries(id, tag, "", 10000)
			if err != nil {
				return err
			}
			for _, e := range page {
				if strings.HasPrefix(e.Key, "i/") {
					x, err := decoded[hearing.Item](e.Data)
					if err != nil {
						return err
					}
					m.items = append(m.items, x)
				} else {
					x, err := decoded[hearing.Part](e.Data)
					if err != nil {
						return err
					}
					m.parts[flows.PersonID(e.Key)] = x
				}
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// cases gives all cases of a flow.
func (c *yearTown) cases(t *testing.T, flow string) (list []flows.Case) {
	err := c.store.View(t.Context(), func(tx storage.Tx) (err error) {
		list, err = tx.Cases(1<<20, func(k flows.Case) bool { return k.Flow == flow })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// mustHappen is what a whole year has to have in it, to be one.
var mustHappen = []string{
	"from resident", "from captain", "from staff", "from head", "from a demand: followers", "from a demand: discuss", "from a demand: silent", "raised at a complaint meeting", "as open", "as three",
	"in a group", "by link", "refused", "reported upward", "reported upward, then held", "several times asked about", "moved", "called off, then held", "clear days waived", "objected to, lifted", "objected to until it was called off",
	"a room refused", "nobody came", "nobody began it", "a row of who waits", "a seat handed on", "a kept seat taken", "confirmed on paper", "dissented", "a dissent answered late", "a task returned", "a task overdue", "minutes late", "reviewed late",
	"somebody erased", "a poll", "spoken beforehand", "spoken in it", "said and not to be kept", "proxies",
}

// went is what a hearing was like, by what became of it and not by what was planned.
func (c *yearTown) went(m *concern) map[string]int {
	s := m.final
	n := map[string]int{"as " + string(s.Form): 1}
	is := func(what string, yes bool) {
		if yes {
			n[what]++
		}
	}
	switch m.from {
	case "followers", "discuss", "silent":
		is("from a demand: "+m.from, len(s.Cases) > 0)
	case "raised":
		is("raised at a complaint meeting", true)
	default:
		is("from "+m.from, true)
	}
	held := !s.Ended.IsZero()
	is("in a group", held && s.Group != "")
	is("by link", held && s.Link != "")
	is("refused", s.Vetted.Why != "")
	is("reported upward", s.Report.Answer != "")
	is("reported upward, then held", s.Report.Answer != "" && held)
	is("several times asked about", !s.Until.IsZero() || m.asks && held)
	is("moved", held && m.once["moves"] && s.Version > 1)
	is("called off, then held", held && m.once["weather"] && s.Version > 1)
	is("clear days waived", held && len(s.Waived) > 0)
	is("objected to, lifted", len(s.Objected) > 0)
	is("objected to until it was called off", len(s.Objected) > 0 && m.is("stands") && s.Version > 1)
	is("a room refused", c.hears(m.no, "借不成了"))
	is("nobody came", m.is("nobody") && m.once["was empty"])
	is("nobody began it", m.once["forgot"] && c.hears(m.no, "没有点开始"))
	is("confirmed on paper", s.Signed.By != "")
	is("a task returned", c.hears(m.no, "退回来了"))
	is("a task overdue", c.hears(m.no, "，还没有办好"))
	is("minutes late", held && s.Published.After(s.Due))
	is("reviewed late", s.Vetted.At.After(s.Vetted.Due))
	is("somebody erased", m.once["erased"])
	is("said and not to be kept", len(m.marks) > 0)
	for _, d := range s.Dissents {
		is("dissented", true)
		is("a dissent answered late", d.Answered.After(d.Due))
	}
	waits := 0
	for _, a := range m.log {
		if a.what == "wait" {
			waits++
		}
		is("a seat handed on", a.what == "seat")
	}
	is("a row of who waits", waits > 1)
	for _, p := range s.Points {
		is("a poll", p.Poll != nil && p.Poll.Result != "")
	}
	for _, p := range m.parts {
		is("a kept seat taken", p.Reserved)
		is("proxies", p.Proxy != "")
	}
	for _, x := range m.items {
		is("spoken beforehand", x.Kind == "before")
		is("spoken in it", x.Kind == "said" && x.By != "")
	}
	return n
}
