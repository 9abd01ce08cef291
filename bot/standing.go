package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linli/flows"
	"linli/storage"
)

// Cases that stand (see [flows.Flow.Stands]): what a flow says must be there is opened when
// the outbox is first looked at, and after the settings have changed. One that is there is
// left alone, so that it may be asked for as often as somebody likes.

// stand opens what must be there and is not, one in a transaction: a rule that fails on one
// keeps no other from beginning, and a process that ends in between goes on with the rest.
func (b *Bot) stand(ctx context.Context) error {
	s := b.Settings()
	for _, f := range b.order {
		var keys []string
		if err := caught(func() error { keys = f.Stands(s); return nil }); err != nil {
			b.log.Error("a rule failed", "flow", f.Name, "kind", "standing", "err", err)
			continue
		}
		for _, key := range keys {
			there := false
			err := b.store.View(ctx, func(tx storage.Tx) (err error) { there, err = standing(tx, f.Name, key); return err })
			if err == nil && !there {
				err = caught(func() error {
					return b.store.Update(ctx, func(tx storage.Tx) error {
						st := &step{b: b, tx: tx, at: b.clock(), s: s, event: "standing/" + key}
						_, err := st.under(f.Name, key)
						return err
					})
				})
			}
			var fault *panicked
			if errors.As(err, &fault) || errors.Is(err, errRules) || errors.Is(err, storage.ErrDamaged) {
				b.log.Error("a case that should stand could not be opened", "flow", f.Name, "err", err)
				continue // it is tried again at the next start, or with other settings
			}
			if err != nil {
				return fmt.Errorf("standing: %w", err)
			}
		}
	}
	return nil
}

// standing says whether the case of a flow that is found under a key is there.
func standing(tx storage.Tx, flow, key string) (bool, error) {
	cases, err := tx.Same(key)
	if err != nil {
		return false, err
	}
	_, there := foundUnder(cases, flow, key)
	return there, nil
}

// stands opens what must be there, if that may have changed.
func (b *Bot) stands(ctx context.Context) error {
	if !b.unstood.Swap(false) {
		return nil
	}
	if err := b.stand(ctx); err != nil {
		b.unstood.Store(true)
		return err
	}
	return nil
}

// foundUnder gives the case of a flow that is found under a key, out of those that are
// under it or one that begins with it.
func foundUnder(cases []flows.Case, flow, key string) (flows.ID, bool) {
	for _, c := range cases {
		if c.Flow == flow {
			for _, m := range c.Matter {
				if m == key {
					return c.ID, true
				}
			}
		}
	}
	return "", false
}

// keepStanding deletes what is old of cases that stand. They are never over, so that the
// times of [flows.Keep], which count from the end of a case, would never come: of what was
// said each message has its own, as of words, and of the journal each record.
func (b *Bot) keepStanding(ctx context.Context) error {
	var wrong error
	s, now := b.Settings(), b.clock()
	words, k := s.Limits.Keep.Words, s.Limits.Keep
	if k.Sent > 0 && (words == 0 || k.Sent < words) {
		words = k.Sent
	}
	for _, f := range b.order {
		var keys []string
		if err := caught(func() error { keys = f.Stands(s); return nil }); err != nil {
			continue // it was told when they were to be opened
		}
		for _, key := range keys {
			wrong = errors.Join(wrong, b.store.Update(ctx, func(tx storage.Tx) error {
				cases, err := tx.Same(key)
				if err != nil {
					return err
				}
				id, there := foundUnder(cases, f.Name, key)
				if !there {
					return nil
				}
				return fadeStanding(tx, id, now, words, k.Cases)
			}))
		}
	}
	return wrong
}

// fadeStanding deletes what was said for a case longer ago than words, and the records of
// its journal that are older than records; 0: for ever.
func fadeStanding(tx storage.Tx, id flows.ID, now time.Time, words, records time.Duration) error {
	old := func(at time.Time, keep time.Duration) bool { return keep > 0 && now.Sub(at) > keep }
	sent, err := tx.Keys("case/" + string(id) + "/sent/")
	if err != nil {
		return err
	}
	n := 0
	for name, raw := range sent {
		if row, err := decode[sentRow](raw); err == nil && !old(row.At, words) {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
		n++
	}
	if err := deleted(tx, now, "sent", "expired", n); err != nil {
		return err
	}
	journal, err := tx.Journal(id)
	if err != nil {
		return err
	}
	n = 0
	for _, r := range journal {
		if !r.Erased && old(r.At, records) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if err := tx.EraseRecords(id, func(r storage.Record) bool { return !r.Erased && old(r.At, records) }); err != nil {
		return err
	}
	return deleted(tx, now, "record", "expired", n)
}
