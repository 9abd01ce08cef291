package webchat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/bot/photo"
)

// The platform's limits.
const (
	maxText    = 4000 // runes
	maxButtons = 20
	maxData    = 64 // bytes of a button's data
	maxLabel   = 60 // runes
	maxPhotos  = 10
	maxVoices  = 10
	maxPhoto   = 10 << 20
	maxVoice   = 5 << 20  // a member's
	maxNote    = 20 << 20 // one that Linli passes on from anywhere
	trimEvery  = 32       // lines; between two trims a chat may hold so many more
)

// Send puts a message of Linli into a chat, where it is durable when Send
// returns, and shows it to whoever has the chat open. A Key that was sent
// before changes nothing and gives the reference that it had.
func (w *Webchat) Send(ctx context.Context, address string, m bot.Message) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if m.React != "" {
		return m.Quote, nil // there are no signs here
	}
	if err := fits(m); err != nil {
		return "", err
	}
	if _, ok := member(address); !ok {
		if _, ok := group(address); !ok {
			return "", bot.Gone{Why: "no such chat"}
		}
	}
	if m.Key != "" {
		// Before the files are written again; the transaction looks once more.
		if ref := w.sent(address, m.Key); ref != "" {
			return ref, nil
		}
	}
	files, types, err := w.keepFiles(m)
	if err != nil {
		return "", err
	}
	photos, voices := files[:len(m.Photos)], files[len(m.Photos):]
	var ref string
	err = w.h.update(func(t tx) error {
		if !t.known(address) {
			return bot.Gone{Why: "no such chat"}
		}
		if m.Key != "" {
			if v := t.seen(sentKey(address, m.Key)); v != nil {
				ref = string(v)
				*t.drop = append(*t.drop, files...)
				return nil
			}
		}
		now := w.o.Now()
		l := Line{Chat: address, At: now}
		if m.Edit != "" {
			old, err := t.line(address, m.Edit)
			switch {
			case err == nil && old.From != "":
				return bot.Refused{Why: "the message to change is a member's"}
			case err == nil:
				l = old
				l.Edited, l.Anew = true, now
			case !errors.Is(err, errNoLine):
				return err
			} // else it is dropped already: what there is to say is said anew
		}
		l.Text, l.Buttons, l.Neutral, l.Silent = clean(m.Text), m.Buttons, m.Neutral, m.Silent
		if len(photos) > 0 {
			if err := t.dropFiles(l.Photos); err != nil {
				return err
			}
			l.Photos = photos
		}
		if len(voices) > 0 {
			if err := t.dropFiles(Line{Voices: l.Voices}.files()); err != nil {
				return err
			}
			l.Voices = nil
			for i, f := range voices {
				kind, _ := voiceType(m.Voices[i].Data)
				l.Voices = append(l.Voices, Voice{f, m.Voices[i].Seconds, kind == amr})
			}
		}
		if m.Quote != "" {
			// A quoted message may be gone; the answer is worth showing without it.
			if _, err := t.line(address, m.Quote); err == nil {
				l.Reply = m.Quote
			}
		}
		for i, f := range files {
			if err := write(t.bucket("files"), []byte(f), file{Chat: address, Type: types[i]}); err != nil {
				return err
			}
		}
		if err := w.h.add(t, &l, now); err != nil {
			return err
		}
		ref = l.ID
		if m.Key == "" {
			return nil
		}
		return t.see(sentKey(address, m.Key), ref, now)
	})
	if err != nil {
		w.dropFiles(files)
		if final(err) {
			return "", err
		}
		return "", wrap("send", err)
	}
	w.bell.ring()
	return ref, nil
}

func sentKey(address, key string) string { return "s/" + address + "/" + key }

// add writes a line and now and then drops the oldest of its chat.
func (h *history) add(t tx, l *Line, now time.Time) error {
	if old, err := t.line(l.Chat, l.ID); err == nil && l.ID != "" {
		same := *l
		same.Edited, same.Anew = old.Edited, old.Anew
		if reflect.DeepEqual(old, same) {
			return nil // nothing to show
		}
	}
	if err := t.put(l); err != nil {
		return err
	}
	if l.Rev%trimEvery != 0 {
		return nil
	}
	return h.trim(t, l.Chat, now)
}

func (w *Webchat) sent(address, key string) (ref string) {
	// An error shows in the transaction that follows.
	_ = w.h.view(func(t tx) error { ref = string(t.seen(sentKey(address, key))); return nil })
	return ref
}

// known says whether a chat is there.
func (t tx) known(address string) bool {
	if id, ok := member(address); ok {
		_, err := t.member(id)
		return err == nil
	}
	_, ok := t.groupName(address)
	return ok
}

func final(err error) bool {
	var gone bot.Gone
	var refused bot.Refused
	return errors.As(err, &gone) || errors.As(err, &refused)
}

// fits says why the platform will not take a message.
func fits(m bot.Message) error {
	why := func(format string, a ...any) error { return bot.Refused{Why: fmt.Sprintf(format, a...)} }
	n := 0
	for _, row := range m.Buttons {
		for _, b := range row {
			n++
			switch {
			case strings.TrimSpace(b.Label) == "" || utf8.RuneCountInString(b.Label) > maxLabel:
				return why("a button's label is empty or longer than %d", maxLabel)
			case b.URL != "" && !strings.HasPrefix(b.URL, "https://") && !strings.HasPrefix(b.URL, "http://"):
				return why("a button opens what is no web address")
			case b.Data == "" && b.URL == "" || len(b.Data) > maxData:
				return why("a button's data is empty or longer than %d bytes", maxData)
			}
		}
	}
	switch {
	case bot.Runes.Len(m.Text) > maxText:
		return why("the text is longer than %d", maxText)
	case strings.TrimSpace(m.Text) == "" && len(m.Photos) == 0 && len(m.Voices) == 0:
		return why("the message is empty")
	case n > maxButtons:
		return why("more than %d buttons", maxButtons)
	case len(m.Photos) > maxPhotos:
		return why("more than %d photos", maxPhotos)
	case len(m.Voices) > maxVoices:
		return why("more than %d voice notes", maxVoices)
	}
	for _, p := range m.Photos {
		if len(p.Data) > maxPhoto {
			return why("a photo is larger than %d bytes", maxPhoto)
		}
		if _, ok := photo.Type(p.Data); !ok {
			return why("a photo is no JPEG, PNG or WebP")
		}
	}
	for _, v := range m.Voices {
		if len(v.Data) > maxNote {
			return why("a voice note is larger than %d bytes", maxNote)
		}
		if _, ok := voiceType(v.Data); !ok {
			return why("a voice note is no WebM, Ogg, MP4, MP3 or AMR")
		}
	}
	return nil
}

// amr is the form of WeChat's voice notes, which no browser plays.
const amr = "audio/amr"

// voiceType knows what the recorders of browsers and phones make, and WeChat.
func voiceType(data []byte) (string, bool) {
	switch http.DetectContentType(data) {
	case "video/webm":
		return "audio/webm", true
	case "application/ogg":
		return "audio/ogg", true
	case "audio/mpeg":
		return "audio/mpeg", true
	}
	if len(data) > 12 && string(data[4:8]) == "ftyp" {
		return "audio/mp4", true
	}
	if bytes.HasPrefix(data, []byte("#!AMR")) {
		return amr, true
	}
	return "", false
}

// keepFiles keeps the photos and then the voice notes of a message.
func (w *Webchat) keepFiles(m bot.Message) (names, types []string, err error) {
	keep := func(list []bot.Photo, kind func([]byte) (string, bool)) error {
		for _, p := range list {
			name, err := w.keepFile(p.Data)
			if err != nil {
				return err
			}
			t, _ := kind(p.Data)
			names, types = append(names, name), append(types, t)
		}
		return nil
	}
	if err = keep(m.Photos, photo.Type); err == nil {
		err = keep(m.Voices, voiceType)
	}
	if err != nil {
		w.dropFiles(names)
		return nil, nil, err
	}
	return names, types, nil
}

// keepFile writes and syncs a file before anything refers to it.
func (w *Webchat) keepFile(data []byte) (name string, err error) {
	name = random()
	f, err := os.OpenFile(filepath.Join(w.h.files, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", wrap("file", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		w.dropFiles([]string{name})
		return "", wrap("file", err)
	}
	return name, nil
}

// dropFiles deletes files that nothing refers to; the sweep finds the rest.
func (w *Webchat) dropFiles(names []string) {
	for _, n := range names {
		if n != "" {
			_ = os.Remove(filepath.Join(w.h.files, n))
		}
	}
}

// Fetch gives a photo or voice note of a message by its Remote.
func (w *Webchat) Fetch(ctx context.Context, remote string, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, _, err := w.open(remote)
	if errors.Is(err, errNoFile) {
		return nil, bot.Refused{Why: "no such file"}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, wrap("file", err)
	}
	if int64(len(data)) > limit {
		return nil, bot.Refused{Why: "the file is too large"}
	}
	return data, nil
}

// open finds a file by its name; only names that the history knows lead to one.
func (w *Webchat) open(name string) (*os.File, file, error) {
	var m file
	err := w.h.view(func(t tx) (err error) {
		m, err = read[file](t.bucket("files"), []byte(name), errNoFile)
		return err
	})
	if name == "" || errors.Is(err, errNoFile) {
		return nil, m, errNoFile
	}
	if err != nil {
		return nil, m, err
	}
	f, err := os.Open(filepath.Join(w.h.files, filepath.Base(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, m, errNoFile
	}
	return f, m, wrap("file", err)
}

// random is 128 bits.
func random() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
