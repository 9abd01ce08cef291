package bot_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// box is the state of a flow whose entries are not only those of persons.
type box struct {
	Stage string   `json:"stage"`
	Keep  []string `json:"keep,omitempty"` // what Keys gives
	Over  []string `json:"over,omitempty"` // what Pass gives for everybody
	Saw   []string `json:"saw,omitempty"`
}

func (b box) Summary() flows.Summary {
	s := flows.Summary{Stage: b.Stage, Done: b.Stage == "done", Numbered: true}
	if b.Stage == "open" {
		s.Matter = []string{flows.PollMatter}
	}
	return s
}

func (b box) Keys(flows.Event) []string {
	if slices.Contains(b.Keep, "fault") {
		panic("a rule that fails")
	}
	return b.Keep
}

func (b box) Pass(a flows.Actor, _ *flows.Settings) []string {
	if slices.Contains(b.Over, "fault") {
		panic("a rule that fails")
	}
	return append(slices.Clone(b.Over), string(a.Person), "h/"+a.Home.Building+"/"+a.Home.Unit+"/"+a.Home.Room)
}

// boxes defines a flow that opens a case for what begins with "票".
func boxes(t *testing.T, name string, r func(b box, e flows.Event) (box, []flows.Effect)) flows.Flow {
	t.Helper()
	f, err := flows.Define(name, toyWords, func(_ string, b box, e flows.Event) (box, []flows.Effect) {
		if _, opened := e.What.(flows.Opened); opened {
			b.Stage = "open"
		}
		return r(b, e)
	}, func(e flows.Event) []flows.Effect {
		s := e.What.(flows.Said)
		if !strings.HasPrefix(s.Message.Text, "票") {
			return nil
		}
		return []flows.Effect{flows.Open{Flow: name, Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// box gives the state of a case.
func (s *stage) box(id flows.ID) (b box) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		return json.Unmarshal(c.Data, &b)
	})
	return b
}

// put writes an entry of a case.
func (s *stage) put(id flows.ID, key, tag string, order int64) {
	s.Helper()
	s.update(func(tx storage.Tx) error { return tx.PutEntry(id, flows.Entry{Key: key, Tag: tag, Order: order}) })
}

// details are what the journal of a case keeps of its steps.
func (s *stage) details(id flows.ID) (list []string) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		all, err := tx.Journal(id)
		for _, r := range all {
			list = append(list, r.Kind+" "+r.Detail)
		}
		return err
	})
	return list
}

// Rules see the entries whose keys they ask for, those that are there and no more
// than are allowed; where asking fails, the press is parked.
func TestEntriesThatRulesAskFor(t *testing.T) {
	var saw []string
	keep := []string{"h/3/1/501", "h/3/1/502"}
	s := newStage(t, nil, boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		saw = saw[:0]
		for k, n := range e.Entries {
			saw = append(saw, k+"="+n.Tag)
		}
		slices.Sort(saw)
		if e.Entry != nil {
			saw = append(saw, "own="+e.Entry.Tag)
		}
		b.Keep = keep
		return b, nil
	}))
	s.say("p1", "", "票")
	if len(saw) != 0 {
		t.Errorf("an event that opens a case brings %q", saw)
	}
	s.put("1", "h/3/1/501", "v/A/3", 1)
	s.put("1", "h/9/9/909", "v/A/9", 1)
	s.put("1", "li", "voter", 1)
	s.hear(s.pressed("li", "", "1/v!=A"))
	if want := []string{"h/3/1/501=v/A/3", "own=voter"}; !slices.Equal(saw, want) {
		t.Errorf("a press brings %q, want %q", saw, want)
	}
	keep = nil
	for i := range 276 {
		keep = append(keep, fmt.Sprint("k", i))
		s.put("1", keep[i], "v/A/3", 1)
	}
	s.hear(s.pressed("p1", "", "1/x")) // it still asks for the two
	if s.hear(s.pressed("p1", "", "1/x")); len(saw) != 256 {
		t.Errorf("a press brings %d entries", len(saw))
	}
	keep = []string{"fault"}
	s.hear(s.pressed("p1", "", "1/x"))
	s.hear(s.pressed("p1", "", "1/x"))
	if n := len(s.troubles()); n != 1 {
		t.Errorf("%d troubles after a rule failed on what it wants to see", n)
	}
	if err := s.b.Correct(t.Context(), "li", bot.Correction{Home: &flows.Place{Building: "3"}}); err == nil {
		t.Error("a home was changed of which a case cannot hear")
	}
}

// What somebody with a post has begun in this month of the community's calendar is
// counted, of this flow and nobody else's.
func TestBegunInTheMonth(t *testing.T) {
	begun := map[flows.PersonID]int{}
	r := func(b box, e flows.Event) (box, []flows.Effect) {
		begun[e.By.Person] = e.Begun
		if _, opened := e.What.(flows.Opened); !opened {
			return b, nil
		}
		return b, []flows.Effect{flows.Put{Entry: flows.Entry{Key: flows.BegunKey(e.By.Person), Tag: "by", Order: e.At.Unix()}}}
	}
	var plain int
	other := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		plain = e.Begun
		return n, []flows.Effect{flows.Put{Entry: flows.Entry{Key: flows.BegunKey(e.By.Person), Tag: "by", Order: e.At.Unix()}}}
	})
	s := newStage(t, nil, boxes(t, "box", r), boxes(t, "third", r), other)
	zone := settings().Zone
	for i, at := range []time.Time{
		time.Date(2026, 2, 28, 23, 59, 59, 0, zone), // the month before
		time.Date(2026, 3, 1, 0, 0, 0, 0, zone),     // in Greenwich still February
		time.Date(2026, 3, 31, 23, 59, 59, 0, zone),
	} {
		s.clock.Set(at)
		s.say("chen", "", "票")
		if begun["chen"] != max(0, i-1) {
			t.Errorf("when the case of %s was opened, %d had been begun", at, begun["chen"])
		}
	}
	s.say("chen", "", "事")
	s.update(func(tx storage.Tx) error { return tx.PutCase(flows.Case{ID: "90", Flow: "third"}) })
	s.put("90", flows.BegunKey("chen"), "by", s.clock.Now().Unix())
	s.say("li", "", "票")
	s.say("p1", "", "票")
	for who, want := range map[flows.PersonID]int{"chen": 2, "li": 1, "r1": 0} {
		s.hear(s.pressed(strings.Replace(string(who), "r1", "p1", 1), "", "1/x"))
		if begun[who] != want {
			t.Errorf("%s has begun %d in March, want %d", who, begun[who], want)
		}
	}
	s.clock.Set(time.Date(2026, 4, 1, 0, 0, 0, 0, zone))
	if s.hear(s.pressed("chen", "", "1/x")); begun["chen"] != 0 {
		t.Errorf("%d begun in April", begun["chen"])
	}
	if s.hear(s.pressed("chen", "", "4/x")); plain != 0 {
		t.Errorf("a flow that does not ask hears of %d", plain)
	}
}

// The seed of a case is the same in all its events and after a restart, is another
// one's for another case, and nobody can work it out who does not know the store.
func TestSeed(t *testing.T) {
	seeds := map[flows.ID][]string{}
	f := boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		seeds[e.Case.ID] = append(seeds[e.Case.ID], e.Seed)
		return b, nil
	})
	plain := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if n.Stage = "filed"; e.Seed != "" {
			t.Error("a flow that has no use for it gets a seed")
		}
		return n, nil
	})
	s := newStage(t, func(o *bot.Options) { o.Secret = nil }, f, plain)
	s.say("p1", "", "票")
	s.say("p1", "", "票")
	s.say("p1", "", "事")
	s.restart()
	s.hear(s.pressed("p2", "", "1/x"))
	one, two := seeds["1"], seeds["2"]
	if len(one) != 2 || one[0] != one[1] || len(one[0]) != 32 || len(two) != 1 || one[0] == two[0] {
		t.Errorf("seeds of one case %q, of another %q", one, two)
	}
	s.o.Secret = []byte("known")
	s.restart()
	s.hear(s.pressed("p2", "", "1/x"))
	h := hmac.New(sha256.New, []byte("known"))
	h.Write([]byte("1"))
	if want := hex.EncodeToString(h.Sum(nil))[:32]; seeds["1"][2] != want || want == one[0] {
		t.Errorf("with a known secret the seed is %q, want %q", seeds["1"][2], want)
	}
}

// What was chosen in silence is told to who chose it, also when the press is
// delivered again, and is nowhere in the store; the journal keeps that something was
// chosen, with the sum that the rules have it keep.
func TestChosenInSilence(t *testing.T) {
	const vote = "QQVOTEQQ"
	fails := false
	s := newStage(t, nil, boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		w, press := e.What.(flows.Chose)
		if !press {
			return b, nil
		}
		if fails {
			panic("a rule that fails at " + w.Value)
		}
		toast := tell(flows.To{}, flows.Personal, "您选了"+w.Value)
		toast.Toast = true
		return b, []flows.Effect{toast, flows.Seal{Sum: "5ea1"}, flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "voter"}}}
	}))
	s.say("p1", "", "票")
	press := s.pressed("p1", "", "1/v!="+vote)
	press.Keys = []string{"u/1", "c/1"}
	for _, keys := range [][]string{{"u/1", "c/1"}, {"u/2", "c/1"}, {"u/1"}} {
		press.Keys = keys
		if a := s.hear(press); a.Toast != "您选了"+vote {
			t.Errorf("under %q the voter is told %q", keys, a.Toast)
		}
	}
	s.drain()
	s.nowhere(vote)
	marks := func() {
		t.Helper()
		back := errors.New("not kept")
		err := s.store.Update(t.Context(), func(tx storage.Tx) error {
			for _, k := range []string{"u/1", "c/1", "u/9"} {
				prior, seen, err := tx.Once(k, s.clock.Now(), nil)
				if err != nil || k != "u/9" && !seen || strings.Contains(string(prior), vote) {
					t.Errorf("the mark %s (seen %v, %v) holds %q", k, seen, err, prior)
				}
			}
			return back
		})
		if !errors.Is(err, back) {
			t.Error(err)
		}
	}
	marks()
	if a := s.hear(s.pressed("p1", "", "1/open="+vote)); a.Toast == "" {
		t.Error("another press has no notice")
	}
	if got, want := s.details("1"), []string{"opened ", "chose v! 5ea1", "chose open=" + vote + " 5ea1"}; !slices.Equal(got, want) {
		t.Errorf("the journal is %q, want %q", got, want)
	}
	s.clock.Set(s.clock.Now().Add(time.Hour))
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := s.hear(press); a.Toast != "" {
		t.Errorf("an hour later it is still known: %q", a.Toast)
	}

	// A rule that fails loses no vote and shows it to nobody.
	fails = true
	s.hear(s.pressed("p2", "", "1/v!="+vote))
	s.drain()
	for _, l := range lines(s.toy.take()) {
		if strings.Contains(l, vote) {
			t.Errorf("told %q", l)
		}
	}
	all := s.troubles()
	if len(all) != 1 || strings.Contains(all[0].Text+all[0].Why, vote) {
		t.Fatalf("troubles %+v", all)
	}
	if strings.Contains(s.log.String(), vote) {
		t.Error("the log holds the vote")
	}
	fails = false
	if err := s.b.Retry(t.Context(), all[0].ID, "chen"); err != nil {
		t.Fatal(err)
	}
	s.drain()
	if got := s.details("1"); len(got) != 4 || got[3] != "chose v! 5ea1" {
		t.Errorf("after it was tried again the journal is %q", got)
	}
	if n := len(s.troubles()); n != 0 {
		t.Errorf("%d troubles", n)
	}
}

// Entries come page by page, each with where to go on.
func TestNextGoesOn(t *testing.T) {
	var pages []string
	s := newStage(t, nil, boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Chose:
			return b, []flows.Effect{flows.Next{Tag: "v", N: 2}}
		case flows.Answered:
			var list []flows.Entry
			if err := json.Unmarshal(w.Data, &list); err != nil {
				t.Error(err)
			}
			page := w.Name + ":"
			for _, n := range list {
				page += " " + n.Key
			}
			if pages = append(pages, page); w.After != "" {
				return b, []flows.Effect{flows.Next{Tag: "v", N: 2, After: w.After}}
			}
		}
		return b, nil
	}))
	s.say("p1", "", "票")
	for i, k := range []string{"e", "b", "d", "a", "c"} {
		s.put("1", k, "v", int64(10-i))
	}
	s.put("1", "x", "other", 1)
	s.hear(s.pressed("p1", "", "1/count"))
	if want := []string{"next:v: c a", "next:v: d b", "next:v: e"}; !slices.Equal(pages, want) {
		t.Errorf("pages %q, want %q", pages, want)
	}
}

// The case that something opened is said, and said again.
func TestAnswerNamesTheCase(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	in := s.said("p1", "", "事情")
	for _, keys := range [][]string{{"u/1", "m/1"}, {"u/1"}, {"u/2", "m/1"}} {
		in.Keys = keys
		if a := s.hear(in); a.Opened != "1" {
			t.Errorf("under %q the answer is %+v", keys, a)
		}
	}
	if a := s.hear(s.said("p1", "", "吃了吗")); a.Opened != "" {
		t.Errorf("chatter opens %q", a.Opened)
	}
	if a := s.hear(s.pressed("p1", "", "1/x")); a.Opened != "" {
		t.Errorf("a press opens %q", a.Opened)
	}
}

// Who writes "/poll" alone is told how; with words behind it, it is said to the flows.
func TestPollCommand(t *testing.T) {
	var heard []string
	f, err := flows.Define("box", toyWords, func(_ string, b box, _ flows.Event) (box, []flows.Effect) { return b, nil },
		func(e flows.Event) []flows.Effect {
			heard = append(heard, e.What.(flows.Said).Message.Text)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil, f)
	said := []string{"/poll 要不要装充电桩？", "/poll@linli 要不要", "投票 要不要装充电桩？", "摸底 要不要装充电桩？", "征询 要不要装充电桩？"}
	for _, text := range said {
		s.say("chen", "", text)
	}
	s.say("chen", "g3", said[0])
	if want := append(slices.Clone(said), said[0]); !slices.Equal(heard, want) {
		t.Errorf("the flows heard %q, want %q", heard, want)
	}
	s.told()
	heard = nil
	s.say("chen", "", "/poll")
	s.say("p1", "", "/poll@linli")
	s.say("chen", "g3", "/poll")
	got := lines(s.toy.take())
	if len(got) != 2 || !strings.HasPrefix(got[0], "chen: 问大家一件事") || !strings.HasPrefix(got[1], "p1: 想问问邻居") ||
		!strings.Contains(got[0], "要不要在楼前装充电桩？要/不要/再商量，周五晚八点截止") {
		t.Errorf("told %q", got)
	}
	if len(heard) != 0 {
		t.Errorf("the flows heard %q", heard)
	}
}

// What was read as a poll, a list or a slip meets the open polls when it is heard; one
// that is named more exactly is found as that.
func TestPollsThatAreOpen(t *testing.T) {
	var similar []flows.Similar
	f, err := flows.Define("box", toyWords, func(_ string, b box, e flows.Event) (box, []flows.Effect) {
		switch e.What.(type) {
		case flows.Opened:
			b.Stage = "open"
		case flows.Chose:
			b.Stage = "done"
		}
		return b, nil
	}, func(e flows.Event) []flows.Effect {
		s := e.What.(flows.Said)
		if similar = e.Similar; !strings.HasPrefix(s.Message.Text, "票") {
			return nil
		}
		return []flows.Effect{flows.Open{Flow: "box", Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil, f)
	for range 3 {
		s.say("li", "", "票")
	}
	s.hear(s.pressed("li", "", "3/close"))
	s.clock.Set(s.clock.Now().Add(time.Hour))
	for _, x := range []struct {
		name string
		r    flows.Reading
		want string
	}{
		{"a list", flows.Reading{Chain: &flows.Chain{}}, "1 matter true, 2 matter true"},
		{"a poll", flows.Reading{Poll: &flows.PollLine{}}, "1 matter true, 2 matter true"},
		{"a slip with a number", flows.Reading{Slip: &flows.Slip{}, Number: 2}, "2 number true, 1 matter true"},
		{"a slip for what is over", flows.Reading{Slip: &flows.Slip{}, Number: 3}, "3 number true, 1 matter true, 2 matter true"},
		{"anything else", flows.Reading{Demand: 1}, ""},
	} {
		s.read.read = func(string, prompts.Context) flows.Reading { return x.r }
		s.say("p1", "g3", "1. 3-1-501 要")
		var got []string
		for _, c := range similar {
			got = append(got, fmt.Sprintf("%s %s %v", c.Case.ID, c.Why, c.Exact))
		}
		if strings.Join(got, ", ") != x.want {
			t.Errorf("%s meets %q, want %q", x.name, got, x.want)
		}
	}
}

// Of somebody who only presses a button the house keeps no name; it learns it when they
// speak.
func TestPressKeepsNoName(t *testing.T) {
	s := newStage(t, nil, boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		return b, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "voter"}}}
	}))
	s.say("p1", "", "票")
	name := func() (name string) {
		t.Helper()
		if err := s.store.View(t.Context(), func(tx storage.Tx) error {
			p, err := tx.PersonAt("toy:p7")
			name = p.Name
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return name
	}
	s.hear(s.pressed("p7", "", "1/x"))
	if n := name(); n != "" {
		t.Errorf("who pressed a button is kept as %q", n)
	}
	s.say("p7", "", "票")
	if name() == "" {
		t.Error("who speaks is kept without a name")
	}
}
