package activity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/activity"
	"linli/prompts"
	"linli/prompts/local"
)

// lists reads what people paste, as the engine's reader does.
var lists = local.New()

// sends brings a list: to Linli itself, or in a group.
func (b *table) sends(who flows.PersonID, group flows.ChatID, text string) []string {
	b.Helper()
	r := lists.Read(text, prompts.Context{At: b.now, Settings: b.s, Direct: group == ""})
	if r.Chain == nil {
		b.Fatalf("no list: %q", text)
	}
	e := flows.Event{By: b.who(who), What: flows.Told{Name: "chain", Said: &flows.Said{Direct: group == "", Message: flows.Message{Text: text}}}, Reading: r, Chat: flows.Chat{ID: "~x"}}
	if group != "" {
		e.Chat = flows.Chat{ID: group, Group: true, Scope: flows.Scope{Building: "3"}}
	}
	b.does(e)
	return b.words()
}

// said gives the text of the last event that was said with some words.
func (b *table) said(words string) (string, flows.Say) {
	b.Helper()
	for _, eff := range b.effects {
		if say, ok := eff.(flows.Say); ok && say.Words == words {
			text, err := b.f.Words.Render("zh-CN", words, say.Vars, b.c.No, b.now, b.s)
			if err != nil {
				b.Fatal(err)
			}
			return text, say
		}
	}
	b.Fatalf("%q was not said, but %v", words, b.words())
	return "", flows.Say{}
}

// has looks whether a text of the last event says all of some things.
func (b *table) has(words string, want ...string) {
	b.Helper()
	text, _ := b.said(words)
	for _, w := range want {
		if neg, ok := strings.CutPrefix(w, "!"); ok == strings.Contains(text, strings.TrimPrefix(w, "!")) {
			b.Errorf("%q (%s): %s", words, neg, text)
		}
	}
}

func big(o *flows.OfferLine) { o.Most, o.Least = 12, 2 }

// Who answers for the activity is read; everybody else hears who does, and nothing is counted.
func TestWhoPastes(t *testing.T) {
	const text = "#接龙\n0007 学吉他\n1. 张三\n2. 老李 2人"
	for who, want := range map[flows.PersonID]int{"chen": 3, "zheng": 3, "r1": 0, "liu": 0, "li": 0, "feng": 0, "xu": 0} {
		b := open(t, big)
		words := b.sends(who, "", text)
		if got := b.state().Lines; got != want {
			t.Errorf("%s: %d places, want %d; they hear %v", who, got, want, words)
		}
		if want > 0 {
			b.want(words, "list-copy")
			continue
		}
		b.want(words, "list-other")
		if slices.Contains(words, "list-copy") || strings.Contains(string(b.c.Data), "lists") {
			t.Errorf("%s: %v, %s", who, words, b.c.Data)
		}
	}
	// Who runs it, though they hold no post of the committee.
	b := open(t, big)
	st := b.state()
	st.Runner = "r5"
	b.c.Data = flows.Data(st)
	b.want(b.sends("r5", "", text), "list-copy")
}

// Three pastes, with what has changed each time, and the list as it goes back to the group.
func TestListGrows(t *testing.T) {
	b := open(t, big)
	b.sends("chen", "", "#接龙\n0007 学吉他\n自带琴，问王姐 13912345678\n1. 张大爷\n1. 老李 2人\n5. 王姐 139 1234 5678\n\n谢谢大家")
	b.has("list-read", "读到3行", "共4个人", "还剩8个位子", "!多了", "!私下")
	b.has("list-copy", "0007 学吉他", "\n自带琴，问王姐 139****5678\n1. 张大爷\n2. 老李 2人\n3. 王姐 139****5678\n4.", "!1234")
	b.press("r1", "come=2")
	b.sends("chen", "", "#接龙\n0007 学吉他\n1. 张大爷\n2. 老李 3人\n3. 王姐 139****5678\n4. 小马+1")
	b.has("list-read", "读到4行", "共7个人", "多了1行：小马+1。", "1行改了人数", "!少了", "还剩3个位子", "另有2人私下报名")
	b.has("list-copy", "（另有2人私下报名）", "4. 小马+1\n5.")
	b.sends("chen", "", "#接龙\n0007 学吉他\n2. 老李 3人\n3. 王姐 139****5678\n4. 小马+1\n5. 赵六 两口子")
	b.has("list-read", "多了1行：赵六 两口子", "少了1行", "!改了人数", "还剩2个位子")
	b.sends("chen", "", "#接龙\n0007 学吉他\n1. 老李 3人\n2. 王姐 139****5678\n3. 小马+1\n4. 赵六 两口子")
	b.has("list-read", "和上次一样", "!多了", "!少了")
	if s := b.state(); s.Lines != 8 || s.Seats != 2 || s.Left() != 2 {
		t.Errorf("%d places in the list, %d private, %d left", s.Lines, s.Seats, s.Left())
	}
	for _, w := range []string{"老李", "王姐", "小马", "赵六", "139"} {
		if strings.Contains(string(b.c.Data), w) {
			t.Errorf("the state holds %q: %s", w, b.c.Data)
		}
	}
	for _, eff := range b.effects {
		if say, ok := eff.(flows.Say); ok && (say.Words == "list-read" || say.Words == "list-copy") && !say.Unkept {
			t.Errorf("%q with other people's names in it is kept", say.Words)
		}
	}
}

// More people than places: nobody is cut off in silence.
func TestListIsTooLong(t *testing.T) {
	b := open(t) // four places
	b.press("r1", "come")
	b.sends("chen", "", "#接龙\n0007\n1. 张三\n2. 一家三口\n3. 李四")
	b.has("list-read", "共5个人", "第2行起坐不下", "多出2个人", "!还剩")
	b.has("list-copy", "满了（另有1人私下报名）\n1. 张三\n2. 一家三口\n3. 李四", "!4.")
	if s := b.state(); s.Lines != 3 || s.Left() != 0 {
		t.Errorf("%d places in the list, %d left", s.Lines, s.Left())
	}
	b.want(b.press("r2", "come"), "waits")
	// Somebody takes their line out: what is free goes to who waits.
	b.want(b.sends("chen", "", "#接龙\n0007\n1. 张三\n3. 李四"), "offer")
	if s := b.state(); s.Lines != 2 || s.Seats != 2 {
		t.Errorf("%d places in the list, %d private", s.Lines, s.Seats)
	}
	// In a group nobody is told how many others there are, but who answers for it is.
	b = open(t)
	words := b.sends("r9", "g3", "#接龙\n0007\n1. 一家五口")
	if !slices.Equal(words, []string{"list-over", "card", "board"}) && !slices.Contains(words, "list-over") {
		t.Errorf("said %v", words)
	}
	b.has("list-over", "5个人", "多出1个人")
	if s := b.state(); s.Lines != 4 {
		t.Errorf("%d places", s.Lines)
	}
}

// A list without the number is counted only if its sender says that it is this one.
func TestListWithoutNumber(t *testing.T) {
	const text = "#接龙\n周四学吉他\n1. 张三\n2. 老李 2人"
	b := open(t, big)
	if words := b.sends("chen", "", text); !slices.Equal(words, []string{"list-is"}) || b.state().Lines != 0 {
		t.Fatalf("said %v, %d places", words, b.state().Lines)
	}
	b.want(b.press("zheng", "paste=yes"), "list-gone") // somebody else's answer
	b.want(b.press("chen", "paste=no"), "list-not")
	b.want(b.press("chen", "paste=yes"), "list-gone")
	if s := b.state(); s.Lines != 0 || s.Unsure != nil {
		t.Errorf("%+v", s)
	}
	b.sends("chen", "", text)
	b.want(b.press("chen", "paste=yes"), "list-read")
	b.has("list-read", "算上了", "2行", "共3个人", "0007")
	if s := b.state(); s.Lines != 3 || s.Unsure != nil || len(s.Lists) != 1 {
		t.Errorf("%+v", s)
	}
	b.sends("chen", "", "#接龙\n0007\n1. 张三\n2. 老李 2人\n3. 小马")
	b.has("list-read", "多了1行：小马") // known again though its words were not kept
	// It is not kept for longer than an hour.
	b.sends("chen", "", text)
	b.now = b.now.Add(59 * time.Minute)
	b.wakes("paste-0")
	if b.state().Unsure == nil {
		t.Error("it was forgotten too soon")
	}
	b.now = b.now.Add(time.Minute)
	b.wakes("paste-0")
	if b.state().Unsure != nil {
		t.Error("it is still kept after an hour")
	}
	b.want(b.press("chen", "paste=yes"), "list-gone")
	// It goes with who has sent it, and with the time of the activity.
	b.sends("chen", "", text)
	b.does(flows.Event{What: flows.Erased{}})
	if s := b.state(); s.Lists != nil {
		t.Errorf("%+v", s.Lists)
	}
	b.sends("chen", "", text)
	b.now = b.state().At
	b.wakes("begin-0")
	if s := b.state(); s.Unsure != nil || s.Lists != nil || s.Stage != activity.Held {
		t.Errorf("%+v", s)
	}
	b.want(b.sends("chen", "", "#接龙\n0007\n1. 张三"), "has-begun")
}

// Each group has a list of its own; together they have the places.
func TestListsOfSeveralGroups(t *testing.T) {
	b := open(t, big)
	b.sends("chen", "", "#接龙\n0007\n1. 张三\n2. 李四")
	b.sends("chen", "", "#接龙\n0007\n1. 王五 2人\n2. 赵六\n3. 钱七")
	b.has("list-read", "读到3行", "共4个人", "另一个群的", "2个群的接龙加起来6个人", "还剩6个位子", "!少了")
	b.sends("chen", "", "#接龙\n0007\n1. 张三\n2. 李四\n3. 孙八")
	b.has("list-read", "多了1行：孙八", "!少了", "!另一个群的", "加起来7个人")
	b.sends("r1", "g3", "#接龙\n0007\n1. 周九")
	if s := b.state(); s.Lines != 8 || len(s.Lists) != 3 {
		t.Errorf("%d places of %d lists", s.Lines, len(s.Lists))
	}
	// It was the same group after all.
	b = open(t, big)
	b.sends("chen", "", "#接龙\n0007\n1. 张三")
	b.want(b.press("chen", "paste=swap"), "list-gone") // there is none before it
	b.sends("chen", "", "#接龙\n0007\n1. 王五")
	b.want(b.press("r1", "paste=swap"), "list-gone")
	b.want(b.press("chen", "paste=swap"), "list-swapped")
	if s := b.state(); s.Lines != 1 || len(s.Lists) != 1 {
		t.Errorf("%d places of %d lists", s.Lines, len(s.Lists))
	}
	b.want(b.press("chen", "paste=swap"), "list-gone")
	for i := range flows.MostGroupLists - 1 {
		b.sends("chen", "", "#接龙\n0007\n1. 某某"+string(rune('甲'+i)))
	}
	was := b.state().Lines
	b.want(b.sends("chen", "", "#接龙\n0007\n1. 再一个群的"), "list-many")
	if b.state().Lines != was {
		t.Error("it was counted")
	}
}

// What cannot be counted is said.
func TestListOddities(t *testing.T) {
	b := open(t, big)
	b.want(b.sends("chen", "", "#接龙\n0007\n5. 张三\n6. 李四"), "list-part")
	if b.state().Lines != 0 {
		t.Error("the end of a list was counted as all of it")
	}
	b.sends("chen", "", "#接龙\n0007\n1. 张三\n2. 李四\n3. 张三\n#接龙\n土鸡蛋\n1. 王五")
	b.has("list-read", "第3行和前面的一样", "还有1个别的接龙")
	b.sends("r1", "g3", "#接龙\n土鸡蛋\n1. 张三\n2. 李四\n3. 王五") // in a group it is chatter
	if len(b.words()) > 0 || b.state().Lines != 3 {
		t.Errorf("said %v, %d places", b.words(), b.state().Lines)
	}
	b.want(b.sends("chen", "", "#接龙\n0007\n1. 张三"), "list-read")
	d := draft(t)
	d.c.No = 7
	d.want(d.sends("chen", "", "#接龙\n0007\n1. 张三"), "not-yet")
}

// Where Linli is in no group, who wanted the list there gets it.
func TestListNowhere(t *testing.T) {
	b := open(t, big)
	b.press("r1", "come")
	b.press("chen", "list")
	_, say := b.said("list")
	if say.To.Nearest.Zero() {
		t.Fatalf("%+v", say.To)
	}
	b.does(flows.Event{By: b.who("chen"), What: flows.Missed{Mark: "list"}})
	b.want(b.words(), "list-nowhere")
	b.has("list-copy", "#接龙\n0007 学吉他", "还剩11个位子（另有1人私下报名）\n1.")
	if _, say := b.said("list-copy"); say.To.Person != "chen" {
		t.Errorf("%+v", say.To)
	}
	b.does(flows.Event{By: b.who("chen"), What: flows.Missed{Mark: "list-nowhere"}})
	if words := b.words(); !slices.Equal(words, []string{"list-lost"}) {
		t.Errorf("said %v", words)
	}
	b.does(flows.Event{By: b.who("chen"), What: flows.Missed{Mark: "list-copy"}})
	if words := b.words(); len(words) > 0 {
		t.Errorf("said %v", words)
	}
}

// A list that was pasted and is changed is read again.
func TestListEdited(t *testing.T) {
	b := open(t, big)
	b.sends("chen", "", "#接龙\n0007\n1. 张三")
	text := "#接龙\n0007\n1. 张三\n2. 李四"
	r := lists.Read(text, prompts.Context{At: b.now, Settings: b.s, Direct: true})
	b.does(flows.Event{By: b.who("chen"), What: flows.Said{Direct: true, Edited: true, Message: flows.Message{Text: text}}, Reading: r})
	b.has("list-read", "多了1行：李四")
}

// A case of the version that kept only how many stood in the list goes on.
func TestListOfAnOldCase(t *testing.T) {
	b := open(t, big)
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b.c.Data, &raw); err != nil {
		t.Fatal(err)
	}
	raw["lines"] = json.RawMessage("3")
	b.c.Data = flows.Data(raw)
	b.press("chen", "list")
	b.has("list", "还剩9个位子", "\n4.")
	b.sends("chen", "", "#接龙\n0007\n1. 张三\n2. 李四")
	b.has("list-read", "读到2行", "!多了", "还剩10个位子")
}

// What is heard: lists in private go to the case they are of, or are answered, and keep nothing.
func TestHearsLists(t *testing.T) {
	a, _, s := both(t)
	guitar := flows.Similar{Case: flows.CaseRef{ID: "1", No: 7}, Flow: activity.Name, Stage: activity.Open, Title: "学吉他", Why: flows.ByMatter}
	chess := flows.Similar{Case: flows.CaseRef{ID: "2", No: 8}, Flow: activity.Name, Stage: activity.Open, Title: "学吉他二班", Why: flows.ByMatter}
	poll := flows.Similar{Case: flows.CaseRef{ID: "3", No: 9}, Flow: "poll", Stage: "open", Title: "装充电桩吗？", Why: flows.ByMatter}
	for _, c := range []struct {
		text     string
		similar  []flows.Similar
		group    bool
		forward  bool
		want, to string
	}{
		{"#接龙\n0007\n1. 张三", []flows.Similar{guitar, chess}, false, false, "tell", "1"},
		{"#接龙\n0007\n1. 张三", []flows.Similar{guitar, chess}, false, true, "tell", "1"}, // handed on as it stood
		{"#接龙\n学吉他\n1. 张三", []flows.Similar{guitar}, false, false, "tell", "1"},
		{"#接龙\n学吉他\n1. 张三", []flows.Similar{guitar, chess}, false, false, "list-which", ""},
		{"#接龙\n装充电桩\n1. 3-1-501 要", []flows.Similar{guitar, poll}, false, false, "", ""}, // the poll has heard it
		{"#接龙\n土鸡蛋\n1. 张三 2板", []flows.Similar{guitar, poll}, false, false, "list-none", ""},
		{"#接龙\n土鸡蛋\n1. 张三 2板", []flows.Similar{guitar, poll}, true, false, "", ""},
		{"土鸡蛋\n1. 张三\n2. 李四\n3. 王五", nil, false, false, "", ""}, // not called a list by anybody
		{"#接龙\n电梯天天坏，物业快来修\n1. 501 支持", nil, false, false, "", ""},
	} {
		r := lists.Read(c.text, prompts.Context{At: noon, Settings: s, Direct: !c.group, Scope: flows.Scope{Building: "3"}})
		e := flows.Event{At: noon, What: flows.Said{Direct: !c.group, Message: flows.Message{Text: c.text, Forwarded: c.forward}}, Reading: r, Settings: s, Chat: flows.Chat{ID: "x", Group: c.group}}
		for _, x := range c.similar {
			if x.Case.No == r.Number {
				x.Why = flows.ByNumber
			}
			e.Similar = append(e.Similar, x)
		}
		got, to := "", ""
		for _, eff := range a.Hear(e) {
			switch eff := eff.(type) {
			case flows.Tell:
				got, to = "tell", string(eff.Case)
			case flows.Say:
				got = eff.Words
				for _, lang := range flows.Languages {
					if _, err := a.Words.Render(lang, eff.Words, eff.Vars, 0, noon, s); err != nil {
						t.Error(err)
					}
				}
			default:
				t.Errorf("%q leads to a %T", c.text, eff)
			}
		}
		if got != c.want || to != c.to {
			t.Errorf("%q: %q %q, want %q %q", c.text, got, to, c.want, c.to)
		}
	}
}
