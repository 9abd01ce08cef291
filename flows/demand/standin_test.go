package demand_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"linli/flows"
)

// session is a hearing as far as a demand sees one: a stand-in for the flow of that
// name, which says by buttons of the staff all that a hearing can say.
type session struct {
	Stage string      `json:"stage"`
	Topic flows.Topic `json:"topic"`
	Told  int         `json:"told"` // people it was told of
}

func (s session) Summary() flows.Summary {
	return flows.Summary{Stage: s.Stage, Done: s.Stage == "over" || s.Stage == "refused", Numbered: true, Place: s.Topic.Place, Item: s.Topic.Item}
}

var news = []string{"review", "set", "refused", "off", "upward", "answered", "decided", "over"}

// hearing is the stand-in.
func hearing(t *testing.T) flows.Flow {
	t.Helper()
	zh, en := []string{`card: "替身议题 {{no}}：{{.text}}（{{.why}}，{{.form}}，{{.n}}人反映）"`}, []string{`card: "Stand-in topic {{no}}: {{.text}} ({{.why}}, {{.form}}, {{.n}} people)"`}
	for name, label := range map[string]string{"review": "待审", "set": "定时间", "refused": "不议", "off": "取消", "upward": "上报", "answered": "有答复", "decided": "定了", "over": "办完了"} {
		zh, en = append(zh, "b-"+name+": "+label), append(en, "b-"+name+": "+name)
	}
	words := fstest.MapFS{}
	for lang, lines := range map[string][]string{"zh-CN": zh, "en": en} {
		words["words/"+lang+".yaml"] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
	}
	f, err := flows.Define("hearing", words, func(_ string, s session, e flows.Event) (session, []flows.Effect) {
		tell := func(name string) flows.Effect {
			n := flows.TopicNews{No: e.Case.No}
			switch name {
			case "review":
				n.Due = e.At.AddDate(0, 0, 2)
			case "set":
				n.At, n.Where = e.At.AddDate(0, 0, 7), "二楼邻里室"
			case "refused", "off":
				n.Text = "已经有别的办法"
			case "upward":
				n.Text, n.At = "街道城管科", e.At.AddDate(0, 0, 14)
			case "answered":
				n.Text = "明年春天改造。"
			case "decided":
				n.Text, n.Due = "楼道里不放东西，楼栋长看着", e.At.AddDate(0, 0, 20)
			case "over":
				n.Text = "楼道清空了"
			}
			return flows.Tell{Name: name, Data: flows.Data(n)}
		}
		switch w := e.What.(type) {
		case flows.Opened:
			if err := json.Unmarshal(w.Data, &s.Topic); err != nil {
				panic(err)
			}
			s.Stage = "review"
			say := flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "card", Vars: flows.Vars{
				"text": flows.Text(s.Topic.Text), "why": flows.Text(s.Topic.Why), "form": flows.Text(string(s.Topic.Form)), "n": flows.Num(s.Topic.People)}}
			for i, name := range news {
				say.Buttons = append(say.Buttons, flows.Button{Words: "b-" + name, Choice: "news=" + name, Row: i / 3})
			}
			return s, []flows.Effect{say, tell("review")}
		case flows.Chose:
			if w.Choice == "news" && !s.Summary().Done && strings.Contains(strings.Join(news, " "), w.Value) && w.Value != "" {
				s.Stage = w.Value
				return s, []flows.Effect{tell(w.Value)}
			}
		case flows.Told:
			var c flows.Concerned
			if w.Name == "concerned" && json.Unmarshal(w.Data, &c) == nil {
				s.Told += len(c.People)
				var put []flows.Effect
				for i, p := range c.People {
					put = append(put, flows.Put{Entry: flows.Entry{Key: string(p), Tag: "asked", Order: int64(i)}})
				}
				return s, put
			}
		}
		return s, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// quarrelsome is the community in which little is enough for a hearing to be suggested.
func quarrelsome(s *flows.Settings) *flows.Settings {
	c := *s
	c.Hearings.Followers, c.Hearings.Silences = 2, 1
	return &c
}

// crowd are n followers as the store gives them.
func crowd(from, n int) (all []flows.Entry) {
	for i := range n {
		all = append(all, flows.Entry{Key: "r" + strconv.Itoa(from+i), Tag: "follower"})
	}
	return all
}
