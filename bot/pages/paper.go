package pages

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rsc.io/qr"

	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/poll"
)

// The form on paper (纸质表): for who has no telephone, and to bring the code of a
// household to its door.

// blankLines are how many households fit on the list form.
const blankLines = 14

// blanks are how many forms without a household fit on a sheet.
const blanks = 2

// paperPage is what the sheets show.
type paperPage struct {
	Question string
	Force    string
	Options  []option
	Rules    []string
	Until    string
	Hand     string // where to
	No       string
	Proxy    bool
	Forms    []paperForm
	List     []struct{} // lines of the list form; none where votes are secret
}

type paperForm struct {
	Where  string // the household in words; empty: to be filled in
	Code   string
	URL    string
	Square template.HTML
}

// Forms writes the forms of a poll to print: one for each household of codes, with its
// code, which makes sure of who lives there; where there are none one that households
// write themselves on, and in an open poll a list on which several sign. Who may have
// them is the caller's to know.
func (p *Pages) Forms(w http.ResponseWriter, r *http.Request, id flows.ID, codes map[flows.Place]string) error {
	v, err := p.load(r.Context(), &reader{of: id})
	if err != nil {
		return err
	}
	return p.print(w, p.pollSheet(r, nil, &v), &v, codes)
}

func (p *Pages) print(w http.ResponseWriter, s *sheet, v *seen, codes map[flows.Place]string) error {
	t := newTellPoll(s, v)
	set, link := s.Settings, p.PollLink(v.ID, "", p.o.Now())
	starter, _ := set.Official(v.Starter)
	vars := flows.Vars{"until": flows.At(v.Until), "clock": flows.Text(v.Until.In(set.Zone).Format("15:04")), "who": flows.Who(v.Starter), "phone": flows.Text(starter.Phone), "office": flows.Text(set.Phones.Office)}
	data := &paperPage{Question: v.Question, Force: t.say("force-"+string(v.Force), nil), Until: t.say("paper-until", vars), Hand: t.say("paper-hand", vars),
		No: flows.Spoken(v.No), Proxy: v.TermsOf(set).Proxies > 0 && v.Unit != flows.PerPerson,
		Rules: []string{t.say("unit-"+string(v.Unit), nil), t.say("paper-one", nil), t.say("paper-two", nil)}}
	if v.Named {
		data.Rules = append(data.Rules, t.say("paper-named", nil))
	} else {
		data.Rules = append(data.Rules, t.say("paper-secret", nil))
	}
	for i, o := range v.Options {
		data.Options = append(data.Options, option{poll.Letter(i), o})
	}
	for _, place := range inOrder(set, codes) {
		f := paperForm{Where: set.PlaceName(place, s.Lang, true), Code: codes[place], URL: link}
		if err := f.draw(); err != nil {
			return err
		}
		data.Forms = append(data.Forms, f)
	}
	if len(data.Forms) == 0 {
		f := paperForm{URL: link}
		if err := f.draw(); err != nil {
			return err
		}
		if data.Forms = slices.Repeat([]paperForm{f}, blanks); v.Named {
			data.List = make([]struct{}, blankLines)
		}
	}
	if t.err != nil {
		return t.err
	}
	s.Title, s.Data = "paper-title", data
	return frame.Render(w, http.StatusOK, sheets, "paper.html", s)
}

// inOrder gives the households in the order in which somebody walks from door to door.
func inOrder(set *flows.Settings, codes map[flows.Place]string) []flows.Place {
	at := map[string]int{}
	for i, b := range set.Buildings {
		at[b.ID] = i
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	return slices.SortedFunc(maps.Keys(codes), func(a, b flows.Place) int {
		return cmp.Or(cmp.Compare(at[a.Building], at[b.Building]), cmp.Compare(a.Building, b.Building),
			cmp.Compare(number(a.Unit), number(b.Unit)), cmp.Compare(a.Unit, b.Unit),
			cmp.Compare(number(a.Room), number(b.Room)), cmp.Compare(a.Room, b.Room))
	})
}

// draw makes the square that a telephone reads the address off, with the code if
// there is one, so that nobody must type it.
func (f *paperForm) draw() (err error) {
	if f.URL == "" {
		return nil
	}
	text := f.URL
	if f.Code != "" {
		text += "?code=" + url.QueryEscape(f.Code)
	}
	if f.Square, err = square(text); err != nil {
		return fmt.Errorf("pages: paper: %w", err)
	}
	return nil
}

// square is a QR code of a text, as a picture that needs no style and no other
// request.
func square(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	const quiet = 4 // modules of white around it, or telephones do not find it
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="square" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="120" height="120" shape-rendering="crispEdges" aria-hidden="true"><rect width="100%%" height="100%%" fill="#fff"/><path fill="#000" d="`, code.Size+2*quiet, code.Size+2*quiet)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil // numbers only
}

// paper shows the form, without codes, to who sent the poll and who puts the votes in.
func (p *Pages) paper(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	if !p.mayPrint(who.person, &v) {
		return errAsk
	}
	if v.Stage != poll.Open {
		return errPollYet
	}
	return p.print(w, p.pollSheet(r, who, &v), &v, nil)
}
