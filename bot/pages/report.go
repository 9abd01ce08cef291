package pages

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/storage"
)

// The page behind the code of a building or a group: somebody writes what is wrong there.
// Where the public account says by which account it was opened, the words are that account's;
// else they begin a private conversation in the web chat; where there is neither, the page says
// how Linli is reached.

// Way is another way to Linli, for who reads a page.
type Way struct {
	Channel string // "official" (公众号), "kefu" (微信客服)
	URL     string // what its square says
	Tap     bool   // the address may also be tapped
}

// Card is what the platform wants to know of a page that brings a card of its own when it is
// shared there (JS-SDK).
type Card struct {
	AppID, Nonce, Signature string
	At                      int64 // Unix seconds
}

const (
	maxReport = 2000     // runes
	maxPhoto  = 24 << 20 // bytes, more than is kept of any: the words of one that is too large still count
	reportsIn = time.Hour
)

// reportPage is what the page shows.
type reportPage struct {
	At        spot
	Place     string
	Post      string // where the form goes; "" where nobody takes it here
	GoesOn    bool   // the words begin a private conversation in the web chat, which asks whether to file them
	Photo     bool   // the form takes a photo
	Units     []string
	Unit      string
	Text      string
	Name      string
	Wrong     string // key of the words for what is wrong
	Danger    string // the numbers to call first
	Ways      []shownWay
	Card      *Card
	CardURL   string
	CardTitle string
	CardImage string
}

// shownWay is a way as a page shows it.
type shownWay struct {
	Way
	Picture string        // path of its square as a picture, which a phone can be held on
	Square  template.HTML // the square for paper
}

func (p *Pages) report(w http.ResponseWriter, r *http.Request, _ *reader) error {
	at, err := p.spot(r.PathValue("code"))
	if err != nil {
		return err
	}
	if p.account(r) == "" && r.URL.Query().Get("without") == "" {
		if err := p.away(w, r, "/r/"+at.Code); !errors.Is(err, errInside) {
			return err
		}
	}
	return p.showReport(w, r, &reportPage{At: at})
}

func (p *Pages) showReport(w http.ResponseWriter, r *http.Request, d *reportPage) error {
	s := p.sheet(r, nil, bot.Mine{}, "report-title")
	d.Place = p.placeOf(s, d.At)
	if b, ok := s.Settings.Building(d.At.place.Building); ok && len(b.Units) > 1 {
		d.Units = b.Units
	}
	switch {
	case p.account(r) != "" && p.o.Receive != nil:
		d.Post, d.Photo = p.o.Base+"/r/"+d.At.Code, p.o.Photos != nil
	case p.o.Report != "":
		d.Post, d.GoesOn, d.Photo = p.o.Base+p.o.Report, true, true
	}
	var err error
	if d.Danger, err = p.dangerLine(s); err != nil {
		return err
	}
	if d.Ways, err = p.ways(r.Context(), d.At); err != nil {
		return err
	}
	if err := p.card(w, r, s, d); err != nil {
		return err
	}
	s.Sheet, s.Data = "report.css", d
	status := http.StatusOK
	if d.Wrong != "" {
		status = http.StatusBadRequest
	}
	return frame.Render(w, status, sheets, "report.html", s)
}

// placeOf writes what a code was made for.
func (p *Pages) placeOf(s *sheet, at spot) string {
	if at.group.ID == "" {
		return s.Settings.PlaceName(at.place, s.Lang, false)
	}
	if at.group.Other != "" {
		return at.group.Name + "（" + at.group.Other + "）"
	}
	return at.group.Name
}

// dangerLine says whom to call first.
func (p *Pages) dangerLine(s *sheet) (string, error) {
	x := s.Settings.Phones
	return s.T("report-danger", "fire", x.Fire, "ambulance", x.Ambulance, "police", x.Police, "gas", x.Gas)
}

// ways are the other ways for a place.
func (p *Pages) ways(ctx context.Context, at spot) (out []shownWay, err error) {
	if p.o.Ways == nil {
		return nil, nil
	}
	list, err := p.o.Ways(ctx, at.scene)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		out = append(out, shownWay{Way: x, Picture: p.o.Base + "/r/" + at.Code + "/" + x.Channel + ".png"})
	}
	return out, nil
}

// card prepares a page that brings its own card. It is the only kind of page that runs a
// script, and that of the platform; where the account gives no signature it is a page like
// all others.
func (p *Pages) card(w http.ResponseWriter, r *http.Request, s *sheet, d *reportPage) (err error) {
	link := p.ReportLink(d.At.scene)
	if p.o.Card == nil || link == "" || !inWeChat(r) || r.Method != http.MethodGet {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), whoWithin)
	defer cancel()
	c, err := p.o.Card(ctx, p.o.PublicURL+r.URL.RequestURI())
	if err != nil {
		p.o.Log.WarnContext(ctx, "a report page has no card", "err", err)
		return nil
	}
	if d.CardTitle, err = s.T("report-card", "place", d.Place); err != nil {
		return err
	}
	d.Card, d.CardURL, d.CardImage = &c, link, p.o.PublicURL+p.o.Base+"/r/"+d.At.Code+"/page.png"
	w.Header().Set("Content-Security-Policy", frame.PolicyWith("script-src 'self' https://res.wx.qq.com"))
	return nil
}

// reported takes what somebody has written whose account is known.
func (p *Pages) reported(w http.ResponseWriter, r *http.Request, _ *reader) error {
	at, err := p.spot(r.PathValue("code"))
	if err != nil {
		return err
	}
	f := r.PostForm
	d := &reportPage{At: at, Text: f.Get("text"), Unit: f.Get("unit"), Name: f.Get("name")}
	account := p.account(r)
	if account == "" { // the hour is over while they wrote
		d.Wrong = "report-again"
		return p.showReport(w, r, d)
	}
	b, _ := p.o.Settings().Building(at.place.Building)
	text, wrong := Written(d.Text, d.Unit, b)
	if wrong != "" {
		d.Wrong = wrong
		return p.showReport(w, r, d)
	}
	name := ""
	if strings.TrimSpace(d.Name) != "" {
		var ok bool
		if name, ok = frame.Name(d.Name, maxName); !ok {
			d.Wrong = "report-name-wrong"
			return p.showReport(w, r, d)
		}
	}
	if _, ok := p.reports.Try(account, p.o.Now()); !ok {
		d.Wrong = "report-many"
		return p.showReport(w, r, d)
	}
	form := f.Get("form")
	if len(form) != 32 || strings.Trim(form, "0123456789abcdef") != "" {
		return frame.ErrForm
	}
	photo, err := frame.File(r, "photo")
	if err != nil {
		return err
	}
	msg, lost := flows.Message{Ref: "page-" + form, Text: text}, false
	if len(photo) > 0 && p.o.Photos != nil {
		// The words go on without a photo that cannot be kept: they may be of a danger.
		m, err := p.o.Photos.KeepPhoto(r.Context(), photo)
		if lost = err != nil; !lost {
			msg.Media = []flows.Media{m}
		} else if !errors.As(err, new(bot.Refused)) {
			p.o.Log.ErrorContext(r.Context(), "a photo could not be kept", "err", err)
		}
	}
	peer := bot.Peer{Address: account, Name: name, Person: true, Lang: frame.Lang(r, p.o.Settings().Lang)}
	in := bot.Inbound{Channel: p.o.OAuth.Channel, Keys: []string{"page/" + account + "/" + form}, At: p.o.Now(), Chat: peer, From: peer,
		Kind: bot.Said, Scene: at.scene, Agrees: true, Message: msg}
	a, err := p.o.Receive.Receive(r.Context(), in)
	if err != nil {
		return fmt.Errorf("%w: %w", errReceive, err)
	}
	c, err := p.caseOf(r.Context(), a.Opened)
	if err != nil {
		return err
	}
	told, err := p.toldReport(r, a, c, lost)
	if err != nil {
		return err
	}
	if told == "" {
		for _, m := range msg.Media {
			if err := p.o.Photos.DropPhoto(r.Context(), m); err != nil {
				p.o.Log.WarnContext(r.Context(), "a photo that leads to nothing is still there", "err", err)
			}
		}
		d.Wrong = "report-unread"
		return p.showReport(w, r, d)
	}
	p.told.back(w, r, p.o.Base+"/r/"+at.Code+"/done", at.Code+"/"+account, told, p.o.Now())
	return nil
}

// Written is what somebody has written into a report: the words, with the unit they have chosen
// where the words do not name one. Wrong is the key of the words for what is wrong with it.
func Written(text, unit string, b flows.Building) (words, wrong string) {
	words = strings.TrimSpace(text)
	switch {
	case words == "":
		return "", "report-empty"
	case utf8.RuneCountInString(words) > maxReport:
		return "", "report-long"
	}
	if slices.Contains(b.Units, unit) && !strings.Contains(words, "单元") {
		words = unit + "单元：" + words
	}
	return words, ""
}

// caseOf reads a case; zero where there is none.
func (p *Pages) caseOf(ctx context.Context, id flows.ID) (c flows.Case, err error) {
	if id == "" || p.o.Store == nil {
		return c, nil
	}
	err = p.o.Store.View(ctx, func(tx storage.Tx) (err error) { c, err = tx.Case(id); return err })
	if errors.Is(err, storage.ErrNone) {
		return flows.Case{}, nil
	}
	return c, err
}

// toldReport says what became of a report, and that its photo is lost; "" where nothing
// became of it.
func (p *Pages) toldReport(r *http.Request, a bot.Answer, c flows.Case, lost bool) (told string, err error) {
	s := p.sheet(r, nil, bot.Mine{}, "report-title")
	switch {
	case c.Danger != "":
		told, err = s.T("report-done-danger")
	case c.No > 0:
		told, err = s.T("report-done-no", "no", flows.Spoken(c.No))
	case c.ID != "":
		told, err = s.T("report-done-asked")
	case a.Toast != "":
		told = a.Toast
	case a.Kept:
		told, err = s.T("report-done")
	}
	if err != nil || told == "" || !lost {
		return told, err
	}
	without, err := s.T("report-done-no-photo")
	return told + without, err
}

// reportDone shows what became of a report.
func (p *Pages) reportDone(w http.ResponseWriter, r *http.Request, _ *reader) error {
	at, err := p.spot(r.PathValue("code"))
	if err != nil {
		return err
	}
	s := p.sheet(r, nil, bot.Mine{}, "report-title")
	d := &reportPage{At: at, Place: p.placeOf(s, at), Post: p.o.Base + "/r/" + at.Code}
	account := p.account(r)
	d.Text = p.told.get(r, at.Code+"/"+account, p.o.Now())
	if account == "" || d.Text == "" {
		http.Redirect(w, r, d.Post, http.StatusSeeOther)
		return nil
	}
	if d.Danger, err = p.dangerLine(s); err != nil {
		return err
	}
	s.Data = d
	return frame.Render(w, http.StatusOK, sheets, "reported.html", s)
}
