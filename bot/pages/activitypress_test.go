package pages

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"linli/bot"

	"linli/flows/activity"
)

// led sends a form that must be answered by being sent on, and gives where to.
func (h *house) led(path string, form url.Values) string {
	h.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(h.t.Context(), "POST", h.srv.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusSeeOther {
		body, _ := io.ReadAll(resp.Body)
		h.t.Fatalf("%d\n%s", resp.StatusCode, body)
	}
	return resp.Header.Get("Location")
}

// A button of the page is handed on, and the browser sent back to what the rules say to it:
// loading it again sends nothing again. What is no button of the reader's is not handed on.
func TestActivityPresses(t *testing.T) {
	e := &ear{}
	h := hall(t, "/c/x", e)
	h.folk()
	id := h.activity(nil)
	path, other := h.activityPath(id, "r1"), h.activityPath(id, "r2")
	e.does = func(bot.Inbound) bot.Answer { return bot.Answer{Toast: "记下了：等您。"} }
	for _, c := range []string{"come", "come=1", "come=4", "kids=1", "kids=3", "both", "wait", "no", "take", "ring", "help", "photo=yes", "photo=no", "stop", "liked!=good", "again!=no"} {
		to := h.led(path+"/press", form("choice", c))
		e.want(t, "press "+string(id)+"/"+c)
		if at, _, _ := strings.Cut(to, "?"); at != path {
			t.Fatalf("%s leads to %s", c, to)
		}
		for range 2 { // loaded again
			h.has(h.page(to), "记下了：等您。")
		}
		e.want(t)
		_, said, _ := strings.Cut(to, "?")
		h.lacks(h.page(other+"?"+said), "等您。") // what was said to one is not for another
		h.lacks(h.page(path), "等您。")
	}
	to := h.led(path+"/press", form("choice", "come"))
	h.at = h.at.Add(asideLife + time.Second)
	h.lacks(h.page(to), "等您。")
	e.take()
	for _, c := range []string{"", "come=0", "come=5", "come=x", "kids=4", "kids=0", "send", "drop", "hours=all", "in=r2", "list", "end", "move", "off", "walk", "agree", "allow", "here!=4821", "liked!=", "hand=yes"} {
		if a := h.ask("POST", path+"/press", form("choice", c)); a.Status != 400 {
			t.Errorf("%q: %d", c, a.Status)
		}
	}
	for _, bad := range []url.Values{{"choice": {"come"}}, {"choice": {"come"}, "form": {"x"}}} {
		if a := h.ask("POST", path+"/press", bad); a.Status != 400 {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	for _, at := range []string{"/press", "/here", "/walk"} {
		if a := h.ask("POST", h.activityPath(id, "")+at, form("choice", "come", "code", "4821", "text", "3")); a.Status != 400 {
			t.Errorf("%s by everybody's link: %d", at, a.Status)
		}
	}
	e.want(t)
	same := form("choice", "come")
	h.led(path+"/press", same)
	h.led(path+"/press", same)
	e.want(t, "press "+string(id)+"/come")
	e.does = nil
	h.has(h.page(h.led(path+"/press", form("choice", "come"))), "没有变化")
	e.does = func(bot.Inbound) bot.Answer {
		h.joins(id, "r1", activity.TagYes, activity.Part{Seats: 1})
		return bot.Answer{}
	}
	h.has(h.page(h.led(path+"/press", form("choice", "come"))), "记下了。", "您报了名。")
	for _, get := range []string{"/press", "/here", "/walk"} {
		e.take()
		h.page(path + get + "?choice=come&code=4821")
		e.want(t)
	}
}

// People check in with the code of the door, and cannot try all of them.
func TestActivityCheckIn(t *testing.T) {
	e := &ear{}
	h := hall(t, "", e)
	h.folk()
	id := h.activity(nil)
	path := h.activityPath(id, "r1")
	e.does = func(in bot.Inbound) bot.Answer {
		if in.Press == string(id)+"/here!=4821" {
			h.joins(id, "r1", activity.TagHere, activity.Part{Seats: 1})
			return bot.Answer{Toast: "签到了。"}
		}
		return bot.Answer{Toast: "不是这个码。"}
	}
	h.lacks(h.page(path), `name="code"`) // not on the day before
	h.at = time.Date(2026, 3, 13, 18, 30, 0, 0, h.settings.Zone)
	h.has(h.page(path+"?code=4821"), `name="code" value="4821"`)
	h.lacks(h.page(path+"?code=<b>x"), "<b>x")
	for _, bad := range []string{"", "482", "48211", "abcd"} {
		if a := h.ask("POST", path+"/here", form("code", bad)); a.Status != 400 || !strings.Contains(a.Body, "请输入门口纸上的四位数字") {
			t.Errorf("%q: %d", bad, a.Status)
		}
	}
	e.want(t)
	for i := range 9 {
		h.has(h.page(h.led(path+"/here", form("code", fmt.Sprintf("111%d", i)))), "不是这个码。")
	}
	e.take()
	h.has(h.page(h.led(path+"/here", form("code", " ４８２１ "))), "签到了。", "您签到了。")
	e.want(t, "press "+string(id)+"/here!=4821")
	h.lacks(h.page(path), `name="code"`)
	h.joins(id, "r1", activity.TagYes, activity.Part{})
	h.led(path+"/here", form("code", "1119"))
	e.take()
	if a := h.ask("POST", path+"/here", form("code", "4821")); a.Status != 400 || !strings.Contains(a.Body, "输错的次数太多") || a.Header.Get("Retry-After") == "" {
		t.Errorf("after ten wrong ones: %d", a.Status)
	}
	e.want(t)
}

// Who runs it says how many came without a telephone, and that it is over; nobody else does.
func TestActivityRun(t *testing.T) {
	var heard []bot.Inbound
	h := hall(t, "", takes(func(in bot.Inbound) bot.Answer { heard = append(heard, in); return bot.Answer{Toast: "记下了"} }))
	h.folk()
	id := h.activity(func(s *activity.State) { s.Stage, s.Runner = activity.Held, "r2" })
	runs := h.activityPath(id, "r2")
	h.has(h.page(runs), "/door", "没有手机的来了几位", `value="end"`, "名单请社区打印")
	h.has(h.page(h.led(runs+"/walk", form("text", " ６ "))), "记下了")
	h.led(runs+"/press", form("choice", "end"))
	if len(heard) != 2 || heard[0].Answers != string(id)+"/walk" || heard[0].Message.Text != "6" || heard[0].As != "r2" || heard[1].Press != string(id)+"/end" {
		t.Errorf("handed over %+v", heard)
	}
	for _, bad := range []string{"", "六个", "-1", strings.Repeat("1", 40)} {
		if a := h.ask("POST", runs+"/walk", form("text", bad)); a.Status != 400 || !strings.Contains(a.Body, "写个数就行") {
			t.Errorf("%q: %d", bad, a.Status)
		}
	}
	if a := h.ask("POST", h.activityPath(id, "r1")+"/walk", form("text", "6")); a.Status != 403 {
		t.Errorf("by somebody else: %d", a.Status)
	}
	if len(heard) != 2 {
		t.Errorf("handed over %+v", heard[2:])
	}
}

// takes is a receiver that is a function.
type takes func(bot.Inbound) bot.Answer

func (f takes) Receive(_ context.Context, in bot.Inbound) (bot.Answer, error) { return f(in), nil }
