package local

// numeral says that r may stand in a Chinese number.
func numeral(r rune) bool { return value(r) >= 0 }

func value(r rune) int {
	switch r {
	case '零', '〇':
		return 0
	case '一', '壹', '幺':
		return 1
	case '二', '两', '贰':
		return 2
	case '三', '叁':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	case '十', '拾':
		return 10
	case '百':
		return 100
	}
	return -1
}

// number reads the number that begins at rune i, in digits or in Chinese, up
// to five digits: its value, how many digits it was written with (0 for
// 十二), and where it ends. ok is false where there is none.
func (t *text) number(i int) (n, digits, end int, ok bool) {
	j := i
	if digit(t.r[i]) {
		for j < len(t.r) && digit(t.r[j]) && (j == i || t.stop[j] == 0) {
			if j-i < 6 {
				n = n*10 + int(t.r[j]-'0')
			}
			j++
		}
		return n, j - i, j, j-i <= 5
	}
	sum, last, spelled := 0, -1, true
	for j < len(t.r) && (j == i || t.stop[j] == 0) && j-i < 7 {
		v := value(t.r[j])
		if v < 0 {
			break
		}
		switch {
		case v >= 10:
			spelled = false
			if last < 0 {
				last = 1
			}
			sum += last * v
			last = -1
		case last >= 0 && !spelled:
			return 0, 0, j, false // 十二三: no number of a house
		default:
			if spelled && last >= 0 {
				n = n*10 + v
			} else {
				n = v
			}
			last = v
		}
		j++
	}
	if j == i {
		return 0, 0, i, false
	}
	if spelled {
		return n, j - i, j, true
	}
	return sum + max(last, 0), 0, j, true
}
