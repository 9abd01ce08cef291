package pages

import (
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/storage"
)

// The sheet for the notice board (公示栏): the root of one day of the journal, so large
// that it can be read aloud, and how to hold Linli to it later. It is everybody's, and
// says nothing of anybody.

// boardPage is what the sheet shows.
type boardPage struct {
	Date    string // "2026-03-11"; empty where there is no such day
	Day     string // in words
	At      string // when it was sealed
	Late    bool   // not in the night after the day
	Records int
	Short   []string
	Full    string
	Before  string // short root of the day before; empty for the first
	Earlier string // path of the sheet of the day before
	Check   string // what to type to check it
	URL     string
	Square  template.HTML
}

// board shows the last day that was sealed, or the one that is asked for.
func (p *Pages) board(w http.ResponseWriter, r *http.Request, _ *reader) error {
	s := p.sheet(r, nil, bot.Mine{}, "board-title")
	data := &boardPage{}
	s.Data = data
	status := http.StatusOK
	var d storage.Day
	err := storage.ErrNone
	if p.o.Store != nil {
		err = p.o.Store.View(r.Context(), func(tx storage.Tx) (err error) {
			d, err = tx.SealedDay(r.PathValue("day"))
			return err
		})
	}
	switch {
	case errors.Is(err, storage.ErrNone):
		status = http.StatusNotFound
	case err != nil:
		return err
	default:
		if err := p.fillBoard(data, s, d); err != nil {
			return err
		}
	}
	return frame.Render(w, status, sheets, "board.html", s)
}

func (p *Pages) fillBoard(data *boardPage, s *sheet, d storage.Day) error {
	date, err := time.Parse(time.DateOnly, d.Date)
	if err != nil {
		return err
	}
	at := d.At.In(s.Settings.Zone)
	*data = boardPage{
		Date: d.Date, Day: longDay(date, s.Lang), Records: d.Records, Short: strings.Fields(d.Short()), Full: d.Full(),
		At: longDay(at, s.Lang) + at.Format(" 15:04"), Late: at.Format(time.DateOnly) != date.AddDate(0, 0, 1).Format(time.DateOnly),
		Check: "linli verify --root " + d.Date + "=" + strings.ReplaceAll(d.Short(), " ", ""),
	}
	if len(d.Before) > 0 {
		before := storage.Day{Root: d.Before}
		data.Before = before.Short()
		data.Earlier = p.o.Base + "/board/" + date.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if p.o.PublicURL != "" {
		data.URL = p.o.PublicURL + p.o.Base + "/board/" + d.Date
		data.Square, err = square(data.URL)
	}
	return err
}

// longDay writes a date with its year: the sheet stays on the wall, and then in a
// folder.
func longDay(t time.Time, lang string) string {
	if strings.HasPrefix(lang, "en") {
		return t.Format("2 January 2006")
	}
	return t.Format("2006年1月2日")
}
