package bottest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
)

// The half of the suite that listens.

// says lets the person say something and gives what was heard of it.
func (s *suite) says(what Talk) (in bot.Inbound, ref string) {
	s.Helper()
	if s.Say == nil {
		s.Skip("the channel hears nothing of its own")
	}
	n := len(s.ears.Heard())
	ref = s.Say(s.T, what)
	all := s.ears.Wait(s.T, n+1)
	if len(all) != n+1 {
		s.Fatalf("one thing was said and %d were heard", len(all)-n)
	}
	return all[n], ref
}

var errBusy = errors.New("the store is busy")

// busy lets the next n things not be taken; a press is answered with the toast.
func (s *suite) busy(n int, toast string) {
	var tries atomic.Int64
	s.ears.Judge(func(bot.Inbound) (bot.Answer, error) {
		if tries.Add(1) <= int64(n) {
			return bot.Answer{}, errBusy
		}
		return bot.Answer{Toast: toast}, nil
	})
}

func (s *suite) heard() {
	keys := map[string]bool{}
	for _, where := range s.places() {
		for _, text := range []string{
			"3号楼2单元电梯又停了", "English, too", "👨‍👩‍👧 𠮷 ё 한국어 ᠮᠣᠩᠭᠣᠯ", "两行\n第二行", "<b>&amp;</b> {{.}} %s \\n",
		} {
			before := time.Now()
			in, ref := s.says(Talk{Where: where, Text: text})
			if in.Message.Text != text {
				s.Errorf("said %q, heard %q", text, in.Message.Text)
			}
			if in.Channel != s.Channel.Name() || in.Kind != bot.Said || in.Chat.Group != (where == s.Group) || in.Chat.Address != where ||
				in.From.Address != s.Private || !in.From.Person || in.From.Group {
				s.Errorf("heard as %+v", in)
			}
			if in.Message.Ref != ref || ref == "" {
				s.Errorf("the message is %q, its reference %q", ref, in.Message.Ref)
			}
			if in.At.IsZero() || in.At.Location() == nil || in.At.After(before.AddDate(10, 0, 0)) {
				s.Errorf("said at %v", in.At)
			}
			if in.Message.ReplyTo != "" || in.Message.Forwarded || in.Message.Media != nil || in.Message.Point != nil || in.Press != "" {
				s.Errorf("more was heard than said: %+v", in.Message)
			}
			s.keys(in, keys)
		}
	}
}

// keys notes the names of something heard; none may be that of another thing.
func (s *suite) keys(in bot.Inbound, seen map[string]bool) {
	s.Helper()
	if len(in.Keys) == 0 {
		s.Error("it has no key")
	}
	for _, k := range in.Keys {
		if k == "" || seen[k] {
			s.Errorf("the key %q is empty or was another's", k)
		}
		seen[k] = true
	}
}

func (s *suite) names() {
	if s.Group == "" {
		s.Skip("nobody else speaks there")
	}
	sixty := strings.Repeat("阿卜杜拉·", 12)
	for as, want := range map[string]string{
		sixty:                   sixty,
		"Ақсұлу":                "Ақсұлу",
		"王\u202e阿\u2066姨\u202c": "王阿姨",
		"李\x07网格":               "李网格",
	} {
		in, _ := s.says(Talk{Where: s.Group, As: as, Text: "在"})
		if in.From.Name != want {
			s.Errorf("%q is heard as %q", as, in.From.Name)
		}
		if in.From.Address == s.Private || in.From.Address == "" {
			s.Errorf("somebody else speaks from %q", in.From.Address)
		}
	}
}

func (s *suite) photo() {
	data := Picture()
	words := "你看"
	if s.Plain {
		words = ""
	}
	in, _ := s.says(Talk{Where: s.place(), Text: words, Photo: data})
	if in.Message.Text != words || len(in.Message.Media) != 1 {
		s.Fatalf("a photo with a text is heard as %+v", in.Message)
	}
	m := in.Message.Media[0]
	if m.Kind != "photo" || m.Channel != s.Channel.Name() || m.Remote == "" {
		s.Errorf("the photo is %+v", m)
	}
	f, ok := s.Channel.(bot.Fetcher)
	if !ok {
		s.Fatal("photos come in, and the channel cannot fetch them")
	}
	got, err := f.Fetch(s.Context(), m.Remote, 1<<20)
	if err != nil || !slices.Equal(got, data) {
		s.Errorf("fetched %d bytes of %d: %v", len(got), len(data), err)
	}
	if got, err := f.Fetch(s.Context(), m.Remote, int64(len(data))); err != nil || len(got) != len(data) {
		s.Errorf("fetching as much as is allowed: %v", err)
	}
	for what, fetch := range map[string]func() ([]byte, error){
		"a photo that is too large": func() ([]byte, error) { return f.Fetch(s.Context(), m.Remote, int64(len(data))-1) },
		"a photo that never was":    func() ([]byte, error) { return f.Fetch(s.Context(), m.Remote+"x", 1<<20) },
	} {
		body, err := fetch()
		s.discreet(err)
		if err == nil || body != nil {
			s.Errorf("%s was fetched", what)
		}
	}
}

func (s *suite) edited() {
	if s.Plain {
		s.Skip("nobody there can change a message")
	}
	keys := map[string]bool{}
	for _, where := range s.places() {
		in, ref := s.says(Talk{Where: where, Text: "3号楼电梯停了"})
		s.keys(in, keys)
		in, _ = s.says(Talk{Where: where, Text: "5号楼电梯停了", Edit: ref})
		s.keys(in, keys)
		if in.Kind != bot.Edited || in.Message.Ref != ref || in.Message.Text != "5号楼电梯停了" || in.Chat.Address != where || in.From.Address != s.Private {
			s.Errorf("a change of %s is heard as %+v", ref, in)
		}
		mine := s.sent(where, bot.Message{Text: "记下了"})
		in, _ = s.says(Talk{Where: where, Text: "谢谢", Reply: mine})
		s.keys(in, keys)
		if in.Kind != bot.Said || in.Message.ReplyTo != mine || in.Message.Text != "谢谢" {
			s.Errorf("an answer to %s is heard as %+v", mine, in.Message)
		}
	}
}

func (s *suite) press() {
	if s.Press == nil {
		s.Skip("the channel has no buttons to press")
	}
	data := "412/also=" + strings.Repeat("v", s.Channel.Capabilities().DataBytes-len("412/also="))
	keys := map[string]bool{}
	places, toast := s.places(), "已算上您，共2人。"
	if len(places) == 1 {
		places = append(places, places[0])
	}
	if s.Plain {
		toast = ""
	}
	for i, where := range places {
		mine := s.sent(where, bot.Message{Text: "也遇到的点", Buttons: [][]bot.Button{{{Label: "我也是", Data: data}}}})
		s.busy(i, "已算上您，共2人。") // the second one is not taken at first
		n := len(s.ears.Heard())
		if got := s.Press(s.T, where, data); got != toast {
			s.Errorf("the press is answered with %q", got)
		}
		all := s.ears.Wait(s.T, n+1)
		in := all[n]
		if len(all) != n+1 || in.Kind != bot.Pressed || in.Press != data || in.Message.Ref != mine && !s.Plain || in.Message.Text != "" ||
			in.From.Address != s.Private || !in.From.Person || in.Chat.Address != where || in.Chat.Group != (where == s.Group) {
			s.Errorf("a press is heard %d times, as %+v", len(all)-n, in)
		}
		s.keys(in, keys)
	}
}

// again: what the receiver did not take comes again as it was, and only that.
func (s *suite) again() {
	first, _ := s.says(Talk{Where: s.place(), Text: "第一"})
	s.busy(3, "")
	second := Talk{Where: s.place(), Text: "第二", Photo: Picture()}
	if s.Plain {
		second.Photo = nil
	}
	s.Say(s.T, second)
	for range 4 {
		if s.Again != nil {
			s.Again(s.T)
		}
	}
	s.ears.Wait(s.T, 2)
	third, _ := s.says(Talk{Where: s.place(), Text: "第三"})
	if s.Again != nil {
		s.Again(s.T)
	}
	if taken := s.ears.Heard(); len(taken) != 3 || taken[1].Message.Text != "第二" {
		s.Errorf("heard %d messages of 3", len(taken))
	}
	var tries []bot.Inbound
	for _, in := range s.ears.Tries() {
		if in.Message.Text == "第二" {
			tries = append(tries, in)
		}
	}
	if len(tries) != 4 {
		s.Fatalf("it was handed over %d times, want three failures and a success", len(tries))
	}
	for _, in := range tries[1:] {
		if d := cmp.Diff(tries[0], in, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); d != "" {
			s.Errorf("it came again as something else:\n%s", d)
		}
	}
	for _, k := range tries[0].Keys {
		if slices.Contains(first.Keys, k) || slices.Contains(third.Keys, k) {
			s.Errorf("the key %q is another's", k)
		}
	}
}

// order: what is said in a chat is heard in that order, one after another.
func (s *suite) order() {
	if s.Say == nil {
		s.Skip("the channel hears nothing of its own")
	}
	each := 40 / len(s.places())
	for i := range each {
		for _, where := range s.places() {
			s.Say(s.T, Talk{Where: where, Text: fmt.Sprint(i)})
		}
	}
	s.ears.Counted(s.T, 40)
}
