package bot

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	"linli/flows"
	"linli/storage"
)

// When a message may leave: the hours of people and the rates of platforms.

// allow says when a row may leave: now, or later because of the reader's
// hours or the platform's rates.
func (b *Bot) allow(j storage.Job, now time.Time) time.Time {
	if j.Kind == "hear" {
		return b.pace(j.Lane, now)
	}
	if j.Kind != "send" {
		return now
	}
	row, err := decode[sendRow](j.Body)
	if err != nil {
		return now // the worker will find the same and show it
	}
	if at := b.hours(row, now); at.After(now) {
		return at
	}
	if at := b.gathers(row, now); at.After(now) {
		return at
	}
	if at := b.halts(row); at.After(now) && row.Say.Class != flows.Emergency {
		return at
	}
	return b.rates(row, !j.Urgent && !row.Say.Reply, now)
}

// lanes are the endings of an address's lanes: what may leave now, what is
// urgent, what waits for the next bundle, for working hours, for the morning,
// and what shares a message with other lines. Rows of a lane leave in order, so that what waits must not stand
// before an answer that may leave at once.
var lanes = []string{"", "!", "~b", "~w", "~p", "~d"}

// lane chooses the lane of a new row.
func (b *Bot) lane(row sendRow, now time.Time) string {
	switch {
	case row.Say.Class == flows.Emergency:
		return "!"
	case row.Say.Bundle:
		return "~b"
	case row.Say.Digest && b.gathering(row) && !b.hours(row, now).After(now):
		return "~d"
	case !b.hours(row, now).After(now):
		return ""
	case row.Say.Class == flows.Work:
		return "~w"
	}
	return "~p"
}

// hours is the policy of quiet and working hours by class.
func (b *Bot) hours(row sendRow, now time.Time) time.Time {
	s := b.Settings()
	switch row.Say.Class {
	case flows.Emergency:
		return now
	case flows.Work:
		if row.Say.Reply && now.Sub(row.Said) < 10*time.Minute {
			return now
		}
		return s.Calendar.Next(now)
	}
	if row.Say.Reply && now.Sub(row.Said) < 10*time.Minute {
		return now
	}
	if until, quiet := s.Quiet(now); quiet {
		return until
	}
	return now
}

// rates asks the buckets of the platform, of the channel and of the chat. They
// are asked in the order of claims, so that the urgent is served first. Rows that
// nobody waits for line up one behind the other: were they all put off to the
// same moment, each claim would write all of them anew.
func (b *Bot) rates(row sendRow, patient bool, now time.Time) time.Time {
	address := row.Address
	ch, _, ok := b.channel(address)
	if !ok {
		return now
	}
	caps := ch.Capabilities()
	per, burst := caps.PerChat, 3
	if row.toGroup() {
		per, burst = caps.PerGroup/60, 4
	}
	if row.Say.React != "" {
		per = 0 // a sign is no message of the chat
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var taken []*rate.Reservation
	for _, l := range []struct {
		name  string
		per   float64
		burst int
	}{{address, per, burst}, {ch.Name(), caps.PerSecond, max(1, int(caps.PerSecond))}} {
		if l.per <= 0 {
			continue
		}
		every := time.Duration(math.Ceil(float64(time.Second) / l.per))
		if owed := b.owed[l.name]; patient && now.Before(owed.Add(2*every)) {
			// Somebody waits for an answer that is to leave as soon as the platform lets it.
			for _, r := range taken {
				r.CancelAt(now)
			}
			at := owed.Add(every)
			if last := b.lined[l.name].Add(every); last.After(at) {
				at = last
			}
			b.lined[l.name] = at
			return at
		}
		lim := b.limits[l.name]
		if lim == nil {
			lim = rate.NewLimiter(rate.Limit(l.per), l.burst)
			b.limits[l.name] = lim
		}
		r := lim.ReserveN(now, 1)
		taken = append(taken, r)
		if d := r.DelayFrom(now); d > 0 {
			for _, r := range taken {
				r.CancelAt(now)
			}
			at := now.Add(d)
			if patient {
				if last := b.lined[l.name].Add(every); last.After(at) {
					at = last
				}
				b.lined[l.name] = at
			} else {
				b.owed[l.name] = at
			}
			return at
		}
		if !patient {
			delete(b.owed, l.name)
		}
	}
	return now
}
