package bot

import (
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

// askAgain says in full what its reader was asked by a form, and gives how many messages that is.
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
			if err == nil && len(raw) > 0 {
				if q, err := decode[question](raw); err == nil {
					list = append(list, q)
				}
			} else if err != nil && !errors.Is(err, storage.ErrNone) {
				return 0, err
			}
		}
		if err := errors.Join(st.tx.PutKey(name, nil), st.tx.PutKey(knockedKey(x.Case, address, ref), nil)); err != nil {
			return 0, err
		}
	}
	slices.SortFunc(list, func(a, b question) int { return a.At.Compare(b.At) })
	for _, q := range list[max(0, len(list)-most):] {
		row, err := decode[sendRow](q.Job.Body)
		if err != nil || st.at.Sub(q.At) > knockedFor || !row.Say.Until.IsZero() && st.at.After(row.Say.Until) {
			continue
		}
		c, err := st.tx.Case(q.Job.Case)
		if errors.Is(err, storage.ErrNone) || err == nil && c.Done {
			continue
		}
		if err != nil {
			return n, err
		}
		if row.Say.Slot != "" {
			// Something newer may stand in its place by now.
			told, err := st.tx.Key(slotKey(row, address))
			if err != nil && !errors.Is(err, storage.ErrNone) {
				return n, err
			}
			if string(told) != q.Ref {
				continue
			}
		}
		row.Rung, row.Say.Receipt, row.Said = direct, "", st.at
		j := q.Job
		j.ID, j.Attempts, j.Owner, j.Lease, j.At, j.Slot, j.Body = 0, 0, "", time.Time{}, st.at, "", flows.Data(row)
		j.Lane = address + st.b.lane(row, st.at)
		if _, err := st.tx.AddJob(j); err != nil {
			return n, err
		}
		st.kept = true
		n++
	}
	return n, nil
}

// sweepKnocked deletes what nobody has answered.
func sweepKnocked(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("knocked/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		x, err := decode[sweepAt](raw)
		if err == nil && now.Sub(x.At) < knockedFor {
			continue
		}
		address, ref, _ := cutLast(strings.TrimPrefix(name, "knocked/"))
		if err := errors.Join(tx.PutKey(name, nil), tx.PutKey(knockedKey(x.Case, address, ref), nil)); err != nil {
			return err
		}
	}
	return nil
}
