package bot

import (
	"context"
	"slices"

	"linli/flows"
	"linli/storage"
)

// The desk is entered by a code that is asked for in a private chat which is
// bound to a post: who holds the account holds the key, and there is no password.

// mayEnter says whether somebody may come to the desk with any of their posts.
func mayEnter(s *flows.Settings, a flows.Actor) bool {
	return slices.ContainsFunc(a.Posts, func(p flows.Post) bool { return s.May(a, flows.Enter, p.Scope) })
}

// tellDesk gives somebody who may come to the desk a link, where there are
// pages, and a code to type on another machine. They open the door once between
// them, for ten minutes; asking again makes the older ones worthless.
func (b *Bot) tellDesk(st *step, h *heard) error {
	if !mayEnter(st.s, st.by) {
		return st.houseSay(h, "not-yours", nil)
	}
	f := CodeFor{Kind: "login", Target: string(st.by.Person), Until: st.at.Add(codeLife("login"))}
	if err := voidCodes(st.tx, f.Kind, f.Target); err != nil {
		return err
	}
	code, err := b.newCode(st.tx, f)
	if err != nil {
		return err
	}
	vars := flows.Vars{"code": flows.Text(code), "until": flows.At(f.Until)}
	word, err := newWord(st.tx, linkWord, f)
	if err != nil {
		return err
	}
	if link := b.link("desk", st.by.Person, word); link != "" {
		vars["link"] = flows.Text(link)
	} else if err := st.tx.PutKey(codeKey(word), nil); err != nil {
		return err
	}
	say := flows.Say{Class: flows.Personal, Words: "desk", Vars: vars, Reply: true, Until: f.Until}
	return st.send(nil, House, 0, say, h.person, h.chat)
}

// Login lets a person come to the desk by the word of a link or a typed code,
// which is used up, and says who it is. ErrCode says that it is no good: unknown,
// used, over, or its owner holds no such post any more. The visitor is whatever the
// page takes for one visitor (a network address); wrong codes are counted by it.
func (b *Bot) Login(ctx context.Context, code, visitor string) (who flows.PersonID, err error) {
	s := b.Settings()
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		f, err := b.takeCode(tx, code, "visitor:"+visitor, "login")
		if err != nil {
			return err
		}
		o, ok := s.Official(flows.PersonID(f.Target))
		if !ok || !mayEnter(s, flows.Actor{Person: o.ID, Posts: o.Posts}) {
			return ErrCode
		}
		who = o.ID
		return nil
	})
	if err != nil {
		return "", err
	}
	return who, nil
}

// hereFirst makes this chat the first in which a person is told things.
func (b *Bot) hereFirst(st *step, h *heard) error {
	p := &h.person
	if p.ID == "" || h.As != "" {
		return st.houseSay(h, "here-unknown", nil)
	}
	p.Reach = append([]string{h.who()}, without(p.Reach, h.who())...)
	if err := st.tx.PutPerson(*p); err != nil {
		return err
	}
	st.kept = true
	return st.houseSay(h, "here", flows.Vars{"channels": flows.Text(b.channelsOf(st, *p))})
}

// hello answers who comes by a link that offered to tell them things in
// private: reach has noted by now that they can be written to.
func (b *Bot) hello(st *step, h *heard) error {
	if h.person.ID == "" {
		return b.introduce(st, h)
	}
	st.kept = true
	return st.houseSay(h, "hello", nil)
}

// caughtUp is of how many open cases somebody hears who says hello.
const caughtUp = 5

// helloCase is hello, and lets the case they come from, if they have a part in
// it, tell them what they have missed; somebody who could not be told until now
// hears of the last of their other open cases too.
func (b *Bot) helloCase(st *step, h *heard, id flows.ID) error {
	if err := b.hello(st, h); err != nil || h.person.ID == "" {
		return err
	}
	all, err := st.tx.CasesWith(string(h.person.ID), everyCase)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c flows.Case) bool { return c.ID != id && (!st.newly || c.Done || c.Parent != "") })
	all = all[:min(len(all), caughtUp)]
	if len(all) == 0 {
		return nil
	}
	if err := st.need(h); err != nil {
		return err
	}
	for _, c := range slices.Backward(all) {
		if err := st.again(c.ID, flows.Told{Name: "reached"}); err != nil {
			return err
		}
	}
	return nil
}
