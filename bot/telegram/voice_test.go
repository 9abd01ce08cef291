package telegram

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"linli/bot"
	"linli/bot/telegram/fake"
)

var (
	opus   = append([]byte("OggS\x00\x02"+strings.Repeat("\x00", 20)+"\x01\x13OpusHead\x01\x01"), make([]byte, 600)...)
	vorbis = []byte("OggS\x00\x02" + strings.Repeat("\x00", 20) + "\x01\x1e\x01vorbis")
	webm   = []byte("\x1aE\xdf\xa3\x9fB\x86\x81\x01 not really sound")
	m4a    = []byte("\x00\x00\x00\x18ftypmp42 not really sound")
	mp3    = []byte("ID3\x04 not really sound")
)

func TestSendVoices(t *testing.T) {
	voice := func(data []byte) bot.Photo { return bot.Photo{Name: "1a2b3c4d.oga", Data: data, Seconds: 7} }
	as := func(kind string, seconds int) *fake.File {
		return &fake.File{Kind: kind, Name: "1a2b3c4d.oga", Seconds: seconds}
	}
	for _, test := range []struct {
		name    string
		message bot.Message
		want    []fake.Message
		calls   []string
	}{
		{"behind the text", bot.Message{Text: "新诉求", Voices: []bot.Photo{voice(opus)}, Buttons: ok, Quote: "1"}, []fake.Message{
			{Text: "新诉求", Buttons: rows, ReplyTo: 1}, {Caption: true, File: as("voice", 7), ReplyTo: 2, Silent: true, Preview: true}},
			[]string{"sendMessage", "sendVoice"}},
		{"alone", bot.Message{Voices: []bot.Photo{voice(opus)}, Buttons: ok, Quote: "1"}, []fake.Message{
			{Caption: true, File: as("voice", 7), ReplyTo: 1, Buttons: rows, Preview: true}}, []string{"sendVoice"}},
		{"what browsers record", bot.Message{Text: "a", Voices: []bot.Photo{voice(webm), voice(m4a), voice(mp3), voice(vorbis)}}, []fake.Message{
			{Text: "a"},
			{Caption: true, File: as("document", 0), ReplyTo: 2, Silent: true, Preview: true},
			{Caption: true, File: as("audio", 7), ReplyTo: 2, Silent: true, Preview: true},
			{Caption: true, File: as("audio", 7), ReplyTo: 2, Silent: true, Preview: true},
			{Caption: true, File: as("document", 0), ReplyTo: 2, Silent: true, Preview: true}},
			[]string{"sendMessage", "sendDocument", "sendAudio", "sendAudio", "sendDocument"}},
		{"with a photo", bot.Message{Text: "a", Photos: []bot.Photo{{Data: jpeg}}, Voices: []bot.Photo{{Data: opus}}}, []fake.Message{
			{Text: "a", Caption: true, Photos: []string{"x"}, Preview: true},
			{Caption: true, File: &fake.File{Kind: "voice", Name: "voice.ogg"}, ReplyTo: 2, Silent: true, Preview: true}},
			[]string{"sendPhoto", "sendVoice"}},
		{"with an album", bot.Message{Text: "a", Buttons: ok, Photos: []bot.Photo{{Data: jpeg}, {Data: jpeg}}, Voices: []bot.Photo{voice(opus)}}, []fake.Message{
			{Caption: true, Photos: []string{"x"}, Album: "2", Preview: true}, {Caption: true, Photos: []string{"x"}, Album: "2", Preview: true},
			{Text: "a", Buttons: rows},
			{Caption: true, File: as("voice", 7), ReplyTo: 4, Silent: true, Preview: true}},
			[]string{"sendMediaGroup", "sendMessage", "sendVoice"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, person, _ := known(t)
			ref, err := s.tg.Send(t.Context(), person, test.message)
			if err != nil {
				t.Fatal(err)
			}
			got := s.server.Sent(number(t, person))
			for _, m := range got {
				if m.Text == test.message.Text && ref != strconv.FormatInt(m.ID, 10) {
					t.Errorf("the reference is %s, not that of the text, %d", ref, m.ID)
				}
				for i := range m.Photos {
					m.Photos[i] = "x"
				}
			}
			voices := slices.Clone(test.message.Voices)
			for _, m := range got {
				if m.File != nil {
					if !bytes.Equal(s.server.File(m.File.ID), voices[0].Data) {
						t.Errorf("message %d is not the recording that was sent", m.ID)
					}
					voices, m.File.ID = voices[1:], ""
				}
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(fake.Message{}, "ID", "Chat", "At", "Bot"), cmpopts.IgnoreUnexported(fake.Message{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			var calls []string
			for _, c := range s.server.Calls("") {
				calls = append(calls, c.Method)
				if c.Length <= 0 {
					t.Errorf("%s came without its length", c.Method)
				}
			}
			if !slices.Equal(calls, test.calls) {
				t.Errorf("calls %q, want %q", calls, test.calls)
			}
		})
	}
}

// An attempt goes on where the last one stopped, whatever part failed.
func TestSendVoicesHalf(t *testing.T) {
	s, person, _ := known(t)
	m := bot.Message{Key: "row-1", Text: "新诉求", Buttons: ok, Photos: []bot.Photo{{Data: jpeg}, {Data: jpeg}}, Voices: []bot.Photo{{Data: opus}, {Data: m4a}}}
	busy := func(method string) {
		t.Helper()
		s.server.Fail(method, 1, fake.TooMany(5))
		if _, err := s.tg.Send(t.Context(), person, m); err != (bot.Busy{After: 5 * time.Second}) {
			t.Fatalf("%s: %v", method, err)
		}
	}
	busy("sendMediaGroup")
	busy("sendMessage")
	busy("sendVoice")
	busy("sendAudio")
	if ref, err := s.tg.Send(t.Context(), person, m); ref != "4" || err != nil {
		t.Errorf("Send = %q, %v", ref, err)
	}
	var got []string
	for _, m := range s.server.Sent(number(t, person)) {
		switch {
		case m.File != nil:
			got = append(got, m.File.Kind)
		case len(m.Photos) > 0:
			got = append(got, "photo")
		default:
			got = append(got, m.Text)
		}
	}
	if want := []string{"photo", "photo", "新诉求", "voice", "audio"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if n := s.tg.begun.Len(); n != 0 {
		t.Errorf("left behind: %d", n)
	}
	// The same key in another chat is another message.
	s.server.Fail("sendVoice", 1, fake.TooMany(5))
	other := s.server.AddUser("李网格")
	other.Start("")
	_, _ = s.tg.Send(t.Context(), person, m)
	if ref, err := s.tg.Send(t.Context(), strconv.FormatInt(other.ID, 10), m); ref != "4" || err != nil {
		t.Errorf("in another chat: %q, %v", ref, err)
	}
}

func TestVoicesNotTaken(t *testing.T) {
	s := newStage(t, Polling)
	u := s.server.AddUser("王阿姨")
	u.NoVoice = true
	u.Start("")
	words := bot.Message{Text: "新诉求", Voices: []bot.Photo{{Data: opus}}}
	if ref, err := s.tg.Send(t.Context(), strconv.FormatInt(u.ID, 10), words); ref != "2" || err != nil {
		t.Fatalf("Send = %q, %v", ref, err)
	}
	if sent := s.server.Sent(u.ID); len(sent) != 2 || sent[1].File == nil || sent[1].File.Kind != "document" {
		t.Errorf("who takes no voice notes got %+v", sent)
	}
	// The words are delivered, so the message is; without words it is not.
	no := fake.Refuse(400, "Bad Request: not enough rights to send documents to the chat")
	s.server.Fail("sendDocument", 2, no)
	if ref, err := s.tg.Send(t.Context(), strconv.FormatInt(u.ID, 10), words); ref != "4" || err != nil {
		t.Errorf("with words: %q, %v", ref, err)
	}
	words.Text = ""
	if _, err := s.tg.Send(t.Context(), strconv.FormatInt(u.ID, 10), words); !errors.As(err, new(bot.Refused)) || !strings.Contains(err.Error(), "not enough rights to send documents to the chat") {
		t.Errorf("without words: %v", err)
	}
	u.Block()
	if _, err := s.tg.Send(t.Context(), strconv.FormatInt(u.ID, 10), words); err != (bot.Gone{Why: "Forbidden: bot was blocked by the user"}) {
		t.Errorf("blocked: %v", err)
	}
}
