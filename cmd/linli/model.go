package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/desk"
	"linli/flows"
	"linli/flows/community/strict"
	"linli/prompts"
	"linli/prompts/model"
)

// Model says which language model may be asked; without an address none is.
type Model struct {
	strict.Where
	URL        string `yaml:"url"`
	Name       string `yaml:"name"`       // that writes; empty: none does
	Transcribe string `yaml:"transcribe"` // that hears voice notes; empty: none is sent
	Key        Secret `yaml:"key"`
	Seconds    int    `yaml:"seconds"`        // for a call with all its tries
	Tokens     int    `yaml:"tokens_per_day"` // of each community; 0: no limit
	Money      Amount `yaml:"money_per_day"`  // the same
	In         Amount `yaml:"price_in"`       // for a million tokens
	Out        Amount `yaml:"price_out"`      // the same
	Minute     Amount `yaml:"price_minute"`   // of a voice note
	Days       int    `yaml:"log_days"`
}

// defaultModel are the values that stand where none are written.
func defaultModel() Model { return Model{Seconds: 30, Tokens: 200_000, Days: 14} }

// Amount is money in millionths.
type Amount int64

// UnmarshalText reads "2.5".
func (a *Amount) UnmarshalText(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || !(f >= 0 && f <= 1e6) {
		return fmt.Errorf("要写成 2.5 这样的数，写的是“%s”", b)
	}
	*a = Amount(f*1e6 + 0.5)
	return nil
}

// On says whether a model is asked at all.
func (m Model) On() bool { return m.URL != "" }

// Local says that what is sent does not leave this machine.
func (m Model) Local() bool {
	u, err := url.Parse(m.URL)
	return err == nil && loopback(u.Hostname())
}

// away is what of people's words goes to it, if it is elsewhere.
func (m Model) away() bot.Away {
	if !m.On() || m.Local() {
		return bot.Away{}
	}
	return bot.Away{Minutes: m.Name != "", Voices: m.Transcribe != ""}
}

// checkModel tells what is wrong with it.
func (c *Config) checkModel(page *strict.Page) {
	m := c.Model
	for _, x := range []struct {
		key            string
		n, least, most int
	}{{"seconds", m.Seconds, 5, 300}, {"log_days", m.Days, 1, 90}, {"tokens_per_day", m.Tokens, 0, 1_000_000_000}} {
		if x.n < x.least || x.n > x.most {
			page.Mistake(m.Of(x.key), "“%s”要在%d到%d之间，写的是%d", x.key, x.least, x.most, x.n)
		}
	}
	if !m.On() {
		return
	}
	u, err := url.Parse(m.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		page.Mistake(m.Of("url"), "“url”要写成 http://127.0.0.1:8000/v1 的样子，不带密码和问号")
		return
	}
	if m.Name == "" && m.Transcribe == "" {
		page.Mistake(m.Of("url"), "写了 model.url，还要写 name（写字的模型）或 transcribe（听语音的模型）")
	}
	if m.Money > 0 && m.In == 0 && m.Out == 0 && m.Minute == 0 {
		page.Mistake(m.Of("money_per_day"), "写了每天最多花多少，还要写价钱（price_in、price_out），不然算不出来")
	}
	if m.Local() {
		return
	}
	if u.Scheme == "http" && !private(u.Hostname()) {
		page.Mistake(m.Of("url"), "别的机器上的模型要用 https，不然话和密钥在路上能被看到")
		return
	}
	notice := func(key, text string) {
		c.Notices = append(c.Notices, strict.Mistake{File: page.File, Line: m.Of(key), Text: text})
	}
	if m.Name != "" {
		notice("url", "语言模型在别的机器上（"+u.Hostname()+"）：遮过电话、门牌和姓名的话会发到那里")
	}
	if m.Transcribe != "" {
		notice("transcribe", "居民私下发来的语音会原样发到 "+u.Hostname()+"，语音没法遮")
	}
}

// private says that an address is of a network of one's own.
func private(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsPrivate()
}

// options are those of a community's model.
func (m Model) options(settings func() *flows.Settings, book prompts.Book, now func() time.Time) model.Options {
	return model.Options{
		URL: m.URL, Model: m.Name, Listener: m.Transcribe, Key: m.Key.Reveal, Limit: time.Duration(m.Seconds) * time.Second,
		Day:      prompts.Use{Tokens: m.Tokens, Money: int64(m.Money)},
		Price:    model.Price{In: int64(m.In), Out: int64(m.Out), Minute: int64(m.Minute)},
		Settings: settings, Book: book, Now: now,
	}
}

// ask makes the answerers of a house, none where no model is to be asked. What they read of
// a case they read when they are asked. When ctx ends, so do their calls: nobody waits for
// them to stop.
func (h *house) ask(ctx context.Context, p plan) (map[string]bot.Answerer, error) {
	if !p.model.On() {
		return nil, nil
	}
	h.calls = bot.Calls{Store: h.store, Keep: time.Duration(p.model.Days) * 24 * time.Hour}
	o := p.model.options(h.settings, h.calls, p.now)
	o.Log, o.Voice = h.log, h.voice
	m, err := model.New(o)
	if err != nil {
		return nil, err
	}
	out := map[string]bot.Answerer{}
	for name, a := range m.Answers() {
		if name == "minutes" {
			a = h.withLines(a)
		}
		out[name] = bot.Once(endsWith(ctx, a), model.ErrBusy)
	}
	return out, nil
}

// endsWith makes an answerer whose calls end with a context, too.
func endsWith(end context.Context, a model.Answerer) model.Answerer {
	return func(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(end, cancel)()
		return a(ctx, data)
	}
}

// withLines gives a task the lines of the minutes it is about.
func (h *house) withLines(a model.Answerer) model.Answerer {
	return func(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
		var t flows.MinutesTask
		if err := json.Unmarshal(data, &t); err != nil || h.pages == nil {
			return nil, model.ErrNone
		}
		var err error
		if t.Lines, t.Names, err = h.pages.Draft(ctx, t.Case); err != nil {
			return nil, model.ErrNone
		}
		t.Lang = h.settings().Lang
		return a(ctx, flows.Data(t))
	}
}

// voice reads a voice note for the model that hears it.
func (h *house) voice(_ context.Context, hash string) ([]byte, string, error) {
	if !hashForm.MatchString(hash) {
		return nil, "", errors.New("no such file")
	}
	body, err := os.ReadFile(filepath.Join(h.dir, "media", hash[:2], hash))
	if err != nil {
		return nil, "", errors.New("no such file")
	}
	return body, "voice" + bot.Extension(body), nil
}

// deskModel is what the desk tells of the model.
func (h *house) deskModel(p plan) desk.Model {
	if !p.model.On() {
		return desk.Model{}
	}
	m := p.model
	return desk.Model{Book: h.calls, Name: m.Name, Voice: m.Transcribe, Local: m.Local(), Day: prompts.Use{Tokens: m.Tokens, Money: int64(m.Money)}, Keep: time.Duration(m.Days) * 24 * time.Hour}
}

// noBook is the book of a try that costs nothing.
type noBook struct{}

func (noBook) Take(context.Context, string, prompts.Use, prompts.Use) (bool, error) { return true, nil }
func (noBook) Correct(context.Context, string, prompts.Use) error                   { return nil }
func (noBook) Note(context.Context, prompts.Call) error                             { return nil }

// model asks the server of the language model whether it is there.
func (d *doctor) model(ctx context.Context, c *Config) {
	if !c.Model.On() {
		d.note("没有开语言模型（model.url 空着）：邀请和会议记录用现成的写法，语音由人听")
		return
	}
	m, err := model.New(c.Model.options(func() *flows.Settings { return &flows.Settings{Zone: time.UTC} }, noBook{}, d.now))
	if err == nil {
		err = m.Try(ctx)
	}
	where := "这台机器上"
	if u, err := url.Parse(c.Model.URL); err == nil && !c.Model.Local() {
		where = u.Hostname()
	}
	if err != nil {
		d.ill("看 model 的 url、name、key 对不对，那台服务器开没开。不改也不耽误事：没有模型，邻里照常做。", "语言模型（%s）问不到：%s", where, strings.TrimPrefix(err.Error(), "model: "))
		return
	}
	most := "每天不限"
	if c.Model.Tokens > 0 {
		most = fmt.Sprintf("每天最多%d个token", c.Model.Tokens)
	}
	d.well("语言模型（%s）在，%s", where, most)
}
