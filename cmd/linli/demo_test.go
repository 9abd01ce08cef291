package main

import (
	"path/filepath"
	"testing"
	"time"

	"linli/flows/community"
	"linli/flows/demand"
)

// A folder that is not there yet is made, and the clock goes on in it the next time.
func TestDemoInANewFolder(t *testing.T) {
	f, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	c, err := newClock(dir, f.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Skip(48 * time.Hour); err != nil {
		t.Fatal(err)
	}
	again, err := newClock(dir, f.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if d := again.Now().Sub(c.Now()).Abs(); d > time.Minute {
		t.Errorf("the clock is %s off", d)
	}
}
