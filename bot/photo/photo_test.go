package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
)

// secret stands wherever a photo can say more than it shows.
const secret = "39.9042N 116.4074E"

// drawing is a picture with many colours.
func drawing() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 67, 41))
	for y := range 41 {
		for x := range 67 {
			m.Set(x, y, color.RGBA{uint8(x * 3), uint8(y * 5), uint8(x * y), 255})
		}
	}
	return m
}

func segment(marker byte, body string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(2+len(body))), body...)
}

// shot is an Exif segment as a phone writes it: which way is up, and where it was.
func shot(order binary.AppendByteOrder, up uint16) []byte {
	tiff := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		tiff = []byte("II*\x00")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, x := range []struct {
		tag, kind uint16
		n         uint32
	}{{0x010F, 2, uint32(len(secret))}, {0x0112, 3, 1}} {
		tiff = order.AppendUint16(order.AppendUint16(tiff, x.tag), x.kind)
		tiff = order.AppendUint32(tiff, x.n)
		if x.tag == 0x0112 {
			tiff = order.AppendUint16(order.AppendUint16(tiff, up), 0)
		} else {
			tiff = order.AppendUint32(tiff, 8+2+24+4)
		}
	}
	tiff = append(order.AppendUint32(tiff, 0), secret...)
	return segment(app1, string(exif)+string(tiff))
}

func jpegOf(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same says whether two photos show the same.
func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	var pixels [2][]color.Color
	for i, data := range [][]byte{a, b} {
		m, _, err := image.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				pixels[i] = append(pixels[i], m.At(x, y))
			}
		}
	}
	return slices.Equal(pixels[0], pixels[1])
}

func TestBareJPEG(t *testing.T) {
	plain := jpegOf(t, drawing())
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		for up := range uint16(10) {
			taken := slices.Concat(plain[:2],
				segment(app0, "JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x02\x02"+secret[:12]), // a small picture of 2 by 2
				shot(order, up),
				segment(app1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret),
				segment(app2, "ICC_PROFILE\x00\x01\x01colours"),
				segment(app2, "MPF\x00"+secret),
				segment(0xED, "Photoshop 3.0\x00"+secret),
				segment(com, secret),
				[]byte{0xFF}, // padding
				plain[2:],
				[]byte("ftypmp42 a film "+secret), plain)
			got, err := Bare(taken)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(got, []byte(secret)) || bytes.Contains(got, []byte(secret[:12])) {
				t.Errorf("it still says where it was taken")
			}
			if !bytes.Contains(got, []byte("ICC_PROFILE\x00\x01\x01colours")) || !same(t, got, plain) {
				t.Error("it shows something else")
			}
			want := 0
			if up >= 2 && up <= 8 {
				want = int(up)
			}
			if i := bytes.Index(got, exif); i >= 0 && orientation(got[i+6:]) != want || i < 0 && want != 0 {
				t.Errorf("%v: up is %d", order, up)
			}
			again, err := Bare(got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("of the bare one something is left out: %v", err)
			}
		}
	}
	if got, err := Bare(plain); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("of one that says nothing %d bytes of %d are left: %v", len(got), len(plain), err)
	}
	for n := range len(plain) {
		if _, err := Bare(plain[:n]); !errors.Is(err, ErrForm) {
			t.Fatalf("of %d bytes: %v", n, err)
		}
	}
}

func chunk(kind, body string) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func TestBarePNG(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, drawing()); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	end := len(plain) - 12 // IEND
	taken := slices.Concat(plain[:33], chunk("pHYs", "\x00\x00\x0b\x13\x00\x00\x0b\x13\x01"), chunk("tEXt", "Comment\x00"+secret), chunk("eXIf", secret), chunk("iTXt", secret),
		chunk("tIME", "\x07\xea\x0b\x17\x09\x00\x00"), plain[33:end], chunk("prVt", secret), plain[end:], []byte(secret))
	got, err := Bare(taken)
	if err != nil || bytes.Contains(got, []byte(secret)) || bytes.Contains(got, []byte("tIME")) || !bytes.Contains(got, []byte("pHYs")) || !same(t, got, plain) {
		t.Errorf("%q, %v", got[:80], err)
	}
	for n := range len(plain) {
		if _, err := Bare(plain[:n]); !errors.Is(err, ErrForm) {
			t.Fatalf("of %d bytes: %v", n, err)
		}
	}
}

func riff(chunks ...string) []byte {
	body := "WEBP"
	for _, c := range chunks {
		if body += c[:4] + string(binary.LittleEndian.AppendUint32(nil, uint32(len(c)-4))) + c[4:]; len(c)%2 == 1 {
			body += "\x00"
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func TestBareWebP(t *testing.T) {
	dot := "VP8L/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07" // one point, of an odd length
	size := "\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	taken := append(riff("VP8X\x3C"+size, "ICCPcolours", "ALPH"+"aa", dot, "EXIF"+secret, "XMP "+secret+"!", "odd "+secret), secret...)
	want := riff("VP8X\x30"+size, "ICCPcolours", "ALPH"+"aa", dot)
	if got, err := Bare(taken); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%q, %v\nwant %q", got, err, want)
	}
	if got, err := Bare(riff(dot)); err != nil || !bytes.Equal(got, riff(dot)) {
		t.Errorf("%q, %v", got, err)
	}
	for n := range len(want) {
		if got, err := Bare(want[:n]); !errors.Is(err, ErrForm) {
			t.Fatalf("of %d bytes: %q, %v", n, got, err)
		}
	}
}

func TestType(t *testing.T) {
	for what, want := range map[string]string{"\xff\xd8\xff\xe0": "image/jpeg", pngHead: "image/png", "RIFF\x00\x00\x00\x00WEBPVP8 ": "image/webp",
		"GIF89a": "", "<svg xmlns=": "", "%PDF-1.7": "", "": "", "<html>": ""} {
		if got, ok := Type([]byte(what)); got != want || ok != (want != "") {
			t.Errorf("%q is %q", what, got)
		}
	}
	if _, err := Bare([]byte("GIF89a")); !errors.Is(err, ErrForm) {
		t.Error(err)
	}
}

// Whatever is brought, a bare photo says nothing more when it is made bare again, and is
// not larger than it was but for the way up.
func FuzzBare(f *testing.F) {
	f.Add(jpegOf(f, image.NewGray(image.Rect(0, 0, 8, 8))))
	f.Add(slices.Concat([]byte{0xFF, soi}, shot(binary.LittleEndian, 6), []byte{0xFF, eoi}))
	f.Add(append([]byte(pngHead), chunk("IEND", "")...))
	f.Add(riff("VP8X\x3C\x00\x00\x00\x00\x00\x00\x00\x00\x00", "EXIFx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		was := bytes.Clone(data)
		got, err := Bare(data)
		if !bytes.Equal(was, data) {
			t.Fatal("it was changed in place")
		}
		if err != nil {
			return
		}
		if len(got) > len(data)+len(upright(8)) {
			t.Errorf("%d bytes out of %d", len(got), len(data))
		}
		again, err := Bare(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("%q\n%q, %v", got, again, err)
		}
	})
}
