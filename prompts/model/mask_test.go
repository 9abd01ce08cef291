package model

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"3号楼2单元501漏水", "3号楼【门牌1】漏水"},
		{"3号楼501漏水，602也漏", "3号楼【门牌1】漏水，602也漏"},
		{"3-2-501和3-501", "【门牌1】和【门牌2】"},
		{"三号楼二单元五零一", "三号楼【门牌1】"},
		{"201室开会", "【门牌1】开会"},
		{"打138-1234-5678或0571 8888 6666", "打【号码1】或【号码2】"},
		{"+86 138 1234 5678", "【号码1】"},
		{"身份证11010119900307123x", "身份证【号码1】"},
		{"１３８１２３４５６７８", "【号码1】"},
		{"138\u200b1234\u200b5678", "【号码1】"},
		{"一三八 一二三四 五六七八", "【号码1】"},
		{"浙A·12345停在门口，粤BD12345也在", "【车牌1】停在门口，【车牌2】也在"},
		{"发到zhang_san@a.example.com。", "发到【邮箱1】。"},
		{"张阿姨和王敏都说", "【姓名1】和【姓名2】都说"},
		{"王敏说，王敏又说", "【姓名1】说，【姓名1】又说"},
		{"王敏敏是另一个人", "【姓名1】敏是另一个人"},
		{"我叫陈晓，住这儿", "我叫【姓名1】，住这儿"},
		{"15人到会，同意11，不同意3，58户答了", "15人到会，同意11，不同意3，58户答了"},
		{"12月5日（周六）15:00，二楼邻里室", "12月5日（周六）15:00，二楼邻里室"},
		{"修了3次，花了1200元", "修了3次，花了1200元"},
		{"我写【号码1】，电话13812345678", "我写【号码1】，电话【号码2】"},
		{"", ""},
	} {
		m := newMask([]string{"王敏", "敏"}, c.in)
		if got := m.put(c.in); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		} else if back := m.restore(got); back != c.in {
			t.Errorf("%s came back as %s", c.in, back)
		}
	}
}

func TestStrange(t *testing.T) {
	m := newMask(nil, "电话13812345678，记号【姓名7】")
	m.put("电话13812345678，记号【姓名7】")
	for text, want := range map[string]bool{"【号码1】": false, "【号码2】": true, "【姓名1】": true, "【姓名7】": false, "【随便1】": false, "没有": false} {
		if m.strange(text) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

// plant is what points to a person, of the kind that n says.
func plant(n int, a, b uint32) string {
	d := func(v uint32, width int) string { return fmt.Sprintf("%0*d", width, uint64(v)%pow(width)) }
	switch n % 10 {
	case 0:
		return "1" + string('3'+rune(a%7)) + d(a, 4) + d(b, 5)
	case 1:
		return "13" + d(a, 1) + "-" + d(a, 4) + "-" + d(b, 4)
	case 2:
		return "0571-8" + d(a, 7)
	case 3:
		return "110101" + "19" + d(a, 2) + "0307" + d(b, 3) + "X"
	case 4:
		return "a" + d(a, 5) + "@mail" + d(b, 2) + ".example.cn"
	case 5:
		return "浙A" + d(a, 5)
	case 6:
		return d(a%99, 2) + "单元" + d(b, 3)
	case 7:
		return d(a%99, 2) + "-" + d(b%9, 1) + "-" + d(a, 3)
	case 8:
		return "王敏"
	default:
		return "慕容小雪"
	}
}

func pow(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func holdsMask(t interface{ Fatalf(string, ...any) }, text, item string) {
	m := newMask([]string{"王敏", "慕容小雪"}, text)
	sent := m.put(text)
	if back := m.restore(sent); back != text {
		t.Fatalf("%q became %q and came back as %q", text, sent, back)
	}
	if strings.Contains(sent, item) {
		t.Fatalf("%q is still in %q", item, sent)
	}
	if !utf8.ValidString(sent) {
		t.Fatalf("%q is no text any more: %q", text, sent)
	}
}

// What was put away comes back, and what was planted is not there meanwhile.
func FuzzMask(f *testing.F) {
	for i := range 10 {
		f.Add("找", "，急", i, uint32(12345678), uint32(87654321))
		f.Add("9", "7", i, uint32(1), uint32(2))
		f.Add("【号码1】王", "【姓名2】", i, uint32(5), uint32(6))
		f.Add("\u200b-", ".（", i, uint32(99999), uint32(0))
	}
	f.Fuzz(func(t *testing.T, before, after string, kind int, a, b uint32) {
		if !utf8.ValidString(before) || !utf8.ValidString(after) || kind < 0 {
			return
		}
		item := plant(kind, a, b)
		holdsMask(t, before+item+after, item)
	})
}

// The same with what such texts are made of.
func TestMaskOfPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"3号楼", "2单元", "501", "-", "13812345678", "王敏", "王", "敏", "阿姨", "【号码1】", "【姓名2】", "1", "7", "浙A", "京", "@", "a.cn", "\u200b", "（", "室", "一", "三八", " ", "说", "１"})
		make := func(name string) string {
			return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, name), "")
		}
		item := plant(rapid.IntRange(0, 9).Draw(t, "kind"), rapid.Uint32().Draw(t, "a"), rapid.Uint32().Draw(t, "b"))
		holdsMask(t, make("before")+item+make("after"), item)
	})
}
