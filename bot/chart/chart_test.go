package chart

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"linli/flows"
)

func bars(of int, n ...int) flows.Chart {
	c := flows.Chart{Of: of}
	for i, x := range n {
		c.Bars = append(c.Bars, flows.Bar{Label: string(rune('A' + i)), N: x})
	}
	return c
}

var charts = map[string]flows.Chart{
	"three":    bars(96, 34, 11, 13),
	"one":      bars(0, 7),
	"zeros":    bars(40, 0, 0),
	"twelve":   bars(0, 12, 0, 1, 5, 1000, 3, 3, 3, 500, 20, 7, 8),
	"huge":     bars(2_000_000, 1_000_000, 999_999, 1),
	"labels":   {Bars: []flows.Bar{{Label: "WWW", N: 1_000_000}, {Label: "10", N: 3}}, Of: 12_000_000},
	"overfull": bars(3, 34, 11),
}

// With LINLI_CHARTS set to a folder the pictures are written there, to be looked at.
func TestPictures(t *testing.T) {
	for name, c := range charts {
		t.Run(name, func(t *testing.T) {
			data, err := PNG(c)
			if err != nil {
				t.Fatal(err)
			}
			if dir := os.Getenv("LINLI_CHARTS"); dir != "" {
				svg, err := SVG(c)
				if err != nil {
					t.Fatal(err)
				}
				for ending, b := range map[string][]byte{".png": data, ".svg": []byte(svg)} {
					if err := os.WriteFile(filepath.Join(dir, name+ending), b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			img, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			b := img.Bounds()
			if b.Dx() != Width || b.Dy() < 200 || b.Dy() > 1600 || len(data) > 200<<10 {
				t.Errorf("%d by %d, %d bytes", b.Dx(), b.Dy(), len(data))
			}
			l, err := place(c)
			if err != nil {
				t.Fatal(err)
			}
			top := 0
			for _, x := range c.Bars {
				top = max(top, x.N)
			}
			for i, r := range l.rows {
				// The bar is as long as its number says, and what is written leaves it alone.
				y := r.y + r.height/2
				length := 0
				for x := l.left; x < l.left+l.room; x++ {
					switch c := img.At(x, y); c {
					case color.Color(rgb(full)):
						if length++; length != x-l.left+1 {
							t.Fatalf("bar %d has a hole at %d", i, x)
						}
					case rgb(empty):
					default:
						t.Fatalf("something is written over bar %d at %d", i, x)
					}
				}
				n := c.Bars[i].N
				if want := l.room * n / max(1, top); n > 0 && length < 8 || length < want || length > max(want, 8) {
					t.Errorf("bar %d of %d is %d long, of %d", i, n, length, l.room)
				}
				if !written(img, image.Rect(margin, r.y, l.left-gap/2, r.y+r.height)) {
					t.Errorf("bar %d has no label", i)
				}
				if !written(img, image.Rect(l.left+l.room+gap/2, r.y, Width-margin, r.y+r.height)) {
					t.Errorf("bar %d has no number", i)
				}
			}
			for _, edge := range []image.Rectangle{image.Rect(0, 0, margin-2, b.Dy()), image.Rect(Width-margin+2, 0, Width, b.Dy()), image.Rect(0, 0, Width, margin-2), image.Rect(0, b.Dy()-margin+2, Width, b.Dy())} {
				if written(img, edge) {
					t.Errorf("something is written outside of the margins, in %v", edge)
				}
			}
		})
	}
}

// written says that there is ink in a part of a picture.
func written(img image.Image, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x4000 && img.At(x, y) != color.Color(rgb(full)) {
				return true
			}
		}
	}
	return false
}

// What is dark and what is light stays so for who sees no colors.
func TestContrast(t *testing.T) {
	light := func(c string) float64 {
		x := rgb(c)
		return (0.2126*float64(x.R) + 0.7152*float64(x.G) + 0.0722*float64(x.B)) / 255
	}
	if light(empty)-light(full) < 0.5 || light(paper)-light(ink) < 0.8 {
		t.Errorf("full %.2f, empty %.2f, ink %.2f, paper %.2f", light(full), light(empty), light(ink), light(paper))
	}
}

// A zero is an empty ring, without the stroke that the font's usual one has.
func TestPlainZero(t *testing.T) {
	c := bars(0, 0)
	data, err := PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	l, err := place(c)
	if err != nil {
		t.Fatal(err)
	}
	var ring image.Rectangle
	for y := range l.height {
		for x := l.left + l.room; x < Width; x++ {
			if img.At(x, y) == color.Color(rgb(ink)) {
				ring = ring.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	inside := image.Rect(0, 0, ring.Dx()/5, ring.Dy()/3)
	inside = inside.Add(ring.Min.Add(ring.Size().Sub(inside.Size()).Div(2)))
	if ring.Dy() < 40 || written(img, inside) {
		t.Errorf("the zero in %v is not empty in %v", ring, inside)
	}
}

// The same chart gives the same bytes, whoever asks beside.
func TestSameBytes(t *testing.T) {
	c := charts["three"]
	first, err := PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	svg, err := SVG(c)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			again, err := PNG(c)
			if err != nil || !bytes.Equal(first, again) {
				t.Errorf("%d bytes, then %d: %v", len(first), len(again), err)
			}
			if s, err := SVG(c); err != nil || s != svg {
				t.Errorf("the SVG differs: %v", err)
			}
		})
	}
	all.Wait()
	other, err := PNG(bars(96, 34, 11, 14))
	if err != nil || bytes.Equal(first, other) {
		t.Errorf("another number is the same picture: %v", err)
	}
}

// An SVG is well formed, says the numbers, and carries nothing a strict page forbids.
func TestSVG(t *testing.T) {
	for name, c := range charts {
		svg, err := SVG(c)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		in := false
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch x := tok.(type) {
			case xml.StartElement:
				in = x.Name.Local == "text"
				for _, a := range x.Attr {
					if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
						t.Errorf("%s: a page with a strict policy forbids %s", name, a.Name.Local)
					}
				}
			case xml.CharData:
				if in {
					texts = append(texts, string(x))
				}
			case xml.EndElement:
				in = false
			}
		}
		l, err := place(c)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, r := range l.rows {
			want = append(want, r.label, r.number)
		}
		if l.sum != nil {
			want = append(want, l.sum.number)
		}
		if strings.Join(texts, " ") != strings.Join(want, " ") {
			t.Errorf("%s: it says %q, want %q", name, texts, want)
		}
	}
	svg, err := SVG(charts["three"])
	if err != nil || !strings.Contains(svg, `aria-label="A 34, B 11, C 13, 58 / 96"`) {
		t.Errorf("who cannot see it is told too little: %v\n%.200s", err, svg)
	}
}

// What is no chart is none, in either form.
func TestNoChart(t *testing.T) {
	for name, c := range map[string]flows.Chart{
		"no bars":        {},
		"thirteen bars":  bars(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
		"less than none": bars(0, 3, -1),
		"too many":       bars(0, 1_000_001),
		"of less":        bars(-1, 1),
		"no label":       {Bars: []flows.Bar{{N: 1}}},
		"a long label":   {Bars: []flows.Bar{{Label: "ABCD", N: 1}}},
		"Chinese":        {Bars: []flows.Bar{{Label: "要", N: 1}}},
		"markup":         {Bars: []flows.Bar{{Label: "<a>", N: 1}}},
	} {
		if data, err := PNG(c); err == nil || data != nil {
			t.Errorf("%s: a PNG of %d bytes", name, len(data))
		}
		if svg, err := SVG(c); err == nil || svg != "" {
			t.Errorf("%s: an SVG %s", name, svg)
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	for b.Loop() {
		if _, err := PNG(charts["three"]); err != nil {
			b.Fatal(err)
		}
	}
}
