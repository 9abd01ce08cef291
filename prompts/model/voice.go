package model

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sashabaranov/go-openai"

	"linli/flows"
	"linli/prompts"
)

// mostHeard is how long what was said may be, in runes; longestVoice how long the note, in seconds.
const (
	mostHeard    = 1000
	longestVoice = 5 * 60
)

// nothings are what listeners make of silence: sentences of the films they were taught with.
var nothings = []string{"请不吝点赞", "打赏支持", "字幕由", "字幕by", "amara.org", "谢谢观看", "感谢观看", "下期再见", "请订阅", "thanks for watching", "thank you for watching", "subscribe"}

// Transcribe hears a voice note. The note leaves as it is; only what is written down of it
// in the book is masked.
func (m *Model) Transcribe(ctx context.Context, t flows.VoiceTask) (flows.VoiceText, error) {
	if t.Seconds > longestVoice {
		return flows.VoiceText{}, ErrNone
	}
	body, name, err := m.o.Voice(ctx, t.Hash)
	if err != nil || len(body) == 0 {
		return flows.VoiceText{}, ErrNone
	}
	seconds := t.Seconds
	if seconds <= 0 {
		seconds = len(body)/1500 + 1 // of speech as telephones pack it
	}
	people, _ := m.known()
	c := prompts.Call{Task: "transcribe", Version: "1", Model: m.o.Listener, Sent: fmt.Sprintf("%s, %d s, %d bytes", name, seconds, len(body))}
	use := prompts.Use{Calls: 1, Money: (int64(seconds)*m.o.Price.Minute + 59) / 60}
	var out flows.VoiceText
	err = m.tried(ctx, c, use, func(ctx context.Context) (string, prompts.Use, error) {
		res, err := m.client.CreateTranscription(ctx, openai.AudioRequest{Model: m.o.Listener, FilePath: name, Reader: bytes.NewReader(body), Format: openai.AudioResponseFormatJSON})
		if err != nil {
			return "", prompts.Use{}, err
		}
		out = flows.VoiceText{Text: heard(res.Text), Model: m.o.Listener}
		return newMask(people, out.Text).put(out.Text), use, nil
	}, func(string) error {
		p := plain(out.Text)
		if utf8.RuneCountInString(out.Text) > mostHeard || utf8.RuneCountInString(out.Text) > 40+12*seconds {
			return wrong{"long"}
		}
		if slices.ContainsFunc(nothings, func(x string) bool { return strings.Contains(p, x) }) {
			return wrong{"nothing"}
		}
		return nil
	})
	if err != nil {
		return flows.VoiceText{}, err
	}
	return out, nil
}

// heard makes what was heard one line of plain text.
func heard(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case hidden(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
