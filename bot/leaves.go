package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"linli/flows"
	"linli/storage"
	"maps"
	"slices"
	"strings"
	"time"
)

// The leaves that people have told Linli, as they are kept, and the settings in
// which they are in force.

func leavesOf(tx storage.Tx, p flows.PersonID) ([]flows.Leave, error) {
	raw, err := tx.Key(leaveKey(p))
	if errors.Is(err, storage.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode[[]flows.Leave](raw)
}

// putLeaves keeps somebody's leaves. They are in force after refresh.
func putLeaves(tx storage.Tx, p flows.PersonID, list []flows.Leave) error {
	if len(list) == 0 {
		return tx.PutKey(leaveKey(p), nil)
	}
	return tx.PutKey(leaveKey(p), flows.Data(list))
}

// sweepLeaves drops what is over.
func (b *Bot) sweepLeaves(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("leave/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		list, err := decode[[]flows.Leave](raw)
		rest := slices.DeleteFunc(slices.Clone(list), func(l flows.Leave) bool { return !now.Before(l.To.AddDate(0, 0, 1)) })
		if err == nil && len(rest) == len(list) {
			continue
		}
		b.stale.Store(true)
		if err := putLeaves(tx, flows.PersonID(strings.TrimPrefix(name, "leave/")), rest); err != nil {
			return err
		}
	}
	plans, err := tx.Keys("leaving/")
	if err != nil {
		return err
	}
	for name, raw := range plans {
		if p, err := decode[planned](raw); err != nil || now.After(p.Until) {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// overlaid gives settings in which the leaves that people have told Linli stand
// beside those of the directory. Another set of leaves is another version.
func overlaid(base *flows.Settings, leaves map[flows.PersonID][]flows.Leave) *flows.Settings {
	if len(leaves) == 0 {
		return base
	}
	s := *base
	s.People = slices.Clone(base.People)
	for i, o := range s.People {
		if more := leaves[o.ID]; len(more) > 0 {
			own := slices.Clone(more)
			for j := range own {
				own[j].From, own[j].To = own[j].From.In(s.Zone), own[j].To.In(s.Zone)
			}
			s.People[i].Leave = append(slices.Clip(o.Leave), own...)
		}
	}
	sum := crc32.NewIEEE()
	for _, id := range slices.Sorted(maps.Keys(leaves)) {
		json.NewEncoder(sum).Encode(map[flows.PersonID][]flows.Leave{id: leaves[id]}) // a hash takes everything
	}
	s.Version = fmt.Sprintf("%s+%08x", base.Version, sum.Sum32())
	return &s
}

// refresh puts the leaves that are kept in force, if they may have changed.
func (b *Bot) refresh(ctx context.Context) error {
	if !b.stale.Swap(false) {
		return nil
	}
	leaves := map[flows.PersonID][]flows.Leave{}
	err := b.store.View(ctx, func(tx storage.Tx) error {
		clear(leaves)
		all, err := tx.Keys("leave/")
		if err != nil {
			return err
		}
		for name, raw := range all {
			if list, err := decode[[]flows.Leave](raw); err == nil {
				leaves[flows.PersonID(strings.TrimPrefix(name, "leave/"))] = list
			}
		}
		return nil
	})
	if errors.Is(err, storage.ErrDamaged) {
		b.log.Error("who is on leave cannot be read", "err", err) // and must not keep anybody from being heard
		return nil
	}
	if err != nil {
		b.stale.Store(true)
		return fmt.Errorf("leaves: %w", err)
	}
	b.force.Lock()
	defer b.force.Unlock()
	b.leaves = leaves
	b.settings.Store(overlaid(b.base, leaves))
	return nil
}

// directory gives the settings without what people have said of themselves.
func (b *Bot) directory() *flows.Settings {
	b.force.Lock()
	defer b.force.Unlock()
	return b.base
}

// present leaves out who is on leave. Where nobody is left, it is those who stand
// in, and where nobody does, the same as before: somebody has to hear it.
func (st *step) present(people []flows.PersonID) []flows.PersonID {
	var here, by []flows.PersonID
	for _, id := range people {
		in, away := st.s.Away(id, st.at)
		if !away {
			here = append(here, id)
		} else if _, too := st.s.Away(in, st.at); in != "" && !too && !slices.Contains(by, in) {
			by = append(by, in)
		}
	}
	switch {
	case len(here) > 0:
		return here
	case len(by) > 0:
		return by
	}
	return people
}
