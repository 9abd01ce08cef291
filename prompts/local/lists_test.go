package local

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"linli/flows"
	"linli/prompts"
)

// asRead writes a list down as it was read: title; number, people, words of each line.
func asRead(c *flows.Chain) string {
	if c == nil {
		return "-"
	}
	w := []string{strings.ReplaceAll(c.Title, "\n", " / ")}
	for _, l := range c.Lines {
		w = append(w, fmt.Sprintf("%d:%d %s", l.N, l.People, l.Text))
	}
	out := strings.Join(w, "; ")
	if c.Others > 0 {
		out += fmt.Sprintf(" +%d", c.Others)
	}
	if !c.Marked {
		out += " unmarked"
	}
	if c.Cut {
		out += " cut"
	}
	return out
}

// Lists as people send them, written with whatever a telephone offers, in private.
func TestListsAsPeopleSendThem(t *testing.T) {
	r, s := New(), town()
	for _, c := range []struct {
		text, want string
		no         int
	}{
		{"#接龙\n0012 学吉他\n1. 张大爷\n2. 老李 2人\n3. 小马+1", "0012 学吉他; 1:1 张大爷; 2:2 老李 2人; 3:2 小马+1", 12},
		{"#接龙\n0012 学吉他\n1、张大爷\n2．老李\n３。王姐\n（4）小马\n5）赵六\n６：钱七", "0012 学吉他; 1:1 张大爷; 2:1 老李; 3:1 王姐; 4:1 小马; 5:1 赵六; 6:1 钱七", 12},
		{"#接龙\n学吉他\n①张大爷\n②老李\n⑩王姐\n㉑小马\n㊱赵六\n⑵钱七\n⒊孙八", "学吉他; 1:1 张大爷; 2:1 老李; 10:1 王姐; 21:1 小马; 36:1 赵六; 2:1 钱七; 3:1 孙八", 0},
		{"#接龙\n学吉他\n1️⃣ 张大爷\n2⃣老李\n🔟 王姐\n1️⃣1️⃣ 小马", "学吉他; 1:1 张大爷; 2:1 老李; 10:1 王姐; 11:1 小马", 0},
		{"#接龙\n学吉他\n1. 🌹张大爷🌹\n2. 👨‍👩‍👧 一家三口\n3. 💐", "学吉他; 1:1 🌹张大爷🌹; 2:3 👨‍👩‍👧 一家三口; 3:1 💐", 0},
		// Two who have written at the same time; one who has taken their line out.
		{"#接龙\n0012\n1. 张大爷\n2. 老李\n2. 王姐\n5. 小马", "0012; 1:1 张大爷; 2:1 老李; 2:1 王姐; 5:1 小马", 12},
		{"#接龙\n0012 学吉他\n2. 老李\n3. 王姐", "0012 学吉他; 2:1 老李; 3:1 王姐", 12},
		{"#接龙\n0012 学吉他\n1.\n2. 老李\n3.\n4.", "0012 学吉他; 2:1 老李", 12},
		// No mark between number and name, where the number is the next.
		{"#接龙\n学吉他\n1张大爷\n2老李\n3号楼王姐\n3小马", "学吉他; 1:1 张大爷; 2:1 老李 3号楼王姐; 3:1 小马", 0},
		{"#接龙\n学吉他\n1. 小2\n2. 阿3 2人\n3. 007\n4. 王5姐", "学吉他; 1:1 小2; 2:2 阿3 2人; 3:1 007; 4:1 王5姐", 0},
		// Telephones and doors are no number of a case; one behind the list is none either.
		{"#接龙\n学吉他\n1. 张三 0471 1234567\n2. 李四 0302\n3. 王五 412号", "学吉他; 1:1 张三 0471 1234567; 2:1 李四 0302; 3:1 王五 412号", 0},
		{"#接龙\n第12号 学吉他\n1. 张三", "第12号 学吉他; 1:1 张三", 12},
		{"#接龙\n1234 学吉他\n1. 张三", "1234 学吉他; 1:1 张三", 1234},
		{"#接龙\n请大家报名\n0012 学吉他，12月10日（周四）19:30\n1. 张三", "请大家报名 / 0012 学吉他，12月10日（周四）19:30; 1:1 张三", 12},
		// What Linli itself adds is nobody's line.
		{"#接龙\n0012 大扫除（来／不来）\n例 1-501 来\n1. 2-501 来\n2. 2-602 不来\n群内2户，另有1户私下答了。", "0012 大扫除（来／不来）; 1:1 2-501 来; 2:1 2-602 不来", 12},
		// Two lists in one message: of other names, and one that has grown.
		{"#接龙\n土鸡蛋\n1. 张三\n2. 李四\n\n#接龙\n草莓\n1. 王五", "土鸡蛋; 1:1 张三; 2:1 李四 +1", 0},
		{"#接龙\n土鸡蛋\n1. 张三\n#接龙\n草莓\n1. 王五\n#接龙\n土鸡蛋\n1. 张三\n2. 赵六", "土鸡蛋; 1:1 张三; 2:1 赵六 +1", 0},
		{"王阿姨 2026-12-01 09:12\n#接龙\n0012 学吉他，还剩3个位子\n1. 张三\n\n李四 09:15:20\n#接龙\n0012 学吉他，还剩2个位子\n1. 张三\n2. 李四\n\n赵六 09:20\n收到，谢谢", "0012 学吉他，还剩2个位子; 1:1 张三; 2:1 李四", 12},
		{"王阿姨: #接龙\n学吉他\n1. 张三", "学吉他; 1:1 张三", 0},
		{"—————  2026-12-01  —————\n\n王阿姨  09:12\n#接龙\n学吉他\n1. 张三\n2. 李四 19:30到", "学吉他; 1:1 张三; 2:1 李四 19:30到", 0},
		{"#接龙\n学吉他\n1. 张三\n周五 19:30\n2. 李四", "学吉他; 1:1 张三 周五 19:30; 2:1 李四", 0}, // a line that somebody broke
		// No list.
		{"#接龙", "-", 0},
		{"#接龙\n学吉他", "-", 0},
		{"大家接龙吧\n谢谢", "-", 0},
		{"1. 张三\n2. 李四", "-", 0},
		{"1. 张三\n2. 李四\n3. 王五", "; 1:1 张三; 2:1 李四; 3:1 王五 unmarked", 0},
	} {
		got := r.Read(c.text, prompts.Context{At: noon, Settings: s, Direct: true})
		if have := asRead(got.Chain); have != c.want {
			t.Errorf("Read(%q):\n     %s\nwant %s", c.text, have, c.want)
		}
		if got.Chain != nil && got.Number != c.no {
			t.Errorf("Read(%q): number %d, want %d", c.text, got.Number, c.no)
		}
	}
}

// Three hundred lines fit into what the engine reads of a message; of a longer one the line
// that it has cut is not read, and that is said.
func TestListOfThreeHundred(t *testing.T) {
	r, s := New(), town()
	var b strings.Builder
	b.WriteString("#接龙\n0012 学吉他\n")
	for i := range 300 {
		fmt.Fprintf(&b, "%d. 王阿姨%d号的邻居 2人\n", i+1, i+1)
	}
	if b.Len() > flows.LongestText {
		t.Fatalf("%d bytes", b.Len())
	}
	list := r.Read(b.String(), prompts.Context{At: noon, Settings: s, Direct: true}).Chain
	if list == nil || len(list.Lines) != 300 || list.Cut {
		t.Fatal("300 lines were not all read")
	}
	for i, l := range list.Lines {
		if l.N != i+1 || l.People != 2 {
			t.Fatalf("line %d: %+v", i+1, l)
		}
	}
	long := b.String()
	for i := 301; len(long) <= flows.LongestText; i++ {
		long += fmt.Sprintf("%d. 王阿姨%d号的邻居 2人\n", i, i)
	}
	end := flows.LongestText
	for !utf8.RuneStart(long[end]) { // as the engine cuts
		end--
	}
	cut := long[:end]
	list = r.Read(cut, prompts.Context{At: noon, Settings: s, Direct: true}).Chain
	if list == nil || !list.Cut {
		t.Fatalf("a list that was cut does not say so (%d bytes)", len(cut))
	}
	lines := strings.Split(strings.TrimSpace(cut), "\n")
	if want := len(lines) - 2 - 1; len(list.Lines) != want {
		t.Errorf("%d lines of a list that was cut, want %d", len(list.Lines), want)
	}
}
