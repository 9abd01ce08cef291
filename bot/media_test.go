package bot_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
)

func album(t *testing.T, dir string) (photos [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		photos = append(photos, b)
	}
	return photos
}

// Of a photo that comes by a channel only what it shows is kept; a voice note, and what
// cannot be read as a photo, as it came.
func TestFetchedPhotoIsBare(t *testing.T) {
	for kind, bare := range map[string]bool{"photo": true, "voice": false} {
		dir := t.TempDir()
		taken, _ := bottest.Snapshot()
		cam := &camera{body: taken}
		s := newStage(t, func(o *bot.Options) {
			o.Media = dir
			cam.platform = o.Channels[0].(*platform)
			o.Channels = []bot.Channel{cam}
		}, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
			if w, ok := e.What.(flows.Opened); ok {
				return n, []flows.Effect{flows.Ask{Name: "fetch", Data: flows.Data(w.Said.Message.Media[0])}}
			}
			return n, nil
		}))
		in := s.said("p1", "", "事情")
		in.Message.Media = []flows.Media{{Kind: kind, Remote: "r1", Channel: "toy"}}
		s.hear(in)
		s.pass(time.Minute)
		got := album(t, dir)
		if len(got) != 1 || bytes.Contains(got[0], []byte("at home")) == bare {
			t.Errorf("%s: %d are kept, bare %t", kind, len(got), bare)
		}
	}
}

// A photo that came without a channel stays with the matter that it belongs to, and goes
// with talk.
func TestKeepPhoto(t *testing.T) {
	dir := t.TempDir()
	taken, bare := bottest.Snapshot()
	s := newStage(t, func(o *bot.Options) { o.Media = dir }, toy(t, "toy", keepsMedia))
	m, err := s.b.KeepPhoto(t.Context(), taken)
	if got := album(t, dir); err != nil || len(got) != 1 || !bytes.Equal(got[0], bare) || m.Kind != "photo" || len(m.Hash) != 64 {
		t.Fatalf("%+v, %v, %d kept", m, err, len(got))
	}
	if err := s.b.DropPhoto(t.Context(), m); err != nil || len(album(t, dir)) != 0 {
		t.Errorf("%v, %d are kept", err, len(album(t, dir)))
	}
	if err := s.b.DropPhoto(t.Context(), m); err != nil {
		t.Errorf("once more: %v", err)
	}
	if err := s.b.DropPhoto(t.Context(), flows.Media{Hash: "../../linli.db"}); err != nil {
		t.Error(err)
	}
	if m, err = s.b.KeepPhoto(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	in := s.said("p1", "", "事情")
	in.Message.Media = []flows.Media{m}
	s.hear(in)
	if err := s.b.DropPhoto(t.Context(), m); err != nil || len(album(t, dir)) != 1 {
		t.Errorf("%v, that of a matter is gone", err)
	}
	for _, bad := range [][]byte{nil, []byte("<svg>"), taken[:100], make([]byte, 30<<20)} {
		if _, err := s.b.KeepPhoto(t.Context(), bad); !errors.As(err, new(bot.Refused)) || len(album(t, dir)) != 1 {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	none := newStage(t, nil, toy(t, "toy", keepsMedia))
	if _, err := none.b.KeepPhoto(t.Context(), taken); !errors.As(err, new(bot.Refused)) {
		t.Errorf("where no photos are kept: %v", err)
	}
}

// keepsMedia is a rule that keeps of a message the files.
func keepsMedia(_ string, n note, e flows.Event) (note, []flows.Effect) {
	if w, ok := e.What.(flows.Opened); ok {
		for _, m := range w.Said.Message.Media {
			n.Heard = append(n.Heard, m.Hash)
		}
	}
	return n, nil
}
