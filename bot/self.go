package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	"linli/flows"
	"linli/storage"
)

// One person may have several accounts. They say so themself: a code asked for
// with one account is sent with the other, and from then on the two are one
// person. Linli never guesses it.

// linkSelf gives a person a code that makes another account theirs.
func (b *Bot) linkSelf(st *step, h *heard) error {
	if h.person.ID == "" || !st.by.Consent {
		return st.houseSay(h, "self-unknown", nil)
	}
	f := CodeFor{Kind: "self", Target: string(h.person.ID), Until: st.at.Add(codeLife("self"))}
	if err := voidCodes(st.tx, f.Kind, f.Target); err != nil {
		return err
	}
	code, err := b.newCode(st.tx, f)
	if err != nil {
		return err
	}
	return st.houseSay(h, "self-code", flows.Vars{"code": flows.Text(code), "until": flows.At(f.Until)})
}

// askSelf asks the account that has sent a code whether its owner wants to be one
// person with whom the code is for: a code also comes in a link, which others can
// make people tap. The code is good until they have answered.
func (b *Bot) askSelf(st *step, h *heard, code string, f CodeFor) error {
	if string(h.person.ID) == f.Target {
		return st.houseSay(h, "self-same", nil)
	}
	if err := st.tx.PutKey(codeKey(code), flows.Data(f)); err != nil {
		return err
	}
	code = spelled(code)
	return st.houseAsk(h, "self", "self-sure", nil,
		flows.Button{Words: "b-self-yes", Choice: "yes=" + code}, flows.Button{Words: "b-self-no", Choice: "no=" + code})
}

// pressedSelf takes the answer.
func (b *Bot) pressedSelf(st *step, h *heard, choice, code string) error {
	if h.chat.Group || h.As != "" || choice != "yes" && choice != "no" {
		return st.brief(House, "button-unknown", nil)
	}
	st.kept = true
	f, err := b.takeCode(st.tx, code, h.who(), "self")
	if errors.Is(err, ErrCode) {
		return st.houseSay(h, "code-wrong", nil)
	}
	if err != nil {
		return err
	}
	if choice == "no" {
		return st.houseSay(h, "self-not", nil)
	}
	return b.another(st, h, flows.PersonID(f.Target))
}

// another makes the account that speaks one more of the person a code is for.
func (b *Bot) another(st *step, h *heard, id flows.PersonID) error {
	p, err := st.tx.Person(id)
	if errors.Is(err, storage.ErrNone) {
		return st.houseSay(h, "code-wrong", nil) // they were forgotten meanwhile
	}
	if err != nil {
		return err
	}
	for _, x := range []flows.PersonID{p.ID, h.person.ID} {
		if going, err := isErasing(st.tx, x); err != nil || going {
			return errors.Join(err, st.houseSay(h, "code-wrong", nil)) // who is being forgotten is joined to nobody
		}
	}
	_, post := st.s.Official(p.ID)
	_, otherPost := st.s.Official(h.person.ID)
	before := p // whom to tell that it happened
	switch {
	case h.person.ID == p.ID:
		return st.houseSay(h, "self-same", nil)
	case post && otherPost:
		return st.houseSay(h, "self-posts", nil)
	case otherPost:
		// Or a resident whose code somebody with a post was made to tap would hold it.
		return st.houseSay(h, "self-from-post", nil)
	case h.person.ID != "":
		if p, err = st.merge(p, h.person); err != nil {
			return err
		}
	}
	if !slices.Contains(p.Addresses, h.who()) {
		p.Addresses = append(p.Addresses, h.who())
	}
	if !slices.Contains(p.Reach, h.who()) {
		p.Reach = append(p.Reach, h.who())
	}
	if err := st.tx.PutPerson(p); err != nil {
		return err
	}
	if err := st.tellHomes(); err != nil {
		return err
	}
	st.kept, h.person = true, p
	vars := flows.Vars{"channels": flows.Text(b.channelsOf(st, p))}
	if len(before.Reach) > 0 {
		chat := flows.Chat{ID: flows.ChatID("~" + before.Reach[0]), Address: before.Reach[0]}
		before.ID = p.ID
		if err := st.send(nil, House, 0, flows.Say{Class: flows.Personal, Words: "self-told", Vars: vars}, before, chat); err != nil {
			return err
		}
	}
	return st.houseSay(h, "self-done", vars)
}

// merge makes two persons one: what they have a part in, and where they can be
// told. What was open in a conversation with the other is dropped. The journals
// keep the old id, as they must; it is nobody's any more, and "was/" says whose it was.
func (st *step) merge(keep, lose storage.Person) (storage.Person, error) {
	name := flows.Data(string(lose.ID))
	cases, err := st.tx.Cases(math.MaxInt32, func(c flows.Case) bool { return bytes.Contains(c.Data, name) || c.Holder == lose.ID })
	if err != nil {
		return keep, err
	}
	with, err := st.tx.CasesWith(string(lose.ID), math.MaxInt32)
	if err != nil {
		return keep, err
	}
	moved := map[flows.ID]bool{}
	for _, c := range append(cases, with...) {
		if moved[c.ID] {
			continue
		}
		moved[c.ID] = true
		if err := st.rename(c, lose.ID, keep); err != nil {
			return keep, err
		}
	}
	now, err := st.tx.Person(keep.ID)
	if err != nil {
		return keep, err
	}
	keep.Profile = joined(now.Profile, lose.Profile) // the menu has put the wishes together
	if err := st.tx.DropPerson(lose.ID); err != nil {
		return keep, err
	}
	if err := st.tx.PutKey("was/"+string(lose.ID), []byte(keep.ID)); err != nil {
		return keep, err
	}
	for _, a := range lose.Addresses {
		keep.Addresses = append(without(keep.Addresses, a), a)
	}
	for _, a := range lose.Reach {
		keep.Reach = append(without(keep.Reach, a), a)
	}
	if keep.Consent.IsZero() {
		keep.Consent = lose.Consent
	}
	switch {
	case keep.Home.Zero() && !lose.Home.Zero():
		keep.Home, keep.Proven = lose.Home, lose.Proven
		st.homeOf(keep.ID)
	case keep.Proven.IsZero() && !lose.Proven.IsZero() && sameHome(st.s, keep.Home, lose.Home):
		keep.Proven = lose.Proven
		st.homeOf(keep.ID)
	}
	if keep.Lang == "" {
		keep.Lang = lose.Lang
	}
	if keep.Asked.Before(lose.Asked) {
		keep.Asked = lose.Asked
	}
	if keep.Seen.Before(lose.Seen) {
		keep.Seen = lose.Seen
	}
	return keep, nil
}

// rename moves a person's part in a case to another id, in its entries, its state
// and the rows that wait for it.
func (st *step) rename(c flows.Case, from flows.PersonID, keep storage.Person) error {
	to, keeps := keep.ID, st.b.flows[c.Flow].Keeps()
	e, err := st.tx.Entry(c.ID, string(from))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	there := err == nil
	if there && !keeps {
		if err := st.tx.DropEntry(c.ID, e.Key); err != nil {
			return err
		}
		_, err := st.tx.Entry(c.ID, string(to))
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		if err != nil || e.Tag == "reporter" { // who has reported it is more than who follows it
			e.Key = string(to)
			if err := st.tx.PutEntry(c.ID, e); err != nil {
				return err
			}
		}
	}
	if data := renamed(c.Data, from, to); !bytes.Equal(data, c.Data) || c.Holder == from {
		if c.Data = data; c.Holder == from {
			c.Holder = to
		}
		if err := st.tx.PutCase(c); err != nil {
			return err
		}
	}
	if there && keeps && !c.Done {
		err := st.move(c, flows.Event{ID: st.event, At: st.at, By: actorOf(keep, st.s), What: flows.Told{Name: flows.Joined, Data: flows.Data(e)}, Settings: st.s})
		if err != nil {
			return err
		}
	}
	jobs, err := st.tx.JobsOf(c.ID)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if body := renamed(j.Body, from, to); !bytes.Equal(body, j.Body) {
			// A row that is on its way keeps its claim by staying as it is; how it
			// ends is told of the old id, which no rule waits for.
			if j.Owner != "" {
				continue
			}
			j.Body = body
			if err := st.tx.PutJob(j); err != nil {
				return err
			}
		}
	}
	return nil
}

// renamed replaces an id wherever it stands alone as a value or a name in
// JSON. Ids of residents ("r12") are never anything else.
func renamed(data json.RawMessage, from, to flows.PersonID) json.RawMessage {
	a, b := flows.Data(string(from)), flows.Data(string(to))
	return bytes.ReplaceAll(data, a, b)
}

// channelsOf lists where a person can be told, the first first.
func (b *Bot) channelsOf(st *step, p storage.Person) string {
	var names []string
	for _, a := range p.Reach {
		name, _, _ := strings.Cut(a, ":")
		if words := "channel-" + name; b.house.Has(words) {
			if text, err := b.house.Render(st.lang(&p), words, nil, 0, st.at, st.s); err == nil {
				name = text
			}
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "、")
}
