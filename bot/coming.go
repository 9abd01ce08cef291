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
		return st.houseSay(h, "intro-private", nil)
	}
	if err := b.keepChat(st.tx, h); err != nil {
		return err
	}
	h.chat.Introduced, h.chat.Left = st.at, false
	if err := st.tx.PutChat(h.chat); err != nil {
		return err
	}
	st.chat = h.chat
	return st.houseSay(h, "intro-group", nil)
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
	if err := b.introduce(st, h); err != nil {
		return err
	}
	if err := st.lookSoon(h.chat.Address); err != nil {
		return err
	}
	if h.chat.Directory != "" {
		return nil
	}
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
		Words: "group-new", Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
}

// removed notes that Linli was taken out of a group, or blocked by a person.
func (b *Bot) removed(st *step, h *heard) error {
	st.kept = true
	if h.chat.Group {
		if !h.known || h.chat.Left {
			return nil
		}
		h.chat.Left = true
		if err := st.tx.PutChat(h.chat); err != nil {
			return err
		}
		return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
			Words: "group-gone", Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
	}
	if h.person.ID == "" || !slices.Contains(h.person.Reach, h.who()) {
		return nil
	}
	h.person.Reach = without(h.person.Reach, h.who())
	return st.tx.PutPerson(h.person)
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
