package desk

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"linli/prompts"
)

// The page on which staff see what a language model was asked: what left, what came back,
// what it cost and how it ended.

// Calls is the book of what a language model was asked; bot.Calls is one.
type Calls interface {
	List(ctx context.Context, n int) ([]prompts.Call, error) // newest first
	Used(ctx context.Context, day string) (prompts.Use, error)
}

// Model is the language model as the page tells of it. Without a Book there is none.
type Model struct {
	Book  Calls
	Name  string // of the model that writes; empty: none does
	Voice string // of the one that hears voice notes; empty: none does
	Local bool   // its server is this machine
	Day   prompts.Use
	Keep  time.Duration // of a call
}

// shownCalls is how many calls the page shows.
const shownCalls = 100

// modelCalls is what the page tells.
type modelCalls struct {
	Model
	Today prompts.Use
	List  []prompts.Call
}

// Days is for how many days a call is kept.
func (a modelCalls) Days() int { return int(a.Keep.Hours() / 24) }

func (d *Desk) calls(w http.ResponseWriter, r *http.Request, v *visitor) error {
	p := d.page(r, v, "nav-calls")
	p.Here = "/desk/calls"
	out := modelCalls{Model: d.o.Model}
	if out.Book != nil {
		var err error
		if out.Today, err = out.Book.Used(r.Context(), v.now.In(v.s.Zone).Format(time.DateOnly)); err != nil {
			return err
		}
		if out.List, err = out.Book.List(r.Context(), shownCalls); err != nil {
			return err
		}
	}
	p.Data = out
	return p.render(w, http.StatusOK, "calls.html")
}

// Money writes millionths as people do: "0.0123".
func (p *page) Money(n int64) string {
	s := fmt.Sprintf("%.4f", float64(n)/1e6)
	if n > 0 && s == "0.0000" {
		return "<0.0001"
	}
	return s
}

// Seconds writes how long something took.
func (p *page) Seconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) }
