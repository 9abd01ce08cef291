package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"linli/flows/community"
	"linli/flows/community/strict"
	"linli/flows/demand"
)

// Config is the configuration file. Paths in it are ready to be opened.
type Config struct {
	strict.Where
	Data         string   `yaml:"data"`
	Listen       string   `yaml:"listen"`
	TrustedProxy bool     `yaml:"trusted_proxy"`
	TimeZone     string   `yaml:"time_zone"` // empty: the community's own
	Community    string   `yaml:"community"`
	Storage      Storage  `yaml:"storage"`
	Telegram     Telegram `yaml:"telegram"`
	Webchat      Webchat  `yaml:"webchat"`
	Log          Log      `yaml:"log"`

	// Notices are what is off or unusual but no mistake.
	Notices []strict.Mistake
}

// Storage chooses the store.
type Storage struct {
	strict.Where
	Kind string `yaml:"kind"` // "bolt"
}

// Telegram is off while it has no token.
type Telegram struct {
	strict.Where
	Token         Secret `yaml:"token"`
	APIURL        string `yaml:"api_url"`
	Mode          string `yaml:"mode"` // "polling" or "webhook"
	PublicURL     string `yaml:"public_url"`
	WebhookSecret Secret `yaml:"webhook_secret"`
}

// On says whether Telegram is to be used.
func (t Telegram) On() bool { return t.Token.Set() }

// Webchat is the chat in the browser.
type Webchat struct {
	strict.Where
	Enabled bool `yaml:"enabled"`
}

// Log says what is logged.
type Log struct {
	strict.Where
	Level LogLevel `yaml:"level"`
}

// LogLevel is a slog.Leveler that the configuration can name.
type LogLevel slog.Level

// Level makes it a slog.Leveler.
func (l LogLevel) Level() slog.Level { return slog.Level(l) }

// UnmarshalText reads debug, info, warn or error.
func (l *LogLevel) UnmarshalText(b []byte) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	v, ok := levels[strings.ToLower(string(b))]
	if !ok {
		return errors.New("只能写 debug、info、warn 或 error")
	}
	*l = LogLevel(v)
	return nil
}

// loadConfig reads a configuration file. Its mistakes come all at once, as
// [strict.Mistakes].
func loadConfig(path string) (*Config, error) {
	c, wrong, err := readConfig(path, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return c, nil
}

// readConfig gives the configuration also where it has mistakes, so that the
// rest can be checked too.
func readConfig(path string, env func(string) (string, bool)) (*Config, strict.Mistakes, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("config: %w", err)
	}
	c := &Config{
		Data:     "data",
		Listen:   "127.0.0.1:8080",
		Storage:  Storage{Kind: "bolt"},
		Telegram: Telegram{APIURL: "https://api.telegram.org", Mode: "polling"},
	}
	page := strict.Open(path, data)
	page.Expand(func(text string) (string, error) { return expand(text, env) })
	page.Decode(c)
	c.check(page)
	for _, p := range []*string{&c.Data, &c.Community} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	return c, page.Mistakes.Sorted(), nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand fills in ${NAME} and ${NAME:-what if it is unset}.
func expand(text string, env func(string) (string, bool)) (string, error) {
	var wrong error
	out := variable.ReplaceAllStringFunc(text, func(m string) string {
		name, other, optional := strings.Cut(m[2:len(m)-1], ":-")
		if !variableName.MatchString(name) {
			wrong = fmt.Errorf("“%s”不是环境变量的写法，要写成 ${NAME} 或 ${NAME:-}", m)
			return ""
		}
		v, set := env(name)
		switch {
		case set && (v != "" || !optional):
			return v
		case optional:
			return other
		}
		wrong = fmt.Errorf("环境变量 %s 没有设置（可以空着的话写成 ${%s:-}）", name, name)
		return ""
	})
	return out, wrong
}

var (
	tokenForm  = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{1,200}$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

func (c *Config) check(page *strict.Page) {
	if page.Root == nil {
		return
	}
	if c.Data == "" {
		page.Mistake(c.Of("data"), "没有写数据放在哪个文件夹（data）")
	}
	if c.Community == "" {
		page.Mistake(c.Of("community"), "没有写社区文件（community）")
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
	c.checkTelegram(page)
	notice := func(line int, text string) {
		c.Notices = append(c.Notices, strict.Mistake{File: page.File, Line: line, Text: text})
	}
	if !c.Telegram.On() {
		line := c.Of("telegram")
		if c.Telegram.Has("token") {
			line = c.Telegram.Of("token")
		}
		notice(line, "没有开 Telegram（token 空着）")
	}
	if !c.Webchat.Enabled {
		notice(c.Of("webchat"), "没有开网页聊天（webchat.enabled）")
	}
	if !c.Telegram.On() && !c.Webchat.Enabled {
		notice(0, "一个渠道也没有开：谁说话也听不到")
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !c.TrustedProxy && !loopback(host) {
		notice(c.Of("listen"), "网页对外开着，又没有反向代理（trusted_proxy: false）：没有 HTTPS 时，居民的话在路上能被看到")
	}
}

func (c *Config) checkTelegram(page *strict.Page) {
	t := c.Telegram
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
	if u, err := url.Parse(t.PublicURL); err != nil || u.Scheme != "https" || u.Host == "" {
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

// loadCommunity reads the directory a configuration names, with the duty list
// that comes with the demand flow.
func loadCommunity(c *Config) (*community.File, error) {
	f, err := community.Read(c.Community, demand.DutyList())
	if err != nil {
		return nil, err
	}
	if zone := f.Settings.Zone.String(); c.TimeZone != "" && c.TimeZone != zone {
		return nil, strict.Mistakes{{File: c.File, Line: c.Of("time_zone"),
			Text: fmt.Sprintf("时区写的是 %s，社区文件里写的是 %s，两处要一样", c.TimeZone, zone)}}
	}
	return f, nil
}
