package archive

import (
	"bytes"
	"fmt"
	"strings"

	"linli/flows"
	"linli/flows/poll"
)

// readme.txt, for who opens the archive with nothing but an editor.

var (
	forceNames = map[flows.Force]string{flows.Sounding: "摸底", flows.Opinion: "协商意见", flows.Assembly: "居民会议表决", flows.ByOwners: "业主共同决定"}
	forceSays  = map[flows.Force]string{
		flows.Sounding: "只是摸底，不是决定", flows.Opinion: "供协商时参考，不是决定",
		flows.Assembly: "按居民会议表决计票", flows.ByOwners: "按业主共同决定计票，人数和面积都算",
	}
	unitNames = map[flows.VoteUnit]string{flows.PerPerson: "每人一票", flows.PerHousehold: "每户一票", flows.PerOwner: "每位业主一票"}
)

func (c *contents) readme() []byte {
	var out bytes.Buffer
	a, o := c.asked, c.asked.Outcome
	line := func(format string, args ...any) {
		// One line of the file for one of ours, whatever stands in the words of people.
		out.WriteString(strings.Join(strings.FieldsFunc(fmt.Sprintf(format, args...), func(r rune) bool { return r == '\n' || r == '\r' }), " ") + "\r\n")
	}
	out.WriteString(withBOM)
	line("%s（%s）%04d号征询归档", a.Name, a.Community, a.Number)
	line("")
	line("问题：%s", a.Question)
	for i, text := range a.Options {
		line("  %s %s", poll.Letter(i), text)
	}
	line("效力：%s，%s", a.ForceName, forceSays[a.Force])
	rule := "规定："
	if a.Rule.Turnout != "" {
		rule += "参加的要" + a.Rule.Turnout + "；"
	}
	switch {
	case a.Special && a.Rule.Special != "":
		rule += "参加的人里同意的要" + a.Rule.Special + "；"
	case a.Rule.Agree != "":
		rule += "参加的人里同意的要" + a.Rule.Agree + "；"
	}
	if a.Rule.Tenants {
		rule += "租户也算；"
	} else {
		rule += "租户不算；"
	}
	line("%s依据：%s", rule, a.Rule.Source)
	if a.Matter != "" {
		line("涉及业主共同决定的事项：%s", a.Matter)
	}
	secret := "不记名，谁投了什么不留存"
	if a.Named {
		secret = "记名"
	}
	line("范围：%s。%s，%s。", a.Where, unitNames[a.Unit], secret)
	line("发出：%s　截止：%s", a.Sent.Format(moment), a.Until.Format(moment))
	if a.Moved > 0 {
		line("截止时间改过%d次，原因：%s", a.Moved, a.Why)
	}
	of := ""
	if a.Roll.Voters > 0 {
		of = fmt.Sprintf("应投%d，", a.Roll.Voters)
	}
	line("结果：%s投了%d。计票完成：%s", of, o.Voters, o.At.Format(moment))
	if a.Then != "" {
		line("接下来：%s", a.Then)
	}
	line("")
	line("里面有什么")
	line("  poll.json      问题、选项、效力和依据、范围、结果")
	line("  roster.csv     名册：谁投了、凭证、时间、方式、谁代投。没有姓名。%s", rosterSays[a.Roster])
	if !a.Named {
		line("                 不记名：名册里没有、别处也没有谁投了什么")
	}
	line("  turnout.csv    各楼投了多少，少于%d票的楼并在“其余”里", a.Floor)
	line("  counts.csv     各选项票数")
	line("  journal.jsonl  这件事的流水，一步一条，前后相扣")
	line("  manifest.json  每个文件的指纹，流水最后一条的指纹")
	line("")
	line("怎么查")
	line("  装了邻里的电脑上运行：linli verify %s", FileName(a.Number))
	line("  它把指纹、流水、票数重新算一遍，改过一个字也查得出来。")
	line("  有社区的数据时加上 --config，还会和数据里的流水对一遍；整份伪造的也查得出来。")
	line("  投了票的人拿凭证在 roster.csv 里找得到自己那一行。")
	line("")
	line("计票指纹：%s", a.Proof)
	return out.Bytes()
}

var rosterSays = map[string]string{
	rosterListed:  "没投的也列出。",
	rosterChanged: "名册在发出之后改过，没投的没有列出。",
	rosterNone:    "没有逐户名册，没投的没有列出。",
}
