package bot

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Windows: on some platforms one may write to a person only for a time after they have
// done something, and only so often. What opens a window says Inbound.Window; here is
// kept, for each address, until when and how many messages are left.

// spare is how many messages of a window are left to what concerns its reader alone: the last
// one is for their own matter, not for a notice.
const spare = 1

// open is a window as it is kept.
type open struct {
	Kind  string         `json:"kind"`
	Since time.Time      `json:"since"`
	Until time.Time      `json:"until"`
	Left  int            `json:"left"`           // Free: as many as one likes
	Paid  map[string]int `json:"paid,omitempty"` // by Message.Key, what was counted for a message: the next try at it is not counted again
}

const free = -1

func windowKey(address string) string { return "window/" + address }

// windowsOf gives the windows of an address that are open.
func windowsOf(tx storage.Tx, address string, now time.Time) ([]open, error) {
	raw, err := tx.Key(windowKey(address))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := decode[[]open](raw)
	if err != nil {
		return nil, nil // the platform will say
	}
	return slices.DeleteFunc(all, func(o open) bool { return !now.Before(o.Until) }), nil
}

func putWindows(tx storage.Tx, address string, all []open) error {
	if len(all) == 0 {
		if _, err := tx.Key(windowKey(address)); errors.Is(err, storage.ErrNone) {
			return nil
		}
		return tx.PutKey(windowKey(address), nil)
	}
	return tx.PutKey(windowKey(address), flows.Data(all))
}

// opens notes the window that something heard opens, and lets go out what has waited for one.
// With only it lets nothing out.
func (st *step) opens(h *heard, only bool) error {
	w := h.Window
	if h.chat.Group || h.As != "" {
		return nil
	}
	if h.Kind == Removed {
		return putWindows(st.tx, h.chat.Address, nil)
	}
	if w.For <= 0 || !h.From.Person {
		return nil
	}
	from := st.at
	if !h.At.IsZero() && h.At.Before(from) {
		from = h.At // the platform counts from here
	}
	o := open{Kind: w.Kind, Since: from, Until: from.Add(w.For), Left: free}
	if w.Messages > 0 {
		o.Left = w.Messages
	}
	if !st.at.Before(o.Until) {
		return nil
	}
	all, err := windowsOf(st.tx, h.chat.Address, st.at)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x open) bool { return x.Kind == o.Kind })
	all = append(all, o)
	if err := putWindows(st.tx, h.chat.Address, all); err != nil || only {
		return err
	}
	return st.letOut(h, min(outAtOnce, total(all)-1)) // the answer to what was said must have room beside it
}

// total is how many messages may be sent in all.
func total(all []open) (n int) {
	for _, o := range all {
		if o.Left == free {
			return math.MaxInt32
		}
		n += o.Left
	}
	return n
}

// fits says how many messages may be sent at an address now, at most most. What is not for
// its reader alone leaves the last ones.
func fits(all []open, row sendRow, most int) int {
	n := total(all)
	if n == math.MaxInt32 {
		return most
	}
	if !row.Say.Reply && (row.Say.Class == flows.Notice || row.Say.Class == flows.Invitation) {
		n -= spare
	}
	return max(0, min(n, most))
}

// paid is how much was counted already for the message with this key.
func paid(all []open, key string) (n int) {
	for _, o := range all {
		n += o.Paid[key]
	}
	return n
}

// spend takes messages out of the windows, first out of the one that ends first.
func spend(all []open, key string, n int) {
	if total(all) == math.MaxInt32 {
		return
	}
	slices.SortStableFunc(all, func(a, b open) int { return a.Until.Compare(b.Until) })
	for i := range all {
		if took := min(n, all[i].Left); took > 0 {
			if all[i].Paid == nil {
				all[i].Paid = map[string]int{}
			}
			all[i].Paid[key] += took
			all[i].Left -= took
			n -= took
		}
	}
}

// refund gives back what was counted for a message.
func refund(all []open, key string) {
	for i := range all {
		if n := all[i].Paid[key]; n > 0 {
			all[i].Left += n
			delete(all[i].Paid, key)
		}
	}
}

// shutSince leaves out the windows that were open at a time: the platform has said that they
// are not. What was opened since then, is.
func shutSince(all []open, at time.Time) []open {
	return slices.DeleteFunc(all, func(o open) bool { return !o.Since.After(at) })
}

// sweepWindows deletes those that are over.
func sweepWindows(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("window/")
	if err != nil {
		return err
	}
	for name := range all {
		address := strings.TrimPrefix(name, "window/")
		left, err := windowsOf(tx, address, now)
		if err == nil && len(left) == 0 {
			err = tx.PutKey(name, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
