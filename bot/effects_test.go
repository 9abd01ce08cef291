package bot_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// Next gives the first entries of a tag by their order, at once.
func TestNext(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			var all []flows.Effect
			for i, key := range []string{"c", "a", "b", "d"} {
				all = append(all, flows.Put{Entry: flows.Entry{Key: key, Tag: "waiting", Order: int64(10 - i)}})
			}
			all = append(all, flows.Put{Entry: flows.Entry{Key: "d"}, Delete: true}, flows.Next{Tag: "waiting", N: 2}, flows.Next{Tag: "none", N: 2})
			return n, all
		case flows.Answered:
			var page []flows.Entry
			if err := json.Unmarshal(w.Data, &page); err != nil {
				panic(err)
			}
			for _, x := range page {
				n.Heard = append(n.Heard, w.Name+" "+x.Key)
			}
		}
		return n, nil
	}
	s := newStage(t, nil, toy(t, "toy", r))
	s.say("p1", "", "事情")
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened", "answered", "next:waiting b", "next:waiting a", "answered"}) {
		t.Errorf("the rules heard %q", got)
	}
	s.view(func(tx storage.Tx) error {
		journal, err := tx.Journal("1")
		if len(journal) != 3 || storage.Verify(journal) != nil || journal[0].Settings != "1" {
			t.Errorf("the journal has %d records: %v", len(journal), storage.Verify(journal))
		}
		return err
	})
}

// What is asked is answered: with what was found, or with Failed after some
// attempts, or at once where trying again is of no use.
func TestAsk(t *testing.T) {
	tries := map[string]int{}
	answer := func(name string, a func(n int) (json.RawMessage, error)) bot.Answerer {
		return func(_ context.Context, data json.RawMessage) (json.RawMessage, error) {
			if string(data) != `"问`+private+`"` {
				t.Errorf("%s was asked %s", name, data)
			}
			tries[name]++
			return a(tries[name])
		}
	}
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			var all []flows.Effect
			for _, name := range []string{"good", "late", "down", "never", "panics", "nobody"} {
				all = append(all, flows.Ask{Name: name, Data: flows.Data("问" + private)})
			}
			return n, all
		case flows.Answered:
			n.Heard = append(n.Heard, w.Name+" "+string(w.Data)+w.Failed)
		}
		return n, nil
	}
	s := newStage(t, func(o *bot.Options) {
		o.Answer = map[string]bot.Answerer{
			"good": answer("good", func(int) (json.RawMessage, error) { return json.RawMessage(`"好"`), nil }),
			"late": answer("late", func(n int) (json.RawMessage, error) {
				if n < 9 {
					return nil, bot.Busy{After: time.Minute}
				}
				return json.RawMessage(`"晚"`), nil
			}),
			"down":   answer("down", func(int) (json.RawMessage, error) { return nil, errDown }),
			"never":  answer("never", func(int) (json.RawMessage, error) { return nil, bot.Refused{Why: "no"} }),
			"panics": answer("panics", func(int) (json.RawMessage, error) { panic("王阿姨") }),
		}
	}, toy(t, "toy", r))
	s.say("p1", "", "事情")
	s.pass(time.Hour)
	got := s.the("1").Heard
	for _, want := range []string{`good "好"`, `late "晚"`, "down failed", "never failed", "panics failed", "nobody nobody answers to this"} {
		n := 0
		for _, h := range got {
			if h == want {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q was heard %d times, in %q", want, n, got)
		}
	}
	if tries["down"] != 5 || tries["never"] != 1 || tries["panics"] != 1 || tries["late"] != 9 {
		t.Errorf("tries %v", tries)
	}
}

// A wake-up that was due while the process did not run comes late, with the
// time it was due, once.
func TestWakeAfterDowntime(t *testing.T) {
	var woke []flows.Woke
	var at []time.Time
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			return n, []flows.Effect{
				flows.Wake{At: e.At.Add(2 * time.Hour), Name: "two"}, flows.Wake{At: e.At.Add(time.Hour), Name: "one"}, flows.Wake{At: e.At.Add(-time.Hour), Name: "past"},
			}
		case flows.Woke:
			woke, at = append(woke, w), append(at, e.At)
		}
		return n, nil
	}))
	begin := s.clock.Now()
	s.say("p1", "", "事情")
	s.clock.Set(begin.Add(72 * time.Hour))
	s.restart()
	s.drain()
	s.restart()
	s.drain()
	var names []string
	for _, w := range woke {
		names = append(names, w.Name)
	}
	if !slices.Equal(names, []string{"past", "one", "two"}) {
		t.Fatalf("woke %q", names)
	}
	if !woke[1].Due.Equal(begin.Add(time.Hour)) || !at[1].Equal(begin.Add(72*time.Hour)) || at[1].Location() != s.o.Settings.Zone {
		t.Errorf("due %v, woke %v", woke[1].Due, at[1])
	}
}

// A child tells its parent in the same step, with the parent's number; where
// one of the cases cannot be, none is.
func TestOpenAndTell(t *testing.T) {
	child := toy(t, "child", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if w, ok := e.What.(flows.Opened); ok && w.Parent != "" {
			return n, []flows.Effect{
				flows.Tell{Name: "sent", Data: w.Data},
				flows.Say{To: person("li"), Class: flows.Personal, Words: "remind", Vars: flows.Vars{"t": flows.Text("活")}},
			}
		}
		return n, nil
	})
	parent := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			n.Stage = "filed"
			all := []flows.Effect{flows.Open{Flow: "child", Data: flows.Data("活")}}
			if w.Said.Message.Text == "事情坏了" {
				all = append(all, flows.Open{Flow: "nowhere"})
			}
			return n, all
		case flows.Told:
			n.Heard = append(n.Heard, w.Name+string(w.Data)+string(w.From))
		}
		return n, nil
	})
	s := newStage(t, nil, parent, child)
	s.say("p1", "", "事情坏了")
	if list := s.troubles(); len(list) != 1 {
		t.Fatalf("a flow that nobody has: %+v", list)
	}
	s.nobody()
	s.toy.take()
	s.say("p1", "", "事情")
	s.told("li: 0001 活")
	if got := s.the("1").Heard; !slices.Equal(got, []string{"opened", "told", `sent"活"2`}) {
		t.Errorf("the parent heard %q", got)
	}
}

// A photo is fetched into the media folder under its hash, and travels with
// what is told of it; a message waits for its photo a while, an emergency does not.
func TestFetch(t *testing.T) {
	r := func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		w, ok := e.What.(flows.Opened)
		if !ok {
			if a, ok := e.What.(flows.Answered); ok && a.Failed == "" {
				n.Heard = append(n.Heard, a.Name)
			}
			return n, nil
		}
		m := w.Said.Message.Media
		calm, hot := tell(person("li"), flows.Personal, "派单"), tell(person("sun"), flows.Emergency, "危险")
		calm.Media, hot.Media = m, m
		return n, []flows.Effect{calm, hot, flows.Ask{Name: "fetch", Data: flows.Data(m[0])}}
	}
	for name, slow := range map[string]int{"at once": 0, "busy twice": 2, "never": 1000} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cam := &camera{busy: slow}
			s := newStage(t, func(o *bot.Options) {
				o.Media = dir
				cam.platform = o.Channels[0].(*platform)
				o.Channels = []bot.Channel{cam}
			}, toy(t, "toy", r))
			in := s.said("p1", "", "事情")
			in.Message.Media = []flows.Media{{Kind: "photo", Remote: "r1", Channel: "toy"}}
			s.hear(in)
			s.pass(time.Minute)
			got := map[string]int{}
			for _, a := range s.toy.take() {
				got[a.To] = len(a.Photos)
			}
			want := 1
			if slow > 2 {
				want = 0
			}
			if n, ok := got["li"]; !ok || n != want {
				t.Errorf("told with photos: %v", got)
			}
			if _, ok := got["sun"]; !ok {
				t.Error("the emergency was not told")
			}
			files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
			if err != nil || len(files) != want {
				t.Fatalf("files %v, %v", files, err)
			}
			if want == 1 {
				if body, err := os.ReadFile(files[0]); err != nil || string(body) != "\xff\xd8\xff picture" || strings.HasSuffix(files[0], ".part") {
					t.Errorf("%s holds %q, %v", files[0], body, err)
				}
			}
		})
	}
}

// camera is a platform with files.
type camera struct {
	*platform
	busy int
	body []byte // what it has; nil: something like a picture
}

func (c *camera) Fetch(_ context.Context, remote string, _ int64) ([]byte, error) {
	if c.busy--; c.busy >= 0 {
		return nil, bot.Busy{After: time.Second}
	}
	if c.body != nil {
		return c.body, nil
	}
	return []byte("\xff\xd8\xff picture"), nil
}
