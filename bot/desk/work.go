package desk

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// What waits for somebody at the desk: drafts, and what could not be done.

// maxList is the most drafts that one page shows.
const maxList = 100

func (d *Desk) drafts(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showDrafts(w, r, v, "")
}

func (d *Desk) showDrafts(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	list, err := d.desk.Drafts(r.Context(), v.sight(), maxList)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-drafts")
	p.Here, p.Notice, p.Data = "/desk/drafts", notice, p.rows(list)
	return p.render(w, http.StatusOK, "drafts.html")
}

// confirm files a draft, or dismisses it.
func (d *Desk) confirm(w http.ResponseWriter, r *http.Request, v *visitor) error {
	id, choice := flows.ID(r.PathValue("id")), r.PostForm.Get("choice")
	if choice != "confirm" && choice != "dismiss" || strings.ContainsAny(string(id), "~/=") {
		return errChoice // or it would be read as a button of another kind
	}
	var c flows.Case
	err := d.o.Store.View(r.Context(), func(tx storage.Tx) (err error) { c, err = tx.Case(id); return err })
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err // one that is not there was dismissed meanwhile: a form sent twice hears what it heard
	}
	if err == nil && (c.Parent != "" || !v.sight().Sees(c)) {
		id = "-" // out of sight: the same as one that is not there
	}
	toast, err := d.pressed(r, v, id, choice)
	if err != nil {
		return err
	}
	if toast == "" {
		key := "pressed-" + choice
		err = d.o.Store.View(r.Context(), func(tx storage.Tx) (err error) { c, err = tx.Case(id); return err })
		switch {
		case err != nil && !errors.Is(err, storage.ErrNone):
			return err
		case err == nil && c.Stage == storage.StageDraft:
			key = "pressed-nothing"
		case err == nil && c.No == 0 && choice == "confirm":
			key = "pressed-asked"
		}
		if toast, err = d.page(r, v, "").T(key, "no", flows.Spoken(c.No)); err != nil {
			return err
		}
	}
	return d.showDrafts(w, r, v, toast)
}

// trouble is something that could not be done, as staff read it.
type trouble struct {
	ID    uint64
	Kind  string // key of its words
	Hint  string
	At    time.Time
	Until time.Time
	Text  string
	Case  *row
	Group string
	Retry bool
	Twice bool // it may come twice: asked once more
}

func (d *Desk) troubles(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showTroubles(w, r, v, "", 0)
}

func (d *Desk) showTroubles(w http.ResponseWriter, r *http.Request, v *visitor, notice string, twice uint64) error {
	list, err := d.desk.Troubles(r.Context(), v.sight())
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-troubles")
	p.Here = "/desk/troubles"
	if err := p.Note(notice); err != nil {
		return err
	}
	_, toPost, err := d.postings(r.Context(), p, list)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(t storage.Trouble) bool { return t.Kind == "missed" })
	out := make([]trouble, 0, len(list))
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		out = out[:0]
		for _, t := range list {
			x := trouble{ID: t.ID, Kind: "trouble-" + t.Kind, Hint: "trouble-" + t.Kind + "-hint", At: t.At, Until: t.Until, Text: t.Text, Retry: len(t.Body) > 0, Twice: t.ID == twice}
			if t.Discreet {
				x.Hint = "trouble-discreet-hint"
			}
			if !d.words.Has(x.Kind) {
				x.Kind, x.Hint = "trouble-other", "trouble-other-hint"
			}
			c, err := tx.Case(t.Case)
			for err == nil && c.Parent != "" {
				c, err = tx.Case(c.Parent)
			}
			if err == nil && c.No > 0 {
				r := p.row(c)
				x.Case = &r
			} else if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			chat, err := tx.Chat(t.Chat)
			if err == nil && chat.Group {
				x.Group = chat.Title
			} else if err != nil && !errors.Is(err, storage.ErrNone) {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Data = struct {
		List   []trouble
		ToPost int
	}{out, toPost}
	return p.render(w, http.StatusOK, "troubles.html")
}

// trouble tries something again, or puts it aside.
func (d *Desk) trouble(w http.ResponseWriter, r *http.Request, v *visitor) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	list, err := d.desk.Troubles(r.Context(), v.sight())
	if err != nil {
		return err
	}
	i := -1
	for k := range list {
		if list[k].ID == id {
			i = k
		}
	}
	if i < 0 || d.o.Troubles == nil {
		return storage.ErrNone
	}
	notice := "trouble-retried"
	switch r.PostForm.Get("choice") {
	case "retry":
		err = d.o.Troubles.Retry(r.Context(), id, v.actor.Person)
	case "again":
		err = d.o.Troubles.SendAgain(r.Context(), id, v.actor.Person)
	case "dismiss":
		notice = "trouble-dismissed"
		err = d.o.Troubles.Dismiss(r.Context(), id, v.actor.Person)
	default:
		return errChoice
	}
	switch {
	case errors.Is(err, bot.ErrUnsure):
		return d.showTroubles(w, r, v, "trouble-unsure", id)
	case errors.Is(err, bot.ErrNoRetry):
		return d.showTroubles(w, r, v, "trouble-no-retry", 0)
	case err != nil:
		return err
	}
	return d.showTroubles(w, r, v, notice, 0)
}
