package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// What is held of a person, for themself (我的数据): in the chat and on their page
// the same thing is shown and the same things can be done.

// Mine is what is held of one person. It is for nobody's eyes but theirs.
type Mine struct {
	Person    flows.PersonID
	Name      string // as they call themselves
	Lang      string
	Home      flows.Place
	Consent   time.Time // zero: they have not agreed, or have withdrawn it
	Seen      time.Time
	Posts     []flows.Post // of the directory; these belong to the committee
	Addresses []string     // channels only ("telegram"), never the account itself
	Cases     []MyCase     // newest first
	Profile   flows.Profile
	Wishes    string    // for the menu, in their own words
	Away      Away      // what of their words leaves the machine
	Said      string    // what is held of Profile and Wishes, in words; "" where that is nothing
	Until     time.Time // when they are forgotten if they are not heard again; zero: never
}

// MyCase is a case in which a person has a part.
type MyCase struct {
	ID     flows.ID
	No     int
	Part   string // reporter, follower, or "part": how they have voted, say, is not told even here
	Stage  string
	Done   bool
	Item   string
	Place  flows.Place
	Opened time.Time
	Said   string    // their own words in it
	Media  int       // how many photos and voice notes of theirs
	Line   string    // how it stands, in their language
	Forget time.Time // when their words in it are deleted at the latest; zero: not yet known
}

// Correction is what a person may put right of what is held of them; nil leaves it.
type Correction struct {
	Name *string
	Lang *string
	Home *flows.Place
}

// Mine gives what is held of a person. ErrNone says that nothing is.
func (b *Bot) Mine(ctx context.Context, p flows.PersonID) (m Mine, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) (err error) { m, err = b.mine(tx, p); return err })
	if err != nil {
		return Mine{}, fmt.Errorf("mine: %w", err)
	}
	return m, nil
}

func (b *Bot) mine(tx storage.Tx, id flows.PersonID) (Mine, error) {
	p, err := tx.Person(id)
	if err != nil {
		return Mine{}, err
	}
	s := b.Settings()
	o, post := s.Official(id)
	m := Mine{Person: id, Name: p.Name, Lang: p.Lang, Home: p.Home, Consent: p.Consent, Seen: p.Seen, Posts: o.Posts, Profile: p.Profile, Away: b.away}
	if !post {
		m.Until = forgottenAt(p, s.Limits.Keep.Idle)
	}
	for _, a := range p.Addresses {
		if name, _, _ := strings.Cut(a, ":"); !slices.Contains(m.Addresses, name) {
			m.Addresses = append(m.Addresses, name)
		}
	}
	cases, err := tx.CasesWith(string(id), everyCase)
	if err != nil {
		return Mine{}, err
	}
	for _, c := range cases {
		if said, ours, err := b.wishesOf(tx, c, id); err != nil {
			return Mine{}, err
		} else if ours {
			m.Wishes += said
			continue
		}
		x, err := b.myCase(tx, c, p)
		if err != nil {
			return Mine{}, err
		}
		m.Cases = append(m.Cases, x)
	}
	m.Said, err = b.profileText(m, b.langOf(p))
	return m, err
}

// myCase is a case as somebody with a part in it may see it.
func (b *Bot) myCase(tx storage.Tx, c flows.Case, p storage.Person) (MyCase, error) {
	e, err := tx.Entry(c.ID, string(p.ID))
	if err != nil {
		return MyCase{}, err
	}
	f := b.flows[c.Flow]
	x := MyCase{ID: c.ID, No: c.No, Part: "part", Stage: c.Stage, Done: c.Done, Item: c.Item, Place: c.Place, Opened: c.Opened}
	if e.Tag == "reporter" || e.Tag == "follower" {
		x.Part, x.Said = e.Tag, strings.Join(texts(e.Data), "")
	}
	var own flows.Own
	if f.Name != "" {
		if own, err = f.Own(c, p.ID); err != nil {
			return MyCase{}, err
		}
	}
	if own.Said != "" {
		x.Said = own.Said
	} else if e.Tag != "reporter" {
		// Where somebody else spoke from is theirs to say.
		x.Place = flows.Place{Building: c.Place.Building, Spot: c.Place.Spot}
	}
	x.Media = len(own.Media)
	if x.Line, err = f.Words.Render(b.langOf(p), own.Words, own.Vars, c.No, b.clock(), b.Settings()); err != nil || x.Line == "" {
		words := "mine-open"
		if c.Done {
			words = "mine-over"
		}
		if x.Line, err = b.house.Render(b.langOf(p), words, nil, c.No, b.clock(), b.Settings()); err != nil {
			return MyCase{}, err
		}
	}
	keep := b.Settings().Limits.Keep.Words
	if b.dangerOf(c) != "" {
		keep = b.Settings().Limits.Keep.Danger
	}
	ended, err := endOf(tx, c)
	if err == nil && !ended.IsZero() && keep > 0 {
		x.Forget = ended.Add(keep)
	}
	return x, err
}

func (b *Bot) langOf(p storage.Person) string {
	if p.Lang != "" {
		return p.Lang
	}
	return b.Settings().Lang
}

// ErrPost says that something belongs to a post, and so to the directory.
var ErrPost = errors.New("this belongs to the directory")

// ErrWhat says that a correction makes no sense: no name, no such language, no
// such building.
var ErrWhat = errors.New("this cannot be what was meant")

// Correct puts right what is held of a person: ErrWhat, ErrPost or ErrNone say
// why not. A zero place takes the home away.
func (b *Bot) Correct(ctx context.Context, p flows.PersonID, c Correction) error {
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "correct"}
		return st.correct(p, c)
	})
	if err != nil {
		return fmt.Errorf("correct: %w", err)
	}
	b.Nudge()
	return nil
}

func (st *step) correct(id flows.PersonID, c Correction) error {
	p, err := st.tx.Person(id)
	if err != nil {
		return err
	}
	s := st.s
	if c.Name != nil {
		if _, post := s.Official(id); post {
			return ErrPost
		}
		if p.Name = bounded(plain(*c.Name), 60); p.Name == "" {
			return ErrWhat
		}
	}
	if c.Lang != nil {
		if p.Lang = language(*c.Lang); p.Lang == "" {
			return ErrWhat
		}
	}
	if c.Home != nil {
		if _, there := s.Building(c.Home.Building); !there && !c.Home.Zero() {
			return ErrWhat
		}
		st.moves(&p, *c.Home)
	}
	if err := st.tx.PutPerson(p); err != nil {
		return err
	}
	return st.tellHomes()
}

// Withdraw ends a person's consent (撤回同意): they are asked again before
// anything is filed. What is open goes on, and they are told so; who is in nothing
// is erased altogether.
func (b *Bot) Withdraw(ctx context.Context, p flows.PersonID) error {
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "withdraw"}
		words, n, err := st.withdraw(p)
		if err != nil {
			return err
		}
		_, err = st.tellPerson(nil, House, 0, flows.Say{Class: flows.Personal, Words: words, Vars: flows.Vars{"n": flows.Num(n)}, Reply: true}, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("withdraw: %w", err)
	}
	b.Nudge()
	return nil
}

// withdraw ends a consent and gives the words that say what follows, with the
// number of cases that go on.
func (st *step) withdraw(id flows.PersonID) (words string, open int, err error) {
	p, err := st.tx.Person(id)
	if err != nil {
		return "", 0, err
	}
	_, post := st.s.Official(id)
	if !post {
		// What is not filed yet must not be filed by somebody else now. They go on being
		// known until that is done.
		if err := st.dropUnfiled(id); err != nil {
			return "", 0, err
		}
		if p, err = st.tx.Person(id); err != nil {
			return "", 0, err
		}
	}
	p.Consent = time.Time{}
	// What they have said of themself was only held because they agreed; what others have
	// confirmed that they did as a volunteer stays theirs.
	p.Profile = flows.Profile{Served: p.Profile.Served}
	if err := st.tx.PutPerson(p); err != nil {
		return "", 0, err
	}
	if st.person != nil && st.person.ID == id {
		*st.person = p
	}
	if post {
		return "mine-withdrawn-post", 0, nil
	}
	cases, err := st.tx.CasesWith(string(id), everyCase)
	if err != nil {
		return "", 0, err
	}
	if len(cases) == 0 {
		return "mine-withdrawn-gone", 0, st.eraseSoon(id, "withdrawn")
	}
	for _, c := range cases {
		if !c.Done {
			open++
		}
	}
	return "mine-withdrawn", open, nil
}

// dropUnfiled lets the cases that have not become a record go of a person: what
// they were asked about, what staff have to look at.
func (st *step) dropUnfiled(id flows.PersonID) error {
	cases, err := st.tx.CasesWith(string(id), everyCase)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.Numbered || c.Done {
			continue
		}
		if err := st.move(c, flows.Event{ID: st.event, At: st.at, What: flows.Erased{Person: id}, Settings: st.s}); err != nil {
			return err
		}
	}
	return nil
}

// goodbye is how long an erasing waits for the last word to leave.
const goodbye = 5 * time.Second

// eraseSoon lets the outbox erase a person once they have been answered.
func (st *step) eraseSoon(id flows.PersonID, why string) error {
	if err := st.b.beginErasing(st.tx, id, why); err != nil {
		return err
	}
	return st.row(storage.Job{Kind: "erase", At: st.at.Add(goodbye)}, eraseRow{Person: id})
}

// Copy gives what is held of a person as a text to read and to keep (UTF-8).
func (b *Bot) Copy(ctx context.Context, p flows.PersonID) (text []byte, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) (err error) { text, err = b.copyOf(tx, p); return err })
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	return text, nil
}

func (b *Bot) copyOf(tx storage.Tx, p flows.PersonID) ([]byte, error) {
	m, err := b.mine(tx, p)
	if err != nil {
		return nil, err
	}
	who, err := tx.Person(p)
	if err != nil {
		return nil, err
	}
	own, err := b.trailOf(tx, p) // they may have been told under an id they had before
	if err != nil {
		return nil, err
	}
	lang, zone := b.langOf(who), b.Settings().Zone
	var out strings.Builder
	var wrong error
	write := func(words string, vars flows.Vars, no int) {
		text, err := b.house.Render(lang, words, vars, no, b.clock(), b.Settings())
		wrong = errors.Join(wrong, err)
		out.WriteString(text + "\n")
	}
	write("mine", b.mineVars(m, who), 0)
	for _, c := range m.Cases {
		out.WriteString("\n")
		write("mine-case", flows.Vars{"part": flows.Text(c.Part), "at": dated(c.Opened.In(zone), lang), "place": flows.Where(c.Place), "item": flows.ItemVar(c.Item),
			"said": flows.Text(c.Said), "media": flows.Num(c.Media), "line": flows.Text(c.Line), "forget": dated(c.Forget.In(zone), lang), "no": flows.Num(c.No)}, c.No)
		sent, err := tx.Keys("case/" + string(c.ID) + "/sent/")
		if err != nil {
			return nil, err
		}
		var told []sentRow
		for _, name := range slices.Sorted(maps.Keys(sent)) { // of one moment in the order they were asked for
			if r, err := decode[sentRow](sent[name]); err == nil && slices.Contains(own.ids, r.Person) {
				told = append(told, r)
			}
		}
		slices.SortStableFunc(told, func(x, y sentRow) int { return x.At.Compare(y.At) })
		for _, r := range told {
			text, err := b.words(r.Flow).Render(lang, r.Words, r.Vars, r.No, r.At, b.Settings())
			if err != nil {
				continue // words of an older version
			}
			write("mine-told", flows.Vars{"at": dated(r.At.In(zone), lang), "text": flows.Text(text)}, 0)
		}
	}
	return []byte(out.String()), wrong
}

// dated is a day with its year: what is kept may be old, and be kept for long.
func dated(t time.Time, lang string) flows.Var {
	switch {
	case t.IsZero():
		return flows.Var{}
	case strings.HasPrefix(lang, "en"):
		return flows.Text(t.Format("2 January 2006"))
	}
	return flows.Text(t.Format("2006年1月2日"))
}

func (b *Bot) mineVars(m Mine, p storage.Person) flows.Vars {
	lang, zone := b.langOf(p), b.Settings().Zone
	var where []string
	for _, name := range m.Addresses {
		if text, err := b.house.Render(lang, "channel-"+name, nil, 0, b.clock(), b.Settings()); err == nil {
			name = text
		}
		where = append(where, name)
	}
	open := 0
	for _, c := range m.Cases {
		if !c.Done {
			open++
		}
	}
	vars := flows.Vars{"name": flows.Text(m.Name), "home": flows.Where(m.Home), "consent": dated(m.Consent.In(zone), lang), "until": dated(m.Until.In(zone), lang),
		"where": flows.Text(strings.Join(where, "、")), "n": flows.Num(len(m.Cases)), "open": flows.Num(open), "profile": flows.Text(m.Said)}
	if len(m.Posts) > 0 {
		vars["post"] = flows.Of(m.Posts[0].Role)
	}
	maps.Copy(vars, m.Away.vars())
	return vars
}
