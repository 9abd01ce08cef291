package dialogue

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Mismatch is a line that was not as it was written.
type Mismatch struct {
	Line int
	Text string
}

// Run plays a dialogue and compares what people were told with its "<" lines:
// after each group of lines that do something, exactly those, in that order. It gives
// the play as it went, ready to be written down, all that people saw, and what differs.
func Run(ctx context.Context, w *World, p *Play) (went string, all []Told, diff []Mismatch, err error) {
	var out strings.Builder
	var want []Act
	flush := func(line int) {
		got := w.Seen()
		all = append(all, got...)
		for i, t := range got {
			fmt.Fprintf(&out, "< %s\n", t)
			switch {
			case i >= len(want):
				diff = append(diff, Mismatch{line, "nobody expects: " + t.String()})
			case want[i].Raw[1:] != " "+t.String():
				diff = append(diff, Mismatch{want[i].Line, "want:" + want[i].Raw[1:] + "\n          got: " + t.String()})
			}
		}
		for _, a := range want[min(len(got), len(want)):] {
			diff = append(diff, Mismatch{a.Line, "not told:" + a.Raw[1:]})
		}
		want = nil
	}
	doing := false
	for _, a := range p.Acts {
		if a.Kind == Expect {
			want = append(want, a)
			continue
		}
		if doing {
			flush(a.Line)
			doing = false
		}
		if a.Kind != Blank || len(out.String()) > 0 {
			out.WriteString(a.Raw + "\n")
		}
		if a.Kind == Note || a.Kind == Blank {
			continue
		}
		if err := Do(ctx, w, a); err != nil {
			return out.String(), all, diff, fmt.Errorf("%s:%d: %w", p.Name, a.Line, err)
		}
		doing = true
	}
	if doing {
		flush(len(p.Acts) + 1)
	}
	return out.String(), all, diff, nil
}

// Start is the time the first clock line names, in a zone; zero without one.
func (p *Play) Start(zone *time.Location) time.Time {
	for _, a := range p.Acts {
		if a.Kind == Clock {
			return time.Date(a.At.Year(), a.At.Month(), a.At.Day(), a.At.Hour(), a.At.Minute(), 0, 0, zone)
		}
	}
	return time.Time{}
}
