package bot

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"linli/flows"
	"linli/storage"
)

// A group takes only so many messages a minute. Lines that say so (Say.Digest)
// share one: the first leaves at once, those that come shortly after it leave
// together, and each can still be changed by itself.

// gatherFor is how long lines to a group are gathered after one has left, where
// the settings say nothing.
const gatherFor = time.Minute

// digestKept is how long the lines of a message are known; what is older is not
// changed any more.
const digestKept = 90 * 24 * time.Hour

// digestLines is how many lines people are given to read at once.
const digestLines = 12

// line is one case's part of a message.
type line struct {
	Row sendRow   `json:"row"`
	At  time.Time `json:"at"`
}

func digestKey(chat flows.ChatID, ref string) string { return "digest/" + string(chat) + "/" + ref }

// gathering says whether a row's channel counts the messages of a group.
func (b *Bot) gathering(row sendRow) bool {
	ch, _, ok := b.channel(row.Address)
	return ok && row.toGroup() && ch.Capabilities().PerGroup > 0
}

// gathers says when a line may leave: now, or when those that come shortly after
// the last one have been gathered.
func (b *Bot) gathers(row sendRow, now time.Time) time.Time {
	if !row.Say.Digest || !b.gathering(row) {
		return now
	}
	wait := cmp.Or(b.Settings().Limits.Gather, gatherFor)
	b.mu.Lock()
	defer b.mu.Unlock()
	if last, ok := b.gathered[gatherKey(row)]; ok && now.Sub(last) < wait && !now.Before(last) {
		return last.Add(wait)
	}
	return now
}

// gatherKey names where lines are gathered: a group, or a topic of it.
func gatherKey(row sendRow) string { return row.Address + "@" + topicOf(row.Say.Near) }

// gone notes that lines have left for a group.
func (b *Bot) gone(row sendRow, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gathered[gatherKey(row)] = now
}

// among is the name of a row's text. What is said to all of them at the end of a
// line (how to join, say) is said once, by the last line that can be joined: where there
// is a text "…-among", the lines before it have that one.
func (b *Bot) among(rows []sendRow, i int) string {
	r := rows[i]
	short := r.Say.Words + "-among"
	if !r.Say.Digest || !b.words(r.Flow).Has(short) {
		return r.Say.Words
	}
	for _, later := range rows[i+1:] {
		if later.Say.Words == r.Say.Words && later.Lang == r.Lang {
			return short
		}
	}
	return r.Say.Words
}

// side puts the buttons of several lines side by side.
func side(rows [][]Button) [][]Button {
	return slices.Collect(slices.Chunk(slices.Concat(rows...), 3))
}

// linesOf gives the lines of a message that has several, nil for any other.
func linesOf(tx storage.Tx, chat flows.ChatID, ref string) ([]line, error) {
	raw, err := tx.Key(digestKey(chat, ref))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode[[]line](json.RawMessage(raw))
}

// sweepDigests forgets the lines of messages that are old.
func sweepDigests(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("digest/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		list, err := decode[[]line](raw)
		if err == nil && len(list) > 0 && now.Sub(list[0].At) < digestKept {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}

// replaced gives the lines with that of a row in its place.
func replaced(all []line, row sendRow, now time.Time) []line {
	for i := range all {
		if all[i].Row.Button == row.Button && all[i].Row.Say.Slot == row.Say.Slot {
			all[i] = line{row, now}
		}
	}
	return all
}

// keepDigest notes what lines a message has, after it has arrived: those of the
// rows as they left, or of a message that was changed.
func keepDigest(tx storage.Tx, jobs []storage.Job, row sendRow, edit bool, ref string, now time.Time) error {
	if edit {
		all, err := linesOf(tx, row.Chat, ref)
		if err != nil || all == nil {
			return err
		}
		for _, j := range jobs {
			r, err := decode[sendRow](j.Body)
			if err != nil {
				return err
			}
			all = replaced(all, r, now)
		}
		return tx.PutKey(digestKey(row.Chat, ref), flows.Data(all))
	}
	if !row.Say.Digest || len(jobs) == 1 {
		return nil
	}
	var all []line
	for _, j := range jobs {
		r, err := decode[sendRow](j.Body)
		if err != nil {
			return err
		}
		all = append(all, line{r, now})
		if _, err := tx.Case(r.Button); errors.Is(err, storage.ErrNone) {
			continue // forgotten while this was under way
		} else if err != nil {
			return err
		}
		if err := tx.PutKey(slotKey(r, r.Address), []byte(ref)); err != nil {
			return err
		}
	}
	return tx.PutKey(digestKey(row.Chat, ref), flows.Data(all))
}
