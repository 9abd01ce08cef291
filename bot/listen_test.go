package bot_test

import (
	"context"
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

// files is the platform with voice notes.
type files struct{ *platform }

func (files) Fetch(_ context.Context, remote string, _ int64) ([]byte, error) {
	if remote == "gone" {
		return nil, bot.Gone{}
	}
	return []byte("OggS " + remote), nil
}

// listening is a stage on which a machine hears voice notes; a resident has agreed.
func listening(t *testing.T, hear bot.Answerer) (*stage, *[]flows.Said) {
	t.Helper()
	said := &[]flows.Said{}
	f, err := flows.Define("ear", toyWords, func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if o, ok := e.What.(flows.Opened); ok {
			*said = append(*said, *o.Said)
		}
		n.Stage = "filed"
		return n, nil
	}, func(e flows.Event) []flows.Effect {
		s := e.What.(flows.Said)
		return []flows.Effect{flows.Open{Flow: "ear", Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, func(o *bot.Options) {
		o.Media = t.TempDir()
		o.Channels = []bot.Channel{files{o.Channels[0].(*platform)}}
		if hear != nil {
			o.Answer = map[string]bot.Answerer{"transcribe": hear}
		}
	}, f)
	s.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r900", Consent: s.clock.Now(), Addresses: []string{"toy:wang"}, Reach: []string{"toy:wang"}})
	})
	return s, said
}

func (s *stage) voice(who, where, remote string) bot.Inbound {
	in := s.said(who, where, "")
	in.Message.Media = []flows.Media{{Kind: "voice", Remote: remote, Channel: "toy", Seconds: 5}}
	return in
}

func hears(text string, err error) bot.Answerer {
	return func(context.Context, json.RawMessage) (json.RawMessage, error) {
		return flows.Data(flows.VoiceText{Text: text, Model: "m"}), err
	}
}

// tapped presses the first button with a label among what arrived.
func (s *stage) tapped(who string, all []arrived, label string) bot.Answer {
	s.Helper()
	for _, a := range all {
		for _, row := range a.Buttons {
			for _, b := range row {
				if b.Label == label {
					answer := s.hear(s.pressed(who, "", b.Data))
					s.drain()
					return answer
				}
			}
		}
	}
	s.Fatalf("no button %q among %q", label, lines(all))
	return bot.Answer{}
}

// What a machine heard is shown to who spoke, and is theirs only when they say so.
func TestVoiceIsHeard(t *testing.T) {
	s, said := listening(t, hears("三号楼电梯停了", nil))
	s.hear(s.voice("wang", "", "v1"))
	s.drain()
	got := s.toy.take()
	if len(got) != 1 || got[0].To != "wang" || !strings.Contains(got[0].Text, "我听到的是：三号楼电梯停了") || !strings.Contains(got[0].Text, "机器听的") {
		t.Fatalf("%q", lines(got))
	}
	if len(*said) > 0 {
		t.Fatal("it is read before anybody has said yes")
	}
	if a := s.tapped("li", got, "对"); !strings.Contains(a.Toast, "过了时候") || len(*said) > 0 {
		t.Fatal("somebody else has confirmed it", a.Toast)
	}
	if a := s.tapped("wang", got, "对"); !strings.Contains(a.Toast, "按您说的办") {
		t.Error(a.Toast)
	}
	if len(*said) != 1 || (*said)[0].Message.Text != "三号楼电梯停了" || len((*said)[0].Message.Media) != 1 || !(*said)[0].Direct {
		t.Fatalf("%+v", *said)
	}
	s.tapped("wang", got, "对")
	s.tapped("wang", got, "不对")
	s.pass(2 * time.Hour)
	if len(*said) != 1 {
		t.Errorf("said %d times", len(*said))
	}
}

// "Wrong", or no answer, leaves the note what it is without a machine.
func TestVoiceIsNotTheirs(t *testing.T) {
	for _, answer := range []string{"不对", ""} {
		s, said := listening(t, hears("把所有工单标为已办结", nil))
		s.hear(s.voice("wang", "", "v1"))
		s.drain()
		if got := s.toy.take(); answer != "" {
			s.tapped("wang", got, answer)
		} else {
			s.pass(59 * time.Minute)
			if len(*said) > 0 {
				t.Error("it did not wait")
			}
			s.pass(2 * time.Minute)
		}
		if len(*said) != 1 || (*said)[0].Message.Text != "" || len((*said)[0].Message.Media) != 1 {
			t.Errorf("%q: %+v", answer, *said)
		}
	}
}

// Where no machine hears, or it cannot, nobody notices: the note goes its old way, once.
func TestVoiceWithoutAMachine(t *testing.T) {
	for name, hear := range map[string]bot.Answerer{
		"off": nil, "refused": hears("", bot.Refused{}), "empty": hears("", nil), "broken": hears("", errors.New("x")), "busy": hears("", bot.Busy{After: time.Second}),
		"panics": func(context.Context, json.RawMessage) (json.RawMessage, error) { panic("x") },
	} {
		s, said := listening(t, hear)
		s.hear(s.voice("wang", "", "v1"))
		s.pass(time.Minute)
		if got := s.toy.take(); len(got) != 0 || len(*said) != 1 || (*said)[0].Message.Text != "" || len((*said)[0].Message.Media) != 1 {
			t.Errorf("%s: %q %+v", name, lines(got), *said)
		}
	}
	s, said := listening(t, hears("三号楼电梯停了", nil))
	s.hear(s.voice("wang", "", "gone")) // the platform has it no more
	s.drain()
	if len(s.toy.take()) != 0 || len(*said) != 1 {
		t.Error("a note that is gone is lost", *said)
	}
}

// Nothing of what is said in a group, by who has not agreed, or with words, leaves.
func TestVoiceThatIsNobodysToHear(t *testing.T) {
	asked := 0
	s, said := listening(t, func(context.Context, json.RawMessage) (json.RawMessage, error) {
		asked++
		return nil, bot.Refused{}
	})
	group, stranger, words, forwarded, two := s.voice("wang", "g3", "a"), s.voice("zhao", "", "b"), s.voice("wang", "", "c"), s.voice("wang", "", "d"), s.voice("wang", "", "e")
	words.Message.Text, forwarded.Message.Forwarded = "停水了", true
	two.Message.Media = append(two.Message.Media, two.Message.Media...)
	for _, in := range []bot.Inbound{group, stranger, words, forwarded, two} {
		s.hear(in)
		s.drain()
	}
	if asked > 0 || len(*said) != 5 {
		t.Errorf("asked %d times, %d heard", asked, len(*said))
	}
	s.hear(s.voice("wang", "", "f"))
	s.drain()
	if asked != 1 {
		t.Errorf("asked %d times: %+v", asked, (*said)[len(*said)-1])
	}
}

// A danger that may be heard is no reason to wait for a machine: the numbers come first.
func TestVoiceOfDanger(t *testing.T) {
	s, said := listening(t, hears("着火了", nil))
	s.read.danger = func(text string) flows.Danger {
		if strings.Contains(text, "着火") {
			return flows.Fire
		}
		return ""
	}
	s.clock.Set(s.clock.Now().Add(14 * time.Hour)) // it is night
	s.hear(s.voice("wang", "", "v1"))
	s.drain()
	got := s.toy.take()
	if len(got) != 1 || !strings.HasPrefix(got[0].Text, "要是有危险，请先打119") {
		t.Fatalf("%q", lines(got))
	}
	s.tapped("wang", got, "对")
	if len(*said) != 1 {
		t.Error(*said)
	}
}

// Who is erased while their note waits is not asked any more, and it is gone.
func TestVoiceOfSomebodyErased(t *testing.T) {
	s, said := listening(t, hears("三号楼电梯停了", nil))
	s.hear(s.voice("wang", "", "v1"))
	s.drain()
	if _, err := s.b.Erase(t.Context(), "r900", "asked"); err != nil {
		t.Fatal(err)
	}
	s.view(func(tx storage.Tx) error {
		jobs, err := tx.Jobs()
		if slices.ContainsFunc(jobs, func(j storage.Job) bool { return j.Kind == "listen" || strings.Contains(string(j.Body), "电梯") }) {
			t.Error("what they said is still there")
		}
		return err
	})
	s.pass(2 * time.Hour)
	if len(*said) > 0 {
		t.Error(*said)
	}
}
