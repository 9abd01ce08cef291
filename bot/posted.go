package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"linli/flows"
	"linli/storage"
)

// The last rung of the ladder: what could not be told anywhere stands, without a name, on a
// printed notice. What was put up once is not printed again; it still leaves when its
// reader speaks.

func postedKey(id uint64) string { return "posted/" + strconv.FormatUint(id, 10) }

// ToPost says that a trouble belongs on the next printed notice.
func ToPost(tx storage.Tx, t storage.Trouble) (bool, error) {
	if t.Kind != "unreached" && t.Kind != "missed" || t.Case == "" {
		return false, nil
	}
	if row, err := decode[sendRow](t.Body); err == nil && row.Say.Unkept {
		return false, nil // other people's names stand in it
	}
	_, err := tx.Key(postedKey(t.ID))
	if errors.Is(err, storage.ErrNone) {
		return true, nil
	}
	return false, err
}

// Posted notes that somebody has put up the notice with these; ErrNotYours if they may not.
func (b *Bot) Posted(ctx context.Context, ids []uint64, by flows.PersonID) error {
	s := b.Settings()
	o, _ := s.Official(by)
	a := flows.Actor{Person: by, Name: o.Name, Posts: o.Posts, Consent: true}
	if !s.May(a, flows.Trouble, flows.Everywhere) {
		return ErrNotYours
	}
	return b.store.Update(ctx, func(tx storage.Tx) error {
		st := &step{b: b, tx: tx, at: b.clock(), s: s, event: "posted", by: a}
		for _, id := range ids {
			t, err := troubleOf(tx, id)
			if errors.Is(err, storage.ErrNone) {
				continue // it was told meanwhile
			}
			if err != nil {
				return fmt.Errorf("posted: %w", err)
			}
			if there, err := ToPost(tx, t); err != nil || !there {
				return err
			}
			if err := tx.PutKey(postedKey(id), []byte(st.at.Format("2006-01-02"))); err != nil {
				return err
			}
			c, err := tx.Case(t.Case)
			if errors.Is(err, storage.ErrNone) || errors.Is(err, storage.ErrDamaged) {
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.Note(storage.Record{Case: c.ID, At: st.at, Event: st.event, Kind: "posted", By: by, Detail: t.Kind,
				Before: c.Stage, After: c.Stage, Settings: s.Version}); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepPosted deletes what is known of troubles that are over.
func sweepPosted(tx storage.Tx, list []storage.Trouble) error {
	all, err := tx.Keys("posted/")
	if err != nil || len(all) == 0 {
		return err
	}
	for _, t := range list {
		delete(all, postedKey(t.ID))
	}
	for name := range all {
		if strings.HasPrefix(name, "posted/") {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
