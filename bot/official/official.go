// Package official is the channel of a public account of WeChat (公众号, 服务号):
// residents write to it in private; it is in no group and hears none.
//
// What comes in passes the signed envelope of bot/weixin and is answered "success" only
// after Receive has taken it; else the platform sends it again, three times in all within
// fifteen seconds. What one person says keeps its order, nobody waits for another. The
// platform lets an account write to somebody only for a time after they did something (five
// messages in 48 hours after they wrote, three in a minute after they scanned a code or
// tapped the menu): each inbound says which window it opens, and who wants to tell them
// something later has [Official.Knock], where the account has a form for it.
//
// An account that may do nothing but answer in the HTTP response (Options.Passive) does
// that: the callback is answered when the messages that it led to have been handed to Send.
//
// For outgoing calls the folders of github.com/silenceper/wechat/v2 are used, for what
// comes in nothing of it. No address that stands in a message is ever fetched, and no
// file is looked into but for its first bytes.
//
// The channel keeps nothing durable but the token, on its Shelf; it retries no send and
// limits no rate: that is the engine's work. No error and no log line of it may carry a
// secret, an openid or what somebody wrote.
package official

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"

	wechat "github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/js"
	"github.com/silenceper/wechat/v2/officialaccount/material"
	"github.com/silenceper/wechat/v2/officialaccount/oauth"

	"linli/bot"
	"linli/bot/turns"
	"linli/bot/weixin"
)

// Name is the part of an address before the colon; behind it stands the openid.
const Name = "official"

// What the platform allows.
const (
	textLimit    = 2000 // bytes; the platform takes 2048, the rest is for links below a text
	platformText = 2048
	menuEntries  = 10 // [U]: documented for 微信客服 only
	pressLimit   = 64

	said   = 48 * time.Hour // after somebody wrote
	tapped = time.Minute    // after they scanned, followed, or tapped the menu
)

// Receiver takes what the channel heard. It returns nil once the message is
// safe; an error means "try again".
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Options are the settings of the channel. The base address of the platform and the proxy
// are those of [weixin.Connect].
type Options struct {
	AppID    string
	Secret   bot.Secret       // AppSecret; may be empty where Passive
	Token    bot.Secret       // signs the callback
	AESKey   bot.Secret       // EncodingAESKey; empty where Plain
	Plain    bool             // callbacks are not encrypted
	Passive  bool             // the account may only answer in the HTTP response
	Template Template         // zero: nobody can be knocked for
	Menu     []MenuItem       // shown below the conversation; nil leaves the menu as it is
	Receive  Receiver         // required
	Shelf    weixin.Shelf     // where the token is kept; required unless there is no Secret
	Now      func() time.Time // time.Now if nil
	Log      *slog.Logger     // slog.Default() if nil
}

// Official is the channel. It implements bot.Channel, bot.Fetcher, bot.Outsider and, for
// the callback, http.Handler. Run must be running.
type Official struct {
	api      *api // behind a pointer, so that printing an Official prints no secret
	options  Options
	envelope *weixin.Envelope
	now      func() time.Time
	log      *slog.Logger
	pause    func(context.Context, time.Duration) error // replaced in tests
	lanes    lanes
	answers  answers
	begun    turns.Begun[progress]
	menuless atomic.Bool // the platform takes no menus in a conversation of this account
}

// api is the account towards the platform.
type api struct {
	account  *wechat.OfficialAccount
	tokens   *weixin.Tokens
	oauth    *oauth.Oauth
	js       *js.Js
	material *material.Material
}

var (
	_ bot.Channel  = (*Official)(nil)
	_ bot.Fetcher  = (*Official)(nil)
	_ bot.Outsider = (*Official)(nil)
	_ http.Handler = (*Official)(nil)

	appIDForm  = regexp.MustCompile(`^wx[0-9A-Za-z]{16}$`)
	tokenForm  = regexp.MustCompile(`^[0-9A-Za-z]{3,32}$`)
	secretForm = regexp.MustCompile(`^[0-9A-Za-z_-]{16,128}$`)
	openidForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
)

// New checks the options; it calls nobody.
func New(o Options) (*Official, error) {
	if !appIDForm.MatchString(o.AppID) {
		return nil, errors.New("official: AppID is not of the form wx and 16 letters or digits")
	}
	// The library writes the secret into an address: a stray character would end up,
	// readable, in the errors of net/url.
	if !secretForm.MatchString(string(o.Secret)) && (o.Secret != "" || !o.Passive) {
		return nil, errors.New("official: AppSecret is missing or not whole")
	}
	if !tokenForm.MatchString(string(o.Token)) {
		return nil, errors.New("official: the token of the callback is not of 3 to 32 letters and digits")
	}
	if o.Receive == nil {
		return nil, errors.New("official: no receiver")
	}
	if o.Shelf == nil && o.Secret != "" {
		return nil, errors.New("official: no shelf for the token")
	}
	if err := o.Template.check(); err != nil {
		return nil, err
	}
	if err := checkMenu(o.Menu); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	c := &Official{now: o.Now, log: o.Log.With("channel", Name), pause: turns.Sleep}
	c.envelope = &weixin.Envelope{Token: o.Token, AESKey: o.AESKey, Receiver: o.AppID, Plain: o.Plain, Now: o.Now, Log: c.log, Take: c.take}
	if err := c.envelope.Check(); err != nil {
		return nil, fmt.Errorf("official: %w", err)
	}
	if o.Secret != "" {
		tokens := weixin.NewTokens(o.Shelf, weixin.Account(o.AppID, o.Secret))
		tokens.Now, tokens.Log = o.Now, c.log
		account := wechat.NewOfficialAccount(&config.Config{AppID: o.AppID, AppSecret: string(o.Secret), Cache: tokens, UseStableAK: true})
		// The library makes these when they are first asked for, and guards them by nothing.
		c.api = &api{account, tokens, account.GetOauth(), account.GetJs(), account.GetMaterial()}
	}
	o.Secret, o.Token, o.AESKey = "", "", "" // kept once, in api and envelope
	c.options = o
	return c, nil
}

// Format prints the channel's name for every verb: some would print what the
// fields point to, and with it the secret.
func (o *Official) Format(f fmt.State, _ rune) { io.WriteString(f, Name) }

// Name is "official".
func (o *Official) Name() string { return Name }

// Capabilities are the limits of a public account.
func (o *Official) Capabilities() bot.Capabilities {
	c := bot.Capabilities{
		PushWindow: said,
		Confirms:   true,
		Toastless:  true,
		Buttons:    menuEntries,
		DataBytes:  pressLimit,
		Text:       textLimit,
		Unit:       bot.Bytes,
		Photos:     true,
		Voices:     true,
		VoiceForms: voiceForms,
	}
	if o.options.Passive {
		c.PushWindow, c.Photos, c.Voices = answerFor, false, false
	}
	if o.options.Passive || o.menuless.Load() {
		c.Buttons = 0
	}
	return c
}

// Run creates the menu, if it is not there as it should be, and waits until the context
// ends; then it returns nil. What stands in the way of the menu stands in the way of
// nothing else.
func (o *Official) Run(ctx context.Context) error {
	if len(o.options.Menu) > 0 && o.api != nil {
		o.setMenu(ctx)
	}
	<-ctx.Done()
	return nil
}
