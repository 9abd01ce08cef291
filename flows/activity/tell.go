package activity

import (
	"strings"
	"time"

	"linli/flows"
)

// What is shown: the facts, the preview and the board of who answers for it.

// with adds values to those that every text of an activity may use.
func (t *turn) with(more flows.Vars) flows.Vars {
	vars := t.vars()
	for k, v := range more {
		vars[k] = v
	}
	return vars
}

func (t *turn) vars() flows.Vars {
	set := t.e.Settings
	vars := flows.Vars{"title": flows.Text(t.Title), "where": flows.Text(t.Place(set)), "most": flows.Num(t.Most), "least": flows.Num(t.Least), "left": flows.Num(t.Left()),
		"coming": flows.Num(t.Seats + t.Lines), "cost": flows.Text(t.Cost), "minutes": flows.Num(t.Minutes), "scope": flows.In(t.Scope),
		"cancel": flows.Num(int(set.Activities.Cancel / time.Minute)), "why": flows.Text(t.Why), "own": flows.Text(t.Text)}
	if !t.At.IsZero() {
		vars["at"], vars["to"], vars["last"] = flows.At(t.At), flows.Text(t.End().In(set.Zone).Format("15:04")), flows.Text(t.until().In(set.Zone).Format("15:04"))
	}
	if m := int(set.Activities.Cancel / time.Minute); m > 0 && m%60 == 0 {
		vars["hours"] = flows.Num(m / 60)
	}
	if _, post := set.Official(t.Runner); post { // a resident is named nowhere
		vars["run_by"] = flows.Who(t.Runner)
	}
	if t.Photos {
		vars["photos"] = flows.Text("yes")
	}
	if t.Children {
		vars["children"] = flows.Text("yes")
	}
	if t.About.People > 0 {
		vars["asked"], vars["about"], vars["about_no"] = flows.Num(t.About.People), flows.Text(t.About.Title), flows.Num(t.About.No)
		if t.About.Item != "" && t.About.Title == "" {
			vars["about"] = flows.ItemVar(t.About.Item)
		}
	}
	if t.Wished > 0 {
		vars["wished"] = flows.Num(t.Wished)
	}
	if t.Code != "" {
		vars["code"] = flows.Text(t.Code)
	}
	if t.Model != "" {
		vars["model"] = flows.Text(t.Model)
	}
	if t.ByModel {
		vars["by_model"] = flows.Text("yes")
	}
	if t.Allowed != "" {
		vars["allowed"] = flows.Who(t.Allowed)
	}
	return vars
}

// look shows somebody what it is, with what they can do now.
func (t *turn) look() {
	if t.leads(t.e.By) {
		if t.e.By.Person == t.Organiser || t.runs(t.e.By) {
			t.show(t.e.By.Person, true)
			return
		}
	}
	if t.Sent.IsZero() {
		t.toast("not-yet", nil)
		return
	}
	_, tag := t.mine()
	t.reply("facts", flows.Vars{"mine": flows.Text(tag), "stage": flows.Text(t.Stage)}, t.possible(tag)...)
}

// possible are the buttons of somebody with a tag, as it stands.
func (t *turn) possible(tag string) (buttons []flows.Button) {
	switch {
	case t.Stage == Open && seated(tag) && tag != TagHold:
		buttons = []flows.Button{{Words: "b-not", Choice: "no"}, {Words: "b-help", Choice: "help"}}
	case t.Stage == Open && tag == TagHold:
		buttons = []flows.Button{{Words: "b-take", Choice: "take"}, {Words: "b-leave", Choice: "no"}}
	case t.Stage == Open && tag == TagWait:
		buttons = []flows.Button{{Words: "b-not-wait", Choice: "no"}}
	case t.Stage == Open && t.Children:
		buttons = []flows.Button{{Words: "b-kid", Choice: "kids=1"}, {Words: "b-kids", Choice: "kids=2"}, {Words: "b-help", Choice: "help", Row: 1}}
	case t.Stage == Open:
		buttons = []flows.Button{{Words: "b-come", Choice: "come"}, {Words: "b-two", Choice: "come=2"}, {Words: "b-kid", Choice: "kids=1", Row: 1}, {Words: "b-help", Choice: "help", Row: 1}}
	}
	if t.present() && tag != TagHere {
		buttons = append(buttons, flows.Button{Words: "b-here", Choice: "here", Row: 2})
	}
	if t.Stage == Open || t.Stage == Held {
		buttons = append(buttons, flows.Button{Words: "b-page", Link: "page", Row: 3})
	}
	return buttons
}

// board shows who answers for it how it stands.
func (t *turn) board() {
	if t.Organiser != "" {
		t.show(t.Organiser, false)
	}
}

// show is the board for somebody of the committee; asked says that they have just asked for it.
func (t *turn) show(who flows.PersonID, asked bool) {
	say := flows.Say{To: flows.To{Person: who}, Class: flows.Work, Slot: "board", Reply: t.e.By.Person == who, Vars: t.with(t.numbers())}
	if say.Tidy = t.tidy; asked {
		say.Slot = ""
	}
	switch t.Stage {
	case Offered:
		say.Words, say.Buttons = "offer-card", offerButtons
		say.Vars["by_name"] = flows.Text(t.Name)
	case Draft:
		say.Words, say.Buttons = "draft", t.draftButtons(say.Vars)
	case Open:
		say.Words = "board"
		say.Buttons = []flows.Button{{Words: "b-more", Choice: "more"}, {Words: "b-list", Choice: "list"}, {Words: "b-move", Choice: "move", Row: 1}, {Words: "b-off", Choice: "off", Row: 1}}
		if t.Owner {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-agreed", Choice: "agreed", Row: 2})
		}
	case Held:
		if t.Runner == who {
			say.Class = flows.Personal // it is now, whatever the office hours
		}
		say.Words = "board-held"
		say.Buttons = []flows.Button{{Words: "b-walk", Choice: "walk"}, {Words: "b-end", Choice: "end"}}
	case After, Closed:
		say.Words = "board-after"
		if t.Stage == After && !t.Hours {
			say.Buttons = []flows.Button{{Words: "b-hours", Choice: "hours=all"}}
		}
	case Off:
		say.Words = "board-off"
	default:
		return
	}
	t.do(say)
}

// draftButtons are those of the preview; vars get what is missing.
func (t *turn) draftButtons(vars flows.Vars) []flows.Button {
	var lacks []string
	for _, l := range t.Lacks(t.e.Settings, t.e.At) {
		lacks = append(lacks, string(l))
		vars["lack_"+string(l)] = flows.Text(string(l))
	}
	vars["lacks"] = flows.Text(strings.Join(lacks, " "))
	vars["taken"] = flows.Text(t.Taken)
	vars["room_most"] = flows.Num(t.e.Settings.Activities.Most)
	for _, a := range t.Ages {
		vars["age_"+string(a)] = flows.Text(string(a))
	}
	if t.Name != "" && t.By != t.Organiser {
		vars["by_name"] = flows.Text(t.Name)
	}
	vars["audience"] = flows.Text(t.audienceOf(t.oneAge()))
	if t.Compare {
		vars["compare"] = flows.Text("yes")
	}
	var b []flows.Button
	if len(lacks) == 0 {
		b = append(b, flows.Button{Words: "b-send", Choice: "send"})
	}
	b = append(b, flows.Button{Words: "b-change", Choice: "change"}, flows.Button{Words: "b-who", Choice: "who"}, flows.Button{Words: "b-own", Choice: "own", Row: 1})
	switch {
	case t.Model != "":
		b = append(b, flows.Button{Words: "b-use", Choice: "use", Row: 1}, flows.Button{Words: "b-plain", Choice: "plain", Row: 1})
	case t.Text != "":
		b = append(b, flows.Button{Words: "b-compare", Choice: "compare", Row: 1}, flows.Button{Words: "b-plain", Choice: "plain", Row: 1})
	default:
		b = append(b, flows.Button{Words: "b-model", Choice: "model", Row: 1})
	}
	if t.Booked && t.Owner {
		b = append(b, flows.Button{Words: "b-agreed", Choice: "agreed", Row: 2})
	}
	if t.Allowed == "" {
		b = append(b, flows.Button{Words: "b-urgent", Choice: "allow", Row: 3})
	}
	return append(b, flows.Button{Words: "b-drop", Choice: "drop", Row: 3})
}

// oneAge is the age band it is for, where that is one.
func (t *turn) oneAge() flows.Age {
	if len(t.Ages) == 1 {
		return t.Ages[0]
	}
	return ""
}

// whom shows whom it can be for.
func (t *turn) whom() {
	b := []flows.Button{{Words: "b-scope", Vars: flows.Vars{"scope": flows.In(flows.Everywhere)}, Choice: "whom=c"}}
	row := 0
	for i, g := range t.e.Settings.Grids {
		if i == 6 {
			break
		}
		scope := flows.Scope{Grid: g.ID}
		row = 1 + i/3
		b = append(b, flows.Button{Words: "b-scope", Vars: flows.Vars{"scope": flows.In(scope)}, Choice: "whom=" + scope.Word(), Row: row})
	}
	row++
	for _, a := range []flows.Age{flows.Young, flows.Middle, flows.Elder} {
		b = append(b, flows.Button{Words: "b-age-" + string(a), Choice: "age=" + string(a), Row: row})
	}
	b = append(b, flows.Button{Words: "b-age-all", Choice: "age=all", Row: row}, flows.Button{Words: "b-kids-only", Choice: "kids-only", Row: row + 1},
		flows.Button{Words: "b-photos", Choice: "photos", Row: row + 1})
	t.reply("ask-whom", nil, b...)
}

// numbers are those of an activity in words: how many of whom were invited, said yes and came.
// A group of fewer people than the settings allow is not shown apart.
func (t *turn) numbers() flows.Vars {
	small := t.e.Settings.Activities.Small
	all := t.Total(func(string, string) bool { return true })
	vars := flows.Vars{"invited": flows.Num(all.Sent), "yes": flows.Num(all.Yes), "came": flows.Num(t.Came), "invited_came": flows.Num(all.Came), "walked": flows.Num(t.Walked),
		"good": flows.Num(t.Liked[0]), "fair": flows.Num(t.Liked[1]), "bad": flows.Num(t.Liked[2]), "again": flows.Num(t.Again[0]), "small": flows.Num(small)}
	if t.Liked[0]+t.Liked[1]+t.Liked[2] < small {
		delete(vars, "good")
	}
	for _, band := range flows.Bands {
		x := t.Total(func(age, _ string) bool { return age == string(band) })
		if shown(x, small) {
			vars[string(band)+"_sent"], vars[string(band)+"_came"] = flows.Num(x.Sent), flows.Num(x.Came)
		}
	}
	if t.Compare {
		a, b := t.Total(func(_, arm string) bool { return arm == "a" }), t.Total(func(_, arm string) bool { return arm == "b" })
		if shown(a, small) && shown(b, small) {
			vars["a_sent"], vars["a_yes"], vars["b_sent"], vars["b_yes"] = flows.Num(a.Sent), flows.Num(a.Yes), flows.Num(b.Sent), flows.Num(b.Yes)
		}
	}
	return vars
}

// shown says whether the numbers of some people may stand apart: they are enough of them.
func shown(x Sum, small int) bool { return x.Sent >= max(1, small) }
