package main

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
)

// Before pages of a domain may be opened with an account of WeChat, the platform looks for a
// file of its own under the domain: MP_verify_….txt, WW_verify_….txt. What is put into this
// folder of the data is served, and nothing else: whoever could choose what we answer could
// claim the domain for an account of theirs.

// domainFolder is the folder, in that of the data.
const domainFolder = "verify"

var domainFile = regexp.MustCompile(`^/((?:MP|WW)_verify_[0-9A-Za-z]{1,64}\.txt)$`)

// provesDomain serves these files, and everything else by h.
func (in *installation) provesDomain(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := domainFile.FindStringSubmatch(r.URL.Path)
		if name == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.ServeHTTP(w, r)
			return
		}
		f, err := os.OpenInRoot(filepath.Join(in.data, domainFolder), name[1])
		if errors.Is(err, fs.ErrNotExist) {
			http.NotFound(w, r)
			return
		}
		if err != nil {
			in.log.Warn("a file that proves the domain cannot be read", "err", err)
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.Copy(w, io.LimitReader(f, 4<<10)) // who asked has gone
	})
}
