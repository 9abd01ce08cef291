package webchat

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
)

func TestHistoryIsKeptAndDropped(t *testing.T) {
	dir := t.TempDir()
	w, _, c := open(t, func(o *Options) { o.Dir, o.KeepN = dir, 40 })
	again := func() {
		t.Helper()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w, _, _ = open(t, func(o *Options) { o.Dir, o.KeepN, o.Now = dir, 40, c.Now })
	}
	send(t, w, "m/wang", bot.Message{Key: "old", Text: "私信", Photos: []bot.Photo{{Data: bottest.Picture()}}})
	for i := range 100 {
		send(t, w, "g/3hao", bot.Message{Text: fmt.Sprint(i)})
	}
	again()
	got := texts(t, w, "g/3hao")
	if len(got) != 40 || got[0] != "60" || got[39] != "99" {
		t.Errorf("the group holds %d from %s", len(got), got[0])
	}
	same(t, texts(t, w, "m/wang"), []string{"私信"})
	c.Pass(7*24*time.Hour + time.Minute)
	send(t, w, "g/3hao", bot.Message{Text: "新的"})
	again()
	same(t, texts(t, w, "g/3hao"), []string{"新的"})
	same(t, texts(t, w, "m/wang"), []string{"私信"})
	if ref := send(t, w, "m/wang", bot.Message{Key: "old", Text: "私信"}); ref != "1" {
		t.Errorf("a key is forgotten after a week: %s", ref)
	}
	c.Pass(32 * 24 * time.Hour)
	again()
	if got := texts(t, w, "m/wang"); len(got) != 0 {
		t.Errorf("kept for more than 30 days: %v", got)
	}
	if files, _ := os.ReadDir(w.h.files); len(files) != 0 {
		t.Errorf("%d files of dropped messages are left", len(files))
	}
	if err := w.h.view(func(t tx) error {
		if t.seen(sentKey("m/wang", "old")) != nil {
			return errors.New("keys are kept for ever")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestForget(t *testing.T) {
	w, e, _ := open(t, nil)
	e.Judge(func(bot.Inbound) (bot.Answer, error) { return bot.Answer{}, errors.New("not now") })
	_, _ = w.Post(t.Context(), "wang", "g/3hao", "我家的事", PostOptions{Photo: bottest.Picture()})
	_, _ = w.Post(t.Context(), "chen", "g/3hao", "别人的话", PostOptions{})
	send(t, w, "m/wang", bot.Message{Text: "回执"})
	if err := w.Forget(t.Context(), "m/wang"); err != nil {
		t.Fatal(err)
	}
	same(t, texts(t, w, "g/3hao"), []string{"别人的话"})
	if got := texts(t, w, "m/wang"); len(got) != 0 {
		t.Errorf("the private chat still holds %v", got)
	}
	var gone bot.Gone
	if _, err := w.Send(t.Context(), "m/wang", bot.Message{Text: "在吗"}); !errors.As(err, &gone) {
		t.Errorf("send to somebody forgotten: %v", err)
	}
	if files, _ := os.ReadDir(w.h.files); len(files) != 0 {
		t.Error("the photo is left")
	}
	e.Judge(nil)
	before := len(e.Tries())
	w.again(t.Context())
	if got := e.Tries()[before:]; len(got) != 1 || got[0].From.Address != "m/chen" {
		t.Errorf("handed over after forgetting: %d", len(got))
	}
	if err := w.Forget(t.Context(), "m/nobody"); err != nil {
		t.Error(err)
	}
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
	send(t, w, "g/3hao", bot.Message{Text: "照片", Photos: []bot.Photo{{Data: bottest.Picture()}}})
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
