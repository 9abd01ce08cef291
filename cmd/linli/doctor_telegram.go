package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What the doctor asks Telegram, by itself: it must work where the channel does not.

// skew is how wrong the clock may be: promises are clock times, and a webhook's
// or certificate's times are checked against it.
const skew = 30 * time.Second

// botAPI asks Telegram for the doctor; it sends nothing to anybody.
type botAPI struct {
	http  *http.Client
	base  string
	token Secret
}

// refusal is Telegram's own no.
type refusal struct {
	Code int
	Why  string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s (%d)", r.Why, r.Code) }

// call asks one question; date is the platform's clock, zero if it told none.
func (a botAPI) call(ctx context.Context, method string, params, result any) (date time.Time, err error) {
	body, err := json.Marshal(params)
	if err != nil {
		return date, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(a.base, "/")+"/bot"+a.token.Reveal()+"/"+method, bytes.NewReader(body))
	if err != nil {
		return date, errors.New("api_url cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := a.http.Do(req)
	if err != nil {
		return date, bare(err)
	}
	defer res.Body.Close()
	date, _ = http.ParseTime(res.Header.Get("Date"))
	var reply struct {
		OK     bool            `json:"ok"`
		Code   int             `json:"error_code"`
		Why    string          `json:"description"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&reply); err != nil {
		return date, fmt.Errorf("回答的不是 Telegram（%d）", res.StatusCode)
	}
	if !reply.OK {
		return date, &refusal{reply.Code, reply.Why}
	}
	return date, json.Unmarshal(reply.Result, result)
}

// bare takes the address out of an error of net/http: the token is part of it.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// telegram looks at the bot of a community, and at it in each group.
func (d *doctor) telegram(ctx context.Context, c *Config, site Site, h houseStands, name, base string) {
	api := botAPI{http: d.http, base: site.Telegram.APIURL, token: site.Telegram.Token}
	var me struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
		ReadsAll bool   `json:"can_read_all_group_messages"`
	}
	asked := d.now()
	date, err := api.call(ctx, "getMe", struct{}{}, &me)
	var no *refusal
	switch {
	case errors.As(err, &no) && (no.Code == http.StatusUnauthorized || no.Code == http.StatusNotFound):
		d.ill("找 @BotFather 用 /token 再要一个，写进环境变量，重启邻里。", "%sTelegram 不认这个令牌：%s", name, no.Why)
		return
	case err != nil:
		d.ill("看这台机器能不能上 "+site.Telegram.APIURL+"；要走代理的话设 HTTPS_PROXY。", "%s连不上 Telegram：%v", name, err)
		return
	}
	d.well("%sTelegram 的令牌是好的，机器人是 @%s", name, me.Username)
	if off := date.Sub(asked.Truncate(time.Second)).Abs(); !date.IsZero() && off > skew {
		d.ill("打开自动对时（timedatectl set-ntp true），再来一次。", "这台机器的钟和 Telegram 差%s", off)
	} else if !date.IsZero() {
		d.well("这台机器的钟是准的")
	}
	for _, g := range h.Groups {
		id, ok := strings.CutPrefix(g.Address, "telegram:")
		chat, err := strconv.ParseInt(id, 10, 64)
		if !ok || err != nil {
			continue
		}
		d.group(ctx, api, chat, me.ID, me.ReadsAll, name, g.Name)
	}
	if site.Telegram.Mode == "webhook" {
		want := site.Telegram.PublicURL
		if want == "" {
			want = c.PublicURL + base + "/hook/telegram"
		}
		d.webhook(ctx, api, want, name)
	}
}

func (d *doctor) group(ctx context.Context, api botAPI, chat, bot int64, readsAll bool, name, group string) {
	var m struct {
		Status string `json:"status"`
		Member bool   `json:"is_member"`
	}
	_, err := api.call(ctx, "getChatMember", map[string]int64{"chat_id": chat, "user_id": bot}, &m)
	var no *refusal
	switch {
	case err != nil && !errors.As(err, &no):
		d.ill("过一会儿再来一次。", "%s群“%s”问不到：%v", name, group, err)
	case err != nil, m.Status == "left", m.Status == "kicked", m.Status == "restricted" && !m.Member:
		d.ill("把机器人再拉进群；群解散了的话，从名册里去掉这个群。", "%s机器人不在群“%s”里", name, group)
	case m.Status != "administrator" && m.Status != "creator" && !readsAll:
		d.ill("在群里把机器人设为管理员；或找 @BotFather 用 /setprivacy 选 Disable，再把它移出群、重新拉进来。", "%s机器人在群“%s”里听不到没有 @ 它的话", name, group)
	default:
		d.well("%s机器人在群“%s”里，听得到", name, group)
	}
}

func (d *doctor) webhook(ctx context.Context, api botAPI, want, name string) {
	var w struct {
		URL     string `json:"url"`
		Pending int    `json:"pending_update_count"`
		At      int64  `json:"last_error_date"`
		Why     string `json:"last_error_message"`
	}
	if _, err := api.call(ctx, "getWebhookInfo", struct{}{}, &w); err != nil {
		d.ill("过一会儿再来一次。", "%swebhook 问不到：%v", name, err)
		return
	}
	switch failed := time.Unix(w.At, 0); {
	case w.URL == "":
		d.ill("重启邻里，它会自己登记。", "%swebhook 没有登记，消息送不过来", name)
	case w.URL != want:
		d.ill("是不是另一个程序在用同一个机器人？停掉它，重启邻里。", "%swebhook 登记的是另一个地址", name)
	case w.Why != "" && d.now().Sub(failed) < time.Hour:
		d.ill("看反向代理和证书；从外面打开 "+want+" 应该得到 405。", "%sTelegram 送不过来，%s的最后一次错：%s，还有%d条等着", name, failed.Format("15:04"), w.Why, w.Pending)
	default:
		d.well("%swebhook 登记好了，%d条等着", name, w.Pending)
	}
}
