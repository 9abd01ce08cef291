package round

import (
	"cmp"
	"strconv"
	"strings"

	"linli/flows"
)

// The list as who goes reads it.

// slot is the message of this week's list: a new one every week.
func (t *turn) slot() string { return tag("week", t.Week) }

// card shows the list, or changes it. On a locked telephone nothing of it is to be read:
// it names doors.
func (t *turn) card(again bool) {
	say := flows.Say{To: flows.To{Person: t.Walker}, Class: flows.Work, Words: "card", Slot: t.slot(), Vars: t.vars(), Neutral: !again}
	for i, l := range t.Lines {
		if l.How != "" {
			continue
		}
		for _, how := range hows(l) {
			say.Buttons = append(say.Buttons, flows.Button{Words: "b-" + how, Vars: flows.Vars{"n": flows.Num(i + 1)}, Choice: how + "=" + strconv.Itoa(l.N), Row: i})
		}
	}
	if homes, spots := t.Open(); homes+spots == 0 {
		say.Words = "card-done"
	}
	say.Reply = again
	t.do(say)
}

// hows are what may be said of a line.
func hows(l Line) []string {
	if l.Kind == Spot {
		return []string{OK, Found}
	}
	return []string{Been, Out, Called}
}

// vars are those of all texts about the list. How it reads is written for every language
// here: which is the reader's, is known when it leaves.
func (t *turn) vars() flows.Vars {
	homes, spots := t.Open()
	vars := flows.Vars{"grid": flows.In(t.scope()), "homes": flows.Num(homes), "spots": flows.Num(spots), "zh": flows.Text(t.list("zh-CN")), "en": flows.Text(t.list("en"))}
	if !t.Until.IsZero() {
		vars["until"] = flows.At(t.Until)
	}
	return vars
}

func (t *turn) list(lang string) string {
	var w strings.Builder
	for i, l := range t.Lines {
		if i > 0 {
			w.WriteString("\n")
		}
		w.WriteString(strconv.Itoa(i+1) + ". " + Reads(t.e.Settings, l, lang))
	}
	return w.String()
}

// texts are those of lines, in the languages of [flows.Languages].
var texts = map[string][2]string{
	Spot: {"：", ": "}, Visit: {"：约好的走访", ": visit, agreed to"}, "phone": {"：约好的，打电话", ": call, agreed to"}, Door: {"：走访", ": visit"},
	OK: {"，看过了，没问题", ", looked at, nothing found"}, Found: {"，发现问题", ", something found"}, Been: {"，去过了", ", visited"}, Out: {"，没人在家", ", nobody at home"}, Called: {"，打过电话", ", called"},
	"no": {"，已登记", ", filed as No. "}, "kept": {"（上次答应的办好了，请告诉一声：", " (what was promised last time is done, please tell them: No. "}, "end": {"）", ")"},
}

// Reads gives a line as people read it: which place or household, what is to be done, and
// what came of it.
func Reads(s *flows.Settings, l Line, lang string) string {
	k := 0
	if strings.HasPrefix(lang, "en") {
		k = 1
	}
	w := s.PlaceName(l.Place, lang, true)
	switch {
	case l.Kind == Spot:
		w += texts[Spot][k]
		for _, x := range s.Rounds.Looks {
			if x.ID == l.Look {
				w += cmp.Or(x.Name[lang], x.Name[flows.Languages[0]])
			}
		}
	case l.Phone:
		w += texts["phone"][k]
	default:
		w += texts[l.Kind][k]
	}
	if l.Kept > 0 && l.How == "" {
		w += texts["kept"][k] + flows.Spoken(l.Kept) + texts["end"][k]
	}
	w += texts[l.How][k]
	if l.No > 0 {
		w += texts["no"][k] + flows.Spoken(l.No)
	}
	return w
}
