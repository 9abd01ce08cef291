package official

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/official/fake"
	"linli/flows"
)

// What people do, and as what it is heard.
func TestHeard(t *testing.T) {
	s := newStage(t)
	u := s.server.Follower()
	text := bot.Window{Kind: "said", For: 48 * time.Hour, Messages: 5}
	tap := bot.Window{Kind: "tapped", For: time.Minute, Messages: 3}
	made := s.now.Now().Truncate(time.Second)
	for _, test := range []struct {
		name string
		do   func() string // gives the number of the message, if it has one
		want bot.Inbound   // but for what is the same in all
	}{
		{"words", func() string { return u.Say("3号楼电梯停了 ]]> <b>&amp;") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Text: "3号楼电梯停了 ]]> <b>&amp;"}}},
		{"a number", func() string { return u.Say("2") }, bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Text: "2"}}},
		{"a sticker", func() string { return u.Say("【收到不支持的消息类型，暂无法显示】") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Media: []flows.Media{{Kind: "other", Channel: Name}}}}},
		{"a photo", func() string {
			return u.Send("image", "<PicUrl>http://127.0.0.1/x.jpg</PicUrl><MediaId>m-1_x</MediaId>")
		},
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Media: []flows.Media{{Kind: "photo", Remote: "m-1_x", Channel: Name}}}}},
		{"a photo with an address for an id", func() string { return u.Send("image", "<MediaId>http://127.0.0.1/x.jpg</MediaId>") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Media: []flows.Media{{Kind: "photo", Channel: Name}}}}},
		{"a voice note", func() string {
			return u.Send("voice", "<MediaId>m2</MediaId><Format>amr</Format><Recognition>听成这样</Recognition>")
		},
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Media: []flows.Media{{Kind: "voice", Remote: "m2", Channel: Name}}}}},
		{"a video", func() string { return u.Send("shortvideo", "<MediaId>m3</MediaId><ThumbMediaId>t</ThumbMediaId>") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Media: []flows.Media{{Kind: "video", Remote: "m3", Channel: Name}}}}},
		{"a place", func() string { return u.Place(40.65, 109.84, "3号楼") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Point: &flows.Point{Lat: 40.65, Lon: 109.84}}}},
		{"a place off the earth", func() string { return u.Place(140.65, 109.84, "") }, bot.Inbound{Kind: bot.Said, Window: text}},
		{"a page", func() string { return u.Share("停水通知", "明天", "http://127.0.0.1/a?b=c&d=e") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Text: "停水通知\n明天\nhttp://127.0.0.1/a?b=c&d=e", Forwarded: true}}},
		{"what nobody knows", func() string { return u.Send("hologram", "<MediaId>m4</MediaId><What>"+plant+"</What>") },
			bot.Inbound{Kind: bot.Said, Window: text, Message: flows.Message{Media: []flows.Media{{Kind: "other", Remote: "m4", Channel: Name}}}}},
		{"a press", func() string {
			return u.Send("text", "<Content>我也是</Content><bizmsgmenuid>412/also=1</bizmsgmenuid>")
		},
			bot.Inbound{Kind: bot.Pressed, Window: text, Press: "412/also=1"}},
		{"following", func() string { u.Follow(""); return "" }, bot.Inbound{Kind: bot.Entered, Window: tap}},
		{"following by a code", func() string { u.Follow("b-3"); return "" }, bot.Inbound{Kind: bot.Entered, Window: tap, Scene: "b-3"}},
		{"following from an article", func() string { u.Event("subscribe", "last_trade_no_1", ""); return "" }, bot.Inbound{Kind: bot.Entered, Window: tap}},
		{"a code", func() string { u.Event("SCAN", "g-3hao", "<Ticket>t</Ticket>"); return "" }, bot.Inbound{Kind: bot.Entered, Window: tap, Scene: "g-3hao"}},
		{"an entry of the menu", func() string { u.Tap("我的事"); return "" },
			bot.Inbound{Kind: bot.Said, Window: tap, Message: flows.Message{Ref: "e" + strconv.FormatInt(made.Unix(), 10), Text: "我的事"}}},
		{"leaving", func() string { u.Event("unsubscribe", "", ""); return "" }, bot.Inbound{Kind: bot.Removed}},
		{"a page of the menu", func() string { u.Event("VIEW", "https://linli.example/", ""); return "" }, bot.Inbound{Kind: bot.Ignored}},
		{"where they are", func() string { u.Event("LOCATION", "", "<Latitude>40</Latitude><Longitude>109</Longitude>"); return "" }, bot.Inbound{Kind: bot.Ignored}},
		{"something new", func() string { u.Event("telepathy", "", ""); return "" }, bot.Inbound{Kind: bot.Ignored}},
		{"a notice that arrived", func() string {
			u.Event("TEMPLATESENDJOBFINISH", "", "<MsgID>200163836</MsgID><Status>success</Status>")
			return ""
		}, bot.Inbound{Kind: bot.Ignored}},
		{"a notice that did not", func() string {
			u.Event("TEMPLATESENDJOBFINISH", "", "<MsgID>200163837</MsgID><Status>failed:user block</Status>")
			return ""
		}, bot.Inbound{Kind: bot.Undelivered, Ref: "t200163837", Loss: bot.Loss{Closed: true, Why: "the person takes no notices of this account"}}},
		{"another", func() string {
			u.Event("TEMPLATESENDJOBFINISH", "", "<MsgID>200163838</MsgID><Status>failed: system failed</Status>")
			return ""
		}, bot.Inbound{Kind: bot.Undelivered, Ref: "t200163838", Loss: bot.Loss{Closed: true, Why: "the platform could not deliver the notice"}}},
		{"a 订阅通知 that did not", func() string {
			u.Event("subscribe_msg_sent_event", "", "<SubscribeMsgSentEvent><List><MsgID>1700827132819554304</MsgID><ErrorCode>1001</ErrorCode></List></SubscribeMsgSentEvent>")
			return ""
		}, bot.Inbound{Kind: bot.Undelivered, Ref: "t1700827132819554304", Loss: bot.Loss{Closed: true, Why: "the notice did not arrive, code 1001"}}},
		{"a 订阅通知 that arrived", func() string {
			u.Event("subscribe_msg_sent_event", "", "<SubscribeMsgSentEvent><List><MsgID>1700827132819554305</MsgID><ErrorCode>0</ErrorCode></List></SubscribeMsgSentEvent>")
			return ""
		}, bot.Inbound{Kind: bot.Ignored}},
	} {
		s.ears.Forget()
		ref := test.do()
		s.quiet()
		got := s.ears.Tries() // what is of no use, too
		if len(got) != 1 {
			t.Errorf("%s: %d things were heard", test.name, len(got))
			continue
		}
		in, want := got[0], test.want
		want.Channel, want.At = Name, made
		want.Chat, want.From = bot.Peer{Address: u.OpenID}, bot.Peer{Address: u.OpenID, Person: true}
		if ref != "" {
			want.Message.Ref = ref
			want.Keys = []string{"official/" + fake.AppID + "/" + ref}
		} else {
			want.Keys = in.Keys
		}
		if d := cmp.Diff(want, in, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); d != "" {
			t.Errorf("%s:\n%s", test.name, d)
		}
	}
	s.discreet(nil)
	if s.server.Broken() > 0 {
		t.Errorf("%d people saw that the account is out of order", s.server.Broken())
	}
}

// No two things share a name, and the same thing has the same.
func TestKeys(t *testing.T) {
	s := newStage(t, func(_ *Options, f *fake.Server) { f.Drop = func(try int) bool { return true }; f.Anew = true })
	a, b := s.server.Follower(), s.server.Follower()
	do := []func(){
		func() { a.Say("一") }, func() { a.Say("一") }, func() { b.Say("一") },
		func() { a.Tap("我的事") }, func() { a.Tap("有什么活动") }, func() { b.Tap("我的事") },
		func() { a.Follow("b-1") }, func() { a.Event("SCAN", "b-1", "") }, func() { a.Event("SCAN", "b-2", "") },
		func() { a.Event("TEMPLATESENDJOBFINISH", "", "<MsgID>1</MsgID><Status>failed</Status>") },
		func() { a.Event("TEMPLATESENDJOBFINISH", "", "<MsgID>2</MsgID><Status>failed</Status>") },
		func() {
			a.Event("subscribe_msg_sent_event", "", "<SubscribeMsgSentEvent><List><MsgID>3</MsgID><ErrorCode>1</ErrorCode></List></SubscribeMsgSentEvent>")
		},
		func() {
			a.Event("subscribe_msg_sent_event", "", "<SubscribeMsgSentEvent><List><MsgID>4</MsgID><ErrorCode>1</ErrorCode></List></SubscribeMsgSentEvent>")
		},
	}
	for _, f := range do {
		f()
	}
	s.quiet()
	s.now.Pass(time.Second)
	a.Tap("我的事") // once more, a second later
	s.quiet()
	count := map[string]int{}
	for _, in := range s.ears.Tries() {
		for _, k := range in.Keys {
			count[k]++
		}
	}
	if len(count) != len(do)+1 {
		t.Errorf("%d things have %d names", len(do)+1, len(count))
	}
	for k, n := range count {
		if n != 3 {
			t.Errorf("%q came %d times, not 3", k, n)
		}
	}
	if s.server.Pushes() != 3*(len(do)+1) {
		t.Errorf("%d pushes", s.server.Pushes())
	}
}

// What was not taken comes again, three times in all, and is answered "success" only then.
func TestNotTaken(t *testing.T) {
	s := newStage(t)
	fails := 2
	s.ears.Judge(func(bot.Inbound) (bot.Answer, error) {
		if fails--; fails >= 0 {
			return bot.Answer{}, errors.New("disk is full: " + "busy")
		}
		return bot.Answer{}, nil
	})
	u := s.server.Follower()
	u.Say("漏水")
	s.quiet()
	if got := s.ears.Heard(); len(got) != 1 || len(s.ears.Tries()) != 3 || s.server.Broken() != 0 {
		t.Errorf("heard %d of %d tries, broken %d", len(got), len(s.ears.Tries()), s.server.Broken())
	}
	fails = 3
	u.Say("漏水")
	s.quiet()
	if s.server.Broken() != 1 {
		t.Error("a message that was never taken is answered as if it was")
	}
	s.discreet(nil)
}

// A receiver that falls over is a message that was not taken.
func TestPanic(t *testing.T) {
	for _, passive := range []bool{false, true} {
		s := newStage(t, func(o *Options, _ *fake.Server) { o.Passive = passive })
		fall := true
		s.ears.Judge(func(bot.Inbound) (bot.Answer, error) {
			if fall {
				fall = false
				panic(plant)
			}
			return bot.Answer{}, nil
		})
		s.server.Follower().Say("漏水")
		s.quiet()
		if got := s.ears.Heard(); len(got) != 1 {
			t.Errorf("passive %v: heard %d", passive, len(got))
		}
		s.discreet(nil)
	}
}

// signed makes a request of the platform.
func signed(f *fake.Server, u *fake.User, inner string) *http.Request {
	body := "<xml><ToUserName>" + fake.Self + "</ToUserName><FromUserName>" + u.OpenID + "</FromUserName><CreateTime>" +
		strconv.FormatInt(f.Now().Unix(), 10) + "</CreateTime>" + inner + "</xml>"
	q, sealed := f.Sign(u.OpenID, body)
	return httptest.NewRequest(http.MethodPost, "/hook?"+q.Encode(), strings.NewReader(sealed))
}

func saying(n int, text string) string {
	return fmt.Sprintf("<MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId>", text, n)
}

// A disk that is slow: the platform has its answer within five seconds, what has begun goes
// on, and the next try finds it done.
func TestSlowReceiver(t *testing.T) {
	for _, passive := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := still(t, passive)
			u := s.server.Follower()
			var once sync.Once
			s.ears.Judge(func(bot.Inbound) (bot.Answer, error) {
				once.Do(func() { time.Sleep(7 * time.Second) })
				return bot.Answer{}, nil
			})
			for i, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
				began := time.Now()
				w := httptest.NewRecorder()
				s.channel.ServeHTTP(w, signed(s.server, u, saying(1, "漏水")))
				if d := time.Since(began); w.Code != want || d >= 5*time.Second {
					t.Errorf("passive %v: try %d is answered %d after %s", passive, i, w.Code, d)
				}
				time.Sleep(time.Second)
			}
			if s.ears.Beside() {
				t.Error("the second try did not wait for the first")
			}
			time.Sleep(time.Minute)
		})
	}
}

// What one person says keeps its order, and nobody waits for another.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := still(t, false)
		wang, zhao := s.server.Follower(), s.server.Follower()
		go1 := make(chan struct{})
		s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
			if in.From.Address == wang.OpenID && in.Message.Text == "0" {
				<-go1
			}
			return bot.Answer{}, nil
		})
		post := func(u *fake.User, i int, text string) {
			go s.channel.ServeHTTP(httptest.NewRecorder(), signed(s.server, u, saying(i, text)))
			synctest.Wait()
		}
		for i := range 5 {
			post(wang, i, strconv.Itoa(i))
		}
		post(zhao, 9, "我")
		if got := s.ears.Heard(); len(got) != 1 || got[0].Message.Text != "我" {
			t.Fatalf("heard %d while one is being heard", len(got))
		}
		close(go1)
		synctest.Wait()
		if texts := s.ears.Texts(); !slices.Equal(texts, []string{"我", "0", "1", "2", "3", "4"}) || s.ears.Beside() {
			t.Errorf("heard %q", texts)
		}
		if n := len(s.channel.lanes.last); n != 0 {
			t.Errorf("%d lanes are left", n)
		}
	})
}

// Who gives up waiting lets nobody pass who must not.
func TestLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lanes
		first, second, third := l.place("a"), l.place("a"), l.place("a")
		if err := first.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := second.wait(ctx); err == nil {
			t.Fatal("the second was let in beside the first")
		}
		in := false
		go func() {
			if third.wait(t.Context()) == nil {
				in = true
				third.leave()
			}
		}()
		synctest.Wait()
		if in {
			t.Fatal("the third was let in beside the first")
		}
		first.leave()
		synctest.Wait()
		if !in || len(l.last) != 0 {
			t.Errorf("the third was let in: %v; %d lanes are left", in, len(l.last))
		}
	})
}
