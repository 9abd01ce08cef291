package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/kefu"
	"linli/bot/official"
	"linli/bot/pages"
	"linli/bot/weixin"
	"linli/flows"
	"linli/storage"
)

// The lanes of WeChat: how they are built from the configuration, and what they keep in
// the store.

// wechat is what a community has of them.
type wechat struct {
	lines    weixin.Lines
	official *official.Options // nil: no public account
	kefu     *kefu.Options     // nil: no customer service
	oauth    bool
	share    bool
}

// wechat gives what the configuration of a community says of them.
func (c *Config) wechat(s Site, base string) (w wechat) {
	w = wechat{lines: weixin.Lines{Official: s.Official.APIURL, Work: s.Kefu.APIURL, Proxy: c.EgressProxy.Reveal()},
		oauth: s.Official.OAuth, share: s.Official.Share}
	if o := s.Official; o.On() {
		t := o.Template
		w.official = &official.Options{
			AppID: o.AppID, Secret: bot.Secret(o.Secret.Reveal()), Token: bot.Secret(o.Token.Reveal()), AESKey: bot.Secret(o.AESKey.Reveal()),
			Plain: o.Plain, Passive: o.Passive,
			Template: official.Template{ID: t.ID, Subscribe: t.Kind == "subscribe", No: t.Fields.No, What: t.Fields.What, At: t.Fields.At, Fixed: t.Fixed},
		}
		if t.ID == "" {
			w.official.Template = official.Template{}
		}
		if o.Menu {
			w.official.Menu = officialMenu(c.PublicURL, base, o.OAuth)
		}
	}
	if k := s.Kefu; k.On() {
		w.kefu = &kefu.Options{CorpID: k.CorpID, Secret: bot.Secret(k.Secret.Reveal()), Token: bot.Secret(k.Token.Reveal()), AESKey: bot.Secret(k.AESKey.Reveal()),
			Account: k.Account, Waiting: "已转给社区的人，请稍等。急事请打社区电话。"}
	}
	return w
}

// officialMenu is what stands below the conversation of a public account. What it says is
// what somebody could have written; pages need an address.
func officialMenu(public, base string, oauth bool) []official.MenuItem {
	page := func(name, path, key string) official.MenuItem {
		if public == "" {
			return official.MenuItem{Name: name, Key: key}
		}
		return official.MenuItem{Name: name, URL: public + base + path}
	}
	mine := official.MenuItem{Name: "我的事", Key: "我的事"}
	if oauth {
		mine = page("我的事", "/wx/mine", "我的事")
	}
	return []official.MenuItem{
		{Name: "怎么报事", Key: "/help"},
		mine,
		{Name: "更多", Items: []official.MenuItem{
			page("活动、议事会", "/activities", "有什么活动"),
			{Name: "我的数据", Key: "我的数据"},
			{Name: "绑定另一个账号", Key: "绑定另一个账号"},
		}},
	}
}

// connect makes the one client that both lanes use.
func connect(plans []plan) error {
	for _, p := range plans {
		if p.wechat.official != nil || p.wechat.kefu != nil {
			return weixin.Connect(allLines(plans))
		}
	}
	return nil
}

// allLines are the ways to the platforms; where several communities have one, it is the same.
func allLines(plans []plan) (l weixin.Lines) {
	for _, p := range plans {
		w := p.wechat
		if w.official != nil {
			l.Official, l.Proxy = w.lines.Official, w.lines.Proxy
		}
		if w.kefu != nil {
			l.Work, l.Proxy = w.lines.Work, w.lines.Proxy
		}
	}
	return l
}

// openWeChat builds the lanes of a house.
func (h *house) openWeChat(p plan, ears *later) (channels []bot.Channel, err error) {
	if p.wechat.official != nil {
		o := *p.wechat.official
		o.Receive, o.Shelf, o.Now, o.Log = ears, (*drawer)(h), p.now, h.log
		h.appID, h.qr = o.AppID, !o.Passive
		if h.official, err = official.New(o); err == nil {
			channels = append(channels, h.official)
		} else if err = h.fail(p, official.Name, err); err != nil {
			return nil, err
		}
	}
	if p.wechat.kefu != nil {
		o := *p.wechat.kefu
		o.Receive, o.Shelf, o.Now, o.Log = ears, (*drawer)(h), p.now, h.log
		h.account, h.corpID = o.Account, o.CorpID
		if h.kefu, err = kefu.New(o); err == nil {
			channels = append(channels, h.kefu)
		} else if err = h.fail(p, kefuName, err); err != nil {
			return nil, err
		}
	}
	return channels, nil
}

const kefuName = "kefu"

// mountWeChat puts the addresses to which the platforms call under their paths.
func (h *house) mountWeChat(mux *http.ServeMux) {
	if h.official != nil {
		mux.Handle(h.base+"/hook/official", h.official)
	}
	if h.kefu != nil {
		mux.Handle(h.base+"/hook/kefu", h.kefu)
	}
}

// pagesInWeChat is what the residents' pages know of WeChat.
func (h *house) pagesInWeChat(p plan, o *pages.Options) {
	if h.official != nil && p.wechat.oauth {
		o.OAuth = &pages.OAuth{Channel: official.Name, URL: h.official.AuthURL,
			Who: func(ctx context.Context, code string) (string, error) {
				openid, _, err := h.official.Who(ctx, code)
				return openid, err
			}}
	}
	if h.official != nil && p.wechat.share {
		o.Card = func(ctx context.Context, page string) (pages.Card, error) {
			c, err := h.official.JSConfig(ctx, page)
			return pages.Card{AppID: c.AppID, At: c.Timestamp, Nonce: c.Nonce, Signature: c.Signature}, err
		}
	}
	if h.web != nil && !h.demo {
		o.Report = "/chat/report"
	}
	o.Ways = h.signposts
}

// scene reads the code of a report link for the web chat, which is built before the pages.
func (h *house) scene(code string) (string, bool) {
	if h.pages == nil {
		return "", false
	}
	return h.pages.Scene(code)
}

// weChatStands says until when the tokens are good that are kept, and when the customer
// service last brought something.
func (h *house) weChatStands(ctx context.Context) (tokens map[string]time.Time, synced time.Time, err error) {
	if h.official == nil && h.kefu == nil {
		return nil, synced, nil
	}
	zone := h.settings().Zone
	err = h.store.View(ctx, func(tx storage.Tx) error {
		tokens = map[string]time.Time{}
		all, err := tx.Keys(drawerKey)
		for name, raw := range all {
			var x lain
			if json.Unmarshal(raw, &x) != nil {
				continue
			}
			name = strings.TrimPrefix(name, drawerKey)
			switch token := strings.Contains(name, "access_token"); {
			case token && h.official != nil && strings.HasPrefix(name, h.appID+"-"):
				tokens[official.Name] = x.Until.In(zone)
			case token && h.kefu != nil && strings.HasPrefix(name, h.corpID+"-"):
				tokens[kefuName] = x.Until.In(zone)
			case h.kefu != nil && name == "kefu/"+h.account+"/cursor":
				synced = x.At.In(zone)
			}
		}
		return err
	})
	return tokens, synced, err
}

// drawer keeps for the lanes, in the store, what must outlive a restart and has a time: tokens,
// the cursor, links.
type drawer house

// lain is a value on it.
type lain struct {
	Value []byte    `json:"v"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

const drawerKey = "shelf/"

// Load gives what is still of use.
func (s *drawer) Load(ctx context.Context, name string) ([]byte, error) {
	x, err := s.look(ctx, name)
	if err != nil || !s.now().Before(x.Until) {
		return nil, err
	}
	return x.Value, nil
}

func (s *drawer) look(ctx context.Context, name string) (x lain, err error) {
	err = s.store.View(ctx, func(tx storage.Tx) error {
		x = lain{}
		raw, err := tx.Key(drawerKey + name)
		if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &x)
	})
	return x, err
}

// Save keeps a value until a time.
func (s *drawer) Save(ctx context.Context, name string, value []byte, until time.Time) error {
	var raw []byte
	if value != nil {
		raw = flows.Data(lain{Value: value, At: s.now(), Until: until})
	}
	return s.store.Update(ctx, func(tx storage.Tx) error { return tx.PutKey(drawerKey+name, raw) })
}

// sweep takes away what is of no use any more.
func (s *drawer) sweep(ctx context.Context) error {
	return s.store.Update(ctx, func(tx storage.Tx) error {
		all, err := tx.Keys(drawerKey)
		if err != nil {
			return err
		}
		for name, raw := range all {
			var x lain
			if json.Unmarshal(raw, &x) == nil && s.now().Before(x.Until) {
				continue
			}
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
