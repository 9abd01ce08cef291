package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"linli/bot"
	"linli/bot/webchat"
	"linli/flows"
	"linli/storage"
)

// Who sits in which group of the web chat: residents where an invitation let
// them in, people with a post where the directory says.

// door lets people into the web chat by a code.
type door house

// Enter redeems a code. An invitation adds a group to those a member is in.
func (d *door) Enter(ctx context.Context, code, address, name string) ([]string, error) {
	groups, err := d.bot.Enter(ctx, code, address, name)
	if errors.Is(err, bot.ErrCode) {
		return nil, webchat.ErrCode
	}
	if err != nil {
		return nil, err
	}
	for i := range groups {
		groups[i] = "g/" + groups[i]
	}
	_, member, _ := strings.Cut(address, ":m/")
	before, _, err := d.web.Seats(member)
	if err != nil {
		return nil, err
	}
	for _, g := range before {
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// seatOfficials puts people with a post into the groups that their posts touch,
// and takes them out of those that only their posts of before touched. An invitation that
// somebody with a post once used stays good, until they have none.
func (h *house) seatOfficials(ctx context.Context, before, s *flows.Settings) error {
	var people []storage.Person
	err := h.store.View(ctx, func(tx storage.Tx) (err error) { people, err = tx.People(); return err })
	if err != nil {
		return err
	}
	for _, p := range people {
		o, official := s.Official(p.ID)
		if !official && residentID.MatchString(string(p.ID)) {
			continue
		}
		old, _ := before.Official(p.ID)
		was, now := touched(before, old), touched(s, o)
		for _, a := range p.Addresses {
			member, ok := strings.CutPrefix(a, webchat.Name+":m/")
			if !ok {
				continue
			}
			groups, known, err := h.web.Seats(member)
			if err != nil {
				return err
			}
			next := now
			for _, g := range groups {
				if official && !slices.Contains(was, g) && !slices.Contains(next, g) {
					next = append(slices.Clip(next), g)
				}
			}
			if known && !sameSet(groups, next) {
				if err := h.web.Groups(member, next); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// residentID is what the house calls those who never had a post.
var residentID = regexp.MustCompile(`^r[0-9]+$`)

// touched are the groups ("g/…") that somebody's posts are about.
func touched(s *flows.Settings, o flows.Official) (groups []string) {
	for _, g := range s.Groups {
		if slices.ContainsFunc(o.Posts, func(p flows.Post) bool { return s.Touches(p.Scope, g.Scope) }) {
			groups = append(groups, "g/"+g.ID)
		}
	}
	return groups
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
