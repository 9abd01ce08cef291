package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strconv"

	"linli/flows"
)

// PNG draws a chart of 1 to 12 bars, each from 0 to a million, with labels of Latin
// letters and digits; anything else is an error. It is Width pixels wide.
func PNG(c flows.Chart) ([]byte, error) {
	l, err := place(c)
	if err != nil {
		return nil, err
	}
	with, err := bold()
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, Width, l.height))
	fill(img, img.Bounds(), paper)
	bar := func(x, y, length, all, height int) {
		fill(img, image.Rect(x, y, x+all, y+height), empty)
		fill(img, image.Rect(x, y, x+length, y+height), full)
	}
	write := func(text string, x, line int, left bool) {
		if err == nil {
			err = with.write(img, text, l.size, x, line, left)
		}
	}
	for _, r := range l.rows {
		bar(l.left, r.y, r.length, l.room, r.height)
		write(r.label, margin, l.line(r), false)
		write(r.number, Width-margin, l.line(r), true)
	}
	if r := l.sum; r != nil {
		bar(margin, r.y, r.length, Width-2*margin, r.height)
		write(r.number, Width-margin, r.y-l.size/4, true)
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return b.Bytes(), nil
}

// line is where the letters of a bar stand, so that they look centered: upper-case
// letters and digits are about 0.72 of the size high.
func (l layout) line(r row) int { return r.y + r.height/2 + l.size*36/100 }

func fill(img draw.Image, r image.Rectangle, c string) {
	draw.Draw(img, r, image.NewUniform(rgb(c)), image.Point{}, draw.Src)
}

func rgb(s string) color.RGBA {
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		panic(err) // only for the colors of this package
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xff}
}
