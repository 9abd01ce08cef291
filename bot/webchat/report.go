package webchat

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
)

// Reports: what somebody has written at the code of a building or a group (see the residents'
// pages) begins their private chat with Linli. Who has no session yet becomes a guest: a
// member of no group, known by nothing but the cookie.

// Guests are made without a code of the committee's, so that they are counted: few from one
// address of the net, behind which there may be a whole building, and not too many in all.
const (
	guestsEach = 20
	guestsIn   = 10 * time.Minute
	guestsAll  = 300
	allIn      = time.Hour
)

// slip is what a report shows when it was not taken.
type slip struct{ Code, Form, Text, Name, Wrong string }

// report takes the form of a report page: code, form (the id of the form), text, name and, if
// there is one, a photo.
func (w *Webchat) report(rw http.ResponseWriter, r *http.Request) error {
	if w.o.Demo != nil || w.o.Scene == nil {
		return errNoChat
	}
	r.Body = http.MaxBytesReader(rw, r.Body, maxPhoto+(64<<10))
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		s := slip{Wrong: "form"}
		if errors.Is(tooLarge(err), errLarge) {
			s.Wrong = "large"
		}
		return w.render(rw, http.StatusBadRequest, "report.html", s)
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	name := strings.Join(strings.Fields(plain(r.PostFormValue("name"))), " ")
	s := slip{Code: r.PostFormValue("code"), Form: r.PostFormValue("form"), Text: clean(r.PostFormValue("text")), Name: name}
	again := func(status int, wrong string) error {
		s.Wrong = wrong
		return w.render(rw, status, "report.html", s)
	}
	scene, ok := w.o.Scene(s.Code)
	switch {
	case !ok:
		return again(http.StatusNotFound, "place")
	case !goodID.MatchString(s.Form):
		return again(http.StatusBadRequest, "form")
	case utf8.RuneCountInString(name) > maxName || taken(name):
		return again(http.StatusBadRequest, "name")
	}
	o := PostOptions{ID: s.Form, Scene: scene}
	var err error
	if o.Photo, err = part(r, "photo", maxPhoto); err != nil && !errors.Is(err, errEmpty) { // an empty field is no photo
		return again(http.StatusRequestEntityTooLarge, "large")
	}
	switch {
	case strings.TrimSpace(s.Text) == "" && o.Photo == nil:
		return again(http.StatusBadRequest, "empty")
	case utf8.RuneCountInString(s.Text) > maxText:
		return again(http.StatusRequestEntityTooLarge, "long")
	}
	v, err := w.who(r, "")
	if errors.Is(err, errSession) {
		if !w.guests.ok(w.visitor(r), time.Now()) || !w.allGuests.ok("", time.Now()) {
			rw.Header().Set("Retry-After", "600")
			return again(http.StatusTooManyRequests, "many")
		}
		v, err = w.guest(rw, r, name)
	} else if err == nil && !w.posts.ok(v.member, time.Now()) {
		return again(http.StatusTooManyRequests, "many")
	}
	if err != nil {
		return err
	}
	if err := w.enters(v.member, scene, s.Form); err != nil {
		return err
	}
	switch _, err = w.Post(r.Context(), v.member, "m/"+v.member, s.Text, o); {
	case errors.Is(err, errType):
		return again(http.StatusUnsupportedMediaType, "type")
	case errors.Is(err, errReceive):
		// It is kept, and handed over again.
		w.log.WarnContext(r.Context(), "a report is stored and not yet taken")
	case err != nil:
		return err
	}
	http.Redirect(rw, r, w.o.Base+"/chat/", http.StatusSeeOther)
	return nil
}

// guest makes a member of no group, with a session.
func (w *Webchat) guest(rw http.ResponseWriter, r *http.Request, name string) (v viewer, err error) {
	v.member = random()
	token := random() + random()
	sum := sha256.Sum256([]byte(token))
	err = w.h.update(func(t tx) error {
		if err := t.putMember(v.member, person{Name: name, Lang: lang(r), Guest: true}); err != nil {
			return err
		}
		return write(t.bucket("sessions"), sum[:], session{Member: v.member, Made: w.o.Now()})
	})
	if err != nil {
		return v, wrap("guest", err)
	}
	w.setCookie(rw, r, token, int(sessionFor/time.Second))
	return v, nil
}

// enters puts before what a member says that a code has led them to their private chat.
func (w *Webchat) enters(member, scene, form string) error {
	turn := w.turn("m/" + member)
	turn.Lock()
	defer turn.Unlock()
	name, now := "e/"+member+"/"+form, w.o.Now()
	return w.h.update(func(t tx) error {
		p, err := t.member(member)
		if err != nil || t.seen(name) != nil {
			return err
		}
		in := w.heard(t, p, Line{Chat: "m/" + member, From: member}, bot.Entered, "e/"+form, now)
		in.Scene = scene
		if err := t.see(name, "e", now); err != nil {
			return err
		}
		return t.waits(name, in)
	})
}

// goneGuests gives the guests whose sessions are over: nobody can come back as one of them.
func (t tx) goneGuests() (gone []string, err error) {
	var guests []string
	err = t.bucket("members").ForEach(func(k, v []byte) error {
		var p person
		if json.Unmarshal(v, &p) == nil && p.Guest {
			guests = append(guests, string(k))
		}
		return nil
	})
	if err != nil || len(guests) == 0 {
		return nil, err
	}
	there := map[string]bool{}
	err = t.bucket("sessions").ForEach(func(_, v []byte) error {
		var s session
		if json.Unmarshal(v, &s) == nil {
			there[s.Member] = true
		}
		return nil
	})
	return slices.DeleteFunc(guests, func(id string) bool { return there[id] }), err
}

// dropGuests forgets the guests who cannot come back.
func (h *history) dropGuests() error {
	var gone []string
	if err := h.view(func(t tx) (err error) { gone, err = t.goneGuests(); return err }); err != nil {
		return err
	}
	for _, id := range gone {
		if err := h.forget(id); err != nil {
			return err
		}
	}
	return nil
}
