// Package kefu is the channel of 微信客服: private conversations of residents with one
// account of WeCom's customer service, which they reach by a link or a code and do not have
// to follow.
//
// The platform's callback says that there is something, and not what. It is answered at
// once, and one worker for the account asks for what is new, from a cursor that is kept
// and moves on only after every message of a page was taken. So what comes twice is asked for
// once, a callback that is lost is made up for by the next one or by the worker's own
// round, and after a crash a page is read again; its messages have the same keys. The
// messages of one person keep their order, different people do not wait for each other.
//
// What the platform has taken it may still fail to deliver; it says so as one of the
// messages. How often, and for how long, one may write is said with what is heard
// (bot.Window) and is the engine's to keep.
//
// While somebody of the committee has a conversation, it is theirs: nothing in it is heard,
// and nothing is sent. Who only waits for them is still heard, for nobody else does.
//
// Of github.com/silenceper/wechat/v2 the token and the shapes of messages are used. Its
// calls are not: they take no context, SyncMsg loses the code of an error and SendMsg that of
// most. Calls go through weixin.Client, so that they end with their context, and have a
// limit.
//
// The channel retries no send and limits no rate: that is the engine's work. It fetches no
// address that a message names. No error and no log line of it may carry the token, the
// secret, or what somebody wrote.
package kefu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/credential"

	"linli/bot"
	"linli/bot/turns"
	"linli/bot/weixin"
)

const (
	name = "kefu"

	textLimit = 2000 // bytes; the platform takes 2,048
	headLimit = 1024 // bytes of what stands above the entries of a menu
	mostItems = 10   // of a menu
	dataLimit = 64   // bytes of an entry's id

	// push is how long after a message of theirs one may write to somebody, and pushes how
	// often.
	push   = 48 * time.Hour
	pushes = 5
	// welcome is how long somebody who has come may be greeted, once.
	welcome = 20 * time.Second

	fileLimit = 20 << 20
	together  = 32 // people who are heard at the same time
)

// Receiver takes what the channel heard. It returns nil once the message is safe; an error
// means "try again", for ever: what can never be taken it must park itself and return nil.
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Options are the settings of the channel. weixin.Connect must have been called before the
// channel is used.
type Options struct {
	CorpID  string
	Secret  bot.Secret       // of the app that may call the customer service
	Token   bot.Secret       // of its callback
	AESKey  bot.Secret       // of its callback, 43 letters and digits
	Account string           // open_kfid
	Receive Receiver         // required
	Shelf   weixin.Shelf     // required; for the token, the cursor, links
	Waiting string           // said to who asks for a person, while they wait; empty: nothing
	Now     func() time.Time // time.Now if nil
	Log     *slog.Logger     // slog.Default() if nil
}

// Kefu is the channel. It implements bot.Channel, bot.Fetcher and http.Handler, which serves
// the callback. Run must be running.
type Kefu struct {
	options  Options // without secrets
	envelope *weixin.Envelope
	tokens   *weixin.Tokens
	access   credential.AccessTokenContextHandle
	now      func() time.Time
	log      *slog.Logger
	pause    func(context.Context, time.Duration) error // replaced in tests
	round    time.Duration                              // how long the worker waits for a callback
	page     int                                        // most messages that are asked for at once
	running  atomic.Bool
	wake     chan struct{} // a callback came
	word     word
	welcomes welcomes
	begun    few[int] // parts of a message that are out; the platform knows it too, by their msgids
}

var (
	_ bot.Channel  = (*Kefu)(nil)
	_ bot.Fetcher  = (*Kefu)(nil)
	_ http.Handler = (*Kefu)(nil)

	idForm     = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`) // of a corp, an account, a person
	secretForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$`)
)

// New checks the options; it calls nobody.
func New(o Options) (*Kefu, error) {
	// The library writes both into an address as they are.
	if !idForm.MatchString(o.CorpID) {
		return nil, errors.New("kefu: the corp id has letters and digits only")
	}
	if !secretForm.MatchString(string(o.Secret)) {
		return nil, errors.New("kefu: the secret has letters, digits, _ and - only")
	}
	if !idForm.MatchString(o.Account) {
		return nil, errors.New("kefu: the account (open_kfid) has letters, digits, _ and - only")
	}
	if o.Receive == nil {
		return nil, errors.New("kefu: no receiver")
	}
	if o.Shelf == nil {
		return nil, errors.New("kefu: no shelf")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	k := &Kefu{
		now:   o.Now,
		log:   o.Log.With("channel", name),
		pause: turns.Sleep,
		round: 5 * time.Minute,
		page:  200,
		wake:  make(chan struct{}, 1),
	}
	k.envelope = &weixin.Envelope{Token: o.Token, AESKey: o.AESKey, Receiver: o.CorpID, Now: o.Now, Log: k.log, Take: k.called}
	if err := k.envelope.Check(); err != nil {
		return nil, fmt.Errorf("kefu: %w", err)
	}
	k.tokens = weixin.NewTokens(o.Shelf, weixin.Account(o.CorpID, o.Secret))
	k.tokens.Now, k.tokens.Log = o.Now, k.log
	k.access = credential.NewWorkAccessToken(o.CorpID, string(o.Secret), name, credential.CacheKeyWorkPrefix, k.tokens)
	o.Secret, o.Token, o.AESKey = "", "", ""
	k.options = o
	return k, nil
}

// Format prints the channel's name for every verb: some would print what the fields point
// to, and with it the secret.
func (k *Kefu) Format(f fmt.State, _ rune) { io.WriteString(f, name) }

// Name is "kefu".
func (k *Kefu) Name() string { return name }

// Capabilities are those of 微信客服.
func (k *Kefu) Capabilities() bot.Capabilities {
	return bot.Capabilities{
		PushWindow: push,
		Confirms:   true,
		Buttons:    mostItems,
		Toastless:  true,
		DataBytes:  dataLimit,
		Text:       textLimit,
		Unit:       bot.Bytes,
		Photos:     true,
		Voices:     true,
		VoiceForms: voiceForms,
	}
}

// Tokens are the access tokens of the account, for whoever looks after its health.
func (k *Kefu) Tokens() *weixin.Tokens { return k.tokens }

// Check asks the platform for the account, and gives the name that residents see. Halted
// says that it is not there, or not this app's to speak for.
func (k *Kefu) Check(ctx context.Context) (title string, err error) {
	var list struct {
		answer
		Accounts []struct {
			ID     string `json:"open_kfid"`
			Name   string `json:"name"`
			Manage bool   `json:"manage_privilege"`
		} `json:"account_list"`
	}
	if err := k.call(ctx, "account/list", map[string]int{"offset": 0, "limit": 100}, &list); err != nil {
		return "", k.verdict("account/list", err)
	}
	for _, a := range list.Accounts {
		switch {
		case a.ID != k.options.Account:
		case !a.Manage:
			return a.Name, bot.Halted{Why: "the app may not speak for the account", Fix: "自建应用不能替这个客服账号说话：请在企业微信后台的“微信客服”里，把这个账号交给自建应用用 API 管理。"}
		default:
			return a.Name, nil
		}
	}
	return "", bot.Halted{Why: "the app does not see the account", Fix: "找不到这个客服账号：请核对配置里的 account（open_kfid），再看企业微信后台的“微信客服”里，这个账号有没有交给自建应用管理。"}
}

// insist repeats until it works; its error is the context's.
func (k *Kefu) insist(ctx context.Context, failed string, try func() error) error {
	return turns.Insist(ctx, k.pause, func(err error, again time.Duration) {
		k.log.Error(failed, "error", weixin.Clean(err), "again", again)
	}, try)
}

// few holds no more than so many of what only saves work; then it begins anew.
type few[T any] struct {
	mu  sync.Mutex
	all map[string]T
}

const mostFew = 1000

func (f *few[T]) get(key string) (v T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok = f.all[key]
	return v, ok
}

// put keeps a value; without a key, nothing.
func (f *few[T]) put(key string, v T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if key == "" {
		return
	}
	if f.all == nil || len(f.all) >= mostFew {
		f.all = map[string]T{}
	}
	f.all[key] = v
}

func (f *few[T]) drop(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, key)
}
