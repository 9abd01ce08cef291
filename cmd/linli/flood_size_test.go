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
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot/bottest"
)

// Ten megabytes of emoji, many at a time, by the webhook and by the web chat, are
// refused without being held in memory, and the others are served meanwhile.
func TestTenMegabytes(t *testing.T) {
	h := newSite(t)
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
			if status := answered(req); status != http.StatusRequestEntityTooLarge && status != hungUp {
				t.Errorf("webhook, %d: %d", i, status)
			}
		})
	}
	member := enter(t, front, codes[1])
	for i := range 4 {
		all.Go(func() {
			if status := answered(post(t, front, member, emoji)); status != http.StatusRequestEntityTooLarge && status != hungUp {
				t.Errorf("web chat, %d: %d", i, status)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), quick)
	defer cancel()
	for i := range 20 { // meanwhile
		h.tg.Say(u, g.ID, fmt.Sprintf("早上好，第%d遍", i))
	}
	if err := h.tg.Wait(ctx, func() bool { return h.tg.Pending() == 0 }); err != nil {
		t.Errorf("%d messages of others were not taken", h.tg.Pending())
	}
	all.Wait()
	member.Jar = nil // still a member, and still served
	if status := answered(post(t, front, enter(t, front, codes[1]), "早上好")); status != http.StatusOK {
		t.Errorf("web chat afterwards: %d", status)
	}
	// Each body is 10 MB; what was read of all of them together must be less than one or two.
	if grown := peak(t, p) - before; grown > 48<<20 {
		t.Errorf("memory has grown by %d MB", grown>>20)
	} else {
		t.Logf("24 bodies of 10 MB: memory has grown by %d MB at most", grown>>20)
	}
	h.stop(t, p)
	s := bottest.NewSecrets(emoji[:400], "早上好，第1遍", "早上好，第2遍")
	s.Names(codes...)
	s.Names("徐浩然", strings.Repeat("😀", 4))
	s.KeepLog(t, "ten megabytes", p.log())
	if strings.Contains(p.log(), "panic") {
		t.Errorf("it panicked:\n%s", p.log())
	}
}

// codes gives the codes that the command line makes for somebody or a group.
func (h *site) codes(t *testing.T, whom string) (codes []string) {
	t.Helper()
	out, err := exec.Command(h.binary, "code", "--config", h.config[0], whom).Output()
	if err != nil {
		t.Fatalf("linli code %s: %v", whom, err)
	}
	for line := range strings.Lines(string(out)) {
		codes = append(codes, line[strings.LastIndexAny(line, " ：")+1:])
	}
	for i, c := range codes {
		codes[i] = strings.TrimSpace(strings.TrimPrefix(c, "\xbc\x9a")) // what LastIndexAny leaves of a wide colon
	}
	return codes
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

