package webchat

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"linli/bot"
)

// Under a prefix every address of the pages carries it, and nothing else is served.
func TestBase(t *testing.T) {
	const base = "/c/dongqu"
	w, _, s, _ := serve(t, func(o *Options) { o.Base = base })
	b := visit(t, s)
	if n, _ := b.get("/chat/"); n != http.StatusNotFound {
		t.Errorf("outside of the prefix: %d", n)
	}
	address := regexp.MustCompile(`(?:src|href|action)="([^"]+)"`)
	pages := 0
	look := func(path string) {
		t.Helper()
		n, body := b.get(path)
		if n != http.StatusOK {
			t.Fatalf("%s: %d", path, n)
		}
		for _, m := range address.FindAllStringSubmatch(body, -1) {
			pages++
			if !strings.HasPrefix(m[1], base+"/") {
				t.Errorf("%s leads to %s", path, m[1])
				continue
			}
			if strings.Contains(m[1], "/static/") {
				if n, _ := b.get(m[1]); n != http.StatusOK {
					t.Errorf("%s: %d", m[1], n)
				}
			}
		}
	}
	look(base + "/chat/")
	n, _, head := b.do("POST", base+"/chat/enter", "application/x-www-form-urlencoded", strings.NewReader("code=LIFT&name=A"))
	if n != http.StatusSeeOther || head.Get("Location") != base+"/chat/" || !strings.Contains(head.Get("Set-Cookie"), "Path="+base+"/chat/;") {
		t.Errorf("entering: %d %v", n, head)
	}
	look(base + "/chat/")
	if n, _ := b.get(base + "/chat/lines"); n != http.StatusOK {
		t.Errorf("lines: %d", n)
	}
	live, _, err := websocket.Dial(t.Context(), strings.Replace(s.URL, "http", "ws", 1)+base+"/chat/live", &websocket.DialOptions{HTTPClient: b.Client})
	if err != nil {
		t.Error(err)
	} else {
		_ = live.CloseNow()
	}
	if pages < 8 {
		t.Errorf("only %d addresses on the pages", pages)
	}
	n, _, head = b.do("POST", base+"/chat/leave", "", nil)
	if n != http.StatusSeeOther || head.Get("Location") != base+"/chat/" || !strings.Contains(head.Get("Set-Cookie"), "Path="+base+"/chat/;") {
		t.Errorf("leaving: %d %v", n, head)
	}
	_ = w
	// The scripts name no path from the root of the host.
	scripts, _ := filepath.Glob("static/*.js")
	for _, name := range scripts {
		if filepath.Base(name) == "demo.js" {
			continue // is served without a prefix only
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?:fetch|WebSocket|src|href) ?[(=] ?[`'\"]/").FindAll(raw, -1) {
			t.Errorf("%s: %s", name, m)
		}
	}
}

func TestNamesHideNothing(t *testing.T) {
	_, _, s, d := serve(t, nil)
	b := visit(t, s)
	if n, _ := b.post("/chat/enter", "code", "LIFT", "name", "Lin\u200bli"); n != http.StatusBadRequest {
		t.Errorf("Linli's own name with a mark of no width: %d", n)
	}
	if n, _ := b.post("/chat/enter", "code", "LIFT", "name", "王\u2060阿\ufeff姨"); n != http.StatusSeeOther {
		t.Errorf("%d", n)
	}
	for _, name := range d.names {
		if name != "王阿姨" {
			t.Errorf("the door was told %q", name)
		}
	}
}

// A post that was not taken is never overtaken, neither by a later post, nor by a
// press, nor when it is handed over again.
func TestNothingOvertakes(t *testing.T) {
	w, e, _ := open(t, nil)
	refuse := map[string]bool{"一": true}
	e.answer(func(in bot.Inbound) (bot.Answer, error) {
		if refuse[in.Message.Text] {
			return bot.Answer{}, errors.New("not now")
		}
		return bot.Answer{}, nil
	})
	taken := func() (out []string) {
		for _, in := range e.all() {
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
	for _, in := range e.all() {
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
	for _, in := range e.all() {
		got = append(got, in.Message.Text)
	}
	same(t, got, []string{"旧的", "新的"})
}

func TestForgottenIsGoneFromTheFile(t *testing.T) {
	dir := t.TempDir()
	w, _, _ := open(t, func(o *Options) { o.Dir = dir })
	const said = "王阿姨说的一句很特别的话"
	for range 50 {
		if _, err := w.Post(t.Context(), "wang", "g/3hao", said, PostOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Post(t.Context(), "chen", "g/3hao", "陈晨说的", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	send(t, w, "m/wang", bot.Message{Key: "k", Text: "王阿姨您好，记下了"})
	if err := w.Forget(t.Context(), "m/wang"); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"g/3hao", "x", ""} {
		if err := w.Forget(t.Context(), other); err != nil {
			t.Errorf("%q: %v", other, err)
		}
	}
	path := filepath.Join(dir, "webchat.db")
	before, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(before, []byte(said)) {
		t.Fatal("there is nothing that a compaction could take away", err)
	}
	if err := w.Compact(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []string{said, "m/wang", "w/wang/", "王阿姨"} {
		if bytes.Contains(after, []byte(x)) {
			t.Errorf("%q is still in the file", x)
		}
	}
	same(t, texts(t, w, "g/3hao"), []string{"陈晨说的"})
	// It goes on in the new file.
	if _, err := w.Post(t.Context(), "chen", "g/3hao", "还在", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, _, _ := open(t, func(o *Options) { o.Dir = dir })
	same(t, texts(t, again, "g/3hao"), []string{"陈晨说的", "还在"})
}

// A compaction that was interrupted leaves the old file, and its own goes.
func TestInterruptedCompaction(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "webchat.db"+compacting)
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, _, _ := open(t, func(o *Options) { o.Dir = dir })
	if _, err := os.Stat(left); err == nil {
		t.Error("half a file stays")
	}
	// One that cannot be written changes nothing.
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := w.Compact(); err == nil {
		t.Error("it was written into a folder")
	}
	if _, err := w.Post(t.Context(), "wang", "g/3hao", "还能说", PostOptions{}); err != nil {
		t.Error(err)
	}
}

func TestCompactBesidePosts(t *testing.T) {
	w, _, _ := open(t, nil)
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	posted := make(chan error)
	go func() {
		var failed error
		for range 200 {
			if _, err := w.Post(t.Context(), "chen", "g/3hao", "一句话", PostOptions{}); err != nil {
				failed = err
			}
		}
		posted <- failed
	}()
	for done := false; !done; {
		if err := w.Compact(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-posted:
			if err != nil {
				t.Error(err)
			}
			done = true
		case <-time.After(time.Millisecond):
		}
	}
	if n := len(texts(t, w, "g/3hao")); n != 200 {
		t.Errorf("%d of 200 are left", n)
	}
}

func TestBackupNamesItsFiles(t *testing.T) {
	w, _, _ := open(t, nil)
	send(t, w, "g/3hao", bot.Message{Text: "照片", Photos: []bot.Photo{{Data: picture(t)}}})
	dir := t.TempDir()
	files, err := w.Backup(filepath.Join(dir, "webchat.db"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if _, err := os.Stat(filepath.Join(w.h.files, files[0])); err != nil {
		t.Error(err)
	}
	copied, _, _ := open(t, func(o *Options) { o.Dir = dir })
	same(t, texts(t, copied, "g/3hao"), []string{"照片"})
}

func TestSeats(t *testing.T) {
	w, _, _ := open(t, nil)
	if err := w.OpenGroup("neu", "新群"); err != nil {
		t.Fatal(err)
	}
	if err := w.Groups("wang", []string{"g/neu"}); err != nil {
		t.Fatal(err)
	}
	groups, known, err := w.Seats("wang")
	if err != nil || !known || !slices.Equal(groups, []string{"g/neu"}) {
		t.Error(groups, known, err)
	}
	if _, known, err := w.Seats("nobody"); known || err != nil {
		t.Error(known, err)
	}
}
