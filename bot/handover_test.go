package bot_test

import (
	"slices"
	"testing"

	"linli/flows"
)

// When somebody leaves the directory, the cases they hold are woken, those of
// others are not; and what is their work no longer reaches them.
func TestHandover(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		n.Stage = "filed"
		switch w := e.What.(type) {
		case flows.Opened:
			n.Holder = "li"
			if w.Said.Message.Text == "事二" {
				n.Holder = "chen"
			}
		case flows.Woke:
			return n, []flows.Effect{tell(person("li"), flows.Work, "您的事")}
		}
		return n, nil
	}))
	s.say("p1", "g3", "事一")
	s.say("p1", "g3", "事二")
	next := *settings()
	next.Version = "2"
	next.People = slices.DeleteFunc(slices.Clone(next.People), func(o flows.Official) bool { return o.ID == "li" })
	next.Grids = nil
	s.b.SetSettings(&next)
	if err := s.b.Handover(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.drain()
	s.told()
	for id, want := range map[flows.ID][]string{"1": {"opened", "woke", "missed"}, "2": {"opened"}} {
		if got := s.the(id).Heard; !slices.Equal(got, want) {
			t.Errorf("case %s heard %q, want %q", id, got, want)
		}
	}
}
