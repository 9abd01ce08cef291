package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/bot"
	"linli/storage"
)

// Whatever people, platforms and staff do: on a platform with windows nothing is said that
// its rules forbid, every message is told once or is a task, and never both.
func TestWindowsWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		knocks, buttons := rapid.Bool().Draw(rt, "forms"), 10
		s, wx := wxStage(t, knocks, 5, telling(t), func(c *bot.Capabilities) { c.Buttons = buttons })
		until, left := s.clock.Now().Add(48*time.Hour), 5
		broken := 0 // sends that the platform had to turn down because no window was open
		busy := false
		type sending struct {
			ref, text string
			at        time.Time
		}
		var undelivered []sending
		var spoke time.Time
		wx.on(func(string, bot.Message) error {
			if busy {
				return bot.Busy{After: time.Minute}
			}
			if !s.clock.Now().Before(until) || left == 0 {
				broken++
				return bot.Closed{Why: "window"}
			}
			left--
			return nil
		})
		n := 0
		told := map[string]int{}
		gather := func() {
			for _, m := range wx.take() {
				told[m.Text]++
				undelivered = append(undelivered, sending{m.Ref, m.Text, m.At})
			}
			wx.forms = slices.DeleteFunc(wx.forms, func(f bot.Form) bool { told[f.What]++; return true })
			s.toy.take()
		}
		rt.Repeat(map[string]func(*rapid.T){
			"speak": func(rt *rapid.T) {
				spoke = s.clock.Now()
				until, left = s.clock.Now().Add(48*time.Hour), 5
				in := onWX(s.said("o1", "", "在"), 5)
				for range rapid.IntRange(1, 3).Draw(rt, "brought") {
					s.hear(in)
				}
				s.drain()
				gather()
			},
			"tell": func(rt *rapid.T) {
				class := rapid.SampledFrom([]string{"personal", "personal", "notice", "emergency"}).Draw(rt, "class")
				if n == 57 {
					return // of letters to tell messages apart
				}
				s.say("li", "", fmt.Sprintf("事 r1 %s %c", class, 'A'+rune(n)))
				n++
				gather()
			},
			"pass": func(rt *rapid.T) {
				d := rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 20 * time.Hour, 48 * time.Hour}).Draw(rt, "time")
				busy = busy && d <= time.Hour
				s.pass(d)
				gather()
			},
			"busy":    func(*rapid.T) { busy = !busy },
			"restart": func(*rapid.T) { s.restart() },
			"fails": func(rt *rapid.T) {
				if len(undelivered) == 0 {
					return
				}
				i := rapid.IntRange(0, len(undelivered)-1).Draw(rt, "which")
				x := undelivered[i]
				undelivered = slices.Delete(undelivered, i, i+1)
				in := s.said("o1", "", "")
				in.Channel, in.Kind, in.Ref, in.Loss = "wx", bot.Undelivered, x.ref, bot.Loss{Closed: true, Why: "later"}
				before := s.clock.Now()
				told[x.text]-- // it has not been told after all
				s.hear(in)
				s.drain()
				if !spoke.After(x.at) {
					until = before // as the platform says; what was opened since is open
				}
				gather()
			},
			"": func(rt *rapid.T) {
				if broken > 0 {
					rt.Fatalf("the platform had to turn down %d messages", broken)
				}
			},
		})
		busy = false
		s.pass(2 * time.Hour)
		gather()
		tasks := 0
		for _, x := range s.troubles() {
			tasks++
			for text, k := range told {
				if k > 0 && strings.Contains(string(x.Body), `"`+text+`"`) {
					rt.Errorf("%q was told, and is a task of kind %s", text, x.Kind)
				}
			}
		}
		sum := 0
		for text, k := range told {
			if k > 1 {
				rt.Errorf("%q was told %d times", text, k)
			}
			sum += k
		}
		left2 := 0
		s.view(func(tx storage.Tx) error {
			jobs, err := tx.Jobs()
			for _, j := range jobs {
				if j.Kind == "send" {
					left2++
				}
			}
			return err
		})
		if sum+tasks+left2 < n {
			rt.Errorf("%d messages were to be told; %d were, %d are tasks, %d wait", n, sum, tasks, left2)
		}
	})
}
