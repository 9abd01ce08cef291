package local

import "strings"

// caseNumber finds the number of a case: "0412", "412号", "第412件", and shorter
// ones where somebody asks how it stands. 0 if there is none.
func (t *text) caseNumber(status bool) int {
	for i := 0; i < len(t.r); i++ {
		if !digit(t.r[i]) {
			continue
		}
		n, digits, end, ok := t.number(i)
		at := i
		i = end
		if !ok || n == 0 || t.stop[at] == 0 && t.joined(at-1) && !(t.r[at-1] == '#' && (at < 2 || !latin(t.r[at-2]))) || t.stop[end] == 0 && t.joined(end) {
			continue
		}
		if end+1 < len(t.r) && t.r[end] == ' ' && digit(t.r[end+1]) || at > 1 && t.r[at-1] == ' ' && digit(t.r[at-2]) {
			continue // a telephone number
		}
		rest := t.part(end, end+3)
		before := t.part(at-2, at)
		if digits == 4 && t.r[at] == '0' && !oneOf(rest, "室", "户", "房", "号房", "年", "元", "块", "点", "单元", "号楼", "栋", "幢", "路", "米", "#") && !oneOf(rest, "号室") &&
			!strings.HasSuffix(before, "元") && !strings.HasSuffix(before, "楼") && !strings.HasSuffix(before, "栋") && !strings.HasSuffix(before, "幢") && !strings.HasSuffix(before, "尾号") {
			return n
		}
		if digits > 5 || !oneOf(rest, "号", "件") || oneOf(rest, "号楼", "号房", "号室", "号院", "号单", "号线", "号栋", "号幢", "号门", "号车", "号柜", "号箱", "号桌", "号台", "号窗", "号路", "号店", "件快", "件衣", "件包") {
			continue
		}
		if strings.HasSuffix(before, "路") || strings.HasSuffix(before, "街") || strings.HasSuffix(before, "巷") || strings.HasSuffix(before, "月") || strings.HasSuffix(before, "元") || strings.HasSuffix(before, "楼") {
			continue
		}
		switch {
		case oneOf(rest, "件") && !status && !strings.HasSuffix(before, "第"):
			// so many pieces
		case digits >= 3, strings.HasSuffix(before, "第") && status, oneOf(rest, "号件"):
			return n
		}
	}
	return 0
}

// joined says that the rune at i goes on with a number: a letter, a digit, a dash, a colon.
func (t *text) joined(i int) bool {
	if i < 0 || i >= len(t.r) {
		return false
	}
	return t.r[i] != ' ' && (latin(t.r[i]) || strings.ContainsRune("-:./+#", t.r[i]))
}

func oneOf(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
