package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"linli/bot/telegram"
	"linli/flows/community"
	"linli/flows/community/strict"
	"linli/flows/demand"
)

// Config is the configuration file. Paths in it are ready to be opened.
type Config struct {
	strict.Where
	Data         string  `yaml:"data"`
	Listen       string  `yaml:"listen"`
	PublicURL    string  `yaml:"public_url"` // where people reach it, without a slash at the end; empty: not known
	TrustedProxy bool    `yaml:"trusted_proxy"`
	HTTPS        HTTPS   `yaml:"https"`
	TimeZone     string  `yaml:"time_zone"`    // empty: the community's own
	EgressProxy  Secret  `yaml:"egress_proxy"` // through which WeChat is called; may hold a password
	Storage      Storage `yaml:"storage"`
	Backup       Backup  `yaml:"backup"`
	Metrics      Metrics `yaml:"metrics"`
	Model        Model   `yaml:"model"`
	Log          Log     `yaml:"log"`

	// One community is written at the top; several are a list.
	Community   string   `yaml:"community"`
	Telegram    Telegram `yaml:"telegram"`
	Webchat     Webchat  `yaml:"webchat"`
	Official    Official `yaml:"official"`
	Kefu        Kefu     `yaml:"kefu"`
	Communities []Site   `yaml:"communities"`

	// Notices are what is off or unusual but no mistake.
	Notices []strict.Mistake
}

// Site is one community of the installation, with its own ways to people.
type Site struct {
	strict.Where
	Community string   `yaml:"community"`
	Path      string   `yaml:"path"` // its pages are under /c/<path>/; empty: its id where there are several, else nothing
	Telegram  Telegram `yaml:"telegram"`
	Webchat   Webchat  `yaml:"webchat"`
	Official  Official `yaml:"official"`
	Kefu      Kefu     `yaml:"kefu"`
}

// Sites gives the communities in the order in which they are written.
func (c *Config) Sites() []Site {
	if len(c.Communities) > 0 {
		return c.Communities
	}
	return []Site{{Where: c.Where, Community: c.Community, Telegram: c.Telegram, Webchat: c.Webchat, Official: c.Official, Kefu: c.Kefu}}
}

// Base is what stands before the paths of a site whose community has this id.
func (c *Config) Base(s Site, id string) string {
	switch {
	case s.Path != "":
		return "/c/" + s.Path
	case len(c.Communities) > 1:
		return "/c/" + id
	}
	return ""
}

// HTTPS is off while it has no domains; then another program speaks TLS, or nobody.
type HTTPS struct {
	strict.Where
	Domains      []string `yaml:"domains"`
	Email        string   `yaml:"email"`
	Listen       string   `yaml:"listen"`
	DirectoryURL string   `yaml:"directory_url"` // of the authority; empty: Let's Encrypt
}

// On says whether Linli speaks TLS itself.
func (h HTTPS) On() bool { return len(h.Domains) > 0 }

// Backup says where, when and how many.
type Backup struct {
	strict.Where
	Dir  string `yaml:"dir"`
	At   Daily  `yaml:"at"`
	Keep int    `yaml:"keep"`
}

// Daily is a time of day in minutes after midnight.
type Daily int

// UnmarshalText reads "3:30".
func (d *Daily) UnmarshalText(b []byte) error {
	t, err := time.Parse("15:04", string(b))
	if err != nil {
		return fmt.Errorf("要写成 3:30 的样子，写的是“%s”", b)
	}
	*d = Daily(t.Hour()*60 + t.Minute())
	return nil
}

func (d Daily) String() string { return fmt.Sprintf("%d:%02d", d/60, d%60) }

// Metrics says who may read the figures besides this machine itself.
type Metrics struct {
	strict.Where
	Token Secret `yaml:"token"`
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
	Mode          string `yaml:"mode"`       // "polling" or "webhook"
	PublicURL     string `yaml:"public_url"` // of the hook
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
	Level  LogLevel `yaml:"level"`
	Format string   `yaml:"format"` // "text" or "json"
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
		HTTPS:    HTTPS{Listen: ":443"},
		Storage:  Storage{Kind: "bolt"},
		Backup:   Backup{Dir: "backup", At: 3*60 + 30, Keep: 14},
		Telegram: Telegram{APIURL: telegram.DefaultAPI, Mode: telegram.Polling},
		Log:      Log{Format: "text"},
		Model:    defaultModel(),
	}
	page := strict.Open(path, data)
	page.Expand(func(text string) (string, error) { return expand(text, env) })
	page.Decode(c)
	for i := range c.Communities { // what a list holds begins empty
		t := &c.Communities[i].Telegram
		if !t.Has("api_url") {
			t.APIURL = telegram.DefaultAPI
		}
		if !t.Has("mode") {
			t.Mode = telegram.Polling
		}
	}
	c.check(page)
	files := []*string{&c.Data, &c.Community, &c.Backup.Dir}
	for i := range c.Communities {
		files = append(files, &c.Communities[i].Community)
	}
	for _, p := range files {
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

// loadCommunity reads the directory that a site names, with the duty list
// that comes with the demand flow.
func (c *Config) loadCommunity(s Site) (*community.File, error) {
	f, err := community.Read(s.Community, demand.DutyList())
	if err != nil {
		return nil, err
	}
	if zone := f.Settings.Zone.String(); c.TimeZone != "" && c.TimeZone != zone {
		return nil, strict.Mistakes{{File: c.File, Line: c.Of("time_zone"),
			Text: fmt.Sprintf("时区写的是 %s，社区文件%s里写的是 %s，两处要一样", c.TimeZone, filepath.Base(s.Community), zone)}}
	}
	return f, nil
}

// loadCommunities reads the directories of all sites, in their order. One that
// cannot be read is nil, and the mistakes say why.
func (c *Config) loadCommunities() (files []*community.File, wrong strict.Mistakes) {
	for _, s := range c.Sites() {
		f, err := c.loadCommunity(s)
		files = append(files, f)
		wrong = append(wrong, c.unread(s, err)...)
	}
	return files, append(wrong, c.apart(files)...)
}

// unread says why a directory could not be read.
func (c *Config) unread(s Site, err error) strict.Mistakes {
	var wrong strict.Mistakes
	if err != nil && !errors.As(err, &wrong) {
		wrong = strict.Mistakes{{File: c.File, Line: s.Of("community"), Text: fmt.Sprintf("社区文件读不到：%s", s.Community)}}
	}
	return wrong
}

// apart finds what keeps the communities from standing beside each other; one
// that was not read is nil.
func (c *Config) apart(files []*community.File) (wrong strict.Mistakes) {
	ids := map[string]int{}
	bases := map[string]int{}
	for i, s := range c.Sites() {
		if files[i] == nil {
			continue
		}
		line, id := s.Of("community"), files[i].Settings.Community
		if first := ids[id]; first > 0 {
			wrong = append(wrong, strict.Mistake{File: c.File, Line: line, Text: fmt.Sprintf("编号“%s”的社区第%d行已经有了，一个编号只能写一次", id, first)})
		} else if first := bases[c.Base(s, id)]; first > 0 {
			wrong = append(wrong, strict.Mistake{File: c.File, Line: line, Text: fmt.Sprintf("网址 %s/ 和第%d行的社区一样，要另写一个 path", c.Base(s, id), first)})
		}
		ids[id], bases[c.Base(s, id)] = line, line
	}
	return append(wrong, community.Across(files)...)
}
