package community

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"linli/flows"
)

// The household register (户册): which doors there are, how large, which of them
// have one owner, which are let. It holds nobody's name.

const maxArea = 2000 * 100 // of one household, in 1/100 m²

// register reads the households.
func (b *builder) register() {
	lines := map[string]int{}
	for _, x := range b.dir.Households {
		if x.Home == "" {
			b.wrong(x.Of("home"), "户册里有一户没有写是哪一户（home），要写成 3-2-501（楼-单元-室）")
			continue
		}
		before := len(b.page.Mistakes)
		p := b.placed(x.Of("home"), "户册里的", x.Home)
		if len(b.page.Mistakes) > before {
			continue
		}
		if problem := doorProblem(p.Room); problem != "" {
			b.wrong(x.Of("home"), "户册里的“%s”%s", x.Home, problem)
			continue
		}
		h := flows.Household{Building: p.Building, Unit: p.Unit, Room: p.Room, Area: int(x.Area), Owner: x.Owner, Let: x.Let}
		if first, twice := lines[h.Key()]; twice {
			b.wrong(x.Of("home"), "户册里%s写了两遍（第%d行已经有了）", x.Home, first)
			continue
		}
		lines[h.Key()] = x.Line
		// What is wrong with an owner's code is told without it: it may be a name.
		if problem := codeProblem(x.Owner); problem != "" {
			b.wrong(x.Of("owner"), "户册里%s的业主代号（owner）%s", x.Home, problem)
			h.Owner = ""
		}
		b.s.Households = append(b.s.Households, h)
	}
	slices.SortFunc(b.s.Households, flows.Household.Compare)
	for i, x := range b.s.Buildings {
		if n := len(b.s.Doors(x.ID)); n > 0 && x.Households > 0 && n != x.Households {
			b.warn(b.dir.Buildings[i].Line, "%s是%d户，户册里写了%d户：投票按户册算，户册里没有的门牌投不了", x.Name, x.Households, n)
		} else if n > 0 && x.Households == 0 {
			b.s.Buildings[i].Households = n
		}
	}
}

// rolls finds polls that would not know how many there are to vote.
func (b *builder) rolls() {
	told := map[string]bool{}
	for i, o := range b.s.People {
		for _, p := range o.Posts {
			x, ok := b.s.Building(p.Scope.Building)
			if p.Role != flows.Captain || !ok || told[x.ID] || x.Households > 0 || b.s.Listed(x.ID) {
				continue
			}
			told[x.ID] = true
			b.warn(b.dir.People[min(i, len(b.dir.People)-1)].Line, "%s有楼栋长，但不知道有多少户：没有户册（households），楼里也没写层数和每层户数，投票说不出一共多少户", x.Name)
		}
	}
	rule, ok := b.s.PollRule(flows.ByOwners)
	if !ok || len(rule.Start) == 0 {
		return
	}
	if len(b.s.Households) == 0 {
		return // who keeps no register has been told nothing of it yet
	}
	whole := false
	for _, x := range b.s.Buildings {
		whole = whole || b.s.RollOf(flows.Scope{Building: x.ID}, flows.PerOwner).Area > 0
	}
	if !whole {
		b.warn(b.dir.Of("households"), "户册里没有一栋楼的面积是写全的：业主共同决定要按面积算，现在发不了")
	}
}

// doorProblem says what is wrong with the number of a door.
func doorProblem(room string) string {
	switch {
	case room == "":
		return "没有写到室，要写成 3-2-501（楼-单元-室）"
	case strings.ContainsAny(room, "/;；,，、 \t") || !legible(room) || len([]rune(room)) > 12:
		return "的室号写得不对"
	case strings.HasSuffix(room, "室") || strings.HasSuffix(room, "号") || strings.HasSuffix(room, "户"):
		return "的室号不用带“室”“号”“户”这些字"
	}
	return ""
}

var codeForm = regexp.MustCompile(`^[\p{Han}0-9A-Za-z_.#-]{1,24}$`)

// codeProblem says what is wrong with an owner's code. One Chinese character may
// stand in it (业17, 甲3), more look like a name; so many digits look like a
// telephone or a document.
func codeProblem(code string) string {
	if code == "" {
		return ""
	}
	han, digits := 0, 0
	for _, r := range strings.TrimPrefix(code, "业主") {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch {
	case han > 1 || han == 1 && digits == 0:
		return "像是名字：这里不写姓名，写社区自己编的代号，比如 o17"
	case digits > 6:
		return "像是电话或证件号码：这里不写号码，写社区自己编的代号，比如 o17"
	case !codeForm.MatchString(code):
		return "要写短的代号（字母、数字、横线），比如 o17；不写姓名"
	}
	return ""
}

// area is an area in 1/100 m².
type area int

var areaForm = regexp.MustCompile(`^(\d{1,6})(?:\.(\d{1,2})0*)?(?:㎡|m²|m2|平方米|平米|平)?$`)

// UnmarshalText reads square metres: "89.5", "89.56", "89.56㎡".
func (a *area) UnmarshalText(b []byte) error {
	m := areaForm.FindStringSubmatch(strings.ReplaceAll(string(b), " ", ""))
	if m == nil {
		return fmt.Errorf("面积要写平方米，最多两位小数，比如 89.56，写的是“%s”", b)
	}
	whole, _ := strconv.Atoi(m[1])
	part, _ := strconv.Atoi((m[2] + "00")[:2])
	switch v := whole*100 + part; {
	case v == 0:
		return errors.New("面积不能是零；不知道就不写")
	case v > maxArea:
		return fmt.Errorf("一户的面积不会有%s平方米", area(v))
	default:
		*a = area(v)
	}
	return nil
}

func (a area) String() string { return fmt.Sprintf("%d.%02d", a/100, a%100) }

// MarshalYAML writes a household on one line: there are thousands.
func (h household) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle}
	put := func(key, tag, value string) {
		v := &yaml.Node{}
		v.SetString(value)
		if tag != "" {
			v = &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, v)
	}
	put("home", "", h.Home)
	if h.Area != 0 {
		put("area", "!!float", h.Area.String())
	}
	if h.Owner != "" {
		put("owner", "", h.Owner)
	}
	if h.Let {
		put("let", "!!bool", "true")
	}
	return n, nil
}
