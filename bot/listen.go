package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"linli/flows"
	"linli/storage"
)

// Voice notes that a machine hears. Where an answerer "transcribe" is there, a voice note
// without a word that somebody who has agreed sends to Linli itself, and that answers no
// question, is written down and shown to who spoke: what a machine heard is nobody's words
// before they have said so. In all other cases, and where it cannot be heard or nobody
// answers, it is what it is without a machine.

// transcriber is the name of the answerer.
const transcriber = "transcribe"

const (
	// shownFor is how long what was heard waits for a yes.
	shownFor = time.Hour
	// listening is how often a note is tried that cannot be had, or heard, at the moment.
	listening = 3
)

// listenRow is the body of a row that waits for a voice note to be heard and, once it is
// shown, for who spoke.
type listenRow struct {
	Inbound
	Heard string `json:"heard,omitempty"` // what a machine heard; shown
}

// listens says whether a voice note is to be heard by a machine.
func (b *Bot) listens(h *heard) bool {
	m := h.Message
	return b.answer[transcriber] != nil && b.media != nil && !h.listened && h.Kind == Said && !h.chat.Group && h.As == "" &&
		m.Text == "" && !m.Forwarded && m.ReplyTo == "" && len(m.Media) == 1 && m.Media[0].Kind == "voice" && h.reading.Danger == "" && h.fault == "" &&
		h.person.ID != "" && actorOf(h.person, h.settings).Consent
}

// listen keeps a voice note until it is heard.
func (st *step) listen(h *heard) error {
	if err := st.need(h); err != nil {
		return err
	}
	return st.row(storage.Job{Kind: "listen", At: st.at}, listenRow{Inbound: h.Inbound})
}

// performListen hears a voice note and shows it. One that was shown and not answered, or
// cannot be heard, goes the way of those that no machine hears.
func (b *Bot) performListen(ctx context.Context, j storage.Job) error {
	row, err := decode[listenRow](j.Body)
	if err != nil || len(row.Message.Media) == 0 {
		return b.unreadable(ctx, j)
	}
	if row.Heard != "" {
		return b.unheard(ctx, j.ID, row.Inbound)
	}
	var text flows.VoiceText
	err = caught(func() error {
		raw, err := b.fetch(ctx, flows.Data(row.Message.Media[0]))
		if err != nil {
			return err
		}
		m, err := decode[flows.Media](raw)
		if err != nil {
			return err
		}
		if raw, err = b.answer[transcriber](ctx, flows.Data(flows.VoiceTask{Hash: m.Hash, Seconds: m.Seconds})); err != nil {
			return err
		}
		text, err = decode[flows.VoiceText](raw)
		return err
	})
	if busy := (Busy{}); err != nil && j.Attempts < listening && (errors.As(err, &busy) || retryable(err)) {
		return b.finish(ctx, func(tx storage.Tx) error {
			j.Attempts++
			j.At = b.clock().Add(max(busy.After, backoff(j.Attempts, time.Minute)))
			return putLive(tx, j)
		})
	}
	if err != nil || text.Text == "" {
		return b.unheard(ctx, j.ID, row.Inbound)
	}
	danger := flows.Unknown
	_ = caught(func() error { danger = b.reader.Danger(text.Text); return nil })
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		h := heard{Inbound: row.Inbound, settings: b.Settings()}
		if err := b.find(tx, &h); err != nil {
			return err
		}
		if h.person.ID == "" || !actorOf(h.person, h.settings).Consent {
			return tx.DropJob(j.ID) // they have taken it back, or are being erased
		}
		st := &step{b: b, tx: tx, at: b.clock(), s: h.settings, event: fmt.Sprintf("j%d", j.ID), in: &h, chat: h.chat, person: &h.person}
		words := "voice-heard"
		if danger != "" {
			words = "voice-danger"
		}
		id := strconv.FormatUint(j.ID, 10)
		row.Heard, j.At = text.Text, st.at.Add(shownFor)
		j.Body, j.Owner, j.Lease = flows.Data(row), "", time.Time{}
		if err := tx.PutJob(j); err != nil {
			return err
		}
		return st.houseAsk(&h, "voice", words, flows.Vars{"text": flows.Text(text.Text)},
			flows.Button{Words: "b-voice-right", Choice: "yes=" + id}, flows.Button{Words: "b-voice-wrong", Choice: "no=" + id})
	})
}

// unheard lets a voice note go the way of those that no machine hears.
func (b *Bot) unheard(ctx context.Context, job uint64, in Inbound) error {
	at := b.clock()
	h, err := b.look(ctx, in, at)
	if err != nil {
		return err
	}
	h.listened = true
	_, err = b.take(ctx, &h, at, job)
	return err
}

// pressedVoice is what somebody says of what was heard of their voice note: it is what they
// have said, or is not. Either way it is heard now, in a row of its own.
func (b *Bot) pressedVoice(st *step, h *heard, choice, value string) error {
	id, err := strconv.ParseUint(value, 10, 64)
	if err != nil || choice != "yes" && choice != "no" {
		return st.brief(House, "button-unknown", nil)
	}
	j, err := st.tx.Job(id)
	if errors.Is(err, storage.ErrNone) {
		return st.brief(House, "voice-over", nil)
	}
	if err != nil {
		return err
	}
	row, err := decode[listenRow](j.Body)
	if j.Kind != "listen" || err != nil || row.Heard == "" || h.person.ID == "" || row.Channel+":"+row.From.Address != h.who() {
		return st.brief(House, "voice-over", nil)
	}
	if err := st.tx.DropJob(id); err != nil {
		return err
	}
	in, words := row.Inbound, "voice-wrong"
	if choice == "yes" {
		in.Message.Text, words = row.Heard, "voice-right"
	}
	body, err := json.Marshal(hearRow{Inbound: in, Listened: true})
	if err != nil {
		return fmt.Errorf("voice: %w", err)
	}
	if _, err := st.tx.AddJob(storage.Job{Kind: "hear", Lane: hearLane(h.who()), At: st.at, Body: body}); err != nil {
		return err
	}
	st.kept = true
	b.Nudge()
	return st.brief(House, words, nil)
}
