package flows

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"text/template"
	"time"

	"go.yaml.in/yaml/v3"
)

// Languages that every flow has words in. The first is the default.
var Languages = []string{"zh-CN", "en"}

// Words are a flow's texts: one YAML file a language, key → text, where texts
// are text/template with the functions of [Words.Render].
type Words struct {
	lang map[string]map[string]*template.Template
}

// ReadWords reads <language>.yaml for every language of [Languages]. It fails if
// a key is missing in one of them or a template does not parse.
func ReadWords(dir fs.FS) (Words, error) {
	w := Words{lang: map[string]map[string]*template.Template{}}
	for _, lang := range Languages {
		texts, err := readTexts(dir, lang)
		if err != nil {
			return w, err
		}
		w.lang[lang] = map[string]*template.Template{}
		for key, text := range texts {
			t, err := template.New(lang + "/" + key).Funcs((*phrase)(nil).funcs()).Option("missingkey=zero").Parse(strings.TrimSpace(text))
			if err != nil {
				return w, fmt.Errorf("words: %w", err)
			}
			w.lang[lang][key] = t
		}
	}
	for _, lang := range Languages[1:] {
		for _, pair := range [][2]string{{Languages[0], lang}, {lang, Languages[0]}} {
			for key := range w.lang[pair[0]] {
				if w.lang[pair[1]][key] == nil {
					return w, fmt.Errorf("words %s: %q is missing", pair[1], key)
				}
			}
		}
	}
	return w, nil
}

// readTexts reads the files of a language: words/zh-CN.yaml and, for a room
// with many, others beside it such as words/door.zh-CN.yaml.
func readTexts(dir fs.FS, lang string) (map[string]string, error) {
	files, err := fs.Glob(dir, path.Join("words", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	all := map[string]string{}
	for _, name := range files {
		if base := path.Base(name); base != lang+".yaml" && !strings.HasSuffix(base, "."+lang+".yaml") {
			continue
		}
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		var texts map[string]string
		if err := yaml.Unmarshal(b, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, text := range texts {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s: %q is there twice", name, key)
			}
			all[key] = text
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("words %s: there are none", lang)
	}
	return all, nil
}

// Has says whether there is a text for a key.
func (w Words) Has(key string) bool { return w.lang[Languages[0]][key] != nil }

// Keys gives all keys in order.
func (w Words) Keys() []string {
	var out []string
	for k := range w.lang[Languages[0]] {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// Render fills a text for a reader. Lang chooses the language (zh-CN where it is
// unknown), now is when the reader will read it, no the case's number. In the
// template the values of vars are fields, and these functions render them:
//
//	no            the case's number as people say it, "0412"; spoken .n: another one
//	by .t         a promise: "今天18点前"; at .t: a moment, "周四19点30分"; clock .t: the same, of today without the day; day .t: "3月11日（周三）"
//	place .p      "3号楼2单元"; exactly .p adds the room; building .p stops at the building
//	item .i       the item's name, or the text of what is no item; kind .i: how a group hears of it; instead .i: where to go instead
//	name .w       a person's name; post .w: the post, "网格员王敏"; phone .w: their number
//	role .r       what a role is called
//	scope .o      "3号楼", "第一网格", "全社区"; share .h: "2/3以上"; area .x: 1/100 m² as "8640.5平方米"
//	interests .s  names of interests, by their ids
//	body .r       the organisation that has a role; danger .s: the name of a danger;
//	class .s      the name of a class of the duty list
//	more .n 1     whether a number is more; has .x: whether a value was given at all
//	date .t       "12月5日（周六）15:00", right whenever it is read; dates .d: several, one a line with their numbers;
//	              times .d: the same as "时间1：…", which is no line of a list
//	phones        the community's numbers (phones.Gas …); community: its name
func (w Words) Render(lang, key string, vars Vars, no int, now time.Time, s *Settings) (string, error) {
	texts := w.lang[lang]
	if texts == nil {
		lang = Languages[0]
		texts = w.lang[lang]
	}
	t := texts[key]
	if t == nil {
		return "", fmt.Errorf("words %s: no text %q", lang, key)
	}
	t, err := t.Clone()
	if err != nil {
		return "", fmt.Errorf("words %s %q: %w", lang, key, err)
	}
	p := &phrase{lang: lang, no: no, now: now.In(s.Zone), s: s}
	data := make(map[string]Var, len(vars))
	for k, v := range vars {
		data[k] = v
	}
	var b bytes.Buffer
	if err := t.Funcs(p.funcs()).Execute(&b, data); err != nil {
		return "", fmt.Errorf("words %s %q: %w", lang, key, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// String lets {{.x}} render plain texts and numbers.
func (v Var) String() string {
	switch {
	case v.N != nil:
		return fmt.Sprint(*v.N)
	case v.S != "":
		return v.S
	}
	return ""
}

func (v Var) zero() bool {
	return v.S == "" && v.N == nil && v.T.IsZero() && v.Place == nil && v.Item == "" && v.Person == "" && v.Role == "" && v.Scope == nil && v.Share == nil && len(v.Dates) == 0
}

func (v Var) num() int {
	if v.N == nil {
		return 0
	}
	return *v.N
}

func (v Var) share() Share {
	if v.Share == nil {
		return Share{}
	}
	return *v.Share
}

// phrase renders values in one language at one moment.
type phrase struct {
	lang string
	no   int
	now  time.Time
	s    *Settings
}

func (p *phrase) funcs() template.FuncMap {
	return template.FuncMap{
		"no":        func() string { return Spoken(p.no) },
		"spoken":    func(v Var) string { return Spoken(v.num()) },
		"by":        p.time(By),
		"at":        p.time(Moment),
		"clock":     p.time(Hour),
		"day":       p.time(func(t, _ time.Time, lang string) string { return Day(t, lang) }),
		"place":     func(v Var) string { return p.place(v, false) },
		"exactly":   func(v Var) string { return p.place(v, true) },
		"building":  func(v Var) string { return p.building(v) },
		"item":      func(v Var) string { return p.item(v, func(i Item) map[string]string { return i.Name }) },
		"kind":      func(v Var) string { return p.item(v, func(i Item) map[string]string { return i.Kind }) },
		"instead":   func(v Var) string { return p.item(v, func(i Item) map[string]string { return i.Elsewhere }) },
		"name":      func(v Var) string { o, _ := p.s.Official(v.Person); return o.Name },
		"post":      p.post,
		"phone":     func(v Var) string { o, _ := p.s.Official(v.Person); return o.Phone },
		"role":      func(v Var) string { return v.Role.In(p.lang) },
		"scope":     p.scope,
		"share":     func(v Var) string { return v.share().In(p.lang) },
		"area":      p.area,
		"date":      p.time(func(t, _ time.Time, lang string) string { return Date(t, lang) }),
		"dates":     p.dates,
		"times":     p.times,
		"class":     p.class,
		"danger":    func(v Var) string { return Danger(v.S).In(p.lang) },
		"body":      p.body,
		"interests": p.interests,
		"phones":    func() Phones { return p.s.Phones },
		"community": func() string { return p.s.Name },
		"more":      func(a Var, n int) bool { return a.N != nil && *a.N > n },
		"has":       func(v Var) bool { return !v.zero() },
	}
}

// time renders a moment. One that is not set is an error: "1月1日" would be a
// promise that nobody made.
func (p *phrase) time(f func(t, now time.Time, lang string) string) func(Var) (string, error) {
	return func(v Var) (string, error) {
		if v.T.IsZero() {
			return "", errors.New("a time that is not set")
		}
		return f(v.T.In(p.s.Zone), p.now, p.lang), nil
	}
}

func (p *phrase) place(v Var, exact bool) string {
	if v.Place == nil {
		return ""
	}
	return p.s.PlaceName(*v.Place, p.lang, exact)
}

func (p *phrase) building(v Var) string {
	if v.Place == nil {
		return ""
	}
	return p.s.PlaceName(Place{Building: v.Place.Building, Spot: v.Place.Spot}, p.lang, false)
}

func (p *phrase) item(v Var, text func(Item) map[string]string) string {
	it, ok := p.s.Item(v.Item)
	if !ok {
		return v.S
	}
	if t := text(it)[p.lang]; t != "" {
		return t
	}
	return text(it)[Languages[0]]
}

func (p *phrase) scope(v Var) string {
	if v.Scope == nil {
		return ""
	}
	return p.s.ScopeName(*v.Scope, p.lang)
}

// interests names interests by their ids.
func (p *phrase) interests(v Var) string {
	var names []string
	for _, id := range strings.Fields(v.S) {
		if x, ok := p.s.Interest(id); ok {
			names = append(names, x.In(p.lang))
		}
	}
	if strings.HasPrefix(p.lang, "en") {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "、")
}

// area writes 1/100 m².
func (p *phrase) area(v Var) string {
	s := strings.TrimSuffix(fmt.Sprintf("%.1f", float64(v.num())/100), ".0")
	if strings.HasPrefix(p.lang, "en") {
		return s + " m²"
	}
	return s + "平方米"
}

func (p *phrase) class(v Var) string {
	for _, c := range p.s.Classes {
		if c.ID == v.S {
			if n := c.Name[p.lang]; n != "" {
				return n
			}
			return c.Name[Languages[0]]
		}
	}
	return v.S
}

func (p *phrase) post(v Var) string {
	o, ok := p.s.Official(v.Person)
	if !ok || len(o.Posts) == 0 {
		return o.Name
	}
	if strings.HasPrefix(p.lang, "en") {
		return cmp.Or(p.partner(o), o.Posts[0].Role.In(p.lang)) + " " + o.Name
	}
	role := cmp.Or(p.partner(o), o.Posts[0].Role.In(p.lang))
	if strings.Contains(o.Name, role) {
		return o.Name
	}
	return role + o.Name
}

// partner is the name of the partner that somebody speaks for who has no other post.
func (p *phrase) partner(o Official) string {
	if o.Posts[0].Role != Org {
		return ""
	}
	x, _ := p.s.SpeaksFor(o.ID)
	return x.Name
}

func (p *phrase) body(v Var) string {
	if b, ok := p.s.Body(v.Role, v.S); ok && !b.None {
		return b.Name
	}
	return v.Role.In(p.lang)
}

// In gives what a role is called.
func (r Role) In(lang string) string {
	names := map[Role][2]string{
		Resident: {"居民", "resident"}, Captain: {"楼栋长", "building captain"}, Leader: {"网格员", "grid leader"},
		OnDuty: {"值班员", "person on duty"}, Staff: {"社区", "committee worker"}, Head: {"居委会主任", "committee head"},
		Secretary: {"书记", "secretary"}, Property: {"物业", "property company"}, Owners: {"业委会", "owners' committee"},
		Station: {"服务站", "service station"}, Department: {"街道有关部门", "department"}, Supervisor: {"监督委员会", "supervision committee"},
		Reviewer: {"议题审核员", "topic reviewer"}, Council: {"议事会成员", "council member"}, Org: {"社会组织", "partner organisation"},
	}
	if strings.HasPrefix(lang, "en") {
		return names[r][1]
	}
	return names[r][0]
}

// In gives what a danger is called.
func (d Danger) In(lang string) string {
	names := map[Danger][2]string{
		Gas: {"燃气", "gas"}, Fire: {"着火", "fire"}, Lift: {"电梯困人", "people in a lift"}, Suicide: {"有人要轻生", "someone who wants to die"},
		Violence: {"有人被打", "violence"}, Medical: {"有人急病", "a medical emergency"}, Collapse: {"掉落、带电或冒水", "something falling, live or bursting"},
		Lost: {"有人走失", "someone missing"}, Unknown: {"可能有危险", "a possible danger"},
	}
	if strings.HasPrefix(lang, "en") {
		return names[d][1]
	}
	return names[d][0]
}

// Spoken writes a number as people say it on the phone: at least four digits.
func Spoken(no int) string { return fmt.Sprintf("%04d", no) }

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// By writes a promise with its clock time: "今天18点前", "周一10点前".
func By(t, now time.Time, lang string) string {
	if strings.HasPrefix(lang, "en") {
		return "by " + Moment(t, now, lang)
	}
	return Moment(t, now, lang) + "前"
}

// Moment writes a time as people say it: "今天18点", "明天8点30分", "周四19点30分", "12月5日15点".
func Moment(t, now time.Time, lang string) string {
	days := int(midnight(t).Sub(midnight(now)).Hours()+12) / 24
	if midnight(t).Before(midnight(now)) {
		days = -1
	}
	if strings.HasPrefix(lang, "en") {
		clock := t.Format("15:04")
		switch {
		case days == 0:
			return clock + " today"
		case days == 1:
			return clock + " tomorrow"
		case days > 1 && days < 7:
			return t.Format("Monday 15:04")
		}
		return t.Format("2 January 15:04")
	}
	clock := fmt.Sprintf("%d点", t.Hour())
	if t.Minute() != 0 {
		clock += fmt.Sprintf("%d分", t.Minute())
	}
	switch {
	case days == 0:
		return "今天" + clock
	case days == 1:
		return "明天" + clock
	case days > 1 && days < 7:
		return weekdays[t.Weekday()] + clock
	}
	return fmt.Sprintf("%d月%d日%s", t.Month(), t.Day(), clock)
}

// Hour writes a moment without its day if that is today: "14点40分".
func Hour(t, now time.Time, lang string) string {
	s := Moment(t, now, lang)
	return strings.TrimSuffix(strings.TrimPrefix(s, "今天"), " today")
}

// Day writes a date: "3月11日（周三）".
func Day(t time.Time, lang string) string {
	if strings.HasPrefix(lang, "en") {
		return t.Format("Monday 2 January")
	}
	return fmt.Sprintf("%d月%d日（%s）", t.Month(), t.Day(), weekdays[t.Weekday()])
}

// Date writes a moment with its date, day of the week and clock: "12月5日（周六）15:00".
func Date(t time.Time, lang string) string {
	if strings.HasPrefix(lang, "en") {
		return t.Format("Monday 2 January 15:04")
	}
	return Day(t, lang) + t.Format("15:04")
}

// dates writes moments one a line, numbered.
func (p *phrase) dates(v Var) string {
	var w strings.Builder
	for i, t := range v.Dates {
		if i > 0 {
			w.WriteByte('\n')
		}
		fmt.Fprintf(&w, "%d. %s", i+1, Date(t.In(p.s.Zone), p.lang))
	}
	return w.String()
}

// times writes moments one a line, numbered so that nobody takes them for lines of a list.
func (p *phrase) times(v Var) string {
	var w strings.Builder
	for i, t := range v.Dates {
		if i > 0 {
			w.WriteByte('\n')
		}
		if strings.HasPrefix(p.lang, "en") {
			fmt.Fprintf(&w, "Time %d: ", i+1)
		} else {
			fmt.Fprintf(&w, "时间%d：", i+1)
		}
		w.WriteString(Date(t.In(p.s.Zone), p.lang))
	}
	return w.String()
}

func midnight(t time.Time) time.Time { return Clock(0).On(t) }
