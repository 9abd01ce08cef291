package official

import (
	"regexp"
	"strings"
	"testing"

	"linli/bot/bottest"
	"linli/bot/official/fake"
)

func TestChannel(t *testing.T) {
	for name, plain := range map[string]bool{"encrypted": false, "plain": true} {
		t.Run(name, func(t *testing.T) {
			bottest.Channel(t, func(t *testing.T, r bottest.Receiver) bottest.Fixture { return fixture(t, plain, r) })
		})
	}
}

var link = regexp.MustCompile(`<a href="[^"]*">([^<]*)</a>`)

// fixture has somebody who follows the account and somebody who does no longer. The suite
// sends more than any window allows, so that windows never shut, and brings a message
// again when it likes, not three times at once.
func fixture(t *testing.T, plain bool, r bottest.Receiver) bottest.Fixture {
	s := newStage(t, func(o *Options, f *fake.Server) {
		f.Endless, f.Tries = true, 1
		if f.Plain, o.Plain = plain, plain; plain {
			o.AESKey = ""
		}
	})
	s.channel.options.Receive = r
	wang, zhao := s.server.Follower(), s.server.AddUser()
	return bottest.Fixture{
		Channel: s.channel,
		Private: wang.OpenID,
		Plain:   true,
		Gone:    []string{zhao.OpenID, "oFakeNobody", "nobody at all", ""},
		Secrets: []string{fake.Secret, fake.AESKey, "FAKE_"},
		Shows: func(t *testing.T, address string) (all []bottest.Shown) {
			if address != wang.OpenID {
				return nil
			}
			for _, m := range wang.Shown() {
				x := bottest.Shown{Text: m.Text}
				switch m.Kind {
				case "image":
					x.Photos = 1
				case "voice":
					x.Voices = 1
				}
				for _, found := range link.FindAllStringSubmatch(m.Text, -1) {
					x.Text = strings.TrimSpace(strings.Replace(x.Text, found[0], "", 1))
					x.Labels = append(x.Labels, found[1])
				}
				for line := range strings.Lines(m.Tail) {
					label, _, _ := strings.Cut(line, "：http")
					x.Labels = append(x.Labels, label)
				}
				for _, b := range m.Items {
					x.Labels = append(x.Labels, b.Content)
				}
				all = append(all, x)
			}
			return all
		},
		Say: func(t *testing.T, what bottest.Talk) string {
			if what.Photo != nil {
				return wang.Photo(what.Photo)
			}
			return wang.Say(what.Text)
		},
		Press: func(t *testing.T, where, data string) string {
			if _, err := wang.Press(data); err != nil {
				t.Fatal(err)
			}
			s.quiet()
			s.server.Again()
			return ""
		},
		Again: func(t *testing.T) {
			s.quiet()
			s.server.Again()
		},
	}
}
