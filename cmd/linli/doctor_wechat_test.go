package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kf "linli/bot/kefu/fake"
	oa "linli/bot/official/fake"
)

// unhide looks for secrets of the accounts in what the doctor says.
func unhide(t *testing.T, out string) {
	t.Helper()
	for _, x := range []string{oa.Secret, oa.Token, oa.AESKey, kf.Secret, kf.Token, kf.AESKey} {
		if strings.Contains(out, x) {
			t.Errorf("a secret is said\n%s", out)
		}
	}
}

// public gives the configuration of the platforms another address for people.
func (p *platforms) public(t *testing.T, address string) {
	t.Helper()
	text, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		if strings.HasPrefix(lines[i], "public_url:") {
			lines[i] = "public_url: " + address
		}
	}
	if err := os.WriteFile(p.path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorOfWeChat(t *testing.T) {
	p := onWeChat(t, nil)
	in := opens(t, p.path)
	base, stop := running(t, in)
	p.hooks(base)
	p.public(t, base)
	until(t, "no tokens are kept", func() bool {
		tokens, _, err := in.houses[0].weChatStands(t.Context())
		return err == nil && len(tokens) == 2
	})
	out, _ := examined(t, p.path, nil)
	says(t, out, "公众号的密钥是好的", "公众号的回调地址 "+base+"/hook/official 打得开，签名对得上", "公众号的令牌用到",
		"微信客服的密钥是好的，客服账号是“", "微信客服的回调地址 "+base+"/hook/kefu 打得开，签名对得上", "微信客服的令牌用到", "网页授权域名") // that nothing came yet may be over: it asks at once
	for _, not := range []string{"权限", "模板：", "用不了", "连不上"} {
		if strings.Contains(out, not) {
			t.Errorf("%q is said\n%s", not, out)
		}
	}
	unhide(t, out)

	// Asking burns no token of the running one, and shows nobody anything.
	wang := p.oa.Follower()
	wang.Say("你好，2单元电梯停了")
	until(t, "not heard", func() bool { return len(wang.Shown()) > 0 })
	zhang := p.kf.AddPerson()
	zhang.Say("1单元下水道堵了")
	until(t, "not heard", func() bool { return len(zhang.Shown()) > 0 })
	if n := p.kf.Tokens(); n != 1 {
		t.Errorf("%d tokens of the customer service", n)
	}
	if out, _ = examined(t, p.path, nil); strings.Contains(out, "还没有收到过消息") {
		t.Error(out)
	}

	// What the clock does to it, while it runs and when it does not.
	late := func(d *doctor) { d.now = func() time.Time { return time.Now().Add(4 * 24 * time.Hour) } }
	out, _ = examined(t, p.path, late)
	says(t, out, "微信客服4天没有新消息", "不认配置里的 token 和 aes_key")
	if strings.Contains(out, "的令牌用到") {
		t.Errorf("a token that is over\n%s", out)
	}
	if err := errors.Join(stop(), in.close()); err != nil {
		t.Fatal(err)
	}
	out, _ = examined(t, p.path, late)
	says(t, out, "平台只留三天，更早的没收的收不回来了")
	if strings.Contains(out, "回调地址") {
		t.Errorf("it does not run, and its door is tried\n%s", out)
	}
}

// What stands in the way is said with what to do, and the address that is not on the list.
func TestDoctorOfWeChatThatRefuses(t *testing.T) {
	p := onWeChat(t, func(s string) string {
		return strings.Replace(s, "  menu: true\n", "  menu: true\n  template: {id: TEMPLATE_ID, kind: template, fields: {what: thing2, at: time3}}\n", 1)
	})
	p.oa.Barred = "203.0.113.9"
	p.kf.Foreign("198.51.100.7")
	out, err := examined(t, p.path, nil)
	says(t, out, "公众号用不了", "出口 IP 203.0.113.9 加进“IP 白名单”", "微信客服用不了", "出口 IP 198.51.100.7 加进“企业可信IP”")
	if err == nil {
		t.Error("nothing is wrong")
	}
	unhide(t, out)

	p.oa.Barred = ""
	p.kf.Foreign("")
	p.oa.Templates = map[string][]string{"OTHER_TEMPLATE": {"thing2"}}
	out, _ = examined(t, p.path, nil)
	says(t, out, "这个公众号没有编号是这个的模板")
	p.oa.Templates = map[string][]string{"TEMPLATE_ID": {"thing2", "thing9"}}
	out, _ = examined(t, p.path, nil)
	says(t, out, "模板里没有这几栏：[time3]")

	p.oa.Unverified = true
	out, _ = examined(t, p.path, nil)
	says(t, out, "公众号没有“客服消息”的权限", "passive: true", "公众号没有“生成带参数的二维码”的权限（认证过的服务号才有）", "公众号没有“自定义菜单”的权限", "公众号没有“模板消息”的权限", "没有“微信JS-SDK”的权限")

	for name, x := range map[string]struct{ from, to, want string }{
		"a wrong secret":              {oa.Secret, "ffffffffffffffffffffffffffffffff", "平台不认这个密钥"},
		"a wrong secret of the corp":  {kf.Secret, "wrong_secret_of_the_app", "微信客服用不了"},
		"an account that is not ours": {kf.Account, "wkSomebodyElse0123456789", "找不到这个客服账号"},
		"and which are":               {kf.Account, "wkSomebodyElse0123456789", "account 写 " + kf.Account},
		"a platform that is away":     {"api_url: http://127.0.0.1", "api_url: http://127.0.0.9", "连不上公众号"},
	} {
		text, err := os.ReadFile(p.path)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(filepath.Dir(p.path), "other.yaml")
		if err := os.WriteFile(other, []byte(strings.Replace(string(text), x.from, x.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := examined(t, other, nil)
		says(t, out, x.want)
		if err == nil || strings.Contains(out, x.to) && x.to[0] != 'a' && x.to[0] != 'w' {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		unhide(t, out)
	}
}

// A passive account of one's own is no mistake; and a door that leads elsewhere is seen.
func TestDoctorOfAPassiveAccount(t *testing.T) {
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	path := configured(t, []string{"dongqu"}, func(s string) string {
		return s + "public_url: https://linli.example.org\nofficial: {app_id: wx2c2769f8efd9abc2, token: spamtest, plain: true, passive: true}\n"
	})
	p := &platforms{path: path}
	in := opens(t, path)
	base, _ := running(t, in)
	p.public(t, base)
	out, _ := examined(t, path, nil)
	says(t, out, "公众号没有写 secret：只能在居民说话时回一句", "公众号的回调地址 "+base+"/hook/official 打得开，签名对得上", "公众号只能被动回复", "公众号用的是明文模式")
	p.public(t, elsewhere.URL)
	out, _ = examined(t, path, nil)
	says(t, out, "回答的不是邻里（404）")
	p.public(t, "http://127.0.0.1:1")
	out, _ = examined(t, path, nil)
	says(t, out, "的回调地址 http://127.0.0.1:1/hook/official 从这里打不开")
	if strings.Contains(out, "timestamp=") {
		t.Errorf("the whole address is said\n%s", out)
	}
}
