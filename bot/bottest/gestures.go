package bottest

import (
	"errors"
	"slices"

	"linli/bot"
)

// What every channel takes and does as far as it can: links, signs, places
// and pins. What it cannot do it leaves out, and says nothing of it.

// links: a button that opens an address stands beside those that are pressed.
func (s *suite) links() {
	if s.Channel.Capabilities().Buttons < 2 {
		s.Skip("the channel has no buttons")
	}
	for _, where := range s.places() {
		s.sent(where, bot.Message{Text: "您的事", Buttons: [][]bot.Button{
			{{Label: "看看", URL: "https://linli.example/mine?k=a-B_1&l=%E6%A5%BC"}, {Label: "撤回", Data: "412/back"}},
		}})
		if got := s.last(where); got.Text != "您的事" || !slices.Equal(got.Labels, []string{"看看", "撤回"}) {
			s.Errorf("a button with an address arrived as %+v", got)
		}
		if s.Press != nil {
			n := len(s.ears.Heard())
			s.Press(s.T, where, "412/back")
			if in := s.ears.Wait(s.T, n+1)[n]; in.Press != "412/back" {
				s.Errorf("the button beside it is heard as %q", in.Press)
			}
		}
		s.refused(where, bot.Message{Text: plant, Buttons: [][]bot.Button{{{Label: "看看", URL: "javascript:alert(1)"}}}}, "an address that is a script")
	}
}

// signs: a sign is put on a message of a person and says nothing more.
func (s *suite) signs() {
	if s.Say == nil {
		s.Skip("the channel hears nothing of its own")
	}
	reacts := s.Channel.Capabilities().Reacts
	if reacts != (s.Signed != nil) {
		s.Fatalf("the channel reacts: %v, and the fixture sees signs: %v", reacts, s.Signed != nil)
	}
	for _, where := range s.places() {
		_, ref := s.says(Talk{Where: where, Text: "3号楼电梯停了"})
		if reacts && s.Signed(s.T, where, ref) {
			s.Error("a sign is there before it was put")
		}
		before := len(s.Shows(s.T, where))
		for _, sign := range []string{bot.SignHeard, bot.SignHeard, bot.SignDone} {
			if _, err := s.send(where, bot.Message{React: sign, Quote: ref}); err != nil {
				s.Errorf("%s: %v", sign, err)
			}
			if reacts && !s.Signed(s.T, where, ref) {
				s.Errorf("%s is not to be seen", sign)
			}
		}
		// What is gone by now is not worth a fuss.
		if _, err := s.send(where, bot.Message{React: bot.SignDone, Quote: ref + "9999"}); err != nil {
			s.Errorf("a sign on a message that is gone: %v", err)
		}
		if n := len(s.Shows(s.T, where)); n != before {
			s.Errorf("with signs alone %d messages were said", n-before)
		}
	}
	if !reacts {
		return
	}
	for _, address := range s.Gone {
		_, err := s.send(address, bot.Message{React: bot.SignHeard, Quote: "1"})
		if g := (bot.Gone{}); !errors.As(err, &g) {
			s.Errorf("a sign at %q: %v, want Gone", address, err)
		}
	}
}

// near: what belongs near a message arrives, whatever became of that one.
func (s *suite) near() {
	for _, where := range s.places() {
		ref := s.sent(where, bot.Message{Text: "先说的"})
		if s.Say != nil {
			_, ref = s.says(Talk{Where: where, Text: "3号楼电梯停了"})
		}
		for _, near := range []string{ref, ref + "9999", "?", "🏠"} {
			s.sent(where, bot.Message{Text: "这里说", Near: near})
			if got := s.last(where).Text; got != "这里说" {
				s.Errorf("what was said near %q arrived as %q", near, got)
			}
			// The last one is another message by now, so that it can be told apart.
			s.sent(where, bot.Message{Text: "别的", Near: near, Quote: ref})
			if got := s.last(where).Text; got != "别的" {
				s.Errorf("an answer near %q arrived as %q", near, got)
			}
		}
	}
}

// pins: a message to be pinned arrives, pinned or not.
func (s *suite) pins() {
	pins := s.Channel.Capabilities().Pins
	if pins != (s.Pinned != nil) {
		s.Fatalf("the channel pins: %v, and the fixture sees pins: %v", pins, s.Pinned != nil)
	}
	for _, where := range s.places() {
		other := s.sent(where, bot.Message{Text: "别的"})
		ref := s.sent(where, bot.Message{Text: "我是邻里", Pin: true})
		if got := s.last(where).Text; got != "我是邻里" {
			s.Errorf("a message to be pinned arrived as %q", got)
		}
		if pins && where == s.Group && (!s.Pinned(s.T, where, ref) || s.Pinned(s.T, where, other)) {
			s.Error("the message is not pinned, or another is")
		}
	}
}
