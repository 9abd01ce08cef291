package poll

import (
	"strconv"
	"strings"

	"linli/flows"
)

// What people are shown of a poll: one message in the group with a button for each
// option, which is changed as the poll goes on; one in the starter's chat; and a line
// when something happens that everybody must know.

// vars are the values that most texts are filled with.
func (t *turn) vars() flows.Vars {
	v := flows.Vars{
		"question": flows.Text(t.Question), "options": flows.Text(strings.Join(t.Options, "／")),
		"force": flows.Text(string(t.Force)), "unit": flows.Text(string(t.Unit)), "scope": flows.In(t.Scope),
		"voters": flows.Num(t.Roll.Voters), "days": flows.Num(int(t.e.Settings.Polls.Check.Hours() / 24)),
	}
	if t.Named {
		v["named"] = flows.Text("1")
	}
	if t.Special {
		v["special"] = flows.Text("1")
	}
	if t.Hushed {
		v["hushed"] = flows.Text("1")
	}
	if t.Then != "" {
		v["then"] = flows.Text(t.Then)
	}
	if t.Why != "" {
		v["why"] = flows.Text(t.Why)
	}
	if !t.Until.IsZero() {
		v["until"] = flows.At(t.Until)
	}
	if t.Starter != "" {
		v["who"] = flows.Who(t.Starter)
	}
	return v
}

// lettered are the options as a list: "A 要", one a line.
func (t *turn) lettered() string {
	var w strings.Builder
	for i, o := range t.Options {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.WriteString(Letter(i) + " " + o)
	}
	return w.String()
}

// ballot is the message by which people vote.
func (t *turn) ballot(to flows.To) flows.Say {
	return t.ballotWith(to, "ballot", Turnout(t.e.Counts))
}

func (t *turn) ballotWith(to flows.To, words string, turnout int) flows.Say {
	vars := t.vars()
	vars["list"] = flows.Text(t.lettered())
	if !t.Hushed && turnout > 0 {
		vars["in"] = flows.Num(turnout)
	}
	say := flows.Say{To: to, Class: flows.Notice, Words: words, Vars: vars, Slot: "poll", Buttons: t.voting()}
	if !to.Nearest.Zero() {
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-private", Link: "private", Row: 8}, flows.Button{Words: "b-page", Link: "page", Row: 8}, flows.Button{Words: "b-mine", Choice: "mine", Row: 9})
		if t.Named && t.Unit == flows.PerPerson && t.Force == flows.Sounding {
			say.Ballot = &flows.Ballot{Words: "native", Options: t.Options, Choice: "v!"}
		}
	} else {
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-page", Link: "page", Row: 8})
	}
	return say
}

// voting are the buttons of the options: side by side where they are short.
func (t *turn) voting() (out []flows.Button) {
	long := 0
	for _, o := range t.Options {
		long += len([]rune(o)) + 2
	}
	for i, o := range t.Options {
		b := flows.Button{Words: "b-option", Vars: flows.Vars{"option": flows.Text(o)}, Choice: "v!=" + Letter(i)}
		if long > 18 {
			b.Row = i
		}
		out = append(out, b)
	}
	return out
}

// over takes the buttons of the message by which people voted away.
func (t *turn) over(words string) {
	say := flows.Say{Class: flows.Notice, Words: words, Vars: t.vars(), Slot: "poll", Tidy: true}
	if !t.Private {
		to := say
		to.To = flows.To{Nearest: t.Scope}
		t.do(to)
	}
	if say.To = (flows.To{Homes: t.Scope, All: true}); !t.Private {
		say.Words += "-private"
	}
	t.do(say)
}

// everyone tells the group, or where there is none all who live there. Never those
// who have voted by the tags of their votes: the order of the rows would show them.
func (t *turn) everyone(say flows.Say) {
	if say.To = (flows.To{Nearest: t.Scope}); t.Private {
		say.To = flows.To{Homes: t.Scope, All: true}
	}
	t.do(say)
}

// showTurnout changes the message in the group, not more than every ten minutes.
func (t *turn) showTurnout(n int) {
	t.Shown = t.e.At
	if !t.Private {
		say := t.ballotWith(flows.To{Nearest: t.Scope}, "ballot", n)
		say.Tidy = true
		t.do(say)
	}
}

// board is the starter's message: how it stands, and what can be done.
func (t *turn) board() {
	vars := t.vars()
	say := flows.Say{To: flows.To{Person: t.Starter}, Class: flows.Work, Vars: vars, Slot: t.slot(), Reply: true}
	switch t.Stage {
	case Open:
		say.Words = "board-open"
		if t.Moved == 0 {
			for _, n := range []int{1, 3, 7} {
				if float64(n*24) <= t.e.Settings.Polls.Extend.Hours() {
					say.Buttons = append(say.Buttons, flows.Button{Words: "b-extend", Vars: flows.Vars{"n": flows.Num(n)}, Choice: "extend=" + strconv.Itoa(n)})
				}
			}
		}
		if t.mayList() {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-chain", Choice: "chain", Row: 1}, flows.Button{Words: "b-disputed", Choice: "disputed", Row: 1})
		}
		if t.Hushed {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-unhush", Choice: "hush", Row: 2})
		} else {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-hush", Choice: "hush", Row: 2})
		}
		if t.Then == "" {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-then", Choice: "then", Row: 2})
		}
		say.Buttons = append(say.Buttons, flows.Button{Words: "b-stop", Choice: "stop", Row: 3}, flows.Button{Words: "b-page", Link: "page", Row: 3})
	case Result:
		say.Words = "board-result"
		say.Buttons = []flows.Button{{Words: "b-page", Link: "page"}}
		say.Tidy = true // only changes what stands there, and so at any hour
	case Closed:
		say.Words = "board-closed"
		if t.Stopped {
			say.Words = "board-stopped"
		}
		say.Tidy = !t.Stopped
	default:
		return
	}
	t.do(say)
}

// remind tells those who have not voted, once.
func (t *turn) remind() {
	t.Reminded = true
	say := t.ballot(flows.To{Homes: t.Scope})
	say.Words, say.Until = "remind", t.Until
	t.do(say)
}

// status answers who asks how it stands.
func (t *turn) status() {
	vars := t.vars()
	switch t.Stage {
	case Open:
		vars["in"] = flows.Num(Turnout(t.e.Counts))
		t.reply("status-open", vars)
	case Counting:
		t.reply("status-counting", vars)
	case Result, Closed:
		if t.Stopped {
			t.reply("status-stopped", vars)
			return
		}
		say := t.resultSay()
		say.To, say.Reply, say.Class = flows.To{Person: t.e.By.Person}, true, flows.Personal
		t.do(say)
	}
}

// look shows the poll to somebody who has come to Linli's private chat for it.
func (t *turn) look() {
	if t.e.By.Person == "" {
		return
	}
	switch t.Stage {
	case Open:
		say := t.ballot(flows.To{Person: t.e.By.Person})
		say.Reply, say.Class = true, flows.Personal
		t.do(say)
		if t.e.Entry != nil && t.e.Entry.Tag == pending {
			t.askHome(t.voter(t.e.By).why)
		}
	case Counting, Result, Closed:
		t.status()
	default:
		t.toast("over", nil)
	}
}

// Own is what a poll holds of a person, for themself: not how they voted, because
// nobody must be able to make them show it.
func (s State) Own(p flows.PersonID) flows.Own {
	o := flows.Own{Words: "own", Vars: flows.Vars{"question": flows.Text(s.Question)}}
	if p != "" && p == s.Wish {
		o.Said = s.Question
	}
	return o
}
