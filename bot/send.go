package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// A row that fails again and again is given up and shown to staff: with the
// waits between, after about a day, one of an emergency after two hours.
const (
	tries       = 36
	urgentTries = 480
	longestWait = time.Hour
	urgentWait  = 15 * time.Second
)

// performSend delivers a row, with the reminders that may leave together with
// it, and keeps how that ended.
func (b *Bot) performSend(ctx context.Context, j storage.Job) error {
	row, err := decode[sendRow](j.Body)
	if err != nil {
		return b.dead(ctx, []storage.Job{j}, row, "the row cannot be read")
	}
	now := b.clock()
	if u := row.Say.Until; !u.IsZero() && now.After(u) {
		name, _, _ := strings.Cut(row.Address, ":")
		b.watch.Sent(name, row.Say.Class, string(flows.Expired), now.Sub(row.Said))
		return b.delivered(ctx, []storage.Job{j}, row, flows.Expired, "")
	}
	if late, err := b.late(ctx, j, row); err != nil {
		return err
	} else if late {
		return b.delivered(ctx, []storage.Job{j}, row, flows.Expired, "")
	}
	ch, address, ok := b.channel(row.Address)
	if !ok {
		return b.dead(ctx, []storage.Job{j}, row, "its channel is not switched on")
	}
	caps := ch.Capabilities()
	if failed := row.Failed; failed != "" {
		row.Failed = ""
		again, err := b.opened(ctx, row, caps)
		if err != nil {
			return err
		}
		if failed == "gone" || !again {
			return b.down(ctx, []storage.Job{j}, row, "it did not arrive", failed == "gone")
		}
	}
	jobs, m, err := b.compose(ctx, j, row, caps, now)
	var fault *panicked
	if errors.Is(err, errRules) || errors.As(err, &fault) {
		return b.dead(ctx, []storage.Job{j}, row, err.Error())
	}
	if errors.Is(err, errFetching) {
		return b.later(ctx, j, 2*time.Second)
	}
	if errors.Is(err, errNothing) {
		return b.delivered(ctx, jobs, row, flows.Confirmed, "")
	}
	if errors.Is(err, errCapped) {
		b.watch.Sent(ch.Name(), row.Say.Class, string(flows.Capped), now.Sub(row.Said))
		return b.delivered(ctx, []storage.Job{j}, row, flows.Capped, "")
	}
	if err != nil {
		return err
	}
	row.Numbers, err = b.numbers(&m, caps, row, now, b.Settings())
	if err != nil {
		return b.dead(ctx, jobs, row, err.Error())
	}
	m.Key = sendKey(jobs)
	if row.Rung == knocks {
		row.Numbers = nil // a form shows none
		return b.knock(ctx, ch, address, jobs, row, m)
	}
	rest := ""
	m.Text, rest = split(m.Text, caps)
	if rest != "" {
		m.Buttons, row.Numbers = nil, nil // they come with the last part
	}
	paid := 0
	if caps.PushWindow > 0 && !row.toGroup() {
		most := 1 + len(m.Photos) + len(m.Voices)
		if paid, err = b.room(ctx, j, row, m.Key, most); err != nil {
			return err
		}
		if paid == 0 {
			b.watch.Sent(ch.Name(), row.Say.Class, "closed", now.Sub(row.Said))
			return b.down(ctx, jobs, row, "its window is shut", false)
		}
		if paid < most { // the words matter most
			said := m
			if err := b.leftOut(&said, row, len(m.Photos) > 0, len(m.Voices) > 0, now, b.Settings()); err == nil && caps.Unit.Len(said.Text) <= caps.Text {
				m.Text = said.Text
			}
			m.Photos, m.Voices = nil, nil
		}
	}
	sendCtx, cancel := context.WithTimeout(ctx, 40*time.Second)
	var ref string
	if m.Poll != nil {
		defer b.asking(ch.Name())()
	}
	err = caught(func() (err error) { ref, err = ch.Send(sendCtx, address, m); return err })
	cancel()
	b.mu.Lock()
	b.out[j.ID] = true
	b.mu.Unlock()
	if err != nil && paid > 0 { // it counts itself, and says Closed when there is no room
		if err := b.unspent(ctx, row, m.Key); err != nil {
			return err
		}
	}
	if closed := (Closed{}); errors.As(err, &closed) && caps.PushWindow > 0 && !row.toGroup() {
		if err := b.shut(ctx, row.Address, now); err != nil {
			return err
		}
	}
	b.watch.Sent(ch.Name(), row.Say.Class, ending(err), now.Sub(row.Said))
	if err == nil && rest != "" {
		whole := row
		row.Rest = rest
		return b.finish(ctx, func(tx storage.Tx) error {
			if _, err := b.keepHanded(tx, []storage.Job{j}, whole, ref); err != nil {
				return err
			}
			j.Body, j.At, j.Attempts = flows.Data(row), b.clock(), 0
			return putLive(tx, j)
		})
	}
	return b.sent(ctx, jobs, row, ref, err)
}

// ending names how an attempt to send ended, for figures.
func ending(err error) string {
	var (
		busy    Busy
		closed  Closed
		gone    Gone
		refused Refused
		moved   Moved
		halted  Halted
	)
	switch {
	case err == nil:
		return string(flows.Confirmed)
	case errors.As(err, &halted):
		return "halted"
	case errors.As(err, &busy):
		return "busy"
	case errors.As(err, &moved):
		return "moved"
	case errors.As(err, &gone):
		return "gone"
	case errors.As(err, &closed):
		return "closed"
	case errors.As(err, &refused):
		return string(flows.Refused)
	}
	return "unknown"
}

// sent keeps the outcome of a send.
func (b *Bot) sent(ctx context.Context, jobs []storage.Job, row sendRow, ref string, err error) error {
	j := jobs[0]
	var (
		busy    Busy
		closed  Closed
		gone    Gone
		refused Refused
		moved   Moved
		halted  Halted
	)
	switch {
	case err == nil:
		return errors.Join(b.runs(ctx, row), b.delivered(ctx, jobs, row, flows.Confirmed, ref))
	case errors.As(err, &halted):
		return b.halt(ctx, jobs, row, halted)
	case errors.As(err, &busy):
		b.log.Info("the platform asks to wait", "job", j.ID, "seconds", busy.After.Seconds())
		if row.Say.Class == flows.Emergency && busy.After > urgentWait {
			// Nobody waits for that: another way, or in the end another person.
			if found, _, err := b.nextAddress(ctx, jobs, row, false); err != nil || found {
				return err
			}
			if j.Attempts += int(busy.After / urgentWait); j.Attempts >= urgentTries {
				return b.dead(ctx, jobs, row, "the platform asked to wait for too long")
			}
		}
		return b.later(ctx, j, busy.After)
	case errors.As(err, &moved):
		return b.move(ctx, row.Address, moved.Address)
	case errors.As(err, &gone), errors.As(err, &closed):
		return b.down(ctx, jobs, row, err.Error(), errors.As(err, &gone))
	case errors.As(err, &refused):
		b.log.Error("the platform refuses a message", "job", j.ID, "case", j.Case, "why", refused.Why)
		return b.dead(ctx, jobs, row, refused.Error())
	}
	j.Attempts++
	b.log.Warn("a message could not be sent", "job", j.ID, "case", j.Case, "attempt", j.Attempts, "err", err)
	switch {
	case row.Say.Class == flows.Invitation:
		return b.unknown(ctx, jobs, row, "the platform did not say whether an invitation arrived")
	case j.Attempts >= urgentTries, j.Attempts >= tries && !j.Urgent:
		return b.dead(ctx, jobs, row, fmt.Sprintf("given up after %d attempts", j.Attempts))
	}
	limit := longestWait
	if j.Urgent {
		limit = urgentWait
	}
	return b.later(ctx, j, backoff(j.Attempts, limit))
}

func (b *Bot) later(ctx context.Context, j storage.Job, wait time.Duration) error {
	return b.finish(ctx, func(tx storage.Tx) error {
		j.At = b.clock().Add(wait)
		return putLive(tx, j)
	})
}

// putLive puts a row back, unless its case was forgotten meanwhile.
func putLive(tx storage.Tx, j storage.Job) error {
	if ok, err := live(tx, j.ID); err != nil || !ok {
		return err
	}
	return tx.PutJob(j)
}

func slotKey(row sendRow, address string) string {
	return "case/" + string(row.Button) + "/slot/" + row.Say.Slot + "/" + address
}

// delivered ends rows: keeps the reference of the message and tells the rules
// where they want to know.
func (b *Bot) delivered(ctx context.Context, jobs []storage.Job, row sendRow, out flows.Outcome, ref string) error {
	keep := func(tx storage.Tx) error {
		if err := b.noteSent(tx, jobs[0], string(out)); err != nil {
			return err
		}
		for _, other := range jobs[1:] {
			// A newer text that was put into the row meanwhile has not been told.
			now, err := tx.Job(other.ID)
			if errors.Is(err, storage.ErrNone) || err == nil && !bytes.Equal(now.Body, other.Body) {
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.DropJob(other.ID); err != nil {
				return err
			}
			if err := b.noteSent(tx, other, string(out)); err != nil {
				return err
			}
		}
		if changed, err := b.changes(tx, row, ref); err != nil {
			return err
		} else if out == flows.Confirmed && row.Say.Class == flows.Invitation && row.Person != "" && !changed {
			if err := invited(tx, row.Person, b.clock()); err != nil {
				return err
			}
		}
		if ref != "" && row.Flow == House && row.Say.Words == "intro-group" {
			if wanted, err := tx.Key(introKey(row.Chat)); err == nil && len(wanted) > 0 {
				return tx.PutKey(introKey(row.Chat), []byte(ref))
			} else if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
		}
		if out == flows.Confirmed && ref != "" && row.Rung == direct {
			if err := b.keepNumbers(tx, row); err != nil {
				return err
			}
		}
		failed := false
		if out == flows.Confirmed {
			var err error
			if failed, err = b.keepHanded(tx, jobs, row, ref); err != nil {
				return err
			}
		}
		if ref == "" || row.Button == "" {
			return nil
		}
		prior, err := tx.Key(slotKey(row, row.Address))
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		if row.Say.Digest && string(prior) != ref {
			b.gone(row, b.clock()) // what only changes a message keeps no line waiting
		}
		if err := keepDigest(tx, jobs, row, string(prior) == ref, ref, b.clock()); err != nil {
			return err
		}
		if _, err := tx.Case(row.Button); err != nil {
			if errors.Is(err, storage.ErrNone) {
				return nil // forgotten while this was under way
			}
			return err
		}
		if err := keepNative(tx, row, ref); err != nil {
			return err
		}
		if row.Say.Slot != "" {
			if err := tx.PutKey(slotKey(row, row.Address), []byte(ref)); err != nil {
				return err
			}
		}
		if !failed {
			if err := b.keepKnocked(tx, jobs[0], row, ref); err != nil {
				return err
			}
		}
		return tx.PutRef(row.Chat, plainRef(ref), row.Button)
	}
	j := jobs[0]
	if j.Case == "" || out == flows.Confirmed && row.Say.Receipt == "" {
		return b.finish(ctx, func(tx storage.Tx) error {
			if ok, err := live(tx, j.ID); err != nil || !ok {
				return err
			}
			if err := tx.DropJob(j.ID); err != nil {
				return err
			}
			return keep(tx)
		})
	}
	return b.event(ctx, j, flows.Delivered{Mark: markOf(row.Say), To: row.Person, Outcome: out}, keep)
}

// elsewhere takes a row to another address of the same person; where there is
// none, it is dead, or a task for staff.
func (b *Bot) elsewhere(ctx context.Context, jobs []storage.Job, row sendRow, why string, gone bool) error {
	found, out, err := b.nextAddress(ctx, jobs, row, gone)
	if err != nil || found {
		return err
	}
	if out {
		// Staff know of the group; each line that waited for it is no trouble of its own.
		return b.delivered(ctx, jobs, row, flows.Refused, "")
	}
	if ch, _, ok := b.channel(row.Address); ok && !gone && row.Person != "" && ch.Capabilities().PushWindow > 0 {
		return b.unreached(ctx, jobs, row, why)
	}
	return b.dead(ctx, jobs, row, why)
}

// nextAddress takes a row to another address of the same person, if there is one. Out says
// that it was for a group that is gone.
func (b *Bot) nextAddress(ctx context.Context, jobs []storage.Job, row sendRow, gone bool) (found, out bool, err error) {
	j := jobs[0]
	err = b.finish(ctx, func(tx storage.Tx) error {
		found, out = false, false
		if ok, err := live(tx, j.ID); err != nil || !ok {
			found = true
			return err
		}
		if row.Person == "" {
			chat, err := tx.Chat(row.Chat)
			if out = err == nil && gone; out {
				return (&step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "gone"}).out(chat)
			}
			return nil
		}
		p, err := tx.Person(row.Person)
		if errors.Is(err, storage.ErrNone) || errors.Is(err, storage.ErrDamaged) {
			return nil // nobody knows another way to them
		}
		if err != nil {
			return err
		}
		if gone {
			p.Reach = without(p.Reach, row.Address)
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		row.Tried = append(row.Tried, row.Address)
		for _, a := range p.Reach {
			if slices.Contains(row.Tried, a) {
				continue
			}
			found = true
			row.Address, row.Chat, row.Rest, row.Say.Quote, row.Rung = a, flows.ChatID("~"+a), "", "", direct // nothing of it is there yet
			if _, err := tx.AddJob(storage.Job{Kind: "send", Case: j.Case, Lane: a + b.lane(row, b.clock()), Urgent: j.Urgent, At: b.clock(), Slot: j.Slot, Body: flows.Data(row)}); err != nil {
				return err
			}
			return tx.DropJob(j.ID)
		}
		return nil
	})
	return found, out, err
}

// unknown shows staff a send that may or may not have arrived and must not be
// made twice.
func (b *Bot) unknown(ctx context.Context, jobs []storage.Job, row sendRow, why string) error {
	return b.event(ctx, jobs[0], flows.Delivered{Mark: markOf(row.Say), To: row.Person, Outcome: flows.Refused}, func(tx storage.Tx) error {
		if err := b.noteSent(tx, jobs[0], "unknown"); err != nil {
			return err
		}
		return b.trouble(tx, storage.Trouble{Kind: "unknown", Case: jobs[0].Case, Why: why, Body: jobs[0].Body})
	})
}

// dead gives up a row, shows it to staff and tells the rules.
func (b *Bot) dead(ctx context.Context, jobs []storage.Job, row sendRow, why string) error {
	return b.event(ctx, jobs[0], flows.Delivered{Mark: markOf(row.Say), To: row.Person, Outcome: flows.Refused}, func(tx storage.Tx) error {
		if err := b.noteSent(tx, jobs[0], string(flows.Refused)); err != nil {
			return err
		}
		return b.trouble(tx, storage.Trouble{Kind: "dead", Case: jobs[0].Case, Chat: row.Chat, Why: why, Body: jobs[0].Body})
	})
}

// move takes everything that is for a chat to its new address.
func (b *Bot) move(ctx context.Context, from, rest string) error {
	name, _, _ := strings.Cut(from, ":")
	return b.finish(ctx, func(tx storage.Tx) error { return b.rehouse(tx, from, name+":"+rest) })
}

// rehouse gives the chat at an address another one, with all that waits for it.
// Messages are numbered anew there: what was tied to an old number, or was to
// answer one, no longer is.
func (b *Bot) rehouse(tx storage.Tx, from, to string) error {
	if from == to {
		return nil
	}
	if err := errors.Join(tx.PutKey(movedKey(from), []byte(to)), tx.PutKey(movedKey(to), nil)); err != nil {
		return err
	}
	chat, err := tx.ChatAt(from)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if err == nil {
		if other, err := tx.ChatAt(to); err == nil && other.ID != chat.ID {
			// Somebody spoke in the new group before we knew: it was the same all along.
			other.Address, other.Left = other.Address+"#"+string(other.ID), true
			if err := tx.PutChat(other); err != nil {
				return err
			}
		} else if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		chat.Address = to
		if err := errors.Join(tx.PutChat(chat), tx.DropRefs(chat.ID), tx.PutKey(introKey(chat.ID), nil)); err != nil {
			return err
		}
	}
	for _, end := range lanes {
		lane, err := tx.Lane(from + end)
		if err != nil {
			return err
		}
		for _, j := range lane {
			row, err := decode[sendRow](j.Body)
			if err != nil {
				continue
			}
			row.Address, row.Say.Quote, row.Say.Near = to, "", ""
			old := j.ID
			j.ID, j.Lane, j.Body, j.Owner, j.Lease = 0, to+end, flows.Data(row), "", time.Time{}
			if _, err := tx.AddJob(j); err != nil {
				return err
			}
			if err := tx.DropJob(old); err != nil {
				return err
			}
		}
	}
	return nil
}

func without(list []string, s string) []string {
	var out []string
	for _, x := range list {
		if x != s {
			out = append(out, x)
		}
	}
	return out
}
