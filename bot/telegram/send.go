package telegram

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"linli/bot"
)

const (
	textLimit    = 4096
	captionLimit = 1024
	albumLimit   = 10
)

// Send delivers a message to a chat, by its number. The reference is the
// number of the message inside the chat.
//
// An edit changes words and buttons, never photos; a message that cannot be
// edited any more is sent anew, one that is unchanged counts as sent. Neutral
// hides the whole text behind a spoiler, which Telegram keeps covered in
// notifications too. Links get no preview.
func (t *Telegram) Send(ctx context.Context, address string, m bot.Message) (string, error) {
	chat, err := strconv.ParseInt(address, 10, 64)
	if err != nil {
		return "", bot.Refused{Why: "address is no chat of telegram"}
	}
	if old, err := strconv.Atoi(m.Edit); err == nil {
		again, err := t.edit(ctx, chat, old, m)
		if !again {
			return m.Edit, err
		}
	}
	short := bot.UTF16.Len(m.Text) <= captionLimit
	switch {
	case len(m.Photos) == 0:
		return t.sendText(ctx, chat, m)
	case len(m.Photos) == 1 && short:
		return t.sendPhoto(ctx, chat, m)
	case len(m.Photos) <= albumLimit && short && len(m.Buttons) == 0:
		return t.sendAlbum(ctx, chat, m)
	}
	// Photos cannot carry this text or these buttons (an album has none): they
	// go first, and a repetition, if the text then fails, begins with the text.
	if !t.halves.done(m.Key) {
		rest := m
		rest.Text, rest.Buttons = "", nil
		for rest.Photos != nil {
			part := rest
			part.Photos, rest.Photos = cut(rest.Photos)
			send := t.sendAlbum
			if len(part.Photos) == 1 {
				send = t.sendPhoto
			}
			ref, err := send(ctx, chat, part)
			if err != nil {
				return "", err
			}
			if m.Text == "" && len(m.Buttons) == 0 && rest.Photos == nil {
				return ref, nil
			}
			rest.Quote = ""
		}
		t.halves.add(m.Key)
	}
	m.Photos, m.Quote = nil, ""
	ref, err := t.sendText(ctx, chat, m)
	if err == nil {
		t.halves.remove(m.Key)
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
		DisableNotification: m.Silent, ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
	})
	if err != nil {
		return "", t.verdict("sendMessage", err)
	}
	return strconv.Itoa(sent.ID), nil
}

func (t *Telegram) sendPhoto(ctx context.Context, chat int64, m bot.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	p := m.Photos[0]
	sent, err := t.calls.SendPhoto(ctx, &tg.SendPhotoParams{
		ChatID: chat, Photo: &models.InputFileUpload{Filename: filename(p, 0), Data: bytes.NewReader(p.Data)},
		Caption: m.Text, CaptionEntities: cover(m), HasSpoiler: m.Neutral,
		DisableNotification: m.Silent, ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
	})
	if err != nil {
		return "", t.verdict("sendPhoto", err)
	}
	return strconv.Itoa(sent.ID), nil
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
		ChatID: chat, Media: album, DisableNotification: m.Silent, ReplyParameters: quote(m),
	})
	if err != nil {
		return "", t.verdict("sendMediaGroup", err)
	}
	if len(sent) == 0 {
		return "", errors.New("telegram: sendMediaGroup: the answer names no message")
	}
	return strconv.Itoa(sent[0].ID), nil
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
		Data string `json:"callback_data"`
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
			r = append(r, button{b.Label, b.Data})
		}
		k.Rows = append(k.Rows, r)
	}
	return k
}

func quote(m bot.Message) *models.ReplyParameters {
	id, err := strconv.Atoi(m.Quote)
	if err != nil {
		return nil
	}
	return &models.ReplyParameters{MessageID: id, AllowSendingWithoutReply: true}
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

// halves remembers the messages whose photos have gone out while their text
// has not. It is lost with the process; then photos may come twice.
type halves struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (h *halves) done(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys[key]
}

func (h *halves) add(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if key == "" {
		return
	}
	if h.keys == nil || len(h.keys) >= 1000 { // messages that were given up leave their keys
		h.keys = map[string]bool{}
	}
	h.keys[key] = true
}

func (h *halves) remove(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.keys, key)
}
