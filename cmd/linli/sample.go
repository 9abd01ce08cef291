package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
)

// samplePhoto draws a picture for examples in which somebody sends one: a
// lift's door that stands half open.
func samplePhoto() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			c := color.RGBA{0xd9, 0xd4, 0xc7, 0xff}
			switch {
			case y > 205:
				c = color.RGBA{0x9a, 0x93, 0x84, 0xff}
			case x > 90 && x < 230 && y > 35:
				c = color.RGBA{0x8f, 0x9b, 0xa3, 0xff}
				if x > 140 && x < 172 {
					c = color.RGBA{0x22, 0x24, 0x27, 0xff}
				}
			case x > 245 && x < 262 && y > 110 && y < 140:
				c = color.RGBA{0xb4, 0x48, 0x38, 0xff}
			}
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

// sampleVoice is a voice note without sound, for the same examples: an Ogg page
// that carries the header of Opus.
func sampleVoice() []byte {
	head := append([]byte("OpusHead\x01\x01\x00\x00"), 0x80, 0xbb, 0, 0, 0, 0, 0)
	var b bytes.Buffer
	b.WriteString("OggS\x00\x02")
	for _, v := range []any{uint64(0), uint32(1), uint32(0), uint32(0)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteByte(1)
	b.WriteByte(byte(len(head)))
	b.Write(head)
	return b.Bytes()
}
