package official

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"linli/bot"
	"linli/bot/official/fake"
)

const form = "TEMPLATE-0001"

func knocking(t *testing.T, subscribe bool, change ...func(*Options, *fake.Server)) *stage {
	return newStage(t, append([]func(*Options, *fake.Server){func(o *Options, f *fake.Server) {
		fields := map[string][]string{form: {"character_string1", "thing2", "time3", "phrase4"}}
		if subscribe {
			f.Notices = fields
		} else {
			f.Templates = fields
		}
		o.Template = Template{ID: form, Subscribe: subscribe, No: "character_string1", What: "thing2", At: "time3", Fixed: map[string]string{"phrase4": "处理中"}}
	}}, change...)...)
}

// Somebody whose window is shut is told by the form, once however often it is tried, and what
// became of it comes back.
func TestKnock(t *testing.T) {
	for _, subscribe := range []bool{false, true} {
		s := knocking(t, subscribe)
		u := s.server.Follower()
		at := time.Date(2026, 12, 5, 15, 0, 0, 0, time.FixedZone("", 8*3600))
		f := bot.Form{Key: "job/17", No: "0412", What: "3号楼2单元电梯停了，师傅今天下午来修，修好再告诉您", At: at, URL: "https://linli.example/mine?k=1"}
		if subscribe {
			if _, err := s.channel.Knock(t.Context(), u.OpenID, f); !errors.As(err, new(bot.Closed)) {
				t.Errorf("who has allowed nothing: %v", err)
			}
			u.Allow(form)
		}
		// The answer is lost: it is tried again.
		path := "/cgi-bin/message/template/send"
		if !subscribe {
			s.server.Fail(path, 1, fake.CloseAfter)
			if _, err := s.channel.Knock(t.Context(), u.OpenID, f); err == nil || errors.As(err, new(bot.Refused)) {
				t.Errorf("an answer that was lost: %v", err)
			}
		}
		ref, err := s.channel.Knock(t.Context(), u.OpenID, f)
		if err != nil {
			t.Fatal(err)
		}
		s.quiet()
		got := u.Shown()
		if len(got) != 1 || got[0].Kind != "notice" || got[0].URL != f.URL || got[0].Fields["character_string1"] != "0412" ||
			got[0].Fields["thing2"] != "3号楼2单元电梯停了，师傅今天下午来修…" || got[0].Fields["time3"] != "2026年12月5日 15:00" || got[0].Fields["phrase4"] != "处理中" {
			t.Errorf("shown %+v", got)
		}
		if n := len(s.ears.Heard()); n != 0 {
			t.Errorf("%d things were heard of what arrived", n)
		}
		// One that does not arrive.
		s.server.Astray = true
		u.Allow(form)
		f.Key = "job/18"
		lost, err := s.channel.Knock(t.Context(), u.OpenID, f)
		if err != nil || lost == ref {
			t.Fatalf("%q, %q, %v", ref, lost, err)
		}
		in := s.ears.Wait(t, 1)[0]
		if in.Kind != bot.Undelivered || in.Ref != lost || in.Chat.Address != u.OpenID || !in.Loss.Closed {
			t.Errorf("heard %+v", in)
		}
		u.Unfollow()
		if _, err := s.channel.Knock(t.Context(), u.OpenID, f); !errors.As(err, new(bot.Gone)) {
			t.Errorf("who follows no longer: %v", err)
		}
		s.discreet(nil)
	}
}

func TestKnockErrors(t *testing.T) {
	f := bot.Form{Key: "job/17", No: "0412", What: plant}
	path := "/cgi-bin/message/template/send"
	for name, test := range map[string]struct {
		fault  fake.Fault
		change func(*Options, *fake.Server)
		want   any
	}{
		"refused":              {fault: fake.Refuse(43101, "user refuse to accept the msg"), want: new(bot.Closed)},
		"a field that is odd":  {fault: fake.Refuse(47003, "argument invalid! data.thing2.value invalid "+plant), want: new(bot.Refused)},
		"a form that is gone":  {change: func(_ *Options, f *fake.Server) { f.Templates = nil }, want: new(bot.Refused)},
		"another field wanted": {change: func(_ *Options, f *fake.Server) { f.Templates[form] = []string{"thing9"} }, want: new(bot.Refused)},
		"busy":                 {fault: fake.Busy, want: new(bot.Busy)},
		"no right":             {change: func(_ *Options, f *fake.Server) { f.Unverified = true }, want: new(bot.Halted)},
		"no form":              {change: func(o *Options, _ *fake.Server) { o.Template = Template{} }, want: new(bot.Closed)},
		"only answers":         {change: func(o *Options, _ *fake.Server) { o.Passive = true }, want: new(bot.Closed)},
	} {
		var more []func(*Options, *fake.Server)
		if test.change != nil {
			more = append(more, test.change)
		}
		s := knocking(t, false, more...)
		if test.change == nil {
			s.server.Fail(path, 1, test.fault)
		}
		_, err := s.channel.Knock(t.Context(), s.server.Follower().OpenID, f)
		if !errors.As(err, test.want) {
			t.Errorf("%s: %v (%T)", name, err, err)
		}
		s.discreet(err)
	}
	s := knocking(t, false)
	if _, err := s.channel.Knock(t.Context(), "../x", f); !errors.As(err, new(bot.Gone)) {
		t.Errorf("nobody: %v", err)
	}
	// Without a number at its taking a 订阅通知 has a reference all the same.
	s = knocking(t, true, func(_ *Options, f *fake.Server) { f.Nameless = true })
	u := s.server.Follower()
	u.Allow(form)
	if ref, err := s.channel.Knock(t.Context(), u.OpenID, f); err != nil || len(ref) < 5 {
		t.Errorf("%q, %v", ref, err)
	}
}

// Whatever stands in a message, the platform takes it in the field.
func TestFitting(t *testing.T) {
	s := knocking(t, false)
	s.server.Templates[form] = []string{"character_string1", "thing2", "time3", "phrase4"}
	u := s.server.Follower()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"thing", "short_thing", "character_string", "number", "letter", "symbol", "phrase", "name", "const", "keyword"}).Draw(t, "kind")
		value := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("电梯 a1\n\t\r<.…😀")), 0, 60, -1)).Draw(t, "value")
		got := fitting(kind, value)
		if got == "" || utf8.RuneCountInString(got) > kinds[kind] || strings.ContainsAny(got, "\n\r\t") || !utf8.ValidString(got) {
			t.Fatalf("%s: %q becomes %q", kind, value, got)
		}
		if again := fitting(kind, got); again != got {
			t.Fatalf("%s: %q becomes %q and then %q", kind, value, got, again)
		}
		if n++; n > 50 {
			return
		}
		if _, err := s.channel.Knock(s.Context(), u.OpenID, bot.Form{No: value, What: value, At: s.now.Now()}); err != nil {
			t.Fatalf("%q: %v", value, err)
		}
	})
}

// A number of 64 bits stays what it is.
func TestKnockNumber(t *testing.T) {
	s := knocking(t, false)
	u := s.server.Follower()
	ref, err := s.channel.Knock(t.Context(), u.OpenID, bot.Form{What: "x", At: s.now.Now()})
	if err != nil || len(ref) != 20 || json.Unmarshal([]byte(ref[1:]), new(int64)) != nil {
		t.Errorf("%q, %v", ref, err)
	}
}
