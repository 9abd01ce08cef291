package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// Calls is the book of what a language model was asked (see [prompts.Book]): what a day
// has used, so that a new start does not begin from nothing, and the calls for staff to
// look at, each for a time.
type Calls struct {
	Store storage.Store
	Keep  time.Duration // of a call; what a day has used is kept for longer, without texts
}

const (
	callKey = "model/call/"
	usedKey = "model/used/"
	// mostCalls is how many calls are kept at most, whatever their time.
	mostCalls = 500
	// usedFor is how long it is known what a day has used.
	usedFor = 62 * 24 * time.Hour
)

// keptCall is a call with when it goes.
type keptCall struct {
	Until time.Time `json:"until"`
	prompts.Call
}

// Take adds to what a day has used, unless it would be more than most.
func (c Calls) Take(ctx context.Context, day string, use, most prompts.Use) (ok bool, err error) {
	err = c.Store.Update(ctx, func(tx storage.Tx) error {
		used, err := usedOn(tx, day)
		if err != nil {
			return err
		}
		used = used.Plus(use)
		if ok = used.Within(most); !ok {
			return nil
		}
		return tx.PutKey(usedKey+day, flows.Data(used))
	})
	return ok, err
}

// Correct adds what was used besides, or takes away what was not.
func (c Calls) Correct(ctx context.Context, day string, by prompts.Use) error {
	return c.Store.Update(ctx, func(tx storage.Tx) error {
		used, err := usedOn(tx, day)
		if err != nil {
			return err
		}
		return tx.PutKey(usedKey+day, flows.Data(used.Plus(by)))
	})
}

// Used is what a day has used.
func (c Calls) Used(ctx context.Context, day string) (used prompts.Use, err error) {
	err = c.Store.View(ctx, func(tx storage.Tx) error { used, err = usedOn(tx, day); return err })
	return used, err
}

func usedOn(tx storage.Tx, day string) (prompts.Use, error) {
	raw, err := tx.Key(usedKey + day)
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return prompts.Use{}, nil
	}
	if err != nil {
		return prompts.Use{}, err
	}
	return decode[prompts.Use](raw)
}

// Note keeps a call for a time.
func (c Calls) Note(ctx context.Context, call prompts.Call) error {
	return c.Store.Update(ctx, func(tx storage.Tx) error {
		n, err := tx.Count("model call")
		if err != nil {
			return err
		}
		if n > mostCalls {
			if err := tx.PutKey(fmt.Sprintf("%s%012d", callKey, n-mostCalls), nil); err != nil {
				return err
			}
		}
		return tx.PutKey(fmt.Sprintf("%s%012d", callKey, n), flows.Data(keptCall{call.At.Add(c.Keep), call}))
	})
}

// List gives up to n calls, newest first.
func (c Calls) List(ctx context.Context, n int) (list []prompts.Call, err error) {
	err = c.Store.View(ctx, func(tx storage.Tx) error {
		all, err := tx.Keys(callKey)
		if err != nil {
			return err
		}
		var names []string
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		slices.Reverse(names)
		list = nil
		for _, name := range names[:min(n, len(names))] {
			k, err := decode[keptCall](all[name])
			if err != nil {
				return err
			}
			list = append(list, k.Call)
		}
		return nil
	})
	return list, err
}

// sweepCalls drops the calls whose time is over.
func sweepCalls(tx storage.Tx, now time.Time) error {
	calls, err := tx.Keys(callKey)
	if err != nil {
		return err
	}
	for name, raw := range calls {
		if k, err := decode[keptCall](raw); err != nil || now.After(k.Until) {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
	}
	days, err := tx.Keys(usedKey)
	if err != nil {
		return err
	}
	for name := range days {
		if day, err := time.Parse(time.DateOnly, strings.TrimPrefix(name, usedKey)); err != nil || now.Sub(day) > usedFor {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// emptyCalls takes the texts out of all calls: somebody is being erased, and whose words
// they were nobody can tell, because they are masked.
func emptyCalls(tx storage.Tx) error {
	calls, err := tx.Keys(callKey)
	if err != nil {
		return err
	}
	for name, raw := range calls {
		k, err := decode[keptCall](raw)
		if err != nil {
			return err
		}
		if k.Sent == "" && k.Got == "" {
			continue
		}
		k.Sent, k.Got = "", ""
		if err := tx.PutKey(name, flows.Data(k)); err != nil {
			return err
		}
	}
	return nil
}

// Once makes an answerer ask only once: what it cannot answer now, the flow goes on
// without. Full says of an error that only the moment was wrong.
func Once(a Answerer, full error) Answerer {
	return func(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
		out, err := a(ctx, data)
		switch {
		case errors.Is(err, full):
			return nil, Busy{After: 2 * time.Second}
		case err != nil:
			return nil, Refused{"no answer"}
		}
		return out, nil
	}
}
