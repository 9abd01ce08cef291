package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linli/storage"
)

// SealDays seals the days of the journal that are over (每日校验值): what was noted
// until now is of the first of them that is not sealed, and those between that one
// and today have nothing. It may be called at any time and as often as one likes. The
// very first seal has all that was noted before.
func (b *Bot) SealDays(ctx context.Context) error {
	now := b.clock()
	yesterday := now.AddDate(0, 0, -1).Format(time.DateOnly)
	var d storage.Day
	var last string
	err := b.store.View(ctx, func(tx storage.Tx) (err error) {
		if d, err = tx.SealedDay(""); err == nil && d.Date >= yesterday {
			last = d.Date
			return nil
		} else if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		d, last, err = tx.Unsealed()
		return err
	})
	if err != nil || last >= yesterday {
		return err
	}
	dates, err := datesAfter(last, yesterday)
	if err != nil {
		return err
	}
	err = b.store.Update(ctx, func(tx storage.Tx) (err error) {
		next := d
		for _, date := range dates {
			next.Date, next.At = date, now
			if next, err = tx.SealDay(next); err != nil {
				return err
			}
			next = storage.Day{Before: next.Root}
		}
		return nil
	})
	if errors.Is(err, storage.ErrSealed) { // by another call
		return nil
	}
	return err
}

// datesAfter lists the days after one, until another; only the latter if there is
// none to begin with.
func datesAfter(last, until string) (dates []string, err error) {
	if last == "" {
		return []string{until}, nil
	}
	t, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil, fmt.Errorf("sealed days: the last one cannot be read: %w", err)
	}
	for date := ""; date != until; dates = append(dates, date) {
		t = t.AddDate(0, 0, 1)
		date = t.Format(time.DateOnly)
	}
	return dates, nil
}
