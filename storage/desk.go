package storage

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// Desk is what the committee's pages read. Every question says who asks and how
// far they see; no question changes anything.
type Desk struct{ Store Store }

// Sight is how far somebody sees. A zero Sight sees nothing.
type Sight struct {
	Settings *flows.Settings
	Scopes   []flows.Scope         // the parts of the community whose cases they may see
	Person   flows.PersonID        // who asks: what they have in hand they see wherever it is
	Keep     func(flows.Case) bool // what must hold besides; nil sees nothing
	// Scope is the part of the community that a case is about; nil: that of its place.
	Scope func(flows.Case) flows.Scope
	// Mine says what they have in hand besides, which they see wherever it is.
	Mine func(flows.Case) bool
	// Flow, if set, is the only flow whose cases are seen, and of these also those
	// that another case has opened, which otherwise are seen only with it.
	Flow string
}

// Sees says whether a case lies in sight. One whose place is not known is the
// whole community's.
func (g Sight) Sees(c flows.Case) bool {
	if g.Settings == nil || g.Keep == nil || !slices.ContainsFunc(g.Scopes, func(s flows.Scope) bool { return !s.Zero() }) {
		return false
	}
	if g.Flow != "" && c.Flow != g.Flow {
		return false
	}
	return (g.covers(g.scope(c)) || g.mine(c)) && g.Keep(c)
}

func (g Sight) mine(c flows.Case) bool {
	return c.Holder != "" && c.Holder == g.Person || g.Mine != nil && g.Mine(c)
}

// whole says that a case is seen by itself, not only with the one that opened it.
func (g Sight) whole(c flows.Case) bool { return c.Parent == "" || g.Flow != "" }

func (g Sight) scope(c flows.Case) flows.Scope {
	if g.Scope != nil {
		return g.Scope(c)
	}
	return g.Settings.ScopeOf(c.Place)
}

func (g Sight) covers(scope flows.Scope) bool {
	return slices.ContainsFunc(g.Scopes, func(s flows.Scope) bool { return g.Settings.Contains(s, scope) })
}

// StageDraft is the stage of a case that waits for a person to say whether it
// is one.
const StageDraft = "draft"

// Drafts gives up to n cases that wait for a person to say whether they are
// any, newest first.
func (d Desk) Drafts(ctx context.Context, g Sight, n int) (list []flows.Case, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		list, err = tx.Cases(n, func(c flows.Case) bool { return draft(c) && g.Sees(c) })
		return err
	})
	return list, err
}

func draft(c flows.Case) bool { return c.Stage == StageDraft && !c.Done && c.Parent == "" }

// question says that a case is a question put to people (a poll) or talked over by
// them (a hearing), with pages of its own. It is no work that somebody was promised for a
// time: it is never late, and counts among nobody's open cases.
func question(c flows.Case) bool { return c.Title != "" }

// Filter chooses among the cases that are a record: that have a number, and
// are no part of another one. A poll or a hearing is only among all of them.
type Filter struct {
	Open bool      // only those that are not closed
	Late time.Time // only those whose promise had run out at this time
	Mine bool      // only those that the asker has in hand
	Text string    // only those with this number, or with this in the title or the name of the item or the place
}

func (f Filter) keeps(c flows.Case, g Sight, lang string) bool {
	switch {
	case c.Parent != "" || c.No == 0:
		return false
	case f.Open && (c.Done || question(c)), f.Mine && (c.Holder != g.Person || !working(c)):
		return false
	case !f.Late.IsZero() && !Late(c, f.Late):
		return false
	case f.Text == "":
		return true
	}
	text := strings.ToLower(f.Text)
	if strings.Contains(strings.ToLower(c.Title), text) {
		return true
	}
	it, _ := g.Settings.Item(c.Item)
	for _, name := range it.Name {
		if strings.Contains(strings.ToLower(name), text) {
			return true
		}
	}
	return strings.Contains(strings.ToLower(g.Settings.PlaceName(c.Place, lang, true)), text)
}

// Late says whether the promise of a case that is in somebody's hands had run
// out at a time.
func Late(c flows.Case, at time.Time) bool {
	return working(c) && !c.Due.IsZero() && c.Due.Before(at)
}

// working says that somebody has it in hand: it is no question, is not closed and does
// not wait for the word of who reported it.
func working(c flows.Case) bool {
	return !c.Done && !question(c) && c.Holder != "" && c.Stage != "done" && c.Stage != "returned"
}

// Cases gives a page of up to n cases, newest first, after the one with the id
// cursor ("" from the newest), and the cursor to go on with ("" at the end). Lang is the
// language in which Filter.Text may name a place.
func (d Desk) Cases(ctx context.Context, g Sight, f Filter, lang string, cursor flows.ID, n int) (page []flows.Case, next flows.ID, err error) {
	if no, err2 := strconv.Atoi(f.Text); err2 == nil && no > 0 && len(f.Text) >= 3 {
		page, err = d.numbered(ctx, g, no)
		return page, "", err
	}
	err = d.Store.View(ctx, func(tx Tx) error {
		begun := cursor == ""
		if _, err := tx.Case(cursor); !begun && errors.Is(err, ErrNone) {
			begun = true // it is not there any more: from the newest
		}
		page, err = tx.Cases(n+1, func(c flows.Case) bool {
			if !begun {
				begun = c.ID == cursor
				return false
			}
			return f.keeps(c, g, lang) && g.Sees(c)
		})
		return err
	})
	if len(page) > n {
		page = page[:n]
		next = page[n-1].ID
	}
	return page, next, err
}

// numbered gives the case that people call by a number.
func (d Desk) numbered(ctx context.Context, g Sight, no int) (list []flows.Case, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		list, err = tx.Numbered(no)
		return err
	})
	return slices.DeleteFunc(list, func(c flows.Case) bool { return c.Parent != "" || !g.Sees(c) }), err
}

// Dossier is one case with all that belongs to it.
type Dossier struct {
	Case     flows.Case
	Children []flows.Case   // oldest first
	Journal  []Record       // of the case and its children, by time
	Counts   map[string]int // entries by tag
}

// Case gives a case with what belongs to it; ErrNone also for one that is out
// of sight, and for a child, which is seen only with its parent (but see Sight.Flow).
func (d Desk) Case(ctx context.Context, g Sight, id flows.ID) (o Dossier, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		o = Dossier{}
		if o.Case, err = tx.Case(id); err != nil {
			return err
		}
		if !g.whole(o.Case) || !g.Sees(o.Case) {
			return ErrNone
		}
		if o.Case.No > 0 {
			// What is opened for a case has its number.
			all, err := tx.Numbered(o.Case.No)
			if err != nil {
				return err
			}
			o.Children = slices.DeleteFunc(all, func(c flows.Case) bool { return c.Parent != id })
		}
		for _, c := range append([]flows.Case{o.Case}, o.Children...) {
			rs, err := tx.Journal(c.ID)
			if err != nil {
				return err
			}
			o.Journal = append(o.Journal, rs...)
		}
		slices.SortStableFunc(o.Journal, func(a, b Record) int { return a.At.Compare(b.At) })
		o.Counts, err = tx.Tally(id)
		return err
	})
	if err != nil {
		return Dossier{}, err
	}
	return o, nil
}

// Troubles gives what could not be done, newest first, but nothing of a case
// that is out of sight.
func (d Desk) Troubles(ctx context.Context, g Sight) (list []Trouble, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		all, err := tx.Troubles()
		if err != nil {
			return err
		}
		list = nil
		for _, t := range all {
			see, err := g.troubled(tx, t)
			if err != nil {
				return err
			}
			if see {
				list = append(list, t)
			}
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Trouble) int { return cmp.Compare(b.ID, a.ID) })
	return list, err
}

func (g Sight) troubled(tx Tx, t Trouble) (bool, error) {
	if g.Settings == nil || !g.covers(flows.Everywhere) {
		return false, nil
	}
	if t.Case == "" {
		return true, nil
	}
	c, err := tx.Case(t.Case)
	for err == nil && c.Parent != "" {
		c, err = tx.Case(c.Parent)
	}
	if errors.Is(err, ErrNone) {
		return true, nil // of what was forgotten; who it was about nobody knows any more
	}
	return err == nil && g.Sees(c), err
}

// Heard is a group with what Linli knows of it.
type Heard struct {
	Chat  flows.Chat  // zero where Linli is not in the group yet
	Group flows.Group // of the directory; zero where nobody bound it
	Last  time.Time   // when it was last heard, zero: never
}

// Groups gives the groups of the directory that are for the parts in sight, in
// its order, and after them those that nobody has bound.
func (d Desk) Groups(ctx context.Context, g Sight) (list []Heard, err error) {
	if g.Settings == nil {
		return nil, nil
	}
	err = d.Store.View(ctx, func(tx Tx) error {
		chats, err := tx.Chats()
		if err != nil {
			return err
		}
		last, err := tx.Keys("heard/")
		if err != nil {
			return err
		}
		list = nil
		add := func(chat flows.Chat, group flows.Group) {
			h := Heard{Chat: chat, Group: group}
			if sec, err := strconv.ParseInt(string(last["heard/"+string(chat.ID)]), 10, 64); err == nil {
				h.Last = time.Unix(sec, 0).In(g.Settings.Zone)
			}
			list = append(list, h)
		}
		for _, group := range g.Settings.Groups {
			if !g.covers(group.Scope) {
				continue
			}
			bound := false
			for _, c := range chats {
				if c.Group && c.Directory == group.ID {
					add(c, group)
					bound = true
				}
			}
			if !bound {
				add(flows.Chat{}, group)
			}
		}
		for _, c := range chats {
			if _, known := g.Settings.Group(c.Directory); c.Group && !known && g.covers(flows.Everywhere) {
				add(c, flows.Group{})
			}
		}
		return nil
	})
	return list, err
}

// Standing is how much there is to do, for the first page.
type Standing struct {
	Drafts, Open, Late, Mine int
	Turn                     []flows.Case // those the asker has in hand, the most pressing first
	Questions                []flows.Case // the polls and hearings that are not closed
}

// Stand counts what is in sight at a time.
func (d Desk) Stand(ctx context.Context, g Sight, at time.Time) (s Standing, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		s = Standing{}
		_, err := tx.Cases(1, func(c flows.Case) bool {
			if c.Done || c.Parent != "" || !g.Sees(c) {
				return false
			}
			switch {
			case draft(c):
				s.Drafts++
			case question(c):
				s.Questions = append(s.Questions, c)
			case c.No > 0:
				s.Open++
				if Late(c, at) {
					s.Late++
				}
				if c.Holder == g.Person && working(c) {
					s.Mine++
					s.Turn = append(s.Turn, c)
				}
			}
			return false
		})
		return err
	})
	slices.SortStableFunc(s.Turn, func(a, b flows.Case) int { return a.Due.Compare(b.Due) })
	return s, err
}

// Tallied is a case with the number of its entries by tag.
type Tallied struct {
	flows.Case
	Counts map[string]int
}

// Questions gives up to n cases of the flow of a sight, newest first, also those
// that have no number yet, and those that another case has opened; that are not over only,
// where open says so. A sight without a flow sees none.
func (d Desk) Questions(ctx context.Context, g Sight, open bool, n int) (list []Tallied, err error) {
	if g.Flow == "" {
		return nil, nil
	}
	err = d.Store.View(ctx, func(tx Tx) error {
		cases, err := tx.Cases(n, func(c flows.Case) bool { return !(open && c.Done) && g.Sees(c) })
		if err != nil {
			return err
		}
		list = make([]Tallied, 0, len(cases))
		for _, c := range cases {
			counts, err := tx.Tally(c.ID)
			if err != nil {
				return err
			}
			list = append(list, Tallied{c, counts})
		}
		return nil
	})
	return list, err
}

// Answer is what somebody has answered, without their name and their words.
type Answer struct {
	Person   flows.PersonID
	Tag      string
	Building string // where they live; "" where that is not known
}

// Answers gives the answers that some people have given to a case, in the order of the
// people; who has given none is not among them.
func (d Desk) Answers(ctx context.Context, id flows.ID, people []flows.PersonID) (list []Answer, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		list = nil
		for _, p := range people {
			e, err := tx.Entry(id, string(p))
			if errors.Is(err, ErrNone) {
				continue
			}
			if err != nil {
				return err
			}
			a, err := answer(tx, e)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	return list, err
}

// AllAnswers gives the answers of everybody who has an entry of one of the tags.
func (d Desk) AllAnswers(ctx context.Context, id flows.ID, tags []string) ([]Answer, error) {
	entries, err := d.Entries(ctx, id, tags)
	if err != nil {
		return nil, err
	}
	var list []Answer
	err = d.Store.View(ctx, func(tx Tx) error {
		list = make([]Answer, 0, len(entries))
		for _, e := range entries {
			a, err := answer(tx, e)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	return list, err
}

func answer(tx Tx, e flows.Entry) (Answer, error) {
	a := Answer{Person: flows.PersonID(e.Key), Tag: e.Tag}
	p, err := tx.Person(a.Person)
	if errors.Is(err, ErrNone) {
		return a, nil // not kept any more, or a guest
	}
	a.Building = p.Home.Building
	return a, err
}

// Entries gives all entries of a case that have one of the tags, page by page of one
// snapshot, sorted by key: in an order that says nothing of their tags.
func (d Desk) Entries(ctx context.Context, id flows.ID, tags []string) (list []flows.Entry, err error) {
	const perPage = 500
	err = d.Store.View(ctx, func(tx Tx) error {
		list = nil
		for _, tag := range tags {
			for cursor := ""; ; {
				page, next, err := tx.Entries(id, tag, cursor, perPage)
				if err != nil {
					return err
				}
				list = append(list, page...)
				if cursor = next; cursor == "" {
					break
				}
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b flows.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return list, err
}
