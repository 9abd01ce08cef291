package pages

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// ear keeps what the pages hand over and does what rules would do with it.
type ear struct {
	heard []bot.Inbound
	does  func(bot.Inbound) bot.Answer // may be nil
	seen  map[string]bool
}

func (e *ear) Receive(_ context.Context, in bot.Inbound) (bot.Answer, error) {
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	for _, k := range in.Keys {
		if e.seen[k] {
			return bot.Answer{}, nil
		}
		e.seen[k] = true
	}
	e.heard = append(e.heard, in)
	if e.does == nil {
		return bot.Answer{}, nil
	}
	return e.does(in), nil
}

// take gives what was handed over since the last time, as "press 1/come" and "said
// 1/say: …".
func (e *ear) take() (out []string) {
	for _, in := range e.heard {
		switch in.Kind {
		case bot.Pressed:
			out = append(out, "press "+in.Press)
		default:
			out = append(out, fmt.Sprintf("%s %s: %s", in.Kind, in.Answers, in.Message.Text))
		}
		if in.As != "r1" || in.Channel != "pages" || in.Chat.Address != "r1" || in.From.Address != "r1" || !in.From.Person || in.Chat.Group || in.At.IsZero() || len(in.Keys) != 1 {
			out = append(out, fmt.Sprintf("by somebody else: %+v", in))
		}
	}
	e.heard = nil
	return out
}

func (e *ear) want(t *testing.T, want ...string) {
	t.Helper()
	if got := e.take(); !slices.Equal(got, want) {
		t.Errorf("handed over\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Each time that was changed is one press; a form that comes twice is one event; where
// nothing suits, that is said.
func TestHearingTimes(t *testing.T) {
	e := &ear{}
	h := hall(t, "", e)
	h.folk()
	id := h.hearing(func(s *hearing.State) {
		s.Stage, s.Noticed, s.Until = hearing.Asking, time.Time{}, h.at.Add(24*time.Hour)
		for i := range 3 {
			s.Slots = append(s.Slots, hearing.Slot{From: s.From.AddDate(0, 0, i), To: s.To.AddDate(0, 0, i), Room: "linli", Others: i, Holiday: i == 1})
		}
	})
	h.part(id, "r1", hearing.TagAsked, hearing.Part{Ticks: 0b001})
	e.does = func(in bot.Inbound) bot.Answer {
		var p hearing.Part
		h.update(func(tx storage.Tx) error {
			old, err := tx.Entry(id, "r1")
			v := heard{}
			if err = firstOf(err, v.decode(old.Data, &p)); err != nil {
				return err
			}
			var i int
			if _, err := fmt.Sscanf(in.Press, string(id)+"/tick!=%d", &i); err == nil {
				p.Ticks ^= 1 << i
			} else {
				p.Ticks = 0
			}
			return tx.PutEntry(id, flows.Entry{Key: "r1", Tag: hearing.TagAsked, Data: flows.Data(p)})
		})
		return bot.Answer{Toast: "记了一个"}
	}
	path := h.hearingPath(id, "r1")
	page := h.page(path)
	h.has(page, `value="0" checked`, `value="1"><`, `value="2"><`, "3月15日（周日） 15:00-17:00", "公共假日", "有2人说行", "二楼邻里室")
	h.lacks(page, `value="come"`)
	f := form()
	f["slot"] = []string{"1", "2"}
	a := h.ask("POST", path+"/times", f)
	h.has(a.Body, "记下了。", `value="1" checked`, `value="2" checked`)
	h.lacks(a.Body, `value="0" checked`)
	e.want(t, "press "+string(id)+"/tick!=0", "press "+string(id)+"/tick!=1", "press "+string(id)+"/tick!=2")
	f["slot"] = []string{"1", "2"}
	h.ask("POST", path+"/times", f)
	e.want(t) // nothing has changed
	h.has(h.ask("POST", path+"/times", form()).Body, "这些时间您都不行")
	e.want(t, "press "+string(id)+"/none")
	for _, bad := range [][]string{{"3"}, {"-1"}, {"x"}, {"1", "99"}} {
		f := form()
		f["slot"] = bad
		if a := h.ask("POST", path+"/times", f); a.Status != 400 {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	if a := h.ask("POST", h.hearingPath(id, "")+"/times", form("slot", "1")); a.Status != 400 {
		t.Errorf("by everybody's link: %d", a.Status)
	}
	e.does = func(bot.Inbound) bot.Answer { return bot.Answer{Toast: "晚了，已经定了。"} }
	h.has(h.ask("POST", path+"/times", form("slot", "1")).Body, "晚了，已经定了。")
	e.take()
	h.at = h.at.Add(25 * time.Hour)
	h.lacks(h.page(path), `name="slot"`)
}

// A button of the page is handed on, with what the rules say to it; what is none of the
// reader's is not.
func TestHearingPresses(t *testing.T) {
	e := &ear{}
	h := hall(t, "/c/x", e)
	h.folk()
	id := h.hearing(nil)
	h.record(id)
	path := h.hearingPath(id, "r1")
	e.does = func(bot.Inbound) bot.Answer { return bot.Answer{Toast: "好，给您留着。"} }
	for _, c := range []string{"come", "nocome", "kept", "speak", "named", "unnamed", "rate!=good", "rate!=fair", "rate!=bad", "unsay=1", "propose=yes", "propose=no"} {
		a := h.ask("POST", path+"/press", form("choice", c))
		if a.Status != 200 {
			t.Errorf("%s: %d", c, a.Status)
		}
		h.has(a.Body, "好，给您留着。")
		e.want(t, "press "+string(id)+"/"+c)
	}
	for _, c := range []string{"", "unsay=2", "unsay=3", "unsay=01", "unsay", "undissent=10", "publish", "here!=4821", "rev=ok", "lift", "begin", "end", "tick!=1", "rate!=", "confirm", "in=r2"} {
		if a := h.ask("POST", path+"/press", form("choice", c)); a.Status != 400 {
			t.Errorf("%q: %d", c, a.Status)
		}
	}
	for _, bad := range []url.Values{{"choice": {"come"}}, {"choice": {"come"}, "form": {"x"}}} {
		if a := h.ask("POST", path+"/press", bad); a.Status != 400 {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	if a := h.ask("POST", h.hearingPath(id, "")+"/press", form("choice", "come")); a.Status != 400 {
		t.Errorf("by everybody's link: %d", a.Status)
	}
	e.want(t)
	same := form("choice", "come")
	h.ask("POST", path+"/press", same)
	h.ask("POST", path+"/press", same)
	e.want(t, "press "+string(id)+"/come")
	e.does = nil
	h.has(h.ask("POST", path+"/press", form("choice", "come")).Body, "没有记下")
	e.does = func(bot.Inbound) bot.Answer { h.part(id, "r1", hearing.TagNo, hearing.Part{}); return bot.Answer{} }
	h.has(h.ask("POST", path+"/press", form("choice", "nocome")).Body, "记下了。", "您说了不来。")

	offered := h.hearing(func(s *hearing.State) { s.Stage, s.Noticed = hearing.Offered, time.Time{} })
	e.does = func(bot.Inbound) bot.Answer {
		h.update(func(tx storage.Tx) error { return tx.DropCase(offered) })
		return bot.Answer{}
	}
	h.has(h.page(h.hearingPath(offered, "r1")), `value="propose=no"`)
	if a := h.ask("GET", h.hearingPath(offered, "r2"), nil); a.Status != 404 {
		t.Errorf("what was only offered is shown to another: %d", a.Status)
	}
	if a := h.ask("POST", h.hearingPath(offered, "r1")+"/press", form("choice", "propose=no")); a.Status != 200 || !strings.Contains(a.Body, "没有交，也不留") {
		t.Errorf("not handed on: %d", a.Status)
	}
}

// Words are handed on under their tag; the name goes with them only as it was ticked; what
// was not taken is not lost.
func TestHearingWords(t *testing.T) {
	e := &ear{}
	h := hall(t, "", e)
	h.folk()
	id := h.hearing(func(s *hearing.State) { finished(h)(s); s.Stage = hearing.Notice })
	path, n := h.hearingPath(id, "r1"), 0
	e.does = func(in bot.Inbound) bot.Answer {
		if in.Kind == bot.Said {
			n++
			h.item(id, 20+n, hearing.Item{Kind: "before", By: "r1", Text: in.Message.Text})
			h.part(id, "r1", hearing.TagSpeak, hearing.Part{Items: []int{20 + n}})
		}
		return bot.Answer{}
	}
	h.has(h.ask("POST", path+"/say", form("tag", "say", "text", " 充电要有人管\n晚上也要 ", "named", "1")).Body, "记下了。", "充电要有人管", "您说过的", `value="unsay=21"`)
	e.want(t, "said "+string(id)+"/say: 充电要有人管\n晚上也要", "press "+string(id)+"/named")
	h.ask("POST", path+"/say", form("tag", "say", "text", "不写名字"))
	e.want(t, "said "+string(id)+"/say: 不写名字")
	h.ask("POST", path+"/say", form("tag", "proxy", "text", "我女儿"))
	e.want(t, "said "+string(id)+"/proxy: 我女儿")
	h.ask("POST", path+"/say", form("tag", "dissent", "text", "离窗户太近"))
	e.want(t, "said "+string(id)+"/dissent: 离窗户太近")
	h.ask("POST", path+"/say", form("tag", "say", "text", strings.Repeat("长", 500)))
	if got := e.take(); len(got) != 1 {
		t.Errorf("500 letters: %d", len(got))
	}
	for text, words := range map[string]string{"": "还没有写", " \n": "还没有写", strings.Repeat("长", 501): "太长了"} {
		a := h.ask("POST", path+"/say", form("tag", "say", "text", text))
		if a.Status != 400 {
			t.Errorf("%d letters: %d", len(text), a.Status)
		}
		h.has(a.Body, words, ">"+strings.TrimSpace(text)+"</textarea>")
	}
	for _, tag := range []string{"", "publish", "refuse", "note", "here", "answer-9", "say/x"} {
		if a := h.ask("POST", path+"/say", form("tag", tag, "text", "好")); a.Status != 400 {
			t.Errorf("%q: %d", tag, a.Status)
		}
	}
	if a := h.ask("POST", h.hearingPath(id, "")+"/say", form("tag", "say", "text", "好")); a.Status != 400 {
		t.Errorf("by everybody's link: %d", a.Status)
	}
	e.want(t)
	e.does = nil
	a := h.ask("POST", path+"/say", form("tag", "say", "text", "没有人收"))
	if h.has(a.Body, "没有记下", ">没有人收</textarea>"); a.Status != 400 {
		t.Errorf("what was not taken: %d", a.Status)
	}
	e.does = func(bot.Inbound) bot.Answer { return bot.Answer{Toast: "现在不收了。"} }
	h.has(h.ask("POST", path+"/say", form("tag", "say", "text", "晚了")).Body, "现在不收了。")
}

// People check in with the code of the door, and cannot try all of them.
func TestHearingCheckIn(t *testing.T) {
	e := &ear{}
	h := hall(t, "", e)
	h.folk()
	id := h.hearing(nil)
	path, all := h.hearingPath(id, "r1"), h.hearingPath(id, "")
	e.does = func(in bot.Inbound) bot.Answer {
		if in.Press == string(id)+"/here!=4821" {
			h.part(id, "r1", hearing.TagHere, hearing.Part{})
			return bot.Answer{Toast: "到了。"}
		}
		return bot.Answer{}
	}
	h.lacks(h.page(path), `name="code"`) // not on the day before
	h.at = time.Date(2026, 3, 14, 14, 0, 0, 0, h.settings.Zone)
	h.has(h.page(path+"?code=4821"), `name="code" value="4821"`)
	h.lacks(h.page(path+"?code=48211"), "value=\"4821")
	h.lacks(h.page(path+"?code=<b>x"), "<b>x")
	public := h.page(all + "?code=4821")
	h.has(public, "签到数字：4821", "找会务登记")
	h.lacks(public, "<form")
	for _, bad := range []string{"", "482", "48211", "abcd", "４８2x"} {
		if a := h.ask("POST", path+"/here", form("code", bad)); a.Status != 400 || !strings.Contains(a.Body, "请输入门口纸上的四位数字") {
			t.Errorf("%q: %d", bad, a.Status)
		}
	}
	e.want(t)
	for i := range 9 {
		if a := h.ask("POST", path+"/here", form("code", fmt.Sprintf("111%d", i))); a.Status != 400 || !strings.Contains(a.Body, "这个数字不对") {
			t.Errorf("wrong code %d: %d", i, a.Status)
		}
	}
	e.take()
	h.has(h.ask("POST", path+"/here", form("code", " ４８２１ ")).Body, "到了。", "您已签到。")
	e.want(t, "press "+string(id)+"/here!=4821")
	h.lacks(h.page(path), `name="code"`)
	h.part(id, "r1", hearing.TagYes, hearing.Part{})
	if a := h.ask("POST", path+"/here", form("code", "1119")); a.Status != 400 || !strings.Contains(a.Body, "这个数字不对") {
		t.Errorf("the tenth wrong one: %d", a.Status)
	}
	e.take()
	if a := h.ask("POST", path+"/here", form("code", "4821")); a.Status != 400 || !strings.Contains(a.Body, "输错的次数太多") || a.Header.Get("Retry-After") == "" {
		t.Errorf("after ten wrong ones: %d", a.Status)
	}
	e.want(t)
	if a := h.ask("POST", all+"/here", form("code", "4821")); a.Status != 400 {
		t.Errorf("by everybody's link: %d", a.Status)
	}
	h.at = h.at.Add(time.Hour)
	if a := h.ask("POST", path+"/here", form("code", "4821")); a.Status != 200 {
		t.Errorf("an hour later: %d", a.Status)
	}
}

// Where the private conversation begins is shown to everybody, where it is known.
func TestHearingPrivate(t *testing.T) {
	h := build(t, "", func(o *Options) {
		o.HearingWords = minuteWords(t)
		o.Private = func(id flows.ID) string { return "https://t.example/linli?start=v" + string(id) }
	})
	h.folk()
	id := h.hearing(nil)
	link := "https://t.example/linli?start=v" + string(id)
	h.has(h.page(h.hearingPath(id, "")), link)
	h.has(h.page(h.hearingPath(id, "")+"?code=4821"), link)
	h.lacks(h.page(h.hearingPath(id, "r1")), link)
}
