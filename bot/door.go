package bot

import (
	"context"
	"errors"
	"fmt"
	"linli/flows"
	"linli/storage"
	"slices"
	"strconv"
	"strings"
)

// People and groups are bound to accounts by one-time codes, never by what
// they call themselves. Of a code only the hash is kept.

// Enter lets the owner of an address (channel:rest) in by a code, and gives the
// ids of the groups in the directory that the person belongs to. It is the
// door of the web chat.
func (b *Bot) Enter(ctx context.Context, code, address, name string) (groups []string, err error) {
	s := b.Settings()
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		groups = nil
		f, err := b.takeCode(tx, code, address, "person", "join")
		if err != nil {
			return err
		}
		if f.Kind == "join" {
			groups = []string{f.Target}
			return nil // a resident becomes known when they agree to it
		}
		o, ok := s.Official(flows.PersonID(f.Target))
		if !ok {
			return ErrCode
		}
		if err := b.bind(tx, o, address); err != nil {
			return err
		}
		for _, g := range s.Groups {
			for _, p := range o.Posts {
				if s.Touches(p.Scope, g.Scope) {
					groups = append(groups, g.ID)
					break
				}
			}
		}
		return nil
	})
	return groups, err
}

// bind makes an address an account of a person with a post, and of nobody else.
func (b *Bot) bind(tx storage.Tx, o flows.Official, address string) error {
	if old, err := tx.PersonAt(address); err == nil && old.ID != o.ID {
		old.Addresses, old.Reach = without(old.Addresses, address), without(old.Reach, address)
		if err := tx.PutPerson(old); err != nil {
			return err
		}
	} else if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	p, err := b.official(tx, o)
	if err != nil {
		return err
	}
	p.Name = o.Name
	if !slices.Contains(p.Addresses, address) {
		p.Addresses = append(p.Addresses, address)
	}
	p.Reach = append([]string{address}, without(p.Reach, address)...)
	return tx.PutPerson(p)
}

// OpenGroup makes the chat at an address (channel:rest) the one of a group of
// the directory, for channels whose groups are made from it.
func (b *Bot) OpenGroup(ctx context.Context, address, group string) error {
	s := b.Settings()
	g, ok := s.Group(group)
	if !ok {
		return fmt.Errorf("the directory has no group %q", group)
	}
	return b.store.Update(ctx, func(tx storage.Tx) error {
		c, err := tx.ChatAt(address)
		if errors.Is(err, storage.ErrNone) {
			n, err2 := tx.Count("chat")
			if err2 != nil {
				return err2
			}
			c, err = flows.Chat{ID: flows.ChatID(fmt.Sprintf("g%d", n)), Address: address, Group: true}, nil
		}
		if err != nil {
			return err
		}
		c.Directory, c.Title, c.Scope, c.Lang = g.ID, g.Name, g.Scope, g.Lang
		return tx.PutChat(c)
	})
}

// Unbound gives the people who hold the role of staff if none of them has an
// account yet: on the first day somebody must be let in.
func (b *Bot) Unbound(ctx context.Context) (staff []flows.PersonID, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		for _, r := range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
			for _, id := range b.Settings().With(r, flows.Everywhere) {
				if p, err := tx.Person(id); err == nil && len(p.Reach) > 0 {
					staff = nil
					return nil
				}
				staff = append(staff, id)
			}
		}
		return nil
	})
	return staff, err
}

// start answers /start, which a platform also sends with the word of a link: a
// code, "hi" of somebody who was offered to be told in private, "c" and a case of
// theirs about which they could not be told until now, or "v" and a case that has led
// them here to go on with it.
func (b *Bot) start(st *step, h *heard, word string) error {
	id, of := strings.CutPrefix(word, "c")
	to, on := strings.CutPrefix(word, "v")
	_, err := strconv.ParseUint(id, 10, 64)
	_, err2 := strconv.ParseUint(to, 10, 64)
	switch {
	case word == "":
		return b.introduce(st, h)
	case !h.chat.Group && word == "hi":
		return b.hello(st, h)
	case !h.chat.Group && of && err == nil:
		return b.helloCase(st, h, flows.ID(id))
	case !h.chat.Group && on && err2 == nil:
		return b.goOn(st, h, flows.ID(to))
	}
	if h.As != "" {
		return st.houseSay(h, "code-wrong", nil) // at the desk nobody has an account to bind
	}
	return b.startCode(st, h, word)
}

// goOn brings somebody to a case whose button has led them to the private
// conversation.
func (b *Bot) goOn(st *step, h *heard, id flows.ID) error {
	c, err := st.tx.Case(id)
	if errors.Is(err, storage.ErrNone) {
		return st.houseSay(h, "button-gone", nil)
	}
	if err != nil {
		return err
	}
	if err := st.need(h); err != nil {
		return err
	}
	return st.run(c, flows.Chose{Choice: "open"})
}

func (b *Bot) startCode(st *step, h *heard, code string) error {
	kinds := []string{"person", "self", "home"}
	if h.chat.Group {
		kinds = []string{"group"}
	}
	f, err := b.takeCode(st.tx, code, h.who(), kinds...)
	if errors.Is(err, ErrCode) {
		if h.chat.Group {
			if err := b.seenCode(st.tx, code); err != nil {
				return err
			}
		}
		return st.houseSay(h, "code-wrong", nil)
	}
	if err != nil {
		return err
	}
	if f.Kind == "group" {
		g, ok := st.s.Group(f.Target)
		if !ok {
			return st.houseSay(h, "code-wrong", nil)
		}
		if err := b.keepChat(st.tx, h); err != nil {
			return err
		}
		h.chat.Directory, h.chat.Title, h.chat.Scope, h.chat.Lang = g.ID, g.Name, g.Scope, g.Lang
		if err := st.tx.PutChat(h.chat); err != nil {
			return err
		}
		return st.houseSay(h, "code-group", flows.Vars{"group": flows.Text(g.Name)})
	}
	switch f.Kind {
	case "self":
		return b.askSelf(st, h, code, f)
	case "home":
		return b.proven(st, h, f)
	}
	o, ok := st.s.Official(flows.PersonID(f.Target))
	if !ok {
		return st.houseSay(h, "code-wrong", nil)
	}
	if err := b.bind(st.tx, o, h.who()); err != nil {
		return err
	}
	if h.person, err = st.tx.Person(o.ID); err != nil {
		return err
	}
	vars := flows.Vars{"who": flows.Who(o.ID)}
	if mayPoll(st.s, flows.Actor{Person: o.ID, Posts: o.Posts}) {
		vars["polls"] = flows.Text("1")
	}
	return st.houseSay(h, "code-person", vars)
}
