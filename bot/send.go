package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/storage"
)

// attempts after which a row is given up and shown to staff: with the waits
// between them, about a day for ordinary rows.
const (
	maxAttempts = 40
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
		return b.delivered(ctx, []storage.Job{j}, row, flows.Expired, "")
	}
	ch, address, ok := b.channel(row.Address)
	if !ok {
		return b.dead(ctx, []storage.Job{j}, row, "its channel is not switched on")
	}
	jobs, m, err := b.compose(ctx, j, row, ch.Capabilities(), now)
	var fault *panicked
	if errors.Is(err, errRules) || errors.As(err, &fault) {
		return b.dead(ctx, []storage.Job{j}, row, err.Error())
	}
	if errors.Is(err, errFetching) {
		return b.later(ctx, j, 2*time.Second)
	}
	if errors.Is(err, errCapped) {
		return b.delivered(ctx, []storage.Job{j}, row, flows.Capped, "")
	}
	if err != nil {
		return err
	}
	rest := ""
	m.Text, rest = split(m.Text, ch.Capabilities())
	if rest != "" {
		m.Buttons = nil // they come with the last part
	}
	m.Key = sendKey(jobs)
	sendCtx, cancel := context.WithTimeout(ctx, 40*time.Second)
	var ref string
	err = caught(func() (err error) { ref, err = ch.Send(sendCtx, address, m); return err })
	cancel()
	if err == nil && rest != "" {
		row.Rest = rest
		return b.finish(ctx, func(tx storage.Tx) error {
			j.Body, j.At, j.Attempts = flows.Data(row), b.clock(), 0
			return putLive(tx, j)
		})
	}
	return b.sent(ctx, jobs, row, ref, err)
}

// sendKey is the same for every attempt at the same message and no other: a row
// that got a newer text, a further part or other company in a bundle has
// another, or a platform that knows the key would swallow it.
func sendKey(jobs []storage.Job) string {
	sum := crc32.NewIEEE()
	for _, j := range jobs {
		sum.Write(j.Body)
	}
	return fmt.Sprintf("%d.%08x", jobs[0].ID, sum.Sum32())
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
	)
	switch {
	case err == nil:
		return b.delivered(ctx, jobs, row, flows.Confirmed, ref)
	case errors.As(err, &busy):
		b.log.Info("the platform asks to wait", "job", j.ID, "seconds", busy.After.Seconds())
		return b.later(ctx, j, busy.After)
	case errors.As(err, &moved):
		return b.move(ctx, row.Address, moved.Address)
	case errors.As(err, &gone), errors.As(err, &closed):
		return b.elsewhere(ctx, jobs, row, err.Error(), errors.As(err, &gone))
	case errors.As(err, &refused):
		b.log.Error("the platform refuses a message", "job", j.ID, "case", j.Case, "why", refused.Why)
		return b.dead(ctx, jobs, row, refused.Error())
	}
	j.Attempts++
	b.log.Warn("a message could not be sent", "job", j.ID, "case", j.Case, "attempt", j.Attempts, "err", err)
	switch {
	case row.Say.Class == flows.Invitation:
		return b.unknown(ctx, jobs, row)
	case j.Attempts >= maxAttempts:
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

var (
	errCapped   = errors.New("capped")
	errFetching = errors.New("its photo is being fetched")
)

// patience is how long a message waits for its photos; a danger never does.
const patience = 20 * time.Second

// compose renders a row as its reader will see it. Reminders of the same lane
// that are due as well are put into the same message.
func (b *Bot) compose(ctx context.Context, j storage.Job, row sendRow, caps Capabilities, now time.Time) (jobs []storage.Job, m Message, err error) {
	jobs = []storage.Job{j}
	rows := []sendRow{row}
	s := b.Settings()
	err = b.store.View(ctx, func(tx storage.Tx) error {
		if row.Say.Slot != "" && caps.Edits && row.Rest == "" {
			ref, err := tx.Key(slotKey(row, row.Address))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			if m.Edit = string(ref); row.Edit != "" {
				m.Edit = row.Edit
			}
		}
		for i, x := range row.Say.Media {
			if x.Hash != "" || x.Remote == "" {
				continue
			}
			hash, err := hashOf(tx, x)
			if err != nil {
				return err
			}
			if row.Say.Media[i].Hash = hash; hash == "" && row.Say.Class != flows.Emergency && now.Sub(row.Said) < patience && b.media != nil {
				return errFetching
			}
		}
		if row.Say.Class == flows.Invitation && row.Person != "" {
			n, err := tx.Key(capKey(row.Person, now))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			if len(n) >= s.Limits.Invites {
				return errCapped
			}
		}
		if !row.bundles() || row.Rest != "" {
			return nil
		}
		lane, err := tx.Lane(j.Lane)
		if err != nil {
			return err
		}
		for _, next := range lane {
			if next.ID == j.ID {
				continue
			}
			r, err := decode[sendRow](next.Body)
			if err != nil || !r.bundles() || next.At.After(now) {
				break
			}
			jobs, rows = append(jobs, next), append(rows, r)
		}
		return nil
	})
	if err != nil {
		return jobs, m, err
	}
	err = caught(func() error {
		var texts []string
		seen := map[string]bool{}
		for i, r := range rows {
			text, err := r.Rest, error(nil)
			if text == "" {
				if text, err = b.words(r.Flow).Render(r.Lang, r.Say.Words, r.Say.Vars, r.No, now, s); err != nil {
					err = fmt.Errorf("%w: %w", errRules, err)
				}
			}
			above, before := m.Buttons, len(texts)
			if err == nil {
				err = b.buttons(&m, r, len(rows) > 1, now, s)
			}
			if err != nil && i == 0 {
				return err
			}
			if text != "" && !seen[text] {
				texts = append(texts, text)
			}
			seen[text] = true
			if i > 0 && (err != nil || !roomy(strings.Join(texts, "\n\n"), m.Buttons, caps)) {
				// It leaves by itself, and fails by itself.
				texts, m.Buttons, jobs = texts[:before], above, jobs[:i]
				break
			}
		}
		m.Text = strings.Join(texts, "\n\n")
		return nil
	})
	if err != nil {
		return jobs, m, err
	}
	m.Quote, m.Neutral = row.Say.Quote, row.Say.Neutral
	if _, quiet := s.Quiet(now); quiet && row.Say.Class != flows.Emergency {
		m.Silent = true
	}
	if m.Edit == "" && row.Rest == "" {
		if caps.Photos {
			m.Photos = b.files("photo", row.Say.Media)
		}
		if caps.Voices {
			m.Voices = b.files("voice", row.Say.Media)
		}
	}
	return jobs, m, nil
}

// bundles says that a row may share a message. One that will be changed, or of
// which the rules want to hear, stays alone.
func (r sendRow) bundles() bool { return r.Say.Bundle && r.Say.Slot == "" && r.Say.Receipt == "" }

// roomy says that a bundle still fits one message.
func roomy(text string, buttons [][]Button, c Capabilities) bool {
	n := 0
	for _, row := range buttons {
		n += len(row)
	}
	return (c.Text <= 0 || c.Unit.Len(text) <= c.Text) && (c.Buttons <= 0 || n <= c.Buttons)
}

// buttons adds the buttons of a row; in a bundle they say which case they are
// for.
func (b *Bot) buttons(m *Message, r sendRow, bundled bool, now time.Time, s *flows.Settings) error {
	last := -1
	for _, x := range r.Say.Buttons {
		label, err := b.words(r.Flow).Render(r.Lang, x.Words, x.Vars, r.No, now, s)
		if err != nil {
			return fmt.Errorf("%w: %w", errRules, err)
		}
		if bundled && r.No > 0 {
			label = flows.Spoken(r.No) + " " + label
		}
		data := string(r.Button) + "/" + x.Choice
		if len(data) > 64 {
			return fmt.Errorf("%w: button %q is longer than 64 bytes", errRules, x.Choice)
		}
		if x.Row != last || len(m.Buttons) == 0 {
			m.Buttons = append(m.Buttons, nil)
			last = x.Row
		}
		m.Buttons[len(m.Buttons)-1] = append(m.Buttons[len(m.Buttons)-1], Button{Label: label, Data: data})
	}
	return nil
}

func slotKey(row sendRow, address string) string {
	return "case/" + string(row.Button) + "/slot/" + row.Say.Slot + "/" + address
}

// capKey names a person's invitations of a week; its value is a byte for each.
func capKey(p flows.PersonID, now time.Time) string {
	y, w := now.ISOWeek()
	return fmt.Sprintf("cap/%04d-%02d/%s", y, w, p)
}

// delivered ends rows: keeps the reference of the message and tells the rules
// where they want to know.
func (b *Bot) delivered(ctx context.Context, jobs []storage.Job, row sendRow, out flows.Outcome, ref string) error {
	keep := func(tx storage.Tx) error {
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
		}
		if out == flows.Confirmed && row.Say.Class == flows.Invitation && row.Person != "" {
			k := capKey(row.Person, b.clock())
			n, err := tx.Key(k)
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			if err := tx.PutKey(k, append(n, 1)); err != nil {
				return err
			}
		}
		if ref == "" || row.Button == "" {
			return nil
		}
		if _, err := tx.Case(row.Button); err != nil {
			if errors.Is(err, storage.ErrNone) {
				return nil // forgotten while this was under way
			}
			return err
		}
		if row.Say.Slot != "" {
			if err := tx.PutKey(slotKey(row, row.Address), []byte(ref)); err != nil {
				return err
			}
		}
		return tx.PutRef(row.Chat, ref, row.Button)
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
// none, it is dead.
func (b *Bot) elsewhere(ctx context.Context, jobs []storage.Job, row sendRow, why string, gone bool) error {
	j, found := jobs[0], false
	err := b.finish(ctx, func(tx storage.Tx) error {
		found = false
		if ok, err := live(tx, j.ID); err != nil || !ok {
			found = true
			return err
		}
		if row.Person == "" {
			chat, err := tx.Chat(row.Chat)
			if err == nil && gone && !chat.Left {
				chat.Left = true
				return tx.PutChat(chat)
			}
			return nil
		}
		p, err := tx.Person(row.Person)
		if err != nil {
			if errors.Is(err, storage.ErrNone) {
				return nil
			}
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
			if contains(row.Tried, a) {
				continue
			}
			found = true
			row.Address, row.Chat = a, flows.ChatID("~"+a)
			lane := a
			if j.Urgent {
				lane += "!"
			}
			if _, err := tx.AddJob(storage.Job{Kind: "send", Case: j.Case, Lane: lane, Urgent: j.Urgent, At: b.clock(), Slot: j.Slot, Body: flows.Data(row)}); err != nil {
				return err
			}
			return tx.DropJob(j.ID)
		}
		return nil
	})
	if err != nil || found {
		return err
	}
	return b.dead(ctx, jobs, row, why)
}

// unknown shows staff a send that may or may not have arrived and must not be
// made twice.
func (b *Bot) unknown(ctx context.Context, jobs []storage.Job, row sendRow) error {
	return b.event(ctx, jobs[0], flows.Delivered{Mark: markOf(row.Say), To: row.Person, Outcome: flows.Refused}, func(tx storage.Tx) error {
		return b.trouble(tx, storage.Trouble{Kind: "unknown", Case: jobs[0].Case, Why: "the platform did not say whether an invitation arrived", Body: jobs[0].Body})
	})
}

// dead gives up a row, shows it to staff and tells the rules.
func (b *Bot) dead(ctx context.Context, jobs []storage.Job, row sendRow, why string) error {
	return b.event(ctx, jobs[0], flows.Delivered{Mark: markOf(row.Say), To: row.Person, Outcome: flows.Refused}, func(tx storage.Tx) error {
		return b.trouble(tx, storage.Trouble{Kind: "dead", Case: jobs[0].Case, Chat: row.Chat, Why: why, Body: jobs[0].Body})
	})
}

// move takes everything that is for a chat to its new address.
func (b *Bot) move(ctx context.Context, from, rest string) error {
	name, _, _ := strings.Cut(from, ":")
	to := name + ":" + rest
	return b.finish(ctx, func(tx storage.Tx) error {
		chat, err := tx.ChatAt(from)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		if err == nil {
			chat.Address = to
			if err := tx.PutChat(chat); err != nil {
				return err
			}
		}
		for _, urgent := range []string{"", "!"} {
			lane, err := tx.Lane(from + urgent)
			if err != nil {
				return err
			}
			for _, j := range lane {
				row, err := decode[sendRow](j.Body)
				if err != nil {
					continue
				}
				row.Address = to
				j.Lane, j.Body, j.Owner, j.Lease = to+urgent, flows.Data(row), "", time.Time{}
				old := j.ID
				if j.ID = 0; err == nil {
					if _, err := tx.AddJob(j); err != nil {
						return err
					}
				}
				if err := tx.DropJob(old); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// split cuts a text at the platform's limit, between lines or sentences where
// that is possible.
func split(text string, c Capabilities) (head, rest string) {
	if c.Text <= 0 || c.Unit.Len(text) <= c.Text {
		return text, ""
	}
	end, units := 0, 0
	for i, r := range text {
		u := c.Unit.Len(string(r))
		if units+u > c.Text {
			break
		}
		units += u
		end = i + utf8.RuneLen(r)
	}
	if end == 0 {
		end = len(text)
	}
	for _, sep := range []string{"\n", "。", "，", " "} {
		if i := strings.LastIndex(text[:end], sep); i > end/2 {
			end = i + len(sep)
			break
		}
	}
	return strings.TrimRight(text[:end], "\n "), strings.TrimLeft(text[end:], "\n ")
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
