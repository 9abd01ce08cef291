package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/dispatch"
	"linli/storage"
)

// consequences says what another version of a directory means for what is open:
// who has work in hand and leaves, or leads a grid no more, and what lies in a
// place or under a line of the duty list that is taken away.
func consequences(ctx context.Context, store storage.Store, from, to *flows.Settings, now time.Time) ([]string, error) {
	var open []flows.Case
	err := store.View(ctx, func(tx storage.Tx) (err error) {
		open, err = tx.Cases(all, func(c flows.Case) bool { return !c.Done && (c.Flow == "dispatch" || c.Flow == "demand") })
		return err
	})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, o := range from.People {
		var held []flows.Case
		for _, c := range open {
			if c.Flow == "dispatch" && c.Holder == o.ID && inWork(c.Stage) {
				held = append(held, c)
			}
		}
		if len(held) == 0 {
			continue
		}
		_, stays := to.Official(o.ID)
		switch {
		case !stays:
			lines = append(lines, fmt.Sprintf("%s手上还有%d件没办完，%s", o.Name, len(held), successors(held, to, now)))
		case led(from, o.ID, to):
			lines = append(lines, fmt.Sprintf("%s手上还有%d件没办完，还由%s办；要换人，请本人点“不归我”转给别人", o.Name, len(held), o.Name))
		}
	}
	demands := func(of func(flows.Case) bool) (n int) {
		for _, c := range open {
			if c.Flow == "demand" && of(c) {
				n++
			}
		}
		return n
	}
	for _, b := range from.Buildings {
		if _, ok := to.Building(b.ID); ok {
			continue
		}
		if n := demands(func(c flows.Case) bool { return c.Place.Building == b.ID }); n > 0 {
			lines = append(lines, fmt.Sprintf("%s还有%d件没办完，照常办完", b.Name, n))
		}
	}
	for _, it := range from.Items {
		if _, ok := to.Item(it.ID); ok {
			continue
		}
		if n := demands(func(c flows.Case) bool { return c.Item == it.ID }); n > 0 {
			lines = append(lines, fmt.Sprintf("清单%s%s还有%d件没办完，照原来答应的时间办完", it.ID, it.Name["zh-CN"], n))
		}
	}
	return lines, nil
}

// all is more cases than there are.
const all = 1 << 30

func inWork(stage string) bool {
	return slices.Contains([]string{dispatch.Sent, dispatch.Taken, dispatch.Waiting}, stage)
}

// led says whether somebody led a grid and now does not.
func led(from *flows.Settings, p flows.PersonID, to *flows.Settings) bool {
	for _, g := range from.Grids {
		if g.Leader == p {
			return !slices.ContainsFunc(to.Grids, func(x flows.Grid) bool { return x.ID == g.ID && x.Leader == p })
		}
	}
	return false
}

// successors says to whom the work of somebody who leaves will go.
func successors(held []flows.Case, to *flows.Settings, now time.Time) string {
	counts := map[string]int{}
	var names []string
	for _, c := range held {
		name := "社区"
		if next := dispatch.Next(c.Data, to, now); next != "" {
			o, _ := to.Official(next)
			name = o.Name
		}
		if counts[name]++; counts[name] == 1 {
			names = append(names, name)
		}
	}
	if len(names) == 1 {
		return "会转给" + names[0]
	}
	for i, n := range names {
		names[i] = fmt.Sprintf("%s%d件", n, counts[n])
	}
	return "会转给" + strings.Join(names, "、")
}
