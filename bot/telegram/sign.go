package telegram

import (
	"context"
	"errors"
	"net/http"
	"strings"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"linli/bot"
)

// What Linli does to messages that are there: it puts signs on them and pins
// them.

// signs are the emoji of a sign, of those that Telegram allows, the first
// choice first: a group may allow only some.
var signs = map[string][]string{
	bot.SignHeard: {"👀", "✍"},
	bot.SignDone:  {"👌", "👍"},
}

// react puts a sign on the message that m quotes, in place of the sign that is
// there: a bot has one on each message.
func (t *Telegram) react(ctx context.Context, chat int64, m bot.Message) error {
	id, _, ok := parseRef(m.Quote)
	emoji := signs[m.React]
	if !ok || emoji == nil {
		return bot.Refused{Why: "no such sign, or no message to put it on"}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var err error
	for _, e := range emoji {
		_, err = t.calls.SetMessageReaction(ctx, &tg.SetMessageReactionParams{ChatID: chat, MessageID: id, Reaction: []models.ReactionType{
			{Type: models.ReactionTypeTypeEmoji, ReactionTypeEmoji: &models.ReactionTypeEmoji{Type: models.ReactionTypeTypeEmoji, Emoji: e}},
		}})
		if r := (*refusal)(nil); !errors.As(err, &r) || !says(r.why, "reaction_invalid") {
			break
		}
	}
	err = t.verdict("setMessageReaction", err)
	if refused := (bot.Refused{}); errors.As(err, &refused) {
		t.log.Info("no sign could be put on a message", "why", refused.Why)
		return nil
	}
	return err
}

// pin keeps a message at the top of a group, without a sound. It needs a right
// that Linli may not have, and is not worth saying the message twice for.
func (t *Telegram) pin(ctx context.Context, chat int64, ref string) {
	id, _, ok := parseRef(ref)
	if !ok || chat > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := t.calls.PinChatMessage(ctx, &tg.PinChatMessageParams{ChatID: chat, MessageID: id, DisableNotification: true})
	if err != nil {
		t.log.Info("message is not pinned", "error", t.verdict("pinChatMessage", err))
	}
}

// sent is the reference of a message that has just been sent.
func (t *Telegram) sent(chat int64, m *models.Message) string {
	topic := topicID(m.IsTopicMessage, int64(m.MessageThreadID))
	t.topics.note(chat, int64(m.ID), topic)
	return refOf(int64(m.ID), topic)
}

// advice is what staff can do about a refusal, by a part of Telegram's words.
var advice = []struct{ part, text string }{
	{"not enough rights", "机器人在这个群里没有发这类消息的权限：请群主放开成员发言，或把机器人设为管理员"},
	{"chat_write_forbidden", "机器人在这个群里被禁言：请群主放开成员发言，或把机器人设为管理员"},
	{"have no rights to send", "机器人在这个群里被禁言：请群主放开成员发言，或把机器人设为管理员"},
	{"chat_restricted", "这个群不让机器人发消息：请群主放开成员发言，或把机器人设为管理员"},
	{"chat_send_", "这个群不让发这类文件：请群主放开，或把机器人设为管理员"},
	{"topic_closed", "这个话题已关闭：请群主重新打开，或把机器人设为管理员"},
}

// refused is a refusal with what staff can do about it before Telegram's own words.
func refused(r *refusal) bot.Refused {
	if r.code == http.StatusBadRequest {
		for _, a := range advice {
			if strings.Contains(strings.ToLower(r.why), a.part) {
				return bot.Refused{Why: a.text + "（" + r.why + "）"}
			}
		}
	}
	return bot.Refused{Why: r.why}
}
