package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Knower is a channel that can ask its platform what Linli may hear in a group.
// An error means that it could not be asked.
type Knower interface {
	Known(ctx context.Context, address string) (reads, admin bool, err error)
}

// lookEvery is how often the platforms are asked.
const lookEvery = 6 * time.Hour

// lookRound asks the platforms about all groups, so that staff hear of one that
// Linli is in and cannot hear: privacy mode gives no sign of itself.
func (b *Bot) lookRound(ctx context.Context) {
	var chats []flows.Chat
	err := b.store.View(ctx, func(tx storage.Tx) (err error) { chats, err = tx.Chats(); return err })
	if err != nil {
		b.log.Error("the groups could not be listed", "err", err)
		return
	}
	for _, c := range chats {
		if c.Group && !c.Left && ctx.Err() == nil {
			b.lookAt(ctx, c.Address)
		}
	}
}

// lookAt asks about one group and notes the answer, also that Linli is in it no
// more or that it has moved.
func (b *Bot) lookAt(ctx context.Context, address string) {
	ch, rest, ok := b.channel(address)
	k, asks := ch.(Knower)
	if !ok || !asks {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	reads, admin, err := k.Known(ctx, rest)
	var moved Moved
	if errors.As(err, &moved) {
		err = b.move(ctx, address, moved.Address)
		if err != nil {
			b.log.Error("the new address of a group was not kept", "err", err)
		}
		return
	}
	if gone := (Gone{}); errors.As(err, &gone) {
		// It was taken out while nobody listened.
		err = b.store.Update(ctx, func(tx storage.Tx) error {
			chat, err := tx.ChatAt(address)
			if err != nil {
				return err
			}
			return (&step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "look"}).out(chat)
		})
		if err != nil {
			b.log.Error("that a group is gone was not kept", "err", err)
		}
		b.Nudge()
		return
	}
	if err != nil {
		b.log.Warn("the platform did not say what can be heard in a group", "channel", ch.Name())
		return
	}
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		chat, err := tx.ChatAt(address)
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "look"}
		name, _, _ := strings.Cut(address, ":")
		h := &heard{Inbound: Inbound{Channel: name, Chat: Peer{Address: rest, Group: true}, Reads: reads, Admin: admin}, settings: st.s, chat: chat, known: true}
		return b.powers(st, h)
	})
	if err != nil {
		b.log.Error("what can be heard in a group was not kept", "err", err)
		return
	}
	b.Nudge()
}

// lookSoon asks about a group that Linli has just come into.
func (st *step) lookSoon(address string) error {
	ch, _, ok := st.b.channel(address)
	if _, asks := ch.(Knower); !ok || !asks {
		return nil
	}
	return st.row(storage.Job{Kind: "look", At: st.at}, address)
}

func (b *Bot) performLook(ctx context.Context, j storage.Job) error {
	address, err := decode[string](j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	b.lookAt(ctx, address)
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		return tx.DropJob(j.ID)
	})
}
