package community

import (
	_ "embed"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/flows/community/strict"
)

// The partners of the community (社会组织、志愿队伍) with what they offer, and the rules for
// asking them.

//go:embed partners.yaml
var partnersText []byte

// partnersName is what mistakes call the rules that are built in.
const partnersName = "partners.yaml"

// helped are the rules for partners that are built in.
type helped struct {
	partners partners // without services
	services []service
	wrong    Mistakes
}

var builtinPartners = sync.OnceValue(func() (h helped) {
	page := strict.Open(partnersName, partnersText)
	page.Decode(&h.partners)
	for _, n := range h.partners.Services {
		var x service
		page.DecodeNode(n, &x)
		h.services = append(h.services, x)
	}
	h.partners.Services, h.wrong = nil, page.Mistakes
	return h
})

// partners reads the rules for partners, which were laid over those that are built in, and
// the partners themselves.
func (b *builder) partners() {
	built := builtinPartners()
	b.others = append(b.others, built.wrong...)
	p := b.dir.Partners
	b.s.Partners = flows.Partners{Answer: flows.Span(p.Answer), Consent: time.Duration(p.Consent), Tries: p.Tries,
		Period: time.Duration(p.Period), Least: p.Least, Again: time.Duration(p.Again)}
	for _, n := range []struct {
		key            string
		v, least, most int
	}{{"tries", p.Tries, 1, 5}, {"least", p.Least, 1, 100}} {
		if n.v < n.least || n.v > n.most {
			b.note(p.Where, n.key, "社会组织的“%s”要在%d到%d之间，写的是%d", n.key, n.least, n.most, n.v)
		}
	}
	for _, n := range []struct {
		key         string
		v           duration
		least, most time.Duration
		words       string
	}{{"consent", p.Consent, time.Hour, 14 * day, "1小时到14天"}, {"period", p.Period, 7 * day, 365 * day, "7天到365天"}, {"again", p.Again, day, 365 * day, "1天到365天"}} {
		if time.Duration(n.v) < n.least || time.Duration(n.v) > n.most {
			b.note(p.Where, n.key, "社会组织的“%s”要在%s之间", n.key, n.words)
		}
	}
	if a := flows.Span(p.Answer); a.Zero() || a.Days > 10 || a.Minutes > 10*24*60 {
		b.note(p.Where, "answer", "社会组织多久要回（answer）最多10个工作日，也不能不写")
	}
	for _, x := range p.Approve {
		switch r := flows.Role(x); {
		case r == "": // an unknown one has been told
		case slices.Contains(b.s.Partners.Approve, r):
			b.note(p.Where, "approve", "谁批（approve）里%s写了两遍", r.In("zh-CN"))
		case !slices.Contains([]flows.Role{flows.Secretary, flows.Head, flows.Staff}, r):
			b.note(p.Where, "approve", "%s不能批（approve），只有书记、居委会主任、社区的人可以", r.In("zh-CN"))
		default:
			b.s.Partners.Approve = append(b.s.Partners.Approve, r)
		}
	}
	if len(p.Approve) == 0 {
		b.note(p.Where, "approve", "没有写谁批购买服务（approve）")
	}
	b.services(built.services)
	b.partnerList()
}

// services lays the community's own kinds of service over those that are built in.
func (b *builder) services(built []service) {
	list := overlaid(b, built, b.dir.Partners.Services, func(x service) string { return x.ID },
		func(_ service, line int) { b.wrong(line, "partners 的 services 里有一条没有写编号（id）") },
		func(x service) { b.wrong(x.Of("id"), "服务种类的编号“%s”写了两遍", x.ID) })
	for _, x := range list {
		if x.None {
			if !slices.ContainsFunc(built, func(y service) bool { return y.ID == x.ID }) {
				b.note(x.Where, "id", "没有“%s”这种服务，不用写 none", x.ID)
			}
			continue
		}
		if !latinID.MatchString(x.ID) || len(x.ID) > 12 { // it stands in a button, beside a partner
			b.note(x.Where, "id", "服务种类的编号（id）要用小写拉丁字母开头的短词，最多12个，比如 legal，写的是“%s”", x.ID)
		}
		switch n := utf8.RuneCountInString(x.Name.ZH); {
		case n == 0:
			b.note(x.Where, "name", "服务种类“%s”没有写名称（name）", x.ID)
		case n > 10:
			b.note(x.Where, "name", "服务种类“%s”的名称太长，按钮上最多10个字", x.ID)
		}
		for i, id := range x.Items {
			it, ok := b.s.Item(id)
			switch {
			case !ok:
				b.note(x.Where, "items", "服务种类“%s”写的清单“%s”不存在", x.ID, id)
			case slices.Contains(x.Items[:i], id):
				b.note(x.Where, "items", "服务种类“%s”的清单%s写了两遍", x.ID, id)
			case len((&flows.Settings{Partners: flows.Partners{Services: []flows.Service{{Items: []string{id}}}}}).ServicesFor(it)) == 0:
				b.note(x.Where, "items", "清单%s（%s）不能请别人办，只能由社区办", id, it.Name[flows.Languages[0]])
			}
		}
		b.s.Partners.Services = append(b.s.Partners.Services, flows.Service{ID: x.ID, Name: x.Name.byLanguage(), Items: x.Items, Quiet: x.Quiet})
	}
}

// partnerList reads who there is.
func (b *builder) partnerList() {
	speaks := map[string]string{}
	for _, x := range b.dir.Partners.List {
		b.unique("社会组织", x.Where, x.ID, latinID, func(id string) bool { _, ok := b.s.Partner(id); return ok })
		switch n := utf8.RuneCountInString(x.Name); {
		case n == 0:
			b.wrong(x.Of("name"), "社会组织%s没有写名称（name）", x.ID)
		case n > 20:
			b.wrong(x.Of("name"), "社会组织%s的名称太长，最多20个字", x.ID)
		}
		b.plain(x.Of("name"), "社会组织"+x.ID, x.Name, x.From)
		if utf8.RuneCountInString(x.From) > 20 {
			b.wrong(x.Of("from"), "%s来自哪里（from）太长，最多20个字", x.Name)
		}
		b.phone(x.Of("phone"), x.Phone)
		out := flows.Partner{ID: x.ID, Name: x.Name, Team: x.Team, From: x.From, Phone: x.Phone,
			Scope: b.scope(x.Where, "社会组织“"+x.Name+"”", x.Community, x.Grid, x.Building, flows.Everywhere)}
		for _, id := range x.Offers {
			switch _, ok := b.s.Service(id); {
			case !ok:
				b.wrong(x.Of("offers"), "%s能做的“%s”不是服务种类，可以写：%s", x.Name, id, b.kinds())
			case slices.Contains(out.Offers, id):
				b.wrong(x.Of("offers"), "%s能做的“%s”写了两遍", x.Name, id)
			default:
				out.Offers = append(out.Offers, id)
			}
		}
		if len(x.Offers) == 0 {
			b.wrong(x.Of("offers"), "%s没有写能做什么（offers），可以写：%s", x.Name, b.kinds())
		}
		for _, id := range x.People {
			switch {
			case !b.known(x.Of("people"), x.Name+"的联系人", id):
			case speaks[id] != "":
				b.wrong(x.Of("people"), "%s已经是%s的联系人，一个人只能代表一家", b.persons[id].Name, speaks[id])
			default:
				speaks[id] = x.Name
				out.People = append(out.People, flows.PersonID(id))
			}
		}
		if len(x.People) == 0 {
			b.warn(x.Line, "%s没有写联系人（people）：问不到，只能打电话", x.Name)
		}
		b.s.Partners.List = append(b.s.Partners.List, out)
	}
}

// kinds are the kinds of service that can be written.
func (b *builder) kinds() string {
	text := ""
	for i, x := range b.s.Partners.Services {
		text += separated(i) + x.ID + " " + x.In(flows.Languages[0])
	}
	return text
}

// speaker is the post of somebody who speaks for a partner, where it comes.
func (b *builder) speaker(id flows.PersonID) (flows.Post, bool) {
	x, ok := b.s.SpeaksFor(id)
	return flows.Post{Role: flows.Org, Scope: x.Scope}, ok
}
