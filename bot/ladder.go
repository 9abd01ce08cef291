package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// The ladder: where a message goes that its reader cannot be told now. First by the form
// that the platform has for it (Outsider), then to another address of theirs, then to staff as
// a task, and what is left the next morning onto the printed notice. What was said
// at one rung is not said again at the next. When the person speaks after all, what staff have
// not told them by then leaves at once.

// Rungs of a row.
const (
	direct = iota
	knocks
)

// room asks for room in the windows of a row's address for the message with this key. It
// gives how many messages may be sent, at most most, and has counted them as sent.
func (b *Bot) room(ctx context.Context, j storage.Job, row sendRow, key string, most int) (n int, err error) {
	err = b.finish(ctx, func(tx storage.Tx) error {
		n = 0
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		all, err := windowsOf(tx, row.Address, b.clock())
		if err != nil {
			return err
		}
		if n = paid(all, key); n > 0 {
			return nil // of a try whose end nobody knows
		}
		if n = fits(all, row, most); n == 0 {
			return nil
		}
		spend(all, key, n)
		return putWindows(tx, row.Address, all)
	})
	return n, err
}

// opened says that somebody has spoken since a message to them did not arrive, so that it may
// be tried where it was.
func (b *Bot) opened(ctx context.Context, row sendRow, caps Capabilities) (yes bool, err error) {
	if caps.PushWindow == 0 || row.Rung != direct {
		return false, nil
	}
	err = b.store.View(ctx, func(tx storage.Tx) error {
		all, err := windowsOf(tx, row.Address, b.clock())
		yes = total(all) > 0
		return err
	})
	return yes, err
}

// unspent gives back what room has counted, after a send that the platform did not take.
func (b *Bot) unspent(ctx context.Context, row sendRow, key string) error {
	return b.finish(ctx, func(tx storage.Tx) error {
		all, err := windowsOf(tx, row.Address, b.clock())
		if err != nil || paid(all, key) == 0 {
			return err // it is over by now, or was given back
		}
		refund(all, key)
		return putWindows(tx, row.Address, all)
	})
}

// shut notes that the platform took nothing for an address at a time, until its owner speaks.
func (b *Bot) shut(ctx context.Context, address string, at time.Time) error {
	return b.finish(ctx, func(tx storage.Tx) error { return shutAt(tx, address, at, b.clock()) })
}

func shutAt(tx storage.Tx, address string, at, now time.Time) error {
	all, err := windowsOf(tx, address, now)
	if err != nil {
		return err
	}
	return putWindows(tx, address, shutSince(all, at))
}

// knockable says that a row may be told by the platform's own form. An invitation may not:
// platforms have these forms for what people have asked for.
func (b *Bot) knockable(row sendRow) bool {
	ch, _, ok := b.channel(row.Address)
	_, out := ch.(Outsider)
	return ok && out && row.Rung < knocks && !row.toGroup() && row.Flow != House && row.Say.Class != flows.Invitation && !row.Say.Unkept
}

// knock tells a row by the platform's own form.
func (b *Bot) knock(ctx context.Context, ch Channel, address string, jobs []storage.Job, row sendRow, m Message) error {
	f := Form{Key: m.Key, What: firstLine(m.Text), At: row.Said}
	if row.No > 0 {
		f.No = flows.Spoken(row.No)
		for _, own := range []string{f.No + "号", f.No} { // it has a field of its own
			f.What = strings.TrimLeft(strings.TrimPrefix(f.What, own), " ：:")
		}
	}
	for _, list := range m.Buttons {
		for _, x := range list {
			if f.URL == "" {
				f.URL = x.URL
			}
		}
	}
	if f.URL == "" && row.Person != "" {
		f.URL = b.link("mine", row.Person, "later")
	}
	sendCtx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	var ref string
	err := caught(func() (err error) { ref, err = ch.(Outsider).Knock(sendCtx, address, f); return err })
	b.watch.Sent(ch.Name(), row.Say.Class, ending(err), b.clock().Sub(row.Said))
	return b.sent(ctx, jobs, row, ref, err)
}

// spoken says that a row is not worth one of the few messages of a window: a brief notice, or
// a message said anew only because it cannot be changed, where the next message says what came
// of the same press.
func spoken(tx storage.Tx, j storage.Job, row sendRow, caps Capabilities) (bool, error) {
	if caps.PushWindow == 0 || row.toGroup() || row.Rest != "" {
		return false, nil
	}
	if !row.Aside {
		if caps.Edits || !row.Echo || row.Say.Slot == "" || len(row.Say.Buttons) > 0 || row.Say.Class == flows.Emergency {
			return false, nil
		}
		if _, err := tx.Key(slotKey(row, row.Address)); errors.Is(err, storage.ErrNone) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	lane, err := tx.Lane(j.Lane)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(lane, func(next storage.Job) bool {
		r, err := decode[sendRow](next.Body)
		return err == nil && next.ID > j.ID && r.Said.Equal(row.Said) && !r.Aside
	}), nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

// down takes a row whose window is shut, or whose address is gone, to the next rung.
func (b *Bot) down(ctx context.Context, jobs []storage.Job, row sendRow, why string, gone bool) error {
	if row.Aside || row.Flow == House && row.Say.Reply && !row.toGroup() {
		// It answered the moment, and the moment is over. It may name somebody whom nobody knows, or
		// say what was chosen in secret, and must not be kept for later.
		return b.delivered(ctx, jobs[:1], row, flows.Refused, "")
	}
	if !gone && b.knockable(row) {
		j := jobs[0]
		row.Rung, row.Rest = knocks, ""
		return b.finish(ctx, func(tx storage.Tx) error {
			j.Body, j.At, j.Attempts = flows.Data(row), b.clock(), 0
			return putLive(tx, j)
		})
	}
	return b.elsewhere(ctx, jobs, row, why, gone)
}

// waitsKey lists, for an address, what waits until its owner speaks.
func waitsKey(address string) string { return "waits/" + address }

// unreached ends a row that cannot be told anywhere: what concerns one person becomes a
// task for staff, and a notice waits until they speak; both are on the next printed list.
func (b *Bot) unreached(ctx context.Context, jobs []storage.Job, row sendRow, why string) error {
	j := jobs[0]
	return b.event(ctx, j, flows.Delivered{Mark: markOf(row.Say), To: row.Person, Outcome: flows.Refused}, func(tx storage.Tx) error {
		if err := b.noteSent(tx, j, string(flows.Refused)); err != nil {
			return err
		}
		kind := "unreached"
		if row.Say.Class == flows.Notice || row.Say.Class == flows.Invitation {
			kind = "missed"
		}
		tried := append(slices.Clone(row.Tried), row.Address)
		row.Tried, row.Rung = nil, direct
		id, err := b.troubleNo(tx, storage.Trouble{Kind: kind, Case: j.Case, Chat: row.Chat, Why: why, Body: flows.Data(row)})
		if err != nil {
			return err
		}
		for _, a := range tried {
			if err := waitAt(tx, a, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// waitAt notes that something waits for who speaks at an address.
func waitAt(tx storage.Tx, address string, id uint64) error {
	list, err := waitsOf(tx, address)
	if err != nil {
		return err
	}
	return tx.PutKey(waitsKey(address), flows.Data(append(list, id)))
}

func waitsOf(tx storage.Tx, address string) ([]uint64, error) {
	raw, err := tx.Key(waitsKey(address))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, _ := decode[[]uint64](raw)
	return list, nil
}

// outAtOnce is how many of those that waited leave when a window opens.
const outAtOnce = 3

// letOut lets what has waited for the speaker leave, at most so much: their own matters first.
func (st *step) letOut(h *heard, most int) error {
	address := h.chat.Address
	out, err := st.askAgain(address, most)
	if err != nil {
		return err
	}
	list, err := waitsOf(st.tx, address)
	if err != nil || len(list) == 0 {
		return err
	}
	all, err := st.tx.Troubles()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t storage.Trouble) bool { return !slices.Contains(list, t.ID) })
	slices.SortStableFunc(all, func(a, b storage.Trouble) int { return strings.Compare(b.Kind, a.Kind) }) // unreached before missed
	var left []uint64
	for _, t := range all {
		if out >= most {
			left = append(left, t.ID)
			continue
		}
		j, err := st.rowOf(t)
		switch {
		case errors.Is(err, ErrNoRetry):
			if t.Kind == "missed" { // its time is over
				if err := st.tx.DropTrouble(t.ID); err != nil {
					return err
				}
			}
			continue
		case err != nil:
			return err
		}
		row, err := decode[sendRow](j.Body)
		if err != nil {
			continue
		}
		row.Address, row.Chat = address, h.chat.ID
		if err := st.now(j, row); err != nil {
			return err
		}
		if err := st.resolve(t, "retried"); err != nil {
			return err
		}
		out++
	}
	if len(left) == 0 {
		return st.tx.PutKey(waitsKey(address), nil)
	}
	return st.tx.PutKey(waitsKey(address), flows.Data(left))
}

// now puts a row into the outbox for who has just spoken: they are awake, and there.
func (st *step) now(j storage.Job, row sendRow) error {
	row.Rung, row.Rest, row.Tried, row.Said, row.Say.Reply = direct, "", nil, st.at, true
	j.ID, j.Attempts, j.Owner, j.Lease, j.At, j.Slot = 0, 0, "", time.Time{}, st.at, ""
	j.Lane, j.Body = row.Address+st.b.lane(row, st.at), flows.Data(row)
	st.kept = true
	_, err := st.tx.AddJob(j)
	return err
}

// forgetAddress deletes what is kept for an address besides cases and people.
func forgetAddress(tx storage.Tx, address string) error {
	if err := forgetSent(tx, address); err != nil {
		return err
	}
	names := []string{windowKey(address), sceneKey(address)}
	_, rest, _ := strings.Cut(address, ":")
	shelf, err := tx.Keys("shelf/") // where channels keep what must outlive a restart
	if err != nil {
		return err
	}
	for name := range shelf {
		if strings.HasSuffix(name, "/"+rest) {
			names = append(names, name)
		}
	}
	return dropKeys(tx, names)
}

// forgetSent deletes what is kept of messages to an address that have left.
func forgetSent(tx storage.Tx, address string) error {
	names := []string{waitsKey(address), choicesKey(address)}
	for _, kept := range []struct {
		prefix string
		in     func(c flows.ID, address, ref string) string // with its case; nil: only here
	}{{"handed/" + address + "/", handedKey}, {knockedIndex(address), knockedKey}, {"early/" + address + "/", nil}} {
		all, err := tx.Keys(kept.prefix)
		if err != nil {
			return err
		}
		for name, raw := range all {
			names = append(names, name)
			if x, err := decode[sweepAt](raw); err == nil && kept.in != nil {
				names = append(names, kept.in(x.Case, address, strings.TrimPrefix(name, kept.prefix)))
			}
		}
	}
	return dropKeys(tx, names)
}

func dropKeys(tx storage.Tx, names []string) error {
	for _, name := range names {
		if _, err := tx.Key(name); errors.Is(err, storage.ErrNone) {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return fmt.Errorf("what is kept for an address: %w", err)
		}
	}
	return nil
}

// troubleRenamed takes along what is known of a trouble that has another number now.
func troubleRenamed(tx storage.Tx, old, id uint64, address string) error {
	posted, err := tx.Key(postedKey(old))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if len(posted) > 0 {
		if err := tx.PutKey(postedKey(id), posted); err != nil {
			return err
		}
	}
	list, err := waitsOf(tx, address)
	if err != nil || !slices.Contains(list, old) {
		return err
	}
	return waitAt(tx, address, id)
}

// sweepWaits deletes what nobody waits for any more.
func sweepWaits(tx storage.Tx, list []storage.Trouble) error {
	all, err := tx.Keys("waits/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		ids, _ := decode[[]uint64](raw)
		if slices.ContainsFunc(list, func(t storage.Trouble) bool { return slices.Contains(ids, t.ID) }) {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}
