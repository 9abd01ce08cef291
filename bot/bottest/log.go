package bottest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
)

// Log keeps what was logged. Any number of goroutines may write to it. The zero value is
// ready.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// String is everything that was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Logger writes every line here, and is a Logger of this package besides: what is planted
// fails the test.
func (l *Log) Logger(t testing.TB, said ...string) *slog.Logger {
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}), Logger(t, said...).Handler()))
}
