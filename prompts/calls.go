package prompts

import (
	"context"
	"time"
)

// Call is one call to a language model, as it is kept for staff to look at: what left
// (masked), what came back (masked), what it cost and how it ended.
type Call struct {
	At      time.Time     `json:"at"`
	Task    string        `json:"task"`    // "wording", "minutes", "transcribe"
	Version string        `json:"version"` // of the prompt
	Model   string        `json:"model"`
	Sent    string        `json:"sent,omitempty"`
	Got     string        `json:"got,omitempty"`
	End     string        `json:"end"`           // one of the ends below
	Why     string        `json:"why,omitempty"` // of Wrong: what did not hold; nothing of the text
	Tries   int           `json:"tries,omitempty"`
	Use     Use           `json:"use"`
	Took    time.Duration `json:"took,omitempty"`
}

// How a call ends.
const (
	Done    = "done"
	Cached  = "cached"  // the same was asked before; nothing left
	Wrong   = "wrong"   // an answer came, and did not hold
	Empty   = "empty"   // an answer came, with nothing in it
	Slow    = "slow"    // none came in time
	Full    = "full"    // the server has too much to do
	Down    = "down"    // it cannot be reached, or has a fault
	Refused = "refused" // it does not take this: a wrong key, a model it does not have
	Spent   = "spent"   // the budget of the day is used up; nothing left
	Resting = "resting" // it failed so often that it is left alone for a while; nothing left
)

// Use is what calls use up. Money is in millionths of the unit in which the prices are written.
type Use struct {
	Calls  int   `json:"calls,omitempty"`
	Tokens int   `json:"tokens,omitempty"`
	Money  int64 `json:"money,omitempty"`
}

// Plus adds two up.
func (u Use) Plus(v Use) Use {
	return Use{u.Calls + v.Calls, u.Tokens + v.Tokens, u.Money + v.Money}
}

// Minus is what is left of u without v.
func (u Use) Minus(v Use) Use {
	return Use{u.Calls - v.Calls, u.Tokens - v.Tokens, u.Money - v.Money}
}

// Within says whether it keeps to a limit; what is 0 there has none.
func (u Use) Within(most Use) bool {
	return (most.Calls <= 0 || u.Calls <= most.Calls) && (most.Tokens <= 0 || u.Tokens <= most.Tokens) && (most.Money <= 0 || u.Money <= most.Money)
}

// Book is where calls are written down. A day is "2026-11-23", in the community's zone.
type Book interface {
	// Take adds to what a day has used, before a call, unless it would be more than most.
	Take(ctx context.Context, day string, use, most Use) (bool, error)
	// Correct adds what was used besides, or takes away (negative) what was not.
	Correct(ctx context.Context, day string, by Use) error
	// Note keeps a call for a time.
	Note(ctx context.Context, c Call) error
}
