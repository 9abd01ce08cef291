package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// A platform that takes nothing until a person has put something right: its rows wait, one of
// them tries every few minutes, and staff are told once what is to be done.

// haltFor is how long a halted channel is left alone.
const haltFor = 10 * time.Minute

func haltKey(channel string) string { return "halted/" + channel }

// halt puts a row off, and tells staff of what stands in the way. An emergency goes to
// another address of its reader instead.
func (b *Bot) halt(ctx context.Context, jobs []storage.Job, row sendRow, h Halted) error {
	channel, _, _ := strings.Cut(row.Address, ":")
	b.log.Error("the platform takes nothing until something is put right", "channel", channel, "why", h.Why)
	now := b.clock()
	b.mu.Lock()
	b.halted[channel] = now.Add(haltFor)
	b.mu.Unlock()
	err := b.finish(ctx, func(tx storage.Tx) error {
		known, err := tx.Key(haltKey(channel))
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		if string(known) == h.Why {
			return nil
		}
		if err := tx.PutKey(haltKey(channel), []byte(h.Why)); err != nil {
			return err
		}
		return b.trouble(tx, storage.Trouble{Kind: "halted", Why: h.Why, Text: h.Fix})
	})
	if err != nil {
		return err
	}
	if row.Say.Class == flows.Emergency {
		return b.elsewhere(ctx, jobs, row, h.Error(), false)
	}
	return b.later(ctx, jobs[0], haltFor)
}

// runs notes that a channel takes messages again.
func (b *Bot) runs(ctx context.Context, row sendRow) error {
	channel, _, _ := strings.Cut(row.Address, ":")
	b.mu.Lock()
	_, halted := b.halted[channel]
	delete(b.halted, channel)
	b.mu.Unlock()
	if !halted {
		return nil
	}
	return b.finish(ctx, func(tx storage.Tx) error {
		if _, err := tx.Key(haltKey(channel)); errors.Is(err, storage.ErrNone) {
			return nil
		}
		return tx.PutKey(haltKey(channel), nil)
	})
}

// halts says until when the channel of a row is left alone.
func (b *Bot) halts(row sendRow) time.Time {
	channel, _, _ := strings.Cut(row.Address, ":")
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.halted[channel]
}

// knowHalted reads at the start which channels were halted, so that the first message that
// gets through says that they are no more.
func (b *Bot) knowHalted(tx storage.Tx) error {
	all, err := tx.Keys("halted/")
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range all {
		channel := strings.TrimPrefix(name, "halted/")
		if _, known := b.halted[channel]; !known {
			b.halted[channel] = time.Time{}
		}
	}
	return nil
}

// callHuman tells staff that somebody wants to talk to a person, where the platform lets one
// of them take the conversation over. The channel answers: its platform takes nothing else once
// the conversation is handed over.
func (st *step) callHuman() error {
	st.kept = true
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "human-wanted"})
}
