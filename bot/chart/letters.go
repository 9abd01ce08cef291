package chart

import (
	"errors"
	"fmt"
	"image"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// letters are those of one font. The usual zero of the Go fonts has a stroke through
// it, which people here do not write; they have a plain one besides, which no character
// leads to, so that glyphs are drawn one by one and not by a font.Drawer.
type letters struct {
	font *sfnt.Font
	zero sfnt.GlyphIndex
}

var bold = sync.OnceValues(func() (l letters, err error) {
	if l.font, err = sfnt.Parse(gobold.TTF); err != nil {
		return l, fmt.Errorf("chart: %w", err)
	}
	for i := range l.font.NumGlyphs() {
		if name, err := l.font.GlyphName(nil, sfnt.GlyphIndex(i)); err == nil && name == "zero.empty" {
			l.zero = sfnt.GlyphIndex(i)
			return l, nil
		}
	}
	return l, errors.New("chart: the font has no plain zero")
})

// write draws a text with its lower left corner at x on a line, or its right one.
func (l letters) write(img *image.RGBA, text string, size, x, line int, left bool) error {
	var buf sfnt.Buffer
	scale := fixed.I(size)
	var glyphs []sfnt.GlyphIndex
	var steps []fixed.Int26_6
	var length fixed.Int26_6
	for _, r := range text {
		g, err := l.font.GlyphIndex(&buf, r)
		if r == '0' {
			g = l.zero
		}
		if err != nil || g == 0 {
			return fmt.Errorf("chart: the font has no %q", r)
		}
		step, err := l.font.GlyphAdvance(&buf, g, scale, font.HintingNone)
		if err != nil {
			return fmt.Errorf("chart: %w", err)
		}
		glyphs, steps, length = append(glyphs, g), append(steps, step), length+step
	}
	if left {
		x -= length.Ceil()
	}
	box := image.Rect(x, line-size, x+length.Ceil(), line+size/2)
	draw := vector.NewRasterizer(box.Dx(), box.Dy())
	dot := fixed.P(0, size)
	for i, g := range glyphs {
		path, err := l.font.LoadGlyph(&buf, g, scale, nil)
		if err != nil {
			return fmt.Errorf("chart: %w", err)
		}
		at := func(p fixed.Point26_6) (x, y float32) {
			return float32(p.X+dot.X) / 64, float32(p.Y+dot.Y) / 64
		}
		for _, s := range path {
			ax, ay := at(s.Args[0])
			bx, by := at(s.Args[1])
			cx, cy := at(s.Args[2])
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				draw.ClosePath()
				draw.MoveTo(ax, ay)
			case sfnt.SegmentOpLineTo:
				draw.LineTo(ax, ay)
			case sfnt.SegmentOpQuadTo:
				draw.QuadTo(ax, ay, bx, by)
			case sfnt.SegmentOpCubeTo:
				draw.CubeTo(ax, ay, bx, by, cx, cy)
			}
		}
		draw.ClosePath()
		dot.X += steps[i]
	}
	draw.Draw(img, box, image.NewUniform(rgb(ink)), image.Point{})
	return nil
}
