package main

import (
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows/community/strict"
)

// What a configuration that can be read may still have wrong.

var (
	tokenForm  = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{1,200}$`)
	pathForm   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,23}$`)
	domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// check tells what is wrong with the configuration by itself.
func (c *Config) check(page *strict.Page) {
	if page.Root == nil {
		return
	}
	if c.Data == "" {
		page.Mistake(c.Of("data"), "没有写数据放在哪个文件夹（data）")
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil {
		page.Mistake(c.Of("listen"), "“listen”要写成 127.0.0.1:8080 的样子，写的是“%s”", c.Listen)
	} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		page.Mistake(c.Of("listen"), "“listen”的端口要在0到65535之间，写的是“%s”", port)
	}
	if c.TimeZone != "" {
		if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
			page.Mistake(c.Of("time_zone"), "没有“%s”这个时区，内地写 Asia/Shanghai", c.TimeZone)
		}
	}
	if c.Storage.Kind != "bolt" {
		page.Mistake(c.Storage.Of("kind"), "“kind”现在只能写 bolt，写的是“%s”", c.Storage.Kind)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil) {
		page.Mistake(c.Of("public_url"), "“public_url”要写成 https://linli.example.org 的样子，后面不带路径")
	}
	c.checkHTTPS(page)
	c.checkSites(page)
	c.checkWeChat(page)
	if c.Backup.Dir == "" {
		page.Mistake(c.Backup.Of("dir"), "没有写备份放在哪个文件夹（backup.dir）")
	} else if filepath.Clean(c.Backup.Dir) == filepath.Clean(c.Data) {
		page.Mistake(c.Backup.Of("dir"), "备份不能和数据放在同一个文件夹")
	}
	if c.Backup.Keep < 1 || c.Backup.Keep > 1000 {
		page.Mistake(c.Backup.Of("keep"), "“keep”要在1到1000之间，写的是%d", c.Backup.Keep)
	}
	if n := len(c.Metrics.Token.Reveal()); n > 0 && n < 16 {
		page.Mistake(c.Metrics.Of("token"), "“token”太短，至少16个字符")
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		page.Mistake(c.Log.Of("format"), "“format”只能写 text 或 json，写的是“%s”", c.Log.Format)
	}
	c.checkModel(page)
	c.notice(page)
}

// notice tells what is off, or unusual.
func (c *Config) notice(page *strict.Page) {
	notice := func(line int, text string) {
		c.Notices = append(c.Notices, strict.Mistake{File: page.File, Line: line, Text: text})
	}
	for _, s := range c.Sites() {
		if !s.Telegram.On() {
			line := s.Of("telegram")
			if s.Telegram.Has("token") {
				line = s.Telegram.Of("token")
			}
			notice(line, "没有开 Telegram（token 空着）")
		}
		if !s.Webchat.Enabled {
			notice(s.Of("webchat"), "没有开网页聊天（webchat.enabled）")
		}
		c.noticeWeChat(s, notice)
		if !s.reaches() {
			line := 0
			if len(c.Communities) > 0 {
				line = s.Line
			}
			notice(line, "一个渠道也没有开：谁说话也听不到")
		}
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !c.TrustedProxy && !c.HTTPS.On() && !loopback(host) {
		notice(c.Of("listen"), "网页对外开着，又没有 HTTPS（https.domains）和反向代理（trusted_proxy）：居民的话在路上能被看到")
	}
}

// checkSites looks at the communities, and at what two of them must not share.
func (c *Config) checkSites(page *strict.Page) {
	if len(c.Communities) > 0 || c.Has("communities") {
		for _, k := range []string{"community", "telegram", "webchat", "official", "kefu"} {
			if c.Has(k) {
				page.Mistake(c.Of(k), "写了 communities，“%s”就要写在它下面每个社区里，不能再写在外面", k)
			}
		}
	}
	if c.Has("communities") && len(c.Communities) == 0 {
		page.Mistake(c.Of("communities"), "“communities”里一个社区也没有")
		return
	}
	bots := map[string]int{}
	for _, s := range c.Sites() {
		if s.Community == "" {
			page.Mistake(s.Of("community"), "没有写社区文件（community）")
		}
		if s.Path != "" && !pathForm.MatchString(s.Path) {
			page.Mistake(s.Of("path"), "“path”只能写小写字母、数字和横线，以字母开头，最多24个，写的是“%s”", s.Path)
		}
		c.checkTelegram(page, s.Telegram)
		// The number before the colon is the bot; a second token of the same one is no other bot.
		if id, _, _ := strings.Cut(s.Telegram.Token.Reveal(), ":"); id != "" {
			if first := bots[id]; first > 0 {
				page.Mistake(s.Telegram.Of("token"), "这个机器人第%d行的社区已经在用，每个社区要有自己的机器人", first)
			}
			bots[id] = s.Telegram.Of("token")
		}
	}
}

// checkHTTPS looks at what must hold for certificates to come by themselves.
func (c *Config) checkHTTPS(page *strict.Page) {
	h := &c.HTTPS
	if !h.On() {
		for _, k := range []string{"email", "listen", "directory_url"} {
			if h.Has(k) && !h.Has("domains") {
				page.Mistake(h.Of(k), "写了 https.%s，还要写 https.domains 才会用 HTTPS", k)
			}
		}
		return
	}
	for i, d := range h.Domains {
		h.Domains[i] = strings.ToLower(d)
		if !domainForm.MatchString(h.Domains[i]) {
			page.Mistake(h.Of("domains"), "“%s”不是域名，要写成 linli.example.org 的样子，不带 https://、端口和星号", d)
		}
	}
	if c.TrustedProxy {
		page.Mistake(c.Of("trusted_proxy"), "https 和 trusted_proxy 只能用一个：自己办 HTTPS，或者前面有反向代理")
	}
	if h.Email != "" && !strings.Contains(h.Email, "@") {
		page.Mistake(h.Of("email"), "“email”不是邮箱地址")
	}
	if u, err := url.Parse(h.DirectoryURL); h.DirectoryURL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		page.Mistake(h.Of("directory_url"), "“directory_url”要以 https:// 开头")
	}
	host, port, err := net.SplitHostPort(h.Listen)
	switch {
	case err != nil:
		page.Mistake(h.Of("listen"), "“listen”要写成 :443 的样子，写的是“%s”", h.Listen)
	case loopback(host):
		page.Mistake(h.Of("listen"), "https 只在本机开着（%s），别人打不开，证书也办不下来；写成 :443", h.Listen)
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && loopback(host) {
		page.Mistake(c.Of("listen"), "用了 https，listen 就只管把 http 转到 https 和办证书，要对外开着，写成 :80；现在写的是 %s", c.Listen)
	}
	if c.PublicURL == "" && !c.Has("public_url") && err == nil {
		c.PublicURL = "https://" + h.Domains[0]
		if port != "443" {
			c.PublicURL += ":" + port
		}
	} else if u, err := url.Parse(c.PublicURL); err == nil && c.PublicURL != "" && !slices.Contains(h.Domains, u.Hostname()) {
		page.Mistake(c.Of("public_url"), "“public_url”里的域名不在 https.domains 里")
	}
}

func (c *Config) checkTelegram(page *strict.Page, t Telegram) {
	if t.Mode != "polling" && t.Mode != "webhook" {
		page.Mistake(t.Of("mode"), "“mode”只能写 polling 或 webhook，写的是“%s”", t.Mode)
	}
	if u, err := url.Parse(t.APIURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		page.Mistake(t.Of("api_url"), "“api_url”要写成 https://api.telegram.org 的样子")
	}
	if !t.On() {
		return
	}
	if !tokenForm.MatchString(t.Token.Reveal()) {
		page.Mistake(t.Of("token"), "Telegram 的令牌不完整：样子是一串数字、冒号、一串字母数字")
	}
	if t.Mode != "webhook" {
		return
	}
	if t.PublicURL == "" && c.PublicURL != "" {
		// the address of the community's own hook
	} else if u, err := url.Parse(t.PublicURL); err != nil || u.Scheme != "https" || u.Host == "" {
		page.Mistake(t.Of("public_url"), "用 webhook 要写公网地址（public_url），以 https:// 开头")
	}
	if !secretForm.MatchString(t.WebhookSecret.Reveal()) {
		page.Mistake(t.Of("webhook_secret"), "用 webhook 要写 webhook_secret：1到256个字母、数字、横线或下划线")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
