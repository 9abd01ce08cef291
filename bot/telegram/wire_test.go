package telegram

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"linli/bot/telegram/fake"
)

func TestClean(t *testing.T) {
	w := newWire("http://127.0.0.1:1", fake.Token, "")
	cause := errors.New("connection refused")
	err := w.clean(&url.Error{Op: "Post", URL: "http://127.0.0.1:1/bot" + fake.Token + "/getMe", Err: &url.Error{Op: "dial", URL: "x", Err: cause}})
	if err != cause {
		t.Errorf("clean = %#v, want the cause alone", err)
	}
	err = w.clean(errors.New("bad address /bot" + fake.Token + "/getMe"))
	if err.Error() != "bad address /bot***/getMe" {
		t.Errorf("clean = %v", err)
	}
}

// A text stays a text, whatever it looks like; what is nested is not quoted.
func TestPlain(t *testing.T) {
	build := func(file bool) (string, []byte) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for k, v := range map[string]string{"text": "412", "caption": "true", "chat_id": "-100200", "reply_markup": `{"inline_keyboard":[]}`, "disable_notification": "true", "message_id": "no number"} {
			if err := form.WriteField(k, v); err != nil {
				t.Fatal(err)
			}
		}
		if file {
			part, err := form.CreateFormFile("photo", "a.jpg")
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(part, "picture")
		}
		form.Close()
		return form.FormDataContentType(), body.Bytes()
	}
	kind, body := plain(build(false))
	var got map[string]json.RawMessage
	if err := json.Unmarshal(body, &got); err != nil || kind != "application/json" {
		t.Fatalf("%s: %s: %v", kind, body, err)
	}
	for k, want := range map[string]string{"text": `"412"`, "caption": `"true"`, "chat_id": "-100200", "reply_markup": `{"inline_keyboard":[]}`, "disable_notification": "true", "message_id": `"no number"`} {
		if string(got[k]) != want {
			t.Errorf("%s = %s, want %s", k, got[k], want)
		}
	}
	before, form := build(true)
	if kind, body := plain(before, form); kind != before || !bytes.Equal(body, form) {
		t.Error("a form with a file was changed")
	}
	if kind, body := plain("multipart/form-data; boundary=x", nil); kind != "application/json" || string(body) != "{}" {
		t.Errorf("no parameters: %s %s", kind, body)
	}
	if kind, body := plain("multipart/form-data; boundary=x", []byte("torn")); !strings.HasPrefix(kind, "multipart") || string(body) != "torn" {
		t.Errorf("a torn form: %s %s", kind, body)
	}
}
