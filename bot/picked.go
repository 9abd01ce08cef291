package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/storage"
)

// Questions that a platform asks in its own form: how they are asked there, and how
// what people choose comes back to the case.

// errEarly says that somebody has chosen in a poll that is on its way: the platform
// has it, and what it is called there is not kept yet. It will be a moment later.
var errEarly = errors.New("a vote in a poll that is being sent")

// native is what is kept of a poll of a platform's own, under its id there, for as
// long as its case is open.
type native struct {
	Case   flows.ID     `json:"case"`
	Choice string       `json:"choice"`
	Chat   flows.ChatID `json:"chat"`
}

func nativeKey(channel, id string) string { return "native/" + channel + ":" + id }

// poll is the form in which the platform asks what a row asks; nil where it is
// said in words, with buttons: to one person, on a platform without polls, and where a
// poll has no room for it.
func (b *Bot) poll(row sendRow, caps Capabilities, now time.Time, s *flows.Settings) (*Poll, error) {
	q := row.Say.Ballot
	if q == nil || !caps.Polls || !row.toGroup() || row.Button == "" {
		return nil, nil
	}
	text, err := b.words(row.Flow).Render(row.Lang, q.Words, row.Say.Vars, row.No, now, s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRules, err)
	}
	text = strings.TrimSpace(text)
	if n := len(q.Options); text == "" || n < 2 || n > PollOptions || utf8.RuneCountInString(text) > PollQuestion {
		return nil, nil
	}
	for _, o := range q.Options {
		if strings.TrimSpace(o) == "" || utf8.RuneCountInString(o) > PollOption {
			return nil, nil
		}
	}
	return &Poll{Question: text, Options: q.Options}, nil
}

// leading is a row with only those of its buttons that lead somewhere: a poll brings
// nothing back but votes.
func leading(row sendRow) sendRow {
	var links []flows.Button
	for _, x := range row.Say.Buttons {
		if x.Link != "" {
			links = append(links, x)
		}
	}
	row.Say.Buttons = links
	return row
}

// leads is where a button of a row leads, "" if there is no such place.
func (b *Bot) leads(ctx context.Context, r sendRow, x flows.Button) (string, error) {
	id, flow := r.Button, r.Flow
	if x.Case != "" {
		id, flow = x.Case, ""
		err := b.store.View(ctx, func(tx storage.Tx) error {
			c, err := tx.Case(id)
			flow = c.Flow
			return err
		})
		if errors.Is(err, storage.ErrNone) {
			return "", nil // it was forgotten
		}
		if err != nil {
			return "", err
		}
	}
	switch {
	case id == "" || strings.HasPrefix(string(id), "~"):
		return "", nil
	case x.Link == "private":
		ch, _, _ := b.channel(r.Address)
		if l, ok := ch.(Linker); ok {
			return l.Link("v" + string(id)), nil
		}
	case x.Link == "page":
		return b.link(flow, r.Person, string(id)), nil
	}
	return "", nil
}

// keepNative keeps what a poll is called that has just arrived.
func keepNative(tx storage.Tx, row sendRow, ref string) error {
	id := pollOf(ref)
	if id == "" || row.Say.Ballot == nil {
		return nil
	}
	channel, _, _ := strings.Cut(row.Address, ":")
	return tx.PutKey(nativeKey(channel, id), flows.Data(native{row.Button, row.Say.Ballot.Choice, row.Chat}))
}

// asking notes that a poll is on its way to a channel, until the function it gives
// is called.
func (b *Bot) asking(channel string) (done func()) {
	count := func(n int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.asked == nil {
			b.asked = map[string]int{}
		}
		b.asked[channel] += n
	}
	count(1)
	return func() { count(-1) }
}

func (b *Bot) asks(channel string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked[channel] > 0
}

// picked takes what somebody chose in a poll of the platform's own: it is the press
// of a button of its case, in the group in which it was asked.
func (b *Bot) picked(st *step, h *heard) error {
	if !h.From.Person || h.Poll == "" || len(h.Picks) > 1 {
		return nil
	}
	key := nativeKey(h.Channel, h.Poll)
	raw, err := st.tx.Key(key)
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		if b.asks(h.Channel) {
			return errEarly
		}
		return nil // another's, or one whose case is over
	}
	if err != nil {
		return err
	}
	n, err := decode[native](raw)
	if err != nil {
		return fmt.Errorf("poll of a platform: %w", err)
	}
	c, err := st.tx.Case(n.Case)
	if errors.Is(err, storage.ErrNone) || err == nil && c.Done {
		return st.tx.PutKey(key, nil)
	}
	if err != nil {
		return err
	}
	value := ""
	for _, i := range h.Picks {
		if i < 0 || i >= PollOptions {
			return nil
		}
		value = string(rune('A' + i))
	}
	// The platform does not say in which chat it was; who votes in a group has not
	// written to Linli themself.
	h.chat, err = st.tx.Chat(n.Chat)
	if errors.Is(err, storage.ErrNone) {
		h.chat, err = flows.Chat{Group: true}, nil
	}
	if err != nil {
		return err
	}
	h.known, st.chat = true, h.chat
	if err := st.need(h); err != nil {
		return err
	}
	return st.run(c, flows.Chose{Choice: n.Choice, Value: value})
}

// sweepNative forgets what the polls of cases are called that are over.
func sweepNative(tx storage.Tx) error {
	polls, err := tx.Keys("native/")
	if err != nil {
		return err
	}
	for name, raw := range polls {
		n, err := decode[native](raw)
		if err == nil {
			c, err := tx.Case(n.Case)
			if err == nil && !c.Done || errors.Is(err, storage.ErrDamaged) {
				continue
			}
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}
