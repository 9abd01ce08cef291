package pages

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/flows/hearing"
)

// The minutes of a hearing: each sentence with what it rests on, what was corrected,
// what is to be done and how that stands, and who did not agree.

// minutes are what the page shows of them.
type minutes struct {
	State   string   // drafted, or confirmed by whom and when
	Prose   []string // in better words, confirmed by the chair
	Lines   []sentence
	Sources []source
	Fixes   []string
	Against []string
}

// sentence is one of the minutes.
type sentence struct {
	Text  string
	Quote string // somebody's own words
	By    string // who has agreed to be named with them
	Marks []int  // the sources it rests on, by their numbers
}

// source is what sentences rest on.
type source struct {
	N    int
	Text string
	URL  string
}

// minutes says them.
func (t *tellHearing) minutes() *minutes {
	v, out := t.v, &minutes{}
	switch {
	case v.Published.IsZero():
		out.State = t.say("hear-minutes-draft", nil)
	case v.Signed.At.IsZero():
		out.State = t.say("hear-minutes-out", flows.Vars{"at": when(v.Published)})
	default:
		out.State = t.say("hear-minutes-signed", flows.Vars{"who": t.post(v.Signed.Chair), "at": when(v.Signed.At), "by": t.post(v.Signed.By), "out": when(v.Published)})
	}
	for x := range strings.SplitSeq(v.Prose, "\n") {
		if x = strings.TrimSpace(x); x != "" {
			out.Prose = append(out.Prose, x)
		}
	}
	marks := map[string]int{}
	for _, l := range v.Draft {
		out.Lines = append(out.Lines, t.sentence(l))
		x := &out.Lines[len(out.Lines)-1]
		for _, r := range l.Rests {
			if marks[r] == 0 {
				marks[r] = len(marks) + 1
				out.Sources = append(out.Sources, t.source(marks[r], r))
			}
			x.Marks = append(x.Marks, marks[r])
		}
	}
	for _, f := range v.Fixes {
		out.Fixes = append(out.Fixes, t.say("hear-fix", flows.Vars{"text": flows.Text(f.Text), "who": t.post(f.By), "at": when(f.At)}))
	}
	out.Against = t.against()
	return out
}

// sentence says a line of the minutes, in the words of the flow. The words of an item are
// in its entry, where they can be taken back.
func (t *tellHearing) sentence(l hearing.Line) (out sentence) {
	x, there := t.v.items[l.Item]
	if l.Item > 0 && (!there || x.Gone) {
		return sentence{Text: t.say("hear-gone", nil)}
	}
	vars := maps.Clone(l.Vars)
	if vars == nil {
		vars = flows.Vars{}
	}
	if l.Item > 0 {
		out.Quote = x.Text
		if where := t.where(x.Where); x.Name != "" { // only who has agreed to it
			vars["name"], out.By = flows.Text(x.Name), x.Name
			if where != "" {
				vars["where"] = flows.Text(where)
				out.By = t.say("hear-by", flows.Vars{"name": flows.Text(x.Name), "where": flows.Text(where)})
			}
		}
	}
	if out.Text = t.sayIn(t.p.o.HearingWords, l.Words, vars); strings.Contains(out.Text, x.Name) {
		out.By = ""
	}
	return out
}

// source says what something rests on.
func (t *tellHearing) source(n int, rest string) source {
	v, out := t.v, source{N: n}
	kind, id, _ := strings.Cut(rest, "/")
	i, _ := strconv.Atoi(id)
	vars := flows.Vars{"n": flows.Num(i)}
	switch kind {
	case "notice":
		vars["at"] = when(v.Noticed)
		if v.announced() {
			out.URL = t.p.hearingPath(v.row.ID, "", t.p.o.Now()) + "/notice"
		}
	case "waiver":
		for _, w := range v.Waived {
			vars["who"], vars["at"], vars["why"] = t.post(w.By), when(w.At), flows.Text(w.Why)
		}
	case "signin":
		vars["came"], vars["guests"] = flows.Num(v.Came), flows.Num(v.Guests)
	case "item":
		x, ok := v.items[i]
		if vars["at"] = when(x.At); ok && x.Gone {
			kind = "gone"
		}
	case "hands":
		if i > 0 && i <= len(v.Points) && v.Points[i-1].Hands != nil {
			h := v.Points[i-1].Hands
			vars["hands"], vars["who"] = flows.Text(t.hands(h)), t.post(h.By)
		}
	case "poll":
		for _, x := range v.Points {
			if x.Poll != nil && string(x.Poll.Case) == id {
				vars["result"] = flows.Text(x.Poll.Result)
				out.URL = t.p.pollPath(x.Poll.Case, "", t.p.o.Now())
			}
		}
	case "objection":
		for _, o := range slices.Concat(v.Objected, deref(v.Frozen)) {
			vars["who"], vars["at"], vars["why"] = t.post(o.By), when(o.At), flows.Text(o.Why)
		}
	case "record":
	case "chair":
		vars["who"], vars["at"] = t.post(v.Signed.Chair), when(v.Signed.At)
	default:
		kind = "other"
	}
	out.Text = t.say("hear-rests-"+kind, vars)
	return out
}

// deref is what a pointer points to, if to anything.
func deref(o *hearing.Objection) []hearing.Objection {
	if o == nil {
		return nil
	}
	return []hearing.Objection{*o}
}

// against says of each who did not agree whether they have an answer, and which. What
// they wrote is theirs.
func (t *tellHearing) against() (out []string) {
	n := 0
	for _, d := range t.v.Dissents {
		if d.Left {
			continue
		}
		n++
		x, vars := t.v.items[d.Item], flows.Vars{"n": flows.Num(n), "due": when(d.Due), "at": when(d.Answered), "reply": flows.Text(t.v.items[d.Item].Reply)}
		switch {
		case x.Reply != "":
			out = append(out, t.say("hear-against-answered", vars))
		case d.Answered.IsZero():
			out = append(out, t.say("hear-against", vars))
		default:
			out = append(out, t.say("hear-against-told", vars))
		}
	}
	return out
}

// task is something that was decided, with who does it.
type task struct {
	Text, Who, How, Said string
	Done, Late           bool
}

// tasks are what was decided, and how it stands.
func (t *tellHearing) tasks() (out []task) {
	for _, d := range t.v.Decisions {
		x := task{Text: d.Text, Said: d.Said, Done: d.How == "done", Late: d.How == "late" || d.How == "returned"}
		if who := t.post(d.Who); who.Person != "" || !d.Due.IsZero() {
			x.Who = t.say("hear-task-who", flows.Vars{"who": who, "due": when(d.Due)})
		}
		switch d.How {
		case "sent", "taken", "late", "returned", "done":
			x.How = t.say("hear-how-"+d.How, flows.Vars{"at": when(d.At)})
		case "":
			if d.Who != "" {
				x.How = t.say("hear-how-new", nil)
			} else {
				x.How = t.say("hear-how-none", nil)
			}
		}
		out = append(out, x)
	}
	return out
}

// issues say what a complaint meeting led to.
func (t *tellHearing) issues() (out []string) {
	for _, x := range t.v.Issue {
		if x.Kind == "none" {
			continue // nothing to be followed up
		}
		key := "hear-issue"
		if x.Kind == "demand" || x.Kind == "topic" {
			key += "-" + x.Kind
		}
		vars := flows.Vars{"item": flows.Num(x.Item)}
		if x.No > 0 {
			vars["no"] = flows.Num(x.No)
		}
		out = append(out, t.say(key, vars))
	}
	return out
}
