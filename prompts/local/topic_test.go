package local

import (
	"strings"
	"testing"
	"unicode/utf8"

	"linli/prompts"
)

// What somebody wants talked over, and as what. "open " begins a complaint meeting.
func TestTopic(t *testing.T) {
	r, s := New(), hall()
	for _, c := range [][2]string{
		{"议题：3号楼前装不装充电桩", "3号楼前装不装充电桩"},
		{"议题:3号楼前装不装充电桩。", "3号楼前装不装充电桩"},
		{"提议：楼道杂物怎么清", "楼道杂物怎么清"},
		{"【议题】小广场跳舞几点结束", "小广场跳舞几点结束"},
		{"#议题 车棚收不收费", "车棚收不收费"},
		{"议题 电梯广告的钱怎么用", "电梯广告的钱怎么用"},
		{"您好，议题：门禁换不换人脸", "门禁换不换人脸"},
		{"@邻里 议题：要不要装门禁", "要不要装门禁"},
		{"提案：楼顶加不加太阳能", "楼顶加不加太阳能"},
		{"議題：樓前裝不裝充電樁", "樓前裝不裝充電樁"},
		{"议题：\n楼前停车\n  怎么管   谢谢大家", "楼前停车 怎么管"},
		{"议题：要不要装充电桩？要/不要，周五截止", "要不要装充电桩？要/不要，周五截止"},
		{"提议：要不要换物业？", "要不要换物业"},
		{"议题：晾衣杆装在哪里！谢谢", "晾衣杆装在哪里"},
		{"议事会：小广场的灯几点关", "小广场的灯几点关"},
		{"居民议事会：快递柜放哪边", "快递柜放哪边"},
		{"我想提个议题，楼前的垃圾桶挪到哪儿", "楼前的垃圾桶挪到哪儿"},
		{"想提一个议题：遛狗时间", "遛狗时间"},
		{"我有个议题：一楼的小院归谁管", "一楼的小院归谁管"},
		{"申报一个议题，老年食堂办不办", "老年食堂办不办"},
		{"我提议把东门的快递柜移走", "把东门的快递柜移走"},
		{"我们提议，大家一起把花坛整一整", "大家一起把花坛整一整"},
		{"建议开个会议一议楼前停车的事", "楼前停车的事"},
		{"能不能开个议事会商量一下楼道堆物", "楼道堆物"},
		{"请大家议一议电动车往哪儿停", "电动车往哪儿停"},
		{"希望社区组织一次协商会讨论停车费", "停车费"},
		{"能不能组织大家商量商量车位怎么分", "车位怎么分"},
		{"开个议事会商量一下车棚的事", "车棚的事"},
		{"就楼前停车的事开个议事会吧", "楼前停车的事"},
		{"建议就加装电梯的费用开个协商会", "加装电梯的费用"},
		{"针对广场舞噪音，能不能召开居民议事会", "广场舞噪音"},
		{"楼前停车太乱了，能不能开个议事会", "楼前停车太乱了"},
		{"楼前停车太乱，建议开会商量一下，谢谢", "楼前停车太乱"},
		{"3号楼前装不装充电桩，大家议一议吧", "3号楼前装不装充电桩"},
		{"电梯坏了能不能开会商量", "电梯坏了"},
		{"停车位不够，请大家一起商量商量", "停车位不够"},
		{"充电桩的事能不能拿到议事会上说说", "充电桩的事"},
		{"Topic: chargers in front of building 3.", "chargers in front of building 3"},
		{"Hearing: where to put the bins", "where to put the bins"},
		{"Can we hold a hearing about the bins?", "the bins"},
		{"I'd like to propose a topic: quiet hours", "quiet hours"},
		{"吐槽大会：电梯老坏", "open 电梯老坏"},
		{"开个吐槽大会", "open "},
		{"居民吐槽大会 下周六下午三点 二楼邻里室", "open "},
		{"居民吐槽大会下周六下午三点", "open "},
		{"建议开个吐槽大会，说说停车", "open 停车"},
		{"想办一场居民吐槽大会吧", "open "},
		{"吐槽大会", "open "},
	} {
		got := r.Read(c[0], prompts.Context{At: noon, Settings: s, Direct: true})
		if got.Topic == nil {
			t.Errorf("Read(%q): no topic", c[0])
			continue
		}
		if text := strings.TrimPrefix(c[1], "open "); got.Topic.Text != text || got.Topic.Open != strings.HasPrefix(c[1], "open ") || got.Poll != nil || got.Danger != "" {
			t.Errorf("Read(%q): %+v poll %v danger %q, want %q", c[0], *got.Topic, got.Poll != nil, got.Danger, c[1])
		}
		if in := r.Read(c[0], prompts.Context{At: noon, Settings: s}); in.Topic != nil || in.Plan != nil {
			t.Errorf("Read(%q) in a group: topic %v, plan %v", c[0], in.Topic, in.Plan)
		}
	}
}

// Who asks how a meeting stands, or speaks of one, wants nothing talked over; who names
// options and no topic asks for a poll.
func TestNoTopic(t *testing.T) {
	r, s := New(), hall()
	for _, text := range []string{
		"议题：", "提议", "议事会", "议事会什么时候开", "0012议事会开了没", "议事会几点开始？", "请问什么时候开议事会", "想问一下议事会什么时候开", "议题通过了吗", "我的议题怎么样了", "提议通过了没", "议题：什么时候开会",
		"昨天议事会上说了停车的事", "议事会，我去不了", "议事会我去不了", "下周六有议事会", "议事会通知收到了", "会议室能借一下吗", "楼下开会太吵", "开会的时候小声点", "能不能开会时小声点", "请通知我开会时间", "怎么提议题", "电梯坏了",
		"要求召开业主大会", "想参加议事会", "我要去议事会", "议事会结果呢", "提议的事有结果吗", "大家讨论得很热闹", "大家商量好了吗", "我家漏水，物业说开会研究", "老是开会不解决问题", "能不能跟物业商量一下电梯的事",
		"要不要在楼前装充电桩？要/不要，周五晚八点截止", "能不能大家商量一下楼前装不装充电桩？装/不装，周五晚八点截止", "吐槽大会什么时候开", "昨天看了吐槽大会", "吐槽大会真好看", "上次吐槽大会说的事没下文", "吐槽一下物业", "when is the hearing", "the meeting was fine",
	} {
		if got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true}); got.Topic != nil {
			t.Errorf("Read(%q): %+v", text, *got.Topic)
		}
	}
	for _, text := range []string{"要不要在楼前装充电桩？要/不要，周五晚八点截止", "能不能大家商量一下楼前装不装充电桩？装/不装，周五晚八点截止"} {
		if r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true}).Poll == nil {
			t.Errorf("Read(%q): no poll", text)
		}
	}
}

// An emergency is one whatever it calls itself, and no topic is longer than its line.
func TestTopicBounds(t *testing.T) {
	r, s := New(), hall()
	got := r.Read("议题：3号楼着火了快救人", prompts.Context{At: noon, Settings: s, Direct: true})
	if got.Danger == "" || got.Topic != nil {
		t.Errorf("danger %q, topic %v", got.Danger, got.Topic)
	}
	got = r.Read("议题："+strings.Repeat("车棚收费，", 100), prompts.Context{At: noon, Settings: s, Direct: true})
	if got.Topic == nil || utf8.RuneCountInString(got.Topic.Text) > 200 {
		t.Errorf("%+v", got.Topic)
	}
}

func FuzzTopicAndPlan(f *testing.F) {
	for _, x := range []string{"议题：装灯", "居民吐槽大会 下周六下午三点 二楼邻里室", "楼前装4个充电桩，冯物业，12月20日前", "请3号楼的楼长和李网格，周六、周日晚上", "12/5—12/6", "\xff议题：\x00①８点", "１２月５号到６号", "周八 25:00 13月5日"} {
		f.Add(x)
	}
	r, s := New(), hall()
	f.Fuzz(func(t *testing.T, text string) {
		got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true})
		if x := got.Topic; x != nil {
			if !x.Open && x.Text == "" || utf8.RuneCountInString(x.Text) > longestTopic || strings.ContainsAny(x.Text, "\n\r") || strings.TrimSpace(x.Text) != x.Text || got.Poll != nil || got.Danger != "" {
				t.Errorf("%q: topic %+v", text, x)
			}
		}
		if got.Plan != nil {
			inOrder(t, text, got.Plan)
		}
	})
}
