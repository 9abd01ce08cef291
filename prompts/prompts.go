// Package prompts is language: what Linli reads. (What it says lives with the
// flows, in their words.) The embedded reader in prompts/local is always first
// and needs no network. A reader proposes; it never chooses a recipient, never
// changes a stage and never answers an emergency.
package prompts

import (
	"time"

	"linli/flows"
)

// Reader reads one message. It is called outside transactions, on every
// message, and must be fast (tens of microseconds) and safe for concurrent use.
type Reader interface {
	Read(text string, c Context) flows.Reading
	// Danger looks only for an emergency. It is called apart, so that a fault in
	// the rest of the reader cannot keep it from being found.
	Danger(text string) flows.Danger
}

// Context is what a reader may know besides the words.
type Context struct {
	Before   []string // what the same speaker wrote here a moment ago, oldest first
	At       time.Time
	Scope    flows.Scope // whom the group is for: a building's own group names its building
	Home     flows.Place // where the speaker lives, if they told
	Direct   bool        // written to Linli itself
	Settings *flows.Settings
}
