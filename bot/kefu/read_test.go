package kefu

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/kefu/fake"
	"linli/flows"
)

const who = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"

func said(content string) string {
	return `{"msgid":"M1","open_kfid":"` + fake.Account + `","external_userid":"` + who + `","send_time":1615478585,"origin":3,` + content + `}`
}

func event(content string) string {
	return `{"msgid":"M1","send_time":1615478585,"origin":4,"msgtype":"event","event":{"open_kfid":"` + fake.Account + `","external_userid":"` + who + `",` + content + `}}`
}

func TestRead(t *testing.T) {
	s := newStage(t)
	at := time.Unix(1615478585, 0)
	person := bot.Peer{Address: who, Person: true}
	chat := bot.Peer{Address: who}
	window := bot.Window{Kind: "said", For: 48 * time.Hour, Messages: 5}
	is := func(m flows.Message) bot.Inbound {
		m.Ref = "M1"
		return bot.Inbound{Kind: bot.Said, From: person, Chat: chat, Window: window, Message: m}
	}
	media := func(kind, remote string) bot.Inbound {
		return is(flows.Message{Media: []flows.Media{{Kind: kind, Remote: remote, Channel: "kefu"}}})
	}
	ignored := bot.Inbound{Kind: bot.Ignored}
	undelivered := func(ref, why string) bot.Inbound {
		return bot.Inbound{Kind: bot.Undelivered, From: person, Chat: chat, Ref: ref, Loss: bot.Loss{Closed: true, Why: why}}
	}
	for what, x := range map[string]struct {
		raw  string
		want bot.Inbound
	}{
		"text":                {said(`"msgtype":"text","text":{"content":"3号楼\n电梯停了 "}`), is(flows.Message{Text: "3号楼\n电梯停了 "})},
		"a NUL":               {said(`"msgtype":"text","text":{"content":"a\u0000b"}`), is(flows.Message{Text: "ab"})},
		"a click":             {said(`"msgtype":"text","text":{"content":"登记","menu_id":"412/yes=3"}`), bot.Inbound{Kind: bot.Pressed, From: person, Chat: chat, Window: window, Press: "412/yes=3"}},
		"nothing to show":     {said(`"msgtype":"text","text":{"content":"【收到不支持的消息类型，暂无法显示】"}`), media("other", "")},
		"text as a number":    {said(`"msgtype":"text","text":{"content":7}`), media("other", "")},
		"text as a text":      {said(`"msgtype":"text","text":"content"`), media("other", "")},
		"text without text":   {said(`"msgtype":"text"`), media("other", "")},
		"a photo":             {said(`"msgtype":"image","image":{"media_id":"2iSLeVyqzk4eX0IB5kTi9Ljfa2rt9dwfq5WKRQ4Nvvgw"}`), media("photo", "image/2iSLeVyqzk4eX0IB5kTi9Ljfa2rt9dwfq5WKRQ4Nvvgw")},
		"a voice note":        {said(`"msgtype":"voice","voice":{"media_id":"1_-a"}`), media("voice", "voice/1_-a")},
		"a video":             {said(`"msgtype":"video","video":{"media_id":"1_-a"}`), media("video", "")},
		"a file":              {said(`"msgtype":"file","file":{"media_id":"1_-a"}`), media("other", "")},
		"a photo elsewhere":   {said(`"msgtype":"image","image":{"media_id":"http://169.254.169.254/latest"}`), media("other", "")},
		"a photo of none":     {said(`"msgtype":"image","image":null`), media("other", "")},
		"a place":             {said(`"msgtype":"location","location":{"latitude":40.65,"longitude":109.84,"name":"幸福小区","address":"钢铁大街\n12号"}`), is(flows.Message{Text: "位置：幸福小区 钢铁大街 12号", Point: &flows.Point{Lat: 40.65, Lon: 109.84}})},
		"only degrees":        {said(`"msgtype":"location","location":{"latitude":40.65,"longitude":109.84}`), is(flows.Message{Point: &flows.Point{Lat: 40.65, Lon: 109.84}})},
		"no such place":       {said(`"msgtype":"location","location":{"latitude":140.65,"longitude":109.84,"name":"x"}`), is(flows.Message{Text: "位置：x"})},
		"a link":              {said(`"msgtype":"link","link":{"title":"停水通知","desc":"","url":"http://10.0.0.1/a","pic_url":"http://10.0.0.1/b"}`), is(flows.Message{Text: "停水通知\nhttp://10.0.0.1/a", Forwarded: true})},
		"a mini program":      {said(`"msgtype":"miniprogram","miniprogram":{"title":"打车","appid":"wx1","pagepath":"p","thumb_media_id":"t"}`), is(flows.Message{Text: "打车", Forwarded: true})},
		"a chat passed on":    {said(`"msgtype":"merged_msg","merged_msg":{"title":"群聊的聊天记录","item":[{"send_time":1,"msgtype":"text","sender_name":"某人","msg_content":"{}"}]}`), is(flows.Message{Text: "群聊的聊天记录", Forwarded: true})},
		"passed on, no title": {said(`"msgtype":"merged_msg","merged_msg":{"item":[]}`), is(flows.Message{Forwarded: true, Media: []flows.Media{{Kind: "other", Channel: "kefu"}}})},
		"an empty text":       {said(`"msgtype":"text","text":{"content":""}`), media("other", "")},
		"an empty place":      {said(`"msgtype":"location","location":{}`), media("other", "")},
		"a card":              {said(`"msgtype":"business_card","business_card":{"userid":"zhangsan"}`), media("other", "")},
		"of the future":       {said(`"msgtype":"hologram","hologram":{"media_id":"x"}`), media("other", "")},
		"of no type":          {said(`"text":{"content":"x"}`), media("other", "")},

		"of another account": {strings.Replace(said(`"msgtype":"text","text":{"content":"x"}`), fake.Account, "wkOther", 1), ignored},
		"of the committee":   {strings.Replace(said(`"servicer_userid":"zhangsan","msgtype":"text","text":{"content":"x"}`), `"origin":3`, `"origin":5`, 1), ignored},
		"of nobody":          {strings.Replace(said(`"msgtype":"text","text":{"content":"x"}`), who, "", 1), ignored},
		"of a path":          {strings.Replace(said(`"msgtype":"text","text":{"content":"x"}`), who, "../x", 1), ignored},

		"came":               {event(`"event_type":"enter_session","scene":"b-3"`), bot.Inbound{Kind: bot.Entered, From: person, Chat: chat, Scene: "b-3"}},
		"came by a param":    {event(`"event_type":"enter_session","scene":"l","scene_param":"g-3号楼&x=1","welcome_code":"aaa"`), bot.Inbound{Kind: bot.Entered, From: person, Chat: chat, Scene: "g-3号楼&x=1", Window: bot.Window{Kind: "entered", For: 20 * time.Second, Messages: 1}}},
		"came by nothing":    {event(`"event_type":"enter_session"`), bot.Inbound{Kind: bot.Entered, From: person, Chat: chat}},
		"not delivered":      {event(`"event_type":"msg_send_fail","fail_msgid":"F1","fail_type":4`), undelivered("F1", "has not written for 48 hours (fail_type 4)")},
		"its third part":     {event(`"event_type":"msg_send_fail","fail_msgid":"` + msgid("k", 3) + `","fail_type":10`), undelivered(msgid("k", 0), "has refused messages (fail_type 10)")},
		"nobody knows which": {event(`"event_type":"msg_send_fail","fail_type":10`), ignored},
		"on duty":            {event(`"event_type":"servicer_status_change","servicer_userid":"zhangsan","status":1`), ignored},
		"taken over":         {event(`"event_type":"session_status_change","change_type":1`), ignored},
		"taken back":         {event(`"event_type":"user_recall_msg","recall_msgid":"M0"`), ignored},
		"an event to be":     {event(`"event_type":"user_sang"`), ignored},
		"elsewhere":          {strings.Replace(event(`"event_type":"enter_session","scene":"b-3"`), fake.Account, "wkOther", 1), ignored},
		"an odd event":       {`{"msgid":"M1","send_time":1615478585,"origin":4,"msgtype":"event","event":"enter_session"}`, ignored},
		"no event":           {`{"msgid":"M1","send_time":1615478585,"origin":4,"msgtype":"event"}`, ignored},
	} {
		x.want.Channel, x.want.Keys, x.want.At = "kefu", []string{"kefu/M1"}, at
		h := s.kefu.read([]byte(x.raw))
		if d := cmp.Diff(x.want, h.in); d != "" {
			t.Errorf("%s:\n%s", what, d)
		}
	}
	for _, raw := range []string{`null`, `7`, `"x"`, `[]`, `{}`, `{"msgid":7}`, `{"msgid":""}`, `{"msgid":"` + strings.Repeat("m", 129) + `"}`, `{"msgid":"M1","origin":"3"}`, ``} {
		h := s.kefu.read([]byte(raw))
		if h.in.Kind != bot.Ignored || len(h.in.Keys) != 1 || !strings.HasPrefix(h.in.Keys[0], "kefu/raw/") || h.lane == "" {
			t.Errorf("%s is read as %+v", raw, h.in)
		}
	}
}

// Whatever stands in a page, what a resident said beside it is heard, and the cursor goes on.
func TestOddItems(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Say("一")
	p.Send("hologram", map[string]any{"media_id": "x"})
	p.Send("text", 7)
	p.Send("", nil)
	s.server.Put(map[string]any{"msgid": "odd1", "send_time": "yesterday", "origin": 3, "msgtype": "text"})
	s.server.Put(map[string]any{"msgid": "odd2", "origin": 4, "msgtype": "event", "event": []int{1}})
	s.server.Put(map[string]any{"msgid": ""})
	p.Recall("x")
	p.Say("二")
	s.run()
	got := s.ears.Wait(t, 9)
	s.synced()
	var mine []bot.Inbound
	for _, in := range got {
		if in.Chat.Address == p.ID {
			mine = append(mine, in)
		}
	}
	if len(mine) != 5 || mine[0].Message.Text != "一" || mine[4].Message.Text != "二" || mine[1].Message.Media[0].Kind != "other" {
		t.Errorf("heard %d of theirs in %q", len(mine), s.ears.Texts())
	}
}

func FuzzItem(f *testing.F) {
	for _, seed := range []string{
		said(`"msgtype":"text","text":{"content":"x","menu_id":"1/a"}`), said(`"msgtype":"location","location":{"latitude":1e400,"longitude":1}`),
		event(`"event_type":"enter_session","scene":"b","welcome_code":"c"`), event(`"event_type":"msg_send_fail","fail_msgid":"x","fail_type":-9999999999999999999`),
		event(`"event_type":"session_status_change","change_type":3`), `{}`, strings.Repeat(`{"a":`, 5000), said(`"msgtype":"image","image":{"media_id":"` + strings.Repeat("a", 600) + `"}`),
		`{"msgid":"a","send_time":-1}`, `{"msgid":"a","send_time":9999999999999}`,
	} {
		f.Add([]byte(seed))
	}
	k := &Kefu{options: Options{Account: fake.Account}, now: time.Now, log: quiet()}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := k.read(raw)
		in := h.in
		if len(in.Keys) != 1 || !strings.HasPrefix(in.Keys[0], "kefu/") || len(in.Keys[0]) > 200 || h.lane == "" || in.At.IsZero() || in.Channel != "kefu" {
			t.Fatalf("%+v", h)
		}
		if in.Kind == bot.Ignored {
			if in.From.Address+in.Message.Text != "" || in.Message.Media != nil || in.Window.For != 0 {
				t.Fatalf("of what is ignored there is %+v", in)
			}
			return
		}
		if !idForm.MatchString(in.From.Address) || in.Chat.Address != in.From.Address || h.person != in.From.Address || h.lane != h.person {
			t.Fatalf("%+v", h)
		}
		for _, m := range in.Message.Media {
			if m.Remote != "" && !remoteForm.MatchString(m.Remote) {
				t.Fatalf("a file is called %q", m.Remote)
			}
		}
		if (in.Kind == bot.Said) != (in.Message.Ref != "") {
			t.Fatalf("%+v", in)
		}
		if again := k.read(raw); fmt.Sprint(again.in.Keys) != fmt.Sprint(in.Keys) {
			t.Fatalf("read again it is %v", again.in.Keys)
		}
		if !json.Valid(raw) {
			t.Fatal("what is no JSON was understood")
		}
	})
}
