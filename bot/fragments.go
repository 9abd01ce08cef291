package bot

import (
	"maps"
	"slices"
	"time"

	"linli/flows"
)

// fragments is what a speaker said in a chat a moment ago, kept in memory only,
// so that "3号楼2单元" and "电梯又坏了" can be read together.
type fragments struct {
	texts []string
	media []flows.Media // sent without a word, just before
	sent  time.Time     // when
	keys  []string      // of the inbounds, so that one delivered again is not two
	until time.Time
}

// pictureFirst is how long a photo or voice note without words waits for the
// words it belongs to.
const pictureFirst = 2 * time.Minute

// recall keeps a fragment that led to nothing for as long as the next may join it.
func (b *Bot) recall(h heard, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	join := h.settings.Limits.Join
	if h.opened != "" && h.chat.Group {
		b.here[h.chat.ID] = filedAt{h.opened, at.Add(join)}
	}
	if h.kept {
		delete(b.talk, h.talkKey())
		return
	}
	if h.Kind != Said || h.Message.Text == "" && len(h.Message.Media) == 0 || !h.From.Person {
		return
	}
	if len(b.talk) > b.crowd {
		maps.DeleteFunc(b.talk, func(_ string, f fragments) bool { return at.After(f.until) })
		b.crowd = max(10000, 2*len(b.talk)) // looked through again only when it has doubled
	}
	f := b.talk[h.talkKey()]
	if at.After(f.until) {
		f = fragments{}
	}
	for _, k := range h.Keys {
		if slices.Contains(f.keys, k) {
			return
		}
	}
	f.keys = append(f.keys, h.Keys...)
	if h.Message.Text == "" {
		f.media, f.sent = append(f.media, h.Message.Media...), at
		f.media = f.media[max(0, len(f.media)-4):]
	} else {
		f.texts = append(f.texts, h.Message.Text)
		f.texts = f.texts[max(0, len(f.texts)-4):]
		f.media = nil // it belonged to that
	}
	f.keys = f.keys[max(0, len(f.keys)-16):]
	f.until = at.Add(join)
	b.talk[h.talkKey()] = f
}
