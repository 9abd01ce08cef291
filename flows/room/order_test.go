package room_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/flows"
)

// act is something that a meeting, or the owner, does.
type act struct {
	Case     flows.ID
	Name     string // book, free, no, yes
	Slot     int
	From, To time.Time
}

// hall is a room and what everybody has heard of it.
type hall struct {
	t    *rapid.T
	s    *flows.Settings
	f    flows.Flow
	now  time.Time
	room *flows.Case // nil: nobody wants it
	n    int
	has  map[string]flows.Booking // case and slot → what the last answers have left it
	card map[string]int           // case → the card by which the owner was asked last
}

func (h *hall) step(w flows.What, by flows.Actor) []flows.Effect {
	h.n++
	c, effects, err := h.f.Step(*h.room, flows.Event{ID: fmt.Sprint(h.n), At: h.now, By: by, What: w, Settings: h.s})
	if err != nil {
		h.t.Fatal(err)
	}
	sound(h.t, c)
	if h.room = &c; c.Forget {
		h.room = nil
	}
	return effects
}

func key(id flows.ID, slot int) string { return fmt.Sprintf("%s/%d", id, slot) }

// do lets an act happen, and the meetings hear what the room says.
func (h *hall) do(a act) {
	if h.room == nil {
		h.room = &flows.Case{ID: "room", Flow: flows.RoomFlow}
		h.step(flows.Opened{Key: flows.RoomKey("linli")}, flows.Actor{})
	}
	var effects []flows.Effect
	answered := 0
	switch a.Name {
	case "book", "free":
		effects = h.step(flows.Told{From: a.Case, Name: a.Name, Data: flows.Data(flows.Booking{Slot: a.Slot, From: a.From, To: a.To})}, flows.Actor{})
		if a.Name == "book" {
			answered = 1
		}
		for k, b := range h.has {
			if a.Name == "free" && (a.Slot < 0 && k == key(a.Case, b.Slot) || k == key(a.Case, a.Slot)) {
				delete(h.has, k)
			}
		}
	default:
		owner := flows.Actor{Person: "he", Posts: []flows.Post{{Role: flows.Station, Scope: flows.Everywhere}}}
		effects = h.step(flows.Chose{Choice: a.Name, Value: fmt.Sprint(h.card[string(a.Case)])}, owner)
	}
	for _, eff := range effects {
		switch eff := eff.(type) {
		case flows.Say:
			if eff.Words == "own-ask" {
				h.card[string(a.Case)], _ = strconv.Atoi(strings.TrimPrefix(eff.Slot, "own-"))
			}
		case flows.Tell:
			var b flows.Booking
			if err := json.Unmarshal(eff.Data, &b); err != nil {
				h.t.Fatal(err)
			}
			k := key(eff.Case, b.Slot)
			switch eff.Name {
			case "booked":
				h.has[k] = b
			case "lost":
				delete(h.has, k)
			case "taken":
				if b.Why == "taken" && !b.Taken.After(b.From) {
					h.t.Fatalf("taken until %s, before %s", b.Taken, b.From)
				}
			}
			if a.Name == "book" && eff.Case == a.Case {
				answered--
			}
		}
	}
	if answered != 0 {
		h.t.Fatalf("%+v had %d answers too few", a, answered)
	}
	h.agree()
}

// agree looks whether the meetings and the room mean the same.
func (h *hall) agree() {
	got := map[string][2]time.Time{}
	if h.room != nil {
		var s struct {
			Bookings []struct {
				Case     flows.ID
				Slot     int
				From, To time.Time
			}
		}
		if err := json.Unmarshal(h.room.Data, &s); err != nil {
			h.t.Fatal(err)
		}
		for _, b := range s.Bookings {
			if _, twice := got[key(b.Case, b.Slot)]; twice {
				h.t.Fatalf("%s has two times for one slot: %+v", b.Case, s.Bookings)
			}
			got[key(b.Case, b.Slot)] = [2]time.Time{b.From.UTC(), b.To.UTC()}
		}
	}
	want := map[string][2]time.Time{}
	for k, b := range h.has {
		want[k] = [2]time.Time{b.From.UTC(), b.To.UTC()}
	}
	if d := cmp.Diff(want, got); d != "" {
		h.t.Fatalf("what the meetings know, and what the room does:\n%s", d)
	}
}

// Whatever meetings book, move and give back, and whatever the owner says, in whatever
// order: no two are in a room at a time, each knows what it has, and what is refused would
// have clashed.
func TestNoTwoMeetingsInOneRoom(t *testing.T) {
	s, f := settings(t), flow(t)
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, s.Zone) // a Monday
	rapid.Check(t, func(rt *rapid.T) {
		acts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
			a := act{Case: rapid.SampledFrom([]flows.ID{"1", "2", "3", "4"}).Draw(t, "case"),
				Name: rapid.SampledFrom([]string{"book", "book", "book", "book", "free", "no", "yes"}).Draw(t, "act"),
				Slot: rapid.SampledFrom([]int{0, 1, flows.TheMeeting}).Draw(t, "slot")}
			if a.Name == "free" && rapid.Bool().Draw(t, "all") {
				a.Slot = -1
			}
			a.From = now.Add(time.Duration(rapid.IntRange(-4, 30).Draw(t, "from")) * 30 * time.Minute)
			a.To = a.From.Add(time.Duration(rapid.IntRange(-1, 6).Draw(t, "long")) * 30 * time.Minute)
			if rapid.Bool().Draw(t, "elsewhere") { // as another clock writes it
				a.From, a.To = a.From.UTC(), a.To.UTC()
			}
			return a
		}), 1, 30).Draw(rt, "acts")
		for _, order := range [][]act{acts, rapid.Permutation(acts).Draw(rt, "another order"), rapid.Permutation(acts).Draw(rt, "and another")} {
			h := &hall{t: rt, s: s, f: f, now: now, has: map[string]flows.Booking{}, card: map[string]int{}}
			for _, a := range order {
				free := h.free(a)
				h.do(a)
				b, has := h.has[key(a.Case, a.Slot)]
				if has = has && b.From.Equal(a.From) && b.To.Equal(a.To); a.Name == "book" && free != has {
					rt.Fatalf("%+v: free %v, has it %v", a, free, has)
				}
			}
		}
	})
}

// free says, by what the meetings know, whether a time can be had.
func (h *hall) free(a act) bool {
	if b, has := h.has[key(a.Case, a.Slot)]; has && b.From.Equal(a.From) && b.To.Equal(a.To) {
		return true
	}
	r, _ := h.s.Room("linli")
	if !a.To.After(a.From) || !a.To.After(h.now) || !r.Open(a.From.In(h.s.Zone), a.To.In(h.s.Zone)) {
		return false
	}
	for k, b := range h.has {
		if !strings.HasPrefix(k, string(a.Case)+"/") && b.From.Before(a.To) && a.From.Before(b.To) {
			return false
		}
	}
	return true
}
