package webchat

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	cookie     = "linli_chat"
	sessionFor = 180 * 24 * time.Hour
	maxName    = 100 // runes; names of minorities are long
)

// session finds a session that is still good.
func (t tx) session(hash []byte, now time.Time) (session, error) {
	s, err := read[session](t.bucket("sessions"), hash, errSession)
	if err == nil && now.Sub(s.Made) > sessionFor {
		err = errSession
	}
	return s, err
}

// entry is what the entry page shows.
type entry struct{ Code, Name, Wrong string }

// room is the chat of a member, or the door for who is none yet. In the demo
// it shows the chat of one member.
func (w *Webchat) room(rw http.ResponseWriter, r *http.Request) error {
	as := r.URL.Query().Get("as")
	if w.o.Demo != nil && as == "" {
		http.Redirect(rw, r, w.o.Base+"/", http.StatusSeeOther)
		return nil
	}
	v, err := w.who(r, as)
	if errors.Is(err, errSession) {
		return w.render(rw, http.StatusOK, "enter.html", entry{Code: r.URL.Query().Get("code")})
	}
	if err != nil {
		return err
	}
	var p person
	if err := w.h.view(func(t tx) (err error) { p, err = t.member(v.member); return err }); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "room.html", struct {
		ID, Name, As string
		Demo         bool
	}{v.member, p.Name, as, w.o.Demo != nil})
}

// enter redeems an entry code. A member who has a session comes into more
// groups by it and stays who they are.
func (w *Webchat) enter(rw http.ResponseWriter, r *http.Request) error {
	if w.o.Demo != nil {
		return errNoChat
	}
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return tooLarge(err)
	}
	again := func(status int, wrong string) error {
		return w.render(rw, status, "enter.html", entry{Code: r.PostForm.Get("code"), Name: r.PostForm.Get("name"), Wrong: wrong})
	}
	if !w.entries.ok(w.visitor(r), time.Now()) {
		rw.Header().Set("Retry-After", "60")
		return again(http.StatusTooManyRequests, "many")
	}
	code := strings.TrimSpace(r.PostForm.Get("code"))
	name := strings.Join(strings.Fields(plain(r.PostForm.Get("name"))), " ")
	switch n := utf8.RuneCountInString(name); {
	case n == 0 || n > maxName || taken(name):
		return again(http.StatusBadRequest, "name")
	case code == "" || len(code) > 200:
		return again(http.StatusForbidden, "code")
	}
	id := random()
	v, err := w.who(r, "")
	member := err == nil
	if member {
		id = v.member
	}
	if w.door == nil {
		return again(http.StatusServiceUnavailable, "later")
	}
	groups, err := w.door.Enter(r.Context(), code, Name+":m/"+id, name)
	switch {
	case errors.Is(err, ErrCode):
		return again(http.StatusForbidden, "code")
	case err != nil:
		w.log.WarnContext(r.Context(), "the door does not work", "err", err)
		return again(http.StatusServiceUnavailable, "later")
	}
	token := random() + random()
	now := w.o.Now()
	if err := w.h.update(func(t tx) error {
		for _, g := range groups {
			if err := t.addGroup(g, ""); err != nil {
				return err
			}
		}
		if err := t.putMember(id, person{Name: name, Groups: groups, Lang: lang(r)}); err != nil {
			return err
		}
		if member {
			return nil
		}
		sum := sha256.Sum256([]byte(token))
		return write(t.bucket("sessions"), sum[:], session{Member: id, Made: now})
	}); err != nil {
		return wrap("enter", err)
	}
	w.entries.back(w.visitor(r)) // a whole building may come in through one address
	w.bell.ring()
	if !member {
		w.setCookie(rw, r, token, int(sessionFor/time.Second))
	}
	http.Redirect(rw, r, w.o.Base+"/chat/", http.StatusSeeOther)
	return nil
}

// leave ends a session; the member comes back with a new code.
func (w *Webchat) leave(rw http.ResponseWriter, r *http.Request) error {
	v, err := w.who(r, "")
	if err == nil && v.session != nil {
		if err := w.h.update(func(t tx) error { return t.bucket("sessions").Delete(v.session) }); err != nil {
			return wrap("leave", err)
		}
		w.bell.ring()
	}
	w.setCookie(rw, r, "", -1)
	http.Redirect(rw, r, w.o.Base+"/chat/", http.StatusSeeOther)
	return nil
}

func (w *Webchat) setCookie(rw http.ResponseWriter, r *http.Request, token string, age int) {
	http.SetCookie(rw, &http.Cookie{
		Name: cookie, Value: token, Path: w.o.Base + "/chat/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: w.o.Secure || r.TLS != nil,
	})
}

// plain is clean for a name, which must not hide behind marks of no width.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x200B && r <= 0x200F || r >= 0x2060 && r <= 0x2064 || r == 0xFEFF {
			return -1
		}
		return r
	}, clean(s))
}

// taken keeps people from calling themselves what Linli is called.
func taken(name string) bool {
	n := strings.ToLower(strings.ReplaceAll(name, " ", ""))
	return n == "linli" || n == "邻里" || n == "linli邻里"
}

// lang is the language that the browser asks for first.
func lang(r *http.Request) string {
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return "en"
	}
	return "zh"
}
