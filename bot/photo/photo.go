// Package photo takes out of a photo what it says beyond what it shows: where and when it
// was taken, with which phone, by whom, and what it looked like before it was cut. What it
// shows stays byte for byte as it was, with its colours and, of a JPEG, the right way up.
//
// It decodes no picture and knows nothing of who sends it.
package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/http"
)

// ErrForm says that something is no whole JPEG, PNG or WebP.
var ErrForm = errors.New("no whole photo")

// Type is the media type of a photo that Linli keeps: image/jpeg, image/png or image/webp. It
// looks at the first bytes only.
func Type(data []byte) (string, bool) {
	switch t := http.DetectContentType(data); t {
	case "image/jpeg", "image/png", "image/webp":
		return t, true
	}
	return "", false
}

// Bare gives a photo without what is not its picture; data is not changed. ErrForm says
// that the parts of the photo cannot be told from each other.
func Bare(data []byte) ([]byte, error) {
	switch t, _ := Type(data); t {
	case "image/jpeg":
		return bareJPEG(data)
	case "image/png":
		return barePNG(data)
	case "image/webp":
		return bareWebP(data)
	}
	return nil, ErrForm
}

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	soi   = 0xD8
	eoi   = 0xD9
	sos   = 0xDA
	app0  = 0xE0
	app1  = 0xE1
	app2  = 0xE2
	app14 = 0xEE
	app15 = 0xEF
	com   = 0xFE
	tem   = 0x01
	rst0  = 0xD0
	rst7  = 0xD7
)

// bareJPEG keeps the tables and the scans, and of the applications' segments JFIF, the
// profile of the colours and Adobe's kind of colours. Which way is up is in Exif, and is
// all that is left of it. What stands behind the end of the picture (a film, a smaller
// picture) is left out.
func bareJPEG(data []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(data)), 0xFF, soi)
	up, head := 0, len(out) // where the way up belongs: behind JFIF
	for at := 2; ; {
		for at+1 < len(data) && data[at] == 0xFF && data[at+1] == 0xFF {
			at++ // markers may be padded
		}
		if at+1 >= len(data) || data[at] != 0xFF {
			return nil, ErrForm
		}
		marker := data[at+1]
		switch {
		case marker == eoi:
			out = append(out, 0xFF, eoi)
			if up > 1 {
				out = append(out[:head], append(upright(up), out[head:]...)...)
			}
			return out, nil
		case marker == tem || marker >= rst0 && marker <= rst7:
			out = append(out, 0xFF, marker)
			at += 2
			continue
		case marker == 0 || marker == soi || at+4 > len(data):
			return nil, ErrForm
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end < at+4 || end > len(data) {
			return nil, ErrForm
		}
		body := data[at+4 : end]
		switch {
		case marker == app1 && bytes.HasPrefix(body, exif) && up == 0:
			up = orientation(body[len(exif):])
		case marker == app0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= jfif:
			// Behind its fixed part there may be a small picture of its own.
			out = append(out, 0xFF, app0, 0, jfif+2)
			out = append(append(out, body[:jfif-2]...), 0, 0)
			head = len(out)
		case marker == app2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")), marker == app14 && bytes.HasPrefix(body, []byte("Adobe")):
			out = append(out, data[at:end]...)
		case marker >= app0 && marker <= app15, marker == com:
		default:
			out = append(out, data[at:end]...)
		}
		at = end
		if marker == sos {
			for at = end; at+1 < len(data) && !(data[at] == 0xFF && data[at+1] != 0 && data[at+1] != 0xFF && (data[at+1] < rst0 || data[at+1] > rst7)); {
				at++
			}
			out = append(out, data[end:at]...)
		}
	}
}

// jfif is the length of JFIF's fixed part, up to and with the size of its small picture.
const jfif = 14

var exif = []byte("Exif\x00\x00")

// orientation reads which way is up, 1 to 8, out of the first directory of a TIFF; 1 where
// it does not say.
func orientation(tiff []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(tiff) < 8 {
		return 1
	}
	dir := int64(order.Uint32(tiff[4:]))
	if dir+2 > int64(len(tiff)) {
		return 1
	}
	n := int64(order.Uint16(tiff[dir:]))
	for i := range n {
		at := dir + 2 + 12*i
		if at+12 > int64(len(tiff)) {
			break
		}
		if order.Uint16(tiff[at:]) == 0x0112 && order.Uint16(tiff[at+2:]) == 3 {
			if up := int(order.Uint16(tiff[at+8:])); up >= 1 && up <= 8 {
				return up
			}
		}
	}
	return 1
}

// upright is an Exif segment that says which way is up, and nothing else.
func upright(up int) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	tiff[19] = byte(up)
	seg := append([]byte{0xFF, app1, 0, byte(2 + len(exif) + len(tiff))}, exif...)
	return append(seg, tiff...)
}

// pictured are the chunks of a PNG that make its picture: its own, its colours, its size in
// metres, its frames.
var pictured = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true,
	"sBIT": true, "bKGD": true, "pHYs": true, "cICP": true, "acTL": true, "fcTL": true, "fdAT": true,
}

const pngHead = "\x89PNG\r\n\x1a\n"

func barePNG(data []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(data)), pngHead...)
	for at := len(pngHead); at+12 <= len(data); {
		size, kind := int64(binary.BigEndian.Uint32(data[at:])), string(data[at+4:at+8])
		end := int64(at) + 12 + size
		if end > int64(len(data)) {
			return nil, ErrForm
		}
		if pictured[kind] {
			out = append(out, data[at:end]...)
		}
		if kind == "IEND" {
			return out, nil
		}
		at = int(end)
	}
	return nil, ErrForm
}

// bareWebP leaves out the chunks EXIF and XMP, and those that nobody has described.
func bareWebP(data []byte) ([]byte, error) {
	if len(data) < 12 {
		return nil, ErrForm
	}
	whole := 8 + int64(binary.LittleEndian.Uint32(data[4:]))
	if whole > int64(len(data)) || whole < 12 {
		return nil, ErrForm
	}
	out := append(make([]byte, 0, whole), data[:12]...)
	at := int64(12)
	for at+8 <= whole {
		size := int64(binary.LittleEndian.Uint32(data[at+4:]))
		end := at + 8 + size
		if end > whole {
			return nil, ErrForm
		}
		switch kind := string(data[at : at+4]); kind {
		case "VP8X":
			if size < 10 {
				return nil, ErrForm
			}
			out = append(out, data[at:end]...)
			out[int64(len(out))-size] &^= 0x08 | 0x04 // it has Exif, it has XMP
		case "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP":
			out = append(out, data[at:end]...)
		default:
			at = end + size&1
			continue
		}
		if at = end + size&1; size&1 == 1 {
			out = append(out, 0)
		}
	}
	if at != whole && at != whole+1 || len(out) == 12 {
		return nil, ErrForm
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}
