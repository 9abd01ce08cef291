package pages

import (
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// A hearing from the times to the rating by its pages, with the rules, the words and the
// engine as they are; what the organiser does comes from elsewhere.
func TestWholeHearing(t *testing.T) {
	flow, err := hearing.New()
	if err != nil {
		t.Fatal(err)
	}
	h := build(t, "", func(o *Options) { o.HearingWords = flow.Words })
	h.folk()
	rounds := func() {
		t.Helper()
		for n, err := 1, error(nil); n > 0; {
			if n, _, err = h.bot.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	nth := 0
	lead := func(in bot.Inbound) { // what the organiser, who has the chair as well, does at the desk
		t.Helper()
		nth++
		peer := bot.Peer{Address: "chen", Person: true}
		in.Channel, in.Keys, in.At, in.Chat, in.From, in.As = "desk", []string{"desk/" + itoa(nth)}, h.at, peer, peer, "chen"
		if _, err := h.bot.Receive(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		rounds()
	}
	id := h.hearing(func(s *hearing.State) {
		s.Stage, s.Noticed, s.Until, s.Chair, s.Version, s.Code = hearing.Asking, time.Time{}, h.at.Add(24*time.Hour), "chen", 0, ""
		s.Taken = hearing.Taken{}
		s.Slots = []hearing.Slot{{From: s.From, To: s.To, Room: "linli"}, {From: s.From.AddDate(0, 0, 1), To: s.To.AddDate(0, 0, 1), Room: "linli"}}
	})
	press := func(choice string) {
		t.Helper()
		lead(bot.Inbound{Kind: bot.Pressed, Press: string(id) + "/" + choice})
	}
	say := func(tag, text string) {
		t.Helper()
		lead(bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: text}, Answers: string(id) + "/" + tag})
	}
	state := func() (s hearing.State) {
		t.Helper()
		err := h.store.View(t.Context(), func(tx storage.Tx) error {
			c, err := tx.Case(id)
			if err != nil {
				return err
			}
			s, err = hearing.Read(c)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mine, two := h.hearingPath(id, "r1"), h.hearingPath(id, "r2")
	h.at = h.at.Add(time.Minute)
	f := form()
	f["slot"] = []string{"0", "1"}
	h.has(h.ask("POST", mine+"/times", f).Body, "记下了。", `value="0" checked`, `value="1" checked`)
	h.has(h.ask("POST", mine+"/times", form("slot", "1")).Body, "记下了。", `value="1" checked`)
	h.lacks(h.page(mine), `value="0" checked`)
	h.has(h.ask("POST", two+"/times", form()).Body, "这些时间您都不行")
	if s := state(); s.Slots[1].Others+len(s.Slots[1].Needed) != 1 || s.Slots[0].Others+len(s.Slots[0].Needed) != 0 {
		t.Fatalf("the slots are %+v", s.Slots)
	}

	// What the room and the notice are is not of the pages: from here it is announced.
	h.update(func(tx storage.Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		s, err := hearing.Read(c)
		s.Stage, s.Noticed, s.First, s.Version, s.Code = hearing.Notice, h.at, h.at, 1, "4821"
		c.Data, c.Summary = flows.Data(s), s.Summary()
		return firstOf(err, tx.PutCase(c))
	})
	h.has(h.ask("POST", mine+"/press", form("choice", "come")).Body, "您说了来。", "还有35个位子")
	h.has(h.ask("POST", two+"/say", form("tag", "proxy", "text", "我女儿")).Body, "您请人代：我女儿", "还有34个位子")
	h.has(h.ask("POST", two+"/press", form("choice", "nocome")).Body, "您说了不来。", "还有35个位子")
	h.has(h.ask("POST", two+"/press", form("choice", "kept")).Body, "占的是留出来的位子")
	h.has(h.ask("POST", mine+"/say", form("tag", "say", "text", "充电要有人管", "named", "1")).Body, "记下了。", "<blockquote>充电要有人管</blockquote>", "checked")
	h.has(h.ask("POST", two+"/say", form("tag", "say", "text", "我家愿意让出车位")).Body, "<blockquote>我家愿意让出车位</blockquote>")
	h.has(h.ask("POST", two+"/say", form("tag", "say", "text", "这一条说错了")).Body, "这一条说错了")
	h.lacks(h.ask("POST", two+"/press", form("choice", "unsay=3")).Body, "这一条说错了")
	h.has(h.page(h.hearingPath(id, "chen")+"/signin"), "<td>1</td><td>3号楼</td>", "<td>2</td><td>3号楼</td>")

	h.at = state().From.Add(-time.Minute)
	press("begin")
	h.has(h.page(h.hearingPath(id, "")), "正在开会，在谈第1项：装不装")
	if a := h.ask("POST", mine+"/here", form("code", "1234")); a.Status == 200 && state().Came > 0 {
		t.Error("a wrong code checks in")
	}
	h.has(h.ask("POST", mine+"/here", form("code", "4821")).Body, "您已签到。")
	h.has(h.ask("POST", two+"/say", form("tag", "say", "text", "晚上也要看着")).Body, "晚上也要看着")
	say("hands", "赞成9 反对2 弃权1")
	say("decide", "楼前装4个充电桩，冯物业，4月3日前")
	h.at = state().To
	press("end")
	if s := state(); s.Stage != hearing.Minutes || s.Came != 1 || len(s.Decisions) != 1 {
		t.Fatalf("it is %s, %d came, decided %+v", s.Stage, s.Came, s.Decisions)
	}
	h.lacks(h.page(h.hearingPath(id, "")), "充电要有人管")
	h.has(h.page(h.hearingPath(id, "chen")), "这是草稿", "充电要有人管")
	press("confirm")
	for lang, words := range map[string][]string{"zh-CN": {"楼前装4个充电桩", "冯物业", "赞成9，反对2，弃权1", "充电要有人管", "王阿姨", "晚上也要看着", "签到：1人"}, "en": {"楼前装4个充电桩", "Check-in: 1"}} {
		a := h.ask("GET", h.hearingPath(id, ""), nil, "Accept-Language", lang)
		h.has(a.Body, words...)
		h.lacks(a.Body, "李大爷", "这一条说错了", "501室", "{{", "map[")
	}
	h.has(h.ask("POST", two+"/say", form("tag", "dissent", "text", "离窗户太近")).Body, "记下了。", "离窗户太近", "第1位不同意")
	n := state().Dissents[0].Item
	h.lacks(h.page(mine), "离窗户太近")
	say("answer-"+itoa(n), "会挪到东头")
	h.has(h.page(h.hearingPath(id, "")), "第1位不同意，", "答复：会挪到东头")
	h.has(h.page(two), "离窗户太近", "答复：会挪到东头")
	// What was said can be taken back also when it is out.
	h.has(h.ask("POST", two+"/press", form("choice", "unsay=2")).Body, "（本人撤回了一条）")
	h.lacks(h.page(h.hearingPath(id, "")), "我家愿意让出车位")
}

func itoa(n int) string { return flows.Num(n).String() }
