package webchat

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"linli/bot/bottest"
)

func TestChannel(t *testing.T) {
	bottest.Channel(t, fixture)
}

// fixture has two people who came in by the door, of whom one was forgotten.
func fixture(t *testing.T, r bottest.Receiver) bottest.Fixture {
	w, _, s, d := serve(t, func(o *Options) { o.Receive = r })
	_, wang := enter(t, s, d, "BOTH", "王阿姨")
	_, zhao := enter(t, s, d, "BOTH", "小赵")
	if err := w.Forget(t.Context(), "m/"+zhao); err != nil {
		t.Fatal(err)
	}
	return bottest.Fixture{
		Channel: w,
		Private: "m/" + wang,
		Group:   "g/3hao",
		Gone:    []string{"m/" + zhao, "m/nobody", "g/none", "nowhere", ""},
		Shows: func(t *testing.T, address string) (all []bottest.Shown) {
			lines, err := w.History(address)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				if l.From != "" {
					continue
				}
				x := bottest.Shown{Text: l.Text, Photos: len(l.Photos), Voices: len(l.Voices)}
				for _, row := range l.Buttons {
					for _, b := range row {
						x.Labels = append(x.Labels, b.Label)
					}
				}
				all = append(all, x)
			}
			return all
		},
		Lose: func(t *testing.T, address, ref string) {
			if err := w.h.update(func(t tx) error {
				l, err := t.line(address, ref)
				if err != nil {
					return err
				}
				return t.dropLine(l)
			}); err != nil {
				t.Fatal(err)
			}
		},
		Say: func(t *testing.T, what bottest.Talk) string {
			as, where := wang, what.Where
			if what.As != "" {
				where = "g/3hao"
				before := maps.Clone(d.names)
				if n, body := visit(t, s).post("/chat/enter", "code", "BOTH", "name", what.As); n != http.StatusSeeOther {
					t.Fatalf("entering gave %d %s", n, body)
				}
				for address := range d.names {
					if _, old := before[address]; !old {
						as = strings.TrimPrefix(address, Name+":m/")
					}
				}
			}
			ref, err := w.Post(t.Context(), as, where, what.Text, PostOptions{Photo: what.Photo, Edit: what.Edit, Reply: what.Reply})
			if err != nil && !errors.Is(err, errReceive) {
				t.Fatal(err)
			}
			return ref
		},
		Press: func(t *testing.T, where, data string) string {
			// A page repeats a press with the id it had.
			o := PressOptions{ID: random()}
			lines, err := w.History(where)
			if err != nil {
				t.Fatal(err)
			}
			o.Message = lines[len(lines)-1].ID
			for range 5 {
				a, err := w.PressData(t.Context(), wang, where, data, o)
				if err == nil {
					return a.Toast
				}
				if !errors.Is(err, errReceive) {
					t.Fatal(err)
				}
			}
			t.Fatal("the press was never taken")
			return ""
		},
		Again: func(t *testing.T) { w.again(t.Context()) },
	}
}
