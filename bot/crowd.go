package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"golang.org/x/time/rate"

	"linli/flows"
	"linli/storage"
)

// Somebody who sends more than a person can is kept like everybody else, and
// read more slowly, so that others do not wait for them.

const (
	crowdBurst = 20              // messages one speaker may send at once, where the settings say nothing
	crowdEvery = 3 * time.Second // and how often one more
	hearEvery  = 2 * time.Second // how often one of those that wait is read
	crowdTold  = time.Hour       // staff hear of the same speaker once in so long
)

// crowd is how fast one speaker speaks, in memory only.
type crowd struct {
	spoken *rate.Limiter
	danger *rate.Limiter // dangers are read at once, but not a thousand of one person
	behind time.Time     // until when what they send waits behind what they have sent
	told   time.Time     // when staff were told
}

// crowds says that something has to wait because its speaker sends too much. What
// may be a danger does not wait.
func (b *Bot) crowds(h *heard, at time.Time) bool {
	if h.Kind != Said && h.Kind != Edited || !h.From.Person || h.As != "" {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.crowded[h.who()]
	burst := cmp.Or(h.settings.Limits.Burst, crowdBurst)
	if c == nil || c.spoken.Burst() != burst {
		c = &crowd{spoken: rate.NewLimiter(rate.Every(crowdEvery), burst), danger: rate.NewLimiter(rate.Every(crowdEvery), crowdBurst)}
		b.crowded[h.who()] = c
	}
	h.crowd = c
	turn := c.spoken.ReserveN(at, 1)
	if turn.DelayFrom(at) == 0 && !at.Before(c.behind) {
		h.turn = turn
		return false
	}
	turn.CancelAt(at)
	danger := flows.Unknown
	if err := caught(func() error { danger = b.reader.Danger(h.Message.Text); return nil }); err != nil {
		danger = flows.Unknown
	}
	return danger == "" || !c.danger.AllowN(at, 1)
}

// hearLater keeps something as a row that will be read in its turn, and lets
// staff know.
func (b *Bot) hearLater(ctx context.Context, h *heard, at time.Time) error {
	body, err := json.Marshal(h.Inbound)
	if err != nil {
		return fmt.Errorf("hear later: %w", err)
	}
	b.mu.Lock()
	tell := at.Sub(h.crowd.told) > crowdTold
	b.mu.Unlock()
	waits := 0
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		_, seen, err := b.once(tx, h.Inbound, at)
		if err != nil || seen {
			return err
		}
		if _, err := tx.AddJob(storage.Job{Kind: "hear", Lane: hearLane(h.who()), At: at.Add(hearEvery), Body: body}); err != nil {
			return err
		}
		waits++
		if !tell {
			return nil
		}
		st := &step{b: b, tx: tx, at: at, s: h.settings, event: h.Keys[0]}
		return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
			Words: "crowd", Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
	})
	if err != nil || waits == 0 {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := h.crowd
	if tell {
		c.told = at
	}
	if c.behind.Before(at) {
		c.behind = at
	}
	c.behind = c.behind.Add(hearEvery)
	return nil
}

// hearLane is the lane in which what a speaker has sent waits to be read.
func hearLane(who string) string { return "hear:" + who }

// hearRow is the body of such a row.
type hearRow struct {
	Inbound
	Listened bool `json:"listened,omitempty"` // see heard
}

// performHear reads something that has waited.
func (b *Bot) performHear(ctx context.Context, j storage.Job) error {
	row, err := decode[hearRow](j.Body)
	if err != nil {
		return b.unreadable(ctx, j)
	}
	at := b.clock()
	h, err := b.look(ctx, row.Inbound, at)
	if err != nil {
		return err
	}
	h.listened = row.Listened
	_, err = b.take(ctx, &h, at, j.ID)
	return err
}

// pace lets one of those that wait be read at a time.
func (b *Bot) pace(lane string, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.limits[lane]
	if l == nil {
		l = rate.NewLimiter(rate.Every(hearEvery), 1)
		b.limits[lane] = l
	}
	r := l.ReserveN(now, 1)
	if d := r.DelayFrom(now); d > 0 {
		r.CancelAt(now)
		return now.Add(d)
	}
	return now
}

// calm forgets who has not spoken for a while. The caller holds the lock.
func (b *Bot) calm(now time.Time) {
	maps.DeleteFunc(b.crowded, func(_ string, c *crowd) bool {
		return c.spoken.TokensAt(now) >= float64(c.spoken.Burst()) && now.After(c.behind) && now.Sub(c.told) > crowdTold
	})
}
