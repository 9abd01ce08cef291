package bot

import (
	"errors"
	"slices"
	"unicode/utf8"

	"linli/flows"
	"linli/storage"
)

// Where a message belongs: to the case it answers, to the case it was said about
// a moment ago, or to none, so that the flows are asked.

// said finds the case a message belongs to, or offers it to the flows.
func (b *Bot) said(st *step, h *heard) error {
	msg := h.Message
	w := flows.Said{Message: msg, Edited: h.Kind == Edited, Direct: !h.chat.Group}
	own, err := st.tx.Ref(h.chat.ID, plainRef(msg.Ref))
	if h.Kind == Edited && err == nil {
		c, err := st.tx.Case(own)
		if err != nil {
			return err
		}
		if h.reading.Danger != "" {
			// It may become a case of its own, which must be somebody's: they may be let go of by now.
			if err := st.need(h); err != nil {
				return err
			}
		}
		return st.run(c, w)
	}
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if x := h.person.Expect; w.Direct && h.Kind == Said && x.Case != "" && st.at.Before(x.Until) &&
		h.reading.Danger == "" && !msg.Forwarded {
		c, err := st.tx.Case(x.Case)
		answer := false
		if err == nil {
			if answer, err = b.answers(h, c, x.Tag); err != nil {
				return err
			}
		}
		if answer {
			w.Tag = x.Tag
			h.person.Expect = storage.Expect{}
			if err := st.tx.PutPerson(h.person); err != nil {
				return err
			}
			if err := st.need(h); err != nil {
				return err
			}
			return st.run(c, w)
		}
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
	}
	if b.listens(h) {
		return st.listen(h)
	}
	if msg.ReplyTo != "" {
		id, err := st.tx.Ref(h.chat.ID, plainRef(msg.ReplyTo))
		if err == nil {
			w.Recent, w.Older = id, true
		} else if !errors.Is(err, storage.ErrNone) {
			return err
		}
	}
	for _, r := range h.person.Recent {
		if w.Recent == "" && (r.Chat == h.chat.ID || w.Direct) && st.at.Before(r.Until) {
			w.Recent = r.Case
		}
	}
	b.mu.Lock()
	if f, ok := b.here[h.chat.ID]; ok && st.at.Before(f.until) {
		w.Here = f.id
	}
	b.mu.Unlock()
	similar, err := st.similar(h.reading, "", &w)
	if err != nil {
		return err
	}
	e := flows.Event{ID: st.event, At: st.at, By: st.by, What: w, Reading: h.reading, Chat: h.chat, Similar: similar, Settings: st.s}
	for _, f := range b.order {
		var effects []flows.Effect
		if err := caught(func() error { effects = f.Hear(e); return nil }); err != nil {
			return err
		}
		if len(effects) == 0 {
			continue
		}
		if err := st.need(h); err != nil {
			return err
		}
		return st.apply(nil, f.Name, effects)
	}
	return nil
}

// answers says that a message may be the answer that a case expects, and is not clearly
// something else: a question how a case stands, a list, a poll somebody begins, or, where a home is
// expected, a demand. Where the case takes any words under the tag, a line of a poll or a
// bare number are words, too.
func (b *Bot) answers(h *heard, c flows.Case, tag string) (bool, error) {
	tags, err := b.takes(c)
	if err != nil {
		return false, err
	}
	takes := slices.Contains(tags, tag)
	switch {
	case h.reading.Chain != nil && h.reading.Chain.Marked:
		return false, nil // nobody gives a list as a reason
	case asks(h):
		return takes && !h.reading.Status, nil
	case tag == flows.ExpectLine || takes:
		return true, nil
	case h.reading.Poll != nil:
		return false, nil
	case tag == flows.ExpectHome:
		return h.reading.Place.Room != "" || h.reading.Demand < h.settings.Limits.Sure, nil
	}
	return true, nil
}

// asks says that a message asks how a case stands, by words or by nothing but
// its number, and so answers no question of ours.
func asks(h *heard) bool {
	return h.reading.Status || h.reading.Number > 0 && utf8.RuneCountInString(h.Message.Text) <= 8
}
