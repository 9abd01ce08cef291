package bot

import (
	"errors"
	"strconv"
	"time"

	"linli/flows"
	"linli/storage"
)

// What happens to a group as a whole: it gets another address, Linli may hear more or
// less in it, it was heard.

// migrated takes a group to its new address: it is the same group.
func (b *Bot) migrated(st *step, h *heard) error {
	st.kept = true
	if h.To == "" || !h.chat.Group {
		return nil
	}
	return b.rehouse(st.tx, h.Channel+":"+h.Chat.Address, h.Channel+":"+h.To)
}

// movedKey names the address that a group has since it left this one: a button of
// an old message is still pressed there.
func movedKey(address string) string { return "moved/" + address }

// movedTo is the address of a chat now.
func movedTo(tx storage.Tx, address string) (string, error) {
	for range 10 { // a group moves once; what goes round in a circle has nowhere to be
		to, err := tx.Key(movedKey(address))
		if errors.Is(err, storage.ErrNone) || err == nil && len(to) == 0 {
			return address, nil
		}
		if err != nil {
			return "", err
		}
		address = string(to)
	}
	return address, nil
}

// powers notes what Linli may hear in a group, and tells staff when it can hear
// nothing there any more, with what to do about it.
func (b *Bot) powers(st *step, h *heard) error {
	st.kept = true
	if !h.chat.Group {
		return nil
	}
	if err := b.keepChat(st.tx, h); err != nil {
		return err
	}
	if h.Admin {
		if err := st.atTop(h.chat); err != nil {
			return err
		}
	}
	deaf := !h.Reads && !h.Admin
	if h.chat.Deaf == deaf {
		return nil
	}
	h.chat.Deaf = deaf
	if err := st.tx.PutChat(h.chat); err != nil {
		return err
	}
	words := "group-hears"
	if deaf {
		words = "group-deaf"
	}
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
		Words: words, Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
}

// heardEvery is how exactly it is known when a group was last heard.
const heardEvery = 10 * time.Minute

// heardKey names when a chat was last heard; its value is Unix seconds as text.
func heardKey(id flows.ChatID) string { return "heard/" + string(id) }

// lastHeard notes that a group was heard, not at every word but often enough
// to see that it has gone silent.
func (b *Bot) lastHeard(st *step, h *heard) error {
	if !h.chat.Group || !h.known {
		return nil
	}
	b.mu.Lock()
	last := b.noted[h.chat.ID]
	b.mu.Unlock()
	if st.at.Sub(last) < heardEvery && !st.at.Before(last) {
		return nil
	}
	raw, err := st.tx.Key(heardKey(h.chat.ID))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	was, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || st.at.Unix()-was >= int64(heardEvery/time.Second) {
		// Noted in memory at the next word, when it is in the store for certain.
		return st.tx.PutKey(heardKey(h.chat.ID), strconv.AppendInt(nil, st.at.Unix(), 10))
	}
	b.mu.Lock()
	b.noted[h.chat.ID] = time.Unix(was, 0)
	b.mu.Unlock()
	return nil
}
