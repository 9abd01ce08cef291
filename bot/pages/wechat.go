package pages

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/storage"
)

// Pages opened in WeChat: there the public account can tell who has opened one (网页授权).
// It says which account of the platform it is, and nothing more; whose that account is, the
// store says, by what its owner has proven before.

// OAuth is how a page learns by which account it was opened in WeChat.
type OAuth struct {
	Channel string // of the accounts: "official"
	// URL leads a browser to the platform and back to redirect, with state.
	URL func(redirect, state string) string
	// Who gives the account of who has come back with a code.
	Who func(ctx context.Context, code string) (account string, err error)
}

const (
	passFor   = 10 * time.Minute // how long the way to the platform and back may take
	knownFor  = time.Hour        // for how long a browser is remembered, as long as a link is good
	passName  = "linli_wx_way"
	knownName = "linli_wx"
	whoWithin = 5 * time.Second
)

var (
	// passes bind a way to the platform to the browser that has begun it.
	passes = sealed{version: 6, label: "linli wechat way\x00", wrong: errWay, over: errWay}
	// knowns are the accounts of browsers that have come back.
	knowns = sealed{version: 7, label: "linli wechat account\x00", wrong: errWay, over: errWay}

	errWay    = errors.New("pages: this browser has not begun the way it comes back from")
	errWho    = errors.New("pages: the platform does not say who has opened the page")
	errInside = errors.New("pages: to be opened in WeChat")
)

// inWeChat says whether a page was opened in WeChat. WeCom calls itself so, too, but a public
// account tells nothing there.
func inWeChat(r *http.Request) bool {
	agent := r.UserAgent()
	return strings.Contains(agent, "MicroMessenger") && !strings.Contains(strings.ToLower(agent), "wxwork")
}

// once remembers what was used until it is worth nothing anyway. It is safe for concurrent use.
type once struct {
	mu   sync.Mutex
	used map[string]time.Time
}

func (o *once) first(key string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, at := range o.used {
		if now.Sub(at) > passFor {
			delete(o.used, k)
		}
	}
	if _, ok := o.used[key]; ok {
		return false
	}
	if o.used == nil {
		o.used = map[string]time.Time{}
	}
	o.used[key] = now
	return true
}

// away sends a browser to the platform, from where it comes back to to, a path of ours
// behind Base.
func (p *Pages) away(w http.ResponseWriter, r *http.Request, to string) error {
	if p.o.OAuth == nil || p.o.PublicURL == "" || !inWeChat(r) {
		return errInside
	}
	now := p.o.Now()
	state := frame.Random()[:32] // the platform takes letters and digits only
	p.setCookie(w, r, passName, p.seal(passes, flows.ID(state), flows.PersonID(to), now.Add(passFor)), passFor)
	http.Redirect(w, r, p.o.OAuth.URL(p.o.PublicURL+p.o.Base+"/wx/back", state), http.StatusSeeOther)
	return nil
}

// back takes a browser in that comes from the platform, once, and only the one that went there.
func (p *Pages) back(w http.ResponseWriter, r *http.Request, _ *reader) error {
	if p.o.OAuth == nil {
		return errWay
	}
	c, err := r.Cookie(passName)
	p.setCookie(w, r, passName, "", -time.Second)
	if err != nil {
		return errWay
	}
	state, to, err := p.unseal(passes, c.Value)
	if err != nil {
		return errWay
	}
	given := r.URL.Query().Get("state")
	if subtle.ConstantTimeCompare([]byte(given), []byte(state)) != 1 || !p.gone.first(given, p.o.Now()) {
		return errWay
	}
	ctx, cancel := context.WithTimeout(r.Context(), whoWithin)
	defer cancel()
	account := ""
	if code := r.URL.Query().Get("code"); code != "" && len(code) <= 512 {
		account, err = p.o.OAuth.Who(ctx, code)
	}
	if err != nil || account == "" {
		p.o.Log.WarnContext(r.Context(), "a page opened in WeChat does not know by whom", "failed", err != nil)
		if strings.HasPrefix(string(to), "/r/") {
			// A report goes on without it.
			http.Redirect(w, r, p.o.Base+string(to)+"?without=1", http.StatusSeeOther)
			return nil
		}
		return errWho
	}
	p.setCookie(w, r, knownName, p.seal(knowns, flows.ID(account), "", p.o.Now().Add(knownFor)), knownFor)
	http.Redirect(w, r, p.o.Base+string(to), http.StatusSeeOther)
	return nil
}

// account is by which account of the platform a page was opened; "" where that is not known.
func (p *Pages) account(r *http.Request) string {
	c, err := r.Cookie(knownName)
	if err != nil || p.o.OAuth == nil || !inWeChat(r) {
		return ""
	}
	account, person, err := p.unseal(knowns, c.Value)
	if err != nil || person != "" {
		return ""
	}
	return string(account)
}

// setCookie gives the browser a cookie that no script and no other site sees.
func (p *Pages) setCookie(w http.ResponseWriter, r *http.Request, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: p.o.Base + "/", MaxAge: int(age / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(p.o.PublicURL, "https:") || r.TLS != nil})
}

// myWeChat leads who opens it in WeChat to their own pages. It is what the menu of the public
// account leads to.
func (p *Pages) myWeChat(w http.ResponseWriter, r *http.Request, _ *reader) error {
	account := p.account(r)
	if account == "" {
		err := p.away(w, r, "/wx/mine")
		if errors.Is(err, errInside) {
			return p.stranger(w, r, "known-inside")
		}
		return err
	}
	id, err := p.personAt(r.Context(), p.o.OAuth.Channel+":"+account)
	if errors.Is(err, storage.ErrNone) {
		return p.stranger(w, r, "known-how")
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, p.o.Base+"/my/"+p.token(id, p.o.Now().Add(linkLife)), http.StatusSeeOther)
	return nil
}

// personAt gives the one person whose account an address is: ErrNone where it is nobody's.
func (p *Pages) personAt(ctx context.Context, address string) (id flows.PersonID, err error) {
	if p.o.Store == nil {
		return "", storage.ErrNone
	}
	err = p.o.Store.View(ctx, func(tx storage.Tx) error {
		x, err := tx.PersonAt(address)
		if err == nil && !slices.Contains(x.Addresses, address) {
			err = storage.ErrNone
		}
		id = x.ID
		return err
	})
	return id, err
}

// stranger says to who is not known how that changes.
func (p *Pages) stranger(w http.ResponseWriter, r *http.Request, words string) error {
	s := p.sheet(r, nil, bot.Mine{}, "mine-title")
	s.Data = words
	return frame.Render(w, http.StatusOK, sheets, "known.html", s)
}
