package pages

import (
	"context"
	"slices"
	"strings"

	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// verbatim are the sentences of minutes that stand as they are, however they are put:
// what was decided, counted, waived and objected to.
var verbatim = []string{"m-hands", "m-poll", "m-undecided", "m-waived", "m-objection"}

// Draft gives the drafted minutes of a hearing line by line, with what was said, and the
// names that stand in them, for whoever puts them in better words. Storage.ErrNone says that
// there are none, or none any more.
func (p *Pages) Draft(ctx context.Context, id flows.ID) (lines []flows.MinutesLine, names []string, err error) {
	set := p.o.Settings()
	v := heard{leads: true}
	err = p.o.Store.View(ctx, func(tx storage.Tx) (err error) {
		if v.row, err = tx.Case(id); err != nil {
			return err
		}
		if v.row.Flow != hearing.Name || v.row.Bare {
			return storage.ErrNone
		}
		if v.State, err = hearing.Read(v.row); err != nil {
			return err
		}
		return v.readItems(tx)
	})
	if err != nil {
		return nil, nil, err
	}
	s := &sheet{}
	s.Words, s.Settings, s.At, s.Lang = p.words, set, p.o.Now().In(set.Zone), set.Lang
	t := p.tellHearing(s, &v)
	for _, l := range v.Draft {
		one := t.sentence(l)
		line := flows.MinutesLine{Text: one.Text}
		if one.Quote != "" {
			line.Text += "：" + one.Quote
		}
		bare := strings.TrimRight(one.Text, "。. ")
		switch {
		case l.Words == "m-decision" && l.Vars["decision"].S != "":
			line.Keep = []string{l.Vars["decision"].S}
		case slices.Contains(verbatim, l.Words):
			line.Keep = []string{bare}
		}
		if x := v.items[l.Item]; l.Item > 0 && x.Name != "" {
			names = append(names, x.Name)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, nil, storage.ErrNone
	}
	return lines, names, t.err
}
