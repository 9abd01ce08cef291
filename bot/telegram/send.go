package telegram

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"linli/bot"
)

const (
	textLimit    = 4096
	captionLimit = 1024
	albumLimit   = 10
)

// Send delivers a message to a chat, by its number. The reference is that of
// the message; of several, of the one with the text.
//
// An edit changes words and buttons, never photos and voice notes; a message
// that cannot be edited any more is sent anew, one that is unchanged counts as
// sent. Neutral hides the whole text behind a spoiler, which Telegram keeps covered
// in notifications too. Links get no preview.
//
// What answers a message of a topic, or belongs near one, goes into that topic;
// if the topic is closed or gone, into the General one. A sign that cannot be put
// on a message, because the group allows none or the message is gone, and a
// message that cannot be pinned, count as sent.
//
// A question becomes a poll of Telegram's own, regular and not anonymous, so that
// votes are told; a poll cannot be changed, only ended.
//
// Voice notes follow the text, each as a message of its own that answers it. What
// went out of a message is not repeated by its next attempt in this process.
func (t *Telegram) Send(ctx context.Context, address string, m bot.Message) (string, error) {
	chat, err := strconv.ParseInt(address, 10, 64)
	if err != nil {
		return "", bot.Refused{Why: "address is no chat of telegram"}
	}
	if m.React != "" {
		return m.Quote, t.react(ctx, chat, m)
	}
	if m.StopPoll {
		return m.Edit, t.stopPoll(ctx, chat, m)
	}
	if old, _, ok := parseRef(m.Edit); ok {
		again, err := t.edit(ctx, chat, old, m)
		if !again {
			if err == nil && m.Pin {
				t.pin(ctx, chat, m.Edit)
			}
			return m.Edit, err
		}
	}
	key := ""
	if m.Key != "" {
		key = address + "/" + m.Key
	}
	done := t.begun.Of(key)
	if done.ref == "" && (m.Text != "" || len(m.Photos) > 0 || len(m.Voices) == 0) {
		if done.ref, err = t.sendWords(ctx, chat, key, m); err != nil {
			return "", err
		}
	}
	if err := t.sendVoices(ctx, chat, key, &done, m); err != nil {
		return "", err
	}
	t.begun.End(key)
	if m.Pin {
		t.pin(ctx, chat, done.ref)
	}
	return done.ref, nil
}

// sendWords sends a message but for its voice notes.
func (t *Telegram) sendWords(ctx context.Context, chat int64, key string, m bot.Message) (string, error) {
	short := bot.UTF16.Len(m.Text) <= captionLimit
	switch {
	case m.Poll != nil:
		return placed(ctx, chat, m, t.sendPoll)
	case len(m.Photos) == 0:
		return placed(ctx, chat, m, t.sendText)
	case len(m.Photos) == 1 && short:
		return placed(ctx, chat, m, t.sendPhoto)
	case len(m.Photos) <= albumLimit && short && len(m.Buttons) == 0:
		return placed(ctx, chat, m, t.sendAlbum)
	}
	// Photos cannot carry this text or these buttons (an album has none): they
	// go first, and a repetition, if the text then fails, begins with the text.
	done := t.begun.Of(key)
	rest := m
	rest.Text, rest.Buttons = "", nil
	for rest.Photos = m.Photos[min(done.photos, len(m.Photos)):]; len(rest.Photos) > 0; {
		part := rest
		part.Photos, rest.Photos = cut(rest.Photos)
		send := t.sendAlbum
		if len(part.Photos) == 1 {
			send = t.sendPhoto
		}
		ref, err := placed(ctx, chat, part, send)
		if err != nil {
			return "", err
		}
		if m.Text == "" && len(m.Buttons) == 0 && len(rest.Photos) == 0 {
			return ref, nil
		}
		rest.Near, rest.Quote = near(rest), ""
		done.photos += len(part.Photos)
		t.begun.Note(key, done)
	}
	m.Near, m.Photos, m.Quote = near(m), nil, ""
	return placed(ctx, chat, m, t.sendText)
}

// placed sends into the topic the message belongs in, and once more without
// it, and without answering anything there, if nobody may write there.
func placed(ctx context.Context, chat int64, m bot.Message, send func(context.Context, int64, bot.Message) (string, error)) (string, error) {
	ref, err := send(ctx, chat, m)
	refused := bot.Refused{}
	if (m.Quote != "" || m.Near != "") && errors.As(err, &refused) && says(refused.Why, "topic_closed", "topic_deleted", "thread not found") {
		m.Quote, m.Near = "", ""
		return send(ctx, chat, m)
	}
	return ref, err
}

// cut takes an album off a list of photos.
func cut(photos []bot.Photo) (album, rest []bot.Photo) {
	if len(photos) <= albumLimit {
		return photos, nil
	}
	return photos[:albumLimit], photos[albumLimit:]
}

// edit reports again if the message must be sent anew.
func (t *Telegram) edit(ctx context.Context, chat int64, old int, m bot.Message) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	method := "editMessageText"
	_, err = t.calls.EditMessageText(ctx, &tg.EditMessageTextParams{
		ChatID: chat, MessageID: old, Text: m.Text, Entities: cover(m),
		LinkPreviewOptions: noPreview(), ReplyMarkup: keyboard(m),
	})
	var r *refusal
	if errors.As(err, &r) && says(r.why, "there is no text in the message to edit") {
		if bot.UTF16.Len(m.Text) > captionLimit {
			return true, nil
		}
		method = "editMessageCaption"
		_, err = t.calls.EditMessageCaption(ctx, &tg.EditMessageCaptionParams{
			ChatID: chat, MessageID: old, Caption: m.Text, CaptionEntities: cover(m), ReplyMarkup: keyboard(m),
		})
	}
	if r = nil; errors.As(err, &r) && r.code == http.StatusBadRequest {
		switch {
		case says(r.why, "message is not modified"):
			return false, nil
		case says(r.why, "message to edit not found", "message can't be edited", "message_id_invalid", "there is no caption in the message to edit"):
			return true, nil
		}
	}
	return false, t.verdict(method, err)
}

func (t *Telegram) sendText(ctx context.Context, chat int64, m bot.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sent, err := t.calls.SendMessage(ctx, &tg.SendMessageParams{
		ChatID: chat, Text: m.Text, Entities: cover(m), LinkPreviewOptions: noPreview(),
		DisableNotification: m.Silent, MessageThreadID: topicOf(m), ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
	})
	if err != nil {
		return "", t.verdict("sendMessage", err)
	}
	return t.sent(chat, sent), nil
}

func (t *Telegram) sendPhoto(ctx context.Context, chat int64, m bot.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	p := m.Photos[0]
	sent, err := t.calls.SendPhoto(ctx, &tg.SendPhotoParams{
		ChatID: chat, Photo: &models.InputFileUpload{Filename: filename(p, 0), Data: bytes.NewReader(p.Data)},
		Caption: m.Text, CaptionEntities: cover(m), HasSpoiler: m.Neutral,
		DisableNotification: m.Silent, MessageThreadID: topicOf(m), ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
	})
	if err != nil {
		return "", t.verdict("sendPhoto", err)
	}
	return t.sent(chat, sent), nil
}

func (t *Telegram) sendAlbum(ctx context.Context, chat int64, m bot.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	var album []models.InputMedia
	for i, p := range m.Photos {
		photo := &models.InputMediaPhoto{
			// The name inside the form; the photo's own might hold anything.
			Media: "attach://" + filename(bot.Photo{}, i), MediaAttachment: bytes.NewReader(p.Data), HasSpoiler: m.Neutral,
		}
		if i == 0 {
			photo.Caption, photo.CaptionEntities = m.Text, cover(m)
		}
		album = append(album, photo)
	}
	sent, err := t.calls.SendMediaGroup(ctx, &tg.SendMediaGroupParams{
		ChatID: chat, Media: album, DisableNotification: m.Silent, MessageThreadID: topicOf(m), ReplyParameters: quote(m),
	})
	if err != nil {
		return "", t.verdict("sendMediaGroup", err)
	}
	if len(sent) == 0 {
		return "", errors.New("telegram: sendMediaGroup: the answer names no message")
	}
	return t.sent(chat, sent[0]), nil
}

func filename(p bot.Photo, i int) string {
	if p.Name != "" {
		return p.Name
	}
	return "photo" + strconv.Itoa(i+1) + ".jpg"
}

func keyboard(m bot.Message) models.ReplyMarkup {
	if len(m.Buttons) == 0 {
		return nil
	}
	// The library's button always carries an empty "copy_text" beside its data.
	type button struct {
		Text string `json:"text"`
		Data string `json:"callback_data,omitempty"`
		URL  string `json:"url,omitempty"`
	}
	var k struct {
		Rows [][]button `json:"inline_keyboard"`
	}
	for _, row := range m.Buttons {
		if len(row) == 0 {
			continue
		}
		var r []button
		for _, b := range row {
			if b.URL != "" {
				b.Data = "" // one that opens something brings nothing back
			}
			r = append(r, button{b.Label, b.Data, b.URL})
		}
		k.Rows = append(k.Rows, r)
	}
	return k
}

func quote(m bot.Message) *models.ReplyParameters {
	id, _, ok := parseRef(m.Quote)
	if !ok {
		return nil
	}
	return &models.ReplyParameters{MessageID: id, AllowSendingWithoutReply: true}
}

// near is what a message is near to when it does not quote any more.
func near(m bot.Message) string {
	if m.Quote != "" {
		return m.Quote
	}
	return m.Near
}

func cover(m bot.Message) []models.MessageEntity {
	if !m.Neutral || m.Text == "" {
		return nil
	}
	return []models.MessageEntity{{Type: models.MessageEntityTypeSpoiler, Length: bot.UTF16.Len(m.Text)}}
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: tg.True()}
}
