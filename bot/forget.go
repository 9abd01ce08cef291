package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Reading is not keeping: what never became a record goes, with the people
// who are known by nothing else.

// forget deletes a case that never became a record, and its speaker if there
// is nothing else we know them by.
func (st *step) forget(c flows.Case) error {
	people := map[flows.PersonID]bool{}
	if st.by.Person != "" {
		people[st.by.Person] = true
	}
	for cursor := ""; ; {
		page, next, err := st.tx.Entries(c.ID, "reporter", cursor, 10)
		if err != nil {
			return err
		}
		for _, e := range page {
			people[flows.PersonID(e.Key)] = true
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if err := st.tx.DropCase(c.ID); err != nil {
		return err
	}
	troubles, err := st.tx.Troubles()
	if err != nil {
		return err
	}
	for _, t := range troubles {
		if t.Case == c.ID {
			if err := st.tx.DropTrouble(t.ID); err != nil {
				return err
			}
		}
	}
	for id := range people {
		if err := st.forgetPerson(id, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// settle ends a step: a speaker who was not known before, did not agree and is
// named by nothing that was kept, is not kept either.
func (st *step) settle() error {
	if !st.fresh || st.person == nil || st.person.ID == "" || !st.person.Consent.IsZero() {
		return nil
	}
	for _, id := range st.moved {
		_, err := st.tx.Entry(id, string(st.person.ID))
		if err == nil {
			return nil
		}
		if !errors.Is(err, storage.ErrNone) {
			return err
		}
	}
	asked := forgetRow{Address: st.in.who()}
	for _, id := range st.moved {
		keys, err := placesOf(st.tx, id, asked.Address)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			asked.Cases = append(asked.Cases, id)
		}
	}
	if len(asked.Cases) > 0 {
		// They were asked something: where, is known for as long as an offer stands.
		if err := st.row(storage.Job{Kind: "forget", At: st.at.Add(st.s.Limits.Offer + 5*time.Minute)}, asked); err != nil {
			return err
		}
	}
	return st.tx.DropPerson(st.person.ID)
}

// forgetRow is the body of a row that ends what is known of an account that was
// asked whether it agrees, and has not.
type forgetRow struct {
	Address string     `json:"address"`
	Cases   []flows.ID `json:"cases"`
}

// placesOf gives the keys of a case that say where an account can be told of it.
func placesOf(tx storage.Tx, id flows.ID, address string) (names []string, err error) {
	for _, part := range []string{"row/", "slot/"} {
		keys, err := tx.Keys("case/" + string(id) + "/" + part)
		if err != nil {
			return nil, err
		}
		for name := range keys {
			if strings.HasSuffix(name, "/"+address) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// performForget forgets an account, unless it has become somebody's.
func (b *Bot) performForget(ctx context.Context, j storage.Job) error {
	row, err := decode[forgetRow](j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		if err := tx.DropJob(j.ID); err != nil {
			return err
		}
		if _, err := tx.PersonAt(row.Address); !errors.Is(err, storage.ErrNone) {
			return err
		}
		for _, id := range row.Cases {
			names, err := placesOf(tx, id, row.Address)
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := tx.PutKey(name, nil); err != nil {
					return err
				}
			}
		}
		return errors.Join(tx.DropRefs(flows.ChatID("~"+row.Address)), forgetSent(tx, row.Address))
	})
}

// forgetPerson deletes somebody who never agreed to be kept, unless a case that
// is a record names them.
func (st *step) forgetPerson(id flows.PersonID, dropped flows.ID) error {
	p, err := st.tx.Person(id)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, post := st.s.Official(id); post || !p.Consent.IsZero() {
		p.Recent = slices.DeleteFunc(p.Recent, func(r storage.Recent) bool { return r.Case == dropped })
		if p.Expect.Case == dropped {
			p.Expect = storage.Expect{}
		}
		return st.tx.PutPerson(p)
	}
	if going, err := isErasing(st.tx, id); err != nil || going {
		return err // the erasing drops them at its end, and needs to know their accounts until then
	}
	if named, err := st.tx.CasesWith(string(id), 1); err != nil || len(named) > 0 {
		return err
	}
	if st.person != nil && st.person.ID == id {
		*st.person = storage.Person{}
	}
	for _, a := range p.Addresses {
		if err := forgetSent(st.tx, a); err != nil {
			return err
		}
	}
	return st.tx.DropPerson(id)
}
