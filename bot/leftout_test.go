package bot_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// A voice note of a form that a platform does not take is left out, and named.
func TestLeftOutForms(t *testing.T) {
	dir := t.TempDir()
	put := func(letter, data string) flows.Media {
		name := strings.Repeat(letter, 64)
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, name[:2]), 0o700), os.WriteFile(filepath.Join(dir, name[:2], name), []byte(data), 0o600)); err != nil {
			t.Fatal(err)
		}
		return flows.Media{Kind: "voice", Hash: name}
	}
	files := map[string]flows.Media{"amr": put("a", "#!AMR\nx"), "ogg": put("b", "OggS\x00x")}
	s := newStage(t, func(o *bot.Options) { o.Media = dir }, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		w, ok := e.What.(flows.Opened)
		if !ok {
			return n, nil
		}
		say := tell(person("r1"), flows.Personal, "办好了")
		for _, form := range strings.Fields(w.Said.Message.Text)[1:] {
			say.Media = append(say.Media, files[form])
		}
		return n, []flows.Effect{say}
	}))
	s.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r1", Consent: s.clock.Now(), Addresses: []string{"toy:o1"}, Reach: []string{"toy:o1"}})
	})
	s.toy.caps.Voices = true
	for _, test := range []struct {
		forms  []string
		said   string
		voices int
		out    bool
	}{
		{nil, "事 amr ogg", 2, false},
		{[]string{".amr", ".mp3"}, "事 amr", 1, false},
		{[]string{".amr", ".mp3"}, "事 ogg", 0, true},
		{[]string{".amr", ".mp3"}, "事 ogg amr", 1, true},
	} {
		s.toy.caps.VoiceForms = test.forms
		s.say("li", "", test.said)
		got := s.toy.take()
		if len(got) != 1 || len(got[0].Voices) != test.voices || strings.Contains(got[0].Text, "（还附了一段语音") != test.out {
			t.Errorf("%s of %q: %+v", test.said, test.forms, got)
		}
		for _, a := range got {
			for _, v := range a.Voices {
				if test.forms != nil && !strings.HasSuffix(v.Name, ".amr") {
					t.Errorf("%s is sent", v.Name)
				}
			}
		}
	}
}

// Where the window has no room for the files of a message, its words go, and name them.
func TestNoRoomForFiles(t *testing.T) {
	fl := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		if w, ok := e.What.(flows.Opened); ok && strings.Contains(w.Said.Message.Text, "办") {
			say := tell(person("r1"), flows.Personal, "办好了")
			say.Media = []flows.Media{{Kind: "photo", Hash: strings.Repeat("c", 64)}}
			return n, []flows.Effect{say}
		}
		return n, nil
	})
	s, wx := wxStage(t, false, 3, fl, nil)
	name := strings.Repeat("c", 64)
	if err := errors.Join(os.MkdirAll(filepath.Join(wx.media, name[:2]), 0o700), os.WriteFile(filepath.Join(wx.media, name[:2], name), []byte("\xff\xd8\xff x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.say("li", "", "事 办")
	s.say("li", "", "事 办")
	got := wx.take()
	if len(got) != 2 || len(got[0].Photos) != 1 || got[0].Text != "办好了" || len(got[1].Photos) != 0 || !strings.Contains(got[1].Text, "还附了照片") {
		t.Errorf("told %q with %d and %d photos", lines(got), len(got[0].Photos), len(got[len(got)-1].Photos))
	}
	if len(s.troubles()) != 0 {
		t.Errorf("troubles %+v", s.troubles())
	}
}
