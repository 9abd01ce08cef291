package bot

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Where a platform has no buttons, or not as many as a message has, they are written as
// numbers to answer with. A number means the choices of the last message that went there.

// choice is what the numbers of an address mean.
type choices struct {
	Until time.Time `json:"until"`
	Data  []string  `json:"data"` // Button.Data, in order
}

// choicesFor is how long a number means something.
const choicesFor = 7 * 24 * time.Hour

func choicesKey(address string) string { return "choices/" + address }

// numbers takes out of a message the buttons that the channel has no room for, and gives what
// the numbers mean. The lines are added to the text unless they stand in it already.
func (b *Bot) numbers(m *Message, caps Capabilities, row sendRow, now time.Time, s *flows.Settings) (data []string, err error) {
	all, presses := 0, 0
	for _, list := range m.Buttons {
		for _, x := range list {
			all++
			if x.URL == "" {
				presses++
			}
		}
	}
	if all <= caps.Buttons || caps.PushWindow == 0 {
		return nil, nil // it fits; a platform without windows has buttons for everything
	}
	var lines []string
	var links [][]Button
	for _, list := range m.Buttons {
		for _, x := range list {
			switch {
			case x.URL == "":
				data = append(data, x.Data)
				lines = append(lines, fmt.Sprintf("%d %s", len(data), x.Label))
			case caps.Buttons == 0 || len(links) == caps.Buttons:
				lines = append(lines, x.Label+"："+x.URL)
			default:
				links = append(links, []Button{x})
			}
		}
	}
	m.Buttons = links
	if row.Rest != "" {
		return data, nil // they stand in what is left of the text
	}
	if presses > 0 {
		head, err := b.house.Render(row.Lang, "numbers", nil, 0, now, s)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRules, err)
		}
		lines = append([]string{head}, lines...)
	}
	m.Text = strings.TrimSpace(m.Text + "\n\n" + strings.Join(lines, "\n"))
	return data, nil
}

// keepNumbers keeps what the numbers of the last message to an address mean.
func (b *Bot) keepNumbers(tx storage.Tx, row sendRow) error {
	ch, _, ok := b.channel(row.Address)
	if !ok || ch.Capabilities().PushWindow == 0 || row.toGroup() {
		return nil
	}
	if len(row.Numbers) > 0 {
		return tx.PutKey(choicesKey(row.Address), flows.Data(choices{Until: b.clock().Add(choicesFor), Data: row.Numbers}))
	}
	if row.Flow == House {
		return nil // a word of ours between a question and its answer
	}
	if _, err := tx.Key(choicesKey(row.Address)); errors.Is(err, storage.ErrNone) {
		return nil
	}
	return tx.PutKey(choicesKey(row.Address), nil)
}

// number makes a press of a number that somebody has sent, where it means one.
func (st *step) number(h *heard) error {
	n, ok := bareNumber(h.Message.Text)
	if h.Kind != Said || h.chat.Group || h.As != "" || h.reading.Danger != "" || !ok {
		return nil
	}
	raw, err := st.tx.Key(choicesKey(h.chat.Address))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := decode[choices](raw)
	if err != nil || !st.at.Before(c.Until) {
		return nil
	}
	if n > len(c.Data) {
		h.Kind = Pressed // it is no words: they are told which there are
		return nil
	}
	h.Kind, h.Press, h.Message.Text = Pressed, c.Data[n-1], ""
	h.reading, st.reading = flows.Reading{}, flows.Reading{}
	return nil
}

// bareNumber reads "2", "２" or "2。", at most two digits.
func bareNumber(text string) (int, bool) {
	text = strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, strings.Trim(strings.TrimSpace(text), "。.、号"))
	if len(text) == 0 || len(text) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0
}

// sweepNumbers deletes what no number means any more.
func sweepNumbers(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("choices/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		if c, err := decode[choices](raw); err == nil && now.Before(c.Until) {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}
