package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/bot"
	"linli/bot/kefu"
	"linli/bot/official"
	"linli/bot/weixin"
)

// What the doctor asks WeChat, by itself: it must work where the channels do not. It asks for
// tokens of its own; those of a running Linli stay good. Nobody sees anything of it.

// keptFor is how long the customer service keeps what residents have said.
const keptFor = 3 * 24 * time.Hour

// pocket is a shelf for the length of an examination.
type pocket struct{ m sync.Map }

func (p *pocket) Load(_ context.Context, name string) ([]byte, error) {
	v, _ := p.m.Load(name)
	b, _ := v.([]byte)
	return b, nil
}

func (p *pocket) Save(_ context.Context, name string, value []byte, _ time.Time) error {
	p.m.Store(name, value)
	return nil
}

// deaf hears nothing.
type deaf struct{}

func (deaf) Receive(context.Context, bot.Inbound) (bot.Answer, error) {
	return bot.Answer{}, errors.New("not listening")
}

// wechat looks at the lanes of a community.
func (d *doctor) wechat(ctx context.Context, c *Config, site Site, h houseStands, name, base string, running bool) {
	w := c.wechat(site, base)
	if w.official == nil && w.kefu == nil {
		return
	}
	if err := connect([]plan{{wechat: w}}); err != nil {
		d.ill("照这句话改配置里的 api_url 或 egress_proxy。", "%s到微信的路走不了：%v", name, err)
		return
	}
	if w.official != nil {
		d.official(ctx, w, name)
		d.door(ctx, c, running, name, "公众号", base+"/hook/official", w.official.Token, w.official.AESKey, w.official.AppID)
		d.token(h, name, "公众号", official.Name)
	}
	if w.kefu != nil {
		d.kefu(ctx, w, h, name, running)
		d.door(ctx, c, running, name, "微信客服", base+"/hook/kefu", w.kefu.Token, w.kefu.AESKey, w.kefu.CorpID)
		d.token(h, name, "微信客服", kefuName)
	}
}

// unreached says why a platform cannot be asked.
func (d *doctor) unreached(err error, name, what, host string) {
	var halted bot.Halted
	if errors.As(err, &halted) {
		d.ill(halted.Fix, "%s%s用不了：%s", name, what, halted.Why)
		return
	}
	d.ill("看这台机器能不能上 "+host+"；要走代理的话写 egress_proxy。", "%s连不上%s：%v", name, what, err)
}

func (d *doctor) official(ctx context.Context, w wechat, name string) {
	o := *w.official
	o.Receive, o.Shelf, o.Now = deaf{}, &pocket{}, d.now
	account, err := official.New(o)
	if err != nil {
		d.ill("照这句话改配置里的 official。", "%s公众号的设置用不了：%v", name, err)
		return
	}
	if o.Secret == "" {
		d.note("%s公众号没有写 secret：只能在居民说话时回一句，别的都问不了", name)
		return
	}
	health, err := account.Check(ctx)
	if err != nil {
		d.unreached(err, name, "公众号", cmp.Or(w.lines.Official, "https://api.weixin.qq.com"))
		return
	}
	d.well("%s公众号的密钥是好的，这台机器的出口 IP 在白名单里", name)
	for _, right := range health.Missing {
		switch right {
		case "微信JS-SDK":
			if w.share {
				d.ill("在公众号后台的“接口权限”里核对；没有的话，配置里 share 写 false。", "%s公众号没有“%s”的权限", name, right)
			}
		case "生成带参数的二维码":
			d.note("%s公众号没有“%s”的权限（认证过的服务号才有）：楼里贴的公众号二维码不能带上是哪栋楼", name, right)
		default:
			d.ill("在公众号后台的“接口权限”里核对，没有认证的先认证；只能被动回复的号，配置里写 passive: true。", "%s公众号没有“%s”的权限", name, right)
		}
	}
	if health.Template != "" {
		d.ill("照这句话改配置里的 official.template。", "%s公众号的模板：%s", name, health.Template)
	}
	if w.oauth {
		d.note("%s网页授权、JS-SDK 这里试不了：请核对公众号后台“网页授权域名”和“JS接口安全域名”里写的是 public_url 的域名", name)
	}
}

func (d *doctor) kefu(ctx context.Context, w wechat, h houseStands, name string, running bool) {
	o := *w.kefu
	o.Receive, o.Shelf, o.Now = deaf{}, &pocket{}, d.now
	account, err := kefu.New(o)
	if err != nil {
		d.ill("照这句话改配置里的 kefu。", "%s微信客服的设置用不了：%v", name, err)
		return
	}
	title, err := account.Check(ctx)
	if err != nil {
		d.unreached(err, name, "微信客服", cmp.Or(w.lines.Work, "https://qyapi.weixin.qq.com"))
		if list, err := account.Accounts(ctx); err == nil {
			for _, a := range list {
				d.note("%s这个应用看得见的客服账号：“%s”，account 写 %s", name, a.Name, a.ID)
			}
		}
		return
	}
	d.well("%s微信客服的密钥是好的，客服账号是“%s”，这台机器的出口 IP 在可信 IP 里", name, title)
	age := d.now().Sub(h.Synced)
	switch {
	case h.ID == "":
	case h.Synced.IsZero():
		d.note("%s微信客服还没有收到过消息", name)
	case age > keptFor && !running:
		d.note("%s最后一次收微信客服的消息是%s；平台只留三天，更早的没收的收不回来了", name, h.Synced.Format("1月2日15:04"))
	case age > keptFor:
		d.note("%s微信客服%d天没有新消息；居民说过话的话，看回调地址和日志，平台只留三天", name, int(age/(24*time.Hour)))
	}
}

// token says until when the token of a running Linli is good.
func (d *doctor) token(h houseStands, name, what, channel string) {
	if until := h.Tokens[channel]; !until.IsZero() && until.After(d.now()) {
		d.well("%s%s的令牌用到%s，到时自己换", name, what, until.Format("15:04"))
	}
}

// door knocks at the address to which a platform calls, as the platform does when it is
// entered in the console: from here, which is as much of outside as there is.
func (d *doctor) door(ctx context.Context, c *Config, running bool, name, what, path string, token, key bot.Secret, receiver string) {
	if c.PublicURL == "" || !running {
		return
	}
	address := c.PublicURL + path
	stamp, nonce, echo := strconv.FormatInt(d.now().Unix(), 10), rand.Text()[:10], rand.Text()[:16]
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "echostr": {echo}}
	if key == "" {
		parts := []string{string(token), stamp, nonce}
		slices.Sort(parts)
		sum := sha1.Sum([]byte(strings.Join(parts, "")))
		q.Set("signature", hex.EncodeToString(sum[:]))
	} else {
		crypt, err := weixin.NewCrypt(token, key, receiver)
		if err != nil {
			return // the form was checked
		}
		sealed, signature, err := crypt.Seal([]byte(echo), stamp, nonce)
		if err != nil {
			return
		}
		q.Set("echostr", sealed)
		q.Set("msg_signature", signature)
	}
	status, body, err := d.ask(ctx, address+"?"+q.Encode())
	switch {
	case err != nil:
		d.ill("看域名有没有指到这台机器，443端口有没有放行，证书或反向代理好不好。", "%s%s的回调地址 %s 从这里打不开：%v", name, what, address, err)
	case status == http.StatusOK && body == echo:
		d.well("%s%s的回调地址 %s 打得开，签名对得上；后台填的就是这个地址、这个 Token", name, what, address)
	case status == http.StatusForbidden:
		d.ill("配置改过的话重启邻里；这台机器的钟要准（timedatectl set-ntp true）。", "%s%s的回调地址 %s 不认配置里的 token 和 aes_key", name, what, address)
	default:
		d.ill("看反向代理有没有把 "+path+" 整个转给 "+c.Listen+"，后面的参数也要带上。", "%s%s的回调地址 %s 回答的不是邻里（%d）", name, what, address, status)
	}
}

// ask opens an address; errors do not repeat it.
func (d *doctor) ask(ctx context.Context, address string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", errors.New("not an address")
	}
	res, err := d.http.Do(req)
	if err != nil {
		return 0, "", bare(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return 0, "", fmt.Errorf("the answer broke off: %w", bare(err))
	}
	return res.StatusCode, string(text), nil
}
