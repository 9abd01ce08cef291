package main

import (
	"fmt"
	"strings"

	"linli/flows"
)

// hearable tells what holds for hearings: who reviews, and each term with where it
// comes from. What has no source is said not to hold.
func hearable(s *flows.Settings) []string {
	h := s.Hearings
	first := "没有人审议题"
	if names := officials(s, s.Reviewers()); names != "" {
		first = fmt.Sprintf("%s%s把要审的议题发给%s", [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[h.Review.Day], h.Review.At, names)
	}
	lines := []string{first}
	for _, t := range []struct {
		words string
		term  flows.Term
	}{{"公告提前%d个净天", h.Clear}, {"记录%d个工作日内公布", h.Publish}, {"不同意的人%d个工作日内得到答复", h.Dissent}} {
		lines = append(lines, termText(t.words, t.term))
	}
	agree := "举手多少算同意：没有填来源，不执行，由主持人说议出了什么"
	if !h.Agree.Zero() && h.AgreeBy != "" {
		agree = "举手" + h.Agree.In("zh-CN") + "算同意，来源：" + h.AgreeBy
	}
	return append(lines, agree)
}

func termText(words string, t flows.Term) string {
	text := fmt.Sprintf(words, t.N)
	switch {
	case t.N == 0:
		return strings.Replace(words, "%d", "几", 1) + "：没有填，不执行"
	case t.Source == "":
		return text + "：没有填来源，不执行"
	}
	if len(t.Waive) > 0 {
		var who []string
		for _, r := range t.Waive {
			who = append(who, r.In("zh-CN"))
		}
		text += "（" + strings.Join(who, "、") + "可以免）"
	}
	return text + "，来源：" + t.Source
}

// unwatched are hints: hearings can be held so, and somebody may want it otherwise.
func unwatched(s *flows.Settings) (hints []string) {
	if len(s.With(flows.Reviewer, flows.Everywhere)) == 0 {
		text := "没有" + flows.Reviewer.In("zh-CN")
		if names := officials(s, s.Reviewers()); names != "" {
			text += "，议题由" + names + "审"
		}
		hints = append(hints, text)
	}
	watched := false
	for _, o := range s.People {
		watched = watched || flows.Actor{Posts: o.Posts}.Holds(flows.Supervisor)
	}
	if !watched {
		hints = append(hints, "没有"+flows.Supervisor.In("zh-CN")+"的人，议事会没有人监督")
	}
	return hints
}

func officials(s *flows.Settings, ids []flows.PersonID) string {
	var names []string
	for _, id := range ids {
		o, _ := s.Official(id)
		names = append(names, o.Name)
	}
	return strings.Join(names, "、")
}
