package pages

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"rsc.io/qr"

	"linli/bot"
	"linli/bot/pages/frame"
)

// What is printed for a building or posted in a group: the square of its report page, and those
// of the other ways to Linli. It names nobody, and everybody who has the code may have it.

// codePaper is what the sheet shows.
type codePaper struct {
	Head, No string
	Place    string
	Main     shownWay
	Ways     []shownWay
	Danger   string
	How      string
}

func (p *Pages) reportPaper(w http.ResponseWriter, r *http.Request, _ *reader) error {
	at, err := p.spot(r.PathValue("code"))
	if err != nil {
		return err
	}
	link := p.ReportLink(at.scene)
	if link == "" {
		return errReport
	}
	s := p.sheet(r, nil, bot.Mine{}, "report-title")
	d := &codePaper{Place: p.placeOf(s, at), Main: shownWay{Way: Way{URL: link}}}
	if d.Head, err = s.T("report-paper"); err != nil {
		return err
	}
	how := "report-paper-how"
	if at.place.Building == "" {
		how = "report-paper-how-wide"
	}
	if d.How, err = s.T(how); err != nil {
		return err
	}
	if d.Danger, err = p.dangerLine(s); err != nil {
		return err
	}
	if d.Ways, err = p.ways(r.Context(), at); err != nil {
		return err
	}
	if d.Main.Square, err = square(link); err != nil {
		return fmt.Errorf("pages: codes: %w", err)
	}
	for i := range d.Ways {
		if d.Ways[i].Square, err = square(d.Ways[i].URL); err != nil {
			return fmt.Errorf("pages: codes: %w", err)
		}
	}
	s.Data = d
	return frame.Render(w, http.StatusOK, sheets, "codes.html", s)
}

// squareOf is the square of one way as a picture: who holds their finger on one in WeChat is
// asked whether to follow it, which a drawing on the page does not do.
func (p *Pages) squareOf(w http.ResponseWriter, r *http.Request, _ *reader) error {
	at, err := p.spot(r.PathValue("code"))
	if err != nil {
		return err
	}
	name, ok := strings.CutSuffix(r.PathValue("picture"), ".png")
	if !ok {
		return errReport
	}
	text := ""
	if name == "page" {
		text = p.ReportLink(at.scene)
	} else {
		list, err := p.ways(r.Context(), at)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Channel == name {
				text = x.URL
			}
		}
	}
	if text == "" {
		return errReport
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return fmt.Errorf("pages: codes: %w", err)
	}
	code.Scale = 8
	picture := code.PNG()
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = bytes.NewReader(picture).WriteTo(w) // the reader has gone
	return nil
}
