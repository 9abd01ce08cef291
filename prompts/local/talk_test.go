package local

import (
	"testing"

	"linli/prompts"
)

func TestTalk(t *testing.T) {
	r, s := New(), town()
	cases := lines(t, "talk.txt", 3)
	if len(cases) < 150 {
		t.Fatalf("%d cases, want 150", len(cases))
	}
	for _, c := range cases {
		got := r.Read(c[2], prompts.Context{At: noon, Settings: s})
		ok := false
		switch c[0] {
		case "sure":
			ok = got.Demand >= 0.75
		case "maybe":
			ok = got.Demand >= 0.4
		case "no":
			ok = got.Demand < 0.4
		case "faint":
			ok = got.Demand < 0.75
		}
		if !ok || got.Danger != "" {
			t.Errorf("%s: Read(%q).Demand = %.2f, danger %q (%s)", c[0], c[2], got.Demand, got.Danger, got.Why)
		}
		if c[1] != "*" && got.Item != c[1] {
			t.Errorf("Read(%q).Item = %q, want %q (%s)", c[2], got.Item, c[1], got.Why)
		}
	}
}
