package bot_test

import (
	"strings"
	"testing"

	"linli/bot"
)

// Who writes for the first time, and who asks what is held of them, read what of their words
// goes to another machine; where nothing does, nothing is said of it.
func TestAwayIsSaid(t *testing.T) {
	for away, want := range map[bot.Away][3]bool{ // at the first word of voices; in 我的数据 of voices, of minutes
		{}:                            {},
		{Voices: true}:                {true, true, false},
		{Minutes: true}:               {false, false, true},
		{Minutes: true, Voices: true}: {true, true, true},
	} {
		s := newStage(t, func(o *bot.Options) { o.Away = away }, toy(t, "toy", only()))
		s.say("p3", "", "/start")
		first := strings.Join(lines(s.toy.take()), "\n")
		s.say("li", "", "我的数据")
		mine := strings.Join(lines(s.toy.take()), "\n")
		if !strings.Contains(first, "有危险请先打119") || !strings.Contains(mine, "从哪里找到您") {
			t.Fatalf("told %s\n%s", first, mine)
		}
		if got := [3]bool{strings.Contains(first, "语音会送到别的机器上"), strings.Contains(mine, "语音，会送到别的机器上"), strings.Contains(mine, "整理记录")}; got != want {
			t.Errorf("%+v: %v\n%s\n%s", away, got, first, mine)
		}
	}
}
