package local

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/prompts"
)

// hall is the town with rooms and people with a post.
func hall() *flows.Settings {
	s := town()
	s.Grids = []flows.Grid{{ID: "1", Name: "第一网格", Leader: "li"}, {ID: "2", Name: "第二网格", Leader: "zhou"}}
	s.Buildings[4].Grid = "2"
	s.Rooms = []flows.Room{
		{ID: "linli", Name: "二楼邻里室", Where: flows.Place{Building: "8"}}, {ID: "xiao", Name: "小议事室", Where: flows.Place{Building: "8"}},
		{ID: "act1", Name: "一楼活动室"}, {ID: "act2", Name: "二楼活动室"},
	}
	post := func(r flows.Role, building string) []flows.Post {
		if building != "" {
			return []flows.Post{{Role: r, Scope: flows.Scope{Building: building}}}
		}
		return []flows.Post{{Role: r, Scope: flows.Everywhere}}
	}
	s.People = []flows.Official{
		{ID: "li", Name: "李网格"}, {ID: "zhou", Name: "周网格"}, {ID: "liu", Name: "刘敏", Posts: post(flows.Captain, "3")}, {ID: "tang", Name: "唐楼长", Posts: post(flows.Captain, "5")},
		{ID: "zheng", Name: "郑主任", Posts: post(flows.Head, "")}, {ID: "zhaos", Name: "赵书记", Posts: post(flows.Secretary, "")}, {ID: "feng", Name: "冯物业", Posts: post(flows.Property, "")},
		{ID: "ou", Name: "欧阳明", Posts: post(flows.Owners, "")}, {ID: "chen", Name: "陈社区", Posts: post(flows.Staff, "")}, {ID: "sun", Name: "孙社区", Posts: post(flows.Staff, "")},
	}
	return s
}

// show writes a plan in one line: times (a day without a clock) | unread | rooms | people | rest.
func show(p *flows.Appointment) string {
	if p == nil {
		return ""
	}
	var times, people []string
	for _, w := range p.Times {
		layout := "2006-01-02 15:04"
		if w.Day {
			layout = "2006-01-02"
		}
		times = append(times, w.At.Format(layout))
	}
	for _, x := range p.People {
		people = append(people, string(x))
	}
	return strings.Join([]string{strings.Join(times, ", "), strings.Join(p.Unread, ", "), strings.Join(p.Rooms, " "), strings.Join(people, " "), p.Rest}, "|")
}

// It is Monday 2026-11-23, 12:00.
func TestPlan(t *testing.T) {
	r, s := New(), hall()
	for _, c := range [][2]string{
		{"下周六下午三点或周日晚上七点", "2026-12-05 15:00, 2026-12-06 19:00||||"},
		{"周五晚上或周六上午", "2026-11-27 19:00, 2026-11-28 09:00||||"},
		{"12月5日15:00、12月6日19:00", "2026-12-05 15:00, 2026-12-06 19:00||||"},
		{"这周六、周日下午三点", "2026-11-28 15:00, 2026-11-29 15:00||||"},
		{"周六、周日上午", "2026-11-28 09:00, 2026-11-29 09:00||||"},
		{"周六上午、周日晚上", "2026-11-28 09:00, 2026-11-29 19:00||||"},
		{"12月20日前", "2026-12-20||||"},
		{"月底前", "2026-11-30||||"},
		{"年底前", "2026-12-31||||"},
		{"下周三之前", "2026-12-02||||"},
		{"明天下午", "2026-11-24 14:00||||"},
		{"明天中午", "2026-11-24 12:00||||"},
		{"后天", "2026-11-25||||"},
		{"今晚", "2026-11-23 19:00||||"},
		{"12月5号到6号", "2026-12-05, 2026-12-06||||"},
		{"12月5日-6日", "2026-12-05, 2026-12-06||||"},
		{"12月5号到9号", "|12月5号到9号|||"},
		{"下周一到周五晚上七点", "|下周一到周五晚上七点|||"},
		{"下周六下午三点到五点，二楼邻里室", "2026-12-05 15:00||linli||"},
		{"下周六15:00-17:00 小议事室", "2026-12-05 15:00||xiao||"},
		{"晚上八点到次日一点", "2026-11-23 20:00||||"},
		{"12月5日下午两点，12月6日上午十点，12月7日晚", "2026-12-05 14:00, 2026-12-06 10:00, 2026-12-07 19:00||||"},
		{"十二月五日下午", "2026-12-05 14:00||||"},
		{"24日下午三点", "2026-11-24 15:00||||"},
		{"24号", "2026-11-24||||"},
		{"30号或1号下午三点", "2026-11-30 15:00, 2026-12-01 15:00||||"},
		{"9月10号、11号、12号晚上七点", "2026-09-10 19:00, 2026-09-11 19:00, 2026-09-12 19:00||||"},
		{"明年3月8日", "2027-03-08||||"},
		{"2027-03-08 14:00", "2027-03-08 14:00||||"},
		{"周六（12月5日）15:00", "2026-12-05 15:00||||"},
		{"12月5日（周六）15:00，12月6日（周日）10:00", "2026-12-05 15:00, 2026-12-06 10:00||||"},
		{"12月5日（周日）15:00", "|12月5日（周日）15:00|||"},
		{"周日（12月5日）", "|周日（12月5日|||"},
		{"今天上午九点", "2026-11-23 09:00||||"},
		{"昨天下午三点", "2026-11-22 15:00||||"},
		{"11月20日", "2026-11-20||||"},
		{"三天内", "2026-11-26||||"},
		{"48小时内", "2026-11-25 12:00||||"},
		{"两周内", "2026-12-07||||"},
		{"周末下午三点", "2026-11-28 15:00, 2026-11-29 15:00||||"},
		{"下周末", "2026-12-05, 2026-12-06||||"},
		{"周末前", "2026-11-29||||"},
		{"傍晚", ""},
		{"周六傍晚", "2026-11-28 18:00||||"},
		{"12/5、12/6", "2026-12-05, 2026-12-06||||"},
		{"12/5前", "2026-12-05||||"},
		{"元旦前", "2027-01-01||||"},
		{"2027年元旦", "2027-01-01||||"},
		{"国庆节后", "|国庆节后|||"},
		{"12月5日以后", "|12月5日以后|||"},
		{"春节前", "|春节|||"},
		{"腊月二十三", "|腊月二十三|||"},
		{"改天", "|改天|||"},
		{"等大家有空再开", "|有空|||等大家有空再开"},
		{"周八", "|周八|||"},
		{"下周八晚上", ""},
		{"13月5日", "|13月5日|||"},
		{"11月31日", "|11月31日|||"},
		{"2月29日", "|2月29日|||"},
		{"下下个月初", "|下下个月初|||"},
		{"12月中旬", "|12月中旬|||"},
		{"25点", "|25点|||"},
		{"25:00", "|25:00|||"},
		{"周六 8:75", "2026-11-28|8:75|||"},
		{"下周", "|下周|||"},
		{"尽快", "|尽快|||"},
		{"改到下周，刮大风", "|下周|||刮大风"},
		{"改到12月6日15点，刮大风", "2026-12-06 15:00||||刮大风"},
		{"会议改到周日15点，因为刮大风", "2026-11-29 15:00||||因为刮大风"},
		{"因为刮大风，改到周日15点", "2026-11-29 15:00||||因为刮大风"},
		{"挪到下周六上午十点", "2026-12-05 10:00||||"},
		{"延期到12月25日", "2026-12-25||||"},
		{"二楼邻里室", "||linli||"},
		{"邻里室", "||linli||"},
		{"8号楼二楼邻里室", "||linli||"},
		{"二楼活动室", "||act2||"},
		{"活动室", ""},
		{"在小议事室开会，明晚七点半", "2026-11-24 19:30||xiao||"},
		{"换到小议事室", "||xiao||"},
		{"小议事室或邻里室", "||xiao linli||"},
		{"李网格", "|||li|"},
		{"物业", "|||feng|"},
		{"书记", "|||zhaos|"},
		{"居委会主任", "|||zheng|"},
		{"郑主任", "|||zheng|"},
		{"欧阳主任", "|||ou|"},
		{"主任和书记", "|||zheng zhaos|"},
		{"冯经理", "|||feng|"},
		{"刘楼长", "|||liu|"},
		{"3号楼楼栋长", "|||liu|"},
		{"五栋楼长", "|||tang|"},
		{"楼长", ""},
		{"5号楼网格员", "|||zhou|"},
		{"3号楼的网格员负责，12月10日前", "2026-12-10|||li|"},
		{"第二网格网格员", "|||zhou|"},
		{"网格员", ""},
		{"社工", ""},
		{"副主任来", ""},
		{"冯物业和李网格，下周五前", "2026-12-04|||feng li|"},
		{"李网格、李网格、冯物业", "|||li feng|"},
		{"楼前装4个充电桩，冯物业，12月20日前", "2026-12-20|||feng|楼前装4个充电桩"},
		{"楼前装4个充电桩。冯物业。12月20日前完成。", "2026-12-20|||feng|楼前装4个充电桩"},
		{"楼前装4个充电桩（冯物业，12月20日前）", "2026-12-20|||feng|楼前装4个充电桩"},
		{"冯物业12月20日前装4个充电桩", "2026-12-20|||feng|装4个充电桩"},
		{"请冯物业在12月20日前把灯装好", "2026-12-20|||feng|把灯装好"},
		{"由物业负责，月底前完成", "2026-11-30|||feng|"},
		{"换李网格，12月25日前", "2026-12-25|||li|"},
		{"公布12月5日的账目，冯物业，12月20日前", "2026-12-20|||feng|公布12月5日的账目"},
		{"公布12月的账目，冯物业，12月20日前", "2026-12-20|||feng|公布12月的账目"},
		{"邻里室装空调，物业，12月20日前", "2026-12-20||linli|feng|邻里室装空调"},
		{"找物业要账目，李网格，12月10日前", "2026-12-10|||li|找物业要账目"},
		{"报给街道城管科，12月20日前问", "2026-12-20||||报给街道城管科"},
		{"把楼道的灯换成LED，物业公司，2027年1月15日前", "2027-01-15|||feng|把楼道的灯换成LED"},
		{"下周六下午3点在二楼邻里室开议事会，请冯物业、郑主任参加", "2026-12-05 15:00||linli|feng zheng|开议事会"},
		{"时间：12月5日15:00，地点：二楼邻里室", "2026-12-05 15:00||linli||"},
		{"周六前门集合", "2026-11-28||||前门集合"},
		{"我周六有空", "2026-11-28||||我"},
		{"周六下午七八点", "2026-11-28 19:00||||"},
		{"Dec 5 3pm, Dec 6 7pm", "2026-12-05 15:00, 2026-12-06 19:00||||"},
		{"next Saturday 3pm or Sunday 7pm", "2026-12-05 15:00, 2026-12-06 19:00||||"},
		{"tomorrow afternoon", "2026-11-24 14:00||||"},
		{"by December 20", "2026-12-20||||"},
		{"3号楼前装不装充电桩", ""},
		{"12号楼", ""},
		{"赞成12 反对3 弃权1", ""},
		{"物业费怎么定", ""},
		{"3号电梯坏了", ""},
		{"快一点修", ""},
		{"早一点来", ""},
		{"我提三点建议", ""},
		{"有空调的房间", ""},
		{"每周五晚上", ""},
		{"1-501", ""},
		{"3-1", ""},
		{"0012怎么样了", ""},
		{"手机13800000000", ""},
	} {
		got := r.Read(c[0], prompts.Context{At: noon, Settings: s, Direct: true}).Plan
		if show(got) != c[1] {
			t.Errorf("Read(%q): %s, want %s", c[0], show(got), c[1])
		}
		if got != nil {
			inOrder(t, c[0], got)
		}
	}
}

// inOrder says that the words of a plan are those of its text, in their order.
func inOrder(t *testing.T, text string, p *flows.Appointment) {
	t.Helper()
	if len(p.Times) > mostTimes || len(p.Times)+len(p.Unread)+len(p.Rooms)+len(p.People) == 0 {
		t.Errorf("%q: %d times", text, len(p.Times))
	}
	if !utf8.ValidString(text) {
		return
	}
	at := 0
	for _, w := range p.Times {
		i := strings.Index(text[at:], w.Words)
		if w.Words == "" || i < 0 {
			t.Errorf("%q: the words %q are not in it, or not in order", text, w.Words)
			return
		}
		if at += i; w.Day && !midnight(w.At).Equal(w.At) {
			t.Errorf("%q: a day at %v", text, w.At)
		}
	}
	for _, w := range p.Unread {
		if w == "" || !strings.Contains(text, w) {
			t.Errorf("%q: %q is not in it", text, w)
		}
	}
}

// Whatever is put together of what people write, the words stay theirs.
func TestPlanProperty(t *testing.T) {
	r, s := New(), hall()
	pieces := []string{"下周六", "下午三点", "或", "、", "周日", "晚上", "七点半", "12月5日", "（周六）", "15:00", "到", "前", "，", " ", "\n", "冯物业", "由", "负责", "二楼邻里室", "活动室", "3号楼", "楼长", "的", "6号", "改到", "刮大风", "周八", "25点", "改天", "月底", "三天内", "12/5", "-", "周末", "书记", "装4个充电桩", "Ａ", "é", "④"}
	rnd := rand.New(rand.NewPCG(1, 2))
	read := 0
	for range 20000 {
		var b strings.Builder
		for range 1 + rnd.IntN(9) {
			b.WriteString(pieces[rnd.IntN(len(pieces))])
		}
		at := noon.Add(time.Duration(rnd.IntN(24*400)) * time.Hour)
		if p := r.Read(b.String(), prompts.Context{At: at, Settings: s, Direct: true}).Plan; p != nil {
			read++
			inOrder(t, b.String(), p)
		}
	}
	if read < 10000 {
		t.Errorf("only %d were plans", read)
	}
}
