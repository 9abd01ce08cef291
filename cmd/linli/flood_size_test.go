package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Ten megabytes of emoji, many at a time, by the webhook and by the web chat, are
// refused without being held in memory, and the others are served meanwhile.
func TestTenMegabytes(t *testing.T) {
	h := newSite(t)
	h.secrets.Names("徐浩然", strings.Repeat("😀", 4))
	h.secrets.Said("早上好，又一遍")
	li, g, u := h.tg.AddUser("李网格"), h.tg.AddGroup("3号楼群"), h.tg.AddUser("徐浩然")
	h.stop(t, h.serve(t, 0))
	codes := h.codes(t, "b3")
	li.Start(h.codes(t, "li")[0])
	p := h.serve(t, 1)
	front := strings.TrimSuffix(h.hook, "/hook/telegram")
	before := peak(t, p)

	emoji := strings.Repeat("😀", 10<<20/4)
	update := fmt.Sprintf(`{"update_id":1,"message":{"message_id":1,"date":%d,"chat":{"id":%d,"type":"supergroup","title":"x"},"from":{"id":%d,"is_bot":false,"first_name":"x"},"text":"%s"}}`,
		time.Now().Unix(), g.ID, u.ID, emoji)
	var all sync.WaitGroup
	var hook, chat atomic.Int64 // refusals that arrived
	for i := range 20 {
		all.Go(func() {
			req, err := http.NewRequest(http.MethodPost, h.hook, strings.NewReader(update))
			if err != nil {
				t.Error(err)
				return
			}
			if i%2 == 1 {
				req.Body, req.ContentLength = io.NopCloser(strings.NewReader(update)), -1 // it does not say how long it is
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Telegram-Bot-Api-Secret-Token", "secret-of-a-test")
			refused(t, &hook, req)
		})
	}
	meanwhile := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), quick)
		defer cancel()
		for i := range 20 {
			h.tg.Say(u, g.ID, fmt.Sprintf("早上好，又一遍，%d", i))
		}
		if err := h.tg.Wait(ctx, func() bool { return h.tg.Pending() == 0 }); err != nil {
			t.Errorf("%d messages of others were not taken", h.tg.Pending())
		}
		all.Wait()
	}
	meanwhile()
	byHook := peak(t, p)
	member := enter(t, front, codes[1])
	for range 4 {
		all.Go(func() {
			refused(t, &chat, post(t, front, member, emoji))
		})
	}
	meanwhile()
	t.Logf("of 20 bodies by the webhook %d were answered with 413, of 4 by the web chat %d; the others were hung up on", hook.Load(), chat.Load())
	if hook.Load() == 0 || chat.Load() == 0 {
		t.Error("nobody said why")
	}
	if status := answered(post(t, front, member, "早上好")); status != http.StatusOK {
		t.Errorf("web chat afterwards: %d", status)
	}
	byChat := peak(t, p)
	t.Logf("memory has grown by %d MB at most with 20 bodies of 10 MB by the webhook, by %d MB more with 4 by the web chat", (byHook-before)>>20, (byChat-byHook)>>20)
	if byHook-before > 40<<20 || byChat-byHook > 200<<20 {
		t.Error("that is too much")
	}
	h.stop(t, p)
	if strings.Contains(p.log(), "panic") {
		t.Errorf("it panicked:\n%s", p.log())
	}
}

// codes gives the codes that the command line makes for somebody or a group.
func (h *site) codes(t *testing.T, whom string) []string {
	t.Helper()
	out, err := exec.Command(h.binary, "code", "--config", h.config[0], whom).Output()
	if err != nil {
		t.Fatalf("linli code %s: %v", whom, err)
	}
	return codeForm.FindAllString(string(out), -1)
}

var codeForm = regexp.MustCompile(`\b[0-9A-Z]{5}-[0-9A-Z]{5}\b`)

// refused sends what is too large and counts the answers that say so.
func refused(t *testing.T, n *atomic.Int64, req *http.Request) {
	switch status := answered(req); status {
	case http.StatusRequestEntityTooLarge:
		n.Add(1)
	case hungUp:
	default:
		t.Errorf("%s: %d", req.URL.Path, status)
	}
}

// hungUp is what answered gives where the server closed the connection while
// the body was still being sent: it refused, and the answer was lost on the way.
const hungUp = -1

func answered(req *http.Request) int {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return hungUp
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// enter makes somebody a member of a group of the web chat.
func enter(t *testing.T, front, code string) *http.Client {
	t.Helper()
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	c := &http.Client{Jar: jar}
	resp, err := c.PostForm(front+"/chat/enter", url.Values{"code": {code}, "name": {"网页居民"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("entering the web chat: %s", resp.Status)
	}
	return c
}

// post is a message of a member in the group.
func post(t *testing.T, front string, member *http.Client, text string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range map[string]string{"id": fmt.Sprintf("post-%d", time.Now().UnixNano()), "chat": "g/b3", "text": text} {
		if err := form.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	form.Close()
	req, err := http.NewRequest(http.MethodPost, front+"/chat/post", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	for _, c := range member.Jar.Cookies(must[*url.URL](t)(url.Parse(front + "/chat/post"))) {
		req.AddCookie(c)
	}
	return req
}

// peak is the most memory a process has had.
func peak(t *testing.T, p *process) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			return must[int](t)(strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))) << 10
		}
	}
	t.Fatal("the system does not say how much memory a process has")
	return 0
}
