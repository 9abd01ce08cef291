package bot_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// voting is a flow in which r1 has voted for their household, li for themself.
func voting(t *testing.T, saw *[]string) flows.Flow {
	return boxes(t, "box", func(b box, e flows.Event) (box, []flows.Effect) {
		put := func(key, tag, by string) flows.Effect {
			return flows.Put{Entry: flows.Entry{Key: key, Tag: tag, Order: e.At.Unix(), Data: flows.Data(map[string]string{"by": by, "how": "tap", "at": e.At.Format(time.RFC3339Nano), "why": "靐靐的话"})}}
		}
		switch w := e.What.(type) {
		case flows.Opened:
			b.Keep = []string{"h/3/1/501"}
			return b, []flows.Effect{put(flows.BegunKey(e.By.Person), "by", ""), put("o/8", "v/A/3", ""), put("slip/3/1/502", "slip", "")}
		case flows.Chose:
			if w.Choice == "close" {
				b.Stage = "done"
				return b, nil
			}
			if len(e.By.Posts) > 0 {
				return b, []flows.Effect{put(string(e.By.Person), "v/B/3", string(e.By.Person))}
			}
			yes := true
			return b, []flows.Effect{flows.Remember{Person: e.By.Person, Consent: &yes}, put(string(e.By.Person), "voter", ""), put("h/3/1/501", "v/A/3", string(e.By.Person))}
		case flows.Erased:
			who := "everybody"
			if w.Person != "" {
				who = string(w.Person)
			}
			own := "no entry"
			if e.Entry != nil {
				own = e.Entry.Tag
			}
			home, there := e.Entries["h/3/1/501"]
			*saw = append(*saw, who+", "+own+", "+home.Tag)
			if there && w.Person != "" && strings.Contains(string(home.Data), `"`+string(w.Person)+`"`) {
				return b, []flows.Effect{put("h/3/1/501", home.Tag, "")}
			}
		}
		return b, nil
	})
}

// entryKeys are those of the entries of a case.
func (s *stage) entryKeys(id flows.ID) (list []string) {
	s.Helper()
	s.view(func(tx storage.Tx) error {
		tags, err := tx.Tally(id)
		for tag := range tags {
			page, _, err := tx.Entries(id, tag, "", 100)
			if err != nil {
				return err
			}
			for _, e := range page {
				list = append(list, e.Key)
			}
		}
		return err
	})
	slices.Sort(list)
	return list
}

// A case lets go of somebody with the entries its rules ask for; when the time of all
// is over nothing of anybody's part is left, whatever it is under. Where the entries
// are only those of persons, an official's part stays as before.
func TestKeptEntriesGo(t *testing.T) {
	var saw []string
	plain := toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if _, opened := e.What.(flows.Opened); opened {
			n.Stage = "filed"
			return n, []flows.Effect{flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "reporter"}}}
		}
		return n, nil
	})
	s := newStage(t, func(o *bot.Options) {
		wide(o)
		set := *o.Settings
		set.Limits.Keep.Words = 30 * 24 * time.Hour
		o.Settings = &set
	}, voting(t, &saw), plain)
	s.say("li", "", "票")
	s.hear(s.pressed("p1", "", "1/v!=A"))
	s.hear(s.pressed("li", "", "1/v!=B"))
	if want := []string{"by/li", "h/3/1/501", "li", "o/8", "r1", "slip/3/1/502"}; !slices.Equal(s.entryKeys("1"), want) {
		t.Fatalf("entries %q, want %q", s.entryKeys("1"), want)
	}
	if e, err := s.b.Erase(t.Context(), "r1", "asked"); err != nil || !e.Done() {
		t.Fatalf("erased %+v, %v", e, err)
	}
	if want := []string{"r1, voter, v/A/3"}; !slices.Equal(saw, want) {
		t.Errorf("the case heard %q, want %q", saw, want)
	}
	s.nowhere(`"r1"`)
	s.view(func(tx storage.Tx) error {
		e, err := tx.Entry("1", "h/3/1/501")
		if err != nil || strings.Contains(string(e.Data), "r1") {
			t.Errorf("the vote of the household is %s, %v", e.Data, err)
		}
		return nil
	})
	if want := []string{"by/li", "h/3/1/501", "li", "o/8", "slip/3/1/502"}; !slices.Equal(s.entryKeys("1"), want) {
		t.Errorf("entries %q, want %q", s.entryKeys("1"), want)
	}
	s.say("li", "", "事")
	s.update(func(tx storage.Tx) error { // it is over, as the toys never are
		c, err := tx.Case("2")
		c.Done, c.Ended = true, s.clock.Now()
		return errors.Join(err, tx.PutCase(c))
	})
	s.hear(s.pressed("li", "", "1/close"))
	s.drain()
	s.clock.Set(s.clock.Now().Add(31 * 24 * time.Hour))
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := saw[1:]; !slices.Equal(got, []string{"everybody, no entry, v/A/3"}) {
		t.Errorf("the case heard %q", got)
	}
	if got := s.entryKeys("1"); len(got) != 0 {
		t.Errorf("entries %q are left", got)
	}
	if got := s.entryKeys("2"); !slices.Equal(got, []string{"li"}) {
		t.Errorf("of a case with persons' entries only are left %q", got)
	}
}

// What a part in a case says of its own (how somebody voted) is not shown with what is
// held of them, on no page and in no copy.
func TestMineSaysNoVote(t *testing.T) {
	var saw []string
	s := newStage(t, wide, voting(t, &saw))
	s.say("li", "", "票")
	s.hear(s.pressed("li", "", "1/v!=B"))
	s.drain()
	m, err := s.b.Mine(t.Context(), "li")
	if err != nil || len(m.Cases) != 1 {
		t.Fatalf("mine %+v, %v", m, err)
	}
	all, _ := json.Marshal(m)
	text, err := s.b.Copy(t.Context(), "li")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"v/", "/B", "B/3", "tap", "靐"} {
		if strings.Contains(string(all), bad) || strings.Contains(string(text), bad) {
			t.Errorf("%q is in %s\n%s", bad, all, text)
		}
	}
	if m.Cases[0].Part != "part" || !strings.Contains(string(text), "您参加的") {
		t.Errorf("part %q in\n%s", m.Cases[0].Part, text)
	}
}

// What a rule wrote into an entry that goes (a kind, a moment) is nobody's words: a
// message that happens to hold it stays as it is.
func TestLetterOfAnEntryIsNobodysWords(t *testing.T) {
	var saw []string
	s := newStage(t, wide, voting(t, &saw), toy(t, "toy", only()))
	s.say("li", "", "票")
	s.hear(s.pressed("p1", "", "1/v!=A"))
	row := flows.Data(map[string]any{"at": s.clock.Now(), "flow": "box", "words": "text", "vars": flows.Vars{"t": flows.Text("Is the tap dripping?"), "u": flows.Text("他说：靐靐的话")}, "person": "chen", "channel": "toy", "outcome": "confirmed"})
	s.update(func(tx storage.Tx) error { return tx.PutKey("case/1/sent/0000", row) })
	if _, err := s.b.Erase(t.Context(), "r1", "asked"); err != nil {
		t.Fatal(err)
	}
	s.view(func(tx storage.Tx) error {
		raw, err := tx.Key("case/1/sent/0000")
		if err != nil || !strings.Contains(string(raw), "Is the tap dripping?") || strings.Contains(string(raw), "靐靐") {
			t.Errorf("what was said is %s, %v", raw, err)
		}
		return nil
	})
}
