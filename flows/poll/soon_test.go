package poll_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/poll"
)

// Whoever leaves too little time is told how much is needed, in hours or, where the
// community allows less than one, in minutes.
func TestHowSoonIsTooSoon(t *testing.T) {
	for shortest, want := range map[time.Duration]string{2 * time.Hour: "至少要留2小时。", 10 * time.Minute: "至少要留10分钟。", 90 * time.Minute: "至少要留90分钟。"} {
		s := settings(t)
		s.Polls.Shortest = shortest
		b := open(t, s, func(st *poll.State) { st.Stage, st.Sent = poll.Preview, time.Time{} })
		at := b.state().Until.Add(-58 * time.Hour)
		b.after(0, b.official("liu"), flows.Said{Tag: flows.ExpectLine, Direct: true},
			flows.Reading{Poll: &flows.PollLine{Question: "要不要放长椅？", Options: []string{"要", "不要"}, Until: at.Add(5 * time.Minute)}})
		i := slices.IndexFunc(b.said, func(x flows.Say) bool { return x.Words == "preview-not" })
		if i < 0 {
			t.Fatalf("%s: said %v", shortest, b.said)
		}
		text, err := b.Flow.Words.Render("zh-CN", "preview-not", b.said[i].Vars, 0, at, s)
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v, %q", shortest, err, text)
		}
	}
}
