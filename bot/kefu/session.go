package kefu

import (
	"context"
	"errors"
	"time"

	"github.com/silenceper/wechat/v2/work/kf/sendmsgonevent"

	"linli/bot"
	"linli/bot/weixin"
)

// Conversations that a person of the committee has. Who takes one over, and who ends one, does
// so in WeCom; the platform tells of it among the messages, but not where it has assigned
// somebody itself. Then a send finds out.

// States of a conversation.
const (
	fresh    = iota // the resident has written, nobody has it
	assisted        // the same to us
	pooled          // waits for a person
	talking         // with a person
	ended           // or not begun: the resident must write first
)

// wantsPerson are the words by which a resident asks for a person.
var wantsPerson = []string{"人工", "转人工"}

// awayFor is how long a conversation is taken to be with a person when nothing more is heard
// of it. The platform ends it after 48 hours.
const awayFor = 49 * time.Hour

func (k *Kefu) awayName(person string) string { return k.shelf("with/" + person) }

// away notes that a person has a conversation, or no longer has it.
func (k *Kefu) away(ctx context.Context, person string, yes bool) error {
	var value []byte
	if yes {
		value = []byte("1")
	}
	return k.options.Shelf.Save(ctx, k.awayName(person), value, k.now().Add(awayFor))
}

// isAway says that what somebody has written is for the person who has their conversation.
// What was noted is made sure of: a conversation may end without a word. Where the platform
// does not say, the message is heard, for nothing must be lost.
func (k *Kefu) isAway(ctx context.Context, person string) (bool, error) {
	noted, err := k.options.Shelf.Load(ctx, k.awayName(person))
	if err != nil || len(noted) == 0 {
		return false, err
	}
	state, err := k.state(ctx, person)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		k.log.Warn("wechat does not say who has a conversation", "error", err)
		return false, nil
	case state == talking, state == ended: // it was still theirs when this was written
		return true, nil
	}
	return false, k.away(ctx, person, false)
}

// state asks who has a conversation.
func (k *Kefu) state(ctx context.Context, person string) (int, error) {
	var out struct {
		answer
		State int `json:"service_state"`
	}
	err := k.call(ctx, "service_state/get", map[string]string{"open_kfid": k.options.Account, "external_userid": person}, &out)
	return out.State, k.verdict("service_state/get", err)
}

// shut says why the platform takes nothing for a conversation in its present state.
func (k *Kefu) shut(ctx context.Context, person string) error {
	state, err := k.state(ctx, person)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return bot.Closed{Why: "a person is talking, or the conversation is over"}
	case state == talking:
		if err := k.away(ctx, person, true); err != nil {
			k.log.Warn("who has a conversation could not be kept", "error", weixin.Clean(err))
		}
		return bot.Closed{Why: "a person is talking"}
	case state == pooled:
		return bot.Closed{Why: "waits for a person"}
	case state == ended:
		return bot.Closed{Why: "the conversation is over until they write"}
	}
	return bot.Closed{Why: "the conversation takes nothing now"}
}

// handOver puts a conversation into the pool, from which somebody of the committee takes it,
// once for each time that it was asked for. It is tried a few times; a resident who waits in
// vain asks again, and what they said was taken all the same.
func (k *Kefu) handOver(ctx context.Context, person, msgid string) {
	asked := k.shelf("asked/" + msgid)
	if done, err := k.options.Shelf.Load(ctx, asked); err != nil || len(done) > 0 {
		return // it was read again
	}
	for attempt := range 3 {
		if attempt > 0 && k.pause(ctx, time.Duration(attempt)*time.Second) != nil {
			return
		}
		err := k.toPool(ctx, person)
		if err == nil {
			if err := k.options.Shelf.Save(ctx, asked, []byte("1"), k.now().Add(4*24*time.Hour)); err != nil {
				k.log.Warn("that a person was asked for could not be kept", "error", weixin.Clean(err))
			}
			return
		}
		k.log.Warn("a conversation could not be handed over", "error", err)
		if final(err) {
			return
		}
	}
}

// final says that the platform has answered for good.
func final(err error) bool {
	return errors.As(err, new(bot.Halted)) || errors.As(err, new(bot.Refused)) || errors.As(err, new(bot.Gone)) ||
		errors.As(err, new(bot.Closed)) || weixin.Code(err) != 0
}

func (k *Kefu) toPool(ctx context.Context, person string) error {
	state, err := k.state(ctx, person)
	if err != nil || state != fresh && state != assisted {
		return err // somebody has it, or it waits
	}
	var out struct {
		answer
		Code string `json:"msg_code"`
	}
	err = k.call(ctx, "service_state/trans", struct {
		Account string `json:"open_kfid"`
		Person  string `json:"external_userid"`
		State   int    `json:"service_state"`
	}{k.options.Account, person, pooled}, &out)
	if err != nil {
		return k.verdict("service_state/trans", err)
	}
	if k.options.Waiting == "" || out.Code == "" {
		return nil
	}
	m := sendmsgonevent.Text{MsgType: "text"}
	m.Code, m.Text.Content = out.Code, k.options.Waiting
	if err := k.call(ctx, "send_msg_on_event", m, &answer{}); err != nil {
		k.log.Warn("who waits for a person was not told so", "error", weixin.Clean(err))
	}
	return nil
}
