package fake

import (
	"crypto/rand"
	"time"
)

// How long things are good.
const (
	tokenFor  = 7200 * time.Second
	afterglow = 5 * time.Minute // of a token of /cgi-bin/token when there is a new one
	codeFor   = 5 * time.Minute
)

func (s *Server) newToken() string {
	t := "FAKE_" + rand.Text() + rand.Text()
	s.tokens[t] = s.Now().Add(tokenFor)
	return t
}

// plainToken answers /cgi-bin/token: each call makes a new one, and the old one fades.
func (s *Server) plainToken(q *request) (any, *refusal) {
	s.asked++
	v := q.r.URL.Query()
	if v.Get("grant_type") != "client_credential" {
		return nil, no(40002, "invalid grant_type")
	}
	if r := s.known(v.Get("appid"), v.Get("secret")); r != nil {
		return nil, r
	}
	for t, until := range s.tokens {
		if fade := s.Now().Add(afterglow); t != s.stable && until.After(fade) {
			s.tokens[t] = fade
		}
	}
	return object{"access_token": s.newToken(), "expires_in": 7200}, nil
}

// stableToken answers /cgi-bin/stable_token: the same as long as it is good.
func (s *Server) stableToken(q *request) (any, *refusal) {
	s.asked++
	var in struct {
		Grant  string `json:"grant_type"`
		AppID  string `json:"appid"`
		Secret string `json:"secret"`
		Force  bool   `json:"force_refresh"`
	}
	if r := q.into(&in); r != nil {
		return nil, r
	}
	if in.Grant != "client_credential" {
		return nil, no(40002, "invalid grant_type")
	}
	if r := s.known(in.AppID, in.Secret); r != nil {
		return nil, r
	}
	until := s.tokens[s.stable]
	if in.Force || !s.Now().Before(until) {
		delete(s.tokens, s.stable)
		s.stable = s.newToken()
		until = s.tokens[s.stable]
	}
	return object{"access_token": s.stable, "expires_in": int(until.Sub(s.Now()) / time.Second)}, nil
}

func (s *Server) known(appid, secret string) *refusal {
	switch {
	case appid == "":
		return no(41002, "appid missing")
	case secret == "":
		return no(41004, "appsecret missing")
	case appid != s.AppID:
		return no(40013, "invalid appid")
	case secret != s.Secret:
		return no(40125, "invalid appsecret")
	}
	return nil
}

func (s *Server) callers(*request) (any, *refusal) {
	return object{"ip_list": s.Callers}, nil
}

// ticket answers with one of the JS-SDK.
func (s *Server) ticket(q *request) (any, *refusal) {
	if q.r.URL.Query().Get("type") != "jsapi" {
		return nil, no(40097, "invalid args")
	}
	t := "FAKETICKET_" + rand.Text()
	s.tickets[t] = true
	return object{"errcode": 0, "errmsg": "ok", "ticket": t, "expires_in": 7200}, nil
}

// code is what a page gets for somebody who was sent to be named.
type code struct {
	user *User
	at   time.Time
	used bool
}

// Code lets somebody in WeChat come back from AuthURL with a code.
func (u *User) Code() string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	c := "0" + rand.Text() + "wx"
	u.s.codes[c] = &code{user: u, at: u.s.Now()}
	return c
}

func (s *Server) oauth(q *request) (any, *refusal) {
	v := q.r.URL.Query()
	if v.Get("grant_type") != "authorization_code" {
		return nil, no(40002, "invalid grant_type")
	}
	if r := s.known(v.Get("appid"), v.Get("secret")); r != nil {
		return nil, r
	}
	c := s.codes[v.Get("code")]
	switch {
	case c == nil:
		return nil, no(40029, "invalid code")
	case c.used:
		return nil, no(40163, "code been used")
	case s.Now().Sub(c.at) > codeFor:
		return nil, no(42003, "oauth_code expired")
	}
	c.used = true
	o := object{"access_token": "USER_" + rand.Text(), "expires_in": 7200, "refresh_token": "USER_" + rand.Text(), "openid": c.user.OpenID, "scope": "snsapi_base"}
	if c.user.UnionID != "" {
		o["unionid"] = c.user.UnionID
	}
	if c.user.Snapshot {
		o["is_snapshotuser"] = 1
	}
	return o, nil
}
