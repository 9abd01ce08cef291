package webchat

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"

	"linli/bot"
	"linli/bot/bottest"
)

func TestPostWaitsForTheReceiver(t *testing.T) {
	dir := t.TempDir()
	w, e, c := open(t, func(o *Options) { o.Dir = dir })
	full := errors.New("disk full")
	e.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{}, full })
	o := PostOptions{ID: "retry-001", Photo: bottest.Picture()}
	for range 2 {
		if _, err := w.Post(t.Context(), "wang", "g/3hao", "停水了", o); !errors.Is(err, full) || !errors.Is(err, errReceive) {
			t.Fatalf("error is %v", err)
		}
	}
	// The phone is switched off, and the house is restarted.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w, e2, _ := open(t, func(o *Options) { o.Dir = dir; o.Now = c.Now })
	w.again(t.Context())
	w.again(t.Context())
	if _, err := w.Post(t.Context(), "wang", "g/3hao", "停水了", o); err != nil {
		t.Fatal(err)
	}
	same(t, e2.Tries(), e.Tries()[:1]) // taken once, as it was said the first time
	same(t, texts(t, w, "g/3hao"), []string{"停水了"})
	if files, _ := os.ReadDir(w.h.files); len(files) != 1 {
		t.Errorf("%d files for one photo", len(files))
	}
}

// A post that was not taken is never overtaken, neither by a later post, nor by a
// press, nor when it is handed over again.
func TestNothingOvertakes(t *testing.T) {
	w, e, _ := open(t, nil)
	refuse := map[string]bool{"一": true}
	e.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if refuse[in.Message.Text] {
			return bot.Answer{}, errors.New("not now")
		}
		return bot.Answer{}, nil
	})
	taken := func() (out []string) {
		for _, in := range e.Tries() {
			if !refuse[in.Message.Text] && !slices.Contains(out, in.Message.Text+in.Press) {
				out = append(out, in.Message.Text+in.Press)
			}
		}
		return out
	}
	post := func(chat, text, id string) error {
		_, err := w.Post(t.Context(), "wang", chat, text, PostOptions{ID: id})
		return err
	}
	if err := post("g/3hao", "一", "post-0001"); !errors.Is(err, errReceive) {
		t.Fatal(err)
	}
	if err := post("g/3hao", "二", "post-0002"); !errors.Is(err, errReceive) {
		t.Errorf("the second was taken before the first: %v", err)
	}
	if _, err := w.PressData(t.Context(), "wang", "g/3hao", "x/go", PressOptions{}); !errors.Is(err, errReceive) {
		t.Errorf("the press was taken before the first: %v", err)
	}
	if err := post("m/wang", "别处", "post-0003"); err != nil {
		t.Errorf("another chat waits, too: %v", err)
	}
	w.again(t.Context())
	same(t, taken(), []string{"别处"})
	delete(refuse, "一")
	// The browser repeats the second one first: the first goes before it all the same.
	if err := post("g/3hao", "二", "post-0002"); err != nil {
		t.Error(err)
	}
	if err := post("g/3hao", "一", "post-0001"); err != nil {
		t.Error(err)
	}
	if _, err := w.PressData(t.Context(), "wang", "g/3hao", "x/go", PressOptions{}); err != nil {
		t.Error(err)
	}
	var order []string
	for _, in := range e.Tries() {
		if in.Chat.Address == "g/3hao" {
			order = append(order, in.Message.Text+in.Press)
		}
	}
	// Refused ones come again and again; what counts is the end.
	same(t, order[len(order)-3:], []string{"一", "二", "x/go"})
}

// Posts that the version before left waiting have no place in the order; they go first.
func TestWaitingPostsOfTheVersionBefore(t *testing.T) {
	w, e, _ := open(t, nil)
	if err := w.h.update(func(t tx) error {
		in := bot.Inbound{Channel: Name, Keys: []string{"w/old"}, Kind: bot.Said, Chat: bot.Peer{Address: "g/3hao", Group: true}}
		in.Message.Text = "旧的"
		return write(t.bucket("unheard"), []byte("w/wang/old"), in)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(t.Context(), "wang", "g/3hao", "新的", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range e.Tries() {
		got = append(got, in.Message.Text)
	}
	same(t, got, []string{"旧的", "新的"})
}

// counted counts what is read of a body.
type counted struct{ n int }

func (c *counted) Read(p []byte) (int, error) { c.n += len(p); return len(p), nil }

// Of what nobody sends who is a member nothing is read.
func TestNobodysMegabytes(t *testing.T) {
	w, _, _, _ := serve(t, nil)
	for _, kind := range []string{"multipart/form-data; boundary=x", "application/x-www-form-urlencoded"} {
		body := &counted{}
		r := httptest.NewRequest("POST", "/chat/post", body)
		r.Header.Set("Content-Type", kind)
		rw := httptest.NewRecorder()
		w.Handler().ServeHTTP(rw, r)
		if rw.Code != http.StatusUnauthorized || body.n != 0 {
			t.Errorf("%s: answered with %d after %d bytes", kind, rw.Code, body.n)
		}
	}
}
