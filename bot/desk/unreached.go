package desk

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// What could be told nobody in a chat, to be put up on the notice board: numbers and what is
// everybody's anyway, no names and nothing of what somebody has said.

// Poster notes what was put up; bot.Bot is one.
type Poster interface {
	Posted(ctx context.Context, ids []uint64, by flows.PersonID) error
}

// posting is a line of the notice.
type posting struct {
	No, What string
	Own      bool // it is for the one person whose matter it is
	IDs      []uint64
}

// postings gives the lines of the next notice, by number; and how many messages they stand for.
func (d *Desk) postings(ctx context.Context, p *page, list []storage.Trouble) (out []posting, n int, err error) {
	err = d.o.Store.View(ctx, func(tx storage.Tx) error {
		out, n = nil, 0
		at := map[string]int{}
		for i := len(list) - 1; i >= 0; i-- { // oldest first
			t := list[i]
			post, err := bot.ToPost(tx, t)
			if err != nil || !post {
				if err != nil {
					return err
				}
				continue
			}
			c, err := top(tx, t.Case)
			if err != nil {
				return err
			}
			if c.No == 0 {
				continue
			}
			n++
			x := posting{No: flows.Spoken(c.No), Own: t.Kind == "unreached"}
			if !x.Own {
				x.What = p.row(c).What
			}
			key := x.No + strconv.FormatBool(x.Own)
			k, there := at[key]
			if !there {
				k = len(out)
				at[key], out = k, append(out, x)
			}
			out[k].IDs = append(out[k].IDs, t.ID)
		}
		return nil
	})
	return out, n, err
}

// top is the case that people know by its number; an empty one where it is gone.
func top(tx storage.Tx, id flows.ID) (flows.Case, error) {
	c, err := tx.Case(id)
	for err == nil && c.Parent != "" && c.No == 0 {
		c, err = tx.Case(c.Parent)
	}
	if errors.Is(err, storage.ErrNone) {
		return flows.Case{}, nil
	}
	return c, err
}

// unreached is the notice, to print.
func (d *Desk) unreached(w http.ResponseWriter, r *http.Request, v *visitor) error {
	list, err := d.desk.Troubles(r.Context(), v.sight())
	if err != nil {
		return err
	}
	p := d.page(r, v, "print-unreached")
	rows, _, err := d.postings(r.Context(), p, list)
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range rows {
		for _, id := range x.IDs {
			ids = append(ids, strconv.FormatUint(id, 10))
		}
	}
	p.Data = struct {
		Rows []posting
		IDs  string
	}{rows, strings.Join(ids, ",")}
	return p.render(w, http.StatusOK, "unreached.html")
}

// posted notes that the notice was put up.
func (d *Desk) posted(w http.ResponseWriter, r *http.Request, v *visitor) error {
	if d.o.Poster == nil {
		return storage.ErrNone
	}
	var ids []uint64
	for _, s := range strings.Split(r.PostForm.Get("ids"), ",") {
		if id, err := strconv.ParseUint(s, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	if err := d.o.Poster.Posted(r.Context(), ids, v.actor.Person); err != nil {
		return err
	}
	return d.showTroubles(w, r, v, "unreached-posted", 0)
}
