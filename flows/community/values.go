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
	clock    flows.Clock
	span     flows.Span
	duration time.Duration
	hours    flows.Hours
	weekday  time.Weekday
	role     flows.Role
	level    flows.Level
	language string
	units    []string
	date     struct{ Year, Month, Day int }
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

var weekdays = []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

func (w *weekday) UnmarshalText(b []byte) error {
	i := slices.Index(weekdays, string(b))
	if i < 0 {
		i = slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, strings.ToLower(string(b)))
	}
	if i < 0 {
		return fmt.Errorf("星期要写成 周一 … 周日，写的是“%s”", b)
	}
	*w = weekday(i)
	return nil
}

// roles are those a person of the directory may hold. Residents are not in it.
var roles = []flows.Role{flows.Captain, flows.Leader, flows.OnDuty, flows.Staff, flows.Head, flows.Secretary,
	flows.Property, flows.Owners, flows.Station, flows.Department, flows.Supervisor}

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
