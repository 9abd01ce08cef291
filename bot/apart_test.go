package bot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/room"
	"linli/prompts"
	"linli/storage"
)

// kase gives a case as it is kept.
func (s *stage) kase(id flows.ID) (c flows.Case) {
	s.Helper()
	s.view(func(tx storage.Tx) (err error) { c, err = tx.Case(id); return err })
	return c
}

// A case that is opened apart is no child: its number is its own, and the rest of the step
// finds it.
func TestOpenApart(t *testing.T) {
	f := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		w, ok := e.What.(flows.Opened)
		if !ok {
			return n, nil
		}
		n.Stage = "filed"
		if string(w.Data) == "" {
			return n, []flows.Effect{flows.Open{Flow: "toy", Data: flows.Data("child")}, flows.Open{Flow: "toy", Data: flows.Data("apart"), Apart: true},
				flows.Tell{Flow: "toy", Key: "apart", Name: "hello"}}
		}
		n.Heard = append(n.Heard, "parent "+string(w.Parent))
		if n.Words = string(w.Data); n.Words == `"apart"` {
			n.Matter = "apart"
		}
		return n, nil
	})
	s := newStage(t, nil, f)
	s.say("p1", "", "事情")
	if c := s.kase("2"); c.Parent != "1" || c.No != 1 {
		t.Errorf("the child: parent %q, number %d", c.Parent, c.No)
	}
	if c := s.kase("3"); c.Parent != "" || c.No != 2 {
		t.Errorf("the one apart: parent %q, number %d", c.Parent, c.No)
	}
	if got := s.the("3").Heard; !slices.Equal(got, []string{"opened", "parent ", "told"}) {
		t.Errorf("the one apart heard %q", got)
	}
	s.nobodyBut("1", "2", "3")
}

// nobodyBut checks which cases there are.
func (s *stage) nobodyBut(want ...string) {
	s.Helper()
	var got []string
	s.view(func(tx storage.Tx) error {
		all, err := tx.Cases(1000, nil)
		for _, c := range all {
			got = append(got, string(c.ID))
		}
		return err
	})
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.Errorf("cases %q, want %q", got, want)
	}
}

// What is told under a key reaches the open case of that flow that has exactly this key;
// where there is none, one is opened with it, and is nobody's child.
func TestTellByKey(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			if n.Stage = "open"; w.Key != "" {
				n.Matter = w.Key
				n.Heard = append(n.Heard, w.Key+string(w.Parent)+string(w.Data))
			}
			if w.Said != nil {
				key := strings.TrimPrefix(w.Said.Message.Text, "事")
				return n, []flows.Effect{flows.Tell{Flow: "hall", Key: key, Name: "want"}, flows.Tell{Flow: "hall", Key: key, Name: "again"}}
			}
		case flows.Told:
			n.Heard = append(n.Heard, w.Name+" of "+string(w.From))
			if w.Name == "end" {
				n.Stage, n.Matter = "over", ""
			}
			if w.Name == "want" {
				return n, []flows.Effect{flows.Tell{Case: w.From, Name: "had"}}
			}
		}
		return n, nil
	}
	hears, err := flows.Define("hears", toyWords, rules(r), func(e flows.Event) []flows.Effect {
		if text := e.What.(flows.Said).Message.Text; strings.HasPrefix(text, "找") {
			return []flows.Effect{flows.Tell{Flow: "hall", Key: strings.TrimPrefix(text, "找"), Name: "heard"}}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil, toy(t, "toy", r), hears, toy(t, "hall", r))
	s.say("p1", "", "事#room/ab") // 1 opens 2
	if got := s.the("2").Heard; !slices.Equal(got, []string{"opened", "#room/ab", "told", "want of 1", "told", "again of 1"}) {
		t.Errorf("the hall heard %q", got)
	}
	if c := s.kase("2"); c.Flow != "hall" || c.Parent != "" || c.No != 0 {
		t.Errorf("the hall is %+v", c)
	}
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened", "told", "had of 2"}) {
		t.Errorf("who told it heard %q", got)
	}
	s.say("p1", "", "事#room/a")  // a beginning of the other key: 3 opens 4
	s.say("p1", "", "事#room/ab") // 5 finds 2
	s.say("p1", "", "找#room/a")  // finds 4
	s.say("p1", "", "找#room/x")  // opens 6
	s.nobodyBut("1", "2", "3", "4", "5", "6")
	if got := s.the("2").Heard; !slices.Contains(got, "want of 5") || slices.Contains(got, "want of 3") {
		t.Errorf("the first hall heard %q", got)
	}
	if got := s.the("4").Heard; !slices.Contains(got, "heard of ") || !slices.Contains(got, "again of 3") {
		t.Errorf("the second hall heard %q", got)
	}
	if got := s.the("6").Heard; !slices.Equal(got, []string{"opened", "#room/x", "told", "heard of "}) {
		t.Errorf("the third hall heard %q", got)
	}
	// One that is over, or of another flow, is not found.
	s.update(func(tx storage.Tx) error {
		c, err := tx.Case("4")
		c.Done, c.Matter = true, nil
		other := flows.Case{ID: "99", Flow: "toy", Summary: flows.Summary{Stage: "open", Matter: []string{"#room/y"}}}
		return errors.Join(err, tx.PutCase(c), tx.PutCase(other))
	})
	s.say("p1", "", "找#room/a")
	s.say("p1", "", "找#room/y")
	s.nobodyBut("1", "2", "3", "4", "5", "6", "7", "8", "99")
	if c := s.kase("8"); c.Flow != "hall" {
		t.Errorf("the last one is %+v", c)
	}
	if list := s.troubles(); len(list) != 0 {
		t.Errorf("troubles %+v", list)
	}
}

// A case under a key that lets itself be forgotten is told nothing; a flow that nobody has
// is a rule's fault.
func TestTellByKeyNobody(t *testing.T) {
	f := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		w, ok := e.What.(flows.Opened)
		if !ok {
			return n, nil
		}
		if n.Forget = w.Key != ""; n.Forget {
			return n, nil
		}
		return n, []flows.Effect{flows.Tell{Flow: map[bool]string{true: "nowhere", false: "toy"}[w.Said.Message.Text == "事坏了"], Key: "k", Name: "want"}}
	})
	s := newStage(t, nil, f)
	s.say("p1", "", "事情")
	s.nobodyBut("1")
	s.say("p1", "", "事坏了")
	s.nobodyBut("1")
	if list := s.troubles(); len(list) != 1 {
		t.Errorf("troubles %+v", list)
	}
}

// A button may speak to another case than the one that says it, or lead to it; when that
// case is gone, it says so.
func TestButtonOfAnotherCase(t *testing.T) {
	long := strings.Repeat("x", 60)
	other := toy(t, "other", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		switch w := e.What.(type) {
		case flows.Chose:
			n.Heard = append(n.Heard, w.Choice+" "+w.Value)
			n.Forget = w.Choice == "end"
			if n.Forget {
				n.Stage = "gone"
			}
		}
		return n, nil
	})
	f := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			say := flows.Say{To: person("li"), Class: flows.Emergency, Words: "text", Vars: flows.Vars{"t": flows.Text("看")}, Slot: "s", Buttons: []flows.Button{
				{Words: "also", Choice: "a"}, {Words: "done", Choice: "b=1", Case: "77"}, {Words: "done", Link: "private", Case: "77"}, {Words: "done", Link: "page", Case: "77"},
				{Words: "done", Choice: "end", Case: "77"},
			}}
			if w.Said.Message.Text == "事太长" {
				say.Buttons = []flows.Button{{Words: "done", Choice: long, Case: "12345"}}
			}
			return n, []flows.Effect{say}
		case flows.Chose:
			n.Heard = append(n.Heard, w.Choice)
		}
		return n, nil
	})
	s := newStage(t, func(o *bot.Options) {
		o.Channels = []bot.Channel{linked{o.Channels[0].(*platform)}}
		o.Link = func(page string, p flows.PersonID, word string) string {
			return "https://linli.example/" + page + "/" + string(p) + "/" + word
		}
	}, f, other)
	put := func() {
		s.update(func(tx storage.Tx) error {
			return tx.PutCase(flows.Case{ID: "77", Flow: "other", No: 50, Summary: flows.Summary{Stage: "open"}, Data: json.RawMessage(`{"stage":"open"}`)})
		})
	}
	buttons := func() string {
		got := s.toy.take()
		if len(got) != 1 {
			t.Fatalf("told %v", lines(got))
		}
		return fmt.Sprint(got[0].Buttons)
	}
	put()
	s.say("p1", "", "事情")
	if got, want := buttons(), "[[{我也是 1/a } {办好 77/b=1 } {办好  https://toy.example/v77} {办好  https://linli.example/other/li/77} {办好 77/end }]]"; got != want {
		t.Errorf("buttons\n  %s\nwant\n  %s", got, want)
	}
	s.hear(s.pressed("li", "", "77/b=1"))
	if got := s.the("77").Heard; !slices.Equal(got, []string{"chose", "b 1"}) {
		t.Errorf("the other case heard %q", got)
	}
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened"}) {
		t.Errorf("the case that said it heard %q", got)
	}
	// It is gone: what would press it says so, what would lead to it is left out.
	s.update(func(tx storage.Tx) error { return tx.DropCase("77") })
	if a := s.hear(s.pressed("li", "", "77/b=1")); a.Toast != "这件事已经不在了。" {
		t.Errorf("a button of a case that is gone: %q", a.Toast)
	}
	s.say("p1", "", "事情")
	if got, want := buttons(), "[[{我也是 2/a } {办好 77/b=1 } {办好 77/end }]]"; got != want {
		t.Errorf("with the other case gone\n  %s\nwant\n  %s", got, want)
	}
	// The messages of the case that says it are its own: they do not go with the other.
	s.say("p1", "", "事太长")
	if list := s.troubles(); len(list) != 1 || !strings.Contains(list[0].Why, "64 bytes") {
		t.Errorf("a button that is too long with the other case's id: %+v", list)
	}
}

// In a bundle a button says which case it is for, but one of another case.
func TestButtonOfAnotherCaseInABundle(t *testing.T) {
	f := toy(t, "toy", only(flows.Say{To: person("li"), Class: flows.Work, Words: "remind", Vars: flows.Vars{"t": flows.Text("催")}, Bundle: true,
		Buttons: []flows.Button{{Words: "also", Choice: "a"}, {Words: "done", Choice: "b", Case: "77"}}}))
	s := newStage(t, nil, f)
	s.say("p1", "", "事一")
	s.say("p2", "", "事二")
	s.pass(8 * time.Hour)
	got := lines(s.toy.take())
	if len(got) != 1 || got[0] != "li: 0001 催\n\n0002 催 [0001 我也是] [办好] [0002 我也是] [办好]" {
		t.Errorf("told %q", got)
	}
}

// similar keeps what the rules were shown as similar.
type shown struct {
	mu   sync.Mutex
	last []flows.Similar
	n    int
}

func (l *shown) flow(t *testing.T) flows.Flow {
	f, err := flows.Define("ear", toyWords, func(_ string, n note, e flows.Event) (note, []flows.Effect) { return n, nil }, func(e flows.Event) []flows.Effect {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.last = e.Similar
		l.n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (l *shown) take() (out []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.last {
		out = append(out, fmt.Sprintf("%s %s %s", x.Case.ID, x.Flow, x.Why))
	}
	l.last = nil
	return out
}

// A meeting that is held in a group is found by what is said there, before anything
// else; not by what is said elsewhere, or of another group.
func TestHeldInAGroup(t *testing.T) {
	ear := &shown{}
	s := newStage(t, nil, ear.flow(t), toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Heard = append(n.Heard, fmt.Sprint(len(e.Similar)))
		return n, nil
	}))
	put := func(c flows.Case) {
		c.Stage = "open"
		s.update(func(tx storage.Tx) error { return tx.PutCase(c) })
	}
	put(flows.Case{ID: "1", Flow: "demand", No: 12, Summary: flows.Summary{}})
	put(flows.Case{ID: "2", Flow: "meeting", No: 12, Parent: "1", Summary: flows.Summary{Matter: []string{"#meeting/", flows.HeldIn("b3")}}})
	put(flows.Case{ID: "3", Flow: "meeting", No: 14, Summary: flows.Summary{Matter: []string{"#meeting/", flows.HeldIn("b33")}}})
	put(flows.Case{ID: "4", Flow: "meeting", No: 15, Summary: flows.Summary{Matter: []string{"#meeting/", flows.HeldIn("b")}}})
	s.read.read = func(text string, _ prompts.Context) flows.Reading {
		if strings.Contains(text, "12") {
			return flows.Reading{Number: 12}
		}
		return flows.Reading{}
	}
	want := func(what string, want ...string) {
		t.Helper()
		if got := ear.take(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	s.say("p1", "g3", "我同意")
	want("said in the group", "2 meeting held")
	s.say("p1", "g3", "12怎么样")
	want("with a number", "2 meeting held", "1 demand number")
	edited := s.said("p1", "g3", "改口")
	edited.Kind = bot.Edited
	s.hear(edited)
	want("a new wording", "2 meeting held")
	put(flows.Case{ID: "5", Flow: "toy"})
	s.hear(s.pressed("p1", "g3", "5/a"))
	if got := s.the("5").Heard; !slices.Equal(got, []string{"chose", "0"}) {
		t.Errorf("a button pressed in the group belongs to its case alone: %q", got)
	}
	s.say("p1", "", "我同意")
	want("said in private")
	s.say("p1", "g4", "我同意")
	want("said in another group")
	s.update(func(tx storage.Tx) error {
		c, err := tx.Case("2")
		c.Matter = []string{"#meeting/"}
		return errors.Join(err, tx.PutCase(c))
	})
	s.say("p1", "g3", "我同意")
	want("when it is over")
	s.nobodyBut("1", "2", "3", "4", "5")
}

// What a case has opened is found by its number only with it, unless it has a key of its
// own; and what is said about it a moment later leads to the one that opened it, or to it.
func TestChildrenWithKeysAreFound(t *testing.T) {
	ear := &shown{}
	s := newStage(t, nil, ear.flow(t))
	put := func(c flows.Case, keys ...string) {
		c.No, c.Stage, c.Matter = 12, "open", keys
		s.update(func(tx storage.Tx) error { return tx.PutCase(c) })
	}
	put(flows.Case{ID: "1", Flow: "demand"}, "3-1/3/")
	put(flows.Case{ID: "2", Flow: "dispatch", Parent: "1"})
	put(flows.Case{ID: "3", Flow: "meeting", Parent: "1"}, "#meeting/")
	put(flows.Case{ID: "4", Flow: "dispatch", Parent: "3"})
	put(flows.Case{ID: "5", Flow: "poll", Parent: "3"}, flows.PollMatter)
	s.read.read = func(text string, _ prompts.Context) (r flows.Reading) {
		switch {
		case strings.Contains(text, "12"):
			r.Number = 12
		case strings.Contains(text, "接龙"):
			r.Chain = &flows.Chain{}
		}
		return r
	}
	want := func(what string, want ...string) {
		t.Helper()
		if got := ear.take(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	s.say("p1", "", "12怎么样")
	want("by number", "1 demand number", "3 meeting number", "5 poll number")
	s.say("p1", "g3", "接龙")
	want("by key", "5 poll matter")
	for id, found := range map[flows.ID]string{"1": "1 demand recent", "2": "1 demand recent", "3": "3 meeting recent", "4": "3 meeting recent", "5": "5 poll recent"} {
		s.update(func(tx storage.Tx) error { return tx.PutRef("g", "r"+string(id), id) })
		in := s.said("p1", "g3", "嗯")
		in.Message.ReplyTo = "r" + string(id)
		s.hear(in)
		want("in answer to a message of "+string(id), found)
	}
	put(flows.Case{ID: "3", Flow: "meeting", Parent: "1"}) // closed
	in := s.said("p1", "g3", "嗯")
	in.Message.ReplyTo = "r4"
	s.hear(in)
	want("in answer to a task of a meeting that is over", "1 demand recent")
}

// booker books a room, as meetings do: "事 3 5" from hour 3 to hour 5 of a day.
func booker(t *testing.T, day time.Time) flows.Flow {
	return toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage = "filed"
			var from, to int
			if _, err := fmt.Sscanf(w.Said.Message.Text, "事 %d %d", &from, &to); err != nil {
				return n, nil
			}
			b := flows.Booking{Room: "r", Slot: flows.TheMeeting, From: day.Add(time.Duration(from) * time.Hour), To: day.Add(time.Duration(to) * time.Hour), No: e.Case.No}
			return n, []flows.Effect{flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey("r"), Name: "book", Data: flows.Data(b)}}
		case flows.Told:
			var b flows.Booking
			if err := json.Unmarshal(w.Data, &b); err != nil {
				panic(err)
			}
			n.Words, n.Matter = w.Name, fmt.Sprintf("%d-%d", int(b.From.Sub(day).Hours()), int(b.To.Sub(day).Hours()))
		}
		return n, nil
	})
}

// Fifty who want one room at the same time: no two are in it at once, whoever is refused
// would have been, and everybody knows what they have.
func TestOneRoomForFifty(t *testing.T) {
	day := time.Date(2026, 3, 14, 0, 0, 0, 0, settings().Zone)
	halls, err := room.New()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, func(o *bot.Options) { o.Settings.Rooms = []flows.Room{{ID: "r", Name: "邻里室"}} }, booker(t, day), halls)
	var wg sync.WaitGroup
	for i := range 50 {
		from := i * 7 % 20
		in := s.said(fmt.Sprintf("p%d", i), "", fmt.Sprintf("事 %d %d", from, from+1+i%3))
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := s.b.Receive(t.Context(), in); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	type span struct{ from, to int }
	var has, refused []span
	var kept room.State
	rooms := 0
	s.view(func(tx storage.Tx) error {
		all, err := tx.Cases(1000, nil)
		for _, c := range all {
			if c.Flow == flows.RoomFlow {
				rooms++
				if err := json.Unmarshal(c.Data, &kept); err != nil {
					return err
				}
				continue
			}
			var n note
			var x span
			if err := json.Unmarshal(c.Data, &n); err != nil {
				return err
			}
			if _, err := fmt.Sscanf(n.Matter, "%d-%d", &x.from, &x.to); err != nil {
				t.Errorf("case %s was told nothing: %s", c.ID, c.Data)
			}
			switch n.Words {
			case "booked":
				has = append(has, x)
			case "taken":
				refused = append(refused, x)
			}
		}
		return err
	})
	if rooms != 1 || len(has)+len(refused) != 50 || len(has) == 0 || len(refused) == 0 {
		t.Fatalf("%d rooms, %d have it, %d were refused", rooms, len(has), len(refused))
	}
	over := func(a, b span) bool { return a.from < b.to && b.from < a.to }
	for i, a := range has {
		for _, b := range has[i+1:] {
			if over(a, b) {
				t.Errorf("two in one room: %v, %v", a, b)
			}
		}
	}
	for _, a := range refused {
		if !slices.ContainsFunc(has, func(b span) bool { return over(a, b) }) {
			t.Errorf("%v was refused, and nobody is there then: %v", a, has)
		}
	}
	var inRoom []span
	for _, b := range kept.Bookings {
		inRoom = append(inRoom, span{int(b.From.Sub(day).Hours()), int(b.To.Sub(day).Hours())})
	}
	order := func(a, b span) int { return a.from - b.from }
	slices.SortFunc(inRoom, order)
	slices.SortFunc(has, order)
	if !slices.Equal(inRoom, has) {
		t.Errorf("the room has %v, the meetings %v", inRoom, has)
	}
}

// A room that nobody wants any more is no case, and the sweep passes over one that is kept
// for long: it has no end.
func TestRoomIsForgotten(t *testing.T) {
	day := time.Date(2026, 3, 14, 0, 0, 0, 0, settings().Zone)
	halls, err := room.New()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, func(o *bot.Options) {
		o.Settings.Rooms = []flows.Room{{ID: "r", Name: "邻里室"}}
		o.Settings.Limits.Keep = flows.Keep{Words: time.Hour, Sent: time.Hour, Cases: 2 * time.Hour, Idle: time.Hour}
	}, booker(t, day), halls)
	s.say("p1", "", "事 9 11")
	s.pass(100 * 24 * time.Hour)
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nobodyBut("1", "2")
	s.say("p1", "", "事 2 1") // refused; what was is long over
	s.nobodyBut("1", "3")
}
