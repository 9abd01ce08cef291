package desk

import (
	"net/http"

	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// The forms on paper (纸质票), one for each household, with the code that proves who
// lives there.

// prints gives the poll of a request if its forms can be printed.
func (d *Desk) prints(r *http.Request, v *visitor) (storage.Dossier, poll.State, error) {
	o, s, err := d.found(r, v)
	if err == nil && !v.s.May(v.actor, flows.Poll, s.Scope) {
		err = errMay
	}
	if err == nil && (d.o.HomeCodes == nil || d.o.Forms == nil || s.Stage != poll.Open) {
		err = storage.ErrNone
	}
	return o, s, err
}

// paper asks whether the forms are to be made: that makes codes.
func (d *Desk) paper(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, _, err := d.prints(r, v)
	if err != nil {
		return err
	}
	p := d.page(r, v, "poll-paper")
	p.Here, p.Data = "/desk/polls", p.poll(storage.Tallied{Case: o.Case, Counts: o.Counts})
	return p.render(w, http.StatusOK, "paper.html")
}

// print makes the codes and shows the forms. The journal keeps who has held the codes of
// all households in their hands, and when: each time, not once a form.
func (d *Desk) print(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.prints(r, v)
	if err != nil {
		return err
	}
	r.PostForm.Set("form", frame.Random()[:32])
	if _, err := d.pressed(r, v, o.Case.ID, "printed"); err != nil {
		return err
	}
	codes, err := d.o.HomeCodes(r.Context(), s.Scope)
	if err != nil {
		return err
	}
	return d.o.Forms(w, r, o.Case.ID, codes)
}
