package archive

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
	"linli/storage/bolt"
)

var zone = time.FixedZone("CST", 8*3600)

// plan is a poll that was held.
type plan struct {
	unit      flows.VoteUnit
	named     bool
	listed    bool
	buildings int
	rooms     int // of each building
	voters    int
	options   []string
	choose    func(i int) int // the option of the i-th voter
	moved     bool
}

var plain3 = []string{"要", "不要", "再商量"}

func third(i int) int { return i % 3 }

// held is a store in which it was.
type held struct {
	stubs []string // of the votes, in the order of their keys
	store storage.Store
	set   *flows.Settings
	id    flows.ID
	state poll.State
}

type failer interface {
	Helper()
	Fatal(...any)
}

func hold(t failer, dir string, p plan) *held {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := t.(interface{ Cleanup(func()) }); ok {
		c.Cleanup(func() { db.Close() })
	}
	h := &held{store: db.In("dongqu"), id: "7", set: settingsOf(p)}
	sent := time.Date(2026, 11, 17, 9, 0, 0, 0, zone)
	h.state = poll.State{
		Stage: poll.Result, Starter: "wang", Question: "要不要在楼前装充电桩？", Options: p.options, Force: flows.Sounding, Unit: p.unit, Named: p.named,
		Scope: flows.Everywhere, Sent: sent, Until: sent.Add(83 * time.Hour), Then: "12月5日议事会接着谈", Seed: "00112233445566778899aabbccddeeff",
		Roll: h.set.RollOf(flows.Everywhere, p.unit),
	}
	if p.moved {
		h.state.Moved, h.state.Why = 1, "周五停电"
	}
	h.fill(t, p)
	return h
}

func settingsOf(p plan) *flows.Settings {
	s := &flows.Settings{Version: "v1", Community: "dongqu", Name: "东区社区", Lang: "zh-CN", Zone: zone}
	s.Polls.Floor = 5
	s.Polls.Forces = []flows.PollRule{{Force: flows.Sounding, Units: []flows.VoteUnit{p.unit}, Tenants: true, Turnout: flows.Share{Num: 2, Den: 3},
		Agree: flows.Share{Num: 1, Den: 2, Over: true}, Source: "民法典第278条"}}
	for b := range p.buildings {
		id := fmt.Sprint(b + 1)
		s.Buildings = append(s.Buildings, flows.Building{ID: id, Name: id + "号楼", Units: []string{"1", "2"}, Households: p.rooms})
		for r := range p.rooms {
			if p.listed {
				h := flows.Household{Building: id, Unit: fmt.Sprint(1 + r%2), Room: fmt.Sprint(101 + 100*(r/2)), Area: 8000 + 10*r}
				if r%5 == 0 {
					h.Owner = "K" + fmt.Sprint(r) // has one in every building
				}
				s.Households = append(s.Households, h)
			}
		}
	}
	return s
}

// voterKeys are the keys of those who could vote, with the building and the area of each.
func voterKeys(p plan, s *flows.Settings) (keys []string, building map[string]string, area map[string]int) {
	building, area = map[string]string{}, map[string]int{}
	add := func(key, b string, a int) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		if building[key] == "" {
			building[key] = b
		}
		area[key] += a
	}
	switch {
	case p.unit == flows.PerPerson:
		for i := range p.buildings * p.rooms {
			add(fmt.Sprintf("r%d", i+1), []string{"", "1", "2"}[i%3], 0)
		}
	case p.unit == flows.PerOwner:
		for _, h := range s.Households {
			add(h.OwnerKey(), h.Building, h.Area)
		}
	case p.listed:
		for _, h := range s.Households {
			add(h.Key(), h.Building, 0)
		}
	default:
		for b := range p.buildings {
			for r := range p.rooms {
				add(flows.Household{Building: fmt.Sprint(b + 1), Unit: "1", Room: fmt.Sprint(101 + r)}.Key(), fmt.Sprint(b+1), 0)
			}
		}
	}
	return keys, building, area
}

// fill writes the votes, the count and the journal as the rules and the engine do.
func (h *held) fill(t failer, p plan) {
	keys, building, area := voterKeys(p, h.set)
	o := poll.Outcome{At: h.state.Until.Add(1500 * time.Millisecond), Votes: make([]int, len(p.options)), Ways: map[poll.How]int{}}
	if p.unit == flows.PerOwner {
		o.Area = make([]int, len(p.options))
	}
	var stubs []string
	var entries []flows.Entry
	ways := []poll.How{poll.Tap, poll.Paper, poll.Phone, poll.Tap}
	for i, key := range keys[:min(p.voters, len(keys))] {
		c := p.choose(i)
		v := poll.Vote{Choice: poll.Letter(c), At: h.state.Sent.Add(time.Duration(i) * 61 * time.Second), How: ways[i%len(ways)], Area: area[key]}
		if i%7 == 6 && p.unit == flows.PerHousehold {
			v.Proxy = keys[0]
			o.Proxies++
		}
		o.Votes[c]++
		if o.Area != nil {
			o.Area[c] += v.Area
			o.AreaIn += v.Area
		}
		o.Voters++
		o.Ways[v.How]++
		stubs = append(stubs, h.state.Stub(h.state.Receipt(key), key, building[key], v))
		entries = append(entries, flows.Entry{Key: key, Tag: poll.Tag(v.Choice, building[key]), Data: flows.Data(v)})
	}
	if !p.named && o.Voters < h.set.Polls.Floor {
		o.Votes, o.Area = nil, nil
	}
	o.Enough = true
	h.stubs = stubs
	o.Proof = poll.Proof(h.state, o, stubs)
	h.state.Outcome = &o
	err := h.store.Update(ctx, func(tx storage.Tx) error {
		if err := tx.PutCase(flows.Case{ID: h.id, Flow: poll.Name, No: 12, Opened: h.state.Sent, Data: flows.Data(h.state), Summary: h.state.Summary()}); err != nil {
			return err
		}
		note := func(at time.Time, kind, by, detail, before, after string) error {
			return tx.Note(storage.Record{Case: h.id, At: at, Event: "u/1", Kind: kind, By: flows.PersonID(by), Detail: detail, Before: before, After: after, Settings: "v1"})
		}
		if err := note(h.state.Sent, "opened", "wang", "", "", poll.Preview); err != nil {
			return err
		}
		if err := note(h.state.Sent, "chose", "wang", "send", poll.Preview, poll.Open); err != nil {
			return err
		}
		for i, e := range entries {
			if err := tx.PutEntry(h.id, e); err != nil {
				return err
			}
			if i < 4 {
				if err := note(h.state.Sent.Add(time.Minute), "chose", "r1", "v!", poll.Open, poll.Open); err != nil {
					return err
				}
			}
		}
		return note(o.At, "woke", "", "count "+o.Proof, poll.Counting, poll.Result)
	})
	if err != nil {
		t.Fatal(err)
	}
}
