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
	j, r, err := st.ending(c.ID)
	if err != nil {
		return false, err
	}
	if j.ID != 0 {
		r.Greet = "c" + string(c.ID)
		j.Body = flows.Data(r)
		return true, st.tx.PutJob(j)
	}
	row := sendRow{Flow: House, Chat: st.in.chat.ID, Address: st.in.chat.Address, Said: st.at, Lang: st.lang(&p), Greet: "c" + string(c.ID),
		Say: flows.Say{Class: flows.Notice, Reply: true, Words: "greet", Quote: say.Near}}
	return true, st.row(storage.Job{Kind: "send", Lane: row.Address + st.b.lane(row, st.at), At: st.at}, row)
}

// ending is the row, if there is one, with which a question to the speaker ends in the
// group in this step: one message says that and the offer.
func (st *step) ending(id flows.ID) (storage.Job, sendRow, error) {
	jobs, err := st.tx.JobsOf(id)
	if err != nil {
		return storage.Job{}, sendRow{}, err
	}
	for _, j := range jobs {
		r, err := decode[sendRow](j.Body)
		if err == nil && j.Kind == "send" && j.Owner == "" && r.Chat == st.in.chat.ID && r.Said.Equal(st.at) &&
			r.Say.Class == flows.Personal && r.Say.Slot != "" && len(r.Say.Buttons) == 0 {
			return j, r, nil
		}
	}
	return storage.Job{}, sendRow{}, nil
}

// greetButton adds the button that leads to the private conversation, and to a
// message that says something else why it is there. The channel knows its own
// name only once it runs, so that it is made late.
func (b *Bot) greetButton(m *Message, row sendRow, s *flows.Settings) error {
	ch, _, _ := b.channel(row.Address)
	l, ok := ch.(Linker)
	if !ok || l.Link(row.Greet) == "" {
		if row.Flow != House {
			return nil // it says something else, too
		}
		return errNothing
	}
	if row.Flow != House {
		text, err := b.house.Render(row.Lang, "greet", nil, 0, row.Said, s)
		if err != nil {
			return fmt.Errorf("%w: %w", errRules, err)
		}
		m.Text += "\n" + text
	}
	label, err := b.house.Render(row.Lang, "b-greet", nil, 0, row.Said, s)
	if err != nil {
		return fmt.Errorf("%w: %w", errRules, err)
	}
	m.Buttons = append(m.Buttons, []Button{{Label: label, URL: l.Link(row.Greet)}})
	return nil
}
