package telegram

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

// bomb is a PNG of 50,000 by 50,000 pixels: 7.5 GB for whoever decodes it.
func bomb() []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), 50_000), 50_000)
	head = append(head, 8, 2, 0, 0, 0)
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(head)-4)))
	b.Write(binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(head)))
	return b.Bytes()
}

// Pictures are carried, never looked into.
func TestPictureBomb(t *testing.T) {
	s, person, _ := known(t)
	u := s.server.AddUser("坏人")
	s.server.Say(u, u.ID, "看", fake.Photo(bomb()))
	s.server.Say(u, u.ID, "看", fake.Carrying("document", "image/png", bomb()))
	s.run()
	var before, after runtime.MemStats
	got := slices.DeleteFunc(s.ears.Wait(t, 3), func(in bot.Inbound) bool { return in.Message.Media == nil })
	if len(got) != 2 {
		t.Fatalf("%d of 2 pictures were heard", len(got))
	}
	runtime.ReadMemStats(&before)
	for _, in := range got {
		data, err := s.tg.Fetch(t.Context(), in.Message.Media[0].Remote, fileLimit)
		if err != nil || !bytes.Equal(data, bomb()) {
			t.Fatalf("Fetch = %d bytes, %v", len(data), err)
		}
		if _, err := s.tg.Send(t.Context(), person, bot.Message{Text: "看", Photos: []bot.Photo{{Data: data}}}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("carrying two small files took %d MB", n>>20)
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); path == "image" || strings.HasPrefix(path, "image/") || strings.Contains(path, "x/image") {
				t.Errorf("%s imports %s: pictures of strangers are not decoded", name, path)
			}
		}
	}
}

// An update that nobody could have written is dropped, by polling as by
// webhook, and holds up nothing.
func TestHugeUpdate(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	text := strings.Repeat("😀", 3<<20/4) // a batch has at most 4 MB
	s.server.Inject("x", "message", map[string]any{"message_id": 1, "date": 1, "chat": map[string]any{"id": 1, "type": "private"}, "from": map[string]any{"id": 1}, "text": text})
	s.server.Say(wang, wang.ID, "在吗")
	s.run()
	got := s.ears.Wait(t, 2)
	for _, in := range got {
		if len(in.Message.Text) > 1<<20 {
			t.Error("three megabytes were heard")
		}
	}
	if texts := s.ears.Texts(); !slices.Contains(texts, "在吗") || !slices.Contains(texts, "<ignored>") {
		t.Errorf("heard %.100q", texts)
	}
	s.await("all confirmed", func() bool { return s.server.Pending() == 0 })
}

// A link to a file leads to the files of the Bot API or nowhere.
func TestFetchGoesNowhereElse(t *testing.T) {
	s := newStage(t, Polling)
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the inner address was asked for %s", r.URL.Path)
	}))
	defer inner.Close()
	for _, remote := range []string{"", inner.URL, inner.URL + "/x.jpg", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "../x", "a b", "a\x00b", "照片", strings.Repeat("a", 401)} {
		if data, err := s.tg.Fetch(t.Context(), remote, 1<<20); data != nil || !errors.As(err, new(bot.Refused)) {
			t.Errorf("Fetch(%q) = %d bytes, %v; want Refused", remote, len(data), err)
		}
	}
	if n := len(s.server.Calls("")); n != 0 {
		t.Errorf("telegram was asked %d times for what is no file id", n)
	}
	// A Bot API that answers a download with a redirect is not followed.
	for _, code := range []int{301, 302, 303, 307, 308} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/getFile") {
				io.WriteString(w, `{"ok":true,"result":{"file_id":"a","file_path":"photos/a.jpg","file_size":3}}`)
				return
			}
			http.Redirect(w, r, inner.URL+"/a.jpg", code)
		}))
		tg, err := New(Options{Token: fake.Token, APIURL: api.URL, Receive: s.ears, Cursor: s.cursor, Log: s.tg.log})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tg.Fetch(t.Context(), "a", 1<<20); !errors.As(err, new(bot.Refused)) {
			t.Errorf("%d: %v, want Refused", code, err)
		}
		api.Close()
	}
}

// zeros is an endless body.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	z.n += int64(len(p))
	return len(p), nil
}

// What is read of a file ends at the limit, and at 20 MB whatever the limit.
func TestFetchLimits(t *testing.T) {
	sent := make(chan int64, 1)
	size := "0"
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getFile") {
			fmt.Fprintf(w, `{"ok":true,"result":{"file_id":"a","file_path":"photos/a.jpg","file_size":%s}}`, size)
			return
		}
		n, _ := io.Copy(w, io.LimitReader(&zeros{}, 1<<30))
		sent <- n
	}))
	defer api.Close()
	tg, err := New(Options{Token: fake.Token, APIURL: api.URL, Receive: &bottest.Ears{}, Cursor: &bookmark{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{1 << 10, 1 << 40} {
		if data, err := tg.Fetch(t.Context(), "a", limit); data != nil || !errors.As(err, new(bot.Refused)) {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		}
		if n := <-sent; n > 64<<20 {
			t.Errorf("limit %d: %d MB were taken", limit, n>>20)
		}
	}
	size = "20971521"
	if _, err := tg.Fetch(t.Context(), "a", 1<<40); !errors.As(err, new(bot.Refused)) {
		t.Errorf("a file that is said to be larger: %v", err)
	}
}

// The seeds of the fuzz test go as deep as a body can.
func TestDeep(t *testing.T) {
	s := newStage(t, Polling)
	for _, depth := range []int{10, 1000, 9990} {
		nest := strings.Repeat(`{"reply_to_message":`, depth) + "1" + strings.Repeat("}", depth)
		h, err := s.tg.read(t.Context(), []byte(`{"update_id":7,"message":`+nest+`}`))
		if err != nil || h.in.Kind != bot.Ignored || len(h.in.Keys) != 1 {
			t.Errorf("depth %d: %+v, %v", depth, h.in, err)
		}
	}
	if _, err := s.tg.read(t.Context(), []byte(`{"update_id":7,"message":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`}`)); err == nil {
		t.Error("what is deeper than JSON may be has an id")
	}
}
