package pages

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// What is printed for a hearing: the notice (公告), the sheet for the door with the code
// by which people check in, and the one they sign (签到表).

// blankNames are how many empty lines the sheet to sign has besides those expected.
const blankNames = 12

// mostNames are the most lines for people who are expected.
const mostNames = 1000

// hearingPaper is what the sheets show.
type hearingPaper struct {
	Head, No string
	Topic    string
	Off      string // it is off, and why
	Preview  bool   // it was not announced
	Six      []printed
	Notes    []string
	Square   template.HTML
	URL      string
	Day      string // of the notice
	Printed  string
	Time     string
	Code     string
	How      string // what to do with the square
	Else     string // what to do without a telephone
	Lines    []signature
}

// printed is one of the six items as it is printed.
type printed struct {
	sixth
	Script string // language of Other, where it can be told
}

// signature is a line of the sheet to sign.
type signature struct{ N, Where string }

// notice is the printed notice. It is everybody's once the hearing is announced; before
// that who leads it may look at it, if nothing is missing.
func (p *Pages) notice(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.loadHearing(r.Context(), who)
	if err != nil {
		return err
	}
	s := p.hearingSheet(r, who, &v)
	t := p.tellHearing(s, &v)
	six := t.six()
	if !full(six) || !v.announced() && !v.leads {
		return errHearingYet
	}
	data := &hearingPaper{Head: t.say("hear-notice-"+t.formKey(), nil), Preview: !v.announced(), Notes: t.noticeNotes()}
	if v.Stage == hearing.Off {
		data.Off = t.say("hear-notice-off", flows.Vars{"why": flows.Text(v.Changed)})
	}
	for _, x := range six {
		data.Six = append(data.Six, printed{x, script(x.Other)})
	}
	if v.announced() {
		data.Day = s.Day(v.Noticed)
	}
	data.How = t.say("hear-scan", nil)
	return p.printHearing(w, s, t, &v, data, "notice.html", "")
}

// noticeNotes are what the notice says besides the six items.
func (t *tellHearing) noticeNotes() (out []string) {
	v := t.v
	if v.Stage == hearing.Off {
		return nil
	}
	if v.moved() {
		out = append(out, t.say("hear-changed", flows.Vars{"why": flows.Text(v.Changed)}))
	}
	if who := t.post(v.Chair); who.Person != "" {
		out = append(out, t.say("hear-chair", flows.Vars{"who": who}))
	}
	if out = append(out, t.waivers()...); v.Seats > 0 && v.Kept > 0 && !v.Freed {
		out = append(out, t.say("hear-notice-kept", flows.Vars{"n": flows.Num(v.Kept)}))
	}
	return append(out, t.say("hear-notice-before", nil))
}

// script is the language tag of a name in a second script, where its letters tell which
// it is; a browser then takes a fitting font.
func script(name string) string {
	for _, x := range []struct {
		letters *unicode.RangeTable
		tag     string
	}{{unicode.Mongolian, "mn-Mong"}, {unicode.Tibetan, "bo"}, {unicode.Arabic, "ug"}, {unicode.Hangul, "ko"}, {unicode.Yi, "ii"}} {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(x.letters, r) }) {
			return x.tag
		}
	}
	return ""
}

// printHearing writes a sheet about a hearing.
func (p *Pages) printHearing(w http.ResponseWriter, s *sheet, t *tellHearing, v *heard, data *hearingPaper, name, query string) error {
	data.Topic, data.Time = t.topic(), t.span(v.From, v.To)
	return p.printSheet(w, &t.telling, data, p.HearingLink(v.row.ID, "", p.o.Now()), name, query)
}

// printSheet writes a sheet with what all of them have: the number, the day, the square of a
// link with a query behind it.
func (p *Pages) printSheet(w http.ResponseWriter, t *telling, data *hearingPaper, link, name, query string) (err error) {
	s := t.s
	data.No, data.Printed = flows.Spoken(t.no), s.Day(s.At)
	if data.URL = link; data.URL != "" {
		if data.Square, err = square(data.URL + query); err != nil {
			return err
		}
	}
	if t.err != nil {
		return t.err
	}
	s.Data = data
	return frame.Render(w, http.StatusOK, sheets, name, s)
}

// led reads the hearing of a link for who leads it, while it is announced.
func (p *Pages) led(r *http.Request, who *reader) (v heard, err error) {
	if v, err = p.loadHearing(r.Context(), who); err != nil {
		return v, err
	}
	switch {
	case !v.leads:
		return v, errHearingRun
	case !v.announced() || v.ended():
		return v, errHearingYet
	}
	return v, nil
}

// doorSheet is what hangs at the door: the code by which people check in.
func (p *Pages) doorSheet(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.led(r, who)
	if err != nil {
		return err
	}
	if v.Code == "" {
		return errHearingYet
	}
	s := p.hearingSheet(r, who, &v)
	t := p.tellHearing(s, &v)
	data := &hearingPaper{Head: t.form(), Code: v.Code}
	for _, x := range t.six() {
		if x.Key == "place" {
			data.Six = append(data.Six, printed{x, script(x.Other)})
		}
	}
	data.How, data.Else = t.say("hear-door-how-plain", nil), t.say("hear-door-none", nil)
	if p.o.PublicURL != "" {
		data.How = t.say("hear-door-how", nil)
	}
	return p.printHearing(w, s, t, &v, data, "door.html", "?code="+v.Code)
}

// signIn is the sheet that people sign: for each who has said that they come, or sends
// somebody, a line with the building, and empty lines. It bears no name and no number of
// anybody.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.led(r, who)
	if err != nil {
		return err
	}
	s := p.hearingSheet(r, who, &v)
	t := p.tellHearing(s, &v)
	data := &hearingPaper{Head: t.form()}
	var homes []flows.Place
	proxies := map[int]bool{}
	err = p.o.Store.View(r.Context(), func(tx storage.Tx) error {
		for _, tag := range []string{hearing.TagYes, hearing.TagHere, hearing.TagProxy} {
			list, _, err := tx.Entries(v.row.ID, tag, "", mostNames)
			if err != nil {
				return err
			}
			for _, e := range list {
				if strings.Contains(e.Key, "/") {
					continue // of no person
				}
				x, err := personOf(tx, s.Settings, flows.PersonID(e.Key))
				if err != nil && !errors.Is(err, storage.ErrNone) {
					return err
				}
				if tag == hearing.TagProxy {
					proxies[len(homes)] = true
				}
				homes = append(homes, flows.Place{Building: x.Home.Building})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	order := make([]int, len(homes))
	for i := range order {
		order[i] = i
	}
	at := func(id string) int {
		if i := slices.IndexFunc(s.Settings.Buildings, func(b flows.Building) bool { return b.ID == id }); i >= 0 {
			return i
		}
		return len(s.Settings.Buildings)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(at(homes[a].Building), at(homes[b].Building)), cmp.Compare(homes[a].Building, homes[b].Building))
	})
	for _, i := range order {
		name := t.where(homes[i])
		if proxies[i] {
			name = t.say("hear-sign-proxy", flows.Vars{"where": flows.Text(name)})
		}
		data.Lines = append(data.Lines, signature{strconv.Itoa(len(data.Lines) + 1), name})
	}
	for range blankNames {
		data.Lines = append(data.Lines, signature{strconv.Itoa(len(data.Lines) + 1), ""})
	}
	return p.printHearing(w, s, t, &v, data, "signin.html", "")
}
