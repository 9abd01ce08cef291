package bottest

import (
	"errors"
	"slices"
	"strings"

	"linli/bot"
)

// polls: a question is asked in the platform's own form, votes come back by the id
// that stood in its reference, and it ends when it is told to.
func (s *suite) polls() {
	if !s.Channel.Capabilities().Polls {
		s.Skip("the channel has no polls")
	}
	key := [][]bot.Button{{{Label: "匿名答", URL: "https://linli.example/poll/1"}}}
	room := bot.Poll{Question: fill(bot.Runes, bot.PollQuestion)}
	for len(room.Options) < bot.PollOptions {
		room.Options = append(room.Options, fill(bot.Runes, bot.PollOption-1)+string(rune('A'+len(room.Options))))
	}
	s.asked(room, nil)
	ref := s.asked(bot.Poll{Question: "要不要在楼前装充电桩？", Options: []string{"要", "不要", "再商量"}}, key)
	other := s.asked(bot.Poll{Question: "要不要装路灯？", Options: []string{"要", "不要"}}, nil)
	if pollID(other) == pollID(ref) {
		s.Errorf("two polls have the id %q", pollID(ref))
	}

	with := func(change func(*bot.Poll)) bot.Message {
		p := bot.Poll{Question: plant, Options: []string{plant, "不要"}}
		change(&p)
		return bot.Message{Poll: &p}
	}
	for what, m := range map[string]bot.Message{
		"a question that is too long": with(func(p *bot.Poll) { p.Question = room.Question + "x" }),
		"an empty question":           with(func(p *bot.Poll) { p.Question = " " }),
		"an option that is too long":  with(func(p *bot.Poll) { p.Options[1] = room.Options[0] + "x" }),
		"an empty option":             with(func(p *bot.Poll) { p.Options[1] = "" }),
		"a single option":             with(func(p *bot.Poll) { p.Options = p.Options[:1] }),
		"an option too many":          with(func(p *bot.Poll) { p.Options = append(slices.Clone(room.Options), "x") }),
	} {
		s.refused(s.Group, m, what)
	}
	for _, address := range s.Gone {
		for _, m := range []bot.Message{with(func(*bot.Poll) {}), {Edit: ref, StopPoll: true}} {
			_, err := s.send(address, m)
			if g := (bot.Gone{}); !errors.As(err, &g) {
				s.Errorf("a poll at %q (its end: %v): %v, want Gone", address, m.StopPoll, err)
			}
		}
	}

	s.votes(ref)
	end := func(ref string, want bool) {
		s.Helper()
		before := s.Shows(s.T, s.Group)
		if got, err := s.send(s.Group, bot.Message{Edit: ref, StopPoll: true}); err != nil || got != ref {
			s.Errorf("ending %s gave %q: %v", ref, got, err)
		}
		after := s.Shows(s.T, s.Group)
		if len(before) != len(after) {
			s.Errorf("with its end %d messages were said", len(after)-len(before))
		}
		ended := 0
		for _, x := range after {
			if x.Ended {
				ended++
			}
		}
		if (ended == 1) != want {
			s.Errorf("%d polls have ended", ended)
		}
	}
	end(ref, true)
	end(ref, true) // once more is no harm
	if s.Lose != nil {
		s.Lose(s.T, s.Group, other)
		end(other, true)
	}
}

// asked sends a poll and gives its reference.
func (s *suite) asked(p bot.Poll, buttons [][]bot.Button) string {
	s.Helper()
	ref := s.sent(s.Group, bot.Message{Poll: &p, Buttons: buttons})
	got := s.last(s.Group)
	var labels []string
	for _, row := range buttons {
		for _, b := range row {
			labels = append(labels, b.Label)
		}
	}
	if got.Poll == nil || got.Poll.Question != p.Question || !slices.Equal(got.Poll.Options, p.Options) || got.Text != "" || got.Ended || !slices.Equal(got.Labels, labels) {
		s.Errorf("a poll arrived as %+v, want %+v with %q", got, p, labels)
	}
	if message, _, _ := strings.Cut(ref, "!"); message == "" || pollID(ref) == "" {
		s.Errorf("the reference of a poll is %q", ref)
	}
	return ref
}

// pollID is what names a poll in the reference of its message.
func pollID(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	_, id, _ := strings.Cut(ref, "!")
	return id
}

// votes lets the person choose, choose again, and take it back.
func (s *suite) votes(ref string) {
	if s.Say == nil {
		return // it hears nothing of its own
	}
	if s.Vote == nil {
		s.Fatal("the channel has polls, and the fixture cannot vote")
	}
	keys := map[string]bool{}
	for i, picks := range [][]int{{1}, {2}, {}, {0}} {
		s.busy(i%2, "") // every other one is not taken at first
		n, tried := len(s.ears.Heard()), len(s.ears.Tries())
		s.Vote(s.T, s.Group, ref, picks...)
		if s.Again != nil {
			s.Again(s.T)
		}
		all := s.ears.Wait(s.T, n+1)
		in := all[n]
		if len(all) != n+1 || in.Kind != bot.Picked || in.Poll != pollID(ref) || !slices.Equal(in.Picks, picks) ||
			in.From.Address != s.Private || !in.From.Person || in.Channel != s.Channel.Name() || in.Message.Text != "" || in.Press != "" {
			s.Errorf("the choice %v is heard %d times, as %+v", picks, len(all)-n, in)
		}
		s.keys(in, keys)
		for _, x := range s.ears.Tries()[tried:] {
			if !slices.Equal(x.Keys, in.Keys) || !slices.Equal(x.Picks, in.Picks) {
				s.Errorf("it came again as something else: %v with %q, then %v with %q", x.Picks, x.Keys, in.Picks, in.Keys)
			}
		}
	}
}
