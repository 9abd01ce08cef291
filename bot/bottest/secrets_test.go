package bottest

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"linli/flows/community"
)

// Everybody of the example community is planted: names and numbers.
func TestPlantedIsComplete(t *testing.T) {
	all := strings.Split(Planted, "\n")
	var f struct {
		People, Cast []struct{ Name, Phone string }
	}
	if err := yaml.Unmarshal(community.Example(), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.People) < 10 || len(f.Cast) < 5 {
		t.Fatalf("only %d people and %d residents are read", len(f.People), len(f.Cast))
	}
	for _, p := range append(f.People, f.Cast...) {
		for _, x := range []string{p.Name, p.Phone} {
			if x != "" && !slices.Contains(all, x) {
				t.Errorf("%s is not planted", x)
			}
		}
	}
}

// Prints what is planted, for a search over the output of a whole run.
func TestPlanted(t *testing.T) {
	for x := range strings.SplitSeq(Planted, "\n") {
		t.Log("planted: " + x)
	}
}

// fell is a test that only notes that it failed.
type fell struct {
	testing.TB
	failed int
}

func (f *fell) Errorf(string, ...any) { f.failed++ }

// hidden is a value that shows its words only to some ways of printing.
type hidden struct{ Text *string }

// However something planted gets into a line, it is heard.
func TestLoggerHears(t *testing.T) {
	t.Setenv("LINLI_TEST_LOGS", "") // what leaks here leaks on purpose
	text := "3号楼2单元的水管爆了，一楼全淹了"
	cause := errors.New("no demand: 单元的水管爆了")
	for name, write := range map[string]func(*slog.Logger){
		"message":       func(l *slog.Logger) { l.Info("heard " + text) },
		"part":          func(l *slog.Logger) { l.Info("heard", "text", string([]rune(text)[:9])) },
		"attribute":     func(l *slog.Logger) { l.Debug("heard", "text", text) },
		"error":         func(l *slog.Logger) { l.Error("heard", "err", fmt.Errorf("receive: %w", cause)) },
		"group":         func(l *slog.Logger) { l.WithGroup("in").With("text", text).Info("heard") },
		"bytes":         func(l *slog.Logger) { l.Info("heard", "body", []byte(text)) },
		"quoted":        func(l *slog.Logger) { l.Info("heard", "body", fmt.Sprintf("%q", text)) },
		"struct":        func(l *slog.Logger) { l.Info("heard", "in", struct{ T string }{text}) },
		"pointer":       func(l *slog.Logger) { l.Info("heard", "in", &hidden{&text}) },
		"name":          func(l *slog.Logger) { l.Info("heard", "from", "王阿姨") },
		"number":        func(l *slog.Logger) { l.Info("heard", "phone", "0471-0000005") },
		"token":         func(l *slog.Logger) { l.Info("GET /bot110201543:AAFakeTokenOfATestBot-1234567890_ab/getMe") },
		"English words": func(l *slog.Logger) { l.Info("heard", "text", "the lift in building 7 is broken again") },
	} {
		f := &fell{TB: t}
		write(Logger(f, text, "the lift in building 7 is broken again"))
		if f.failed == 0 {
			t.Errorf("%s: nobody noticed", name)
		}
	}
	f := &fell{TB: t}
	l := Logger(f, text)
	l.Info("a message could not be sent", "channel", "telegram", "case", "12", "attempt", 3, "err", errors.New("telegram: 502"))
	l.Warn("3号楼群", "community", "example", "seconds", 2.5)
	if f.failed > 0 {
		t.Errorf("a harmless line was taken for a leak %d times", f.failed)
	}
}
