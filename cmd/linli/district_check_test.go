package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/hearing"
	"linli/storage"
)

// The promises, held against what people were told and against the file.

var promiseNames = []string{
	"one meeting in a room at a time, in its hours",
	"six items and clear days, or a waiver that shows",
	"reviewers: one list a week with its date; no supervisor is asked",
	"reminded as set, told of a change once, nothing twice",
	"quiet hours and working hours",
	"two invitations a week at most",
	"seats: never more, first come first",
	"minutes in time or told, dissents answered or told",
	"decisions are done, hearings and demands are over, nothing is left",
	"no names in groups, no words kept that must not be",
	"linli verify finds nothing",
}

// promiseKept is how often a promise was held up, and where it was not.
type promiseKept struct {
	held   int
	broken []string
}

type promises map[int]*promiseKept

func (p promises) of(n int) *promiseKept {
	if p[n] == nil {
		p[n] = &promiseKept{}
	}
	return p[n]
}

func (p promises) held(n int) { p.of(n).held++ }

func (p promises) broken(n int, format string, args ...any) {
	p.of(n).broken = append(p.of(n).broken, fmt.Sprintf(format, args...))
}

// whether counts one promise.
func (p promises) whether(n int, ok bool, format string, args ...any) {
	if p.held(n); !ok {
		p.broken(n, format, args...)
	}
}

// check holds the year of a community against every promise.
func (c *yearTown) check(p *promises) {
	all := append(slices.Clone(c.matters), c.others...)
	c.rooms(*p, all)
	c.notices(*p)
	c.reviews(*p)
	c.reminders(*p, all)
	c.hours(*p, all)
	c.seats(*p, all)
	c.minutes(*p, all)
	c.over(*p, all)
	c.private(*p, all)
}

func (c *yearTown) where(x *arrival) string {
	return fmt.Sprintf("%s %s to %s: %s", c.id, x.at.Format("2006-01-02 15:04"), c.people[x.address], strings.ReplaceAll(x.text, "\n", " / "))
}

func (c *yearTown) rooms(p promises, all []*concern) {
	for i, a := range all {
		if a.final == nil || a.final.Ended.IsZero() || a.final.Link != "" || a.final.Group != "" {
			continue
		}
		r, known := c.settings.Room(a.final.Room)
		p.whether(1, known && r.Open(a.final.From, a.final.To), "%s %04d: %s is not open %s to %s", c.id, a.no, a.final.Room, a.final.From, a.final.To)
		for _, b := range all[i+1:] {
			if b.final == nil || b.final.Ended.IsZero() || b.final.Link != "" || b.final.Group != "" || b.final.Room != a.final.Room {
				continue
			}
			p.whether(1, !a.final.From.Before(b.final.To) || !b.final.From.Before(a.final.To), "%s: %04d and %04d are in %s at once", c.id, a.no, b.no, a.final.Room)
		}
	}
	for _, clash := range c.clashes {
		p.broken(1, "%s", clash)
	}
}

var noticeText = regexp.MustCompile(`^(\d{4}) (居民议事会：(.+)|三方碰头会：(.+)|居民吐槽大会)\n(\d{1,2})月(\d{1,2})日（周.）(\d{2}):(\d{2})，(.+)。(?:请|物业、业委会、居委会一起谈，)(.+)的住户(?:，租户也算|可以来听)。\n((?s).+)$`)

// dayOf is the day that a message of a time names.
func namedDay(at time.Time, month, day int) time.Time {
	d := time.Date(at.Year(), time.Month(month), day, 12, 0, 0, 0, at.Location())
	if d.Before(at.AddDate(0, 0, -2)) {
		d = d.AddDate(1, 0, 0)
	}
	return d
}

func between(at, day time.Time) int { return hearing.ClearDays(at, day) }

var movedText = regexp.MustCompile(`^(\d{4}) .*改到(\d{1,2})月(\d{1,2})日（`)

func (c *yearTown) notices(p promises) {
	for _, x := range c.told {
		if !x.group() || x.edit {
			continue
		}
		if m := movedText.FindStringSubmatch(x.text); m != nil {
			p.whether(2, between(x.at, namedDay(x.at, num(m[2]), num(m[3]))) >= c.settings.Hearings.Clear.Days(), "moved too late: %s", c.where(x))
		}
		if !x.has("来") || !x.has("不来") || strings.Contains(x.text, "改到") || strings.Contains(x.text, "说清楚了") {
			continue
		}
		m := noticeText.FindStringSubmatch(x.text)
		if m == nil {
			p.whether(2, false, "an item is missing: %s", c.where(x))
			continue
		}
		content := strings.Contains(m[11], "议：\n1. ") || strings.HasPrefix(m[2], "居民吐槽大会") && strings.Contains(m[11], "当场说")
		form := strings.Contains(m[11], "这是商量") || strings.Contains(m[11], "听大家说") || strings.HasPrefix(m[2], "三方碰头会")
		p.whether(2, content && form && m[9] != "" && m[10] != "", "an item is missing: %s", c.where(x))
		waived := strings.Contains(m[11], "公告晚发，") && strings.Contains(m[11], "准许：")
		n := between(x.at, namedDay(x.at, num(m[5]), num(m[6])))
		p.whether(2, n >= c.settings.Hearings.Clear.Days() || waived, "%d clear days: %s", n, c.where(x))
	}
}

func num(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

func weekOf(t time.Time) string {
	y, w := t.ISOWeek()
	return fmt.Sprintf("%d-%02d", y, w)
}

func (c *yearTown) reviews(p promises) {
	lists := map[string]int{}
	for _, x := range c.told {
		if !strings.Contains(x.text, "待审议题") {
			continue
		}
		o, _ := c.settings.Official(x.person())
		supervises := slices.ContainsFunc(o.Posts, func(p flows.Post) bool { return p.Role == flows.Supervisor })
		p.whether(3, slices.Contains(c.settings.Reviewers(), x.person()) && !supervises, "who is no reviewer is asked: %s", c.where(x))
		for l := range strings.Lines(x.text) {
			if strings.Contains(l, "待审议题") {
				p.whether(3, strings.Contains(l, "前答复。"), "no date: %s", c.where(x))
			}
		}
		for _, l := range x.labels {
			f := strings.Fields(l)
			p.whether(3, len(f) < 2 || f[0] != f[1], "a button names the number twice, [%s]: %s", l, c.where(x))
		}
		if !x.edit {
			key := x.address + " " + weekOf(x.at)
			lists[key]++
			p.whether(3, lists[key] <= 1, "list %d of the week: %s", lists[key], c.where(x))
		}
	}
}

func (c *yearTown) clockText(t time.Time) string {
	t = t.In(c.settings.Zone)
	return fmt.Sprintf("%d月%d日（周%s）%02d:%02d", t.Month(), t.Day(), string([]rune("日一二三四五六")[t.Weekday()]), t.Hour(), t.Minute())
}

func (c *yearTown) reminders(p promises, all []*concern) {
	said := map[string][]*arrival{}
	for _, x := range c.told {
		if !x.edit {
			key := x.address + "\x00" + x.text
			said[key] = append(said[key], x)
		}
	}
	for _, x := range c.told {
		p.whether(4, !strings.Contains(x.text, "“”"), "an empty name: %s", c.where(x))
	}
	for _, list := range said {
		x := list[0]
		if x.reply || strings.TrimSpace(x.text) == "" {
			continue
		}
		most := 1
		if again := []string{"该去问了", "还没有办好", "还没有答复居民", "还没有审", "还没有确认", "还没有公布", "还没有得到答复", "还没有答复，日子是", "这周走访巡查，", "走不完没关系", "一个星期没有动了"}; slices.ContainsFunc(again, func(w string) bool { return strings.Contains(x.text, w) }) {
			// What is not done is said again, and not on the same day.
			for i := range list[1:] {
				p.whether(4, list[i+1].at.Sub(list[i].at) > 20*time.Hour, "told again at %s: %s", list[i+1].at.Format("01-02 15:04"), c.where(x))
			}
			continue
		}
		if strings.Contains(x.text, "等您来：") {
			most = len(c.settings.Hearings.Remind)
		}
		n := 0
		for _, y := range list {
			if !y.reply {
				n++
			}
		}
		p.whether(4, n <= most, "told %d times (last %s): %s", n, list[len(list)-1].at.Format("01-02 15:04"), c.where(x))
	}
	for _, m := range all {
		c.calledOff(p, m)
		s := m.final
		if s == nil || s.Ended.IsZero() {
			continue
		}
		due := 0
		first := s.From
		for _, d := range c.settings.Hearings.Remind {
			if at := s.From.Add(-d); at.After(s.Noticed.Add(12 * time.Hour)) {
				due++
				if at.Before(first) {
					first = at
				}
			}
		}
		last := map[flows.PersonID]coming{}
		for _, a := range m.log {
			last[a.who] = a
		}
		for who, a := range last {
			if a.what != "yes" && a.what != "seat" || !a.at.Before(first) || !c.gone[who].IsZero() || len(s.Objected) > 0 {
				continue
			}
			n := 0
			for _, x := range c.told {
				if x.address == "m/"+string(who) && !x.edit && x.no() == m.no && strings.Contains(x.text, "等您来："+c.clockText(s.From)) {
					n++
				}
			}
			p.whether(4, n == due, "%s %04d %v: %s was reminded %d times, not %d", c.id, m.no, sortedWords(m.with), c.people["m/"+string(who)], n, due)
		}
		if m.is("moved") && s.Version > 1 && m.once["moves"] {
			for who, a := range last {
				if !a.at.Before(s.Noticed) || !c.gone[who].IsZero() || a.what == "no" {
					continue
				}
				n := 0
				for _, x := range c.told {
					if x.address == "m/"+string(who) && !x.edit && x.no() == m.no && strings.Contains(x.text, " 改了：") {
						n++
					}
				}
				p.whether(4, n == 1, "%s %04d: %s (%s) was told %d times that it is moved", c.id, m.no, c.people["m/"+string(who)], a.what, n)
			}
		}
	}
}

// calledOff checks that who had said that they come knows that they need not, once.
func (c *yearTown) calledOff(p promises, m *concern) {
	for _, x := range c.told {
		if !x.group() || x.edit || x.no() != m.no || !strings.Contains(x.text, "不开了。原因") {
			continue
		}
		last := map[flows.PersonID]coming{}
		for _, a := range m.log {
			if a.at.Before(x.at) {
				last[a.who] = a
			}
		}
		for who, a := range last {
			if g := c.gone[who]; a.what == "no" || !g.IsZero() && g.Before(x.at.Add(time.Hour)) {
				continue
			}
			n := 0
			for _, y := range c.told {
				if y.address == "m/"+string(who) && !y.edit && y.no() == m.no && strings.Contains(y.text, "不用来") && y.at.Sub(x.at).Abs() < 13*time.Hour {
					n++
				}
			}
			p.whether(4, n == 1, "%s %04d: %s (%s) was told %d times that it is off", c.id, m.no, c.people["m/"+string(who)], a.what, n)
		}
		break // of the group that heard it first
	}
}

func sortedWords(m map[string]bool) (list []string) {
	for k := range m {
		if k != "" {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	return list
}

// workLabels stand under messages that are somebody's work.
var workLabels = []string{"写时间", "发公告", "答复", "接单", "可以", "确认公布", "主持人签过字了", "回应", "解除", "提异议", "有答复了", "另定日子", "换人办", "提请议事"}

func (c *yearTown) hours(p promises, all []*concern) {
	invited := map[string]int{}
	for _, x := range c.told {
		if x.at.Before(yearStart.AddDate(0, 0, 1)) {
			continue
		}
		_, quiet := c.settings.Quiet(x.at)
		held := x.group() && slices.ContainsFunc(all, func(m *concern) bool {
			s := m.final
			return s != nil && s.Group != "" && "g/"+s.Group == x.address && !x.at.Before(s.Begun) && !x.at.After(s.Ended.Add(time.Minute))
		})
		p.whether(5, !quiet || x.reply || held, "in quiet hours: %s", c.where(x))
		if _, official := c.settings.Official(x.person()); official && !x.group() && !x.reply && slices.ContainsFunc(workLabels, func(l string) bool { return x.has(l) }) && !x.has("来") {
			p.whether(5, c.settings.Calendar.Next(x.at).Equal(x.at), "work, not in working hours: %s", c.where(x))
		}
		if strings.Contains(x.text, "给您发，是因为您住在这里") && !x.edit {
			key := x.address + " " + weekOf(x.at)
			invited[key]++
			p.whether(6, invited[key] <= c.settings.Limits.Invites, "invitation %d of the week: %s", invited[key], c.where(x))
		}
	}
}

func (c *yearTown) seats(p promises, all []*concern) {
	for _, x := range c.crowded {
		p.broken(7, "%s", x)
	}
	for _, m := range all {
		if s := m.final; s != nil && s.Seats > 0 {
			p.whether(7, s.Taken.Seats <= s.Seats && s.Taken.Kept <= s.Kept, "%s %04d: %d of %d seats, %d of %d kept", c.id, m.no, s.Taken.Seats, s.Seats, s.Taken.Kept, s.Kept)
		}
		var row []flows.PersonID
		drop := func(who flows.PersonID) {
			row = slices.DeleteFunc(row, func(x flows.PersonID) bool { return x == who })
		}
		for _, a := range m.log {
			for i := 0; i < len(row); i++ {
				if g := c.gone[row[i]]; !g.IsZero() && g.Before(a.at) {
					row = slices.Delete(row, i, i+1)
				}
			}
			switch a.what {
			case "wait":
				row = append(row, a.who)
			case "seat":
				p.whether(7, len(row) > 0 && row[0] == a.who, "%s %04d: %s got a seat, %v wait", c.id, m.no, a.who, row)
				drop(a.who)
			default:
				drop(a.who)
			}
		}
	}
}

// hears says that somebody with a role was told something about a number.
func (c *yearTown) hears(no int, words string, roles ...flows.Role) bool {
	return slices.ContainsFunc(c.told, func(x *arrival) bool {
		if x.group() || !strings.Contains(x.text, words) || !strings.Contains(x.text, fmt.Sprintf("%04d", no)) {
			return false
		}
		o, _ := c.settings.Official(x.person())
		return len(roles) == 0 || flows.Actor{Posts: o.Posts}.Holds(roles...)
	})
}

func (c *yearTown) minutes(p promises, all []*concern) {
	for _, m := range all {
		s := m.final
		if s == nil || s.Ended.IsZero() {
			continue
		}
		told := c.hears(m.no, "过了公布的日子", flows.Head) && c.hears(m.no, "过了公布的日子", flows.Supervisor)
		p.whether(8, !s.Published.IsZero() && (!s.Published.After(s.Due) || told), "%s %04d %v: due %s, published %s, told %t", c.id, m.no, sortedWords(m.with), s.Due, s.Published, told)
		for _, d := range s.Dissents {
			late := c.hears(m.no, "还没有得到答复", flows.Supervisor)
			p.whether(8, d.Left || !d.Answered.IsZero() && (!d.Answered.After(d.Due) || late), "%s %04d: due %s, answered %s, told %t", c.id, m.no, d.Due, d.Answered, late)
		}
		p.whether(8, !m.is("dissent") || !m.once["dissent"] || len(s.Dissents) > 0, "%s %04d: a dissent was lost", c.id, m.no)
	}
}

func (c *yearTown) over(p promises, all []*concern) {
	for _, m := range all {
		if p.whether(9, m.final != nil, "%s %04d %s %v %q is not over", c.id, m.no, m.from, sortedWords(m.with), m.text); m.final == nil {
			continue
		}
		for _, d := range m.final.Decisions {
			if d.Who == "" {
				continue
			}
			overdue := c.hears(m.no, "，还没有办好") || c.hears(m.no, "：过了")
			p.whether(9, d.Job != "" && d.How == "done" && (!d.At.After(d.Due) || overdue), "%s %04d %v: %q of %s due %s is %q, at %s, told %t", c.id, m.no, sortedWords(m.with), d.Text, d.Who, d.Due, d.How, d.At, overdue)
		}
	}
	for _, k := range c.cases(c.t, hearing.Name) {
		p.whether(9, k.Done, "%s %04d is %s", c.id, k.No, k.Stage)
	}
	for _, k := range c.cases(c.t, "dispatch") {
		p.whether(9, k.Done, "%s: the work of %04d is %s", c.id, k.No, k.Stage)
	}
	for _, k := range c.cases(c.t, "demand") {
		s, err := decoded[demand.State](k.Data)
		p.whether(9, err == nil && k.Done, "%s: demand %04d is %s (%s, hearing %q)", c.id, k.No, k.Stage, s.Item, s.Hearing)
	}
	err := c.store.View(c.t.Context(), func(tx storage.Tx) error {
		jobs, err := tx.Jobs()
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if k, err := tx.Case(j.Case); err == nil && j.Kind == "wake" && (k.Flow == flows.RoundFlow || k.Flow == flows.MenuFlow) {
				continue // these are never over
			}
			p.broken(9, "%s: a row is left: %s of case %s, %s", c.id, j.Kind, j.Case, j.At.Format("2006-01-02 15:04"))
		}
		troubles, err := tx.Troubles()
		for _, x := range troubles {
			p.broken(9, "%s: trouble: %s %s", c.id, x.Kind, x.Why)
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	p.held(9)
}

func (c *yearTown) private(p promises, all []*concern) {
	for _, x := range c.told {
		if !x.group() {
			continue
		}
		name := ""
		for _, r := range c.cast {
			if strings.Contains(x.text, r.Name) {
				name = r.Name
			}
		}
		p.whether(10, name == "", "a name in a group: %s", c.where(x))
	}
	for _, x := range c.told {
		if at, is := c.gone[x.person()]; is {
			p.whether(10, x.at.Before(at.Add(time.Hour)), "who was erased is told: %s", c.where(x))
		}
	}
	for _, m := range all {
		for _, x := range m.items {
			p.whether(10, x.By == "" || c.gone[x.By].IsZero() || m.final.Done.IsZero() || m.final.Done.Before(c.gone[x.By]) || x.Text == "", "%s %04d: words of who was erased: %s", c.id, m.no, x.Text)
		}
		for _, text := range m.marks {
			p.whether(10, !slices.ContainsFunc(m.items, func(x hearing.Item) bool { return strings.Contains(x.Text, text) }), "%s %04d: kept, and must not be: %s", c.id, m.no, text)
		}
		for _, text := range m.kept {
			p.whether(10, m.final == nil || slices.ContainsFunc(m.items, func(x hearing.Item) bool { return x.Text == text || x.Gone }), "%s %04d: said, and not kept: %s", c.id, m.no, text)
		}
		for _, x := range m.items {
			p.whether(10, x.Kind != "said" || x.At.IsZero() || m.final == nil || !x.At.Before(m.final.Begun) && !x.At.After(m.final.Ended), "%s %04d: something of %s is in the record of %s to %s", c.id, m.no, x.At, m.final.Begun, m.final.Ended)
		}
	}
}
