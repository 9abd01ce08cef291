package telegram

import (
	"fmt"
	"linli/bot/telegram/fake"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Linli is added to a group with its privacy mode on: it introduces itself, staff hear
// that it is deaf there and what to do; as an admin it hears. People and the group
// are bound by codes.
func TestWholeArrival(t *testing.T) {
	w := newTown(t, func(s *fake.Server) { s.ReadsAll = false })
	chen := w.person("陈社区", "chen")
	owner := w.person("群主", "")
	g := w.group("三号楼一家人")
	g.Join(owner)
	w.pass(time.Minute)
	w.say(owner, g.ID, "3号楼2单元电梯停了") // which is not heard
	g.Promote(owner)
	w.pass(time.Minute)
	w.say(chen, chen.ID, "/code 3号楼群")
	code := regexp.MustCompile(`/start (\S+)`).FindStringSubmatch(w.log[len(w.log)-1])
	if code == nil {
		t.Fatal("no code was given")
	}
	w.say(owner, g.ID, "/start@linli_test_bot "+code[1])
	w.say(owner, g.ID, "/start@linli_test_bot "+code[1]) // again
	w.say(owner, g.ID, "/help@linli_test_bot")
	w.pass(time.Minute)
	for i := range w.log {
		w.log[i] = strings.ReplaceAll(w.log[i], code[1], "CODE")
	}
	w.went(
		`> 陈社区: Start`,
		`< 陈社区: 绑定好了，陈社区。以后派给您的事发到这里。想问问大家一件事，发“/poll”看怎么写。`,
		`< 三号楼一家人: 大家好，我是示例社区（虚构）的“邻里”，替居委会听诉求。`,
		`< 陈社区: 我被加进了群“三号楼一家人”，还不知道是哪个群。请发“/code 群名”给我取绑定码，再发到那个群里。`,
		`< 陈社区: 群“三号楼一家人”里的话我现在听不见，只听得见对我说的。 / 怎么办：在群里把我设为管理员；或找 @BotFather 关掉 privacy mode（/setprivacy → Disable），再把我移出群、重新拉进来。`,
		`> 群主@三号楼一家人: 3号楼2单元电梯停了`,
		`< 三号楼一家人 (置顶): 2`,
		`< 陈社区: 群“三号楼一家人”里的话我能听见了。`,
		`> 陈社区: /code 3号楼群`,
		`< 陈社区: “3号楼群”的绑定码（3月18日9点2分前有效，用一次）。请在那个群里发： / /start CODE`,
		`> 群主@三号楼一家人: /start@linli_test_bot CODE`,
		`< 三号楼一家人: 这个群已接入：3号楼群。`,
		`> 群主@三号楼一家人: /start@linli_test_bot CODE`,
		`< 三号楼一家人: 这个绑定码不对，或已用过、已过期。请向社区再要一个。`,
		`> 群主@三号楼一家人: /help@linli_test_bot`,
		`< 三号楼一家人: 大家好，我是示例社区（虚构）的“邻里”，替居委会听诉求。`,
	)

	// Into another it comes as an admin: what it says of itself is at the top.
	w.bound("东区群", "east")
	w.went(
		`< 东区群: 大家好，我是示例社区（虚构）的“邻里”，替居委会听诉求。`,
		`< 东区群 (置顶): 2`,
		`< 陈社区: 我被加进了群“东区群”，还不知道是哪个群。请发“/code 群名”给我取绑定码，再发到那个群里。`,
		`< 东区群: 这个群已接入：东区群。`,
	)
}

// What begins in a topic goes on in it, also where several share a minute.
func TestWholeTopics(t *testing.T) {
	w := newTown(t, nil)
	w.person("冯物业", "feng")
	g := w.bound("3号楼群", "b3")
	g.Forum = true
	zhao, lin := w.person("小赵", ""), w.known("小林")
	repairs, talk := g.Topic(zhao, "报修"), g.Topic(zhao, "闲聊")
	w.log = nil
	w.say(zhao, g.ID, "3号楼2单元楼道灯不亮，好几天了", fake.In(repairs))
	w.press(zhao, g.ID, "登记")
	w.say(lin, g.ID, "3号楼1单元下水道堵了", fake.In(talk))
	w.say(zhao, g.ID, "3号楼1单元电梯停了", fake.In(repairs))
	w.say(zhao, g.ID, "3号楼1单元单元门坏了", fake.In(repairs))
	w.pass(3 * time.Minute)
	w.went(
		`> 小赵@3号楼群: 3号楼2单元楼道灯不亮，好几天了`,
		`< 3号楼群: 听着像是“楼道灯不亮”。要登记吗？点了才留，只给经办的人看。 [登记] [不用]`,
		`> 小赵@3号楼群: [登记]`,
		`< 3号楼群 (改): 好，这就登记。 / 办得怎样，要不要私下告诉您？点一下，跟我打个招呼就行。只问这一次。 [打招呼]→`,
		`< 3号楼群 (号): 7👀`,
		`< 3号楼群: 3号楼楼道灯的事已登记（0001），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 小林@3号楼群: 3号楼1单元下水道堵了`,
		`< 小林: 记下了，0002号：3号楼1单元下水道、公共管道堵塞。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 10👀`,
		`< 3号楼群: 3号楼下水道的事已登记（0002），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0002 下水道、公共管道堵塞｜3号楼1单元 / 原话：3号楼1单元下水道堵了 / 今天11点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 小赵@3号楼群: 3号楼1单元电梯停了`,
		`< 3号楼群 (号): 12👀`,
		`< 冯物业: 0003 电梯停运或故障｜3号楼1单元 / 原话：3号楼1单元电梯停了 / 今天11点30分前接单，今天15点30分前答复。 [接单] [不归我] [要帮忙]`,
		`> 小赵@3号楼群: 3号楼1单元单元门坏了`,
		`< 3号楼群 (号): 13👀`,
		`< 冯物业: 0004 单元门、门禁坏｜3号楼1单元 / 原话：3号楼1单元单元门坏了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`< 3号楼群: 3号楼电梯的事已登记（0003），今天15点30分前有答复。 / 3号楼单元门的事已登记（0004），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [0003 我也是] [0004 我也是]`,
	)
	got := map[int64]int{}
	for _, m := range w.server.Sent(g.ID) {
		got[m.Topic]++
		if m.Topic == talk && !strings.Contains(m.Text, "0002") {
			t.Errorf("in the wrong topic: %s", m.Text)
		}
	}
	if got[talk] != 1 || got[repairs] != 3 {
		t.Errorf("messages by topic: %v", got)
	}
}

// A group that becomes a supergroup is the same group: what waits arrives in the new
// one, old buttons work, the same matter is found, and no number of the old one is
// taken for a message of the new one.
func TestWholeMigration(t *testing.T) {
	w := newTown(t, nil)
	feng := w.person("冯物业", "feng")
	g := w.bound("3号楼群", "b3")
	wang, lin := w.known("王阿姨"), w.known("小林")
	w.log = nil
	w.say(wang, g.ID, "3号楼2单元楼道灯不亮，好几天了")
	w.say(lin, g.ID, "3号楼1单元下水道堵了") // whose line still waits
	now := g.Migrate(wang)
	w.names[now.ID] = "3号楼大群"
	w.pass(0)
	for range 12 {
		w.server.Say(lin, now.ID, "早")
	}
	w.pass(time.Minute)
	if toast := w.press(lin, g.ID, "我也是"); !strings.Contains(toast, "2人") {
		t.Errorf("an old button says %q", toast)
	}
	w.pass(time.Minute)
	zhao := w.known("小赵")
	w.say(zhao, now.ID, "3号楼2单元楼道灯不亮")
	w.server.Edit(now.ID, 5, "早上好，3号楼2单元楼道灯又亮了") // the number of what wang said
	w.pass(time.Minute)
	w.press(feng, feng.ID, "接单")
	w.press(feng, feng.ID, "办好了")
	w.press(feng, feng.ID, "不用说，就这样")
	w.pass(5 * time.Minute)
	w.went(
		`> 王阿姨@3号楼群: 3号楼2单元楼道灯不亮，好几天了`,
		`< 王阿姨: 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 5👀`,
		`< 3号楼群: 3号楼楼道灯的事已登记（0001），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 小林@3号楼群: 3号楼1单元下水道堵了`,
		`< 小林: 记下了，0002号：3号楼1单元下水道、公共管道堵塞。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 7👀`,
		`< 冯物业: 0002 下水道、公共管道堵塞｜3号楼1单元 / 原话：3号楼1单元下水道堵了 / 今天11点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`< 3号楼大群: 3号楼下水道的事已登记（0002），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`> 小林@3号楼群: [我也是]`,
		`< 小林 (弹): 已算上您，共2人。办好了一起告诉您。`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元｜2人反映 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`< 3号楼大群: 3号楼楼道灯的事已登记（0001），明天18点前有答复。已有2人反映。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 小赵: 您好，我是示例社区（虚构）的“邻里”。`,
		`> 小赵@3号楼大群: 3号楼2单元楼道灯不亮`,
		`< 小赵: 和0001号是同一件事，已算上您，共3人。办好了一起告诉您。`,
		`< 3号楼大群 (号): 16👀`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元｜3人反映 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`< 3号楼大群 (改): 3号楼楼道灯的事已登记（0001），明天18点前有答复。已有3人反映。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`> 冯物业: [接单]`,
		`< 冯物业 (改): 0002 下水道、公共管道堵塞｜3号楼1单元 / 原话：3号楼1单元下水道堵了 / 冯物业已接，明天18点前答复。 [办好了] [问居民] [要延期] [等别人] [要帮忙] [要大家商量]`,
		`> 冯物业: [办好了]`,
		`< 冯物业: 0002号怎么办好的？发一句话或一段语音，居民会看到。 [不用说，就这样]`,
		`> 冯物业: [不用说，就这样]`,
		`< 冯物业 (改): 0002 下水道、公共管道堵塞｜3号楼1单元：办好了，等居民评价。`,
		`< 小林: 0002号（3号楼1单元下水道、公共管道堵塞）办好了。您觉得怎么样？ [满意] [基本满意] [不满意]`,
		`< 3号楼大群: 3号楼下水道的事（0002）办好了。`,
		`< 小林 (改): 记下了，0002号：3号楼1单元下水道、公共管道堵塞。冯物业明天18点前回您。`,
		`< 3号楼大群 (改): 3号楼下水道的事（0002），已有结果。`,
		`< 冯物业 (改): 0002号怎么办好的？发一句话或一段语音，居民会看到。`,
	)
}

// Thirty-two demands in a minute: everybody has a receipt, the group few messages with
// a line for each, and a line changes without the others.
func TestWholeRush(t *testing.T) {
	w := newTown(t, nil)
	w.person("冯物业", "feng")
	g := w.bound("东区群", "east")
	what := []string{"楼道灯不亮了", "单元门坏了", "下水道堵了", "电梯停了"}
	var people []*fake.User
	for i := range 32 {
		people = append(people, w.known(fmt.Sprintf("居民%02d", i)))
	}
	w.pass(2 * time.Minute)
	before := w.server.SentCount(g.ID)
	for i, u := range people {
		w.server.Say(u, g.ID, fmt.Sprintf("%d号楼%d单元%s", i/8+1, i/4%2+1, what[i%4]))
		w.pass(1800 * time.Millisecond)
	}
	w.pass(5 * time.Minute)
	for i, u := range people {
		sent := w.server.Sent(u.ID)
		if last := sent[len(sent)-1]; len(sent) != 2 || !strings.HasPrefix(last.Text, fmt.Sprintf("记下了，%04d号", i+1)) {
			t.Errorf("%s was told %d messages, the last: %s", u.First, len(sent), last.Text)
		}
	}
	lines := map[string]int{}
	for _, m := range w.server.Sent(g.ID)[before:] {
		text := strings.Split(m.Text, "\n")
		if len(text) > 12 {
			t.Errorf("%d lines are given to read at once", len(text))
		}
		for i, l := range text {
			lines[l]++
			if strings.Contains(l, "不用重复说") != (i == len(text)-1) {
				t.Errorf("how to join is not said once, at the end: %s", m.Text)
			}
		}
	}
	if n := w.server.SentCount(g.ID) - before; n > 5 || len(lines) != 32 {
		t.Errorf("%d lines in %d messages", len(lines), n)
	}
	w.log = nil
	for _, no := range []string{"0015", "0016", "0017", "0018"} {
		w.press(people[0], g.ID, no+" 我也是")
	}
	w.press(people[1], g.ID, "0016 我也是")
	edits := len(w.server.Calls("editMessageText"))
	w.pass(2 * time.Minute)
	for _, m := range w.server.Sent(g.ID) {
		for _, l := range strings.Split(m.Text, "\n") {
			joined := strings.Contains(l, "已有")
			want := strings.Contains(l, "0015") || strings.Contains(l, "0016") || strings.Contains(l, "0017") || strings.Contains(l, "0018")
			if joined != want || strings.Contains(l, "0016") && !strings.Contains(l, "3人") {
				t.Errorf("after “我也是”: %s", l)
			}
		}
	}
	changed := 0
	for _, c := range w.server.Calls("editMessageText")[edits:] {
		if c.Chat == g.ID {
			changed++
		}
	}
	if changed > 4 {
		t.Errorf("the group's messages were changed %d times", changed)
	}
	if n := w.server.Early(); n > 0 {
		t.Errorf("%d calls came before Telegram's time", n)
	}
}
