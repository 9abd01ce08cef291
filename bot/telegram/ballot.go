package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-telegram/bot/models"

	"linli/bot"
)

// Polls of Telegram's own. The calls are made without the library: it does not tell
// the id of a poll it has sent apart from all else that the answer holds, and fails as a
// whole on a kind of content that is newer than itself.

// sendPoll asks a question of which everybody may choose one option, change it and
// take it back.
func (t *Telegram) sendPoll(ctx context.Context, chat int64, m bot.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	type option struct {
		Text string `json:"text"`
	}
	params := struct {
		Chat      int64                   `json:"chat_id"`
		Topic     int                     `json:"message_thread_id,omitempty"`
		Question  string                  `json:"question"`
		Options   []option                `json:"options"`
		Anonymous bool                    `json:"is_anonymous"` // an anonymous one tells no votes
		Kind      string                  `json:"type"`
		Several   bool                    `json:"allows_multiple_answers"`
		Silent    bool                    `json:"disable_notification,omitempty"`
		Answers   *models.ReplyParameters `json:"reply_parameters,omitempty"`
		Keys      models.ReplyMarkup      `json:"reply_markup,omitempty"`
	}{Chat: chat, Topic: topicOf(m), Question: m.Poll.Question, Kind: "regular", Silent: m.Silent, Answers: quote(m), Keys: keyboard(m)}
	for _, o := range m.Poll.Options {
		params.Options = append(params.Options, option{o})
	}
	result, err := t.wire.call(ctx, "sendPoll", params)
	if err != nil {
		return "", t.verdict("sendPoll", err)
	}
	var sent struct {
		ID     int64 `json:"message_id"`
		Thread int64 `json:"message_thread_id"`
		Topic  bool  `json:"is_topic_message"`
		Poll   struct {
			ID string `json:"id"`
		} `json:"poll"`
	}
	if err := json.Unmarshal(result, &sent); err != nil || sent.ID == 0 || sent.Poll.ID == "" {
		return "", errors.New("telegram: sendPoll: the answer names no poll")
	}
	topic := topicID(sent.Topic, sent.Thread)
	t.topics.note(chat, sent.ID, topic)
	return pollRef(sent.ID, sent.Poll.ID, topic), nil
}

// stopPoll ends the poll that m changes. One that has ended, or is gone, has ended.
func (t *Telegram) stopPoll(ctx context.Context, chat int64, m bot.Message) error {
	id, _, ok := parseRef(m.Edit)
	if !ok {
		return bot.Refused{Why: "no such poll"}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := t.wire.call(ctx, "stopPoll", struct {
		Chat int64              `json:"chat_id"`
		ID   int                `json:"message_id"`
		Keys models.ReplyMarkup `json:"reply_markup,omitempty"`
	}{chat, id, keyboard(m)})
	if r := (*refusal)(nil); errors.As(err, &r) && r.api && r.code == http.StatusBadRequest &&
		says(r.why, "poll has already been closed", "message with poll to stop not found", "message is not a poll", "poll can't be stopped") {
		return nil
	}
	return t.verdict("stopPoll", err)
}

type answer struct {
	Poll    string       `json:"poll_id"`
	Voter   *chat        `json:"voter_chat"`
	User    *models.User `json:"user"`
	Options *[]int       `json:"option_ids"`
}

// readAnswer hears what somebody has chosen in a poll. An admin who is anonymous in
// the group, or a channel, votes as a chat, and is nobody here; Telegram then names an
// account of its own beside it.
func readAnswer(raw []byte, h *heard) error {
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	if a.Poll == "" || a.Options == nil {
		return errShape // without options it would be a vote taken back
	}
	h.lane = "p/" + a.Poll
	if a.Voter != nil || a.User == nil {
		return nil
	}
	h.in.Kind, h.in.From, h.in.Poll, h.in.Picks = bot.Picked, person(*a.User), a.Poll, *a.Options
	return nil
}
