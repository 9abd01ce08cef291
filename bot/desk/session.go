package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/storage"
)

// Who is at the desk: the door, the sessions, and which pages a visitor may open.

const (
	cookie      = "linli_desk"
	sessionFor  = 12 * time.Hour
	sessionIdle = 2 * time.Hour
	seenEvery   = 5 * time.Minute // how exactly it is known when a session was last used
	keyPrefix   = "session/"
)

// session is one browser that is logged in. It is kept under the hash of its
// token; the token itself only the browser has.
type session struct {
	Person flows.PersonID `json:"person"`
	Made   time.Time      `json:"made"`
	Seen   time.Time      `json:"seen"`
	Phone  bool           `json:"phone,omitempty"`
}

func (s session) good(now time.Time) bool {
	return s.Person != "" && now.Sub(s.Made) < sessionFor && now.Sub(s.Seen) < sessionIdle
}

func sessionKey(token string) string {
	sum := sha256.Sum256([]byte("linli desk " + token))
	return keyPrefix + hex.EncodeToString(sum[:])
}

// visitor is who asks, with the posts that are in force now.
type visitor struct {
	actor flows.Actor
	s     *flows.Settings
	lang  string
	key   string // of the session
	now   time.Time
}

// watch is the verb of the pages of polls on which nothing is done: they are open to who
// may ask, and to who sees cases, as the supervision committee does.
const watch flows.Verb = "watch"

// may says whether the visitor may open a page. The pages of cases, polls and hearings
// are open to who may see, or ask, any part of the community; what they show goes by
// [visitor.sight], [visitor.polls] and [visitor.hearings].
func (v *visitor) may(verb flows.Verb) bool {
	if !slices.ContainsFunc(v.actor.Posts, func(p flows.Post) bool { return v.s.May(v.actor, flows.Enter, p.Scope) }) {
		return false
	}
	switch verb {
	case watch:
		return v.may(flows.Poll) || v.may(flows.See)
	case flows.Enter, flows.See, flows.Poll, flows.Slips, flows.Observe, flows.Visit:
		return len(v.scopes(verb)) > 0
	}
	return v.s.May(v.actor, verb, flows.Everywhere)
}

// scopes gives the parts of the community in which the visitor may do something.
func (v *visitor) scopes(verb flows.Verb) (list []flows.Scope) {
	for _, p := range v.actor.Posts {
		if v.s.May(v.actor, verb, p.Scope) && !slices.Contains(list, p.Scope) {
			list = append(list, p.Scope)
		}
	}
	return list
}

// visitor finds out who asks; errSession if nobody is logged in.
func (d *Desk) visitor(r *http.Request) (*visitor, error) {
	c, err := r.Cookie(cookie)
	if err != nil || len(c.Value) > 100 {
		return nil, errSession
	}
	now := d.o.Now()
	v := &visitor{s: d.o.Settings(), key: sessionKey(c.Value), now: now}
	var ses session
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) (err error) {
		if ses, err = readSession(tx, v.key); err != nil {
			return err
		}
		p, err := tx.Person(ses.Person)
		if err == nil {
			v.lang = p.Lang
		}
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		return err
	})
	if errors.Is(err, storage.ErrNone) || err == nil && !ses.good(now) {
		return nil, errSession
	}
	if err != nil {
		return nil, err
	}
	v.actor = flows.Actor{Person: ses.Person}
	if o, ok := v.s.Official(ses.Person); ok {
		v.actor.Name, v.actor.Posts, v.actor.Consent, v.actor.Home = o.Name, o.Posts, true, o.Home
		v.lang = cmp.Or(v.lang, o.Lang)
	}
	v.lang, _ = frame.Known(cmp.Or(v.lang, v.s.Lang))
	if now.Sub(ses.Seen) >= seenEvery {
		err = d.used(r.Context(), v.key, now)
	}
	return v, err
}

func readSession(tx storage.Tx, key string) (session, error) {
	raw, err := tx.Key(key)
	if err != nil {
		return session{}, err
	}
	if len(raw) == 0 {
		return session{}, storage.ErrNone
	}
	var s session
	if json.Unmarshal(raw, &s) != nil {
		return session{}, storage.ErrNone
	}
	return s, nil
}

// used notes that a session was used, unless it was ended meanwhile.
func (d *Desk) used(ctx context.Context, key string, now time.Time) error {
	return d.o.Store.Update(ctx, func(tx storage.Tx) error {
		s, err := readSession(tx, key)
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		s.Seen = now
		return tx.PutKey(key, flows.Data(s))
	})
}

// entry is what the page at the door shows.
type entry struct {
	Code, Wrong string
	Wait        time.Time // when the next attempt is looked at
}

// door shows the form for a code. It uses nothing up: whoever looks at links
// before a person does (a chat's preview) must not take the code away.
func (d *Desk) door(w http.ResponseWriter, r *http.Request, _ *visitor) error {
	p := d.page(r, nil, "enter-title")
	p.Data = entry{Code: code(r.URL.Query().Get("code"))}
	return p.render(w, http.StatusOK, "enter.html")
}

const (
	maxCode  = 100 // the longest text that may be a code
	longCode = 20  // what cannot be guessed (the word of a link) is looked at always, or guessing would lock everybody out
)

func code(s string) string {
	if s = strings.TrimSpace(s); len(s) > maxCode {
		return ""
	}
	return s
}

// enter redeems a code: it ends the session this browser had and begins one.
func (d *Desk) enter(w http.ResponseWriter, r *http.Request, _ *visitor) error {
	given, from, now := code(r.PostForm.Get("code")), frame.Visitor(r, d.o.Proxied), d.o.Now()
	wait, ok := d.wrong.Try(from, now)
	again := func(status int, wrong string) error {
		p := d.page(r, nil, "enter-title")
		p.Data = entry{Code: given, Wrong: "err-" + wrong, Wait: wait}
		return p.render(w, status, "enter.html")
	}
	if !ok && len(given) < longCode {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Sub(now)/time.Second)+1))
		return again(http.StatusTooManyRequests, "many")
	}
	if given == "" {
		return again(http.StatusForbidden, "code")
	}
	person, err := d.o.Login(r.Context(), given, from)
	if errors.Is(err, bot.ErrCode) {
		return again(http.StatusForbidden, "code")
	}
	if err != nil {
		return err
	}
	d.wrong.Back(from) // a whole office may come in through one address
	v := &visitor{s: d.o.Settings(), actor: flows.Actor{Person: person}}
	if o, ok := v.s.Official(person); ok {
		v.actor.Posts = o.Posts
	}
	if !v.may(flows.Enter) {
		return errMay
	}
	token := frame.Random()
	err = d.o.Store.Update(r.Context(), func(tx storage.Tx) error {
		if c, err := r.Cookie(cookie); err == nil {
			if err := tx.PutKey(sessionKey(c.Value), nil); err != nil {
				return err
			}
		}
		if err := sweep(tx, now); err != nil {
			return err
		}
		return tx.PutKey(sessionKey(token), flows.Data(session{Person: person, Made: now, Seen: now, Phone: strings.Contains(r.UserAgent(), "Mobi")}))
	})
	if err != nil {
		return err
	}
	d.setCookie(w, r, token, int(sessionFor/time.Second))
	http.Redirect(w, r, d.o.Base+"/desk/", http.StatusSeeOther)
	return nil
}

func (d *Desk) setCookie(w http.ResponseWriter, r *http.Request, token string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: token, Path: d.o.Base + "/desk/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: d.o.Secure || r.TLS != nil,
	})
}

// sweep deletes the sessions that are over.
func sweep(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys(keyPrefix)
	if err != nil {
		return err
	}
	for key, raw := range all {
		var s session
		if json.Unmarshal(raw, &s) == nil && s.good(now) {
			continue
		}
		if err := tx.PutKey(key, nil); err != nil {
			return err
		}
	}
	return nil
}

// leave logs the visitor out in this browser.
func (d *Desk) leave(w http.ResponseWriter, r *http.Request, v *visitor) error {
	if err := d.o.Store.Update(r.Context(), func(tx storage.Tx) error { return tx.PutKey(v.key, nil) }); err != nil {
		return err
	}
	d.setCookie(w, r, "", -1)
	http.Redirect(w, r, d.o.Base+"/desk/", http.StatusSeeOther)
	return nil
}

// mine is a session as its owner sees it.
type mine struct {
	ID    string // enough of the hash to tell it from others
	Words string
	Made  time.Time
	Seen  time.Time
	This  bool
}

const idLen = 16

func (d *Desk) sessions(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showSessions(w, r, v, "")
}

func (d *Desk) showSessions(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	var list []mine
	err := d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		list = nil
		all, err := tx.Keys(keyPrefix)
		for key, raw := range all {
			var s session
			if json.Unmarshal(raw, &s) != nil || s.Person != v.actor.Person || !s.good(v.now) {
				continue
			}
			m := mine{ID: strings.TrimPrefix(key, keyPrefix)[:idLen], Words: "session-computer", Made: s.Made, Seen: s.Seen, This: key == v.key}
			if s.Phone {
				m.Words = "session-phone"
			}
			list = append(list, m)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b mine) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID)) })
	p := d.page(r, v, "sessions-title")
	p.Data = list
	if err := p.Note(notice); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "sessions.html")
}

// endSessions ends one other session of the visitor.
func (d *Desk) endSessions(w http.ResponseWriter, r *http.Request, v *visitor) error {
	id := r.PostForm.Get("id")
	if len(id) != idLen {
		return errChoice
	}
	err := d.o.Store.Update(r.Context(), func(tx storage.Tx) error {
		all, err := tx.Keys(keyPrefix + id)
		if err != nil {
			return err
		}
		for key, raw := range all {
			var s session
			if json.Unmarshal(raw, &s) == nil && s.Person == v.actor.Person && key != v.key {
				if err := tx.PutKey(key, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.showSessions(w, r, v, "session-ended")
}
