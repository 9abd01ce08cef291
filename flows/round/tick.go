package round

import (
	"cmp"

	"linli/flows"
)

// What came of a line: one tap, or a line of words.

// tick notes how a line was done. What was noted once stands: whoever taps twice, or on an
// old list, is told what is noted.
func (t *turn) tick(n int, how string) {
	i := t.line(n)
	switch {
	case i < 0:
		t.toast("line-gone", nil)
	case !fits(t.Lines[i], how):
		t.toast("line-gone", nil)
	case t.Lines[i].How != "":
		t.toast("line-done", t.of(i))
	case how == Found:
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "found-what", Vars: t.of(i), Expect: tag(Found, n)})
	default:
		t.done(i, how)
		t.refresh()
		if how == Been || how == Called {
			t.reply("been", t.of(i), flows.Button{Words: "b-promise", Choice: "promise=" + itoa(n)}, flows.Button{Words: "b-never", Choice: "never=" + itoa(n), Row: 1})
			return
		}
		t.toast("noted-"+how, t.of(i))
	}
}

func fits(l Line, how string) bool {
	for _, h := range hows(l) {
		if h == how {
			return true
		}
	}
	return false
}

// done notes how a line was done. Where nobody was at home who has agreed to a visit, the
// next list has them again; after the second time it is others' turn first.
func (t *turn) done(i int, how string) {
	l := &t.Lines[i]
	l.How = how
	if k := t.row(func(a Agreed) bool { return a.N == l.Row }); l.Kind == Visit && k >= 0 {
		a := &t.Agreed[k]
		if again := how == Out && !a.Out; again {
			a.Out = true
			return
		}
		a.Out, a.Seen = false, t.e.At
		if how != Out {
			a.Kept = 0
		}
	}
}

// refresh shows the list as it stands, if it is on somebody's telephone.
func (t *turn) refresh() {
	if t.Walker != "" {
		t.card(true)
	}
}

// of are the values of texts about a line.
func (t *turn) of(i int) flows.Vars {
	l := t.Lines[i]
	vars := flows.Vars{"n": flows.Num(i + 1), "place": flows.Where(l.Place), "zh": flows.Text(Reads(t.e.Settings, l, "zh-CN")), "en": flows.Text(Reads(t.e.Settings, l, "en"))}
	return vars
}

// found files what was found there: whoever found it is told what becomes of it, as
// everybody who reports something is.
func (t *turn) found(n int, m flows.Message) {
	i := t.line(n)
	if i < 0 || t.Lines[i].Kind != Spot {
		t.toast("line-gone", nil)
		return
	}
	if t.Lines[i].How != "" {
		t.toast("line-done", t.of(i))
		return
	}
	text := cut(m.Text, 500)
	if text == "" && len(m.Media) == 0 {
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "found-what", Vars: t.of(i), Expect: tag(Found, n)})
		return
	}
	l, r := t.Lines[i], t.e.Reading
	place := l.Place
	if g, ok := t.e.Settings.GridOf(r.Place); ok && g.ID == t.Grid && (r.Place.Public() == place || r.Place.Building != t.e.By.Home.Building) {
		place = r.Place // more exact than the list, or next door; but never where who found it lives
	}
	item := ""
	for _, x := range t.e.Settings.Rounds.Looks {
		if x.ID == l.Look {
			item = x.Item
		}
	}
	if r.Demand >= t.e.Settings.Limits.Sure {
		item = cmp.Or(r.Item, item)
	}
	t.done(i, Found)
	t.do(flows.Open{Flow: "demand", Apart: true, Data: flows.Data(flows.Brought{
		Meeting: t.e.Case.ID, Matter: item, Text: text, Media: m.Media, Place: place, By: t.e.By.Person,
	})})
}

// filed is a demand telling its number.
func (t *turn) filed(w flows.Told) {
	no := data[flows.TopicNews](w.Data).No
	for i, l := range t.Lines {
		if l.How == Found && l.No == 0 && no > 0 && w.From != "" {
			t.Lines[i].No = no
			t.refresh() // the demand itself tells who found it
			return
		}
	}
}

// ticks takes what somebody has written of their list, "1没问题，3没人在家".
func (t *turn) ticks(list []flows.Tick) {
	if !t.mine() {
		t.reply("not-yours", nil)
		return
	}
	noted, asked := 0, false
	for _, x := range list {
		for i, l := range t.Lines {
			if x.N != i+1 && x.N != 0 || l.How != "" || !fits(l, x.How) {
				continue
			}
			if x.How == Found {
				if !asked { // one thing at a time is asked
					t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Reply: true, Words: "found-what", Vars: t.of(i), Expect: tag(Found, l.N)})
				}
				asked = true
				continue
			}
			t.done(i, x.How)
			noted++
		}
	}
	if noted > 0 {
		t.refresh()
		vars := t.vars()
		vars["n"] = flows.Num(noted)
		t.reply("ticked", vars)
	} else if !asked {
		t.reply("ticked-none", t.vars())
	}
}

func itoa(n int) string { return string(flows.Data(n)) }
