package pages

import (
	"context"
	"strings"
	"testing"

	"linli/bot"
	"linli/flows"
)

// sends is what is held of people where their words go to another machine.
type sends struct {
	*bot.Bot
	away bot.Away
}

func (s sends) Mine(ctx context.Context, p flows.PersonID) (bot.Mine, error) {
	m, err := s.Bot.Mine(ctx, p)
	m.Away = s.away
	return m, err
}

// The page says what of somebody's words goes to another machine, and nothing where none does.
func TestAwayIsOnThePage(t *testing.T) {
	for _, away := range []bot.Away{{}, {Voices: true}, {Minutes: true}} {
		h := build(t, "", func(o *Options) { o.Data = sends{o.Data.(*bot.Bot), away} })
		h.resident("r1", "王阿姨", "单元门坏了")
		page := h.page(h.path("r1"))
		if strings.Contains(page, "语音，会送到别的机器上") != away.Voices || strings.Contains(page, "整理记录") != away.Minutes {
			t.Errorf("%+v\n%s", away, page)
		}
	}
}
