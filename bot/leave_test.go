package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// onDuty gives who is paged for a danger now.
func onDuty(s *stage) []flows.PersonID { return s.b.Settings().DutyLadder(s.clock.Now()) }

// yes presses the newest button with a label that somebody was given.
func button(s *stage, all []arrived, who, label string) string {
	s.Helper()
	for i := len(all) - 1; i >= 0; i-- {
		for _, row := range all[i].Buttons {
			for _, x := range row {
				if all[i].To == who && x.Label == label {
					return x.Data
				}
			}
		}
	}
	s.Fatalf("%s has no [%s] in %q", who, label, lines(all))
	return ""
}

func press(s *stage, who, data string) bot.Answer {
	s.Helper()
	a := s.hear(s.pressed(who, "", data))
	s.drain()
	return a
}

// Who is away says so in a sentence; it counts when they have seen the dates and
// said yes, at once and for everything, and is told to the stand-in and to staff.
func TestLeave(t *testing.T) {
	s := newStage(t, nil)
	version := s.b.Settings().Version
	s.say("sun", "", "我请假，到周五，交给钱值班")
	got := s.toy.take()
	if l := lines(got); !slices.Equal(l, []string{"sun: 您3月11日（周三）到3月13日（周五）请假，单子转钱值班。对吗？ [对] [不对]"}) {
		t.Fatalf("told %q", l)
	}
	if d := onDuty(s); d[0] != "sun" || s.b.Settings().Version != version {
		t.Errorf("before the yes %v is paged, version %s", d, s.b.Settings().Version)
	}
	yes := button(s, got, "sun", "对")
	press(s, "sun", yes)
	s.told("sun: 记下了：3月11日（周三）到3月13日（周五）请假，单子转钱值班，我去告诉钱值班和社区。提前回来就发“销假”。",
		"qian: 孙值班3月11日（周三）到3月13日（周五）请假，单子转给您。接不了请告诉社区。",
		"chen: 孙值班3月11日（周三）到3月13日（周五）请假，单子转钱值班。")
	if d := onDuty(s); d[0] != "qian" || slices.Contains(d, "sun") {
		t.Errorf("after the yes %v is paged", d)
	}
	if v := s.b.Settings().Version; !strings.HasPrefix(v, version+"+") {
		t.Errorf("version %s", v)
	}
	// Pressed again it says what holds; pressed by somebody else it is nothing.
	if a := press(s, "sun", yes); a.Toast != "现在记着的是：3月11日（周三）到3月13日（周五）请假，单子转钱值班。" {
		t.Errorf("again: %q", a.Toast)
	}
	if a := press(s, "chen", yes); a.Toast != "现在没有记您的请假。" {
		t.Errorf("somebody else: %q", a.Toast)
	}
	if a := press(s, "p1", yes); a.Toast != "这个要社区工作人员才能用。" {
		t.Errorf("a resident: %q", a.Toast)
	}
	s.told()
	// It survives another process and another version of the directory.
	s.restart()
	s.say("p1", "", "吃了吗")
	if d := onDuty(s); d[0] != "qian" {
		t.Errorf("after a restart %v is paged", d)
	}
	next := *settings()
	next.Version = "2"
	s.b.SetSettings(&next)
	if d, v := onDuty(s), s.b.Settings().Version; d[0] != "qian" || !strings.HasPrefix(v, "2+") {
		t.Errorf("with another directory %v is paged, version %s", d, v)
	}
	if base := next.People[1]; base.ID != "sun" || len(base.Leave) != 0 {
		t.Errorf("the directory was changed: %+v", base)
	}
	// When it is over nothing of it is left.
	s.pass(3*24*time.Hour - 10*time.Hour)
	if d := onDuty(s); d[0] != "qian" {
		t.Errorf("on the last evening %v is paged", d)
	}
	s.pass(2 * time.Hour)
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.say("p1", "", "吃了吗")
	if d, v := onDuty(s), s.b.Settings().Version; d[0] != "sun" || v != "2" {
		t.Errorf("afterwards %v is paged, version %s", d, v)
	}
	s.view(func(tx storage.Tx) error {
		all, err := tx.Keys("leav")
		if len(all) != 0 {
			t.Errorf("left: %q", all)
		}
		return err
	})
}

// Somebody who is back early says so.
func TestBack(t *testing.T) {
	s := newStage(t, nil)
	s.say("sun", "", "销假")
	s.told("sun: 现在没有记您的请假。")
	s.say("sun", "", "/leave 03-11 03-13 钱值班")
	press(s, "sun", button(s, s.toy.take(), "sun", "对"))
	s.toy.take()
	s.say("sun", "", "/back")
	s.told("sun: 好，您回来了，单子照常派给您。", "qian: 孙值班回来了，单子照常派。", "chen: 孙值班回来了，单子照常派。")
	if d, v := onDuty(s), s.b.Settings().Version; d[0] != "sun" || v != "1" {
		t.Errorf("%v is paged, version %s", d, v)
	}
	away := *settings()
	away.People = slices.Clone(away.People)
	day := time.Date(2026, 3, 11, 0, 0, 0, 0, away.Zone)
	away.People[1].Leave = []flows.Leave{{From: day, To: day}}
	s.b.SetSettings(&away)
	s.say("sun", "", "销假了")
	s.told("sun: 您的请假写在社区的名册里，请社区改名册。")
	s.say("p1", "", "销假")
	s.told()
}

// What is missing is asked for, and what does not fit is said.
func TestLeaveThatIsAskedFor(t *testing.T) {
	s := newStage(t, nil)
	s.say("li", "", "我请假")
	s.told("li: 请到哪天？交给谁？比如：12月1日到12月3日，交给周网格")
	s.say("li", "", "到周五，交给陈社区")
	got := s.toy.take()
	if l := lines(got); len(l) != 1 || !strings.HasPrefix(l[0], "li: 您3月11日（周三）到3月13日（周五）请假，单子转陈社区。对吗？") {
		t.Fatalf("told %q", l)
	}
	old := button(s, got, "li", "对")
	press(s, "li", button(s, got, "li", "不对"))
	s.told("li: 请到哪天？交给谁？比如：12月1日到12月3日，交给周网格")
	s.say("li", "", "明天")
	got = s.toy.take()
	if l := lines(got); len(l) != 1 || !strings.HasPrefix(l[0], "li: 您3月12日（周四）请假，没写交给谁，单子转名册里的替班和社区。对吗？") {
		t.Fatalf("told %q", l)
	}
	if a := press(s, "li", old); a.Toast != "现在没有记您的请假。" {
		t.Errorf("an older button: %q", a.Toast)
	}
	press(s, "li", button(s, got, "li", "对"))
	s.told("li: 记下了：3月12日（周四）请假，单子转名册里的替班和社区。提前回来就发“销假”。",
		"chen: 李网格3月12日（周四）请假，没写交给谁，单子转名册里的替班和社区。")
	for text, want := range map[string]string{
		"我请假到周五，交给冯物业":      "冯物业那几天不能替您。能替的有：陈社区。请重新写一遍。",
		"我请假到周五，交给没这人":      "名册里没有“没这人”。请写名册里的姓名或群名。",
		"我请假，3月1日到3月10日":    "日子没看明白，半年以后的和过去的也不行。请这样写：我请假，12月1日到12月3日，交给周网格",
		"/leave 99-99":      "日子没看明白，半年以后的和过去的也不行。请这样写：我请假，12月1日到12月3日，交给周网格",
		"我请假几天":             "请到哪天？交给谁？比如：12月1日到12月3日，交给周网格",
		"请假明天，交给chen":       "您3月12日（周四）请假，单子转陈社区。对吗？ [对] [不对]",
		"我请假明天给陈社区代班":       "您3月12日（周四）请假，单子转陈社区。对吗？ [对] [不对]",
		"/leave 03-12 chen": "您3月12日（周四）请假，单子转陈社区。对吗？ [对] [不对]",
	} {
		s.say("li", "", text)
		if got := lines(s.toy.take()); !slices.Equal(got, []string{"li: " + want}) {
			t.Errorf("%s: told %q", text, got)
		}
	}
	// A stand-in who is away then is none.
	s.say("chen", "", "我请假，周四到周五")
	press(s, "chen", button(s, s.toy.take(), "chen", "对"))
	s.toy.take()
	s.say("li", "", "我请假，周五，交给陈社区")
	s.told("li: 陈社区那几天不能替您。能替的有：没有人，不写交给谁，单子就转社区。请重新写一遍。")
}

// Other words are no leave: residents', groups', questions, a demand in between.
func TestNoLeave(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("chen"), flows.Personal, "有事"))))
	s.say("p1", "", "我请假到周五")
	s.say("li", "g3", "我请假到周五")
	s.say("li", "", "请假单在哪里领")
	s.told()
	s.say("p1", "", "/leave 12-01")
	s.told("p1: 这个要社区工作人员才能用。")
	s.say("li", "", "/leave")
	s.toy.take()
	s.say("li", "", "事情：3号楼2单元电梯明天修")
	s.told("chen: 有事")
	fw := s.said("li", "", "我请假到周五")
	fw.Message.Forwarded = true
	s.hear(fw)
	s.drain()
	s.told()
}

// What is said to a role passes by who is on leave, unless nobody else is there.
func TestRoleOnLeave(t *testing.T) {
	to := flows.To{Role: flows.Staff, Scope: flows.Everywhere}
	s := newStage(t, nil, toy(t, "toy", only(tell(to, flows.Personal, "看一眼"))))
	s.say("chen", "", "我请假到周五")
	press(s, "chen", button(s, s.toy.take(), "chen", "对"))
	s.toy.take()
	s.say("p1", "", "事情")
	s.told("chen: 看一眼") // there is nobody else
	two := *settings()
	two.People = append(slices.Clone(two.People), flows.Official{ID: "he", Name: "何社区", Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}, Addresses: []string{"toy:he"}})
	s.b.SetSettings(&two)
	s.say("p1", "", "事情")
	s.told("he: 看一眼")
}
