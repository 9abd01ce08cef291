package bot

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/storage"
)

// Leave (请假): somebody with a post says when they are away and who stands in.
// What they say lies over the directory, which only the committee changes.

func leaveKey(p flows.PersonID) string { return "leave/" + string(p) }

// planned is a leave that was read out of somebody's words and not yet confirmed.
type planned struct {
	N     int         `json:"n"` // which of their buttons speaks of it
	Leave flows.Leave `json:"leave"`
	Until time.Time   `json:"until"`
}

func plannedKey(p flows.PersonID) string { return "leaving/" + string(p) }

// asked is the name under which somebody's next message is expected to say
// until when they are away; no case has it.
const asked = flows.ID("~leave")

var (
	leaveWord = regexp.MustCompile(`^(/leave|我(?:要|想)?请假|请假)`)
	backWord  = regexp.MustCompile(`^(/back|(?:我)?销假)[了。]?$`)
	// What stands around days and names in "从周一起到周五，交给周网格代班".
	leaveGlue = regexp.MustCompile(`交给|转给|交由|由|给|让|从|起|开始|到|至|止|共|一共|请假|代班|替班|顶班|代|替|接|顶|我|请|了|吧|[\s，,。.、;；:：~～—\-]+`)
	idWord    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_-]*`)
	handing   = regexp.MustCompile(`(?:交给|转给|交由|给)\s*(\p{Han}{2,8}|[A-Za-z][\w-]*)`)
)

// leaveCommand hears that somebody with a post is away, or back.
func (b *Bot) leaveCommand(st *step, h *heard, text string) (done bool, err error) {
	word := leaveWord.FindString(text)
	answers := h.person.Expect.Case == asked && st.at.Before(h.person.Expect.Until)
	switch {
	case backWord.MatchString(text):
		if len(st.by.Posts) == 0 {
			return false, nil
		}
		return true, b.back(st, h)
	case word == "" && !answers:
		return false, nil
	case len(st.by.Posts) == 0:
		if word == "/leave" {
			return true, st.houseSay(h, "not-yours", nil)
		}
		return false, nil
	}
	rest := strings.TrimSpace(strings.TrimPrefix(text, word))
	from, to, left, ok := leaveDays(rest, st.at)
	by, stranger, several := b.standIn(st, left)
	switch {
	case word == "" && (!ok || stranger != ""):
		return false, nil // it says something else
	case word == "请假" && !ok && rest != "":
		return false, nil // a question about it, say
	case !ok && rest == "", !ok && !dayWord.MatchString(arabic(rest)) && !daySpan.MatchString(arabic(rest)):
		h.person.Expect = storage.Expect{Case: asked, Tag: "until", Until: st.at.Add(10 * time.Minute)}
		if err := st.tx.PutPerson(h.person); err != nil {
			return true, err
		}
		return true, st.houseSay(h, "leave-until", nil)
	case !ok:
		return true, st.houseSay(h, "leave-when", nil)
	case stranger != "":
		return true, st.houseSay(h, "code-whom", flows.Vars{"name": flows.Text(stranger)})
	case len(several) > 0:
		return true, st.houseSay(h, "code-which", flows.Vars{"name": flows.Text(several[0].Name), "which": flows.Text(b.namesOf(st, several, true)), "id": flows.Text(string(several[0].ID))})
	}
	return true, b.plan(st, h, flows.Leave{From: from, To: to, By: by})
}

// standIn finds who is named in what is left of the words beside the days.
func (b *Bot) standIn(st *step, text string) (by flows.PersonID, stranger string, several []flows.Official) {
	var found []flows.Official
	ids := idWord.FindAllString(text, -1)
	for _, o := range st.s.People {
		if o.ID != st.by.Person && (o.Name != "" && strings.Contains(text, o.Name) || slices.Contains(ids, string(o.ID))) {
			found = append(found, o)
		}
	}
	// Of 李网 and 李网格 the longer is meant.
	longest := 0
	for _, o := range found {
		longest = max(longest, utf8.RuneCountInString(o.Name))
	}
	if i := slices.IndexFunc(found, func(o flows.Official) bool { return slices.Contains(ids, string(o.ID)) }); i >= 0 {
		found = found[i : i+1]
	} else {
		found = slices.DeleteFunc(found, func(o flows.Official) bool { return utf8.RuneCountInString(o.Name) < longest })
	}
	switch {
	case len(found) == 1:
		left := strings.NewReplacer(found[0].Name, " ", string(found[0].ID), " ").Replace(text)
		return found[0].ID, strings.TrimSpace(leaveGlue.ReplaceAllString(left, "")), nil
	case len(found) > 1:
		return "", "", found
	}
	if m := handing.FindStringSubmatch(text); m != nil {
		return "", m[1], nil
	}
	return "", strings.TrimSpace(leaveGlue.ReplaceAllString(text, "")), nil
}

// plan says a leave back before it counts.
func (b *Bot) plan(st *step, h *heard, l flows.Leave) error {
	me, _ := st.s.Official(st.by.Person)
	if by, ok := st.s.Official(l.By); l.By != "" {
		could := st.couldHold(me, l)
		if !ok || !slices.ContainsFunc(could, func(o flows.Official) bool { return o.ID == l.By }) {
			vars := flows.Vars{"by": flows.Text(by.Name), "names": flows.Text(b.namesOf(st, could, false))}
			return st.houseSay(h, "leave-not-by", vars)
		}
	}
	n, err := st.tx.Count("leave")
	if err != nil {
		return err
	}
	if err := st.tx.PutKey(plannedKey(me.ID), flows.Data(planned{N: n, Leave: l, Until: st.at.Add(24 * time.Hour)})); err != nil {
		return err
	}
	if h.person.Expect.Case == asked {
		h.person.Expect = storage.Expect{}
		if err := st.tx.PutPerson(h.person); err != nil {
			return err
		}
	}
	v := strconv.Itoa(n)
	return st.houseAsk(h, "leave", leaveWords("leave-right", l), leaveVars(me.ID, l),
		flows.Button{Words: "b-right", Choice: "yes=" + v}, flows.Button{Words: "b-wrong", Choice: "no=" + v})
}

// leaveWords chooses the words by whether somebody stands in, and whether it is
// more than a day.
func leaveWords(words string, l flows.Leave) string {
	if l.By == "" {
		words += "-nobody"
	}
	return words
}

func leaveVars(p flows.PersonID, l flows.Leave) flows.Vars {
	vars := flows.Vars{"who": flows.Who(p), "from": flows.At(l.From), "by": flows.Who(l.By)}
	if !l.To.Equal(l.From) {
		vars["to"] = flows.At(l.To)
	}
	return vars
}

// couldHold gives who could do somebody's work while they are away: those who hold
// the same post, who are named for it in the directory, or the committee; and who
// are not away themselves.
func (st *step) couldHold(me flows.Official, l flows.Leave) []flows.Official {
	committee := []flows.Role{flows.Staff, flows.Head, flows.Secretary}
	var named []flows.PersonID
	for _, g := range st.s.Grids {
		if g.Leader == me.ID {
			named = append(named, g.StandIns...)
		}
	}
	for _, sh := range st.s.Roster {
		if sh.Person == me.ID {
			named = append(named, sh.StandIns...)
		}
	}
	return slices.DeleteFunc(slices.Clone(st.s.People), func(o flows.Official) bool {
		away := slices.ContainsFunc(o.Leave, func(x flows.Leave) bool { return !x.To.Before(l.From) && !x.From.After(l.To) })
		if o.ID == me.ID || away {
			return true
		}
		a := flows.Actor{Posts: o.Posts}
		return !slices.Contains(named, o.ID) && slices.ContainsFunc(me.Posts, func(p flows.Post) bool {
			return !a.Holds(p.Role) && (p.Role == flows.Supervisor || !a.Holds(committee...))
		})
	})
}

func (b *Bot) namesOf(st *step, people []flows.Official, exactly bool) string {
	var names []string
	for _, o := range people {
		name := o.Name
		if exactly {
			name = fmt.Sprintf("%s（%s）", o.ID, b.postsOf(st.lang(st.person), o))
		}
		names = append(names, name)
	}
	return strings.Join(names, "、")
}

// pressedLeave takes [对] or [不对] under a leave that was said back.
func (b *Bot) pressedLeave(st *step, h *heard, choice, value string) error {
	st.kept = true
	me, ok := st.s.Official(st.by.Person)
	if !ok {
		return st.brief(House, "not-yours", nil)
	}
	raw, err := st.tx.Key(plannedKey(me.ID))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	p, err := decode[planned](raw)
	if err != nil || strconv.Itoa(p.N) != value || st.at.After(p.Until) || choice != "yes" && choice != "no" {
		return b.leaveNow(st, me) // an older button: it says what holds now
	}
	if err := st.tx.PutKey(plannedKey(me.ID), nil); err != nil {
		return err
	}
	if choice == "no" {
		h.person.Expect = storage.Expect{Case: asked, Tag: "until", Until: st.at.Add(10 * time.Minute)}
		if err := st.tx.PutPerson(h.person); err != nil {
			return err
		}
		return st.houseSay(h, "leave-until", nil)
	}
	list, err := leavesOf(st.tx, me.ID)
	if err != nil {
		return err
	}
	h.leaves = true
	if err := putLeaves(st.tx, me.ID, append(list, p.Leave)); err != nil {
		return err
	}
	vars := leaveVars(me.ID, p.Leave)
	if err := st.houseSay(h, leaveWords("leave-kept", p.Leave), vars); err != nil {
		return err
	}
	if p.Leave.By != "" {
		say := flows.Say{To: flows.To{Person: p.Leave.By}, Class: flows.Work, Words: "leave-stand-in", Vars: vars}
		if err := st.say(nil, House, say); err != nil {
			return err
		}
	}
	return st.tellCommittee(leaveWords("leave-told", p.Leave), vars, me.ID, p.Leave.By)
}

// leaveNow says, with a button that was pressed, when somebody is away.
func (b *Bot) leaveNow(st *step, me flows.Official) error {
	list, err := leavesOf(st.tx, me.ID)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(l flows.Leave) bool { return st.at.After(l.To.AddDate(0, 0, 1)) })
	if len(list) == 0 {
		return st.brief(House, "leave-none", nil)
	}
	l := list[len(list)-1]
	return st.brief(House, leaveWords("leave-holds", l), leaveVars(me.ID, l))
}

// back ends the leaves that somebody has asked for.
func (b *Bot) back(st *step, h *heard) error {
	me, _ := st.s.Official(st.by.Person)
	list, err := leavesOf(st.tx, me.ID)
	if err != nil {
		return err
	}
	base := b.directory()
	if _, away := base.Away(me.ID, st.at); away {
		return st.houseSay(h, "back-directory", nil)
	}
	if len(list) == 0 {
		return st.houseSay(h, "leave-none", nil)
	}
	h.leaves = true
	if err := putLeaves(st.tx, me.ID, nil); err != nil {
		return err
	}
	if err := st.houseSay(h, "back", nil); err != nil {
		return err
	}
	vars := flows.Vars{"who": flows.Who(me.ID)}
	told := []flows.PersonID{me.ID}
	for _, l := range list {
		if l.By == "" || slices.Contains(told, l.By) {
			continue
		}
		told = append(told, l.By)
		if err := st.say(nil, House, flows.Say{To: flows.To{Person: l.By}, Class: flows.Work, Words: "back-told", Vars: vars}); err != nil {
			return err
		}
	}
	return st.tellCommittee("back-told", vars, told...)
}

// tellCommittee tells staff something once, or where there are no others the
// head or the secretary.
func (st *step) tellCommittee(words string, vars flows.Vars, except ...flows.PersonID) error {
	for _, r := range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
		if slices.ContainsFunc(st.s.With(r, flows.Everywhere), func(p flows.PersonID) bool { return !slices.Contains(except, p) }) {
			to := flows.To{Role: r, Scope: flows.Everywhere, Except: except}
			return st.say(nil, House, flows.Say{To: to, Class: flows.Work, Words: words, Vars: vars})
		}
	}
	return nil
}
