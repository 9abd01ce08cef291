package kefu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/kefu/fake"
)

func picture() bot.Photo { return bot.Photo{Name: "楼道.png", Data: bottest.Picture()} }

// as says that an error is of a kind.
func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// A connection that breaks after the platform has taken a message leaves the channel in the
// dark; the second try delivers nothing more, however the platform answers it.
func TestSendTwice(t *testing.T) {
	for _, repeats := range []bool{false, true} {
		for _, f := range []fake.Fault{fake.CloseAfter, fake.Garbage, fake.CloseBefore, fake.BadGateway} {
			s := newStage(t)
			s.server.Repeats = repeats
			p := s.server.AddPerson()
			p.Begin()
			two := bot.Message{Key: "17.a1b2c3d4", Text: "王阿姨家的事 13800138000", Photos: []bot.Photo{picture(), picture()},
				Buttons: [][]bot.Button{{{Label: "好了", Data: "1/ok"}}}}
			s.server.Fail("send_msg", 1, fake.Fault{}) // the first photo goes
			s.server.Fail("send_msg", 1, f)
			if ref, err := s.send(p, two); err == nil || ref != "" || as[bot.Refused](err) || as[bot.Closed](err) || as[bot.Gone](err) {
				t.Fatalf("a send that was cut off: %q, %v", ref, err)
			}
			s.build(s.ears) // and with it the process has ended
			s.server.Fail("send_msg", 2, fake.Fault{})
			s.server.Fail("send_msg", 1, f)
			if _, err := s.send(p, two); err == nil {
				t.Fatal("the last part was cut off, and nobody says so")
			}
			ref, err := s.send(p, two)
			if err != nil {
				t.Fatal(err)
			}
			got := p.Shown()
			if len(got) != 3 || got[0].Kind != "image" || got[1].Kind != "image" || got[2].Text != two.Text || got[2].ID != ref {
				t.Errorf("repeats %v: %d messages arrived: %+v", repeats, len(got), got)
			}
			again, err := s.send(p, two)
			if err != nil || again != ref || len(p.Shown()) != 3 {
				t.Errorf("a fourth time: %q, %v; %d messages", again, err, len(p.Shown()))
			}
			other, err := s.send(p, bot.Message{Key: "18.a1b2c3d4", Text: two.Text})
			if err != nil || other == ref || len(p.Shown()) != 4 {
				t.Errorf("the same words under another key: %q, %v; %d messages", other, err, len(p.Shown()))
			}
		}
	}
}

// A msgid is what the platform takes as one, the same for each attempt, and its parts lead
// back to the whole.
func TestMsgid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringN(1, 40, 80).Draw(t, "key")
		other := rapid.StringN(1, 40, 80).Draw(t, "other")
		part := rapid.IntRange(1, 99).Draw(t, "part")
		id := msgid(key, 0)
		p := msgid(key, part)
		if len(id) > 32 || len(p) > 32 || strings.Trim(id+p, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
			t.Fatalf("%q, %q", id, p)
		}
		if id != msgid(key, 0) || id == p || whole(p) != id || whole(id) != id || key != other && msgid(other, 0) == id {
			t.Fatalf("%q, %q", id, p)
		}
	})
	if msgid("", 0) != "" || msgid("", 3) != "" {
		t.Error("without a key there is no msgid")
	}
	for _, id := range []string{"from_msgid_4622416642169452483", "sys_100017", "", strings.Repeat("a", 28) + "-p", strings.Repeat("a", 28) + "-px"} {
		if whole(id) != id {
			t.Errorf("%q is taken for a part", id)
		}
	}
}

func TestWindows(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Say("在吗")
	for i := range 5 {
		if _, err := s.send(p, bot.Message{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := s.send(p, bot.Message{Text: "第六"}); !as[bot.Closed](err) {
		t.Errorf("a sixth message: %v, want Closed", err)
	}
	p.Say("还在")
	if _, err := s.send(p, bot.Message{Text: "第六"}); err != nil {
		t.Error(err)
	}
	s.clock.Pass(48*time.Hour + time.Minute)
	if _, err := s.send(p, bot.Message{Text: "第七"}); !as[bot.Closed](err) {
		t.Errorf("after 48 hours: %v, want Closed", err)
	}
	if got := p.Shown(); len(got) != 6 {
		t.Errorf("%d messages arrived", len(got))
	}
}

// What the platform took and then did not deliver comes back with the reference that Send
// gave, whichever part of it failed.
func TestUndelivered(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Say("在吗")
	s.ears.Wait(t, 1)
	heard := 1
	for _, failType := range []int{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13} {
		p.Renew()
		s.server.FailLater(1, failType)
		ref, err := s.send(p, bot.Message{Text: "记下了"})
		if err != nil {
			t.Fatal(err)
		}
		heard++
		in := s.ears.Wait(t, heard)[heard-1]
		if in.Kind != bot.Undelivered || in.Ref != ref || in.Chat.Address != p.ID || !in.Loss.Closed || in.Window.For != 0 {
			t.Errorf("fail type %d comes back as %+v", failType, in)
		}
	}
	p.Renew()
	s.server.FailLater(1, 13)
	ref, err := s.send(p, bot.Message{Text: "看", Photos: []bot.Photo{picture()}})
	if err != nil {
		t.Fatal(err)
	}
	heard++
	if in := s.ears.Wait(t, heard)[heard-1]; in.Kind != bot.Undelivered || in.Ref != ref {
		t.Errorf("of %q its photo comes back as %+v", ref, in)
	}
	// A platform that takes the sixth and says later that it was too many.
	s.server.Set(func(s *fake.Server) { s.Silent = true })
	p.Say("好")
	heard++
	s.ears.Wait(t, heard)
	for i := range 6 {
		if ref, err = s.send(p, bot.Message{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	heard++
	if in := s.ears.Wait(t, heard)[heard-1]; in.Kind != bot.Undelivered || in.Ref != ref {
		t.Errorf("of the sixth %q comes back %+v", ref, in)
	}
}

// The platform may be quicker to say that a message did not arrive than to say that it took
// it. It is heard all the same, by the reference that Send then gives.
func TestUndeliveredBeforeSent(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Begin()
	s.run()
	hold := make(chan struct{})
	s.server.FailLater(1, 10)
	s.server.Fail("send_msg", 1, fake.Held(hold))
	ended := make(chan string)
	go func() {
		ref, err := s.send(p, bot.Message{Text: "记下了"})
		if err != nil {
			t.Error(err)
		}
		ended <- ref
	}()
	in := s.ears.Wait(t, 1)[0]
	close(hold)
	if ref := <-ended; in.Kind != bot.Undelivered || in.Ref != ref {
		t.Errorf("%+v, want %q", in, ref)
	}
}

func TestBlocked(t *testing.T) {
	s := newStage(t)
	s.run()
	p := s.server.AddPerson()
	p.Say("在吗")
	p.Block(true)
	ref, err := s.send(p, bot.Message{Text: "在"})
	if err != nil {
		t.Fatal(err)
	}
	if in := s.ears.Wait(t, 2)[1]; in.Kind != bot.Undelivered || in.Ref != ref {
		t.Errorf("%+v", in)
	}
}

// Everything that is said arrives, in this order: photos, then the text, its buttons last.
func TestParts(t *testing.T) {
	s := newStage(t)
	long := strings.Repeat("3号楼2单元的电梯停了，王敏今天18点前回您。\n", 31)
	for what, m := range map[string]bot.Message{
		"text":                       {Text: "记下了"},
		"text and buttons":           {Text: "要登记吗", Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}, {Label: "不用", Data: "1/no"}}}},
		"buttons alone":              {Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}}}},
		"a photo alone":              {Photos: []bot.Photo{picture()}},
		"photos and buttons":         {Photos: []bot.Photo{picture(), picture()}, Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}}}},
		"a long text":                {Text: long},
		"a long text and buttons":    {Text: long, Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}}}},
		"a long line and buttons":    {Text: strings.Repeat("楼", 666), Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}}}},
		"a text with room, buttons":  {Text: strings.Repeat("x", 1024), Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}}}},
		"a byte more, and buttons":   {Text: strings.Repeat("x", 1025), Buttons: [][]bot.Button{{{Label: "登记", Data: "1/yes"}}}},
		"a long label":               {Text: "选", Buttons: [][]bot.Button{{{Label: strings.Repeat("长", 60), Data: "1/yes"}}}},
		"<, &, \\u and an edit":      {Text: "<b>&amp;</b> \u2028 {{.}} \"", Edit: "abc", Quote: "def", Near: "x", Pin: true, Silent: true, Neutral: true},
		"photo, long text, a button": {Text: long, Photos: []bot.Photo{picture()}, Buttons: [][]bot.Button{{{Label: "看看", URL: "https://linli.example/x?a=1&b=2"}}}},
	} {
		p := s.server.AddPerson()
		p.Begin()
		ref, err := s.send(p, m)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var text string
		var photos, labels int
		got := p.Shown()
		for i, x := range got {
			if x.Kind == "image" {
				if photos++; text != "" {
					t.Errorf("%s: a photo comes after the text", what)
				}
				continue
			}
			text += x.Text
			labels += len(x.Menu)
			if len(x.Menu) > 0 && i != len(got)-1 {
				t.Errorf("%s: the buttons are not last", what)
			}
		}
		want := 0
		for _, row := range m.Buttons {
			want += len(row)
		}
		if text != m.Text || photos != len(m.Photos) || labels != want || got[len(got)-1].ID != ref {
			t.Errorf("%s: arrived as %d bytes of %d, %d photos, %d buttons; reference %q", what, len(text), len(m.Text), photos, labels, ref)
		}
		if len(m.Photos) == 0 && len(m.Text) <= 1024 && len(got) != 1 {
			t.Errorf("%s: %d messages of the five", what, len(got))
		}
	}
}

// Whatever is cut, both ends together are the whole, and the end has room.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("楼x😀é\n。， 停")), 1, 700, -1).Draw(t, "text")
		room := rapid.IntRange(4, len(text)+3).Draw(t, "room")
		if len(text) <= room {
			return
		}
		before, end := cut(text, room)
		if before+end != text || len(end) > room || end == "" || before == "" || !utf8.ValidString(before) || !utf8.ValidString(end) {
			t.Fatalf("%q + %q", before, end)
		}
	})
}

// What the platform would refuse after a first part is refused before it.
func TestRefusedBefore(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Begin()
	for what, m := range map[string]bot.Message{
		"a byte too many":     {Text: strings.Repeat("x", 2001), Photos: []bot.Photo{picture()}},
		"eleven buttons":      {Text: "选", Photos: []bot.Photo{picture()}, Buttons: [][]bot.Button{slices.Repeat([]bot.Button{{Label: "a", Data: "b"}}, 11)}},
		"no data":             {Text: "选", Buttons: [][]bot.Button{{{Label: "a"}}}},
		"no label":            {Text: "选", Buttons: [][]bot.Button{{{Label: " ", Data: "b"}}}},
		"too much data":       {Text: "选", Buttons: [][]bot.Button{{{Label: "a", Data: strings.Repeat("d", 65)}}}},
		"a script":            {Text: "选", Buttons: [][]bot.Button{{{Label: "a", URL: "javascript:alert(1)"}}}},
		"an address too long": {Text: "选", Buttons: [][]bot.Button{{{Label: "a", URL: "https://a.example/" + strings.Repeat("x", 2048)}}}},
		"not UTF-8":           {Text: "\xff王阿姨家的事"},
		"nothing":             {},
		"only a note of MP3":  {Voices: []bot.Photo{{Data: []byte("ID3\x04 sound")}}},
	} {
		if ref, err := s.send(p, m); !as[bot.Refused](err) || ref != "" {
			t.Errorf("%s: %q, %v; want Refused", what, ref, err)
		}
	}
	if n := len(s.server.Calls("")); n != 0 || len(p.Shown()) != 0 {
		t.Errorf("the platform was asked %d times", n)
	}
	if _, err := s.send(p, bot.Message{Photos: []bot.Photo{{Data: []byte("<html><script>")}}}); !as[bot.Refused](err) {
		t.Errorf("a page as a photo: %v, want Refused", err)
	}
	// A sign, and the end of a poll, have no place there and are no trouble.
	for _, m := range []bot.Message{{React: bot.SignDone, Quote: "q"}, {StopPoll: true, Edit: "e"}} {
		if _, err := s.send(p, m); err != nil {
			t.Error(err)
		}
	}
	if len(p.Shown()) != 0 {
		t.Error("something was said")
	}
}

// What a call ended with, as the engine knows it.
func TestVerdicts(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Begin()
	for code, is := range map[int]func(error) bool{
		-1: as[bot.Busy], 45009: as[bot.Busy], 45033: as[bot.Busy],
		95001: as[bot.Closed], 95002: as[bot.Closed], 95013: as[bot.Closed], 84061: as[bot.Closed], 95018: as[bot.Closed],
		40096: as[bot.Gone], 60111: as[bot.Gone],
		40008: as[bot.Refused], 47001: as[bot.Refused], 40058: as[bot.Refused],
		48002: as[bot.Halted], 60011: as[bot.Halted], 60020: as[bot.Halted], 95000: as[bot.Halted], 95004: as[bot.Halted], 95017: as[bot.Halted], 50002: as[bot.Halted],
	} {
		s.server.Fail("send_msg", 1, fake.Refuse(code, "refused 王阿姨家的事 13800138000"))
		if ref, err := s.send(p, bot.Message{Text: "在"}); !is(err) || ref != "" {
			t.Errorf("errcode %d ends as %T %v", code, err, err)
		}
	}
	// Of a code that nobody knows, nobody knows the outcome.
	s.server.Fail("send_msg", 1, fake.Refuse(99999, "王阿姨家的事 13800138000"))
	if _, err := s.send(p, bot.Message{Text: "在"}); err == nil || as[bot.Refused](err) || as[bot.Gone](err) || as[bot.Closed](err) || as[bot.Halted](err) {
		t.Errorf("an unknown code ends as %T %v", err, err)
	}
	if len(p.Shown()) != 0 {
		t.Error("something arrived")
	}
}

// The token dies in the middle of many sends. All of them arrive, once, and one token was
// made for it.
func TestTokenDiesDuringSend(t *testing.T) {
	s := newStage(t)
	var people []*fake.Person
	for range 20 {
		p := s.server.AddPerson()
		p.Begin()
		people = append(people, p)
	}
	var mu sync.Mutex
	n := 0
	s.server.Judge = func(c fake.Call) fake.Fault {
		if c.Method != "send_msg" {
			return fake.Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		if n++; n == 7 {
			s.server.KillToken(42001)
		}
		return fake.Fault{}
	}
	var all sync.WaitGroup
	for i, p := range people {
		all.Go(func() {
			if _, err := s.send(p, bot.Message{Key: fmt.Sprintf("%d.k", i), Text: "在", Photos: []bot.Photo{picture()}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, p := range people {
		if got := p.Shown(); len(got) != 2 {
			t.Errorf("%d messages arrived", len(got))
		}
	}
	if n := s.server.Tokens(); n != 2 {
		t.Errorf("%d tokens were made", n)
	}
}

// A send ends with its context, also while the platform is silent.
func TestSendEnds(t *testing.T) {
	s := newStage(t)
	p := s.server.AddPerson()
	p.Begin()
	if _, err := s.send(p, bot.Message{Text: "一"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.server.Set(func(s *fake.Server) {
		s.Judge = func(fake.Call) fake.Fault {
			cancel()
			return fake.Slow(time.Minute)
		}
	})
	began := time.Now()
	_, err := s.kefu.Send(ctx, p.ID, bot.Message{Key: "x", Text: "王阿姨家的事"})
	if err == nil || !errors.Is(err, context.Canceled) || time.Since(began) > 4*time.Second {
		t.Errorf("ended after %v with %v", time.Since(began), err)
	}
	s.discreet(err.Error())
}
