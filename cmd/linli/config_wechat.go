package main

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows/community/strict"
)

// The lanes of WeChat in the configuration: the public account (公众号) and the customer
// service of WeCom (微信客服).

// Official is a public account. It is off while it has no app_id.
type Official struct {
	strict.Where
	AppID    string   `yaml:"app_id"`
	Secret   Secret   `yaml:"secret"`  // AppSecret; may be missing where the account is passive
	Token    Secret   `yaml:"token"`   // signs what the platform sends
	AESKey   Secret   `yaml:"aes_key"` // 43 letters and digits; empty where plain
	APIURL   string   `yaml:"api_url"` // empty: the platform's own
	Passive  bool     `yaml:"passive"` // the account may only answer in the HTTP response
	Plain    bool     `yaml:"plain"`   // what the platform sends is not encrypted
	Template Template `yaml:"template"`
	Menu     bool     `yaml:"menu"`
	OAuth    bool     `yaml:"oauth"` // pages learn by whom they were opened in WeChat
	Share    bool     `yaml:"share"` // report pages bring their own card when they are shared (JS-SDK)
}

// On says whether the account is to be used.
func (o Official) On() bool { return o.AppID != "" }

// Template is the form in which somebody can be told of a message who has not written for long.
type Template struct {
	strict.Where
	ID     string            `yaml:"id"`
	Kind   string            `yaml:"kind"` // "template" (模板消息) or "subscribe" (订阅通知)
	Fields Fields            `yaml:"fields"`
	Fixed  map[string]string `yaml:"fixed"` // fields that always say the same
}

// Fields are the names of the form's fields, as the platform has approved them.
type Fields struct {
	strict.Where
	No   string `yaml:"no"`
	What string `yaml:"what"`
	At   string `yaml:"at"`
}

// Kefu is an account of the customer service. It is off while it has no corp_id.
type Kefu struct {
	strict.Where
	CorpID  string `yaml:"corp_id"`
	Secret  Secret `yaml:"secret"` // of the app of one's own that may call the customer service
	Token   Secret `yaml:"token"`
	AESKey  Secret `yaml:"aes_key"`
	Account string `yaml:"account"` // open_kfid
	APIURL  string `yaml:"api_url"` // empty: the platform's own
}

// On says whether the account is to be used.
func (k Kefu) On() bool { return k.CorpID != "" }

var (
	appIDForm   = regexp.MustCompile(`^wx[0-9A-Za-z]{16}$`)
	corpIDForm  = regexp.MustCompile(`^w[a-z][0-9A-Za-z]{16}$`)
	kfIDForm    = regexp.MustCompile(`^wk[0-9A-Za-z_-]{4,62}$`)
	hookToken   = regexp.MustCompile(`^[0-9A-Za-z]{3,32}$`)
	aesKeyForm  = regexp.MustCompile(`^[0-9A-Za-z]{43}$`)
	wxSecret    = regexp.MustCompile(`^[0-9A-Za-z_-]{16,128}$`)
	templateID  = regexp.MustCompile(`^[0-9A-Za-z_-]{8,64}$`)
	fieldForm   = regexp.MustCompile(`^([a-z_]+)[0-9]{1,3}$`)
	proxyScheme = []string{"http", "https", "socks5"}
)

// checkWeChat looks at what both lanes of all communities share.
func (c *Config) checkWeChat(page *strict.Page) {
	if u, err := url.Parse(c.EgressProxy.Reveal()); c.EgressProxy.Set() && (err != nil || !slices.Contains(proxyScheme, u.Scheme) || u.Host == "" || u.Path != "" || u.RawQuery != "") {
		page.Mistake(c.Of("egress_proxy"), "“egress_proxy”要写成 http://127.0.0.1:3128 的样子，也可以是 https:// 或 socks5://")
	}
	seen := map[string]int{}
	// twice gives the line on which something stands that each community must have for itself.
	twice := func(key string, line int) (first int) {
		if first = seen[key]; first == 0 {
			seen[key] = line
		}
		return first
	}
	var official, kefu *string
	for _, s := range c.Sites() {
		o, k := s.Official, s.Kefu
		c.checkOfficial(page, o)
		c.checkKefu(page, k)
		if o.On() {
			if first := twice("app "+o.AppID, o.Of("app_id")); first > 0 {
				page.Mistake(o.Of("app_id"), "这个公众号第%d行的社区已经在用，每个社区要有自己的公众号", first)
			}
			if official == nil {
				official = &o.APIURL
			} else if *official != o.APIURL {
				page.Mistake(o.Of("api_url"), "几个社区的 official.api_url 要一样：一个程序到微信只有一条路")
			}
		}
		if k.On() {
			if first := twice("kf "+k.Account, k.Of("account")); k.Account != "" && first > 0 {
				page.Mistake(k.Of("account"), "这个客服账号第%d行的社区已经在用，每个社区要有自己的客服账号", first)
			} else if first := twice("app "+k.CorpID+" "+k.Secret.Reveal(), k.Of("secret")); k.Secret.Set() && first > 0 {
				page.Mistake(k.Of("secret"), "这个自建应用第%d行的社区已经在用；一个应用只有一个回调地址，每个社区要有自己的应用", first)
			}
			if kefu == nil {
				kefu = &k.APIURL
			} else if *kefu != k.APIURL {
				page.Mistake(k.Of("api_url"), "几个社区的 kefu.api_url 要一样：一个程序到企业微信只有一条路")
			}
		}
	}
}

// checkOfficial tells what of a public account is missing, or does not go together.
func (c *Config) checkOfficial(page *strict.Page, o Official) {
	if !o.On() {
		for key, set := range map[string]bool{"secret": o.Secret.Set(), "token": o.Token.Set(), "aes_key": o.AESKey.Set(), "template": o.Template.ID != ""} {
			if set {
				page.Mistake(o.Of(key), "写了 official.%s，还要写 app_id 才会用公众号", key)
			}
		}
		return
	}
	if !appIDForm.MatchString(o.AppID) {
		page.Mistake(o.Of("app_id"), "“app_id”要写成 wx 加16位字母、数字的样子")
	}
	switch {
	case !o.Secret.Set() && !o.Passive:
		page.Mistake(o.Of("secret"), "写了 app_id，还要写 secret（公众号后台“开发接口管理”里的 AppSecret）；只能被动回复的个人订阅号写 passive: true，就不用")
	case o.Secret.Set() && !wxSecret.MatchString(o.Secret.Reveal()):
		page.Mistake(o.Of("secret"), "“secret”不完整，从公众号后台整串复制")
	}
	checkHook(page, o.Where, o.Token, "公众号后台“服务器配置”里")
	switch {
	case o.Plain && o.AESKey.Set():
		page.Mistake(o.Of("plain"), "写了 aes_key 就是安全模式，不能再写 plain: true")
	case !o.Plain:
		checkAES(page, o.Where, o.AESKey, "；后台选的是明文模式就写 plain: true")
	}
	checkAPI(page, o.Where, o.APIURL, "https://api.weixin.qq.com")
	if o.Passive {
		for _, x := range []struct {
			key string
			set bool
			why string
		}{{"template", o.Template.ID != "", "不能发模板消息"}, {"menu", o.Menu, "不能由程序设菜单"}, {"oauth", o.OAuth, "不能用网页授权"}, {"share", o.Share, "不能用 JS-SDK"}} {
			if x.set {
				page.Mistake(o.Of(x.key), "写了 passive，这个公众号就%s，去掉 %s", x.why, x.key)
			}
		}
	}
	t := o.Template
	if t.ID == "" {
		if t.Fields.No+t.Fields.What+t.Fields.At != "" {
			page.Mistake(t.Of("fields"), "写了 template.fields，还要写 template.id 才会用模板")
		}
		return
	}
	if !templateID.MatchString(t.ID) {
		page.Mistake(t.Of("id"), "“template.id”不是模板编号，从公众号后台“模板消息”或“订阅通知”里复制")
	}
	if t.Kind != "template" && t.Kind != "subscribe" {
		page.Mistake(t.Of("kind"), "“template.kind”只能写 template（模板消息）或 subscribe（订阅通知），写的是“%s”", t.Kind)
	}
	if t.Fields.What == "" {
		page.Mistake(t.Of("fields"), "没有写 template.fields.what：模板里哪一栏写什么事，比如 thing2")
	}
	used := map[string]bool{}
	// What a field may be called depends on what the platform lets it hold.
	for _, x := range []struct {
		key, field string
		may        []string
	}{
		{"no", t.Fields.No, []string{"character_string", "number", "thing", "keyword"}},
		{"what", t.Fields.What, []string{"thing", "short_thing", "phrase", "const", "keyword"}},
		{"at", t.Fields.At, []string{"time", "date", "thing", "keyword"}},
	} {
		if x.field == "" {
			continue
		}
		if m := fieldForm.FindStringSubmatch(x.field); m == nil || !slices.Contains(x.may, m[1]) {
			page.Mistake(t.Fields.Of(x.key), "“%s”要写模板里那一栏的名字：%s 后面加数字，写的是“%s”", x.key, strings.Join(x.may, "、"), x.field)
		} else if used[x.field] {
			page.Mistake(t.Fields.Of(x.key), "“%s”这一栏写了两遍，一栏只能写一样", x.field)
		}
		used[x.field] = true
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fixed)) {
		switch {
		case !fieldForm.MatchString(name):
			page.Mistake(t.Of("fixed"), "“fixed”里“%s”不是模板里一栏的名字，要像 thing5", name)
		case used[name]:
			page.Mistake(t.Of("fixed"), "“%s”这一栏写了两遍，一栏只能写一样", name)
		case t.Fixed[name] == "" || utf8.RuneCountInString(t.Fixed[name]) > 20:
			page.Mistake(t.Of("fixed"), "“%s”这一栏写1到20个字", name)
		}
	}
}

// checkKefu tells what of the customer service is missing.
func (c *Config) checkKefu(page *strict.Page, k Kefu) {
	if !k.On() {
		for key, set := range map[string]bool{"secret": k.Secret.Set(), "token": k.Token.Set(), "aes_key": k.AESKey.Set(), "account": k.Account != ""} {
			if set {
				page.Mistake(k.Of(key), "写了 kefu.%s，还要写 corp_id 才会用微信客服", key)
			}
		}
		return
	}
	if !corpIDForm.MatchString(k.CorpID) {
		page.Mistake(k.Of("corp_id"), "“corp_id”要写成 ww 加16位字母、数字的样子（企业微信后台“我的企业”最下面）")
	}
	switch {
	case !k.Secret.Set():
		page.Mistake(k.Of("secret"), "写了 corp_id，还要写 secret（自建应用的 Secret，不是“微信客服”那个）")
	case !wxSecret.MatchString(k.Secret.Reveal()):
		page.Mistake(k.Of("secret"), "“secret”不完整，从企业微信后台的自建应用里整串复制")
	}
	if k.Account == "" {
		page.Mistake(k.Of("account"), "没有写 account：用哪个客服账号（open_kfid，wk 开头）")
	} else if !kfIDForm.MatchString(k.Account) {
		page.Mistake(k.Of("account"), "“account”要写客服账号的编号（open_kfid，wk 开头），不是名字")
	}
	checkHook(page, k.Where, k.Token, "自建应用“接收消息”里")
	checkAES(page, k.Where, k.AESKey, "")
	checkAPI(page, k.Where, k.APIURL, "https://qyapi.weixin.qq.com")
}

// checkHook looks at the word that signs a callback.
func checkHook(page *strict.Page, at strict.Where, token Secret, where string) {
	switch {
	case !token.Set():
		page.Mistake(at.Of("token"), "没有写 token：%s自己定的一串字母数字（3到32个），两边要一样", where)
	case !hookToken.MatchString(token.Reveal()):
		page.Mistake(at.Of("token"), "“token”只能是3到32个字母、数字，和%s的一样", where)
	}
}

func checkAES(page *strict.Page, at strict.Where, key Secret, otherwise string) {
	switch n := len(key.Reveal()); {
	case n == 0:
		page.Mistake(at.Of("aes_key"), "没有写 aes_key（EncodingAESKey，43个字母、数字）%s", otherwise)
	case n != 43:
		page.Mistake(at.Of("aes_key"), "“aes_key”要43个字母、数字，写的是%d个", n)
	case !aesKeyForm.MatchString(key.Reveal()):
		page.Mistake(at.Of("aes_key"), "“aes_key”只能有字母、数字，从后台整串复制")
	}
}

func checkAPI(page *strict.Page, at strict.Where, api, like string) {
	if u, err := url.Parse(api); api != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.TrimRight(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil) {
		page.Mistake(at.Of("api_url"), "“api_url”要写成 %s 的样子，平常空着", like)
	}
}

// noticeWeChat tells what of the lanes does less than it could.
func (c *Config) noticeWeChat(s Site, notice func(line int, text string)) {
	o, k := s.Official, s.Kefu
	if c.PublicURL == "" && (o.On() || k.On()) {
		line := o.Of("app_id")
		if !o.On() {
			line = k.Of("corp_id")
		}
		notice(line, "没有写 public_url：微信送消息来要有公网的 HTTPS 地址，网页里的链接和二维码也要用它")
	}
	if o.On() && o.Plain {
		notice(o.Of("plain"), "公众号用的是明文模式：消息在路上不加密，请在后台改成安全模式，写上 aes_key")
	}
	if o.On() && o.Passive {
		notice(o.Of("passive"), "公众号只能被动回复（passive）：居民说一句才能答一句，办到哪一步不能主动告诉他")
	}
	if o.On() && !o.Passive && o.Template.ID == "" {
		notice(o.Of("template"), "公众号没有写模板（template.id）：居民48小时没说话，结果就发不出去，要请人转告")
	}
}

// reaches says whether a community has any way to people at all.
func (s Site) reaches() bool {
	return s.Telegram.On() || s.Webchat.Enabled || s.Official.On() || s.Kefu.On()
}
