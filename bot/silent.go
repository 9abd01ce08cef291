package bot

import (
	"maps"
	"strings"
	"time"
)

// A vote is chosen in silence: what was chosen is an entry of its case, as long as
// its rules keep it there, and stays nowhere else in the store. The journal has the
// choice without its value, and the notice with which a press was answered is known
// in memory only, for when the platform delivers it again. A press on which a rule
// failed is parked whole, or the vote would be lost; nobody is shown it, and it goes
// when it is tried again or put aside.

// silent says that of what was chosen only that it was is kept: a vote.
func silent(choice string) bool { return strings.HasSuffix(choice, "!") }

// silentPress says so of a button: neither it nor the notice with which it was
// answered may stay in the store.
func silentPress(press string) bool {
	_, choice, _ := strings.Cut(press, "/")
	choice, _, _ = strings.Cut(choice, "=")
	return silent(choice)
}

// whisperFor is how long the notice of a silent press is known.
const whisperFor = 10 * time.Minute

type whisper struct {
	toast string
	until time.Time
}

// whispers notes how a silent press was answered, under all its names.
func (b *Bot) whispers(keys []string, toast string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.whispered) > b.whisperers {
		b.hush(at)
		b.whisperers = max(10000, 2*len(b.whispered)) // looked through again only when it has doubled
	}
	for _, k := range keys {
		b.whispered[k] = whisper{toast, at.Add(whisperFor)}
	}
}

// whisperOf gives it back.
func (b *Bot) whisperOf(keys []string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range keys {
		if w, ok := b.whispered[k]; ok {
			return w.toast
		}
	}
	return ""
}

// hush forgets what is over. The caller holds the lock.
func (b *Bot) hush(now time.Time) {
	maps.DeleteFunc(b.whispered, func(_ string, w whisper) bool { return now.After(w.until) })
}
