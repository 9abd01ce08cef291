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

// room asks for room in the windows of a row's address. It gives how many messages may be
// sent, at most most, and has counted them as sent.
func (b *Bot) room(ctx context.Context, j storage.Job, row sendRow, most int) (n int, err error) {
	err = b.finish(ctx, func(tx storage.Tx) error {
		n = 0
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		all, err := windowsOf(tx, row.Address, b.clock())
		if err != nil {
			return err
		}
		if n = fits(all, row, most); n == 0 {
			return nil
		}
		return putWindows(tx, row.Address, spend(all, n))
	})
	return n, err
}

// unspent gives back what room has counted, after a send that the platform did not take.
func (b *Bot) unspent(ctx context.Context, row sendRow, n int) error {
	return b.finish(ctx, func(tx storage.Tx) error {
		all, err := windowsOf(tx, row.Address, b.clock())
		if err != nil || len(all) == 0 {
			return err // it is over by now
		}
		if last := &all[len(all)-1]; last.Left != free {
			last.Left += n
		}
		return putWindows(tx, row.Address, all)
	})
}

// shut notes that the platform takes nothing for an address until its owner speaks.
func (b *Bot) shut(ctx context.Context, address string) error {
	return b.finish(ctx, func(tx storage.Tx) error { return putWindows(tx, address, nil) })
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
		if caps.Edits || row.Say.Slot == "" || len(row.Say.Buttons) > 0 {
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
		row.Tried, row.Rung = nil, direct
		id, err := b.troubleNo(tx, storage.Trouble{Kind: kind, Case: j.Case, Chat: row.Chat, Why: why, Body: flows.Data(row)})
		if err != nil {
			return err
		}
		list, err := waitsOf(tx, row.Address)
		if err != nil {
			return err
		}
		return tx.PutKey(waitsKey(row.Address), flows.Data(append(list, id)))
	})
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

// outAtOnce is how many of those that waited leave when a window opens: the answer to what
// was said must have room beside them.
const outAtOnce = 3

// letOut lets what has waited for the speaker leave: their own matters first.
func (st *step) letOut(h *heard) error {
	out, err := st.askAgain(h.chat.Address, outAtOnce)
	if err != nil {
		return err
	}
	list, err := waitsOf(st.tx, h.chat.Address)
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
		if out == outAtOnce {
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
		j.At = st.at
		if _, err := st.tx.AddJob(j); err != nil {
			return err
		}
		if err := st.resolve(t, "retried"); err != nil {
			return err
		}
		st.kept = true
		out++
	}
	if len(left) == 0 {
		return st.tx.PutKey(waitsKey(h.chat.Address), nil)
	}
	return st.tx.PutKey(waitsKey(h.chat.Address), flows.Data(left))
}

// handed keeps a row that a platform has taken but may still fail to deliver.
type handed struct {
	At  time.Time   `json:"at"`
	Job storage.Job `json:"job"`
}

// handedFor is how long a platform may take to say that a message did not arrive.
const handedFor = time.Hour

func handedKey(c flows.ID, address, ref string) string {
	return "case/" + string(c) + "/handed/" + address + "/" + ref
}

// keepHanded keeps a row that was just taken by a platform which may still fail.
func (b *Bot) keepHanded(tx storage.Tx, j storage.Job, row sendRow, ref string) error {
	ch, _, ok := b.channel(row.Address)
	if !ok || !ch.Capabilities().Confirms || row.toGroup() || ref == "" {
		return nil
	}
	j.Body = flows.Data(row)
	if why, err := tx.Key(earlyKey(row.Address, ref)); err == nil && len(why) > 0 {
		early, err := decode[soon](why)
		if err != nil {
			return nil
		}
		return errors.Join(tx.PutKey(earlyKey(row.Address, ref), nil), b.failed(tx, j, early.Failed))
	} else if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	return errors.Join(tx.PutKey(handedKey(j.Case, row.Address, ref), flows.Data(handed{At: b.clock(), Job: j})),
		tx.PutKey("handed/"+row.Address+"/"+ref, flows.Data(sweepAt{At: b.clock(), Case: j.Case})))
}

// soon is what a platform has said of a message before it was known here that it has taken it.
type soon struct {
	At     time.Time `json:"at"`
	Failed string    `json:"failed"`
}

func earlyKey(address, ref string) string { return "early/" + address + "/" + ref }

// sweepAt says of something kept for a case when it was kept.
type sweepAt struct {
	At   time.Time `json:"at"`
	Case flows.ID  `json:"case"`
}

// undelivered takes a message that did not arrive to the next rung.
func (b *Bot) undelivered(st *step, h *heard) error {
	address := h.chat.Address
	failed := "undelivered"
	if gone := (Gone{}); errors.As(h.Why, &gone) {
		failed = "gone"
	}
	var closed Closed
	if errors.As(h.Why, &closed) {
		if err := putWindows(st.tx, address, nil); err != nil {
			return err
		}
	}
	raw, err := st.tx.Key("handed/" + address + "/" + h.Ref)
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		// Not one that is kept, or its send is not finished here.
		return st.tx.PutKey(earlyKey(address, h.Ref), flows.Data(soon{At: st.at, Failed: failed}))
	}
	if err != nil {
		return err
	}
	at, err := decode[sweepAt](raw)
	if err != nil {
		return nil
	}
	name := handedKey(at.Case, address, h.Ref)
	raw, err = st.tx.Key(name)
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return nil // its case was forgotten
	}
	if err != nil {
		return err
	}
	if err := errors.Join(st.tx.PutKey(name, nil), st.tx.PutKey("handed/"+address+"/"+h.Ref, nil)); err != nil {
		return err
	}
	k, err := decode[handed](raw)
	if err != nil {
		return nil
	}
	st.kept = true
	return b.failed(st.tx, k.Job, failed)
}

// failed puts a row that did not arrive back into the outbox, to go on from where it was.
// What has become of it is its case's business only once.
func (b *Bot) failed(tx storage.Tx, j storage.Job, how string) error {
	row, err := decode[sendRow](j.Body)
	if err != nil {
		return nil
	}
	row.Say.Receipt, row.Say.Until, row.Failed = "", time.Time{}, how
	j.ID, j.Attempts, j.Owner, j.Lease, j.At, j.Body, j.Slot = 0, 0, "", time.Time{}, b.clock(), flows.Data(row), ""
	_, err = tx.AddJob(j)
	return err
}

// sweepHanded deletes what must have arrived by now.
func sweepHanded(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("handed/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		x, err := decode[sweepAt](raw)
		if err == nil && now.Sub(x.At) < handedFor {
			continue
		}
		address, ref, _ := cutLast(strings.TrimPrefix(name, "handed/"))
		if err := errors.Join(tx.PutKey(name, nil), tx.PutKey(handedKey(x.Case, address, ref), nil)); err != nil {
			return err
		}
	}
	early, err := tx.Keys("early/")
	if err != nil {
		return err
	}
	for name, raw := range early {
		if x, err := decode[soon](raw); err == nil && now.Sub(x.At) < time.Hour {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndex(s, "/")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
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
