package bot

import (
	"errors"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Messages that a platform has taken and may still fail to deliver (Capabilities.Confirms):
// what was in them is kept until it can be taken to have arrived, and goes down the ladder from
// where it was if the platform says that it has not.

// handed keeps rows that a platform has taken in one message but may still fail to deliver.
type handed struct {
	At   time.Time     `json:"at"`
	Jobs []storage.Job `json:"jobs"`
}

// handedFor is how long a platform may take to say that a message did not arrive: after an
// outage it tells of the last three days.
const handedFor = 73 * time.Hour

func handedKey(c flows.ID, address, ref string) string {
	return "case/" + string(c) + "/handed/" + address + "/" + ref
}

// keepHanded keeps rows that were just taken by a platform which may still fail, and says
// whether it has failed already.
func (b *Bot) keepHanded(tx storage.Tx, jobs []storage.Job, row sendRow, ref string) (failed bool, err error) {
	ch, _, ok := b.channel(row.Address)
	if !ok || !ch.Capabilities().Confirms || row.toGroup() || ref == "" || row.Aside || jobs[0].Case == "" {
		return false, nil
	}
	if _, err := tx.Case(jobs[0].Case); errors.Is(err, storage.ErrNone) {
		return false, nil // it has none, or it was forgotten while this was under way
	} else if err != nil {
		return false, err
	}
	jobs = slices.Clone(jobs)
	row.Rest = "" // if a part of it does not arrive, all of it is said again
	jobs[0].Body = flows.Data(row)
	if why, err := tx.Key(earlyKey(row.Address, ref)); err == nil && len(why) > 0 {
		early, err := decode[soon](why)
		if err != nil {
			return false, nil
		}
		return true, errors.Join(tx.PutKey(earlyKey(row.Address, ref), nil), b.failed(tx, jobs, early.Failed))
	} else if err != nil && !errors.Is(err, storage.ErrNone) {
		return false, err
	}
	return false, errors.Join(tx.PutKey(handedKey(jobs[0].Case, row.Address, ref), flows.Data(handed{At: b.clock(), Jobs: jobs})),
		tx.PutKey("handed/"+row.Address+"/"+ref, flows.Data(sweepAt{At: b.clock(), Case: jobs[0].Case, Job: jobs[0].ID})))
}

// soon is what a platform has said of a message before it was known here that it has taken it.
type soon struct {
	At     time.Time `json:"at"`
	Failed string    `json:"failed"`
}

func earlyKey(address, ref string) string { return "early/" + address + "/" + ref }

// sweepAt says of something kept for a case when it was kept.
type sweepAt struct {
	At   time.Time `json:"at"`
	Case flows.ID  `json:"case"`
	Job  uint64    `json:"job,omitempty"`
}

// undelivered takes a message that did not arrive to the next rung.
func (b *Bot) undelivered(st *step, h *heard) error {
	address := h.chat.Address
	failed := "undelivered"
	if h.Loss.Gone {
		failed = "gone"
	}
	prefix := "handed/" + address + "/"
	raw, err := st.tx.Key(prefix + h.Ref)
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		// Not one that is kept, or its send is not finished here.
		return st.tx.PutKey(earlyKey(address, h.Ref), flows.Data(soon{At: st.at, Failed: failed}))
	}
	if err != nil {
		return err
	}
	at, err := decode[sweepAt](raw)
	if err != nil {
		return nil
	}
	if h.Loss.Closed {
		if err := shutAt(st.tx, address, at.At, st.at); err != nil {
			return err
		}
	}
	raw, err = st.tx.Key(handedKey(at.Case, address, h.Ref))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	// Of its other parts, and of the question that it asked, nothing is waited for any more.
	all, err2 := st.tx.Keys(prefix)
	if err2 != nil {
		return err2
	}
	for name, of := range all {
		ref := strings.TrimPrefix(name, prefix)
		if x, err := decode[sweepAt](of); err != nil || ref != h.Ref && (x.Job != at.Job || x.Job == 0) {
			continue
		}
		if err := dropKeys(st.tx, []string{name, handedKey(at.Case, address, ref), knockedKey(at.Case, address, ref), knockedIndex(address) + ref}); err != nil {
			return err
		}
	}
	k, err := decode[handed](raw)
	if err != nil || len(k.Jobs) == 0 {
		return nil // its case was forgotten
	}
	st.kept = true
	return b.failed(st.tx, k.Jobs, failed)
}

// failed puts rows that did not arrive back into the outbox, to go on from where they were.
// What has become of them is their cases' business only once.
func (b *Bot) failed(tx storage.Tx, jobs []storage.Job, how string) error {
	for _, j := range jobs {
		row, err := decode[sendRow](j.Body)
		if err != nil {
			continue
		}
		row.Say.Receipt, row.Rest, row.Failed = "", "", how
		j.ID, j.Attempts, j.Owner, j.Lease, j.At, j.Body, j.Slot = 0, 0, "", time.Time{}, b.clock(), flows.Data(row), ""
		j.Lane = row.Address + b.lane(row, b.clock())
		if _, err := tx.AddJob(j); err != nil {
			return err
		}
	}
	return nil
}

// sweepHanded deletes what must have arrived by now.
func sweepHanded(tx storage.Tx, now time.Time) error {
	if err := sweepSent(tx, "handed/", handedKey, now.Add(-handedFor)); err != nil {
		return err
	}
	early, err := tx.Keys("early/")
	if err != nil {
		return err
	}
	for name, raw := range early {
		if x, err := decode[soon](raw); err == nil && now.Sub(x.At) < time.Hour {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}

// sweepSent deletes what was kept of messages by address before a time, and with in what
// their cases hold of them.
func sweepSent(tx storage.Tx, prefix string, in func(c flows.ID, address, ref string) string, before time.Time) error {
	all, err := tx.Keys(prefix)
	if err != nil {
		return err
	}
	for name, raw := range all {
		x, err := decode[sweepAt](raw)
		if err == nil && x.At.After(before) {
			continue
		}
		address, ref, _ := cutLast(strings.TrimPrefix(name, prefix))
		if err := errors.Join(tx.PutKey(name, nil), tx.PutKey(in(x.Case, address, ref), nil)); err != nil {
			return err
		}
	}
	return nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndex(s, "/")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
