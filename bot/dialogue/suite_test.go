package dialogue_test

import (
	"context"
	"strings"
	"testing"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/prompts/local"
)

// The stage of plays is a channel too: what it took and a platform would not
// would be found out by nobody. What is said on it goes to a Bot of its own,
// so that only the speaking half is tried here.
func TestChannel(t *testing.T) {
	bottest.Channel(t, func(t *testing.T, _ bottest.Receiver) bottest.Fixture { return fixture(t) })
}

// The same stage with all that a play may set.
func TestChannelWithPolls(t *testing.T) {
	bottest.Channel(t, func(t *testing.T, _ bottest.Receiver) bottest.Fixture {
		return fixture(t, "有自带投票", "有链接")
	})
}

func fixture(t *testing.T, settings ...string) bottest.Fixture {
	file, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	w, err := dialogue.NewWorld(t.Context(), dialogue.Options{Store: bottest.Store(t, "example"), Settings: file.Settings, Cast: bottest.Cast(file), Reader: local.New()})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range settings {
		if err := w.Set(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	seen := &screen{World: w, at: map[string][]string{}, shown: map[string]bottest.Shown{}}
	return bottest.Fixture{
		Channel: seen, Private: "m/wang", Group: "g/b3", Gone: []string{"m/nobody", "g/none", ""},
		Shows: func(_ *testing.T, address string) (all []bottest.Shown) {
			for _, ref := range seen.at[address] {
				all = append(all, seen.shown[ref])
			}
			return all
		},
	}
}

// screen keeps what people were told by the reference it got.
type screen struct {
	*dialogue.World
	at    map[string][]string // references by address
	shown map[string]bottest.Shown
}

func (s *screen) Send(ctx context.Context, address string, m bot.Message) (string, error) {
	ref, err := s.World.Send(ctx, address, m)
	for _, told := range s.Seen() {
		x := bottest.Shown{Text: told.Text, Labels: told.Labels}
		switch {
		case m.StopPoll:
			x = s.shown[ref]
			x.Ended = told.Text == "〔投票结束〕"+x.Poll.Question
		case m.Poll != nil:
			want := "〔投票〕" + m.Poll.Question
			for i, o := range m.Poll.Options {
				want += " " + string(rune('A'+i)) + "." + o
			}
			if x.Poll = m.Poll; x.Text == want {
				x.Text = ""
			}
		}
		x.Text, x.Voices = count(x.Text, "（附语音）", 1)
		x.Text, x.Photos = count(x.Text, "（附照片1张）", 1)
		if x.Photos == 0 {
			x.Text, x.Photos = count(x.Text, "（附照片2张）", 2)
		}
		if told.Mode == "" {
			s.at[address] = append(s.at[address], ref)
		}
		s.shown[ref] = x
	}
	return ref, err
}

// count takes a remark off a text.
func count(text, remark string, n int) (string, int) {
	if rest, ok := strings.CutSuffix(text, remark); ok {
		return rest, n
	}
	return text, 0
}
