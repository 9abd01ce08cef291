package main

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a token or password. However it is printed, it shows "***", or
// nothing where none is set; only Reveal gives it away. It sits behind a pointer
// because fmt reads unexported fields past every method.
type Secret struct{ text *string }

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal gives the secret to the one who must send it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Set says whether there is one.
func (s Secret) Set() bool { return s.Reveal() != "" }

// UnmarshalText reads it from a configuration.
func (s *Secret) UnmarshalText(b []byte) error { *s = NewSecret(string(b)); return nil }

func (s Secret) String() string {
	if !s.Set() {
		return ""
	}
	return "***"
}

// Format prints the same for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides it from JSON, YAML and text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides it from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
