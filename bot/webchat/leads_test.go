package webchat

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"testing"

	"linli/bot"
)

// A picture that was drawn just now, and a button that leads to a page of the same
// house, come to who reads the chat as they were sent.
func TestDrawnPictureAndPage(t *testing.T) {
	w, _, s, d := serve(t, nil)
	wang, _ := enter(t, s, d, "LIFT", "王阿姨")
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewRGBA(image.Rect(0, 0, 1080, 700))); err != nil {
		t.Fatal(err)
	}
	page := s.URL + "/poll/12?k=a-B_1"
	_, err := w.Send(t.Context(), "g/3hao", bot.Message{Text: "结果", Photos: []bot.Photo{{Name: "chart.png", Data: drawn.Bytes()}},
		Buttons: [][]bot.Button{{{Label: "去页面看", URL: page}}}})
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Lines []Line `json:"lines"`
	}
	_, body := wang.get("/chat/lines")
	if err := json.Unmarshal([]byte(body), &told); err != nil {
		t.Fatal(err)
	}
	l := told.Lines[len(told.Lines)-1]
	if l.Text != "结果" || len(l.Photos) != 1 || len(l.Buttons) != 1 || l.Buttons[0][0] != (bot.Button{Label: "去页面看", URL: page}) {
		t.Fatalf("told %+v", l)
	}
	n, data, head := wang.do("GET", "/chat/file/"+l.Photos[0], "", nil)
	if n != 200 || head.Get("Content-Type") != "image/png" || data != drawn.String() {
		t.Errorf("the picture is %d, %s, %d bytes of %d", n, head.Get("Content-Type"), len(data), drawn.Len())
	}
}
