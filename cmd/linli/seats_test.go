package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A directory that comes into force while people talk moves those with a post into
// the groups of their post, and out of those of the old one.
func TestSeatsFollowTheDirectory(t *testing.T) {
	path := configured(t, []string{"dongqu"}, nil)
	in := opens(t, path)
	h := in.houses[0]
	base, _ := running(t, in)
	li := enters(t, visits(t, base), h, h.code(t, "person", "li"), "李网格")
	wang := enters(t, visits(t, base), h, h.code(t, "join", "b3"), "王阿姨")
	seats := func(member string) []string {
		groups, known, err := h.web.Seats(member)
		if err != nil || !known {
			t.Fatal(known, err)
		}
		slices.Sort(groups)
		return groups
	}
	before := seats(li)
	if !slices.Contains(before, "g/b3") {
		t.Fatalf("the leader of the grid sits in %v", before)
	}
	file := filepath.Join(filepath.Dir(path), "dongqu.yaml")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	// Another one leads the grid now, and there is a group more.
	if strings.Count(text, "leader: li\n") != 1 || strings.Count(text, "\ngroups:") != 1 {
		t.Fatal("the example has another form now")
	}
	text = strings.Replace(text, "leader: li\n", "leader: wu\n", 1)
	at := strings.Index(text, "\ngroups:")
	line := at + 1 + strings.Index(text[at+1:], "\n")
	text = text[:line] + "\n  - {id: alle, name: 全体群, community: true}" + text[line:]
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, version, err := h.list.Pending(t.Context())
	if err != nil || version == "" {
		t.Fatal(version, err)
	}
	if err := h.list.Apply(t.Context(), version, ""); err != nil {
		t.Fatal(err)
	}
	if got := seats(li); slices.Contains(got, "g/b3") {
		t.Errorf("who leads it no more still sits in %v", got)
	}
	if got := seats(wang); !slices.Equal(got, []string{"g/b3"}) {
		t.Errorf("a resident was moved to %v", got)
	}
	chen := enters(t, visits(t, base), h, h.code(t, "person", "chen"), "陈社区")
	if got := seats(chen); !slices.Contains(got, "g/alle") {
		t.Errorf("staff sits in %v", got)
	}
	if lines, err := h.web.History("g/alle"); err != nil {
		t.Error(lines, err)
	}
}

func TestASecondInvitationAddsAGroup(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	h := in.houses[0]
	base, _ := running(t, in)
	b := visits(t, base)
	wang := enters(t, b, h, h.code(t, "join", "b3"), "王阿姨")
	if again := enters(t, b, h, h.code(t, "join", "east"), "王阿姨"); again != wang {
		t.Errorf("she is somebody else now")
	}
	groups, _, err := h.web.Seats(wang)
	slices.Sort(groups)
	if err != nil || !slices.Equal(groups, []string{"g/b3", "g/east"}) {
		t.Error(groups, err)
	}
}
