package pages

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/storage"
)

// What somebody can do with what is held of them: see, copy, correct, withdraw, delete.

// maxName is the most runes of a name; names of minorities are long.
const maxName = 60

func (p *Pages) mine(w http.ResponseWriter, r *http.Request, who *reader) error {
	return p.show(w, r, who, "")
}

// show shows a person's cases and data, with a notice of what was just done.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, who *reader, notice string) error {
	m, err := p.o.Data.Mine(r.Context(), who.person)
	if err != nil {
		return err
	}
	s := p.sheet(r, who, m, "mine-title")
	if err := s.Note(notice); err != nil {
		return err
	}
	polls, theirs, err := p.pollsOf(r.Context(), s, who.person)
	if err != nil {
		return err
	}
	hearings, heard, err := p.hearingsOf(r.Context(), s, m)
	if err != nil {
		return err
	}
	activities, joined, err := p.activitiesOf(r.Context(), s, who.person)
	if err != nil {
		return err
	}
	theirs = append(append(theirs, heard...), joined...)
	helped := 0
	if x, err := p.known(r, who.person); err == nil {
		helped = len(x.Profile.Served)
	} else if !errors.Is(err, storage.ErrNone) {
		return err
	}
	m.Cases = slices.DeleteFunc(m.Cases, func(c bot.MyCase) bool { return slices.Contains(theirs, c.ID) })
	s.Sheet, s.Data = "poll.css", struct {
		bot.Mine
		Channels  string
		CanCopy   bool
		CanDelete bool
		Polls     []myPoll
		CanAsk    bool
		Hearings  []listed
		Doing     []listed // activities
		Served    int      // times they have helped
	}{m, strings.Join(s.channels(m.Addresses), s.between()), p.o.Copy != nil, p.o.Erase != nil, polls, p.mayAsk(who.person), hearings, activities, helped}
	return frame.Render(w, http.StatusOK, sheets, "mine.html", s)
}

// channels names where a person can be told things, each once.
func (s *sheet) channels(names []string) []string {
	var out []string
	for _, n := range names {
		if name, err := s.Or("channel-", n); err == nil && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func (s *sheet) between() string {
	if strings.HasPrefix(s.Lang, "en") {
		return ", "
	}
	return "、"
}

// copy gives all that is held of the person as a file.
func (p *Pages) copy(w http.ResponseWriter, r *http.Request, who *reader) error {
	if p.o.Copy == nil {
		return storage.ErrNone
	}
	body, err := p.o.Copy(r.Context(), who.person)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="linli-my-data.txt"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the reader has gone
	return nil
}

// correct puts right what a person is called, where they live and which language
// they read.
func (p *Pages) correct(w http.ResponseWriter, r *http.Request, who *reader) error {
	c, err := correction(r, p.o.Settings())
	if err != nil {
		return err
	}
	if err := p.o.Data.Correct(r.Context(), who.person, c); err != nil {
		return err
	}
	return p.show(w, r, who, "corrected")
}

// correction reads the form. What is not in it is left as it is; an empty building
// is no home.
func correction(r *http.Request, s *flows.Settings) (c bot.Correction, err error) {
	f := r.PostForm
	if strings.TrimSpace(f.Get("name")) != "" {
		name, ok := frame.Name(f.Get("name"), maxName)
		if !ok {
			return c, errMine
		}
		c.Name = &name
	}
	if f.Has("lang") {
		lang, ok := frame.Known(f.Get("lang"))
		if !ok {
			return c, errMine
		}
		c.Lang = &lang
	}
	if !f.Has("building") {
		return c, nil
	}
	home := flows.Place{Building: f.Get("building"), Unit: strings.TrimSpace(f.Get("unit")), Room: strings.TrimSpace(f.Get("room"))}
	if home.Building == "" {
		c.Home = &flows.Place{}
		return c, nil
	}
	b, ok := s.Building(home.Building)
	if !ok || home.Unit != "" && !slices.Contains(b.Units, home.Unit) || !roomLike(home.Room) {
		return c, errMine
	}
	c.Home = &home
	return c, nil
}

// roomLike says whether a text can be the number of a flat: "501", "18-01", "甲2".
func roomLike(s string) bool {
	return utf8.RuneCountInString(s) <= 8 && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	})
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request, who *reader) error {
	m, err := p.o.Data.Mine(r.Context(), who.person)
	if err != nil {
		return err
	}
	if err := p.o.Data.Withdraw(r.Context(), who.person); err != nil {
		return err
	}
	if len(m.Cases) == 0 && len(m.Posts) == 0 {
		// There is no reason left to know them.
		s := p.sheet(r, nil, m, "deleted-title")
		s.Data = 0
		return frame.Render(w, http.StatusOK, sheets, "deleted.html", s)
	}
	return p.show(w, r, who, "withdrawn")
}

// sure asks once more before anything is deleted.
func (p *Pages) sure(w http.ResponseWriter, r *http.Request, who *reader) error {
	m, err := p.o.Data.Mine(r.Context(), who.person)
	if err != nil {
		return err
	}
	if p.o.Erase == nil {
		return storage.ErrNone
	}
	s := p.sheet(r, who, m, "delete-title")
	s.Data = m
	return frame.Render(w, http.StatusOK, sheets, "delete.html", s)
}

// Open counts the cases of the page's person that are not closed.
func (s *sheet) Open() int {
	n := 0
	if m, ok := s.Data.(bot.Mine); ok {
		for _, c := range m.Cases {
			if !c.Done {
				n++
			}
		}
	}
	return n
}

// erase deletes the person, if the form of the page before it says so.
func (p *Pages) erase(w http.ResponseWriter, r *http.Request, who *reader) error {
	if p.o.Erase == nil {
		return storage.ErrNone
	}
	if r.PostForm.Get("sure") != "yes" {
		return frame.ErrForm
	}
	m, err := p.o.Data.Mine(r.Context(), who.person)
	if err != nil {
		return err
	}
	waiting, err := p.o.Erase(r.Context(), who.person)
	if err != nil {
		return err
	}
	s := p.sheet(r, nil, m, "deleted-title")
	s.Data = waiting
	return frame.Render(w, http.StatusOK, sheets, "deleted.html", s)
}
