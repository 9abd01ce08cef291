package community

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// The values people write, each read from one plain text.
type (
	clock     flows.Clock
	span      flows.Span
	duration  time.Duration
	keeping   time.Duration // 0: for ever
	hours     flows.Hours
	weekday   time.Weekday
	role      flows.Role
	level     flows.Level
	language  string
	units     []string
	openHours flows.OpenHours
	weekTime  flows.WeekTime
	date      struct{ Year, Month, Day int }
)

var clockForm = regexp.MustCompile(`^(\d{1,2})[:：](\d{2})$`)

func parseClock(s string) (flows.Clock, error) {
	m := clockForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("时间要写成 8:30 的样子，写的是“%s”", s)
	}
	h, _ := strconv.Atoi(m[1])
	min, _ := strconv.Atoi(m[2])
	if h > 24 || min > 59 || (h == 24 && min > 0) {
		return 0, fmt.Errorf("没有“%s”这个时间", s)
	}
	return flows.Clock(h*60 + min), nil
}

func (c *clock) UnmarshalText(b []byte) error {
	v, err := parseClock(string(b))
	if err == nil {
		*c = clock(v)
	}
	return err
}

func (h *hours) UnmarshalText(b []byte) error {
	from, to, ok := strings.Cut(string(b), "-")
	if !ok {
		return fmt.Errorf("一段时间要写成 8:30-12:00 的样子，写的是“%s”", b)
	}
	var err error
	if h.From, err = parseClock(strings.TrimSpace(from)); err != nil {
		return err
	}
	if h.To, err = parseClock(strings.TrimSpace(to)); err != nil {
		return err
	}
	if h.From >= h.To {
		return fmt.Errorf("“%s”的结束早于开始", b)
	}
	return nil
}

var spanForm = regexp.MustCompile(`^(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m)?( clock)?$`)

// UnmarshalText reads a span of working time: "3d" working days, "2h" and "30m"
// working hours and minutes; "24h clock" runs day and night.
func (s *span) UnmarshalText(b []byte) error {
	m := spanForm.FindStringSubmatch(string(b))
	if m == nil || m[1]+m[2]+m[3] == "" {
		return fmt.Errorf("时限要写成 2h（工作小时）、3d（工作日）、30m（分钟）或 24h clock（不分昼夜），写的是“%s”", b)
	}
	d, _ := strconv.Atoi(m[1])
	h, _ := strconv.Atoi(m[2])
	min, _ := strconv.Atoi(m[3])
	*s = span{Days: d, Minutes: 60*h + min, Plain: m[4] != ""}
	if s.Days == 0 && s.Minutes == 0 {
		return errors.New("时限不能是零")
	}
	return nil
}

func (d *duration) UnmarshalText(b []byte) error {
	text := string(b)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 3650 {
			*d = duration(time.Duration(n) * 24 * time.Hour)
			return nil
		}
	}
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 {
		return fmt.Errorf("时长要写成 10m（分钟）、1h（小时）或 30d（天），写的是“%s”", text)
	}
	*d = duration(v)
	return nil
}

// forever is how "never deleted" is written: nobody should mean it by leaving
// something out, or by a zero.
const forever = "永远"

func (k *keeping) UnmarshalText(b []byte) error {
	if t := string(b); t == forever || t == "forever" {
		*k = 0
		return nil
	}
	var d duration
	if err := d.UnmarshalText(b); err != nil || time.Duration(d)%(24*time.Hour) != 0 {
		return fmt.Errorf("保存多久要写成 180d（天），一直留着写“永远”，写的是“%s”", b)
	}
	*k = keeping(d)
	return nil
}

var weekdays = []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

func (w *weekday) UnmarshalText(b []byte) error {
	text := strings.Replace(string(b), "星期", "周", 1)
	if text == "周天" {
		text = "周日"
	}
	i := slices.Index(weekdays, text)
	if i < 0 {
		i = slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, strings.ToLower(text))
	}
	if i < 0 {
		return fmt.Errorf("星期要写成 周一 … 周日，写的是“%s”", b)
	}
	*w = weekday(i)
	return nil
}

// parseDays reads "每天", "工作日", "周一至周五", "周一、周三". Nil is every day.
func parseDays(text string) ([]time.Weekday, error) {
	switch text = strings.TrimSpace(text); text {
	case "", "每天", "天天":
		return nil, nil
	case "工作日":
		text = "周一至周五"
	case "周末":
		text = "周六至周日"
	}
	var out []time.Weekday
	for _, part := range splitList(text) {
		first, last, span := cutAny(part, "至", "到", "-", "~", "—")
		var a, b weekday
		err := a.UnmarshalText([]byte(strings.TrimSpace(first)))
		if b = a; err == nil && span {
			if last = strings.TrimSpace(last); !strings.HasPrefix(last, "周") && !strings.HasPrefix(last, "星期") {
				last = "周" + last
			}
			err = b.UnmarshalText([]byte(last))
		}
		if err != nil {
			return nil, err
		}
		for d := a; ; d = (d + 1) % 7 {
			if slices.Contains(out, time.Weekday(d)) {
				return nil, fmt.Errorf("“%s”里%s写了两遍", text, weekdays[d])
			}
			out = append(out, time.Weekday(d))
			if d == b {
				break
			}
		}
	}
	return out, nil
}

// splitList cuts what people put between several things in one cell.
func splitList(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、,，;；\n", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func cutAny(text string, seps ...string) (before, after string, found bool) {
	for _, s := range seps {
		if before, after, found = strings.Cut(text, s); found {
			return before, after, true
		}
	}
	return text, "", false
}

var openForm = regexp.MustCompile(`^(.*?)\s*(\d{1,2}[:：]\d{2})\s*[-至到~—]\s*(\d{1,2}[:：]\d{2})$`)

// UnmarshalText reads "周一至周五 8:30-18:00", "每天 9:00-21:00" and "9:00-21:00".
func (o *openHours) UnmarshalText(b []byte) error {
	m := openForm.FindStringSubmatch(string(b))
	if m == nil {
		return fmt.Errorf("开放时间要写成“周一至周五 8:30-18:00”的样子，写的是“%s”", b)
	}
	var h hours
	if err := h.UnmarshalText([]byte(m[2] + "-" + m[3])); err != nil {
		return err
	}
	days, err := parseDays(m[1])
	if err != nil {
		return err
	}
	*o = openHours{Days: days, From: h.From, To: h.To}
	return nil
}

// roles are those a person of the directory may hold. Residents are not in it.
var roles = []flows.Role{flows.Captain, flows.Leader, flows.OnDuty, flows.Staff, flows.Head, flows.Secretary,
	flows.Property, flows.Owners, flows.Station, flows.Department, flows.Supervisor, flows.Reviewer, flows.Council}

func (r *role) UnmarshalText(b []byte) error {
	var known []string
	for _, x := range roles {
		if string(x) == string(b) || x.In("zh-CN") == string(b) {
			*r = role(x)
			return nil
		}
		known = append(known, string(x)+" "+x.In("zh-CN"))
	}
	return fmt.Errorf("没有“%s”这个职务，可以写：%s", b, strings.Join(known, "、"))
}

func (l *level) UnmarshalText(b []byte) error {
	if !slices.Contains([]flows.Level{flows.AtRoom, flows.AtUnit, flows.AtBuilding, flows.AtCommunity}, flows.Level(b)) {
		return fmt.Errorf("只能写 room、unit、building 或 community，写的是“%s”", b)
	}
	*l = level(b)
	return nil
}

func (l *language) UnmarshalText(b []byte) error {
	text := string(b)
	if text == "zh" {
		text = flows.Languages[0]
	}
	if !slices.Contains(flows.Languages, text) {
		return fmt.Errorf("还没有“%s”这种语言，可以写：%s", b, strings.Join(flows.Languages, "、"))
	}
	*l = language(text)
	return nil
}

// UnmarshalText reads "3" as the units 1, 2 and 3.
func (u *units) UnmarshalText(b []byte) error {
	n, err := strconv.Atoi(string(b))
	if err != nil || n < 0 || n > 40 {
		return fmt.Errorf("要写单元数（比如 3）或单元清单（比如 [甲, 乙]），写的是“%s”", b)
	}
	*u = nil
	for i := range n {
		*u = append(*u, strconv.Itoa(i+1))
	}
	return nil
}

func (d *date) UnmarshalText(b []byte) error {
	t, err := time.Parse("2006-01-02", string(b))
	if err != nil {
		return fmt.Errorf("日期要写成 2026-12-05 的样子，写的是“%s”", b)
	}
	*d = date{t.Year(), int(t.Month()), t.Day()}
	return nil
}

func (d date) in(zone *time.Location) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, zone)
}

// texts is a text in each language; one written plainly is Chinese.
type texts struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

func (t *texts) UnmarshalText(b []byte) error { t.ZH = string(b); return nil }

func (t texts) byLanguage() map[string]string {
	if t == (texts{}) {
		return nil
	}
	m := map[string]string{"zh-CN": t.ZH}
	if t.EN != "" {
		m["en"] = t.EN
	}
	return m
}
