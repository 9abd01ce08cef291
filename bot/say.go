package bot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// sendRow is the body of a row that tells one address something. Its data is
// frozen at the step; its text is rendered when it leaves.
type sendRow struct {
	Flow    string         `json:"flow"`
	No      int            `json:"no,omitempty"`
	Lang    string         `json:"lang,omitempty"`
	Person  flows.PersonID `json:"person,omitempty"`
	Chat    flows.ChatID   `json:"chat,omitempty"`
	Address string         `json:"address"`
	Button  flows.ID       `json:"button,omitempty"` // its case, also where the row outlives it: its buttons speak to it, but those that name another
	Said    time.Time      `json:"said"`
	Rest    string         `json:"rest,omitempty"`    // what is left of a text too long for one message
	Edit    string         `json:"edit,omitempty"`    // the message of the slot, where its case is being forgotten
	Greet   string         `json:"greet,omitempty"`   // the word of a link to the private conversation
	Tried   []string       `json:"tried,omitempty"`   // addresses of the person that did not take it
	Rung    int            `json:"rung,omitempty"`    // of the ladder, see ladder.go
	Failed  string         `json:"failed,omitempty"`  // how the platform said later that it did not arrive
	Aside   bool           `json:"aside,omitempty"`   // a brief notice where there are none: not worth a message if another says what came of it
	Echo    bool           `json:"echo,omitempty"`    // it came of a press of its reader's
	Numbers []string       `json:"numbers,omitempty"` // what the numbers in its text mean, see numbers.go
	Unless  bool           `json:"unless,omitempty"`  // it is not told if its case passes the person over by now, see flows.Keeper
	Say     flows.Say      `json:"say"`
}

// toGroup says that a row is for a group, not for a person.
func (r sendRow) toGroup() bool { return !strings.HasPrefix(string(r.Chat), "~") }

// sayRow is the body of a row that tells many people something: it becomes
// send rows batch by batch.
type sayRow struct {
	Flow   string    `json:"flow"`
	No     int       `json:"no,omitempty"`
	Said   time.Time `json:"said"`
	Cursor string    `json:"cursor,omitempty"`
	Say    flows.Say `json:"say"`
}

type wakeRow struct {
	Name string `json:"name"`
}

type askRow struct {
	Name string `json:"name"`
	Data []byte `json:"data,omitempty"`
}

// brief shows the actor a notice of the engine's own.
func (st *step) brief(flow, words string, vars flows.Vars) error {
	if st.speaks() {
		st.aside = true
		defer func() { st.aside = false }()
		return st.send(nil, flow, 0, flows.Say{Class: flows.Notice, Words: words, Vars: vars, Reply: true}, *st.person, st.chat)
	}
	text, err := st.b.words(flow).Render(st.lang(st.person), words, vars, 0, st.at, st.s)
	if err != nil {
		return fmt.Errorf("%w: %w", errRules, err)
	}
	st.toast = text
	return nil
}

// speaks says that the actor has pressed something where no brief notice can be shown, so
// that it is said as a message.
func (st *step) speaks() bool {
	if st.in == nil || st.in.Kind != Pressed || st.in.As != "" || st.person == nil {
		return false
	}
	c, ok := st.b.channels[st.in.Channel]
	return ok && c.Capabilities().Toastless
}

func (st *step) lang(p *storage.Person) string {
	switch {
	case p != nil && p.Lang != "":
		return p.Lang
	case st.chat.Lang != "":
		return st.chat.Lang
	}
	return st.s.Lang
}

// say makes rows of a Say: one for each address it reaches.
func (st *step) say(c *flows.Case, flow string, say flows.Say) error {
	no := 0
	if c != nil {
		no = c.No
	}
	if say.Toast {
		if st.in != nil && (st.in.Kind == Pressed && !st.speaks() || st.in.form()) {
			text, err := st.b.words(flow).Render(st.lang(st.person), say.Words, say.Vars, no, st.at, st.s)
			if err != nil {
				return fmt.Errorf("%w: %w", errRules, err)
			}
			st.toast = text
			return nil
		}
		say.Toast, say.Reply = false, true
		if say.To.Zero() {
			say.To.Person = st.by.Person
		}
		if st.speaks() && say.To.Person == st.by.Person {
			say.To = flows.To{Chat: st.chat.ID}
			st.aside = true
			defer func() { st.aside = false }()
			if silentPress(st.in.Press) {
				// The notice may say what was chosen: nobody finds it with the case afterwards.
				return st.send(nil, flow, no, say, *st.person, st.chat)
			}
		}
	}
	if say.To.Entries != "" || !say.To.Homes.Zero() {
		var id flows.ID
		if c != nil {
			id = c.ID
		}
		return st.row(storage.Job{Kind: "say", Case: id, At: st.at}, sayRow{Flow: flow, No: no, Said: st.at, Say: say})
	}
	n, err := st.address(c, flow, no, say)
	if err != nil {
		return err
	}
	if n == 0 && c != nil {
		return st.again(c.ID, flows.Missed{Mark: markOf(say)})
	}
	return nil
}

func markOf(say flows.Say) string {
	switch {
	case say.Receipt != "":
		return say.Receipt
	case say.Slot != "":
		return say.Slot
	}
	return say.Words
}

// address looks up whom a Say is for and adds a row for each, and says how many.
func (st *step) address(c *flows.Case, flow string, no int, say flows.Say) (int, error) {
	var people []flows.PersonID
	switch to := say.To; {
	case to.Person != "":
		people = []flows.PersonID{to.Person}
	case to.Role != "":
		people = st.present(st.s.With(to.Role, to.Scope))
	case to.Chat != "":
		chat, err := st.chatOf(to.Chat)
		if errors.Is(err, storage.ErrNone) || err == nil && chat.Left {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		return 1, st.send(c, flow, no, say, storage.Person{}, chat)
	case !to.Groups.Zero(), !to.Nearest.Zero(), to.Group != "":
		chats, err := st.groupsFor(to)
		if err != nil {
			return 0, err
		}
		for i, chat := range chats {
			if err := st.send(c, flow, no, say, storage.Person{}, chat); err != nil {
				return i, err
			}
		}
		return len(chats), nil
	}
	n := 0
next:
	for _, id := range people {
		for _, x := range say.To.Except {
			if x == id {
				continue next
			}
		}
		sent, err := st.tellPerson(c, flow, no, say, id)
		if err != nil {
			return n, err
		}
		if sent {
			n++
		}
	}
	return n, nil
}

// groupsFor gives the groups that a To names by a scope.
func (st *step) groupsFor(to flows.To) ([]flows.Chat, error) {
	all, err := st.tx.Chats()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c flows.Chat) bool { return !c.Group || c.Left })
	if to.Group != "" {
		return slices.DeleteFunc(all, func(c flows.Chat) bool { return c.Directory != to.Group }), nil
	}
	if !to.Groups.Zero() {
		return slices.DeleteFunc(all, func(c flows.Chat) bool { return !st.s.Touches(c.Scope, to.Groups) }), nil
	}
	var within, around []flows.Chat
	for _, c := range all {
		switch {
		case st.s.Contains(to.Nearest, c.Scope):
			within = append(within, c)
		case !st.s.Contains(c.Scope, to.Nearest):
		case len(around) == 0 || st.s.Contains(c.Scope, around[0].Scope) && st.s.Contains(around[0].Scope, c.Scope):
			around = append(around, c)
		case st.s.Contains(around[0].Scope, c.Scope):
			around = []flows.Chat{c} // smaller than those so far
		}
	}
	if len(within) > 0 {
		return within, nil
	}
	return around, nil
}

// tellPerson adds a row for one person, if there is an address of their own.
func (st *step) tellPerson(c *flows.Case, flow string, no int, say flows.Say, id flows.PersonID) (bool, error) {
	p, err := st.tx.Person(id)
	if errors.Is(err, storage.ErrDamaged) {
		// That one person's record cannot be read must keep nobody else from being told.
		st.b.log.Error("a person cannot be told, their record is damaged", "err", err)
		err = storage.ErrNone
	}
	if errors.Is(err, storage.ErrNone) {
		o, ok := st.s.Official(id)
		if !ok {
			return false, nil
		}
		// Somebody with a post whom the directory names an account for, but who has not yet written.
		p = storage.Person{ID: id, Name: o.Name, Lang: o.Lang}
		for _, a := range o.Addresses {
			if ch, _, ok := st.b.channel(a); ok && ch.Capabilities().WritesFirst {
				p.Reach = append(p.Reach, a)
			}
		}
	} else if err != nil {
		return false, err
	}
	if _, post := st.s.Official(id); !post && say.Class == flows.Work {
		return false, nil // they have left their post: their work is no longer theirs to read
	}
	if len(p.Reach) == 0 {
		return st.greet(c, say, p)
	}
	switch {
	case say.Expect == flows.ExpectNothing && c != nil && p.Expect.Case == c.ID:
		p.Expect = storage.Expect{}
		if err := st.tx.PutPerson(p); err != nil {
			return false, err
		}
		if st.person != nil && st.person.ID == p.ID {
			st.person.Expect = p.Expect
		}
	case say.Expect != "" && say.Expect != flows.ExpectNothing && c != nil:
		wait := say.For
		if wait == 0 {
			wait = time.Hour
		}
		p.Expect = storage.Expect{Case: c.ID, Tag: say.Expect, Until: st.at.Add(wait)}
		if err := st.tx.PutPerson(p); err != nil {
			return false, err
		}
		if st.person != nil && st.person.ID == p.ID {
			st.person.Expect = p.Expect
		}
	}
	chat := flows.Chat{ID: flows.ChatID("~" + p.Reach[0]), Address: p.Reach[0]}
	return true, st.send(c, flow, no, say, p, chat)
}

// send adds the row for one address, or puts a newer text into the row of the
// same slot that has not left yet.
func (st *step) send(c *flows.Case, flow string, no int, say flows.Say, p storage.Person, chat flows.Chat) error {
	row := sendRow{Flow: flow, No: no, Person: p.ID, Chat: chat.ID, Address: chat.Address, Said: st.at, Say: say, Lang: p.Lang}
	row.Aside = st.aside
	row.Echo = st.speaks() && chat.Address == st.in.chat.Address
	row.Unless = !say.To.Homes.Zero() && !say.To.All
	row.Say.To = flows.To{}
	if row.Lang == "" {
		row.Lang = chat.Lang
	}
	if row.Lang == "" {
		row.Lang = st.s.Lang
	}
	j := storage.Job{Kind: "send", Lane: chat.Address, At: st.at, Slot: say.Slot}
	if c != nil {
		row.Button = c.ID
		if !c.Forget {
			j.Case = c.ID
		} else if say.Slot != "" {
			ref, err := st.tx.Key(slotKey(row, chat.Address))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			row.Edit = string(ref)
		}
	}
	if say.Bundle {
		j.At = st.s.Bundled(st.at)
	}
	if say.Along && c != nil {
		if shown, err := st.shown(c.ID, row); err != nil || shown {
			return err
		}
	}
	j.Lane, j.Urgent = chat.Address+st.b.lane(row, st.at), say.Class == flows.Emergency
	if say.Slot == "" || j.Case == "" {
		return st.row(j, row)
	}
	at := "case/" + string(j.Case) + "/row/" + say.Slot + "/" + chat.Address
	raw, err := st.tx.Key(at)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if len(raw) == 8 {
		old, err := st.tx.Job(binary.BigEndian.Uint64(raw))
		if err == nil && old.Owner == "" {
			prior, err := decode[sendRow](old.Body)
			if err != nil {
				return fmt.Errorf("row %d: %w", old.ID, err)
			}
			if row.Say.Quote == "" {
				row.Say.Quote = prior.Say.Quote
			}
			if prior.Say.Receipt != "" && row.Say.Receipt == "" {
				row.Say.Receipt = prior.Say.Receipt
			}
			row.Say.Reply = row.Say.Reply || prior.Say.Reply
			if row.Say.Class == "" {
				row.Say.Class = prior.Say.Class
			}
			if old.Urgent {
				row.Say.Class = flows.Emergency
			}
			j.Lane = chat.Address + st.b.lane(row, st.at)
			if old.Body = flows.Data(row); old.Lane == j.Lane {
				return st.tx.PutJob(old)
			}
			// The older text waited for other hours; it must not come after this one.
			if err := st.tx.DropJob(old.ID); err != nil {
				return err
			}
		} else if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
	}
	j.Body = flows.Data(row)
	n, err := st.tx.AddJob(j)
	if err != nil {
		return err
	}
	return st.tx.PutKey(at, binary.BigEndian.AppendUint64(nil, n))
}

// shown says that the files of a row come with the next message of its case to the
// same address: one that has not left, and is no change of an earlier one.
func (st *step) shown(id flows.ID, row sendRow) (bool, error) {
	jobs, err := st.tx.JobsOf(id)
	if err != nil {
		return false, err
	}
	for _, j := range jobs {
		next, err := decode[sendRow](j.Body)
		if err != nil || j.Kind != "send" || next.Address != row.Address || len(next.Say.Media) == 0 {
			continue
		}
		if j.Owner != "" || next.Rest != "" {
			return false, nil
		}
		if _, err := st.tx.Key(slotKey(next, next.Address)); err == nil || !errors.Is(err, storage.ErrNone) {
			return false, err
		}
		return !slices.ContainsFunc(row.Say.Media, func(m flows.Media) bool {
			return !slices.ContainsFunc(next.Say.Media, func(x flows.Media) bool { return x.Remote == m.Remote })
		}), nil
	}
	return false, nil
}

// chatOf finds a chat by its id; a private one is its address.
func (st *step) chatOf(id flows.ChatID) (flows.Chat, error) {
	if a, private := strings.CutPrefix(string(id), "~"); private {
		return flows.Chat{ID: id, Address: a}, nil
	}
	return st.tx.Chat(id)
}
