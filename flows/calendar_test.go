package flows

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// china is eight hours east all year, as Asia/Shanghai is.
var china = time.FixedZone("Asia/Shanghai", 8*3600)

// year2026 is part of the real year: the spring festival, the working weekends
// around it, and the national day.
func calendar() Calendar {
	return Calendar{
		Zone: china,
		Years: map[int]Year{2026: {
			Off:  []string{"01-01", "01-02", "01-03", "02-15", "02-16", "02-17", "02-18", "02-19", "02-20", "02-21", "02-22", "02-23", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07"},
			Work: []string{"01-04", "02-14", "02-28", "09-20", "10-10"},
		}},
		Hours: []Hours{{8*60 + 30, 12 * 60}, {14 * 60, 18 * 60}},
	}
}

// on reads "2026-11-23 10:00" in the zone.
func on(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", text, china)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCalendarAdd(t *testing.T) {
	hours := func(n int) Span { return Span{Minutes: 60 * n} }
	days := func(n int) Span { return Span{Days: n} }
	for _, c := range []struct {
		name, from string
		span       Span
		want       string
	}{
		{"inside the morning", "2026-11-23 09:00", hours(2), "2026-11-23 11:00"},
		{"to the end of the morning", "2026-11-23 10:00", hours(2), "2026-11-23 12:00"},
		{"over lunch", "2026-11-23 11:00", hours(2), "2026-11-23 15:00"},
		{"asked at lunch", "2026-11-23 12:30", hours(2), "2026-11-23 16:00"},
		{"asked as lunch begins", "2026-11-23 12:00", hours(1), "2026-11-23 15:00"},
		{"before work", "2026-11-23 06:00", hours(2), "2026-11-23 10:30"},
		{"in the evening", "2026-11-23 20:00", hours(2), "2026-11-24 10:30"},
		{"as work ends", "2026-11-23 18:00", hours(2), "2026-11-24 10:30"},
		{"Friday to Monday", "2026-11-27 17:00", hours(2), "2026-11-30 09:30"},
		{"Saturday", "2026-11-28 10:00", hours(2), "2026-11-30 10:30"},
		{"more than a day", "2026-11-23 09:00", hours(9), "2026-11-24 10:30"},
		{"the very last minute", "2026-11-23 14:00", hours(4), "2026-11-23 18:00"},
		{"a Saturday on which people work", "2026-02-14 09:00", hours(2), "2026-02-14 11:00"},
		{"a Sunday on which people work", "2026-01-04 09:00", hours(2), "2026-01-04 11:00"},
		{"spring festival in the middle", "2026-02-14 17:00", hours(2), "2026-02-24 09:30"},
		{"spring festival itself", "2026-02-17 10:00", hours(2), "2026-02-24 10:30"},

		{"one day", "2026-11-23 10:00", days(1), "2026-11-24 18:00"},
		{"one day, at lunch", "2026-11-23 13:00", days(1), "2026-11-24 18:00"},
		{"one day, in the evening", "2026-11-23 20:00", days(1), "2026-11-24 18:00"},
		{"one day, Friday", "2026-11-27 10:00", days(1), "2026-11-30 18:00"},
		{"one day, Friday evening", "2026-11-27 20:00", days(1), "2026-11-30 18:00"},
		{"one day, Sunday", "2026-11-29 10:00", days(1), "2026-11-30 18:00"},
		{"three days over a weekend", "2026-11-26 10:00", days(3), "2026-12-01 18:00"},
		{"three days over spring festival", "2026-02-13 10:00", days(3), "2026-02-25 18:00"},
		{"three days over a working Saturday", "2026-02-26 10:00", days(3), "2026-03-02 18:00"},
		{"a day and an hour", "2026-11-23 10:00", Span{Days: 1, Minutes: 60}, "2026-11-25 09:30"},

		{"nothing, at work", "2026-11-23 10:00", Span{}, "2026-11-23 10:00"},
		{"nothing, at night", "2026-11-23 20:00", Span{}, "2026-11-24 08:30"},
		{"by the clock", "2026-11-28 20:00", Span{Minutes: 24 * 60, Plain: true}, "2026-11-29 20:00"},
		{"by the clock, days", "2026-02-14 20:00", Span{Days: 2, Plain: true}, "2026-02-16 20:00"},
		{"a year nobody knows: weekends count", "2027-01-01 17:00", hours(2), "2027-01-04 09:30"},
		{"into a year nobody knows", "2026-12-31 17:00", hours(2), "2027-01-01 09:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := calendar().Add(on(t, c.from), c.span); !got.Equal(on(t, c.want)) {
				t.Errorf("from %s %+v: %s, want %s", c.from, c.span, got.Format("2006-01-02 15:04"), c.want)
			}
		})
	}
}

func TestCalendarReadsOtherZones(t *testing.T) {
	c := calendar()
	utc := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) // 9:00 in China
	if got := c.Add(utc, Span{Minutes: 60}); !got.Equal(on(t, "2026-11-23 10:00")) {
		t.Error(got)
	}
	newYear := time.Date(2025, 12, 31, 20, 0, 0, 0, time.UTC) // already 2026 in China, a holiday
	if c.Missing(newYear) || c.Working(newYear) {
		t.Error("the year was taken in another zone")
	}
}

func TestCalendarDays(t *testing.T) {
	c := calendar()
	for day, want := range map[string]bool{
		"2026-01-02": false, "2026-01-04": true, "2026-02-14": true, "2026-02-17": false, "2026-02-23": false, "2026-02-24": true, "2026-02-28": true,
		"2026-09-20": true, "2026-10-05": false, "2026-10-10": true, "2026-11-22": false, "2026-11-23": true, "2027-10-01": true, "2027-01-02": false,
	} {
		if got := c.Working(on(t, day+" 03:00")); got != want {
			t.Errorf("%s: working %v", day, got)
		}
	}
	if c.Missing(on(t, "2026-12-31 23:59")) || !c.Missing(on(t, "2027-01-01 00:00")) {
		t.Error("missing years")
	}
	for at, want := range map[string]bool{"2026-11-23 08:29": false, "2026-11-23 08:30": true, "2026-11-23 11:59": true, "2026-11-23 12:00": false, "2026-11-23 14:00": true, "2026-11-23 18:00": false} {
		if c.Open(on(t, at)) != want {
			t.Errorf("%s: open %v", at, !want)
		}
	}
}

// A promise is never in the past, never ends outside working hours, and who
// asks later is never answered earlier.
func TestCalendarAddIsOrderly(t *testing.T) {
	c := calendar()
	start := on(t, "2026-01-01 00:00")
	rapid.Check(t, func(rt *rapid.T) {
		at := start.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(rt, "minute")) * time.Minute)
		later := at.Add(time.Duration(rapid.IntRange(0, 10*24*60).Draw(rt, "later")) * time.Minute)
		s := Span{Days: rapid.IntRange(0, 7).Draw(rt, "days"), Minutes: rapid.IntRange(0, 1200).Draw(rt, "minutes"), Plain: rapid.Bool().Draw(rt, "plain")}
		got := c.Add(at, s)
		if got.Before(at) {
			rt.Fatalf("%s is before %s", got, at)
		}
		if next := c.Add(later, s); next.Before(got) {
			rt.Fatalf("asked %s: %s, asked %s: %s", at, got, later, next)
		}
		if !s.Plain && !s.Zero() && !c.Open(got.Add(-time.Minute)) {
			rt.Fatalf("%s is not in working hours", got)
		}
	})
}

func TestCalendarWithoutWorkingDays(t *testing.T) {
	c := Calendar{Zone: china, Years: map[int]Year{}}
	at := on(t, "2026-11-23 10:00")
	if got := c.Add(at, Span{Minutes: 60}); got.Before(at) { // must end
		t.Error(got)
	}
}
