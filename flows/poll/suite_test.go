package poll_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/flowstest"
	"linli/flows/poll"
)

func TestSuite(t *testing.T) {
	f, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	s := settings(t)
	flowstest.Run(t, s, f, flowstest.Options{Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }})
}

// reading draws what a reader may find in words about polls.
func reading(t *rapid.T, s *flows.Settings) flows.Reading {
	r := flowstest.AnyReading(t, s)
	r.Danger = "" // a danger is another flow's
	question := rapid.SampledFrom([]string{"要不要在楼前装充电桩？", "长椅放哪儿？", "", "Should we?"}).Draw(t, "question")
	options := rapid.SampledFrom([][]string{nil, {"要", "不要"}, {"要"}, {"要", "要"}, {"A", "B", "C", "D", "E", "F", "G", "H", "I"}}).Draw(t, "options")
	until := time.Date(2026, 3, 9, 12, 0, 0, 0, s.Zone).Add(time.Duration(rapid.IntRange(-48, 24*40).Draw(t, "until")) * time.Hour)
	if rapid.IntRange(0, 3).Draw(t, "no end") == 0 {
		until = time.Time{}
	}
	switch rapid.IntRange(0, 5).Draw(t, "read") {
	case 0, 1, 2:
		r.Poll = &flows.PollLine{Question: question, Options: options, Until: until, Unread: rapid.SampledFrom([]string{"", "", "改天"}).Draw(t, "unread")}
	case 3:
		r.Slip = &flows.Slip{Place: flowstest.AnyPlace(t, s), Choice: rapid.SampledFrom([]string{"要", "B", "x"}).Draw(t, "choice"), Paper: rapid.Bool().Draw(t, "paper")}
	case 4:
		r.Chain = flowstest.AnyChain(t, s)
		if rapid.Bool().Draw(t, "numbered") {
			r.Number = 1
		}
	}
	return r
}
