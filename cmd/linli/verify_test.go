package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	in, _, _ := livedIn(t)
	setClock(in, atNight)
	dir, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	run := func(args ...string) error {
		out.Reset()
		return verifyCommand(t.Context(), args, &out, &out)
	}
	copied := filepath.Join(dir, "linli.db")
	if err := run(copied); err != nil || !strings.Contains(out.String(), "dongqu：") || !strings.Contains(out.String(), "流水没有被改过") {
		t.Errorf("%v\n%s", err, &out)
	}
	first := out.String()

	// While it runs the running one is asked, and says the same of itself.
	_, stop := running(t, in)
	path := filepath.Join(filepath.Dir(in.data), "config.yaml")
	if err := run("--config", path); err != nil || !strings.Contains(out.String(), "流水没有被改过") {
		t.Errorf("%v\n%s", err, &out)
	}
	if left, _ := filepath.Glob(filepath.Join(in.data, "linli.verify-*")); len(left) > 0 {
		t.Error(left)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := in.close(); err != nil {
		t.Fatal(err)
	}
	if err := run("--config", path); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}

	// One changed letter is found.
	raw, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, []byte("老人下不了楼"))
	if at < 0 {
		t.Fatal("the words are not in the file")
	}
	for i := at; i >= 0; i = next(raw, i) { // every copy of the row, the free ones too
		raw[i] ^= 1
	}
	if err := os.WriteFile(copied, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(copied); !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "坏了：") || strings.Contains(out.String(), "下不了楼") {
		t.Errorf("%v\n%s\nbefore it was\n%s", err, &out, first)
	}
	if err := run(write(t, "x.db", "no file of ours")); err == nil {
		t.Error("anything verifies")
	}
}

func next(raw []byte, after int) int {
	i := bytes.Index(raw[after+1:], []byte("老人下不了楼"))
	if i < 0 {
		return -1
	}
	return after + 1 + i
}
