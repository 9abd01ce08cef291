// Package chart draws the numbers of a poll as bars, for whoever looks at them on a
// phone: a PNG to send along with the words, an SVG for a page. The bars stand under
// Latin letters; what the letters mean is said in words beside the picture, so that it
// needs no font that a machine may lack.
//
// The same chart gives the same bytes. The package must know nothing of polls, and no
// color may say which bar is the good one.
package chart

import (
	"fmt"
	"strconv"

	"linli/flows"
)

const (
	most    = 12        // bars
	highest = 1_000_000 // of one bar
	wide    = 3         // letters of a label
)

// Width is that of every picture, in pixels: that of the screens of most phones.
const Width = 1080

const (
	margin = 44
	gap    = 28 // between a label, its bar and its number
	// A digit of the bold Go font is so wide, and an upper-case letter at most, as a
	// part of the size of the font.
	digitWidth  = 0.60
	letterWidth = 0.90
)

// Colors of a picture. They differ in brightness, so that they do in grey, too.
const (
	paper = "#ffffff"
	ink   = "#111111" // letters and numbers
	full  = "#1d4f7c" // what is there
	empty = "#dde3e8" // what could be
)

// row is one bar with its place in the picture: its label begins at margin, its
// number ends at Width-margin.
type row struct {
	label, number string
	y, height     int // of the bar
	length        int
}

// layout is where everything stands.
type layout struct {
	height     int
	size       int // of the font
	left, room int // where the bars begin, and how long they can be
	rows       []row
	sum        *row // how many of all it was
}

// place lays a chart out, or says why it is none.
func place(c flows.Chart) (l layout, err error) {
	n := len(c.Bars)
	if n < 1 || n > most {
		return l, fmt.Errorf("chart: %d bars, from 1 to %d can be drawn", n, most)
	}
	sum, top, label, digits := 0, 0, 0, 0
	for i, b := range c.Bars {
		if b.N < 0 || b.N > highest {
			return l, fmt.Errorf("chart: bar %d is out of range", i)
		}
		if !plain(b.Label) {
			return l, fmt.Errorf("chart: the label of bar %d is not 1 to %d Latin letters or digits", i, wide)
		}
		sum, top = sum+b.N, max(top, b.N)
		label, digits = max(label, len(b.Label)), max(digits, len(strconv.Itoa(b.N)))
	}
	if c.Of < 0 || c.Of > most*highest {
		return l, fmt.Errorf("chart: what all bars could be is out of range")
	}
	step := min(168, max(104, 720/n)) // few bars are thick ones
	l.size = min(84, step*6/10)
	l.left = margin + int(letterWidth*float64(label*l.size)) + gap
	l.room = Width - margin - gap - int(digitWidth*float64(digits*l.size)) - l.left
	y := margin
	for _, b := range c.Bars {
		r := row{label: b.Label, number: strconv.Itoa(b.N), y: y + step/8, height: step - step/4}
		if b.N > 0 {
			r.length = max(8, l.room*b.N/top)
		}
		l.rows = append(l.rows, r)
		y += step
	}
	if c.Of > 0 {
		y += margin / 2
		r := row{number: fmt.Sprintf("%d / %d", sum, c.Of), y: y + step/2, height: step / 8}
		r.length = (Width - 2*margin) * min(sum, c.Of) / c.Of
		y += step/2 + step/8
		l.sum = &r
	}
	l.height = y + margin
	return l, nil
}

// plain says that a label needs no font but one with Latin letters.
func plain(label string) bool {
	for _, r := range label {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return label != "" && len(label) <= wide
}
