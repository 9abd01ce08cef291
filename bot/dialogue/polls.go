package dialogue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/bot"
)

// The polls of the platform's own on the stage.

// fits says why a poll is none.
func fits(p bot.Poll) error {
	if strings.TrimSpace(p.Question) == "" || utf8.RuneCountInString(p.Question) > bot.PollQuestion {
		return bot.Refused{Why: "the question is empty or too long"}
	}
	if len(p.Options) < 2 || len(p.Options) > bot.PollOptions {
		return bot.Refused{Why: "too few options, or too many"}
	}
	for _, o := range p.Options {
		if strings.TrimSpace(o) == "" || utf8.RuneCountInString(o) > bot.PollOption {
			return bot.Refused{Why: "an option is empty or too long"}
		}
	}
	return nil
}

// stop ends a poll. Of one that has ended nobody sees anything.
func (w *World) stop(address, name string, m bot.Message) error {
	list := w.posts[address]
	i := slices.IndexFunc(list, func(p post) bool { return p.ref == m.Edit && p.poll != nil })
	if i < 0 || list[i].ended {
		return nil
	}
	labels, all, err := w.flat(m)
	if err != nil {
		return err
	}
	list[i].ended, list[i].buttons = true, all
	w.out = append(w.out, Told{Name: name, Mode: "改", Text: "〔投票结束〕" + list[i].poll.Question, Labels: labels})
	return nil
}

// Vote chooses an option in the newest poll of a group.
func (w *World) Vote(ctx context.Context, who, where, option string) error {
	from, chat, err := w.peers(who, where)
	if err != nil {
		return err
	}
	list := w.posts[chat.Address]
	for i := len(list) - 1; i >= 0; i-- {
		p := list[i]
		if p.poll == nil {
			continue
		}
		if p.ended {
			return fmt.Errorf("the poll in %s has ended", where)
		}
		_, id, _ := strings.Cut(p.ref, "!")
		w.n++
		in := bot.Inbound{Kind: bot.Picked, Keys: []string{fmt.Sprintf("vote/%d", w.n)}, From: from, Poll: id}
		if option != "" {
			n := slices.Index(p.poll.Options, option)
			if n < 0 {
				return fmt.Errorf("the poll in %s has no option %q", where, option)
			}
			in.Picks = []int{n}
		}
		return w.receive(ctx, in)
	}
	return fmt.Errorf("there is no poll in %s", where)
}
