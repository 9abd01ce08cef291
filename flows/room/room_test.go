package room_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/room"
)

// play is one room and what it said.
type play struct {
	*testing.T
	s   *flows.Settings
	f   flows.Flow
	now time.Time
	c   flows.Case
}

func newPlay(t *testing.T, id string) *play {
	s := settings(t)
	p := &play{T: t, s: s, f: flow(t), now: time.Date(2026, 11, 30, 10, 0, 0, 0, s.Zone), c: flows.Case{ID: "7", Flow: flows.RoomFlow}}
	p.happens(flows.Opened{Key: flows.RoomKey(id)}, "")
	return p
}

// at is a time of December 2026.
func (p *play) at(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, p.s.Zone) }

// happens gives what came of an event, as lines.
func (p *play) happens(w flows.What, by flows.PersonID) (lines []string) {
	p.Helper()
	e := flows.Event{ID: "e", At: p.now, What: w, Settings: p.s}
	if o, ok := p.s.Official(by); ok {
		e.By = flows.Actor{Person: o.ID, Name: o.Name, Posts: o.Posts}
	} else {
		e.By.Person = by
	}
	c, effects, err := p.f.Step(p.c, e)
	if err != nil {
		p.Fatal(err)
	}
	p.c = c
	for _, eff := range effects {
		switch eff := eff.(type) {
		case flows.Say:
			to := string(eff.To.Person)
			if eff.To.Role != "" {
				to = string(eff.To.Role)
			}
			text, err := p.f.Words.Render("zh-CN", eff.Words, eff.Vars, 0, p.now, p.s)
			if err != nil {
				p.Fatal(err)
			}
			line := to + " " + eff.Slot + ": " + text
			if eff.Tidy {
				line = "(" + line + ")"
			}
			for _, b := range eff.Buttons {
				label, err := p.f.Words.Render("zh-CN", b.Words, b.Vars, 0, p.now, p.s)
				if err != nil {
					p.Fatal(err)
				}
				line += " [" + label + " " + b.Choice + "]"
			}
			lines = append(lines, line)
		case flows.Tell:
			var b flows.Booking
			if err := json.Unmarshal(eff.Data, &b); err != nil {
				p.Fatal(err)
			}
			line := fmt.Sprintf("→ %s %s %d %s", eff.Case, eff.Name, b.Slot, b.From.In(p.s.Zone).Format("2-15"))
			if b.Why != "" {
				line += " " + b.Why
			}
			if !b.Taken.IsZero() {
				line += b.Taken.In(p.s.Zone).Format(" until 2-15:04")
			}
			if b.Asked {
				line += " asked"
			}
			lines = append(lines, line)
		default:
			p.Fatalf("%T", eff)
		}
	}
	return lines
}

func (p *play) book(id flows.ID, slot int, from, to time.Time, no int) []string {
	p.Helper()
	return p.happens(flows.Told{From: id, Name: "book", Data: flows.Data(flows.Booking{Slot: slot, From: from, To: to, No: no})}, "chen")
}

func (p *play) want(got []string, want ...string) {
	p.Helper()
	if !slices.Equal(got, want) {
		p.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// What cannot be had is refused, with why, and what was had before stays.
func TestRefused(t *testing.T) {
	p := newPlay(t, "linli")
	p.want(p.book("1", 0, p.at(5, 15), p.at(5, 17), 412), "→ 1 booked 0 5-15")
	p.want(p.book("2", 0, p.at(5, 16), p.at(5, 18), 413), "→ 2 taken 0 5-16 taken until 5-17:00")
	p.want(p.book("2", 0, p.at(5, 14), p.at(5, 18), 413), "→ 2 taken 0 5-14 taken until 5-17:00")
	p.want(p.book("2", 0, p.at(5, 13), p.at(5, 15), 413), "→ 2 booked 0 5-13") // one begins when the other ends
	p.want(p.book("3", 0, p.at(5, 14), p.at(5, 16), 0), "→ 3 taken 0 5-14 taken until 5-17:00")
	p.want(p.book("1", 1, p.at(5, 16), p.at(5, 18), 412), "→ 1 booked 1 5-16") // only one of them will be
	p.want(p.book("2", 0, p.at(5, 17), p.at(5, 18), 413), "→ 2 taken 0 5-17 taken until 5-18:00")
	p.want(p.book("3", 0, p.at(5, 13), p.at(5, 14), 0), "→ 3 taken 0 5-13 taken until 5-15:00") // what 2 had it has still
	for name, x := range map[string][2]time.Time{
		"too early":     {p.at(5, 8), p.at(5, 10)}, // Saturdays from nine
		"too late":      {p.at(5, 17), p.at(5, 19)},
		"over midnight": {p.at(7, 20), p.at(8, 9)},
		"backwards":     {p.at(7, 12), p.at(7, 11)},
		"no time":       {p.at(7, 12), p.at(7, 12)},
		"past":          {p.now.Add(-2 * time.Hour), p.now},
	} {
		if got := p.book("4", 0, x[0], x[1], 0); len(got) != 1 || !strings.HasSuffix(got[0], " closed") {
			t.Errorf("%s: %q", name, got)
		}
	}
	p.s.Rooms = nil
	p.want(p.book("4", 0, p.at(7, 12), p.at(7, 13), 0), "→ 4 taken 0 7-12 gone")

	p = newPlay(t, "xiao") // always open
	p.want(p.book("1", 0, p.at(7, 20), p.at(8, 1), 0), "→ 1 booked 0 7-20")
	p.want(p.book("2", 0, p.at(8, 0), p.at(8, 2), 0), "→ 2 taken 0 8-00 taken until 8-01:00")
	p.want(p.book("2", 0, p.at(8, 2), p.at(9, 2), 0), "→ 2 booked 0 8-02")
	p.want(p.book("2", 0, p.at(10, 2), p.at(11, 3), 0), "→ 2 taken 0 10-02 closed") // more than a day
	p.want(p.book("3", 0, p.at(8, 3), p.at(8, 4), 0), "→ 3 taken 0 8-03 taken until 9-02:00")
	p.want(p.book("3", 0, p.at(10, 3), p.at(10, 4), 0), "→ 3 booked 0 10-03")
}

// The owner is asked once a date is fixed, not about times that are being thought of.
func TestOwner(t *testing.T) {
	p := newPlay(t, "linli")
	p.want(p.book("1", 0, p.at(5, 15), p.at(5, 17), 412), "→ 1 booked 0 5-15")
	ask := "station own-1: 0412号的会想用二楼邻里室，12月5日（周六）15:00到17:00，可以吗？ [可以 yes=1] [不行 no=1]"
	p.want(p.book("1", flows.TheMeeting, p.at(5, 15), p.at(5, 17), 412), ask, "→ 1 booked 100 5-15 asked")
	p.want(p.book("1", flows.TheMeeting, p.at(5, 15), p.at(5, 17), 412), "→ 1 booked 100 5-15 asked") // it is being asked
	p.want(p.happens(flows.Chose{Choice: "yes", Value: "1"}, "feng"), "feng : 这间房不归您管。")
	p.want(p.happens(flows.Chose{Choice: "yes", Value: "2"}, "he"), "he : 这个时间过了，或者会已经改了。")
	p.want(p.happens(flows.Missed{Mark: "own-1"}, "")) // the organiser asks by telephone
	p.want(p.happens(flows.Chose{Choice: "yes", Value: "1"}, "he"),
		"he own-1: 二楼邻里室借给0412号的会：12月5日（周六）15:00到17:00。何服务答应的。 [借不了了 no=1]", "→ 1 booked 100 5-15", "he : 记下了，会告诉办会的人。")
	p.want(p.happens(flows.Chose{Choice: "yes", Value: "1"}, "he"), "he : 记下了，会告诉办会的人。")
	// Another time is another question.
	p.want(p.book("1", flows.TheMeeting, p.at(6, 15), p.at(6, 17), 412), "(station own-1: 时间改了，看下面新的一条。)",
		"station own-2: 0412号的会想用二楼邻里室，12月6日（周日）15:00到17:00，可以吗？ [可以 yes=2] [不行 no=2]", "→ 1 booked 100 6-15 asked")
	p.want(p.happens(flows.Chose{Choice: "no", Value: "1"}, "he"), "he : 这个时间过了，或者会已经改了。")
	p.want(p.happens(flows.Chose{Choice: "no", Value: "2"}, "he"),
		"he own-2: 二楼邻里室不借给0412号的会：12月6日（周日）15:00到17:00。何服务答复的。", "→ 1 lost 100 6-15 owner", "he : 记下了，会告诉办会的人。")
	p.want(p.book("2", 0, p.at(6, 15), p.at(6, 17), 413), "→ 2 booked 0 6-15") // it is free again

	p.want(p.book("2", flows.TheMeeting, p.at(6, 15), p.at(6, 17), 0),
		"station own-3: 社区有个会想用二楼邻里室，12月6日（周日）15:00到17:00，可以吗？ [可以 yes=3] [不行 no=3]", "→ 2 booked 100 6-15 asked")
	p.want(p.happens(flows.Told{From: "2", Name: "free", Data: flows.Data(flows.Booking{Slot: -1})}, "chen"),
		"station own-3: 不用留二楼邻里室了：社区的会不用12月6日（周日）15:00到17:00这个时间了。")
	// Who holds the post and books the room has said so by that.
	p.want(p.happens(flows.Told{From: "3", Name: "book", Data: flows.Data(flows.Booking{Slot: flows.TheMeeting, From: p.at(8, 10), To: p.at(8, 12)})}, "he"), "→ 3 booked 100 8-10")
	// A body that there is not is not asked.
	i := slices.IndexFunc(p.s.Bodies, func(b flows.Body) bool { return b.ID == "fuwuzhan" })
	p.s.Bodies[i].None = true
	p.want(p.book("4", flows.TheMeeting, p.at(9, 10), p.at(9, 12), 0), "→ 4 booked 100 9-10")

	p = newPlay(t, "xiao") // nobody else's
	p.want(p.book("1", flows.TheMeeting, p.at(5, 15), p.at(5, 17), 412), "→ 1 booked 100 5-15")
}

// Of a meeting that has begun nobody is asked any more, and nobody need hear that the room
// is free again.
func TestOwnerTooLate(t *testing.T) {
	p := newPlay(t, "linli")
	p.book("1", flows.TheMeeting, p.at(5, 15), p.at(5, 17), 412)
	p.now = p.at(5, 15)
	p.want(p.happens(flows.Chose{Choice: "no", Value: "1"}, "he"), "he : 这个时间过了，或者会已经改了。")
	p.want(p.happens(flows.Told{From: "1", Name: "free", Data: flows.Data(flows.Booking{Slot: -1})}, "chen"))
	p = newPlay(t, "linli")
	p.now = p.at(5, 15)
	p.want(p.book("1", flows.TheMeeting, p.at(5, 15), p.at(5, 17), 412), "→ 1 booked 100 5-15")
}

// A room is kept while somebody wants it, and what is over goes with the next event.
func TestForgotten(t *testing.T) {
	p := newPlay(t, "linli")
	if p.c.Stage != room.Kept || p.c.Forget || !slices.Equal(p.c.Matter, []string{"#room/linli"}) || p.c.Done || p.c.Numbered {
		t.Fatalf("opened: %+v", p.c.Summary)
	}
	p.book("1", 0, p.at(5, 15), p.at(5, 17), 0)
	p.book("2", 0, p.at(6, 15), p.at(6, 17), 0)
	p.now = p.at(6, 17)
	p.happens(flows.Woke{Name: "nothing"}, "")
	if p.c.Forget || strings.Count(string(p.c.Data), `"case"`) != 2 {
		t.Fatalf("a day after the first: %s", p.c.Data)
	}
	p.now = p.now.Add(time.Minute)
	p.happens(flows.Woke{Name: "nothing"}, "")
	if p.c.Forget || strings.Count(string(p.c.Data), `"case"`) != 1 {
		t.Fatalf("more than a day after it: %s", p.c.Data)
	}
	p.happens(flows.Told{From: "2", Name: "free", Data: flows.Data(flows.Booking{Slot: 1})}, "")
	if p.c.Forget {
		t.Fatal("it had nothing under that slot")
	}
	p.happens(flows.Told{From: "2", Name: "free", Data: flows.Data(flows.Booking{Slot: 0})}, "")
	if !p.c.Forget || len(p.c.Matter) > 0 {
		t.Fatalf("nobody wants it: %+v", p.c.Summary)
	}
	p = newPlay(t, "linli")
	p.book("1", 0, p.at(5, 1), p.at(5, 2), 0)
	if !p.c.Forget {
		t.Fatal("the only one was refused, and it is kept")
	}
	if p = newPlay(t, ""); !p.c.Forget {
		t.Fatal("no room, and it is kept")
	}
}
