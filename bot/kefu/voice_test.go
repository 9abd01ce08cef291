package kefu

import (
	"bytes"
	"strings"
	"testing"

	"linli/bot"
	"linli/bot/kefu/fake"
)

var amr = []byte("#!AMR\n" + strings.Repeat("\x00", 40))

func kinds(p *fake.Person) string {
	var all []string
	for _, m := range p.Shown() {
		all = append(all, m.Kind)
	}
	return strings.Join(all, " ")
}

// Voice notes go behind the photos and before the words, which keep their place and their
// reference. Where one is cut off, what is out is not sent again.
func TestVoices(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Begin()
	m := bot.Message{Key: "17.a1b2c3d4", Text: "新诉求", Photos: []bot.Photo{picture()}, Voices: []bot.Photo{{Name: "王阿姨.amr", Data: amr, Seconds: 60}, {Data: append(amr, 1)}},
		Buttons: [][]bot.Button{{{Label: "接单", Data: "1/x"}}}}
	s.server.Fail("media/upload", 2, fake.Fault{})
	s.server.Fail("media/upload", 1, fake.Refuse(45009, "api freq out of limit"))
	if _, err := s.send(p, m); !as[bot.Busy](err) || kinds(p) != "image voice" {
		t.Fatalf("the second note is refused: %v, shown %s", err, kinds(p))
	}
	ref, err := s.send(p, m)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Shown()
	if kinds(p) != "image voice voice msgmenu" || !bytes.Equal(got[1].File, amr) || got[3].Text != m.Text || got[3].ID != ref || whole(got[2].ID) != ref {
		t.Errorf("%q: shown %s: %+v", ref, kinds(p), got)
	}
	uploads := 0
	for _, c := range s.server.Calls("media/upload") {
		if c.Query["type"] == "voice" {
			uploads++
		}
	}
	if uploads != 3 {
		t.Errorf("%d notes were uploaded, one of them twice", uploads)
	}
	// A note by itself is whole, and leaves the code for a greeting to the words.
	q := s.server.AddPerson()
	s.run()
	q.Enter("", "")
	s.ears.Wait(t, 1)
	q.Begin()
	if ref, err = s.send(q, bot.Message{Key: "18.k", Voices: []bot.Photo{{Data: amr}}}); err != nil || kinds(q) != "voice" || q.Shown()[0].ID != ref {
		t.Errorf("a note alone: %q, %v: shown %s", ref, err, kinds(q))
	}
	if _, err = s.send(q, bot.Message{Key: "19.k", Text: "您好"}); err != nil || kinds(q) != "voice text" || !q.Shown()[1].ByCode {
		t.Errorf("a greeting after it: %v: %+v", err, q.Shown())
	}
}

// What the platform would not take is left out, and the words arrive.
func TestVoicesLeftOut(t *testing.T) {
	s := newStage(t)
	for what, v := range map[string]bot.Photo{
		"MP3":       {Data: []byte("ID3\x04 sound")},
		"Opus":      {Data: []byte("OggS sound sound")},
		"too large": {Data: append(amr, make([]byte, 2<<20)...)},
		"too long":  {Data: amr, Seconds: 61},
	} {
		p := s.server.AddPerson()
		p.Begin()
		if _, err := s.send(p, bot.Message{Text: "新诉求", Voices: []bot.Photo{v, {Data: amr}}}); err != nil || kinds(p) != "voice text" {
			t.Errorf("%s: %v, shown %s", what, err, kinds(p))
		}
	}
	if log := s.log.String(); strings.Count(log, "is left out") != 4 {
		t.Errorf("logged:\n%s", log)
	}
	// The platform looks further into it than this channel.
	p := s.server.AddPerson()
	p.Begin()
	for _, code := range []int{40004, 40010} {
		s.server.Fail("media/upload", 1, fake.Refuse(code, "invalid"))
		if _, err := s.send(p, bot.Message{Text: "新诉求", Voices: []bot.Photo{{Data: amr}}}); !as[bot.Refused](err) || kinds(p) != "" {
			t.Errorf("errcode %d: %v, shown %s", code, err, kinds(p))
		}
	}
}
