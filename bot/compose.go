package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot/chart"
	"linli/flows"
	"linli/storage"
)

// How a row becomes what its reader sees.

var (
	errCapped   = errors.New("capped")
	errNothing  = errors.New("there is no message to change")
	errFetching = errors.New("its photo is being fetched")
)

// patience is how long a message waits for its photos; a danger never does.
const patience = 20 * time.Second

// compose renders a row as its reader will see it. Reminders of the same lane
// that are due as well are put into the same message.
func (b *Bot) compose(ctx context.Context, j storage.Job, row sendRow, caps Capabilities, now time.Time) (jobs []storage.Job, m Message, err error) {
	jobs = []storage.Job{j}
	rows := []sendRow{row}
	var others []line // of the message that is changed
	s := b.Settings()
	err = b.store.View(ctx, func(tx storage.Tx) error {
		if row.toGroup() && row.Button != "" && row.Say.Quote != "" {
			// In a group that has moved another message has that number.
			_, err := tx.Ref(row.Chat, plainRef(row.Say.Quote))
			if errors.Is(err, storage.ErrNone) {
				row.Say.Quote = ""
			} else if err != nil {
				return err
			}
		}
		if row.Say.React != "" {
			if !caps.Reacts || !row.toGroup() || row.Say.Quote == "" {
				return errNothing
			}
			m = Message{React: row.Say.React, Quote: row.Say.Quote}
			return nil
		}
		if row.Say.Slot != "" && (caps.Edits || caps.Polls) && row.Rest == "" {
			ref, err := tx.Key(slotKey(row, row.Address))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			if m.Edit = string(ref); row.Edit != "" {
				m.Edit = row.Edit
			}
			if !caps.Edits && pollOf(m.Edit) == "" {
				m.Edit = ""
			}
		}
		if row.Say.Tidy && m.Edit == "" {
			return errNothing
		}
		if more, err := spoken(tx, j, row, caps); err != nil || more {
			return cmp.Or(err, errNothing)
		}
		if pollOf(m.Edit) != "" {
			if row.Say.Ballot != nil {
				return errNothing // the platform shows by itself how it stands
			}
			m.StopPoll = true
			return nil
		}
		if m.Edit != "" && row.toGroup() {
			all, err := linesOf(tx, row.Chat, m.Edit)
			if err != nil {
				return err
			}
			if others = replaced(all, row, now); others != nil {
				// What changes other lines of the same message changes it together with this one.
				return b.along(tx, j, now, func(next storage.Job, r sendRow) (bool, error) {
					ref, err := tx.Key(slotKey(r, r.Address))
					if errors.Is(err, storage.ErrNone) || err == nil && (!r.Say.Digest || string(ref) != m.Edit) {
						return true, nil
					}
					others, jobs = replaced(others, r, now), append(jobs, next)
					return true, err
				})
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
		if row.Say.Class == flows.Invitation && row.Person != "" && m.Edit == "" && row.Rest == "" {
			if stop, err := capped(tx, s, row, now); err != nil {
				return err
			} else if stop {
				return errCapped
			}
		}
		if row.Flow == House && row.Say.Words == "intro-group" && caps.Pins {
			// At the top when Linli comes into the group, not each time somebody asks.
			chat, err := tx.Chat(row.Chat)
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			m.Pin = chat.Introduced.Equal(row.Said)
		}
		digest := row.Say.Digest && m.Edit == "" && b.gathering(row)
		if !digest && !row.bundles(row) || row.Rest != "" || row.Rung != direct {
			return nil
		}
		return b.along(tx, j, now, func(next storage.Job, r sendRow) (bool, error) {
			if !digest {
				if row.bundles(r) {
					jobs, rows = append(jobs, next), append(rows, r)
				}
				return row.bundles(r), nil
			}
			if !r.Say.Digest || len(rows) == digestLines {
				return false, nil
			}
			if ref, err := tx.Key(slotKey(r, r.Address)); err != nil && !errors.Is(err, storage.ErrNone) {
				return false, err
			} else if len(ref) > 0 || topicOf(r.Say.Near) != topicOf(row.Say.Near) {
				return true, nil // it changes a message of its own, or belongs elsewhere
			}
			jobs, rows = append(jobs, next), append(rows, r)
			return true, nil
		})
	})
	if err != nil || m.React != "" {
		return jobs, m, err
	}
	if m.StopPoll {
		err = caught(func() error { return b.buttons(ctx, &m, leading(row), false, now, s) })
		return jobs, m, err
	}
	if len(jobs) == 1 && m.Edit == "" && row.Rest == "" {
		err = caught(func() (err error) { m.Poll, err = b.poll(row, caps, now, s); return err })
		if err != nil {
			return jobs, m, err
		}
		if m.Poll != nil {
			rows = []sendRow{leading(row)}
		}
	}
	between := "\n\n"
	if row.Say.Digest || others != nil {
		between = "\n"
	}
	if others != nil {
		rows = rows[:0]
		for _, l := range others {
			rows = append(rows, l.Row)
		}
	}
	err = caught(func() error {
		var texts []string
		seen := map[string]bool{}
		for i, r := range rows {
			text, err := r.Rest, error(nil)
			if text == "" && m.Poll == nil {
				if text, err = b.words(r.Flow).Render(r.Lang, b.among(rows, i), r.Say.Vars, r.No, now, s); err != nil {
					err = fmt.Errorf("%w: %w", errRules, err)
				}
			}
			above, before := m.Buttons, len(texts)
			if err == nil {
				err = b.buttons(ctx, &m, r, len(rows) > 1, now, s)
			}
			if others != nil && err != nil && (r.Button != row.Button || r.Say.Slot != row.Say.Slot) {
				m.Buttons = above
				continue // a line of an older version must not keep this one from being told
			}
			if err != nil && (i == 0 || others != nil) {
				return err
			}
			if text != "" && !seen[text] {
				texts = append(texts, text)
			}
			seen[text] = true
			if others != nil {
				continue // they stood there together already
			}
			if i > 0 && (err != nil || !roomy(strings.Join(texts, between), m.Buttons, caps)) {
				// It leaves by itself, and fails by itself.
				texts, m.Buttons, jobs = texts[:before], above, jobs[:i]
				break
			}
		}
		m.Text = strings.Join(texts, between)
		if len(rows) > 1 && between == "\n" {
			m.Buttons = side(m.Buttons)
		}
		m.Neutral = slices.ContainsFunc(rows[:min(len(rows), len(jobs))], func(r sendRow) bool { return r.Say.Neutral })
		if row.Greet != "" {
			return b.greetButton(&m, row, s)
		}
		return nil
	})
	if err != nil {
		return jobs, m, err
	}
	m.Quote = row.Say.Quote
	if row.toGroup() {
		m.Near = row.Say.Near
	}
	if _, quiet := s.Quiet(now); quiet && row.Say.Class != flows.Emergency {
		m.Silent = true
	}
	if m.Edit == "" && row.Rest == "" && m.Poll == nil {
		if caps.Photos {
			m.Photos = append(b.files("photo", row.Say.Media), b.drawn(row)...)
		}
		mute := !caps.Voices
		if caps.Voices {
			m.Voices = b.files("voice", row.Say.Media)
			all := len(m.Voices)
			m.Voices = slices.DeleteFunc(m.Voices, func(v Photo) bool {
				return len(caps.VoiceForms) > 0 && !slices.Contains(caps.VoiceForms, Extension(v.Data))
			})
			mute = len(m.Voices) < all
		}
		if err := b.leftOut(&m, row, !caps.Photos, mute, now, s); err != nil {
			return jobs, m, err
		}
	}
	return jobs, m, nil
}

// leftOut says in the text that files belong to a message which its platform does not take:
// any photos, or some of the voice notes.
func (b *Bot) leftOut(m *Message, row sendRow, photos, voices bool, now time.Time, s *flows.Settings) error {
	has := func(kind string) bool {
		return slices.ContainsFunc(row.Say.Media, func(x flows.Media) bool { return x.Kind == kind && x.Hash != "" })
	}
	vars := flows.Vars{}
	if photos && has("photo") {
		vars["photo"] = flows.Text("1")
	}
	if voices && has("voice") {
		vars["voice"] = flows.Text("1")
	}
	if len(vars) == 0 {
		return nil
	}
	text, err := b.house.Render(row.Lang, "left-out", vars, 0, now, s)
	if err != nil {
		return fmt.Errorf("%w: %w", errRules, err)
	}
	m.Text = strings.TrimSpace(m.Text + "\n" + text)
	return nil
}

// drawn is the picture of a row's numbers, if it has one. Its words say the same, so
// that they go without it where there is something wrong with it.
func (b *Bot) drawn(row sendRow) []Photo {
	if row.Say.Chart == nil {
		return nil
	}
	data, err := chart.PNG(*row.Say.Chart)
	if err != nil {
		b.log.Error("a picture of numbers could not be drawn", "case", row.Button, "err", err)
		return nil
	}
	return []Photo{{Name: "chart.png", Data: data}}
}

// along shows the rows behind one of the same lane that are due, in order, as long
// as take says so.
func (b *Bot) along(tx storage.Tx, j storage.Job, now time.Time, take func(storage.Job, sendRow) (more bool, err error)) error {
	lane, err := tx.Lane(j.Lane)
	if err != nil {
		return err
	}
	for _, next := range lane {
		if next.ID == j.ID {
			continue
		}
		r, err := decode[sendRow](next.Body)
		if err != nil || next.At.After(now) {
			return nil
		}
		if more, err := take(next, r); err != nil || !more {
			return err
		}
	}
	return nil
}

// bundles says that a row may share a message. One that will be changed, of which
// the rules want to hear, or that is more than words and buttons, stays alone.
func (sendRow) bundles(r sendRow) bool {
	return r.Say.Bundle && r.Say.Slot == "" && r.Say.Receipt == "" && r.Say.Ballot == nil && r.Say.Chart == nil
}

// roomy says that a bundle still fits one message.
func roomy(text string, buttons [][]Button, c Capabilities) bool {
	n := 0
	for _, row := range buttons {
		n += len(row)
	}
	return (c.Text <= 0 || c.Unit.Len(text) <= c.Text) && (c.Buttons <= 0 || n <= c.Buttons)
}

// buttons adds the buttons of a row; in a bundle they say which case they are
// for, but those that speak to another one, whose own words do.
func (b *Bot) buttons(ctx context.Context, m *Message, r sendRow, bundled bool, now time.Time, s *flows.Settings) error {
	last := -1
	for _, x := range r.Say.Buttons {
		to, url := cmp.Or(x.Case, r.Button), ""
		if x.Link != "" {
			var err error
			if url, err = b.leads(ctx, r, x); err != nil {
				return err
			}
			if url == "" {
				continue // there is no such place
			}
		}
		label, err := b.words(r.Flow).Render(r.Lang, x.Words, x.Vars, r.No, now, s)
		if err != nil {
			return fmt.Errorf("%w: %w", errRules, err)
		}
		if bundled && r.No > 0 && x.Case == "" {
			label = flows.Spoken(r.No) + " " + label
		}
		data := string(to) + "/" + x.Choice
		if url != "" {
			data = ""
		}
		if len(data) > 64 {
			return fmt.Errorf("%w: button %q is longer than 64 bytes", errRules, x.Choice)
		}
		if x.Row != last || len(m.Buttons) == 0 {
			m.Buttons = append(m.Buttons, nil)
			last = x.Row
		}
		m.Buttons[len(m.Buttons)-1] = append(m.Buttons[len(m.Buttons)-1], Button{Label: label, Data: data, URL: url})
	}
	return nil
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
