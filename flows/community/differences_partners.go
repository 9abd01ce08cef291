package community

import (
	"fmt"

	"linli/flows"
)

// partners compares the rules for partners, the kinds of service, and the partners.
func (c *comparison) partners() {
	c.fields("请社会组织帮忙", partnerValues(c.from.Partners), partnerValues(c.to.Partners))
	compare(c, thing[flows.Service]{
		what: "服务种类", id: func(x flows.Service) string { return x.ID }, name: func(x flows.Service) string { return "服务种类“" + x.In(flows.Languages[0]) + "”" },
		fields: func(x flows.Service) []value {
			return []value{languages("名称", x.Name), list("用在清单哪几条", x.Items), yes("不让旁人看见", x.Quiet)}
		},
	}, c.from.Partners.Services, c.to.Partners.Services)
	compare(c, thing[flows.Partner]{
		what: "社会组织", id: func(x flows.Partner) string { return x.ID }, name: func(x flows.Partner) string { return x.Name },
		brief: func(x flows.Partner) string { return c.offers(x.Offers).text },
		fields: func(x flows.Partner) []value {
			return []value{plain("名称", x.Name), yes("志愿队伍", x.Team), c.offers(x.Offers), value{"范围", c.scope(x.Scope), fmt.Sprintf("%v", x.Scope)},
				plain("来自", x.From), plain("电话", x.Phone), c.who("联系人", x.People...)}
		},
	}, c.from.Partners.List, c.to.Partners.List)
}

// offers names kinds of service as they are called now, or were last.
func (c *comparison) offers(ids []string) value {
	v := value{label: "能做什么", exact: fmt.Sprintf("%q", ids)}
	for i, id := range ids {
		name := id
		for _, s := range []*flows.Settings{c.to, c.from} {
			if x, ok := s.Service(id); ok {
				name = x.In(flows.Languages[0])
				break
			}
		}
		v.text += separated(i) + name
	}
	return v
}

func partnerValues(p flows.Partners) []value {
	return []value{
		plain("多久要回（answer）", spanText(p.Answer)), plain("等居民同意等多久（consent）", span1(p.Consent)), number("一件事最多问几家（tries）", p.Tries),
		plain("需求数多久以内的人（period）", span1(p.Period)), number("满几个人就报（least）", p.Least), plain("说再等的多久再问（again）", span1(p.Again)),
		roleValue("谁批购买服务（approve）", p.Approve),
	}
}
