package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"golang.org/x/time/rate"

	"linli/flows"
	"linli/storage"
)

// markLife is how long Linli knows that it has heard something: platforms
// deliver again for a day, and a week is what the strictest of them asks for.
const markLife = 8 * 24 * time.Hour

// Sweep deletes what was kept for a time that is over: the marks of what was
// heard, parked texts, codes, counts of past weeks, in memory what somebody
// said and nothing followed, and of cases and people what Limits.Keep says. Days of
// the journal that are over it seals first.
func (b *Bot) Sweep(ctx context.Context) error {
	b.fade(b.clock())
	sealed := b.SealDays(ctx)
	if sealed != nil {
		sealed = fmt.Errorf("the day could not be sealed: %w", sealed)
	}
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		now := b.clock()
		if err := tx.DropMarks(now.Add(-markLife)); err != nil {
			return err
		}
		if err := sweepDigests(tx, now); err != nil {
			return err
		}
		list, err := tx.Troubles()
		if err != nil {
			return err
		}
		for _, t := range list {
			if now.After(t.Until) {
				if err := tx.DropTrouble(t.ID); err != nil {
					return err
				}
			}
		}
		if err := errors.Join(sweepPosted(tx, list), sweepWaits(tx, list)); err != nil {
			return err
		}
		codes, err := tx.Keys("code/")
		if err != nil {
			return err
		}
		for name, raw := range codes {
			var f CodeFor
			if json.Unmarshal(raw, &f) != nil || now.After(f.Until) {
				if err := tx.PutKey(name, nil); err != nil {
					return err
				}
			}
		}
		files, err := tx.Keys("media/")
		if err != nil {
			return err
		}
		for name, raw := range files {
			if f, err := decode[fetched](raw); err != nil || now.Sub(f.At) > 48*time.Hour {
				if err := tx.PutKey(name, nil); err != nil {
					return err
				}
			}
		}
		if err := b.sweepLeaves(tx, now); err != nil {
			return err
		}
		if err := sweepNative(tx); err != nil {
			return err
		}
		if err := sweepCalls(tx, now); err != nil {
			return err
		}
		for _, sweep := range []func(storage.Tx, time.Time) error{sweepWindows, sweepHanded, sweepKnocked, sweepNumbers, sweepScenes} {
			if err := sweep(tx, now); err != nil {
				return err
			}
		}
		return sweepCaps(tx, now)
	})
	return errors.Join(sealed, err, b.keep(ctx))
}

// fade drops what is kept in memory and over.
func (b *Bot) fade(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.talk, func(_ string, f fragments) bool { return now.After(f.until) })
	maps.DeleteFunc(b.here, func(_ flows.ChatID, f filedAt) bool { return now.After(f.until) })
	b.calm(now)
	b.hush(now)
	// What is full is as good as new.
	maps.DeleteFunc(b.limits, func(_ string, l *rate.Limiter) bool { return l.TokensAt(now) >= float64(l.Burst()) })
	maps.DeleteFunc(b.lined, func(_ string, at time.Time) bool { return now.After(at) })
	maps.DeleteFunc(b.owed, func(_ string, at time.Time) bool { return now.Sub(at) > time.Hour })
	maps.DeleteFunc(b.gathered, func(_ string, at time.Time) bool { return now.Sub(at) >= gatherFor })
	maps.DeleteFunc(b.wrong, func(_ string, a attempts) bool { return now.After(a.until) })
}
