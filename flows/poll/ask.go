package poll

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/flows"
)

// From a line somebody writes to a poll that is sent: the preview and its buttons.

const (
	maxQuestion = 200 // runes
	maxOption   = 40
	maxWords    = 200 // of a reason, or of what happens next
)

func (t *turn) opened(w flows.Opened) {
	line := t.e.Reading.Poll
	if line == nil {
		t.Stage = Gone
		return
	}
	t.Force, t.Stage = flows.Sounding, Preview
	t.write(*line)
	place := t.e.Reading.Place
	if len(w.Data) > 0 {
		// Asked at a meeting: it says for whom, and what it can bind.
		a := data[flows.Asked](w.Data)
		if t.Starter = t.e.By.Person; a.Force != "" && t.maySend(t.e.By, a.Force, a.Scope) {
			t.Force = a.Force
			t.formal()
		}
		if t.maySend(t.e.By, t.Force, a.Scope) {
			t.Scope = a.Scope
			t.preview()
			t.do(flows.Wake{At: t.e.At.AddDate(0, 0, 7), Name: "preview"})
			return
		}
	}
	if !t.anyScope(t.e.By) {
		t.asked(place)
		return
	}
	t.Starter = t.e.By.Person
	switch scope := t.scopeFor(place); {
	case scope.Zero():
		t.Stage = Gone
		b := flows.Place{Building: place.Building}
		vars := flows.Vars{"building": flows.Where(b), "own": flows.In(t.own()[0])}
		if who := t.e.Settings.With(flows.Captain, flows.Scope{Building: b.Building}); len(who) > 0 {
			vars["who"] = flows.Who(who[0])
		}
		t.reply("elsewhere", vars)
	case t.spent():
		t.Stage = Gone
		t.reply("spent", flows.Vars{"n": flows.Num(t.e.Settings.Polls.Month)})
	default:
		t.Scope = scope
		t.preview()
		t.do(flows.Wake{At: t.e.At.AddDate(0, 0, 7), Name: "preview"})
	}
}

// write takes over what a line says.
func (t *turn) write(l flows.PollLine) {
	t.Question, t.Options, t.Until = cut(l.Question, maxQuestion), nil, l.Until
	for _, o := range l.Options {
		if o = cut(o, maxOption); o != "" {
			t.Options = append(t.Options, o)
		}
	}
	if len(t.Options) == 0 {
		t.Options = usual(t.Question)
	}
	t.Matter, t.Special = "", false
	if r, ok := t.e.Settings.Reserved(t.Question); ok {
		t.Matter, t.Special = r.ID, r.Special
	}
	p := t.e.Settings.Polls
	if t.Until.IsZero() && l.Unread == "" {
		t.Until = p.Close.On(t.e.At.AddDate(0, 0, p.Days))
	}
	t.formal()
}

// formal gives a poll that decides something the options of a decision.
func (t *turn) formal() {
	if t.Force == flows.Assembly || t.Force == flows.ByOwners {
		t.Options = decision(t.Question)
	}
	rule := t.rule()
	if len(rule.Units) > 0 && !slices.Contains(rule.Units, t.Unit) {
		t.Unit = rule.Units[0]
	}
}

// usual are the options of a question that names none.
func usual(q string) []string {
	switch {
	case latin(q):
		return []string{"Yes", "No", "Talk it over"}
	case strings.Contains(q, "要不要"):
		return []string{"要", "不要", "再商量"}
	}
	return []string{"同意", "不同意", "再商量"}
}

func decision(q string) []string {
	if latin(q) {
		return []string{"For", "Against", "Abstain"}
	}
	return []string{"同意", "不同意", "弃权"}
}

func latin(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// cut makes a text one line of at most n runes, without signs that nobody sees: they
// would turn the text round, or make two options that look the same.
func cut(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r != '\u200d' && unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > n {
		return string([]rune(s)[:n])
	}
	return s
}

// own are the scopes for which the actor may send a poll of this force, in the
// order of their posts.
func (t *turn) own() (out []flows.Scope) {
	rule := t.rule()
	for _, p := range t.e.By.Posts {
		if slices.Contains(rule.Start, p.Role) && !slices.Contains(out, p.Scope) && !p.Scope.Zero() {
			out = append(out, p.Scope)
		}
	}
	return out
}

func (t *turn) anyScope(a flows.Actor) bool { return a.Person != "" && len(t.own()) > 0 }

// scopeFor is whom a line is for: the building it names, else the first scope of
// the actor; zero if the building is not theirs to ask.
func (t *turn) scopeFor(p flows.Place) flows.Scope {
	own := t.own()
	if p.Building != "" {
		scope := flows.Scope{Building: p.Building}
		if t.maySend(t.e.By, t.Force, scope) {
			return scope
		}
		return flows.Scope{}
	}
	return own[0]
}

// spent says that the actor is only a captain and has sent as many polls this
// month as one may.
func (t *turn) spent() bool {
	for _, p := range t.e.By.Posts {
		if p.Role != flows.Captain && slices.Contains(t.rule().Start, p.Role) && t.e.Settings.Contains(p.Scope, t.Scope) {
			return false
		}
	}
	return t.e.Begun >= t.e.Settings.Polls.Month
}

// fault is what keeps it from being sent, "" if nothing does.
func (t *turn) fault() string {
	p := t.e.Settings.Polls
	switch {
	case t.Question == "":
		return "no-question"
	case len(t.Options) < 2:
		return "few-options"
	case len(t.Options) > p.Options:
		return "many-options"
	case slices.ContainsFunc(t.Options, func(o string) bool { return twice(t.Options, o) }):
		return "same-options"
	case mislettered(t.Options):
		return "letter-options"
	case t.Until.IsZero():
		return "no-end"
	case !t.Until.After(t.e.At):
		return "end-past"
	case t.Until.Before(t.e.At.Add(p.Shortest)):
		return "end-soon"
	case t.Until.After(t.e.At.Add(p.Longest)):
		return "end-late"
	}
	if _, ok := t.e.Settings.PollRule(t.Force); !ok {
		return "no-rule"
	}
	roll := t.e.Settings.RollOf(t.Scope, t.Unit)
	if !t.rule().Turnout.Zero() && (roll.Voters == 0 || t.Unit == flows.PerOwner && roll.Area == 0) {
		return "no-roster"
	}
	return ""
}

func twice(list []string, s string) bool {
	n := 0
	for _, x := range list {
		if strings.EqualFold(x, s) {
			n++
		}
	}
	return n > 1
}

// mislettered says that an option is called like the letter of another: who writes "A"
// on paper could mean either.
func mislettered(options []string) bool {
	for i, o := range options {
		for k := range options {
			if k != i && strings.EqualFold(o, Letter(k)) {
				return true
			}
		}
	}
	return false
}

// preview shows the starter what would be sent, and what it would bind.
func (t *turn) preview() {
	vars := t.vars()
	roll := t.e.Settings.RollOf(t.Scope, t.Unit)
	vars["voters"] = flows.Num(roll.Voters)
	words, fault := "preview", t.fault()
	buttons := []flows.Button{{Words: "b-send", Choice: "send"}}
	if fault != "" {
		words, buttons = "preview-not", nil
		p := t.e.Settings.Polls
		vars["fault"], vars["most"] = flows.Text(fault), flows.Num(p.Options)
		vars["hours"], vars["days"] = flows.Num(int(p.Shortest/time.Hour)), flows.Num(int(p.Longest/(24*time.Hour)))
		if p.Shortest%time.Hour != 0 {
			vars["minutes"] = flows.Num(int(p.Shortest / time.Minute))
		}
	}
	t.warn(vars, roll)
	buttons = append(buttons, flows.Button{Words: "b-change", Choice: "change"}, flows.Button{Words: "b-drop", Choice: "drop"})
	t.do(flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: words, Vars: vars, Slot: t.slot(), Reply: true,
		Buttons: append(buttons, t.choices()...)})
}

// slot is the starter's message: the preview, then how the poll stands.
func (t *turn) slot() string {
	if t.Shows == 0 {
		return "preview"
	}
	return "preview-" + strconv.Itoa(t.Shows)
}

// anew shows the preview below what its starter has just written, where they look.
func (t *turn) anew() {
	t.do(flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: "preview-below", Vars: t.vars(), Slot: t.slot(), Tidy: true, Reply: true})
	t.Shows++
	t.preview()
}

// warn says what would be needed to decide what the poll is about, where the poll
// itself cannot.
func (t *turn) warn(vars flows.Vars, roll flows.Roll) {
	m, ok := t.e.Settings.ReservedOf(t.Matter)
	rule, known := t.e.Settings.PollRule(flows.ByOwners)
	if !ok || !known || t.Force == flows.ByOwners {
		return
	}
	need := rule.Agree
	if m.Special {
		need = rule.Special
	}
	vars["matter"], vars["matter_en"], vars["clause"] = flows.Text(m.Name[flows.Languages[0]]), flows.Text(m.Name["en"]), flows.Text(m.Source)
	vars["turnout"], vars["need"] = flows.PartOf(rule.Turnout), flows.PartOf(need)
	if owners := t.e.Settings.RollOf(t.Scope, flows.PerOwner); owners.Voters > 0 {
		vars["by"] = flows.Text("owner")
		vars["owners"], vars["least"] = flows.Num(owners.Voters), flows.Num(rule.Turnout.Least(owners.Voters))
		if owners.Area > 0 {
			vars["least_area"] = flows.Num(rule.Turnout.Least(owners.Area))
		}
	} else if roll.Voters > 0 && t.Unit == flows.PerHousehold {
		vars["by"] = flows.Text("household")
		vars["owners"], vars["least"] = flows.Num(roll.Voters), flows.Num(rule.Turnout.Least(roll.Voters))
	}
}

// choices are the buttons by which the starter makes it another kind of poll.
func (t *turn) choices() (out []flows.Button) {
	row := 1
	for _, u := range t.rule().Units {
		if u != t.Unit {
			out = append(out, flows.Button{Words: "b-unit-" + string(u), Choice: "unit=" + string(u), Row: row})
		}
	}
	if t.Named {
		out = append(out, flows.Button{Words: "b-secret", Choice: "secret", Row: row})
	} else {
		out = append(out, flows.Button{Words: "b-named", Choice: "named", Row: row})
	}
	row++
	for _, f := range []flows.Force{flows.Sounding, flows.Opinion, flows.Assembly, flows.ByOwners} {
		if f != t.Force && t.maySend(t.e.By, f, t.Scope) {
			out = append(out, flows.Button{Words: "b-force-" + string(f), Choice: "force=" + string(f), Row: row})
		}
	}
	row++
	for _, o := range t.others() {
		out = append(out, flows.Button{Words: "b-scope", Vars: flows.Vars{"scope": flows.In(o)}, Choice: "scope=" + o.Word(), Row: row})
	}
	return append(out, flows.Button{Words: "b-then", Choice: "then", Row: row + 1})
}

// others are the scopes, besides the one chosen, that the starter may want: those of
// their posts, and for whoever answers for the whole community its grids.
func (t *turn) others() (out []flows.Scope) {
	list := t.own()
	if slices.ContainsFunc(list, func(o flows.Scope) bool { return o.Community }) {
		for _, g := range t.e.Settings.Grids {
			list = append(list, flows.Scope{Grid: g.ID})
		}
	}
	for _, o := range list {
		if o != t.Scope && !slices.Contains(out, o) && len(out) < 6 {
			out = append(out, o)
		}
	}
	return out
}

// there says that the directory has a scope: who answers for all answers for a building
// that is none, too.
func (t *turn) there(o flows.Scope) bool {
	if o.Building != "" {
		_, ok := t.e.Settings.Building(o.Building)
		return ok
	}
	return o.Grid == "" || slices.ContainsFunc(t.e.Settings.Grids, func(g flows.Grid) bool { return g.ID == o.Grid })
}

// prepare is a button of the preview.
func (t *turn) prepare(w flows.Chose) {
	switch w.Choice {
	case "send":
		t.send()
		return
	case "drop":
		t.Stage = Gone
		t.do(flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Words: "dropped", Vars: t.vars(), Slot: t.slot(), Reply: true})
		return
	case "change":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "change", Vars: t.vars(), Reply: true, Expect: flows.ExpectLine})
		return
	case "then":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "then", Vars: t.vars(), Reply: true, Expect: "then"})
		return
	case "named", "secret":
		t.Named = w.Choice == "named"
	case "unit":
		if u := flows.VoteUnit(w.Value); slices.Contains(t.rule().Units, u) {
			t.Unit = u
		}
	case "force":
		f := flows.Force(w.Value)
		if _, ok := t.e.Settings.PollRule(f); !ok {
			t.toast("no-rule", flows.Vars{"force": flows.Text(string(f))})
			return
		}
		if !t.maySend(t.e.By, f, t.Scope) {
			t.toast("not-yours", flows.Vars{"scope": flows.In(t.Scope)})
			return
		}
		if was := t.Force; was != f {
			t.Force = f
			if was == flows.Assembly || was == flows.ByOwners {
				t.Options = usual(t.Question)
			}
			t.formal()
		}
	case "scope":
		scope := flows.ScopeOfWord(w.Value)
		if !t.there(scope) || !t.maySend(t.e.By, t.Force, scope) {
			t.toast("not-yours", flows.Vars{"scope": flows.In(scope)})
			return
		}
		t.Scope = scope
	case "special":
		if m, ok := t.e.Settings.ReservedOf(t.Matter); t.Special && ok && m.Special {
			t.toast("special-matter", flows.Vars{"clause": flows.Text(m.Source)})
			return
		}
		t.Special = !t.Special
	default:
		return
	}
	t.preview()
}

// rewritten is the line, written anew.
func (t *turn) rewritten(flows.Said) {
	if t.Stage != Preview || !t.leads(t.e.By) {
		t.reply("over", nil)
		return
	}
	line := t.e.Reading.Poll
	if line == nil {
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "change-unread", Vars: t.vars(), Reply: true, Expect: flows.ExpectLine})
		return
	}
	if b := t.e.Reading.Place.Building; b != "" {
		if scope := (flows.Scope{Building: b}); t.maySend(t.e.By, t.Force, scope) {
			t.Scope = scope
		}
	}
	t.write(*line)
	t.anew()
}

// thenSaid is what will happen with the answers, in the starter's words.
func (t *turn) thenSaid(w flows.Said) {
	text := cut(w.Message.Text, maxWords)
	if text == "" || !t.leads(t.e.By) || t.Stage != Preview && t.Stage != Open {
		t.reply("over", nil)
		return
	}
	t.Then = text
	if t.Stage == Preview {
		t.anew()
		return
	}
	t.reply("then-kept", t.vars())
}

// send puts the question to people.
func (t *turn) send() {
	if t.spent() {
		t.toast("spent", flows.Vars{"n": flows.Num(t.e.Settings.Polls.Month)})
		return
	}
	if t.fault() != "" {
		t.preview() // the time has gone on since it was shown
		return
	}
	if !t.maySend(t.e.By, t.Force, t.Scope) {
		t.toast("not-yours", flows.Vars{"scope": flows.In(t.Scope)})
		return
	}
	t.Stage, t.Sent, t.Starter, t.Seed, t.Shown = Open, t.e.At, t.e.By.Person, t.e.Seed, t.e.At
	t.Roll = t.e.Settings.RollOf(t.Scope, t.Unit)
	terms := t.terms()
	t.Terms = &terms
	t.Disputed = t.Disputed || t.Matter != ""
	t.do(
		flows.Put{Entry: flows.Entry{Key: flows.BegunKey(t.Starter), Tag: "by", Order: t.e.At.Unix()}},
		t.ballot(flows.To{Nearest: t.Scope}),
		flows.Wake{At: t.Until, Name: endOf(t.Until)},
	)
	if at := t.Until.Add(-t.e.Settings.Polls.Remind); at.After(t.e.At.Add(t.e.Settings.Polls.Shortest)) {
		t.do(flows.Wake{At: at, Name: "remind"})
	}
	t.board()
	if t.e.Case.Parent != "" {
		t.do(flows.Tell{Name: "polling", Data: flows.Data(flows.Polled{})})
	}
	if t.Wish != "" && t.Wish != t.Starter {
		t.do(flows.Say{To: flows.To{Person: t.Wish}, Class: flows.Personal, Words: "wish-sent", Vars: t.vars()})
	}
}
