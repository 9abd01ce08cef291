package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"linli/flows"
	"linli/storage"
)

// Forms of pages and of the desk: they bring words for a case without a button before.

// form says that something said is what somebody has written into a form. Words about
// a danger are not: like those that answer a question, they are heard by the flows, which
// call for help.
func (h *heard) form() bool {
	return h.Kind == Said && h.As != "" && h.Answers != "" && h.reading.Danger == ""
}

// agrees says that what was said came by a form whose button files it.
func (h *heard) agrees() bool { return h.Kind == Said && h.Agrees && !h.chat.Group }

// filledIn brings what was written into a form to its case: "case/tag". What the person is
// asked otherwise stays asked.
func (b *Bot) filledIn(st *step, h *heard) error {
	id, tag, ok := strings.Cut(h.Answers, "/")
	if !ok || id == "" || tag == "" {
		return st.brief(House, "form-closed", nil)
	}
	c, err := st.tx.Case(flows.ID(id))
	if errors.Is(err, storage.ErrNone) {
		return st.brief(House, "button-gone", nil)
	}
	if err != nil {
		return err
	}
	tags, err := b.takes(c)
	if err != nil {
		return err
	}
	if !slices.Contains(tags, tag) {
		// Nobody writes into a case that does not take it, by an address they have made up.
		return st.brief(House, "form-closed", nil)
	}
	if x := h.person.Expect; x.Case == c.ID && x.Tag == tag {
		h.person.Expect = storage.Expect{}
	}
	if err := st.need(h); err != nil {
		return err
	}
	return st.run(c, flows.Said{Message: h.Message, Tag: tag, Direct: true})
}

// takes gives the tags under which a case takes words without having asked for them.
func (b *Bot) takes(c flows.Case) (tags []string, err error) {
	f, ok := b.flows[c.Flow]
	if !ok {
		return nil, fmt.Errorf("%w: no flow %q", errRules, c.Flow)
	}
	var fault error
	if err := caught(func() error { tags, fault = f.Takes(c); return nil }); err != nil {
		return nil, err
	}
	if fault != nil {
		return nil, fmt.Errorf("%w: %w", errRules, fault)
	}
	return tags, nil
}
