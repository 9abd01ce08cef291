package community

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"linli/flows"
)

// Canonical is the directory written out anew: every value it was read with, in
// one order and one way of writing. Reading it again makes no difference. The
// comments of the file are lost, and so is everything it left to a default:
// from then on the value itself stands there.
func (f *File) Canonical() []byte { return canonical(f.dir) }

func canonical(d directory) []byte {
	var buf bytes.Buffer
	e := yaml.NewEncoder(&buf)
	e.SetIndent(2)
	if err := e.Encode(d); err != nil {
		panic(fmt.Sprintf("community: a directory that was read cannot be written: %v", err))
	}
	if err := e.Close(); err != nil {
		panic(fmt.Sprintf("community: %v", err))
	}
	return buf.Bytes()
}

// MarshalText and its like write what UnmarshalText of the same type reads.
func (c clock) MarshalText() ([]byte, error) { return []byte(flows.Clock(c).String()), nil }

func (h hours) MarshalText() ([]byte, error) {
	return []byte(h.From.String() + "-" + h.To.String()), nil
}

func (s span) MarshalText() ([]byte, error) {
	text := ""
	for _, p := range []struct {
		n    int
		unit string
	}{{s.Days, "d"}, {s.Minutes / 60, "h"}, {s.Minutes % 60, "m"}} {
		if p.n > 0 {
			text += strconv.Itoa(p.n) + p.unit
		}
	}
	if s.Plain {
		text += " clock"
	}
	return []byte(text), nil
}

func (d duration) MarshalText() ([]byte, error) {
	if v := time.Duration(d); v%(24*time.Hour) != 0 {
		return []byte(v.String()), nil
	}
	return []byte(strconv.Itoa(int(time.Duration(d)/(24*time.Hour))) + "d"), nil
}

func (k keeping) MarshalText() ([]byte, error) {
	if k == 0 {
		return []byte(forever), nil
	}
	return duration(k).MarshalText()
}

func (w weekday) MarshalText() ([]byte, error) { return []byte(weekdays[w]), nil }

func (o openHours) MarshalText() ([]byte, error) { return []byte(openText(flows.OpenHours(o))), nil }

func (d date) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%04d-%02d-%02d", d.Year, d.Month, d.Day), nil
}
