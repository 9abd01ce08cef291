package bot

import (
	"fmt"
	"slices"

	"linli/flows"
	"linli/storage"
)

// What somebody has said of themself, see [flows.Profile], for themself: in their data, in the
// copy of it, and when two accounts become one.

// profileText puts a profile into words, with the wishes that the menu holds of its owner;
// "" where nothing was said.
func (b *Bot) profileText(m Mine, lang string) (string, error) {
	p := m.Profile
	if p.Zero() && m.Wishes == "" {
		return "", nil
	}
	vars := flows.Vars{"age": flows.Text(string(p.Age)), "often": flows.Text(string(p.Often)), "wishes": flows.Text(m.Wishes)}
	list := func(k string, ids []string) {
		text := ""
		for _, id := range ids {
			text += " " + id
		}
		vars[k] = flows.Text(text)
	}
	list("likes", p.Likes)
	list("came", p.Came)
	set := func(k string, on bool) {
		if on {
			vars[k] = flows.Num(1)
		}
	}
	set("children", p.Children)
	set("helps", p.Helps)
	for _, f := range []flows.Free{flows.Evenings, flows.Weekends, flows.Daytime} {
		set(string(f), slices.Contains(p.Free, f))
	}
	minutes := 0
	for _, x := range p.Served {
		minutes += x.Minutes
	}
	if len(p.Served) > 0 {
		vars["served"], vars["minutes"] = flows.Num(len(p.Served)), flows.Num(minutes)
	}
	if p.Channel != "" {
		name := p.Channel
		if text, err := b.house.Render(lang, "channel-"+name, nil, 0, b.clock(), b.Settings()); err == nil {
			name = text
		}
		vars["channel"] = flows.Text(name)
	}
	text, err := b.house.Render(lang, "mine-profile", vars, 0, b.clock(), b.Settings())
	if err != nil {
		return "", fmt.Errorf("profile: %w", err)
	}
	return text, nil
}

// wishesOf gives somebody's wishes in their own words, out of the menu's entry of theirs; ours
// says that the case is the menu's, which is no matter of theirs.
func (b *Bot) wishesOf(tx storage.Tx, c flows.Case, p flows.PersonID) (said string, ours bool, err error) {
	if c.Flow != flows.MenuFlow {
		return "", false, nil
	}
	e, err := tx.Entry(c.ID, string(p))
	if err != nil {
		return "", true, err
	}
	own, err := b.flows[c.Flow].Part(c, e)
	return own.Said, true, err
}

// joined makes one profile of those of two accounts. What was said with the one that stays
// holds; who wants no invitations with either wants none. Wishes are the menu's to join.
func joined(keep, lose flows.Profile) flows.Profile {
	out := keep
	said := keep
	said.Wishes = nil
	if said.Zero() {
		out = lose
		out.Wishes = keep.Wishes
	}
	if keep.Stopped() || lose.Stopped() {
		out.Often = flows.Never
	}
	out.Helps = keep.Helps || lose.Helps
	if out.Offered.Before(lose.Offered) {
		out.Offered = lose.Offered
	}
	out.Came, out.Served = slices.Clone(keep.Came), slices.Clone(keep.Served)
	for _, x := range lose.Came {
		if !slices.Contains(out.Came, x) {
			out.Came = append(out.Came, x)
		}
	}
	if n := len(out.Came); n > 10 {
		out.Came = out.Came[n-10:]
	}
	for _, x := range lose.Served {
		if !slices.ContainsFunc(out.Served, func(y flows.Served) bool { return y.Case == x.Case }) {
			out.Served = append(out.Served, x)
		}
	}
	return out
}
