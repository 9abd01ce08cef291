package local

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/prompts"

	"github.com/google/go-cmp/cmp"
)

func clockOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}

// What is a poll, and what it asks. It is Monday 2026-11-23, 12:00.
func TestPoll(t *testing.T) {
	const q = "要不要在楼前装充电桩？"
	r, s := New(), town()
	for _, c := range []struct{ text, question, options, until, unread string }{
		{q + "要/不要/再商量，周五晚八点截止", q, "要|不要|再商量", "2026-11-27 20:00", ""},
		{q + "要／不要／再商量。周五晚八点截止。", q, "要|不要|再商量", "2026-11-27 20:00", ""},
		{q + "要/不要/再商量周五晚八点截止", q, "要|不要|再商量", "2026-11-27 20:00", ""},
		{q + "要/不要（周五晚八点截止）", q, "要|不要", "2026-11-27 20:00", ""},
		{q + " 要 / 不要 ，周五20:00", q, "要|不要", "2026-11-27 20:00", ""},
		{q + "要、不要、再商量", q, "要|不要|再商量", "", ""},
		{q + "要|不要|再商量", q, "要|不要|再商量", "", ""},
		{q + "要｜不要｜再商量；腊月二十三截止", q, "要|不要|再商量", "", "腊月二十三"},
		{q + "要；不要；再商量", q, "要|不要|再商量", "", ""},
		{q + "要，不要，再商量", q, "要|不要|再商量", "", ""},
		{q + "要 不要 再商量 周五晚八点截止", q, "要|不要|再商量", "2026-11-27 20:00", ""},
		{q + "1. 要 2. 不要 3.再商量 12月5日20:00截止", q, "要|不要|再商量", "2026-12-05 20:00", ""},
		{q + "1、要2、不要3、再商量", q, "要|不要|再商量", "", ""},
		{q + "（1）要（2）不要", q, "要|不要", "", ""},
		{q + "①要②不要③都行。三天后截止", q, "要|不要|都行", "2026-11-26 20:00", ""},
		{q + "1️⃣要2️⃣不要", q, "要|不要", "", ""},
		{q + "A要 B不要 C再商量，明天中午12点前", q, "要|不要|再商量", "2026-11-24 12:00", ""},
		{q + "A.要B.不要", q, "要|不要", "", ""},
		{q + "\n要\n不要\n再商量\n本周日截止", q, "要|不要|再商量", "2026-11-29 20:00", ""},
		{q + "\r\n- 全装\r\n- 先装两个\r\n", q, "全装|先装两个", "", ""},
		{q + "\n1．要\n2．不要\n\n下周一上午十点截止", q, "要|不要", "2026-11-30 10:00", ""},
		{q + "选项：都装，先装两个，不装", q, "都装|先装两个|不装", "", ""},
		{q + "费用由公司出。要/不要，后天晚上8点半截止，谢谢大家。", q + "费用由公司出。", "要|不要", "2026-11-25 20:30", ""},
		{q + "后天晚上8点半截止", q, "", "2026-11-25 20:30", ""},
		{q + "到月底", q, "", "2026-11-30 20:00", ""},
		{q + "要/不要，48小时内", q, "要|不要", "2026-11-25 12:00", ""},
		{q + "要/不要，20:00截止", q, "要|不要", "2026-11-23 20:00", ""},
		{q + "要/不要，10:00截止", q, "要|不要", "2026-11-24 10:00", ""},
		{q + "要/不要，截止到12月5日20:00", q, "要|不要", "2026-12-05 20:00", ""},
		{q + "要/不要，截止12/5", q, "要|不要", "2026-12-05 20:00", ""},
		{q + "要/不要，从11月25日到12月5日20:00截止", q, "要|不要", "2026-12-05 20:00", ""},
		{q + "要/不要，11月20日截止", q, "要|不要", "2026-11-20 20:00", ""},
		{q + "要/不要，11月31日截止", q, "要|不要", "", "11月31日"},
		{q + "要/不要，等书记回来截止", q, "要|不要", "", "等书记回来"},
		{q + "要/不要，下周五截止", q, "要|不要", "2026-12-04 20:00", ""},
		{"周五晚八点截止：" + q + "要/不要", q, "要|不要", "2026-11-27 20:00", ""},
		{"周五晚8:30前，" + q + "要/不要", q, "要|不要", "2026-11-27 20:30", ""},
		{q + "要/不要？", q, "要|不要", "", ""},
		{q + "现在装/周五前装/不装", q, "现在装|周五前装|不装", "", ""},
		{q + "在周五装/不装", q, "在周五装|不装", "", ""},
		{"楼前裝不裝充電樁？裝/不裝", "楼前裝不裝充電樁？", "裝|不裝", "", ""},
		{"ＬＥＤ灯要不要换？换Ａ款/换Ｂ款/不换", "ＬＥＤ灯要不要换？", "换Ａ款|换Ｂ款|不换", "", ""},
		{"楼前装不装充电桩，装/不装", "楼前装不装充电桩", "装|不装", "", ""},
		{"什么时候开会？周六下午三点/周日晚上七点", "什么时候开会？", "周六下午三点|周日晚上七点", "", ""},
		{"什么时候开会？周六/周日，周五截止", "什么时候开会？", "周六|周日", "2026-11-27 20:00", ""},
		{"什么时候开会？\n周六\n周日", "什么时候开会？", "周六|周日", "", ""},
		{"新长椅放哪里？东门/小广场/3号楼旁边", "新长椅放哪里？", "东门|小广场|3号楼旁边", "", ""},
		{"投票：楼前装充电桩 要/不要 周五晚八点截止", "楼前装充电桩", "要|不要", "2026-11-27 20:00", ""},
		{"投票:楼前装充电桩", "楼前装充电桩", "", "", ""},
		{"摸底 楼前装充电桩，选项：要/不要/再商量，截止周五", "楼前装充电桩", "要|不要|再商量", "2026-11-27 20:00", ""},
		{"征询：长椅颜色\n红\n绿\n截止到12月5日20:00", "长椅颜色", "红|绿", "2026-12-05 20:00", ""},
		{"【投票】" + q + "要/不要", q, "要|不要", "", ""},
		{"#投票 楼前装充电桩\n1. 要\n2. 不要", "楼前装充电桩", "要|不要", "", ""},
		{"发起投票：" + q + "要/不要", q, "要|不要", "", ""},
		{"发起投票" + q + "要/不要", q, "要|不要", "", ""},
		{"我想发起投票，" + q, q, "", "", ""},
		{"表决：同意更换电梯吗？同意/不同意/弃权，投票截止时间：2026-12-05 20:00", "同意更换电梯吗？", "同意|不同意|弃权", "2026-12-05 20:00", ""},
		{"/poll Should we install chargers? yes/no by Friday 8pm", "Should we install chargers?", "yes|no", "2026-11-27 20:00", ""},
		{"/poll@linli_bot 装充电桩吗？ 要 不要", "装充电桩吗？", "要|不要", "", ""},
		{"Poll: which colour? A. red B. green, until next Friday at 8 pm", "which colour?", "red|green", "2026-12-04 20:00", ""},
	} {
		got := r.Read(c.text, prompts.Context{At: noon, Settings: s, Direct: true}).Poll
		if got == nil {
			t.Errorf("Read(%q): no poll", c.text)
			continue
		}
		have := []string{got.Question, strings.Join(got.Options, "|"), clockOf(got.Until), got.Unread}
		if d := cmp.Diff([]string{c.question, c.options, c.until, c.unread}, have); d != "" {
			t.Errorf("Read(%q): (-want +got)\n%s", c.text, d)
		}
		if in := r.Read(c.text, prompts.Context{At: noon, Settings: s}); in.Poll != nil {
			t.Errorf("Read(%q) in a group is a poll", c.text)
		}
	}
}

// What residents write to Linli day by day asks nobody else.
func TestNoPoll(t *testing.T) {
	r, s := New(), town()
	for _, text := range []string{
		"电梯什么时候修？", "能不能修一下/看一下路灯", "3-1-501的水费是多少/怎么交", "水费怎么交？微信/支付宝", "电梯什么时候修？3号楼/5号楼都坏了",
		"电梯什么时候修？老人、孩子都下不去", "电梯什么时候修？明天上午", "电梯什么时候能修好？说好周五前", "要不要人活了？天天停电/停水", "能不能修一下？路灯/门",
		"能不能周五前修好？", "投票什么时候截止？", "投票截止了吗？我还没投", "投票", "投票：", "/poll", "这是真的吗？https://a.b/c/d", "要不要交物业费？", "谁去表决？我去不了",
		"电梯什么时候修？\n老人下不去\n麻烦快点", "暖气什么时候来？谢谢\n辛苦了", "停水到几点？通知说截止到下午5点，可是现在还没水", "物业电话多少？白天/晚上都打不通", "物业什么时候上班？周一、周二没人",
		"我家1单元501，下水道堵了、返水，今天能来吗？", "报名截止到周五，还能报吗？", "周五晚八点截止", "要/不要", "3/1/501", "你好？", "0012怎么样了？", "灯坏了？", "有没有热水？没有/有一点",
		"通知：明天9点到18点停水，请大家储水。要/不要打电话都行", "车棚2/3都满了，电动车放哪里好？",
	} {
		got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true})
		if got.Poll != nil || got.Chain != nil || got.Slip != nil {
			t.Errorf("Read(%q): poll %+v chain %+v slip %+v", text, got.Poll, got.Chain, got.Slip)
		}
	}
}

// An emergency is never a poll, a list or a vote.
func TestPollDanger(t *testing.T) {
	r, s := New(), town()
	for _, text := range []string{
		"投票：3号楼着火了，要不要报警？要/不要，周五截止", "#接龙\n3号楼着火了\n1. 3-1-501 出不来\n2. 3-1-502", "0012 3-1-501 着火了 电话",
	} {
		got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true})
		if got.Danger != flows.Fire || got.Poll != nil || got.Chain != nil || got.Slip != nil {
			t.Errorf("Read(%q): %+v", text, got)
		}
	}
}

// A poll is complete by itself: what was written before is not read into it.
func TestPollAlone(t *testing.T) {
	got := New().Read("要不要换？换/不换", prompts.Context{At: noon, Settings: town(), Direct: true, Before: []string{"3号楼2单元电梯坏了"}})
	if got.Poll == nil || got.Item != "" || got.Demand > 0.4 {
		t.Errorf("%+v", got)
	}
}

// However long a message is and whatever it repeats, it is read in its time.
func TestManyLong(t *testing.T) {
	if testing.Short() {
		t.Skip("long messages, one after another: not in short runs")
	}
	r, s := New(), town()
	slow := time.Duration(0)
	for _, piece := range []string{"要/", "1. 要 ", "A要 ", "周五截止，", "12-5 ", "？", "\n", "\n1. 要", "\n1.\n续", "前", "到", "截止到", "0012 3-1-501 纸质 ", "委托3-1-502", "11月20日签", "3-1-", "501 ", "选项：", "、", "投票：", "（", "①", "一、", "  ", "半", "三天后"} {
		for _, lead := range []string{"", "投票：", "要不要？", "#接龙\n1. ", "0012 3-1-501 纸质 ", "要不要？周五截止，"} {
			text := lead + strings.Repeat(piece, 30_000)
			begin := time.Now()
			got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true})
			if took := time.Since(begin); took > slow {
				slow = took
				t.Logf("%v for %q…", took, head(text, 16))
			}
			bounded(t, got)
		}
	}
}

func FuzzMany(f *testing.F) {
	for _, x := range []string{
		"要不要在楼前装充电桩？要/不要/再商量，周五晚八点截止", "投票：楼前\n1. 要\n2️⃣ 不要\n截止到12月5日20:00", "征询 A. red B. green by Friday 8pm?", "？/㎡、12/5截止", "选项：\n- 一\n- 二",
		"#接龙\n例 1-101\n1. 3-1-501 要\n２、👵 ５０１ 不要\n续", "0012 3-1-501 不要 纸质 11月20日签 委托3-1-502", "#12号红楼1单元501选Ａ来電", "#接龙\n1.\n续", "3 1 501", "一单元五零一", "48小时内截止？e\u0301/é",
	} {
		f.Add(x, true)
	}
	r, s := New(), town()
	f.Fuzz(func(t *testing.T, text string, direct bool) {
		c := prompts.Context{At: noon, Settings: s, Direct: direct}
		got := r.Read(text, c)
		if !cmp.Equal(got, r.Read(text, c)) {
			t.Errorf("read twice: %+v", got)
		}
		if !direct && (got.Poll != nil || got.Slip != nil) {
			t.Errorf("%+v in a group", got)
		}
		// What is quoted to people was written by them.
		plain := strings.Join(strings.Fields(proper(text, longestChain)), "")
		quoted := func(what string) {
			for _, w := range strings.Fields(what) {
				if !utf8.ValidString(w) || !strings.Contains(plain, w) && !pieced(plain, w) {
					t.Errorf("%q is not in %q", w, text)
				}
			}
		}
		if p := got.Poll; p != nil {
			quoted(p.Question)
			quoted(p.Unread)
			for _, o := range p.Options {
				if quoted(o); strings.TrimSpace(o) == "" {
					t.Errorf("an empty option in %q", text)
				}
			}
			if p.Question == "" || len(p.Options) == 1 {
				t.Errorf("%+v", p)
			}
		}
		if l := got.Chain; l != nil {
			if len(l.Lines) == 0 {
				t.Errorf("%+v", l)
			}
			for _, x := range l.Lines {
				quoted(x.Text)
				quoted(x.Rest)
				if x.N < 1 || x.Text == "" || x.Place.Room == "" && x.Place != (flows.Place{}) {
					t.Errorf("%+v", x)
				}
			}
		}
		if v := got.Slip; v != nil {
			quoted(v.Choice)
			if v.Place.Room == "" || v.Choice == "" || got.Number < 1 {
				t.Errorf("%+v", v)
			}
		}
	})
}

// pieced says that w is made of pieces of s in their order.
func pieced(s, w string) bool {
	rest := []rune(s)
	for _, r := range w {
		i := 0
		for i < len(rest) && rest[i] != r {
			i++
		}
		if i == len(rest) {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

// BenchmarkDirect reads messages to Linli itself: without a mark of a poll or a
// list, with a question, and a poll.
func BenchmarkDirect(b *testing.B) {
	r, s := New(), town()
	c := prompts.Context{At: noon, Settings: s, Direct: true}
	for name, text := range map[string]string{"plain": "3号楼2单元电梯又坏了，老人下不了楼", "question": "3号楼2单元电梯什么时候能修好？", "poll": "要不要在楼前装充电桩？要/不要/再商量，周五晚八点截止"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Read(text, c)
			}
		})
	}
}
