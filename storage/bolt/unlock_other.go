//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package bolt

import "os"

// abandon closes a file that Bolt panicked over.
func abandon(f *os.File) error { return f.Close() }
