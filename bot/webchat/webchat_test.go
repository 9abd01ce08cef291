package webchat

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
)

func newClock() *bottest.Clock {
	return bottest.NewClock(time.Date(2026, 12, 4, 9, 12, 0, 0, time.FixedZone("CST", 8*3600)))
}

func demo() *Demo {
	return &Demo{
		Community: "示例社区",
		Groups:    []Group{{"3hao", "3号楼群"}, {"yuan", "大院群"}},
		Members: []Member{
			{ID: "wang", Name: "王阿姨", Note: "68岁", Role: "居民", Groups: []string{"3hao"}},
			{ID: "chen", Name: "陈晨", Role: "居民", Groups: []string{"3hao", "yuan"}},
			{ID: "li", Name: "李网格", Role: "网格员", Groups: []string{"yuan"}, Phone: true},
			{ID: "zhou", Name: "周值班", Role: "值班员", Phone: true},
		},
	}
}

// open gives a web chat with its receiver; change may alter the options.
func open(t *testing.T, change func(*Options)) (*Webchat, *bottest.Ears, *bottest.Clock) {
	t.Helper()
	e, c := &bottest.Ears{}, newClock()
	o := Options{Dir: t.TempDir(), Receive: e, Now: c.Now, Demo: demo(), Log: bottest.Logger(t)}
	if change != nil {
		change(&o)
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w, e, c
}

func texts(t *testing.T, w *Webchat, chat string) []string {
	t.Helper()
	lines, err := w.History(chat)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func send(t *testing.T, w *Webchat, chat string, m bot.Message) string {
	t.Helper()
	ref, err := w.Send(t.Context(), chat, m)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestSendIsDoneOnce(t *testing.T) {
	w, _, _ := open(t, nil)
	first := send(t, w, "g/3hao", bot.Message{Key: "k1", Text: "记下了"})
	if again := send(t, w, "g/3hao", bot.Message{Key: "k1", Text: "记下了"}); again != first {
		t.Errorf("the same key gave %s, then %s", first, again)
	}
	if other := send(t, w, "m/wang", bot.Message{Key: "k1", Text: "记下了"}); other == first {
		t.Error("a key of another chat was taken for the same send")
	}
	edited := send(t, w, "g/3hao", bot.Message{Key: "k2", Edit: first, Text: "已接单"})
	late := send(t, w, "g/3hao", bot.Message{Key: "k1", Text: "记下了"}) // the platform's own retry, late
	if edited != first || late != first {
		t.Errorf("references %s, %s, want %s", edited, late, first)
	}
	same(t, texts(t, w, "g/3hao"), []string{"已接单"})
	lines, _ := w.History("g/3hao")
	if !lines[0].Edited {
		t.Error("the line is not marked as edited")
	}
}

func TestSendsAtATime(t *testing.T) {
	w, _, _ := open(t, nil)
	refs := make([]string, 20)
	var wg sync.WaitGroup
	for i := range refs {
		wg.Go(func() {
			var err error
			if refs[i], err = w.Send(t.Context(), "m/wang", bot.Message{Key: "k", Text: "记下了", Photos: []bot.Photo{{Data: bottest.Picture()}}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if slices.Sort(refs); refs[0] != refs[19] {
		t.Errorf("references %v", refs)
	}
	same(t, texts(t, w, "m/wang"), []string{"记下了"})
	if files, _ := os.ReadDir(w.h.files); len(files) != 1 {
		t.Errorf("%d files for one photo", len(files))
	}
}

// A page that missed several changes of a line is told the last one.
func TestChangesAreToldOnce(t *testing.T) {
	w, _, _ := open(t, nil)
	send(t, w, "g/3hao", bot.Message{Text: "前面的"})
	card := send(t, w, "g/3hao", bot.Message{Text: "0户"})
	for i := range 5 {
		send(t, w, "g/3hao", bot.Message{Edit: card, Text: fmt.Sprint(i, "户")})
	}
	send(t, w, "g/3hao", bot.Message{Edit: card, Text: "4户"}) // no change
	if err := w.h.view(func(t2 tx) error {
		lines, last, err := t2.since(1, map[string]bool{"g/3hao": true}, 100)
		if len(lines) != 1 || lines[0].Text != "4户" || last != 6 {
			t.Errorf("%d changes up to %d: %v", len(lines), last, lines)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestEditOfWhatIsGoneIsSaidAnew(t *testing.T) {
	w, _, _ := open(t, nil)
	ref := send(t, w, "m/wang", bot.Message{Edit: "999", Text: "已办好"})
	if ref == "999" {
		t.Error("a line that is not there was changed")
	}
	same(t, texts(t, w, "m/wang"), []string{"已办好"})
}

func TestSendErrors(t *testing.T) {
	w, _, _ := open(t, nil)
	theirs, err := w.Post(t.Context(), "wang", "g/3hao", "我的话", PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	many := make([]bot.Button, 21)
	for i := range many {
		many[i] = bot.Button{Label: "x", Data: fmt.Sprint(i)}
	}
	row := func(b ...bot.Button) [][]bot.Button { return [][]bot.Button{b} }
	for _, c := range []struct {
		name, chat string
		m          bot.Message
		gone       bool
	}{
		{"nobody", "m/nobody", bot.Message{Text: "a"}, true},
		{"no group", "g/none", bot.Message{Text: "a"}, true},
		{"no kind of chat", "x/wang", bot.Message{Text: "a"}, true},
		{"empty", "m/wang", bot.Message{Text: " \n"}, false},
		{"too long", "m/wang", bot.Message{Text: strings.Repeat("字", 4001)}, false},
		{"too many buttons", "m/wang", bot.Message{Text: "a", Buttons: [][]bot.Button{many[:11], many[11:]}}, false},
		{"too much data", "m/wang", bot.Message{Text: "a", Buttons: row(bot.Button{Label: "a", Data: strings.Repeat("x", 65)})}, false},
		{"no label", "m/wang", bot.Message{Text: "a", Buttons: row(bot.Button{Data: "x"})}, false},
		{"no picture", "m/wang", bot.Message{Photos: []bot.Photo{{Name: "a.png", Data: []byte("<svg onload=alert(1)>")}}}, false},
		{"somebody's own words", "g/3hao", bot.Message{Edit: theirs, Text: "a"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Send(t.Context(), c.chat, c.m)
			var gone bot.Gone
			var refused bot.Refused
			if errors.As(err, &gone) != c.gone || errors.As(err, &refused) == c.gone {
				t.Errorf("error is %v", err)
			}
		})
	}
	if _, err := w.Send(t.Context(), "m/wang", bot.Message{Text: strings.Repeat("字", 4000), Buttons: [][]bot.Button{many[:20]}}); err != nil {
		t.Errorf("a message at the limits: %v", err)
	}
	same(t, texts(t, w, "g/3hao"), []string{"我的话"})
}

func TestInbound(t *testing.T) {
	w, e, c := open(t, nil)
	ref, err := w.Post(t.Context(), "wang", "g/3hao", " 电梯停了 ", PostOptions{ID: "abcd1234", Point: &flows.Point{Lat: 39.9, Lon: 116.4}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(t.Context(), "wang", "g/3hao", "电梯又停了", PostOptions{ID: "abcd1235", Edit: ref}); err != nil {
		t.Fatal(err)
	}
	answer := send(t, w, "m/wang", bot.Message{Text: "要登记吗？", Buttons: [][]bot.Button{{{Label: "登记", Data: "k/yes"}}}})
	photo, err := w.Post(t.Context(), "wang", "m/wang", "", PostOptions{ID: "abcd1236", Reply: answer, Photo: bottest.Picture()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.PressData(t.Context(), "wang", "m/wang", "k/yes", PressOptions{ID: "abcd1237", Message: answer}); err != nil {
		t.Fatal(err)
	}
	from := bot.Peer{Address: "m/wang", Name: "王阿姨", Person: true}
	in := func(kind bot.Kind, key string, chat bot.Peer, m flows.Message, press string) bot.Inbound {
		return bot.Inbound{Channel: "webchat", Keys: []string{key}, At: c.Now(), Kind: kind, Chat: chat, From: from, Message: m, Press: press}
	}
	lift := bot.Peer{Address: "g/3hao", Name: "3号楼群", Group: true}
	got := e.Tries()
	if len(got) != 4 || len(got[2].Message.Media) != 1 {
		t.Fatalf("heard %+v", got)
	}
	remote := got[2].Message.Media[0].Remote
	at := &flows.Point{Lat: 39.9, Lon: 116.4}
	same(t, got, []bot.Inbound{
		in(bot.Said, "w/abcd1234", lift, flows.Message{Ref: ref, Text: "电梯停了", Point: at}, ""),
		in(bot.Edited, "w/abcd1235", lift, flows.Message{Ref: ref, Text: "电梯又停了", Point: at}, ""),
		in(bot.Said, "w/abcd1236", from, flows.Message{Ref: photo, ReplyTo: answer, Media: []flows.Media{{Kind: "photo", Remote: remote, Channel: "webchat"}}}, ""),
		in(bot.Pressed, "p/abcd1237", from, flows.Message{Ref: answer}, "k/yes"),
	})
	data, err := w.Fetch(t.Context(), remote, 1<<20)
	if err != nil || !bytes.Equal(data, bottest.Picture()) {
		t.Errorf("fetched %d bytes, %v", len(data), err)
	}
	for _, c := range []struct {
		remote string
		limit  int64
	}{{remote, int64(len(data)) - 1}, {"../webchat.db", 1 << 30}, {"", 1 << 30}, {"0123", 1 << 30}} {
		var refused bot.Refused
		if _, err := w.Fetch(t.Context(), c.remote, c.limit); !errors.As(err, &refused) {
			t.Errorf("fetch of %q up to %d: %v", c.remote, c.limit, err)
		}
	}
}

func TestPostErrors(t *testing.T) {
	w, e, _ := open(t, nil)
	mine, _ := w.Post(t.Context(), "chen", "g/3hao", "我的", PostOptions{})
	webm := append([]byte("\x1aE\xdf\xa3\x93\x42\x82\x88webm"), make([]byte, 100)...)
	for _, c := range []struct {
		name, as, chat, text string
		o                    PostOptions
		want                 error
	}{
		{"a stranger", "nobody", "g/3hao", "a", PostOptions{}, errNoMember},
		{"a foreign group", "wang", "g/yuan", "a", PostOptions{}, errNoChat},
		{"a foreign private chat", "wang", "m/chen", "a", PostOptions{}, errNoChat},
		{"nothing", "wang", "g/3hao", " \u202e\x00 ", PostOptions{}, errEmpty},
		{"too long", "wang", "g/3hao", strings.Repeat("字", 4001), PostOptions{}, errLong},
		{"a bad id", "wang", "g/3hao", "a", PostOptions{ID: "a/b/c/d/e"}, errID},
		{"somebody's words", "wang", "g/3hao", "a", PostOptions{Edit: mine}, errNotOwn},
		{"words that are gone", "wang", "g/3hao", "a", PostOptions{Edit: "77"}, errNoLine},
		{"an answer across chats", "chen", "g/yuan", "a", PostOptions{Reply: mine}, errNoLine},
		{"no picture", "wang", "g/3hao", "", PostOptions{Photo: []byte("GIF89a")}, errType},
		{"a page as voice", "wang", "g/3hao", "", PostOptions{Voice: []byte("<html>")}, errType},
		{"a large picture", "wang", "g/3hao", "", PostOptions{Photo: append(bottest.Picture(), make([]byte, maxPhoto)...)}, errLarge},
		{"a large voice", "wang", "g/3hao", "", PostOptions{Voice: append(webm, make([]byte, maxVoice)...)}, errLarge},
		{"nowhere", "wang", "g/3hao", "", PostOptions{Point: &flows.Point{Lat: 91}}, errPoint},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := w.Post(t.Context(), c.as, c.chat, c.text, c.o); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if n := len(e.Tries()); n != 1 {
		t.Errorf("the receiver heard %d, want the one good post", n)
	}
	if files, _ := os.ReadDir(w.h.files); len(files) != 0 {
		t.Errorf("%d files of refused posts are left", len(files))
	}
	var jpg bytes.Buffer
	_ = jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 2, 2)), nil)
	for name, o := range map[string]PostOptions{
		"jpeg": {Photo: jpg.Bytes()}, "a broken one": {Photo: jpg.Bytes()[:100]}, "webp": {Photo: []byte("RIFF\x10\x00\x00\x00WEBPVP8 \x04\x00\x00\x00....")}, "webm": {Voice: webm, Seconds: 3},
		"ogg": {Voice: []byte("OggS\x00....")}, "mp4": {Voice: []byte("\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00")},
	} {
		if _, err := w.Post(t.Context(), "wang", "m/wang", "", o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Of a photo only what it shows is kept.
	said, _ := bottest.Snapshot()
	if _, err := w.Post(t.Context(), "wang", "m/wang", "", PostOptions{Photo: said}); err != nil {
		t.Error(err)
	}
	files, _ := os.ReadDir(w.h.files)
	if len(files) != 7 {
		t.Errorf("%d files are kept", len(files))
	}
	for _, f := range files {
		if raw, err := os.ReadFile(filepath.Join(w.h.files, f.Name())); err != nil || bytes.Contains(raw, []byte("at home")) {
			t.Errorf("%q, %v", raw, err)
		}
	}
}

func TestPressTakesTheNewestButton(t *testing.T) {
	w, e, _ := open(t, nil)
	e.Judge(func(in bot.Inbound) (bot.Answer, error) { return bot.Answer{Toast: "收到 " + in.Press}, nil })
	press := func(label string) string {
		a, err := w.Press(t.Context(), "wang", "g/3hao", label)
		if err != nil {
			return err.Error()
		}
		return a.Toast
	}
	also := func(data string) [][]bot.Button { return [][]bot.Button{{{Label: "我也是", Data: data}}} }
	first := send(t, w, "g/3hao", bot.Message{Text: "一", Buttons: also("a/also")})
	second := send(t, w, "g/3hao", bot.Message{Text: "二", Buttons: also("b/also")})
	got := []string{press("我也是")}
	send(t, w, "g/3hao", bot.Message{Edit: second, Text: "二，办好了"})
	got = append(got, press("我也是"))
	send(t, w, "g/3hao", bot.Message{Edit: first, Text: "一，办好了"})
	got = append(got, press("我也是"))
	same(t, got, []string{"收到 b/also", "收到 a/also", errButton.Error()})
	// What a forged or a late button may do is for the rules to say.
	if a, err := w.PressData(t.Context(), "wang", "g/3hao", "zz/accept", PressOptions{}); err != nil || a.Toast != "收到 zz/accept" {
		t.Errorf("forged: %v, %v", a, err)
	}
	if _, err := w.PressData(t.Context(), "wang", "g/yuan", "zz/accept", PressOptions{}); !errors.Is(err, errNoChat) {
		t.Errorf("in a foreign group: %v", err)
	}
}

// What happens in one chat reaches the receiver one after another, in the order
// of the history.
func TestOrder(t *testing.T) {
	w, e, _ := open(t, nil)
	var busy sync.Mutex
	var order []string
	e.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if !busy.TryLock() {
			t.Error("two of a chat at a time")
			return bot.Answer{}, nil
		}
		defer busy.Unlock()
		// The time of a durable write, in which another could come between.
		if _, err := w.Send(t.Context(), "m/wang", bot.Message{Text: "记下了"}); err != nil {
			t.Error(err)
		}
		order = append(order, in.Message.Ref)
		return bot.Answer{}, nil
	})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if _, err := w.Post(t.Context(), []string{"wang", "chen"}[i%2], "g/3hao", fmt.Sprint(i), PostOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var want []string
	lines, _ := w.History("g/3hao")
	for _, l := range lines {
		want = append(want, l.ID)
	}
	same(t, order, want)
	if len(want) != 40 {
		t.Errorf("%d lines, want 40", len(want))
	}
}

func TestJoin(t *testing.T) {
	w, e, _ := open(t, nil)
	if err := w.Join(t.Context(), "yuan"); err != nil {
		t.Fatal(err)
	}
	if err := w.Join(t.Context(), "none"); !errors.Is(err, errNoChat) {
		t.Errorf("a group that is not there: %v", err)
	}
	got := e.Tries()
	if len(got) != 1 || got[0].Kind != bot.Joined || got[0].Title != "大院群" || !got[0].Chat.Group || got[0].Keys[0] != "j/yuan" {
		t.Errorf("heard %+v", got)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, func(o *Options) { o.Dir = dir })
	if w, err := New(Options{Dir: dir}); err == nil {
		_ = w.Close()
		t.Error("two processes own one history")
	}
}

func countFiles(t *testing.T, w *Webchat) int {
	t.Helper()
	files, err := os.ReadDir(w.h.files)
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
