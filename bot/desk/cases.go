package desk

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/storage"
)

// The first page, the list of cases, and one case with all that belongs to it.

// row is a case in a list.
type row struct {
	ID     flows.ID
	Path   string // of its page
	No     string
	What   string // the item, the danger, or what a poll asks
	Where  string
	Stage  string // key of its words
	Words  string // of a draft
	Holder string
	Due    time.Time
	Opened time.Time
	Late   bool
	Danger bool
	Urgent bool
	Done   bool
	Files  int
}

func (p *page) row(c flows.Case) row {
	if c.Flow == poll.Name {
		x := p.poll(storage.Tallied{Case: c})
		return row{ID: c.ID, Path: "/desk/polls/" + string(c.ID), No: x.No, What: x.Question, Where: x.Where, Stage: x.Stage, Opened: c.Opened, Done: x.Over}
	}
	if c.Flow == hearing.Name {
		s, _ := hearing.Read(c)
		x := p.head(c, s)
		return row{ID: c.ID, Path: "/desk/hearings/" + string(c.ID), No: x.No, What: cmp.Or(x.Topic, p.words(x.Form)), Where: x.Where, Stage: x.Stage, Opened: c.Opened, Done: x.Over}
	}
	if c.Flow == activity.Name {
		s, _ := activity.Read(c)
		x := p.activityHead(c, s)
		return row{ID: c.ID, Path: x.Path, No: x.No, What: cmp.Or(x.Topic, p.words(x.Form)), Where: x.Where, Stage: x.Stage, Opened: c.Opened, Done: x.Over}
	}
	m, _ := read(c)
	r := row{
		ID: c.ID, Path: "/desk/cases/" + string(c.ID), Where: p.Settings.PlaceName(c.Place, p.Lang, true), Stage: p.stage(c, m), Holder: p.Who(c.Holder), Due: c.Due,
		Opened: c.Opened, Late: storage.Late(c, p.At), Danger: m.Danger != "", Urgent: m.Urgent, Done: c.Done, Words: m.Words, Files: len(m.Media),
	}
	if c.No > 0 {
		r.No = flows.Spoken(c.No)
	}
	if it, ok := p.Settings.Item(c.Item); ok {
		r.What = cmp.Or(it.Name[p.Lang], it.Name[flows.Languages[0]])
	}
	if m.Danger != "" {
		r.What = m.Danger.In(p.Lang)
	}
	return r
}

func (p *page) rows(cases []flows.Case) []row {
	out := make([]row, 0, len(cases))
	for _, c := range cases {
		out = append(out, p.row(c))
	}
	return out
}

// stage gives the key of the words for how a case stands.
func (p *page) stage(c flows.Case, m matter) string {
	s := "stage-" + c.Stage
	if !p.Words.Has(s) {
		return "stage-other" // of a flow that is younger than this page
	}
	if m.Taken && (c.Stage == "filed" || c.Stage == "danger") {
		s += "-taken"
	}
	return s
}

// today is the first page: how much there is to do, and what the visitor has in
// hand.
func (d *Desk) today(w http.ResponseWriter, r *http.Request, v *visitor) error {
	st, err := d.desk.Stand(r.Context(), v.sight(), v.now)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-today")
	p.Here = "/desk/"
	type tile struct {
		N           int
		Words, Path string
		Warn        bool
	}
	var tiles []tile
	if v.may(flows.Confirm) {
		tiles = append(tiles, tile{st.Drafts, "tile-drafts", "/desk/drafts", false})
	}
	if v.may(flows.See) {
		tiles = append(tiles, tile{st.Open, "tile-open", "/desk/cases", false}, tile{st.Late, "tile-late", "/desk/cases?show=late", true})
	}
	if v.may(flows.Poll) {
		asking := slices.DeleteFunc(st.Questions, func(c flows.Case) bool { return c.Flow != poll.Name || c.Stage != poll.Open })
		tiles = append(tiles, tile{len(asking), "tile-polls", "/desk/polls", false})
	}
	if v.may(flows.Trouble) {
		list, err := d.desk.Troubles(r.Context(), v.sight())
		if err != nil {
			return err
		}
		tiles = append(tiles, tile{len(list), "tile-troubles", "/desk/troubles", true})
	}
	data := struct {
		Tiles            []tile
		Cases            bool // the visitor has cases
		Turn             []row
		Week, Vet, Stand []meet
		Soon             []meet
	}{Tiles: tiles, Cases: v.may(flows.See), Turn: p.rows(st.Turn)}
	if v.may(flows.Observe) {
		if data.Week, data.Vet, data.Stand, err = d.week(r, p, v); err != nil {
			return err
		}
		if data.Soon, err = d.soon(r, p, v); err != nil {
			return err
		}
	}
	p.Data = data
	return p.render(w, http.StatusOK, "today.html")
}

// perPage is how many cases a page of the list has.
const perPage = 30

func (d *Desk) cases(w http.ResponseWriter, r *http.Request, v *visitor) error {
	q := r.URL.Query()
	show, text := q.Get("show"), strings.TrimSpace(q.Get("q"))
	if utf8.RuneCountInString(text) > 50 || !utf8.ValidString(text) {
		text = ""
	}
	f := storage.Filter{Text: text}
	switch show {
	case "all":
	case "late":
		f.Late = v.now
	case "mine":
		f.Mine = true
	default:
		show, f.Open = "open", true
	}
	list, next, err := d.desk.Cases(r.Context(), v.sight(), f, v.lang, flows.ID(q.Get("after")), perPage)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-cases")
	p.Here = "/desk/cases"
	more := ""
	if next != "" {
		more = "?" + url.Values{"show": {show}, "q": {text}, "after": {string(next)}}.Encode()
	}
	p.Data = struct {
		Show, Text, More string
		Shows            []string
		Rows             []row
	}{show, text, more, []string{"open", "mine", "late", "all"}, p.rows(list)}
	return p.render(w, http.StatusOK, "cases.html")
}

// button is something the visitor can do with a case.
type button struct{ Words, Case, Choice string }

// said is a message that was sent for a case.
type said struct {
	bot.Told
	Result string // key of the words for how it ended
	Bad    bool
}

// file is a photo or a voice note.
type file struct {
	Hash  string
	Photo bool
}

// dossier shows one case with all that belongs to it.
func (d *Desk) dossier(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showCase(w, r, v, "")
}

func (d *Desk) showCase(w http.ResponseWriter, r *http.Request, v *visitor, notice string) error {
	id := flows.ID(r.PathValue("id"))
	o, err := d.desk.Case(r.Context(), v.sight(), id)
	if err != nil {
		return err
	}
	if path := map[string]string{poll.Name: "/desk/polls/", hearing.Name: "/desk/hearings/", activity.Name: "/desk/activities/"}[o.Case.Flow]; path != "" {
		http.Redirect(w, r, d.o.Base+path+string(id), http.StatusSeeOther)
		return nil
	}
	o, talks := d.apart(v, o)
	m, _ := read(o.Case)
	p := d.page(r, v, "nav-cases")
	p.Here, p.Notice = "/desk/cases", notice
	data := struct {
		row
		Words, Reporter string
		Behalf          bool
		Files           []file
		Followers       int
		Result, Clause  string
		Rated           string
		Buttons         []button
		Lines           []line
		Told            []said
		Talks           []row
	}{row: p.row(o.Case), Talks: p.rows(talks), Words: m.Words, Behalf: m.Behalf, Followers: o.Counts["follower"], Result: m.Result, Clause: m.Clause, Files: files(o)}
	if data.Reporter, err = d.name(r, m.Reporter); err != nil {
		return err
	}
	review := v.s.May(v.actor, flows.Review, v.s.ScopeOf(o.Case.Place))
	if review && d.words.Has("rated-"+m.Rated) {
		data.Rated = "rated-" + m.Rated
	}
	for _, c := range o.Children {
		data.Buttons = append(data.Buttons, v.buttons(c)...)
	}
	data.Lines = p.lines(o, m)
	if d.o.Told != nil {
		told, err := d.o.Told(r.Context(), id)
		if err != nil {
			return err
		}
		for _, c := range o.Children {
			more, err := d.o.Told(r.Context(), c.ID)
			if err != nil {
				return err
			}
			told = append(told, more...)
		}
		slices.SortStableFunc(told, func(a, b bot.Told) int { return a.At.Compare(b.At) })
		for _, t := range told {
			if _, official := v.s.Official(t.Person); t.Person != "" && !official && m.Rated != "" && !review {
				t.Text = "" // how it was rated is not for the one who was rated
			}
			data.Told = append(data.Told, said{t, "outcome-" + t.Outcome, t.Outcome != string(flows.Confirmed)})
		}
	}
	p.Data = data
	return p.render(w, http.StatusOK, "case.html")
}

// apart takes out of a dossier the hearings that came of the case, and all that was done in
// them: they have a page of their own. It gives those that the visitor may see.
func (d *Desk) apart(v *visitor, o storage.Dossier) (storage.Dossier, []flows.Case) {
	var talks []flows.Case
	theirs, sight := map[flows.ID]bool{}, v.hearings()
	for _, c := range o.Children {
		if c.Flow == hearing.Name {
			if theirs[c.ID] = true; sight.Sees(c) {
				talks = append(talks, c)
			}
		}
	}
	o.Children = slices.DeleteFunc(slices.Clone(o.Children), func(c flows.Case) bool { return theirs[c.ID] })
	o.Journal = slices.DeleteFunc(slices.Clone(o.Journal), func(r storage.Record) bool { return theirs[r.Case] })
	return o, talks
}

// name gives what a resident calls themself.
func (d *Desk) name(r *http.Request, id flows.PersonID) (name string, err error) {
	if id == "" {
		return "", nil
	}
	err = d.o.Store.View(r.Context(), func(tx storage.Tx) error {
		p, err := tx.Person(id)
		name = p.Name
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		return err
	})
	return name, err
}

// buttons gives what the visitor can do now with a piece of work that is theirs.
// What else there is to do with it they do in the chat, where its words and photos go.
func (v *visitor) buttons(c flows.Case) []button {
	if c.Holder != v.actor.Person || c.Done {
		return nil
	}
	m, _ := read(c)
	b := func(words, choice string) button { return button{words, string(c.ID), choice} }
	switch {
	case c.Stage == "sent" && m.Danger != "":
		return []button{b("b-take", "accept"), b("b-false", "false")}
	case c.Stage == "sent":
		return []button{b("b-accept", "accept")}
	case c.Stage == "taken" && m.Danger != "":
		return []button{b("b-over", "done"), b("b-false", "false")}
	case c.Stage == "taken", c.Stage == "waiting":
		return []button{b("b-done", "done")}
	}
	return nil
}

// press hands a button of a case's work to the rules.
func (d *Desk) press(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, err := d.desk.Case(r.Context(), v.sight(), flows.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	work, choice := flows.ID(r.PostForm.Get("case")), r.PostForm.Get("choice")
	o, _ = d.apart(v, o)
	if !slices.ContainsFunc(o.Children, func(c flows.Case) bool { return c.ID == work }) || !slices.Contains([]string{"accept", "done", "false"}, choice) {
		return errChoice
	}
	toast, err := d.pressed(r, v, work, choice)
	if err != nil {
		return err
	}
	if toast == "" {
		// The rules have answered in the chat, or by how the case stands now.
		if toast, err = d.page(r, v, "").T("pressed-" + choice); err != nil {
			return err
		}
	}
	return d.showCase(w, r, v, toast)
}

// files gives the photos and voice notes of a case that have been kept.
func files(o storage.Dossier) []file {
	var out []file
	for _, c := range append([]flows.Case{o.Case}, o.Children...) {
		m, _ := read(c)
		for _, x := range append(m.Media, m.Work.Media...) {
			if x.Hash != "" && !slices.ContainsFunc(out, func(f file) bool { return f.Hash == x.Hash }) {
				out = append(out, file{x.Hash, x.Kind == "photo"})
			}
		}
	}
	return out
}

// media serves a photo or a voice note to who may see the case it belongs to.
func (d *Desk) media(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, err := d.desk.Case(r.Context(), v.sight(), flows.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	hash := r.PathValue("hash")
	if !slices.ContainsFunc(files(o), func(f file) bool { return f.Hash == hash }) || d.o.Photo == nil {
		return fs.ErrNotExist
	}
	body, err := d.o.Photo(r.Context(), hash)
	if err != nil {
		return err
	}
	kind, show := http.DetectContentType(body), "inline"
	if !slices.Contains([]string{"image/jpeg", "image/png", "image/webp", "image/gif"}, kind) {
		show = "attachment; filename=\"" + hash[:min(8, len(hash))] + bot.Extension(body) + "\""
		if !strings.HasPrefix(kind, "audio/") && !strings.HasPrefix(kind, "video/") && kind != "application/ogg" {
			kind = "application/octet-stream"
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", show)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}
