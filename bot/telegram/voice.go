package telegram

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"linli/bot"
)

// sendVoices sends the voice notes that are not out yet. The first of a message
// without words carries its buttons and is the message.
func (t *Telegram) sendVoices(ctx context.Context, chat int64, key string, done *progress, m bot.Message) error {
	for done.voices < len(m.Voices) {
		t.begun.Note(key, *done)
		part := m
		part.Voices = m.Voices[done.voices:]
		if done.ref != "" {
			// The words have rung already, and the voice belongs to them.
			part.Buttons, part.Silent, part.Quote = nil, true, done.ref
		}
		ref, err := placed(ctx, chat, part, t.sendVoice)
		switch refused := (bot.Refused{}); {
		case err == nil:
		case done.ref != "" && errors.As(err, &refused):
			// The words are delivered; to refuse the message now would say they are not.
			t.log.WarnContext(ctx, "voice note left out", "err", err)
		default:
			return err
		}
		if done.ref == "" {
			done.ref = ref
		}
		done.voices++
	}
	return nil
}

// sendVoice sends the first voice note: with a player where Telegram has one
// for its form, and as a file where not, or where the person takes no voice notes.
func (t *Telegram) sendVoice(ctx context.Context, chat int64, m bot.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	v := m.Voices[0]
	method, ending := voiceForm(v.Data)
	name := v.Name
	if name == "" {
		name = "voice" + ending
	}
	file := func() models.InputFile {
		return &models.InputFileUpload{Filename: name, Data: bytes.NewReader(v.Data)}
	}
	var sent *models.Message
	var err error
	switch method {
	case "sendVoice":
		sent, err = t.calls.SendVoice(ctx, &tg.SendVoiceParams{
			ChatID: chat, Voice: file(), Duration: v.Seconds,
			DisableNotification: m.Silent, MessageThreadID: topicOf(m), ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
		})
	case "sendAudio":
		sent, err = t.calls.SendAudio(ctx, &tg.SendAudioParams{
			ChatID: chat, Audio: file(), Duration: v.Seconds,
			DisableNotification: m.Silent, MessageThreadID: topicOf(m), ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
		})
	}
	var r *refusal
	if method == "" || errors.As(err, &r) && r.api && r.code == http.StatusBadRequest && says(r.why, "voice_messages_forbidden", "not enough rights to send", "wrong type") {
		method = "sendDocument"
		sent, err = t.calls.SendDocument(ctx, &tg.SendDocumentParams{
			ChatID: chat, Document: file(),
			DisableNotification: m.Silent, MessageThreadID: topicOf(m), ReplyParameters: quote(m), ReplyMarkup: keyboard(m),
		})
	}
	if err != nil {
		return "", t.verdict(method, err)
	}
	return t.sent(chat, sent), nil
}

// voiceForm names the call for a recording by how it begins, none if Telegram
// has no player for it, and how its file is called.
func voiceForm(data []byte) (method, ending string) {
	// The first packet of Opus stands on the first page of the Ogg.
	if bytes.HasPrefix(data, []byte("OggS")) && bytes.Contains(data[:min(len(data), 512)], []byte("OpusHead")) {
		return "sendVoice", ".ogg"
	}
	switch http.DetectContentType(data) {
	case "audio/mpeg":
		return "sendAudio", ".mp3"
	case "application/ogg":
		return "", ".ogg"
	case "video/webm":
		return "", ".webm"
	}
	if len(data) > 12 && string(data[4:8]) == "ftyp" {
		return "sendAudio", ".m4a"
	}
	return "", ".bin"
}

// progress is what of a message has gone out.
type progress struct {
	photos int    // before the text
	ref    string // of the text
	voices int    // after it
}
