package bot

import (
	"context"
	"math"

	"linli/flows"
	"linli/storage"
)

// Handover wakes the open cases whose holder is in the directory no more, so that
// their rules find who holds the post now. It is for after another version of
// the directory was put in force; waking a case twice does nothing.
func (b *Bot) Handover(ctx context.Context) error {
	s := b.Settings()
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		left, err := tx.Cases(math.MaxInt, func(c flows.Case) bool {
			if c.Done || c.Holder == "" {
				return false
			}
			_, there := s.Official(c.Holder)
			return !there
		})
		if err != nil {
			return err
		}
		st := &step{b: b, tx: tx, at: b.clock(), s: s, event: "directory"}
		for _, c := range left {
			if err := st.row(storage.Job{Kind: "wake", Case: c.ID, At: st.at}, wakeRow{Name: "directory"}); err != nil {
				return err
			}
		}
		return nil
	})
	b.Nudge()
	return err
}
