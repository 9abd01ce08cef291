package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// notebook is a state that takes words for some of its tags.
type notebook struct {
	Stage string   `json:"stage"`
	Heard []string `json:"heard,omitempty"`
}

func (d notebook) Summary() flows.Summary { return flows.Summary{Stage: d.Stage, Numbered: true} }

// Takes gives the tags that a form may bring.
func (d notebook) Takes() []string {
	if d.Stage == "shut" {
		return nil
	}
	return []string{"say", "note"}
}

// formStage has a case 1 of a flow that takes forms, and a flow behind it that keeps what
// is said about nothing else.
func formStage(t *testing.T) (s *stage, heard *[]string) {
	f, err := flows.Define("notebook", toyWords, func(_ string, d notebook, e flows.Event) (notebook, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			d.Stage = "open"
			return d, []flows.Effect{
				flows.Say{To: person("li"), Class: flows.Personal, Words: "text", Vars: flows.Vars{"t": flows.Text("问")}, Expect: "note"},
			}
		case flows.Said:
			d.Heard = append(d.Heard, fmt.Sprintf("%s %q %q %v %s", e.By.Person, w.Tag, w.Message.Text, w.Direct, e.Reading.Danger))
			if w.Message.Text == "关" {
				d.Stage = "shut"
			}
			return d, []flows.Effect{flows.Say{To: person(e.By.Person), Class: flows.Personal, Words: "done", Toast: true}}
		}
		return d, nil
	}, func(e flows.Event) []flows.Effect {
		w := e.What.(flows.Said)
		*heard = append(*heard, string(e.By.Person)+" "+w.Message.Text)
		if w.Message.Text == "开" {
			return []flows.Effect{flows.Open{Flow: "notebook", Said: &w}}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	heard = &[]string{}
	s = newStage(t, nil, f, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "open"
		return n, nil
	}))
	s.read.danger = func(text string) flows.Danger {
		if strings.Contains(text, "燃气") {
			return flows.Gas
		}
		return ""
	}
	s.say("li", "", "开")
	s.toy.take()
	*heard = nil
	return s, heard
}

// written is what somebody has written into a form.
func (s *stage) written(who flows.PersonID, to, text string) bot.Inbound {
	in := s.said(string(who), "", text)
	in.Channel, in.As, in.Answers = "desk", who, to
	return in
}

func (s *stage) notebook(want ...string) {
	s.Helper()
	if got := string(s.kase("1").Data); !strings.Contains(got, `"heard":["`+strings.Join(want, `","`)+`"]`) && len(want) > 0 || len(want) == 0 && strings.Contains(got, "heard") {
		s.Errorf("the case heard %s, want %q", got, want)
	}
}

// expected is what a person's next message belongs to.
func (s *stage) expected(who flows.PersonID) (x storage.Expect) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		p, err := tx.Person(who)
		x = p.Expect
		return err
	})
	return x
}

// What is written into a form goes to its case under its tag, whatever else the person is
// asked, and even if it reads like a command.
func TestForm(t *testing.T) {
	s, heard := formStage(t)
	if a := s.hear(s.written("li", "1/say", "我的数据")); a.Toast != "办好" {
		t.Errorf("the answer %q", a.Toast)
	}
	s.notebook(`li \"say\" \"我的数据\" true `)
	if x := s.expected("li"); x.Case != "1" || x.Tag != "note" {
		t.Errorf("another question is open still: %+v", x)
	}
	s.hear(s.written("li", "1/note", "记"))
	s.notebook(`li \"say\" \"我的数据\" true `, `li \"note\" \"记\" true `)
	if x := s.expected("li"); x.Case != "" {
		t.Errorf("that question was answered: %+v", x)
	}
	if len(*heard) != 0 {
		t.Errorf("the flows were asked about %q", *heard)
	}
	// The same form, handed over again.
	in := s.written("li", "1/say", "再说")
	for range 2 {
		if a := s.hear(in); a.Toast != "办好" {
			t.Errorf("the answer %q", a.Toast)
		}
	}
	if got := string(s.kase("1").Data); strings.Count(got, "再说") != 1 {
		t.Errorf("heard twice: %s", got)
	}
	s.pass(time.Hour)
	s.told()
}

// A case that is gone, one that takes no such words, and one whose flow takes none at all
// say so; nothing is kept.
func TestFormNotTaken(t *testing.T) {
	s, heard := formStage(t)
	s.update(func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "50", Flow: "toy", Summary: flows.Summary{Stage: "open"}, Data: []byte(`{"stage":"open"}`)})
	})
	const gone, closed = "这件事已经不在了。", "您写的这句没有收下，这里现在不收了。"
	for to, want := range map[string]string{"99/say": gone, "1/other": closed, "1": closed, "/say": closed, "1/": closed, "50/say": closed} {
		if a := s.hear(s.written("li", to, "一句话")); a.Toast != want {
			t.Errorf("%s: %q, want %q", to, a.Toast, want)
		}
	}
	s.notebook()
	if got := string(s.kase("50").Data); got != `{"stage":"open"}` {
		t.Errorf("a case that takes no forms: %s", got)
	}
	s.hear(s.written("li", "1/say", "关"))
	if a := s.hear(s.written("li", "1/say", "一句话")); a.Toast != closed {
		t.Errorf("when it takes none any more: %q", a.Toast)
	}
	s.notebook(`li \"say\" \"关\" true `)
	if len(*heard) != 0 || len(s.troubles()) != 0 {
		t.Errorf("the flows were asked about %q; troubles %+v", *heard, s.troubles())
	}
	// From a chat it means nothing.
	in := s.said("p1", "", "一句话")
	in.Answers = "1/say"
	s.hear(in)
	if !slices.Equal(*heard, []string{" 一句话"}) {
		t.Errorf("without As: the flows were asked about %q", *heard)
	}
	// Somebody who was forgotten meanwhile.
	if a := s.hear(s.written("r99", "1/say", "一句话")); a.Toast != gone {
		t.Errorf("nobody: %q", a.Toast)
	}
	s.notebook(`li \"say\" \"关\" true `)
}

// Words about a danger answer nothing: the flows hear them, which call for help.
func TestFormWithADanger(t *testing.T) {
	s, heard := formStage(t)
	s.hear(s.written("li", "1/say", "楼道里有燃气味"))
	s.notebook()
	if !slices.Equal(*heard, []string{"li 楼道里有燃气味"}) {
		t.Errorf("the flows were asked about %q", *heard)
	}
	if x := s.expected("li"); x.Case != "1" {
		t.Errorf("the question is open still: %+v", x)
	}
}
