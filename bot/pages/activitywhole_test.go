package pages

import (
	"context"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/flowstest"
	"linli/flows/menu"
	"linli/flows/room"
	"linli/prompts/local"
	"linli/storage"
)

// arrives is a channel on which everything arrives.
type arrives struct{}

func (arrives) Name() string { return "telegram" }
func (arrives) Capabilities() bot.Capabilities {
	return bot.Capabilities{ReadsGroup: true, PostsGroup: true, WritesFirst: true, Buttons: 10, DataBytes: 64, Text: 4000}
}
func (arrives) Send(context.Context, string, bot.Message) (string, error) { return "1", nil }

// An activity from the tap that sends it to the certificate by its pages, with the rules, the
// words and the engine as they are; what the organiser does comes from elsewhere.
func TestWholeActivity(t *testing.T) {
	var b *bot.Bot
	h := build(t, "", func(o *Options) {
		fl := flowstest.Flows(t, activity.New, menu.New, room.New)
		var err error
		if b, err = bot.New(bot.Options{Store: o.Store, Settings: o.Settings(), Flows: fl, Channels: []bot.Channel{arrives{}}, Reader: local.New(), Now: o.Now}); err != nil {
			t.Fatal(err)
		}
		o.Receive, o.Data = b, b
	})
	h.folk()
	for _, who := range []string{"r1", "r2", "r3"} {
		h.likes(who, func(p *flows.Profile) { p.Age, p.Likes = flows.Young, []string{"music"} })
	}
	nth := 0
	rounds := func() {
		t.Helper()
		for n, err := 1, error(nil); n > 0; {
			if n, _, err = b.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	staff := func(id flows.ID, choice string) {
		t.Helper()
		nth++
		peer := bot.Peer{Address: "chen", Person: true}
		if _, err := b.Receive(t.Context(), bot.Inbound{Channel: "desk", Keys: []string{"desk/" + itoa(nth)}, At: h.at, Kind: bot.Pressed, Chat: peer, From: peer, As: "chen", Press: string(id) + "/" + choice}); err != nil {
			t.Fatal(err)
		}
		rounds()
	}
	id := h.activity(func(s *activity.State) {
		*s = activity.State{Stage: activity.Draft, By: "chen", Organiser: "chen", Runner: "chen", Title: "学吉他", Interest: "music", At: s.At, Minutes: 90, Room: "linli", Booked: true, Least: 1, Most: 2, Scope: flows.Everywhere}
	})
	state := func() (s activity.State) {
		t.Helper()
		err := h.store.View(t.Context(), func(tx storage.Tx) error {
			c, err := tx.Case(id)
			if err != nil {
				return err
			}
			s, err = activity.Read(c)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	staff(id, "send")
	if s := state(); s.Stage != activity.Open || s.Code == "" {
		t.Fatalf("it is %+v", s)
	}
	one, two, three := h.activityPath(id, "r1"), h.activityPath(id, "r2"), h.activityPath(id, "r3")
	press := func(path, choice string) string {
		t.Helper()
		page := h.page(h.led(path+"/press", form("choice", choice)))
		rounds()
		return page
	}
	h.has(h.page(one), "您选了“乐器”", `value="come"`)
	h.has(press(one, "come"), "记下了", "您报了名。", "还剩1个位子")
	h.has(press(two, "come=2"), "给您排上队", "您在排队，要2个位子")
	h.has(press(two, "no"), "不来", "您说了不来。")
	h.has(press(two, "come"), "您报了名。", "满了，可以排队")
	h.has(press(three, "wait"), "您在排队。")
	h.has(press(one, "no"), "不影响下次报名")
	h.has(h.page(three), "给您留到", `value="take"`)
	h.has(press(three, "take"), "您报了名。")
	h.has(press(one, "help"), "您来帮忙，不占位子")
	h.has(press(three, "stop"), "不再给您发")
	if p, err := h.person("r3"); err != nil || !p.Profile.Stopped() {
		t.Errorf("they still want invitations: %+v %v", p.Profile, err)
	}
	h.lacks(h.page(three), `value="stop"`)
	if s := state(); s.Seats != 2 {
		t.Errorf("%d places are taken", s.Seats)
	}

	h.at = state().At.Add(-30 * time.Minute)
	wrong := "1000"
	if state().Code == wrong {
		wrong = "1001"
	}
	h.has(h.page(h.led(two+"/here", form("code", wrong))), "不是这个码", `name="code"`)
	h.has(h.page(h.led(two+"/here", form("code", state().Code))), "您签到了。")
	h.has(h.page(h.led(one+"/here", form("code", state().Code))), "您签到了。", "您来帮忙")
	h.at = state().At.Add(time.Minute)
	rounds()
	chen := h.activityPath(id, "chen")
	h.has(h.page(h.led(chen+"/walk", form("text", "3"))), "记下了")
	h.at = state().End()
	h.has(h.page(h.led(chen+"/press", form("choice", "end"))), "办完了")
	if s := state(); s.Stage != activity.After || s.Came != 5 || s.Walked != 3 {
		t.Fatalf("it is %s, %d came, %d without a telephone", s.Stage, s.Came, s.Walked)
	}
	h.has(press(two, "liked!=good"), "您觉得：好。", `value="again!=yes"`)
	press(two, "again!=yes")
	if s := state(); s.Liked[0] != 1 || s.Again[0] != 1 {
		t.Errorf("liked %v, again %v", s.Liked, s.Again)
	}
	staff(id, "hours=all")
	h.has(h.page(h.path("r1")+"/served"), "王阿姨在", "学吉他", "1小时30分钟", "陈社区", "合计1次")
	if a := h.ask("GET", h.path("r2")+"/served", nil); a.Status != 404 {
		t.Errorf("who did not help has a certificate: %d", a.Status)
	}
}
