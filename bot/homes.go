package bot

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"linli/flows"
	"linli/storage"
)

// Where people live: who of them is told something because they live somewhere, and
// which cases hear that somebody lives elsewhere now.

// residents gives the next of the people who have agreed, live in a scope and can be
// told, but those whom the case passes over, by their ids.
func (st *step) residents(c flows.Case, row sayRow) (page []flows.PersonID, next string, err error) {
	after, err := hex.DecodeString(row.Cursor) // an id in plain letters would be found, and changed, as somebody's
	if err != nil {
		return nil, "", fmt.Errorf("%w: a cursor that cannot be read", errRules)
	}
	people, err := st.tx.People()
	if err != nil {
		return nil, "", err
	}
	people = slices.DeleteFunc(people, func(p storage.Person) bool {
		a := actorOf(p, st.s)
		return string(p.ID) <= string(after) || !a.Consent || !a.Reachable || p.Home.Building == "" ||
			!st.s.Contains(row.Say.To.Homes, flows.Scope{Building: p.Home.Building})
	})
	slices.SortFunc(people, func(a, b storage.Person) int { return cmp.Compare(a.ID, b.ID) })
	if len(people) > saying {
		people = people[:saying]
		next = hex.EncodeToString([]byte(people[saying-1].ID))
	}
	for _, p := range people {
		out := false
		if !row.Say.To.All {
			if out, err = st.passed(c, p); err != nil {
				return nil, "", err
			}
		}
		if !out {
			page = append(page, p.ID)
		}
	}
	return page, next, nil
}

// passed says that a case passes somebody over, because of an entry it has.
func (st *step) passed(c flows.Case, p storage.Person) (bool, error) {
	var keys []string
	var fault error
	if err := caught(func() error { keys, fault = st.b.flows[c.Flow].Pass(c, actorOf(p, st.s), st.s); return nil }); err != nil {
		return false, err
	}
	if fault != nil {
		return false, fmt.Errorf("%w: %w", errRules, fault)
	}
	for _, k := range keys {
		if _, err := st.tx.Entry(c.ID, k); err == nil {
			return true, nil
		} else if !errors.Is(err, storage.ErrNone) {
			return false, err
		}
	}
	return false, nil
}

// late says that a row must not be told any more: since it was made, its reader has
// done what it asks for.
func (b *Bot) late(ctx context.Context, j storage.Job, row sendRow) (out bool, err error) {
	if !row.Unless {
		return false, nil
	}
	err = b.store.View(ctx, func(tx storage.Tx) error {
		c, err := tx.Case(j.Case)
		if err != nil {
			return err
		}
		p, err := tx.Person(row.Person)
		if err != nil {
			return err
		}
		st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings()}
		out, err = st.passed(c, p)
		return err
	})
	var fault *panicked
	if errors.Is(err, storage.ErrNone) || errors.As(err, &fault) || errors.Is(err, errRules) {
		return false, nil // it is told as it was meant
	}
	return out, err
}

// sameHome says that two places are one home.
func sameHome(s *flows.Settings, a, b flows.Place) bool {
	x, known := s.Household(a)
	y, too := s.Household(b)
	return a == b || known && too && x.Key() == y.Key()
}

// moves gives somebody another home. What was made sure of the old one is nothing
// for the new one. The caller keeps the person, and lets the cases hear of it
// (tellHomes) where no step does.
func (st *step) moves(p *storage.Person, home flows.Place) {
	if !sameHome(st.s, p.Home, home) {
		p.Proven = flows.Time{}
		st.homeOf(p.ID)
	}
	p.Home = home
}

// proves makes sure of somebody's home.
func (st *step) proves(p *storage.Person, home flows.Place) {
	if !sameHome(st.s, p.Home, home) || p.Proven.IsZero() {
		st.homeOf(p.ID)
	}
	p.Home, p.Proven = home, st.at
}

// homeOf notes that the cases of a person must hear of their home.
func (st *step) homeOf(p flows.PersonID) {
	if !slices.Contains(st.homes, p) {
		st.homes = append(st.homes, p)
	}
}

// homeCases is in how many cases of a person, the newest, their home is looked at.
const homeCases = 200

// tellHomes lets the open cases hear in which somebody has a part whose home has
// changed.
func (st *step) tellHomes() error {
	for len(st.homes) > 0 {
		id := st.homes[0]
		st.homes = st.homes[1:]
		p, err := st.tx.Person(id)
		if errors.Is(err, storage.ErrNone) {
			continue
		}
		if err != nil {
			return err
		}
		cases, err := st.tx.CasesWith(string(id), homeCases)
		if err != nil {
			return err
		}
		e := flows.Event{ID: st.event, At: st.at, By: actorOf(p, st.s), What: flows.Told{Name: flows.HomeChanged}, Settings: st.s}
		if st.by.Person == id {
			e.Chat, e.By.Reachable = st.chat, e.By.Reachable || st.by.Reachable
		}
		for _, c := range cases {
			if !st.b.flows[c.Flow].Keeps() {
				continue
			}
			c, err := st.tx.Case(c.ID) // an earlier one may have told it something
			if errors.Is(err, storage.ErrNone) || err == nil && c.Done {
				continue
			}
			if err != nil {
				return err
			}
			if err := st.move(c, e); err != nil {
				return err
			}
		}
	}
	return nil
}
