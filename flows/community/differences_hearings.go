package community

import (
	"fmt"

	"linli/flows"
)

// hearings compares the rules for hearings.
func (c *comparison) hearings() {
	c.fields("议事会", hearingValues(c.from.Hearings), hearingValues(c.to.Hearings))
}

func hearingValues(h flows.Hearings) []value {
	var remind []string
	for _, d := range h.Remind {
		remind = append(remind, span1(d))
	}
	never := func(label string, n int) value {
		if n == 0 {
			return plain(label, "从不")
		}
		return plain(label, fmt.Sprint(n))
	}
	out := []value{
		plain("每周什么时候发要审的议题（review）", weekText(h.Review)), plain("审议题多久内答复（answer）", spanText(h.Answer)),
		plain("往上反映的事多久再问一次（again）", span1(h.Again)), never("多少人都说就建议议一议（followers）", h.Followers),
		never("物业几次没答复就三方碰头（silences）", h.Silences), plain("问哪个时间合适问多久（ask）", span1(h.Ask)), plain("一次开多久（length）", span1(h.Length)),
	}
	for _, t := range []struct {
		label, key string
		term       flows.Term
	}{{"通知和开会之间隔几个净天", "clear", h.Clear}, {"几个工作日内公布记录", "publish", h.Publish}, {"几个工作日内答复不同意的人", "dissent", h.Dissent}} {
		out = append(out, plain(t.label+"（"+t.key+"）", fmt.Sprint(t.term.N)), plain(t.label+"的来源", t.term.Source), roleValue(t.label+"谁可以免", t.term.Waive))
	}
	return append(out, plain("一百个座位里留几个（reserved）", fmt.Sprint(h.Reserved)), plain("留的座位开会前多久放开（release）", span1(h.Release)),
		list("开会前多久提醒（remind）", remind), plain("办完几天内可以评（rate）", fmt.Sprint(h.Rate)),
		shareValue("举手多少算同意（agree）", h.Agree), plain("举手多少算同意的来源（agree_by）", h.AgreeBy))
}

// roleValue names roles: "书记、居委会主任".
func roleValue(label string, roles []flows.Role) value {
	v := value{label: label, exact: fmt.Sprintf("%q", roles)}
	for i, r := range roles {
		v.text += separated(i) + r.In("zh-CN")
	}
	return v
}
