package main

import (
	"fmt"
	"strings"

	"linli/flows"
)

// partnered tells which partners there are for what, and for what there is none.
func partnered(s *flows.Settings) string {
	var have, none []string
	for _, x := range s.Partners.Services {
		n := 0
		for _, p := range s.Partners.List {
			for _, id := range p.Offers {
				if id == x.ID {
					n++
				}
			}
		}
		if n == 0 {
			none = append(none, x.In("zh-CN"))
			continue
		}
		have = append(have, fmt.Sprintf("%s%d家", x.In("zh-CN"), n))
	}
	text := fmt.Sprintf("社会组织、志愿队伍%d家", len(s.Partners.List))
	if len(have) > 0 {
		text += "：" + strings.Join(have, "、")
	}
	if len(none) > 0 {
		text += "；没有人做的：" + strings.Join(none, "、")
	}
	if r := s.Approvers(); r != "" {
		return text + "；购买服务由" + r.In("zh-CN") + "批"
	}
	return text + "；没有人能批购买服务"
}
