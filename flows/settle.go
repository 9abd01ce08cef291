package flows

import (
	"slices"
	"strings"
	"time"
)

// What the rules of several flows do in the same way.

// Settled gives the effects of a step as they are to be carried out. What would be too late at
// once is not said: the hour of something may come before its wake-up does. What another case,
// or a list of people, answers comes within the step and is the newer: it is said after what is
// said here.
func Settled(effects []Effect, at time.Time) []Effect {
	effects = slices.DeleteFunc(effects, func(x Effect) bool {
		say, ok := x.(Say)
		return ok && !say.Until.IsZero() && say.Until.Before(at)
	})
	last := func(x Effect) int {
		switch x.(type) {
		case Tell, Open, Next, Find:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(effects, func(a, b Effect) int { return last(a) - last(b) })
	return effects
}

// Digits are those of a text, also of those in full width, as plain ones.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}
