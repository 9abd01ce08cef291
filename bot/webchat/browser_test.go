package webchat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"linli/bot"
)

// A real browser shows hostile texts as text, under the policy we send.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	dem := demo()
	dem.Members[0].Name = hostile
	w, _, _ := open(t, func(o *Options) { o.Demo = dem })
	if _, err := w.Post(t.Context(), "wang", "g/3hao", hostile, PostOptions{}); err != nil {
		t.Fatal(err)
	}
	send(t, w, "m/wang", bot.Message{Text: hostile, Buttons: [][]bot.Button{{{Label: `<b onclick=alert(1)>登记</b>`, Data: `k/"><i>`}}}})
	send(t, w, "m/zhou", bot.Message{Text: "不上锁屏的话", Neutral: true})
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=5000", "--dump-dom", s.URL+"/")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("chromium does not start here: %v", err)
	}
	dom := string(out)
	for _, want := range []string{`&lt;img src=x onerror="document.title='owned'"&gt;`, `&lt;b onclick=alert(1)&gt;登记&lt;/b&gt;`, "有一条新消息，点开查看"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	for _, bad := range []string{"<img src=", "<title>owned", "<b onclick", "不上锁屏的话"} {
		if bad == "<img src=" {
			bad = "<img src=\"x\""
		}
		if strings.Contains(dom, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}

// page is a page in a browser, steered through its debugging port.
type page struct {
	t       *testing.T
	c       *websocket.Conn
	session string
	n       int
}

// browse starts a browser; what it gives opens a page of a size.
func browse(t *testing.T) func(url string, width, height int) *page {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute) // t.Context ends before the cleanup
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir="+dir, "--remote-debugging-port=0", "about:blank")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		t.Skipf("chromium does not start here: %v", err)
	}
	port, ended := "", make(chan struct{})
	t.Cleanup(func() {
		defer cancel()
		if c, _, err := websocket.Dial(ctx, port, nil); err != nil || wsjson.Write(ctx, c, map[string]any{"id": 1, "method": "Browser.close"}) != nil {
			cancel()
		}
		<-ended // the last of its processes has gone, and with it what writes into dir
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stderr)
	for port == "" && lines.Scan() {
		_, port, _ = strings.Cut(lines.Text(), "DevTools listening on ")
	}
	go func() {
		defer close(ended)
		for lines.Scan() { // a full pipe would stop it
		}
	}()
	if port == "" {
		t.Skip("chromium opens no debugging port here")
	}
	return func(url string, width, height int) *page {
		c, _, err := websocket.Dial(t.Context(), port, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadLimit(16 << 20)
		t.Cleanup(func() { c.CloseNow() })
		p := &page{t: t, c: c}
		var target struct {
			TargetID  string `json:"targetId"`
			SessionID string `json:"sessionId"`
		}
		p.call("Target.createTarget", map[string]any{"url": "about:blank", "newWindow": true}, &target)
		p.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
		p.session = target.SessionID
		p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}, nil)
		p.call("Page.navigate", map[string]any{"url": url}, nil)
		return p
	}
}

func (p *page) call(method string, params map[string]any, result any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	p.n++
	m := map[string]any{"id": p.n, "method": method, "params": params}
	if p.session != "" {
		m["sessionId"] = p.session
	}
	if err := wsjson.Write(ctx, p.c, m); err != nil {
		p.t.Fatal(err)
	}
	for {
		var a struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := wsjson.Read(ctx, p.c, &a); err != nil {
			p.t.Fatalf("%s: %v", method, err)
		}
		if a.ID != p.n {
			continue // an event
		}
		if a.Error != nil {
			p.t.Fatalf("%s: %s", method, a.Error)
		}
		if result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				p.t.Fatal(err)
			}
		}
		return
	}
}

// is gives the value of an expression, as text.
func (p *page) is(js string) string {
	p.t.Helper()
	var a struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	p.call("Runtime.evaluate", map[string]any{"expression": js, "awaitPromise": true, "returnByValue": true}, &a)
	if a.Exception != nil {
		p.t.Fatalf("%s: %s", js, a.Exception)
	}
	return fmt.Sprint(a.Result.Value)
}

// until waits for an expression to have a value.
func (p *page) until(js, want string) {
	p.t.Helper()
	expr, _ := json.Marshal(want)
	got := p.is(`new Promise(done => {
		const end = Date.now() + 10000;
		const look = () => { let v; try { v = String(` + js + `) } catch (e) { v = String(e) } v === ` + string(expr) + ` || Date.now() > end ? done(v) : setTimeout(look, 20) };
		look();
	})`)
	if got != want {
		p.t.Errorf("%s is %q, want %q", js, got, want)
	}
}

// What the tests look at.
const (
	leaderIs    = `document.querySelector('[data-testid=person-leader]').value`
	committeeIs = `document.querySelector('[data-testid=person-committee]').value`
	speakerIs   = `document.querySelector('#speaker').value`
	groupIs     = `document.querySelector('.tabs [aria-selected=true]').dataset.chat`
	dots        = `[...document.querySelectorAll('.bottom .dot')].filter(d => d.checkVisibility()).map(d => d.parentElement.dataset.show).join()`
)

func last(pane string) string {
	return `[...document.querySelectorAll('[data-pane=` + pane + `] .text')].at(-1)?.textContent`
}

// town is a demo with people for every phone, and a play that says what is
// sent to it.
func town(t *testing.T) (w *Webchat, url string, say chan [3]string) {
	dem, say := demo(), make(chan [3]string)
	dem.Members = append(dem.Members,
		Member{ID: "feng", Name: "冯物业", Role: "物业", Phone: true},
		Member{ID: "zheng", Name: "郑主任", Role: "居委会主任", Phone: true},
		Member{ID: "ma", Name: "马姐", Role: "居民"})
	dem.Plays = []Play{{"lift", "电梯停了"}}
	dem.Play = func(ctx context.Context, _ string) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case x, ok := <-say:
				if !ok {
					return nil
				}
				if _, err := w.Post(ctx, x[0], x[1], x[2], PostOptions{}); err != nil {
					return err
				}
			}
		}
	}
	w, _, _ = open(t, func(o *Options) { o.Demo = dem })
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	return w, s.URL + "/", say
}

// The phones at the right turn to whoever gets a message, but never away from
// somebody who is writing.
func TestPhonesFollow(t *testing.T) {
	open := browse(t)
	w, url, _ := town(t)
	send(t, w, "m/feng", bot.Message{Text: "新的单子"})
	old := send(t, w, "m/li", bot.Message{Text: "更新的"})
	send(t, w, "m/feng", bot.Message{Text: "最新的"})
	p := open(url, 1440, 900)
	p.until(last("leader"), "最新的")
	p.until(leaderIs, "feng")
	p.until(committeeIs, "zhou") // nobody got anything: the first

	send(t, w, "m/li", bot.Message{Text: "给李网格的"})
	p.until(last("leader"), "给李网格的")
	p.until(leaderIs, "li")
	p.until(`document.querySelector('.turned')?.dataset.pane`, "leader")
	p.until(`document.querySelector('.turned')`, "null")
	send(t, w, "m/zheng", bot.Message{Text: "没人接"})
	p.until(last("committee"), "没人接")
	p.until(committeeIs, "zheng")
	if p.is(leaderIs) != "li" {
		t.Error("a message for the office turned the other phone")
	}

	p.is(`document.querySelector('[data-testid=leader-input]').value = '还没写完'`)
	send(t, w, "m/feng", bot.Message{Text: "给冯物业的"})
	p.until(`document.querySelector('[data-pane=leader] .news').innerText`, "冯物业有新消息")
	p.until(leaderIs, "li")
	p.until(`document.querySelector('[data-testid=person-leader] [value=feng]').textContent`, "● 冯物业 · 物业")
	p.is(`document.querySelector('[data-testid=leader-input]').value = ''`)
	send(t, w, "m/li", bot.Message{Edit: old, Text: "改过的"}) // a change turns nothing
	send(t, w, "m/feng", bot.Message{Text: "又是冯物业的"})
	p.until(last("leader"), "又是冯物业的")
	p.until(leaderIs, "feng")
	p.until(`document.querySelector('[data-testid=person-leader] [value=feng]').textContent`, "冯物业 · 物业")
	p.until(`document.querySelector('[data-pane=leader] .news').hidden`, "true")

	for _, want := range []string{"经办人的手机", "社区的手机"} {
		if !strings.Contains(p.is(`document.querySelector('.desk').innerText`), want) {
			t.Errorf("no heading %s", want)
		}
	}
	p.is(`document.querySelector('#lang').click()`)
	for _, want := range []string{"Handler’s phone (经办人)", "Committee’s phone (社区)", "Speaker’s phone"} {
		if !strings.Contains(p.is(`document.querySelector('.desk').innerText`), want) {
			t.Errorf("in English no heading %s", want)
		}
	}
}

// The speaker is whom the visitor chose, and follows a play while it runs.
func TestSpeakerFollowsAPlay(t *testing.T) {
	open := browse(t)
	w, url, say := town(t)
	p := open(url, 1440, 900)
	p.until(`document.querySelector('#clock').textContent.includes(':')`, "true")
	if _, err := w.Post(t.Context(), "chen", "g/yuan", "不在演示", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	send(t, w, "m/chen", bot.Message{Text: "给陈晨的"})
	p.until(`document.querySelector('.tabs [data-chat="g/yuan"] .dot').hidden`, "false")
	p.until(`document.querySelector('#speaker [value=chen]').textContent.trim().startsWith('●')`, "true")
	if got := p.is(speakerIs) + " " + p.is(groupIs); got != "wang g/3hao" {
		t.Errorf("without a play the page turned to %s", got)
	}

	p.is(`document.querySelector('[data-play=lift]').click()`)
	p.until(`document.querySelector('#stop').hidden`, "false")
	say <- [3]string{"chen", "g/yuan", "电梯停了"}
	p.until(last("group"), "电梯停了")
	p.until(speakerIs, "chen")
	p.until(`document.querySelector('#resident-name').textContent`, "陈晨")
	p.until(last("resident"), "给陈晨的")
	say <- [3]string{"li", "g/yuan", "我去看"} // no resident
	p.until(last("group"), "我去看")
	p.until(speakerIs, "chen")
	send(t, w, "m/wang", bot.Message{Text: "给王阿姨的"}) // who is only told something does not speak
	p.until(`document.querySelector('#speaker [value=wang]').textContent.trim().startsWith('●')`, "true")
	p.until(speakerIs, "chen")
	say <- [3]string{"ma", "m/ma", "我不在群里"}
	p.until(last("resident"), "我不在群里")
	p.until(speakerIs, "ma")
	p.is(`document.querySelector('[data-testid=resident-input]').value = '还没写完'`)
	say <- [3]string{"wang", "m/wang", "下不了楼"}
	say <- [3]string{"chen", "m/chen", "我也是"}
	p.until(`document.querySelector('#speaker [value=chen]').textContent.trim().startsWith('●')`, "true")
	p.until(speakerIs, "ma")
	p.is(`document.querySelector('[data-testid=resident-input]').value = ''`)
	close(say)
	p.until(`document.querySelector('#stop').hidden`, "true")
	if _, err := w.Post(t.Context(), "wang", "g/3hao", "演完了", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	p.until(`document.querySelector('.tabs [data-chat="g/3hao"] .dot').hidden`, "false")
	if got := p.is(speakerIs) + " " + p.is(groupIs); got != "ma g/yuan" {
		t.Errorf("after the play the page turned to %s", got)
	}
}

// On a telephone there is one pane at a time; dots say where else to look.
func TestDotsOnASmallScreen(t *testing.T) {
	open := browse(t)
	w, url, _ := town(t)
	p := open(url, 390, 844)
	p.until(`document.querySelector('#clock').textContent.includes(':')`, "true")
	send(t, w, "m/wang", bot.Message{Text: "记下了"})
	send(t, w, "m/feng", bot.Message{Text: "新的单子"})
	p.until(dots, "resident,leader")
	if _, err := w.Post(t.Context(), "wang", "g/3hao", "又说一句", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	p.until(last("group"), "又说一句")
	p.until(dots, "resident,leader") // what goes on elsewhere takes none away
	show := func(pane string) { p.is(`document.querySelector('.bottom [data-show=` + pane + `]').click()`) }
	show("leader")
	p.until(dots, "resident")
	p.until(leaderIs, "feng")
	send(t, w, "m/feng", bot.Message{Text: "在看"})
	p.until(last("leader"), "在看")
	send(t, w, "m/zheng", bot.Message{Text: "没人接"})
	p.until(dots, "resident,committee")
	show("resident")
	p.until(dots, "committee")
	if _, err := w.Post(t.Context(), "chen", "g/yuan", "另一个群", PostOptions{}); err != nil {
		t.Fatal(err)
	}
	p.until(dots, "group,committee")
	show("committee")
	p.until(last("committee"), "没人接")
	p.until(dots, "group")
}

func TestVoiceHasAPlayer(t *testing.T) {
	open := browse(t)
	w, url, _ := town(t)
	p := open(url, 1440, 900)
	send(t, w, "m/feng", bot.Message{Text: "听一下", Voices: []bot.Photo{{Data: append([]byte("OggS\x00"), make([]byte, 100)...), Seconds: 7}}})
	p.until(last("leader"), "听一下")
	const audio = `document.querySelector('[data-pane=leader] audio')`
	p.until(audio+`.controls && `+audio+`.checkVisibility() && `+audio+`.getBoundingClientRect().right < document.querySelector('[data-pane=leader]').getBoundingClientRect().right`, "true")
	p.until(audio+`.nextSibling.textContent`, "语音 7秒")
	if got := p.is(`fetch(` + audio + `.src).then(async r => r.status + ' ' + r.headers.get('content-type') + ' ' + (await r.arrayBuffer()).byteLength)`); got != "200 audio/ogg 105" {
		t.Errorf("the recording is %s", got)
	}
	// WeChat's form is played by no browser.
	send(t, w, "m/feng", bot.Message{Text: "再听", Voices: []bot.Photo{{Data: []byte("#!AMR\n sound")}}})
	p.until(last("leader"), "再听")
	p.until(`[...document.querySelectorAll('[data-pane=leader] .voice a[download]')].map(a => a.checkVisibility() && a.textContent).join()`, "存下这段语音（微信的格式，浏览器放不了）")
}
