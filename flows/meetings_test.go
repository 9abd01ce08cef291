package flows

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTimeOfTheWeek(t *testing.T) {
	at := func(text string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", text, china)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	wednesday := WeekTime{time.Wednesday, 9 * 60}
	for from, want := range map[string]string{
		"2026-11-25 08:59": "2026-11-25 09:00", // the day itself
		"2026-11-25 09:00": "2026-12-02 09:00", // not the same moment again
		"2026-11-25 09:01": "2026-12-02 09:00",
		"2026-11-24 23:59": "2026-11-25 09:00",
		"2026-11-26 00:00": "2026-12-02 09:00", // over the end of a month
		"2026-12-31 12:00": "2027-01-06 09:00", // and of a year
	} {
		if got := wednesday.Next(at(from)); !got.Equal(at(want)) {
			t.Errorf("after %s: %s, want %s", from, got, want)
		}
	}
	if got := (WeekTime{time.Sunday, 0}).Next(at("2026-11-28 10:00")); !got.Equal(at("2026-11-29 00:00")) {
		t.Errorf("Sunday at midnight is %s", got)
	}
}

// Whatever the time, the next one is of its day and clock, later, and none lies between.
func TestTheNextTimeOfTheWeek(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := WeekTime{time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), Clock(rapid.IntRange(0, 24*60-1).Draw(t, "clock"))}
		from := time.Unix(rapid.Int64Range(1.6e9, 2.2e9).Draw(t, "from"), 0).In(china)
		next := w.Next(from)
		if next.Weekday() != w.Day || Clock(next.Hour()*60+next.Minute()) != w.At || next.Second() != 0 {
			t.Fatalf("%v after %s is %s", w, from, next)
		}
		if d := next.Sub(from); d <= 0 || d > 7*24*time.Hour {
			t.Fatalf("%v comes %s after %s", w, d, from)
		}
	})
}

func TestWhenARoomIsOpen(t *testing.T) {
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	always, some := Room{ID: "always"}, Room{ID: "some", Hours: []OpenHours{
		{week, 8*60 + 30, 12 * 60}, {week, 12 * 60, 21 * 60}, {[]time.Weekday{time.Saturday}, 18 * 60, 24 * 60}}}
	daily := Room{ID: "daily", Hours: []OpenHours{{nil, 9 * 60, 11 * 60}, {nil, 14 * 60, 18 * 60}}}
	on := func(day, hour, min int) time.Time { return time.Date(2026, 11, day, hour, min, 0, 0, china) } // the 23rd is a Monday
	for name, c := range map[string]struct {
		room     Room
		from, to time.Time
		open     bool
	}{
		"no hours":                    {always, on(23, 3, 0), on(23, 5, 0), true},
		"no hours, over midnight":     {always, on(23, 23, 0), on(24, 1, 0), true},
		"no hours, and no time":       {always, on(23, 9, 0), on(23, 9, 0), false},
		"no hours, backwards":         {always, on(23, 9, 0), on(23, 8, 0), false},
		"from the first minute":       {some, on(23, 8, 30), on(23, 10, 0), true},
		"a minute before":             {some, on(23, 8, 29), on(23, 10, 0), false},
		"to the last":                 {some, on(27, 19, 0), on(27, 21, 0), true},
		"a minute after":              {some, on(27, 19, 0), on(27, 21, 1), false},
		"from one hours to the next":  {some, on(23, 11, 0), on(23, 13, 0), true},
		"all of a day's":              {some, on(23, 8, 30), on(23, 21, 0), true},
		"another day":                 {some, on(29, 10, 0), on(29, 11, 0), false},
		"hours of another day":        {some, on(28, 10, 0), on(28, 11, 0), false},
		"until midnight":              {some, on(28, 22, 0), on(29, 0, 0), true},
		"over midnight":               {some, on(28, 22, 0), on(29, 0, 1), false},
		"the same hours, a day later": {some, on(23, 9, 0), on(24, 10, 0), false},
		"no time":                     {some, on(23, 9, 0), on(23, 9, 0), false},
		"backwards":                   {some, on(23, 10, 0), on(23, 9, 0), false},
		"every day":                   {daily, on(29, 9, 0), on(29, 11, 0), true},
		"every day, over the break":   {daily, on(29, 10, 0), on(29, 15, 0), false},
	} {
		if got := c.room.Open(c.from, c.to); got != c.open {
			t.Errorf("%s: open %v", name, got)
		}
	}
	s := &Settings{Rooms: []Room{always, some}}
	if r, ok := s.Room("some"); !ok || len(r.Hours) != 3 {
		t.Errorf("%+v %v", r, ok)
	}
	if r, ok := s.Room("none"); ok || r.ID != "" {
		t.Errorf("a room that is not there: %+v", r)
	}
}

func TestWhoReviewsATopic(t *testing.T) {
	post := func(roles ...Role) (out []Post) {
		for _, r := range roles {
			out = append(out, Post{r, Everywhere})
		}
		return out
	}
	for name, c := range map[string]struct {
		people []Official
		want   []PersonID
	}{
		"nobody":                     {nil, nil},
		"in order":                   {[]Official{{ID: "b", Posts: post(Reviewer)}, {ID: "s", Posts: post(Secretary)}, {ID: "a", Posts: post(Reviewer)}}, ids("b a")},
		"two posts, asked once":      {[]Official{{ID: "s", Posts: post(Secretary, OnDuty, Reviewer)}, {ID: "h", Posts: post(Reviewer)}}, ids("s h")},
		"the same post twice":        {[]Official{{ID: "h", Posts: post(Reviewer, Reviewer)}}, ids("h")},
		"who watches does not":       {[]Official{{ID: "x", Posts: post(Supervisor, Reviewer)}, {ID: "h", Posts: post(Reviewer)}, {ID: "y", Posts: post(Supervisor)}}, ids("h")},
		"nor of one building":        {[]Official{{ID: "x", Posts: append(post(Reviewer), Post{Supervisor, Scope{Building: "3"}})}, {ID: "s", Posts: post(Secretary)}}, ids("s")},
		"else the secretary":         {[]Official{{ID: "h", Posts: post(Head, Staff, Council)}, {ID: "s", Posts: post(Secretary)}}, ids("s")},
		"a secretary who watches":    {[]Official{{ID: "s", Posts: post(Secretary, Supervisor)}, {ID: "z", Posts: post(Secretary)}}, ids("z")},
		"nobody is left":             {[]Official{{ID: "s", Posts: post(Secretary, Supervisor)}, {ID: "h", Posts: post(Head)}}, nil},
		"a reviewer of one building": {[]Official{{ID: "h", Posts: []Post{{Reviewer, Scope{Building: "3"}}}}, {ID: "s", Posts: post(Secretary)}}, ids("s")},
	} {
		s := village()
		s.People = c.people
		before := slices.Clone(c.people)
		if d := cmp.Diff(c.want, s.Reviewers()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff(before, s.People); d != "" {
			t.Errorf("%s: the settings were changed: %s", name, d)
		}
	}
}

func TestATermNeedsItsSource(t *testing.T) {
	for _, c := range []struct {
		term Term
		want int
	}{{Term{}, 0}, {Term{N: 3}, 0}, {Term{N: 3, Waive: []Role{Head}}, 0}, {Term{N: 3, Source: "某街道"}, 3}, {Term{Source: "某街道"}, 0}} {
		if got := c.term.Days(); got != c.want {
			t.Errorf("%+v: %d days, want %d", c.term, got, c.want)
		}
	}
}
