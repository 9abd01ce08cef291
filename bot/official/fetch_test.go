package official

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linli/bot"
	"linli/bot/official/fake"
	"linli/bot/weixin"
)

// What comes as a photo or a recording is what it says, or is not taken.
func TestFetch(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	for name, test := range map[string]struct {
		data []byte
		ok   bool
	}{
		"a JPEG":                  {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00" + strings.Repeat("x", 50)), true},
		"a PNG":                   {png, true},
		"a GIF":                   {[]byte("GIF89a\x01\x00\x01\x00"), true},
		"a recording (AMR)":       {[]byte("#!AMR\n" + strings.Repeat("\x3c", 32)), true},
		"a recording (Silk)":      {[]byte("\x02#!SILK_V3" + strings.Repeat("x", 20)), true},
		"a recording (MP3)":       {[]byte("ID3\x03\x00" + strings.Repeat("\x00", 20)), true},
		"a recording (MP3, bare)": {[]byte("\xff\xfb\x90\x64" + strings.Repeat("\x00", 40)), true},
		"an iPhone's photo":       {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), true},
		"a page":                  {[]byte("<html><script>alert(1)</script></html>"), false},
		"a drawing with a script": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), false},
		"a program":               {[]byte("MZ\x90\x00" + strings.Repeat("\x00", 60)), false},
		"another program":         {[]byte("\x7fELF\x02\x01\x01"), false},
		"a program for phones":    {[]byte("PK\x03\x04" + strings.Repeat("\x00", 40)), false},
		"a PDF":                   {[]byte("%PDF-1.7\n"), false},
		"a film":                  {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00"), false},
		"words":                   {[]byte("3号楼电梯停了"), false},
		"UTF-16":                  {[]byte("\xff\xfe<\x00s\x00"), false},
		"nothing":                 {nil, false},
		"an icon":                 {[]byte("\x00\x00\x01\x00\x01\x00\x10\x10"), false},
		"a JSON that is no error": {[]byte(`{"a":1}`), false},
		"half a JSON":             {[]byte(`{"errcode":40`), false},
	} {
		s.ears.Forget()
		u.Photo(test.data)
		m := s.ears.Wait(t, 1)[0].Message.Media[0]
		got, err := s.channel.Fetch(t.Context(), m.Remote, 1<<20)
		if test.ok != (err == nil) || test.ok && !bytes.Equal(got, test.data) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if !test.ok && (got != nil || !errors.As(err, new(bot.Refused))) {
			t.Errorf("%s: %d bytes, %v; want Refused", name, len(got), err)
		}
		s.discreet(err)
	}
}

// Nothing is followed: not the address beside a photo, not the one that is given for a
// video, not a redirect, not an id that is an address.
func TestFetchGoesNowhereElse(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	inner := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the inner address was asked for %s", r.URL.Path)
	}))
	defer inner.Close()

	u.Video(inner.URL + "/film.mp4")
	m := s.ears.Wait(t, 1)[0].Message.Media[0]
	if data, err := s.channel.Fetch(t.Context(), m.Remote, 1<<20); data != nil || !errors.As(err, new(bot.Refused)) {
		t.Errorf("a video: %d bytes, %v", len(data), err)
	}
	s.ears.Forget()
	u.Send("image", "<PicUrl><![CDATA["+inner.URL+"/x.jpg]]></PicUrl><MediaId><![CDATA["+inner.URL+"]]></MediaId>")
	if m := s.ears.Wait(t, 1)[0].Message.Media[0]; m.Remote != "" {
		t.Errorf("an address was heard as the id %q", m.Remote)
	}
	calls := len(s.server.Calls("/cgi-bin/media/get"))
	for _, remote := range []string{"", inner.URL, inner.URL + "/x.jpg", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "../x", "a&media_id=b", "a b", "a\x00b", "照片", strings.Repeat("a", 257)} {
		if data, err := s.channel.Fetch(t.Context(), remote, 1<<20); data != nil || !errors.As(err, new(bot.Refused)) {
			t.Errorf("Fetch(%q) = %d bytes, %v; want Refused", remote, len(data), err)
		}
	}
	if n := len(s.server.Calls("/cgi-bin/media/get")); n != calls {
		t.Errorf("the platform was asked %d times for what is no id", n-calls)
	}
	if data, err := s.channel.Fetch(t.Context(), "nothing", 1<<20); data != nil || !errors.As(err, new(bot.Refused)) {
		t.Errorf("a file that never was: %d bytes, %v", len(data), err)
	}

	for _, code := range []int{301, 302, 303, 307, 308} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/cgi-bin/stable_token" {
				io.WriteString(w, `{"access_token":"FAKE_x","expires_in":7200}`)
				return
			}
			http.Redirect(w, r, inner.URL+"/a.jpg", code)
		}))
		if err := weixin.Connect(weixin.Lines{Official: api.URL}); err != nil {
			t.Fatal(err)
		}
		data, err := s.channel.Fetch(t.Context(), "m1", 1<<20)
		if err == nil || data != nil || strings.Contains(err.Error(), "FAKE_x") {
			t.Errorf("%d: %d bytes, %v", code, len(data), err)
		}
		api.Close()
	}
}

// zeros is an endless photo.
type zeros struct{ head string }

func (z *zeros) Read(p []byte) (int, error) {
	n := copy(p, z.head)
	z.head = z.head[n:]
	return max(n, len(p)), nil
}

// What is read of a file ends at the limit, and at 20 MB whatever the limit.
func TestFetchLimits(t *testing.T) {
	s := newStage(t)
	sent := make(chan int64, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/stable_token" {
			io.WriteString(w, `{"access_token":"FAKE_x","expires_in":7200}`)
			return
		}
		n, _ := io.Copy(w, io.LimitReader(&zeros{"\xff\xd8\xff"}, 1<<30))
		sent <- n
	}))
	defer api.Close()
	if err := weixin.Connect(weixin.Lines{Official: api.URL}); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{1 << 10, 1 << 40} {
		if data, err := s.channel.Fetch(t.Context(), "m1", limit); data != nil || err == nil {
			t.Errorf("limit %d: %d bytes, %v", limit, len(data), err)
		}
		if n := <-sent; n > min(limit, mediaLimit)+8<<20 { // more than the buffers on the way hold
			t.Errorf("limit %d: %d MB were taken", limit, n>>20)
		}
	}
}

// The token dies between two photos.
func TestFetchToken(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	u.Photo(png)
	m := s.ears.Wait(t, 1)[0].Message.Media[0]
	for i := range 3 {
		if data, err := s.channel.Fetch(t.Context(), m.Remote, 1<<20); err != nil || !bytes.Equal(data, png) {
			t.Errorf("%d: %v", i, err)
		}
		s.server.Kill()
		s.now.Pass(60e9)
	}
	if n := s.server.Asked(); n != 3 {
		t.Errorf("%d tokens", n)
	}
	s.server.Fail("/cgi-bin/media/get", 1, fake.Refuse(45009, "reach max api daily quota limit"))
	if _, err := s.channel.Fetch(t.Context(), m.Remote, 1<<20); !errors.As(err, new(bot.Busy)) {
		t.Error(err)
	}
	s.discreet(fmt.Errorf("x"))
}
