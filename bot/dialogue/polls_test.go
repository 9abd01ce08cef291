package dialogue_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/prompts/local"
)

// question is a flow that asks "#question/option/option" in the group where it was
// said, and ends it with the press "end".
type question struct {
	Chat    flows.ChatID
	Ask     string
	Options []string
	Done    bool
}

func (q question) Summary() flows.Summary {
	return flows.Summary{Stage: "open", Numbered: true, Done: q.Done}
}

func asking(t *testing.T) flows.Flow {
	words := flowstest.Words("ask: '{{.q}}'\nover: '{{no}}号结束了'\nvoted: '收到{{.l}}'\nvote: '{{.l}}'\nprivate: '私下答'\npage: '去页面答'\nend: '结束'\n")
	f, err := flows.Define("asking", words, func(_ string, q question, e flows.Event) (question, []flows.Effect) {
		say := flows.Say{To: flows.To{Chat: q.Chat}, Class: flows.Notice, Words: "over", Slot: "vote", Reply: true, Buttons: []flows.Button{{Words: "page", Link: "page"}}}
		switch w := e.What.(type) {
		case flows.Opened:
			parts := strings.Split(strings.TrimPrefix(w.Said.Message.Text, "#"), "/")
			q = question{Chat: e.Chat.ID, Ask: parts[0], Options: parts[1:]}
			say.To.Chat, say.Words, say.Vars = q.Chat, "ask", flows.Vars{"q": flows.Text(q.Ask)}
			say.Ballot = &flows.Ballot{Words: "ask", Options: q.Options, Choice: "v!"}
			say.Buttons = append(say.Buttons, flows.Button{Words: "private", Link: "private"})
			for i, o := range q.Options {
				say.Buttons = append(say.Buttons, flows.Button{Words: "vote", Vars: flows.Vars{"l": flows.Text(o)}, Choice: "v!=" + string(rune('A'+i))})
			}
			me := flows.Say{To: flows.To{Person: e.By.Person}, Class: flows.Personal, Words: "end", Reply: true, Buttons: []flows.Button{{Words: "end", Choice: "end"}}}
			return q, []flows.Effect{say, me}
		case flows.Chose:
			if w.Choice == "end" {
				q.Done = true
				return q, []flows.Effect{say}
			}
			if w.Choice == "open" {
				return q, []flows.Effect{flows.Say{To: flows.To{Person: e.By.Person}, Words: "voted", Vars: flows.Vars{"l": flows.Text("，这里答")}, Class: flows.Personal, Reply: true}}
			}
			return q, []flows.Effect{
				flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "v"}, Delete: w.Value == ""},
				flows.Say{Words: "voted", Vars: flows.Vars{"l": flows.Text(w.Value)}, Class: flows.Personal, Toast: true},
			}
		}
		return q, nil
	}, func(e flows.Event) []flows.Effect {
		w := e.What.(flows.Said)
		if !strings.HasPrefix(w.Message.Text, "#") {
			return nil
		}
		return []flows.Effect{flows.Open{Flow: "asking", Said: &w}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var reader = sync.OnceValue(local.New)

// play plays a text in a world of its own.
func play(t *testing.T, thrice bool, text string) (diff []dialogue.Mismatch, err error) {
	t.Helper()
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	p, err := dialogue.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := dialogue.NewWorld(t.Context(), dialogue.Options{Store: bottest.Store(t, "example"), Settings: file.Settings, Cast: bottest.Cast(file),
		Reader: reader(), Flows: []flows.Flow{asking(t)}, Start: p.Start(file.Settings.Zone), Thrice: thrice})
	if err != nil {
		t.Fatal(err)
	}
	_, _, diff, err = dialogue.Run(t.Context(), w, p)
	return diff, err
}

const voting = `# 平台自带的投票
@ 2026-03-11 10:00
= 有自带投票
= 有链接
> 李网格@3号楼群: #要不要充电桩？/要/不要/再商量
< 3号楼群: 〔投票〕要不要充电桩？ A.要 B.不要 C.再商量 [去页面答] [私下答]
< 李网格: 结束 [结束]
> 王阿姨@3号楼群 (票): 再商量
< 王阿姨: 收到C
> 王阿姨@3号楼群 (票): 要
< 王阿姨: 收到A
> 王阿姨@3号楼群 (票)
< 王阿姨: 收到
> 李网格: [结束]
< 3号楼群 (改): 〔投票结束〕要不要充电桩？ [去页面答]
> 李网格: [结束]
`

// A poll of the platform's own is told in a line, takes votes, and ends; without the
// setting the same question has buttons, and without links none of them leads anywhere.
func TestPolls(t *testing.T) {
	words := strings.NewReplacer("= 有自带投票\n= 有链接\n", "",
		"〔投票〕要不要充电桩？ A.要 B.不要 C.再商量 [去页面答] [私下答]", "要不要充电桩？ [要] [不要] [再商量]",
		" (票): 再商量\n< 王阿姨:", ": [再商量]\n< 王阿姨 (弹):", " (票): 要\n< 王阿姨:", ": [要]\n< 王阿姨 (弹):",
		"> 王阿姨@3号楼群 (票)\n< 王阿姨: 收到\n", "", "〔投票结束〕要不要充电桩？ [去页面答]", "0001号结束了").Replace(voting)
	for name, text := range map[string]string{"polls": voting, "words": words} {
		for _, thrice := range []bool{false, true} {
			diff, err := play(t, thrice, text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, d := range diff {
				t.Errorf("%s, thrice: %v, line %d: %s", name, thrice, d.Line, d.Text)
			}
		}
	}
}

// What nobody could do on such a platform is no line of a play.
func TestPollsThatAreNone(t *testing.T) {
	for line, why := range map[string]string{
		"> 王阿姨@3号楼群 (票): 不知道":            "has no option",
		"> 王阿姨@1号楼群 (票): 要":              "no poll",
		"> 王阿姨@3号楼群: [去页面答]":             "has no button",
		"> 没有这个人@3号楼群 (票): 要":            "has no \"没有这个人\"",
		"> 李网格: [结束]\n> 王阿姨@3号楼群 (票): 要": "has ended",
	} {
		text := voting[:strings.Index(voting, "> 王阿姨")]
		line = strings.Replace(line, "1号楼群", groupWithout(t), 1)
		if _, err := play(t, false, text+line+"\n"); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", line, err, why)
		}
	}
}

// groupWithout is a group of the example in which nothing is asked.
func groupWithout(t *testing.T) string {
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Settings.Groups {
		if g.Name != "3号楼群" {
			return g.Name
		}
	}
	t.Fatal("there is but one group")
	return ""
}

// A button to the private chat opens it, and says there what it is about.
func TestPrivateLink(t *testing.T) {
	diff, err := play(t, false, voting[:strings.Index(voting, "> 王阿姨")]+"> 王阿姨@3号楼群: [私下答]\n< 王阿姨: 收到，这里答\n")
	if err != nil || len(diff) != 0 {
		t.Errorf("it led to %v, %v", diff, err)
	}
	// A stage without polls, like that of the demo, says so.
	var s stageWithout
	if err := dialogue.Do(context.Background(), s, dialogue.Act{Kind: dialogue.Speak, Who: "王阿姨", Where: "3号楼群", Mode: "票"}); err == nil {
		t.Error("a vote on a stage without polls")
	}
}

type stageWithout struct{ dialogue.Stage }
