package hearing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/hearing"
	"linli/prompts"
	"linli/prompts/local"
)

var lists = local.New()

// sends brings a list: to Linli itself, or in a group.
func (b *table) sends(at time.Time, by flows.Actor, group flows.ChatID, text string) {
	b.T.Helper()
	r := lists.Read(text, prompts.Context{At: at, Settings: b.Settings, Direct: group == ""})
	if r.Chain == nil {
		b.T.Fatalf("no list: %q", text)
	}
	e := flows.Event{At: at, By: by, What: flows.Told{Name: "chain", Said: &flows.Said{Direct: group == ""}}, Reading: r, Chat: flows.Chat{ID: "~x"}, Case: flows.CaseRef{ID: "1", No: 1}}
	if group != "" {
		e.Chat = flows.Chat{ID: group, Group: true, Scope: flows.Scope{Building: "3"}}
		e.What = flows.Told{Name: "chain"}
	}
	b.does(e)
}

func (b *table) text(words string) string {
	b.T.Helper()
	for _, say := range b.says() {
		if say.Words == words {
			out, err := b.Flow.Words.Render("zh-CN", words, say.Vars, 1, time.Time{}, b.Settings)
			if err != nil {
				b.T.Fatal(err)
			}
			return out
		}
	}
	b.T.Fatalf("%q was not said, but %+v", words, b.says())
	return ""
}

func listed(st hearing.State) (n []int) {
	for _, s := range st.Slots {
		n = append(n, s.Listed)
	}
	return n
}

// The list of times is counted for who prepares the hearing, says what has changed, and is
// written back; the times that stand in it are nobody.
func TestPastedTimes(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	at := december(s, 3, 11, 0)
	chen := b.official("chen")
	b.sends(at, chen, "", "#接龙\n0001 哪个时间能来？\n1. 12月12日（周六）15:00\n2. 12月13日（周日）15:00\n3. 12月13日（周日）19:00\n1. 张大爷 1 3\n2. 老伴 都行\n3. 小李 13912345678")
	if got := listed(b.state()); !slices.Equal(got, []int{2, 1, 2}) {
		t.Errorf("%v", got)
	}
	if text := b.text("list-told"); !strings.Contains(text, "读到3行，2行写了时间") || !strings.Contains(text, "第3行没看出哪个时间") {
		t.Error(text)
	}
	if text := b.text("list-copy"); !strings.Contains(text, "时间3：12月13日（周日）19:00\n例") || !strings.Contains(text, "\n1. 张大爷 1 3\n2. 老伴 都行\n3. 小李 139****5678\n4.") {
		t.Error(text)
	}
	// What is written back is read again, and nothing has changed.
	b.sends(at, chen, "", b.text("list-copy"))
	if text := b.text("list-told"); !strings.Contains(text, "和上次一样") {
		t.Error(text)
	}
	b.sends(at, chen, "", "#接龙\n0001\n1. 张大爷 2\n2. 老伴 都行\n4. 王姐 2、3")
	if text := b.text("list-told"); !strings.Contains(text, "多了1行：王姐 2、3") || !strings.Contains(text, "少了1行") || !strings.Contains(text, "1行改了时间") {
		t.Error(text)
	}
	if got := listed(b.state()); !slices.Equal(got, []int{1, 3, 2}) {
		t.Errorf("%v", got)
	}
	for _, w := range []string{"张大爷", "老伴", "王姐", "139"} {
		if strings.Contains(string(b.Case.Data), w) {
			t.Errorf("the state holds %q", w)
		}
	}
	// The list of a group that Linli hears stands beside it.
	b.sends(at, resident(5), "g3", "#接龙\n0001\n1. 赵六 1")
	if got := listed(b.state()); !slices.Equal(got, []int{2, 3, 2}) {
		t.Errorf("%v", got)
	}
	// When the time is over, nothing of it stays.
	b.press(at, chen, "slot=0")
	if st := b.state(); st.Lists != nil || st.Unsure != nil || st.Stage == hearing.Asking {
		t.Errorf("%s %+v", st.Stage, st.Lists)
	}
}

// Who else pastes it hears whose it is; a list without the number is counted only if its sender
// says that it is this one.
func TestPastedTimesOfWhom(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	at := december(s, 3, 11, 0)
	b.sends(at, resident(3), "", "#接龙\n0001\n1. 张大爷 1")
	if got := b.heard("r3"); !slices.Equal(got, []string{"list-other"}) || b.state().Lists != nil {
		t.Errorf("they hear %v", got)
	}
	chen := b.official("chen")
	b.sends(at, chen, "", "#接龙\n楼前装不装充电桩\n1. 张大爷 1")
	if got := b.heard("chen"); !slices.Equal(got, []string{"list-is"}) || b.state().Lists != nil {
		t.Errorf("they hear %v", got)
	}
	b.press(at, b.official("lu"), "paste=yes")
	if got := b.heard("lu"); !slices.Equal(got, []string{"list-gone"}) {
		t.Errorf("somebody else hears %v", got)
	}
	b.press(at, chen, "paste=yes")
	if got := listed(b.state()); !slices.Equal(got, []int{1, 0, 0}) || !strings.Contains(b.text("list-told"), "0001") {
		t.Errorf("%v", got)
	}
	b.sends(at, chen, "", "#接龙\n0001\n1. 王姐 2")
	if text := b.text("list-told"); !strings.Contains(text, "另一个群") {
		t.Error(text)
	}
	b.press(at, chen, "paste=swap")
	if got := listed(b.state()); !slices.Equal(got, []int{0, 1, 0}) {
		t.Errorf("%v", got)
	}
	b.sends(at, chen, "", "#接龙\n0001\n4. 王姐 2")
	if got := b.heard("chen"); !slices.Equal(got, []string{"list-part"}) {
		t.Errorf("they hear %v", got)
	}
	b.sends(at, chen, "", "#接龙\n楼前装不装充电桩\n1. 张大爷 1")
	b.does(flows.Event{At: at.Add(time.Hour), What: flows.Woke{Name: "paste"}})
	if b.state().Unsure != nil {
		t.Error("it is still kept after an hour")
	}
	b.press(at, chen, "list")
	b.does(flows.Event{At: at, By: chen, What: flows.Missed{Mark: "list"}})
	if got := b.heard("chen"); !slices.Equal(got, []string{"list-here", "list-nowhere", "list-copy"}) {
		t.Errorf("they hear %v", got)
	}
}
