package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// How long what is kept (留存期限). Every class of record has its time, counted
// from the end of the case; when it is over the sweep deletes, a little in every
// hour, and enters in the register of deletions how many, never what.

const (
	keepLook   = 5000 // cases looked at in one sweep
	keepCases  = 200  // of which so many are changed
	keepPeople = 20   // people erased in one sweep, because they were not heard for long
	keepCursor = "keep/case"
	keepFiles  = "keep/files" // the day on which the folder was last looked through
)

// overdue is what is over of a case.
type overdue struct {
	id                 flows.ID
	words, sent, whole bool
}

// keep deletes what was kept for its time.
func (b *Bot) keep(ctx context.Context) error {
	return errors.Join(b.resumeErasing(ctx), b.keepLeft(ctx), b.keepActive(ctx), b.keepStanding(ctx), b.keepFolder(ctx))
}

// keepLeft goes on through the cases, oldest first, and begins anew at the end.
func (b *Bot) keepLeft(ctx context.Context) error {
	var list []overdue
	var next int
	var wrong error
	now := b.clock()
	err := b.store.View(ctx, func(tx storage.Tx) error {
		list, wrong = nil, nil
		raw, err := tx.Key(keepCursor)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		next, _ = strconv.Atoi(string(raw))
		newest, err := tx.Cases(1, nil)
		if err != nil || len(newest) == 0 {
			return err
		}
		last, _ := strconv.Atoi(string(newest[0].ID))
		for n := 0; n < keepLook && len(list) < keepCases; n++ {
			if next++; next > last {
				next = 0
				break
			}
			c, err := tx.Case(flows.ID(strconv.Itoa(next)))
			if errors.Is(err, storage.ErrNone) {
				continue
			}
			var o overdue
			if err == nil {
				o, err = b.overdue(tx, c, now)
			}
			if err != nil {
				wrong = errors.Join(wrong, fmt.Errorf("case %d: %w", next, err)) // the others go all the same
				continue
			}
			if o.words || o.sent || o.whole {
				list = append(list, o)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := caught(func() error { return b.store.Update(ctx, func(tx storage.Tx) error { return b.expire(tx, o) }) }); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("case %s: %w", o.id, err))
		}
	}
	err = b.store.Update(ctx, func(tx storage.Tx) error { return tx.PutKey(keepCursor, []byte(strconv.Itoa(next))) })
	return errors.Join(wrong, err)
}

// overdue says what of a case is over.
func (b *Bot) overdue(tx storage.Tx, c flows.Case, now time.Time) (o overdue, err error) {
	ended, err := endOf(tx, c)
	if err != nil || ended.IsZero() {
		return o, err
	}
	k := b.Settings().Limits.Keep
	past := func(keep time.Duration) bool { return keep > 0 && now.Sub(ended) > keep }
	words := k.Words
	if !c.Bare && (past(k.Words) || past(k.Danger)) && b.dangerOf(c) != "" {
		words = k.Danger
	}
	o = overdue{id: c.ID, words: past(words) && !c.Bare, whole: past(k.Cases)}
	if past(k.Sent) && !o.whole {
		sent, err := tx.Keys("case/" + string(c.ID) + "/sent/")
		if err != nil {
			return o, err
		}
		o.sent = len(sent) > 0
	}
	return o, nil
}

// endOf gives when a case was over, zero while it is not. A child is over with the
// case that opened it, whatever its own stage, unless it is a record by itself.
func endOf(tx storage.Tx, c flows.Case) (time.Time, error) {
	ended := c.Ended
	if !c.Done && (c.Parent == "" || c.Numbered) {
		return time.Time{}, nil
	}
	if c.Parent != "" {
		parent, err := tx.Case(c.Parent)
		if err == nil {
			over, err := endOf(tx, parent)
			if err != nil || over.IsZero() {
				return time.Time{}, err
			}
			if over.After(ended) {
				ended = over
			}
		} else if !errors.Is(err, storage.ErrNone) {
			return time.Time{}, err
		}
	}
	if !ended.IsZero() {
		return ended, nil
	}
	journal, err := tx.Journal(c.ID)
	ended = c.Opened
	for _, r := range journal {
		if r.Kind != flows.Kind(flows.Erased{}) && r.At.After(ended) {
			ended = r.At
		}
	}
	return ended, err
}

// expire deletes what is over of a case.
func (b *Bot) expire(tx storage.Tx, o overdue) error {
	c, err := tx.Case(o.id)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "erased"}
	if o.whole {
		list, err := tx.Troubles()
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.Case == c.ID {
				if err := tx.DropTrouble(t.ID); err != nil {
					return err
				}
			}
		}
		if err := tx.DropCase(c.ID); err != nil {
			return err
		}
		return deleted(tx, st.at, "case", "expired", 1)
	}
	if o.sent {
		sent, err := tx.Keys("case/" + string(c.ID) + "/sent/")
		if err != nil {
			return err
		}
		for name := range sent {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
		if err := deleted(tx, st.at, "sent", "expired", len(sent)); err != nil {
			return err
		}
	}
	if !o.words {
		return nil
	}
	l := &letting{step: st}
	if err := l.letGo(c, true); err != nil {
		return err
	}
	if c, err = tx.Case(c.ID); errors.Is(err, storage.ErrNone) {
		return nil
	} else if err != nil {
		return err
	}
	c.Bare = true
	if err := tx.PutCase(c); err != nil {
		return err
	}
	for class, n := range map[string]int{"words": l.Cases, "entry": l.Entries, "record": l.Records, "trouble": l.Troubles} {
		if err := deleted(tx, st.at, class, "expired", n); err != nil {
			return err
		}
	}
	return nil
}

// keepActive erases the people who were not heard for long and wait for
// nothing, and those who agree to nothing and are named by nothing any more.
func (b *Bot) keepActive(ctx context.Context) error {
	idle := b.Settings().Limits.Keep.Idle
	gone := map[flows.PersonID]string{}
	err := b.store.View(ctx, func(tx storage.Tx) error {
		people, err := tx.People()
		if err != nil {
			return err
		}
		for _, p := range people {
			until := forgottenAt(p, idle)
			over := !until.IsZero() && b.now().After(until)
			if _, post := b.Settings().Official(p.ID); post || len(gone) == keepPeople || !over && !p.Consent.IsZero() {
				continue
			}
			all, err := tx.CasesWith(string(p.ID), everyCase)
			if err != nil {
				return err
			}
			// The menu is never over: what somebody has wished keeps nobody here.
			open := slices.ContainsFunc(all, func(c flows.Case) bool { return !c.Done && c.Flow != flows.MenuFlow })
			switch {
			case over && !open:
				gone[p.ID] = "expired"
			case p.Consent.IsZero() && len(all) == 0:
				gone[p.ID] = "withdrawn"
			}
		}
		return nil
	})
	for p, why := range gone {
		if _, err2 := b.Erase(ctx, p, why); err2 != nil && !errors.Is(err2, storage.ErrNone) {
			err = errors.Join(err, err2)
		}
	}
	return err
}

// forgottenAt is when a person is erased if they are not heard again.
func forgottenAt(p storage.Person, idle time.Duration) time.Time {
	last := p.Seen
	if p.Consent.After(last) {
		last = p.Consent
	}
	if last.IsZero() || idle <= 0 {
		return time.Time{}
	}
	return last.Add(idle)
}

// keepFolder looks once a day through the folder of photos and voice notes.
func (b *Bot) keepFolder(ctx context.Context) error {
	today := b.clock().Format(time.DateOnly)
	var last []byte
	err := b.store.View(ctx, func(tx storage.Tx) (err error) {
		if last, err = tx.Key(keepFiles); errors.Is(err, storage.ErrNone) {
			return nil
		}
		return err
	})
	if err != nil || string(last) == today || b.media == nil {
		return err
	}
	var before time.Time
	if keep := b.Settings().Limits.Keep.Media; keep > 0 {
		before = b.clock().Add(-keep)
	}
	n, err := b.dropFiles(ctx, before)
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx storage.Tx) error {
		if err := deleted(tx, b.clock(), "file", "expired", n); err != nil {
			return err
		}
		return tx.PutKey(keepFiles, []byte(today))
	})
}

// Deletion is a line of the register of deletions: how many records of a class
// were deleted on a day, and why. It says nothing of whom and what, and is kept for
// ever.
type Deletion struct {
	Day   string // "2026-03-11"
	Class string // person, case, words (a case let go of somebody), entry, record, sent, file, trouble
	Why   string // expired, asked, withdrawn
	N     int
}

// deleted enters deletions in the register.
func deleted(tx storage.Tx, at time.Time, class, why string, n int) error {
	if n == 0 {
		return nil
	}
	name := "deleted/" + at.Format(time.DateOnly) + "/" + class + "/" + why
	raw, err := tx.Key(name)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	was, _ := strconv.Atoi(string(raw))
	return tx.PutKey(name, []byte(strconv.Itoa(was+n)))
}

// Deletions gives the register, the oldest day first. It may be published.
func (b *Bot) Deletions(ctx context.Context) (list []Deletion, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		keys, err := tx.Keys("deleted/")
		if err != nil {
			return err
		}
		list = nil
		for name, raw := range keys {
			part := strings.Split(name, "/")
			n, err := strconv.Atoi(string(raw))
			if err != nil || len(part) != 4 {
				return fmt.Errorf("register of deletions: %q cannot be read", name)
			}
			list = append(list, Deletion{Day: part[1], Class: part[2], Why: part[3], N: n})
		}
		return nil
	})
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		return a.Day+"/"+a.Class+"/"+a.Why < b.Day+"/"+b.Class+"/"+b.Why
	})
	return list, err
}
