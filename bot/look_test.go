package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"linli/bot"
	"linli/storage"
)

// knowing is a platform that can be asked what is heard in a group.
type knowing struct {
	*platform
	reads map[string]bool
	fails map[string]error
}

func (k knowing) Known(_ context.Context, address string) (reads, admin bool, err error) {
	return k.reads[address], false, k.fails[address]
}

// A group into which Linli comes, but in which it hears nothing, is told to staff with
// what to do about it; so is one that was heard before the process began.
func TestPrivacyModeIsTold(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	k := knowing{s.toy, map[string]bool{"g3": true}, nil}
	s.o.Channels = []bot.Channel{k}
	s.restart()
	in := s.said("p1", "g7", "")
	in.Kind, in.Chat.Name = bot.Joined, "七号楼群"
	s.hear(in)
	s.drain()
	staff := func() (n int) {
		for _, a := range s.toy.take() {
			if a.To == "chen" && strings.Contains(a.Text, "听不见") && strings.Contains(a.Text, "privacy mode") {
				n++
			}
		}
		return n
	}
	if n := staff(); n != 1 {
		t.Errorf("staff were told %d times of the new group", n)
	}
	k.reads["g3"] = false
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	told := make(chan struct{}, 1)
	s.toy.on(func(to string, m bot.Message) error {
		if to == "chen" && strings.Contains(m.Text, "3号楼群") {
			told <- struct{}{}
		}
		return nil
	})
	go func() { ended <- s.b.Run(ctx) }()
	<-told
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := staff(); n != 1 {
		t.Errorf("staff were told %d times of the old one", n)
	}
}

// Where the platform says that Linli is not in a group, staff hear it once; where the
// group has moved, it is followed.
func TestLookFindsWhatWasMissed(t *testing.T) {
	for _, c := range []struct {
		fails error
		told  []string
		want  string
	}{
		{bot.Gone{Why: "kicked"}, []string{"chen: 我已不在群“3号楼群”里，听不到那边的话了。"}, "toy:g3 true"},
		{bot.Moved{Address: "g8"}, nil, "toy:g8 false"},
		{errDown, nil, "toy:g3 false"},
	} {
		s := newStage(t, nil)
		s.o.Channels = []bot.Channel{knowing{s.toy, nil, map[string]error{"g3": c.fails}}}
		s.restart()
		for range 2 {
			s.update(func(tx storage.Tx) error {
				_, err := tx.AddJob(storage.Job{Kind: "look", At: s.clock.Now(), Body: []byte(`"toy:g3"`)})
				return err
			})
		}
		s.drain()
		s.told(c.told...)
		s.view(func(tx storage.Tx) error {
			chat, err := tx.Chat("g")
			if got := fmt.Sprint(chat.Address, " ", chat.Left); got != c.want {
				t.Errorf("after %v the group is %s, want %s", c.fails, got, c.want)
			}
			return err
		})
	}
}
