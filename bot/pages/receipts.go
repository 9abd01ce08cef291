package pages

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"linli/bot/pages/frame"
	"linli/flows/poll"
	"linli/storage"
)

// The receipts of a poll (回执): each stands for one vote that is in, and none says
// whose or which. Before the end only how many there are, and whether one is among them.

// receiptPage is what the page of receipts shows.
type receiptPage struct {
	Path     string
	Question string
	Ended    bool
	Hushed   bool
	N        int
	All      []string // in order; empty before the end
	Mine     string   // the reader's own
	In       bool
	Known    bool   // the page knows whose it is
	Asked    string // what was asked for
	Found    bool
	Wrong    bool // that is no receipt
}

// receiptsOf are the receipts of all votes, in an order that tells nothing.
func (p *Pages) receiptsOf(ctx context.Context, v *seen) (all []string, err error) {
	err = p.o.Store.View(ctx, func(tx storage.Tx) error {
		counts, err := tx.Tally(v.ID)
		if err != nil {
			return err
		}
		for _, tag := range poll.VoteTags(counts) {
			for cursor := ""; ; {
				page, next, err := tx.Entries(v.ID, tag, cursor, 1000)
				if err != nil {
					return err
				}
				for _, e := range page {
					all = append(all, v.Receipt(e.Key))
				}
				if cursor = next; next == "" {
					break
				}
			}
		}
		return nil
	})
	slices.Sort(all)
	return all, err
}

func (p *Pages) receipts(w http.ResponseWriter, r *http.Request, who *reader) error {
	return p.showReceipts(w, r, who, "")
}

// look looks a receipt up.
func (p *Pages) look(w http.ResponseWriter, r *http.Request, who *reader) error {
	asked := strings.TrimSpace(r.PostForm.Get("receipt"))
	if len(asked) > maxCode {
		asked = asked[:maxCode]
	}
	return p.showReceipts(w, r, who, strings.ToValidUTF8(asked, ""))
}

func (p *Pages) showReceipts(w http.ResponseWriter, r *http.Request, who *reader, asked string) error {
	v, err := p.load(r.Context(), who)
	if err != nil {
		return err
	}
	if v.Sent.IsZero() {
		return errPollYet
	}
	all, err := p.receiptsOf(r.Context(), &v)
	if err != nil {
		return err
	}
	data := &receiptPage{Path: p.path(who), Question: v.Question, Ended: v.Outcome != nil, Hushed: v.Hushed && v.Outcome == nil, N: len(all), Known: who.person != "" && v.key != "", In: v.in, Asked: asked}
	if v.in {
		data.Mine = v.Receipt(v.key)
	}
	if data.Ended {
		data.All = all
	}
	if asked != "" {
		word := receipt(asked)
		data.Wrong = word == ""
		data.Found = slices.Contains(all, word)
	}
	s := p.pollSheet(r, who, &v)
	s.Title, s.Data = "receipts-title", data
	return frame.Render(w, http.StatusOK, sheets, "receipts.html", s)
}

// receipt writes what somebody typed as receipts are written: "abcd 2345" is
// "ABCD-2345"; "" for what can be none.
func receipt(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		case r >= 'Ａ' && r <= 'Ｚ':
			return r - 'Ａ' + 'A'
		case r >= 'ａ' && r <= 'ｚ':
			return r - 'ａ' + 'A'
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '　' || r == '－' || r == '—' || r == '–':
			return -1
		}
		return '?'
	}, s)
	if len(s) != 8 || strings.Contains(s, "?") {
		return ""
	}
	return s[:4] + "-" + s[4:]
}
