package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Erasing a person (删除). It begins with a key that says so and ends with the row
// of the person; between, every case has a transaction of its own, so that it goes
// on where it stopped, in the next hour or after a restart. Whoever holds a post
// stays in the directory, which is the committee's, and in the journal as who did
// the work; what is theirs as a resident, and their accounts, go like anybody's.

// Erasure says what an erasing has taken away: counts only.
type Erasure struct {
	Cases    int `json:"cases,omitempty"`    // that let go of the person
	Entries  int `json:"entries,omitempty"`  // parts in them
	Records  int `json:"records,omitempty"`  // of journals, whose chains stay
	Rows     int `json:"rows,omitempty"`     // of the outbox, and what is known of messages sent
	Keys     int `json:"keys,omitempty"`     // other notes that named them
	Troubles int `json:"troubles,omitempty"` // what could not be done, with their words
	Files    int `json:"files,omitempty"`    // photos and voice notes
	Waiting  int `json:"waiting,omitempty"`  // emergencies that go on: they are let go of when those are over
}

// Done says that nothing of the person is left.
func (e Erasure) Done() bool { return e.Waiting == 0 }

// Forgetter is a channel that keeps something of people itself. Forget drops
// what it has of an address (without the channel's name); an address it does not
// know is forgotten already.
type Forgetter interface {
	Forget(ctx context.Context, address string) error
}

// erasing is how far an erasing has come.
type erasing struct {
	Why     string    `json:"why"` // class of the register: asked, withdrawn, expired
	Since   time.Time `json:"since"`
	Hashes  []string  `json:"hashes,omitempty"`  // of files that may be nobody's now
	Dropped []string  `json:"dropped,omitempty"` // and of those that are
	Erasure
}

func erasingKey(p flows.PersonID) string { return "erasing/" + string(p) }

// Erase deletes everything of a person; why is the reason for the register
// of deletions: "asked", "withdrawn" or "expired". It may be called again at any time
// and goes on where it was. ErrNone says that nobody is kept under this id.
// Where an emergency goes on, it does the rest and leaves that for later.
func (b *Bot) Erase(ctx context.Context, p flows.PersonID, why string) (Erasure, error) {
	if err := b.store.Update(ctx, func(tx storage.Tx) error { return b.beginErasing(tx, p, why) }); err != nil {
		return Erasure{}, fmt.Errorf("erase: %w", err)
	}
	e, err := b.goOnErasing(ctx, p)
	if err != nil {
		return e, fmt.Errorf("erase: %w", err)
	}
	return e, nil
}

// beginErasing notes that a person is to be erased. From then on nothing new is
// filed for them.
func (b *Bot) beginErasing(tx storage.Tx, id flows.PersonID, why string) error {
	if !slices.Contains([]string{"asked", "withdrawn", "expired"}, why) {
		return fmt.Errorf("no reason %q for the register of deletions", why)
	}
	p, err := tx.Person(id)
	if err != nil {
		return err
	}
	if raw, err := tx.Key(erasingKey(id)); err == nil && len(raw) > 0 {
		return nil
	} else if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	p.Consent, p.Recent, p.Expect, p.Profile = time.Time{}, nil, storage.Expect{}, flows.Profile{}
	if err := tx.PutPerson(p); err != nil {
		return err
	}
	if err := emptyCalls(tx); err != nil {
		return err
	}
	return tx.PutKey(erasingKey(id), flows.Data(erasing{Why: why, Since: b.clock()}))
}

// isErasing says that a person is being erased.
func isErasing(tx storage.Tx, id flows.PersonID) (bool, error) {
	raw, err := tx.Key(erasingKey(id))
	if errors.Is(err, storage.ErrNone) {
		return false, nil
	}
	return len(raw) > 0, err
}

// resumeErasing goes on with whoever is being erased.
func (b *Bot) resumeErasing(ctx context.Context) error {
	var names map[string][]byte
	err := b.store.View(ctx, func(tx storage.Tx) (err error) { names, err = tx.Keys("erasing/"); return err })
	if err != nil {
		return err
	}
	for name := range names {
		if _, err2 := b.goOnErasing(ctx, flows.PersonID(strings.TrimPrefix(name, "erasing/"))); err2 != nil {
			err = errors.Join(err, fmt.Errorf("erase: %w", err2))
		}
	}
	return err
}

// eraseRow is the body of a row that erases somebody who asked for it in a chat.
type eraseRow struct {
	Person flows.PersonID `json:"person"`
}

// performErase erases somebody. An emergency that goes on is left to the sweep.
func (b *Bot) performErase(ctx context.Context, j storage.Job) error {
	row, err := decode[eraseRow](j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	if _, err := b.goOnErasing(ctx, row.Person); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err // the erasing took this row, too
		}
		return tx.DropJob(j.ID)
	})
}

// rounds bounds how often the store is looked through for one person: what comes
// in meanwhile is found by the next.
const rounds = 4

func (b *Bot) goOnErasing(ctx context.Context, id flows.PersonID) (Erasure, error) {
	var who trail
	var begun erasing
	waiting := 0
	for round := 0; ; round++ {
		var found []flows.ID
		var children map[flows.ID][]flows.ID
		err := b.store.View(ctx, func(tx storage.Tx) (err error) {
			if who, err = b.trailOf(tx, id); err != nil {
				return err
			}
			if raw, err := tx.Key(erasingKey(id)); err == nil {
				begun, _ = decode[erasing](raw)
			}
			found, children, waiting, err = b.concerned(tx, who)
			return err
		})
		if errors.Is(err, storage.ErrNone) {
			// Finished by somebody else, or joined to another person meanwhile.
			return Erasure{}, b.store.Update(ctx, func(tx storage.Tx) error { return tx.PutKey(erasingKey(id), nil) })
		}
		if err != nil {
			return Erasure{}, err
		}
		if len(found) == 0 {
			break
		}
		if round == rounds {
			return Erasure{}, fmt.Errorf("%d cases still name the person", len(found))
		}
		for _, c := range found {
			if err := b.eraseCase(ctx, c, who, children); err != nil {
				return Erasure{}, err
			}
		}
	}
	for _, a := range who.addresses {
		ch, rest, _ := b.channel(a)
		// Who has only withdrawn, or was not heard for long, is still in the chat.
		if f, ok := ch.(Forgetter); ok && waiting == 0 && begun.Why == "asked" {
			if err := f.Forget(ctx, rest); err != nil {
				return Erasure{}, fmt.Errorf("channel %s: %w", ch.Name(), err)
			}
		}
		b.unremember(a)
	}
	if err := b.dropFilesOf(ctx, id); err != nil {
		return Erasure{}, err
	}
	return b.endErasing(ctx, who, waiting)
}

// concerned looks the whole store through for the cases that know of a person,
// oldest first, and says in how many an emergency goes on, and which case was
// opened from which.
func (b *Bot) concerned(tx storage.Tx, who trail) (found []flows.ID, children map[flows.ID][]flows.ID, waiting int, err error) {
	held := map[flows.ID]bool{}
	parent := map[flows.ID]flows.ID{}
	names := map[flows.ID]bool{}
	var all []flows.ID
	if _, err := tx.Cases(1, func(c flows.Case) bool {
		all, parent[c.ID], held[c.ID] = append(all, c.ID), c.Parent, b.urgent(c)
		names[c.ID] = who.inState(c.Data)
		return false
	}); err != nil {
		return nil, nil, 0, err
	}
	slices.Reverse(all)
	children = map[flows.ID][]flows.ID{}
	for _, id := range all {
		children[parent[id]] = append(children[parent[id]], id)
	}
	for _, id := range all {
		part := names[id]
		for _, p := range who.ids {
			_, err := tx.Entry(id, string(p))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return nil, nil, 0, err
			}
			part = part || err == nil
		}
		if !part {
			if part, err = who.inNotes(tx, id); err != nil {
				return nil, nil, 0, err
			}
		}
		switch {
		case !part:
		case held[id] || held[parent[id]]:
			if held[id] {
				waiting++
			}
		default:
			found = append(found, id)
		}
	}
	return found, children, waiting, nil
}

// urgent says that a case is an emergency that goes on.
func (b *Bot) urgent(c flows.Case) bool { return c.Numbered && !c.Done && b.dangerOf(c) != "" }

// dangerOf is what emergency a case is or was. The rows of the first version do
// not say so, but their states do.
func (b *Bot) dangerOf(c flows.Case) flows.Danger {
	if f := b.flows[c.Flow]; c.Danger == "" && f.Name != "" {
		if sum, err := f.Sum(c); err == nil {
			return sum.Danger
		}
	}
	return c.Danger
}

// eraseCase lets a case go of a person, in one transaction with the cases that
// were opened from it.
func (b *Bot) eraseCase(ctx context.Context, id flows.ID, who trail, children map[flows.ID][]flows.ID) error {
	err := caught(func() error {
		return b.store.Update(ctx, func(tx storage.Tx) error {
			c, err := tx.Case(id)
			if errors.Is(err, storage.ErrNone) {
				return nil
			}
			if err != nil {
				return err
			}
			part := c.Parent == "" || who.inState(c.Data)
			for _, p := range who.ids {
				_, err := tx.Entry(id, string(p))
				if err != nil && !errors.Is(err, storage.ErrNone) {
					return err
				}
				part = part || err == nil
			}
			st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "erased"}
			l := &letting{step: st, who: who, children: children}
			if err := l.letGo(c, part); err != nil {
				return err
			}
			return l.note()
		})
	})
	if err != nil {
		return fmt.Errorf("case %s: %w", id, err)
	}
	return nil
}

// endErasing takes what is left outside of cases, and the person at last.
func (b *Bot) endErasing(ctx context.Context, who trail, waiting int) (e Erasure, err error) {
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		raw, err := tx.Key(erasingKey(who.id))
		if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		k, err := decode[erasing](raw)
		if err != nil {
			return err
		}
		l := &letting{step: &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "erased"}, who: who, erasing: k}
		if err := l.troubles(); err != nil {
			return err
		}
		if err := l.outbox(); err != nil {
			return err
		}
		if err := l.names(); err != nil {
			return err
		}
		l.Waiting = waiting
		if e = l.Erasure; waiting > 0 {
			if err := l.row(storage.Job{Kind: "erase", At: l.at.Add(time.Hour)}, eraseRow{Person: who.id}); err != nil {
				return err
			}
			return tx.PutKey(erasingKey(who.id), flows.Data(l.erasing))
		}
		if more, err := tx.CasesWith(string(who.id), 1); err != nil || len(more) > 0 {
			return errors.Join(err, errMore)
		}
		for _, a := range who.addresses {
			if err := errors.Join(tx.DropRefs(flows.ChatID("~"+a)), forgetAddress(tx, a)); err != nil {
				return err
			}
		}
		for _, p := range who.ids {
			if err := errors.Join(tx.DropPerson(p), tx.PutKey("was/"+string(p), nil)); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			class string
			n     int
		}{{"person", 1}, {"words", l.Cases}, {"entry", l.Entries}, {"record", l.Records}, {"sent", l.Rows}, {"trouble", l.Troubles}, {"file", l.Files}} {
			if err := deleted(tx, l.at, n.class, k.Why, n.n); err != nil {
				return err
			}
		}
		return tx.PutKey(erasingKey(who.id), nil)
	})
	if errors.Is(err, errMore) {
		return b.goOnErasing(ctx, who.id)
	}
	return e, err
}

var errMore = errors.New("a case was opened meanwhile")

// unremember drops what is kept of an address in memory.
func (b *Bot) unremember(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name, rest, _ := strings.Cut(address, ":")
	for k := range b.talk {
		if strings.HasPrefix(k, name+":") && strings.HasSuffix(k, "\x00"+rest) {
			delete(b.talk, k)
		}
	}
	delete(b.here, flows.ChatID("~"+address))
	delete(b.wrong, address)
	delete(b.limits, address)
	delete(b.limits, hearLane(address))
	delete(b.lined, address)
	delete(b.owed, address)
}

// trail is by what a person can be found.
type trail struct {
	id        flows.PersonID
	ids       []flows.PersonID // with those of accounts that were joined to theirs
	post      bool             // they have one: their id is the committee's
	name      string
	addresses []string
}

// trailOf collects it, while the row of the person is there.
func (b *Bot) trailOf(tx storage.Tx, id flows.PersonID) (trail, error) {
	p, err := tx.Person(id)
	if err != nil {
		return trail{}, err
	}
	t := trail{id: id, ids: []flows.PersonID{id}, name: p.Name, addresses: p.Addresses}
	for _, a := range p.Reach {
		if !slices.Contains(t.addresses, a) {
			t.addresses = append(t.addresses, a)
		}
	}
	if _, t.post = b.Settings().Official(id); t.post {
		t.name = ""
	}
	was, err := tx.Keys("was/")
	if err != nil {
		return trail{}, err
	}
	for i := 0; i < len(t.ids); i++ {
		for name, now := range was {
			if old := flows.PersonID(strings.TrimPrefix(name, "was/")); string(now) == string(t.ids[i]) && !slices.Contains(t.ids, old) {
				t.ids = append(t.ids, old)
			}
		}
	}
	return t, nil
}

// is says that an id is one of theirs as a resident.
func (t trail) is(p flows.PersonID) bool {
	return slices.Contains(t.ids, p) && !(t.post && p == t.id)
}

// in says that a text names them by an id or an address that stands alone in it.
func (t trail) in(s string) bool {
	return slices.ContainsFunc(t.addresses, func(a string) bool { return alone(s, a) }) ||
		slices.ContainsFunc(t.ids, func(p flows.PersonID) bool { return t.is(p) && alone(s, string(p)) })
}

// inState says that a state names them by an id.
func (t trail) inState(data json.RawMessage) bool {
	return slices.ContainsFunc(t.ids, func(p flows.PersonID) bool { return t.is(p) && bytes.Contains(data, flows.Data(string(p))) })
}

// inNotes says that the journal, the keys or the rows of a case name them.
func (t trail) inNotes(tx storage.Tx, id flows.ID) (bool, error) {
	journal, err := tx.Journal(id)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(journal, func(r storage.Record) bool { return t.did(r, false) }) {
		return true, nil
	}
	keys, err := tx.Keys("case/" + string(id) + "/")
	if err != nil {
		return false, err
	}
	for name, v := range keys {
		if t.in(name) || t.in(string(v)) {
			return true, nil
		}
	}
	jobs, err := tx.JobsOf(id)
	return slices.ContainsFunc(jobs, func(j storage.Job) bool { return t.in(string(j.Body)) || t.in(j.Lane) || t.in(j.Slot) }), err
}

// did says that a record of a journal is of them; part that they are in its
// case as a resident, whatever their post.
func (t trail) did(r storage.Record, part bool) bool {
	return !r.Erased && (t.is(r.By) || part && slices.Contains(t.ids, r.By) || t.in(r.Detail) || t.in(r.Event))
}

// alone says that a name stands in a text with neither letter nor digit beside it.
func alone(s, name string) bool {
	if name == "" {
		return false
	}
	word := func(b byte) bool {
		return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	for from := 0; ; {
		i := strings.Index(s[from:], name)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !word(s[i-1])) && (end == len(s) || !word(s[end])) {
			return true
		}
		from = i + 1
	}
}

// everyCase is how many cases are asked for when all are meant.
const everyCase = math.MaxInt32
