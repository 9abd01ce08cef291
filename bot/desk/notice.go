package desk

import (
	"slices"

	"linli/flows"
	"linli/flows/hearing"
)

// What the notice of a hearing (公告) still needs, in words: the six items and the clear
// days, as its rules count them.

// lack is what a notice still needs by one rule.
type lack struct {
	Text string
	Rule string // which rule says so
	Whom string // who may waive it; "": nobody
}

// lacks gives what the notice of a hearing still needs if it is published now.
func (p *page) lacks(s hearing.State) (out []lack, err error) {
	if s.Stage != hearing.Set && s.Stage != hearing.Planning && s.Stage != hearing.Asking {
		return nil, nil
	}
	x := says{p: p}
	for _, l := range s.Lacks(p.Settings, p.At) {
		key := "lack-" + l.What
		if !p.Words.Has(key) {
			key = "lack-other" // of a version that is younger than this page
		}
		k := lack{Rule: l.Source, Whom: p.roles(l.Waive)}
		x.add(key, "n", l.N, "has", l.Has)
		k.Text = x.list[len(x.list)-1]
		if k.Rule == "" {
			rule := "rule-" + l.What
			if !p.Words.Has(rule) {
				rule = "rule-six"
			}
			x.add(rule)
			k.Rule = x.list[len(x.list)-1]
		}
		if n := len(out) - 1; n >= 0 && out[n].Rule == k.Rule && out[n].Whom == k.Whom {
			out[n].Text += p.words("comma") + k.Text // one rule asks for them all
			continue
		}
		out = append(out, k)
	}
	return out, x.err
}

// short says that there would be too few clear days between a notice of now and the
// meeting, and that nobody has waived them.
func (p *page) short(s hearing.State) bool {
	return slices.ContainsFunc(s.Lacks(p.Settings, p.At), func(l hearing.Lack) bool { return l.What == "clear" })
}

// days says how many clear days are left; "" where there is no time yet, or where what is
// said is that there are too few.
func (p *page) days(s hearing.State) (string, error) {
	if s.From.IsZero() || p.At.After(s.From) {
		return "", nil
	}
	need, left := p.Settings.Hearings.Clear.Days(), hearing.ClearDays(p.At, s.From)
	switch {
	case s.Stage == hearing.Notice:
		return p.T("hm-given", "n", hearing.ClearDays(s.Noticed.In(p.Settings.Zone), s.From), "left", left)
	case s.Stage != hearing.Set:
		return "", nil
	case need == 0:
		return p.T("hm-no-rule", "n", left)
	case p.short(s):
		return "", nil
	case left < need:
		return p.T("hm-waived", "n", need, "has", left)
	}
	last := flows.Clock(0).On(s.From.In(p.Settings.Zone).AddDate(0, 0, -need-1))
	return p.T("hm-latest", "t", last, "n", left, "need", need)
}

// roles writes posts one after another.
func (p *page) roles(list []flows.Role) string {
	out := ""
	for i, r := range list {
		if i > 0 {
			out += p.words("comma")
		}
		out += r.In(p.Lang)
	}
	return out
}
