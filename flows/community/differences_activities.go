package community

import (
	"fmt"

	"linli/flows"
)

// activities compares the rules for activities and the interests.
func (c *comparison) activities() {
	c.fields("活动", activityValues(c.from.Activities), activityValues(c.to.Activities))
	compare(c, thing[flows.Interest]{
		what: "兴趣", id: func(x flows.Interest) string { return x.ID }, name: func(x flows.Interest) string { return "兴趣“" + x.In(flows.Languages[0]) + "”" },
		fields: func(x flows.Interest) []value {
			return []value{languages("名称", x.Name), list("居民的说法", x.Words)}
		},
	}, c.from.Activities.Interests, c.to.Activities.Interests)
}

func activityValues(a flows.Activities) []value {
	var remind []string
	for _, d := range a.Remind {
		remind = append(remind, span1(d))
	}
	return []value{
		number("最多几个名额（most）", a.Most), plain("开始前多久看人够不够（few）", span1(a.Few)), list("开始前多久提醒（remind）", remind),
		plain("两批邀请隔多久（batch）", span1(a.Batch)), number("没办过的先按请一百人来几个算（rate）", a.Rate),
		plain("空出的名额留到第二天几点（hold）", a.Hold.String()), plain("开始前多久还能取消（cancel）", span1(a.Cancel)),
		plain("少于几个人不单独说（small）", fmt.Sprint(a.Small)), roleValue("急的邀请谁点头（urgent）", a.Urgent),
	}
}
