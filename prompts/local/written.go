package local

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// written is a piece of a message in its normal form that still knows how it
// was written: what is quoted back to people stays as they wrote it.
type written struct {
	text
	raw  string
	from []int // by rune of the text: the byte of raw it came from
}

// write reads a piece of a message that is valid UTF-8 and no longer than one.
func write(raw string) written {
	var it norm.Iter
	it.InitString(norm.NFKC, raw)
	var folded strings.Builder
	var byteOf []int
	for !it.Done() {
		at := it.Pos()
		piece := it.Next()
		folded.Write(piece)
		for range piece {
			byteOf = append(byteOf, at)
		}
	}
	w := written{raw: raw}
	w.text = form(head(folded.String(), longest), &w.from)
	for k, i := range w.from {
		w.from[k] = byteOf[i]
	}
	return w
}

// begin gives the byte at which rune i was written, the end of the piece for one past the last.
func (w *written) begin(i int) int {
	if i >= len(w.from) {
		return len(w.raw)
	}
	return w.from[i]
}

// end gives the byte after the rune before j.
func (w *written) end(j int) int {
	if j <= 0 || len(w.from) == 0 {
		return 0
	}
	j = min(j, len(w.from))
	at := w.from[j-1]
	if w.r[j-1] == ' ' {
		return at // it stands for what lay before the next rune
	}
	_, n := utf8.DecodeRuneInString(w.raw[at:])
	return at + n
}

// proper gives at most n runes of a message as valid UTF-8, with plain line ends.
func proper(s string, n int) string {
	s = strings.ToValidUTF8(head(s, n), " ")
	if strings.ContainsAny(s, "\r\u2028\u2029\v") {
		s = lineEnds.Replace(s)
	}
	return s
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\v", "\n")
