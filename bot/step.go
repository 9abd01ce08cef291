package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"linli/flows"
	"linli/storage"
)

// step is one transaction of the engine: the event that began it and all that
// follows from it at once.
type step struct {
	b       *Bot
	tx      storage.Tx
	at      time.Time
	s       *flows.Settings
	event   string
	in      *heard // nil for what the outbox brings
	by      flows.Actor
	chat    flows.Chat
	reading flows.Reading
	person  *storage.Person // the speaker, as kept
	toast   string
	aside   bool // what is said now is a brief notice, see sendRow.Aside
	kept    bool
	opened  flows.ID
	depth   int
	moved   []flows.ID       // the cases this step moved
	nest    int              // how many of them are being moved now, one because of another
	homes   []flows.PersonID // whose home has changed, and whose cases have not heard so
	fresh   bool             // the speaker was not known before
	newly   bool             // the speaker can be written to here from now on
}

// maxDepth bounds how many cases one event may move: a rule that tells and is
// told in a circle is a fault of the rule.
const maxDepth = 100

// run moves a case with a fresh event of the step's actor.
func (st *step) run(c flows.Case, w flows.What) error {
	var said *flows.Said
	if s, ok := w.(flows.Said); ok {
		said = &s
	}
	similar, err := st.similarTo(c, said)
	if err != nil {
		return err
	}
	return st.move(c, flows.Event{ID: st.event, At: st.at, By: st.by, What: w, Reading: st.reading, Chat: st.chat, Similar: similar, Settings: st.s})
}

// move lets the rules of a case answer an event, keeps what came of it and
// carries out what can be done at once.
func (st *step) move(c flows.Case, e flows.Event) error {
	if st.depth++; st.depth > maxDepth {
		return fmt.Errorf("%w: an event moved more than %d cases", errRules, maxDepth)
	}
	f, ok := st.b.flows[c.Flow]
	if !ok {
		return fmt.Errorf("%w: no flow %q", errRules, c.Flow)
	}
	st.kept = true
	st.moved = append(st.moved, c.ID)
	st.nest++
	defer func() { st.nest-- }()
	who := e.By.Person
	if w, ok := e.What.(flows.Erased); ok {
		who = w.Person
	}
	if who != "" {
		if entry, err := st.tx.Entry(c.ID, string(who)); err == nil {
			e.Entry = &entry
		} else if !errors.Is(err, storage.ErrNone) {
			return err
		}
	}
	var err error
	if e.Counts, err = st.tx.Tally(c.ID); err != nil {
		return err
	}
	if err := st.fill(f, c, &e); err != nil {
		return err
	}
	before := c.Stage
	var effects []flows.Effect
	if err := caught(func() error { c, effects, err = f.Step(c, e); return nil }); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errRules, err)
	}
	if c.Numbered && c.No == 0 && !c.Forget {
		if c.No, err = st.tx.Count("number"); err != nil {
			return err
		}
	}
	if c.Done && c.Ended.IsZero() {
		c.Ended = e.At
	}
	if err := st.tx.PutCase(c); err != nil {
		return err
	}
	if !c.Forget {
		if err := st.tx.Note(storage.Record{
			Case: c.ID, At: e.At, Event: e.ID, Kind: flows.Kind(e.What), By: e.By.Person, Detail: sealed(detail(e.What), effects),
			Before: before, After: c.Stage, Settings: st.s.Version,
		}); err != nil {
			return err
		}
	}
	if err := st.apply(&c, f.Name, effects); err != nil {
		return err
	}
	if c.Forget {
		if st.opened == c.ID {
			st.opened = ""
		}
		if err := st.forget(c); err != nil {
			return err
		}
	}
	if st.nest == 1 {
		return st.tellHomes()
	}
	return nil
}

// detail is what the journal keeps of an event: never anybody's words.
func detail(w flows.What) string {
	switch w := w.(type) {
	case flows.Chose:
		if w.Value != "" && !silent(w.Choice) {
			return w.Choice + "=" + w.Value
		}
		return w.Choice
	case flows.Woke:
		return w.Name
	case flows.Answered:
		return w.Name
	case flows.Told:
		return w.Name
	case flows.Said:
		return w.Tag
	case flows.Delivered:
		return w.Mark + " " + string(w.Outcome)
	case flows.Missed:
		return w.Mark
	}
	return ""
}

// apply carries out effects. c is nil for those of Hear; then flow is the one
// that heard.
func (st *step) apply(c *flows.Case, flow string, effects []flows.Effect) error {
	for _, eff := range effects {
		if err := st.do(c, flow, eff); err != nil {
			return err
		}
	}
	return nil
}

func (st *step) do(c *flows.Case, flow string, eff flows.Effect) error {
	var id flows.ID
	if c != nil {
		id = c.ID
	}
	switch eff := eff.(type) {
	case flows.Say:
		return st.say(c, flow, eff)
	case flows.Put:
		if eff.Delete {
			return st.tx.DropEntry(id, eff.Entry.Key)
		}
		return st.tx.PutEntry(id, eff.Entry)
	case flows.Next:
		page, after, err := st.tx.Entries(id, eff.Tag, eff.After, eff.N)
		if err != nil {
			return err
		}
		return st.again(id, flows.Answered{Name: "next:" + eff.Tag, Data: flows.Data(page), After: after})
	case flows.Wake:
		return st.row(storage.Job{Kind: "wake", Case: id, At: eff.At}, wakeRow{Name: eff.Name})
	case flows.Ask:
		return st.row(storage.Job{Kind: "ask", Case: id, At: st.at}, askRow{Name: eff.Name, Data: eff.Data})
	case flows.Open:
		return st.open(c, eff)
	case flows.Tell:
		to := eff.Case
		switch {
		case eff.Key != "":
			var err error
			if to, err = st.under(eff.Flow, eff.Key); err != nil {
				return err
			}
		case to == "" && c != nil:
			to = c.Parent
		}
		if to == "" {
			return nil
		}
		if c == nil && eff.Said != nil && st.in != nil {
			if err := st.tie(to); err != nil {
				return err
			}
		}
		return st.again(to, flows.Told{From: id, Name: eff.Name, Data: eff.Data, Said: eff.Said})
	case flows.Seal:
		return nil // the journal has it
	case flows.Remember:
		return st.remember(eff)
	case flows.Find:
		return st.found(id, eff)
	}
	return fmt.Errorf("%w: unknown effect %T", errRules, eff)
}

// row appends a row of the outbox with its body.
func (st *step) row(j storage.Job, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("row %s: %w", j.Kind, err)
	}
	j.Body = b
	_, err = st.tx.AddJob(j)
	return err
}

// again brings a further event of the same step to a case.
func (st *step) again(id flows.ID, w flows.What) error {
	c, err := st.tx.Case(id)
	if errors.Is(err, storage.ErrNone) {
		return nil // it was forgotten meanwhile
	}
	if err != nil {
		return err
	}
	return st.run(c, w)
}

// open opens a case: a child of c, one apart from it, or one that was heard.
func (st *step) open(c *flows.Case, eff flows.Open) error {
	child, err := st.blank(eff.Flow)
	if err != nil {
		return err
	}
	if c != nil && !eff.Apart {
		// What the rules of c have just decided must be seen by whom the child tells.
		child.Parent, child.No = c.ID, c.No
	}
	if c == nil && st.in != nil {
		if st.opened = child.ID; st.in.chat.ID != "" {
			if err := st.tie(child.ID); err != nil {
				return err
			}
		}
	}
	return st.begin(child, flows.Opened{Parent: child.Parent, Data: eff.Data, Said: eff.Said})
}

// blank is a case before its first event.
func (st *step) blank(flow string) (flows.Case, error) {
	n, err := st.tx.Count("case")
	return flows.Case{ID: flows.ID(fmt.Sprint(n)), Flow: flow, Opened: st.at}, err
}

// begin lets a case hear that it was opened.
func (st *step) begin(c flows.Case, w flows.Opened) error {
	similar, err := st.similar(st.reading, "", w.Said)
	if err != nil {
		return err
	}
	return st.move(c, flows.Event{ID: st.event, At: st.at, By: st.by, What: w, Reading: st.reading, Chat: st.chat, Similar: similar, Settings: st.s})
}

// under is the open case of a flow that is found under a key; where there is none, one
// is opened.
func (st *step) under(flow, key string) (flows.ID, error) {
	cases, err := st.tx.Same(key)
	if err != nil {
		return "", err
	}
	if id, there := foundUnder(cases, flow, key); there {
		return id, nil
	}
	c, err := st.blank(flow)
	if err != nil {
		return "", err
	}
	return c.ID, st.begin(c, flows.Opened{Key: key})
}

// tie notes that the speaker has just spoken about a case here, and that the
// message belongs to it.
func (st *step) tie(id flows.ID) error {
	h := st.in
	if h.Message.Ref != "" {
		if err := st.tx.PutRef(h.chat.ID, plainRef(h.Message.Ref), id); err != nil {
			return err
		}
	}
	p := st.person
	if p == nil || p.ID == "" {
		return nil
	}
	p.Recent = slices.DeleteFunc(p.Recent, func(r storage.Recent) bool { return r.Chat == h.chat.ID || st.at.After(r.Until) })
	p.Recent = append(p.Recent, storage.Recent{Case: id, Chat: h.chat.ID, Until: st.at.Add(st.s.Limits.Join)})
	return st.tx.PutPerson(*p)
}

// need makes sure that chat and speaker are rows before a case refers to them.
func (st *step) need(h *heard) error {
	st.kept = true
	if h.chat.Group && !h.known {
		if err := st.b.keepChat(st.tx, h); err != nil {
			return err
		}
		st.chat = h.chat
	}
	p := &h.person
	if p.ID == "" {
		n, err := st.tx.Count("resident")
		if err != nil {
			return err
		}
		st.fresh = true
		p.ID = flows.PersonID(fmt.Sprintf("r%d", n))
		p.Lang = language(h.From.Lang)
	}
	if spoke := h.Kind == Said || h.Kind == Edited; spoke && p.Name == "" {
		p.Name = h.From.Name // who only presses a button (a vote) is known by no name
	}
	p.Seen = st.at
	if h.agrees() && p.Consent.IsZero() {
		p.Consent = st.at
	}
	if h.As != "" {
		st.by = st.b.actor(h)
		return st.tx.PutPerson(*p)
	}
	if !slices.Contains(p.Addresses, h.who()) {
		p.Addresses = append(p.Addresses, h.who())
	}
	c := st.b.channels[h.Channel]
	if (!h.chat.Group || c != nil && c.Capabilities().WritesFirst) && !slices.Contains(p.Reach, h.who()) {
		p.Reach = append(p.Reach, h.who())
	}
	if err := st.tx.PutPerson(*p); err != nil {
		return err
	}
	st.by = st.b.actor(h)
	return nil
}

func language(code string) string {
	for _, l := range flows.Languages {
		if code != "" && (l == code || l[:2] == code[:min(2, len(code))]) {
			return l
		}
	}
	return ""
}

// remember keeps what a person has said of themself.
func (st *step) remember(eff flows.Remember) error {
	p, err := st.tx.Person(eff.Person)
	if errors.Is(err, storage.ErrNone) {
		return fmt.Errorf("%w: remember: nobody is kept under this id", errRules) // or the platform would try again for ever
	}
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if eff.Consent != nil {
		if p.Consent = (time.Time{}); *eff.Consent {
			p.Consent = st.at
		}
	}
	if eff.Home != nil {
		st.moves(&p, *eff.Home)
	}
	if eff.Lang != "" {
		p.Lang = eff.Lang
	}
	likes(&p, st.b.channels, eff)
	if err := st.tx.PutPerson(p); err != nil {
		return err
	}
	if st.person != nil && st.person.ID == p.ID {
		*st.person = p
		st.by.Consent = !p.Consent.IsZero() || len(st.by.Posts) > 0
		st.by.Home, st.by.Proven, st.by.Profile = p.Home, !p.Proven.IsZero(), p.Profile
	}
	return nil
}
