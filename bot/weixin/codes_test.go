package weixin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/kf"

	"linli/bot"
)

func TestCode(t *testing.T) {
	for name, x := range map[string]struct {
		err  error
		code int
		from string
	}{
		"nothing":             {nil, 0, ""},
		"another error":       {errors.New("dial tcp: refused"), 0, ""},
		"customer message":    {errors.New("customer msg send error : errcode=45015 , errmsg=response out of time limit"), 45015, ""},
		"busy":                {errors.New("template msg send error : errcode=-1 , errmsg=system error"), -1, ""},
		"token":               {errors.New("get access_token error : errcode=40164 , errormsg=invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 618b7228-15dfb265-1b86159a"), 40164, "203.0.113.9"},
		"token, old form":     {errors.New("get access_token error : errcode=40164 , errormsg=invalid ip 203.0.113.9, not in whitelist hint: [x]"), 40164, "203.0.113.9"},
		"token, only IPv6":    {errors.New("get stable_access_token error : errcode=40164 , errormsg=invalid ip 2001:db8::7, not in whitelist"), 40164, "2001:db8::7"},
		"token, IPv4 in IPv6": {errors.New("get access_token error : errcode=40164 , errormsg=invalid ip ::ffff:203.0.113.9, not in whitelist"), 40164, "203.0.113.9"},
		"material":            {errors.New("errcode=40007,errmsg=invalid media_id"), 40007, ""},
		"typed":               {util.NewCommonError("bizsend", 43101, "user refuse to accept the msg"), 43101, ""},
		"typed, wrapped":      {fmt.Errorf("official: %w", util.NewCommonError("bizsend", 43101, "x")), 43101, ""},
		"typed, no refusal":   {util.NewCommonError("bizsend", 0, "ok"), 0, ""},
		"企业微信":                {util.NewCommonError("send_msg", 60020, "not allow to access from your ip, hint: [1658286717354964018506079], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=60020"), 60020, "203.0.113.9"},
		"客服":                  kf_(95004),
		"客服, blocked":         kf_(40201),
		"客服, unknown":         {kf.NewSDKErr(95018, "send msg session status invalid"), 0, ""},
		"ours":                {fmt.Errorf("x: %w", &Refusal{Code: 48001, From: "203.0.113.9"}), 48001, "203.0.113.9"},
		"zero":                {errors.New("x : errcode=0 , errmsg=ok"), 0, ""},
		"no number":           {errors.New("x : errcode=x"), 0, ""},
		"too long a number":   {errors.New("x : errcode=99999999999999999999"), 0, ""},
		"no address":          {util.NewCommonError("x", 60020, "not allow to access from your ip"), 60020, ""},
		"not an address":      {util.NewCommonError("x", 60020, "from ip: 999.1.1.1, more"), 60020, ""},
	} {
		if got := Code(x.err); got != x.code {
			t.Errorf("%s: code %d, want %d", name, got, x.code)
		}
		if got := From(x.err); got != x.from {
			t.Errorf("%s: from %q, want %q", name, got, x.from)
		}
		if x.err != nil && (Code(Clean(x.err)) != x.code || From(Clean(x.err)) != x.from) {
			t.Errorf("%s: cleaning takes it away", name)
		}
	}
}

func kf_(code int) (x struct {
	err  error
	code int
	from string
}) {
	x.err, x.code = kf.NewSDKErr(int64(code)), code
	return x
}

// Every text of the library's table of codes leads back to its code.
func TestLibraryWords(t *testing.T) {
	for _, code := range []int{40001, 40009, 40013, 40014, 40015, 40016, 40058, 40201, 41001, 42001, 45009, 48002, 50002, 95000, 95004, 95011, 95012, 95017} {
		if got := Code(kf.NewSDKErr(int64(code))); got != code {
			t.Errorf("%d is read as %d", code, got)
		}
	}
}

func TestVerdict(t *testing.T) {
	const ip = "203.0.113.9"
	type want struct {
		code int
		kind error  // Busy with its time; of the others only the kind counts
		fix  string // words of Fix
	}
	left := maps.Clone(verdicts)
	closed, gone, refused, halted := error(bot.Closed{}), error(bot.Gone{}), error(bot.Refused{}), error(bot.Halted{})
	for _, w := range []want{
		{-1, bot.Busy{After: 10 * time.Second}, ""},
		{40001, bot.Busy{After: time.Minute}, ""},
		{40014, bot.Busy{After: time.Minute}, ""},
		{42001, bot.Busy{After: time.Minute}, ""},
		{41001, bot.Busy{After: time.Minute}, ""},
		{40164, halted, ip + " 加进“IP 白名单”"},
		{60020, halted, ip + " 加进“企业可信IP”"},
		{40003, gone, ""},
		{46004, gone, ""},
		{60111, gone, ""},
		{81013, gone, ""},
		{43004, closed, ""},
		{43101, closed, ""},
		{84061, closed, ""},
		{45009, bot.Busy{After: 10 * time.Minute}, ""},
		{45033, bot.Busy{After: 5 * time.Second}, ""},
		{45015, closed, ""},
		{45047, closed, ""},
		{47001, refused, ""},
		{47003, refused, ""},
		{40004, refused, ""},
		{40005, refused, ""},
		{40008, refused, ""},
		{40009, refused, ""},
		{40010, refused, ""},
		{40037, refused, ""},
		{40007, refused, ""},
		{40058, refused, ""},
		{48001, halted, "passive: true"},
		{48002, halted, "接口权限"},
		{60011, halted, "可见范围"},
		{301002, halted, "可调用接口的应用"},
		{50002, halted, "限制"},
		{40201, halted, "封"},
		{40013, halted, "app_id"},
		{40125, halted, "Secret"},
		{95000, halted, "open_kfid"},
		{95001, closed, ""},
		{95002, closed, ""},
		{95003, bot.Busy{After: 10 * time.Minute}, ""},
		{95004, halted, "open_kfid"},
		{95007, refused, ""},
		{95008, refused, ""},
		{95009, refused, ""},
		{95011, halted, "微信客服"},
		{95012, halted, "微信客服"},
		{95013, closed, ""},
		{95017, halted, "接口"},
		{95018, closed, ""},
	} {
		msg := "hidden words, from ip: " + ip + ", more info"
		for _, err := range []error{
			util.NewCommonError("x", int64(w.code), msg),
			fmt.Errorf("x error : errcode=%d , errmsg=%s", w.code, msg),
			fmt.Errorf("kefu: %w", Clean(util.NewCommonError("x", int64(w.code), msg))),
		} {
			got := Verdict(err)
			busy, ok := w.kind.(bot.Busy)
			if ok && got != busy || !ok && fmt.Sprintf("%T", got) != fmt.Sprintf("%T", w.kind) {
				t.Errorf("%d: %T %v, want %T", w.code, got, got, w.kind)
				continue
			}
			if strings.Contains(got.Error(), "hidden") || !ok && !strings.Contains(got.Error(), fmt.Sprint(w.code)) {
				t.Errorf("%d: %v", w.code, got)
			}
			if h, ok := got.(bot.Halted); ok && (!strings.Contains(h.Fix, w.fix) || w.fix == "" || strings.ContainsAny(h.Fix, "！!%") || !strings.HasSuffix(h.Fix, "。") || strings.Contains(h.Fix, "hidden")) {
				t.Errorf("%d: fix %q", w.code, h.Fix)
			}
			if again := Verdict(fmt.Errorf("x: %w", got)); again != got {
				t.Errorf("%d: a verdict becomes %v", w.code, again)
			}
		}
		delete(left, w.code)
	}
	if len(left) > 0 {
		t.Errorf("codes without a row: %v", slices.Collect(maps.Keys(left)))
	}
	// Without an address the fix is still a sentence.
	if h, ok := Verdict(util.NewCommonError("x", 40164, "")).(bot.Halted); !ok || !strings.Contains(h.Fix, "（平台没有说是哪个）") {
		t.Errorf("%+v", h)
	}
	// A code when a token is asked for is about the account, not about the token.
	if h, ok := Verdict(errors.New("get access_token error : errcode=40001 , errormsg=invalid credential")).(bot.Halted); !ok || !strings.Contains(h.Fix, "Secret") {
		t.Errorf("%+v", h)
	}
	// What is not known stays unknown.
	if Verdict(nil) != nil {
		t.Error("nothing is something")
	}
	if err := Verdict(util.NewCommonError("x", 99999, "hidden")); Code(err) != 99999 || err.Error() != "errcode 99999" {
		t.Errorf("%v", err)
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, ErrSealed} {
		if got := Verdict(fmt.Errorf("x %w", err)); got != err {
			t.Errorf("%v", got)
		}
	}
}

func TestUndelivered(t *testing.T) {
	seen := map[string]bool{}
	for failType := range 14 {
		closed := Undelivered(failType)
		if !closed.Closed || closed.Gone || !strings.Contains(closed.Why, fmt.Sprintf("(fail_type %d)", failType)) {
			t.Errorf("%d: %+v", failType, closed)
		}
		seen[strings.SplitN(closed.Why, " (", 2)[0]] = true
	}
	if len(seen) != 8 {
		t.Errorf("%d reasons: %v", len(seen), seen)
	}
}
