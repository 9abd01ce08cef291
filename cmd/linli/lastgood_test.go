package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linli/bot/bottest"
	"linli/flows/community/strict"
)

// A mistake in a directory's file keeps nobody from starting who has started
// before: its version in force goes on, and the mistake is told.
func TestMistakeAfterTheFirstStart(t *testing.T) {
	path := configured(t, []string{"dongqu", "xiqu"}, nil)
	file := filepath.Join(filepath.Dir(path), "dongqu.yaml")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spoil := func() {
		t.Helper()
		if err := os.WriteFile(file, []byte(strings.Replace(string(good), "leader: li\n", "leader: nobody\n", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}

	spoil()
	var wrong strict.Mistakes
	if _, _, err := c.stand(t.Context()); !errors.As(err, &wrong) {
		t.Errorf("before the first start a mistake gives %v", err)
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	in := opens(t, path)
	version := in.houses[0].settings().Version
	if err := in.close(); err != nil {
		t.Fatal(err)
	}

	spoil()
	files, said, err := c.stand(t.Context())
	if err != nil || len(said) == 0 || !strings.HasSuffix(said[0].File, "dongqu.yaml") {
		t.Fatalf("said %v, %v", said, err)
	}
	again, err := build(t.Context(), c.Data, bottest.Logger(t), c.plans(files, time.Now)...)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if got := again.houses[0].settings(); got.Version != version || got.Grids[0].Leader != "li" {
		t.Errorf("version %s with %s, want %s", got.Version, got.Grids[0].Leader, version)
	}
	if _, _, err := again.houses[0].list.Pending(t.Context()); !errors.As(err, &wrong) {
		t.Errorf("the mistakes of the file are not told: %v", err)
	}
	if again.houses[1].id != "xiqu" {
		t.Errorf("the other is %q", again.houses[1].id)
	}
}
