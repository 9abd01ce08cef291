package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"linli/flows"
	"linli/storage"
)

// lease is how long a worker may hold a row. A claim of this process whose
// worker is gone is found at once (see recover); the lease is for other
// processes.
const lease = 2 * time.Minute

// Run carries out the outbox until ctx ends, then waits for the workers. It
// returns an error only if the store can take nothing more.
func (b *Bot) Run(ctx context.Context) error {
	done := make(chan error)
	running := 0
	timer := time.NewTimer(0)
	defer timer.Stop()
	var broken error
	var swept, looked time.Time
	looking, sweeping := make(chan struct{}, 1), make(chan struct{}, 1) // one of each at a time, beside the outbox
	defer func() { looking <- struct{}{}; sweeping <- struct{}{} }()
	for {
		var next time.Time
		// A day is sealed as soon as it is over.
		if now := b.clock(); (now.Sub(swept) > time.Hour || now.YearDay() != swept.YearDay()) && ctx.Err() == nil {
			select {
			case sweeping <- struct{}{}:
				swept = now
				go func() {
					if err := b.Sweep(ctx); err != nil && ctx.Err() == nil {
						b.log.Error("what is over could not be deleted", "err", err)
					}
					<-sweeping
				}()
			default:
			}
		}
		if now := b.now(); now.Sub(looked) > lookEvery && ctx.Err() == nil {
			select {
			case looking <- struct{}{}:
				looked = now
				go func() { b.lookRound(ctx); <-looking }()
			default:
			}
		}
		for more := true; more; {
			select {
			case err := <-done:
				running--
				if errors.Is(err, storage.ErrBroken) {
					broken = err
				}
			default:
				more = false
			}
		}
		if running < b.workers && ctx.Err() == nil {
			jobs, later, err := b.claim(ctx, b.workers-running)
			switch {
			case errors.Is(err, storage.ErrBroken):
				broken = err
			case err != nil && ctx.Err() == nil:
				b.log.Error("the outbox could not be read", "err", err)
				later = b.now().Add(time.Second)
			}
			next = later
			for _, j := range jobs {
				running++
				go func() { done <- b.perform(context.WithoutCancel(ctx), j) }()
			}
			if len(jobs) > 0 && running < b.workers {
				continue
			}
		}
		if broken != nil || ctx.Err() != nil {
			for ; running > 0; running-- {
				<-done
			}
			return broken
		}
		wait := time.Minute
		if !next.IsZero() {
			wait = max(0, min(wait, next.Sub(b.now())))
		}
		if running == b.workers {
			wait = time.Minute
		}
		timer.Reset(wait)
		select {
		case err := <-done:
			running--
			if errors.Is(err, storage.ErrBroken) {
				broken = err
			}
		case <-b.nudge:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// Round carries out, one after another, what is due now, and says how many
// rows that were and when the next is due. It is for plays and tests, which
// move the clock themselves; it must not be used beside Run.
func (b *Bot) Round(ctx context.Context) (n int, next time.Time, err error) {
	jobs, next, err := b.claim(ctx, 1)
	if err != nil {
		return 0, next, err
	}
	for _, j := range jobs {
		if err := b.perform(ctx, j); err != nil {
			return n, next, err
		}
		n++
	}
	return n, next, nil
}

// claim takes rows that are due and may leave now.
func (b *Bot) claim(ctx context.Context, n int) (jobs []storage.Job, next time.Time, err error) {
	if err := b.refresh(ctx); err != nil {
		return nil, next, err
	}
	if err := b.stands(ctx); err != nil {
		return nil, next, err
	}
	b.mu.Lock()
	unsure := b.unsure
	b.unsure = false
	b.mu.Unlock()
	if unsure {
		if err := b.recover(ctx); err != nil {
			b.doubt()
			return nil, next, err
		}
	}
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		now := b.clock()
		var err error
		jobs, next, err = tx.Claim(now, b.owner, lease, n, func(j storage.Job) time.Time { return b.allow(j, now) })
		return err
	})
	if err != nil {
		b.doubt()
		return nil, next, fmt.Errorf("claim: %w", err)
	}
	b.mu.Lock()
	for _, j := range jobs {
		b.inflight[j.ID] = true
	}
	b.mu.Unlock()
	return jobs, next, nil
}

func (b *Bot) doubt() {
	b.mu.Lock()
	b.unsure = true
	b.mu.Unlock()
}

// recover takes back the claims of this process that no worker holds: after a
// restart, or after a claim whose commit ended with an error. A row that must go
// out at most once and may have been on its way is shown to staff instead.
func (b *Bot) recover(ctx context.Context) error {
	var lost []storage.Job
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		lost = nil
		if err := b.knowHalted(tx); err != nil {
			return err
		}
		claimed, err := tx.Claimed()
		if err != nil {
			return err
		}
		for _, j := range claimed {
			b.mu.Lock()
			held := b.inflight[j.ID]
			b.mu.Unlock()
			if held || j.Owner != b.owner {
				continue
			}
			if j.Kind == "send" {
				row, err := decode[sendRow](j.Body)
				if err == nil && row.Say.Class == flows.Invitation {
					lost = append(lost, j)
					continue
				}
			}
			j.Owner, j.Lease = "", time.Time{}
			if err := tx.PutJob(j); err != nil {
				return err
			}
		}
		return nil
	})
	for _, j := range lost {
		// Its case hears of it in a step of its own, so that a rule that fails stops nothing else.
		if err == nil {
			row, _ := decode[sendRow](j.Body) // it was read above
			err = b.unknown(ctx, []storage.Job{j}, row, "the process ended while an invitation was being sent")
		}
	}
	return err
}

// perform carries out one claimed row. An error means that its end could not
// be kept; the row will be taken up again.
func (b *Bot) perform(ctx context.Context, j storage.Job) (err error) {
	defer func() {
		b.mu.Lock()
		delete(b.inflight, j.ID)
		delete(b.out, j.ID)
		b.unsure = b.unsure || err != nil // not before: recover passes over what a worker holds
		b.mu.Unlock()
		b.Nudge()
	}()
	switch j.Kind {
	case "send":
		err = b.performSend(ctx, j)
	case "say":
		err = b.performSay(ctx, j)
	case "wake":
		err = b.performWake(ctx, j)
	case "ask":
		err = b.performAsk(ctx, j)
	case "hear":
		err = b.performHear(ctx, j)
	case "listen":
		err = b.performListen(ctx, j)
	case "erase":
		err = b.performErase(ctx, j)
	case "again":
		err = b.performAgain(ctx, j)
	case "forget":
		err = b.performForget(ctx, j)
	case "look":
		err = b.performLook(ctx, j)
	default:
		err = b.unreadable(ctx, j)
	}
	if err != nil {
		b.log.Error("a row could not be finished", "job", j.ID, "kind", j.Kind, "case", j.Case, "err", err)
		b.putOff(ctx, j)
	}
	return err
}

// putOff keeps a row whose end cannot be kept (a damaged record beside it)
// from being taken up again at once, for ever. An invitation stays claimed: it may
// have left, and recover shows it to staff.
func (b *Bot) putOff(ctx context.Context, j storage.Job) {
	row, err := decode[sendRow](j.Body)
	if j.Kind == "send" && (err != nil || row.Say.Class == flows.Invitation) {
		return
	}
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		now, err := tx.Job(j.ID)
		if err != nil {
			return err
		}
		now.At = b.clock().Add(time.Minute)
		return tx.PutJob(now)
	})
	if err != nil && !errors.Is(err, storage.ErrNone) {
		b.log.Error("a row could not be put off", "job", j.ID, "err", err)
	}
}

// finish keeps the end of a row, trying again while the store can still take
// something: what has happened outside must not be forgotten.
func (b *Bot) finish(ctx context.Context, f func(storage.Tx) error) error {
	for try := 0; ; try++ {
		err := b.store.Update(ctx, f)
		var fault *panicked
		switch {
		case err == nil, errors.Is(err, storage.ErrBroken), errors.As(err, &fault), errors.Is(err, errRules), ctx.Err() != nil:
			return err
		case try >= 5:
			return err
		case errors.Is(err, storage.ErrFull):
			time.Sleep(time.Second)
		}
	}
}

// live says whether a row is still there, so that a second try of finish
// after a commit whose end was not known does nothing twice.
func live(tx storage.Tx, id uint64) (bool, error) {
	_, err := tx.Job(id)
	if errors.Is(err, storage.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// event brings an event of the outbox to its case. A rule that fails on it is
// shown to staff, and the row ends.
func (b *Bot) event(ctx context.Context, j storage.Job, w flows.What, more func(storage.Tx) error) error {
	s := b.Settings()
	step := func(tx storage.Tx) error {
		ok, err := live(tx, j.ID)
		if err != nil || !ok {
			return err
		}
		if err := tx.DropJob(j.ID); err != nil {
			return err
		}
		if more != nil {
			if err := more(tx); err != nil {
				return err
			}
		}
		c, err := tx.Case(j.Case)
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		st := &step{b: b, tx: tx, at: b.clock(), s: s, event: fmt.Sprintf("j%d", j.ID)}
		return st.run(c, w)
	}
	err := caught(func() error { return b.finish(ctx, step) })
	var fault *panicked
	if !errors.As(err, &fault) && !errors.Is(err, errRules) {
		return err
	}
	b.log.Error("a rule failed", "case", j.Case, "kind", flows.Kind(w), "err", err)
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		if more != nil {
			if err := more(tx); err != nil {
				return err
			}
		}
		body, err2 := flows.MarshalWhat(w)
		if err2 != nil {
			return err2
		}
		if err := b.trouble(tx, storage.Trouble{Kind: "parked", Case: j.Case, Why: err.Error(), Body: body}); err != nil {
			return err
		}
		return tx.DropJob(j.ID)
	})
}

// unreadable ends a row that this version cannot read, and shows it to staff.
func (b *Bot) unreadable(ctx context.Context, j storage.Job) error {
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		return b.giveUp(tx, j, "a row that cannot be read: "+j.Kind)
	})
}

func (b *Bot) giveUp(tx storage.Tx, j storage.Job, why string) error {
	if err := b.trouble(tx, storage.Trouble{Kind: "dead", Case: j.Case, Why: why, Body: j.Body}); err != nil {
		return err
	}
	return tx.DropJob(j.ID)
}

func (b *Bot) performWake(ctx context.Context, j storage.Job) error {
	row, err := decode[wakeRow](j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	return b.event(ctx, j, flows.Woke{Name: row.Name, Due: j.At}, nil)
}

func (b *Bot) performAsk(ctx context.Context, j storage.Job) error {
	row, err := decode[askRow](j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	w := flows.Answered{Name: row.Name}
	if a := b.answer[row.Name]; a == nil {
		w.Failed = "nobody answers to this"
	} else {
		err := caught(func() (err error) { w.Data, err = a(ctx, json.RawMessage(row.Data)); return err })
		if busy := (Busy{}); errors.As(err, &busy) || err != nil && j.Attempts < 4 && retryable(err) {
			return b.finish(ctx, func(tx storage.Tx) error {
				j.Attempts++
				j.At = b.clock().Add(max(busy.After, backoff(j.Attempts, time.Minute)))
				return putLive(tx, j)
			})
		}
		if err != nil {
			b.log.Warn("an answer was not to be had", "job", j.ID, "case", j.Case, "name", row.Name)
			w.Failed = "failed"
		}
	}
	var more func(storage.Tx) error
	if row.Name == "fetch" && w.Failed == "" {
		more = func(tx storage.Tx) error { return keepFetched(tx, w.Data, b.clock()) }
	}
	return b.event(ctx, j, w, more)
}

func retryable(err error) bool {
	var r Refused
	var g Gone
	var p *panicked
	return !errors.As(err, &r) && !errors.As(err, &g) && !errors.As(err, &p)
}

// saying is how many readers of a Say become rows in one transaction.
const saying = 200

// performSay makes rows for the next readers of a Say to many.
func (b *Bot) performSay(ctx context.Context, j storage.Job) error {
	return b.finish(ctx, func(tx storage.Tx) error {
		if ok, err := live(tx, j.ID); err != nil || !ok {
			return err
		}
		row, err := decode[sayRow](j.Body)
		if err != nil {
			return b.giveUp(tx, j, "the row cannot be read")
		}
		c, err := tx.Case(j.Case)
		if errors.Is(err, storage.ErrNone) {
			return tx.DropJob(j.ID)
		}
		if err != nil {
			return err
		}
		st := &step{b: b, tx: tx, at: row.Said, s: b.Settings(), event: fmt.Sprintf("j%d", j.ID)}
		page, next, err := st.readers(c, row)
		var fault *panicked
		if errors.As(err, &fault) || errors.Is(err, errRules) {
			b.log.Error("a rule failed", "case", j.Case, "kind", "say", "err", err)
			return b.giveUp(tx, j, "a rule failed on whom to tell")
		}
		if err != nil {
			return err
		}
		for _, id := range page {
			one := row.Say
			one.To = flows.To{Person: id, Except: row.Say.To.Except, Homes: row.Say.To.Homes, All: row.Say.To.All} // the person is told, and the row knows of whom they are one
			if _, err := st.address(&c, row.Flow, row.No, one); err != nil {
				return err
			}
		}
		if next == "" {
			return tx.DropJob(j.ID)
		}
		row.Cursor = next
		j.Body, j.At = flows.Data(row), b.clock()
		return tx.PutJob(j)
	})
}

// readers gives the next people of a Say to many, and where to go on.
func (st *step) readers(c flows.Case, row sayRow) (page []flows.PersonID, next string, err error) {
	if !row.Say.To.Homes.Zero() {
		return st.residents(c, row)
	}
	list, next, err := st.tx.Entries(c.ID, row.Say.To.Entries, row.Cursor, saying)
	for _, e := range list {
		page = append(page, flows.PersonID(e.Key))
	}
	return page, next, err
}

// backoff grows from a second to a limit, with jitter that follows from the
// attempt, so that a replay does the same.
func backoff(attempt int, limit time.Duration) time.Duration {
	d := time.Second << min(attempt-1, 12)
	d += time.Duration(attempt*137%500) * time.Millisecond
	return min(d, limit)
}
