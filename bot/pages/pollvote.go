package pages

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// What can be done on the page of a poll: a vote, saying where one lives, questioning
// a result, sending a poll that one has written. The rules answer; a page only hands
// it on.

// channel is the name under which the pages hand things over. Nobody can be written
// to there.
const channel = "pages"

// maxCode is the longest text that may be a code.
const maxCode = 100

// FormID names a form, so that a form sent twice is one event.
func (s *sheet) FormID() string { return frame.Random()[:32] }

// Letter names an option by its place.
func (s *sheet) Letter(i int) string { return poll.Letter(i) }

// hand hands something over as the reader's, and gives the answer.
func (p *Pages) hand(r *http.Request, who flows.PersonID, name, lang string, in bot.Inbound) (bot.Answer, error) {
	return p.handPart(r, who, name, lang, "", in)
}

// handPart is hand of one of several things that a form brings; part names it among
// them.
func (p *Pages) handPart(r *http.Request, who flows.PersonID, name, lang, part string, in bot.Inbound) (bot.Answer, error) {
	form := r.PostForm.Get("form")
	if len(form) != 32 || strings.Trim(form, "0123456789abcdef") != "" {
		return bot.Answer{}, frame.ErrForm
	}
	if p.o.Receive == nil {
		return bot.Answer{}, errReceive
	}
	peer := bot.Peer{Address: string(who), Name: name, Person: true, Lang: lang}
	in.Channel, in.Keys, in.At, in.Chat, in.From, in.As = channel, []string{channel + "/" + string(who) + "/" + form + part}, p.o.Now(), peer, peer, who
	a, err := p.o.Receive.Receive(r.Context(), in)
	if err != nil {
		return a, fmt.Errorf("%w: %w", errReceive, err)
	}
	return a, nil
}

// vote takes the form of the options.
func (p *Pages) vote(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	letter := r.PostForm.Get("v")
	back := letter == "back" && who.person != "" && v.Unit == flows.PerPerson
	if back {
		letter = ""
	} else if v.Option(letter) < 0 {
		return p.wrongForm(w, r, who, "poll-choose")
	}
	if v.voting(p.o.Now()) && v.coded() {
		home, wrong, err := p.byCode(w, r, who)
		if err != nil {
			return err
		}
		if wrong != "" {
			return p.wrongForm(w, r, who, wrong)
		}
		who = home
		if v, err = p.load(r.Context(), who); err != nil {
			return err
		}
	}
	if who.person == "" { // the time is over: nothing to hand on, and nobody who hands it on
		return p.showPoll(w, r, who, "", nil)
	}
	a, err := p.hand(r, who.person, v.person.Name, v.person.Lang, bot.Inbound{Kind: bot.Pressed, Press: string(who.of) + "/v!=" + letter})
	if err != nil {
		return err
	}
	now, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	notice, s := a.Toast, p.pollSheet(r, who, &now)
	// What the rules say to a vote in a chat may name the option, where all is open. Here
	// nobody who looks over a shoulder reads it.
	changed := now.in != v.in || !bytes.Equal(now.vote.Data, v.vote.Data)
	switch {
	case back && !now.in && (changed || notice == ""):
		notice, err = s.T("poll-back")
	case !back && now.in && (changed || notice == ""):
		notice, err = s.T("poll-taken")
	}
	if err != nil {
		return err
	}
	return p.showPoll(w, r, who, notice, nil)
}

func (p *Pages) wrongForm(w http.ResponseWriter, r *http.Request, who *reader, wrong string) error {
	return p.showPoll(w, r, who, "", func(d *pollPage) {
		d.Wrong, d.Code = wrong, strings.TrimSpace(r.PostForm.Get("code"))
	})
}

// byCode finds the home whose code was typed in, and gives its reader; else the words
// for what was wrong.
func (p *Pages) byCode(w http.ResponseWriter, r *http.Request, who *reader) (home *reader, wrong string, err error) {
	code, from, now := strings.TrimSpace(r.PostForm.Get("code")), frame.Visitor(r, p.o.Proxied), p.o.Now()
	if p.o.EnterHome == nil {
		return nil, "", errReceive
	}
	if code == "" || len(code) > maxCode {
		return nil, "poll-code-none", nil
	}
	again, ok := p.wrong.Try(from, now)
	if !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(again.Sub(now)/time.Second)+1))
		return nil, "poll-code-many", nil
	}
	id, err := p.o.EnterHome(r.Context(), code, from)
	if errors.Is(err, bot.ErrCode) {
		return nil, "poll-code-wrong", nil
	}
	p.wrong.Back(from) // several households may share one address
	if err != nil {
		return nil, "", err
	}
	return p.readerOf(who.of, id), "", nil
}

// readerOf is somebody with a link of their own to a poll.
func (p *Pages) readerOf(id flows.ID, person flows.PersonID) *reader {
	path := p.pollPath(id, person, p.o.Now())
	return &reader{of: id, person: person, token: path[strings.LastIndexByte(path, '/')+1:]}
}

// home keeps where the reader lives, where that is not known yet. To change it there
// is the page of one's own data: this link is shown around more easily.
func (p *Pages) home(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	if who.person == "" || !v.homeless() {
		return p.showPoll(w, r, who, "", nil)
	}
	set := p.o.Settings()
	c, err := correction(r, set)
	if err == nil && (c.Home == nil || c.Home.Building == "" || v.Unit != flows.PerPerson && c.Home.Room == "") {
		err = errMine
	}
	if errors.Is(err, errMine) {
		return p.wrongForm(w, r, who, "poll-home-wrong")
	}
	if err != nil {
		return err
	}
	home := *c.Home
	if h, ok := set.Household(home); ok {
		home = h.Place() // with its unit, where there is only one
	} else if v.Unit != flows.PerPerson {
		return p.wrongForm(w, r, who, "poll-home-unlisted")
	}
	err = p.o.Data.Correct(r.Context(), who.person, bot.Correction{Home: &home})
	if errors.Is(err, storage.ErrNone) {
		err = errReceive // of the directory, and never heard yet
	}
	if err != nil {
		return err
	}
	now, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	words := "poll-home-kept"
	if v.pending && now.in {
		words = "poll-taken"
	}
	notice, err := p.pollSheet(r, who, &now).T(words)
	if err != nil {
		return err
	}
	return p.showPoll(w, r, who, notice, nil)
}

// press hands a button of the page on: to question a result, to send or drop what
// one has written.
func (p *Pages) press(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	choice := r.PostForm.Get("choice")
	if who.person == "" || !slices.Contains([]string{"doubt", "send", "drop"}, choice) {
		return frame.ErrForm
	}
	a, err := p.hand(r, who.person, v.person.Name, v.person.Lang, bot.Inbound{Kind: bot.Pressed, Press: string(who.of) + "/" + choice})
	if err != nil {
		return err
	}
	s, notice := p.pollSheet(r, who, &v), a.Toast
	now, err := p.load(r.Context(), who)
	if choice == "drop" && errors.Is(err, errPollOver) {
		s.Data = "poll-dropped"
		return frame.Render(w, http.StatusOK, sheets, "said.html", s)
	}
	if err != nil {
		return err
	}
	words := ""
	switch {
	case notice != "":
	case choice == "doubt":
		words = "poll-doubted"
	case choice == "send" && now.Stage == poll.Preview:
		words = "poll-not-sent"
	case choice == "send" && now.Stage == poll.Open:
		words = "poll-sent"
	}
	if words != "" {
		if notice, err = s.T(words); err != nil {
			return err
		}
	}
	return p.showPoll(w, r, who, notice, nil)
}
