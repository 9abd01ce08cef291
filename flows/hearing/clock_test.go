package hearing_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/hearing"
)

// What the clock brings. No wake-up is ever cancelled: those of another date, or of a stage
// that is over, do nothing.

func TestWakes(t *testing.T) {
	s := house(t)
	for _, c := range []struct {
		when, name string
		frozen     bool
		does       string // "" nothing; else as in the table of who may press what, for the organiser; "to <tag> <words>"
	}{
		{"offered", "offer", false, "stage gone"},
		{"waiting", "offer", false, ""},
		{"waiting", "review", false, "stage review"},
		{"review", "review", false, ""},
		{"planning", "review", false, ""},
		{"review", "vet", false, "to han vet-late"},
		{"planning", "vet", false, ""},
		{"upward", "upward-0", false, "says upward-ask"},
		{"upward", "upward-1", false, ""},
		{"answered", "upward-0", false, ""},
		{"planning", "upward-0", false, ""},
		{"asking", "asking", false, ""}, // its time is not over
		{"asking", "asking+", false, "stage planning"},
		{"set", "asking+", false, ""},
		{"notice", "remind-1.0", false, "to yes remind|to asked remind-asked"},
		{"notice", "remind-1.1", false, "to yes remind"},
		{"notice", "remind-0.0", false, ""},
		{"notice", "remind-2.0", false, ""},
		{"notice", "remind-1.0", true, ""},
		{"off", "remind-1.0", false, ""},
		{"notice", "release-1", false, "sets freed"},
		{"notice", "release-0", false, ""},
		{"meeting", "release-1", false, ""},
		{"soon", "start-1", false, "says board-notice"},
		{"soon", "start-0", false, ""},
		{"soon", "start-1", true, "stage off"},
		{"off", "start-1", true, ""},
		{"soon", "late-1", false, "says late-begin"},
		{"meeting", "late-1", false, "says late-end"},
		{"soon", "late-0", false, ""},
		{"minutes", "late-1", false, ""},
		{"soon", "final-1", false, "stage off"},
		{"meeting", "final-1", false, "stage minutes"},
		{"soon", "final-0", false, ""},
		{"meeting", "final-2", false, ""},
		{"minutes", "final-1", false, ""},
		{"minutes", "minutes-0", false, "says minutes-soon"},
		{"minutes", "minutes-1", false, "says minutes-late|to supervisor minutes-overdue"},
		{"tasks", "minutes-1", false, ""},
		{"tasks", "dissent-4", false, "says dissent-due|to supervisor dissent-overdue"},
		{"tasks", "dissent-9", false, ""},
		{"rating", "rate+", false, "stage closed"}, // everybody who does not agree has an answer
		{"tasks", "rate", false, ""},
		{"off", "off-1", false, "stage closed"},
		{"off", "off-0", false, ""},
		{"planning", "off-1", false, ""},
		{"closed", "off-1", false, ""},
		{"notice", "no-such", false, ""},
	} {
		b, at := scene(t, s, c.when)
		st := b.state()
		if c.frozen {
			st.Frozen = &hearing.Objection{By: "xu", At: at.Add(-time.Hour), Why: "没有贴"}
			b.Case.Data = flows.Data(st)
		}
		name, later := strings.CutSuffix(c.name, "+")
		switch {
		case later && name == "rate":
			st.Dissents[0].Answered = at
			b.Case.Data = flows.Data(st)
		case later:
			at = december(s, 5, 10, 0)
		}
		before := fields(t, b.Case)
		b.does(flows.Event{At: at, What: flows.Woke{Name: name, Due: at}})
		after := fields(t, b.Case)
		if c.does == "" {
			if !reflect.DeepEqual(before, after) || len(b.effects) > 0 {
				t.Errorf("%s, %s (frozen %v): it does %s", c.when, c.name, c.frozen, did(b))
			}
			continue
		}
		for _, want := range strings.Split(c.does, "|") {
			if to, ok := strings.CutPrefix(want, "to "); ok {
				to, words, _ := strings.Cut(to, " ")
				if !slices.ContainsFunc(b.says(), func(x flows.Say) bool {
					return x.Words == words && (x.To.Entries == to || string(x.To.Role) == to || string(x.To.Person) == to)
				}) {
					t.Errorf("%s, %s: %s does not hear %s; it does %s", c.when, c.name, to, words, did(b))
				}
			} else if !outcome(t, b, "chen", before, after, want) {
				t.Errorf("%s, %s: it does not %s; it does %s", c.when, c.name, want, did(b))
			}
		}
		if c.name == "remind-1.1" && slices.ContainsFunc(b.says(), func(x flows.Say) bool { return x.Words == "remind-asked" }) {
			t.Errorf("the second reminder goes to who has not answered, too: %s", did(b))
		}
	}
}

// A new date has clocks of its own, bearing its version.
func TestClocksOfADate(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "set")
	b.press(at, b.official("chen"), "publish")
	got := map[string]time.Time{}
	for _, x := range b.effects {
		if w, ok := x.(flows.Wake); ok {
			got[w.Name] = w.At
		}
	}
	from, to := december(s, 12, 15, 0), december(s, 12, 17, 0)
	want := map[string]time.Time{"remind-1.0": from.Add(-96 * time.Hour), "remind-1.1": from.Add(-24 * time.Hour), "release-1": from.Add(-24 * time.Hour),
		"start-1": from.Add(-30 * time.Minute), "late-1": to.Add(2 * time.Hour), "final-1": to.Add(12 * time.Hour)}
	for name, at := range want {
		if !got[name].Equal(at) {
			t.Errorf("%s comes at %s, want %s", name, got[name], at)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the wake-ups are %v", got)
	}
	// A reminder on the day of the notice itself is none.
	b, _ = scene(t, s, "notice")
	st := b.state()
	st.Waived = []hearing.Waiver{{What: "clear", For: december(s, 9, 20, 0)}}
	b.Case.Data = flows.Data(st)
	when := december(s, 9, 20, 0)
	b.write(december(s, 8, 10, 0), b.official("chen"), "move", "改到9日，刮大风", flows.Reading{Plan: &flows.Appointment{Times: []flows.When{{At: when, Words: "9日"}}, Rest: "刮大风"}})
	if st := b.state(); !st.From.Equal(when) || st.Version != 2 {
		t.Fatalf("it was not moved: %s", did(b))
	}
	for _, x := range b.effects {
		if w, ok := x.(flows.Wake); ok && strings.HasPrefix(w.Name, "remind") {
			t.Errorf("%s at %s, ten hours after the notice", w.Name, w.At)
		}
	}
}

// Who has left their post prepares and leads nothing any more; a resident who proposed it
// stays needed.
func TestDirectoryChanged(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "planning")
	gone := *s
	gone.People = slices.DeleteFunc(slices.Clone(s.People), func(o flows.Official) bool { return o.ID == "chen" || o.ID == "jiang" || o.ID == "liu" })
	b.Settings = &gone
	b.does(flows.Event{At: at, What: flows.Woke{Name: "directory"}})
	if st := b.state(); st.Organiser != "lu" || st.Chair != "lu" || !slices.Equal(st.Needed, []flows.PersonID{"r9"}) {
		t.Errorf("organiser %s, chair %s, needed %v", st.Organiser, st.Chair, st.Needed)
	}
}

// That the reviewers cannot be reached the organiser hears, and of nobody else who cannot be.
func TestMissed(t *testing.T) {
	s := house(t)
	for mark, want := range map[string]bool{"vet": true, "board": false, "notice-1": false} {
		b, at := scene(t, s, "review")
		b.does(flows.Event{At: at, What: flows.Missed{Mark: mark}})
		if got := len(b.heard("chen")) > 0; got != want {
			t.Errorf("%s missed: %v", mark, did(b))
		}
	}
}

// Words without words are asked for again, and do nothing.
func TestNoWords(t *testing.T) {
	s := house(t)
	for _, w := range written {
		for _, text := range []string{"", "  \n ", "\u200b\u202e"} {
			when := strings.Fields(w.when)[0]
			who := strings.Fields(w.who)[0]
			b, at := scene(t, s, when)
			by := person(b, who)
			before := fields(t, b.Case)
			b.write(at, by, w.tag, text, flows.Reading{})
			if !slices.Equal(b.heard(by.Person), []string{"say-words"}) || !reflect.DeepEqual(before, fields(t, b.Case)) || len(b.effects) != 1 {
				t.Errorf("%s: %s writes %q for %s: %s", when, who, text, w.tag, did(b))
			}
		}
	}
}

// The list of topics leaves with the other reminders of its time; where that time was missed
// it leaves at once, and does not wait for the next.
func TestReviewersListThatWasMissed(t *testing.T) {
	s := house(t)
	for _, late := range []time.Duration{0, time.Hour} {
		b, _ := scene(t, s, "waiting")
		b.does(flows.Event{At: december(s, 2, 8, 29).Add(late), What: flows.Woke{Name: "review"}})
		n := 0
		for _, say := range b.says() {
			if say.Words == "vet" {
				n++
				if say.Bundle == (late > 0) {
					t.Errorf("%s after its time the list is bundled: %v", late, say.Bundle)
				}
			}
		}
		if n == 0 {
			t.Errorf("%s after its time there is no list", late)
		}
	}
}
