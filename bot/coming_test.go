package bot_test

import (
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// Staff see of each group whether Linli hears it, and what to do if not.
func TestGroups(t *testing.T) {
	s := newStage(t, nil)
	s.say("p1", "", "/groups")
	s.told("p1: 这个要社区工作人员才能用。")
	s.say("chen", "", "哪些群")
	s.told("chen: 群的情况：\n3号楼群：还没听到过。请在群里说句话，看我听不听得见。")
	s.say("p1", "g3", "吃了吗")
	s.say("chen", "", "哪些群")
	s.told("chen: 群的情况：\n3号楼群：听得见，今天9点还听到过。")
	s.pass(8 * 24 * time.Hour)
	s.say("chen", "", "哪些群")
	s.told("chen: 群的情况：\n3号楼群：3月11日（周三）以后没听到过。请在群里说句话，看我听不听得见。")
	more := *settings()
	more.Groups = append(more.Groups, flows.Group{ID: "east", Name: "东区群", Scope: flows.Everywhere})
	s.b.SetSettings(&more)
	deaf := s.said("p1", "g3", "")
	deaf.Kind = bot.Powers
	s.hear(deaf)
	s.say("p1", "g7", "吃了吗")
	s.drain()
	s.toy.take()
	s.say("chen", "", "/groups")
	s.told("chen: 群的情况：\n3号楼群：只听得见对我说的。请在群里把我设为管理员。\n" +
		"3号楼群：不知道是哪个群。请发“/code 群名”给我取绑定码，再发到那个群里。\n" +
		"东区群：还没有我。请把我拉进去，再发“/code 东区群”取绑定码，发到那个群里。")
	gone := s.said("p1", "g3", "")
	gone.Kind = bot.Removed
	s.hear(gone)
	s.drain()
	s.toy.take()
	s.say("chen", "", "/groups")
	s.told("chen: 群的情况：\n3号楼群：我不在里面了。请把我重新拉进去。\n" +
		"3号楼群：不知道是哪个群。请发“/code 群名”给我取绑定码，再发到那个群里。\n" +
		"东区群：还没有我。请把我拉进去，再发“/code 东区群”取绑定码，发到那个群里。")
}

// What an anonymous admin, a channel or another bot says in a group is never
// somebody's report, nor a command of theirs.
func TestNobodysWords(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(person("li"), flows.Personal, "单子"))))
	c := code(s, "group", "b3")
	for _, text := range []string{"事情", "/help", "/start " + c} {
		in := s.said("anonymous", "g3", text)
		in.From.Person = false
		s.hear(in)
	}
	s.drain()
	s.told()
	s.view(func(tx storage.Tx) error {
		cases, err := tx.Cases(10, nil)
		if len(cases) != 0 {
			t.Errorf("%d cases", len(cases))
		}
		return err
	})
}
