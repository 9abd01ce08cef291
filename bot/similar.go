package bot

import (
	"errors"
	"slices"

	"linli/flows"
	"linli/storage"
)

// Which open cases what is said may be about.

// similar finds the open cases that may be what a reading is about.
func (st *step) similar(r flows.Reading, not flows.ID, said *flows.Said) ([]flows.Similar, error) {
	var out []flows.Similar
	seen := map[flows.ID]bool{not: true}
	add := func(c flows.Case, exact bool, why flows.Link) {
		if seen[c.ID] || partOnly(c) {
			return
		}
		seen[c.ID] = true
		x := flows.Similar{Case: flows.CaseRef{ID: c.ID, No: c.No, Parent: c.Parent}, Flow: c.Flow, Stage: c.Stage,
			Item: c.Item, Place: c.Place, Exact: exact, Title: c.Title, Why: why}
		if st.by.Person != "" {
			entry, err := st.tx.Entry(c.ID, string(st.by.Person))
			x.Mine, x.Tag = err == nil, entry.Tag
		}
		out = append(out, x)
	}
	if said != nil && st.chat.Directory != "" {
		// First: what is said in a meeting belongs to it, whatever else it is like.
		key := flows.HeldIn(st.chat.Directory)
		held, err := st.tx.Same(key)
		if err != nil {
			return nil, err
		}
		for _, c := range held {
			if slices.Contains(c.Matter, key) {
				add(c, true, flows.ByHeld)
			}
		}
	}
	for _, k := range []struct {
		key string
		why flows.Link
	}{{st.s.MatterKey(r.Item, r.Place), flows.ByMatter}, {st.s.DangerKey(r.Danger, r.Place), flows.ByDanger}} {
		if k.key == "" {
			continue
		}
		cases, err := st.tx.Same(k.key)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			add(c, slices.Contains(c.Matter, k.key), k.why)
		}
	}
	if r.Number > 0 {
		cases, err := st.tx.Numbered(r.Number)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			add(c, true, flows.ByNumber)
		}
	}
	if said == nil {
		said = &flows.Said{}
	}
	for _, l := range []struct {
		id  flows.ID
		why flows.Link
	}{{said.Recent, flows.ByRecent}, {said.Here, flows.ByHere}} {
		if l.id == "" {
			continue
		}
		c, err := st.tx.Case(l.id)
		for err == nil && partOnly(c) {
			c, err = st.tx.Case(c.Parent)
		}
		if err == nil {
			add(c, true, l.why)
		} else if !errors.Is(err, storage.ErrNone) {
			return nil, err
		}
	}
	if r.Poll == nil && r.Chain == nil && r.Slip == nil {
		return out, nil
	}
	// Last: what says more exactly which one, says so.
	keys := []string{flows.PollMatter}
	if r.Chain != nil && said.Direct {
		keys = append(keys, flows.ActivityMatter, flows.HearingMatter) // a list may be called like one of them
	}
	for _, key := range keys {
		cases, err := st.tx.Same(key)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			add(c, slices.Contains(c.Matter, key), flows.ByMatter)
		}
	}
	return out, nil
}

// partOnly says that a case is nothing but a part of the one that opened it (a dispatch):
// it has no key of its own by which people's words could be about it.
func partOnly(c flows.Case) bool { return c.Parent != "" && len(c.Matter) == 0 }

// similarTo finds the open cases that may be the same matter as a case that is
// not yet a record.
func (st *step) similarTo(c flows.Case, said *flows.Said) ([]flows.Similar, error) {
	r := st.reading
	if c.Item != "" {
		r.Item = c.Item
	}
	if c.Place.Known() {
		r.Place = c.Place
	}
	if c.Numbered && (said == nil || said.Tag == "") { // who answers with a number means another case
		r.Number = 0
	}
	return st.similar(r, c.ID, said)
}
