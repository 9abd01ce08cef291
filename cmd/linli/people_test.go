package main

import (
	"strings"
	"testing"

	"linli/flows"
)

// A code is never made for whoever of two comes last.
func TestWhomACodeIsFor(t *testing.T) {
	s := &flows.Settings{
		People: []flows.Official{{ID: "li", Name: "李网格"}, {ID: "li2", Name: "李网格"}, {ID: "chen", Name: "陈社区"}, {ID: "east2", Name: "东区群"}},
		Groups: []flows.Group{{ID: "b3", Name: "3号楼群"}, {ID: "east", Name: "东区群"}},
	}
	for name, want := range map[string]string{
		"陈社区": "person chen", "li": "person li", "li2": "person li2", "3号楼群": "group b3", "east": "group east",
		"李网格": "li、li2", "东区群": "east2、east", "王阿姨": "没有",
	} {
		kind, target, err := whomCode(s, name)
		if got := kind + " " + target; err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
}
