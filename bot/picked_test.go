package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// ballot is a Say that asks a group, with buttons for where there are no polls.
func ballot(to flows.To, question string, options ...string) flows.Say {
	say := tell(to, flows.Notice, question)
	say.Slot = "vote"
	say.Ballot = &flows.Ballot{Words: "text", Options: options, Choice: "v!"}
	for i := range options {
		say.Buttons = append(say.Buttons, flows.Button{Words: "also", Choice: "v!=" + string(rune('A'+i))})
	}
	say.Buttons = append(say.Buttons, flows.Button{Words: "done", Link: "private", Row: 1}, flows.Button{Words: "done", Link: "page", Row: 2})
	return say
}

// polled is a flow that asks a question when it is opened, keeps who has chosen
// what, shows how many that are, and ends it with the press "end".
func polled(t *testing.T, question string, options ...string) flows.Flow {
	group := flows.To{Chat: "g"}
	return toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage = "filed"
			return n, []flows.Effect{ballot(group, question, options...)}
		case flows.Chose:
			n.Heard = append(n.Heard, fmt.Sprintf("%s %s=%s in %s reach %v", e.By.Person, w.Choice, w.Value, e.Chat.ID, e.By.Reachable))
			if w.Choice == "end" {
				n.Words = "over"
				say := tell(group, flows.Notice, "结束了")
				say.Slot, say.Buttons = "vote", []flows.Button{{Words: "also", Choice: "x"}, {Words: "done", Link: "page"}}
				return n, []flows.Effect{say}
			}
			again := ballot(group, question, options...)
			again.Vars = flows.Vars{"t": flows.Text(question + "，已有人答")}
			return n, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "v/" + w.Value}}, again}
		}
		return n, nil
	})
}

// linked is a platform that knows the way to its private conversation.
type linked struct{ *platform }

func (linked) Link(word string) string { return "https://toy.example/" + word }

// pollStage is a platform with polls; the case 1 has asked its question.
func pollStage(t *testing.T, change func(*stage), question string, options ...string) *stage {
	t.Helper()
	s := newStage(t, nil, polled(t, question, options...))
	s.toy.caps.Polls, s.toy.caps.WritesFirst = true, false
	s.o.Channels = []bot.Channel{linked{s.toy}}
	s.o.Link = func(page string, p flows.PersonID, word string) string {
		return "https://linli.example/" + page + "/" + string(p) + "/" + word
	}
	if change != nil {
		change(s)
	}
	s.restart()
	s.say("p1", "g3", "事情")
	return s
}

func (s *stage) picked(who, poll string, picks ...int) bot.Inbound {
	in := s.said(who, "", "")
	in.Kind, in.Poll, in.Picks, in.Chat, in.Message = bot.Picked, poll, picks, bot.Peer{}, flows.Message{}
	return in
}

func (s *stage) keys(prefix string) (names []string) {
	s.view(func(tx storage.Tx) error {
		all, err := tx.Keys(prefix)
		for name := range all {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return names
}

// chosen is what the rules heard of presses and votes.
func (s *stage) chosen() (all []string) {
	for _, h := range s.the("1").Heard {
		if strings.Contains(h, "=") {
			all = append(all, h)
		}
	}
	return all
}

// A platform with polls asks in its own form: once, without text; how it stands it
// shows by itself, and the last word ends it.
func TestBallot(t *testing.T) {
	s := pollStage(t, nil, " 要不要装充电桩？ ", "要", "不要", "再商量")
	got := s.toy.take()
	if len(got) != 1 || got[0].To != "g3" || got[0].Poll == nil || got[0].Text != "" || got[0].Photos != nil {
		t.Fatalf("arrived %+v", got)
	}
	if p := got[0].Poll; p.Question != "要不要装充电桩？" || !slices.Equal(p.Options, []string{"要", "不要", "再商量"}) {
		t.Errorf("asked %+v", p)
	}
	if l := fmt.Sprint(got[0].Buttons); l != "[[{办好  https://toy.example/v1}] [{办好  https://linli.example/toy//1}]]" {
		t.Errorf("its buttons are %s", l)
	}
	s.view(func(tx storage.Tx) error {
		if id, err := tx.Ref("g", "toy-1"); id != "1" || err != nil {
			t.Errorf("who answers the poll speaks about case %q, %v", id, err)
		}
		return nil
	})
	s.hear(s.picked("p2", "q1", 1))
	s.drain()
	s.told() // the platform shows it
	if n := len(s.toy.tries()); n != 1 {
		t.Errorf("%d calls, want one", n)
	}
	s.hear(s.pressed("li", "", "1/end"))
	s.drain()
	got = s.toy.take()
	if len(got) != 1 || !got[0].StopPoll || got[0].Edit != "toy-1!q1@t" || got[0].Text != "" || got[0].Poll != nil {
		t.Fatalf("the end is %+v", got)
	}
	if l := fmt.Sprint(got[0].Buttons); l != "[[{办好  https://linli.example/toy//1}]]" {
		t.Errorf("with the buttons %s", l)
	}
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles %+v", list)
	}
}

// Where there are no polls, or none that has room for it, and to one person, it is
// asked in words with buttons, and its text changes.
func TestBallotInWords(t *testing.T) {
	long := strings.Repeat("长", 301)
	for name, x := range map[string]struct {
		caps     func(*bot.Capabilities)
		question string
		options  []string
		polls    bool
	}{
		"no polls":            {func(c *bot.Capabilities) { c.Polls = false }, "问", []string{"a", "b"}, false},
		"room":                {nil, long[:900], []string{long[:300], "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}, true},
		"a question too long": {nil, long, []string{"a", "b"}, false},
		"an option too long":  {nil, "问", []string{"a", long[:303]}, false},
		"an empty option":     {nil, "问", []string{"a", " "}, false},
		"one option":          {nil, "问", []string{"a"}, false},
		"thirteen":            {nil, "问", strings.Split("abcdefghijklm", ""), false},
		"no edits, but polls": {func(c *bot.Capabilities) { c.Edits = false }, "问", []string{"a", "b"}, true},
		"neither of them":     {func(c *bot.Capabilities) { c.Edits, c.Polls = false, false }, "问", []string{"a", "b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := pollStage(t, func(s *stage) {
				if x.caps != nil {
					x.caps(&s.toy.caps)
				}
			}, x.question, x.options...)
			got := s.toy.take()
			if len(got) != 1 || (got[0].Poll != nil) != x.polls {
				t.Fatalf("arrived %+v", got)
			}
			n := 2
			if !x.polls {
				n += len(x.options)
			}
			buttons := 0
			for _, row := range got[0].Buttons {
				buttons += len(row)
			}
			if buttons != n || !x.polls && got[0].Text != x.question {
				t.Errorf("%d buttons of %d under %q", buttons, n, got[0].Text)
			}
			s.hear(s.pressed("p2", "g3", "1/v!=B"))
			s.drain()
			switch got := s.toy.take(); {
			case x.polls && len(got) == 0:
			case x.polls:
				t.Errorf("the poll was changed: %+v", got)
			case len(got) != 1 || got[0].StopPoll || (got[0].Edit != "") != s.toy.caps.Edits || !strings.HasSuffix(got[0].Text, "已有人答"):
				t.Errorf("changed to %+v", got)
			}
			if list := s.troubles(); len(list) != 0 {
				t.Errorf("troubles %+v", list)
			}
			if (len(s.keys("native/")) == 1) != x.polls {
				t.Errorf("kept %q", s.keys("native/"))
			}
		})
	}
}

func TestBallotToOnePerson(t *testing.T) {
	say := ballot(person("li"), "问", "要", "不要")
	s := newStage(t, nil, toy(t, "toy", only(say)))
	s.toy.caps.Polls = true
	s.say("p1", "", "事情")
	s.told("li: 问 [我也是] [我也是]") // and none that leads nowhere
}

// What somebody chooses there is a press of a button of the case, in the group, of
// a person who has not written to Linli; delivered again it is nothing new.
func TestPicked(t *testing.T) {
	s := pollStage(t, nil, "问", "要", "不要")
	first := s.picked("p2", "q1", 1)
	for range 3 {
		if a := s.hear(first); a.Toast != "" {
			t.Errorf("answered with %q", a.Toast)
		}
	}
	s.hear(s.picked("p3", "q1", 0))
	s.hear(s.picked("p2", "q1")) // taken back
	s.hear(s.picked("p2", "q1", 0))
	s.hear(s.picked("li", "q1", 1)) // who can be written to
	s.drain()
	want := []string{"r2 v!=B in g reach false", "r3 v!=A in g reach false", "r2 v!= in g reach false", "r2 v!=A in g reach false", "li v!=B in g reach true"}
	if got := s.chosen(); !slices.Equal(got, want) {
		t.Errorf("the rules heard\n%q, want\n%q", got, want)
	}
	s.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p2")
		if p.ID != "r2" || len(p.Reach) != 0 || !slices.Equal(p.Addresses, []string{"toy:p2"}) {
			t.Errorf("who voted is kept as %+v", p)
		}
		return err
	})
	before := len(s.the("1").Heard)
	nobody := s.picked("p9", "q1", 1)
	nobody.From.Person = false
	for name, in := range map[string]bot.Inbound{
		"a poll nobody knows": s.picked("p2", "q7", 1),
		"no poll":             s.picked("p2", "", 1),
		"another's":           func() bot.Inbound { in := s.picked("p2", "q1", 1); in.Channel = "other"; return in }(),
		"several":             s.picked("p2", "q1", 0, 1),
		"below the first":     s.picked("p2", "q1", -1),
		"far above":           s.picked("p2", "q1", 12),
		"no person":           nobody,
		"a long id":           s.picked("p2", strings.Repeat("q", 5000), 1),
	} {
		s.hear(in)
		if n := len(s.the("1").Heard); n != before {
			t.Errorf("%s: the rules heard %q", name, s.the("1").Heard[before:])
			before = n
		}
	}
	s.view(func(tx storage.Tx) error {
		if _, err := tx.PersonAt("toy:p9"); err == nil {
			t.Error("nobody is kept as a person")
		}
		return nil
	})
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles %+v", list)
	}
}

// A vote that comes before it is kept what the poll is called there is not taken, so
// that the platform brings it again.
func TestPickedEarly(t *testing.T) {
	var s *stage
	tried := 0
	early := bot.Inbound{}
	s = pollStage(t, func(s *stage) {
		early = s.picked("p2", "q1", 0)
		s.toy.on(func(to string, m bot.Message) error {
			if m.Poll == nil {
				return nil
			}
			tried++
			if _, err := s.b.Receive(context.Background(), early); err == nil {
				t.Error("a vote in a poll that is being sent was taken, and lost")
			}
			return nil
		})
	}, "问", "要", "不要")
	if tried != 1 {
		t.Fatalf("the poll was sent %d times", tried)
	}
	s.hear(early)
	if got := s.chosen(); !slices.Equal(got, []string{"r2 v!=A in g reach false"}) {
		t.Errorf("the rules heard %q", got)
	}
	// When nothing is on its way, an unknown one is not brought for ever.
	s.hear(s.picked("p2", "q7", 0))
}

// What a poll is called is kept for as long as its case is open.
func TestPickedIsSwept(t *testing.T) {
	s := pollStage(t, nil, "问", "要", "不要")
	if got := s.keys("native/"); !slices.Equal(got, []string{"native/toy:q1"}) {
		t.Fatalf("kept %q", got)
	}
	sweep := func(want int, when string) {
		t.Helper()
		if err := s.b.Sweep(s.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.keys("native/"); len(got) != want {
			t.Errorf("%s %q is kept", when, got)
		}
	}
	sweep(1, "while it is open")
	done := func() {
		s.update(func(tx storage.Tx) error {
			c, err := tx.Case("1")
			if err != nil {
				return err
			}
			c.Done = true
			return tx.PutCase(c)
		})
	}
	done()
	s.hear(s.picked("p2", "q1", 0))
	if got := s.chosen(); len(got) != 0 {
		t.Errorf("a case that is over heard %q", got)
	}
	if got := s.keys("native/"); len(got) != 0 {
		t.Errorf("after a vote in one that is over %q is kept", got)
	}
	s = pollStage(t, nil, "问", "要", "不要")
	done()
	sweep(0, "after it is over")
	s = pollStage(t, nil, "问", "要", "不要")
	s.update(func(tx storage.Tx) error { return tx.DropCase("1") })
	sweep(0, "after it was forgotten")
}

// Buttons that lead somewhere lead there, whatever their case is called; where there
// is no such place there is none.
func TestLink(t *testing.T) {
	say := tell(person("li"), flows.Personal, "好")
	say.Buttons = []flows.Button{
		{Words: "also", Choice: "a"}, {Words: "done", Link: "private"}, {Words: "done", Link: "page"}, {Words: "done", Link: "elsewhere"},
		{Words: "also", Choice: "b", Row: 1},
	}
	s := newStage(t, nil, toy(t, "toy", only(say)))
	s.say("p1", "", "事情")
	got := s.toy.take()
	if len(got) != 1 || fmt.Sprint(got[0].Buttons) != "[[{我也是 1/a }] [{我也是 1/b }]]" {
		t.Fatalf("with no such places: %v", got)
	}
	s.o.Channels = []bot.Channel{linked{s.toy}}
	page := "https://linli.example/" + strings.Repeat("x", 90)
	s.o.Link = func(what string, p flows.PersonID, word string) string {
		if what != "toy" || p != "li" || word != "2" {
			t.Errorf("asked for the page %q of %q, %q", what, p, word)
		}
		return page
	}
	s.restart()
	s.say("p1", "", "事情")
	got = s.toy.take()
	if len(got) != 1 || fmt.Sprint(got[0].Buttons) != "[[{我也是 2/a } {办好  https://toy.example/v2} {办好  "+page+"}] [{我也是 2/b }]]" {
		t.Errorf("with both: %v", got)
	}
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles %+v", list)
	}
}

// A chart comes as a picture with the text, the first time; where photos cannot be
// sent, and where it cannot be drawn, the text comes alone.
func TestChart(t *testing.T) {
	chart := &flows.Chart{Bars: []flows.Bar{{Label: "A", N: 34}, {Label: "B", N: 11}}, Of: 96}
	ask := func(c *flows.Chart) rules {
		return func(_ string, n note, e flows.Event) (note, []flows.Effect) {
			say := tell(flows.To{Chat: "g"}, flows.Notice, "结果"+n.Stage)
			n.Stage, say.Slot, say.Chart = "filed", "result", c
			if _, told := e.What.(flows.Delivered); told {
				return n, nil
			}
			return n, []flows.Effect{say}
		}
	}
	s := newStage(t, nil, toy(t, "toy", ask(chart)))
	s.say("p1", "g3", "事情")
	got := s.toy.take()
	if len(got) != 1 || got[0].Text != "结果" || len(got[0].Photos) != 1 {
		t.Fatalf("arrived %q with %d photos", lines(got), len(got[0].Photos))
	}
	if img, err := png.Decode(bytes.NewReader(got[0].Photos[0].Data)); err != nil || img.Bounds().Dx() != 1080 {
		t.Errorf("the picture is none: %v", err)
	}
	s.hear(s.pressed("p2", "g3", "1/again"))
	s.drain()
	if got := s.toy.take(); len(got) != 1 || got[0].Edit == "" || len(got[0].Photos) != 0 {
		t.Errorf("changed to %q with %d photos", lines(got), len(got[0].Photos))
	}
	for name, x := range map[string]struct {
		photos bool
		chart  *flows.Chart
	}{"no photos": {false, chart}, "not to be drawn": {true, &flows.Chart{}}} {
		s := newStage(t, nil, toy(t, "toy", ask(x.chart)))
		s.toy.caps.Photos = x.photos
		s.say("p1", "g3", "事情")
		if got := s.toy.take(); len(got) != 1 || got[0].Text != "结果" || len(got[0].Photos) != 0 {
			t.Errorf("%s: arrived %+v", name, got)
		}
		if list := s.troubles(); len(list) != 0 {
			t.Errorf("%s: troubles %+v", name, list)
		}
	}
}

// A long text with a picture leaves in parts, the picture with the first only.
func TestChartWithLongText(t *testing.T) {
	say := tell(person("li"), flows.Personal, strings.Repeat("长", 250))
	say.Chart = &flows.Chart{Bars: []flows.Bar{{Label: "A", N: 1}}}
	s := newStage(t, nil, toy(t, "toy", only(say)))
	s.toy.caps.Text = 100
	s.say("p1", "", "事情")
	s.pass(time.Minute)
	got := s.toy.take()
	if len(got) != 3 || len(got[0].Photos) != 1 || len(got[1].Photos)+len(got[2].Photos) != 0 {
		t.Errorf("arrived as %d parts", len(got))
	}
}
