package hearing

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
)

// What was decided, who does it and by when; and what was put down by mistake.

// decide takes what was decided: what, who does it, by when. Without a person and a date
// there is nothing to be done.
func (t *turn) decide(text string) {
	d := Decision{Text: text}
	p := t.e.Reading.Plan
	if p != nil && len(p.People) > 0 {
		d.Who = p.People[0]
		w := last(text, p.Times)
		if !w.At.IsZero() {
			d.Due = t.byEnd(w)
		}
		d.Text = t.what(text, w, d.Who)
	}
	switch {
	case d.Text == "":
		t.again("decide", "decide-what", nil)
		return
	case d.Who == "" && p != nil && slices.ContainsFunc(p.Times, func(w flows.When) bool { return deadline(text, w) }):
		t.again("decide", "decide-who", nil)
		return
	case d.Who != "" && (d.Due.IsZero() || !d.Due.After(t.e.At)):
		t.again("decide", "decide-when", nil)
		return
	case len(t.Decisions) >= 20 || t.full():
		t.reply("said-much", nil)
		return
	}
	if m, ok := t.e.Settings.Reserved(d.Text); ok {
		d.Clause = m.Source // a hearing cannot decide it
	}
	d.Item = t.item(Item{Kind: "decision", Point: t.At, Text: d.Text, At: t.e.At})
	t.Decisions = append(slices.Clone(t.Decisions), d)
	t.redraft()
	vars := flows.Vars{"decision": flows.Text(d.Text)}
	if d.Who != "" {
		vars["doer"], vars["until"] = flows.Who(d.Who), flows.At(d.Due)
	}
	if d.Clause != "" {
		vars["clause"] = flows.Text(d.Clause)
	}
	t.reply("decided", vars, flows.Button{Words: "b-undo", Choice: "undo=" + itoa(d.Item)}, flows.Button{Words: "b-decide", Choice: "decide"})
}

// last is the time by which something is to be done: the last that is called one, "12月20日
// 前", else the last at all.
func last(text string, times []flows.When) (w flows.When) {
	for _, x := range times {
		if deadline(text, x) || !deadline(text, w) {
			w = x
		}
	}
	return w
}

// what is what was decided, without the parts that say who does it and by when: those that
// say nothing else.
func (t *turn) what(text string, w flows.When, who flows.PersonID) string {
	o, _ := t.e.Settings.Official(who)
	says := func(part, words string) bool {
		return words != "" && strings.Contains(part, words) && utf8.RuneCountInString(part) <= utf8.RuneCountInString(words)+4
	}
	var kept []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，,；;", r) }) {
		part = strings.TrimSpace(part)
		role := false
		for _, x := range o.Posts {
			role = role || says(part, x.Role.In(flows.Languages[0]))
		}
		if part != "" && !says(part, w.Words) && !says(part, o.Name) && !role {
			kept = append(kept, strings.TrimRight(part, "。. "))
		}
	}
	return strings.Join(kept, "，")
}

// deadline says that words name the end of a time, "12月20日前": then somebody is to have
// done it by then.
func deadline(text string, w flows.When) bool {
	return w.Day && (strings.HasSuffix(w.Words, "前") || strings.Contains(text, w.Words+"前") || strings.Contains(text, w.Words+"之前") || strings.Contains(text, w.Words+"以前"))
}

// byEnd is the end of the working day that words name, or the clock time they name.
func (t *turn) byEnd(w flows.When) time.Time {
	if !w.Day {
		return w.At
	}
	hours := t.e.Settings.Calendar.Hours
	return hours[len(hours)-1].To.On(w.At.In(t.e.At.Location()))
}

// undo strikes out what the organiser has put down. What people have said themselves only
// they can take back.
func (t *turn) undo(n int) {
	x, ok := t.itemOf(n)
	if !ok || x.By != "" || x.Gone {
		t.toast("not-undone", nil)
		return
	}
	switch x.Kind {
	case "guest":
		t.Came, t.Guests = max(0, t.Came-1), max(0, t.Guests-1)
	case "hands":
		t.Points = slices.Clone(t.Points)
		for i := range t.Points {
			if h := t.Points[i].Hands; h != nil && h.Item == n {
				t.Points[i].Hands = nil
			}
		}
	case "decision":
		t.Decisions = slices.DeleteFunc(slices.Clone(t.Decisions), func(d Decision) bool { return d.Item == n })
	case "complaint":
		if slices.ContainsFunc(t.Issue, func(i Issue) bool { return i.Item == n && i.Kind != "" }) {
			t.toast("not-undone", nil)
			return
		}
	}
	t.strike(n, x)
	t.toast("undone", nil)
}
