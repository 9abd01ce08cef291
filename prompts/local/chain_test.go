package local

import (
	"fmt"
	"strings"
	"testing"

	"linli/flows"
	"linli/prompts"

	"github.com/google/go-cmp/cmp"
)

func TestChain(t *testing.T) {
	r, s := New(), town()
	for _, c := range []struct{ scope, text, want string }{
		{"3", "#接龙\n楼前装充电桩\n1. 3-1-501 要\n2. 王阿姨 3号楼2单元602 不要\n3、张三 再商量", "楼前装充电桩; 1 3/1/501 要; 2 3/2/602 王阿姨 不要; 3 // 张三 再商量"},
		{"3", "接龙\r\n楼前装充电桩\r\n\r\n例 3-1-101 要\r\n\r\n１．１－５０１　要  \r\n２、五零一 要\r\n", "楼前装充电桩; 1 3/1/501 要; 2 // 五零一 要"},
		{"3", "#接龙 楼前装充电桩\n例：1-101 要\n1. 501 要\n2. 👵李奶奶 502 不要\n3) 1802王五", "楼前装充电桩; 1 3//501 要; 2 3//502 👵李奶奶 不要; 3 // 1802王五"},
		{"3", "#接龙\n充电桩\n1.3-1-501 要\n2.3-1-502 不要", "充电桩; 1 3/1/501 要; 2 3/1/502 不要"},
		{"3", "#接龙\n充电桩\n1. 3-1-501的王阿姨 要\n3. 5-2-301 要\n3. 15-1-301 要\n4.\n5. ", "充电桩; 1 3/1/501 王阿姨 要; 3 5/2/301 要; 3 // 15-1-301 要"},
		{"3", "#接龙\n充电桩\n1 1-501 要\n2 2单元602室 不要\n   孩子怕吵\n\n大家接着写", "充电桩; 1 3/1/501 要; 2 3/2/602 不要 孩子怕吵"},
		{"3", "1. 1-501 要\n2. 1-502 不要\n3. 1-503 要", "; 1 3/1/501 要; 2 3/1/502 不要; 3 3/1/503 要"},
		{"3", "报名的写一下\n① 王阿姨\n② 李叔\n③ 张三", "报名的写一下; 1 // 王阿姨; 2 // 李叔; 3 // 张三"},
		{"3", "#接龙\n充电桩\n1️⃣ 1-501 要", "充电桩; 1 3/1/501 要"},
		{"3", "#接龙\n充电桩\n1. 2-501，替3-1-502也要", "充电桩; 1 3/2/501 替3-1-502也要"},
		{"3", "#接龙\n充电桩\n1. 3-501 要\n2. 5-501 要\n3. 13-501 要", "充电桩; 1 3//501 要; 2 5//501 要; 3 // 13-501 要"},
		{"", "#接龙\n充电桩\n1. 1-501 要\n2. 红楼1单元501 要\n3. A座902 要\n4. 12-302 要\n5. 501 要", "充电桩; 1 /1/501 要; 2 10/1/501 要; 3 a//902 要; 4 12//302 要; 5 //501 要"},
		{"12", "#接龙\n充电桩\n1. 302 要\n2. 12-303 不要", "充电桩; 1 12//302 要; 2 12//303 不要"},
		{"3", "停水要点\n1. 关好门窗，储备用水。\n2. 明天恢复。\n3. 谢谢。", "-"},
		{"3", "1. 电梯什么时候修？\n2. 灯呢\n3. 门呢", "-"},
		{"3", "1. 1-501 要\n2. 1-502 不要", "-"},
		{"3", "1. 1-501 要\n3. 1-502 不要\n4. 1-503 要", "-"},
		{"3", "大家接龙吧\n谢谢", "-"},
		{"3", "接龙里第3个是谁", "-"},
		{"3", "3-1-501 要\n3-1-502 要\n3-1-503 要", "-"},
		{"3", "8:30 集合\n9:00 出发\n10:00 到", "-"},
	} {
		for _, direct := range []bool{false, true} {
			got := r.Read(c.text, prompts.Context{At: noon, Settings: s, Scope: flows.Scope{Building: c.scope}, Direct: direct})
			have := "-"
			if l := got.Chain; l != nil {
				w := []string{l.Title}
				for _, x := range l.Lines {
					p := fmt.Sprintf("%s/%s/%s", x.Place.Building, x.Place.Unit, x.Place.Room)
					w = append(w, fmt.Sprintf("%d %s %s", x.N, p, x.Rest))
				}
				have = strings.Join(w, "; ")
			}
			if have != c.want {
				t.Errorf("Read(%q): %s\nwant %s", c.text, have, c.want)
			}
		}
	}
}

// A list of a whole building is read to its end.
func TestChainLong(t *testing.T) {
	var b strings.Builder
	b.WriteString("#接龙\n楼前装充电桩\n")
	for i := range 400 {
		fmt.Fprintf(&b, "%d. 3-%d-%d0%d 王阿姨和她的一家人 要\n", i+1, i%3+1, i%18+1, i%4+1)
	}
	got := New().Read(b.String(), prompts.Context{At: noon, Settings: town()}).Chain
	if got == nil || len(got.Lines) != 400 {
		t.Fatalf("not all lines of a long list were read")
	}
	for i, l := range got.Lines {
		want := flows.Place{Building: "3", Unit: fmt.Sprint(i%3 + 1), Room: fmt.Sprintf("%d0%d", i%18+1, i%4+1)}
		if l.N != i+1 || l.Place != want || l.Rest != "王阿姨和她的一家人 要" {
			t.Fatalf("line %d: %+v", i+1, l)
		}
	}
}

func TestSlip(t *testing.T) {
	r, s := New(), town()
	for _, c := range []struct{ text, want string }{
		{"0012 3-1-501 要 纸质", "12 3/1/501 要 paper"},
		{"0012号 3号楼1单元501 选A 电话", "12 3/1/501 A phone"},
		{"0012号3号楼1单元501选A电话", "12 3/1/501 A phone"},
		{"0012 3-1-501 不要 纸质 11月20日签 委托3-1-502", "12 3/1/501 不要 paper 2026-11-20 3/1/502"},
		{"0012，3-1-501，不要，委托3-1-502，电话", "12 3/1/501 不要 phone 3/1/502"},
		{"0012 3-1-501 委托3-1-502 同意", "12 3/1/501 同意 paper 3/1/502"},
		{"#12 3-1-501 再商量 纸质 委托502", "12 3/1/501 再商量 paper 3/1/502"},
		{"第12号 三号楼一单元五零一室 投要 表", "12 3/1/501 要 paper"},
		{"12号 红楼1单元501 不要 纸", "12 10/1/501 不要 paper"},
		{"0012 1单元501 要 纸质票", "12 /1/501 要 paper"},
		{"0012 1-501 要 纸", "12 /1/501 要 paper"},
		{"００１２ ３－１－５０１ 要 纸质", "12 3/1/501 要 paper"},
		{"0012 3-1-501 要 纸质 12月28日签", "12 3/1/501 要 paper 2025-12-28"},
		{"0012 3-1-501 要 纸质 2026-11-20", "12 3/1/501 要 paper 2026-11-20"},
		{"0012 3-1-501 纸质通知 电话", "12 3/1/501 纸质通知 phone"},
		{"0012 3-1-501 裝 電話", "12 3/1/501 裝 phone"},
		{"0012 3-1-501 Yes phone", "12 3/1/501 Yes phone"},
		{"0012 3-1-501 要", "-"},
		{"0012 3-1 要 纸质", "-"},
		{"0012 要 纸质", "-"},
		{"3-1-501 要 纸质", "-"},
		{"0012 3-1-501 纸质", "-"},
		{"0012 15-1-501 要 纸质", "-"},
		{"0412 3-1-501 漏水 电话 13912345678", "-"},
		{"12号楼1单元501 要 纸质", "-"},
		{"0012 怎么样了，打电话没人接", "-"},
	} {
		got := r.Read(c.text, prompts.Context{At: noon, Settings: s, Direct: true})
		have := "-"
		if v := got.Slip; v != nil {
			have = fmt.Sprintf("%d %s/%s/%s %s phone", got.Number, v.Place.Building, v.Place.Unit, v.Place.Room, v.Choice)
			if v.Paper {
				have = strings.TrimSuffix(have, "phone") + "paper"
			}
			if !v.Signed.IsZero() {
				have += v.Signed.Format(" 2006-01-02")
			}
			if !v.Proxy.Zero() {
				have += fmt.Sprintf(" %s/%s/%s", v.Proxy.Building, v.Proxy.Unit, v.Proxy.Room)
			}
			if got.Demand > 0.15 || got.More {
				t.Errorf("Read(%q): demand %.2f, more %v", c.text, got.Demand, got.More)
			}
		}
		if have != c.want {
			t.Errorf("Read(%q): %s, want %s", c.text, have, c.want)
		}
		if in := r.Read(c.text, prompts.Context{At: noon, Settings: s}); in.Slip != nil {
			t.Errorf("Read(%q) in a group is a vote", c.text)
		}
	}
}

// A home that is written to Linli itself is an answer, whatever it leaves open.
func TestHome(t *testing.T) {
	r, s := New(), town()
	at5 := flows.Place{Building: "5", Unit: "2", Floor: 7, Room: "701"}
	for _, c := range []struct {
		home flows.Place
		text string
		want flows.Place
	}{
		{text: "1单元501", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "1单元501室", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "一单元五零一", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "我住1单元501，谢谢", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "1-501", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "１－５０１", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "1 501", want: flows.Place{Unit: "1", Room: "501"}},
		{text: "12-501", want: flows.Place{Building: "12", Room: "501"}},
		{text: "3-1-501", want: flows.Place{Building: "3", Unit: "1", Room: "501"}},
		{text: "3/1/501", want: flows.Place{Building: "3", Unit: "1", Room: "501"}},
		{text: "3 1 501", want: flows.Place{Building: "3", Unit: "1", Room: "501"}},
		{text: "3号楼1单元501室", want: flows.Place{Building: "3", Unit: "1", Room: "501"}},
		{text: "我是红楼1单元501的住户", want: flows.Place{Building: "10", Unit: "1", Room: "501"}},
		{text: "A座902", want: flows.Place{Building: "a", Room: "902"}},
		{text: "501", want: flows.Place{Room: "501"}},
		{text: "五零一", want: flows.Place{Room: "501"}},
		{text: "1802室", want: flows.Place{Room: "1802"}},
		{text: "五单元十二楼三户", want: flows.Place{Unit: "5", Floor: 12}},
		{text: "2单元", want: flows.Place{Unit: "2"}},
		{text: "13-1-501"},
		{text: "120"}, {text: "0501"}, {text: "2000"}, {text: "520"}, {text: "12345"},
		{at5, "1单元501", flows.Place{Building: "5", Unit: "1", Room: "501"}},
		{at5, "1-501", flows.Place{Building: "5", Unit: "1", Room: "501"}},
		{at5, "5-501", flows.Place{Building: "5", Room: "501"}},
		{at5, "501", flows.Place{Building: "5", Unit: "2", Room: "501"}},
		{at5, "3-1-501", flows.Place{Building: "3", Unit: "1", Room: "501"}},
		{at5, "13-1-501", flows.Place{}},
	} {
		got := r.Read(c.text, prompts.Context{At: noon, Settings: s, Home: c.home, Direct: true})
		if c.home.Zero() || c.want.Room != "" || c.text == "13-1-501" {
			if d := cmp.Diff(c.want, got.Place); d != "" {
				t.Errorf("Read(%q): (-want +got)\n%s", c.text, d)
			}
		}
		if got.Demand > 0.3 {
			t.Errorf("Read(%q).Demand = %.2f", c.text, got.Demand)
		}
		if got.Poll != nil || got.Chain != nil || got.Slip != nil {
			t.Errorf("Read(%q): %+v", c.text, got)
		}
	}
	// What is wrong there stays a demand.
	if got := r.Read("3-1-501漏水了", prompts.Context{At: noon, Settings: s, Direct: true}); got.Demand < 0.5 || got.Place.Room != "501" {
		t.Errorf("%+v", got)
	}
}
