package poll

import (
	"strconv"
	"time"

	"linli/flows"
)

// What its starter can do with a poll while people vote.

// run is a button of the starter while people vote.
func (t *turn) run(w flows.Chose) {
	if !t.e.At.Before(t.Until) {
		t.toast("over", nil) // its end is only waiting to be heard
		return
	}
	switch w.Choice {
	case "extend":
		t.extend(w.Value)
	case "stop":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "why-stop", Vars: t.vars(), Reply: true, Expect: "why-stop"})
	case "then":
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "then", Vars: t.vars(), Reply: true, Expect: "then"})
	case "disputed":
		t.Disputed, t.Lines = true, nil
		t.board()
	case "hush":
		t.Hushed = !t.Hushed
		t.board()
		t.showTurnout(Turnout(t.e.Counts))
	case "chain":
		t.writeChain()
	case "send":
		t.toast("sent-already", nil)
	default:
		t.toast("over", nil)
	}
}

// extend moves the end, once, for a reason that is shown.
func (t *turn) extend(days string) {
	n, err := strconv.Atoi(days)
	most := t.e.Settings.Polls.Extend
	switch {
	case t.Moved > 0:
		t.toast("moved-already", nil)
	case err != nil || n < 1 || time.Duration(n)*24*time.Hour > most:
		t.toast("too-far", flows.Vars{"n": flows.Num(int(most / (24 * time.Hour)))})
	default:
		t.Later = t.Until.AddDate(0, 0, n)
		vars := t.vars()
		vars["later"] = flows.At(t.Later)
		t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: "why", Vars: vars, Reply: true, Expect: "why"})
	}
}

// reasoned says that a sentence is the reason of who may give one, while people vote.
func (t *turn) reasoned(text string) bool {
	return text != "" && t.Stage == Open && t.e.At.Before(t.Until) && t.leads(t.e.By)
}

// stopSaid is the reason for taking the poll back.
func (t *turn) stopSaid(w flows.Said) {
	text := cut(w.Message.Text, maxWords)
	if !t.reasoned(text) {
		t.reply("over", nil)
		return
	}
	t.Why, t.Stage, t.Stopped, t.Lines = text, Closed, true, nil
	t.over("ballot-stopped")
	t.everyone(flows.Say{Class: flows.Notice, Words: "stopped", Vars: t.vars()})
	t.board()
	t.settle()
}

// whySaid is the reason for another end.
func (t *turn) whySaid(w flows.Said) {
	text := cut(w.Message.Text, maxWords)
	if !t.reasoned(text) || t.Later.IsZero() || t.Moved > 0 {
		t.reply("over", nil)
		return
	}
	t.Why = text
	t.Until, t.Later, t.Moved = t.Later, time.Time{}, t.Moved+1
	t.do(flows.Wake{At: t.Until, Name: endOf(t.Until)})
	t.showTurnout(Turnout(t.e.Counts))
	t.everyone(flows.Say{Class: flows.Notice, Words: "moved", Vars: t.vars()})
	if at := t.Until.Add(-t.e.Settings.Polls.Remind); at.After(t.e.At) && !t.Reminded {
		t.do(flows.Wake{At: at, Name: "remind"})
	}
	t.board()
}
