package purchase_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/flowstest"
	"linli/flows/purchase"
)

// play is one need and what it said.
type play struct {
	*testing.T
	s   *flows.Settings
	f   flows.Flow
	now time.Time
	c   flows.Case
	n   int
	due []flows.Woke
}

func newPlay(t *testing.T) *play {
	s := settings(t)
	p := &play{T: t, s: s, f: flow(t), now: time.Date(2026, 11, 23, 10, 0, 0, 0, s.Zone), c: flows.Case{ID: "7", Flow: flows.PurchaseFlow}}
	p.happens(flows.Opened{Key: flows.PurchaseKey("care")}, "")
	return p
}

// happens gives what came of an event, as lines.
func (p *play) happens(w flows.What, by flows.PersonID) (lines []string) {
	p.Helper()
	p.n++
	e := flows.Event{ID: "e", At: p.now, What: w, Settings: p.s}
	if o, ok := p.s.Official(by); ok {
		e.By = flows.Actor{Person: o.ID, Name: o.Name, Posts: o.Posts}
	}
	c, effects, err := p.f.Step(p.c, e)
	if err != nil {
		p.Fatal(err)
	}
	p.c = c
	for _, eff := range effects {
		switch eff := eff.(type) {
		case flows.Say:
			text, err := p.f.Words.Render("zh-CN", eff.Words, eff.Vars, 0, p.now, p.s)
			if err != nil {
				p.Fatal(err)
			}
			line := string(eff.To.Person) + string(eff.To.Role) + ": " + text
			for _, b := range eff.Buttons {
				line += " [" + b.Choice + "]"
			}
			lines = append(lines, line)
		case flows.Wake:
			p.due = append(p.due, flows.Woke{Name: eff.Name, Due: eff.At})
		default:
			p.Fatalf("%T", eff)
		}
	}
	return lines
}

func (p *play) need(no, people int, by flows.PersonID) []string {
	p.Helper()
	return p.happens(flows.Told{From: "3", Name: "need", Data: flows.Data(flows.Need{Service: "care", No: no, People: people, By: by})}, by)
}

// wakes lets time pass until the last wake-up that is due.
func (p *play) wakes() []string {
	p.Helper()
	w := p.due[len(p.due)-1]
	p.now = w.Due
	return p.happens(w, "")
}

func (p *play) want(got []string, want ...string) {
	p.Helper()
	if !slices.Equal(got, want) {
		p.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (p *play) state() purchase.State {
	p.Helper()
	s, err := purchase.Read(p.c)
	if err != nil {
		p.Fatal(err)
	}
	return s
}

// What was asked for long ago counts no more, and a case counts once; who approves is
// reminded, and what waits comes before them again.
func TestCountsAndComesAgain(t *testing.T) {
	p := newPlay(t)
	p.want(p.need(401, 2, "he"), "he: 记下了：居家照护，没有人接。近90天2人需要（0401），满3人报给书记。")
	p.want(p.need(401, 2, "he"), "he: 记下了：居家照护，没有人接。近90天2人需要（0401），满3人报给书记。")
	p.now = p.now.AddDate(0, 0, 91)
	p.want(p.need(420, 2, "chen"), "chen: 记下了：居家照护，没有人接。近90天2人需要（0420），满3人报给书记。 [now]")
	p.want(p.need(431, 1, "li"), "secretary: 购买服务需求：居家照护\n近90天3人需要，2件（0431、0420）。现有的社会组织、志愿队伍没有做的，或者接不了。 [yes=1] [no=1] [later=1]",
		"li: 居家照护：近90天3人需要，已报给书记，等答复。")
	p.want(p.wakes(), "secretary: 购买服务需求：居家照护\n近90天3人需要，2件（0431、0420）。现有的社会组织、志愿队伍没有做的，或者接不了。 [yes=1] [no=1] [later=1]")
	p.want(p.happens(flows.Chose{Choice: "yes", Value: "1"}, "chen"), "chen: 这一步不归您定。")
	p.want(p.happens(flows.Chose{Choice: "yes", Value: "7"}, "zhaos"), "zhaos: 居家照护：近90天3人需要，已报给书记，等答复。")
	if got := p.happens(flows.Chose{Choice: "later", Value: "1"}, "zhaos"); len(got) != 4 || !strings.HasPrefix(got[1], "he: 居家照护：赵书记说再等等") {
		t.Error(got)
	}
	if got := p.wakes(); len(got) != 1 || !strings.HasSuffix(got[0], "[yes=2] [no=2] [later=2]") {
		t.Error(got)
	}
	p.want(p.happens(flows.Chose{Choice: "no", Value: "2"}, "zhaos"), "zhaos: 居家照护为什么不买？直接发一句，报需求的人会看到。")
	p.want(p.happens(flows.Said{Tag: "why", Message: flows.Message{Text: " "}}, "zhaos"), "zhaos: 居家照护为什么不买？直接发一句，报需求的人会看到。")
	p.want(p.happens(flows.Said{Tag: "why", Message: flows.Message{Text: "区里有了"}}, "zhaos"), "secretary: 居家照护：赵书记说不买，区里有了。",
		"he: 居家照护：赵书记说不买，区里有了。", "chen: 居家照护：赵书记说不买，区里有了。", "li: 居家照护：赵书记说不买，区里有了。")
	if !p.c.Done || len(p.c.Matter) > 0 {
		t.Error("it is found still:", p.c.Matter)
	}
	p.want(p.need(440, 1, "li"))
}

// Where nobody approves, or can be reached, staff hear so and nothing is lost.
func TestNobodyApproves(t *testing.T) {
	p := newPlay(t)
	p.s.Partners.Approve = nil
	p.want(p.need(401, 5, "li"), "staff: 居家照护：近90天5人需要，要报购买服务，但是没有人能批，或者联系不上。12月23日10点再试一次。",
		"li: 居家照护：再等等，12月23日10点再问一次。近90天5人需要。")
	p.s.Partners.Approve = []flows.Role{flows.Head}
	if got := p.wakes(); len(got) != 1 || !strings.HasPrefix(got[0], "head: ") {
		t.Error(got)
	}
	if got := p.happens(flows.Missed{Mark: "ask-2"}, ""); len(got) != 1 || !strings.HasPrefix(got[0], "staff: ") || p.state().Stage != purchase.Later {
		t.Error(got, p.state())
	}
}

var updateOld = flag.Bool("update-old", false, "keep needs as this version leaves them, where there are none of the name")

// Needs of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	if *updateOld {
		keepOld(t)
	}
	flowstest.Old(t, settings(t), flow(t), flowstest.Options{With: []flows.Flow{works(t)}}, "testdata/old/*.json", "yes=1", "no=1", "later=1", "now", "bought")
}

// keepOld writes down needs whose states hold all that a state can.
func keepOld(t *testing.T) {
	plays := map[string]*play{}
	for _, name := range []string{"noted", "asked", "later", "agreed", "refused", "bought"} {
		p := newPlay(t)
		p.need(401, 1, "he")
		if name != "noted" {
			p.need(402, 4, "chen")
		}
		switch name {
		case "later", "agreed", "bought":
			p.happens(flows.Chose{Choice: map[string]string{"later": "later"}[name] + map[bool]string{true: "yes"}[name != "later"], Value: "1"}, "zhaos")
		case "refused":
			p.happens(flows.Chose{Choice: "no", Value: "1"}, "zhaos")
			p.happens(flows.Said{Tag: "why", Message: flows.Message{Text: "区里有了"}}, "zhaos")
		}
		if name == "bought" {
			p.happens(flows.Chose{Choice: "bought"}, "chen")
		}
		if s := p.state(); s.Stage != name {
			t.Fatalf("%s is %s", name, s.Stage)
		}
		plays[name] = p
	}
	for name, p := range plays {
		file := filepath.Join("testdata/old", name+"-kept.json")
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			continue // once written, it is never changed
		}
		b, err := json.MarshalIndent(flowstest.Kept{At: p.now, Case: p.c, Wakes: p.due}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll("testdata/old", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
