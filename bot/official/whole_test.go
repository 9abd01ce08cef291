package official

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/official/fake"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/prompts/local"
	"linli/storage"
)

// town is the whole of it: the engine with its flows and its outbox, a store, and this
// channel in front of the platform.
type town struct {
	*stage
	bot   *bot.Bot
	store storage.Store
}

func newTown(t *testing.T, change func(*Options, *fake.Server)) *town {
	settings := flowstest.Example(t, demand.DutyList())
	ears := &bottest.Late{}
	w := &town{stage: newStage(t, func(o *Options, f *fake.Server) {
		o.Receive = ears
		change(o, f)
	})}
	w.store = bottest.Store(t, "example")
	var err error
	w.bot, err = bot.New(bot.Options{Store: w.store, Settings: settings, Flows: flowstest.Flows(t, demand.New, dispatch.New), Channels: []bot.Channel{w.channel},
		Reader: local.New(), Now: w.now.Now, Media: t.TempDir(), Log: bottest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	ears.To = w.bot
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.bot.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

// settled waits until somebody was told n messages and nothing more is under way to them: what
// is counted as leaving must not be what has just left.
func (w *town) settled(u *fake.User, n int) {
	w.Helper()
	w.await("an answer", func() bool { return len(u.Shown()) >= n && w.server.Pending() == 0 })
	for limit := time.Now().Add(10 * time.Second); ; {
		rows := 0
		err := w.store.View(w.Context(), func(tx storage.Tx) error {
			for _, end := range []string{"!", ""} {
				lane, err := tx.Lane(Name + ":" + u.OpenID + end)
				if err != nil {
					return err
				}
				rows += len(lane)
			}
			return nil
		})
		switch {
		case err != nil:
			w.Fatal(err)
		case rows == 0:
			return
		case time.Now().After(limit):
			w.Fatalf("%d rows do not leave", rows)
		}
		runtime.Gosched()
	}
}

// Somebody scans the code on their staircase, says what is wrong, and is answered: inside
// the window, or in the response where the account can do nothing else.
func TestWhole(t *testing.T) {
	for _, passive := range []bool{false, true} {
		w := newTown(t, func(o *Options, _ *fake.Server) { o.Passive = passive })
		began := time.Now()
		u := w.server.AddUser()
		if passive {
			u.Follow(bot.SceneBuilding("3"))
		} else {
			_, link, err := w.channel.QR(t.Context(), bot.SceneBuilding("3"), true)
			if err != nil {
				t.Fatal(err)
			}
			if err := u.Scan(link); err != nil {
				t.Fatal(err)
			}
		}
		w.settled(u, 1)
		u.Say("2单元电梯停了，老人下不了楼")
		w.settled(u, 2)
		if passive {
			u.Say("1")
		} else if _, err := u.Press("登记"); err != nil {
			t.Fatal(err)
		}
		w.settled(u, 3)
		if d := time.Since(began); passive && d > answerFor {
			t.Errorf("it took %s: something was waited for that did not come", d)
		}
		var all []string
		for _, m := range u.Shown() {
			all = append(all, m.Text)
			if m.Answer != passive {
				t.Errorf("passive %v: %q came another way", passive, m.Text)
			}
		}
		text := strings.Join(all, "\n--\n")
		for _, want := range []string{"3号楼", "要登记吗", "记下了", "2单元"} {
			if !strings.Contains(text, want) {
				t.Errorf("passive %v: nobody said %q in\n%s", passive, want, text)
			}
		}
		if w.server.Broken() > 0 {
			t.Errorf("passive %v: somebody saw that the account is out of order", passive)
		}
	}
}
