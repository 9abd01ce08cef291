package bot

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"linli/flows"
	"linli/storage"
)

// What somebody sends to Linli itself in a form that nobody here can read: a film, a card, a
// kind of message that is younger than this version. They are told what can be read, and staff
// that something came; of the thing itself nothing is kept.

// unread says that a private message is nothing but that.
func unread(h *heard) bool {
	m := h.Message
	return h.Kind == Said && !h.chat.Group && h.As == "" && m.Text == "" && m.Point == nil && len(m.Media) > 0 &&
		!slices.ContainsFunc(m.Media, func(x flows.Media) bool { return x.Kind == "photo" || x.Kind == "voice" })
}

// tellUnread answers it, and shows it to staff once an hour for each speaker.
func (st *step) tellUnread(h *heard) error {
	st.kept = true
	if err := st.houseSay(h, "unread", nil); err != nil {
		return err
	}
	_, seen, err := st.tx.Once(fmt.Sprintf("unread/%x/%s", sha256.Sum256([]byte(h.who())), st.at.Format("2006010215")), st.at, nil)
	if err != nil || seen {
		return err
	}
	what, err := st.b.house.Render(st.s.Lang, "unread-what", flows.Vars{"film": flows.Text(film(h.Message))}, 0, st.at, st.s)
	if err != nil {
		return err
	}
	return st.b.trouble(st.tx, storage.Trouble{Kind: "parked", Chat: h.chat.ID, Why: "a kind of message that cannot be read", Text: what})
}

// film is not empty where what came is a film.
func film(m flows.Message) string {
	if slices.ContainsFunc(m.Media, func(x flows.Media) bool { return x.Kind == "video" }) {
		return "video"
	}
	return ""
}
