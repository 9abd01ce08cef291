package flows

import (
	"slices"
	"time"
)

// Calendar knows working days and working hours. Holidays and the working
// weekends that make up for them (调休) come from a file per year; where a year
// has none, weekends count as free and all else as work, and Missing says so.
type Calendar struct {
	Zone  *time.Location
	Years map[int]Year
	Hours []Hours // of a working day, in order; at least one
}

// Year is the file of one year. Days are "01-02" (month-day).
type Year struct {
	Source string
	Off    []string // public holidays, also those that fall on a weekend
	Work   []string // weekends on which people work
}

// Hours is a stretch of a working day.
type Hours struct{ From, To Clock }

// Missing says that the holidays of the year of t are not known.
func (c Calendar) Missing(t time.Time) bool {
	_, ok := c.Years[t.In(c.Zone).Year()]
	return !ok
}

// Working says whether the day of t is a working day.
func (c Calendar) Working(t time.Time) bool {
	t = t.In(c.Zone)
	day := t.Format("01-02")
	y := c.Years[t.Year()]
	switch {
	case slices.Contains(y.Work, day):
		return true
	case slices.Contains(y.Off, day):
		return false
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Open says whether t lies in working hours.
func (c Calendar) Open(t time.Time) bool { return c.Next(t).Equal(t) }

// Next gives t if it lies in working hours, else the next opening.
func (c Calendar) Next(t time.Time) time.Time {
	t = t.In(c.Zone)
	for range 400 {
		if c.Working(t) {
			for _, h := range c.Hours {
				from, to := h.From.On(t), h.To.On(t)
				if t.Before(from) {
					return from
				}
				if t.Before(to) {
					return t
				}
			}
		}
		t = Clock(0).On(t.AddDate(0, 0, 1))
	}
	return t // a calendar without a working day: nothing to wait for
}

// Add gives the time a span of working time after t. Days end with the
// working day; minutes run in working hours only, plain minutes always.
func (c Calendar) Add(t time.Time, s Span) time.Time {
	t = t.In(c.Zone)
	if s.Plain {
		return t.Add(time.Duration(s.Minutes)*time.Minute).AddDate(0, 0, s.Days)
	}
	if s.Days > 0 {
		// A demand of this evening, or of a holiday, begins on the next working day.
		day := c.Next(t)
		if day.Equal(t) || sameDay(day, t) {
			day = t
		} else {
			s.Days-- // the first day is the one on which work begins
		}
		for n := 0; n < s.Days; {
			day = day.AddDate(0, 0, 1)
			if c.Working(day) {
				n++
			}
		}
		t = c.Hours[len(c.Hours)-1].To.On(day)
		if s.Minutes == 0 {
			return t
		}
	}
	left := time.Duration(s.Minutes) * time.Minute
	for range 4000 {
		t = c.Next(t)
		end := t
		for _, h := range c.Hours {
			if to := h.To.On(t); t.Before(to) && !t.Before(h.From.On(t)) {
				end = to
				break
			}
		}
		if room := end.Sub(t); left <= room || room <= 0 {
			return t.Add(left)
		} else {
			left -= room
		}
		t = end
	}
	return t
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
