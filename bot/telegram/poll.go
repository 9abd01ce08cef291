package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"linli/bot"
	"linli/bot/turns"
)

// allowed are the kinds of updates that are asked for.
var allowed = []string{
	models.AllowedUpdateMessage, models.AllowedUpdateEditedMessage, models.AllowedUpdateCallbackQuery,
	models.AllowedUpdateMyChatMember, models.AllowedUpdateChatMember, models.AllowedUpdateMessageReaction,
	models.AllowedUpdatePollAnswer,
}

// poll asks for batches of updates until the context ends. A batch is
// confirmed, by asking for the next, when every update of it was accepted and
// the offset is kept.
func (t *Telegram) poll(ctx context.Context) error {
	var offset int64
	err := t.insist(ctx, "offset could not be read", func() (err error) {
		offset, err = t.options.Cursor.Load(ctx)
		return err
	})
	if err != nil {
		return nil
	}
	var (
		wait     = turns.Backoff{First: time.Second, Most: 30 * time.Second}
		conflict bool
	)
	for ctx.Err() == nil {
		asked := time.Now()
		batch, err := t.getUpdates(ctx, offset)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			d := wait.Next()
			err = t.verdict("getUpdates", err)
			var busy bot.Busy
			switch {
			case tokenRefused(err):
				return err
			case errors.As(err, &busy):
				d = busy.After
				t.log.Warn("telegram asks to wait", "again", d)
			case refusedWith(err, http.StatusConflict):
				if !conflict {
					t.log.Error("another program receives the messages of this bot; stop one of the two", "error", err)
				}
				conflict, d = true, max(d, 5*time.Second)
			default:
				t.log.Warn("no updates from telegram", "error", err, "again", d)
			}
			if t.pause(ctx, d) != nil {
				break
			}
			continue
		}
		if conflict {
			t.log.Info("messages are received again")
		}
		conflict = false
		if len(batch) == 0 {
			wait.Reset()
			// A server that does not hold the call must not be asked in a tight loop.
			if rest := t.options.Wait - time.Since(asked); rest > 0 && t.pause(ctx, min(rest, 200*time.Millisecond)) != nil {
				break
			}
			continue
		}

		// Not max(offset, …): the numbers may start anew from a lower one.
		next, any := int64(0), false
		var hear []heard
		for _, raw := range batch {
			h, err := t.read(ctx, raw)
			if err != nil {
				t.log.Error("update without an id is dropped")
				continue
			}
			hear = append(hear, h)
			if !any || h.id >= next {
				next, any = h.id+1, true
			}
		}
		if !any {
			if t.pause(ctx, wait.Next()) != nil {
				break
			}
			continue
		}
		wait.Reset()
		if !t.accept(ctx, hear) {
			break
		}
		if t.insist(ctx, "offset could not be kept", func() error { return t.options.Cursor.Save(ctx, next) }) != nil {
			break
		}
		offset = next
	}
	return nil
}

func (t *Telegram) getUpdates(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	// A connection that died silently must not hold the poller for ever.
	ctx, cancel := context.WithTimeout(ctx, t.options.Wait+15*time.Second)
	defer cancel()
	result, err := t.wire.call(ctx, "getUpdates", struct {
		Offset  int64    `json:"offset,omitempty"`
		Limit   int      `json:"limit"`
		Timeout int      `json:"timeout"`
		Allowed []string `json:"allowed_updates"`
	}{offset, 100, int(t.options.Wait / time.Second), allowed})
	if err != nil {
		return nil, err
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(result, &batch); err != nil {
		return nil, errors.New("updates are no list")
	}
	return batch, nil
}

// accept hands over a batch: the updates of a lane one after the other, lanes
// side by side. It reports false if the context ended first.
func (t *Telegram) accept(ctx context.Context, batch []heard) bool {
	turns.ByLane(batch, func(h heard) string { return h.lane }, together, func(h heard) error {
		return t.insist(ctx, "update was not taken", func() error { return t.receive(ctx, h) })
	})
	return ctx.Err() == nil
}

// receive hands over one update, and answers a press at once.
func (t *Telegram) receive(ctx context.Context, h heard) error {
	answer, err := t.options.Receive.Receive(ctx, h.in)
	if err != nil {
		return err
	}
	if h.press != "" {
		reply := func() { t.answer(context.WithoutCancel(ctx), h.press, answer.Toast) }
		if t.options.Mode == Webhook {
			go reply()
		} else {
			t.replies.Go(reply)
		}
	}
	return nil
}

// answer stops the clock on the button that was pressed. Best effort: a lost
// one costs the notice, not the press.
func (t *Telegram) answer(ctx context.Context, press, toast string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := t.calls.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: press, Text: clip(toast, 200)})
	var r *refusal
	if err == nil || errors.As(err, &r) && says(r.why, "query is too old", "query_id_invalid") {
		return
	}
	t.log.Info("press was not answered", "error", t.verdict("answerCallbackQuery", err))
}

// insist repeats until it works; its error is the context's.
func (t *Telegram) insist(ctx context.Context, failed string, try func() error) error {
	return turns.Insist(ctx, t.pause, func(err error, again time.Duration) {
		t.log.Error(failed, "error", t.wire.clean(err), "again", again)
	}, try)
}

// clip cuts a text to n UTF-16 units.
func clip(s string, n int) string {
	for i, r := range s {
		if n -= bot.UTF16.Len(string(r)); n < 0 {
			return s[:i]
		}
	}
	return s
}
