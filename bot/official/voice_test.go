package official

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"linli/bot"
	"linli/bot/official/fake"
)

var amr = []byte("#!AMR\n" + strings.Repeat("\x00", 40))

func shown(u *fake.User) string {
	var all []string
	for _, m := range u.Shown() {
		all = append(all, m.Kind)
	}
	return strings.Join(all, " ")
}

// Voice notes go behind the photos and before the words, each as one of the messages of the
// window. Where one is cut off, what is out is not sent again.
func TestVoices(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	u.Touch()
	mp3 := []byte("ID3\x04 sound")
	m := bot.Message{Key: "k1", Text: "新诉求", Photos: []bot.Photo{{Data: png}}, Voices: []bot.Photo{{Data: amr, Seconds: 60}, {Name: "王阿姨.mp3", Data: mp3}},
		Buttons: [][]bot.Button{{{Label: "接单", Data: "1/x"}}}}
	s.server.Fail("/cgi-bin/media/upload", 2, fake.Fault{})
	s.server.Fail("/cgi-bin/media/upload", 1, fake.Busy)
	if _, err := s.channel.Send(t.Context(), u.OpenID, m); !errors.As(err, new(bot.Busy)) || shown(u) != "image voice" {
		t.Fatalf("the second note is refused: %v, shown %s", err, shown(u))
	}
	if _, err := s.channel.Send(t.Context(), u.OpenID, m); err != nil {
		t.Fatal(err)
	}
	if got := u.Shown(); shown(u) != "image voice voice menu" || !bytes.Equal(got[1].Data, amr) || !bytes.Equal(got[2].Data, mp3) || u.Left() != 1 {
		t.Errorf("shown %s, %d left", shown(u), u.Left())
	}
	// There is room for one more, and then for none.
	if _, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Key: "k2", Voices: []bot.Photo{{Data: amr}, {Data: amr}}}); !errors.As(err, new(bot.Closed)) || u.Left() != 0 {
		t.Errorf("more notes than there is room for: %v, %d left", err, u.Left())
	}
	s.discreet(nil)
}

// What the platform would not take is left out, and the words arrive.
func TestVoicesLeftOut(t *testing.T) {
	s := newStage(t)
	for what, v := range map[string]bot.Photo{
		"Opus":      {Data: []byte("OggS sound sound")},
		"too large": {Data: append(amr, make([]byte, 2<<20)...)},
		"too long":  {Data: amr, Seconds: 61},
	} {
		u := s.server.Follower()
		u.Touch()
		if _, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Text: "新诉求", Voices: []bot.Photo{v, {Data: amr}}}); err != nil || shown(u) != "voice text" {
			t.Errorf("%s: %v, shown %s", what, err, shown(u))
		}
		if _, err := s.channel.Send(t.Context(), u.OpenID, bot.Message{Voices: []bot.Photo{v}}); !errors.As(err, new(bot.Refused)) {
			t.Errorf("%s, and nothing else: %v, want Refused", what, err)
		}
	}
	if log := s.log.String(); strings.Count(log, "voice note that the platform does not take") != 6 {
		t.Errorf("logged:\n%s", log)
	}
}

// An account that may only answer sends none, and does not say that it does.
func TestVoicesPassive(t *testing.T) {
	s := still(t, true)
	if c := s.channel.Capabilities(); c.Voices || c.Photos {
		t.Errorf("%+v", c)
	}
	if c := still(t, false).channel.Capabilities(); !c.Voices || len(c.VoiceForms) != 2 {
		t.Errorf("%+v", c)
	}
}
