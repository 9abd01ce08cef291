package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows/community/strict"
)

const exampleConfig = "../../config.example.yaml"

// unset makes sure that a variable of the machine does not decide a test.
func unset(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		t.Setenv(n, "")
		if err := os.Unsetenv(n); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExampleConfigLoadsAsItIs(t *testing.T) {
	unsetExample(t)
	c, err := loadConfig(exampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram.On() || !c.Webchat.Enabled || c.Storage.Kind != "bolt" || c.Data != filepath.Join("../..", "data") {
		t.Errorf("%+v", c)
	}
	if len(c.Notices) != 1 || !strings.Contains(c.Notices[0].String(), "没有开 Telegram") || c.Notices[0].Line != c.Telegram.Of("token") {
		t.Error("notices:", c.Notices)
	}
	files, wrong := c.loadCommunities()
	if len(wrong) > 0 || len(files) != 1 {
		t.Fatal(wrong)
	}
	f := files[0]
	if !f.Settings.Example || len(f.Settings.Grids) != 3 {
		t.Errorf("%+v", f.Settings)
	}
	// What the example leaves to a default must be the default.
	bare, err := loadConfig(write(t, "c.yaml", "community: x.yaml\n"))
	if err != nil {
		t.Fatal(err)
	}
	if bare.Listen != c.Listen || bare.Storage.Kind != c.Storage.Kind || bare.Telegram.Mode != c.Telegram.Mode || bare.Telegram.APIURL != c.Telegram.APIURL || bare.Log.Level != c.Log.Level {
		t.Errorf("%+v\n%+v", bare, c)
	}
}

func TestConfigValues(t *testing.T) {
	t.Setenv("T_TOKEN", "123:abc_DEF-9")
	t.Setenv("T_HOST", "linli.example.org")
	path := write(t, "config.yaml", `data: /srv/linli
listen: 0.0.0.0:80
trusted_proxy: true
time_zone: Asia/Shanghai
community: sub/dir.yaml
storage: {kind: bolt}
telegram:
  token: ${T_TOKEN}
  api_url: http://127.0.0.1:8081
  mode: webhook
  public_url: https://${T_HOST}/${T_NONE:-telegram}
  webhook_secret: ${T_NONE:-s3cret}
webchat: {enabled: false}
log: {level: WARN}
`)
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram.Token.Reveal() != "123:abc_DEF-9" || c.Telegram.WebhookSecret.Reveal() != "s3cret" {
		t.Error("secrets were not filled in")
	}
	got := []string{c.Data, c.Listen, c.TimeZone, c.Community, c.Telegram.APIURL, c.Telegram.PublicURL, c.Log.Level.Level().String(), fmt.Sprint(c.TrustedProxy)}
	want := []string{"/srv/linli", "0.0.0.0:80", "Asia/Shanghai", filepath.Join(filepath.Dir(path), "sub/dir.yaml"), "http://127.0.0.1:8081", "https://linli.example.org/telegram", "WARN", "true"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestConfigMistakesAllAtOnce(t *testing.T) {
	const hidden = "999:top secret value"
	t.Setenv("T_TOKEN", hidden)
	unset(t, "T_NOT_SET")
	path := write(t, "config.yaml", `data: ""
listen: everywhere
listen: 127.0.0.1:99999
trusted_proxy: 1
time_zone: Mars/Base
comunity: x.yaml
storage:
  kind: postgres
telegram:
  token: ${T_TOKEN}
  api_url: telegram.org
  mode: webhook
  public_url: http://example.org
  webhook_secret: ${T_NOT_SET}
webchat:
  enabled: on
log:
  level: ${T-X}
`)
	_, err := loadConfig(path)
	var wrong strict.Mistakes
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	want := []string{
		"1: 没有写社区文件", "1: 没有写数据放在哪个文件夹", "2: “listen”要写成", "3: “listen”写了两遍", "4: “trusted_proxy”只能写", "5: 没有“Mars/Base”这个时区",
		"6: 不认识“comunity”，是不是“community”", "8: “kind”现在只能写 bolt", "10: Telegram 的令牌不完整", "11: “api_url”要写成",
		"13: 用 webhook 要写公网地址", "14: 环境变量 T_NOT_SET 没有设置", "14: 用 webhook 要写 webhook_secret", "16: “enabled”只能写",
		"18: “${T-X}”不是环境变量的写法", "18: “level”：只能写",
	}
	rest := err.Error()
	for _, w := range want {
		line := path + ":" + w
		if !strings.Contains(rest, line) {
			t.Errorf("not told: %s", w)
		}
	}
	if len(wrong) != len(want) {
		t.Errorf("%d mistakes told, %d wanted:\n%s", len(wrong), len(want), rest)
	}
	if strings.Contains(rest, hidden) {
		t.Error("a secret is in the mistakes")
	}
	if _, err := loadConfig(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	const text = "123:tohu"
	s := NewSecret(text)
	c := &Config{Telegram: Telegram{Token: s, WebhookSecret: s}, EgressProxy: s, Official: Official{Secret: s, Token: s, AESKey: s}, Kefu: Kefu{Secret: s, Token: s, AESKey: s}}
	hidden := struct{ c Config }{*c} // fmt calls no methods behind a small letter
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "token", s, "config", c, "hidden", hidden)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", s, "config", c)
	out := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T%v"} {
		for _, v := range []any{s, &s, c, *c, hidden} {
			out += fmt.Sprintf(verb, v)
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out += string(b)
	if strings.Contains(out, text) || strings.Contains(out, fmt.Sprintf("%x", text)) {
		t.Error("printed:", out)
	}
	if !strings.Contains(out, "***") || fmt.Sprint(Secret{}) != "" || (Secret{}).Set() || s.Reveal() != text {
		t.Error("a secret that is set does not show as ***")
	}
}

func TestCheckCommand(t *testing.T) {
	unsetExample(t)
	var out bytes.Buffer
	if err := checkCommand(t.Context(), []string{"--config", exampleConfig}, &out, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"示例社区（虚构）", "这是示例社区", "网格3个，楼13栋，1062户", "人员20人，群2个", "职责清单8类34条", "户册：1栋楼6户，出租1户；面积写全的1栋；另外12栋按楼层和每层户数算", "投票：能发摸底、协商意见、业主共同决定；居民会议表决还不能发：没有写来源，或者没有写谁能发", "有放假安排的年份：2026", "没有开 Telegram", "第一网格：318户，网格员李网格，替班1人", "还没有人担任：业委会、街道有关部门\n", "  议事会：周三9:00把要审的议题发给赵书记、韩审核\n    公告提前3个净天（书记、居委会主任可以免），来源：社区自己的做法（", "    记录3个工作日内公布，来源：", "    不同意的人5个工作日内得到答复，来源：", "    举手多少算同意：没有填来源，不执行", "社会组织、志愿队伍4家：调解2家、心理咨询1家、居家照护1家、小修小补2家；购买服务由书记批", "没有错，可以用。"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not said: %s", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
	for _, args := range [][]string{{"--nope"}, {"more"}, {"--config", "none.yaml"}} {
		if err := checkCommand(t.Context(), args, &out, &out); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestCheckTellsBothFilesAtOnce(t *testing.T) {
	unsetExample(t)
	example, err := os.ReadFile("../../flows/community/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(example), "leader: wu")
	wuLine := strings.Count(before, "\n") + 1
	dir := write(t, "dir.yaml", strings.Replace(string(example), "leader: wu", "leader: wo", 1))
	config := filepath.Join(filepath.Dir(dir), "config.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	run := func() (string, error) {
		var out bytes.Buffer
		err := check(config, now, &out)
		return out.String(), err
	}

	put("community: dir.yaml\nlisten: 1\n")
	out, err := run()
	if !errors.Is(err, errMistakes) {
		t.Error(err)
	}
	for _, want := range []string{config + ":2: “listen”", fmt.Sprintf("%s:%d: 网格g3的网格员写的是“wo”", dir, wuLine), "是不是“wu”", "有2处要改", "一个渠道也没有开"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %s\ngot  %s", want, out)
		}
	}

	put("community: nowhere.yaml\n")
	if out, err = run(); err == nil || !strings.Contains(out, config+":1: 社区文件读不到") {
		t.Error(err, out)
	}

	if err := os.WriteFile(dir, example, 0o600); err != nil {
		t.Fatal(err)
	}
	put("community: dir.yaml\ntime_zone: Asia/Urumqi\n")
	if out, err = run(); err == nil || !strings.Contains(out, config+":2: 时区写的是 Asia/Urumqi，社区文件dir.yaml里写的是 Asia/Shanghai") {
		t.Error(err, out)
	}

	put("community: dir.yaml\nlisten: :80\n")
	if out, err = run(); err != nil || !strings.Contains(out, "还没有2027年的放假安排") || !strings.Contains(out, "网页对外开着") {
		t.Error(err, out)
	}
}

func TestSeveralCommunities(t *testing.T) {
	unset(t, "T_NOT_SET")
	c, files, err := load(configured(t, []string{"dongqu", "xiqu"}, func(s string) string {
		return strings.Replace(s, "xiqu.yaml\n", "xiqu.yaml\n    path: west\n    telegram: {token: '7:abc'}\n", 1)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Base(c.Communities[0], files[0].Settings.Community) + " " + c.Base(c.Communities[1], files[1].Settings.Community); got != "/c/dongqu /c/west" {
		t.Error(got)
	}
	if tg := c.Communities[1].Telegram; tg.Mode != "polling" || tg.APIURL != "https://api.telegram.org" {
		t.Errorf("what a list leaves out: %+v", tg)
	}
	for name, x := range map[string]struct{ from, to, want string }{
		"the same file":            {"xiqu.yaml", "dongqu.yaml", "编号“dongqu”的社区第5行已经有了"},
		"the same path":            {"xiqu.yaml\n", "xiqu.yaml\n    path: dongqu\n", "网址 /c/dongqu/ 和第5行的社区一样"},
		"a path that is none":      {"xiqu.yaml\n", "xiqu.yaml\n    path: 西区/x\n", "“path”只能写小写字母"},
		"simple and list together": {"communities:\n", "community: dongqu.yaml\ncommunities:\n", "“community”就要写在它下面"},
		"telegram outside":         {"communities:\n", "telegram: {token: '7:abc'}\ncommunities:\n", "“telegram”就要写在它下面"},
		"no file":                  {"xiqu.yaml", "nowhere.yaml", "社区文件读不到"},
		"an unknown key":           {"xiqu.yaml\n", "xiqu.yaml\n    pfad: x\n", "不认识“pfad”"},
	} {
		_, _, err := load(configured(t, []string{"dongqu", "xiqu"}, func(s string) string { return strings.Replace(s, x.from, x.to, 1) }))
		if err == nil || !strings.Contains(err.Error(), x.want) || !regexp.MustCompile(`config\.yaml:[1-9]`).MatchString(err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A second token of the same bot is the same bot.
	_, _, err = load(configured(t, []string{"dongqu", "xiqu"}, func(s string) string {
		s = strings.Replace(s, "dongqu.yaml\n", "dongqu.yaml\n    telegram: {token: '7:abc'}\n", 1)
		return strings.Replace(s, "xiqu.yaml\n", "xiqu.yaml\n    telegram: {token: '7:def'}\n", 1)
	}))
	if err == nil || !strings.Contains(err.Error(), "这个机器人第6行的社区已经在用") || strings.Contains(err.Error(), "def") {
		t.Error(err)
	}
	if _, err := loadConfig(write(t, "config.yaml", "communities: []\n")); err == nil || !strings.Contains(err.Error(), "一个社区也没有") {
		t.Error(err)
	}
}

func TestHTTPSAndTheRestMistakes(t *testing.T) {
	_, err := loadConfig(write(t, "config.yaml", `community: x.yaml
listen: 127.0.0.1:8080
public_url: http://example.org/x
trusted_proxy: true
https:
  domains: ["https://example.org", "*.example.org", 192.0.2.1]
  email: nobody
  listen: 127.0.0.1:443
  directory_url: http://ca.example
backup:
  dir: ""
  at: "25:00"
  keep: 0
metrics: {token: short}
log: {format: xml}
`))
	var wrong strict.Mistakes
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	want := []string{"2: 用了 https，listen 就只管", "3: “public_url”要写成", "3: “public_url”里的域名不在", "4: https 和 trusted_proxy 只能用一个", "6: “https://example.org”不是域名", "6: “*.example.org”不是域名", "6: “192.0.2.1”不是域名",
		"7: “email”不是邮箱", "8: https 只在本机开着", "9: “directory_url”要以", "11: 没有写备份放在哪个文件夹", "12: “at”：要写成 3:30", "13: “keep”要在1到1000之间", "14: “token”太短", "15: “format”只能写"}
	for _, w := range want {
		if !strings.Contains(err.Error(), "config.yaml:"+w) {
			t.Errorf("not told: %s", w)
		}
	}
	if len(wrong) != len(want) {
		t.Errorf("%d told, %d wanted\n%s", len(wrong), len(want), err)
	}

	c, err := loadConfig(write(t, "config.yaml", "community: x.yaml\nlisten: :80\nhttps: {domains: [Linli.example.org], listen: ':8443'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://linli.example.org:8443" || !c.HTTPS.On() {
		t.Errorf("%+v", c)
	}
	for _, n := range c.Notices {
		if strings.Contains(n.Text, "在路上能被看到") {
			t.Error("with HTTPS of its own it warns of plain http")
		}
	}
	c, err = loadConfig(write(t, "config.yaml", "community: x.yaml\npublic_url: https://linli.example.org/\ntelegram: {token: '7:abc', mode: webhook, webhook_secret: abc}\n"))
	if err != nil || c.PublicURL != "https://linli.example.org" {
		t.Error(err, c.PublicURL)
	}
	if _, err := loadConfig(write(t, "config.yaml", "community: x.yaml\nhttps: {email: a@example.org}\n")); err == nil || !strings.Contains(err.Error(), "还要写 https.domains") {
		t.Error(err)
	}
	if _, err := loadConfig(write(t, "config.yaml", "community: x.yaml\ndata: d\nbackup: {dir: d}\n")); err == nil || !strings.Contains(err.Error(), "不能和数据放在同一个文件夹") {
		t.Error(err)
	}
}

// Every key that the program knows stands in the example, with a word on it.
func TestExampleConfigNamesEveryKey(t *testing.T) {
	raw, err := os.ReadFile(exampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	var keys func(reflect.Type) []string
	keys = func(typ reflect.Type) (out []string) {
		for typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[Secret]() {
			return nil
		}
		for f := range typ.Fields() {
			if k := f.Tag.Get("yaml"); k != "" {
				out = append(append(out, k), keys(f.Type)...)
			}
		}
		return out
	}
	for _, k := range keys(reflect.TypeFor[Config]()) {
		at := regexp.MustCompile(`(?m)^#? *(- )?` + k + `:`).FindIndex(raw)
		if at == nil && k != "path" {
			t.Errorf("the example does not name %q", k)
		}
	}
}
