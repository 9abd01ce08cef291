package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// What was told by the platform's own form has lost its buttons. Where it asked something, it is
// said in full when its reader speaks, if it is still to be answered then.

// knockedFor is how long a question waits for that.
const knockedFor = 7 * 24 * time.Hour

// question is such a question.
type question struct {
	At  time.Time   `json:"at"`
	Ref string      `json:"ref"` // of the form
	Job storage.Job `json:"job"`
}

func knockedKey(c flows.ID, address, ref string) string {
	return "case/" + string(c) + "/knocked/" + address + "/" + ref
}

func knockedIndex(address string) string { return "knocked/" + address + "/" }

// keepKnocked keeps a question that was told by a form.
func (b *Bot) keepKnocked(tx storage.Tx, j storage.Job, row sendRow, ref string) error {
	asks := slices.ContainsFunc(row.Say.Buttons, func(x flows.Button) bool { return x.Link == "" })
	if row.Rung != knocks || !asks || j.Case == "" || ref == "" {
		return nil
	}
	j.Body = flows.Data(row)
	return errors.Join(tx.PutKey(knockedKey(j.Case, row.Address, ref), flows.Data(question{At: b.clock(), Ref: ref, Job: j})),
		tx.PutKey(knockedIndex(row.Address)+ref, flows.Data(sweepAt{At: b.clock(), Case: j.Case})))
}

// askAgain says in full what its reader was asked by a form, the newest first to be chosen and
// at most so much, and gives how many messages that is.
func (st *step) askAgain(address string, most int) (n int, err error) {
	all, err := st.tx.Keys(knockedIndex(address))
	if err != nil || len(all) == 0 {
		return 0, err
	}
	var list []question
	for name, raw := range all {
		ref := strings.TrimPrefix(name, knockedIndex(address))
		x, err := decode[sweepAt](raw)
		if err == nil {
			raw, err = st.tx.Key(knockedKey(x.Case, address, ref))
		}
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return 0, err
		}
		q, err2 := decode[question](raw)
		open := false
		if err == nil && err2 == nil {
			if open, err = st.isAsked(address, q); err != nil {
				return 0, err
			}
		}
		if open {
			list = append(list, q)
			continue
		}
		if err := dropKeys(st.tx, []string{name, knockedKey(x.Case, address, ref)}); err != nil {
			return 0, err
		}
	}
	slices.SortFunc(list, func(a, b question) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Job.ID, b.Job.ID)) })
	for _, q := range list[max(0, len(list)-max(0, most)):] {
		row, err := decode[sendRow](q.Job.Body)
		if err != nil {
			return n, err
		}
		row.Say.Receipt = ""
		if err := st.now(q.Job, row); err != nil {
			return n, err
		}
		if err := dropKeys(st.tx, []string{knockedIndex(address) + q.Ref, knockedKey(q.Job.Case, address, q.Ref)}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// isAsked says that a question is still to be answered.
func (st *step) isAsked(address string, q question) (bool, error) {
	row, err := decode[sendRow](q.Job.Body)
	if err != nil || st.at.Sub(q.At) > knockedFor || !row.Say.Until.IsZero() && st.at.After(row.Say.Until) {
		return false, nil
	}
	c, err := st.tx.Case(q.Job.Case)
	if errors.Is(err, storage.ErrNone) || err == nil && c.Done {
		return false, nil
	}
	if err != nil || row.Say.Slot == "" {
		return err == nil, err
	}
	// Something newer may stand in its place by now.
	told, err := st.tx.Key(slotKey(row, address))
	if errors.Is(err, storage.ErrNone) {
		return false, nil
	}
	return string(told) == q.Ref, err
}

// sweepKnocked deletes what nobody has answered.
func sweepKnocked(tx storage.Tx, now time.Time) error {
	return sweepSent(tx, "knocked/", knockedKey, now.Add(-knockedFor))
}
