package bottest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"linli/bot"
)

// Receiver is what a channel hands to: the engine, or here the suite.
type Receiver interface {
	Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error)
}

// Fixture is a channel with the far side of its platform in a test's hands.
type Fixture struct {
	Channel bot.Channel
	Private string   // address of the person who speaks below, who may be written to
	Group   string   // address of a group that this person and Linli are in; empty: the channel has no groups
	Plain   bool     // people there can change no message and answer none in particular, a photo of theirs has no words beside it, and a press is answered by no notice
	Gone    []string // addresses that take no message: nobody's, and somebody's who has left or blocked Linli
	Secrets []string // what no error may show: tokens

	// Shows gives what Linli has said at an address as it reads now, oldest first.
	Shows func(t *testing.T, address string) []Shown
	// Lose takes a message of Linli away, so that it can be changed no more;
	// nil where nobody can.
	Lose func(t *testing.T, address, ref string)
	// Signed and Pinned say whether Linli's sign stands on a message, and
	// whether a message is pinned; nil for a channel that can do no such thing.
	Signed func(t *testing.T, address, ref string) bool
	Pinned func(t *testing.T, address, ref string) bool

	// Say lets the person say something and gives the platform's reference of
	// it; nil for a channel that hears nothing. It does not wait for the receiver,
	// and does not mind if the receiver fails.
	Say func(t *testing.T, what Talk) (ref string)
	// Press lets the person press a button that stands in a chat and gives the
	// notice it is answered with.
	Press func(t *testing.T, where, data string) (toast string)
	// Vote lets the person choose in a poll of Linli, or with no options take back
	// what they have chosen; nil for a channel without polls, or one that hears nothing.
	Vote func(t *testing.T, where, ref string, options ...int)
	// Again lets the platform bring what was not taken once more; nil where it
	// does so without being asked.
	Again func(t *testing.T)
}

// Talk is something the person says at an address, or somebody else who calls
// themself As and says it in the group.
type Talk struct {
	Where string
	As    string
	Text  string
	Photo []byte
	Edit  string // the message of theirs that gets this text
	Reply string // the message of Linli that this answers
}

// Shown is a message as people see it.
type Shown struct {
	Text   string
	Labels []string
	Photos int
	Voices int
	Poll   *bot.Poll
	Ended  bool // the poll takes no votes any more
}

// plant stands in every text that the suite sends: no error may quote it.
const plant = "王阿姨家的事，13800138000"

// Channel is the suite that every channel passes. Build makes a channel that
// hands what it hears to r; it is called for each part of the suite.
func Channel(t *testing.T, build func(t *testing.T, r Receiver) Fixture) {
	for name, part := range map[string]func(*suite){
		"name":    (*suite).name,
		"text":    (*suite).text,
		"buttons": (*suite).buttons,
		"edit":    (*suite).edit,
		"links":   (*suite).links,
		"signs":   (*suite).signs,
		"near":    (*suite).near,
		"pins":    (*suite).pins,
		"files":   (*suite).files,
		"gone":    (*suite).gone,
		"end":     (*suite).end,
		"heard":   (*suite).heard,
		"names":   (*suite).names,
		"photo":   (*suite).photo,
		"edited":  (*suite).edited,
		"press":   (*suite).press,
		"polls":   (*suite).polls,
		"again":   (*suite).again,
		"order":   (*suite).order,
	} {
		t.Run(name, func(t *testing.T) {
			s := &suite{T: t, ears: &Ears{}}
			s.Fixture = build(t, s.ears)
			part(s)
		})
	}
}

type suite struct {
	*testing.T
	Fixture
	ears *Ears
	n    int
}

// places are the chats the suite speaks in.
func (s *suite) places() []string {
	if s.Group == "" {
		return []string{s.Private}
	}
	return []string{s.Private, s.Group}
}

// place is the one where a single time is enough: the group, where there are groups.
func (s *suite) place() string { return s.places()[len(s.places())-1] }

// send sends with a key of its own and looks at the error for what it must not show.
func (s *suite) send(address string, m bot.Message) (string, error) {
	s.n++
	m.Key = "suite." + string(rune('a'+s.n))
	ref, err := s.Channel.Send(s.Context(), address, m)
	s.discreet(err)
	return ref, err
}

// sent is send for what must arrive.
func (s *suite) sent(address string, m bot.Message) string {
	s.Helper()
	ref, err := s.send(address, m)
	if err != nil {
		s.Fatalf("send: %v", err)
	}
	if ref == "" {
		s.Fatal("a message that was sent has no reference")
	}
	return ref
}

// refused says that the platform must never take a message.
func (s *suite) refused(address string, m bot.Message, what string) {
	s.Helper()
	before := len(s.Shows(s.T, address))
	_, err := s.send(address, m)
	if r := (bot.Refused{}); !errors.As(err, &r) {
		s.Errorf("%s: %v, want Refused", what, err)
	}
	if n := len(s.Shows(s.T, address)); n != before {
		s.Errorf("%s is shown all the same", what)
	}
}

func (s *suite) discreet(err error) {
	s.Helper()
	if err == nil {
		return
	}
	for _, bad := range append([]string{plant, "13800138000"}, s.Secrets...) {
		if strings.Contains(err.Error(), bad) {
			s.Errorf("an error shows what it must not: %v", err)
		}
	}
}

// last gives the newest message of a chat.
func (s *suite) last(address string) Shown {
	s.Helper()
	all := s.Shows(s.T, address)
	if len(all) == 0 {
		s.Fatalf("nothing is shown at %s", address)
	}
	return all[len(all)-1]
}

func (s *suite) name() {
	n := s.Channel.Name()
	if n == "" || strings.ContainsAny(n, ": \n") {
		s.Errorf("%q is no name that an address can begin with", n)
	}
	if c := s.Channel.Capabilities(); c.Text <= 0 || c.Buttons > 0 && c.DataBytes < 64 {
		s.Errorf("limits %+v: texts and the engine's 64 bytes of data must have room", c)
	}
	if s.Say == nil {
		return
	}
	// What is heard names the addresses that can be answered.
	for _, where := range s.places() {
		s.Say(s.T, Talk{Where: where, Text: "在吗"})
		in := s.ears.Wait(s.T, 1)[0]
		s.ears.Forget()
		if in.Chat.Address != where || in.From.Address != s.Private || in.Chat.Group != (where == s.Group) {
			s.Errorf("heard from %s in %s (group: %v), want %s in %s", in.From.Address, in.Chat.Address, in.Chat.Group, s.Private, where)
		}
		s.sent(in.Chat.Address, bot.Message{Text: "在"})
		if got := s.last(where); got.Text != "在" {
			s.Errorf("the answer to %s is %q", where, got.Text)
		}
	}
}

// fill makes a text of exactly n units, of characters of all lengths.
func fill(u bot.Unit, n int) string {
	var b strings.Builder
	left := n
	for _, r := range []string{plant} {
		if u.Len(r) <= left {
			b.WriteString(r)
			left -= u.Len(r)
		}
	}
	for i := 0; left > 0; i++ {
		r := []string{"楼", "😀", "x", "é"}[i%4]
		if i > 400 || u.Len(r) > left { // many characters of four bytes are slow to draw and prove nothing more
			r = "x"
		}
		b.WriteString(r)
		left -= u.Len(r)
	}
	return b.String()
}

func (s *suite) text() {
	c := s.Channel.Capabilities()
	long := fill(c.Unit, c.Text)
	for _, where := range s.places() {
		s.sent(where, bot.Message{Text: long})
		if got := s.last(where).Text; got != long {
			s.Errorf("a text of %d units arrived with %d", c.Text, c.Unit.Len(got))
		}
		s.refused(where, bot.Message{Text: long + "x"}, "a text of a unit too many")
	}
	lines := "记下了，0412号：\n3号楼2单元 <b>电梯</b> *停* _了_ [x](y) & 😀\n今天18点前回您。"
	s.sent(s.place(), bot.Message{Text: lines, Silent: true, Neutral: true})
	if got := s.last(s.place()).Text; got != lines {
		s.Errorf("a text arrived as %q", got)
	}
}

func (s *suite) buttons() {
	c := s.Channel.Capabilities()
	if c.Buttons == 0 {
		s.Skip("the channel has no buttons")
	}
	grid := func(n, bytes int) (rows [][]bot.Button, labels []string) {
		for i := range n {
			if i%5 == 0 {
				rows = append(rows, nil)
			}
			label := "单元" + string(rune('A'+i%26))
			rows[len(rows)-1] = append(rows[len(rows)-1], bot.Button{Label: label, Data: strings.Repeat("d", bytes)})
			labels = append(labels, label)
		}
		return rows, labels
	}
	rows, labels := grid(c.Buttons, c.DataBytes)
	s.sent(s.place(), bot.Message{Text: plant, Buttons: rows})
	if got := s.last(s.place()); !slices.Equal(got.Labels, labels) {
		s.Errorf("%d buttons arrived as %q", len(labels), got.Labels)
	}
	rows, _ = grid(c.Buttons+1, 1)
	s.refused(s.place(), bot.Message{Text: plant, Buttons: rows}, "a button too many")
	rows, _ = grid(1, c.DataBytes+1)
	s.refused(s.place(), bot.Message{Text: plant, Buttons: rows}, "data of a byte too many")
}

func (s *suite) edit() {
	c := s.Channel.Capabilities()
	if !c.Edits {
		s.Skip("the channel cannot change messages")
	}
	button := [][]bot.Button{{{Label: "我也是", Data: "1/also"}}}
	for _, where := range s.places() {
		old := s.sent(where, bot.Message{Text: "一户反映", Buttons: button})
		s.sent(where, bot.Message{Text: "别的"})
		n := len(s.Shows(s.T, where))
		at := func(m bot.Message, want Shown) {
			s.Helper()
			m.Edit = old
			if ref := s.sent(where, m); ref != old {
				s.Errorf("the changed message has the reference %s, it had %s", ref, old)
			}
			all := s.Shows(s.T, where)
			if len(all) != n {
				s.Fatalf("after the change %d messages are shown, before it %d", len(all), n)
			}
			if got := all[n-2]; got.Text != want.Text || !slices.Equal(got.Labels, want.Labels) {
				s.Errorf("changed to %+v, want %+v", got, want)
			}
		}
		at(bot.Message{Text: "两户反映", Buttons: button}, Shown{Text: "两户反映", Labels: []string{"我也是"}})
		at(bot.Message{Text: "两户反映", Buttons: button}, Shown{Text: "两户反映", Labels: []string{"我也是"}})
		at(bot.Message{Text: "办好了"}, Shown{Text: "办好了"})
		long := fill(c.Unit, c.Text)
		at(bot.Message{Text: long}, Shown{Text: long})
		at(bot.Message{Text: "办好了", Buttons: button}, Shown{Text: "办好了", Labels: []string{"我也是"}})
		if s.Lose == nil {
			continue
		}
		s.Lose(s.T, where, old)
		if ref := s.sent(where, bot.Message{Text: "重说一遍", Edit: old}); ref == old {
			s.Errorf("a message that is lost was changed")
		}
		if got := s.last(where).Text; got != "重说一遍" {
			s.Errorf("the change of a lost message is not said anew: %q", got)
		}
	}
}

// Picture is a small PNG.
func Picture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Snapshot is a photo that says where it was taken ("at home, room 501"), and what is left
// of it without that.
func Snapshot() (taken, bare []byte) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		panic(err)
	}
	return append([]byte("\xff\xd8\xff\xfe\x00\x13at home, room 501"), b.Bytes()[2:]...), b.Bytes()
}

// voice begins as voice notes of a form begin that the channel takes; nobody plays it.
func (s *suite) voice(c bot.Capabilities) bot.Photo {
	s.Helper()
	for form, data := range map[string]string{
		".ogg": "OggS" + strings.Repeat("\x00", 24) + "OpusHead" + strings.Repeat("\x00", 40),
		".amr": "#!AMR\n" + strings.Repeat("\x00", 40),
	} {
		if len(c.VoiceForms) == 0 && form == ".ogg" || slices.Contains(c.VoiceForms, form) {
			return bot.Photo{Name: "a" + form, Data: []byte(data), Seconds: 3}
		}
	}
	s.Fatalf("the suite has no voice note of the forms %q", c.VoiceForms)
	return bot.Photo{}
}

func (s *suite) files() {
	c := s.Channel.Capabilities()
	for _, where := range s.places() {
		// How many messages it takes is the platform's; what is seen in all is not.
		seen := func(m bot.Message) (n Shown) {
			s.Helper()
			before := len(s.Shows(s.T, where))
			s.sent(where, m)
			for _, x := range s.Shows(s.T, where)[before:] {
				n.Text += x.Text
				n.Labels = append(n.Labels, x.Labels...)
				n.Photos += x.Photos
				n.Voices += x.Voices
			}
			return n
		}
		button := [][]bot.Button{{{Label: "接单", Data: "1/accept"}}}
		if c.Photos {
			two := []bot.Photo{{Name: "a.png", Data: Picture()}, {Name: "b.png", Data: Picture()}}
			for _, text := range []string{plant, fill(c.Unit, c.Text)} {
				if got := seen(bot.Message{Text: text, Photos: two, Buttons: button}); got.Text != text || got.Photos != 2 || len(got.Labels) != 1 {
					s.Errorf("a text of %d units, two photos and a button arrived as %d units, %d, %d", c.Unit.Len(text), c.Unit.Len(got.Text), got.Photos, len(got.Labels))
				}
			}
		}
		if c.Voices {
			if got := seen(bot.Message{Text: plant, Voices: []bot.Photo{s.voice(c)}, Buttons: button}); got.Text != plant || got.Voices != 1 || len(got.Labels) != 1 {
				s.Errorf("a voice note with a text and a button arrived as %+v", got)
			}
		}
	}
}

func (s *suite) gone() {
	if len(s.Gone) == 0 {
		s.Fatal("the fixture names nobody who is gone")
	}
	for _, address := range s.Gone {
		for _, m := range []bot.Message{{Text: plant}, {Text: plant, Edit: "1"}} {
			_, err := s.send(address, m)
			if g := (bot.Gone{}); !errors.As(err, &g) {
				s.Errorf("sending to %q (edit: %q): %v, want Gone", address, m.Edit, err)
			}
		}
	}
}

// end: when the process ends, so does a send, with an error that is no verdict.
func (s *suite) end() {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	_, err := s.Channel.Send(ctx, s.Private, bot.Message{Key: "end", Text: plant})
	s.discreet(err)
	var (
		gone    bot.Gone
		refused bot.Refused
		closed  bot.Closed
	)
	if errors.As(err, &gone) || errors.As(err, &refused) || errors.As(err, &closed) {
		s.Errorf("a send that was cut off is answered with a verdict: %v", err)
	}
	if err == nil && s.last(s.Private).Text != plant {
		s.Error("a send that was cut off is said to have arrived, and has not")
	}
}
