package model

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows"
)

// How many runes an invitation has: at least, and at most in Chinese and in English.
const (
	shortest       = 12
	longest        = 140
	longestEnglish = 420
)

var wordingForm = json.RawMessage(`{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false}`)

// wordingFacts is what leaves of a [flows.WordingTask].
type wordingFacts struct {
	Title    string   `json:"title"`
	When     string   `json:"when"`
	Where    string   `json:"where"`
	Left     int      `json:"left,omitempty"`
	Not      []string `json:"not,omitempty"`
	Audience string   `json:"audience"`
	Lang     string   `json:"lang"`
}

// Wording writes an invitation. Time, place and what it is not stand in it as the facts
// say them.
func (m *Model) Wording(ctx context.Context, t flows.WordingTask) (flows.WordingDraft, error) {
	if t.When.IsZero() || strings.TrimSpace(t.Title) == "" || strings.TrimSpace(t.Where) == "" {
		return flows.WordingDraft{}, ErrNone
	}
	english := strings.HasPrefix(t.Lang, "en")
	f := wordingFacts{Title: t.Title, When: flows.Date(t.When.In(m.o.Settings().Zone), t.Lang), Where: t.Where, Left: max(0, t.Left), Audience: t.Audience, Lang: t.Lang}
	for _, x := range t.Not {
		f.Not = append(f.Not, never(x, english))
	}
	facts := append([]string{f.Title, f.When, f.Where}, f.Not...)
	people, known := m.known()
	away := newMask(people, append(facts, f.Audience, f.Lang)...)
	sent := f
	sent.Title, sent.When, sent.Where, sent.Audience = away.put(f.Title), away.put(f.When), away.put(f.Where), away.put(f.Audience)
	sent.Not = nil
	for _, x := range f.Not {
		sent.Not = append(sent.Not, away.put(x))
	}
	if f.Left > 0 {
		facts = append(facts, fmt.Sprint(f.Left))
	}
	most := longest
	if english {
		most = longestEnglish
	}
	holds := newCheck(facts, known, shortest, most)
	var out flows.WordingDraft
	err := m.words(ctx, "wording", string(flows.Data(sent)), wordingForm, 400, func(got string) error {
		var a struct {
			Text *string `json:"text"`
		}
		if err := strictly(got, &a); err != nil || a.Text == nil {
			return wrong{"form"}
		}
		if away.strange(*a.Text) {
			return wrong{"sign"}
		}
		text := strings.TrimSpace(away.restore(*a.Text))
		if err := holds.hold(text); err != nil {
			return err
		}
		for _, want := range append([]string{f.When, f.Where}, f.Not...) {
			if !contains(text, want) {
				return wrong{"facts"}
			}
		}
		for i, x := range t.Not {
			bare := strings.TrimPrefix(strings.TrimPrefix(x, "不"), "no ")
			if strings.Count(plain(text), plain(bare)) > strings.Count(plain(text), plain(f.Not[i])) {
				return wrong{"promised"}
			}
		}
		out = flows.WordingDraft{Text: text, Model: m.o.Model}
		return nil
	})
	if err != nil {
		return flows.WordingDraft{}, err
	}
	return out, nil
}

// never says what something is not: "拉群" is "不拉群".
func never(x string, english bool) string {
	switch {
	case english && !strings.HasPrefix(x, "no"):
		return "no " + x
	case !english && !strings.HasPrefix(x, "不") && !strings.HasPrefix(x, "没"):
		return "不" + x
	}
	return x
}

// contains says whether a text holds another one, whatever the spaces.
func contains(text, want string) bool {
	squeeze := func(s string) string { return strings.Join(strings.Fields(plain(s)), "") }
	return strings.Contains(squeeze(text), squeeze(want))
}

var minutesForm = json.RawMessage(`{"type":"object","properties":{"paragraphs":{"type":"array","items":{"type":"object","properties":{"text":{"type":"string"},"rests":{"type":"array","items":{"type":"integer"}}},"required":["text","rests"],"additionalProperties":false}}},"required":["paragraphs"],"additionalProperties":false}`)

// mostLines and mostRunes are how much of minutes is sent; longer ones stay as they are.
const (
	mostLines = 200
	mostRunes = 12_000
)

// minutesLine is what leaves of a [flows.MinutesLine].
type minutesLine struct {
	N    int      `json:"n"`
	Text string   `json:"text"`
	Keep []string `json:"keep,omitempty"`
}

// Minutes writes the sentences of a draft in better words. Every line of the draft is in
// one of its paragraphs, and what is to be kept stands there as it was.
func (m *Model) Minutes(ctx context.Context, t flows.MinutesTask) (flows.MinutesDraft, error) {
	var texts []string
	runes := 0
	for _, l := range t.Lines {
		texts = append(append(texts, l.Text), l.Keep...)
		runes += utf8.RuneCountInString(l.Text)
	}
	if len(t.Lines) == 0 || len(t.Lines) > mostLines || runes > mostRunes {
		return flows.MinutesDraft{}, ErrNone
	}
	people, known := m.known()
	away := newMask(append(people, t.Names...), texts...)
	sent := struct {
		Lines []minutesLine `json:"lines"`
	}{}
	for i, l := range t.Lines {
		x := minutesLine{N: i + 1, Text: away.put(l.Text)}
		for _, k := range l.Keep {
			x.Keep = append(x.Keep, away.put(k))
		}
		sent.Lines = append(sent.Lines, x)
	}
	var out flows.MinutesDraft
	err := m.words(ctx, "minutes", string(flows.Data(sent)), minutesForm, min(4000, 400+2*runes), func(got string) error {
		var a struct {
			Paragraphs []struct {
				Text  string `json:"text"`
				Rests []int  `json:"rests"`
			} `json:"paragraphs"`
		}
		if err := strictly(got, &a); err != nil {
			return err
		}
		if len(a.Paragraphs) == 0 || len(a.Paragraphs) > len(t.Lines) {
			return wrong{"paragraphs"}
		}
		told := make([]bool, len(t.Lines))
		var text []string
		for _, p := range a.Paragraphs {
			if away.strange(p.Text) {
				return wrong{"sign"}
			}
			one := strings.TrimSpace(away.restore(p.Text))
			var facts, keep []string
			for _, n := range p.Rests {
				if n < 1 || n > len(t.Lines) {
					return wrong{"rests"}
				}
				told[n-1] = true
				facts, keep = append(facts, t.Lines[n-1].Text), append(keep, t.Lines[n-1].Keep...)
			}
			if len(facts) == 0 || strings.Contains(one, "\n") {
				return wrong{"rests"}
			}
			all := utf8.RuneCountInString(strings.Join(facts, ""))
			if err := newCheck(append(facts, keep...), append(known, t.Names...), 1, all*3/2+60).hold(one); err != nil {
				return err
			}
			for _, k := range keep {
				if !contains(one, k) {
					return wrong{"kept"}
				}
			}
			text = append(text, one)
		}
		if slices.Contains(told, false) {
			return wrong{"missing"}
		}
		out = flows.MinutesDraft{Sum: t.Sum, Text: strings.Join(text, "\n"), Model: m.o.Model}
		return nil
	})
	if err != nil {
		return flows.MinutesDraft{}, err
	}
	return out, nil
}
