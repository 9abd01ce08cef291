package weixin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/util"

	"linli/bot"
	"linli/bot/bottest"
)

// platform gives tokens and takes calls with the last one it gave.
type platform struct {
	mu     sync.Mutex
	given  int    // tokens
	calls  int    // with a token
	dead   bool   // the last token is no good any more
	deny   string // said instead of a token
	refuse string // said to every call
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/cgi-bin/token", "/cgi-bin/gettoken", "/cgi-bin/stable_token":
		p.given++
		if p.deny != "" {
			_, _ = io.WriteString(w, p.deny)
			return
		}
		p.dead = false
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","access_token":"TOKEN%d","expires_in":7200}`, p.given)
	case "/call":
		p.calls++
		switch {
		case p.refuse != "":
			_, _ = io.WriteString(w, p.refuse)
		case p.dead, r.URL.Query().Get("access_token") != fmt.Sprintf("TOKEN%d", p.given):
			_, _ = io.WriteString(w, `{"errcode":42001,"errmsg":"access_token expired hint: [hidden]"}`)
		default:
			_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
		}
	}
}

func (p *platform) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
}

func (p *platform) counts() (given, calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.given, p.calls
}

// handles are the library's three ways to a token.
var handles = map[string]func(c cache.Cache) credential.AccessTokenHandle{
	"公众号": func(c cache.Cache) credential.AccessTokenHandle {
		return credential.NewDefaultAccessToken("wx1", "s", credential.CacheKeyOfficialAccountPrefix, c)
	},
	"公众号, stable": func(c cache.Cache) credential.AccessTokenHandle {
		return credential.NewStableAccessToken("wx1", "s", credential.CacheKeyOfficialAccountPrefix, c)
	},
	"企业微信": func(c cache.Cache) credential.AccessTokenHandle {
		return credential.NewWorkAccessToken("ww1", "s", "", credential.CacheKeyWorkPrefix, c)
	},
}

// caller makes calls as the library does: with a token of the handle.
func caller(h credential.AccessTokenHandle) func() error {
	return func() error {
		token, err := h.GetAccessToken()
		if err != nil {
			return err
		}
		b, err := util.HTTPPost("https://api.weixin.qq.com/call?access_token="+token, "words")
		if err != nil {
			return err
		}
		return util.DecodeWithCommonError(b, "call")
	}
}

// desk is a platform, a shelf and the tokens of one account.
type desk struct {
	*platform
	clock *bottest.Clock
	shelf *bottest.Shelf
	*Tokens
	log bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	d := &desk{platform: &platform{}, clock: bottest.NewClock(time.Unix(1_700_000_000, 0)), shelf: &bottest.Shelf{}}
	d.restart()
	connect(t, d.platform, d.platform)
	return d
}

func (d *desk) restart() {
	d.Tokens = NewTokens(d.shelf, Account("ww1", "s"))
	d.Tokens.Now = d.clock.Now
	d.Tokens.Log = slog.New(slog.NewTextHandler(&d.log, nil))
}

func TestRestartBurnsNoToken(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(handles)) {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for i := range 4 {
				do := caller(handles[name](d.Tokens))
				for range 3 {
					if err := d.Renew(t.Context(), do); err != nil {
						t.Fatal(err)
					}
				}
				if given, calls := d.counts(); given != 1 || calls != 3*(i+1) {
					t.Fatalf("%d tokens for %d calls", given, calls)
				}
				if from, until, ok := d.Held(); !ok || !from.Equal(time.Unix(1_700_000_000, 0)) || until.Before(d.clock.Now().Add(time.Hour)) {
					t.Errorf("held since %s until %s, %t", from, until, ok)
				}
				d.clock.Pass(time.Minute)
				d.restart()
				if _, _, ok := d.Held(); ok {
					t.Error("held before it was needed")
				}
			}
			// An old one is not served, neither here nor after a restart.
			do := caller(handles[name](d.Tokens))
			if err := d.Renew(t.Context(), do); err != nil {
				t.Fatal(err)
			}
			d.clock.Pass(2 * time.Hour)
			if _, _, ok := d.Held(); ok {
				t.Error("held after its end")
			}
			if err := d.Renew(t.Context(), do); err != nil {
				t.Fatal(err)
			}
			d.clock.Pass(2 * time.Hour)
			d.restart()
			if err := d.Renew(t.Context(), caller(handles[name](d.Tokens))); err != nil {
				t.Fatal(err)
			}
			if given, _ := d.counts(); given != 3 {
				t.Errorf("%d tokens in three lifetimes", given)
			}
		})
	}
}

// The library gives the second secret of a corp the first one's token.
func TestTwoSecretsOfOneCorp(t *testing.T) {
	d := newDesk(t)
	other := NewTokens(d.shelf, Account("ww1", "other"))
	a, err := handles["企业微信"](d.Tokens).GetAccessToken()
	if err != nil {
		t.Fatal(err)
	}
	b, err := handles["企业微信"](other).GetAccessToken()
	if err != nil || a == b {
		t.Errorf("%s and %s, %v", a, b, err)
	}
	names := map[string]bool{}
	for _, x := range [][2]string{{"ww1", "s"}, {"ww1", "other"}, {"ww2", "s"}, {"ww1s", ""}, {"ww1", ""}} {
		name := Account(x[0], bot.Secret(x[1]))
		if names[name] || x[1] != "" && strings.Contains(name[len(x[0]):], x[1]+"\x00") || name != Account(x[0], bot.Secret(x[1])) {
			t.Errorf("%q", name)
		}
		names[name] = true
	}
	if strings.Contains(Account("ww1", "supersecret"), "supersecret") {
		t.Error("the secret stands in the name")
	}
}

// A store that fails costs no token for each call, and its log no secret.
func TestBrokenShelf(t *testing.T) {
	d := newDesk(t)
	d.shelf.Fail = func(bool, string) error { return errors.New("disk is full") }
	for range 20 {
		if err := d.Renew(t.Context(), caller(handles["企业微信"](d.Tokens))); err != nil {
			t.Fatal(err)
		}
	}
	if given, calls := d.counts(); given != 1 || calls != 20 {
		t.Errorf("%d tokens for %d calls", given, calls)
	}
	d.kill()
	if err := d.Renew(t.Context(), caller(handles["企业微信"](d.Tokens))); err != nil {
		t.Error(err)
	}
	if !strings.Contains(d.log.String(), "disk is full") || strings.Contains(d.log.String(), "TOKEN") {
		t.Errorf("logged: %s", &d.log)
	}
}

func TestSpoiledShelf(t *testing.T) {
	for _, value := range []string{"x", `{}`, `null`, `"TOKEN1"`, `{"v":1}`, `{"v":"TOKEN1","until":"soon"}`, `{"v":"TOKEN1"}`, `{"v":"","until":"2099-01-01T00:00:00Z"}`, "\x00\xff"} {
		d := newDesk(t)
		const key = "gowechat_work__access_token_ww1"
		if err := d.shelf.Save(t.Context(), Account("ww1", "s")+"/"+key, []byte(value), d.clock.Now().AddDate(1, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if got := d.Get(key); got != nil || d.IsExist(key) {
			t.Errorf("%q: %v", value, got)
		}
		if err := d.Renew(t.Context(), caller(handles["企业微信"](d.Tokens))); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestCache(t *testing.T) {
	d := newDesk(t)
	if d.Get("ticket") != nil || d.IsExist("ticket") {
		t.Error("something is there")
	}
	if err := d.Set("ticket", "T", time.Hour); err != nil {
		t.Fatal(err)
	}
	if got, ok := d.Get("ticket").(string); !ok || got != "T" || !d.IsExist("ticket") {
		t.Errorf("%v", d.Get("ticket"))
	}
	for _, v := range []any{[]byte("T"), 7, nil, ""} {
		if d.Set("other", v, time.Hour) == nil {
			t.Errorf("%T is kept", v)
		}
	}
	d.clock.Pass(time.Hour)
	if d.Get("ticket") != nil || d.IsExist("ticket") {
		t.Error("served at its end")
	}
	// The library subtracts its reserve from whatever it is told.
	if err := d.Set("ticket", "T2", -15*time.Minute); err != nil || d.Get("ticket") != "T2" {
		t.Errorf("%v, %v", err, d.Get("ticket"))
	}
	if err := d.Delete("ticket"); err != nil || d.Get("ticket") != nil || d.shelf.Len() > 0 {
		t.Errorf("%v, %v, %d on the shelf", err, d.Get("ticket"), d.shelf.Len())
	}
}
