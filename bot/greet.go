package bot

import (
	"fmt"

	"linli/flows"
	"linli/storage"
)

// greet offers somebody who cannot be told in private, in the group where they
// have just spoken, to begin a private conversation: a platform may keep Linli from
// writing first. It does so once for each person, and says whether it did.
func (st *step) greet(c *flows.Case, say flows.Say, p storage.Person) (bool, error) {
	if !say.Greet || c == nil || st.in == nil || !st.in.chat.Group || !p.Asked.IsZero() || p.ID != st.by.Person {
		return false, nil
	}
	l, ok := st.b.channels[st.in.Channel].(Linker)
	if !ok || l.Link("hi") == "" {
		return false, nil
	}
	p.Asked = st.at
	if err := st.tx.PutPerson(p); err != nil {
		return false, err
	}
	if st.person != nil && st.person.ID == p.ID {
		st.person.Asked = p.Asked
	}
	row := sendRow{Flow: House, Chat: st.in.chat.ID, Address: st.in.chat.Address, Said: st.at, Lang: st.lang(&p), Greet: "c" + string(c.ID),
		Say: flows.Say{Class: flows.Notice, Reply: true, Words: "greet", Quote: say.Near}}
	return true, st.row(storage.Job{Kind: "send", Lane: row.Address + st.b.lane(row, st.at), At: st.at}, row)
}

// greetButton is the button that leads to the private conversation. The
// channel knows its own name only once it runs, so that it is made late.
func (b *Bot) greetButton(m *Message, row sendRow, s *flows.Settings) error {
	ch, _, _ := b.channel(row.Address)
	l, ok := ch.(Linker)
	if !ok || l.Link(row.Greet) == "" {
		return errNothing
	}
	label, err := b.house.Render(row.Lang, "b-greet", nil, 0, row.Said, s)
	if err != nil {
		return fmt.Errorf("%w: %w", errRules, err)
	}
	m.Buttons = append(m.Buttons, []Button{{Label: label, URL: l.Link(row.Greet)}})
	return nil
}
