package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// What could not be done is kept, shown to staff, and done again or put aside
// when one of them says so.

var (
	// ErrNotYours says that somebody may not do what they ask for.
	ErrNotYours = errors.New("this is not for you to do")
	// ErrUnsure says that something may have arrived already, and is only sent again
	// by who knows that it may then come twice (SendAgain).
	ErrUnsure = errors.New("it may have arrived")
	// ErrNoRetry says that something cannot be tried again: its time is over, nobody
	// is there to be told, or it cannot be read any more.
	ErrNoRetry = errors.New("this cannot be tried again")
)

// trouble keeps something that could not be done and lets staff know. What goes
// wrong with the engine's own words is only kept: telling it would go
// wrong in the same way.
func (b *Bot) trouble(tx storage.Tx, t storage.Trouble) error {
	_, err := b.troubleNo(tx, t)
	return err
}

// troubleNo is trouble that gives its number.
func (b *Bot) troubleNo(tx storage.Tx, t storage.Trouble) (id uint64, err error) {
	b.watch.Troubled(t.Kind)
	t.At = b.clock()
	t.Until = t.At.Add(b.Settings().Limits.Parked)
	if id, err = tx.AddTrouble(t); err != nil {
		return 0, err
	}
	if row, err := decode[sendRow](t.Body); err == nil && row.Flow == House {
		return id, nil
	}
	if t.Kind == "missed" {
		return id, nil // a notice that one of many did not get is on the printed list, and nobody's errand
	}
	st := &step{b: b, tx: tx, at: t.At, s: b.Settings(), event: "trouble"}
	return id, st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
		Words: troubleWords(t), Vars: troubleVars(tx, t), Bundle: t.Kind != "parked" && t.Kind != "halted"})
}

func troubleWords(t storage.Trouble) string {
	if t.Discreet {
		return "trouble-discreet"
	}
	return "trouble-" + t.Kind
}

func troubleVars(tx storage.Tx, t storage.Trouble) flows.Vars {
	vars := flows.Vars{"text": flows.Text(t.Text)}
	if c, err := tx.Case(t.Case); err == nil && c.No > 0 {
		vars["no"] = flows.Num(c.No)
	}
	return vars
}

// listed is how many troubles are told at once in a chat.
const listed = 10

// tellTroubles lists what could not be done to a member of staff who asks.
func (b *Bot) tellTroubles(st *step, h *heard) error {
	if !st.s.May(st.by, flows.Trouble, flows.Everywhere) {
		return st.houseSay(h, "not-yours", nil)
	}
	list, err := st.tx.Troubles()
	if err != nil {
		return err
	}
	all := len(list)
	list = slices.DeleteFunc(list, func(t storage.Trouble) bool { return t.Kind == "missed" })
	if missed := all - len(list); missed > 0 {
		return errors.Join(st.tellList(h, list), st.houseSay(h, "trouble-missed-some", flows.Vars{"n": flows.Num(missed)}))
	}
	return st.tellList(h, list)
}

// tellList tells the troubles of a list, each with its buttons.
func (st *step) tellList(h *heard, list []storage.Trouble) error {
	if len(list) == 0 {
		return st.houseSay(h, "trouble-none", nil)
	}
	for _, t := range list[:min(listed, len(list))] {
		id := strconv.FormatUint(t.ID, 10)
		err := st.houseAsk(h, "t", troubleWords(t), troubleVars(st.tx, t),
			flows.Button{Words: "b-retry", Choice: "retry=" + id}, flows.Button{Words: "b-seen", Choice: "seen=" + id})
		if err != nil {
			return err
		}
	}
	if n := len(list) - listed; n > 0 {
		return st.houseSay(h, "trouble-more", flows.Vars{"n": flows.Num(n)})
	}
	return nil
}

// Troubles gives what could not be done, for the command line.
func (b *Bot) Troubles(ctx context.Context) (list []storage.Trouble, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error { list, err = tx.Troubles(); return err })
	return list, err
}

// Retry tries again what could not be done, for somebody who may (ErrNotYours).
// A parked message is heard once more as if it had just come, however often its
// platform has delivered it; if it may be about a danger and the rules fail
// again, the people on duty are called again. A parked event goes to its case
// again. A dead letter goes into the outbox again, to where the person can be told
// now. An invitation whose end is not known gives ErrUnsure: see SendAgain. What is
// not there any more gives storage.ErrNone, what cannot be done again ErrNoRetry.
func (b *Bot) Retry(ctx context.Context, id uint64, by flows.PersonID) error {
	return b.troubled(ctx, id, by, func(st *step, t storage.Trouble) error { return st.retry(t, false) })
}

// SendAgain is Retry for what may have arrived, after its reader was told that it
// may come twice.
func (b *Bot) SendAgain(ctx context.Context, id uint64, by flows.PersonID) error {
	return b.troubled(ctx, id, by, func(st *step, t storage.Trouble) error { return st.retry(t, true) })
}

// Dismiss puts aside what could not be done, with the text that was kept for it.
func (b *Bot) Dismiss(ctx context.Context, id uint64, by flows.PersonID) error {
	return b.troubled(ctx, id, by, func(st *step, t storage.Trouble) error { return st.resolve(t, "dismissed") })
}

func (b *Bot) troubled(ctx context.Context, id uint64, by flows.PersonID, do func(*step, storage.Trouble) error) error {
	s := b.Settings()
	o, _ := s.Official(by)
	a := flows.Actor{Person: by, Name: o.Name, Posts: o.Posts, Consent: true}
	if !s.May(a, flows.Trouble, flows.Everywhere) {
		return ErrNotYours
	}
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		t, err := troubleOf(tx, id)
		if err != nil {
			return err
		}
		return do(&step{b: b, tx: tx, at: b.clock(), s: s, event: fmt.Sprintf("t%d", id), by: a}, t)
	})
	if err != nil {
		return fmt.Errorf("trouble %d: %w", id, err)
	}
	b.Nudge()
	return nil
}

func troubleOf(tx storage.Tx, id uint64) (storage.Trouble, error) {
	list, err := tx.Troubles()
	if err != nil {
		return storage.Trouble{}, err
	}
	i := slices.IndexFunc(list, func(t storage.Trouble) bool { return t.ID == id })
	if i < 0 {
		return storage.Trouble{}, storage.ErrNone
	}
	return list[i], nil
}

// retry makes a row of what could not be done; sure says that it may come twice.
func (st *step) retry(t storage.Trouble, sure bool) error {
	j, err := st.rowOf(t)
	if err != nil {
		return err
	}
	if t.Kind == "unknown" && !sure {
		return ErrUnsure
	}
	j.At = st.at
	if _, err := st.tx.AddJob(j); err != nil {
		return err
	}
	return st.resolve(t, "retried")
}

func (st *step) rowOf(t storage.Trouble) (storage.Job, error) {
	if t.Kind == "parked" && t.Case == "" {
		in, err := decode[Inbound](t.Body)
		if err != nil || in.Channel == "" {
			return storage.Job{}, ErrNoRetry
		}
		return storage.Job{Kind: "hear", Lane: hearLane(in.Channel + ":" + in.From.Address), Body: t.Body}, nil
	}
	if t.Kind == "parked" {
		if _, err := flows.UnmarshalWhat(t.Body); err != nil {
			return storage.Job{}, ErrNoRetry // it was parked by an older version
		}
		return storage.Job{Kind: "again", Case: t.Case, Body: t.Body}, nil
	}
	row, err := decode[sendRow](t.Body)
	if err != nil || row.Address == "" || !row.Say.Until.IsZero() && st.at.After(row.Say.Until) {
		return storage.Job{}, ErrNoRetry
	}
	if row.Person != "" {
		p, err := st.tx.Person(row.Person)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return storage.Job{}, err
		}
		if len(p.Reach) == 0 {
			return storage.Job{}, ErrNoRetry
		}
		if !slices.Contains(p.Reach, row.Address) {
			row.Address, row.Chat, row.Rest = p.Reach[0], flows.ChatID("~"+p.Reach[0]), ""
		}
	} else if chat, err := st.chatOf(row.Chat); err == nil {
		if row.Address = chat.Address; chat.Left {
			return storage.Job{}, ErrNoRetry
		}
	} else if !errors.Is(err, storage.ErrNone) {
		return storage.Job{}, err
	}
	if row.Say.Slot != "" {
		// What was told in its place meanwhile must not be made older by it.
		_, err := st.tx.Key(slotKey(row, row.Address))
		if err == nil {
			row.Say.Slot = ""
		} else if !errors.Is(err, storage.ErrNone) {
			return storage.Job{}, err
		}
	}
	row.Tried, row.Rung, row.Failed, row.Numbers = nil, direct, "", nil
	return storage.Job{Kind: "send", Case: t.Case, Lane: row.Address + st.b.lane(row, st.at), Urgent: row.Say.Class == flows.Emergency,
		Slot: row.Say.Slot, Body: flows.Data(row)}, nil
}

// resolve takes a trouble off the list and notes in the journal of its case who
// did it.
func (st *step) resolve(t storage.Trouble, how string) error {
	if err := st.tx.DropTrouble(t.ID); err != nil {
		return err
	}
	c, err := st.tx.Case(t.Case)
	if errors.Is(err, storage.ErrNone) || errors.Is(err, storage.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	return st.tx.Note(storage.Record{Case: c.ID, At: st.at, Event: st.event, Kind: how, By: st.by.Person, Detail: t.Kind,
		Before: c.Stage, After: c.Stage, Settings: st.s.Version})
}

// pressedTrouble takes the buttons of the list.
func (b *Bot) pressedTrouble(st *step, h *heard, choice, value string) error {
	if !st.s.May(st.by, flows.Trouble, flows.Everywhere) {
		return st.brief(House, "not-yours", nil)
	}
	id, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return st.brief(House, "button-unknown", nil)
	}
	t, err := troubleOf(st.tx, id)
	if errors.Is(err, storage.ErrNone) {
		return st.brief(House, "trouble-over", nil)
	}
	if err != nil {
		return err
	}
	st.kept = true
	words := "trouble-retried"
	switch choice {
	case "retry":
		err = st.retry(t, false)
	case "again":
		err = st.retry(t, true)
	case "seen":
		words, err = "trouble-seen", st.resolve(t, "dismissed")
	default:
		words = "button-unknown"
	}
	switch {
	case errors.Is(err, ErrUnsure):
		return st.houseAsk(h, "t", "trouble-unsure", troubleVars(st.tx, t),
			flows.Button{Words: "b-again", Choice: "again=" + value}, flows.Button{Words: "b-seen-not", Choice: "seen=" + value})
	case errors.Is(err, ErrNoRetry):
		return st.brief(House, "trouble-cannot", nil)
	case err != nil:
		return err
	}
	return st.brief(House, words, nil)
}

// performAgain brings an event on which a rule failed to its case once more.
func (b *Bot) performAgain(ctx context.Context, j storage.Job) error {
	w, err := flows.UnmarshalWhat(j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	return b.event(ctx, j, w, nil)
}

// parkDamaged parks what cannot be dealt with because a record is damaged. Of a
// group it parks only what may be a demand: to keep its small talk would
// be worse than not to hear it.
func (b *Bot) parkDamaged(ctx context.Context, h heard, at time.Time, job uint64) error {
	r := h.reading
	said := h.Kind == Said || h.Kind == Edited
	may := r.Danger != "" || r.Demand >= h.settings.Limits.Maybe || r.Number > 0 || r.Also || r.More || r.Notice || strings.HasPrefix(h.Message.Text, "/")
	idle := h.Kind == Left || h.Kind == Came || h.Kind == Reacted || h.Kind == Ignored
	if idle || said && (!h.From.Person || h.Chat.Group && !may) {
		return b.store.Update(ctx, func(tx storage.Tx) error {
			_, _, err := b.fresh(tx, h.Inbound, at, job)
			return err
		})
	}
	return b.park(ctx, h, at, "a record that it needs is damaged", job)
}
