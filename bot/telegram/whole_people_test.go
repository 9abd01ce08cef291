package telegram

import (
	"linli/bot/telegram/fake"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An album opens one demand; the one who has it sees all its photos at once, and
// nobody is told of each.
func TestWholeAlbum(t *testing.T) {
	w := newTown(t, nil)
	feng := w.person("冯物业", "feng")
	g := w.bound("3号楼群", "b3")
	wang := w.known("王阿姨")
	w.log = nil
	photos := [][]byte{jpeg, append(slices.Clone(jpeg), 'b'), append(slices.Clone(jpeg), 'c')}
	w.server.Album(wang, g.ID, "3号楼2单元楼道灯不亮，好几天了", photos)
	w.pass(time.Minute)
	w.say(wang, wang.ID, "", fake.Voice(opus, 3))
	w.pass(time.Minute)
	w.press(feng, feng.ID, "接单")
	w.press(feng, feng.ID, "办好了")
	w.say(feng, feng.ID, "", fake.Voice(opus, 2))
	w.pass(time.Minute)
	w.went(
		`< 王阿姨: 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 5👀`,
		`< 3号楼群: 3号楼楼道灯的事已登记（0001），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: （照片3张）`,
		`< 冯物业: 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 王阿姨: `,
		`< 冯物业: 0001号居民补充的照片、语音。`,
		`< 冯物业: （语音）`,
		`< 王阿姨: 补充记到0001号里了。`,
		`> 冯物业: [接单]`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 冯物业已接，明天18点前答复。 [办好了] [问居民] [要延期] [等别人] [要帮忙]`,
		`> 冯物业: [办好了]`,
		`< 冯物业: 0001号怎么办好的？发一句话或一段语音，居民会看到。 [不用说，就这样]`,
		`> 冯物业: `,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元：办好了，等居民评价。`,
		`< 王阿姨: 0001号（3号楼2单元楼道灯不亮）办好了。您觉得怎么样？ [满意] [基本满意] [不满意]`,
		`< 王阿姨: （语音）`,
		`< 3号楼群 (号): 5👌`,
		`< 3号楼群: 3号楼楼道灯的事（0001）办好了。`,
		`< 王阿姨 (改): 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。`,
		`< 3号楼群 (改): 3号楼楼道灯的事（0001），已有结果。`,
		`< 冯物业 (改): 0001号怎么办好的？发一句话或一段语音，居民会看到。`,
	)
	var up [][]byte
	for _, m := range w.server.Sent(feng.ID) {
		for _, id := range m.Photos {
			up = append(up, w.server.File(id))
		}
	}
	if diff := cmp.Diff(photos, up); diff != "" {
		t.Errorf("the photos on the card:\n%s", diff)
	}
}

// Somebody who never pressed Start is asked in the group, once, and told in private
// from then on.
func TestWholeGreeting(t *testing.T) {
	w := newTown(t, nil)
	feng := w.person("冯物业", "feng")
	g := w.bound("3号楼群", "b3")
	zhao := w.person("小赵", "")
	w.log = nil
	w.say(zhao, g.ID, "3号楼2单元下水道堵了，水都漫出来了")
	w.press(zhao, g.ID, "登记")
	w.pass(time.Minute)
	w.say(zhao, g.ID, "3号楼2单元单元门坏了") // not asked again
	w.pass(time.Minute)
	w.start(zhao, w.link(g.ID))
	w.pass(time.Minute)
	w.say(zhao, g.ID, "3号楼2单元电梯停了")
	w.pass(time.Minute)
	w.went(
		`> 小赵@3号楼群: 3号楼2单元下水道堵了，水都漫出来了`,
		`< 3号楼群: 听着像是“下水道、公共管道堵塞”。要登记吗？点了才留，只给经办的人看。 [登记] [不用]`,
		`> 小赵@3号楼群: [登记]`,
		`< 3号楼群 (改): 好，这就登记。 / 办得怎样，要不要私下告诉您？点一下，跟我打个招呼就行。只问这一次。 [打招呼]→`,
		`< 3号楼群 (号): 5👀`,
		`< 3号楼群: 3号楼下水道的事已登记（0001），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0001 下水道、公共管道堵塞｜3号楼2单元 / 原话：3号楼2单元下水道堵了，水都漫出来了 / 今天11点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 小赵@3号楼群: 3号楼2单元单元门坏了`,
		`< 3号楼群 (号): 8👀`,
		`< 3号楼群: 3号楼单元门的事已登记（0002），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0002 单元门、门禁坏｜3号楼2单元 / 原话：3号楼2单元单元门坏了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 小赵: Start`,
		`< 小赵: 好，以后您的事我在这里告诉您。`,
		`< 小赵: 记下了，0001号：3号楼2单元下水道、公共管道堵塞。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 小赵: 记下了，0002号：3号楼2单元单元门、门禁坏。冯物业明天18点前回您。 [改地点] [撤回]`,
		`> 小赵@3号楼群: 3号楼2单元电梯停了`,
		`< 小赵: 记下了，0003号：3号楼2单元电梯停运或故障。冯物业今天15点30分前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 10👀`,
		`< 3号楼群: 3号楼电梯的事已登记（0003），今天15点30分前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0003 电梯停运或故障｜3号楼2单元 / 原话：3号楼2单元电梯停了 / 今天11点30分前接单，今天15点30分前答复。 [接单] [不归我] [要帮忙]`,
	)

	// Who comes when it is done is asked to judge.
	lin := w.person("小林", "")
	w.say(lin, g.ID, "3号楼1单元楼道灯不亮，好几天了")
	w.press(lin, g.ID, "登记")
	w.pass(time.Minute)
	w.press(feng, feng.ID, "接单")
	w.press(feng, feng.ID, "问居民")
	w.say(feng, feng.ID, "是几层？")
	w.press(feng, feng.ID, "办好了")
	w.say(feng, feng.ID, "换了灯泡")
	w.pass(time.Minute)
	w.start(lin, w.link(g.ID))
	w.press(lin, lin.ID, "满意")
	w.went(
		`> 小林@3号楼群: 3号楼1单元楼道灯不亮，好几天了`,
		`< 3号楼群: 听着像是“楼道灯不亮”。要登记吗？点了才留，只给经办的人看。 [登记] [不用]`,
		`> 小林@3号楼群: [登记]`,
		`< 3号楼群 (改): 好，这就登记。 / 办得怎样，要不要私下告诉您？点一下，跟我打个招呼就行。只问这一次。 [打招呼]→`,
		`< 3号楼群 (号): 12👀`,
		`< 3号楼群: 3号楼楼道灯的事已登记（0004），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0004 楼道灯不亮｜3号楼1单元 / 原话：3号楼1单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 冯物业: [接单]`,
		`< 冯物业 (改): 0004 楼道灯不亮｜3号楼1单元 / 原话：3号楼1单元楼道灯不亮，好几天了 / 冯物业已接，明天18点前答复。 [办好了] [问居民] [要延期] [等别人] [要帮忙]`,
		`> 冯物业: [问居民]`,
		`< 冯物业: 想问居民什么？直接发一句。`,
		`> 冯物业: 是几层？`,
		`< 冯物业: 0004号的居民现在没法私下联系，这句没有送到。请上门问，或者找社区帮忙。`,
		`> 冯物业: [办好了]`,
		`> 冯物业: 换了灯泡`,
		`< 3号楼群 (号): 12👌`,
		`< 3号楼群: 3号楼楼道灯的事（0004）办好了。`,
		`< 3号楼群 (改): 3号楼楼道灯的事（0004），已有结果。`,
		`< 冯物业 (改): 0004 楼道灯不亮｜3号楼1单元：办好了，等居民评价。`,
		`> 小林: Start`,
		`< 小林: 好，以后您的事我在这里告诉您。`,
		`< 小林: 0004号办好了：换了灯泡。您觉得怎么样？ [满意] [基本满意] [不满意]`,
		`> 小林: [满意]`,
		`< 小林 (改): 0004号办好了：换了灯泡。您说：满意。`,
	)
}

// A button can be pressed again, late, before its message and by anybody, and says
// what holds now.
func TestWholePresses(t *testing.T) {
	w := newTown(t, nil)
	feng, chen := w.person("冯物业", "feng"), w.person("陈社区", "chen")
	g := w.bound("3号楼群", "b3")
	wang, lin := w.known("王阿姨"), w.person("小林", "")
	w.log = nil
	w.say(wang, g.ID, "3号楼2单元楼道灯不亮，好几天了")
	card := w.server.Sent(feng.ID)[1].ID
	w.press(feng, feng.ID, "接单")
	w.forge(feng, feng.ID, card, "2/accept")
	w.forge(chen, chen.ID, card, "2/done")
	w.forge(lin, g.ID, 5, "1/rate=good")
	w.forge(lin, g.ID, 400, "77/also") // of a case that is yet to come
	w.forge(lin, g.ID, 5, "x")
	w.press(lin, g.ID, "我也是")
	w.press(lin, g.ID, "我也是")
	w.set(w.now().Add(200 * time.Second)) // while nobody fetches it
	w.press(wang, g.ID, "我也是")
	w.pass(time.Minute)
	w.went(
		`> 王阿姨@3号楼群: 3号楼2单元楼道灯不亮，好几天了`,
		`< 王阿姨: 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 5👀`,
		`< 3号楼群: 3号楼楼道灯的事已登记（0001），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 冯物业: [接单]`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 冯物业已接，明天18点前答复。 [办好了] [问居民] [要延期] [等别人] [要帮忙]`,
		`> 冯物业: {2/accept}`,
		`< 冯物业 (弹): 0001号冯物业在办，明天18点前答复。`,
		`> 陈社区: {2/done}`,
		`< 陈社区 (弹): 0001号冯物业在办，明天18点前答复。`,
		`> 小林@3号楼群: {1/rate=good}`,
		`< 小林 (弹): 这是问说话的那位的。`,
		`> 小林@3号楼群: {77/also}`,
		`< 小林 (弹): 这件事已经不在了。`,
		`> 小林@3号楼群: {x}`,
		`< 小林 (弹): 这个按钮认不出来。`,
		`> 小林@3号楼群: [我也是]`,
		`< 小林 (弹): 已算上您，共2人。办好了在群里说。`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元｜2人反映 / 原话：3号楼2单元楼道灯不亮，好几天了 / 冯物业已接，明天18点前答复。 [办好了] [问居民] [要延期] [等别人] [要帮忙]`,
		`> 小林@3号楼群: [我也是]`,
		`< 小林 (弹): 已经算上您了，共2人。`,
		`> 王阿姨@3号楼群: [我也是]`,
		`< 王阿姨 (弹): 这就是您报的，0001号。`,
		`< 3号楼群 (改): 3号楼楼道灯的事已登记（0001），明天18点前有答复。已有2人反映。也遇到的点“我也是”，不用重复说。 [我也是]`,
	)

	// One that nobody fetched in time is gone, and can be pressed again.
	w.stop()
	id, err := w.server.Press(wang, wang.ID, "撤回")
	if err != nil {
		t.Fatal(err)
	}
	w.set(w.now().Add(200 * time.Second))
	w.run()
	w.pass(time.Minute)
	if toast, answered := w.server.Toast(id); answered {
		t.Errorf("a press of long ago was answered: %q", toast)
	}
	w.press(wang, wang.ID, "撤回")
	w.forge(wang, wang.ID, w.server.Sent(wang.ID)[1].ID, "1/withdraw")
	w.pass(time.Minute)
	w.went(
		`> 王阿姨: [撤回]`,
		`< 王阿姨: 您已退出0001号。还有别人在等这件事，接着办。`,
		`< 王阿姨 (改): 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。`,
		`> 王阿姨: {1/withdraw}`,
		`< 王阿姨 (弹): 您已退出0001号。还有别人在等这件事，接着办。`,
	)
}

// People block Linli and take it back, leave, and put Linli out and in again.
func TestWholeComingAndGoing(t *testing.T) {
	w := newTown(t, nil)
	feng := w.person("冯物业", "feng")
	w.person("陈社区", "chen")
	g := w.bound("3号楼群", "b3")
	wang, lin, owner := w.known("王阿姨"), w.known("小林"), w.person("群主", "")
	w.log = nil
	w.say(wang, g.ID, "3号楼2单元楼道灯不亮，好几天了")
	wang.Block()
	w.pass(time.Minute)
	w.press(feng, feng.ID, "接单")
	w.press(feng, feng.ID, "问居民")
	w.say(feng, feng.ID, "是几层？")
	w.pass(time.Minute)
	wang.Unblock()
	w.start(wang, "https://t.me/linli_test_bot?start=hi")
	w.press(feng, feng.ID, "问居民")
	w.say(feng, feng.ID, "是几层？")
	w.say(wang, wang.ID, "五层")
	w.pass(time.Minute)
	w.went(
		`> 王阿姨@3号楼群: 3号楼2单元楼道灯不亮，好几天了`,
		`< 王阿姨: 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 5👀`,
		`< 3号楼群: 3号楼楼道灯的事已登记（0001），明天18点前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 今天15点30分前接单，明天18点前答复。 [接单] [不归我] [要帮忙]`,
		`> 冯物业: [接单]`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元 / 原话：3号楼2单元楼道灯不亮，好几天了 / 冯物业已接，明天18点前答复。 [办好了] [问居民] [要延期] [等别人] [要帮忙]`,
		`> 冯物业: [问居民]`,
		`< 冯物业: 想问居民什么？直接发一句。`,
		`> 冯物业: 是几层？`,
		`< 冯物业: 0001号的居民现在没法私下联系，这句没有送到。请上门问，或者找社区帮忙。`,
		`> 王阿姨: Start`,
		`< 王阿姨: 好，以后您的事我在这里告诉您。`,
		`> 冯物业: [问居民]`,
		`< 冯物业: 想问居民什么？直接发一句。`,
		`> 冯物业: 是几层？`,
		`< 冯物业: 已转问居民，回了就告诉您。`,
		`< 王阿姨: 冯物业办0001号想问您：“是几层？”直接回一句就行，发照片也行。`,
		`> 王阿姨: 五层`,
		`< 冯物业: 0001号居民回复：五层`,
		`< 王阿姨: 好，转给冯物业了。`,
	)

	g.Leave(lin)
	g.Kick(owner)
	w.pass(time.Minute)
	w.press(feng, feng.ID, "办好了")
	w.press(feng, feng.ID, "不用说，就这样")
	w.pass(time.Minute)
	g.Admin = true
	g.Join(owner)
	w.pass(time.Minute)
	w.say(wang, g.ID, "3号楼1单元电梯停了")
	w.pass(time.Minute)
	w.went(
		`< 陈社区: 我已不在群“3号楼群”里，听不到那边的话了。`,
		`> 冯物业: [办好了]`,
		`< 冯物业: 0001号怎么办好的？发一句话或一段语音，居民会看到。 [不用说，就这样]`,
		`> 冯物业: [不用说，就这样]`,
		`< 冯物业 (改): 0001 楼道灯不亮｜3号楼2单元：办好了，等居民评价。`,
		`< 冯物业 (改): 0001号怎么办好的？发一句话或一段语音，居民会看到。`,
		`< 王阿姨: 0001号（3号楼2单元楼道灯不亮）办好了。您觉得怎么样？ [满意] [基本满意] [不满意]`,
		`< 王阿姨 (改): 记下了，0001号：3号楼2单元楼道灯不亮。冯物业明天18点前回您。`,
		`< 3号楼群: 大家好，我是示例社区（虚构）的“邻里”，替居委会听诉求。`,
		`< 3号楼群 (置顶): 9`,
		`< 陈社区: 我又在群“3号楼群”里了。`,
		`> 王阿姨@3号楼群: 3号楼1单元电梯停了`,
		`< 王阿姨: 记下了，0002号：3号楼1单元电梯停运或故障。冯物业今天15点30分前回您。 [改地点] [撤回]`,
		`< 3号楼群 (号): 10👀`,
		`< 3号楼群: 3号楼电梯的事已登记（0002），今天15点30分前有答复。也遇到的点“我也是”，不用重复说。 [我也是]`,
		`< 冯物业: 0002 电梯停运或故障｜3号楼1单元 / 原话：3号楼1单元电梯停了 / 今天11点30分前接单，今天15点30分前答复。 [接单] [不归我] [要帮忙]`,
	)
}
