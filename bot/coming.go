package bot

import (
	"errors"
	"fmt"
	"linli/flows"
	"linli/storage"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Linli comes into a group and says what it is, and goes.

// keepChat makes a group a row.
func (b *Bot) keepChat(tx storage.Tx, h *heard) error {
	if !h.chat.Group || h.known {
		return nil
	}
	n, err := tx.Count("chat")
	if err != nil {
		return err
	}
	h.chat.ID, h.known = flows.ChatID(fmt.Sprintf("g%d", n)), true
	return tx.PutChat(h.chat)
}

// introduce says in four lines what Linli reads, what it keeps, who sees it and
// how to refuse.
func (b *Bot) introduce(st *step, h *heard) error {
	if !h.chat.Group {
		return st.houseSay(h, "intro-private", b.away.vars())
	}
	if err := b.keepChat(st.tx, h); err != nil {
		return err
	}
	if h.chat.Introduced.IsZero() || h.chat.Left { // else somebody only asks
		h.chat.Introduced, h.chat.Left = st.at, false
		if err := st.tx.PutChat(h.chat); err != nil {
			return err
		}
	}
	st.chat = h.chat
	return st.houseSay(h, "intro-group", nil)
}

// introKey names the message with the introduction that is not at the top of a
// group yet, because Linli was no admin when it came in: "-" until it has left.
func introKey(id flows.ChatID) string { return "intro/" + string(id) }

// atTop brings the introduction to the top of a group, now that Linli may.
func (st *step) atTop(chat flows.Chat) error {
	ref, err := st.tx.Key(introKey(chat.ID))
	if errors.Is(err, storage.ErrNone) || err == nil && len(ref) == 0 {
		return nil
	}
	if err != nil || string(ref) == "-" {
		return err
	}
	if err := st.tx.PutKey(introKey(chat.ID), nil); err != nil {
		return err
	}
	// The same text changes nothing; with it comes the pin.
	row := sendRow{Flow: House, Chat: chat.ID, Address: chat.Address, Said: chat.Introduced, Lang: chat.Lang, Edit: string(ref),
		Say: flows.Say{Class: flows.Notice, Words: "intro-group", Slot: "intro", Tidy: true}}
	return st.row(storage.Job{Kind: "send", Lane: row.Address + st.b.lane(row, st.at), At: st.at}, row)
}

// joined answers that Linli was added to a group.
func (b *Bot) joined(st *step, h *heard) error {
	if !h.chat.Group {
		return nil
	}
	st.kept = true
	if h.known && !h.chat.Left && !h.chat.Introduced.IsZero() {
		return nil
	}
	words := "group-new"
	if h.chat.Left {
		words = "group-back"
	}
	if err := b.introduce(st, h); err != nil {
		return err
	}
	if err := st.lookSoon(h.chat.Address); err != nil {
		return err
	}
	if !h.Admin {
		if err := st.tx.PutKey(introKey(h.chat.ID), []byte("-")); err != nil {
			return err
		}
	}
	if h.chat.Directory == "" {
		words = "group-new"
	} else if words == "group-new" {
		return nil
	}
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
		Words: words, Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
}

// removed notes that Linli was taken out of a group, or blocked by a person.
func (b *Bot) removed(st *step, h *heard) error {
	st.kept = true
	if h.chat.Group {
		if !h.known {
			return nil
		}
		return st.out(h.chat)
	}
	if h.person.ID == "" || !slices.Contains(h.person.Reach, h.who()) {
		return nil
	}
	h.person.Reach = without(h.person.Reach, h.who())
	return st.tx.PutPerson(h.person)
}

// out notes that Linli is in a group no more, and tells staff.
func (st *step) out(chat flows.Chat) error {
	if chat.Left {
		return nil
	}
	chat.Left = true
	if err := st.tx.PutChat(chat); err != nil {
		return err
	}
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
		Words: "group-gone", Vars: flows.Vars{"group": flows.Text(chat.Title)}})
}

// left notes that a member has left a group: what they say elsewhere is not
// about what they said here.
func (b *Bot) left(st *step, h *heard) error {
	st.kept = true
	var rest []storage.Recent
	for _, r := range h.person.Recent {
		if r.Chat != h.chat.ID {
			rest = append(rest, r)
		}
	}
	if h.person.ID == "" || len(rest) == len(h.person.Recent) {
		return nil
	}
	h.person.Recent = rest
	return st.tx.PutPerson(h.person)
}

// tellGroups tells staff of each group when it was last heard, and where
// something is wrong with it, what to do.
func (b *Bot) tellGroups(st *step, h *heard) error {
	if !st.s.May(st.by, flows.Invite, flows.Everywhere) {
		return st.houseSay(h, "not-yours", nil)
	}
	chats, err := st.tx.Chats()
	if err != nil {
		return err
	}
	var lines []string
	var fault error
	line := func(words, name string, vars flows.Vars) {
		if vars == nil {
			vars = flows.Vars{}
		}
		vars["group"] = flows.Text(name)
		text, err := b.house.Render(st.lang(st.person), words, vars, 0, st.at, st.s)
		if fault = errors.Join(fault, err); err == nil {
			lines = append(lines, text)
		}
	}
	bound := map[string]bool{}
	for _, c := range chats {
		if !c.Group {
			continue
		}
		last, err := st.tx.Key(heardKey(c.ID))
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		at, err := strconv.ParseInt(string(last), 10, 64)
		bound[c.Directory] = true
		switch {
		case c.Left && c.Directory == "":
		case c.Left:
			if !slices.ContainsFunc(chats, func(x flows.Chat) bool { return x.Directory == c.Directory && !x.Left }) {
				line("groups-left", c.Title, nil)
			}
		case c.Directory == "":
			line("groups-unbound", c.Title, nil)
		case c.Deaf:
			line("groups-deaf", c.Title, nil)
		case err != nil:
			line("groups-never", c.Title, nil)
		case st.at.Sub(time.Unix(at, 0)) > 7*24*time.Hour:
			line("groups-silent", c.Title, flows.Vars{"last": flows.At(time.Unix(at, 0).In(st.s.Zone))})
		default:
			line("groups-heard", c.Title, flows.Vars{"last": flows.At(time.Unix(at, 0).In(st.s.Zone))})
		}
	}
	for _, g := range st.s.Groups {
		if !bound[g.ID] {
			line("groups-none", g.Name, nil)
		}
	}
	if fault != nil {
		return fmt.Errorf("%w: %w", errRules, fault)
	}
	if len(lines) == 0 {
		return st.houseSay(h, "groups-nothing", nil)
	}
	return st.houseSay(h, "groups", flows.Vars{"lines": flows.Text(strings.Join(lines, "\n"))})
}
