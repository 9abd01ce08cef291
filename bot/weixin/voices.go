package weixin

import (
	"log/slog"
	"slices"
	"time"

	"linli/bot"
)

// What the platforms take of a voice note, by their documentation of uploads: 2 MB, of a
// minute. How long one is, is not always known.
const (
	voiceLimit  = 2 << 20
	voiceLength = time.Minute
)

// Voices are those of a message's voice notes that the platform takes: of one of these forms
// (see bot.Extension) and within its limits. The others are left out.
func Voices(notes []bot.Photo, forms []string, log *slog.Logger) (out []bot.Photo) {
	for _, v := range notes {
		long := time.Duration(v.Seconds) * time.Second
		if !slices.Contains(forms, bot.Extension(v.Data)) || len(v.Data) > voiceLimit || long > voiceLength {
			log.Warn("a voice note that the platform does not take is left out", "bytes", len(v.Data), "long", long)
			continue
		}
		out = append(out, v)
	}
	return out
}
