package kefu

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/turns"
	"linli/bot/weixin"
)

// Run is the worker of the account: it asks for what is new at its start, after each
// callback, and every few minutes, until the context ends; then it returns nil. Whatever
// the platform refuses it tries again, less and less often: what is wrong there is put
// right there. There must be one for an account.
func (k *Kefu) Run(ctx context.Context) error {
	if !k.running.CompareAndSwap(false, true) {
		return errors.New("kefu: the account has its worker already")
	}
	defer k.running.Store(false)
	wait := turns.Backoff{First: time.Second, Most: 2 * time.Minute}
	for ctx.Err() == nil {
		err := k.sync(ctx)
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			wait.Reset()
			timer := time.NewTimer(k.round)
			select {
			case <-ctx.Done():
			case <-k.wake:
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		d := wait.Next()
		var (
			busy   bot.Busy
			halted bot.Halted
		)
		switch {
		case errors.As(err, &busy):
			d = max(d, min(busy.After, 10*time.Minute))
			k.log.Warn("wechat asks to wait", "again", d)
		case errors.As(err, &halted):
			d = k.round
			k.log.Error("wechat gives no messages until something is put right", "why", halted.Why, "fix", halted.Fix, "again", d)
		default:
			k.log.Warn("no messages from wechat", "error", err, "again", d)
		}
		if k.pause(ctx, d) != nil {
			break
		}
	}
	return nil
}

// page is a part of what is new.
type page struct {
	answer
	Next string            `json:"next_cursor"`
	More int               `json:"has_more"`
	List []json.RawMessage `json:"msg_list"`
}

var errStuck = errors.New("kefu: there is said to be more, and the cursor stays where it is")

// sync takes what is new, page by page. The cursor is moved after each of them.
func (k *Kefu) sync(ctx context.Context) error {
	kept, err := k.options.Shelf.Load(ctx, k.shelf("cursor"))
	if err != nil {
		return errors.New("kefu: the cursor cannot be read")
	}
	cursor := string(kept)
	for empty := 0; ; {
		p, err := k.ask(ctx, cursor)
		if err != nil {
			return err
		}
		if !k.accept(ctx, p.List) {
			return ctx.Err()
		}
		moved := p.Next != "" && p.Next != cursor
		if moved {
			err := k.insist(ctx, "the cursor could not be kept", func() error {
				return k.options.Shelf.Save(ctx, k.shelf("cursor"), []byte(p.Next), k.now().AddDate(1, 0, 0))
			})
			if err != nil {
				return err
			}
			cursor = p.Next
		}
		// The platform may say that there is more and give nothing.
		switch {
		case p.More == 0:
			return nil
		case !moved:
			return errStuck
		case len(p.List) > 0:
			empty = 0
		default:
			if empty++; empty > 3 {
				if err := k.pause(ctx, min(time.Duration(empty)*100*time.Millisecond, 5*time.Second)); err != nil {
					return err
				}
			}
		}
	}
}

// ask gets one page. A callback's token that is not taken is left out. A cursor that is not
// taken would stop everything for ever: the page then begins with the oldest message that the
// platform still has, and what was taken before is known by its key.
func (k *Kefu) ask(ctx context.Context, cursor string) (page, error) {
	token := k.word.get(k.now())
	p, err := k.get(ctx, cursor, token)
	if weixin.Code(err) == badWord && token != "" {
		k.word.drop(token)
		p, err = k.get(ctx, cursor, "")
	}
	if refused := (bot.Refused{}); err != nil && cursor != "" && errors.As(weixin.Verdict(err), &refused) {
		k.log.Error("wechat does not know the cursor; everything of the last three days is read again", "why", refused.Why)
		p, err = k.get(ctx, "", k.word.get(k.now()))
	}
	if err != nil {
		return page{}, k.verdict("sync_msg", err)
	}
	return p, nil
}

func (k *Kefu) get(ctx context.Context, cursor, token string) (p page, err error) {
	err = k.call(ctx, "sync_msg", struct {
		Cursor  string `json:"cursor,omitempty"`
		Token   string `json:"token,omitempty"`
		Limit   int    `json:"limit"`
		Voice   int    `json:"voice_format"` // AMR
		Account string `json:"open_kfid"`
	}{cursor, token, k.page, 0, k.options.Account}, &p)
	return p, err
}

// accept hands over a page: the messages of a person one after the other, people side by
// side. It reports false if the context ended first.
func (k *Kefu) accept(ctx context.Context, list []json.RawMessage) bool {
	all := make([]heard, 0, len(list))
	for _, raw := range list {
		all = append(all, k.read(raw))
	}
	turns.ByLane(all, func(h heard) string { return h.lane }, together, func(h heard) error {
		return k.insist(ctx, "a message was not taken", func() error { return k.take(ctx, h) })
	})
	return ctx.Err() == nil
}

// take hands over one message, and does what belongs to the conversation itself.
func (k *Kefu) take(ctx context.Context, h heard) error {
	in := h.in
	switch {
	case h.taken:
		if err := k.away(ctx, h.person, true); err != nil {
			return err
		}
	case h.over:
		if err := k.away(ctx, h.person, false); err != nil {
			return err
		}
	case h.customer:
		away, err := k.isAway(ctx, h.person)
		if err != nil {
			return err
		}
		if away {
			in = bot.Inbound{Channel: name, Keys: in.Keys, At: in.At, Kind: bot.Ignored}
		}
	case h.welcome != "":
		// It must be there before Receive has anything to greet them with.
		k.welcomes.note(h.person, h.welcome, in.At.Add(welcome))
	}
	if _, err := k.options.Receive.Receive(ctx, in); err != nil {
		return err
	}
	if in.Kind == bot.Said && slices.Contains(wantsPerson, strings.TrimSpace(in.Message.Text)) {
		k.handOver(ctx, h.person, in.Message.Ref)
	}
	return nil
}

// shelf is the name of something that is kept for the account.
func (k *Kefu) shelf(what string) string { return name + "/" + k.options.Account + "/" + what }
