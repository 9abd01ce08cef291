package kefu

import (
	"strings"
	"testing"

	"linli/bot/bottest"
	"linli/bot/kefu/fake"
)

func TestChannel(t *testing.T) {
	bottest.Channel(t, func(t *testing.T, r bottest.Receiver) bottest.Fixture {
		s := newStage(t)
		s.build(r)
		wang := s.server.AddPerson()
		// The suite writes more than five times to somebody who says nothing.
		s.server.Judge = func(c fake.Call) fake.Fault {
			if c.Method == "send_msg" {
				wang.Renew()
			}
			return fake.Fault{}
		}
		wang.Begin()
		s.run()
		return bottest.Fixture{
			Channel: s.kefu,
			Private: wang.ID,
			Plain:   true,
			Gone:    []string{"wmNobody0123456789", "a b", ""},
			Secrets: []string{fake.Secret, fake.Token, fake.AESKey, "at-1000"},
			Shows: func(t *testing.T, address string) (all []bottest.Shown) {
				p := s.server.Person(address)
				if p == nil {
					return nil
				}
				for _, m := range p.Shown() {
					x := bottest.Shown{Text: m.Text}
					switch m.Kind {
					case "image":
						x.Photos = 1
					case "voice":
						x.Voices = 1
					}
					for _, b := range m.Menu {
						x.Labels = append(x.Labels, b.Label)
					}
					all = append(all, x)
				}
				return all
			},
			Say: func(t *testing.T, what bottest.Talk) string {
				p := s.server.Person(what.Where)
				if what.Photo != nil {
					if what.Text != "" {
						t.Fatal("a photo has no words there")
					}
					return p.File("image", what.Photo)
				}
				return p.Say(what.Text)
			},
			Press: func(t *testing.T, where, data string) string {
				if _, err := s.server.Person(where).Press(data); err != nil {
					t.Fatal(err)
				}
				return ""
			},
		}
	})
}

func TestNewChecks(t *testing.T) {
	s := newStage(t)
	good := options(s, s.ears)
	for what, spoil := range map[string]func(*Options){
		"no corp":             func(o *Options) { o.CorpID = "" },
		"a corp with a sign":  func(o *Options) { o.CorpID = "ww1&x=1" },
		"no secret":           func(o *Options) { o.Secret = "" },
		"a secret with signs": func(o *Options) { o.Secret = "plant&corpid=x" },
		"no token":            func(o *Options) { o.Token = "" },
		"a short key":         func(o *Options) { o.AESKey = o.AESKey[:42] },
		"no account":          func(o *Options) { o.Account = "" },
		"an account in words": func(o *Options) { o.Account = "幸福社区" },
		"nobody who receives": func(o *Options) { o.Receive = nil },
		"no shelf":            func(o *Options) { o.Shelf = nil },
	} {
		o := good
		spoil(&o)
		if k, err := New(o); err == nil || k != nil {
			t.Errorf("%s: %v", what, err)
		} else if strings.Contains(err.Error(), "plant") {
			t.Errorf("%s: the error shows the secret: %v", what, err)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
	if n := len(s.server.Calls("")); n != 0 {
		t.Errorf("New made %d calls", n)
	}
}
