package pages

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows/demand"
)

// posts sends the form of a report as a browser does that has a photo, or none, to send along.
func (p *phone) posts(path string, fields map[string]string, photo []byte) answer {
	p.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range fields {
		_ = w.WriteField(k, v)
	}
	name := ""
	if photo != nil {
		name = "IMG_0001.jpg"
	}
	f, _ := w.CreateFormFile("photo", name)
	_, _ = f.Write(photo)
	_ = w.Close()
	r, err := http.NewRequestWithContext(p.h.t.Context(), http.MethodPost, p.h.srv.URL+path, &body)
	if err != nil {
		p.h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("User-Agent", p.agent)
	for k, v := range p.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var b bytes.Buffer
	_, _ = b.ReadFrom(resp.Body)
	return answer{resp.StatusCode, resp.Header, b.String()}
}

// kept are the files in the folder of photos.
func (h *house) kept() (files [][]byte) {
	h.t.Helper()
	err := fs.WalkDir(os.DirFS(h.media), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(os.DirFS(h.media), name)
		files = append(files, b)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return files
}

// A photo comes with the report, without what it says beyond what it shows.
func TestReportWithAPhoto(t *testing.T) {
	h, x := wechat(t, "", nil)
	taken, _ := bottest.Snapshot()
	p := h.phone(inside)
	path := h.code(bot.SceneBuilding("3"))
	form := h.form(p.goes(x, path, "oABC").Body)
	for range 2 { // a form sent twice is one report
		if a := p.posts(path, map[string]string{"form": form, "text": "电梯停了，老人下不了楼", "unit": "2"}, taken); a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	files := h.kept()
	if len(files) != 1 || bytes.Contains(files[0], []byte("at home")) {
		t.Fatalf("%d files are kept: %q", len(files), files)
	}
	n := 0
	for _, c := range h.filed() {
		if c.Flow != "demand" {
			continue
		}
		n++
		var s demand.State
		if err := json.Unmarshal(c.Data, &s); err != nil || len(s.Media) != 1 || s.Media[0].Kind != "photo" {
			t.Fatalf("it has %+v, %v", s.Media, err)
		}
		if raw, err := os.ReadFile(h.media + "/" + s.Media[0].Hash[:2] + "/" + s.Media[0].Hash); err != nil || !bytes.Equal(raw, files[0]) {
			t.Errorf("%v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d were filed", n)
	}
	// Without a photo it is a report like any other.
	form = h.form(p.ask("GET", path, nil).Body)
	if a := p.posts(path, map[string]string{"form": form, "text": "楼道灯坏了", "unit": "2"}, nil); a.Status != http.StatusSeeOther || len(h.kept()) != 1 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// Words go on without a photo that is none, and say so: they may be of a danger.
func TestReportWithoutItsPhoto(t *testing.T) {
	h, x := wechat(t, "", nil)
	taken, _ := bottest.Snapshot()
	p := h.phone(inside)
	path := h.code(bot.SceneBuilding("3"))
	page := p.goes(x, path, "oABC")
	for i, bad := range [][]byte{[]byte("<svg onload=alert(1)>"), append(taken, make([]byte, maxPhoto-1<<20)...)} {
		a := p.posts(path, map[string]string{"form": h.form(page.Body), "unit": "2", "text": []string{"电梯停了，老人下不了楼", "楼道里一股煤气味，呛人"}[i]}, bad)
		if a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		page = p.ask("GET", path, nil)
		h.has(p.ask("GET", a.Header.Get("Location"), nil).Body, "照片打不开或者太大，没有收下", []string{"记下了", "正在找值班员"}[i])
	}
	if n := len(h.filed()); n < 2 || len(h.kept()) != 0 {
		t.Errorf("%d were filed, %d files are kept", n, len(h.kept()))
	}
}

// One that is too large is not read at all; of talk the photo goes too, unless somebody has
// sent the same with a matter.
func TestReportPhotoIsNotKept(t *testing.T) {
	h, x := wechat(t, "", nil)
	taken, _ := bottest.Snapshot()
	p := h.phone(inside)
	path := h.code(bot.SceneBuilding("3"))
	page := p.goes(x, path, "oABC")
	try := func(status int, want, text string, photo []byte, files int) {
		t.Helper()
		a := p.posts(path, map[string]string{"form": h.form(page.Body), "text": text}, photo)
		if a.Status != status || !strings.Contains(a.Body, want) || len(h.kept()) != files {
			t.Errorf("%d, %d files\n%s", a.Status, len(h.kept()), a.Body)
		}
		if status == 400 && !strings.Contains(a.Body, ">"+text+"</textarea>") {
			t.Errorf("the words are gone\n%s", a.Body)
		}
		page = p.ask("GET", path, nil)
	}
	try(413, "照片太大", "电梯停了", append(taken, make([]byte, maxPhoto+maxPhoto/100)...), 0)
	if n := len(h.filed()); n != 0 {
		t.Fatalf("%d were filed", n)
	}
	try(400, "没有听出来是什么事", "今天天气真好呀", taken, 0)
	try(303, "", "电梯停了", taken, 1)
	try(400, "没有听出来是什么事", "今天天气真好呀", taken, 1)
}

// Where nobody keeps photos the form has no place for one.
func TestReportWithoutPhotos(t *testing.T) {
	h, x := wechat(t, "", func(o *Options) { o.Photos = nil })
	taken, _ := bottest.Snapshot()
	p := h.phone(inside)
	path := h.code(bot.SceneBuilding("3"))
	page := p.goes(x, path, "oABC")
	if strings.Contains(page.Body, `type="file"`) {
		t.Error("it asks for a photo")
	}
	if a := p.posts(path, map[string]string{"form": h.form(page.Body), "text": "电梯停了"}, taken); a.Status != 303 || len(h.kept()) != 0 {
		t.Errorf("%d\n%s", a.Status, a.Body)
	}
	if a := p.posts(path, map[string]string{"form": h.form(page.Body), "text": "电梯停了"}, make([]byte, 1<<20)); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", a.Status)
	}
}
