package bot

import (
	"time"

	"linli/flows"
)

// Watch is told what the engine does, for figures: names and numbers, never who
// and what. Its methods must be quick and safe for concurrent use.
type Watch interface {
	// Heard says that something a channel heard was kept, and how long that took.
	Heard(channel string, kind Kind, took time.Duration)
	// Sent says how an attempt to send ended (confirmed, busy, closed, gone,
	// refused, unknown, capped, expired), and how long after it was to be said.
	Sent(channel string, class flows.Class, outcome string, after time.Duration)
	// Troubled says that something could not be done and was shown to staff.
	Troubled(kind string)
}

// unwatched is the Watch of who wants no figures.
type unwatched struct{}

func (unwatched) Heard(string, Kind, time.Duration)               {}
func (unwatched) Sent(string, flows.Class, string, time.Duration) {}
func (unwatched) Troubled(string)                                 {}
