package community

import (
	"fmt"
	"strings"
)

// Across looks at the directories of one installation together. A group can be
// of one community only, and what it gives are the mistakes. A person may work
// for two, each of which gives codes of its own; that is a warning of the later
// file. Files that could not be read are nil.
func Across(files []*File) Mistakes {
	type first struct{ file, who string }
	groups, people := map[string]first{}, map[string]first{}
	var wrong Mistakes
	for _, f := range files {
		if f == nil {
			continue
		}
		name := f.Settings.Name
		for _, g := range f.dir.Groups {
			for _, a := range g.Addresses {
				if other, taken := groups[a]; taken && other.file != g.File {
					wrong = append(wrong, Mistake{File: g.File, Line: g.Of("addresses"), Text: fmt.Sprintf("群“%s”的账号“%s”在%s里已经是“%s”的了，一个群只能属于一个社区", g.Name, a, other.file, other.who)})
				}
				groups[a] = first{g.File, g.Name}
			}
		}
		var more Mistakes
		for _, p := range f.dir.People {
			keys := p.Addresses
			if p.Phone != "" && !f.Settings.Example {
				keys = append(keys[:len(keys):len(keys)], p.Name+strings.NewReplacer("-", "", " ", "").Replace(p.Phone))
			}
			for _, k := range keys {
				if other, taken := people[k]; taken && other.file != p.File {
					more = append(more, Mistake{File: p.File, Line: p.Line, Text: fmt.Sprintf("%s在%s的名册里也有：两个社区各取各的绑定码，各派各的事", p.Name, other.who)})
					break
				}
			}
			for _, k := range keys {
				people[k] = first{p.File, name}
			}
		}
		f.Warnings = append(f.Warnings, more...)
	}
	return wrong
}
