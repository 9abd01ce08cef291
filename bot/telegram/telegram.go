// Package telegram is the channel of Telegram: groups and private chats, by
// long polling or by webhook.
//
// Receiving is our own. An update is confirmed to Telegram only after Receive
// has taken it: polling asks for the next batch when all of the last one was
// accepted and the offset was saved, the webhook answers 200 afterwards. The
// updates of one chat keep their order, different chats do not wait for each
// other, and an update that cannot be understood is accepted as
// [bot.Ignored], because Telegram would deliver it for ever. Of the library
// go-telegram/bot only types and outgoing calls are used. An album is heard photo
// by photo, each with the album's name.
//
// What a bot is told in a group depends on its rights there: of what members say,
// everything if it is an admin or its privacy mode was off when it was added, and
// else only what is addressed to it; of signs on messages, and of members
// coming and going unseen, only if it is an admin.
//
// The channel keeps nothing durable, retries no send and limits no rate: that
// is the engine's work. No error and no log line of it may carry the token
// (which is part of every address of the Bot API) or what somebody wrote.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tg "github.com/go-telegram/bot"

	"linli/bot"
	"linli/bot/turns"
)

const (
	// DefaultAPI is where Telegram serves the Bot API.
	DefaultAPI = "https://api.telegram.org"

	// Polling and Webhook are the values of Options.Mode.
	Polling = "polling"
	Webhook = "webhook"

	name        = "telegram"
	fileLimit   = 20 << 20 // what a bot may download
	pollTimeout = 25 * time.Second
	callTimeout = 30 * time.Second
	fileTimeout = 90 * time.Second // of calls that carry a file
	together    = 64               // chats heard at the same time, connections kept
)

// Receiver takes what the channel heard. It returns nil once the message is
// safe; an error means "try again", for ever: what can never be taken it must
// park itself and return nil.
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Cursor keeps the offset of polling durably: the id of the next update that
// has not been accepted, 0 at first. It may go back: after a quiet week
// Telegram starts from another number.
type Cursor interface {
	Load(ctx context.Context) (int64, error)
	Save(ctx context.Context, offset int64) error
}

// Options are the settings of the channel.
type Options struct {
	Token     bot.Secret       // of the bot, as BotFather gave it
	APIURL    string           // DefaultAPI if empty
	Mode      string           // Polling if empty, or Webhook
	Secret    bot.Secret       // Webhook: what Telegram sends in its header, 1 to 256 of A-Z a-z 0-9 _ -
	PublicURL string           // Webhook: full address of the hook; if set, Run registers it
	Receive   Receiver         // required
	Cursor    Cursor           // Polling: required
	Now       func() time.Time // time.Now if nil
	Log       *slog.Logger     // slog.Default() if nil
	Commands  []Command        // the menu beside the input, the same for all; none if empty
	Wait      time.Duration    // Polling: how long Telegram holds an empty answer, 25 s if zero; whole seconds
}

// Command is a line of the menu.
type Command struct {
	Word  string            // 1 to 32 of a-z 0-9 _
	Text  map[string]string // what it does, 1 to 256 letters, by language; "zh-CN" is shown where there is none
	Group bool              // also in groups; otherwise in private chats only
}

// Telegram is the channel. It implements bot.Channel, bot.Fetcher and, for
// the webhook, http.Handler. Run must be running in both modes.
type Telegram struct {
	wire    *wire // behind a pointer, so that printing a Telegram prints no token
	calls   *tg.Bot
	self    int64 // the bot's own id
	options Options
	hash    [32]byte // of the webhook's secret
	now     func() time.Time
	log     *slog.Logger
	pause   func(context.Context, time.Duration) error // replaced in tests
	me      atomic.Pointer[me]                         // once known
	lanes   lanes
	topics  topics
	replies sync.WaitGroup // what Run has under way; polling: answers to presses
	begun   turns.Begun[progress]
}

var (
	_ bot.Channel  = (*Telegram)(nil)
	_ bot.Fetcher  = (*Telegram)(nil)
	_ bot.Linker   = (*Telegram)(nil)
	_ http.Handler = (*Telegram)(nil)

	tokenForm  = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{1,200}$`)
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// New checks the options; it calls nobody.
func New(o Options) (*Telegram, error) {
	// The form is checked because a token with a stray character ends up,
	// readable, in the errors of net/url.
	if !tokenForm.MatchString(string(o.Token)) {
		return nil, errors.New("telegram: token is not of the form 123456:ABC")
	}
	if o.APIURL == "" {
		o.APIURL = DefaultAPI
	}
	base, err := url.Parse(o.APIURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, errors.New("telegram: API address is no plain http address")
	}
	if o.Receive == nil {
		return nil, errors.New("telegram: no receiver")
	}
	switch o.Mode {
	case "", Polling:
		o.Mode = Polling
		if o.Cursor == nil {
			return nil, errors.New("telegram: polling needs a cursor")
		}
	case Webhook:
		if !secretForm.MatchString(string(o.Secret)) {
			return nil, errors.New("telegram: webhook needs a secret of 1 to 256 letters, digits, _ or -")
		}
	default:
		return nil, fmt.Errorf("telegram: mode %q is neither %q nor %q", o.Mode, Polling, Webhook)
	}
	for _, c := range o.Commands {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	if o.Wait == 0 {
		o.Wait = pollTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}

	id, _, _ := strings.Cut(string(o.Token), ":")
	self, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, errors.New("telegram: token does not begin with a bot's number")
	}
	t := &Telegram{
		wire:  newWire(strings.TrimRight(o.APIURL, "/"), string(o.Token), string(o.Secret)),
		self:  self,
		hash:  digest(string(o.Secret)),
		now:   o.Now,
		log:   o.Log.With("channel", name),
		pause: turns.Sleep,
	}
	t.calls, err = tg.New(string(o.Token),
		tg.WithServerURL(t.wire.base),
		tg.WithSkipGetMe(),
		tg.WithHTTPClient(callTimeout, t.wire),
		tg.WithErrorsHandler(func(err error) { t.log.Debug("library", "error", t.wire.clean(err)) }))
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", t.wire.clean(err))
	}
	o.Token, o.Secret = "", "" // kept once, in wire
	t.options = o
	return t, nil
}

// Format prints the channel's name for every verb: some would print what the
// fields point to, and with it the token.
func (t *Telegram) Format(f fmt.State, _ rune) { io.WriteString(f, name) }

// Name is "telegram".
func (t *Telegram) Name() string { return name }

// Capabilities are Telegram's limits. A group is heard without a mention only
// where the bot is an admin or its privacy mode is off, see Check.
func (t *Telegram) Capabilities() bot.Capabilities {
	return bot.Capabilities{
		ReadsGroup: true,
		PostsGroup: true,
		Edits:      true,
		Buttons:    100,
		DataBytes:  64,
		Text:       textLimit,
		Unit:       bot.UTF16,
		PerSecond:  30,
		PerChat:    1,
		PerGroup:   20,
		Reacts:     true,
		Pins:       true,
		Photos:     true,
		Voices:     true,
		Polls:      true,
	}
}

// me is what getMe says of the bot.
type me struct {
	name  string // its username
	reads bool   // its privacy mode is off
}

// Check asks Telegram who the bot is. If readsAll is false it hears only
// those groups fully where it is an admin. If it is true it hears those fully,
// too, to which it was added since its privacy mode was switched off; the older
// ones only after it was taken out and added again.
func (t *Telegram) Check(ctx context.Context) (username string, readsAll bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	user, err := t.calls.GetMe(ctx)
	if err != nil {
		return "", false, t.verdict("getMe", err)
	}
	t.me.Store(&me{user.Username, user.CanReadAllGroupMessages})
	return user.Username, user.CanReadAllGroupMessages, nil
}

// Run registers the bot with Telegram (setWebhook if there is a public
// address, or deleteWebhook for polling, and the menu), then polls, or only waits beside
// the webhook, until the context ends; then it returns nil. Its error means
// that trying again is of no use: the token is wrong, the address refused.
func (t *Telegram) Run(ctx context.Context) error {
	defer t.replies.Wait()

	err := t.persist(ctx, "getMe", func() error {
		_, readsAll, err := t.Check(ctx)
		if err == nil && !readsAll {
			t.log.Warn("privacy mode is on: groups are heard only where the bot is an admin")
		}
		return err
	})
	if err == nil {
		switch {
		case t.options.Mode == Polling:
			err = t.persist(ctx, "deleteWebhook", func() error {
				ctx, cancel := context.WithTimeout(ctx, callTimeout)
				defer cancel()
				_, err := t.calls.DeleteWebhook(ctx, &tg.DeleteWebhookParams{})
				return t.verdict("deleteWebhook", err)
			})
		case t.options.PublicURL != "":
			err = t.persist(ctx, "setWebhook", func() error { return t.setWebhook(ctx) })
		}
	}
	if err == nil {
		t.replies.Go(func() { t.setMenu(ctx) }) // nobody waits for it to be heard
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case t.options.Mode == Polling:
		return t.poll(ctx)
	}
	<-ctx.Done()
	return nil
}

// persist repeats a call until Telegram has answered it for good.
func (t *Telegram) persist(ctx context.Context, method string, call func() error) error {
	wait := turns.Backoff{First: time.Second, Most: 30 * time.Second}
	for {
		err := call()
		if err == nil {
			return nil
		}
		if permanent(err) {
			return err
		}
		d := wait.Next()
		if busy := (bot.Busy{}); errors.As(err, &busy) {
			d = busy.After
		}
		t.log.Warn("telegram cannot be reached", "method", method, "error", err, "again", d)
		if err := t.pause(ctx, d); err != nil {
			return err
		}
	}
}

// permanent says that the same call will fail again.
func permanent(err error) bool {
	var (
		refused bot.Refused
		gone    bot.Gone
	)
	return tokenRefused(err) || errors.As(err, &refused) || errors.As(err, &gone)
}
