package official

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/basic"

	"linli/bot"
)

// What leads people to the account, and what pages that are opened in WeChat need.

var (
	sceneForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	codeForm  = regexp.MustCompile(`^[0-9A-Za-z_-]{8,512}$`)
	stateForm = regexp.MustCompile(`^[0-9A-Za-z]{0,128}$`)

	// ErrGuest says that a page was opened by somebody whom WeChat does not name: they look at a
	// snapshot, and what it gives for an openid is nobody's.
	ErrGuest = errors.New("official: the page is seen as a snapshot, by nobody in particular")
)

// monthQR is how long a code that does not hold for ever holds, the longest there is.
const monthQR = 30 * 24 * time.Hour

// QR gives a code that leads to the account and brings a scene along (1 to 64 of A-Z a-z
// 0-9 _ -), as the address of its picture and the link inside it. Of codes that
// hold for ever an account has 100,000, which cannot be given back.
func (o *Official) QR(ctx context.Context, scene string, forever bool) (picture, link string, err error) {
	if !sceneForm.MatchString(scene) {
		return "", "", bot.Refused{Why: "a scene is of 1 to 64 letters, digits, _ or -"}
	}
	request := basic.NewTmpQrRequest(monthQR, scene)
	if forever {
		request = basic.NewLimitQrRequest(scene)
	}
	var ticket basic.Ticket
	if err := o.post(ctx, "/cgi-bin/qrcode/create", request, &ticket); err != nil {
		return "", "", verdict(ctx, err)
	}
	if ticket.Ticket == "" || ticket.URL == "" {
		return "", "", errors.New("official: the platform gave no code")
	}
	return "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(ticket.Ticket), ticket.URL, nil
}

// AuthURL is the address to which a page sends somebody in WeChat so that they come back to
// redirect with a code for [Official.Who]. Nobody is asked anything. State comes back as
// it is: up to 128 letters and digits, by which the page knows that it was the one that
// sent them. It is empty for another state, and where the account has no secret.
func (o *Official) AuthURL(redirect, state string) string {
	if o.api == nil || !stateForm.MatchString(state) {
		return ""
	}
	address, err := o.api.oauth.GetRedirectURL(redirect, "snsapi_base", state)
	if err != nil {
		return ""
	}
	return address
}

// Who says who came back with a code: their openid, and their unionid where the account is
// bound to an open platform. A code is good for once and five minutes. ErrGuest means
// that nobody is known by it.
func (o *Official) Who(ctx context.Context, code string) (openid, unionid string, err error) {
	if o.api == nil {
		return "", "", errNoSecret
	}
	if !codeForm.MatchString(code) { // the library writes it into an address as it is
		return "", "", bot.Refused{Why: "not a code"}
	}
	answer, err := o.api.oauth.GetUserAccessTokenContext(ctx, code)
	switch {
	case err != nil:
		return "", "", verdict(ctx, err)
	case answer.IsSnapShotUser == 1:
		return "", "", ErrGuest
	case !openidForm.MatchString(answer.OpenID):
		return "", "", errors.New("official: the platform named nobody")
	}
	return answer.OpenID, answer.UnionID, nil
}

// JSConfig is what a page opened in WeChat tells the JS-SDK (wx.config).
type JSConfig struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"`
	Nonce     string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// JSConfig signs the address of a page, as it stands in the browser.
func (o *Official) JSConfig(ctx context.Context, page string) (JSConfig, error) {
	page, _, _ = strings.Cut(page, "#")
	if _, ok := webAddress(page); !ok {
		return JSConfig{}, bot.Refused{Why: "not the address of a page"}
	}
	var c JSConfig
	err := o.call(ctx, func(string) error {
		got, err := o.api.js.GetConfigContext(ctx, page)
		if err != nil {
			return err
		}
		c = JSConfig{got.AppID, got.Timestamp, got.NonceStr, got.Signature}
		return nil
	})
	if err != nil {
		return JSConfig{}, fmt.Errorf("js config: %w", verdict(ctx, err))
	}
	return c, nil
}
