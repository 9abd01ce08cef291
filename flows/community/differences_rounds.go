package community

import (
	"fmt"

	"linli/flows"
)

// rounds compares the rules for rounds and what is looked at.
func (c *comparison) rounds() {
	c.fields("走访巡查", roundValues(c.from.Rounds), roundValues(c.to.Rounds))
	compare(c, thing[flows.Look]{
		what: "巡查看的", id: func(x flows.Look) string { return x.ID }, name: func(x flows.Look) string { return "巡查看的“" + x.Name[flows.Languages[0]] + "”" },
		fields: func(x flows.Look) []value {
			where := "楼里和别的地方"
			switch {
			case !x.Spot:
				where = "楼里"
			case !x.Building:
				where = "不在楼里的地方"
			}
			return []value{languages("名称", x.Name), plain("在哪儿看", where), plain("发现问题按哪一条登记", x.Item)}
		},
	}, c.from.Rounds.Looks, c.to.Rounds.Looks)
}

func roundValues(r flows.Rounds) []value {
	return []value{
		plain("每周什么时候发单子（plan）", weekText(r.Plan)), plain("一周看几处（spots）", fmt.Sprint(r.Spots)),
		plain("一周走访同意了的几户（visits）", fmt.Sprint(r.Visits)), plain("一周再挨门走几户（doors）", fmt.Sprint(r.Doors)),
	}
}
