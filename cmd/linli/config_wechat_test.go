package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"linli/flows/community/strict"
)

// unsetExample makes sure that no variable of the machine which the example names decides a
// test.
func unsetExample(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(exampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\$\{(LINLI_[A-Z0-9_]+)`).FindAllSubmatch(raw, -1)
	if len(found) < 5 {
		t.Fatal("the example names no variables any more")
	}
	for _, m := range found {
		unset(t, string(m[1]))
	}
}

// What the WeChat lanes of a configuration that is right look like.
const (
	goodOfficial = `official:
  app_id: wx0123456789abcdef
  secret: 0123456789abcdef0123456789abcdef
  token: linli2026
  aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
  template: {id: TEMPLATE_ID-1, kind: subscribe, fields: {no: character_string1, what: thing2, at: time3}}
  menu: true
  oauth: true
  share: true
`
	goodKefu = `kefu:
  corp_id: ww0123456789AbCdEf
  secret: s0123456789abcdef0123456789abcdef0123456789
  token: linli2026
  aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
  account: wkAJ2GCAAA_Sm4-x
`
)

func TestWeChatConfig(t *testing.T) {
	t.Setenv("T_PROXY", "http://linli:pass-of-a-proxy@127.0.0.1:3128")
	c, err := loadConfig(write(t, "config.yaml", "community: x.yaml\npublic_url: https://linli.example.org\negress_proxy: ${T_PROXY}\n"+goodOfficial+goodKefu))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Sites()[0]
	if !s.Official.On() || !s.Kefu.On() || s.Official.Template.Fields.At != "time3" || s.Official.AESKey.Reveal() == "" || c.EgressProxy.Reveal() != "http://linli:pass-of-a-proxy@127.0.0.1:3128" {
		t.Errorf("%+v", s)
	}
	for _, n := range c.Notices {
		if strings.Contains(n.Text, "公众号") || strings.Contains(n.Text, "public_url") || strings.Contains(n.Text, "一个渠道也没有") {
			t.Error("nothing to say, and it says:", n)
		}
	}
	// What was written before there were these lanes means what it meant.
	old, err := loadConfig(write(t, "config.yaml", "community: x.yaml\ntelegram: {token: '7:abc'}\nwebchat: {enabled: true}\n"))
	if err != nil || old.Official.On() || old.Kefu.On() || len(old.Notices) != 0 {
		t.Error(err, old.Notices)
	}
}

// Everything that is wrong with the lanes is told at once, each with its line, and no secret
// among it.
func TestWeChatMistakesAllAtOnce(t *testing.T) {
	const hidden = "hidden secret!"
	t.Setenv("T_HIDDEN", hidden)
	for name, x := range map[string]struct {
		text string
		want []string
	}{
		"all of it": {`community: x.yaml
egress_proxy: linli.example.org:3128
official:
  app_id: gh_0123
  token: ${T_HIDDEN}
  aes_key: ${T_HIDDEN}
  api_url: api.weixin.qq.com
  template:
    id: 模板
    kind: sms
    fields: {no: 第一栏, at: phrase2}
kefu:
  corp_id: someone
  secret: ${T_HIDDEN}
  aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDE-_
  account: 小客服
  api_url: https://qyapi.weixin.qq.com/cgi-bin
`, []string{"2: “egress_proxy”要写成", "4: “app_id”要写成", "4: 写了 app_id，还要写 secret", "5: “token”只能是3到32个", "6: “aes_key”要43个字母、数字，写的是14个", "7: “api_url”要写成 https://api.weixin.qq.com",
			"9: “template.id”不是模板编号", "10: “template.kind”只能写", "11: 没有写 template.fields.what", "11: “no”要写模板里那一栏的名字", "11: “at”要写模板里那一栏的名字：time、date",
			"13: “corp_id”要写成", "14: “secret”不完整", "13: 没有写 token", "15: “aes_key”只能有字母、数字", "16: “account”要写客服账号的编号", "17: “api_url”要写成 https://qyapi"}},
		"half of it": {`community: x.yaml
official:
  secret: 0123456789abcdef0123456789abcdef
  template: {id: "", kind: template, fields: {what: thing2}}
kefu: {account: wkAJ2GCAAA}
`, []string{"3: 写了 official.secret，还要写 app_id", "5: 写了 kefu.account，还要写 corp_id"}},
		"a passive account": {`community: x.yaml
official:
  app_id: wx0123456789abcdef
  token: linli2026
  plain: true
  aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
  passive: true
  menu: true
  oauth: true
  share: true
  template:
    id: TEMPLATE_ID
    kind: template
    fields: {what: thing2, no: thing2}
    fixed: {thing2: 又一遍, 备注: 字, thing4: 这一栏写得太长太长太长太长太长太长太长太长, thing5: 点开看详情}
`, []string{"5: 写了 aes_key 就是安全模式", "8: 写了 passive，这个公众号就不能由程序设菜单", "9: 写了 passive，这个公众号就不能用网页授权", "10: 写了 passive，这个公众号就不能用 JS-SDK", "11: 写了 passive，这个公众号就不能发模板消息", "14: “thing2”这一栏写了两遍", "15: “thing2”这一栏写了两遍", "15: “fixed”里“备注”不是", "15: “thing4”这一栏写1到20个字"}},
		"fields without a template": {strings.Replace("community: x.yaml\n"+goodOfficial, "id: TEMPLATE_ID-1, kind: subscribe, ", "", 1), []string{"7: 写了 template.fields，还要写 template.id"}},
		"an unknown key":            {"community: x.yaml\n" + strings.Replace(goodKefu, "account", "open_kfid", 1), []string{"7: 不认识“open_kfid”", "3: 没有写 account"}},
	} {
		_, err := loadConfig(write(t, "config.yaml", x.text))
		var wrong strict.Mistakes
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, w := range x.want {
			if !strings.Contains(err.Error(), "config.yaml:"+w) {
				t.Errorf("%s: not told: %s\n%s", name, w, err)
			}
		}
		if len(wrong) != len(x.want) {
			t.Errorf("%s: %d told, %d wanted\n%s", name, len(wrong), len(x.want), err)
		}
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: a secret is in the mistakes", name)
		}
	}
}

// Two communities share neither an account nor the address to which a platform calls; and
// one process has one way to each platform.
func TestWeChatOfSeveralCommunities(t *testing.T) {
	indent := func(s string) string { return "    " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n    ") + "\n" }
	site := func(changes ...string) string {
		return "  - community: " + changes[0] + "\n" + indent(strings.NewReplacer(changes[1:]...).Replace(goodOfficial+goodKefu))
	}
	other := []string{"b.yaml", "wx0123456789abcdef", "wx0123456789abcde0", "wkAJ2GCAAA_Sm4-x", "wkother_account", "s0123456789", "t0123456789"}
	for name, x := range map[string]struct {
		second []string
		want   []string
	}{
		"two that are apart": {other, nil},
		"the same account":   {[]string{"b.yaml"}, []string{"21: 这个公众号第5行的社区已经在用", "34: 这个客服账号第18行的社区已经在用"}},
		"the same app":       {[]string{"b.yaml", "wx0123456789abcdef", "wx0123456789abcde0", "wkAJ2GCAAA_Sm4-x", "wkother_account"}, []string{"31: 这个自建应用第15行的社区已经在用"}},
		"two ways":           {append(other, "menu: true", "menu: true\n  api_url: http://127.0.0.1:9", "account:", "api_url: http://127.0.0.1:9\n  account:"), []string{"27: 几个社区的 official.api_url 要一样", "35: 几个社区的 kefu.api_url 要一样"}},
	} {
		_, err := loadConfig(write(t, "config.yaml", "public_url: https://linli.example.org\ncommunities:\n"+site("a.yaml")+site(x.second...)))
		told := ""
		if err != nil {
			told = err.Error()
		}
		for _, w := range x.want {
			if !strings.Contains(told, "config.yaml:"+w) {
				t.Errorf("%s: not told: %s\n%s", name, w, told)
			}
		}
		if len(x.want) == 0 && err != nil || strings.Contains(told, "s0123456789") {
			t.Errorf("%s: %s", name, told)
		}
	}
	_, err := loadConfig(write(t, "config.yaml", goodOfficial+"communities:\n  - community: a.yaml\n"))
	if err == nil || !strings.Contains(err.Error(), "“official”就要写在它下面") {
		t.Error(err)
	}
}

// What is no mistake, and does less than people may think, is said.
func TestWeChatNotices(t *testing.T) {
	c, err := loadConfig(write(t, "config.yaml", `community: x.yaml
official: {app_id: wx0123456789abcdef, token: linli2026, plain: true, passive: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, n := range c.Notices {
		all.WriteString(n.String() + "\n")
	}
	for _, w := range []string{"2: 没有写 public_url：微信送消息来", "2: 公众号用的是明文模式", "2: 公众号只能被动回复", "没有开 Telegram"} {
		if !strings.Contains(all.String(), w) {
			t.Errorf("not said: %s\n%s", w, &all)
		}
	}
	if strings.Contains(all.String(), "一个渠道也没有开") || strings.Contains(all.String(), "没有写模板") {
		t.Error(&all)
	}
	c, err = loadConfig(write(t, "config.yaml", "community: x.yaml\npublic_url: https://linli.example.org\n"+strings.Replace(goodOfficial, "id: TEMPLATE_ID-1, kind: subscribe, fields: {no: character_string1, what: thing2, at: time3}", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if last := c.Notices[len(c.Notices)-1]; len(c.Notices) != 3 || !strings.Contains(c.Notices[1].Text+last.Text, "公众号没有写模板") {
		t.Error(c.Notices)
	}
}
