package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// The file by which a platform knows the domain is served as it was put there; nothing else of
// the folder, and of no other one.
func TestDomainFiles(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	dir := filepath.Join(in.data, domainFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"MP_verify_AbC123.txt": "AbC123", "WW_verify_x.txt": "anything\n", "secret.txt": "no", "MP_verify_a.html": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../linli.db", filepath.Join(dir, "MP_verify_link.txt")); err != nil {
		t.Fatal(err)
	}
	base, _ := running(t, in)
	b := visits(t, base)
	for path, want := range map[string]string{"/MP_verify_AbC123.txt": "AbC123", "/WW_verify_x.txt": "anything\n"} {
		if n, body, head := b.get(path); n != http.StatusOK || body != want || head.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %q %v", path, n, body, head)
		}
	}
	for path, want := range map[string]int{"/MP_verify_other.txt": 404, "/secret.txt": 404, "/MP_verify_a.html": 404, "/MP_verify_..%2flinli.db.txt": 404, "/verify/MP_verify_AbC123.txt": 404, "/MP_verify_link.txt": 503,
		"/desk": 307, "/healthz": 200} {
		if n, body, _ := b.get(path); n != want {
			t.Errorf("%s: %d, want %d, %.40q", path, n, want, body)
		}
	}
	if n, _, _ := b.post("/MP_verify_AbC123.txt"); n == http.StatusOK {
		t.Error("a post is answered")
	}
}
