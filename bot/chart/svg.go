package chart

import (
	"fmt"
	"strings"

	"linli/flows"
)

// SVG draws the same picture for a page, which may put it into its HTML as it is: it
// carries no style, no script and no text from outside but labels that were looked at.
// It is as wide as the room it is given. Who cannot see it is told the numbers.
func SVG(c flows.Chart) (string, error) {
	l, err := place(c)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var said []string
	for _, r := range l.rows {
		said = append(said, r.label+" "+r.number)
	}
	if l.sum != nil {
		said = append(said, l.sum.number)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`, Width, l.height, strings.Join(said, ", "))
	rect := func(x, y, w, h int, color string) {
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`, x, y, w, h, color)
	}
	text := func(s string, x, y int, end bool) {
		anchor := "start"
		if end {
			anchor = "end"
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="%s" font-family="sans-serif" font-weight="bold" font-size="%d" fill="%s">%s</text>`, x, y, anchor, l.size, ink, s)
	}
	rect(0, 0, Width, l.height, paper)
	for _, r := range l.rows {
		rect(l.left, r.y, l.room, r.height, empty)
		rect(l.left, r.y, r.length, r.height, full)
		text(r.label, margin, l.line(r), false)
		text(r.number, Width-margin, l.line(r), true)
	}
	if r := l.sum; r != nil {
		rect(margin, r.y, Width-2*margin, r.height, empty)
		rect(margin, r.y, r.length, r.height, full)
		text(r.number, Width-margin, r.y-l.size/4, true)
	}
	b.WriteString("</svg>")
	return b.String(), nil
}
