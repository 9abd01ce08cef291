package bot

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a token or password of a channel. It is never printed, whatever prints it.
type Secret string

func (Secret) String() string               { return "***" }
func (Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "***") }
func (Secret) LogValue() slog.Value         { return slog.StringValue("***") }
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }
