package telegram

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
)

// gate keeps from the suite what happened before it began: that people came
// and went.
type gate struct {
	mu   sync.Mutex
	open bool
	to   Receiver
}

func (g *gate) Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if !open {
		return bot.Answer{}, nil
	}
	return g.to.Receive(ctx, in)
}

func TestChannel(t *testing.T) {
	for _, mode := range []string{Polling, Webhook} {
		t.Run(mode, func(t *testing.T) {
			bottest.Channel(t, func(t *testing.T, r bottest.Receiver) bottest.Fixture { return fixture(t, mode, r) })
		})
	}
}

func fixture(t *testing.T, mode string, r bottest.Receiver) bottest.Fixture {
	s := newStage(t, mode)
	g := &gate{to: r}
	s.tg.options.Receive = g
	wang, zhao := s.server.AddUser("王阿姨"), s.server.AddUser("小赵")
	group, other := s.server.AddGroup("3号楼群"), s.server.AddGroup("别的群")
	group.Admin = true // so that it may pin
	wang.Start("")
	zhao.Start("")
	zhao.Block()
	other.Kick(zhao)
	s.run()
	if mode == Webhook {
		s.await("setWebhook", func() bool { return len(s.server.Calls("setWebhook")) > 0 })
	} else {
		s.polled()
	}
	s.await("all that went before", func() bool { return s.server.Pending() == 0 })
	g.mu.Lock()
	g.open = true
	g.mu.Unlock()

	return bottest.Fixture{
		Channel: s.tg,
		Private: strconv.FormatInt(wang.ID, 10),
		Group:   strconv.FormatInt(group.ID, 10),
		Gone:    []string{strconv.FormatInt(zhao.ID, 10), strconv.FormatInt(other.ID, 10), "424242", "-100424242"},
		Secrets: []string{fake.Token, strings.SplitN(fake.Token, ":", 2)[1], hookSecret},
		Shows: func(t *testing.T, address string) (all []bottest.Shown) {
			for _, m := range s.server.Sent(number(t, address)) {
				if m.Deleted {
					continue
				}
				x := bottest.Shown{Text: m.Text, Photos: len(m.Photos)}
				if m.File != nil && m.File.Kind == "voice" {
					x.Voices = 1
				}
				if m.Poll != nil {
					x.Poll, x.Ended = &bot.Poll{Question: m.Poll.Question, Options: m.Poll.Options}, m.Poll.Closed
				}
				for _, row := range m.Buttons {
					for _, b := range row {
						x.Labels = append(x.Labels, b.Label)
					}
				}
				all = append(all, x)
			}
			return all
		},
		Lose: func(t *testing.T, address, ref string) {
			ref, _, _ = strings.Cut(ref, "!")
			_, err := s.tg.wire.call(t.Context(), "deleteMessage", map[string]int64{"chat_id": number(t, address), "message_id": number(t, ref)})
			if err != nil {
				t.Fatal(err)
			}
		},
		Signed: func(t *testing.T, address, ref string) bool {
			return s.server.Sign(number(t, address), number(t, ref)) != ""
		},
		Pinned: func(t *testing.T, address, ref string) bool {
			for _, m := range s.server.Sent(number(t, address)) {
				if m.ID == number(t, ref) {
					return m.Pinned
				}
			}
			return false
		},
		Say: func(t *testing.T, what bottest.Talk) string {
			who, chat := wang, group.ID
			if what.As != "" {
				who = s.server.AddUser(what.As)
			} else {
				chat = number(t, what.Where)
			}
			if what.Edit != "" {
				s.server.Edit(chat, number(t, what.Edit), what.Text)
				return what.Edit
			}
			var more []fake.Option
			if what.Photo != nil {
				more = append(more, fake.Photo(what.Photo))
			}
			if what.Reply != "" {
				more = append(more, fake.ReplyTo(number(t, what.Reply)))
			}
			return strconv.FormatInt(s.server.Say(who, chat, what.Text, more...).Message, 10)
		},
		Vote: func(t *testing.T, where, ref string, options ...int) {
			message, _, ok := parseRef(ref)
			if update, err := s.server.Vote(wang, number(t, where), int64(message), options...); !ok || err != nil || update == 0 {
				t.Fatalf("the vote is update %d: %v", update, err)
			}
		},
		Press: func(t *testing.T, where, data string) (toast string) {
			id, err := s.server.Press(wang, number(t, where), data)
			if err != nil {
				t.Fatal(err)
			}
			s.await("the answer to a press", func() (answered bool) {
				toast, answered = s.server.Toast(id)
				return answered
			})
			return toast
		},
	}
}
