package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"linli/flows"
	"linli/storage"
)

// park keeps a message on which a rule failed, with its text, and shows it to
// staff; everything else goes on. If the message may be about a danger, the
// people on duty are called at once, without the rules: a rule that fails must not
// keep an emergency from being heard.
func (b *Bot) park(ctx context.Context, h heard, at time.Time, why string, job uint64) error {
	return b.store.Update(ctx, func(tx storage.Tx) error {
		_, seen, err := b.fresh(tx, h.Inbound, at, job)
		if err != nil || seen {
			return err
		}
		if err := b.find(tx, &h); err != nil && !errors.Is(err, storage.ErrDamaged) {
			return err
		}
		st := &step{b: b, tx: tx, at: at, s: h.settings, event: h.Keys[0], chat: h.chat, person: &h.person, reading: h.reading}
		if err := st.opens(&h, true); err != nil { // they spoke, whatever comes of it
			return err
		}
		body, err := json.Marshal(h.Inbound)
		if err != nil {
			return fmt.Errorf("park: %w", err)
		}
		t := storage.Trouble{Kind: "parked", Chat: h.chat.ID, Why: why, Text: h.Message.Text, Body: body}
		if h.reading.Danger.Discreet() || h.reading.About == flows.Staff {
			t.Text, t.Discreet = "", true // the people on duty read it, or the secretary, and nobody else
		}
		if err := b.trouble(tx, t); err != nil {
			return err
		}
		if h.reading.About == flows.Staff && h.reading.Danger == "" {
			err := st.say(nil, House, flows.Say{To: flows.To{Role: flows.Secretary, Scope: flows.Everywhere}, Class: flows.Work,
				Words: "trouble-parked", Vars: flows.Vars{"text": flows.Text(h.Message.Text)}})
			if err != nil {
				return err
			}
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
