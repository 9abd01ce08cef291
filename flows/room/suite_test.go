package room_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/room"
)

func settings(t testing.TB) *flows.Settings { return flowstest.Example(t, demand.DutyList()) }

func flow(t testing.TB) flows.Flow { return flowstest.Flows(t, room.New)[0] }

// meeting is the least that books rooms, and what it was answered.
type meeting struct {
	Stage string                   `json:"stage"`
	Has   map[string]flows.Booking `json:"has,omitempty"` // room and slot → what it has there
}

func (m meeting) Summary() flows.Summary {
	return flows.Summary{Stage: m.Stage, Numbered: true, Done: m.Stage == "over"}
}

// slots are those that a meeting of these tests books.
var slots = []int{0, 1, flows.TheMeeting}

func place(b flows.Booking) string {
	return b.Room + "/" + string(rune('0'+slices.Index(slots, b.Slot)))
}

// meetings is a flow that books whatever its buttons say.
func meetings(t testing.TB) flows.Flow {
	t.Helper()
	words := flowstest.Words("board: 会\nb: 订\n")
	hours := []int{-30, 0, 1, 3, 24, 24 * 3}
	choices := []string{"book=linli0a", "book=linli1b", "book=linli2c", "book=xiao2a", "book=no-such0a", "free=linli2", "free=linli9", "free=xiao2", "end"}
	f, err := flows.Define("meeting", words, func(_ string, m meeting, e flows.Event) (meeting, []flows.Effect) {
		switch w := e.What.(type) {
		case flows.Opened:
			m.Stage = "open"
			say := flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work, Words: "board"}
			for _, c := range choices {
				say.Buttons = append(say.Buttons, flows.Button{Words: "b", Choice: c})
			}
			return m, []flows.Effect{say, flows.Wake{At: e.At.AddDate(0, 0, 3), Name: "later"}}
		case flows.Chose:
			if w.Choice == "end" && m.Stage == "open" {
				m.Stage = "over"
				var all []flows.Effect
				for _, id := range []string{"linli", "xiao"} {
					all = append(all, tell(id, "free", flows.Booking{Slot: -1}))
				}
				m.Has = nil
				return m, all
			}
			if !slices.Contains(choices, w.Choice+"="+w.Value) || m.Stage == "over" {
				return m, nil
			}
			id, slot := w.Value[:len(w.Value)-2], int(w.Value[len(w.Value)-2]-'0')
			if w.Choice == "free" {
				id, slot = w.Value[:len(w.Value)-1], int(w.Value[len(w.Value)-1]-'0')
			}
			b := flows.Booking{Room: id, Slot: -1}
			if slot >= 0 && slot < len(slots) {
				b.Slot = slots[slot]
			}
			if w.Choice == "free" {
				for k, x := range m.Has {
					if x.Room == id && (b.Slot < 0 || b.Slot == x.Slot) {
						delete(m.Has, k)
					}
				}
				return m, []flows.Effect{tell(id, "free", b)}
			}
			// When, is drawn with the play's clock and people.
			n := int(e.At.Unix()/60)%7 + len(e.By.Person) + int(w.Value[len(w.Value)-1])
			b.From = e.At.Truncate(time.Hour).Add(time.Duration(hours[n%len(hours)]) * time.Hour)
			b.To, b.No = b.From.Add(time.Duration(n%5)*time.Hour), e.Case.No
			return m, []flows.Effect{tell(id, "book", b)}
		case flows.Told:
			var b flows.Booking
			if json.Unmarshal(w.Data, &b) != nil || m.Stage == "over" {
				return m, nil
			}
			switch w.Name {
			case "booked":
				if m.Has == nil {
					m.Has = map[string]flows.Booking{}
				}
				m.Has[place(b)] = b
			case "lost":
				delete(m.Has, place(b))
			}
		}
		return m, nil
	}, func(e flows.Event) []flows.Effect {
		s := e.What.(flows.Said)
		return []flows.Effect{flows.Open{Flow: "meeting", Said: &s}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tell(id, name string, b flows.Booking) flows.Tell {
	b.Room = id
	return flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(id), Name: name, Data: flows.Data(b)}
}

func TestSuite(t *testing.T) {
	f := flow(t)
	seen := map[string]int{}
	missing := func() (list []string) {
		for _, what := range []string{"booked", "taken", "lost", "own-ask", "own-yes", "own-no", "own-free", "own-moved", "noted", "over", "not-yours"} {
			if seen[what] == 0 {
				list = append(list, what)
			}
		}
		return list
	}
	// Plays are drawn: where they are few, some more may be needed until all has happened.
	for n := 0; n == 0 || n < 2000 && len(missing()) > 0; n++ {
		flowstest.Run(t, settings(t), meetings(t), flowstest.Options{With: []flows.Flow{f}, Check: func(rt *rapid.T, s flowstest.Step) {
			if s.Flow.Name != flows.RoomFlow {
				return
			}
			sound(rt, s.After)
			for _, eff := range s.Effects {
				switch eff := eff.(type) {
				case flows.Tell:
					seen[eff.Name]++
				case flows.Say:
					seen[eff.Words]++
				}
			}
		}})
	}
	if m := missing(); len(m) > 0 {
		t.Errorf("in all plays there was no %q: %v", m, seen)
	}
}

// sound looks whether no two meetings are in the room at a time.
func sound(t interface{ Fatalf(string, ...any) }, c flows.Case) {
	var s room.State
	if err := json.Unmarshal(c.Data, &s); err != nil {
		t.Fatalf("%v", err)
	}
	for i, a := range s.Bookings {
		for _, b := range s.Bookings[i+1:] {
			if a.Case != b.Case && a.From.Before(b.To) && b.From.Before(a.To) {
				t.Fatalf("two meetings in %s: %+v, %+v", s.Room, a, b)
			}
		}
	}
	if (len(s.Bookings) == 0) != c.Forget && s.Cards > 0 {
		t.Fatalf("forgotten %v with %d bookings", c.Forget, len(s.Bookings))
	}
}
