package official

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sort"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"linli/bot"
	"linli/bot/weixin"
)

// Health is what Check has found out about the account.
type Health struct {
	// Callers are the addresses from which the platform calls, for a firewall.
	Callers []string
	// Missing are the rights that Linli would use and the account does not have, by the names
	// that its console has for them.
	Missing []string
	// Template says, in Chinese, what is wrong with the template; empty where nothing is.
	Template string
}

// nobody is an openid that no person has. A message to it tests a right and reaches no one.
const nobody = "linli-nobody"

// Check asks the platform whether the account can be used as it is set up: the token, the
// rights, the template. Nobody sees anything of it. The error says that the account
// cannot be reached at all; where it is bot.Halted, its Fix says what to do.
func (o *Official) Check(ctx context.Context) (Health, error) {
	var h Health
	if o.api == nil {
		return h, nil // it may only answer: there is nothing to ask for
	}
	var callers struct {
		List []string `json:"ip_list"`
	}
	if err := o.get(ctx, "/cgi-bin/getcallbackip", nil, &callers); err != nil {
		return h, verdict(ctx, err)
	}
	h.Callers = callers.List
	if o.options.Passive {
		return h, nil
	}
	rights := []struct {
		name string
		try  func() error
	}{
		{"客服消息", func() error { return o.post(ctx, customSend, message.NewCustomerTextMessage(nobody, "?"), nil) }},
		{"生成带参数的二维码", func() error {
			var t basic.Ticket
			return o.post(ctx, "/cgi-bin/qrcode/create", basic.NewTmpQrRequest(60e9, "check"), &t)
		}},
		{"微信JS-SDK", func() error {
			_, err := o.JSConfig(ctx, "https://linli.example/")
			return err
		}},
	}
	if len(o.options.Menu) > 0 {
		rights = append(rights, struct {
			name string
			try  func() error
		}{"自定义菜单", func() error { _, err := o.menu(ctx); return err }})
	}
	for _, r := range rights {
		if denied(r.try()) {
			h.Missing = append(h.Missing, r.name)
		}
		if ctx.Err() != nil {
			return h, fmt.Errorf("official: %w", ctx.Err())
		}
	}
	var err error
	h.Template, err = o.checkTemplate(ctx)
	if denied(err) {
		name := "模板消息"
		if o.options.Template.Subscribe {
			name = "订阅通知"
		}
		h.Missing, err = append(h.Missing, name), nil
	}
	return h, verdict(ctx, err)
}

// denied says that the account lacks a right. Any other error says that it has it.
func denied(err error) bool {
	var halted bot.Halted
	return weixin.Code(err) == codeNoRight || errors.As(err, &halted) && weixin.Code(err) == 0
}

var templateField = regexp.MustCompile(`\{\{\s*([a-z_]+[0-9]*)\.DATA\s*\}\}`)

// checkTemplate compares the fields of the template with those that the account has
// been granted.
func (o *Official) checkTemplate(ctx context.Context) (wrong string, err error) {
	t := o.options.Template
	if t.ID == "" {
		return "", nil
	}
	var answer struct {
		Templates []struct {
			ID      string `json:"template_id"`
			Content string `json:"content"`
		} `json:"template_list"`
		Notices []struct {
			ID      string `json:"priTmplId"`
			Content string `json:"content"`
		} `json:"data"`
	}
	path := "/cgi-bin/template/get_all_private_template"
	if t.Subscribe {
		path = "/wxaapi/newtmpl/gettemplate"
	}
	if err := o.get(ctx, path, url.Values{}, &answer); err != nil {
		return "", err
	}
	for _, n := range answer.Notices {
		answer.Templates = append(answer.Templates, struct {
			ID      string `json:"template_id"`
			Content string `json:"content"`
		}(n))
	}
	for _, x := range answer.Templates {
		if x.ID != t.ID {
			continue
		}
		var has []string
		for _, m := range templateField.FindAllStringSubmatch(x.Content, -1) {
			has = append(has, m[1])
		}
		fills := t.fill(bot.Form{})
		var need []string
		for _, f := range has {
			if _, ok := fills[f]; !ok {
				need = append(need, f)
			}
		}
		var odd []string
		for f := range fills {
			if !slices.Contains(has, f) {
				odd = append(odd, f)
			}
		}
		sort.Strings(odd)
		switch {
		case len(odd) > 0:
			return fmt.Sprintf("模板里没有这几栏：%v，有的是：%v", odd, has), nil
		case len(need) > 0:
			return fmt.Sprintf("模板还有几栏没有内容：%v，空着发不出去", need), nil
		}
		return "", nil
	}
	return "这个公众号没有编号是这个的模板，从后台重新复制", nil
}
