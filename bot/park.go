package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"linli/flows"
	"linli/storage"
)

// park keeps a message on which a rule failed, with its text, and shows it to
// staff; everything else goes on. If the message may be about a danger, the
// people on duty are called at once, without the rules: a rule that fails must not
// keep an emergency from being heard.
func (b *Bot) park(ctx context.Context, h heard, at time.Time, why string) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		_, seen, err := b.once(tx, h.Inbound, at)
		if err != nil || seen {
			return err
		}
		if err := b.find(tx, &h); err != nil {
			return err
		}
		st := &step{b: b, tx: tx, at: at, s: h.settings, event: h.Keys[0], chat: h.chat, person: &h.person, reading: h.reading}
		body, err := json.Marshal(h.Inbound)
		if err != nil {
			return fmt.Errorf("park: %w", err)
		}
		t := storage.Trouble{Kind: "parked", Chat: h.chat.ID, Why: why, Text: h.Message.Text, Body: body}
		if err := b.trouble(tx, t); err != nil {
			return err
		}
		if h.reading.Danger == "" || !h.From.Person {
			return nil
		}
		vars := flows.Vars{"place": flows.Where(h.reading.Place), "text": flows.Text(h.Message.Text), "group": flows.Text(h.chat.Title)}
		for i, id := range st.s.DutyLadder(at) {
			if i == 3 {
				break
			}
			if _, err := st.tellPerson(nil, House, 0, flows.Say{Class: flows.Emergency, Words: "danger-duty", Vars: vars, Neutral: h.reading.Danger.Discreet()}, id); err != nil {
				return err
			}
		}
		if h.chat.Group && h.reading.Danger.Discreet() {
			return nil
		}
		return st.send(nil, House, 0, flows.Say{Class: flows.Emergency, Reply: true, Words: "danger-resident", Quote: h.Message.Ref}, h.person, h.chat)
	})
}

// trouble keeps something that could not be done and lets staff know. What goes
// wrong with the engine's own words is only kept: telling it would go
// wrong in the same way.
func (b *Bot) trouble(tx storage.Tx, t storage.Trouble) error {
	t.At = b.clock()
	t.Until = t.At.Add(b.Settings().Limits.Parked)
	if _, err := tx.AddTrouble(t); err != nil {
		return err
	}
	if row, err := decode[sendRow](t.Body); err == nil && row.Flow == House {
		return nil
	}
	st := &step{b: b, tx: tx, at: t.At, s: b.Settings(), event: "trouble"}
	vars := flows.Vars{"text": flows.Text(t.Text)}
	if c, err := tx.Case(t.Case); err == nil && c.No > 0 {
		vars["no"] = flows.Num(c.No)
	}
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "trouble-" + t.Kind, Vars: vars, Bundle: t.Kind != "parked"})
}

// tellTroubles lists what could not be done to a member of staff who asks.
func (b *Bot) tellTroubles(st *step, h *heard) error {
	if !st.s.May(st.by, flows.Trouble, flows.Everywhere) {
		return st.houseSay(h, "not-yours", nil)
	}
	list, err := st.tx.Troubles()
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return st.houseSay(h, "trouble-none", nil)
	}
	for i, t := range list {
		if i == 10 {
			break
		}
		vars := flows.Vars{"text": flows.Text(t.Text)}
		if c, err := st.tx.Case(t.Case); err == nil && c.No > 0 {
			vars["no"] = flows.Num(c.No)
		}
		if err := st.houseSay(h, "trouble-"+t.Kind, vars); err != nil {
			return err
		}
	}
	return nil
}

// Troubles gives what could not be done, for the command line.
func (b *Bot) Troubles(ctx context.Context) (list []storage.Trouble, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error { list, err = tx.Troubles(); return err })
	return list, err
}
