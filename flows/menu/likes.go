package menu

import (
	"slices"
	"strconv"
	"strings"

	"linli/flows"
)

// What somebody says of themself, by buttons: one message that changes with every tap. Each
// tap is kept at once, so that nothing waits and every step can be left out.

const perPage = 8 // interests on a page

// step is one of the questions, in the order in which they are put.
var steps = []string{"age", "like", "with", "free", "often"}

// tap is the value of a button: what was chosen, whether it is the only thing to be changed,
// and which message it stands in.
type tap struct{ value, mode, slot string }

const only = "e" // afterwards all is shown, not the next question

func (x tap) String() string { return x.value + ";" + x.mode + ";" + x.slot }

func readTap(s string) tap {
	p := append(strings.SplitN(s, ";", 3), "", "", "")
	x := tap{p[0], p[1], p[2]}
	if x.mode != only {
		x.mode = ""
	}
	if len(x.slot) > 8 || strings.Trim(x.slot, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		x.slot = ""
	}
	return x
}

// likes shows somebody what they have said, or begins with the questions. It is a message of
// its own: what was shown long ago is not what they look at.
func (t *turn) likes() {
	x := tap{slot: strconv.FormatInt(t.e.At.Unix(), 36)}
	if said(t.e.By.Profile) {
		t.overview(x, t.e.By.Profile)
		return
	}
	t.question("age", x, t.e.By.Profile, 0)
}

// said says that somebody has answered one of the questions before.
func said(p flows.Profile) bool {
	return p.Age != "" || len(p.Likes) > 0 || len(p.Free) > 0 || p.Often != "" || p.Children
}

// about is a button about what somebody has said of themself.
func (t *turn) about(w flows.Chose) {
	if !t.e.By.Consent {
		t.do(flows.Open{Flow: Name, Apart: true, Data: flows.Data(Want{What: "likes"})})
		return
	}
	x := readTap(w.Value)
	p := t.e.By.Profile
	step := strings.TrimSuffix(w.Choice, "!")
	switch step {
	case "likes":
		t.likes()
		return
	case "start":
		t.start()
		return
	case "mine":
		t.mine()
		return
	case "edit":
		if x.value == "lang" {
			t.message(x, "lang", nil, flows.Button{Words: "b-zh", Choice: "lang!=" + x.with("zh-CN")}, flows.Button{Words: "b-en", Choice: "lang!=" + x.with("en")})
			return
		}
		x.mode = only
		t.question(x.value, x, p, 0)
		return
	case "lang":
		if slices.Contains(flows.Languages, x.value) {
			t.do(flows.Remember{Person: t.e.By.Person, Lang: x.value})
		}
		t.overview(x, p)
		return
	case "here":
		if name, _, ok := strings.Cut(t.e.Chat.Address, ":"); ok && !t.e.Chat.Group {
			p.Channel = name
			t.save(p)
		}
		t.overview(x, p)
		return
	case "page":
		t.question("like", x, p, number(x.value))
		return
	case "next":
		t.next(x.value, x, p)
		return
	}
	if p.Age == flows.Minor && step != "age" {
		t.message(x, "minor", nil, t.edit("age", x))
		return
	}
	if p, ok := t.answer(step, x.value, p); ok {
		t.save(p)
		t.after(step, x, p)
		return
	}
	t.toast("tick-gone", nil)
}

// answer puts an answer into a profile.
func (t *turn) answer(step, v string, p flows.Profile) (flows.Profile, bool) {
	switch step {
	case "age":
		switch age := flows.Age(v); {
		case v == "-":
			p.Age = ""
		case age == flows.Minor:
			// Nothing else of a minor is kept; that they want no invitations stays so.
			often := p.Often
			if p = (flows.Profile{Age: flows.Minor}); often == flows.Never {
				p.Often = often
			}
			t.unwish()
		case slices.Contains(flows.Bands, age):
			p.Age = age
		default:
			return p, false
		}
	case "like":
		if _, ok := t.e.Settings.Interest(v); !ok {
			return p, false
		}
		p.Likes = toggled(p.Likes, v)
	case "with":
		if v != "yes" && v != "no" {
			return p, false
		}
		p.Children = v == "yes"
	case "free":
		if !slices.Contains([]flows.Free{flows.Evenings, flows.Weekends, flows.Daytime}, flows.Free(v)) {
			return p, false
		}
		p.Free = toggled(p.Free, flows.Free(v))
	case "often":
		if !slices.Contains([]flows.Often{flows.Any, flows.Weekly, flows.Monthly, flows.Never}, flows.Often(v)) {
			return p, false
		}
		p.Often = flows.Often(v)
	default:
		return p, false
	}
	return p, true
}

func toggled[T comparable](list []T, v T) []T {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	return append(slices.Clone(list), v)
}

func (t *turn) save(p flows.Profile) {
	t.do(flows.Remember{Person: t.e.By.Person, Profile: &p})
}

// unwish takes all wishes of the actor back.
func (t *turn) unwish() {
	all := t.wishes()
	if len(all) == 0 {
		return
	}
	for _, w := range all {
		t.unvote(w.Dish, t.e.By.Person)
	}
	t.do(flows.Put{Entry: flows.Entry{Key: string(t.e.By.Person)}, Delete: true})
	t.unsay(t.e.By.Person, func(d Dish) bool {
		return slices.ContainsFunc(all, func(w Wish) bool { return w.Dish == d.ID })
	})
	t.cardSoon()
}

// after is what is shown after an answer: a question where several may be ticked stays.
func (t *turn) after(step string, x tap, p flows.Profile) {
	switch {
	case p.Age == flows.Minor:
		t.message(x, "minor", nil, t.edit("age", x))
	case step == "like":
		at := slices.IndexFunc(t.e.Settings.Activities.Interests, func(i flows.Interest) bool { return i.ID == x.value })
		t.question(step, x, p, at/perPage)
	case step == "free":
		t.question(step, x, p, 0)
	default:
		t.next(step, x, p)
	}
}

// next puts the question after a step, or shows all.
func (t *turn) next(step string, x tap, p flows.Profile) {
	i := slices.Index(steps, step)
	if x.mode == only || i < 0 || i == len(steps)-1 {
		t.overview(x, p)
		return
	}
	t.question(steps[i+1], x, p, 0)
}

func (x tap) with(value string) string { x.value = value; return x.String() }

func (t *turn) edit(step string, x tap) flows.Button {
	return flows.Button{Words: "b-edit-" + step, Choice: "edit!=" + x.with(step)}
}

// message changes the message that the buttons stand in.
func (t *turn) message(x tap, words string, vars flows.Vars, buttons ...flows.Button) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Slot: "likes-" + x.slot, Reply: true, Buttons: buttons})
}

// question puts one of the questions.
func (t *turn) question(step string, x tap, p flows.Profile, page int) {
	var buttons []flows.Button
	button := func(words, choice, value string, row int, on bool) {
		b := flows.Button{Words: words, Choice: choice + "!=" + x.with(value), Row: row}
		if on {
			b.Vars = flows.Vars{"on": flows.Num(1)}
		}
		buttons = append(buttons, b)
	}
	switch step {
	case "age":
		for i, a := range flows.Bands {
			button("b-age-"+string(a), "age", string(a), i/2, p.Age == a)
		}
		button("b-age-none", "age", "-", 2, false)
	case "like":
		all := t.e.Settings.Activities.Interests
		pages := (len(all) + perPage - 1) / perPage
		if page >= pages {
			page = 0
		}
		for i, in := range all[min(page*perPage, len(all)):min((page+1)*perPage, len(all))] {
			if len(in.ID) > 24 {
				continue
			}
			b := flows.Button{Words: "b-like", Vars: flows.Vars{"interest": flows.Text(in.ID)}, Choice: "like!=" + x.with(in.ID), Row: i / 2}
			if slices.Contains(p.Likes, in.ID) {
				b.Vars["on"] = flows.Num(1)
			}
			buttons = append(buttons, b)
		}
		if pages > 1 {
			button("b-other", "page", strconv.Itoa((page+1)%pages), perPage, false)
		}
		button("b-next", "next", "like", perPage, false)
		t.message(x, "likes-like", flows.Vars{"page": flows.Num(page + 1), "pages": flows.Num(max(pages, 1))}, buttons...)
		return
	case "with":
		button("b-with-yes", "with", "yes", 0, p.Children)
		button("b-with-no", "with", "no", 0, false)
		button("b-skip", "next", "with", 1, false)
	case "free":
		for i, f := range []flows.Free{flows.Evenings, flows.Weekends, flows.Daytime} {
			button("b-free-"+string(f), "free", string(f), i/2, slices.Contains(p.Free, f))
		}
		button("b-next", "next", "free", 2, false)
	case "often":
		for i, o := range []flows.Often{flows.Weekly, flows.Monthly, flows.Any, flows.Never} {
			button("b-often-"+string(o), "often", string(o), i/2, p.Often == o)
		}
		button("b-skip", "next", "often", 2, false)
	default:
		t.overview(x, p)
		return
	}
	t.message(x, "likes-"+step, nil, buttons...)
}

// overview shows somebody all that they have said.
func (t *turn) overview(x tap, p flows.Profile) {
	if p.Age == flows.Minor {
		t.message(x, "minor", nil, t.edit("age", x))
		return
	}
	vars := flows.Vars{}
	set := func(k string, on bool) {
		if on {
			vars[k] = flows.Num(1)
		}
	}
	vars["age"] = flows.Text(string(p.Age))
	vars["often"] = flows.Text(string(p.Often))
	vars["likes"] = flows.Text(strings.Join(p.Likes, " "))
	set("children", p.Children)
	set("evening", slices.Contains(p.Free, flows.Evenings))
	set("weekend", slices.Contains(p.Free, flows.Weekends))
	set("day", slices.Contains(p.Free, flows.Daytime))
	set("anything", said(p) || len(p.Wishes) > 0)
	last := flows.Button{Words: "b-stop", Choice: "stop!", Row: 4}
	if p.Stopped() {
		last = flows.Button{Words: "b-start", Choice: "start!", Row: 4}
	}
	row := func(b flows.Button, n int) flows.Button { b.Row = n; return b }
	t.message(x, "likes-all", vars, row(t.edit("age", x), 0), row(t.edit("like", x), 0), row(t.edit("with", x), 1), row(t.edit("free", x), 1),
		row(t.edit("often", x), 2), row(t.edit("lang", x), 2), flows.Button{Words: "b-here", Choice: "here!=" + x.with(""), Row: 3},
		flows.Button{Words: "b-mine", Choice: "mine!", Row: 3}, last)
}

// stop ends all invitations, at once and until they say otherwise. Nobody is asked why. Of
// who has not agreed to anything there is nothing to be stopped, and nothing is kept.
func (t *turn) stop(agreed bool) {
	if p := t.e.By.Profile; agreed || !p.Zero() {
		p.Often = flows.Never
		t.save(p)
	}
	t.reply("stopped", nil, flows.Button{Words: "b-start", Choice: "start!"})
}

// start lets invitations come again.
func (t *turn) start() {
	p := t.e.By.Profile
	if p.Stopped() || p.Often == "" {
		p.Often = flows.Any
		t.save(p)
	}
	if t.minor() {
		t.reply("minor", nil)
		return
	}
	t.reply("started", nil, flows.Button{Words: "b-likes", Choice: "likes!"}, flows.Button{Words: "b-stop", Choice: "stop!"})
}
