package official

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/silenceper/wechat/v2/util"

	"linli/bot"
	"linli/bot/weixin"
)

// platform is the real address; [weixin.Connect] may put another in its place.
const platform = "https://api.weixin.qq.com"

// Codes that mean something else here than on the other lanes.
const (
	codeNotFollower = 43004
	codeNoMenus     = 40200 // invalid account type: a test account takes no menus in conversations
	codeNoMenu      = 46003 // the account has no menu
	codeNoRight     = 48001
)

// errNoSecret says that an account without a secret can call nothing.
var errNoSecret = bot.Refused{Why: "the account has no AppSecret and can call nothing"}

// call asks the platform with a token, and once more with a new one if that was refused.
func (o *Official) call(ctx context.Context, do func(token string) error) error {
	if o.api == nil {
		return errNoSecret
	}
	return o.api.tokens.Renew(ctx, func() error {
		token, err := o.api.account.GetAccessTokenContext(ctx)
		if token == "" && err == nil {
			err = errors.New("the platform gave no token")
		}
		if token == "" {
			return err
		}
		// An error beside a token says that it could not be kept. It is good all the same.
		return do(token)
	})
}

// post calls a method; in is its JSON, out, if not nil, gets the answer.
func (o *Official) post(ctx context.Context, path string, in, out any) error {
	return o.call(ctx, func(token string) error {
		answer, err := util.PostJSONContext(ctx, where(path, token, nil), in)
		if err != nil {
			return err
		}
		return decode(answer, path, out)
	})
}

// get calls a method without a body.
func (o *Official) get(ctx context.Context, path string, query url.Values, out any) error {
	return o.call(ctx, func(token string) error {
		answer, err := util.HTTPGetContext(ctx, where(path, token, query))
		if err != nil {
			return err
		}
		return decode(answer, path, out)
	})
}

func where(path, token string, query url.Values) string {
	q := url.Values{"access_token": {token}}
	for k, v := range query {
		q[k] = v
	}
	return platform + path + "?" + q.Encode()
}

// decode reads an answer. Its own text is in no error: it may repeat what was sent.
func decode(answer []byte, path string, out any) error {
	var code struct {
		Code *int64 `json:"errcode"`
		Why  string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer, &code); err != nil {
		return fmt.Errorf("official: the answer to %s is none of the platform", path)
	}
	if code.Code != nil && *code.Code != 0 {
		return util.NewCommonError(path, *code.Code, code.Why)
	}
	if out == nil {
		if code.Code == nil {
			return fmt.Errorf("official: the answer to %s says neither yes nor no", path)
		}
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("official: the answer to %s is not as described", path)
	}
	return nil
}

// verdict says what an error means to the engine.
func verdict(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("official: %w", ctx.Err()) // who hung up learns nothing from the platform
	case weixin.Code(err) == codeNotFollower:
		// Until they follow the account again, and then they are heard of.
		return bot.Gone{Why: "no follower of the account"}
	}
	return weixin.Verdict(err)
}
